/*
 * outage_component.c - the greatest solution of one strongly connected component at one instant.
 *
 * Outside cycles one evaluation is the answer. In a cycle the levels before the instant are a good start for falling, but not for
 * rising: two nodes that hold each other down would stay down for ever. So first every node that something rising can reach
 * without delay is raised to the most its own past allows (raise), then evaluation only lowers (settle). What was not reached can't
 * rise: given the past, the right-hand sides are monotone, and none of its inputs went up.
 *
 * A cycle with a gain below 1 converges for ever: after a while the component jumps to the solution of the linear system that
 * the bindings of the moment form (outage_linear.c) and goes on from there.
 */
#include "outage_run.h"

#define ROUND_EVALUATIONS 32 /* evaluations per node of the component between two tries to jump */
#define MOST_ROUNDS 2000
#define SETTLED 1e-12 /* after a jump: less than this is rounding */

static bool
wait_for_evaluation(OpresOutage *o, NodeState *n)
{
	if (n->queued)
		return true;
	n->queued = true;
	if (o->waiting_head > 64 && o->waiting_head > o->waiting_count / 2)
	{
		int32_t left = o->waiting_count - o->waiting_head;

		for (int32_t i = 0; i < left; i++)
			o->waiting[i] = o->waiting[o->waiting_head + i];
		o->waiting_head = 0;
		o->waiting_count = left;
	}
	if (!opres_arena_grow(o->arena, (void **) &o->waiting, &o->waiting_capacity, o->waiting_count + 1, sizeof(int32_t)))
		return opres_out_of_memory(o);
	o->waiting[o->waiting_count++] = o->scratch->node_slot[n->node];
	return true;
}

static bool
may_rise(OpresOutage *o, NodeState *n)
{
	if (n->raised)
		return true;
	n->raised = true;
	if (!opres_arena_grow(o->arena, (void **) &o->rising, &o->rising_capacity, o->rising_count + 1, sizeof(int32_t)))
		return opres_out_of_memory(o);
	o->rising[o->rising_count++] = o->scratch->node_slot[n->node];
	return true;
}

/* The users of n in its own component have to be evaluated again; with `rise` they may rise too. */
static bool
wake_users(OpresOutage *o, const NodeState *n, bool rise)
{
	const OpresModel *model = o->model;

	for (int32_t u = model->first_use[n->node]; u < model->first_use[n->node + 1]; u++)
	{
		int32_t requirement = model->use_requirement[u];
		RequirementState *q;
		NodeState *owner;

		if (model->component[model->requirements[requirement].owner] != model->component[n->node])
			continue;
		q = opres_touch_requirement(o, requirement);
		if (q == NULL)
			return false;
		owner = node_at(o, q->owner);
		if (!q->dirty)
		{
			q->dirty = true;
			q->next_dirty = owner->first_dirty;
			owner->first_dirty = o->scratch->requirement_slot[requirement];
		}
		if (!wait_for_evaluation(o, owner) || (rise && !may_rise(o, owner)))
			return false;
	}
	return opres_count_event(o, model->first_use[n->node + 1] - model->first_use[n->node]);
}

/* Raises what may rise, and what that reaches, to the most its own past allows. */
static bool
raise_reachable(OpresOutage *o)
{
	while (o->rising_count > 0)
	{
		NodeState *n = node_at(o, o->rising[--o->rising_count]);
		double most;

		if (!opres_begin_node(o, n))
			return false;
		most = opres_inputs_past(o, n);
		if (n->own < most)
			most = n->own;
		if (most <= n->level)
			continue;
		n->level = most;
		if (!wake_users(o, n, true))
			return false;
	}
	return true;
}

static bool
collect_lowered(OpresOutage *o, int32_t first)
{
	int32_t most = o->evaluated_node_count - first;

	o->lowered_count = 0;
	if (!opres_arena_grow(o->arena, (void **) &o->lowered, &o->lowered_capacity, most, sizeof(int32_t)))
		return opres_out_of_memory(o);
	for (int32_t i = first; i < o->evaluated_node_count; i++)
		if (node_at(o, o->evaluated_nodes[i])->lowered == o->round)
			o->lowered[o->lowered_count++] = o->evaluated_nodes[i];
	return true;
}

/* End of a round without rest: try to jump. */
static bool
next_round(OpresOutage *o, int32_t first, int32_t rounds, double *slack)
{
	bool jumped;

	if (!collect_lowered(o, first))
		return false;
	if (rounds >= MOST_ROUNDS)
	{
		int32_t node = o->lowered_count > 0 ? node_at(o, o->lowered[0])->node : -1;

		o->status = opres_fail(o->error, OPRES_NOT_CONVERGED, node, "a cycle without delay does not settle");
		return false;
	}
	if (!opres_solve_linear(o, o->lowered, o->lowered_count, &jumped))
		return false;
	if (jumped)
	{
		*slack = SETTLED;
		for (int32_t i = 0; i < o->lowered_count; i++)
			if (!wake_users(o, node_at(o, o->lowered[i]), false))
				return false;
	}
	o->round++;
	return true;
}

static bool
settle(OpresOutage *o, int32_t first)
{
	int64_t evaluations = 0;
	int32_t rounds = 0;
	double slack = 0;

	o->round++;
	while (o->waiting_head < o->waiting_count)
	{
		NodeState *n = node_at(o, o->waiting[o->waiting_head++]);
		double level;

		n->queued = false;
		if (!opres_evaluate_node(o, n, &level))
			return false;
		if (level < n->level - slack)
		{
			n->level = level;
			n->lowered = o->round;
			if (!wake_users(o, n, false))
				return false;
		}
		if (++evaluations > (int64_t) ROUND_EVALUATIONS * (o->evaluated_node_count - first))
		{
			evaluations = 0;
			if (!next_round(o, first, ++rounds, &slack))
				return false;
		}
	}
	return true;
}

static bool
solve_cycle(OpresOutage *o, int32_t component)
{
	int32_t first = o->evaluated_node_count;

	o->waiting_head = o->waiting_count = o->rising_count = 0;
	while (o->queue.count > 0 && o->queue.items[0].key == component)
	{
		NodeState *n = node_at(o, opres_heap_pop(&o->queue).id);

		n->queued = false;
		if (!wait_for_evaluation(o, n) || (n->may_rise && !may_rise(o, n)))
			return false;
	}
	if (!raise_reachable(o) || !settle(o, first))
		return false;
	for (int32_t i = first; i < o->evaluated_node_count; i++)
	{
		NodeState *n = node_at(o, o->evaluated_nodes[i]);

		n->raised = n->may_rise = false;
		if (n->level != n->past_level && !opres_mark_users(o, n, n->level > n->past_level))
			return false;
	}
	return true;
}

bool
opres_solve_component(OpresOutage *o, int32_t component)
{
	NodeState *n;

	if (o->model->component_size[component] > 1)
		return solve_cycle(o, component);
	n = node_at(o, opres_heap_pop(&o->queue).id);
	n->queued = n->may_rise = false;
	if (!opres_evaluate_node(o, n, &n->level))
		return false;
	return n->level == n->past_level || opres_mark_users(o, n, n->level > n->past_level);
}
