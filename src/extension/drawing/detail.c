/*
 * detail.c - the detail sheet: a column per layer, nodes in it, what depends on what.
 *
 * The root's label is the legend (below), a frame around all carries the heading (above), in it a cluster per layer: two deep,
 * where dot still copes. Columns are held in order by one invisible edge between the first nodes of neighbouring layers.
 */
#include "drawing/frame.h"
#include "drawing/label.h"
#include "drawing/style.h"
#include "drawing/words.h"

static int
layer_of(const OpresSheetNode *node)
{
	return opres_kind_style(node->kind)->layer;
}

/*
 * Which layer stands in which column. Facilities come last, unless they depend on third parties more often than the other way
 * round, as they do where others run the data centre and bring the power.
 */
static void
order_layers(const OpresSheet *sheet, int *column)
{
	int facility = opres_kind_style(OPRES_FACILITY)->layer;
	int third_party = opres_kind_style(OPRES_THIRD_PARTY)->layer;
	int forward = 0;

	for (int layer = 0; layer < OPRES_LAYERS; layer++)
		column[layer] = layer;
	for (int32 i = 0; i < sheet->edge_count; i++)
	{
		int from = layer_of(&sheet->nodes[sheet->edges[i].from]);
		int to = layer_of(&sheet->nodes[sheet->edges[i].to]);

		forward += (from == third_party && to == facility) - (from == facility && to == third_party);
	}
	if (forward < 0)
	{
		column[facility] = third_party;
		column[third_party] = facility;
	}
}

static Agraph_t *
draw_layer(OpresCanvas *canvas, Agraph_t *frame, const OpresSheet *sheet, int layer)
{
	static const char *const names[OPRES_LAYERS] = {
		"operation", "process", "people", "system", "data", "third_party", "facility"
	};
	Agraph_t *cluster = opres_canvas_group(canvas, frame, psprintf("cluster_%s", names[layer]));

	opres_canvas_plain(canvas, cluster, "style", "rounded,filled");
	opres_canvas_plain(canvas, cluster, "color", "#F1F3F5");
	opres_canvas_plain(canvas, cluster, "fillcolor", "#F1F3F5");
	opres_canvas_plain(canvas, cluster, "margin", "9");
	opres_canvas_plain(canvas, cluster, "rank", "same");
	opres_canvas_plain(canvas, cluster, "labelloc", "t");
	opres_canvas_plain(canvas, cluster, "labeljust", "c");
	opres_canvas_plain(canvas, cluster, "id", psprintf("layer-%s", names[layer]));
	opres_canvas_plain(canvas, cluster, "class", psprintf("layer %s", names[layer]));
	opres_label_layer(canvas, cluster, sheet->lang, opres_layer_word(layer));
	return cluster;
}

/* Draws the nodes of a layer; returns the first one, NULL if there is none. */
static Agnode_t *
draw_nodes(OpresCanvas *canvas, Agraph_t *frame, const OpresSheet *sheet, int layer, Agnode_t **drawn)
{
	Agraph_t *cluster = NULL;
	Agnode_t *first = NULL;

	for (int32 i = 0; i < sheet->node_count; i++)
	{
		if (layer_of(&sheet->nodes[i]) != layer)
			continue;
		if (cluster == NULL)
			cluster = draw_layer(canvas, frame, sheet, layer);
		drawn[i] = opres_canvas_node(canvas, cluster, sheet->nodes[i].key);
		opres_label_node(canvas, drawn[i], sheet, &sheet->nodes[i]);
		if (first == NULL)
			first = drawn[i];
	}
	return first;
}

static void
style_edge(OpresCanvas *canvas, Agedge_t *drawn, const OpresSheet *sheet, const OpresSheetEdge *edge, const int *column)
{
	static const char *const classes[] = { "needs", "redundant", "restart" };
	static const char *const styles[] = { "", "dashed", "dotted" };
	const OpresSheetNode *from = &sheet->nodes[edge->from];
	const OpresSheetNode *to = &sheet->nodes[edge->to];

	if (column[layer_of(to)] > column[layer_of(from)])
	{
		opres_canvas_plain(canvas, drawn, "tailport", "e");
		opres_canvas_plain(canvas, drawn, "headport", "w");
	}
	else
		opres_canvas_plain(canvas, drawn, "constraint", "false");
	opres_canvas_plain(canvas, drawn, "style", edge->binding ? "" : styles[edge->tie]);
	if (edge->binding)
	{
		opres_canvas_plain(canvas, drawn, "color", OPRES_RED);
		opres_canvas_plain(canvas, drawn, "penwidth", "2.6");
	}
	else if (sheet->painted)
		opres_canvas_plain(canvas, drawn, "color", OPRES_PALE);
	opres_canvas_plain(canvas, drawn, "id", opres_draw_id("edge", psprintf("%s %s", from->code, to->code)));
	opres_canvas_plain(canvas, drawn, "class",
					   opres_class_list(classes[edge->tie], edge->binding ? "binding" : "", edge->indirect ? "indirect" : ""));
	opres_canvas_plain(canvas, drawn, "tooltip", edge->tooltip);
}

/* Plain edges first, so that the binding ones lie on top. */
static void
draw_edges(OpresCanvas *canvas, const OpresSheet *sheet, Agnode_t **drawn, const int *column)
{
	for (int binding = 0; binding <= 1; binding++)
		for (int32 i = 0; i < sheet->edge_count; i++)
		{
			const OpresSheetEdge *edge = &sheet->edges[i];
			Agedge_t *line;

			if (edge->binding != binding)
				continue;
			line = opres_canvas_edge(canvas, drawn[edge->from], drawn[edge->to]);
			if (line != NULL)
				style_edge(canvas, line, sheet, edge, column);
		}
}

/* first: per column its first node, NULL for an empty one. */
static void
hold_columns(OpresCanvas *canvas, Agnode_t **first)
{
	Agnode_t *before = NULL;

	for (int i = 0; i < OPRES_LAYERS; i++)
	{
		Agedge_t *line;

		if (first[i] == NULL)
			continue;
		line = before != NULL ? opres_canvas_edge(canvas, before, first[i]) : NULL;
		if (line != NULL)
			opres_canvas_plain(canvas, line, "style", "invis");
		before = first[i];
	}
}

char *
opres_draw_detail(const OpresSheet *sheet)
{
	OpresCanvas *canvas = opres_canvas_open("map");
	Agnode_t **drawn = palloc0(sizeof(Agnode_t *) * Max(sheet->node_count, 1));
	Agnode_t *first[OPRES_LAYERS];
	int column[OPRES_LAYERS];
	Agraph_t *frame;

	order_layers(sheet, column);
	opres_frame_defaults(canvas);
	opres_label_legend(canvas, opres_canvas_root(canvas), sheet);
	frame = opres_frame_draw(canvas, sheet);
	for (int layer = 0; layer < OPRES_LAYERS; layer++)
		first[column[layer]] = draw_nodes(canvas, frame, sheet, layer, drawn);
	if (sheet->node_count == 0)
		opres_frame_empty(canvas, frame, sheet);
	draw_edges(canvas, sheet, drawn, column);
	hold_columns(canvas, first);
	return opres_canvas_write(canvas);
}
