/*
 * texts.h - what the test programs of the types share: random numbers that are the same in every run, and reading texts handed over
 * in blocks of their exact size, so that AddressSanitizer sees a byte read too many.
 */
#ifndef OPRES_TEST_TEXTS_H
#define OPRES_TEST_TEXTS_H

#include <stdlib.h>

#include "check.h"
#include "curve_text.h"
#include "distribution.h"
#include "duration.h"
#include "tolerance.h"

#define SECOND ((OpresTime) 1000000)
#define MINUTE (60 * SECOND)
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)

#define MOST_STEPS 60 /* of a curve read here */

static uint64_t random_state = 20261121;

static inline uint64_t
next_random(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state;
}

/* 0 to count - 1 */
static inline int
pick(int count)
{
	return (int) (next_random() % (uint64_t) count);
}

static inline char *
exact_block(const char *text, size_t length)
{
	char *block = malloc(length > 0 ? length : 1);

	memcpy(block, text, length);
	return block;
}

static inline bool
read_duration(const char *text, OpresTime *value, const char **message, size_t *position)
{
	char *block = exact_block(text, strlen(text));
	bool read = opres_duration_parse(block, strlen(text), value, message, position);

	free(block);
	return read;
}

/* Reads a curve of at most MOST_STEPS steps; the count, or -1 with the scan's failure. */
static inline int32_t
read_curve(const char *text, size_t length, OpresCurveStep steps[MOST_STEPS], OpresScan *failure)
{
	char *block = exact_block(text, length);
	OpresCurveScan scan;
	OpresCurveStep step;
	int32_t count = 0;

	if (opres_curve_scan_begin(&scan, block, length))
	{
		while (count < MOST_STEPS && opres_curve_scan_step(&scan, &step))
			opres_curve_append(steps, &count, step);
	}
	*failure = scan.scan;
	free(block);
	return failure->message == NULL ? count : -1;
}

static inline int
print_curve(OpresCurve curve, char *text)
{
	int length = sprintf(text, "{");

	for (int32_t i = 0; i < curve.count; i++)
	{
		char step[OPRES_STEP_TEXT];

		opres_step_print(curve.steps[i], step);
		length += sprintf(text + length, "%s%s", i > 0 ? ", " : "", step);
	}
	return length + sprintf(text + length, "}");
}

static inline bool
read_tolerance(const char *text, size_t length, OpresTolerance *tolerance, char names[OPRES_TOLERANCE_NAMES], OpresScan *scan)
{
	char *block = exact_block(text, length);
	bool read;

	opres_scan_init(scan, block, length);
	read = opres_tolerance_scan(scan, tolerance, names);
	free(block);
	return read;
}

static inline bool
read_distribution(const char *text, size_t length, OpresDistribution *distribution, OpresScan *scan)
{
	char *block = exact_block(text, length);
	bool read;

	opres_scan_init(scan, block, length);
	read = opres_distribution_scan(scan, distribution);
	free(block);
	return read;
}

#endif
