/*
 * merkle.c - the Merkle tree of RFC 6962.
 *
 * Proofs are made by walking down as the RFC's recursion does: at every step a range of leaves is split at the largest power of two
 * below its size, and the half that is left behind goes into the proof. Such a range begins at a multiple of a power of two no
 * smaller than itself, so its root is folded from the perfect subtrees ("peaks") that make it up, which are what `fetch` gives.
 * Only the last range of the tree is not perfect, and it is left behind at most once: a proof costs O(log size) fetches.
 *
 * Nothing here allocates: a tree has at most OPRES_TREE_LEVELS peaks, a proof at most OPRES_PROOF_MAX hashes.
 */
#include "merkle.h"

#include <string.h>

#define LEAF_PARTS_MAX 15
#define SIZE_LIMIT (UINT64_C(1) << OPRES_TREE_LEVELS)

/* Leaves [begin, begin + size). */
typedef struct Range
{
	uint64_t begin;
	uint64_t size;
} Range;

bool
opres_leaf_hash(const OpresPart *parts, int count, OpresHash *hash)
{
	static const uint8_t prefix = 0x00;
	OpresPart all[1 + LEAF_PARTS_MAX];

	if (count < 0 || count > LEAF_PARTS_MAX)
		return false;
	all[0] = (OpresPart){ &prefix, sizeof(prefix) };
	for (int i = 0; i < count; i++)
		all[1 + i] = parts[i];
	return opres_sha256(all, 1 + count, hash);
}

bool
opres_node_hash(const OpresHash *left, const OpresHash *right, OpresHash *hash)
{
	/* In one piece: three short updates of the digest cost more than the copy. */
	uint8_t bytes[1 + 2 * OPRES_HASH_BYTES];
	OpresPart part = { bytes, sizeof(bytes) };

	bytes[0] = 0x01;
	memcpy(bytes + 1, left->bytes, OPRES_HASH_BYTES);
	memcpy(bytes + 1 + OPRES_HASH_BYTES, right->bytes, OPRES_HASH_BYTES);
	return opres_sha256(&part, 1, hash);
}

bool
opres_empty_root(OpresHash *root)
{
	return opres_sha256(NULL, 0, root);
}

void
opres_frontier_init(OpresFrontier *frontier)
{
	frontier->size = 0;
	frontier->count = 0;
}

bool
opres_frontier_push(OpresFrontier *frontier, const OpresHash *leaf, OpresHash *completed, int *count)
{
	OpresHash hash = *leaf;
	int peaks = frontier->count;
	int found = 0;

	if (frontier->size >= SIZE_LIMIT - 1)
		return false;
	/* As a carry in binary addition: every peak that a 1 at the end of the size stands for is merged. */
	for (uint64_t rest = frontier->size; rest & 1; rest >>= 1)
	{
		if (!opres_node_hash(&frontier->peaks[--peaks], &hash, &hash))
			return false;
		if (completed != NULL)
			completed[found] = hash;
		found++;
	}
	frontier->peaks[peaks] = hash;
	frontier->count = peaks + 1;
	frontier->size++;
	if (count != NULL)
		*count = found;
	return true;
}

bool
opres_frontier_root(const OpresFrontier *frontier, OpresHash *root)
{
	if (frontier->count == 0)
		return opres_empty_root(root);
	*root = frontier->peaks[frontier->count - 1];
	for (int i = frontier->count - 2; i >= 0; i--)
		if (!opres_node_hash(&frontier->peaks[i], root, root))
			return false;
	return true;
}

/* The peaks of a range, as the frontier of a tree that has these leaves only. */
static bool
range_frontier(Range range, OpresSubtreeFetch fetch, void *ctx, OpresFrontier *frontier)
{
	uint64_t at = range.begin;

	opres_frontier_init(frontier);
	for (int level = OPRES_TREE_LEVELS - 1; level >= 0; level--)
	{
		uint64_t leaves = UINT64_C(1) << level;

		if (!(range.size & leaves))
			continue;
		if (!fetch(ctx, level, at >> level, &frontier->peaks[frontier->count]))
			return false;
		frontier->count++;
		at += leaves;
	}
	frontier->size = range.size;
	return true;
}

static bool
range_root(Range range, OpresSubtreeFetch fetch, void *ctx, OpresHash *root)
{
	OpresFrontier frontier;

	return range_frontier(range, fetch, ctx, &frontier) && opres_frontier_root(&frontier, root);
}

bool
opres_tree_frontier(uint64_t size, OpresSubtreeFetch fetch, void *ctx, OpresFrontier *frontier)
{
	return size < SIZE_LIMIT && range_frontier((Range){ 0, size }, fetch, ctx, frontier);
}

bool
opres_tree_root(uint64_t size, OpresSubtreeFetch fetch, void *ctx, OpresHash *root)
{
	return size < SIZE_LIMIT && range_root((Range){ 0, size }, fetch, ctx, root);
}

/* The largest power of two below size; size >= 2. */
static uint64_t
split(uint64_t size)
{
	return UINT64_C(1) << (63 - __builtin_clzll(size - 1));
}

