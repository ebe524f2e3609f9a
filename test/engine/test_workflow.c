/*
 * test_workflow.c - runs of playbooks, worked out by hand after workflow-semantics.md: what each construct does, from being reached
 * to its end. Events and what is refused: test_workflow_events.c. Which playbooks are valid: test_workflow_check.c.
 */
#include "workflow_play.h"

#define OK OPRES_REFUSED_NOT
#define NONE OPRES_NO_STEP

static const OpresActivation *
at(const Play *p, int32_t number)
{
	return opres_run_step(p->run, number);
}

static void
test_sequence(void)
{
	Play p;

	play_init(&p);
	step(&p, 0, OPRES_STEP_START, 1);
	step(&p, 1, OPRES_STEP_ACTION, 2);
	step(&p, 2, OPRES_STEP_END, NONE);
	play_begin(&p);
	CHECK_TEXT(states(&p), "DR.");
	CHECK_INT(at(&p, 2)->choice, -1);
	CHECK_INT(at(&p, 2)->due, OPRES_NEVER);
	CHECK_INT(at(&p, 2)->ready_at, OPRES_NEVER);
	CHECK_INT(opres_run_state(p.run), OPRES_RUN_ACTIVE);
	CHECK_INT(at(&p, 1)->reached_at, 0);
	CHECK_INT(at(&p, 1)->due, OPRES_NEVER);
	CHECK_INT(at(&p, 1)->choice, -1);
	CHECK_INT(done(&p, 5, 1, 7), OK);
	CHECK_TEXT(states(&p), "DDD");
	CHECK_INT(opres_run_state(p.run), OPRES_RUN_COMPLETED);
	CHECK_INT(at(&p, 1)->ended_at, 5);
	CHECK_INT(at(&p, 2)->reached_at, 5);
	CHECK_INT(at(&p, 2)->ended_at, 5);
	CHECK_INT(at(&p, 1)->doer_count, 1);
	CHECK_INT(at(&p, 1)->doers[0], 7);
	play_end(&p);
}

/* What is not reached on the way to the end is skipped when the run is over, not before. */
static void
test_way_of_failure(void)
{
	Play p;

	play_init(&p);
	step(&p, 0, OPRES_STEP_START, 1);
	on_failure(step(&p, 1, OPRES_STEP_ACTION, 2), 3);
	step(&p, 2, OPRES_STEP_ACTION, NONE);
	step(&p, 3, OPRES_STEP_ACTION, 2);
	play_begin(&p);
	CHECK_INT(done(&p, 1, 1, 0), OK);
	CHECK_TEXT(states(&p), "DDR.");
	CHECK_INT(done(&p, 2, 2, 0), OK);
	CHECK_TEXT(states(&p), "DDDK");
	p.run = opres_run_new(&p.book, &p.arena);
	CHECK_INT(plain(&p, OPRES_EVENT_BEGIN, 0, NONE), OK);
	CHECK_INT(plain(&p, OPRES_EVENT_FAILURE, 1, 1), OK);
	CHECK_TEXT(states(&p), "DF.R");
	CHECK_INT(at(&p, 1)->ended_at, 1);
	CHECK_INT(done(&p, 2, 3, 0), OK);
	CHECK_INT(done(&p, 3, 2, 0), OK);
	CHECK_TEXT(states(&p), "DFDD");
	CHECK_INT(opres_run_state(p.run), OPRES_RUN_COMPLETED);
	play_end(&p);
}

static void
test_parallel(void)
{
	Play p;

	play_init(&p);
	step(&p, 0, OPRES_STEP_START, 1);
	branches(&p, step(&p, 1, OPRES_STEP_PARALLEL, 4), 2, 3)->timeout = 100;
	step(&p, 2, OPRES_STEP_ACTION, 5);
	step(&p, 3, OPRES_STEP_ACTION, NONE);
	step(&p, 4, OPRES_STEP_ACTION, 5);
	step(&p, 5, OPRES_STEP_END, NONE);
	play_begin(&p);
	CHECK_TEXT(states(&p), "DURR..");
	CHECK_INT(at(&p, 1)->due, 100);
	CHECK_INT(at(&p, 1)->choice, -1);
	CHECK_INT(done(&p, 5, 2, 7), OK);
	CHECK_TEXT(states(&p), "DUDR.D");
	CHECK_INT(done(&p, 6, 3, 7), OK);
	CHECK_TEXT(states(&p), "DDDDRD");
	CHECK_INT(at(&p, 1)->ended_at, 6);
	CHECK_INT(at(&p, 1)->due, 100);
	CHECK_INT(done(&p, 7, 4, 7), OK);
	CHECK_INT(opres_run_state(p.run), OPRES_RUN_COMPLETED);
	CHECK_INT(at(&p, 5)->reached_at, 7);
	play_end(&p);
}

/* The first branch sets, at once, what the second asks for; the other way round it would be a question. */
static void
test_depth_first(void)
{
	for (int set_first = 0; set_first < 2; set_first++)
	{
		Play p;

		play_init(&p);
		variable(&p, OPRES_VAR_BOOL, 0, NULL);
		variable(&p, OPRES_VAR_BOOL, 1, "true")->out_to = 0;
		p.book.playbook_count = 2;
		step(&p, 0, OPRES_STEP_START, 1);
		branches(&p, step(&p, 1, OPRES_STEP_PARALLEL, NONE), set_first ? 2 : 4, set_first ? 4 : 2);
		branches(&p, step(&p, 2, OPRES_STEP_PLAYBOOK_ACTION, NONE), 3, NONE);
		step(&p, 3, OPRES_STEP_END, NONE)->playbook = 1;
		condition(&p, branches(&p, step(&p, 4, OPRES_STEP_IF, NONE), 5, NONE), "__0__");
		step(&p, 5, OPRES_STEP_ACTION, NONE);
		play_begin(&p);
		CHECK_TEXT(states(&p), set_first ? "DUDDUR" : "DUDDR.");
		play_end(&p);
	}
}

