/*
 * map_dot.c - the SQL function: from its arguments through view, scenario and judgement to a sheet, and from there to DOT.
 *
 * Everything lives in one memory context of the call; the graph of libcgraph closes with it (canvas.c).
 */
#include "drawing/drawing.h"

#include "common/lang.h"
#include "common/settings.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

OPRES_FUNCTION(opres_map_dot);

enum
{
	ARG_OPERATION,
	ARG_VIEW,
	ARG_SCENARIO,
	ARG_LANG,
	ARG_REVISION,
	ARG_AROUND,
	ARG_RADIUS,
	ARG_MAX_NODES
};

static bool
is_summary(FunctionCallInfo fcinfo)
{
	char *view;

	if (PG_ARGISNULL(ARG_VIEW))
		return false;
	view = text_to_cstring(PG_GETARG_TEXT_PP(ARG_VIEW));
	if (strcmp(view, "summary") != 0 && strcmp(view, "detail") != 0)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("unknown view \"%s\"", view),
						errdetail("Expected detail or summary.")));
	return strcmp(view, "summary") == 0;
}

/* A whole number of at least `least`, or `otherwise` if the argument is null. */
static int
count_argument(FunctionCallInfo fcinfo, int argument, const char *name, int least, int otherwise)
{
	int value;

	if (PG_ARGISNULL(argument))
		return otherwise;
	value = PG_GETARG_INT32(argument);
	if (value < least)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("%s must be at least %d", name, least)));
	return value;
}

static int32
node_argument(FunctionCallInfo fcinfo, int argument, const OpresMap *map, const char *what)
{
	return PG_ARGISNULL(argument) ? -1 : opres_map_node(map, text_to_cstring(PG_GETARG_TEXT_PP(argument)), what);
}

static void
read_view(FunctionCallInfo fcinfo, OpresDrawing *drawing)
{
	OpresView *view = &drawing->view;

	view->map = drawing->play.map;
	view->revision = PG_ARGISNULL(ARG_REVISION) ? 0 : PG_GETARG_INT64(ARG_REVISION);
	view->operation = node_argument(fcinfo, ARG_OPERATION, view->map, "operation");
	view->around = node_argument(fcinfo, ARG_AROUND, view->map, "node");
	if (view->operation >= 0 && view->map->kind[view->operation] != OPRES_OPERATION)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("node \"%s\" is not an operation", view->map->code[view->operation]),
						errhint("To draw what surrounds any node, write around => '%s'.", view->map->code[view->operation])));
	if (view->operation >= 0 && view->around >= 0)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("operation and around exclude each other")));
}

static void
play_scenario(FunctionCallInfo fcinfo, OpresDrawing *drawing)
{
	OpresPlay *play = &drawing->play;
	int32 count = play->map->model.node_count;
	char *code;

	if (PG_ARGISNULL(ARG_SCENARIO))
		return;
	code = text_to_cstring(PG_GETARG_TEXT_PP(ARG_SCENARIO));
	play->horizon = OPRES_DRAW_HORIZON;
	play->scenario = opres_scenario_read(play->map, code);
	opres_play_run(play);
	drawing->painted = true;
	drawing->scenario = opres_rows_scenario(play->map, drawing->view.revision, code);
	drawing->paint.curve = palloc_extended(sizeof(OpresCurve) * Max(count, 1), MCXT_ALLOC_HUGE);
	for (int32 i = 0; i < count; i++)
		drawing->paint.curve[i] = opres_outage_levels(play->outage, i);
	opres_paint_nodes(&drawing->paint, play->map);
}

static void
judge_operations(OpresDrawing *drawing)
{
	const OpresView *view = &drawing->view;
	OpresCalendars calendars = { 0 };

	drawing->judged = palloc_extended(sizeof(OpresJudged) * Max(view->operations, 1), MCXT_ALLOC_HUGE);
	for (int32 i = 0; i < view->map->model.node_count; i++)
		if (view->unit_of[i] >= 0 && view->map->kind[i] == OPRES_OPERATION)
			drawing->judged[drawing->judged_count++] = opres_judge(view->map, i, drawing->painted ? &drawing->play : NULL,
																   &calendars, drawing->painted ? &drawing->paint : NULL);
}

/* Whether the path of this operation is drawn: of those that exceed their tolerance, or of all if none does. */
static bool
path_counts(const OpresDrawing *drawing, const OpresJudged *judged)
{
	if (judged->breached > 0)
		return true;
	for (int i = 0; i < drawing->judged_count; i++)
		if (drawing->judged[i].breached > 0)
			return false;
	return true;
}

