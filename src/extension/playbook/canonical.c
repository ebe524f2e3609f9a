/*
 * canonical.c - see canonical.h.
 *
 * Members are sorted by their names as UTF-16 (RFC 8785, 3.2.3), which differs from the order of UTF-8 only where a character
 * beyond U+FFFF, a pair of surrogates, meets one of U+E000 to U+FFFF. jsonb has no member twice and no lone surrogates.
 */
#include "playbook/canonical.h"

#include <math.h>

#include "common/shortest_dec.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/numeric.h"

/* Significant digits of a double, at most. */
#define MOST_DIGITS 17

typedef struct Member
{
	char *key; /* UTF-8 */
	size_t length;
	JsonbValue value;
} Member;

/* 0.DIGITS times 10 to the exponent. */
typedef struct Decimal
{
	char digits[MOST_DIGITS + 1];
	int count;
	int exponent;
} Decimal;

static void write_container(StringInfo out, JsonbContainer *container, const OpresInstead *instead, int count);

/* Reads what a conversion of a positive double has written: [D...].[D...][e[+-]D...]. */
static Decimal
read_decimal(const char *text)
{
	Decimal decimal = { .count = 0 };
	bool point = false;

	for (; *text && *text != 'e'; text++)
	{
		if (*text == '.')
			point = true;
		else
		{
			decimal.exponent += point ? 0 : 1;
			if (decimal.count > 0 || *text != '0')
				decimal.digits[decimal.count++] = *text;
			else
				decimal.exponent--;
		}
	}
	while (decimal.count > 0 && decimal.digits[decimal.count - 1] == '0')
		decimal.count--;
	decimal.digits[decimal.count] = '\0';
	if (*text == 'e')
		decimal.exponent += (int) strtol(text + 1, NULL, 10);
	return decimal;
}

/*
 * The fewest digits that stand for this double and no other, and of those the nearest (ECMAScript's Number::toString). PostgreSQL's
 * own does not count on a reader who rounds halves to even, and so misses a shorter one that lies just between two doubles, such as
 * 1e23.
 */
static Decimal
shortest(double value)
{
	char text[DOUBLE_SHORTEST_DECIMAL_LEN], shorter[DOUBLE_SHORTEST_DECIMAL_LEN];
	Decimal decimal;

	double_to_shortest_decimal_buf(value, text);
	decimal = read_decimal(text);
	while (decimal.count > 1)
	{
		snprintf(shorter, sizeof shorter, "%.*e", decimal.count - 2, value);
		if (strtod(shorter, NULL) != value)
			break;
		decimal = read_decimal(shorter);
	}
	return decimal;
}

static void
write_zeros(StringInfo out, int count)
{
	while (count-- > 0)
		appendStringInfoChar(out, '0');
}

static void
write_double(StringInfo out, double value)
{
	Decimal decimal;

	if (value == 0)
	{
		appendStringInfoChar(out, '0');
		return;
	}
	if (value < 0)
		appendStringInfoChar(out, '-');
	decimal = shortest(fabs(value));
	if (decimal.exponent > 21 || decimal.exponent <= -6)
	{
		appendStringInfoChar(out, decimal.digits[0]);
		if (decimal.count > 1)
			appendStringInfo(out, ".%s", decimal.digits + 1);
		appendStringInfo(out, "e%+d", decimal.exponent - 1);
	}
	else if (decimal.exponent <= 0)
	{
		appendStringInfoString(out, "0.");
		write_zeros(out, -decimal.exponent);
		appendStringInfoString(out, decimal.digits);
	}
	else if (decimal.exponent >= decimal.count)
	{
		appendStringInfoString(out, decimal.digits);
		write_zeros(out, decimal.exponent - decimal.count);
	}
	else
	{
		appendBinaryStringInfo(out, decimal.digits, decimal.exponent);
		appendStringInfo(out, ".%s", decimal.digits + decimal.exponent);
	}
}

static void
write_number(StringInfo out, Numeric number)
{
	char *text = numeric_normalize(number);
	double value = strtod(text, NULL);

	if (isinf(value))
		ereport(ERROR, (errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE), errmsg("a number of %zu digits is no double", strlen(text)),
						errdetail("Canonical JSON (RFC 8785) has no greater numbers than 1.7976931348623157e+308.")));
	write_double(out, value);
	pfree(text);
}

static void
write_escape(StringInfo out, unsigned char c)
{
	static const char escapes[] = "btn?fr"; /* of U+0008 to U+000D */

	if (c == '"' || c == '\\')
		appendStringInfo(out, "\\%c", c);
	else if (c >= 0x08 && c <= 0x0D && c != 0x0B)
		appendStringInfo(out, "\\%c", escapes[c - 0x08]);
	else
		appendStringInfo(out, "\\u%04x", c);
}

static void
write_string(StringInfo out, const char *utf8, size_t length)
{
	size_t begin = 0;

	appendStringInfoChar(out, '"');
	for (size_t i = 0; i < length; i++)
	{
		unsigned char c = (unsigned char) utf8[i];

		if (c >= 0x20 && c != '"' && c != '\\')
			continue;
		appendBinaryStringInfo(out, utf8 + begin, (int) (i - begin));
		write_escape(out, c);
		begin = i + 1;
	}
	appendBinaryStringInfo(out, utf8 + begin, (int) (length - begin));
	appendStringInfoChar(out, '"');
}

