/*
 * serve_db.c - the queue of webhooks that have come in, and the workers that take them to the database.
 *
 * A worker's connection that is lost is made anew, after failures with growing pauses; what comes in meanwhile is answered 503, for
 * senders try again. Whether an act whose connection was lost has been committed need not be known: the same message again gets the
 * answer it had, from the database.
 */
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "serve.h"

#define RETRIES 5
/* So much longer than a statement may take we wait for the server to say so. */
#define MORE_SECONDS 5

static const OpresServeConfig *settings;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t filled = PTHREAD_COND_INITIALIZER;
static OpresJob *first, **last = &first;
static int waiting;
static atomic_bool ending;
static pthread_t *workers;
static int worker_count;

/* They could hold anything, and standard error is the log. */
static void
no_notices(void *ctx, const PGresult *result)
{
}

/* Where a key comes twice, the last one counts. Keepalives: a machine that is gone says nothing. */
PGconn *
opres_serve_connect(const OpresServeConfig *config, const char *what, int seconds)
{
	char options[96];
	const char *keys[] = { "fallback_application_name",
						   "connect_timeout",
						   "target_session_attrs",
						   "keepalives_idle",
						   "keepalives_interval",
						   "keepalives_count",
						   "tcp_user_timeout",
						   "options",
						   "dbname",
						   "client_encoding",
						   NULL };
	const char *values[] = { "opres serve", "5", "read-write", "10", "5", "3", "30000", options, config->dbname, "UTF8", NULL };
	PGconn *conn;

	(void) snprintf(options, sizeof options, "-c statement_timeout=%ds -c lock_timeout=%dms", seconds, seconds * 1000 / 3);
	conn = PQconnectdbParams(keys, values, 1);
	(void) PQsetNoticeReceiver(conn, no_notices, NULL);

	if (conn != NULL && PQstatus(conn) == CONNECTION_OK)
	{
		atomic_store(&opres_serve_counts.database, true);
		return conn;
	}
	atomic_store(&opres_serve_counts.database, false);
	opres_serve_log("error", "database", "for=%s connected=false", what);
	PQfinish(conn);
	return NULL;
}

/* Whether the answer is here before the time is over. */
static bool
in_time(PGconn *conn, uint64_t until)
{
	while (PQisBusy(conn))
	{
		struct pollfd socket = { .fd = PQsocket(conn), .events = POLLIN };
		uint64_t now = opres_serve_now();

		if (now >= until)
			return false;
		(void) poll(&socket, 1, (int) ((until - now) / 1000 + 1));
		if (socket.revents != 0 && PQconsumeInput(conn) == 0)
			return true;
	}
	return true;
}

PGresult *
opres_serve_result(PGconn *conn, int sent, int seconds)
{
	PGresult *result = NULL, *next;

	/* With its socket shut down it is an error like any other. */
	if (sent == 1 && !in_time(conn, opres_serve_now() + (uint64_t) (seconds + MORE_SECONDS) * 1000000))
		(void) shutdown(PQsocket(conn), SHUT_RDWR);
	while (sent == 1 && (next = PQgetResult(conn)) != NULL)
	{
		PQclear(result);
		result = next;
	}
	return result != NULL ? result : PQmakeEmptyPGresult(conn, PGRES_FATAL_ERROR);
}

PGresult *
opres_serve_exec(PGconn *conn, const char *sql, int seconds)
{
	return opres_serve_result(conn, PQsendQuery(conn, sql), seconds);
}

long long
opres_serve_number(const PGresult *result, int column)
{
	const char *text = PQresultStatus(result) == PGRES_TUPLES_OK && PQntuples(result) == 1 ? PQgetvalue(result, 0, column) : "";
	char *end;
	long long number = strtoll(text, &end, 10);

	return *text != '\0' && *end == '\0' && number >= 0 ? number : -1;
}

/* Others of the same sender that wait; the lock is held. */
static int
of_sender(const char *sender)
{
	int count = 0;

	for (OpresJob *job = first; job != NULL; job = job->next)
		count += strcmp(job->sender, sender) == 0;
	return count;
}

int
opres_serve_db_put(OpresJob *job)
{
	int status = 0;

	pthread_mutex_lock(&lock);
	if (ending || waiting >= settings->max_queue)
		status = 503;
	else if (job->sender[0] != '\0' && waiting >= settings->per_sender && of_sender(job->sender) >= settings->per_sender)
		status = 429;
	else
	{
		job->next = NULL;
		job->put_at = opres_serve_now();
		*last = job;
		last = &job->next;
		waiting++;
		atomic_store(&opres_serve_counts.queued, waiting);
		pthread_cond_signal(&filled);
	}
	pthread_mutex_unlock(&lock);
	return status;
}

static OpresJob *
take(void)
{
	OpresJob *job;

	pthread_mutex_lock(&lock);
	while (first == NULL && !ending)
		pthread_cond_wait(&filled, &lock);
	job = first;
	if (job != NULL)
	{
		first = job->next;
		if (first == NULL)
			last = &first;
		waiting--;
		atomic_store(&opres_serve_counts.queued, waiting);
	}
	pthread_mutex_unlock(&lock);
	return job;
}

static PGresult *
call(PGconn *conn, const OpresJob *job)
{
	const char *values[] = { job->headers, job->body };
	int lengths[] = { 0, (int) job->length }, formats[] = { 0, 1 };

	return opres_serve_result(conn, PQsendQueryPrepared(conn, "receive", 2, values, lengths, formats, 0),
							  settings->request_timeout);
}

