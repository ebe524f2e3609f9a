/*
 * times.h - the time stamps of CACAO (RFC 3339) and the durations of our extension (ISO 8601).
 */
#ifndef OPRES_TIMES_H
#define OPRES_TIMES_H

#include "common/compat.h"
#include "utils/timestamp.h"

/* NULL if it is one; else what is wrong with it: static text, as in "... is no time stamp: WHY". */
extern const char *opres_timestamp_problem(const char *text, size_t length, TimestampTz *value);
/* Of a document that was checked; throws. */
extern TimestampTz opres_read_timestamp(const char *text);

/* P1Y2M3W4DT5H6M7S, whole numbers, at least one; false if it is none or longer than 100 years. */
extern bool opres_iso_duration(const char *text, Interval *value);

#endif
