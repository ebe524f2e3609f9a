/*
 * run_project.c - what run_step and run_report say of a run, and writing what has changed of it.
 *
 * A due time is the earliest of what is known: the timeout of the machine, the step's deadlines, those of the report it submits.
 */
#include "incident/run_rows.h"

#include "catalog/pg_collation.h"
#include "catalog/pg_type.h"
#include "common/row_update.h"
#include "common/statement.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/memutils.h"

static const char *const state_names[] = { "idle",   "reached", "submitted", "running",  "done",
										   "failed", "held",    "skipped",   "cancelled" };
static const char *const run_state_names[] = { "active", "active", "completed", "aborted" };

const char *
opres_run_state_name(const OpresLiveRun *live)
{
	return run_state_names[opres_run_state(live->run)];
}

const char *
opres_step_state_name(OpresStepState state)
{
	return state_names[state];
}

static TimestampTz
known(OpresTime time)
{
	return time == OPRES_NEVER ? OPRES_NO_TIME : time;
}

/* Days and months are counted by the clock on the wall of the incident's time zone. */
static TimestampTz
add_offset(const OpresLiveRun *live, TimestampTz at, const Interval *offset)
{
	Datum zone, local;

	if (offset->day == 0 && offset->month == 0)
		return at + offset->time;
	zone = CStringGetTextDatum(live->time_zone);
	local = DirectFunctionCall2(timestamptz_zone, zone, TimestampTzGetDatum(at));
	local = DirectFunctionCall2(timestamp_pl_interval, local, PointerGetDatum(offset));
	return DatumGetTimestampTz(DirectFunctionCall2(timestamp_zone, zone, local));
}

static bool
is_done(const OpresLiveRun *live, int32 step)
{
	return opres_run_step(live->run, step)->state == OPRES_STEP_DONE;
}

static TimestampTz
anchor_time(const OpresLiveRun *live, const OpresReportRow *reports, const OpresDeadline *deadline)
{
	if (deadline->anchor <= OPRES_ANCHOR_START)
		return live->anchors[deadline->anchor];
	if (deadline->anchor == OPRES_ANCHOR_SUBMISSION)
		return reports[deadline->of].submitted_at;
	return is_done(live, deadline->of) ? live->acted_at[deadline->of] : OPRES_NO_TIME;
}

static void
offer_due(TimestampTz at, const char *said, TimestampTz *due_at, const char **due_by)
{
	if (at == OPRES_NO_TIME || (*due_at != OPRES_NO_TIME && *due_at <= at))
		return;
	*due_at = at;
	*due_by = said;
}

static void
offer_deadlines(const OpresLiveRun *live, const OpresReportRow *reports, const OpresDeadline *deadlines, int32 count,
				TimestampTz *due_at, const char **due_by)
{
	for (int32 i = 0; i < count; i++)
	{
		TimestampTz anchor = anchor_time(live, reports, &deadlines[i]);

		if (anchor != OPRES_NO_TIME)
			offer_due(add_offset(live, anchor, &deadlines[i].offset), deadlines[i].said, due_at, due_by);
	}
}

/* What will not be done any more: left out, cancelled, or not begun in a run that is over. */
static bool
given_up(const OpresLiveRun *live, OpresStepState state)
{
	return state == OPRES_STEP_SKIPPED || state == OPRES_STEP_CANCELLED ||
		   (state == OPRES_STEP_IDLE && opres_run_state(live->run) > OPRES_RUN_ACTIVE);
}

/* A report is submitted by the first of its steps that is done; else the first that may still be done stands for it. */
static void
find_submission(const OpresLiveRun *live, int32 report, OpresReportRow *row)
{
	*row = (OpresReportRow){ .step = OPRES_NO_STEP, .due_at = OPRES_NO_TIME, .submitted_at = OPRES_NO_TIME };
	for (int32 i = 0; i < live->compiled->playbook.step_count; i++)
	{
		OpresStepState state;

		if (live->compiled->steps[i].report != report)
			continue;
		state = opres_run_step(live->run, i)->state;
		if (row->step == OPRES_NO_STEP)
			row->step = i;
		if (state == OPRES_STEP_DONE)
		{
			row->step = i;
			row->submitted_at = live->acted_at[i];
			row->reference = live->references[i];
			row->needed = true;
			return;
		}
		if (!given_up(live, state) && !row->needed)
		{
			row->step = i;
			row->needed = true;
		}
	}
}

