/*
 * scenario.c - reads the shocks of a scenario (scenario.h). SPI with the caller's snapshot and privileges.
 *
 * In the deterministic functions every shock happens, and one with a distribution and no duration takes its median.
 */
#include "outage/scenario.h"

#include "common/interval.h"
#include "executor/spi.h"
#include "map/document.h"
#include "distribution.h"
#include "catalog/pg_type.h"
#include "executor/tuptable.h"
#include "utils/builtins.h"

/* Column order of a shock in the queries below. */
enum
{
	SHOCK_CODE = 1,
	SHOCK_NODE,
	SHOCK_ONSET,
	SHOCK_LEVEL,
	SHOCK_DURATION,
	SHOCK_DATA_LOSS
};

#define SHOCK_COLUMNS "code, node, onset, level, coalesce(duration, opres.median(duration_distribution)), data_loss"
#define OF_REVISION "since_revision OPERATOR(pg_catalog.<=) $2"
#define OF_PAST_REVISION OF_REVISION " AND until_revision OPERATOR(pg_catalog.>) $2"

static OpresScenario
empty_scenario(void)
{
	return (OpresScenario){ .shocks = palloc(sizeof(OpresShock)), .code = palloc(sizeof(char *)) };
}

static void
add_shock(OpresScenario *scenario, const OpresShock *shock, const char *code)
{
	if (scenario->count == scenario->capacity)
	{
		scenario->capacity = scenario->capacity * 2 + 8;
		scenario->shocks = repalloc_huge(scenario->shocks, sizeof(OpresShock) * (Size) scenario->capacity);
		scenario->code = repalloc_huge(scenario->code, sizeof(char *) * (Size) scenario->capacity);
	}
	scenario->code[scenario->count] = code;
	scenario->shocks[scenario->count++] = *shock;
}

static OpresTime
time_or(Datum value, bool isnull, OpresTime otherwise, const char *what)
{
	return isnull ? otherwise : opres_interval_to_time(DatumGetIntervalP(value), what);
}

static void
add_tuple(const OpresMap *map, OpresScenario *scenario, HeapTuple tuple, TupleDesc desc)
{
	OpresShock shock = { 0 };
	bool isnull;
	Datum value;

	shock.node = opres_map_node(map, TextDatumGetCString(SPI_getbinval(tuple, desc, SHOCK_NODE, &isnull)), "node");
	value = SPI_getbinval(tuple, desc, SHOCK_ONSET, &isnull);
	shock.onset = time_or(value, isnull, 0, "onset");
	shock.level = DatumGetFloat8(SPI_getbinval(tuple, desc, SHOCK_LEVEL, &isnull));
	value = SPI_getbinval(tuple, desc, SHOCK_DURATION, &isnull);
	shock.duration = time_or(value, isnull, OPRES_NEVER, "duration");
	value = SPI_getbinval(tuple, desc, SHOCK_DATA_LOSS, &isnull);
	shock.data_loss = time_or(value, isnull, 0, "data loss");
	add_shock(scenario, &shock, TextDatumGetCString(SPI_getbinval(tuple, desc, SHOCK_CODE, &isnull)));
}

/* Runs a query kept prepared for the life of the backend. */
static void
query(SPIPlanPtr *plan, const char *sql, int arguments, Oid *types, Datum *values, const char *nulls)
{
	if (*plan == NULL)
	{
		*plan = SPI_prepare(sql, arguments, types);
		if (*plan == NULL || SPI_keepplan(*plan) != 0)
			elog(ERROR, "could not prepare \"%s\"", sql);
	}
	if (SPI_execute_plan(*plan, values, nulls, true, 0) != SPI_OK_SELECT)
		elog(ERROR, "could not run \"%s\"", sql);
}

static void
read_start(const OpresMap *map, const char *code, Datum *values, OpresScenario *scenario)
{
	static SPIPlanPtr plan;
	static SPIPlanPtr names;
	Oid types[2] = { TEXTOID, INT8OID };
	bool isnull;
	OpresNearest nearest;

	query(&plan,
		  "SELECT start FROM opres.scenario WHERE code OPERATOR(pg_catalog.=) $1 AND " OF_REVISION
		  " UNION ALL SELECT start FROM opres.scenario_history WHERE code OPERATOR(pg_catalog.=) $1 AND " OF_PAST_REVISION,
		  2, types, values, NULL);
	if (SPI_processed > 0)
	{
		Datum start = SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull);

		scenario->has_start = !isnull;
		scenario->start = isnull ? 0 : DatumGetTimestampTz(start);
		return;
	}
	query(&names, "SELECT code FROM opres.scenario ORDER BY code", 0, NULL, NULL, NULL);
	opres_nearest_begin(&nearest, code, (int) strlen(code));
	for (uint64 i = 0; i < SPI_processed; i++)
	{
		char *other = TextDatumGetCString(SPI_getbinval(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, 1, &isnull));

		opres_nearest_offer(&nearest, other, (int) strlen(other));
	}
	ereport(ERROR,
			(errcode(ERRCODE_UNDEFINED_OBJECT), errmsg("scenario \"%s\" does not exist", code), opres_nearest_hint(&nearest)));
}

