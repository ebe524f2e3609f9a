/*
 * simulate.c - the SQL functions simulate, simulate_levels, simulate_shocks and simulate_shocks_levels.
 */
#include "common/interval.h"
#include "common/rows.h"
#include "outage/outcome.h"
#include "miscadmin.h"
#include "utils/builtins.h"

OPRES_FUNCTION(opres_simulate);
OPRES_FUNCTION(opres_simulate_levels);
OPRES_FUNCTION(opres_simulate_shocks);
OPRES_FUNCTION(opres_simulate_shocks_levels);

#define RESULT_COLUMNS 9
#define LEVEL_COLUMNS 3

static void
put_time(Datum *value, bool *isnull, OpresTime time)
{
	*isnull = time == OPRES_NEVER;
	*value = *isnull ? (Datum) 0 : IntervalPGetDatum(opres_time_to_interval(time));
}

static Datum
cause_of(const OpresPlay *play, const OpresOutcome *outcome)
{
	static const char *const oscillates[] = { "oscillates" };

	return outcome->oscillates ? opres_text_array(oscillates, 1) : opres_play_codes(play, outcome->cause, outcome->cause_count);
}

static void
put_outcome(OpresOutput *output, const OpresPlay *play, int32 operation, struct varlena *tolerance, const OpresOutcome *outcome)
{
	Datum values[RESULT_COLUMNS];
	bool nulls[RESULT_COLUMNS] = { false };

	values[0] = CStringGetTextDatum(play->map->code[operation]);
	values[1] = PointerGetDatum(tolerance);
	values[2] = BoolGetDatum(outcome->breached_at == OPRES_NEVER);
	nulls[2] = !outcome->decided;
	put_time(&values[3], &nulls[3], outcome->breached_at);
	values[4] = Float8GetDatum(outcome->worst_level);
	put_time(&values[5], &nulls[5], outcome->time_below);
	put_time(&values[6], &nulls[6], outcome->recovered_at);
	put_time(&values[7], &nulls[7], outcome->data_loss);
	nulls[8] = !outcome->oscillates && outcome->cause_count == 0;
	values[8] = nulls[8] ? (Datum) 0 : cause_of(play, outcome);
	opres_output_row(output, values, nulls);
}

/* A row per operation and tolerance, in that order. */
static void
put_outcomes(OpresPlay *play, FunctionCallInfo fcinfo)
{
	OpresOutput output = opres_output_begin(fcinfo);
	OpresCalendars calendars = { 0 };
	MemoryContext row = AllocSetContextCreate(CurrentMemoryContext, "opres row", ALLOCSET_DEFAULT_SIZES);

	for (int32 i = 0; i < play->map->tolerance_count; i++)
	{
		MemoryContext before = CurrentMemoryContext;
		OpresTolerance tolerance;
		OpresOutcome outcome;

		opres_tolerance_read(PointerGetDatum(play->map->tolerance[i]), &tolerance);
		outcome = opres_outcome(play, &calendars, play->map->tolerance_node[i], &tolerance);
		MemoryContextSwitchTo(row);
		put_outcome(&output, play, play->map->tolerance_node[i], play->map->tolerance[i], &outcome);
		MemoryContextSwitchTo(before);
		MemoryContextReset(row);
		CHECK_FOR_INTERRUPTS();
	}
}

static void
put_levels(OpresPlay *play, FunctionCallInfo fcinfo)
{
	OpresOutput output = opres_output_begin(fcinfo);
	MemoryContext row = AllocSetContextCreate(CurrentMemoryContext, "opres row", ALLOCSET_DEFAULT_SIZES);
	const int32_t *nodes;
	int32 count = opres_outage_touched(play->outage, &nodes);

	for (int32 i = 0; i < count; i++)
	{
		OpresCurve curve = opres_outage_levels(play->outage, nodes[i]);
		MemoryContext before = MemoryContextSwitchTo(row);
		Datum values[LEVEL_COLUMNS] = { CStringGetTextDatum(play->map->code[nodes[i]]) };
		bool nulls[LEVEL_COLUMNS] = { false };
		Interval at;

		values[1] = IntervalPGetDatum(&at);
		for (int32 step = 0; step < curve.count; step++)
		{
			opres_interval_set(&at, curve.steps[step].at);
			values[2] = Float8GetDatum(curve.steps[step].level);
			opres_output_row(&output, values, nulls);
		}
		MemoryContextSwitchTo(before);
		MemoryContextReset(row);
	}
}

typedef void (*PutRows)(OpresPlay *play, FunctionCallInfo fcinfo);

/* f(scenario text, horizon, revision) */
static Datum
play_scenario(FunctionCallInfo fcinfo, PutRows put)
{
	OpresPlay play;

	if (PG_ARGISNULL(0))
		ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("scenario must not be null")));
	opres_play_begin(&play, fcinfo, 2, 1);
	play.scenario = opres_scenario_read(play.map, text_to_cstring(PG_GETARG_TEXT_PP(0)));
	opres_play_run(&play);
	put(&play, fcinfo);
	opres_play_end(&play);
	return (Datum) 0;
}

/* f(shocks jsonb, horizon, ..., revision); start_argument < 0: there is none */
static Datum
play_shocks(FunctionCallInfo fcinfo, int start_argument, int revision_argument, PutRows put)
{
	OpresPlay play;

	if (PG_ARGISNULL(0))
		ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("shocks must not be null")));
	opres_play_begin(&play, fcinfo, revision_argument, 1);
	play.scenario = opres_scenario_parse(play.map, PG_GETARG_JSONB_P(0));
	if (start_argument >= 0 && !PG_ARGISNULL(start_argument))
	{
		play.scenario.has_start = true;
		play.scenario.start = PG_GETARG_TIMESTAMPTZ(start_argument);
		if (TIMESTAMP_NOT_FINITE(play.scenario.start))
			ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("start must be a finite time")));
	}
	opres_play_run(&play);
	put(&play, fcinfo);
	opres_play_end(&play);
	return (Datum) 0;
}

Datum
opres_simulate(PG_FUNCTION_ARGS)
{
	return play_scenario(fcinfo, put_outcomes);
}

Datum
opres_simulate_levels(PG_FUNCTION_ARGS)
{
	return play_scenario(fcinfo, put_levels);
}

Datum
opres_simulate_shocks(PG_FUNCTION_ARGS)
{
	return play_shocks(fcinfo, 2, 3, put_outcomes);
}

Datum
opres_simulate_shocks_levels(PG_FUNCTION_ARGS)
{
	return play_shocks(fcinfo, -1, 2, put_levels);
}
