/*
 * fuzz_workflow.c - libFuzzer: any bytes as a playbook, and as events of a run of it. What is built so is a valid playbook, until
 * some of its numbers are replaced by others; opres_playbook_check then has to find what a run would fall over. A refused event
 * changes nothing; a run keeps what every run keeps; folding the applied events again gives the same run.
 */
#include "promise.h"
#include "workflow.h"

#include <stdlib.h>
#include <string.h>

#define MOST_STEPS 40
#define MOST_VARIABLES 8
#define MOST_PLAYBOOKS 4
#define FACTS 3
#define ROLES 3

typedef struct Input
{
	const uint8_t *at, *end;
} Input;

typedef struct Book
{
	Input *input;
	OpresArena arena;
	OpresPlaybook playbook;
	OpresStep steps[MOST_STEPS];
	OpresVariable variables[MOST_VARIABLES];
	int32_t exceptions[MOST_PLAYBOOKS], override_roles[MOST_PLAYBOOKS];
} Book;

static int
byte(Input *input)
{
	return input->at < input->end ? *input->at++ : 0;
}

static int
below(Input *input, int count)
{
	return byte(input) % count;
}

/* A block of its own size, so that a read beyond its end is noticed. */
static void *
exact(const void *items, int32_t count, size_t size)
{
	size_t length = (size_t) count * size;
	char *block = malloc(length > 0 ? length : 1);

	PROMISE(block != NULL);
	if (length > 0)
		memcpy(block, items, length);
	return block;
}

static const int32_t *
numbers(Book *b, int32_t count, int range)
{
	int32_t *items = opres_arena_array(&b->arena, (size_t) count, sizeof(int32_t));

	PROMISE(items != NULL);
	for (int32_t i = 0; i < count; i++)
		items[i] = below(b->input, range);
	return items;
}

static int32_t
find(void *ctx, const char *name, size_t length, OpresVariableType *type)
{
	const Book *b = ctx;

	if (length != 5 || name[2] < 'a' || name[2] >= 'a' + b->playbook.variable_count)
		return -1;
	*type = b->variables[name[2] - 'a'].type;
	return name[2] - 'a';
}

static OpresCondition *
condition(Book *b)
{
	char text[40];
	static const char *const tests[] = { "= 'x'", "> 1", "!= 2", "in ('x', '1')" };
	OpresCondition *parsed;
	const char *warning;
	int32_t where;
	OpresError error;

	if (below(b->input, 3) == 0)
		snprintf(text, sizeof(text), "1 = %d", below(b->input, 2));
	else
		snprintf(text, sizeof(text), "__%c__ %s", 'a' + below(b->input, MOST_VARIABLES), tests[below(b->input, 4)]);
	if (opres_condition_parse(&b->arena, text, find, b, &parsed, &warning, &where, &error) != OPRES_OK)
		return NULL;
	return parsed;
}

/* Building */

static int32_t region(Book *b, int32_t playbook, int depth);

static int32_t
new_step(Book *b, OpresStepType type, int32_t playbook)
{
	int32_t number = b->playbook.step_count++;

	b->steps[number] = (OpresStep){ .type = type,
									.playbook = playbook,
									.on_completion = OPRES_NO_STEP,
									.on_success = OPRES_NO_STEP,
									.on_failure = OPRES_NO_STEP,
									.switch_variable = -1,
									.round_limit = 2,
									.timeout = OPRES_NEVER,
									.override_role = -1 };
	return number;
}

static void
make_action(Book *b, OpresStep *s)
{
	int what = byte(b->input);
	OpresApprovalRule *rules = opres_arena_array(&b->arena, 2, sizeof(*rules));

	PROMISE(rules != NULL);
	s->evidence = what & 1;
	s->optional = what & 2;
	s->approval_count = what & 4 ? 1 + (what >> 7) : 0;
	rules[0] = (OpresApprovalRule){ 0, 1 + (what >> 6 & 1) };
	rules[1] = (OpresApprovalRule){ 1, 1 };
	s->approvals = rules;
	for (int32_t v = 0; v < b->playbook.variable_count && what & 8; v++)
		if (b->variables[v].scope == s->playbook && !b->variables[v].constant)
		{
			int32_t *outs = opres_arena_array(&b->arena, 1, sizeof(int32_t));

			PROMISE(outs != NULL);
			outs[0] = v;
			s->out_variables = outs;
			s->out_count = 1;
		}
}

