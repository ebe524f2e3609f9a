/*
 * append.c - entries are written at commit.
 *
 * The story of an entry:
 *
 *   act          opres_audit_append queues it (pending.c). No lock is taken: a session that appends and idles holds nobody up.
 *   pre-commit   Everything is made ready that needs no order: content hashes, the transaction's number, the open table. Then the
 * lock: one for the trail, held by whoever is about to commit. Under it the tail is read, the entries are numbered, linked, stamped
 * with the time and inserted through the table and index access methods. Triggers do not fire: those on the table are for everybody
 * else. commit       PostgreSQL writes the commit record; others see the rows; then our callback gives the lock away, and flushes.
 *
 * So the order of the entries is the order of the commits. Commits of transactions with entries are serial up to the commit record,
 * but not through the flush: who comes next waits for the lock only, and one flush serves many (group commit). To that end the
 * commit itself is told to be asynchronous, and we do afterwards what it would have done: flush, and wait for synchronous standbys,
 * before the client hears that it has committed. In the WAL the entry before is always before, so no crash leaves a gap; an
 * acknowledged entry is flushed, whatever synchronous_commit says. What others may see for some milliseconds is a commit that a
 * crash would undo; so whatever answers for the trail to the outside (audit_checkpoint) flushes first.
 *
 * The tail is read with SnapshotSelf: what is committed now, and our own. Nobody else's row can be in flight, since rows are
 * inserted under the lock (the guard of the table takes it too), which is held until the row's transaction has committed or
 * aborted. An MVCC snapshot, of a REPEATABLE READ transaction say, would be too old.
 *
 * `commit` is static and valid for one transaction; callbacks reset it.
 */
#include "audit/append.h"

#include "access/table.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "access/xlog.h"
#include "audit/lock.h"
#include "audit/pending.h"
#include "audit/trail.h"
#include "catalog/pg_class.h"
#include "executor/executor.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "replication/syncrep.h"
#include "storage/lmgr.h"
#include "tcop/utility.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/resowner.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"

/* Who stands in the middle of a pre-commit, and what has to be put back. */
static struct
{
	bool closed;            /* what is appended now would not be written: our callback has been */
	bool written;           /* entries are in the table, the commit record is not written */
	int synchronous_commit; /* the session's, while `written` */
} commit;

/* What writing needs, from before the lock until after. */
typedef struct Writer
{
	OpresTrail trail;
	EState *estate;
	ResultRelInfo *relation;
	TupleTableSlot *row;
	MemoryContext memory; /* of one entry */
	int64 last;           /* number of the last entry ... */
	OpresHash leaf;       /* ... and its leaf hash */
	OpresHash peak[OPRES_TREE_LEVELS];
	bool known[OPRES_TREE_LEVELS]; /* the latest perfect subtree of a level that waits for its right sibling */
} Writer;

/* What of an entry can be made ready before the lock. */
typedef struct Draft
{
	uint8 salt[OPRES_SALT_BYTES];
	OpresHash content_hash;
} Draft;

/*
 * A setting that came with the connection, and a role's name that was given in a database of another encoding, may be bytes that
 * are no text here. A dump with them could not be restored.
 */
static void
require_text(const char *value)
{
	if (value != NULL)
		(void) pg_verifymbstr(value, (int) strlen(value), false);
}

static void
require_texts(const OpresActor *actor, const char *action, const char *subject, const char *reason, const char *content)
{
	require_text(NameStr(actor->login));
	require_text(NameStr(actor->session_role));
	require_text(NameStr(actor->acting_role));
	require_text(action);
	require_text(subject);
	require_text(reason);
	require_text(content);
}

