/*
 * trace.c - rebuilds the curves behind a node's level (trace.h). Straight from the rules of outage-semantics.md, over whole curves.
 */
#include "trace.h"

#include <stdlib.h>

static int
compare_times(const void *a, const void *b)
{
	const OpresTime *x = a;
	const OpresTime *y = b;

	return (*x > *y) - (*x < *y);
}

/* Moments at which something may change: sorted, each once, inside [0, horizon). */
typedef struct Moments
{
	OpresArena *arena;
	OpresTime horizon;
	OpresTime *at;
	int32_t count;
	int32_t capacity;
} Moments;

static bool
add_moment(Moments *m, OpresTime at)
{
	if (at < 0 || at >= m->horizon)
		return true;
	if (!opres_arena_grow(m->arena, (void **) &m->at, &m->capacity, m->count + 1, sizeof(OpresTime)))
		return false;
	m->at[m->count++] = at;
	return true;
}

static bool
add_steps(Moments *m, OpresCurve curve, OpresTime later)
{
	for (int32_t i = 0; i < curve.count; i++)
		if (!add_moment(m, curve.steps[i].at + later))
			return false;
	return true;
}

static void
sort_moments(Moments *m)
{
	int32_t kept = 0;

	if (m->count > 1) /* no array yet without moments */
		qsort(m->at, (size_t) m->count, sizeof(OpresTime), compare_times);
	for (int32_t i = 0; i < m->count; i++)
		if (kept == 0 || m->at[i] != m->at[kept - 1])
			m->at[kept++] = m->at[i];
	m->count = kept;
}

/* Appends a step if the level changes; out has room for every moment. */
static void
append_step(OpresStep *out, int32_t *count, OpresTime at, double level)
{
	if (level != (*count == 0 ? 1.0 : out[*count - 1].level))
		out[(*count)++] = (OpresStep){ at, level };
}

static bool
supplied_at(const OpresTrace *t, int32_t requirement, int32_t count, OpresTime at, double *work, double *level)
{
	const OpresModel *model = t->outage->model;
	const OpresRequirement *r = &model->requirements[requirement];
	double sum = 0;

	for (int32_t i = 0; i < count; i++)
	{
		work[i] = opres_curve_at(opres_outage_levels(t->outage, model->member_node[r->first_member + i]), at);
		sum += member_capacity(model, r->first_member + i) * work[i];
	}
	if (r->mode == OPRES_POOL)
		*level = sum / r->needed >= 1.0 - OPRES_EPSILON ? 1.0 : sum / r->needed;
	else
		*level = opres_kth_highest(work, count, (int32_t) r->needed);
	return true;
}

/* A (count = active members) or B (count = all) over time. */
static bool
supply_curve(const OpresTrace *t, int32_t requirement, int32_t count, OpresCurve *curve)
{
	const OpresModel *model = t->outage->model;
	const OpresRequirement *r = &model->requirements[requirement];
	Moments m = { .arena = t->arena, .horizon = t->outage->horizon };
	double *work = opres_arena_array(t->arena, (size_t) count, sizeof(double));
	OpresStep *steps;

	if (work == NULL)
		return false;
	for (int32_t i = 0; i < count; i++)
		if (!add_steps(&m, opres_outage_levels(t->outage, model->member_node[r->first_member + i]), 0))
			return false;
	sort_moments(&m);
	steps = opres_arena_array(t->arena, (size_t) m.count + 1, sizeof(OpresStep));
	if (steps == NULL)
		return false;
	*curve = (OpresCurve){ steps, 0 };
	for (int32_t i = 0; i < m.count; i++)
	{
		double level;

		supplied_at(t, requirement, count, m.at[i], work, &level);
		append_step(steps, &curve->count, m.at[i], level);
	}
	return true;
}

double
opres_trace_extreme(OpresCurve curve, OpresTime from, OpresTime at, bool largest)
{
	double found = from < 0 ? 1.0 : opres_curve_at(curve, from);

	for (int32_t i = 0; i < curve.count && curve.steps[i].at <= at; i++)
		if (curve.steps[i].at > from && (largest ? curve.steps[i].level > found : curve.steps[i].level < found))
			found = curve.steps[i].level;
	return found;
}

OpresTime
opres_trace_latest(OpresCurve curve, OpresTime from, OpresTime at, double most, bool below)
{
	OpresTime end = at;

	for (int32_t i = curve.count - 1; i >= -1; i--)
	{
		OpresTime start = i < 0 ? 0 : curve.steps[i].at;
		double level = i < 0 ? 1.0 : curve.steps[i].level;

		if (start > at)
			continue;
		if (below ? level <= most : level >= most)
			return end >= from && end >= 0 ? end : -1;
		end = start - 1;
		if (end < from)
			break;
	}
	return -1;
}

/* The running maximum (minimum) over [t - width, t]. */
static bool
slide(const OpresTrace *t, OpresCurve curve, OpresTime width, bool largest, OpresCurve *out)
{
	Moments m = { .arena = t->arena, .horizon = t->outage->horizon };
	OpresStep *steps;

	if (width == 0)
	{
		*out = curve;
		return true;
	}
	if (!add_steps(&m, curve, 0) || !add_steps(&m, curve, width))
		return false;
	sort_moments(&m);
	steps = opres_arena_array(t->arena, (size_t) m.count + 1, sizeof(OpresStep));
	if (steps == NULL)
		return false;
	*out = (OpresCurve){ steps, 0 };
	for (int32_t i = 0; i < m.count; i++)
		append_step(steps, &out->count, m.at[i], opres_trace_extreme(curve, m.at[i] - width, m.at[i], largest));
	return true;
}

