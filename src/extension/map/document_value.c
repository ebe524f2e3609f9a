/*
 * document_value.c - one value of the document, checked against what is expected there and turned into a column. Whatever is
 * the matter is said with the JSON path, the value found and what was expected.
 */
#include "map/document.h"

#include <math.h>

#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "common/interval.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/fmgrprotos.h"
#include "utils/lsyscache.h"
#include "utils/numeric.h"
#include "utils/syscache.h"
#include "utils/timestamp.h"

#include "scan.h"
#include "types/text.h"

/* Strings */

static Datum
text_datum(const JsonbValue *value)
{
	return PointerGetDatum(cstring_to_text_with_len(value->val.string.val, value->val.string.len));
}

static Datum
read_code(const OpresPath *path, const JsonbValue *value)
{
	const char *problem;

	if (value->type != jbvString)
		opres_wrong_type(path, "a string", value, NULL);
	problem = opres_code_problem(value->val.string.val, value->val.string.len);
	if (problem != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_CHECK_VIOLATION),
				 errmsg("%s: %s %s", opres_path_text(path), opres_quoted(value->val.string.val, value->val.string.len), problem),
				 errdetail("Expected 1 to %d bytes without control characters and without blanks at the ends.", OPRES_CODE_BYTES)));
	return text_datum(value);
}

static Datum
read_text(const OpresPath *path, const JsonbValue *value)
{
	if (value->type != jbvString)
		opres_wrong_type(path, "a string", value, NULL);
	return text_datum(value);
}

static Datum
read_choice(const OpresPath *path, const OpresField *field, const JsonbValue *value)
{
	OpresNearest nearest;
	StringInfoData choices;

	if (value->type != jbvString)
		opres_wrong_type(path, "a string", value, NULL);
	initStringInfo(&choices);
	opres_nearest_begin(&nearest, value->val.string.val, value->val.string.len);
	for (const char *const *choice = field->choices; *choice != NULL; choice++)
	{
		size_t length = strlen(*choice);

		if (length == (size_t) value->val.string.len && memcmp(*choice, value->val.string.val, length) == 0)
			return text_datum(value);
		opres_nearest_offer(&nearest, *choice, length);
		appendStringInfo(&choices, "%s%s", choices.len > 0 ? ", " : "", *choice);
	}
	ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					errmsg("%s: unknown %s %s", opres_path_text(path), field->name,
						   opres_quoted(value->val.string.val, value->val.string.len)),
					errdetail("Expected one of %s.", choices.data), opres_nearest_hint(&nearest)));
}

/* Numbers and flags */

static char *
range_text(const OpresField *field)
{
	if (isinf(field->high))
		return psprintf("a number %s %g", field->above_low ? "above" : "from", field->low);
	return psprintf("a number %s %g %s %g", field->above_low ? "above" : "from", field->low,
					field->above_low ? "and at most" : "to", field->high);
}

/* The number as the document has it, cut if long. */
static char *
number_text(const JsonbValue *value)
{
	char *text = DatumGetCString(DirectFunctionCall1(numeric_out, NumericGetDatum(value->val.numeric)));

	return strlen(text) > 40 ? psprintf("%.40s...", text) : text;
}

static Datum
read_number(const OpresPath *path, const OpresField *field, const JsonbValue *value)
{
	double number;

	if (value->type != jbvNumeric)
		opres_wrong_type(path, "a number", value, NULL);
	/* Out of range becomes infinite or 0, which no range below includes unless it is meant. */
	number = DatumGetFloat8(DirectFunctionCall1(numeric_float8_no_overflow, NumericGetDatum(value->val.numeric)));
	if (number < field->low || (field->above_low && number <= field->low) || number > field->high || isinf(number))
		ereport(ERROR,
				(errcode(ERRCODE_CHECK_VIOLATION), errmsg("%s: %s is out of range", opres_path_text(path), number_text(value)),
				 errdetail("Expected %s.", range_text(field))));
	return Float8GetDatum(number);
}

static Datum
read_flag(const OpresPath *path, const JsonbValue *value)
{
	if (value->type != jbvBool)
		opres_wrong_type(path, "true or false", value, NULL);
	return BoolGetDatum(value->val.boolean);
}

