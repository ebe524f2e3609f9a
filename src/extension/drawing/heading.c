/*
 * heading.c - the title and the one sentence a board member reads.
 */
#include "drawing/drawing.h"

#include "drawing/words.h"

#define NAME_COLUMNS 64

/* A name in a sentence: in that language, else in the other. */
static char *
name_in(OpresLang lang, OpresPair name)
{
	return opres_draw_clip(opres_say(lang, name), NAME_COLUMNS);
}

static OpresPair
title_of(const OpresDrawing *drawing, int32 node)
{
	return opres_rows_title(drawing->view.map, drawing->view.revision, node);
}

/* ---- title ---- */

static OpresPair
say_title(const OpresDrawing *drawing, bool summary)
{
	const OpresView *view = &drawing->view;
	OpresPair scenario = drawing->scenario;
	OpresPair focus = { { NULL, NULL } };
	OpresPair title = { { "Critical operations and what they need", "重要な業務の相互連関図" } };

	if (view->operation >= 0 || view->around >= 0)
		focus = title_of(drawing, Max(view->operation, view->around));
	if (summary)
	{
		title.in[OPRES_EN] = drawing->painted ? psprintf("Critical operations at a glance: %s", name_in(OPRES_EN, scenario))
											  : "Critical operations at a glance";
		title.in[OPRES_JA] = drawing->painted ? psprintf("重要な業務の一覧：%s", name_in(OPRES_JA, scenario)) : "重要な業務の一覧";
	}
	else if (drawing->painted && (view->operation >= 0 || view->around >= 0))
	{
		title.in[OPRES_EN] = psprintf("Impact on %s: %s", name_in(OPRES_EN, focus), name_in(OPRES_EN, scenario));
		title.in[OPRES_JA] = psprintf("影響図：%s（%s）", name_in(OPRES_JA, focus), name_in(OPRES_JA, scenario));
	}
	else if (drawing->painted)
	{
		title.in[OPRES_EN] = psprintf("Impact map: %s", name_in(OPRES_EN, scenario));
		title.in[OPRES_JA] = psprintf("影響図：%s", name_in(OPRES_JA, scenario));
	}
	else if (view->operation >= 0)
	{
		title.in[OPRES_EN] = psprintf("What %s needs", name_in(OPRES_EN, focus));
		title.in[OPRES_JA] = psprintf("「%s」を支える経営資源", name_in(OPRES_JA, focus));
	}
	else if (view->around >= 0)
	{
		title.in[OPRES_EN] = psprintf("Who depends on %s", name_in(OPRES_EN, focus));
		title.in[OPRES_JA] = psprintf("「%s」を使う業務", name_in(OPRES_JA, focus));
	}
	return title;
}

static OpresPair
say_subtitle(const OpresDrawing *drawing)
{
	const OpresMap *map = drawing->view.map;
	const char *label = map->revision > 0 ? opres_rows_label(map) : NULL;
	OpresPair subtitle;

	subtitle.in[OPRES_EN] =
		psprintf("revision " INT64_FORMAT "%s%s", map->revision, label != NULL ? " " : "", label != NULL ? label : "");
	subtitle.in[OPRES_JA] =
		psprintf("第" INT64_FORMAT "版%s%s", map->revision, label != NULL ? " " : "", label != NULL ? label : "");
	return subtitle;
}

/* ---- verdict of the structure ---- */

/* The node that hits most operations; of several the most used one. */
static int32
find_widest(const OpresView *view)
{
	const int32 *first_use = view->map->model.first_use;
	int32 widest = 0;

	for (int32 i = 1; i < view->map->model.node_count; i++)
		if (view->hits[i] > view->hits[widest] ||
			(view->hits[i] == view->hits[widest] && first_use[i + 1] - first_use[i] > first_use[widest + 1] - first_use[widest]))
			widest = i;
	return widest;
}

static OpresPair
say_single_points(const OpresDrawing *drawing, bool *alarm)
{
	int32 count = drawing->view.single_point_count;
	const char *plural = count == 1 ? "" : "s";
	OpresPair verdict = { { "No single point of failure", "単一障害点はありません" } };

	*alarm = count > 0;
	if (count > 0 && drawing->view.operation >= 0)
	{
		verdict.in[OPRES_EN] =
			psprintf("%d single point%s of failure: losing %s stops it", count, plural, count == 1 ? "it" : "any of them");
		verdict.in[OPRES_JA] =
			psprintf("要点：代替のない単一障害点が%dか所。%s停止でこの業務が止まります", count, count == 1 ? "その" : "いずれの");
	}
	else if (count > 0)
	{
		int32 widest = find_widest(&drawing->view);
		OpresPair name = title_of(drawing, widest);

		verdict.in[OPRES_EN] =
			psprintf("%d single point%s of failure without a substitute; the widest, %s, hits %d of %d operations", count, plural,
					 name_in(OPRES_EN, name), drawing->view.hits[widest], drawing->view.operations);
		verdict.in[OPRES_JA] = psprintf("要点：代替のない単一障害点が%dか所。最大は%s（%d業務中%d業務に影響）", count,
										name_in(OPRES_JA, name), drawing->view.operations, drawing->view.hits[widest]);
	}
	return verdict;
}

