/*
 * check_shape.c - the first pass: every object against its table (check_rules.h).
 *
 * What is wrong inside an object of a kind we do not know (an open vocabulary allows them) cannot be said.
 */
#include "playbook/check.h"

#include <math.h>

#include "miscadmin.h"
#include "playbook/check_rules.h"
#include "playbook/times.h"
#include "utils/builtins.h"
#include "utils/numeric.h"

/* More of something are not listed in an advice. */
#define LISTED 30

static void check_value(OpresCheck *check, const OpresPath *path, const JsonbValue *value, const OpresRule *rule);

/* What there is, and what there should be */

static const char *
found(OpresLang lang, const JsonbValue *value)
{
	bool ja = lang == OPRES_JA;

	switch (value->type)
	{
		case jbvString:
			return ja ? "文字列" : "a string";
		case jbvNumeric:
			return ja ? "数値" : "a number";
		case jbvBool:
			return ja ? "真偽値" : "true or false";
		case jbvBinary:
			if (JsonContainerIsObject(value->val.binary.data))
				return ja ? "オブジェクト" : "an object";
			return ja ? "配列" : "an array";
		default:
			return "null";
	}
}

static const char *
expected(OpresLang lang, OpresRuleKind kind)
{
	bool ja = lang == OPRES_JA;

	switch (kind)
	{
		case OPRES_RULE_FLAG:
			return ja ? "trueかfalse" : "true or false";
		case OPRES_RULE_WHOLE:
			return ja ? "整数" : "a whole number";
		case OPRES_RULE_NUMBER:
			return ja ? "数値" : "a number";
		case OPRES_RULE_OBJECT:
		case OPRES_RULE_MAP:
		case OPRES_RULE_EXTENSIONS:
			return ja ? "オブジェクト" : "an object";
		case OPRES_RULE_LIST:
			return ja ? "配列" : "an array";
		default:
			return ja ? "文字列" : "a string";
	}
}

static bool
has_type(const JsonbValue *value, OpresRuleKind kind)
{
	switch (kind)
	{
		case OPRES_RULE_FLAG:
			return value->type == jbvBool;
		case OPRES_RULE_WHOLE:
		case OPRES_RULE_NUMBER:
			return value->type == jbvNumeric;
		case OPRES_RULE_OBJECT:
		case OPRES_RULE_MAP:
		case OPRES_RULE_EXTENSIONS:
			return value->type == jbvBinary && JsonContainerIsObject(value->val.binary.data);
		case OPRES_RULE_LIST:
			return value->type == jbvBinary && JsonContainerIsArray(value->val.binary.data);
		case OPRES_RULE_ANY:
			return true;
		default:
			return value->type == jbvString;
	}
}

static char *
list_words(const char *const *words)
{
	StringInfoData out;
	int count = 0;

	initStringInfo(&out);
	for (; count < LISTED && words[count] != NULL; count++)
		appendStringInfo(&out, "%s%s", count > 0 ? ", " : "", words[count]);
	if (words[count] != NULL)
		appendStringInfoString(&out, ", ...");
	return out.data;
}

static char *
list_members(const OpresKind *kind, bool required)
{
	StringInfoData out;

	initStringInfo(&out);
	for (const OpresMember *member = kind->members; member->name != NULL; member++)
		if (member->required || !required)
			appendStringInfo(&out, "%s%s", out.len > 0 ? ", " : "", member->name);
	return out.data;
}

/* Texts */

static void
bad_text(OpresCheck *check, const OpresPath *path, OpresProblem problem, const JsonbValue *value, const char *second)
{
	opres_problem(check, path, problem, NULL, opres_quoted(value->val.string.val, value->val.string.len), second, NULL);
}

static bool
has_word(const char *const *words, const char *text, size_t length)
{
	for (; *words != NULL; words++)
		if (strlen(*words) == length && memcmp(*words, text, length) == 0)
			return true;
	return false;
}

static void
check_word(OpresCheck *check, const OpresPath *path, const JsonbValue *value, const OpresRule *rule)
{
	const char *text = value->val.string.val;
	int length = value->val.string.len;
	OpresNearest nearest;

	if (has_word(rule->words, text, length))
		return;
	opres_nearest_begin(&nearest, text, length);
	for (const char *const *word = rule->words; *word != NULL; word++)
		opres_nearest_offer(&nearest, *word, strlen(*word));
	if (rule->kind == OPRES_RULE_CHOICE)
		opres_problem(check, path, OPRES_PROBLEM_CHOICE, &nearest, opres_quoted(text, length), list_words(rule->words), NULL);
	else
		opres_problem(check, path, OPRES_PROBLEM_OPEN, &nearest, opres_quoted(text, length), rule->vocabulary,
					  list_words(rule->words));
}

