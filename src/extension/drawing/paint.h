/*
 * paint.h - a scenario painted on a view: the worst state of every node over the horizon.
 */
#ifndef OPRES_DRAWING_PAINT_H
#define OPRES_DRAWING_PAINT_H

#include "drawing/view.h"

#define OPRES_DRAW_HORIZON INT64CONST(2592000000000) /* 30 days, in microseconds */

/* Levels over time as simulate_levels tells them, per node touched. */
typedef struct OpresPaint
{
	OpresCurve *curve; /* per node; count = 0: level 1 throughout */
	uint8 *state;      /* per node: OpresState */
} OpresPaint;

/* Finds the states from the curves. */
extern void opres_paint_nodes(OpresPaint *paint, const OpresMap *map);
/* Gives each unit of the view its state. */
extern void opres_paint_units(const OpresPaint *paint, OpresView *view);
/* The worst level of a node and when it is first reached. */
extern double opres_paint_worst(const OpresPaint *paint, int32 node, OpresTime *at);
/* The longest unbroken time below a level; OPRES_NEVER if the last one lasts to the horizon. */
extern OpresTime opres_paint_longest(const OpresPaint *paint, int32 node, double level);

#endif
