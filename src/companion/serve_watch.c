/*
 * serve_watch.c - connections, as long as they are open, and the end of those that take too long.
 *
 * libmicrohttpd ends connections that send nothing; one that sends a byte now and then would hold its place for ever. So a request
 * that takes too long from its first line to its end is cut, and so is a connection that does not get as far as the first line of
 * its next one: time enough to be idle and to send it is the sum of both limits. The socket is still open under the lock:
 * libmicrohttpd tells us before it closes it.
 */
#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "serve_http.h"

typedef struct Watched
{
	struct Watched *next, *before;
	int socket;
	bool cut;
	atomic_int phase;
	atomic_ullong since; /* of the phase */
} Watched;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static Watched *watched;

static void
add(Watched *watch)
{
	watch->next = watched;
	if (watched != NULL)
		watched->before = watch;
	watched = watch;
}

static void
take_away(Watched *watch)
{
	if (watch->next != NULL)
		watch->next->before = watch->before;
	if (watch->before != NULL)
		watch->before->next = watch->next;
	else
		watched = watch->next;
}

static Watched *
begin(struct MHD_Connection *connection)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
	Watched *watch = info != NULL ? calloc(1, sizeof *watch) : NULL;

	if (watch == NULL)
		return NULL;
	watch->socket = info->connect_fd;
	atomic_store(&watch->since, opres_serve_now());
	return watch;
}

void
opres_watch_connection(void *ctx, struct MHD_Connection *connection, void **own, enum MHD_ConnectionNotificationCode code)
{
	bool started = code == MHD_CONNECTION_NOTIFY_STARTED;
	Watched *watch = started ? begin(connection) : *own;

	atomic_fetch_add(&opres_serve_counts.connections, started ? 1 : -1);
	*own = started ? watch : NULL;
	if (watch == NULL)
		return;
	pthread_mutex_lock(&lock);
	if (started)
		add(watch);
	else
		take_away(watch);
	pthread_mutex_unlock(&lock);
	if (!started)
		free(watch);
}

void
opres_watch_phase(struct MHD_Connection *connection, OpresPhase phase)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
	Watched *watch = info != NULL ? info->socket_context : NULL;

	if (watch == NULL)
		return;
	/* Who looks between the two sees a phase that has just begun. */
	atomic_store(&watch->since, opres_serve_now());
	atomic_store(&watch->phase, (int) phase);
}

void
opres_watch_cut(const OpresServeConfig *config)
{
	uint64_t now = opres_serve_now();

	pthread_mutex_lock(&lock);
	for (Watched *watch = watched; watch != NULL; watch = watch->next)
	{
		int phase = atomic_load(&watch->phase), seconds = config->request_timeout;
		uint64_t since = atomic_load(&watch->since);

		if (phase == OPRES_PHASE_IDLE)
			seconds += config->idle_timeout;
		if (watch->cut || phase == OPRES_PHASE_WORK || since > now || now - since < (uint64_t) seconds * 1000000)
			continue;
		watch->cut = true;
		(void) shutdown(watch->socket, SHUT_RDWR);
		atomic_fetch_add(&opres_serve_counts.cut, 1);
	}
	pthread_mutex_unlock(&lock);
}
