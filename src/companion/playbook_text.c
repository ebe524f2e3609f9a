/*
 * playbook_text.c - a playbook as lines of text, at most OPRES_FORM_COLUMNS wide; form feeds between pages. Branches are shown by
 * bars at the left.
 */
#include <string.h>

#include "playbook_form.h"
#include "utf8.h"

/* Branches whose bars are shown: deeper ones would leave no room. */
#define MOST_BARS 12
#define STEP_INDENT 4
#define BLANK "________________"

static int
width(const char *text)
{
	size_t length = strlen(text), size;
	int columns = 0;
	uint32_t c;

	for (size_t i = 0; i < length && (size = opres_utf8_next(text + i, length - i, &c)) > 0; i += size)
		columns += opres_columns(c);
	return columns;
}

/* The bars of the branches around, and the indent of a step; returns its columns. */
static int
margin(const OpresSheet *sheet, int indent)
{
	int bars = sheet->depth < MOST_BARS ? sheet->depth : MOST_BARS;

	for (int i = 0; i < bars; i++)
		(void) fputs("| ", sheet->out);
	indent += sheet->in_step ? STEP_INDENT : 0;
	(void) fprintf(sheet->out, "%*s", indent, "");
	return 2 * bars + indent;
}

/* `lead` before the first line, blanks of the same width before the others. The text is clean. */
static void
write_lines(const OpresSheet *sheet, int indent, const char *lead, const char *text)
{
	int hang = width(lead);
	bool first = true;

	do
	{
		int used = margin(sheet, indent);
		size_t next, length;

		if (first)
			(void) fputs(lead, sheet->out);
		else
			(void) fprintf(sheet->out, "%*s", hang, "");
		length = opres_break_line(text, OPRES_FORM_COLUMNS - used - hang, &next);
		(void) fprintf(sheet->out, "%.*s\n", (int) length, text);
		text += next;
		first = false;
	} while (*text);
}

/* The lead is ours, the text from anywhere. */
static void
write_text(const OpresSheet *sheet, int indent, const char *lead, const char *text, bool lines)
{
	write_lines(sheet, indent, lead, opres_clean(sheet->arena, text, lines));
}

static void
write_empty(const OpresSheet *sheet)
{
	int bars = sheet->depth < MOST_BARS ? sheet->depth : MOST_BARS;

	for (int i = 0; i < bars; i++)
		(void) fputs(i + 1 < bars ? "| " : "|", sheet->out);
	(void) fputc('\n', sheet->out);
}

static void
write_rule(const OpresSheet *sheet, char c)
{
	for (int i = 0; i < OPRES_FORM_COLUMNS; i++)
		(void) fputc(c, sheet->out);
	(void) fputc('\n', sheet->out);
}

static void
text_begin(OpresSheet *sheet, const char *title)
{
}

static void
text_end(OpresSheet *sheet)
{
}

static void
text_playbook(OpresSheet *sheet, const char *title)
{
	if (sheet->playbook > 1)
		(void) fputc('\f', sheet->out);
	write_rule(sheet, '=');
	write_text(sheet, 0, "", title, false);
	write_rule(sheet, '=');
}

static void
text_heading(OpresSheet *sheet, const char *text)
{
	(void) fputc('\n', sheet->out);
	write_text(sheet, 0, "", text, false);
	write_rule(sheet, '-');
}

static void
text_text(OpresSheet *sheet, const char *text)
{
	write_text(sheet, 0, "", text, true);
}

static void
text_warning(OpresSheet *sheet, const char *text)
{
	write_text(sheet, 0, "!! ", text, false);
}

/* Label and text in one paragraph, the text's lines under its beginning if the label is short. */
static void
text_field(OpresSheet *sheet, const char *label, const char *text)
{
	const char *joint = opres_word(": ", "：");
	size_t size = strlen(label) + strlen(joint) + 1;
	char *lead = opres_arena_array(sheet->arena, size, 1);

	if (!lead)
		return;
	(void) snprintf(lead, size, "%s%s", label, joint);
	write_text(sheet, 0, lead, text, false);
}

