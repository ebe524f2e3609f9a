/*
 * serve_deliver.c - the way out: claims messages, sends them side by side, records what came of them. At least once: a message is
 * claimed in a transaction of its own before it is sent, and what is not recorded before the lease is over is due again.
 *
 * Nothing is followed and nothing is believed: no redirects (where to is what an integrator has said, and nobody else), no proxy
 * from the environment, the address that a connection really goes to is looked at (whatever a name says now), answers are read up
 * to a limit and thrown away.
 */
#include <curl/curl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <jansson.h>

#include "serve.h"
#include "serve_address.h"

#define ANSWER_BYTES 65536
/* How long a claim outlives the time a message may take: until it is recorded. */
#define LEASE_MORE_SECONDS 15
#define RETRY_AFTER_MOST 86400
/* After the database did not take what is to be recorded. */
#define PAUSE_MICROS 1000000
#define WAIT_MILLISECONDS 200

typedef struct Delivery
{
	struct Delivery *next;
	char id[24], endpoint[64];
	CURL *curl;
	struct curl_slist *headers;
	char *body;
	size_t answered; /* bytes of the answer */
	bool allow_private, refused;
	int status;
	long retry_after;
	char error[96], became[16];
} Delivery;

static const OpresServeConfig *settings;
static pthread_t thread;
static CURLM *multi;
static int under_way;
static Delivery *finished; /* to be recorded */
static Delivery *sending;

/* What is to be sent */

static size_t
take_answer(char *bytes, size_t size, size_t count, void *ctx)
{
	Delivery *delivery = ctx;

	(void) bytes;
	delivery->answered += size * count;
	return delivery->answered <= ANSWER_BYTES ? size * count : 0;
}

