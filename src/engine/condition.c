/*
 * condition.c - parsing conditions: tokens, and a parser that keeps what waits in an array instead of calling itself (see
 * condition.h; the grammar is in workflow-semantics.md, "Conditions").
 *
 * What it leaves, texts included, is in the caller's arena; the text parsed need not stay.
 */
#include "condition_program.h"

#include <string.h>

#include "scan.h"

/* Longer ones were written by nobody; it also bounds looking for doubles among the variables. */
#define LONGEST_CONDITION 65536
/* Of a level, an OR, an AND and a NOT can wait, and what opened it. */
#define MOST_WAITING (4 * (OPRES_CONDITION_NESTING + 1))

typedef enum TokenKind
{
	TOKEN_END,
	TOKEN_OPEN,
	TOKEN_CLOSE,
	TOKEN_COMMA,
	TOKEN_COMPARISON,
	TOKEN_STRING,
	TOKEN_NUMBER,
	TOKEN_TRUTH,
	TOKEN_VARIABLE,
	TOKEN_WORD,
	TOKEN_AND,
	TOKEN_OR,
	TOKEN_NOT,
	TOKEN_IN,
	TOKEN_LIKE
} TokenKind;

typedef struct Token
{
	TokenKind kind;
	OpresComparison comparison;
	size_t at;        /* where it begins */
	const char *text; /* of a string: between the quotes; of a variable: the name */
	size_t length;
} Token;

typedef struct Parser
{
	OpresArena *arena;
	const char *text;
	size_t length;
	size_t next; /* byte after the token */
	Token token;
	OpresVariableFind find;
	void *ctx;
	OpresCondition *condition;
	int32_t code_room, test_room, operand_room, variable_room;
	TokenKind waiting[MOST_WAITING]; /* TOKEN_OPEN, TOKEN_OR, TOKEN_AND, TOKEN_NOT */
	int32_t waiting_count;
	int32_t nesting;
	const char *warning; /* the first */
	const char *message; /* NULL = no failure yet, or one of memory */
	size_t where;
} Parser;

static bool
fail(Parser *parser, size_t where, const char *message)
{
	parser->message = message;
	parser->where = where;
	return false;
}

static void
warn(Parser *parser, const char *warning)
{
	if (parser->warning == NULL)
		parser->warning = warning;
}

/* Tokens */

/* Blanks, and the one Japanese writing has (U+3000). */
static void
skip_blanks(Parser *parser)
{
	while (parser->next < parser->length)
	{
		if (opres_is_blank(parser->text[parser->next]))
			parser->next++;
		else if (strncmp(parser->text + parser->next, "\xe3\x80\x80", 3) == 0)
			parser->next += 3;
		else
			break;
	}
}

/* All that is not ASCII counts, but for the blank above. */
static bool
in_word(const Parser *parser, size_t at)
{
	char c = at < parser->length ? parser->text[at] : '\0';

	if ((unsigned char) c >= 0x80)
		return strncmp(parser->text + at, "\xe3\x80\x80", 3) != 0;
	return opres_is_letter(c) || opres_is_digit(c) || c == '_' || c == '-' || c == '.';
}

static bool
read_string(Parser *parser)
{
	size_t from = parser->next + 1;
	size_t at = from;

	while (at < parser->length && parser->text[at] != '\'')
	{
		if (parser->text[at] == '\\' && (at + 1 == parser->length || strchr("\\'%_", parser->text[at + 1]) == NULL))
			return fail(parser, at, "a backslash in a text is written \\\\");
		at += parser->text[at] == '\\' ? 2 : 1;
	}
	if (at >= parser->length)
		return fail(parser, from - 1, "the text has no closing quote");
	parser->token.kind = TOKEN_STRING;
	parser->token.text = parser->text + from;
	parser->token.length = at - from;
	parser->next = at + 1;
	return true;
}

