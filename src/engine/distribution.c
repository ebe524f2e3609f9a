/*
 * distribution.c - distributions of durations (see distribution.h). Allocates nothing. Every time fits a double exactly: the
 * longest duration is below 2^53 microseconds.
 */
#include "distribution.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "duration.h"
#include "quantile.h"

#define MOST_PARAMETERS 3

typedef struct Kind
{
	const char *name;
	int parameters;
	const char *labels[MOST_PARAMETERS]; /* a word before the parameter, NULL = none */
	const char *separator;               /* between parameters, when printed */
} Kind;

/* In the order of OpresDistributionKind. */
static const Kind kinds[] = {
	{ "fixed", 1, { NULL }, "," }, { "uniform", 2, { NULL }, "," },        { "triangular", 3, { NULL }, "," },
	{ "pert", 3, { NULL }, "," },  { "exponential", 1, { "mean" }, ", " }, { "lognormal", 2, { "median", "p95" }, ", " },
};

#define KIND_COUNT ((int) (sizeof(kinds) / sizeof(kinds[0])))

int
opres_distribution_parameters(OpresDistributionKind kind)
{
	return (int) kind >= 0 && (int) kind < KIND_COUNT ? kinds[kind].parameters : 0;
}

/* A label is a whole word, digits included: p95. */
static bool
scan_label(OpresScan *scan, const char *label)
{
	size_t end;

	opres_scan_blanks(scan);
	end = scan->at;
	while (end < scan->length && (opres_is_letter(scan->text[end]) || (end > scan->at && opres_is_digit(scan->text[end]))))
		end++;
	if (!opres_same_word(scan->text + scan->at, end - scan->at, label))
		return false;
	scan->at = end;
	return true;
}

static bool
missing_label(OpresScan *scan, OpresDistributionKind kind, int parameter)
{
	if (kind == OPRES_EXPONENTIAL)
		return opres_scan_fail(scan, scan->at, "\"mean\" and a duration are missing");
	return opres_scan_fail(scan, scan->at,
						   parameter == 0 ? "\"median\" and a duration are missing" : "\"p95\" and a duration are missing");
}

static size_t
find_separator(const OpresScan *scan)
{
	size_t at = scan->at;

	while (at < scan->length && scan->text[at] != ',' && scan->text[at] != ')')
		at++;
	return at;
}

static bool
scan_parameters(OpresScan *scan, OpresDistribution *distribution)
{
	const Kind *kind = &kinds[distribution->kind];

	if (!opres_scan_char(scan, '('))
		return opres_scan_fail(scan, scan->at, "an opening parenthesis is missing");
	for (int i = 0; i < kind->parameters; i++)
	{
		if (i > 0 && !opres_scan_char(scan, ','))
			return opres_scan_fail(scan, scan->at, "a comma and another duration are missing");
		if (kind->labels[i] != NULL && !scan_label(scan, kind->labels[i]))
			return missing_label(scan, distribution->kind, i);
		if (!opres_scan_duration(scan, find_separator(scan), &distribution->parameter[i]))
			return false;
	}
	if (!opres_scan_char(scan, ')'))
		return opres_scan_fail(scan, scan->at, "a closing parenthesis is missing after the last duration");
	if (!opres_scan_end(scan))
		return opres_scan_fail(scan, scan->at, "nothing can follow the closing parenthesis");
	return true;
}

bool
opres_distribution_scan(OpresScan *scan, OpresDistribution *distribution)
{
	const char *problem;
	size_t from;

	memset(distribution, 0, sizeof(*distribution));
	opres_scan_blanks(scan);
	from = scan->at;
	for (int kind = 0; kind < KIND_COUNT; kind++)
	{
		if (!opres_scan_word(scan, kinds[kind].name))
			continue;
		distribution->kind = (OpresDistributionKind) kind;
		if (!scan_parameters(scan, distribution))
			return false;
		problem = opres_distribution_problem(distribution);
		return problem == NULL || opres_scan_range(scan, from, problem);
	}
	return opres_scan_fail(scan, from, "a distribution is fixed, uniform, triangular, pert, exponential or lognormal");
}

const char *
opres_distribution_problem(const OpresDistribution *distribution)
{
	const OpresTime *p = distribution->parameter;
	int count = opres_distribution_parameters(distribution->kind);

	if (count == 0)
		return "there is no such distribution";
	for (int i = 0; i < MOST_PARAMETERS; i++)
	{
		if (p[i] < 0 || p[i] > OPRES_LONGEST_DURATION || (i >= count && p[i] != 0))
			return "a duration must be between 0 and 100 years (36500 days)";
	}
	switch (distribution->kind)
	{
		case OPRES_FIXED:
			return p[0] > 0 ? NULL : "a fixed duration must be longer than 0";
		case OPRES_UNIFORM:
			return p[0] < p[1] ? NULL : "the longest duration must be longer than the shortest";
		case OPRES_TRIANGULAR:
		case OPRES_PERT:
			if (p[1] < p[0] || p[1] > p[2])
				return "the most likely duration must lie between the shortest and the longest";
			return p[0] < p[2] ? NULL : "the longest duration must be longer than the shortest";
		case OPRES_EXPONENTIAL:
			return p[0] > 0 ? NULL : "the mean must be longer than 0";
		case OPRES_LOGNORMAL:
			if (p[0] == 0)
				return "the median must be longer than 0";
			return p[0] < p[1] ? NULL : "the 95 % quantile must be longer than the median";
	}
	return NULL;
}