/* After the name is resolved, for the address itself: a name that changes its mind between looking and connecting gains nothing. */
static curl_socket_t
open_socket(void *ctx, curlsocktype purpose, struct curl_sockaddr *address)
{
	Delivery *delivery = ctx;

	(void) purpose;
	if (!delivery->allow_private && opres_address_private(&address->addr))
	{
		delivery->refused = true;
		return CURL_SOCKET_BAD;
	}
	return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

/* Before the request goes out, over a connection that may have been opened for an endpoint that is allowed more. */
static int
check_connection(void *ctx, char *address, char *own_address, int port, int own_port)
{
	Delivery *delivery = ctx;

	if (delivery->allow_private || !opres_address_text_private(address))
		return CURL_PREREQFUNC_OK;
	delivery->refused = true;
	return CURL_PREREQFUNC_ABORT;
}

static bool
allowed(const char *url)
{
	CURLU *parts = curl_url();
	char *host = NULL;
	bool fine = parts != NULL && curl_url_set(parts, CURLUPART_URL, url, 0) == CURLUE_OK &&
				curl_url_get(parts, CURLUPART_HOST, &host, 0) == CURLUE_OK && opres_host_allowed(host, settings->allow_hosts);

	curl_free(host);
	curl_url_cleanup(parts);
	return fine;
}

static bool
add_header(Delivery *delivery, const char *name, const char *value)
{
	size_t size = strlen(name) + strlen(value) + 3;
	char *line = malloc(size);
	struct curl_slist *longer = NULL;

	if (line != NULL)
	{
		(void) snprintf(line, size, "%s: %s", name, value);
		longer = curl_slist_append(delivery->headers, line);
	}
	free(line);
	if (longer != NULL)
		delivery->headers = longer;
	return longer != NULL;
}

static bool
add_headers(Delivery *delivery, const char *json)
{
	json_t *headers = json_loads(json, 0, NULL), *value;
	const char *name;
	bool fine = json_is_object(headers);

	json_object_foreach(headers, name, value) fine =
		fine && json_is_string(value) && add_header(delivery, name, json_string_value(value));
	json_decref(headers);
	/* No "Expect: 100-continue": bodies are small. */
	return fine && add_header(delivery, "Expect", "");
}

static bool
set_up(Delivery *delivery, const char *url, bool allow_http)
{
	CURL *c = delivery->curl;
	CURLcode code = CURLE_OK;

#define SET(option, value) code = code == CURLE_OK ? curl_easy_setopt(c, option, value) : code
	SET(CURLOPT_URL, url);
	SET(CURLOPT_PROTOCOLS_STR, allow_http ? "http,https" : "https");
	SET(CURLOPT_FOLLOWLOCATION, 0L);
	SET(CURLOPT_PROXY, "");
	SET(CURLOPT_NETRC, (long) CURL_NETRC_IGNORED);
	SET(CURLOPT_POST, 1L);
	SET(CURLOPT_POSTFIELDS, delivery->body);
	SET(CURLOPT_POSTFIELDSIZE, (long) strlen(delivery->body));
	SET(CURLOPT_HTTPHEADER, delivery->headers);
	SET(CURLOPT_WRITEFUNCTION, take_answer);
	SET(CURLOPT_WRITEDATA, delivery);
	SET(CURLOPT_OPENSOCKETFUNCTION, open_socket);
	SET(CURLOPT_OPENSOCKETDATA, delivery);
	SET(CURLOPT_PREREQFUNCTION, check_connection);
	SET(CURLOPT_PREREQDATA, delivery);
	SET(CURLOPT_PRIVATE, delivery);
	SET(CURLOPT_NOSIGNAL, 1L);
	/* A name server that does not answer is not waited for when the time is up: that would hold up everybody else. */
	SET(CURLOPT_QUICK_EXIT, 1L);
	SET(CURLOPT_TIMEOUT, (long) settings->delivery_timeout);
	SET(CURLOPT_CONNECTTIMEOUT, (long) (settings->delivery_timeout < 5 ? settings->delivery_timeout : 5));
	if (settings->ca_file != NULL)
		SET(CURLOPT_CAINFO, settings->ca_file);
#undef SET
	return code == CURLE_OK;
}

static void
note(Delivery *delivery, int status, const char *error)
{
	delivery->status = status;
	(void) snprintf(delivery->error, sizeof delivery->error, "%s", error);
	delivery->next = finished;
	finished = delivery;
}

static void
free_delivery(Delivery *delivery)
{
	curl_easy_cleanup(delivery->curl);
	curl_slist_free_all(delivery->headers);
	free(delivery->body);
	free(delivery);
}

static void
unlink_sending(Delivery *delivery)
{
	for (Delivery **at = &sending; *at != NULL; at = &(*at)->next)
		if (*at == delivery)
		{
			*at = delivery->next;
			return;
		}
}

/* Columns: id, endpoint, url, headers, body, allow_http, allow_private. */
static bool
begin(PGresult *result, int row)
{
	Delivery *delivery = calloc(1, sizeof *delivery);
	const char *url = PQgetvalue(result, row, 2);

	if (delivery == NULL)
		return false;
	(void) snprintf(delivery->id, sizeof delivery->id, "%s", PQgetvalue(result, row, 0));
	(void) opres_serve_safe(PQgetvalue(result, row, 1), delivery->endpoint, sizeof delivery->endpoint);
	delivery->body = strdup(PQgetvalue(result, row, 4));
	delivery->allow_private = PQgetvalue(result, row, 6)[0] == 't';
	delivery->curl = curl_easy_init();
	if (!allowed(url))
		note(delivery, 0, "host is not allowed");
	else if (delivery->body == NULL || delivery->curl == NULL || !add_headers(delivery, PQgetvalue(result, row, 3)) ||
			 !set_up(delivery, url, PQgetvalue(result, row, 5)[0] == 't') ||
			 curl_multi_add_handle(multi, delivery->curl) != CURLM_OK)
		note(delivery, 0, "could not be sent");
	else
	{
		delivery->next = sending;
		sending = delivery;
		under_way++;
	}
	return true;
}

/* The database */

static PGresult *
query(PGconn *conn, const char *sql, int count, const char *const *values)
{
	return opres_serve_result(conn, PQsendQueryParams(conn, sql, count, NULL, values, NULL, NULL, 0),
							  OPRES_SERVE_BACKGROUND_SECONDS);
}

static int
claim(PGconn *conn)
{
	char count[16], lease[32];
	const char *values[] = { settings->worker, count, lease };
	PGresult *result;
	int rows = -1;

	(void) snprintf(count, sizeof count, "%d", settings->deliveries - under_way);
	(void) snprintf(lease, sizeof lease, "%d s", LEASE_MORE_SECONDS + settings->delivery_timeout);
	/* A transaction of its own: committed when the answer is here. */
	result = query(
		conn,
		"SELECT id, endpoint, url, headers, body, allow_http, allow_private FROM opres.claim_deliveries($1, $2::int, $3::interval)",
		3, values);
	if (PQresultStatus(result) == PGRES_TUPLES_OK)
	{
		rows = PQntuples(result);
		for (int i = 0; i < rows; i++)
			if (!begin(result, i))
				break; /* claimed, not sent: due again when the lease is over */
	}
	else
		opres_serve_log("error", "claim", "sqlstate=%s",
						PQresultErrorField(result, PG_DIAG_SQLSTATE) ? PQresultErrorField(result, PG_DIAG_SQLSTATE) : "-");
	PQclear(result);
	return rows;
}

static void
count_outcome(const Delivery *delivery)
{
	const char *became = delivery->became;

	if (became[0] == '\0')
		return; /* not ours any more: claimed again since */
	atomic_fetch_add(strcmp(became, "delivered") == 0 ? &opres_serve_counts.delivered
					 : strcmp(became, "dead") == 0    ? &opres_serve_counts.dead
													  : &opres_serve_counts.failed,
					 1);
	opres_serve_log(strcmp(became, "delivered") == 0 ? "info" : "warning", "delivery",
					"message=%s endpoint=%s status=%d became=%s error=%s", delivery->id, delivery->endpoint, delivery->status,
					became, delivery->error[0] != '\0' ? delivery->error : "-");
}

static bool
record(PGconn *conn, Delivery *delivery)
{
	char status[16], seconds[32];
	const char *values[] = { delivery->id, settings->worker, status, delivery->error[0] != '\0' ? delivery->error : NULL,
							 delivery->retry_after > 0 ? seconds : NULL };
	PGresult *result;
	bool fine;

	(void) snprintf(status, sizeof status, "%d", delivery->status);
	(void) snprintf(seconds, sizeof seconds, "%ld s", delivery->retry_after);
	result = query(conn, "SELECT opres.record_delivery($1::bigint, $2, $3::int, $4, $5::interval)", 5, values);
	fine = PQresultStatus(result) == PGRES_TUPLES_OK;
	if (fine)
		(void) snprintf(delivery->became, sizeof delivery->became, "%s", PQgetvalue(result, 0, 0));
	else
		opres_serve_log("error", "record", "sqlstate=%s",
						PQresultErrorField(result, PG_DIAG_SQLSTATE) ? PQresultErrorField(result, PG_DIAG_SQLSTATE) : "-");
	PQclear(result);
	return fine;
}

static bool
command(PGconn *conn, const char *sql)
{
	PGresult *result = opres_serve_exec(conn, sql, OPRES_SERVE_BACKGROUND_SECONDS);
	bool fine = PQresultStatus(result) == PGRES_COMMAND_OK;

	PQclear(result);
	return fine;
}

/* One commit for all that have come back meanwhile. False: they are kept, to be recorded later. */
static bool
record_finished(PGconn *conn)
{
	bool fine = command(conn, "BEGIN");

	for (Delivery *delivery = finished; delivery != NULL && fine; delivery = delivery->next)
		fine = record(conn, delivery);
	fine = command(conn, fine ? "COMMIT" : "ROLLBACK") && fine;
	while (fine && finished != NULL)
	{
		Delivery *next = finished->next;

		count_outcome(finished);
		free_delivery(finished);
		finished = next;
	}
	return fine;
}

/* libcurl */

static void
judge(Delivery *delivery, CURLcode code)
{
	long status = 0;
	curl_off_t retry_after = 0;

	(void) curl_easy_getinfo(delivery->curl, CURLINFO_RESPONSE_CODE, &status);
	(void) curl_easy_getinfo(delivery->curl, CURLINFO_RETRY_AFTER, &retry_after);
	delivery->retry_after = retry_after < RETRY_AFTER_MOST ? (long) retry_after : RETRY_AFTER_MOST;
	/* Who says yes and goes on talking has said yes. */
	if (code == CURLE_OK || (code == CURLE_WRITE_ERROR && delivery->answered > ANSWER_BYTES))
		note(delivery, (int) status, status >= 300 && status < 400 ? "redirect not followed" : "");
	else
		note(delivery, 0, delivery->refused ? "address is not allowed" : curl_easy_strerror(code));
}

static void
collect(void)
{
	CURLMsg *message;
	int left;

	while ((message = curl_multi_info_read(multi, &left)) != NULL)
	{
		char *private = NULL;
		Delivery *delivery;
		CURLcode code;

		if (message->msg != CURLMSG_DONE)
			continue;
		code = message->data.result;
		(void) curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &private);
		delivery = (Delivery *) (void *) private;
		(void) curl_multi_remove_handle(multi, delivery->curl);
		unlink_sending(delivery);
		under_way--;
		judge(delivery, code);
	}
}