void
opres_audit_append(const OpresActor *actor, const char *action, const char *subject, const char *reason, const char *content)
{
	OpresAuditEntry entry = { .number = 1 };
	OpresHash some = { { 0 } };
	Size size;

	PreventCommandIfReadOnly("an append to the audit trail");
	PreventCommandDuringRecovery("an append to the audit trail");
	PreventCommandIfParallelMode("an append to the audit trail");
	if (commit.closed)
		ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
						errmsg("the audit trail's entries of this transaction are written already")));
	require_texts(actor, action, subject, reason, content);
	entry.previous = &some;
	/* Names, as long as they can be: no character takes more than three times its bytes in UTF-8. */
	entry.login = (OpresField){ NULL, 3 * NAMEDATALEN };
	entry.session_role = entry.acting_role = entry.login;
	entry.action = opres_utf8((OpresField){ action, (int32) strlen(action) });
	entry.subject = opres_utf8((OpresField){ subject, subject != NULL ? (int32) strlen(subject) : -1 });
	size = opres_entry_size(&entry);
	if (size >= OPRES_ENTRY_LIMIT)
		ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED), errmsg("entry of the audit trail is too long"),
						errdetail("Action and subject take %zu bytes; an entry is shorter than 64 KiB with all it has.",
								  strlen(action) + (subject != NULL ? strlen(subject) : 0)),
						errhint("Long texts belong in the content.")));
	opres_pending_add(actor, action, subject, reason, content);
}

static void
no_hash(void)
{
	ereport(ERROR, (errcode(ERRCODE_INTERNAL_ERROR), errmsg("libcrypto could not compute a SHA-256")));
}

/* Random bytes are dear in small portions: taken for many entries at once, each wiped when it is used. */
static void
make_salt(uint8 *salt)
{
	static uint8 ready[64][OPRES_SALT_BYTES];
	static int left;

	if (left == 0)
	{
		if (!pg_strong_random(ready, sizeof(ready)))
			ereport(ERROR, (errcode(ERRCODE_INTERNAL_ERROR), errmsg("could not get random bytes for the audit trail")));
		left = lengthof(ready);
	}
	memcpy(salt, ready[--left], OPRES_SALT_BYTES);
	memset(ready[left], 0, OPRES_SALT_BYTES);
}

static Draft *
draft_entries(int64 count)
{
	Draft *drafts = MemoryContextAllocHuge(CurrentMemoryContext, count * sizeof(Draft));

	for (int64 i = 0; i < count; i++)
	{
		const OpresPending *pending = opres_pending_get(i);

		CHECK_FOR_INTERRUPTS();
		make_salt(drafts[i].salt);
		if (!opres_content_hash(drafts[i].salt, opres_utf8(pending->reason), opres_utf8(pending->content), &drafts[i].content_hash))
			no_hash();
	}
	return drafts;
}

static void
writer_open(Writer *writer)
{
	memset(writer->known, 0, sizeof(writer->known));
	writer->trail = opres_trail_open(RowExclusiveLock, SnapshotSelf);
	writer->estate = CreateExecutorState();
	writer->relation = makeNode(ResultRelInfo);
	InitResultRelInfo(writer->relation, writer->trail.table, 1, NULL, 0);
	ExecOpenIndices(writer->relation, false);
	writer->row = table_slot_create(writer->trail.table, NULL);
	writer->memory = AllocSetContextCreate(CurrentMemoryContext, "opres audit entry", ALLOCSET_DEFAULT_SIZES);
}

static void
writer_close(Writer *writer)
{
	ExecDropSingleTupleTableSlot(writer->row);
	ExecCloseIndices(writer->relation);
	FreeExecutorState(writer->estate);
	opres_trail_close(&writer->trail);
	MemoryContextDelete(writer->memory);
}

