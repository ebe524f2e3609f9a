/*
 * timeline_reports.c - what the playbook of a run says: its name and its variables for opres.timeline, its reports to authorities
 * for opres.authority_reports. When those are due and were submitted is in run_report.
 */
#include "common/rows.h"
#include "common/statement.h"
#include "incident/run_words.h"
#include "utils/builtins.h"

#define REPORT_COLUMNS 7

static void
put_text(const char *value, Datum *column, bool *isnull)
{
	*isnull = value == NULL;
	*column = value != NULL ? CStringGetTextDatum(value) : (Datum) 0;
}

/* run_reports_said(run bigint, lang text) RETURNS TABLE (report, authority, name, kind, form, note, due_by) */
OPRES_FUNCTION(opres_run_reports_said);
Datum
opres_run_reports_said(PG_FUNCTION_ARGS)
{
	OpresLang lang = opres_lang(PG_GETARG_TEXT_PP(1));
	OpresOutput output = opres_output_begin(fcinfo);
	OpresLiveRun *live;

	SPI_connect();
	live = opres_run_open(PG_GETARG_INT64(0), OPRES_TO_LOOK);
	for (int32 i = 0; i < live->compiled->report_count; i++)
	{
		const OpresReportInfo *info = &live->compiled->reports[i];
		Datum values[REPORT_COLUMNS];
		bool nulls[REPORT_COLUMNS];

		put_text(info->code, &values[0], &nulls[0]);
		put_text(info->authority.in[lang], &values[1], &nulls[1]);
		put_text(info->report.in[lang], &values[2], &nulls[2]);
		put_text(info->kind, &values[3], &nulls[3]);
		put_text(info->form.in[lang], &values[4], &nulls[4]);
		put_text(info->note.in[lang], &values[5], &nulls[5]);
		put_text(opres_anchor_word(live, live->reports[i].due_by, lang), &values[6], &nulls[6]);
		opres_output_row(&output, values, nulls);
	}
	SPI_finish();
	return (Datum) 0;
}

/* run_playbook_name(run bigint, lang text) */
OPRES_FUNCTION(opres_run_playbook_name);
Datum
opres_run_playbook_name(PG_FUNCTION_ARGS)
{
	OpresLang lang = opres_lang(PG_GETARG_TEXT_PP(1));
	MemoryContext caller = CurrentMemoryContext;
	const OpresCompiled *compiled;
	text *name;

	SPI_connect();
	compiled = opres_run_open(PG_GETARG_INT64(0), OPRES_TO_LOOK)->compiled;
	MemoryContextSwitchTo(caller);
	name = cstring_to_text(compiled->name.in[lang] != NULL ? compiled->name.in[lang] : compiled->id);
	SPI_finish();
	PG_RETURN_TEXT_P(name);
}

/* run_variable_said(run bigint, step text, variable text, lang text) */
OPRES_FUNCTION(opres_run_variable_said);
Datum
opres_run_variable_said(PG_FUNCTION_ARGS)
{
	MemoryContext caller = CurrentMemoryContext;
	OpresLiveRun *live;
	const char *description;
	char *variable;
	OpresLang lang;
	int32 step;
	text *said;

	if (PG_ARGISNULL(0) || PG_ARGISNULL(2) || PG_ARGISNULL(3))
		PG_RETURN_NULL();
	variable = text_to_cstring(PG_GETARG_TEXT_PP(2));
	lang = opres_lang(PG_GETARG_TEXT_PP(3));
	SPI_connect();
	live = opres_run_open(PG_GETARG_INT64(0), OPRES_TO_LOOK);
	step = PG_ARGISNULL(1) ? OPRES_NO_STEP : opres_find_step(live->compiled, text_to_cstring(PG_GETARG_TEXT_PP(1)));
	description = live->compiled->variables[opres_find_variable(live, step, variable, (int) strlen(variable))].description.in[lang];
	MemoryContextSwitchTo(caller);
	said = cstring_to_text(description != NULL ? description : variable);
	SPI_finish();
	PG_RETURN_TEXT_P(said);
}
