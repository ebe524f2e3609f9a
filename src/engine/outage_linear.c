/*
 * outage_linear.c - the jump of a slowly converging cycle.
 *
 * Where the levels stand, each node's level is bound by a constant or by an affine function of other levels: the requirement
 * that gives the minimum, in it the k-th member or the pool's sum. The iteration follows that linear system as long as the bindings
 * stay, and converges to its solution. So solve it (Gaussian elimination with pivoting), and accept the solution only if it lies
 * below, if it satisfies the real equations, and if the same bindings hold there.
 */
#include "outage_run.h"

#include <math.h>

#define MOST_UNKNOWNS 1000
#define RESIDUAL 1e-11

/* One row: level of unknown i = constant + sum of weight[j] * level of unknown j. `binding` tells two sets of bindings apart. */
typedef struct OpresRow
{
	double *weight;
	double constant;
	uint64_t binding;
} Row;

static void
bind(Row *row, uint64_t choice)
{
	row->binding = (row->binding ^ choice) * UINT64_C(0x9E3779B97F4A7C15);
}

static void
add_level(const OpresOutage *o, Row *row, int32_t node, double factor)
{
	int32_t slot = o->scratch->node_slot[node];
	int32_t unknown = slot < 0 ? -1 : node_at(o, slot)->unknown;

	if (unknown < 0)
		row->constant += factor * level_now(o, node);
	else
		row->weight[unknown] += factor;
}

static void
add_pool(const OpresOutage *o, Row *row, const RequirementState *q, int32_t count, double factor)
{
	const OpresRequirement *r = &o->model->requirements[q->requirement];
	double sum = 0;

	for (int32_t i = r->first_member; i < r->first_member + count; i++)
		sum += member_capacity(o->model, i) * level_now(o, o->model->member_node[i]);
	if (sum / r->needed >= 1.0 - OPRES_EPSILON)
	{
		bind(row, 1);
		row->constant += factor;
		return;
	}
	bind(row, 2);
	for (int32_t i = r->first_member; i < r->first_member + count; i++)
		add_level(o, row, o->model->member_node[i], factor * member_capacity(o->model, i) / r->needed);
}

static void
add_quorum(const OpresOutage *o, Row *row, const RequirementState *q, int32_t count, double factor)
{
	const OpresRequirement *r = &o->model->requirements[q->requirement];
	double supplied = (q->h - (1.0 - r->impact)) / r->impact;
	int32_t best = r->first_member;

	/* The member that decides is the one whose level the requirement has. */
	for (int32_t i = r->first_member + 1; i < r->first_member + count; i++)
		if (fabs(level_now(o, o->model->member_node[i]) - supplied) < fabs(level_now(o, o->model->member_node[best]) - supplied))
			best = i;
	bind(row, (uint64_t) best + 3);
	add_level(o, row, o->model->member_node[best], factor);
}

/* H' of a requirement just evaluated. */
static void
add_requirement(const OpresOutage *o, Row *row, const RequirementState *q)
{
	const OpresRequirement *r = &o->model->requirements[q->requirement];
	int32_t count = q->switched ? member_end(o->model, q->requirement) - r->first_member : r->active_count;

	bind(row, (uint64_t) q->requirement * 4 + (q->switched ? 1 : 0) + (q->buffered > q->h ? 2 : 0));
	if (q->buffered > q->h)
	{
		row->constant += q->buffered;
		return;
	}
	row->constant += 1.0 - r->impact;
	if (r->mode == OPRES_POOL)
		add_pool(o, row, q, count, r->impact);
	else
		add_quorum(o, row, q, count, r->impact);
}

static const RequirementState *
tightest(const OpresOutage *o, const NodeState *n, bool for_start)
{
	const RequirementState *found = NULL;

	for (int32_t slot = n->first_requirement; slot >= 0; slot = requirement_at(o, slot)->next_of_owner)
	{
		const RequirementState *q = requirement_at(o, slot);

		if ((bool) o->model->requirements[q->requirement].for_start == for_start &&
			(found == NULL || q->buffered < found->buffered))
			found = q;
	}
	return found;
}

/* R (or S) of a node as a row; `value` is what it is now. */
static void
add_side(const OpresOutage *o, Row *row, const NodeState *n, bool for_start, double value)
{
	const RequirementState *q = tightest(o, n, for_start);

	if (q == NULL || q->buffered > value || (!for_start && n->own <= value))
		row->constant += value;
	else
		add_requirement(o, row, q);
}

/* Rule 5 as a row: which of R, the level before, the restart window and S binds. */
static void
add_node(const OpresOutage *o, Row *row, const NodeState *n)
{
	double window = opres_inputs_past(o, n);
	double inner = window;

	if (n->start < inner)
		inner = n->start;
	if (n->run < inner)
		inner = n->run;
	if (n->past_level > inner)
		inner = n->past_level;
	bind(row, (uint64_t) n->node + 7);
	if (n->run <= inner)
		add_side(o, row, n, false, n->run);
	else if (n->past_level >= inner || window <= inner)
		row->constant += inner;
	else
		add_side(o, row, n, true, n->start);
}

