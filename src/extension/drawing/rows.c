/*
 * rows.c - the words of the map, read through SPI (see rows.h).
 */
#include "drawing/rows.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

/* A past revision is what is left of it in the table and what lies in the history. */
#define NODE_COLUMNS "code, name, names->>'en', names->>'ja', owner, location, country, attributes->>'url'"
#define SCENARIO_COLUMNS "code, name, names->>'en', names->>'ja'"
#define NOW(table, columns) "SELECT " columns " FROM opres." table " WHERE code = ANY ($1)"
#define PAST(table, columns)                                                                                                       \
	NOW(table, columns)                                                                                                            \
	" AND since_revision <= $2 UNION ALL " NOW(table "_history", columns) " AND since_revision <= $2 AND $2 < until_revision"

static Datum
text_array(const char **codes, int32 count)
{
	Datum *items = palloc(sizeof(Datum) * Max(count, 1));

	for (int32 i = 0; i < count; i++)
		items[i] = CStringGetTextDatum(codes[i]);
	return PointerGetDatum(construct_array(items, count, TEXTOID, -1, false, TYPALIGN_INT));
}

static void
query(const char *now, const char *past, int64 revision, const char **codes, int32 count)
{
	Oid types[2] = { TEXTARRAYOID, INT8OID };
	Datum values[2] = { text_array(codes, count), Int64GetDatum(revision) };
	int result = SPI_execute_with_args(revision == 0 ? now : past, revision == 0 ? 1 : 2, types, values, NULL, true, 0);

	if (result != SPI_OK_SELECT)
		elog(ERROR, "reading words for a drawing failed: %s", SPI_result_code_string(result));
}

/* A column of a row, cleaned, in the caller's context; NULL if it says nothing. */
static const char *
column(uint64 row, int number, MemoryContext context)
{
	char *value = SPI_getvalue(SPI_tuptable->vals[row], SPI_tuptable->tupdesc, number);
	MemoryContext before;
	char *clean;

	if (value == NULL)
		return NULL;
	before = MemoryContextSwitchTo(context);
	clean = opres_draw_clean(value);
	MemoryContextSwitchTo(before);
	return clean[0] ? clean : NULL;
}

/* name and names->>'en', names->>'ja' in columns 2 to 4 */
static OpresPair
title_of(uint64 row, MemoryContext context)
{
	OpresPair title;

	title.in[OPRES_EN] = column(row, 2, context);
	if (title.in[OPRES_EN] == NULL)
		title.in[OPRES_EN] = column(row, 3, context);
	title.in[OPRES_JA] = column(row, 4, context);
	return title;
}

const char *
opres_code_text(const OpresMap *map, int32 node)
{
	return opres_draw_clean(map->code[node]);
}

static void
read_node(uint64 row, OpresNodeText *text, MemoryContext context)
{
	const char *country = column(row, 7, context);
	const char *url = column(row, 8, context);
	OpresPair title = title_of(row, context);
	MemoryContext before = MemoryContextSwitchTo(context);

	if (title.in[OPRES_EN] != NULL || title.in[OPRES_JA] != NULL)
		text->title = title;
	text->owner = column(row, 5, context);
	text->location = column(row, 6, context);
	if (country != NULL)
		text->location = text->location != NULL ? psprintf("%s, %s", text->location, country) : country;
	text->href = url != NULL ? opres_draw_href(url) : NULL;
	MemoryContextSwitchTo(before);
}

static int
compare_nodes(const void *left, const void *right)
{
	int32 a = ((const OpresNodeText *) left)->node;
	int32 b = ((const OpresNodeText *) right)->node;

	return a < b ? -1 : a > b;
}

OpresNodeText *
opres_rows_nodes(const OpresMap *map, int64 revision, const int32 *nodes, int32 count)
{
	MemoryContext context = CurrentMemoryContext;
	OpresNodeText *texts = palloc0(sizeof(OpresNodeText) * Max(count, 1));
	const char **codes = palloc(sizeof(char *) * Max(count, 1));

	for (int32 i = 0; i < count; i++)
	{
		codes[i] = map->code[nodes[i]];
		texts[i].node = nodes[i];
		texts[i].title.in[OPRES_EN] = opres_code_text(map, nodes[i]);
	}
	SPI_connect();
	query(NOW("node", NODE_COLUMNS), PAST("node", NODE_COLUMNS), revision, codes, count);
	for (uint64 row = 0; row < SPI_processed; row++)
	{
		OpresNodeText key = { .node = opres_map_find(map, SPI_getvalue(SPI_tuptable->vals[row], SPI_tuptable->tupdesc, 1)) };
		OpresNodeText *text = bsearch(&key, texts, count, sizeof(OpresNodeText), compare_nodes);

		if (text != NULL)
			read_node(row, text, context);
	}
	SPI_finish();
	return texts;
}

OpresPair
opres_rows_title(const OpresMap *map, int64 revision, int32 node)
{
	return opres_rows_nodes(map, revision, &node, 1)->title;
}

OpresPair
opres_rows_scenario(const OpresMap *map, int64 revision, const char *code)
{
	MemoryContext context = CurrentMemoryContext;
	OpresPair title = { { NULL, NULL } };

	SPI_connect();
	query(NOW("scenario", SCENARIO_COLUMNS), PAST("scenario", SCENARIO_COLUMNS), revision, &code, 1);
	if (SPI_processed > 0)
		title = title_of(0, context);
	SPI_finish();
	if (title.in[OPRES_EN] == NULL && title.in[OPRES_JA] == NULL)
		title.in[OPRES_EN] = opres_draw_clean(code);
	return title;
}

const char *
opres_rows_label(const OpresMap *map)
{
	MemoryContext context = CurrentMemoryContext;
	Oid type = INT8OID;
	Datum revision = Int64GetDatum(map->revision);
	const char *label = NULL;

	SPI_connect();
	if (SPI_execute_with_args("SELECT label FROM opres.map_revision WHERE revision = $1", 1, &type, &revision, NULL, true, 1) !=
		SPI_OK_SELECT)
		elog(ERROR, "reading the label of a revision failed");
	if (SPI_processed > 0)
		label = column(0, 1, context);
	SPI_finish();
	return label;
}
