/*
 * model.c - builds the compiled map (model.h): sorts members into their requirements, checks them, turns the edges round and
 * numbers the strongly connected components (components.c). Everything kept lives in `arena`; `scratch` may be freed afterwards.
 */
#include "components.h"
#include "outage.h"

#include <stdlib.h>
#include <string.h>

typedef struct Build
{
	OpresArena *arena;
	OpresArena *scratch;
	OpresModel *model;
	OpresRequirement *requirements;
	int32_t *member_node;
	double *member_capacity;
	OpresTime *member_lag;
	OpresError *error;
	int32_t *bad_requirement;
} Build;

static OpresStatus
out_of_memory(const Build *build)
{
	OpresStatus status = build->arena->status != OPRES_OK ? build->arena->status : build->scratch->status;

	return opres_fail(build->error, status, -1, status == OPRES_CANCELLED ? "cancelled" : "not enough memory to compile the map");
}

/* For the long loops: false = cancelled, which is reported like refused memory. */
static bool
go_on(const Build *build, int32_t i)
{
	if ((i & 0xffff) != 0xffff || !opres_cancelled(build->scratch->env))
		return true;
	build->scratch->status = OPRES_CANCELLED;
	return false;
}

static OpresStatus
refuse(const Build *build, int32_t requirement, int32_t node, const char *message)
{
	*build->bad_requirement = requirement;
	return opres_fail(build->error, OPRES_INVALID, node, "%s", message);
}

static int
compare_members(const void *a, const void *b)
{
	const OpresMemberInput *x = *(const OpresMemberInput *const *) a;
	const OpresMemberInput *y = *(const OpresMemberInput *const *) b;

	if (x->standby != y->standby)
		return x->standby ? 1 : -1;
	return (x->node > y->node) - (x->node < y->node);
}

/* Pointers to the members, laid end to end by requirement (a counting sort), each run sorted active first, then by node. */
static const OpresMemberInput **
group_members(Build *build, int32_t count, const OpresMemberInput *members)
{
	OpresModel *model = build->model;
	OpresRequirement *requirements = build->requirements;
	const OpresMemberInput **grouped = opres_arena_array(build->scratch, (size_t) count + 1, sizeof(*grouped));
	int32_t *next = opres_arena_array(build->scratch, (size_t) model->requirement_count + 1, sizeof(*next));
	int32_t at = 0;

	if (grouped == NULL || next == NULL)
		return NULL;
	for (int32_t i = 0; i < count; i++)
		next[members[i].requirement]++;
	for (int32_t r = 0; r < model->requirement_count; r++)
	{
		int32_t size = next[r];

		requirements[r].first_member = at;
		next[r] = at;
		at += size;
	}
	requirements[model->requirement_count].first_member = at;
	for (int32_t i = 0; i < count; i++)
	{
		if (!go_on(build, i))
			return NULL;
		grouped[next[members[i].requirement]++] = &members[i];
	}
	for (int32_t r = 0; r < model->requirement_count; r++)
	{
		int32_t size = requirements[r + 1].first_member - requirements[r].first_member;

		if (!go_on(build, r))
			return NULL;
		if (size > 1)
			qsort(grouped + requirements[r].first_member, (size_t) size, sizeof(*grouped), compare_members);
	}
	return grouped;
}

/* Capacities and lags are rarely given: their arrays exist only if one differs from the default. */
static bool
store_members(Build *build, int32_t count, const OpresMemberInput **grouped)
{
	bool any_capacity = false;
	bool any_lag = false;

	for (int32_t i = 0; i < count; i++)
	{
		any_capacity |= grouped[i]->capacity != 1.0;
		any_lag |= grouped[i]->replica_lag != 0;
	}
	build->member_node = opres_arena_array(build->arena, (size_t) count + 1, sizeof(int32_t));
	if (any_capacity)
		build->member_capacity = opres_arena_array(build->arena, (size_t) count, sizeof(double));
	if (any_lag)
		build->member_lag = opres_arena_array(build->arena, (size_t) count, sizeof(OpresTime));
	if (build->member_node == NULL || (any_capacity && build->member_capacity == NULL) || (any_lag && build->member_lag == NULL))
		return false;
	for (int32_t i = 0; i < count; i++)
	{
		build->member_node[i] = grouped[i]->node;
		if (any_capacity)
			build->member_capacity[i] = grouped[i]->capacity;
		if (any_lag)
			build->member_lag[i] = grouped[i]->replica_lag;
	}
	return true;
}

