/*
 * test_curve_text.c - levels over time as text, and their rules.
 */
#include "texts.h"

static void
good_curve(const char *text, const char *expected)
{
	OpresCurveStep steps[MOST_STEPS];
	OpresScan failure;
	int32_t count = read_curve(text, strlen(text), steps, &failure);
	char printed[MOST_STEPS * OPRES_STEP_TEXT];

	if (!CHECK(count >= 0))
	{
		printf("  \"%s\": %s at %zu\n", text, failure.message, failure.position);
		return;
	}
	CHECK(opres_curve_problem((OpresCurve){ steps, count }) == NULL);
	print_curve((OpresCurve){ steps, count }, printed);
	CHECK_TEXT(printed, expected);
}

static void
bad_curve(const char *text, size_t position, const char *expected)
{
	OpresCurveStep steps[MOST_STEPS];
	OpresScan failure;

	if (!CHECK(read_curve(text, strlen(text), steps, &failure) < 0))
		return;
	if (!CHECK(strstr(failure.message, expected) != NULL) || !CHECK_INT(failure.position, position))
		printf("  \"%s\": %s at %zu\n", text, failure.message, failure.position);
}

static void
test_curve_text(void)
{
	good_curve("{}", "{}");
	good_curve(" { } ", "{}");
	good_curve("{0: 1, 2h: 0.4, 4h 30min: 1}", "{2h: 0.4, 4h 30min: 1}");
	good_curve("{0:0.5,2h:0,4h 30min:1}", "{0: 0.5, 2h: 0, 4h 30min: 1}");
	good_curve("{02:30: 0.5, P1D: 1e-3, 1 day 1us : 1}", "{2h 30min: 0.5, 1d: 0.001, 1d 1us: 1}");
	good_curve("{1h: 0.5, 2h: 0.5, 3h: 0.50000000000000011}", "{1h: 0.5, 3h: 0.5000000000000001}");
	good_curve("{1us: 0.1, 2us: 0.30000000000000004, 3us: 1E-12, 4us: 0.99999999999999989}",
			   "{1us: 0.1, 2us: 0.30000000000000004, 3us: 1e-12, 4us: 0.9999999999999999}");

	bad_curve("", 0, "begins with {");
	bad_curve("0: 1", 0, "begins with {");
	bad_curve("{", 1, "a step is missing");
	bad_curve("{0: 0.5", 7, "a comma or the closing brace");
	bad_curve("{0: 0.5,}", 8, "a step is missing");
	bad_curve("{0: 0.5 1h: 1}", 3, "a number is missing");
	bad_curve("{0 0.5}", 1, "a step is missing");
	bad_curve("{: 0.5}", 1, "a duration is missing");
	bad_curve("{0:}", 3, "a number is missing");
	bad_curve("{0: -0.5}", 4, "a number is missing");
	bad_curve("{0: nan}", 4, "a number is missing");
	bad_curve("{0: 1.5}", 4, "between 0 and 1");
	bad_curve("{0: 1e400}", 4, "out of range");
	bad_curve("{0: 1e99999999999999999999}", 4, "out of range");
	bad_curve("{0: 50%}", 4, "between 0 and 1");
	bad_curve("{1h: 0.5, 1h: 0.4}", 10, "go up");
	bad_curve("{2h: 0.5, 1h: 0.4}", 10, "go up");
	bad_curve("{1 month: 0.5}", 3, "no fixed length");
	bad_curve("{} x", 3, "nothing can follow");
}

static void
test_curve_round_trip(void)
{
	for (int round = 0; round < 5000; round++)
	{
		OpresCurveStep steps[MOST_STEPS];
		OpresCurveStep again[MOST_STEPS];
		char text[MOST_STEPS * OPRES_STEP_TEXT];
		OpresScan failure;
		int32_t count = 0;
		OpresTime at = pick(2);
		int length;

		for (int i = pick(10); i > 0; i--)
		{
			double level = (double) (next_random() >> 11) / 9007199254740992.0;

			opres_curve_append(steps, &count, (OpresCurveStep){ at, pick(3) == 0 ? round / 5000.0 : level });
			at += 1 + (OpresTime) (next_random() % (uint64_t) (OPRES_LONGEST_DURATION / 16)) / (1 << pick(30));
		}
		length = print_curve((OpresCurve){ steps, count }, text);
		CHECK_INT(read_curve(text, (size_t) length, again, &failure), count);
		CHECK(opres_curve_compare((OpresCurve){ steps, count }, (OpresCurve){ again, count }) == 0);
	}
}

static void
test_curve_rules(void)
{
	OpresCurveStep unordered[] = { { 5, 0 }, { 5, 1 } };
	OpresCurveStep before[] = { { -1, 0 } };
	OpresCurveStep late[] = { { OPRES_LONGEST_DURATION + 1, 0 } };
	OpresCurveStep high[] = { { 0, 1.0000000000000002 } };
	OpresCurveStep minus[] = { { 0, -0.0 } };
	OpresCurveStep nan[] = { { 0, NAN } };
	OpresCurveStep idle[] = { { 0, 1 } };
	OpresCurveStep repeated[] = { { 0, 0.5 }, { 1, 0.5 } };

	CHECK(opres_curve_problem((OpresCurve){ unordered, 2 }) != NULL);
	CHECK(opres_curve_problem((OpresCurve){ before, 1 }) != NULL);
	CHECK(opres_curve_problem((OpresCurve){ late, 1 }) != NULL);
	CHECK(opres_curve_problem((OpresCurve){ high, 1 }) != NULL);
	CHECK(opres_curve_problem((OpresCurve){ minus, 1 }) != NULL);
	CHECK(opres_curve_problem((OpresCurve){ nan, 1 }) != NULL);
	CHECK(opres_curve_problem((OpresCurve){ idle, 1 }) != NULL);
	CHECK(opres_curve_problem((OpresCurve){ repeated, 2 }) != NULL);
	CHECK(opres_curve_problem((OpresCurve){ NULL, 0 }) == NULL);
}

int
main(void)
{
	test_curve_text();
	test_curve_round_trip();
	test_curve_rules();
	return check_done();
}
