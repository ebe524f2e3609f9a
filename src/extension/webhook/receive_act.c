/*
 * receive_act.c - messages done (receive_act.h).
 *
 * The acts are the SQL functions people call, under the same rules; the sender's list of actions stands in the place of the access
 * granted to a login. Nothing of a message comes back in an answer: what is said of a refusal are words of ours and what the
 * database knows (state, codes of steps and persons), and only where that explains something the sender may know.
 */
#include "webhook/receive_act.h"

#include <math.h>

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "common/statement.h"
#include "incident/access.h"
#include "incident/acting.h"
#include "incident/table_scan.h"
#include "map/document.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"
#include "webhook/receive_payload.h"

/* What an act is about: its first argument. */
typedef enum Subject
{
	OF_NOTHING,
	OF_RUN,
	OF_INCIDENT
} Subject;

#define MOST_ARGUMENTS 10

typedef struct Act
{
	const char *action;
	Subject subject;
	bool reads; /* by what looks at no rights itself */
	OpresField arguments[MOST_ARGUMENTS];
	int count;
	const char *when;         /* the argument that is the message's time if it is not given */
	OpresStatement statement; /* the response */
} Act;

#define NUMBER_OF(what)                                                                                                            \
	{                                                                                                                              \
		.name = (what), .type = OPRES_FIELD_NUMBER, .required = true, .low = 1, .high = 9e15                                       \
	}
#define TEXT(what)                                                                                                                 \
	{                                                                                                                              \
		.name = (what), .type = OPRES_FIELD_TEXT                                                                                   \
	}
#define NEEDED_TEXT(what)                                                                                                          \
	{                                                                                                                              \
		.name = (what), .type = OPRES_FIELD_TEXT, .required = true                                                                 \
	}
#define MOMENT(what)                                                                                                               \
	{                                                                                                                              \
		.name = (what), .type = OPRES_FIELD_MOMENT                                                                                 \
	}
#define OBJECT(what)                                                                                                               \
	{                                                                                                                              \
		.name = (what), .type = OPRES_FIELD_OBJECT                                                                                 \
	}
#define FLAG(what)                                                                                                                 \
	{                                                                                                                              \
		.name = (what), .type = OPRES_FIELD_FLAG, .has_default = true                                                              \
	}

static const char *const languages[] = { "en", "ja", NULL };
#define LANGUAGE                                                                                                                   \
	{                                                                                                                              \
		.name = "lang", .type = OPRES_FIELD_CHOICE, .has_default = true, .default_text = "en", .choices = languages                \
	}

