/*
 * heap.h - a binary heap of (key, kind, id), smallest key first; kind and id break ties so that runs are repeatable.
 */
#ifndef OPRES_HEAP_H
#define OPRES_HEAP_H

#include "base.h"

typedef struct OpresHeapItem
{
	int64_t key;
	int32_t kind;
	int32_t id;
} OpresHeapItem;

typedef struct OpresHeap
{
	OpresArena *arena;
	OpresHeapItem *items;
	int32_t count;
	int32_t capacity;
} OpresHeap;

bool opres_heap_push(OpresHeap *heap, int64_t key, int32_t kind, int32_t id);
OpresHeapItem opres_heap_pop(OpresHeap *heap); /* the heap must not be empty */

#endif
