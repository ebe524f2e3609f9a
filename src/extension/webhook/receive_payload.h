/*
 * receive_payload.h - the body of a message, read: {"type": ..., "timestamp": ..., "data": {...}, "user": ..., "key": ...}.
 */
#ifndef OPRES_RECEIVE_PAYLOAD_H
#define OPRES_RECEIVE_PAYLOAD_H

#include "common/compat.h"
#include "playbook/json.h"
#include "utils/timestamp.h"
#include "webhook/scheme.h"

typedef struct OpresPayload
{
	const char *type;
	JsonbContainer *data;
	const char *user; /* of the sender's system; NULL if none is named */
	const char *key;  /* of the business transaction; NULL if it has none */
	bool timeless;    /* no timestamp */
	TimestampTz at;
} OpresPayload;

/* An error if it is none. form: it may be a form, as Slack sends them. In the current memory context. */
extern OpresPayload opres_payload_read(const OpresRequest *request, bool form);

/* When it happened, by its timestamp: not after now, if the sender's clock is no more than `tolerance` seconds ahead. */
extern TimestampTz opres_payload_time(const OpresPayload *payload, int64 tolerance);

/* Of what it asks for, without key and timestamp: the same for messages that ask for the same. */
extern void opres_payload_hash(const OpresPayload *payload, uint8 hash[OPRES_CONTENT_BYTES]);

#endif
