/*
 * workflow_check.c - whether a playbook is valid: "Valid" and "Regions" of workflow-semantics.md.
 *
 * First each thing by itself, indexes above all, for whatever comes later relies on them; then the regions; then which variables a
 * step sees. Linear in the size of the playbook but for sorting, and nothing recurses.
 */
#include "workflow_regions.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "duration.h"

typedef struct Check
{
	const OpresPlaybook *playbook;
	OpresArena *scratch;
	OpresError *error;
	OpresRegions regions;
	int32_t *named_by; /* per variable: the step that names it last as out_arg, and 1 */
} Check;

static bool
no_memory(Check *c)
{
	opres_fail(c->error, c->scratch->status, -1, "not enough memory to check a playbook");
	return false;
}

#define WRONG(check, step, ...) (opres_fail((check)->error, OPRES_INVALID, step, __VA_ARGS__), false)

/* Whether nothing or a step that can be led to. */
static bool
leads_well(Check *c, int32_t from, int32_t to)
{
	if (to == OPRES_NO_STEP)
		return true;
	if (to < 0 || to >= c->playbook->step_count)
		return WRONG(c, from, "it leads to step %" PRId32 ", which there is not", to);
	if (c->playbook->steps[to].type == OPRES_STEP_START)
		return WRONG(c, from, "it leads back to the start");
	return true;
}

static bool
check_sizes(Check *c)
{
	const OpresPlaybook *p = c->playbook;

	if (p->step_count < 1 || p->playbook_count < 1 || p->variable_count < 0 || p->fact_count < 0)
		return WRONG(c, -1, "a playbook has a step at least");
	if (p->start < 0 || p->start >= p->step_count || p->steps[p->start].type != OPRES_STEP_START)
		return WRONG(c, -1, "a playbook begins at a start step");
	for (int32_t i = 0; i < p->playbook_count; i++)
		if (!leads_well(c, -1, p->exceptions[i]))
			return false;
	return true;
}

static bool
check_next(Check *c, int32_t s)
{
	const OpresStep *step = &c->playbook->steps[s];

	if (!leads_well(c, s, step->on_completion) || !leads_well(c, s, step->on_success) || !leads_well(c, s, step->on_failure))
		return false;
	if (step->on_completion != OPRES_NO_STEP && (step->on_success != OPRES_NO_STEP || step->on_failure != OPRES_NO_STEP))
		return WRONG(c, s, "on_completion stands beside on_success or on_failure");
	return true;
}

static bool
check_times(Check *c, int32_t s)
{
	const OpresStep *step = &c->playbook->steps[s];

	if (step->delay < 0 || step->delay > OPRES_LONGEST_DURATION)
		return WRONG(c, s, "its delay is not between 0 and 100 years");
	if (step->timeout <= 0 || (step->timeout != OPRES_NEVER && step->timeout > OPRES_LONGEST_DURATION))
		return WRONG(c, s, "its timeout is not more than 0 and at most 100 years");
	return true;
}

static bool
check_facts(Check *c, int32_t s, const int32_t *facts, int32_t count)
{
	if (count < 0)
		return WRONG(c, s, "a negative number of facts");
	for (int32_t i = 0; i < count; i++)
		if (facts[i] < 0 || facts[i] >= c->playbook->fact_count)
			return WRONG(c, s, "there is no fact %" PRId32, facts[i]);
	return true;
}

static int
compare_roles(const void *a, const void *b)
{
	int32_t left = *(const int32_t *) a;
	int32_t right = *(const int32_t *) b;

	return (left > right) - (left < right);
}

static bool
check_approvals(Check *c, int32_t s)
{
	const OpresStep *step = &c->playbook->steps[s];
	size_t count = (size_t) step->approval_count;
	int32_t *roles;

	if (count == 0)
		return true;
	roles = opres_arena_array(c->scratch, count, sizeof(int32_t));
	if (roles == NULL)
		return no_memory(c);
	for (size_t i = 0; i < count; i++)
	{
		roles[i] = step->approvals[i].role;
		if (roles[i] < 0 || step->approvals[i].count < 1)
			return WRONG(c, s, "an approval is asked of a role and of one person or more");
	}
	qsort(roles, count, sizeof(int32_t), compare_roles);
	for (size_t i = 1; i < count; i++)
		if (roles[i - 1] == roles[i])
			return WRONG(c, s, "approvals by one role are asked for twice");
	return true;
}

