/*
 * test_condition.c - conditions of playbooks: what is understood, what is not and where, the answers; values of variables.
 */
#include <stdlib.h>

#include "check.h"
#include "condition.h"

typedef struct Known
{
	const char *name;
	OpresVariableType type;
	const char *value;
} Known;

static Known known[] = {
	{ "__whileStepVariable__", OPRES_VAR_INTEGER, "10" },
	{ "__should.execute.true__", OPRES_VAR_STRING, "no" },
	{ "__ifStepVariable__", OPRES_VAR_BOOL, "true" },
	{ "__n__", OPRES_VAR_INTEGER, "7" },
	{ "__l__", OPRES_VAR_LONG, "9223372036854775807" },
	{ "__f__", OPRES_VAR_FLOAT, "-2.50" },
	{ "__s__", OPRES_VAR_STRING, "5" },
	{ "__text__", OPRES_VAR_STRING, "\xe3\x81\xaf\xe3\x81\x84" }, /* はい */
	{ "__path__", OPRES_VAR_STRING, "C:\\a'b_c%d" },
	{ "__empty__", OPRES_VAR_STRING, "" },
	{ "__off__", OPRES_VAR_BOOL, "false" },
	{ "__null__", OPRES_VAR_STRING, NULL },
	{ "__nobool__", OPRES_VAR_BOOL, NULL },
	{ "__ip__", OPRES_VAR_IPV4_ADDR, "192.0.2.1" },
	{ "__AND__", OPRES_VAR_BOOL, "true" },
	{ "__a-b_9__", OPRES_VAR_BOOL, "true" },
};
#define KNOWN_COUNT ((int32_t) (sizeof(known) / sizeof(known[0])))

static int32_t
find(void *ctx, const char *name, size_t length, OpresVariableType *type)
{
	const Known *list = ctx;

	for (int32_t i = 0; i < KNOWN_COUNT; i++)
	{
		if (strlen(list[i].name) == length && memcmp(list[i].name, name, length) == 0)
		{
			*type = list[i].type;
			return i;
		}
	}
	return -1;
}

static const char *
value_of(void *ctx, int32_t variable)
{
	const Known *list = ctx;

	return list[variable].value;
}

/* The text is handed over in a block of its own, freed before the condition is used. */
static OpresStatus
parse(OpresArena *arena, const char *text, OpresCondition **condition, const char **warning, int32_t *where, OpresError *error)
{
	char *copy = malloc(strlen(text) + 1);
	OpresStatus status;

	memcpy(copy, text, strlen(text) + 1);
	status = opres_condition_parse(arena, copy, find, known, condition, warning, where, error);
	free(copy);
	return status;
}

static void
answer(const char *text, OpresTruth expected, const char *expected_warning)
{
	OpresArena arena;
	OpresCondition *condition;
	const char *warning;
	int32_t where;
	OpresError error = { 0 };

	opres_arena_init(&arena, &opres_malloc_env, 0);
	if (!CHECK(parse(&arena, text, &condition, &warning, &where, &error) == OPRES_OK))
		printf("  %.200s: %s at %d\n", text, error.message, where);
	else
	{
		size_t held = arena.held;

		if (!CHECK_INT(opres_condition_evaluate(condition, value_of, known), expected) ||
			!CHECK(expected_warning == NULL ? warning == NULL : warning != NULL && strstr(warning, expected_warning) != NULL))
			printf("  %.200s: warning %s\n", text, warning ? warning : "none");
		CHECK_INT(arena.held, held);
	}
	opres_arena_free(&arena);
}

static void
is_true(const char *text)
{
	answer(text, OPRES_TRUE, NULL);
}

static void
is_false(const char *text)
{
	answer(text, OPRES_FALSE, NULL);
}

static void
is_unknown(const char *text)
{
	answer(text, OPRES_UNKNOWN, NULL);
}

static void
refused(const char *text, int32_t expected_where, const char *expected)
{
	OpresArena arena;
	OpresCondition *condition;
	const char *warning;
	int32_t where = -1;
	OpresError error = { 0 };

	opres_arena_init(&arena, &opres_malloc_env, 0);
	if (!CHECK(parse(&arena, text, &condition, &warning, &where, &error) == OPRES_INVALID) || !CHECK_INT(where, expected_where) ||
		!CHECK(strstr(error.message, expected) != NULL) ||
		!CHECK(condition == NULL && warning == NULL && error.status == OPRES_INVALID && error.node == -1))
		printf("  %.200s: %s at %d\n", text, error.message, where);
	opres_arena_free(&arena);
}

