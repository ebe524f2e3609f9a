/*
 * hmac.h - HMAC-SHA256 (RFC 2104, FIPS 198-1), by OpenSSL.
 */
#ifndef OPRES_HMAC_H
#define OPRES_HMAC_H

#include "common/compat.h"

#define OPRES_HMAC_BYTES 32

/* Throws if OpenSSL refuses (never for lengths PostgreSQL has). */
extern void opres_hmac_sha256(const void *key, size_t key_length, const void *data, size_t length, uint8 mac[OPRES_HMAC_BYTES]);

#endif
