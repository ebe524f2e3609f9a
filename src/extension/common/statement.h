/*
 * statement.h - SQL that C functions run again and again: prepared once per session.
 */
#ifndef OPRES_STATEMENT_H
#define OPRES_STATEMENT_H

#include "common/compat.h"
#include "executor/spi.h"

#define OPRES_STATEMENT_ARGUMENTS 20

typedef struct OpresStatement
{
	const char *sql; /* names written with their schemas */
	int count;
	Oid types[OPRES_STATEMENT_ARGUMENTS];
	SPIPlanPtr plan; /* filled in at first use */
} OpresStatement;

/* An OpresStatement of this text and these argument types. */
#define OPRES_SQL(text, ...)                                                                                                       \
	{                                                                                                                              \
		.sql = text, .count = lengthof(((Oid[]){ __VA_ARGS__ })), .types = { __VA_ARGS__ }                                         \
	}

/*
 * Runs it; SPI is connected. read_only: under the active snapshot, as STABLE functions do; else what this transaction did and, at
 * READ COMMITTED, what others have committed until now is seen. Returns the number of rows; they are in SPI_tuptable.
 */
extern uint64 opres_statement(OpresStatement *statement, const Datum *values, const bool *nulls, bool read_only);
/* A column (from 1) of a row (from 0) of the result, in the memory of SPI's procedure. */
extern Datum opres_column(uint64 row, int column, bool *isnull);
/* The same as a C string, NULL for NULL: of a text column. */
extern char *opres_column_text(uint64 row, int column);

#endif
