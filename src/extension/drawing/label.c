/*
 * label.c - HTML labels (see label.h).
 *
 * Every text passes through opres_label_text; what else stands in a label is our own.
 */
#include "drawing/label.h"

#include "drawing/style.h"
#include "drawing/words.h"

#define NAME_COLUMNS 22
#define NAME_LINES 3
#define CELL_COLUMNS 14
#define CELLS_IN_A_ROW 4
#define CELLS_SHOWN 12
#define VERDICT_COLUMNS 110

#define PLAIN_TABLE "BORDER=\"0\" CELLBORDER=\"0\" CELLSPACING=\"0\" CELLPADDING=\"0\""

void
opres_label_text(StringInfo out, const char *text, int size, const char *colour, bool bold)
{
	appendStringInfo(out, "<FONT POINT-SIZE=\"%d\" COLOR=\"%s\">%s", size, colour, bold ? "<B>" : "");
	opres_draw_xml(out, text[0] ? text : " "); /* an empty element is a syntax error to Graphviz */
	appendStringInfo(out, "%s</FONT>", bold ? "</B>" : "");
}

static void
text_row(StringInfo out, const char *cell, const char *text, int size, const char *colour, bool bold)
{
	appendStringInfo(out, "<TR><TD%s%s>", cell[0] ? " " : "", cell);
	opres_label_text(out, text, size, colour, bold);
	appendStringInfoString(out, "</TD></TR>");
}

char *
opres_class_list(const char *first, const char *second, const char *third)
{
	StringInfoData out;

	initStringInfo(&out);
	appendStringInfoString(&out, first);
	if (second[0])
		appendStringInfo(&out, " %s", second);
	if (third[0])
		appendStringInfo(&out, " %s", third);
	return out.data;
}

/* The name in both languages, the asked one bold with the glyph of the state in front. */
static void
name_rows(StringInfo out, OpresLang lang, OpresPair title, const OpresStateStyle *state, const char *cell)
{
	const char *other = opres_say_other(lang, title);
	char *lines[NAME_LINES];
	int count = opres_draw_wrap(opres_say(lang, title), NAME_COLUMNS, NAME_LINES, lines);

	for (int i = 0; i < count; i++)
		text_row(out, cell, i == 0 && state->glyph[0] ? psprintf("%s %s", state->glyph, lines[0]) : lines[i], 12, state->ink, true);
	if (other == NULL)
		return;
	count = opres_draw_wrap(other, NAME_COLUMNS * 4 / 3, NAME_LINES, lines);
	for (int i = 0; i < count; i++)
		text_row(out, cell, lines[i], 9, state->faint, false);
}

static void
line_rows(StringInfo out, const OpresSheetNode *node, const OpresStateStyle *state)
{
	for (int i = 0; i < node->line_count; i++)
		text_row(out, node->lines[i].alarm ? "CELLPADDING=\"2\"" : "", node->lines[i].text, 9, state->ink, node->lines[i].alarm);
}

static const char *
spof_words(OpresLang lang)
{
	OpresPair word = opres_word(OPRES_WORD_SPOF);

	return psprintf("◆%s %s", word.in[lang], word.in[!lang]);
}

static char *
hits_words(OpresLang lang, int hits, int operations)
{
	if (lang == OPRES_JA)
		return psprintf("%d業務中%d業務に影響 hits %d of %d", operations, hits, hits, operations);
	return psprintf("hits %d of %d operations %d業務に影響", hits, operations, hits);
}

/* The same in few words, for one of many. */
static char *
hits_words_short(OpresLang lang, int hits, int operations)
{
	return lang == OPRES_JA ? psprintf("◆単一障害点 SPOF %d/%d業務", hits, operations)
							: psprintf("◆SPOF 単一障害点 %d of %d", hits, operations);
}

