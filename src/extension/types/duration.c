/*
 * duration.c - opres.duration and opres.duration_text: our grammar of durations to and from PostgreSQL's interval.
 */
#include "common/compat.h"

#include "common/interval.h"
#include "types/text.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

OPRES_FUNCTION(opres_duration);
OPRES_FUNCTION(opres_duration_text);

Datum
opres_duration(PG_FUNCTION_ARGS)
{
	char *input = text_to_cstring(PG_GETARG_TEXT_PP(0));
	OpresScan scan;
	OpresTime value;

	opres_scan_init(&scan, input, strlen(input));
	if (!opres_scan_duration(&scan, scan.length, &value))
		OPRES_TEXT_ERROR(fcinfo, &scan, "duration");
	PG_RETURN_INTERVAL_P(opres_time_to_interval(value));
}

Datum
opres_duration_text(PG_FUNCTION_ARGS)
{
	char output[OPRES_DURATION_TEXT];
	int length = opres_duration_print(opres_interval_to_time(PG_GETARG_INTERVAL_P(0), "duration"), output);

	PG_RETURN_TEXT_P(cstring_to_text_with_len(output, length));
}
