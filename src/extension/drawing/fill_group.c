/*
 * fill_group.c - the members of a redundancy as one node: its name, its cells, what it takes to go on.
 */
#include "drawing/drawing.h"

#include "drawing/common_name.h"
#include "drawing/words.h"

/* What all requirements for these members ask for. */
typedef struct Needed
{
	bool pool;
	double least;
	double most;
	double total;
	OpresTime switchover;
} Needed;

static Needed
find_needed(const OpresMap *map, int32 requirement)
{
	const OpresModel *model = &map->model;
	int32 first;
	int32 end;
	Needed needed = { model->requirements[requirement].mode == OPRES_POOL, HUGE_VAL, 0, 0, 0 };

	opres_members(map, requirement, &first, &end);
	for (int32 m = first; m < end; m++)
		needed.total += needed.pool ? opres_member_capacity(map, m) : 1;
	for (int32 u = model->first_use[model->member_node[first]]; u < model->first_use[model->member_node[first] + 1]; u++)
	{
		const OpresRequirement *need = &model->requirements[model->use_requirement[u]];

		if ((need->mode == OPRES_POOL) != needed.pool)
			continue;
		needed.least = Min(needed.least, need->needed);
		needed.most = Max(needed.most, need->needed);
		needed.switchover = Max(needed.switchover, need->switchover);
	}
	return needed;
}

/* "3つ中2つで継続 (2 of 3)" */
static char *
say_needed(OpresLang lang, const Needed *needed)
{
	char *most = psprintf("%.10g", needed->most);
	char *range = needed->least == needed->most ? most : psprintf("%.10g–%s", needed->least, most);
	char *of = psprintf("%s of %.10g", range, needed->total);

	if (lang == OPRES_EN && needed->pool)
		return psprintf("%s needed 必要量", of);
	if (lang == OPRES_EN)
		return psprintf("%s needed %.10gつ中%sつで継続", of, needed->total, range);
	if (needed->pool)
		return psprintf("必要量 %s／%.10g (%s)", range, needed->total, of);
	return psprintf("%.10gつ中%sつで継続 (%s)", needed->total, range, of);
}

/* Common name and cell names in one language; false if a member has no name in it. */
static bool
name_members(OpresSheetNode *node, const OpresNodeText **texts, OpresLang lang, const char **title)
{
	const char *names[OPRES_MOST_NAMES];
	const char *rest[OPRES_MOST_NAMES];

	for (int i = 0; i < node->cell_count; i++)
	{
		names[i] = texts[i]->title.in[lang];
		if (names[i] == NULL)
			return false;
	}
	*title = opres_common_name(names, node->cell_count, rest);
	for (int i = 0; i < node->cell_count; i++)
		node->cells[i].title.in[lang] = rest[i];
	return true;
}

static void
fill_cells(const OpresDrawing *drawing, const OpresUnit *unit, const OpresNodeText **texts, OpresSheetNode *node)
{
	const OpresMap *map = drawing->view.map;
	int32 first;
	int32 end;

	opres_members(map, unit->requirement, &first, &end);
	for (int i = 0; i < node->cell_count; i++)
	{
		OpresCell *cell = &node->cells[i];
		int32 member = map->model.member_node[first + i];

		cell->code = opres_code_text(map, member);
		cell->title = texts[i]->title;
		cell->standby = i >= map->model.requirements[unit->requirement].active_count;
		cell->state = drawing->painted ? drawing->paint.state[member] : OPRES_PLAIN;
		cell->tooltip = opres_say_node(drawing, texts[i]);
	}
}

static char *
say_members(const OpresDrawing *drawing, const OpresSheetNode *node)
{
	StringInfoData out;

	initStringInfo(&out);
	for (int i = 0; i < node->cell_count; i++)
		appendStringInfo(&out, "%s%s (%s)", i > 0 ? "\n" : "", opres_say_both(drawing->lang, node->cells[i].title),
						 node->cells[i].code);
	return out.data;
}

/* A title in each language; a node of the map that the members make up keeps its own. */
static void
fill_title(const OpresDrawing *drawing, const OpresUnit *unit, const OpresNodeText **texts, OpresSheetNode *node)
{
	OpresPair title = { { NULL, NULL } };
	bool named[2];

	for (int lang = OPRES_EN; lang <= OPRES_JA; lang++)
		named[lang] = name_members(node, texts, lang, &title.in[lang]);
	if (unit->node >= 0)
		return;
	node->title = title;
	if (title.in[OPRES_EN] == NULL && title.in[OPRES_JA] == NULL)
		node->title.in[drawing->lang] = opres_draw_clean(drawing->view.map->requirement_name[unit->requirement]);
	else if (named[drawing->lang] && title.in[drawing->lang] == NULL)
		node->title.in[drawing->lang] = opres_say(drawing->lang, title);
}

void
opres_fill_group(const OpresDrawing *drawing, const OpresNodeText *texts, int text_count, const OpresUnit *unit,
				 OpresSheetNode *node)
{
	const OpresMap *map = drawing->view.map;
	const OpresNodeText *members[OPRES_MOST_NAMES];
	Needed needed = find_needed(map, unit->requirement);
	int32 first;
	int32 end;

	opres_members(map, unit->requirement, &first, &end);
	node->shape = OPRES_GROUP;
	node->cell_count = end - first;
	node->cells = palloc0(sizeof(OpresCell) * node->cell_count);
	for (int i = 0; i < node->cell_count; i++)
		members[i] = opres_find_text(texts, text_count, map->model.member_node[first + i]);
	fill_cells(drawing, unit, members, node);
	fill_title(drawing, unit, members, node);
	node->lines = palloc0(sizeof(OpresLine) * 2);
	node->lines[node->line_count++].text = say_needed(drawing->lang, &needed);
	if (needed.switchover > 0)
		node->lines[node->line_count++].text = psprintf("%s %s", opres_say_both(drawing->lang, opres_word(OPRES_WORD_SWITCHOVER)),
														opres_say_duration(drawing->lang, needed.switchover));
	if (unit->node < 0)
		node->tooltip = psprintf("%s\n%s", opres_say_both(drawing->lang, node->title), say_members(drawing, node));
}
