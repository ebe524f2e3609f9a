/*
 * load.c - load_playbook: a version of a playbook, checked, kept byte for byte.
 *
 * A version is never changed, so there is nothing to lock: whoever comes second finds the first one's row, waits for its
 * transaction, and compares. Runs as the owner of the extension (the SQL function is SECURITY DEFINER).
 */

#include "common/compat.h"

#include "audit/append.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "incident/acting.h"
#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
#include "playbook/canonical.h"
#include "playbook/check.h"
#include "playbook/document_text.h"
#include "playbook/signature.h"
#include "playbook/times.h"
#include "utils/builtins.h"
#include "utils/json.h"
#include "utils/timestamp.h"

/* Findings told at once; check_playbook lists all. */
#define TOLD_ERRORS 10
#define TOLD_WARNINGS 20
#define TOLD_NAME_BYTES 1000
#define TOLD_SIGNATURE_BYTES 10000

/* What becomes columns of opres.playbook. */
typedef struct Version
{
	const char *id;
	TimestampTz modified;
	const char *modified_text;
	const char *name;
	OpresHash hash;
	Datum document; /* text */
	Jsonb *json;
	Jsonb *signatures; /* what was found of them */
} Version;

static Version
read_version(Jsonb *json, Datum document)
{
	JsonbContainer *root = &json->root;
	Version version = { .json = json, .document = document };

	version.id = opres_json_text(root, "id");
	version.modified_text = opres_json_text(root, "modified");
	version.modified = opres_read_timestamp(version.modified_text);
	version.name = opres_json_text(root, "name");
	version.hash = opres_canonical_hash(json);
	version.signatures = opres_check_signatures(json);
	opres_require_signatures(version.signatures);
	return version;
}

static SPIPlanPtr
keep_plan(const char *statement, int count, Oid *types)
{
	SPIPlanPtr plan = SPI_prepare(statement, count, types);

	if (plan == NULL)
		elog(ERROR, "preparing failed: %s", SPI_result_code_string(SPI_result));
	SPI_keepplan(plan);
	return plan;
}

static Datum
hash_datum(const OpresHash *hash)
{
	bytea *bytes = palloc(VARHDRSZ + OPRES_HASH_BYTES);

	SET_VARSIZE(bytes, VARHDRSZ + OPRES_HASH_BYTES);
	memcpy(VARDATA(bytes), hash->bytes, OPRES_HASH_BYTES);
	return PointerGetDatum(bytes);
}

static void
optional_time(JsonbContainer *root, const char *key, Datum *value, char *null)
{
	char *text = opres_json_text(root, key);

	*null = text == NULL ? 'n' : ' ';
	*value = text == NULL ? (Datum) 0 : TimestampTzGetDatum(opres_read_timestamp(text));
}

/* False if the version is there already. */
static bool
insert_version(const Version *version)
{
	static Oid types[] = { TEXTOID,        TIMESTAMPTZOID, TEXTOID, TEXTOID,        BOOLOID, TIMESTAMPTZOID,
						   TIMESTAMPTZOID, BYTEAOID,       TEXTOID, TIMESTAMPTZOID, TEXTOID, JSONBOID };
	static SPIPlanPtr plan;
	JsonbContainer *root = &version->json->root;
	char *attack_type = opres_json_text(opres_extension_of(root, "playbook_extensions"), "attack_type");
	Datum values[lengthof(types)];
	char nulls[lengthof(types)];

	memset(nulls, ' ', sizeof(nulls));
	values[0] = CStringGetTextDatum(version->id);
	values[1] = TimestampTzGetDatum(version->modified);
	values[2] = CStringGetTextDatum(version->name);
	nulls[3] = attack_type == NULL ? 'n' : ' ';
	values[3] = attack_type == NULL ? (Datum) 0 : CStringGetTextDatum(attack_type);
	values[4] = BoolGetDatum(opres_json_flag(root, "revoked", false));
	optional_time(root, "valid_from", &values[5], &nulls[5]);
	optional_time(root, "valid_until", &values[6], &nulls[6]);
	values[7] = hash_datum(&version->hash);
	values[8] = version->document;
	values[9] = TimestampTzGetDatum(GetCurrentTimestamp());
	values[10] = CStringGetTextDatum(opres_acting_person_code());
	values[11] = JsonbPGetDatum(version->signatures);
	if (plan == NULL)
		plan = keep_plan("INSERT INTO opres.playbook (id, modified, name, attack_type, revoked, valid_from, valid_until,"
						 " canonical_hash, document, loaded_at, loaded_by, signatures)"
						 " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) ON CONFLICT DO NOTHING",
						 lengthof(types), types);
	if (SPI_execute_plan(plan, values, nulls, false, 0) != SPI_OK_INSERT)
		elog(ERROR, "inserting a playbook failed");
	return SPI_processed == 1;
}

