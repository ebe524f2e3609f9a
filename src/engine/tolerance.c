/*
 * tolerance.c - the text, the rules and the order of impact tolerances (see tolerance.h). Allocates nothing.
 */
#include "tolerance.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "duration.h"

static const char *const weekday_words[7] = { "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday" };
static const char *const weekday_names[7] = { "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun" };

/* The caller's room for names, filled from the front. */
typedef struct Names
{
	char *next;
} Names;

/* Where the next whole word of that spelling begins, at or after the cursor; the length of the text if there is none. */
static size_t
find_word(const OpresScan *scan, const char *word)
{
	size_t from = scan->at;

	while (from < scan->length)
	{
		size_t end = from;

		while (end < scan->length && !opres_is_blank(scan->text[end]))
			end++;
		if (opres_same_word(scan->text + from, end - from, word))
			return from;
		from = end + 1;
	}
	return scan->length;
}

static const char *
keep_name(Names *names, const char *text, size_t length)
{
	char *name = names->next;

	memcpy(name, text, length);
	name[length] = '\0';
	names->next += length + 1;
	return name;
}

static size_t
blank_at(const OpresScan *scan, size_t at)
{
	while (at < scan->length && !opres_is_blank(scan->text[at]))
		at++;
	return at;
}

static bool
scan_zone(OpresScan *scan, Names *names, OpresTolerance *tolerance)
{
	size_t end;

	opres_scan_blanks(scan);
	end = blank_at(scan, scan->at);
	if (end == scan->at)
		return opres_scan_fail(scan, scan->at, "a time zone is missing, e.g. Asia/Tokyo");
	if (end - scan->at > OPRES_LONGEST_ZONE)
		return opres_scan_fail(scan, scan->at, "the time zone's name is too long");
	tolerance->zone = keep_name(names, scan->text + scan->at, end - scan->at);
	scan->at = end;
	return true;
}

/* "a name with ""quotes"" and blanks" */
static bool
scan_quoted(OpresScan *scan, char name[OPRES_LONGEST_CALENDAR], size_t *length)
{
	size_t from = scan->at++;

	*length = 0;
	while (scan->at < scan->length)
	{
		char c = scan->text[scan->at++];

		if (c == '"')
		{
			if (scan->at == scan->length || scan->text[scan->at] != '"')
				return true;
			scan->at++;
		}
		if (*length == OPRES_LONGEST_CALENDAR)
			return opres_scan_range(scan, from, "the calendar's name is longer than 200 bytes");
		name[(*length)++] = c;
	}
	return opres_scan_fail(scan, from, "the quotation mark is not closed");
}

/* The rules of a code in the map, as far as bytes can tell. */
static bool
is_name(const char *name)
{
	size_t length = strlen(name);

	if (length == 0 || length > OPRES_LONGEST_CALENDAR || name[0] == ' ' || name[length - 1] == ' ')
		return false;
	for (size_t i = 0; i < length; i++)
	{
		if ((unsigned char) name[i] < ' ' || name[i] == 0x7f)
			return false;
	}
	return true;
}

static bool
scan_calendar(OpresScan *scan, Names *names, const char **calendar)
{
	char name[OPRES_LONGEST_CALENDAR];
	size_t from;
	size_t length;

	opres_scan_blanks(scan);
	from = scan->at;
	if (from < scan->length && scan->text[from] == '"')
	{
		if (!scan_quoted(scan, name, &length))
			return false;
	}
	else
	{
		length = blank_at(scan, from) - from;
		if (length > OPRES_LONGEST_CALENDAR)
			return opres_scan_range(scan, from, "the calendar's name is longer than 200 bytes");
		memcpy(name, scan->text + from, length);
		scan->at += length;
	}
	if (length == 0)
		return opres_scan_fail(scan, from, "the name of a calendar is missing");
	*calendar = keep_name(names, name, length);
	if (!is_name(*calendar))
		return opres_scan_fail(scan, from, "the name of a calendar has no control characters and no blanks around it");
	return true;
}

static bool
scan_day(OpresScan *scan, int *day)
{
	size_t from;
	size_t end;

	opres_scan_blanks(scan);
	from = end = scan->at;
	while (end < scan->length && opres_is_letter(scan->text[end]))
		end++;
	for (int i = 0; i < 7; i++)
	{
		/* "Mon" or "Monday". */
		char short_word[4] = { weekday_words[i][0], weekday_words[i][1], weekday_words[i][2], '\0' };

		if (opres_same_word(scan->text + from, end - from, short_word) ||
			opres_same_word(scan->text + from, end - from, weekday_words[i]))
		{
			*day = i;
			scan->at = end;
			return true;
		}
	}
	return opres_scan_fail(scan, from, "a day of the week is missing (Mon, Tue, Wed, Thu, Fri, Sat, Sun) or calendar and a name");
}

