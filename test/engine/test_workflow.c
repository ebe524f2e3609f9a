/*
 * test_workflow.c - runs of playbooks, worked out by hand after workflow-semantics.md: each construct, from reaching it to its end.
 */
#include "workflow_play.h"

#define OK OPRES_REFUSED_NOT

/* 0 start, 1 action, 2 end. */
static void
test_sequence(void)
{
	Play p;

	play_init(&p);
	step(&p, 0, OPRES_STEP_START, 1);
	step(&p, 1, OPRES_STEP_ACTION, 2);
	step(&p, 2, OPRES_STEP_END, OPRES_NO_STEP);
	play_begin(&p);
	CHECK_TEXT(states(&p), "DR.");
	CHECK_INT(opres_run_state(p.run), OPRES_RUN_ACTIVE);
	CHECK_INT(done(&p, 5, 1, 7), OK);
	CHECK_TEXT(states(&p), "DDD");
	CHECK_INT(opres_run_state(p.run), OPRES_RUN_COMPLETED);
	CHECK_INT(opres_run_step(p.run, 1)->ended_at, 5);
	CHECK_INT(opres_run_step(p.run, 1)->doer_count, 1);
	CHECK_INT(opres_run_step(p.run, 1)->doers[0], 7);
	CHECK_INT(done(&p, 6, 1, 7), OPRES_REFUSED_OVER);
	play_end(&p);
}

/* 1 parallel of 2, 3; then 4. Depth first: 2 fails at once?  no step does anything by itself but 3, an end. */
static void
test_parallel(void)
{
	Play p;

	play_init(&p);
	step(&p, 0, OPRES_STEP_START, 1);
	branches(&p, step(&p, 1, OPRES_STEP_PARALLEL, 4), 2, 3);
	step(&p, 2, OPRES_STEP_ACTION, 5);
	step(&p, 3, OPRES_STEP_ACTION, OPRES_NO_STEP);
	step(&p, 4, OPRES_STEP_ACTION, 5);
	step(&p, 5, OPRES_STEP_END, OPRES_NO_STEP);
	play_begin(&p);
	CHECK_TEXT(states(&p), "DURR..");
	CHECK_INT(done(&p, 5, 2, 7), OK);
	CHECK_TEXT(states(&p), "DUDR.D");
	CHECK_INT(done(&p, 6, 3, 7), OK);
	CHECK_TEXT(states(&p), "DDDDRD");
	CHECK_INT(done(&p, 7, 4, 7), OK);
	CHECK_INT(opres_run_state(p.run), OPRES_RUN_COMPLETED);
	play_end(&p);
}

/* 1 while of an if 2 with branches 3 (action) and 4 (end). */
static void
test_while(void)
{
	Play p;

	play_init(&p);
	variable(&p, OPRES_VAR_BOOL, 0, NULL)->external = true;
	step(&p, 0, OPRES_STEP_START, 1);
	condition(&p, branches(&p, step(&p, 1, OPRES_STEP_WHILE, 5), 2, OPRES_NO_STEP), "__0__")->round_limit = 2;
	branches(&p, step(&p, 2, OPRES_STEP_IF, OPRES_NO_STEP), 3, 4);
	step(&p, 3, OPRES_STEP_ACTION, 4);
	step(&p, 4, OPRES_STEP_END, OPRES_NO_STEP);
	step(&p, 5, OPRES_STEP_END, OPRES_NO_STEP);
	play_begin(&p);
	CHECK_TEXT(states(&p), "DR....");
	CHECK(opres_run_asks(p.run, 1, 0));
	CHECK_INT(plain(&p, OPRES_EVENT_WAKE, 1, 1), OPRES_REFUSED_CHOICE);
	CHECK_INT(give(&p, OPRES_EVENT_SET, 1, OPRES_NO_STEP, 0, "true"), OK);
	CHECK_TEXT(states(&p), "DR....");
	CHECK(!opres_run_asks(p.run, 1, 1));
	CHECK_INT(decide(&p, 2, 1, 0), OPRES_REFUSED_CHOICE);
	CHECK_INT(plain(&p, OPRES_EVENT_WAKE, 2, 1), OK);
	CHECK_TEXT(states(&p), "DUR...");
	CHECK_INT(decide(&p, 3, 2, 0), OK);
	CHECK_TEXT(states(&p), "DUUR..");
	CHECK_INT(done(&p, 4, 3, 1), OK);
	CHECK_INT(opres_run_step(p.run, 1)->round, 2);
	CHECK_TEXT(states(&p), "DUR...");
	CHECK_INT(decide(&p, 5, 2, 1), OK);
	CHECK_TEXT(states(&p), "DH....");
	play_end(&p);
}

int
main(void)
{
	test_sequence();
	test_parallel();
	test_while();
	return check_done();
}
