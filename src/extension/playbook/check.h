/*
 * check.h - what is wrong with a playbook, every bit of it: the problems found, and the passes that find them.
 *
 * The passes are independent of one another: the first (check_shape.c) looks at the form of everything; each of the others looks at
 * one matter and takes what is not of the right form as not there (json.h), for that has been said. Everything is in the memory
 * context that was current when the check began.
 */
#ifndef OPRES_CHECK_H
#define OPRES_CHECK_H

#include "common/json_path.h"
#include "common/lang.h"
#include "nodes/pg_list.h"
#include "playbook/compile.h"

typedef enum OpresProblem
{
	/* form */
	OPRES_PROBLEM_JSON,
	OPRES_PROBLEM_TWICE,
	OPRES_PROBLEM_SPECIFICATION,
	OPRES_PROBLEM_MISSING,
	OPRES_PROBLEM_UNKNOWN,
	OPRES_PROBLEM_TYPE,
	OPRES_PROBLEM_NULL,
	OPRES_PROBLEM_EMPTY,
	OPRES_PROBLEM_EMPTY_NEEDED,
	OPRES_PROBLEM_CONTROL,
	OPRES_PROBLEM_RANGE,
	OPRES_PROBLEM_CHOICE,
	OPRES_PROBLEM_OPEN,
	OPRES_PROBLEM_IDENTIFIER,
	OPRES_PROBLEM_TIME,
	OPRES_PROBLEM_TIME_DIGITS,
	OPRES_PROBLEM_BASE64,
	OPRES_PROBLEM_URL,
	OPRES_PROBLEM_KEY,
	OPRES_PROBLEM_CODE,
	OPRES_PROBLEM_ATTACK_TYPE,
	OPRES_PROBLEM_STEP_CODE,
	OPRES_PROBLEM_DURATION,
	OPRES_PROBLEM_ITEM_TWICE,
	OPRES_PROBLEM_ITEM_TWICE_OURS,
	/* values */
	OPRES_PROBLEM_MODIFIED,
	OPRES_PROBLEM_VALIDITY,
	OPRES_PROBLEM_EXPIRED,
	OPRES_PROBLEM_NO_ACTIVITIES,
	OPRES_PROBLEM_ACTIVITY_UNUSED,
	OPRES_PROBLEM_SUMMARY,
	OPRES_PROBLEM_NO_COMMAND,
	OPRES_PROBLEM_NO_MACHINE_COMMAND,
	OPRES_PROBLEM_TWO_COMMANDS,
	OPRES_PROBLEM_TIMEOUT_ZERO,
	OPRES_PROBLEM_TIMES_IGNORED,
	OPRES_PROBLEM_ADDRESS,
	OPRES_PROBLEM_PORT,
	OPRES_PROBLEM_SECRET,
	OPRES_PROBLEM_KMS,
	/* variables */
	OPRES_PROBLEM_VARIABLE_NAME,
	OPRES_PROBLEM_VARIABLE_NAME_LOOSE,
	OPRES_PROBLEM_VARIABLE_VALUE,
	OPRES_PROBLEM_CONSTANT_EMPTY,
	OPRES_PROBLEM_CONSTANT_EXTERNAL,
	OPRES_PROBLEM_SHADOW,
	OPRES_PROBLEM_NO_VARIABLE,
	OPRES_PROBLEM_NO_VARIABLE_TEXT,
	OPRES_PROBLEM_OUT_CONSTANT,
	OPRES_PROBLEM_OUT_TWICE,
	OPRES_PROBLEM_QUESTION,
	OPRES_PROBLEM_CONDITION,
	OPRES_PROBLEM_SWITCH_QUESTION,
	OPRES_PROBLEM_CASE_VALUE,
	OPRES_PROBLEM_LOOP_CONDITION,
	/* references */
	OPRES_PROBLEM_NO_STEP,
	OPRES_PROBLEM_NO_AGENT,
	OPRES_PROBLEM_NO_TARGET,
	OPRES_PROBLEM_NO_AUTHENTICATION,
	OPRES_PROBLEM_NO_MARKING,
	OPRES_PROBLEM_NO_EXTENSION,
	OPRES_PROBLEM_EXTENSION,
	OPRES_PROBLEM_ID_TYPE,
	OPRES_PROBLEM_STEP_TYPE,
	OPRES_PROBLEM_MARKING_ID,
	OPRES_PROBLEM_SELF,
	/* flow */
	OPRES_PROBLEM_START_TYPE,
	OPRES_PROBLEM_STARTS,
	OPRES_PROBLEM_TO_START,
	OPRES_PROBLEM_START_NEXT,
	OPRES_PROBLEM_START_MORE,
	OPRES_PROBLEM_END_MORE,
	OPRES_PROBLEM_COMPLETION,
	OPRES_PROBLEM_EXCEPTION_END,
	OPRES_PROBLEM_BRANCH_FEW,
	OPRES_PROBLEM_BRANCH_TWICE,
	OPRES_PROBLEM_BRANCH_SAME,
	OPRES_PROBLEM_DEAD,
	OPRES_PROBLEM_DEAD_END,
	OPRES_PROBLEM_LOOP,
	OPRES_PROBLEM_LEAVES,
	OPRES_PROBLEM_SHARED,
	OPRES_PROBLEM_COPIED,
	OPRES_PROBLEM_NESTING,
	OPRES_PROBLEM_NO_END,
	OPRES_PROBLEM_FALLS_OFF,
	OPRES_PROBLEM_TOO_MANY,
	OPRES_PROBLEM_ENGINE,
	/* our extension */
	OPRES_PROBLEM_NO_ROLE,
	OPRES_PROBLEM_ROLE_TWICE,
	OPRES_PROBLEM_ROLE_SELF,
	OPRES_PROBLEM_AGENT_ROLE,
	OPRES_PROBLEM_APPROVAL_TWICE,
	OPRES_PROBLEM_NO_FACT,
	OPRES_PROBLEM_FACT_NEVER,
	OPRES_PROBLEM_FACT_MAYBE,
	OPRES_PROBLEM_FACT_LATE,
	OPRES_PROBLEM_NO_REPORT,
	OPRES_PROBLEM_REPORT_UNSENT,
	OPRES_PROBLEM_NO_SOURCE,
	OPRES_PROBLEM_ANCHOR,
	OPRES_PROBLEM_DEADLINE,
	OPRES_PROBLEM_ANCHOR_CYCLE,
	OPRES_PROBLEM_CODE_TWICE,
	OPRES_PROBLEM_TEXT_COUNT,
	OPRES_PROBLEM_TEXT_UNKNOWN,
	OPRES_PROBLEM_LANGUAGE,
	OPRES_PROBLEM_EVIDENCE,
	/* playbooks inside */
	OPRES_PROBLEM_NOT_LOADED,
	OPRES_PROBLEM_INNER_REVOKED,
	OPRES_PROBLEM_RECURSION,
	OPRES_PROBLEM_DEPTH,
	OPRES_PROBLEM_INNER_VARIABLE,
	OPRES_PROBLEM_INNER_TYPE,
	OPRES_PROBLEM_INNER_HANDS_IN,
	OPRES_PROBLEM_MORE /* not kept: too many */
} OpresProblem;

