/*
 * check_extension.c - what our extension says, against itself: roles, facts, reports, sources, codes, evidence.
 */
#include "playbook/check_flow.h"

typedef struct Ours
{
	OpresCheck *check;
	OpresPath extensions, path; /* of the playbook's extension */
	JsonbContainer *playbook;
	List *roles; /* codes of agents' roles */
} Ours;

static bool
listed(const List *codes, const char *code)
{
	ListCell *cell;

	foreach (cell, codes)
		if (strcmp(lfirst(cell), code) == 0)
			return true;
	return false;
}

/* Roles */

static void
must_be_role(const Ours *ours, const OpresPath *path, const char *code)
{
	OpresNearest nearest;
	ListCell *cell;

	if (code == NULL || listed(ours->roles, code))
		return;
	opres_nearest_begin(&nearest, code, strlen(code));
	foreach (cell, ours->roles)
		opres_nearest_offer(&nearest, lfirst(cell), strlen(lfirst(cell)));
	opres_problem(ours->check, path, OPRES_PROBLEM_NO_ROLE, &nearest, opres_quoted(code, strlen(code)), NULL, NULL);
}

static void
member_is_role(const Ours *ours, const OpresPath *parent, JsonbContainer *object, const char *member)
{
	OpresPath path = opres_path_key(parent, member);

	must_be_role(ours, &path, opres_json_text(object, member));
}

static void
members_are_roles(const Ours *ours, const OpresPath *parent, JsonbContainer *object, const char *member, const char *self)
{
	OpresPath path = opres_path_key(parent, member);
	JsonbContainer *array = opres_json_array(object, member);

	for (int i = 0; i < opres_json_count(array); i++)
	{
		OpresPath place = { &path, NULL, 0, i };
		char *code = opres_json_item_text(array, i);

		must_be_role(ours, &place, code);
		if (code != NULL && self != NULL && strcmp(code, self) == 0)
			opres_problem(ours->check, &place, OPRES_PROBLEM_ROLE_SELF, NULL, code, NULL, NULL);
	}
}

/* Twice: once to know all roles, once to look at what is said of them. */
static void
read_agents(Ours *ours, bool look)
{
	OpresPath path = opres_path_key(&ours->check->path, "agent_definitions");
	OpresMembers members;

	opres_members_begin(&members, opres_json_object(ours->check->root, "agent_definitions"));
	while (opres_members_next(&members))
	{
		OpresPath agent = { &path, members.key.val.string.val, members.key.val.string.len, 0 };
		OpresPath extensions = opres_path_key(&agent, "agent_target_extensions");
		OpresPath place = opres_path_key(&extensions, OPRES_EXTENSION_ID);
		JsonbContainer *extension = opres_extension_of(opres_value_object(&members.value), "agent_target_extensions");
		char *code = opres_json_text(extension, "role");

		if (look)
			members_are_roles(ours, &place, extension, "deputies", code);
		else if (code != NULL && listed(ours->roles, code))
			opres_problem(ours->check, &place, OPRES_PROBLEM_ROLE_TWICE, NULL, code, NULL, NULL);
		else if (code != NULL)
			ours->roles = lappend(ours->roles, code);
	}
}

static void
check_approvals(const Ours *ours, const OpresPath *parent, JsonbContainer *extension)
{
	OpresPath path = opres_path_key(parent, "approvals");
	JsonbContainer *array = opres_json_array(extension, "approvals");
	List *asked = NIL;

	for (int i = 0; i < opres_json_count(array); i++)
	{
		OpresPath item = { &path, NULL, 0, i };
		char *role = opres_json_text(opres_json_item_object(array, i), "role");

		member_is_role(ours, &item, opres_json_item_object(array, i), "role");
		if (role != NULL && listed(asked, role))
			opres_problem(ours->check, &item, OPRES_PROBLEM_APPROVAL_TWICE, NULL, role, NULL, NULL);
		if (role != NULL)
			asked = lappend(asked, role);
	}
}

