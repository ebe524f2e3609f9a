/*
 * test_outage.c - the outage engine at its edges: empty and extreme input, every allocation refused, every cancel check answered
 * with yes, limits, slow cycles against the exact solution, oscillation, many shocks, wide requirements, causes and recovery.
 *
 * The level curves as such are compared with an independent implementation elsewhere (test/twin).
 */
#include "check.h"
#include "outage.h"
#include "random.h"
#include "structure.h"

#define SECOND INT64_C(1000000)
#define DAY (86400 * SECOND)
#define LONGEST (36500 * DAY)
#define MOST_NODES 40
#define MOST_REQUIREMENTS 80
#define MOST_MEMBERS 400
#define MOST_SHOCKS 16

/* What a map is written in. Members of a requirement follow it. */
typedef struct Map
{
	int node_count;
	OpresTime restart[MOST_NODES];
	int requirement_count;
	OpresRequirement requirements[MOST_REQUIREMENTS];
	int member_count;
	OpresMemberInput members[MOST_MEMBERS];
	int shock_count;
	OpresShock shocks[MOST_SHOCKS];
} Map;

typedef struct Compiled
{
	OpresArena arena;
	OpresModel model;
	OpresScratch scratch;
} Compiled;

/* An environment that refuses the n-th allocation, or answers the n-th cancel check with yes, and counts both. */
typedef struct Adversary
{
	int allocations;
	int checks;
	int refuse; /* 0 = never */
	int cancel; /* 0 = never */
	int blocks;
} Adversary;

static const OpresLimits no_limits = { 0 };

static int
node(Map *map, OpresTime restart)
{
	map->restart[map->node_count] = restart;
	return map->node_count++;
}

/* A requirement of a node; nodes must come in order. Quorum of all, full impact, until something else is set. */
static OpresRequirement *
require(Map *map, int owner)
{
	OpresRequirement *r = &map->requirements[map->requirement_count++];

	*r = (OpresRequirement){ .owner = owner, .mode = OPRES_QUORUM, .impact = 1 };
	return r;
}

static OpresMemberInput *
member(Map *map, int supplier)
{
	OpresMemberInput *m = &map->members[map->member_count++];

	*m = (OpresMemberInput){ map->requirement_count - 1, supplier, 1, 0, false };
	return m;
}

static OpresShock *
shock(Map *map, int hit, OpresTime onset, OpresTime duration)
{
	OpresShock *s = &map->shocks[map->shock_count++];

	*s = (OpresShock){ .node = hit, .onset = onset, .duration = duration };
	return s;
}

static void
compile(const Map *map, Compiled *c)
{
	OpresArena scratch;
	OpresError error;
	int32_t bad;

	opres_arena_init(&c->arena, &opres_malloc_env, 0);
	opres_arena_init(&scratch, &opres_malloc_env, 0);
	CHECK_INT(opres_model_build(&c->arena, &scratch, map->node_count, map->restart, map->requirement_count, map->requirements,
								map->member_count, map->members, &c->model, &bad, &error),
			  OPRES_OK);
	CHECK(opres_scratch_init(&c->arena, &c->model, &c->scratch));
	opres_arena_free(&scratch);
}

static bool
is_clean(const Compiled *c)
{
	bool clean = true;

	for (int32_t i = 0; i < c->model.node_count; i++)
		clean &= c->scratch.node_slot[i] == -1;
	for (int32_t i = 0; i < c->model.requirement_count; i++)
		clean &= c->scratch.requirement_slot[i] == -1;
	return clean;
}

static OpresStatus
run(const Map *map, Compiled *c, OpresTime horizon, OpresArena *arena, OpresOutage **outage, OpresError *error)
{
	return opres_outage_run(&c->model, &c->scratch, map->shocks, map->shock_count, horizon, &no_limits, arena, outage, error);
}

static double
level_at(const OpresOutage *outage, int32_t which, OpresTime at)
{
	return opres_curve_at(opres_outage_levels(outage, which), at);
}

static void *
adversary_reallocate(void *ctx, void *block, size_t size)
{
	Adversary *a = ctx;

	if (size == 0)
	{
		a->blocks--;
		free(block);
		return NULL;
	}
	if (++a->allocations == a->refuse)
		return NULL;
	a->blocks++;
	return realloc(block, size);
}

static bool
adversary_cancelled(void *ctx)
{
	Adversary *a = ctx;

	return ++a->checks == a->cancel;
}

static OpresEnv
adversary_env(Adversary *a)
{
	return (OpresEnv){ adversary_reallocate, adversary_cancelled, a };
}

/* ---- what an outage says, boiled down to one number ---- */

static uint64_t
mix(uint64_t hash, uint64_t value)
{
	hash = (hash ^ value) * UINT64_C(0x9E3779B97F4A7C15);
	return hash ^ (hash >> 31);
}

static uint64_t
mix_level(uint64_t hash, double level)
{
	uint64_t bits;

	memcpy(&bits, &level, sizeof(bits));
	return mix(hash, bits);
}

static uint64_t
digest(const Map *map, const OpresOutage *outage)
{
	uint64_t hash = 1;

	for (int32_t i = 0; i < map->node_count; i++)
	{
		OpresCurve curve = opres_outage_levels(outage, i);

		for (int32_t k = 0; k < curve.count; k++)
			hash = mix_level(mix(hash, (uint64_t) curve.steps[k].at), curve.steps[k].level);
		hash = mix(hash, (uint64_t) opres_outage_data_loss(outage, i));
	}
	return hash;
}

static uint64_t
digest_links(const OpresCauseLink *links, int32_t count)
{
	uint64_t hash = (uint64_t) count;

	for (int32_t i = 0; i < count; i++)
	{
		hash = mix(mix(mix(hash, (uint64_t) links[i].node), (uint64_t) links[i].at), (uint64_t) links[i].because);
		hash = mix(mix(hash, (uint64_t) (links[i].requirement + 1)), (uint64_t) links[i].restarting);
	}
	return hash;
}

/* ---- random maps with everything in them (a few of them with a data loss without end) ---- */

static void
add_random_members(Map *map, OpresRequirement *r)
{
	int wanted = 1 + random_below(4);
	int active = 0;
	double capacity = 0;
	uint64_t there = UINT64_C(1) << r->owner;

	for (int i = 0; i < wanted || active == 0; i++)
	{
		int supplier = random_below(map->node_count);
		OpresMemberInput *m;

		if ((there & (UINT64_C(1) << supplier)) != 0)
			continue;
		there |= UINT64_C(1) << supplier;
		m = member(map, supplier);
		m->standby = active > 0 && random_once_in(2);
		m->capacity = random_once_in(2) ? 1 : 0.5 * (1 + random_below(4));
		m->replica_lag = m->standby && random_once_in(2) ? random_below(4) : 0;
		if (!m->standby)
		{
			active++;
			capacity += m->capacity;
		}
	}
	r->needed = r->mode == OPRES_QUORUM ? 1 + random_below(active) : capacity * 0.1 * (1 + random_below(10));
}