int
opres_distribution_print(const OpresDistribution *distribution, char text[OPRES_DISTRIBUTION_TEXT])
{
	const Kind *kind = &kinds[distribution->kind];
	int length = snprintf(text, OPRES_DISTRIBUTION_TEXT, "%s(", kind->name);

	for (int i = 0; i < kind->parameters; i++)
	{
		char duration[OPRES_DURATION_TEXT];
		const char *label = kind->labels[i] == NULL ? "" : kind->labels[i];

		opres_duration_print(distribution->parameter[i], duration);
		length += snprintf(text + length, (size_t) (OPRES_DISTRIBUTION_TEXT - length), "%s%s%s%s", i > 0 ? kind->separator : "",
						   label, *label == '\0' ? "" : " ", duration);
	}
	length += snprintf(text + length, (size_t) (OPRES_DISTRIBUTION_TEXT - length), ")");
	return length;
}

int
opres_distribution_compare(const OpresDistribution *a, const OpresDistribution *b)
{
	if (a->kind != b->kind)
		return a->kind < b->kind ? -1 : 1;
	for (int i = 0; i < MOST_PARAMETERS; i++)
	{
		if (a->parameter[i] != b->parameter[i])
			return a->parameter[i] < b->parameter[i] ? -1 : 1;
	}
	return 0;
}

/* The shape of a lognormal: the standard deviation of the logarithm. */
static double
lognormal_sigma(const OpresTime *p)
{
	return log((double) p[1] / (double) p[0]) / opres_normal_quantile(0.95);
}

OpresTime
opres_distribution_mean(const OpresDistribution *distribution)
{
	const OpresTime *p = distribution->parameter;
	double sigma;
	double mean;

	/* Sums of whole numbers, rounded half up. */
	switch (distribution->kind)
	{
		case OPRES_FIXED:
		case OPRES_EXPONENTIAL:
			return p[0];
		case OPRES_UNIFORM:
			return (p[0] + p[1] + 1) / 2;
		case OPRES_TRIANGULAR:
			return (2 * (p[0] + p[1] + p[2]) + 3) / 6;
		case OPRES_PERT:
			return (p[0] + 4 * p[1] + p[2] + 3) / 6;
		case OPRES_LOGNORMAL:
			break;
	}
	sigma = lognormal_sigma(p);
	mean = (double) p[0] * exp(sigma * sigma / 2);
	return mean <= (double) OPRES_LONGEST_DURATION ? llround(mean) : OPRES_NEVER;
}

static double
triangular_quantile(const OpresTime *parameter, double p)
{
	double least = (double) parameter[0];
	double most = (double) parameter[2];
	double rise = (double) parameter[1] - least;
	double fall = most - (double) parameter[1];
	double width = most - least;

	if (p * width < rise)
		return least + sqrt(p * width * rise);
	return most - sqrt((1 - p) * width * fall);
}

/* A beta distribution between least and most whose mean weighs the most likely value four times. */
static double
pert_quantile(const OpresTime *parameter, double p)
{
	double least = (double) parameter[0];
	double width = (double) parameter[2] - least;
	double a = 1 + 4 * ((double) parameter[1] - least) / width;

	return least + width * opres_beta_quantile(p, a, 6 - a);
}

static double
exact_quantile(const OpresDistribution *distribution, double p)
{
	const OpresTime *parameter = distribution->parameter;
	double first = (double) parameter[0];

	switch (distribution->kind)
	{
		case OPRES_FIXED:
			break;
		case OPRES_UNIFORM:
			return first + p * ((double) parameter[1] - first);
		case OPRES_TRIANGULAR:
			return triangular_quantile(parameter, p);
		case OPRES_PERT:
			return pert_quantile(parameter, p);
		case OPRES_EXPONENTIAL:
			return -first * log1p(-p);
		case OPRES_LOGNORMAL:
			if (p <= 0)
				return 0;
			return p < 1 ? first * exp(lognormal_sigma(parameter) * opres_normal_quantile(p)) : INFINITY;
	}
	return first;
}

OpresTime
opres_distribution_quantile(const OpresDistribution *distribution, double p)
{
	double exact = exact_quantile(distribution, p);

	return exact < (double) OPRES_LONGEST_DURATION ? llround(exact) : OPRES_LONGEST_DURATION;
}
