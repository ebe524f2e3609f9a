/*
 * workflow_play.h - what the test programs of the workflow machine share: playbooks put together step by step, events applied to a
 * run of one. Every event refused is seen to have changed nothing.
 */
#ifndef OPRES_TEST_WORKFLOW_PLAY_H
#define OPRES_TEST_WORKFLOW_PLAY_H

#include <stdarg.h>
#include <stdlib.h>

#include "check.h"
#include "workflow.h"

#define MOST 64

typedef struct Play
{
	OpresArena arena;
	OpresPlaybook book;
	OpresStep steps[MOST];
	OpresVariable variables[MOST];
	int32_t exceptions[MOST], override_roles[MOST];
	OpresRun *run;
	int32_t detail; /* of the last event */
} Play;

static inline void
play_init(Play *p)
{
	memset(p, 0, sizeof(*p));
	opres_arena_init(&p->arena, &opres_malloc_env, 0);
	memset(p->exceptions, 0xff, sizeof(p->exceptions));
	memset(p->override_roles, 0xff, sizeof(p->override_roles));
	p->book.steps = p->steps;
	p->book.variables = p->variables;
	p->book.exceptions = p->exceptions;
	p->book.override_roles = p->override_roles;
	p->book.playbook_count = 1;
}

/* A list of `count` numbers, that lives as long as the play. */
static inline const int32_t *
list(Play *p, int count, ...)
{
	int32_t *items = opres_arena_array(&p->arena, (size_t) count, sizeof(int32_t));
	va_list args;

	va_start(args, count);
	for (int i = 0; i < count; i++)
		items[i] = va_arg(args, int);
	va_end(args);
	return items;
}

/* Step `number`, next by on_completion. */
static inline OpresStep *
step(Play *p, int32_t number, OpresStepType type, int32_t next)
{
	OpresStep *s = &p->steps[number];

	*s = (OpresStep){ .type = type,
					  .on_completion = next,
					  .on_success = OPRES_NO_STEP,
					  .on_failure = OPRES_NO_STEP,
					  .switch_variable = -1,
					  .round_limit = 10,
					  .timeout = OPRES_NEVER,
					  .override_role = -1 };
	if (number >= p->book.step_count)
		p->book.step_count = number + 1;
	return s;
}

static inline OpresStep *
on_failure(OpresStep *s, int32_t next)
{
	s->on_success = s->on_completion;
	s->on_completion = OPRES_NO_STEP;
	s->on_failure = next;
	return s;
}

static inline OpresStep *
branches(Play *p, OpresStep *s, int32_t first, int32_t second)
{
	s->branch_count = second == OPRES_NO_STEP ? 1 : 2;
	s->branches = list(p, 2, first, second);
	return s;
}

static inline OpresStep *requires(Play *p, OpresStep *s, int32_t fact)
{
	s->requires_count = 1;
	s->requires_facts = list(p, 1, fact);
	if (fact >= p->book.fact_count)
		p->book.fact_count = fact + 1;
	return s;
}

static inline OpresStep *
establishes(Play *p, OpresStep *s, int32_t fact)
{
	s->establishes_count = 1;
	s->establishes_facts = list(p, 1, fact);
	if (fact >= p->book.fact_count)
		p->book.fact_count = fact + 1;
	return s;
}

static inline OpresStep *
approvals(Play *p, OpresStep *s, int32_t role, int32_t count)
{
	OpresApprovalRule *rules = opres_arena_array(&p->arena, (size_t) s->approval_count + 1, sizeof(*rules));

	if (s->approval_count > 0)
		memcpy(rules, s->approvals, (size_t) s->approval_count * sizeof(*rules));
	rules[s->approval_count++] = (OpresApprovalRule){ role, count };
	s->approvals = rules;
	return s;
}

static inline OpresStep *
outs(Play *p, OpresStep *s, int32_t first, int32_t second)
{
	s->out_count = second < 0 ? 1 : 2;
	s->out_variables = list(p, 2, first, second);
	return s;
}

static inline OpresVariable *
variable(Play *p, OpresVariableType type, int32_t scope, const char *initial)
{
	OpresVariable *v = &p->variables[p->book.variable_count++];

	*v = (OpresVariable){ .type = type, .scope = scope, .initial = initial, .in_from = -1, .out_to = -1 };
	return v;
}

static inline int32_t
play_find_variable(void *ctx, const char *name, size_t length, OpresVariableType *type)
{
	const Play *p = ctx;
	int32_t number = length == 5 ? name[2] - '0' : -1; /* __0__ to __9__ */

	if (number < 0 || number >= p->book.variable_count)
		return -1;
	*type = p->variables[number].type;
	return number;
}

static inline OpresStep *
condition(Play *p, OpresStep *s, const char *text)
{
	const char *warning;
	int32_t where;
	OpresError error;

	CHECK_INT(opres_condition_parse(&p->arena, text, play_find_variable, p, &s->condition, &warning, &where, &error), OPRES_OK);
	return s;
}

