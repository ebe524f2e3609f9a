/*
 * check_languages.c - texts in other languages: that none is missing of those the playbook says it has, and that each belongs to
 * something.
 *
 * CACAO's own fields are the English texts; a text object (`{"en": ..., "ja": ...}`) has every language itself.
 */
#include "playbook/check.h"

typedef struct Languages
{
	OpresCheck *check;
	int count;
	char **codes; /* of "languages" */
} Languages;

static bool
is_there(JsonbContainer *object, const char *key)
{
	JsonbValue value;

	return opres_json_get(object, key, &value);
}

static void
missing(const Languages *languages, const OpresPath *path, const char *language)
{
	opres_problem(languages->check, path, OPRES_PROBLEM_LANGUAGE, NULL, language, NULL, NULL);
}

/* A text object. */
static void
check_words(const Languages *languages, const OpresPath *parent, JsonbContainer *object, const char *member)
{
	OpresPath path = opres_path_key(parent, member);
	JsonbContainer *words = opres_json_object(object, member);

	for (int i = 0; words != NULL && i < languages->count; i++)
		if (!is_there(words, languages->codes[i]))
			missing(languages, &path, languages->codes[i]);
}

static void
check_words_of_all(const Languages *languages, const OpresPath *parent, JsonbContainer *object, const char *member,
				   const char *const *inside, int count)
{
	OpresPath path = opres_path_key(parent, member);
	JsonbContainer *map = opres_json_object(object, member);
	OpresMembers members;

	opres_members_begin(&members, map);
	while (opres_members_next(&members))
	{
		OpresPath place = { &path, members.key.val.string.val, members.key.val.string.len, 0 };

		if (count == 0)
			check_words(languages, &path, map, opres_value_text(&members.key));
		for (int i = 0; i < count; i++)
			check_words(languages, &place, opres_value_object(&members.value), inside[i]);
	}
}

static bool
has_manual_command(JsonbContainer *json)
{
	JsonbContainer *commands = opres_json_array(json, "commands");

	for (int i = 0; i < opres_json_count(commands); i++)
	{
		char *type = opres_json_text(opres_json_item_object(commands, i), "type");

		if (type != NULL && strcmp(type, "manual") == 0)
			return true;
	}
	return false;
}

/* What stands in CACAO's fields of an object must stand in its texts. */
static void
check_object(const Languages *languages, const OpresPath *path, JsonbContainer *object, JsonbContainer *texts)
{
	for (int i = 0; i < languages->count; i++)
	{
		const char *language = languages->codes[i];
		JsonbContainer *own = opres_json_object(texts, language);

		if (strcmp(language, "en") == 0)
			continue;
		if ((is_there(object, "name") && !is_there(own, "name")) ||
			(is_there(object, "description") && !is_there(own, "description")) ||
			(has_manual_command(object) && !is_there(own, "commands")))
			missing(languages, path, language);
	}
}

/* Keys of a map of texts that are keys of nothing. */
static void
check_keys(OpresCheck *check, const OpresPath *path, JsonbContainer *texts, JsonbContainer *things, const char *what)
{
	OpresMembers members;

	opres_members_begin(&members, texts);
	while (opres_members_next(&members))
	{
		OpresPath place = { path, members.key.val.string.val, members.key.val.string.len, 0 };

		if (!is_there(things, opres_value_text(&members.key)))
			opres_problem(check, &place, OPRES_PROBLEM_TEXT_UNKNOWN, NULL, what, NULL, NULL);
	}
}

/* What the texts of a step, in each language, are texts of. */
static void
check_step_texts(OpresCheck *check, const OpresPath *parent, JsonbContainer *step, JsonbContainer *texts)
{
	OpresPath path = opres_path_key(parent, "texts");
	int count = opres_json_count(opres_json_array(step, "commands"));
	OpresMembers members;

	opres_members_begin(&members, texts);
	while (opres_members_next(&members))
	{
		OpresPath language = { &path, members.key.val.string.val, members.key.val.string.len, 0 };
		OpresPath commands_path = opres_path_key(&language, "commands");
		OpresPath cases_path = opres_path_key(&language, "cases");
		JsonbContainer *own = opres_value_object(&members.value);
		JsonbContainer *commands = opres_json_array(own, "commands");

		if (commands != NULL && opres_json_count(commands) != count)
			opres_problem(check, &commands_path, OPRES_PROBLEM_TEXT_COUNT, NULL, psprintf("%d", opres_json_count(commands)),
						  psprintf("%d", count), NULL);
		check_keys(check, &cases_path, opres_json_object(own, "cases"), opres_json_object(step, "cases"),
				   check->lang == OPRES_JA ? "場合（cases）" : "case");
	}
}

