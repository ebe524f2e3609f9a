/*
 * statement.c - prepared statements of C functions (statement.h).
 */
#include "common/statement.h"

#include "utils/builtins.h"

uint64
opres_statement(OpresStatement *statement, const Datum *values, const bool *nulls, bool read_only)
{
	char marks[OPRES_STATEMENT_ARGUMENTS + 1];

	Assert(statement->count <= OPRES_STATEMENT_ARGUMENTS);
	if (statement->plan == NULL)
	{
		SPIPlanPtr plan = SPI_prepare(statement->sql, statement->count, statement->types);

		if (plan == NULL || SPI_keepplan(plan) != 0)
			elog(ERROR, "cannot prepare a statement: %s", SPI_result_code_string(SPI_result));
		statement->plan = plan;
	}
	for (int i = 0; i < statement->count; i++)
		marks[i] = nulls != NULL && nulls[i] ? 'n' : ' ';
	marks[statement->count] = '\0';
	if (SPI_execute_plan(statement->plan, (Datum *) values, marks, read_only, 0) < 0)
		elog(ERROR, "cannot run a statement: %s", SPI_result_code_string(SPI_result));
	return SPI_processed;
}

Datum
opres_column(uint64 row, int column, bool *isnull)
{
	return SPI_getbinval(SPI_tuptable->vals[row], SPI_tuptable->tupdesc, column, isnull);
}

char *
opres_column_text(uint64 row, int column)
{
	bool isnull;
	Datum value = opres_column(row, column, &isnull);

	return isnull ? NULL : TextDatumGetCString(value);
}
