/*
 * test_merkle_vectors.c - SHA-256 and the Merkle tree against published vectors (merkle_vectors.h).
 */
#include "merkle_trail.h"
#include "merkle_vectors.h"

static int
unhex(const char *text, uint8_t *bytes)
{
	int count = 0;

	for (; text[0] != '\0'; text += 2)
	{
		unsigned value;

		sscanf(text, "%2x", &value);
		bytes[count++] = (uint8_t) value;
	}
	return count;
}

/* One that has not 32 bytes is filled up with zeros: our type holds no other. */
static OpresHash
from_hex(const char *text)
{
	OpresHash hash = { { 0 } };

	unhex(text, hash.bytes);
	return hash;
}

static OpresHash
named(char letter)
{
	return from_hex(vector_hashes[letter >= 'a' ? letter - 'a' : 26 + letter - 'A']);
}

static int
named_proof(const char *letters, OpresHash *proof)
{
	int count = 0;

	for (; letters[count] != '\0'; count++)
		proof[count] = named(letters[count]);
	return count;
}

static OpresHash
vector_leaf(int i)
{
	uint8_t data[32];
	OpresPart part = { data, 0 };
	OpresHash hash = { { 0 } };

	part.length = unhex(vector_leaves[i], data);
	CHECK(opres_leaf_hash(&part, 1, &hash));
	return hash;
}

static void
check_sha256_text(const OpresPart *parts, int count, const char *expected)
{
	OpresHash hash = { { 0 } };

	CHECK(opres_sha256(parts, count, &hash) && same(hash, from_hex(expected)));
}

