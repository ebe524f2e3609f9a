/*
 * map_cache.h - the compiled map of a backend: compiled once per revision stamp, held for the length of a call.
 */
#ifndef OPRES_MAP_CACHE_H
#define OPRES_MAP_CACHE_H

#include "common/compat.h"
#include "model.h"
#include "outage.h"
#include "structure.h"

typedef struct OpresMap
{
	OpresModel model;
	OpresScratch scratch;
	const char **code;             /* per node, in byte order */
	const uint8 *kind;             /* per node: OpresKind */
	const char **requirement_name; /* per requirement */
	int64 revision;
} OpresMap;

/* In the order of the SQL enum opres.node_kind (a test compares the two). */
typedef enum OpresKind
{
	OPRES_OPERATION,
	OPRES_PROCESS,
	OPRES_PEOPLE,
	OPRES_SYSTEM,
	OPRES_DATA,
	OPRES_FACILITY,
	OPRES_NETWORK,
	OPRES_THIRD_PARTY
} OpresKind;

/*
 * The compiled map of a revision (0 = current) as the active snapshot sees it. Checks SELECT on all map tables first.
 * Valid until opres_map_release; held maps are let go at the end of the transaction too (errors included).
 */
extern OpresMap *opres_map_hold(int64 revision);
extern void opres_map_release(OpresMap *map);

/* Index of a node by its code; -1 if there is none. */
extern int32 opres_map_find(const OpresMap *map, const char *code);
/* The same, an error (with the nearest codes as hint) if there is none. `what` says what was looked up, e.g. "node". */
extern int32 opres_map_node(const OpresMap *map, const char *code, const char *what);

/* Memory for engine runs: palloc in a context of its own; cancel = a pending interrupt. Raise with opres_report. */
extern OpresEnv opres_pg_env(MemoryContext context);
/* Turns an engine failure into an ereport(ERROR); runs CHECK_FOR_INTERRUPTS first for OPRES_CANCELLED. Does nothing for OPRES_OK.
 */
extern void opres_report(const OpresMap *map, OpresStatus status, const OpresError *error);

#endif
