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

/* Counts work done; false = cancelled. The status goes to the arena, as for memory that is refused. */
static bool
count_work(OpresTrace *t, int64_t work)
{
	t->work += work + 1;
	if (t->work < OPRES_CANCEL_CHECK_WORK)
		return true;
	t->work = 0;
	if (!opres_cancelled(t->arena->env))
		return true;
	t->arena->status = OPRES_CANCELLED;
	return false;
}

/* Moments at which something may change: sorted, each once, inside [0, horizon). */
typedef struct Moments
{
	OpresTrace *trace;
	OpresTime *at;
	int32_t count;
	int32_t capacity;
} Moments;

static bool
add_moment(Moments *m, OpresTime at)
{
	if (at < 0 || at >= m->trace->outage->horizon)
		return true;
	if (!opres_arena_grow(m->trace->arena, (void **) &m->at, &m->capacity, m->count + 1, sizeof(OpresTime)))
		return false;
	m->at[m->count++] = at;
	return true;
}

static bool
add_steps(Moments *m, OpresCurve curve)
{
	for (int32_t i = 0; i < curve.count; i++)
		if (!add_moment(m, curve.steps[i].at))
			return false;
	return count_work(m->trace, curve.count);
}

/* After moments were added in any order. */
static void
sort_moments(Moments *m)
{
	int32_t kept = 0;
	bool sorted = true;

	for (int32_t i = 1; i < m->count && sorted; i++)
		sorted = m->at[i - 1] <= m->at[i];
	if (!sorted)
		qsort(m->at, (size_t) m->count, sizeof(OpresTime), compare_times);
	for (int32_t i = 0; i < m->count; i++)
		if (kept == 0 || m->at[i] != m->at[kept - 1])
			m->at[kept++] = m->at[i];
	m->count = kept;
}

/* Moments in order get the steps of a curve, so much later, and stay in order. */
static bool
merge_steps(Moments *m, OpresCurve curve, OpresTime later)
{
	Moments merged = { .trace = m->trace };
	int32_t step = 0;

	for (int32_t i = 0; i < m->count || step < curve.count;)
	{
		OpresTime next = step < curve.count ? curve.steps[step].at + later : OPRES_NEVER;

		if (i < m->count && m->at[i] <= next)
		{
			step += m->at[i] == next;
			next = m->at[i++];
		}
		else
			step++;
		if (!add_moment(&merged, next))
			return false;
	}
	*m = merged;
	return count_work(m->trace, m->count);
}

/* Appends a step if the level changes; out has room for every moment. */
static void
append_step(OpresCurveStep *out, int32_t *count, OpresTime at, double level)
{
	if (level != (*count == 0 ? 1.0 : out[*count - 1].level))
		out[(*count)++] = (OpresCurveStep){ at, level };
}

/* A member whose level changes, read from left to right. */
typedef struct Reader
{
	OpresCurve curve;
	int32_t step; /* steps passed */
	double capacity;
} Reader;

/* The members of a requirement, of which only those that change are looked at. */
typedef struct Supply
{
	const OpresRequirement *requirement;
	Reader *readers;
	double *levels; /* of the readers */
	int32_t changing;
	int32_t constant; /* members that stay at 1 ... */
	double constant_capacity;
} Supply;

static double
supplied_at(Supply *s, OpresTime at)
{
	double sum = s->constant_capacity;
	int32_t k = (int32_t) s->requirement->needed - s->constant;

	for (int32_t i = 0; i < s->changing; i++)
	{
		Reader *reader = &s->readers[i];

		while (reader->step < reader->curve.count && reader->curve.steps[reader->step].at <= at)
			reader->step++;
		s->levels[i] = reader->step == 0 ? 1.0 : reader->curve.steps[reader->step - 1].level;
		sum += reader->capacity * s->levels[i];
	}
	if (s->requirement->mode == OPRES_POOL)
		return sum / s->requirement->needed >= 1.0 - OPRES_EPSILON ? 1.0 : sum / s->requirement->needed;
	return k <= 0 ? 1.0 : opres_kth_highest(s->levels, s->changing, k);
}