static inline const char *
wrong(Play *p, int32_t *where)
{
	static OpresError error;
	OpresArena scratch;
	OpresStatus status;

	error = (OpresError){ OPRES_OK, -1, "" };
	opres_arena_init(&scratch, &opres_malloc_env, 0);
	status = opres_playbook_check(&p->book, &scratch, &error);
	opres_arena_free(&scratch);
	CHECK(status == OPRES_OK || (status == OPRES_INVALID && error.status == status));
	if (where != NULL)
		*where = error.node;
	return status == OPRES_OK ? NULL : error.message;
}

/* A text of all that is to be known of a run. */
static inline char *
all_of(const Play *p)
{
	size_t room = (size_t) p->book.step_count * 4096 + 65536;
	char *text = malloc(room);
	int at = sprintf(text, "%d", (int) opres_run_state(p->run));

	for (int32_t s = 0; s < p->book.step_count; s++)
	{
		const OpresActivation *a = opres_run_step(p->run, s);

		at += sprintf(text + at, "\n%d: %d %d %d %d %lld %lld %lld %lld %lld;", s, (int) a->state, a->overridden, a->round,
					  a->choice, (long long) a->reached_at, (long long) a->not_before, (long long) a->ready_at, (long long) a->due,
					  (long long) a->ended_at);
		for (int32_t i = 0; i < a->doer_count; i++)
			at += sprintf(text + at, " %d", a->doers[i]);
		for (int32_t i = 0; i < a->approval_count; i++)
			at += sprintf(text + at, " %d:%d:%d", a->approvals[i].person, a->approvals[i].role, a->approvals[i].heard_by);
	}
	for (int32_t f = 0; f < p->book.fact_count; f++)
		at += sprintf(text + at, " %d", opres_run_fact(p->run, f));
	for (int32_t v = 0; v < p->book.variable_count; v++)
		at += snprintf(text + at, room - (size_t) at, " %s", opres_run_value(p->run, v) ? opres_run_value(p->run, v) : "(null)");
	return text;
}

static inline OpresRunEvent
event(OpresEventKind kind, OpresTime at, int32_t step)
{
	return (OpresRunEvent){ .kind = kind, .at = at, .step = step, .person = -1, .heard_by = -1, .role = -1, .choice = -1 };
}

static inline OpresRefusal
apply(Play *p, OpresRunEvent e)
{
	OpresRefusal refusal = OPRES_REFUSED_NOT;
	char *before = all_of(p);
	char *after;

	CHECK_INT(opres_run_apply(p->run, &e, &refusal, &p->detail), OPRES_OK);
	after = all_of(p);
	CHECK(refusal == OPRES_REFUSED_NOT || strcmp(before, after) == 0);
	free(before);
	free(after);
	return refusal;
}

/* Applied, with nothing but the kind, the time and the step. */
static inline OpresRefusal
plain(Play *p, OpresEventKind kind, OpresTime at, int32_t step)
{
	return apply(p, event(kind, at, step));
}

/* Success by a person. */
static inline OpresRefusal
done(Play *p, OpresTime at, int32_t step, int32_t person)
{
	OpresRunEvent e = event(OPRES_EVENT_SUCCESS, at, step);

	e.person = person;
	return apply(p, e);
}

/* By a person who has that role and no other. */
static inline OpresRefusal
in_role(Play *p, OpresEventKind kind, OpresTime at, int32_t step, int32_t person, int32_t role)
{
	OpresRunEvent e = event(kind, at, step);

	e.person = person;
	e.role = role;
	e.role_count = 1;
	e.roles = &role;
	return apply(p, e);
}

static inline OpresRefusal
decide(Play *p, OpresTime at, int32_t step, int32_t choice)
{
	OpresRunEvent e = event(OPRES_EVENT_DECIDE, at, step);

	e.choice = choice;
	return apply(p, e);
}

/* One value. */
static inline OpresRefusal
give(Play *p, OpresEventKind kind, OpresTime at, int32_t step, int32_t variable, const char *value)
{
	OpresRunEvent e = event(kind, at, step);
	OpresAssignment a = { variable, value };

	e.assignment_count = 1;
	e.assignments = &a;
	return apply(p, e);
}

/* A valid playbook; its run has begun at time 0. */
static inline void
play_begin(Play *p)
{
	const char *message = wrong(p, NULL);

	CHECK_TEXT(message == NULL ? "valid" : message, "valid");
	p->run = opres_run_new(&p->book, &p->arena);
	CHECK(p->run != NULL);
	CHECK_INT(opres_run_state(p->run), OPRES_RUN_NEW);
	CHECK_INT(plain(p, OPRES_EVENT_BEGIN, 0, OPRES_NO_STEP), OPRES_REFUSED_NOT);
}

/* The states of all steps, a letter each: . idle, R reached, S submitted, U running, D done, F failed, H held, K skipped, C
 * cancelled */
static inline const char *
states(const Play *p)
{
	static char text[MOST + 1];

	for (int32_t s = 0; s < p->book.step_count; s++)
		text[s] = ".RSUDFHKC"[opres_run_step(p->run, s)->state];
	text[p->book.step_count] = '\0';
	return text;
}

static inline void
play_end(Play *p)
{
	opres_arena_free(&p->arena);
}

#endif
