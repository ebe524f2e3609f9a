/*
 * outage_evaluate.c - rules 1 to 5 of outage-semantics.md at one instant, from the levels as they stand (tentative inside a
 * component).
 */
#include "outage_run.h"

/* k-th highest of levels[0 .. count); reorders them (Hoare's selection). */
double
opres_kth_highest(double *levels, int32_t count, int32_t k)
{
	int32_t low = 0;
	int32_t high = count - 1;
	int32_t wanted = k - 1;

	while (low < high)
	{
		double pivot = levels[low + (high - low) / 2];
		int32_t i = low;
		int32_t j = high;

		while (i <= j)
		{
			while (levels[i] > pivot)
				i++;
			while (levels[j] < pivot)
				j--;
			if (i <= j)
			{
				double swap = levels[i];

				levels[i++] = levels[j];
				levels[j--] = swap;
			}
		}
		if (wanted <= j)
			high = j;
		else if (wanted >= i)
			low = i;
		else
			break;
	}
	return levels[wanted];
}

/* The level a requirement gets from its first `count` members. */
static bool
supply(OpresOutage *o, int32_t requirement, int32_t count, double *level)
{
	const OpresModel *model = o->model;
	const OpresRequirement *r = &model->requirements[requirement];
	int32_t k = (int32_t) r->needed;

	if (r->mode == OPRES_POOL)
	{
		double sum = 0;

		for (int32_t i = r->first_member; i < r->first_member + count; i++)
			sum += member_capacity(model, i) * level_now(o, model->member_node[i]);
		sum /= r->needed;
		*level = sum >= 1.0 - OPRES_EPSILON ? 1.0 : sum;
		return true;
	}
	if (k == 1 || k == count)
	{
		double found = level_now(o, model->member_node[r->first_member]);

		for (int32_t i = r->first_member + 1; i < r->first_member + count; i++)
		{
			double member = level_now(o, model->member_node[i]);

			if (k == 1 && count > 1 ? member > found : member < found)
				found = member;
		}
		*level = found;
		return true;
	}
	if (!opres_arena_grow(o->arena, (void **) &o->levels, &o->level_capacity, count, sizeof(double)))
		return opres_out_of_memory(o);
	for (int32_t i = 0; i < count; i++)
		o->levels[i] = level_now(o, model->member_node[r->first_member + i]);
	*level = opres_kth_highest(o->levels, count, k);
	return true;
}

static bool
remember(OpresOutage *o, int32_t **list, int32_t *count, int32_t *capacity, int32_t slot)
{
	if (!opres_arena_grow(o->arena, (void **) list, capacity, *count + 1, sizeof(int32_t)))
		return opres_out_of_memory(o);
	(*list)[(*count)++] = slot;
	return true;
}

/* First evaluation in this instant: lets go of what has left the window and puts the requirement on the list to commit. */
static bool
begin_requirement(OpresOutage *o, RequirementState *q)
{
	if (q->instant == o->instant)
		return true;
	q->instant = o->instant;
	opres_window_expire(q->window, o->now - o->model->requirements[q->requirement].buffer);
	return remember(o, &o->evaluated_requirements, &o->evaluated_requirement_count, &o->evaluated_requirement_capacity,
					o->scratch->requirement_slot[q->requirement]);
}

bool
opres_begin_node(OpresOutage *o, NodeState *n)
{
	if (n->instant == o->instant)
		return true;
	n->instant = o->instant;
	opres_window_expire(n->window, o->now - o->model->restart[n->node]);
	return remember(o, &o->evaluated_nodes, &o->evaluated_node_count, &o->evaluated_node_capacity, o->scratch->node_slot[n->node]);
}

bool
opres_evaluate_requirement(OpresOutage *o, RequirementState *q)
{
	const OpresModel *model = o->model;
	const OpresRequirement *r = &model->requirements[q->requirement];
	int32_t all = member_end(model, q->requirement) - r->first_member;
	double level = 1.0;

	if (!begin_requirement(o, q) || !supply(o, q->requirement, r->active_count, &level))
		return false;
	q->below = level < 1.0 - OPRES_EPSILON;
	q->switched = false;
	if (q->below && all > r->active_count)
	{
		/* Switched over once the active members were below 1 throughout [now - switchover, now]. */
		q->switched = r->switchover == 0 || (q->below_since != OPRES_NEVER && q->below_since <= o->now - r->switchover);
		if (q->switched && !supply(o, q->requirement, all, &level))
			return false;
	}
	/* A full impact hands the level on as it is, not as 1 - (1 - level). */
	q->h = r->impact == 1.0 ? level : 1.0 - r->impact * (1.0 - level);
	q->buffered = q->h;
	if (r->buffer > 0)
	{
		double past = q->window->count > 0 ? q->window->items[q->window->head].value : q->past_h;

		if (past > q->buffered)
			q->buffered = past;
	}
	return opres_count_event(o, q->switched ? all : r->active_count);
}

/* The minimum of min(R, S) over [now - restart, now), 1 where there is no window. */
double
opres_inputs_past(const OpresOutage *o, const NodeState *n)
{
	if (o->model->restart[n->node] == 0)
		return 1.0;
	return n->window->count > 0 ? n->window->items[n->window->head].value : n->past_inputs;
}

/* R and S from all touched requirements. */
static void
scan_requirements(const OpresOutage *o, NodeState *n)
{
	n->rescan = false;
	n->run = n->own;
	n->start = 1.0;
	for (int32_t slot = n->first_requirement; slot >= 0;)
	{
		const RequirementState *q = requirement_at(o, slot);
		double *side = q->for_start ? &n->start : &n->run;

		if (q->buffered < *side)
			*side = q->buffered;
		slot = q->next_of_owner;
	}
}

/* Evaluates the dirty requirements. Most leave the minimum with another one or make it lower: only when the one that gave it rises
   do all have to be looked at. */
static bool
evaluate_dirty(OpresOutage *o, NodeState *n)
{
	while (n->first_dirty >= 0)
	{
		RequirementState *q = requirement_at(o, n->first_dirty);
		double *side = q->for_start ? &n->start : &n->run;
		double before = q->buffered;

		n->first_dirty = q->next_dirty;
		q->next_dirty = -1;
		q->dirty = false;
		if (!opres_evaluate_requirement(o, q))
			return false;
		if (q->buffered <= *side)
			*side = q->buffered;
		else if (before <= *side)
			n->rescan = true;
	}
	return true;
}

bool
opres_evaluate_node(OpresOutage *o, NodeState *n, double *level)
{
	double window;

	if (!opres_begin_node(o, n))
		return false;
	if (!evaluate_dirty(o, n))
		return false;
	if (n->rescan)
		scan_requirements(o, n);
	window = opres_inputs_past(o, n);
	if (n->run < window)
		window = n->run;
	if (n->start < window)
		window = n->start;
	*level = window > n->past_level ? window : n->past_level;
	if (n->run < *level)
		*level = n->run;
	return opres_count_event(o, 1);
}
