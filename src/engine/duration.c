/*
 * duration.c - the grammar of durations (see duration.h). Allocates nothing.
 *
 *   duration = "0" | clock | parts | iso
 *   clock    = hours ":" mm [ ":" ss [ "." fraction ] ]
 *   parts    = number unit { number unit } [ clock ]      units descending, each at most once; the clock after weeks and days only
 *   iso      = "P" [ n "W" ] [ n "D" ] [ "T" [ n "H" ] [ n "M" ] [ n "S" ] ]
 *
 * A number may have decimals as long as the part comes to whole microseconds; that is decided digit by digit in whole numbers.
 */
#include "duration.h"

#include <stdio.h>
#include <string.h>

#include "scan.h"

#define MICROSECOND ((OpresTime) 1)
#define MILLISECOND (1000 * MICROSECOND)
#define SECOND (1000 * MILLISECOND)
#define MINUTE (60 * SECOND)
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)
#define WEEK (7 * DAY)

typedef struct Unit
{
	OpresTime length;
	const char *names[6]; /* lower case; NULL = no more */
} Unit;

static const Unit units[] = {
	{ WEEK, { "w", "week", "weeks" } },
	{ DAY, { "d", "day", "days" } },
	{ HOUR, { "h", "hr", "hrs", "hour", "hours" } },
	{ MINUTE, { "min", "mins", "minute", "minutes" } },
	{ SECOND, { "s", "sec", "secs", "second", "seconds" } },
	{ MILLISECOND, { "ms", "msec", "millisecond", "milliseconds" } },
	{ MICROSECOND, { "us", "usec", "\xc2\xb5s", "\xce\xbcs", "microsecond", "microseconds" } },
};

#define UNIT_COUNT (sizeof(units) / sizeof(units[0]))

static const char *const not_fixed[] = { "mon", "mons", "month", "months", "y", "yr", "yrs", "year", "years" };

/* A number as it is written: [from, point) are the digits before the point, [fraction, end) those after it. */
typedef struct Decimal
{
	size_t from;
	size_t point;
	size_t fraction;
	size_t end;
} Decimal;

static size_t
skip_digits(const OpresScan *scan, size_t at)
{
	while (at < scan->length && opres_is_digit(scan->text[at]))
		at++;
	return at;
}

static bool
scan_decimal(OpresScan *scan, Decimal *number)
{
	*number = (Decimal){ scan->at, scan->at, scan->at, scan->at };
	if (scan->at < scan->length && (scan->text[scan->at] == '-' || scan->text[scan->at] == '+'))
		return opres_scan_fail(scan, scan->at, "a duration has no sign");
	number->point = number->fraction = number->end = skip_digits(scan, scan->at);
	if (number->point == number->from)
		return opres_scan_fail(scan, scan->at, "a number is missing");
	if (number->point < scan->length && scan->text[number->point] == '.')
	{
		number->fraction = number->point + 1;
		number->end = skip_digits(scan, number->fraction);
		if (number->end == number->fraction)
			return opres_scan_fail(scan, number->fraction, "a digit is missing after the decimal point");
	}
	scan->at = number->end;
	return true;
}

/* Adds the number times the unit to *total. */
static bool
add_part(OpresScan *scan, const Decimal *number, OpresTime unit, OpresTime *total)
{
	OpresTime part = 0;
	OpresTime fraction = 0;

	for (size_t i = number->from; i < number->point; i++)
	{
		part = part * 10 + (scan->text[i] - '0');
		if (part > OPRES_LONGEST_DURATION / unit)
			return opres_scan_range(scan, number->from, "the duration is longer than 100 years (36500 days)");
	}
	part *= unit;

	/* From the last digit to the first: once a tenth is not whole, nothing before it can make it whole again. */
	for (size_t i = number->end; i > number->fraction; i--)
	{
		fraction += (scan->text[i - 1] - '0') * unit;
		if (fraction % 10 != 0)
			return opres_scan_range(scan, number->from, "the duration is finer than a microsecond");
		fraction /= 10;
	}

	part += fraction;
	if (part > OPRES_LONGEST_DURATION - *total)
		return opres_scan_range(scan, number->from, "the duration is longer than 100 years (36500 days)");
	*total += part;
	return true;
}

