/*
 * narrow.c - which units are drawn, and what depends on what among them.
 *
 * 40 nodes read well, 150 do not. The units are ranked: operations, what was asked for, what lies on a path that decides, the worse
 * state, the more operations hit or the more single points of failure, the more used; the first ones are drawn. What is left out
 * still conducts: if A needs X, X needs B and X is not drawn, A is linked to B; such a link is dropped again where the drawing
 * shows another way from A to B.
 */
#include "drawing/view.h"

#include "miscadmin.h"

/* Up to here a drawing reads well; beyond, it is narrowed to what reads better still. */
#define READABLE_NODES 60
#define READABLE_EDGES 150
#define NARROWED_NODES 40
#define NARROWED_EDGES 70
#define FEWEST_NODES 20
#define MOST_OPERATIONS 20 /* where they would crowd out the rest */

static int
uses_of(const OpresView *view, const OpresUnit *unit)
{
	const OpresModel *model = &view->map->model;
	int32 first;
	int32 end;

	if (unit->node >= 0)
		return model->first_use[unit->node + 1] - model->first_use[unit->node];
	opres_members(view->map, unit->requirement, &first, &end);
	return model->first_use[model->member_node[first] + 1] - model->first_use[model->member_node[first]];
}

static bool
is_operation(const OpresView *view, const OpresUnit *unit)
{
	return unit->node >= 0 && view->map->kind[unit->node] == OPRES_OPERATION;
}

/* Single points of failure of an operation. */
static int32
points_of(const OpresView *view, const OpresUnit *unit)
{
	return is_operation(view, unit) ? view->single_points[unit->node] : 0;
}

static bool
comes_first(const OpresView *view, const OpresUnit *unit)
{
	return is_operation(view, unit) || (unit->node >= 0 && unit->node == view->around);
}

/* A process fails because of what it needs: that tells more. */
static bool
is_process(const OpresView *view, const OpresUnit *unit)
{
	return unit->node >= 0 && view->map->kind[unit->node] == OPRES_PROCESS;
}

static int
compare_units(const void *left, const void *right, void *arg)
{
	const OpresView *view = arg;
	int32 a = *(const int32 *) left;
	int32 b = *(const int32 *) right;
	const OpresUnit *x = &view->units[a];
	const OpresUnit *y = &view->units[b];

	if (comes_first(view, x) != comes_first(view, y))
		return comes_first(view, x) ? -1 : 1;
	if (x->on_path != y->on_path)
		return x->on_path ? -1 : 1;
	if (x->state != y->state)
		return x->state > y->state ? -1 : 1;
	if (is_process(view, x) != is_process(view, y))
		return is_process(view, x) ? 1 : -1;
	if (x->hits != y->hits)
		return x->hits > y->hits ? -1 : 1;
	if (points_of(view, x) != points_of(view, y))
		return points_of(view, x) > points_of(view, y) ? -1 : 1;
	if (uses_of(view, x) != uses_of(view, y))
		return uses_of(view, x) > uses_of(view, y) ? -1 : 1;
	return a < b ? -1 : a > b;
}

/* ---- links ---- */

/* Work space of a search through what is not drawn. */
typedef struct Search
{
	int8 *tie;         /* per unit: the firmest way found, -1 = none */
	bool *deep;        /* per unit: only found through others */
	int32 *opened;     /* per unit: from where it was last searched */
	int32 *found;      /* units reached */
	int32 *waiting[3]; /* undrawn units to open, by tie: each unit at most once in each */
	int32 found_count;
	int32 waiting_count[3];
} Search;

static OpresLink *
add_link(OpresView *view, int32 from, int32 to, OpresTie tie, bool indirect)
{
	OpresLink *link;

	if (view->link_count == view->link_room)
	{
		view->link_room = Max(2 * view->link_room, 256);
		view->links = view->links == NULL ? palloc(sizeof(OpresLink) * view->link_room)
										  : repalloc_huge(view->links, sizeof(OpresLink) * view->link_room);
	}
	link = &view->links[view->link_count++];
	link->from = from;
	link->to = to;
	link->tie = tie;
	link->indirect = indirect;
	link->binding = false;
	return link;
}

/* How firmly the owner of a requirement is tied to one member, which is drawn in unit `to`. */
static OpresTie
tie_of(const OpresView *view, int32 requirement, int32 member, int32 to)
{
	const OpresMap *map = view->map;
	const OpresRequirement *need = &map->model.requirements[requirement];
	int32 first;
	int32 end;
	bool all_there = true;

	if (need->for_start)
		return OPRES_RESTART;
	if (need->impact < 0.5)
		return OPRES_REDUNDANT;
	opres_members(map, requirement, &first, &end);
	for (int32 i = first; i < end; i++)
		all_there &= view->unit_of[map->model.member_node[i]] == to;
	return all_there || opres_indispensable(map, requirement, member) ? OPRES_NEEDS : OPRES_REDUNDANT;
}

