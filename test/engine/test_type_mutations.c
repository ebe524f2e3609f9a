/*
 * test_type_mutations.c - bytes of valid texts changed, dropped, doubled: what is read prints and reads back, all else is refused
 * with a place.
 */
#include "texts.h"

static const char *const seeds[] = {
	"1w 2d 3h 4min 5s 6ms 7us",
	"1d 02:30:00.000001",
	"P1W2DT3H4M5.5S",
	"1.5h 20 minutes",
	"99.5% within 1h 30min",
	"100% by 15:30 Asia/Tokyo on Mon-Wed,Fri except calendar \"jp \"\"x\"\"\"",
	"100% by 24:00:00 Europe/London on calendar jp-bank except calendar b",
	"data loss 15min",
	"4h in total per 365d below 33.333333333333336%",
	"{0: 0.5, 2h: 1e-3, 04:30: 0.30000000000000004, P1D: 1}",
	"triangular(1h, 4 hours, 24:00)",
	"lognormal(median 4h, p95 24h)",
	"exponential(mean 6h)",
};

static size_t
mutate(char *text, size_t length, size_t room)
{
	static const char likely[] = "0123456789.:,%-+eE(){}\"hdsmPTW \t";

	for (int changes = 1 + pick(3); changes > 0 && length > 0; changes--)
	{
		size_t at = (size_t) pick((int) length);

		switch (pick(4))
		{
			case 0:
				text[at] = (char) pick(256);
				break;
			case 1:
				text[at] = likely[pick((int) sizeof(likely) - 1)];
				break;
			case 2:
				memmove(text + at, text + at + 1, length - at - 1);
				length--;
				break;
			default:
				if (length < room)
				{
					memmove(text + at + 1, text + at, length - at);
					length++;
				}
				break;
		}
	}
	return length;
}

static void
check_refusal(const OpresScan *scan, size_t length)
{
	CHECK(scan->message != NULL && scan->position <= length);
}

static void
try_text(const char *text, size_t length)
{
	OpresScan scan;
	OpresTolerance tolerance;
	OpresTolerance tolerance_again;
	OpresDistribution distribution;
	OpresDistribution distribution_again;
	OpresCurveStep steps[MOST_STEPS];
	OpresCurveStep steps_again[MOST_STEPS];
	char names[OPRES_TOLERANCE_NAMES];
	char names_again[OPRES_TOLERANCE_NAMES];
	char printed[MOST_STEPS * OPRES_STEP_TEXT];
	int32_t count;
	int printed_length;

	if (!read_tolerance(text, length, &tolerance, names, &scan))
		check_refusal(&scan, length);
	else
	{
		CHECK(opres_tolerance_problem(&tolerance) == NULL);
		printed_length = opres_tolerance_print(&tolerance, printed);
		CHECK(read_tolerance(printed, (size_t) printed_length, &tolerance_again, names_again, &scan) &&
			  opres_tolerance_compare(&tolerance, &tolerance_again) == 0);
	}

	if (!read_distribution(text, length, &distribution, &scan))
		check_refusal(&scan, length);
	else
	{
		printed_length = opres_distribution_print(&distribution, printed);
		CHECK(read_distribution(printed, (size_t) printed_length, &distribution_again, &scan) &&
			  opres_distribution_compare(&distribution, &distribution_again) == 0);
	}

	count = read_curve(text, length, steps, &scan);
	if (count < 0)
		check_refusal(&scan, length);
	else
	{
		printed_length = print_curve((OpresCurve){ steps, count }, printed);
		CHECK(opres_curve_problem((OpresCurve){ steps, count }) == NULL);
		CHECK_INT(read_curve(printed, (size_t) printed_length, steps_again, &scan), count);
		CHECK(opres_curve_compare((OpresCurve){ steps, count }, (OpresCurve){ steps_again, count }) == 0);
	}
}

static void
try_duration(const char *text, size_t length)
{
	char *block = exact_block(text, length);
	OpresTime value;
	OpresTime again;
	const char *message = NULL;
	size_t position = length + 1;
	char printed[OPRES_DURATION_TEXT];

	if (!opres_duration_parse(block, length, &value, &message, &position))
		CHECK(message != NULL && position <= length);
	else
	{
		CHECK(value >= 0 && value <= OPRES_LONGEST_DURATION);
		opres_duration_print(value, printed);
		CHECK(read_duration(printed, &again, &message, &position) && again == value);
	}
	free(block);
}

static void
test_mutations(void)
{
	for (int round = 0; round < 150000; round++)
	{
		const char *seed = seeds[pick((int) (sizeof(seeds) / sizeof(seeds[0])))];
		char text[256];
		size_t length = strlen(seed);

		memcpy(text, seed, length);
		length = mutate(text, length, sizeof(text));
		try_text(text, length);
		try_duration(text, length);
	}
}

int
main(void)
{
	test_mutations();
	return check_done();
}
