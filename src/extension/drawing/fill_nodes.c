/*
 * fill_nodes.c - from drawn units and links to the nodes and edges of the detail sheet.
 */
#include "drawing/drawing.h"

#include "drawing/style.h"
#include "drawing/words.h"

static int
compare_nodes(const void *left, const void *right)
{
	int32 a = *(const int32 *) left;
	int32 b = *(const int32 *) right;

	return a < b ? -1 : a > b;
}

static int
compare_texts(const void *left, const void *right)
{
	int32 a = ((const OpresNodeText *) left)->node;
	int32 b = ((const OpresNodeText *) right)->node;

	return a < b ? -1 : a > b;
}

const OpresNodeText *
opres_find_text(const OpresNodeText *texts, int count, int32 node)
{
	OpresNodeText key = { .node = node };

	return bsearch(&key, texts, count, sizeof(OpresNodeText), compare_texts);
}

const OpresJudged *
opres_find_judged(const OpresDrawing *drawing, int32 operation)
{
	for (int i = 0; i < drawing->judged_count; i++)
		if (drawing->judged[i].operation == operation)
			return &drawing->judged[i];
	return NULL;
}

/* ---- tooltips ---- */

static void
say_state(const OpresDrawing *drawing, int32 node, StringInfo out)
{
	OpresLang lang = drawing->lang;
	OpresTime at;
	double worst = opres_paint_worst(&drawing->paint, node, &at);

	appendStringInfo(out, "\n%s", opres_say_both(lang, opres_state_word(drawing->paint.state[node])));
	if (at != OPRES_NEVER)
		appendStringInfo(out, ": %s %.4g%% (%s)", opres_say_both(lang, opres_word(OPRES_WORD_LOWEST)), worst * 100,
						 opres_say_duration(lang, at));
}

char *
opres_say_node(const OpresDrawing *drawing, const OpresNodeText *text)
{
	const OpresView *view = &drawing->view;
	OpresLang lang = drawing->lang;
	const OpresJudged *judged;
	StringInfoData out;

	initStringInfo(&out);
	appendStringInfo(&out, "%s (%s)\n%s", opres_draw_clip(opres_say_both(lang, text->title), 400),
					 opres_code_text(view->map, text->node), opres_say_both(lang, opres_kind_word(view->map->kind[text->node])));
	if (text->owner != NULL)
		appendStringInfo(&out, "\n%s: %s", opres_say_both(lang, opres_word(OPRES_WORD_OWNER)), opres_draw_clip(text->owner, 200));
	if (text->location != NULL)
		appendStringInfo(&out, "\n%s: %s", opres_say_both(lang, opres_word(OPRES_WORD_LOCATION)),
						 opres_draw_clip(text->location, 200));
	if (view->hits[text->node] > 0)
		appendStringInfo(&out, "\n%s: %d/%d", opres_say_both(lang, opres_word(OPRES_WORD_SPOF)), view->hits[text->node],
						 view->operations);
	if (drawing->painted)
		say_state(drawing, text->node, &out);
	judged = opres_find_judged(drawing, text->node);
	for (int i = 0; judged != NULL && i < judged->count; i++)
		appendStringInfo(&out, "\n%s%s", judged->outcomes != NULL && judged->outcomes[i].breached_at != OPRES_NEVER ? "✕ " : "",
						 opres_say_tolerance(lang, &judged->tolerances[i]));
	return out.data;
}

/* ---- nodes ---- */

/* All nodes of the map that are drawn, as themselves or as cells, sorted. */
static int32 *
nodes_drawn(const OpresView *view, int32 *count)
{
	int32 *nodes = palloc_extended(sizeof(int32) * Max(view->node_count, 1), MCXT_ALLOC_HUGE);

	*count = 0;
	for (int32 i = 0; i < view->unit_count; i++)
	{
		const OpresUnit *unit = &view->units[i];
		int32 first;
		int32 end;

		if (!unit->drawn)
			continue;
		if (unit->node >= 0)
			nodes[(*count)++] = unit->node;
		if (unit->requirement < 0)
			continue;
		opres_members(view->map, unit->requirement, &first, &end);
		for (int32 m = first; m < end; m++)
			nodes[(*count)++] = view->map->model.member_node[m];
	}
	qsort(nodes, *count, sizeof(int32), compare_nodes);
	return nodes;
}

