/*
 * view.c - which nodes belong to a view, and which of them become one unit (see view.h).
 */
#include "drawing/view.h"

#include "drawing/common_name.h"
#include "miscadmin.h"
#include "utils/memutils.h"

/* Redundancies of more members than this are drawn member by member, or rather left out: see narrow.c. */
#define MOST_CELLS OPRES_MOST_NAMES

void
opres_members(const OpresMap *map, int32 requirement, int32 *first, int32 *end)
{
	*first = map->model.requirements[requirement].first_member;
	*end = map->model.requirements[requirement + 1].first_member;
}

bool
opres_is_resource(const OpresMap *map, int32 node)
{
	return map->kind[node] != OPRES_OPERATION && map->kind[node] != OPRES_PROCESS;
}

double
opres_member_capacity(const OpresMap *map, int32 member)
{
	return map->model.member_capacity != NULL ? map->model.member_capacity[member] : 1;
}

bool
opres_indispensable(const OpresMap *map, int32 requirement, int32 node)
{
	const OpresRequirement *need = &map->model.requirements[requirement];
	int32 first;
	int32 end;
	double left = 0;

	opres_members(map, requirement, &first, &end);
	for (int32 i = first; i < end; i++)
		if (map->model.member_node[i] != node)
			left += need->mode == OPRES_POOL ? opres_member_capacity(map, i) : 1;
	return left < need->needed - OPRES_EPSILON;
}

/* ---- scope ---- */

typedef struct Walk
{
	int32 *queue;
	int32 *distance;
	int32 count;
} Walk;

static void
walk_reach(OpresView *view, Walk *walk, int32 node, int32 distance)
{
	if (view->unit_of[node] >= 0)
		return;
	view->unit_of[node] = 0;
	walk->queue[walk->count] = node;
	walk->distance[walk->count++] = distance;
}

static void
walk_suppliers(OpresView *view, Walk *walk, int32 node, int32 distance)
{
	const OpresModel *model = &view->map->model;

	for (int32 r = model->first_requirement[node]; r < model->first_requirement[node + 1]; r++)
		for (int32 m = model->requirements[r].first_member; m < model->requirements[r + 1].first_member; m++)
			walk_reach(view, walk, model->member_node[m], distance);
}

static void
walk_users(OpresView *view, Walk *walk, int32 node, int32 distance)
{
	const OpresModel *model = &view->map->model;

	for (int32 u = model->first_use[node]; u < model->first_use[node + 1]; u++)
		walk_reach(view, walk, model->requirements[model->use_requirement[u]].owner, distance);
}

/* Breadth first from a node, up or down, as far as the radius. Reached nodes get unit 0 for the time being. */
static void
walk_from(OpresView *view, int32 node, bool up, int radius)
{
	Walk walk;

	walk.queue = MemoryContextAllocHuge(CurrentMemoryContext, sizeof(int32) * view->map->model.node_count);
	walk.distance = MemoryContextAllocHuge(CurrentMemoryContext, sizeof(int32) * view->map->model.node_count);
	walk.count = 0;
	view->unit_of[node] = -1;
	walk_reach(view, &walk, node, 0);
	for (int32 i = 0; i < walk.count; i++)
	{
		CHECK_FOR_INTERRUPTS();
		if (radius >= 0 && walk.distance[i] >= radius)
			continue;
		if (up)
			walk_users(view, &walk, walk.queue[i], walk.distance[i] + 1);
		else
			walk_suppliers(view, &walk, walk.queue[i], walk.distance[i] + 1);
	}
	pfree(walk.queue);
	pfree(walk.distance);
}

void
opres_view_scope(OpresView *view, int radius)
{
	int32 count = view->map->model.node_count;
	bool all = view->operation < 0 && view->around < 0;

	view->unit_of = MemoryContextAllocHuge(CurrentMemoryContext, sizeof(int32) * Max(count, 1));
	view->operations = 0;
	for (int32 i = 0; i < count; i++)
	{
		view->unit_of[i] = all ? 0 : -1;
		view->operations += view->map->kind[i] == OPRES_OPERATION;
	}
	if (view->operation >= 0)
		walk_from(view, view->operation, false, radius);
	if (view->around >= 0)
	{
		walk_from(view, view->around, true, -1);
		walk_from(view, view->around, false, radius < 0 ? 1 : radius);
	}
	view->node_count = 0;
	for (int32 i = 0; i < count; i++)
		view->node_count += view->unit_of[i] >= 0;
}

/* ---- single points ---- */

/* Loses one node alone; counts the operations that stop. In the view of one operation only what stops that one is of interest. */
static void
lose_alone(OpresView *view, const OpresEnv *env, int32 node)
{
	const OpresMap *map = view->map;
	OpresArena arena;
	OpresError error = { OPRES_OK, -1, "" };
	int32 *down;
	int32 down_count;
	int32 hits = 0;
	bool counts = view->operation < 0;

	opres_arena_init(&arena, env, 0);
	opres_report(
		map,
		opres_structure_down(&map->model, (OpresScratch *) &map->scratch, &node, 1, 0.5, false, &arena, &down, &down_count, &error),
		&error);
	for (int32 i = 0; i < down_count; i++)
		if (map->kind[down[i]] == OPRES_OPERATION)
		{
			hits++;
			counts |= down[i] == view->operation;
			view->single_points[down[i]]++;
		}
	opres_arena_free(&arena);
	if (hits > 0 && counts)
	{
		view->hits[node] = hits;
		view->single_point_count++;
	}
}

