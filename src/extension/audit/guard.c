/*
 * guard.c - the triggers of opres.audit_entry. Appends do not pass here (append.c); everything else does, whoever does it: they are
 * ENABLE ALWAYS, so neither session_replication_role nor the apply worker of a subscription gets by.
 *
 *   UPDATE    refused, but for one: opres.erase_content takes salt, reason and content from a row, having queued the entry that
 *             records it.
 *   DELETE    refused, and TRUNCATE.
 *   INSERT    what a dump brings back, row by row in any order. Verified, never filled in: a row must be an entry that hashes to
 * what it says, and be linked to the entries before and after it, as far as those are there. It waits for the lock of the appends
 *             and keeps it.
 */
#include "audit/guard.h"

#include "access/sysattr.h"
#include "audit/append.h"
#include "audit/lock.h"
#include "audit/pending.h"
#include "audit/trail.h"
#include "catalog/namespace.h"
#include "catalog/pg_trigger.h"
#include "commands/trigger.h"
#include "miscadmin.h"
#include "nodes/value.h"
#include "parser/parse_func.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

static void
refuse(const char *detail)
{
	ereport(ERROR, (errcode(ERRCODE_INSUFFICIENT_PRIVILEGE), errmsg("the audit trail cannot be changed"), errdetail("%s", detail)));
}

static void
refuse_row(int64 number, const char *why)
{
	ereport(ERROR, (errcode(ERRCODE_INTEGRITY_CONSTRAINT_VIOLATION),
					errmsg("row is not entry %lld of the audit trail", (long long) number), errdetail("%s", why),
					errhint("Rows come in by restoring an unchanged dump; new entries are made by what they record.")));
}

/* That a row hashes to what it says. */
static void
check_hashes(const OpresTrailRow *row)
{
	OpresHash hash;

	if (!row->erased)
	{
		if (!opres_content_hash(row->salt, row->reason, row->content, &hash))
			elog(ERROR, "libcrypto could not compute a SHA-256");
		if (!opres_hash_equal(&hash, &row->entry.content_hash))
			refuse_row(row->entry.number, "Its reason and content do not hash to its content_hash.");
	}
	if (!opres_entry_leaf(&row->entry, &hash) || !opres_hash_equal(&hash, &row->leaf_hash))
		refuse_row(row->entry.number, "It does not hash to its leaf_hash.");
}

/* The trail's stored subtrees, as far as what they are made of is there. */
static void
check_subtrees(OpresTrail *trail, const OpresTrailRow *row)
{
	uint64 index = (uint64) row->entry.number - 1;
	OpresHash node = row->leaf_hash;
	OpresHash left;
	int level = 0;

	for (; (index >> level) & 1; level++)
	{
		if (level >= row->subtree_count)
			refuse_row(row->entry.number, "Its subtrees are too few.");
		if (!opres_trail_subtree(trail, level, (index >> level) - 1, &left))
			return;
		if (!opres_node_hash(&left, &node, &node) || memcmp(row->subtrees + level * OPRES_HASH_BYTES, &node, OPRES_HASH_BYTES) != 0)
			refuse_row(row->entry.number, "Its subtrees are others.");
	}
	if (level != row->subtree_count)
		refuse_row(row->entry.number, "Its subtrees are too many.");
}

static void
check_neighbours(OpresTrail *trail, const OpresTrailRow *row)
{
	OpresHash hash;

	if (row->entry.number > 1 && opres_trail_find(trail, row->entry.number - 1) &&
		!(opres_trail_hash(trail, OPRES_TRAIL_LEAF_HASH, &hash) && opres_hash_equal(&hash, row->entry.previous)))
		refuse_row(row->entry.number, "Its previous_hash is not the leaf_hash of the entry before.");
	if (row->entry.number < PG_INT64_MAX && opres_trail_find(trail, row->entry.number + 1) &&
		!(opres_trail_hash(trail, OPRES_TRAIL_PREVIOUS_HASH, &hash) && opres_hash_equal(&hash, &row->leaf_hash)))
		refuse_row(row->entry.number, "Its leaf_hash is not the previous_hash of the entry after.");
}

static void
check_insert(Relation table, TupleTableSlot *slot)
{
	OpresTrailRow row = { 0 };
	OpresTrail trail;

	/* Whoever may write every table (pg_write_all_data) could else add an entry in another's name. */
	if (!superuser())
		refuse("Rows come in by restoring a dump, which a superuser does.");
	opres_trail_row(slot, &row);
	if (row.malformed != NULL)
		refuse_row(row.entry.number, psprintf("Malformed: %s.", row.malformed[OPRES_EN]));
	if ((row.entry.previous == NULL) != (row.entry.number == 1))
		refuse_row(row.entry.number, "All but the first entry have a previous_hash, and only they.");
	check_hashes(&row);
	opres_audit_lock(RelationGetRelid(table));
	trail = opres_trail_over(table, SnapshotSelf);
	check_neighbours(&trail, &row);
	check_subtrees(&trail, &row);
	opres_trail_close(&trail);
}