/* Times */

static Datum
read_duration(const OpresPath *path, const JsonbValue *value)
{
	OpresTime time;
	OpresScan scan;

	if (value->type != jbvString)
		opres_wrong_type(path, "a duration in a string", value, "Write the number with its unit, such as \"20 min\".");
	opres_scan_init(&scan, value->val.string.val, value->val.string.len);
	if (!opres_scan_duration(&scan, scan.length, &time))
		ereport(ERROR,
				(errcode(scan.out_of_range ? ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE : ERRCODE_INVALID_TEXT_REPRESENTATION),
				 errmsg("%s: %s is no duration", opres_path_text(path), opres_quoted(value->val.string.val, value->val.string.len)),
				 errdetail("At character %d: %s.", opres_scan_character(&scan), scan.message),
				 errhint("Write it like \"20 min\", \"1d 2h\", \"02:30:00\" or \"PT2H\".")));
	return IntervalPGetDatum(opres_time_to_interval(time));
}

/* Text that one of the server's or our own input functions reads; what it says is passed on with the path. */
static Datum
read_input(const OpresPath *path, Oid type, const JsonbValue *value)
{
	MemoryContext context = CurrentMemoryContext;
	char *text = pnstrdup(value->val.string.val, value->val.string.len);
	Datum result = (Datum) 0;
	Oid input;
	Oid parameter;

	getTypeInputInfo(type, &input, &parameter);
	PG_TRY();
	{
		result = OidInputFunctionCall(input, text, parameter, -1);
	}
	PG_CATCH();
	{
		ErrorData *error;

		MemoryContextSwitchTo(context);
		error = CopyErrorData();
		if (ERRCODE_TO_CATEGORY(error->sqlerrcode) != ERRCODE_DATA_EXCEPTION)
			PG_RE_THROW();
		FlushErrorState();
		ereport(ERROR, (errcode(error->sqlerrcode), errmsg("%s: %s", opres_path_text(path), error->message),
						error->detail != NULL ? errdetail_internal("%s", error->detail) : 0,
						error->hint != NULL ? errhint("%s", error->hint) : 0));
	}
	PG_END_TRY();
	return result;
}

/* pattern: d = a digit; anything else stands for itself. Returns how much of the text it matched, 0 if it does not match. */
static int
match(const char *text, int length, const char *pattern)
{
	int i;

	for (i = 0; pattern[i] != '\0'; i++)
		if (i >= length || (pattern[i] == 'd' ? text[i] < '0' || text[i] > '9' : text[i] != pattern[i]))
			return 0;
	return i;
}

static int
match_date(const char *text, int length)
{
	/* Years past 9999 only so that whatever the tables can hold can be read back. */
	static const char *const patterns[] = { "dddd-dd-dd", "ddddd-dd-dd", "dddddd-dd-dd", "ddddddd-dd-dd" };

	for (int i = 0; i < lengthof(patterns); i++)
		if (match(text, length, patterns[i]) && (i == 0 || text[0] != '0'))
			return strlen(patterns[i]);
	return 0;
}

static bool
match_era(const char *text, int length)
{
	return length == 0 || (length == 3 && match(text, length, " BC"));
}

static int
match_offset(const char *text, int length)
{
	if (length >= 1 && text[0] == 'Z')
		return 1;
	if (length < 1 || (text[0] != '+' && text[0] != '-'))
		return 0;
	if (match(text + 1, length - 1, "dd:dd:dd"))
		return 9;
	return match(text + 1, length - 1, "dd:dd") ? 6 : 0;
}

static int
match_time(const char *text, int length)
{
	int at = match(text, length, "dd:dd");

	if (at == 0 || !match(text + at, length - at, ":dd"))
		return at;
	at += 3;
	if (!match(text + at, length - at, ".d"))
		return at;
	for (at++; at < length && text[at] >= '0' && text[at] <= '9'; at++)
		;
	return at;
}

static bool
is_date_text(const char *text, int length)
{
	int at = match_date(text, length);

	return at > 0 && match_era(text + at, length - at);
}

