/*
 * serve_http.c - the HTTP side: libmicrohttpd with epoll and a few threads; a request waits for the database suspended, so that
 * thousands of connections need no thread of their own.
 *
 * POST /webhook and /webhook/SENDER go to the database; GET /healthz and /metrics are answered here. What comes in is limited in
 * every direction: size of headers and body, time without a byte, time of a request as a whole, connections, requests that wait.
 * Nothing a sender wrote comes back.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <unistd.h>
#include <time.h>

#include "file.h"
#include "serve_http.h"

#define HEADER_MEMORY (32 * 1024)
#define TLS_PRIORITIES "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2"

typedef struct Request
{
	OpresJob job;
	struct MHD_Connection *connection;
	size_t room;
	uint64_t complete; /* when its body was */
	bool post, too_large, no_memory, answered;
} Request;

static const OpresServeConfig *settings;
static struct MHD_Daemon *server;
static int listening = -1;
static char *tls_cert, *tls_key;
static atomic_int under_way; /* requests whose headers are here and whose answer is not through */

/* Answers */

static enum MHD_Result
send_text(struct MHD_Connection *connection, int status, const char *type, char *text, size_t length,
		  enum MHD_ResponseMemoryMode mode, int retry_after)
{
	struct MHD_Response *response = MHD_create_response_from_buffer(length, text, mode);
	enum MHD_Result result;
	char seconds[16];

	if (response == NULL)
		return MHD_NO;
	(void) MHD_add_response_header(response, "Content-Type", type);
	(void) MHD_add_response_header(response, "Cache-Control", "no-store");
	(void) MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
	if (retry_after > 0)
	{
		(void) snprintf(seconds, sizeof seconds, "%d", retry_after);
		(void) MHD_add_response_header(response, "Retry-After", seconds);
	}
	if (atomic_load(&opres_serve_stopping) || status == 400)
		(void) MHD_add_response_header(response, "Connection", "close");
	if (status == 405)
		(void) MHD_add_response_header(response, "Allow", "GET, HEAD, POST");
	result = MHD_queue_response(connection, (unsigned int) status, response);
	MHD_destroy_response(response);
	return result;
}

static const char *
plain_answer(int status)
{
	switch (status)
	{
		case 400:
			return "{\"error\": \"malformed request\"}";
		case 404:
			return "{\"error\": \"not found\"}";
		case 405:
			return "{\"error\": \"method not allowed\"}";
		case 413:
			return "{\"error\": \"too large\"}";
		case 429:
			return "{\"error\": \"too many requests\"}";
		case 503:
			return "{\"error\": \"not available now, try again\"}";
		default:
			return "{\"error\": \"internal error\"}";
	}
}

static enum MHD_Result
send_plain(struct MHD_Connection *connection, int status, int retry_after)
{
	const char *text = plain_answer(status);

	return send_text(connection, status, "application/json", (char *) text, strlen(text), MHD_RESPMEM_PERSISTENT, retry_after);
}

static enum MHD_Result
send_health(struct MHD_Connection *connection)
{
	bool fine = atomic_load(&opres_serve_counts.database) && !atomic_load(&opres_serve_stopping);
	const char *text = fine ? "{\"status\": \"ok\"}\n" : "{\"status\": \"unavailable\"}\n";

	return send_text(connection, fine ? 200 : 503, "application/json", (char *) text, strlen(text), MHD_RESPMEM_PERSISTENT, 0);
}

static enum MHD_Result
send_metrics(struct MHD_Connection *connection)
{
	char *text = opres_serve_metrics();

	if (text == NULL)
		return send_plain(connection, 500, 0);
	return send_text(connection, 200, "text/plain; version=0.0.4; charset=utf-8", text, strlen(text), MHD_RESPMEM_MUST_FREE, 0);
}

/* Requests */

static void
job_done(OpresJob *job)
{
	Request *request = job->owner;

	MHD_resume_connection(request->connection);
}