static OpresReportRow *
project_reports(const OpresLiveRun *live, MemoryContext context)
{
	const OpresCompiled *compiled = live->compiled;
	OpresReportRow *reports = MemoryContextAllocZero(context, sizeof(OpresReportRow) * (compiled->report_count + 1));

	for (int32 i = 0; i < compiled->report_count; i++)
		find_submission(live, i, &reports[i]);
	for (int32 i = 0; i < compiled->report_count; i++)
	{
		const OpresReportInfo *info = &compiled->reports[i];
		OpresReportRow *row = &reports[i];
		const OpresDeadline *deadlines = live->settings[i].set ? &live->settings[i].deadline : info->deadlines;

		if (row->needed)
			offer_deadlines(live, reports, deadlines, live->settings[i].set ? 1 : info->deadline_count, &row->due_at, &row->due_by);
	}
	return reports;
}

static void
project_step(const OpresLiveRun *live, const OpresReportRow *reports, int32 step, MemoryContext context, OpresStepRow *row)
{
	const OpresActivation *a = opres_run_step(live->run, step);
	const OpresStepInfo *info = &live->compiled->steps[step];
	bool begun = a->state != OPRES_STEP_IDLE && a->state != OPRES_STEP_SKIPPED;

	*row =
		(OpresStepRow){ .state = a->state,
						.round = a->round,
						.overridden = a->overridden,
						.approvals = a->approval_count,
						.doer_count = a->doer_count,
						.reached_at = begun ? a->reached_at : OPRES_NO_TIME,
						.ready_at = begun ? known(a->ready_at) : OPRES_NO_TIME,
						.due_at = OPRES_NO_TIME,
						.ended_at = a->state == OPRES_STEP_DONE || a->state == OPRES_STEP_FAILED || a->state == OPRES_STEP_CANCELLED
										? known(a->ended_at)
										: OPRES_NO_TIME };
	if (a->doer_count > 0)
	{
		int32 *doers = MemoryContextAlloc(context, sizeof(int32) * a->doer_count);

		memcpy(doers, a->doers, sizeof(int32) * a->doer_count);
		row->doers = doers;
	}
	if (given_up(live, a->state))
		return;
	if (begun && a->due != OPRES_NEVER)
		offer_due(a->due, "timeout", &row->due_at, &row->due_by);
	offer_deadlines(live, reports, info->deadlines, info->deadline_count, &row->due_at, &row->due_by);
	if (info->report >= 0)
		offer_due(reports[info->report].due_at, reports[info->report].due_by, &row->due_at, &row->due_by);
}

void
opres_run_project(OpresLiveRun *live, MemoryContext context, OpresStepRow **steps, OpresReportRow **reports)
{
	int32 count = live->compiled->playbook.step_count;

	*reports = project_reports(live, context);
	*steps = MemoryContextAlloc(context, sizeof(OpresStepRow) * count);
	for (int32 i = 0; i < count; i++)
		project_step(live, *reports, i, context, &(*steps)[i]);
}

/* Writing */

static bool
same_text(const char *a, const char *b)
{
	if (a == NULL || b == NULL)
		return a == b;
	return strcmp(a, b) == 0;
}

static bool
same_doers(const OpresStepRow *a, const OpresStepRow *b)
{
	if (a->doer_count != b->doer_count)
		return false;
	return a->doer_count == 0 ||
		   (a->doers != NULL && b->doers != NULL && memcmp(a->doers, b->doers, sizeof(int32) * a->doer_count) == 0);
}

static bool
same_step(const OpresStepRow *a, const OpresStepRow *b)
{
	return a->state == b->state && a->round == b->round && a->approvals == b->approvals && a->overridden == b->overridden &&
		   a->reached_at == b->reached_at && a->ready_at == b->ready_at && a->due_at == b->due_at && a->ended_at == b->ended_at &&
		   same_text(a->due_by, b->due_by) && same_doers(a, b);
}

static bool
same_report(const OpresReportRow *a, const OpresReportRow *b)
{
	return a->step == b->step && a->due_at == b->due_at && a->submitted_at == b->submitted_at && a->needed == b->needed &&
		   same_text(a->due_by, b->due_by) && same_text(a->reference, b->reference);
}

static void
update_step(const OpresLiveRun *live, int32 step, const OpresStepRow *row)
{
	OpresColumn columns[OPRES_STEP_CHANGING];
	Datum values[OPRES_STEP_CHANGING];
	bool nulls[OPRES_STEP_CHANGING] = { false };
	ScanKeyData keys[2];

	opres_step_changing(live, row, values, nulls);
	for (int i = 0; i < OPRES_STEP_CHANGING; i++)
		columns[i] = (OpresColumn){ opres_step_changing_names[i], values[i], nulls[i] };
	ScanKeyInit(&keys[0], 1, BTEqualStrategyNumber, F_INT8EQ, Int64GetDatum(live->id));
	ScanKeyInit(&keys[1], 2, BTEqualStrategyNumber, F_TEXTEQ, CStringGetTextDatum(live->compiled->steps[step].reference));
	keys[1].sk_collation = C_COLLATION_OID;
	if (!opres_row_update("run_step", "run_step_pkey", 2, keys, OPRES_STEP_CHANGING, columns))
		ereport(ERROR, (errcode(ERRCODE_DATA_CORRUPTED),
						errmsg("step %s of run " INT64_FORMAT " is missing in opres.run_step",
							   live->compiled->steps[step].reference, live->id),
						errhint("opres.rebuild makes the table anew from the events.")));
}

