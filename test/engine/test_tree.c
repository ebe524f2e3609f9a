/*
 * test_tree.c - the verifier's tree over leaves in any order, against the frontier that takes them in order; and its timestamps.
 */
#include "check.h"
#include "random.h"
#include "row.h"
#include "tree.h"

#include <string.h>

#define MOST 300

static OpresHash leaves[MOST + 1]; /* of entry n */
static OpresHash roots[MOST + 1];  /* of size n */

static void
make_leaves(void)
{
	OpresFrontier frontier;

	opres_frontier_init(&frontier);
	CHECK(opres_frontier_root(&frontier, &roots[0]));
	for (int i = 1; i <= MOST; i++)
	{
		for (int j = 0; j < OPRES_HASH_BYTES; j += 8)
		{
			uint64_t bits = random_bits();

			memcpy(leaves[i].bytes + j, &bits, sizeof bits);
		}
		CHECK(opres_frontier_push(&frontier, &leaves[i], NULL, NULL) && opres_frontier_root(&frontier, &roots[i]));
	}
}

/* What the tree called back for. */
typedef struct Told
{
	int unlinked;
	int64_t number;
	int gaps;
	int64_t first[MOST], last[MOST];
} Told;

static void
unlinked(void *ctx, int64_t number)
{
	Told *told = ctx;

	told->unlinked++;
	told->number = number;
}

static void
gap(void *ctx, int64_t first, int64_t last)
{
	Told *told = ctx;

	if (told->gaps < MOST)
	{
		told->first[told->gaps] = first;
		told->last[told->gaps] = last;
	}
	told->gaps++;
}

static OpresTreeAdd
add(OpresTree *tree, int number)
{
	OpresLink previous = { number > 1, leaves[number - 1] }, stored = { true, leaves[number] };

	return opres_tree_add(tree, number, &leaves[number], &previous, &stored);
}

static void
shuffle(int *numbers, int count, int swaps)
{
	for (int i = 0; i < count; i++)
		numbers[i] = i + 1;
	for (int i = 0; i < swaps; i++)
	{
		int a = random_below(count), b = random_below(count), kept = numbers[a];

		numbers[a] = numbers[b];
		numbers[b] = kept;
	}
}

static void
check_roots(OpresTree *tree, int count, const bool *wanted)
{
	OpresHash root;
	bool all = true;

	for (int size = 0; size <= count; size++)
		if (wanted[size] || size == count || size == 0)
			all = all && opres_tree_root_of(tree, (uint64_t) size, &root) == OPRES_ROOT_KNOWN &&
				  opres_hash_equal(&root, &roots[size]);
	CHECK(all);
	CHECK_INT(opres_tree_root_of(tree, (uint64_t) count + 1, &root), OPRES_ROOT_BEYOND);
}

/* All orders give the roots that the order of the numbers gives, of all sizes that were wanted before. */
static void
test_order(int count, int swaps)
{
	Told told = { 0 };
	OpresTree *tree = opres_tree_new(unlinked, &told);
	int numbers[MOST];
	bool wanted[MOST + 1];

	for (int size = 0; size <= MOST; size++)
	{
		wanted[size] = random_once_in(3);
		if (wanted[size])
			CHECK(opres_tree_want(tree, (uint64_t) size));
	}
	shuffle(numbers, count, swaps);
	for (int i = 0; i < count; i++)
	{
		CHECK_INT(add(tree, numbers[i]), OPRES_TREE_ADDED);
		CHECK_INT(add(tree, numbers[random_below(i + 1)]), OPRES_TREE_DOUBLE);
	}
	CHECK_INT(opres_tree_last(tree), count);
	opres_tree_gaps(tree, gap, &told);
	CHECK_INT(told.gaps, 0);
	CHECK_INT(told.unlinked, 0);
	check_roots(tree, count, wanted);
	opres_tree_free(tree);
}

/* Gaps are told, all and in order; roots before the first of them are known. */
static void
test_gaps(int count, int swaps)
{
	Told told = { 0 };
	OpresTree *tree = opres_tree_new(unlinked, &told);
	int numbers[MOST], gaps = 0, first_gap = 0;
	bool gone[MOST + 2] = { false }, all = true;
	OpresHash root;

	for (int size = 1; size <= count; size++)
		CHECK(opres_tree_want(tree, (uint64_t) size));
	for (int number = 1; number < count; number++)
		gone[number] = random_once_in(5);
	shuffle(numbers, count, swaps);
	for (int i = 0; i < count; i++)
		if (!gone[numbers[i]])
			CHECK_INT(add(tree, numbers[i]), OPRES_TREE_ADDED);
	opres_tree_gaps(tree, gap, &told);
	for (int number = 1; number <= count; number++)
		if (gone[number] && !gone[number - 1])
		{
			int last = number;

			while (gone[last + 1])
				last++;
			all = all && gaps < told.gaps && told.first[gaps] == number && told.last[gaps] == last;
			first_gap = gaps++ == 0 ? number : first_gap;
		}
	CHECK(all);
	CHECK_INT(told.gaps, gaps);
	CHECK_INT(told.unlinked, 0);
	for (int size = 1; size <= count; size++)
	{
		OpresTreeRoot known = opres_tree_root_of(tree, (uint64_t) size, &root);

		if (first_gap == 0 || size < first_gap)
			CHECK(known == OPRES_ROOT_KNOWN && opres_hash_equal(&root, &roots[size]));
		else
			CHECK_INT(known, OPRES_ROOT_GAP);
	}
	opres_tree_free(tree);
}