/* 1 if: 2 (true) and 3 (false) lead to 4; 3 is a parallel of 5 and 6; then 7. */
static void
make_if(Play *p, const char *initial)
{
	play_init(p);
	variable(p, OPRES_VAR_BOOL, 0, initial)->external = true;
	step(p, 0, OPRES_STEP_START, 1);
	condition(p, branches(p, step(p, 1, OPRES_STEP_IF, 7), 2, 3), "__0__")->timeout = 50;
	step(p, 2, OPRES_STEP_ACTION, 4);
	branches(p, step(p, 3, OPRES_STEP_PARALLEL, 4), 5, 6);
	step(p, 4, OPRES_STEP_ACTION, 8);
	step(p, 5, OPRES_STEP_ACTION, 8);
	step(p, 6, OPRES_STEP_ACTION, 8);
	step(p, 7, OPRES_STEP_ACTION, 8);
	step(p, 8, OPRES_STEP_END, NONE);
	play_begin(p);
}

static void
test_if(void)
{
	Play p;

	make_if(&p, "true");
	/* The end is in the branch taken as well. */
	CHECK_TEXT(states(&p), "DURK.KK..");
	CHECK_INT(at(&p, 1)->choice, 0);
	CHECK_INT(done(&p, 1, 2, 0), OK);
	CHECK_INT(done(&p, 2, 4, 0), OK);
	CHECK_TEXT(states(&p), "DDDKDKKRD");
	CHECK_INT(done(&p, 3, 7, 0), OK);
	CHECK_INT(opres_run_state(p.run), OPRES_RUN_COMPLETED);
	play_end(&p);

	make_if(&p, "false");
	CHECK_TEXT(states(&p), "DUKU.RR..");
	CHECK_INT(at(&p, 1)->choice, 1);
	play_end(&p);

	make_if(&p, NULL);
	CHECK_TEXT(states(&p), "DR.......");
	CHECK(opres_run_asks(p.run, 1, 0));
	CHECK_INT(at(&p, 1)->due, 50);
	CHECK_INT(decide(&p, 3, 1, 1), OK);
	CHECK(!opres_run_asks(p.run, 1, 3));
	CHECK_TEXT(states(&p), "DUKU.RR..");
	CHECK_INT(at(&p, 1)->due, 53);
	CHECK_INT(at(&p, 1)->reached_at, 0);
	play_end(&p);
}

/* 1 if with one branch 2; false is success at once, and 2 is skipped with what is inside it. */
static void
test_if_without_else(void)
{
	Play p;

	play_init(&p);
	variable(&p, OPRES_VAR_BOOL, 0, "false");
	step(&p, 0, OPRES_STEP_START, 1);
	establishes(&p, condition(&p, branches(&p, step(&p, 1, OPRES_STEP_IF, 4), 2, NONE), "__0__"), 0);
	branches(&p, step(&p, 2, OPRES_STEP_WHILE, NONE), 3, NONE);
	step(&p, 3, OPRES_STEP_ACTION, NONE);
	step(&p, 4, OPRES_STEP_ACTION, NONE);
	play_begin(&p);
	CHECK_TEXT(states(&p), "DDKKR");
	CHECK_INT(at(&p, 1)->choice, -1);
	CHECK(opres_run_fact(p.run, 0));
	play_end(&p);
}

/* A switch whose branches 2, 3, 4 are 'a', 'b' and, where there is one, the default. */
static void
make_switch(Play *p, int32_t asked, const char *value, int32_t branch_count)
{
	const char **cases;

	play_init(p);
	variable(p, OPRES_VAR_STRING, 0, value);
	cases = opres_arena_array(&p->arena, 3, sizeof(*cases));
	cases[0] = "a";
	cases[1] = "b";
	step(p, 0, OPRES_STEP_START, 1);
	step(p, 1, OPRES_STEP_SWITCH, 5)->switch_variable = asked;
	p->steps[1].branches = list(p, 3, 2, 3, 4);
	p->steps[1].cases = cases;
	p->steps[1].branch_count = branch_count;
	step(p, 2, OPRES_STEP_ACTION, NONE);
	step(p, 3, OPRES_STEP_ACTION, branch_count == 2 ? 4 : NONE);
	step(p, 4, OPRES_STEP_ACTION, NONE);
	step(p, 5, OPRES_STEP_ACTION, NONE);
	play_begin(p);
}

