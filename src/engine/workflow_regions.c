/*
 * workflow_regions.c - finds the regions of a playbook (see workflow_regions.h).
 *
 * Region by region, those of a construct after the one it stands in; the list of members is the queue of what is still to be
 * followed, so nothing recurses and every step is looked at once.
 */
#include "workflow_regions.h"

#include <inttypes.h>
#include <string.h>

typedef struct Finding
{
	const OpresPlaybook *playbook;
	OpresRegions *found;
	OpresError *error;
} Finding;

static bool
prepare(Finding *f, OpresArena *arena)
{
	const OpresPlaybook *playbook = f->playbook;
	OpresRegions *r = f->found;
	size_t steps = (size_t) playbook->step_count;
	size_t playbooks = (size_t) playbook->playbook_count;
	size_t branches = 0;
	size_t most_members;
	size_t most_regions;
	int32_t *numbers;

	for (int32_t s = 0; s < playbook->step_count; s++)
		branches += (size_t) playbook->steps[s].branch_count;
	most_regions = 1 + playbooks + branches;
	most_members = most_regions + 3 * steps; /* a head each, a step itself, and what follows it if that is an end */
	numbers = opres_arena_array(arena, most_members + 3 * steps + 2 * playbooks, sizeof(int32_t));
	r->regions = opres_arena_array(arena, most_regions, sizeof(OpresRegion));
	if (numbers == NULL || r->regions == NULL)
		return false;
	r->members = numbers;
	r->first_inside = numbers + most_members;
	r->count_inside = r->first_inside + steps;
	r->of = r->count_inside + steps;
	r->exception_of = r->of + steps;
	r->action_of = r->exception_of + playbooks;
	memset(r->of, 0xff, (steps + 2 * playbooks) * sizeof(int32_t)); /* -1 in the last three */
	return true;
}

static int32_t
add_region(OpresRegions *r, int32_t owner, int32_t depth)
{
	r->regions[r->count] = (OpresRegion){ owner, depth, 0, 0 };
	return r->count++;
}

/* The step is found to be a member of the region. */
static bool
join(Finding *f, int32_t step, int32_t region)
{
	OpresRegions *r = f->found;

	if (step == OPRES_NO_STEP || r->of[step] == region)
		return true;
	if (r->of[step] >= 0 && f->playbook->steps[step].type != OPRES_STEP_END)
	{
		opres_fail(f->error, OPRES_INVALID, step, "it can be reached on two ways that have to be apart");
		return false;
	}
	r->of[step] = region;
	r->members[r->members_inside++] = step;
	return true;
}

/* The branch of a playbook action is another playbook, which tells itself by its first step. */
static bool
open_playbook(Finding *f, int32_t step, int32_t depth)
{
	OpresRegions *r = f->found;
	int32_t inner = f->playbook->steps[f->playbook->steps[step].branches[0]].playbook;

	if (inner == 0 || r->action_of[inner] >= 0)
	{
		opres_fail(f->error, OPRES_INVALID, step, "playbook %" PRId32 " stands in more than one place", inner);
		return false;
	}
	r->action_of[inner] = step;
	add_region(r, step, depth);
	if (f->playbook->exceptions[inner] != OPRES_NO_STEP)
		r->exception_of[inner] = add_region(r, OPRES_OWNER_EXCEPTION(inner), depth);
	return true;
}

static bool
open_construct(Finding *f, int32_t step, int32_t depth)
{
	OpresRegions *r = f->found;
	const OpresStep *construct = &f->playbook->steps[step];

	if (depth > OPRES_PLAYBOOK_NESTING)
	{
		opres_fail(f->error, OPRES_INVALID, step, "more than %d constructs within one another", OPRES_PLAYBOOK_NESTING);
		return false;
	}
	r->first_inside[step] = r->count;
	if (construct->type == OPRES_STEP_PLAYBOOK_ACTION)
	{
		if (!open_playbook(f, step, depth))
			return false;
	}
	else if (construct->type == OPRES_STEP_PARALLEL)
	{
		for (int32_t i = 0; i < construct->branch_count; i++)
			add_region(r, step, depth);
	}
	else
		add_region(r, step, depth);
	r->count_inside[step] = r->count - r->first_inside[step];
	return true;
}

static bool
join_heads(Finding *f, int32_t region)
{
	const OpresPlaybook *playbook = f->playbook;
	int32_t owner = f->found->regions[region].owner;
	const OpresStep *construct;

	if (owner == OPRES_OWNER_MAIN)
		return join(f, playbook->start, region);
	if (owner < 0)
		return join(f, playbook->exceptions[OPRES_OWNER_EXCEPTION(owner)], region);
	construct = &playbook->steps[owner];
	if (construct->type == OPRES_STEP_PARALLEL)
		return join(f, construct->branches[region - f->found->first_inside[owner]], region);
	for (int32_t i = 0; i < construct->branch_count; i++)
		if (!join(f, construct->branches[i], region))
			return false;
	return true;
}

static bool
fill_region(Finding *f, int32_t region)
{
	OpresRegions *r = f->found;
	int32_t first = r->members_inside;
	int32_t depth = r->regions[region].depth;

	if (!join_heads(f, region))
		return false;
	for (int32_t at = first; at < r->members_inside; at++)
	{
		const OpresStep *step = &f->playbook->steps[r->members[at]];

		if (step->type == OPRES_STEP_END)
			continue;
		if (!join(f, opres_step_next(step), region) || !join(f, step->on_failure, region) ||
			(opres_step_is_construct(step) && !open_construct(f, r->members[at], depth + 1)))
			return false;
	}
	r->regions[region].first = first;
	r->regions[region].count = r->members_inside - first;
	return true;
}

OpresStatus
opres_regions_find(const OpresPlaybook *playbook, OpresArena *arena, OpresRegions *regions, OpresError *error)
{
	Finding f = { playbook, regions, error };

	memset(regions, 0, sizeof(*regions));
	if (!prepare(&f, arena))
		return opres_fail(error, arena->status, -1, "not enough memory for the regions of a playbook");
	add_region(regions, OPRES_OWNER_MAIN, 0);
	if (playbook->exceptions[0] != OPRES_NO_STEP)
		regions->exception_of[0] = add_region(regions, OPRES_OWNER_EXCEPTION(0), 0);
	for (int32_t region = 0; region < regions->count; region++)
		if (!fill_region(&f, region))
			return OPRES_INVALID;
	return OPRES_OK;
}
