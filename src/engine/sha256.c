/*
 * sha256.c - SHA-256 by OpenSSL's libcrypto.
 *
 * The digest is looked up and its context made once per process: looking it up costs several times what a short hash does. Both
 * live until the process ends; a forked child has its own copy.
 */
#include "sha256.h"

#include <openssl/evp.h>
#include <openssl/opensslv.h>
#include <string.h>

static const EVP_MD *digest;
static EVP_MD_CTX *context;

/* Made when first needed; a failure is tried again with the next hash. */
static bool
have_context(void)
{
	if (digest == NULL)
#if OPENSSL_VERSION_NUMBER >= 0x30000000L
		digest = EVP_MD_fetch(NULL, "SHA256", NULL);
#else
		digest = EVP_sha256();
#endif
	if (context == NULL)
		context = EVP_MD_CTX_new();
	return digest != NULL && context != NULL;
}

bool
opres_sha256(const OpresPart *parts, int count, OpresHash *hash)
{
	/* The digest each time: not every libcrypto before 3 takes NULL for "the same as before", and it costs nothing. */
	if (!have_context() || EVP_DigestInit_ex(context, digest, NULL) != 1)
		return false;
	for (int i = 0; i < count; i++)
		if (parts[i].length > 0 && EVP_DigestUpdate(context, parts[i].bytes, parts[i].length) != 1)
			return false;
	return EVP_DigestFinal_ex(context, hash->bytes, NULL) == 1;
}

bool
opres_hash_equal(const OpresHash *a, const OpresHash *b)
{
	return memcmp(a->bytes, b->bytes, OPRES_HASH_BYTES) == 0;
}
