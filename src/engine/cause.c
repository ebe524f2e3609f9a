/*
 * cause.c - why a node has its level at a moment: the chain of what binds, back to a shock ("cause" in outage-semantics.md).
 *
 * Rules for ties: a node's own shock before its requirements, requirements by name, members by code; of several binding moments in
 * a window the latest.
 */
#include "trace.h"

/* Levels are reported to within OPRES_EPSILON, and what is worked out again from them is a few times less exact. */
#define CLOSE (4 * OPRES_EPSILON)

typedef struct Chain
{
	OpresTrace trace;
	OpresArena *arena;
	OpresCauseLink *links;
	int32_t count;
	int32_t capacity;
} Chain;

static bool
in_chain(const Chain *c, int32_t node)
{
	for (int32_t i = 0; i < c->count; i++)
		if (c->links[i].node == node)
			return true;
	return false;
}

static OpresCauseLink *
add_link(Chain *c, int32_t node, OpresTime at, double level)
{
	if (!opres_arena_grow(c->arena, (void **) &c->links, &c->capacity, c->count + 1, sizeof(OpresCauseLink)))
		return NULL;
	c->links[c->count] = (OpresCauseLink){ .node = node, .at = at, .level = level, .requirement = -1, .member = -1 };
	return &c->links[c->count++];
}

/* The requirement with the smallest H' at a moment; the first by name among the smallest. */
static const OpresRequirementTrace *
tightest(const OpresModel *model, const OpresNodeTrace *n, OpresTime at, bool with_start)
{
	const OpresRequirementTrace *found = NULL;
	double least = 2.0;

	for (int32_t i = 0; i < n->requirement_count; i++)
	{
		double level = opres_curve_at(n->requirements[i].buffered, at);

		if ((with_start || !model->requirements[n->requirements[i].requirement].for_start) && level < least - OPRES_EPSILON)
		{
			least = level;
			found = &n->requirements[i];
		}
	}
	return found;
}

/* The member that decides at a moment: quorum, the k-th; pool, the largest loss. */
static int32_t
deciding_member(Chain *c, const OpresRequirementTrace *q, OpresTime at)
{
	const OpresOutage *o = c->trace.outage;
	const OpresModel *model = o->model;
	const OpresRequirement *r = &model->requirements[q->requirement];
	int32_t count = opres_curve_at(q->switched, at) < 0.5 ? member_end(model, q->requirement) - r->first_member : r->active_count;
	double wanted = (opres_curve_at(q->supplied, at) - (1.0 - r->impact)) / r->impact;
	double most = -1.0;
	int32_t found = -1;

	for (int32_t i = r->first_member; i < r->first_member + count; i++)
	{
		int32_t node = model->member_node[i];
		double level = opres_curve_at(opres_outage_levels(o, node), at);
		double loss = member_capacity(model, i) * (1.0 - level);

		if (r->mode == OPRES_QUORUM)
		{
			if (level >= wanted - CLOSE / r->impact && level <= wanted + CLOSE / r->impact && (found < 0 || node < found))
				found = node;
		}
		else if (loss > most + CLOSE || (loss > most - CLOSE && node < found))
		{
			most = loss;
			found = node;
		}
	}
	return found;
}

/* A level within CLOSE of 1 is still no shock of its own where there is none. */
static bool
own_binds(const OpresNodeTrace *n, OpresTime at, double level)
{
	double own = opres_curve_at(n->own, at);

	return own < 1.0 - OPRES_EPSILON && own <= level + CLOSE;
}

/*
 * The moment that binds the node's level at *at, and what binds there: NULL = its own shock. Levels held since an earlier fall
 * lead back to that fall.
 */
static const OpresRequirementTrace *
binding(const OpresModel *model, const OpresNodeTrace *n, OpresTime *at, OpresTime *restarting)
{
	for (;;)
	{
		double level = opres_curve_at(n->level, *at);
		OpresTime from = *at - model->restart[n->node];
		OpresTime last = -1;
		double window;

		*restarting = 0;
		if (opres_curve_at(n->run, *at) <= level + CLOSE)
			return own_binds(n, *at, level) ? NULL : tightest(model, n, *at, false);
		window = opres_trace_extreme(n->inputs, from, *at, false);
		if (window >= level - CLOSE)
		{
			OpresTime moment = opres_trace_latest(n->inputs, from, *at, window + CLOSE, true);

			*restarting = *at - moment;
			*at = moment;
			return own_binds(n, moment, window) ? NULL : tightest(model, n, moment, true);
		}
		for (int32_t i = 0; i < n->level.count && n->level.steps[i].at < *at; i++)
			last = n->level.steps[i].at;
		if (last < 0)
			return tightest(model, n, *at, true);
		*at = last;
	}
}

static OpresStatus
no_memory(const Chain *c, OpresError *error)
{
	return opres_fail(error, c->arena->status, -1, "not enough memory to trace the cause");
}

