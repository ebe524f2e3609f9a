/*
 * zone.c - which names of time zones a cut-off may use (see zone.h).
 *
 * pg_tzset also takes POSIX rules, with almost any text as abbreviation. All of them contain digits, and no Area/City name does:
 * a name of letters that pg_tzset takes comes from the database. Case does not matter to it; the spelling it gives back does.
 */
#include "types/zone.h"

#include <ctype.h>

#include "scan.h"

static bool
is_name(const char *name)
{
	for (const char *c = name; *c != '\0'; c++)
	{
		if (!opres_is_letter(*c) && *c != '_' && *c != '-' && *c != '/')
			return false;
	}
	return strchr(name, '/') != NULL || pg_strcasecmp(name, "UTC") == 0;
}

const char *
opres_zone_name(const char *name)
{
	pg_tz *zone = is_name(name) ? pg_tzset(name) : NULL;
	const char *spelling;

	if (zone == NULL || !pg_tz_acceptable(zone))
		return NULL;
	spelling = pg_get_timezone_name(zone);
	/* posix/Asia/Tokyo and the like are folders of the database, not names in it. */
	return isupper((unsigned char) spelling[0]) ? spelling : NULL;
}
