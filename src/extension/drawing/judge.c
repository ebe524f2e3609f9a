/*
 * judge.c - tolerances held against a scenario, in words (see judge.h). The verdicts themselves are the outage room's.
 */
#include "drawing/judge.h"

#include <math.h>

#include "drawing/words.h"

#define MOST_OTHERS 4

/* ---- judging ---- */

double
opres_judged_share(const OpresJudged *judged)
{
	if (judged->main < 0 || judged->recovery <= 0)
		return 0;
	if (judged->recovery == OPRES_NEVER)
		return HUGE_VAL;
	return (double) judged->recovery / Max((double) judged->tolerances[judged->main].limit, 1);
}

static bool
is_breached(const OpresJudged *judged, int i)
{
	return judged->outcomes != NULL && judged->outcomes[i].breached_at != OPRES_NEVER;
}

/* A cut-off without a clock says nothing, unless the operation never fell. */
static bool
is_undecided(const OpresJudged *judged, int i)
{
	return judged->outcomes != NULL && !judged->outcomes[i].decided && judged->outcomes[i].worst_level < 1 - OPRES_EPSILON;
}

/* Of the tolerances of form WITHIN the one that comes off worst; without a scenario the shortest. */
static void
find_main(OpresJudged *judged, const OpresPaint *paint)
{
	double worst = -1;

	judged->main = -1;
	judged->recovery = 0;
	for (int i = 0; i < judged->count; i++)
	{
		const OpresTolerance *tolerance = &judged->tolerances[i];
		OpresTime longest = paint != NULL ? opres_paint_longest(paint, judged->operation, tolerance->level) : 0;
		double share = longest == OPRES_NEVER ? HUGE_VAL : (double) longest / Max((double) tolerance->limit, 1);

		if (tolerance->form != OPRES_WITHIN ||
			(judged->main >= 0 &&
			 (share < worst || (share == worst && tolerance->limit >= judged->tolerances[judged->main].limit))))
			continue;
		worst = share;
		judged->main = i;
		judged->recovery = longest;
	}
}

/* More than half of some tolerance used up. */
static bool
is_narrow(const OpresJudged *judged)
{
	if (opres_judged_share(judged) > 0.5)
		return true;
	for (int i = 0; i < judged->count; i++)
		if (judged->tolerances[i].form == OPRES_DATA_LOSS &&
			(double) judged->outcomes[i].data_loss * 2 > (double) judged->tolerances[i].limit)
			return true;
	return false;
}

static OpresCardState
find_state(const OpresJudged *judged)
{
	if (judged->outcomes == NULL)
		return OPRES_CARD_PLAIN;
	if (judged->breached > 0)
		return OPRES_CARD_OVER;
	if (judged->count == 0)
		return OPRES_CARD_UNLIMITED;
	for (int i = 0; i < judged->count; i++)
		if (is_undecided(judged, i))
			return OPRES_CARD_UNDECIDED;
	return is_narrow(judged) ? OPRES_CARD_NARROW : OPRES_CARD_WITHIN;
}

/* At the first breach, else at the first moment of the lowest level. */
static void
find_cause(OpresJudged *judged, OpresPlay *play, const OpresPaint *paint)
{
	OpresTime first = OPRES_NEVER;
	OpresTime at;

	for (int i = 0; i < judged->count; i++)
		if (judged->outcomes[i].breached_at < first)
		{
			first = judged->outcomes[i].breached_at;
			judged->cause = judged->outcomes[i].cause;
			judged->cause_count = judged->outcomes[i].cause_count;
		}
	opres_paint_worst(paint, judged->operation, &at);
	if (first == OPRES_NEVER && at != OPRES_NEVER)
		opres_report(play->map,
					 opres_outage_cause(play->outage, judged->operation, at, &play->arena, &judged->cause, &judged->cause_count,
										&play->error),
					 &play->error);
}

OpresJudged
opres_judge(const OpresMap *map, int32 operation, OpresPlay *play, OpresCalendars *calendars, const OpresPaint *paint)
{
	OpresJudged judged = { .operation = operation };
	int first = 0;

	while (first < map->tolerance_count && map->tolerance_node[first] != operation)
		first++;
	while (first + judged.count < map->tolerance_count && map->tolerance_node[first + judged.count] == operation)
		judged.count++;
	judged.tolerances = palloc(sizeof(OpresTolerance) * Max(judged.count, 1));
	if (play != NULL)
		judged.outcomes = palloc(sizeof(OpresOutcome) * Max(judged.count, 1));
	for (int i = 0; i < judged.count; i++)
	{
		opres_tolerance_read(PointerGetDatum(map->tolerance[first + i]), &judged.tolerances[i]);
		if (play != NULL)
			judged.outcomes[i] = opres_outcome(play, calendars, operation, &judged.tolerances[i]);
		judged.breached += is_breached(&judged, i);
	}
	find_main(&judged, paint);
	judged.state = find_state(&judged);
	if (play != NULL)
		find_cause(&judged, play, paint);
	return judged;
}

