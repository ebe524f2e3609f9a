/*
 * scenario.h - the shocks of a run: from the tables, or from a document for a what-if.
 */
#ifndef OPRES_SCENARIO_H
#define OPRES_SCENARIO_H

#include "map/map_cache.h"
#include "utils/jsonb.h"
#include "utils/timestamp.h"

typedef struct OpresScenario
{
	OpresShock *shocks;
	const char **code; /* per shock */
	int32 count;
	int32 capacity;
	bool has_start;
	TimestampTz start;
} OpresScenario;

/* A scenario of the map's revision; an error if there is none of that code. */
extern OpresScenario opres_scenario_read(const OpresMap *map, const char *code);
/* The shocks of a jsonb array, checked like those of load_map (errors name the JSON path). */
extern OpresScenario opres_scenario_parse(const OpresMap *map, Jsonb *shocks);

#endif
