/*
 * trail.c - reading opres.audit_entry by its primary key.
 *
 * The table is looked up by name at every opening, and must be the one CREATE EXTENSION made: a superuser could have renamed that
 * one and put another in its place. Relations stay locked to the end of the transaction.
 */
#include "audit/trail.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "access/tableam.h"
#include "audit/guard.h"
#include "catalog/dependency.h"
#include "catalog/namespace.h"
#include "catalog/pg_authid.h"
#include "catalog/pg_class.h"
#include "catalog/pg_inherits.h"
#include "catalog/pg_trigger.h"
#include "catalog/pg_type.h"
#include "commands/extension.h"
#include "datatype/timestamp.h"
#include "mb/pg_wchar.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/catcache.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/syscache.h"
#include "utils/timestamp.h"

#define FROM_UNIX_EPOCH ((POSTGRES_EPOCH_JDATE - UNIX_EPOCH_JDATE) * USECS_PER_DAY)
#define LAST_TIME (PG_INT64_MAX - FROM_UNIX_EPOCH) /* in the year 294247 */

static const struct
{
	const char *name;
	Oid type;
} columns[OPRES_TRAIL_COLUMNS] = {
	{ "entry", INT8OID },         { "previous_hash", BYTEAOID }, { "at", TIMESTAMPTZOID }, { "login", TEXTOID },
	{ "session_role", TEXTOID },  { "acting_role", TEXTOID },    { "action", TEXTOID },    { "subject", TEXTOID },
	{ "content_hash", BYTEAOID }, { "leaf_hash", BYTEAOID },     { "subtrees", BYTEAOID }, { "salt", BYTEAOID },
	{ "reason", TEXTOID },        { "content", TEXTOID },
};

static Oid known_member; /* a table found to belong to the extension */

bool
opres_trail_has_columns(Relation table)
{
	TupleDesc desc = RelationGetDescr(table);

	if (desc->natts != OPRES_TRAIL_COLUMNS)
		return false;
	for (int i = 0; i < desc->natts; i++)
	{
		Form_pg_attribute column = TupleDescAttr(desc, i);

		if (column->attisdropped || column->atttypid != columns[i].type || strcmp(NameStr(column->attname), columns[i].name) != 0)
			return false;
	}
	return true;
}

static bool
is_member(Oid table)
{
	if (table != known_member && getExtensionOfObject(RelationRelationId, table) == get_extension_oid("opres", false))
		known_member = table;
	return table == known_member;
}

/* Why this table is not the one CREATE EXTENSION made; NULL if it is. */
static const char *
not_ours(Relation table)
{
	Form_pg_class class = table->rd_rel;

	if (class->relkind != RELKIND_RELATION || class->relispartition)
		return "It is no plain table.";
	if (class->relpersistence != RELPERSISTENCE_PERMANENT)
		return "It is not logged: a crash would empty it.";
	if (!is_member(RelationGetRelid(table)))
		return "It does not belong to the extension.";
	if (class->relowner != get_role_oid("opres_audit", true))
		return "It does not belong to role opres_audit.";
	if (!opres_trail_has_columns(table))
		return "Its columns are others.";
	return NULL;
}

static Relation
open_primary_key(Relation table)
{
	Oid oid = OPRES_PRIMARY_KEY_INDEX(table);
	Relation index = OidIsValid(oid) ? index_open(oid, AccessShareLock) : NULL;

	if (index == NULL || IndexRelationGetNumberOfKeyAttributes(index) != 1 ||
		index->rd_index->indkey.values[0] != OPRES_TRAIL_ENTRY || !index->rd_index->indisvalid || !index->rd_index->indisready)
		ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
						errmsg("opres.audit_entry is not the table the extension made"), errdetail("Its primary key is gone.")));
	return index;
}

OpresTrail
opres_trail_over(Relation table, Snapshot snapshot)
{
	return (OpresTrail){ .table = table_open(RelationGetRelid(table), NoLock),
						 .index = open_primary_key(table),
						 .snapshot = snapshot,
						 .slot = table_slot_create(table, NULL) };
}

