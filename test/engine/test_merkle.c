/*
 * test_merkle.c - the Merkle tree against its twin (merkle_twin.h): every proof of every small tree and random changes of them, the
 * subtrees that the trail's rows keep, trees of nearly 2^63 leaves, and what must be refused.
 */
#include "merkle_trail.h"
#include "merkle_twin.h"
#include "random.h"

#include <limits.h>

#define SIZE_LIMIT (UINT64_C(1) << 63)
#define LEAVES 200
#define MUTATIONS 6 /* of every proof */

static Trail *
twin_trail(int size)
{
	Trail *trail = calloc(1, sizeof(Trail));
	OpresFrontier frontier;

	opres_frontier_init(&frontier);
	for (int i = 0; i < size; i++)
		trail_push(trail, &frontier, twin_leaf(i));
	return trail;
}

/* ---- small trees: the twin's roots, proofs and rows ---- */

static void
test_rows(void)
{
	Trail *trail = twin_trail(TWIN_LEAVES);
	OpresHash hash;

	for (int level = 0; level <= 8; level++)
		for (int index = 0; index < TWIN_LEAVES >> level; index++)
			must(trail_fetch(trail, level, index, &hash) && same(hash, twin_mth(index << level, 1 << level)), "stored subtree",
				 index << level, 1 << level);
	trail_free(trail);
}

static void
test_frontier(void)
{
	Trail *trail = twin_trail(TWIN_LEAVES);
	OpresFrontier pushed, fetched;
	OpresHash root, leaf;
	int count;

	opres_frontier_init(&pushed);
	for (int size = 0;; size++)
	{
		trail->size = size; /* nothing beyond the tree may be asked for */
		must(pushed.size == (uint64_t) size && pushed.count == __builtin_popcount(size), "frontier", 0, size);
		must(opres_frontier_root(&pushed, &root) && same(root, twin_mth(0, size)), "frontier root", 0, size);
		must(opres_tree_root(size, trail_fetch, trail, &root) && same(root, twin_mth(0, size)), "tree root", 0, size);
		must(opres_tree_frontier(size, trail_fetch, trail, &fetched) && fetched.size == pushed.size &&
				 fetched.count == pushed.count && memcmp(fetched.peaks, pushed.peaks, pushed.count * sizeof(OpresHash)) == 0,
			 "frontier of stored subtrees", 0, size);
		if (size == TWIN_LEAVES)
			break;
		leaf = twin_leaf(size);
		count = -1;
		must(opres_frontier_push(&pushed, &leaf, NULL, size % 2 ? NULL : &count) && count == (size % 2 ? -1 : 0), "push", 0, size);
	}
	trail->size = TWIN_LEAVES;
	trail_free(trail);
}

static int
height(uint64_t size)
{
	int levels = 0;

	while ((UINT64_C(1) << levels) < size)
		levels++;
	return levels;
}

/* What a proof is made of, to ask for it again with another fetch failing. */
typedef bool (*Prover)(uint64_t first, uint64_t size, OpresSubtreeFetch fetch, void *ctx, OpresHash *proof, int *count);

static void
check_proof(Prover prove, const char *what, uint64_t first, uint64_t size, Trail *trail, const OpresHash *expected, int count)
{
	OpresHash *proof = malloc(count * sizeof(OpresHash));
	int got = -1, fetches;

	trail->size = (int) size;
	trail->fetches = trail->fail_at = 0;
	must(prove(first, size, trail_fetch, trail, proof, &got) && got == count &&
			 memcmp(proof, expected, count * sizeof(OpresHash)) == 0,
		 what, first, size);
	fetches = trail->fetches;
	must(fetches <= 2 * height(size), "few fetches", first, size);
	if (fetches > 0)
	{
		trail->fetches = 0;
		trail->fail_at = 1 + random_below(fetches);
		must(!prove(first, size, trail_fetch, trail, proof, &got), "a fetch that fails", first, size);
	}
	trail->fail_at = 0;
	free(proof);
}