static void
make_construct(Book *b, int32_t number, int depth)
{
	static const char *const cases[] = { "x", "1", NULL };
	OpresStep *s = &b->steps[number];
	int32_t count = s->type == OPRES_STEP_PARALLEL || s->type == OPRES_STEP_SWITCH ? 2 + below(b->input, 2) : 1;
	int32_t branches[3] = { 0 };
	int32_t inner = s->playbook;

	if (s->type == OPRES_STEP_IF)
		count = 1 + below(b->input, 2);
	if (s->type == OPRES_STEP_PLAYBOOK_ACTION)
		inner = b->playbook.playbook_count++;
	s->condition = condition(b);
	s->cases = cases;
	s->switch_variable = b->playbook.variable_count > 0 ? below(b->input, b->playbook.variable_count + 1) - 1 : -1;
	for (int32_t i = 0; i < count; i++)
		branches[i] = region(b, inner, depth + 1);
	if (s->type == OPRES_STEP_PLAYBOOK_ACTION && below(b->input, 2))
		b->exceptions[inner] = region(b, inner, depth + 1);
	s->branches = memcpy(opres_arena_array(&b->arena, 3, sizeof(int32_t)), branches, sizeof(branches));
	s->branch_count = count;
}

static int32_t
one_step(Book *b, int32_t playbook, int depth)
{
	int kind = below(b->input, 12);
	bool large = depth > 3 || b->playbook.step_count > MOST_STEPS - 14;
	OpresStepType type = kind < 5 && !large ? (OpresStepType) (OPRES_STEP_PLAYBOOK_ACTION + kind) : OPRES_STEP_ACTION;
	int32_t number;
	int what = byte(b->input);

	if (type == OPRES_STEP_PLAYBOOK_ACTION && b->playbook.playbook_count == MOST_PLAYBOOKS)
		type = OPRES_STEP_PARALLEL;
	number = new_step(b, type, playbook);
	b->steps[number].delay = what & 1 ? below(b->input, 4) : 0;
	b->steps[number].timeout = what & 2 ? 1 + below(b->input, 8) : OPRES_NEVER;
	b->steps[number].requires_count = (what & 0xc) == 0xc;
	b->steps[number].requires_facts = numbers(b, 1, FACTS);
	b->steps[number].establishes_count = what >> 4 & 1;
	b->steps[number].establishes_facts = numbers(b, 1, FACTS);
	b->steps[number].override_role = (what >> 5) - 1 < ROLES ? (what >> 5) - 1 : -1;
	if (type == OPRES_STEP_ACTION)
		make_action(b, &b->steps[number]);
	else
		make_construct(b, number, depth);
	return number;
}

/* One to three steps after one another, some with a way of failure to the last. */
static int32_t
region(Book *b, int32_t playbook, int depth)
{
	int32_t count = 1 + (b->playbook.step_count < MOST_STEPS - 14 ? below(b->input, 3) : 0);
	int32_t first = one_step(b, playbook, depth);
	int32_t last = first;
	int how = byte(b->input);

	if (how & 1 && b->playbook.step_count < MOST_STEPS - 14)
	{
		int32_t end = new_step(b, OPRES_STEP_END, playbook);

		b->steps[first].on_failure = end;
		b->steps[first].on_success = OPRES_NO_STEP;
	}
	for (int32_t i = 1; i < count && b->playbook.step_count < MOST_STEPS - 14; i++)
	{
		int32_t next = one_step(b, playbook, depth);

		b->steps[last].on_success = next;
		if (how & (2 << i))
			b->steps[last].on_failure = next;
		last = next;
	}
	return first;
}

