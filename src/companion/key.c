/*
 * key.c - Ed25519 by OpenSSL's EVP, keys as text. A key's text has one form only: what is read is printed again and compared.
 */
#include "key.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <string.h>

#include "base64.h"
#include "sha256.h"
#include "utf8.h"
#include "words.h"

#define ED25519 0x01 /* signature type of C2SP signed-note */
#define SECRET_PREFIX "PRIVATE+KEY+"
#define TYPED_KEY_BYTES (1 + OPRES_KEY_BYTES)
#define TYPED_KEY_TEXT OPRES_BASE64_TEXT(TYPED_KEY_BYTES)

/* What Unicode calls white space, and what ends a line. */
static bool
is_space(uint32_t c)
{
	return c == ' ' || c == 0x85 || c == 0xA0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 ||
		   c == 0x202F || c == 0x205F || c == 0x3000;
}

bool
opres_key_name_valid(const char *name, size_t length)
{
	for (size_t i = 0; i < length;)
	{
		uint32_t c;
		size_t size = opres_utf8_next(name + i, length - i, &c);

		if (size == 0 || c < ' ' || c == 0x7F || c == '+' || is_space(c))
			return false;
		i += size;
	}
	return length > 0;
}

static bool
key_id(const OpresKey *key, uint32_t *id)
{
	static const uint8_t type = ED25519;
	const OpresPart parts[] = { { key->name, strlen(key->name) }, { "\n", 1 }, { &type, 1 }, { key->public_key, OPRES_KEY_BYTES } };
	OpresHash hash;

	if (!opres_sha256(parts, 4, &hash))
		return false;
	*id = (uint32_t) hash.bytes[0] << 24 | (uint32_t) hash.bytes[1] << 16 | (uint32_t) hash.bytes[2] << 8 | hash.bytes[3];
	return true;
}

/* prefix NAME+hex(key id)+base64(type ‖ key) */
static void
print_key(const char *prefix, const OpresKey *key, const uint8_t bytes[OPRES_KEY_BYTES], char text[OPRES_KEY_TEXT])
{
	uint8_t typed[TYPED_KEY_BYTES] = { ED25519 };
	char base64[TYPED_KEY_TEXT];

	memcpy(typed + 1, bytes, OPRES_KEY_BYTES);
	(void) opres_base64_encode(typed, sizeof typed, base64);
	(void) snprintf(text, OPRES_KEY_TEXT, "%s%s+%08x+%s", prefix, key->name, (unsigned) key->id, base64);
	OPENSSL_cleanse(typed, sizeof typed);
	OPENSSL_cleanse(base64, sizeof base64);
}

void
opres_key_print(const OpresKey *key, char text[OPRES_KEY_TEXT])
{
	print_key("", key, key->public_key, text);
}

/* NAME+hex+base64: takes the name and the bytes out; id and form are for the caller to compare. */
static bool
split_key(const char *text, size_t length, char name[OPRES_KEY_NAME_MAX + 1], uint8_t bytes[OPRES_KEY_BYTES], const char **why)
{
	const char *plus = memchr(text, '+', length);
	size_t name_length = plus ? (size_t) (plus - text) : 0;
	uint8_t typed[TYPED_KEY_BYTES];
	size_t count = 0;
	bool decoded;

	if (!plus || length - name_length < 10 || plus[9] != '+')
	{
		*why = opres_word("is not of the form NAME+KEYID+BASE64", "「名前+鍵ID+BASE64」の形式ではありません");
		return false;
	}
	if (name_length > OPRES_KEY_NAME_MAX || !opres_key_name_valid(text, name_length))
	{
		*why = opres_word("has a name that is not valid", "名前が正しくありません");
		return false;
	}
	decoded = opres_base64_decode(plus + 10, length - name_length - 10, typed, sizeof typed, &count) && count == sizeof typed;
	if (decoded && typed[0] == ED25519)
	{
		memcpy(name, text, name_length);
		name[name_length] = '\0';
		memcpy(bytes, typed + 1, OPRES_KEY_BYTES);
		OPENSSL_cleanse(typed, sizeof typed);
		return true;
	}
	*why = decoded ? opres_word("is not an Ed25519 key (type 1)", "Ed25519(種別1)の鍵ではありません")
				   : opres_word("is not in canonical base64, or too long or short", "BASE64が正規の形式でないか、長さが違います");
	OPENSSL_cleanse(typed, sizeof typed);
	return false;
}

static bool
refused(const char **why)
{
	*why = opres_word("could not be worked with by libcrypto", "libcryptoで処理できませんでした");
	return false;
}

