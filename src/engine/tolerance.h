/*
 * tolerance.h - impact tolerances (outage-semantics, "Tolerances"): what a tolerance is, its text, its order.
 *
 *   100% within 2h
 *   100% by 15:30 Asia/Tokyo [on Mon-Fri | on calendar jp-bank] [except calendar jp-month-end]
 *   data loss 15min
 *   4h in total per 365d below 100%
 *
 * Zone names are taken as they stand: only the server knows the time zones. Strings belong to whoever filled the tolerance.
 */
#ifndef OPRES_TOLERANCE_H
#define OPRES_TOLERANCE_H

#include "scan.h"

typedef enum OpresToleranceForm
{
	OPRES_WITHIN,
	OPRES_BY,
	OPRES_DATA_LOSS,
	OPRES_TOTAL
} OpresToleranceForm;

#define OPRES_EVERY_DAY 0x7f
#define OPRES_DAY_MICROSECONDS ((OpresTime) 86400 * 1000000)

/* What a form does not use holds the value said here, so that equal tolerances are equal field by field. */
typedef struct OpresTolerance
{
	OpresToleranceForm form;
	double level;                /* in (0, 1]; 1 for a data loss */
	OpresTime limit;             /* longest disruption, data loss or total; 0 for BY */
	OpresTime window;            /* TOTAL, else 0 */
	OpresTime time_of_day;       /* BY: microseconds after local midnight, up to 24:00, whole seconds; else 0 */
	uint8_t weekdays;            /* BY: bit 0 = Monday ... bit 6 = Sunday, EVERY_DAY if none are given; else 0 */
	const char *zone;            /* BY: IANA name; else NULL */
	const char *calendar;        /* BY: on these dates only; NULL = no such condition */
	const char *except_calendar; /* BY: not on these dates; NULL = no such condition */
} OpresTolerance;

#define OPRES_LONGEST_ZONE 100     /* bytes */
#define OPRES_LONGEST_CALENDAR 200 /* bytes, as of any code in the map */
#define OPRES_TOLERANCE_NAMES (OPRES_LONGEST_ZONE + 2 * OPRES_LONGEST_CALENDAR + 3)
#define OPRES_TOLERANCE_TEXT 1200 /* room for any printed tolerance */

/* Reads all of the scan's text; zone and calendars come to lie in `names`. */
bool opres_tolerance_scan(OpresScan *scan, OpresTolerance *tolerance, char names[OPRES_TOLERANCE_NAMES]);
/* NULL if every field keeps the rules above, else the first rule broken. */
const char *opres_tolerance_problem(const OpresTolerance *tolerance);
/* Canonical text: reads back as an equal tolerance. Returns its length. */
int opres_tolerance_print(const OpresTolerance *tolerance, char text[OPRES_TOLERANCE_TEXT]);
/* A total order: by form, level, limit, window, time of day, zone, days, calendars. */
int opres_tolerance_compare(const OpresTolerance *a, const OpresTolerance *b);

#endif
