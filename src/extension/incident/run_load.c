/*
 * run_load.c - live runs: read from the tables, folded, kept (run.h).
 *
 * The last OPRES_LIVE_RUNS runs stay, each in a memory context of its own below CacheMemoryContext; the least recently used goes
 * first. While a run is being changed its stamp here is 0, which no row has: if the change fails half-way the live run is not used
 * again.
 */
#include "incident/run.h"

#include "common/statement.h"
#include "incident/access.h"
#include "incident/run_playbook.h"
#include "incident/table_scan.h"
#include "map/map_compile.h"
#include "miscadmin.h"
#include "storage/lmgr.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"

/* A live run whose machine holds more than this is folded anew: the machine frees nothing. */
#define LIVE_MEMORY (16 * 1024 * 1024)

typedef struct Live
{
	OpresLiveRun live; /* first: a live run is its Live */
	OpresRunPlaybook *playbook;
	uint64 last_used;
} Live;

static Live *live_kept[OPRES_LIVE_RUNS];
static uint64 uses;

/* Live runs */

static void
begin_change(OpresLiveRun *live)
{
	live->stamp = 0;
	live->changed_in = GetCurrentTransactionStartTimestamp();
	live->changed_in_sub = GetCurrentSubTransactionId();
}

/* Not one that a change which failed has left behind: its subtransaction is over. */
static bool
in_change(const OpresLiveRun *live)
{
	return live->stamp == 0 && live->changed_in == GetCurrentTransactionStartTimestamp() &&
		   SubTransactionIsActive(live->changed_in_sub);
}

static void
drop_live(int place)
{
	Live *live = live_kept[place];

	live_kept[place] = NULL;
	if (live == NULL)
		return;
	live->playbook->used--;
	opres_run_drop_context(live->live.context, in_change(&live->live));
}

static Live *
kept_live(int64 id, int64 stamp)
{
	for (int i = 0; i < OPRES_LIVE_RUNS; i++)
	{
		Live *live = live_kept[i];

		if (live == NULL || live->live.id != id)
			continue;
		if (live->live.stamp == stamp && live->live.arena.held < LIVE_MEMORY)
		{
			live->last_used = ++uses;
			return live;
		}
		drop_live(i);
	}
	return NULL;
}

static void
keep_live(Live *live)
{
	int place = 0;

	for (int i = 0; i < OPRES_LIVE_RUNS; i++)
	{
		if (live_kept[i] == NULL)
		{
			place = i;
			break;
		}
		if (live_kept[i]->last_used < live_kept[place]->last_used)
			place = i;
	}
	drop_live(place);
	live->last_used = ++uses;
	live->playbook->used++;
	MemoryContextSetParent(live->live.context, CacheMemoryContext);
	live_kept[place] = live;
}

/* Reading the tables */

enum
{
	RUN_INCIDENT = 1,
	RUN_STAMP,
	RUN_EVENTS,
	RUN_PLAYBOOK,
	RUN_MODIFIED,
	RUN_PINS,
	RUN_DEADLINES,
	RUN_STARTED
};
#define RUN_COLUMNS "incident, stamp, events, playbook, modified, pins, report_deadlines, started_at"

static TimestampTz
column_time(uint64 row, int column)
{
	bool isnull;
	Datum value = opres_column(row, column, &isnull);

	return isnull ? OPRES_NO_TIME : DatumGetTimestampTz(value);
}

static Jsonb *
column_json(uint64 row, int column)
{
	bool isnull;
	Datum value = opres_column(row, column, &isnull);

	return isnull ? NULL : DatumGetJsonbPCopy(value);
}

