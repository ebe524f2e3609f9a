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
#include "playbook/canonical.h"
#include "playbook/compile.h"
#include "playbook/signature.h"
#include "playbook/times.h"
#include "utils/builtins.h"
#include "utils/json.h"
#include "utils/timestamp.h"

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
	{
		plan = SPI_prepare("INSERT INTO opres.playbook (id, modified, name, attack_type, revoked, valid_from, valid_until,"
						   " canonical_hash, document, loaded_at, loaded_by, signatures)"
						   " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) ON CONFLICT DO NOTHING",
						   lengthof(types), types);
		SPI_keepplan(plan);
	}
	if (SPI_execute_plan(plan, values, nulls, false, 0) != SPI_OK_INSERT)
		elog(ERROR, "inserting a playbook failed");
	return SPI_processed == 1;
}

static void
check_same(const Version *version)
{
	static Oid types[] = { TEXTOID, TIMESTAMPTZOID };
	static SPIPlanPtr plan;
	Datum values[] = { CStringGetTextDatum(version->id), TimestampTzGetDatum(version->modified) };
	bytea *hash;
	bool isnull;

	if (plan == NULL)
	{
		plan = SPI_prepare("SELECT canonical_hash FROM opres.playbook WHERE id = $1 AND modified = $2", lengthof(types), types);
		SPI_keepplan(plan);
	}
	if (SPI_execute_plan(plan, values, NULL, false, 1) != SPI_OK_SELECT || SPI_processed != 1)
		elog(ERROR, "a playbook that is there cannot be read");
	hash = DatumGetByteaPP(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull));
	if (memcmp(VARDATA_ANY(hash), version->hash.bytes, OPRES_HASH_BYTES) != 0)
		ereport(ERROR, (errcode(ERRCODE_UNIQUE_VIOLATION),
						errmsg("playbook \"%s\" of %s is loaded already, with other content", version->id, version->modified_text),
						errdetail("A version of a playbook never changes."),
						errhint("Give what you have changed a later time in \"modified\".")));
}

static char *
audit_content(const Version *version)
{
	StringInfoData out;

	initStringInfo(&out);
	appendStringInfoString(&out, "{\"name\": ");
	escape_json(&out, version->name);
	appendStringInfoString(&out, ", \"canonical_hash\": \"");
	for (int i = 0; i < OPRES_HASH_BYTES; i++)
		appendStringInfo(&out, "%02x", version->hash.bytes[i]);
	appendStringInfoString(&out, "\"}");
	return out.data;
}

static char *
load(Jsonb *json, Datum document, char *reason)
{
	OpresActor actor = opres_actor();
	Version version = read_version(json, document);
	bool inserted;

	SPI_connect();
	inserted = insert_version(&version);
	if (!inserted)
		check_same(&version);
	SPI_finish();
	if (inserted)
		opres_audit_append(&actor, "playbook.load", psprintf("playbook %s %s", version.id, version.modified_text),
						   opres_reason(reason, NULL), audit_content(&version));
	return unconstify(char *, version.id);
}

OPRES_FUNCTION(opres_load_playbook_jsonb);
Datum
opres_load_playbook_jsonb(PG_FUNCTION_ARGS)
{
	char *written;

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	written = DatumGetCString(DirectFunctionCall1(jsonb_out, PG_GETARG_DATUM(0)));
	PG_RETURN_TEXT_P(cstring_to_text(
		load(PG_GETARG_JSONB_P(0), CStringGetTextDatum(written), PG_ARGISNULL(1) ? NULL : text_to_cstring(PG_GETARG_TEXT_PP(1)))));
}

OPRES_FUNCTION(opres_load_playbook);
Datum
opres_load_playbook(PG_FUNCTION_ARGS)
{
	Jsonb *json;

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	json = DatumGetJsonbP(DirectFunctionCall1(jsonb_in, CStringGetDatum(text_to_cstring(PG_GETARG_TEXT_PP(0)))));
	PG_RETURN_TEXT_P(
		cstring_to_text(load(json, PG_GETARG_DATUM(0), PG_ARGISNULL(1) ? NULL : text_to_cstring(PG_GETARG_TEXT_PP(1)))));
}
