/*
 * structure.h - time left out: which nodes are down when some have failed (outage-semantics, "Structure function"), and
 * where restarts can lock each other.
 */
#ifndef OPRES_STRUCTURE_H
#define OPRES_STRUCTURE_H

#include "outage.h"

/*
 * Nodes down when `failed` nodes have failed, failed ones included, in the order they fell. Requirements with an impact below
 * threshold (0.5 in the page) don't count; start requirements count only if with_start (then: what could not be started again).
 */
OpresStatus opres_structure_down(const OpresModel *model, OpresScratch *scratch, const int32_t *failed, int32_t failed_count,
								 double threshold, bool with_start, OpresArena *arena, int32_t **down, int32_t *down_count,
								 OpresError *error);

/* Whether `asked` is down when one node has failed. Nodes with within[node] = -1 are left out of it: all that `asked` needs must be
 * in. */
OpresStatus opres_structure_falls(const OpresModel *model, OpresScratch *scratch, int32_t failed, int32_t asked,
								  const int32_t *within, double threshold, bool with_start, OpresArena *arena, bool *falls,
								  OpresError *error);

/* One representative cycle for each strongly connected component that can never restart once down. cycles: node lists laid end
   to end, each cycle's length in lengths. */
OpresStatus opres_restart_deadlocks(const OpresModel *model, OpresArena *arena, int32_t **nodes, int32_t **lengths, int32_t *count,
									OpresError *error);

#endif