/* From the playbooks OASIS, SOARCA and others have published. */
static void
test_published(void)
{
	is_true("__whileStepVariable__:value <= 10");
	is_true("__ifStepVariable__:value");
	answer("__should.execute.true__:value = yes", OPRES_FALSE, "read as text");
	refused("Operator input to proceed", 0, "only true, false");
	refused("Response received from TH-AP Consumer", 0, "only true, false");
	refused("\"response:status\" == 200", 0, "no meaning");
}

static void
test_comparisons(void)
{
	is_true("__n__:value = 7");
	is_true("__n__ == 7.0");
	is_true("__n__=7");
	is_false("__n__ != 7");
	is_false("__n__ <> 7");
	is_true("__n__ <> 8");
	is_true("__n__ < 8");
	is_false("__n__ < 7");
	is_true("__n__ <= 7");
	is_false("__n__ <= 6");
	is_true("__n__ > 6");
	is_false("__n__ > 7");
	is_true("__n__ >= 7");
	is_false("__n__ >= 8");
	is_true("7 = __n__");
	is_true("__n__>-5");
	is_true("__n__ = +7");
	is_true("__n__ = '7'");
	is_true("__n__ = 0.7e1");
	is_true("__f__ = -2.5");
	is_true("__f__ < -.5");
	is_true("__f__ < __n__");
	is_true("__s__ = 5.0");
	is_false("__s__ = '5.0'");
	is_true("__s__ < '10'"); /* numbers: as texts it would not be */
	is_true("'9' < '10'");
	is_unknown("__ip__ < 5");
	is_unknown("__text__ = 5");
	is_unknown("__empty__ = 0");
	is_true("__empty__ = ''");
	is_true("__ip__ = '192.0.2.1'");
	is_false("__ip__ = '192.0.2.01'");
	is_true("__text__ = '\xe3\x81\xaf\xe3\x81\x84'");
	answer("__text__\xe3\x80\x80=\xe3\x80\x80\xe3\x81\xaf\xe3\x81\x84\xe3\x80\x80", OPRES_TRUE, "read as text");
	answer("yes = __text__", OPRES_FALSE, "read as text");
	is_true("__path__ = 'C:\\\\a\\'b_c%d'");
	is_true("__off__ = false");
	is_true("__off__ = 'false'");
	is_true("__off__ != TRUE");
	is_true("true = True");
	is_false("true = false");
	is_true("__off__ <> __ifStepVariable__");
	is_unknown("__s__ = true");
	answer("__off__ = 'False'", OPRES_UNKNOWN, "never be answered");
	answer("__off__ = 0", OPRES_UNKNOWN, "never be answered");
	answer("__n__ = 'x'", OPRES_UNKNOWN, "never be answered");
	answer("__n__ = true", OPRES_UNKNOWN, "never be answered");
	answer("__text__ < 'x'", OPRES_UNKNOWN, "never be answered");
	is_unknown("__null__ = __null__");
	is_unknown("__null__ != 'x'");
	is_unknown("__null__ < 1");
	is_unknown("__nobool__");
	is_true("__AND__ and __a-b_9__");
}

static void
test_exact(void)
{
	is_true("__l__ = 9223372036854775807");
	is_false("__l__ = 9223372036854775808");
	is_true("__l__ < 9223372036854775808");
	is_true("__l__ > 9223372036854775806.999999999999999999999999");
	is_true("9007199254740993 > 9007199254740992");
	is_true("123456789012345678901234567890123456789 > 123456789012345678901234567890123456788");
	is_true("0.1 = 1e-1");
	is_true("100 = 1e2");
	is_true("1e2 = 100.000");
	is_true("1e9999 > 1e9998");
	is_true("-1e9999 < -1e9998");
	is_true("0.1e1 = 000001");
	is_true("0 = -0.000e5");
	is_true("-0.00001 < 0");
	is_true("1e-9999 > 0");
	is_true("10.01 < 10.010000000000000000000000000000000001");
	is_true("-10.01 > -10.010000000000000000000000000000000001");
	is_true(".5 = 0.5");
	is_true("1e00000000000000000000002 = 100");
	refused("1e10000 = 1", 0, "no number");
	refused("1e99999999999999999999999 = 1", 0, "no number");
	refused("5. = 5", 0, "no number");
	refused("1e = 1", 0, "no number");
	refused("+ = 1", 0, "no number");
	refused(". = 1", 0, "no number");
	refused("1 = 10.0.0.1", 4, "no number");
	refused("1 = 10min", 4, "no number");
	refused("1 = 0x10", 4, "no number");
	refused("1 = 5-3", 4, "no number");
	refused("1 = -x", 4, "no number");
}