static void
text_blanks(OpresSheet *sheet, const char *label, const char *const *names, int count)
{
	int indent = label ? 2 : 0, used = 0;

	if (label)
		write_text(sheet, 0, "", label, false);
	for (int i = 0; i < count; i++)
	{
		int wide = width(names[i]) + (int) strlen(BLANK) + 2;

		if (used == 0 || used + 2 + wide > OPRES_FORM_COLUMNS)
		{
			(void) fputs(used == 0 ? "" : "\n", sheet->out);
			used = margin(sheet, indent) + wide;
		}
		else
			used += fprintf(sheet->out, "  ") + wide;
		(void) fprintf(sheet->out, "%s: %s", names[i], BLANK);
	}
	(void) fputc('\n', sheet->out);
}

static void
text_ask(OpresSheet *sheet, const char *text, const char *const *choices, int count)
{
	write_text(sheet, 0, "? ", text, false);
	for (int i = 0; i < count; i++)
		write_text(sheet, 2, "( ) ", choices[i], false);
	if (count == 0)
		write_lines(sheet, 2, "", BLANK BLANK);
}

static void
text_list(OpresSheet *sheet, bool begin)
{
}

static void
text_tick(OpresSheet *sheet, const char *text)
{
	write_text(sheet, 0, "[ ] ", text, true);
}

static void
text_code(OpresSheet *sheet, const char *text)
{
	write_text(sheet, 4, "> ", text, true);
}

/* A code is 16 characters at most, in a valid playbook. */
#define WIDEST_LABEL 32

static void
text_step(OpresSheet *sheet, int32_t number, const char *label, const char *name, const char *notes)
{
	const char *clean = opres_clean(sheet->arena, label, false);
	size_t size = strlen(clean) + strlen("[ ]   ") + 1;
	char *lead = opres_arena_array(sheet->arena, size, 1);

	write_empty(sheet);
	if (lead && width(clean) <= WIDEST_LABEL)
		(void) snprintf(lead, size, "[ ] %s  ", clean);
	else
		write_lines(sheet, 0, "[ ] ", clean);
	write_text(sheet, 0, lead && lead[0] ? lead : "    ", name, false);
	sheet->in_step = true;
	if (notes)
		write_text(sheet, 0, "", notes, false);
}

static void
text_step_end(OpresSheet *sheet)
{
	sheet->in_step = false;
}

static void
text_branch(OpresSheet *sheet, const char *text)
{
	write_empty(sheet);
	write_text(sheet, 0, "+-- ", text, false);
	sheet->depth++;
}

static void
text_branch_end(OpresSheet *sheet)
{
	sheet->depth--;
	(void) margin(sheet, 0);
	(void) fputs("+--\n", sheet->out);
}

static void
text_jump(OpresSheet *sheet, const char *text, int32_t number)
{
	write_empty(sheet);
	write_text(sheet, 0, "--> ", text, false);
}

static void
text_table(OpresSheet *sheet, const char *const *columns, int count)
{
	sheet->columns = columns;
	sheet->column_count = count;
}

/* A record: the first cell, then the others with the names of their columns. */
static void
text_row(OpresSheet *sheet, const char *const *cells, int32_t number)
{
	write_text(sheet, 0, "- ", cells[0] ? cells[0] : BLANK, false);
	for (int i = 1; i < sheet->column_count; i++)
	{
		sheet->in_step = true;
		text_field(sheet, sheet->columns[i], cells[i] ? cells[i] : BLANK BLANK);
		sheet->in_step = false;
	}
}

static void
text_table_end(OpresSheet *sheet)
{
}

static void
text_playbook_end(OpresSheet *sheet)
{
}

const OpresForm opres_form_text = {
	.begin = text_begin,
	.end = text_end,
	.playbook = text_playbook,
	.playbook_end = text_playbook_end,
	.heading = text_heading,
	.text = text_text,
	.warning = text_warning,
	.field = text_field,
	.blanks = text_blanks,
	.ask = text_ask,
	.list = text_list,
	.tick = text_tick,
	.code = text_code,
	.step = text_step,
	.step_end = text_step_end,
	.branch = text_branch,
	.branch_end = text_branch_end,
	.jump = text_jump,
	.table = text_table,
	.row = text_row,
	.table_end = text_table_end,
};