static void
random_map(Map *map)
{
	memset(map, 0, sizeof(*map));
	for (int count = 3 + random_below(10); count > 0; count--)
		node(map, random_once_in(2) ? random_below(6) : 0);
	for (int i = 0; i < map->node_count; i++)
		for (int count = random_below(4); count > 0; count--)
		{
			OpresRequirement *r = require(map, i);

			r->mode = random_once_in(3) ? OPRES_POOL : OPRES_QUORUM;
			r->for_start = random_once_in(5);
			r->impact = random_once_in(3) ? 0.25 * (1 + random_below(4)) : 1;
			r->buffer = random_once_in(2) ? random_below(5) : 0;
			r->switchover = random_once_in(2) ? random_below(4) : 0;
			add_random_members(map, r);
		}
	for (int count = 1 + random_below(4); count > 0; count--)
	{
		OpresShock *s = shock(map, random_below(map->node_count), random_below(12), 1 + random_below(12));

		s->level = random_once_in(2) ? 0 : 0.25 * random_below(4);
		s->data_loss = random_once_in(2) ? random_below(9) : 0;
	}
}

static bool
is_playable(const Map *map)
{
	Compiled c;
	OpresArena arena;
	OpresOutage *outage;
	OpresError error;
	OpresStatus status;

	compile(map, &c);
	opres_arena_init(&arena, &opres_malloc_env, 0);
	status = run(map, &c, 60, &arena, &outage, &error);
	CHECK(status == OPRES_OK || status == OPRES_LOSS_UNBOUNDED);
	opres_arena_free(&arena);
	opres_arena_free(&c.arena);
	return status == OPRES_OK;
}

/* ---- edges of the input ---- */

static void
test_empty(void)
{
	Map map = { 0 };
	Compiled c;
	OpresArena arena;
	OpresOutage *outage;
	OpresError error;
	const int32_t *nodes;
	int32_t *list;
	int32_t *lengths;
	int32_t count;

	compile(&map, &c);
	opres_arena_init(&arena, &opres_malloc_env, 0);
	CHECK_INT(run(&map, &c, 1, &arena, &outage, &error), OPRES_OK);
	CHECK_INT(opres_outage_touched(outage, &nodes), 0);
	CHECK_INT(opres_outage_events(outage), 0);
	CHECK_INT(opres_restart_deadlocks(&c.model, &arena, &list, &lengths, &count, &error), OPRES_OK);
	CHECK_INT(count, 0);
	CHECK_INT(opres_structure_down(&c.model, &c.scratch, NULL, 0, 0.5, false, &arena, &list, &count, &error), OPRES_OK);
	CHECK_INT(count, 0);
	opres_arena_free(&arena);
	opres_arena_free(&c.arena);
}

static void
test_nothing_happens(void)
{
	Map map = { 0 };
	Compiled c;
	OpresArena arena;
	OpresOutage *outage;
	OpresError error;
	OpresCauseLink *links;
	const int32_t *nodes;
	int32_t *waits_for;
	OpresTime back_at;
	int32_t count;

	node(&map, 5);
	node(&map, 0);
	require(&map, 0);
	member(&map, 1);
	compile(&map, &c);
	opres_arena_init(&arena, &opres_malloc_env, 0);
	CHECK_INT(run(&map, &c, LONGEST, &arena, &outage, &error), OPRES_OK);
	CHECK_INT(opres_outage_touched(outage, &nodes), 0);
	CHECK_INT(opres_outage_levels(outage, 0).count, 0);
	CHECK_INT(opres_outage_data_loss(outage, 0), 0);
	CHECK_INT(opres_outage_breach_data_loss(outage, 0, 0), OPRES_NEVER);
	CHECK(!opres_outage_oscillates(outage, 0, 1));
	CHECK_INT(opres_outage_cause(outage, 0, 7, &arena, &links, &count, &error), OPRES_OK);
	CHECK_INT(count, 1);
	CHECK_INT(links[0].because, OPRES_BECAUSE_FINE);
	CHECK_INT(opres_outage_recovery(outage, 0, &arena, &back_at, &waits_for, &count, &error), OPRES_OK);
	CHECK_INT(back_at, OPRES_NEVER);
	CHECK_INT(count, 0);

	/* A shock at the horizon, and one beyond, do nothing; one that changes no level reports none. */
	shock(&map, 1, 10, OPRES_NEVER);
	shock(&map, 1, 11, 5)->data_loss = 3;
	shock(&map, 0, 0, 5)->level = 1;
	CHECK_INT(run(&map, &c, 10, &arena, &outage, &error), OPRES_OK);
	CHECK_INT(opres_outage_touched(outage, &nodes), 0);
	CHECK_INT(opres_outage_data_loss(outage, 0), 0);

	/* The horizon one microsecond later: the last microsecond counts, and the owner falls with its supplier. */
	CHECK_INT(run(&map, &c, 11, &arena, &outage, &error), OPRES_OK);
	CHECK_INT(opres_outage_touched(outage, &nodes), 2);
	CHECK_NEAR(level_at(outage, 0, 9), 1);
	CHECK_NEAR(level_at(outage, 0, 10), 0);
	CHECK_INT(opres_outage_recovery(outage, 0, &arena, &back_at, &waits_for, &count, &error), OPRES_OK);
	CHECK_INT(back_at, OPRES_NEVER);
	CHECK_INT(count, 1);
	CHECK_INT(waits_for[0], 1);

	/* Horizon 1: the first microsecond alone. */
	map.shocks[0].onset = 0;
	CHECK_INT(run(&map, &c, 1, &arena, &outage, &error), OPRES_OK);
	CHECK_INT(opres_outage_levels(outage, 0).count, 1);
	CHECK_INT(opres_outage_levels(outage, 0).steps[0].at, 0);
	CHECK(is_clean(&c));
	opres_arena_free(&arena);
	opres_arena_free(&c.arena);
}

static void
test_refused_maps(void)
{
	OpresTime restart[3] = { 0 };
	OpresRequirement r = { .owner = 0, .impact = 1 };
	OpresMemberInput members[3] = { { 0, 1, 1, 0, false }, { 0, 2, 1, 0, false }, { 0, 2, 1, 0, false } };
	OpresArena arena;
	OpresArena scratch;
	OpresModel model;
	OpresError error;
	int32_t bad;

	opres_arena_init(&arena, &opres_malloc_env, 0);
	opres_arena_init(&scratch, &opres_malloc_env, 0);
#define BUILD(count) opres_model_build(&arena, &scratch, 3, restart, 1, &r, count, members, &model, &bad, &error)
	CHECK_INT(BUILD(0), OPRES_INVALID); /* no member */
	CHECK_INT(bad, 0);
	CHECK_INT(BUILD(2), OPRES_OK);
	CHECK_NEAR(model.requirements[0].needed, 2);
	CHECK_INT(bad, -1);
	CHECK_INT(BUILD(3), OPRES_INVALID); /* twice active */
	CHECK_INT(error.node, 2);
	members[2].standby = true;
	CHECK_INT(BUILD(3), OPRES_INVALID); /* active and standby */
	members[1].standby = true;
	CHECK_INT(BUILD(3), OPRES_INVALID); /* twice standby */
	CHECK_INT(BUILD(2), OPRES_OK);
	CHECK_INT(model.requirements[0].active_count, 1);
	r.needed = 2;
	CHECK_INT(BUILD(2), OPRES_INVALID); /* standby does not count towards needed */
	r.needed = -1;
	CHECK_INT(BUILD(2), OPRES_INVALID);
	r.needed = NAN;
	CHECK_INT(BUILD(2), OPRES_INVALID);
	r.needed = 0;
	members[0].standby = true;
	CHECK_INT(BUILD(2), OPRES_INVALID); /* standby only */
	members[0] = (OpresMemberInput){ 0, 0, 1, 0, false };
	CHECK_INT(BUILD(1), OPRES_INVALID); /* itself */
	CHECK_INT(error.node, 0);
#undef BUILD
	opres_arena_free(&arena);
	opres_arena_free(&scratch);
}

