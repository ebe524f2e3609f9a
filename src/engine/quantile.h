/*
 * quantile.h - inverse distribution functions that the C library does not have.
 */
#ifndef OPRES_QUANTILE_H
#define OPRES_QUANTILE_H

/* Standard normal; p in (0, 1). Relative accuracy about 1e-15. */
double opres_normal_quantile(double p);
/* Beta with shapes a and b, both at least 1 and not above 100; p in [0, 1]. Accuracy about 1e-15 of the way from 0 to 1. */
double opres_beta_quantile(double p, double a, double b);

#endif