/* The row of that version, locked; a signature may be added to it. */
static void
read_loaded(const Version *version, OpresHash *hash, Jsonb **document)
{
	static Oid types[] = { TEXTOID, TIMESTAMPTZOID };
	static SPIPlanPtr plan;
	Datum values[] = { CStringGetTextDatum(version->id), TimestampTzGetDatum(version->modified) };
	HeapTuple row;
	bytea *bytes;
	bool isnull;

	if (plan == NULL)
		plan = keep_plan("SELECT canonical_hash, document::jsonb FROM opres.playbook WHERE id = $1 AND modified = $2 FOR UPDATE",
						 lengthof(types), types);
	if (SPI_execute_plan(plan, values, NULL, false, 1) != SPI_OK_SELECT || SPI_processed != 1)
		elog(ERROR, "a playbook that is there cannot be read");
	row = SPI_tuptable->vals[0];
	bytes = DatumGetByteaPP(SPI_getbinval(row, SPI_tuptable->tupdesc, 1, &isnull));
	memcpy(hash->bytes, VARDATA_ANY(bytes), OPRES_HASH_BYTES);
	*document = DatumGetJsonbP(SPI_getbinval(row, SPI_tuptable->tupdesc, 2, &isnull));
}

/* How many signatures of one document the other has not. */
static int
signatures_missing(Jsonb *document, Jsonb *other)
{
	JsonbContainer *mine = opres_json_array(&document->root, "signatures");
	JsonbContainer *theirs = opres_json_array(&other->root, "signatures");
	int missing = 0;

	for (int i = 0; i < opres_json_count(mine); i++)
	{
		JsonbContainer *signature = opres_json_item_object(mine, i);
		bool found = false;

		for (int j = 0; j < opres_json_count(theirs) && !found; j++)
			found = compareJsonbContainers(signature, opres_json_item_object(theirs, j)) == 0;
		missing += !found;
	}
	return missing;
}

static void
replace_document(const Version *version)
{
	static Oid types[] = { TEXTOID, TIMESTAMPTZOID, TEXTOID, JSONBOID };
	static SPIPlanPtr plan;
	Datum values[] = { CStringGetTextDatum(version->id), TimestampTzGetDatum(version->modified), version->document,
					   JsonbPGetDatum(version->signatures) };

	if (plan == NULL)
		plan = keep_plan("UPDATE opres.playbook SET document = $3, signatures = $4 WHERE id = $1 AND modified = $2",
						 lengthof(types), types);
	if (SPI_execute_plan(plan, values, NULL, false, 0) != SPI_OK_UPDATE || SPI_processed != 1)
		elog(ERROR, "a playbook that is there cannot be signed");
}