/* ---- every allocation refused, every limit ---- */

/* Runs with whatever the environment and limit allow; the result, if there is one, must be the reference's. */
static OpresStatus
attempt(const Map *map, Compiled *c, const OpresEnv *env, size_t limit, size_t filled, OpresTime horizon, uint64_t expected)
{
	OpresArena arena;
	OpresOutage *outage;
	OpresError error = { 0 };
	OpresStatus status;

	opres_arena_init(&arena, env, limit);
	if (filled > 0 && opres_arena_array(&arena, filled, 1) == NULL)
		status = arena.status;
	else
	{
		status = run(map, c, horizon, &arena, &outage, &error);
		if (status == OPRES_OK)
			CHECK(digest(map, outage) == expected);
		else
		{
			CHECK_INT(error.status, status);
			CHECK(error.message[0] != '\0');
		}
	}
	CHECK(is_clean(c));
	opres_arena_free(&arena);
	return status;
}

/* Chunk boundaries are shifted by filling the arena beforehand, so that in the end every single array meets a refusal. */
static void
test_refusals_of_run(const Map *map)
{
	Compiled c;
	OpresArena arena;
	OpresOutage *outage;
	OpresError error;
	uint64_t expected;
	size_t held;
	int met = 0;

	compile(map, &c);
	opres_arena_init(&arena, &opres_malloc_env, 0);
	CHECK_INT(run(map, &c, 60, &arena, &outage, &error), OPRES_OK);
	expected = digest(map, outage);
	held = arena.held;
	opres_arena_free(&arena);
	for (size_t filled = 0; filled < 8000; filled += 16 * (size_t) (1 + random_below(8)))
		for (int refuse = 1;; refuse++)
		{
			Adversary a = { .refuse = refuse };
			OpresEnv env = adversary_env(&a);
			OpresStatus status = attempt(map, &c, &env, 0, filled, 60, expected);

			CHECK_INT(a.blocks, 0);
			if (status == OPRES_OK)
				break;
			CHECK_INT(status, OPRES_NO_MEMORY);
			met++;
		}
	for (size_t limit = 1; limit < held + 10000; limit += 16 * (size_t) (1 + random_below(32)))
	{
		OpresStatus status = attempt(map, &c, &opres_malloc_env, limit, 0, 60, expected);

		CHECK(status == OPRES_OK || status == OPRES_MEMORY_LIMIT);
		CHECK(limit < held || status == OPRES_OK);
	}
	CHECK(met > 50);
	CHECK_INT(attempt(map, &c, &opres_malloc_env, 0, 0, 60, expected), OPRES_OK);
	opres_arena_free(&c.arena);
}

/* One analysis of a finished run in a given arena: which 0 = cause, 1 = loss cause, 2 = recovery, 3 = structure, 4 = deadlocks. */
static OpresStatus
analyse(int which, Compiled *c, const OpresOutage *outage, int32_t asked, OpresArena *arena, uint64_t *result)
{
	OpresError error = { 0 };
	OpresCauseLink *links = NULL;
	int32_t *nodes = NULL;
	int32_t *lengths = NULL;
	int32_t count = 0;
	OpresTime back_at = 0;
	OpresStatus status;

	switch (which)
	{
		case 0:
			status = opres_outage_cause(outage, asked, 15, arena, &links, &count, &error);
			break;
		case 1:
			status = opres_outage_loss_cause(outage, asked, 15, arena, &links, &count, &error);
			break;
		case 2:
			status = opres_outage_recovery(outage, asked, arena, &back_at, &nodes, &count, &error);
			break;
		case 3:
			status = opres_structure_down(&c->model, &c->scratch, &asked, 1, 0.5, true, arena, &nodes, &count, &error);
			break;
		default:
			status = opres_restart_deadlocks(&c->model, arena, &nodes, &lengths, &count, &error);
			break;
	}
	if (status != OPRES_OK)
	{
		CHECK_INT(error.status, status);
		return status;
	}
	*result = which < 2 ? digest_links(links, count) : mix((uint64_t) count, (uint64_t) back_at);
	for (int32_t i = 0; which >= 2 && i < count; i++)
		*result = mix(*result, (uint64_t) (lengths == NULL ? nodes : lengths)[i]);
	return status;
}

static void
test_refusals_of_analyses(const Map *map)
{
	Compiled c;
	OpresArena arena;
	OpresOutage *outage;
	OpresError error;
	int32_t asked = random_below(map->node_count);

	compile(map, &c);
	opres_arena_init(&arena, &opres_malloc_env, 0);
	CHECK_INT(run(map, &c, 60, &arena, &outage, &error), OPRES_OK);
	for (int which = 0; which < 5; which++)
	{
		uint64_t expected = 0;

		CHECK_INT(analyse(which, &c, outage, asked, &arena, &expected), OPRES_OK);
		for (size_t filled = 0; filled < 8000; filled += 16 * (size_t) (1 + random_below(8)))
			for (int refuse = 1;; refuse++)
			{
				Adversary a = { .refuse = refuse };
				OpresEnv env = adversary_env(&a);
				OpresArena small;
				OpresStatus status;
				uint64_t result = 0;

				opres_arena_init(&small, &env, 0);
				if (filled > 0 && opres_arena_array(&small, filled, 1) == NULL)
					status = small.status;
				else
					status = analyse(which, &c, outage, asked, &small, &result);
				CHECK(is_clean(&c));
				opres_arena_free(&small);
				CHECK_INT(a.blocks, 0);
				if (status == OPRES_OK)
				{
					CHECK(result == expected);
					if (a.allocations < refuse)
						break;
				}
				else
					CHECK_INT(status, OPRES_NO_MEMORY);
			}
	}
	opres_arena_free(&arena);
	opres_arena_free(&c.arena);
}

