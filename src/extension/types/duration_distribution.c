/*
 * duration_distribution.c - the type duration_distribution: its form on disk, text and binary input and output, comparisons, hash,
 * and what it can be asked.
 */
#include "types/duration_distribution.h"

#include "common/hashfn.h"
#include "common/interval.h"
#include "libpq/pqformat.h"
#include "types/compare.h"
#include "types/text.h"
#include "types/wire.h"
#include "utils/timestamp.h"

#define TYPE "duration_distribution"

/* On disk; unused bytes and parameters are zero, so that equal values have equal bytes. */
typedef struct Stored
{
	int32 header; /* varlena */
	uint8 version;
	uint8 kind;
	uint8 unused[2];
	int64 parameter[3];
} Stored;

OPRES_FUNCTION(opres_duration_distribution_in);
OPRES_FUNCTION(opres_duration_distribution_out);
OPRES_FUNCTION(opres_duration_distribution_recv);
OPRES_FUNCTION(opres_duration_distribution_send);
OPRES_FUNCTION(opres_duration_distribution_hash);
OPRES_FUNCTION(opres_duration_distribution_hash_extended);
OPRES_FUNCTION(opres_duration_distribution);
OPRES_FUNCTION(opres_mean);
OPRES_FUNCTION(opres_median);
OPRES_FUNCTION(opres_quantile);

static void
unpack(const Stored *stored, OpresDistribution *distribution)
{
	if (stored->version != OPRES_WIRE_VERSION)
		elog(ERROR, "unknown version %d of a stored " TYPE, stored->version);
	distribution->kind = (OpresDistributionKind) stored->kind;
	for (int i = 0; i < 3; i++)
		distribution->parameter[i] = stored->parameter[i];
}

void
opres_distribution_read(Datum value, OpresDistribution *distribution)
{
	unpack((const Stored *) PG_DETOAST_DATUM(value), distribution);
}

static Datum
make(const OpresDistribution *distribution)
{
	Stored *stored = palloc0(sizeof(Stored));

	SET_VARSIZE(stored, sizeof(Stored));
	stored->version = OPRES_WIRE_VERSION;
	stored->kind = (uint8) distribution->kind;
	for (int i = 0; i < 3; i++)
		stored->parameter[i] = distribution->parameter[i];
	return PointerGetDatum(stored);
}

Datum
opres_duration_distribution_in(PG_FUNCTION_ARGS)
{
	OpresDistribution distribution = { 0 };
	OpresScan scan;

	opres_scan_init(&scan, PG_GETARG_CSTRING(0), strlen(PG_GETARG_CSTRING(0)));
	if (!opres_distribution_scan(&scan, &distribution))
		OPRES_TEXT_ERROR(fcinfo, &scan, TYPE);
	return make(&distribution);
}

Datum
opres_duration_distribution_out(PG_FUNCTION_ARGS)
{
	OpresDistribution distribution;
	char *output = palloc(OPRES_DISTRIBUTION_TEXT);

	opres_distribution_read(PG_GETARG_DATUM(0), &distribution);
	opres_distribution_print(&distribution, output);
	PG_RETURN_CSTRING(output);
}

Datum
opres_duration_distribution_recv(PG_FUNCTION_ARGS)
{
	StringInfo message = (StringInfo) PG_GETARG_POINTER(0);
	OpresDistribution distribution = { 0 };
	const char *problem;
	int parameters;

	opres_wire_version(message, TYPE);
	opres_wire_need(message, 1, TYPE);
	distribution.kind = (OpresDistributionKind) pq_getmsgbyte(message);
	parameters = opres_distribution_parameters(distribution.kind);
	opres_wire_need(message, 8 * parameters, TYPE);
	for (int i = 0; i < parameters; i++)
		distribution.parameter[i] = pq_getmsgint64(message);
	opres_wire_end(message, TYPE);
	problem = opres_distribution_problem(&distribution);
	if (problem != NULL)
		opres_wire_invalid(TYPE, problem);
	return make(&distribution);
}