OpresTrail
opres_trail_open(LOCKMODE lockmode, Snapshot snapshot)
{
	Oid oid = get_relname_relid("audit_entry", get_namespace_oid("opres", false));
	Relation table;
	OpresTrail trail;
	const char *why;

	if (!OidIsValid(oid))
		ereport(ERROR, (errcode(ERRCODE_UNDEFINED_TABLE), errmsg("table opres.audit_entry does not exist"),
						errdetail("The audit trail was dropped or renamed.")));
	table = table_open(oid, lockmode);
	why = not_ours(table);
	if (why != NULL)
		ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
						errmsg("opres.audit_entry is not the table the extension made"), errdetail("%s", why),
						errhint("Find out who changed it and when; the trail can be verified outside, from a dump.")));
	trail = opres_trail_over(table, snapshot);
	table_close(table, NoLock);
	return trail;
}

void
opres_trail_close(OpresTrail *trail)
{
	if (trail->scan != NULL)
		index_endscan(trail->scan);
	ExecDropSingleTupleTableSlot(trail->slot);
	index_close(trail->index, NoLock);
	table_close(trail->table, NoLock);
}

/* Whether somebody can be the role the table belongs to. Up to PostgreSQL 15 whoever may create roles can make himself a member. */
static const char *
owner_fault(Oid owner, bool ja)
{
	HeapTuple role = SearchSysCache1(AUTHOID, ObjectIdGetDatum(owner));
	bool login;
	CatCList *members;
	bool joined;

	if (!HeapTupleIsValid(role))
		return ja ? "所有者のロールが存在しません" : "the role it belongs to is gone";
	login = ((Form_pg_authid) GETSTRUCT(role))->rolcanlogin;
	ReleaseSysCache(role);
	if (login)
		return ja ? "所有者のロール opres_audit がログイン可能になっています" : "role opres_audit, its owner, may log in";
	members = SearchSysCacheList1(AUTHMEMROLEMEM, ObjectIdGetDatum(owner));
	joined = members->n_members > 0;
	ReleaseSysCacheList(members);
	if (joined)
		return ja ? "所有者のロール opres_audit にメンバーがいます" : "role opres_audit, its owner, has members";
	return NULL;
}

const char *
opres_trail_unprotected(Relation table, OpresLang lang)
{
	bool ja = lang == OPRES_JA;
	const char *owner = owner_fault(table->rd_rel->relowner, ja);

	if (owner != NULL)
		return owner;
	if (table->rd_rel->relrowsecurity)
		return ja ? "行セキュリティが有効なため、見えない行がありえます" : "row security can hide rows of it";
	/* pg_class.relhasrules and relhassubclass stay true for a while after the last one is gone. */
	if (table->rd_rules != NULL)
		return ja ? "ルールが設定されています" : "it has rules";
	if (find_inheritance_children(RelationGetRelid(table), NoLock) != NIL)
		return ja ? "この表を継承する表があります" : "other tables inherit from it";
	return opres_guard_missing(table, lang);
}

/* Fills the slot with an entry found by its number. One scan serves them all, and allocates: in the memory of the trail. */
static bool
look_up(OpresTrail *trail, StrategyNumber strategy, RegProcedure compare, int64 number, ScanDirection direction)
{
	MemoryContext before = MemoryContextSwitchTo(trail->slot->tts_mcxt);
	ScanKeyData key;
	bool found;

	if (trail->scan == NULL)
		trail->scan = OPRES_INDEX_BEGINSCAN(trail->table, trail->index, trail->snapshot, 1);
	ScanKeyInit(&key, 1, strategy, compare, Int64GetDatum(number));
	index_rescan(trail->scan, &key, 1, NULL, 0);
	found = index_getnext_slot(trail->scan, direction, trail->slot);
	MemoryContextSwitchTo(before);
	return found;
}

/* From the last this session saw on: a backward scan looks at all the keys of a page, and without a bound that is all of the page.
 */
int64
opres_trail_last(OpresTrail *trail)
{
	static int64 seen;
	bool isnull;

	if (look_up(trail, BTGreaterEqualStrategyNumber, F_INT8GE, seen, BackwardScanDirection) ||
		look_up(trail, BTGreaterEqualStrategyNumber, F_INT8GE, PG_INT64_MIN, BackwardScanDirection))
		seen = DatumGetInt64(slot_getattr(trail->slot, OPRES_TRAIL_ENTRY, &isnull));
	else
		seen = 0;
	return seen;
}