typedef struct OpresFinding
{
	OpresProblem problem;
	bool error;
	const char *path;
	const char *said;   /* a fact: without a capital, without a full stop in English */
	const char *advice; /* a sentence */
} OpresFinding;

typedef struct OpresCheck
{
	OpresLang lang;
	List *errors, *warnings;          /* of OpresFinding, in the order in which they were found */
	int64 error_count, warning_count; /* those not kept included */
	JsonbContainer *root;
	OpresPath path; /* $ */
	JsonbContainer *workflow;
	struct OpresFlow *flow; /* made by the pass of that name; NULL if there are too many steps */
	List *inner;            /* of OpresPin: the playbooks that playbook actions begin, at any depth */
	bool inner_missing;     /* not all of them are loaded */
} OpresCheck;

/* Notes a problem. nearest: what was probably meant, or NULL; the others: what stands in the text for %1 to %3. */
extern void opres_problem(OpresCheck *check, const OpresPath *path, OpresProblem problem, const OpresNearest *nearest,
						  const char *first, const char *second, const char *third);

/* The whole of it. The document has gone through the JSON parser. */
extern OpresCheck *opres_check_playbook_document(Jsonb *document, OpresLang lang);

/* check_words.c. The texts of a problem with its arguments in them. */
extern bool opres_problem_is_error(OpresProblem problem);
extern char *opres_problem_said(OpresLang lang, OpresProblem problem, const char *first, const char *second, const char *third);
extern char *opres_problem_advice(OpresLang lang, OpresProblem problem, const char *first, const char *second, const char *third);
/* A finding's fact as a sentence. */
extern char *opres_sentence(OpresLang lang, const char *said);

/* The passes. */
extern void opres_check_shape(OpresCheck *check);
extern void opres_check_values(OpresCheck *check);
extern void opres_check_references(OpresCheck *check);
extern void opres_check_variables(OpresCheck *check);
extern void opres_check_flow(OpresCheck *check);
extern void opres_check_extension(OpresCheck *check);
extern void opres_check_deadlines(OpresCheck *check);
extern void opres_check_languages(OpresCheck *check);
extern void opres_check_inner(OpresCheck *check);
/* Whether a playbook inside, at any depth, establishes a fact; unknown if one of them is not loaded. */
extern OpresTruth opres_inner_establishes(OpresCheck *check, const char *fact);

/* Walking the steps; a step that is no object is left out. */
typedef struct OpresStepWalk
{
	OpresMembers members;
	OpresPath workflow;
	OpresPath path; /* of the step */
	char *id;
	const char *type; /* "" if it has none */
	JsonbContainer *json;
} OpresStepWalk;

extern void opres_steps_begin(OpresCheck *check, OpresStepWalk *walk);
extern bool opres_steps_next(OpresStepWalk *walk);

#endif
