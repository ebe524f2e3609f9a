/*
 * trail.h - reading opres.audit_entry by its primary key, without SQL. Checks no privilege: that is for who may execute a function.
 *
 * Every function takes an open trail; memory of what is returned belongs to the caller's memory context.
 */
#ifndef OPRES_TRAIL_H
#define OPRES_TRAIL_H

#include "common/compat.h"

#include "access/genam.h"
#include "audit_entry.h"
#include "common/lang.h"
#include "executor/tuptable.h"
#include "datatype/timestamp.h"
#include "merkle.h"
#include "utils/relcache.h"
#include "utils/snapshot.h"

/* Columns of opres.audit_entry, numbered as in the table (tables.sql). */
typedef enum OpresTrailColumn
{
	OPRES_TRAIL_ENTRY = 1,
	OPRES_TRAIL_PREVIOUS_HASH,
	OPRES_TRAIL_AT,
	OPRES_TRAIL_LOGIN,
	OPRES_TRAIL_SESSION_ROLE,
	OPRES_TRAIL_ACTING_ROLE,
	OPRES_TRAIL_ACTION,
	OPRES_TRAIL_SUBJECT,
	OPRES_TRAIL_CONTENT_HASH,
	OPRES_TRAIL_LEAF_HASH,
	OPRES_TRAIL_SUBTREES,
	OPRES_TRAIL_SALT,
	OPRES_TRAIL_REASON,
	OPRES_TRAIL_CONTENT
} OpresTrailColumn;
#define OPRES_TRAIL_COLUMNS OPRES_TRAIL_CONTENT

typedef struct OpresTrail
{
	Relation table;
	Relation index; /* the primary key */
	Snapshot snapshot;
	TupleTableSlot *slot;
	struct IndexScanDescData *scan; /* kept from one look-up to the next */
} OpresTrail;

/* Opens with a table lock, held to the end of the transaction. An error if the table is not the one we made (columns, key). */
extern OpresTrail opres_trail_open(LOCKMODE lockmode, Snapshot snapshot);
/* The same over a table that is open already, looked at no further (its guard calls with what is being changed). */
extern OpresTrail opres_trail_over(Relation table, Snapshot snapshot);
/* Leaves the table locked, and open if it was open before. */
extern void opres_trail_close(OpresTrail *trail);

/* Whether a table has the columns of opres.audit_entry: slots of another must not be read here. */
extern bool opres_trail_has_columns(Relation table);

/* What keeps the table from being changed by plain SQL and is not in order: for people, as part of a sentence; NULL if all is. */
extern const char *opres_trail_unprotected(Relation table, OpresLang lang);

/* The number of the last entry, 0 if there is none; its slot is filled. */
extern int64 opres_trail_last(OpresTrail *trail);
/* Fills the slot with an entry; false if it is not there. */
extern bool opres_trail_find(OpresTrail *trail, int64 number);

/* A column of the slot as a hash; false if NULL or of another length. */
extern bool opres_trail_hash(OpresTrail *trail, int column, OpresHash *hash);

/* An OpresSubtreeFetch over the stored subtrees; ctx is an OpresTrail. False if the row is missing or its column too short. */
extern bool opres_trail_subtree(void *ctx, int level, uint64_t index, OpresHash *hash);

/* The entry in a slot, ready to be hashed. Fields point into memory of the current context. previous: room for the hash. */
typedef struct OpresTrailRow
{
	OpresAuditEntry entry;
	OpresHash previous;
	OpresHash leaf_hash; /* as stored */
	bool erased;         /* salt, reason and content are NULL */
	uint8 salt[OPRES_SALT_BYTES];
	OpresField reason, content;
	const uint8 *subtrees; /* as stored */
	int subtree_count;
	/* NULL, or what is wrong with the row, in English and Japanese: then nothing but the number is to be used, 0 if there is none.
	 */
	const char *const *malformed;
} OpresTrailRow;

/* A text of the database in the encoding in which it is hashed. Errors: no UTF-8, in a database that does not look (SQL_ASCII). */
extern OpresField opres_utf8(OpresField field);

extern void opres_trail_row(TupleTableSlot *slot, OpresTrailRow *row);

/* Microseconds since 1970-01-01 00:00 UTC. */
extern int64 opres_unix_time(TimestampTz time);

#endif
