/*
 * document_object.c - one object or array of the document: its keys against the list of those known there, its elements in turn.
 *
 * JSON null is the same as an absent key everywhere. Duplicate keys cannot be seen: jsonb has dropped all but the last.
 */
#include "map/document.h"

#include "miscadmin.h"

static const char *
found(const JsonbValue *value)
{
	switch (value->type)
	{
		case jbvString:
			return "a string";
		case jbvNumeric:
			return "a number";
		case jbvBool:
			return "a boolean";
		case jbvBinary:
			if (JsonContainerIsObject(value->val.binary.data))
				return "an object";
			return JsonContainerIsScalar(value->val.binary.data) ? "a single value" : "an array";
		default:
			return "null";
	}
}

void
opres_wrong_type(const OpresPath *path, const char *expected, const JsonbValue *value, const char *hint)
{
	ereport(ERROR,
			(errcode(ERRCODE_DATATYPE_MISMATCH), errmsg("%s: expected %s, found %s", opres_path_text(path), expected, found(value)),
			 hint != NULL ? errhint("%s", hint) : 0));
}

bool
opres_is_object(const JsonbValue *value)
{
	return value->type == jbvBinary && JsonContainerIsObject(value->val.binary.data);
}

static char *
known_keys(const OpresShape *shape)
{
	StringInfoData out;

	initStringInfo(&out);
	for (int i = 0; i < shape->count; i++)
		appendStringInfo(&out, "%s%s", i > 0 ? ", " : "", shape->fields[i].name);
	return out.data;
}

static void
unknown_key(const OpresPath *path, const OpresShape *shape, const JsonbValue *key)
{
	OpresPath place = { path, key->val.string.val, key->val.string.len, 0 };
	OpresNearest nearest;

	opres_nearest_begin(&nearest, place.key, place.key_length);
	for (int i = 0; i < shape->count; i++)
		opres_nearest_offer(&nearest, shape->fields[i].name, strlen(shape->fields[i].name));
	ereport(ERROR, (errcode(ERRCODE_UNDEFINED_COLUMN), errmsg("%s: unknown key", opres_path_text(&place)),
					errdetail("The keys of a %s are %s.", shape->what, known_keys(shape)), opres_nearest_hint(&nearest)));
}

static int
find_field(const OpresShape *shape, const JsonbValue *key)
{
	for (int i = 0; i < shape->count; i++)
	{
		const char *name = shape->fields[i].name;

		if (strlen(name) == (size_t) key->val.string.len && memcmp(name, key->val.string.val, key->val.string.len) == 0)
			return i;
	}
	return -1;
}

void
opres_read_object(const OpresPath *path, const JsonbValue *value, const OpresShape *shape, JsonbValue *raw)
{
	JsonbIterator *iterator;
	JsonbIteratorToken token;
	JsonbValue item;

	if (!opres_is_object(value))
		opres_wrong_type(path, "an object", value, NULL);
	for (int i = 0; i < shape->count; i++)
		raw[i].type = jbvNull;
	iterator = JsonbIteratorInit(value->val.binary.data);
	while ((token = JsonbIteratorNext(&iterator, &item, true)) != WJB_DONE)
	{
		int index;

		if (token != WJB_KEY)
			continue;
		index = find_field(shape, &item);
		if (index < 0)
			unknown_key(path, shape, &item);
		JsonbIteratorNext(&iterator, &raw[index], true);
	}
	for (int i = 0; i < shape->count; i++)
	{
		OpresPath place = opres_path_key(path, shape->fields[i].name);

		if (shape->fields[i].required && raw[i].type == jbvNull)
			ereport(ERROR, (errcode(ERRCODE_NOT_NULL_VIOLATION), errmsg("%s: missing", opres_path_text(&place)),
							errdetail("A %s needs %s.", shape->what, shape->needs)));
	}
}

void
opres_elements_begin(OpresElements *elements, const OpresPath *object, const char *key, const JsonbValue *raw)
{
	JsonbValue ignored;

	elements->array = key == NULL ? *object : opres_path_key(object, key);
	elements->path = (OpresPath){ &elements->array, NULL, 0, -1 };
	elements->iterator = NULL;
	elements->count = 0;
	if (raw->type == jbvNull)
		return;
	if (raw->type != jbvBinary || !JsonContainerIsArray(raw->val.binary.data))
		opres_wrong_type(&elements->array, "an array", raw, NULL);
	elements->count = JsonContainerSize(raw->val.binary.data);
	elements->iterator = JsonbIteratorInit(raw->val.binary.data);
	JsonbIteratorNext(&elements->iterator, &ignored, true); /* WJB_BEGIN_ARRAY */
}

bool
opres_elements_next(OpresElements *elements)
{
	CHECK_FOR_INTERRUPTS();
	if (elements->iterator == NULL || JsonbIteratorNext(&elements->iterator, &elements->value, true) != WJB_ELEM)
		return false;
	elements->path.index++;
	return true;
}