static bool
check_outs(Check *c, int32_t s)
{
	const OpresStep *step = &c->playbook->steps[s];

	for (int32_t i = 0; i < step->out_count; i++)
	{
		int32_t v = step->out_variables[i];

		if (v < 0 || v >= c->playbook->variable_count)
			return WRONG(c, s, "there is no variable %" PRId32, v);
		if (c->playbook->variables[v].constant)
			return WRONG(c, s, "its out_args name a constant");
		if (c->named_by[v] == s + 1)
			return WRONG(c, s, "its out_args name a variable twice");
		c->named_by[v] = s + 1;
	}
	return true;
}

/* What only actions have. */
static bool
check_action(Check *c, int32_t s)
{
	const OpresStep *step = &c->playbook->steps[s];

	if (step->approval_count < 0 || step->out_count < 0)
		return WRONG(c, s, "a negative number of approvals or out_args");
	if (step->type == OPRES_STEP_ACTION)
		return check_approvals(c, s) && check_outs(c, s);
	if (step->approval_count > 0 || step->out_count > 0 || step->evidence || step->optional)
		return WRONG(c, s, "approvals, evidence, out_args and being optional are an action's alone");
	return true;
}

static int
compare_cases(const void *a, const void *b)
{
	return strcmp(*(const char *const *) a, *(const char *const *) b);
}

static bool
check_cases(Check *c, int32_t s)
{
	const OpresStep *step = &c->playbook->steps[s];
	size_t count = 0;
	const char **sorted = opres_arena_array(c->scratch, (size_t) step->branch_count, sizeof(*sorted));

	if (sorted == NULL)
		return no_memory(c);
	for (int32_t i = 0; i < step->branch_count; i++)
		if (step->cases[i] != NULL)
			sorted[count++] = step->cases[i];
	if (count + 1 < (size_t) step->branch_count)
		return WRONG(c, s, "more than one default");
	qsort(sorted, count, sizeof(*sorted), compare_cases);
	for (size_t i = 1; i < count; i++)
		if (strcmp(sorted[i - 1], sorted[i]) == 0)
			return WRONG(c, s, "a case twice: %.100s", sorted[i]);
	if (step->switch_variable < -1 || step->switch_variable >= c->playbook->variable_count)
		return WRONG(c, s, "there is no variable %" PRId32, step->switch_variable);
	return true;
}

static bool
check_branches(Check *c, int32_t s)
{
	static const struct
	{
		int32_t least, most;
		const char *wrong;
	} counts[] = {
		[OPRES_STEP_START] = { 0, 0, "a start has no branches" },
		[OPRES_STEP_END] = { 0, 0, "an end has no branches" },
		[OPRES_STEP_ACTION] = { 0, 0, "an action has no branches" },
		[OPRES_STEP_PLAYBOOK_ACTION] = { 1, 1, "a playbook action has one branch" },
		[OPRES_STEP_PARALLEL] = { 2, INT32_MAX, "a parallel has two branches or more" },
		[OPRES_STEP_IF] = { 1, 2, "an if has one or two branches" },
		[OPRES_STEP_WHILE] = { 1, 1, "a while has one branch" },
		[OPRES_STEP_SWITCH] = { 1, INT32_MAX, "a switch has one branch or more" },
	};
	const OpresStep *step = &c->playbook->steps[s];

	if (step->branch_count < counts[step->type].least || step->branch_count > counts[step->type].most)
		return WRONG(c, s, "%s", counts[step->type].wrong);
	for (int32_t i = 0; i < step->branch_count; i++)
		if (step->branches[i] == OPRES_NO_STEP)
			return WRONG(c, s, "a branch begins at no step");
		else if (!leads_well(c, s, step->branches[i]))
			return false;
	if (step->type == OPRES_STEP_WHILE && step->round_limit < 1)
		return WRONG(c, s, "its limit of rounds is not 1 or more");
	return step->type != OPRES_STEP_SWITCH || check_cases(c, s);
}

/* A start has its next, an end nothing. */
static bool
check_bare(Check *c, int32_t s)
{
	const OpresStep *step = &c->playbook->steps[s];
	bool start = step->type == OPRES_STEP_START;

	if (start && (s != c->playbook->start || step->playbook != 0))
		return WRONG(c, s, "there is one start, of playbook 0");
	if (start != (step->on_completion != OPRES_NO_STEP) || step->on_success != OPRES_NO_STEP || step->on_failure != OPRES_NO_STEP)
		return WRONG(c, s, start ? "a start has a next by on_completion alone" : "nothing follows an end");
	if (step->delay != 0 || step->timeout != OPRES_NEVER || step->requires_count > 0 || step->establishes_count > 0 ||
		step->override_role >= 0)
		return WRONG(c, s, "a start or end has neither times nor facts, nor an authority");
	return true;
}

