/*
 * access.h - who sees an incident.
 */
#ifndef OPRES_INCIDENT_ACCESS_H
#define OPRES_INCIDENT_ACCESS_H

#include "common/compat.h"

/*
 * Whether there is an incident and the caller sees it: functions that run as their owner must ask, row-level security does not stop
 * them. Asks for no privilege.
 */
extern bool opres_may_see_incident(int64 incident);

/* An error, the same for an incident that is not there and for one that is not to be seen. */
extern void opres_require_incident(int64 incident);

#endif