/* A wrong link is told once, of the later of the two; one that is not known is none. */
static void
test_links(int count, int swaps)
{
	Told told = { 0 };
	OpresTree *tree = opres_tree_new(unlinked, &told);
	int numbers[MOST], wrong = 2 + random_below(count - 1), unknown = 2 + random_below(count - 1);

	shuffle(numbers, count, swaps);
	for (int i = 0; i < count; i++)
	{
		int number = numbers[i];
		OpresLink previous = { number > 1 && number != unknown, leaves[number == wrong ? 0 : number - 1] };
		OpresLink stored = { true, leaves[number] };

		CHECK_INT(opres_tree_add(tree, number, &leaves[number], &previous, &stored), OPRES_TREE_ADDED);
	}
	CHECK_INT(told.unlinked, wrong != unknown);
	if (told.unlinked)
		CHECK_INT(told.number, wrong);
	opres_tree_free(tree);
}

/* The ends of the numbers' range. */
static void
test_edges(void)
{
	Told told = { 0 };
	OpresTree *tree = opres_tree_new(unlinked, &told);
	OpresLink none = { .known = false };
	OpresHash root;

	CHECK_INT(opres_tree_root_of(tree, 0, &root), OPRES_ROOT_KNOWN);
	CHECK(opres_hash_equal(&root, &roots[0]));
	CHECK_INT(opres_tree_root_of(tree, 1, &root), OPRES_ROOT_BEYOND);
	CHECK(opres_tree_want(tree, INT64_MAX));
	CHECK_INT(opres_tree_add(tree, INT64_MAX, &leaves[1], &none, &none), OPRES_TREE_ADDED);
	CHECK_INT(opres_tree_add(tree, INT64_MAX - 1, &leaves[1], &none, &none), OPRES_TREE_ADDED);
	CHECK_INT(opres_tree_add(tree, INT64_MAX, &leaves[1], &none, &none), OPRES_TREE_DOUBLE);
	CHECK_INT(opres_tree_add(tree, 1, &leaves[1], &none, &none), OPRES_TREE_ADDED);
	CHECK_INT(opres_tree_root_of(tree, INT64_MAX, &root), OPRES_ROOT_GAP);
	opres_tree_gaps(tree, gap, &told);
	CHECK(told.gaps == 1 && told.first[0] == 2 && told.last[0] == INT64_MAX - 2);
	opres_tree_free(tree);
}

/* Dates counted day by day; and what is printed reads as what was printed. */
static void
test_timestamps(void)
{
	static const int lengths[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	int64_t day = opres_days(-1000, 1, 1);
	bool follow = true;

	CHECK_INT(opres_days(1970, 1, 1), 0);
	CHECK_INT(opres_days(2000, 3, 1), 11017);
	for (int year = -1000; year < 3000; year++)
		for (int month = 1; month <= 12; month++)
			for (int i = 1; i <= lengths[month - 1] + (month == 2 && year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)); i++)
				follow = opres_days(year, month, i) == day++ && follow;
	CHECK(follow);
	for (int i = 0; i < 20000; i++)
	{
		int64_t at = (int64_t) (random_bits() >> (1 + random_below(24))) - (random_once_in(2) ? INT64_C(200000000000000000) : 0),
				back;
		char text[OPRES_TIMESTAMP_TEXT];
		char *utc;

		opres_timestamp_print(at, text);
		utc = strstr(text, " UTC");
		if (!CHECK(utc != NULL))
			return;
		/* " UTC BC" as PostgreSQL writes it: "+00 BC". */
		memmove(utc, "+00", 3);
		memmove(utc + 3, utc + 4, strlen(utc + 4) + 1);
		if (!CHECK(opres_timestamp_parse(text, strlen(text), &back) && back == at))
			printf("%lld: %s\n", (long long) at, text);
	}
}

int
main(void)
{
	random_seed(20261121);
	make_leaves();
	test_edges();
	for (int count = 1; count <= MOST; count += 1 + count / 8)
		for (int swaps = 0; swaps <= 2 * count; swaps = swaps * 4 + 1)
		{
			test_order(count, swaps);
			test_gaps(count, swaps);
			if (count > 1)
				test_links(count, swaps);
		}
	test_timestamps();
	return check_done();
}
