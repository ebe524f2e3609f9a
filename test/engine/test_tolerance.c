/*
 * test_tolerance.c - the texts and the rules of impact tolerances.
 */
#include "texts.h"

static void
good_tolerance(const char *text, const char *expected)
{
	OpresTolerance tolerance;
	OpresTolerance again;
	OpresScan scan;
	char names[OPRES_TOLERANCE_NAMES];
	char more_names[OPRES_TOLERANCE_NAMES];
	char printed[OPRES_TOLERANCE_TEXT];
	int length;

	if (!CHECK(read_tolerance(text, strlen(text), &tolerance, names, &scan)))
	{
		printf("  \"%s\": %s at %zu\n", text, scan.message, scan.position);
		return;
	}
	CHECK(opres_tolerance_problem(&tolerance) == NULL);
	length = opres_tolerance_print(&tolerance, printed);
	CHECK_INT(length, strlen(printed));
	CHECK_TEXT(printed, expected);
	CHECK(read_tolerance(printed, strlen(printed), &again, more_names, &scan));
	CHECK(opres_tolerance_compare(&tolerance, &again) == 0);
}

static void
bad_tolerance(const char *text, size_t position, const char *expected)
{
	OpresTolerance tolerance;
	OpresScan scan;
	char names[OPRES_TOLERANCE_NAMES];

	if (!CHECK(!read_tolerance(text, strlen(text), &tolerance, names, &scan)))
	{
		printf("  \"%s\" was taken\n", text);
		return;
	}
	if (!CHECK(strstr(scan.message, expected) != NULL) || !CHECK_INT(scan.position, position))
		printf("  \"%s\": %s at %zu\n", text, scan.message, scan.position);
}

