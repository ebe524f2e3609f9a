/*
 * test_base.c - the arena: zeroed and aligned memory, limits, refusals, growth; errors and the cancel check.
 */
#include "base.h"
#include "check.h"

#include <stdlib.h>

typedef struct Counting
{
	int blocks;
	int allowed; /* allocations that still succeed */
} Counting;

static void *
counting_reallocate(void *ctx, void *block, size_t size)
{
	Counting *counting = ctx;

	if (size == 0)
	{
		if (block != NULL)
			counting->blocks--;
		free(block);
		return NULL;
	}
	if (counting->allowed <= 0)
		return NULL;
	counting->allowed--;
	if (block == NULL)
		counting->blocks++;
	return realloc(block, size);
}

static bool
always_cancelled(void *ctx)
{
	(void) ctx;
	return true;
}

static void
test_memory(void)
{
	OpresArena arena;
	size_t sizes[] = { 0, 1, 7, 8, 100, 5000, 20000, 1000000 };
	bool clean = true;

	opres_arena_init(&arena, &opres_malloc_env, 0);
	for (int round = 0; round < 3; round++)
		for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		{
			unsigned char *block = opres_arena_array(&arena, sizes[i], 1);

			CHECK(block != NULL);
			CHECK((uintptr_t) block % _Alignof(max_align_t) == 0);
			for (size_t j = 0; j < sizes[i]; j++)
				clean &= block[j] == 0;
			memset(block, 0xAA, sizes[i]); /* a neighbour overlapping would not be clean */
		}
	CHECK(clean);
	opres_arena_free(&arena);
	CHECK_INT(arena.held, 0);
}

static void
test_limits(void)
{
	OpresArena arena;

	opres_arena_init(&arena, &opres_malloc_env, 64 * 1024);
	CHECK(opres_arena_array(&arena, 1000, 8) != NULL);
	CHECK(opres_arena_array(&arena, 8 * 1024, 8) == NULL);
	CHECK_INT(arena.status, OPRES_MEMORY_LIMIT);
	CHECK(opres_arena_array(&arena, SIZE_MAX / 2, 3) == NULL);
	CHECK_INT(arena.status, OPRES_NO_MEMORY);
	CHECK(arena.held <= arena.limit);
	opres_arena_free(&arena);
}

static void
test_refusal(void)
{
	Counting counting = { 0, 2 };
	OpresEnv env = { counting_reallocate, NULL, &counting };
	OpresArena arena;

	opres_arena_init(&arena, &env, 0);
	CHECK(opres_arena_array(&arena, 100, 8) != NULL);
	CHECK(opres_arena_array(&arena, 100000, 8) != NULL);
	CHECK(opres_arena_array(&arena, 100000, 8) == NULL);
	CHECK_INT(arena.status, OPRES_NO_MEMORY);
	CHECK_INT(counting.blocks, 2);
	opres_arena_free(&arena);
	CHECK_INT(counting.blocks, 0);
}

static void
test_growth(void)
{
	OpresArena arena;
	int32_t *items = NULL;
	int32_t capacity = 0;
	bool kept = true;

	opres_arena_init(&arena, &opres_malloc_env, 0);
	for (int32_t i = 0; i < 10000; i++)
	{
		if (!CHECK(opres_arena_grow(&arena, (void **) &items, &capacity, i + 1, sizeof(int32_t))))
			break;
		items[i] = i;
	}
	for (int32_t i = 0; i < 10000; i++)
		kept &= items[i] == i;
	CHECK(kept);
	CHECK(capacity >= 10000);
	opres_arena_free(&arena);
}

static void
test_errors(void)
{
	OpresError error;
	OpresEnv env = opres_malloc_env;

	CHECK(!opres_cancelled(&env));
	env.cancelled = always_cancelled;
	CHECK(opres_cancelled(&env));
	CHECK_INT(opres_fail(&error, OPRES_INVALID, 7, "%s of %d", "member", 3), OPRES_INVALID);
	CHECK_INT(error.node, 7);
	CHECK_TEXT(error.message, "member of 3");
	CHECK_INT(opres_fail(&error, OPRES_INVALID, -1, "%300d", 1), OPRES_INVALID);
	CHECK_INT(strlen(error.message), sizeof(error.message) - 1);
	CHECK_INT(opres_fail(NULL, OPRES_CANCELLED, -1, "not kept"), OPRES_CANCELLED);
}

int
main(void)
{
	test_memory();
	test_limits();
	test_refusal();
	test_growth();
	test_errors();
	return check_done();
}