Datum
opres_duration_distribution_send(PG_FUNCTION_ARGS)
{
	OpresDistribution distribution;
	StringInfoData message;

	opres_distribution_read(PG_GETARG_DATUM(0), &distribution);
	pq_begintypsend(&message);
	pq_sendbyte(&message, OPRES_WIRE_VERSION);
	pq_sendbyte(&message, (uint8) distribution.kind);
	for (int i = 0; i < 3 && i < opres_distribution_parameters(distribution.kind); i++)
		pq_sendint64(&message, distribution.parameter[i]);
	PG_RETURN_BYTEA_P(pq_endtypsend(&message));
}

static int
compare(FunctionCallInfo fcinfo)
{
	Stored *a = (Stored *) PG_DETOAST_DATUM(PG_GETARG_DATUM(0));
	Stored *b = (Stored *) PG_DETOAST_DATUM(PG_GETARG_DATUM(1));
	OpresDistribution left;
	OpresDistribution right;
	int order;

	unpack(a, &left);
	unpack(b, &right);
	order = opres_distribution_compare(&left, &right);
	PG_FREE_IF_COPY(a, 0);
	PG_FREE_IF_COPY(b, 1);
	return order;
}

OPRES_COMPARISONS(duration_distribution, compare);

Datum
opres_duration_distribution_hash(PG_FUNCTION_ARGS)
{
	Stored *stored = (Stored *) PG_DETOAST_DATUM(PG_GETARG_DATUM(0));
	Datum hash = hash_any((unsigned char *) VARDATA(stored), VARSIZE(stored) - VARHDRSZ);

	PG_FREE_IF_COPY(stored, 0);
	return hash;
}

Datum
opres_duration_distribution_hash_extended(PG_FUNCTION_ARGS)
{
	Stored *stored = (Stored *) PG_DETOAST_DATUM(PG_GETARG_DATUM(0));
	Datum hash = hash_any_extended((unsigned char *) VARDATA(stored), VARSIZE(stored) - VARHDRSZ, PG_GETARG_INT64(1));

	PG_FREE_IF_COPY(stored, 0);
	return hash;
}

/* The cast from interval. */
Datum
opres_duration_distribution(PG_FUNCTION_ARGS)
{
	OpresDistribution distribution = { OPRES_FIXED, { opres_interval_to_time(PG_GETARG_INTERVAL_P(0), TYPE), 0, 0 } };
	const char *problem = opres_distribution_problem(&distribution);

	if (problem != NULL)
		ereport(ERROR, (errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE), errmsg("%s", problem)));
	return make(&distribution);
}

Datum
opres_mean(PG_FUNCTION_ARGS)
{
	OpresDistribution distribution;
	OpresTime mean;

	opres_distribution_read(PG_GETARG_DATUM(0), &distribution);
	mean = opres_distribution_mean(&distribution);
	if (mean == OPRES_NEVER)
		ereport(ERROR, (errcode(ERRCODE_INTERVAL_FIELD_OVERFLOW), errmsg("the mean of this " TYPE " is longer than 36500 days"),
						errhint("Its median is not: the tail is long.")));
	PG_RETURN_INTERVAL_P(opres_time_to_interval(mean));
}

Datum
opres_median(PG_FUNCTION_ARGS)
{
	OpresDistribution distribution;

	opres_distribution_read(PG_GETARG_DATUM(0), &distribution);
	PG_RETURN_INTERVAL_P(opres_time_to_interval(opres_distribution_quantile(&distribution, 0.5)));
}

Datum
opres_quantile(PG_FUNCTION_ARGS)
{
	OpresDistribution distribution;
	float8 p = PG_GETARG_FLOAT8(1);

	if (!(p >= 0 && p <= 1))
		ereport(ERROR, (errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE), errmsg("a probability must lie between 0 and 1")));
	opres_distribution_read(PG_GETARG_DATUM(0), &distribution);
	PG_RETURN_INTERVAL_P(opres_time_to_interval(opres_distribution_quantile(&distribution, p)));
}
