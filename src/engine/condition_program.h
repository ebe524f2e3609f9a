/*
 * condition_program.h - what a condition is after parsing: shared by condition.c, which writes it, and condition_evaluate.c, which
 * runs it.
 *
 * A program in postfix: tests, each leaving a truth value, and NOT, AND, OR between them. All of it lies in the arena given to
 * opres_condition_parse, texts too.
 */
#ifndef OPRES_CONDITION_PROGRAM_H
#define OPRES_CONDITION_PROGRAM_H

#include "condition.h"

/* Parentheses within parentheses. It bounds what evaluating needs, which is on the stack. */
#define OPRES_CONDITION_NESTING 100
/* A level has a left side of an OR and one of an AND waiting at most; the innermost has a third value. */
#define OPRES_CONDITION_WAITING (2 * (OPRES_CONDITION_NESTING + 1) + 1)

typedef enum OpresOperandKind
{
	OPRES_OPERAND_VARIABLE,
	OPRES_OPERAND_STRING,
	OPRES_OPERAND_WORD, /* a string without quotes */
	OPRES_OPERAND_NUMBER,
	OPRES_OPERAND_TRUTH
} OpresOperandKind;

typedef struct OpresOperand
{
	OpresOperandKind kind;
	OpresVariableType type; /* of a variable */
	int32_t variable;
	const char *text; /* of a literal; a pattern keeps its backslashes */
	size_t length;
} OpresOperand;

typedef enum OpresComparison
{
	OPRES_EQUAL,
	OPRES_NOT_EQUAL,
	OPRES_LESS,
	OPRES_LESS_EQUAL,
	OPRES_GREATER,
	OPRES_GREATER_EQUAL,
	OPRES_LIKE
} OpresComparison;

/* IN: equal to one of several. */
typedef struct OpresConditionTest
{
	OpresComparison comparison;
	int32_t left; /* indexes of operands */
	int32_t right;
	int32_t right_count;
} OpresConditionTest;

/* A code that is not negative is the index of a test. */
enum
{
	OPRES_CODE_NOT = -1,
	OPRES_CODE_AND = -2,
	OPRES_CODE_OR = -3
};

struct OpresCondition
{
	int32_t code_count, test_count, operand_count, variable_count;
	int32_t *code;
	OpresConditionTest *tests;
	OpresOperand *operands;
	int32_t *variables; /* without doubles */
};

/* As what the two sides are compared: depends on what they are, not on their values. */
typedef enum OpresReading
{
	OPRES_AS_NUMBERS,
	OPRES_AS_TRUTH,
	OPRES_AS_TEXT
} OpresReading;

OpresReading opres_condition_reading(OpresComparison comparison, const OpresOperand *left, const OpresOperand *right);
/* Whether a text can be read so. */
bool opres_condition_readable(OpresReading reading, const char *text, size_t length);

#endif
