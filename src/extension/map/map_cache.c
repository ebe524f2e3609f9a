/*
 * map_cache.c - keeps compiled maps between calls and hands them out (map_cache.h).
 *
 * At most MAPS_KEPT maps stay, the least recently used goes first; each lives in a memory context of its own below
 * CacheMemoryContext. A hit reads map_head and no other table, so the privileges on the map tables are checked at every call.
 * What a stamp does not tell (edits of this transaction, their undoing, rows of a dump that is being restored) the generation of
 * edit.h does: a map is kept under both, and one of an older generation is never asked for again.
 */
#include "map/map_compile.h"

#include "access/table.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "catalog/namespace.h"
#include "executor/tuptable.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/rls.h"
#include "utils/snapmgr.h"
#include "utils/uuid.h"

#include "map/document.h"
#include "map/edit.h"

#define MAPS_KEPT 2

typedef struct KeptMap
{
	OpresMap map; /* first: a held map is its KeptMap */
	MemoryContext context;
	pg_uuid_t stamp;
	int held;
	uint64 last_used;
	uint64 generation;
} KeptMap;

static KeptMap *kept[MAPS_KEPT];
static uint64 uses;

/* Which revision is meant, as the active snapshot sees it. */
typedef struct Wanted
{
	int64 revision;
	pg_uuid_t stamp;
	bool past;
	uint64 generation; /* 0 = not to be kept; a map never edited (or in the middle of a restore) has no stamp */
} Wanted;

static void
let_go(XactEvent event, void *arg)
{
	if (event == XACT_EVENT_ABORT || event == XACT_EVENT_COMMIT || event == XACT_EVENT_PREPARE ||
		event == XACT_EVENT_PARALLEL_ABORT || event == XACT_EVENT_PARALLEL_COMMIT)
		for (int i = 0; i < MAPS_KEPT; i++)
			if (kept[i] != NULL)
				kept[i]->held = 0;
}

static void
register_callbacks(void)
{
	static bool registered = false;

	if (registered)
		return;
	RegisterXactCallback(let_go, NULL);
	registered = true;
}

static void
check_select(const char *table)
{
	Oid oid = opres_table_oid(table);

	if (pg_class_aclcheck(oid, GetUserId(), ACL_SELECT) != ACLCHECK_OK)
		ereport(ERROR, (errcode(ERRCODE_INSUFFICIENT_PRIVILEGE), errmsg("permission denied for table opres.%s", table),
						errdetail("Analysing the map needs SELECT on all its tables."), errhint("See opres.grant_access().")));
	if (check_enable_rls(oid, InvalidOid, true) == RLS_ENABLED)
		ereport(ERROR, (errcode(ERRCODE_INSUFFICIENT_PRIVILEGE), errmsg("row-level security is enabled on table opres.%s", table),
						errdetail("A map of which some rows are hidden would give wrong results.")));
}

static void
check_privileges(bool past)
{
	for (int i = 0; i < OPRES_TABLES; i++)
	{
		check_select(opres_table_names[i]);
		if (past)
			check_select(psprintf("%s_history", opres_table_names[i]));
	}
}

/* The first row of a table of two columns revision and stamp; revision < 0 takes any. */
static bool
read_stamp(const char *table, int64 revision, Wanted *wanted)
{
	Relation relation = table_open(opres_table_oid(table), AccessShareLock);
	AttrNumber revision_column = get_attnum(RelationGetRelid(relation), "revision");
	AttrNumber stamp_column = get_attnum(RelationGetRelid(relation), "stamp");
	TupleTableSlot *slot = table_slot_create(relation, NULL);
	TableScanDesc scan = table_beginscan(relation, GetActiveSnapshot(), 0, NULL);
	bool found = false;

	while (!found && table_scan_getnextslot(scan, ForwardScanDirection, slot))
	{
		bool isnull;
		int64 value = DatumGetInt64(slot_getattr(slot, revision_column, &isnull));

		if (revision >= 0 && value != revision)
			continue;
		wanted->revision = value;
		wanted->stamp = *DatumGetUUIDP(slot_getattr(slot, stamp_column, &isnull));
		found = true;
	}
	table_endscan(scan);
	ExecDropSingleTupleTableSlot(slot);
	table_close(relation, NoLock);
	return found;
}