/* Evaluates every unknown afresh and writes its row. *residual = the largest difference between a level and its right-hand side. */
static bool
write_rows(OpresOutage *o, const int32_t *slots, int32_t count, Row *rows, double *residual)
{
	*residual = 0;
	for (int32_t i = 0; i < count; i++)
	{
		NodeState *n = node_at(o, slots[i]);
		double level;

		for (int32_t slot = n->first_requirement; slot >= 0; slot = requirement_at(o, slot)->next_of_owner)
			if (!opres_evaluate_requirement(o, requirement_at(o, slot)))
				return false;
		n->rescan = true;
		if (!opres_evaluate_node(o, n, &level))
			return false;
		if (fabs(level - n->level) > *residual)
			*residual = fabs(level - n->level);
		for (int32_t j = 0; j < count; j++)
			rows[i].weight[j] = 0;
		rows[i].constant = 0;
		rows[i].binding = 0;
		add_node(o, &rows[i], n);
	}
	return true;
}

/* Solves (I - W) y = c in place; false if it is singular. */
static bool
eliminate(Row *rows, int32_t count, double *solution)
{
	for (int32_t i = 0; i < count; i++)
	{
		for (int32_t j = 0; j < count; j++)
			rows[i].weight[j] = (i == j ? 1.0 : 0.0) - rows[i].weight[j];
	}
	for (int32_t p = 0; p < count; p++)
	{
		int32_t best = p;
		Row swap;

		for (int32_t i = p + 1; i < count; i++)
			if (fabs(rows[i].weight[p]) > fabs(rows[best].weight[p]))
				best = i;
		if (fabs(rows[best].weight[p]) < 1e-13)
			return false;
		swap = rows[p];
		rows[p] = rows[best];
		rows[best] = swap;
		for (int32_t i = p + 1; i < count; i++)
		{
			double factor = rows[i].weight[p] / rows[p].weight[p];

			if (factor == 0)
				continue;
			for (int32_t j = p; j < count; j++)
				rows[i].weight[j] -= factor * rows[p].weight[j];
			rows[i].constant -= factor * rows[p].constant;
		}
	}
	for (int32_t i = count - 1; i >= 0; i--)
	{
		double sum = rows[i].constant;

		for (int32_t j = i + 1; j < count; j++)
			sum -= rows[i].weight[j] * solution[j];
		solution[i] = sum / rows[i].weight[i];
	}
	return true;
}

static uint64_t
bindings(const Row *rows, int32_t count)
{
	uint64_t all = 0;

	for (int32_t i = 0; i < count; i++)
		all = all * 31 + rows[i].binding;
	return all;
}

static bool
try_jump(OpresOutage *o, const int32_t *slots, int32_t count, Row *rows, double *solution, double *before, bool *jumped)
{
	uint64_t bound;
	double residual;

	if (!write_rows(o, slots, count, rows, &residual))
		return false;
	bound = bindings(rows, count);
	*jumped = eliminate(rows, count, solution);
	for (int32_t i = 0; i < count && *jumped; i++)
		*jumped = solution[i] > -RESIDUAL && solution[i] <= node_at(o, slots[i])->level + RESIDUAL;
	if (!*jumped)
		return true;
	for (int32_t i = 0; i < count; i++)
	{
		NodeState *n = node_at(o, slots[i]);

		before[i] = n->level;
		n->level = solution[i] < 0 ? 0 : solution[i] > 1 ? 1 : solution[i];
	}
	if (!write_rows(o, slots, count, rows, &residual))
		return false;
	*jumped = residual <= RESIDUAL && bindings(rows, count) == bound;
	if (*jumped)
		return true;
	for (int32_t i = 0; i < count; i++)
		node_at(o, slots[i])->level = before[i];
	/* What was evaluated at the solution must go too: only what is dirty is evaluated again later. */
	return write_rows(o, slots, count, rows, &residual);
}

bool
opres_solve_linear(OpresOutage *o, const int32_t *slots, int32_t count, bool *jumped)
{
	Row *rows;
	double *numbers;
	bool fine;

	*jumped = false;
	if (count == 0 || count > MOST_UNKNOWNS)
		return true;
	if (!opres_arena_grow(o->arena, (void **) &o->rows, &o->row_capacity, count, sizeof(Row)) ||
		!opres_arena_grow(o->arena, (void **) &o->numbers, &o->number_capacity, count * (count + 2), sizeof(double)))
		return opres_out_of_memory(o);
	rows = o->rows;
	numbers = o->numbers;
	for (int32_t i = 0; i < count; i++)
	{
		rows[i].weight = numbers + (size_t) i * (size_t) count;
		node_at(o, slots[i])->unknown = i;
	}
	fine = try_jump(o, slots, count, rows, numbers + (size_t) count * (size_t) count,
					numbers + (size_t) count * ((size_t) count + 1), jumped);
	for (int32_t i = 0; i < count; i++)
		node_at(o, slots[i])->unknown = -1;
	return fine;
}
