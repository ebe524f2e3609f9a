/*
 * receive.c - receive_webhook: a request that has come in, its sender known by the signature, done once.
 *
 *   sender     named by the path (/webhook/NAME); else each whose headers are there is tried. No such sender, disabled, no valid
 *              secret, a time too far from now, a wrong signature: the answer is the same, and nothing is kept.
 *   message    known by its id, or by the hash of its body where the id is not signed (scheme.h). Who comes first deals with it;
 *              the others wait for the receipt and get the answer it keeps (receive_receipt.h).
 *   act        receive_act.h. What was refused leaves no receipt: when it is sent again, it is judged anew, since what was in its
 *              way may have gone; what was done is not done again.
 *
 * All in one transaction: the act, its entries in the audit trail, the receipt. So a receipt is there if and only if it was done.
 */
#include "common/compat.h"

#include "common/statement.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "tcop/utility.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"
#include "webhook/receive_act.h"

OPRES_FUNCTION(opres_receive_webhook);

#define PATH "/webhook/"
/* Larger bodies are refused before anything is computed of them. */
#define LARGEST_BODY (1024 * 1024)

/* The name in the path; NULL if there is none. */
static char *
name_in_path(const OpresHeaders *headers)
{
	char *path = opres_header(headers, ":path");
	char *name;

	if (path == NULL || strncmp(path, PATH, strlen(PATH)) != 0)
		return NULL;
	name = path + strlen(PATH);
	name[strcspn(name, "/?#")] = '\0';
	return *name != '\0' ? name : NULL;
}

/* Who has signed it; NULL if nobody we know. */
static const OpresSender *
find_sender(const OpresRequest *request, char **message)
{
	List *senders = opres_senders(name_in_path(&request->headers));
	ListCell *cell;

	foreach (cell, senders)
	{
		const OpresSender *sender = lfirst(cell);

		if (opres_scheme_check(&sender->scheme, request, sender->tolerance, sender->secrets, sender->secret_count, message))
			return sender;
	}
	return NULL;
}

static OpresAnswer
receive(const OpresRequest *request)
{
	uint8 content[OPRES_CONTENT_BYTES];
	OpresAnswer answer = { 0 };
	const OpresSender *sender;
	char *message = NULL;

	if (request->length > LARGEST_BODY)
		return opres_webhook_refusal(413, "too large", NULL, NULL);
	sender = find_sender(request, &message);
	if (sender == NULL)
		return opres_webhook_refusal(401, "not signed as expected", NULL, NULL);
	opres_message_hash(request->body, request->length, content);
	switch (opres_receipt_claim(sender->name, message, content, &answer))
	{
		case OPRES_SEEN:
			return answer;
		case OPRES_SEEN_OTHER:
			return opres_webhook_refusal(409, "conflict", "the id of this message was used for another one", NULL);
		case OPRES_NOT_SEEN:
			break;
	}
	answer = opres_webhook_act(sender, request);
	if (answer.status == 200)
	{
		SPI_connect();
		opres_receipt_keep(sender->name, message, content, &answer);
		SPI_finish();
	}
	return answer;
}

static OpresAnswer
receive_arguments(FunctionCallInfo fcinfo)
{
	OpresRequest request;
	bytea *body;

	if (PG_ARGISNULL(0) || PG_ARGISNULL(1) || !opres_headers_read(PG_GETARG_JSONB_P(0), &request.headers))
		return opres_webhook_refusal(400, "malformed", NULL, NULL);
	body = PG_GETARG_BYTEA_PP(1);
	request.body = VARDATA_ANY(body);
	request.length = VARSIZE_ANY_EXHDR(body);
	request.now = (GetCurrentTimestamp() + (POSTGRES_EPOCH_JDATE - UNIX_EPOCH_JDATE) * USECS_PER_DAY) / USECS_PER_SEC;
	return receive(&request);
}

/* A set of one row: isDone stays ExprSingleResult. */
Datum
opres_receive_webhook(PG_FUNCTION_ARGS)
{
	TupleDesc desc;
	OpresAnswer answer;
	Datum values[2];
	bool nulls[2] = { false, false };

	PreventCommandIfReadOnly("receive_webhook()");
	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "receive_webhook returns no row");
	answer = receive_arguments(fcinfo);
	values[0] = Int32GetDatum(answer.status);
	values[1] = JsonbPGetDatum(answer.response);
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(desc), values, nulls)));
}