static void
test_switch(void)
{
	static const struct
	{
		const char *value, *states;
		int32_t branch_count, choice;
	} known[] = {
		{ "a", "DURKK.", 3, 0 },  { "b", "DUKRK.", 3, 1 },   { "c", "DUKKR.", 3, 2 },
		{ "A", "DDKKKR", 2, -1 }, { "b ", "DDKKKR", 2, -1 }, { "b", "DUKR..", 2, 1 },
	};
	Play p;

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
	{
		make_switch(&p, 0, known[i].value, known[i].branch_count);
		CHECK_TEXT(states(&p), known[i].states);
		CHECK_INT(at(&p, 1)->choice, known[i].choice);
		play_end(&p);
	}
	for (int32_t asked = -1; asked <= 0; asked++) /* a question to a person; a variable without value */
	{
		make_switch(&p, asked, asked < 0 ? "a" : NULL, 2);
		CHECK_TEXT(states(&p), "DR....");
		CHECK(opres_run_asks(p.run, 1, 0));
		CHECK_INT(decide(&p, 1, 1, 3), OPRES_REFUSED_CHOICE);
		CHECK_INT(decide(&p, 1, 1, -1), OPRES_REFUSED_CHOICE);
		CHECK_INT(decide(&p, 1, 1, 2), OK); /* none of the cases */
		CHECK_TEXT(states(&p), "DDKKKR");
		play_end(&p);
		make_switch(&p, asked, NULL, 3);
		CHECK_INT(decide(&p, 1, 1, 3), OPRES_REFUSED_CHOICE); /* there is a default: 2 */
		CHECK_INT(decide(&p, 1, 1, 2), OK);
		CHECK_TEXT(states(&p), "DUKKR.");
		play_end(&p);
	}
}

/* 1 while of 2 (an if of 3 or the end 4), limit 2; then 5. The while's due is that of its first round. */
static void
make_while(Play *p, const char *initial)
{
	play_init(p);
	variable(p, OPRES_VAR_BOOL, 0, initial)->external = true;
	variable(p, OPRES_VAR_STRING, -1 - 3, "empty");
	step(p, 0, OPRES_STEP_START, 1);
	condition(p, branches(p, on_failure(step(p, 1, OPRES_STEP_WHILE, 5), 6), 2, NONE), "__0__")->round_limit = 2;
	p->steps[1].timeout = 100;
	branches(p, step(p, 2, OPRES_STEP_IF, NONE), 3, 4);
	outs(p, step(p, 3, OPRES_STEP_ACTION, 4), 1, -1);
	step(p, 4, OPRES_STEP_END, NONE);
	step(p, 5, OPRES_STEP_ACTION, NONE);
	step(p, 6, OPRES_STEP_ACTION, NONE);
	play_begin(p);
}

static void
test_while(void)
{
	Play p;

	make_while(&p, NULL);
	CHECK_TEXT(states(&p), "DR.....");
	CHECK_INT(at(&p, 1)->due, 100);
	CHECK_INT(give(&p, OPRES_EVENT_SET, 1, NONE, 0, "true"), OK);
	CHECK_TEXT(states(&p), "DR.....");
	CHECK_INT(plain(&p, OPRES_EVENT_WAKE, 2, 1), OK);
	CHECK_TEXT(states(&p), "DUR....");
	CHECK_INT(at(&p, 1)->due, 102);
	CHECK_INT(at(&p, 1)->round, 1);
	CHECK_INT(at(&p, 1)->choice, 0);
	CHECK_INT(decide(&p, 3, 2, 0), OK);
	CHECK_TEXT(states(&p), "DUUR..."); /* the end is in the branch of 3 too, and is not skipped */
	play_end(&p);
}

static void
test_while_rounds(void)
{
	Play p;

	make_while(&p, "true");
	CHECK_TEXT(states(&p), "DUR....");
	CHECK_INT(decide(&p, 3, 2, 0), OK);
	CHECK_INT(give(&p, OPRES_EVENT_SUCCESS, 4, 3, 1, "full"), OK);
	CHECK_TEXT(states(&p), "DUR....");
	CHECK_INT(at(&p, 1)->round, 2);
	CHECK_INT(at(&p, 1)->due, 100);
	CHECK_INT(at(&p, 2)->reached_at, 4);
	CHECK_INT(at(&p, 3)->doer_count, 0);
	CHECK_INT(at(&p, 2)->choice, -1);
	CHECK_TEXT(opres_run_value(p.run, 1), "full");
	CHECK_INT(decide(&p, 5, 2, 0), OK);
	CHECK_TEXT(opres_run_value(p.run, 1), "empty"); /* 3 is reached again */
	CHECK_INT(give(&p, OPRES_EVENT_SET, 5, NONE, 0, NULL), OK);
	CHECK_INT(done(&p, 6, 3, 1), OK);
	CHECK_TEXT(states(&p), "DR....."); /* unknown between rounds: with the times it had */
	CHECK_INT(at(&p, 1)->reached_at, 0);
	CHECK_INT(at(&p, 1)->due, 100);
	CHECK_INT(at(&p, 1)->round, 2);
	CHECK(opres_run_asks(p.run, 1, 6));
	CHECK_INT(plain(&p, OPRES_EVENT_EXPIRE, 99, 1), OPRES_REFUSED_NOT_YET);
	CHECK_INT(decide(&p, 99, 1, 0), OK); /* a third round: a failure */
	CHECK_TEXT(states(&p), "DF....R");
	CHECK_INT(at(&p, 1)->ended_at, 99);
	play_end(&p);

	make_while(&p, "true");
	CHECK_INT(decide(&p, 3, 2, 1), OK);
	CHECK_INT(decide(&p, 4, 2, 1), OK); /* the condition is still true */
	CHECK_TEXT(states(&p), "DF....R");
	play_end(&p);

	make_while(&p, "true");
	CHECK_INT(give(&p, OPRES_EVENT_SET, 3, NONE, 0, "false"), OK);
	CHECK_INT(decide(&p, 3, 2, 1), OK);
	CHECK_TEXT(states(&p), "DD...R.");
	CHECK_INT(at(&p, 1)->round, 1);
	play_end(&p);

	make_while(&p, "false");
	CHECK_TEXT(states(&p), "DD...R.");
	CHECK_INT(at(&p, 1)->round, 0);
	CHECK_INT(at(&p, 1)->choice, -1);
	play_end(&p);
}

