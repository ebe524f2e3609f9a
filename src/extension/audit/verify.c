/*
 * verify.c - opres.verify_audit_entries: recomputes the audit trail and says what does not fit (src/engine/audit-format.md).
 *
 * One walk over the rows in the order of their numbers, by the index of the primary key under the caller's snapshot, and a count of
 * the rows by table scan: what the index leads to must be all there is. Memory does not grow with the trail (the rows found wrong
 * go to a tuplestore, which spills to disk).
 *
 * Every entry's leaf is recomputed from its columns, stored previous_hash included, and compared with its leaf_hash; previous_hash
 * is compared with the leaf recomputed for the entry before. If nothing is found wrong, both hold for all, so every leaf is what it
 * would be if it were recomputed from the first entry on. Taken apart like this, one change is told once:
 *
 *   - after a changed entry, the next may still name the leaf_hash it was stored with: it was written after the entry as it had
 * been
 *   - after a gap or a row that cannot be read, nothing is known of the entry before
 *   - subtrees over a leaf that is missing, was changed or is cut off by a broken chain are not compared
 */
#include "common/compat.h"

#include "access/genam.h"
#include "access/tableam.h"
#include "audit/pending.h"
#include "audit/trail.h"
#include "audit/verify_words.h"
#include "common/lang.h"
#include "common/rows.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

OPRES_FUNCTION(opres_verify_audit_entries);

/* Where a problem is of no entry. */
#define NO_ENTRY PG_INT64_MIN

typedef struct Erasure
{
	int64 entry;
	bool recorded;
} Erasure;

typedef struct Verification
{
	OpresTrail trail;
	OpresOutput output;
	OpresLang lang;
	MemoryContext memory; /* of one row */
	int64 rows;           /* met by way of the index */
	int64 last;           /* the number of the row before, 0 at the beginning */
	bool linked;          /* of that entry are known: */
	OpresHash leaf;       /* ... its leaf, recomputed */
	OpresHash stored;     /* ... its leaf_hash */
	int64 unknown;        /* the last entry up to which leaves are not known as they were when they were written; 0 = none */
	Erasure *erasures;    /* entries without content, in their order */
	int64 erasure_count, erasure_room;
	OpresFrontier frontier; /* of the entries up to last; peaks that reach back to unknown are of no use */
} Verification;

static void
report(Verification *v, OpresAuditProblem problem, int64 entry, int64 last, const char *said)
{
	MemoryContext before = MemoryContextSwitchTo(v->memory);
	Datum values[3];
	bool nulls[3] = { false, entry == NO_ENTRY, false };
	const char *detail;

	values[0] = CStringGetTextDatum(opres_audit_problem(problem));
	values[1] = Int64GetDatum(entry);
	detail = opres_audit_detail(v->lang, problem, entry, last, said);
	values[2] = CStringGetTextDatum(v->lang == OPRES_JA ? opres_our_words(detail) : detail);
	opres_output_row(&v->output, values, nulls);
	MemoryContextSwitchTo(before);
}

static void
check_hashed(bool hashed)
{
	if (!hashed)
		ereport(ERROR, (errcode(ERRCODE_EXTERNAL_ROUTINE_EXCEPTION), errmsg("SHA-256 failed")));
}

/* Goes on after an entry; of those up to it that were not met nothing is known. */
static void
skip_past(Verification *v, int64 number)
{
	OpresHash nothing = { { 0 } };

	v->frontier.size = (uint64_t) number;
	v->frontier.count = 0;
	for (uint64_t rest = v->frontier.size; rest != 0; rest &= rest - 1)
		v->frontier.peaks[v->frontier.count++] = nothing;
	v->last = number;
	v->unknown = number;
	v->linked = false;
}

/* Adds a leaf to the tree and compares the subtrees that end with it. */
static void
check_subtrees(Verification *v, const OpresTrailRow *row, const OpresHash *leaf)
{
	int64 number = row->entry.number;
	OpresHash completed[OPRES_TREE_LEVELS];
	int count = 0;
	bool same;

	check_hashed(opres_frontier_push(&v->frontier, leaf, completed, &count));
	same = row->subtree_count == count;
	for (int level = 1; same && level <= count && number - (INT64CONST(1) << level) >= v->unknown; level++)
		same = memcmp(row->subtrees + (size_t) OPRES_HASH_BYTES * (level - 1), completed[level - 1].bytes, OPRES_HASH_BYTES) == 0;
	if (!same)
		report(v, OPRES_AUDIT_SUBTREES, number, 0, NULL);
}

