/*
 * canvas.h - a graph of libcgraph inside a backend, made safe.
 *
 * The rules of libcgraph live here and nowhere else: errors are collected and raised after the call, no callback throws, plain
 * and HTML strings never equal each other, nodes and edges are counted against the settings before they are made, and the graph
 * is closed when the memory context it was opened in is reset, however that comes about. Only libcgraph: a layout belongs outside
 * the server.
 *
 * Attribute names and values come from our own code; users' words have passed through text.h.
 */
#ifndef OPRES_DRAWING_CANVAS_H
#define OPRES_DRAWING_CANVAS_H

#include "drawing/text.h"

#include <graphviz/cgraph.h>

typedef struct OpresCanvas OpresCanvas;

/* Opened in the current memory context, closed with it. */
extern OpresCanvas *opres_canvas_open(const char *name);
extern Agraph_t *opres_canvas_root(OpresCanvas *canvas);
/* The default value of an attribute; kind is AGRAPH, AGNODE or AGEDGE. Every attribute that is set later must have one. */
extern void opres_canvas_default(OpresCanvas *canvas, int kind, const char *attribute, const char *value);

extern Agraph_t *opres_canvas_group(OpresCanvas *canvas, Agraph_t *parent, const char *name);
extern Agnode_t *opres_canvas_node(OpresCanvas *canvas, Agraph_t *group, const char *name);
/* NULL if there is an edge between the two in that direction already. */
extern Agedge_t *opres_canvas_edge(OpresCanvas *canvas, Agnode_t *tail, Agnode_t *head);

/* Sets an attribute of a graph, node or edge. Plain text gets its backslashes doubled and is cut at OPRES_DRAW_LONGEST bytes. */
extern void opres_canvas_plain(OpresCanvas *canvas, void *object, const char *attribute, const char *text);
/* rows: the rows of one HTML table, <TR> to </TR>; table: the attributes of the table. */
extern void opres_canvas_html(OpresCanvas *canvas, void *object, const char *attribute, const char *table, const char *rows);

/* The DOT text in UTF-8. */
extern char *opres_canvas_write(OpresCanvas *canvas);

#endif
