/*
 * trace.h - what a finished outage's requirements and inputs were over time, worked out again from the levels of their members: for
 * explaining only (cause.c, recovery.c), so the run itself need not keep it.
 */
#ifndef OPRES_TRACE_H
#define OPRES_TRACE_H

#include "outage_run.h"

typedef struct OpresTrace
{
	const OpresOutage *outage;
	OpresArena *arena; /* everything below lives here */
	int64_t work;      /* since the last cancel check */
} OpresTrace;

typedef struct OpresRequirementTrace
{
	int32_t requirement;
	OpresCurve supplied; /* H, after switchover and impact */
	OpresCurve buffered; /* H' */
	OpresCurve switched; /* 0 where standby carries load, else 1 */
} OpresRequirementTrace;

typedef struct OpresNodeTrace
{
	int32_t node;
	OpresCurve level;                    /* L */
	OpresCurve own;                      /* O */
	OpresCurve run;                      /* R */
	OpresCurve inputs;                   /* min(R, S) */
	OpresRequirementTrace *requirements; /* the touched ones, in order of their names */
	int32_t requirement_count;
} OpresNodeTrace;

/* false = no memory or cancelled, the arena's status says which */
bool opres_trace_node(OpresTrace *t, int32_t node, OpresNodeTrace *trace);
/* The latest moment in [from, at] at which the curve is <= most (below) or >= most (!below); -1 if none. */
OpresTime opres_trace_latest(OpresCurve curve, OpresTime from, OpresTime at, double most, bool below);
/* The smallest (largest) value in [from, at]; moments before 0 count as 1. */
double opres_trace_extreme(OpresCurve curve, OpresTime from, OpresTime at, bool largest);

#endif