static void
test_refusals_of_build(const Map *map)
{
	for (size_t filled = 0; filled < 8000; filled += 16 * (size_t) (1 + random_below(16)))
		for (int refuse = 1;; refuse++)
		{
			Adversary a = { .refuse = refuse };
			OpresEnv env = adversary_env(&a);
			OpresArena arena;
			OpresArena scratch;
			OpresModel model;
			OpresScratch slots;
			OpresError error = { 0 };
			OpresStatus status = OPRES_NO_MEMORY;
			int32_t bad;

			opres_arena_init(&arena, &env, 0);
			opres_arena_init(&scratch, &env, 0);
			if (filled == 0 || (opres_arena_array(&arena, filled, 1) != NULL && opres_arena_array(&scratch, filled, 1) != NULL))
			{
				status = opres_model_build(&arena, &scratch, map->node_count, map->restart, map->requirement_count,
										   map->requirements, map->member_count, map->members, &model, &bad, &error);
				if (status == OPRES_OK && !opres_scratch_init(&arena, &model, &slots))
					status = arena.status;
			}
			opres_arena_free(&arena);
			opres_arena_free(&scratch);
			CHECK_INT(a.blocks, 0);
			if (status == OPRES_OK)
				break;
			CHECK_INT(status, OPRES_NO_MEMORY);
		}
}

/* ---- oscillation ---- */

/*
 * Two nodes that hand a dip round for ever. b needs a with buffer 4 u and takes 5 u to restart: a's dip [0, 5) u becomes b's
 * [4, 10) u. a needs b with buffer 4 u and takes 3 u to restart: that becomes a's [8, 13) u. Again 5 u long, 8 u later.
 */
static void
add_oscillator(Map *map, OpresTime unit)
{
	int a = node(map, 3 * unit);
	int b = node(map, 5 * unit);

	require(map, a)->buffer = 4 * unit;
	member(map, b);
	require(map, b)->buffer = 4 * unit;
	member(map, a);
	shock(map, a, 0, 2 * unit);
}

static void
check_oscillation(const OpresOutage *outage, int32_t which, OpresTime first, OpresTime length, OpresTime period, OpresTime horizon)
{
	OpresCurve curve = opres_outage_levels(outage, which);
	bool right = true;
	int32_t expected = 0;

	for (OpresTime at = first; at < horizon; at += period)
		expected += at + length < horizon ? 2 : 1;
	CHECK_INT(curve.count, expected);
	for (int32_t i = 0; i < curve.count; i++)
		right &= curve.steps[i].at == first + i / 2 * period + (i % 2 == 0 ? 0 : length) && curve.steps[i].level == i % 2;
	CHECK(right);
	CHECK(opres_outage_oscillates(outage, which, 1));
}

static void
test_oscillation(void)
{
	Map map = { 0 };
	Compiled c;
	OpresArena arena;
	OpresOutage *outage;
	OpresError error;
	OpresLimits limits = { 3000000 };

	add_oscillator(&map, DAY / 8);
	compile(&map, &c);
	opres_arena_init(&arena, &opres_malloc_env, 0);
	CHECK_INT(opres_outage_run(&c.model, &c.scratch, map.shocks, map.shock_count, LONGEST, &limits, &arena, &outage, &error),
			  OPRES_OK);
	check_oscillation(outage, 0, 0, DAY / 8 * 5, DAY, LONGEST);
	check_oscillation(outage, 1, DAY / 8 * 4, DAY / 8 * 6, DAY, LONGEST);
	CHECK(!opres_outage_oscillates(outage, 0, 1e-12)); /* never below 0 */
	opres_arena_free(&arena);

	/* The same over an event limit: it names one of the two. */
	limits.max_events = 1000;
	opres_arena_init(&arena, &opres_malloc_env, 0);
	CHECK_INT(opres_outage_run(&c.model, &c.scratch, map.shocks, map.shock_count, LONGEST, &limits, &arena, &outage, &error),
			  OPRES_EVENT_LIMIT);
	CHECK(error.node == 0 || error.node == 1);
	CHECK(is_clean(&c));
	opres_arena_free(&arena);

	/* And over a memory limit. */
	opres_arena_init(&arena, &opres_malloc_env, 1000000);
	CHECK_INT(run(&map, &c, LONGEST, &arena, &outage, &error), OPRES_MEMORY_LIMIT);
	CHECK(error.node == 0 || error.node == 1);
	opres_arena_free(&arena);
	opres_arena_free(&c.arena);
}

/* Two oscillators whose common period is longer than time itself: not known to repeat, and no time overflows on the way. */
static void
test_endless_look_ahead(void)
{
	Map map = { 0 };
	Compiled c;
	OpresArena arena;
	OpresOutage *outage;
	OpresError error;

	add_oscillator(&map, LONGEST / 8);
	add_oscillator(&map, LONGEST / 8 - 1);
	compile(&map, &c);
	opres_arena_init(&arena, &opres_malloc_env, 0);
	CHECK_INT(run(&map, &c, LONGEST, &arena, &outage, &error), OPRES_OK);
	CHECK_INT(opres_outage_levels(outage, 0).count, 2);
	CHECK(!opres_outage_oscillates(outage, 0, 1));
	opres_arena_free(&arena);
	opres_arena_free(&c.arena);
}

/* The n-th cancel check says yes, for every n there is. */
static void
test_cancel(void)
{
	Map map = { 0 };
	Compiled c;
	OpresTime horizon = 30000 * DAY;
	Adversary quiet = { 0 };
	OpresEnv env = adversary_env(&quiet);
	OpresArena arena;
	OpresOutage *outage;
	OpresError error;
	uint64_t expected;

	add_oscillator(&map, DAY / 8);
	compile(&map, &c);
	opres_arena_init(&arena, &env, 0);
	CHECK_INT(run(&map, &c, horizon, &arena, &outage, &error), OPRES_OK);
	expected = digest(&map, outage);
	CHECK(quiet.checks > 3);
	for (int cancel = 1; cancel <= quiet.checks + 1; cancel++)
	{
		Adversary a = { .cancel = cancel };
		OpresEnv cancelling = adversary_env(&a);
		OpresStatus status = attempt(&map, &c, &cancelling, 0, 0, horizon, expected);

		CHECK_INT(status, cancel <= quiet.checks ? OPRES_CANCELLED : OPRES_OK);
		CHECK_INT(a.blocks, 0);
	}

	/* What traces a finished run asks too, and often enough for a curve of 60,000 steps. */
	for (int which = 0; which < 3; which += 2)
		for (int cancel = 1; cancel <= 3; cancel++)
		{
			Adversary a = { .cancel = cancel };
			OpresEnv cancelling = adversary_env(&a);
			OpresArena small;
			uint64_t result;

			opres_arena_init(&small, &cancelling, 0);
			CHECK_INT(analyse(which, &c, outage, 0, &small, &result), OPRES_CANCELLED);
			opres_arena_free(&small);
		}
	opres_arena_free(&arena);
	opres_arena_free(&c.arena);
}

/* ---- data loss ---- */