/* Only where somebody uses roles at all: playbooks of others have none. */
static void
check_agent_role(const Ours *ours, const OpresStepWalk *walk)
{
	OpresPath path = opres_path_key(&walk->path, "agent");
	char *agent = opres_json_text(walk->json, "agent");
	JsonbContainer *object =
		agent == NULL ? NULL : opres_json_object(opres_json_object(ours->check->root, "agent_definitions"), agent);

	if (ours->roles != NIL && object != NULL &&
		opres_json_text(opres_extension_of(object, "agent_target_extensions"), "role") == NULL)
		opres_problem(ours->check, &path, OPRES_PROBLEM_AGENT_ROLE, NULL, opres_quoted(agent, strlen(agent)), NULL, NULL);
}

/* Things that the playbook's extension declares */

static void
must_be_declared(const Ours *ours, const OpresPath *path, const char *member, const char *code, OpresProblem problem)
{
	JsonbContainer *declared = opres_json_object(ours->playbook, member);
	OpresNearest nearest;
	OpresMembers members;
	JsonbValue value;

	if (code == NULL || opres_json_get(declared, code, &value))
		return;
	opres_nearest_begin(&nearest, code, strlen(code));
	opres_members_begin(&members, declared);
	while (opres_members_next(&members))
		opres_nearest_offer(&nearest, members.key.val.string.val, members.key.val.string.len);
	opres_problem(ours->check, path, problem, &nearest, opres_quoted(code, strlen(code)), NULL, NULL);
}

static bool
has_fact(JsonbContainer *json, const char *member, const char *fact)
{
	JsonbContainer *array = opres_json_array(opres_extension_of(json, "step_extensions"), member);

	for (int i = 0; i < opres_json_count(array); i++)
	{
		char *own = opres_json_item_text(array, i);

		if (own != NULL && strcmp(own, fact) == 0)
			return true;
	}
	return false;
}

/*
 * A fact that a step requires must be established by a step that need not wait for this one. What the playbooks inside establish is
 * known if they are loaded.
 */
static void
check_required_fact(const Ours *ours, const OpresPath *path, const char *step, const char *fact)
{
	const OpresFlow *flow = ours->check->flow;
	bool *reached = NULL;
	bool any = false;

	if (flow == NULL || !flow->whole)
		return;
	for (int i = 0; i < flow->count; i++)
	{
		if (!has_fact(flow->nodes[i].json, "establishes", fact))
			continue;
		any = true;
		if (reached == NULL)
			reached = opres_flow_reach(flow, opres_flow_find(flow, step));
		if (reached[i])
			return;
	}
	switch (opres_inner_establishes(ours->check, fact))
	{
		case OPRES_TRUE:
			return;
		case OPRES_UNKNOWN:
			opres_problem(ours->check, path, OPRES_PROBLEM_FACT_MAYBE, NULL, fact, NULL, NULL);
			return;
		case OPRES_FALSE:
			break;
	}
	opres_problem(ours->check, path, any ? OPRES_PROBLEM_FACT_LATE : OPRES_PROBLEM_FACT_NEVER, NULL, fact, NULL, NULL);
}

static void
check_facts(const Ours *ours, const OpresPath *parent, const OpresStepWalk *walk, JsonbContainer *extension, const char *member)
{
	OpresPath path = opres_path_key(parent, member);
	JsonbContainer *array = opres_json_array(extension, member);

	for (int i = 0; i < opres_json_count(array); i++)
	{
		OpresPath place = { &path, NULL, 0, i };
		char *fact = opres_json_item_text(array, i);

		must_be_declared(ours, &place, "facts", fact, OPRES_PROBLEM_NO_FACT);
		if (fact != NULL && strcmp(member, "requires") == 0)
			check_required_fact(ours, &place, walk->id, fact);
	}
}

