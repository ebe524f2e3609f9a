/*
 * test_workflow_events.c - each event of workflow-semantics.md: what it does, and everything it is refused for. That a refused
 * event changes nothing is seen to by apply() of workflow_play.h.
 */
#include "workflow_play.h"

#define OK OPRES_REFUSED_NOT
#define NONE OPRES_NO_STEP

/* Roles, and a person who has each and no other. */
enum
{
	HEAD = 1,
	LEGAL,
	CISO,
	OTHER
};

/* 1 is an action, then 2 another, with 3 the way of failure of 1 if there is one. */
static void
make_action(Play *p, bool with_way)
{
	play_init(p);
	step(p, 0, OPRES_STEP_START, 1);
	step(p, 1, OPRES_STEP_ACTION, 2);
	step(p, 2, OPRES_STEP_ACTION, NONE);
	if (with_way)
	{
		on_failure(&p->steps[1], 3);
		step(p, 3, OPRES_STEP_ACTION, NONE);
	}
}

static void
test_begin_and_end(void)
{
	Play p;

	make_action(&p, false);
	variable(&p, OPRES_VAR_INTEGER, 0, "1")->external = true;
	variable(&p, OPRES_VAR_INTEGER, 0, "2");
	variable(&p, OPRES_VAR_INTEGER, 0, "3")->external = true;
	p.variables[2].constant = true;
	variable(&p, OPRES_VAR_INTEGER, -1 - 1, "4")->external = true;
	p.run = opres_run_new(&p.book, &p.arena);
	CHECK(p.run != NULL);
	CHECK_INT(opres_run_state(p.run), OPRES_RUN_NEW);
	for (int kind = OPRES_EVENT_SUCCESS; kind <= OPRES_EVENT_ABORT; kind++)
		CHECK_INT(plain(&p, (OpresEventKind) kind, 5, kind == OPRES_EVENT_SET || kind == OPRES_EVENT_ABORT ? NONE : 1),
				  OPRES_REFUSED_NOT_BEGUN);
	for (int32_t v = -1; v <= 4; v++)
	{
		CHECK_INT(give(&p, OPRES_EVENT_BEGIN, 5, NONE, v, v == 0 ? "x" : "7"), OPRES_REFUSED_VALUE);
		CHECK_INT(p.detail, v);
	}
	CHECK_TEXT(states(&p), "...");
	CHECK_INT(give(&p, OPRES_EVENT_BEGIN, 5, NONE, 0, "7"), OK);
	CHECK_INT(p.detail, -1);
	CHECK_TEXT(states(&p), "DR.");
	CHECK_TEXT(opres_run_value(p.run, 0), "7");
	CHECK_TEXT(opres_run_value(p.run, 1), "2");
	CHECK_INT(opres_run_step(p.run, 0)->ended_at, 5);
	CHECK_INT(plain(&p, OPRES_EVENT_BEGIN, 6, NONE), OPRES_REFUSED_BEGUN);
	CHECK_INT(done(&p, 4, 1, 1), OPRES_REFUSED_TIME);
	CHECK_INT(plain(&p, OPRES_EVENT_ABORT, 4, NONE), OPRES_REFUSED_TIME);
	CHECK_INT(done(&p, 9, 2, 1), OPRES_REFUSED_STATE); /* refused: its time does not count */
	CHECK_INT(done(&p, 5, 1, 1), OK);
	CHECK_INT(done(&p, 6, 2, 1), OK);
	for (int kind = OPRES_EVENT_BEGIN; kind <= OPRES_EVENT_ABORT; kind++)
		CHECK_INT(plain(&p, (OpresEventKind) kind, 9, 1), OPRES_REFUSED_OVER);
	play_end(&p);
}

/* Steps that there are not, kinds that there are not. */
static void
test_nonsense(void)
{
	Play p;

	make_action(&p, false);
	play_begin(&p);
	for (int32_t s = -2; s <= 3; s += s == -1 ? 4 : 1)
		for (int kind = OPRES_EVENT_SUCCESS; kind <= OPRES_EVENT_WAKE; kind++)
			CHECK_INT(plain(&p, (OpresEventKind) kind, 1, s), OPRES_REFUSED_TYPE);
	CHECK_INT(plain(&p, (OpresEventKind) 99, 1, 1), OPRES_REFUSED_TYPE);
	CHECK_TEXT(states(&p), "DR.");
	play_end(&p);
}