/* Mon-Fri or Mon,Wed,Fri or both mixed; a range may go over the weekend. */
static bool
scan_weekdays(OpresScan *scan, uint8_t *weekdays)
{
	*weekdays = 0;
	do
	{
		int first;
		int last;
		size_t from;

		opres_scan_blanks(scan);
		from = scan->at;
		if (!scan_day(scan, &first))
			return false;
		last = first;
		if (opres_scan_char(scan, '-') && !scan_day(scan, &last))
			return false;
		for (int day = first;; day = (day + 1) % 7)
		{
			if (*weekdays & (1 << day))
				return opres_scan_fail(scan, from, "a day of the week is named twice");
			*weekdays |= (uint8_t) (1 << day);
			if (day == last)
				break;
		}
	} while (opres_scan_char(scan, ','));
	return true;
}

/* One or two digits; `most` is the largest number they may make. */
static bool
scan_clock_part(OpresScan *scan, bool two, int most, int *value)
{
	size_t from = scan->at;

	*value = 0;
	while (scan->at < scan->length && opres_is_digit(scan->text[scan->at]) && scan->at - from < 3)
		*value = *value * 10 + (scan->text[scan->at++] - '0');
	if (scan->at == from || scan->at - from > 2 || (two && scan->at - from != 2))
		return opres_scan_fail(scan, from, "a time of day is written hh:mm or hh:mm:ss");
	if (*value > most)
		return opres_scan_range(scan, from, "there is no such time of day");
	return true;
}

static bool
scan_time_of_day(OpresScan *scan, OpresTime *time)
{
	size_t from;
	int hours;
	int minutes;
	int seconds = 0;

	opres_scan_blanks(scan);
	from = scan->at;
	if (!scan_clock_part(scan, false, 24, &hours))
		return false;
	if (scan->at == scan->length || scan->text[scan->at] != ':')
		return opres_scan_fail(scan, scan->at, "a time of day is written hh:mm or hh:mm:ss");
	scan->at++;
	if (!scan_clock_part(scan, true, 59, &minutes))
		return false;
	if (scan->at < scan->length && scan->text[scan->at] == ':')
	{
		scan->at++;
		if (!scan_clock_part(scan, true, 59, &seconds))
			return false;
	}
	if (scan->at < scan->length && !opres_is_blank(scan->text[scan->at]))
		return opres_scan_fail(scan, scan->at, "a time of day is written hh:mm or hh:mm:ss");
	*time = ((OpresTime) hours * 3600 + minutes * 60 + seconds) * 1000000;
	if (*time > OPRES_DAY_MICROSECONDS)
		return opres_scan_range(scan, from, "there is no such time of day");
	return true;
}

/* After "by". */
static bool
scan_by(OpresScan *scan, Names *names, OpresTolerance *tolerance)
{
	tolerance->form = OPRES_BY;
	tolerance->weekdays = OPRES_EVERY_DAY;
	if (!scan_time_of_day(scan, &tolerance->time_of_day) || !scan_zone(scan, names, tolerance))
		return false;
	if (opres_scan_word(scan, "on"))
	{
		if (opres_scan_word(scan, "calendar"))
		{
			if (!scan_calendar(scan, names, &tolerance->calendar))
				return false;
		}
		else if (!scan_weekdays(scan, &tolerance->weekdays))
			return false;
	}
	if (opres_scan_word(scan, "except"))
	{
		if (!opres_scan_word(scan, "calendar"))
			return opres_scan_fail(scan, scan->at, "\"calendar\" and a name are missing after \"except\"");
		if (!scan_calendar(scan, names, &tolerance->except_calendar))
			return false;
	}
	if (!opres_scan_end(scan))
		return opres_scan_fail(scan, scan->at, "nothing but \"on\" days and \"except calendar\" can follow the time zone");
	return true;
}

