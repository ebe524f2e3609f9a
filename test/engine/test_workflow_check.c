/*
 * test_workflow_check.c - which playbooks are valid: one that uses everything is, and each rule of workflow-semantics.md broken in
 * it is found at the step that breaks it.
 */
#include "workflow_play.h"
#include "duration.h"

#define NONE OPRES_NO_STEP

/*
 * 0 start, 1 action (form, approvals), 2 parallel of 3 and 4, 3 if of 5 and 6 that share 7, 4 while of 8, 8 switch of 9 and 10,
 * 11 playbook action of 12 (playbook 1, exception 13), 14 end, 15 exception of playbook 0.
 */
static void
make_everything(Play *p)
{
	static const char *const cases[] = { "a", NULL };

	play_init(p);
	p->book.playbook_count = 2;
	p->exceptions[0] = 15;
	p->exceptions[1] = 13;
	variable(p, OPRES_VAR_STRING, 0, "x")->external = true;   /* 0 */
	variable(p, OPRES_VAR_INTEGER, 0, "1");                   /* 1 */
	variable(p, OPRES_VAR_STRING, -1 - 1, NULL);              /* 2, of step 1 */
	variable(p, OPRES_VAR_STRING, 1, NULL)->external = true;  /* 3, of playbook 1 */
	variable(p, OPRES_VAR_STRING, 1, "c")->constant = true;   /* 4 */
	variable(p, OPRES_VAR_STRING, -1 - 8, "a")->constant = 1; /* 5, of step 8 */
	p->variables[3].in_from = p->variables[4].out_to = 0;
	step(p, 0, OPRES_STEP_START, 1);
	outs(p, approvals(p, approvals(p, step(p, 1, OPRES_STEP_ACTION, 2), 3, 1), 1, 2), 0, 2)->evidence = true;
	p->steps[1].optional = true;
	branches(p, on_failure(step(p, 2, OPRES_STEP_PARALLEL, 11), 14), 3, 4)->timeout = OPRES_LONGEST_DURATION;
	condition(p, branches(p, step(p, 3, OPRES_STEP_IF, 14), 5, 6), "__1__ > 1")->delay = OPRES_LONGEST_DURATION;
	branches(p, step(p, 4, OPRES_STEP_WHILE, 14), 8, NONE);
	establishes(p, step(p, 5, OPRES_STEP_ACTION, 7), 1);
	requires(p, step(p, 6, OPRES_STEP_ACTION, 7), 0);
	step(p, 7, OPRES_STEP_ACTION, 14);
	branches(p, step(p, 8, OPRES_STEP_SWITCH, NONE), 9, 10)->switch_variable = 5;
	p->steps[8].cases = cases;
	step(p, 9, OPRES_STEP_ACTION, NONE);
	step(p, 10, OPRES_STEP_ACTION, 14);
	branches(p, step(p, 11, OPRES_STEP_PLAYBOOK_ACTION, 14), 12, NONE);
	step(p, 12, OPRES_STEP_ACTION, 14)->playbook = 1;
	step(p, 13, OPRES_STEP_ACTION, NONE)->playbook = 1;
	step(p, 14, OPRES_STEP_END, NONE)->playbook = 1;
	step(p, 15, OPRES_STEP_ACTION, 14);
	CHECK_TEXT(wrong(p, NULL) == NULL ? "valid" : wrong(p, NULL), "valid");
}

/* Breaks a rule in it, which is then found, at that step, in words that have this in them. */
#define BREAKS(where, words, ...)                                                                                                  \
	do                                                                                                                             \
	{                                                                                                                              \
		Play p;                                                                                                                    \
                                                                                                                                   \
		make_everything(&p);                                                                                                       \
		__VA_ARGS__;                                                                                                               \
		check_wrong(&p, where, words, __LINE__);                                                                                   \
		play_end(&p);                                                                                                              \
	} while (0)

static void
check_wrong(Play *p, int32_t where, const char *words, int line)
{
	int32_t found = -2;
	const char *message = wrong(p, &found);

	if (!CHECK(message != NULL && strstr(message, words) != NULL && found == where))
		printf("line %d: step %d: %s\n", line, found, message == NULL ? "valid" : message);
}

