/*
 * key.h - Ed25519 keys as C2SP signed-note writes them. The verifier key, for everybody:
 *     NAME+hex(key id)+base64(0x01 ‖ public key)
 * and the signing key, for the witness alone, as Go's sumdb/note keeps it:
 *     PRIVATE+KEY+NAME+hex(key id)+base64(0x01 ‖ secret seed)
 * key id = the first 4 bytes of SHA-256(NAME ‖ "\n" ‖ 0x01 ‖ public key).
 */
#ifndef OPRES_KEY_H
#define OPRES_KEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define OPRES_KEY_NAME_MAX 200 /* bytes */
#define OPRES_KEY_BYTES 32
#define OPRES_SIGNATURE_BYTES 64
#define OPRES_KEY_TEXT 320 /* room for any key as text, with the zero at its end */

typedef struct OpresKey
{
	char name[OPRES_KEY_NAME_MAX + 1];
	uint32_t id;
	uint8_t public_key[OPRES_KEY_BYTES];
} OpresKey;

/* Non-empty, UTF-8, without control characters, Unicode spaces and "+". */
bool opres_key_name_valid(const char *name, size_t length);

/* Exactly the key, nothing around it. On failure *why says what is wrong with it, in the language spoken. */
bool opres_key_parse(const char *text, size_t length, OpresKey *key, const char **why);
void opres_key_print(const OpresKey *key, char text[OPRES_KEY_TEXT]);

typedef enum OpresSignatureCheck
{
	OPRES_SIGNATURE_HOLDS,
	OPRES_SIGNATURE_WRONG,
	OPRES_SIGNATURE_FAILED /* libcrypto could not tell */
} OpresSignatureCheck;

OpresSignatureCheck opres_key_check(const OpresKey *key, const void *message, size_t length,
									const uint8_t signature[OPRES_SIGNATURE_BYTES]);

/* A key that signs. The secret is in libcrypto's memory alone, which is wiped when it is freed. */
typedef struct OpresSigner
{
	OpresKey key;
	struct evp_pkey_st *secret;
} OpresSigner;

/* A new key, from libcrypto's random numbers. */
bool opres_signer_new(const char *name, OpresSigner *signer, const char **why);
bool opres_signer_parse(const char *text, size_t length, OpresSigner *signer, const char **why);
/* The secret as text: the caller wipes it (OPENSSL_cleanse). */
bool opres_signer_print(const OpresSigner *signer, char text[OPRES_KEY_TEXT]);
bool opres_signer_sign(const OpresSigner *signer, const void *message, size_t length, uint8_t signature[OPRES_SIGNATURE_BYTES]);
void opres_signer_free(OpresSigner *signer);

#endif
