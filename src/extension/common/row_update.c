/*
 * row_update.c - changing one row without a query (row_update.h).
 */
#include "common/row_update.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "catalog/namespace.h"
#include "executor/executor.h"
#include "executor/spi.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

static HeapTuple
changed(HeapTuple old, TupleDesc desc, int count, const OpresColumn *columns)
{
	Datum *values = palloc0(sizeof(Datum) * desc->natts);
	bool *nulls = palloc0(sizeof(bool) * desc->natts), *replace = palloc0(sizeof(bool) * desc->natts);

	for (int i = 0; i < count; i++)
	{
		int number = SPI_fnumber(desc, columns[i].name);

		if (number <= 0)
			elog(ERROR, "a table of opres has no column \"%s\"", columns[i].name);
		values[number - 1] = columns[i].value;
		nulls[number - 1] = columns[i].isnull;
		replace[number - 1] = true;
	}
	return heap_modify_tuple(old, desc, values, nulls, replace);
}

/* Only where the new version could not stay beside the old one, or an indexed column has changed. */
static void
enter_in_indexes(Relation table, TupleTableSlot *slot, OPRES_UPDATE_INDEXES update)
{
	EState *estate = CreateExecutorState();
	ResultRelInfo *result = makeNode(ResultRelInfo);

	/* Range table index 0: there is no range table in which the executor could look up which columns an UPDATE names. */
	InitResultRelInfo(result, table, 0, NULL, 0);
	ExecOpenIndices(result, false);
	OPRES_UPDATE_INDEX_TUPLES(result, slot, estate, update);
	ExecCloseIndices(result);
	FreeExecutorState(estate);
}

bool
opres_row_update(const char *table, const char *index, int key_count, ScanKey keys, int count, const OpresColumn *columns)
{
	Oid schema = get_namespace_oid("opres", false);
	Oid index_oid = get_relname_relid(index, schema);
	Relation relation = table_open(get_relname_relid(table, schema), RowExclusiveLock);
	OPRES_UPDATE_INDEXES update = OPRES_UPDATE_NO_INDEX;
	TupleTableSlot *slot;
	SysScanDesc scan;
	HeapTuple row;

	PushActiveSnapshot(GetTransactionSnapshot());
	scan = systable_beginscan(relation, index_oid, OidIsValid(index_oid), GetActiveSnapshot(), key_count, keys);
	row = systable_getnext(scan);
	if (row != NULL)
	{
		slot = MakeSingleTupleTableSlot(RelationGetDescr(relation), &TTSOpsHeapTuple);
		ExecStoreHeapTuple(changed(row, RelationGetDescr(relation), count, columns), slot, false);
		simple_table_tuple_update(relation, &row->t_self, slot, GetActiveSnapshot(), &update);
		if (update != OPRES_UPDATE_NO_INDEX)
			enter_in_indexes(relation, slot, update);
		ExecDropSingleTupleTableSlot(slot);
	}
	systable_endscan(scan);
	PopActiveSnapshot();
	table_close(relation, NoLock);
	CommandCounterIncrement();
	return row != NULL;
}
