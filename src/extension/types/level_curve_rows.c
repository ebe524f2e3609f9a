/*
 * level_curve_rows.c - level_curve to and from rows: the aggregates minimum and level_curve_agg, and the set-returning steps.
 *
 * The aggregates' states live in the aggregate's memory context; between processes they travel as plain steps. minimum keeps
 * curves by size, as a merge sort does: slot k stands for about 2^k curves, so that n curves of m steps cost n m log n, not n^2 m.
 */
#include "types/level_curve.h"

#include "common/interval.h"
#include "curve_text.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/timestamp.h"

OPRES_FUNCTION(opres_minimum_step);
OPRES_FUNCTION(opres_minimum_combine);
OPRES_FUNCTION(opres_minimum_serial);
OPRES_FUNCTION(opres_minimum_deserial);
OPRES_FUNCTION(opres_minimum_final);
OPRES_FUNCTION(opres_level_curve_agg_step);
OPRES_FUNCTION(opres_level_curve_agg_combine);
OPRES_FUNCTION(opres_level_curve_agg_serial);
OPRES_FUNCTION(opres_level_curve_agg_deserial);
OPRES_FUNCTION(opres_level_curve_agg_final);
OPRES_FUNCTION(opres_steps);

typedef struct Steps
{
	OpresCurveStep *steps;
	int32 count;
	int32 room;
} Steps;

#define SLOTS 32

typedef struct Minimum
{
	OpresCurveStep *steps[SLOTS]; /* NULL = the slot is free */
	int32 count[SLOTS];
} Minimum;

static MemoryContext
aggregate_context(FunctionCallInfo fcinfo)
{
	MemoryContext context;

	if (!AggCheckCallContext(fcinfo, &context))
		elog(ERROR, "aggregate support function called outside an aggregate");
	return context;
}

static bytea *
steps_to_bytes(const OpresCurveStep *steps, int32 count)
{
	Size size = sizeof(OpresCurveStep) * (Size) count;
	bytea *bytes = palloc(VARHDRSZ + size);

	SET_VARSIZE(bytes, VARHDRSZ + size);
	if (count > 0)
		memcpy(VARDATA(bytes), steps, size);
	return bytes;
}

/* A copy, for bytes need not be aligned. */
static Steps
bytes_to_steps(const bytea *bytes)
{
	Steps steps;

	steps.count = steps.room = (int32) (VARSIZE_ANY_EXHDR(bytes) / sizeof(OpresCurveStep));
	steps.steps = opres_level_curve_room(steps.count);
	memcpy(steps.steps, VARDATA_ANY(bytes), sizeof(OpresCurveStep) * (Size) steps.count);
	return steps;
}

/* The minimum of two, in the current memory context. */
static OpresCurveStep *
merge(OpresCurve a, OpresCurve b, int32 *count)
{
	OpresCurveStep *merged = opres_level_curve_room((int64) a.count + b.count);

	CHECK_FOR_INTERRUPTS();
	*count = opres_curve_minimum(a, b, merged);
	return merged;
}

/* Puts a curve, allocated in the current memory context, into the slot; two of a size make one of the next. */
static void
put_curve(Minimum *state, int slot, OpresCurveStep *steps, int32 count)
{
	while (state->steps[slot] != NULL)
	{
		OpresCurveStep *other = state->steps[slot];
		OpresCurveStep *merged = merge((OpresCurve){ other, state->count[slot] }, (OpresCurve){ steps, count }, &count);

		pfree(other);
		pfree(steps);
		state->steps[slot] = NULL;
		steps = merged;
		if (slot < SLOTS - 1)
			slot++;
	}
	state->steps[slot] = steps;
	state->count[slot] = count;
}

static OpresCurveStep *
copy_steps(const OpresCurveStep *steps, int32 count)
{
	OpresCurveStep *copy = opres_level_curve_room(count);

	if (count > 0)
		memcpy(copy, steps, sizeof(OpresCurveStep) * (Size) count);
	return copy;
}

/* All of the state in one; the state stays as it is. */
static Steps
minimum_of_all(const Minimum *state)
{
	Steps all = { NULL, 0, 0 };

	for (int slot = 0; slot < SLOTS; slot++)
	{
		if (state->steps[slot] != NULL)
			all.steps =
				merge((OpresCurve){ all.steps, all.count }, (OpresCurve){ state->steps[slot], state->count[slot] }, &all.count);
	}
	return all;
}

