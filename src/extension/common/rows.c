/*
 * rows.c - returning rows in materialize mode (rows.h).
 */
#include "common/rows.h"

#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"

OpresOutput
opres_output_begin(FunctionCallInfo fcinfo)
{
	ReturnSetInfo *info = (ReturnSetInfo *) fcinfo->resultinfo;
	OpresOutput output;
	MemoryContext before;

	if (info == NULL || !IsA(info, ReturnSetInfo) || (info->allowedModes & SFRM_Materialize) == 0)
		ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
						errmsg("set-valued function called in a context that cannot accept a set")));
	before = MemoryContextSwitchTo(info->econtext->ecxt_per_query_memory);
	if (get_call_result_type(fcinfo, NULL, &output.desc) != TYPEFUNC_COMPOSITE)
	{
		/* one column without a name: the row type comes from the caller's query */
		if (info->expectedDesc == NULL)
			elog(ERROR, "return type must be a row type");
		output.desc = info->expectedDesc;
	}
	output.desc = CreateTupleDescCopy(output.desc);
	output.store = tuplestore_begin_heap((info->allowedModes & SFRM_Materialize_Random) != 0, false, work_mem);
	info->returnMode = SFRM_Materialize;
	info->setResult = output.store;
	info->setDesc = output.desc;
	MemoryContextSwitchTo(before);
	return output;
}

void
opres_output_row(OpresOutput *output, const Datum *values, const bool *nulls)
{
	CHECK_FOR_INTERRUPTS();
	tuplestore_putvalues(output->store, output->desc, unconstify(Datum *, values), unconstify(bool *, nulls));
}

Datum
opres_text_or_null(const char *value, bool *isnull)
{
	*isnull = value == NULL;
	return value != NULL ? CStringGetTextDatum(value) : (Datum) 0;
}

Datum
opres_text_array(const char *const *items, int count)
{
	Datum *datums = palloc(sizeof(Datum) * (count + 1));

	for (int i = 0; i < count; i++)
		datums[i] = CStringGetTextDatum(items[i]);
	return PointerGetDatum(construct_array(datums, count, TEXTOID, -1, false, TYPALIGN_INT));
}