static void
check_identifier(OpresCheck *check, const OpresPath *path, const JsonbValue *value, const char *type)
{
	if (!opres_is_identifier(value->val.string.val, value->val.string.len, type))
		bad_text(check, path, OPRES_PROBLEM_IDENTIFIER, value,
				 psprintf("%s--00000000-0000-4000-8000-000000000000", type == NULL ? "action" : type));
}

static void
check_time(OpresCheck *check, const OpresPath *path, const JsonbValue *value)
{
	const char *text = value->val.string.val;
	int length = value->val.string.len;
	TimestampTz ignored;
	OpresTimeFault fault = opres_timestamp_parse(text, length, &ignored);
	const char *dot;

	if (fault != OPRES_TIME_GOOD)
	{
		bad_text(check, path, OPRES_PROBLEM_TIME, value, opres_time_fault(check->lang, fault));
		return;
	}
	dot = memchr(text, '.', length);
	if (dot == NULL || dot + 4 >= text + length || (dot[4] >= '0' && dot[4] <= '9') || dot[3] < '0' || dot[3] > '9')
		bad_text(check, path, OPRES_PROBLEM_TIME_DIGITS, value, NULL);
}

static void
check_base64(OpresCheck *check, const OpresPath *path, const JsonbValue *value)
{
	size_t size;

	if (opres_base64_decode(value->val.string.val, value->val.string.len, &size) == NULL)
		bad_text(check, path, OPRES_PROBLEM_BASE64, value, NULL);
}

static void
check_text(OpresCheck *check, const OpresPath *path, const JsonbValue *value, const OpresRule *rule)
{
	const char *text = value->val.string.val;
	int length = value->val.string.len;
	int deceiving = opres_deceiving_character(text, length);
	Interval ignored;

	if (deceiving != 0)
		opres_problem(check, path, OPRES_PROBLEM_CONTROL, NULL, psprintf("U+%04X", deceiving), NULL, NULL);
	if (length == 0 && rule->needs_one)
	{
		opres_problem(check, path, OPRES_PROBLEM_EMPTY_NEEDED, NULL, NULL, NULL, NULL);
		return;
	}
	switch (rule->kind)
	{
		case OPRES_RULE_CHOICE:
		case OPRES_RULE_OPEN:
			check_word(check, path, value, rule);
			break;
		case OPRES_RULE_ID:
			check_identifier(check, path, value, rule->type);
			break;
		case OPRES_RULE_TIME:
		case OPRES_RULE_TIME_OR_NULL:
			check_time(check, path, value);
			break;
		case OPRES_RULE_BASE64:
			check_base64(check, path, value);
			break;
		case OPRES_RULE_URL:
			if (!opres_variable_value_valid(OPRES_VAR_URI, pnstrdup(text, length)))
				bad_text(check, path, OPRES_PROBLEM_URL, value, NULL);
			break;
		case OPRES_RULE_CODE:
			if (!opres_is_role_code(text, length))
				bad_text(check, path, OPRES_PROBLEM_CODE, value, NULL);
			break;
		case OPRES_RULE_KIND_CODE:
			if (!opres_is_attack_type(text, length))
				bad_text(check, path, OPRES_PROBLEM_ATTACK_TYPE, value, NULL);
			break;
		case OPRES_RULE_STEP_CODE:
			if (!opres_is_step_code(text, length))
				bad_text(check, path, OPRES_PROBLEM_STEP_CODE, value, NULL);
			break;
		case OPRES_RULE_DURATION:
			if (!opres_iso_duration(pnstrdup(text, length), &ignored))
				bad_text(check, path, OPRES_PROBLEM_DURATION, value, NULL);
			break;
		default:
			break;
	}
}

/* Numbers */

static void
check_number(OpresCheck *check, const OpresPath *path, const JsonbValue *value, const OpresRule *rule)
{
	Datum numeric = NumericGetDatum(value->val.numeric);
	double number = DatumGetFloat8(DirectFunctionCall1(numeric_float8_no_overflow, numeric));
	char *text = DatumGetCString(DirectFunctionCall1(numeric_out, numeric));
	bool whole = rule->kind == OPRES_RULE_WHOLE;

	if (strlen(text) > 40)
		text = psprintf("%.40s...", text);
	if ((whole && number != floor(number)) || number < rule->low || number > rule->high || isnan(number))
		opres_problem(check, path, OPRES_PROBLEM_RANGE, NULL, text, expected(check->lang, rule->kind),
					  check->lang == OPRES_JA ? psprintf("%.15g以上%.15g以下", rule->low, rule->high)
											  : psprintf("from %.15g to %.15g", rule->low, rule->high));
}

