/*
 * cutoff.c - cut-off moments and breaches (see cutoff.h).
 *
 * The search goes through local dates, not through time: it begins at the date on which the stretch begins and asks of every date
 * that counts what moment its cut-off is. The moments come in the order of their dates.
 */
#include "types/cutoff.h"

#include "common/int.h"
#include "datatype/timestamp.h"
#include "miscadmin.h"
#include "pgtime.h"
#include "utils/datetime.h"

static void
out_of_range(void)
{
	ereport(ERROR, (errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE), errmsg("cut-off moment is out of range for a timestamp")));
}

static pg_tz *
zone_of(const OpresTolerance *tolerance)
{
	pg_tz *zone = pg_tzset(tolerance->zone);

	if (zone == NULL) /* the value was made with another time zone database */
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("time zone \"%s\" is not known here", tolerance->zone)));
	return zone;
}

static TimestampTz
moment_after(TimestampTz start, OpresTime time)
{
	TimestampTz moment;

	if (pg_add_s64_overflow(start, time, &moment) || !IS_VALID_TIMESTAMP(moment))
		out_of_range();
	return moment;
}

static DateADT
local_date(TimestampTz moment, pg_tz *zone)
{
	struct pg_tm tm;
	fsec_t fraction;
	int offset;

	if (timestamp2tm(moment, &offset, &tm, &fraction, NULL, zone) != 0)
		out_of_range();
	return date2j(tm.tm_year, tm.tm_mon, tm.tm_mday) - POSTGRES_EPOCH_JDATE;
}

static TimestampTz
cut_off_on(const OpresTolerance *tolerance, DateADT date, pg_tz *zone)
{
	Timestamp local = (int64) date * USECS_PER_DAY + tolerance->time_of_day;
	struct pg_tm tm;
	fsec_t fraction;

	if (!IS_VALID_TIMESTAMP(local) || timestamp2tm(local, NULL, &tm, &fraction, NULL, NULL) != 0)
		out_of_range();
	return local + DetermineTimeZoneOffset(&tm, zone) * USECS_PER_SEC;
}

/* Where the first date at or after this one is; the count if there is none. */
static int
find_date(OpresDates dates, DateADT date)
{
	int low = 0;
	int high = dates.count;

	while (low < high)
	{
		int middle = low + (high - low) / 2;

		if (dates.days[middle] < date)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* The first date at or after this one that counts, up to `last`; false if there is none. */
static bool
next_date(const OpresTolerance *tolerance, const OpresCutOffDays *scenario, DateADT last, DateADT *date)
{
	for (; *date <= last; (*date)++)
	{
		int i;

		CHECK_FOR_INTERRUPTS();
		if (tolerance->calendar != NULL)
		{
			i = find_date(scenario->on, *date);
			if (i == scenario->on.count || scenario->on.days[i] > last)
				return false;
			*date = scenario->on.days[i];
		}
		else if (!(tolerance->weekdays & (1 << (j2day(*date + POSTGRES_EPOCH_JDATE) + 6) % 7)))
			continue;
		if (tolerance->except_calendar == NULL)
			return true;
		i = find_date(scenario->except, *date);
		if (i == scenario->except.count || scenario->except.days[i] != *date)
			return true;
	}
	return false;
}

OpresTime
opres_cut_off_first(const OpresTolerance *tolerance, const OpresCutOffDays *scenario, OpresTime from, OpresTime to)
{
	pg_tz *zone = zone_of(tolerance);
	TimestampTz first = moment_after(scenario->start, from);
	TimestampTz end = moment_after(scenario->start, to);
	DateADT date;
	DateADT last;

	if (from >= to)
		return OPRES_NEVER;

	/* 24:00 belongs to the day before, and where clocks are put back over midnight a date can come twice: begin a little early. */
	date = local_date(first, zone) - 2;
	last = local_date(end, zone) + 1;
	for (; next_date(tolerance, scenario, last, &date); date++)
	{
		TimestampTz moment = cut_off_on(tolerance, date, zone);

		if (moment >= end)
			break;
		if (moment >= first)
			return moment - scenario->start;
	}
	return OPRES_NEVER;
}

/* From cut-off to cut-off, so that what lies between two of them costs nothing, however often the level goes up and down. */
static OpresTime
breach_by(const OpresTolerance *tolerance, OpresCurve curve, const OpresCutOffDays *scenario, OpresTime horizon)
{
	OpresTime moment = 0;
	OpresTime start;
	OpresTime end;

	while (opres_curve_next_below(curve, tolerance->level, moment, horizon, &start, &end))
	{
		moment = opres_cut_off_first(tolerance, scenario, start, horizon);
		if (moment == OPRES_NEVER || moment < end)
			return moment;
	}
	return OPRES_NEVER;
}

OpresTime
opres_tolerance_breach(const OpresTolerance *tolerance, OpresCurve curve, const OpresCutOffDays *scenario, OpresTime horizon)
{
	switch (tolerance->form)
	{
		case OPRES_WITHIN:
			return opres_curve_breach_within(curve, tolerance->level, tolerance->limit, horizon);
		case OPRES_BY:
			return breach_by(tolerance, curve, scenario, horizon);
		case OPRES_TOTAL:
			return opres_curve_breach_total(curve, tolerance->level, tolerance->limit, tolerance->window, horizon);
		case OPRES_DATA_LOSS:
			break;
	}
	elog(ERROR, "a curve shows no data loss");
}
