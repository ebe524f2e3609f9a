/*
 * summary.c - the summary sheet: a card per operation, worst first, in rows of equal cards.
 *
 * A card holds the verdict as a band, the expected recovery as a bar against the tolerance as a black line, and the number of
 * single points of failure. Cards are nodes; invisible edges keep them in rows and columns.
 */
#include "drawing/frame.h"
#include "drawing/label.h"
#include "drawing/style.h"
#include "drawing/words.h"

#define CARD_WIDTH 184
#define BAR_WIDTH 178 /* what the padding leaves of the card */
#define LINE_WIDTH 3
#define CARDS_IN_A_ROW 5
#define CARD_COLUMNS 22
#define NAME_LINES 2
#define CARD_LINE_COLUMNS 38
#define VALUE_COLUMNS 32

typedef struct CardStyle
{
	const char *class;
	const char *glyph;
	const char *fill;
	const char *ink;
} CardStyle;

static const CardStyle styles[] = {
	[OPRES_CARD_PLAIN] = { "", "", "#555555", "#FFFFFF" },
	[OPRES_CARD_WITHIN] = { "within", "●", OPRES_GREEN, "#FFFFFF" },
	[OPRES_CARD_UNLIMITED] = { "no_tolerance", "－", "#E1E4E6", OPRES_INK },
	[OPRES_CARD_UNDECIDED] = { "undecided", "？", "#E1E4E6", OPRES_INK },
	[OPRES_CARD_NARROW] = { "narrow", "▲", OPRES_AMBER, OPRES_INK },
	[OPRES_CARD_OVER] = { "over", "✕", OPRES_RED, "#FFFFFF" },
};

static void
card_row(StringInfo out, const char *cell)
{
	appendStringInfo(out, "<TR><TD ALIGN=\"LEFT\" WIDTH=\"%d\"%s%s>", CARD_WIDTH, cell[0] ? " " : "", cell);
}

static void
text_row(StringInfo out, const char *text, int size, const char *colour, bool bold)
{
	card_row(out, "");
	opres_label_text(out, text, size, colour, bold);
	appendStringInfoString(out, "</TD></TR>");
}

/* "復旧見込 recovery 3時間" with the value bold; without the other language where that would make the card wider. */
static void
value_row(StringInfo out, OpresLang lang, OpresWord word, const char *value)
{
	OpresPair pair = opres_word(word);
	const char *both = opres_say_both(lang, pair);
	bool fits = opres_draw_columns(both) + opres_draw_columns(value) <= VALUE_COLUMNS;

	card_row(out, "");
	opres_label_text(out, psprintf("%s ", fits ? both : opres_say(lang, pair)), 10, OPRES_INK, false);
	opres_label_text(out, value, 11, "#000000", true);
	appendStringInfoString(out, "</TD></TR>");
}

static void
bar_piece(StringInfo out, int width, const char *colour)
{
	if (width > 0)
		appendStringInfo(out, "<TD FIXEDSIZE=\"TRUE\" WIDTH=\"%d\" HEIGHT=\"14\" BGCOLOR=\"%s\"></TD>", width, colour);
}

/* The tolerance stands at two thirds of the bar, further left only if the recovery needs the room. */
static void
bar_row(StringInfo out, const OpresCard *card)
{
	const char *fill = styles[card->state].fill;
	bool back = card->recovery != OPRES_NEVER;
	double scale = Max((double) card->limit * 1.5, back ? (double) card->recovery * 1.05 : 0);
	int usable = BAR_WIDTH - LINE_WIDTH;
	int limit = scale > 0 ? (int) (usable * (card->limit / scale)) : 0;
	int recovery = !back ? usable : scale > 0 ? (int) (usable * (card->recovery / scale)) : 0;

	if (recovery == 0 && card->recovery > 0)
		recovery = 1;
	card_row(out, "");
	appendStringInfoString(out, "<TABLE BORDER=\"0\" CELLBORDER=\"0\" CELLSPACING=\"0\" CELLPADDING=\"0\"><TR>");
	bar_piece(out, Min(recovery, limit), fill);
	bar_piece(out, limit - recovery, "#E1E4E6");
	bar_piece(out, LINE_WIDTH, "#000000");
	bar_piece(out, recovery - limit, fill);
	bar_piece(out, usable - Max(recovery, limit), "#E1E4E6");
	appendStringInfoString(out, "</TR></TABLE></TD></TR>");
}

