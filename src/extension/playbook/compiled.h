/*
 * compiled.h - a playbook ready to be run: the engine's form of it, and what people are told of its steps.
 *
 * Made from the stored documents (compile.c), playbooks inside it put in place of the playbook actions. Everything lives in the
 * memory context it was compiled in and is never changed. A stored document was checked when it was loaded; what cannot be
 * compiled nevertheless is an error.
 */
#ifndef OPRES_COMPILED_H
#define OPRES_COMPILED_H

#include "common/compat.h"
#include "common/lang.h"
#include "utils/jsonb.h"
#include "utils/timestamp.h"

#include "workflow.h"

/* Playbooks within playbooks, and steps of all of them together, at most. */
#define OPRES_PLAYBOOK_DEPTH 8
#define OPRES_PLAYBOOK_STEPS 10000

typedef struct OpresWords
{
	const char *in[2]; /* by OpresLang; both the same where there is only one; NULL = nothing said */
} OpresWords;

typedef enum OpresAnchor
{
	OPRES_ANCHOR_OCCURRENCE,
	OPRES_ANCHOR_DETECTION,
	OPRES_ANCHOR_RECOGNITION,
	OPRES_ANCHOR_CLASSIFICATION,
	OPRES_ANCHOR_TOLERANCE_BREACH,
	OPRES_ANCHOR_START,      /* of the run */
	OPRES_ANCHOR_SUBMISSION, /* of = report */
	OPRES_ANCHOR_STEP        /* of = step */
} OpresAnchor;

typedef struct OpresDeadline
{
	OpresAnchor anchor;
	int32_t of;
	Interval offset;  /* negative for "before" */
	const char *said; /* the anchor as the playbook writes it: detection, submission:fsa_first */
} OpresDeadline;

typedef struct OpresReportInfo
{
	const char *code;
	OpresWords authority, report, form, note;
	const char *kind, *source;
	bool confirmed;
	int32_t deadline_count;
	const OpresDeadline *deadlines;
} OpresReportInfo;

typedef struct OpresRoleInfo
{
	const char *code;
	OpresWords name;
	int32_t deputy_count;
	const int32_t *deputies; /* roles, in order */
} OpresRoleInfo;

typedef struct OpresStepInfo
{
	const char *reference; /* its id; of a step of a playbook inside: the id of the playbook action, "/", its own reference */
	const char *code;      /* NULL = none; of a step inside: that of the playbook action, "/", its own */
	const char *type;      /* as CACAO writes it */
	OpresWords name, description;
	const char *phase; /* NULL = none */
	int32_t role;      /* does it; -1 = nobody said */
	OpresWords agent;  /* what its agent is called, also one that has no role */
	int32_t target_count;
	const OpresWords *targets; /* what it is done to */
	int32_t accountable;       /* -1 = nobody said */
	int32_t deputy_count;
	const int32_t *deputies;
	int priority; /* 1 to 5; 3 where nothing is said */
	bool mandatory;
	int32_t report; /* -1 = none */
	OpresWords evidence;
	int32_t deadline_count;
	const OpresDeadline *deadlines;
	int32_t command_count;
	const OpresWords *commands;       /* the text; base64 decoded */
	const char *const *command_types; /* manual, bash, ... */
	const char *condition;            /* if, while: as written */
	const OpresWords *case_labels;    /* switch: one per branch */
	int32_t clause_count;
	const char *const *clauses;
} OpresStepInfo;

typedef struct OpresVariableInfo
{
	const char *name; /* __x__ */
	OpresWords description;
} OpresVariableInfo;

typedef struct OpresCompiled
{
	OpresPlaybook playbook;
	const char *id;
	TimestampTz modified;
	OpresWords name;
	const char *attack_type; /* NULL = none */
	const OpresStepInfo *steps;
	const OpresVariableInfo *variables;
	const OpresWords *facts; /* what is said of them */
	const char *const *fact_codes;
	int32_t role_count;
	const OpresRoleInfo *roles;
	int32_t report_count;
	const OpresReportInfo *reports;
} OpresCompiled;

/* Which version of a playbook a playbook action means. */
typedef struct OpresPin
{
	const char *id;
	TimestampTz modified;
	Jsonb *document;
} OpresPin;

/*
 * What a document needs besides itself: calls `find` for each playbook action of it and of what it finds, once per playbook;
 * compile does so by itself. find: the version of that playbook to use (`version`: as the playbook action pins it, 0 = not pinned),
 * or an error. Facts of the same code are one fact in all of them; so are roles and reports (the outer playbook's words are taken).
 */
typedef OpresPin (*OpresPlaybookFind)(void *ctx, const char *id, TimestampTz version);

extern OpresCompiled *opres_compile_playbook(const OpresPin *playbook, OpresPlaybookFind find, void *ctx, MemoryContext context);

/* The step a person means: its reference, its code, or the beginning of its reference if only one step begins so (8 characters of
 * the UUID or more). Throws with the nearest ones as hint. */
extern int32_t opres_find_step(const OpresCompiled *compiled, const char *said);

#endif
