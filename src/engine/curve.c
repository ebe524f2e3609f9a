/*
 * curve.c - questions to a level over time (see curve.h). Allocates nothing.
 *
 * Everything about "below" is asked of stretches: opres_curve_next_below walks from one to the next, and the other functions
 * are sums and searches over them.
 */
#include "curve.h"

static bool
is_below(double value, double level)
{
	return value < level - OPRES_EPSILON;
}

/* How many steps lie at or before `at`. */
static int32_t
steps_until(OpresCurve curve, OpresTime at)
{
	int32_t low = 0;
	int32_t high = curve.count;

	while (low < high)
	{
		int32_t middle = low + (high - low) / 2;

		if (curve.steps[middle].at <= at)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

double
opres_curve_at(OpresCurve curve, OpresTime at)
{
	int32_t count = steps_until(curve, at);

	return count == 0 ? 1 : curve.steps[count - 1].level;
}

double
opres_curve_worst(OpresCurve curve, OpresTime horizon, OpresTime *first_at)
{
	double worst = 1;

	*first_at = OPRES_NEVER;
	for (int32_t i = 0; i < curve.count && curve.steps[i].at < horizon; i++)
	{
		if (curve.steps[i].level < worst)
			worst = curve.steps[i].level;
	}
	if (!is_below(worst, 1))
		return worst;
	/* Levels within the accuracy of each other are the same level: the first of them counts. */
	for (int32_t i = 0; i < curve.count && *first_at == OPRES_NEVER; i++)
	{
		if (curve.steps[i].level <= worst + OPRES_EPSILON)
			*first_at = curve.steps[i].at;
	}
	return worst;
}

bool
opres_curve_next_below(OpresCurve curve, double level, OpresTime from, OpresTime horizon, OpresTime *start, OpresTime *end)
{
	int32_t i = steps_until(curve, from);

	if (from >= horizon)
		return false;
	*start = from;
	if (!is_below(i == 0 ? 1 : curve.steps[i - 1].level, level))
	{
		while (i < curve.count && !is_below(curve.steps[i].level, level))
			i++;
		if (i == curve.count || curve.steps[i].at >= horizon)
			return false;
		*start = curve.steps[i++].at;
	}
	while (i < curve.count && is_below(curve.steps[i].level, level))
		i++;
	*end = i == curve.count || curve.steps[i].at > horizon ? horizon : curve.steps[i].at;
	return true;
}

OpresTime
opres_curve_time_below(OpresCurve curve, double level, OpresTime horizon)
{
	OpresTime below = 0;
	OpresTime start;
	OpresTime end = 0;

	while (opres_curve_next_below(curve, level, end, horizon, &start, &end))
		below += end - start;
	return below;
}

OpresTime
opres_curve_recovered(OpresCurve curve, double level, OpresTime horizon)
{
	OpresTime start;
	OpresTime end = 0;

	while (opres_curve_next_below(curve, level, end, horizon, &start, &end))
		;
	return end == 0 || end >= horizon ? OPRES_NEVER : end;
}

OpresTime
opres_curve_breach_within(OpresCurve curve, double level, OpresTime limit, OpresTime horizon)
{
	OpresTime start;
	OpresTime end = 0;

	while (opres_curve_next_below(curve, level, end, horizon, &start, &end))
	{
		if (end - start > limit)
			return start + limit;
	}
	return OPRES_NEVER;
}

/* The earlier of `end` and the moment at which the window's trailing edge, now at `tail`, gets to `mark`. */
static OpresTime
until(OpresTime now, OpresTime end, OpresTime tail, OpresTime mark)
{
	uint64_t left = (uint64_t) end - (uint64_t) now;
	uint64_t way = (uint64_t) mark - (uint64_t) tail; /* unsigned: the tail may lie far before 0 */

	return way < left ? now + (OpresTime) way : end;
}

/*
 * The window's leading edge moves through the stretches below; its trailing edge follows, a window behind, and lets go of what it
 * leaves. Within a stretch the time below in the window grows until the trailing edge enters a stretch, stands still while both
 * edges are below, and grows again: so it first exceeds the limit while it grows.
 */
OpresTime
opres_curve_breach_total(OpresCurve curve, double level, OpresTime limit, OpresTime window, OpresTime horizon)
{
	OpresTime start;
	OpresTime end = 0;
	OpresTime old_start; /* what is left in the window of the stretch the trailing edge meets next */
	OpresTime old_end;
	OpresTime below = 0; /* time below in the window that ends at `now` */

	if (!opres_curve_next_below(curve, level, 0, horizon, &old_start, &old_end))
		return OPRES_NEVER;
	while (opres_curve_next_below(curve, level, end, horizon, &start, &end))
	{
		OpresTime next;

		for (OpresTime now = start; now < end; now = next)
		{
			OpresTime tail = now - window;

			while (old_end <= tail)
			{
				below -= old_end - old_start;
				opres_curve_next_below(curve, level, old_end, horizon, &old_start, &old_end);
			}
			if (old_start < tail)
			{
				below -= tail - old_start;
				old_start = tail;
			}
			if (old_start == tail)
				next = until(now, end, tail, old_end);
			else
			{
				next = until(now, end, tail, old_start);
				if (next - now > limit - below)
					return now + (limit - below);
			}
			below += next - now;
		}
	}
	return OPRES_NEVER;
}

static void
emit(OpresCurveStep *out, int32_t *count, OpresTime at, double level)
{
	double last = *count == 0 ? 1 : out[*count - 1].level;

	if (level != last)
		out[(*count)++] = (OpresCurveStep){ at, level };
}

int32_t
opres_curve_minimum(OpresCurve a, OpresCurve b, OpresCurveStep *out)
{
	int32_t i = 0;
	int32_t j = 0;
	int32_t count = 0;

	while (i < a.count || j < b.count)
	{
		OpresTime at = j == b.count || (i < a.count && a.steps[i].at < b.steps[j].at) ? a.steps[i].at : b.steps[j].at;
		double level_a;
		double level_b;

		if (i < a.count && a.steps[i].at == at)
			i++;
		if (j < b.count && b.steps[j].at == at)
			j++;
		level_a = i == 0 ? 1 : a.steps[i - 1].level;
		level_b = j == 0 ? 1 : b.steps[j - 1].level;
		emit(out, &count, at, level_a < level_b ? level_a : level_b);
	}
	return count;
}
