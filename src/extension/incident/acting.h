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

/* The login that was authenticated, or the session's role where none was; through what a person speaks, if one does. Palloc'd. */
extern char *opres_acting_login_name(void);

/* Whether the login that was authenticated is somebody's, rather than one that acts for many. */
extern bool opres_login_is_somebodys(void);

/*
 * From now on a person acts who has made herself known otherwise than by logging in (a signed webhook): she is the acting person,
 * and `through` ("webhook chat") is recorded as the login. Ended by NULL, by the end of the transaction and by the rollback of the
 * subtransaction it was said in. The caller has made sure that it is she.
 */
extern void opres_speak_as(const char *person, const char *through);

/* The roles a person held at a time, sorted, as a text[]; empty if none. Asks for no privilege. */
extern Datum opres_roles_of_person(const char *person, TimestampTz at);

#endif
