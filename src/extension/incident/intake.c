/*
 * intake.c - what people say of an incident, checked: the changes given to update_incident, the codes of nodes, the login.
 *
 * Shape and values only; whether a change fits the incident as it is, is the matter of incident.sql. Errors name the place by its
 * JSON path, as those of the map's document do. Nothing outlives the call.
 */
#include "incident/acting.h"
#include "catalog/pg_type.h"
#include "map/document.h"
#include "map/map_cache.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/numeric.h"

static const char *const incident_states[] = { "no_incident", NULL };
static const char *const node_states[] = { "lost", "degraded", "restored", NULL };

/* Texts are kept short enough for an entry of the audit trail to hold them before and after. */
#define LONGEST_TITLE 1000
#define LONGEST_WORD 200

typedef enum Rule
{
	ANY,
	FILLED,   /* a text that is not empty */
	CODE,     /* [a-z][a-z0-9_-]* */
	CURRENCY, /* [A-Z]{3} */
	WHOLE     /* a whole number */
} Rule;

typedef struct Change
{
	OpresField field;
	Rule rule;
	bool nullable; /* null means: not known (any more) */
} Change;

static const Change changes[] = {
	{ { .name = "title", .type = OPRES_FIELD_TEXT }, FILLED, false },
	{ { .name = "attack_type", .type = OPRES_FIELD_TEXT }, CODE, false },
	{ { .name = "severity", .type = OPRES_FIELD_NUMBER, .low = 0, .high = 100 }, WHOLE, false },
	{ { .name = "classification", .type = OPRES_FIELD_TEXT }, FILLED, true },
	{ { .name = "occurred_at", .type = OPRES_FIELD_MOMENT }, ANY, true },
	{ { .name = "detected_at", .type = OPRES_FIELD_MOMENT }, ANY, false },
	{ { .name = "recognised_at", .type = OPRES_FIELD_MOMENT }, ANY, true },
	{ { .name = "classified_at", .type = OPRES_FIELD_MOMENT }, ANY, true },
	{ { .name = "confidential", .type = OPRES_FIELD_FLAG }, ANY, false },
	{ { .name = "customers", .type = OPRES_FIELD_NUMBER, .low = 0, .high = 1e15 }, WHOLE, true },
	{ { .name = "transactions", .type = OPRES_FIELD_NUMBER, .low = 0, .high = 1e15 }, WHOLE, true },
	{ { .name = "amount", .type = OPRES_FIELD_NUMBER, .low = 0, .high = 1e30 }, ANY, true },
	{ { .name = "currency", .type = OPRES_FIELD_TEXT }, CURRENCY, true },
	{ { .name = "state", .type = OPRES_FIELD_CHOICE, .choices = incident_states }, ANY, false },
	{ { .name = "nodes", .type = OPRES_FIELD_OBJECT }, ANY, false },
};

static const Change node_changes[] = {
	{ { .name = "state", .type = OPRES_FIELD_CHOICE, .choices = node_states }, ANY, false },
	{ { .name = "level", .type = OPRES_FIELD_NUMBER, .low = 0, .high = 1 }, ANY, false },
	{ { .name = "since", .type = OPRES_FIELD_MOMENT }, ANY, false },
	{ { .name = "at", .type = OPRES_FIELD_MOMENT }, ANY, false },
	{ { .name = "expected_at", .type = OPRES_FIELD_MOMENT }, ANY, true },
};
StaticAssertDecl(lengthof(changes) <= OPRES_MAX_FIELDS, "opres_read_object fills that many");

static OpresShape
shape_of(const char *what, const Change *list, int count, OpresField *fields)
{
	for (int i = 0; i < count; i++)
		fields[i] = list[i].field;
	return (OpresShape){ .what = what, .fields = fields, .count = count };
}

static bool
is_code(const char *text, int length)
{
	for (int i = 0; i < length; i++)
		if (!((text[i] >= 'a' && text[i] <= 'z') ||
			  (i > 0 && ((text[i] >= '0' && text[i] <= '9') || text[i] == '_' || text[i] == '-'))))
			return false;
	return length > 0 && length <= LONGEST_WORD;
}

static bool
is_currency(const char *text, int length)
{
	for (int i = 0; i < length; i++)
		if (text[i] < 'A' || text[i] > 'Z')
			return false;
	return length == 3;
}

static bool
is_filled(const char *text, int length)
{
	for (int i = 0; i < length; i++)
		if ((unsigned char) text[i] > ' ')
			return length <= LONGEST_TITLE;
	return false;
}

static bool
is_whole(const JsonbValue *value)
{
	Datum number = NumericGetDatum(value->val.numeric);

	return DatumGetBool(DirectFunctionCall2(numeric_eq, number, DirectFunctionCall1(numeric_floor, number)));
}