/* Nothing can be done to a start, an end, a step that is idle, done or skipped. */
static void
test_states(void)
{
	Play p;

	make_action(&p, true);
	step(&p, 2, OPRES_STEP_ACTION, 4);
	step(&p, 4, OPRES_STEP_END, NONE);
	p.override_roles[0] = HEAD;
	play_begin(&p);
	for (int32_t s = 0; s <= 4; s++)
		for (int kind = OPRES_EVENT_SUCCESS; kind <= OPRES_EVENT_WAKE; kind++)
			if (s != 1)
				CHECK(in_role(&p, (OpresEventKind) kind, 1, s, 1, HEAD) != OK);
	CHECK_INT(done(&p, 1, 1, 1), OK);
	CHECK_INT(done(&p, 1, 1, 1), OPRES_REFUSED_STATE);
	CHECK_INT(plain(&p, OPRES_EVENT_FAILURE, 1, 1), OPRES_REFUSED_STATE);
	CHECK_INT(plain(&p, OPRES_EVENT_RETRY, 1, 1), OPRES_REFUSED_STATE);
	CHECK_INT(in_role(&p, OPRES_EVENT_OVERRIDE, 1, 1, 1, HEAD), OPRES_REFUSED_STATE);
	CHECK_INT(plain(&p, OPRES_EVENT_EXPIRE, 1, 1), OPRES_REFUSED_STATE);
	CHECK_INT(plain(&p, OPRES_EVENT_RETRY, 1, 2), OPRES_REFUSED_STATE); /* reached, not held */
	play_end(&p);
}

static OpresRefusal
give_two(Play *p, OpresEventKind kind, int32_t first, const char *value, int32_t second, const char *other)
{
	OpresRunEvent e = event(kind, 1, 1);
	OpresAssignment a[2] = { { first, value }, { second, other } };

	e.assignments = a;
	e.assignment_count = 2;
	e.evidence = true;
	e.person = 7;
	return apply(p, e);
}

/* Step 1 asks for 0 and 1, and needs evidence. */
static void
make_form(Play *p)
{
	make_action(p, false);
	p->steps[1].evidence = true;
	variable(p, OPRES_VAR_INTEGER, 0, NULL);
	variable(p, OPRES_VAR_STRING, -1 - 1, NULL);
	variable(p, OPRES_VAR_STRING, 0, NULL)->external = true;
	outs(p, &p->steps[1], 0, 1);
	play_begin(p);
}

static void
test_success(void)
{
	Play p;

	make_form(&p);
	CHECK_INT(done(&p, 1, 1, 7), OPRES_REFUSED_EVIDENCE);
	CHECK_INT(give_two(&p, OPRES_EVENT_SUCCESS, 0, "1", 2, "x"), OPRES_REFUSED_VALUE); /* not asked for */
	CHECK_INT(p.detail, 2);
	CHECK_INT(give_two(&p, OPRES_EVENT_SUCCESS, 0, "x", 1, "x"), OPRES_REFUSED_VALUE);
	CHECK_INT(p.detail, 0);
	CHECK_INT(give_two(&p, OPRES_EVENT_SUCCESS, 0, "1", 0, "2"), OPRES_REFUSED_VALUE_MISSING);
	CHECK_INT(p.detail, 1);
	CHECK_INT(give_two(&p, OPRES_EVENT_SUCCESS, 0, "1", 1, NULL), OPRES_REFUSED_VALUE_MISSING);
	CHECK_INT(p.detail, 1);
	CHECK_INT(give_two(&p, OPRES_EVENT_SUCCESS, 0, "1", 3, "x"), OPRES_REFUSED_VALUE);
	CHECK_INT(give_two(&p, OPRES_EVENT_SUCCESS, -1, "1", 1, "x"), OPRES_REFUSED_VALUE);
	CHECK_TEXT(states(&p), "DR.");
	CHECK_INT(give_two(&p, OPRES_EVENT_SUCCESS, 1, "", 0, "5"), OK);
	CHECK_TEXT(states(&p), "DDR");
	CHECK_TEXT(opres_run_value(p.run, 0), "5");
	CHECK_TEXT(opres_run_value(p.run, 1), "");
	CHECK_INT(opres_run_step(p.run, 1)->doers[0], 7);
	play_end(&p);
}

/* Values are set in their order; what a failure brings stays, and counts for a success afterwards. */
static void
test_failure(void)
{
	Play p;

	make_form(&p);
	CHECK_INT(give_two(&p, OPRES_EVENT_FAILURE, 0, "1", 2, "x"), OPRES_REFUSED_VALUE);
	CHECK_INT(give_two(&p, OPRES_EVENT_FAILURE, 0, "1", 0, "2"), OK);
	CHECK_TEXT(states(&p), "DH.");
	CHECK_TEXT(opres_run_value(p.run, 0), "2");
	CHECK_INT(opres_run_step(p.run, 1)->doer_count, 0);
	CHECK_INT(give_two(&p, OPRES_EVENT_FAILURE, 0, "1", 0, "2"), OPRES_REFUSED_STATE);
	CHECK_INT(plain(&p, OPRES_EVENT_RETRY, 2, 1), OK);
	CHECK_INT(give_two(&p, OPRES_EVENT_FAILURE, 0, "3", 0, "4"), OPRES_REFUSED_TIME);
	play_end(&p);

	make_action(&p, true);
	play_begin(&p);
	CHECK_INT(plain(&p, OPRES_EVENT_FAILURE, 1, 1), OK);
	CHECK_TEXT(states(&p), "DF.R");
	play_end(&p);
}

