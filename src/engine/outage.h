/*
 * outage.h - what a set of shocks does to the map over time (outage-semantics.md, "Level over time").
 */
#ifndef OPRES_OUTAGE_H
#define OPRES_OUTAGE_H

#include "curve.h"
#include "model.h"

typedef struct OpresShock
{
	int32_t node;
	OpresTime onset;
	OpresTime duration;  /* NEVER = open-ended */
	OpresTime data_loss; /* 0 = none */
	double level;
} OpresShock;

typedef struct OpresLimits
{
	int64_t max_events; /* evaluations of a node or requirement; 0 = none. Memory is limited by the arena. */
} OpresLimits;

/* Work space as large as the model, all -1 between runs; kept with the model so that a small outage costs no large memset. */
typedef struct OpresScratch
{
	int32_t *node_slot;
	int32_t *requirement_slot;
} OpresScratch;

bool opres_scratch_init(OpresArena *arena, const OpresModel *model, OpresScratch *scratch);

typedef struct OpresOutage OpresOutage; /* lives in the arena given to opres_outage_run */

OpresStatus opres_outage_run(const OpresModel *model, OpresScratch *scratch, const OpresShock *shocks, int32_t shock_count,
							 OpresTime horizon, const OpresLimits *limits, OpresArena *arena, OpresOutage **outage,
							 OpresError *error);

/* The level of a node as reported: every change by more than OPRES_EPSILON. Empty for an untouched node. */
OpresCurve opres_outage_levels(const OpresOutage *outage, int32_t node);
/* Nodes whose level changed, in node order. */
int32_t opres_outage_touched(const OpresOutage *outage, const int32_t **nodes);
/* True if the run, went on after its last shock edge, would repeat for ever with this node falling below `level` in every period.
 */
bool opres_outage_oscillates(const OpresOutage *outage, int32_t node, double level);
int64_t opres_outage_events(const OpresOutage *outage);

/* Data loss of a node, and the onset that brings it above `limit` (NEVER if it stays within). */
OpresTime opres_outage_data_loss(const OpresOutage *outage, int32_t node);
OpresTime opres_outage_breach_data_loss(const OpresOutage *outage, int32_t node, OpresTime limit);

/* Why the node has its level at that time: one link of the chain from the node to the shock that binds. */
typedef enum OpresBecause
{
	OPRES_BECAUSE_FINE,  /* level is 1 */
	OPRES_BECAUSE_SHOCK, /* its own shock binds */
	OPRES_BECAUSE_RUN,   /* a run requirement binds */
	OPRES_BECAUSE_START  /* a start requirement keeps it from coming back */
} OpresBecause;

typedef struct OpresCauseLink
{
	int32_t node;
	OpresTime at; /* the moment that binds at this node */
	double level; /* its level then */
	OpresBecause because;
	int32_t requirement;  /* for RUN and START, else -1 */
	int32_t member;       /* its member that decides, -1 = none; the next link's node unless that is in the chain already */
	double member_level;  /* the level of that one at the moment that binds */
	OpresTime restarting; /* > 0: the binding moment lies that far back in the restart window */
	OpresTime buffered;   /* > 0: the binding moment lies that far back in the buffer window */
	bool switching;       /* standby is there but has not taken over yet */
} OpresCauseLink;

/* The chain for `node` at time `at`; links in the arena, first the node itself. */
OpresStatus opres_outage_cause(const OpresOutage *outage, int32_t node, OpresTime at, OpresArena *arena, OpresCauseLink **links,
							   int32_t *count, OpresError *error);
/* The same for data loss: which nodes' loss makes this node's. */
OpresStatus opres_outage_loss_cause(const OpresOutage *outage, int32_t node, OpresTime at, OpresArena *arena,
									OpresCauseLink **links, int32_t *count, OpresError *error);

/* When the node is back at 1 for good (NEVER = not before the horizon, oscillating, or it never fell) and the suppliers it waits
 * for. */
OpresStatus opres_outage_recovery(const OpresOutage *outage, int32_t node, OpresArena *arena, OpresTime *back_at,
								  int32_t **waits_for, int32_t *count, OpresError *error);

#endif
