/*
 * workflow_flow.c - what follows from an event that is allowed: steps are reached, succeed, fail; regions end ("Reaching a step"
 * and after it in workflow-semantics.md).
 *
 * Nearly every consequence has one consequence itself: each function here does its part and says what is next, and proceed() goes
 * on until nothing is. Only a parallel has several; those whose branches are still to be entered wait in run->entering, innermost
 * last. So what happens in depth first needs no recursion, however long the chain.
 */
#include "workflow_run.h"

#include <string.h>

/* What is next: a step is reached, a region has ended, or nothing. */
typedef enum NextKind
{
	NEXT_NOTHING,
	NEXT_REACH,
	NEXT_ENDED
} NextKind;

typedef struct Next
{
	NextKind kind;
	int32_t step;   /* reached */
	int32_t region; /* it is in, or that has ended */
} Next;

static const Next nothing = { NEXT_NOTHING, OPRES_NO_STEP, -1 };

static Next
reaching(int32_t step, int32_t region)
{
	return (Next){ NEXT_REACH, step, region };
}

static Next
ended(int32_t region)
{
	return (Next){ NEXT_ENDED, OPRES_NO_STEP, region };
}

static OpresTime
later(OpresTime time, OpresTime duration)
{
	OpresTime sum;

	if (duration == OPRES_NEVER || __builtin_add_overflow(time, duration, &sum))
		return OPRES_NEVER;
	return sum;
}

/* Steps and what is inside them */

static void
set_state(OpresRun *run, int32_t step, OpresStepState state)
{
	run->steps[step].state = state;
	if (state == OPRES_STEP_DONE || state == OPRES_STEP_FAILED || state == OPRES_STEP_HELD || state == OPRES_STEP_CANCELLED)
		run->steps[step].ended_at = run->now;
}

/* Idle or skipped: keeps nothing of what it was. */
static void
forget(OpresRun *run, int32_t step, OpresStepState state)
{
	const OpresProgress *progress = &run->progress[step];

	run->steps[step] = (OpresActivation){ .state = state,
										  .choice = -1,
										  .ready_at = OPRES_NEVER,
										  .due = OPRES_NEVER,
										  .doers = progress->doers,
										  .approvals = progress->approvals };
}

static int32_t
list_regions(OpresRun *run, int32_t first, int32_t count, int32_t listed)
{
	for (int32_t r = first; r < first + count; r++)
	{
		const OpresRegion *region = &run->regions.regions[r];

		memcpy(run->list + listed, run->regions.members + region->first, (size_t) region->count * sizeof(int32_t));
		listed += region->count;
	}
	return listed;
}

/* Lists what is in these regions and inside those, in run->list; a shared end perhaps more than once. */
static int32_t
list_inside(OpresRun *run, int32_t first_region, int32_t region_count)
{
	int32_t count = list_regions(run, first_region, region_count, 0);

	for (int32_t at = 0; at < count; at++)
		count = list_regions(run, run->regions.first_inside[run->list[at]], run->regions.count_inside[run->list[at]], count);
	return count;
}

static int32_t
inner_playbook(const OpresRun *run, int32_t action)
{
	return run->playbook->steps[run->playbook->steps[action].branches[0]].playbook;
}

static void
forget_regions(OpresRun *run, int32_t first_region, int32_t region_count)
{
	int32_t count = list_inside(run, first_region, region_count);

	for (int32_t i = 0; i < count; i++)
		forget(run, run->list[i], OPRES_STEP_IDLE);
}

static void
forget_inside(OpresRun *run, int32_t construct)
{
	forget_regions(run, run->regions.first_inside[construct], run->regions.count_inside[construct]);
}

static void
cancel(OpresRun *run, int32_t step)
{
	if (opres_step_is_active(run->steps[step].state))
		set_state(run, step, OPRES_STEP_CANCELLED);
	if (run->playbook->steps[step].type == OPRES_STEP_PLAYBOOK_ACTION)
		run->exception_active[inner_playbook(run, step)] = false;
}

