/*
 * components.h - strongly connected components of the map, numbered so that suppliers come first.
 */
#ifndef OPRES_COMPONENTS_H
#define OPRES_COMPONENTS_H

#include "model.h"

/* Fills in component, component_size and component_count of a model whose members are in place. */
bool opres_components(OpresArena *arena, OpresArena *scratch, OpresModel *model);

/* The same search on any graph: node v's edges are edge_target[first_edge[v] .. first_edge[v + 1]). Returns the number of
   components, -1 without memory or when cancelled (scratch->status says which). component[v] is smaller for what v reaches. */
int32_t opres_strong_components(OpresArena *scratch, int32_t node_count, const int32_t *first_edge, const int32_t *edge_target,
								int32_t *component);

#endif
