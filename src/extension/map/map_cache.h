/*
 * map_cache.h - the compiled map of a backend: compiled once per revision stamp, held for the length of a call.
 *
 * A map's content is named by its stamp (map_head.stamp for the current revision, map_revision.stamp for an earlier one), read
 * under the active snapshot like the rows themselves; so a rolled-back, savepointed or uncommitted edit finds its own compiled map
 * or none.
 */
#ifndef OPRES_MAP_CACHE_H
#define OPRES_MAP_CACHE_H

#include "common/compat.h"
#include "model.h"
#include "outage.h"
#include "structure.h"

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
#define OPRES_KINDS 8
extern const char *const opres_kind_names[OPRES_KINDS];

typedef struct OpresMap
{
	OpresModel model;
	OpresScratch scratch;
	const char **code;             /* per node, in byte order */
	const uint8 *kind;             /* per node: OpresKind */
	const char **requirement_name; /* per requirement */
	int32 tolerance_count;         /* by operation, then in the order of the type */
	const int32 *tolerance_node;
	struct varlena **tolerance; /* values of opres.impact_tolerance */
	int64 revision;             /* 0 = a map never edited */
	size_t bytes;
} OpresMap;

/*
 * The compiled map of a revision (0 = current) as the active snapshot sees it. Checks SELECT on all map tables first.
 * Valid until opres_map_release; held maps are let go at the end of the transaction too (errors included).
 */
extern OpresMap *opres_map_hold(int64 revision);
/* Reads an argument `revision`: 0 for NULL, an error unless positive. */
extern int64 opres_revision_argument(FunctionCallInfo fcinfo, int argument);
extern void opres_map_release(OpresMap *map);

/* Index of a node by its code; -1 if there is none. */
extern int32 opres_map_find(const OpresMap *map, const char *code);
/* The same, an error (with the nearest codes as hint) if there is none. `what` says what was looked up, e.g. "node". */
extern int32 opres_map_node(const OpresMap *map, const char *code, const char *what);

/* The same for a document: `place` is the JSON path of the code. */
extern int32 opres_map_node_at(const OpresMap *map, const char *code, const char *place);

/* Memory for engine runs: palloc in the given context; cancelled = a cancel or a shutdown is pending. Raise with opres_report. */
extern OpresEnv opres_pg_env(MemoryContext context);
/* Turns an engine failure into an error; for OPRES_CANCELLED lets the pending interrupt speak first. Nothing for OPRES_OK. */
extern void opres_report(const OpresMap *map, OpresStatus status, const OpresError *error);

#endif
