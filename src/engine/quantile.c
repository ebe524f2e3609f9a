/*
 * quantile.c - inverse distribution functions (see quantile.h): a rough start, then Newton's or Halley's steps on the distribution
 * function itself, taken in the smaller tail so that nothing is lost to 1 - p.
 */
#include "quantile.h"

#include <float.h>
#include <math.h>

#define SQRT_HALF 0.70710678118654752440
#define SQRT_TWO_PI 2.50662827463100050242

double
opres_normal_quantile(double p)
{
	double tail = p < 0.5 ? p : 1 - p;
	double t;
	double x;

	if (tail < 1e-300)
		tail = 1e-300;

	/* Rational start of Hastings (Abramowitz and Stegun 26.2.23), good to 4.5e-4. */
	t = sqrt(-2 * log(tail));
	x = (2.515517 + t * (0.802853 + t * 0.010328)) / (1 + t * (1.432788 + t * (0.189269 + t * 0.001308))) - t;
	for (int step = 0; step < 3; step++)
	{
		double error = 0.5 * erfc(-x * SQRT_HALF) - tail;
		double u = error * SQRT_TWO_PI * exp(x * x / 2);

		x -= u / (1 + x * u / 2);
	}
	return p < 0.5 ? x : -x;
}

/* Keeps a denominator of the continued fraction away from 0. */
static double
not_zero(double value)
{
	return fabs(value) < DBL_MIN ? DBL_MIN : value;
}

/* The continued fraction of the incomplete beta function (DLMF 8.17.22) by Lentz's method; converges fast for x < (a + 1) / (a + b
 * + 2). */
static double
beta_fraction(double x, double a, double b)
{
	double c = 1;
	double d = 1 / not_zero(1 - (a + b) * x / (a + 1));
	double value = d;

	for (int m = 1; m < 1000; m++)
	{
		double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
		double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
		double change;

		d = 1 / not_zero(1 + even * d);
		c = not_zero(1 + even / c);
		value *= d * c;
		d = 1 / not_zero(1 + odd * d);
		c = not_zero(1 + odd / c);
		change = d * c;
		value *= change;
		if (fabs(change - 1) < DBL_EPSILON)
			break;
	}
	return value;
}

/* Regularized incomplete beta function; `scale` = 1 / B(a, b). */
static double
beta_distribution(double x, double a, double b, double scale)
{
	double front = scale * pow(x, a) * pow(1 - x, b);

	if (x <= (a + 1) / (a + b + 2))
		return front * beta_fraction(x, a, b) / a;
	return 1 - front * beta_fraction(1 - x, b, a) / b;
}

/* For p <= 1/2: Newton's steps, halving the bracket when one would leave it. */
static double
lower_beta_quantile(double p, double a, double b)
{
	double scale = exp(lgamma(a + b) - lgamma(a) - lgamma(b));
	double low = 0;
	double high = 1;
	double x = pow(p * a / scale, 1 / a); /* exact as x goes to 0 */

	if (!(x < 0.9))
		x = 0.5;
	for (int step = 0; step < 200; step++)
	{
		double error = beta_distribution(x, a, b, scale) - p;
		double density = scale * pow(x, a - 1) * pow(1 - x, b - 1);
		double next = x - error / density;

		if (fabs(next - x) <= 2 * DBL_EPSILON * x)
			return next;
		if (error > 0)
			high = x;
		else
			low = x;
		if (!(next > low && next < high))
			next = low + (high - low) / 2;
		x = next;
	}
	return x;
}

double
opres_beta_quantile(double p, double a, double b)
{
	if (p <= 0)
		return 0;
	if (p >= 1)
		return 1;
	return p <= 0.5 ? lower_beta_quantile(p, a, b) : 1 - lower_beta_quantile(1 - p, b, a);
}
