/*
 * text.h - how the types report text they cannot read: what, where, and with which errcode.
 */
#ifndef OPRES_TEXT_H
#define OPRES_TEXT_H

#include "common/compat.h"

#include "scan.h"

/* The place as a person counts: characters from 1. */
extern int opres_scan_character(const OpresScan *scan);

/* Returns from an input function with the scan's failure, as a soft error where the server has them (from 16). */
#define OPRES_TEXT_ERROR(fcinfo, scan, type)                                                                                       \
	OPRES_INPUT_ERROR(fcinfo,                                                                                                      \
					  (errcode((scan)->out_of_range ? ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE : ERRCODE_INVALID_TEXT_REPRESENTATION),   \
					   errmsg("invalid %s: \"%s\"", type, (scan)->text),                                                           \
					   errdetail("At character %d: %s.", opres_scan_character(scan), (scan)->message)))

#endif
