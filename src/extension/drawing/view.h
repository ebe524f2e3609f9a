/*
 * view.h - what of the map goes on the sheet, and what depends on what there.
 *
 * Works on the compiled map alone. A unit is what becomes one node of the drawing: a node of the map, or the members of a
 * redundancy together, with or without the node that they make up. Everything is palloc'd in the context of the drawing.
 */
#ifndef OPRES_DRAWING_VIEW_H
#define OPRES_DRAWING_VIEW_H

#include "drawing/sheet.h"

#define OPRES_MOST_MAJOR 5

typedef struct OpresUnit
{
	int32 node;        /* -1 = members only */
	int32 requirement; /* whose members are cells of this unit; -1 = none */
	int hits;          /* operations that stop when it alone is lost */
	uint8 state;       /* OpresState */
	bool on_path;      /* on a path that decides */
	bool major;        /* one of the widest single points of failure */
	bool drawn;        /* chosen, see narrow.c */
	int32 place;       /* its index in the sheet if drawn */
} OpresUnit;

/* From depends on to, perhaps through units that are not drawn. */
typedef struct OpresLink
{
	int32 from; /* units */
	int32 to;
	uint8 tie;     /* OpresTie */
	bool indirect; /* through units left out */
	bool binding;
} OpresLink;

typedef struct OpresView
{
	const OpresMap *map;
	int64 revision;   /* as asked for, 0 = current */
	int32 operation;  /* the node asked for, -1 = all */
	int32 around;     /* the node asked for, -1 = none */
	int32 *unit_of;   /* per node; -1 = not in this view */
	int32 node_count; /* nodes in this view */
	OpresUnit *units;
	int32 unit_count;
	OpresLink *links; /* between drawn units */
	int32 link_count;
	int32 link_room;
	int32 *hits;          /* per node: operations that stop when it alone is lost */
	int32 *single_points; /* per node: for an operation, how many nodes stop it when lost alone */
	int32 operations;     /* of the whole map */
	int32 single_point_count;
} OpresView;

/* Which nodes belong: all; or what an operation needs; or what uses a node and what it needs. radius < 0 = without end. */
extern void opres_view_scope(OpresView *view, int radius);
/* Fills in hits and single_points for the nodes of the view. */
extern void opres_view_single_points(OpresView *view);
/* Forms the units. */
extern void opres_view_units(OpresView *view);
/* Chooses what is drawn and links it: at most max_nodes units; if that is negative, as many as can be read. */
extern void opres_view_narrow(OpresView *view, int max_nodes);
/* Links between the drawn units. */
extern void opres_view_link(OpresView *view);
/* A link that must be there: found or made. */
extern OpresLink *opres_view_force_link(OpresView *view, int32 from, int32 to);

/* Members of a requirement: [*first, *end) of model.member_node. */
extern void opres_members(const OpresMap *map, int32 requirement, int32 *first, int32 *end);
/* True if the requirement fails, or all but fails, when that node alone is lost. */
extern bool opres_indispensable(const OpresMap *map, int32 requirement, int32 node);
extern double opres_member_capacity(const OpresMap *map, int32 member); /* member: index into model.member_node */
extern bool opres_is_resource(const OpresMap *map, int32 node);

#endif
