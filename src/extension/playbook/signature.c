/*
 * signature.c - see signature.h.
 */
#include "playbook/signature.h"

#include "access/xact.h"
#include "common/settings.h"
#include "incident/table_scan.h"
#include "miscadmin.h"
#include "playbook/canonical.h"
#include "playbook/signature_key.h"
#include "playbook/times.h"
#include "utils/builtins.h"

/* Countersignatures within one another that are looked at. */
#define DEEPEST 8

/* A signature and those around it: chain[0] stands in `signatures`, chain[i + 1] is the `signature` of chain[i]. */
typedef struct Chain
{
	Jsonb *document;
	JsonbContainer *of[DEEPEST];
	int depth; /* which of them is looked at */
} Chain;

typedef struct Trusted
{
	const char *name; /* NULL: nobody has said so */
	OpresPublicKey key;
} Trusted;

/* What was found. */
typedef struct Finding
{
	const char *state, *reason;
	bool has_key;
	OpresPublicKey key;
	const char *trusted_as;
} Finding;

static char *
text_of(const JsonbValue *value)
{
	return pnstrdup(value->val.string.val, value->val.string.len);
}

/* A member that is a text; NULL if there is none. */
static char *
member_text(JsonbContainer *object, const char *name)
{
	JsonbValue buffer, *value = getKeyJsonValueFromContainer(object, name, (int) strlen(name), &buffer);

	return value && value->type == jbvString ? text_of(value) : NULL;
}

static bool
member_true(JsonbContainer *object, const char *name)
{
	JsonbValue buffer, *value = getKeyJsonValueFromContainer(object, name, (int) strlen(name), &buffer);

	return value && value->type == jbvBool && value->val.boolean;
}

static JsonbContainer *
member_container(JsonbContainer *object, const char *name)
{
	JsonbValue buffer, *value = getKeyJsonValueFromContainer(object, name, (int) strlen(name), &buffer);

	return value && value->type == jbvBinary ? value->val.binary.data : NULL;
}

static JsonbContainer *
object_of(const JsonbValue *value)
{
	return value->type == jbvBinary && JsonContainerIsObject(value->val.binary.data) ? value->val.binary.data : NULL;
}

/* The first text of `public_cert_chain`. */
static char *
first_certificate(JsonbContainer *signature)
{
	JsonbContainer *chain = member_container(signature, "public_cert_chain");
	JsonbValue *first = chain && JsonContainerIsArray(chain) ? getIthJsonbValueFromContainer(chain, 0) : NULL;

	return first && first->type == jbvString ? text_of(first) : NULL;
}

static OpresPublicKey
stored_key(Datum der)
{
	bytea *bytes = DatumGetByteaPCopy(der);
	OpresPublicKey key = { (uint8 *) VARDATA(bytes), (int) VARSIZE(bytes) - VARHDRSZ, { { 0 } } };

	if (!opres_sha256(&(OpresPart){ key.der, (size_t) key.length }, 1, &key.fingerprint))
		ereport(ERROR, (errcode(ERRCODE_INTERNAL_ERROR), errmsg("libcrypto could not compute a SHA-256")));
	return key;
}

/* There are few. */
static Trusted
find_trusted(const OpresHash *fingerprint)
{
	OpresTableScan scan = opres_table_scan("playbook_key", "playbook_key_pkey", 0, NULL);
	Trusted found = { 0 };
	HeapTuple row;

	while (!found.name && (row = opres_table_next(&scan)) != NULL)
	{
		OpresPublicKey key = stored_key(opres_table_value(&scan, row, "public_key"));

		if (opres_hash_equal(&key.fingerprint, fingerprint))
			found = (Trusted){ TextDatumGetCString(opres_table_value(&scan, row, "name")), key };
	}
	opres_table_end(&scan);
	return found;
}

static bool
fail(Finding *finding, const char *state, const char *reason)
{
	finding->state = state;
	finding->reason = reason;
	return false;
}

