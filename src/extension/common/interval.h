/*
 * interval.h - PostgreSQL intervals and the engine's microseconds.
 */
#ifndef OPRES_INTERVAL_H
#define OPRES_INTERVAL_H

#include "common/compat.h"
#include "datatype/timestamp.h"
#include "duration.h"

/* Refuses months, negative values and more than OPRES_LONGEST_DURATION; `what` names the value in the error. A day is 24 h. */
extern OpresTime opres_interval_to_time(const Interval *interval, const char *what);
/* Whole days and the rest, as a person would write it. */
extern Interval *opres_time_to_interval(OpresTime time);
/* The same without allocating. */
extern void opres_interval_set(Interval *interval, OpresTime time);

#endif
