/*
 * serve.h - `opres serve`: hands webhooks to the database and events of the database to the systems that subscribed.
 *
 * It holds no secret and no rule: signatures are checked and made inside the database, by functions its role may execute. One
 * process: HTTP threads (libmicrohttpd, epoll) put what has come in into a queue; workers, each with a connection of its own, take
 * it to opres.receive_webhook; a thread claims, sends (libcurl's multi interface) and records; another asks what time has brought
 * about.
 */
#ifndef OPRES_SERVE_H
#define OPRES_SERVE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <libpq-fe.h>

typedef struct OpresServeConfig
{
	char *listen;   /* address; "" = all */
	int port;       /* 0 = any free one, told in the log */
	char *dbname;   /* libpq connection string; NULL = the environment */
	char *tls_cert; /* files in PEM; NULL = plain HTTP, for a reverse proxy in front */
	char *tls_key;
	int http_threads;
	int db_connections;
	int max_connections;
	int max_body;         /* bytes */
	int max_queue;        /* requests that wait for a worker */
	int per_sender;       /* ... of them of one sender */
	int idle_timeout;     /* seconds without a byte */
	int request_timeout;  /* seconds from the first line of a request to its end; and for the database to take it up */
	int deliveries;       /* messages under way; 0 = none are sent */
	int delivery_timeout; /* seconds */
	int poll;             /* seconds between looks into the outbox, if nobody notifies */
	int timer;            /* seconds between calls of raise_events; 0 = never */
	char *allow_hosts;    /* separated by commas, "*.example.com" too; NULL = those of the endpoints */
	char *ca_file;        /* certificates of authorities that receivers' are checked against; NULL = the system's */
	char *worker;         /* our name among several; default: host and process */
} OpresServeConfig;

/* options: argc and argv of the subcommand. False after a complaint. */
bool opres_serve_config(int argc, char **argv, OpresServeConfig *config);
void opres_serve_config_free(OpresServeConfig *config);

/* Numbers for /metrics, counted by everybody. */
typedef struct OpresServeCounts
{
	atomic_ullong requests[600]; /* by HTTP status */
	atomic_ullong buckets[12];   /* answers by duration (serve_metrics.c) */
	atomic_ullong micros;        /* sum of durations */
	atomic_llong queued, connections;
	atomic_ullong delivered, failed, dead, claims, raised, cut;
	atomic_bool database;                   /* the last attempt to reach it was successful */
	atomic_llong pending, dead_now, oldest; /* of the outbox, as of the last look */
} OpresServeCounts;
extern OpresServeCounts opres_serve_counts;

/* One line on stderr: time, level, event and what format gives ("status=%d"). Never bodies, secrets or what a sender wrote. */
void opres_serve_log(const char *level, const char *event, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* A random-free name made of letters a log may have: others become '_'. */
const char *opres_serve_safe(const char *text, char *room, size_t size);
void opres_serve_answered(int status, uint64_t micros);
/* The text of /metrics; malloc'ed. */
char *opres_serve_metrics(void);
uint64_t opres_serve_now(void); /* microseconds, monotonic */

/* Set once, by a signal; everybody looks at it. */
extern atomic_bool opres_serve_stopping;

/* database: serve_db.c */

/* What has come in and what is answered. */
typedef struct OpresJob
{
	struct OpresJob *next;
	char *headers; /* JSON */
	char *body;
	size_t length;
	char sender[64];
	uint64_t put_at;
	int status;
	int retry_after; /* seconds, 0 = not said */
	char *response;  /* JSON, malloc'ed; NULL = none */
	void (*done)(struct OpresJob *job);
	void *owner;
} OpresJob;

bool opres_serve_db_start(const OpresServeConfig *config);
/* 0 = taken, done is called by a worker; else the status to answer: 503 the queue is full, 429 that sender has too much in it. */
int opres_serve_db_put(OpresJob *job);
/* Ends the workers; what still waits is answered 503. */
void opres_serve_db_stop(void);

/* A connection whose statements end after so many seconds; NULL with the reason in the log. */
PGconn *opres_serve_connect(const OpresServeConfig *config, const char *what, int seconds);
/* What a statement that was sent has come to; a server that says nothing for some seconds more than it may take is given up, and
 * the connection with it. sent: what PQsend... returned. */
PGresult *opres_serve_result(PGconn *conn, int sent, int seconds);
PGresult *opres_serve_exec(PGconn *conn, const char *sql, int seconds);
/* For work that nobody waits for. */
#define OPRES_SERVE_BACKGROUND_SECONDS 60
/* A number of an answer of one row; -1 if there is none. */
long long opres_serve_number(const PGresult *result, int column);

/* HTTP: serve_http.c */
bool opres_serve_http_start(const OpresServeConfig *config);
void opres_serve_http_quiesce(void);      /* no new connections */
void opres_serve_http_drain(int seconds); /* waits for requests under way, so long at most */
void opres_serve_http_stop(void);         /* what is still open is closed */
void opres_serve_http_watch(void);        /* cuts connections whose request takes too long; called every second */

/* out: serve_deliver.c, serve_timer.c */
bool opres_serve_deliver_start(const OpresServeConfig *config);
void opres_serve_deliver_stop(void);
bool opres_serve_timer_start(const OpresServeConfig *config);
void opres_serve_timer_stop(void);

#endif