/* Only what is not given anew must have a value already. */
static void
test_values_that_are_there(void)
{
	Play p;
	OpresRunEvent e = event(OPRES_EVENT_SUCCESS, 1, 1);
	OpresAssignment unset = { 0, NULL };

	make_action(&p, false);
	variable(&p, OPRES_VAR_BOOL, 0, "true");
	outs(&p, &p.steps[1], 0, -1);
	play_begin(&p);
	e.assignments = &unset;
	e.assignment_count = 1;
	CHECK_INT(apply(&p, e), OPRES_REFUSED_VALUE_MISSING);
	e.kind = OPRES_EVENT_FAILURE;
	p.steps[1].evidence = true;
	CHECK_INT(apply(&p, e), OK); /* a failure misses neither values nor evidence */
	CHECK(opres_run_value(p.run, 0) == NULL);
	p.steps[1].evidence = false;
	CHECK_INT(plain(&p, OPRES_EVENT_RETRY, 2, 1), OK);
	CHECK_INT(done(&p, 2, 1, 1), OPRES_REFUSED_VALUE_MISSING);
	CHECK_INT(give(&p, OPRES_EVENT_SUCCESS, 2, 1, 0, "false"), OK);
	play_end(&p);
}

static void
test_types(void)
{
	Play p;

	play_init(&p);
	step(&p, 0, OPRES_STEP_START, 1);
	branches(&p, step(&p, 1, OPRES_STEP_PARALLEL, NONE), 2, 4);
	branches(&p, step(&p, 2, OPRES_STEP_IF, NONE), 3, NONE);
	step(&p, 3, OPRES_STEP_ACTION, NONE);
	requires(&p, branches(&p, step(&p, 4, OPRES_STEP_PARALLEL, NONE), 5, 6), 0);
	step(&p, 5, OPRES_STEP_ACTION, NONE);
	step(&p, 6, OPRES_STEP_ACTION, NONE);
	play_begin(&p);
	CHECK_TEXT(states(&p), "DUR.R..");
	CHECK_INT(done(&p, 1, 2, 1), OPRES_REFUSED_TYPE);
	CHECK_INT(plain(&p, OPRES_EVENT_FAILURE, 1, 2), OPRES_REFUSED_TYPE);
	CHECK_INT(plain(&p, OPRES_EVENT_OMIT, 1, 2), OPRES_REFUSED_TYPE);
	CHECK_INT(plain(&p, OPRES_EVENT_APPROVE, 1, 2), OPRES_REFUSED_STATE);
	CHECK_INT(decide(&p, 1, 4, 0), OPRES_REFUSED_TYPE);
	CHECK_INT(decide(&p, 1, 2, 2), OPRES_REFUSED_CHOICE);
	CHECK_INT(plain(&p, OPRES_EVENT_WAKE, 1, 2), OPRES_REFUSED_CHOICE);
	CHECK_INT(plain(&p, OPRES_EVENT_WAKE, 1, 4), OPRES_REFUSED_FACT);
	CHECK_INT(plain(&p, OPRES_EVENT_WAKE, 1, 1), OPRES_REFUSED_STATE);
	CHECK_INT(decide(&p, 1, 2, 0), OK);
	CHECK_INT(plain(&p, OPRES_EVENT_WAKE, 1, 3), OPRES_REFUSED_TYPE);
	CHECK_INT(decide(&p, 1, 2, 0), OPRES_REFUSED_STATE);
	CHECK_INT(in_role(&p, OPRES_EVENT_OVERRIDE, 1, 2, 1, HEAD), OPRES_REFUSED_STATE); /* a construct that is running */
	play_end(&p);
}

/* Two by HEAD, one by LEGAL. */
static void
make_approvals(Play *p)
{
	make_action(p, true);
	approvals(p, approvals(p, &p->steps[1], HEAD, 2), LEGAL, 1);
	p->steps[1].timeout = 100;
	establishes(p, &p->steps[1], 0);
	play_begin(p);
	CHECK_INT(in_role(p, OPRES_EVENT_APPROVE, 1, 1, 2, HEAD), OPRES_REFUSED_STATE);
	CHECK_INT(done(p, 1, 1, 1), OK);
	CHECK_TEXT(states(p), "DS..");
	CHECK_INT(done(p, 1, 1, 1), OPRES_REFUSED_STATE);
}

static OpresRefusal
heard(Play *p, OpresEventKind kind, OpresTime at, int32_t person, int32_t by, int32_t role)
{
	OpresRunEvent e = event(kind, at, 1);

	e.person = person;
	e.heard_by = by;
	e.role = role;
	e.roles = &role;
	e.role_count = 1;
	return apply(p, e);
}