/* Longest first. */
static bool
read_symbol(Parser *parser)
{
	static const struct
	{
		const char *symbol;
		TokenKind kind;
		OpresComparison comparison;
	} symbols[] = {
		{ "==", TOKEN_COMPARISON, OPRES_EQUAL },
		{ "!=", TOKEN_COMPARISON, OPRES_NOT_EQUAL },
		{ "<>", TOKEN_COMPARISON, OPRES_NOT_EQUAL },
		{ "<=", TOKEN_COMPARISON, OPRES_LESS_EQUAL },
		{ ">=", TOKEN_COMPARISON, OPRES_GREATER_EQUAL },
		{ "=", TOKEN_COMPARISON, OPRES_EQUAL },
		{ "<", TOKEN_COMPARISON, OPRES_LESS },
		{ ">", TOKEN_COMPARISON, OPRES_GREATER },
		{ "(", TOKEN_OPEN, OPRES_EQUAL },
		{ ")", TOKEN_CLOSE, OPRES_EQUAL },
		{ ",", TOKEN_COMMA, OPRES_EQUAL },
	};

	for (size_t i = 0; i < sizeof(symbols) / sizeof(symbols[0]); i++)
	{
		size_t length = strlen(symbols[i].symbol);

		if (strncmp(parser->text + parser->next, symbols[i].symbol, length) == 0)
		{
			parser->token.kind = symbols[i].kind;
			parser->token.comparison = symbols[i].comparison;
			parser->next += length;
			return true;
		}
	}
	return fail(parser, parser->next, "a character that has no meaning in a condition");
}

static bool
read_number(Parser *parser)
{
	size_t from = parser->next;
	size_t at = from;

	while (in_word(parser, at) || (at < parser->length && parser->text[at] == '+'))
		at++;
	if (!opres_condition_readable(OPRES_AS_NUMBERS, parser->text + from, at - from))
		return fail(parser, from, "this is no number; a text stands between quotes");
	parser->token.kind = TOKEN_NUMBER;
	parser->token.length = at - from;
	parser->next = at;
	return true;
}

/* The word is a name: __name__, perhaps with :value behind. */
static bool
finish_variable(Parser *parser)
{
	const Token *token = &parser->token;
	const char *end = token->text + token->length;

	if (token->length < 5 || end[-1] != '_' || end[-2] != '_')
		return fail(parser, token->at, "the name of a variable ends with two underscores");
	if (*end == ':')
	{
		if (strncmp(end, ":value", 6) != 0 || in_word(parser, parser->next + 6))
			return fail(parser, parser->next, "only :value can follow the name of a variable");
		parser->next += 6;
	}
	return true;
}

static bool
read_word(Parser *parser)
{
	static const struct
	{
		const char *word;
		TokenKind kind;
	} words[] = {
		{ "and", TOKEN_AND },   { "or", TOKEN_OR },      { "not", TOKEN_NOT },     { "in", TOKEN_IN },
		{ "like", TOKEN_LIKE }, { "true", TOKEN_TRUTH }, { "false", TOKEN_TRUTH },
	};
	Token *token = &parser->token;

	while (in_word(parser, parser->next))
		parser->next++;
	token->kind = TOKEN_WORD;
	token->length = parser->next - token->at;
	if (strncmp(token->text, "__", 2) == 0)
	{
		token->kind = TOKEN_VARIABLE;
		return finish_variable(parser);
	}
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
	{
		if (opres_same_word(token->text, token->length, words[i].word))
			token->kind = words[i].kind;
	}
	return true;
}

static bool
advance(Parser *parser)
{
	char c;

	skip_blanks(parser);
	parser->token = (Token){ TOKEN_END, OPRES_EQUAL, parser->next, parser->text + parser->next, 0 };
	if (parser->next == parser->length)
		return true;
	c = parser->text[parser->next];
	if (c == '\'')
		return read_string(parser);
	if (opres_is_digit(c) || c == '.' || c == '-' || c == '+')
		return read_number(parser);
	return in_word(parser, parser->next) ? read_word(parser) : read_symbol(parser);
}

/* Writing the program */

static bool
emit(Parser *parser, int32_t code)
{
	OpresCondition *condition = parser->condition;

	if (!opres_arena_grow(parser->arena, (void **) &condition->code, &parser->code_room, condition->code_count + 1,
						  sizeof(*condition->code)))
		return false;
	condition->code[condition->code_count++] = code;
	return true;
}

