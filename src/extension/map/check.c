/*
 * check.c - what check_map needs from C: the inside of a tolerance, durations for people.
 */
#include "common/compat.h"

#include "common/interval.h"
#include "common/lang.h"
#include "funcapi.h"
#include "types/tolerance.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

static Datum
name_datum(const char *name, bool *isnull)
{
	*isnull = name == NULL;
	return name != NULL ? CStringGetTextDatum(name) : (Datum) 0;
}

OPRES_FUNCTION(opres_tolerance_parts);
Datum
opres_tolerance_parts(PG_FUNCTION_ARGS)
{
	static const char *const forms[] = { "within", "by", "data loss", "total" }; /* in the order of OpresToleranceForm */
	OpresTolerance tolerance;
	TupleDesc desc;
	Datum values[5];
	bool nulls[5] = { false };

	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	opres_tolerance_read(PG_GETARG_DATUM(0), &tolerance);
	values[0] = CStringGetTextDatum(forms[tolerance.form]);
	values[1] = Float8GetDatum(tolerance.level);
	values[2] = IntervalPGetDatum(opres_time_to_interval(tolerance.limit));
	nulls[2] = tolerance.form == OPRES_BY;
	values[3] = name_datum(tolerance.calendar, &nulls[3]);
	values[4] = name_datum(tolerance.except_calendar, &nulls[4]);
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(desc), values, nulls)));
}

OPRES_FUNCTION(opres_duration_words);
Datum
opres_duration_words(PG_FUNCTION_ARGS)
{
	OpresTime time = opres_interval_to_time(PG_GETARG_INTERVAL_P(0), "duration");

	PG_RETURN_TEXT_P(cstring_to_text(opres_our_words(opres_say_duration(opres_lang(PG_GETARG_TEXT_PP(1)), time))));
}
