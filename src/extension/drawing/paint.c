/*
 * paint.c - states of nodes and units from levels over time (see paint.h).
 *
 * Failed and degraded come from a node's own level. At risk is what a level does not show: the node still runs in full, but some
 * requirement of it has lost a member, or rests on one that is itself at risk, and has none to spare.
 */
#include "drawing/paint.h"

#include "miscadmin.h"
#include "utils/memutils.h"

double
opres_paint_worst(const OpresPaint *paint, int32 node, OpresTime *at)
{
	return opres_curve_worst(paint->curve[node], OPRES_DRAW_HORIZON, at);
}

OpresTime
opres_paint_longest(const OpresPaint *paint, int32 node, double level)
{
	OpresTime longest = 0;
	OpresTime from = 0;
	OpresTime start;
	OpresTime end;

	while (opres_curve_next_below(paint->curve[node], level, from, OPRES_DRAW_HORIZON, &start, &end))
	{
		if (end >= OPRES_DRAW_HORIZON)
			return OPRES_NEVER;
		longest = Max(longest, end - start);
		from = end;
	}
	return longest;
}

static OpresState
state_of_level(double worst)
{
	return worst <= OPRES_EPSILON ? OPRES_FAILED : worst < 1 - OPRES_EPSILON ? OPRES_DEGRADED : OPRES_UNTOUCHED;
}

/* ---- requirements at a moment ---- */

static int
compare_times(const void *left, const void *right)
{
	OpresTime a = *(const OpresTime *) left;
	OpresTime b = *(const OpresTime *) right;

	return a < b ? -1 : a > b;
}

/* All moments at which something about a requirement can change, sorted; palloc'd. */
static int32
moments_of(const OpresPaint *paint, const OpresMap *map, int32 requirement, OpresTime **moments)
{
	OpresTime switchover = map->model.requirements[requirement].switchover;
	int32 first;
	int32 end;
	int32 count = 1;
	int32 found = 0;

	opres_members(map, requirement, &first, &end);
	for (int32 i = first; i < end; i++)
		count += 2 * paint->curve[map->model.member_node[i]].count;
	*moments = palloc(sizeof(OpresTime) * count);
	(*moments)[found++] = 0;
	for (int32 i = first; i < end; i++)
	{
		OpresCurve curve = paint->curve[map->model.member_node[i]];

		for (int32 s = 0; s < curve.count; s++)
		{
			(*moments)[found++] = curve.steps[s].at;
			(*moments)[found++] = curve.steps[s].at + switchover;
		}
	}
	qsort(*moments, found, sizeof(OpresTime), compare_times);
	return found;
}

static int
compare_levels(const void *left, const void *right)
{
	double a = *(const double *) left;
	double b = *(const double *) right;

	return a > b ? -1 : a < b;
}

/* What the first `count` members deliver together at a moment. */
static double
delivered(const OpresPaint *paint, const OpresMap *map, int32 requirement, int32 count, OpresTime at, double *levels)
{
	const OpresRequirement *need = &map->model.requirements[requirement];
	double sum = 0;

	for (int32 i = 0; i < count; i++)
	{
		int32 member = need->first_member + i;

		levels[i] = opres_curve_at(paint->curve[map->model.member_node[member]], at);
		sum += levels[i] * opres_member_capacity(map, member);
	}
	if (need->mode == OPRES_POOL)
		return Min(sum / need->needed, 1);
	qsort(levels, count, sizeof(double), compare_levels);
	return need->needed > count + 0.5 ? 0 : levels[(int32) (need->needed + 0.5) - 1];
}

/* The worst a requirement gets, switchover included, impact and buffer left aside: they are the dependent's. */
static double
worst_delivered(const OpresPaint *paint, const OpresMap *map, int32 requirement)
{
	const OpresRequirement *need = &map->model.requirements[requirement];
	OpresTime *moments;
	OpresTime down_since = OPRES_NEVER;
	int32 first;
	int32 end;
	int32 count = moments_of(paint, map, requirement, &moments);
	double *levels;
	double worst = 1;

	opres_members(map, requirement, &first, &end);
	levels = palloc(sizeof(double) * (end - first));
	for (int32 i = 0; i < count && moments[i] < OPRES_DRAW_HORIZON; i++)
	{
		double active = delivered(paint, map, requirement, need->active_count, moments[i], levels);
		double all = delivered(paint, map, requirement, end - first, moments[i], levels);

		if (active >= 1 - OPRES_EPSILON)
			down_since = OPRES_NEVER;
		else if (down_since == OPRES_NEVER)
			down_since = moments[i];
		worst = Min(worst, down_since != OPRES_NEVER && moments[i] - down_since >= need->switchover ? all : active);
	}
	pfree(levels);
	pfree(moments);
	return worst;
}

