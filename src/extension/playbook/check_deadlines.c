/*
 * check_deadlines.c - what deadlines count from: that it is there, and that no deadline waits for itself.
 *
 * Steps and reports are the nodes of a graph: a way leads from what has a deadline to what it counts from, and from a step to the
 * report that it submits, for the report's deadlines are the step's.
 */
#include "playbook/check_flow.h"

#include "miscadmin.h"

typedef struct Edge
{
	int from, to;
	const OpresPath *path; /* where it is said */
} Edge;

typedef struct Deadlines
{
	OpresCheck *check;
	const OpresFlow *flow;
	int report_count;
	char **reports;
	int edge_count, edge_room;
	Edge *edges; /* sorted by from before they are followed */
} Deadlines;

/* A path that outlives the walk. */
static const OpresPath *
keep_path(const OpresPath *path)
{
	OpresPath *copy = palloc(sizeof(OpresPath));

	*copy = *path;
	if (path->parent != NULL)
		copy->parent = keep_path(path->parent);
	return copy;
}

static int
report_node(const Deadlines *deadlines, const char *code)
{
	for (int i = 0; code != NULL && i < deadlines->report_count; i++)
		if (strcmp(deadlines->reports[i], code) == 0)
			return deadlines->flow->count + i;
	return OPRES_NO_NODE;
}

static const char *
node_name(const Deadlines *deadlines, int node)
{
	if (node < deadlines->flow->count)
		return deadlines->flow->nodes[node].id;
	return deadlines->reports[node - deadlines->flow->count];
}

static void
add_edge(Deadlines *deadlines, int from, int to, const OpresPath *path)
{
	if (deadlines->edge_count == deadlines->edge_room)
	{
		deadlines->edge_room = deadlines->edge_room == 0 ? 32 : 2 * deadlines->edge_room;
		deadlines->edges = deadlines->edges == NULL ? palloc(sizeof(Edge) * deadlines->edge_room)
													: repalloc(deadlines->edges, sizeof(Edge) * deadlines->edge_room);
	}
	deadlines->edges[deadlines->edge_count++] = (Edge){ from, to, keep_path(path) };
}

static void
check_anchor(Deadlines *deadlines, int owner, const OpresPath *path, const char *anchor, const char *submits)
{
	static const char *const times[] = { "occurrence", "detection", "recognition", "classification", "tolerance_breach", "start" };
	bool submission = strncmp(anchor, "submission:", 11) == 0;
	int node = OPRES_NO_NODE;

	for (int i = 0; i < lengthof(times); i++)
		if (strcmp(anchor, times[i]) == 0)
			return;
	if (submission)
		node = report_node(deadlines, anchor + 11);
	else if (strncmp(anchor, "step:", 5) == 0)
	{
		node = opres_flow_find(deadlines->flow, anchor + 5);
		/* An end that nothing leads to is no part of a run. */
		if (node != OPRES_NO_NODE && !deadlines->flow->nodes[node].reached)
			node = OPRES_NO_NODE;
	}
	if (node == OPRES_NO_NODE)
		opres_problem(deadlines->check, path, OPRES_PROBLEM_ANCHOR, NULL, opres_quoted(anchor, strlen(anchor)), NULL, NULL);
	else if (submission && submits != NULL && strcmp(submits, anchor + 11) == 0)
		add_edge(deadlines, owner, owner, path); /* the step is itself the submission */
	else
		add_edge(deadlines, owner, node, path);
}

static void
check_list(Deadlines *deadlines, int owner, const OpresPath *parent, JsonbContainer *object, const char *submits)
{
	OpresPath list = opres_path_key(parent, "deadlines");
	JsonbContainer *array = opres_json_array(object, "deadlines");

	for (int i = 0; i < opres_json_count(array); i++)
	{
		OpresPath item = { &list, NULL, 0, i };
		OpresPath place = opres_path_key(&item, "anchor");
		JsonbContainer *deadline = opres_json_item_object(array, i);
		char *anchor = opres_json_text(deadline, "anchor");
		JsonbValue value;

		if (anchor != NULL && owner != OPRES_NO_NODE)
			check_anchor(deadlines, owner, &place, anchor, submits);
		if (deadline != NULL && opres_json_get(deadline, "after", &value) == opres_json_get(deadline, "before", &value))
			opres_problem(deadlines->check, &item, OPRES_PROBLEM_DEADLINE, NULL, NULL, NULL, NULL);
	}
}

