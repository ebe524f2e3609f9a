/*
 * check_flow.h - the steps of a playbook under check as a graph, and to which region each belongs (workflow-semantics.md).
 */
#ifndef OPRES_CHECK_FLOW_H
#define OPRES_CHECK_FLOW_H

#include "playbook/check.h"

#define OPRES_NO_NODE (-1)
#define OPRES_NO_GROUP (-1)

/* A way from a step to another: by what follows it, or into a branch. */
typedef struct OpresWay
{
	const char *member; /* on_completion, next_steps, ... */
	const char *key;    /* of cases */
	int index;          /* of next_steps */
	int to;
} OpresWay;

typedef struct OpresNode
{
	char *id;
	const char *type;
	JsonbContainer *json;
	int follow_count, branch_count; /* ways that lead to a step */
	OpresWay *follows, *branches;
	int group; /* OPRES_NO_GROUP: none, or it is an end, which all share */
	bool reached;
	bool begins; /* a branch begins with it */
} OpresNode;

/* Regions that may share steps: the branches of one if or switch are one group, every other region is one by itself. */
typedef struct OpresGroup
{
	int owner;  /* the construct; OPRES_NO_NODE: the main region or the exception */
	int parent; /* the owner's group */
	int depth;  /* 0 = the main region, the exception */
} OpresGroup;

typedef struct OpresFlow
{
	int count;
	OpresNode *nodes; /* in jsonb's order */
	int start, exception;
	int group_count, group_room;
	OpresGroup *groups; /* 0 = the main region */
	bool whole;         /* nothing is wrong with it */
} OpresFlow;

extern bool opres_node_is(const OpresNode *node, const char *type);
extern int opres_flow_find(const OpresFlow *flow, const char *id);
/* Whether a step is inside a construct, at any depth. */
extern bool opres_flow_inside(const OpresFlow *flow, int node, int construct);
/* What can be reached from the beginning and the exception without passing `without`: an array of count. */
extern bool *opres_flow_reach(const OpresFlow *flow, int without);

/* check_graph.c: the steps and ways; dangling ones are a problem. */
extern OpresFlow *opres_flow_read(OpresCheck *check);
extern void opres_way_problem(OpresCheck *check, const OpresNode *from, const OpresWay *way, OpresProblem problem,
							  const char *first, const char *second);

#endif
