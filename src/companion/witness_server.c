/*
 * witness_server.c - one connection by libpq, and one read-only transaction on it. A server that stands still is left after a
 * while: the statement has a time limit there, the wait has one here, and connecting has libpq's.
 */
#include "witness_server.h"

#include <errno.h>
#include <inttypes.h>
#include <libpq-fe.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "words.h"

#define CONNECT_SECONDS "15"
#define STATEMENT_SECONDS 60
#define WAIT_SECONDS 90

#define STRING(x) #x
#define SECONDS(x) STRING(x) "s"
static const char setup[] =
	"SET search_path = pg_catalog, pg_temp; SET lock_timeout = 0; "
	"SET statement_timeout = '" SECONDS(STATEMENT_SECONDS) "'; "
														   "SET idle_in_transaction_session_timeout = '" SECONDS(WAIT_SECONDS) "'";
static const char begin[] = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
static const char ask_checkpoint[] = "SELECT opres.audit_checkpoint()";
static const char ask_proof[] = "SELECT pg_catalog.encode(p.hash, 'hex') "
								"FROM pg_catalog.unnest(opres.audit_consistency_proof($1::pg_catalog.int8, $2::pg_catalog.int8)) "
								"WITH ORDINALITY AS p (hash, place) ORDER BY p.place";

static void
no_notices(void *arg, const PGresult *result)
{
}

static OpresReply
failed(OpresReply reply, const char *message)
{
	opres_complain("server: %s", "サーバ: %s", opres_shown_message(message));
	return reply;
}

/* A password has no place in the list of processes. */
bool
opres_server_conninfo_valid(const char *conninfo)
{
	char *message = NULL;
	PQconninfoOption *options;
	bool password = false;

	/* A plain name, as libpq tells it. */
	if (!strchr(conninfo, '=') && strncmp(conninfo, "postgresql://", 13) != 0 && strncmp(conninfo, "postgres://", 11) != 0)
		return true;
	options = PQconninfoParse(conninfo, &message);
	if (!options)
	{
		opres_complain("--dbname: %s", "--dbname: %s", message ? opres_shown_message(message) : strerror(ENOMEM));
		PQfreemem(message);
		return false;
	}
	for (const PQconninfoOption *option = options; option->keyword; option++)
		if (option->val && (strcmp(option->keyword, "password") == 0 || strcmp(option->keyword, "sslpassword") == 0))
			password = true;
	PQconninfoFree(options);
	if (password)
		opres_complain("--dbname holds a password, which other users of this machine can read: use a password file (~/.pgpass)",
					   "--dbname "
					   "にパスワードが含まれています。このマシンの他のユーザに読まれるため、パスワードファイル（~/"
					   ".pgpass）を使用してください");
	return !password;
}

/* Waits for the socket, not longer than to the deadline; false then. */
static bool
wait_for(PGconn *connection, time_t deadline)
{
	for (;;)
	{
		struct timespec now;
		struct pollfd socket = { .fd = PQsocket(connection), .events = POLLIN };
		int ready;

		(void) clock_gettime(CLOCK_MONOTONIC, &now);
		if (now.tv_sec >= deadline || socket.fd < 0)
			return false;
		ready = poll(&socket, 1, 1000);
		if (ready > 0)
			return true;
		if (ready < 0 && errno != EINTR)
			return false;
	}
}

/* Sends a query that has gone out whole when PQsend* returns (blocking mode), and takes its last result; NULL: too slow, or gone.
 */
static PGresult *
ask(PGconn *connection, const char *query, int count, const char *const *values)
{
	struct timespec now;
	PGresult *last = NULL, *result;

	(void) clock_gettime(CLOCK_MONOTONIC, &now);
	if (!(count ? PQsendQueryParams(connection, query, count, NULL, values, NULL, NULL, 0) : PQsendQuery(connection, query)))
		return NULL;
	for (;;)
	{
		while (PQisBusy(connection))
			if (!wait_for(connection, now.tv_sec + WAIT_SECONDS) || !PQconsumeInput(connection))
			{
				PQclear(last);
				return NULL;
			}
		result = PQgetResult(connection);
		if (!result)
			return last;
		/* The first that failed counts. */
		if (last && PQresultStatus(last) == PGRES_FATAL_ERROR)
			PQclear(result);
		else
		{
			PQclear(last);
			last = result;
		}
		if (PQstatus(connection) == CONNECTION_BAD)
			return last;
	}
}

static bool
begins_with_one_of(const char *state, const char *const *prefixes)
{
	for (; *prefixes; prefixes++)
		if (strncmp(state, *prefixes, strlen(*prefixes)) == 0)
			return true;
	return false;
}

/* By SQLSTATE: what passes, what stays, and what says that the trail is damaged, or not of the size it was just said to be. */
static OpresReply
judge_error(const PGresult *result)
{
	static const char *const passing[] = { "08", "40", "53", "57", "55P03", NULL };
	static const char *const damage[] = { "XX001", "XX002", "22", NULL };
	const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);

	if (!state || begins_with_one_of(state, passing))
		return OPRES_REPLY_LATER;
	return begins_with_one_of(state, damage) ? OPRES_REPLY_IMPOSSIBLE : OPRES_REPLY_NONE;
}