static Wanted
find_revision(int64 revision)
{
	Wanted wanted = { 0 };
	uint64 generation = opres_edit_generation();
	bool edited = read_stamp("map_head", -1, &wanted);

	wanted.generation = edited ? generation : 0;
	if (revision == 0 || (edited && revision == wanted.revision))
		return wanted;
	if (revision < 0 || (edited && revision > wanted.revision) || !read_stamp("map_revision", revision, &wanted))
		ereport(ERROR, (errcode(ERRCODE_UNDEFINED_OBJECT), errmsg("map revision %lld does not exist", (long long) revision),
						errdetail("The current revision is %lld.", (long long) wanted.revision),
						errhint("opres.map_revisions lists them.")));
	wanted.past = true;
	return wanted;
}

static void
drop_map(int i)
{
	MemoryContextDelete(kept[i]->context);
	kept[i] = NULL;
}

static KeptMap *
find_kept(const Wanted *wanted)
{
	for (int i = 0; i < MAPS_KEPT; i++)
	{
		if (wanted->generation == 0 || kept[i] == NULL)
			continue;
		if (kept[i]->generation == wanted->generation && memcmp(&kept[i]->stamp, &wanted->stamp, sizeof(pg_uuid_t)) == 0)
			return kept[i];
		if (kept[i]->generation != wanted->generation && kept[i]->held == 0)
			drop_map(i);
	}
	return NULL;
}

/* A place for a new map, making room if need be; -1 if all are held. */
static int
free_place(void)
{
	int oldest = -1;

	for (int i = 0; i < MAPS_KEPT; i++)
	{
		if (kept[i] == NULL)
			return i;
		if (kept[i]->held == 0 && (oldest < 0 || kept[i]->last_used < kept[oldest]->last_used))
			oldest = i;
	}
	if (oldest >= 0)
		drop_map(oldest);
	return oldest;
}

OpresMap *
opres_map_hold(int64 revision)
{
	Wanted wanted;
	KeptMap *found;
	MemoryContext context;
	MemoryContext before;
	int place;

	register_callbacks();
	check_select("map_head");
	if (revision != 0)
		check_select("map_revision");
	wanted = find_revision(revision);
	check_privileges(wanted.past);
	found = find_kept(&wanted);
	if (found == NULL)
	{
		/* The old map goes first, so that two large ones are not held at a time. */
		place = wanted.generation != 0 ? free_place() : -1;
		context = AllocSetContextCreate(CurrentMemoryContext, "opres map", ALLOCSET_DEFAULT_SIZES);
		before = MemoryContextSwitchTo(context);
		found = palloc0(sizeof(KeptMap));
		found->context = context;
		found->stamp = wanted.stamp;
		found->generation = wanted.generation;
		opres_map_compile(&found->map, wanted.revision, wanted.past);
		MemoryContextSwitchTo(before);
		if (place >= 0)
		{
			/* Only a map that is whole outlives the call. */
			MemoryContextSetParent(context, CacheMemoryContext);
			kept[place] = found;
		}
	}
	found->held++;
	found->last_used = ++uses;
	return &found->map;
}

int64
opres_revision_argument(FunctionCallInfo fcinfo, int argument)
{
	int64 revision = PG_ARGISNULL(argument) ? 0 : PG_GETARG_INT64(argument);

	if (!PG_ARGISNULL(argument) && revision <= 0)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("revision must be positive"),
						errhint("NULL means the current revision.")));
	return revision;
}

void
opres_map_release(OpresMap *map)
{
	KeptMap *held = (KeptMap *) map;

	if (--held->held > 0)
		return;
	for (int i = 0; i < MAPS_KEPT; i++)
		if (kept[i] == held)
			return;
	MemoryContextDelete(held->context);
}