/* Each stands by for the other's supplier with a lag: every turn of the cycle adds to the loss. */
static void
test_unbounded_loss(void)
{
	Map map = { 0 };
	Compiled c;
	OpresArena arena;
	OpresOutage *outage;
	OpresError error;
	int source = node(&map, 0);
	int a = node(&map, 0);
	int b = node(&map, 0);

	require(&map, a)->needed = 1;
	member(&map, source);
	*member(&map, b) = (OpresMemberInput){ 0, b, 1, 5, true };
	map.requirements[0].mode = OPRES_POOL; /* the largest loss counts */
	require(&map, b);
	member(&map, a);
	shock(&map, source, 3, 0)->data_loss = 7;
	compile(&map, &c);
	opres_arena_init(&arena, &opres_malloc_env, 0);
	CHECK_INT(run(&map, &c, 100, &arena, &outage, &error), OPRES_LOSS_UNBOUNDED);
	CHECK(error.node == a || error.node == b);
	CHECK(is_clean(&c));
	/* At or after the horizon the shock does nothing, so the same map can be played. */
	CHECK_INT(run(&map, &c, 3, &arena, &outage, &error), OPRES_OK);
	opres_arena_free(&arena);
	opres_arena_free(&c.arena);
}

static void
test_loss(void)
{
	Map map = { 0 };
	Compiled c;
	OpresArena arena;
	OpresOutage *outage;
	OpresError error;
	OpresCauseLink *links;
	int32_t count;
	int a = node(&map, 0);
	int b = node(&map, 0);
	int user = node(&map, 0);
	int other = node(&map, 0);
	int pool = node(&map, 0);

	/* user: one of a and standby b (lag 4); other: starts only with a; pool: a and b. */
	require(&map, user);
	member(&map, a);
	member(&map, b)->standby = true;
	map.members[1].replica_lag = 4;
	require(&map, other)->for_start = true;
	member(&map, a);
	require(&map, pool)->mode = OPRES_POOL;
	member(&map, a);
	member(&map, b);
	shock(&map, a, 10, 0)->data_loss = 9;
	shock(&map, a, 20, 5)->data_loss = 30;
	shock(&map, b, 30, 5)->data_loss = 11;
	compile(&map, &c);
	opres_arena_init(&arena, &opres_malloc_env, 0);
	CHECK_INT(run(&map, &c, 100, &arena, &outage, &error), OPRES_OK);
	CHECK_INT(opres_outage_levels(outage, a).count, 2); /* the shock of no duration leaves no mark */
	CHECK_INT(opres_outage_data_loss(outage, a), 30);
	CHECK_INT(opres_outage_data_loss(outage, b), 11);
	CHECK_INT(opres_outage_data_loss(outage, user), 15); /* min(30, 11 + 4) */
	CHECK_INT(opres_outage_data_loss(outage, other), 0);
	CHECK_INT(opres_outage_data_loss(outage, pool), 30);
	/* user: at 10 min(9, 0 + 4) = 4; at 20 min(30, 4) = 4; at 30 min(30, 15) = 15 */
	CHECK_INT(opres_outage_breach_data_loss(outage, user, 3), 10);
	CHECK_INT(opres_outage_breach_data_loss(outage, user, 4), 30);
	CHECK_INT(opres_outage_breach_data_loss(outage, user, 15), OPRES_NEVER);
	CHECK_INT(opres_outage_breach_data_loss(outage, pool, 8), 10);
	CHECK_INT(opres_outage_breach_data_loss(outage, pool, 9), 20);
	CHECK_INT(opres_outage_loss_cause(outage, user, 30, &arena, &links, &count, &error), OPRES_OK);
	CHECK_INT(count, 2);
	CHECK_INT(links[1].node, b);
	CHECK_INT(links[1].because, OPRES_BECAUSE_SHOCK);
	opres_arena_free(&arena);
	opres_arena_free(&c.arena);
}

/* ---- slow cycles ---- */

/* Solves (I - w) y = c in long double, with pivoting. */
static void
solve_exactly(int count, long double w[][MOST_NODES], long double *c, long double *y)
{
	for (int i = 0; i < count; i++)
		for (int j = 0; j < count; j++)
			w[i][j] = (i == j ? 1 : 0) - w[i][j];
	for (int p = 0; p < count; p++)
	{
		int best = p;
		long double swap;

		for (int i = p + 1; i < count; i++)
			if (fabsl(w[i][p]) > fabsl(w[best][p]))
				best = i;
		for (int j = 0; j < count; j++)
		{
			swap = w[p][j];
			w[p][j] = w[best][j];
			w[best][j] = swap;
		}
		swap = c[p];
		c[p] = c[best];
		c[best] = swap;
		for (int i = p + 1; i < count; i++)
		{
			long double factor = w[i][p] / w[p][p];

			for (int j = p; j < count; j++)
				w[i][j] -= factor * w[p][j];
			c[i] -= factor * c[p];
		}
	}
	for (int i = count - 1; i >= 0; i--)
	{
		y[i] = c[i];
		for (int j = i + 1; j < count; j++)
			y[i] -= w[i][j] * y[j];
		y[i] /= w[i][i];
	}
}

/*
 * Nodes 0 .. count - 1 are pools of each other and, by a tiny share, of a node outside that is shocked to `left`: every level is an
 * affine function of the others with a gain of 1 - share, so the solution is that of one linear system.
 */
static void
test_slow_cycle(int count, double share, double left)
{
	Map map = { 0 };
	Compiled c;
	OpresArena arena;
	OpresOutage *outage;
	OpresError error;
	long double w[MOST_NODES][MOST_NODES] = { { 0 } };
	long double constant[MOST_NODES] = { 0 };
	long double exact[MOST_NODES] = { 0 };
	bool right = true;

	for (int i = 0; i <= count; i++)
		node(&map, 0);
	for (int i = 0; i < count; i++)
	{
		int next = (i + 1) % count;
		int other = random_below(count);
		bool tied = i == 0 || random_once_in(3);
		double rest = tied ? 1 - share : 1.0;
		double part = other == i || other == next ? 0 : 0.25 * (1 + random_below(3)) * rest;

		require(&map, i)->mode = OPRES_POOL;
		map.requirements[i].needed = 1;
		member(&map, next)->capacity = rest - part;
		w[i][next] = rest - part;
		if (part > 0)
		{
			member(&map, other)->capacity = part;
			w[i][other] = part;
		}
		if (tied)
		{
			member(&map, count)->capacity = share;
			constant[i] = (long double) share * left;
		}
	}
	shock(&map, count, 10, 20)->level = left;
	compile(&map, &c);
	solve_exactly(count, w, constant, exact);
	opres_arena_init(&arena, &opres_malloc_env, 0);
	if (CHECK_INT(run(&map, &c, 100, &arena, &outage, &error), OPRES_OK))
	{
		for (int i = 0; i < count; i++)
		{
			CHECK_NEAR(level_at(outage, i, 15), (double) exact[i]);
			right &= level_at(outage, i, 9) == 1 && level_at(outage, i, 30) == 1;
		}
		CHECK(right);
		CHECK(opres_outage_events(outage) < 100000);
	}
	opres_arena_free(&arena);
	opres_arena_free(&c.arena);
}

/*
 * n = max(u, v), u = min(0.999 n + 0.001 x, w), w = 0.998 n + 0.002 x, x at 0.5, v at 0.8. While n falls through u, the linear
 * system leads to 0.5, which v forbids: nothing of that try may stay, not in the requirement of u that is not evaluated again
 * either.
 */
