/*
 * workflow.c - runs of playbooks: a new run, which events are allowed, and what is to be known of a run (see workflow.h,
 * workflow_run.h).
 *
 * Whether an event is allowed is seen before anything is changed; then it is applied, and workflow_flow.c finds what follows. All
 * that could be of use is made when the run is new, so that an event takes memory for the texts it brings, and for persons, alone.
 */
#include "workflow_run.h"

#include <string.h>

/* A new run */

static bool
take_places(OpresRun *run)
{
	const OpresPlaybook *p = run->playbook;
	OpresArena *arena = run->arena;
	size_t steps = (size_t) p->step_count;
	size_t variables = (size_t) p->variable_count;
	size_t listed = (size_t) run->regions.members_inside > steps ? (size_t) run->regions.members_inside : steps;
	size_t parallels = 0;

	for (size_t s = 0; s < steps; s++)
		parallels += p->steps[s].type == OPRES_STEP_PARALLEL;
	run->steps = opres_arena_array(arena, steps, sizeof(*run->steps));
	run->progress = opres_arena_array(arena, steps, sizeof(*run->progress));
	run->exception_active = opres_arena_array(arena, (size_t) p->playbook_count, sizeof(bool));
	run->facts = opres_arena_array(arena, (size_t) p->fact_count, sizeof(bool));
	run->values = opres_arena_array(arena, variables, sizeof(*run->values));
	run->named = opres_arena_array(arena, variables, sizeof(*run->named));
	run->entering = opres_arena_array(arena, parallels, sizeof(*run->entering));
	run->list = opres_arena_array(arena, listed, sizeof(int32_t));
	run->seen = opres_arena_array(arena, steps, sizeof(*run->seen));
	return run->steps != NULL && run->progress != NULL && run->exception_active != NULL && run->facts != NULL &&
		   run->values != NULL && run->named != NULL && run->entering != NULL && run->list != NULL && run->seen != NULL;
}

static bool
take_groups(OpresGroups *groups, OpresArena *arena, size_t count, size_t items)
{
	/* One more than there are bounds: a group is counted two places further, and filling it moves its bound to where it begins. */
	groups->first = opres_arena_array(arena, count + 2, sizeof(int32_t));
	groups->items = opres_arena_array(arena, items, sizeof(int32_t));
	return groups->first != NULL && groups->items != NULL;
}

static void
sum_groups(OpresGroups *groups, int32_t count)
{
	for (int32_t g = 2; g < count + 2; g++)
		groups->first[g] += groups->first[g - 1];
}

/* Which steps require a fact. */
static bool
group_waiting(OpresRun *run)
{
	const OpresPlaybook *p = run->playbook;
	OpresGroups *waiting = &run->waiting;
	size_t items = 0;

	for (int32_t s = 0; s < p->step_count; s++)
		items += (size_t) p->steps[s].requires_count;
	if (!take_groups(waiting, run->arena, (size_t) p->fact_count, items))
		return false;
	for (int32_t s = 0; s < p->step_count; s++)
		for (int32_t i = 0; i < p->steps[s].requires_count; i++)
			waiting->first[p->steps[s].requires_facts[i] + 2]++;
	sum_groups(waiting, p->fact_count);
	for (int32_t s = 0; s < p->step_count; s++)
		for (int32_t i = 0; i < p->steps[s].requires_count; i++)
			waiting->items[waiting->first[p->steps[s].requires_facts[i] + 1]++] = s;
	return true;
}

/* Which variables a playbook or a step has. */
static bool
group_scopes(OpresRun *run)
{
	const OpresPlaybook *p = run->playbook;
	OpresGroups *scopes = &run->scopes;
	int32_t count = p->playbook_count + p->step_count;

	if (!take_groups(scopes, run->arena, (size_t) count, (size_t) p->variable_count))
		return false;
	for (int32_t v = 0; v < p->variable_count; v++)
	{
		int32_t scope = p->variables[v].scope;

		scopes->first[(scope >= 0 ? scope : p->playbook_count - 1 - scope) + 2]++;
	}
	sum_groups(scopes, count);
	for (int32_t v = 0; v < p->variable_count; v++)
	{
		int32_t scope = p->variables[v].scope;

		scopes->items[scopes->first[(scope >= 0 ? scope : p->playbook_count - 1 - scope) + 1]++] = v;
	}
	return true;
}