static void
test_approve(void)
{
	static const int32_t both[] = { LEGAL, HEAD };
	Play p;
	OpresRunEvent e = event(OPRES_EVENT_APPROVE, 2, 1);
	const OpresActivation *a;

	make_approvals(&p);
	CHECK_INT(in_role(&p, OPRES_EVENT_APPROVE, 2, 1, 1, HEAD), OPRES_REFUSED_DOER);
	CHECK_INT(in_role(&p, OPRES_EVENT_APPROVE, 2, 1, 2, OTHER), OPRES_REFUSED_ROLE);
	CHECK_INT(heard(&p, OPRES_EVENT_APPROVE, 2, 2, 1, HEAD), OPRES_REFUSED_DOER);
	CHECK_INT(heard(&p, OPRES_EVENT_APPROVE, 2, 2, 2, HEAD), OPRES_REFUSED_DOER);
	e.person = 2;
	e.role = LEGAL;
	e.roles = both + 1;
	e.role_count = 1;
	CHECK_INT(apply(&p, e), OPRES_REFUSED_ROLE); /* asked for, but not hers */
	e.roles = both;
	e.role_count = 2;
	CHECK_INT(apply(&p, e), OK);
	e.role = HEAD;
	CHECK_INT(apply(&p, e), OPRES_REFUSED_TWICE); /* one person counts once */
	CHECK_INT(in_role(&p, OPRES_EVENT_APPROVE, 3, 1, 3, LEGAL), OPRES_REFUSED_TWICE);
	CHECK_INT(heard(&p, OPRES_EVENT_APPROVE, 3, 3, 9, HEAD), OK);
	CHECK_TEXT(states(&p), "DS..");
	a = opres_run_step(p.run, 1);
	CHECK_INT(a->approval_count, 2);
	CHECK_INT(a->approvals[0].person, 2);
	CHECK_INT(a->approvals[0].role, LEGAL);
	CHECK_INT(a->approvals[0].heard_by, -1);
	CHECK_INT(a->approvals[1].heard_by, 9);
	CHECK(!opres_run_fact(p.run, 0));
	CHECK_INT(in_role(&p, OPRES_EVENT_APPROVE, 4, 1, 4, HEAD), OK);
	CHECK_TEXT(states(&p), "DDR.");
	CHECK_INT(a->ended_at, 4);
	CHECK_INT(a->approval_count, 3);
	CHECK(opres_run_fact(p.run, 0));
	CHECK(!a->overridden);
	CHECK_INT(in_role(&p, OPRES_EVENT_APPROVE, 4, 1, 5, HEAD), OPRES_REFUSED_STATE);
	play_end(&p);
}

/* Numbers begin at 0: the person, the role, the authority. */
static void
test_number_0(void)
{
	Play p;

	make_action(&p, false);
	approvals(&p, &p.steps[1], 0, 2);
	p.steps[2].override_role = 0;
	p.override_roles[0] = HEAD;
	play_begin(&p);
	CHECK_INT(done(&p, 1, 1, 0), OK);
	CHECK_INT(in_role(&p, OPRES_EVENT_APPROVE, 1, 1, 0, 0), OPRES_REFUSED_DOER);
	CHECK_INT(heard(&p, OPRES_EVENT_APPROVE, 1, 1, 0, 0), OPRES_REFUSED_DOER);
	CHECK_INT(in_role(&p, OPRES_EVENT_APPROVE, 1, 1, 1, 0), OK);
	CHECK_INT(in_role(&p, OPRES_EVENT_APPROVE, 1, 1, 2, 0), OK);
	CHECK_TEXT(states(&p), "DDR");
	CHECK_INT(in_role(&p, OPRES_EVENT_OVERRIDE, 2, 2, 1, HEAD), OPRES_REFUSED_ROLE);
	CHECK_INT(in_role(&p, OPRES_EVENT_OVERRIDE, 2, 2, 1, 0), OK);
	play_end(&p);
}

/* A role that nobody is asked to have, as person -1 has none. */
static void
test_approve_without_role(void)
{
	Play p;

	make_approvals(&p);
	CHECK_INT(plain(&p, OPRES_EVENT_APPROVE, 2, 1), OPRES_REFUSED_ROLE);
	CHECK_INT(in_role(&p, OPRES_EVENT_APPROVE, 2, 1, 2, -1), OPRES_REFUSED_ROLE);
	CHECK_INT(plain(&p, OPRES_EVENT_REJECT, 2, 1), OPRES_REFUSED_ROLE);
	play_end(&p);
}

