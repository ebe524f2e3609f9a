/*
 * judge.h - how the operations of a view come off: tolerances held against what a scenario does, in words.
 */
#ifndef OPRES_DRAWING_JUDGE_H
#define OPRES_DRAWING_JUDGE_H

#include "drawing/paint.h"
#include "outage/outcome.h"

typedef struct OpresJudged
{
	int32 operation;
	OpresTolerance *tolerances;
	OpresOutcome *outcomes; /* NULL without a scenario */
	int count;
	int breached;
	int main;              /* the tolerance a bar is held against (form WITHIN); -1 = none */
	OpresTime recovery;    /* longest time below the level of the main one */
	OpresCauseLink *cause; /* why it breaches, else why it falls lowest */
	int cause_count;
	uint8 state; /* OpresCardState */
} OpresJudged;

/* The tolerances of one operation, judged if there is a play. */
extern OpresJudged opres_judge(const OpresMap *map, int32 operation, OpresPlay *play, OpresCalendars *calendars,
							   const OpresPaint *paint);
/* Time below the main tolerance's level as a share of its limit; 0 without. */
extern double opres_judged_share(const OpresJudged *judged);

/* "耐性度 tolerance 2時間", "取引時限 15:30 Tokyo jp-bank" */
extern char *opres_say_tolerance(OpresLang lang, const OpresTolerance *tolerance);
/* What stands in the operation's node: its main tolerance and, painted, how it comes off. */
extern OpresLine *opres_judged_lines(OpresLang lang, const OpresJudged *judged, int *count);
/* The tolerances other than the main one, for its card. */
extern OpresLine *opres_judged_others(OpresLang lang, const OpresJudged *judged, int *count);

#endif
