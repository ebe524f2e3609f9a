/*
 * playbook_say.h - what a playbook says, in the language spoken (words.h): its texts, durations, deadlines, roles, conditions.
 * Results live in the arena of the paper or in the document.
 */
#ifndef OPRES_PLAYBOOK_SAY_H
#define OPRES_PLAYBOOK_SAY_H

#include "playbook_paper.h"

/* A pair {"en": ..., "ja": ...}, or a plain string; the other language where this one is missing; NULL if there is none. */
const char *opres_say_pair(const json_t *pair);

/* name or description of an object; extension: what our extension says of it, with `texts`. NULL if it says none. */
const char *opres_say_member(const json_t *object, const json_t *extension, const char *member);

/* Codes of phases and their names. */
#define OPRES_PHASES 8
extern const char *const opres_phases[OPRES_PHASES];
const char *opres_say_phase(const char *phase);

/* "triage", "T-03" and the like with what it is called: of a step "T-03", "T-03 Open the crisis team". */
const char *opres_say_step(OpresPaper *paper, int32_t step, bool name);

/* An ISO 8601 duration; as it is written, if it is none. */
const char *opres_say_iso_duration(OpresPaper *paper, const char *duration);
const char *opres_say_milliseconds(OpresPaper *paper, double milliseconds);

/* The `deadlines` of a step or a report, joined; NULL if there are none. */
const char *opres_say_deadlines(OpresPaper *paper, const json_t *deadlines);

/* When a report of the playbook is due: as the institution has set it, else as the playbook says, and then whether a rule confirms
 * it. */
const char *opres_say_report_due(OpresPaper *paper, const char *report);

/* A role by its code: "CISO"; the code if no agent has it. */
const char *opres_say_role(OpresPaper *paper, const char *role);
/* An array of roles, joined in order; NULL if there is none. */
const char *opres_say_roles(OpresPaper *paper, const json_t *roles);
/* An agent by its id. */
const char *opres_say_agent(OpresPaper *paper, const char *id);
/* Roles that stand in for a role, as its agent has it. */
json_t *opres_paper_deputies(const OpresPaper *paper, const char *role);

/* Facts by their codes, joined, with the steps that establish them if asked for; NULL if there are none. */
const char *opres_say_facts(OpresPaper *paper, const json_t *facts, bool who);

/* What a variable is: its description, else its name. step: whose own variables are seen too, or NULL. */
const char *opres_say_variable(OpresPaper *paper, const json_t *step, const char *name);
/* A condition as it is written, without ":value". */
const char *opres_say_condition(OpresPaper *paper, const char *condition);
/* What its variables are; NULL if nothing is said of them. */
const char *opres_say_meaning(OpresPaper *paper, const json_t *step, const char *condition);
/* The label of a case of a switch; the case itself if it has none. */
const char *opres_say_case(const OpresPaperStep *step, const char *literal);

/* `text` after `joined` (NULL = nothing yet), with `between`. */
const char *opres_paper_join(OpresPaper *paper, const char *joined, const char *between, const char *text);

#endif
