/*
 * tree.c - see tree.h.
 *
 * Runs lie in a red-black tree (tsearch), where two that overlap count as equal: so a number finds the run it is in. A run's
 * subtrees stand left to right; where they lie follows from where the run ends. A note's size may lie inside a subtree that grows
 * past it: so the subtrees that make up the sizes wanted (its peaks) are known before, and their roots are set aside when they come
 * up.
 */
#include "tree.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>

typedef struct Node
{
	int level;
	OpresHash hash;
} Node;

typedef struct Run
{
	int64_t first, last;
	OpresLink previous; /* of the first entry */
	OpresLink stored;   /* leaf hash of the last entry, as stored */
	int count, room;
	Node *nodes;
} Run;

/* A subtree that is wanted: 2^level leaves, the last of them entry `end`. Slots with end 0 are free. */
typedef struct Peak
{
	uint64_t end;
	int level;
	bool known;
	OpresHash hash;
} Peak;

struct OpresTree
{
	OpresUnlinked unlinked;
	void *ctx;
	void *runs;
	int64_t run_count;
	int64_t last;
	Run *current; /* where the last entry went */
	Peak *peaks;
	size_t peak_count, peak_room; /* room: 0 or a power of two */
};

OpresTree *
opres_tree_new(OpresUnlinked unlinked, void *ctx)
{
	OpresTree *tree = calloc(1, sizeof *tree);

	if (tree)
	{
		tree->unlinked = unlinked;
		tree->ctx = ctx;
	}
	return tree;
}

static int
compare_runs(const void *a, const void *b)
{
	const Run *left = a, *right = b;

	return left->last < right->first ? -1 : left->first > right->last;
}

static void
free_run(Run *run)
{
	free(run->nodes);
	free(run);
}

void
opres_tree_free(OpresTree *tree)
{
	if (!tree)
		return;
	while (tree->runs)
	{
		Run *run = *(Run **) tree->runs;

		(void) tdelete(run, &tree->runs, compare_runs);
		free_run(run);
	}
	free(tree->peaks);
	free(tree);
}

/* The slot of a peak, or the free one where it would go. */
static Peak *
find_peak(const OpresTree *tree, uint64_t end, int level)
{
	size_t slot = (size_t) ((end * UINT64_C(0x9E3779B97F4A7C15) >> 20) + (uint64_t) level * 7) & (tree->peak_room - 1);

	while (tree->peaks[slot].end != 0 && !(tree->peaks[slot].end == end && tree->peaks[slot].level == level))
		slot = (slot + 1) & (tree->peak_room - 1);
	return &tree->peaks[slot];
}

static bool
grow_peaks(OpresTree *tree)
{
	OpresTree grown = *tree;

	grown.peak_room = tree->peak_room ? tree->peak_room * 2 : 256;
	grown.peaks = calloc(grown.peak_room, sizeof *grown.peaks);
	if (!grown.peaks)
		return false;
	for (size_t i = 0; i < tree->peak_room; i++)
		if (tree->peaks[i].end != 0)
			*find_peak(&grown, tree->peaks[i].end, tree->peaks[i].level) = tree->peaks[i];
	free(tree->peaks);
	*tree = grown;
	return true;
}

bool
opres_tree_want(OpresTree *tree, uint64_t size)
{
	uint64_t end = 0;

	for (int level = OPRES_TREE_LEVELS - 1; level >= 0; level--)
	{
		Peak *peak;

		if (!(size >> level & 1))
			continue;
		end += UINT64_C(1) << level;
		if (2 * tree->peak_count >= tree->peak_room && !grow_peaks(tree))
			return false;
		peak = find_peak(tree, end, level);
		if (peak->end == 0)
		{
			*peak = (Peak){ .end = end, .level = level };
			tree->peak_count++;
		}
	}
	return true;
}

static void
note_peak(OpresTree *tree, uint64_t end, const Node *node)
{
	Peak *peak;

	if (tree->peak_count == 0)
		return;
	peak = find_peak(tree, end, node->level);
	if (peak->end != 0)
	{
		peak->known = true;
		peak->hash = node->hash;
	}
}

/* Adds a subtree at the right end of a run, which then ends at entry `end`, and joins what has become perfect. */
static bool
push_node(OpresTree *tree, Run *run, uint64_t end, const Node *node)
{
	if (run->count == run->room)
	{
		int room = run->room ? run->room * 2 : 2;
		Node *grown = realloc(run->nodes, (size_t) room * sizeof *grown);

		if (!grown)
			return false;
		run->nodes = grown;
		run->room = room;
	}
	run->nodes[run->count++] = *node;
	while (run->count >= 2)
	{
		Node *left = &run->nodes[run->count - 2], *right = left + 1;

		if (left->level != right->level || (end & ((UINT64_C(2) << left->level) - 1)) != 0)
			break;
		if (!opres_node_hash(&left->hash, &right->hash, &left->hash))
			return false;
		left->level++;
		run->count--;
		note_peak(tree, end, left);
	}
	return true;
}

static void
check_link(OpresTree *tree, int64_t number, const OpresLink *stored, const OpresLink *previous)
{
	if (stored->known && previous->known && !opres_hash_equal(&stored->hash, &previous->hash))
		tree->unlinked(tree->ctx, number);
}

static Run *
run_with(const OpresTree *tree, int64_t number)
{
	Run key = { .first = number, .last = number };
	Run **found;

	if (tree->run_count == 0 || number < 1)
		return NULL;
	found = tfind(&key, &tree->runs, compare_runs);
	return found ? *found : NULL;
}

