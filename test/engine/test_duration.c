/*
 * test_duration.c - the grammar of durations.
 */
#include "texts.h"

static void
good_duration(const char *text, OpresTime expected)
{
	OpresTime value = -1;
	const char *message = "";
	size_t position = 0;

	if (!CHECK(read_duration(text, &value, &message, &position)) || !CHECK_INT(value, expected))
		printf("  \"%s\": %s at %zu\n", text, message, position);
}

static void
bad_duration(const char *text, size_t expected_position, const char *expected)
{
	OpresTime value = -1;
	const char *message = "";
	size_t position = 0;

	if (!CHECK(!read_duration(text, &value, &message, &position)) || !CHECK(strstr(message, expected) != NULL) ||
		!CHECK_INT(position, expected_position))
		printf("  \"%s\": %s at %zu\n", text, message, position);
}

static void
test_durations(void)
{
	good_duration("0", 0);
	good_duration(" 0 ", 0);
	good_duration("0.0", 0);
	good_duration("0min", 0);
	good_duration("1w 2d 3h 4min 5s 6ms 7us", 9 * DAY + 3 * HOUR + 4 * MINUTE + 5 * SECOND + 6007);
	good_duration("1w2d3h4min5s6ms7us", 9 * DAY + 3 * HOUR + 4 * MINUTE + 5 * SECOND + 6007);
	good_duration("20 min", 20 * MINUTE);
	good_duration("1 day", DAY);
	good_duration("2 Hours 3 MINUTES", 2 * HOUR + 3 * MINUTE);
	good_duration("1 week 1 second", 7 * DAY + SECOND);
	good_duration("5\xc2\xb5s", 5);
	good_duration("5 \xce\xbcs", 5);
	good_duration("1.5h", HOUR + 30 * MINUTE);
	good_duration("0.5w", 3 * DAY + 12 * HOUR);
	good_duration("0.000001s", 1);
	good_duration("1.0000000000000000000000000000000us", 1);
	good_duration("0.00000003125w", 18900);
	good_duration("0.1d 0.1h", 2 * HOUR + 24 * MINUTE + 6 * MINUTE);
	good_duration("00000000000000000000000000000000000000000000007s", 7 * SECOND);
	good_duration("90min", 90 * MINUTE);
	good_duration("02:30", 2 * HOUR + 30 * MINUTE);
	good_duration("2:30:00", 2 * HOUR + 30 * MINUTE);
	good_duration("100:00:59.000001", 100 * HOUR + 59 * SECOND + 1);
	good_duration("1d 02:03:04.5", DAY + 2 * HOUR + 3 * MINUTE + 4500000);
	good_duration("1 day 00:30", DAY + 30 * MINUTE);
	good_duration("P1DT2H", DAY + 2 * HOUR);
	good_duration("P1W", 7 * DAY);
	good_duration("P1W2DT3H4M5.000006S", 9 * DAY + 3 * HOUR + 4 * MINUTE + 5 * SECOND + 6);
	good_duration("PT0.5S", 500000);
	good_duration("PT5M", 5 * MINUTE);
	good_duration("P0D", 0);
	good_duration("36500d", OPRES_LONGEST_DURATION);
	good_duration("36499d 24h", OPRES_LONGEST_DURATION);
	good_duration("876000:00", OPRES_LONGEST_DURATION);
	good_duration("3153600000000000us", OPRES_LONGEST_DURATION);

	bad_duration("", 0, "a duration is missing");
	bad_duration("  ", 2, "a duration is missing");
	bad_duration("5", 1, "unit is missing");
	bad_duration("5 ", 2, "unit is missing");
	bad_duration("h", 0, "number is missing");
	bad_duration("1h 0", 4, "unit is missing");
	bad_duration("5 fortnights", 2, "unit is unknown");
	bad_duration("5m", 1, "minutes or months");
	bad_duration("5 months", 2, "no fixed length");
	bad_duration("1y", 1, "no fixed length");
	bad_duration("1d 1 mon", 5, "no fixed length");
	bad_duration("P1Y", 2, "no fixed length");
	bad_duration("P1M", 2, "no fixed length");
	bad_duration("P1DT1Y", 5, "no fixed length");
	bad_duration("-1h", 0, "no sign");
	bad_duration("+1h", 0, "no sign");
	bad_duration("1h -5min", 3, "no sign");
	bad_duration("P-1D", 1, "no sign");
	bad_duration("2:-5", 2, "no sign");
	bad_duration("1h 1d", 3, "longest to the shortest");
	bad_duration("1h 1h", 3, "longest to the shortest");
	bad_duration("1us 1ms", 4, "longest to the shortest");
	bad_duration("PT1M1H", 4, "longest to the shortest");
	bad_duration("P1D1D", 3, "longest to the shortest");
	bad_duration("P1DT1W", 5, "before the T");
	bad_duration("P1H", 2, "before the T");
	bad_duration("0.5us", 0, "finer than a microsecond");
	bad_duration("1h 0.0000001s", 3, "finer than a microsecond");
	bad_duration("00:00:00.0000001", 6, "finer than a microsecond");
	bad_duration("0.00000000000000000000000000001w", 0, "finer than a microsecond");
	bad_duration("36500d 1us", 7, "longer than 100 years");
	bad_duration("36501d", 0, "longer than 100 years");
	bad_duration("36500.5d", 0, "longer than 100 years");
	bad_duration("99999999999999999999999999999999999h", 0, "longer than 100 years");
	bad_duration("9223372036854775808us", 0, "longer than 100 years");
	bad_duration("876000:01", 7, "longer than 100 years");
	bad_duration("1.h", 2, "after the decimal point");
	bad_duration(".5h", 0, "number is missing");
	bad_duration("1.5:00", 1, "only the seconds");
	bad_duration("1:00.5", 4, "only the seconds");
	bad_duration("1:00.5:00", 4, "only the seconds");
	bad_duration("1:5", 2, "two digits");
	bad_duration("1:005", 2, "two digits");
	bad_duration("1:60", 2, "end at 59");
	bad_duration("1:00:60", 5, "end at 59");
	bad_duration("1:00:00:00", 7, "nothing can follow");
	bad_duration("1:00 1h", 5, "nothing can follow");
	bad_duration("1h 00:30", 3, "weeks and days only");
	bad_duration("P", 1, "nothing follows the P");
	bad_duration("PT", 2, "nothing follows the T");
	bad_duration("P1DT", 4, "nothing follows the T");
	bad_duration("P1", 2, "unit is missing");
	bad_duration("P1X", 2, "unit is unknown");
	bad_duration("P1D T2H", 4, "nothing can follow");
	bad_duration("p1d", 0, "number is missing");
	bad_duration("1h, 2min", 2, "should end here");
}

/* Printed text reads back as the same value and as the same text. */
static void
test_duration_round_trip(void)
{
	for (int i = 0; i < 20000; i++)
	{
		OpresTime value = (OpresTime) (next_random() % (uint64_t) (OPRES_LONGEST_DURATION + 1)) >> pick(52);
		OpresTime again = -1;
		char text[OPRES_DURATION_TEXT];
		const char *message;
		size_t position;
		int length = opres_duration_print(value, text);

		CHECK(length == (int) strlen(text) && length < OPRES_DURATION_TEXT);
		CHECK(read_duration(text, &again, &message, &position));
		CHECK_INT(again, value);
	}
}

int
main(void)
{
	test_durations();
	test_duration_round_trip();
	return check_done();
}
