/*
 * outage_state.c - the states of a running outage: created when touched, marked when something they read has changed.
 */
#include "outage_run.h"

#include <string.h>

static int32_t
most_changing_node(const OpresOutage *o)
{
	const NodeState *most = NULL;

	for (int32_t i = 0; i < o->nodes.count; i++)
		if (most == NULL || node_at(o, i)->changes > most->changes)
			most = node_at(o, i);
	return most == NULL ? -1 : most->node;
}

bool
opres_out_of_memory(OpresOutage *o)
{
	o->status = o->arena->status;
	opres_fail(o->error, o->status, most_changing_node(o),
			   o->status == OPRES_MEMORY_LIMIT ? "the run needs more memory than allowed" : "out of memory");
	return false;
}

bool
opres_count_event(OpresOutage *o, int32_t work)
{
	o->events++;
	o->work += work + 1;
	if (o->work >= OPRES_CANCEL_CHECK_WORK)
	{
		o->work = 0;
		if (opres_cancelled(o->arena->env))
		{
			o->status = opres_fail(o->error, OPRES_CANCELLED, -1, "cancelled");
			return false;
		}
	}
	if (o->limits->max_events > 0 && o->events > o->limits->max_events && !o->beyond)
	{
		o->status = opres_fail(o->error, OPRES_EVENT_LIMIT, most_changing_node(o), "more than %lld events",
							   (long long) o->limits->max_events);
		return false;
	}
	return true;
}

bool
opres_lowest_shock(const OpresShock *shocks, int32_t end, OpresTime at, int32_t *next, OpresHeap *active, double *level)
{
	for (; *next < end && shocks[*next].onset <= at; ++*next)
	{
		int64_t bits; /* of levels from 0 to 1, in the order of the levels */

		memcpy(&bits, &shocks[*next].level, sizeof(bits));
		if (!opres_heap_push(active, bits, 0, *next))
			return false;
	}
	while (active->count > 0 && opres_shock_end(&shocks[active->items[0].id]) <= at)
		opres_heap_pop(active);
	*level = active->count == 0 ? 1.0 : shocks[active->items[0].id].level;
	return true;
}

static void *
new_state(OpresOutage *o, Blocks *b, size_t size)
{
	if (b->count == b->block_count * BLOCK_SIZE)
	{
		void *block = opres_arena_array(o->arena, BLOCK_SIZE, size);

		if (block == NULL ||
			!opres_arena_grow(o->arena, (void **) &b->blocks, &b->block_capacity, b->block_count + 1, sizeof(void *)))
		{
			opres_out_of_memory(o);
			return NULL;
		}
		b->blocks[b->block_count++] = block;
	}
	b->count++;
	return (char *) b->blocks[(b->count - 1) >> BLOCK_BITS] + (size_t) ((b->count - 1) & (BLOCK_SIZE - 1)) * size;
}

static bool
new_window(OpresOutage *o, Window **window)
{
	*window = opres_arena_array(o->arena, 1, sizeof(Window));
	return *window != NULL || opres_out_of_memory(o);
}

NodeState *
opres_touch_node(OpresOutage *o, int32_t node)
{
	int32_t slot = o->scratch->node_slot[node];
	NodeState *n;

	if (slot >= 0)
		return node_at(o, slot);
	n = new_state(o, &o->nodes, sizeof(NodeState));
	if (n == NULL)
		return NULL;
	o->scratch->node_slot[node] = o->nodes.count - 1;
	n->node = node; /* before anything fails: clean_scratch goes by it */
	if (o->model->restart[node] > 0 && !new_window(o, &n->window))
		return NULL;
	n->first_requirement = n->first_dirty = n->last_loss = n->unknown = -1;
	n->past_inputs = n->past_level = n->level = n->own = n->run = n->start = n->reported = 1.0;
	return n;
}