static void
mark_paths(OpresDrawing *drawing)
{
	OpresView *view = &drawing->view;

	for (int i = 0; i < drawing->judged_count; i++)
		for (int k = 0; k < drawing->judged[i].cause_count && path_counts(drawing, &drawing->judged[i]); k++)
		{
			int32 unit = view->unit_of[drawing->judged[i].cause[k].node];

			if (unit >= 0)
				view->units[unit].on_path = true;
		}
}

/* The links of the paths, drawn heavy; where a path runs through what is not drawn it jumps over that. */
static void
bind_paths(OpresDrawing *drawing)
{
	OpresView *view = &drawing->view;

	for (int i = 0; i < drawing->judged_count; i++)
	{
		const OpresJudged *judged = &drawing->judged[i];
		int32 before = -1;

		for (int k = 0; k < judged->cause_count && path_counts(drawing, judged); k++)
		{
			int32 unit = view->unit_of[judged->cause[k].node];

			if (unit < 0 || !view->units[unit].drawn || unit == before)
				continue;
			if (before >= 0)
				opres_view_force_link(view, before, unit)->binding = true;
			before = unit;
		}
	}
}

/* Without a scenario what decides is the single points of failure: who depends on them stands out. */
static void
bind_single_points(OpresView *view)
{
	for (int32 i = 0; i < view->link_count; i++)
		view->links[i].binding = view->links[i].tie == OPRES_NEEDS && view->units[view->links[i].to].major;
}

static char *
draw_detail(FunctionCallInfo fcinfo, OpresDrawing *drawing, OpresSheet *sheet)
{
	opres_view_units(&drawing->view);
	if (drawing->painted)
	{
		opres_paint_units(&drawing->paint, &drawing->view);
		mark_paths(drawing);
	}
	opres_view_narrow(&drawing->view, count_argument(fcinfo, ARG_MAX_NODES, "max_nodes", 1, -1));
	if (drawing->painted)
		bind_paths(drawing);
	else
		bind_single_points(&drawing->view);
	opres_fill_nodes(drawing, sheet);
	opres_fill_heading(drawing, sheet, false);
	return opres_draw_detail(sheet);
}

static char *
draw_summary(OpresDrawing *drawing, OpresSheet *sheet)
{
	opres_fill_cards(drawing, sheet);
	opres_fill_heading(drawing, sheet, true);
	return opres_draw_summary(sheet);
}

static char *
draw(FunctionCallInfo fcinfo)
{
	OpresDrawing drawing = { 0 };
	OpresSheet sheet = { 0 };
	bool summary = is_summary(fcinfo);
	char *dot;

	drawing.lang = PG_ARGISNULL(ARG_LANG) ? OPRES_EN : opres_lang(PG_GETARG_TEXT_PP(ARG_LANG));
	opres_play_begin(&drawing.play, fcinfo, ARG_REVISION, -1);
	read_view(fcinfo, &drawing);
	opres_view_scope(&drawing.view, count_argument(fcinfo, ARG_RADIUS, "radius", 0, -1));
	opres_view_single_points(&drawing.view);
	play_scenario(fcinfo, &drawing);
	judge_operations(&drawing);
	dot = summary ? draw_summary(&drawing, &sheet) : draw_detail(fcinfo, &drawing, &sheet);
	opres_play_end(&drawing.play);
	return dot;
}

/*
 * In a database that is not UTF-8 everything beyond ASCII is written as an XML entity: Graphviz reads those everywhere, and the
 * signs of a drawing exist in no other encoding.
 */
static char *
as_ascii(const char *dot)
{
	StringInfoData out;

	initStringInfo(&out);
	for (const unsigned char *at = (const unsigned char *) dot; *at; at += pg_utf_mblen(at))
	{
		if (IS_HIGHBIT_SET(*at))
			appendStringInfo(&out, "&#%u;", utf8_to_unicode(at));
		else
			appendStringInfoChar(&out, *at);
	}
	return out.data;
}

Datum
opres_map_dot(PG_FUNCTION_ARGS)
{
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "opres drawing", ALLOCSET_DEFAULT_SIZES);
	MemoryContext before = MemoryContextSwitchTo(context);
	char *dot = draw(fcinfo);
	text *result;

	if (GetDatabaseEncoding() != PG_UTF8)
		dot = as_ascii(dot);
	MemoryContextSwitchTo(before);
	result = cstring_to_text(dot);
	MemoryContextDelete(context);
	PG_RETURN_TEXT_P(result);
}