static void
test_logic(void)
{
	static const char *const texts[3] = { "false", "true", "__nobool__" };
	static const OpresTruth values[3] = { OPRES_FALSE, OPRES_TRUE, OPRES_UNKNOWN };
	static const OpresTruth both[3][3] = { { OPRES_FALSE, OPRES_FALSE, OPRES_FALSE },
										   { OPRES_FALSE, OPRES_TRUE, OPRES_UNKNOWN },
										   { OPRES_FALSE, OPRES_UNKNOWN, OPRES_UNKNOWN } };
	static const OpresTruth either[3][3] = { { OPRES_FALSE, OPRES_TRUE, OPRES_UNKNOWN },
											 { OPRES_TRUE, OPRES_TRUE, OPRES_TRUE },
											 { OPRES_UNKNOWN, OPRES_TRUE, OPRES_UNKNOWN } };
	static const OpresTruth opposite[3] = { OPRES_TRUE, OPRES_FALSE, OPRES_UNKNOWN };
	char text[100];

	for (int a = 0; a < 3; a++)
	{
		answer(texts[a], values[a], NULL);
		snprintf(text, sizeof(text), "NOT %s", texts[a]);
		answer(text, opposite[a], NULL);
		for (int b = 0; b < 3; b++)
		{
			snprintf(text, sizeof(text), "%s AND %s", texts[a], texts[b]);
			answer(text, both[a][b], NULL);
			snprintf(text, sizeof(text), "%s or %s", texts[a], texts[b]);
			answer(text, either[a][b], NULL);
		}
	}
	is_true("true OR true AND false");
	is_false("(true OR true) AND false");
	is_true("false AND false OR true");
	is_true("NOT false OR true AND false");
	is_false("NOT (false OR true) AND true");
	is_true("NOT false AND NOT false");
	is_false("NOT NOT false");
	is_true("NOT NOT NOT false");
	is_true("NOT __n__ = 8");
	is_true("((__n__ = 7))and(true)");
	is_true("not(false)");
	is_false("true and true and true and false");
	is_true("false or false or (false or (false or true))");
	is_true("NOT (NOT (NOT (NOT true)))");
}

static void
test_lists(void)
{
	is_true("__n__ IN (5, 6, 7)");
	is_false("__n__ NOT IN (5, 6, 7)");
	is_false("__n__ in (5)");
	is_true("__n__ not in (5)");
	is_true("__s__ IN ('4','5')");
	is_true("__n__ IN (07.0)");
	is_unknown("__null__ IN ('a')");
	is_unknown("__null__ NOT IN ('a')");
	is_true("5 IN ('5', 6)");
	answer("5 IN (6, 'x')", OPRES_UNKNOWN, "never be answered");
	answer("5 NOT IN (6, 'x')", OPRES_UNKNOWN, "never be answered");
	answer("5 IN ('x', 5)", OPRES_TRUE, "never be answered");
	answer("__text__ IN (yes, \xe3\x81\xaf\xe3\x81\x84)", OPRES_TRUE, "read as text");
	refused("5 IN (5, yes)", 0, "with a variable only");
	refused("__n__ IN ()", 10, "in the list");
	refused("__n__ IN (__s__)", 10, "no variable");
	refused("__n__ IN (5,)", 12, "in the list");
	refused("__n__ IN (5 6)", 12, "a comma");
	refused("__n__ IN (5", 11, "a comma");
	refused("__n__ IN 5", 9, "in parentheses");
	refused("__n__ IN ((5))", 10, "in the list");
	refused("__n__ NOT 5", 10, "after NOT");
	refused("__n__ NOT = 5", 10, "after NOT");
	refused("__n__ NOT", 9, "after NOT");
}