void
opres_run_read_incident(OpresLiveRun *live, bool read_only)
{
	static OpresStatement statement =
		OPRES_SQL("SELECT occurred_at, detected_at, recognised_at, classified_at, breach_at, time_zone, confidential"
				  " FROM opres.incident WHERE id OPERATOR(pg_catalog.=) $1",
				  INT8OID);
	Datum values[1] = { Int64GetDatum(live->incident) };
	bool isnull;

	if (opres_statement(&statement, values, NULL, read_only) != 1)
		ereport(ERROR, (errcode(ERRCODE_UNDEFINED_OBJECT), errmsg("there is no incident " INT64_FORMAT, live->incident)));
	for (int i = OPRES_ANCHOR_OCCURRENCE; i <= OPRES_ANCHOR_TOLERANCE_BREACH; i++)
		live->anchors[i] = column_time(0, i + 1);
	live->anchors[OPRES_ANCHOR_START] = live->started_at;
	live->time_zone = MemoryContextStrdup(live->context, opres_column_text(0, 6));
	live->confidential = DatumGetBool(opres_column(0, 7, &isnull));
}

static const char **
read_role_names(uint64 row, int column, int *count)
{
	bool isnull, *nulls;
	Datum value = opres_column(row, column, &isnull), *items;
	const char **names;

	*count = 0;
	if (isnull)
		return NULL;
	deconstruct_array(DatumGetArrayTypeP(value), TEXTOID, -1, false, TYPALIGN_INT, &items, &nulls, count);
	names = palloc(sizeof(char *) * (*count + 1));
	for (int i = 0; i < *count; i++)
		names[i] = TextDatumGetCString(items[i]);
	return names;
}

/* References of steps never change within a run: found as the events write them. */
static int32
step_of(const OpresLiveRun *live, const char *reference)
{
	if (reference == NULL)
		return OPRES_NO_STEP;
	for (int32 i = 0; i < live->compiled->playbook.step_count; i++)
		if (strcmp(live->compiled->steps[i].reference, reference) == 0)
			return i;
	ereport(ERROR, (errcode(ERRCODE_DATA_CORRUPTED),
					errmsg("an event of run " INT64_FORMAT " is of step %s, which its playbook has not", live->id, reference)));
}

static void
read_events(OpresLiveRun *live, bool read_only)
{
	static OpresStatement statement = OPRES_SQL(
		"SELECT number, kind, step, occurred_at, recorded_at, person, login, roles, role, heard_by, choice, \"values\", evidence"
		" FROM opres.run_event WHERE run OPERATOR(pg_catalog.=) $1 ORDER BY number",
		INT8OID);
	Datum values[1] = { Int64GetDatum(live->id) };
	uint64 count = opres_statement(&statement, values, NULL, read_only);

	for (uint64 i = 0; i < count; i++)
	{
		OpresEventRow row = { 0 };
		bool isnull;

		row.number = DatumGetInt32(opres_column(i, 1, &isnull));
		row.kind = opres_column_text(i, 2);
		row.step = step_of(live, opres_column_text(i, 3));
		row.occurred_at = column_time(i, 4);
		row.recorded_at = column_time(i, 5);
		row.person = opres_column_text(i, 6);
		row.login = opres_column_text(i, 7);
		row.roles = read_role_names(i, 8, &row.role_count);
		row.role = opres_column_text(i, 9);
		row.heard_by = opres_column_text(i, 10);
		row.choice = opres_column_text(i, 11);
		row.values = column_json(i, 12);
		row.evidence = column_json(i, 13);
		opres_run_fold(live, &row);
	}
}