static void
test_tolerances(void)
{
	good_tolerance("100% within 2h", "100% within 2h");
	good_tolerance(" 100 % WITHIN 02:00 ", "100% within 2h");
	good_tolerance("99.50% within 90 min", "99.5% within 1h 30min");
	good_tolerance("12.3456789012345% within 0", "12.3456789012345% within 0");
	good_tolerance("0.001% within 1us", "0.001% within 1us");
	good_tolerance("0.0000002% within 1us", "0.0000002% within 1us");
	good_tolerance("1e1% within 1us", "10% within 1us");
	good_tolerance("data loss 15min", "data loss 15min");
	good_tolerance("Data  Loss 0", "data loss 0");
	good_tolerance("4h in total per 365d below 100%", "4h in total per 365d below 100%");
	good_tolerance("90 min in total per 4 weeks below 33.3%", "1h 30min in total per 28d below 33.3%");
	good_tolerance("0 in total per 1d below 50%", "0 in total per 1d below 50%");
	good_tolerance("100% by 15:30 Asia/Tokyo", "100% by 15:30 Asia/Tokyo");
	good_tolerance("100% by 15:30 Asia/Tokyo on Mon-Fri", "100% by 15:30 Asia/Tokyo on Mon-Fri");
	good_tolerance("100% by 9:05:07 UTC on mon,WEDNESDAY , fri", "100% by 09:05:07 UTC on Mon,Wed,Fri");
	good_tolerance("100% by 24:00 UTC on Mon-Sun", "100% by 24:00 UTC");
	good_tolerance("100% by 00:00:00 UTC on Fri-Mon", "100% by 00:00 UTC on Mon,Fri-Sun");
	good_tolerance("100% by 12:00 UTC on Sat,Sun", "100% by 12:00 UTC on Sat,Sun");
	good_tolerance("100% by 12:00 UTC on Tue - Thu, Sun", "100% by 12:00 UTC on Tue-Thu,Sun");
	good_tolerance("100% by 12:00 UTC on calendar jp-bank", "100% by 12:00 UTC on calendar jp-bank");
	good_tolerance("100% by 12:00 UTC except calendar jp-bank", "100% by 12:00 UTC except calendar jp-bank");
	good_tolerance("100% by 12:00 UTC on calendar a except calendar b", "100% by 12:00 UTC on calendar a except calendar b");
	good_tolerance("100% by 12:00 UTC on Mon except calendar \"b c\"", "100% by 12:00 UTC on Mon except calendar \"b c\"");
	good_tolerance("100% by 12:00 UTC on calendar \"say \"\"x\"\"\"", "100% by 12:00 UTC on calendar \"say \"\"x\"\"\"");
	good_tolerance("100% by 12:00 UTC on calendar \"plain\"", "100% by 12:00 UTC on calendar plain");
	good_tolerance("100% by 12:00 UTC on calendar except except calendar calendar",
				   "100% by 12:00 UTC on calendar except except calendar calendar");
	good_tolerance("100% by 12:00 UTC on calendar 五十日", "100% by 12:00 UTC on calendar 五十日");

	bad_tolerance("", 0, "a tolerance begins with");
	bad_tolerance("soon", 0, "a tolerance begins with");
	bad_tolerance("-5% within 2h", 0, "a tolerance begins with");
	bad_tolerance("2h", 0, "a tolerance begins with");
	bad_tolerance("100 within 2h", 3, "the % is missing");
	bad_tolerance("100 by 15:30 UTC", 3, "the % is missing");
	bad_tolerance("100%", 4, "are missing");
	bad_tolerance("100% for 2h", 4, "are missing");
	bad_tolerance("0% within 2h", 0, "above 0%");
	bad_tolerance("1e-7% within 2h", 0, "above 0%");
	bad_tolerance("100.0001% within 2h", 0, "above 100%");
	bad_tolerance("100% within", 11, "a duration is missing");
	bad_tolerance("100% within 2 months", 14, "no fixed length");
	bad_tolerance("100% within -2h", 12, "no sign");
	bad_tolerance("100% within 2h on Mon", 15, "should end here");
	bad_tolerance("data 15min", 4, "loss");
	bad_tolerance("data loss", 9, "a duration is missing");
	bad_tolerance("4h in total", 11, "in total per");
	bad_tolerance("4h in sum per 365d below 100%", 5, "in total per");
	bad_tolerance("4h in total per 365d", 20, "below");
	bad_tolerance("4h in total per 365d below", 26, "a number is missing");
	bad_tolerance("4h in total per 365d below 100", 30, "the % is missing");
	bad_tolerance("4h in total per 365d below 100% on Mon", 32, "nothing can follow");
	bad_tolerance("4h in total per 4h below 100%", 0, "shorter than the time");
	bad_tolerance("0 in total per 0 below 100%", 0, "shorter than the time");
	bad_tolerance("100% by", 7, "hh:mm");
	bad_tolerance("100% by noon UTC", 8, "hh:mm");
	bad_tolerance("100% by 15 Asia/Tokyo", 10, "hh:mm");
	bad_tolerance("100% by 1530 UTC", 8, "hh:mm");
	bad_tolerance("100% by 15:3 UTC", 11, "hh:mm");
	bad_tolerance("100% by 15:30:1.5 UTC", 14, "hh:mm");
	bad_tolerance("100% by 15:30:10.5 UTC", 16, "hh:mm");
	bad_tolerance("100% by 15:30+09:00", 13, "hh:mm");
	bad_tolerance("100% by 25:00 UTC", 8, "no such time of day");
	bad_tolerance("100% by 24:01 UTC", 8, "no such time of day");
	bad_tolerance("100% by 15:60 UTC", 11, "no such time of day");
	bad_tolerance("100% by 15:30", 13, "a time zone is missing");
	bad_tolerance("100% by 15:30 UTC on", 20, "a day of the week is missing");
	bad_tolerance("100% by 15:30 UTC on Holiday", 21, "a day of the week is missing");
	bad_tolerance("100% by 15:30 UTC on Mon,", 25, "a day of the week is missing");
	bad_tolerance("100% by 15:30 UTC on Mon-", 25, "a day of the week is missing");
	bad_tolerance("100% by 15:30 UTC on Mon,Mon", 25, "named twice");
	bad_tolerance("100% by 15:30 UTC on Mon-Wed,Tue-Fri", 29, "named twice");
	bad_tolerance("100% by 15:30 UTC on calendar", 29, "name of a calendar is missing");
	bad_tolerance("100% by 15:30 UTC on calendar \"a", 30, "not closed");
	bad_tolerance("100% by 15:30 UTC on calendar \"\"", 30, "name of a calendar is missing");
	bad_tolerance("100% by 15:30 UTC on calendar \" a\"", 30, "no blanks around");
	bad_tolerance("100% by 15:30 UTC on calendar \"a\tb\"", 30, "no control characters");
	bad_tolerance("100% by 15:30 UTC except Mon", 24, "calendar");
	bad_tolerance("100% by 15:30 UTC except calendar a on Mon", 36, "can follow the time zone");
	bad_tolerance("100% by 15:30 UTC on Mon on calendar a", 25, "can follow the time zone");
}

/* A word of up to `longest` bytes with everything a calendar's code may hold. */
static void
random_name(char *name, int longest)
{
	static const char some[] = "abcXYZ059-_.\"\" ,'%\xe6\x97\xa5";
	int length = 1 + pick(pick(8) == 0 ? longest : 12);

	for (int i = 0; i < length; i++)
		name[i] = some[pick((int) sizeof(some) - 1)];
	if (name[0] == ' ')
		name[0] = 'a';
	if (name[length - 1] == ' ')
		name[length - 1] = 'z';
	name[length] = '\0';
}