/* Nodes a unit stands for: itself, then its members. Returns false at the end. */
static bool
next_node(const OpresView *view, const OpresUnit *unit, int32 *position, int32 *node)
{
	int32 first;
	int32 end;
	int32 at = (*position)++;

	if (unit->node >= 0 && at-- == 0)
	{
		*node = unit->node;
		return true;
	}
	if (unit->requirement < 0)
		return false;
	opres_members(view->map, unit->requirement, &first, &end);
	if (first + at >= end)
		return false;
	*node = view->map->model.member_node[first + at];
	return true;
}

/* Whether a tie of one of its members ties the whole unit: only if all members are tied to the same. */
static bool
all_members_need(const OpresView *view, const OpresUnit *unit, int32 to)
{
	const OpresModel *model = &view->map->model;
	int32 first;
	int32 end;

	opres_members(view->map, unit->requirement, &first, &end);
	for (int32 i = first; i < end; i++)
	{
		int32 node = model->member_node[i];
		bool needs = false;

		for (int32 r = model->first_requirement[node]; r < model->first_requirement[node + 1] && !needs; r++)
			for (int32 m = model->requirements[r].first_member; m < model->requirements[r + 1].first_member && !needs; m++)
				needs = view->unit_of[model->member_node[m]] == to && tie_of(view, r, model->member_node[m], to) == OPRES_NEEDS;
		if (!needs)
			return false;
	}
	return true;
}

static void
search_reach(const OpresView *view, Search *search, int32 to, OpresTie tie, bool deep)
{
	if (search->tie[to] < 0)
	{
		search->found[search->found_count++] = to;
		search->deep[to] = deep;
	}
	else
	{
		search->deep[to] &= deep;
		if (search->tie[to] <= (int8) tie)
			return;
	}
	search->tie[to] = tie;
	if (!view->units[to].drawn)
		search->waiting[tie][search->waiting_count[tie]++] = to;
}

/* What one unit depends on directly, at least as loosely as `least`. */
static void
search_from(const OpresView *view, Search *search, int32 from, OpresTie least, bool deep)
{
	const OpresModel *model = &view->map->model;
	const OpresUnit *unit = &view->units[from];
	int32 position = 0;
	int32 node;

	while (next_node(view, unit, &position, &node))
		for (int32 r = model->first_requirement[node]; r < model->first_requirement[node + 1]; r++)
			for (int32 m = model->requirements[r].first_member; m < model->requirements[r + 1].first_member; m++)
			{
				int32 to = view->unit_of[model->member_node[m]];
				OpresTie tie;

				if (to < 0 || to == from)
					continue;
				tie = tie_of(view, r, model->member_node[m], to);
				if (tie == OPRES_NEEDS && node != unit->node && !all_members_need(view, unit, to))
					tie = OPRES_REDUNDANT;
				search_reach(view, search, to, Max(tie, least), deep);
			}
}

/* All drawn units that a drawn unit reaches through units that are not. The firmest ties are followed first, so that each unit is
   opened once. */
static void
link_unit(OpresView *view, Search *search, int32 from)
{
	search->found_count = 0;
	for (int tie = OPRES_NEEDS; tie <= OPRES_RESTART; tie++)
		search->waiting_count[tie] = 0;
	search_from(view, search, from, OPRES_NEEDS, false);
	for (int tie = OPRES_NEEDS; tie <= OPRES_RESTART; tie++)
		for (int32 i = 0; i < search->waiting_count[tie]; i++)
		{
			int32 unit = search->waiting[tie][i];

			CHECK_FOR_INTERRUPTS();
			if (search->opened[unit] == from)
				continue;
			search->opened[unit] = from;
			search_from(view, search, unit, tie, true);
		}
	for (int32 i = 0; i < search->found_count; i++)
	{
		int32 unit = search->found[i];

		/* What is neither needed outright nor needed directly says little about the unit it starts from. */
		if (view->units[unit].drawn && unit != from && (search->tie[unit] == OPRES_NEEDS || !search->deep[unit]))
			add_link(view, from, unit, search->tie[unit], search->deep[unit]);
		search->tie[unit] = -1;
	}
}

static void
init_search(Search *search, int32 units)
{
	Size count = Max(units, 1);

	search->tie = palloc_extended(count, MCXT_ALLOC_HUGE);
	memset(search->tie, -1, count);
	search->deep = palloc_extended(sizeof(bool) * count, MCXT_ALLOC_HUGE);
	search->opened = palloc_extended(sizeof(int32) * count, MCXT_ALLOC_HUGE);
	memset(search->opened, -1, sizeof(int32) * count);
	search->found = palloc_extended(sizeof(int32) * count, MCXT_ALLOC_HUGE);
	for (int tie = OPRES_NEEDS; tie <= OPRES_RESTART; tie++)
		search->waiting[tie] = palloc_extended(sizeof(int32) * count, MCXT_ALLOC_HUGE);
}