static void
insert_step(const OpresLiveRun *live, int32 step, const OpresStepRow *row)
{
	static OpresStatement insert =
		OPRES_SQL("INSERT INTO opres.run_step (run, step, position, code, type, phase, role, mandatory, state, round, reached_at, "
				  "ready_at, due_at,"
				  " due_by, ended_at, overridden, doers, approvals)"
				  " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)",
				  INT8OID, TEXTOID, INT4OID, TEXTOID, TEXTOID, TEXTOID, TEXTOID, BOOLOID, TEXTOID, INT4OID, TIMESTAMPTZOID,
				  TIMESTAMPTZOID, TIMESTAMPTZOID, TEXTOID, TIMESTAMPTZOID, BOOLOID, TEXTARRAYOID, INT4OID);
	Datum values[OPRES_STEP_COLUMNS];
	bool nulls[OPRES_STEP_COLUMNS] = { false };

	opres_step_fixed(live, step, values, nulls);
	opres_step_changing(live, row, values + OPRES_STEP_FIXED, nulls + OPRES_STEP_FIXED);
	opres_statement(&insert, values, nulls, false);
}

static void
write_report(const OpresLiveRun *live, int32 report, const OpresReportRow *row)
{
	static OpresStatement write = OPRES_SQL(
		"INSERT INTO opres.run_report (run, report, step, position, due_at, due_by, confirmed, submitted_at, reference, needed)"
		" VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (run, report) DO UPDATE SET step = excluded.step,"
		" due_at = excluded.due_at, due_by = excluded.due_by, submitted_at = excluded.submitted_at, reference = excluded.reference,"
		" needed = excluded.needed",
		INT8OID, TEXTOID, TEXTOID, INT4OID, TIMESTAMPTZOID, TEXTOID, BOOLOID, TIMESTAMPTZOID, TEXTOID, BOOLOID);
	Datum values[OPRES_REPORT_COLUMNS];
	bool nulls[OPRES_REPORT_COLUMNS] = { false };

	opres_report_columns(live, report, row, values, nulls);
	opres_statement(&write, values, nulls, false);
}

/* Never 0, which means "being changed", and never by chance one of before. */
static int64
new_stamp(void)
{
	int64 stamp;

	do
		if (!pg_strong_random(&stamp, sizeof(stamp)))
			ereport(ERROR, (errcode(ERRCODE_INTERNAL_ERROR), errmsg("could not get random bytes")));
	while (stamp == 0);
	return stamp;
}

static int64
write_run(const OpresLiveRun *live)
{
	OpresColumn columns[4] = { { .name = "events", .value = Int32GetDatum(live->events) },
							   { .name = "stamp", .value = Int64GetDatum(new_stamp()) },
							   { .name = "state", .value = CStringGetTextDatum(opres_run_state_name(live)) },
							   { .name = "ended_at" } };
	ScanKeyData key;

	columns[3].value = opres_time_or_null(live->ended_at, &columns[3].isnull);
	ScanKeyInit(&key, 1, BTEqualStrategyNumber, F_INT8EQ, Int64GetDatum(live->id));
	if (!opres_row_update("run", "run_pkey", 1, &key, lengthof(columns), columns))
		elog(ERROR, "run " INT64_FORMAT " is missing in opres.run", live->id);
	return DatumGetInt64(columns[1].value);
}

void
opres_run_close(OpresLiveRun *live, bool all)
{
	OpresStepRow *steps;
	OpresReportRow *reports;

	opres_run_project(live, live->context, &steps, &reports);
	for (int32 i = 0; i < live->compiled->playbook.step_count; i++)
		if (all)
			insert_step(live, i, &steps[i]);
		else if (!same_step(&live->steps[i], &steps[i]))
			update_step(live, i, &steps[i]);
	for (int32 i = 0; i < live->compiled->report_count; i++)
		if (reports[i].step != OPRES_NO_STEP && (all || !same_report(&live->reports[i], &reports[i])))
			write_report(live, i, &reports[i]);
	if (live->steps != NULL)
	{
		pfree(live->steps);
		pfree(live->reports);
	}
	live->steps = steps;
	live->reports = reports;
	live->stamp = write_run(live);
}