/* That an UPDATE does nothing but erase. */
static void
check_update(TupleDesc desc, TupleTableSlot *before, TupleTableSlot *after)
{
	slot_getallattrs(before);
	slot_getallattrs(after);
	if (before->tts_isnull[OPRES_TRAIL_ENTRY - 1] ||
		!opres_pending_erasure(DatumGetInt64(before->tts_values[OPRES_TRAIL_ENTRY - 1])))
		refuse("Entries are not updated.");
	for (int i = 0; i < desc->natts; i++)
	{
		Form_pg_attribute column = TupleDescAttr(desc, i);
		bool erasable = i + 1 == OPRES_TRAIL_SALT || i + 1 == OPRES_TRAIL_REASON || i + 1 == OPRES_TRAIL_CONTENT;

		if (erasable ? !after->tts_isnull[i]
					 : before->tts_isnull[i] != after->tts_isnull[i] ||
						   (!before->tts_isnull[i] &&
							!datum_image_eq(before->tts_values[i], after->tts_values[i], column->attbyval, column->attlen)))
			refuse("An erasure takes salt, reason and content away, and nothing else.");
	}
}

OPRES_FUNCTION(opres_audit_guard);
Datum
opres_audit_guard(PG_FUNCTION_ARGS)
{
	TriggerData *trigger = (TriggerData *) fcinfo->context;

	if (!CALLED_AS_TRIGGER(fcinfo))
		ereport(ERROR, (errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED), errmsg("function must be called as a trigger")));
	if (TRIGGER_FIRED_BY_TRUNCATE(trigger->tg_event))
		refuse("It is not truncated.");
	if (TRIGGER_FIRED_BY_DELETE(trigger->tg_event))
		refuse("Entries are not deleted; opres.erase_content takes personal data from one.");
	if (TRIGGER_FIRED_FOR_STATEMENT(trigger->tg_event))
	{
		if (!opres_pending_erasure(0))
			refuse("Entries are not updated; opres.erase_content takes personal data from one.");
		return PointerGetDatum(NULL);
	}
	/* Somebody may have made it a trigger of his own table, or altered ours. */
	if (!opres_trail_has_columns(trigger->tg_relation))
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE), errmsg("opres.audit_entry is not the table the extension made"),
				 errdetail("Table %s has other columns.", RelationGetRelationName(trigger->tg_relation))));
	if (TRIGGER_FIRED_BY_UPDATE(trigger->tg_event))
	{
		check_update(RelationGetDescr(trigger->tg_relation), trigger->tg_trigslot, trigger->tg_newslot);
		return PointerGetDatum(trigger->tg_newtuple);
	}
	check_insert(trigger->tg_relation, trigger->tg_trigslot);
	return PointerGetDatum(trigger->tg_trigtuple);
}

/* The triggers the table must have, by name and kind. */
static const struct
{
	const char *name;
	int16 type;
} guards[] = {
	{ "guard_row", TRIGGER_TYPE_ROW | TRIGGER_TYPE_BEFORE | TRIGGER_TYPE_INSERT | TRIGGER_TYPE_UPDATE | TRIGGER_TYPE_DELETE },
	{ "guard_statement", TRIGGER_TYPE_BEFORE | TRIGGER_TYPE_UPDATE | TRIGGER_TYPE_DELETE | TRIGGER_TYPE_TRUNCATE },
};

static const char *
trigger_fault(const Trigger *trigger, Oid function, bool ja)
{
	for (int i = 0; i < lengthof(guards); i++)
	{
		if (strcmp(trigger->tgname, guards[i].name) != 0)
			continue;
		if (trigger->tgfoid != function || trigger->tgtype != guards[i].type || trigger->tgqual != NULL || trigger->tgnattr > 0)
			return psprintf(ja ? "トリガー %s が別のものです" : "trigger %s is another", trigger->tgname);
		if (trigger->tgenabled != TRIGGER_FIRES_ALWAYS)
			return psprintf(ja ? "トリガー %s が常時有効（ENABLE ALWAYS）ではありません" : "trigger %s is not enabled always",
							trigger->tgname);
		return NULL;
	}
	return psprintf(ja ? "トリガー %s が追加されています" : "trigger %s was added", trigger->tgname);
}

const char *
opres_guard_missing(Relation table, OpresLang lang)
{
	List *name = list_make2(makeString(pstrdup("opres")), makeString(pstrdup("audit_guard")));
	Oid function = LookupFuncName(name, 0, NULL, true);
	int count = table->trigdesc != NULL ? table->trigdesc->numtriggers : 0;
	FmgrInfo called = { 0 };

	if (OidIsValid(function))
		fmgr_info(function, &called);
	if (called.fn_addr != opres_audit_guard)
		return lang == OPRES_JA ? "関数 opres.audit_guard が別のものです" : "function opres.audit_guard is another";
	for (int i = 0; i < count; i++)
	{
		const char *fault = trigger_fault(&table->trigdesc->triggers[i], function, lang == OPRES_JA);

		if (fault != NULL)
			return fault;
	}
	if (count < lengthof(guards))
		return lang == OPRES_JA ? "トリガーが足りません" : "a trigger of it is missing";
	return NULL;
}
