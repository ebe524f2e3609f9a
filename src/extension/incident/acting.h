/*
 * acting.h - who acts, as a person, and which roles of the playbooks a person holds.
 */
#ifndef OPRES_ACTING_H
#define OPRES_ACTING_H

#include "common/compat.h"
#include "datatype/timestamp.h"

/*
 * The code of the person who acts: whose the first is that is somebody's of the login that was authenticated, the session's role
 * and the acting role (opres.person_login). '@' and the session's role if none is. Palloc'd. Asks for no privilege.
 */
extern char *opres_acting_person_code(void);

/* The roles a person held at a time, sorted, as a text[]; empty if none. Asks for no privilege. */
extern Datum opres_roles_of_person(const char *person, TimestampTz at);

#endif
