/*
 * condition_runner.c - conditions and values of variables at the end of a pipe: a question a line on stdin, an answer a line on
 * stdout.
 *
 * Tokens separated by blanks; texts are "x" and hexadecimal digits, NULL is "-", types are CACAO's names.
 *   forget                      no variables any more                       -> nothing
 *   variable NAME TYPE VALUE    one more                                    -> nothing
 *   condition TEXT              -> "refused", or false, true or unknown; 1 if it is warned of, else 0; the variables it names
 *   value TYPE TEXT             -> 0 or 1
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "condition.h"

#define MOST_VARIABLES 64
#define LONGEST_LINE 1000000

typedef struct Variable
{
	char *name;
	OpresVariableType type;
	char *value;
} Variable;

typedef struct Variables
{
	int32_t count;
	Variable list[MOST_VARIABLES];
} Variables;

static void
die(const char *what)
{
	fprintf(stderr, "condition_runner: %s\n", what);
	exit(2);
}

static const char *
token(void)
{
	const char *text = strtok(NULL, " \n");

	if (text == NULL)
		die("token missing");
	return text;
}

static int
digit(char c)
{
	return c <= '9' ? c - '0' : c - 'a' + 10;
}

/* Malloc'd, exactly as long as the text is, so that the sanitizer sees who reads past it. NULL for NULL. */
static char *
text(void)
{
	const char *hex = token();
	size_t length = (strlen(hex) - 1) / 2;
	char *bytes;

	if (strcmp(hex, "-") == 0)
		return NULL;
	bytes = malloc(length + 1);
	if (bytes == NULL)
		die("out of memory");
	for (size_t i = 0; i < length; i++)
		bytes[i] = (char) (digit(hex[1 + 2 * i]) << 4 | digit(hex[2 + 2 * i]));
	bytes[length] = '\0';
	return bytes;
}

static OpresVariableType
type(void)
{
	const char *name = token();

	for (int i = 0; i < OPRES_VARIABLE_TYPES; i++)
	{
		if (strcmp(name, opres_variable_type_names[i]) == 0)
			return (OpresVariableType) i;
	}
	die("no such type");
	return OPRES_VAR_BOOL;
}

static int32_t
find(void *ctx, const char *name, size_t length, OpresVariableType *found)
{
	const Variables *variables = ctx;

	for (int32_t i = 0; i < variables->count; i++)
	{
		if (strlen(variables->list[i].name) == length && memcmp(variables->list[i].name, name, length) == 0)
		{
			*found = variables->list[i].type;
			return i;
		}
	}
	return -1;
}

static const char *
value_of(void *ctx, int32_t variable)
{
	const Variables *variables = ctx;

	return variables->list[variable].value;
}

static void
forget(Variables *variables)
{
	while (variables->count > 0)
	{
		variables->count--;
		free(variables->list[variables->count].name);
		free(variables->list[variables->count].value);
	}
}

static void
remember(Variables *variables)
{
	Variable *variable = &variables->list[variables->count];

	if (variables->count == MOST_VARIABLES)
		die("too many variables");
	variable->name = text();
	variable->type = type();
	variable->value = text();
	variables->count++;
}

static void
answer(Variables *variables)
{
	static const char *const truths[] = { "false", "true", "unknown" };
	char *question = text();
	OpresArena arena;
	OpresCondition *condition;
	OpresError error;
	const char *warning;
	int32_t where;
	int32_t count;

	opres_arena_init(&arena, &opres_malloc_env, 0);
	if (opres_condition_parse(&arena, question, find, variables, &condition, &warning, &where, &error) != OPRES_OK)
	{
		if (error.status != OPRES_INVALID || where < 0 || (size_t) where > strlen(question))
			die("refused without a place");
		puts("refused");
	}
	else
	{
		const int32_t *named = opres_condition_variables(condition, &count);

		free(question);
		question = NULL;
		printf("%s %d", truths[opres_condition_evaluate(condition, value_of, variables)], warning != NULL);
		for (int32_t i = 0; i < count; i++)
			printf(" %s", variables->list[named[i]].name);
		putchar('\n');
	}
	free(question);
	opres_arena_free(&arena);
}

static void
judge(void)
{
	OpresVariableType which = type();
	char *value = text();

	printf("%d\n", opres_variable_value_valid(which, value));
	free(value);
}

int
main(void)
{
	static char line[LONGEST_LINE];
	static Variables variables;

	while (fgets(line, sizeof(line), stdin) != NULL)
	{
		const char *question = strtok(line, " \n");

		if (question == NULL)
			die("an empty line");
		if (strcmp(question, "forget") == 0)
			forget(&variables);
		else if (strcmp(question, "variable") == 0)
			remember(&variables);
		else if (strcmp(question, "condition") == 0)
			answer(&variables);
		else if (strcmp(question, "value") == 0)
			judge();
		else
			die("no such question");
	}
	forget(&variables);
	return 0;
}