static Act acts[] = {
	{ "advance",
	  OF_RUN,
	  false,
	  { NUMBER_OF("run"), NEEDED_TEXT("step"), NEEDED_TEXT("outcome"), TEXT("note"), OBJECT("evidence"), MOMENT("occurred_at"),
		OBJECT("values") },
	  7,
	  "occurred_at",
	  OPRES_SQL("SELECT jsonb_build_object('result', opres.advance($1, $2, $3, $4, $5, $6, $7))", INT8OID, TEXTOID, TEXTOID,
				TEXTOID, JSONBOID, TIMESTAMPTZOID, JSONBOID) },
	{ "approve",
	  OF_RUN,
	  false,
	  { NUMBER_OF("run"), NEEDED_TEXT("step"), TEXT("note"), TEXT("on_behalf_of"), OBJECT("evidence"), MOMENT("occurred_at") },
	  6,
	  "occurred_at",
	  OPRES_SQL("SELECT jsonb_build_object('result', opres.approve($1, $2, $3, $4, $5, $6))", INT8OID, TEXTOID, TEXTOID, TEXTOID,
				JSONBOID, TIMESTAMPTZOID) },
	{ "annotate",
	  OF_RUN,
	  false,
	  { NUMBER_OF("run"), NEEDED_TEXT("note"), TEXT("step"), OBJECT("evidence"), MOMENT("occurred_at") },
	  5,
	  "occurred_at",
	  OPRES_SQL("SELECT jsonb_build_object('result', 'recorded') FROM opres.annotate_run($1, $2, $3, $4, $5)", INT8OID, TEXTOID,
				TEXTOID, JSONBOID, TIMESTAMPTZOID) },
	{ "annotate",
	  OF_INCIDENT,
	  false,
	  { NUMBER_OF("incident"), NEEDED_TEXT("note"), OBJECT("evidence"), MOMENT("occurred_at") },
	  4,
	  "occurred_at",
	  OPRES_SQL("SELECT jsonb_build_object('result', 'recorded') FROM opres.annotate_incident($1, $2, coalesce($4, now()), $3)",
				INT8OID, TEXTOID, JSONBOID, TIMESTAMPTZOID) },
	{ "open_incident",
	  OF_NOTHING,
	  false,
	  { NEEDED_TEXT("title"),
		NEEDED_TEXT("attack_type"),
		{ .name = "severity", .type = OPRES_FIELD_NUMBER, .required = true, .low = 0, .high = 100 },
		{ .name = "nodes", .type = OPRES_FIELD_ARRAY },
		MOMENT("occurred_at"),
		MOMENT("detected_at"),
		MOMENT("recognised_at"),
		FLAG("exercise"),
		FLAG("confidential"),
		TEXT("note") },
	  10,
	  "detected_at",
	  OPRES_SQL("SELECT jsonb_build_object('incident', opres.open_incident($1, $2, $3::int, coalesce($4, '{}'), $5,"
				" coalesce($6, now()), $7, $8, $9, $10))",
				TEXTOID, TEXTOID, INT8OID, TEXTARRAYOID, TIMESTAMPTZOID, TIMESTAMPTZOID, TIMESTAMPTZOID, BOOLOID, BOOLOID,
				TEXTOID) },
	{ "status",
	  OF_RUN,
	  true,
	  { NUMBER_OF("run"), LANGUAGE },
	  2,
	  NULL,
	  OPRES_SQL("SELECT jsonb_build_object('run', r.id, 'incident', r.incident, 'playbook', r.playbook, 'state', r.state, 'steps',"
				" coalesce((SELECT jsonb_agg(jsonb_build_object('step', t.step, 'name', t.name, 'state', t.state, 'role', t.role,"
				" 'due_at', opres.utc_text(t.due_at), 'overdue', t.overdue)) FROM opres.todo($1, $2) AS t), '[]'))"
				" FROM opres.run AS r WHERE r.id = $1",
				INT8OID, TEXTOID) },
	{ "status",
	  OF_INCIDENT,
	  true,
	  { NUMBER_OF("incident"), LANGUAGE },
	  2,
	  NULL,
	  OPRES_SQL(
		  "SELECT jsonb_build_object('incident', i.id, 'attack_type', i.attack_type, 'severity', i.severity, 'state', i.state,"
		  " 'exercise', i.exercise, 'runs', coalesce((SELECT jsonb_agg(jsonb_build_object('run', r.id, 'playbook', r.playbook,"
		  " 'state', r.state) ORDER BY r.id) FROM opres.run AS r WHERE r.incident = i.id), '[]'))"
		  " FROM opres.incident AS i WHERE i.id = $1",
		  INT8OID, TEXTOID) },
};

/* Answers */

static void
add_text(JsonbParseState **state, const char *name, const char *text)
{
	JsonbValue key = { .type = jbvString }, value = { .type = jbvString };

	if (text == NULL)
		return;
	key.val.string.val = (char *) name;
	key.val.string.len = (int) strlen(name);
	value.val.string.val = (char *) text;
	value.val.string.len = (int) strlen(text);
	pushJsonbValue(state, WJB_KEY, &key);
	pushJsonbValue(state, WJB_VALUE, &value);
}

OpresAnswer
opres_webhook_refusal(int status, const char *error, const char *message, const char *detail)
{
	JsonbParseState *state = NULL;

	pushJsonbValue(&state, WJB_BEGIN_OBJECT, NULL);
	add_text(&state, "error", error);
	add_text(&state, "message", message);
	add_text(&state, "detail", detail);
	return (OpresAnswer){ status, JsonbValueToJsonb(pushJsonbValue(&state, WJB_END_OBJECT, NULL)) };
}

static bool
is_of_class(int code, int class_of)
{
	return ERRCODE_TO_CATEGORY(code) == ERRCODE_TO_CATEGORY(class_of);
}

/* What an error says to the sender; status 0: nothing, it is no matter of hers. */
static OpresAnswer
answer_to(const ErrorData *error)
{
	int code = error->sqlerrcode;

	if (code == ERRCODE_INSUFFICIENT_PRIVILEGE)
		return opres_webhook_refusal(403, "not allowed", error->message, NULL);
	if (code == ERRCODE_UNDEFINED_OBJECT)
		return opres_webhook_refusal(404, "not found", NULL, NULL);
	if (code == ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE)
		return opres_webhook_refusal(409, "conflict", error->message, error->detail);
	if (is_of_class(code, ERRCODE_DATA_EXCEPTION) || is_of_class(code, ERRCODE_INTEGRITY_CONSTRAINT_VIOLATION) ||
		is_of_class(code, ERRCODE_PROGRAM_LIMIT_EXCEEDED) || code == ERRCODE_FEATURE_NOT_SUPPORTED ||
		code == ERRCODE_AMBIGUOUS_PARAMETER || code == ERRCODE_UNDEFINED_COLUMN || code == ERRCODE_DATATYPE_MISMATCH)
		return opres_webhook_refusal(400, "malformed", NULL, NULL);
	return (OpresAnswer){ 0, NULL };
}

/* What the sender may do */