/* A name for something that is no node of the map, which no node of the map bears. */
static char *
free_key(const OpresMap *map, char *key)
{
	while (opres_map_find(map, key) >= 0)
		key = psprintf("%s'", key);
	return key;
}

/* The code, unless cleaning changed it: then it might be another one's. */
static const char *
key_of(const OpresMap *map, int32 node)
{
	const char *code = opres_code_text(map, node);

	return opres_map_find(map, code) == node ? code : free_key(map, psprintf("%s #%d", code, node));
}

static void
fill_node(const OpresDrawing *drawing, const OpresNodeText *texts, int text_count, const OpresUnit *unit, OpresSheetNode *node)
{
	const OpresMap *map = drawing->view.map;

	node->shape = OPRES_ONE;
	node->state = unit->state;
	node->hits = unit->hits;
	node->major = unit->major;
	if (unit->node >= 0)
	{
		const OpresNodeText *text = opres_find_text(texts, text_count, unit->node);
		const OpresJudged *judged = opres_find_judged(drawing, unit->node);

		node->kind = map->kind[unit->node];
		node->key = key_of(map, unit->node);
		node->code = node->key;
		node->title = text->title;
		node->tooltip = opres_say_node(drawing, text);
		node->href = text->href;
		if (judged != NULL)
			node->lines = opres_judged_lines(drawing->lang, judged, &node->line_count);
	}
	else
	{
		int32 member = map->model.member_node[map->model.requirements[unit->requirement].first_member];

		node->kind = map->kind[member];
		node->code = key_of(map, member);
		node->key = free_key(map, psprintf("group:%s", node->code));
	}
	if (unit->requirement >= 0)
		opres_fill_group(drawing, texts, text_count, unit, node);
}

/* ---- what was left out ---- */

typedef struct LeftOut
{
	int nodes;
	int state[OPRES_FAILED + 1];
	OpresKind kind;
} LeftOut;

static void
count_left_out(const OpresDrawing *drawing, LeftOut *layers)
{
	const OpresView *view = &drawing->view;

	for (int32 i = 0; i < view->map->model.node_count; i++)
	{
		LeftOut *layer = &layers[opres_kind_style(view->map->kind[i])->layer];

		if (view->unit_of[i] < 0 || view->units[view->unit_of[i]].drawn)
			continue;
		layer->kind = view->map->kind[i];
		layer->nodes++;
		layer->state[drawing->painted ? drawing->paint.state[i] : OPRES_PLAIN]++;
	}
}

static char *
say_left_out_states(OpresLang lang, const LeftOut *layer)
{
	StringInfoData out;

	initStringInfo(&out);
	for (int state = OPRES_FAILED; state >= OPRES_AT_RISK; state--)
		if (layer->state[state] > 0)
			appendStringInfo(&out, "%s%s%s %d", out.len > 0 ? " " : "", opres_state_style(state)->glyph,
							 opres_say(lang, opres_state_word(state)), layer->state[state]);
	return out.data;
}

/* One node per layer says how many it leaves out. */
static void
fill_rest(const OpresDrawing *drawing, OpresSheet *sheet)
{
	LeftOut layers[OPRES_LAYERS] = { 0 };

	count_left_out(drawing, layers);
	for (int i = 0; i < OPRES_LAYERS; i++)
	{
		OpresSheetNode *node = &sheet->nodes[sheet->node_count];

		if (layers[i].nodes == 0)
			continue;
		sheet->node_count++;
		node->shape = OPRES_REST;
		node->kind = layers[i].kind;
		node->code = opres_kind_names[layers[i].kind];
		node->key = free_key(drawing->view.map, psprintf("rest:%s", node->code));
		node->title.in[OPRES_EN] = psprintf("%d more", layers[i].nodes);
		node->title.in[OPRES_JA] = psprintf("ほか%d件", layers[i].nodes);
		node->lines = palloc0(sizeof(OpresLine));
		node->lines[0].text = say_left_out_states(drawing->lang, &layers[i]);
		node->line_count = node->lines[0].text[0] ? 1 : 0;
		node->tooltip = psprintf("%s: %s", opres_say_both(drawing->lang, node->title),
								 opres_say_both(drawing->lang, opres_word(OPRES_WORD_LEFT_OUT)));
	}
}

