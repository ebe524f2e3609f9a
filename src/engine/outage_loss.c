/*
 * outage_loss.c - how far back the data a node works with is lost: the least solution from 0 of "Data loss" in outage-semantics.md.
 *
 * Shocks are added in order of onset, and each raises the solution from where it stood, so the records also say which onset
 * brought which loss.
 */
#include "outage_run.h"

#include <stdlib.h>

typedef struct LossRun
{
	OpresOutage *o;
	OpresTime onset;  /* of the shock being added */
	OpresTime bound;  /* no finite solution is larger: the largest loss and every lag once */
	int32_t *waiting; /* slots of nodes whose loss has grown */
	int32_t count;
	int32_t capacity;
} LossRun;

static OpresTime
loss_now(const OpresOutage *o, int32_t node)
{
	int32_t slot = o->scratch->node_slot[node];
	int32_t record = slot < 0 ? -1 : node_at(o, slot)->last_loss;

	return record < 0 ? 0 : o->losses[record].loss;
}

static bool
grow_loss(LossRun *l, NodeState *n, OpresTime loss)
{
	OpresOutage *o = l->o;
	LossRecord *last = n->last_loss < 0 ? NULL : &o->losses[n->last_loss];

	if (loss <= (last == NULL ? 0 : last->loss))
		return true;
	if (loss > l->bound)
	{
		o->status = opres_fail(o->error, OPRES_LOSS_UNBOUNDED, n->node, "data loss grows without end");
		return false;
	}
	if (last != NULL && last->at == l->onset)
		last->loss = loss;
	else
	{
		if (!opres_arena_grow(o->arena, (void **) &o->losses, &o->loss_capacity, o->loss_count + 1, sizeof(LossRecord)))
			return opres_out_of_memory(o);
		o->losses[o->loss_count] = (LossRecord){ l->onset, loss, n->last_loss };
		n->last_loss = o->loss_count++;
	}
	if (n->queued)
		return true;
	n->queued = true;
	if (!opres_arena_grow(o->arena, (void **) &l->waiting, &l->capacity, l->count + 1, sizeof(int32_t)))
		return opres_out_of_memory(o);
	l->waiting[l->count++] = o->scratch->node_slot[n->node];
	return true;
}

/* Every lag of the requirement may count once on the way to a finite solution. */
static void
count_lag(LossRun *l, RequirementState *q)
{
	const OpresModel *model = l->o->model;
	OpresTime largest = 0;

	if (q->lag_counted || model->member_lag == NULL)
		return;
	q->lag_counted = true;
	for (int32_t i = model->requirements[q->requirement].first_member; i < member_end(model, q->requirement); i++)
		if (model->member_lag[i] > largest)
			largest = model->member_lag[i];
	l->bound = l->bound > OPRES_NEVER - largest ? OPRES_NEVER : l->bound + largest;
}

/* What the requirement's members leave its owner with. */
static bool
supplied_loss(OpresOutage *o, int32_t requirement, OpresTime *loss)
{
	const OpresModel *model = o->model;
	const OpresRequirement *r = &model->requirements[requirement];
	int32_t end = member_end(model, requirement);
	int32_t count = end - r->first_member;
	bool active_lost = false;

	if (!opres_arena_grow(o->arena, (void **) &o->levels, &o->level_capacity, count, sizeof(double)))
		return opres_out_of_memory(o);
	for (int32_t i = 0; i < count; i++)
	{
		int32_t member = r->first_member + i;
		OpresTime value = loss_now(o, model->member_node[member]);

		if (i < r->active_count)
			active_lost |= value > 0;
		else if (active_lost && model->member_lag != NULL)
			value += model->member_lag[member];
		o->levels[i] = (double) value; /* exact: below 2^53 */
	}
	/* quorum: the k-th smallest; pool: the largest */
	*loss = (OpresTime) opres_kth_highest(o->levels, count, r->mode == OPRES_POOL ? 1 : count - (int32_t) r->needed + 1);
	return opres_count_event(o, count);
}

static bool
spread(LossRun *l)
{
	OpresOutage *o = l->o;
	const OpresModel *model = o->model;

	for (int32_t at = 0; at < l->count; at++)
	{
		NodeState *n = node_at(o, l->waiting[at]);

		n->queued = false;
		for (int32_t u = model->first_use[n->node]; u < model->first_use[n->node + 1]; u++)
		{
			int32_t requirement = model->use_requirement[u];
			RequirementState *q;
			OpresTime loss = 0;

			if (model->requirements[requirement].for_start)
				continue;
			q = opres_touch_requirement(o, requirement);
			if (q == NULL)
				return false;
			count_lag(l, q);
			if (!supplied_loss(o, requirement, &loss) || !grow_loss(l, node_at(o, q->owner), loss))
				return false;
		}
	}
	l->count = 0;
	return true;
}

static int
compare_onsets(const void *a, const void *b)
{
	const OpresShock *x = *(const OpresShock *const *) a;
	const OpresShock *y = *(const OpresShock *const *) b;

	if (x->onset != y->onset)
		return x->onset < y->onset ? -1 : 1;
	return (x > y) - (x < y);
}

bool
opres_compute_losses(OpresOutage *o)
{
	LossRun l = { .o = o };
	const OpresShock **shocks = opres_arena_array(o->arena, (size_t) o->shock_count + 1, sizeof(*shocks));
	int32_t count = 0;

	if (shocks == NULL)
		return opres_out_of_memory(o);
	for (int32_t i = 0; i < o->shock_count; i++)
		if (o->shocks[i].data_loss > 0)
		{
			shocks[count++] = &o->shocks[i];
			if (o->shocks[i].data_loss > l.bound)
				l.bound = o->shocks[i].data_loss;
		}
	qsort(shocks, (size_t) count, sizeof(*shocks), compare_onsets);
	for (int32_t i = 0; i < count; i++)
	{
		l.onset = shocks[i]->onset;
		if (!grow_loss(&l, opres_touch_node(o, shocks[i]->node), shocks[i]->data_loss) || !spread(&l))
			return false;
	}
	return true;
}

OpresTime
opres_outage_data_loss(const OpresOutage *outage, int32_t node)
{
	const NodeState *n = opres_find_state(outage, node);

	return n == NULL || n->last_loss < 0 ? 0 : outage->losses[n->last_loss].loss;
}

OpresTime
opres_outage_breach_data_loss(const OpresOutage *outage, int32_t node, OpresTime limit)
{
	const NodeState *n = opres_find_state(outage, node);
	OpresTime breach = OPRES_NEVER;

	for (int32_t record = n == NULL ? -1 : n->last_loss; record >= 0; record = outage->losses[record].previous)
		if (outage->losses[record].loss > limit)
			breach = outage->losses[record].at;
	return breach;
}
