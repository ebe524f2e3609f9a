/*
 * workflow_regions.h - which steps of a playbook belong together: the regions of workflow-semantics.md.
 *
 * Found by following a playbook from its start. opres_playbook_check does it to see whether they keep apart, a run to know where a
 * region ends and what is inside a construct. All of it lies in the arena given.
 */
#ifndef OPRES_WORKFLOW_REGIONS_H
#define OPRES_WORKFLOW_REGIONS_H

#include "workflow.h"

/* Whose region it is: a construct's (its step), or one of these. */
#define OPRES_OWNER_MAIN (-1)
#define OPRES_OWNER_EXCEPTION(playbook) (-2 - (playbook)) /* and back again */

typedef struct OpresRegion
{
	int32_t owner;
	int32_t depth;        /* constructs around it */
	int32_t first, count; /* of members */
} OpresRegion;

/*
 * The branches of an `if`, and of a `switch`, are one region, since they may share steps; those of a `parallel` are one each. A
 * playbook action has its branch, then the exception region of its playbook if there is one. Regions of one construct follow one
 * another.
 */
typedef struct OpresRegions
{
	int32_t count;
	OpresRegion *regions;
	int32_t *members;       /* region by region; a shared end once in each */
	int32_t *of;            /* per step: its region, -1 = none; of an end the last found */
	int32_t *first_inside;  /* per step: first region of a construct */
	int32_t *count_inside;  /* per step: how many it has */
	int32_t *exception_of;  /* per playbook: its exception region, -1 = none */
	int32_t *action_of;     /* per playbook: the playbook action it is the branch of, -1 = none */
	int32_t members_inside; /* of all regions together */
} OpresRegions;

/* The indexes in the playbook must be in range. OPRES_INVALID: regions do not keep apart, or are too deep (error may be NULL). */
OpresStatus opres_regions_find(const OpresPlaybook *playbook, OpresArena *arena, OpresRegions *regions, OpresError *error);

static inline bool
opres_step_is_construct(const OpresStep *step)
{
	return step->type >= OPRES_STEP_PLAYBOOK_ACTION && step->type <= OPRES_STEP_SWITCH;
}

/* What follows success. */
static inline int32_t
opres_step_next(const OpresStep *step)
{
	return step->on_success != OPRES_NO_STEP ? step->on_success : step->on_completion;
}

#endif