static bool
take_key(Finding *finding, const char *text, bool certificate)
{
	if (!opres_read_public_key(text, certificate, &finding->key))
		return fail(finding, "unchecked",
					certificate ? "public_cert_chain does not begin with a certificate that can be read"
								: "public_key is no key that can be read");
	finding->has_key = true;
	finding->trusted_as = find_trusted(&finding->key.fingerprint).name;
	return true;
}

/* A fingerprint alone is of use if the key is among the trusted ones. */
static bool
take_key_by_thumbprint(Finding *finding, const char *thumbprint)
{
	uint8 *bytes;
	OpresHash fingerprint;
	Trusted trusted = { 0 };

	if (opres_base64_bytes(thumbprint, &bytes) == OPRES_HASH_BYTES)
	{
		memcpy(fingerprint.bytes, bytes, OPRES_HASH_BYTES);
		trusted = find_trusted(&fingerprint);
	}
	if (!trusted.name)
		return fail(finding, "unchecked", "the key is named by a thumbprint, and no trusted key has it");
	finding->has_key = true;
	finding->key = trusted.key;
	finding->trusted_as = trusted.name;
	return true;
}

static bool
find_key(JsonbContainer *signature, Finding *finding)
{
	char *text;

	if ((text = member_text(signature, "public_key")) != NULL)
		return take_key(finding, text, false);
	if ((text = first_certificate(signature)) != NULL)
		return take_key(finding, text, true);
	if ((text = member_text(signature, "thumbprint")) != NULL)
		return take_key_by_thumbprint(finding, text);
	return fail(finding, "unchecked",
				member_text(signature, "cert_url") ? "the key is at a cert_url, and nothing is fetched"
												   : "the signature has no key");
}

/* What was signed, hashed: see signature.h. NULL if the hash algorithm is not known. */
static char *
signed_message(const Chain *chain, const char *hash_algorithm)
{
	const OpresInstead last[] = { { "value", NULL }, { "signature", NULL } };
	char *json = opres_canonical_object(chain->of[chain->depth], last, lengthof(last));
	OpresInstead instead;

	for (int i = chain->depth - 1; i >= 0; i--)
	{
		instead = (OpresInstead){ "signature", json };
		json = opres_canonical_object(chain->of[i], &instead, 1);
	}
	instead = (OpresInstead){ "signatures", psprintf("[%s]", json) };
	return opres_hash_digits(hash_algorithm, opres_canonical_object(&chain->document->root, &instead, 1));
}

/* The value as hexadecimal digits: that is no X.590, but what the CACAO Roaster writes. -1 if it is not. */
static int
hex_bytes(const char *value, uint8 **bytes)
{
	size_t length = strlen(value);

	if (length % 2 != 0 || strspn(value, "0123456789abcdefABCDEF") != length)
		return -1;
	*bytes = palloc(length / 2 + 1);
	return (int) hex_decode(value, length, (char *) *bytes);
}

static const char *
check_value(const Finding *finding, const char *algorithm, const char *message, const char *value)
{
	const char *problem = "the value is no base64url";
	uint8 *bytes;
	int length = opres_base64_bytes(value, &bytes);

	if (length >= 0)
		problem = opres_check_signed(&finding->key, algorithm, message, bytes, length);
	if (problem && (length = hex_bytes(value, &bytes)) >= 0 &&
		!opres_check_signed(&finding->key, algorithm, message, bytes, length))
		problem = NULL;
	return problem;
}

/* The signature names the version it is of. */
static bool
check_relation(const Chain *chain, JsonbContainer *signature, Finding *finding)
{
	char *id = member_text(signature, "related_to"), *version = member_text(signature, "related_version");
	char *own_id = member_text(&chain->document->root, "id"), *own_version = member_text(&chain->document->root, "modified");

	if (id && (!own_id || strcmp(id, own_id) != 0))
		return fail(finding, "invalid", "related_to is not the id of the document");
	if (version && (!own_version || strcmp(version, own_version) != 0))
		return fail(finding, "invalid", "related_version is not the document's modified");
	return true;
}