static void
test_reject(void)
{
	Play p;
	const OpresActivation *a;

	make_approvals(&p);
	p.steps[1].delay = 50; /* not again */
	a = opres_run_step(p.run, 1);
	CHECK_INT(in_role(&p, OPRES_EVENT_REJECT, 2, 1, 1, HEAD), OPRES_REFUSED_DOER);
	CHECK_INT(in_role(&p, OPRES_EVENT_REJECT, 2, 1, 2, OTHER), OPRES_REFUSED_ROLE);
	CHECK_INT(heard(&p, OPRES_EVENT_REJECT, 2, 2, 1, HEAD), OPRES_REFUSED_DOER);
	CHECK_INT(in_role(&p, OPRES_EVENT_APPROVE, 2, 1, 2, HEAD), OK);
	CHECK_INT(in_role(&p, OPRES_EVENT_REJECT, 2, 1, 2, HEAD), OPRES_REFUSED_TWICE);
	CHECK_INT(in_role(&p, OPRES_EVENT_REJECT, 3, 1, 3, LEGAL), OK);
	CHECK_TEXT(states(&p), "DR..");
	CHECK_INT(a->approval_count, 0);
	CHECK_INT(a->doer_count, 1);
	CHECK_INT(a->reached_at, 3);
	CHECK_INT(a->not_before, 3);
	CHECK_INT(a->ready_at, 3);
	CHECK_INT(a->due, 103);
	CHECK_INT(in_role(&p, OPRES_EVENT_REJECT, 3, 1, 3, LEGAL), OPRES_REFUSED_STATE);
	CHECK_INT(done(&p, 3, 1, 5), OK);
	CHECK_INT(a->doer_count, 2);
	CHECK_INT(in_role(&p, OPRES_EVENT_APPROVE, 4, 1, 1, HEAD), OPRES_REFUSED_DOER); /* has done it, before */
	CHECK_INT(in_role(&p, OPRES_EVENT_APPROVE, 4, 1, 2, HEAD), OK);                 /* an approval that was forgotten */
	CHECK_INT(in_role(&p, OPRES_EVENT_REJECT, 5, 1, 3, LEGAL), OK);
	CHECK_INT(done(&p, 6, 1, 1), OK);
	CHECK_TEXT(states(&p), "DS..");
	CHECK_INT(a->doer_count, 2); /* one person counts once */
	CHECK_INT(plain(&p, OPRES_EVENT_EXPIRE, 104, 1), OPRES_REFUSED_NOT_YET);
	CHECK_INT(plain(&p, OPRES_EVENT_EXPIRE, 105, 1), OK); /* submitted, and nobody has approved */
	CHECK_TEXT(states(&p), "DF.R");
	play_end(&p);
}

/* A retry keeps doers as well; another activation, in a second round, does not. */
static void
test_doers(void)
{
	Play p;

	play_init(&p);
	step(&p, 0, OPRES_STEP_START, 2);
	approvals(&p, step(&p, 1, OPRES_STEP_ACTION, NONE), HEAD, 1);
	branches(&p, step(&p, 2, OPRES_STEP_WHILE, NONE), 1, NONE);
	play_begin(&p);
	CHECK_INT(decide(&p, 1, 2, 0), OK);
	CHECK_INT(done(&p, 1, 1, 1), OK);
	CHECK_INT(in_role(&p, OPRES_EVENT_REJECT, 1, 1, 2, HEAD), OK);
	CHECK_INT(plain(&p, OPRES_EVENT_FAILURE, 1, 1), OK);
	CHECK_INT(plain(&p, OPRES_EVENT_RETRY, 2, 1), OK);
	CHECK_INT(opres_run_step(p.run, 1)->doer_count, 1);
	CHECK_INT(opres_run_step(p.run, 1)->reached_at, 2);
	CHECK_INT(done(&p, 3, 1, 3), OK);
	CHECK_INT(in_role(&p, OPRES_EVENT_APPROVE, 3, 1, 1, HEAD), OPRES_REFUSED_DOER);
	CHECK_INT(in_role(&p, OPRES_EVENT_APPROVE, 3, 1, 2, HEAD), OK);
	CHECK_INT(decide(&p, 4, 2, 0), OK);
	CHECK_INT(opres_run_step(p.run, 1)->doer_count, 0);
	CHECK_INT(done(&p, 5, 1, 3), OK);
	CHECK_INT(in_role(&p, OPRES_EVENT_APPROVE, 5, 1, 1, HEAD), OK);
	play_end(&p);
}

static void
test_omit(void)
{
	Play p;

	make_action(&p, true);
	p.steps[1].optional = true;
	establishes(&p, requires(&p, &p.steps[1], 0), 1)->delay = 100;
	play_begin(&p);
	CHECK_INT(done(&p, 1, 1, 1), OPRES_REFUSED_FACT);
	CHECK_INT(plain(&p, OPRES_EVENT_OMIT, 1, 2), OPRES_REFUSED_TYPE);
	CHECK_INT(plain(&p, OPRES_EVENT_OMIT, 1, 1), OK);
	CHECK_TEXT(states(&p), "DKR.");
	CHECK(!opres_run_fact(p.run, 1));
	CHECK_INT(plain(&p, OPRES_EVENT_OMIT, 2, 1), OPRES_REFUSED_STATE);
	play_end(&p);

	make_action(&p, false);
	approvals(&p, &p.steps[1], HEAD, 1)->optional = true;
	play_begin(&p);
	CHECK_INT(done(&p, 1, 1, 1), OK);
	CHECK_INT(plain(&p, OPRES_EVENT_OMIT, 1, 1), OPRES_REFUSED_STATE); /* submitted */
	play_end(&p);
}

