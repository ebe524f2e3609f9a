/*
 * base.h - what every part of the engine stands on.
 *
 * The engine is plain C11 and knows no PostgreSQL. It never prints, exits or longjmps: memory and the question "has the
 * caller cancelled?" are handed in (OpresEnv), and every failure comes back as an OpresStatus with an OpresError filled in.
 * Memory is taken from an OpresArena, which counts what it holds against a limit and is freed as a whole by its owner.
 */
#ifndef OPRES_BASE_H
#define OPRES_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Two levels closer than this are the same level (the promised accuracy). */
#define OPRES_EPSILON 1e-9

/* Time is whole microseconds; "never" and "open-ended" are the largest time. */
typedef int64_t OpresTime;
#define OPRES_NEVER INT64_MAX

typedef enum OpresStatus
{
	OPRES_OK,
	OPRES_CANCELLED,      /* the caller's cancel check said so */
	OPRES_NO_MEMORY,      /* the allocator refused */
	OPRES_MEMORY_LIMIT,   /* the arena's limit is reached; error.node, if any, keeps changing */
	OPRES_EVENT_LIMIT,    /* more events than allowed; error.node keeps changing */
	OPRES_NOT_CONVERGED,  /* a cycle without delay could not be solved; error.node is in it */
	OPRES_LOSS_UNBOUNDED, /* data loss grows without end along a cycle; error.node is in it */
	OPRES_INVALID         /* the input breaks a rule; error.message says which */
} OpresStatus;

typedef struct OpresError
{
	OpresStatus status;
	int32_t node; /* index of a node to name, -1 = none */
	char message[160];
} OpresError;

/* reallocate(ctx, NULL, n) allocates, (ctx, p, 0) frees and returns NULL; NULL for n > 0 means failure, the old block stays. */
typedef struct OpresEnv
{
	void *(*reallocate)(void *ctx, void *block, size_t size);
	bool (*cancelled)(void *ctx); /* may be NULL */
	void *ctx;
} OpresEnv;

/* malloc and no cancelling: for tests and the companion. */
extern const OpresEnv opres_malloc_env;

typedef struct OpresChunk OpresChunk;
typedef struct OpresArena
{
	const OpresEnv *env;
	OpresChunk *chunks; /* newest first */
	size_t held;        /* bytes taken from env */
	size_t limit;       /* 0 = none */
	OpresStatus status; /* why the last allocation failed */
} OpresArena;

void opres_arena_init(OpresArena *arena, const OpresEnv *env, size_t limit);
void opres_arena_free(OpresArena *arena);
/* count * size bytes, zeroed, aligned for any type; NULL on failure or overflow, arena->status says which. */
void *opres_arena_array(OpresArena *arena, size_t count, size_t size);
/* Grows an array taken from this arena so that it holds at least `need` items (doubling); *items, *capacity are updated. */
bool opres_arena_grow(OpresArena *arena, void **items, int32_t *capacity, int32_t need, size_t size);

bool opres_cancelled(const OpresEnv *env);
OpresStatus opres_fail(OpresError *error, OpresStatus status, int32_t node, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

#endif