static void
cancel_inside(OpresRun *run, int32_t construct)
{
	int32_t count = list_inside(run, run->regions.first_inside[construct], run->regions.count_inside[construct]);

	for (int32_t i = 0; i < count; i++)
		cancel(run, run->list[i]);
	if (run->playbook->steps[construct].type == OPRES_STEP_PLAYBOOK_ACTION)
		run->exception_active[inner_playbook(run, construct)] = false;
}

static int32_t
list_once(OpresRun *run, int32_t step, int32_t listed)
{
	if (step == OPRES_NO_STEP || run->seen[step] == run->seen_now)
		return listed;
	run->seen[step] = run->seen_now;
	run->list[listed] = step;
	return listed + 1;
}

/* Marks as seen all that can be reached from the step without leaving its region upwards: what is in that branch. */
static void
see_branch(OpresRun *run, int32_t first)
{
	int32_t count = list_once(run, first, 0);

	for (int32_t at = 0; at < count; at++)
	{
		const OpresStep *step = &run->playbook->steps[run->list[at]];

		count = list_once(run, opres_step_next(step), count);
		count = list_once(run, step->on_failure, count);
		for (int32_t i = 0; i < step->branch_count; i++)
			count = list_once(run, step->branches[i], count);
		if (step->type == OPRES_STEP_PLAYBOOK_ACTION)
			count = list_once(run, run->playbook->exceptions[inner_playbook(run, run->list[at])], count);
	}
}

/* What is in no branch taken of an if or switch. */
static void
skip_others(OpresRun *run, int32_t construct, int32_t choice)
{
	const OpresStep *step = &run->playbook->steps[construct];
	int32_t count;

	if (step->branch_count == 1 && choice == 0)
		return;
	run->seen_now++;
	if (choice < step->branch_count)
		see_branch(run, step->branches[choice]);
	count = list_inside(run, run->regions.first_inside[construct], run->regions.count_inside[construct]);
	for (int32_t i = 0; i < count; i++)
		if (run->seen[run->list[i]] != run->seen_now)
			forget(run, run->list[i], OPRES_STEP_SKIPPED);
}

/* Facts */

static void
establish(OpresRun *run, int32_t fact)
{
	if (run->facts[fact])
		return;
	run->facts[fact] = true;
	for (int32_t i = run->waiting.first[fact]; i < run->waiting.first[fact + 1]; i++)
	{
		int32_t step = run->waiting.items[i];
		OpresActivation *a = &run->steps[step];

		if (a->state != OPRES_STEP_REACHED || --run->progress[step].missing > 0)
			continue;
		a->ready_at = a->not_before > run->now ? a->not_before : run->now;
		a->due = later(a->ready_at, run->playbook->steps[step].timeout);
	}
}

static int32_t
missing_facts(const OpresRun *run, const OpresStep *step)
{
	int32_t missing = 0;

	for (int32_t i = 0; i < step->requires_count; i++)
		missing += !run->facts[step->requires_facts[i]];
	return missing;
}

/* What is next after a step */

static void
complete(OpresRun *run)
{
	run->state = OPRES_RUN_COMPLETED;
	for (int32_t s = 0; s < run->playbook->step_count; s++)
		if (run->steps[s].state == OPRES_STEP_IDLE)
			run->steps[s].state = OPRES_STEP_SKIPPED;
}

static Next
follow(const OpresRun *run, int32_t step)
{
	int32_t next = opres_step_next(&run->playbook->steps[step]);

	return next == OPRES_NO_STEP ? ended(run->regions.of[step]) : reaching(next, run->regions.of[step]);
}

static Next
succeed(OpresRun *run, int32_t step)
{
	const OpresStep *s = &run->playbook->steps[step];

	set_state(run, step, OPRES_STEP_DONE);
	for (int32_t i = 0; i < s->establishes_count; i++)
		establish(run, s->establishes_facts[i]);
	return follow(run, step);
}

static Next
fail(OpresRun *run, int32_t step)
{
	const OpresStep *s = &run->playbook->steps[step];
	int32_t exception = run->regions.exception_of[s->playbook];

	cancel_inside(run, step);
	if (s->on_failure != OPRES_NO_STEP)
	{
		set_state(run, step, OPRES_STEP_FAILED);
		return reaching(s->on_failure, run->regions.of[step]);
	}
	set_state(run, step, OPRES_STEP_HELD);
	/* A step of the exception region that fails is in one that is active. */
	if (exception < 0 || run->exception_active[s->playbook])
		return nothing;
	run->exception_active[s->playbook] = true;
	forget_regions(run, exception, 1);
	return reaching(run->playbook->exceptions[s->playbook], exception);
}