/* NOT and AND before OR, NOT before AND: what waits and binds at least as tightly is done. */
static bool
emit_waiting(Parser *parser, TokenKind down_to)
{
	while (parser->waiting_count > 0)
	{
		TokenKind kind = parser->waiting[parser->waiting_count - 1];
		int32_t code = kind == TOKEN_NOT ? OPRES_CODE_NOT : kind == TOKEN_AND ? OPRES_CODE_AND : OPRES_CODE_OR;

		if (kind == TOKEN_OPEN || (kind == TOKEN_OR && down_to == TOKEN_AND))
			return true;
		parser->waiting_count--;
		if (!emit(parser, code))
			return false;
	}
	return true;
}

static bool
note_variable(Parser *parser, int32_t variable)
{
	OpresCondition *condition = parser->condition;

	for (int32_t i = 0; i < condition->variable_count; i++)
	{
		if (condition->variables[i] == variable)
			return true;
	}
	if (!opres_arena_grow(parser->arena, (void **) &condition->variables, &parser->variable_room, condition->variable_count + 1,
						  sizeof(*condition->variables)))
		return false;
	condition->variables[condition->variable_count++] = variable;
	return true;
}

/* A copy of a literal; without the backslashes, unless it is a pattern, which needs them. */
static bool
copy_literal(Parser *parser, const Token *token, bool pattern, OpresOperand *operand)
{
	char *copy = opres_arena_array(parser->arena, token->length + 1, 1);
	size_t length = 0;

	if (copy == NULL)
		return false;
	for (size_t i = 0; i < token->length; i++)
	{
		if (token->kind == TOKEN_STRING && token->text[i] == '\\' && !pattern)
		{
			i++;
			if (token->text[i] == '%' || token->text[i] == '_')
				return fail(parser, (size_t) (token->text - parser->text) + i - 1, "only the text after LIKE has \\% and \\_");
		}
		copy[length++] = token->text[i];
	}
	if (token->kind == TOKEN_TRUTH) /* written in any case */
		memcpy(copy, length == 4 ? "true" : "false", length);
	operand->text = copy;
	operand->length = length;
	return true;
}

static bool
add_operand(Parser *parser, const OpresOperand *operand)
{
	OpresCondition *condition = parser->condition;

	if (!opres_arena_grow(parser->arena, (void **) &condition->operands, &parser->operand_room, condition->operand_count + 1,
						  sizeof(*condition->operands)))
		return false;
	condition->operands[condition->operand_count++] = *operand;
	return true;
}

static bool
find_variable(Parser *parser, const Token *token, OpresOperand *operand)
{
	operand->variable = parser->find(parser->ctx, token->text, token->length, &operand->type);
	if (operand->variable < 0)
		return fail(parser, token->at, "there is no variable of this name");
	return note_variable(parser, operand->variable);
}

/* Takes the token as an operand; expected says what it could have been. */
static bool
parse_operand(Parser *parser, bool pattern, const char *expected)
{
	const Token *token = &parser->token;
	OpresOperand operand = { OPRES_OPERAND_STRING, OPRES_VAR_STRING, -1, NULL, 0 };

	switch (token->kind)
	{
		case TOKEN_VARIABLE:
			operand.kind = OPRES_OPERAND_VARIABLE;
			break;
		case TOKEN_STRING:
			break;
		case TOKEN_NUMBER:
			operand.kind = OPRES_OPERAND_NUMBER;
			break;
		case TOKEN_TRUTH:
			operand.kind = OPRES_OPERAND_TRUTH;
			break;
		case TOKEN_WORD:
			operand.kind = OPRES_OPERAND_WORD;
			break;
		default:
			return fail(parser, token->at, expected);
	}
	if (token->kind == TOKEN_VARIABLE ? !find_variable(parser, token, &operand) : !copy_literal(parser, token, pattern, &operand))
		return false;
	return add_operand(parser, &operand) && advance(parser);
}

