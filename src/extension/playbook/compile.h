/*
 * compile.h - what the parts of the compiler share: the playbooks at their places, and what is gathered from all of them.
 *
 * Results are made in `keep`, everything else in `scratch`, which is the current memory context while the compiler works.
 */
#ifndef OPRES_COMPILE_H
#define OPRES_COMPILE_H

#include "playbook/compiled.h"
#include "playbook/json.h"

#define OPRES_EXTENSION_ID "extension-definition--7c9b1f0e-3b0a-4c55-9d57-2f6f0a4e8b13"
#define OPRES_DEFAULT_ROUNDS 10
#define OPRES_DEFAULT_PRIORITY 3

/* A step as its playbook's document has it. */
typedef struct OpresLocalStep
{
	const char *id;
	int id_length;
	JsonbContainer *json;
	OpresStepType type;
	int32_t number;           /* in the compiled playbook; OPRES_NO_STEP until it has one */
	struct OpresPlace *inner; /* playbook action: the playbook put in its place */
	bool seen;                /* by the walk */
} OpresLocalStep;

/* A playbook put somewhere: the outermost, or in place of a playbook action. */
typedef struct OpresPlace
{
	struct OpresPlace *outer;
	int32_t index; /* among the playbooks of the compiled one */
	OpresPin pin;
	TimestampTz asked_version; /* as the playbook action pins it; 0 = not pinned */
	const char *prefix;        /* what references of its steps begin with */
	const char *code_prefix;   /* and their codes; NULL: they have none, since the playbook action has none */
	JsonbContainer *root, *extension;
	int step_count;
	OpresLocalStep *steps; /* in the order of jsonb: shorter ids first, then by their bytes */
	int order_count;
	OpresLocalStep **order; /* those the flow comes to */
	OpresLocalStep *first;  /* outermost: the start step; else what follows it */
	OpresLocalStep *exception;
	int32_t variables_begin, variables_end; /* of the playbook itself */
} OpresPlace;

typedef struct OpresCompile
{
	MemoryContext keep;
	OpresCompiled *compiled;
	OpresPlaybookFind find;
	void *find_ctx;
	OpresArena arena; /* conditions; its memory is taken from keep */
	OpresEnv env;
	int place_count, place_room;
	OpresPlace **places;
	int32_t step_count;
	int step_room;
	OpresLocalStep **locals; /* by number */
	OpresPlace **step_places;
	/* growing arrays of the compiled playbook, in keep */
	int variable_room, fact_room, role_room, report_room;
	OpresVariable *variables;
	OpresVariableInfo *variable_infos;
	OpresWords *facts;
	const char **fact_codes;
	OpresRoleInfo *roles;
	OpresReportInfo *reports;
	int32_t *step_variables_begin, *step_variables_end; /* by step */
} OpresCompile;

/* compile_flow.c: the playbooks at their places, their steps numbered. */
extern void opres_compile_places(OpresCompile *compile, const OpresPin *playbook);
/* What our extension says of an object; key: where extensions of such objects stand. */
extern JsonbContainer *opres_extension_of(JsonbContainer *object, const char *key);
extern OpresLocalStep *opres_place_step(const OpresPlace *place, const char *id);
extern OpresStepType opres_step_type(const OpresPlace *place, const char *id, const char *type);
/* First steps of its branches; switch: the literals (NULL = default, which is last). Not of a playbook action. */
extern int opres_step_branches(JsonbContainer *json, OpresStepType type, char ***ids, char ***literals);
extern void opres_cannot_compile(const OpresPlace *place, const char *format, ...) __attribute__((format(printf, 2, 3)))
pg_attribute_noreturn();

/* compile_words.c: names, roles, facts, reports, deadlines. */
extern char *opres_keep_text(OpresCompile *compile, const char *text);
extern void *opres_keep_array(OpresCompile *compile, size_t count, size_t size);
/* A text in several languages: a string, or an object of languages. */
extern OpresWords opres_words_of(OpresCompile *compile, JsonbContainer *object, const char *key);
/* A text in English, and what `texts` (language -> object) has for it. */
extern OpresWords opres_words_with(OpresCompile *compile, char *english, JsonbContainer *texts, const char *key);
extern OpresWords opres_words_keep(OpresCompile *compile, char *english, char *japanese);
extern int32_t opres_compile_role(OpresCompile *compile, const char *code);
extern int32_t opres_compile_fact(OpresCompile *compile, const char *code);
extern int32_t opres_compile_report(const OpresCompile *compile, const char *code);
extern void opres_compile_vocabulary(OpresCompile *compile, const OpresPlace *place);
/* The deadlines of reports; all reports are known by then. */
extern void opres_compile_report_deadlines(OpresCompile *compile, const OpresPlace *place);
extern int opres_compile_deadlines(OpresCompile *compile, const OpresPlace *place, JsonbContainer *object,
								   const OpresDeadline **deadlines);
extern int32_t *opres_compile_roles(OpresCompile *compile, JsonbContainer *object, const char *key, int *count);

/* compile_variables.c */
extern void opres_compile_variables(OpresCompile *compile);
/* Of a playbook, or what a step sees (its own first); -1 if there is none. The name without `:value`. */
extern int32_t opres_place_variable(const OpresCompile *compile, const OpresPlace *place, const char *name, size_t length);
extern int32_t opres_step_variable(const OpresCompile *compile, int32_t step, const char *name, size_t length);

/* compile_step.c */
extern void opres_compile_step(OpresCompile *compile, int32_t number, OpresStep *step, OpresStepInfo *info);

#endif