/* Constructs */

static Next
enter(OpresRun *run, int32_t step, int32_t branch)
{
	const OpresStep *s = &run->playbook->steps[step];
	int32_t region = run->regions.first_inside[step] + (s->type == OPRES_STEP_PARALLEL ? branch : 0);

	return reaching(s->branches[branch], region);
}

static void
begin_running(OpresRun *run, int32_t step)
{
	set_state(run, step, OPRES_STEP_RUNNING);
	run->steps[step].due = later(run->now, run->playbook->steps[step].timeout);
}

static Next
begin_round(OpresRun *run, int32_t step)
{
	OpresActivation *a = &run->steps[step];

	if (a->round == run->playbook->steps[step].round_limit)
		return fail(run, step);
	set_state(run, step, OPRES_STEP_RUNNING);
	if (a->round++ == 0)
		a->due = later(run->now, run->playbook->steps[step].timeout);
	a->choice = 0;
	return enter(run, step, 0);
}

/* The condition or variable is known to say this. */
static Next
take(OpresRun *run, int32_t step, int32_t choice)
{
	const OpresStep *s = &run->playbook->steps[step];

	if (s->type == OPRES_STEP_WHILE)
		return choice == 0 ? begin_round(run, step) : succeed(run, step);
	skip_others(run, step, choice);
	if (choice == s->branch_count)
		return succeed(run, step);
	begin_running(run, step);
	run->steps[step].choice = choice;
	return enter(run, step, choice);
}

/* A construct that is ready; not to be called while its question is open. */
static Next
start(OpresRun *run, int32_t step, int32_t choice)
{
	const OpresStep *s = &run->playbook->steps[step];

	if (s->type != OPRES_STEP_PARALLEL && s->type != OPRES_STEP_PLAYBOOK_ACTION)
		return take(run, step, choice);
	begin_running(run, step);
	run->progress[step].open = s->branch_count;
	if (s->type == OPRES_STEP_PARALLEL)
		run->entering[run->entering_count++] = (OpresEntering){ step, 1 };
	else
		opres_workflow_enter_playbook(run, inner_playbook(run, step));
	return enter(run, step, 0);
}

static Next
round_over(OpresRun *run, int32_t step)
{
	int32_t choice;

	forget_inside(run, step);
	choice = opres_workflow_ask(run, step);
	if (choice >= 0)
		return take(run, step, choice);
	set_state(run, step, OPRES_STEP_REACHED);
	return nothing;
}

static Next
branch_over(OpresRun *run, int32_t construct)
{
	const OpresStep *s = &run->playbook->steps[construct];

	if (s->type == OPRES_STEP_WHILE)
		return round_over(run, construct);
	if (s->type == OPRES_STEP_IF || s->type == OPRES_STEP_SWITCH)
		return succeed(run, construct);
	if (--run->progress[construct].open > 0)
		return nothing;
	if (s->type == OPRES_STEP_PLAYBOOK_ACTION)
	{
		if (run->exception_active[inner_playbook(run, construct)])
			return nothing;
		opres_workflow_leave_playbook(run, inner_playbook(run, construct));
	}
	return succeed(run, construct);
}

static Next
exception_over(OpresRun *run, int32_t playbook)
{
	int32_t action = run->regions.action_of[playbook];

	run->exception_active[playbook] = false;
	if (playbook == 0)
	{
		if (run->main_ended)
			complete(run);
		return nothing;
	}
	if (run->progress[action].open > 0)
		return nothing;
	opres_workflow_leave_playbook(run, playbook);
	return succeed(run, action);
}

static Next
region_over(OpresRun *run, int32_t region)
{
	int32_t owner = run->regions.regions[region].owner;

	if (owner >= 0)
		return branch_over(run, owner);
	if (owner != OPRES_OWNER_MAIN)
		return exception_over(run, OPRES_OWNER_EXCEPTION(owner));
	run->main_ended = true;
	if (!run->exception_active[0])
		complete(run);
	return nothing;
}

