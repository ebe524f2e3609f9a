/*
 * table_scan.c - reading rows of our own small tables without a query.
 */
#include "incident/table_scan.h"

#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/namespace.h"
#include "executor/spi.h"
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

static void
no_value(const OpresTableScan *scan, const char *column)
{
	ereport(ERROR, (errcode(ERRCODE_DATA_CORRUPTED),
					errmsg("table opres.%s has no value in column \"%s\"", RelationGetRelationName(scan->table), column)));
}

Datum
opres_table_value_or_null(const OpresTableScan *scan, HeapTuple row, const char *column, bool *isnull)
{
	TupleDesc desc = RelationGetDescr(scan->table);
	int number = SPI_fnumber(desc, column);

	if (number == SPI_ERROR_NOATTRIBUTE)
		no_value(scan, column);
	return heap_getattr(row, number, desc, isnull);
}

Datum
opres_table_value(const OpresTableScan *scan, HeapTuple row, const char *column)
{
	bool isnull = true;
	Datum value = opres_table_value_or_null(scan, row, column, &isnull);

	if (isnull)
		no_value(scan, column);
	return value;
}

void
opres_table_end(OpresTableScan *scan)
{
	systable_endscan(scan->scan);
	table_close(scan->table, NoLock);
}