static bool
check_step(Check *c, int32_t s)
{
	const OpresStep *step = &c->playbook->steps[s];

	if ((unsigned int) step->type > OPRES_STEP_SWITCH)
		return WRONG(c, s, "there is no type %d of steps", (int) step->type);
	if (step->playbook < 0 || step->playbook >= c->playbook->playbook_count)
		return WRONG(c, s, "there is no playbook %" PRId32, step->playbook);
	if ((step->type == OPRES_STEP_START || step->type == OPRES_STEP_END) && !check_bare(c, s))
		return false;
	return check_next(c, s) && check_times(c, s) && check_facts(c, s, step->requires_facts, step->requires_count) &&
		   check_facts(c, s, step->establishes_facts, step->establishes_count) && check_action(c, s) && check_branches(c, s);
}

static bool
check_variable(Check *c, int32_t v)
{
	const OpresPlaybook *p = c->playbook;
	const OpresVariable *variable = &p->variables[v];
	int32_t step = variable->scope < 0 ? -1 - variable->scope : -1;

	if (variable->scope >= p->playbook_count || step >= p->step_count)
		return WRONG(c, -1, "variable %" PRId32 " is of no playbook and no step", v);
	if ((unsigned int) variable->type >= OPRES_VARIABLE_TYPES)
		return WRONG(c, step, "there is no type %d of variables", (int) variable->type);
	if (variable->initial != NULL && !opres_variable_value_valid(variable->type, variable->initial))
		return WRONG(c, step, "the initial value of variable %" PRId32 " is no %s", v, opres_variable_type_names[variable->type]);
	if (variable->in_from < -1 || variable->in_from >= p->variable_count || variable->out_to < -1 ||
		variable->out_to >= p->variable_count)
		return WRONG(c, step, "variable %" PRId32 " names a variable that there is not", v);
	return true;
}

/* Regions */

static bool
check_all_in_regions(Check *c)
{
	for (int32_t s = 0; s < c->playbook->step_count; s++)
		if (c->regions.of[s] < 0)
			return WRONG(c, s, "nothing leads to it from the start");
	for (int32_t i = 1; i < c->playbook->playbook_count; i++)
		if (c->regions.action_of[i] < 0)
			return WRONG(c, -1, "playbook %" PRId32 " is that of no playbook action", i);
	return true;
}

static int32_t
playbook_of_region(const Check *c, int32_t owner)
{
	const OpresStep *construct;

	if (owner == OPRES_OWNER_MAIN)
		return 0;
	if (owner < 0)
		return OPRES_OWNER_EXCEPTION(owner);
	construct = &c->playbook->steps[owner];
	if (construct->type == OPRES_STEP_PLAYBOOK_ACTION)
		return c->playbook->steps[construct->branches[0]].playbook;
	return construct->playbook;
}

static bool
check_playbooks(Check *c)
{
	for (int32_t r = 0; r < c->regions.count; r++)
	{
		const OpresRegion *region = &c->regions.regions[r];
		int32_t playbook = playbook_of_region(c, region->owner);

		for (int32_t i = 0; i < region->count; i++)
		{
			int32_t s = c->regions.members[region->first + i];

			if (c->playbook->steps[s].type != OPRES_STEP_END && c->playbook->steps[s].playbook != playbook)
				return WRONG(c, s, "it is of playbook %" PRId32 " but stands in playbook %" PRId32, c->playbook->steps[s].playbook,
							 playbook);
		}
	}
	return true;
}

/* Depth first along what follows; `from` holds where each step was come from, so there is no stack. */
enum
{
	NOT_SEEN,
	SUCCESS_NEXT, /* its success is to be followed now */
	FAILURE_NEXT,
	LEAVING,
	LEFT
};

static bool
follow_from(Check *c, int32_t root, uint8_t *seen, int32_t *from)
{
	int32_t at = root;

	from[root] = OPRES_NO_STEP;
	seen[root] = SUCCESS_NEXT;
	while (at != OPRES_NO_STEP)
	{
		const OpresStep *step = &c->playbook->steps[at];
		int32_t next = seen[at] == SUCCESS_NEXT ? opres_step_next(step) : OPRES_NO_STEP;

		if (seen[at] == FAILURE_NEXT)
			next = step->on_failure;
		if (++seen[at] == LEFT)
			at = from[at];
		else if (next != OPRES_NO_STEP && seen[next] == NOT_SEEN)
		{
			seen[next] = SUCCESS_NEXT;
			from[next] = at;
			at = next;
		}
		else if (next != OPRES_NO_STEP && seen[next] != LEFT)
			return WRONG(c, at, "it leads back to a step before");
	}
	return true;
}