static void
test_override(void)
{
	Play p;
	OpresRunEvent e = event(OPRES_EVENT_OVERRIDE, 1, 1);
	static const int32_t held = OTHER;

	/* The step's authority, where it names one; facts, values, evidence and time may be missing. */
	make_action(&p, false);
	variable(&p, OPRES_VAR_BOOL, 0, NULL);
	establishes(&p, requires(&p, outs(&p, &p.steps[1], 0, -1), 0), 1)->evidence = true;
	p.steps[1].delay = 1000;
	p.steps[1].override_role = CISO;
	p.override_roles[0] = HEAD;
	play_begin(&p);
	CHECK_INT(in_role(&p, OPRES_EVENT_OVERRIDE, 1, 1, 9, HEAD), OPRES_REFUSED_ROLE);
	e.person = 9;
	e.role = CISO;
	e.roles = &held;
	e.role_count = 1;
	CHECK_INT(apply(&p, e), OPRES_REFUSED_ROLE); /* she says so, but has not */
	CHECK_INT(in_role(&p, OPRES_EVENT_OVERRIDE, 1, 1, 9, CISO), OK);
	CHECK_TEXT(states(&p), "DDR");
	CHECK(opres_run_step(p.run, 1)->overridden);
	CHECK_INT(opres_run_step(p.run, 1)->ready_at, OPRES_NEVER);
	CHECK_INT(opres_run_step(p.run, 1)->doer_count, 0);
	CHECK(!opres_run_fact(p.run, 0));
	CHECK(opres_run_fact(p.run, 1));
	CHECK_INT(in_role(&p, OPRES_EVENT_OVERRIDE, 1, 2, 9, CISO), OPRES_REFUSED_ROLE);
	CHECK_INT(in_role(&p, OPRES_EVENT_OVERRIDE, 1, 2, 9, HEAD), OK); /* the playbook's */
	CHECK_INT(opres_run_state(p.run), OPRES_RUN_COMPLETED);
	play_end(&p);

	/* Nobody's authority; what is submitted; what is held. */
	make_approvals(&p);
	CHECK_INT(in_role(&p, OPRES_EVENT_OVERRIDE, 2, 1, 9, HEAD), OPRES_REFUSED_ROLE);
	CHECK_INT(in_role(&p, OPRES_EVENT_OVERRIDE, 2, 1, 9, -1), OPRES_REFUSED_ROLE);
	p.override_roles[0] = HEAD;
	CHECK_INT(in_role(&p, OPRES_EVENT_OVERRIDE, 2, 1, 9, HEAD), OK);
	CHECK_TEXT(states(&p), "DDR.");
	CHECK_INT(plain(&p, OPRES_EVENT_FAILURE, 2, 2), OK);
	CHECK_INT(in_role(&p, OPRES_EVENT_OVERRIDE, 3, 2, 9, HEAD), OK);
	CHECK_TEXT(states(&p), "DDDK");
	play_end(&p);
}

/* A construct that waits: what is inside stays as it is, no out_args are copied; then all of it is skipped at the end. */
static void
test_override_construct(void)
{
	Play p;

	play_init(&p);
	p.book.playbook_count = 2;
	p.override_roles[0] = HEAD;
	variable(&p, OPRES_VAR_STRING, 0, "before");
	variable(&p, OPRES_VAR_STRING, 1, "inner")->out_to = 0;
	step(&p, 0, OPRES_STEP_START, 1);
	branches(&p, step(&p, 1, OPRES_STEP_PLAYBOOK_ACTION, 3), 2, NONE)->delay = 10;
	step(&p, 2, OPRES_STEP_ACTION, NONE)->playbook = 1;
	step(&p, 3, OPRES_STEP_ACTION, NONE);
	play_begin(&p);
	CHECK_INT(in_role(&p, OPRES_EVENT_OVERRIDE, 1, 1, 9, HEAD), OK);
	CHECK_TEXT(states(&p), "DD.R");
	CHECK_TEXT(opres_run_value(p.run, 0), "before");
	CHECK_INT(done(&p, 1, 3, 1), OK);
	CHECK_TEXT(states(&p), "DDKD");
	play_end(&p);
}

/* A construct that failed and is held: what was inside is cancelled; retried, it begins anew. */
static void
test_retry_construct(void)
{
	Play p;

	play_init(&p);
	step(&p, 0, OPRES_STEP_START, 1);
	branches(&p, step(&p, 1, OPRES_STEP_WHILE, NONE), 2, NONE)->round_limit = 1;
	p.steps[1].delay = 5;
	p.steps[1].timeout = 10;
	step(&p, 2, OPRES_STEP_ACTION, NONE);
	play_begin(&p);
	CHECK_INT(decide(&p, 5, 1, 0), OK);
	CHECK_INT(opres_run_step(p.run, 1)->due, 15);
	CHECK_INT(done(&p, 6, 2, 1), OK);
	CHECK_INT(plain(&p, OPRES_EVENT_EXPIRE, 20, 1), OPRES_REFUSED_NO_TIMEOUT); /* nothing follows failure */
	CHECK_INT(decide(&p, 20, 1, 0), OK);
	CHECK_TEXT(states(&p), "DH.");
	CHECK_INT(plain(&p, OPRES_EVENT_EXPIRE, 20, 1), OPRES_REFUSED_STATE);
	CHECK_INT(plain(&p, OPRES_EVENT_RETRY, 30, 1), OK);
	CHECK_TEXT(states(&p), "DR.");
	CHECK_INT(opres_run_step(p.run, 1)->round, 0);
	CHECK_INT(opres_run_step(p.run, 1)->choice, -1);
	CHECK_INT(opres_run_step(p.run, 1)->reached_at, 30);
	CHECK_INT(opres_run_step(p.run, 1)->not_before, 35);
	CHECK_INT(opres_run_step(p.run, 1)->due, 45);
	CHECK_INT(decide(&p, 34, 1, 0), OPRES_REFUSED_NOT_YET);
	CHECK_INT(decide(&p, 35, 1, 0), OK);
	CHECK_TEXT(states(&p), "DUR");
	play_end(&p);
}

