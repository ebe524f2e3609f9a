/*
 * append.h - adding to the audit trail, from C. From SQL: opres.audit_append, for our own functions alone.
 */
#ifndef OPRES_APPEND_H
#define OPRES_APPEND_H

#include "common/compat.h"

/* The action that records an erasure; its subject is "entry N". */
#define OPRES_ACTION_ERASE "audit.erase"

/* Who acts. login: who was authenticated ("" in a background worker); session_role: session_user; acting_role: SET ROLE. */
typedef struct OpresActor
{
	NameData login;
	NameData session_role;
	NameData acting_role;
} OpresActor;

/* The actor now, SECURITY DEFINER functions looked through. */
extern OpresActor opres_actor(void);

/*
 * An entry of this (sub)transaction: written at its commit, in the order of the calls; gone if it rolls back. subject, reason and
 * content may be NULL. Texts are copied. Errors: a read-only transaction, a standby, an entry of 64 KiB or more. May be called by a
 * pre-commit callback that runs before ours (registered after opres_audit_init).
 */
extern void opres_audit_append(const OpresActor *actor, const char *action, const char *subject, const char *reason,
							   const char *content);

/*
 * The reason for an act: the argument, else the setting opres.reason, blanks at the ends cut off; NULL if there is none. With
 * `act` not NULL a missing reason is an error that names the act ("approving a revision").
 */
extern char *opres_reason(const char *given, const char *act);

/* Once, when the library is loaded, before anything that appends registers a transaction callback (the last one is called first).
 */
extern void opres_audit_init(void);

#endif