static void
test_refused_jump(void)
{
	Map map = { 0 };
	Compiled c;
	OpresArena arena;
	OpresOutage *outage;
	OpresError error;
	int n = node(&map, 0);
	int u = node(&map, 0);
	int v = node(&map, 0);
	int w = node(&map, 0);
	int x = node(&map, 0);

	require(&map, n)->needed = 1;
	member(&map, u);
	member(&map, v);
	require(&map, u)->mode = OPRES_POOL;
	member(&map, n)->capacity = 0.999;
	member(&map, x)->capacity = 0.001;
	require(&map, u);
	member(&map, w);
	require(&map, w)->mode = OPRES_POOL;
	member(&map, n)->capacity = 0.998;
	member(&map, x)->capacity = 0.002;
	shock(&map, v, 0, 100)->level = 0.8;
	shock(&map, x, 0, 100)->level = 0.5;
	compile(&map, &c);
	opres_arena_init(&arena, &opres_malloc_env, 0);
	CHECK_INT(run(&map, &c, 100, &arena, &outage, &error), OPRES_OK);
	CHECK_NEAR(level_at(outage, n, 0), 0.8);
	CHECK_NEAR(level_at(outage, u, 0), 0.7994);
	CHECK_NEAR(level_at(outage, w, 0), 0.7994);
	opres_arena_free(&arena);
	opres_arena_free(&c.arena);
}

/*
 * n = max(a, b), a = 0.9 n + 0.1 x, b = 0.999 n + 0.001 x, x gone: all go down to 0, where a and b tie though b bound all the way.
 */
static void
test_tie_at_the_end(void)
{
	Map map = { 0 };
	Compiled c;
	OpresArena arena;
	OpresOutage *outage;
	OpresError error;
	int a = node(&map, 0);
	int b = node(&map, 0);
	int n = node(&map, 0);
	int x = node(&map, 0);

	require(&map, a)->mode = OPRES_POOL;
	member(&map, n)->capacity = 0.9;
	member(&map, x)->capacity = 0.1;
	require(&map, b)->mode = OPRES_POOL;
	member(&map, n)->capacity = 0.999;
	member(&map, x)->capacity = 0.001;
	require(&map, n)->needed = 1;
	member(&map, a);
	member(&map, b);
	shock(&map, x, 0, 100);
	compile(&map, &c);
	opres_arena_init(&arena, &opres_malloc_env, 0);
	CHECK_INT(run(&map, &c, 200, &arena, &outage, &error), OPRES_OK);
	CHECK_NEAR(level_at(outage, n, 0), 0);
	CHECK_NEAR(level_at(outage, a, 0), 0);
	CHECK_NEAR(level_at(outage, b, 0), 0);
	CHECK_NEAR(level_at(outage, n, 100), 1);
	opres_arena_free(&arena);
	opres_arena_free(&c.arena);
}

/*
 * n is the second of (s, 0.9 n + 0.1 d, m), m = max(n, d), s = 0.001 + 0.999 d, and d is gone: n and m hold each other at 0.001
 * with s. The linear system that goes by 0.9 n leads to 0, which solves the equations too but is not the greatest solution.
 */
static void
test_two_solutions(void)
{
	Map map = { 0 };
	Compiled c;
	OpresArena arena;
	OpresOutage *outage;
	OpresError error;
	int n = node(&map, 0);
	int s = node(&map, 0);
	int d = node(&map, 0);
	int third = node(&map, 0);
	int fourth = node(&map, 0);
	int p = node(&map, 0);
	int m = node(&map, 0);

	require(&map, n)->needed = 2;
	member(&map, s);
	member(&map, p);
	member(&map, m);
	require(&map, s)->impact = 0.999;
	member(&map, d);
	require(&map, d)->needed = 1;
	member(&map, s);
	member(&map, third);
	require(&map, third)->impact = 0.25;
	member(&map, n);
	require(&map, fourth)->mode = OPRES_POOL;
	map.requirements[4].impact = 0.9;
	member(&map, d)->capacity = 0.999;
	member(&map, m);
	require(&map, p)->mode = OPRES_POOL;
	member(&map, n)->capacity = 0.9;
	member(&map, d)->capacity = 0.1;
	require(&map, m)->mode = OPRES_POOL;
	member(&map, s);
	member(&map, fourth)->capacity = 0.999;
	member(&map, third);
	member(&map, d)->capacity = 0.001;
	map.requirements[6].needed = 2.7;
	require(&map, m)->needed = 1;
	member(&map, n);
	member(&map, d);
	shock(&map, fourth, 0, 30)->level = 0.5;
	shock(&map, third, 0, 30)->level = 0.3;
	shock(&map, d, 10, 20);
	compile(&map, &c);
	opres_arena_init(&arena, &opres_malloc_env, 0);
	CHECK_INT(run(&map, &c, 20, &arena, &outage, &error), OPRES_OK);
	CHECK_NEAR(level_at(outage, s, 10), 0.001);
	CHECK_NEAR(level_at(outage, n, 10), 0.001);
	CHECK_NEAR(level_at(outage, p, 10), 0.0009);
	CHECK_NEAR(level_at(outage, m, 10), 0.001);
	opres_arena_free(&arena);
	opres_arena_free(&c.arena);
}

/*
 * Two cycles, one feeding the other, by impact instead of pools: a = 1 - g (1 - b), b = 1 - g (1 - a) held down by a pool with a
 * share of x; and a pool with more capacity than it needs: gain above 1 keeps what is up, and a shock takes it down for good only
 * as long as it lasts.
 */
static void
test_gain_above_one(void)
{
	Map map = { 0 };
	Compiled c;
	OpresArena arena;
	OpresOutage *outage;
	OpresError error;
	int a = node(&map, 0);
	int b = node(&map, 0);
	int x = node(&map, 0);

	/* a = min(1, 1.2 b), b = 0.9 a + 0.1 x: with x gone b is 0.9, a 1. With a at 0.5: b = 0.45, and 1.2 * 0.45 = 0.54. */
	require(&map, a)->mode = OPRES_POOL;
	map.requirements[0].needed = 1;
	member(&map, b)->capacity = 1.2;
	require(&map, b)->mode = OPRES_POOL;
	map.requirements[1].needed = 1;
	member(&map, a)->capacity = 0.9;
	member(&map, x)->capacity = 0.1;
	shock(&map, x, 10, 90);
	shock(&map, a, 20, 10)->level = 0.5;
	compile(&map, &c);
	opres_arena_init(&arena, &opres_malloc_env, 0);
	CHECK_INT(run(&map, &c, 200, &arena, &outage, &error), OPRES_OK);
	CHECK_NEAR(level_at(outage, a, 15), 1);
	CHECK_NEAR(level_at(outage, b, 15), 0.9);
	CHECK_NEAR(level_at(outage, a, 25), 0.5);
	CHECK_NEAR(level_at(outage, b, 25), 0.45);
	CHECK_NEAR(level_at(outage, a, 30), 1);
	CHECK_NEAR(level_at(outage, b, 30), 0.9);
	CHECK_NEAR(level_at(outage, b, 100), 1);
	opres_arena_free(&arena);
	opres_arena_free(&c.arena);

	/* 1.1 b and 0.9 a: gain 0.99 without the rest of b: down to nothing, slowly, and back at once. */
	map.members[0].capacity = 1.1;
	map.shock_count = 1;
	compile(&map, &c);
	opres_arena_init(&arena, &opres_malloc_env, 0);
	CHECK_INT(run(&map, &c, 200, &arena, &outage, &error), OPRES_OK);
	CHECK_NEAR(level_at(outage, a, 15), 0);
	CHECK_NEAR(level_at(outage, b, 15), 0);
	CHECK_NEAR(level_at(outage, a, 100), 1);
	opres_arena_free(&arena);
	opres_arena_free(&c.arena);
}

