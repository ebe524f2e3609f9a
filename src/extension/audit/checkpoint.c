/*
 * checkpoint.c - opres.audit_checkpoint: the size and root of the trail for a witness outside (src/engine/audit-format.md).
 *
 * What a witness has signed must never be gone after a crash or a failover. A commit can be seen some milliseconds before it is on
 * disk (append.c), and with synchronous_commit=off for longer; so a checkpoint of what can be seen waits until the write-ahead log
 * is flushed up to now, and has reached the synchronous standbys if there are any, whatever this session's synchronous_commit is.
 */
#include "audit/proof.h"

#include "access/xlog.h"
#include "access/xlog_internal.h"
#if PG_VERSION_NUM >= 150000
#include "access/xlogrecovery.h"
#endif
#include "common/base64.h"
#include "miscadmin.h"
#include "replication/syncrep.h"
#include "replication/walsender.h"
#include "replication/walsender_private.h"
#include "storage/lwlock.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/snapmgr.h"

OPRES_FUNCTION(opres_audit_checkpoint);

/*
 * The end of all of the write-ahead log there is. At the beginning of a page the insert position stands behind the page's header,
 * which is written with the next record only: flushing up to there would fail.
 */
static XLogRecPtr
log_end(void)
{
	XLogRecPtr end = GetXLogInsertRecPtr();

	if (XLogSegmentOffset(end, wal_segment_size) == SizeOfXLogLongPHD)
		end -= SizeOfXLogLongPHD;
	else if (end % XLOG_BLCKSZ == SizeOfXLogShortPHD)
		end -= SizeOfXLogShortPHD;
	return end;
}

static bool
standbys_reached(XLogRecPtr end)
{
	bool reached;

	LWLockAcquire(SyncRepLock, LW_SHARED);
	reached = WalSndCtl->lsn[SYNC_REP_WAIT_FLUSH] >= end;
	LWLockRelease(SyncRepLock);
	return reached;
}

/* Waits for the standbys to flush. Cancelled, that wait ends with a warning, as after a commit; here it is an error. */
static void
wait_for_standbys(XLogRecPtr end)
{
	int level;

	if (max_wal_senders == 0 || SyncRepStandbyNames == NULL || SyncRepStandbyNames[0] == '\0')
		return;
	/* The wait does nothing if the session's commits need not wait: so, for its length, they need to. */
	level = NewGUCNestLevel();
	(void) set_config_option("synchronous_commit", "on", PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
	HOLD_INTERRUPTS();
	SyncRepWaitForLSN(end, false);
	RESUME_INTERRUPTS();
	AtEOXact_GUC(true, level);
	CHECK_FOR_INTERRUPTS();
	if (!standbys_reached(end))
		ereport(ERROR, (errcode(ERRCODE_QUERY_CANCELED),
						errmsg("no checkpoint of the audit trail: the synchronous standbys have not confirmed it")));
}

/* Returns when all that this transaction can see is durable; the timeline it belongs to. */
static TimeLineID
make_durable(void)
{
	TimeLineID timeline;
	XLogRecPtr end;

	/* What is replayed was flushed, here and where it comes from. */
	if (RecoveryInProgress())
	{
		(void) GetXLogReplayRecPtr(&timeline);
		return timeline;
	}
	end = log_end();
	XLogFlush(end);
	wait_for_standbys(end);
	return OPRES_INSERTION_TIMELINE();
}

/* The root of the first entries, or of all; how many they are. */
static int64
tree_root(bool all, int64 entries, OpresHash *root)
{
	OpresTrail trail = opres_trail_open(AccessShareLock, GetActiveSnapshot());

	if (all)
		entries = opres_trail_last(&trail);
	else
		opres_require_entries(&trail, entries);
	opres_require_hashes(opres_tree_root((uint64_t) entries, opres_trail_subtree, &trail, root));
	opres_trail_close(&trail);
	return entries;
}

Datum
opres_audit_checkpoint(PG_FUNCTION_ARGS)
{
	bool all = PG_ARGISNULL(0);
	OpresHash root;
	int64 entries = tree_root(all, all ? 0 : PG_GETARG_INT64(0), &root);
	TimeLineID timeline;
	char encoded[64];
	int length;

	timeline = make_durable();
	/* (const void *): 18 takes another pointer than the versions before */
	length = pg_b64_encode((const void *) root.bytes, OPRES_HASH_BYTES, encoded, sizeof(encoded));
	if (length < 0)
		elog(ERROR, "the root does not fit");
	return PointerGetDatum(cstring_to_text(psprintf("opres/" UINT64_FORMAT "/%u/%u\n" INT64_FORMAT "\n%.*s\n",
													GetSystemIdentifier(), MyDatabaseId, timeline, entries, length, encoded)));
}
