/*
 * tree.h - the Merkle tree over leaves that come in any order, and the chain that links them.
 *
 * What has arrived is kept as runs: stretches of entries without a gap, each with the roots of the perfect subtrees that make it up
 * and the hashes at its two ends. Entries that come in order are one run, of as many hashes as a frontier has; an entry that comes
 * late (one that was erased has moved in the table) costs its hash and no more. So memory goes with the disorder, not with the
 * number of entries.
 */
#ifndef OPRES_TREE_H
#define OPRES_TREE_H

#include "merkle.h"

/* More runs than that are refused: about a gigabyte. */
#define OPRES_RUNS_MAX 4000000

typedef struct OpresTree OpresTree;

/* What links an entry with its neighbours; not known where the row is malformed. */
typedef struct OpresLink
{
	bool known;
	OpresHash hash;
} OpresLink;

typedef enum OpresTreeAdd
{
	OPRES_TREE_ADDED,
	OPRES_TREE_DOUBLE,   /* that number was there already: not added */
	OPRES_TREE_DISORDER, /* too many runs */
	OPRES_TREE_FAILED    /* no memory, or libcrypto refuses */
} OpresTreeAdd;

/* An entry whose previous hash is not the stored leaf hash of the entry before. */
typedef void (*OpresUnlinked)(void *ctx, int64_t number);

OpresTree *opres_tree_new(OpresUnlinked unlinked, void *ctx);
void opres_tree_free(OpresTree *tree);

/* Before the first leaf: the root of that size will be asked for. False if there is no memory. */
bool opres_tree_want(OpresTree *tree, uint64_t size);
/* number: of the entry, from 1. leaf: recomputed, for the tree. previous and stored: for the chain. */
OpresTreeAdd opres_tree_add(OpresTree *tree, int64_t number, const OpresHash *leaf, const OpresLink *previous,
							const OpresLink *stored);

/* The highest number, 0 if there is none. */
int64_t opres_tree_last(const OpresTree *tree);
/* Calls back for every gap before the highest number, in order. */
typedef void (*OpresGap)(void *ctx, int64_t first, int64_t last);
void opres_tree_gaps(OpresTree *tree, OpresGap gap, void *ctx);

typedef enum OpresTreeRoot
{
	OPRES_ROOT_KNOWN,
	OPRES_ROOT_BEYOND, /* there are fewer entries */
	OPRES_ROOT_GAP,    /* entries before are missing */
	OPRES_ROOT_FAILED  /* libcrypto refuses */
} OpresTreeRoot;

/* Of the whole, or of a size that was wanted. */
OpresTreeRoot opres_tree_root_of(OpresTree *tree, uint64_t size, OpresHash *root);

#endif