/* ---- changed proofs ---- */

/* A claim to verify. first: leaf index or old size; start: leaf or old root. */
typedef struct Claim
{
	uint64_t first;
	uint64_t size;
	OpresHash start;
	OpresHash root;
	OpresHash proof[OPRES_PROOF_MAX + 1];
	int count;
} Claim;

typedef bool (*Verifier)(const Claim *claim);

static bool
engine_inclusion(const Claim *c)
{
	return inclusion_holds(c->start, c->first, c->size, c->proof, c->count, c->root);
}

static bool
engine_consistency(const Claim *c)
{
	return consistency_holds(c->first, c->size, c->proof, c->count, c->start, c->root);
}

static bool
twin_inclusion(const Claim *c)
{
	return twin_inclusion_holds(c->start, c->first, c->size, c->proof, c->count, c->root);
}

static bool
twin_consistency(const Claim *c)
{
	return twin_consistency_holds(c->first, c->size, c->proof, c->count, c->start, c->root);
}

static bool
flip(OpresHash *hash)
{
	hash->bytes[random_below(OPRES_HASH_BYTES)] ^= (uint8_t) (1 << random_below(8));
	return true;
}

static bool
drop(Claim *c, int at)
{
	memmove(c->proof + at, c->proof + at + 1, (c->count - at - 1) * sizeof(OpresHash));
	c->count--;
	return true;
}

static void
insert(Claim *c, int at)
{
	const OpresHash hashes[] = { c->start, c->root, twin_leaf(random_below(9)), c->proof[at > 0 ? at - 1 : 0] };

	memmove(c->proof + at + 1, c->proof + at, (c->count - at) * sizeof(OpresHash));
	c->proof[at] = hashes[random_below(at > 0 ? 4 : 3)];
	c->count++;
}

static uint64_t
any_number(uint64_t number)
{
	switch (random_below(7))
	{
		case 0:
			return number + 1;
		case 1:
			return number - 1;
		case 2:
			return number ^ UINT64_C(1) << random_below(64);
		case 3:
			return SIZE_LIMIT - 2 + random_below(4);
		case 4:
			return UINT64_MAX - random_below(2);
		case 5:
			return number ^ random_below(256);
		default:
			return 2 * number;
	}
}

static uint64_t
other_number(uint64_t number)
{
	uint64_t other;

	do
		other = any_number(number);
	while (other == number);
	return other;
}

/* False if they are the same: nothing would be changed. */
static bool
swap(OpresHash *a, OpresHash *b)
{
	OpresHash hash = *a;

	*a = *b;
	*b = hash;
	return !same(*a, *b);
}

/* Changes the hashes of the proof; false if there is nothing to change. */
static bool
mutate_proof(Claim *c)
{
	int at = c->count > 0 ? random_below(c->count) : 0;

	switch (random_below(4))
	{
		case 0:
			insert(c, random_below(c->count + 1));
			return true;
		case 1:
			return c->count > 0 && drop(c, at);
		case 2:
			return c->count > 0 && swap(&c->proof[at], &c->proof[random_below(c->count)]);
		default:
			return c->count > 0 && flip(&c->proof[at]);
	}
}

/* Changes a claim so that it isn't the same as before. */
static void
mutate(Claim *c)
{
	bool changed = true;

	switch (random_below(9))
	{
		case 0:
			c->first = other_number(c->first);
			break;
		case 8: /* the same proof in a lower tree, where it has hashes too many */
			c->size = 1 + random_below(4) + (c->size <= 4 ? 4 : 0);
			c->first = c->size - 1;
			break;
		case 1:
			c->size = other_number(c->size);
			break;
		case 2:
			changed = flip(&c->start);
			break;
		case 3:
			changed = swap(&c->start, &c->root);
			break;
		default:
			changed = mutate_proof(c);
	}
	if (!changed)
		flip(&c->root);
}