OpresRun *
opres_run_new(const OpresPlaybook *playbook, OpresArena *arena)
{
	OpresRun *run = opres_arena_array(arena, 1, sizeof(OpresRun));

	if (run == NULL)
		return NULL;
	run->playbook = playbook;
	run->arena = arena;
	if (opres_regions_find(playbook, arena, &run->regions, NULL) != OPRES_OK || !take_places(run) || !group_waiting(run) ||
		!group_scopes(run))
		return NULL;
	for (int32_t s = 0; s < playbook->step_count; s++)
	{
		run->steps[s].choice = -1;
		run->steps[s].ready_at = run->steps[s].due = OPRES_NEVER;
	}
	for (int32_t v = 0; v < playbook->variable_count; v++)
		run->values[v] = playbook->variables[v].initial;
	return run;
}

/* Persons */

static bool
has_role(const OpresRunEvent *event)
{
	for (int32_t i = 0; i < event->role_count; i++)
		if (event->roles[i] == event->role)
			return event->role >= 0;
	return false;
}

static bool
is_doer(const OpresActivation *a, int32_t person)
{
	for (int32_t i = 0; i < a->doer_count; i++)
		if (a->doers[i] == person)
			return true;
	return false;
}

static bool
add_doer(OpresRun *run, int32_t step, int32_t person)
{
	OpresActivation *a = &run->steps[step];
	OpresProgress *progress = &run->progress[step];

	if (is_doer(a, person))
		return true;
	if (!opres_arena_grow(run->arena, (void **) &progress->doers, &progress->doer_room, a->doer_count + 1, sizeof(int32_t)))
	{
		run->status = run->arena->status;
		return false;
	}
	progress->doers[a->doer_count++] = person;
	a->doers = progress->doers;
	return true;
}

static bool
add_approval(OpresRun *run, const OpresRunEvent *event)
{
	OpresActivation *a = &run->steps[event->step];
	OpresProgress *progress = &run->progress[event->step];

	if (!opres_arena_grow(run->arena, (void **) &progress->approvals, &progress->approval_room, a->approval_count + 1,
						  sizeof(OpresApproval)))
	{
		run->status = run->arena->status;
		return false;
	}
	progress->approvals[a->approval_count++] = (OpresApproval){ event->person, event->role, event->heard_by };
	a->approvals = progress->approvals;
	return true;
}

/* Each role gives no more than are asked of it, so all are there when as many are there as are asked for together. */
static bool
all_approved(const OpresRun *run, int32_t step)
{
	const OpresStep *s = &run->playbook->steps[step];
	int64_t asked = 0;

	for (int32_t i = 0; i < s->approval_count; i++)
		asked += s->approvals[i].count;
	return run->steps[step].approval_count == asked;
}

/* What is allowed */

static OpresRefusal
refuse_not_ready(const OpresRun *run, int32_t step, OpresTime at, int32_t *detail)
{
	const OpresStep *s = &run->playbook->steps[step];

	if (run->steps[step].state != OPRES_STEP_REACHED)
		return OPRES_REFUSED_STATE;
	for (int32_t i = 0; i < s->requires_count && run->progress[step].missing > 0; i++)
		if (!run->facts[s->requires_facts[i]])
		{
			*detail = s->requires_facts[i];
			return OPRES_REFUSED_FACT;
		}
	return at < run->steps[step].not_before ? OPRES_REFUSED_NOT_YET : OPRES_REFUSED_NOT;
}

static OpresRefusal
refuse_done(OpresRun *run, const OpresRunEvent *event, int32_t *detail)
{
	const OpresStep *step = &run->playbook->steps[event->step];
	bool success = event->kind == OPRES_EVENT_SUCCESS;
	OpresRefusal refusal;

	if (step->type != OPRES_STEP_ACTION)
		return OPRES_REFUSED_TYPE;
	refusal = refuse_not_ready(run, event->step, event->at, detail);
	if (refusal == OPRES_REFUSED_NOT && success && step->evidence && !event->evidence)
		refusal = OPRES_REFUSED_EVIDENCE;
	return refusal != OPRES_REFUSED_NOT ? refusal : opres_workflow_refuse_values(run, event, event->step, success, detail);
}

static OpresRefusal
refuse_decide(const OpresRun *run, const OpresRunEvent *event, int32_t *detail)
{
	const OpresStep *step = &run->playbook->steps[event->step];
	bool none = step->type != OPRES_STEP_IF || step->branch_count == 1; /* can be chosen */
	OpresRefusal refusal;

	if (step->type != OPRES_STEP_IF && step->type != OPRES_STEP_WHILE && step->type != OPRES_STEP_SWITCH)
		return OPRES_REFUSED_TYPE;
	refusal = refuse_not_ready(run, event->step, event->at, detail);
	if (refusal != OPRES_REFUSED_NOT)
		return refusal;
	for (int32_t i = 0; step->type == OPRES_STEP_SWITCH && i < step->branch_count; i++)
		none = none && step->cases[i] != NULL;
	if (opres_workflow_ask(run, event->step) >= 0 || event->choice < 0 || event->choice > step->branch_count ||
		(event->choice == step->branch_count && !none))
		return OPRES_REFUSED_CHOICE;
	return OPRES_REFUSED_NOT;
}