static OpresReply
query(PGconn *connection, const char *text, int count, const char *const *values, PGresult **result)
{
	ExecStatusType status;
	OpresReply reply;

	*result = ask(connection, text, count, values);
	if (!*result)
		return failed(OPRES_REPLY_LATER, PQstatus(connection) == CONNECTION_BAD
											 ? PQerrorMessage(connection)
											 : opres_word("does not answer", "応答がありません"));
	status = PQresultStatus(*result);
	if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK)
		return OPRES_REPLY;
	reply = status == PGRES_FATAL_ERROR ? judge_error(*result) : OPRES_REPLY_NONE;
	(void) failed(reply, PQresultErrorMessage(*result));
	PQclear(*result);
	*result = NULL;
	return reply;
}

static OpresReply
command(PGconn *connection, const char *text)
{
	PGresult *result;
	OpresReply reply = query(connection, text, 0, NULL, &result);

	PQclear(result);
	return reply;
}

static OpresReply
impossible(const char *what, const char *why)
{
	opres_complain("the server's %s %s", "サーバの%s: %s", what, why);
	return OPRES_REPLY_IMPOSSIBLE;
}

/* Beyond the form of a checkpoint: an origin of ours, and the one root that an empty tree has. */
static OpresReply
check_checkpoint(const OpresCheckpoint *checkpoint)
{
	const char *what = opres_word("checkpoint", "チェックポイント");
	OpresOrigin origin;
	OpresHash empty;

	if (!opres_origin_parse(checkpoint->origin, &origin))
		return impossible(what, opres_word("has an origin that is not valid", "起点(origin)が正しくありません"));
	if (checkpoint->size == 0 && (!opres_empty_root(&empty) || !opres_hash_equal(&checkpoint->root, &empty)))
		return impossible(what, opres_word("is of an empty trail, and has a wrong root", "空の証跡であるのにルートが違います"));
	return OPRES_REPLY;
}

static OpresReply
take_checkpoint(PGconn *connection, OpresCheckpoint *checkpoint)
{
	const char *what = opres_word("checkpoint", "チェックポイント"), *why;
	PGresult *result;
	OpresReply reply = query(connection, ask_checkpoint, 0, NULL, &result);

	if (reply != OPRES_REPLY)
		return reply;
	if (PQntuples(result) != 1 || PQnfields(result) != 1 || PQgetisnull(result, 0, 0))
		reply = impossible(what, opres_word("is missing", "がありません"));
	else if (!opres_checkpoint_parse(PQgetvalue(result, 0, 0), (size_t) PQgetlength(result, 0, 0), checkpoint, &why))
		reply = impossible(what, why);
	else
		reply = check_checkpoint(checkpoint);
	PQclear(result);
	return reply;
}

static bool
parse_hex(const char *text, OpresHash *hash)
{
	static const char digits[] = "0123456789abcdef";

	if (strlen(text) != 2 * OPRES_HASH_BYTES)
		return false;
	for (int i = 0; i < OPRES_HASH_BYTES; i++)
	{
		const char *high = strchr(digits, text[2 * i]), *low = strchr(digits, text[2 * i + 1]);

		if (!high || !low)
			return false;
		hash->bytes[i] = (uint8_t) ((high - digits) * 16 + (low - digits));
	}
	return true;
}

static OpresReply
take_proof(PGconn *connection, uint64_t old_size, OpresAnswer *answer)
{
	char sizes[2][24];
	const char *values[2] = { sizes[0], sizes[1] };
	bool whole = true;
	PGresult *result;
	OpresReply reply;

	(void) snprintf(sizes[0], sizeof sizes[0], "%" PRIu64, old_size);
	(void) snprintf(sizes[1], sizeof sizes[1], "%" PRIu64, answer->now.size);
	reply = query(connection, ask_proof, 2, values, &result);
	if (reply != OPRES_REPLY)
		return reply;
	answer->count = PQntuples(result);
	if (answer->count > OPRES_PROOF_MAX || PQnfields(result) != 1)
		whole = false;
	for (int i = 0; whole && i < answer->count; i++)
		whole = parse_hex(PQgetvalue(result, i, 0), &answer->proof[i]);
	PQclear(result);
	return whole ? OPRES_REPLY
				 : impossible(opres_word("consistency proof", "整合性証明"),
							  opres_word("is not a list of hashes", "ハッシュの列ではありません"));
}

static OpresReply
ask_all(PGconn *connection, const OpresCheckpoint *last, OpresAnswer *answer)
{
	OpresReply reply = command(connection, setup);

	if (reply == OPRES_REPLY)
		reply = command(connection, begin);
	if (reply == OPRES_REPLY)
		reply = take_checkpoint(connection, &answer->now);
	if (reply == OPRES_REPLY && last && answer->now.size > last->size)
		reply = take_proof(connection, last->size, answer);
	if (reply == OPRES_REPLY)
		reply = command(connection, "COMMIT");
	return reply;
}

OpresReply
opres_server_ask(const char *conninfo, const OpresCheckpoint *last, OpresAnswer *answer)
{
	/* The connection string comes last: what it says of these counts. */
	static const char *const keywords[] = { "target_session_attrs",
											"connect_timeout",
											"tcp_user_timeout",
											"client_encoding",
											"fallback_application_name",
											"dbname",
											NULL };
	const char *const values[] = { "primary", CONNECT_SECONDS, "60000", "UTF8", "opres-witness", conninfo, NULL };
	PGconn *connection = PQconnectdbParams(keywords, values, 1);
	OpresReply reply;

	memset(answer, 0, sizeof *answer);
	if (PQstatus(connection) == CONNECTION_OK)
	{
		(void) PQsetNoticeReceiver(connection, no_notices, NULL);
		reply = ask_all(connection, last, answer);
	}
	else
		reply = failed(OPRES_REPLY_LATER, PQerrorMessage(connection));
	PQfinish(connection);
	return reply;
}