/*
 * The claim holds. Changed, it does not as long as the size is the true one. A root without its size does not tell the size, so
 * with another size the twin decides: leaf 0's path in a tree of 3 has the form of a path in a tree of 4.
 */
static void
check_claim(const Claim *claim, Verifier engine, Verifier twin, const char *what)
{
	bool good = true;

	must(engine(claim), what, claim->first, claim->size);
	for (int i = 0; i < MUTATIONS && good; i++)
	{
		Claim changed = *claim;
		bool holds;

		mutate(&changed);
		holds = engine(&changed);
		good = holds == twin(&changed) && !(holds && changed.size == claim->size);
		if (!good)
			printf("%s: changed to %llu in %llu, %d hashes\n", what, (unsigned long long) changed.first,
				   (unsigned long long) changed.size, changed.count);
	}
	must(good, "changed proofs", claim->first, claim->size);
}

static void
test_inclusion(Trail *trail)
{
	Claim claim = { .count = 0 };

	for (claim.size = 1; claim.size <= LEAVES; claim.size++)
		for (claim.first = 0; claim.first < claim.size; claim.first++)
		{
			claim.count = twin_path(claim.first, 0, claim.size, claim.proof);
			check_proof(opres_inclusion_proof, "inclusion proof", claim.first, claim.size, trail, claim.proof, claim.count);
			claim.start = twin_leaf(claim.first);
			claim.root = twin_mth(0, claim.size);
			check_claim(&claim, engine_inclusion, twin_inclusion, "inclusion");
		}
}

static void
test_consistency(Trail *trail)
{
	Claim claim = { .count = 0 };

	for (claim.size = 0; claim.size <= LEAVES; claim.size++)
		for (claim.first = 0; claim.first <= claim.size; claim.first++)
		{
			claim.count = twin_proof(claim.first, claim.size, claim.proof);
			check_proof(opres_consistency_proof, "consistency proof", claim.first, claim.size, trail, claim.proof, claim.count);
			claim.start = twin_mth(0, claim.first);
			claim.root = twin_mth(0, claim.size);
			/* Of an empty tree anything is a continuation: there is nothing to change in the new root. */
			if (claim.first > 0 || claim.size == 0)
				check_claim(&claim, engine_consistency, twin_consistency, "consistency");
			else
				must(engine_consistency(&claim), "consistency with the empty tree", claim.first, claim.size);
		}
}

/* ---- huge trees: all leaves the same but one ---- */

typedef struct Huge
{
	uint64_t special;
	OpresHash plain[OPRES_TREE_LEVELS]; /* perfect subtrees of equal leaves, by level */
} Huge;

static OpresHash
huge_perfect(const Huge *huge, int level, uint64_t index)
{
	OpresHash left, right;

	if (huge->special >> level != index)
		return huge->plain[level];
	if (level == 0)
		return twin_leaf(1);
	left = huge_perfect(huge, level - 1, 2 * index);
	right = huge_perfect(huge, level - 1, 2 * index + 1);
	return twin_node(left, right);
}

static bool
huge_fetch(void *ctx, int level, uint64_t index, OpresHash *hash)
{
	*hash = huge_perfect(ctx, level, index);
	return true;
}

static OpresHash
huge_mth(const Huge *huge, uint64_t begin, uint64_t size)
{
	uint64_t k;

	if ((size & (size - 1)) == 0)
		return huge_perfect(huge, __builtin_ctzll(size), begin / size);
	k = twin_split(size);
	return twin_node(huge_mth(huge, begin, k), huge_mth(huge, begin + k, size - k));
}

static void
init_huge(Huge *huge, uint64_t special)
{
	huge->special = special;
	huge->plain[0] = twin_leaf(0);
	for (int level = 1; level < OPRES_TREE_LEVELS; level++)
		huge->plain[level] = twin_node(huge->plain[level - 1], huge->plain[level - 1]);
}