/* ---- size ---- */

/* 100,000 shocks on one node: shock i lasts [10 i, 10 i + 15), a deep one every tenth. */
static void
test_many_shocks(void)
{
	const int count = 100000;
	Map map = { 0 };
	Compiled c;
	OpresArena arena;
	OpresOutage *outage;
	OpresError error;
	OpresShock *shocks = malloc(sizeof(OpresShock) * (size_t) count);
	OpresCauseLink *links;
	OpresCurve curve;
	OpresTime back_at;
	int32_t *waits_for;
	int32_t links_count;
	bool right = true;

	node(&map, 0);
	node(&map, 0);
	require(&map, 1);
	member(&map, 0);
	compile(&map, &c);
	for (int i = 0; i < count; i++)
		shocks[i] = (OpresShock){ .node = 0, .onset = 10 * (OpresTime) i, .duration = 15, .level = i % 10 == 0 ? 0.25 : 0.5 };
	opres_arena_init(&arena, &opres_malloc_env, 0);
	CHECK_INT(opres_outage_run(&c.model, &c.scratch, shocks, count, LONGEST, &no_limits, &arena, &outage, &error), OPRES_OK);
	/* 0.25 in [100 k, 100 k + 15), else 0.5; back at 1 after the last */
	curve = opres_outage_levels(outage, 1);
	CHECK_INT(curve.count, count / 10 * 2 + 1);
	for (int32_t i = 0; i < curve.count - 1; i++)
		right &= curve.steps[i].at == i / 2 * 100 + (i % 2 == 0 ? 0 : 15) && curve.steps[i].level == (i % 2 == 0 ? 0.25 : 0.5);
	CHECK(right);
	CHECK_INT(opres_curve_recovered(curve, 1, LONGEST), 10 * (OpresTime) (count - 1) + 15);
	CHECK_INT(opres_outage_cause(outage, 1, 500000, &arena, &links, &links_count, &error), OPRES_OK);
	CHECK_INT(links_count, 2);
	CHECK_INT(links[1].because, OPRES_BECAUSE_SHOCK);
	CHECK_INT(opres_outage_recovery(outage, 1, &arena, &back_at, &waits_for, &links_count, &error), OPRES_OK);
	CHECK_INT(back_at, 10 * (OpresTime) (count - 1) + 15);
	CHECK_INT(links_count, 1);
	opres_arena_free(&arena);
	opres_arena_free(&c.arena);
	free(shocks);
}

/* Requirements with 50,000 members: quorum of all but `spare`, and a pool of the same. Members fall one by one and come back. */
static void
test_wide_requirements(void)
{
	const int count = 50000;
	const int hit = 60;
	const int spare = 20;
	OpresArena arena;
	OpresArena scratch_arena;
	OpresTime *restart;
	OpresMemberInput *members;
	OpresRequirement requirements[2] = { { .owner = 0, .mode = OPRES_QUORUM, .needed = count - spare, .impact = 1 },
										 { .owner = 1, .mode = OPRES_POOL, .needed = count - spare, .impact = 1 } };
	OpresShock shocks[60];
	OpresModel model;
	OpresScratch scratch;
	OpresOutage *outage;
	OpresError error;
	OpresTime back_at;
	int32_t *waits_for;
	int32_t waits;
	int32_t bad;
	bool right = true;

	opres_arena_init(&arena, &opres_malloc_env, 0);
	opres_arena_init(&scratch_arena, &opres_malloc_env, 0);
	restart = opres_arena_array(&scratch_arena, (size_t) count + 2, sizeof(*restart));
	members = opres_arena_array(&scratch_arena, (size_t) count * 2, sizeof(*members));
	for (int i = 0; i < 2 * count; i++)
		members[i] = (OpresMemberInput){ i % 2, i / 2 + 2, 1, 0, false };
	CHECK_INT(
		opres_model_build(&arena, &scratch_arena, count + 2, restart, 2, requirements, 2 * count, members, &model, &bad, &error),
		OPRES_OK);
	CHECK(opres_scratch_init(&arena, &model, &scratch));
	for (int i = 0; i < hit; i++)
		shocks[i] = (OpresShock){ .node = 2 + 700 * i, .onset = i, .duration = 100 };
	CHECK_INT(opres_outage_run(&model, &scratch, shocks, hit, 1000, &no_limits, &arena, &outage, &error), OPRES_OK);
	/* At t < 60 there are t + 1 members down, at 60 <= t < 100 all 60, then t - 99 fewer. */
	for (OpresTime t = 0; t < 200; t++)
	{
		OpresTime down = (t < 60 ? t + 1 : 60) - (t < 100 ? 0 : t - 99);
		double pool;

		if (down < 0)
			down = 0;
		pool = down <= spare ? 1.0 : (double) (count - down) / (count - spare);
		right &= level_at(outage, 0, t) == (down <= spare ? 1.0 : 0.0);
		right &= fabs(level_at(outage, 1, t) - pool) <= 1e-9;
	}
	CHECK(right);
	CHECK_INT(opres_outage_recovery(outage, 0, &arena, &back_at, &waits_for, &waits, &error), OPRES_OK);
	CHECK_INT(back_at, 100 + hit - spare - 1);
	CHECK_INT(waits, hit - spare); /* the last ones came back later and were not waited for */
	opres_arena_free(&arena);
	opres_arena_free(&scratch_arena);
}

