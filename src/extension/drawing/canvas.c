/*
 * canvas.c - a graph of libcgraph inside a backend, made safe (see canvas.h).
 *
 * The graph lives in malloc'ed memory, so a throw would lose it for good: a reset callback of the memory context closes it.
 * Everything handed to libcgraph from here is const in fact; its prototypes merely do not say so.
 */
#include "drawing/canvas.h"

#include "common/settings.h"
#include "miscadmin.h"
#include "utils/memutils.h"

/*
 * Identifiers. By default libcgraph takes the address of a name, and writes subgraphs in the order of their identifiers: the
 * drawing of the same map would differ from call to call. So subgraphs are numbered here as they are made; the rest is left to
 * the default. A refused allocation is told as "no identifier".
 */
typedef struct Identifiers
{
	void *rest; /* state of the default discipline */
	Agraph_t *graph;
	char **names; /* libcgraph's own strings: it looks before their first byte to see whether they are HTML */
	IDTYPE count;
	IDTYPE room;
} Identifiers;

/* How the graph's own state reaches identifiers_open: libcgraph hands on the pointer it was given. */
typedef struct Disciplines
{
	Agdisc_t base;
	Identifiers *identifiers;
} Disciplines;

struct OpresCanvas
{
	Agraph_t *graph;
	Identifiers identifiers;
	MemoryContextCallback callback;
	int nodes;
	int edges;
};

/* What agwrite has written so far. The callback must not throw: it allocates without and leaves `failed` behind. */
typedef struct Sink
{
	char *data;
	Size length;
	Size capacity;
	bool failed;
} Sink;

/* libcgraph hands its error messages to a function without context, in pieces. */
static char collected[400];
static Size collected_length;

static int
collect_error(char *piece)
{
	Size length = strlen(piece);

	length = Min(length, sizeof(collected) - 1 - collected_length);
	memcpy(collected + collected_length, piece, length);
	collected_length += length;
	collected[collected_length] = '\0';
	return 0;
}

/* Every call of libcgraph stands between these two; nothing in between may throw. */
static agusererrf
begin_call(void)
{
	collected_length = 0;
	collected[0] = '\0';
	return agseterrf(collect_error);
}

static void
end_call(agusererrf saved, bool worked, const char *what)
{
	agseterrf(saved);
	if (worked)
		return;
	while (collected_length > 0 && isspace((unsigned char) collected[collected_length - 1]))
		collected[--collected_length] = '\0';
	ereport(ERROR, (errcode(ERRCODE_EXTERNAL_ROUTINE_EXCEPTION), errmsg("the drawing could not be made: %s failed", what),
					collected_length > 0 ? errdetail("%s", collected) : 0));
}

static void
close_graph(void *arg)
{
	OpresCanvas *canvas = arg;
	agusererrf saved;

	if (canvas->graph == NULL)
		return;
	saved = begin_call();
	agclose(canvas->graph);
	canvas->graph = NULL;
	agseterrf(saved);
}

static int
sink_put(void *channel, const char *text)
{
	Sink *sink = channel;
	Size length = strlen(text);

	if (sink->failed || sink->length + length >= MaxAllocSize)
	{
		sink->failed = true;
		return EOF;
	}
	if (sink->length + length >= sink->capacity)
	{
		Size capacity = Min(Max(2 * sink->capacity, sink->length + length + 1), MaxAllocSize);
		char *data = palloc_extended(capacity, MCXT_ALLOC_NO_OOM);

		if (data == NULL)
		{
			sink->failed = true;
			return EOF;
		}
		if (sink->data != NULL)
		{
			memcpy(data, sink->data, sink->length);
			pfree(sink->data);
		}
		sink->data = data;
		sink->capacity = capacity;
	}
	memcpy(sink->data + sink->length, text, length + 1);
	sink->length += length;
	return 0;
}

static int
sink_flush(void *channel)
{
	return 0;
}

/* Drawings are only written here, never read. */
static int
sink_read(void *channel, char *buffer, int size)
{
	return 0;
}

static void *
identifiers_open(Agraph_t *graph, Agdisc_t *disciplines)
{
	Identifiers *identifiers = ((Disciplines *) disciplines)->identifiers;

	identifiers->rest = AgIdDisc.open(graph, disciplines);
	identifiers->graph = graph;
	return identifiers;
}

static long
identifiers_map(void *state, int kind, char *name, IDTYPE *id, int create)
{
	Identifiers *identifiers = state;
	char **names;

	if (kind != AGRAPH || name == NULL)
		return AgIdDisc.map(identifiers->rest, kind, name, id, create);
	for (*id = 0; *id < identifiers->count; (*id)++)
		if (identifiers->names[*id] != NULL && strcmp(identifiers->names[*id], name) == 0)
			return 1;
	if (!create)
		return 0;
	if (identifiers->count == identifiers->room)
	{
		names = realloc(identifiers->names, sizeof(char *) * (2 * identifiers->room + 16));
		if (names == NULL)
			return 0;
		identifiers->names = names;
		identifiers->room = 2 * identifiers->room + 16;
	}
	identifiers->names[identifiers->count] = agstrdup(identifiers->graph, name);
	if (identifiers->names[identifiers->count] == NULL)
		return 0;
	identifiers->count++;
	return 1;
}

static long
identifiers_alloc(void *state, int kind, IDTYPE id)
{
	return AgIdDisc.alloc(((Identifiers *) state)->rest, kind, id);
}

static void
identifiers_free(void *state, int kind, IDTYPE id)
{
	Identifiers *identifiers = state;

	if (kind != AGRAPH)
		AgIdDisc.free(identifiers->rest, kind, id);
	else if (id < identifiers->count && identifiers->names[id] != NULL)
	{
		agstrfree(identifiers->graph, identifiers->names[id]);
		identifiers->names[id] = NULL;
	}
}

