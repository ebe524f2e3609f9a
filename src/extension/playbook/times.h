/*
 * times.h - the time stamps of CACAO (RFC 3339) and the durations of our extension (ISO 8601).
 */
#ifndef OPRES_TIMES_H
#define OPRES_TIMES_H

#include "common/compat.h"
#include "common/lang.h"
#include "utils/timestamp.h"

typedef enum OpresTimeFault
{
	OPRES_TIME_GOOD,
	OPRES_TIME_SHAPE,
	OPRES_TIME_TOO_FINE,
	OPRES_TIME_DAY,
	OPRES_TIME_CLOCK,
	OPRES_TIME_YEAR
} OpresTimeFault;

extern OpresTimeFault opres_timestamp_parse(const char *text, size_t length, TimestampTz *value);
/* What is wrong, as in "... is no time stamp: WHY". */
extern const char *opres_time_fault(OpresLang lang, OpresTimeFault fault);
/* Of a document that was checked; throws. */
extern TimestampTz opres_read_timestamp(const char *text);

/* P1Y2M3W4DT5H6M7S, whole numbers, at least one; false if it is none or longer than 100 years. */
extern bool opres_iso_duration(const char *text, Interval *value);

#endif
