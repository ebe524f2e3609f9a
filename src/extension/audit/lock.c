/*
 * lock.c - a heavyweight lock on the table as an object, which nothing else ever locks (LOCK TABLE locks it as a relation), so
 * nobody without our functions can hold it, and the deadlock detector knows it.
 *
 * It belongs to the transaction's resource owner, so that a subtransaction's end does not let it go while rows are in flight.
 */
#include "audit/lock.h"

#include "catalog/pg_class.h"
#include "miscadmin.h"
#include "storage/lock.h"
#include "utils/resowner.h"

static LOCKTAG locked;

void
opres_audit_lock(Oid table)
{
	ResourceOwner before = CurrentResourceOwner;

	SET_LOCKTAG_OBJECT(locked, MyDatabaseId, RelationRelationId, table, 0);
	CurrentResourceOwner = TopTransactionResourceOwner;
	(void) LockAcquire(&locked, ExclusiveLock, false, false);
	CurrentResourceOwner = before;
}

void
opres_audit_unlock(void)
{
	ResourceOwner before = CurrentResourceOwner;

	CurrentResourceOwner = TopTransactionResourceOwner;
	(void) LockRelease(&locked, ExclusiveLock, false);
	CurrentResourceOwner = before;
}