/* Objects */

static const OpresMember *
find_member(const OpresKind *kind, const JsonbValue *key)
{
	for (const OpresMember *member = kind->members; member->name != NULL; member++)
		if (strlen(member->name) == (size_t) key->val.string.len &&
			memcmp(member->name, key->val.string.val, key->val.string.len) == 0)
			return member;
	return NULL;
}

static void
unknown_member(OpresCheck *check, const OpresPath *path, const OpresKind *kind)
{
	OpresNearest nearest;

	opres_nearest_begin(&nearest, path->key, path->key_length);
	for (const OpresMember *member = kind->members; member->name != NULL; member++)
		opres_nearest_offer(&nearest, member->name, strlen(member->name));
	opres_problem(check, path, OPRES_PROBLEM_UNKNOWN, &nearest, kind->what[check->lang], list_members(kind, false), NULL);
}

static void
check_object(OpresCheck *check, const OpresPath *path, JsonbContainer *object, const OpresKind *kind)
{
	OpresMembers members;

	for (const OpresMember *member = kind->members; member->name != NULL; member++)
	{
		OpresPath place = opres_path_key(path, member->name);
		JsonbValue value;

		if (member->required && !opres_json_get(object, member->name, &value))
			opres_problem(check, &place, OPRES_PROBLEM_MISSING, NULL, kind->what[check->lang], list_members(kind, true), NULL);
	}
	opres_members_begin(&members, object);
	while (opres_members_next(&members))
	{
		OpresPath place = { path, members.key.val.string.val, members.key.val.string.len, 0 };
		const OpresMember *member = find_member(kind, &members.key);

		if (member != NULL)
			check_value(check, &place, &members.value, member->rule);
		else if (!kind->open)
			unknown_member(check, &place, kind);
	}
}

static bool
is_word(const char *text, int length)
{
	for (int i = 0; i < length; i++)
		if (!(text[i] == '_' || text[i] == '-' || (text[i] >= '0' && text[i] <= '9') || (text[i] >= 'a' && text[i] <= 'z') ||
			  (text[i] >= 'A' && text[i] <= 'Z')))
			return false;
	return length > 0;
}

/* A language tag: two or three letters, perhaps more behind hyphens. */
static bool
is_language(const char *text, int length)
{
	int first = 0;

	while (first < length && text[first] >= 'a' && text[first] <= 'z')
		first++;
	return (first == 2 || first == 3) && (first == length || text[first] == '-') && is_word(text, length);
}

static void
check_key(OpresCheck *check, const OpresPath *path, const JsonbValue *key, const OpresRule *rule)
{
	const char *text = key->val.string.val;
	int length = key->val.string.len;
	int deceiving = opres_deceiving_character(text, length);

	if (deceiving != 0)
		opres_problem(check, path, OPRES_PROBLEM_CONTROL, NULL, psprintf("U+%04X", deceiving), NULL, NULL);

	switch (rule->key)
	{
		case OPRES_KEY_ID:
			check_identifier(check, path, key, rule->type);
			break;
		case OPRES_KEY_CODE:
			if (!opres_is_role_code(text, length))
				bad_text(check, path, OPRES_PROBLEM_CODE, key, NULL);
			break;
		case OPRES_KEY_LANGUAGE:
			if (!is_language(text, length))
				bad_text(check, path, OPRES_PROBLEM_KEY, key,
						 check->lang == OPRES_JA ? "言語コード（en、ja等）" : "a language, such as en or ja");
			break;
		case OPRES_KEY_WORD:
			if (!is_word(text, length))
				bad_text(check, path, OPRES_PROBLEM_KEY, key,
						 check->lang == OPRES_JA ? "英数字・_・-からなる名前" : "a name of letters, digits, _ and -");
			break;
		case OPRES_KEY_VARIABLE: /* the pass over variables */
		case OPRES_KEY_ANY:
			break;
	}
}

/* In a list or a map null is not something left out: there is an item that is none. */
static void
check_item(OpresCheck *check, const OpresPath *path, const JsonbValue *value, const OpresRule *rule)
{
	if (value->type == jbvNull)
		opres_problem(check, path, OPRES_PROBLEM_TYPE, NULL, expected(check->lang, rule->kind), found(check->lang, value), NULL);
	else
		check_value(check, path, value, rule);
}

