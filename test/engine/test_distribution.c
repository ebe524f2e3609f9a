/*
 * test_distribution.c - distributions of durations: texts, and quantiles against numbers computed elsewhere.
 */
#include "texts.h"
#include "quantile.h"

static OpresDistribution
good_distribution(const char *text, const char *expected)
{
	OpresDistribution distribution;
	OpresDistribution again;
	OpresScan scan;
	char printed[OPRES_DISTRIBUTION_TEXT];
	int length;

	if (!CHECK(read_distribution(text, strlen(text), &distribution, &scan)))
	{
		printf("  \"%s\": %s at %zu\n", text, scan.message, scan.position);
		return distribution;
	}
	CHECK(opres_distribution_problem(&distribution) == NULL);
	length = opres_distribution_print(&distribution, printed);
	CHECK_INT(length, strlen(printed));
	CHECK_TEXT(printed, expected);
	CHECK(read_distribution(printed, strlen(printed), &again, &scan));
	CHECK(opres_distribution_compare(&distribution, &again) == 0);
	return distribution;
}

static void
bad_distribution(const char *text, size_t position, const char *expected)
{
	OpresDistribution distribution;
	OpresScan scan;

	if (!CHECK(!read_distribution(text, strlen(text), &distribution, &scan)))
	{
		printf("  \"%s\" was taken\n", text);
		return;
	}
	if (!CHECK(strstr(scan.message, expected) != NULL) || !CHECK_INT(scan.position, position))
		printf("  \"%s\": %s at %zu\n", text, scan.message, scan.position);
}

static void
test_distributions(void)
{
	good_distribution("fixed(4h)", "fixed(4h)");
	good_distribution(" Fixed ( 04:00 ) ", "fixed(4h)");
	good_distribution("uniform(0, 8h)", "uniform(0,8h)");
	good_distribution("uniform(1h,8h)", "uniform(1h,8h)");
	good_distribution("triangular(1h,4h,24h)", "triangular(1h,4h,1d)");
	good_distribution("triangular(1h,1h,24h)", "triangular(1h,1h,1d)");
	good_distribution("pert(1h 30min, 4h, 4h)", "pert(1h 30min,4h,4h)");
	good_distribution("exponential(mean 6h)", "exponential(mean 6h)");
	good_distribution("lognormal(median 4h, p95 24h)", "lognormal(median 4h, p95 1d)");
	good_distribution("LOGNORMAL(Median 4 hours,P95 P1D)", "lognormal(median 4h, p95 1d)");

	bad_distribution("", 0, "a distribution is");
	bad_distribution("normal(1h,2h)", 0, "a distribution is");
	bad_distribution("fixed", 5, "an opening parenthesis");
	bad_distribution("fixed 4h", 5, "an opening parenthesis");
	bad_distribution("fixed(", 6, "a duration is missing");
	bad_distribution("fixed()", 6, "a duration is missing");
	bad_distribution("fixed(4h", 8, "a closing parenthesis");
	bad_distribution("fixed(4h, 5h)", 8, "a closing parenthesis");
	bad_distribution("fixed(4h) x", 10, "nothing can follow");
	bad_distribution("fixed(4 months)", 8, "no fixed length");
	bad_distribution("fixed(0)", 0, "longer than 0");
	bad_distribution("uniform(1h)", 10, "a comma and another duration");
	bad_distribution("uniform(2h,1h)", 0, "must be longer than the shortest");
	bad_distribution("uniform(1h,1h)", 0, "must be longer than the shortest");
	bad_distribution("triangular(1h,5h,4h)", 0, "between the shortest and the longest");
	bad_distribution("pert(2h,1h,4h)", 0, "between the shortest and the longest");
	bad_distribution("pert(1h,1h,1h)", 0, "must be longer than the shortest");
	bad_distribution("pert(1h,1h,40000d)", 11, "longer than 100 years");
	bad_distribution("exponential(6h)", 12, "\"mean\"");
	bad_distribution("exponential(median 6h)", 12, "\"mean\"");
	bad_distribution("exponential(mean 0)", 0, "mean must be longer");
	bad_distribution("lognormal(4h, 24h)", 10, "\"median\"");
	bad_distribution("lognormal(median 4h, 24h)", 21, "\"p95\"");
	bad_distribution("lognormal(median 4h, p99 24h)", 21, "\"p95\"");
	bad_distribution("lognormal(median 4h)", 19, "a comma");
	bad_distribution("lognormal(median 4h, p95 4h)", 0, "longer than the median");
	bad_distribution("lognormal(median 0, p95 4h)", 0, "median must be longer");
}