static OpresPair
say_around(const OpresDrawing *drawing, bool *alarm)
{
	const OpresView *view = &drawing->view;
	int hits = view->hits[view->around];
	int users = 0;
	OpresPair verdict;

	for (int32 i = 0; i < view->map->model.node_count; i++)
		users += view->unit_of[i] >= 0 && view->map->kind[i] == OPRES_OPERATION;
	*alarm = hits > 0;
	if (hits > 0)
	{
		verdict.in[OPRES_EN] = psprintf("%d of %d operations stop without it", hits, view->operations);
		verdict.in[OPRES_JA] = psprintf("%d業務中%d業務がこの1つに依存し、代替がありません", view->operations, hits);
	}
	else
	{
		verdict.in[OPRES_EN] =
			psprintf("%d operation%s rest%s on it; its loss alone stops none", users, users == 1 ? "" : "s", users == 1 ? "s" : "");
		verdict.in[OPRES_JA] = psprintf("%d業務が利用。単独の停止で止まる業務はありません", users);
	}
	return verdict;
}

/* ---- verdict of a scenario ---- */

typedef struct Tally
{
	int over;
	int unlimited;
	int undecided;
	int failed;
	int degraded;
	int at_risk;
} Tally;

static Tally
count_operations(const OpresDrawing *drawing)
{
	Tally tally = { 0 };

	for (int i = 0; i < drawing->judged_count; i++)
	{
		const OpresJudged *judged = &drawing->judged[i];
		OpresState state = drawing->paint.state[judged->operation];

		tally.over += judged->state == OPRES_CARD_OVER;
		tally.unlimited += judged->state == OPRES_CARD_UNLIMITED;
		tally.undecided += judged->state == OPRES_CARD_UNDECIDED;
		tally.failed += state == OPRES_FAILED;
		tally.degraded += state == OPRES_DEGRADED;
		tally.at_risk += state == OPRES_AT_RISK;
	}
	return tally;
}

/* How many operations of interest have this node on the path to the cause. */
static int
paths_through(const OpresDrawing *drawing, bool over_only, int32 node)
{
	int paths = 0;

	for (int i = 0; i < drawing->judged_count; i++)
	{
		const OpresJudged *judged = &drawing->judged[i];
		bool through = false;

		if (over_only && judged->breached == 0)
			continue;
		for (int k = 0; k < judged->cause_count; k++)
			through |= judged->cause[k].node == node;
		paths += through;
	}
	return paths;
}

/* The single point of failure that most paths run through, and at least half of them, short of what was shocked itself; -1 = none.
 */
static int32
find_weak_point(const OpresDrawing *drawing, bool over_only)
{
	const OpresMap *map = drawing->view.map;
	int32 best = -1;
	int most = 0;
	int all = 0;

	for (int i = 0; i < drawing->judged_count; i++)
	{
		const OpresJudged *judged = &drawing->judged[i];

		all += judged->cause_count > 0 && (!over_only || judged->breached > 0);
		for (int k = 0; k < judged->cause_count - 1; k++)
		{
			int32 node = judged->cause[k].node;
			int paths;

			if (!opres_is_resource(map, node) || drawing->view.hits[node] == 0)
				continue;
			paths = paths_through(drawing, over_only, node);
			if (paths > most)
			{
				most = paths;
				best = node;
			}
		}
	}
	return 2 * most >= all ? best : -1;
}

/* "(3 stop, 2 degrade)" */
static const char *
say_states(OpresLang lang, const Tally *tally)
{
	StringInfoData out;
	struct
	{
		int count;
		const char *word[2];
	} parts[] = { { tally->failed, { "stop", "停止" } },
				  { tally->degraded, { "degrade", "低下" } },
				  { tally->at_risk, { "without reserve", "余裕なし" } } };

	initStringInfo(&out);
	for (int i = 0; i < lengthof(parts); i++)
	{
		if (parts[i].count == 0)
			continue;
		if (out.len > 0)
			appendStringInfoString(&out, lang == OPRES_JA ? "・" : ", ");
		if (lang == OPRES_JA)
			appendStringInfo(&out, "%s%d", parts[i].word[lang], parts[i].count);
		else
			appendStringInfo(&out, "%d %s", parts[i].count, parts[i].word[lang]);
	}
	if (out.len == 0)
		return "";
	return psprintf(lang == OPRES_JA ? "（%s）" : " (%s)", out.data);
}

