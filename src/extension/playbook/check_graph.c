/*
 * check_graph.c - reading the steps of a playbook as a graph (check_flow.h), and questions to it.
 */
#include "playbook/check_flow.h"

#include "miscadmin.h"

bool
opres_node_is(const OpresNode *node, const char *type)
{
	return strcmp(node->type, type) == 0;
}

/* jsonb's order of keys: by length, then by bytes. */
static int
compare_ids(const char *a, const char *b)
{
	size_t a_length = strlen(a);
	size_t b_length = strlen(b);

	return a_length != b_length ? (a_length < b_length ? -1 : 1) : memcmp(a, b, a_length);
}

int
opres_flow_find(const OpresFlow *flow, const char *id)
{
	int low = 0;
	int high = flow->count;

	while (low < high)
	{
		int middle = low + (high - low) / 2;
		int order = compare_ids(flow->nodes[middle].id, id);

		if (order == 0)
			return middle;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return OPRES_NO_NODE;
}

void
opres_way_problem(OpresCheck *check, const OpresNode *from, const OpresWay *way, OpresProblem problem, const char *first,
				  const char *second)
{
	OpresPath workflow = opres_path_key(&check->path, "workflow");
	OpresPath step = opres_path_key(&workflow, from->id);
	OpresPath member = opres_path_key(&step, way->member);
	OpresPath item = { &member, way->key, way->key == NULL ? 0 : strlen(way->key), way->index };
	bool has_item = way->key != NULL || way->index >= 0;

	opres_problem(check, has_item ? &item : &member, problem, NULL, first, second, NULL);
}

static void
no_step(OpresCheck *check, const OpresFlow *flow, const OpresPath *path, const char *id)
{
	OpresNearest nearest;

	opres_nearest_begin(&nearest, id, strlen(id));
	for (int i = 0; i < flow->count; i++)
		opres_nearest_offer(&nearest, flow->nodes[i].id, strlen(flow->nodes[i].id));
	opres_problem(check, path, OPRES_PROBLEM_NO_STEP, &nearest, opres_quoted(id, strlen(id)), NULL, NULL);
}

/* Keeps a way that leads somewhere. */
static void
add_way(OpresCheck *check, const OpresFlow *flow, const OpresNode *node, OpresWay way, const char *id, OpresWay *ways, int *count)
{
	if (id == NULL)
		return;
	way.to = opres_flow_find(flow, id);
	if (way.to != OPRES_NO_NODE)
		ways[(*count)++] = way;
	else
	{
		OpresPath workflow = opres_path_key(&check->path, "workflow");
		OpresPath step = opres_path_key(&workflow, node->id);
		OpresPath member = opres_path_key(&step, way.member);
		OpresPath item = { &member, way.key, way.key == NULL ? 0 : strlen(way.key), way.index };

		no_step(check, flow, way.key != NULL || way.index >= 0 ? &item : &member, id);
	}
}

static void
read_follows(OpresCheck *check, const OpresFlow *flow, OpresNode *node)
{
	static const char *const members[] = { "on_completion", "on_success", "on_failure" };

	node->follows = palloc(sizeof(OpresWay) * lengthof(members));
	for (int i = 0; i < lengthof(members); i++)
		add_way(check, flow, node, (OpresWay){ members[i], NULL, -1, 0 }, opres_json_text(node->json, members[i]), node->follows,
				&node->follow_count);
}

static void
read_cases(OpresCheck *check, const OpresFlow *flow, OpresNode *node)
{
	JsonbContainer *cases = opres_json_object(node->json, "cases");
	OpresMembers members;

	node->branches = palloc(sizeof(OpresWay) * (opres_json_count(cases) + 1));
	opres_members_begin(&members, cases);
	while (opres_members_next(&members))
		add_way(check, flow, node, (OpresWay){ "cases", opres_value_text(&members.key), -1, 0 }, opres_value_text(&members.value),
				node->branches, &node->branch_count);
}

static void
read_branches(OpresCheck *check, const OpresFlow *flow, OpresNode *node)
{
	JsonbContainer *next = opres_json_array(node->json, "next_steps");

	if (opres_node_is(node, "switch-condition"))
		read_cases(check, flow, node);
	else if (opres_node_is(node, "parallel"))
	{
		node->branches = palloc(sizeof(OpresWay) * (opres_json_count(next) + 1));
		for (int i = 0; i < opres_json_count(next); i++)
			add_way(check, flow, node, (OpresWay){ "next_steps", NULL, i, 0 }, opres_json_item_text(next, i), node->branches,
					&node->branch_count);
	}
	else if (opres_node_is(node, "if-condition") || opres_node_is(node, "while-condition"))
	{
		node->branches = palloc(sizeof(OpresWay) * 2);
		add_way(check, flow, node, (OpresWay){ "on_true", NULL, -1, 0 }, opres_json_text(node->json, "on_true"), node->branches,
				&node->branch_count);
		if (opres_node_is(node, "if-condition"))
			add_way(check, flow, node, (OpresWay){ "on_false", NULL, -1, 0 }, opres_json_text(node->json, "on_false"),
					node->branches, &node->branch_count);
	}
}

static int
read_reference(OpresCheck *check, const OpresFlow *flow, const char *member)
{
	OpresPath path = opres_path_key(&check->path, member);
	char *id = opres_json_text(check->root, member);
	int node = id == NULL ? OPRES_NO_NODE : opres_flow_find(flow, id);

	if (id != NULL && node == OPRES_NO_NODE)
		no_step(check, flow, &path, id);
	return node;
}

OpresFlow *
opres_flow_read(OpresCheck *check)
{
	OpresFlow *flow = palloc0(sizeof(OpresFlow));
	OpresStepWalk walk;

	flow->nodes = palloc0(sizeof(OpresNode) * (opres_json_count(check->workflow) + 1));
	opres_steps_begin(check, &walk);
	while (opres_steps_next(&walk))
		flow->nodes[flow->count++] = (OpresNode){ .id = walk.id, .type = walk.type, .json = walk.json, .group = OPRES_NO_GROUP };
	for (int i = 0; i < flow->count; i++)
	{
		read_follows(check, flow, &flow->nodes[i]);
		read_branches(check, flow, &flow->nodes[i]);
	}
	flow->start = read_reference(check, flow, "workflow_start");
	flow->exception = read_reference(check, flow, "workflow_exception");
	return flow;
}

bool
opres_flow_inside(const OpresFlow *flow, int node, int construct)
{
	int group = flow->nodes[node].group;

	while (group > 0)
	{
		if (flow->groups[group].owner == construct)
			return true;
		group = flow->groups[group].parent;
	}
	return false;
}

static void
reach_to(bool *reached, int *stack, int *depth, int node, int without)
{
	if (node != OPRES_NO_NODE && node != without && !reached[node])
	{
		reached[node] = true;
		stack[(*depth)++] = node;
	}
}

bool *
opres_flow_reach(const OpresFlow *flow, int without)
{
	bool *reached = palloc0(sizeof(bool) * (flow->count + 1));
	int *stack = palloc(sizeof(int) * (flow->count + 1));
	int depth = 0;

	reach_to(reached, stack, &depth, flow->start, without);
	reach_to(reached, stack, &depth, flow->exception, without);
	while (depth > 0)
	{
		const OpresNode *node = &flow->nodes[stack[--depth]];

		CHECK_FOR_INTERRUPTS();
		for (int i = 0; i < node->follow_count; i++)
			reach_to(reached, stack, &depth, node->follows[i].to, without);
		for (int i = 0; i < node->branch_count; i++)
			reach_to(reached, stack, &depth, node->branches[i].to, without);
	}
	pfree(stack);
	return reached;
}
