/*
 * play.c - runs the engine for the SQL functions of this room (play.h).
 */
#include "outage/play.h"

#include "common/interval.h"
#include "common/rows.h"
#include "common/settings.h"

void
opres_play_begin(OpresPlay *play, FunctionCallInfo fcinfo, int revision_argument, int horizon_argument)
{
	int64 revision = opres_revision_argument(fcinfo, revision_argument);

	memset(play, 0, sizeof(*play));
	if (horizon_argument >= 0)
	{
		if (PG_ARGISNULL(horizon_argument))
			ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("horizon must not be null")));
		play->horizon = opres_interval_to_time(PG_GETARG_INTERVAL_P(horizon_argument), "horizon");
		if (play->horizon == 0)
			ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("horizon must be longer than zero")));
	}
	play->map = opres_map_hold(revision);
	play->env = opres_pg_env(AllocSetContextCreate(CurrentMemoryContext, "opres outage", ALLOCSET_DEFAULT_SIZES));
	opres_arena_init(&play->arena, &play->env, (size_t) opres_max_memory * 1024);
}

void
opres_play_run(OpresPlay *play)
{
	OpresLimits limits = { opres_max_events };
	OpresStatus status = opres_outage_run(&play->map->model, &play->map->scratch, play->scenario.shocks, play->scenario.count,
										  play->horizon, &limits, &play->arena, &play->outage, &play->error);

	opres_report(play->map, status, &play->error);
}

void
opres_play_end(OpresPlay *play)
{
	MemoryContextDelete(play->env.ctx);
	opres_map_release(play->map);
}

Datum
opres_play_codes(const OpresPlay *play, const OpresCauseLink *links, int32 count)
{
	const char **codes = palloc(sizeof(char *) * ((Size) count + 1));

	for (int32 i = 0; i < count; i++)
		codes[i] = play->map->code[links[i].node];
	return opres_text_array(codes, count);
}