static PGconn *
connect_and_listen(void)
{
	PGconn *conn = opres_serve_connect(settings, "deliveries", OPRES_SERVE_BACKGROUND_SECONDS);

	if (conn != NULL)
		(void) command(conn, "LISTEN opres_outbox");
	return conn;
}

static bool
notified(PGconn *conn)
{
	PGnotify *note;
	bool any = false;

	(void) PQconsumeInput(conn);
	while ((note = PQnotifies(conn)) != NULL)
	{
		any = true;
		PQfreemem(note);
	}
	return any;
}

static void
wait_for_something(PGconn *conn, int milliseconds)
{
	struct curl_waitfd extra = { .fd = conn != NULL ? PQsocket(conn) : -1, .events = CURL_WAIT_POLLIN };

	(void) curl_multi_poll(multi, &extra, extra.fd >= 0 ? 1 : 0, milliseconds, NULL);
}

/* The connection to the database, and when what is to be done over it. */
typedef struct Line
{
	PGconn *conn;
	uint64_t connect_at, look_at, record_at;
} Line;

static void
keep_connected(Line *line)
{
	if (line->conn != NULL && PQstatus(line->conn) != CONNECTION_OK)
	{
		PQfinish(line->conn);
		line->conn = NULL;
	}
	if (line->conn == NULL && opres_serve_now() >= line->connect_at)
	{
		line->conn = connect_and_listen();
		line->connect_at = opres_serve_now() + PAUSE_MICROS;
		line->look_at = line->record_at = 0;
	}
}