/* The institution's own deadlines: {report: {"anchor": ..., "after": ...}}, checked when they were set. */
static void
read_settings(OpresLiveRun *live, Jsonb *settings)
{
	static const char *const anchors[] = {
		"occurrence", "detection", "recognition", "classification", "tolerance_breach", "start"
	};
	const OpresCompiled *compiled = live->compiled;

	live->settings = MemoryContextAllocZero(live->context, sizeof(OpresReportSetting) * (compiled->report_count + 1));
	for (int32 i = 0; i < compiled->report_count; i++)
	{
		const char *code = compiled->reports[i].code;
		OpresReportSetting *setting = &live->settings[i];
		JsonbValue object, anchor, after;
		Interval *offset;

		if (getKeyJsonValueFromContainer(&settings->root, code, (int) strlen(code), &object) == NULL || object.type != jbvBinary)
			continue;
		getKeyJsonValueFromContainer(object.val.binary.data, "anchor", 6, &anchor);
		getKeyJsonValueFromContainer(object.val.binary.data, "after", 5, &after);
		for (int a = 0; a < lengthof(anchors); a++)
			if (strlen(anchors[a]) == anchor.val.string.len &&
				memcmp(anchors[a], anchor.val.string.val, anchor.val.string.len) == 0)
			{
				setting->deadline.anchor = (OpresAnchor) a;
				setting->deadline.said = anchors[a];
				setting->set = true;
			}
		offset = DatumGetIntervalP(DirectFunctionCall3(interval_in,
													   CStringGetDatum(pnstrdup(after.val.string.val, after.val.string.len)),
													   ObjectIdGetDatum(InvalidOid), Int32GetDatum(-1)));
		setting->deadline.offset = *offset;
	}
}

/* From the row in SPI_tuptable, with all columns of RUN_COLUMNS. */
static Live *
make_live(int64 id, bool read_only)
{
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "opres run", ALLOCSET_SMALL_SIZES);
	Live *made = MemoryContextAllocZero(context, sizeof(Live));
	OpresLiveRun *live = &made->live;
	char *playbook = opres_column_text(0, RUN_PLAYBOOK);
	TimestampTz modified = column_time(0, RUN_MODIFIED);
	Jsonb *pins = column_json(0, RUN_PINS), *settings = column_json(0, RUN_DEADLINES);
	bool isnull;
	int32 steps;

	live->id = id;
	live->context = context;
	live->incident = DatumGetInt64(opres_column(0, RUN_INCIDENT, &isnull));
	live->stamp = DatumGetInt64(opres_column(0, RUN_STAMP, &isnull));
	live->started_at = column_time(0, RUN_STARTED);
	live->last_at = live->started_at;
	live->ended_at = OPRES_NO_TIME;
	made->playbook = opres_run_playbook(playbook, modified, pins);
	live->compiled = made->playbook->compiled;
	steps = live->compiled->playbook.step_count;
	live->acted_at = MemoryContextAlloc(context, sizeof(TimestampTz) * steps);
	for (int32 i = 0; i < steps; i++)
		live->acted_at[i] = OPRES_NO_TIME;
	live->references = MemoryContextAllocZero(context, sizeof(char *) * steps);
	opres_run_read_incident(live, read_only);
	read_settings(live, settings);
	live->env = opres_pg_env(context);
	opres_arena_init(&live->arena, &live->env, 0);
	live->run = opres_run_new(&live->compiled->playbook, &live->arena);
	if (live->run == NULL)
		ereport(ERROR, (errcode(ERRCODE_OUT_OF_MEMORY), errmsg("out of memory while playing run " INT64_FORMAT, id)));
	return made;
}

static OpresLiveRun *
load_live(int64 id, bool read_only)
{
	bool isnull;
	int32 events = DatumGetInt32(opres_column(0, RUN_EVENTS, &isnull));
	Live *made = make_live(id, read_only);
	OpresLiveRun *live = &made->live;

	read_events(live, read_only);
	if (live->events != events)
		live->stamp = 0; /* in the middle of a change: not to be believed afterwards */
	opres_run_project(live, live->context, &live->steps, &live->reports);
	keep_live(made);
	return live;
}

static void
no_such_run(int64 id)
{
	ereport(ERROR, (errcode(ERRCODE_UNDEFINED_OBJECT), errmsg("there is no run " INT64_FORMAT, id),
					errhint("opres.runs lists the runs you may see.")));
}

/* What runs as the owner of the tables must ask for itself what row-level security asks of others. */
static void
check_seen(const OpresLiveRun *live)
{
	bool seen = true;

	if (live->confidential)
	{
		/* Who is not admitted any more is not, however old her transaction. */
		PushActiveSnapshot(GetLatestSnapshot());
		seen = opres_may_see_incident(live->incident);
		PopActiveSnapshot();
	}
	if (!seen)
		no_such_run(live->id);
}