/* It breaks none. */
#define KEEPS(...)                                                                                                                 \
	do                                                                                                                             \
	{                                                                                                                              \
		Play p;                                                                                                                    \
                                                                                                                                   \
		make_everything(&p);                                                                                                       \
		__VA_ARGS__;                                                                                                               \
		CHECK_TEXT(wrong(&p, NULL) == NULL ? "valid" : wrong(&p, NULL), "valid");                                                  \
		play_end(&p);                                                                                                              \
	} while (0)

static void
test_sizes(void)
{
	BREAKS(-1, "a step at least", p.book.step_count = 0);
	BREAKS(-1, "a step at least", p.book.playbook_count = 0);
	BREAKS(-1, "a step at least", p.book.variable_count = -1);
	BREAKS(-1, "a step at least", p.book.fact_count = -1);
	BREAKS(-1, "begins at a start", p.book.start = 1);
	BREAKS(-1, "begins at a start", p.book.start = 16);
	BREAKS(-1, "begins at a start", p.book.start = -1);
	BREAKS(-1, "which there is not", p.exceptions[0] = 16);
	BREAKS(-1, "which there is not", p.exceptions[1] = -2);
	BREAKS(-1, "back to the start", p.exceptions[1] = 0);
	BREAKS(5, "no type 8", p.steps[5].type = (OpresStepType) 8);
	BREAKS(5, "no type -1", p.steps[5].type = (OpresStepType) -1);
	BREAKS(5, "no playbook 2", p.steps[5].playbook = 2);
	BREAKS(5, "no playbook -1", p.steps[5].playbook = -1);
}

static void
test_start_and_end(void)
{
	BREAKS(16, "there is one start", step(&p, 16, OPRES_STEP_START, 14));
	BREAKS(0, "there is one start", p.steps[0].playbook = 1);
	BREAKS(0, "by on_completion alone", p.steps[0].on_completion = NONE);
	BREAKS(0, "by on_completion alone", p.steps[0].on_success = 1);
	BREAKS(0, "by on_completion alone", p.steps[0].on_completion = NONE; p.steps[0].on_success = 1);
	BREAKS(0, "neither times nor facts", p.steps[0].delay = 1);
	BREAKS(0, "neither times nor facts", p.steps[0].timeout = 1);
	BREAKS(0, "neither times nor facts", requires(&p, &p.steps[0], 0));
	BREAKS(0, "neither times nor facts", establishes(&p, &p.steps[0], 0));
	BREAKS(14, "nor an authority", p.steps[14].override_role = 0);
	BREAKS(0, "a start has no branches", branches(&p, &p.steps[0], 15, NONE));
	BREAKS(14, "nothing follows an end", p.steps[14].on_completion = 7);
	BREAKS(14, "nothing follows an end", p.steps[14].on_failure = 7);
	BREAKS(14, "an end has no branches", branches(&p, &p.steps[14], 15, NONE));
	BREAKS(14, "an action's alone", p.steps[14].optional = true);
	BREAKS(7, "back to the start", p.steps[7].on_completion = 0);
	BREAKS(4, "back to the start", branches(&p, &p.steps[4], 0, NONE));
}

static void
test_numbers(void)
{
	BREAKS(1, "step 16, which", p.steps[1].on_completion = 16);
	BREAKS(1, "step -2, which", p.steps[1].on_completion = -2);
	BREAKS(2, "step 99, which", p.steps[2].on_success = 99);
	BREAKS(2, "step 99, which", p.steps[2].on_failure = 99);
	BREAKS(4, "step 99, which", branches(&p, &p.steps[4], 99, NONE));
	BREAKS(4, "begins at no step", branches(&p, &p.steps[4], NONE, NONE));
	BREAKS(1, "stands beside", p.steps[1].on_failure = 14);
	BREAKS(2, "stands beside", p.steps[2].on_completion = 11);
	BREAKS(7, "its delay", p.steps[7].delay = -1);
	BREAKS(7, "its delay", p.steps[7].delay = OPRES_LONGEST_DURATION + 1);
	BREAKS(7, "its timeout", p.steps[7].timeout = 0);
	BREAKS(7, "its timeout", p.steps[7].timeout = -1);
	BREAKS(7, "its timeout", p.steps[7].timeout = OPRES_LONGEST_DURATION + 1);
	BREAKS(7, "no fact 2", requires(&p, &p.steps[7], 2); p.book.fact_count = 2);
	BREAKS(7, "no fact -1", establishes(&p, &p.steps[7], -1));
	BREAKS(7, "negative number of facts", p.steps[7].requires_count = -1);
	BREAKS(7, "negative number of facts", p.steps[7].establishes_count = -1);
	BREAKS(7, "negative number of approvals", p.steps[7].approval_count = -1);
	BREAKS(7, "negative number of approvals", p.steps[7].out_count = -1);
	BREAKS(4, "limit of rounds", p.steps[4].round_limit = 0);
	KEEPS(p.steps[4].round_limit = 1);
	KEEPS(p.steps[7].delay = 0; p.steps[7].timeout = 1);
}

