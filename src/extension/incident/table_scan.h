/*
 * table_scan.h - reading rows of our own small tables without a query: for what is asked with every act.
 *
 * No privilege is asked for, row-level security does not apply. What is seen is what a query would see that began now.
 */
#ifndef OPRES_TABLE_SCAN_H
#define OPRES_TABLE_SCAN_H

#include "common/compat.h"

#include "access/genam.h"
#include "utils/rel.h"

typedef struct OpresTableScan
{
	Relation table;
	SysScanDesc scan;
} OpresTableScan;

/* Rows of opres.TABLE that match the keys (numbered by columns of the table, the first ones of the index), by the index if it is
 * still there. Table and keys stay; the lock is kept to the end of the transaction. */
extern OpresTableScan opres_table_scan(const char *table, const char *index, int count, ScanKey keys);

/* The next row, NULL when there is none; valid until the next call. */
extern HeapTuple opres_table_next(OpresTableScan *scan);

/* What a row has in a column; an error if it is NULL, or if there is no such column. */
extern Datum opres_table_value(const OpresTableScan *scan, HeapTuple row, const char *column);

/* The same, NULL allowed: then *isnull. */
extern Datum opres_table_value_or_null(const OpresTableScan *scan, HeapTuple row, const char *column, bool *isnull);

extern void opres_table_end(OpresTableScan *scan);

#endif
