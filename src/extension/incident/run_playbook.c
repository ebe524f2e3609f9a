/*
 * run_playbook.c - compiled playbooks of runs (run_playbook.h): the least recently used that no live run uses goes first. Each
 * lives in a memory context of its own below CacheMemoryContext.
 */
#include "incident/run_playbook.h"

#include "incident/run.h"

#include "catalog/pg_collation.h"
#include "common/statement.h"
#include "incident/table_scan.h"
#include "map/map_compile.h"
#include "utils/builtins.h"
#include "utils/datetime.h"
#include "utils/fmgroids.h"
#include "utils/json.h"
#include "utils/memutils.h"

static OpresRunPlaybook *compiled_kept[OPRES_RUN_PLAYBOOKS];
static uint64 uses;

static OpresPin
read_pin(const char *id, TimestampTz modified)
{
	static OpresStatement statement = OPRES_SQL("SELECT document::jsonb FROM opres.playbook WHERE id OPERATOR(pg_catalog.=) $1"
												" AND modified OPERATOR(pg_catalog.=) $2",
												TEXTOID, TIMESTAMPTZOID);
	Datum values[2] = { CStringGetTextDatum(id), TimestampTzGetDatum(modified) };
	bool isnull;

	if (opres_statement(&statement, values, NULL, true) != 1)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT), errmsg("playbook %s of %s is not there", id, timestamptz_to_str(modified)),
				 errdetail("It is a version that a run was begun with. SELECT on opres.playbook is needed too.")));
	return (OpresPin){ pstrdup(id), modified, DatumGetJsonbPCopy(opres_column(0, 1, &isnull)) };
}

static TimestampTz
pin_time(const JsonbValue *value)
{
	char *text = pnstrdup(value->val.string.val, value->val.string.len);

	return DatumGetTimestampTz(
		DirectFunctionCall3(timestamptz_in, CStringGetDatum(text), ObjectIdGetDatum(InvalidOid), Int32GetDatum(-1)));
}

char *
opres_pin_key(const char *id, TimestampTz version)
{
	char text[MAXDATELEN + 1];
	int utc = 0;

	if (version == 0)
		return pstrdup(id);
	JsonEncodeDateTime(text, TimestampTzGetDatum(version), TIMESTAMPTZOID, &utc);
	return psprintf("%s@%s", id, text);
}

/* The version of a playbook inside that the run was begun with. */
static OpresPin
pinned(void *ctx, const char *id, TimestampTz version)
{
	Jsonb *pins = ctx;
	JsonbValue value;
	char *key = opres_pin_key(id, version);

	if (getKeyJsonValueFromContainer(&pins->root, key, (int) strlen(key), &value) == NULL || value.type != jbvString)
		ereport(ERROR, (errcode(ERRCODE_DATA_CORRUPTED),
						errmsg("the run does not say which version of playbook %s it was begun with", id)));
	return read_pin(id, pin_time(&value));
}

void
opres_run_drop_context(MemoryContext context, bool in_use)
{
	static TimestampTz used_in = 0; /* begin of that transaction */

	if (in_use)
		used_in = GetCurrentTransactionStartTimestamp();
	if (used_in == GetCurrentTransactionStartTimestamp())
		MemoryContextSetParent(context, TopTransactionContext);
	else
		MemoryContextDelete(context);
}

static void
drop_compiled(int place)
{
	if (compiled_kept[place] != NULL)
		opres_run_drop_context(compiled_kept[place]->context, false);
	compiled_kept[place] = NULL;
}

static int
compiled_place(void)
{
	int place = -1;

	for (int i = 0; i < OPRES_RUN_PLAYBOOKS; i++)
	{
		if (compiled_kept[i] == NULL)
			return i;
		if (compiled_kept[i]->used == 0 && (place < 0 || compiled_kept[i]->last_used < compiled_kept[place]->last_used))
			place = i;
	}
	Assert(place >= 0); /* there are more places than live runs */
	drop_compiled(place);
	return place;
}