static bool
is_moment_text(const char *text, int length)
{
	int at = match_date(text, length);
	int step;

	if (at == 0 || at >= length || (text[at] != 'T' && text[at] != ' '))
		return false;
	at++;
	if ((step = match_time(text + at, length - at)) == 0)
		return false;
	at += step;
	if ((step = match_offset(text + at, length - at)) == 0)
		return false;
	at += step;
	return match_era(text + at, length - at);
}

Datum
opres_read_date(const OpresPath *path, const JsonbValue *value)
{
	if (value->type != jbvString)
		opres_wrong_type(path, "a date in a string", value, NULL);
	if (!is_date_text(value->val.string.val, value->val.string.len))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_DATETIME_FORMAT),
				 errmsg("%s: %s is no date", opres_path_text(path), opres_quoted(value->val.string.val, value->val.string.len)),
				 errdetail("Expected year-month-day, such as \"2026-06-30\".")));
	return read_input(path, DATEOID, value);
}

static Datum
read_moment(const OpresPath *path, const JsonbValue *value)
{
	if (value->type != jbvString)
		opres_wrong_type(path, "a time stamp in a string", value, NULL);
	if (!is_moment_text(value->val.string.val, value->val.string.len))
		ereport(ERROR, (errcode(ERRCODE_INVALID_DATETIME_FORMAT),
						errmsg("%s: %s is no time stamp", opres_path_text(path),
							   opres_quoted(value->val.string.val, value->val.string.len)),
						errdetail("Expected ISO 8601 with the offset from UTC, such as \"2026-11-20T08:00:00+09:00\".")));
	return read_input(path, TIMESTAMPTZOID, value);
}

/* Objects */

static bool
is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* ja, en-GB, zh-Hant: parts of 1 to 8 letters or digits joined by hyphens, the first of 2 to 8 letters. */
static bool
is_language(const char *text, int length)
{
	int part = 0;
	bool first = true;

	for (int i = 0; i <= length; i++)
	{
		if (i == length || text[i] == '-')
		{
			if (part < (first ? 2 : 1) || part > 8)
				return false;
			first = false;
			part = 0;
		}
		else if (is_letter(text[i]) || (!first && text[i] >= '0' && text[i] <= '9'))
			part++;
		else
			return false;
	}
	return true;
}

/* Steps through the names; returns false at the end. */
static bool
next_name(JsonbIterator **iterator, JsonbValue *key, JsonbValue *value)
{
	JsonbIteratorToken token;

	while ((token = JsonbIteratorNext(iterator, key, true)) != WJB_DONE)
		if (token == WJB_KEY)
		{
			JsonbIteratorNext(iterator, value, true);
			return true;
		}
	return false;
}

static void
check_names(const OpresPath *path, const JsonbValue *names)
{
	JsonbIterator *iterator = JsonbIteratorInit(names->val.binary.data);
	JsonbValue key;
	JsonbValue value;

	while (next_name(&iterator, &key, &value))
	{
		OpresPath place = { path, key.val.string.val, key.val.string.len, 0 };

		if (!is_language(place.key, place.key_length))
			ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("%s: not a language code", opres_path_text(&place)),
							errdetail("Expected codes such as ja, en or zh-Hant as keys.")));
		if (value.type != jbvString)
			opres_wrong_type(&place, "a string", &value, NULL);
	}
}

OPRES_FUNCTION(opres_is_names);
Datum
opres_is_names(PG_FUNCTION_ARGS)
{
	Jsonb *names = PG_GETARG_JSONB_P(0);
	JsonbIterator *iterator;
	JsonbValue key;
	JsonbValue value;

	if (!JB_ROOT_IS_OBJECT(names))
		PG_RETURN_BOOL(false);
	iterator = JsonbIteratorInit(&names->root);
	while (next_name(&iterator, &key, &value))
		if (value.type != jbvString || !is_language(key.val.string.val, key.val.string.len))
			PG_RETURN_BOOL(false);
	PG_RETURN_BOOL(true);
}

static Datum
read_object_column(const OpresPath *path, const OpresField *field, const JsonbValue *value)
{
	JsonbValue copy = *value;

	if (!opres_is_object(value))
		opres_wrong_type(path, "an object", value, NULL);
	if (field->type == OPRES_FIELD_NAMES)
		check_names(path, value);
	return JsonbPGetDatum(JsonbValueToJsonb(&copy));
}