bool
opres_trail_find(OpresTrail *trail, int64 number)
{
	return look_up(trail, BTEqualStrategyNumber, F_INT8EQ, number, ForwardScanDirection);
}

static bool
to_hash(Datum value, OpresHash *hash)
{
	bytea *bytes = DatumGetByteaPP(value);

	if (VARSIZE_ANY_EXHDR(bytes) != OPRES_HASH_BYTES)
		return false;
	memcpy(hash->bytes, VARDATA_ANY(bytes), OPRES_HASH_BYTES);
	return true;
}

bool
opres_trail_hash(OpresTrail *trail, int column, OpresHash *hash)
{
	bool isnull;
	Datum value = slot_getattr(trail->slot, column, &isnull);

	return !isnull && to_hash(value, hash);
}

bool
opres_trail_subtree(void *ctx, int level, uint64_t index, OpresHash *hash)
{
	OpresTrail *trail = ctx;
	bool isnull;
	Datum value;
	bytea *subtrees;

	/* The number of the last leaf below, from 1; beyond 2^63 there is none. */
	if (level >= OPRES_TREE_LEVELS || index >= (UINT64_C(1) << (OPRES_TREE_LEVELS - level)) - 1)
		return false;
	if (!opres_trail_find(trail, (int64) ((index + 1) << level)))
		return false;
	if (level == 0)
		return opres_trail_hash(trail, OPRES_TRAIL_LEAF_HASH, hash);
	value = slot_getattr(trail->slot, OPRES_TRAIL_SUBTREES, &isnull);
	if (isnull)
		return false;
	subtrees = DatumGetByteaPP(value);
	if (VARSIZE_ANY_EXHDR(subtrees) < (Size) level * OPRES_HASH_BYTES)
		return false;
	memcpy(hash->bytes, VARDATA_ANY(subtrees) + (Size) (level - 1) * OPRES_HASH_BYTES, OPRES_HASH_BYTES);
	return true;
}

OpresField
opres_utf8(OpresField field)
{
	char *utf8;

	if (field.length <= 0)
		return field;
	utf8 = pg_server_to_any(field.bytes, field.length, PG_UTF8);
	return utf8 == field.bytes ? field : (OpresField){ utf8, (int32) strlen(utf8) };
}

/* As it is hashed. What is no UTF-8 in a database that does not look is not hashed alike, and so found. */
static OpresField
to_field(TupleTableSlot *slot, int column)
{
	text *value;
	OpresField field;

	if (slot->tts_isnull[column - 1])
		return (OpresField){ NULL, -1 };
	value = DatumGetTextPP(slot->tts_values[column - 1]);
	field = (OpresField){ VARDATA_ANY(value), (int32) VARSIZE_ANY_EXHDR(value) };
	return GetDatabaseEncoding() == PG_SQL_ASCII ? field : opres_utf8(field);
}

/* What can be wrong with the columns of a row, in English and Japanese. */
enum
{
	NO_KEY,
	TIME,
	NUMBER,
	PREVIOUS,
	CONTENT_HASH,
	LEAF,
	NO_SALT,
	SALT,
	SUBTREES,
};
static const char *const wrong[][2] = {
	[NO_KEY] = { "entry, at or action is NULL", "entry・at・action のいずれかが NULL です" },
	[TIME] = { "at is out of range", "at が範囲外の値です" },
	[NUMBER] = { "entry is not positive", "entry が正の数ではありません" },
	[PREVIOUS] = { "previous_hash has another length than 32 bytes", "previous_hash の長さが32バイトではありません" },
	[CONTENT_HASH] = { "content_hash has another length than 32 bytes", "content_hash の長さが32バイトではありません" },
	[LEAF] = { "leaf_hash has another length than 32 bytes", "leaf_hash の長さが32バイトではありません" },
	[NO_SALT] = { "salt is missing", "salt がありません" },
	[SALT] = { "salt has another length than 16 bytes", "salt の長さが16バイトではありません" },
	[SUBTREES] = { "subtrees is no whole number of hashes", "subtrees の長さが32バイトの倍数ではありません" },
};

