/*
 * drawing.h - one call of map_dot: everything read and found out on the way from the map to the sheet.
 */
#ifndef OPRES_DRAWING_DRAWING_H
#define OPRES_DRAWING_DRAWING_H

#include "drawing/judge.h"
#include "drawing/rows.h"
#include "drawing/view.h"

typedef struct OpresDrawing
{
	OpresLang lang;
	OpresView view;
	OpresPlay play;
	OpresPaint paint;
	OpresPair scenario;  /* its name */
	bool painted;        /* with a scenario */
	OpresJudged *judged; /* the operations of the view, in node order */
	int judged_count;
} OpresDrawing;

/* Titles, verdict, subtitle, note. */
extern void opres_fill_heading(const OpresDrawing *drawing, OpresSheet *sheet, bool summary);
/* Nodes and edges of the detail sheet from the drawn units and links. */
extern void opres_fill_nodes(const OpresDrawing *drawing, OpresSheet *sheet);
/* The cards of the summary sheet. */
extern void opres_fill_cards(const OpresDrawing *drawing, OpresSheet *sheet);
/* What a group is called, its cells' names and what it needs; lines are those of the node. */
extern void opres_fill_group(const OpresDrawing *drawing, const OpresNodeText *texts, int text_count, const OpresUnit *unit,
							 OpresSheetNode *node);

extern const OpresNodeText *opres_find_text(const OpresNodeText *texts, int count, int32 node);
/* What is to be known of a node, a line each. */
extern char *opres_say_node(const OpresDrawing *drawing, const OpresNodeText *text);
extern const OpresJudged *opres_find_judged(const OpresDrawing *drawing, int32 operation);

#endif