/* A construct that waits for nothing runs as it is retried. */
static void
test_retry_at_once(void)
{
	Play p;

	play_init(&p);
	step(&p, 0, OPRES_STEP_START, 1);
	condition(&p, branches(&p, step(&p, 1, OPRES_STEP_WHILE, NONE), 2, NONE), "true")->round_limit = 1;
	step(&p, 2, OPRES_STEP_ACTION, NONE);
	play_begin(&p);
	for (OpresTime at = 1; at < 4; at++)
	{
		CHECK_TEXT(states(&p), "DUR");
		CHECK_INT(opres_run_step(p.run, 1)->round, 1);
		CHECK_INT(done(&p, at, 2, 1), OK);
		CHECK_TEXT(states(&p), "DH.");
		CHECK_INT(plain(&p, OPRES_EVENT_RETRY, at, 1), OK);
	}
	play_end(&p);
}

/* An end inside that has been reached from elsewhere, when the construct was held: idle, as all that is inside. */
static void
test_retry_shared_end(void)
{
	Play p;

	play_init(&p);
	p.exceptions[0] = 4;
	step(&p, 0, OPRES_STEP_START, 1);
	condition(&p, branches(&p, step(&p, 1, OPRES_STEP_WHILE, NONE), 2, NONE), "true")->round_limit = 1;
	step(&p, 2, OPRES_STEP_ACTION, 3);
	step(&p, 3, OPRES_STEP_END, NONE);
	step(&p, 4, OPRES_STEP_ACTION, 3);
	play_begin(&p);
	CHECK_INT(done(&p, 1, 2, 1), OK);
	CHECK_TEXT(states(&p), "DH..R");
	CHECK_INT(done(&p, 2, 4, 1), OK);
	CHECK_TEXT(states(&p), "DH.DD");
	CHECK_INT(plain(&p, OPRES_EVENT_RETRY, 3, 1), OK);
	CHECK_TEXT(states(&p), "DUR.D");
	play_end(&p);
}

static void
test_expire(void)
{
	Play p;

	make_action(&p, true);
	play_begin(&p);
	CHECK_INT(plain(&p, OPRES_EVENT_EXPIRE, 1, 1), OPRES_REFUSED_NO_TIMEOUT);
	play_end(&p);

	make_action(&p, true);
	establishes(&p, requires(&p, &p.steps[1], 0), 1)->timeout = 10;
	play_begin(&p);
	CHECK_INT(plain(&p, OPRES_EVENT_EXPIRE, 1000, 1), OPRES_REFUSED_NOT_YET); /* the time does not run while a fact is missing */
	play_end(&p);

	make_action(&p, true);
	establishes(&p, &p.steps[1], 0)->timeout = 10;
	play_begin(&p);
	CHECK_INT(plain(&p, OPRES_EVENT_EXPIRE, 9, 1), OPRES_REFUSED_NOT_YET);
	CHECK_INT(plain(&p, OPRES_EVENT_EXPIRE, 12, 1), OK);
	CHECK_TEXT(states(&p), "DF.R");
	CHECK_INT(opres_run_step(p.run, 1)->ended_at, 12);
	CHECK_INT(opres_run_step(p.run, 1)->due, 10);
	CHECK(!opres_run_fact(p.run, 0));
	play_end(&p);
}

/* A construct that runs: all that is active inside is cancelled, what is done stays done. */
static void
test_expire_construct(void)
{
	Play p;

	play_init(&p);
	step(&p, 0, OPRES_STEP_START, 1);
	branches(&p, on_failure(step(&p, 1, OPRES_STEP_PARALLEL, NONE), 7), 2, 4)->timeout = 10;
	branches(&p, step(&p, 2, OPRES_STEP_IF, NONE), 3, NONE);
	approvals(&p, step(&p, 3, OPRES_STEP_ACTION, NONE), HEAD, 1);
	step(&p, 4, OPRES_STEP_ACTION, 5);
	step(&p, 5, OPRES_STEP_ACTION, 6);
	step(&p, 6, OPRES_STEP_ACTION, NONE);
	step(&p, 7, OPRES_STEP_ACTION, NONE);
	play_begin(&p);
	CHECK_INT(decide(&p, 1, 2, 0), OK);
	CHECK_INT(done(&p, 2, 3, 1), OK);
	CHECK_INT(done(&p, 2, 4, 1), OK);
	CHECK_INT(plain(&p, OPRES_EVENT_FAILURE, 3, 5), OK);
	CHECK_TEXT(states(&p), "DUUSDH..");
	CHECK_INT(plain(&p, OPRES_EVENT_EXPIRE, 10, 1), OK);
	CHECK_TEXT(states(&p), "DFCCDC.R");
	CHECK_INT(opres_run_step(p.run, 5)->ended_at, 10);
	CHECK_INT(opres_run_step(p.run, 3)->doer_count, 1);
	CHECK_INT(plain(&p, OPRES_EVENT_RETRY, 10, 5), OPRES_REFUSED_STATE);
	CHECK_INT(done(&p, 11, 7, 1), OK);
	CHECK_TEXT(states(&p), "DFCCDCKD");
	play_end(&p);
}

