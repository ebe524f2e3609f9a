/*
 * json.c - reading members of JSON objects (json.h).
 */
#include "playbook/json.h"

#include <math.h>

#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/numeric.h"

bool
opres_json_get(JsonbContainer *object, const char *key, JsonbValue *value)
{
	return object != NULL && getKeyJsonValueFromContainer(object, key, strlen(key), value) != NULL && value->type != jbvNull;
}

JsonbContainer *
opres_value_object(const JsonbValue *value)
{
	return value->type == jbvBinary && JsonContainerIsObject(value->val.binary.data) ? value->val.binary.data : NULL;
}

char *
opres_value_text(const JsonbValue *value)
{
	return value->type == jbvString ? pnstrdup(value->val.string.val, value->val.string.len) : NULL;
}

JsonbContainer *
opres_json_object(JsonbContainer *object, const char *key)
{
	JsonbValue value;

	return opres_json_get(object, key, &value) ? opres_value_object(&value) : NULL;
}

JsonbContainer *
opres_json_array(JsonbContainer *object, const char *key)
{
	JsonbValue value;

	if (!opres_json_get(object, key, &value) || value.type != jbvBinary || !JsonContainerIsArray(value.val.binary.data))
		return NULL;
	return value.val.binary.data;
}

char *
opres_json_text(JsonbContainer *object, const char *key)
{
	JsonbValue value;

	return opres_json_get(object, key, &value) ? opres_value_text(&value) : NULL;
}

bool
opres_json_flag(JsonbContainer *object, const char *key, bool otherwise)
{
	JsonbValue value;

	return opres_json_get(object, key, &value) && value.type == jbvBool ? value.val.boolean : otherwise;
}

int64
opres_json_integer(JsonbContainer *object, const char *key, int64 otherwise)
{
	JsonbValue value;

	double number;

	if (!opres_json_get(object, key, &value) || value.type != jbvNumeric)
		return otherwise;
	number = DatumGetFloat8(DirectFunctionCall1(numeric_float8_no_overflow, NumericGetDatum(value.val.numeric)));
	/* No number of CACAO is so large that a double does not hold it. */
	return fabs(number) < 9e15 ? (int64) number : otherwise;
}

int
opres_json_count(JsonbContainer *array)
{
	return array == NULL ? 0 : JsonContainerSize(array);
}

JsonbContainer *
opres_json_item_object(JsonbContainer *array, int index)
{
	JsonbValue *value = index < opres_json_count(array) ? getIthJsonbValueFromContainer(array, index) : NULL;

	return value == NULL ? NULL : opres_value_object(value);
}

char *
opres_json_item_text(JsonbContainer *array, int index)
{
	JsonbValue *value = index < opres_json_count(array) ? getIthJsonbValueFromContainer(array, index) : NULL;

	return value == NULL ? NULL : opres_value_text(value);
}

void
opres_members_begin(OpresMembers *members, JsonbContainer *object)
{
	members->iterator = NULL;
	if (object == NULL)
		return;
	members->iterator = JsonbIteratorInit(object);
	(void) JsonbIteratorNext(&members->iterator, &members->value, true); /* WJB_BEGIN_OBJECT */
}

bool
opres_members_next(OpresMembers *members)
{
	CHECK_FOR_INTERRUPTS();
	if (members->iterator == NULL || JsonbIteratorNext(&members->iterator, &members->key, true) != WJB_KEY)
		return false;
	(void) JsonbIteratorNext(&members->iterator, &members->value, true);
	return true;
}

static int
base64_digit(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

char *
opres_base64_decode(const char *text, size_t length, size_t *size)
{
	int padding = 0;
	char *bytes;

	*size = 0;
	if (length % 4 != 0)
		return NULL;
	while (padding < 2 && length > 0 && text[length - 1 - padding] == '=')
		padding++;
	bytes = palloc(length / 4 * 3 + 1);
	for (size_t at = 0; at < length; at += 4)
	{
		uint32 group = 0;
		int filled = at + 4 == length ? 4 - padding : 4;

		for (int i = 0; i < 4; i++)
		{
			int digit = i < filled ? base64_digit(text[at + i]) : 0;

			if (digit < 0)
				return NULL;
			group = group << 6 | digit;
		}
		/* Bits that no byte takes are zero: each text of bytes is written in one way. */
		if ((filled == 2 && (group & 0xFFFF) != 0) || (filled == 3 && (group & 0xFF) != 0))
			return NULL;
		for (int i = 0; i < filled - 1; i++)
			bytes[(*size)++] = (char) (group >> (16 - 8 * i));
	}
	bytes[*size] = '\0';
	return bytes;
}

int
opres_deceiving_character(const char *text, int length)
{
	for (int i = 0; i < length; i++)
	{
		const unsigned char *c = (const unsigned char *) text + i;
		int left = length - i;

		if ((c[0] < 0x20 && c[0] != '\t' && c[0] != '\n' && !(c[0] == '\r' && left > 1 && c[1] == '\n')) || c[0] == 0x7f)
			return c[0];
		if (left > 1 && c[0] == 0xc2 && c[1] < 0xa0)
			return c[1];
		if (left > 2 && c[0] == 0xe2 &&
			((c[1] == 0x80 && c[2] >= 0xaa && c[2] <= 0xae) || (c[1] == 0x81 && c[2] >= 0xa6 && c[2] <= 0xa9)))
			return 0x2000 | (c[1] & 0x3f) << 6 | (c[2] & 0x3f);
	}
	return 0;
}
