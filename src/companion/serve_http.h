/*
 * serve_http.h - the parts of the HTTP side: requests (serve_http.c), their headers (serve_headers.c), the connections they come
 * over (serve_watch.c).
 */
#ifndef OPRES_SERVE_HTTP_H
#define OPRES_SERVE_HTTP_H

#include <microhttpd.h>

#include "serve.h"

/* Path and headers as JSON, malloc'ed; NULL if they cannot be written so, or one that must be there once is there twice. */
char *opres_http_headers(struct MHD_Connection *connection, const char *path);
/* Whether a request says in one way only where its body ends: a proxy before us must not see another end than we do. */
bool opres_http_framed(struct MHD_Connection *connection);

/* Told by libmicrohttpd when a connection begins and ends. */
void opres_watch_connection(void *ctx, struct MHD_Connection *connection, void **own, enum MHD_ConnectionNotificationCode code);
typedef enum OpresPhase
{
	OPRES_PHASE_IDLE,    /* between requests */
	OPRES_PHASE_REQUEST, /* one is coming in, or its answer going out */
	OPRES_PHASE_WORK     /* it waits for us: that is not the client's fault */
} OpresPhase;
void opres_watch_phase(struct MHD_Connection *connection, OpresPhase phase);
/* Cuts connections that take too long: see serve_watch.c. */
void opres_watch_cut(const OpresServeConfig *config);

#endif
