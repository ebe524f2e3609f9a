/*
 * signature_key.c - see signature_key.h.
 *
 * OpenSSL's queue of errors is cleared after each use: the server's own TLS reads it.
 */
#include "playbook/signature_key.h"

#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

/* The least that RFC 7518 allows for RSA. */
#define LEAST_RSA_BITS 2048

typedef struct Algorithm
{
	const char *name;
	const char *digest; /* NULL: the algorithm has its own */
	const char *curve;
	int curve_bytes;
	int key_type;
	bool pss;
} Algorithm;

/* RFC 7518, 3.1 and RFC 8037, with the names of X.590, 6.2.2. */
static const Algorithm algorithms[] = {
	{ "RS256", "SHA256", NULL, 0, EVP_PKEY_RSA, false },         { "RS384", "SHA384", NULL, 0, EVP_PKEY_RSA, false },
	{ "RS512", "SHA512", NULL, 0, EVP_PKEY_RSA, false },         { "PS256", "SHA256", NULL, 0, EVP_PKEY_RSA, true },
	{ "PS384", "SHA384", NULL, 0, EVP_PKEY_RSA, true },          { "PS512", "SHA512", NULL, 0, EVP_PKEY_RSA, true },
	{ "ES256", "SHA256", "prime256v1", 32, EVP_PKEY_EC, false }, { "ES384", "SHA384", "secp384r1", 48, EVP_PKEY_EC, false },
	{ "ES512", "SHA512", "secp521r1", 66, EVP_PKEY_EC, false },  { "Ed25519", NULL, NULL, 0, EVP_PKEY_ED25519, false },
	{ "Ed448", NULL, NULL, 0, EVP_PKEY_ED448, false },
};

/* IANA's names of hash functions; without the hyphen as some programs write them. */
static const char *const hashes[][2] = {
	{ "sha-256", "SHA256" }, { "sha-384", "SHA384" }, { "sha-512", "SHA512" },
	{ "sha256", "SHA256" },  { "sha384", "SHA384" },  { "sha512", "SHA512" },
};

static int
base64_digit(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == '+' || c == '-')
		return 62;
	return c == '/' || c == '_' ? 63 : -1;
}

int
opres_base64_bytes(const char *text, uint8 **bytes)
{
	uint32 group = 0;
	int digits = 0, length = 0;

	*bytes = palloc(strlen(text) / 4 * 3 + 3);
	for (; *text; text++)
	{
		if (strchr(" \t\r\n", *text))
			continue;
		if (base64_digit(*text) < 0)
			break;
		group = group << 6 | (uint32) base64_digit(*text);
		if (++digits % 4 != 1)
			(*bytes)[length++] = (uint8) (group >> (6 - 2 * ((digits - 1) % 4)));
	}
	while (*text && strchr("= \t\r\n", *text))
		text++;
	return *text || digits % 4 == 1 ? -1 : length;
}

/* The text between PEM's lines, or all of it. palloc'ed. */
static char *
without_armour(const char *text)
{
	const char *begin = strstr(text, "-----BEGIN "), *end;

	if (!begin || !(begin = strstr(begin + 11, "-----")))
		return pstrdup(text);
	end = strstr(begin + 5, "-----END ");
	return end ? pnstrdup(begin + 5, (Size) (end - begin - 5)) : pstrdup(text);
}

static EVP_PKEY *
parse_key(const uint8 *bytes, int length, bool certificate)
{
	const uint8 *at = bytes;
	EVP_PKEY *key = NULL;

	if (certificate)
	{
		X509 *x509 = d2i_X509(NULL, &at, length);

		if (x509)
			key = X509_get_pubkey(x509);
		X509_free(x509);
	}
	else
		key = d2i_PUBKEY(NULL, &at, length);
	if (key && at != bytes + length)
	{
		EVP_PKEY_free(key);
		key = NULL;
	}
	return key;
}

bool
opres_read_public_key(const char *text, bool certificate, OpresPublicKey *key)
{
	char *base64 = without_armour(text);
	uint8 *bytes, *der = NULL;
	int length = opres_base64_bytes(base64, &bytes);
	EVP_PKEY *parsed = length > 0 ? parse_key(bytes, length, certificate) : NULL;

	key->length = parsed ? i2d_PUBKEY(parsed, &der) : 0;
	EVP_PKEY_free(parsed);
	ERR_clear_error();
	key->der = bytes;
	if (key->length > 0)
	{
		key->der = MemoryContextAllocExtended(CurrentMemoryContext, (Size) key->length, MCXT_ALLOC_NO_OOM);
		if (key->der)
			memcpy(key->der, der, (size_t) key->length);
	}
	OPENSSL_free(der);
	return key->length > 0 && key->der && opres_sha256(&(OpresPart){ key->der, (size_t) key->length }, 1, &key->fingerprint);
}

