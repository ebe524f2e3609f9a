/*
 * webhook_load.c - load for test/bench/webhook: clients that each walk through runs of their own, a step after the other, by signed
 * webhooks over HTTP or by the same calls over libpq.
 *
 *   webhook_load http PORT CLIENTS               one thread, epoll, a connection kept alive for each client
 *   webhook_load direct CONNECTIONS CLIENTS      opres.receive_webhook with the same headers and bodies; connections are threads,
 *   webhook_load advance CONNECTIONS CLIENTS     or opres.advance; they take whichever client's turn it is
 *
 * Standard input: BRANCHES LENGTH, then numbers of runs; client n has runs n, n + CLIENTS, ... libpq's environment says where the
 * server is. WEBHOOK_KEY: the bytes of the secret. Prints: messages, seconds, and the median and the 99th percentile of the time
 * from asking to having the answer, in microseconds. Anything but success ends it with status 1.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <libpq-fe.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

typedef struct Client
{
	struct Client *next; /* in the queue of those whose turn it is */
	int socket;
	long *runs;
	int run_count;
	int at; /* messages sent */
	double asked;
	size_t got;
	char reply[4096];
} Client;

typedef struct Message
{
	long run;
	char step[32], id[64], time[24], signature[64], body[256];
} Message;

static int branches, length, client_count;
static Client *clients;
static const char *key;
static double *took;
static int taken;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t some = PTHREAD_COND_INITIALIZER;
static Client *first, **last = &first;
static int busy;
static bool receives;

static void
fail(const char *what, const char *detail)
{
	(void) fprintf(stderr, "webhook_load: %s: %s\n", what, detail);
	exit(1);
}

static double
now(void)
{
	struct timespec t;

	(void) clock_gettime(CLOCK_MONOTONIC, &t);
	return (double) t.tv_sec + (double) t.tv_nsec / 1e9;
}

static bool
more(const Client *client)
{
	return client->at < client->run_count * branches * length;
}

static void
make(Client *client, Message *message)
{
	int of_run = branches * length, at = client->at++;
	unsigned char mac[EVP_MAX_MD_SIZE];
	unsigned int bytes = 0;
	char content[512], when[32];
	struct timespec clock;
	struct tm utc;

	(void) clock_gettime(CLOCK_REALTIME, &clock);
	message->run = client->runs[at / of_run];
	(void) snprintf(message->step, sizeof message->step, "A%d.%d", at % of_run / length + 1, at % length + 1);
	(void) snprintf(message->id, sizeof message->id, "msg_%ld_%d", message->run, at);
	(void) snprintf(message->time, sizeof message->time, "%lld", (long long) clock.tv_sec);
	(void) gmtime_r(&clock.tv_sec, &utc);
	(void) strftime(when, sizeof when, "%Y-%m-%dT%H:%M:%S", &utc);
	(void) snprintf(message->body, sizeof message->body,
					"{\"type\": \"advance\", \"timestamp\": \"%s.%06ldZ\", \"data\": {\"run\": %ld, \"step\": \"%s\", \"outcome\": "
					"\"success\"}}",
					when, clock.tv_nsec / 1000, message->run, message->step);
	(void) snprintf(content, sizeof content, "%s.%s.%s", message->id, message->time, message->body);
	(void) HMAC(EVP_sha256(), key, (int) strlen(key), (unsigned char *) content, strlen(content), mac, &bytes);
	(void) EVP_EncodeBlock((unsigned char *) message->signature, mac, (int) bytes);
}

static void
note(double seconds)
{
	took[taken++] = seconds;
}

/* Over libpq */

