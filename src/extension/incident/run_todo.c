/*
 * run_todo.c - whose turn it is: opres.todo, and how a step is called for people.
 *
 * Identifiers (state, phase, role) are told as they are in English and in words in Japanese: scripts ask in English.
 */
#include "incident/run_words.h"

#include "catalog/pg_type.h"
#include "common/rows.h"
#include "common/statement.h"
#include "utils/builtins.h"

OPRES_FUNCTION(opres_todo);
OPRES_FUNCTION(opres_step_name);

#define TODO_COLUMNS 14

static bool
is_question(OpresStepType type)
{
	return type == OPRES_STEP_IF || type == OPRES_STEP_WHILE || type == OPRES_STEP_SWITCH;
}

const char *
opres_step_turn(const OpresLiveRun *live, int32 step, TimestampTz now)
{
	const OpresActivation *a = opres_run_step(live->run, step);
	OpresStepType type = live->compiled->playbook.steps[step].type;

	if (a->state == OPRES_STEP_SUBMITTED)
		return "submitted";
	if (a->state == OPRES_STEP_HELD)
		return "held";
	if (a->state != OPRES_STEP_REACHED)
		return NULL;
	if (a->ready_at == OPRES_NEVER || a->ready_at > now)
		return "waiting";
	return is_question(type) ? "question" : "ready";
}

typedef struct Todo
{
	int32 step;
	const char *turn;
} Todo;

static const OpresLiveRun *sorted_live;

/* What is due first comes first; then by priority; then as the playbook has it. */
static int
by_urgency(const void *a, const void *b)
{
	int32 x = ((const Todo *) a)->step, y = ((const Todo *) b)->step;
	const OpresStepRow *rows = sorted_live->steps;
	const OpresStepInfo *info = sorted_live->compiled->steps;

	if (rows[x].due_at != rows[y].due_at)
	{
		if (rows[x].due_at == OPRES_NO_TIME || rows[y].due_at == OPRES_NO_TIME)
			return rows[x].due_at == OPRES_NO_TIME ? 1 : -1;
		return rows[x].due_at < rows[y].due_at ? -1 : 1;
	}
	if (info[x].priority != info[y].priority)
		return info[x].priority < info[y].priority ? -1 : 1;
	return x < y ? -1 : 1;
}

static void
todo_row(const OpresLiveRun *live, const Todo *todo, OpresLang lang, TimestampTz now, OpresOutput *output)
{
	const OpresCompiled *compiled = live->compiled;
	const OpresStepInfo *info = &compiled->steps[todo->step];
	const OpresStepRow *row = &live->steps[todo->step];
	Datum values[TODO_COLUMNS];
	bool nulls[TODO_COLUMNS] = { false };

	values[0] = CStringGetTextDatum(opres_step_said(live, todo->step));
	values[1] = opres_text_or_null(info->name.in[lang], &nulls[1]);
	values[2] = opres_text_or_null(opres_phase_word(info->phase, lang), &nulls[2]);
	values[3] = opres_text_or_null(opres_doer_word(compiled, info, lang), &nulls[3]);
	values[4] = CStringGetTextDatum(opres_turn_word(todo->turn, lang));
	nulls[5] = row->due_at == OPRES_NO_TIME;
	values[5] = TimestampTzGetDatum(row->due_at);
	values[6] = opres_waits_for(live, todo->step, todo->turn, lang, now);
	values[7] = CStringGetTextDatum(info->reference);
	values[8] = Int32GetDatum(info->priority);
	values[9] = opres_text_or_null(opres_role_word(compiled, info->accountable, lang), &nulls[9]);
	values[10] = opres_text_or_null(opres_anchor_word(live, row->due_by, lang), &nulls[10]);
	values[11] = BoolGetDatum(row->due_at != OPRES_NO_TIME && row->due_at < now);
	values[12] = opres_form(live, todo->step);
	values[13] = BoolGetDatum(info->mandatory);
	opres_output_row(output, values, nulls);
}

Datum
opres_todo(PG_FUNCTION_ARGS)
{
	OpresLang lang = opres_lang(PG_GETARG_TEXT_PP(1));
	OpresOutput output = opres_output_begin(fcinfo);
	TimestampTz now = GetCurrentTimestamp();
	OpresLiveRun *live;
	Todo *todos;
	int count = 0;

	SPI_connect();
	live = opres_run_open(PG_GETARG_INT64(0), OPRES_TO_LOOK);
	todos = palloc(sizeof(Todo) * live->compiled->playbook.step_count);
	for (int32 i = 0; i < live->compiled->playbook.step_count; i++)
	{
		const char *turn = opres_step_turn(live, i, now);

		if (turn != NULL)
			todos[count++] = (Todo){ i, turn };
	}
	sorted_live = live;
	qsort(todos, count, sizeof(Todo), by_urgency);
	for (int i = 0; i < count; i++)
		todo_row(live, &todos[i], lang, now, &output);
	SPI_finish();
	return (Datum) 0;
}

/* What a step is called, with its code: "C-03 Isolate the servers". */
Datum
opres_step_name(PG_FUNCTION_ARGS)
{
	OpresLang lang = opres_lang(PG_GETARG_TEXT_PP(2));
	OpresLiveRun *live;
	const OpresStepInfo *info;
	MemoryContext caller = CurrentMemoryContext;
	const char *code, *name;
	text *result;

	SPI_connect();
	live = opres_run_open(PG_GETARG_INT64(0), OPRES_TO_LOOK);
	info = &live->compiled->steps[opres_find_step(live->compiled, text_to_cstring(PG_GETARG_TEXT_PP(1)))];
	code = info->code != NULL ? info->code : "";
	name = info->name.in[lang] != NULL ? info->name.in[lang] : info->code != NULL ? "" : info->reference;
	MemoryContextSwitchTo(caller);
	result = cstring_to_text(psprintf("%s%s%s", code, *code != '\0' && *name != '\0' ? " " : "", name));
	SPI_finish();
	PG_RETURN_TEXT_P(result);
}
