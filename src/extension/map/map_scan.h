/*
 * map_scan.h - reading a map table in bulk, as a revision has it.
 */
#ifndef OPRES_MAP_SCAN_H
#define OPRES_MAP_SCAN_H

#include "common/interval.h"
#include "executor/tuptable.h"
#include "map/map_compile.h"

#define OPRES_SCAN_COLUMNS 8

/* The row at hand; its columns in the order in which they were asked for. */
typedef struct OpresRowScan
{
	TupleTableSlot *slot;
	AttrNumber since;
	AttrNumber until; /* InvalidAttrNumber in a live table */
	AttrNumber column[OPRES_SCAN_COLUMNS];
} OpresRowScan;

/* Text inside the row: not terminated, gone with the row. */
typedef struct OpresText
{
	const char *text;
	int32 length;
} OpresText;

typedef void (*OpresTakeRow)(void *state, const OpresRowScan *scan);

/* Hands over every row of the table (for a past revision: and of its history) that belongs to the revision. */
extern void opres_scan_tables(int64 revision, bool past, OpresTable table, const char *const *columns, OpresTakeRow take,
							  void *state);

extern Datum opres_row_column(const OpresRowScan *scan, int number, bool *isnull);
extern OpresText opres_row_text(const OpresRowScan *scan, int number);
extern OpresTime opres_row_time(const OpresRowScan *scan, int number, const char *what);
/* NULL reads as 0. */
extern double opres_row_number(const OpresRowScan *scan, int number);

#endif
