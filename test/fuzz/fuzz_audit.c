/*
 * fuzz_audit.c - libFuzzer: proofs of the Merkle tree that begin true and are changed as the input says, and entries of the audit
 * trail.
 *
 * The verifiers and the twin's agree on every claim, also on sizes of up to 2^64; a proof that is taken for a tree the twin has is
 * the one that the twin makes. An entry's bytes read back as the same entry.
 */
#include "audit_entry.h"
#include "merkle.h"
#include "merkle_twin.h"
#include "promise.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- the input ---- */

typedef struct Input
{
	const uint8_t *bytes;
	size_t left;
} Input;

static uint8_t
next_byte(Input *input)
{
	if (input->left == 0)
		return 0;
	input->left--;
	return *input->bytes++;
}

static uint64_t
next_number(Input *input, int bytes)
{
	uint64_t number = 0;

	while (bytes-- > 0)
		number = number << 8 | next_byte(input);
	return number;
}

/* A node of the twin's tree or any 32 bytes. */
static OpresHash
next_hash(Input *input)
{
	uint64_t begin = next_byte(input);
	uint64_t size = next_byte(input);
	OpresHash hash;

	if (begin + size <= TWIN_LEAVES)
		return twin_mth(begin, size);
	for (int i = 0; i < OPRES_HASH_BYTES; i++)
		hash.bytes[i] = next_byte(input);
	return hash;
}

/* ---- proofs ---- */

#define MOST_HASHES (OPRES_PROOF_MAX + 8)

/* first: leaf index or old size; start: leaf or old root. */
typedef struct Claim
{
	uint64_t first;
	uint64_t size;
	OpresHash start;
	OpresHash root;
	OpresHash proof[MOST_HASHES];
	int count;
} Claim;

static void
insert(Claim *c, int at, OpresHash hash)
{
	if (c->count == MOST_HASHES)
		return;
	memmove(c->proof + at + 1, c->proof + at, (c->count - at) * sizeof(OpresHash));
	c->proof[at] = hash;
	c->count++;
}

static void
drop(Claim *c, int at)
{
	if (at == c->count)
		return;
	memmove(c->proof + at, c->proof + at + 1, (c->count - at - 1) * sizeof(OpresHash));
	c->count--;
}

static void
change(Claim *c, Input *input)
{
	uint8_t what = next_byte(input);
	int at = (what >> 4) % (c->count + 1);

	switch (what & 15)
	{
		case 0:
			c->first = next_number(input, 1);
			break;
		case 1:
			c->size = next_number(input, 1);
			break;
		case 2:
			c->first = next_number(input, 8);
			break;
		case 3:
			c->size = next_number(input, 8);
			break;
		case 4:
			c->start = next_hash(input);
			break;
		case 5:
			c->root = next_hash(input);
			break;
		case 6:
		case 7:
			insert(c, at, next_hash(input));
			break;
		case 8:
		case 9:
			drop(c, at);
			break;
		case 10:
			if (at < c->count)
				c->proof[at] = next_hash(input);
			break;
		case 11:
			if (at < c->count)
				c->proof[at].bytes[next_byte(input) % OPRES_HASH_BYTES] ^= next_byte(input);
			break;
		case 12:
			c->first++;
			break;
		case 13:
			c->first--;
			break;
		case 14:
			c->size++;
			break;
		default:
			c->size--;
	}
}

static bool
is_root(OpresHash root, uint64_t size)
{
	OpresHash true_root = twin_mth(0, size);

	return memcmp(&root, &true_root, sizeof(root)) == 0;
}

static void
check_inclusion(Input *input)
{
	Claim c = { .size = 1 + next_byte(input) };
	OpresHash expected[OPRES_PROOF_MAX], leaf, *proof;
	bool holds;

	c.first = next_byte(input) % c.size;
	c.start = twin_leaf(c.first);
	c.root = twin_mth(0, c.size);
	c.count = twin_path(c.first, 0, c.size, c.proof);
	while (input->left > 0)
		change(&c, input);
	proof = malloc(c.count * sizeof(OpresHash));
	memcpy(proof, c.proof, c.count * sizeof(OpresHash));
	holds = opres_inclusion_holds(&c.start, c.first, c.size, proof, c.count, &c.root);
	PROMISE(holds == twin_inclusion_holds(c.start, c.first, c.size, c.proof, c.count, c.root));
	if (holds && c.size <= TWIN_LEAVES && is_root(c.root, c.size))
	{
		leaf = twin_leaf(c.first);
		PROMISE(c.first < c.size && memcmp(&c.start, &leaf, sizeof(leaf)) == 0);
		PROMISE(c.count == twin_path(c.first, 0, c.size, expected));
		PROMISE(memcmp(c.proof, expected, c.count * sizeof(OpresHash)) == 0);
	}
	free(proof);
}