/* What the last row tells about the subtrees that end with it: the largest waits for its right sibling. */
static void
know_tail(Writer *writer)
{
	bool isnull;
	Datum value = slot_getattr(writer->trail.slot, OPRES_TRAIL_SUBTREES, &isnull);
	bytea *subtrees = isnull ? NULL : DatumGetByteaPP(value);
	Size level = isnull ? 0 : VARSIZE_ANY_EXHDR(subtrees) / OPRES_HASH_BYTES;

	/* Another number of them is damage, which is found, and reported, where a subtree is looked up. */
	if (level >= OPRES_TREE_LEVELS || writer->last % (INT64CONST(1) << level) != 0 || (writer->last >> level) % 2 == 0)
		return;
	writer->known[level] = true;
	if (level == 0)
		writer->peak[0] = writer->leaf;
	else
		memcpy(&writer->peak[level], VARDATA_ANY(subtrees) + (level - 1) * OPRES_HASH_BYTES, OPRES_HASH_BYTES);
}

static void
read_tail(Writer *writer)
{
	writer->last = opres_trail_last(&writer->trail);
	if (writer->last > 0 && !opres_trail_hash(&writer->trail, OPRES_TRAIL_LEAF_HASH, &writer->leaf))
		ereport(ERROR,
				(errcode(ERRCODE_DATA_CORRUPTED), errmsg("entry %lld of the audit trail is damaged", (long long) writer->last)));
	if (writer->last > 0)
		know_tail(writer);
	if (writer->last == PG_INT64_MAX)
		ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED), errmsg("the audit trail is full")));
}

/* The roots of the perfect subtrees that end with a leaf, smallest first. */
static bytea *
finish_subtrees(Writer *writer, uint64 index, const OpresHash *leaf)
{
	OpresHash roots[OPRES_TREE_LEVELS];
	OpresHash node = *leaf;
	int level = 0;
	bytea *subtrees;

	for (; (index >> level) & 1; level++)
	{
		if (!writer->known[level] && !opres_trail_subtree(&writer->trail, level, (index >> level) - 1, &writer->peak[level]))
			ereport(ERROR, (errcode(ERRCODE_DATA_CORRUPTED),
							errmsg("entry %lld of the audit trail is missing or damaged", (long long) ((index >> level) << level)),
							errhint("SELECT * FROM opres.verify_audit() tells what else is.")));
		if (!opres_node_hash(&writer->peak[level], &node, &node))
			no_hash();
		writer->known[level] = false;
		roots[level] = node;
	}
	writer->peak[level] = node;
	writer->known[level] = true;
	if (level == 0)
		return NULL;
	subtrees = palloc(VARHDRSZ + level * OPRES_HASH_BYTES);
	SET_VARSIZE(subtrees, VARHDRSZ + level * OPRES_HASH_BYTES);
	memcpy(VARDATA(subtrees), roots, level * OPRES_HASH_BYTES);
	return subtrees;
}

static Datum
bytes_datum(const void *bytes, Size size)
{
	bytea *value = palloc(VARHDRSZ + size);

	SET_VARSIZE(value, VARHDRSZ + size);
	memcpy(VARDATA(value), bytes, size);
	return PointerGetDatum(value);
}

static void
set_field(TupleTableSlot *row, int column, OpresField field)
{
	row->tts_isnull[column - 1] = field.length < 0;
	if (field.length >= 0)
		row->tts_values[column - 1] = PointerGetDatum(cstring_to_text_with_len(field.bytes, field.length));
}

static void
set_bytes(TupleTableSlot *row, int column, const void *bytes, Size size)
{
	row->tts_isnull[column - 1] = bytes == NULL;
	if (bytes != NULL)
		row->tts_values[column - 1] = bytes_datum(bytes, size);
}

static OpresField
name_field(const NameData *name)
{
	int length = (int) strlen(NameStr(*name));

	return (OpresField){ NameStr(*name), length > 0 ? length : -1 };
}