int32
opres_map_find(const OpresMap *map, const char *code)
{
	int32 low = 0;
	int32 high = map->model.node_count;

	while (low < high)
	{
		int32 middle = low + (high - low) / 2;
		int order = strcmp(map->code[middle], code);

		if (order == 0)
			return middle;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return -1;
}

/* What is there that reads like a code that is not. */
static OpresNearest
nearest_code(const OpresMap *map, const char *code)
{
	OpresNearest nearest;

	opres_nearest_begin(&nearest, code, (int) strlen(code));
	for (int32 i = 0; i < map->model.node_count; i++)
		opres_nearest_offer(&nearest, map->code[i], (int) strlen(map->code[i]));
	return nearest;
}

int32
opres_map_node(const OpresMap *map, const char *code, const char *what)
{
	int32 found = opres_map_find(map, code);
	OpresNearest nearest;

	if (found >= 0)
		return found;
	nearest = nearest_code(map, code);
	ereport(ERROR, (errcode(ERRCODE_UNDEFINED_OBJECT), errmsg("%s \"%s\" does not exist in the map", what, code),
					opres_nearest_hint(&nearest)));
}

int32
opres_map_node_at(const OpresMap *map, const char *code, const char *place)
{
	int32 found = opres_map_find(map, code);
	OpresNearest nearest;

	if (found >= 0)
		return found;
	nearest = nearest_code(map, code);
	ereport(ERROR, (errcode(ERRCODE_UNDEFINED_OBJECT),
					errmsg("%s: no node has the code %s", place, opres_quoted(code, (int) strlen(code))),
					errdetail("Expected the code of one of the %d nodes of the map.", map->model.node_count),
					opres_nearest_hint(&nearest)));
}

/* The engine only allocates and frees; blocks may be larger than 1 GB, and a failure comes back as NULL. */
static void *
pg_reallocate(void *ctx, void *block, size_t size)
{
	if (size == 0)
	{
		pfree(block);
		return NULL;
	}
	Assert(block == NULL);
	return MemoryContextAllocExtended(ctx, size, MCXT_ALLOC_HUGE | MCXT_ALLOC_NO_OOM);
}

/* Looked at often: no more than flags. */
static bool
pg_cancelled(void *ctx)
{
	return OPRES_CANCEL_PENDING;
}

OpresEnv
opres_pg_env(MemoryContext context)
{
	return (OpresEnv){ pg_reallocate, pg_cancelled, context };
}

void
opres_report(const OpresMap *map, OpresStatus status, const OpresError *error)
{
	const char *node = error->node >= 0 && map->code != NULL ? map->code[error->node] : "?";

	switch (status)
	{
		case OPRES_OK:
			return;
		case OPRES_CANCELLED:
			CHECK_FOR_INTERRUPTS();
			ereport(ERROR, (errcode(ERRCODE_QUERY_CANCELED), errmsg("canceling statement due to user request")));
			break;
		case OPRES_NO_MEMORY:
			ereport(ERROR, (errcode(ERRCODE_OUT_OF_MEMORY), errmsg("out of memory")));
			break;
		case OPRES_MEMORY_LIMIT:
			ereport(ERROR,
					(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED), errmsg("outage takes more memory than opres.max_memory allows"),
					 error->node >= 0 ? errdetail("Node \"%s\" changes most often.", node) : 0,
					 errhint("Shorten the horizon, or raise opres.max_memory.")));
			break;
		case OPRES_EVENT_LIMIT:
			ereport(ERROR,
					(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED), errmsg("outage takes more events than opres.max_events allows"),
					 errdetail("Node \"%s\" changes most often.", node),
					 errhint("A cycle through it with short buffers or restarts may go round for ever: check its requirements, "
							 "shorten the horizon, or raise opres.max_events.")));
			break;
		case OPRES_NOT_CONVERGED:
			ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED), errmsg("levels in a cycle without delay do not settle"),
							errdetail("Node \"%s\" is in it.", node),
							errhint("Give one requirement of the cycle a buffer, or one node a restart time.")));
			break;
		case OPRES_LOSS_UNBOUNDED:
			ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED), errmsg("data loss of node \"%s\" grows without end", node),
							errdetail("A standby with a replica lag depends on the node it stands in for."),
							errhint("Remove the replica lag of one membership on the cycle.")));
			break;
		case OPRES_INVALID:
			ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("%s", error->message)));
			break;
	}
}