static void
test_set(void)
{
	Play p;

	make_action(&p, false);
	variable(&p, OPRES_VAR_IPV4_ADDR, 0, NULL)->external = true;
	variable(&p, OPRES_VAR_STRING, 0, "x");
	variable(&p, OPRES_VAR_STRING, -1 - 1, "x")->external = true;
	variable(&p, OPRES_VAR_STRING, 0, "x")->external = true;
	p.variables[3].constant = true;
	play_begin(&p);
	CHECK_INT(give(&p, OPRES_EVENT_SET, 1, NONE, 0, "10.0.0.256"), OPRES_REFUSED_VALUE);
	CHECK_INT(give(&p, OPRES_EVENT_SET, 1, 1, 1, "y"), OPRES_REFUSED_VALUE);
	CHECK_INT(give(&p, OPRES_EVENT_SET, 1, NONE, 2, "y"), OPRES_REFUSED_VALUE);
	CHECK_INT(give(&p, OPRES_EVENT_SET, 1, NONE, 3, "y"), OPRES_REFUSED_VALUE);
	CHECK_INT(p.detail, 3);
	CHECK_INT(give(&p, OPRES_EVENT_SET, 1, NONE, 0, "10.0.0.25"), OK);
	CHECK_TEXT(opres_run_value(p.run, 0), "10.0.0.25");
	CHECK_INT(give(&p, OPRES_EVENT_SET, 2, NONE, 0, NULL), OK);
	CHECK(opres_run_value(p.run, 0) == NULL);
	CHECK_INT(done(&p, 1, 1, 1), OPRES_REFUSED_TIME); /* a set is an event like others */
	play_end(&p);
}

/* The text an event brings need not stay. */
static void
test_values_are_copied(void)
{
	Play p;
	char text[] = "10";

	make_action(&p, false);
	variable(&p, OPRES_VAR_INTEGER, 0, NULL)->external = true;
	play_begin(&p);
	CHECK_INT(give(&p, OPRES_EVENT_SET, 1, NONE, 0, text), OK);
	text[0] = '9';
	CHECK_TEXT(opres_run_value(p.run, 0), "10");
	play_end(&p);
}

static void
test_abort(void)
{
	Play p;

	play_init(&p);
	p.exceptions[0] = 5;
	step(&p, 0, OPRES_STEP_START, 1);
	branches(&p, step(&p, 1, OPRES_STEP_PARALLEL, 4), 2, 3);
	step(&p, 2, OPRES_STEP_ACTION, NONE);
	step(&p, 3, OPRES_STEP_ACTION, NONE);
	step(&p, 4, OPRES_STEP_ACTION, NONE);
	step(&p, 5, OPRES_STEP_ACTION, NONE);
	play_begin(&p);
	CHECK_INT(done(&p, 1, 2, 1), OK);
	CHECK_INT(plain(&p, OPRES_EVENT_FAILURE, 1, 3), OK);
	CHECK_TEXT(states(&p), "DUDH.R");
	CHECK_INT(plain(&p, OPRES_EVENT_ABORT, 5, NONE), OK);
	CHECK_TEXT(states(&p), "DCDC.C");
	CHECK_INT(opres_run_state(p.run), OPRES_RUN_ABORTED);
	CHECK_INT(opres_run_step(p.run, 3)->ended_at, 5);
	CHECK_INT(opres_run_step(p.run, 2)->ended_at, 1);
	CHECK_INT(plain(&p, OPRES_EVENT_ABORT, 6, NONE), OPRES_REFUSED_OVER);
	CHECK_INT(done(&p, 6, 4, 1), OPRES_REFUSED_OVER);
	play_end(&p);
}

int
main(void)
{
	test_begin_and_end();
	test_nonsense();
	test_states();
	test_success();
	test_failure();
	test_values_that_are_there();
	test_types();
	test_approve();
	test_approve_without_role();
	test_number_0();
	test_reject();
	test_doers();
	test_omit();
	test_override();
	test_override_construct();
	test_retry_construct();
	test_retry_at_once();
	test_retry_shared_end();
	test_expire();
	test_expire_construct();
	test_set();
	test_values_are_copied();
	test_abort();
	return check_done();
}
