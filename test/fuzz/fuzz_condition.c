/*
 * fuzz_condition.c - libFuzzer: any bytes as a condition, beside variables whose values are the first lines of the input, and as a
 * value of every type. What is parsed answers the same again and in parentheses, its NOT the opposite; what is refused says why and
 * where. Values of the types with numbers read as numbers.
 */
#include "condition.h"
#include "promise.h"

#include <stdlib.h>
#include <string.h>

#define VARIABLES OPRES_VARIABLE_TYPES

/* A variable of each type, __a__ to __o__; NULL where the input had no line left. */
typedef struct Values
{
	const char *value[VARIABLES];
} Values;

static int32_t
find(void *ctx, const char *name, size_t length, OpresVariableType *type)
{
	PROMISE(length >= 5 && memcmp(name, "__", 2) == 0 && memcmp(name + length - 2, "__", 2) == 0);
	if (ctx == NULL || length != 5 || name[2] < 'a' || name[2] >= 'a' + VARIABLES)
		return -1;
	*type = (OpresVariableType) (name[2] - 'a');
	return name[2] - 'a';
}

static const char *
value_of(void *ctx, int32_t variable)
{
	const Values *values = ctx;

	PROMISE(variable >= 0 && variable < VARIABLES);
	return values->value[variable];
}

/* The answer of before, text and after together, or -1. */
static int
ask(const char *before, const char *text, const char *after, Values *values)
{
	char *whole = malloc(strlen(before) + strlen(text) + strlen(after) + 1);
	OpresArena arena;
	OpresCondition *condition;
	const char *warning;
	int32_t where;
	int32_t count;
	int answer = -1;
	OpresError error = { 0 };

	if (whole == NULL)
		return -1;
	strcpy(whole, before);
	strcat(whole, text);
	strcat(whole, after);
	opres_arena_init(&arena, &opres_malloc_env, 0);
	if (opres_condition_parse(&arena, whole, find, values, &condition, &warning, &where, &error) == OPRES_OK)
	{
		size_t held = arena.held;

		memset(whole, '?', strlen(whole)); /* it need not stay */
		answer = opres_condition_evaluate(condition, value_of, values);
		PROMISE(answer == OPRES_FALSE || answer == OPRES_TRUE || answer == OPRES_UNKNOWN);
		PROMISE((int) opres_condition_evaluate(condition, value_of, values) == answer);
		PROMISE(arena.held == held);
		opres_condition_variables(condition, &count);
		PROMISE(count >= 0 && count <= VARIABLES);
	}
	else
	{
		PROMISE(error.status == OPRES_INVALID && error.message[0] != '\0' && condition == NULL);
		PROMISE(where >= 0 && (size_t) where <= strlen(whole));
	}
	opres_arena_free(&arena);
	free(whole);
	return answer;
}

static void
check_values(const char *text)
{
	Values none = { { NULL } };
	bool valid[OPRES_VARIABLE_TYPES];

	for (int i = 0; i < OPRES_VARIABLE_TYPES; i++)
		valid[i] = opres_variable_value_valid((OpresVariableType) i, text);
	PROMISE(!valid[OPRES_VAR_INTEGER] || valid[OPRES_VAR_LONG]);
	PROMISE(!valid[OPRES_VAR_LONG] || valid[OPRES_VAR_FLOAT]);
	PROMISE(!valid[OPRES_VAR_MD5_HASH] || valid[OPRES_VAR_HASH]);
	PROMISE(!valid[OPRES_VAR_SHA256_HASH] || valid[OPRES_VAR_HASH]);
	PROMISE(!valid[OPRES_VAR_HASH] || valid[OPRES_VAR_HEXSTRING]);
	PROMISE(!valid[OPRES_VAR_IPV4_ADDR] || !valid[OPRES_VAR_IPV6_ADDR]);
	PROMISE(valid[OPRES_VAR_STRING] && valid[OPRES_VAR_DICTIONARY]);
	if (valid[OPRES_VAR_FLOAT])
	{
		PROMISE(ask("", text, " = 0", &none) == ask("0 = ", text, "", &none));
		PROMISE(ask("not 0 <= ", text, "", &none) == ask("", text, "< 0", &none));
		PROMISE(ask("", text, " in (0) or 1 = 1", &none) == OPRES_TRUE);
	}
}

static int
count_of(const char *text, char wanted)
{
	int count = 0;

	for (; *text != '\0'; text++)
		count += *text == wanted;
	return count;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	Values values = { { NULL } };
	char *text = malloc(size + 1);
	char *condition = text;
	char *end;
	int answer;

	if (text == NULL)
		return 0;
	if (size > 0 && memchr(data, 0, size) != NULL)
	{
		free(text);
		return -1;
	}
	if (size > 0)
		memcpy(text, data, size);
	text[size] = '\0';
	check_values(text);
	for (int i = 0; i < VARIABLES && (end = strchr(condition, '\n')) != NULL; i++)
	{
		*end = '\0';
		values.value[i] = condition;
		condition = end + 1;
	}
	answer = ask("", condition, "", &values);
	if (answer >= 0 && count_of(condition, '(') < 100) /* one level more is allowed */
	{
		PROMISE(ask("(", condition, ")", &values) == answer);
		answer = answer == OPRES_UNKNOWN ? answer : answer == OPRES_TRUE ? OPRES_FALSE : OPRES_TRUE;
		PROMISE(ask("not(", condition, ")", &values) == answer);
	}
	free(text);
	return 0;
}
