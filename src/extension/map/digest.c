/*
 * digest.c - what the audit trail says about the rows of a revision, hashed: one SHA-256 per row, and one over those of a table.
 *
 * row_sha256 is sha256(convert_to(row, 'UTF8')) at half the price, because libcrypto's context is kept. sha256_of is
 * sha256(string_agg(hash, '' ORDER BY hash)) in constant memory: millions of rows of one revision would come near the gigabyte at
 * which a value ends. It takes the hashes in ascending order and sees that they are; sorting is the query's.
 *
 * The hashing under way is freed when the aggregate's group ends, or with the resource owner if the query fails before.
 */
#include "common/compat.h"

#include "common/cryptohash.h"
#include "mb/pg_wchar.h"
#include "sha256.h"
#include "utils/builtins.h"

typedef struct Digest
{
	pg_cryptohash_ctx *hashing;
	OpresHash last;
} Digest;

static bytea *
hash_value(const OpresHash *hash)
{
	bytea *value = palloc(VARHDRSZ + OPRES_HASH_BYTES);

	SET_VARSIZE(value, VARHDRSZ + OPRES_HASH_BYTES);
	memcpy(VARDATA(value), hash->bytes, OPRES_HASH_BYTES);
	return value;
}

static void
require(bool hashed)
{
	if (!hashed)
		ereport(ERROR, (errcode(ERRCODE_INTERNAL_ERROR), errmsg("libcrypto could not compute a SHA-256")));
}

OPRES_FUNCTION(opres_row_sha256);
Datum
opres_row_sha256(PG_FUNCTION_ARGS)
{
	text *row = PG_GETARG_TEXT_PP(0);
	char *bytes = VARDATA_ANY(row);
	size_t length = VARSIZE_ANY_EXHDR(row);
	/* What the bytes of such a database stand for nobody knows. */
	char *utf8 = GetDatabaseEncoding() == PG_SQL_ASCII ? bytes : pg_server_to_any(bytes, (int) length, PG_UTF8);
	OpresHash hash;

	require(opres_sha256(&(OpresPart){ utf8, utf8 == bytes ? length : strlen(utf8) }, 1, &hash));
	PG_RETURN_BYTEA_P(hash_value(&hash));
}

static void
end_hashing(Datum digest)
{
	Digest *ended = (Digest *) DatumGetPointer(digest);

	pg_cryptohash_free(ended->hashing);
	ended->hashing = NULL;
}

static Digest *
begin_hashing(FunctionCallInfo fcinfo)
{
	MemoryContext memory, before;
	Digest *digest;

	if (AggCheckCallContext(fcinfo, &memory) != AGG_CONTEXT_AGGREGATE)
		elog(ERROR, "sha256_add was called outside of an aggregate");
	before = MemoryContextSwitchTo(memory);
	digest = palloc0(sizeof(Digest));
	digest->hashing = pg_cryptohash_create(PG_SHA256);
	require(digest->hashing != NULL);
	AggRegisterCallback(fcinfo, end_hashing, PointerGetDatum(digest));
	MemoryContextSwitchTo(before);
	require(pg_cryptohash_init(digest->hashing) == 0);
	return digest;
}

OPRES_FUNCTION(opres_sha256_add);
Datum
opres_sha256_add(PG_FUNCTION_ARGS)
{
	Digest *digest = PG_ARGISNULL(0) ? begin_hashing(fcinfo) : (Digest *) PG_GETARG_POINTER(0);
	bytea *hash = PG_ARGISNULL(1) ? NULL : PG_GETARG_BYTEA_PP(1);

	if (hash == NULL || VARSIZE_ANY_EXHDR(hash) != OPRES_HASH_BYTES)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("sha256_of takes SHA-256 hashes")));
	if (memcmp(VARDATA_ANY(hash), digest->last.bytes, OPRES_HASH_BYTES) < 0)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("sha256_of takes hashes in ascending order")));
	memcpy(digest->last.bytes, VARDATA_ANY(hash), OPRES_HASH_BYTES);
	require(pg_cryptohash_update(digest->hashing, digest->last.bytes, OPRES_HASH_BYTES) == 0);
	PG_RETURN_POINTER(digest);
}

OPRES_FUNCTION(opres_sha256_end);
Datum
opres_sha256_end(PG_FUNCTION_ARGS)
{
	Digest *digest = PG_ARGISNULL(0) ? NULL : (Digest *) PG_GETARG_POINTER(0);
	OpresHash hash;

	if (digest == NULL)
		PG_RETURN_NULL();
	require(pg_cryptohash_final(digest->hashing, hash.bytes, OPRES_HASH_BYTES) == 0);
	PG_RETURN_BYTEA_P(hash_value(&hash));
}