static void
check_map(OpresCheck *check, const OpresPath *path, JsonbContainer *object, const OpresRule *rule)
{
	OpresMembers members;

	opres_members_begin(&members, object);
	while (opres_members_next(&members))
	{
		OpresPath place = { path, members.key.val.string.val, members.key.val.string.len, 0 };

		check_key(check, &place, &members.key, rule);
		check_item(check, &place, &members.value, rule->of);
	}
}

/* Of other people's extensions nothing is known but that they are objects. */
static void
check_extensions(OpresCheck *check, const OpresPath *path, JsonbContainer *object, const OpresRule *rule)
{
	const OpresRule ours = { .kind = OPRES_RULE_OBJECT, .object = rule->object };
	OpresMembers members;

	opres_members_begin(&members, object);
	while (opres_members_next(&members))
	{
		const JsonbValue *key = &members.key;
		OpresPath place = { path, key->val.string.val, key->val.string.len, 0 };

		if (rule->object != NULL && strcmp(opres_value_text(key), OPRES_EXTENSION_ID) == 0)
			check_value(check, &place, &members.value, &ours);
		else if (opres_value_object(&members.value) == NULL ||
				 !opres_is_identifier(key->val.string.val, key->val.string.len, "extension-definition"))
			opres_problem(check, &place, OPRES_PROBLEM_EXTENSION, NULL, NULL, NULL, NULL);
	}
}

static void
check_list(OpresCheck *check, const OpresPath *path, JsonbContainer *array, const OpresRule *rule)
{
	int count = JsonContainerSize(array);
	JsonbIterator *iterator = JsonbIteratorInit(array);
	JsonbValue *items = palloc(sizeof(JsonbValue) * (count + 1));
	OpresPath place = { path, NULL, 0, 0 };

	(void) JsonbIteratorNext(&iterator, &items[0], true); /* WJB_BEGIN_ARRAY */
	for (int i = 0; i < count; i++)
	{
		place.index = i;
		(void) JsonbIteratorNext(&iterator, &items[i], true);
		check_item(check, &place, &items[i], rule->of);
		/* Long lists are nobody's handwriting; looking for doubles in them would take long. */
		for (int j = 0; j < i && i < 200 && items[i].type == jbvString; j++)
			if (items[j].type == jbvString && items[j].val.string.len == items[i].val.string.len &&
				memcmp(items[j].val.string.val, items[i].val.string.val, items[i].val.string.len) == 0)
			{
				bad_text(check, &place, rule->ours ? OPRES_PROBLEM_ITEM_TWICE_OURS : OPRES_PROBLEM_ITEM_TWICE, &items[i], NULL);
				break;
			}
	}
}

static void
check_container(OpresCheck *check, const OpresPath *path, JsonbContainer *container, const OpresRule *rule)
{
	const OpresKind *kind = rule->choose != NULL ? rule->choose(container) : rule->object;

	if (rule->kind == OPRES_RULE_OBJECT)
	{
		if (kind != NULL)
			check_object(check, path, container, kind);
		return;
	}
	if (JsonContainerSize(container) == 0)
		opres_problem(check, path, rule->needs_one ? OPRES_PROBLEM_EMPTY_NEEDED : OPRES_PROBLEM_EMPTY, NULL, NULL, NULL, NULL);
	else if (rule->kind == OPRES_RULE_LIST)
		check_list(check, path, container, rule);
	else if (rule->kind == OPRES_RULE_MAP)
		check_map(check, path, container, rule);
	else
		check_extensions(check, path, container, rule);
}

static void
check_value(OpresCheck *check, const OpresPath *path, const JsonbValue *value, const OpresRule *rule)
{
	CHECK_FOR_INTERRUPTS();
	check_stack_depth();
	if (value->type == jbvNull)
	{
		if (rule->kind != OPRES_RULE_TEXT_OR_NULL && rule->kind != OPRES_RULE_TIME_OR_NULL && rule->kind != OPRES_RULE_ANY)
			opres_problem(check, path, OPRES_PROBLEM_NULL, NULL, NULL, NULL, NULL);
	}
	else if (!has_type(value, rule->kind))
		opres_problem(check, path, OPRES_PROBLEM_TYPE, NULL, expected(check->lang, rule->kind), found(check->lang, value), NULL);
	else if (rule->kind == OPRES_RULE_WHOLE || rule->kind == OPRES_RULE_NUMBER)
		check_number(check, path, value, rule);
	else if (value->type == jbvString)
		check_text(check, path, value, rule);
	else if (value->type == jbvBinary && rule->kind != OPRES_RULE_ANY)
		check_container(check, path, value->val.binary.data, rule);
}

void
opres_check_shape(OpresCheck *check)
{
	check_object(check, &check->path, check->root, &opres_playbook_kind);
}