/* 4h in total per 365d below 100% */
static bool
scan_total(OpresScan *scan, OpresTolerance *tolerance)
{
	size_t from = scan->at;

	tolerance->form = OPRES_TOTAL;
	if (!opres_scan_duration(scan, find_word(scan, "in"), &tolerance->limit))
		return false;
	if (!opres_scan_word(scan, "in") || !opres_scan_word(scan, "total") || !opres_scan_word(scan, "per"))
		return opres_scan_fail(scan, scan->at, "\"in total per\" and a duration are missing");
	if (!opres_scan_duration(scan, find_word(scan, "below"), &tolerance->window))
		return false;
	if (!opres_scan_word(scan, "below"))
		return opres_scan_fail(scan, scan->at, "\"below\" and a level are missing");
	if (!opres_scan_percent(scan, &tolerance->level))
		return false;
	if (!opres_scan_end(scan))
		return opres_scan_fail(scan, scan->at, "nothing can follow the level");
	if (tolerance->limit >= tolerance->window)
		return opres_scan_range(scan, from, "the total must be shorter than the time it counts in");
	return true;
}

/* A percentage, or a number that was meant as one. */
static bool
begins_with_level(const OpresScan *scan)
{
	OpresScan ahead = *scan;
	double ignored;

	return opres_scan_number(&ahead, 0, &ignored) &&
		   (opres_scan_char(&ahead, '%') || opres_scan_word(&ahead, "within") || opres_scan_word(&ahead, "by"));
}

bool
opres_tolerance_scan(OpresScan *scan, OpresTolerance *tolerance, char room[OPRES_TOLERANCE_NAMES])
{
	Names names = { room };
	const char *zero = scan->length > 0 ? memchr(scan->text, '\0', scan->length) : NULL;

	memset(tolerance, 0, sizeof(*tolerance));
	tolerance->level = 1;
	if (zero != NULL)
		return opres_scan_fail(scan, (size_t) (zero - scan->text), "there is a zero byte in the text");
	if (begins_with_level(scan))
	{
		if (!opres_scan_percent(scan, &tolerance->level))
			return false;
		if (opres_scan_word(scan, "within"))
			return opres_scan_duration(scan, scan->length, &tolerance->limit);
		if (opres_scan_word(scan, "by"))
			return scan_by(scan, &names, tolerance);
		return opres_scan_fail(scan, scan->at, "\"within\" and a duration, or \"by\" and a time of day, are missing");
	}
	if (opres_scan_word(scan, "data"))
	{
		tolerance->form = OPRES_DATA_LOSS;
		if (!opres_scan_word(scan, "loss"))
			return opres_scan_fail(scan, scan->at, "\"loss\" and a duration are missing");
		return opres_scan_duration(scan, scan->length, &tolerance->limit);
	}
	opres_scan_blanks(scan);
	if (find_word(scan, "in") < scan->length)
		return scan_total(scan, tolerance);
	return opres_scan_fail(scan, scan->at,
						   "a tolerance begins with a level (100%), with \"data loss\" or with a time \"in total\"");
}

static const char *
by_problem(const OpresTolerance *tolerance)
{
	if (tolerance->time_of_day < 0 || tolerance->time_of_day > OPRES_DAY_MICROSECONDS || tolerance->time_of_day % 1000000 != 0)
		return "there is no such time of day";
	if (tolerance->weekdays == 0 || tolerance->weekdays > OPRES_EVERY_DAY)
		return "there is no such set of weekdays";
	if (tolerance->calendar != NULL && tolerance->weekdays != OPRES_EVERY_DAY)
		return "days of the week and a calendar exclude each other";
	if ((tolerance->calendar != NULL && !is_name(tolerance->calendar)) ||
		(tolerance->except_calendar != NULL && !is_name(tolerance->except_calendar)))
		return "the name of a calendar has 1 to 200 bytes, no control characters and no blanks around it";
	if (tolerance->zone == NULL || tolerance->zone[0] == '\0' || strlen(tolerance->zone) > OPRES_LONGEST_ZONE)
		return "the time zone is missing or too long";
	return NULL;
}

const char *
opres_tolerance_problem(const OpresTolerance *tolerance)
{
	bool by = tolerance->form == OPRES_BY;

	if ((int) tolerance->form < OPRES_WITHIN || tolerance->form > OPRES_TOTAL)
		return "there is no such form of tolerance";
	if (!(tolerance->level > OPRES_EPSILON && tolerance->level <= 1))
		return "the level must be above 0% and at most 100%";
	if (tolerance->form == OPRES_DATA_LOSS && tolerance->level != 1)
		return "a data loss has no level";
	if (tolerance->limit < 0 || tolerance->limit > OPRES_LONGEST_DURATION || (by && tolerance->limit != 0))
		return "the limit must be between 0 and 100 years (36500 days)";
	if (tolerance->form != OPRES_TOTAL && tolerance->window != 0)
		return "only a total is counted in a window of time";
	if (tolerance->form == OPRES_TOTAL && (tolerance->window > OPRES_LONGEST_DURATION || tolerance->limit >= tolerance->window))
		return "the total must be shorter than the time it counts in, and that at most 100 years (36500 days)";
	if (by)
		return by_problem(tolerance);
	if (tolerance->time_of_day != 0 || tolerance->weekdays != 0 || tolerance->zone != NULL || tolerance->calendar != NULL ||
		tolerance->except_calendar != NULL)
		return "only a cut-off has a time of day, a time zone and days";
	return NULL;
}