static void
test_like(void)
{
	is_true("__ip__ LIKE '192.0.2.%'");
	is_false("__ip__ NOT LIKE '192.0.2.%'");
	is_false("__ip__ LIKE '192.0.2'");
	is_true("__ip__ like '%'");
	is_true("__empty__ LIKE '%'");
	is_true("__empty__ LIKE ''");
	is_false("__empty__ LIKE '_'");
	is_unknown("__null__ LIKE '%'");
	is_unknown("__null__ NOT LIKE '%'");
	is_true("__text__ LIKE '__'"); /* two characters in six bytes */
	is_false("__text__ LIKE '___'");
	is_true("__text__ LIKE '%\xe3\x81\x84'");
	is_true("__text__ LIKE '_%_'");
	is_false("__text__ LIKE '_%_%_'");
	is_true("__path__ LIKE 'C:\\\\a\\'b\\_c\\%d'");
	is_false("'aXb' LIKE 'a\\_b'");
	is_true("'a_b' LIKE 'a\\_b'");
	is_false("'aXb' LIKE 'a\\%b'");
	is_true("'a%b' LIKE 'a\\%b'");
	is_true("'aaab' LIKE '%ab'");
	is_true("'abcabd' LIKE '%ab_'");
	is_false("'abcabd' LIKE '%ab'");
	is_true("'mississippi' LIKE 'm%iss%ip%'");
	is_false("'mississippi' LIKE 'm%iss%ipx%'");
	is_true("'x' LIKE '%%x%%'");
	is_true("__n__ LIKE '7'");
	is_false("'a' LIKE 'A'");
	refused("__n__ LIKE 7", 11, "between quotes");
	refused("__n__ LIKE __s__", 11, "between quotes");
	refused("__n__ LIKE yes", 11, "between quotes");
	refused("yes LIKE 'y%'", 0, "with a variable only");
	refused("__path__ = 'a\\%'", 13, "only the text after LIKE");
	refused("'a\\_' LIKE 'a'", 2, "only the text after LIKE");
}

static void
test_refused(void)
{
	refused("", 0, "is empty");
	refused(" \t\n\xe3\x80\x80", 6, "is empty");
	refused("Proceed", 0, "only true, false");
	refused("5", 0, "only true, false");
	refused("'true'", 0, "only true, false");
	refused("__n__", 0, "only true, false");
	refused("true and __ip__", 9, "only true, false");
	refused("Service restored = yes", 0, "only true, false");
	refused("restored = yes", 0, "with a variable only");
	refused("'restored' = yes", 0, "with a variable only");
	refused("__nobody__ = 5", 0, "no variable of this name");
	refused("true or __Text__ = 5", 8, "no variable of this name");
	refused("__n_ = 5", 0, "two underscores");
	refused("____ = 5", 0, "two underscores");
	refused("__n__.value = 5", 0, "two underscores");
	refused("__n__:valu = 5", 5, "only :value");
	refused("__n__:values = 5", 5, "only :value");
	refused("__n__: value = 5", 5, "only :value");
	refused("__n__ :value = 5", 6, "no meaning");
	refused("__n__ =", 7, "to compare with");
	refused("__n__ = = 5", 8, "to compare with");
	refused("__n__ => 5", 7, "to compare with");
	refused("__n__ = (5)", 8, "to compare with");
	refused("= 5", 0, "a variable or a value");
	refused("(__n__) = 5", 1, "only true, false");
	refused("(true) = true", 7, "AND, OR or the end");
	refused("true true", 5, "AND, OR or the end");
	refused("true 'x'", 5, "AND, OR or the end");
	refused("1 = 1 = 1", 6, "AND, OR or the end");
	refused("true and", 8, "a variable or a value");
	refused("and true", 0, "a variable or a value");
	refused("true not", 8, "after NOT");
	refused("not", 3, "a variable or a value");
	refused("()", 1, "a variable or a value");
	refused("(true", 5, "not closed");
	refused("((true)", 7, "not closed");
	refused("true)", 4, "closes nothing");
	refused("__s__ = 'x", 8, "no closing quote");
	refused("__s__ = 'x\\'", 8, "no closing quote");
	refused("__s__ = 'x\\", 10, "backslash");
	refused("__s__ = 'a\\n'", 10, "backslash");
	refused("__s__ = 'it''s'", 12, "AND, OR or the end");
	refused("__s__ = \"x\"", 8, "no meaning");
	refused("true && true", 5, "no meaning");
	refused("!true", 0, "no meaning");
	refused("true\x01", 4, "no meaning");
	refused("true ; true", 5, "no meaning");
}