static void
test_actions(void)
{
	BREAKS(2, "an action's alone", approvals(&p, &p.steps[2], 1, 1));
	BREAKS(3, "an action's alone", p.steps[3].evidence = true);
	BREAKS(4, "an action's alone", p.steps[4].optional = true);
	BREAKS(11, "an action's alone", outs(&p, &p.steps[11], 0, -1));
	BREAKS(1, "one person or more", approvals(&p, &p.steps[1], 7, 0));
	BREAKS(1, "of a role", approvals(&p, &p.steps[1], -1, 1));
	BREAKS(1, "asked for twice", approvals(&p, &p.steps[1], 3, 5));
	BREAKS(1, "name a variable twice", outs(&p, &p.steps[1], 0, 0));
	BREAKS(1, "no variable 6", outs(&p, &p.steps[1], 0, 6));
	BREAKS(1, "no variable -1", outs(&p, &p.steps[1], -1, -1));
	BREAKS(12, "name a constant", outs(&p, &p.steps[12], 4, -1));
	BREAKS(7, "variable 2, which it does not see", outs(&p, &p.steps[7], 2, -1));
	BREAKS(7, "variable 3, which it does not see", outs(&p, &p.steps[7], 3, -1));
	BREAKS(12, "variable 0, which it does not see", outs(&p, &p.steps[12], 0, -1));
	KEEPS(approvals(&p, &p.steps[1], 0, 1));
	KEEPS(outs(&p, &p.steps[12], 3, -1));
	KEEPS(outs(&p, &p.steps[7], 0, 1));
}

static void
test_branches(void)
{
	static const char *const twice[] = { "a", "a" };
	static const char *const defaults[] = { NULL, NULL };
	static const char *const literals[] = { "", "a" };

	BREAKS(2, "two branches or more", branches(&p, &p.steps[2], 3, NONE));
	BREAKS(2, "two branches or more", p.steps[2].branch_count = -1);
	BREAKS(3, "one or two branches", p.steps[3].branch_count = 0);
	BREAKS(3, "one or two branches", p.steps[3].branch_count = 3);
	BREAKS(4, "a while has one", branches(&p, &p.steps[4], 8, 8));
	BREAKS(4, "a while has one", p.steps[4].branch_count = 0);
	BREAKS(11, "a playbook action has one", branches(&p, &p.steps[11], 12, 12));
	BREAKS(8, "one branch or more", p.steps[8].branch_count = 0);
	BREAKS(7, "an action has no branches", branches(&p, &p.steps[7], 9, NONE));
	BREAKS(8, "a case twice: a", p.steps[8].cases = twice);
	BREAKS(8, "more than one default", p.steps[8].cases = defaults);
	BREAKS(8, "no variable 6", p.steps[8].switch_variable = 6);
	BREAKS(8, "no variable -2", p.steps[8].switch_variable = -2);
	BREAKS(8, "which it does not see", p.steps[8].switch_variable = 2);
	KEEPS(p.steps[8].cases = literals);
	KEEPS(p.steps[8].switch_variable = -1);
	KEEPS(p.steps[8].switch_variable = 1);
	KEEPS(branches(&p, &p.steps[8], 9, 9); p.steps[9].on_completion = 10); /* branches of a switch, and of an if, may be the same */
	KEEPS(branches(&p, &p.steps[3], 5, 5); on_failure(&p.steps[5], 6));
}

