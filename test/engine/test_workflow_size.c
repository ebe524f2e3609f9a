/*
 * test_workflow_size.c - workflow machine: playbooks as large as they may be, chains and nests that a hostile one would have,
 * memory that runs out at every place, a caller that cancels; and that the same events always give the same run.
 */
#include "random.h"
#include "workflow_play.h"

#include <time.h>

#define OK OPRES_REFUSED_NOT
#define NONE OPRES_NO_STEP
#define MANY 10000

typedef struct Large
{
	OpresArena arena;
	OpresPlaybook book;
	OpresStep *steps;
	OpresRun *run;
	int32_t none[1];
} Large;

static void
large_init(Large *l, int32_t step_count)
{
	memset(l, 0, sizeof(*l));
	opres_arena_init(&l->arena, &opres_malloc_env, 0);
	l->none[0] = NONE;
	l->steps = opres_arena_array(&l->arena, (size_t) step_count, sizeof(OpresStep));
	for (int32_t s = 0; s < step_count; s++)
		l->steps[s] = (OpresStep){ .type = OPRES_STEP_ACTION,
								   .on_completion = NONE,
								   .on_success = NONE,
								   .on_failure = NONE,
								   .switch_variable = -1,
								   .round_limit = 1,
								   .timeout = OPRES_NEVER,
								   .override_role = -1 };
	l->steps[0].type = OPRES_STEP_START;
	l->steps[0].on_completion = 1;
	l->book = (OpresPlaybook){
		.step_count = step_count, .steps = l->steps, .playbook_count = 1, .exceptions = l->none, .override_roles = l->none
	};
}

static void
one_branch(Large *l, int32_t step, OpresStepType type, int32_t branch)
{
	int32_t *branches = opres_arena_array(&l->arena, 1, sizeof(int32_t));

	branches[0] = branch;
	l->steps[step].type = type;
	l->steps[step].branches = branches;
	l->steps[step].branch_count = 1;
}

static OpresStatus
large_check(const Large *l, OpresError *error)
{
	OpresArena scratch;
	OpresStatus status;

	opres_arena_init(&scratch, &opres_malloc_env, 0);
	status = opres_playbook_check(&l->book, &scratch, error);
	opres_arena_free(&scratch);
	return status;
}

static OpresRefusal
large_apply(Large *l, OpresEventKind kind, OpresTime at, int32_t step)
{
	OpresRunEvent e = event(kind, at, step);
	OpresRefusal refusal = OK;
	int32_t detail;

	CHECK_INT(opres_run_apply(l->run, &e, &refusal, &detail), OPRES_OK);
	return refusal;
}

static void
large_begin(Large *l)
{
	OpresError error = { OPRES_OK, -1, "" };

	CHECK_INT(large_check(l, &error), OPRES_OK);
	l->run = opres_run_new(&l->book, &l->arena);
	if (CHECK(l->run != NULL))
		CHECK_INT(large_apply(l, OPRES_EVENT_BEGIN, 0, NONE), OK);
}

static OpresCondition *
truth(Large *l, const char *text)
{
	OpresCondition *parsed = NULL;
	const char *warning;
	int32_t where;
	OpresError error;

	CHECK_INT(opres_condition_parse(&l->arena, text, NULL, NULL, &parsed, &warning, &where, &error), OPRES_OK);
	return parsed;
}

/* Ifs after one another, each of which asks nobody: the first event goes through all of them. */
static void
test_chain(void)
{
	Large l;
	OpresCondition *yes;

	large_init(&l, MANY);
	yes = truth(&l, "1 = 1");
	for (int32_t s = 1; s < MANY - 1; s += 2)
	{
		one_branch(&l, s, OPRES_STEP_IF, s + 1);
		l.steps[s].condition = yes;
		l.steps[s].on_completion = s + 2 < MANY ? s + 2 : NONE;
		l.steps[s + 1].type = OPRES_STEP_END;
	}
	large_begin(&l);
	CHECK_INT(opres_run_step(l.run, MANY - 3)->state, OPRES_STEP_DONE);
	CHECK_INT(opres_run_step(l.run, MANY - 1)->state, OPRES_STEP_REACHED);
	CHECK_INT(large_apply(&l, OPRES_EVENT_SUCCESS, 1, MANY - 1), OK);
	CHECK_INT(opres_run_state(l.run), OPRES_RUN_COMPLETED);
	opres_arena_free(&l.arena);
}

