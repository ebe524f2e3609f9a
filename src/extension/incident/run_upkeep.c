/*
 * run_upkeep.c - runs beside what people do in them: annotations, disputed approvals, time, changed times of the incident, and the
 * projections made anew from the events.
 */
#include "incident/run.h"

#include "access/xact.h"
#include "audit/append.h"
#include "catalog/pg_type.h"
#include "common/rows.h"
#include "common/statement.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/resowner.h"

OPRES_FUNCTION(opres_annotate_run);
OPRES_FUNCTION(opres_dispute);
OPRES_FUNCTION(opres_settle_dispute);
OPRES_FUNCTION(opres_tick);
OPRES_FUNCTION(opres_refresh_runs);

static OpresLiveRun *
open_argument(FunctionCallInfo fcinfo)
{
	if (PG_ARGISNULL(0))
		ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("run is missing"), errhint("opres.runs lists the runs.")));
	return opres_run_open(PG_GETARG_INT64(0), OPRES_TO_CHANGE);
}

static char *
needed_text(FunctionCallInfo fcinfo, int n, const char *name)
{
	if (PG_ARGISNULL(n) || VARSIZE_ANY_EXHDR(PG_GETARG_TEXT_PP(n)) == 0)
		ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("%s is missing", name)));
	return text_to_cstring(PG_GETARG_TEXT_PP(n));
}

Datum
opres_annotate_run(PG_FUNCTION_ARGS)
{
	OpresEventRow row = { .kind = "annotate", .step = OPRES_NO_STEP, .occurred_at = OPRES_NO_TIME };
	OpresLiveRun *live;

	SPI_connect();
	live = open_argument(fcinfo);
	row.note = needed_text(fcinfo, 1, "note");
	if (!PG_ARGISNULL(2))
		row.step = opres_find_step(live->compiled, needed_text(fcinfo, 2, "step"));
	row.evidence = PG_ARGISNULL(3) ? NULL : PG_GETARG_JSONB_P_COPY(3);
	row.occurred_at = PG_ARGISNULL(4) ? OPRES_NO_TIME : PG_GETARG_TIMESTAMPTZ(4);
	opres_event_by_caller(&row);
	opres_run_act(live, &row, NULL);
	opres_run_close(live, false);
	SPI_finish();
	PG_RETURN_VOID();
}

/* Sets a time of the approvals by telephone of a step, of one person or, for settling, of all that are disputed. */
static uint64
mark(OpresLiveRun *live, const OpresEventRow *row, bool settle)
{
	static OpresStatement dispute = OPRES_SQL(
		"UPDATE opres.run_ratification AS q SET disputed_at = $4 FROM opres.run_event AS e"
		" WHERE q.run OPERATOR(pg_catalog.=) $1 AND q.person OPERATOR(pg_catalog.=) $2 AND q.ratified_at IS NULL AND q.disputed_at "
		"IS NULL"
		" AND e.run OPERATOR(pg_catalog.=) q.run AND e.number OPERATOR(pg_catalog.=) q.event AND e.step OPERATOR(pg_catalog.=) $3",
		INT8OID, TEXTOID, TEXTOID, TIMESTAMPTZOID);
	/* Neither who denies it nor who heard it settles it. */
	static OpresStatement settling = OPRES_SQL(
		"UPDATE opres.run_ratification AS q SET settled_at = $4 FROM opres.run_event AS e"
		" WHERE q.run OPERATOR(pg_catalog.=) $1 AND q.person OPERATOR(pg_catalog.<>) $2 AND e.heard_by IS DISTINCT FROM $2"
		" AND q.disputed_at IS NOT NULL AND q.settled_at IS NULL"
		" AND e.run OPERATOR(pg_catalog.=) q.run AND e.number OPERATOR(pg_catalog.=) q.event AND e.step OPERATOR(pg_catalog.=) $3",
		INT8OID, TEXTOID, TEXTOID, TIMESTAMPTZOID);
	Datum values[4] = { Int64GetDatum(live->id), CStringGetTextDatum(row->person),
						CStringGetTextDatum(live->compiled->steps[row->step].reference),
						TimestampTzGetDatum(GetCurrentTimestamp()) };

	return opres_statement(settle ? &settling : &dispute, values, NULL, false);
}

