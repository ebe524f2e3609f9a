/*
 * canonical.h - the canonical form of JSON, RFC 8785 (JSON Canonicalization Scheme): what hashes and signatures of playbooks are
 * made over.
 *
 * Always UTF-8, whatever the encoding of the database. A number is what ECMAScript reads: the nearest double. So integers beyond
 * 2^53 and decimals of more than 17 digits lose what a double cannot hold, as with every reader of I-JSON; a number beyond the
 * greatest double has no canonical form and is an error (ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE). Results are palloc'ed.
 */
#ifndef OPRES_CANONICAL_H
#define OPRES_CANONICAL_H

#include "common/compat.h"
#include "utils/jsonb.h"

#include "sha256.h"

/* A member of an object that is written otherwise than it is: `json` (canonical already) in its place; NULL = left out. */
typedef struct OpresInstead
{
	const char *key;
	const char *json;
} OpresInstead;

/* with_signatures false: without the member `signatures` of the outermost object. */
extern char *opres_canonical_json(Jsonb *document, bool with_signatures);

/* An object with some of its own members (not those further inside) written otherwise. */
extern char *opres_canonical_object(JsonbContainer *object, const OpresInstead *instead, int count);

/* SHA-256 of the canonical form without signatures: opres.playbook.canonical_hash. */
extern OpresHash opres_canonical_hash(Jsonb *document);

#endif