static OpresRefusal
refuse_approval(const OpresRun *run, const OpresRunEvent *event)
{
	const OpresStep *step = &run->playbook->steps[event->step];
	const OpresActivation *a = &run->steps[event->step];
	int32_t left = 0;

	if (a->state != OPRES_STEP_SUBMITTED)
		return OPRES_REFUSED_STATE;
	for (int32_t i = 0; i < step->approval_count; i++)
		if (step->approvals[i].role == event->role)
			left = step->approvals[i].count;
	if (left == 0 || !has_role(event))
		return OPRES_REFUSED_ROLE;
	if (is_doer(a, event->person) || event->heard_by == event->person || (event->heard_by >= 0 && is_doer(a, event->heard_by)))
		return OPRES_REFUSED_DOER;
	for (int32_t i = 0; i < a->approval_count; i++)
	{
		left -= a->approvals[i].role == event->role;
		if (a->approvals[i].person == event->person || left == 0)
			return OPRES_REFUSED_TWICE;
	}
	return OPRES_REFUSED_NOT;
}

static OpresRefusal
refuse_omit(const OpresRun *run, const OpresRunEvent *event)
{
	const OpresStep *step = &run->playbook->steps[event->step];

	if (!step->optional)
		return OPRES_REFUSED_TYPE;
	return run->steps[event->step].state == OPRES_STEP_REACHED ? OPRES_REFUSED_NOT : OPRES_REFUSED_STATE;
}

static OpresRefusal
refuse_override(const OpresRun *run, const OpresRunEvent *event)
{
	const OpresStep *step = &run->playbook->steps[event->step];
	OpresStepState state = run->steps[event->step].state;
	int32_t authority = step->override_role >= 0 ? step->override_role : run->playbook->override_roles[step->playbook];

	if (state != OPRES_STEP_REACHED && state != OPRES_STEP_SUBMITTED && state != OPRES_STEP_HELD)
		return OPRES_REFUSED_STATE;
	return event->role == authority && has_role(event) ? OPRES_REFUSED_NOT : OPRES_REFUSED_ROLE;
}

static OpresRefusal
refuse_expire(const OpresRun *run, const OpresRunEvent *event)
{
	const OpresStep *step = &run->playbook->steps[event->step];
	const OpresActivation *a = &run->steps[event->step];

	if (!opres_step_is_active(a->state) || a->state == OPRES_STEP_HELD)
		return OPRES_REFUSED_STATE;
	if (step->timeout == OPRES_NEVER || step->on_failure == OPRES_NO_STEP)
		return OPRES_REFUSED_NO_TIMEOUT;
	return a->due == OPRES_NEVER || event->at < a->due ? OPRES_REFUSED_NOT_YET : OPRES_REFUSED_NOT;
}

static OpresRefusal
refuse_wake(const OpresRun *run, const OpresRunEvent *event, int32_t *detail)
{
	OpresRefusal refusal;

	if (!opres_step_is_construct(&run->playbook->steps[event->step]))
		return OPRES_REFUSED_TYPE;
	refusal = refuse_not_ready(run, event->step, event->at, detail);
	if (refusal != OPRES_REFUSED_NOT)
		return refusal;
	return opres_workflow_ask(run, event->step) >= 0 ? OPRES_REFUSED_NOT : OPRES_REFUSED_CHOICE;
}

static OpresRefusal
refuse_of_step(OpresRun *run, const OpresRunEvent *event, int32_t *detail)
{
	if (event->step < 0 || event->step >= run->playbook->step_count)
		return OPRES_REFUSED_TYPE;
	switch (event->kind)
	{
		case OPRES_EVENT_SUCCESS:
		case OPRES_EVENT_FAILURE:
			return refuse_done(run, event, detail);
		case OPRES_EVENT_DECIDE:
			return refuse_decide(run, event, detail);
		case OPRES_EVENT_APPROVE:
		case OPRES_EVENT_REJECT:
			return refuse_approval(run, event);
		case OPRES_EVENT_OMIT:
			return refuse_omit(run, event);
		case OPRES_EVENT_OVERRIDE:
			return refuse_override(run, event);
		case OPRES_EVENT_RETRY:
			return run->steps[event->step].state == OPRES_STEP_HELD ? OPRES_REFUSED_NOT : OPRES_REFUSED_STATE;
		case OPRES_EVENT_EXPIRE:
			return refuse_expire(run, event);
		case OPRES_EVENT_WAKE:
			return refuse_wake(run, event, detail);
		case OPRES_EVENT_BEGIN:
		case OPRES_EVENT_SET:
		case OPRES_EVENT_ABORT:
			break;
	}
	return OPRES_REFUSED_TYPE;
}