static const char *
say_outcome_in(OpresLang lang, const OpresDrawing *drawing, const Tally *tally)
{
	int all = drawing->judged_count;
	const char *states = say_states(lang, tally);
	bool bad = tally->over > 0;
	int32 weak = find_weak_point(drawing, bad);
	const char *weak_text = "";

	if (tally->failed + tally->degraded + tally->at_risk == 0)
		return lang == OPRES_JA ? "業務への影響はありません" : "No operation is affected";
	if (weak >= 0)
		weak_text = psprintf(lang == OPRES_JA ? "。弱点は%s" : "; weak point: %s", name_in(lang, title_of(drawing, weak)));
	if (bad)
		return lang == OPRES_JA ? psprintf("%d業務中%d業務が耐性度を超過%s%s", all, tally->over, states, weak_text)
								: psprintf("%d of %d operations exceed%s tolerance%s%s", tally->over, all,
										   tally->over == 1 ? "s its" : "", states, weak_text);
	if (tally->unlimited == all)
		return lang == OPRES_JA ? psprintf("%d業務に影響%s%s", tally->failed + tally->degraded + tally->at_risk, states, weak_text)
								: psprintf("%d of %d operations affected%s%s", tally->failed + tally->degraded + tally->at_risk,
										   all, states, weak_text);
	if (tally->undecided > 0)
		return lang == OPRES_JA ? psprintf("耐性度の超過なし。%d業務は開始時刻がなく判定不能%s", tally->undecided, states)
								: psprintf("No tolerance exceeded; %d undecided without a start time%s", tally->undecided, states);
	return lang == OPRES_JA ? psprintf("すべての業務が耐性度の範囲内%s", states)
							: psprintf("All operations stay within tolerance%s", states);
}

/* One operation, held against its main tolerance. */
static char *
say_one_in(OpresLang lang, const OpresJudged *judged)
{
	const OpresTolerance *tolerance = &judged->tolerances[judged->main];
	const char *limit = opres_say_duration(lang, tolerance->limit);
	const char *recovery;

	if (judged->recovery == OPRES_NEVER)
		return lang == OPRES_JA ? psprintf("耐性度%sに対し30日以内に復旧せず", limit)
								: psprintf("Not back within 30 days against a tolerance of %s", limit);
	recovery = opres_say_duration(lang, judged->recovery);
	if (judged->recovery > tolerance->limit)
	{
		const char *over = opres_say_duration(lang, judged->recovery - tolerance->limit);

		return lang == OPRES_JA ? psprintf("耐性度%sに対し復旧見込%s：%s超過", limit, recovery, over)
								: psprintf("Recovery %s against a tolerance of %s: %s over", recovery, limit, over);
	}
	return lang == OPRES_JA ? psprintf("耐性度%sに対し復旧見込%s：%s", limit, recovery,
									   judged->breached > 0 ? "時間は範囲内、他の耐性度を超過" : "範囲内")
							: psprintf("Recovery %s against a tolerance of %s: %s", recovery, limit,
									   judged->breached > 0 ? "in time, but another tolerance is exceeded" : "within");
}

static OpresPair
say_outcome(const OpresDrawing *drawing, bool *alarm)
{
	Tally tally = count_operations(drawing);
	const OpresJudged *one = drawing->view.operation >= 0 ? opres_find_judged(drawing, drawing->view.operation) : NULL;
	OpresPair verdict;

	*alarm = tally.over + tally.undecided > 0 || (tally.unlimited > 0 && tally.failed + tally.degraded > 0);
	for (int lang = OPRES_EN; lang <= OPRES_JA; lang++)
		verdict.in[lang] =
			one != NULL && one->main >= 0 && one->recovery > 0 ? say_one_in(lang, one) : say_outcome_in(lang, drawing, &tally);
	return verdict;
}

/* ---- what was left out ---- */

static OpresPair
say_note(const OpresDrawing *drawing)
{
	const OpresView *view = &drawing->view;
	OpresPair note = { { NULL, NULL } };
	int32 drawn = 0;

	for (int32 i = 0; i < view->map->model.node_count; i++)
		drawn += view->unit_of[i] >= 0 && view->units[view->unit_of[i]].drawn;
	if (drawn == view->node_count)
		return note;
	note.in[OPRES_EN] = psprintf("%d of %d nodes drawn, the most far-reaching first; for the rest ask for one operation, around a "
								 "node, or with a larger max_nodes.",
								 drawn, view->node_count);
	note.in[OPRES_JA] =
		psprintf("%d件中%d件を影響の大きい順に表示。残りは業務（operation）、中心（around）、max_nodesの指定で描けます。",
				 view->node_count, drawn);
	return note;
}

void
opres_fill_heading(const OpresDrawing *drawing, OpresSheet *sheet, bool summary)
{
	sheet->lang = drawing->lang;
	sheet->painted = drawing->painted;
	sheet->operations = drawing->view.operations;
	sheet->title = say_title(drawing, summary);
	sheet->subtitle = say_subtitle(drawing);
	if (drawing->painted)
		sheet->verdict = say_outcome(drawing, &sheet->alarm);
	else if (drawing->view.around >= 0)
		sheet->verdict = say_around(drawing, &sheet->alarm);
	else
		sheet->verdict = say_single_points(drawing, &sheet->alarm);
	if (!summary)
		sheet->note = say_note(drawing);
}