/* A time that the signature has; false if it has none, or what is none. */
static bool
member_time(JsonbContainer *signature, const char *name, TimestampTz *at)
{
	char *text = member_text(signature, name);

	return text && opres_timestamp_parse(text, strlen(text), at) == OPRES_TIME_GOOD;
}

static bool
check_validity(JsonbContainer *signature, Finding *finding)
{
	TimestampTz now = GetCurrentTransactionStartTimestamp(), at;

	if (member_true(signature, "revoked"))
		return fail(finding, "lapsed", "the signature is revoked");
	if (member_time(signature, "valid_from", &at) && at > now)
		return fail(finding, "lapsed", "the signature is not valid yet");
	if (member_time(signature, "valid_until", &at) && at <= now)
		return fail(finding, "lapsed", "the signature is no longer valid");
	return true;
}

static void
check(const Chain *chain, Finding *finding)
{
	JsonbContainer *signature = chain->of[chain->depth];
	char *algorithm = member_text(signature, "algorithm"), *hash_algorithm = member_text(signature, "hash_algorithm");
	char *value = member_text(signature, "value"), *message;

	if (!algorithm || !hash_algorithm || !value)
	{
		fail(finding, "invalid", "algorithm, hash_algorithm or value is missing");
		return;
	}
	if (!find_key(signature, finding))
		return;
	message = signed_message(chain, hash_algorithm);
	if (!message || !opres_signature_algorithm_known(algorithm))
	{
		fail(finding, "unchecked", message ? "the algorithm is not known here" : "the hash_algorithm is not known here");
		return;
	}
	finding->reason = check_value(finding, algorithm, message, value);
	if (finding->reason)
		fail(finding, "invalid", finding->reason);
	else if (check_relation(chain, signature, finding) && check_validity(signature, finding))
		finding->state = "valid";
}

static void
put_key(JsonbParseState **out, const char *name)
{
	JsonbValue key = { .type = jbvString };

	key.val.string.val = pstrdup(name);
	key.val.string.len = (int) strlen(name);
	(void) pushJsonbValue(out, WJB_KEY, &key);
}

/* Nothing if the text is NULL. */
static void
put_text(JsonbParseState **out, const char *name, const char *text)
{
	JsonbValue value = { .type = jbvString };

	if (!text)
		return;
	put_key(out, name);
	value.val.string.val = pstrdup(text);
	value.val.string.len = (int) strlen(text);
	(void) pushJsonbValue(out, WJB_VALUE, &value);
}

static void
put_bool(JsonbParseState **out, const char *name, bool truth)
{
	JsonbValue value = { .type = jbvBool };

	put_key(out, name);
	value.val.boolean = truth;
	(void) pushJsonbValue(out, WJB_VALUE, &value);
}

static const char *
fingerprint_text(const Finding *finding)
{
	char *text;

	if (!finding->has_key)
		return NULL;
	text = palloc0(2 * OPRES_HASH_BYTES + 1);
	(void) hex_encode((const char *) finding->key.fingerprint.bytes, OPRES_HASH_BYTES, text);
	return text;
}

static void
put_finding(JsonbParseState **out, JsonbContainer *signature, const Finding *finding)
{
	static const char *const said[] = { "id", "signee", "algorithm", "hash_algorithm" };

	put_text(out, "state", finding->state);
	put_text(out, "reason", finding->reason);
	for (size_t i = 0; signature && i < lengthof(said); i++)
		put_text(out, said[i], member_text(signature, said[i]));
	put_text(out, "fingerprint", fingerprint_text(finding));
	put_text(out, "key", finding->trusted_as);
	put_bool(out, "trusted", finding->trusted_as && strcmp(finding->state, "valid") == 0);
}