/* What has come back is recorded first: a place of its endpoint is free then. Claims wait for that. */
static void
use(Line *line)
{
	if (finished != NULL && opres_serve_now() >= line->record_at)
	{
		bool fine = record_finished(line->conn);

		line->record_at = fine ? 0 : opres_serve_now() + PAUSE_MICROS;
		if (fine)
			line->look_at = 0;
	}
	if (notified(line->conn))
		line->look_at = 0;
	if (finished == NULL && !atomic_load(&opres_serve_stopping) && under_way < settings->deliveries &&
		opres_serve_now() >= line->look_at)
	{
		/* As long as there is something, there may be more; else when one comes back, or in a while. */
		int claimed = claim(line->conn);

		line->look_at = claimed > 0 ? 0 : opres_serve_now() + (uint64_t) settings->poll * 1000000;
	}
}

static void *
run(void *ctx)
{
	Line line = { 0 };
	int running;

	while (!atomic_load(&opres_serve_stopping) || under_way > 0)
	{
		keep_connected(&line);
		if (line.conn != NULL)
			use(&line);
		(void) curl_multi_perform(multi, &running);
		collect();
		/* What could not be begun is finished already. */
		if (finished == NULL || line.conn == NULL || line.record_at != 0)
			wait_for_something(line.conn, WAIT_MILLISECONDS);
	}
	if (line.conn != NULL && finished != NULL)
		(void) record_finished(line.conn);
	PQfinish(line.conn);
	return NULL;
}

bool
opres_serve_deliver_start(const OpresServeConfig *config)
{
	settings = config;
	multi = curl_multi_init();
	return multi != NULL && pthread_create(&thread, NULL, run, NULL) == 0;
}

void
opres_serve_deliver_stop(void)
{
	(void) pthread_join(thread, NULL);
	while (finished != NULL)
	{
		Delivery *next = finished->next;

		free_delivery(finished);
		finished = next;
	}
	(void) curl_multi_cleanup(multi);
}
