/*
 * check_values.c - values that must fit one another: times, activities, the summary, commands, addresses, secrets.
 */
#include "playbook/check.h"

#include "playbook/times.h"
#include "utils/timestamp.h"

/* False if there is none, or it cannot be read. */
static bool
read_time(JsonbContainer *object, const char *key, TimestampTz *value)
{
	char *text = opres_json_text(object, key);

	return text != NULL && opres_timestamp_parse(text, strlen(text), value) == OPRES_TIME_GOOD;
}

static void
check_order(OpresCheck *check, const OpresPath *path, JsonbContainer *object)
{
	TimestampTz from;
	TimestampTz until;

	if (read_time(object, "created", &from) && read_time(object, "modified", &until) && until < from)
	{
		OpresPath place = opres_path_key(path, "modified");

		opres_problem(check, &place, OPRES_PROBLEM_MODIFIED, NULL, opres_json_text(object, "created"), NULL, NULL);
	}
	if (read_time(object, "valid_from", &from) && read_time(object, "valid_until", &until) && until <= from)
	{
		OpresPath place = opres_path_key(path, "valid_until");

		opres_problem(check, &place, OPRES_PROBLEM_VALIDITY, NULL, opres_json_text(object, "valid_from"), NULL, NULL);
	}
}

static void
check_times(OpresCheck *check)
{
	OpresPath markings = opres_path_key(&check->path, "data_marking_definitions");
	OpresPath until_path = opres_path_key(&check->path, "valid_until");
	OpresPath signatures = opres_path_key(&check->path, "signatures");
	JsonbContainer *array = opres_json_array(check->root, "signatures");
	OpresMembers members;
	TimestampTz until;

	check_order(check, &check->path, check->root);
	if (read_time(check->root, "valid_until", &until) && until <= GetCurrentTimestamp())
		opres_problem(check, &until_path, OPRES_PROBLEM_EXPIRED, NULL, NULL, NULL, NULL);
	opres_members_begin(&members, opres_json_object(check->root, "data_marking_definitions"));
	while (opres_members_next(&members))
	{
		OpresPath place = { &markings, members.key.val.string.val, members.key.val.string.len, 0 };

		check_order(check, &place, opres_value_object(&members.value));
	}
	for (int i = 0; i < opres_json_count(array); i++)
	{
		OpresPath place = { &signatures, NULL, 0, i };

		check_order(check, &place, opres_json_item_object(array, i));
	}
}

/* Activities: playbooks list those of their commands. */

static bool
has_activity(OpresCheck *check, const char *activity)
{
	OpresStepWalk walk;

	opres_steps_begin(check, &walk);
	while (opres_steps_next(&walk))
	{
		JsonbContainer *commands = opres_json_array(walk.json, "commands");

		for (int i = 0; i < opres_json_count(commands); i++)
		{
			char *own = opres_json_text(opres_json_item_object(commands, i), "playbook_activity");

			if (own != NULL && strcmp(own, activity) == 0)
				return true;
		}
	}
	return false;
}

static void
check_activities(OpresCheck *check)
{
	OpresPath types = opres_path_key(&check->path, "playbook_types");
	OpresPath path = opres_path_key(&check->path, "playbook_activities");
	JsonbContainer *activities = opres_json_array(check->root, "playbook_activities");

	if (opres_json_count(opres_json_array(check->root, "playbook_types")) > 0 && opres_json_count(activities) == 0)
		opres_problem(check, &types, OPRES_PROBLEM_NO_ACTIVITIES, NULL, NULL, NULL, NULL);
	for (int i = 0; i < opres_json_count(activities); i++)
	{
		OpresPath place = { &path, NULL, 0, i };
		char *activity = opres_json_item_text(activities, i);

		if (activity != NULL && !has_activity(check, activity))
			opres_problem(check, &place, OPRES_PROBLEM_ACTIVITY_UNUSED, NULL, opres_quoted(activity, strlen(activity)), NULL, NULL);
	}
}

/* The summary: what the playbook is said to use. */

typedef struct Used
{
	bool manual, external, parallel, branches, loops, switches, temporal;
} Used;

static Used
what_is_used(OpresCheck *check)
{
	OpresStepWalk walk;
	Used used = { .manual = true };

	opres_steps_begin(check, &walk);
	while (opres_steps_next(&walk))
	{
		JsonbContainer *commands = opres_json_array(walk.json, "commands");

		for (int i = 0; i < opres_json_count(commands); i++)
		{
			char *type = opres_json_text(opres_json_item_object(commands, i), "type");

			used.manual &= type != NULL && strcmp(type, "manual") == 0;
		}
		used.external |= strcmp(walk.type, "playbook-action") == 0;
		used.parallel |= strcmp(walk.type, "parallel") == 0;
		used.branches |= strcmp(walk.type, "if-condition") == 0;
		used.loops |= strcmp(walk.type, "while-condition") == 0;
		used.switches |= strcmp(walk.type, "switch-condition") == 0;
		used.temporal |= opres_json_integer(walk.json, "delay", 0) > 0 || opres_json_integer(walk.json, "timeout", 0) > 0;
	}
	return used;
}

