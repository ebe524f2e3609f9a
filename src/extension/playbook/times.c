/*
 * times.c - reading time stamps and durations (times.h).
 *
 * PostgreSQL's input functions take much else than RFC 3339 and ISO 8601, and what they take depends on settings.
 */
#include "playbook/times.h"

#include "datatype/timestamp.h"
#include "utils/datetime.h"

/* Digits of the text from there, which must be all digits; -1 if they are not. */
static int
digits(const char *text, size_t at, int count)
{
	int number = 0;

	for (int i = 0; i < count; i++)
	{
		if (text[at + i] < '0' || text[at + i] > '9')
			return -1;
		number = number * 10 + text[at + i] - '0';
	}
	return number;
}

typedef struct Stamp
{
	int year, month, day, hour, minute, second;
	int microseconds;
	int offset; /* seconds east of UTC */
} Stamp;

/* The offset ends the text: Z, or +hh:mm. */
static bool
read_offset(const char *text, size_t at, size_t length, Stamp *stamp)
{
	int hour;
	int minute;

	stamp->offset = 0;
	if (length == at + 1)
		return text[at] == 'Z' || text[at] == 'z';
	if (length != at + 6 || (text[at] != '+' && text[at] != '-') || text[at + 3] != ':')
		return false;
	hour = digits(text, at + 1, 2);
	minute = digits(text, at + 4, 2);
	if (hour < 0 || hour > 23 || minute < 0 || minute > 59)
		return false;
	stamp->offset = (hour * 60 + minute) * 60 * (text[at] == '-' ? -1 : 1);
	return true;
}

static OpresTimeFault
read_stamp(const char *text, size_t length, Stamp *stamp)
{
	size_t at = 19;

	if (length < 20 || text[4] != '-' || text[7] != '-' || (text[10] != 'T' && text[10] != 't') || text[13] != ':' ||
		text[16] != ':')
		return OPRES_TIME_SHAPE;
	stamp->year = digits(text, 0, 4);
	stamp->month = digits(text, 5, 2);
	stamp->day = digits(text, 8, 2);
	stamp->hour = digits(text, 11, 2);
	stamp->minute = digits(text, 14, 2);
	stamp->second = digits(text, 17, 2);
	stamp->microseconds = 0;
	if (stamp->year < 0 || stamp->month < 0 || stamp->day < 0 || stamp->hour < 0 || stamp->minute < 0 || stamp->second < 0)
		return OPRES_TIME_SHAPE;
	if (text[at] == '.')
	{
		int unit = 100000;
		size_t first = ++at;

		for (; at < length && text[at] >= '0' && text[at] <= '9'; at++, unit /= 10)
			stamp->microseconds += (text[at] - '0') * unit;
		if (at == first)
			return OPRES_TIME_SHAPE;
		if (at - first > 6)
			return OPRES_TIME_TOO_FINE;
	}
	return at < length && read_offset(text, at, length, stamp) ? OPRES_TIME_GOOD : OPRES_TIME_SHAPE;
}

const char *
opres_time_fault(OpresLang lang, OpresTimeFault fault)
{
	static const char *const words[][2] = {
		[OPRES_TIME_GOOD] = { NULL, NULL },
		[OPRES_TIME_SHAPE] = { "expected such as 2026-11-21T08:30:00.000Z or 2026-11-21T17:30:00.000+09:00",
							   "2026-11-21T08:30:00.000Z、2026-11-21T17:30:00.000+09:00のように書く必要があります" },
		[OPRES_TIME_TOO_FINE] = { "it is finer than a microsecond", "マイクロ秒より細かい値は扱えません" },
		[OPRES_TIME_DAY] = { "there is no such day", "存在しない日付です" },
		[OPRES_TIME_CLOCK] = { "there is no such time of day", "存在しない時刻です" },
		[OPRES_TIME_YEAR] = { "it is before the year 1", "西暦1年より前です" },
	};

	return words[fault][lang];
}

OpresTimeFault
opres_timestamp_parse(const char *text, size_t length, TimestampTz *value)
{
	Stamp stamp;
	OpresTimeFault fault = read_stamp(text, length, &stamp);
	int64 day;

	if (fault != OPRES_TIME_GOOD)
		return fault;
	if (stamp.year < 1)
		return OPRES_TIME_YEAR;
	if (stamp.month < 1 || stamp.month > 12 || stamp.day < 1 || stamp.day > day_tab[isleap(stamp.year)][stamp.month - 1])
		return OPRES_TIME_DAY;
	if (stamp.hour > 23 || stamp.minute > 59 || stamp.second > 59)
		return OPRES_TIME_CLOCK;
	day = date2j(stamp.year, stamp.month, stamp.day) - POSTGRES_EPOCH_JDATE;
	*value = day * USECS_PER_DAY +
			 ((stamp.hour * 60 + stamp.minute) * INT64CONST(60) + stamp.second - stamp.offset) * USECS_PER_SEC + stamp.microseconds;
	return OPRES_TIME_GOOD;
}

TimestampTz
opres_read_timestamp(const char *text)
{
	TimestampTz value;
	OpresTimeFault fault = opres_timestamp_parse(text, strlen(text), &value);

	if (fault != OPRES_TIME_GOOD)
		ereport(ERROR, (errcode(ERRCODE_INVALID_DATETIME_FORMAT),
						errmsg("\"%s\" is no time stamp: %s", text, opres_time_fault(OPRES_EN, fault))));
	return value;
}

/* A number and its unit; the units come in this order, each at most once. */
bool
opres_iso_duration(const char *text, Interval *value)
{
	static const char units[] = "YMWDTHMS";
	static const int64 in_months[] = { 12, 1, 0, 0, 0, 0, 0, 0 };
	static const int64 in_days[] = { 0, 0, 7, 1, 0, 0, 0, 0 };
	static const int64 seconds[] = { 0, 0, 0, 0, 0, 3600, 60, 1 };
	int unit = 0;
	bool any = false;

	*value = (Interval){ 0 };
	if (*text++ != 'P')
		return false;
	while (*text != '\0')
	{
		int64 number = 0;
		int count = 0;

		if (*text == 'T' && unit <= 4)
		{
			unit = 5;
			text++;
		}
		for (; *text >= '0' && *text <= '9' && count < 10; text++, count++)
			number = number * 10 + *text - '0';
		while (unit < 8 && (units[unit] == 'T' || units[unit] != *text))
		{
			if (units[unit] == 'T')
				return false;
			unit++;
		}
		if (count == 0 || unit == 8)
			return false;
		if (number * in_months[unit] > 1200 || number * in_days[unit] > 36525 || number * seconds[unit] > INT64CONST(36525) * 86400)
			return false;
		value->month += (int32) (number * in_months[unit]);
		value->day += (int32) (number * in_days[unit]);
		value->time += number * seconds[unit] * USECS_PER_SEC;
		text++;
		unit++;
		any = true;
	}
	return any;
}