static void
free_search(Search *search)
{
	pfree(search->tie);
	pfree(search->deep);
	pfree(search->opened);
	pfree(search->found);
	for (int tie = OPRES_NEEDS; tie <= OPRES_RESTART; tie++)
		pfree(search->waiting[tie]);
}

/* Whether `to` can be reached from `from` without that one link. first_link: per unit + 1, for links sorted by `from`. */
static bool
has_other_way(const OpresView *view, const OpresLink *link, const int32 *first_link, const bool *dropped, int32 *queue, bool *seen)
{
	int32 count = 1;
	bool found = false;

	queue[0] = link->from;
	seen[link->from] = true;
	for (int32 i = 0; i < count && !found; i++)
		for (int32 l = first_link[queue[i]]; l < first_link[queue[i] + 1] && !found; l++)
		{
			const OpresLink *step = &view->links[l];

			if (dropped[l] || step == link || seen[step->to] || step->tie > link->tie)
				continue;
			found = step->to == link->to;
			seen[step->to] = true;
			queue[count++] = step->to;
		}
	for (int32 i = 0; i < count; i++)
		seen[queue[i]] = false;
	return found;
}

/* Drops the indirect links that the drawing tells by another way. Links stand sorted by `from`, as they were made. */
static void
drop_implied(OpresView *view)
{
	int32 *first_link = palloc0(sizeof(int32) * (view->unit_count + 1));
	int32 *queue = palloc(sizeof(int32) * (view->unit_count + 1));
	bool *seen = palloc0(view->unit_count + 1);
	bool *dropped = palloc_extended(Max(view->link_count, 1), MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
	int32 kept = 0;

	for (int32 l = 0; l < view->link_count; l++)
		first_link[view->links[l].from + 1]++;
	for (int32 i = 0; i < view->unit_count; i++)
		first_link[i + 1] += first_link[i];
	for (int32 l = 0; l < view->link_count; l++)
	{
		CHECK_FOR_INTERRUPTS();
		dropped[l] = view->links[l].indirect && has_other_way(view, &view->links[l], first_link, dropped, queue, seen);
	}
	for (int32 l = 0; l < view->link_count; l++)
		if (!dropped[l])
			view->links[kept++] = view->links[l];
	view->link_count = kept;
	pfree(first_link);
	pfree(queue);
	pfree(seen);
	pfree(dropped);
}

void
opres_view_link(OpresView *view)
{
	Search search;

	init_search(&search, view->unit_count);
	view->link_count = 0;
	for (int32 i = 0; i < view->unit_count; i++)
		if (view->units[i].drawn)
			link_unit(view, &search, i);
	free_search(&search);
	drop_implied(view);
}

OpresLink *
opres_view_force_link(OpresView *view, int32 from, int32 to)
{
	for (int32 l = 0; l < view->link_count; l++)
		if (view->links[l].from == from && view->links[l].to == to)
			return &view->links[l];
	return add_link(view, from, to, OPRES_NEEDS, true);
}

/* ---- choosing ---- */

/* The few single points of failure that hit most: all of them shouting would say nothing. */
static void
mark_major(OpresView *view, const int32 *order)
{
	int found = 0;

	for (int32 i = 0; i < view->unit_count && found < OPRES_MOST_MAJOR; i++)
	{
		OpresUnit *unit = &view->units[order[i]];

		unit->major = unit->drawn && unit->hits > 0;
		found += unit->major;
	}
}

/* The first `wanted` units, of which operations take no more than leaves room for what they need. */
static int32
draw_first(OpresView *view, const int32 *order, int32 wanted)
{
	int32 room = wanted;
	int32 operation_room = Max((wanted + 1) / 2, Min(MOST_OPERATIONS, wanted - MOST_OPERATIONS / 2));

	for (int32 i = 0; i < view->unit_count; i++)
	{
		OpresUnit *unit = &view->units[order[i]];

		unit->drawn = room > 0 && (!is_operation(view, unit) || operation_room > 0 || wanted >= view->unit_count);
		room -= unit->drawn;
		operation_room -= unit->drawn && is_operation(view, unit);
	}
	opres_view_link(view);
	return view->link_count;
}

void
opres_view_narrow(OpresView *view, int max_nodes)
{
	int32 *order = palloc_extended(sizeof(int32) * Max(view->unit_count, 1), MCXT_ALLOC_HUGE);
	int32 wanted = max_nodes >= 0 ? max_nodes : view->unit_count > READABLE_NODES ? NARROWED_NODES : view->unit_count;

	for (int32 i = 0; i < view->unit_count; i++)
		order[i] = i;
	qsort_arg(order, view->unit_count, sizeof(int32), compare_units, view);
	if (draw_first(view, order, wanted) > READABLE_EDGES && max_nodes < 0)
		wanted = Min(wanted, NARROWED_NODES);
	if (max_nodes < 0 && wanted < view->unit_count)
		while (draw_first(view, order, wanted) > NARROWED_EDGES && wanted > FEWEST_NODES)
			wanted = Max(wanted * 9 / 10, FEWEST_NODES);
	mark_major(view, order);
	pfree(order);
}