static void
call(PGconn *conn, Client *client)
{
	char headers[512], run[24];
	Message message;
	const char *values[2] = { headers, message.body };
	int lengths[2] = { 0, 0 }, formats[2] = { 0, 1 };
	PGresult *result;
	double began;

	make(client, &message);
	lengths[1] = (int) strlen(message.body);
	(void) snprintf(
		headers, sizeof headers,
		"{\":path\": \"/webhook/bench\", \"host\": \"localhost\", \"webhook-id\": \"%s\", \"webhook-timestamp\": \"%s\", "
		"\"webhook-signature\": \"v1,%s\", \"content-length\": \"%d\"}",
		message.id, message.time, message.signature, lengths[1]);
	if (!receives)
	{
		(void) snprintf(run, sizeof run, "%ld", message.run);
		values[0] = run;
		values[1] = message.step;
		formats[1] = 0;
	}
	began = now();
	result = PQexecPrepared(conn, "call", 2, values, lengths, formats, 0);
	client->asked = now() - began;
	if (PQresultStatus(result) != PGRES_TUPLES_OK || strcmp(PQgetvalue(result, 0, 0), receives ? "200" : "done") != 0)
		fail("answer", PQresultStatus(result) == PGRES_TUPLES_OK ? PQgetvalue(result, 0, 0) : PQerrorMessage(conn));
	PQclear(result);
}

static Client *
next_client(void)
{
	Client *client;

	while (first == NULL && busy > 0)
		(void) pthread_cond_wait(&some, &lock);
	client = first;
	if (client != NULL)
	{
		first = client->next;
		if (first == NULL)
			last = &first;
		busy++;
	}
	return client;
}

static void
give_back(Client *client)
{
	note(client->asked);
	busy--;
	client->next = NULL;
	if (more(client))
	{
		*last = client;
		last = &client->next;
		(void) pthread_cond_signal(&some);
	}
	else if (first == NULL && busy == 0)
		(void) pthread_cond_broadcast(&some);
}

static void *
work(void *conn)
{
	Client *client;

	(void) pthread_mutex_lock(&lock);
	while ((client = next_client()) != NULL)
	{
		(void) pthread_mutex_unlock(&lock);
		call(conn, client);
		(void) pthread_mutex_lock(&lock);
		give_back(client);
	}
	(void) pthread_mutex_unlock(&lock);
	return NULL;
}

static void
no_notices(void *ctx, const PGresult *result)
{
	(void) ctx;
	(void) result;
}

static PGconn *
connection(void)
{
	PGconn *conn = PQconnectdb(receives ? "user=courier" : "user=worker");
	PGresult *result;

	if (PQstatus(conn) != CONNECTION_OK)
		fail("connection", PQerrorMessage(conn));
	(void) PQsetNoticeReceiver(conn, no_notices, NULL);
	result = PQprepare(conn, "call",
					   receives ? "SELECT status, response FROM opres.receive_webhook($1::jsonb, $2::bytea)"
								: "SELECT opres.advance($1::bigint, $2::text, 'success')",
					   2, NULL);
	if (PQresultStatus(result) != PGRES_COMMAND_OK)
		fail("prepare", PQerrorMessage(conn));
	PQclear(result);
	return conn;
}

static double
over_libpq(int connections)
{
	pthread_t threads[256];
	PGconn *conns[256];
	double began;

	if (connections < 1 || connections > 256)
		fail("connections", "1 to 256");
	for (int i = 0; i < connections; i++)
		conns[i] = connection();
	for (int i = 0; i < client_count; i++)
		if (more(&clients[i]))
		{
			*last = &clients[i];
			last = &clients[i].next;
		}
	began = now();
	for (int i = 0; i < connections; i++)
		if (pthread_create(&threads[i], NULL, work, conns[i]) != 0)
			fail("thread", strerror(errno));
	for (int i = 0; i < connections; i++)
		(void) pthread_join(threads[i], NULL);
	began = now() - began;
	for (int i = 0; i < connections; i++)
		PQfinish(conns[i]);
	return began;
}

/* Over HTTP */

static void
ask(Client *client)
{
	char request[1024];
	Message message;
	int bytes;

	make(client, &message);
	bytes =
		snprintf(request, sizeof request,
				 "POST /webhook/bench HTTP/1.1\r\nHost: localhost\r\nwebhook-id: %s\r\nwebhook-timestamp: %s\r\nwebhook-signature: "
				 "v1,%s\r\nContent-Length: %zu\r\n\r\n%s",
				 message.id, message.time, message.signature, strlen(message.body), message.body);
	client->got = 0;
	client->asked = now();
	if (send(client->socket, request, (size_t) bytes, 0) != bytes)
		fail("send", strerror(errno));
}

