/*
 * outage_repeat.c - does the run repeat for ever?
 *
 * If something is still pending at the horizon, the run goes on beyond it, with no further shock edges, until nothing is pending
 * (it rests), a state comes back (it repeats for ever) or a bound is reached (not known: taken as no). A state is compared with one
 * kept (Brent 1980): the kept one is renewed after 1, 2, 4, ... instants, so a period is found within a few of its lengths. Levels
 * are compared by an incremental hash first; the whole state only when that agrees.
 */
#include "outage_run.h"

#include <string.h>

#define MOST_EVENTS_BEYOND 1000000
#define END_OF_TIME (OPRES_NEVER / 2) /* no sum of a time before it and a duration overflows */

typedef struct Snapshot
{
	uint64_t *words;
	int32_t count;
	int32_t capacity;
	uint64_t level_hash;
} Snapshot;

static bool
put(OpresOutage *o, Snapshot *s, uint64_t word)
{
	if (!opres_arena_grow(o->arena, (void **) &s->words, &s->capacity, s->count + 1, sizeof(uint64_t)))
		return opres_out_of_memory(o);
	s->words[s->count++] = word;
	return true;
}

static bool
put_level(OpresOutage *o, Snapshot *s, double level)
{
	uint64_t bits;

	memcpy(&bits, &level, sizeof(bits));
	return put(o, s, bits);
}

/* What is still in the window, with times relative to now. */
static bool
put_window(OpresOutage *o, Snapshot *s, const Window *w, OpresTime width)
{
	for (int32_t i = w == NULL ? 0 : w->head; w != NULL && i < w->head + w->count; i++)
		if (w->items[i].end > o->now - width &&
			(!put_level(o, s, w->items[i].value) || !put(o, s, (uint64_t) (o->now - w->items[i].end))))
			return false;
	return put(o, s, UINT64_MAX);
}

/* Everything the future depends on. */
static bool
take(OpresOutage *o, Snapshot *s)
{
	s->count = 0;
	s->level_hash = o->level_hash;
	for (int32_t i = 0; i < o->nodes.count; i++)
	{
		const NodeState *n = node_at(o, i);

		if (!put_level(o, s, n->level) || !put_level(o, s, n->past_inputs) ||
			!put_window(o, s, n->window, o->model->restart[n->node]))
			return false;
	}
	for (int32_t i = 0; i < o->requirements.count; i++)
	{
		const RequirementState *q = requirement_at(o, i);
		const OpresRequirement *r = &o->model->requirements[q->requirement];
		OpresTime below = q->below_since == OPRES_NEVER ? -1 : o->now - q->below_since;

		if (below > r->switchover)
			below = r->switchover;
		if (!put_level(o, s, q->past_h) || !put(o, s, (uint64_t) below) || !put_window(o, s, q->window, r->buffer))
			return false;
	}
	return true;
}

static bool
same(const Snapshot *a, const Snapshot *b)
{
	return a->count == b->count && (a->count == 0 || memcmp(a->words, b->words, (size_t) a->count * sizeof(uint64_t)) == 0);
}

static bool
search(OpresOutage *o)
{
	Snapshot kept = { 0 };
	Snapshot current = { 0 };
	int64_t last_event = o->events + MOST_EVENTS_BEYOND + o->events;
	int64_t power = 1;
	int64_t steps = 0;

	o->period = 1;
	if (!take(o, &kept))
		return false;
	while (o->timers.count > 0 && o->timers.items[0].key < END_OF_TIME && o->events < last_event)
	{
		if (!opres_solve_instant(o))
			return false;
		if (o->level_hash == kept.level_hash)
		{
			if (!take(o, &current))
				return false;
			if (same(&kept, &current))
			{
				o->repeats = true;
				return true;
			}
		}
		if (++steps < power)
			continue;
		power *= 2;
		steps = 0;
		o->period++;
		if (!take(o, &kept))
			return false;
	}
	return true;
}

bool
opres_detect_repetition(OpresOutage *o)
{
	if (o->timers.count == 0)
		return true;
	o->beyond = true;
	if (search(o))
		return true;
	/* The answer up to the horizon stands: what fails only in this look ahead is no reason to refuse it. */
	if (o->status != OPRES_MEMORY_LIMIT && o->status != OPRES_NOT_CONVERGED)
		return false;
	o->status = OPRES_OK;
	return true;
}
