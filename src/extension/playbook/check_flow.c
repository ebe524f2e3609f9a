/*
 * check_flow.c - the flow: one start, ends, branches, loops, steps that nothing leads to, and that every step has one place.
 *
 * The regions are walked from the outside in: the main region first, along what follows what, then the branches of the constructs
 * found there, then those inside them; the exception last. So a branch that goes on outside of itself comes to a step that belongs
 * to a region around it, and is told apart from one that shares a step with somebody else.
 */
#include "playbook/check_flow.h"

#include "miscadmin.h"

typedef struct Visit
{
	int node;
	int next; /* of its follows */
} Visit;

typedef struct Walk
{
	OpresCheck *check;
	OpresFlow *flow;
	Visit *stack;
	bool *on_stack;
	int depth;
	int *constructs; /* those met, in order */
	int construct_count;
	bool end_met;
} Walk;

static char *
quoted_id(const OpresNode *node)
{
	return opres_quoted(node->id, strlen(node->id));
}

/* Rules of single steps */

static void
refuse_members(OpresCheck *check, const OpresNode *node, const char *const *members, int count, OpresProblem problem)
{
	OpresPath workflow = opres_path_key(&check->path, "workflow");
	OpresPath step = opres_path_key(&workflow, node->id);
	JsonbValue value;

	for (int i = 0; i < count; i++)
	{
		OpresPath place = opres_path_key(&step, members[i]);

		if (opres_json_get(node->json, members[i], &value))
			opres_problem(check, &place, problem, NULL, members[i], NULL, NULL);
	}
}

static void
check_branches(OpresCheck *check, const OpresFlow *flow, const OpresNode *node)
{
	OpresPath workflow = opres_path_key(&check->path, "workflow");
	OpresPath step = opres_path_key(&workflow, node->id);
	OpresPath next = opres_path_key(&step, "next_steps");
	bool parallel = opres_node_is(node, "parallel");

	if (parallel && opres_json_count(opres_json_array(node->json, "next_steps")) == 1)
		opres_problem(check, &next, OPRES_PROBLEM_BRANCH_FEW, NULL, NULL, NULL, NULL);
	for (int i = 1; i < node->branch_count; i++)
	{
		const OpresNode *to = &flow->nodes[node->branches[i].to];

		if (opres_node_is(node, "if-condition") && node->branches[i].to == node->branches[0].to)
			opres_way_problem(check, node, &node->branches[i], OPRES_PROBLEM_BRANCH_SAME, quoted_id(to), NULL);
		for (int j = 0; j < i && parallel; j++)
			if (node->branches[i].to == node->branches[j].to)
			{
				opres_way_problem(check, node, &node->branches[i], OPRES_PROBLEM_BRANCH_TWICE, quoted_id(to), NULL);
				break;
			}
	}
}

static void
check_step(OpresCheck *check, const OpresFlow *flow, const OpresNode *node)
{
	static const char *const success_and_failure[] = { "on_success", "on_failure" };
	static const char *const all[] = { "on_completion", "on_success", "on_failure" };
	OpresPath workflow = opres_path_key(&check->path, "workflow");
	OpresPath step = opres_path_key(&workflow, node->id);
	JsonbValue value;

	if (opres_node_is(node, "start"))
	{
		refuse_members(check, node, success_and_failure, lengthof(success_and_failure), OPRES_PROBLEM_START_MORE);
		if (!opres_json_get(node->json, "on_completion", &value))
			opres_problem(check, &step, OPRES_PROBLEM_START_NEXT, NULL, NULL, NULL, NULL);
		if (flow->start != OPRES_NO_NODE && node != &flow->nodes[flow->start] && opres_node_is(&flow->nodes[flow->start], "start"))
			opres_problem(check, &step, OPRES_PROBLEM_STARTS, NULL, NULL, NULL, NULL);
	}
	else if (opres_node_is(node, "end"))
		refuse_members(check, node, all, lengthof(all), OPRES_PROBLEM_END_MORE);
	else if (opres_json_get(node->json, "on_completion", &value))
		refuse_members(check, node, success_and_failure, lengthof(success_and_failure), OPRES_PROBLEM_COMPLETION);
	check_branches(check, flow, node);
}

/* Regions */

