/*
 * document_dump.c - what dump_map does row by row and SQL does slowly: leaving out what needs not be said.
 */
#include "common/compat.h"

#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/numeric.h"

static bool
same_scalar(const JsonbValue *a, const JsonbValue *b)
{
	if (a->type != b->type)
		return false;
	switch (a->type)
	{
		case jbvString:
			return a->val.string.len == b->val.string.len && memcmp(a->val.string.val, b->val.string.val, a->val.string.len) == 0;
		case jbvNumeric:
			return DatumGetBool(DirectFunctionCall2(numeric_eq, NumericGetDatum(a->val.numeric), NumericGetDatum(b->val.numeric)));
		case jbvBool:
			return a->val.boolean == b->val.boolean;
		default:
			return false;
	}
}

static bool
is_empty_object(const JsonbValue *value)
{
	return value->type == jbvBinary && JsonContainerIsObject(value->val.binary.data) &&
		   JsonContainerSize(value->val.binary.data) == 0;
}

static bool
needs_saying(const JsonbValue *key, const JsonbValue *value, Jsonb *defaults)
{
	JsonbValue buffer;
	JsonbValue *standard;

	if (value->type == jbvNull || is_empty_object(value))
		return false;
	standard = getKeyJsonValueFromContainer(&defaults->root, key->val.string.val, key->val.string.len, &buffer);
	return standard == NULL || !same_scalar(value, standard);
}

OPRES_FUNCTION(opres_without_defaults);
Datum
opres_without_defaults(PG_FUNCTION_ARGS)
{
	Jsonb *object = PG_GETARG_JSONB_P(0);
	Jsonb *defaults = PG_GETARG_JSONB_P(1);
	JsonbParseState *state = NULL;
	JsonbIterator *iterator;
	JsonbIteratorToken token;
	JsonbValue key;
	JsonbValue value;

	if (!JB_ROOT_IS_OBJECT(object) || !JB_ROOT_IS_OBJECT(defaults))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("both arguments must be JSON objects")));
	iterator = JsonbIteratorInit(&object->root);
	pushJsonbValue(&state, WJB_BEGIN_OBJECT, NULL);
	while ((token = JsonbIteratorNext(&iterator, &key, true)) != WJB_DONE)
	{
		if (token != WJB_KEY)
			continue;
		JsonbIteratorNext(&iterator, &value, true);
		if (!needs_saying(&key, &value, defaults))
			continue;
		pushJsonbValue(&state, WJB_KEY, &key);
		pushJsonbValue(&state, WJB_VALUE, &value);
	}
	PG_RETURN_JSONB_P(JsonbValueToJsonb(pushJsonbValue(&state, WJB_END_OBJECT, NULL)));
}