/* `depth` constructs within one another, of the types in turn, around an action. */
static void
make_nest(Large *l, int32_t depth)
{
	static const OpresStepType types[] = { OPRES_STEP_IF, OPRES_STEP_WHILE };
	OpresCondition *yes;

	large_init(l, depth + 2);
	yes = truth(l, "true");
	for (int32_t s = 1; s <= depth; s++)
	{
		one_branch(l, s, types[s % 2], s + 1);
		l->steps[s].condition = yes;
	}
}

static void
test_nest(void)
{
	Large l;
	OpresError error = { OPRES_OK, -1, "" };

	make_nest(&l, OPRES_PLAYBOOK_NESTING);
	large_begin(&l);
	CHECK_INT(opres_run_step(l.run, OPRES_PLAYBOOK_NESTING)->state, OPRES_STEP_RUNNING);
	CHECK_INT(large_apply(&l, OPRES_EVENT_SUCCESS, 1, OPRES_PLAYBOOK_NESTING + 1), OK);
	CHECK_INT(opres_run_state(l.run), OPRES_RUN_ACTIVE); /* a while is held: its condition is still true, its limit 1 */
	opres_arena_free(&l.arena);

	make_nest(&l, OPRES_PLAYBOOK_NESTING + 1);
	CHECK_INT(large_check(&l, &error), OPRES_INVALID);
	CHECK_INT(error.node, OPRES_PLAYBOOK_NESTING + 1);
	CHECK(strstr(error.message, "more than 100 constructs within one another") != NULL);
	CHECK(opres_run_new(&l.book, &l.arena) == NULL);
	opres_arena_free(&l.arena);

	make_nest(&l, 100 * MANY);
	CHECK_INT(large_check(&l, &error), OPRES_INVALID);
	opres_arena_free(&l.arena);
}

/* A parallel of all the others, each of which requires all facts but the first, which establishes them. */
static void
test_wide(void)
{
	Large l;
	int32_t *branches;
	int32_t *facts;
	int32_t fact_count = 100;

	large_init(&l, MANY);
	branches = opres_arena_array(&l.arena, MANY, sizeof(int32_t));
	facts = opres_arena_array(&l.arena, (size_t) fact_count, sizeof(int32_t));
	l.book.fact_count = fact_count;
	for (int32_t f = 0; f < fact_count; f++)
		facts[f] = f;
	for (int32_t s = 2; s < MANY; s++)
	{
		branches[s - 2] = s;
		l.steps[s].requires_facts = facts;
		l.steps[s].requires_count = s == 2 ? 0 : fact_count;
	}
	l.steps[1].type = OPRES_STEP_PARALLEL;
	l.steps[1].branches = branches;
	l.steps[1].branch_count = MANY - 2;
	l.steps[2].establishes_facts = facts;
	l.steps[2].establishes_count = fact_count;
	large_begin(&l);
	CHECK_INT(large_apply(&l, OPRES_EVENT_SUCCESS, 1, MANY - 1), OPRES_REFUSED_FACT);
	for (int32_t s = 2; s < MANY; s++)
		if (large_apply(&l, OPRES_EVENT_SUCCESS, s, s) != OK)
			CHECK_INT(s, -1);
	CHECK_INT(opres_run_step(l.run, MANY - 1)->ready_at, 2);
	CHECK_INT(opres_run_state(l.run), OPRES_RUN_COMPLETED);
	opres_arena_free(&l.arena);
}

/* A switch with as many cases: each literal once, the last is taken; an end that they share is in it. */
static void
test_cases(void)
{
	Large l;
	OpresVariable variable = { .type = OPRES_VAR_INTEGER, .initial = "9997", .in_from = -1, .out_to = -1 };
	int32_t *branches;
	const char **cases;
	OpresError error;

	large_init(&l, MANY);
	branches = opres_arena_array(&l.arena, MANY, sizeof(int32_t));
	cases = opres_arena_array(&l.arena, MANY, sizeof(*cases));
	l.book.variables = &variable;
	l.book.variable_count = 1;
	for (int32_t i = 0; i < MANY - 3; i++)
	{
		char *text = opres_arena_array(&l.arena, 16, 1);

		snprintf(text, 16, "%d", i + 1);
		cases[i] = text;
		branches[i] = i + 3;
		l.steps[i + 3].on_completion = 2;
	}
	l.steps[2].type = OPRES_STEP_END;
	l.steps[1].type = OPRES_STEP_SWITCH;
	l.steps[1].switch_variable = 0;
	l.steps[1].branches = branches;
	l.steps[1].cases = cases;
	l.steps[1].branch_count = MANY - 3;
	large_begin(&l);
	CHECK_INT(opres_run_step(l.run, MANY - 1)->state, OPRES_STEP_REACHED);
	CHECK_INT(opres_run_step(l.run, MANY - 2)->state, OPRES_STEP_SKIPPED);
	CHECK_INT(opres_run_step(l.run, 2)->state, OPRES_STEP_IDLE);
	cases[MANY - 4] = "1";
	CHECK_INT(large_check(&l, &error), OPRES_INVALID);
	opres_arena_free(&l.arena);
}

