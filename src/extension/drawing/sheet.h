/*
 * sheet.h - what is to be drawn, in plain C: no row, no table, no graph.
 *
 * One half of the room fills a sheet from the map (view, narrow, paint, judge, rows, fill_*, heading), the other draws it (detail,
 * summary, label, legend, frame, canvas). All words in a sheet are cleaned (text.h) and live in the memory context of the drawing.
 */
#ifndef OPRES_DRAWING_SHEET_H
#define OPRES_DRAWING_SHEET_H

#include "common/lang.h"
#include "drawing/text.h"
#include "map/map_cache.h"

/* The same thing said in both languages, indexed by OpresLang; NULL = not known in that language. */
typedef struct OpresPair
{
	const char *in[2];
} OpresPair;

/* Worse is larger. */
typedef enum OpresState
{
	OPRES_PLAIN,     /* nothing is painted */
	OPRES_UNTOUCHED, /* level 1 throughout, redundancy intact */
	OPRES_AT_RISK,   /* level 1 throughout, but the next loss would be felt */
	OPRES_DEGRADED,  /* fell, but not to 0 */
	OPRES_FAILED     /* fell to 0 */
} OpresState;

typedef struct OpresCell
{
	const char *code; /* of the member */
	OpresPair title;
	const char *tooltip;
	OpresState state;
	bool standby;
} OpresCell;

typedef struct OpresLine
{
	const char *text; /* in both languages, the asked one first */
	bool alarm;
} OpresLine;

typedef enum OpresShape
{
	OPRES_ONE,   /* a node of the map */
	OPRES_GROUP, /* members of one redundancy, a cell each */
	OPRES_REST   /* nodes that were left out, as one */
} OpresShape;

typedef struct OpresSheetNode
{
	const char *key;  /* the node's name in the drawing, unique */
	const char *code; /* what the id is made of */
	uint8 shape;      /* OpresShape */
	uint8 kind;       /* OpresKind */
	uint8 state;      /* OpresState */
	int hits;         /* operations that stop when it alone is lost; 0 = not a single point of failure */
	bool major;       /* one of the widest single points of failure */
	OpresPair title;
	OpresLine *lines;
	int line_count;
	OpresCell *cells; /* OPRES_GROUP */
	int cell_count;
	const char *tooltip;
	const char *href; /* NULL = none */
} OpresSheetNode;

typedef enum OpresTie
{
	OPRES_NEEDS,     /* it stops, or nearly, without the other */
	OPRES_REDUNDANT, /* the other's loss alone does not stop it */
	OPRES_RESTART    /* needed to come back only */
} OpresTie;

typedef struct OpresSheetEdge
{
	int32 from; /* depends on */
	int32 to;
	uint8 tie;     /* OpresTie */
	bool binding;  /* on the path that decides */
	bool indirect; /* through nodes left out */
	const char *tooltip;
} OpresSheetEdge;

typedef struct OpresCard
{
	const char *code;
	OpresPair title;
	uint8 state;        /* OpresCardState */
	OpresTime recovery; /* longest unbroken time below the level; OPRES_NEVER = not back; -1 = no bar */
	OpresTime limit;    /* of the tolerance the bar is held against; -1 = no bar */
	double level;       /* the level that tolerance asks for */
	OpresLine *lines;   /* the other tolerances */
	int line_count;
	int single_points;
	const char *tooltip;
} OpresCard;

/* Worse is larger. */
typedef enum OpresCardState
{
	OPRES_CARD_PLAIN, /* no scenario */
	OPRES_CARD_WITHIN,
	OPRES_CARD_UNLIMITED, /* no tolerance to hold it against */
	OPRES_CARD_UNDECIDED, /* a cut-off and no clock */
	OPRES_CARD_NARROW,    /* more than half of the tolerance used */
	OPRES_CARD_OVER
} OpresCardState;

/* A row of the table below the map of one operation. */
typedef struct OpresWeakPoint
{
	OpresPair title;
	int hits;
	const char *owner;    /* "" = not known */
	const char *location; /* "" = not known */
} OpresWeakPoint;

typedef struct OpresSheet
{
	OpresLang lang;
	OpresPair title;
	OpresPair subtitle; /* behind the other language's title */
	OpresPair verdict;
	bool alarm;     /* the verdict is bad news */
	bool painted;   /* with a scenario */
	OpresPair note; /* what was left out; NULL = nothing */
	int operations; /* that the hits are counted among */
	OpresSheetNode *nodes;
	int32 node_count;
	OpresSheetEdge *edges;
	int32 edge_count;
	OpresWeakPoint *weak_points;
	int weak_point_count;
	OpresCard *cards;
	int card_count;
} OpresSheet;

/* DOT in UTF-8. */
extern char *opres_draw_detail(const OpresSheet *sheet);
extern char *opres_draw_summary(const OpresSheet *sheet);

#endif