static void
build(Book *b)
{
	static const char *const initial[] = { NULL, "x", "1" };
	int32_t variable_count = below(b->input, MOST_VARIABLES + 1);

	memset(b->exceptions, 0xff, sizeof(b->exceptions));
	for (int32_t i = 0; i < MOST_PLAYBOOKS; i++)
		b->override_roles[i] = below(b->input, ROLES + 1) - 1;
	b->playbook.playbook_count = 1;
	b->playbook.fact_count = FACTS;
	for (int32_t v = 0; v < variable_count; v++)
	{
		int what = byte(b->input);

		b->variables[v] = (OpresVariable){ .type = OPRES_VAR_STRING,
										   .constant = what % 7 == 0,
										   .external = what & 1,
										   .scope = (what >> 2) % 2,
										   .initial = initial[what >> 3 & 1 ? 0 : below(b->input, 3)],
										   .in_from = -1,
										   .out_to = -1 };
		if (b->variables[v].scope == 1 && v > 0 && b->variables[0].scope == 0)
		{
			b->variables[v].in_from = b->variables[v].external && !b->variables[v].constant ? 0 : -1;
			b->variables[v].out_to = what & 32 && !b->variables[0].constant ? 0 : -1;
		}
	}
	b->playbook.variable_count = variable_count;
	new_step(b, OPRES_STEP_START, 0);
	b->steps[0].on_completion = region(b, 0, 0);
	if (below(b->input, 2))
		b->exceptions[0] = region(b, 0, 0);
	/* Variables of a playbook that there is not are step 0's. */
	for (int32_t v = 0; v < variable_count; v++)
		if (b->variables[v].scope >= b->playbook.playbook_count)
			b->variables[v] = (OpresVariable){ .type = OPRES_VAR_STRING, .scope = -1, .in_from = -1, .out_to = -1 };
}

/* Puts another number somewhere. */
static void
spoil(Book *b)
{
	OpresStep *s = &b->steps[below(b->input, MOST_STEPS)];
	OpresVariable *v = &b->variables[below(b->input, MOST_VARIABLES)];
	int where = below(b->input, 26);
	int32_t number = (int8_t) byte(b->input);
	int32_t *places[] = { &s->playbook,       &s->on_completion,     &s->on_success,
						  &s->on_failure,     &s->switch_variable,   &s->override_role,
						  &v->scope,          &v->in_from,           &v->out_to,
						  &b->playbook.start, &b->exceptions[0],     &b->exceptions[1],
						  &b->exceptions[2],  &b->override_roles[0], &b->playbook.playbook_count };

	if (where < 14)
		*places[where] = number;
	else if (where == 14 && number <= MOST_PLAYBOOKS)
		*places[where] = number;
	else if (where == 15 && number >= 0 && number < MOST_STEPS)
		b->playbook.step_count = number;
	else if (where == 16)
		s->type = (OpresStepType) (number < 16 ? number : number % 8);
	else if (where == 17)
		v->type = (OpresVariableType) (number < 17 ? number : number % 15);
	else if (where == 18)
		s->delay = number;
	else if (where == 19)
		s->timeout = number;
	else if (where == 20)
		s->round_limit = number < 4 ? number : 4;
	else if (where == 21 && s->branch_count > 0)
		s->branches = numbers(b, 3, MOST_STEPS);
	else if (where == 22)
		s->branch_count = number < 0 || s->branches != NULL ? number % 4 : 0;
	else if (where == 23 && s->requires_count > 0)
		s->requires_facts = numbers(b, 1, 2 * FACTS);
	else if (where == 24)
		s->evidence = s->optional = true;
	else if (where == 25 && s->out_count > 0)
		s->out_variables = numbers(b, 1, 2 * MOST_VARIABLES);
}

/* Running */

static void
add(uint64_t *sum, int64_t value)
{
	*sum = (*sum ^ (uint64_t) value) * UINT64_C(0x100000001b3);
	*sum ^= *sum >> 29;
}