/* The version is there: true if signatures were added to it, false if there was nothing to do. */
static bool
sign_version(const Version *version)
{
	OpresHash hash;
	Jsonb *loaded;

	read_loaded(version, &hash, &loaded);
	if (memcmp(hash.bytes, version->hash.bytes, OPRES_HASH_BYTES) != 0)
		ereport(ERROR, (errcode(ERRCODE_UNIQUE_VIOLATION),
						errmsg("playbook \"%s\" of %s is loaded already, with other content", version->id, version->modified_text),
						errdetail("A version of a playbook never changes."),
						errhint("Give what you have changed a later time in \"modified\".")));
	if (signatures_missing(version->json, loaded) == 0)
		return false;
	if (signatures_missing(loaded, version->json) > 0)
		ereport(ERROR,
				(errcode(ERRCODE_UNIQUE_VIOLATION),
				 errmsg("playbook \"%s\" of %s lacks signatures that it has been loaded with", version->id, version->modified_text),
				 errhint("Add the new signature to what opres.playbook_document gives.")));
	replace_document(version);
	return true;
}

/* Problems */

static int
error_code(OpresProblem problem)
{
	switch (problem)
	{
		case OPRES_PROBLEM_JSON:
			return ERRCODE_INVALID_TEXT_REPRESENTATION;
		case OPRES_PROBLEM_TWICE:
			return ERRCODE_DUPLICATE_JSON_OBJECT_KEY_VALUE;
		case OPRES_PROBLEM_MISSING:
			return ERRCODE_NOT_NULL_VIOLATION;
		case OPRES_PROBLEM_UNKNOWN:
			return ERRCODE_UNDEFINED_COLUMN;
		case OPRES_PROBLEM_TYPE:
			return ERRCODE_DATATYPE_MISMATCH;
		case OPRES_PROBLEM_RANGE:
			return ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE;
		case OPRES_PROBLEM_TIME:
			return ERRCODE_INVALID_DATETIME_FORMAT;
		case OPRES_PROBLEM_NO_STEP:
		case OPRES_PROBLEM_NO_AGENT:
		case OPRES_PROBLEM_NO_TARGET:
		case OPRES_PROBLEM_NO_AUTHENTICATION:
		case OPRES_PROBLEM_NO_MARKING:
		case OPRES_PROBLEM_NO_VARIABLE:
		case OPRES_PROBLEM_NO_ROLE:
		case OPRES_PROBLEM_NO_FACT:
		case OPRES_PROBLEM_NO_REPORT:
		case OPRES_PROBLEM_NO_SOURCE:
			return ERRCODE_UNDEFINED_OBJECT;
		case OPRES_PROBLEM_TOO_MANY:
		case OPRES_PROBLEM_DEPTH:
			return ERRCODE_PROGRAM_LIMIT_EXCEEDED;
		default:
			return ERRCODE_CHECK_VIOLATION;
	}
}

/* The first error is thrown, some of the others stand in its detail. */
static void
throw_errors(const OpresCheck *check)
{
	const OpresFinding *first;
	StringInfoData others;

	if (check->error_count == 0)
		return;
	first = linitial(check->errors);
	initStringInfo(&others);
	for (int i = 1; i < list_length(check->errors) && i <= TOLD_ERRORS; i++)
	{
		const OpresFinding *finding = list_nth(check->errors, i);

		appendStringInfo(&others, "%s%s: %s", i > 1 ? "\n" : "", finding->path, finding->said);
	}
	if (check->error_count > TOLD_ERRORS + 1)
		appendStringInfo(&others, "\n" INT64_FORMAT " more: opres.check_playbook lists them.",
						 check->error_count - TOLD_ERRORS - 1);
	ereport(ERROR, (errcode(error_code(first->problem)), errmsg("%s: %s", first->path, first->said),
					others.len > 0 ? errdetail("%s", others.data) : 0, errhint("%s", first->advice)));
}

static void
tell_warnings(const OpresCheck *check)
{
	ListCell *cell;

	foreach (cell, check->warnings)
	{
		const OpresFinding *finding = lfirst(cell);

		if (foreach_current_index(cell) == TOLD_WARNINGS)
			break;
		ereport(WARNING,
				(errcode(ERRCODE_WARNING), errmsg("%s: %s", finding->path, finding->said), errhint("%s", finding->advice)));
	}
	if (check->warning_count > TOLD_WARNINGS)
		ereport(WARNING,
				(errcode(ERRCODE_WARNING), errmsg("there are " INT64_FORMAT " more warnings", check->warning_count - TOLD_WARNINGS),
				 errhint("opres.check_playbook lists them.")));
}

