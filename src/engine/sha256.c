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

static EVP_MD_CTX *context;

/* Made when first needed; a failure is tried again with the next hash. */
static bool
have_context(void)
{
	const EVP_MD *digest;
	EVP_MD_CTX *made;

	if (context != NULL)
		return true;
#if OPENSSL_VERSION_NUMBER >= 0x30000000L
	digest = EVP_MD_fetch(NULL, "SHA256", NULL);
#else
	digest = EVP_sha256();
#endif
	if (digest == NULL)
		return false;
	made = EVP_MD_CTX_new();
	if (made != NULL && EVP_DigestInit_ex(made, digest, NULL) == 1)
		context = made;
	else
		EVP_MD_CTX_free(made);
#if OPENSSL_VERSION_NUMBER >= 0x30000000L
	/* The context keeps its own reference. */
	EVP_MD_free((EVP_MD *) digest);
#endif
	return context != NULL;
}

bool
opres_sha256(const OpresPart *parts, int count, OpresHash *hash)
{
	if (!have_context())
		return false;
	/* Without a digest: the one the context has. */
	if (EVP_DigestInit_ex(context, NULL, NULL) != 1)
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
