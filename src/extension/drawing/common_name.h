/*
 * common_name.h - what several names have in common: "Relay computer 1", "Relay computer 2" -> "Relay computer": "1", "2".
 */
#ifndef OPRES_DRAWING_COMMON_NAME_H
#define OPRES_DRAWING_COMMON_NAME_H

#include "common/compat.h"

#define OPRES_MOST_NAMES 64 /* count may be no larger */

#define OPRES_MOST_NAMES 64 /* count may be no larger */

/*
 * The beginning or, failing that, the end that all names share, at word boundaries and long enough to mean something; what is left
 * of each name goes to `rest` (a name that is nothing else stays whole). NULL if they share none; `rest` then holds the names.
 */
extern char *opres_common_name(const char *const *names, int count, const char **rest);

#endif