/* What is wrong with a value of the right type; NULL = nothing. */
static const char *
expected_instead(Rule rule, const JsonbValue *value)
{
	switch (rule)
	{
		case FILLED:
			return is_filled(value->val.string.val, value->val.string.len)
					   ? NULL
					   : psprintf("a text of 1 to %d bytes that is not blank", LONGEST_TITLE);
		case CODE:
			return is_code(value->val.string.val, value->val.string.len)
					   ? NULL
					   : "a code of small letters, digits, _ and -, which begins with a letter, such as ransomware";
		case CURRENCY:
			return is_currency(value->val.string.val, value->val.string.len) ? NULL : "three capital letters, such as JPY";
		case WHOLE:
			return is_whole(value) ? NULL : "a whole number";
		case ANY:
			break;
	}
	return NULL;
}

static char *
value_text(const JsonbValue *value)
{
	if (value->type == jbvString)
		return opres_quoted(value->val.string.val, value->val.string.len);
	return DatumGetCString(DirectFunctionCall1(numeric_out, NumericGetDatum(value->val.numeric)));
}

static void
check_value(const OpresPath *object, const Change *change, const JsonbValue *value)
{
	OpresPath place = opres_path_key(object, change->field.name);
	const char *expected;
	bool isnull;

	if (value->type == jbvNull)
	{
		if (!change->nullable)
			ereport(ERROR, (errcode(ERRCODE_NOT_NULL_VIOLATION), errmsg("%s: must not be null", opres_path_text(&place)),
							errhint("Leave the key out if it does not change.")));
		return;
	}
	(void) opres_read_field(object, &change->field, value, &isnull);
	expected = expected_instead(change->rule, value);
	if (expected != NULL)
		ereport(ERROR, (errcode(ERRCODE_CHECK_VIOLATION), errmsg("%s: %s", opres_path_text(&place), value_text(value)),
						errdetail("Expected %s.", expected)));
}

/* Checks the keys of an object and each value it has; absent ones need none. Returns the value of the last field, or NULL. */
static const JsonbValue *
check_object(const OpresPath *path, const JsonbValue *object, const char *what, const Change *list, int count)
{
	OpresField fields[OPRES_MAX_FIELDS];
	JsonbValue raw[OPRES_MAX_FIELDS];
	OpresShape shape = shape_of(what, list, count, fields);
	JsonbValue *last = NULL;

	opres_read_object(path, object, &shape, raw);
	for (int i = 0; i < count; i++)
	{
		JsonbValue key = { .type = jbvString };
		JsonbValue *value;

		key.val.string.val = unconstify(char *, fields[i].name);
		key.val.string.len = (int) strlen(fields[i].name);
		value = findJsonbValueFromContainer(object->val.binary.data, JB_FOBJECT, &key);
		if (value != NULL)
			check_value(path, &list[i], value);
		last = value;
	}
	return last;
}

static void
check_nodes(const OpresPath *root, const JsonbValue *nodes)
{
	OpresPath path = opres_path_key(root, "nodes");
	JsonbIterator *iterator = JsonbIteratorInit(nodes->val.binary.data);
	JsonbIteratorToken token;
	JsonbValue item;

	while ((token = JsonbIteratorNext(&iterator, &item, true)) != WJB_DONE)
	{
		OpresPath place = { &path, NULL, 0, 0 };

		if (token != WJB_KEY)
			continue;
		place.key = item.val.string.val;
		place.key_length = item.val.string.len;
		JsonbIteratorNext(&iterator, &item, true);
		(void) check_object(&place, &item, "node of an incident", node_changes, lengthof(node_changes));
	}
}

/* check_incident_changes(changes jsonb) */
OPRES_FUNCTION(opres_check_incident_changes);
Datum
opres_check_incident_changes(PG_FUNCTION_ARGS)
{
	OpresPath root = { 0 };
	JsonbValue document;
	const JsonbValue *nodes;

	if (PG_ARGISNULL(0))
		ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("changes must not be null"),
						errhint("Give an object, such as {\"severity\": 80}.")));
	JsonbToJsonbValue(PG_GETARG_JSONB_P(0), &document);
	if (JB_ROOT_IS_SCALAR(PG_GETARG_JSONB_P(0)))
		JsonbExtractScalar(&PG_GETARG_JSONB_P(0)->root, &document);
	nodes = check_object(&root, &document, "change of an incident", changes, lengthof(changes));
	if (nodes != NULL)
		check_nodes(&root, nodes);
	PG_RETURN_VOID();
}

/* check_map_node(code text, place text): an error, with the nearest code as hint, unless the map has the node */
OPRES_FUNCTION(opres_check_map_node);
Datum
opres_check_map_node(PG_FUNCTION_ARGS)
{
	OpresMap *map;
	char *code;

	if (PG_ARGISNULL(0))
		ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("the code of a node must not be null")));
	code = text_to_cstring(PG_GETARG_TEXT_PP(0));
	map = opres_map_hold(0);
	if (PG_ARGISNULL(1))
		(void) opres_map_node(map, code, "node");
	else
		(void) opres_map_node_at(map, code, text_to_cstring(PG_GETARG_TEXT_PP(1)));
	opres_map_release(map);
	PG_RETURN_VOID();
}

/* acting_login(): who was authenticated; where nobody was (a background worker), the session's role */
OPRES_FUNCTION(opres_acting_login);
Datum
opres_acting_login(PG_FUNCTION_ARGS)
{
	PG_RETURN_TEXT_P(cstring_to_text(opres_acting_login_name()));
}
