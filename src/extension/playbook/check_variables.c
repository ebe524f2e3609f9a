/*
 * check_variables.c - variables: their names and values, who names them (arguments, conditions, switches, texts), and loops whose
 * condition nothing inside can change.
 */
#include "playbook/check_flow.h"

#include "common/jsonapi.h"
#include "mb/pg_wchar.h"

/* CACAO: letters, digits, _ and - between the underscores, 1 to 200 of them, no digit or hyphen first. */
#define NAME_ROOM 200

static bool
is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool
is_more(char c)
{
	return is_letter(c) || (c >= '0' && c <= '9') || c == '-';
}

/* loose: what conditions can read (workflow-semantics.md). */
static bool
name_good(const char *name, bool loose)
{
	size_t length = strlen(name);

	if (length < 5 || strncmp(name, "__", 2) != 0 || strcmp(name + length - 2, "__") != 0)
		return false;
	if (!loose && (length - 4 > NAME_ROOM || !is_letter(name[2])))
		return false;
	for (size_t i = 2; i < length - 2; i++)
		if (!is_more(name[i]) && !(loose && (name[i] == '.' || IS_HIGHBIT_SET(name[i]))))
			return false;
	return true;
}

/* Values */

static bool
is_json_object(const char *value)
{
	char *copy = pstrdup(value);
	JsonLexContext *lex = OPRES_JSON_LEX_CONTEXT(copy, strlen(copy), GetDatabaseEncoding());

	while (*value == ' ' || *value == '\t' || *value == '\n' || *value == '\r')
		value++;
	return *value == '{' && pg_parse_json(lex, &nullSemAction) == JSON_SUCCESS;
}

/* -1: of no type we know, which the shape has said. */
static int
type_of(JsonbContainer *variable)
{
	char *type = opres_json_text(variable, "type");

	for (int i = 0; type != NULL && i < OPRES_VARIABLE_TYPES; i++)
		if (strcmp(type, opres_variable_type_names[i]) == 0)
			return i;
	return -1;
}

static bool
value_good(int type, const char *value)
{
	if (type == OPRES_VAR_DICTIONARY)
		return is_json_object(value);
	return opres_variable_value_valid((OpresVariableType) type, value);
}

static void
check_variable(OpresCheck *check, const OpresPath *path, const char *name, JsonbContainer *variable)
{
	OpresPath place = opres_path_key(path, "value");
	char *value = opres_json_text(variable, "value");
	bool constant = opres_json_flag(variable, "constant", false);
	int type = type_of(variable);

	if (!name_good(name, true))
		opres_problem(check, path, OPRES_PROBLEM_VARIABLE_NAME, NULL, opres_quoted(name, strlen(name)), NULL, NULL);
	else if (!name_good(name, false))
		opres_problem(check, path, OPRES_PROBLEM_VARIABLE_NAME_LOOSE, NULL, opres_quoted(name, strlen(name)), NULL, NULL);
	if (value != NULL && type >= 0 && !value_good(type, value))
		opres_problem(check, &place, OPRES_PROBLEM_VARIABLE_VALUE, NULL, opres_quoted(value, strlen(value)),
					  opres_variable_type_names[type], NULL);
	if (constant && value == NULL)
		opres_problem(check, path, OPRES_PROBLEM_CONSTANT_EMPTY, NULL, NULL, NULL, NULL);
	if (constant && opres_json_flag(variable, "external", false))
		opres_problem(check, path, OPRES_PROBLEM_CONSTANT_EXTERNAL, NULL, NULL, NULL, NULL);
}

static void
check_declarations(OpresCheck *check, const OpresPath *parent, JsonbContainer *object, const char *member, JsonbContainer *around)
{
	OpresPath path = opres_path_key(parent, member);
	OpresMembers members;

	opres_members_begin(&members, opres_json_object(object, member));
	while (opres_members_next(&members))
	{
		OpresPath place = { &path, members.key.val.string.val, members.key.val.string.len, 0 };
		char *name = opres_value_text(&members.key);
		JsonbContainer *variable = opres_value_object(&members.value);

		if (variable != NULL)
			check_variable(check, &place, name, variable);
		if (opres_json_object(around, name) != NULL)
			opres_problem(check, &place, OPRES_PROBLEM_SHADOW, NULL, NULL, NULL, NULL);
	}
}

/* What a step sees. */

typedef struct Sight
{
	OpresCheck *check;
	JsonbContainer *own, *playbooks;
	const char *unknown; /* a name a condition had and nobody declared */
	List *named;         /* variables of a condition: their declarations */
} Sight;

static Sight
sight_of(OpresCheck *check, JsonbContainer *step)
{
	return (Sight){ check, opres_json_object(step, "step_variables"), opres_json_object(check->root, "playbook_variables"), NULL,
					NIL };
}

static JsonbContainer *
declaration(const Sight *sight, const char *name)
{
	JsonbContainer *own = opres_json_object(sight->own, name);

	return own != NULL ? own : opres_json_object(sight->playbooks, name);
}

