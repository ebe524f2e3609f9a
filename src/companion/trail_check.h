/*
 * trail_check.h - checks a trail row by row, in any order: the rules of audit-format.md, "Verification".
 */
#ifndef OPRES_TRAIL_CHECK_H
#define OPRES_TRAIL_CHECK_H

#include "row.h"
#include "tree.h"

typedef enum OpresProblemKind
{
	OPRES_PROBLEM_MISSING,   /* entries number to last */
	OPRES_PROBLEM_ILLEGIBLE, /* a row without a number that is one; number is 0 */
	OPRES_PROBLEM_MALFORMED, /* a column that cannot be what the table holds */
	OPRES_PROBLEM_DOUBLE,    /* a second row of that number */
	OPRES_PROBLEM_CONTENT,   /* salt, reason and content do not give the content hash */
	OPRES_PROBLEM_TOO_LONG,  /* 64 KiB or more */
	OPRES_PROBLEM_LEAF,      /* the fields do not give the leaf hash */
	OPRES_PROBLEM_UNLINKED,  /* the previous hash is not the leaf hash of the entry before */
	OPRES_PROBLEM_ERASED     /* the content is gone, and no later entry says that it was erased */
} OpresProblemKind;

typedef struct OpresProblem
{
	OpresProblemKind kind;
	int64_t number, last;
	uint64_t line;      /* 0 if it is about no row */
	OpresColumn column; /* of a malformed row */
} OpresProblem;

/* So many are kept, those of the lowest numbers. */
#define OPRES_PROBLEMS_KEPT 20

typedef struct OpresNumbers
{
	int64_t *numbers;
	size_t count, room;
} OpresNumbers;

typedef struct OpresTrailCheck
{
	OpresTree *tree;
	uint64_t rows;
	int64_t first_at, last_at; /* of the earliest and the latest, if there are rows that can be read */
	bool has_at;
	uint64_t problem_count;
	int kept;
	OpresProblem problems[OPRES_PROBLEMS_KEPT]; /* by number */
	OpresNumbers erased;                        /* entries without content */
	OpresNumbers erasures;                      /* entries of which a later one says that it was erased */
	uint64_t uncovered;                         /* of the erasures: their content is there all the same (opres_trail_check_end) */
	bool disorder;                              /* what failed was that */
} OpresTrailCheck;

/* False if there is no memory. */
bool opres_trail_check_init(OpresTrailCheck *check);
void opres_trail_check_free(OpresTrailCheck *check);
/* False: no memory, libcrypto refuses, or disorder. */
bool opres_trail_check_row(OpresTrailCheck *check, const OpresRow *row);
/* When all rows are through: what only the whole can tell. */
void opres_trail_check_end(OpresTrailCheck *check);

#endif
