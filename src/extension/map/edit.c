/*
 * edit.c - the triggers that make revisions of a map edited by plain SQL, and what this backend remembers of its transaction.
 *
 * The story of a statement:
 *
 *   edit_begin   before an UPDATE or DELETE statement: takes the editors' lock, before any row is locked. So editors wait for one
 *                another at one place only and cannot deadlock. (INSERT locks nothing before its row trigger takes that lock. A
 *                restore inserts from many sessions and must not wait.)
 *   edit_row     before each row. A row that arrives with its since_revision is restored from a dump, or replicated: no edit; other
 *                sessions are told to let go of compiled maps (a relcache invalidation of map_head), because the head's stamp does
 *                not change with it. Otherwise the row gets the number of the revision; an UPDATE that changes nothing is dropped.
 *   keep_..      after an UPDATE or DELETE statement: rows of earlier revisions go to the history (edit.sql).
 *   edit_settle  after each statement: sees that the head is written and the check queued.
 *   edit_check   a constraint trigger on map_head, deferred to the end of the transaction: checks the map, once.
 *
 * A transaction makes one revision: it takes the number under the lock and writes the head once. UPDATE and DELETE write it before
 * the row. INSERT ... ON CONFLICT calls its row triggers before it knows whether it will insert, so for INSERT the head waits until
 * edit_settle has seen a row of that revision: an upsert that changes nothing makes no revision. Both the number and the writing
 * can be undone by a rollback to a savepoint; for each we remember the subtransaction in which it happened, as the relation cache
 * does.
 *
 * At the end the revision enters the audit trail (audit.sql): who wrote the head and why, as it was when the head was written, and
 * a digest of the rows. By a callback that is called before the one that writes the entries.
 *
 * What a compiled map is kept under: see edit.h. Stamps alone would need a fresh one for every statement, a million dead rows of
 * map_head for a script of a million statements; nobody but this backend can see what is not committed, so a count here does.
 *
 * `edit` lives in static memory and is valid for one transaction; callbacks reset it.
 */
#include "map/edit.h"

#include "access/htup_details.h"
#include "access/xact.h"
#include "audit/append.h"
#include "audit/pending.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_type.h"
#include "common/settings.h"
#include "commands/trigger.h"
#include "executor/tuptable.h"
#include "storage/lmgr.h"
#include "storage/proc.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
#include "utils/syscache.h"

/* From here on hash tables are faster than going by index. */
#define MANY_EDITS 10000

typedef struct OpresEdit
{
	SubTransactionId numbered; /* where the revision's number was taken; 0 = it was not, or that was rolled back */
	SubTransactionId written;  /* where the head was written */
	SubTransactionId queued;   /* where a check was queued that has not run */
	SubTransactionId reasoned; /* where a reason was given */
	int64 revision;            /* valid while numbered */
	OpresActor actor;          /* who wrote the head; valid while written */
	char *reason;              /* in the transaction's memory; valid while reasoned */
	int64 rows;                /* edited in this transaction, rolled back or not */
	int open;                  /* UPDATE and DELETE statements under way, cascades included */
	bool too_early;            /* the head is being written in the middle of a statement: no check */
	bool edited;               /* rows were edited since the last edit_settle */
	bool unchecked;            /* rows were edited since the last check */
	bool restored;             /* other sessions will hear that restored rows came */
	bool touched;              /* rows came, changed or went ... */
	CommandId last_command;    /* ... the last of them before this command */
} OpresEdit;

static OpresEdit edit;
static uint64 generation = 1;
static Oid known_map_head;
static LocalTransactionId stale_in; /* a transaction of which some snapshot may be older than a restore it has heard of */

static Oid
namespace_oid(void)
{
	return get_namespace_oid("opres", false);
}

static Oid
map_head_oid(void)
{
	return get_relname_relid("map_head", namespace_oid());
}

/* Calls an internal function of edit.sql. By syscache, because the editor need not be allowed to look it up. */
static Datum
call_internal(const char *name, int count, Oid type, Datum argument)
{
	oidvector *types = buildoidvector(&type, count);
	Oid function = GetSysCacheOid3(PROCNAMEARGSNSP, Anum_pg_proc_oid, CStringGetDatum(name), PointerGetDatum(types),
								   ObjectIdGetDatum(namespace_oid()));

	if (!OidIsValid(function))
		elog(ERROR, "function opres.%s is missing", name);
	return count == 0 ? OidFunctionCall0(function) : OidFunctionCall1(function, argument);
}

