/*
 * tolerance.h - the type impact_tolerance as other rooms read it. What the fields mean: src/engine/tolerance.h.
 */
#ifndef OPRES_TYPES_TOLERANCE_H
#define OPRES_TYPES_TOLERANCE_H

#include "common/compat.h"

#include "../../engine/tolerance.h" /* a plain "tolerance.h" would be this file */

/*
 * Reads a value. The strings point into the value, or into a copy palloc'd here if it was toasted or had a short header: they
 * live as long as both that and the current memory context.
 */
extern void opres_tolerance_read(Datum value, OpresTolerance *tolerance);
/* Makes a value, palloc'd; the tolerance must keep the rules and its zone be known here. */
extern Datum opres_tolerance_make(const OpresTolerance *tolerance);

#endif