/* Rules 1 to 3 for one requirement. */
static bool
trace_requirement(const OpresTrace *t, int32_t requirement, OpresRequirementTrace *trace)
{
	const OpresModel *model = t->outage->model;
	const OpresRequirement *r = &model->requirements[requirement];
	Moments m = { .arena = t->arena, .horizon = t->outage->horizon };
	OpresCurve active;
	OpresCurve all;
	OpresStep *supplied;
	OpresStep *switched;
	OpresTime below_since = OPRES_NEVER;

	trace->requirement = requirement;
	if (!supply_curve(t, requirement, r->active_count, &active) ||
		!supply_curve(t, requirement, member_end(model, requirement) - r->first_member, &all) || !add_steps(&m, active, 0) ||
		!add_steps(&m, all, 0) || !add_steps(&m, active, r->switchover))
		return false;
	sort_moments(&m);
	supplied = opres_arena_array(t->arena, (size_t) m.count + 1, sizeof(OpresStep));
	switched = opres_arena_array(t->arena, (size_t) m.count + 1, sizeof(OpresStep));
	if (supplied == NULL || switched == NULL)
		return false;
	trace->supplied = (OpresCurve){ supplied, 0 };
	trace->switched = (OpresCurve){ switched, 0 };
	for (int32_t i = 0; i < m.count; i++)
	{
		double level = opres_curve_at(active, m.at[i]);
		bool over;

		if (level >= 1.0 - OPRES_EPSILON)
			below_since = OPRES_NEVER;
		else if (below_since == OPRES_NEVER)
			below_since = m.at[i];
		over = has_standby(model, requirement) && below_since != OPRES_NEVER && below_since <= m.at[i] - r->switchover;
		if (over)
			level = opres_curve_at(all, m.at[i]);
		append_step(supplied, &trace->supplied.count, m.at[i], 1.0 - r->impact * (1.0 - level));
		append_step(switched, &trace->switched.count, m.at[i], over ? 0.0 : 1.0);
	}
	return slide(t, trace->supplied, r->buffer, true, &trace->buffered);
}

static bool
own_curve(const OpresTrace *t, const NodeState *n, OpresCurve *curve)
{
	Moments m = { .arena = t->arena, .horizon = t->outage->horizon };
	const OpresShock *shocks = t->outage->shocks;
	OpresStep *steps;

	for (int32_t i = n->first_shock; i < n->end_shock; i++)
		if (!add_moment(&m, shocks[i].onset) ||
			(shocks[i].duration != OPRES_NEVER && !add_moment(&m, shocks[i].onset + shocks[i].duration)))
			return false;
	sort_moments(&m);
	steps = opres_arena_array(t->arena, (size_t) m.count + 1, sizeof(OpresStep));
	if (steps == NULL)
		return false;
	*curve = (OpresCurve){ steps, 0 };
	for (int32_t k = 0; k < m.count; k++)
	{
		double own = 1.0;

		for (int32_t i = n->first_shock; i < n->end_shock; i++)
			if (shocks[i].onset <= m.at[k] && shocks[i].level < own &&
				(shocks[i].duration == OPRES_NEVER || m.at[k] < shocks[i].onset + shocks[i].duration))
				own = shocks[i].level;
		append_step(steps, &curve->count, m.at[k], own);
	}
	return true;
}

static bool
take_minimum(const OpresTrace *t, OpresCurve *curve, OpresCurve other)
{
	OpresStep *steps = opres_arena_array(t->arena, (size_t) curve->count + (size_t) other.count + 1, sizeof(OpresStep));

	if (steps == NULL)
		return false;
	*curve = (OpresCurve){ steps, opres_curve_minimum(*curve, other, steps) };
	return true;
}

static int
compare_requirements(const void *a, const void *b)
{
	const int32_t *x = a;
	const int32_t *y = b;

	return (*x > *y) - (*x < *y);
}

bool
opres_trace_node(const OpresTrace *t, int32_t node, OpresNodeTrace *trace)
{
	const NodeState *n = opres_find_state(t->outage, node);
	int32_t count = 0;
	int32_t *order;

	*trace = (OpresNodeTrace){ .node = node, .level = opres_outage_levels(t->outage, node) };
	if (n == NULL)
		return true;
	for (int32_t slot = n->first_requirement; slot >= 0; slot = requirement_at(t->outage, slot)->next_of_owner)
		count++;
	order = opres_arena_array(t->arena, (size_t) count + 1, sizeof(int32_t));
	trace->requirements = opres_arena_array(t->arena, (size_t) count + 1, sizeof(OpresRequirementTrace));
	if (order == NULL || trace->requirements == NULL || !own_curve(t, n, &trace->own))
		return false;
	for (int32_t slot = n->first_requirement; slot >= 0; slot = requirement_at(t->outage, slot)->next_of_owner)
		order[trace->requirement_count++] = requirement_at(t->outage, slot)->requirement;
	qsort(order, (size_t) count, sizeof(int32_t), compare_requirements);
	trace->run = trace->own;
	for (int32_t i = 0; i < count; i++)
	{
		if (!trace_requirement(t, order[i], &trace->requirements[i]))
			return false;
		if (!t->outage->model->requirements[order[i]].for_start && !take_minimum(t, &trace->run, trace->requirements[i].buffered))
			return false;
	}
	trace->inputs = trace->run;
	for (int32_t i = 0; i < count; i++)
		if (t->outage->model->requirements[order[i]].for_start && !take_minimum(t, &trace->inputs, trace->requirements[i].buffered))
			return false;
	return true;
}