static bool
has_text(ArrayType *array, const char *wanted)
{
	ArrayIterator iterator = array_create_iterator(array, 0, NULL);
	Datum item = (Datum) 0;
	bool isnull = false;

	while (array_iterate(iterator, &item, &isnull))
		if (!isnull && strcmp(TextDatumGetCString(item), wanted) == 0)
			return true;
	return false;
}

static bool
has_number(ArrayType *array, int64 number)
{
	ArrayIterator iterator = array_create_iterator(array, 0, NULL);
	Datum item = (Datum) 0;
	bool isnull = false;

	while (array_iterate(iterator, &item, &isnull))
		if (!isnull && DatumGetInt64(item) == number)
			return true;
	return false;
}

static void
not_allowed(const char *message)
{
	ereport(ERROR, (errcode(ERRCODE_INSUFFICIENT_PRIVILEGE), errmsg("%s", message)));
}

/* The person in whose name it is done. */
static char *
speaker(const OpresSender *sender, const OpresPayload *payload)
{
	char *person = sender->person != NULL  ? sender->person
				   : payload->user != NULL ? opres_sender_user(sender, payload->user)
										   : NULL;

	if (person == NULL || !opres_person_is_there(person))
		not_allowed("the sender does not speak for this user");
	if (sender->role != NULL && !has_text(DatumGetArrayTypeP(opres_roles_of_person(person, GetCurrentTimestamp())), sender->role))
		not_allowed("the person does not hold the role the sender is for");
	return person;
}

static Datum
column_of(const char *table, const char *index, int64 id, const char *column, bool copy_text)
{
	ScanKeyData key;
	OpresTableScan scan;
	HeapTuple row;
	Datum value;

	ScanKeyInit(&key, 1, BTEqualStrategyNumber, F_INT8EQ, Int64GetDatum(id));
	scan = opres_table_scan(table, index, 1, &key);
	row = opres_table_next(&scan);
	if (row == NULL)
		ereport(ERROR, (errcode(ERRCODE_UNDEFINED_OBJECT), errmsg("there is no %s " INT64_FORMAT, table, id)));
	value = opres_table_value(&scan, row, column);
	if (copy_text)
		value = PointerGetDatum(TextDatumGetCString(value));
	opres_table_end(&scan);
	return value;
}

/* An incident that is not to be seen is not there; one that is, may be none of the sender's. */
static void
check_incident(const OpresSender *sender, int64 incident)
{
	opres_require_incident(incident);
	if (sender->incidents != NULL && !has_number(sender->incidents, incident))
		not_allowed("the sender is not for this incident");
	if (sender->attack_types != NULL &&
		!has_text(sender->attack_types, DatumGetCString(column_of("incident", "incident_pkey", incident, "attack_type", true))))
		not_allowed("the sender is not for incidents of this type");
}

static void
check_subject(const OpresSender *sender, const Act *act, const Datum *values)
{
	bool limited = sender->incidents != NULL || sender->attack_types != NULL;

	if (act->subject == OF_NOTHING)
	{
		if (sender->incidents != NULL)
			not_allowed("the sender is for certain incidents only");
		if (sender->attack_types != NULL && !has_text(sender->attack_types, TextDatumGetCString(values[1])))
			not_allowed("the sender is not for incidents of this type");
	}
	else if (limited || act->reads)
	{
		int64 id = DatumGetInt64(values[0]);

		check_incident(sender,
					   act->subject == OF_INCIDENT ? id : DatumGetInt64(column_of("run", "run_pkey", id, "incident", false)));
	}
}

/* Arguments */

static void
malformed(const char *message)
{
	ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("%s", message)));
}

static Act *
find_act(const OpresPayload *payload)
{
	JsonbValue value;
	Subject unless = opres_json_get(payload->data, "incident", &value) ? OF_RUN : OF_INCIDENT;

	for (int i = 0; i < lengthof(acts); i++)
		if (strcmp(acts[i].action, payload->type) == 0 && acts[i].subject != unless)
			return &acts[i];
	malformed("unknown type");
	return NULL;
}

static Datum
texts_of(const OpresPath *data, const char *name, const JsonbValue *raw, bool *isnull)
{
	OpresElements elements;
	ArrayBuildState *array = initArrayResult(TEXTOID, CurrentMemoryContext, false);

	*isnull = raw->type == jbvNull;
	if (*isnull)
		return (Datum) 0;
	opres_elements_begin(&elements, data, name, raw);
	while (opres_elements_next(&elements))
	{
		if (elements.value.type != jbvString)
			malformed("expected texts");
		accumArrayResult(array,
						 PointerGetDatum(cstring_to_text_with_len(elements.value.val.string.val, elements.value.val.string.len)),
						 false, TEXTOID, CurrentMemoryContext);
	}
	return makeArrayResult(array, CurrentMemoryContext);
}