static bool
countersigned(OpresCheck *check)
{
	JsonbContainer *signatures = opres_json_array(check->root, "signatures");

	for (int i = 0; i < opres_json_count(signatures); i++)
		if (opres_json_object(opres_json_item_object(signatures, i), "signature") != NULL)
			return true;
	return false;
}

static void
check_summary(OpresCheck *check)
{
	JsonbContainer *summary = opres_json_object(check->root, "playbook_processing_summary");
	OpresPath path = opres_path_key(&check->path, "playbook_processing_summary");
	Used used = what_is_used(check);
	const struct
	{
		const char *key;
		bool is;
	} lines[] = {
		{ "manual_playbook", used.manual },
		{ "external_playbooks", used.external },
		{ "parallel_processing", used.parallel },
		{ "if_logic", used.branches },
		{ "while_logic", used.loops },
		{ "switch_logic", used.switches },
		{ "temporal_logic", used.temporal },
		{ "data_markings", opres_json_count(opres_json_array(check->root, "markings")) > 0 },
		{ "digital_signatures", opres_json_count(opres_json_array(check->root, "signatures")) > 0 },
		{ "countersigned_signatures", countersigned(check) },
		{ "extensions", opres_json_count(opres_json_object(check->root, "extension_definitions")) > 0 },
	};

	for (int i = 0; i < lengthof(lines); i++)
	{
		OpresPath place = opres_path_key(&path, lines[i].key);
		bool said = opres_json_flag(summary, lines[i].key, lines[i].is);

		if (said != lines[i].is)
			opres_problem(check, &place, OPRES_PROBLEM_SUMMARY, NULL, said ? "true" : "false", NULL, NULL);
	}
}

/* Steps */

static bool
is_there(JsonbContainer *object, const char *key)
{
	JsonbValue value;

	return opres_json_get(object, key, &value);
}

static void
check_command(OpresCheck *check, const OpresPath *path, JsonbContainer *command)
{
	bool text = is_there(command, "command");
	bool base64 = is_there(command, "command_b64");
	bool content = is_there(command, "content");
	bool content_base64 = is_there(command, "content_b64");
	char *said = opres_json_text(command, "command");
	char *type = opres_json_text(command, "type");
	bool manual = type != NULL && strcmp(type, "manual") == 0;

	if (command == NULL)
		return;
	if ((!text && !base64 && !content && !content_base64) || (said != NULL && said[0] == '\0' && !base64))
		opres_problem(check, path, manual ? OPRES_PROBLEM_NO_COMMAND : OPRES_PROBLEM_NO_MACHINE_COMMAND, NULL, NULL, NULL, NULL);
	if (text && base64)
		opres_problem(check, path, OPRES_PROBLEM_TWO_COMMANDS, NULL, "command", "command_b64", NULL);
	if (content && content_base64)
		opres_problem(check, path, OPRES_PROBLEM_TWO_COMMANDS, NULL, "content", "content_b64", NULL);
}

static void
check_step_times(OpresCheck *check, const OpresStepWalk *walk)
{
	OpresPath timeout = opres_path_key(&walk->path, "timeout");
	OpresPath delay = opres_path_key(&walk->path, "delay");
	bool at_once = strcmp(walk->type, "start") == 0 || strcmp(walk->type, "end") == 0;

	if (at_once && is_there(walk->json, "timeout"))
		opres_problem(check, &timeout, OPRES_PROBLEM_TIMES_IGNORED, NULL, "timeout", NULL, NULL);
	else if (is_there(walk->json, "timeout") && opres_json_integer(walk->json, "timeout", -1) == 0)
		opres_problem(check, &timeout, OPRES_PROBLEM_TIMEOUT_ZERO, NULL, NULL, NULL, NULL);
	if (at_once && is_there(walk->json, "delay"))
		opres_problem(check, &delay, OPRES_PROBLEM_TIMES_IGNORED, NULL, "delay", NULL, NULL);
}

static void
check_steps(OpresCheck *check)
{
	OpresStepWalk walk;

	opres_steps_begin(check, &walk);
	while (opres_steps_next(&walk))
	{
		OpresPath path = opres_path_key(&walk.path, "commands");
		JsonbContainer *commands = opres_json_array(walk.json, "commands");

		check_step_times(check, &walk);
		for (int i = 0; i < opres_json_count(commands); i++)
		{
			OpresPath place = { &path, NULL, 0, i };

			check_command(check, &place, opres_json_item_object(commands, i));
		}
	}
}