/* The letters of a unit; bytes above 127 for the micro sign. */
static size_t
skip_unit(const OpresScan *scan, size_t at)
{
	while (at < scan->length && (opres_is_letter(scan->text[at]) || (unsigned char) scan->text[at] >= 0x80))
		at++;
	return at;
}

static bool
find_unit(OpresScan *scan, size_t *found)
{
	size_t from = scan->at;
	size_t end = skip_unit(scan, from);

	for (size_t unit = 0; unit < UNIT_COUNT; unit++)
	{
		for (size_t i = 0; i < 6 && units[unit].names[i] != NULL; i++)
		{
			if (opres_same_word(scan->text + from, end - from, units[unit].names[i]))
			{
				*found = unit;
				scan->at = end;
				return true;
			}
		}
	}
	for (size_t i = 0; i < sizeof(not_fixed) / sizeof(not_fixed[0]); i++)
	{
		if (opres_same_word(scan->text + from, end - from, not_fixed[i]))
			return opres_scan_fail(scan, from, "months and years have no fixed length; use days");
	}
	if (opres_same_word(scan->text + from, end - from, "m"))
		return opres_scan_fail(scan, from, "\"m\" could mean minutes or months; write min");
	if (end == from)
		return opres_scan_fail(scan, from, "a unit is missing (w, d, h, min, s, ms, us)");
	return opres_scan_fail(scan, from, "the unit is unknown (w, d, h, min, s, ms, us)");
}

/* Two digits below 60 after a colon. */
static bool
scan_sixty(OpresScan *scan, Decimal *number)
{
	if (!scan_decimal(scan, number))
		return false;
	if (number->point - number->from != 2)
		return opres_scan_fail(scan, number->from, "minutes and seconds of a clock time have two digits");
	if (scan->text[number->from] > '5')
		return opres_scan_range(scan, number->from, "minutes and seconds of a clock time end at 59");
	return true;
}

/* After the hours, at the colon. */
static bool
scan_clock(OpresScan *scan, const Decimal *hours, OpresTime *total)
{
	Decimal part;

	if (hours->end != hours->point)
		return opres_scan_fail(scan, hours->point, "only the seconds of a clock time have decimals");
	scan->at++;
	if (!scan_sixty(scan, &part) || !add_part(scan, hours, HOUR, total) || !add_part(scan, &part, MINUTE, total))
		return false;
	if (part.end != part.point)
		return opres_scan_fail(scan, part.point, "only the seconds of a clock time have decimals");
	if (scan->at == scan->length || scan->text[scan->at] != ':')
		return true;
	scan->at++;
	return scan_sixty(scan, &part) && add_part(scan, &part, SECOND, total);
}

static bool
is_zero(const OpresScan *scan, const Decimal *number)
{
	for (size_t i = number->from; i < number->end; i++)
	{
		if (scan->text[i] != '0' && scan->text[i] != '.')
			return false;
	}
	return true;
}

static bool
scan_parts(OpresScan *scan, OpresTime *total)
{
	size_t next = 0; /* units before this one may not come any more */

	do
	{
		Decimal number;
		size_t unit = 0;

		if (next > 0 && !opres_is_digit(scan->text[scan->at]) && scan->text[scan->at] != '-' && scan->text[scan->at] != '+')
			return opres_scan_fail(scan, scan->at, "the duration should end here or go on with a number");
		if (!scan_decimal(scan, &number))
			return false;
		if (scan->at < scan->length && scan->text[scan->at] == ':')
		{
			if (next > 2)
				return opres_scan_fail(scan, number.from, "a clock time can follow weeks and days only");
			if (!scan_clock(scan, &number, total))
				return false;
			if (!opres_scan_end(scan))
				return opres_scan_fail(scan, scan->at, "nothing can follow the clock time");
			return true;
		}
		if (opres_scan_end(scan) && next == 0 && is_zero(scan, &number))
			return true;
		if (!find_unit(scan, &unit))
			return false;
		if (unit < next)
			return opres_scan_fail(scan, number.from, "units go from the longest to the shortest, each at most once");
		if (!add_part(scan, &number, units[unit].length, total))
			return false;
		next = unit + 1;
	} while (!opres_scan_end(scan));
	return true;
}