/* minimum_step(state, curve) */
Datum
opres_minimum_step(PG_FUNCTION_ARGS)
{
	MemoryContext before = MemoryContextSwitchTo(aggregate_context(fcinfo));
	Minimum *state = PG_ARGISNULL(0) ? NULL : (Minimum *) PG_GETARG_POINTER(0);

	if (!PG_ARGISNULL(1))
	{
		struct varlena *value = PG_DETOAST_DATUM(PG_GETARG_DATUM(1));
		OpresCurve curve = opres_level_curve_read(PointerGetDatum(value));

		if (state == NULL)
			state = palloc0(sizeof(Minimum));
		put_curve(state, 0, copy_steps(curve.steps, curve.count), curve.count);
		PG_FREE_IF_COPY(value, 1);
	}
	MemoryContextSwitchTo(before);
	if (state == NULL)
		PG_RETURN_NULL();
	PG_RETURN_POINTER(state);
}

/* minimum_combine(state, other state) */
Datum
opres_minimum_combine(PG_FUNCTION_ARGS)
{
	MemoryContext before = MemoryContextSwitchTo(aggregate_context(fcinfo));
	Minimum *state = PG_ARGISNULL(0) ? NULL : (Minimum *) PG_GETARG_POINTER(0);
	const Minimum *other = PG_ARGISNULL(1) ? NULL : (const Minimum *) PG_GETARG_POINTER(1);

	if (other != NULL && state == NULL)
		state = palloc0(sizeof(Minimum));
	for (int slot = 0; other != NULL && slot < SLOTS; slot++)
	{
		if (other->steps[slot] != NULL)
			put_curve(state, slot, copy_steps(other->steps[slot], other->count[slot]), other->count[slot]);
	}
	MemoryContextSwitchTo(before);
	if (state == NULL)
		PG_RETURN_NULL();
	PG_RETURN_POINTER(state);
}

Datum
opres_minimum_serial(PG_FUNCTION_ARGS)
{
	Steps all = minimum_of_all((const Minimum *) PG_GETARG_POINTER(0));

	PG_RETURN_BYTEA_P(steps_to_bytes(all.steps, all.count));
}

Datum
opres_minimum_deserial(PG_FUNCTION_ARGS)
{
	Minimum *state = palloc0(sizeof(Minimum));
	Steps all = bytes_to_steps(PG_GETARG_BYTEA_PP(0));

	put_curve(state, 0, all.steps, all.count);
	PG_RETURN_POINTER(state);
}

Datum
opres_minimum_final(PG_FUNCTION_ARGS)
{
	Steps all = minimum_of_all((const Minimum *) PG_GETARG_POINTER(0));

	return opres_level_curve_make(all.steps, all.count);
}

/* Room for `more` steps in the aggregate's context; a new state if there is none. */
static Steps *
make_room(FunctionCallInfo fcinfo, int32 more)
{
	MemoryContext context = aggregate_context(fcinfo);
	Steps *state = PG_ARGISNULL(0) ? NULL : (Steps *) PG_GETARG_POINTER(0);
	MemoryContext before = MemoryContextSwitchTo(context);

	if (state == NULL)
		state = palloc0(sizeof(Steps));
	if ((int64) state->count + more > state->room)
	{
		int64 room = Max((int64) state->count + more, Min((int64) state->room * 2, OPRES_MOST_STEPS));
		OpresCurveStep *grown = opres_level_curve_room(Max(room, 16));

		if (state->count > 0)
			memcpy(grown, state->steps, sizeof(OpresCurveStep) * (Size) state->count);
		if (state->steps != NULL)
			pfree(state->steps);
		state->steps = grown;
		state->room = (int32) Max(room, 16);
	}
	MemoryContextSwitchTo(before);
	return state;
}

/* The state as it came, which may be none. */
static Datum
same_state(FunctionCallInfo fcinfo)
{
	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	return PG_GETARG_DATUM(0);
}

