/*
 * base.c - the arena, the cancel check and error reporting of the engine (see base.h).
 */
#include "base.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct OpresChunk
{
	OpresChunk *next;
	size_t size; /* bytes usable after the header */
	size_t used;
	max_align_t data[];
};

#define FIRST_CHUNK ((size_t) 8 * 1024)
#define LARGEST_STEP ((size_t) 8 * 1024 * 1024)

static void *
malloc_reallocate(void *ctx, void *block, size_t size)
{
	(void) ctx;
	if (size == 0)
	{
		free(block);
		return NULL;
	}
	return realloc(block, size);
}

const OpresEnv opres_malloc_env = { malloc_reallocate, NULL, NULL };

void
opres_arena_init(OpresArena *arena, const OpresEnv *env, size_t limit)
{
	memset(arena, 0, sizeof(*arena));
	arena->env = env;
	arena->limit = limit;
}

void
opres_arena_free(OpresArena *arena)
{
	OpresChunk *chunk = arena->chunks;

	while (chunk != NULL)
	{
		OpresChunk *next = chunk->next;

		arena->env->reallocate(arena->env->ctx, chunk, 0);
		chunk = next;
	}
	arena->chunks = NULL;
	arena->held = 0;
}

static OpresChunk *
add_chunk(OpresArena *arena, size_t need)
{
	size_t size = arena->held < FIRST_CHUNK ? FIRST_CHUNK : arena->held;
	size_t total;
	OpresChunk *chunk;

	if (size > LARGEST_STEP)
		size = LARGEST_STEP;
	if (size < need)
		size = need;
	total = sizeof(OpresChunk) + size;
	if (arena->limit != 0 && (total > arena->limit || arena->held > arena->limit - total))
	{
		arena->status = OPRES_MEMORY_LIMIT;
		return NULL;
	}
	chunk = arena->env->reallocate(arena->env->ctx, NULL, total);
	if (chunk == NULL)
	{
		arena->status = OPRES_NO_MEMORY;
		return NULL;
	}
	chunk->next = arena->chunks;
	chunk->size = size;
	chunk->used = 0;
	arena->chunks = chunk;
	arena->held += total;
	return chunk;
}

void *
opres_arena_array(OpresArena *arena, size_t count, size_t size)
{
	size_t bytes;
	OpresChunk *chunk = arena->chunks;
	void *block;

	if (size != 0 && count > (SIZE_MAX / 2) / size)
	{
		arena->status = OPRES_NO_MEMORY;
		return NULL;
	}
	bytes = count * size;
	bytes = (bytes + sizeof(max_align_t) - 1) / sizeof(max_align_t) * sizeof(max_align_t);
	if (chunk == NULL || chunk->size - chunk->used < bytes)
		chunk = add_chunk(arena, bytes);
	if (chunk == NULL)
		return NULL;
	block = (char *) chunk->data + chunk->used;
	chunk->used += bytes;
	memset(block, 0, bytes);
	return block;
}

bool
opres_arena_grow(OpresArena *arena, void **items, int32_t *capacity, int32_t need, size_t size)
{
	/* Most arrays of large items (steps, windows) stay at one or two. */
	int64_t wanted = *capacity == 0 ? (size >= 16 ? 2 : 8) : (int64_t) *capacity * 2;
	void *grown;

	if (need <= *capacity)
		return true;
	if (wanted < need)
		wanted = need;
	if (wanted > INT32_MAX)
		wanted = INT32_MAX;
	grown = opres_arena_array(arena, (size_t) wanted, size);
	if (grown == NULL)
		return false;
	if (*capacity > 0)
		memcpy(grown, *items, (size_t) *capacity * size);
	*items = grown;
	*capacity = (int32_t) wanted;
	return true;
}

bool
opres_cancelled(const OpresEnv *env)
{
	return env->cancelled != NULL && env->cancelled(env->ctx);
}

OpresStatus
opres_fail(OpresError *error, OpresStatus status, int32_t node, const char *format, ...)
{
	va_list args;

	if (error != NULL)
	{
		error->status = status;
		error->node = node;
		va_start(args, format);
		vsnprintf(error->message, sizeof(error->message), format, args);
		va_end(args);
	}
	return status;
}