static void
random_tolerance(OpresTolerance *tolerance, char names[2][OPRES_LONGEST_CALENDAR + 1])
{
	memset(tolerance, 0, sizeof(*tolerance));
	tolerance->form = (OpresToleranceForm) pick(4);
	tolerance->level = 1;
	if (tolerance->form != OPRES_DATA_LOSS && pick(2) == 0)
		tolerance->level = pick(2) == 0 ? (1 + pick(1000)) / 1000.0 : (double) (next_random() >> 11) / 9007199254740992.0 + 1e-8;
	if (tolerance->level > 1)
		tolerance->level = 1;
	if (tolerance->form != OPRES_BY)
		tolerance->limit = (OpresTime) (next_random() % (uint64_t) OPRES_LONGEST_DURATION) >> pick(52);
	if (tolerance->form == OPRES_TOTAL)
		tolerance->window = tolerance->limit + 1 +
							(OpresTime) (next_random() % (uint64_t) (OPRES_LONGEST_DURATION - tolerance->limit)) / (1 << pick(20));
	if (tolerance->form != OPRES_BY)
		return;
	tolerance->time_of_day = pick(86401) * SECOND;
	tolerance->zone = pick(2) == 0 ? "UTC" : "America/Argentina/Buenos_Aires";
	tolerance->weekdays = (uint8_t) (1 + pick(OPRES_EVERY_DAY));
	random_name(names[0], OPRES_LONGEST_CALENDAR);
	random_name(names[1], OPRES_LONGEST_CALENDAR);
	if (pick(2) == 0)
	{
		tolerance->weekdays = OPRES_EVERY_DAY;
		tolerance->calendar = names[0];
	}
	if (pick(2) == 0)
		tolerance->except_calendar = names[1];
}

static void
test_tolerance_round_trip(void)
{
	OpresTolerance last;
	char last_names[2][OPRES_LONGEST_CALENDAR + 1];

	random_tolerance(&last, last_names);
	for (int round = 0; round < 20000; round++)
	{
		OpresTolerance tolerance;
		OpresTolerance again;
		OpresScan scan;
		char calendars[2][OPRES_LONGEST_CALENDAR + 1];
		char names[OPRES_TOLERANCE_NAMES];
		char text[OPRES_TOLERANCE_TEXT];
		int length;

		random_tolerance(&tolerance, calendars);
		CHECK(opres_tolerance_problem(&tolerance) == NULL);
		length = opres_tolerance_print(&tolerance, text);
		CHECK_INT(length, strlen(text));
		if (!CHECK(read_tolerance(text, (size_t) length, &again, names, &scan)))
			printf("  \"%s\": %s at %zu\n", text, scan.message, scan.position);
		else if (!CHECK(opres_tolerance_compare(&tolerance, &again) == 0))
			printf("  \"%s\" does not read back\n", text);
		CHECK(opres_tolerance_compare(&tolerance, &last) == -opres_tolerance_compare(&last, &tolerance) ||
			  opres_tolerance_compare(&tolerance, &last) * (long) opres_tolerance_compare(&last, &tolerance) < 0);
	}
}

static void
test_tolerance_rules(void)
{
	OpresTolerance good = { .form = OPRES_BY, .level = 1, .weekdays = OPRES_EVERY_DAY, .zone = "UTC" };
	OpresTolerance bad;
	char long_name[OPRES_LONGEST_CALENDAR + 2];

	memset(long_name, 'x', sizeof(long_name) - 1);
	long_name[sizeof(long_name) - 1] = '\0';
	CHECK(opres_tolerance_problem(&good) == NULL);
#define BAD(...) (bad = good, __VA_ARGS__, CHECK(opres_tolerance_problem(&bad) != NULL))
	BAD(bad.form = (OpresToleranceForm) 4);
	BAD(bad.form = (OpresToleranceForm) 255);
	BAD(bad.form = OPRES_WITHIN);
	BAD(bad.level = 0);
	BAD(bad.level = -1);
	BAD(bad.level = NAN);
	BAD(bad.level = 1.0000000000000002);
	BAD(bad.level = 1e-9);
	BAD(bad.limit = 1);
	BAD(bad.window = 1);
	BAD(bad.time_of_day = -SECOND);
	BAD(bad.time_of_day = DAY + SECOND);
	BAD(bad.time_of_day = 1);
	BAD(bad.weekdays = 0);
	BAD(bad.weekdays = 0x80);
	BAD(bad.weekdays = 1, bad.calendar = "a");
	BAD(bad.zone = NULL);
	BAD(bad.zone = "");
	BAD(bad.calendar = "");
	BAD(bad.calendar = " a");
	BAD(bad.except_calendar = "a ");
	BAD(bad.except_calendar = "a\nb");
	BAD(bad.except_calendar = long_name);
	good = (OpresTolerance){ .form = OPRES_WITHIN, .level = 1, .limit = HOUR };
	CHECK(opres_tolerance_problem(&good) == NULL);
	BAD(bad.limit = -1);
	BAD(bad.limit = OPRES_LONGEST_DURATION + 1);
	BAD(bad.window = 1);
	BAD(bad.weekdays = 1);
	BAD(bad.zone = "UTC");
	BAD(bad.calendar = "a");
	BAD(bad.except_calendar = "a");
	BAD(bad.time_of_day = SECOND);
	BAD(bad.form = OPRES_DATA_LOSS, bad.level = 0.5);
	BAD(bad.form = OPRES_TOTAL);
	BAD(bad.form = OPRES_TOTAL, bad.window = HOUR);
	BAD(bad.form = OPRES_TOTAL, bad.window = OPRES_LONGEST_DURATION + 1);
#undef BAD
}

int
main(void)
{
	test_tolerances();
	test_tolerance_round_trip();
	test_tolerance_rules();
	return check_done();
}