static char *
repeated(const char *before, const char *what, int count, const char *after)
{
	size_t length = strlen(what);
	char *text = malloc(strlen(before) + length * (size_t) count + strlen(after) + 1);
	char *end = text + strlen(before);

	strcpy(text, before);
	for (int i = 0; i < count; i++, end += length)
		memcpy(end, what, length);
	strcpy(end, after);
	return text;
}

static char *
nested(int depth, const char *inner)
{
	char *left = repeated("", "true or (false or true and not(", depth / 2, inner);
	char *text = repeated(left, "))", depth / 2, "");

	free(left);
	return text;
}

static void
test_size(void)
{
	char *text = repeated("", "(", 100000, "true");

	refused(text, 65536, "longer than");
	free(text);
	text = repeated("", "(", 60000, "true");
	refused(text, 100, "too many parentheses");
	free(text);
	text = nested(100, "true");
	is_true(text);
	free(text);
	text = nested(102, "true");
	refused(text, 50 * 31 + 8, "too many parentheses");
	free(text);
	text = repeated("", "NOT ", 16001, "true");
	is_false(text);
	free(text);
	text = repeated("false", " or false", 7000, " or true");
	is_true(text);
	free(text);
	text = repeated("__n__ in (0", ",1", 30000, ",7)");
	is_true(text);
	free(text);
	text = repeated("true", " ", 65532, "");
	is_true(text);
	free(text);
	text = repeated("true", " ", 65533, "");
	refused(text, 65536, "longer than");
	free(text);
}

static void
test_variables(void)
{
	OpresArena arena;
	OpresCondition *condition;
	const char *warning;
	int32_t where;
	int32_t count = -1;
	const int32_t *variables;
	OpresError error;

	opres_arena_init(&arena, &opres_malloc_env, 0);
	CHECK(parse(&arena, "__s__ = '1' OR __n__ = __s__ AND NOT (__off__ OR __n__:value in (1, 2))", &condition, &warning, &where,
				&error) == OPRES_OK);
	variables = opres_condition_variables(condition, &count);
	if (CHECK_INT(count, 3))
	{
		CHECK_TEXT(known[variables[0]].name, "__s__");
		CHECK_TEXT(known[variables[1]].name, "__n__");
		CHECK_TEXT(known[variables[2]].name, "__off__");
	}
	CHECK(parse(&arena, "1 = 1", &condition, &warning, &where, &error) == OPRES_OK);
	opres_condition_variables(condition, &count);
	CHECK_INT(count, 0);
	opres_arena_free(&arena);
}

/* Every allocation that fails is reported as such. */
static void
test_memory(void)
{
	char *text = repeated("__n__ = 1", " or __s__ = 'abcdefghijklmnopqrstuvwxyz'", 1000, "");
	OpresCondition *condition;
	const char *warning;
	int32_t where;
	size_t needed;
	OpresArena arena;
	OpresError error;

	opres_arena_init(&arena, &opres_malloc_env, 0);
	CHECK(opres_condition_parse(&arena, text, find, known, &condition, &warning, &where, &error) == OPRES_OK);
	needed = arena.held;
	opres_arena_free(&arena);
	for (size_t limit = 1; limit < needed; limit += 5000)
	{
		OpresStatus status;

		opres_arena_init(&arena, &opres_malloc_env, limit);
		status = opres_condition_parse(&arena, text, find, known, &condition, &warning, &where, &error);
		CHECK(status == OPRES_MEMORY_LIMIT && error.status == OPRES_MEMORY_LIMIT && condition == NULL);
		opres_arena_free(&arena);
	}
	free(text);
}

