/*
 * map_scan.c - reads map tables by scan under the active snapshot (map_scan.h).
 */
#include "map/map_scan.h"

#include "access/table.h"
#include "access/tableam.h"
#include "catalog/namespace.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

const char *const opres_table_names[OPRES_TABLES] = { "node",     "requirement", "requirement_member", "tolerance", "calendar_day",
													  "scenario", "shock" };

#define ROWS_BETWEEN_INTERRUPTS 1024

Oid
opres_table_oid(const char *name)
{
	Oid schema = get_namespace_oid("opres", false);
	Oid table = get_relname_relid(name, schema);

	if (!OidIsValid(table))
		ereport(ERROR, (errcode(ERRCODE_UNDEFINED_TABLE), errmsg("table opres.%s does not exist", name)));
	return table;
}

Datum
opres_row_column(const OpresRowScan *scan, int number, bool *isnull)
{
	return slot_getattr(scan->slot, scan->column[number], isnull);
}

OpresText
opres_row_text(const OpresRowScan *scan, int number)
{
	bool isnull;
	text *value = DatumGetTextPP(opres_row_column(scan, number, &isnull));

	return (OpresText){ VARDATA_ANY(value), VARSIZE_ANY_EXHDR(value) };
}

OpresTime
opres_row_time(const OpresRowScan *scan, int number, const char *what)
{
	bool isnull;

	return opres_interval_to_time(DatumGetIntervalP(opres_row_column(scan, number, &isnull)), what);
}

double
opres_row_number(const OpresRowScan *scan, int number)
{
	bool isnull;
	Datum value = opres_row_column(scan, number, &isnull);

	return isnull ? 0 : DatumGetFloat8(value);
}

static bool
in_revision(int64 revision, const OpresRowScan *scan)
{
	bool isnull;

	if (DatumGetInt64(slot_getattr(scan->slot, scan->since, &isnull)) > revision)
		return false;
	return scan->until == InvalidAttrNumber || revision < DatumGetInt64(slot_getattr(scan->slot, scan->until, &isnull));
}

static void
scan_table(int64 revision, bool past, const char *table, const char *const *columns, OpresTakeRow take, void *state)
{
	Relation relation = table_open(opres_table_oid(table), AccessShareLock);
	TableScanDesc heap = table_beginscan(relation, GetActiveSnapshot(), 0, NULL);
	OpresRowScan scan = { .slot = table_slot_create(relation, NULL) };
	int64 rows = 0;

	for (int i = 0; columns[i] != NULL; i++)
	{
		scan.column[i] = get_attnum(RelationGetRelid(relation), columns[i]);
		if (scan.column[i] == InvalidAttrNumber)
			ereport(ERROR, (errcode(ERRCODE_UNDEFINED_COLUMN), errmsg("table opres.%s has no column %s", table, columns[i])));
	}
	scan.since = get_attnum(RelationGetRelid(relation), "since_revision");
	scan.until = get_attnum(RelationGetRelid(relation), "until_revision");
	while (table_scan_getnextslot(heap, ForwardScanDirection, scan.slot))
	{
		if (rows++ % ROWS_BETWEEN_INTERRUPTS == 0)
			CHECK_FOR_INTERRUPTS();
		if (!past || in_revision(revision, &scan))
			take(state, &scan);
	}
	table_endscan(heap);
	ExecDropSingleTupleTableSlot(scan.slot);
	table_close(relation, NoLock);
}

void
opres_scan_tables(int64 revision, bool past, OpresTable table, const char *const *columns, OpresTakeRow take, void *state)
{
	scan_table(revision, past, opres_table_names[table], columns, take, state);
	if (past)
		scan_table(revision, past, psprintf("%s_history", opres_table_names[table]), columns, take, state);
}
