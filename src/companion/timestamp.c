/*
 * timestamp.c - PostgreSQL's timestamptz in DateStyle ISO, as dumps have it: 2026-11-21 15:24:04.5+09, with minutes and seconds in
 * the offset where a zone once had them, years of more than four digits, " BC".
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "row.h"

#define DAY_SECONDS 86400
#define SECOND INT64_C(1000000)
/* PostgreSQL's own limits: 4713 BC (day 0 of the Julian calendar, a day earlier by its offset), 294276 AD. */
#define FIRST_YEAR (-4713)
#define LAST_YEAR 294277

typedef struct Cursor
{
	const char *at, *end;
	bool failed;
} Cursor;

/* A number of at least min and at most max digits. */
static int
digits(Cursor *cursor, int min, int max)
{
	int value = 0, count = 0;

	while (count < max && cursor->at < cursor->end && *cursor->at >= '0' && *cursor->at <= '9')
	{
		value = value * 10 + (*cursor->at++ - '0');
		count++;
	}
	if (count < min)
		cursor->failed = true;
	return value;
}

static bool
take(Cursor *cursor, char c)
{
	if (cursor->at >= cursor->end || *cursor->at != c)
		return false;
	cursor->at++;
	return true;
}

static void
need(Cursor *cursor, char c)
{
	if (!take(cursor, c))
		cursor->failed = true;
}

static int64_t
fraction(Cursor *cursor)
{
	const char *begin = cursor->at;
	int value = digits(cursor, 1, 6);

	for (ptrdiff_t i = cursor->at - begin; i < 6; i++)
		value *= 10;
	return value;
}

/* Seconds east of UTC. */
static int
offset(Cursor *cursor)
{
	bool west = take(cursor, '-');
	int seconds;

	if (!west)
		need(cursor, '+');
	seconds = digits(cursor, 2, 2) * 3600;
	if (take(cursor, ':'))
	{
		seconds += digits(cursor, 2, 2) * 60;
		if (take(cursor, ':'))
			seconds += digits(cursor, 2, 2);
	}
	return west ? -seconds : seconds;
}

/* Counted from March, so that the leap day is the last of its year; eras of 400 years have 146097 days. */
int64_t
opres_days(int64_t year, int month, int day)
{
	int64_t y = month <= 2 ? year - 1 : year;
	int64_t era = (y >= 0 ? y : y - 399) / 400;
	int64_t year_of_era = y - era * 400;
	int64_t day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;

	return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719468;
}

static int
days_in_month(int64_t year, int month)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };

	return days[month - 1] + (month == 2 && year % 4 == 0 && (year % 100 != 0 || year % 400 == 0));
}

bool
opres_timestamp_parse(const char *text, size_t length, int64_t *at)
{
	Cursor cursor = { text, text + length, false };
	int64_t year, micros = 0, seconds;
	int month, day, hour, minute, second, east;

	year = digits(&cursor, 4, 6);
	need(&cursor, '-');
	month = digits(&cursor, 2, 2);
	need(&cursor, '-');
	day = digits(&cursor, 2, 2);
	need(&cursor, ' ');
	hour = digits(&cursor, 2, 2);
	need(&cursor, ':');
	minute = digits(&cursor, 2, 2);
	need(&cursor, ':');
	second = digits(&cursor, 2, 2);
	if (take(&cursor, '.'))
		micros = fraction(&cursor);
	east = offset(&cursor);
	if (cursor.end - cursor.at == 3 && memcmp(cursor.at, " BC", 3) == 0)
	{
		year = 1 - year;
		cursor.at += 3;
	}
	if (cursor.failed || cursor.at != cursor.end || year < FIRST_YEAR || year > LAST_YEAR || month < 1 || month > 12 || day < 1 ||
		day > days_in_month(year, month) || hour > 23 || minute > 59 || second > 59)
		return false;
	seconds = opres_days(year, month, day) * DAY_SECONDS + hour * 3600 + minute * 60 + second - east;
	/* The last 30 years of PostgreSQL's range do not fit when counted from 1970. */
	return !__builtin_mul_overflow(seconds, SECOND, at) && !__builtin_add_overflow(*at, micros, at);
}

void
opres_timestamp_print(int64_t at, char text[OPRES_TIMESTAMP_TEXT])
{
	int64_t micros = at % SECOND, seconds = at / SECOND, days, era, day_of_era, year_of_era, day_of_year, year;
	int64_t month;

	if (micros < 0)
	{
		micros += SECOND;
		seconds--;
	}
	days = seconds / DAY_SECONDS - (seconds % DAY_SECONDS < 0);
	seconds -= days * DAY_SECONDS;
	days += 719468;
	era = (days >= 0 ? days : days - 146096) / 146097;
	day_of_era = days - era * 146097;
	year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
	day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
	month = (5 * day_of_year + 2) / 153;
	year = year_of_era + era * 400 + (month >= 10);
	(void) snprintf(text, OPRES_TIMESTAMP_TEXT, "%04" PRId64 "-%02d-%02d %02d:%02d:%02d.%06d UTC%s", year > 0 ? year : 1 - year,
					(int) (month < 10 ? month + 3 : month - 9), (int) (day_of_year - (153 * month + 2) / 5 + 1),
					(int) (seconds / 3600), (int) (seconds / 60 % 60), (int) (seconds % 60), (int) micros, year > 0 ? "" : " BC");
}
