/*
 * receive_receipt.h - which messages were dealt with, and what was answered.
 */
#ifndef OPRES_RECEIVE_RECEIPT_H
#define OPRES_RECEIVE_RECEIPT_H

#include "common/compat.h"
#include "utils/jsonb.h"

/* content: a hash of what the message says, of OPRES_CONTENT_BYTES (scheme.h). */

/* An HTTP status and what is said with it. */
typedef struct OpresAnswer
{
	int status;
	Jsonb *response;
} OpresAnswer;

typedef enum OpresSeen
{
	OPRES_NOT_SEEN,
	OPRES_SEEN,      /* answered before */
	OPRES_SEEN_OTHER /* another message bore this name */
} OpresSeen;

/*
 * Looks for the receipt of a message and waits for whoever deals with it just now: from here to the end of the transaction nobody
 * else will. The answer is a copy in the current memory context.
 */
extern OpresSeen opres_receipt_claim(const char *sender, const char *message, const uint8 *content, OpresAnswer *answer);

/* Keeps the receipt of a message that was claimed. SPI is connected. */
extern void opres_receipt_keep(const char *sender, const char *message, const uint8 *content, const OpresAnswer *answer);

#endif
