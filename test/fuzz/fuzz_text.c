/*
 * fuzz_text.c - libFuzzer: any bytes as a duration, a distribution, a tolerance and a curve. What is taken prints as canonical text
 * that reads back as the same value and prints the same; what is refused says why and where.
 */
#include "curve_text.h"
#include "distribution.h"
#include "duration.h"
#include "tolerance.h"
#include "promise.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void
check_refused(const OpresScan *scan)
{
	PROMISE(scan->message != NULL && scan->message[0] != '\0');
	PROMISE(scan->position <= scan->length);
}

static void
check_duration(const char *text, size_t length)
{
	OpresTime value;
	OpresTime again;
	const char *message = NULL;
	size_t position = 0;
	char printed[OPRES_DURATION_TEXT];
	char second[OPRES_DURATION_TEXT];
	int size;

	if (!opres_duration_parse(text, length, &value, &message, &position))
	{
		PROMISE(message != NULL && message[0] != '\0' && position <= length);
		return;
	}
	PROMISE(value >= 0 && value <= OPRES_LONGEST_DURATION);
	size = opres_duration_print(value, printed);
	PROMISE(size > 0 && size < OPRES_DURATION_TEXT && (size_t) size == strlen(printed));
	PROMISE(opres_duration_parse(printed, (size_t) size, &again, &message, &position) && again == value);
	PROMISE(opres_duration_print(again, second) == size && strcmp(printed, second) == 0);
}

static void
check_distribution(const char *text, size_t length)
{
	OpresScan scan;
	OpresDistribution value;
	OpresDistribution again;
	char printed[OPRES_DISTRIBUTION_TEXT];
	OpresTime last = 0;
	int size;

	opres_scan_init(&scan, text, length);
	if (!opres_distribution_scan(&scan, &value))
	{
		check_refused(&scan);
		return;
	}
	PROMISE(opres_distribution_problem(&value) == NULL);
	size = opres_distribution_print(&value, printed);
	PROMISE(size > 0 && size < OPRES_DISTRIBUTION_TEXT);
	opres_scan_init(&scan, printed, (size_t) size);
	PROMISE(opres_distribution_scan(&scan, &again) && opres_distribution_compare(&value, &again) == 0);
	PROMISE(opres_distribution_mean(&value) >= 0);
	for (int i = 0; i <= 8; i++)
	{
		OpresTime quantile = opres_distribution_quantile(&value, i / 8.0);

		PROMISE(quantile >= 0 && quantile <= OPRES_LONGEST_DURATION);
		PROMISE(quantile >= last - 1 - last / 1000000000);
		last = quantile;
	}
}

static void
check_tolerance(const char *text, size_t length)
{
	OpresScan scan;
	OpresTolerance value;
	OpresTolerance again;
	char names[OPRES_TOLERANCE_NAMES];
	char names_again[OPRES_TOLERANCE_NAMES];
	char printed[OPRES_TOLERANCE_TEXT];
	char second[OPRES_TOLERANCE_TEXT];
	int size;

	opres_scan_init(&scan, text, length);
	if (!opres_tolerance_scan(&scan, &value, names))
	{
		check_refused(&scan);
		return;
	}
	PROMISE(opres_tolerance_problem(&value) == NULL);
	size = opres_tolerance_print(&value, printed);
	PROMISE(size > 0 && size < OPRES_TOLERANCE_TEXT);
	opres_scan_init(&scan, printed, (size_t) size);
	PROMISE(opres_tolerance_scan(&scan, &again, names_again) && opres_tolerance_compare(&value, &again) == 0);
	PROMISE(opres_tolerance_print(&again, second) == size && memcmp(printed, second, (size_t) size) == 0);
}

static void
check_curve(const char *text, size_t length)
{
	OpresCurveScan scan;
	OpresCurveStep step;
	OpresCurveStep *steps = malloc((length + 1) * sizeof(OpresCurveStep));
	int32_t count = 0;
	char printed[OPRES_STEP_TEXT];

	if (steps == NULL)
		return;
	if (opres_curve_scan_begin(&scan, text, length))
		while (opres_curve_scan_step(&scan, &step))
		{
			int size = opres_step_print(step, printed);

			PROMISE(size > 0 && size < OPRES_STEP_TEXT);
			PROMISE((size_t) count <= length);
			opres_curve_append(steps, &count, step);
		}
	if (scan.scan.message != NULL)
		check_refused(&scan.scan);
	PROMISE(opres_curve_problem((OpresCurve){ steps, count }) == NULL);
	free(steps);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* A copy of its own, not NUL-terminated: reading one byte too far is found. No text in a database has a NUL in it. */
	char *text;

	if (size > 0 && memchr(data, 0, size) != NULL)
		return -1;
	text = malloc(size == 0 ? 1 : size);
	if (text == NULL)
		return 0;
	if (size > 0)
		memcpy(text, data, size);
	check_duration(text, size);
	check_distribution(text, size);
	check_tolerance(text, size);
	check_curve(text, size);
	free(text);
	return 0;
}