/* Held to the end of the (sub)transaction. The lock is on the head as an object, which nothing else ever locks. */
static void
lock_editors(void)
{
	LockDatabaseObject(RelationRelationId, map_head_oid(), 0, ExclusiveLock);
}

static void
take_number(void)
{
	lock_editors();
	edit.revision = DatumGetInt64(call_internal("next_revision", 0, InvalidOid, (Datum) 0));
	edit.numbered = GetCurrentSubTransactionId();
}

/* The first reason of the transaction is the revision's. */
static void
note_reason(void)
{
	char *reason;

	if (edit.reasoned != InvalidSubTransactionId || (reason = opres_reason(NULL, NULL)) == NULL)
		return;
	edit.reason = MemoryContextStrdup(TopTransactionContext, reason);
	edit.reasoned = GetCurrentSubTransactionId();
}

static void
write_head(void)
{
	note_reason();
	if (edit.reasoned == InvalidSubTransactionId && opres_require_reason)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("an edit of the map needs a reason"),
				 errdetail("The audit trail keeps it: opres.require_reason is on."),
				 errhint("SET LOCAL opres.reason = '...' before the first edit of a transaction, or give load_map the reason as "
						 "its last argument.")));
	edit.actor = opres_actor();
	/* A constraint that is immediate fires inside the call, and clears this. */
	edit.queued = GetCurrentSubTransactionId();
	if (DatumGetInt64(call_internal("make_revision", 0, InvalidOid, (Datum) 0)) != edit.revision)
		ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE), errmsg("map_head was changed by hand"),
						errdetail("Rows edited in this transaction belong to revision %lld.", (long long) edit.revision)));
	edit.written = GetCurrentSubTransactionId();
}

static void
check_now(void)
{
	edit.unchecked = false;
	call_internal(edit.rows > MANY_EDITS ? "check_many_edits" : "check_few_edits", 1, INT8OID, Int64GetDatum(edit.revision));
}

static void
note_touched(void)
{
	generation++;
	edit.touched = true;
	/* "true" so that the next command gets a higher number */
	edit.last_command = GetCurrentCommandId(true);
}

static void
note_restored(void)
{
	note_touched();
	if (edit.restored)
		return;
	CacheInvalidateRelcacheByRelid(map_head_oid());
	edit.restored = true;
}

/* Every edited row comes through here before it is written; certain = it will be. */
static void
note_edited(bool certain)
{
	if (edit.numbered == InvalidSubTransactionId)
		take_number();
	if (certain && edit.written == InvalidSubTransactionId)
	{
		edit.too_early = true;
		write_head();
		edit.too_early = false;
	}
	edit.edited = edit.unchecked = true;
	edit.rows++;
	note_touched();
}

static bool
has_edits(void)
{
	return DatumGetBool(call_internal("has_edits", 1, INT8OID, Int64GetDatum(edit.revision)));
}

static void
settle(void)
{
	if (edit.numbered == InvalidSubTransactionId)
		return;
	if (edit.written != InvalidSubTransactionId)
		note_reason();
	else if (has_edits())
	{
		edit.too_early = edit.open > 0;
		write_head();
		edit.too_early = false;
	}
	/* A check that is immediate would see a cascade half done, were it not for `open`. */
	if (edit.written != InvalidSubTransactionId && edit.queued == InvalidSubTransactionId && edit.unchecked && edit.open == 0)
	{
		edit.queued = GetCurrentSubTransactionId();
		call_internal("queue_check", 0, InvalidOid, (Datum) 0);
	}
}

uint64
opres_edit_generation(void)
{
	/* The snapshot may show a restore of which nothing this transaction has locked since has brought word. */
	AcceptInvalidationMessages();
	known_map_head = map_head_oid();
	/* A trigger may ask in the middle of a statement, before a row that is counted already is written: `edited`. */
	if (stale_in == OPRES_MY_LXID || edit.edited || (edit.touched && GetActiveSnapshot()->curcid <= edit.last_command))
		return 0;
	return generation;
}

/* Number of the column since_revision, looked up once per statement. */
static int
since_column(FunctionCallInfo fcinfo, Relation relation)
{
	int *column = fcinfo->flinfo->fn_extra;

	if (column == NULL)
	{
		column = MemoryContextAlloc(fcinfo->flinfo->fn_mcxt, sizeof(int));
		*column = get_attnum(RelationGetRelid(relation), "since_revision");
		if (*column <= 0)
			elog(ERROR, "table \"%s\" has no column since_revision", RelationGetRelationName(relation));
		fcinfo->flinfo->fn_extra = column;
	}
	return *column;
}