static void
fill_row(TupleTableSlot *row, const OpresAuditEntry *entry, const OpresPending *pending, const Draft *draft, TimestampTz now)
{
	row->tts_values[OPRES_TRAIL_ENTRY - 1] = Int64GetDatum(entry->number);
	row->tts_values[OPRES_TRAIL_AT - 1] = TimestampTzGetDatum(now);
	row->tts_isnull[OPRES_TRAIL_ENTRY - 1] = row->tts_isnull[OPRES_TRAIL_AT - 1] = false;
	set_bytes(row, OPRES_TRAIL_PREVIOUS_HASH, entry->previous, OPRES_HASH_BYTES);
	set_field(row, OPRES_TRAIL_LOGIN, entry->login);
	set_field(row, OPRES_TRAIL_SESSION_ROLE, entry->session_role);
	set_field(row, OPRES_TRAIL_ACTING_ROLE, entry->acting_role);
	set_field(row, OPRES_TRAIL_ACTION, entry->action);
	set_field(row, OPRES_TRAIL_SUBJECT, entry->subject);
	set_bytes(row, OPRES_TRAIL_CONTENT_HASH, &entry->content_hash, OPRES_HASH_BYTES);
	set_bytes(row, OPRES_TRAIL_SALT, draft->salt, OPRES_SALT_BYTES);
	set_field(row, OPRES_TRAIL_REASON, pending->reason);
	set_field(row, OPRES_TRAIL_CONTENT, pending->content);
}

/* Of an entry as it stands in the row. */
static bool
hash_entry(OpresAuditEntry entry, OpresHash *leaf)
{
	entry.login = opres_utf8(entry.login);
	entry.session_role = opres_utf8(entry.session_role);
	entry.acting_role = opres_utf8(entry.acting_role);
	entry.action = opres_utf8(entry.action);
	entry.subject = opres_utf8(entry.subject);
	return opres_entry_leaf(&entry, leaf);
}

static void
write_entry(Writer *writer, const OpresPending *pending, const Draft *draft)
{
	TimestampTz now = GetCurrentTimestamp();
	TupleTableSlot *row = writer->row;
	OpresHash leaf;
	bytea *subtrees;
	OpresAuditEntry entry = { .number = writer->last + 1,
							  .previous = writer->last > 0 ? &writer->leaf : NULL,
							  .at = opres_unix_time(now),
							  .content_hash = draft->content_hash,
							  .login = name_field(&pending->actor.login),
							  .session_role = name_field(&pending->actor.session_role),
							  .acting_role = name_field(&pending->actor.acting_role),
							  .action = pending->action,
							  .subject = pending->subject };

	if (!hash_entry(entry, &leaf))
		no_hash();
	ExecClearTuple(row);
	fill_row(row, &entry, pending, draft, now);
	set_bytes(row, OPRES_TRAIL_LEAF_HASH, &leaf, OPRES_HASH_BYTES);
	subtrees = finish_subtrees(writer, (uint64) writer->last, &leaf);
	row->tts_isnull[OPRES_TRAIL_SUBTREES - 1] = subtrees == NULL;
	row->tts_values[OPRES_TRAIL_SUBTREES - 1] = PointerGetDatum(subtrees);
	ExecStoreVirtualTuple(row);

	table_tuple_insert(writer->trail.table, row, GetCurrentCommandId(true), 0, NULL);
	OPRES_INSERT_INDEX_TUPLES(writer->relation, row, writer->estate);
	writer->last++;
	writer->leaf = leaf;
}

/* From here to the commit record the lock is held: only what needs the order. */
static void
write_entries(Writer *writer, const Draft *drafts, int64 count)
{
	MemoryContext before = MemoryContextSwitchTo(writer->memory);

	opres_audit_lock_to_commit(RelationGetRelid(writer->trail.table));
	read_tail(writer);
	for (int64 i = 0; i < count; i++)
	{
		CHECK_FOR_INTERRUPTS();
		write_entry(writer, opres_pending_get(i), &drafts[i]);
		MemoryContextReset(writer->memory);
		ResetPerTupleExprContext(writer->estate);
	}
	MemoryContextSwitchTo(before);
}