/*
 * Playbook 1 in the place of 1: 2, then an end; its exception step 3. Variables: 0 the outer's, 1 external from 0, 2 its own, out
 * to 0; 3 external from nowhere.
 */
static void
make_inner(Play *p)
{
	play_init(p);
	p->book.playbook_count = 2;
	p->exceptions[1] = 3;
	variable(p, OPRES_VAR_STRING, 0, "outer")->external = true;
	variable(p, OPRES_VAR_STRING, 1, "unused")->external = true;
	variable(p, OPRES_VAR_STRING, 1, "own");
	variable(p, OPRES_VAR_STRING, 1, "initial")->external = true;
	p->variables[1].in_from = 0;
	p->variables[2].out_to = 0;
	step(p, 0, OPRES_STEP_START, 1);
	branches(p, on_failure(step(p, 1, OPRES_STEP_PLAYBOOK_ACTION, 5), 6), 2, NONE)->timeout = 10;
	outs(p, step(p, 2, OPRES_STEP_ACTION, 4), 2, 3)->playbook = 1;
	step(p, 3, OPRES_STEP_ACTION, NONE)->playbook = 1;
	step(p, 4, OPRES_STEP_END, NONE)->playbook = 1;
	step(p, 5, OPRES_STEP_ACTION, NONE);
	step(p, 6, OPRES_STEP_ACTION, NONE);
	CHECK_TEXT(wrong(p, NULL) == NULL ? "valid" : wrong(p, NULL), "valid");
	p->run = opres_run_new(&p->book, &p->arena);
	CHECK_INT(give(p, OPRES_EVENT_BEGIN, 0, NONE, 0, "given"), OK);
}

static void
test_playbook_action(void)
{
	Play p;

	make_inner(&p);
	CHECK_TEXT(states(&p), "DUR....");
	CHECK_TEXT(opres_run_value(p.run, 1), "given");
	CHECK_TEXT(opres_run_value(p.run, 2), "own");
	CHECK_TEXT(opres_run_value(p.run, 3), "initial");
	CHECK_INT(give(&p, OPRES_EVENT_SUCCESS, 1, 2, 2, "result"), OK);
	CHECK_TEXT(states(&p), "DDD.DR.");
	CHECK_TEXT(opres_run_value(p.run, 0), "result");
	play_end(&p);

	/* A held step inside, and the exception region of its playbook: the playbook action waits for both. */
	make_inner(&p);
	CHECK_INT(plain(&p, OPRES_EVENT_FAILURE, 1, 2), OK);
	CHECK_TEXT(states(&p), "DUHR...");
	CHECK_INT(plain(&p, OPRES_EVENT_RETRY, 2, 2), OK);
	CHECK_INT(give(&p, OPRES_EVENT_SUCCESS, 3, 2, 2, "result"), OK);
	CHECK_TEXT(states(&p), "DUDRD..");
	CHECK_TEXT(opres_run_value(p.run, 0), "given");
	CHECK_INT(done(&p, 4, 3, 1), OK);
	CHECK_TEXT(states(&p), "DDDDDR.");
	CHECK_TEXT(opres_run_value(p.run, 0), "result");
	CHECK_INT(at(&p, 1)->ended_at, 4);
	play_end(&p);

	/* The exception region ends first: nothing else happens. */
	make_inner(&p);
	CHECK_INT(plain(&p, OPRES_EVENT_FAILURE, 1, 2), OK);
	CHECK_INT(done(&p, 2, 3, 1), OK);
	CHECK_TEXT(states(&p), "DUHD...");
	CHECK_INT(plain(&p, OPRES_EVENT_EXPIRE, 9, 1), OPRES_REFUSED_NOT_YET);
	CHECK_INT(plain(&p, OPRES_EVENT_EXPIRE, 10, 1), OK);
	CHECK_TEXT(states(&p), "DFCD..R");
	CHECK_TEXT(opres_run_value(p.run, 0), "given");
	play_end(&p);

	/* Cancelled with an exception region that is active. */
	make_inner(&p);
	CHECK_INT(plain(&p, OPRES_EVENT_FAILURE, 1, 2), OK);
	CHECK_INT(plain(&p, OPRES_EVENT_EXPIRE, 10, 1), OK);
	CHECK_TEXT(states(&p), "DFCC..R");
	CHECK_INT(at(&p, 3)->ended_at, 10);
	CHECK_INT(done(&p, 11, 6, 1), OK);
	CHECK_TEXT(states(&p), "DFCCKKD");
	CHECK_INT(opres_run_state(p.run), OPRES_RUN_COMPLETED);
	play_end(&p);
}

