/*
 * lock.h - the lock that orders the audit trail: whoever adds a row holds it until the row's transaction has ended.
 */
#ifndef OPRES_AUDIT_LOCK_H
#define OPRES_AUDIT_LOCK_H

#include "common/compat.h"

/* Waits for it; lock_timeout and cancel apply. Held to the end of the transaction, unless given away. */
extern void opres_audit_lock(Oid table);
/* The same for a transaction that is about to commit and to give it away: many of these in turn lose less time. */
extern void opres_audit_lock_to_commit(Oid table);
/* Gives away what the last of these of this transaction took. In the COMMIT callback only: the rows are committed then. */
extern void opres_audit_unlock(void);

#endif