/* A (count = active members) or B (count = all) over time. */
static bool
supply_curve(OpresTrace *t, int32_t requirement, int32_t count, OpresCurve *curve)
{
	const OpresModel *model = t->outage->model;
	Supply s = { .requirement = &model->requirements[requirement] };
	Moments m = { .trace = t };
	OpresCurveStep *steps;
	int32_t capacity = 0;

	for (int32_t i = s.requirement->first_member; i < s.requirement->first_member + count; i++)
	{
		OpresCurve level = opres_outage_levels(t->outage, model->member_node[i]);

		if (level.count == 0)
		{
			s.constant++;
			s.constant_capacity += member_capacity(model, i);
			continue;
		}
		if (!opres_arena_grow(t->arena, (void **) &s.readers, &capacity, s.changing + 1, sizeof(Reader)) || !add_steps(&m, level))
			return false;
		s.readers[s.changing++] = (Reader){ level, 0, member_capacity(model, i) };
	}
	sort_moments(&m);
	s.levels = opres_arena_array(t->arena, (size_t) s.changing + 1, sizeof(double));
	steps = opres_arena_array(t->arena, (size_t) m.count + 1, sizeof(OpresCurveStep));
	if (s.levels == NULL || steps == NULL || !count_work(t, count))
		return false;
	*curve = (OpresCurve){ steps, 0 };
	for (int32_t i = 0; i < m.count; i++)
	{
		append_step(steps, &curve->count, m.at[i], supplied_at(&s, m.at[i]));
		if (!count_work(t, s.changing))
			return false;
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
/* A stretch of a curve, -1 = before its first step, where it is 1. */
static double
stretch_level(OpresCurve curve, int32_t stretch)
{
	return stretch < 0 ? 1.0 : curve.steps[stretch].level;
}

/* The largest (smallest) value over the last `width`: a queue of stretches in which none is followed by a larger (smaller) one. */
static bool
slide(OpresTrace *t, OpresCurve curve, OpresTime width, bool largest, OpresCurve *out)
{
	Moments m = { .trace = t };
	OpresCurveStep *steps;
	int32_t *queue;
	int32_t head = 0;
	int32_t tail = 0;
	int32_t next = -1;

	if (width == 0)
	{
		*out = curve;
		return true;
	}
	if (!merge_steps(&m, curve, 0) || !merge_steps(&m, curve, width))
		return false;
	steps = opres_arena_array(t->arena, (size_t) m.count + 1, sizeof(OpresCurveStep));
	queue = opres_arena_array(t->arena, (size_t) curve.count + 1, sizeof(int32_t));
	if (steps == NULL || queue == NULL)
		return false;
	*out = (OpresCurve){ steps, 0 };
	for (int32_t i = 0; i < m.count; i++)
	{
		while (next < curve.count && (next < 0 || curve.steps[next].at <= m.at[i]))
		{
			double level = stretch_level(curve, next);

			while (tail > head &&
				   (largest ? stretch_level(curve, queue[tail - 1]) <= level : stretch_level(curve, queue[tail - 1]) >= level))
				tail--;
			queue[tail++] = next++;
		}
		while (tail > head + 1 && curve.steps[queue[head] + 1].at <= m.at[i] - width)
			head++;
		append_step(steps, &out->count, m.at[i], stretch_level(curve, queue[head]));
	}
	return count_work(t, m.count);
}

/* Rules 1 to 3 for one requirement. */
static bool
trace_requirement(OpresTrace *t, int32_t requirement, OpresRequirementTrace *trace)
{
	const OpresModel *model = t->outage->model;
	const OpresRequirement *r = &model->requirements[requirement];
	bool standby = has_standby(model, requirement);
	Moments m = { .trace = t };
	OpresCurve active;
	OpresCurve all;
	OpresCurveStep *supplied;
	OpresCurveStep *switched;
	OpresTime below_since = OPRES_NEVER;

	trace->requirement = requirement;
	if (!supply_curve(t, requirement, r->active_count, &active) || !merge_steps(&m, active, 0))
		return false;
	all = active;
	if (standby && (!supply_curve(t, requirement, member_end(model, requirement) - r->first_member, &all) ||
					!merge_steps(&m, all, 0) || !merge_steps(&m, active, r->switchover)))
		return false;
	supplied = opres_arena_array(t->arena, (size_t) m.count + 1, sizeof(OpresCurveStep));
	switched = opres_arena_array(t->arena, (size_t) m.count + 1, sizeof(OpresCurveStep));
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
		over = standby && below_since != OPRES_NEVER && below_since <= m.at[i] - r->switchover;
		if (over)
			level = opres_curve_at(all, m.at[i]);
		append_step(supplied, &trace->supplied.count, m.at[i], r->impact == 1.0 ? level : 1.0 - r->impact * (1.0 - level));
		append_step(switched, &trace->switched.count, m.at[i], over ? 0.0 : 1.0);
	}
	return slide(t, trace->supplied, r->buffer, true, &trace->buffered);
}

static bool
own_curve(OpresTrace *t, const NodeState *n, OpresCurve *curve)
{
	Moments m = { .trace = t };
	const OpresShock *shocks = t->outage->shocks;
	OpresHeap active = { .arena = t->arena };
	OpresCurveStep *steps;
	int32_t next = n->first_shock;

	for (int32_t i = n->first_shock; i < n->end_shock; i++)
		if (!add_moment(&m, shocks[i].onset) || !add_moment(&m, opres_shock_end(&shocks[i])))
			return false;
	sort_moments(&m);
	steps = opres_arena_array(t->arena, (size_t) m.count + 1, sizeof(OpresCurveStep));
	if (steps == NULL)
		return false;
	*curve = (OpresCurve){ steps, 0 };
	for (int32_t i = 0; i < m.count; i++)
	{
		double own;

		if (!opres_lowest_shock(shocks, n->end_shock, m.at[i], &next, &active, &own))
			return false;
		append_step(steps, &curve->count, m.at[i], own);
	}
	return count_work(t, m.count);
}

static bool
take_minimum(OpresTrace *t, OpresCurve *curve, OpresCurve other)
{
	OpresCurveStep *steps = opres_arena_array(t->arena, (size_t) curve->count + (size_t) other.count + 1, sizeof(OpresCurveStep));

	if (steps == NULL)
		return false;
	*curve = (OpresCurve){ steps, opres_curve_minimum(*curve, other, steps) };
	return count_work(t, curve->count);
}

static int
compare_requirements(const void *a, const void *b)
{
	const int32_t *x = a;
	const int32_t *y = b;

	return (*x > *y) - (*x < *y);
}

bool
opres_trace_node(OpresTrace *t, int32_t node, OpresNodeTrace *trace)
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
