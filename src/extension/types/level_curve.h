/*
 * level_curve.h - the type level_curve as other rooms read and make it. What a curve is: src/engine/curve.h.
 */
#ifndef OPRES_LEVEL_CURVE_H
#define OPRES_LEVEL_CURVE_H

#include "common/compat.h"

#include "curve.h"
#include "utils/memutils.h"

/* Most steps a value can hold. */
#define OPRES_MOST_STEPS ((int32) ((MaxAllocSize - 64) / sizeof(OpresCurveStep)))

/* Reads a value; the steps lie in it, or in a palloc'd copy of it. */
extern OpresCurve opres_level_curve_read(Datum value);
/* Room for that many steps, palloc'd; an error if they are more than a value can hold. */
extern OpresCurveStep *opres_level_curve_room(int64 steps);
/* Makes a value, palloc'd, of a canonical curve. */
extern Datum opres_level_curve_make(const OpresCurveStep *steps, int32 count);

#endif