/* Whether the answer is there, which must be 200. */
static bool
answered(Client *client)
{
	ssize_t bytes = recv(client->socket, client->reply + client->got, sizeof client->reply - 1 - client->got, 0);
	const char *end, *said;

	if (bytes <= 0)
		fail("receive", bytes == 0 ? "closed" : strerror(errno));
	client->got += (size_t) bytes;
	client->reply[client->got] = '\0';
	end = strstr(client->reply, "\r\n\r\n");
	said = strstr(client->reply, "Content-Length: ");
	if (end == NULL || said == NULL || client->got < (size_t) (end + 4 - client->reply) + strtoul(said + 16, NULL, 10))
		return false;
	if (strncmp(client->reply, "HTTP/1.1 200", 12) != 0)
		fail("answer", client->reply);
	return true;
}

static int
reach(int port)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((uint16_t) port) };
	int file = socket(AF_INET, SOCK_STREAM, 0), one = 1;

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (file < 0 || connect(file, (struct sockaddr *) &address, sizeof address) != 0)
		fail("connect", strerror(errno));
	(void) setsockopt(file, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	return file;
}

static double
over_http(int port)
{
	struct epoll_event events[64];
	int poll = epoll_create1(0), open = 0;
	double began;

	for (int i = 0; i < client_count; i++)
	{
		struct epoll_event event = { .events = EPOLLIN, .data.ptr = &clients[i] };

		clients[i].socket = reach(port);
		(void) epoll_ctl(poll, EPOLL_CTL_ADD, clients[i].socket, &event);
	}
	began = now();
	for (int i = 0; i < client_count; i++)
		if (more(&clients[i]))
		{
			ask(&clients[i]);
			open++;
		}
	while (open > 0)
	{
		int count = epoll_wait(poll, events, 64, -1);

		for (int i = 0; i < count; i++)
		{
			Client *client = events[i].data.ptr;

			if (!answered(client))
				continue;
			note(now() - client->asked);
			if (more(client))
				ask(client);
			else
				open--;
		}
	}
	return now() - began;
}

static int
by_size(const void *a, const void *b)
{
	double x = *(const double *) a, y = *(const double *) b;

	return (x > y) - (x < y);
}

static int
read_runs(void)
{
	long run;
	int count = 0;

	if (scanf("%d %d", &branches, &length) != 2)
		fail("input", "expected BRANCHES LENGTH and runs");
	while (scanf("%ld", &run) == 1)
	{
		Client *client = &clients[count++ % client_count];

		client->runs = realloc(client->runs, (size_t) (client->run_count + 1) * sizeof run);
		if (client->runs == NULL)
			fail("memory", "none");
		client->runs[client->run_count++] = run;
	}
	return count * branches * length;
}

int
main(int argc, char **argv)
{
	int messages, number;
	double seconds;

	if (argc != 4 || (client_count = atoi(argv[3])) < 1)
		fail("usage", "webhook_load http|direct|advance PORT|CONNECTIONS CLIENTS");
	key = getenv("WEBHOOK_KEY");
	clients = calloc((size_t) client_count, sizeof *clients);
	if (key == NULL || clients == NULL)
		fail("usage", "WEBHOOK_KEY is missing");
	messages = read_runs();
	took = calloc((size_t) messages + 1, sizeof *took);
	if (took == NULL || messages == 0)
		fail("input", "no runs");
	number = atoi(argv[2]);
	receives = strcmp(argv[1], "advance") != 0;
	seconds = strcmp(argv[1], "http") == 0 ? over_http(number) : over_libpq(number);
	qsort(took, (size_t) taken, sizeof *took, by_size);
	(void) printf("%d %.4f %.0f %.0f\n", taken, seconds, took[taken / 2] * 1e6, took[(int) (taken * 0.99)] * 1e6);
	return taken == messages ? 0 : 1;
}
