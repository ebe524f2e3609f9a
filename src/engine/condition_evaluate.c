/*
 * condition_evaluate.c - the answer to a condition: three-valued logic over comparisons (see condition.h, "Conditions" in
 * workflow-semantics.md). Allocates nothing and does not recurse.
 */
#include "condition_program.h"

#include <string.h>

#include "decimal.h"

/* A side of a comparison; without text it has no value. */
typedef struct Side
{
	const char *text;
	size_t length;
} Side;

typedef struct Values
{
	OpresVariableValue value;
	void *ctx;
} Values;

static bool
is_numeric(const OpresOperand *operand)
{
	return operand->kind == OPRES_OPERAND_NUMBER ||
		   (operand->kind == OPRES_OPERAND_VARIABLE &&
			(operand->type == OPRES_VAR_INTEGER || operand->type == OPRES_VAR_LONG || operand->type == OPRES_VAR_FLOAT));
}

static bool
is_truth(const OpresOperand *operand)
{
	return operand->kind == OPRES_OPERAND_TRUTH || (operand->kind == OPRES_OPERAND_VARIABLE && operand->type == OPRES_VAR_BOOL);
}

OpresReading
opres_condition_reading(OpresComparison comparison, const OpresOperand *left, const OpresOperand *right)
{
	if (comparison == OPRES_LIKE)
		return OPRES_AS_TEXT;
	if ((comparison != OPRES_EQUAL && comparison != OPRES_NOT_EQUAL) || is_numeric(left) || is_numeric(right))
		return OPRES_AS_NUMBERS;
	return is_truth(left) || is_truth(right) ? OPRES_AS_TRUTH : OPRES_AS_TEXT;
}

static bool
read_truth(const char *text, size_t length, bool *value)
{
	*value = length == 4;
	return (length == 4 && memcmp(text, "true", 4) == 0) || (length == 5 && memcmp(text, "false", 5) == 0);
}

bool
opres_condition_readable(OpresReading reading, const char *text, size_t length)
{
	OpresDecimal number;
	bool truth;

	switch (reading)
	{
		case OPRES_AS_NUMBERS:
			return opres_decimal_read(text, length, &number);
		case OPRES_AS_TRUTH:
			return read_truth(text, length, &truth);
		case OPRES_AS_TEXT:
			break;
	}
	return true;
}

/* Behind the character at `at`: a byte and the continuation bytes after it. */
static size_t
next_character(Side text, size_t at)
{
	at++;
	while (at < text.length && ((unsigned char) text.text[at] & 0xC0) == 0x80)
		at++;
	return at;
}

/* One byte or wildcard of the pattern against the text: both move on. */
static bool
match_one(Side text, size_t *at, Side pattern, size_t *next)
{
	char wanted = pattern.text[*next];

	if (wanted == '_')
	{
		*at = next_character(text, *at);
		(*next)++;
		return true;
	}
	if (wanted == '\\')
		wanted = pattern.text[++*next];
	(*next)++;
	return text.text[(*at)++] == wanted;
}

/* After a mismatch the last % takes one character more; those before it never need to. */
static bool
matches(Side text, Side pattern)
{
	size_t at = 0;
	size_t next = 0;
	size_t retry_at = 0;
	size_t retry_next = 0;
	bool open = false; /* a % has been met */

	while (at < text.length)
	{
		if (next < pattern.length && pattern.text[next] == '%')
		{
			open = true;
			retry_next = ++next;
			retry_at = at;
		}
		else if (next == pattern.length || !match_one(text, &at, pattern, &next))
		{
			if (!open)
				return false;
			retry_at = next_character(text, retry_at);
			at = retry_at;
			next = retry_next;
		}
	}
	while (next < pattern.length && pattern.text[next] == '%')
		next++;
	return next == pattern.length;
}

