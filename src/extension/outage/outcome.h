/*
 * outcome.h - does an operation stay within a tolerance in a run? (outage-semantics.md, "Of simulate")
 */
#ifndef OPRES_OUTCOME_H
#define OPRES_OUTCOME_H

#include "outage/play.h"
#include "types/cutoff.h"

typedef struct OpresOutcome
{
	bool decided;          /* false: the tolerance needs a scenario start and there is none */
	OpresTime breached_at; /* NEVER = it is met (or not decided) */
	double worst_level;
	OpresTime time_below;
	OpresTime recovered_at; /* NEVER = it never fell or never came back */
	OpresTime data_loss;
	bool oscillates;
	OpresCauseLink *cause;
	int32 cause_count; /* 0 = nothing happened to it */
} OpresOutcome;

/* The calendars of a call, each read once, when it is first needed. */
typedef struct OpresCalendar
{
	const char *name;
	OpresDates dates;
} OpresCalendar;

typedef struct OpresCalendars
{
	OpresCalendar *items;
	int count;
} OpresCalendars;

/* The dates of a calendar; none for name = NULL, an error if the calendar has none. */
extern OpresDates opres_calendar_dates(OpresCalendars *calendars, const OpresMap *map, const char *name);

extern OpresOutcome opres_outcome(OpresPlay *play, OpresCalendars *calendars, int32 operation, const OpresTolerance *tolerance);

#endif
