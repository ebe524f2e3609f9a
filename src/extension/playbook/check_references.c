/*
 * check_references.c - whatever names something: agents, targets, authentications, markings, extensions; identifiers and types.
 * Steps are named in the flow (check_flow.c), variables everywhere (check_variables.c).
 */
#include "playbook/check.h"

/* A problem unless the object has that key; a nearby one is offered. */
static void
must_have(OpresCheck *check, const OpresPath *path, JsonbContainer *object, const char *key, OpresProblem problem)
{
	OpresNearest nearest;
	OpresMembers members;
	JsonbValue value;

	if (object != NULL && getKeyJsonValueFromContainer(object, key, strlen(key), &value) != NULL)
		return;
	opres_nearest_begin(&nearest, key, strlen(key));
	opres_members_begin(&members, object);
	while (opres_members_next(&members))
		opres_nearest_offer(&nearest, members.key.val.string.val, members.key.val.string.len);
	opres_problem(check, path, problem, &nearest, opres_quoted(key, strlen(key)), NULL, NULL);
}

/* A member that is a key of `object`. */
static void
check_one(OpresCheck *check, const OpresPath *parent, JsonbContainer *from, const char *member, JsonbContainer *object,
		  OpresProblem problem)
{
	OpresPath path = opres_path_key(parent, member);
	char *key = opres_json_text(from, member);

	if (key != NULL)
		must_have(check, &path, object, key, problem);
}

static void
check_all(OpresCheck *check, const OpresPath *parent, JsonbContainer *from, const char *member, JsonbContainer *object,
		  OpresProblem problem)
{
	OpresPath path = opres_path_key(parent, member);
	JsonbContainer *array = opres_json_array(from, member);

	for (int i = 0; i < opres_json_count(array); i++)
	{
		OpresPath place = { &path, NULL, 0, i };
		char *key = opres_json_item_text(array, i);

		if (key != NULL)
			must_have(check, &place, object, key, problem);
	}
}

static void
check_extensions(OpresCheck *check, const OpresPath *parent, JsonbContainer *from, const char *member)
{
	OpresPath path = opres_path_key(parent, member);
	JsonbContainer *definitions = opres_json_object(check->root, "extension_definitions");
	OpresMembers members;

	opres_members_begin(&members, opres_json_object(from, member));
	while (opres_members_next(&members))
	{
		OpresPath place = { &path, members.key.val.string.val, members.key.val.string.len, 0 };

		must_have(check, &place, definitions, opres_value_text(&members.key), OPRES_PROBLEM_NO_EXTENSION);
	}
}

static void
check_id_type(OpresCheck *check, const OpresPath *path, const char *id, const char *type, OpresProblem problem)
{
	size_t length = strlen(type);

	if (length > 0 && (strncmp(id, type, length) != 0 || strncmp(id + length, "--", 2) != 0))
		opres_problem(check, path, problem, NULL, type, NULL, NULL);
}

/* Definitions of one sort: identifiers of their objects' types, extensions, authentications of agents. */
static void
check_definitions(OpresCheck *check, const char *key, const char *extensions)
{
	OpresPath path = opres_path_key(&check->path, key);
	JsonbContainer *authentications = opres_json_object(check->root, "authentication_info_definitions");
	OpresMembers members;

	opres_members_begin(&members, opres_json_object(check->root, key));
	while (opres_members_next(&members))
	{
		OpresPath place = { &path, members.key.val.string.val, members.key.val.string.len, 0 };
		JsonbContainer *object = opres_value_object(&members.value);
		char *type = opres_json_text(object, "type");

		if (type != NULL)
			check_id_type(check, &place, opres_value_text(&members.key), type, OPRES_PROBLEM_ID_TYPE);
		check_one(check, &place, object, "authentication_info", authentications, OPRES_PROBLEM_NO_AUTHENTICATION);
		check_extensions(check, &place, object, extensions);
	}
}

static void
check_markings(OpresCheck *check)
{
	OpresPath path = opres_path_key(&check->path, "data_marking_definitions");
	JsonbContainer *definitions = opres_json_object(check->root, "data_marking_definitions");
	OpresMembers members;

	check_all(check, &check->path, check->root, "markings", definitions, OPRES_PROBLEM_NO_MARKING);
	opres_members_begin(&members, definitions);
	while (opres_members_next(&members))
	{
		OpresPath place = { &path, members.key.val.string.val, members.key.val.string.len, 0 };
		char *id = opres_json_text(opres_value_object(&members.value), "id");

		if (id != NULL && strcmp(id, opres_value_text(&members.key)) != 0)
			opres_problem(check, &place, OPRES_PROBLEM_MARKING_ID, NULL, opres_quoted(id, strlen(id)), NULL, NULL);
	}
}

static void
check_steps(OpresCheck *check)
{
	JsonbContainer *agents = opres_json_object(check->root, "agent_definitions");
	JsonbContainer *targets = opres_json_object(check->root, "target_definitions");
	OpresStepWalk walk;

	opres_steps_begin(check, &walk);
	while (opres_steps_next(&walk))
	{
		check_id_type(check, &walk.path, walk.id, walk.type, OPRES_PROBLEM_STEP_TYPE);
		check_extensions(check, &walk.path, walk.json, "step_extensions");
		if (strcmp(walk.type, "action") != 0)
			continue;
		check_one(check, &walk.path, walk.json, "agent", agents, OPRES_PROBLEM_NO_AGENT);
		check_all(check, &walk.path, walk.json, "targets", targets, OPRES_PROBLEM_NO_TARGET);
	}
}

static void
check_self(OpresCheck *check)
{
	static const char *const lists[] = { "derived_from", "related_to" };
	char *id = opres_json_text(check->root, "id");

	for (int l = 0; l < lengthof(lists) && id != NULL; l++)
	{
		OpresPath path = opres_path_key(&check->path, lists[l]);
		JsonbContainer *array = opres_json_array(check->root, lists[l]);

		for (int i = 0; i < opres_json_count(array); i++)
		{
			OpresPath place = { &path, NULL, 0, i };
			char *other = opres_json_item_text(array, i);

			if (other != NULL && strcmp(other, id) == 0)
				opres_problem(check, &place, OPRES_PROBLEM_SELF, NULL, NULL, NULL, NULL);
		}
	}
}

void
opres_check_references(OpresCheck *check)
{
	check_steps(check);
	check_definitions(check, "agent_definitions", "agent_target_extensions");
	check_definitions(check, "target_definitions", "agent_target_extensions");
	check_definitions(check, "authentication_info_definitions", "authentication_info_extensions");
	check_definitions(check, "data_marking_definitions", "marking_extensions");
	check_extensions(check, &check->path, check->root, "playbook_extensions");
	check_markings(check);
	check_self(check);
}