static Datum
about_approval(FunctionCallInfo fcinfo, bool settle)
{
	OpresEventRow row = { .kind = settle ? "settle" : "dispute", .occurred_at = OPRES_NO_TIME };
	OpresLiveRun *live;

	SPI_connect();
	live = open_argument(fcinfo);
	row.step = opres_find_step(live->compiled, needed_text(fcinfo, 1, "step"));
	row.note = opres_reason(PG_ARGISNULL(2) ? NULL : text_to_cstring(PG_GETARG_TEXT_PP(2)),
							settle ? "settling a disputed approval" : "disputing an approval");
	opres_event_by_caller(&row);
	if (mark(live, &row, settle) == 0)
		ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
						settle ? errmsg("there is no disputed approval of step %s that %s may settle",
										opres_step_said(live, row.step), row.person)
							   : errmsg("there is no approval by %s of step %s that was entered by another and is not confirmed",
										row.person, opres_step_said(live, row.step)),
						settle ? errdetail("Expected one that neither she has denied nor she heard.") : 0));
	opres_run_act(live, &row, row.note);
	opres_run_close(live, false);
	SPI_finish();
	PG_RETURN_VOID();
}

Datum
opres_dispute(PG_FUNCTION_ARGS)
{
	return about_approval(fcinfo, false);
}

Datum
opres_settle_dispute(PG_FUNCTION_ARGS)
{
	return about_approval(fcinfo, true);
}

/* Runs in which time may have something to do: a superset, cheap to find. */
static uint64
runs_to_tick(FunctionCallInfo fcinfo, int64 **ids)
{
	static OpresStatement look = OPRES_SQL(
		"SELECT DISTINCT s.run FROM opres.run_step AS s JOIN opres.run AS r ON r.id OPERATOR(pg_catalog.=) s.run"
		" WHERE r.state OPERATOR(pg_catalog.=) 'active' AND ($1 IS NULL OR s.run OPERATOR(pg_catalog.=) $1) AND s.ended_at IS NULL"
		" AND s.state IN ('reached', 'submitted', 'running') AND (s.due_at OPERATOR(pg_catalog.<=) $2"
		" OR s.type OPERATOR(pg_catalog.<>) 'action' AND s.state OPERATOR(pg_catalog.=) 'reached'"
		" AND s.ready_at OPERATOR(pg_catalog.<=) $2) ORDER BY s.run",
		INT8OID, TIMESTAMPTZOID);
	Datum values[2] = { PG_ARGISNULL(0) ? (Datum) 0 : PG_GETARG_DATUM(0), TimestampTzGetDatum(GetCurrentTimestamp()) };
	bool nulls[2] = { PG_ARGISNULL(0), false }, isnull;
	uint64 count = opres_statement(&look, values, nulls, false);

	*ids = palloc(sizeof(int64) * (count + 1));
	for (uint64 i = 0; i < count; i++)
		(*ids)[i] = DatumGetInt64(opres_column(i, 1, &isnull));
	return count;
}

static int32
tick_run(int64 id)
{
	OpresLiveRun *live = opres_run_open(id, OPRES_TO_KEEP_UP);
	int32 made = opres_run_state(live->run) == OPRES_RUN_ACTIVE ? opres_run_tick(live) : 0;

	/* Also when nothing was due: the live run is marked as being changed. */
	opres_run_close(live, false);
	return made;
}