static int
add_group(OpresFlow *flow, int owner)
{
	if (flow->group_count == flow->group_room)
	{
		flow->group_room = flow->group_room == 0 ? 16 : 2 * flow->group_room;
		flow->groups = flow->groups == NULL ? palloc(sizeof(OpresGroup) * flow->group_room)
											: repalloc(flow->groups, sizeof(OpresGroup) * flow->group_room);
	}
	flow->groups[flow->group_count] = (OpresGroup){ owner, OPRES_NO_GROUP, 0 };
	if (owner != OPRES_NO_NODE)
	{
		flow->groups[flow->group_count].parent = flow->nodes[owner].group;
		flow->groups[flow->group_count].depth = flow->groups[flow->nodes[owner].group].depth + 1;
	}
	return flow->group_count++;
}

static bool
is_around(const OpresFlow *flow, int outer, int group)
{
	for (group = flow->groups[group].parent; group != OPRES_NO_GROUP; group = flow->groups[group].parent)
		if (group == outer)
			return true;
	return false;
}

/* Whether a step is the construct, or around the construct, whose branch the group is. */
static bool
is_owner(const OpresFlow *flow, int node, int group)
{
	for (; group != OPRES_NO_GROUP; group = flow->groups[group].parent)
		if (flow->groups[group].owner == node)
			return true;
	return false;
}

static char *
group_name(const OpresCheck *check, const OpresFlow *flow, int group)
{
	bool ja = check->lang == OPRES_JA;
	int owner = flow->groups[group].owner;

	if (owner != OPRES_NO_NODE)
		return quoted_id(&flow->nodes[owner]);
	return pstrdup(group == 0 ? (ja ? "本流" : "the main flow") : (ja ? "例外処理" : "the exception"));
}

static void
check_nesting(const Walk *walk, const OpresNode *node, int group)
{
	OpresPath workflow = opres_path_key(&walk->check->path, "workflow");
	OpresPath step = opres_path_key(&workflow, node->id);

	if (walk->flow->groups[group].depth >= OPRES_PLAYBOOK_NESTING &&
		(node->branch_count > 0 || opres_node_is(node, "playbook-action")))
		opres_problem(walk->check, &step, OPRES_PROBLEM_NESTING, NULL, psprintf("%d", OPRES_PLAYBOOK_NESTING), NULL, NULL);
}

/* from NULL: the exception begins there. */
static void
conflict(Walk *walk, const OpresNode *from, const OpresWay *way, int to, int group, bool begins)
{
	const OpresNode *node = &walk->flow->nodes[to];
	OpresPath place = opres_path_key(&walk->check->path, "workflow_exception");
	char *mine = group_name(walk->check, walk->flow, group);
	char *others = group_name(walk->check, walk->flow, node->group);

	if (from == NULL)
		opres_problem(walk->check, &place, OPRES_PROBLEM_SHARED, NULL, others, mine, NULL);
	else if (is_owner(walk->flow, to, group))
		opres_way_problem(walk->check, from, way, OPRES_PROBLEM_LOOP, quoted_id(node), NULL);
	else if (is_around(walk->flow, node->group, group))
		opres_way_problem(walk->check, from, way, OPRES_PROBLEM_LEAVES, mine, quoted_id(node));
	else
		opres_way_problem(walk->check, from, way, begins && node->begins ? OPRES_PROBLEM_COPIED : OPRES_PROBLEM_SHARED, others,
						  mine);
}

static void
enter(Walk *walk, const OpresNode *from, const OpresWay *way, int to, int group, bool begins)
{
	OpresNode *node = &walk->flow->nodes[to];

	node->reached = true;
	if (opres_node_is(node, "end"))
		walk->end_met = true;
	else if (opres_node_is(node, "start") && from != NULL)
		opres_way_problem(walk->check, from, way, OPRES_PROBLEM_TO_START, NULL, NULL);
	else if (node->group == OPRES_NO_GROUP)
	{
		node->group = group;
		node->begins = begins;
		check_nesting(walk, node, group);
		if (node->branch_count > 0)
			walk->constructs[walk->construct_count++] = to;
		walk->on_stack[to] = true;
		walk->stack[walk->depth++] = (Visit){ to, 0 };
	}
	else if (node->group != group)
		conflict(walk, from, way, to, group, begins);
	else if (walk->on_stack[to])
		opres_way_problem(walk->check, from, way, OPRES_PROBLEM_LOOP, quoted_id(node), NULL);
}

static void
walk_region(Walk *walk, const OpresNode *from, const OpresWay *way, int first, int group)
{
	enter(walk, from, way, first, group, from != NULL);
	while (walk->depth > 0)
	{
		Visit *top = &walk->stack[walk->depth - 1];
		const OpresNode *node = &walk->flow->nodes[top->node];

		CHECK_FOR_INTERRUPTS();
		if (top->next == node->follow_count)
		{
			walk->on_stack[top->node] = false;
			walk->depth--;
		}
		else
		{
			const OpresWay *next = &node->follows[top->next++];

			enter(walk, node, next, next->to, group, false);
		}
	}
}