/* Whether a user would see no difference, since_revision left aside. By image: '24h' and '1 day' are different. */
static bool
same_row(TupleDesc desc, int since, TupleTableSlot *before, TupleTableSlot *after)
{
	slot_getallattrs(before);
	slot_getallattrs(after);
	for (int i = 0; i < desc->natts; i++)
	{
		Form_pg_attribute column = TupleDescAttr(desc, i);

		if (column->attisdropped || i + 1 == since)
			continue;
		if (before->tts_isnull[i] != after->tts_isnull[i])
			return false;
		if (!before->tts_isnull[i] &&
			!datum_image_eq(before->tts_values[i], after->tts_values[i], column->attbyval, column->attlen))
			return false;
	}
	return true;
}

static HeapTuple
mark_row(HeapTuple tuple, TupleDesc desc, int since)
{
	Datum revision = Int64GetDatum(edit.revision);
	bool isnull = false;

	return heap_modify_tuple_by_cols(tuple, desc, 1, &since, &revision, &isnull);
}

static TriggerData *
trigger_data(FunctionCallInfo fcinfo)
{
	if (!CALLED_AS_TRIGGER(fcinfo))
		ereport(ERROR, (errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED), errmsg("function must be called as a trigger")));
	return (TriggerData *) fcinfo->context;
}

OPRES_FUNCTION(opres_edit_begin);
Datum
opres_edit_begin(PG_FUNCTION_ARGS)
{
	trigger_data(fcinfo);
	lock_editors();
	edit.open++;
	return PointerGetDatum(NULL);
}

OPRES_FUNCTION(opres_edit_row);
Datum
opres_edit_row(PG_FUNCTION_ARGS)
{
	TriggerData *trigger = trigger_data(fcinfo);
	TupleDesc desc = RelationGetDescr(trigger->tg_relation);
	int since = since_column(fcinfo, trigger->tg_relation);
	HeapTuple tuple = TRIGGER_FIRED_BY_UPDATE(trigger->tg_event) ? trigger->tg_newtuple : trigger->tg_trigtuple;

	if (SessionReplicationRole == SESSION_REPLICATION_ROLE_REPLICA)
	{
		note_restored();
		return PointerGetDatum(tuple);
	}
	if (TRIGGER_FIRED_BY_DELETE(trigger->tg_event))
	{
		note_edited(true);
		return PointerGetDatum(tuple);
	}
	if (TRIGGER_FIRED_BY_UPDATE(trigger->tg_event))
	{
		if (same_row(desc, since, trigger->tg_trigslot, trigger->tg_newslot))
			return PointerGetDatum(NULL);
		note_edited(true);
		return PointerGetDatum(mark_row(tuple, desc, since));
	}
	if (!heap_attisnull(tuple, since, desc))
	{
		note_restored();
		return PointerGetDatum(tuple);
	}
	note_edited(false);
	return PointerGetDatum(mark_row(tuple, desc, since));
}

OPRES_FUNCTION(opres_edit_settle);
Datum
opres_edit_settle(PG_FUNCTION_ARGS)
{
	TriggerData *trigger = trigger_data(fcinfo);

	if (!TRIGGER_FIRED_BY_INSERT(trigger->tg_event) && edit.open > 0)
		edit.open--;
	if (edit.edited)
	{
		edit.edited = edit.open > 0;
		generation++;
		settle();
	}
	return PointerGetDatum(NULL);
}

OPRES_FUNCTION(opres_edit_check);
Datum
opres_edit_check(PG_FUNCTION_ARGS)
{
	trigger_data(fcinfo);
	edit.queued = InvalidSubTransactionId;
	/* A restore writes the head too, and edits nothing. */
	if (edit.numbered != InvalidSubTransactionId && edit.unchecked && !edit.too_early)
		check_now();
	return PointerGetDatum(NULL);
}

OPRES_FUNCTION(opres_refuse_truncate);
Datum
opres_refuse_truncate(PG_FUNCTION_ARGS)
{
	TriggerData *trigger = trigger_data(fcinfo);

	ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
					errmsg("cannot truncate table \"%s\"", RelationGetRelationName(trigger->tg_relation)),
					errdetail("TRUNCATE leaves no history and takes the map away from transactions that must still see it."),
					errhint("Use DELETE.")));
}

