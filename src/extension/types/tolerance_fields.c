/*
 * tolerance_fields.c - what an impact_tolerance says, field by field, for SQL. A field its form does not have is NULL.
 */
#include "types/tolerance.h"

#include "common/interval.h"
#include "catalog/pg_type.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/timestamp.h"

OPRES_FUNCTION(opres_tolerance_form);
OPRES_FUNCTION(opres_tolerance_level);
OPRES_FUNCTION(opres_tolerance_limit);
OPRES_FUNCTION(opres_tolerance_window);
OPRES_FUNCTION(opres_tolerance_cut_off);
OPRES_FUNCTION(opres_tolerance_zone);
OPRES_FUNCTION(opres_tolerance_weekdays);
OPRES_FUNCTION(opres_tolerance_calendar);
OPRES_FUNCTION(opres_tolerance_except_calendar);

static OpresTolerance
argument(FunctionCallInfo fcinfo)
{
	OpresTolerance tolerance;

	opres_tolerance_read(PG_GETARG_DATUM(0), &tolerance);
	return tolerance;
}

/* Returns from a function with a name that may be missing. */
static Datum
name_or_null(FunctionCallInfo fcinfo, const char *name)
{
	if (name == NULL)
		PG_RETURN_NULL();
	PG_RETURN_TEXT_P(cstring_to_text(name));
}

Datum
opres_tolerance_form(PG_FUNCTION_ARGS)
{
	static const char *const names[] = { "within", "by", "data loss", "total" };

	PG_RETURN_TEXT_P(cstring_to_text(names[argument(fcinfo).form]));
}

Datum
opres_tolerance_level(PG_FUNCTION_ARGS)
{
	OpresTolerance tolerance = argument(fcinfo);

	if (tolerance.form == OPRES_DATA_LOSS)
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(tolerance.level);
}

Datum
opres_tolerance_limit(PG_FUNCTION_ARGS)
{
	OpresTolerance tolerance = argument(fcinfo);

	if (tolerance.form == OPRES_BY)
		PG_RETURN_NULL();
	PG_RETURN_INTERVAL_P(opres_time_to_interval(tolerance.limit));
}

Datum
opres_tolerance_window(PG_FUNCTION_ARGS)
{
	OpresTolerance tolerance = argument(fcinfo);

	if (tolerance.form != OPRES_TOTAL)
		PG_RETURN_NULL();
	PG_RETURN_INTERVAL_P(opres_time_to_interval(tolerance.window));
}

Datum
opres_tolerance_cut_off(PG_FUNCTION_ARGS)
{
	OpresTolerance tolerance = argument(fcinfo);

	if (tolerance.form != OPRES_BY)
		PG_RETURN_NULL();
	PG_RETURN_TIMEADT(tolerance.time_of_day);
}

Datum
opres_tolerance_zone(PG_FUNCTION_ARGS)
{
	return name_or_null(fcinfo, argument(fcinfo).zone);
}

Datum
opres_tolerance_weekdays(PG_FUNCTION_ARGS)
{
	OpresTolerance tolerance = argument(fcinfo);
	Datum days[7];
	int count = 0;

	if (tolerance.form != OPRES_BY || tolerance.calendar != NULL)
		PG_RETURN_NULL();
	for (int day = 0; day < 7; day++)
	{
		if (tolerance.weekdays & (1 << day))
			days[count++] = Int32GetDatum(day + 1);
	}
	PG_RETURN_ARRAYTYPE_P(construct_array(days, count, INT4OID, sizeof(int32), true, TYPALIGN_INT));
}

Datum
opres_tolerance_calendar(PG_FUNCTION_ARGS)
{
	return name_or_null(fcinfo, argument(fcinfo).calendar);
}

Datum
opres_tolerance_except_calendar(PG_FUNCTION_ARGS)
{
	return name_or_null(fcinfo, argument(fcinfo).except_calendar);
}
