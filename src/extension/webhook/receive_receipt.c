/*
 * receive_receipt.c - receipts of messages (receive_receipt.h).
 *
 * Two deliveries of one message at the same time: both ask for a lock on its name; the second waits until the first has committed,
 * and then finds the receipt: the latest snapshot is asked, not the one the statement began with. A hash of the name stands for it
 * in the lock: two messages that share one wait for each other, no more.
 */
#include "webhook/receive_receipt.h"

#include "access/xact.h"
#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "common/hashfn.h"
#include "common/statement.h"
#include "incident/table_scan.h"
#include "miscadmin.h"
#include "storage/lock.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"
#include "webhook/scheme.h"

/* Columns that are searched by, in the order of tables.sql. */
#define SENDER 1
#define MESSAGE_ID 2

static void
lock_message(const char *sender, const char *message)
{
	Oid table = get_relname_relid("webhook_receipt", get_namespace_oid("opres", false));
	uint64 hash = hash_bytes_extended((const unsigned char *) message, (int) strlen(message),
									  hash_bytes((const unsigned char *) sender, (int) strlen(sender)));
	LOCKTAG tag;

	SET_LOCKTAG_OBJECT(tag, MyDatabaseId, table, (uint32) hash, (uint16) (hash >> 32));
	(void) LockAcquire(&tag, ExclusiveLock, false, false);
}

OpresSeen
opres_receipt_claim(const char *sender, const char *message, const uint8 *content, OpresAnswer *answer)
{
	ScanKeyData keys[2];
	OpresTableScan scan;
	HeapTuple row;
	OpresSeen seen = OPRES_NOT_SEEN;

	lock_message(sender, message);
	CommandCounterIncrement(); /* what this transaction received before counts too */
	PushActiveSnapshot(GetLatestSnapshot());
	ScanKeyInit(&keys[0], SENDER, BTEqualStrategyNumber, F_TEXTEQ, CStringGetTextDatum(sender));
	ScanKeyInit(&keys[1], MESSAGE_ID, BTEqualStrategyNumber, F_TEXTEQ, CStringGetTextDatum(message));
	scan = opres_table_scan("webhook_receipt", "webhook_receipt_pkey", lengthof(keys), keys);
	row = opres_table_next(&scan);
	if (row != NULL)
	{
		bytea *hash = DatumGetByteaPP(opres_table_value(&scan, row, "body_hash"));

		seen = VARSIZE_ANY_EXHDR(hash) == OPRES_CONTENT_BYTES && memcmp(VARDATA_ANY(hash), content, OPRES_CONTENT_BYTES) == 0
				   ? OPRES_SEEN
				   : OPRES_SEEN_OTHER;
		answer->status = DatumGetInt32(opres_table_value(&scan, row, "status"));
		answer->response = DatumGetJsonbPCopy(opres_table_value(&scan, row, "response"));
	}
	opres_table_end(&scan);
	PopActiveSnapshot();
	return seen;
}

void
opres_receipt_keep(const char *sender, const char *message, const uint8 *content, const OpresAnswer *answer)
{
	static OpresStatement insert =
		OPRES_SQL("INSERT INTO opres.webhook_receipt (sender, message_id, body_hash, received_at, status, response)"
				  " VALUES ($1, $2, $3, $4, $5, $6)",
				  TEXTOID, TEXTOID, BYTEAOID, TIMESTAMPTZOID, INT4OID, JSONBOID);
	bytea *hash = palloc(VARHDRSZ + OPRES_CONTENT_BYTES);
	Datum values[6];

	SET_VARSIZE(hash, VARHDRSZ + OPRES_CONTENT_BYTES);
	memcpy(VARDATA(hash), content, OPRES_CONTENT_BYTES);
	values[0] = CStringGetTextDatum(sender);
	values[1] = CStringGetTextDatum(message);
	values[2] = PointerGetDatum(hash);
	values[3] = TimestampTzGetDatum(GetCurrentTimestamp());
	values[4] = Int32GetDatum(answer->status);
	values[5] = JsonbPGetDatum(answer->response);
	opres_statement(&insert, values, NULL, false);
}