/* The machine believes what it is given: not what lies in a table, even if it was checked when it was loaded. */
static void
check_machine(const OpresCompiled *compiled)
{
	OpresEnv env = opres_pg_env(CurrentMemoryContext);
	OpresArena scratch;
	OpresError error = { 0 };

	opres_arena_init(&scratch, &env, 0);
	if (opres_playbook_check(&compiled->playbook, &scratch, &error) != OPRES_OK)
		ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE), errmsg("playbook %s cannot be run", compiled->id),
						error.node >= 0 ? errdetail("Step %s: %s.", compiled->steps[error.node].reference, error.message)
										: errdetail("%s.", error.message)));
	opres_arena_free(&scratch);
}

/* A version, with what is in it: one that was rolled back may have come again with something else in it. */
static bool
add_to_key(StringInfo key, const char *id, TimestampTz modified)
{
	OpresTableScan scan;
	ScanKeyData keys[2];
	HeapTuple row;
	bool found;

	ScanKeyInit(&keys[0], 1, BTEqualStrategyNumber, F_TEXTEQ, CStringGetTextDatum(id));
	keys[0].sk_collation = C_COLLATION_OID;
	ScanKeyInit(&keys[1], 2, BTEqualStrategyNumber, F_TIMESTAMPTZ_EQ, TimestampTzGetDatum(modified));
	scan = opres_table_scan("playbook", "playbook_pkey", 2, keys);
	row = opres_table_next(&scan);
	found = row != NULL;
	if (found)
	{
		bytea *hash = DatumGetByteaPP(opres_table_value(&scan, row, "canonical_hash"));

		appendStringInfo(key, "%s " INT64_FORMAT " ", id, modified);
		for (int i = 0; i < VARSIZE_ANY_EXHDR(hash); i++)
			appendStringInfo(key, "%02x", (unsigned char) VARDATA_ANY(hash)[i]);
		appendStringInfoChar(key, '\n');
	}
	opres_table_end(&scan);
	return found;
}

/* What a compiled playbook is made from; NULL if not all of it is in sight. */
static char *
compiled_key(const char *id, TimestampTz modified, Jsonb *pins)
{
	JsonbIterator *iterator = JsonbIteratorInit(&pins->root);
	JsonbValue key, value;
	StringInfoData out;
	bool found;

	initStringInfo(&out);
	found = add_to_key(&out, id, modified);
	(void) JsonbIteratorNext(&iterator, &key, true);
	while (found && JsonbIteratorNext(&iterator, &key, true) == WJB_KEY)
	{
		char *inner = pnstrdup(key.val.string.val, key.val.string.len);

		inner[strcspn(inner, "@")] = '\0';
		(void) JsonbIteratorNext(&iterator, &value, true);
		found = value.type == jbvString && add_to_key(&out, inner, pin_time(&value));
	}
	return found ? out.data : NULL;
}

OpresRunPlaybook *
opres_run_playbook(const char *id, TimestampTz modified, Jsonb *pins)
{
	char *key = compiled_key(id, modified, pins);
	MemoryContext context;
	OpresRunPlaybook *made;
	OpresPin pin;

	for (int i = 0; i < OPRES_RUN_PLAYBOOKS && key != NULL; i++)
		if (compiled_kept[i] != NULL && strcmp(compiled_kept[i]->key, key) == 0)
		{
			compiled_kept[i]->last_used = ++uses;
			return compiled_kept[i];
		}
	pin = read_pin(id, modified);
	context = AllocSetContextCreate(CurrentMemoryContext, "opres playbook", ALLOCSET_SMALL_SIZES);
	made = MemoryContextAllocZero(context, sizeof(OpresRunPlaybook));
	made->context = context;
	made->key = MemoryContextStrdup(context, key != NULL ? key : "");
	made->compiled = opres_compile_playbook(&pin, pinned, pins, context);
	check_machine(made->compiled);
	made->last_used = ++uses;
	MemoryContextSetParent(context, CacheMemoryContext);
	compiled_kept[compiled_place()] = made;
	return made;
}