/*
 * A lock on the run, to the end of the transaction. Not the row's: that would be written to the row and to the WAL, and asked for
 * by a query; this costs nothing of that with every act.
 */
static bool
lock_run(int64 id, bool wait)
{
	LOCKTAG tag;

	if (RecoveryInProgress())
		ereport(ERROR, (errcode(ERRCODE_READ_ONLY_SQL_TRANSACTION),
						errmsg("run " INT64_FORMAT " cannot be changed on a standby", id), errhint("Connect to the primary.")));
	SET_LOCKTAG_OBJECT(tag, MyDatabaseId, opres_table_oid("run"), (uint32) id, (uint16) (id >> 32));
	return LockAcquire(&tag, ExclusiveLock, false, !wait) != LOCKACQUIRE_NOT_AVAIL;
}

bool
opres_run_lock_if_free(int64 id)
{
	return lock_run(id, false);
}

/* The stamp of a run, 0 if there is none in sight. */
static int64
stamp_now(int64 id, Snapshot snapshot)
{
	OpresTableScan scan;
	ScanKeyData key;
	HeapTuple row;
	int64 stamp;

	PushActiveSnapshot(snapshot);
	ScanKeyInit(&key, 1, BTEqualStrategyNumber, F_INT8EQ, Int64GetDatum(id));
	scan = opres_table_scan("run", "run_pkey", 1, &key);
	row = opres_table_next(&scan);
	stamp = row != NULL ? DatumGetInt64(opres_table_value(&scan, row, "stamp")) : 0;
	opres_table_end(&scan);
	PopActiveSnapshot();
	return stamp;
}

/* At REPEATABLE READ and above what others have done meanwhile is not to be seen, and must not be overlooked. */
static int64
locked_stamp(int64 id)
{
	int64 stamp;

	lock_run(id, true);
	stamp = stamp_now(id, GetTransactionSnapshot());
	if (stamp == 0)
		no_such_run(id);
	if (IsolationUsesXactSnapshot() && stamp_now(id, GetLatestSnapshot()) != stamp)
		ereport(ERROR, (errcode(ERRCODE_T_R_SERIALIZATION_FAILURE),
						errmsg("could not serialize access due to concurrent changes of run " INT64_FORMAT, id),
						errhint("Try the transaction again.")));
	return stamp;
}

#define SELECT_RUN "SELECT " RUN_COLUMNS " FROM opres.run WHERE id OPERATOR(pg_catalog.=) $1"

static void
select_run(int64 id, bool read_only)
{
	static OpresStatement look = OPRES_SQL(SELECT_RUN, INT8OID);
	Datum values[1] = { Int64GetDatum(id) };

	if (opres_statement(&look, values, NULL, read_only) != 1)
		no_such_run(id);
}

static OpresLiveRun *
open_to_look(int64 id)
{
	Live *kept;
	bool isnull;

	select_run(id, true);
	kept = kept_live(id, DatumGetInt64(opres_column(0, RUN_STAMP, &isnull)));
	return kept != NULL ? &kept->live : load_live(id, true);
}

OpresLiveRun *
opres_run_open(int64 id, OpresOpening opening)
{
	OpresLiveRun *live;
	Live *kept;

	if (opening == OPRES_TO_LOOK)
		return open_to_look(id);
	kept = kept_live(id, locked_stamp(id));
	if (kept == NULL)
		select_run(id, false);
	live = kept != NULL ? &kept->live : load_live(id, false);
	if (opening == OPRES_TO_CHANGE)
		check_seen(live);
	begin_change(live);
	return live;
}

void
opres_run_forget(int64 id)
{
	for (int i = 0; i < OPRES_LIVE_RUNS; i++)
		if (live_kept[i] != NULL && live_kept[i]->live.id == id)
			drop_live(i);
}

OpresLiveRun *
opres_run_made(int64 id)
{
	Live *made;

	lock_run(id, true);
	select_run(id, false);
	made = make_live(id, false);
	begin_change(&made->live);
	keep_live(made);
	return &made->live;
}