static void
check_huge_inclusion(uint64_t leaf, uint64_t size)
{
	Huge huge;
	Claim claim = { .first = leaf, .size = size, .start = twin_leaf(1) };

	init_huge(&huge, leaf);
	claim.root = huge_mth(&huge, 0, size);
	must(opres_inclusion_proof(leaf, size, huge_fetch, &huge, claim.proof, &claim.count), "huge inclusion proof", leaf, size);
	must(twin_inclusion(&claim), "huge inclusion for the twin", leaf, size);
	check_claim(&claim, engine_inclusion, twin_inclusion, "huge inclusion");
}

static void
check_huge_consistency(uint64_t old_size, uint64_t new_size)
{
	Huge huge;
	Claim claim = { .first = old_size, .size = new_size };

	init_huge(&huge, old_size - 1);
	claim.start = huge_mth(&huge, 0, old_size);
	claim.root = huge_mth(&huge, 0, new_size);
	must(opres_consistency_proof(old_size, new_size, huge_fetch, &huge, claim.proof, &claim.count), "huge consistency proof",
		 old_size, new_size);
	must(twin_consistency(&claim), "huge consistency for the twin", old_size, new_size);
	check_claim(&claim, engine_consistency, twin_consistency, "huge consistency");
}

static void
test_huge(void)
{
	const uint64_t sizes[] = { SIZE_LIMIT - 1,     SIZE_LIMIT - 2,          SIZE_LIMIT / 2 + 1,           SIZE_LIMIT / 2,
							   SIZE_LIMIT / 2 - 1, (UINT64_C(1) << 32) + 1, UINT64_C(0x5555555555555555), 0 };

	for (int i = 0; i < COUNT_OF(sizes); i++)
		for (int round = 0; round < 4; round++)
		{
			uint64_t size = sizes[i] != 0 ? sizes[i] : 2 + (random_bits() >> (2 + random_below(50)));
			const uint64_t leaves[] = { 0, 1, size / 2, size - 1, random_bits() % size, UINT64_C(1) << random_below(height(size)) };
			Huge huge;
			OpresHash root;

			for (int j = 0; j < COUNT_OF(leaves); j++)
			{
				check_huge_inclusion(leaves[j] % size, size);
				check_huge_consistency(1 + leaves[j] % size, size);
			}
			init_huge(&huge, random_bits() % size);
			must(opres_tree_root(size, huge_fetch, &huge, &root) && same(root, huge_mth(&huge, 0, size)), "huge root", 0, size);
		}
}

/* ---- what is refused ---- */

static void
test_largest_tree(void)
{
	Huge huge;
	OpresFrontier frontier, before;
	OpresHash root, leaf = twin_leaf(0);
	int count = -1;

	init_huge(&huge, 12345);
	CHECK(opres_tree_frontier(SIZE_LIMIT - 2, huge_fetch, &huge, &frontier));
	CHECK_INT(frontier.count, 62);
	CHECK(opres_frontier_push(&frontier, &leaf, NULL, &count));
	CHECK_INT(frontier.count, OPRES_TREE_LEVELS);
	CHECK(opres_frontier_root(&frontier, &root) && same(root, huge_mth(&huge, 0, SIZE_LIMIT - 1)));
	before = frontier;
	CHECK(!opres_frontier_push(&frontier, &leaf, NULL, &count));
	CHECK(frontier.size == before.size && frontier.count == before.count &&
		  memcmp(frontier.peaks, before.peaks, sizeof(before.peaks)) == 0);
	/* The longest merge: 2^62 - 1 leaves and one more. */
	CHECK(opres_tree_frontier(SIZE_LIMIT / 2 - 1, huge_fetch, &huge, &frontier));
	CHECK(opres_frontier_push(&frontier, &leaf, NULL, &count));
	CHECK_INT(count, 62);
	CHECK(frontier.count == 1 && same(frontier.peaks[0], huge_perfect(&huge, 62, 0)));
}

