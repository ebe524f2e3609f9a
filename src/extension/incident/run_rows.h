/*
 * run_rows.h - rows of run_step and run_report: what stands in their columns, in the order of the tables.
 */
#ifndef OPRES_RUN_ROWS_H
#define OPRES_RUN_ROWS_H

#include "incident/run.h"

/* run_step: what the playbook says of a step, which never changes, and then what happens to it. */
#define OPRES_STEP_FIXED 8
#define OPRES_STEP_CHANGING 10
#define OPRES_STEP_COLUMNS (OPRES_STEP_FIXED + OPRES_STEP_CHANGING)
extern const char *const opres_step_changing_names[OPRES_STEP_CHANGING];
extern void opres_step_fixed(const OpresLiveRun *live, int32 step, Datum *values, bool *nulls);
extern void opres_step_changing(const OpresLiveRun *live, const OpresStepRow *row, Datum *values, bool *nulls);

#define OPRES_REPORT_COLUMNS 10
extern void opres_report_columns(const OpresLiveRun *live, int32 report, const OpresReportRow *row, Datum *values, bool *nulls);

extern Datum opres_time_or_null(TimestampTz at, bool *isnull);

#endif
