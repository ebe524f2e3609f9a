/*
 * interval.c - PostgreSQL intervals and the engine's microseconds (see interval.h).
 */
#include "common/interval.h"

#include "common/int.h"
#include "utils/timestamp.h"

OpresTime
opres_interval_to_time(const Interval *interval, const char *what)
{
	int64 days;
	int64 time;

	if (interval->month != 0)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("%s must not contain months or years", what),
						errdetail("Their length is not fixed."), errhint("Give days or hours.")));
	if (pg_mul_s64_overflow(interval->day, USECS_PER_DAY, &days) || pg_add_s64_overflow(days, interval->time, &time) ||
		time > OPRES_LONGEST_DURATION)
		ereport(ERROR, (errcode(ERRCODE_INTERVAL_FIELD_OVERFLOW), errmsg("%s is too long", what),
						errdetail("The longest duration is 36500 days.")));
	if (time < 0)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("%s must not be negative", what)));
	return time;
}

Interval *
opres_time_to_interval(OpresTime time)
{
	Interval *interval = palloc(sizeof(Interval));

	opres_interval_set(interval, time);
	return interval;
}

void
opres_interval_set(Interval *interval, OpresTime time)
{
	interval->month = 0;
	interval->day = (int32) (time / USECS_PER_DAY);
	interval->time = time % USECS_PER_DAY;
}

/* What the tables' checks ask; opres_interval_to_time then accepts every such interval. */
OPRES_FUNCTION(opres_is_duration);
Datum
opres_is_duration(PG_FUNCTION_ARGS)
{
	const Interval *interval = PG_GETARG_INTERVAL_P(0);
	int64 days;
	int64 time;

	if (interval->month != 0 || pg_mul_s64_overflow(interval->day, USECS_PER_DAY, &days) ||
		pg_add_s64_overflow(days, interval->time, &time))
		PG_RETURN_BOOL(false);
	PG_RETURN_BOOL(time >= 0 && time <= OPRES_LONGEST_DURATION);
}