/* ---- in words ---- */

/* The last part of a zone's name, as a place. */
static char *
say_place(const char *zone)
{
	const char *slash = strrchr(zone, '/');
	char *place = opres_draw_clean(slash != NULL ? slash + 1 : zone);

	for (char *at = place; *at; at++)
		if (*at == '_')
			*at = ' ';
	return place;
}

static char *
say_cut_off(OpresLang lang, const OpresTolerance *tolerance)
{
	int minutes = (int) (tolerance->time_of_day / 60000000);
	const char *days = "";

	if (tolerance->calendar != NULL)
		days = psprintf(" %s", opres_draw_clean(tolerance->calendar));
	if (tolerance->except_calendar != NULL)
		days = lang == OPRES_JA ? psprintf("%s（%sを除く）", days, opres_draw_clean(tolerance->except_calendar))
								: psprintf("%s except %s", days, opres_draw_clean(tolerance->except_calendar));
	return psprintf("%s%s %02d:%02d %s%s", opres_say(lang, opres_word(OPRES_WORD_CUT_OFF)),
					tolerance->level < 1 ? psprintf(" %s", opres_say_level(tolerance->level)) : "", minutes / 60, minutes % 60,
					say_place(tolerance->zone), days);
}

char *
opres_say_tolerance(OpresLang lang, const OpresTolerance *tolerance)
{
	const char *limit = opres_say_duration(lang, tolerance->limit);

	switch (tolerance->form)
	{
		case OPRES_WITHIN:
			return psprintf("%s %s", opres_say_both(lang, opres_word(OPRES_WORD_TOLERANCE)),
							opres_say_limit(lang, tolerance->limit, tolerance->level));
		case OPRES_BY:
			return say_cut_off(lang, tolerance);
		case OPRES_DATA_LOSS:
			return psprintf("%s %s", opres_say_both(lang, opres_word(OPRES_WORD_DATA_LOSS)), limit);
		case OPRES_TOTAL:
			return psprintf(lang == OPRES_JA ? "%s %s（%s間、%s未満）" : "%s %s (per %s, below %s)",
							opres_say(lang, opres_word(OPRES_WORD_IN_TOTAL)), limit, opres_say_duration(lang, tolerance->window),
							opres_say_level(tolerance->level));
	}
	return pstrdup("");
}

static char *
say_recovery(OpresLang lang, const OpresJudged *judged)
{
	const char *value = judged->recovery == OPRES_NEVER ? opres_say(lang, opres_word(OPRES_WORD_NOT_BACK))
														: opres_say_duration(lang, judged->recovery);

	return psprintf("%s %s", opres_say_both(lang, opres_word(OPRES_WORD_RECOVERY)), value);
}

OpresLine *
opres_judged_lines(OpresLang lang, const OpresJudged *judged, int *count)
{
	OpresLine *lines = palloc0(sizeof(OpresLine) * 3);

	*count = 0;
	if (judged->count == 0)
		return lines;
	lines[(*count)++].text = opres_say_tolerance(lang, &judged->tolerances[Max(judged->main, 0)]);
	if (judged->outcomes != NULL && judged->main >= 0 && judged->recovery > 0)
		lines[(*count)++].text = say_recovery(lang, judged);
	if (judged->breached > 0)
	{
		lines[*count].alarm = true;
		lines[(*count)++].text = psprintf("✕ %s", opres_say_both(lang, opres_card_word(OPRES_CARD_OVER)));
	}
	return lines;
}

OpresLine *
opres_judged_others(OpresLang lang, const OpresJudged *judged, int *count)
{
	OpresLine *lines = palloc0(sizeof(OpresLine) * (MOST_OTHERS + 1));
	int hidden = 0;

	*count = 0;
	for (int breached = 1; breached >= 0; breached--)
		for (int i = 0; i < judged->count; i++)
		{
			const char *glyph = judged->outcomes == NULL ? "" : breached ? "✕ " : is_undecided(judged, i) ? "？ " : "○ ";

			if (i == judged->main || is_breached(judged, i) != breached)
				continue;
			if (*count == MOST_OTHERS)
			{
				hidden++;
				continue;
			}
			lines[*count].alarm = breached;
			lines[(*count)++].text = psprintf("%s%s", glyph, opres_say_tolerance(lang, &judged->tolerances[i]));
		}
	if (hidden > 0)
		lines[(*count)++].text = psprintf("+%d", hidden);
	return lines;
}
