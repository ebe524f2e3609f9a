/*
 * rows.h - a set-returning function that hands its rows over all at once (materialize mode).
 */
#ifndef OPRES_ROWS_H
#define OPRES_ROWS_H

#include "common/compat.h"
#include "funcapi.h"
#include "utils/tuplestore.h"

typedef struct OpresOutput
{
	Tuplestorestate *store;
	TupleDesc desc;
} OpresOutput;

/* Sets the function up to return a tuplestore; memory of the rows belongs to the executor. */
extern OpresOutput opres_output_begin(FunctionCallInfo fcinfo);
extern void opres_output_row(OpresOutput *output, const Datum *values, const bool *nulls);

/* A column of type text; NULL for NULL. */
extern Datum opres_text_or_null(const char *value, bool *isnull);
/* A text[] of C strings. */
extern Datum opres_text_array(const char *const *items, int count);

#endif