/* This one as the next of the chain, and those inside it. NULL: it is there, but no object. */
static void
put_signature(JsonbParseState **out, Chain *chain, JsonbContainer *signature)
{
	JsonbValue buffer, *inside = NULL;
	Finding finding = { 0 };

	(void) pushJsonbValue(out, WJB_BEGIN_OBJECT, NULL);
	if (!signature)
		fail(&finding, "invalid", "the signature is no object");
	else if (chain->depth >= DEEPEST)
		fail(&finding, "unchecked", "the countersignatures are nested too deep");
	else
	{
		chain->of[chain->depth] = signature;
		check(chain, &finding);
		inside = getKeyJsonValueFromContainer(signature, "signature", 9, &buffer);
	}
	put_finding(out, signature, &finding);
	if (inside)
	{
		put_key(out, "countersignature");
		chain->depth++;
		put_signature(out, chain, object_of(inside));
		chain->depth--;
	}
	(void) pushJsonbValue(out, WJB_END_OBJECT, NULL);
}

static void
put_signatures(JsonbParseState **out, Jsonb *document, JsonbContainer *signatures)
{
	for (uint32 i = 0; i < JsonContainerSize(signatures); i++)
	{
		Chain chain = { .document = document };

		CHECK_FOR_INTERRUPTS();
		put_signature(out, &chain, object_of(getIthJsonbValueFromContainer(signatures, i)));
	}
}

Jsonb *
opres_check_signatures(Jsonb *document)
{
	JsonbParseState *out = NULL;
	JsonbContainer *signatures = JB_ROOT_IS_OBJECT(document) ? member_container(&document->root, "signatures") : NULL;

	(void) pushJsonbValue(&out, WJB_BEGIN_ARRAY, NULL);
	if (signatures && JsonContainerIsArray(signatures))
		put_signatures(&out, document, signatures);
	return JsonbValueToJsonb(pushJsonbValue(&out, WJB_END_ARRAY, NULL));
}

/* Throws for the first invalid one; whether one is trusted. */
static bool
any_trusted(JsonbContainer *found, const char *where)
{
	const char *state = member_text(found, "state"), *id = member_text(found, "id");
	JsonbContainer *inside = member_container(found, "countersignature");
	bool trusted = member_true(found, "trusted");

	if (strcmp(state, "invalid") == 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("the playbook has an invalid signature"),
				 errdetail("%s%s%s%s: %s.", where, id ? " (" : "", id ? id : "", id ? ")" : "", member_text(found, "reason")),
				 errhint("The document is not the one that was signed, or the signature is not of this key. "
						 "opres.check_signatures(document) says what was found of each.")));
	return (inside && any_trusted(inside, psprintf("%s.signature", where))) || trusted;
}

void
opres_require_signatures(Jsonb *found)
{
	bool trusted = false;

	for (uint32 i = 0; i < JsonContainerSize(&found->root); i++)
		trusted |= any_trusted(getIthJsonbValueFromContainer(&found->root, i)->val.binary.data, psprintf("$.signatures[%u]", i));
	if (opres_require_playbook_signature && !trusted)
		ereport(ERROR, (errcode(ERRCODE_INSUFFICIENT_PRIVILEGE), errmsg("the playbook has no valid signature by a trusted key"),
						errdetail("The setting opres.require_playbook_signature asks for one."),
						errhint("Trusted keys are in opres.playbook_key; opres.add_playbook_key adds one. "
								"opres.check_signatures(document) says what was found of each signature.")));
}

OPRES_FUNCTION(opres_check_signatures_sql);
Datum
opres_check_signatures_sql(PG_FUNCTION_ARGS)
{
	PG_RETURN_JSONB_P(opres_check_signatures(PG_GETARG_JSONB_P(0)));
}

OPRES_FUNCTION(opres_public_key_bytes);
Datum
opres_public_key_bytes(PG_FUNCTION_ARGS)
{
	char *given = text_to_cstring(PG_GETARG_TEXT_PP(0));
	OpresPublicKey key;
	bytea *der;

	if (!opres_read_public_key(given, strstr(given, "BEGIN CERTIFICATE") != NULL, &key))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("this is no public key"),
						errhint("Give it as PEM (BEGIN PUBLIC KEY, or BEGIN CERTIFICATE), or as the public_key of a signature.")));
	der = palloc(VARHDRSZ + key.length);
	SET_VARSIZE(der, VARHDRSZ + key.length);
	memcpy(VARDATA(der), key.der, key.length);
	PG_RETURN_BYTEA_P(der);
}