/* Agents and targets: addresses. Where a variable stands, nothing can be said. */

static bool
has_variable(const char *text)
{
	return strstr(text, "__") != NULL;
}

static bool
address_good(const char *kind, const JsonbValue *value)
{
	char *text = opres_value_text(value);

	if (strcmp(kind, "vlan") == 0 && value->type == jbvNumeric)
		return true;
	if (text == NULL || text[0] == '\0')
		return false;
	if (has_variable(text))
		return true;
	if (strcmp(kind, "ipv4") == 0)
		return opres_variable_value_valid(OPRES_VAR_IPV4_ADDR, text);
	if (strcmp(kind, "ipv6") == 0)
		return opres_variable_value_valid(OPRES_VAR_IPV6_ADDR, text);
	if (strcmp(kind, "l2mac") == 0)
		return opres_variable_value_valid(OPRES_VAR_MAC_ADDR, text);
	return strcmp(kind, "url") != 0 || opres_variable_value_valid(OPRES_VAR_URI, text);
}

static void
check_addresses(OpresCheck *check, const OpresPath *path, JsonbContainer *addresses)
{
	OpresMembers members;

	opres_members_begin(&members, addresses);
	while (opres_members_next(&members))
	{
		OpresPath list = { path, members.key.val.string.val, members.key.val.string.len, 0 };
		char *kind = opres_value_text(&members.key);
		JsonbContainer *array = opres_json_array(addresses, kind);

		for (int i = 0; i < opres_json_count(array); i++)
		{
			OpresPath place = { &list, NULL, 0, i };
			JsonbValue *value = getIthJsonbValueFromContainer(array, i);
			char *text = opres_value_text(value);

			if (!address_good(kind, value))
				opres_problem(check, &place, OPRES_PROBLEM_ADDRESS, NULL, text == NULL ? "null" : opres_quoted(text, strlen(text)),
							  kind, NULL);
		}
	}
}

/* A whole number from 1 to `most`. */
static bool
number_good(const char *text, int most)
{
	int number = 0;

	for (; *text >= '0' && *text <= '9' && number <= most; text++)
		number = number * 10 + *text - '0';
	return *text == '\0' && number >= 1 && number <= most;
}

static bool
port_good(const char *text)
{
	return has_variable(text) || number_good(text, 65535);
}

static void
check_agents(OpresCheck *check, const char *key)
{
	OpresPath path = opres_path_key(&check->path, key);
	OpresMembers members;

	opres_members_begin(&members, opres_json_object(check->root, key));
	while (opres_members_next(&members))
	{
		OpresPath agent = { &path, members.key.val.string.val, members.key.val.string.len, 0 };
		OpresPath address = opres_path_key(&agent, "address");
		OpresPath port = opres_path_key(&agent, "port");
		JsonbContainer *object = opres_value_object(&members.value);
		char *text = opres_json_text(object, "port");

		check_addresses(check, &address, opres_json_object(object, "address"));
		if (text != NULL && !port_good(text))
			opres_problem(check, &port, OPRES_PROBLEM_PORT, NULL, opres_quoted(text, strlen(text)), NULL, NULL);
	}
}

static void
check_secrets(OpresCheck *check)
{
	static const char *const secrets[] = { "password", "token", "oauth_header" };
	OpresPath path = opres_path_key(&check->path, "authentication_info_definitions");
	OpresMembers members;

	opres_members_begin(&members, opres_json_object(check->root, "authentication_info_definitions"));
	while (opres_members_next(&members))
	{
		OpresPath place = { &path, members.key.val.string.val, members.key.val.string.len, 0 };
		JsonbContainer *object = opres_value_object(&members.value);

		for (int i = 0; i < lengthof(secrets); i++)
		{
			OpresPath secret = opres_path_key(&place, secrets[i]);
			char *text = opres_json_text(object, secrets[i]);

			if (text != NULL && text[0] != '\0' && !has_variable(text))
				opres_problem(check, &secret, OPRES_PROBLEM_SECRET, NULL, NULL, NULL, NULL);
		}
		if (opres_json_flag(object, "kms", false) != is_there(object, "kms_key_identifier"))
			opres_problem(check, &place, OPRES_PROBLEM_KMS, NULL, NULL, NULL, NULL);
	}
}

void
opres_check_values(OpresCheck *check)
{
	check_times(check);
	check_activities(check);
	check_summary(check);
	check_steps(check);
	check_agents(check, "agent_definitions");
	check_agents(check, "target_definitions");
	check_secrets(check);
}