/* Whether a side can ever be read so; what a variable of other types holds is not known before. */
static bool
may_be_read(OpresReading reading, const OpresOperand *operand)
{
	if (operand->kind != OPRES_OPERAND_VARIABLE)
		return opres_condition_readable(reading, operand->text, operand->length);
	return reading != OPRES_AS_NUMBERS || operand->type != OPRES_VAR_BOOL;
}

/*
 * A word without quotes is taken for a text beside a variable only: what people write to people ("Service restored = yes") must
 * not become an answer.
 */
static bool
check_sides(Parser *parser, const OpresConditionTest *test, size_t where)
{
	const OpresOperand *left = &parser->condition->operands[test->left];

	for (int32_t i = 0; i < test->right_count; i++)
	{
		const OpresOperand *right = &parser->condition->operands[test->right + i];
		OpresReading reading = opres_condition_reading(test->comparison, left, right);

		if (left->kind == OPRES_OPERAND_WORD || right->kind == OPRES_OPERAND_WORD)
		{
			if (test->comparison == OPRES_LIKE || (left->kind != OPRES_OPERAND_VARIABLE && right->kind != OPRES_OPERAND_VARIABLE))
				return fail(parser, where, "a word without quotes can be compared with a variable only");
			warn(parser, "a word without quotes is read as text");
		}
		if (!may_be_read(reading, left) || !may_be_read(reading, right))
			warn(parser, "a comparison that can never be answered: one side can not be read as the other asks");
	}
	return true;
}

/* Operands at the end are the right side. */
static bool
add_test(Parser *parser, OpresComparison comparison, int32_t left, size_t where)
{
	OpresCondition *condition = parser->condition;
	OpresConditionTest test = { comparison, left, left + 1, condition->operand_count - left - 1 };

	if (!check_sides(parser, &test, where))
		return false;
	if (!opres_arena_grow(parser->arena, (void **) &condition->tests, &parser->test_room, condition->test_count + 1,
						  sizeof(*condition->tests)))
		return false;
	condition->tests[condition->test_count++] = test;
	return emit(parser, condition->test_count - 1);
}

/* Parsing */

/* An operand alone is the comparison with true. */
static bool
parse_alone(Parser *parser, int32_t left, size_t where)
{
	static const OpresOperand is_true = { OPRES_OPERAND_TRUTH, OPRES_VAR_STRING, -1, "true", 4 };
	const OpresOperand *operand = &parser->condition->operands[left];
	bool may_be_truth =
		operand->kind == OPRES_OPERAND_TRUTH ||
		(operand->kind == OPRES_OPERAND_VARIABLE && (operand->type == OPRES_VAR_BOOL || operand->type == OPRES_VAR_STRING));

	if (!may_be_truth)
		return fail(parser, where, "only true, false or a variable of type bool or string is a condition by itself");
	return add_operand(parser, &is_true) && add_test(parser, OPRES_EQUAL, left, where);
}

/* ( literal, ... ) after IN. */
static bool
parse_list(Parser *parser)
{
	static const char expected[] = "a value in the list of IN was expected here, which is no variable";

	if (parser->token.kind != TOKEN_OPEN)
		return fail(parser, parser->token.at, "IN is followed by a list in parentheses");
	do
	{
		if (!advance(parser))
			return false;
		if (parser->token.kind == TOKEN_VARIABLE)
			return fail(parser, parser->token.at, expected);
		if (!parse_operand(parser, false, expected))
			return false;
	} while (parser->token.kind == TOKEN_COMMA);
	if (parser->token.kind != TOKEN_CLOSE)
		return fail(parser, parser->token.at, "a comma or the end of the list was expected here");
	return advance(parser);
}