static void
add_erasure(Verification *v, int64 entry)
{
	if (v->erasure_count == v->erasure_room)
	{
		v->erasure_room *= 2;
		v->erasures = repalloc_huge(v->erasures, v->erasure_room * sizeof(Erasure));
	}
	v->erasures[v->erasure_count++] = (Erasure){ entry, false };
}

static int
compare_erasures(const void *a, const void *b)
{
	int64 x = ((const Erasure *) a)->entry, y = ((const Erasure *) b)->entry;

	return x < y ? -1 : x > y;
}

static bool
field_is(OpresField field, const char *text)
{
	return field.length == (int32) strlen(text) && memcmp(field.bytes, text, field.length) == 0;
}

/* An entry that records an erasure, of an entry met before: any later one has no business in it. */
static void
note_record_of_erasure(Verification *v, OpresField subject)
{
	char text[32];
	Erasure erasure = { 0 };
	Erasure *found;

	if (subject.length <= (int32) strlen("entry ") || subject.length >= sizeof(text))
		return;
	memcpy(text, subject.bytes, subject.length);
	text[subject.length] = '\0';
	erasure.entry = strtoll(text + strlen("entry "), NULL, 10);
	found = bsearch(&erasure, v->erasures, v->erasure_count, sizeof(Erasure), compare_erasures);
	if (found != NULL && strcmp(psprintf("entry %lld", (long long) erasure.entry), text) == 0)
		found->recorded = true;
}

/* An erasure by this transaction is on record when it commits. */
static void
report_erasures(Verification *v)
{
	for (int64 i = 0; i < v->erasure_count; i++)
		if (!v->erasures[i].recorded && !opres_pending_erasure(v->erasures[i].entry))
			report(v, OPRES_AUDIT_ERASED, v->erasures[i].entry, 0, NULL);
}

/* The next entry, read: its content, its leaf, its link to the entry before. */
static void
check_entry(Verification *v, const OpresTrailRow *row)
{
	int64 number = row->entry.number;
	bool first = row->entry.previous == NULL;
	OpresHash hash;
	bool changed;

	if (row->erased)
		add_erasure(v, number);
	else
	{
		check_hashed(opres_content_hash(row->salt, row->reason, row->content, &hash));
		if (!opres_hash_equal(&hash, &row->entry.content_hash))
			report(v, OPRES_AUDIT_CONTENT, number, 0, NULL);
	}

	if (first != (number == 1) || (v->linked && !first && !opres_hash_equal(row->entry.previous, &v->leaf) &&
								   !opres_hash_equal(row->entry.previous, &v->stored)))
	{
		report(v, OPRES_AUDIT_CHAIN, number, 0, NULL);
		v->unknown = number - 1;
	}

	check_hashed(opres_entry_leaf(&row->entry, &hash));
	changed = !opres_hash_equal(&hash, &row->leaf_hash);
	if (changed)
	{
		report(v, OPRES_AUDIT_ENTRY, number, 0, NULL);
		v->unknown = number;
	}
	else if (field_is(row->entry.action, "audit.erase"))
		note_record_of_erasure(v, row->entry.subject);
	v->leaf = hash;
	v->stored = row->leaf_hash;
	v->linked = true;
	check_subtrees(v, row, &hash);
	v->last = number;
}

/* A row met by way of the index. */
static void
check_row(Verification *v, TupleTableSlot *slot)
{
	OpresTrailRow row;
	bool isnull;
	int64 number = DatumGetInt64(slot_getattr(slot, OPRES_TRAIL_ENTRY, &isnull));

	v->rows++;
	if (isnull || number < 1)
	{
		report(v, OPRES_AUDIT_MALFORMED, isnull ? NO_ENTRY : number, 0, "its number is not positive");
		return;
	}
	if (number <= v->last)
	{
		report(v, number == v->last ? OPRES_AUDIT_DOUBLED : OPRES_AUDIT_INDEX, number, 0, NULL);
		return;
	}
	if (number - 1 > v->last)
	{
		report(v, OPRES_AUDIT_GAP, v->last + 1, number - 1, NULL);
		skip_past(v, number - 1);
	}
	opres_trail_row(slot, &row);
	if (row.malformed != NULL)
	{
		report(v, OPRES_AUDIT_MALFORMED, number, 0, row.malformed[v->lang]);
		skip_past(v, number);
		return;
	}
	check_entry(v, &row);
}

