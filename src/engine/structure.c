/*
 * structure.c - time left out: what falls when some nodes have failed, and where restarts lock each other (structure.h).
 */
#include "structure.h"

#include "components.h"

#include <stdlib.h>
#include <string.h>

/*
 * Falling only: from "everything is up" the worklist reaches the greatest solution. A requirement reached keeps what its members
 * that are up still give; it is unmet once that is less than needed.
 */
typedef struct Fall
{
	const OpresModel *model;
	OpresScratch *scratch;
	OpresArena *arena;
	int32_t *down; /* nodes that are down, in the order they fell; scratch->node_slot marks them */
	int32_t down_count;
	int32_t down_capacity;
	int32_t *reached; /* requirements reached, by slot */
	int32_t reached_capacity;
	double *left; /* by slot: capacity (pool) or number (quorum) of the members still up */
	int32_t left_capacity;
	int32_t reached_count;
	const int32_t *within; /* nodes with -1 are left alone; NULL = none is */
	int32_t asked;         /* stop when this one is down; -1 = go on to the end */
} Fall;

static double
member_weight(const OpresModel *model, int32_t requirement, int32_t member)
{
	if (model->requirements[requirement].mode == OPRES_QUORUM || model->member_capacity == NULL)
		return 1.0;
	return model->member_capacity[member];
}

static bool
fall_down(Fall *f, int32_t node)
{
	if (f->scratch->node_slot[node] >= 0)
		return true;
	if (!opres_arena_grow(f->arena, (void **) &f->down, &f->down_capacity, f->down_count + 1, sizeof(int32_t)))
		return false;
	f->scratch->node_slot[node] = f->down_count;
	f->down[f->down_count++] = node;
	return true;
}

/* The requirement is looked at again after one of its members fell: sums the members that are up. */
static bool
still_met(Fall *f, int32_t requirement)
{
	const OpresModel *model = f->model;
	const OpresRequirement *r = &model->requirements[requirement];
	double left = 0;

	for (int32_t i = r->first_member; i < model->requirements[requirement + 1].first_member; i++)
		if (f->scratch->node_slot[model->member_node[i]] < 0)
			left += member_weight(model, requirement, i);
	return left >= r->needed * (1.0 - OPRES_EPSILON);
}

/* Counts down by number where members count alike; a pool is summed afresh so that no rounding gathers. */
static bool
member_fell(Fall *f, int32_t requirement, bool *met)
{
	const OpresModel *model = f->model;
	const OpresRequirement *r = &model->requirements[requirement];
	int32_t slot = f->scratch->requirement_slot[requirement];

	if (r->mode == OPRES_POOL)
	{
		*met = still_met(f, requirement);
		return true;
	}
	if (slot < 0)
	{
		if (!opres_arena_grow(f->arena, (void **) &f->reached, &f->reached_capacity, f->reached_count + 1, sizeof(int32_t)) ||
			!opres_arena_grow(f->arena, (void **) &f->left, &f->left_capacity, f->reached_count + 1, sizeof(double)))
			return false;
		slot = f->scratch->requirement_slot[requirement] = f->reached_count;
		f->reached[f->reached_count] = requirement;
		f->left[f->reached_count++] = model->requirements[requirement + 1].first_member - r->first_member;
	}
	f->left[slot] -= 1;
	*met = f->left[slot] >= r->needed;
	return true;
}

static bool
spread_fall(Fall *f, double threshold, bool with_start)
{
	const OpresModel *model = f->model;

	for (int32_t at = 0; at < f->down_count && (f->asked < 0 || f->scratch->node_slot[f->asked] < 0); at++)
	{
		int32_t node = f->down[at];

		for (int32_t u = model->first_use[node]; u < model->first_use[node + 1]; u++)
		{
			int32_t requirement = model->use_requirement[u];
			const OpresRequirement *r = &model->requirements[requirement];
			bool met;

			if ((r->for_start && !with_start) || r->impact < threshold || f->scratch->node_slot[r->owner] >= 0)
				continue;
			if (f->within != NULL && f->within[r->owner] < 0)
				continue;
			if (!member_fell(f, requirement, &met) || (!met && !fall_down(f, r->owner)))
				return false;
		}
		if ((at & 1023) == 1023 && opres_cancelled(f->arena->env))
		{
			f->arena->status = OPRES_CANCELLED;
			return false;
		}
	}
	return true;
}