static OpresTruth
compare_numbers(OpresComparison comparison, Side left, Side right)
{
	OpresDecimal a;
	OpresDecimal b;
	int order;

	if (!opres_decimal_read(left.text, left.length, &a) || !opres_decimal_read(right.text, right.length, &b))
		return OPRES_UNKNOWN;
	order = opres_decimal_compare(&a, &b);
	switch (comparison)
	{
		case OPRES_EQUAL:
			return order == 0 ? OPRES_TRUE : OPRES_FALSE;
		case OPRES_NOT_EQUAL:
			return order != 0 ? OPRES_TRUE : OPRES_FALSE;
		case OPRES_LESS:
			return order < 0 ? OPRES_TRUE : OPRES_FALSE;
		case OPRES_LESS_EQUAL:
			return order <= 0 ? OPRES_TRUE : OPRES_FALSE;
		case OPRES_GREATER:
			return order > 0 ? OPRES_TRUE : OPRES_FALSE;
		case OPRES_GREATER_EQUAL:
			return order >= 0 ? OPRES_TRUE : OPRES_FALSE;
		case OPRES_LIKE:
			break;
	}
	return OPRES_UNKNOWN;
}

static OpresTruth
compare(OpresComparison comparison, OpresReading reading, Side left, Side right)
{
	bool a;
	bool b;
	bool same;

	if (left.text == NULL || right.text == NULL)
		return OPRES_UNKNOWN;
	if (reading == OPRES_AS_NUMBERS)
		return compare_numbers(comparison, left, right);
	if (comparison == OPRES_LIKE)
		return matches(left, right) ? OPRES_TRUE : OPRES_FALSE;
	if (reading == OPRES_AS_TRUTH)
	{
		if (!read_truth(left.text, left.length, &a) || !read_truth(right.text, right.length, &b))
			return OPRES_UNKNOWN;
		same = a == b;
	}
	else
		same = left.length == right.length && memcmp(left.text, right.text, left.length) == 0;
	return same == (comparison == OPRES_EQUAL) ? OPRES_TRUE : OPRES_FALSE;
}

static Side
side_of(const OpresOperand *operand, const Values *values)
{
	Side side = { operand->text, operand->length };

	if (operand->kind == OPRES_OPERAND_VARIABLE)
	{
		side.text = values->value(values->ctx, operand->variable);
		side.length = side.text != NULL ? strlen(side.text) : 0;
	}
	return side;
}

static OpresTruth
both(OpresTruth a, OpresTruth b)
{
	if (a == OPRES_FALSE || b == OPRES_FALSE)
		return OPRES_FALSE;
	return a == OPRES_TRUE && b == OPRES_TRUE ? OPRES_TRUE : OPRES_UNKNOWN;
}

static OpresTruth
opposite(OpresTruth a)
{
	return a == OPRES_UNKNOWN ? OPRES_UNKNOWN : a == OPRES_TRUE ? OPRES_FALSE : OPRES_TRUE;
}

static OpresTruth
either(OpresTruth a, OpresTruth b)
{
	return opposite(both(opposite(a), opposite(b)));
}

static OpresTruth
test(const OpresCondition *condition, const OpresConditionTest *which, const Values *values)
{
	const OpresOperand *left = &condition->operands[which->left];
	Side left_side = side_of(left, values);
	OpresTruth answer = OPRES_FALSE;

	for (int32_t i = 0; i < which->right_count && answer != OPRES_TRUE; i++)
	{
		const OpresOperand *right = &condition->operands[which->right + i];
		OpresReading reading = opres_condition_reading(which->comparison, left, right);

		answer = either(answer, compare(which->comparison, reading, left_side, side_of(right, values)));
	}
	return answer;
}

OpresTruth
opres_condition_evaluate(const OpresCondition *condition, OpresVariableValue value, void *ctx)
{
	OpresTruth waiting[OPRES_CONDITION_WAITING] = { OPRES_UNKNOWN };
	Values values = { value, ctx };
	int32_t top = -1; /* of what waits */

	for (int32_t i = 0; i < condition->code_count; i++)
	{
		int32_t code = condition->code[i];

		if (code >= 0)
			waiting[++top] = test(condition, &condition->tests[code], &values);
		else if (code == OPRES_CODE_NOT)
			waiting[top] = opposite(waiting[top]);
		else
		{
			top--;
			waiting[top] = code == OPRES_CODE_AND ? both(waiting[top], waiting[top + 1]) : either(waiting[top], waiting[top + 1]);
		}
	}
	return waiting[0];
}

const int32_t *
opres_condition_variables(const OpresCondition *condition, int32_t *count)
{
	*count = condition->variable_count;
	return condition->variables;
}