/* Whiles whose condition stays true, around nothing that waits: as many rounds as it has, on no more memory. */
static void
test_rounds(void)
{
	Large l;
	size_t held;

	large_init(&l, 4);
	for (int32_t s = 1; s <= 2; s++)
	{
		one_branch(&l, s, OPRES_STEP_WHILE, s + 1);
		l.steps[s].condition = truth(&l, "true");
		l.steps[s].round_limit = 1000;
		l.steps[s].on_success = NONE;
	}
	l.steps[3].type = OPRES_STEP_END;
	l.run = opres_run_new(&l.book, &l.arena);
	held = l.arena.held;
	CHECK_INT(large_apply(&l, OPRES_EVENT_BEGIN, 0, NONE), OK);
	CHECK(l.arena.held == held);
	CHECK_INT(opres_run_step(l.run, 2)->round, 1000);
	CHECK_INT(opres_run_step(l.run, 2)->state, OPRES_STEP_HELD);
	opres_arena_free(&l.arena);
}

static bool
always(void *ctx)
{
	int *asked = ctx;

	return ++*asked > 2;
}

static void
test_cancelled(void)
{
	Large l;
	int asked = 0;
	OpresEnv env = { opres_malloc_env.reallocate, always, &asked };
	OpresArena arena;
	OpresRunEvent e = event(OPRES_EVENT_BEGIN, 0, NONE);
	OpresRefusal refusal;
	int32_t detail;

	large_init(&l, 3);
	one_branch(&l, 1, OPRES_STEP_WHILE, 2);
	l.steps[1].condition = truth(&l, "true");
	l.steps[1].round_limit = INT32_MAX;
	l.steps[2].type = OPRES_STEP_END;
	opres_arena_init(&arena, &env, 0);
	l.run = opres_run_new(&l.book, &arena);
	CHECK_INT(opres_run_apply(l.run, &e, &refusal, &detail), OPRES_CANCELLED);
	e.kind = OPRES_EVENT_ABORT;
	CHECK_INT(opres_run_apply(l.run, &e, &refusal, &detail), OPRES_CANCELLED); /* not to be used any more */
	opres_arena_free(&arena);
	opres_arena_free(&l.arena);
}

/* 40 steps: forms, approvals, an if, a while, a parallel; run through by an event each. */
static void
make_usual(Play *p)
{
	play_init(p);
	variable(p, OPRES_VAR_STRING, 0, NULL)->external = true;
	variable(p, OPRES_VAR_INTEGER, 0, NULL);
	step(p, 0, OPRES_STEP_START, 1);
	for (int32_t s = 1; s < 40; s++)
		step(p, s, OPRES_STEP_ACTION, s < 39 ? s + 1 : NONE)->timeout = 1000;
	for (int32_t s = 1; s < 40; s += 4)
		approvals(p, approvals(p, &p->steps[s], 1, 1), 2, 1);
	for (int32_t s = 2; s < 40; s += 4)
	{
		establishes(p, &p->steps[s], s / 4);
		requires(p, &p->steps[s + 1], s / 4);
		outs(p, &p->steps[s], 0, 1);
	}
}