void
opres_view_single_points(OpresView *view)
{
	int32 count = view->map->model.node_count;
	OpresEnv env = opres_pg_env(CurrentMemoryContext);

	view->hits = MemoryContextAllocExtended(CurrentMemoryContext, sizeof(int32) * Max(count, 1), MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
	view->single_points =
		MemoryContextAllocExtended(CurrentMemoryContext, sizeof(int32) * Max(count, 1), MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
	view->single_point_count = 0;
	for (int32 i = 0; i < count; i++)
	{
		CHECK_FOR_INTERRUPTS();
		if (view->unit_of[i] >= 0 && opres_is_resource(view->map, i))
			lose_alone(view, &env, i);
	}
}

/* ---- units ---- */

static bool
same_members(const OpresMap *map, int32 a, int32 b)
{
	int32 first_a;
	int32 end_a;
	int32 first_b;
	int32 end_b;

	opres_members(map, a, &first_a, &end_a);
	opres_members(map, b, &first_b, &end_b);
	if (end_a - first_a != end_b - first_b)
		return false;
	for (int32 i = first_a; i < end_a; i++)
	{
		int32 j = first_b;

		while (j < end_b && map->model.member_node[j] != map->model.member_node[i])
			j++;
		if (j == end_b)
			return false;
	}
	return true;
}

/* Used together with the others of that requirement and never otherwise, and of no interest by itself. */
static bool
belongs_only_there(const OpresView *view, int32 node, int32 requirement, OpresKind kind)
{
	const OpresModel *model = &view->map->model;

	if (view->unit_of[node] < 0 || view->map->kind[node] != kind || !opres_is_resource(view->map, node) || view->hits[node] > 0 ||
		node == view->around)
		return false;
	for (int32 u = model->first_use[node]; u < model->first_use[node + 1]; u++)
		if (model->use_requirement[u] != requirement && !same_members(view->map, requirement, model->use_requirement[u]))
			return false;
	return true;
}

/* Whether the members of a requirement are drawn as cells of one node: alike, redundant, and never used apart. */
static bool
is_group(const OpresView *view, int32 requirement)
{
	const OpresMap *map = view->map;
	const OpresRequirement *need = &map->model.requirements[requirement];
	int32 first;
	int32 end;

	opres_members(map, requirement, &first, &end);
	if (end - first < 2 || end - first > MOST_CELLS || (need->mode == OPRES_QUORUM && need->needed > end - first - 0.5))
		return false;
	for (int32 i = first; i < end; i++)
		if (!belongs_only_there(view, map->model.member_node[i], requirement, map->kind[map->model.member_node[first]]))
			return false;
	return true;
}

/* A resource made up of members of its own kind that nobody else uses: the cells go into it. */
static bool
is_made_of(const OpresView *view, int32 requirement)
{
	const OpresModel *model = &view->map->model;
	int32 owner = model->requirements[requirement].owner;
	int32 member = model->member_node[model->requirements[requirement].first_member];

	return view->unit_of[owner] >= 0 && view->map->kind[owner] == view->map->kind[member] &&
		   model->first_use[member + 1] - model->first_use[member] == 1;
}

static int32
add_unit(OpresView *view, int32 node, int32 requirement)
{
	OpresUnit *unit = &view->units[view->unit_count];

	unit->node = node;
	unit->requirement = requirement;
	unit->hits = node >= 0 ? view->hits[node] : 0;
	unit->state = OPRES_PLAIN;
	return view->unit_count++;
}

/* Puts the members of a group into the unit. */
static void
fold(OpresView *view, int32 requirement, int32 unit, bool *folded)
{
	int32 first;
	int32 end;

	opres_members(view->map, requirement, &first, &end);
	for (int32 i = first; i < end; i++)
	{
		view->unit_of[view->map->model.member_node[i]] = unit;
		folded[view->map->model.member_node[i]] = true;
	}
}

static void
form_groups(OpresView *view, bool *folded)
{
	const OpresModel *model = &view->map->model;

	for (int32 r = 0; r < model->requirement_count; r++)
	{
		int32 owner = model->requirements[r].owner;
		int32 member = model->member_node[model->requirements[r].first_member];

		CHECK_FOR_INTERRUPTS();
		if (view->unit_of[owner] < 0 || folded[member] || !is_group(view, r))
			continue;
		if (!folded[owner] && is_made_of(view, r))
		{
			int32 unit = add_unit(view, owner, r);

			view->unit_of[owner] = unit;
			folded[owner] = true;
			fold(view, r, unit, folded);
		}
		else
			fold(view, r, add_unit(view, -1, r), folded);
	}
}

void
opres_view_units(OpresView *view)
{
	int32 count = view->map->model.node_count;
	bool *folded = palloc_extended(Max(count, 1), MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);

	view->units = palloc_extended(sizeof(OpresUnit) * Max(view->node_count, 1), MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
	view->unit_count = 0;
	form_groups(view, folded);
	for (int32 i = 0; i < count; i++)
		if (view->unit_of[i] >= 0 && !folded[i])
			view->unit_of[i] = add_unit(view, i, -1);
	pfree(folded);
}
