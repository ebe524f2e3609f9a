/*
 * explain.c - the SQL functions explain, recovery_order and restart_deadlocks.
 */
#include "common/interval.h"
#include "common/lang.h"
#include "common/rows.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
#include "outage/play.h"
#include "utils/builtins.h"

OPRES_FUNCTION(opres_explain);
OPRES_FUNCTION(opres_recovery_order);
OPRES_FUNCTION(opres_restart_deadlocks_sql);

/* Our words are UTF-8, the rest of a sentence is in the encoding of the database. */
static const char *say(OpresLang lang, const char *en, const char *ja) __attribute__((format_arg(2), format_arg(3)));

static const char *
say(OpresLang lang, const char *en, const char *ja)
{
	return lang == OPRES_JA ? pg_any_to_server(ja, (int) strlen(ja), PG_UTF8) : en;
}

static const char *
duration(OpresLang lang, OpresTime time)
{
	const char *text = opres_say_duration(lang, time);

	return say(lang, text, text);
}

/* 40%, 33.3% */
static const char *
percent(double level)
{
	char *text = psprintf("%.1f", level * 100);
	size_t length = strlen(text);

	if (length > 2 && strcmp(text + length - 2, ".0") == 0)
		text[length - 2] = '\0';
	return psprintf("%s%%", text);
}

/* What people call the node, in the language asked for if the map has it; its code if it has no name. */
static const char *
node_name(const OpresMap *map, int32 node, OpresLang lang)
{
	static SPIPlanPtr plan;
	Oid types[3] = { TEXTOID, INT8OID, BOOLOID };
	Datum values[3] = { CStringGetTextDatum(map->code[node]), Int64GetDatum(map->revision), BoolGetDatum(lang == OPRES_JA) };
	MemoryContext caller = CurrentMemoryContext;
	const char *name = map->code[node];
	char *found;

	SPI_connect();
	if (plan == NULL)
	{
		plan = SPI_prepare("SELECT CASE WHEN $3 THEN coalesce(names OPERATOR(pg_catalog.->>) 'ja', name)"
						   " ELSE coalesce(name, names OPERATOR(pg_catalog.->>) 'en') END FROM ("
						   "SELECT name, names FROM opres.node WHERE code OPERATOR(pg_catalog.=) $1"
						   " AND since_revision OPERATOR(pg_catalog.<=) $2 UNION ALL "
						   "SELECT name, names FROM opres.node_history WHERE code OPERATOR(pg_catalog.=) $1"
						   " AND since_revision OPERATOR(pg_catalog.<=) $2 AND until_revision OPERATOR(pg_catalog.>) $2) AS node",
						   3, types);
		if (plan == NULL || SPI_keepplan(plan) != 0)
			elog(ERROR, "could not prepare the query for a node's name");
	}
	if (SPI_execute_plan(plan, values, NULL, true, 1) != SPI_OK_SELECT)
		elog(ERROR, "could not read a node's name");
	found = SPI_processed == 1 ? SPI_getvalue(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1) : NULL;
	if (found != NULL)
		name = MemoryContextStrdup(caller, found);
	SPI_finish();
	return name;
}

/* The shock of the node that binds: the lowest level of those active at that moment. */
static const char *
binding_shock(const OpresPlay *play, const OpresCauseLink *link)
{
	const OpresShock *lowest = NULL;

	for (int32 i = 0; i < play->scenario.count; i++)
	{
		const OpresShock *shock = &play->scenario.shocks[i];

		if (shock->node == link->node && shock->onset <= link->at &&
			(shock->duration == OPRES_NEVER || link->at - shock->onset < shock->duration) &&
			(lowest == NULL || shock->level < lowest->level))
			lowest = shock;
	}
	return lowest == NULL ? "?" : play->scenario.code[lowest - play->scenario.shocks];
}

static void
say_requirement(StringInfo text, const OpresPlay *play, const OpresCauseLink *link, OpresLang lang)
{
	const OpresRequirement *r = &play->map->model.requirements[link->requirement];
	const char *name = play->map->requirement_name[link->requirement];
	const char *member = link->member < 0 ? "?" : node_name(play->map, link->member, lang);
	const char *level = percent(link->member_level);

	if (link->because == OPRES_BECAUSE_START)
		appendStringInfo(
			text, say(lang, "cannot start: requirement \"%s\" is not met (%s is at %s)", "再開の要件「%s」が未充足（%sが%s）"),
			name, member, level);
	else
		appendStringInfo(text, say(lang, "requirement \"%s\" is not met (%s is at %s)", "要件「%s」が未充足（%sが%s）"), name,
						 member, level);
	if (link->buffered > 0 || r->buffer > 0)
		appendStringInfo(text, say(lang, ", buffer of %s used up", "、猶予%sを使い切り"), duration(lang, r->buffer));
	if (link->switching && r->switchover > 0)
		appendStringInfo(text, say(lang, ", standby not in service yet (switchover takes %s)", "、待機系への切替（%s）未了"),
						 duration(lang, r->switchover));
}

static const char *
because(const OpresPlay *play, const OpresCauseLink *link, OpresLang lang)
{
	StringInfoData text;

	initStringInfo(&text);
	switch (link->because)
	{
		case OPRES_BECAUSE_FINE:
			appendStringInfoString(&text, say(lang, "not affected", "影響なし"));
			break;
		case OPRES_BECAUSE_SHOCK:
			appendStringInfo(&text, say(lang, "hit by shock \"%s\"", "事象「%s」による"), binding_shock(play, link));
			break;
		case OPRES_BECAUSE_RUN:
		case OPRES_BECAUSE_START:
			say_requirement(&text, play, link, lang);
			break;
	}
	if (link->restarting > 0)
		appendStringInfo(&text, say(lang, ", still restarting (takes %s)", "、再開処理中（所要%s）"),
						 duration(lang, play->map->model.restart[link->node]));
	return text.data;
}

