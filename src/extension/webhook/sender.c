/*
 * sender.c - senders of webhooks, read from their tables by index, without a query (sender.h).
 */
#include "webhook/sender.h"

#include "catalog/pg_type.h"
#include "incident/table_scan.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/timestamp.h"

OPRES_FUNCTION(opres_check_webhook_options);

/* Columns that are searched by, in the order of tables.sql. */
#define NAME 1
#define SENDER 1
#define EXTERNAL_ID 2
#define CODE 1

static OpresTableScan
scan_by_text(const char *table, const char *index, int column, const char *value)
{
	ScanKeyData key;

	ScanKeyInit(&key, column, BTEqualStrategyNumber, F_TEXTEQ, CStringGetTextDatum(value));
	return opres_table_scan(table, index, 1, &key);
}

static char *
text_or_null(const OpresTableScan *scan, HeapTuple row, const char *column)
{
	bool isnull;
	Datum value = opres_table_value_or_null(scan, row, column, &isnull);

	return isnull ? NULL : TextDatumGetCString(value);
}

static ArrayType *
array_or_null(const OpresTableScan *scan, HeapTuple row, const char *column)
{
	bool isnull;
	Datum value = opres_table_value_or_null(scan, row, column, &isnull);

	return isnull ? NULL : DatumGetArrayTypePCopy(value);
}

static void
read_secrets(OpresSender *sender)
{
	OpresTableScan scan = scan_by_text("webhook_secret", "webhook_secret_pkey", SENDER, sender->name);
	TimestampTz now = GetCurrentTimestamp();
	int room = 0;
	HeapTuple row;

	while ((row = opres_table_next(&scan)) != NULL)
	{
		bytea *secret;

		if (DatumGetTimestampTz(opres_table_value(&scan, row, "valid_until")) <= now)
			continue;
		if (sender->secret_count == room)
		{
			room = 2 * room + 4;
			sender->secrets = sender->secrets == NULL ? palloc(sizeof(OpresSecret) * room)
													  : repalloc(sender->secrets, sizeof(OpresSecret) * room);
		}
		secret = DatumGetByteaPCopy(opres_table_value(&scan, row, "secret"));
		sender->secrets[sender->secret_count++] =
			(OpresSecret){ .ed25519 = strcmp(TextDatumGetCString(opres_table_value(&scan, row, "kind")), "ed25519") == 0,
						   .bytes = (const uint8 *) VARDATA(secret),
						   .length = VARSIZE(secret) - VARHDRSZ };
	}
	opres_table_end(&scan);
}

static int64
seconds(const Interval *interval)
{
	return (interval->time + (interval->day + (int64) interval->month * DAYS_PER_MONTH) * USECS_PER_DAY) / USECS_PER_SEC;
}

static OpresSender *
read_sender(const OpresTableScan *scan, HeapTuple row)
{
	OpresSender *sender = palloc0(sizeof(OpresSender));

	sender->name = TextDatumGetCString(opres_table_value(scan, row, "name"));
	sender->scheme = opres_scheme(TextDatumGetCString(opres_table_value(scan, row, "scheme")),
								  DatumGetJsonbPCopy(opres_table_value(scan, row, "options")));
	sender->tolerance = seconds(DatumGetIntervalP(opres_table_value(scan, row, "tolerance")));
	sender->person = text_or_null(scan, row, "person");
	sender->role = text_or_null(scan, row, "role");
	sender->actions = DatumGetArrayTypePCopy(opres_table_value(scan, row, "actions"));
	sender->incidents = array_or_null(scan, row, "incidents");
	sender->attack_types = array_or_null(scan, row, "attack_types");
	return sender;
}

List *
opres_senders(const char *name)
{
	OpresTableScan scan = name != NULL ? scan_by_text("webhook_sender", "webhook_sender_pkey", NAME, name)
									   : opres_table_scan("webhook_sender", "webhook_sender_pkey", 0, NULL);
	List *senders = NIL;
	HeapTuple row;
	ListCell *cell;

	while ((row = opres_table_next(&scan)) != NULL)
		if (DatumGetBool(opres_table_value(&scan, row, "enabled")))
			senders = lappend(senders, read_sender(&scan, row));
	opres_table_end(&scan);
	foreach (cell, senders)
		read_secrets(lfirst(cell));
	return senders;
}

char *
opres_sender_user(const OpresSender *sender, const char *user)
{
	ScanKeyData keys[2];
	OpresTableScan scan;
	HeapTuple row;
	char *person = NULL;

	ScanKeyInit(&keys[0], SENDER, BTEqualStrategyNumber, F_TEXTEQ, CStringGetTextDatum(sender->name));
	ScanKeyInit(&keys[1], EXTERNAL_ID, BTEqualStrategyNumber, F_TEXTEQ, CStringGetTextDatum(user));
	scan = opres_table_scan("webhook_identity", "webhook_identity_pkey", lengthof(keys), keys);
	row = opres_table_next(&scan);
	if (row != NULL)
		person = TextDatumGetCString(opres_table_value(&scan, row, "person"));
	opres_table_end(&scan);
	return person;
}

bool
opres_person_is_there(const char *person)
{
	OpresTableScan scan = scan_by_text("person", "person_pkey", CODE, person);
	HeapTuple row = opres_table_next(&scan);
	bool erased = true;

	if (row != NULL)
	{
		bool isnull;

		(void) opres_table_value_or_null(&scan, row, "erased_at", &isnull);
		erased = !isnull;
	}
	opres_table_end(&scan);
	return !erased;
}

/* check_webhook_options(scheme text, options jsonb) */
Datum
opres_check_webhook_options(PG_FUNCTION_ARGS)
{
	(void) opres_scheme(text_to_cstring(PG_GETARG_TEXT_PP(0)), PG_GETARG_JSONB_P(1));
	PG_RETURN_VOID();
}
