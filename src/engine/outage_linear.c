/*
 * outage_linear.c - the jump of a slowly converging cycle.
 *
 * Where the levels x stand, each node's level is bound by a constant or by an affine function of other levels: the requirement
 * that gives the minimum, in it the k-th member or the pool's sum. The iteration follows that linear system as long as the bindings
 * stay, and converges to its solution y. So solve it (Gaussian elimination with pivoting), and accept y if it lies below and
 * satisfies the real equations. It must also be the greatest solution g below x. A node is never above what the requirement in its
 * row gives, so where every row is a pool or the last of a quorum's members, g - y <= W (g - y), and x above W x + c shows that W
 * contracts. The k-th of more members is at most the largest of those from the k-th on (the `rivals`; those below y at x are none,
 * for y <= g): then the same is shown for every choice among the rivals, by weights v with W v < v for all of them (check_rivals).
 */
#include "outage_run.h"

#include <math.h>

#define MOST_UNKNOWNS 1000
#define MOST_CHOICES 50
#define RESIDUAL 1e-11

/* One row: level of unknown i = constant + sum of weight[j] * level of unknown j. */
typedef struct OpresRow
{
	double *weight;
	double constant;
	double floor;                   /* the level before the instant, where only the start requirements let it fall */
	const RequirementState *source; /* the requirement the row comes from, NULL = none */
	int32_t choice;                 /* quorum: its member in the row ... */
	double most;                    /* ... with its level at x and at y */
	double least;
} Row;

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
		row->constant += factor;
		return;
	}
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
	row->choice = best;
	add_level(o, row, o->model->member_node[best], factor);
}

/* H' of a requirement just evaluated. */
static void
add_requirement(const OpresOutage *o, Row *row, const RequirementState *q)
{
	const OpresRequirement *r = &o->model->requirements[q->requirement];
	int32_t count = q->switched ? member_end(o->model, q->requirement) - r->first_member : r->active_count;

	if (q->buffered > q->h)
	{
		row->constant += q->buffered;
		return;
	}
	row->source = q;
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
	if (n->run <= inner)
		add_side(o, row, n, false, n->run);
	else if (n->past_level >= inner || window <= inner)
		row->constant += inner;
	else
	{
		row->floor = n->past_level;
		add_side(o, row, n, true, n->start);
	}
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
		rows[i].floor = 0;
		rows[i].source = NULL;
		rows[i].choice = -1;
		add_node(o, &rows[i], n);
	}
	return true;
}

/* Solves (I - W) y = c in place; false if it is singular, or the run is over (o->status). */
static bool
eliminate(OpresOutage *o, Row *rows, int32_t count, double *solution)
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

		if (!opres_count_event(o, (count - p) * (count - p)))
			return false;
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

static void
set_levels(OpresOutage *o, const int32_t *slots, int32_t count, const double *levels)
{
	for (int32_t i = 0; i < count; i++)
		node_at(o, slots[i])->level = levels[i];
}

/* What a solution of the linear system says of a member; `otherwise` if it is none of the unknowns. */
static double
of_member(const OpresOutage *o, int32_t member, const double *solution, double otherwise)
{
	int32_t slot = o->scratch->node_slot[o->model->member_node[member]];
	int32_t unknown = slot < 0 ? -1 : node_at(o, slot)->unknown;

	return unknown < 0 ? otherwise : solution[unknown];
}

/* At y: whether nothing of what a row was taken from gives more than the row, which leads to `level`. */
static bool
row_holds(const Row *row, double level)
{
	return row->floor <= level + RESIDUAL && (row->source == NULL || row->source->buffered <= level + RESIDUAL);
}

static bool
has_rivals(const OpresOutage *o, const Row *row)
{
	const OpresRequirement *r;

	if (row->choice < 0 || row->source == NULL)
		return false;
	r = &o->model->requirements[row->source->requirement];
	return (int32_t) r->needed <
		   (row->source->switched ? member_end(o->model, row->source->requirement) - r->first_member : r->active_count);
}

/* At x: makes the rival that weighs most the choice; *fine = false if one of them is above the choice at y. */
static bool
choose_rival(const OpresOutage *o, Row *row, const double *solution, const double *weights, bool *fine)
{
	const OpresRequirement *r = &o->model->requirements[row->source->requirement];
	int32_t end = row->source->switched ? member_end(o->model, row->source->requirement) : r->first_member + r->active_count;
	int32_t best = row->choice;
	bool changed;

	for (int32_t i = r->first_member; i < end; i++)
	{
		double level = level_now(o, o->model->member_node[i]);

		if (level > row->most || level < row->least - RESIDUAL)
			continue;
		if (of_member(o, i, solution, level) > row->least + RESIDUAL)
			*fine = false;
		if (of_member(o, i, weights, 0) > of_member(o, best, weights, 0) * (1.0 + 1e-9))
			best = i;
	}
	changed = best != row->choice;
	row->choice = best;
	return changed;
}

