/*
 * compat.h - the one place for differences between PostgreSQL 14 to 18, and the export of SQL-callable functions.
 */
#ifndef OPRES_COMPAT_H
#define OPRES_COMPAT_H

#include "postgres.h"
#include "fmgr.h"
#if PG_VERSION_NUM >= 160000
#include "varatt.h"
#endif

/*
 * The library is built with hidden visibility; only functions declared by this macro can be seen from outside.
 * (From 16 on PG_FUNCTION_INFO_V1 does it itself; before, PGDLLEXPORT is empty.)
 */
#define OPRES_FUNCTION(name)                                                                                                       \
	_Pragma("GCC visibility push(default)") PG_FUNCTION_INFO_V1(name);                                                             \
	_Pragma("GCC visibility pop") extern int opres_function_needs_semicolon

/* Leaves an input function with an error: from 16 on a soft one, so that pg_input_is_valid and COPY ... ON_ERROR work. */
#if PG_VERSION_NUM >= 160000
#include "nodes/miscnodes.h"
#define OPRES_INPUT_ERROR(fcinfo, report) ereturn((fcinfo)->context, (Datum) 0, report)
#else
#define OPRES_INPUT_ERROR(fcinfo, report) ereport(ERROR, report)
#endif

/* The number of this session's transaction, 0 outside of one; needs storage/proc.h. */
#if PG_VERSION_NUM >= 170000
#define OPRES_MY_LXID (MyProc->vxid.lxid)
#else
#define OPRES_MY_LXID (MyProc->lxid)
#endif

/* What ends a long run of the engine; other interrupts wait until it is over. From 17 on transaction_timeout is one of them. */
#if PG_VERSION_NUM >= 170000
#define OPRES_CANCEL_PENDING (QueryCancelPending || ProcDiePending || TransactionTimeoutPending)
#else
#define OPRES_CANCEL_PENDING (QueryCancelPending || ProcDiePending)
#endif

/* A misspelt setting of ours is an error, where PostgreSQL can tell; a warning before 15 (utils/guc.h). */
#if PG_VERSION_NUM >= 150000
#define OPRES_RESERVE_SETTINGS(prefix) MarkGUCPrefixReserved(prefix)
#else
#define OPRES_RESERVE_SETTINGS(prefix) EmitWarningsOnPlaceholders(prefix)
#endif

/* The primary key's index (utils/rel.h); from 18 on a deferrable one counts only when asked for. */
#if PG_VERSION_NUM >= 180000
#define OPRES_PRIMARY_KEY_INDEX(table) RelationGetPrimaryKeyIndex(table, false)
#else
#define OPRES_PRIMARY_KEY_INDEX(table) RelationGetPrimaryKeyIndex(table)
#endif

/* assign_synchronous_commit: before 16 it is in replication/syncrep.h. */
#if PG_VERSION_NUM >= 160000
#include "utils/guc_hooks.h"
#endif

/* An index scan of a table (access/genam.h). */
#if PG_VERSION_NUM >= 180000
#define OPRES_INDEX_BEGINSCAN(table, index, snapshot, keys) index_beginscan(table, index, snapshot, NULL, keys, 0)
#else
#define OPRES_INDEX_BEGINSCAN(table, index, snapshot, keys) index_beginscan(table, index, snapshot, keys, 0)
#endif

/* Entries of a new row in all indexes of its table (executor/executor.h). */
#if PG_VERSION_NUM >= 160000
#define OPRES_INSERT_INDEX_TUPLES(relation, slot, estate)                                                                          \
	ExecInsertIndexTuples(relation, slot, estate, false, false, NULL, NIL, false)
#else
#define OPRES_INSERT_INDEX_TUPLES(relation, slot, estate) ExecInsertIndexTuples(relation, slot, estate, false, false, NULL, NIL)
#endif

/* Entries of a changed row in the indexes that need one (access/tableam.h, executor/executor.h). Not told to be an update: for
   that, a mere hint, the executor would ask a range table which columns have changed. */
#if PG_VERSION_NUM >= 160000
#define OPRES_UPDATE_INDEXES TU_UpdateIndexes
#define OPRES_UPDATE_NO_INDEX TU_None
#define OPRES_UPDATE_INDEX_TUPLES(relation, slot, estate, update)                                                                  \
	ExecInsertIndexTuples(relation, slot, estate, false, false, NULL, NIL, (update) == TU_Summarizing)
#else
#define OPRES_UPDATE_INDEXES bool
#define OPRES_UPDATE_NO_INDEX false
#define OPRES_UPDATE_INDEX_TUPLES(relation, slot, estate, update)                                                                  \
	ExecInsertIndexTuples(relation, slot, estate, false, false, NULL, NIL)
#endif

/* The timeline that this server writes, once RecoveryInProgress() has said no; needs access/xlog.h. */
#if PG_VERSION_NUM >= 150000
#define OPRES_INSERTION_TIMELINE() GetWALInsertionTimeLine()
#else
#define OPRES_INSERTION_TIMELINE() ThisTimeLineID
#endif

/* A setting by its name, NULL if nobody has heard of it (utils/guc_tables.h). */
#if PG_VERSION_NUM >= 160000
#define OPRES_FIND_SETTING(name) find_option(name, false, true, LOG)
#else
#define OPRES_FIND_SETTING(name) opres_find_setting(name)
struct config_generic;
extern struct config_generic *opres_find_setting(const char *name);
#endif

/* What an action of the JSON parser returns (common/jsonapi.h); its context, over a text that stays. */
#if PG_VERSION_NUM >= 160000
#define OPRES_JSON_ACTION JsonParseErrorType
#define OPRES_JSON_ACTION_DONE return JSON_SUCCESS
#else
#define OPRES_JSON_ACTION void
#define OPRES_JSON_ACTION_DONE return
#endif
#if PG_VERSION_NUM >= 170000
#define OPRES_JSON_LEX_CONTEXT(string, length, encoding) makeJsonLexContextCstringLen(NULL, string, length, encoding, true)
#else
#define OPRES_JSON_LEX_CONTEXT(string, length, encoding) makeJsonLexContextCstringLen(string, length, encoding, true)
#endif

/* Whether this session holds that lock in that mode (storage/lock.h). */
#if PG_VERSION_NUM >= 170000
#define OPRES_LOCK_HELD_BY_ME(tag, mode) LockHeldByMe(tag, mode, false)
#else
#define OPRES_LOCK_HELD_BY_ME(tag, mode) LockHeldByMe(tag, mode)
#endif

#endif