/* Counts the active members, fills in the default for `needed` and checks what the page demands of a usable requirement. */
static OpresStatus
check_requirement(Build *build, int32_t r, const OpresMemberInput **grouped)
{
	OpresRequirement *requirement = &build->requirements[r];
	int32_t first = requirement->first_member;
	int32_t end = build->requirements[r + 1].first_member;
	int32_t active = first; /* goes along with the standby members, to meet the same node */
	double capacity = 0;

	requirement->active_count = 0;
	for (int32_t i = first; i < end; i++)
	{
		if (grouped[i]->node == requirement->owner)
			return refuse(build, r, requirement->owner, "a node cannot be a member of its own requirement");
		while (grouped[i]->standby && active < first + requirement->active_count && grouped[active]->node < grouped[i]->node)
			active++;
		if ((i > first && grouped[i]->standby == grouped[i - 1]->standby && grouped[i]->node == grouped[i - 1]->node) ||
			(active < i && grouped[i]->standby && grouped[active]->node == grouped[i]->node))
			return refuse(build, r, grouped[i]->node, "a node is a member twice");
		if (grouped[i]->standby)
			continue;
		requirement->active_count++;
		capacity += grouped[i]->capacity;
	}
	if (requirement->active_count == 0)
		return refuse(build, r, requirement->owner, "the requirement has no active member");
	if (requirement->mode == OPRES_QUORUM)
	{
		if (requirement->needed == 0)
			requirement->needed = requirement->active_count;
		if (!(requirement->needed >= 1 && requirement->needed <= requirement->active_count))
			return refuse(build, r, requirement->owner, "the requirement needs more than its active members");
	}
	else
	{
		if (requirement->needed == 0)
			requirement->needed = capacity;
		if (!(requirement->needed > 0) || capacity < requirement->needed * (1.0 - OPRES_EPSILON))
			return refuse(build, r, requirement->owner, "the requirement needs more than the capacity of its active members");
	}
	return OPRES_OK;
}

static bool
index_requirements(Build *build)
{
	OpresModel *model = build->model;
	int32_t *first = opres_arena_array(build->arena, (size_t) model->node_count + 1, sizeof(int32_t));
	int32_t r = 0;

	if (first == NULL)
		return false;
	for (int32_t n = 0; n <= model->node_count; n++)
	{
		while (r < model->requirement_count && build->requirements[r].owner < n)
			r++;
		first[n] = r;
	}
	model->first_requirement = first;
	return true;
}

/* Who uses a node: the requirements in which it is a member. */
static bool
index_uses(Build *build)
{
	OpresModel *model = build->model;
	int32_t *first = opres_arena_array(build->arena, (size_t) model->node_count + 2, sizeof(int32_t));
	int32_t *use = opres_arena_array(build->arena, (size_t) model->member_count + 1, sizeof(int32_t));

	if (first == NULL || use == NULL)
		return false;
	for (int32_t i = 0; i < model->member_count; i++)
		first[build->member_node[i] + 2]++;
	for (int32_t n = 0; n < model->node_count; n++)
		first[n + 2] += first[n + 1];
	for (int32_t r = 0; r < model->requirement_count; r++)
	{
		if (!go_on(build, r))
			return false;
		for (int32_t i = build->requirements[r].first_member; i < build->requirements[r + 1].first_member; i++)
			use[first[build->member_node[i] + 1]++] = r;
	}
	model->first_use = first;
	model->use_requirement = use;
	return true;
}

OpresStatus
opres_model_build(OpresArena *arena, OpresArena *scratch, int32_t node_count, const OpresTime *restart, int32_t requirement_count,
				  const OpresRequirement *requirements, int32_t member_count, const OpresMemberInput *members, OpresModel *model,
				  int32_t *bad_requirement, OpresError *error)
{
	Build build = { .arena = arena, .scratch = scratch, .model = model, .error = error, .bad_requirement = bad_requirement };
	OpresTime *restart_copy = opres_arena_array(arena, (size_t) node_count + 1, sizeof(OpresTime));
	const OpresMemberInput **grouped;

	*bad_requirement = -1;
	memset(model, 0, sizeof(*model));
	model->node_count = node_count;
	model->requirement_count = requirement_count;
	model->member_count = member_count;
	build.requirements = opres_arena_array(arena, (size_t) requirement_count + 1, sizeof(OpresRequirement));
	if (restart_copy == NULL || build.requirements == NULL)
		return out_of_memory(&build);
	if (node_count > 0)
		memcpy(restart_copy, restart, (size_t) node_count * sizeof(OpresTime));
	if (requirement_count > 0)
		memcpy(build.requirements, requirements, (size_t) requirement_count * sizeof(OpresRequirement));
	grouped = group_members(&build, member_count, members);
	if (grouped == NULL || !store_members(&build, member_count, grouped))
		return out_of_memory(&build);
	for (int32_t r = 0; r < requirement_count; r++)
	{
		if (!go_on(&build, r))
			return out_of_memory(&build);
		if (check_requirement(&build, r, grouped) != OPRES_OK)
			return OPRES_INVALID;
	}
	model->restart = restart_copy;
	model->requirements = build.requirements;
	model->member_node = build.member_node;
	model->member_capacity = build.member_capacity;
	model->member_lag = build.member_lag;
	if (!index_requirements(&build) || !index_uses(&build) || !opres_components(arena, scratch, model))
		return out_of_memory(&build);
	model->bytes = arena->held;
	return OPRES_OK;
}

bool
opres_scratch_init(OpresArena *arena, const OpresModel *model, OpresScratch *scratch)
{
	scratch->node_slot = opres_arena_array(arena, (size_t) model->node_count + 1, sizeof(int32_t));
	scratch->requirement_slot = opres_arena_array(arena, (size_t) model->requirement_count + 1, sizeof(int32_t));
	if (scratch->node_slot == NULL || scratch->requirement_slot == NULL)
		return false;
	memset(scratch->node_slot, 0xff, ((size_t) model->node_count + 1) * sizeof(int32_t));
	memset(scratch->requirement_slot, 0xff, ((size_t) model->requirement_count + 1) * sizeof(int32_t));
	return true;
}
