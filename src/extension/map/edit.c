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
 *                not change with it. Otherwise the revision is begun if need be: map_head gets the next revision, once per
 *                transaction, and a fresh stamp; the row gets the revision's number. An UPDATE that changes nothing is dropped.
 *   keep_..      after an UPDATE or DELETE statement: rows of earlier revisions go to the history (edit.sql).
 *   edit_settle  after each statement: a revision begun by an INSERT that inserted nothing (ON CONFLICT) is withdrawn; the check of
 *                the map is queued if it is not already, and the stamp renewed if somebody has seen it since the rows changed.
 *   edit_check   a constraint trigger on map_head, deferred to the end of the transaction: checks the map, once.
 *
 * When a stamp must be fresh. A compiled map is kept under the stamp it was compiled from. Nobody else sees a stamp before it is
 * committed, so a fresh one is needed only for what this backend can see: after a compiled map was made (opres_edit_stamp_seen),
 * and in a new subtransaction, whose rollback brings back the head's row with the stamp before it. One UPDATE of map_head for a
 * million single-row statements, not a million dead rows of it.
 *
 * `edit` lives in static memory, is valid for one transaction and reset at its end by callbacks. It is a shortcut: that the head is
 * really ours is asked of the tables (map_revision.made_in) whenever a rollback to a savepoint may have undone it.
 */
#include "map/edit.h"

#include "access/htup_details.h"
#include "access/xact.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "executor/tuptable.h"
#include "storage/lmgr.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
#include "utils/syscache.h"

typedef struct OpresEdit
{
	bool made;      /* this transaction has made a revision (which a rollback to a savepoint may have undone) */
	bool begun;     /* the head is ours, in this subtransaction, with a stamp nobody has seen: edit on */
	bool beginning; /* the head is being written before a row is: too early for a check */
	bool stamped;   /* stamp is the head's */
	bool edited;    /* rows were edited since the last edit_settle */
	bool unproven;  /* an INSERT made the revision, not known yet whether it inserted anything */
	bool unchecked; /* rows were edited since the last check */
	bool queued;    /* a check is queued */
	bool restored;  /* other sessions will hear that restored rows came */
	int64 revision;
	CommandId last_command; /* a snapshot sees every edited row if it sees this command */
	pg_uuid_t stamp;
} OpresEdit;

static OpresEdit edit;

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

/* Calls opres.NAME(argument); false if it returns NULL. By syscache, because the editor need not be allowed to look it up. */
static bool
call_internal(const char *name, Oid type, Datum argument, Datum *result)
{
	LOCAL_FCINFO(fcinfo, 1);
	FmgrInfo flinfo;
	oidvector *types = buildoidvector(&type, 1);
	Oid function = GetSysCacheOid3(PROCNAMEARGSNSP, Anum_pg_proc_oid, CStringGetDatum(name), PointerGetDatum(types),
								   ObjectIdGetDatum(namespace_oid()));

	if (!OidIsValid(function))
		elog(ERROR, "function opres.%s is missing", name);
	fmgr_info(function, &flinfo);
	InitFunctionCallInfoData(*fcinfo, &flinfo, 1, InvalidOid, NULL, NULL);
	fcinfo->args[0].value = argument;
	fcinfo->args[0].isnull = false;
	*result = FunctionCallInvoke(fcinfo);
	return !fcinfo->isnull;
}

/* Held to the end of the (sub)transaction. The lock is on the head as an object, which nothing else ever locks. */
static void
lock_editors(void)
{
	LockDatabaseObject(RelationRelationId, map_head_oid(), 0, ExclusiveLock);
}

static void
fresh_stamp(void)
{
	edit.stamped = false;
	if (!pg_strong_random(edit.stamp.data, UUID_LEN))
		ereport(ERROR, (errcode(ERRCODE_INTERNAL_ERROR), errmsg("could not generate random values")));
	edit.stamp.data[6] = (edit.stamp.data[6] & 0x0f) | 0x40; /* version 4 */
	edit.stamp.data[8] = (edit.stamp.data[8] & 0x3f) | 0x80;
}

/* Writes the head by one of the functions of edit.sql; false if that says it is not ours. */
static bool
write_head(const char *function)
{
	Datum revision;

	fresh_stamp();
	/* An immediate constraint fires inside the call, and clears this. */
	edit.queued = true;
	if (!call_internal(function, UUIDOID, UUIDPGetDatum(&edit.stamp), &revision))
	{
		edit.queued = false;
		return false;
	}
	edit.revision = DatumGetInt64(revision);
	edit.made = edit.begun = edit.stamped = true;
	return true;
}

