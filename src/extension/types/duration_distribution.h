/*
 * duration_distribution.h - the type duration_distribution as other rooms read it. What it is: src/engine/distribution.h.
 */
#ifndef OPRES_DURATION_DISTRIBUTION_H
#define OPRES_DURATION_DISTRIBUTION_H

#include "common/compat.h"

#include "distribution.h"

extern void opres_distribution_read(Datum value, OpresDistribution *distribution);

#endif
