/*
 * distribution.h - how long something may take: distributions of durations, their text, mean and quantiles.
 *
 *   fixed(4h)  uniform(1h,8h)  triangular(1h,4h,24h)  pert(1h,4h,24h)  exponential(mean 6h)  lognormal(median 4h, p95 24h)
 */
#ifndef OPRES_DISTRIBUTION_H
#define OPRES_DISTRIBUTION_H

#include "scan.h"

typedef enum OpresDistributionKind
{
	OPRES_FIXED,
	OPRES_UNIFORM,    /* least, most */
	OPRES_TRIANGULAR, /* least, most likely, most */
	OPRES_PERT,       /* least, most likely, most */
	OPRES_EXPONENTIAL,
	OPRES_LOGNORMAL /* median, 95 % quantile */
} OpresDistributionKind;

/* Parameters in the order of the text, what is not used 0: so equal distributions are equal field by field. */
typedef struct OpresDistribution
{
	OpresDistributionKind kind;
	OpresTime parameter[3];
} OpresDistribution;

#define OPRES_DISTRIBUTION_TEXT 256 /* room for any printed distribution */

/* Reads all of the scan's text. */
bool opres_distribution_scan(OpresScan *scan, OpresDistribution *distribution);
/* How many parameters a kind has; 0 = there is no such kind. */
int opres_distribution_parameters(OpresDistributionKind kind);
/* NULL if the parameters make sense, else the rule broken. */
const char *opres_distribution_problem(const OpresDistribution *distribution);
int opres_distribution_print(const OpresDistribution *distribution, char text[OPRES_DISTRIBUTION_TEXT]);
/* A total order: by kind, then parameter by parameter. */
int opres_distribution_compare(const OpresDistribution *a, const OpresDistribution *b);

/* To the microsecond; NEVER if it is longer than the longest duration (a lognormal with a long tail). */
OpresTime opres_distribution_mean(const OpresDistribution *distribution);
/*
 * The duration that is not exceeded with probability p in [0, 1], to the microsecond and at most the longest duration. Never falls
 * as p grows, up to the rounding of floating point. Put uniform random p in, get random durations out.
 */
OpresTime opres_distribution_quantile(const OpresDistribution *distribution, double p);

#endif