static void
value(OpresVariableType type, const char *text, bool expected)
{
	char *copy = malloc(strlen(text) + 1);

	memcpy(copy, text, strlen(text) + 1);
	if (!CHECK(opres_variable_value_valid(type, copy) == expected))
		printf("  %s '%s' should be %s\n", opres_variable_type_names[type], text, expected ? "valid" : "refused");
	free(copy);
}

/* Texts with NULL after the last: valid ones, then refused ones. */
static void
values(OpresVariableType type, const char *const *valid, const char *const *not_valid)
{
	for (; *valid != NULL; valid++)
		value(type, *valid, true);
	for (; *not_valid != NULL; not_valid++)
		value(type, *not_valid, false);
}

#define VALUES(...)                                                                                                                \
	(const char *const[])                                                                                                          \
	{                                                                                                                              \
		__VA_ARGS__, NULL                                                                                                          \
	}

static void
test_simple_values(void)
{
	values(OPRES_VAR_BOOL, VALUES("true", "false"), VALUES("", "True", "TRUE", "yes", "1", "true ", " false", "truefalse", "t"));
	values(OPRES_VAR_INTEGER, VALUES("0", "-0", "+5", "007", "2147483647", "-2147483648", "00000000000000002147483647"),
		   VALUES("", "-", "+", "2147483648", "-2147483649", "9999999999999999999999999", "1.0", "1e2", " 1", "1 ", "0x1", "1,000",
				  "--1", "1-", "\xef\xbc\x91"));
	values(OPRES_VAR_LONG, VALUES("9223372036854775807", "-9223372036854775808", "2147483648"),
		   VALUES("9223372036854775808", "-9223372036854775809", "99999999999999999999", "1.5", ""));
	values(OPRES_VAR_FLOAT,
		   VALUES("0", "1", "-1.5", "+1.5", ".5", "-.5", "1e5", "1E+5", "1.5e-5", "1e9999", "1e-9999",
				  "3.14159265358979323846264338327950288419716939937510582097494459230781640628620899"),
		   VALUES("", ".", "-", "5.", "NaN", "nan", "Infinity", "inf", "1e", "1e+", "e5", "1e10000", "1.5.5", "0x1p3", "1,5", " 1",
				  "1f"));
	values(OPRES_VAR_HEXSTRING, VALUES("", "00", "0123456789abcdefABCDEF"), VALUES("0", "0x00", "0g", "00 ", "abc"));
	values(OPRES_VAR_STRING, VALUES("", "x", " ", "\xe3\x81\xaf\xe3\x81\x84"), (const char *const[]){ NULL });
	values(OPRES_VAR_DICTIONARY, VALUES("{}", "anything"), (const char *const[]){ NULL });
}

#define HEX32 "0123456789abcdef0123456789ABCDEF"
#define HEX8 "01234567"

static void
test_names_of_things(void)
{
	values(OPRES_VAR_UUID,
		   VALUES("00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff",
				  "c232ab00-9414-11ec-b3c8-9f6bdeced846", /* versions 1, 3, 4, 5, 6, 7, 8: the examples of RFC 9562 */
				  "5df41881-3aed-3515-88a7-2f4a814cf09e", "919108f7-52d1-4320-9bac-f847db4148a8",
				  "2ed6657d-e927-568b-95e1-2665a8aea6a2", "1EC9414C-232A-6B00-B3C8-9F6BDECED846",
				  "017F22E2-79B0-7CC3-98C4-DC0C0C07398F", "2489E9AD-2EE2-8E00-8EC9-32D5F69181C0"),
		   VALUES("", "{919108f7-52d1-4320-9bac-f847db4148a8}", "urn:uuid:919108f7-52d1-4320-9bac-f847db4148a8",
				  "919108f752d143209bacf847db4148a8", "919108f7-52d1-4320-9bac-f847db4148a",
				  "919108f7-52d1-4320-9bac-f847db4148a80", "919108f7-52d1-4320-9bac-f847db4148ag",
				  "919108f7-52d14-320-9bac-f847db4148a8", "incident--919108f7"));
	values(OPRES_VAR_MD5_HASH, VALUES(HEX32), VALUES("", HEX32 "0", HEX32 HEX32, "x123456789abcdef0123456789ABCDEF"));
	values(OPRES_VAR_SHA256_HASH, VALUES(HEX32 HEX32), VALUES("", HEX32, HEX32 HEX32 "00"));
	values(OPRES_VAR_HASH, VALUES(HEX32, HEX32 HEX8, HEX32 HEX8 HEX8 HEX8, HEX32 HEX32, HEX32 HEX32 HEX32, HEX32 HEX32 HEX32 HEX32),
		   VALUES("", HEX8, HEX32 "0", HEX32 HEX8 HEX8, HEX32 HEX32 HEX8, HEX32 HEX32 HEX32 HEX32 "00",
				  "g123456789abcdef0123456789ABCDEF"));
	values(OPRES_VAR_MAC_ADDR, VALUES("00:00:5e:00:53:01", "00-00-5E-00-53-FF"),
		   VALUES("", "00:00:5e:00:53", "00:00:5e:00:53:01:02", "0:0:5e:0:53:1", "00:00-5e:00:53:01", "00005e005301",
				  "0000.5e00.5301", "00:00:5e:00:53:0g", "00:00:5e:00:53:01 "));
}