/* explain(scenario, operation, at, lang, revision) */
Datum
opres_explain(PG_FUNCTION_ARGS)
{
	OpresPlay play;
	OpresOutput output;
	OpresCauseLink *links;
	int32_t count;
	OpresTime at;
	OpresLang lang;
	int32 node;

	for (int i = 0; i < 4; i++)
		if (PG_ARGISNULL(i))
			ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("scenario, operation, at and lang must not be null")));
	at = opres_interval_to_time(PG_GETARG_INTERVAL_P(2), "at");
	lang = opres_lang(PG_GETARG_TEXT_PP(3));
	opres_play_begin(&play, fcinfo, 4, -1);
	/* What comes after the moment has no part in it. */
	play.horizon = at + 1;
	node = opres_map_node(play.map, text_to_cstring(PG_GETARG_TEXT_PP(1)), "operation");
	play.scenario = opres_scenario_read(play.map, text_to_cstring(PG_GETARG_TEXT_PP(0)));
	opres_play_run(&play);
	opres_report(play.map, opres_outage_cause(play.outage, node, at, &play.arena, &links, &count, &play.error), &play.error);
	output = opres_output_begin(fcinfo);
	for (int32 i = 0; i < count; i++)
	{
		Datum values[4] = { Int32GetDatum(i), CStringGetTextDatum(play.map->code[links[i].node]), Float8GetDatum(links[i].level),
							CStringGetTextDatum(because(&play, &links[i], lang)) };
		bool nulls[4] = { false };

		opres_output_row(&output, values, nulls);
	}
	opres_play_end(&play);
	return (Datum) 0;
}

typedef struct Recovery
{
	int32 node;
	OpresTime back_at;
	Datum waits_for;
} Recovery;

static int
compare_recoveries(const void *a, const void *b)
{
	const Recovery *x = a;
	const Recovery *y = b;

	if (x->back_at != y->back_at)
		return x->back_at < y->back_at ? -1 : 1;
	return (x->node > y->node) - (x->node < y->node);
}

static Datum
codes_of(const OpresMap *map, const int32_t *nodes, int32 count)
{
	const char **codes = palloc(sizeof(char *) * ((Size) count + 1));

	for (int32 i = 0; i < count; i++)
		codes[i] = map->code[nodes[i]];
	return opres_text_array(codes, count);
}

static Recovery
recovery_of(OpresPlay *play, int32 node)
{
	Recovery recovery = { .node = node };
	OpresArena arena;
	int32_t *waits_for;
	int32_t count;

	/* Traced in an arena of its own: one per node in the run's arena would add up. */
	opres_arena_init(&arena, &play->env, (size_t) play->arena.limit);
	opres_report(play->map, opres_outage_recovery(play->outage, node, &arena, &recovery.back_at, &waits_for, &count, &play->error),
				 &play->error);
	recovery.waits_for = codes_of(play->map, waits_for, count);
	opres_arena_free(&arena);
	return recovery;
}

/* recovery_order(scenario, horizon, revision) */
Datum
opres_recovery_order(PG_FUNCTION_ARGS)
{
	OpresPlay play;
	OpresOutput output;
	Recovery *recoveries;
	const int32_t *nodes;
	int32 count;

	if (PG_ARGISNULL(0))
		ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("scenario must not be null")));
	opres_play_begin(&play, fcinfo, 2, 1);
	play.scenario = opres_scenario_read(play.map, text_to_cstring(PG_GETARG_TEXT_PP(0)));
	opres_play_run(&play);
	count = opres_outage_touched(play.outage, &nodes);
	recoveries = palloc_extended(sizeof(Recovery) * ((Size) count + 1), MCXT_ALLOC_HUGE);
	for (int32 i = 0; i < count; i++)
		recoveries[i] = recovery_of(&play, nodes[i]);
	qsort(recoveries, count, sizeof(Recovery), compare_recoveries);
	output = opres_output_begin(fcinfo);
	for (int32 i = 0; i < count; i++)
	{
		bool nulls[3] = { false, recoveries[i].back_at == OPRES_NEVER, false };
		Datum values[3] = { CStringGetTextDatum(play.map->code[recoveries[i].node]), (Datum) 0, recoveries[i].waits_for };

		if (!nulls[1])
			values[1] = IntervalPGetDatum(opres_time_to_interval(recoveries[i].back_at));
		opres_output_row(&output, values, nulls);
	}
	opres_play_end(&play);
	return (Datum) 0;
}

/* restart_deadlocks(revision) */
Datum
opres_restart_deadlocks_sql(PG_FUNCTION_ARGS)
{
	OpresPlay play;
	OpresOutput output;
	int32_t *nodes;
	int32_t *lengths;
	int32_t count;

	opres_play_begin(&play, fcinfo, 0, -1);
	opres_report(play.map, opres_restart_deadlocks(&play.map->model, &play.arena, &nodes, &lengths, &count, &play.error),
				 &play.error);
	output = opres_output_begin(fcinfo);
	for (int32 i = 0; i < count; i++)
	{
		Datum values[1] = { codes_of(play.map, nodes, lengths[i]) };
		bool nulls[1] = { false };

		opres_output_row(&output, values, nulls);
		nodes += lengths[i];
	}
	opres_play_end(&play);
	return (Datum) 0;
}