/* What the trail keeps */

static void
append_warnings(StringInfo out, const OpresCheck *check)
{
	ListCell *cell;

	appendStringInfo(out, ", \"warnings\": " INT64_FORMAT ", \"first_warnings\": [", check->warning_count);
	foreach (cell, check->warnings)
	{
		const OpresFinding *finding = lfirst(cell);

		if (foreach_current_index(cell) == TOLD_WARNINGS)
			break;
		appendStringInfoString(out, foreach_current_index(cell) > 0 ? ", " : "");
		escape_json(out, psprintf("%s: %s", finding->path, finding->said));
	}
	appendStringInfoChar(out, ']');
}

/* An entry has room for 64 kB; whoever wants to know more has the document. */
static void
append_name(StringInfo out, const char *name)
{
	escape_json(out, pnstrdup(name, pg_mbcliplen(name, strlen(name), TOLD_NAME_BYTES)));
}

static void
append_signatures(StringInfo out, Jsonb *signatures)
{
	char *text = JsonbToCString(NULL, &signatures->root, VARSIZE(signatures));

	if (strlen(text) <= TOLD_SIGNATURE_BYTES)
		appendStringInfo(out, ", \"signatures\": %s", text);
	else
		appendStringInfo(out, ", \"signatures\": %d", JB_ROOT_COUNT(signatures));
}

static char *
audit_content(const Version *version, const OpresCheck *check)
{
	StringInfoData out;

	initStringInfo(&out);
	appendStringInfoString(&out, "{\"name\": ");
	append_name(&out, version->name);
	appendStringInfoString(&out, ", \"canonical_hash\": \"");
	for (int i = 0; i < OPRES_HASH_BYTES; i++)
		appendStringInfo(&out, "%02x", version->hash.bytes[i]);
	appendStringInfoChar(&out, '"');
	append_signatures(&out, version->signatures);
	append_warnings(&out, check);
	appendStringInfoChar(&out, '}');
	return out.data;
}

static char *
load(Jsonb *json, Datum document, const char *reason)
{
	OpresCheck *check = opres_check_playbook_document(json, OPRES_EN);
	OpresActor actor = opres_actor();
	const char *action = "playbook.load";
	Version version;
	bool changed;

	throw_errors(check);
	version = read_version(json, document);
	SPI_connect();
	changed = insert_version(&version);
	if (!changed)
	{
		changed = sign_version(&version);
		action = "playbook.sign";
	}
	SPI_finish();
	if (!changed)
		return unconstify(char *, version.id);
	tell_warnings(check);
	opres_audit_append(&actor, action, psprintf("playbook %s %s", version.id, version.modified_text), opres_reason(reason, NULL),
					   audit_content(&version, check));
	return unconstify(char *, version.id);
}

static char *
reason_argument(FunctionCallInfo fcinfo)
{
	return PG_ARGISNULL(1) ? NULL : text_to_cstring(PG_GETARG_TEXT_PP(1));
}

OPRES_FUNCTION(opres_load_playbook_jsonb);
Datum
opres_load_playbook_jsonb(PG_FUNCTION_ARGS)
{
	char *written;

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	written = DatumGetCString(DirectFunctionCall1(jsonb_out, PG_GETARG_DATUM(0)));
	PG_RETURN_TEXT_P(cstring_to_text(load(PG_GETARG_JSONB_P(0), CStringGetTextDatum(written), reason_argument(fcinfo))));
}

OPRES_FUNCTION(opres_load_playbook);
Datum
opres_load_playbook(PG_FUNCTION_ARGS)
{
	OpresCheck broken = { .lang = OPRES_EN };
	Jsonb *json;

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	json = opres_document_parse(PG_GETARG_TEXT_PP(0), &broken);
	throw_errors(&broken);
	PG_RETURN_TEXT_P(cstring_to_text(load(json, PG_GETARG_DATUM(0), reason_argument(fcinfo))));
}
