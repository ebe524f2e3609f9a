/*
 * hmac.c - HMAC-SHA256 by OpenSSL (hmac.h), and for SQL.
 */
#include "webhook/hmac.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

void
opres_hmac_sha256(const void *key, size_t key_length, const void *data, size_t length, uint8 mac[OPRES_HMAC_BYTES])
{
	unsigned int written = 0;

	if (HMAC(EVP_sha256(), key, (int) key_length, data, length, mac, &written) == NULL || written != OPRES_HMAC_BYTES)
		ereport(ERROR, (errcode(ERRCODE_INTERNAL_ERROR), errmsg("HMAC-SHA256 failed")));
}

OPRES_FUNCTION(opres_hmac_sha256_sql);
Datum
opres_hmac_sha256_sql(PG_FUNCTION_ARGS)
{
	bytea *key = PG_GETARG_BYTEA_PP(0), *data = PG_GETARG_BYTEA_PP(1);
	bytea *result = palloc(VARHDRSZ + OPRES_HMAC_BYTES);

	SET_VARSIZE(result, VARHDRSZ + OPRES_HMAC_BYTES);
	opres_hmac_sha256(VARDATA_ANY(key), VARSIZE_ANY_EXHDR(key), VARDATA_ANY(data), VARSIZE_ANY_EXHDR(data),
					  (uint8 *) VARDATA(result));
	PG_RETURN_BYTEA_P(result);
}