RequirementState *
opres_touch_requirement(OpresOutage *o, int32_t requirement)
{
	int32_t slot = o->scratch->requirement_slot[requirement];
	RequirementState *q;
	NodeState *owner;

	if (slot >= 0)
		return requirement_at(o, slot);
	owner = opres_touch_node(o, o->model->requirements[requirement].owner);
	if (owner == NULL)
		return NULL;
	q = new_state(o, &o->requirements, sizeof(RequirementState));
	if (q == NULL)
		return NULL;
	o->scratch->requirement_slot[requirement] = o->requirements.count - 1;
	q->requirement = requirement;
	if (o->model->requirements[requirement].buffer > 0 && !new_window(o, &q->window))
		return NULL;
	q->owner = o->scratch->node_slot[owner->node];
	q->next_of_owner = owner->first_requirement;
	owner->first_requirement = o->requirements.count - 1;
	q->for_start = o->model->requirements[requirement].for_start;
	q->next_dirty = -1;
	q->below_since = OPRES_NEVER;
	q->past_h = q->h = q->buffered = 1.0;
	return q;
}

/* Nothing at or after the horizon happens; beyond it the run goes on without further shocks. */
bool
opres_set_timer(OpresOutage *o, OpresTime at, TimerKind kind, int32_t slot)
{
	if (!opres_heap_push(&o->timers, at, kind, slot))
		return opres_out_of_memory(o);
	return true;
}

bool
opres_mark_node(OpresOutage *o, NodeState *n, bool rise)
{
	n->may_rise |= rise;
	if (n->queued)
		return true;
	n->queued = true;
	if (!opres_heap_push(&o->queue, o->model->component[n->node], 0, o->scratch->node_slot[n->node]))
		return opres_out_of_memory(o);
	return true;
}

bool
opres_mark_requirement(OpresOutage *o, RequirementState *q, bool rise)
{
	NodeState *owner = node_at(o, q->owner);

	if (!q->dirty)
	{
		q->dirty = true;
		q->next_dirty = owner->first_dirty;
		owner->first_dirty = o->scratch->requirement_slot[q->requirement];
	}
	return opres_mark_node(o, owner, rise);
}

/* The users of a node outside its own component: those inside are the component solver's business. */
bool
opres_mark_users(OpresOutage *o, const NodeState *n, bool rise)
{
	const OpresModel *model = o->model;

	for (int32_t u = model->first_use[n->node]; u < model->first_use[n->node + 1]; u++)
	{
		int32_t requirement = model->use_requirement[u];
		RequirementState *q;

		if (model->component[model->requirements[requirement].owner] == model->component[n->node])
			continue;
		q = opres_touch_requirement(o, requirement);
		if (q == NULL || !opres_mark_requirement(o, q, rise))
			return false;
	}
	return opres_count_event(o, model->first_use[n->node + 1] - model->first_use[n->node]);
}

/* Drops what ended at or before `oldest`, the beginning of the window. */
void
opres_window_expire(Window *w, OpresTime oldest)
{
	while (w != NULL && w->count > 0 && w->items[w->head].end <= oldest)
	{
		w->head++;
		w->count--;
	}
}

/* The function changed from `past` to `now` at time `at`. */
bool
opres_window_push(OpresOutage *o, Window *w, double past, double now, OpresTime at, bool keep_largest)
{
	if (keep_largest ? now > past : now < past)
	{
		while (w->count > 0)
		{
			double last = w->items[w->head + w->count - 1].value;

			if (keep_largest ? last > now : last < now)
				break;
			w->count--;
		}
		return true;
	}
	if (w->head > 0 && w->head + w->count == w->capacity)
	{
		memmove(w->items, w->items + w->head, (size_t) w->count * sizeof(PastValue));
		w->head = 0;
	}
	if (!opres_arena_grow(o->arena, (void **) &w->items, &w->capacity, w->head + w->count + 1, sizeof(PastValue)))
		return opres_out_of_memory(o);
	w->items[w->head + w->count++] = (PastValue){ past, at };
	return true;
}
