/*
 * witness.h - what the parts of `opres witness` share.
 */
#ifndef OPRES_WITNESS_H
#define OPRES_WITNESS_H

#include "state.h"
#include "witness_server.h"

/* How the trail now stands to the last checkpoint. */
typedef enum OpresVerdict
{
	OPRES_VERDICT_FIRST, /* nothing was kept */
	OPRES_VERDICT_SAME,
	OPRES_VERDICT_GROWN,
	OPRES_VERDICT_CUT,  /* shorter */
	OPRES_VERDICT_FORK, /* what was kept is not its beginning */
} OpresVerdict;

OpresVerdict opres_witness_judge(const OpresCheckpoint *last, const OpresAnswer *answer);

/* What a round that ends well or not says beside its OpresExit. */
typedef struct OpresRound
{
	bool unchanged; /* there was nothing new to sign */
	bool again;     /* the server was not to be had, and may be later */
} OpresRound;

/* One round: asks, judges, signs and keeps. Returns an OpresExit. */
int opres_witness_round(OpresState *state, const char *conninfo, OpresRound *round);
/* Keeps a trail that contradicts what was kept, with the reason a person gives. Returns an OpresExit. */
int opres_witness_accept(OpresState *state, const char *conninfo, const char *reason);
/* Rounds for ever, until SIGTERM or SIGINT, a contradiction, or an error that stays. interval: microseconds. */
int opres_witness_watch(OpresState *state, const char *conninfo, int64_t interval);

#endif