/* Reads a hash that may not be NULL. */
static bool
read_hash(TupleTableSlot *slot, int column, OpresHash *hash)
{
	return !slot->tts_isnull[column - 1] && to_hash(slot->tts_values[column - 1], hash);
}

static void
read_salt(TupleTableSlot *slot, OpresTrailRow *row)
{
	bytea *salt;

	row->erased = slot->tts_isnull[OPRES_TRAIL_SALT - 1];
	row->reason = to_field(slot, OPRES_TRAIL_REASON);
	row->content = to_field(slot, OPRES_TRAIL_CONTENT);
	if (row->erased)
	{
		if (row->reason.length >= 0 || row->content.length >= 0)
			row->malformed = wrong[NO_SALT];
		return;
	}
	salt = DatumGetByteaPP(slot->tts_values[OPRES_TRAIL_SALT - 1]);
	if (VARSIZE_ANY_EXHDR(salt) == OPRES_SALT_BYTES)
		memcpy(row->salt, VARDATA_ANY(salt), OPRES_SALT_BYTES);
	else
		row->malformed = wrong[SALT];
}

static void
read_subtrees(TupleTableSlot *slot, OpresTrailRow *row)
{
	bytea *subtrees;

	row->subtrees = NULL;
	row->subtree_count = 0;
	if (slot->tts_isnull[OPRES_TRAIL_SUBTREES - 1])
		return;
	subtrees = DatumGetByteaPP(slot->tts_values[OPRES_TRAIL_SUBTREES - 1]);
	row->subtrees = (const uint8 *) VARDATA_ANY(subtrees);
	row->subtree_count = (int) (VARSIZE_ANY_EXHDR(subtrees) / OPRES_HASH_BYTES);
	if (VARSIZE_ANY_EXHDR(subtrees) % OPRES_HASH_BYTES != 0)
		row->malformed = wrong[SUBTREES];
}

void
opres_trail_row(TupleTableSlot *slot, OpresTrailRow *row)
{
	OpresAuditEntry *entry = &row->entry;
	TimestampTz at;
	bool *isnull;

	slot_getallattrs(slot);
	isnull = slot->tts_isnull;
	row->malformed = NULL;
	entry->number = isnull[OPRES_TRAIL_ENTRY - 1] ? 0 : DatumGetInt64(slot->tts_values[OPRES_TRAIL_ENTRY - 1]);
	if (isnull[OPRES_TRAIL_ENTRY - 1] || isnull[OPRES_TRAIL_AT - 1] || isnull[OPRES_TRAIL_ACTION - 1])
	{
		row->malformed = wrong[NO_KEY];
		return;
	}
	at = DatumGetTimestampTz(slot->tts_values[OPRES_TRAIL_AT - 1]);
	if (TIMESTAMP_NOT_FINITE(at) || at > LAST_TIME)
	{
		row->malformed = wrong[TIME];
		return;
	}
	entry->at = opres_unix_time(at);
	entry->login = to_field(slot, OPRES_TRAIL_LOGIN);
	entry->session_role = to_field(slot, OPRES_TRAIL_SESSION_ROLE);
	entry->acting_role = to_field(slot, OPRES_TRAIL_ACTING_ROLE);
	entry->action = to_field(slot, OPRES_TRAIL_ACTION);
	entry->subject = to_field(slot, OPRES_TRAIL_SUBJECT);
	entry->previous = isnull[OPRES_TRAIL_PREVIOUS_HASH - 1] ? NULL : &row->previous;
	if (entry->number < 1)
		row->malformed = wrong[NUMBER];
	else if (entry->previous != NULL && !to_hash(slot->tts_values[OPRES_TRAIL_PREVIOUS_HASH - 1], &row->previous))
		row->malformed = wrong[PREVIOUS];
	else if (!read_hash(slot, OPRES_TRAIL_CONTENT_HASH, &entry->content_hash))
		row->malformed = wrong[CONTENT_HASH];
	else if (!read_hash(slot, OPRES_TRAIL_LEAF_HASH, &row->leaf_hash))
		row->malformed = wrong[LEAF];
	else
	{
		read_subtrees(slot, row);
		read_salt(slot, row);
	}
}

int64
opres_unix_time(TimestampTz time)
{
	return time + FROM_UNIX_EPOCH;
}