/* ---- edges ---- */

static void
fill_edges(const OpresDrawing *drawing, OpresSheet *sheet)
{
	static const OpresWord words[] = { OPRES_WORD_DEPENDS, OPRES_WORD_OPTIONAL, OPRES_WORD_RESTART };
	const OpresView *view = &drawing->view;

	sheet->edges = palloc_extended(sizeof(OpresSheetEdge) * Max(view->link_count, 1), MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
	for (int32 i = 0; i < view->link_count; i++)
	{
		const OpresLink *link = &view->links[i];
		OpresSheetEdge *edge = &sheet->edges[sheet->edge_count++];

		edge->from = view->units[link->from].place;
		edge->to = view->units[link->to].place;
		edge->tie = link->tie;
		edge->binding = link->binding;
		edge->indirect = link->indirect;
		edge->tooltip = psprintf(
			"%s → %s\n%s%s", opres_say(drawing->lang, sheet->nodes[edge->from].title),
			opres_say(drawing->lang, sheet->nodes[edge->to].title), opres_say_both(drawing->lang, opres_word(words[edge->tie])),
			link->indirect ? psprintf("\n%s", opres_say_both(drawing->lang, opres_word(OPRES_WORD_INDIRECT))) : "");
	}
}

/* ---- weak points ---- */

static int
compare_weak_points(const void *left, const void *right)
{
	return ((const OpresWeakPoint *) right)->hits - ((const OpresWeakPoint *) left)->hits;
}

/* Below the map of one operation: whom to ask about its widest single points of failure. */
static void
fill_weak_points(const OpresDrawing *drawing, const OpresNodeText *texts, int count, OpresSheet *sheet)
{
	const OpresView *view = &drawing->view;
	int found = 0;

	sheet->weak_points = palloc(sizeof(OpresWeakPoint) * OPRES_MOST_MAJOR);
	for (int32 i = 0; i < view->unit_count && view->operation >= 0; i++)
	{
		const OpresUnit *unit = &view->units[i];
		const OpresNodeText *text = unit->major ? opres_find_text(texts, count, unit->node) : NULL;

		if (text != NULL)
			sheet->weak_points[found++] = (OpresWeakPoint){ text->title, unit->hits, text->owner != NULL ? text->owner : "",
															text->location != NULL ? text->location : "" };
	}
	qsort(sheet->weak_points, found, sizeof(OpresWeakPoint), compare_weak_points);
	sheet->weak_point_count = found;
}

void
opres_fill_nodes(const OpresDrawing *drawing, OpresSheet *sheet)
{
	OpresView *view = (OpresView *) &drawing->view;
	int32 drawn;
	int32 *nodes = nodes_drawn(view, &drawn);
	OpresNodeText *texts = opres_rows_nodes(view->map, view->revision, nodes, drawn);

	sheet->nodes = palloc0(sizeof(OpresSheetNode) * (drawn + OPRES_LAYERS));
	for (int32 i = 0; i < view->unit_count; i++)
	{
		if (!view->units[i].drawn)
			continue;
		view->units[i].place = sheet->node_count;
		fill_node(drawing, texts, drawn, &view->units[i], &sheet->nodes[sheet->node_count++]);
	}
	fill_edges(drawing, sheet);
	fill_rest(drawing, sheet);
	fill_weak_points(drawing, texts, drawn, sheet);
}
