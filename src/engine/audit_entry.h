/*
 * audit_entry.h - an entry of the audit trail as bytes and as a leaf; audit-format.md is the binding page.
 */
#ifndef OPRES_AUDIT_ENTRY_H
#define OPRES_AUDIT_ENTRY_H

#include "sha256.h"

#define OPRES_SALT_BYTES 16
/* An entry is shorter than this. */
#define OPRES_ENTRY_LIMIT 65536

/* UTF-8, not ended by a zero; length -1 = NULL. */
typedef struct OpresField
{
	const char *bytes;
	int32_t length;
} OpresField;

typedef struct OpresAuditEntry
{
	int64_t number;            /* from 1 */
	const OpresHash *previous; /* leaf hash of the entry before; NULL in entry 1 */
	int64_t at;                /* microseconds since 1970-01-01 00:00 UTC */
	OpresHash content_hash;
	OpresField login, session_role, acting_role, action, subject;
} OpresAuditEntry;

/* Bytes of the encoded entry; it is valid below OPRES_ENTRY_LIMIT. */
size_t opres_entry_size(const OpresAuditEntry *entry);
/* Writes opres_entry_size bytes. */
void opres_entry_encode(const OpresAuditEntry *entry, uint8_t *bytes);
/* SHA-256(0x00 ‖ encoded entry); false if libcrypto refuses or the entry is too long. */
bool opres_entry_leaf(const OpresAuditEntry *entry, OpresHash *leaf);
/* SHA-256(salt ‖ encoded content); salt has OPRES_SALT_BYTES. */
bool opres_content_hash(const uint8_t *salt, OpresField reason, OpresField content, OpresHash *hash);

#endif
