/*
 * run_rows.c - rows of run_step and run_report (run_rows.h), and the two tables made from the events alone: opres.run_projection
 * and opres.run_report_projection. For these nothing that the session remembers is believed.
 */
#include "incident/run_rows.h"

#include "common/rows.h"
#include "executor/spi.h"
#include "utils/builtins.h"

OPRES_FUNCTION(opres_run_projection);
OPRES_FUNCTION(opres_run_report_projection);

const char *const opres_step_changing_names[OPRES_STEP_CHANGING] = { "state",  "round",    "reached_at", "ready_at", "due_at",
																	 "due_by", "ended_at", "overridden", "doers",    "approvals" };

Datum
opres_time_or_null(TimestampTz at, bool *isnull)
{
	*isnull = at == OPRES_NO_TIME;
	return TimestampTzGetDatum(at);
}

void
opres_step_fixed(const OpresLiveRun *live, int32 step, Datum *values, bool *nulls)
{
	const OpresStepInfo *info = &live->compiled->steps[step];

	values[0] = Int64GetDatum(live->id);
	values[1] = CStringGetTextDatum(info->reference);
	values[2] = Int32GetDatum(step);
	values[3] = opres_text_or_null(info->code, &nulls[3]);
	values[4] = CStringGetTextDatum(info->type);
	values[5] = opres_text_or_null(info->phase, &nulls[5]);
	values[6] = opres_text_or_null(info->role >= 0 ? live->compiled->roles[info->role].code : NULL, &nulls[6]);
	values[7] = BoolGetDatum(info->mandatory);
}

static Datum
doers_array(const OpresLiveRun *live, const OpresStepRow *row)
{
	const char **doers = palloc(sizeof(char *) * (row->doer_count + 1));

	for (int32 i = 0; i < row->doer_count; i++)
		doers[i] = live->persons[row->doers[i]];
	return opres_text_array(doers, row->doer_count);
}

void
opres_step_changing(const OpresLiveRun *live, const OpresStepRow *row, Datum *values, bool *nulls)
{
	values[0] = CStringGetTextDatum(opres_step_state_name(row->state));
	values[1] = Int32GetDatum(row->round);
	values[2] = opres_time_or_null(row->reached_at, &nulls[2]);
	values[3] = opres_time_or_null(row->ready_at, &nulls[3]);
	values[4] = opres_time_or_null(row->due_at, &nulls[4]);
	values[5] = opres_text_or_null(row->due_by, &nulls[5]);
	values[6] = opres_time_or_null(row->ended_at, &nulls[6]);
	values[7] = BoolGetDatum(row->overridden);
	values[8] = doers_array(live, row);
	values[9] = Int32GetDatum(row->approvals);
}

void
opres_report_columns(const OpresLiveRun *live, int32 report, const OpresReportRow *row, Datum *values, bool *nulls)
{
	const OpresReportInfo *info = &live->compiled->reports[report];

	values[0] = Int64GetDatum(live->id);
	values[1] = CStringGetTextDatum(info->code);
	values[2] = CStringGetTextDatum(live->compiled->steps[row->step].reference);
	values[3] = Int32GetDatum(report);
	values[4] = opres_time_or_null(row->due_at, &nulls[4]);
	values[5] = opres_text_or_null(row->due_by, &nulls[5]);
	values[6] = BoolGetDatum(info->confirmed || live->settings[report].set);
	values[7] = opres_time_or_null(row->submitted_at, &nulls[7]);
	values[8] = opres_text_or_null(row->reference, &nulls[8]);
	values[9] = BoolGetDatum(row->needed);
}

static void
step_row(const OpresLiveRun *live, int32 step, OpresOutput *output)
{
	Datum values[OPRES_STEP_COLUMNS];
	bool nulls[OPRES_STEP_COLUMNS] = { false };

	opres_step_fixed(live, step, values, nulls);
	opres_step_changing(live, &live->steps[step], values + OPRES_STEP_FIXED, nulls + OPRES_STEP_FIXED);
	opres_output_row(output, values, nulls);
}

static void
report_row(const OpresLiveRun *live, int32 report, OpresOutput *output)
{
	Datum values[OPRES_REPORT_COLUMNS];
	bool nulls[OPRES_REPORT_COLUMNS] = { false };

	opres_report_columns(live, report, &live->reports[report], values, nulls);
	opres_output_row(output, values, nulls);
}

Datum
opres_run_projection(PG_FUNCTION_ARGS)
{
	OpresOutput output = opres_output_begin(fcinfo);
	OpresLiveRun *live;

	SPI_connect();
	opres_run_forget(PG_GETARG_INT64(0));
	live = opres_run_open(PG_GETARG_INT64(0), OPRES_TO_LOOK);
	for (int32 i = 0; i < live->compiled->playbook.step_count; i++)
		step_row(live, i, &output);
	SPI_finish();
	return (Datum) 0;
}

Datum
opres_run_report_projection(PG_FUNCTION_ARGS)
{
	OpresOutput output = opres_output_begin(fcinfo);
	OpresLiveRun *live;

	SPI_connect();
	opres_run_forget(PG_GETARG_INT64(0));
	live = opres_run_open(PG_GETARG_INT64(0), OPRES_TO_LOOK);
	for (int32 i = 0; i < live->compiled->report_count; i++)
		if (live->reports[i].step != OPRES_NO_STEP)
			report_row(live, i, &output);
	SPI_finish();
	return (Datum) 0;
}
