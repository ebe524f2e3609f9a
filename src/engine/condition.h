/*
 * condition.h - conditions of playbooks: parsing and evaluating the grammar of workflow-semantics.md.
 */
#ifndef OPRES_CONDITION_H
#define OPRES_CONDITION_H

#include "base.h"

typedef enum OpresTruth
{
	OPRES_FALSE,
	OPRES_TRUE,
	OPRES_UNKNOWN
} OpresTruth;

/* CACAO's variable types, in the order of its vocabulary. */
typedef enum OpresVariableType
{
	OPRES_VAR_BOOL,
	OPRES_VAR_DICTIONARY,
	OPRES_VAR_FLOAT,
	OPRES_VAR_HEXSTRING,
	OPRES_VAR_INTEGER,
	OPRES_VAR_IPV4_ADDR,
	OPRES_VAR_IPV6_ADDR,
	OPRES_VAR_LONG,
	OPRES_VAR_MAC_ADDR,
	OPRES_VAR_HASH,
	OPRES_VAR_MD5_HASH,
	OPRES_VAR_SHA256_HASH,
	OPRES_VAR_STRING,
	OPRES_VAR_URI,
	OPRES_VAR_UUID
} OpresVariableType;
#define OPRES_VARIABLE_TYPES 15
extern const char *const opres_variable_type_names[OPRES_VARIABLE_TYPES];

/* Whether a text is a value of a type; bool: true or false; integer: 32 bits, long: 64 bits; float: decimal, no NaN. A dictionary
 * is checked by who reads JSON: any text here. */
bool opres_variable_value_valid(OpresVariableType type, const char *value);

typedef struct OpresCondition OpresCondition; /* lives in the arena it was parsed into */

/*
 * What the condition asks the playbook: the number of a variable (its type filled in), -1 if there is none of that name. The name
 * comes without `:value`. Called while parsing.
 */
typedef int32_t (*OpresVariableFind)(void *ctx, const char *name, size_t length, OpresVariableType *type);
/* The value of a variable when the condition is evaluated; NULL = no value. */
typedef const char *(*OpresVariableValue)(void *ctx, int32_t variable);

/*
 * Parses a condition. OPRES_INVALID: it is none of the grammar; error.message says what was expected and *where is the byte at
 * which. An unknown variable is that too. *warning: NULL, or a static text about something sloppy that was understood (a bare
 * word).
 */
OpresStatus opres_condition_parse(OpresArena *arena, const char *text, OpresVariableFind find, void *ctx,
								  OpresCondition **condition, const char **warning, int32_t *where, OpresError *error);
OpresTruth opres_condition_evaluate(const OpresCondition *condition, OpresVariableValue value, void *ctx);
/* Variables it names, without doubles, in the order of their first use; the array is in the arena. */
const int32_t *opres_condition_variables(const OpresCondition *condition, int32_t *count);

#endif