static Oid
own_type(const char *name)
{
	Oid type =
		GetSysCacheOid2(TYPENAMENSP, Anum_pg_type_oid, CStringGetDatum(name), ObjectIdGetDatum(get_namespace_oid("opres", false)));

	if (!OidIsValid(type))
		elog(ERROR, "type opres.%s is missing", name);
	return type;
}

/* Our own types: kept as their canonical text, which load_map casts back. */

static Datum
read_own_type(const OpresPath *path, Oid type, const JsonbValue *value)
{
	Oid output;
	bool varlena;

	if (value->type != jbvString)
		opres_wrong_type(path, "a string", value, NULL);
	getTypeOutputInfo(type, &output, &varlena);
	return CStringGetTextDatum(OidOutputFunctionCall(output, read_input(path, type, value)));
}

/* Fields */

static Datum
default_value(const OpresField *field, bool *isnull)
{
	*isnull = !field->has_default;
	if (*isnull)
		return (Datum) 0;
	switch (field->type)
	{
		case OPRES_FIELD_NUMBER:
			return Float8GetDatum(field->default_number);
		case OPRES_FIELD_FLAG:
			return BoolGetDatum(false);
		case OPRES_FIELD_DURATION:
			return IntervalPGetDatum(opres_time_to_interval(0));
		case OPRES_FIELD_NAMES:
		case OPRES_FIELD_OBJECT:
			return DirectFunctionCall1(jsonb_in, CStringGetDatum("{}"));
		default:
			return CStringGetTextDatum(field->default_text);
	}
}

Datum
opres_read_field(const OpresPath *object, const OpresField *field, const JsonbValue *raw, bool *isnull)
{
	OpresPath path = opres_path_key(object, field->name);

	if (raw->type == jbvNull)
		return default_value(field, isnull);
	*isnull = false;
	switch (field->type)
	{
		case OPRES_FIELD_CODE:
			return read_code(&path, raw);
		case OPRES_FIELD_TEXT:
			return read_text(&path, raw);
		case OPRES_FIELD_CHOICE:
			return read_choice(&path, field, raw);
		case OPRES_FIELD_NUMBER:
			return read_number(&path, field, raw);
		case OPRES_FIELD_FLAG:
			return read_flag(&path, raw);
		case OPRES_FIELD_DURATION:
			return read_duration(&path, raw);
		case OPRES_FIELD_DATE:
			return opres_read_date(&path, raw);
		case OPRES_FIELD_MOMENT:
			return read_moment(&path, raw);
		case OPRES_FIELD_NAMES:
		case OPRES_FIELD_OBJECT:
			return read_object_column(&path, field, raw);
		case OPRES_FIELD_TOLERANCE:
			return read_own_type(&path, own_type("impact_tolerance"), raw);
		case OPRES_FIELD_DISTRIBUTION:
			return read_own_type(&path, own_type("duration_distribution"), raw);
		case OPRES_FIELD_ARRAY:
			break;
	}
	elog(ERROR, "field %s is no column", field->name);
}

int
opres_read_columns(const OpresPath *object, const OpresShape *shape, const JsonbValue *raw, Datum *values, bool *nulls)
{
	int column = 0;

	for (int i = 0; i < shape->count; i++)
	{
		if (shape->fields[i].type == OPRES_FIELD_ARRAY)
			continue;
		values[column] = opres_read_field(object, &shape->fields[i], &raw[i], &nulls[column]);
		column++;
	}
	return column;
}

Oid
opres_field_column_type(OpresFieldType type)
{
	switch (type)
	{
		case OPRES_FIELD_NUMBER:
			return FLOAT8OID;
		case OPRES_FIELD_FLAG:
			return BOOLOID;
		case OPRES_FIELD_DURATION:
			return INTERVALOID;
		case OPRES_FIELD_DATE:
			return DATEOID;
		case OPRES_FIELD_MOMENT:
			return TIMESTAMPTZOID;
		case OPRES_FIELD_NAMES:
		case OPRES_FIELD_OBJECT:
			return JSONBOID;
		default:
			return TEXTOID;
	}
}
