/*
 * level_curve.c - the type level_curve: its form on disk, text and binary input and output, comparisons and hash.
 */
#include "types/level_curve.h"

#include "common/hashfn.h"
#include "curve_text.h"
#include "lib/stringinfo.h"
#include "libpq/pqformat.h"
#include "miscadmin.h"
#include "types/compare.h"
#include "types/text.h"
#include "types/wire.h"

#define TYPE "level_curve"

/* On disk: the steps of the canonical curve; no unused bytes, so that equal values have equal bytes. */
typedef struct Stored
{
	int32 header; /* varlena */
	uint8 version;
	uint8 unused[3];
	OpresCurveStep steps[FLEXIBLE_ARRAY_MEMBER];
} Stored;

OPRES_FUNCTION(opres_level_curve_in);
OPRES_FUNCTION(opres_level_curve_out);
OPRES_FUNCTION(opres_level_curve_recv);
OPRES_FUNCTION(opres_level_curve_send);
OPRES_FUNCTION(opres_level_curve_hash);
OPRES_FUNCTION(opres_level_curve_hash_extended);

static OpresCurve
curve_of(const Stored *stored)
{
	if (stored->version != OPRES_WIRE_VERSION)
		elog(ERROR, "unknown version %d of a stored " TYPE, stored->version);
	return (OpresCurve){ stored->steps, (int32_t) ((VARSIZE(stored) - offsetof(Stored, steps)) / sizeof(OpresCurveStep)) };
}

OpresCurve
opres_level_curve_read(Datum value)
{
	return curve_of((const Stored *) PG_DETOAST_DATUM(value));
}

OpresCurveStep *
opres_level_curve_room(int64 steps)
{
	if (steps > OPRES_MOST_STEPS)
		ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED), errmsg("too many steps for a " TYPE),
						errdetail("A value holds at most %d steps.", OPRES_MOST_STEPS)));
	return palloc(sizeof(OpresCurveStep) * (Size) Max(steps, 1));
}

Datum
opres_level_curve_make(const OpresCurveStep *steps, int32 count)
{
	Size size = offsetof(Stored, steps) + sizeof(OpresCurveStep) * (Size) count;
	Stored *stored = palloc0(size);

	SET_VARSIZE(stored, size);
	stored->version = OPRES_WIRE_VERSION;
	if (count > 0)
		memcpy(stored->steps, steps, sizeof(OpresCurveStep) * (Size) count);
	return PointerGetDatum(stored);
}

/* As many as the text can hold. */
static int64
most_steps(const char *input)
{
	int64 commas = 0;

	for (const char *c = input; *c != '\0'; c++)
		commas += *c == ',';
	return commas + 1;
}

Datum
opres_level_curve_in(PG_FUNCTION_ARGS)
{
	char *input = PG_GETARG_CSTRING(0);
	OpresCurveScan scan;
	OpresCurveStep *steps;
	OpresCurveStep step;
	int32 count = 0;

	if (!opres_curve_scan_begin(&scan, input, strlen(input)))
		OPRES_TEXT_ERROR(fcinfo, &scan.scan, TYPE);
	steps = opres_level_curve_room(most_steps(input));
	while (opres_curve_scan_step(&scan, &step))
	{
		CHECK_FOR_INTERRUPTS();
		opres_curve_append(steps, &count, step);
	}
	if (scan.scan.message != NULL)
		OPRES_TEXT_ERROR(fcinfo, &scan.scan, TYPE);
	return opres_level_curve_make(steps, count);
}

Datum
opres_level_curve_out(PG_FUNCTION_ARGS)
{
	OpresCurve curve = opres_level_curve_read(PG_GETARG_DATUM(0));
	StringInfoData output;
	char step[OPRES_STEP_TEXT];

	initStringInfo(&output);
	appendStringInfoChar(&output, '{');
	for (int32 i = 0; i < curve.count; i++)
	{
		CHECK_FOR_INTERRUPTS();
		opres_step_print(curve.steps[i], step);
		if (i > 0)
			appendStringInfoString(&output, ", ");
		appendStringInfoString(&output, step);
	}
	appendStringInfoChar(&output, '}');
	PG_RETURN_CSTRING(output.data);
}

Datum
opres_level_curve_recv(PG_FUNCTION_ARGS)
{
	StringInfo message = (StringInfo) PG_GETARG_POINTER(0);
	OpresCurveStep *steps;
	const char *problem;
	int32 count;

	opres_wire_version(message, TYPE);
	count = (message->len - message->cursor) / 16;
	steps = opres_level_curve_room(count);
	for (int32 i = 0; i < count; i++)
	{
		CHECK_FOR_INTERRUPTS();
		steps[i].at = pq_getmsgint64(message);
		steps[i].level = pq_getmsgfloat8(message);
	}
	opres_wire_end(message, TYPE);
	problem = opres_curve_problem((OpresCurve){ steps, count });
	if (problem != NULL)
		opres_wire_invalid(TYPE, problem);
	return opres_level_curve_make(steps, count);
}

Datum
opres_level_curve_send(PG_FUNCTION_ARGS)
{
	OpresCurve curve = opres_level_curve_read(PG_GETARG_DATUM(0));
	StringInfoData message;

	pq_begintypsend(&message);
	pq_sendbyte(&message, OPRES_WIRE_VERSION);
	for (int32 i = 0; i < curve.count; i++)
	{
		CHECK_FOR_INTERRUPTS();
		pq_sendint64(&message, curve.steps[i].at);
		pq_sendfloat8(&message, curve.steps[i].level);
	}
	PG_RETURN_BYTEA_P(pq_endtypsend(&message));
}

static int
compare(FunctionCallInfo fcinfo)
{
	Stored *a = (Stored *) PG_DETOAST_DATUM(PG_GETARG_DATUM(0));
	Stored *b = (Stored *) PG_DETOAST_DATUM(PG_GETARG_DATUM(1));
	int order = opres_curve_compare(curve_of(a), curve_of(b));

	PG_FREE_IF_COPY(a, 0);
	PG_FREE_IF_COPY(b, 1);
	return order;
}

OPRES_COMPARISONS(level_curve, compare);

Datum
opres_level_curve_hash(PG_FUNCTION_ARGS)
{
	Stored *stored = (Stored *) PG_DETOAST_DATUM(PG_GETARG_DATUM(0));
	Datum hash = hash_any((unsigned char *) VARDATA(stored), VARSIZE(stored) - VARHDRSZ);

	PG_FREE_IF_COPY(stored, 0);
	return hash;
}

Datum
opres_level_curve_hash_extended(PG_FUNCTION_ARGS)
{
	Stored *stored = (Stored *) PG_DETOAST_DATUM(PG_GETARG_DATUM(0));
	Datum hash = hash_any_extended((unsigned char *) VARDATA(stored), VARSIZE(stored) - VARHDRSZ, PG_GETARG_INT64(1));

	PG_FREE_IF_COPY(stored, 0);
	return hash;
}
