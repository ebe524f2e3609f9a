/*
 * playbook_server.c - see playbook_server.h.
 */
#include "playbook_server.h"

#include <string.h>

static const char setup[] =
	"SET search_path = pg_catalog, pg_temp; SET client_encoding = 'UTF8'; SET default_transaction_read_only = on; "
	"SET DateStyle = 'ISO'; SET IntervalStyle = 'iso_8601'; SET TimeZone = 'UTC'";
#define COLUMNS                                                                                                                    \
	"document, pg_catalog.current_database() || ', ' || id, (SELECT coalesce(pg_catalog.jsonb_object_agg(report, "                 \
	"pg_catalog.jsonb_build_object('anchor', anchor, 'after', after::text)), '{}') FROM opres.report_deadline)"

static const char one_playbook[] =
	"SELECT " COLUMNS " FROM opres.playbook "
	"WHERE id = $1 AND ($2::pg_catalog.timestamptz IS NULL OR modified = $2) ORDER BY modified DESC LIMIT 1";
static const char all_playbooks[] = "SELECT " COLUMNS " FROM (SELECT DISTINCT ON (id) * FROM opres.playbook "
									"ORDER BY id, modified DESC) AS p WHERE NOT revoked ORDER BY attack_type, name, id";

static void
no_notices(void *arg, const PGresult *result)
{
}

static void
refuse(PGconn *connection, OpresFailure *failure)
{
	(void) opres_refuse(failure, "server: %s", "サーバ: %s", opres_shown_message(PQerrorMessage(connection)));
}

PGconn *
opres_playbooks_connect(const char *conninfo, OpresFailure *failure)
{
	/* Where a key comes twice, the last one counts: the connection string's own. */
	const char *const keys[] = { "fallback_application_name", "dbname", NULL };
	const char *const values[] = { "opres playbook", conninfo ? conninfo : "", NULL };
	PGconn *connection = PQconnectdbParams(keys, values, 1);
	PGresult *result = NULL;

	if (!connection)
	{
		(void) opres_refuse(failure, "not enough memory", "メモリが不足しています");
		return NULL;
	}
	(void) PQsetNoticeReceiver(connection, no_notices, NULL);
	if (PQstatus(connection) == CONNECTION_OK)
		result = PQexec(connection, setup);
	if (PQresultStatus(result) == PGRES_COMMAND_OK)
	{
		PQclear(result);
		return connection;
	}
	PQclear(result);
	refuse(connection, failure);
	PQfinish(connection);
	return NULL;
}

PGresult *
opres_playbooks_fetch(PGconn *connection, const char *which, OpresFailure *failure)
{
	char id[512] = "";
	const char *at = which ? strchr(which, '@') : NULL;
	const char *const values[] = { id, at ? at + 1 : NULL };
	PGresult *result;

	(void) snprintf(id, sizeof id, "%.*s", which ? (int) (at ? at - which : (ptrdiff_t) strlen(which)) : 0, which ? which : "");
	result = PQexecParams(connection, which ? one_playbook : all_playbooks, which ? 2 : 0, NULL, values, NULL, NULL, 0);
	if (PQresultStatus(result) != PGRES_TUPLES_OK)
		refuse(connection, failure);
	else if (PQntuples(result) == 0)
		(void) opres_refuse(failure, "the database has no such playbook: %s", "データベースに該当するプレイブックがありません: %s",
							which ? opres_shown(which) : "--all");
	else
		return result;
	PQclear(result);
	return NULL;
}