static bool
is_webhook(const char *url)
{
	return strcmp(url, "/webhook") == 0 || strcmp(url, "/webhook/") == 0 ||
		   (strncmp(url, "/webhook/", 9) == 0 && strchr(url + 9, '/') == NULL);
}

static void
append(Request *request, const char *data, size_t size)
{
	if (request->too_large || request->no_memory)
		return;
	if (request->job.length + size > (size_t) settings->max_body)
	{
		request->too_large = true;
		return;
	}
	if (request->job.length + size > request->room)
	{
		size_t room = request->room * 2 + size + 1024;
		char *body = realloc(request->job.body, room);

		if (body == NULL)
		{
			request->no_memory = true;
			return;
		}
		request->job.body = body;
		request->room = room;
	}
	memcpy(request->job.body + request->job.length, data, size);
	request->job.length += size;
}

static enum MHD_Result
hand_over(Request *request, const char *url)
{
	int status;

	request->complete = opres_serve_now();
	if (request->too_large || request->no_memory)
		return send_plain(request->connection, request->too_large ? 413 : 503, request->no_memory ? 5 : 0);
	request->job.headers = opres_http_headers(request->connection, url);
	if (request->job.headers == NULL)
		return send_plain(request->connection, 400, 0);
	if (request->job.body == NULL && (request->job.body = calloc(1, 1)) == NULL)
		return send_plain(request->connection, 503, 5);
	(void) opres_serve_safe(strlen(url) > 9 ? url + 9 : "", request->job.sender, sizeof request->job.sender);
	request->job.done = job_done;
	request->job.owner = request;
	request->answered = true;
	opres_watch_phase(request->connection, OPRES_PHASE_WORK);
	/* Before it is in the queue: a worker may be done with it at once. */
	MHD_suspend_connection(request->connection);
	status = opres_serve_db_put(&request->job);
	if (status != 0)
	{
		request->job.status = status;
		request->job.retry_after = 1;
		MHD_resume_connection(request->connection);
	}
	return MHD_YES;
}

static enum MHD_Result
give_answer(Request *request)
{
	OpresJob *job = &request->job;

	opres_watch_phase(request->connection, OPRES_PHASE_REQUEST);
	if (job->response == NULL)
		return send_plain(request->connection, job->status, job->retry_after);
	return send_text(request->connection, job->status, "application/json", job->response, strlen(job->response),
					 MHD_RESPMEM_MUST_COPY, job->retry_after);
}

static enum MHD_Result
begin(struct MHD_Connection *connection, const char *url, const char *method, void **own)
{
	const char *said = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Content-Length");
	Request *request = calloc(1, sizeof *request);

	if (request == NULL)
		return MHD_NO;
	request->connection = connection;
	request->post = strcmp(method, "POST") == 0;
	*own = request;
	atomic_fetch_add(&under_way, 1);
	if (!opres_http_framed(connection))
		return send_plain(connection, 400, 0);
	/* Refused before the body is sent: who waits for "100 Continue" need not send it. */
	if (request->post && is_webhook(url) && said != NULL && strtoull(said, NULL, 10) > (unsigned long long) settings->max_body)
		return send_plain(connection, 413, 0);
	if (request->post && !is_webhook(url))
		return send_plain(connection, 404, 0);
	return MHD_YES;
}

static enum MHD_Result
get(struct MHD_Connection *connection, const char *url, const char *method)
{
	if (strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0)
		return send_plain(connection, 405, 0);
	if (strcmp(url, "/healthz") == 0)
		return send_health(connection);
	if (strcmp(url, "/metrics") == 0)
		return send_metrics(connection);
	return send_plain(connection, is_webhook(url) ? 405 : 404, 0);
}

