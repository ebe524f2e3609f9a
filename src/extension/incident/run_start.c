/*
 * run_start.c - begins a run of a playbook for an incident.
 */
#include "incident/run.h"

#include "catalog/pg_type.h"
#include "common/statement.h"
#include "lib/stringinfo.h"
#include "playbook/find_playbook.h"
#include "utils/builtins.h"
#include "utils/datetime.h"
#include "utils/json.h"
#include "utils/memutils.h"

OPRES_FUNCTION(opres_start_run);

/* The playbooks inside, as they are found while compiling: {id or id@version: modified}. */
typedef struct Pins
{
	StringInfoData json;
	TimestampTz now;
} Pins;

static OpresPin
pin_newest(void *ctx, const char *id, TimestampTz version)
{
	Pins *pins = ctx;
	OpresPin pin = opres_playbook_version(id, version);
	char text[MAXDATELEN + 1];
	int utc = 0;

	if (pin.document == NULL)
		ereport(ERROR, (errcode(ERRCODE_UNDEFINED_OBJECT),
						version == 0
							? errmsg("playbook %s, which the playbook calls, is not loaded", id)
							: errmsg("playbook %s of %s, which the playbook calls, is not loaded", id, timestamptz_to_str(version)),
						errhint("Load it first: opres.load_playbook.")));
	opres_playbook_startable(&pin, pins->now);
	JsonEncodeDateTime(text, TimestampTzGetDatum(pin.modified), TIMESTAMPTZOID, &utc);
	appendStringInfoString(&pins->json, pins->json.len > 1 ? ", " : "");
	escape_json(&pins->json, opres_pin_key(id, version));
	appendStringInfo(&pins->json, ": \"%s\"", text);
	return pin;
}

/* Whoever begins a second run of the same playbook, or closes the incident, waits for us. */
static void
lock_incident(int64 incident)
{
	static OpresStatement lock = OPRES_SQL("SELECT state, NOT confidential OR opres.sees_incident(id) FROM opres.incident"
										   " WHERE id OPERATOR(pg_catalog.=) $1 FOR NO KEY UPDATE",
										   INT8OID);
	Datum values[1] = { Int64GetDatum(incident) };
	bool isnull;

	if (opres_statement(&lock, values, NULL, false) != 1 || !DatumGetBool(opres_column(0, 2, &isnull)))
		ereport(ERROR, (errcode(ERRCODE_UNDEFINED_OBJECT), errmsg("there is no incident " INT64_FORMAT, incident),
						errhint("opres.incidents lists those you may see.")));
	if (strcmp(opres_column_text(0, 1), "open") != 0)
		ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE), errmsg("incident " INT64_FORMAT " is over", incident),
						errdetail("Its state is %s.", opres_column_text(0, 1))));
}

static void
check_no_other(int64 incident, const OpresPin *pin)
{
	static OpresStatement look =
		OPRES_SQL("SELECT id FROM opres.run WHERE incident OPERATOR(pg_catalog.=) $1 AND playbook OPERATOR(pg_catalog.=) $2"
				  " AND state OPERATOR(pg_catalog.=) 'active'",
				  INT8OID, TEXTOID);
	Datum values[2] = { Int64GetDatum(incident), CStringGetTextDatum(pin->id) };
	bool isnull;

	if (opres_statement(&look, values, NULL, false) > 0)
		ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
						errmsg("run " INT64_FORMAT " of this playbook is going on for incident " INT64_FORMAT " already",
							   DatumGetInt64(opres_column(0, 1, &isnull)), incident),
						errhint("Go on with it, or end it first: opres.abort_run.")));
}

static int64
insert_run(int64 incident, const OpresPin *pin, const char *pins, TimestampTz now)
{
	static OpresStatement insert =
		OPRES_SQL("INSERT INTO opres.run (incident, playbook, modified, pins, report_deadlines, state, started_at, events, stamp)"
				  " VALUES ($1, $2, $3, $4::jsonb, (SELECT coalesce(jsonb_object_agg(report, jsonb_build_object('anchor', anchor, "
				  "'after', after)), '{}')"
				  " FROM opres.report_deadline), 'active', $5, 1, 1) RETURNING id",
				  INT8OID, TEXTOID, TIMESTAMPTZOID, TEXTOID, TIMESTAMPTZOID);
	Datum values[5] = { Int64GetDatum(incident), CStringGetTextDatum(pin->id), TimestampTzGetDatum(pin->modified),
						CStringGetTextDatum(pins), TimestampTzGetDatum(now) };
	bool isnull;

	opres_statement(&insert, values, NULL, false);
	return DatumGetInt64(opres_column(0, 1, &isnull));
}

Datum
opres_start_run(PG_FUNCTION_ARGS)
{
	OpresEventRow row = { .kind = "begin", .step = OPRES_NO_STEP, .occurred_at = OPRES_NO_TIME };
	Pins pins = { .now = GetCurrentTimestamp() };
	MemoryContext scratch;
	OpresLiveRun *live;
	int64 incident, id;
	OpresPin pin;

	if (PG_ARGISNULL(0) || PG_ARGISNULL(1))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("%s is missing", PG_ARGISNULL(0) ? "incident" : "playbook")));
	SPI_connect();
	incident = PG_GETARG_INT64(0);
	lock_incident(incident);
	pin = opres_find_playbook(text_to_cstring(PG_GETARG_TEXT_PP(1)));
	opres_playbook_startable(&pin, pins.now);
	check_no_other(incident, &pin);
	initStringInfo(&pins.json);
	appendStringInfoChar(&pins.json, '{');
	scratch = AllocSetContextCreate(CurrentMemoryContext, "opres playbook", ALLOCSET_DEFAULT_SIZES);
	opres_compile_playbook(&pin, pin_newest, &pins, scratch);
	MemoryContextDelete(scratch);
	appendStringInfoChar(&pins.json, '}');
	id = insert_run(incident, &pin, pins.json.data, pins.now);
	live = opres_run_made(id);
	opres_event_by_caller(&row);
	row.values = PG_ARGISNULL(2) ? NULL : PG_GETARG_JSONB_P_COPY(2);
	row.note = PG_ARGISNULL(3) ? NULL : text_to_cstring(PG_GETARG_TEXT_PP(3));
	row.occurred_at = PG_ARGISNULL(4) ? OPRES_NO_TIME : PG_GETARG_TIMESTAMPTZ(4);
	opres_run_act(live, &row, NULL);
	opres_run_wake(live);
	opres_run_close(live, true);
	SPI_finish();
	PG_RETURN_INT64(id);
}