/* A playbook action in a while: its variables are set anew, its exception region can be reached in each round. */
static void
test_playbook_action_again(void)
{
	Play p;

	play_init(&p);
	p.book.playbook_count = 2;
	p.exceptions[1] = 4;
	variable(&p, OPRES_VAR_INTEGER, 1, "1");
	step(&p, 0, OPRES_STEP_START, 1);
	branches(&p, step(&p, 1, OPRES_STEP_WHILE, NONE), 2, NONE)->round_limit = 5;
	branches(&p, step(&p, 2, OPRES_STEP_PLAYBOOK_ACTION, NONE), 3, NONE)->timeout = 10;
	outs(&p, step(&p, 3, OPRES_STEP_ACTION, NONE), 0, -1)->playbook = 1;
	step(&p, 4, OPRES_STEP_ACTION, NONE)->playbook = 1;
	p.override_roles[0] = 1;
	play_begin(&p);
	for (int round = 1; round <= 3; round++)
	{
		CHECK_INT(decide(&p, round * 10, 1, 0), OK);
		CHECK_TEXT(states(&p), "DUUR.");
		CHECK_TEXT(opres_run_value(p.run, 0), "1");
		CHECK_INT(give(&p, OPRES_EVENT_FAILURE, round * 10 + 1, 3, 0, "2"), OK);
		CHECK_TEXT(opres_run_value(p.run, 0), "2");
		CHECK_TEXT(states(&p), "DUUHR");
		CHECK_INT(plain(&p, OPRES_EVENT_RETRY, round * 10 + 2, 3), OK);
		CHECK_INT(done(&p, round * 10 + 3, 3, 1), OK);
		CHECK_TEXT(states(&p), "DUUDR");
		CHECK_INT(done(&p, round * 10 + 4, 4, 1), OK);
		CHECK_TEXT(states(&p), "DR...");
		CHECK_INT(at(&p, 1)->round, round);
	}
	play_end(&p);
}

/* 1 has an exception step 3 to go to; 3 leads to 4. */
static void
make_exception(Play *p)
{
	play_init(p);
	p->exceptions[0] = 3;
	p->override_roles[0] = 1;
	step(p, 0, OPRES_STEP_START, 1);
	step(p, 1, OPRES_STEP_ACTION, 2);
	step(p, 2, OPRES_STEP_ACTION, 5);
	step(p, 3, OPRES_STEP_ACTION, 4);
	step(p, 4, OPRES_STEP_ACTION, 5);
	step(p, 5, OPRES_STEP_END, NONE);
	play_begin(p);
	CHECK_INT(plain(p, OPRES_EVENT_FAILURE, 1, 1), OK);
	CHECK_TEXT(states(p), "DH.R..");
	CHECK_INT(at(p, 1)->ended_at, 1);
}

static void
test_exception(void)
{
	Play p;

	/* It is reached once as long as it is active, and again later: as if for the first time. */
	make_exception(&p);
	CHECK_INT(done(&p, 2, 3, 1), OK);
	CHECK_INT(plain(&p, OPRES_EVENT_RETRY, 2, 1), OK);
	CHECK_INT(plain(&p, OPRES_EVENT_FAILURE, 3, 1), OK);
	CHECK_TEXT(states(&p), "DH.DR.");
	CHECK_INT(done(&p, 4, 4, 1), OK);
	CHECK_TEXT(states(&p), "DH.DDD");
	CHECK_INT(plain(&p, OPRES_EVENT_RETRY, 5, 1), OK);
	CHECK_INT(plain(&p, OPRES_EVENT_FAILURE, 6, 1), OK);
	CHECK_TEXT(states(&p), "DH.R..");
	CHECK_INT(at(&p, 3)->reached_at, 6);
	CHECK_INT(at(&p, 4)->doer_count, 0);
	play_end(&p);

	/* The run waits for it. */
	make_exception(&p);
	CHECK_INT(in_role(&p, OPRES_EVENT_OVERRIDE, 2, 1, 9, 1), OK);
	CHECK_INT(done(&p, 3, 2, 1), OK);
	CHECK_TEXT(states(&p), "DDDR.D");
	CHECK_INT(opres_run_state(p.run), OPRES_RUN_ACTIVE);
	CHECK_INT(done(&p, 4, 3, 1), OK);
	CHECK_INT(plain(&p, OPRES_EVENT_FAILURE, 5, 4), OK);
	CHECK_TEXT(states(&p), "DDDDHD");
	CHECK_INT(opres_run_state(p.run), OPRES_RUN_ACTIVE);
	CHECK_INT(in_role(&p, OPRES_EVENT_OVERRIDE, 6, 4, 9, 1), OK);
	CHECK_INT(opres_run_state(p.run), OPRES_RUN_COMPLETED);
	CHECK(at(&p, 4)->overridden);
	CHECK(!at(&p, 3)->overridden);
	play_end(&p);

	/* Never needed, it is skipped at the end. */
	make_exception(&p);
	p.run = opres_run_new(&p.book, &p.arena);
	CHECK_INT(plain(&p, OPRES_EVENT_BEGIN, 0, NONE), OK);
	CHECK_INT(done(&p, 1, 1, 1), OK);
	CHECK_INT(done(&p, 1, 2, 1), OK);
	CHECK_TEXT(states(&p), "DDDKKD");
	CHECK_INT(opres_run_state(p.run), OPRES_RUN_COMPLETED);
	play_end(&p);
}

/* A branch of a parallel fails as it is entered, when the second has not been: that is entered after the exception step. */
static void
test_failure_while_entering(void)
{
	Play p;

	play_init(&p);
	p.exceptions[0] = 4;
	variable(&p, OPRES_VAR_BOOL, 0, "true");
	step(&p, 0, OPRES_STEP_START, 1);
	branches(&p, step(&p, 1, OPRES_STEP_PARALLEL, NONE), 2, 3);
	condition(&p, branches(&p, step(&p, 2, OPRES_STEP_WHILE, NONE), 5, NONE), "__0__")->round_limit = 3;
	step(&p, 3, OPRES_STEP_ACTION, NONE);
	branches(&p, step(&p, 4, OPRES_STEP_PARALLEL, NONE), 6, 7);
	step(&p, 5, OPRES_STEP_END, NONE);
	step(&p, 6, OPRES_STEP_ACTION, NONE);
	step(&p, 7, OPRES_STEP_END, NONE);
	play_begin(&p);
	CHECK_TEXT(states(&p), "DUHRU.RD");
	CHECK_INT(at(&p, 2)->round, 3);
	CHECK_INT(done(&p, 1, 6, 1), OK);
	CHECK_TEXT(states(&p), "DUHRD.DD");
	CHECK_INT(done(&p, 2, 3, 1), OK);
	CHECK_TEXT(states(&p), "DUHDD.DD"); /* what is held holds the parallel */
	play_end(&p);
}