/* The branches of the constructs met so far, those inside them as they are met. */
static void
walk_branches(Walk *walk, int from)
{
	for (int i = from; i < walk->construct_count; i++)
	{
		const OpresNode *node = &walk->flow->nodes[walk->constructs[i]];
		bool together = opres_node_is(node, "if-condition") || opres_node_is(node, "switch-condition");
		int group = OPRES_NO_GROUP;

		for (int b = 0; b < node->branch_count; b++)
		{
			if (group == OPRES_NO_GROUP || !together)
				group = add_group(walk->flow, walk->constructs[i]);
			walk_region(walk, node, &node->branches[b], node->branches[b].to, group);
		}
	}
}

static void
walk_exception(Walk *walk)
{
	OpresFlow *flow = walk->flow;
	OpresPath path = opres_path_key(&walk->check->path, "workflow_exception");
	int met = walk->construct_count;

	if (flow->exception == OPRES_NO_NODE)
		return;
	if (opres_node_is(&flow->nodes[flow->exception], "end"))
	{
		flow->nodes[flow->exception].reached = true;
		opres_problem(walk->check, &path, OPRES_PROBLEM_EXCEPTION_END, NULL, NULL, NULL, NULL);
		return;
	}
	if (flow->exception == flow->start)
	{
		opres_problem(walk->check, &path, OPRES_PROBLEM_TO_START, NULL, NULL, NULL, NULL);
		return;
	}
	walk_region(walk, NULL, NULL, flow->exception, add_group(flow, OPRES_NO_NODE));
	walk_branches(walk, met);
}

static void
check_reached(OpresCheck *check, const OpresFlow *flow)
{
	OpresPath workflow = opres_path_key(&check->path, "workflow");

	for (int i = 0; i < flow->count; i++)
	{
		const OpresNode *node = &flow->nodes[i];
		OpresPath step = opres_path_key(&workflow, node->id);
		bool end = opres_node_is(node, "end");
		bool start = opres_node_is(node, "start");
		JsonbValue value;

		if (!node->reached && !start)
			opres_problem(check, &step, end ? OPRES_PROBLEM_DEAD_END : OPRES_PROBLEM_DEAD, NULL, NULL, NULL, NULL);
		else if (!end && !start && !opres_json_get(node->json, "on_completion", &value) &&
				 !opres_json_get(node->json, "on_success", &value))
			opres_problem(check, &step, OPRES_PROBLEM_FALLS_OFF, NULL, NULL, NULL, NULL);
	}
}

static void
check_regions(OpresCheck *check, OpresFlow *flow)
{
	OpresPath path = opres_path_key(&check->path, "workflow_start");
	Walk walk = {
		.check = check,
		.flow = flow,
		.stack = palloc(sizeof(Visit) * (flow->count + 1)),
		.on_stack = palloc0(sizeof(bool) * (flow->count + 1)),
		.constructs = palloc(sizeof(int) * (flow->count + 1)),
	};

	walk_region(&walk, NULL, NULL, flow->start, add_group(flow, OPRES_NO_NODE));
	if (!walk.end_met)
		opres_problem(check, &path, OPRES_PROBLEM_NO_END, NULL, NULL, NULL, NULL);
	walk_branches(&walk, 0);
	walk_exception(&walk);
	check_reached(check, flow);
}

void
opres_check_flow(OpresCheck *check)
{
	OpresPath workflow = opres_path_key(&check->path, "workflow");
	OpresPath start = opres_path_key(&check->path, "workflow_start");
	int64 before = check->error_count;
	OpresFlow *flow;

	if (opres_json_count(check->workflow) > OPRES_PLAYBOOK_STEPS)
	{
		opres_problem(check, &workflow, OPRES_PROBLEM_TOO_MANY, NULL, psprintf("%d", opres_json_count(check->workflow)),
					  psprintf("%d", OPRES_PLAYBOOK_STEPS), NULL);
		return;
	}
	flow = opres_flow_read(check);
	check->flow = flow;
	for (int i = 0; i < flow->count; i++)
		check_step(check, flow, &flow->nodes[i]);
	if (flow->start != OPRES_NO_NODE && !opres_node_is(&flow->nodes[flow->start], "start"))
		opres_problem(check, &start, OPRES_PROBLEM_START_TYPE, NULL, quoted_id(&flow->nodes[flow->start]), NULL, NULL);
	else if (flow->start != OPRES_NO_NODE)
		check_regions(check, flow);
	flow->whole = flow->start != OPRES_NO_NODE && check->error_count == before;
}