/* The examples NIST publishes with FIPS 180-4; a long text in parts. */
static void
test_sha256(void)
{
	const char *two_blocks = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
	char letters[1000];
	OpresPart thousand[1000];

	check_sha256_text(NULL, 0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	check_sha256_text((OpresPart[]){ { "abc", 3 } }, 1, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	check_sha256_text((OpresPart[]){ { "a", 1 }, { NULL, 0 }, { "bc", 2 }, { "", 0 } }, 4,
					  "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	check_sha256_text((OpresPart[]){ { two_blocks, 56 } }, 1, "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
	memset(letters, 'a', sizeof(letters));
	for (int i = 0; i < 1000; i++)
		thousand[i] = (OpresPart){ letters, sizeof(letters) };
	check_sha256_text(thousand, 1000, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
	for (int bit = 0; bit < 256; bit++)
	{
		OpresHash a = { { 0x5a } }, b = a;

		CHECK(opres_hash_equal(&a, &b));
		b.bytes[bit / 8] ^= 1 << bit % 8;
		CHECK(!opres_hash_equal(&a, &b));
	}
}

static void
test_hash_vectors(void)
{
	uint8_t data[32];
	OpresPart part = { data, 0 };
	OpresPart many[16];
	OpresHash hash, left = from_hex(vector_node_left), right = from_hex(vector_node_right);

	CHECK(opres_empty_root(&hash) && same(hash, named(vector_roots[0])));
	CHECK(opres_node_hash(&left, &right, &hash) && same(hash, from_hex(vector_node_hash)));
	CHECK(opres_node_hash(&left, &right, &left) && same(left, hash)); /* into its own operand */
	part.length = unhex(vector_leaf_data, data);
	CHECK(opres_leaf_hash(&part, 1, &hash) && same(hash, from_hex(vector_leaf_hash)));
	for (int i = 0; i < 16; i++)
		many[i] = (OpresPart){ data + i, i < 15 ? 1 : 0 };
	many[14].length = 2;
	CHECK(opres_leaf_hash(many, 15, &hash) && same(hash, from_hex(vector_leaf_hash)));
	CHECK(!opres_leaf_hash(many, 16, &hash));
	CHECK(!opres_leaf_hash(many, -1, &hash));
	CHECK(opres_leaf_hash(NULL, 0, &hash) && same(hash, named(vector_nodes[0][0])));
}

static Trail *
vector_trail(void)
{
	Trail *trail = calloc(1, sizeof(Trail));
	OpresFrontier frontier;
	OpresHash root;

	opres_frontier_init(&frontier);
	for (int i = 0; i < VECTOR_LEAVES; i++)
	{
		trail_push(trail, &frontier, vector_leaf(i));
		CHECK(opres_frontier_root(&frontier, &root) && same(root, named(vector_roots[i + 1])));
	}
	return trail;
}

static void
test_tree_vectors(void)
{
	Trail *trail = vector_trail();
	OpresHash hash, expected[OPRES_PROOF_MAX], proof[OPRES_PROOF_MAX];
	int count;

	for (int level = 0; level < COUNT_OF(vector_nodes); level++)
		for (int i = 0; vector_nodes[level][i] != '\0'; i++)
			CHECK(trail_fetch(trail, level, i, &hash) && same(hash, named(vector_nodes[level][i])));
	for (int size = 0; size <= VECTOR_LEAVES; size++)
		CHECK(opres_tree_root(size, trail_fetch, trail, &hash) && same(hash, named(vector_roots[size])));
	for (int i = 0; i < COUNT_OF(vector_inclusion); i++)
	{
		const VectorProof *v = &vector_inclusion[i];

		CHECK(opres_inclusion_proof(v->first, v->size, trail_fetch, trail, proof, &count));
		CHECK_INT(count, named_proof(v->proof, expected));
		CHECK(memcmp(proof, expected, count * sizeof(OpresHash)) == 0);
	}
	for (int i = 0; i < COUNT_OF(vector_consistency); i++)
	{
		const VectorProof *v = &vector_consistency[i];

		CHECK(opres_consistency_proof(v->first, v->size, trail_fetch, trail, proof, &count));
		CHECK_INT(count, named_proof(v->proof, expected));
		CHECK(memcmp(proof, expected, count * sizeof(OpresHash)) == 0);
	}
	trail_free(trail);
}

/*
 * Two answers are ours by definition. An empty tree is a beginning of every tree (their verifier refuses to say so). And the empty
 * text is no hash: filled up with zeros it is a leaf that is the root of its tree; who reads a hash from outside looks at its
 * length.
 */
static bool
ours_holds(const VectorProbe *p)
{
	return strcmp(p->name, "size1 is zero and size2 is not zero") == 0 || strcmp(p->name, "empty root and leaf") == 0;
}

static void
test_probes(void)
{
	OpresHash proof[OPRES_PROOF_MAX];
	int differ = 0;

	for (int i = 0; i < COUNT_OF(vector_inclusion_probes); i++)
	{
		const VectorProbe *p = &vector_inclusion_probes[i];
		int count = named_proof(p->proof, proof);
		bool holds = inclusion_holds(named(p->hash), p->first, p->size, proof, count, named(p->root));

		must(holds == (p->holds || ours_holds(p)), p->name, p->first, p->size);
		differ += holds != p->holds;
	}
	for (int i = 0; i < COUNT_OF(vector_consistency_probes); i++)
	{
		const VectorProbe *p = &vector_consistency_probes[i];
		int count = named_proof(p->proof, proof);
		bool holds = consistency_holds(p->first, p->size, proof, count, named(p->hash), named(p->root));

		must(holds == (p->holds || ours_holds(p)), p->name, p->first, p->size);
		differ += holds != p->holds;
	}
	CHECK_INT(differ, 2);
	CHECK_INT(COUNT_OF(vector_inclusion_probes) + COUNT_OF(vector_consistency_probes), 196);
}

/* A line for every leaf of a subtree. */
static void
print_subtree(FILE *out, Trail *trail, uint64_t begin, uint64_t end)
{
	OpresHash proof[OPRES_PROOF_MAX];
	int count = 0;

	trail->begin = begin;
	for (uint64_t leaf = begin; leaf < end; leaf++)
	{
		must(opres_inclusion_proof(leaf - begin, end - begin, trail_fetch, trail, proof, &count), "subtree proof", leaf, end);
		fprintf(out, "%d [%d, %d)", (int) leaf, (int) begin, (int) end);
		for (int i = 0; i < count; i++)
		{
			fprintf(out, " ");
			for (int byte = 0; byte < OPRES_HASH_BYTES; byte++)
				fprintf(out, "%02x", proof[i].bytes[byte]);
		}
		fprintf(out, "\n");
	}
}

/* Subtrees as the draft has them: they begin at a multiple of the smallest power of two that is not below their size. */
static void
print_all_subtrees(FILE *out, Trail *trail)
{
	for (uint64_t end = 1; end <= 130; end++)
		for (uint64_t begin = 0; begin < end; begin++)
		{
			uint64_t step = 1;

			while (step < end - begin)
				step *= 2;
			if (begin % step == 0)
				print_subtree(out, trail, begin, end);
		}
}

static void
test_all_inclusion_proofs(void)
{
	Trail *trail = calloc(1, sizeof(Trail));
	OpresFrontier frontier;
	OpresHash hash = { { 0 } };
	char *lines;
	size_t length;
	FILE *out = open_memstream(&lines, &length);

	opres_frontier_init(&frontier);
	for (int i = 0; i < 130; i++)
	{
		uint8_t data = (uint8_t) i;

		CHECK(opres_leaf_hash(&(OpresPart){ &data, 1 }, 1, &hash));
		trail_push(trail, &frontier, hash);
	}
	print_all_subtrees(out, trail);
	fclose(out);
	check_sha256_text(&(OpresPart){ lines, length }, 1, vector_all_inclusion_proofs);
	free(lines);
	trail_free(trail);
}

int
main(void)
{
	test_sha256();
	test_hash_vectors();
	test_tree_vectors();
	test_probes();
	test_all_inclusion_proofs();
	return check_done();
}
