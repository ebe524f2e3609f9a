/*
 * row_update.h - changing one row of our own small tables without a query: for what is written with every act. Triggers that
 * somebody has put on such a table are not fired, no privilege is asked for.
 */
#ifndef OPRES_ROW_UPDATE_H
#define OPRES_ROW_UPDATE_H

#include "common/compat.h"

#include "access/skey.h"

typedef struct OpresColumn
{
	const char *name;
	Datum value;
	bool isnull;
} OpresColumn;

/*
 * Sets columns of the one row of opres.TABLE that matches the keys (numbered by columns of the table, the first ones of the index).
 * The caller holds a lock under which nobody else changes it. Returns false if there is no such row.
 */
extern bool opres_row_update(const char *table, const char *index, int key_count, ScanKey keys, int count,
							 const OpresColumn *columns);

#endif