static void
check_steps(const Languages *languages)
{
	OpresStepWalk walk;

	opres_steps_begin(languages->check, &walk);
	while (opres_steps_next(&walk))
	{
		OpresPath extensions = opres_path_key(&walk.path, "step_extensions");
		OpresPath ours = opres_path_key(&extensions, OPRES_EXTENSION_ID);
		OpresPath evidence = opres_path_key(&ours, "evidence");
		JsonbContainer *extension = opres_extension_of(walk.json, "step_extensions");
		JsonbContainer *texts = opres_json_object(extension, "texts");

		check_object(languages, &walk.path, walk.json, texts);
		check_words(languages, &evidence, opres_json_object(extension, "evidence"), "what");
		check_step_texts(languages->check, &ours, walk.json, texts);
	}
}

static void
check_agents(const Languages *languages)
{
	OpresPath path = opres_path_key(&languages->check->path, "agent_definitions");
	OpresMembers members;

	opres_members_begin(&members, opres_json_object(languages->check->root, "agent_definitions"));
	while (opres_members_next(&members))
	{
		OpresPath place = { &path, members.key.val.string.val, members.key.val.string.len, 0 };
		JsonbContainer *agent = opres_value_object(&members.value);
		JsonbContainer *extension = opres_extension_of(agent, "agent_target_extensions");

		if (extension != NULL)
			check_object(languages, &place, agent, opres_json_object(extension, "texts"));
	}
}

static void
check_playbook(const Languages *languages, const OpresPath *path, JsonbContainer *extension)
{
	static const char *const of_report[] = { "authority", "report", "form", "note" };
	static const char *const of_source[] = { "title", "note" };
	OpresCheck *check = languages->check;
	JsonbContainer *texts = opres_json_object(extension, "texts");
	OpresPath target = opres_path_key(path, "recovery_target");
	OpresPath texts_path = opres_path_key(path, "texts");
	OpresMembers members;

	check_object(languages, &check->path, check->root, texts);
	check_words(languages, &target, opres_json_object(extension, "recovery_target"), "note");
	check_words_of_all(languages, path, extension, "facts", NULL, 0);
	check_words_of_all(languages, path, extension, "reports", of_report, lengthof(of_report));
	check_words_of_all(languages, path, extension, "sources", of_source, lengthof(of_source));
	opres_members_begin(&members, texts);
	while (opres_members_next(&members))
	{
		OpresPath language = { &texts_path, members.key.val.string.val, members.key.val.string.len, 0 };
		OpresPath variables = opres_path_key(&language, "variables");

		check_keys(check, &variables, opres_json_object(opres_value_object(&members.value), "variables"),
				   opres_json_object(check->root, "playbook_variables"), check->lang == OPRES_JA ? "変数" : "variable");
	}
}

void
opres_check_languages(OpresCheck *check)
{
	JsonbContainer *extension = opres_extension_of(check->root, "playbook_extensions");
	JsonbContainer *array = opres_json_array(extension, "languages");
	OpresPath extensions = opres_path_key(&check->path, "playbook_extensions");
	OpresPath path = opres_path_key(&extensions, OPRES_EXTENSION_ID);
	Languages languages = { check, 0, palloc(sizeof(char *) * (opres_json_count(array) + 1)) };

	for (int i = 0; i < opres_json_count(array); i++)
	{
		char *code = opres_json_item_text(array, i);

		if (code != NULL)
			languages.codes[languages.count++] = code;
	}
	check_playbook(&languages, &path, extension);
	check_steps(&languages);
	check_agents(&languages);
}