static void
test_refused_sizes(Trail *trail)
{
	const uint64_t beyond[] = { SIZE_LIMIT, SIZE_LIMIT + 1, UINT64_MAX };
	OpresHash hash = twin_leaf(0), proof[OPRES_PROOF_MAX];
	OpresFrontier frontier;
	int count;

	trail->size = LEAVES;
	for (int i = 0; i < COUNT_OF(beyond); i++)
	{
		trail->fetches = 0;
		CHECK(!opres_tree_root(beyond[i], trail_fetch, trail, &hash));
		CHECK(!opres_tree_frontier(beyond[i], trail_fetch, trail, &frontier));
		CHECK(!opres_inclusion_proof(0, beyond[i], trail_fetch, trail, proof, &count));
		CHECK(!opres_inclusion_proof(beyond[i], LEAVES, trail_fetch, trail, proof, &count));
		CHECK(!opres_consistency_proof(1, beyond[i], trail_fetch, trail, proof, &count));
		CHECK(!opres_consistency_proof(beyond[i], beyond[i], trail_fetch, trail, proof, &count));
		CHECK(!opres_consistency_proof(beyond[i], LEAVES, trail_fetch, trail, proof, &count));
		CHECK_INT(trail->fetches, 0);
		CHECK(!inclusion_holds(hash, 0, beyond[i], NULL, 0, hash));
		CHECK(!inclusion_holds(hash, beyond[i] - 1, beyond[i], NULL, 0, hash));
		CHECK(!consistency_holds(beyond[i], beyond[i], NULL, 0, hash, hash));
	}
	CHECK(!opres_inclusion_proof(0, 0, trail_fetch, trail, proof, &count));
	CHECK(!opres_inclusion_proof(5, 5, trail_fetch, trail, proof, &count));
	CHECK(!opres_consistency_proof(6, 5, trail_fetch, trail, proof, &count));
	CHECK(!inclusion_holds(hash, 0, 0, NULL, 0, hash));
	CHECK(!inclusion_holds(twin_mth(0, 0), 0, 0, NULL, 0, twin_mth(0, 0)));
	CHECK(inclusion_holds(hash, 0, 1, NULL, 0, hash));
	CHECK(!consistency_holds(0, 0, NULL, 0, hash, hash));
	CHECK(!consistency_holds(0, 1, NULL, 0, hash, hash));
	CHECK(!consistency_holds(0, 1, &hash, 1, twin_mth(0, 0), hash));
}

/* A count that cannot be is refused, and no hash read beyond those there can be. */
static void
test_refused_counts(void)
{
	const int counts[] = { -1, INT_MIN, INT_MAX, OPRES_PROOF_MAX + 1 };
	OpresHash hashes[2], old_root = twin_mth(0, 2), root = twin_mth(0, 3), leaf = twin_leaf(0);
	OpresHash *proof;

	twin_path(0, 0, 3, hashes);
	proof = block(hashes, 2);
	CHECK(opres_inclusion_holds(&leaf, 0, 3, proof, 2, &root));
	for (int i = 0; i < COUNT_OF(counts); i++)
		CHECK(!opres_inclusion_holds(&leaf, 0, 3, proof, counts[i], &root));
	free(proof);
	twin_proof(2, 3, hashes);
	proof = block(hashes, 1);
	CHECK(opres_consistency_holds(2, 3, proof, 1, &old_root, &root));
	for (int i = 0; i < COUNT_OF(counts); i++)
		CHECK(!opres_consistency_holds(2, 3, proof, counts[i], &old_root, &root));
	free(proof);
	proof = block(NULL, 0);
	CHECK(!opres_inclusion_holds(&leaf, 0, 1, proof, -1, &leaf));
	CHECK(!opres_consistency_holds(3, 5, proof, -1, &old_root, &root));
	free(proof);
}

int
main(void)
{
	Trail *trail = twin_trail(LEAVES);

	random_seed(6962);
	test_rows();
	test_frontier();
	test_inclusion(trail);
	test_consistency(trail);
	test_huge();
	test_largest_tree();
	test_refused_sizes(trail);
	test_refused_counts();
	trail->size = LEAVES;
	trail_free(trail);
	return check_done();
}
