/*
 * cutoff.h - when the cut-off moments of a tolerance (form BY) fall, and when a curve breaches a tolerance.
 */
#ifndef OPRES_CUTOFF_H
#define OPRES_CUTOFF_H

#include "common/compat.h"
#include "utils/date.h"
#include "utils/timestamp.h"

#include "curve.h"
#include "types/tolerance.h"

/* The dates of a calendar, in ascending order, each once. */
typedef struct OpresDates
{
	const DateADT *days;
	int count;
} OpresDates;

/* What a cut-off needs to know besides the tolerance. Dates of a calendar the tolerance does not name are not looked at. */
typedef struct OpresCutOffDays
{
	TimestampTz start; /* moment 0 of the scenario */
	OpresDates on;     /* of tolerance->calendar */
	OpresDates except; /* of tolerance->except_calendar */
} OpresCutOffDays;

/*
 * The first cut-off moment in [from, to), in microseconds after the start; NEVER if there is none. Local times that do not exist or
 * exist twice are taken as PostgreSQL takes them (timestamp AT TIME ZONE). Costs a step per day from `from` until it is found, with
 * a calendar one per date of it. An error if start + to is no timestamp.
 */
extern OpresTime opres_cut_off_first(const OpresTolerance *tolerance, const OpresCutOffDays *scenario, OpresTime from,
									 OpresTime to);

/*
 * When a curve breaches a tolerance in [0, horizon); NEVER if it does not. `scenario` may be NULL unless the form is BY. Not for a
 * data loss: no curve shows it.
 */
extern OpresTime opres_tolerance_breach(const OpresTolerance *tolerance, OpresCurve curve, const OpresCutOffDays *scenario,
										OpresTime horizon);

#endif
