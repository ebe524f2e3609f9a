/*
 * playbook_paper.h - a playbook to be printed: the JSON document, its steps by id, and the order in which they are printed.
 *
 * Any CACAO 2.0 playbook is taken, with our extension or without, also one that opres.load_playbook would refuse: who needs the
 * paper needs it now. What has the wrong type is as if it were not there. Strings come from the document or from the arena; text of
 * the document is as it came, and made safe where it is written (playbook_form.h).
 */
#ifndef OPRES_PLAYBOOK_PAPER_H
#define OPRES_PLAYBOOK_PAPER_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base.h"
#include "words.h"

#define OPRES_PAPER_NO_STEP (-1)

typedef enum OpresPaperKind
{
	OPRES_PAPER_START,
	OPRES_PAPER_END,
	OPRES_PAPER_ACTION,
	OPRES_PAPER_PLAYBOOK,
	OPRES_PAPER_PARALLEL,
	OPRES_PAPER_IF,
	OPRES_PAPER_WHILE,
	OPRES_PAPER_SWITCH,
	OPRES_PAPER_OTHER /* no type that CACAO has */
} OpresPaperKind;

typedef struct OpresPaperStep
{
	const char *id;
	json_t *json, *extension; /* extension: NULL if it has none */
	const char *label;        /* its code, else its number in the order of printing; NULL: it is not printed */
	OpresPaperKind kind;
	int32_t number;  /* in the order of printing, 0 = not printed */
	int32_t ahead;   /* of how many branches, being laid out, it comes after */
	uint32_t marked; /* when it was last looked at */
} OpresPaperStep;

typedef enum OpresFlowKind
{
	OPRES_FLOW_STEP,
	OPRES_FLOW_TRUE,   /* a branch begins, which belongs to step: if the condition holds */
	OPRES_FLOW_FALSE,  /* if not */
	OPRES_FLOW_BESIDE, /* at the same time as others: branch `index` of `count` */
	OPRES_FLOW_ROUND,  /* as long as the condition holds */
	OPRES_FLOW_CASE,   /* if the answer is `text` */
	OPRES_FLOW_OTHERWISE,
	OPRES_FLOW_FAILED, /* if the step fails */
	OPRES_FLOW_CLOSE,  /* the branch ends */
	OPRES_FLOW_AFTER,  /* all branches of step are through, and something follows */
	OPRES_FLOW_JUMP,   /* go on with step, which is printed elsewhere */
	OPRES_FLOW_MISSING /* go on with step `text`, which the document does not have */
} OpresFlowKind;

typedef struct OpresFlow
{
	OpresFlowKind kind;
	int32_t step;
	int32_t index, count;
	const char *text;
} OpresFlow;

typedef struct OpresPaper
{
	OpresArena arena;
	bool failed; /* out of memory */
	json_t *root, *extension, *workflow;
	json_t *deadlines; /* of reports, as the institution has set them: report -> {anchor, after}; NULL = nothing is known of that */
	char sha256[65];   /* of the document */
	const char *source;
	int32_t step_count;
	OpresPaperStep *steps; /* by id */
	int32_t flow_count, flow_room;
	OpresFlow *flow;
	int32_t main_end, exception_end; /* flow: the steps from the start; for failures; those nothing leads to */
	int32_t printed;
	uint32_t marks;
	int32_t depth;
} OpresPaper;

/* Reads a document and lays it out; source: what to call it. The failure says what is wrong. */
bool opres_paper_open(OpresPaper *paper, const char *source, const char *bytes, size_t length, OpresFailure *failure);
void opres_paper_close(OpresPaper *paper);

/* A string of the arena. "" when memory is out; paper->failed says so. */
__attribute__((format(printf, 2, 3))) const char *opres_paper_keep(OpresPaper *paper, const char *format, ...);

/* The same in the language spoken. */
__attribute__((format(printf, 2, 4), format(printf, 3, 4))) const char *opres_paper_say(OpresPaper *paper, const char *en,
																						const char *ja, ...);

/* playbook_flow.c: fills flow. False: no memory, or branches within one another too deep. */
bool opres_paper_lay_out(OpresPaper *paper);

/* By its id; OPRES_PAPER_NO_STEP if there is none (id may be NULL). */
int32_t opres_paper_find(const OpresPaper *paper, const char *id);

/* Members of objects (which may be NULL): NULL, or the default, if they are not there or of another type. */
json_t *opres_paper_object(const json_t *object, const char *key);
json_t *opres_paper_array(const json_t *object, const char *key);
const char *opres_paper_string(const json_t *object, const char *key);
double opres_paper_number(const json_t *object, const char *key, double missing);
bool opres_paper_flag(const json_t *object, const char *key, bool missing);
/* Element of an array that is a string, or NULL. */
const char *opres_paper_element(const json_t *array, size_t index);

/* What our extension says of an object; key: step_extensions, ... */
json_t *opres_paper_extension(const json_t *object, const char *key);

#endif