static void
check_consistency(Input *input)
{
	Claim c = { .size = 1 + next_byte(input) };
	OpresHash expected[OPRES_PROOF_MAX], *proof;
	bool holds;

	c.first = next_byte(input) % (c.size + 1);
	c.start = twin_mth(0, c.first);
	c.root = twin_mth(0, c.size);
	c.count = twin_proof(c.first, c.size, c.proof);
	while (input->left > 0)
		change(&c, input);
	proof = malloc(c.count * sizeof(OpresHash));
	memcpy(proof, c.proof, c.count * sizeof(OpresHash));
	holds = opres_consistency_holds(c.first, c.size, proof, c.count, &c.start, &c.root);
	PROMISE(holds == twin_consistency_holds(c.first, c.size, c.proof, c.count, c.start, c.root));
	if (holds && c.size <= TWIN_LEAVES && is_root(c.root, c.size))
	{
		PROMISE(c.first <= c.size && is_root(c.start, c.first));
		PROMISE(c.count == twin_proof(c.first, c.size, expected));
		PROMISE(memcmp(c.proof, expected, c.count * sizeof(OpresHash)) == 0);
	}
	free(proof);
}

/* ---- entries ---- */

static OpresField
next_field(Input *input)
{
	uint64_t length = next_number(input, 2);
	OpresField field = { (const char *) input->bytes, -1 };

	if (length > input->left)
		return field; /* NULL */
	field.length = (int32_t) length;
	input->bytes += length;
	input->left -= length;
	return field;
}

static void
take_bytes(Input *from, const void *expected, size_t length)
{
	PROMISE(from->left >= length && (length == 0 || memcmp(from->bytes, expected, length) == 0));
	from->bytes += length;
	from->left -= length;
}

static void
take_number(Input *from, int64_t expected)
{
	PROMISE(from->left >= 12 && next_number(from, 4) == 8);
	PROMISE((int64_t) next_number(from, 8) == expected);
}

static void
take_field(Input *from, OpresField expected)
{
	PROMISE(from->left >= 4);
	PROMISE((int32_t) next_number(from, 4) == expected.length);
	if (expected.length > 0)
		take_bytes(from, expected.bytes, (size_t) expected.length);
}

static OpresField
hash_field(const OpresHash *hash)
{
	return hash == NULL ? (OpresField){ NULL, -1 } : (OpresField){ (const char *) hash->bytes, OPRES_HASH_BYTES };
}

/* bytes has one before the entry: the leaf's prefix. */
static void
check_bytes(const OpresAuditEntry *e, uint8_t *bytes, size_t size)
{
	Input from = { bytes + 1, size };
	OpresHash leaf, expected;

	bytes[0] = 0x00;
	opres_entry_encode(e, bytes + 1);
	take_bytes(&from, "opres entry v1\n", 15);
	take_number(&from, e->number);
	take_field(&from, hash_field(e->previous));
	take_number(&from, e->at);
	take_field(&from, hash_field(&e->content_hash));
	take_field(&from, e->login);
	take_field(&from, e->session_role);
	take_field(&from, e->acting_role);
	take_field(&from, e->action);
	take_field(&from, e->subject);
	PROMISE(from.left == 0);
	SHA256(bytes, 1 + size, expected.bytes);
	PROMISE(opres_entry_leaf(e, &leaf) == (size < OPRES_ENTRY_LIMIT));
	PROMISE(size >= OPRES_ENTRY_LIMIT || memcmp(&leaf, &expected, sizeof(leaf)) == 0);
}

static void
check_entry(Input *input)
{
	bool first = next_byte(input) & 1;
	OpresHash previous = next_hash(input);
	OpresAuditEntry entry = { .previous = first ? NULL : &previous };
	uint8_t *bytes;
	size_t size;

	entry.number = (int64_t) next_number(input, 8);
	entry.at = (int64_t) next_number(input, 8);
	entry.content_hash = next_hash(input);
	entry.login = next_field(input);
	entry.session_role = next_field(input);
	entry.acting_role = next_field(input);
	entry.action = next_field(input);
	entry.subject = next_field(input);
	size = opres_entry_size(&entry);
	bytes = malloc(1 + size);
	check_bytes(&entry, bytes, size);
	free(bytes);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	Input input = { data, size };

	switch (next_byte(&input) % 3)
	{
		case 0:
			check_inclusion(&input);
			break;
		case 1:
			check_consistency(&input);
			break;
		default:
			check_entry(&input);
	}
	return 0;
}
