/*
 * outage.c - runs an outage (outage.h): an event queue of the moments at which something can change, each solved in the order of
 * the map's components and then committed.
 *
 * Moments: a shock begins or ends; a past value leaves a buffer's or a restart's window; a switchover is due. Between them all
 * levels stay. Memory belongs to the caller's arena; the scratch arrays are handed back clean on every way out.
 */
#include "outage_run.h"

#include <stdlib.h>
#include <string.h>

static int
compare_shocks(const void *a, const void *b)
{
	const OpresShock *x = a;
	const OpresShock *y = b;

	if (x->node != y->node)
		return x->node < y->node ? -1 : 1;
	return (x->onset > y->onset) - (x->onset < y->onset);
}

/* Shocks by node, with a state for every node hit before the horizon and timers for the edges before it. */
static bool
prepare_shocks(OpresOutage *o, const OpresShock *shocks, int32_t count)
{
	o->shocks = opres_arena_array(o->arena, (size_t) count + 1, sizeof(OpresShock));
	o->active = opres_arena_array(o->arena, (size_t) count + 1, sizeof(OpresHeapItem));
	if (o->shocks == NULL || o->active == NULL)
		return opres_out_of_memory(o);
	for (int32_t i = 0; i < count; i++)
		if (shocks[i].onset < o->horizon)
			o->shocks[o->shock_count++] = shocks[i];
	qsort(o->shocks, (size_t) o->shock_count, sizeof(OpresShock), compare_shocks);
	for (int32_t i = 0; i < o->shock_count; i++)
	{
		NodeState *n = opres_touch_node(o, o->shocks[i].node);
		int32_t slot;

		if (n == NULL)
			return false;
		if (n->end_shock == 0)
			n->first_shock = n->next_shock = i;
		n->end_shock = i + 1;
		slot = o->scratch->node_slot[n->node];
		if (o->shocks[i].duration == 0)
			continue;
		if (!opres_set_timer(o, o->shocks[i].onset, TIMER_OWN, slot))
			return false;
		if (opres_shock_end(&o->shocks[i]) < o->horizon && !opres_set_timer(o, opres_shock_end(&o->shocks[i]), TIMER_OWN, slot))
			return false;
	}
	return true;
}

static bool
own_level_changes(OpresOutage *o, NodeState *n)
{
	OpresHeap active = { o->arena, o->active + n->first_shock, n->active_shocks, n->end_shock - n->first_shock };
	double before = n->own;

	if (!opres_lowest_shock(o->shocks, n->end_shock, o->now, &n->next_shock, &active, &n->own))
		return opres_out_of_memory(o);
	n->active_shocks = active.count;
	n->rescan = true;
	return n->own == before || opres_mark_node(o, n, n->own > before);
}

/* Timers are never taken back: one whose reason has gone is passed over here. */
static bool
timer_fires(OpresOutage *o, OpresHeapItem timer)
{
	NodeState *n;
	RequirementState *q;
	const OpresRequirement *r;

	switch ((TimerKind) timer.kind)
	{
		case TIMER_OWN:
			return own_level_changes(o, node_at(o, timer.id));
		case TIMER_INPUTS:
			n = node_at(o, timer.id);
			if (n->window->count > 0 && n->window->items[n->window->head].end + o->model->restart[n->node] <= o->now)
				return opres_mark_node(o, n, true);
			return true;
		case TIMER_BUFFER:
			q = requirement_at(o, timer.id);
			r = &o->model->requirements[q->requirement];
			if (q->window->count > 0 && q->window->items[q->window->head].end + r->buffer <= o->now)
				return opres_mark_requirement(o, q, false);
			return true;
		case TIMER_SWITCHOVER:
			q = requirement_at(o, timer.id);
			r = &o->model->requirements[q->requirement];
			if (q->below_since != OPRES_NEVER && q->below_since + r->switchover == o->now)
				return opres_mark_requirement(o, q, true);
			return true;
	}
	return true;
}