static void
test_regions(void)
{
	BREAKS(7, "two ways", p.steps[9].on_completion = 7);    /* from another branch of the parallel around it */
	BREAKS(4, "two ways", branches(&p, &p.steps[2], 4, 4)); /* both branches of a parallel */
	BREAKS(11, "two ways", p.steps[7].on_completion = 11);  /* out of the branch */
	BREAKS(15, "two ways", p.steps[1].on_completion = NONE; /* into the exception region */
		   p.steps[1].on_success = 2; p.steps[1].on_failure = 15);
	BREAKS(4, "two ways", branches(&p, &p.steps[4], 4, NONE));                 /* a construct inside itself */
	KEEPS(branches(&p, &p.steps[4], 14, NONE); p.steps[15].on_completion = 8); /* into the exception region from there alone */
	BREAKS(6, "nothing leads to it", branches(&p, &p.steps[3], 5, NONE));
	BREAKS(13, "nothing leads to it", p.exceptions[1] = NONE);
	BREAKS(15, "nothing leads to it", p.exceptions[0] = NONE);
	BREAKS(7, "back to a step before", p.steps[7].on_completion = 5);
	BREAKS(7, "back to a step before", on_failure(&p.steps[7], 7));
	BREAKS(6, "back to a step before", on_failure(&p.steps[6], 6); p.steps[6].on_success = NONE);
	KEEPS(on_failure(&p.steps[6], 7));
	KEEPS(on_failure(&p.steps[1], 11));
}

/* Steps that lead to one another, but nothing leads to them; a playbook inside itself. */
static void
test_islands(void)
{
	BREAKS(16, "nothing leads to it", step(&p, 16, OPRES_STEP_ACTION, 14));
	BREAKS(16, "nothing leads to it", branches(&p, step(&p, 16, OPRES_STEP_WHILE, NONE), 17, NONE);
		   branches(&p, step(&p, 17, OPRES_STEP_WHILE, NONE), 16, NONE));
	BREAKS(13, "more than one place", branches(&p, step(&p, 13, OPRES_STEP_PLAYBOOK_ACTION, NONE), 16, NONE)->playbook = 1;
		   step(&p, 16, OPRES_STEP_ACTION, NONE)->playbook = 1);
	BREAKS(16, "nothing leads to it", p.book.playbook_count = 3; p.exceptions[2] = 16;
		   branches(&p, step(&p, 16, OPRES_STEP_PLAYBOOK_ACTION, NONE), 17, NONE)->playbook = 2;
		   step(&p, 17, OPRES_STEP_ACTION, NONE)->playbook = 2);
}

static void
test_playbooks(void)
{
	BREAKS(7, "of playbook 1 but stands in playbook 0", p.steps[7].playbook = 1);
	BREAKS(13, "of playbook 0 but stands in playbook 1", p.steps[13].playbook = 0);
	BREAKS(11, "more than one place", p.steps[12].playbook = 0); /* playbook 0 is the outermost */
	BREAKS(-1, "playbook 2 is that of no playbook action", p.book.playbook_count = 3);
	BREAKS(15, "more than one place", branches(&p, step(&p, 15, OPRES_STEP_PLAYBOOK_ACTION, NONE), 16, NONE);
		   step(&p, 16, OPRES_STEP_ACTION, NONE)->playbook = 1);
	KEEPS(branches(&p, step(&p, 15, OPRES_STEP_PLAYBOOK_ACTION, NONE), 16, NONE);
		  step(&p, 16, OPRES_STEP_ACTION, NONE)->playbook = 2; p.book.playbook_count = 3);
	KEEPS(branches(&p, &p.steps[11], 14, NONE); p.steps[13].on_completion = 12); /* begins at an end: playbook 1 by that */
	KEEPS(p.exceptions[1] = 14; p.steps[12].on_completion = 13);
}

