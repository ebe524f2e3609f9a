/*
 * play.h - one run of the engine for a call: the map held, the shocks, the outage, and the memory they live in.
 */
#ifndef OPRES_PLAY_H
#define OPRES_PLAY_H

#include "outage/scenario.h"

typedef struct OpresPlay
{
	OpresMap *map;
	OpresScenario scenario;
	OpresTime horizon;
	OpresEnv env;
	OpresArena arena;
	OpresOutage *outage;
	OpresError error;
} OpresPlay;

/* Holds the map of the revision (NULL argument = current) and reads the horizon argument; a horizon of 0 is refused. */
extern void opres_play_begin(OpresPlay *play, FunctionCallInfo fcinfo, int revision_argument, int horizon_argument);
/* Runs the engine; play->scenario must be there. */
extern void opres_play_run(OpresPlay *play);
extern void opres_play_end(OpresPlay *play);

/* The codes of a chain of causes as text[]. */
extern Datum opres_play_codes(const OpresPlay *play, const OpresCauseLink *links, int32 count);

#endif
