/*
 * row.h - a row of opres.audit_entry as it comes out of a dump or over a connection: columns as texts, and what they mean.
 */
#ifndef OPRES_ROW_H
#define OPRES_ROW_H

#include "audit_entry.h"

/* The columns in the order of the table (audit-format.md): what a dump without a list of columns means. */
typedef enum OpresColumn
{
	OPRES_COLUMN_ENTRY,
	OPRES_COLUMN_PREVIOUS_HASH,
	OPRES_COLUMN_AT,
	OPRES_COLUMN_LOGIN,
	OPRES_COLUMN_SESSION_ROLE,
	OPRES_COLUMN_ACTING_ROLE,
	OPRES_COLUMN_ACTION,
	OPRES_COLUMN_SUBJECT,
	OPRES_COLUMN_CONTENT_HASH,
	OPRES_COLUMN_LEAF_HASH,
	OPRES_COLUMN_SUBTREES, /* no part of what is hashed: not read */
	OPRES_COLUMN_SALT,
	OPRES_COLUMN_REASON,
	OPRES_COLUMN_CONTENT
} OpresColumn;
#define OPRES_COLUMNS (OPRES_COLUMN_CONTENT + 1)

const char *opres_column_name(OpresColumn column);
/* The column of that name, -1 if the table has none. */
int opres_column_find(const char *name, size_t length);
/* False for the one that may be absent. */
bool opres_column_needed(OpresColumn column);

/* PostgreSQL's text for a value, escapes of the dump undone. May be written to: bytea is decoded where it stands. */
typedef struct OpresValue
{
	char *bytes;
	size_t length;
	bool null;
} OpresValue;

/* Texts point into the values. */
typedef struct OpresRow
{
	OpresAuditEntry entry; /* previous points to previous_hash, or is NULL */
	OpresHash previous_hash;
	OpresHash leaf_hash;
	uint8_t salt[OPRES_SALT_BYTES];
	bool erased; /* no salt */
	OpresField reason, content;
	bool has_number; /* entry.number is one, from 1 */
	int malformed;   /* the first column that cannot be what the table holds, -1 if all can */
	uint64_t line;   /* of the dump; over a connection, the row as it came; from 1 */
} OpresRow;

/* Decodes the values. Where row->malformed is set, only number and line are to be used. */
void opres_row_read(OpresValue values[OPRES_COLUMNS], uint64_t line, OpresRow *row);
/* A row that could not be told apart into columns. */
void opres_row_illegible(uint64_t line, OpresRow *row);

/* Days of a date of the proleptic Gregorian calendar since 1970-01-01; years are astronomical (0 = 1 BC). */
int64_t opres_days(int64_t year, int month, int day);
/* A timestamptz as PostgreSQL writes it in DateStyle ISO; false if it is none, or infinite. */
bool opres_timestamp_parse(const char *text, size_t length, int64_t *at);
/* The same as text, in UTC: "2026-11-21 06:24:04.000000 UTC". */
#define OPRES_TIMESTAMP_TEXT 80
void opres_timestamp_print(int64_t at, char text[OPRES_TIMESTAMP_TEXT]);

/* What a bytea column shows, hex or escape, decoded in place; false if it is neither. */
bool opres_bytea_decode(OpresValue *value);

#endif