static void
band_row(StringInfo out, OpresLang lang, const OpresCard *card, const CardStyle *style)
{
	OpresPair word = opres_card_word(card->state);

	card_row(out, psprintf("BGCOLOR=\"%s\" CELLPADDING=\"4\"", style->fill));
	opres_label_text(out, psprintf("%s %s ", style->glyph, opres_say(lang, word)), 13, style->ink, true);
	opres_label_text(out, opres_say_other(lang, word), 10, style->ink, false);
	appendStringInfoString(out, "</TD></TR>");
}

static char *
single_point_words(OpresLang lang, int count)
{
	OpresPair word = opres_word(OPRES_WORD_SPOF);

	if (count == 0)
		return psprintf("● %s", lang == OPRES_JA ? "単一障害点なし no SPOF" : "no single point 単一障害点なし");
	if (lang == OPRES_JA)
		return psprintf("◆%s %dか所 SPOF", word.in[OPRES_JA], count);
	return psprintf("◆%d single point%s %s", count, count == 1 ? "" : "s", word.in[OPRES_JA]);
}

/* How many lines the name takes. */
static int
name_lines(OpresLang lang, OpresPair title)
{
	char *lines[NAME_LINES];

	return opres_draw_wrap(opres_say(lang, title), CARD_COLUMNS, NAME_LINES, lines);
}

static void
card_name(StringInfo out, OpresLang lang, OpresPair title, int room)
{
	const char *other = opres_say_other(lang, title);
	char *lines[NAME_LINES];
	int count = opres_draw_wrap(opres_say(lang, title), CARD_COLUMNS, NAME_LINES, lines);

	for (int i = 0; i < count; i++)
		text_row(out, lines[i], 14, "#000000", true);
	text_row(out, other != NULL ? opres_draw_clip(other, CARD_LINE_COLUMNS) : " ", 9, "#444444", false);
	for (int i = count; i < room; i++)
		text_row(out, " ", 14, "#000000", true);
}

/* What every card makes room for, so that all are of one height. */
typedef struct CardRoom
{
	int name_lines;
	int lines;
	bool bar;
	bool limit;
} CardRoom;

static CardRoom
card_room(const OpresSheet *sheet)
{
	CardRoom room = { 0 };

	for (int i = 0; i < sheet->card_count; i++)
	{
		const OpresCard *card = &sheet->cards[i];

		room.name_lines = Max(room.name_lines, name_lines(sheet->lang, card->title));
		room.lines = Max(room.lines, card->line_count);
		room.bar |= sheet->painted && card->recovery >= 0 && card->limit >= 0;
		room.limit |= card->limit >= 0;
	}
	return room;
}

static void
measure_rows(StringInfo out, const OpresSheet *sheet, const OpresCard *card, const CardRoom *room)
{
	OpresLang lang = sheet->lang;
	bool bar = sheet->painted && card->recovery >= 0 && card->limit >= 0;

	if (bar)
	{
		value_row(out, lang, OPRES_WORD_RECOVERY,
				  card->recovery == OPRES_NEVER ? opres_say(lang, opres_word(OPRES_WORD_NOT_BACK))
												: opres_say_duration(lang, card->recovery));
		bar_row(out, card);
	}
	if (card->limit >= 0)
		value_row(out, lang, OPRES_WORD_TOLERANCE, opres_say_limit(lang, card->limit, card->level));
	for (int i = 0; i < card->line_count; i++)
		text_row(out, opres_draw_clip(card->lines[i].text, CARD_LINE_COLUMNS), 9, card->lines[i].alarm ? OPRES_RED : "#444444",
				 card->lines[i].alarm);
	if (room->bar && !bar)
		appendStringInfoString(out, "<TR><TD HEIGHT=\"41\"></TD></TR>");
	if (room->limit && card->limit < 0)
		text_row(out, " ", 11, OPRES_INK, false);
	for (int i = card->line_count; i < room->lines; i++)
		text_row(out, " ", 9, OPRES_INK, false);
}