/* In UTF-8: the string itself, if the database has that encoding. */
static char *
to_utf8(const JsonbValue *string, size_t *length)
{
	char *utf8 = pg_server_to_any(string->val.string.val, string->val.string.len, PG_UTF8);

	*length = utf8 == string->val.string.val ? (size_t) string->val.string.len : strlen(utf8);
	return utf8;
}

static void
write_value(StringInfo out, const JsonbValue *value)
{
	size_t length;
	char *utf8;

	switch (value->type)
	{
		case jbvNull:
			appendStringInfoString(out, "null");
			break;
		case jbvBool:
			appendStringInfoString(out, value->val.boolean ? "true" : "false");
			break;
		case jbvNumeric:
			write_number(out, value->val.numeric);
			break;
		case jbvString:
			utf8 = to_utf8(value, &length);
			write_string(out, utf8, length);
			break;
		case jbvBinary:
			write_container(out, value->val.binary.data, NULL, 0);
			break;
		default:
			elog(ERROR, "unexpected kind of jsonb value: %d", (int) value->type);
	}
}

/* The order of UTF-16: among the bytes that begin a character, those of U+10000 and beyond (0xF0...) come before 0xEE and 0xEF. */
static int
place(unsigned char byte)
{
	return byte >= 0xF0 ? byte - 2 : byte >= 0xEE ? byte + 5 : byte;
}

static int
compare_members(const void *a, const void *b)
{
	const Member *x = a, *y = b;
	size_t length = Min(x->length, y->length);

	for (size_t i = 0; i < length; i++)
		if (x->key[i] != y->key[i])
			return place((unsigned char) x->key[i]) - place((unsigned char) y->key[i]);
	return x->length < y->length ? -1 : x->length > y->length;
}

static Member *
read_members(JsonbContainer *object, int *count)
{
	Member *members = palloc(sizeof(Member) * Max(JsonContainerSize(object), 1));
	JsonbIterator *iterator = JsonbIteratorInit(object);
	JsonbIteratorToken token;
	JsonbValue value;

	*count = 0;
	while ((token = JsonbIteratorNext(&iterator, &value, true)) != WJB_DONE)
	{
		if (token == WJB_KEY)
			members[*count].key = to_utf8(&value, &members[*count].length);
		else if (token == WJB_VALUE)
			members[(*count)++].value = value;
	}
	qsort(members, (size_t) *count, sizeof(Member), compare_members);
	return members;
}

static const OpresInstead *
find_instead(const Member *member, const OpresInstead *instead, int count)
{
	for (int i = 0; i < count; i++)
		if (strlen(instead[i].key) == member->length && memcmp(instead[i].key, member->key, member->length) == 0)
			return &instead[i];
	return NULL;
}

static void
write_object(StringInfo out, JsonbContainer *object, const OpresInstead *instead, int instead_count)
{
	int count;
	Member *members = read_members(object, &count);
	const char *separator = "";

	appendStringInfoChar(out, '{');
	for (int i = 0; i < count; i++)
	{
		const OpresInstead *other = find_instead(&members[i], instead, instead_count);

		if (other && !other->json)
			continue;
		appendStringInfoString(out, separator);
		separator = ",";
		write_string(out, members[i].key, members[i].length);
		appendStringInfoChar(out, ':');
		if (other)
			appendStringInfoString(out, other->json);
		else
			write_value(out, &members[i].value);
	}
	appendStringInfoChar(out, '}');
	pfree(members);
}

/* A value that is no array or object comes as an array of one, marked as such. */
static void
write_array(StringInfo out, JsonbContainer *array)
{
	bool scalar = JsonContainerIsScalar(array);
	JsonbIterator *iterator = JsonbIteratorInit(array);
	JsonbIteratorToken token;
	JsonbValue value;
	const char *separator = "";

	if (!scalar)
		appendStringInfoChar(out, '[');
	while ((token = JsonbIteratorNext(&iterator, &value, true)) != WJB_DONE)
	{
		if (token != WJB_ELEM)
			continue;
		appendStringInfoString(out, separator);
		separator = ",";
		write_value(out, &value);
	}
	if (!scalar)
		appendStringInfoChar(out, ']');
}

static void
write_container(StringInfo out, JsonbContainer *container, const OpresInstead *instead, int count)
{
	check_stack_depth();
	CHECK_FOR_INTERRUPTS();
	if (JsonContainerIsObject(container))
		write_object(out, container, instead, count);
	else
		write_array(out, container);
}

char *
opres_canonical_object(JsonbContainer *object, const OpresInstead *instead, int count)
{
	StringInfoData out;

	initStringInfo(&out);
	write_container(&out, object, instead, count);
	return out.data;
}

char *
opres_canonical_json(Jsonb *document, bool with_signatures)
{
	const OpresInstead without = { "signatures", NULL };

	return opres_canonical_object(&document->root, &without, with_signatures ? 0 : 1);
}

OpresHash
opres_canonical_hash(Jsonb *document)
{
	char *canonical = opres_canonical_json(document, false);
	OpresHash hash;

	if (!opres_sha256(&(OpresPart){ canonical, strlen(canonical) }, 1, &hash))
		ereport(ERROR, (errcode(ERRCODE_INTERNAL_ERROR), errmsg("libcrypto could not compute a SHA-256")));
	pfree(canonical);
	return hash;
}

OPRES_FUNCTION(opres_canonical_json_text);
Datum
opres_canonical_json_text(PG_FUNCTION_ARGS)
{
	char *canonical = opres_canonical_json(PG_GETARG_JSONB_P(0), true);

	PG_RETURN_TEXT_P(cstring_to_text(pg_any_to_server(canonical, (int) strlen(canonical), PG_UTF8)));
}
