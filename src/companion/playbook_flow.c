/*
 * playbook_flow.c - the order in which the steps of a playbook are printed: that of the work, each step once.
 *
 * From the start on, what follows success comes next; branches stand under their construct, and what follows a failure under the
 * step that fails, as far as it does not come back to the way of success. Where the way leads to a step that is printed elsewhere,
 * it says so. The document is not trusted to be valid: steps may be missing, and lead round and round.
 */
#include <string.h>

#include "playbook_paper.h"

/* Branches within one another. */
#define DEEPEST 100

static bool walk(OpresPaper *paper, const char *id);

static bool
add(OpresPaper *paper, OpresFlow item)
{
	void *items = paper->flow;

	if (!opres_arena_grow(&paper->arena, &items, &paper->flow_room, paper->flow_count + 1, sizeof item))
		return false;
	paper->flow = items;
	paper->flow[paper->flow_count++] = item;
	return true;
}

static bool
branch(OpresPaper *paper, OpresFlow opening, const char *id)
{
	bool good;

	if (paper->depth >= DEEPEST || !add(paper, opening))
		return false;
	paper->depth++;
	good = walk(paper, id);
	paper->depth--;
	return good && add(paper, (OpresFlow){ .kind = OPRES_FLOW_CLOSE, .step = opening.step });
}

static bool
parallel(OpresPaper *paper, int32_t step)
{
	json_t *next = opres_paper_array(paper->steps[step].json, "next_steps");
	int32_t count = (int32_t) json_array_size(next);

	for (int32_t i = 0; i < count; i++)
	{
		const OpresFlow opening = { .kind = OPRES_FLOW_BESIDE, .step = step, .index = i + 1, .count = count };

		if (!branch(paper, opening, opres_paper_element(next, (size_t) i)))
			return false;
	}
	return true;
}

static bool
cases(OpresPaper *paper, int32_t step)
{
	json_t *all = opres_paper_object(paper->steps[step].json, "cases"), *first;
	const char *name;

	json_object_foreach(all, name, first)
	{
		OpresFlow opening = { .kind = OPRES_FLOW_CASE, .step = step, .text = name };

		if (strcmp(name, "default") == 0)
			opening.kind = OPRES_FLOW_OTHERWISE;
		if (!branch(paper, opening, json_string_value(first)))
			return false;
	}
	return true;
}

static bool
branches(OpresPaper *paper, int32_t step)
{
	const json_t *json = paper->steps[step].json;
	const char *yes = opres_paper_string(json, "on_true"), *no = opres_paper_string(json, "on_false");

	switch (paper->steps[step].kind)
	{
		case OPRES_PAPER_PARALLEL:
			return parallel(paper, step);
		case OPRES_PAPER_IF:
			return (!yes || branch(paper, (OpresFlow){ .kind = OPRES_FLOW_TRUE, .step = step }, yes)) &&
				   (!no || branch(paper, (OpresFlow){ .kind = OPRES_FLOW_FALSE, .step = step }, no));
		case OPRES_PAPER_WHILE:
			return !yes || branch(paper, (OpresFlow){ .kind = OPRES_FLOW_ROUND, .step = step }, yes);
		case OPRES_PAPER_SWITCH:
			return cases(paper, step);
		default:
			return true;
	}
}

static const char *
next_of(const OpresPaperStep *step)
{
	const char *next = opres_paper_string(step->json, "on_success");

	return next ? next : opres_paper_string(step->json, "on_completion");
}

/* The steps of the way of success from here on, as lying ahead (or no longer). */
static void
mark_ahead(OpresPaper *paper, const char *id, int32_t change)
{
	uint32_t mark = ++paper->marks;
	int32_t step = opres_paper_find(paper, id);

	while (step != OPRES_PAPER_NO_STEP && paper->steps[step].marked != mark)
	{
		paper->steps[step].marked = mark;
		paper->steps[step].ahead += change;
		step = opres_paper_find(paper, next_of(&paper->steps[step]));
	}
}

static bool
failure(OpresPaper *paper, int32_t step)
{
	const char *failed = opres_paper_string(paper->steps[step].json, "on_failure"), *next = next_of(&paper->steps[step]);
	bool good;

	if (!failed || (next && strcmp(failed, next) == 0))
		return true;
	mark_ahead(paper, next, 1);
	good = branch(paper, (OpresFlow){ .kind = OPRES_FLOW_FAILED, .step = step }, failed);
	mark_ahead(paper, next, -1);
	return good;
}

static bool
put_step(OpresPaper *paper, int32_t number)
{
	OpresPaperStep *step = &paper->steps[number];
	const char *code = opres_paper_string(step->extension, "code");

	step->number = ++paper->printed;
	step->label = code && code[0] ? code : opres_paper_keep(paper, "%d", step->number);
	return add(paper, (OpresFlow){ .kind = OPRES_FLOW_STEP, .step = number }) && branches(paper, number) && failure(paper, number);
}

static bool
is_construct(const OpresPaperStep *step)
{
	return step->kind == OPRES_PAPER_PARALLEL || step->kind == OPRES_PAPER_IF || step->kind == OPRES_PAPER_WHILE ||
		   step->kind == OPRES_PAPER_SWITCH;
}

static bool
ends(const OpresPaper *paper, const char *id)
{
	int32_t step = opres_paper_find(paper, id);

	return step != OPRES_PAPER_NO_STEP && paper->steps[step].kind == OPRES_PAPER_END;
}

/* From a step to the end of its region. */
static bool
walk(OpresPaper *paper, const char *id)
{
	while (id)
	{
		int32_t number = opres_paper_find(paper, id);
		const OpresPaperStep *step = number == OPRES_PAPER_NO_STEP ? NULL : &paper->steps[number];

		if (!step)
			return add(paper, (OpresFlow){ .kind = OPRES_FLOW_MISSING, .step = OPRES_PAPER_NO_STEP, .text = id });
		if (step->kind == OPRES_PAPER_END)
			return true;
		if (step->number > 0 || step->ahead > 0)
			return add(paper, (OpresFlow){ .kind = OPRES_FLOW_JUMP, .step = number });
		if (!put_step(paper, number))
			return false;
		id = next_of(step);
		if (id && is_construct(step) && !ends(paper, id) && !add(paper, (OpresFlow){ .kind = OPRES_FLOW_AFTER, .step = number }))
			return false;
	}
	return true;
}

static const char *
first_step(const OpresPaper *paper)
{
	int32_t start = opres_paper_find(paper, opres_paper_string(paper->root, "workflow_start"));

	if (start == OPRES_PAPER_NO_STEP || paper->steps[start].kind != OPRES_PAPER_START)
		return opres_paper_string(paper->root, "workflow_start");
	return next_of(&paper->steps[start]);
}

static bool
remaining(OpresPaper *paper)
{
	for (int32_t i = 0; i < paper->step_count; i++)
	{
		const OpresPaperStep *step = &paper->steps[i];

		if (step->number == 0 && step->kind != OPRES_PAPER_START && step->kind != OPRES_PAPER_END && !walk(paper, step->id))
			return false;
	}
	return true;
}

bool
opres_paper_lay_out(OpresPaper *paper)
{
	if (!walk(paper, first_step(paper)))
		return false;
	paper->main_end = paper->flow_count;
	if (!walk(paper, opres_paper_string(paper->root, "workflow_exception")))
		return false;
	paper->exception_end = paper->flow_count;
	return remaining(paper) && !paper->failed;
}