/* Applies a next event that is allowed, as people would; false when the run is over. */
static bool
one_more(OpresRun *run, int32_t *number, OpresStatus *status)
{
	static const OpresAssignment values[] = { { 0, "a value" }, { 1, "12" } };
	static const int32_t roles[] = { 1, 2 };
	OpresRunEvent e = event(OPRES_EVENT_SUCCESS, ++*number, NONE);
	OpresRefusal refusal = OK;
	int32_t detail;

	e.roles = roles;
	e.role_count = 2;
	if (opres_run_state(run) == OPRES_RUN_NEW)
		e.kind = OPRES_EVENT_BEGIN;
	for (int32_t s = 1; s < 40 && e.kind != OPRES_EVENT_BEGIN; s++)
	{
		const OpresActivation *a = opres_run_step(run, s);

		if (a->state != OPRES_STEP_SUBMITTED && a->state != OPRES_STEP_REACHED)
			continue;
		e.step = s;
		e.kind = a->state == OPRES_STEP_SUBMITTED ? OPRES_EVENT_APPROVE : OPRES_EVENT_SUCCESS;
		e.person = 10 + a->approval_count + (a->state == OPRES_STEP_SUBMITTED);
		e.role = 1 + a->approval_count;
		e.assignments = values;
		e.assignment_count = s % 4 == 2 ? 2 : 0;
		break;
	}
	*status = opres_run_apply(run, &e, &refusal, &detail);
	CHECK_INT(refusal, OK);
	return *status == OPRES_OK && opres_run_state(run) == OPRES_RUN_ACTIVE;
}

static double
seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double) now.tv_sec + (double) now.tv_nsec * 1e-9;
}

/* Folding about 60 events over 40 steps is done for every look at a run. It takes some 5 us; under the sanitizers, on a machine
   that is busy, it is seen that it is no matter of milliseconds. */
static void
test_usual(void)
{
	Play p;
	int folds = 200;
	int32_t events = 0;
	double began;
	double each;

	make_usual(&p);
	CHECK_TEXT(wrong(&p, NULL) == NULL ? "valid" : wrong(&p, NULL), "valid");
	began = seconds();
	for (int i = 0; i < folds; i++)
	{
		OpresArena arena;
		OpresStatus status;
		OpresRun *run;

		opres_arena_init(&arena, &opres_malloc_env, 0);
		run = opres_run_new(&p.book, &arena);
		events = 0;
		while (one_more(run, &events, &status))
			;
		CHECK_INT(opres_run_state(run), OPRES_RUN_COMPLETED);
		opres_arena_free(&arena);
	}
	each = (seconds() - began) / folds * 1e6;
	CHECK_INT(events, 60);
	if (!CHECK(each < 2000))
		printf("folding %d events takes %.1f us\n", events, each);
	if (getenv("OPRES_SHOW_TIMES") != NULL)
		printf("# folding %d events takes %.1f us\n", events, each);
	play_end(&p);
}

/* The n-th allocation fails. */
static void *
failing(void *ctx, void *block, size_t size)
{
	int *left = ctx;

	if (size > 0 && --*left < 0)
		return NULL;
	return opres_malloc_env.reallocate(NULL, block, size);
}

static void
test_no_memory(void)
{
	Play p;
	int failed = 0;
	bool ended = false;

	make_usual(&p);
	for (int32_t v = 0; v < 30; v++)
		variable(&p, OPRES_VAR_STRING, 0, NULL);
	for (int allowed = 0; !ended && allowed < 100; allowed++)
	{
		int left = allowed;
		OpresEnv env = { failing, NULL, &left };
		OpresArena arena;
		OpresError error = { OPRES_OK, -1, "" };
		OpresStatus status;
		int32_t events = 0;
		OpresRun *run;

		opres_arena_init(&arena, &env, 0);
		status = opres_playbook_check(&p.book, &arena, &error);
		CHECK(status == OPRES_OK || (status == OPRES_NO_MEMORY && error.status == status && error.message[0] != '\0'));
		run = opres_run_new(&p.book, &arena);
		while (run != NULL && one_more(run, &events, &status))
			;
		ended = run != NULL && status == OPRES_OK;
		if (run != NULL && !ended)
			CHECK_INT(status, OPRES_NO_MEMORY);
		failed += !ended;
		opres_arena_free(&arena);
	}
	CHECK(ended);
	CHECK(failed > 1);
	play_end(&p);
}

/* Doers, approvals and values without end: memory fails at each place where a run takes some, and the run says so from then on. */
static OpresStatus
many_persons(OpresRun *run, const char *value)
{
	static const int32_t role = 1;
	OpresAssignment a = { 0, value };
	OpresRunEvent e = event(OPRES_EVENT_BEGIN, 0, 1);
	OpresRefusal refusal = OK;
	int32_t detail;
	OpresStatus status = opres_run_apply(run, &e, &refusal, &detail);

	e.roles = &role;
	e.role_count = 1;
	e.role = role;
	e.assignments = &a;
	for (e.person = 0; e.person < 2000 && status == OPRES_OK; e.person++)
	{
		e.kind = OPRES_EVENT_SUCCESS;
		e.assignment_count = value != NULL;
		status = opres_run_apply(run, &e, &refusal, &detail);
		e.kind = OPRES_EVENT_REJECT;
		e.assignment_count = 0;
		e.person += 10000;
		if (status == OPRES_OK && e.person < 11999)
			status = opres_run_apply(run, &e, &refusal, &detail);
		e.person -= 10000;
	}
	e.kind = OPRES_EVENT_APPROVE;
	for (e.person = 20000; e.person < 22000 && status == OPRES_OK; e.person++)
		status = opres_run_apply(run, &e, &refusal, &detail);
	if (status == OPRES_OK)
		CHECK_INT(opres_run_state(run), OPRES_RUN_COMPLETED);
	else
		CHECK_INT(opres_run_apply(run, &e, &refusal, &detail), status);
	return status;
}

