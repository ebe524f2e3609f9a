/*
 * publish.c - events into the outbox (publish.h).
 *
 * No personal data leaves: people are told by their codes, notes and evidence stay here. Who wants more asks the database.
 */
#include "webhook/publish.h"

#include "catalog/pg_type.h"
#include "common/statement.h"
#include "incident/table_scan.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"

OPRES_FUNCTION(opres_publish_sql);

bool
opres_anybody_listens(void)
{
	OpresTableScan scan = opres_table_scan("webhook_endpoint", "webhook_endpoint_pkey", 0, NULL);
	bool somebody = opres_table_next(&scan) != NULL;

	opres_table_end(&scan);
	return somebody;
}

void
opres_publish(const char *type, int64 incident, const char *data)
{
	static OpresStatement insert = OPRES_SQL(
		"WITH told AS (INSERT INTO opres.outbox (endpoint, message_id, type, body, created_at, next_attempt_at)"
		" SELECT e.name, 'msg_' || replace(gen_random_uuid()::text, '-', ''), $1, jsonb_build_object('type', $1, 'timestamp',"
		" opres.utc_text(clock_timestamp()), 'data', jsonb_build_object('incident', i.id, 'attack_type', i.attack_type, 'severity',"
		" i.severity, 'exercise', i.exercise) || $3::jsonb)::text, clock_timestamp(), clock_timestamp()"
		" FROM opres.incident AS i JOIN opres.webhook_endpoint AS e ON e.enabled AND i.severity OPERATOR(pg_catalog.>=) "
		"e.min_severity"
		" AND (e.confidential OR NOT i.confidential)"
		" AND (e.attack_types IS NULL OR i.attack_type OPERATOR(pg_catalog.=) ANY (e.attack_types))"
		" AND EXISTS (SELECT FROM unnest(e.events) AS p (pattern)"
		" WHERE $1 OPERATOR(pg_catalog.~~) replace(replace(p.pattern, '_', '\\_'), '*', '%'))"
		" WHERE i.id OPERATOR(pg_catalog.=) $2 ORDER BY e.name RETURNING 1)"
		" SELECT pg_notify('opres_outbox', '') FROM told LIMIT 1",
		TEXTOID, INT8OID, TEXTOID);
	Datum values[3] = { CStringGetTextDatum(type), Int64GetDatum(incident), CStringGetTextDatum(data) };

	opres_statement(&insert, values, NULL, false);
}

Datum
opres_publish_sql(PG_FUNCTION_ARGS)
{
	char *data;

	if (!opres_anybody_listens())
		PG_RETURN_VOID();
	SPI_connect();
	data = JsonbToCString(NULL, &PG_GETARG_JSONB_P(2)->root, VARSIZE(PG_GETARG_JSONB_P(2)));
	opres_publish(text_to_cstring(PG_GETARG_TEXT_PP(0)), PG_GETARG_INT64(1), data);
	SPI_finish();
	PG_RETURN_VOID();
}
