/*
 * duration.h - the grammar of durations (outage-semantics, "Tolerances"): 1w 2d 3h 4min 5s 6ms 7us, hh:mm:ss, ISO 8601.
 */
#ifndef OPRES_DURATION_H
#define OPRES_DURATION_H

#include "base.h"

#define OPRES_LONGEST_DURATION ((OpresTime) 100 * 365 * 86400 * 1000000) /* "100 years" of 365 days */
#define OPRES_DURATION_TEXT 64                                           /* room for any printed duration */

/* Parses length bytes at text. On failure returns false and *message (static text, a fact, lower case) and *position (byte offset).
 */
bool opres_duration_parse(const char *text, size_t length, OpresTime *value, const char **message, size_t *position);
/* Canonical text: "0", "2h", "1d 2h 30min"; units d h min s ms us; reads back as the same value. Returns its length. */
int opres_duration_print(OpresTime value, char text[OPRES_DURATION_TEXT]);

#endif
