/*
 * curve_text.h - a level over time as text: {0: 0.5, 2h: 0, 4h 30min: 1}; {} = level 1 throughout.
 *
 * A step is a duration after the start, a colon, and the level from then on. Times go up strictly; a step that changes nothing may
 * be written but is not kept.
 */
#ifndef OPRES_CURVE_TEXT_H
#define OPRES_CURVE_TEXT_H

#include "curve.h"
#include "scan.h"

#define OPRES_STEP_TEXT 128 /* room for a printed step */

/* Reads a curve step by step, so that the caller owns the array and can be interrupted. */
typedef struct OpresCurveScan
{
	OpresScan scan;
	OpresTime last; /* time of the last step, -1 = none yet */
} OpresCurveScan;

bool opres_curve_scan_begin(OpresCurveScan *curve, const char *text, size_t length);
/* False at the end of the curve (which must be the end of the text) and on failure: then scan.message is set. */
bool opres_curve_scan_step(OpresCurveScan *curve, OpresCurveStep *step);

/* "2h: 0.4" */
int opres_step_print(OpresCurveStep step, char text[OPRES_STEP_TEXT]);

/* Appends the step unless it changes nothing; there must be room. Steps come in time order. */
void opres_curve_append(OpresCurveStep *steps, int32_t *count, OpresCurveStep step);
/* NULL if the curve is canonical (curve.h) with times up to the longest duration, else the rule broken. */
const char *opres_curve_problem(OpresCurve curve);
/* A total order: by the first step that differs (its time, then its level), else the shorter one first. */
int opres_curve_compare(OpresCurve a, OpresCurve b);

#endif