/* Reaching */

static void
set_reached(OpresRun *run, int32_t step)
{
	const OpresStep *s = &run->playbook->steps[step];
	OpresActivation *a = &run->steps[step];

	forget(run, step, OPRES_STEP_REACHED);
	run->progress[step].missing = missing_facts(run, s);
	a->reached_at = run->now;
	a->not_before = later(run->now, s->delay);
	if (run->progress[step].missing == 0)
	{
		a->ready_at = a->not_before;
		a->due = later(a->ready_at, s->timeout);
	}
	opres_workflow_init_step_values(run, step);
}

static Next
reach(OpresRun *run, int32_t step, int32_t region)
{
	const OpresStep *s = &run->playbook->steps[step];
	int32_t choice;

	set_reached(run, step);
	if (s->type == OPRES_STEP_END)
	{
		set_state(run, step, OPRES_STEP_DONE);
		return ended(region);
	}
	if (s->type == OPRES_STEP_START)
		return succeed(run, step);
	if (s->type == OPRES_STEP_ACTION || s->delay > 0 || s->requires_count > 0)
		return nothing;
	choice = opres_workflow_ask(run, step);
	return choice < 0 ? nothing : start(run, step, choice);
}

/* The next branch of the innermost parallel that is being entered. */
static Next
next_branch(OpresRun *run)
{
	OpresEntering *innermost;
	int32_t step;
	int32_t branch;

	if (run->entering_count == 0)
		return nothing;
	innermost = &run->entering[run->entering_count - 1];
	step = innermost->step;
	branch = innermost->next_branch++;
	if (innermost->next_branch == run->playbook->steps[step].branch_count)
		run->entering_count--;
	return enter(run, step, branch);
}

static void
proceed(OpresRun *run, Next next)
{
	/* A while whose condition stays true and whose branch waits for nobody goes on for as many rounds as it has. */
	for (uint32_t i = 1; next.kind != NEXT_NOTHING; i++)
	{
		next = next.kind == NEXT_REACH ? reach(run, next.step, next.region) : region_over(run, next.region);
		if (next.kind == NEXT_NOTHING)
			next = next_branch(run);
		if ((i & 1023) == 0 && opres_cancelled(run->arena->env))
		{
			run->status = OPRES_CANCELLED;
			return;
		}
	}
}

/* Events */

void
opres_workflow_begin(OpresRun *run)
{
	run->state = OPRES_RUN_ACTIVE;
	proceed(run, reaching(run->playbook->start, run->regions.of[run->playbook->start]));
}

void
opres_workflow_succeed(OpresRun *run, int32_t step)
{
	proceed(run, succeed(run, step));
}

void
opres_workflow_omit(OpresRun *run, int32_t step)
{
	set_state(run, step, OPRES_STEP_SKIPPED);
	proceed(run, follow(run, step));
}

void
opres_workflow_fail(OpresRun *run, int32_t step)
{
	proceed(run, fail(run, step));
}

void
opres_workflow_start(OpresRun *run, int32_t step, int32_t choice)
{
	proceed(run, start(run, step, choice));
}

/* Reached again by a person's word, here and by a retry: who did it before may still not approve it. */
void
opres_workflow_reject(OpresRun *run, int32_t step)
{
	OpresActivation *a = &run->steps[step];
	int32_t doers = a->doer_count;

	set_reached(run, step);
	a->doer_count = doers;
	a->not_before = a->ready_at = run->now;
	a->due = later(run->now, run->playbook->steps[step].timeout);
}

void
opres_workflow_retry(OpresRun *run, int32_t step)
{
	int32_t doers = run->steps[step].doer_count;
	Next next;

	forget_inside(run, step); /* an end that it shares has perhaps been reached from elsewhere */
	next = reach(run, step, run->regions.of[step]);
	run->steps[step].doer_count = doers;
	proceed(run, next);
}

void
opres_workflow_abort(OpresRun *run)
{
	for (int32_t s = 0; s < run->playbook->step_count; s++)
		cancel(run, s);
	run->state = OPRES_RUN_ABORTED;
}