static void
offer_names(OpresNearest *nearest, JsonbContainer *variables)
{
	OpresMembers members;

	opres_members_begin(&members, variables);
	while (opres_members_next(&members))
		opres_nearest_offer(nearest, members.key.val.string.val, members.key.val.string.len);
}

static void
unknown_name(const Sight *sight, const OpresPath *path, OpresProblem problem, const char *name)
{
	OpresNearest nearest;

	opres_nearest_begin(&nearest, name, strlen(name));
	offer_names(&nearest, sight->own);
	offer_names(&nearest, sight->playbooks);
	opres_problem(sight->check, path, problem, &nearest, opres_quoted(name, strlen(name)), NULL, NULL);
}

/* Arguments */

static void
check_arguments(const Sight *sight, const OpresStepWalk *walk, const char *member)
{
	OpresPath path = opres_path_key(&walk->path, member);
	JsonbContainer *array = opres_json_array(walk->json, member);
	bool out = strcmp(member, "out_args") == 0;

	for (int i = 0; i < opres_json_count(array); i++)
	{
		OpresPath place = { &path, NULL, 0, i };
		char *name = opres_json_item_text(array, i);
		JsonbContainer *variable = name == NULL ? NULL : declaration(sight, name);

		if (name == NULL)
			continue;
		if (variable == NULL)
			unknown_name(sight, &place, OPRES_PROBLEM_NO_VARIABLE, name);
		else if (out && opres_json_flag(variable, "constant", false))
			opres_problem(sight->check, &place, OPRES_PROBLEM_OUT_CONSTANT, NULL, name, NULL, NULL);
		for (int j = 0; j < i && out; j++)
		{
			char *other = opres_json_item_text(array, j);

			if (other != NULL && strcmp(other, name) == 0)
			{
				opres_problem(sight->check, &place, OPRES_PROBLEM_OUT_TWICE, NULL, name, NULL, NULL);
				break;
			}
		}
	}
}

/* Conditions */

static int32_t
find_named(void *ctx, const char *name, size_t length, OpresVariableType *type)
{
	Sight *sight = ctx;
	char *copy = pnstrdup(name, length);
	JsonbContainer *variable = declaration(sight, copy);

	if (variable == NULL || type_of(variable) < 0)
	{
		if (variable == NULL && sight->unknown == NULL)
			sight->unknown = copy;
		return -1;
	}
	*type = (OpresVariableType) type_of(variable);
	sight->named = lappend(sight->named, copy);
	return list_length(sight->named);
}

static bool
asks_for(JsonbContainer *step, const char *name)
{
	JsonbContainer *array = opres_json_array(step, "out_args");

	for (int i = 0; i < opres_json_count(array); i++)
	{
		char *asked = opres_json_item_text(array, i);

		if (asked != NULL && strcmp(asked, name) == 0)
			return true;
	}
	return false;
}

/* Whether a step inside the loop can change one of them, or anybody at any time. */
static bool
loop_can_end(const Sight *sight, const OpresFlow *flow, int loop)
{
	ListCell *cell;

	foreach (cell, sight->named)
	{
		const char *name = lfirst(cell);

		if (opres_json_flag(declaration(sight, name), "external", false))
			return true;
		for (int i = 0; i < flow->count; i++)
			if (opres_flow_inside(flow, i, loop) && asks_for(flow->nodes[i].json, name))
				return true;
	}
	return sight->named == NIL;
}

/* What the engine says of a condition is English. */
static const char *
warning_words(OpresLang lang, const char *warning)
{
	static const struct
	{
		const char *english, *japanese;
	} words[] = {
		{ "a word without quotes is read as text", "引用符のない語を文字列として扱います" },
		{ "a comparison that can never be answered: one side can not be read as the other asks",
		  "比較する値の種類が合わず、判定できません" },
	};

	for (int i = 0; i < lengthof(words) && lang == OPRES_JA; i++)
		if (strcmp(words[i].english, warning) == 0)
			return words[i].japanese;
	return warning;
}

static char *
question_words(OpresLang lang, const char *text, int32_t where, const char *message)
{
	int character = pg_mbstrlen_with_len(text, where) + 1;

	return lang == OPRES_JA ? psprintf("%d文字目が条件式の書き方に合いません", character)
							: psprintf("at character %d: %s", character, message);
}

