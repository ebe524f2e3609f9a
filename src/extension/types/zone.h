/*
 * zone.h - which names of time zones a cut-off may use.
 */
#ifndef OPRES_ZONE_H
#define OPRES_ZONE_H

#include "common/compat.h"
#include "pgtime.h"

/*
 * The name as the time zone database spells it (static text of the server's), NULL if it is none of its Area/City names or UTC.
 * Abbreviations (JST), POSIX rules (JST-9) and fixed offsets (Etc/GMT-9) are none: they hide that clocks may change.
 */
extern const char *opres_zone_name(const char *name);

#endif