/* Called when the headers are there, for each piece of the body, at its end, and again when the database has answered. */
static enum MHD_Result
handle(void *ctx, struct MHD_Connection *connection, const char *url, const char *method, const char *version, const char *data,
	   size_t *size, void **own)
{
	Request *request = *own;

	(void) ctx;
	(void) version;
	if (request == NULL)
		return begin(connection, url, method, own);
	if (request->answered)
		return give_answer(request);
	if (*size > 0)
	{
		if (request->post)
			append(request, data, *size);
		*size = 0;
		return MHD_YES;
	}
	return request->post ? hand_over(request, url) : get(connection, url, method);
}

/* Called with the first line of a request. */
static void *
first_line(void *ctx, const char *uri, struct MHD_Connection *connection)
{
	(void) ctx;
	(void) uri;
	opres_watch_phase(connection, OPRES_PHASE_REQUEST);
	return NULL;
}

static void
completed(void *ctx, struct MHD_Connection *connection, void **own, enum MHD_RequestTerminationCode code)
{
	Request *request = *own;
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_HTTP_STATUS);

	(void) ctx;
	opres_watch_phase(connection, OPRES_PHASE_IDLE);
	if (request == NULL)
		return;
	if (request->post)
	{
		int status = info != NULL ? (int) info->http_status : 0;
		uint64_t micros = request->complete > 0 ? opres_serve_now() - request->complete : 0;

		opres_serve_answered(status, micros);
		opres_serve_log("info", "webhook", "status=%d ms=%.1f bytes=%zu sender=%s ended=%s", status, (double) micros / 1000,
						request->job.length, request->job.sender[0] != '\0' ? request->job.sender : "-",
						code == MHD_REQUEST_TERMINATED_COMPLETED_OK ? "well" : "early");
	}
	free(request->job.headers);
	free(request->job.body);
	free(request->job.response);
	free(request);
	*own = NULL;
	atomic_fetch_add(&under_way, -1);
}

/* Start and stop */

static char *
read_pem(const char *path)
{
	char *bytes, *text;
	size_t length;

	if (!opres_file_read(-100 /* AT_FDCWD */, path, 1 << 20, &bytes, &length))
	{
		opres_serve_log("error", "start", "unreadable=tls_file");
		return NULL;
	}
	text = realloc(bytes, length + 1);
	if (text == NULL)
	{
		free(bytes);
		return NULL;
	}
	text[length] = '\0';
	return text;
}

/* As many files as connections, and some for the rest. */
static void
raise_file_limit(int connections)
{
	struct rlimit limit;
	rlim_t wanted = (rlim_t) connections + 256;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= wanted)
		return;
	limit.rlim_cur = limit.rlim_max != RLIM_INFINITY && limit.rlim_max < wanted ? limit.rlim_max : wanted;
	if (setrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur < wanted)
		opres_serve_log("warning", "start", "files=%lld wanted=%lld", (long long) limit.rlim_cur, (long long) wanted);
}

static bool
read_address(struct sockaddr_storage *address)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *) address;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *) address;

	memset(address, 0, sizeof *address);
	if (inet_pton(AF_INET, settings->listen, &v4->sin_addr) == 1)
	{
		v4->sin_family = AF_INET;
		v4->sin_port = htons((uint16_t) settings->port);
		return true;
	}
	if (inet_pton(AF_INET6, settings->listen[0] != '\0' ? settings->listen : "::", &v6->sin6_addr) == 1)
	{
		v6->sin6_family = AF_INET6;
		v6->sin6_port = htons((uint16_t) settings->port);
		return true;
	}
	opres_serve_log("error", "start", "listen=no_address");
	return false;
}

/* The error messages of the library may hold what a client sent. */
static void
library_says(void *ctx, const char *format, va_list arguments)
{
	(void) ctx;
	(void) format;
	(void) arguments;
}

static bool
read_tls_files(void)
{
	if (settings->tls_cert == NULL)
		return true;
	tls_cert = read_pem(settings->tls_cert);
	tls_key = tls_cert != NULL ? read_pem(settings->tls_key) : NULL;
	return tls_key != NULL;
}