static void
check_quantile(const char *text, double p, OpresTime expected)
{
	OpresDistribution distribution;
	OpresScan scan;

	if (!CHECK(read_distribution(text, strlen(text), &distribution, &scan)) ||
		!CHECK_INT(opres_distribution_quantile(&distribution, p), expected))
		printf("  %s, %g\n", text, p);
}

/* Expected numbers: elementary ones by hand, the others from numeric integration and bisection in another language. */
static void
test_quantiles(void)
{
	check_quantile("fixed(4h)", 0, 4 * HOUR);
	check_quantile("fixed(4h)", 1, 4 * HOUR);
	check_quantile("uniform(1h,9h)", 0, HOUR);
	check_quantile("uniform(1h,9h)", 0.25, 3 * HOUR);
	check_quantile("uniform(1h,9h)", 1, 9 * HOUR);
	check_quantile("triangular(0,4h,8h)", 0.125, 2 * HOUR);
	check_quantile("triangular(0,4h,8h)", 0.5, 4 * HOUR);
	check_quantile("triangular(0,4h,8h)", 0.875, 6 * HOUR);
	check_quantile("triangular(0,4h,8h)", 1, 8 * HOUR);
	check_quantile("triangular(0,0,8h)", 0.75, 4 * HOUR);
	check_quantile("triangular(0,8h,8h)", 0.25, 4 * HOUR);
	check_quantile("pert(0,4h,8h)", 0.5, 4 * HOUR);
	check_quantile("pert(0,0,8h)", 0.96875, 4 * HOUR);  /* 1 - (1 - x)^5 */
	check_quantile("pert(0,8h,8h)", 0.03125, 4 * HOUR); /* x^5 */
	check_quantile("pert(1h,4h,24h)", 0, HOUR);
	check_quantile("pert(1h,4h,24h)", 1, 24 * HOUR);
	check_quantile("exponential(mean 6h)", 0, 0);
	check_quantile("exponential(mean 6h)", 0.5, 14971979100);
	check_quantile("exponential(mean 6h)", 1, OPRES_LONGEST_DURATION);
	check_quantile("lognormal(median 4h, p95 24h)", 0, 0);
	check_quantile("lognormal(median 4h, p95 24h)", 0.5, 4 * HOUR);
	check_quantile("lognormal(median 4h, p95 24h)", 0.95, 24 * HOUR);
	check_quantile("lognormal(median 4h, p95 24h)", 1, OPRES_LONGEST_DURATION);
}

static void
check_close(double got, double expected, double tolerance, const char *what)
{
	if (!CHECK(fabs(got - expected) <= tolerance * fabs(expected)))
		printf("  %s: got %.17g, expected %.17g\n", what, got, expected);
}

