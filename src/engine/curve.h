/*
 * curve.h - a level over time: a right-continuous step function with values in [0, 1].
 *
 * Canonical form: steps in strictly increasing time >= 0, neighbours differ in level, the first differs from 1; before the
 * first step the level is 1. The arrays belong to the caller.
 */
#ifndef OPRES_CURVE_H
#define OPRES_CURVE_H

#include "base.h"

typedef struct OpresCurveStep
{
	OpresTime at;
	double level;
} OpresCurveStep;

typedef struct OpresCurve
{
	const OpresCurveStep *steps;
	int32_t count;
} OpresCurve;

/* All questions below are about [0, horizon); "below" means below by more than OPRES_EPSILON. */
double opres_curve_at(OpresCurve curve, OpresTime at);
double opres_curve_worst(OpresCurve curve, OpresTime horizon,
						 OpresTime *first_at); /* first_at: when it is first reached, NEVER if the level is 1 throughout */
OpresTime opres_curve_time_below(OpresCurve curve, double level, OpresTime horizon);
/* From when on the level stays >= level until the horizon; NEVER if it never fell or never came back. */
OpresTime opres_curve_recovered(OpresCurve curve, double level, OpresTime horizon);
/* Start + limit of the first unbroken stretch below level that lasts longer than limit; NEVER if none. */
OpresTime opres_curve_breach_within(OpresCurve curve, double level, OpresTime limit, OpresTime horizon);
/* The moment the time below level inside some window of that length exceeds limit; NEVER if it does not. */
OpresTime opres_curve_breach_total(OpresCurve curve, double level, OpresTime limit, OpresTime window, OpresTime horizon);
/* The next stretch [*start, *end) below level that begins at or after `from` (a stretch already running at `from` counts
   from there), cut at the horizon; false if there is none. */
bool opres_curve_next_below(OpresCurve curve, double level, OpresTime from, OpresTime horizon, OpresTime *start, OpresTime *end);
/* Pointwise minimum in canonical form into out (room for a.count + b.count steps); returns the number of steps. */
int32_t opres_curve_minimum(OpresCurve a, OpresCurve b, OpresCurveStep *out);

#endif
