/*
 * serve_timer.c - asks the database now and then what time has brought about, and how the outbox stands. What nobody asked for
 * while we were away is told at the next time.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "serve.h"

static const OpresServeConfig *settings;
static pthread_t thread;

static long long
ask(PGconn *conn, const char *sql, const char *what)
{
	PGresult *result = opres_serve_exec(conn, sql, OPRES_SERVE_BACKGROUND_SECONDS);
	const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
	long long value = opres_serve_number(result, 0);

	if (value < 0)
		opres_serve_log("warning", what, "sqlstate=%s", state != NULL ? state : "-");
	PQclear(result);
	return value;
}

static void
look(PGconn *conn)
{
	PGresult *result =
		opres_serve_exec(conn, "SELECT h ->> 'pending', h ->> 'dead', h ->> 'oldest_seconds' FROM opres.webhook_health() AS h",
						 OPRES_SERVE_BACKGROUND_SECONDS);

	if (PQresultStatus(result) == PGRES_TUPLES_OK && PQntuples(result) == 1)
	{
		atomic_store(&opres_serve_counts.pending, opres_serve_number(result, 0));
		atomic_store(&opres_serve_counts.dead_now, opres_serve_number(result, 1));
		atomic_store(&opres_serve_counts.oldest, opres_serve_number(result, 2));
	}
	PQclear(result);
}

static void
pause_until(uint64_t until)
{
	const struct timespec step = { .tv_nsec = 100000000 };

	while (!atomic_load(&opres_serve_stopping) && opres_serve_now() < until)
		(void) nanosleep(&step, NULL);
}

static void *
run(void *ctx)
{
	PGconn *conn = NULL;

	while (!atomic_load(&opres_serve_stopping))
	{
		uint64_t began = opres_serve_now();

		if (conn == NULL || PQstatus(conn) != CONNECTION_OK)
		{
			PQfinish(conn);
			conn = opres_serve_connect(settings, "timer", OPRES_SERVE_BACKGROUND_SECONDS);
		}
		if (conn != NULL)
		{
			long long raised = ask(conn, "SELECT opres.raise_events()", "raise_events");

			if (raised > 0)
			{
				atomic_fetch_add(&opres_serve_counts.raised, (unsigned long long) raised);
				opres_serve_log("info", "raised", "events=%lld", raised);
			}
			look(conn);
		}
		pause_until(began + (uint64_t) settings->timer * 1000000);
	}
	PQfinish(conn);
	return NULL;
}

bool
opres_serve_timer_start(const OpresServeConfig *config)
{
	settings = config;
	return pthread_create(&thread, NULL, run, NULL) == 0;
}

void
opres_serve_timer_stop(void)
{
	(void) pthread_join(thread, NULL);
}
