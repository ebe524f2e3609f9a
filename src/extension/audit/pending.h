/*
 * pending.h - entries of this transaction that wait for its commit, in the order of the acts. What a subtransaction queued goes
 * when it is rolled back.
 */
#ifndef OPRES_PENDING_H
#define OPRES_PENDING_H

#include "audit/append.h"
#include "audit_entry.h"

typedef struct OpresPending
{
	OpresActor actor;
	OpresField action, subject, reason, content; /* ended by zeros */
} OpresPending;

extern void opres_pending_add(const OpresActor *actor, const char *action, const char *subject, const char *reason,
							  const char *content);
extern int64 opres_pending_count(void);
extern const OpresPending *opres_pending_get(int64 position);
/* Forgets all; their memory goes with the transaction. */
extern void opres_pending_clear(void);

extern void opres_pending_subcommit(SubTransactionId mine, SubTransactionId parent);
extern void opres_pending_subabort(SubTransactionId mine);

/* Whether this transaction has queued the erasure of an entry; of any entry for 0. */
extern bool opres_pending_erasure(int64 number);

#endif