static OpresStatus
fall(Fall *f, const int32_t *failed, int32_t failed_count, double threshold, bool with_start, bool *asked_down, OpresError *error)
{
	bool fine = true;

	for (int32_t i = 0; i < failed_count && fine; i++)
		fine = fall_down(f, failed[i]);
	fine = fine && spread_fall(f, threshold, with_start);
	*asked_down = f->asked >= 0 && f->scratch->node_slot[f->asked] >= 0;
	for (int32_t i = 0; i < f->down_count; i++)
		f->scratch->node_slot[f->down[i]] = -1;
	for (int32_t i = 0; i < f->reached_count; i++)
		f->scratch->requirement_slot[f->reached[i]] = -1;
	return fine ? OPRES_OK : opres_fail(error, f->arena->status, -1, "the structure could not be worked out");
}

OpresStatus
opres_structure_down(const OpresModel *model, OpresScratch *scratch, const int32_t *failed, int32_t failed_count, double threshold,
					 bool with_start, OpresArena *arena, int32_t **down, int32_t *down_count, OpresError *error)
{
	Fall f = { .model = model, .scratch = scratch, .arena = arena, .asked = -1 };
	bool asked_down;
	OpresStatus status = fall(&f, failed, failed_count, threshold, with_start, &asked_down, error);

	*down = f.down;
	*down_count = f.down_count;
	return status;
}

OpresStatus
opres_structure_falls(const OpresModel *model, OpresScratch *scratch, int32_t failed, int32_t asked, const int32_t *within,
					  double threshold, bool with_start, OpresArena *arena, bool *falls, OpresError *error)
{
	Fall f = { .model = model, .scratch = scratch, .arena = arena, .within = within, .asked = asked };

	return fall(&f, &failed, 1, threshold, with_start, falls, error);
}

/*
 * Restart deadlocks. A requirement with full impact and no buffer binds its owner to a component if the component's outside
 * cannot meet it. Starting from the components over all such requirements, those that the outside can meet are dropped and the
 * components found again, until nothing changes.
 */
typedef struct Deadlocks
{
	const OpresModel *model;
	OpresArena *arena;
	bool *binding;       /* per requirement */
	int32_t *component;  /* per node */
	int32_t *first_edge; /* per node + 1: edges of binding requirements inside the component */
	int32_t *edge_target;
	uint8_t *edge_starts; /* per edge: of a start requirement */
	int32_t edge_count;
	bool cancelled;
} Deadlocks;

static bool
go_on(Deadlocks *d, int32_t i)
{
	if ((i & 0xffff) == 0xffff && opres_cancelled(d->arena->env))
		d->cancelled = true;
	return !d->cancelled;
}

static bool
met_from_outside(const Deadlocks *d, int32_t requirement)
{
	const OpresModel *model = d->model;
	const OpresRequirement *r = &model->requirements[requirement];
	double outside = 0;

	for (int32_t i = r->first_member; i < model->requirements[requirement + 1].first_member; i++)
		if (d->component[model->member_node[i]] != d->component[r->owner])
			outside += member_weight(model, requirement, i);
	return outside >= r->needed * (1.0 - OPRES_EPSILON);
}

static void
list_edges(Deadlocks *d)
{
	const OpresModel *model = d->model;

	d->edge_count = 0;
	for (int32_t v = 0; v < model->node_count && go_on(d, v); v++)
	{
		d->first_edge[v] = d->edge_count;
		for (int32_t r = model->first_requirement[v]; r < model->first_requirement[v + 1]; r++)
			for (int32_t i = model->requirements[r].first_member; d->binding[r] && i < model->requirements[r + 1].first_member; i++)
				if (d->component[model->member_node[i]] == d->component[v])
				{
					d->edge_starts[d->edge_count] = model->requirements[r].for_start;
					d->edge_target[d->edge_count++] = model->member_node[i];
				}
	}
	d->first_edge[model->node_count] = d->edge_count;
}

/* Drops the requirements the outside can meet; true if there were any. */
static bool
drop_met(Deadlocks *d)
{
	bool dropped = false;

	for (int32_t r = 0; r < d->model->requirement_count && go_on(d, r); r++)
		if (d->binding[r] && met_from_outside(d, r))
		{
			d->binding[r] = false;
			dropped = true;
		}
	return dropped;
}

/* The shortest cycle through `from` (whose first edge is `first` if >= 0), found breadth first; its nodes go to out. Returns its
   length, 0 if there is none. */
