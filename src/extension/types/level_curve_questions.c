/*
 * level_curve_questions.c - what a level_curve can be asked: levels, times below a level, breaches, the minimum of two.
 */
#include "types/level_curve.h"

#include "common/interval.h"
#include "executor/spi.h"
#include "catalog/pg_type.h"
#include "types/cutoff.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

OPRES_FUNCTION(opres_level_at);
OPRES_FUNCTION(opres_time_below);
OPRES_FUNCTION(opres_worst_level);
OPRES_FUNCTION(opres_recovered_at);
OPRES_FUNCTION(opres_breached_at);
OPRES_FUNCTION(opres_minimum);

/* The level a question is about. */
static double
level_argument(FunctionCallInfo fcinfo, int number)
{
	float8 level = PG_GETARG_FLOAT8(number);

	if (!(level > OPRES_EPSILON && level <= 1))
		ereport(ERROR, (errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE), errmsg("level must be above 0 and at most 1"),
						errhint("100%% is 1, 99.5%% is 0.995.")));
	return level;
}

static OpresTime
horizon_argument(FunctionCallInfo fcinfo, int number)
{
	return opres_interval_to_time(PG_GETARG_INTERVAL_P(number), "horizon");
}

static Datum
time_or_null(FunctionCallInfo fcinfo, OpresTime time)
{
	if (time == OPRES_NEVER)
		PG_RETURN_NULL();
	PG_RETURN_INTERVAL_P(opres_time_to_interval(time));
}

Datum
opres_level_at(PG_FUNCTION_ARGS)
{
	OpresCurve curve = opres_level_curve_read(PG_GETARG_DATUM(0));

	PG_RETURN_FLOAT8(opres_curve_at(curve, opres_interval_to_time(PG_GETARG_INTERVAL_P(1), "time after the start")));
}

Datum
opres_time_below(PG_FUNCTION_ARGS)
{
	OpresCurve curve = opres_level_curve_read(PG_GETARG_DATUM(0));
	OpresTime below = opres_curve_time_below(curve, level_argument(fcinfo, 1), horizon_argument(fcinfo, 2));

	PG_RETURN_INTERVAL_P(opres_time_to_interval(below));
}

Datum
opres_worst_level(PG_FUNCTION_ARGS)
{
	OpresTime first_at;

	PG_RETURN_FLOAT8(opres_curve_worst(opres_level_curve_read(PG_GETARG_DATUM(0)), horizon_argument(fcinfo, 1), &first_at));
}

Datum
opres_recovered_at(PG_FUNCTION_ARGS)
{
	OpresCurve curve = opres_level_curve_read(PG_GETARG_DATUM(0));

	return time_or_null(fcinfo, opres_curve_recovered(curve, level_argument(fcinfo, 1), horizon_argument(fcinfo, 2)));
}

/* The dates of a calendar as the caller's snapshot has them, in the caller's memory; SPI is connected. */
static OpresDates
read_calendar(const char *calendar, MemoryContext context)
{
	Oid types[1] = { TEXTOID };
	Datum values[1] = { CStringGetTextDatum(calendar) };
	DateADT *days;

	if (SPI_execute_with_args("SELECT day FROM opres.calendar_day WHERE calendar OPERATOR(pg_catalog.=) $1 ORDER BY day", 1, types,
							  values, NULL, true, 0) != SPI_OK_SELECT)
		elog(ERROR, "could not read calendar \"%s\"", calendar);
	if (SPI_processed == 0)
		ereport(ERROR, (errcode(ERRCODE_UNDEFINED_OBJECT), errmsg("calendar \"%s\" has no days", calendar),
						errdetail("The tolerance names it; its dates are rows of opres.calendar_day.")));
	days = MemoryContextAlloc(context, sizeof(DateADT) * SPI_processed);
	for (uint64 i = 0; i < SPI_processed; i++)
	{
		bool is_null;

		days[i] = DatumGetDateADT(SPI_getbinval(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, 1, &is_null));
	}
	return (OpresDates){ days, (int) SPI_processed };
}

static void
read_calendars(const OpresTolerance *tolerance, OpresCutOffDays *days)
{
	MemoryContext context = CurrentMemoryContext;

	if (tolerance->calendar == NULL && tolerance->except_calendar == NULL)
		return;
	SPI_connect();
	if (tolerance->calendar != NULL)
		days->on = read_calendar(tolerance->calendar, context);
	if (tolerance->except_calendar != NULL)
		days->except = read_calendar(tolerance->except_calendar, context);
	SPI_finish();
}

/* breached_at(curve, tolerance, horizon, start): only the start may be NULL. */
Datum
opres_breached_at(PG_FUNCTION_ARGS)
{
	OpresTolerance tolerance;
	OpresCutOffDays days = { 0 };
	OpresCurve curve;

	if (PG_ARGISNULL(0) || PG_ARGISNULL(1) || PG_ARGISNULL(2))
		PG_RETURN_NULL();
	curve = opres_level_curve_read(PG_GETARG_DATUM(0));
	opres_tolerance_read(PG_GETARG_DATUM(1), &tolerance);
	if (tolerance.form == OPRES_DATA_LOSS)
		PG_RETURN_NULL();
	if (tolerance.form == OPRES_BY)
	{
		if (PG_ARGISNULL(3))
			PG_RETURN_NULL();
		days.start = PG_GETARG_TIMESTAMPTZ(3);
		if (TIMESTAMP_NOT_FINITE(days.start))
			ereport(ERROR, (errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE), errmsg("start must be finite")));
		read_calendars(&tolerance, &days);
	}
	return time_or_null(fcinfo, opres_tolerance_breach(&tolerance, curve, &days, horizon_argument(fcinfo, 2)));
}

Datum
opres_minimum(PG_FUNCTION_ARGS)
{
	OpresCurve a = opres_level_curve_read(PG_GETARG_DATUM(0));
	OpresCurve b = opres_level_curve_read(PG_GETARG_DATUM(1));
	OpresCurveStep *steps = opres_level_curve_room((int64) a.count + b.count);

	return opres_level_curve_make(steps, opres_curve_minimum(a, b, steps));
}