static bool
same_text(const char *printed, const char *text, size_t length, const char **why)
{
	if (strlen(printed) == length && memcmp(printed, text, length) == 0)
		return true;
	*why = opres_word("has a key id that does not belong to it", "鍵IDがこの鍵のものではありません");
	return false;
}

bool
opres_key_parse(const char *text, size_t length, OpresKey *key, const char **why)
{
	char printed[OPRES_KEY_TEXT];

	memset(key, 0, sizeof *key);
	if (!split_key(text, length, key->name, key->public_key, why))
		return false;
	if (!key_id(key, &key->id))
		return refused(why);
	opres_key_print(key, printed);
	return same_text(printed, text, length, why);
}

OpresSignatureCheck
opres_key_check(const OpresKey *key, const void *message, size_t length, const uint8_t signature[OPRES_SIGNATURE_BYTES])
{
	OpresSignatureCheck check = OPRES_SIGNATURE_FAILED;
	EVP_PKEY *public = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, key->public_key, OPRES_KEY_BYTES);
	EVP_MD_CTX *context = EVP_MD_CTX_new();

	if (public && context && EVP_DigestVerifyInit(context, NULL, NULL, NULL, public) == 1)
		check = EVP_DigestVerify(context, signature, OPRES_SIGNATURE_BYTES, message, length) == 1 ? OPRES_SIGNATURE_HOLDS
																								  : OPRES_SIGNATURE_WRONG;
	EVP_MD_CTX_free(context);
	EVP_PKEY_free(public);
	return check;
}

/* Fills in what follows from name and secret. */
static bool
complete(OpresSigner *signer)
{
	size_t length = OPRES_KEY_BYTES;

	return signer->secret && EVP_PKEY_get_raw_public_key(signer->secret, signer->key.public_key, &length) == 1 &&
		   length == OPRES_KEY_BYTES && key_id(&signer->key, &signer->key.id);
}

bool
opres_signer_new(const char *name, OpresSigner *signer, const char **why)
{
	size_t length = strlen(name);

	memset(signer, 0, sizeof *signer);
	if (length > OPRES_KEY_NAME_MAX || !opres_key_name_valid(name, length))
	{
		*why = opres_word("a key's name has 1 to 200 bytes, no spaces, no control characters and no \"+\"",
						  "鍵の名前は1〜200バイトで、空白・制御文字・「+」を含められません");
		return false;
	}
	memcpy(signer->key.name, name, length + 1);
	signer->secret = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	if (complete(signer))
		return true;
	opres_signer_free(signer);
	return refused(why);
}

bool
opres_signer_parse(const char *text, size_t length, OpresSigner *signer, const char **why)
{
	size_t prefix = strlen(SECRET_PREFIX);
	uint8_t seed[OPRES_KEY_BYTES];
	char printed[OPRES_KEY_TEXT];
	bool ok;

	memset(signer, 0, sizeof *signer);
	if (length <= prefix || memcmp(text, SECRET_PREFIX, prefix) != 0)
	{
		*why = opres_word("does not begin with " SECRET_PREFIX, "先頭が " SECRET_PREFIX " ではありません");
		return false;
	}
	if (!split_key(text + prefix, length - prefix, signer->key.name, seed, why))
		return false;
	signer->secret = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed, sizeof seed);
	OPENSSL_cleanse(seed, sizeof seed);
	ok = complete(signer) && opres_signer_print(signer, printed);
	ok = ok ? same_text(printed, text, length, why) : refused(why);
	OPENSSL_cleanse(printed, sizeof printed);
	if (!ok)
		opres_signer_free(signer);
	return ok;
}

bool
opres_signer_print(const OpresSigner *signer, char text[OPRES_KEY_TEXT])
{
	uint8_t seed[OPRES_KEY_BYTES];
	size_t length = sizeof seed;
	bool ok = EVP_PKEY_get_raw_private_key(signer->secret, seed, &length) == 1 && length == sizeof seed;

	if (ok)
		print_key(SECRET_PREFIX, &signer->key, seed, text);
	OPENSSL_cleanse(seed, sizeof seed);
	return ok;
}

bool
opres_signer_sign(const OpresSigner *signer, const void *message, size_t length, uint8_t signature[OPRES_SIGNATURE_BYTES])
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	size_t signed_bytes = OPRES_SIGNATURE_BYTES;
	bool ok = context && EVP_DigestSignInit(context, NULL, NULL, NULL, signer->secret) == 1 &&
			  EVP_DigestSign(context, signature, &signed_bytes, message, length) == 1 && signed_bytes == OPRES_SIGNATURE_BYTES;

	EVP_MD_CTX_free(context);
	return ok;
}

void
opres_signer_free(OpresSigner *signer)
{
	EVP_PKEY_free(signer->secret);
	memset(signer, 0, sizeof *signer);
}