/* Goes on in one half of the range and gives the other half's root. */
static bool
descend(Range *range, bool right, OpresSubtreeFetch fetch, void *ctx, OpresHash *other)
{
	uint64_t k = split(range->size);
	Range left_half = { range->begin, k };
	Range right_half = { range->begin + k, range->size - k };

	*range = right ? right_half : left_half;
	return range_root(right ? left_half : right_half, fetch, ctx, other);
}

/* Found from the root down, wanted from the leaf up. */
static void
reverse(OpresHash *proof, int count)
{
	for (int i = 0, j = count - 1; i < j; i++, j--)
	{
		OpresHash hash = proof[i];

		proof[i] = proof[j];
		proof[j] = hash;
	}
}

bool
opres_inclusion_proof(uint64_t leaf, uint64_t size, OpresSubtreeFetch fetch, void *ctx, OpresHash *proof, int *count)
{
	Range range = { 0, size };
	int found = 0;

	if (size >= SIZE_LIMIT || leaf >= size)
		return false;
	while (range.size > 1)
	{
		bool right = leaf - range.begin >= split(range.size);

		if (!descend(&range, right, fetch, ctx, &proof[found++]))
			return false;
	}
	reverse(proof, found);
	*count = found;
	return true;
}

bool
opres_consistency_proof(uint64_t old_size, uint64_t new_size, OpresSubtreeFetch fetch, void *ctx, OpresHash *proof, int *count)
{
	Range range = { 0, new_size };
	int found = 0;

	if (new_size >= SIZE_LIMIT || old_size > new_size)
		return false;
	*count = 0;
	if (old_size == 0)
		return true;
	while (old_size - range.begin != range.size)
	{
		bool right = old_size - range.begin > split(range.size);

		if (!descend(&range, right, fetch, ctx, &proof[found++]))
			return false;
	}
	/* A range at the beginning is the old tree itself, whose root the verifier has. */
	if (range.begin > 0 && !range_root(range, fetch, ctx, &proof[found++]))
		return false;
	reverse(proof, found);
	*count = found;
	return true;
}

/* A node's index at its level, and the index of the last node there. */
typedef struct Place
{
	uint64_t node;
	uint64_t last;
} Place;

static void
up(Place *place)
{
	place->node >>= 1;
	place->last >>= 1;
}

/*
 * Whether the next hash of a proof is the left sibling. If so, goes past the levels where the node has no sibling, being the last:
 * there it is carried up unchanged. Then up one more.
 */
static bool
left_sibling(Place *place)
{
	bool left = (place->node & 1) || place->node == place->last;

	if (left)
		while (!(place->node & 1) && place->node != 0)
			up(place);
	up(place);
	return left;
}

bool
opres_inclusion_holds(const OpresHash *leaf, uint64_t index, uint64_t size, const OpresHash *proof, int count,
					  const OpresHash *root)
{
	Place place = { index, size - 1 };
	OpresHash hash = *leaf;

	if (size >= SIZE_LIMIT || index >= size || count < 0)
		return false;
	for (int i = 0; i < count; i++)
	{
		bool hashed;

		if (place.last == 0)
			return false;
		hashed = left_sibling(&place) ? opres_node_hash(&proof[i], &hash, &hash) : opres_node_hash(&hash, &proof[i], &hash);
		if (!hashed)
			return false;
	}
	return place.last == 0 && opres_hash_equal(&hash, root);
}

/* The old root and the new one as a proof tells them; 0 < old_size < new_size. False if the proof has not the form it must have. */
static bool
roots_from_proof(uint64_t old_size, uint64_t new_size, const OpresHash *proof, int count, OpresHash *old_root, OpresHash *new_root)
{
	Place place = { old_size - 1, new_size - 1 };

	while (place.node & 1)
		up(&place);
	for (int i = 0; i < count; i++)
	{
		if (place.last == 0)
			return false;
		if (left_sibling(&place))
		{
			if (!opres_node_hash(&proof[i], old_root, old_root) || !opres_node_hash(&proof[i], new_root, new_root))
				return false;
		}
		else if (!opres_node_hash(new_root, &proof[i], new_root))
			return false;
	}
	return place.last == 0;
}

bool
opres_consistency_holds(uint64_t old_size, uint64_t new_size, const OpresHash *proof, int count, const OpresHash *old_root,
						const OpresHash *new_root)
{
	OpresHash old_found, new_found, empty;

	if (new_size >= SIZE_LIMIT || old_size > new_size || count < 0)
		return false;
	if (old_size == 0 && !(opres_empty_root(&empty) && opres_hash_equal(old_root, &empty)))
		return false;
	if (old_size == new_size)
		return count == 0 && opres_hash_equal(old_root, new_root);
	if (old_size == 0)
		return count == 0;

	/* A perfect old tree is a node of the new one: its root is where the proof begins. Else the proof's first hash is. */
	if ((old_size & (old_size - 1)) == 0)
		old_found = *old_root;
	else if (count == 0)
		return false;
	else
	{
		old_found = proof[0];
		proof++;
		count--;
	}
	new_found = old_found;
	return roots_from_proof(old_size, new_size, proof, count, &old_found, &new_found) && opres_hash_equal(&old_found, old_root) &&
		   opres_hash_equal(&new_found, new_root);
}
