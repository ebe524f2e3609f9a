/*
 * recovery.c - when a node is back for good, and which direct suppliers it had to wait for.
 */
#include "trace.h"

#include <stdlib.h>

/* The curve dips below 1 at some moment, or (at_end) is below 1 when the horizon comes. */
static bool
dips(OpresCurve curve, bool at_end)
{
	for (int32_t i = at_end ? curve.count - 1 : 0; i >= 0 && i < curve.count; i++)
		if (curve.steps[i].level < 1.0 - OPRES_EPSILON)
			return true;
	return false;
}

/* When a node is back at 1 for good; never, if it keeps falling in a run that repeats for ever. */
static OpresTime
back(const OpresOutage *outage, int32_t node)
{
	if (opres_outage_oscillates(outage, node, 1.0))
		return OPRES_NEVER;
	return opres_curve_recovered(opres_outage_levels(outage, node), 1.0, outage->horizon);
}

static int
compare_nodes(const void *a, const void *b)
{
	const int32_t *x = a;
	const int32_t *y = b;

	return (*x > *y) - (*x < *y);
}

/* Sorts nodes and keeps one of each. */
static int32_t
each_once(int32_t *nodes, int32_t count)
{
	int32_t kept = 0;

	if (count > 1)
		qsort(nodes, (size_t) count, sizeof(int32_t), compare_nodes);
	for (int32_t i = 0; i < count; i++)
		if (kept == 0 || nodes[i] != nodes[kept - 1])
			nodes[kept++] = nodes[i];
	return kept;
}

/*
 * A supplier is waited for if it is a member of a requirement that was not whole (after its buffer), was below 1 itself, and came
 * back no later than the node; for a node that never comes back, if requirement and supplier are still below 1 at the horizon (or,
 * where the node keeps falling for ever, if the supplier does not come back for good either).
 */
OpresStatus
opres_outage_recovery(const OpresOutage *outage, int32_t node, OpresArena *arena, OpresTime *back_at, int32_t **waits_for,
					  int32_t *count, OpresError *error)
{
	const OpresModel *model = outage->model;
	OpresTrace trace = { outage, arena, 0 };
	OpresNodeTrace n;
	int32_t capacity = 0;
	bool never;
	bool at_end;

	*waits_for = NULL;
	*count = 0;
	*back_at = back(outage, node);
	never = *back_at == OPRES_NEVER;
	at_end = never && !opres_outage_oscillates(outage, node, 1.0);
	if (opres_cancelled(arena->env))
		return opres_fail(error, OPRES_CANCELLED, -1, "cancelled");
	if (!opres_trace_node(&trace, node, &n))
		return opres_fail(error, arena->status, -1, "not enough memory for the order of recovery");
	for (int32_t i = 0; i < n.requirement_count; i++)
	{
		int32_t requirement = n.requirements[i].requirement;

		if (!dips(n.requirements[i].buffered, at_end))
			continue;
		for (int32_t m = model->requirements[requirement].first_member; m < member_end(model, requirement); m++)
		{
			int32_t supplier = model->member_node[m];
			OpresTime supplier_back = back(outage, supplier);

			if (!dips(opres_outage_levels(outage, supplier), at_end) ||
				(never ? supplier_back != OPRES_NEVER : supplier_back > *back_at))
				continue;
			if (!opres_arena_grow(arena, (void **) waits_for, &capacity, *count + 1, sizeof(int32_t)))
				return opres_fail(error, arena->status, -1, "not enough memory for the order of recovery");
			(*waits_for)[(*count)++] = supplier;
		}
	}
	*count = each_once(*waits_for, *count);
	return OPRES_OK;
}