/*
 * With the levels at x and `kept` the rows there: whether W contracts for every choice among the rivals. v = 1 + W v is solved for
 * the choices that make v largest; a negative v says that there is none.
 */
static bool
check_rivals(OpresOutage *o, const int32_t *slots, int32_t count, Row *rows, Row *kept, const double *solution, double *weights,
			 bool *contracts)
{
	bool changed = false;

	for (int32_t i = 0; i < count; i++)
	{
		changed |= has_rivals(o, &kept[i]);
		if (kept[i].choice < 0)
			continue;
		kept[i].most = level_now(o, o->model->member_node[kept[i].choice]);
		kept[i].least = of_member(o, kept[i].choice, solution, kept[i].most);
	}
	for (int32_t tries = 0; changed && *contracts; tries++)
	{
		double residual;

		if (!write_rows(o, slots, count, rows, &residual))
			return false;
		for (int32_t i = 0; i < count; i++)
		{
			if (rows[i].choice != kept[i].choice)
			{
				double impact = o->model->requirements[kept[i].source->requirement].impact;

				add_level(o, &rows[i], o->model->member_node[rows[i].choice], -impact);
				add_level(o, &rows[i], o->model->member_node[kept[i].choice], impact);
			}
			rows[i].constant = 1;
		}
		*contracts = tries < MOST_CHOICES && eliminate(o, rows, count, weights);
		if (o->status != OPRES_OK)
			return false;
		for (int32_t i = 0; i < count && *contracts; i++)
			*contracts = weights[i] > 0.999;
		changed = false;
		for (int32_t i = 0; i < count && *contracts; i++)
			changed |= has_rivals(o, &kept[i]) && choose_rival(o, &kept[i], solution, weights, contracts);
	}
	return true;
}

static bool
try_jump(OpresOutage *o, const int32_t *slots, int32_t count, Row *rows, double *solution, double *before, double *weights,
		 bool *jumped)
{
	Row *kept = rows + count;
	double residual;

	if (!write_rows(o, slots, count, rows, &residual))
		return false;
	for (int32_t i = 0; i < count; i++)
	{
		kept[i] = rows[i];
		before[i] = node_at(o, slots[i])->level;
	}
	*jumped = eliminate(o, rows, count, solution);
	if (o->status != OPRES_OK)
		return false;
	for (int32_t i = 0; i < count && *jumped; i++)
	{
		*jumped = solution[i] > -RESIDUAL && solution[i] <= before[i] + RESIDUAL;
		solution[i] = solution[i] < 0 ? 0 : solution[i] > 1 ? 1 : solution[i];
	}
	if (!*jumped)
		return true;
	set_levels(o, slots, count, solution);
	if (!write_rows(o, slots, count, rows, &residual))
		return false;
	*jumped = residual <= RESIDUAL;
	for (int32_t i = 0; i < count && *jumped; i++)
		*jumped = row_holds(&kept[i], solution[i]);
	set_levels(o, slots, count, before);
	/* What was evaluated at the solution must go too: only what is dirty is evaluated again later. */
	if (!write_rows(o, slots, count, rows, &residual) ||
		(*jumped && !check_rivals(o, slots, count, rows, kept, solution, weights, jumped)))
		return false;
	if (!*jumped)
		return true;
	set_levels(o, slots, count, solution);
	return write_rows(o, slots, count, rows, &residual);
}

bool
opres_solve_linear(OpresOutage *o, const int32_t *slots, int32_t count, bool *jumped)
{
	Row *rows;
	double *numbers;
	double *solution;
	bool fine;

	*jumped = false;
	if (count == 0 || count > MOST_UNKNOWNS)
		return true;
	if (!opres_arena_grow(o->arena, (void **) &o->rows, &o->row_capacity, 2 * count, sizeof(Row)) ||
		!opres_arena_grow(o->arena, (void **) &o->numbers, &o->number_capacity, count * (count + 3), sizeof(double)))
		return opres_out_of_memory(o);
	rows = o->rows;
	numbers = o->numbers;
	for (int32_t i = 0; i < count; i++)
	{
		rows[i].weight = numbers + (size_t) i * (size_t) count;
		node_at(o, slots[i])->unknown = i;
	}
	solution = numbers + (size_t) count * (size_t) count;
	fine = try_jump(o, slots, count, rows, solution, solution + count, solution + 2 * (size_t) count, jumped);
	for (int32_t i = 0; i < count; i++)
		node_at(o, slots[i])->unknown = -1;
	return fine;
}