static void
read_arguments(const Act *act, const OpresPayload *payload, int64 tolerance, Datum *values, bool *nulls)
{
	OpresShape shape = { .what = act->action, .needs = "", .fields = act->arguments, .count = act->count };
	OpresPath data = { .key = "data", .key_length = 4 };
	JsonbValue raw[OPRES_MAX_FIELDS], object = { .type = jbvBinary };

	object.val.binary.data = payload->data;
	opres_read_object(&data, &object, &shape, raw);
	for (int i = 0; i < act->count; i++)
	{
		const OpresField *field = &act->arguments[i];

		if (field->type == OPRES_FIELD_ARRAY)
		{
			values[i] = texts_of(&data, field->name, &raw[i], &nulls[i]);
			continue;
		}
		values[i] = opres_read_field(&data, field, &raw[i], &nulls[i]);
		if (field->type == OPRES_FIELD_NUMBER && !nulls[i])
		{
			double number = DatumGetFloat8(values[i]);

			if (number != floor(number))
				malformed("expected a whole number");
			values[i] = Int64GetDatum((int64) number);
		}
		if (nulls[i] && act->when != NULL && strcmp(field->name, act->when) == 0 && !payload->timeless)
		{
			values[i] = TimestampTzGetDatum(opres_payload_time(payload, tolerance));
			nulls[i] = false;
		}
	}
}

/* Doing it */

static OpresAnswer
perform(const OpresSender *sender, Act *act, const OpresPayload *payload, MemoryContext upper)
{
	Datum values[MOST_ARGUMENTS] = { 0 };
	bool nulls[MOST_ARGUMENTS] = { false }, isnull;
	OpresAnswer answer = { .status = 200 };
	MemoryContext inner;
	Datum response;

	read_arguments(act, payload, sender->tolerance, values, nulls);
	check_subject(sender, act, values);
	if (opres_statement(&act->statement, values, nulls, false) != 1)
		ereport(ERROR, (errcode(ERRCODE_UNDEFINED_OBJECT), errmsg("what the message is about is gone")));
	response = opres_column(0, 1, &isnull);
	inner = MemoryContextSwitchTo(upper);
	answer.response = DatumGetJsonbPCopy(response);
	MemoryContextSwitchTo(inner);
	return answer;
}

/* Once for a key, however many messages bear it; they must ask for the same. */
static OpresAnswer
perform_once(const OpresSender *sender, Act *act, const OpresPayload *payload, MemoryContext upper)
{
	char *name = psprintf("key.%s", payload->key);
	uint8 content[OPRES_CONTENT_BYTES];
	OpresAnswer answer = { 0 };
	MemoryContext inner;
	OpresSeen seen;

	opres_payload_hash(payload, content);
	inner = MemoryContextSwitchTo(upper);
	seen = opres_receipt_claim(sender->name, name, content, &answer);
	MemoryContextSwitchTo(inner);
	if (seen == OPRES_SEEN_OTHER)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE), errmsg("the key of this message was used for something else")));
	if (seen == OPRES_SEEN)
		return answer;
	answer = perform(sender, act, payload, upper);
	opres_receipt_keep(sender->name, name, content, &answer);
	return answer;
}

static OpresAnswer
read_and_perform(const OpresSender *sender, const OpresRequest *request, MemoryContext upper)
{
	OpresPayload payload;
	OpresAnswer answer;
	Act *act;

	SPI_connect();
	payload = opres_payload_read(request, sender->scheme.form);
	act = find_act(&payload);
	if (!has_text(sender->actions, act->action))
		not_allowed("the sender may not do this");
	opres_speak_as(speaker(sender, &payload), psprintf("webhook %s", sender->name));
	answer = (payload.key != NULL ? perform_once : perform)(sender, act, &payload, upper);
	opres_speak_as(NULL, NULL);
	SPI_finish();
	return answer;
}

OpresAnswer
opres_webhook_act(const OpresSender *sender, const OpresRequest *request)
{
	MemoryContext before = CurrentMemoryContext;
	ResourceOwner owner = CurrentResourceOwner;
	OpresAnswer answer = { 0 };
	ErrorData *volatile error = NULL;

	BeginInternalSubTransaction(NULL);
	MemoryContextSwitchTo(before);
	PG_TRY();
	{
		answer = read_and_perform(sender, request, before);
		ReleaseCurrentSubTransaction();
	}
	PG_CATCH();
	{
		MemoryContextSwitchTo(before);
		error = CopyErrorData();
		FlushErrorState();
		RollbackAndReleaseCurrentSubTransaction();
	}
	PG_END_TRY();
	MemoryContextSwitchTo(before);
	CurrentResourceOwner = owner;
	if (error != NULL)
		answer = answer_to(error);
	if (answer.status == 0)
		ReThrowError(error);
	return answer;
}
