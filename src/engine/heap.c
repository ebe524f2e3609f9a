/*
 * heap.c - the binary heap of heap.h; its items live in the arena it was given.
 */
#include "heap.h"

static bool
before(const OpresHeapItem *a, const OpresHeapItem *b)
{
	if (a->key != b->key)
		return a->key < b->key;
	if (a->kind != b->kind)
		return a->kind < b->kind;
	return a->id < b->id;
}

bool
opres_heap_push(OpresHeap *heap, int64_t key, int32_t kind, int32_t id)
{
	OpresHeapItem item = { key, kind, id };
	int32_t at = heap->count;

	if (!opres_arena_grow(heap->arena, (void **) &heap->items, &heap->capacity, heap->count + 1, sizeof(OpresHeapItem)))
		return false;
	heap->count++;
	while (at > 0 && before(&item, &heap->items[(at - 1) / 2]))
	{
		heap->items[at] = heap->items[(at - 1) / 2];
		at = (at - 1) / 2;
	}
	heap->items[at] = item;
	return true;
}

OpresHeapItem
opres_heap_pop(OpresHeap *heap)
{
	OpresHeapItem top = heap->items[0];
	OpresHeapItem last = heap->items[--heap->count];
	int32_t at = 0;

	for (;;)
	{
		int32_t child = 2 * at + 1;

		if (child >= heap->count)
			break;
		if (child + 1 < heap->count && before(&heap->items[child + 1], &heap->items[child]))
			child++;
		if (!before(&heap->items[child], &last))
			break;
		heap->items[at] = heap->items[child];
		at = child;
	}
	heap->items[at] = last;
	return top;
}
