/*
 * curve_text.c - a level over time as text, its rules and its order (see curve_text.h). Allocates nothing.
 */
#include "curve_text.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "duration.h"

bool
opres_curve_scan_begin(OpresCurveScan *curve, const char *text, size_t length)
{
	opres_scan_init(&curve->scan, text, length);
	curve->last = -1;
	return opres_scan_char(&curve->scan, '{') ||
		   opres_scan_fail(&curve->scan, curve->scan.at, "a curve begins with {, e.g. {0: 0.5, 2h: 1}");
}

static bool
finish(OpresScan *scan)
{
	if (!opres_scan_end(scan))
		opres_scan_fail(scan, scan->at, "nothing can follow the closing brace");
	return false;
}

/* The colon between time and level: the last one of the step, for a time may have colons of its own (02:30: 0.4). */
static size_t
find_colon(const OpresScan *scan)
{
	size_t colon = scan->length;

	for (size_t at = scan->at; at < scan->length && scan->text[at] != ',' && scan->text[at] != '}'; at++)
	{
		if (scan->text[at] == ':')
			colon = at;
	}
	return colon;
}

bool
opres_curve_scan_step(OpresCurveScan *curve, OpresCurveStep *step)
{
	OpresScan *scan = &curve->scan;
	size_t from;
	size_t colon;

	if (opres_scan_char(scan, '}'))
		return finish(scan);
	if (curve->last >= 0 && !opres_scan_char(scan, ','))
		return opres_scan_fail(scan, scan->at, "a comma or the closing brace is missing");

	opres_scan_blanks(scan);
	from = scan->at;
	colon = find_colon(scan);
	if (colon == scan->length)
		return opres_scan_fail(scan, from, "a step is missing: a time, a colon and a level");
	if (!opres_scan_duration(scan, colon, &step->at))
		return false;
	if (step->at <= curve->last)
		return opres_scan_fail(scan, from, "the times of a curve go up from step to step");
	curve->last = step->at;

	scan->at = colon + 1;
	opres_scan_blanks(scan);
	from = scan->at;
	if (!opres_scan_number(scan, 0, &step->level))
		return false;
	if (step->level > 1)
		return opres_scan_range(scan, from, "a level lies between 0 and 1");
	return true;
}

int
opres_step_print(OpresCurveStep step, char text[OPRES_STEP_TEXT])
{
	char at[OPRES_DURATION_TEXT];
	char level[OPRES_NUMBER_TEXT];

	opres_duration_print(step.at, at);
	opres_print_number(step.level, level);
	return snprintf(text, OPRES_STEP_TEXT, "%s: %s", at, level);
}

void
opres_curve_append(OpresCurveStep *steps, int32_t *count, OpresCurveStep step)
{
	if (step.level != (*count == 0 ? 1 : steps[*count - 1].level))
		steps[(*count)++] = step;
}

const char *
opres_curve_problem(OpresCurve curve)
{
	OpresCurveStep last = { -1, 1 };

	for (int32_t i = 0; i < curve.count; i++)
	{
		OpresCurveStep step = curve.steps[i];

		if (step.at <= last.at)
			return "the times of a curve go up from step to step, from 0";
		if (step.at > OPRES_LONGEST_DURATION)
			return "the times of a curve end after 100 years (36500 days)";
		if (!(step.level >= 0 && step.level <= 1) || signbit(step.level))
			return "a level lies between 0 and 1";
		if (step.level == last.level)
			return "a step changes nothing";
		last = step;
	}
	return NULL;
}

int
opres_curve_compare(OpresCurve a, OpresCurve b)
{
	for (int32_t i = 0; i < a.count && i < b.count; i++)
	{
		if (a.steps[i].at != b.steps[i].at)
			return a.steps[i].at < b.steps[i].at ? -1 : 1;
		if (a.steps[i].level != b.steps[i].level)
			return a.steps[i].level < b.steps[i].level ? -1 : 1;
	}
	return (a.count > b.count) - (a.count < b.count);
}
