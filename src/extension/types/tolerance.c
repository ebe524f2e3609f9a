/*
 * tolerance.c - the type impact_tolerance: its form on disk, text and binary input and output, comparisons and hash.
 *
 * On disk: a fixed part, then the names that are there, each with its NUL, in the order zone, calendar, except_calendar. Unused
 * fields are zero, so that equal values have equal bytes.
 */
#include "types/tolerance.h"

#include "catalog/pg_type.h"
#include "common/hashfn.h"
#include "libpq/pqformat.h"
#include "types/compare.h"
#include "types/text.h"
#include "types/wire.h"
#include "types/zone.h"
#include "utils/array.h"
#include "utils/builtins.h"

#define TYPE "impact_tolerance"

#define HAS_ZONE 1
#define HAS_CALENDAR 2
#define HAS_EXCEPT_CALENDAR 4

typedef struct Stored
{
	int32 header; /* varlena */
	uint8 version;
	uint8 form;
	uint8 weekdays;
	uint8 has; /* which names follow */
	float8 level;
	int64 limit;
	int64 window;
	int64 time_of_day;
	char names[FLEXIBLE_ARRAY_MEMBER];
} Stored;

OPRES_FUNCTION(opres_impact_tolerance_in);
OPRES_FUNCTION(opres_impact_tolerance_out);
OPRES_FUNCTION(opres_impact_tolerance_recv);
OPRES_FUNCTION(opres_impact_tolerance_send);
OPRES_FUNCTION(opres_impact_tolerance_hash);
OPRES_FUNCTION(opres_impact_tolerance_hash_extended);

static const char *
next_name(const Stored *stored, int which, const char **next)
{
	const char *name = *next;

	if ((stored->has & which) == 0)
		return NULL;
	*next += strlen(name) + 1;
	return name;
}

static void
unpack(const Stored *stored, OpresTolerance *tolerance)
{
	const char *next = stored->names;

	if (stored->version != OPRES_WIRE_VERSION)
		elog(ERROR, "unknown version %d of a stored " TYPE, stored->version);
	tolerance->form = (OpresToleranceForm) stored->form;
	tolerance->level = stored->level;
	tolerance->limit = stored->limit;
	tolerance->window = stored->window;
	tolerance->time_of_day = stored->time_of_day;
	tolerance->weekdays = stored->weekdays;
	tolerance->zone = next_name(stored, HAS_ZONE, &next);
	tolerance->calendar = next_name(stored, HAS_CALENDAR, &next);
	tolerance->except_calendar = next_name(stored, HAS_EXCEPT_CALENDAR, &next);
}

void
opres_tolerance_read(Datum value, OpresTolerance *tolerance)
{
	unpack((const Stored *) PG_DETOAST_DATUM(value), tolerance);
}

static Size
name_size(const char *name)
{
	return name == NULL ? 0 : strlen(name) + 1;
}

static void
pack_name(Stored *stored, int which, const char *name, char **next)
{
	if (name == NULL)
		return;
	stored->has |= which;
	memcpy(*next, name, name_size(name));
	*next += name_size(name);
}

Datum
opres_tolerance_make(const OpresTolerance *tolerance)
{
	Size size = offsetof(Stored, names) + name_size(tolerance->zone) + name_size(tolerance->calendar) +
				name_size(tolerance->except_calendar);
	Stored *stored = palloc0(size);
	char *next = stored->names;

	SET_VARSIZE(stored, size);
	stored->version = OPRES_WIRE_VERSION;
	stored->form = (uint8) tolerance->form;
	stored->weekdays = tolerance->weekdays;
	stored->level = tolerance->level;
	stored->limit = tolerance->limit;
	stored->window = tolerance->window;
	stored->time_of_day = tolerance->time_of_day;
	pack_name(stored, HAS_ZONE, tolerance->zone, &next);
	pack_name(stored, HAS_CALENDAR, tolerance->calendar, &next);
	pack_name(stored, HAS_EXCEPT_CALENDAR, tolerance->except_calendar, &next);
	return PointerGetDatum(stored);
}

Datum
opres_impact_tolerance_in(PG_FUNCTION_ARGS)
{
	char names[OPRES_TOLERANCE_NAMES];
	OpresTolerance tolerance;
	OpresScan scan;

	opres_scan_init(&scan, PG_GETARG_CSTRING(0), strlen(PG_GETARG_CSTRING(0)));
	if (!opres_tolerance_scan(&scan, &tolerance, names))
		OPRES_TEXT_ERROR(fcinfo, &scan, TYPE);
	if (tolerance.form == OPRES_BY)
	{
		const char *zone = opres_zone_name(tolerance.zone);

		if (zone == NULL)
			OPRES_INPUT_ERROR(fcinfo,
							  (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("invalid " TYPE ": \"%s\"", scan.text),
							   errdetail("\"%s\" is neither a place in the IANA time zone database nor UTC.", tolerance.zone),
							   errhint("Write Area/City, e.g. Asia/Tokyo, or UTC; abbreviations and offsets are refused.")));
		tolerance.zone = zone;
	}
	return opres_tolerance_make(&tolerance);
}

