/*
 * map_compile.h - from the tables to the compiled map.
 */
#ifndef OPRES_MAP_COMPILE_H
#define OPRES_MAP_COMPILE_H

#include "map/map_cache.h"

typedef enum OpresTable
{
	OPRES_TABLE_NODE,
	OPRES_TABLE_REQUIREMENT,
	OPRES_TABLE_MEMBER,
	OPRES_TABLE_TOLERANCE,
	OPRES_TABLE_CALENDAR_DAY,
	OPRES_TABLE_SCENARIO,
	OPRES_TABLE_SHOCK
} OpresTable;
#define OPRES_TABLES 7
extern const char *const opres_table_names[OPRES_TABLES];

/* A table (or the history of one) of schema opres; an error if it is missing. */
extern Oid opres_table_oid(const char *name);

/*
 * Compiles the map of a revision (past = not the newest the snapshot sees) into map; everything it keeps is allocated in the
 * current memory context.
 */
extern void opres_map_compile(OpresMap *map, int64 revision, bool past);

#endif