static char *
identifiers_print(void *state, int kind, IDTYPE id)
{
	Identifiers *identifiers = state;

	if (kind != AGRAPH)
		return AgIdDisc.print(identifiers->rest, kind, id);
	return id < identifiers->count ? identifiers->names[id] : NULL;
}

static void
identifiers_close(void *state)
{
	Identifiers *identifiers = state;

	AgIdDisc.close(identifiers->rest);
	free(identifiers->names);
}

static void
identifiers_register(void *state, int kind, void *object)
{
	AgIdDisc.idregister(((Identifiers *) state)->rest, kind, object);
}

static Agiddisc_t identifier_discipline = { identifiers_open,  identifiers_map,   identifiers_alloc,   identifiers_free,
											identifiers_print, identifiers_close, identifiers_register };

static Agiodisc_t sink_discipline = { sink_read, sink_put, sink_flush };

OpresCanvas *
opres_canvas_open(const char *name)
{
	OpresCanvas *canvas = palloc0(sizeof(OpresCanvas));
	Disciplines disciplines = { { &AgMemDisc, &identifier_discipline, &sink_discipline }, &canvas->identifiers };
	agusererrf saved;

	canvas->callback.func = close_graph;
	canvas->callback.arg = canvas;
	MemoryContextRegisterResetCallback(CurrentMemoryContext, &canvas->callback);
	saved = begin_call();
	/* Strict: parallel edges cost dot quadratic time and tell nothing. */
	canvas->graph = agopen((char *) name, Agstrictdirected, &disciplines.base);
	end_call(saved, canvas->graph != NULL, "agopen");
	return canvas;
}

Agraph_t *
opres_canvas_root(OpresCanvas *canvas)
{
	return canvas->graph;
}

void
opres_canvas_default(OpresCanvas *canvas, int kind, const char *attribute, const char *value)
{
	agusererrf saved = begin_call();
	Agsym_t *symbol = agattr(canvas->graph, kind, (char *) attribute, (char *) value);

	end_call(saved, symbol != NULL, "agattr");
}

Agraph_t *
opres_canvas_group(OpresCanvas *canvas, Agraph_t *parent, const char *name)
{
	agusererrf saved = begin_call();
	Agraph_t *group = agsubg(parent, (char *) name, 1);

	end_call(saved, group != NULL, "agsubg");
	return group;
}

/* A malloc that fails inside libcgraph is a crash, so it must never be asked for much. */
static void
check_room(int count, int limit, const char *what, const char *setting)
{
	if (count <= limit)
		return;
	ereport(
		ERROR,
		(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED), errmsg("the drawing would have more than %d %s", limit, what),
		 errdetail("%s allows no more.", setting),
		 errhint("Draw less: view => 'summary', operation => '...', around => '...' with a small radius, or a smaller max_nodes; "
				 "or raise %s.",
				 setting)));
}

Agnode_t *
opres_canvas_node(OpresCanvas *canvas, Agraph_t *group, const char *name)
{
	char *plain = opres_draw_plain(name);
	agusererrf saved;
	Agnode_t *node;

	CHECK_FOR_INTERRUPTS();
	check_room(++canvas->nodes, opres_max_drawn_nodes, "nodes", "opres.max_drawn_nodes");
	saved = begin_call();
	node = agnode(group, plain, 1);
	end_call(saved, node != NULL, "agnode");
	return node;
}

Agedge_t *
opres_canvas_edge(OpresCanvas *canvas, Agnode_t *tail, Agnode_t *head)
{
	agusererrf saved;
	Agedge_t *edge;

	CHECK_FOR_INTERRUPTS();
	check_room(++canvas->edges, opres_max_drawn_edges, "edges", "opres.max_drawn_edges");
	saved = begin_call();
	if (agedge(canvas->graph, tail, head, NULL, 0) != NULL)
	{
		end_call(saved, true, "agedge");
		canvas->edges--;
		return NULL;
	}
	edge = agedge(canvas->graph, tail, head, NULL, 1);
	end_call(saved, edge != NULL, "agedge");
	return edge;
}

void
opres_canvas_plain(OpresCanvas *canvas, void *object, const char *attribute, const char *text)
{
	char *plain = opres_draw_plain(text);
	agusererrf saved = begin_call();
	bool worked = agset(object, (char *) attribute, plain) == 0;

	end_call(saved, worked, "agset");
}

/*
 * libcgraph keeps each string once, and whether it is HTML goes with the string: a plain string with the same letters would turn
 * into HTML, or an HTML one into plain text. The tab keeps them apart, for no cleaned text holds one.
 */
void
opres_canvas_html(OpresCanvas *canvas, void *object, const char *attribute, const char *table, const char *rows)
{
	char *html = psprintf("<TABLE\t%s>%s</TABLE>", table, rows);
	agusererrf saved = begin_call();
	char *kept = agstrdup_html(canvas->graph, html);
	bool worked = kept != NULL && agset(object, (char *) attribute, kept) == 0;

	if (kept != NULL)
		agstrfree(canvas->graph, kept);
	worked = worked && aghtmlstr(agget(object, (char *) attribute));
	end_call(saved, worked, "agset of a label");
}

char *
opres_canvas_write(OpresCanvas *canvas)
{
	Sink sink = { NULL, 0, 0, false };
	agusererrf saved = begin_call();
	bool worked = agwrite(canvas->graph, &sink) == 0;

	end_call(saved, (worked && sink.data != NULL) || sink.failed, "agwrite");
	if (sink.failed)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED), errmsg("the drawing is too large"), errhint("Draw a narrower view.")));
	return sink.data;
}
