/*
 * run_words.h - what people are told of a run's steps, in English and Japanese. Everything is palloc'd or lives with the playbook.
 */
#ifndef OPRES_RUN_WORDS_H
#define OPRES_RUN_WORDS_H

#include "common/lang.h"
#include "incident/run.h"

/* NULL for NULL. */
extern const char *opres_phase_word(const char *phase, OpresLang lang);
/* The code of a role in English, its name in Japanese; NULL for -1. */
extern const char *opres_role_word(const OpresCompiled *compiled, int32 role, OpresLang lang);
/* Who does a step: the role of its agent, of one without a role its name; NULL = nobody said. */
extern const char *opres_doer_word(const OpresCompiled *compiled, const OpresStepInfo *step, OpresLang lang);
/* ready, waiting, question, submitted, held. */
extern const char *opres_turn_word(const char *turn, OpresLang lang);
/* Of the state of a step, as opres_step_state_name calls it. */
extern const char *opres_step_state_word(const char *state, OpresLang lang);
/* A due_by: timeout, or an anchor as the playbook writes it. */
extern const char *opres_anchor_word(const OpresLiveRun *live, const char *due_by, OpresLang lang);
/* A moment by the clock of the incident's time zone: 2026-11-21 03:20. */
extern char *opres_say_moment(const OpresLiveRun *live, TimestampTz at);
/* text[]: what a step in that turn waits for. */
extern Datum opres_waits_for(const OpresLiveRun *live, int32 step, const char *turn, OpresLang lang, TimestampTz now);
/* text[]: the names of the variables whose values a step asks for. */
extern Datum opres_form(const OpresLiveRun *live, int32 step);

#endif
