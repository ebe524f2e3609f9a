/*
 * server_rows.h - the rows of opres.audit_entry over a connection.
 */
#ifndef OPRES_SERVER_ROWS_H
#define OPRES_SERVER_ROWS_H

#include "dump.h"

typedef struct OpresServerRows
{
	struct pg_conn *connection;
	char *line; /* libpq's */
	OpresLayout layout;
	uint64_t row;
	uint64_t expected; /* entries, for the progress line */
	OpresFailure failure;
} OpresServerRows;

/* Connects (conninfo NULL: libpq's defaults) and begins to read. What fails stands in failure; it is to be closed in any case. */
bool opres_server_rows_open(OpresServerRows *rows, const char *conninfo);
void opres_server_rows_close(OpresServerRows *rows);
/* The next row; its texts are valid until the next call. */
OpresNext opres_server_rows_next(OpresServerRows *rows, OpresRow *row);

#endif