static void
forget_tls_files(void)
{
	if (tls_key != NULL)
		explicit_bzero(tls_key, strlen(tls_key));
	free(tls_cert);
	free(tls_key);
	tls_cert = tls_key = NULL;
}

static struct MHD_Daemon *
listen_at(const struct sockaddr_storage *address)
{
	unsigned int flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG;
	struct MHD_OptionItem tls[] = { { MHD_OPTION_HTTPS_MEM_CERT, 0, tls_cert },
									{ MHD_OPTION_HTTPS_MEM_KEY, 0, tls_key },
									{ MHD_OPTION_HTTPS_PRIORITIES, 0, (char *) TLS_PRIORITIES },
									{ MHD_OPTION_END, 0, NULL } };

	if (tls_cert != NULL)
		flags |= MHD_USE_TLS;
	if (address->ss_family == AF_INET6)
		flags |= MHD_USE_IPv6 | (settings->listen[0] == '\0' ? MHD_USE_DUAL_STACK : 0);
	return MHD_start_daemon(flags, (uint16_t) settings->port, NULL, NULL, handle, NULL, MHD_OPTION_EXTERNAL_LOGGER, library_says,
							NULL, MHD_OPTION_SOCK_ADDR, (const struct sockaddr *) address, MHD_OPTION_CONNECTION_LIMIT,
							(unsigned int) settings->max_connections, MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t) HEADER_MEMORY,
							MHD_OPTION_CONNECTION_TIMEOUT, (unsigned int) settings->idle_timeout, MHD_OPTION_THREAD_POOL_SIZE,
							(unsigned int) settings->http_threads, MHD_OPTION_NOTIFY_COMPLETED, completed, NULL,
							MHD_OPTION_NOTIFY_CONNECTION, opres_watch_connection, NULL, MHD_OPTION_URI_LOG_CALLBACK, first_line,
							NULL, MHD_OPTION_LISTEN_BACKLOG_SIZE, 1024U, MHD_OPTION_LISTENING_ADDRESS_REUSE, 1U,
							MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_ARRAY, tls_cert != NULL ? tls : tls + 3, MHD_OPTION_END);
}

bool
opres_serve_http_start(const OpresServeConfig *config)
{
	struct sockaddr_storage address;
	const union MHD_DaemonInfo *info;

	settings = config;
	raise_file_limit(config->max_connections);
	if (!read_address(&address) || !read_tls_files())
	{
		forget_tls_files();
		return false;
	}
	server = listen_at(&address);
	if (server == NULL)
	{
		opres_serve_log("error", "start", "listening=false port=%d", config->port);
		forget_tls_files();
		return false;
	}
	info = MHD_get_daemon_info(server, MHD_DAEMON_INFO_BIND_PORT);
	opres_serve_log("info", "start", "listening=true port=%d tls=%s", info != NULL ? (int) info->port : config->port,
					tls_cert != NULL ? "true" : "false");
	return true;
}

void
opres_serve_http_watch(void)
{
	opres_watch_cut(settings);
}

void
opres_serve_http_quiesce(void)
{
	listening = MHD_quiesce_daemon(server);
	if (listening >= 0)
		(void) shutdown(listening, SHUT_RDWR);
}

void
opres_serve_http_drain(int seconds)
{
	const struct timespec step = { .tv_nsec = 20000000 };
	uint64_t until = opres_serve_now() + (uint64_t) seconds * 1000000;

	while (atomic_load(&under_way) > 0 && opres_serve_now() < until)
		(void) nanosleep(&step, NULL);
}

void
opres_serve_http_stop(void)
{
	MHD_stop_daemon(server);
	/* Not before: its threads may just be looking at it. */
	if (listening >= 0)
		(void) close(listening);
	forget_tls_files();
}