/* 1 establishes what 2 to 4 require, beside one another; 2 has a delay, 3 a timeout, 4 is a parallel. */
static void
test_facts_and_times(void)
{
	Play p;

	play_init(&p);
	step(&p, 0, OPRES_STEP_START, 5);
	establishes(&p, step(&p, 1, OPRES_STEP_ACTION, NONE), 0);
	requires(&p, step(&p, 2, OPRES_STEP_ACTION, NONE), 0)->delay = 10;
	requires(&p, step(&p, 3, OPRES_STEP_ACTION, NONE), 0)->timeout = 7;
	requires(&p, branches(&p, step(&p, 4, OPRES_STEP_PARALLEL, NONE), 6, 7), 0)->timeout = 20;
	step(&p, 5, OPRES_STEP_PARALLEL, NONE);
	p.steps[5].branch_count = 4;
	p.steps[5].branches = list(&p, 4, 1, 2, 3, 4);
	step(&p, 6, OPRES_STEP_ACTION, NONE);
	requires(&p, branches(&p, step(&p, 7, OPRES_STEP_WHILE, NONE), 8, NONE), 0);
	step(&p, 8, OPRES_STEP_ACTION, NONE);
	play_begin(&p);
	CHECK_TEXT(states(&p), "DRRRRU...");
	CHECK_INT(at(&p, 2)->not_before, 10);
	CHECK_INT(at(&p, 2)->ready_at, OPRES_NEVER);
	CHECK_INT(at(&p, 3)->due, OPRES_NEVER);
	CHECK_INT(done(&p, 2, 3, 1), OPRES_REFUSED_FACT);
	CHECK_INT(p.detail, 0);
	CHECK_INT(plain(&p, OPRES_EVENT_WAKE, 2, 4), OPRES_REFUSED_FACT);
	CHECK_INT(done(&p, 3, 1, 1), OK);
	CHECK(opres_run_fact(p.run, 0));
	CHECK_INT(at(&p, 2)->ready_at, 10);
	CHECK_INT(at(&p, 2)->due, OPRES_NEVER);
	CHECK_INT(at(&p, 3)->ready_at, 3);
	CHECK_INT(at(&p, 3)->due, 10);
	CHECK_INT(at(&p, 4)->due, 23);
	CHECK_TEXT(states(&p), "DDRRRU..."); /* a construct does not begin by itself */
	CHECK_INT(done(&p, 9, 2, 1), OPRES_REFUSED_NOT_YET);
	CHECK_INT(done(&p, 10, 2, 1), OK);
	CHECK_INT(plain(&p, OPRES_EVENT_WAKE, 11, 4), OK);
	CHECK_INT(at(&p, 4)->due, 31);
	CHECK_TEXT(states(&p), "DDDRUURR."); /* 7 requires a fact, if one that is there: it waits for a wake, or here for an answer */
	CHECK_INT(at(&p, 7)->ready_at, 11);
	CHECK(opres_run_asks(p.run, 7, 11));
	CHECK_INT(done(&p, 12, 3, 1), OK);
	CHECK_INT(at(&p, 3)->ready_at, 3);
	CHECK_INT(at(&p, 3)->due, 10);
	play_end(&p);
}

/* 1 waits 5; then, being known, it runs by a wake. */
static void
test_delayed_construct(void)
{
	Play p;

	play_init(&p);
	variable(&p, OPRES_VAR_BOOL, 0, "true");
	step(&p, 0, OPRES_STEP_START, 1);
	condition(&p, branches(&p, step(&p, 1, OPRES_STEP_IF, NONE), 2, NONE), "__0__")->delay = 5;
	step(&p, 2, OPRES_STEP_ACTION, NONE);
	play_begin(&p);
	CHECK_TEXT(states(&p), "DR.");
	CHECK(!opres_run_asks(p.run, 1, 5));
	CHECK_INT(plain(&p, OPRES_EVENT_WAKE, 4, 1), OPRES_REFUSED_NOT_YET);
	CHECK_INT(decide(&p, 5, 1, 0), OPRES_REFUSED_CHOICE);
	CHECK_INT(plain(&p, OPRES_EVENT_WAKE, 5, 1), OK);
	CHECK_TEXT(states(&p), "DUR");
	CHECK_INT(plain(&p, OPRES_EVENT_WAKE, 5, 1), OPRES_REFUSED_STATE);
	play_end(&p);
}

/* A question with a delay is none before its time. */
static void
test_delayed_question(void)
{
	Play p;

	play_init(&p);
	step(&p, 0, OPRES_STEP_START, 1);
	branches(&p, step(&p, 1, OPRES_STEP_IF, NONE), 2, NONE)->delay = 5;
	step(&p, 2, OPRES_STEP_ACTION, NONE);
	play_begin(&p);
	CHECK(!opres_run_asks(p.run, 1, 4));
	CHECK_INT(decide(&p, 4, 1, 0), OPRES_REFUSED_NOT_YET);
	CHECK(opres_run_asks(p.run, 1, 5));
	CHECK_INT(decide(&p, 5, 1, 1), OK);
	CHECK_TEXT(states(&p), "DDK");
	play_end(&p);
}

