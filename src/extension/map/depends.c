/*
 * depends.c - the SQL functions depends_on and dependents: everything reachable along run and start requirements, with the
 * distance, and whether it is redundant.
 *
 * Redundant: losing that one node alone leaves every requirement of the asked node (of the user, for dependents) met, the loss of
 * whatever falls with it included. A supplier shared by both members of a pair is therefore not redundant. Requirements of any
 * impact count, and start requirements too.
 */
#include "common/rows.h"
#include "map/map_cache.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

OPRES_FUNCTION(opres_depends_on);
OPRES_FUNCTION(opres_dependents);

typedef struct Reach
{
	OpresMap *map;
	int32 *queue;    /* nodes in the order they were found */
	int32 *distance; /* per node, -1 = not reached */
	int32 count;
} Reach;

static void
reach(Reach *r, int32 from, int32 node)
{
	if (r->distance[node] >= 0)
		return;
	r->distance[node] = from < 0 ? 0 : r->distance[from] + 1;
	r->queue[r->count++] = node;
}

static void
search(Reach *r, int32 start, bool suppliers)
{
	const OpresModel *m = &r->map->model;

	r->queue = MemoryContextAllocHuge(CurrentMemoryContext, sizeof(int32) * ((Size) m->node_count + 1));
	r->distance = MemoryContextAllocHuge(CurrentMemoryContext, sizeof(int32) * ((Size) m->node_count + 1));
	memset(r->distance, 0xff, sizeof(int32) * ((Size) m->node_count + 1));
	reach(r, -1, start);
	for (int32 at = 0; at < r->count; at++)
	{
		int32 node = r->queue[at];

		CHECK_FOR_INTERRUPTS();
		if (suppliers)
			for (int32 i = m->requirements[m->first_requirement[node]].first_member;
				 i < m->requirements[m->first_requirement[node + 1]].first_member; i++)
				reach(r, node, m->member_node[i]);
		else
			for (int32 u = m->first_use[node]; u < m->first_use[node + 1]; u++)
				reach(r, node, m->requirements[m->use_requirement[u]].owner);
	}
}

/* Marks what is not whole when `lost` is lost alone; a start requirement counts like any other. */
static void
mark_fallen(const Reach *r, int32 lost, bool *down)
{
	OpresEnv env = opres_pg_env(CurrentMemoryContext);
	OpresArena arena;
	OpresError error = { .node = -1 };
	int32_t *fallen;
	int32_t count;

	opres_arena_init(&arena, &env, 0);
	opres_report(r->map,
				 opres_structure_down(&r->map->model, &r->map->scratch, &lost, 1, 0.0, true, &arena, &fallen, &count, &error),
				 &error);
	for (int32 i = 0; i < count; i++)
		down[fallen[i]] = true;
	opres_arena_free(&arena);
}

/* The same for one node that is asked about: only what it needs, all of it reached, can bring it down. */
static bool
falls_with(const Reach *r, int32 lost, int32 asked)
{
	OpresEnv env = opres_pg_env(CurrentMemoryContext);
	OpresArena arena;
	OpresError error = { .node = -1 };
	bool falls;

	opres_arena_init(&arena, &env, 0);
	opres_report(
		r->map,
		opres_structure_falls(&r->map->model, &r->map->scratch, lost, asked, r->distance, 0.0, true, &arena, &falls, &error),
		&error);
	opres_arena_free(&arena);
	return falls;
}

static void
put_node(OpresOutput *output, const Reach *r, Oid kind_type, int32 node, bool redundant)
{
	bool nulls[4] = { false };
	Datum values[4];

	values[0] = CStringGetTextDatum(r->map->code[node]);
	values[1] = DirectFunctionCall2(enum_in, CStringGetDatum(opres_kind_names[r->map->kind[node]]), ObjectIdGetDatum(kind_type));
	values[2] = Int32GetDatum(r->distance[node]);
	values[3] = BoolGetDatum(redundant);
	opres_output_row(output, values, nulls);
}

static Datum
put_reach(FunctionCallInfo fcinfo, bool suppliers)
{
	Reach r = { 0 };
	OpresOutput output = opres_output_begin(fcinfo);
	Oid kind_type = TupleDescAttr(output.desc, 1)->atttypid;
	MemoryContext row = AllocSetContextCreate(CurrentMemoryContext, "opres row", ALLOCSET_DEFAULT_SIZES);
	bool *down = NULL;
	int32 asked;

	if (PG_ARGISNULL(0))
		ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("node must not be null")));
	r.map = opres_map_hold(opres_revision_argument(fcinfo, 1));
	asked = opres_map_node(r.map, text_to_cstring(PG_GETARG_TEXT_PP(0)), "node");
	search(&r, asked, suppliers);
	if (!suppliers)
	{
		down =
			MemoryContextAllocExtended(CurrentMemoryContext, (Size) r.map->model.node_count + 1, MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
		mark_fallen(&r, asked, down);
	}
	for (int32 i = 1; i < r.count; i++)
	{
		MemoryContext before = MemoryContextSwitchTo(row);
		bool falls = suppliers ? falls_with(&r, r.queue[i], asked) : down[r.queue[i]];

		put_node(&output, &r, kind_type, r.queue[i], !falls);
		MemoryContextSwitchTo(before);
		MemoryContextReset(row);
		CHECK_FOR_INTERRUPTS();
	}
	opres_map_release(r.map);
	return (Datum) 0;
}

/* depends_on(node, revision) */
Datum
opres_depends_on(PG_FUNCTION_ARGS)
{
	return put_reach(fcinfo, true);
}

/* dependents(node, revision) */
Datum
opres_dependents(PG_FUNCTION_ARGS)
{
	return put_reach(fcinfo, false);
}