static bool
parse_test(Parser *parser)
{
	int32_t left = parser->condition->operand_count;
	size_t where = parser->token.at;
	TokenKind kind;
	OpresComparison comparison;
	bool negated;

	if (!parse_operand(parser, false, "a variable or a value was expected here"))
		return false;
	negated = parser->token.kind == TOKEN_NOT;
	if (negated && !advance(parser))
		return false;
	kind = parser->token.kind;
	comparison = kind == TOKEN_LIKE ? OPRES_LIKE : parser->token.comparison;
	if (negated && kind != TOKEN_IN && kind != TOKEN_LIKE)
		return fail(parser, parser->token.at, "IN or LIKE was expected after NOT");
	if (kind != TOKEN_IN && kind != TOKEN_LIKE && kind != TOKEN_COMPARISON)
		return parse_alone(parser, left, where);
	if (!advance(parser))
		return false;
	if (kind == TOKEN_LIKE && parser->token.kind != TOKEN_STRING)
		return fail(parser, parser->token.at, "LIKE is followed by a text between quotes");
	if (kind == TOKEN_IN ? !parse_list(parser)
						 : !parse_operand(parser, kind == TOKEN_LIKE, "a variable or a value to compare with was expected here"))
		return false;
	return add_test(parser, comparison, left, where) && (!negated || emit(parser, OPRES_CODE_NOT));
}

static bool
wait_for(Parser *parser, TokenKind kind)
{
	if (kind == TOKEN_OPEN && ++parser->nesting > OPRES_CONDITION_NESTING)
		return fail(parser, parser->token.at, "too many parentheses within parentheses");
	/* Twice NOT is nothing, in this logic too; so they need no room. */
	if (kind == TOKEN_NOT && parser->waiting_count > 0 && parser->waiting[parser->waiting_count - 1] == TOKEN_NOT)
		parser->waiting_count--;
	else
		parser->waiting[parser->waiting_count++] = kind;
	return advance(parser);
}

static bool
parse_closing(Parser *parser)
{
	if (parser->nesting == 0)
		return fail(parser, parser->token.at, "this parenthesis closes nothing");
	if (!emit_waiting(parser, TOKEN_CLOSE))
		return false;
	parser->waiting_count--; /* what opened it */
	parser->nesting--;
	return advance(parser);
}

static bool
parse_all(Parser *parser)
{
	if (!advance(parser))
		return false;
	if (parser->token.kind == TOKEN_END)
		return fail(parser, parser->token.at, "the condition is empty");
	for (;;)
	{
		while (parser->token.kind == TOKEN_NOT || parser->token.kind == TOKEN_OPEN)
		{
			if (!wait_for(parser, parser->token.kind))
				return false;
		}
		if (!parse_test(parser))
			return false;
		while (parser->token.kind == TOKEN_CLOSE)
		{
			if (!parse_closing(parser))
				return false;
		}
		if (parser->token.kind != TOKEN_AND && parser->token.kind != TOKEN_OR)
			break;
		if (!emit_waiting(parser, parser->token.kind) || !wait_for(parser, parser->token.kind))
			return false;
	}
	if (parser->token.kind != TOKEN_END)
		return fail(parser, parser->token.at, "AND, OR or the end of the condition was expected here");
	if (parser->nesting > 0)
		return fail(parser, parser->token.at, "a parenthesis is not closed");
	return emit_waiting(parser, TOKEN_END);
}

OpresStatus
opres_condition_parse(OpresArena *arena, const char *text, OpresVariableFind find, void *ctx, OpresCondition **condition,
					  const char **warning, int32_t *where, OpresError *error)
{
	Parser parser = { .arena = arena, .text = text, .length = strlen(text), .find = find, .ctx = ctx };
	bool parsed;

	*condition = NULL;
	*warning = NULL;
	*where = 0;
	parser.condition = opres_arena_array(arena, 1, sizeof(*parser.condition));
	if (parser.condition == NULL)
		parsed = false;
	else if (parser.length > LONGEST_CONDITION)
		parsed = fail(&parser, LONGEST_CONDITION, "the condition is longer than 65536 bytes");
	else
		parsed = parse_all(&parser);
	if (parsed)
	{
		*condition = parser.condition;
		*warning = parser.warning;
		return OPRES_OK;
	}
	if (parser.message == NULL)
		return opres_fail(error, arena->status, -1, "no memory for a condition");
	*where = (int32_t) parser.where;
	return opres_fail(error, OPRES_INVALID, -1, "%s", parser.message);
}