/* A run that cannot go on (its playbook is gone, say) keeps no other from going on. */
static int32
tick_one_of_all(int64 id)
{
	MemoryContext context = CurrentMemoryContext;
	ResourceOwner owner = CurrentResourceOwner;
	volatile int32 made = 0;

	BeginInternalSubTransaction(NULL);
	MemoryContextSwitchTo(context);
	PG_TRY();
	{
		made = tick_run(id);
		ReleaseCurrentSubTransaction();
	}
	PG_CATCH();
	{
		ErrorData *error;

		MemoryContextSwitchTo(context);
		error = CopyErrorData();
		FlushErrorState();
		RollbackAndReleaseCurrentSubTransaction();
		MemoryContextSwitchTo(context);
		CurrentResourceOwner = owner;
		if (ERRCODE_TO_CATEGORY(error->sqlerrcode) == ERRCODE_OPERATOR_INTERVENTION)
			ReThrowError(error);
		ereport(WARNING, (errcode(error->sqlerrcode), errmsg("run " INT64_FORMAT " was left alone: %s", id, error->message)));
	}
	PG_END_TRY();
	MemoryContextSwitchTo(context);
	CurrentResourceOwner = owner;
	return made;
}

/* Who holds a run in an open transaction, or the lock of an incident, keeps nobody else's from going on: it is left for next time.
 */
Datum
opres_tick(PG_FUNCTION_ARGS)
{
	static OpresStatement clocks = { .sql = "SELECT opres.refresh_clocks()" };
	int64 *ids, events = 0;
	uint64 count;

	SPI_connect();
	if (PG_ARGISNULL(0))
		(void) opres_statement(&clocks, NULL, NULL, false);
	count = runs_to_tick(fcinfo, &ids);
	for (uint64 i = 0; i < count; i++)
	{
		CHECK_FOR_INTERRUPTS();
		if (!PG_ARGISNULL(0))
			events += tick_run(ids[i]);
		else if (opres_run_lock_if_free(ids[i]))
			events += tick_one_of_all(ids[i]);
	}
	SPI_finish();
	PG_RETURN_INT64(events);
}

static uint64
runs_of_incident(Datum incident, int64 **ids)
{
	static OpresStatement look =
		OPRES_SQL("SELECT id FROM opres.run WHERE incident OPERATOR(pg_catalog.=) $1 ORDER BY id", INT8OID);
	uint64 count = opres_statement(&look, &incident, NULL, false);
	bool isnull;

	*ids = palloc(sizeof(int64) * (count + 1));
	for (uint64 i = 0; i < count; i++)
		(*ids)[i] = DatumGetInt64(opres_column(i, 1, &isnull));
	return count;
}

OPRES_FUNCTION(opres_lock_run);
Datum
opres_lock_run(PG_FUNCTION_ARGS)
{
	SPI_connect();
	(void) open_argument(fcinfo);
	SPI_finish();
	PG_RETURN_VOID();
}

OPRES_FUNCTION(opres_lock_runs_if_free);
Datum
opres_lock_runs_if_free(PG_FUNCTION_ARGS)
{
	bool free = true;
	int64 *ids;
	uint64 count;

	SPI_connect();
	count = runs_of_incident(PG_GETARG_DATUM(0), &ids);
	for (uint64 i = 0; i < count && free; i++)
		free = opres_run_lock_if_free(ids[i]);
	SPI_finish();
	PG_RETURN_BOOL(free);
}

/* The times of the incident have changed: what is due when. */
Datum
opres_refresh_runs(PG_FUNCTION_ARGS)
{
	int64 *ids;
	uint64 count;

	SPI_connect();
	count = runs_of_incident(PG_GETARG_DATUM(0), &ids);
	for (uint64 i = 0; i < count; i++)
	{
		OpresLiveRun *live = opres_run_open(ids[i], OPRES_TO_KEEP_UP);

		opres_run_read_incident(live, false);
		opres_run_close(live, false);
	}
	SPI_finish();
	PG_RETURN_VOID();
}