static void
record_edit(void)
{
	Datum content = call_internal("revision_content", 1, INT8OID, Int64GetDatum(edit.revision));

	opres_audit_append(&edit.actor, "map.revision", psprintf("map revision %lld", (long long) edit.revision),
					   edit.reasoned != InvalidSubTransactionId ? edit.reason : NULL, TextDatumGetCString(content));
}

/*
 * First, two things that no trigger has done: a procedural language may stop an INSERT ... RETURNING before its end, and then no
 * AFTER trigger is called; a queued check may have gone with a subtransaction.
 */
static void
finish_edit(void)
{
	if (edit.numbered == InvalidSubTransactionId)
		return;
	PushActiveSnapshot(GetTransactionSnapshot());
	if (edit.written == InvalidSubTransactionId && has_edits())
		write_head();
	if (edit.written != InvalidSubTransactionId)
	{
		if (edit.unchecked)
			check_now();
		record_edit();
	}
	PopActiveSnapshot();
}

static void
at_transaction_event(XactEvent event, void *arg)
{
	switch (event)
	{
		case XACT_EVENT_PRE_COMMIT:
		case XACT_EVENT_PRE_PREPARE:
			finish_edit();
			break;
		case XACT_EVENT_ABORT:
			if (edit.touched)
				generation++;
			memset(&edit, 0, sizeof(edit));
			break;
		case XACT_EVENT_COMMIT:
		case XACT_EVENT_PREPARE:
			memset(&edit, 0, sizeof(edit));
			break;
		default:
			break;
	}
}

/* Actions of which verify_audit compares with the tables what was recorded. */
static bool
is_compared(const char *action)
{
	return strncmp(action, "map.", 4) == 0 || strncmp(action, "run.", 4) == 0 || strncmp(action, "incident.", 9) == 0 ||
		   strcmp(action, "ddl.guard") == 0;
}

/* Entries are written at commit: before it, verification must not report that they are missing. */
OPRES_FUNCTION(opres_acts_to_record);
Datum
opres_acts_to_record(PG_FUNCTION_ARGS)
{
	ArrayBuildState *acts = initArrayResult(TEXTOID, CurrentMemoryContext, false);

	if (edit.numbered != InvalidSubTransactionId)
		accumArrayResult(acts, CStringGetTextDatum(psprintf("map.revision map revision %lld", (long long) edit.revision)), false,
						 TEXTOID, CurrentMemoryContext);
	for (int64 i = 0; i < opres_pending_count(); i++)
	{
		const OpresPending *act = opres_pending_get(i);

		if (act->subject.length >= 0 && is_compared(act->action.bytes))
			accumArrayResult(acts, CStringGetTextDatum(psprintf("%s %s", act->action.bytes, act->subject.bytes)), false, TEXTOID,
							 CurrentMemoryContext);
	}
	PG_RETURN_DATUM(makeArrayResult(acts, CurrentMemoryContext));
}

static void
move_up(SubTransactionId *where, SubTransactionId from, SubTransactionId to)
{
	if (*where == from)
		*where = to;
}

static void
at_subtransaction_event(SubXactEvent event, SubTransactionId mine, SubTransactionId parent, void *arg)
{
	if (event != SUBXACT_EVENT_COMMIT_SUB && event != SUBXACT_EVENT_ABORT_SUB)
		return;
	if (event == SUBXACT_EVENT_ABORT_SUB)
	{
		parent = InvalidSubTransactionId;
		if (edit.touched)
			generation++;
		edit.too_early = edit.restored = false;
		edit.open = 0;
		/* What a check has seen may have been mended in what is now undone. */
		edit.unchecked = true;
	}
	move_up(&edit.numbered, mine, parent);
	move_up(&edit.written, mine, parent);
	move_up(&edit.queued, mine, parent);
	move_up(&edit.reasoned, mine, parent);
}

/* Somebody has restored rows, or map_head itself was altered. */
static void
at_invalidation(Datum arg, Oid relation)
{
	if (relation != InvalidOid && relation != known_map_head)
		return;
	generation++;
	stale_in = OPRES_MY_LXID;
}

void
opres_edit_init(void)
{
	RegisterXactCallback(at_transaction_event, NULL);
	RegisterSubXactCallback(at_subtransaction_event, NULL);
	CacheRegisterRelcacheCallback(at_invalidation, (Datum) 0);
}
