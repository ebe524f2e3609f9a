/*
 * merkle_twin.h - the Merkle tree once more, written from the recursive definitions of RFC 6962, section 2.1 (MTH, PATH, PROOF,
 * SUBPROOF), and verifiers that run these recursions backwards. Shares no code with merkle.c or sha256.c. For small trees.
 */
#ifndef OPRES_TEST_MERKLE_TWIN_H
#define OPRES_TEST_MERKLE_TWIN_H

#include <openssl/sha.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "merkle.h"

#define TWIN_LEAVES 256

/* Leaf i has two bytes of data, i in big-endian. Roots are kept once computed: the RFC's recursion asks for the same ones. */
static OpresHash twin_roots[TWIN_LEAVES + 1][TWIN_LEAVES + 1];
static bool twin_known[TWIN_LEAVES + 1][TWIN_LEAVES + 1];

static inline OpresHash
twin_leaf(uint64_t index)
{
	const uint8_t data[3] = { 0x00, (uint8_t) (index >> 8), (uint8_t) index };
	OpresHash hash;

	SHA256(data, sizeof(data), hash.bytes);
	return hash;
}

static inline OpresHash
twin_node(OpresHash left, OpresHash right)
{
	uint8_t data[65] = { 0x01 };
	OpresHash hash;

	memcpy(data + 1, left.bytes, 32);
	memcpy(data + 33, right.bytes, 32);
	SHA256(data, sizeof(data), hash.bytes);
	return hash;
}

/* The largest power of two smaller than n; n >= 2. */
static inline uint64_t
twin_split(uint64_t n)
{
	uint64_t k = 1;

	while (k < n - k)
		k += k;
	return k;
}

/* MTH(D[begin:begin + n]) */
static inline OpresHash
twin_mth(uint64_t begin, uint64_t n)
{
	OpresHash *root = &twin_roots[begin][n];

	if (twin_known[begin][n])
		return *root;
	if (n == 0)
		SHA256((const uint8_t *) "", 0, root->bytes);
	else if (n == 1)
		*root = twin_leaf(begin);
	else
		*root = twin_node(twin_mth(begin, twin_split(n)), twin_mth(begin + twin_split(n), n - twin_split(n)));
	twin_known[begin][n] = true;
	return *root;
}

/* PATH(m, D[begin:begin + n]); the number of hashes. */
static inline int
twin_path(uint64_t m, uint64_t begin, uint64_t n, OpresHash *proof)
{
	uint64_t k;
	int count;

	if (n == 1)
		return 0;
	k = twin_split(n);
	if (m < k)
	{
		count = twin_path(m, begin, k, proof);
		proof[count] = twin_mth(begin + k, n - k);
	}
	else
	{
		count = twin_path(m - k, begin + k, n - k, proof);
		proof[count] = twin_mth(begin, k);
	}
	return count + 1;
}

/* SUBPROOF(m, D[begin:begin + n], whole) */
static inline int
twin_subproof(uint64_t m, uint64_t begin, uint64_t n, bool whole, OpresHash *proof)
{
	uint64_t k;
	int count;

	if (m == n)
	{
		if (!whole)
			proof[0] = twin_mth(begin, n);
		return whole ? 0 : 1;
	}
	k = twin_split(n);
	if (m <= k)
	{
		count = twin_subproof(m, begin, k, whole, proof);
		proof[count] = twin_mth(begin + k, n - k);
	}
	else
	{
		count = twin_subproof(m - k, begin + k, n - k, false, proof);
		proof[count] = twin_mth(begin, k);
	}
	return count + 1;
}

/* PROOF(m, D[n]); the RFC has none for m = 0, our page says empty. */
static inline int
twin_proof(uint64_t m, uint64_t n, OpresHash *proof)
{
	return m == 0 ? 0 : twin_subproof(m, 0, n, true, proof);
}

/* Takes the last hash that is left; false if there is none. */
static inline bool
twin_take(const OpresHash *proof, int *left, OpresHash *hash)
{
	if (*left == 0)
		return false;
	*hash = proof[--*left];
	return true;
}

/* The root of a tree of n that PATH(m, D[n]) is a path in. */
static inline bool
twin_unpath(OpresHash leaf, uint64_t m, uint64_t n, const OpresHash *proof, int *left, OpresHash *root)
{
	OpresHash sibling, below;
	uint64_t k;

	if (n == 1)
	{
		*root = leaf;
		return true;
	}
	k = twin_split(n);
	if (!twin_take(proof, left, &sibling) ||
		!(m < k ? twin_unpath(leaf, m, k, proof, left, &below) : twin_unpath(leaf, m - k, n - k, proof, left, &below)))
		return false;
	*root = m < k ? twin_node(below, sibling) : twin_node(sibling, below);
	return true;
}

static inline bool
twin_inclusion_holds(OpresHash leaf, uint64_t m, uint64_t n, const OpresHash *proof, int count, OpresHash root)
{
	OpresHash found;
	int left = count;

	return m < n && n <= INT64_MAX && count >= 0 && twin_unpath(leaf, m, n, proof, &left, &found) && left == 0 &&
		   memcmp(&found, &root, 32) == 0;
}

/* The roots of both trees that SUBPROOF(m, D[n], whole) is a proof of. */
static inline bool
twin_unsubproof(OpresHash given, uint64_t m, uint64_t n, bool whole, const OpresHash *proof, int *left, OpresHash *old_root,
				OpresHash *new_root)
{
	OpresHash sibling;
	uint64_t k;

	if (m == n)
	{
		*old_root = given;
		if (!whole && !twin_take(proof, left, old_root))
			return false;
		*new_root = *old_root;
		return true;
	}
	k = twin_split(n);
	if (!twin_take(proof, left, &sibling))
		return false;
	if (m <= k)
	{
		if (!twin_unsubproof(given, m, k, whole, proof, left, old_root, new_root))
			return false;
		*new_root = twin_node(*new_root, sibling);
		return true;
	}
	if (!twin_unsubproof(given, m - k, n - k, false, proof, left, old_root, new_root))
		return false;
	*old_root = twin_node(sibling, *old_root);
	*new_root = twin_node(sibling, *new_root);
	return true;
}

static inline bool
twin_consistency_holds(uint64_t m, uint64_t n, const OpresHash *proof, int count, OpresHash old_root, OpresHash new_root)
{
	OpresHash empty = twin_mth(0, 0), old_found, new_found;
	int left = count;

	if (m > n || n > INT64_MAX || count < 0)
		return false;
	if (m == 0)
		return count == 0 && memcmp(&old_root, &empty, 32) == 0 && (n > 0 || memcmp(&new_root, &empty, 32) == 0);
	return twin_unsubproof(old_root, m, n, true, proof, &left, &old_found, &new_found) && left == 0 &&
		   memcmp(&old_found, &old_root, 32) == 0 && memcmp(&new_found, &new_root, 32) == 0;
}

#endif