static void
draw_card(OpresCanvas *canvas, Agnode_t *drawn, const OpresSheet *sheet, const OpresCard *card, const CardRoom *room)
{
	const CardStyle *style = &styles[card->state];
	StringInfoData rows;

	initStringInfo(&rows);
	if (sheet->painted)
		band_row(&rows, sheet->lang, card, style);
	card_name(&rows, sheet->lang, card->title, room->name_lines);
	measure_rows(&rows, sheet, card, room);
	text_row(&rows, single_point_words(sheet->lang, card->single_points), 10, card->single_points > 0 ? OPRES_RED : OPRES_GREEN,
			 false);
	opres_canvas_plain(canvas, drawn, "shape", "plain");
	opres_canvas_html(canvas, drawn, "label",
					  psprintf("BORDER=\"2\" COLOR=\"%s\" CELLBORDER=\"0\" CELLSPACING=\"0\" CELLPADDING=\"3\"", style->fill),
					  rows.data);
	opres_canvas_plain(canvas, drawn, "id", opres_draw_id("card", card->code));
	opres_canvas_plain(canvas, drawn, "class", opres_class_list("card", style->class, card->single_points > 0 ? "spof" : ""));
	opres_canvas_plain(canvas, drawn, "tooltip", card->tooltip);
}

static void
hold_together(OpresCanvas *canvas, Agnode_t *before, Agnode_t *behind)
{
	Agedge_t *line = opres_canvas_edge(canvas, before, behind);

	if (line != NULL)
		opres_canvas_plain(canvas, line, "style", "invis");
}

char *
opres_draw_summary(const OpresSheet *sheet)
{
	OpresCanvas *canvas = opres_canvas_open("summary");
	Agnode_t **drawn = palloc0(sizeof(Agnode_t *) * Max(sheet->card_count, 1));
	CardRoom room = card_room(sheet);
	Agraph_t *frame;
	Agraph_t *row = NULL;

	opres_frame_defaults(canvas);
	opres_canvas_plain(canvas, opres_canvas_root(canvas), "rankdir", "TB");
	opres_canvas_plain(canvas, opres_canvas_root(canvas), "ranksep", ".2");
	opres_label_summary_legend(canvas, opres_canvas_root(canvas), sheet);
	frame = opres_frame_draw(canvas, sheet);
	if (sheet->card_count == 0)
		opres_frame_empty(canvas, frame, sheet);
	for (int i = 0; i < sheet->card_count; i++)
	{
		if (i % CARDS_IN_A_ROW == 0)
		{
			row = opres_canvas_group(canvas, frame, psprintf("row%d", i / CARDS_IN_A_ROW + 1));
			opres_canvas_plain(canvas, row, "rank", "same");
		}
		drawn[i] = opres_canvas_node(canvas, row, sheet->cards[i].code);
		draw_card(canvas, drawn[i], sheet, &sheet->cards[i], &room);
		if (i % CARDS_IN_A_ROW > 0)
			hold_together(canvas, drawn[i - 1], drawn[i]);
		if (i >= CARDS_IN_A_ROW)
			hold_together(canvas, drawn[i - CARDS_IN_A_ROW], drawn[i]);
	}
	return opres_canvas_write(canvas);
}
