/*
 * table_scan.c - reading rows of our own small tables without a query.
 */
#include "incident/table_scan.h"

#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/namespace.h"
#include "utils/lsyscache.h"
#include "utils/snapmgr.h"

OpresTableScan
opres_table_scan(const char *table, const char *index, int count, ScanKey keys)
{
	Oid schema = get_namespace_oid("opres", false);
	Oid index_oid = get_relname_relid(index, schema);
	Oid table_oid = get_relname_relid(table, schema);
	OpresTableScan scan;

	if (!OidIsValid(table_oid))
		ereport(ERROR, (errcode(ERRCODE_UNDEFINED_TABLE), errmsg("table opres.%s is missing", table)));
	scan.table = table_open(table_oid, AccessShareLock);
	scan.scan = systable_beginscan(scan.table, index_oid, OidIsValid(index_oid), ActiveSnapshotSet() ? GetActiveSnapshot() : NULL,
								   count, keys);
	return scan;
}

HeapTuple
opres_table_next(OpresTableScan *scan)
{
	return systable_getnext(scan->scan);
}

Datum
opres_table_column(const OpresTableScan *scan, HeapTuple row, int column, bool *isnull)
{
	return heap_getattr(row, column, RelationGetDescr(scan->table), isnull);
}

void
opres_table_end(OpresTableScan *scan)
{
	systable_endscan(scan->scan);
	table_close(scan->table, NoLock);
}