static void
before_commit(void)
{
	int64 count = opres_pending_count();
	MemoryContext memory, before;
	Writer writer;

	commit.closed = true;
	if (count == 0)
		return;
	memory = AllocSetContextCreate(TopTransactionContext, "opres audit writing", ALLOCSET_DEFAULT_SIZES);
	before = MemoryContextSwitchTo(memory);
	/* An index somebody added may want a snapshot for its expression; the transaction's number must not wait for the lock. */
	PushActiveSnapshot(GetTransactionSnapshot());
	(void) GetCurrentTransactionId();
	writer_open(&writer);
	write_entries(&writer, draft_entries(count), count);
	writer_close(&writer);
	PopActiveSnapshot();
	MemoryContextSwitchTo(before);
	MemoryContextDelete(memory);

	commit.written = true;
	commit.synchronous_commit = synchronous_commit;
	synchronous_commit = SYNCHRONOUS_COMMIT_OFF;
}

/* The wait for standbys that flush, whatever the session asked for; one that asked for more gets more. */
static void
wait_for_standbys(int asked)
{
	int least = Max(asked, SYNCHRONOUS_COMMIT_REMOTE_FLUSH);

	synchronous_commit = least;
	assign_synchronous_commit(least, NULL);
	SyncRepWaitForLSN(XactLastCommitEnd, true);
	synchronous_commit = asked;
	assign_synchronous_commit(asked, NULL);
}

/* Between the commit record and the answer to the client. Interrupts are held; nothing here may fail. */
static void
after_commit(void)
{
	if (!commit.written)
		return;
	commit.written = false;
	opres_audit_unlock();
	XLogFlush(XactLastCommitEnd);
	wait_for_standbys(commit.synchronous_commit);
}

static void
after_abort(void)
{
	if (commit.written)
		synchronous_commit = commit.synchronous_commit;
	commit.closed = commit.written = false;
}

static void
at_transaction_event(XactEvent event, void *arg)
{
	switch (event)
	{
		case XACT_EVENT_PRE_COMMIT:
			before_commit();
			break;
		case XACT_EVENT_PRE_PREPARE:
			if (opres_pending_count() > 0)
				ereport(ERROR,
						(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
						 errmsg("cannot PREPARE a transaction that adds to the audit trail"),
						 errdetail("Entries are ordered when the transaction commits, and a prepared one commits elsewhere.")));
			break;
		case XACT_EVENT_COMMIT:
			after_commit();
			commit.closed = false;
			opres_pending_clear();
			break;
		case XACT_EVENT_ABORT:
			after_abort();
			opres_pending_clear();
			break;
		default:
			break;
	}
}

static void
at_subtransaction_event(SubXactEvent event, SubTransactionId mine, SubTransactionId parent, void *arg)
{
	if (event == SUBXACT_EVENT_COMMIT_SUB)
		opres_pending_subcommit(mine, parent);
	else if (event == SUBXACT_EVENT_ABORT_SUB)
		opres_pending_subabort(mine);
}

static char *
text_argument(FunctionCallInfo fcinfo, int argument)
{
	return PG_ARGISNULL(argument) ? NULL : text_to_cstring(PG_GETARG_TEXT_PP(argument));
}

OPRES_FUNCTION(opres_audit_append_sql);
Datum
opres_audit_append_sql(PG_FUNCTION_ARGS)
{
	OpresActor actor = opres_actor();
	char *action = text_argument(fcinfo, 0);

	if (action == NULL || *action == '\0')
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("an entry of the audit trail needs an action")));
	opres_audit_append(&actor, action, text_argument(fcinfo, 1), text_argument(fcinfo, 2), text_argument(fcinfo, 3));
	PG_RETURN_VOID();
}

void
opres_audit_init(void)
{
	RegisterXactCallback(at_transaction_event, NULL);
	RegisterSubXactCallback(at_subtransaction_event, NULL);
}