OpresScenario
opres_scenario_read(const OpresMap *map, const char *code)
{
	static SPIPlanPtr plan;
	Oid types[2] = { TEXTOID, INT8OID };
	Datum values[2] = { CStringGetTextDatum(code), Int64GetDatum(map->revision) };
	OpresScenario scenario = empty_scenario();
	MemoryContext caller = CurrentMemoryContext;
	MemoryContext spi;

	SPI_connect();
	read_start(map, code, values, &scenario);
	query(&plan,
		  "SELECT " SHOCK_COLUMNS " FROM opres.shock WHERE scenario OPERATOR(pg_catalog.=) $1 AND " OF_REVISION
		  " UNION ALL SELECT " SHOCK_COLUMNS
		  " FROM opres.shock_history WHERE scenario OPERATOR(pg_catalog.=) $1 AND " OF_PAST_REVISION " ORDER BY code",
		  2, types, values, NULL);
	spi = MemoryContextSwitchTo(caller);
	for (uint64 i = 0; i < SPI_processed; i++)
		add_tuple(map, &scenario, SPI_tuptable->vals[i], SPI_tuptable->tupdesc);
	MemoryContextSwitchTo(spi);
	SPI_finish();
	return scenario;
}

/* A column of the rows of opres_document_shocks by its name. */
static Datum
shock_column(const OpresRows *rows, TupleTableSlot *slot, const char *name, bool *isnull)
{
	for (int i = 0; i < rows->desc->natts; i++)
		if (strcmp(NameStr(TupleDescAttr(rows->desc, i)->attname), name) == 0)
			return slot_getattr(slot, i + 1, isnull);
	elog(ERROR, "a shock has no column %s", name);
}

/* The median of a distribution given as text, which has been checked. */
static OpresTime
median(Datum value)
{
	char *spelled = TextDatumGetCString(value);
	OpresDistribution distribution = { 0 };
	OpresScan scan;

	opres_scan_init(&scan, spelled, strlen(spelled));
	if (!opres_distribution_scan(&scan, &distribution))
		elog(ERROR, "a document's distribution was not checked: \"%s\"", spelled);
	return opres_distribution_quantile(&distribution, 0.5);
}

static void
add_slot(const OpresMap *map, OpresScenario *scenario, const OpresRows *rows, TupleTableSlot *slot)
{
	OpresShock shock = { 0 };
	bool isnull;
	bool no_median;
	Datum value;
	Datum distribution;

	shock.node = opres_map_node(map, TextDatumGetCString(shock_column(rows, slot, "node", &isnull)), "node");
	value = shock_column(rows, slot, "onset", &isnull);
	shock.onset = time_or(value, isnull, 0, "onset");
	shock.level = DatumGetFloat8(shock_column(rows, slot, "level", &isnull));
	distribution = shock_column(rows, slot, "duration_distribution", &no_median);
	value = shock_column(rows, slot, "duration", &isnull);
	shock.duration = time_or(value, isnull, no_median ? OPRES_NEVER : median(distribution), "duration");
	value = shock_column(rows, slot, "data_loss", &isnull);
	shock.data_loss = time_or(value, isnull, 0, "data loss");
	add_shock(scenario, &shock, TextDatumGetCString(shock_column(rows, slot, "code", &isnull)));
}

OpresScenario
opres_scenario_parse(const OpresMap *map, Jsonb *shocks)
{
	OpresScenario scenario = empty_scenario();
	OpresRows *rows = opres_document_shocks(shocks, map);
	TupleTableSlot *slot = MakeSingleTupleTableSlot(rows->desc, &TTSOpsMinimalTuple);

	while (tuplestore_gettupleslot(rows->store, true, false, slot))
		add_slot(map, &scenario, rows, slot);
	ExecDropSingleTupleTableSlot(slot);
	tuplestore_end(rows->store);
	return scenario;
}
