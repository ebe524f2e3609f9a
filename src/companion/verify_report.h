/*
 * verify_report.h - what `opres verify` says about a trail, on stdout.
 */
#ifndef OPRES_VERIFY_REPORT_H
#define OPRES_VERIFY_REPORT_H

#include "companion.h"
#include "kept.h"
#include "trail_check.h"

/* complete: all rows were read. lines: their numbers are those of a dump's lines. False if libcrypto refuses. */
typedef struct OpresVerdict
{
	const OpresTrailCheck *check;
	const OpresKept *kept;
	bool complete, lines, require_anchor;
} OpresVerdict;

/* The first line begins with "intact", "broken" or "unanchored", in any language; the status says the same. */
OpresExit opres_verify_report(const OpresVerdict *verdict);

#endif
