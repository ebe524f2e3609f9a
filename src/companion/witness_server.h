/*
 * witness_server.h - what a witness asks the server. Nothing it answers is trusted.
 */
#ifndef OPRES_WITNESS_SERVER_H
#define OPRES_WITNESS_SERVER_H

#include "merkle.h"
#include "note.h"

typedef enum OpresReply
{
	OPRES_REPLY,            /* answered */
	OPRES_REPLY_LATER,      /* not to be had now: no connection, shutting down, too slow */
	OPRES_REPLY_NONE,       /* and asking again will not help: no privilege, no extension */
	OPRES_REPLY_IMPOSSIBLE, /* an answer that an intact trail does not give */
} OpresReply;

typedef struct OpresAnswer
{
	OpresCheckpoint now;
	OpresHash proof[OPRES_PROOF_MAX]; /* from the last checkpoint to this one; none if the trail has not grown */
	int count;
} OpresAnswer;

/* Connects, asks and goes away. Both answers are of one moment. last may be NULL. Complains unless answered. */
OpresReply opres_server_ask(const char *conninfo, const OpresCheckpoint *last, OpresAnswer *answer);

/* False, after a complaint, if it is no connection string, or has a password: others can read the command line. */
bool opres_server_conninfo_valid(const char *conninfo);

#endif
