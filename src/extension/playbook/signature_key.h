/*
 * signature_key.h - keys and signatures as OpenSSL knows them. Nothing throws while an object of OpenSSL's is held, and none
 * outlives a call.
 */
#ifndef OPRES_SIGNATURE_KEY_H
#define OPRES_SIGNATURE_KEY_H

#include "common/compat.h"

#include "sha256.h"

/* A public key: the DER of its SubjectPublicKeyInfo, palloc'ed, in the one form that OpenSSL writes. */
typedef struct OpresPublicKey
{
	uint8 *der;
	int length;
	OpresHash fingerprint; /* SHA-256 of der */
} OpresPublicKey;

/* Base64 of either alphabet, padded or not, with white space; palloc'ed; -1 if it is none. */
extern int opres_base64_bytes(const char *text, uint8 **bytes);

/*
 * A public key as base64 of its DER, with or without the lines that PEM has around it ("-----BEGIN PUBLIC KEY-----"); with
 * `certificate` an X.509 certificate likewise, whose key is taken. False if it is none.
 */
extern bool opres_read_public_key(const char *text, bool certificate, OpresPublicKey *key);

/* The hash of a text as hexadecimal digits, palloc'ed; NULL if the algorithm is not known. */
extern char *opres_hash_digits(const char *algorithm, const char *text);

/* Whether we know a signature algorithm (RS256, ...). */
extern bool opres_signature_algorithm_known(const char *algorithm);

/* Checks a signature by an algorithm that is known. NULL if it is good, else what is wrong. */
extern const char *opres_check_signed(const OpresPublicKey *key, const char *algorithm, const char *message, const uint8 *signature,
									  int length);

#endif