/* All 50,000 members of a requirement fall and come back at times of their own: whatever is asked of it ends in time. */
static void
test_wide_requirement_traced(void)
{
	const int count = 5000;
	OpresArena arena;
	OpresArena scratch_arena;
	OpresTime *restart;
	OpresMemberInput *members;
	OpresShock *shocks;
	OpresRequirement requirement = { .owner = 0, .mode = OPRES_POOL, .needed = count, .impact = 1, .buffer = 1000 };
	OpresModel model;
	OpresScratch scratch;
	OpresOutage *outage;
	OpresError error;
	OpresCauseLink *links;
	OpresTime back_at;
	int32_t *waits_for;
	int32_t waits;
	int32_t bad;

	opres_arena_init(&arena, &opres_malloc_env, 0);
	opres_arena_init(&scratch_arena, &opres_malloc_env, 0);
	restart = opres_arena_array(&scratch_arena, (size_t) count + 1, sizeof(*restart));
	members = opres_arena_array(&scratch_arena, (size_t) count, sizeof(*members));
	shocks = opres_arena_array(&scratch_arena, (size_t) count, sizeof(*shocks));
	for (int i = 0; i < count; i++)
	{
		members[i] = (OpresMemberInput){ 0, i + 1, 1, 0, false };
		shocks[i] = (OpresShock){ .node = i + 1, .onset = i, .duration = count };
	}
	CHECK_INT(opres_model_build(&arena, &scratch_arena, count + 1, restart, 1, &requirement, count, members, &model, &bad, &error),
			  OPRES_OK);
	CHECK(opres_scratch_init(&arena, &model, &scratch));
	CHECK_INT(opres_outage_run(&model, &scratch, shocks, count, 3 * count, &no_limits, &arena, &outage, &error), OPRES_OK);
	/* All are down at once in the last moment before the first comes back; the buffer shows what was best in 1000 before. */
	CHECK_NEAR(level_at(outage, 0, count - 1), 1000.0 / count);
	CHECK_INT(opres_outage_recovery(outage, 0, &arena, &back_at, &waits_for, &waits, &error), OPRES_OK);
	CHECK_INT(back_at, 2 * count - 1);
	CHECK_INT(waits, count);
	CHECK_INT(opres_outage_cause(outage, 0, count - 1, &arena, &links, &waits, &error), OPRES_OK);
	CHECK_INT(waits, 2);
	CHECK_INT(links[0].buffered, 1000);
	opres_arena_free(&arena);
	opres_arena_free(&scratch_arena);
}

/* ---- causes ---- */

/* op <- (buffer 10) step <- sys (restart 5) <- 1 of {a, standby b with switchover 20}: a lost [0, 100). */
static void
test_cause(void)
{
	Map map = { 0 };
	Compiled c;
	OpresArena arena;
	OpresOutage *outage;
	OpresError error;
	OpresCauseLink *links;
	OpresTime back_at;
	int32_t *waits_for;
	int32_t count;
	int op = node(&map, 0);
	int step = node(&map, 0);
	int sys = node(&map, 5);
	int a = node(&map, 0);
	int b = node(&map, 0);

	require(&map, op)->buffer = 10;
	member(&map, step);
	require(&map, step);
	member(&map, sys);
	require(&map, sys)->switchover = 20;
	member(&map, a);
	member(&map, b)->standby = true;
	shock(&map, a, 0, 100);
	compile(&map, &c);
	opres_arena_init(&arena, &opres_malloc_env, 0);
	CHECK_INT(run(&map, &c, 1000, &arena, &outage, &error), OPRES_OK);
	/* sys down [0, 25), then the standby; when a is back nothing changes. op down [10, 25). */
	CHECK_INT(opres_outage_levels(outage, op).count, 2);
	CHECK_INT(opres_outage_levels(outage, op).steps[0].at, 10);
	CHECK_INT(opres_outage_levels(outage, op).steps[1].at, 25);
	CHECK_INT(opres_outage_cause(outage, op, 24, &arena, &links, &count, &error), OPRES_OK);
	CHECK_INT(count, 4);
	CHECK_INT(links[0].node, op);
	CHECK_INT(links[0].because, OPRES_BECAUSE_RUN);
	CHECK_INT(links[1].node, step);
	CHECK_INT(links[2].node, sys);
	CHECK_INT(links[3].node, a);
	CHECK_INT(links[3].because, OPRES_BECAUSE_SHOCK);
	CHECK(links[2].switching);
	CHECK_INT(opres_outage_recovery(outage, sys, &arena, &back_at, &waits_for, &count, &error), OPRES_OK);
	CHECK_INT(back_at, 25);
	CHECK_INT(count, 0); /* a came back later: it was the standby that took over */
	opres_arena_free(&arena);
	opres_arena_free(&c.arena);
}

/* The chain is in order of what needs what: every link's next node is a member of its requirement, times do not go forward. */
static void
check_chain(const Map *map, const OpresCauseLink *links, int32_t count, OpresTime at)
{
	for (int32_t i = 0; i < count; i++)
	{
		bool is_member = i + 1 == count;

		CHECK(links[i].at >= 0 && links[i].at <= at);
		CHECK(links[i].because == OPRES_BECAUSE_SHOCK ? i + 1 == count : true);
		for (int k = 0; k < map->member_count && i + 1 < count; k++)
			is_member |= map->members[k].requirement == links[i].requirement && map->members[k].node == links[i + 1].node;
		CHECK(is_member);
		at = links[i].at;
	}
}

static void
test_random_causes(const Map *map)
{
	Compiled c;
	OpresArena arena;
	OpresOutage *outage;
	OpresError error;

	compile(map, &c);
	opres_arena_init(&arena, &opres_malloc_env, 0);
	if (run(map, &c, 60, &arena, &outage, &error) == OPRES_OK)
		for (int32_t i = 0; i < map->node_count; i++)
			for (OpresTime at = 0; at < 60; at += 1 + random_below(20))
			{
				OpresCauseLink *links;
				int32_t count;

				CHECK_INT(opres_outage_cause(outage, i, at, &arena, &links, &count, &error), OPRES_OK);
				CHECK(count > 0 && links[0].node == i);
				CHECK((links[0].because == OPRES_BECAUSE_FINE) == (level_at(outage, i, at) >= 1 - OPRES_EPSILON));
				check_chain(map, links, count, at);
			}
	opres_arena_free(&arena);
	opres_arena_free(&c.arena);
}

int
main(void)
{
	const int rounds = getenv("OPRES_LONG") != NULL && *getenv("OPRES_LONG") != '\0' ? 400 : 12;

	random_seed(20261121);
	test_empty();
	test_nothing_happens();
	test_refused_maps();
	test_loss();
	test_unbounded_loss();
	test_oscillation();
	test_endless_look_ahead();
	test_cancel();
	test_refused_jump();
	test_tie_at_the_end();
	test_two_solutions();
	test_gain_above_one();
	for (int i = 0; i < 10 * rounds; i++)
		test_slow_cycle(2 + random_below(MOST_NODES - 3), (double[]){ 1e-4, 1e-6, 0.1, 1e-5 }[i % 4], 0.25 * random_below(4));
	test_many_shocks();
	test_wide_requirements();
	test_wide_requirement_traced();
	test_cause();
	for (int i = 0; i < rounds; i++)
	{
		Map map;

		do
			random_map(&map);
		while (!is_playable(&map));
		test_refusals_of_build(&map);
		test_refusals_of_run(&map);
		test_refusals_of_analyses(&map);
	}
	for (int i = 0; i < 200 * rounds; i++)
	{
		uint64_t state = random_state;
		int failed_before = check_failed;
		Map map;

		random_map(&map);
		test_random_causes(&map);
		if (check_failed > failed_before)
		{
			printf("random causes: round %d, state %llu\n", i, (unsigned long long) state);
			break;
		}
	}
	return check_done();
}