static void
set_colours(OpresCanvas *canvas, Agnode_t *drawn, const OpresKindStyle *kind, const OpresStateStyle *state)
{
	opres_canvas_plain(canvas, drawn, "shape", kind->shape);
	opres_canvas_plain(canvas, drawn, "style", psprintf("%s%s", kind->style, state->border));
	opres_canvas_plain(canvas, drawn, "margin", kind->margin);
	opres_canvas_plain(canvas, drawn, "fillcolor", state->fill != NULL ? state->fill : kind->fill);
	opres_canvas_plain(canvas, drawn, "color", state->line != NULL ? state->line : kind->line);
	opres_canvas_plain(canvas, drawn, "penwidth", state->penwidth);
}

static void
label_one(OpresCanvas *canvas, Agnode_t *drawn, const OpresSheet *sheet, const OpresSheetNode *node)
{
	const OpresStateStyle *state = opres_state_style(node->state);
	StringInfoData rows;

	initStringInfo(&rows);
	name_rows(&rows, sheet->lang, node->title, state, "");
	line_rows(&rows, node, state);
	if (node->hits > 0)
		text_row(&rows, "CELLPADDING=\"2\"", hits_words_short(sheet->lang, node->hits, sheet->operations), 9,
				 sheet->painted ? state->ink : OPRES_RED, !sheet->painted);
	set_colours(canvas, drawn, opres_kind_style(node->kind), state);
	if (node->hits > 0 && !sheet->painted)
	{
		opres_canvas_plain(canvas, drawn, "color", OPRES_RED);
		opres_canvas_plain(canvas, drawn, "penwidth", "3");
	}
	opres_canvas_html(canvas, drawn, "label", PLAIN_TABLE, rows.data);
}

/* A single point of failure in the map as it stands: a heavy red frame and a red band that says what it costs. */
static void
label_single_point(OpresCanvas *canvas, Agnode_t *drawn, const OpresSheet *sheet, const OpresSheetNode *node)
{
	const OpresStateStyle *state = opres_state_style(node->state);
	const char *band = "BGCOLOR=\"" OPRES_RED "\"";
	StringInfoData rows;

	initStringInfo(&rows);
	name_rows(&rows, sheet->lang, node->title, state, "BGCOLOR=\"#FFFFFF\"");
	text_row(&rows, band, spof_words(sheet->lang), 10, "#FFFFFF", true);
	text_row(&rows, band, hits_words(sheet->lang, node->hits, sheet->operations), 9, "#FFFFFF", false);
	opres_canvas_plain(canvas, drawn, "shape", "plain");
	opres_canvas_html(canvas, drawn, "label",
					  "BORDER=\"3\" COLOR=\"" OPRES_RED "\" CELLBORDER=\"0\" CELLSPACING=\"0\" CELLPADDING=\"2\"", rows.data);
}

static void
member_cell(StringInfo out, OpresLang lang, const OpresCell *cell, const char *line)
{
	const OpresStateStyle *state = opres_state_style(cell->state);
	bool lost = cell->state == OPRES_FAILED || cell->state == OPRES_DEGRADED;
	char *name = opres_draw_clip(opres_say(lang, cell->title), CELL_COLUMNS);
	char *id = opres_draw_id("cell", cell->code);

	appendStringInfo(out, "<TD BORDER=\"1\" COLOR=\"%s\" BGCOLOR=\"%s\" CELLPADDING=\"2\"%s ID=\"", lost ? state->line : line,
					 lost ? state->fill : "#FFFFFF", cell->standby ? " STYLE=\"DASHED\"" : "");
	opres_draw_xml(out, id);
	appendStringInfoString(out, "\" HREF=\"#a_"); /* without one dot draws neither id (a_ put before it) nor title */
	opres_draw_xml(out, id);
	appendStringInfoString(out, "\" TITLE=\"");
	opres_draw_xml(out, opres_draw_clip(cell->tooltip, 120));
	appendStringInfoString(out, "\">");
	opres_label_text(out, lost ? psprintf("%s %s", state->glyph, name) : name, 10,
					 lost || cell->state == OPRES_UNTOUCHED ? state->ink : OPRES_INK, false);
	appendStringInfoString(out, "</TD>");
}