OpresStatus
opres_outage_cause(const OpresOutage *outage, int32_t node, OpresTime at, OpresArena *arena, OpresCauseLink **links, int32_t *count,
				   OpresError *error)
{
	Chain c = { .trace = { outage, arena, 0 }, .arena = arena };

	while (node >= 0 && !in_chain(&c, node))
	{
		OpresNodeTrace n;
		const OpresRequirementTrace *q;
		OpresCauseLink *link;
		double level = opres_curve_at(opres_outage_levels(outage, node), at);

		if (opres_cancelled(arena->env))
			return opres_fail(error, OPRES_CANCELLED, -1, "cancelled");
		link = add_link(&c, node, at, level);
		if (link == NULL)
			return no_memory(&c, error);
		if (level >= 1.0 - OPRES_EPSILON)
			break;
		if (!opres_trace_node(&c.trace, node, &n))
			return no_memory(&c, error);
		q = binding(outage->model, &n, &at, &link->restarting);
		link->at = at;
		link->because = OPRES_BECAUSE_SHOCK;
		if (q == NULL)
			break;
		link->because = outage->model->requirements[q->requirement].for_start ? OPRES_BECAUSE_START : OPRES_BECAUSE_RUN;
		link->requirement = q->requirement;
		link->buffered = at - opres_trace_latest(q->supplied, at - outage->model->requirements[q->requirement].buffer, at,
												 opres_curve_at(q->buffered, at) - CLOSE, false);
		at -= link->buffered;
		link->switching = has_standby(outage->model, q->requirement) && opres_curve_at(q->switched, at) > 0.5;
		link->member = node = deciding_member(&c, q, at);
		link->member_level = node < 0 ? 0 : opres_curve_at(opres_outage_levels(outage, node), at);
	}
	*links = c.links;
	*count = c.count;
	return OPRES_OK;
}

static OpresTime
loss_at(const OpresOutage *o, int32_t node, OpresTime at)
{
	const NodeState *n = opres_find_state(o, node);
	int32_t record = n == NULL ? -1 : n->last_loss;

	while (record >= 0 && o->losses[record].at > at)
		record = o->losses[record].previous;
	return record < 0 ? 0 : o->losses[record].loss;
}

static bool
own_loss(const OpresOutage *o, const NodeState *n, OpresTime at, OpresTime loss)
{
	for (int32_t i = n->first_shock; i < n->end_shock; i++)
		if (o->shocks[i].onset <= at && o->shocks[i].data_loss == loss)
			return true;
	return false;
}

/* The member whose loss the requirement hands on, -1 if it hands on another loss than `wanted`; false = no memory. */
static bool
losing_member(Chain *c, int32_t requirement, OpresTime at, OpresTime wanted, int32_t *found)
{
	const OpresOutage *o = c->trace.outage;
	const OpresModel *model = o->model;
	const OpresRequirement *r = &model->requirements[requirement];
	int32_t count = member_end(model, requirement) - r->first_member;
	double *values = opres_arena_array(c->arena, (size_t) count * 2, sizeof(double));
	bool active_lost = false;
	double handed_on;

	*found = -1;
	if (values == NULL)
		return false;
	for (int32_t i = 0; i < count; i++)
	{
		OpresTime loss = loss_at(o, model->member_node[r->first_member + i], at);

		if (i < r->active_count)
			active_lost |= loss > 0;
		else if (active_lost && model->member_lag != NULL)
			loss += model->member_lag[r->first_member + i];
		values[i] = values[count + i] = (double) loss;
	}
	handed_on = opres_kth_highest(values + count, count, r->mode == OPRES_POOL ? 1 : count - (int32_t) r->needed + 1);
	if (handed_on != (double) wanted)
		return true;
	for (int32_t i = 0; i < count; i++)
		if (values[i] == handed_on && (*found < 0 || model->member_node[r->first_member + i] < *found))
			*found = model->member_node[r->first_member + i];
	return true;
}

OpresStatus
opres_outage_loss_cause(const OpresOutage *outage, int32_t node, OpresTime at, OpresArena *arena, OpresCauseLink **links,
						int32_t *count, OpresError *error)
{
	Chain c = { .trace = { outage, arena, 0 }, .arena = arena };

	while (node >= 0 && !in_chain(&c, node))
	{
		const NodeState *n = opres_find_state(outage, node);
		OpresTime loss = loss_at(outage, node, at);
		OpresCauseLink *link = add_link(&c, node, at, opres_curve_at(opres_outage_levels(outage, node), at));

		if (link == NULL)
			return no_memory(&c, error);
		node = -1;
		if (n == NULL || loss == 0)
			break;
		link->because = OPRES_BECAUSE_SHOCK;
		if (own_loss(outage, n, at, loss))
			break;
		link->because = OPRES_BECAUSE_RUN;
		for (int32_t r = outage->model->first_requirement[n->node]; r < outage->model->first_requirement[n->node + 1] && node < 0;
			 r++)
			if (!outage->model->requirements[r].for_start)
			{
				if (!losing_member(&c, r, at, loss, &node))
					return no_memory(&c, error);
				link->requirement = r;
			}
	}
	*links = c.links;
	*count = c.count;
	return OPRES_OK;
}
