/*
 * legend.c - what the signs of a drawing mean: only those that occur in it.
 */
#include "drawing/label.h"
#include "drawing/style.h"
#include "drawing/words.h"

#define GAP "<TD WIDTH=\"8\"></TD>"

static void
legend_cell(StringInfo out, const char *attributes, const char *text, const char *colour, bool bold)
{
	appendStringInfo(out, "<TD%s%s>", attributes[0] ? " " : "", attributes);
	opres_label_text(out, text, 10, colour, bold);
	appendStringInfoString(out, "</TD>" GAP);
}

static char *
both(OpresLang lang, OpresWord word)
{
	return opres_say_both(lang, opres_word(word));
}

static void
state_cells(StringInfo out, const OpresSheet *sheet)
{
	for (int state = OPRES_FAILED; state >= OPRES_UNTOUCHED; state--)
	{
		const OpresStateStyle *style = opres_state_style(state);

		legend_cell(
			out,
			psprintf("BORDER=\"%d\" COLOR=\"%s\" BGCOLOR=\"%s\"%s", state == OPRES_UNTOUCHED ? 1 : 2, style->line, style->fill,
					 state == OPRES_AT_RISK ? " STYLE=\"DASHED\"" : ""),
			psprintf("%s%s%s", style->glyph, style->glyph[0] ? " " : "", opres_say_both(sheet->lang, opres_state_word(state))),
			style->ink, false);
	}
}

/* Which signs occur. */
typedef struct Signs
{
	bool single_point;
	bool group;
	bool standby;
	bool binding;
	bool tie[3];
} Signs;

static Signs
find_signs(const OpresSheet *sheet)
{
	Signs signs = { 0 };

	for (int32 i = 0; i < sheet->node_count; i++)
	{
		signs.single_point |= sheet->nodes[i].hits > 0;
		signs.group |= sheet->nodes[i].shape == OPRES_GROUP;
		for (int k = 0; k < sheet->nodes[i].cell_count; k++)
			signs.standby |= sheet->nodes[i].cells[k].standby;
	}
	for (int32 i = 0; i < sheet->edge_count; i++)
	{
		signs.binding |= sheet->edges[i].binding;
		signs.tie[sheet->edges[i].tie] = true;
	}
	return signs;
}

static void
table_cell(StringInfo out, const char *text, bool head)
{
	appendStringInfo(out, "<TD ALIGN=\"LEFT\"%s>", head ? " BGCOLOR=\"#E9ECEF\"" : "");
	opres_label_text(out, opres_draw_clip(text, 60), 10, OPRES_INK, head);
	appendStringInfoString(out, "</TD>");
}

/* A table of its own row in the legend. */
static void
weak_point_rows(StringInfo out, const OpresSheet *sheet)
{
	static const OpresWord heads[] = { OPRES_WORD_WEAK_POINT, OPRES_WORD_HITS, OPRES_WORD_OWNER, OPRES_WORD_LOCATION };

	if (sheet->weak_point_count == 0)
		return;
	appendStringInfoString(
		out, "<TR><TD ALIGN=\"LEFT\"><TABLE ALIGN=\"LEFT\" BORDER=\"0\" CELLBORDER=\"1\" CELLSPACING=\"0\" CELLPADDING=\"4\" "
			 "COLOR=\"" OPRES_EDGE "\"><TR>");
	for (int i = 0; i < lengthof(heads); i++)
		table_cell(out, both(sheet->lang, heads[i]), true);
	appendStringInfoString(out, "</TR>");
	for (int i = 0; i < sheet->weak_point_count; i++)
	{
		const OpresWeakPoint *weak = &sheet->weak_points[i];

		appendStringInfoString(out, "<TR>");
		table_cell(out, opres_say_both(sheet->lang, weak->title), false);
		table_cell(out, psprintf("%d / %d", weak->hits, sheet->operations), false);
		table_cell(out, weak->owner, false);
		table_cell(out, weak->location, false);
		appendStringInfoString(out, "</TR>");
	}
	appendStringInfoString(out, "</TABLE></TD></TR>");
}

static void
begin_legend(StringInfo rows, const OpresSheet *sheet)
{
	OpresLang lang = sheet->lang;

	initStringInfo(rows);
	weak_point_rows(rows, sheet);
	appendStringInfoString(
		rows,
		"<TR><TD ALIGN=\"LEFT\"><TABLE ALIGN=\"LEFT\" BORDER=\"0\" CELLBORDER=\"0\" CELLSPACING=\"0\" CELLPADDING=\"4\"><TR>");
	legend_cell(rows, "", both(lang, OPRES_WORD_LEGEND), OPRES_INK, true);
}

static void
end_legend(OpresCanvas *canvas, Agraph_t *group, StringInfo rows)
{
	appendStringInfoString(rows, "</TR></TABLE></TD></TR>");
	opres_canvas_html(canvas, group, "label", "BORDER=\"0\" CELLBORDER=\"0\" CELLSPACING=\"0\" CELLPADDING=\"4\"", rows->data);
}

void
opres_label_legend(OpresCanvas *canvas, Agraph_t *group, const OpresSheet *sheet)
{
	OpresLang lang = sheet->lang;
	Signs signs = find_signs(sheet);
	StringInfoData rows;

	begin_legend(&rows, sheet);
	if (sheet->painted)
		state_cells(&rows, sheet);
	if (signs.single_point)
		legend_cell(&rows, sheet->painted ? "" : "BORDER=\"3\" COLOR=\"" OPRES_RED "\"",
					psprintf("◆%s %s", both(lang, OPRES_WORD_SPOF), sheet->painted ? "" : both(lang, OPRES_WORD_NO_SUBSTITUTE)),
					OPRES_RED, true);
	if (signs.group)
		legend_cell(&rows, "BORDER=\"1\" STYLE=\"ROUNDED\" COLOR=\"#555555\"", psprintf("□□ %s", both(lang, OPRES_WORD_REDUNDANT)),
					OPRES_INK, false);
	if (signs.standby)
		legend_cell(&rows, "BORDER=\"1\" STYLE=\"DASHED\" COLOR=\"#555555\"", both(lang, OPRES_WORD_STANDBY), OPRES_INK, false);
	if (signs.tie[OPRES_NEEDS])
		legend_cell(&rows, "", psprintf("A → B %s", both(lang, OPRES_WORD_DEPENDS)), OPRES_INK, false);
	if (signs.tie[OPRES_REDUNDANT])
		legend_cell(&rows, "", psprintf("A ┄→ B %s", both(lang, OPRES_WORD_OPTIONAL)), OPRES_INK, false);
	if (signs.tie[OPRES_RESTART])
		legend_cell(&rows, "", psprintf("A ···→ B %s", both(lang, OPRES_WORD_RESTART)), OPRES_INK, false);
	if (signs.binding)
		legend_cell(&rows, "", psprintf("→ %s", both(lang, sheet->painted ? OPRES_WORD_PATH : OPRES_WORD_TO_SPOF)), OPRES_RED,
					true);
	end_legend(canvas, group, &rows);
}

void
opres_label_summary_legend(OpresCanvas *canvas, Agraph_t *group, const OpresSheet *sheet)
{
	StringInfoData rows;

	begin_legend(&rows, sheet);
	if (sheet->painted)
		legend_cell(&rows, "", both(sheet->lang, OPRES_WORD_BAR), OPRES_INK, false);
	legend_cell(&rows, "", both(sheet->lang, OPRES_WORD_WORST_FIRST), OPRES_INK, false);
	end_legend(canvas, group, &rows);
}
