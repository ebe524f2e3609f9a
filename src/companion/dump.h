/*
 * dump.h - the rows of opres.audit_entry in a plain dump by pg_dump or pg_dumpall, in the order they stand in it.
 */
#ifndef OPRES_DUMP_H
#define OPRES_DUMP_H

#include "copy_line.h"
#include "script.h"
#include "words.h"

typedef enum OpresNext
{
	OPRES_NEXT_ROW,
	OPRES_NEXT_END,
	OPRES_NEXT_FAILED
} OpresNext;

#define OPRES_DATABASE_MAX 256

typedef enum OpresDumpState
{
	OPRES_DUMP_STATEMENTS, /* between statements */
	OPRES_DUMP_COPY,       /* in the rows of a COPY of ours */
	OPRES_DUMP_INSERT      /* in the rows of an INSERT of ours */
} OpresDumpState;

typedef struct OpresDump
{
	OpresScript script;
	OpresDumpState state;
	OpresLayout layout;
	OpresFailure failure;
	const char *wanted; /* --database, or NULL */
	char database[OPRES_DATABASE_MAX];
	char found_in[OPRES_DATABASE_MAX]; /* where data of the table were */
	bool found;                        /* the table's data, in the database that is wanted */
	bool inserted;                     /* some by INSERT, after which the dump has not said that it is complete */
	char encoding[OPRES_NAME_ROOM];    /* SET client_encoding, "" if there was none */
	bool begun;
} OpresDump;

/* wanted: the database of a dump of several, NULL if it has but one. False if there is no memory. */
bool opres_dump_init(OpresDump *dump, OpresReadBytes read, void *ctx, const char *wanted);
void opres_dump_free(OpresDump *dump);

/* The next row; its texts are valid until the next call. What failed stands in dump->failure. */
OpresNext opres_dump_next(OpresDump *dump, OpresRow *row);

#endif
