/*
 * lock.c - a heavyweight lock on the table as an object, which nothing else ever locks (LOCK TABLE locks it as a relation), so
 * nobody without our functions can hold it, and the deadlock detector knows it.
 *
 * It belongs to the transaction's resource owner, so that a subtransaction's end does not let it go while rows are in flight.
 *
 * A heavyweight lock is handed to whoever waits first, and stands idle until that process has woken up: under load that costs as
 * much as the commit itself. Committers therefore do not wait for it, they try: at once, and again when whoever gave it away
 * wakes one of them by a condition variable in shared memory; meanwhile one that runs already may take it. Who has had no luck for
 * deadlock_timeout waits in the ordinary way, in line and known to the deadlock detector. So the variable makes things faster,
 * never right: a wake-up that is lost, or no shared memory left for the variable, costs time only.
 */
#include "audit/lock.h"

#include "catalog/pg_class.h"
#include "catalog/pg_database.h"
#include "miscadmin.h"
#include "storage/condition_variable.h"
#include "storage/lock.h"
#include "storage/lwlock.h"
#include "storage/proc.h"
#include "storage/shmem.h"
#include "utils/memutils.h"
#include "utils/resowner.h"
#include "utils/timestamp.h"
#include "utils/wait_event.h"

/* Databases that share a variable wake each other in vain, no more. */
#define LINES 16
/* The lock is given back without a word when its transaction aborts or was a restore: one looks again after so many milliseconds.
 */
#define PATIENCE 10

static LOCKTAG locked;
static ConditionVariable *lines; /* in shared memory */

/* The library need not be preloaded, so this takes a little of what the server keeps in reserve. */
static void
find_lines(void)
{
	MemoryContext before = CurrentMemoryContext;
	bool found;

	LWLockAcquire(AddinShmemInitLock, LW_EXCLUSIVE);
	PG_TRY();
	{
		lines = ShmemInitStruct("opres audit", LINES * sizeof(ConditionVariable), &found);
		for (int i = 0; i < LINES && !found; i++)
			ConditionVariableInit(&lines[i]);
	}
	PG_CATCH();
	{
		MemoryContextSwitchTo(before);
		FlushErrorState();
		HOLD_INTERRUPTS(); /* an error lets go of interrupts, not of the LWLock that held them */
	}
	PG_END_TRY();
	LWLockRelease(AddinShmemInitLock);
}

static bool
try_lock(void)
{
	return LockAcquire(&locked, ExclusiveLock, false, true) != LOCKACQUIRE_NOT_AVAIL;
}

/* Tries until patience is at its end: lock_timeout's, if it is shorter. */
static bool
keep_trying(ConditionVariable *line)
{
	TimestampTz began = GetCurrentTimestamp();
	int patience = LockTimeout > 0 ? Min(LockTimeout, DeadlockTimeout) : DeadlockTimeout;
	bool mine;

	ConditionVariablePrepareToSleep(line);
	while (!(mine = try_lock()) && !TimestampDifferenceExceeds(began, GetCurrentTimestamp(), patience))
		(void) ConditionVariableTimedSleep(line, PATIENCE, PG_WAIT_EXTENSION);
	ConditionVariableCancelSleep();
	return mine;
}

static void
take(Oid table, bool committing)
{
	ResourceOwner before = CurrentResourceOwner;

	SET_LOCKTAG_OBJECT(locked, MyDatabaseId, RelationRelationId, table, 0);
	if (committing && lines == NULL)
		find_lines();
	CurrentResourceOwner = TopTransactionResourceOwner;
	if (!committing || lines == NULL || !(try_lock() || keep_trying(&lines[MyDatabaseId % LINES])))
		(void) LockAcquire(&locked, ExclusiveLock, false, false);
	CurrentResourceOwner = before;
}

void
opres_audit_lock(Oid table)
{
	take(table, false);
}

void
opres_audit_lock_to_commit(Oid table)
{
	take(table, true);
}

/*
 * The lock of the queue of notifications, which every commit with a NOTIFY in this cluster waits for. PostgreSQL keeps it until
 * after the flush; but it is there for the order of the commits alone, and ours is done. Without this, commits that tell somebody
 * something would be flushed one by one.
 */
static void
let_others_notify(void)
{
	LOCKTAG queue;

	SET_LOCKTAG_OBJECT(queue, InvalidOid, DatabaseRelationId, InvalidOid, 0);
	if (OPRES_LOCK_HELD_BY_ME(&queue, AccessExclusiveLock))
		(void) LockRelease(&queue, AccessExclusiveLock, false);
}

void
opres_audit_unlock(void)
{
	ResourceOwner before = CurrentResourceOwner;

	CurrentResourceOwner = TopTransactionResourceOwner;
	let_others_notify(); /* first: who gets ours needs it next */
	(void) LockRelease(&locked, ExclusiveLock, false);
	CurrentResourceOwner = before;
	if (lines != NULL)
		ConditionVariableSignal(&lines[MyDatabaseId % LINES]);
}
