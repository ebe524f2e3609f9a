/*
 * fuzz_outage.c - libFuzzer: bytes become a small map and shocks; whatever they are, the engine must keep its promises.
 *
 * Few distinct times, levels and nodes, so that edges fall together and cycles are common. Some inputs make the allocator refuse at
 * some call, limit memory or events, or cancel: then the run must fail with the fitting status and leave nothing behind.
 */
#include "duration.h"
#include "outage.h"
#include "structure.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOST_NODES 10
#define MOST_REQUIREMENTS 24
#define MOST_MEMBERS 80
#define MOST_SHOCKS 6
#define MOST_CAUSES 12 /* moments of a node whose cause is asked for */
/* What levels worked out twice may differ by. */
#define SLACK (8 * OPRES_EPSILON)
/* A loss not much larger than the promised accuracy may get lost when its cause is looked for. */
#define SMALL_LOSS 1e-7

#define PROMISE(condition)                                                                                                         \
	do                                                                                                                             \
	{                                                                                                                              \
		if (!(condition))                                                                                                          \
		{                                                                                                                          \
			fprintf(stderr, "%s:%d: broken promise: %s\n", __FILE__, __LINE__, #condition);                                        \
			show_case();                                                                                                           \
			abort();                                                                                                               \
		}                                                                                                                          \
	} while (0)

typedef struct Bytes
{
	const uint8_t *at;
	size_t left;
} Bytes;

/* The world the engine lives in: counts blocks, and refuses or cancels when told to. */
typedef struct World
{
	int64_t blocks;
	int64_t refuse_at; /* allocations until one is refused; -1 = never */
	int64_t cancel_at; /* cancel checks until one says yes; -1 = never */
	bool refused;
	bool cancelled;
} World;

typedef struct Case
{
	int32_t node_count;
	int32_t requirement_count;
	int32_t member_count;
	int32_t shock_count;
	OpresTime restart[MOST_NODES];
	OpresRequirement requirements[MOST_REQUIREMENTS];
	OpresMemberInput members[MOST_MEMBERS];
	OpresShock shocks[MOST_SHOCKS];
	OpresTime horizon;
	OpresLimits limits;
	size_t memory_limit;
} Case;

static const Case *current; /* shown when a promise is broken */

static void
show_case(void)
{
	for (int32_t n = 0; n < current->node_count; n++)
		fprintf(stderr, "node %d restart %lld\n", n, (long long) current->restart[n]);
	for (int32_t r = 0; r < current->requirement_count; r++)
	{
		const OpresRequirement *q = &current->requirements[r];

		fprintf(stderr, "requirement %d of %d: %s needed %g for %s, impact %g, buffer %lld, switchover %lld\n", r, q->owner,
				q->mode == OPRES_POOL ? "pool" : "quorum", q->needed, q->for_start ? "start" : "run", q->impact,
				(long long) q->buffer, (long long) q->switchover);
		for (int32_t m = 0; m < current->member_count; m++)
			if (current->members[m].requirement == r)
				fprintf(stderr, "  member %d%s capacity %g lag %lld\n", current->members[m].node,
						current->members[m].standby ? " standby" : "", current->members[m].capacity,
						(long long) current->members[m].replica_lag);
	}
	for (int32_t i = 0; i < current->shock_count; i++)
		fprintf(stderr, "shock on %d at %lld for %lld, level %.12g, data loss %lld\n", current->shocks[i].node,
				(long long) current->shocks[i].onset, (long long) current->shocks[i].duration, current->shocks[i].level,
				(long long) current->shocks[i].data_loss);
	fprintf(stderr, "horizon %lld, at most %lld events and %zu bytes\n", (long long) current->horizon,
			(long long) current->limits.max_events, current->memory_limit);
}

static unsigned
next(Bytes *bytes, unsigned below)
{
	unsigned value = 0;

	if (bytes->left > 0)
	{
		value = *bytes->at++;
		bytes->left--;
	}
	return value % below;
}

static OpresTime
next_time(Bytes *bytes)
{
	static const OpresTime times[] = { 0, 0, 0, 1, 2, 3, 5, 10, 60, 100, 1000, OPRES_LONGEST_DURATION };

	return times[next(bytes, sizeof(times) / sizeof(times[0]))];
}

static double
next_level(Bytes *bytes)
{
	static const double levels[] = { 0, 0, 0.5, 0.25, 0.9, 1, 1.0 / 3, 1e-9, 0.999999 };

	return levels[next(bytes, sizeof(levels) / sizeof(levels[0]))];
}

static void
read_requirement(Bytes *bytes, Case *c, int32_t owner)
{
	static const double impacts[] = { 1, 1, 1, 0.5, 0.9, 1.0 / 3, 1e-6 };
	OpresRequirement *r = &c->requirements[c->requirement_count];
	unsigned flags = next(bytes, 256);
	int32_t members = (int32_t) next(bytes, 5);
	int32_t actives = 0;

	memset(r, 0, sizeof(*r));
	r->owner = owner;
	r->mode = flags & 1 ? OPRES_POOL : OPRES_QUORUM;
	r->for_start = (flags & 6) == 6;
	r->impact = impacts[next(bytes, sizeof(impacts) / sizeof(impacts[0]))];
	r->buffer = flags & 8 ? next_time(bytes) : 0;
	r->switchover = flags & 16 ? next_time(bytes) : 0;
	for (int32_t i = 0; i < members && c->member_count < MOST_MEMBERS; i++)
	{
		OpresMemberInput *m = &c->members[c->member_count++];
		unsigned shape = next(bytes, 256);

		m->requirement = c->requirement_count;
		m->node = (int32_t) next(bytes, (unsigned) c->node_count);
		m->standby = shape & 1;
		m->capacity = shape & 2 ? 1 : 1 + (shape >> 5) * 0.3;
		m->replica_lag = shape & 4 ? next_time(bytes) : 0;
		actives += !m->standby;
	}
	r->needed = flags & 32 ? 0 : flags & 64 ? 1 : 1 + next(bytes, (unsigned) actives + 1) * (r->mode == OPRES_POOL ? 0.7 : 1);
	c->requirement_count++;
}

static void
read_case(Bytes *bytes, Case *c, World *world)
{
	unsigned trouble = next(bytes, 256);

	memset(c, 0, sizeof(*c));
	*world = (World){ .refuse_at = -1, .cancel_at = -1 };
	c->limits.max_events = 20000;
	c->horizon = 1 + next(bytes, 256) * (OpresTime) 20;
	if ((trouble & 15) == 15)
		world->refuse_at = next(bytes, 64);
	if ((trouble & 240) == 240)
		world->cancel_at = next(bytes, 256);
	if ((trouble & 60) == 60)
		c->memory_limit = 1024 * (1 + (size_t) next(bytes, 256));
	if ((trouble & 102) == 102)
		c->limits.max_events = next(bytes, 256);
	c->node_count = 1 + (int32_t) next(bytes, MOST_NODES);
	c->shock_count = (int32_t) next(bytes, MOST_SHOCKS + 1);
	for (int32_t i = 0; i < c->shock_count; i++)
	{
		OpresShock *s = &c->shocks[i];
		unsigned shape = next(bytes, 4);

		s->node = (int32_t) next(bytes, (unsigned) c->node_count);
		s->onset = next_time(bytes);
		s->duration = shape == 0 ? OPRES_NEVER : 1 + next_time(bytes);
		s->data_loss = shape == 1 ? next_time(bytes) : 0;
		s->level = next_level(bytes);
	}
	for (int32_t n = 0; n < c->node_count; n++)
	{
		unsigned requirements = next(bytes, 4);

		c->restart[n] = next_time(bytes);
		while (requirements-- > 0 && c->requirement_count < MOST_REQUIREMENTS)
			read_requirement(bytes, c, n);
	}
}

static void *
world_reallocate(void *ctx, void *block, size_t size)
{
	World *world = ctx;

	if (size == 0)
	{
		world->blocks -= block != NULL;
		free(block);
		return NULL;
	}
	if (world->refuse_at >= 0 && world->refuse_at-- == 0)
	{
		world->refused = true;
		return NULL;
	}
	world->blocks += block == NULL;
	return realloc(block, size);
}

static bool
world_cancelled(void *ctx)
{
	World *world = ctx;

	if (world->cancel_at >= 0 && world->cancel_at-- == 0)
		world->cancelled = true;
	return world->cancelled;
}

/* A failure must have its reason in the world. OPRES_NOT_CONVERGED and OPRES_LOSS_UNBOUNDED lie in the map itself. */
static void
check_failure(const Case *c, const World *world, OpresStatus status, const OpresError *error)
{
	PROMISE(error->status == status);
	PROMISE(error->node >= -1 && error->node < c->node_count);
	PROMISE(error->message[0] != '\0' && memchr(error->message, '\0', sizeof(error->message)) != NULL);
	PROMISE(status != OPRES_INVALID);
	PROMISE(status != OPRES_CANCELLED || world->cancelled);
	PROMISE(status != OPRES_NO_MEMORY || world->refused);
	PROMISE(status != OPRES_MEMORY_LIMIT || c->memory_limit != 0);
	PROMISE(status != OPRES_EVENT_LIMIT || c->limits.max_events != 0);
}

static void
check_curve(const Case *c, OpresCurve curve)
{
	for (int32_t i = 0; i < curve.count; i++)
	{
		double before = i == 0 ? 1 : curve.steps[i - 1].level;

		PROMISE(curve.steps[i].at >= 0 && curve.steps[i].at < c->horizon);
		PROMISE(i == 0 || curve.steps[i].at > curve.steps[i - 1].at);
		PROMISE(curve.steps[i].level >= 0 && curve.steps[i].level <= 1);
		PROMISE(fabs(curve.steps[i].level - before) > OPRES_EPSILON);
	}
}

static bool
hit_at(const Case *c, int32_t node, OpresTime at, double level)
{
	for (int32_t i = 0; i < c->shock_count; i++)
	{
		const OpresShock *s = &c->shocks[i];
		bool over = s->duration != OPRES_NEVER && at - s->onset >= s->duration;

		if (s->node == node && at >= s->onset && !over && s->level <= level + SLACK)
			return true;
	}
	return false;
}

static bool
in_links(const OpresCauseLink *links, int32_t count, int32_t node)
{
	for (int32_t i = 0; i < count; i++)
		if (links[i].node == node)
			return true;
	return false;
}

/* The chain starts at the node, never goes forward in time nor through a node twice, and each link is a member of the last
   one's requirement. It ends at a shock or with a requirement all of whose members below 1 ... one of which is in the chain. */
static void
check_cause(const Case *c, const OpresModel *model, const OpresOutage *outage, int32_t node, OpresTime at, OpresArena *arena,
			const World *world)
{
	OpresCauseLink *links = NULL;
	int32_t count = 0;
	OpresError error;
	OpresStatus status = opres_outage_cause(outage, node, at, arena, &links, &count, &error);
	double level = opres_curve_at(opres_outage_levels(outage, node), at);

	if (status != OPRES_OK)
	{
		check_failure(c, world, status, &error);
		return;
	}
	PROMISE(count >= 1 && count <= c->node_count && links[0].node == node);
	for (int32_t i = 0; i < count; i++)
	{
		const OpresCauseLink *link = &links[i];

		PROMISE(!in_links(links, i, link->node));
		PROMISE(i == 0 ? link->at <= at : link->at <= links[i - 1].at);
		PROMISE(link->restarting >= 0 && link->buffered >= 0);
		PROMISE((link->because == OPRES_BECAUSE_RUN || link->because == OPRES_BECAUSE_START) == (link->requirement >= 0));
		if (link->requirement >= 0)
		{
			const OpresRequirement *r = &model->requirements[link->requirement];
			bool member = i + 1 == count;

			PROMISE(r->owner == link->node && (bool) r->for_start == (link->because == OPRES_BECAUSE_START));
			for (int32_t m = r->first_member; m < r[1].first_member; m++)
				member |= i + 1 < count && model->member_node[m] == links[i + 1].node;
			PROMISE(member);
		}
		if (level >= 1 - SMALL_LOSS)
			continue;
		PROMISE(link->because != OPRES_BECAUSE_FINE);
		PROMISE(link->because != OPRES_BECAUSE_SHOCK || (i == count - 1 && hit_at(c, link->node, link->at, 1 - OPRES_EPSILON)));
	}
	if (links[count - 1].requirement >= 0 && level < 1 - SMALL_LOSS)
	{
		const OpresRequirement *r = &model->requirements[links[count - 1].requirement];
		bool repeats = false;

		for (int32_t m = r->first_member; m < r[1].first_member; m++)
			repeats |= in_links(links, count, model->member_node[m]);
		PROMISE(repeats);
	}
}

static void
check_loss(const Case *c, const OpresOutage *outage, int32_t node, OpresArena *arena, const World *world)
{
	OpresTime loss = opres_outage_data_loss(outage, node);
	OpresTime breach = opres_outage_breach_data_loss(outage, node, 0);
	OpresCauseLink *links = NULL;
	int32_t count = 0;
	OpresError error;
	OpresStatus status;

	PROMISE(loss >= 0);
	for (int32_t i = 0; i < c->shock_count; i++)
		if (c->shocks[i].node == node && c->shocks[i].onset < c->horizon)
			PROMISE(loss >= c->shocks[i].data_loss);
	PROMISE((loss > 0) == (breach != OPRES_NEVER));
	PROMISE(opres_outage_breach_data_loss(outage, node, loss) == OPRES_NEVER);
	if (loss == 0)
		return;
	PROMISE(breach >= 0 && breach < c->horizon);
	status = opres_outage_loss_cause(outage, node, breach, arena, &links, &count, &error);
	if (status != OPRES_OK)
		check_failure(c, world, status, &error);
	else
		PROMISE(count >= 1 && count <= c->node_count && links[0].node == node);
}

static void
check_node(const Case *c, const OpresModel *model, const OpresOutage *outage, int32_t node, OpresArena *arena, const World *world)
{
	OpresCurve curve = opres_outage_levels(outage, node);
	OpresTime back_at;
	int32_t *waits_for;
	int32_t count;
	OpresError error;
	OpresStatus status;

	check_curve(c, curve);
	for (int32_t i = 0; i < c->shock_count; i++)
	{
		const OpresShock *s = &c->shocks[i];

		if (s->node == node && s->onset < c->horizon && s->duration > 0)
			PROMISE(opres_curve_at(curve, s->onset) <= s->level + SLACK);
	}
	for (int32_t i = 0; i < curve.count && i < MOST_CAUSES; i++)
		check_cause(c, model, outage, node, curve.steps[i].at, arena, world);
	check_cause(c, model, outage, node, c->horizon - 1, arena, world);
	check_loss(c, outage, node, arena, world);
	status = opres_outage_recovery(outage, node, arena, &back_at, &waits_for, &count, &error);
	if (status != OPRES_OK)
		check_failure(c, world, status, &error);
	else
	{
		/* A node that falls again and again is never back, however the horizon finds it. */
		OpresTime expected = opres_outage_oscillates(outage, node, 1) ? OPRES_NEVER : opres_curve_recovered(curve, 1, c->horizon);

		PROMISE(back_at == expected && count >= 0 && count <= c->member_count);
	}
}

static void
check_same(const Case *c, const OpresOutage *a, const OpresOutage *b)
{
	PROMISE(opres_outage_events(a) == opres_outage_events(b));
	for (int32_t n = 0; n < c->node_count; n++)
	{
		OpresCurve x = opres_outage_levels(a, n);
		OpresCurve y = opres_outage_levels(b, n);

		PROMISE(x.count == y.count);
		for (int32_t i = 0; i < x.count; i++)
			PROMISE(x.steps[i].at == y.steps[i].at && x.steps[i].level == y.steps[i].level);
		PROMISE(opres_outage_data_loss(a, n) == opres_outage_data_loss(b, n));
	}
}

static OpresOutage *
run(const Case *c, const OpresModel *model, OpresScratch *scratch, OpresArena *arena, const World *world)
{
	OpresOutage *outage = NULL;
	OpresError error = { 0 };
	OpresStatus status =
		opres_outage_run(model, scratch, c->shocks, c->shock_count, c->horizon, &c->limits, arena, &outage, &error);

	for (int32_t n = 0; n < model->node_count; n++)
		PROMISE(scratch->node_slot[n] == -1);
	for (int32_t r = 0; r < model->requirement_count; r++)
		PROMISE(scratch->requirement_slot[r] == -1);
	if (status == OPRES_OK)
		return outage;
	check_failure(c, world, status, &error);
	return NULL;
}

static void
check_outage(const Case *c, const OpresModel *model, OpresScratch *scratch, const OpresEnv *env, const World *world)
{
	OpresArena arena;
	OpresArena again;
	OpresOutage *outage;
	OpresOutage *second;
	const int32_t *touched;
	int32_t count;

	opres_arena_init(&arena, env, c->memory_limit);
	opres_arena_init(&again, env, c->memory_limit);
	outage = run(c, model, scratch, &arena, world);
	if (outage != NULL)
	{
		count = opres_outage_touched(outage, &touched);
		for (int32_t i = 0, n = 0; n < c->node_count; n++)
		{
			bool listed = i < count && touched[i] == n;

			i += listed;
			PROMISE(listed == (opres_outage_levels(outage, n).count > 0));
			PROMISE(n < c->node_count - 1 || i == count);
		}
		for (int32_t n = 0; n < c->node_count; n++)
			check_node(c, model, outage, n, &arena, world);
		second = run(c, model, scratch, &again, world);
		if (second != NULL)
			check_same(c, outage, second);
	}
	opres_arena_free(&arena);
	opres_arena_free(&again);
}

static void
check_structure(const Case *c, const OpresModel *model, OpresScratch *scratch, const OpresEnv *env, const World *world)
{
	OpresArena arena;
	OpresError error = { 0 };
	OpresStatus status;
	int32_t failed[MOST_SHOCKS];
	int32_t *nodes = NULL;
	int32_t *lengths = NULL;
	int32_t count = 0;
	bool down[MOST_NODES] = { false };

	opres_arena_init(&arena, env, c->memory_limit);
	for (int32_t i = 0; i < c->shock_count; i++)
		failed[i] = c->shocks[i].node;
	status = opres_structure_down(model, scratch, failed, c->shock_count, 0.5, false, &arena, &nodes, &count, &error);
	if (status == OPRES_OK)
	{
		for (int32_t i = 0; i < count; i++)
		{
			PROMISE(nodes[i] >= 0 && nodes[i] < c->node_count && !down[nodes[i]]);
			down[nodes[i]] = true;
		}
		for (int32_t i = 0; i < c->shock_count; i++)
			PROMISE(down[failed[i]]);
	}
	else
		check_failure(c, world, status, &error);
	status = opres_restart_deadlocks(model, &arena, &nodes, &lengths, &count, &error);
	if (status == OPRES_OK)
	{
		int32_t at = 0;

		for (int32_t i = 0; i < count; i++)
		{
			PROMISE(lengths[i] >= 1);
			for (int32_t k = 0; k < lengths[i]; k++)
				PROMISE(model->component[nodes[at + k]] == model->component[nodes[at]]);
			at += lengths[i];
		}
		PROMISE(at <= c->node_count);
	}
	else
		check_failure(c, world, status, &error);
	opres_arena_free(&arena);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	Bytes bytes = { data, size };
	World world;
	OpresEnv env = { world_reallocate, world_cancelled, &world };
	Case c;
	OpresArena arena;
	OpresArena scratch_arena;
	OpresModel model;
	OpresScratch scratch;
	int32_t bad = -1;
	OpresError error = { 0 };
	OpresStatus status;

	read_case(&bytes, &c, &world);
	current = &c;
	opres_arena_init(&arena, &env, 0);
	opres_arena_init(&scratch_arena, &env, 0);
	status = opres_model_build(&arena, &scratch_arena, c.node_count, c.restart, c.requirement_count, c.requirements, c.member_count,
							   c.members, &model, &bad, &error);
	opres_arena_free(&scratch_arena);
	if (status == OPRES_INVALID)
		PROMISE(bad >= 0 && bad < c.requirement_count && error.message[0] != '\0');
	else if (status != OPRES_OK)
		check_failure(&c, &world, status, &error);
	else if (opres_scratch_init(&arena, &model, &scratch))
	{
		check_outage(&c, &model, &scratch, &env, &world);
		check_structure(&c, &model, &scratch, &env, &world);
	}
	else
		PROMISE(world.refused);
	opres_arena_free(&arena);
	PROMISE(world.blocks == 0);
	return 0;
}
