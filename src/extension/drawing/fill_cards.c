/*
 * fill_cards.c - the cards of the summary sheet, worst first.
 */
#include "drawing/drawing.h"

#include "drawing/words.h"

/* Worst verdict, largest share of the tolerance, most single points of failure; equals in node order. */
static int
compare_judged(const void *left, const void *right, void *arg)
{
	const OpresDrawing *drawing = arg;
	const OpresJudged *a = *(const OpresJudged *const *) left;
	const OpresJudged *b = *(const OpresJudged *const *) right;
	double share_a = opres_judged_share(a);
	double share_b = opres_judged_share(b);
	int32 points_a = drawing->view.single_points[a->operation];
	int32 points_b = drawing->view.single_points[b->operation];

	if (a->state != b->state)
		return a->state > b->state ? -1 : 1;
	if (share_a != share_b)
		return share_a > share_b ? -1 : 1;
	if (points_a != points_b)
		return points_a > points_b ? -1 : 1;
	return a->operation < b->operation ? -1 : a->operation > b->operation;
}

static void
fill_card(const OpresDrawing *drawing, const OpresJudged *judged, const OpresNodeText *text, OpresCard *card)
{
	card->code = opres_code_text(drawing->view.map, judged->operation);
	card->title = text->title;
	card->state = judged->state;
	card->limit = judged->main >= 0 ? judged->tolerances[judged->main].limit : -1;
	card->recovery = judged->main >= 0 ? judged->recovery : -1;
	card->level = judged->main >= 0 ? judged->tolerances[judged->main].level : 1;
	card->lines = opres_judged_others(drawing->lang, judged, &card->line_count);
	card->single_points = drawing->view.single_points[judged->operation];
	card->tooltip = opres_say_node(drawing, text);
}

void
opres_fill_cards(const OpresDrawing *drawing, OpresSheet *sheet)
{
	int count = drawing->judged_count;
	const OpresJudged **order = palloc(sizeof(OpresJudged *) * Max(count, 1));
	int32 *nodes = palloc(sizeof(int32) * Max(count, 1));
	OpresNodeText *texts;

	for (int i = 0; i < count; i++)
	{
		order[i] = &drawing->judged[i];
		nodes[i] = drawing->judged[i].operation;
	}
	texts = opres_rows_nodes(drawing->view.map, drawing->view.revision, nodes, count);
	qsort_arg(order, count, sizeof(OpresJudged *), compare_judged, (void *) drawing);
	sheet->cards = palloc0(sizeof(OpresCard) * Max(count, 1));
	sheet->card_count = count;
	for (int i = 0; i < count; i++)
		fill_card(drawing, order[i], opres_find_text(texts, count, order[i]->operation), &sheet->cards[i]);
}