/* An exception region that was cancelled, with its playbook action or with what is around that, can be reached in the next round.
 */
static void
test_exception_cancelled(void)
{
	for (int32_t around = 0; around < 2; around++)
	{
		Play p;

		play_init(&p);
		p.book.playbook_count = 2;
		p.exceptions[1] = 4;
		step(&p, 0, OPRES_STEP_START, 1);
		branches(&p, step(&p, 1, OPRES_STEP_WHILE, NONE), around ? 5 : 2, NONE);
		branches(&p, step(&p, 2, OPRES_STEP_PLAYBOOK_ACTION, NONE), 3, NONE);
		step(&p, 3, OPRES_STEP_ACTION, NONE)->playbook = 1;
		step(&p, 4, OPRES_STEP_ACTION, NONE)->playbook = 1;
		if (around)
		{
			branches(&p, step(&p, 5, OPRES_STEP_PARALLEL, NONE), 2, 6);
			step(&p, 6, OPRES_STEP_ACTION, NONE);
		}
		step(&p, around ? 7 : 5, OPRES_STEP_END, NONE);
		on_failure(&p.steps[around ? 5 : 2], around ? 7 : 5)->timeout = 5;
		play_begin(&p);
		for (OpresTime time = 10; time < 40; time += 10)
		{
			CHECK_INT(decide(&p, time, 1, 0), OK);
			CHECK_INT(plain(&p, OPRES_EVENT_FAILURE, time, 3), OK);
			CHECK_TEXT(states(&p), around ? "DUUHRUR." : "DUUHR.");
			CHECK_INT(plain(&p, OPRES_EVENT_EXPIRE, time + 5, around ? 5 : 2), OK);
			CHECK_TEXT(states(&p), around ? "DR......" : "DR....");
		}
		play_end(&p);
	}
}

/* 1 if: 2 is taken, 3 is not and leads to 5. 5 is in the branch of 2 as well, in one way or the other, and so is not skipped. */
static void
test_shared(void)
{
	for (int way = 0; way < 4; way++)
	{
		Play p;

		play_init(&p);
		variable(&p, OPRES_VAR_BOOL, 0, "true");
		step(&p, 0, OPRES_STEP_START, 1);
		condition(&p, branches(&p, step(&p, 1, OPRES_STEP_IF, NONE), 2, 3), "__0__");
		step(&p, 2, OPRES_STEP_ACTION, NONE);
		step(&p, 3, OPRES_STEP_ACTION, 5);
		step(&p, 4, OPRES_STEP_ACTION, NONE);
		step(&p, 5, way == 3 ? OPRES_STEP_ACTION : OPRES_STEP_END, NONE);
		if (way == 0)
			branches(&p, step(&p, 2, OPRES_STEP_PARALLEL, NONE), 4, 5)->delay = 1;
		if (way == 1)
		{
			branches(&p, step(&p, 2, OPRES_STEP_PLAYBOOK_ACTION, NONE), 4, NONE)->delay = 1;
			p.book.playbook_count = 2;
			p.steps[4].playbook = 1;
			p.exceptions[1] = 5;
		}
		if (way >= 2)
			on_failure(step(&p, 2, OPRES_STEP_ACTION, 4), 5);
		play_begin(&p);
		CHECK_TEXT(states(&p), "DURK..");
		play_end(&p);
	}
}

/* Variables of several playbooks and steps, not in that order: each has its own set anew when it is entered or reached. */
static void
test_scopes(void)
{
	static const int32_t scopes[] = { -1 - 4, 1, 0, -1 - 3, 1, -1 - 4, 0, -1 - 3 };
	Play p;

	play_init(&p);
	p.book.playbook_count = 2;
	step(&p, 0, OPRES_STEP_START, 1);
	branches(&p, step(&p, 1, OPRES_STEP_WHILE, NONE), 2, NONE)->round_limit = 3;
	branches(&p, step(&p, 2, OPRES_STEP_PLAYBOOK_ACTION, 4), 3, NONE);
	step(&p, 3, OPRES_STEP_ACTION, NONE)->playbook = 1;
	step(&p, 4, OPRES_STEP_ACTION, NONE);
	for (int32_t v = 0; v < 8; v++)
		variable(&p, OPRES_VAR_STRING, scopes[v], "first");
	p.steps[3].out_count = p.steps[4].out_count = 4;
	p.steps[3].out_variables = list(&p, 4, 1, 3, 4, 7);
	p.steps[4].out_variables = list(&p, 4, 0, 2, 5, 6);
	play_begin(&p);
	for (int32_t round = 0; round < 2; round++)
	{
		CHECK_INT(decide(&p, round * 5 + 1, 1, 0), OK);
		for (int32_t v = 0; v < 8; v++)
			CHECK_TEXT(opres_run_value(p.run, v), round > 0 && v != 1 && v != 3 && v != 4 && v != 7 ? "second" : "first");
		for (int32_t s = 3; s <= 4; s++)
		{
			OpresRunEvent e = event(OPRES_EVENT_SUCCESS, round * 5 + 2, s);
			OpresAssignment a[4];

			for (int32_t i = 0; i < 4; i++)
				a[i] = (OpresAssignment){ p.steps[s].out_variables[i], "second" };
			e.assignments = a;
			e.assignment_count = 4;
			CHECK_TEXT(opres_run_value(p.run, s == 3 ? 3 : 0), "first"); /* reached */
			CHECK_TEXT(opres_run_value(p.run, s == 3 ? 7 : 5), "first");
			CHECK_INT(apply(&p, e), OK);
		}
	}
	play_end(&p);
}

