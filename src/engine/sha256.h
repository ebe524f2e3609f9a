/*
 * sha256.h - SHA-256 by OpenSSL's libcrypto.
 */
#ifndef OPRES_SHA256_H
#define OPRES_SHA256_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define OPRES_HASH_BYTES 32

typedef struct OpresHash
{
	uint8_t bytes[OPRES_HASH_BYTES];
} OpresHash;

/* What is hashed, part after part. */
typedef struct OpresPart
{
	const void *bytes;
	size_t length;
} OpresPart;

/* False if libcrypto refuses (no memory, no SHA-256); keeps one context per process, not for use by several threads. */
bool opres_sha256(const OpresPart *parts, int count, OpresHash *hash);
bool opres_hash_equal(const OpresHash *a, const OpresHash *b);

#endif