/* All that is to be known of a run. */
static uint64_t
sum_of(const OpresPlaybook *p, const OpresRun *run)
{
	uint64_t sum = UINT64_C(0xcbf29ce484222325);

	add(&sum, opres_run_state(run));
	for (int32_t s = 0; s < p->step_count; s++)
	{
		const OpresActivation *a = opres_run_step(run, s);
		const int64_t values[] = { a->state,    a->overridden, a->round,    a->choice,     a->reached_at,    a->not_before,
								   a->ready_at, a->due,        a->ended_at, a->doer_count, a->approval_count };

		for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++)
			add(&sum, values[i]);
		for (int32_t i = 0; i < a->doer_count; i++)
			add(&sum, a->doers[i]);
		for (int32_t i = 0; i < a->approval_count; i++)
			add(&sum, a->approvals[i].person * 10000 + a->approvals[i].role * 100 + a->approvals[i].heard_by);
	}
	for (int32_t f = 0; f < p->fact_count; f++)
		add(&sum, opres_run_fact(run, f));
	for (int32_t v = 0; v < p->variable_count; v++)
		for (const char *text = opres_run_value(run, v); text != NULL && *text != '\0'; text++)
			add(&sum, *text);
	return sum;
}

static bool
is_active(OpresStepState state)
{
	return state == OPRES_STEP_REACHED || state == OPRES_STEP_SUBMITTED || state == OPRES_STEP_RUNNING || state == OPRES_STEP_HELD;
}

static void
check_approvals(const OpresStep *s, const OpresActivation *a)
{
	int32_t asked = 0;

	for (int32_t i = 0; i < s->approval_count; i++)
		asked += s->approvals[i].count;
	PROMISE(a->approval_count <= asked);
	PROMISE(a->state != OPRES_STEP_SUBMITTED || a->approval_count < asked);
	PROMISE(a->state != OPRES_STEP_DONE || a->overridden || a->approval_count == asked);
	PROMISE(a->state != OPRES_STEP_DONE || a->overridden || s->type != OPRES_STEP_ACTION || a->doer_count > 0);
	for (int32_t i = 0; i < a->approval_count; i++)
		for (int32_t j = 0; j < a->doer_count; j++)
			PROMISE(a->approvals[i].person != a->doers[j] && a->approvals[i].heard_by != a->doers[j]);
	for (int32_t i = 0; i < a->approval_count; i++)
		for (int32_t j = 0; j < i; j++)
			PROMISE(a->approvals[i].person != a->approvals[j].person);
}

static void
check_run(const OpresPlaybook *p, const OpresRun *run, OpresTime now)
{
	OpresRunState state = opres_run_state(run);
	int32_t active = 0;

	for (int32_t n = 0; n < p->step_count; n++)
	{
		const OpresActivation *a = opres_run_step(run, n);
		const OpresStep *s = &p->steps[n];

		active += is_active(a->state);
		PROMISE(state != OPRES_RUN_COMPLETED || a->state != OPRES_STEP_IDLE);
		PROMISE(a->state != OPRES_STEP_HELD || s->on_failure == OPRES_NO_STEP);
		PROMISE(a->state != OPRES_STEP_FAILED || s->on_failure != OPRES_NO_STEP);
		PROMISE(a->state != OPRES_STEP_IDLE || (a->doer_count == 0 && a->round == 0 && !a->overridden));
		PROMISE(a->round <= s->round_limit || s->type != OPRES_STEP_WHILE);
		PROMISE(!is_active(a->state) || (a->reached_at <= now && a->reached_at <= a->not_before && a->not_before <= a->ready_at));
		PROMISE(!opres_run_asks(run, n, now) || (a->state == OPRES_STEP_REACHED && a->ready_at <= now));
		check_approvals(s, a);
	}
	PROMISE((state == OPRES_RUN_ACTIVE) == (active > 0));
}