static void
test_normal_quantile(void)
{
	/* From another implementation (Wichura's AS 241). */
	static const double known[][2] = {
		{ 1e-300, -37.0470962993612 },   { 1e-100, -21.27345356096532 }, { 1e-20, -9.262340089798405 },
		{ 1e-10, -6.361340902404056 },   { 1e-5, -4.2648907939228256 },  { 0.001, -3.090232306167813 },
		{ 0.01, -2.3263478740408408 },   { 0.025, -1.9599639845400538 }, { 0.05, -1.6448536269514726 },
		{ 0.1, -1.2815515655446008 },    { 0.25, -0.6744897501960817 },  { 0.4, -0.2533471031357998 },
		{ 0.49, -0.025068908258711057 }, { 0.75, 0.6744897501960817 },   { 0.95, 1.6448536269514715 },
		{ 0.975, 1.9599639845400536 },   { 0.999, 3.090232306167813 },   { 0.9999999999, 6.361340889697421 },
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		check_close(opres_normal_quantile(known[i][0]), known[i][1], 4e-15, "normal quantile");
	CHECK(fabs(opres_normal_quantile(0.5)) < 1e-16);
}

/* The distribution function for whole shapes that add up to 6, as a sum of binomial terms. */
static double
whole_beta(double x, int a)
{
	static const double choose[] = { 1, 5, 10, 10, 5, 1 };
	double sum = 0;

	for (int j = a; j <= 5; j++)
		sum += choose[j] * pow(x, j) * pow(1 - x, 5 - j);
	return sum;
}

static void
test_beta_quantile(void)
{
	for (int a = 1; a <= 5; a++)
	{
		CHECK(opres_beta_quantile(0, a, 6 - a) == 0);
		CHECK(opres_beta_quantile(1, a, 6 - a) == 1);
		for (int i = 1; i < 1000; i++)
		{
			double p = i / 1000.0;

			check_close(whole_beta(opres_beta_quantile(p, a, 6 - a), a), p, 1e-14, "beta quantile");
		}
		for (double p = 1e-5; p > 1e-250; p /= 1e5)
			check_close(whole_beta(opres_beta_quantile(p, a, 6 - a), a), p, 1e-12, "beta quantile in the tail");
	}
	for (int i = 0; i < 2000; i++)
	{
		double a = 1 + 4 * (pick(10001) / 10000.0);
		double p = (1 + pick(9999)) / 10000.0;

		check_close(opres_beta_quantile(p, a, 6 - a), 1 - opres_beta_quantile(1 - p, 6 - a, a), 1e-12, "mirrored beta quantile");
	}
}

static void
random_distribution(OpresDistribution *distribution)
{
	OpresTime unit = 1 + (OPRES_LONGEST_DURATION / 17 >> pick(50));
	OpresTime a = (OpresTime) (next_random() % (uint64_t) (4 * unit));
	OpresTime b = a + (OpresTime) (next_random() % (uint64_t) (4 * unit));
	OpresTime c = b + 1 + (OpresTime) (next_random() % (uint64_t) (4 * unit));

	memset(distribution, 0, sizeof(*distribution));
	distribution->kind = (OpresDistributionKind) pick(6);
	distribution->parameter[0] = a + (opres_distribution_parameters(distribution->kind) == 3 ? 0 : 1);
	if (opres_distribution_parameters(distribution->kind) == 2)
		distribution->parameter[1] = a + 2 + (b - a);
	if (opres_distribution_parameters(distribution->kind) == 3)
	{
		distribution->parameter[1] = b;
		distribution->parameter[2] = c;
	}
}

static void
test_quantile_order(void)
{
	for (int round = 0; round < 300; round++)
	{
		OpresDistribution distribution;
		OpresTime last = 0;
		char text[OPRES_DISTRIBUTION_TEXT];
		OpresDistribution again;
		OpresScan scan;

		random_distribution(&distribution);
		opres_distribution_print(&distribution, text);
		CHECK(opres_distribution_problem(&distribution) == NULL);
		CHECK(read_distribution(text, strlen(text), &again, &scan) && opres_distribution_compare(&distribution, &again) == 0);
		for (int i = 0; i <= 500; i++)
		{
			OpresTime quantile = opres_distribution_quantile(&distribution, i / 500.0);

			if (!CHECK(quantile >= last && quantile <= OPRES_LONGEST_DURATION))
				printf("  %s: %d/500: %lld after %lld\n", text, i, (long long) quantile, (long long) last);
			last = quantile;
		}
	}
}

/* The mean is the area under the quantiles. */
static void
test_means(void)
{
	static const char *const texts[] = {
		"fixed(4h)",      "uniform(1h,8h)",  "triangular(1h,4h,1d)", "triangular(0,0,1d)",
		"pert(1h,4h,1d)", "pert(1h,23h,1d)", "exponential(mean 6h)", "lognormal(median 4h, p95 1d)"
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
	{
		OpresDistribution distribution = good_distribution(texts[i], texts[i]);
		double sum = 0;

		for (int j = 0; j < 100000; j++)
			sum += (double) opres_distribution_quantile(&distribution, (j + 0.5) / 100000) / 100000;
		check_close(sum, (double) opres_distribution_mean(&distribution), 2e-3, texts[i]);
	}
}

static void
test_long_tail(void)
{
	OpresDistribution wide = { OPRES_LOGNORMAL, { 1, OPRES_LONGEST_DURATION, 0 } };

	CHECK(opres_distribution_problem(&wide) == NULL);
	CHECK_INT(opres_distribution_mean(&wide), OPRES_NEVER);
	CHECK_INT(opres_distribution_quantile(&wide, 0.99), OPRES_LONGEST_DURATION);
	CHECK_INT(opres_distribution_quantile(&wide, 0.01), 0);
}

int
main(void)
{
	test_distributions();
	test_quantiles();
	test_normal_quantile();
	test_beta_quantile();
	test_quantile_order();
	test_means();
	test_long_tail();
	return check_done();
}