static void
begin_edit(void)
{
	lock_editors();
	edit.beginning = true;
	if (!edit.made || !write_head("renew_stamp"))
	{
		if (!write_head("make_revision"))
			elog(ERROR, "no revision was made");
		edit.unproven = true;
	}
	edit.beginning = false;
}

static void
check_now(void)
{
	Datum result;

	edit.unchecked = false;
	call_internal("check_revision", INT8OID, Int64GetDatum(edit.revision), &result);
}

static void
note_restored(void)
{
	if (edit.restored)
		return;
	CacheInvalidateRelcacheByRelid(map_head_oid());
	edit.restored = true;
}

bool
opres_edit_stamp_seen(const pg_uuid_t *stamp)
{
	edit.restored = false;
	if (!edit.made)
		return true;
	edit.begun = false;
	return stamp != NULL && edit.stamped && memcmp(stamp, &edit.stamp, UUID_LEN) == 0 &&
		   GetActiveSnapshot()->curcid > edit.last_command;
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

/* Every edited row comes through here before it is written. */
static void
edit_row(bool certain)
{
	if (!edit.begun)
		begin_edit();
	if (certain)
		edit.unproven = false;
	edit.edited = edit.unchecked = true;
	edit.last_command = GetCurrentCommandId(true);
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
		edit_row(true);
		return PointerGetDatum(tuple);
	}
	if (TRIGGER_FIRED_BY_UPDATE(trigger->tg_event))
	{
		if (same_row(desc, since, trigger->tg_trigslot, trigger->tg_newslot))
			return PointerGetDatum(NULL);
		edit_row(true);
		return PointerGetDatum(mark_row(tuple, desc, since));
	}
	if (!heap_attisnull(tuple, since, desc))
	{
		note_restored();
		return PointerGetDatum(tuple);
	}
	edit_row(false);
	return PointerGetDatum(mark_row(tuple, desc, since));
}

OPRES_FUNCTION(opres_edit_settle);
Datum
opres_edit_settle(PG_FUNCTION_ARGS)
{
	TriggerData *trigger = trigger_data(fcinfo);
	Datum withdrawn;

	/* INSERT ... ON CONFLICT DO UPDATE comes here twice, first as an UPDATE. */
	if (!edit.edited || (edit.unproven && !TRIGGER_FIRED_BY_INSERT(trigger->tg_event)))
		return PointerGetDatum(NULL);
	edit.edited = false;
	if (edit.unproven)
	{
		call_internal("withdraw_revision", INT8OID, Int64GetDatum(edit.revision), &withdrawn);
		edit.unproven = false;
		if (DatumGetBool(withdrawn))
		{
			edit.begun = edit.stamped = edit.unchecked = false;
			return PointerGetDatum(NULL);
		}
	}
	/* False if the edit was rolled back to a savepoint: nothing to do then. */
	if (!edit.begun || !edit.queued)
		write_head("renew_stamp");
	return PointerGetDatum(NULL);
}

OPRES_FUNCTION(opres_edit_noted);
Datum
opres_edit_noted(PG_FUNCTION_ARGS)
{
	edit.edited = edit.unchecked = true;
	PG_RETURN_VOID();
}

OPRES_FUNCTION(opres_edit_check);
Datum
opres_edit_check(PG_FUNCTION_ARGS)
{
	trigger_data(fcinfo);
	edit.queued = false;
	if (edit.unchecked && !edit.beginning)
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
at_transaction_event(XactEvent event, void *arg)
{
	switch (event)
	{
		case XACT_EVENT_PRE_COMMIT:
		case XACT_EVENT_PRE_PREPARE:
			/* A net: the queued check may have been lost with a subtransaction. */
			if (edit.unchecked)
			{
				PushActiveSnapshot(GetTransactionSnapshot());
				check_now();
				PopActiveSnapshot();
			}
			break;
		case XACT_EVENT_COMMIT:
		case XACT_EVENT_ABORT:
		case XACT_EVENT_PREPARE:
			memset(&edit, 0, sizeof(edit));
			break;
		default:
			break;
	}
}

static void
at_subtransaction_event(SubXactEvent event, SubTransactionId mine, SubTransactionId parent, void *arg)
{
	if (event == SUBXACT_EVENT_START_SUB)
		edit.begun = false;
	else if (event == SUBXACT_EVENT_ABORT_SUB)
		edit.begun = edit.beginning = edit.stamped = edit.queued = edit.restored = false;
}

void
opres_edit_init(void)
{
	RegisterXactCallback(at_transaction_event, NULL);
	RegisterSubXactCallback(at_subtransaction_event, NULL);
}