static void
test_variables(void)
{
	BREAKS(-1, "no type 15", p.variables[0].type = (OpresVariableType) 15);
	BREAKS(1, "no type -1", p.variables[2].type = (OpresVariableType) -1);
	BREAKS(-1, "of no playbook and no step", p.variables[0].scope = 2);
	BREAKS(-1, "of no playbook and no step", p.variables[0].scope = -1 - 16);
	BREAKS(-1, "of no playbook and no step", p.variables[0].scope = INT32_MIN);
	BREAKS(-1, "of no playbook and no step", p.variables[0].scope = -99; p.variables[0].type = (OpresVariableType) 99);
	BREAKS(-1, "variable 1 is no integer", p.variables[1].initial = "1.0");
	BREAKS(8, "variable 5 is no bool", p.variables[5].type = OPRES_VAR_BOOL);
	BREAKS(-1, "names a variable that there is not", p.variables[3].in_from = 6);
	BREAKS(-1, "names a variable that there is not", p.variables[3].in_from = -2);
	BREAKS(-1, "names a variable that there is not", p.variables[3].out_to = 6);
	BREAKS(-1, "names a variable that there is not", p.variables[3].out_to = -2);
	BREAKS(3, "variable 1, which it does not see", p.variables[1].scope = 1);
	BREAKS(-1, "of no playbook inside another", p.variables[0].in_from = 0);
	BREAKS(-1, "of no playbook inside another", p.variables[2].out_to = 0);
	BREAKS(11, "not external", p.variables[3].external = false);
	BREAKS(11, "or a constant", p.variables[3].constant = true);
	BREAKS(11, "does not see", p.variables[3].in_from = 4);
	BREAKS(11, "does not see", p.variables[4].out_to = 2);
	BREAKS(11, "different types", p.variables[3].in_from = 1);
	BREAKS(11, "different types", p.variables[4].out_to = 1);
	BREAKS(11, "different types", p.variables[3].type = OPRES_VAR_URI);
	BREAKS(11, "different types", p.variables[4].type = OPRES_VAR_DICTIONARY);
	BREAKS(4, "variable 5, which it does not see", condition(&p, &p.steps[4], "__5__ = 'a'"));
	BREAKS(3, "variable 5, which it does not see", condition(&p, &p.steps[3], "__5__ = 'a'"); p.steps[8].switch_variable = -1;
		   p.book.variable_count = 5);
	KEEPS(condition(&p, &p.steps[4], "__0__ = 'a'"));
	BREAKS(8, "variable 0, which it does not see", p.steps[8].switch_variable = 0; p.steps[1].out_count = 0;
		   p.variables[0].scope = -1 - 1);
	BREAKS(11, "does not see", p.variables[0].scope = -1 - 1; p.variables[4].out_to = -1);
	BREAKS(11, "does not see", p.variables[0].scope = -1 - 1; p.variables[3].in_from = -1);
	BREAKS(11, "out_args name a constant", p.variables[0].constant = true; p.steps[1].out_count = 0);
	KEEPS(p.variables[3].out_to = 0);
	KEEPS(variable(&p, OPRES_VAR_STRING, -1 - 11, "c")->constant = true;
		  p.variables[3].in_from = 6); /* from a constant of its own */
	KEEPS(p.variables[4].external = true);
}

/* Messages fit, whatever a case says. */
static void
test_long_case(void)
{
	char text[2000];
	const char *cases[] = { text, text };

	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	BREAKS(8, "a case twice: xxx", p.steps[8].cases = cases);
}

/* Without somewhere to say why. */
static void
test_no_error(void)
{
	Play p;
	OpresArena scratch;

	make_everything(&p);
	opres_arena_init(&scratch, &opres_malloc_env, 0);
	CHECK_INT(opres_playbook_check(&p.book, &scratch, NULL), OPRES_OK);
	p.steps[7].delay = -1;
	CHECK_INT(opres_playbook_check(&p.book, &scratch, NULL), OPRES_INVALID);
	p.steps[7].delay = 0;
	p.steps[7].on_completion = 11;
	CHECK_INT(opres_playbook_check(&p.book, &scratch, NULL), OPRES_INVALID);
	CHECK(opres_run_new(&p.book, &scratch) == NULL); /* not valid: no run, rather than a broken one */
	opres_arena_free(&scratch);
	play_end(&p);
}

int
main(void)
{
	test_sizes();
	test_start_and_end();
	test_numbers();
	test_actions();
	test_branches();
	test_regions();
	test_islands();
	test_playbooks();
	test_variables();
	test_long_case();
	test_no_error();
	return check_done();
}
