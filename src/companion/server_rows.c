/*
 * server_rows.c - reads the table by COPY, in one read-only transaction of one snapshot. What it needs of the server is SELECT on
 * the table: no function of ours is called, and the rows come as they lie in the table, not through an index or a view of it.
 */
#include "server_rows.h"

#include <libpq-fe.h>
#include <stdlib.h>
#include <string.h>

#include "note.h"

/* row_security off: an error instead of fewer rows. */
static const char setup[] =
	"SET search_path = pg_catalog, pg_temp; SET client_encoding = 'UTF8'; SET DateStyle = 'ISO'; SET TimeZone = 'UTC'; "
	"SET bytea_output = 'hex'; SET row_security = off; SET statement_timeout = 0; SET lock_timeout = 0; "
	"SET idle_in_transaction_session_timeout = 0; BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
static const char last_entry[] = "SELECT pg_catalog.max(entry) FROM ONLY opres.audit_entry";
static const char all_rows[] =
	"COPY (SELECT entry, previous_hash, at, login, session_role, acting_role, action, subject, content_hash, "
	"leaf_hash, salt, reason, content FROM ONLY opres.audit_entry) TO STDOUT";

static void
no_notices(void *arg, const PGresult *result)
{
}

static bool
failed(OpresServerRows *rows)
{
	return opres_refuse(&rows->failure, "server: %s", "サーバ: %s", opres_shown_message(PQerrorMessage(rows->connection)));
}

/* Runs statements; the last one's result, NULL after a failure. */
static PGresult *
run(OpresServerRows *rows, const char *statements, ExecStatusType wanted)
{
	PGresult *result = PQexec(rows->connection, statements);

	if (PQresultStatus(result) == wanted)
		return result;
	PQclear(result);
	(void) failed(rows);
	return NULL;
}

static bool
done(OpresServerRows *rows, const char *statements, ExecStatusType wanted)
{
	PGresult *result = run(rows, statements, wanted);

	PQclear(result);
	return result != NULL;
}

static bool
begin(OpresServerRows *rows)
{
	PGresult *result;

	if (!done(rows, setup, PGRES_COMMAND_OK))
		return false;
	result = run(rows, last_entry, PGRES_TUPLES_OK);
	if (!result)
		return false;
	if (!opres_decimal_parse(PQgetvalue(result, 0, 0), (size_t) PQgetlength(result, 0, 0), INT64_MAX, &rows->expected))
		rows->expected = 0;
	PQclear(result);
	return done(rows, all_rows, PGRES_COPY_OUT);
}

bool
opres_server_rows_open(OpresServerRows *rows, const char *conninfo)
{
	/* Where a key comes twice, the last one counts: the connection string's own. */
	const char *const keys[] = { "fallback_application_name", "dbname", NULL };
	const char *const values[] = { "opres verify", conninfo ? conninfo : "", NULL };

	memset(rows, 0, sizeof *rows);
	opres_layout_default(&rows->layout);
	/* All but the subtrees. */
	memmove(&rows->layout.columns[OPRES_COLUMN_SUBTREES], &rows->layout.columns[OPRES_COLUMN_SUBTREES + 1],
			(OPRES_COLUMNS - OPRES_COLUMN_SUBTREES - 1) * sizeof rows->layout.columns[0]);
	rows->layout.count--;
	rows->connection = PQconnectdbParams(keys, values, 1);
	if (!rows->connection)
		return opres_refuse(&rows->failure, "not enough memory", "メモリが不足しています");
	(void) PQsetNoticeReceiver(rows->connection, no_notices, NULL);
	return PQstatus(rows->connection) == CONNECTION_OK ? begin(rows) : failed(rows);
}

void
opres_server_rows_close(OpresServerRows *rows)
{
	if (rows->line)
		PQfreemem(rows->line);
	PQfinish(rows->connection);
	rows->line = NULL;
	rows->connection = NULL;
}

/* The data are through: did the server say so too? */
static OpresNext
end(OpresServerRows *rows)
{
	PGresult *result = PQgetResult(rows->connection);
	bool fine = PQresultStatus(result) == PGRES_COMMAND_OK;

	PQclear(result);
	if (fine)
		return OPRES_NEXT_END;
	(void) failed(rows);
	return OPRES_NEXT_FAILED;
}

OpresNext
opres_server_rows_next(OpresServerRows *rows, OpresRow *row)
{
	OpresValue values[OPRES_COLUMNS];
	int length;

	if (rows->line)
		PQfreemem(rows->line);
	rows->line = NULL;
	length = PQgetCopyData(rows->connection, &rows->line, 0);
	if (length == -1)
		return end(rows);
	if (length < 0)
	{
		(void) failed(rows);
		return OPRES_NEXT_FAILED;
	}
	if (length > 0 && rows->line[length - 1] == '\n')
		length--;
	rows->row++;
	if (opres_copy_split(&rows->layout, rows->line, (size_t) length, values))
		opres_row_read(values, rows->row, row);
	else
		opres_row_illegible(rows->row, row);
	return OPRES_NEXT_ROW;
}
