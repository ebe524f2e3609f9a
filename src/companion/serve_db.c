/*
 * serve_db.c - the queue of webhooks that have come in, and the workers that take them to the database.
 *
 * A worker's connection that is lost is made anew with growing pauses; what comes in meanwhile is answered 503 after one attempt,
 * for senders try again. Whether an act whose connection was lost has been committed need not be known: the same message again gets
 * the answer it had, from the database.
 */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "serve.h"

#define RETRIES 5

static const OpresServeConfig *settings;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t filled = PTHREAD_COND_INITIALIZER, emptied = PTHREAD_COND_INITIALIZER;
static OpresJob *first, **last = &first;
static int waiting, working;
static bool ending;
static pthread_t *workers;
static int worker_count;

PGconn *
opres_serve_connect(const OpresServeConfig *config, const char *what)
{
	const char *keys[] = { "dbname", "fallback_application_name", "connect_timeout", "client_encoding", "options", NULL };
	const char *values[] = { config->dbname, "opres serve", "5", "UTF8", "-c statement_timeout=30s -c lock_timeout=10s", NULL };
	PGconn *conn = PQconnectdbParams(keys, values, 1);

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
		working++;
		atomic_store(&opres_serve_counts.queued, waiting);
	}
	pthread_mutex_unlock(&lock);
	return job;
}

static void
finished(OpresJob *job)
{
	job->done(job);
	pthread_mutex_lock(&lock);
	working--;
	if (first == NULL && working == 0)
		pthread_cond_broadcast(&emptied);
	pthread_mutex_unlock(&lock);
}

static PGresult *
call(PGconn *conn, const OpresJob *job)
{
	const char *values[] = { job->headers, job->body };
	int lengths[] = { 0, (int) job->length }, formats[] = { 0, 1 };

	return PQexecPrepared(conn, "receive", 2, values, lengths, formats, 0);
}

static bool
prepare(PGconn *conn)
{
	static const Oid types[] = { 3802 /* jsonb */, 17 /* bytea */ };
	PGresult *result = PQprepare(conn, "receive", "SELECT status, response FROM opres.receive_webhook($1, $2)", 2, types);
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

/* Conflicts of serialization and deadlocks are over at the next attempt, mostly. Returns whether to try again. */
static bool
answer(OpresJob *job, PGresult *result, int attempt)
{
	const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);

	if (PQresultStatus(result) == PGRES_TUPLES_OK && PQntuples(result) == 1 && !PQgetisnull(result, 0, 0))
	{
		job->status = atoi(PQgetvalue(result, 0, 0));
		job->response = PQgetisnull(result, 0, 1) ? NULL : strdup(PQgetvalue(result, 0, 1));
		return false;
	}
	if (state != NULL && strncmp(state, "40", 2) == 0 && attempt < RETRIES)
		return true;
	opres_serve_log("error", "receive", "sqlstate=%s", state != NULL ? state : "-");
	/* No connection (08, or none known), no resources (53), shut down or cancelled (57), locks (55P03, 40): the same again may
	 * succeed. */
	if (state == NULL || strncmp(state, "08", 2) == 0 || strncmp(state, "53", 2) == 0 || strncmp(state, "57", 2) == 0 ||
		strncmp(state, "40", 2) == 0 || strcmp(state, "55P03") == 0 || strcmp(state, "25006") == 0)
		later(job, 2);
	else
		job->status = 500;
	return false;
}

static void
serve_job(PGconn *conn, OpresJob *job)
{
	bool again = true;

	for (int attempt = 0; again; attempt++)
	{
		PGresult *result = call(conn, job);

		again = answer(job, result, attempt);
		PQclear(result);
	}
}

static PGconn *
connect_and_prepare(void)
{
	PGconn *conn = opres_serve_connect(settings, "webhooks");

	if (conn != NULL && !prepare(conn))
	{
		PQfinish(conn);
		conn = NULL;
	}
	return conn;
}

static void *
work(void *ctx)
{
	PGconn *conn = connect_and_prepare();
	uint64_t not_before = 0, pause = 250000;
	OpresJob *job;

	while ((job = take()) != NULL)
	{
		if (conn != NULL && PQstatus(conn) != CONNECTION_OK)
		{
			PQfinish(conn);
			conn = NULL;
		}
		/* Attempts in growing distances; between them the answer is ready at once. */
		if (conn == NULL && opres_serve_now() >= not_before)
		{
			conn = connect_and_prepare();
			pause = conn != NULL ? 250000 : (pause < 8000000 ? pause * 2 : pause);
			not_before = opres_serve_now() + pause;
		}
		if (conn == NULL)
			later(job, 5);
		else
			serve_job(conn, job);
		if (conn != NULL)
			atomic_store(&opres_serve_counts.database, PQstatus(conn) == CONNECTION_OK);
		finished(job);
	}
	PQfinish(conn);
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
opres_serve_db_stop(int seconds)
{
	struct timespec until;

	(void) clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += seconds;
	pthread_mutex_lock(&lock);
	while (first != NULL || working > 0)
		if (pthread_cond_timedwait(&emptied, &lock, &until) == ETIMEDOUT)
			break;
	ending = true;
	pthread_cond_broadcast(&filled);
	pthread_mutex_unlock(&lock);
	for (int i = 0; i < worker_count; i++)
		(void) pthread_join(workers[i], NULL);
	free(workers);
}