static void
check_condition(Sight *sight, const OpresStepWalk *walk)
{
	OpresPath path = opres_path_key(&walk->path, "condition");
	char *text = opres_json_text(walk->json, "condition");
	OpresEnv env = opres_malloc_env;
	OpresArena arena;
	OpresCondition *condition;
	OpresError error;
	const char *warning = NULL;
	int32_t where = 0;
	OpresStatus status;

	if (text == NULL || text[0] == '\0')
		return;
	opres_arena_init(&arena, &env, 0);
	status = opres_condition_parse(&arena, text, find_named, sight, &condition, &warning, &where, &error);
	opres_arena_free(&arena);
	if (status == OPRES_INVALID && sight->unknown != NULL)
		unknown_name(sight, &path, OPRES_PROBLEM_NO_VARIABLE, sight->unknown);
	else if (status == OPRES_INVALID)
		opres_problem(sight->check, &path, OPRES_PROBLEM_QUESTION, NULL, opres_quoted(text, strlen(text)),
					  question_words(sight->check->lang, text, where, error.message), NULL);
	else if (status == OPRES_OK && warning != NULL)
		opres_problem(sight->check, &path, OPRES_PROBLEM_CONDITION, NULL, opres_quoted(text, strlen(text)),
					  warning_words(sight->check->lang, warning), NULL);
	if (status == OPRES_OK && strcmp(walk->type, "while-condition") == 0 && sight->check->flow != NULL &&
		sight->check->flow->whole && !loop_can_end(sight, sight->check->flow, opres_flow_find(sight->check->flow, walk->id)))
		opres_problem(sight->check, &path, OPRES_PROBLEM_LOOP_CONDITION, NULL, linitial(sight->named), NULL, NULL);
}

static void
check_cases(const Sight *sight, const OpresStepWalk *walk, int type)
{
	OpresPath path = opres_path_key(&walk->path, "cases");
	OpresMembers members;

	opres_members_begin(&members, opres_json_object(walk->json, "cases"));
	while (opres_members_next(&members))
	{
		OpresPath place = { &path, members.key.val.string.val, members.key.val.string.len, 0 };
		char *literal = opres_value_text(&members.key);

		if (strcmp(literal, "default") != 0 && !value_good(type, literal))
			opres_problem(sight->check, &place, OPRES_PROBLEM_CASE_VALUE, NULL, opres_quoted(literal, strlen(literal)),
						  opres_variable_type_names[type], NULL);
	}
}

static void
check_switch(const Sight *sight, const OpresStepWalk *walk)
{
	OpresPath path = opres_path_key(&walk->path, "switch");
	char *text = opres_json_text(walk->json, "switch");
	size_t length = text == NULL ? 0 : strlen(text);
	char *name;
	JsonbContainer *variable;

	if (length == 0)
		return;
	if (length > 6 && strcmp(text + length - 6, ":value") == 0)
		length -= 6;
	name = pnstrdup(text, length);
	variable = declaration(sight, name);
	if (variable != NULL && type_of(variable) >= 0)
		check_cases(sight, walk, type_of(variable));
	else if (variable == NULL && name_good(name, true))
		unknown_name(sight, &path, OPRES_PROBLEM_NO_VARIABLE, name);
	else if (variable == NULL)
		opres_problem(sight->check, &path, OPRES_PROBLEM_SWITCH_QUESTION, NULL, opres_quoted(text, strlen(text)), NULL, NULL);
}

/* Texts: `__name__:value` where people would read a value. */

static void
check_text(const Sight *sight, const OpresPath *path, const char *text)
{
	const char *at;

	for (at = text == NULL ? NULL : strstr(text, "__:value"); at != NULL; at = strstr(at + 2, "__:value"))
	{
		const char *begin = at;
		char *name;

		while (begin > text && (is_more(begin[-1]) || begin[-1] == '.' || IS_HIGHBIT_SET(begin[-1])))
			begin--;
		name = pnstrdup(begin, at + 2 - begin);
		if (name_good(name, true) && declaration(sight, name) == NULL)
			unknown_name(sight, path, OPRES_PROBLEM_NO_VARIABLE_TEXT, name);
	}
}

static void
check_texts(const Sight *sight, const OpresStepWalk *walk)
{
	OpresPath commands = opres_path_key(&walk->path, "commands");
	OpresPath description = opres_path_key(&walk->path, "description");
	JsonbContainer *array = opres_json_array(walk->json, "commands");

	check_text(sight, &description, opres_json_text(walk->json, "description"));
	for (int i = 0; i < opres_json_count(array); i++)
	{
		OpresPath item = { &commands, NULL, 0, i };
		OpresPath place = opres_path_key(&item, "command");

		check_text(sight, &place, opres_json_text(opres_json_item_object(array, i), "command"));
	}
}

void
opres_check_variables(OpresCheck *check)
{
	JsonbContainer *variables = opres_json_object(check->root, "playbook_variables");
	OpresStepWalk walk;

	check_declarations(check, &check->path, check->root, "playbook_variables", NULL);
	opres_steps_begin(check, &walk);
	while (opres_steps_next(&walk))
	{
		Sight sight = sight_of(check, walk.json);

		check_declarations(check, &walk.path, walk.json, "step_variables", variables);
		check_arguments(&sight, &walk, "in_args");
		check_arguments(&sight, &walk, "out_args");
		if (strcmp(walk.type, "if-condition") == 0 || strcmp(walk.type, "while-condition") == 0)
			check_condition(&sight, &walk);
		if (strcmp(walk.type, "switch-condition") == 0)
			check_switch(&sight, &walk);
		check_texts(&sight, &walk);
	}
}
