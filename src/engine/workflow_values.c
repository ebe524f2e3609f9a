/*
 * workflow_values.c - the variables of a run: which values an event may give, what becomes of them, and what a condition reads.
 */
#include "workflow_run.h"

#include <string.h>

/* What an event says of a variable, as named[variable] - named_now: below 0 nothing. */
enum
{
	MAY_BE_NAMED,
	GIVEN_NO_VALUE,
	GIVEN_A_VALUE,
	NAMED_STATES
};

static bool
may_be_named(const OpresRun *run, int32_t step, int32_t variable)
{
	const OpresVariable *v = &run->playbook->variables[variable];

	if (v->constant)
		return false;
	if (step == OPRES_NO_STEP)
		return v->scope == 0 && v->external;
	return run->named[variable] >= run->named_now;
}

OpresRefusal
opres_workflow_refuse_values(OpresRun *run, const OpresRunEvent *event, int32_t step, bool all_needed, int32_t *detail)
{
	const int32_t *outs = step == OPRES_NO_STEP ? NULL : run->playbook->steps[step].out_variables;
	int32_t out_count = step == OPRES_NO_STEP ? 0 : run->playbook->steps[step].out_count;

	run->named_now += NAMED_STATES;
	for (int32_t i = 0; i < out_count; i++)
		run->named[outs[i]] = run->named_now + MAY_BE_NAMED;
	for (int32_t i = 0; i < event->assignment_count; i++)
	{
		const OpresAssignment *a = &event->assignments[i];

		*detail = a->variable;
		if (a->variable < 0 || a->variable >= run->playbook->variable_count || !may_be_named(run, step, a->variable))
			return OPRES_REFUSED_VALUE;
		if (a->value != NULL && !opres_variable_value_valid(run->playbook->variables[a->variable].type, a->value))
			return OPRES_REFUSED_VALUE;
		run->named[a->variable] = run->named_now + (a->value != NULL ? GIVEN_A_VALUE : GIVEN_NO_VALUE);
	}
	for (int32_t i = 0; i < out_count && all_needed; i++)
	{
		int64_t said = run->named[outs[i]] - run->named_now;

		*detail = outs[i];
		if (said == GIVEN_NO_VALUE || (said == MAY_BE_NAMED && run->values[outs[i]] == NULL))
			return OPRES_REFUSED_VALUE_MISSING;
	}
	*detail = -1;
	return OPRES_REFUSED_NOT;
}

bool
opres_workflow_set_values(OpresRun *run, const OpresRunEvent *event)
{
	for (int32_t i = 0; i < event->assignment_count; i++)
	{
		const OpresAssignment *a = &event->assignments[i];
		size_t size = a->value != NULL ? strlen(a->value) + 1 : 0;
		char *copy = size > 0 ? opres_arena_array(run->arena, size, 1) : NULL;

		if (size > 0 && copy == NULL)
		{
			run->status = run->arena->status;
			return false;
		}
		if (size > 0)
			memcpy(copy, a->value, size);
		run->values[a->variable] = copy;
	}
	return true;
}

static void
init_scope(OpresRun *run, int32_t scope)
{
	for (int32_t i = run->scopes.first[scope]; i < run->scopes.first[scope + 1]; i++)
		run->values[run->scopes.items[i]] = run->playbook->variables[run->scopes.items[i]].initial;
}

void
opres_workflow_init_step_values(OpresRun *run, int32_t step)
{
	init_scope(run, run->playbook->playbook_count + step);
}

void
opres_workflow_enter_playbook(OpresRun *run, int32_t playbook)
{
	init_scope(run, playbook);
	for (int32_t i = run->scopes.first[playbook]; i < run->scopes.first[playbook + 1]; i++)
	{
		int32_t v = run->scopes.items[i];

		if (run->playbook->variables[v].in_from >= 0)
			run->values[v] = run->values[run->playbook->variables[v].in_from];
	}
}

void
opres_workflow_leave_playbook(OpresRun *run, int32_t playbook)
{
	for (int32_t i = run->scopes.first[playbook]; i < run->scopes.first[playbook + 1]; i++)
	{
		int32_t v = run->scopes.items[i];

		if (run->playbook->variables[v].out_to >= 0)
			run->values[run->playbook->variables[v].out_to] = run->values[v];
	}
}

static const char *
value_of(void *ctx, int32_t variable)
{
	const OpresRun *run = ctx;

	return run->values[variable];
}

static int32_t
ask_condition(const OpresRun *run, const OpresStep *step)
{
	OpresTruth truth = step->condition != NULL ? opres_condition_evaluate(step->condition, value_of, (void *) run) : OPRES_UNKNOWN;

	if (truth == OPRES_UNKNOWN)
		return -1;
	return truth == OPRES_TRUE ? 0 : 1; /* without a branch for false, 1 is branch_count */
}

static int32_t
ask_switch(const OpresRun *run, const OpresStep *step)
{
	const char *value = step->switch_variable >= 0 ? run->values[step->switch_variable] : NULL;
	int32_t otherwise = step->branch_count;

	if (value == NULL)
		return -1;
	for (int32_t i = 0; i < step->branch_count; i++)
		if (step->cases[i] == NULL)
			otherwise = i;
		else if (strcmp(step->cases[i], value) == 0)
			return i;
	return otherwise;
}

int32_t
opres_workflow_ask(const OpresRun *run, int32_t step)
{
	const OpresStep *s = &run->playbook->steps[step];

	if (s->type == OPRES_STEP_SWITCH)
		return ask_switch(run, s);
	return s->type == OPRES_STEP_IF || s->type == OPRES_STEP_WHILE ? ask_condition(run, s) : 0;
}
