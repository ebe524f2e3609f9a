/*
 * model.h - the compiled map: compressed sparse rows, read-only once built.
 *
 * Nodes are numbered in byte order of their codes, requirements by (owner, name), members active first and then standby,
 * each in node order: so "ties by code" is "ties by index". Built once per map, shared by all analyses; the arrays live in
 * the arena handed to opres_model_build.
 */
#ifndef OPRES_MODEL_H
#define OPRES_MODEL_H

#include "base.h"

typedef enum OpresMode
{
	OPRES_QUORUM,
	OPRES_POOL
} OpresMode;

typedef struct OpresRequirement
{
	int32_t owner;
	int32_t first_member; /* members are [first_member, next requirement's first_member) */
	int32_t active_count; /* the first active_count of them are active, the others standby */
	uint8_t mode;         /* OpresMode */
	uint8_t for_start;    /* needed_for = start */
	double needed;        /* quorum: k; pool: capacity */
	double impact;        /* (0, 1] */
	OpresTime buffer;
	OpresTime switchover;
} OpresRequirement;

/* What the caller fills in, in any order; opres_model_build sorts. */
typedef struct OpresMemberInput
{
	int32_t requirement; /* index into the caller's requirement array */
	int32_t node;
	double capacity;
	OpresTime replica_lag;
	bool standby;
} OpresMemberInput;

typedef struct OpresModel
{
	int32_t node_count;
	int32_t requirement_count;
	int32_t member_count;
	const OpresTime *restart;             /* per node */
	const int32_t *first_requirement;     /* per node + 1 */
	const OpresRequirement *requirements; /* requirement_count + 1: the last one only closes the members */
	const int32_t *member_node;           /* per member */
	const double *member_capacity;        /* per member, NULL = all 1 */
	const OpresTime *member_lag;          /* per member, NULL = all 0 */
	const int32_t *first_use;             /* per node + 1: where it is a member */
	const int32_t *use_requirement;       /* per use: the requirement */
	const int32_t *component;             /* per node: strongly connected component, suppliers have the smaller number */
	const int32_t *component_size;        /* per component */
	int32_t component_count;
	size_t bytes; /* memory held */
} OpresModel;

/*
 * Builds the model. requirements[i].owner/mode/for_start/needed/impact/buffer/switchover are read, the rest computed;
 * requirements must be sorted by owner, within an owner by name. needed = 0 means the default (all active members / their
 * capacity). Refuses (OPRES_INVALID) a requirement without active member, an impossible needed, a member twice or the owner itself;
 * *bad_requirement then says which.
 */
OpresStatus opres_model_build(OpresArena *arena, OpresArena *scratch, int32_t node_count, const OpresTime *restart,
							  int32_t requirement_count, const OpresRequirement *requirements, int32_t member_count,
							  const OpresMemberInput *members, OpresModel *model, int32_t *bad_requirement, OpresError *error);

#endif