static bool
scan_iso(OpresScan *scan, OpresTime *total)
{
	static const char letters[] = "WDHMS";
	size_t next = 0;
	bool in_time = false;
	bool something = false; /* after the P or the T */

	scan->at++;
	while (scan->at < scan->length && !opres_is_blank(scan->text[scan->at]))
	{
		Decimal number;
		const char *letter;
		size_t unit = 0;

		if (scan->text[scan->at] == 'T' && !in_time)
		{
			scan->at++;
			in_time = true;
			something = false;
			if (next < 2)
				next = 2;
			continue;
		}
		if (!scan_decimal(scan, &number))
			return false;
		if (scan->at == scan->length)
			return opres_scan_fail(scan, scan->at, "a unit is missing after the number");
		if (scan->text[scan->at] == 'Y' || (scan->text[scan->at] == 'M' && !in_time))
			return opres_scan_fail(scan, scan->at, "months and years have no fixed length; use days");
		letter = memchr(letters, scan->text[scan->at], sizeof(letters) - 1);
		if (letter == NULL)
			return opres_scan_fail(scan, scan->at, "the unit is unknown (ISO 8601: W, D, and H, M, S after T)");
		unit = (size_t) (letter - letters);
		if ((unit >= 2) != in_time)
			return opres_scan_fail(scan, scan->at, "weeks and days stand before the T, hours, minutes and seconds after it");
		if (unit < next)
			return opres_scan_fail(scan, number.from, "units go from the longest to the shortest, each at most once");
		if (!add_part(scan, &number, units[unit].length, total))
			return false;
		scan->at++;
		next = unit + 1;
		something = true;
	}
	if (!something)
		return opres_scan_fail(scan, scan->at, in_time ? "nothing follows the T" : "nothing follows the P");
	if (!opres_scan_end(scan))
		return opres_scan_fail(scan, scan->at, "nothing can follow the duration");
	return true;
}

static bool
scan_all(OpresScan *scan, OpresTime *value)
{
	*value = 0;
	if (opres_scan_end(scan))
		return opres_scan_fail(scan, scan->at, "a duration is missing");
	if (scan->text[scan->at] == 'P')
		return scan_iso(scan, value);
	return scan_parts(scan, value);
}

bool
opres_duration_parse(const char *text, size_t length, OpresTime *value, const char **message, size_t *position)
{
	OpresScan scan;

	opres_scan_init(&scan, text, length);
	if (scan_all(&scan, value))
		return true;
	*message = scan.message;
	*position = scan.position;
	return false;
}

bool
opres_scan_duration(OpresScan *scan, size_t end, OpresTime *value)
{
	OpresScan part;

	opres_scan_init(&part, scan->text + scan->at, end - scan->at);
	if (!scan_all(&part, value))
	{
		if (part.out_of_range)
			return opres_scan_range(scan, scan->at + part.position, part.message);
		return opres_scan_fail(scan, scan->at + part.position, part.message);
	}
	scan->at = end;
	return true;
}

int
opres_duration_print(OpresTime value, char text[OPRES_DURATION_TEXT])
{
	int length = 0;

	text[0] = '\0';
	for (size_t unit = 1; unit < UNIT_COUNT; unit++) /* no weeks: days are counted through */
	{
		OpresTime count = value / units[unit].length;

		if (count == 0)
			continue;
		length += snprintf(text + length, (size_t) (OPRES_DURATION_TEXT - length), "%s%lld%s", length > 0 ? " " : "",
						   (long long) count, units[unit].names[0]);
		value %= units[unit].length;
	}
	if (length == 0)
		length = snprintf(text, OPRES_DURATION_TEXT, "0");
	return length;
}
