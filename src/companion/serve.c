/*
 * serve.c - `opres serve`: starts and ends its parts (serve.h).
 */
#include <curl/curl.h>
#include <signal.h>
#include <time.h>

#include "companion.h"
#include "serve.h"

/* So long a stop waits for requests under way; then so long for those that are answered 503 since. Messages under way have their
 * own timeout. */
#define GRACE_SECONDS 20
#define LAST_SECONDS 2

static void
block_signals(sigset_t *stops)
{
	(void) sigemptyset(stops);
	(void) sigaddset(stops, SIGTERM);
	(void) sigaddset(stops, SIGINT);
	/* Before any thread begins: they inherit it, and only we wait for them. */
	(void) pthread_sigmask(SIG_BLOCK, stops, NULL);
}

/* Until somebody asks us to stop. */
static void
wait_for_stop(const sigset_t *stops)
{
	const struct timespec second = { .tv_sec = 1 };

	while (sigtimedwait(stops, NULL, &second) < 0)
		opres_serve_http_watch();
}

typedef struct Started
{
	bool db, http, deliver, timer;
} Started;

static bool
start(const OpresServeConfig *config, Started *started)
{
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != 0)
		return false;
	/* What may be wrong with the configuration first: afterwards webhooks come in. */
	started->db = opres_serve_db_start(config);
	started->deliver = started->db && config->deliveries > 0 && opres_serve_deliver_start(config);
	started->timer = started->db && config->timer > 0 && opres_serve_timer_start(config);
	started->http = started->deliver == (config->deliveries > 0) && started->timer == (config->timer > 0) && started->db &&
					opres_serve_http_start(config);
	return started->http;
}

/* Who waits for an answer gets it, before those end who give it. */
static void
stop(const Started *started)
{
	atomic_store(&opres_serve_stopping, true);
	if (started->http)
	{
		opres_serve_http_quiesce();
		opres_serve_http_drain(GRACE_SECONDS);
	}
	if (started->deliver)
		opres_serve_deliver_stop();
	if (started->timer)
		opres_serve_timer_stop();
	if (started->db)
		opres_serve_db_stop();
	if (started->http)
	{
		opres_serve_http_drain(LAST_SECONDS);
		opres_serve_http_stop();
	}
	curl_global_cleanup();
}

static int
serve(const OpresServeConfig *config)
{
	Started started = { 0 };
	sigset_t stops;
	bool fine;

	block_signals(&stops);
	fine = start(config, &started);
	if (fine)
	{
		wait_for_stop(&stops);
		opres_serve_log("info", "stop", "grace_seconds=%d", GRACE_SECONDS);
	}
	stop(&started);
	if (!fine)
		return OPRES_EXIT_CANNOT;
	opres_serve_log("info", "stopped", "delivered=%llu", (unsigned long long) atomic_load(&opres_serve_counts.delivered));
	return OPRES_EXIT_OK;
}

int
opres_companion_serve(int argc, char **argv)
{
	OpresServeConfig config;
	int status = OPRES_EXIT_CANNOT;

	if (opres_serve_config(argc, argv, &config))
		status = serve(&config);
	opres_serve_config_free(&config);
	return status;
}