/* What its members make up can be a single point of failure as a whole. */
static void
group_single_point(StringInfo out, const OpresSheet *sheet, const OpresSheetNode *node)
{
	const OpresStateStyle *state = opres_state_style(node->state);

	if (node->hits == 0)
		return;
	if (node->major && !sheet->painted)
		text_row(out, "BGCOLOR=\"" OPRES_RED "\" CELLPADDING=\"2\"", hits_words_short(sheet->lang, node->hits, sheet->operations),
				 10, "#FFFFFF", true);
	else
		text_row(out, "CELLPADDING=\"2\"", hits_words_short(sheet->lang, node->hits, sheet->operations), 9,
				 sheet->painted ? state->ink : OPRES_RED, !sheet->painted);
}

static void
label_group(OpresCanvas *canvas, Agnode_t *drawn, const OpresSheet *sheet, const OpresSheetNode *node)
{
	const OpresStateStyle *state = opres_state_style(node->state);
	const OpresKindStyle *kind = opres_kind_style(node->kind);
	const char *line = state->line != NULL ? state->line : kind->line;
	bool red = node->hits > 0 && !sheet->painted;
	int shown = node->cell_count <= CELLS_SHOWN ? node->cell_count : CELLS_SHOWN - 1;
	StringInfoData rows;

	initStringInfo(&rows);
	appendStringInfoString(&rows, "<TR><TD><TABLE " PLAIN_TABLE ">");
	name_rows(&rows, sheet->lang, node->title, state, "");
	appendStringInfoString(&rows, "<TR><TD><TABLE BORDER=\"0\" CELLBORDER=\"0\" CELLSPACING=\"2\" CELLPADDING=\"0\"><TR>");
	for (int i = 0; i < shown; i++)
	{
		if (i > 0 && i % CELLS_IN_A_ROW == 0)
			appendStringInfoString(&rows, "</TR><TR>");
		member_cell(&rows, sheet->lang, &node->cells[i], line);
	}
	if (shown < node->cell_count)
	{
		appendStringInfoString(&rows, "<TD>");
		opres_label_text(&rows, psprintf("+%d", node->cell_count - shown), 10, state->ink, false);
		appendStringInfoString(&rows, "</TD>");
	}
	appendStringInfoString(&rows, "</TR></TABLE></TD></TR>");
	for (int i = 0; i < node->line_count; i++)
		text_row(&rows, "", node->lines[i].text, 8, state->ink, node->lines[i].alarm);
	group_single_point(&rows, sheet, node);
	appendStringInfoString(&rows, "</TABLE></TD></TR>");
	opres_canvas_plain(canvas, drawn, "shape", "plain");
	opres_canvas_html(canvas, drawn, "label",
					  psprintf("BORDER=\"%s\" STYLE=\"ROUNDED%s\" BGCOLOR=\"%s\" COLOR=\"%s\" CELLBORDER=\"0\" CELLSPACING=\"0\" "
							   "CELLPADDING=\"4\"",
							   red                             ? "3"
							   : node->state >= OPRES_DEGRADED ? "2"
															   : "1",
							   node->state == OPRES_AT_RISK ? ",DASHED" : "", state->fill != NULL ? state->fill : kind->fill,
							   red ? OPRES_RED : line),
					  rows.data);
}

static void
label_rest(OpresCanvas *canvas, Agnode_t *drawn, const OpresSheet *sheet, const OpresSheetNode *node)
{
	const OpresStateStyle *state = opres_state_style(node->state);
	StringInfoData rows;

	initStringInfo(&rows);
	name_rows(&rows, sheet->lang, node->title, state, "");
	line_rows(&rows, node, state);
	opres_canvas_plain(canvas, drawn, "shape", "box");
	opres_canvas_plain(canvas, drawn, "style", "rounded,dashed");
	opres_canvas_plain(canvas, drawn, "color", OPRES_EDGE);
	opres_canvas_html(canvas, drawn, "label", PLAIN_TABLE, rows.data);
}

