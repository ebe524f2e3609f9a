/*
 * merkle.h - the Merkle tree of RFC 6962, section 2.1: roots, inclusion and consistency proofs, and their verification as in
 * RFC 9162, sections 2.1.3.2 and 2.1.4.2. Leaves are numbered from 0 here.
 *
 * Functions return false when a hash could not be had (libcrypto, fetch) or, where it is said, when a proof does not hold.
 */
#ifndef OPRES_MERKLE_H
#define OPRES_MERKLE_H

#include "sha256.h"

/* No tree is higher: sizes are below 2^63. */
#define OPRES_TREE_LEVELS 63
/* A consistency proof has a hash more than there are levels. */
#define OPRES_PROOF_MAX (OPRES_TREE_LEVELS + 1)

/* SHA-256(0x00 ‖ data), SHA-256(0x01 ‖ left ‖ right), SHA-256(""). */
bool opres_leaf_hash(const OpresPart *parts, int count, OpresHash *hash); /* at most 15 parts */
bool opres_node_hash(const OpresHash *left, const OpresHash *right, OpresHash *hash);
bool opres_empty_root(OpresHash *root);

/* The roots of the perfect subtrees that make up a tree, largest first: what is needed to extend it and to tell its root. */
typedef struct OpresFrontier
{
	uint64_t size; /* leaves */
	int count;     /* peaks = bits set in size */
	OpresHash peaks[OPRES_TREE_LEVELS];
} OpresFrontier;

void opres_frontier_init(OpresFrontier *frontier);
/* Adds a leaf. completed, if not NULL: gets the roots of the perfect subtrees of two leaves and more that end with it, smallest
 * first; their number is returned in *count (may be NULL only if completed is). */
bool opres_frontier_push(OpresFrontier *frontier, const OpresHash *leaf, OpresHash *completed, int *count);
bool opres_frontier_root(const OpresFrontier *frontier, OpresHash *root);

/* Gives the root of the perfect subtree over leaves [index * 2^level, (index + 1) * 2^level); level 0 is the leaf hash. */
typedef bool (*OpresSubtreeFetch)(void *ctx, int level, uint64_t index, OpresHash *hash);

bool opres_tree_root(uint64_t size, OpresSubtreeFetch fetch, void *ctx, OpresHash *root);
/* Fills a frontier for a tree of that size. */
bool opres_tree_frontier(uint64_t size, OpresSubtreeFetch fetch, void *ctx, OpresFrontier *frontier);
/* leaf < size. O(log size) fetches: the right edge is folded from peaks. */
bool opres_inclusion_proof(uint64_t leaf, uint64_t size, OpresSubtreeFetch fetch, void *ctx, OpresHash *proof, int *count);
/* old_size <= new_size. Empty for old_size = 0 and for equal sizes. */
bool opres_consistency_proof(uint64_t old_size, uint64_t new_size, OpresSubtreeFetch fetch, void *ctx, OpresHash *proof,
							 int *count);

/* True if the proof holds. An inclusion proof does not show the tree's size: a root belongs to a size by the checkpoint it stands
 * in. The empty tree, with its root and no hash, is a beginning of every tree. */
bool opres_inclusion_holds(const OpresHash *leaf, uint64_t index, uint64_t size, const OpresHash *proof, int count,
						   const OpresHash *root);
bool opres_consistency_holds(uint64_t old_size, uint64_t new_size, const OpresHash *proof, int count, const OpresHash *old_root,
							 const OpresHash *new_root);

#endif