Datum
opres_impact_tolerance_out(PG_FUNCTION_ARGS)
{
	OpresTolerance tolerance;
	char *output = palloc(OPRES_TOLERANCE_TEXT);

	opres_tolerance_read(PG_GETARG_DATUM(0), &tolerance);
	opres_tolerance_print(&tolerance, output);
	PG_RETURN_CSTRING(output);
}

Datum
opres_impact_tolerance_recv(PG_FUNCTION_ARGS)
{
	StringInfo message = (StringInfo) PG_GETARG_POINTER(0);
	OpresTolerance tolerance = { 0 };
	const char *problem;
	int has;

	opres_wire_version(message, TYPE);
	opres_wire_need(message, 3 + 4 * 8, TYPE);
	tolerance.form = (OpresToleranceForm) pq_getmsgbyte(message);
	tolerance.weekdays = (uint8) pq_getmsgbyte(message);
	has = pq_getmsgbyte(message);
	tolerance.level = pq_getmsgfloat8(message);
	tolerance.limit = pq_getmsgint64(message);
	tolerance.window = pq_getmsgint64(message);
	tolerance.time_of_day = pq_getmsgint64(message);
	if (has & HAS_ZONE)
		tolerance.zone = opres_wire_string(message, TYPE);
	if (has & HAS_CALENDAR)
		tolerance.calendar = opres_wire_string(message, TYPE);
	if (has & HAS_EXCEPT_CALENDAR)
		tolerance.except_calendar = opres_wire_string(message, TYPE);
	opres_wire_end(message, TYPE);

	problem = opres_tolerance_problem(&tolerance);
	if (problem != NULL)
		opres_wire_invalid(TYPE, problem);
	if (tolerance.form == OPRES_BY && (tolerance.zone = opres_zone_name(tolerance.zone)) == NULL)
		opres_wire_invalid(TYPE, "the time zone is neither a place in the IANA time zone database nor UTC");
	return opres_tolerance_make(&tolerance);
}

Datum
opres_impact_tolerance_send(PG_FUNCTION_ARGS)
{
	Stored *stored = (Stored *) PG_DETOAST_DATUM(PG_GETARG_DATUM(0));
	OpresTolerance tolerance;
	StringInfoData message;

	unpack(stored, &tolerance);
	pq_begintypsend(&message);
	pq_sendbyte(&message, OPRES_WIRE_VERSION);
	pq_sendbyte(&message, stored->form);
	pq_sendbyte(&message, stored->weekdays);
	pq_sendbyte(&message, stored->has);
	pq_sendfloat8(&message, stored->level);
	pq_sendint64(&message, stored->limit);
	pq_sendint64(&message, stored->window);
	pq_sendint64(&message, stored->time_of_day);
	if (tolerance.zone != NULL)
		pq_sendstring(&message, tolerance.zone);
	if (tolerance.calendar != NULL)
		pq_sendstring(&message, tolerance.calendar);
	if (tolerance.except_calendar != NULL)
		pq_sendstring(&message, tolerance.except_calendar);
	PG_RETURN_BYTEA_P(pq_endtypsend(&message));
}

static int
compare(FunctionCallInfo fcinfo)
{
	Stored *a = (Stored *) PG_DETOAST_DATUM(PG_GETARG_DATUM(0));
	Stored *b = (Stored *) PG_DETOAST_DATUM(PG_GETARG_DATUM(1));
	OpresTolerance left;
	OpresTolerance right;
	int order;

	unpack(a, &left);
	unpack(b, &right);
	order = opres_tolerance_compare(&left, &right);
	PG_FREE_IF_COPY(a, 0);
	PG_FREE_IF_COPY(b, 1);
	return order;
}

OPRES_COMPARISONS(impact_tolerance, compare);

Datum
opres_impact_tolerance_hash(PG_FUNCTION_ARGS)
{
	Stored *stored = (Stored *) PG_DETOAST_DATUM(PG_GETARG_DATUM(0));
	Datum hash = hash_any((unsigned char *) VARDATA(stored), VARSIZE(stored) - VARHDRSZ);

	PG_FREE_IF_COPY(stored, 0);
	return hash;
}

Datum
opres_impact_tolerance_hash_extended(PG_FUNCTION_ARGS)
{
	Stored *stored = (Stored *) PG_DETOAST_DATUM(PG_GETARG_DATUM(0));
	Datum hash = hash_any_extended((unsigned char *) VARDATA(stored), VARSIZE(stored) - VARHDRSZ, PG_GETARG_INT64(1));

	PG_FREE_IF_COPY(stored, 0);
	return hash;
}

OPRES_FUNCTION(opres_calendars);
Datum
opres_calendars(PG_FUNCTION_ARGS)
{
	OpresTolerance tolerance;
	Datum names[2];
	int count = 0;

	opres_tolerance_read(PG_GETARG_DATUM(0), &tolerance);
	if (tolerance.calendar != NULL)
		names[count++] = CStringGetTextDatum(tolerance.calendar);
	if (tolerance.except_calendar != NULL)
		names[count++] = CStringGetTextDatum(tolerance.except_calendar);
	PG_RETURN_ARRAYTYPE_P(construct_array(names, count, TEXTOID, -1, false, TYPALIGN_INT));
}
