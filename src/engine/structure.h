/*
 * structure.h - time left out: which nodes are down when some have failed (outage-semantics, "Structure function"), and
 * where restarts can lock each other.
 */
#ifndef OPRES_STRUCTURE_H
#define OPRES_STRUCTURE_H

#include "outage.h"

/* Nodes down when `failed` nodes have failed, failed ones included, in the order they fell; threshold as in the page (0.5). */
OpresStatus opres_structure_down(const OpresModel *model, OpresScratch *scratch, const int32_t *failed, int32_t failed_count,
								 double threshold, OpresArena *arena, int32_t **down, int32_t *down_count, OpresError *error);

/* One representative cycle for each strongly connected component that can never restart once down. cycles: node lists laid end
   to end, each cycle's length in lengths. */
OpresStatus opres_restart_deadlocks(const OpresModel *model, OpresArena *arena, int32_t **nodes, int32_t **lengths, int32_t *count,
									OpresError *error);

#endif