/* Where the text goes; never more than fits. */
typedef struct Out
{
	char *text;
	int length;
} Out;

static void put(Out *out, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void
put(Out *out, const char *format, ...)
{
	va_list args;
	int room = OPRES_TOLERANCE_TEXT - out->length;
	int wanted;

	va_start(args, format);
	wanted = vsnprintf(out->text + out->length, (size_t) room, format, args);
	va_end(args);
	out->length += wanted < room ? wanted : room - 1;
}

static void
put_calendar(Out *out, const char *words, const char *name)
{
	put(out, " %s calendar ", words);
	if (strpbrk(name, " \"") == NULL)
	{
		put(out, "%s", name);
		return;
	}
	put(out, "\"");
	for (const char *c = name; *c != '\0'; c++)
		put(out, "%s%c", *c == '"' ? "\"" : "", *c);
	put(out, "\"");
}

/* Three days in a row or more become a range. */
static void
put_weekdays(Out *out, unsigned weekdays)
{
	const char *before = " on ";

	for (int day = 0; day < 7; day++)
	{
		int last = day;

		if (!(weekdays & (1u << day)))
			continue;
		while (last < 6 && (weekdays & (1u << (last + 1))))
			last++;
		put(out, "%s%s", before, weekday_names[day]);
		before = ",";
		if (last - day >= 2)
		{
			put(out, "-%s", weekday_names[last]);
			day = last;
		}
	}
}

static void
put_by(Out *out, const OpresTolerance *tolerance)
{
	int seconds = (int) (tolerance->time_of_day / 1000000);

	put(out, " by %02d:%02d", seconds / 3600, seconds / 60 % 60);
	if (seconds % 60 != 0)
		put(out, ":%02d", seconds % 60);
	put(out, " %s", tolerance->zone);
	if (tolerance->calendar != NULL)
		put_calendar(out, "on", tolerance->calendar);
	else if (tolerance->weekdays != OPRES_EVERY_DAY)
		put_weekdays(out, tolerance->weekdays);
	if (tolerance->except_calendar != NULL)
		put_calendar(out, "except", tolerance->except_calendar);
}

int
opres_tolerance_print(const OpresTolerance *tolerance, char text[OPRES_TOLERANCE_TEXT])
{
	Out out = { text, 0 };
	char level[OPRES_NUMBER_TEXT];
	char limit[OPRES_DURATION_TEXT];
	char window[OPRES_DURATION_TEXT];

	opres_print_percent(tolerance->level, level);
	opres_duration_print(tolerance->limit, limit);
	opres_duration_print(tolerance->window, window);
	switch (tolerance->form)
	{
		case OPRES_WITHIN:
			put(&out, "%s within %s", level, limit);
			break;
		case OPRES_BY:
			put(&out, "%s", level);
			put_by(&out, tolerance);
			break;
		case OPRES_DATA_LOSS:
			put(&out, "data loss %s", limit);
			break;
		case OPRES_TOTAL:
			put(&out, "%s in total per %s below %s", limit, window, level);
			break;
	}
	return out.length;
}

#define COMPARE(a, b)                                                                                                              \
	if ((a) != (b))                                                                                                                \
	return (a) < (b) ? -1 : 1

static int
compare_names(const char *a, const char *b)
{
	if (a == NULL || b == NULL)
		return (a != NULL) - (b != NULL);
	return strcmp(a, b);
}

int
opres_tolerance_compare(const OpresTolerance *a, const OpresTolerance *b)
{
	int order;

	COMPARE(a->form, b->form);
	COMPARE(a->level, b->level);
	COMPARE(a->limit, b->limit);
	COMPARE(a->window, b->window);
	COMPARE(a->time_of_day, b->time_of_day);
	if ((order = compare_names(a->zone, b->zone)) != 0)
		return order;
	COMPARE(a->weekdays, b->weekdays);
	if ((order = compare_names(a->calendar, b->calendar)) != 0)
		return order;
	return compare_names(a->except_calendar, b->except_calendar);
}
