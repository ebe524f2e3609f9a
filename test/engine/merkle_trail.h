/*
 * merkle_trail.h - what the tests of the tree share: a trail in memory as audit-format.md keeps it, and proofs handed over in
 * blocks of their exact size, so that AddressSanitizer sees a hash too many.
 */
#ifndef OPRES_TEST_MERKLE_TRAIL_H
#define OPRES_TEST_MERKLE_TRAIL_H

#include "check.h"
#include "merkle.h"

#include <stdlib.h>

#define COUNT_OF(array) ((int) (sizeof(array) / sizeof(array[0])))
#define TRAIL_LEAVES 256

static inline void
must(bool holds, const char *what, uint64_t first, uint64_t size)
{
	if (holds)
		check_passed++;
	else
	{
		check_failed++;
		printf("%s: not so for %llu in %llu\n", what, (unsigned long long) first, (unsigned long long) size);
	}
}

static inline bool
same(OpresHash a, OpresHash b)
{
	return memcmp(a.bytes, b.bytes, OPRES_HASH_BYTES) == 0;
}

/* ---- proofs in blocks of their exact size ---- */

static inline OpresHash *
block(const OpresHash *hashes, int count)
{
	OpresHash *copy = malloc(count * sizeof(OpresHash));

	if (count > 0)
		memcpy(copy, hashes, count * sizeof(OpresHash));
	return copy;
}

static inline bool
inclusion_holds(OpresHash leaf, uint64_t index, uint64_t size, const OpresHash *proof, int count, OpresHash root)
{
	OpresHash *copy = block(proof, count);
	bool holds = opres_inclusion_holds(&leaf, index, size, copy, count, &root);

	free(copy);
	return holds;
}

static inline bool
consistency_holds(uint64_t old_size, uint64_t new_size, const OpresHash *proof, int count, OpresHash old_root, OpresHash new_root)
{
	OpresHash *copy = block(proof, count);
	bool holds = opres_consistency_holds(old_size, new_size, copy, count, &old_root, &new_root);

	free(copy);
	return holds;
}

/* ---- the trail's rows as audit-format.md keeps them: a leaf, and the roots of the perfect subtrees that end with it ---- */

typedef struct Row
{
	OpresHash leaf;
	OpresHash *subtrees;
	int count;
} Row;

typedef struct Trail
{
	Row rows[TRAIL_LEAVES];
	int size;
	uint64_t begin; /* questions are about the leaves from here on */
	int fetches;
	int fail_at; /* the fetch with this number fails, from 1 */
} Trail;

static inline void
trail_push(Trail *trail, OpresFrontier *frontier, OpresHash leaf)
{
	Row *row = &trail->rows[trail->size++];
	int room = __builtin_ctz(trail->size);

	row->leaf = leaf;
	row->subtrees = malloc(room * sizeof(OpresHash));
	row->count = -1;
	CHECK(opres_frontier_push(frontier, &leaf, row->subtrees, &row->count));
	CHECK_INT(row->count, room);
}

static inline void
trail_free(Trail *trail)
{
	for (int i = 0; i < trail->size; i++)
		free(trail->rows[i].subtrees);
	free(trail);
}

static inline bool
trail_fetch(void *ctx, int level, uint64_t index, OpresHash *hash)
{
	Trail *trail = ctx;
	uint64_t entry = ((trail->begin >> level) + index + 1) << level;
	const Row *row;

	if (++trail->fetches == trail->fail_at)
		return false;
	if (entry > (uint64_t) trail->size)
		return false;
	row = &trail->rows[entry - 1];
	if (level > row->count)
		return false;
	*hash = level == 0 ? row->leaf : row->subtrees[level - 1];
	return true;
}

#endif