/* level_curve_agg_step(state, at, level) */
Datum
opres_level_curve_agg_step(PG_FUNCTION_ARGS)
{
	Steps *state;
	OpresCurveStep step;

	if (PG_ARGISNULL(1) || PG_ARGISNULL(2))
		return same_state(fcinfo);
	step.at = opres_interval_to_time(PG_GETARG_INTERVAL_P(1), "time of a step");
	step.level = PG_GETARG_FLOAT8(2);
	if (!(step.level >= 0 && step.level <= 1))
		ereport(ERROR, (errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE), errmsg("level of a step must lie between 0 and 1")));
	step.level += 0.0; /* -0 becomes 0 */
	state = make_room(fcinfo, 1);
	state->steps[state->count++] = step;
	PG_RETURN_POINTER(state);
}

/* level_curve_agg_combine(state, other state) */
Datum
opres_level_curve_agg_combine(PG_FUNCTION_ARGS)
{
	const Steps *other;
	Steps *state;

	if (PG_ARGISNULL(1))
		return same_state(fcinfo);
	other = (const Steps *) PG_GETARG_POINTER(1);
	state = make_room(fcinfo, other->count);
	if (other->count > 0)
		memcpy(state->steps + state->count, other->steps, sizeof(OpresCurveStep) * (Size) other->count);
	state->count += other->count;
	PG_RETURN_POINTER(state);
}

Datum
opres_level_curve_agg_serial(PG_FUNCTION_ARGS)
{
	const Steps *state = (const Steps *) PG_GETARG_POINTER(0);

	PG_RETURN_BYTEA_P(steps_to_bytes(state->steps, state->count));
}

Datum
opres_level_curve_agg_deserial(PG_FUNCTION_ARGS)
{
	Steps *state = palloc(sizeof(Steps));

	*state = bytes_to_steps(PG_GETARG_BYTEA_PP(0));
	PG_RETURN_POINTER(state);
}

static int
by_time(const void *a, const void *b)
{
	OpresTime left = ((const OpresCurveStep *) a)->at;
	OpresTime right = ((const OpresCurveStep *) b)->at;

	return (left > right) - (left < right);
}

Datum
opres_level_curve_agg_final(PG_FUNCTION_ARGS)
{
	const Steps *state = (const Steps *) PG_GETARG_POINTER(0);
	OpresCurveStep *steps = copy_steps(state->steps, state->count);
	int32 count = 0;

	qsort(steps, state->count, sizeof(OpresCurveStep), by_time);
	for (int32 i = 0; i < state->count; i++)
	{
		OpresCurveStep step = steps[i];

		if (i + 1 < state->count && steps[i + 1].at == step.at && steps[i + 1].level != step.level)
		{
			char at[OPRES_DURATION_TEXT];

			opres_duration_print(step.at, at);
			ereport(ERROR, (errcode(ERRCODE_CARDINALITY_VIOLATION), errmsg("more than one level at %s", at)));
		}
		opres_curve_append(steps, &count, step);
	}
	return opres_level_curve_make(steps, count);
}

/* steps(curve): a row (at, level) per step */
Datum
opres_steps(PG_FUNCTION_ARGS)
{
	FuncCallContext *call;
	OpresCurve *curve;
	const OpresCurveStep *step;
	Datum values[2];
	bool nulls[2] = { false, false };

	if (SRF_IS_FIRSTCALL())
	{
		MemoryContext before;

		call = SRF_FIRSTCALL_INIT();
		before = MemoryContextSwitchTo(call->multi_call_memory_ctx);
		curve = palloc(sizeof(OpresCurve));
		*curve = opres_level_curve_read(PointerGetDatum(PG_DETOAST_DATUM_COPY(PG_GETARG_DATUM(0))));
		call->user_fctx = curve;
		if (get_call_result_type(fcinfo, NULL, &call->tuple_desc) != TYPEFUNC_COMPOSITE)
			elog(ERROR, "return type must be a row type");
		call->tuple_desc = BlessTupleDesc(call->tuple_desc);
		MemoryContextSwitchTo(before);
	}
	call = SRF_PERCALL_SETUP();
	curve = call->user_fctx;
	if (call->call_cntr >= (uint64) curve->count)
		SRF_RETURN_DONE(call);
	step = &curve->steps[call->call_cntr];
	values[0] = IntervalPGetDatum(opres_time_to_interval(step->at));
	values[1] = Float8GetDatum(step->level);
	SRF_RETURN_NEXT(call, HeapTupleGetDatum(heap_form_tuple(call->tuple_desc, values, nulls)));
}