static bool
commit_requirement(OpresOutage *o, int32_t slot)
{
	RequirementState *q = requirement_at(o, slot);
	const OpresRequirement *r = &o->model->requirements[q->requirement];

	if (!q->below)
		q->below_since = OPRES_NEVER;
	else if (q->below_since == OPRES_NEVER)
	{
		q->below_since = o->now;
		if (r->switchover > 0 && has_standby(o->model, q->requirement) &&
			!opres_set_timer(o, o->now + r->switchover, TIMER_SWITCHOVER, slot))
			return false;
	}
	if (r->buffer > 0)
	{
		if (q->h != q->past_h && !opres_window_push(o, q->window, q->past_h, q->h, o->now, true))
			return false;
		if (q->window->count > 0 && q->window->items[q->window->head].end + r->buffer != q->timer)
		{
			q->timer = q->window->items[q->window->head].end + r->buffer;
			if (!opres_set_timer(o, q->timer, TIMER_BUFFER, slot))
				return false;
		}
	}
	q->past_h = q->h;
	return true;
}

static uint64_t
hash_level(int32_t node, double level)
{
	uint64_t bits;

	memcpy(&bits, &level, sizeof(bits));
	bits = (bits + (uint64_t) node + 1) * UINT64_C(0x9E3779B97F4A7C15);
	bits = (bits ^ (bits >> 32)) * UINT64_C(0xD6E8FEB86659FD93);
	return bits ^ (bits >> 29);
}

/* Before the horizon a change is reported; beyond it only the extremes of the period are of interest. */
static bool
report_level(OpresOutage *o, NodeState *n)
{
	double difference = n->level > n->reported ? n->level - n->reported : n->reported - n->level;

	if (o->beyond)
	{
		o->level_hash ^= hash_level(n->node, n->past_level) ^ hash_level(n->node, n->level);
		if (n->period != o->period)
		{
			n->period = o->period;
			n->period_low = n->period_high = n->level;
		}
		if (n->level < n->period_low)
			n->period_low = n->level;
		if (n->level > n->period_high)
			n->period_high = n->level;
		return true;
	}
	if (difference <= OPRES_EPSILON)
		return true;
	if (!opres_arena_grow(o->arena, (void **) &n->steps, &n->step_capacity, n->step_count + 1, sizeof(OpresCurveStep)))
		return opres_out_of_memory(o);
	n->steps[n->step_count++] = (OpresCurveStep){ o->now, n->level };
	n->reported = n->level;
	n->changes++;
	return true;
}

static bool
commit_node(OpresOutage *o, int32_t slot)
{
	NodeState *n = node_at(o, slot);
	OpresTime restart = o->model->restart[n->node];
	double inputs = n->start < n->run ? n->start : n->run;

	if (restart > 0)
	{
		if (inputs != n->past_inputs && !opres_window_push(o, n->window, n->past_inputs, inputs, o->now, false))
			return false;
		if (n->window->count > 0 && n->window->items[n->window->head].end + restart != n->timer)
		{
			n->timer = n->window->items[n->window->head].end + restart;
			if (!opres_set_timer(o, n->timer, TIMER_INPUTS, slot))
				return false;
		}
	}
	n->past_inputs = inputs;
	if (n->level != n->past_level && !report_level(o, n))
		return false;
	n->past_level = n->level;
	return true;
}

bool
opres_solve_instant(OpresOutage *o)
{
	o->now = o->timers.items[0].key;
	o->instant++;
	o->evaluated_node_count = o->evaluated_requirement_count = 0;
	while (o->timers.count > 0 && o->timers.items[0].key == o->now)
	{
		OpresHeapItem timer = opres_heap_pop(&o->timers);

		if (!(o->beyond && timer.kind == TIMER_OWN) && !timer_fires(o, timer))
			return false;
	}
	while (o->queue.count > 0)
		if (!opres_solve_component(o, (int32_t) o->queue.items[0].key))
			return false;
	for (int32_t i = 0; i < o->evaluated_requirement_count; i++)
		if (!commit_requirement(o, o->evaluated_requirements[i]))
			return false;
	for (int32_t i = 0; i < o->evaluated_node_count; i++)
		if (!commit_node(o, o->evaluated_nodes[i]))
			return false;
	return opres_count_event(o, 0);
}

static int
compare_slots(const void *a, const void *b)
{
	const int32_t *x = a;
	const int32_t *y = b;

	return (x[0] > y[0]) - (x[0] < y[0]);
}