static void
read_reports(Deadlines *deadlines, JsonbContainer *playbook)
{
	OpresPath extensions = opres_path_key(&deadlines->check->path, "playbook_extensions");
	OpresPath ours = opres_path_key(&extensions, OPRES_EXTENSION_ID);
	OpresPath path = opres_path_key(&ours, "reports");
	JsonbContainer *reports = opres_json_object(playbook, "reports");
	OpresMembers members;

	deadlines->reports = palloc(sizeof(char *) * (opres_json_count(reports) + 1));
	opres_members_begin(&members, reports);
	while (opres_members_next(&members))
		deadlines->reports[deadlines->report_count++] = opres_value_text(&members.key);
	opres_members_begin(&members, reports);
	while (opres_members_next(&members))
	{
		OpresPath place = { &path, members.key.val.string.val, members.key.val.string.len, 0 };

		check_list(deadlines, report_node(deadlines, opres_value_text(&members.key)), &place, opres_value_object(&members.value),
				   NULL);
	}
}

static void
read_steps(Deadlines *deadlines)
{
	OpresStepWalk walk;

	opres_steps_begin(deadlines->check, &walk);
	while (opres_steps_next(&walk))
	{
		OpresPath extensions = opres_path_key(&walk.path, "step_extensions");
		OpresPath ours = opres_path_key(&extensions, OPRES_EXTENSION_ID);
		OpresPath report_path = opres_path_key(&ours, "report");
		JsonbContainer *extension = opres_extension_of(walk.json, "step_extensions");
		char *submits = opres_json_text(extension, "report");
		int owner = opres_flow_find(deadlines->flow, walk.id);
		int report = report_node(deadlines, submits);

		check_list(deadlines, owner, &ours, extension, submits);
		if (report != OPRES_NO_NODE && owner != OPRES_NO_NODE)
			add_edge(deadlines, owner, report, &report_path);
	}
}

static int
compare_edges(const void *a, const void *b)
{
	const Edge *one = a;
	const Edge *other = b;

	return one->from != other->from ? (one->from < other->from ? -1 : 1) : (one->to > other->to) - (one->to < other->to);
}

/* The chain from where the edge comes back to, and back. */
static void
report_cycle(const Deadlines *deadlines, const int *stack, int depth, const Edge *back)
{
	StringInfoData chain;
	int from = depth - 1;

	while (from > 0 && stack[from] != back->to)
		from--;
	initStringInfo(&chain);
	for (int i = from; i < depth && i < from + 8; i++)
		appendStringInfo(&chain, "%s, ", node_name(deadlines, stack[i]));
	appendStringInfoString(&chain, depth - from > 8 ? "..." : node_name(deadlines, back->to));
	opres_problem(deadlines->check, back->path, OPRES_PROBLEM_ANCHOR_CYCLE, NULL, chain.data, NULL, NULL);
}

static void
find_cycles(const Deadlines *deadlines)
{
	int count = deadlines->flow->count + deadlines->report_count;
	int *first = palloc(sizeof(int) * (count + 1)); /* of a node's edges; after it has been entered: the next to follow */
	int *stack = palloc(sizeof(int) * (count + 1));
	char *state = palloc0(count + 1); /* 1 = on the stack, 2 = done */
	int edge = 0;

	if (deadlines->edge_count > 0)
		qsort(deadlines->edges, deadlines->edge_count, sizeof(Edge), compare_edges);
	for (int i = 0; i < count; i++)
	{
		while (edge < deadlines->edge_count && deadlines->edges[edge].from < i)
			edge++;
		first[i] = edge;
	}
	for (int root = 0; root < count; root++)
	{
		int depth = 0;

		if (state[root] != 0)
			continue;
		stack[depth++] = root;
		state[root] = 1;
		while (depth > 0)
		{
			int node = stack[depth - 1];
			const Edge *next = &deadlines->edges[first[node]];

			CHECK_FOR_INTERRUPTS();
			if (first[node] == deadlines->edge_count || next->from != node)
			{
				state[node] = 2;
				depth--;
				continue;
			}
			first[node]++;
			if (state[next->to] == 1)
				report_cycle(deadlines, stack, depth, next);
			else if (state[next->to] == 0)
			{
				state[next->to] = 1;
				stack[depth++] = next->to;
			}
		}
	}
}

void
opres_check_deadlines(OpresCheck *check)
{
	Deadlines deadlines = { .check = check, .flow = check->flow };

	if (check->flow == NULL)
		return;
	read_reports(&deadlines, opres_extension_of(check->root, "playbook_extensions"));
	read_steps(&deadlines);
	find_cycles(&deadlines);
}