static void
check_report_submitted(const Ours *ours, const OpresPath *path, const char *report)
{
	OpresStepWalk walk;

	opres_steps_begin(ours->check, &walk);
	while (opres_steps_next(&walk))
	{
		char *submitted = opres_json_text(opres_extension_of(walk.json, "step_extensions"), "report");

		if (submitted != NULL && strcmp(submitted, report) == 0)
			return;
	}
	opres_problem(ours->check, path, OPRES_PROBLEM_REPORT_UNSENT, NULL, NULL, NULL, NULL);
}

static void
check_reports(const Ours *ours)
{
	OpresPath path = opres_path_key(&ours->path, "reports");
	OpresMembers members;

	opres_members_begin(&members, opres_json_object(ours->playbook, "reports"));
	while (opres_members_next(&members))
	{
		OpresPath place = { &path, members.key.val.string.val, members.key.val.string.len, 0 };
		OpresPath source = opres_path_key(&place, "source");

		must_be_declared(ours, &source, "sources", opres_json_text(opres_value_object(&members.value), "source"),
						 OPRES_PROBLEM_NO_SOURCE);
		check_report_submitted(ours, &place, opres_value_text(&members.key));
	}
}

/* Steps */

static void
check_evidence(const Ours *ours, const OpresPath *parent, JsonbContainer *extension)
{
	OpresPath path = opres_path_key(parent, "evidence");
	JsonbContainer *evidence = opres_json_object(extension, "evidence");
	JsonbValue value;

	if (opres_json_flag(evidence, "required", false) && !opres_json_get(evidence, "what", &value))
		opres_problem(ours->check, &path, OPRES_PROBLEM_EVIDENCE, NULL, NULL, NULL, NULL);
}

static void
check_step(const Ours *ours, const OpresStepWalk *walk, List **codes)
{
	OpresPath extensions = opres_path_key(&walk->path, "step_extensions");
	OpresPath path = opres_path_key(&extensions, OPRES_EXTENSION_ID);
	OpresPath code_path = opres_path_key(&path, "code");
	OpresPath report_path = opres_path_key(&path, "report");
	JsonbContainer *extension = opres_extension_of(walk->json, "step_extensions");
	char *code = opres_json_text(extension, "code");

	if (strcmp(walk->type, "action") == 0)
		check_agent_role(ours, walk);
	if (extension == NULL)
		return;
	if (code != NULL && listed(*codes, code))
		opres_problem(ours->check, &code_path, OPRES_PROBLEM_CODE_TWICE, NULL, opres_quoted(code, strlen(code)), NULL, NULL);
	if (code != NULL)
		*codes = lappend(*codes, code);
	member_is_role(ours, &path, extension, "accountable");
	member_is_role(ours, &path, extension, "override_role");
	members_are_roles(ours, &path, extension, "deputies", NULL);
	check_approvals(ours, &path, extension);
	check_facts(ours, &path, walk, extension, "requires");
	check_facts(ours, &path, walk, extension, "establishes");
	must_be_declared(ours, &report_path, "reports", opres_json_text(extension, "report"), OPRES_PROBLEM_NO_REPORT);
	check_evidence(ours, &path, extension);
}

void
opres_check_extension(OpresCheck *check)
{
	Ours ours = { .check = check, .playbook = opres_extension_of(check->root, "playbook_extensions") };
	List *codes = NIL;
	OpresStepWalk walk;

	ours.extensions = opres_path_key(&check->path, "playbook_extensions");
	ours.path = opres_path_key(&ours.extensions, OPRES_EXTENSION_ID);
	read_agents(&ours, false);
	read_agents(&ours, true);
	member_is_role(&ours, &ours.path, ours.playbook, "override_role");
	check_reports(&ours);
	opres_steps_begin(check, &walk);
	while (opres_steps_next(&walk))
		check_step(&ours, &walk, &codes);
}