char *
opres_hash_digits(const char *algorithm, const char *text)
{
	static const char digits[] = "0123456789abcdef";
	unsigned char hash[EVP_MAX_MD_SIZE];
	unsigned length = 0;
	char *written;

	for (size_t i = 0; i < lengthof(hashes); i++)
		if (strcmp(algorithm, hashes[i][0]) == 0 &&
			!EVP_Digest(text, strlen(text), hash, &length, EVP_get_digestbyname(hashes[i][1]), NULL))
			length = 0;
	ERR_clear_error();
	if (length == 0)
		return NULL;
	written = palloc(2 * length + 1);
	for (unsigned i = 0; i < length; i++)
	{
		written[2 * i] = digits[hash[i] >> 4];
		written[2 * i + 1] = digits[hash[i] & 15];
	}
	written[2 * length] = '\0';
	return written;
}

static const Algorithm *
find_algorithm(const char *name)
{
	for (size_t i = 0; i < lengthof(algorithms); i++)
		if (strcmp(algorithms[i].name, name) == 0)
			return &algorithms[i];
	return NULL;
}

bool
opres_signature_algorithm_known(const char *algorithm)
{
	return find_algorithm(algorithm) != NULL;
}

/* ECDSA's signature as RFC 7518 writes it, r and s of the curve's length each, in the DER that OpenSSL takes; NULL if it is not. */
static uint8 *
ecdsa_der(const uint8 *signature, int length, int half, int *der_length)
{
	ECDSA_SIG *parts = length == 2 * half ? ECDSA_SIG_new() : NULL;
	BIGNUM *r = NULL, *s = NULL;
	uint8 *der = NULL;

	if (!parts)
		return NULL;
	r = BN_bin2bn(signature, half, NULL);
	s = BN_bin2bn(signature + half, half, NULL);
	if (r && s && ECDSA_SIG_set0(parts, r, s))
		*der_length = i2d_ECDSA_SIG(parts, &der);
	else
	{
		BN_free(r);
		BN_free(s);
	}
	ECDSA_SIG_free(parts);
	return der;
}

static bool
verify(EVP_PKEY *key, const Algorithm *algorithm, const char *message, const uint8 *signature, int length)
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	EVP_PKEY_CTX *options;
	bool good = context && EVP_DigestVerifyInit(context, &options,
												algorithm->digest ? EVP_get_digestbyname(algorithm->digest) : NULL, NULL, key) == 1;

	if (good && algorithm->pss)
		good = EVP_PKEY_CTX_set_rsa_padding(options, RSA_PKCS1_PSS_PADDING) > 0 &&
			   EVP_PKEY_CTX_set_rsa_pss_saltlen(options, RSA_PSS_SALTLEN_DIGEST) > 0;
	good = good && EVP_DigestVerify(context, signature, (size_t) length, (const unsigned char *) message, strlen(message)) == 1;
	EVP_MD_CTX_free(context);
	return good;
}

static bool
is_on_curve(EVP_PKEY *key, const char *curve)
{
	char name[80];

	return EVP_PKEY_get_group_name(key, name, sizeof name, NULL) && strcmp(name, curve) == 0;
}

static const char *
judge(EVP_PKEY *key, const Algorithm *algorithm, const char *message, const uint8 *signature, int length)
{
	uint8 *der = NULL;
	bool good;

	if (EVP_PKEY_base_id(key) != algorithm->key_type)
		return "the key is of another kind than the algorithm";
	if (algorithm->key_type == EVP_PKEY_RSA && EVP_PKEY_bits(key) < LEAST_RSA_BITS)
		return "the key has less than 2048 bits";
	if (algorithm->key_type == EVP_PKEY_EC)
	{
		if (!is_on_curve(key, algorithm->curve))
			return "the key is of another curve than the algorithm";
		der = ecdsa_der(signature, length, algorithm->curve_bytes, &length);
		if (!der)
			return "the value has not the length of such a signature";
		signature = der;
	}
	good = verify(key, algorithm, message, signature, length);
	OPENSSL_free(der);
	return good ? NULL : "the signature does not fit the document and the key";
}

const char *
opres_check_signed(const OpresPublicKey *key, const char *algorithm, const char *message, const uint8 *signature, int length)
{
	EVP_PKEY *parsed = parse_key(key->der, key->length, false);
	const char *problem = parsed ? judge(parsed, find_algorithm(algorithm), message, signature, length) : "out of memory";

	EVP_PKEY_free(parsed);
	ERR_clear_error();
	return problem;
}