static bool
check_cycles(Check *c)
{
	size_t steps = (size_t) c->playbook->step_count;
	uint8_t *seen = opres_arena_array(c->scratch, steps, sizeof(uint8_t));
	int32_t *from = opres_arena_array(c->scratch, steps, sizeof(int32_t));

	if (seen == NULL || from == NULL)
		return no_memory(c);
	for (int32_t s = 0; s < c->playbook->step_count; s++)
		if (seen[s] == NOT_SEEN && !follow_from(c, s, seen, from))
			return false;
	return true;
}

/* What a step sees */

static bool
sees(const Check *c, int32_t s, int32_t variable)
{
	int32_t scope = c->playbook->variables[variable].scope;

	return scope == -1 - s || scope == c->playbook->steps[s].playbook;
}

static bool
check_condition(Check *c, int32_t s)
{
	const OpresStep *step = &c->playbook->steps[s];
	const int32_t *named;
	int32_t count;

	if ((step->type != OPRES_STEP_IF && step->type != OPRES_STEP_WHILE) || step->condition == NULL)
		return true;
	named = opres_condition_variables(step->condition, &count);
	for (int32_t i = 0; i < count; i++)
		if (named[i] < 0 || named[i] >= c->playbook->variable_count || !sees(c, s, named[i]))
			return WRONG(c, s, "its condition names variable %" PRId32 ", which it does not see", named[i]);
	return true;
}

static bool
check_seen(Check *c, int32_t s)
{
	const OpresStep *step = &c->playbook->steps[s];

	if (step->type == OPRES_STEP_SWITCH && step->switch_variable >= 0 && !sees(c, s, step->switch_variable))
		return WRONG(c, s, "its switch names variable %" PRId32 ", which it does not see", step->switch_variable);
	for (int32_t i = 0; i < step->out_count; i++)
		if (!sees(c, s, step->out_variables[i]))
			return WRONG(c, s, "its out_args name variable %" PRId32 ", which it does not see", step->out_variables[i]);
	return check_condition(c, s);
}

/* A variable of an inner playbook, against what its playbook action names for it. */
static bool
check_args(Check *c, int32_t v)
{
	const OpresVariable *variables = c->playbook->variables;
	const OpresVariable *inner = &variables[v];
	int32_t action;

	if (inner->in_from < 0 && inner->out_to < 0)
		return true;
	if (inner->scope < 1)
		return WRONG(c, -1, "variable %" PRId32 " is of no playbook inside another, but has in_args or out_args", v);
	action = c->regions.action_of[inner->scope];
	if (inner->in_from >= 0 && (!inner->external || inner->constant))
		return WRONG(c, action, "its in_args name variable %" PRId32 ", which is not external, or a constant", v);
	if ((inner->in_from >= 0 && !sees(c, action, inner->in_from)) || (inner->out_to >= 0 && !sees(c, action, inner->out_to)))
		return WRONG(c, action, "its in_args or out_args name a variable that it does not see");
	if ((inner->in_from >= 0 && variables[inner->in_from].type != inner->type) ||
		(inner->out_to >= 0 && variables[inner->out_to].type != inner->type))
		return WRONG(c, action, "variable %" PRId32 " and that of in_args or out_args are of different types", v);
	if (inner->out_to >= 0 && variables[inner->out_to].constant)
		return WRONG(c, action, "its out_args name a constant");
	return true;
}

static bool
check_things(Check *c)
{
	const OpresPlaybook *p = c->playbook;

	if (!check_sizes(c))
		return false;
	c->named_by = opres_arena_array(c->scratch, (size_t) p->variable_count + 1, sizeof(int32_t));
	if (c->named_by == NULL)
		return no_memory(c);
	for (int32_t s = 0; s < p->step_count; s++)
		if (!check_step(c, s))
			return false;
	for (int32_t v = 0; v < p->variable_count; v++)
		if (!check_variable(c, v))
			return false;
	return true;
}

static bool
check_variables_seen(Check *c)
{
	for (int32_t s = 0; s < c->playbook->step_count; s++)
		if (!check_seen(c, s))
			return false;
	for (int32_t v = 0; v < c->playbook->variable_count; v++)
		if (!check_args(c, v))
			return false;
	return true;
}

OpresStatus
opres_playbook_check(const OpresPlaybook *playbook, OpresArena *scratch, OpresError *error)
{
	OpresError ignored = { OPRES_OK, -1, "" };
	Check c = { .playbook = playbook, .scratch = scratch, .error = error != NULL ? error : &ignored };

	if (check_things(&c) && opres_regions_find(playbook, scratch, &c.regions, c.error) == OPRES_OK && check_all_in_regions(&c) &&
		check_playbooks(&c) && check_cycles(&c) && check_variables_seen(&c))
		return OPRES_OK;
	return c.error->status;
}