static OpresRunEvent
read_event(Input *input, OpresTime *now, const OpresPlaybook *p, OpresAssignment *assignment, int32_t *roles)
{
	static const char *const values[] = { "x", "1", "", NULL };
	int what = byte(input);
	OpresRunEvent event = { .kind = (OpresEventKind) (what % 14), .at = *now + (what >> 6) - 4 * (what >> 5 == 7), .heard_by = -1 };

	event.step = below(input, p->step_count + 1);
	what = byte(input);
	event.person = what & 3;
	event.heard_by = what & 4 ? what >> 3 & 3 : -1;
	event.role = what >> 5 & 3;
	event.evidence = what >> 7;
	roles[0] = below(input, ROLES);
	roles[1] = event.role;
	event.roles = roles;
	event.role_count = what & 8 ? 1 : 2;
	what = byte(input);
	event.choice = (what & 3) - (what >> 7);
	event.assignment_count = what >> 2 & 1;
	*assignment = (OpresAssignment){ (what >> 3) % (MOST_VARIABLES + 1), values[what >> 6] };
	event.assignments = assignment;
	return event;
}

static void
play(const OpresPlaybook *p, Input *input, OpresArena *arena)
{
	OpresRun *run = opres_run_new(p, arena);
	OpresRun *again = opres_run_new(p, arena);
	OpresTime now = 0;
	OpresAssignment assignment;
	int32_t roles[2];
	int32_t detail;
	OpresRefusal refusal;
	OpresRunEvent event = { .kind = OPRES_EVENT_BEGIN, .step = OPRES_NO_STEP };

	PROMISE(run != NULL && again != NULL);
	for (int i = 0; i < 200 && (i == 0 || input->at < input->end); i++)
	{
		uint64_t before = sum_of(p, run);

		PROMISE(opres_run_apply(run, &event, &refusal, &detail) == OPRES_OK);
		PROMISE(i > 0 || refusal == OPRES_REFUSED_NOT);
		if (refusal != OPRES_REFUSED_NOT)
			PROMISE(sum_of(p, run) == before);
		else
		{
			now = event.at;
			PROMISE(opres_run_apply(again, &event, &refusal, &detail) == OPRES_OK && refusal == OPRES_REFUSED_NOT);
		}
		check_run(p, run, now);
		event = read_event(input, &now, p, &assignment, roles);
	}
	PROMISE(sum_of(p, run) == sum_of(p, again));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	Input input = { data, data + size };
	Book *b = calloc(1, sizeof(Book));
	int spoilt;
	OpresError error = { OPRES_OK, -1, "" };
	OpresArena scratch;
	OpresStatus status;
	OpresStep *steps;
	OpresVariable *variables;
	int32_t *exceptions;

	if (b == NULL)
		return 0;
	b->input = &input;
	opres_arena_init(&b->arena, &opres_malloc_env, 0);
	spoilt = below(&input, 8);
	spoilt = spoilt < 4 ? 0 : spoilt - 3;
	build(b);
	for (int i = 0; i < spoilt; i++)
		spoil(b);
	b->playbook.steps = steps = exact(b->steps, b->playbook.step_count, sizeof(OpresStep));
	b->playbook.variables = variables = exact(b->variables, b->playbook.variable_count, sizeof(OpresVariable));
	b->playbook.exceptions = exceptions =
		exact(b->exceptions, b->playbook.playbook_count < 0 ? 0 : b->playbook.playbook_count, sizeof(int32_t));
	b->playbook.override_roles = b->override_roles;
	opres_arena_init(&scratch, &opres_malloc_env, 0);
	status = opres_playbook_check(&b->playbook, &scratch, &error);
	PROMISE(status == OPRES_OK || (status == OPRES_INVALID && error.status == status && error.message[0] != '\0'));
	PROMISE(error.node >= -1 && error.node < b->playbook.step_count);
	if (status == OPRES_OK)
		play(&b->playbook, &input, &scratch);
	opres_arena_free(&scratch);
	opres_arena_free(&b->arena);
	free(steps);
	free(variables);
	free(exceptions);
	free(b);
	return 0;
}