static bool
prepare(PGconn *conn)
{
	static const Oid types[] = { 3802 /* jsonb */, 17 /* bytea */ };
	int sent = PQsendPrepare(conn, "receive", "SELECT status, response FROM opres.receive_webhook($1, $2)", 2, types);
	PGresult *result = opres_serve_result(conn, sent, settings->request_timeout);
	bool fine = PQresultStatus(result) == PGRES_COMMAND_OK;

	if (!fine)
		opres_serve_log("error", "database", "prepared=false sqlstate=%s",
						PQresultErrorField(result, PG_DIAG_SQLSTATE) ? PQresultErrorField(result, PG_DIAG_SQLSTATE) : "-");
	PQclear(result);
	return fine;
}

static void
later(OpresJob *job, int seconds)
{
	job->status = 503;
	job->retry_after = seconds;
}

/*
 * The same again may succeed: no connection (08, or none known), no resources (53), shut down or cancelled (57), conflicts and
 * locks (40, 55P03), a server that has become a standby (25006).
 */
static bool
passes(const char *state)
{
	static const char *const states[] = { "08", "53", "57", "40", "55P03", "25006" };

	for (size_t i = 0; i < sizeof states / sizeof states[0]; i++)
		if (state != NULL && strncmp(state, states[i], strlen(states[i])) == 0)
			return true;
	return state == NULL;
}

typedef enum Outcome
{
	DONE,
	AGAIN, /* a conflict of serialization or a deadlock: over at the next attempt, mostly */
	LOST   /* the connection, or what it is good for */
} Outcome;

static Outcome
answer(OpresJob *job, PGconn *conn, PGresult *result)
{
	const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);

	long long status = opres_serve_number(result, 0);

	if (status >= 200 && status <= 599)
	{
		job->status = (int) status;
		job->retry_after = 0;
		job->response = PQgetisnull(result, 0, 1) ? NULL : strdup(PQgetvalue(result, 0, 1));
		return DONE;
	}
	opres_serve_log("error", "receive", "sqlstate=%s", state != NULL ? state : "-");
	later(job, 2);
	if (!passes(state))
	{
		/* Of class 22, before receive_webhook was called: a header has characters that the database's encoding does not have. */
		job->status = state != NULL && strncmp(state, "22", 2) == 0 ? 400 : 500;
		job->retry_after = 0;
	}
	if (PQstatus(conn) != CONNECTION_OK || (state != NULL && strcmp(state, "25006") == 0))
		return LOST;
	return state != NULL && strncmp(state, "40", 2) == 0 ? AGAIN : DONE;
}

/* The last thing that happened. */
static Outcome
ask(PGconn *conn, OpresJob *job)
{
	Outcome outcome = AGAIN;

	for (int attempt = 0; outcome == AGAIN && attempt <= RETRIES; attempt++)
	{
		PGresult *result = call(conn, job);

		outcome = answer(job, conn, result);
		PQclear(result);
	}
	return outcome;
}

typedef struct Worker
{
	PGconn *conn;
	uint64_t not_before, pause; /* of attempts to connect */
} Worker;

#define FIRST_PAUSE 250000
#define LAST_PAUSE 8000000

static void
disconnect(Worker *worker)
{
	PQfinish(worker->conn);
	worker->conn = NULL;
}

/* Attempts in growing distances, between them the answer is ready at once; but when another worker has reached it, so can we. */
static void
connect_if_due(Worker *worker)
{
	if (worker->conn != NULL || (opres_serve_now() < worker->not_before && !atomic_load(&opres_serve_counts.database)))
		return;
	worker->conn = opres_serve_connect(settings, "webhooks", settings->request_timeout);
	if (worker->conn != NULL && !prepare(worker->conn))
		disconnect(worker);
	if (worker->conn != NULL)
		worker->pause = FIRST_PAUSE;
	else
	{
		worker->not_before = opres_serve_now() + worker->pause;
		worker->pause = worker->pause < LAST_PAUSE ? worker->pause * 2 : LAST_PAUSE;
	}
}

/* A connection may have been lost long ago, so a lost one is made anew once: what was done is not done again, the database sees to
 * it. */
static void
serve_job(Worker *worker, OpresJob *job)
{
	Outcome outcome = LOST;

	later(job, 5);
	for (int attempt = 0; attempt < 2 && outcome == LOST; attempt++)
	{
		connect_if_due(worker);
		if (worker->conn == NULL)
			return;
		outcome = ask(worker->conn, job);
		if (outcome == LOST)
			disconnect(worker);
	}
}

static bool
too_late(const OpresJob *job)
{
	return opres_serve_now() - job->put_at > (uint64_t) settings->request_timeout * 1000000;
}

static void *
work(void *ctx)
{
	Worker worker = { .pause = FIRST_PAUSE };
	OpresJob *job;

	connect_if_due(&worker);
	while ((job = take()) != NULL)
	{
		if (ending || too_late(job))
			later(job, 5);
		else
			serve_job(&worker, job);
		job->done(job);
	}
	disconnect(&worker);
	return NULL;
}

bool
opres_serve_db_start(const OpresServeConfig *config)
{
	settings = config;
	workers = calloc((size_t) config->db_connections, sizeof *workers);
	while (workers != NULL && worker_count < config->db_connections)
	{
		if (pthread_create(&workers[worker_count], NULL, work, NULL) != 0)
			break;
		worker_count++;
	}
	if (worker_count > 0)
		return true;
	opres_serve_log("error", "start", "workers=0");
	return false;
}

void
opres_serve_db_stop(void)
{
	pthread_mutex_lock(&lock);
	ending = true;
	pthread_cond_broadcast(&filled);
	pthread_mutex_unlock(&lock);
	for (int i = 0; i < worker_count; i++)
		(void) pthread_join(workers[i], NULL);
	free(workers);
	workers = NULL;
	worker_count = 0;
}