static void
walk_index(Verification *v)
{
	IndexScanDesc scan = OPRES_INDEX_BEGINSCAN(v->trail.table, v->trail.index, v->trail.snapshot, 0);

	index_rescan(scan, NULL, 0, NULL, 0);
	while (index_getnext_slot(scan, ForwardScanDirection, v->trail.slot))
	{
		MemoryContext before = MemoryContextSwitchTo(v->memory);

		CHECK_FOR_INTERRUPTS();
		check_row(v, v->trail.slot);
		MemoryContextSwitchTo(before);
		MemoryContextReset(v->memory);
	}
	index_endscan(scan);
}

static int64
count_rows(Verification *v, TupleTableSlot *slot)
{
	TableScanDesc scan = table_beginscan(v->trail.table, v->trail.snapshot, 0, NULL);
	int64 rows = 0;

	while (table_scan_getnextslot(scan, ForwardScanDirection, slot))
	{
		CHECK_FOR_INTERRUPTS();
		rows++;
	}
	table_endscan(scan);
	return rows;
}

/* Names the rows the index does not lead to. */
static void
find_unreachable(Verification *v, TupleTableSlot *slot)
{
	TableScanDesc scan = table_beginscan(v->trail.table, v->trail.snapshot, 0, NULL);

	while (table_scan_getnextslot(scan, ForwardScanDirection, slot))
	{
		bool isnull;
		int64 number = DatumGetInt64(slot_getattr(slot, OPRES_TRAIL_ENTRY, &isnull));

		CHECK_FOR_INTERRUPTS();
		if (isnull || !opres_trail_find(&v->trail, number) || !ItemPointerEquals(&slot->tts_tid, &v->trail.slot->tts_tid))
			report(v, OPRES_AUDIT_INDEX, isnull ? NO_ENTRY : number, 0, NULL);
		MemoryContextReset(v->memory);
	}
	table_endscan(scan);
}

static void
check_privilege(Relation table)
{
	AclResult result = pg_class_aclcheck(RelationGetRelid(table), GetUserId(), ACL_SELECT);

	if (result != ACLCHECK_OK)
		aclcheck_error(result, OBJECT_TABLE, RelationGetRelationName(table));
}

Datum
opres_verify_audit_entries(PG_FUNCTION_ARGS)
{
	Verification v = { .last = 0 };
	const char *unprotected;
	TupleTableSlot *slot;

	/* Not STRICT: no row would say that all is well. */
	if (PG_ARGISNULL(0))
		ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("the language must not be null"),
						errdetail("Expected en or ja.")));
	v.lang = opres_lang(PG_GETARG_TEXT_PP(0));
	v.output = opres_output_begin(fcinfo);
	v.trail = opres_trail_open(AccessShareLock, GetActiveSnapshot());
	check_privilege(v.trail.table);
	v.memory = AllocSetContextCreate(CurrentMemoryContext, "opres audit entry", ALLOCSET_DEFAULT_SIZES);
	v.erasure_room = 64;
	v.erasures = palloc(v.erasure_room * sizeof(Erasure));
	opres_frontier_init(&v.frontier);

	unprotected = opres_trail_unprotected(v.trail.table, v.lang);
	if (unprotected != NULL)
		report(&v, OPRES_AUDIT_PROTECTION, NO_ENTRY, 0, unprotected);

	slot = table_slot_create(v.trail.table, NULL);
	walk_index(&v);
	report_erasures(&v);
	if (count_rows(&v, slot) != v.rows)
		find_unreachable(&v, slot);
	ExecDropSingleTupleTableSlot(slot);
	opres_trail_close(&v.trail);
	MemoryContextDelete(v.memory);
	return (Datum) 0;
}