/* Playbooks 1 and 2, one after the other: what goes in and out of the one does not touch the other. */
static void
test_two_inside(void)
{
	Play p;

	play_init(&p);
	p.book.playbook_count = 3;
	variable(&p, OPRES_VAR_STRING, 0, "first");
	variable(&p, OPRES_VAR_STRING, 0, "second");
	for (int32_t inner = 1; inner <= 2; inner++)
	{
		variable(&p, OPRES_VAR_STRING, inner, "in")->external = true;
		p.variables[2 * inner].in_from = inner - 1;
		variable(&p, OPRES_VAR_STRING, inner, "out")->out_to = inner - 1;
	}
	step(&p, 0, OPRES_STEP_START, 1);
	branches(&p, step(&p, 1, OPRES_STEP_PLAYBOOK_ACTION, 3), 2, NONE);
	step(&p, 2, OPRES_STEP_ACTION, NONE)->playbook = 1;
	branches(&p, step(&p, 3, OPRES_STEP_PLAYBOOK_ACTION, NONE), 4, NONE)->delay = 10;
	step(&p, 4, OPRES_STEP_ACTION, NONE)->playbook = 2;
	play_begin(&p);
	CHECK_TEXT(opres_run_value(p.run, 2), "first");
	CHECK_TEXT(opres_run_value(p.run, 4), "in");
	CHECK_INT(done(&p, 1, 2, 1), OK);
	CHECK_TEXT(opres_run_value(p.run, 0), "out");
	CHECK_TEXT(opres_run_value(p.run, 1), "second");
	CHECK_INT(plain(&p, OPRES_EVENT_WAKE, 11, 3), OK);
	CHECK_TEXT(opres_run_value(p.run, 2), "first");
	CHECK_TEXT(opres_run_value(p.run, 4), "second");
	CHECK_INT(done(&p, 12, 4, 1), OK);
	CHECK_TEXT(opres_run_value(p.run, 1), "out");
	play_end(&p);
}

/* A step that requires the second fact, a step that requires both: each waits for its own. */
static void
test_two_facts(void)
{
	Play p;

	play_init(&p);
	step(&p, 0, OPRES_STEP_START, 1);
	step(&p, 1, OPRES_STEP_PARALLEL, NONE);
	p.steps[1].branch_count = 4;
	p.steps[1].branches = list(&p, 4, 2, 3, 4, 5);
	establishes(&p, step(&p, 2, OPRES_STEP_ACTION, NONE), 0);
	establishes(&p, step(&p, 3, OPRES_STEP_ACTION, NONE), 1);
	requires(&p, step(&p, 4, OPRES_STEP_ACTION, NONE), 1);
	requires(&p, step(&p, 5, OPRES_STEP_ACTION, NONE), 1);
	p.steps[5].requires_count = 3; /* one of them twice */
	p.steps[5].requires_facts = list(&p, 3, 1, 0, 1);
	play_begin(&p);
	CHECK_INT(done(&p, 1, 2, 1), OK);
	CHECK_INT(at(&p, 4)->ready_at, OPRES_NEVER);
	CHECK_INT(at(&p, 5)->ready_at, OPRES_NEVER);
	CHECK_INT(done(&p, 1, 5, 1), OPRES_REFUSED_FACT);
	CHECK_INT(p.detail, 1);
	CHECK_INT(done(&p, 2, 3, 1), OK);
	CHECK_INT(at(&p, 4)->ready_at, 2);
	CHECK_INT(at(&p, 5)->ready_at, 2);
	CHECK_INT(done(&p, 3, 4, 1), OK);
	CHECK_INT(done(&p, 3, 5, 1), OK);
	CHECK_INT(opres_run_state(p.run), OPRES_RUN_COMPLETED);
	play_end(&p);
}

/* A fact that comes after a step was passed over without it does not change its times. */
static void
test_fact_too_late(void)
{
	Play p;

	play_init(&p);
	p.override_roles[0] = 0;
	step(&p, 0, OPRES_STEP_START, 1);
	branches(&p, step(&p, 1, OPRES_STEP_PARALLEL, NONE), 2, 3);
	requires(&p, step(&p, 2, OPRES_STEP_ACTION, NONE), 0);
	establishes(&p, step(&p, 3, OPRES_STEP_ACTION, 4), 0);
	requires(&p, step(&p, 4, OPRES_STEP_ACTION, NONE), 0);
	play_begin(&p);
	CHECK_INT(in_role(&p, OPRES_EVENT_OVERRIDE, 1, 2, 1, 0), OK);
	CHECK_INT(done(&p, 2, 3, 1), OK);
	CHECK_INT(at(&p, 2)->ready_at, OPRES_NEVER);
	CHECK_INT(at(&p, 4)->ready_at, 2);
	CHECK_INT(done(&p, 3, 4, 1), OK);
	CHECK_INT(opres_run_state(p.run), OPRES_RUN_COMPLETED);
	play_end(&p);
}

int
main(void)
{
	test_sequence();
	test_way_of_failure();
	test_parallel();
	test_depth_first();
	test_if();
	test_if_without_else();
	test_switch();
	test_while();
	test_while_rounds();
	test_playbook_action();
	test_playbook_action_again();
	test_exception();
	test_failure_while_entering();
	test_facts_and_times();
	test_delayed_construct();
	test_delayed_question();
	test_exception_cancelled();
	test_shared();
	test_scopes();
	test_two_inside();
	test_two_facts();
	test_fact_too_late();
	return check_done();
}
