/*
 * serve.c - `opres serve`: starts and ends its parts (serve.h).
 */
#include <curl/curl.h>
#include <pthread.h>
#include <signal.h>
#include <time.h>

#include "companion.h"
#include "serve.h"

/* What a stop waits for: acts under way are finished and answered, messages under way recorded. */
#define GRACE_SECONDS 20

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

static void
stop(const OpresServeConfig *config)
{
	opres_serve_log("info", "stop", "grace_seconds=%d", GRACE_SECONDS);
	atomic_store(&opres_serve_stopping, true);
	opres_serve_http_quiesce();
	if (config->deliveries > 0)
		opres_serve_deliver_stop();
	if (config->timer > 0)
		opres_serve_timer_stop();
	opres_serve_db_stop(GRACE_SECONDS);
	opres_serve_http_stop();
}

static int
serve(const OpresServeConfig *config)
{
	sigset_t stops;

	block_signals(&stops);
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != 0 || !opres_serve_db_start(config) || !opres_serve_http_start(config) ||
		(config->deliveries > 0 && !opres_serve_deliver_start(config)) || (config->timer > 0 && !opres_serve_timer_start(config)))
		return OPRES_EXIT_CANNOT;
	wait_for_stop(&stops);
	stop(config);
	curl_global_cleanup();
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