static void
test_addresses(void)
{
	values(OPRES_VAR_IPV4_ADDR, VALUES("0.0.0.0", "255.255.255.255", "192.0.2.1"),
		   VALUES("", "256.0.0.1", "192.0.2", "192.0.2.1.5", "192.0.2.01", "192.0.2.1/24", " 192.0.2.1", "192.0.2.1 ", "0xc0.0.2.1",
				  "1", "::1", "192.0.2.", "-1.0.0.0"));
	values(OPRES_VAR_IPV6_ADDR,
		   VALUES("::", "::1", "2001:db8::1", "2001:DB8:0:0:0:0:0:1", "1:2:3:4:5:6:7:8", "::ffff:192.0.2.1",
				  "1:2:3:4:5:6:192.0.2.1", "1::", "1:2:3:4:5:6:7::"),
		   VALUES("", ":", ":::", "1::2::3", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "12345::", "g::", "fe80::1%eth0",
				  "2001:db8::/32", "[::1]", "::192.0.2", "::256.0.0.1", "192.0.2.1", "1:2:3:4:5:6:7:192.0.2.1", ":1", "1:"));
	values(OPRES_VAR_URI,
		   VALUES("http://example.com", "https://user:pw@example.com:8443/a/b;c?d=e/f?#g?/h", "mailto:a@example.com",
				  "urn:isbn:0451450523", "file:///etc/hosts", "a:", "news:comp.lang", "http://[2001:db8::1]:80/",
				  "http://[v1.x:y]/", "ldap://[2001:db8::7]/c=GB?objectClass?one", "tel:+1-816-555-1212",
				  "http://example.com:", "http:///", "x+y-z.1:/a", "http://a/%E3%81%82", "a:b:c", "a:/b@c", "http://a?@:/"),
		   VALUES("", "example.com", "//example.com", "/a", ":a", "1http://a", "http", "ht_tp://a", "http://a b", "http://a/%",
				  "http://a/%4", "http://a/%zz", "http://a/\xe3\x81\x82", "http://a#b#c", "http://a/[b]", "http://[::1",
				  "http://::1/", "http://[::g]/", "http://[v1]/", "http://[v.x]/", "http://[v1.]/", "http://[v1.%41]/",
				  "http://[::1]x", "http://a:8x/", "http://a@b@c/", "http://a:80:80/", "http://a\\b", "http://<a>", "a:\"", "a:{}",
				  "a:b|c", "a:^", "a:`", "http://[::1%25eth0]/", "a:b\x7f", "http://a[/", "a:?[", "a:#["));
}

static void
test_type_names(void)
{
	CHECK_TEXT(opres_variable_type_names[OPRES_VAR_BOOL], "bool");
	CHECK_TEXT(opres_variable_type_names[OPRES_VAR_LONG], "long");
	CHECK_TEXT(opres_variable_type_names[OPRES_VAR_HASH], "hash");
	CHECK_TEXT(opres_variable_type_names[OPRES_VAR_UUID], "uuid");
}

int
main(void)
{
	test_published();
	test_comparisons();
	test_exact();
	test_logic();
	test_lists();
	test_like();
	test_refused();
	test_size();
	test_variables();
	test_memory();
	test_simple_values();
	test_names_of_things();
	test_addresses();
	test_type_names();
	return check_done();
}