static void
test_no_memory_for_persons(void)
{
	Play p;
	char value[1500];
	int failed = 0;
	OpresStatus status = OPRES_NO_MEMORY;

	memset(value, 'x', sizeof(value) - 1);
	value[sizeof(value) - 1] = '\0';
	play_init(&p);
	variable(&p, OPRES_VAR_STRING, 0, NULL);
	step(&p, 0, OPRES_STEP_START, 1);
	outs(&p, approvals(&p, step(&p, 1, OPRES_STEP_ACTION, NONE), 1, 2000), 0, -1);
	for (int length = 0; length < 2; length++)
	{
		status = OPRES_NO_MEMORY;
		p.steps[1].out_count = length;
		for (int allowed = 1; status != OPRES_OK && allowed < 100; allowed++)
		{
			int left = allowed;
			OpresEnv env = { failing, NULL, &left };
			OpresArena arena;
			OpresRun *run;

			opres_arena_init(&arena, &env, 0);
			run = opres_run_new(&p.book, &arena);
			if (CHECK(run != NULL))
				status = many_persons(run, length == 0 ? NULL : value);
			CHECK(status == OPRES_OK || status == OPRES_NO_MEMORY);
			failed += status != OPRES_OK;
			opres_arena_free(&arena);
		}
		CHECK_INT(status, OPRES_OK);
	}
	CHECK(failed > 3);
	play_end(&p);
}

/* A run that is given events at random, most of them refused: the same events again, without those refused, give the same run. */
static void
test_folded_again(void)
{
	random_seed(20261121);
	for (int round = 0; round < 50; round++)
	{
		Play p;
		OpresRun *again;
		char *first;
		char *second;

		make_usual(&p);
		for (int32_t s = 3; s < 38; s += 3)
			on_failure(&p.steps[s], s + 2);
		for (int32_t s = 4; s < 38; s += 5)
			p.steps[s].optional = true;
		p.override_roles[0] = 3;
		play_begin(&p);
		again = opres_run_new(&p.book, &p.arena);
		for (OpresTime at = 0; at < 300 && opres_run_state(p.run) <= OPRES_RUN_ACTIVE; at++)
		{
			OpresRunEvent e = event((OpresEventKind) random_below(OPRES_EVENT_SET), at, random_below(p.book.step_count));
			OpresAssignment a[2] = { { random_below(3) - 1, "12" }, { random_below(3) - 1, random_once_in(2) ? "1x" : "13" } };
			int32_t role = random_below(4);
			OpresRefusal refusal;
			int32_t detail;

			for (int32_t s = 0; s < p.book.step_count && !random_once_in(8); s++)
				if (opres_run_step(p.run, s)->state == OPRES_STEP_REACHED ||
					opres_run_step(p.run, s)->state == OPRES_STEP_SUBMITTED || opres_run_step(p.run, s)->state == OPRES_STEP_HELD)
					e.step = s;
			e.kind = at == 0 ? OPRES_EVENT_BEGIN : e.kind;
			e.person = random_below(5);
			e.role = role;
			e.roles = &role;
			e.role_count = 1;
			e.assignments = a;
			e.assignment_count = at == 0 ? 0 : random_below(3);
			if (at == 0 || apply(&p, e) == OK)
				CHECK_INT(opres_run_apply(again, &e, &refusal, &detail), OPRES_OK);
		}
		first = all_of(&p);
		p.run = again;
		second = all_of(&p);
		CHECK_TEXT(second, first);
		free(first);
		free(second);
		play_end(&p);
	}
}

int
main(void)
{
	test_chain();
	test_nest();
	test_wide();
	test_cases();
	test_rounds();
	test_cancelled();
	test_usual();
	test_no_memory();
	test_no_memory_for_persons();
	test_folded_again();
	return check_done();
}