static OpresRefusal
refuse(OpresRun *run, const OpresRunEvent *event, int32_t *detail)
{
	if (run->state == OPRES_RUN_COMPLETED || run->state == OPRES_RUN_ABORTED)
		return OPRES_REFUSED_OVER;
	if ((run->state == OPRES_RUN_NEW) != (event->kind == OPRES_EVENT_BEGIN))
		return run->state == OPRES_RUN_NEW ? OPRES_REFUSED_NOT_BEGUN : OPRES_REFUSED_BEGUN;
	if (run->state == OPRES_RUN_ACTIVE && event->at < run->now)
		return OPRES_REFUSED_TIME;
	if (event->kind == OPRES_EVENT_BEGIN || event->kind == OPRES_EVENT_SET)
		return opres_workflow_refuse_values(run, event, OPRES_NO_STEP, false, detail);
	return event->kind == OPRES_EVENT_ABORT ? OPRES_REFUSED_NOT : refuse_of_step(run, event, detail);
}

/* What is done */

static void
do_success(OpresRun *run, const OpresRunEvent *event)
{
	if (!opres_workflow_set_values(run, event) || !add_doer(run, event->step, event->person))
		return;
	if (run->playbook->steps[event->step].approval_count > 0)
		run->steps[event->step].state = OPRES_STEP_SUBMITTED;
	else
		opres_workflow_succeed(run, event->step);
}

static void
apply(OpresRun *run, const OpresRunEvent *event)
{
	switch (event->kind)
	{
		case OPRES_EVENT_BEGIN:
			if (opres_workflow_set_values(run, event))
				opres_workflow_begin(run);
			break;
		case OPRES_EVENT_SUCCESS:
			do_success(run, event);
			break;
		case OPRES_EVENT_FAILURE:
			if (opres_workflow_set_values(run, event))
				opres_workflow_fail(run, event->step);
			break;
		case OPRES_EVENT_DECIDE:
			opres_workflow_start(run, event->step, event->choice);
			break;
		case OPRES_EVENT_APPROVE:
			if (add_approval(run, event) && all_approved(run, event->step))
				opres_workflow_succeed(run, event->step);
			break;
		case OPRES_EVENT_REJECT:
			opres_workflow_reject(run, event->step);
			break;
		case OPRES_EVENT_OMIT:
			opres_workflow_omit(run, event->step);
			break;
		case OPRES_EVENT_OVERRIDE:
			run->steps[event->step].overridden = true;
			opres_workflow_succeed(run, event->step);
			break;
		case OPRES_EVENT_RETRY:
			opres_workflow_retry(run, event->step);
			break;
		case OPRES_EVENT_EXPIRE:
			opres_workflow_fail(run, event->step);
			break;
		case OPRES_EVENT_WAKE:
			opres_workflow_start(run, event->step, opres_workflow_ask(run, event->step));
			break;
		case OPRES_EVENT_SET:
			opres_workflow_set_values(run, event);
			break;
		case OPRES_EVENT_ABORT:
			opres_workflow_abort(run);
			break;
	}
}

OpresStatus
opres_run_apply(OpresRun *run, const OpresRunEvent *event, OpresRefusal *refusal, int32_t *detail)
{
	*detail = -1;
	if (run->status != OPRES_OK)
		return run->status;
	*refusal = refuse(run, event, detail);
	if (*refusal == OPRES_REFUSED_NOT)
	{
		run->now = event->at;
		apply(run, event);
	}
	return run->status;
}

/* What is to be known */

OpresRunState
opres_run_state(const OpresRun *run)
{
	return run->state;
}

const OpresActivation *
opres_run_step(const OpresRun *run, int32_t step)
{
	return &run->steps[step];
}

bool
opres_run_fact(const OpresRun *run, int32_t fact)
{
	return run->facts[fact];
}

const char *
opres_run_value(const OpresRun *run, int32_t variable)
{
	return run->values[variable];
}

bool
opres_run_asks(const OpresRun *run, int32_t step, OpresTime now)
{
	int32_t ignored;

	return refuse_not_ready(run, step, now, &ignored) == OPRES_REFUSED_NOT && opres_workflow_ask(run, step) < 0;
}
