/*
 * workflow_run.h - a run from inside: shared by workflow.c (events: what is allowed), workflow_flow.c (what follows from them) and
 * workflow_values.c (variables).
 *
 * All memory is of the run's arena. Values are the playbook's own texts or copies; texts are never changed, so variables may share
 * one.
 */
#ifndef OPRES_WORKFLOW_RUN_H
#define OPRES_WORKFLOW_RUN_H

#include "workflow_regions.h"

/* Of an activation, what nobody outside needs. */
typedef struct OpresProgress
{
	int32_t open;    /* branches that have not ended, of a construct that is running */
	int32_t missing; /* required facts, of a step that is reached */
	int32_t doer_room, approval_room;
	int32_t *doers;
	OpresApproval *approvals;
} OpresProgress;

/* A parallel whose branches are being entered. */
typedef struct OpresEntering
{
	int32_t step, next_branch;
} OpresEntering;

/* Items in groups: those of group g are items[first[g]] to items[first[g + 1] - 1]. */
typedef struct OpresGroups
{
	int32_t *first, *items;
} OpresGroups;

struct OpresRun
{
	const OpresPlaybook *playbook;
	OpresArena *arena;
	OpresRegions regions;
	OpresRunState state;
	OpresTime now; /* of the last event */
	bool main_ended;
	OpresStatus status; /* why the run cannot be used any more */
	OpresActivation *steps;
	OpresProgress *progress;
	bool *exception_active; /* per playbook */
	bool *facts;
	OpresGroups waiting; /* per fact: steps that require it */
	const char **values;
	OpresGroups scopes; /* per playbook, then per step: its variables */

	/* Places to work in. */
	OpresEntering *entering; /* innermost last */
	int32_t entering_count;
	int32_t *list; /* of steps */
	int64_t *seen; /* per step: seen_now = seen */
	int64_t seen_now;
	int64_t *named; /* per variable, see opres_workflow_refuse_values */
	int64_t named_now;
};

static inline bool
opres_step_is_active(OpresStepState state)
{
	return state == OPRES_STEP_REACHED || state == OPRES_STEP_SUBMITTED || state == OPRES_STEP_RUNNING || state == OPRES_STEP_HELD;
}

/* workflow_values.c */
/* Without a step: values of external variables of the outermost playbook. With one: of its out_args, and each has to have a value
 * afterwards if all are needed. */
OpresRefusal opres_workflow_refuse_values(OpresRun *run, const OpresRunEvent *event, int32_t step, bool all_needed,
										  int32_t *detail);
bool opres_workflow_set_values(OpresRun *run, const OpresRunEvent *event);
void opres_workflow_init_step_values(OpresRun *run, int32_t step);
void opres_workflow_enter_playbook(OpresRun *run, int32_t playbook);
void opres_workflow_leave_playbook(OpresRun *run, int32_t playbook);
/* The branch its condition or variable says, branch_count if none, -1 if that is not known. */
int32_t opres_workflow_ask(const OpresRun *run, int32_t step);

/*
 * workflow_flow.c: what the event at run->now does, and all that follows from it. That the event is allowed has been seen.
 */
void opres_workflow_begin(OpresRun *run);
void opres_workflow_succeed(OpresRun *run, int32_t step);
void opres_workflow_omit(OpresRun *run, int32_t step);
void opres_workflow_fail(OpresRun *run, int32_t step);
void opres_workflow_start(OpresRun *run, int32_t step, int32_t choice); /* a construct that is ready; what was asked is known */
void opres_workflow_reject(OpresRun *run, int32_t step);
void opres_workflow_retry(OpresRun *run, int32_t step);
void opres_workflow_abort(OpresRun *run);

#endif
