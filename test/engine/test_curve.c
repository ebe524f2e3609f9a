/*
 * test_curve.c - levels over time: every question against a tick-by-tick brute force.
 */
#include "texts.h"

#define TICKS MOST_STEPS

static const double some_levels[] = { 0, 0.25, 0.5, 0.5 - 1e-10, 0.5 + 1e-10, 0.75, 1, 1 - 1e-10, 1 };

#define LEVEL_COUNT ((int) (sizeof(some_levels) / sizeof(some_levels[0])))

/* A random canonical curve over the ticks, and its level in every tick. */
static OpresCurve
random_curve(OpresCurveStep steps[TICKS], double ticks[TICKS])
{
	int32_t count = 0;
	int changes = pick(12);
	double level = 1;

	for (int tick = 0; tick < TICKS; tick++)
	{
		if (pick(TICKS) < changes)
			level = some_levels[pick(LEVEL_COUNT)];
		ticks[tick] = level;
		opres_curve_append(steps, &count, (OpresCurveStep){ tick, level });
	}
	return (OpresCurve){ steps, count };
}

static bool
below(double value, double level)
{
	return value < level - 1e-9;
}

static int
below_between(const double *ticks, double level, int from, int to)
{
	int count = 0;

	for (int tick = from < 0 ? 0 : from; tick < to; tick++)
		count += below(ticks[tick], level);
	return count;
}

static OpresTime
slow_within(const double *ticks, double level, int limit, int horizon)
{
	int run = 0;

	for (int tick = 0; tick < horizon; tick++)
	{
		run = below(ticks[tick], level) ? run + 1 : 0;
		if (run > limit)
			return tick + 1 - run + limit;
	}
	return OPRES_NEVER;
}

/* The window that ends at `end` is the first to hold more than the limit: it was exceeded from the tick before on. */
static OpresTime
slow_total(const double *ticks, double level, int limit, int window, int horizon)
{
	for (int end = 1; end <= horizon; end++)
	{
		if (below_between(ticks, level, end - window, end) > limit)
			return end - 1;
	}
	return OPRES_NEVER;
}

static OpresTime
slow_recovered(const double *ticks, double level, int horizon)
{
	for (int tick = horizon - 1; tick >= 0; tick--)
	{
		if (below(ticks[tick], level))
			return tick + 1 < horizon ? tick + 1 : OPRES_NEVER;
	}
	return OPRES_NEVER;
}

static double
slow_worst(const double *ticks, int horizon, OpresTime *first_at)
{
	double worst = 1;

	*first_at = OPRES_NEVER;
	for (int tick = 0; tick < horizon; tick++)
		worst = ticks[tick] < worst ? ticks[tick] : worst;
	for (int tick = horizon - 1; tick >= 0; tick--)
	{
		if (below(worst, 1) && ticks[tick] <= worst + 1e-9)
			*first_at = tick;
	}
	return worst;
}

static void
check_next_below(OpresCurve curve, const double *ticks, double level, int from, int horizon)
{
	OpresTime start = -1;
	OpresTime end = -1;
	bool found = opres_curve_next_below(curve, level, from, horizon, &start, &end);
	int first = from;
	int last;

	while (first < horizon && !below(ticks[first], level))
		first++;
	last = first;
	while (last < horizon && below(ticks[last], level))
		last++;
	CHECK_INT(found, first < horizon);
	if (found)
	{
		CHECK_INT(start, first);
		CHECK_INT(end, last);
	}
}

static void
test_curve_questions(void)
{
	for (int round = 0; round < 40000; round++)
	{
		OpresCurveStep steps[TICKS];
		double ticks[TICKS];
		OpresCurve curve = random_curve(steps, ticks);
		double level = some_levels[1 + pick(LEVEL_COUNT - 1)];
		int horizon = pick(TICKS + 1);
		int limit = pick(20);
		int window = limit + 1 + pick(40);
		int at = pick(TICKS);
		OpresTime first_at;
		OpresTime slow_first_at;

		CHECK(opres_curve_problem(curve) == NULL);
		CHECK(opres_curve_at(curve, at) == ticks[at]);
		CHECK(opres_curve_worst(curve, horizon, &first_at) == slow_worst(ticks, horizon, &slow_first_at));
		CHECK_INT(first_at, slow_first_at);
		CHECK_INT(opres_curve_time_below(curve, level, horizon), below_between(ticks, level, 0, horizon));
		CHECK_INT(opres_curve_recovered(curve, level, horizon), slow_recovered(ticks, level, horizon));
		CHECK_INT(opres_curve_breach_within(curve, level, limit, horizon), slow_within(ticks, level, limit, horizon));
		CHECK_INT(opres_curve_breach_total(curve, level, limit, window, horizon), slow_total(ticks, level, limit, window, horizon));
		check_next_below(curve, ticks, level, at, horizon);
	}
}

static void
test_curve_minimum(void)
{
	for (int round = 0; round < 10000; round++)
	{
		OpresCurveStep a_steps[TICKS];
		OpresCurveStep b_steps[TICKS];
		double a[TICKS];
		double b[TICKS];
		OpresCurve curve_a = random_curve(a_steps, a);
		OpresCurve curve_b = random_curve(b_steps, b);
		OpresCurveStep *room = malloc(sizeof(OpresCurveStep) * (size_t) (curve_a.count + curve_b.count + 1));
		OpresCurve least = { room, opres_curve_minimum(curve_a, curve_b, room) };
		bool same = true;

		CHECK(opres_curve_problem(least) == NULL);
		for (int tick = 0; tick < TICKS; tick++)
			same = same && opres_curve_at(least, tick) == fmin(a[tick], b[tick]);
		CHECK(same);
		free(room);
	}
}

/* At the ends of the range nothing overflows. */
static void
test_curve_ends(void)
{
	OpresCurveStep steps[] = { { 0, 0 }, { 10, 1 }, { OPRES_NEVER - 10, 0 } };
	OpresCurve curve = { steps, 3 };
	OpresCurve nothing = { NULL, 0 };
	OpresTime at;

	CHECK_INT(opres_curve_time_below(curve, 1, OPRES_NEVER), 20);
	CHECK_INT(opres_curve_breach_total(curve, 1, 15, OPRES_LONGEST_DURATION, OPRES_NEVER), OPRES_NEVER);
	CHECK_INT(opres_curve_breach_total(curve, 1, 5, OPRES_LONGEST_DURATION, OPRES_NEVER), 5);
	CHECK_INT(opres_curve_breach_within(curve, 1, 10, OPRES_NEVER), OPRES_NEVER);
	CHECK_INT(opres_curve_recovered(curve, 1, OPRES_NEVER), OPRES_NEVER);
	CHECK_INT(opres_curve_recovered(curve, 1, 11), 10);
	CHECK_INT(opres_curve_recovered(curve, 1, 10), OPRES_NEVER);
	CHECK(opres_curve_at(nothing, 0) == 1 && opres_curve_worst(nothing, DAY, &at) == 1 && at == OPRES_NEVER);
	CHECK_INT(opres_curve_time_below(nothing, 1, DAY), 0);
	CHECK_INT(opres_curve_time_below(curve, 1, 0), 0);
}

int
main(void)
{
	test_curve_questions();
	test_curve_minimum();
	test_curve_ends();
	return check_done();
}