/* Whether at some moment the loss of one more member would be felt. */
static bool
nothing_to_spare(const OpresPaint *paint, const OpresMap *map, int32 requirement)
{
	const OpresRequirement *need = &map->model.requirements[requirement];
	OpresTime *moments;
	int32 first;
	int32 end;
	int32 count = moments_of(paint, map, requirement, &moments);
	bool nothing = false;

	opres_members(map, requirement, &first, &end);
	for (int32 i = 0; i < count && moments[i] < OPRES_DRAW_HORIZON && !nothing; i++)
	{
		double left = 0;
		double largest = 0;

		for (int32 m = first; m < end; m++)
		{
			double level = opres_curve_at(paint->curve[map->model.member_node[m]], moments[i]);
			double share = need->mode == OPRES_POOL ? level * opres_member_capacity(map, m) : level >= 1 - OPRES_EPSILON;

			left += share;
			largest = Max(largest, share);
		}
		nothing = left - largest < need->needed - OPRES_EPSILON;
	}
	pfree(moments);
	return nothing;
}

/* ---- nodes and units ---- */

/* Touched nodes first, then whatever rests on them without anything to spare, and so on up. */
static void
spread_risk(OpresPaint *paint, const OpresMap *map)
{
	const OpresModel *model = &map->model;
	int32 *queue = MemoryContextAllocHuge(CurrentMemoryContext, sizeof(int32) * Max(model->node_count, 1));
	int32 count = 0;

	for (int32 i = 0; i < model->node_count; i++)
		if (paint->state[i] > OPRES_AT_RISK)
			queue[count++] = i;
	for (int32 i = 0; i < count; i++)
		for (int32 u = model->first_use[queue[i]]; u < model->first_use[queue[i] + 1]; u++)
		{
			int32 requirement = model->use_requirement[u];
			int32 owner = model->requirements[requirement].owner;

			CHECK_FOR_INTERRUPTS();
			if (paint->state[owner] == OPRES_UNTOUCHED && !model->requirements[requirement].for_start &&
				nothing_to_spare(paint, map, requirement))
			{
				paint->state[owner] = OPRES_AT_RISK;
				queue[count++] = owner;
			}
		}
	pfree(queue);
}

void
opres_paint_nodes(OpresPaint *paint, const OpresMap *map)
{
	OpresTime at;

	paint->state = palloc_extended(Max(map->model.node_count, 1), MCXT_ALLOC_HUGE);
	for (int32 i = 0; i < map->model.node_count; i++)
		paint->state[i] = state_of_level(opres_paint_worst(paint, i, &at));
	spread_risk(paint, map);
}

/* The state of members drawn together: the worst that any requirement for them gets. */
static OpresState
state_of_members(const OpresPaint *paint, const OpresMap *map, int32 requirement)
{
	const OpresModel *model = &map->model;
	int32 member = model->member_node[model->requirements[requirement].first_member];
	OpresState state = OPRES_UNTOUCHED;
	int32 first;
	int32 end;
	bool touched = false;

	opres_members(map, requirement, &first, &end);
	for (int32 i = first; i < end; i++)
		touched |= paint->state[model->member_node[i]] > OPRES_UNTOUCHED;
	if (!touched)
		return OPRES_UNTOUCHED;
	for (int32 u = model->first_use[member]; u < model->first_use[member + 1]; u++)
	{
		OpresState one = state_of_level(worst_delivered(paint, map, model->use_requirement[u]));

		if (one == OPRES_UNTOUCHED && nothing_to_spare(paint, map, model->use_requirement[u]))
			one = OPRES_AT_RISK;
		state = Max(state, one);
	}
	return state;
}

void
opres_paint_units(const OpresPaint *paint, OpresView *view)
{
	for (int32 i = 0; i < view->unit_count; i++)
	{
		OpresUnit *unit = &view->units[i];

		CHECK_FOR_INTERRUPTS();
		unit->state = unit->node >= 0 ? paint->state[unit->node] : state_of_members(paint, view->map, unit->requirement);
	}
}