static bool
append(OpresTree *tree, Run *run, const OpresHash *leaf, const OpresLink *previous, const OpresLink *stored)
{
	Node node = { 0, *leaf };

	run->last++;
	check_link(tree, run->last, &run->stored, previous);
	run->stored = *stored;
	note_peak(tree, (uint64_t) run->last, &node);
	return push_node(tree, run, (uint64_t) run->last, &node);
}

/* Moves all of the right one, which begins where the left one ends, into the left one. */
static bool
join(OpresTree *tree, Run *left, Run *right)
{
	uint64_t end = (uint64_t) left->last;

	check_link(tree, right->first, &left->stored, &right->previous);
	(void) tdelete(right, &tree->runs, compare_runs);
	tree->run_count--;
	left->last = right->last;
	left->stored = right->stored;
	for (int i = 0; i < right->count; i++)
	{
		end += UINT64_C(1) << right->nodes[i].level;
		if (!push_node(tree, left, end, &right->nodes[i]))
		{
			free_run(right);
			return false;
		}
	}
	free_run(right);
	return true;
}

static Run *
new_run(OpresTree *tree, int64_t number, const OpresLink *previous)
{
	Run *run = calloc(1, sizeof *run);

	if (!run)
		return NULL;
	run->first = run->last = number;
	run->previous = *previous;
	if (!tsearch(run, &tree->runs, compare_runs))
	{
		free(run);
		return NULL;
	}
	tree->run_count++;
	return run;
}

/* An entry that does not go to the end of the only run. */
static OpresTreeAdd
place(OpresTree *tree, int64_t number, const OpresHash *leaf, const OpresLink *previous, const OpresLink *stored)
{
	Node node = { 0, *leaf };
	Run *run, *right;

	if (run_with(tree, number))
		return OPRES_TREE_DOUBLE;
	run = run_with(tree, number - 1);
	right = number < INT64_MAX ? run_with(tree, number + 1) : NULL;
	if (run)
	{
		if (!append(tree, run, leaf, previous, stored))
			return OPRES_TREE_FAILED;
	}
	else
	{
		if (tree->run_count >= OPRES_RUNS_MAX)
			return OPRES_TREE_DISORDER;
		run = new_run(tree, number, previous);
		if (!run)
			return OPRES_TREE_FAILED;
		run->stored = *stored;
		note_peak(tree, (uint64_t) number, &node);
		if (!push_node(tree, run, (uint64_t) number, &node))
			return OPRES_TREE_FAILED;
	}
	tree->current = run;
	return !right || join(tree, run, right) ? OPRES_TREE_ADDED : OPRES_TREE_FAILED;
}

OpresTreeAdd
opres_tree_add(OpresTree *tree, int64_t number, const OpresHash *leaf, const OpresLink *previous, const OpresLink *stored)
{
	OpresTreeAdd added;

	if (tree->run_count == 1 && number - 1 == tree->current->last)
		added = append(tree, tree->current, leaf, previous, stored) ? OPRES_TREE_ADDED : OPRES_TREE_FAILED;
	else
		added = place(tree, number, leaf, previous, stored);
	if (added == OPRES_TREE_ADDED && number > tree->last)
		tree->last = number;
	return added;
}

int64_t
opres_tree_last(const OpresTree *tree)
{
	return tree->last;
}

/* twalk has no argument to hand on. */
static struct
{
	OpresGap gap;
	void *ctx;
	int64_t next;
} walk;

static void
visit(const void *node, VISIT when, int depth)
{
	const Run *run = *(Run *const *) node;

	if (when != postorder && when != leaf)
		return;
	if (run->first > walk.next)
		walk.gap(walk.ctx, walk.next, run->first - 1);
	/* After the highest possible number there is no next; no run follows either. */
	walk.next = run->last < INT64_MAX ? run->last + 1 : INT64_MAX;
}

void
opres_tree_gaps(OpresTree *tree, OpresGap gap, void *ctx)
{
	walk.gap = gap;
	walk.ctx = ctx;
	walk.next = 1;
	twalk(tree->runs, visit);
}

static OpresTreeRoot
root_of_run(const Run *run, OpresHash *root)
{
	*root = run->nodes[run->count - 1].hash;
	for (int i = run->count - 2; i >= 0; i--)
		if (!opres_node_hash(&run->nodes[i].hash, root, root))
			return OPRES_ROOT_FAILED;
	return OPRES_ROOT_KNOWN;
}

static OpresTreeRoot
root_of_peaks(const OpresTree *tree, uint64_t size, OpresHash *root)
{
	uint64_t end = size;
	bool begun = false;

	/* From the right: the smallest first. */
	for (int level = 0; level < OPRES_TREE_LEVELS; level++)
	{
		const Peak *peak;

		if (!(size >> level & 1))
			continue;
		peak = find_peak(tree, end, level);
		if (!peak->known)
			return OPRES_ROOT_GAP;
		if (!begun)
			*root = peak->hash;
		else if (!opres_node_hash(&peak->hash, root, root))
			return OPRES_ROOT_FAILED;
		begun = true;
		end -= UINT64_C(1) << level;
	}
	return OPRES_ROOT_KNOWN;
}

OpresTreeRoot
opres_tree_root_of(OpresTree *tree, uint64_t size, OpresHash *root)
{
	const Run *run = run_with(tree, 1);

	if (size > (uint64_t) tree->last)
		return OPRES_ROOT_BEYOND;
	if (size == 0)
		return opres_empty_root(root) ? OPRES_ROOT_KNOWN : OPRES_ROOT_FAILED;
	if (!run || (uint64_t) run->last < size)
		return OPRES_ROOT_GAP;
	return (uint64_t) run->last == size ? root_of_run(run, root) : root_of_peaks(tree, size, root);
}
