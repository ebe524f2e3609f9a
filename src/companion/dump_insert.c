/*
 * dump_insert.c - rows of our table in INSERT statements, as pg_dump --inserts, --column-inserts and --rows-per-insert write them.
 * The values of a row are gathered in the script's text, one behind the other.
 */
#include "dump_parts.h"

/* Where the values of an INSERT stand in the script's text, which may move while it grows. */
typedef struct Places
{
	size_t start[OPRES_LINE_COLUMNS], length[OPRES_LINE_COLUMNS];
	bool null[OPRES_LINE_COLUMNS];
	int count;
} Places;

/* A value: NULL, a string or a number with or without a sign; goes one token beyond it. */
static bool
insert_value(OpresScript *script, Places *places)
{
	size_t start = script->text_length;

	if (places->count == OPRES_LINE_COLUMNS)
		return false;
	(void) opres_script_next(script);
	places->null[places->count] = opres_script_is_word(script, "null");
	if (opres_script_is_sign(script, '-') || opres_script_is_sign(script, '+'))
	{
		/* No column of ours may hold a negative number: what matters is that it is none. */
		(void) opres_script_next(script);
		script->text_length = start;
	}
	if (script->token != OPRES_TOKEN_STRING && !places->null[places->count])
		return false;
	places->start[places->count] = start;
	places->length[places->count++] = script->text_length - start;
	(void) opres_script_next(script);
	return true;
}

/* Behind the opening parenthesis. */
static bool
insert_values(OpresDump *dump, Places *places)
{
	OpresScript *script = &dump->script;

	places->count = 0;
	script->text_length = 0;
	script->keep = true;
	do
		if (!insert_value(script, places))
			return false;
	while (opres_script_is_sign(script, ','));
	script->keep = false;
	return opres_script_is_sign(script, ')') && places->count == dump->layout.count;
}

OpresNext
opres_dump_insert_row(OpresDump *dump, OpresRow *row)
{
	OpresScript *script = &dump->script;
	OpresValue values[OPRES_COLUMNS];
	Places places;
	uint64_t line;

	do
		(void) opres_script_next(script);
	while (opres_script_is_sign(script, ','));
	line = script->reader.lines + 1;
	if (!opres_script_is_sign(script, '('))
	{
		dump->state = OPRES_DUMP_STATEMENTS;
		opres_script_finish(script);
		if (!opres_dump_script_failed(dump) && script->token != OPRES_TOKEN_END)
			return OPRES_NEXT_END;
		if (!dump->failure.text[0])
			(void) opres_dump_broken_off(dump);
		return OPRES_NEXT_FAILED;
	}
	dump->inserted = true;
	script->complete = false;
	if (!insert_values(dump, &places))
	{
		if (script->token == OPRES_TOKEN_END)
		{
			if (!opres_dump_script_failed(dump))
				(void) opres_dump_broken_off(dump);
			return OPRES_NEXT_FAILED;
		}
		opres_row_illegible(line, row);
		dump->state = OPRES_DUMP_STATEMENTS;
		opres_script_finish(script);
		return OPRES_NEXT_ROW;
	}
	for (int i = 0; i < dump->layout.count; i++)
		if (dump->layout.columns[i] >= 0)
			values[dump->layout.columns[i]] =
				(OpresValue){ script->text ? script->text + places.start[i] : NULL, places.length[i], places.null[i] };
	opres_row_read(values, line, row);
	return OPRES_NEXT_ROW;
}