static int32_t
shortest_cycle(const Deadlocks *d, int32_t from, int32_t first, int32_t *parent, int32_t *queue, int32_t *out)
{
	int32_t head = 0;
	int32_t tail = 0;
	int32_t length = 0;
	int32_t least = 0;
	int32_t end = -1;

	queue[tail++] = first >= 0 ? first : from;
	if (first >= 0)
		parent[first] = from;
	while (head < tail && end < 0)
	{
		int32_t v = queue[head++];

		for (int32_t e = d->first_edge[v]; e < d->first_edge[v + 1] && end < 0; e++)
		{
			int32_t target = d->edge_target[e];

			if (target == from)
				end = v;
			else if (parent[target] < 0)
			{
				parent[target] = v;
				queue[tail++] = target;
			}
		}
	}
	for (int32_t v = end; v >= 0 && v != from; v = parent[v])
		length++;
	if (end >= 0)
	{
		int32_t at = length++;

		for (int32_t v = end; v != from; v = parent[v])
			out[at--] = v;
		out[0] = from;
	}
	for (int32_t i = 0; i < tail; i++)
		parent[queue[i]] = -1;
	/* The smallest code first, so that the same cycle always reads the same. */
	for (int32_t i = 1; i < length; i++)
		if (out[i] < out[least])
			least = i;
	for (int32_t i = 0; i < length; i++)
		queue[i] = out[(least + i) % length];
	if (length > 0)
		memcpy(out, queue, (size_t) length * sizeof(int32_t));
	return length;
}

static bool
prepare(Deadlocks *d)
{
	const OpresModel *model = d->model;
	size_t nodes = (size_t) model->node_count + 1;

	d->binding = opres_arena_array(d->arena, (size_t) model->requirement_count + 1, sizeof(bool));
	d->component = opres_arena_array(d->arena, nodes, sizeof(int32_t));
	d->first_edge = opres_arena_array(d->arena, nodes, sizeof(int32_t));
	d->edge_target = opres_arena_array(d->arena, (size_t) model->member_count + 1, sizeof(int32_t));
	d->edge_starts = opres_arena_array(d->arena, (size_t) model->member_count + 1, sizeof(uint8_t));
	if (d->binding == NULL || d->component == NULL || d->first_edge == NULL || d->edge_target == NULL || d->edge_starts == NULL)
		return false;
	for (int32_t r = 0; r < model->requirement_count; r++)
		d->binding[r] = model->requirements[r].impact >= 1.0 && model->requirements[r].buffer == 0;
	return true;
}

OpresStatus
opres_restart_deadlocks(const OpresModel *model, OpresArena *arena, int32_t **nodes, int32_t **lengths, int32_t *count,
						OpresError *error)
{
	Deadlocks d = { .model = model, .arena = arena };
	size_t size = (size_t) model->node_count + 1;
	int32_t *parent = opres_arena_array(arena, size, sizeof(int32_t));
	int32_t *queue = opres_arena_array(arena, size, sizeof(int32_t));
	int32_t *cycle_of = opres_arena_array(arena, size, sizeof(int32_t)); /* per component: found already */
	int32_t used = 0;
	bool again = true;

	*nodes = opres_arena_array(arena, size, sizeof(int32_t));
	*lengths = opres_arena_array(arena, size, sizeof(int32_t));
	*count = 0;
	if (parent == NULL || queue == NULL || cycle_of == NULL || *nodes == NULL || *lengths == NULL || !prepare(&d))
		return opres_fail(error, arena->status, -1, "not enough memory to look for restart deadlocks");
	while (again)
	{
		OpresArena scratch;

		list_edges(&d); /* at first all nodes are in component 0: every edge counts */
		if (d.cancelled || opres_cancelled(arena->env))
			return opres_fail(error, OPRES_CANCELLED, -1, "cancelled");
		opres_arena_init(&scratch, arena->env, 0);
		again = opres_strong_components(&scratch, model->node_count, d.first_edge, d.edge_target, d.component) >= 0;
		opres_arena_free(&scratch);
		if (!again)
			return opres_fail(error, scratch.status, -1, "not enough memory to look for restart deadlocks");
		again = drop_met(&d);
	}
	list_edges(&d);
	if (d.cancelled)
		return opres_fail(error, OPRES_CANCELLED, -1, "cancelled");
	memset(parent, 0xff, size * sizeof(int32_t));
	for (int32_t v = 0; v < model->node_count; v++)
	{
		int32_t first = -1;

		if (d.first_edge[v] == d.first_edge[v + 1] || cycle_of[d.component[v]])
			continue;
		if (model->restart[v] == 0)
		{
			for (int32_t e = d.first_edge[v]; e < d.first_edge[v + 1] && first < 0; e++)
				if (d.edge_starts[e])
					first = d.edge_target[e];
			if (first < 0)
				continue;
		}
		cycle_of[d.component[v]] = 1;
		(*lengths)[*count] = shortest_cycle(&d, v, first, parent, queue, *nodes + used);
		used += (*lengths)[(*count)++];
	}
	return OPRES_OK;
}
