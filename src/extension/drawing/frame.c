/*
 * frame.c - what both sheets have around them (see frame.h).
 *
 * The defaults are chosen so that a node or an edge states little of its own: libcgraph writes only what differs.
 */
#include "drawing/frame.h"

#include "drawing/label.h"
#include "drawing/style.h"
#include "drawing/words.h"

void
opres_frame_defaults(OpresCanvas *canvas)
{
	static const struct
	{
		int kind;
		const char *attribute;
		const char *value;
	} defaults[] = {
		{ AGRAPH, "rankdir", "LR" },
		{ AGRAPH, "newrank", "true" },
		{ AGRAPH, "splines", "true" },
		{ AGRAPH, "nodesep", ".14" },
		{ AGRAPH, "ranksep", ".75" },
		{ AGRAPH, "outputorder", "edgesfirst" },
		{ AGRAPH, "bgcolor", "white" },
		{ AGRAPH, "pad", ".25" },
		{ AGRAPH, "charset", "UTF-8" },
		{ AGRAPH, "linelength", "0" }, /* for agwrite: no line breaks within strings */
		{ AGRAPH, "fontname", OPRES_FONT },
		{ AGRAPH, "label", "" },
		{ AGRAPH, "labelloc", "b" },
		{ AGRAPH, "labeljust", "" },
		{ AGRAPH, "style", "" },
		{ AGRAPH, "peripheries", "" },
		{ AGRAPH, "color", "" },
		{ AGRAPH, "fillcolor", "" },
		{ AGRAPH, "margin", "" },
		{ AGRAPH, "rank", "" },
		{ AGRAPH, "id", "" },
		{ AGRAPH, "class", "" },
		{ AGRAPH, "tooltip", "" },
		{ AGNODE, "fontname", OPRES_FONT },
		{ AGNODE, "fontsize", "12" },
		{ AGNODE, "shape", "box" },
		{ AGNODE, "style", "" },
		{ AGNODE, "fillcolor", "" },
		{ AGNODE, "color", "" },
		{ AGNODE, "penwidth", "1" },
		{ AGNODE, "margin", ".08,.04" },
		{ AGNODE, "height", ".3" },
		{ AGNODE, "label", "" },
		{ AGNODE, "id", "" },
		{ AGNODE, "class", "" },
		{ AGNODE, "tooltip", "" },
		{ AGNODE, "href", "" },
		{ AGEDGE, "color", OPRES_EDGE },
		{ AGEDGE, "penwidth", "1" },
		{ AGEDGE, "arrowhead", "vee" },
		{ AGEDGE, "arrowsize", ".6" },
		{ AGEDGE, "style", "" },
		{ AGEDGE, "tailport", "" },
		{ AGEDGE, "headport", "" },
		{ AGEDGE, "constraint", "" },
		{ AGEDGE, "id", "" },
		{ AGEDGE, "class", "" },
		{ AGEDGE, "tooltip", "" },
	};

	for (int i = 0; i < lengthof(defaults); i++)
		opres_canvas_default(canvas, defaults[i].kind, defaults[i].attribute, defaults[i].value);
}

Agraph_t *
opres_frame_draw(OpresCanvas *canvas, const OpresSheet *sheet)
{
	Agraph_t *frame = opres_canvas_group(canvas, opres_canvas_root(canvas), "cluster_map");

	opres_canvas_plain(canvas, frame, "peripheries", "0");
	opres_canvas_plain(canvas, frame, "labelloc", "t");
	opres_canvas_plain(canvas, frame, "labeljust", "l");
	opres_canvas_plain(canvas, frame, "id", "map");
	opres_label_heading(canvas, frame, sheet);
	return frame;
}

void
opres_frame_empty(OpresCanvas *canvas, Agraph_t *frame, const OpresSheet *sheet)
{
	Agnode_t *node = opres_canvas_node(canvas, frame, "empty");

	opres_canvas_plain(canvas, node, "shape", "plaintext");
	opres_canvas_plain(canvas, node, "class", "empty");
	opres_canvas_plain(canvas, node, "label", opres_say_both(sheet->lang, opres_word(OPRES_WORD_EMPTY)));
}