void
opres_label_node(OpresCanvas *canvas, Agnode_t *drawn, const OpresSheet *sheet, const OpresSheetNode *node)
{
	const char *class = opres_kind_names[node->kind];

	if (node->shape == OPRES_GROUP)
		label_group(canvas, drawn, sheet, node);
	else if (node->shape == OPRES_REST)
		label_rest(canvas, drawn, sheet, node);
	else if (node->major && !sheet->painted)
		label_single_point(canvas, drawn, sheet, node);
	else
		label_one(canvas, drawn, sheet, node);
	opres_canvas_plain(canvas, drawn, "id",
					   opres_draw_id(node->shape == OPRES_GROUP  ? "group"
									 : node->shape == OPRES_REST ? "rest"
																 : "node",
									 node->code));
	opres_canvas_plain(canvas, drawn, "class",
					   opres_class_list(node->shape == OPRES_GROUP  ? psprintf("%s group", class)
										: node->shape == OPRES_REST ? psprintf("%s rest", class)
																	: class,
										opres_state_style(node->state)->class, node->hits > 0 ? "spof" : ""));
	opres_canvas_plain(canvas, drawn, "tooltip", node->tooltip);
	if (node->href != NULL)
		opres_canvas_plain(canvas, drawn, "href", node->href);
}

/* Both languages in one line if there is room. */
static void
verdict_rows(StringInfo out, const char *verdict, const char *other, const char *colour)
{
	bool one_line = other == NULL || opres_draw_columns(verdict) + opres_draw_columns(other) <= VERDICT_COLUMNS;

	appendStringInfoString(out, "<TR><TD ALIGN=\"LEFT\">");
	opres_label_text(out, verdict, 16, colour, true);
	if (other != NULL)
	{
		if (!one_line)
			appendStringInfoString(out, "</TD></TR><TR><TD ALIGN=\"LEFT\">");
		opres_label_text(out, one_line ? psprintf("  %s", other) : other, 12, colour, true);
	}
	appendStringInfoString(out, "</TD></TR>");
}

void
opres_label_heading(OpresCanvas *canvas, Agraph_t *group, const OpresSheet *sheet)
{
	const char *left = "ALIGN=\"LEFT\"";
	const char *colour = sheet->alarm ? OPRES_RED : OPRES_GREEN;
	const char *other = opres_say_other(sheet->lang, sheet->title);
	const char *subtitle = opres_say(sheet->lang, sheet->subtitle);
	StringInfoData rows;

	initStringInfo(&rows);
	text_row(&rows, left, opres_draw_clip(opres_say(sheet->lang, sheet->title), 100), 22, "#000000", true);
	text_row(
		&rows, left,
		psprintf("%s%s%s", opres_draw_clip(other != NULL ? other : "", 100), other != NULL && subtitle[0] ? " – " : "", subtitle),
		11, "#555555", false);
	verdict_rows(&rows, opres_say(sheet->lang, sheet->verdict), opres_say_other(sheet->lang, sheet->verdict), colour);
	if (opres_say(sheet->lang, sheet->note)[0])
		text_row(&rows, left, opres_say_both(sheet->lang, sheet->note), 10, "#555555", false);
	/* Room for the lines that run above the columns. */
	appendStringInfoString(&rows, "<TR><TD HEIGHT=\"16\"></TD></TR>");
	opres_canvas_html(canvas, group, "label", "BORDER=\"0\" CELLBORDER=\"0\" CELLSPACING=\"0\" CELLPADDING=\"2\"", rows.data);
}

void
opres_label_layer(OpresCanvas *canvas, Agraph_t *group, OpresLang lang, OpresPair title)
{
	StringInfoData rows;

	initStringInfo(&rows);
	text_row(&rows, "", opres_say(lang, title), 13, OPRES_INK, true);
	text_row(&rows, "", opres_say_other(lang, title), 10, "#444444", false);
	opres_canvas_html(canvas, group, "label", PLAIN_TABLE, rows.data);
}