/* Lists touched nodes in node order: by sorting few, by walking the map for many. */
static bool
list_touched(OpresOutage *o)
{
	int32_t count = o->nodes.count;
	int32_t *pairs = opres_arena_array(o->arena, (size_t) count * 2 + 1, sizeof(int32_t));

	o->touched = opres_arena_array(o->arena, (size_t) count + 1, sizeof(int32_t));
	o->touched_slot = opres_arena_array(o->arena, (size_t) count + 1, sizeof(int32_t));
	o->changed = opres_arena_array(o->arena, (size_t) count + 1, sizeof(int32_t));
	if (pairs == NULL || o->touched == NULL || o->touched_slot == NULL || o->changed == NULL)
		return opres_out_of_memory(o);
	if (count > o->model->node_count / 16)
	{
		int32_t at = 0;

		for (int32_t node = 0; node < o->model->node_count; node++)
			if (o->scratch->node_slot[node] >= 0)
			{
				pairs[at++] = node;
				pairs[at++] = o->scratch->node_slot[node];
			}
	}
	else
	{
		for (int32_t slot = 0; slot < count; slot++)
		{
			pairs[2 * slot] = node_at(o, slot)->node;
			pairs[2 * slot + 1] = slot;
		}
		qsort(pairs, (size_t) count, 2 * sizeof(int32_t), compare_slots);
	}
	for (int32_t i = 0; i < count; i++)
	{
		o->touched[i] = pairs[2 * i];
		o->touched_slot[i] = pairs[2 * i + 1];
		if (node_at(o, o->touched_slot[i])->step_count > 0)
			o->changed[o->changed_count++] = o->touched[i];
	}
	o->touched_count = count;
	return true;
}

static void
clean_scratch(OpresOutage *o)
{
	for (int32_t i = 0; i < o->nodes.count; i++)
		o->scratch->node_slot[node_at(o, i)->node] = -1;
	for (int32_t i = 0; i < o->requirements.count; i++)
		o->scratch->requirement_slot[requirement_at(o, i)->requirement] = -1;
}

static bool
run(OpresOutage *o, const OpresShock *shocks, int32_t shock_count)
{
	if (!prepare_shocks(o, shocks, shock_count))
		return false;
	while (o->timers.count > 0 && o->timers.items[0].key < o->horizon)
		if (!opres_solve_instant(o))
			return false;
	return opres_compute_losses(o) && opres_detect_repetition(o) && list_touched(o);
}

OpresStatus
opres_outage_run(const OpresModel *model, OpresScratch *scratch, const OpresShock *shocks, int32_t shock_count, OpresTime horizon,
				 const OpresLimits *limits, OpresArena *arena, OpresOutage **outage, OpresError *error)
{
	OpresOutage *o = opres_arena_array(arena, 1, sizeof(OpresOutage));

	*outage = o;
	if (o == NULL)
		return opres_fail(error, arena->status, -1, "out of memory");
	o->model = model;
	o->scratch = scratch;
	o->arena = o->timers.arena = o->queue.arena = arena;
	o->limits = limits;
	o->error = error;
	o->horizon = horizon;
	run(o, shocks, shock_count);
	clean_scratch(o);
	return o->status;
}

const NodeState *
opres_find_state(const OpresOutage *o, int32_t node)
{
	int32_t low = 0;
	int32_t high = o->touched_count;

	while (low < high)
	{
		int32_t middle = low + (high - low) / 2;

		if (o->touched[middle] < node)
			low = middle + 1;
		else
			high = middle;
	}
	return low < o->touched_count && o->touched[low] == node ? node_at(o, o->touched_slot[low]) : NULL;
}

OpresCurve
opres_outage_levels(const OpresOutage *outage, int32_t node)
{
	const NodeState *n = opres_find_state(outage, node);

	return n == NULL ? (OpresCurve){ NULL, 0 } : (OpresCurve){ n->steps, n->step_count };
}

int32_t
opres_outage_touched(const OpresOutage *outage, const int32_t **nodes)
{
	*nodes = outage->changed;
	return outage->changed_count;
}

bool
opres_outage_oscillates(const OpresOutage *outage, int32_t node, double level)
{
	const NodeState *n = opres_find_state(outage, node);

	return outage->repeats && n != NULL && n->period == outage->period && n->period_high - n->period_low > OPRES_EPSILON &&
		   n->period_low < level - OPRES_EPSILON;
}

int64_t
opres_outage_events(const OpresOutage *outage)
{
	return outage->events;
}
