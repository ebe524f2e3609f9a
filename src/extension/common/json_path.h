/*
 * json_path.h - where in a JSON document something is, for messages, such as $.requirements[3].members[1].node; texts of the
 * document as they may stand in messages; and what was probably meant by a misspelt word.
 *
 * Results are allocated in the current memory context.
 */
#ifndef OPRES_JSON_PATH_H
#define OPRES_JSON_PATH_H

#include "common/compat.h"

/* A place in the document: a chain of steps that lives on the C stack of the walk. key = NULL: an array element. */
typedef struct OpresPath
{
	const struct OpresPath *parent; /* NULL: this is $ itself */
	const char *key;
	int key_length;
	int index;
} OpresPath;

extern OpresPath opres_path_key(const OpresPath *parent, const char *key);
extern char *opres_path_text(const OpresPath *path);
/* A string of the document as it may stand in a message: quoted, escaped, cut if long. */
extern char *opres_quoted(const char *text, int length);

/* The nearest of some words to a misspelt one; NULL if none is near. */
typedef struct OpresNearest
{
	const char *word;
	int word_length;
	const char *best;
	int best_length;
	int distance;
} OpresNearest;

extern void opres_nearest_begin(OpresNearest *nearest, const char *word, int length);
extern void opres_nearest_offer(OpresNearest *nearest, const char *candidate, int length);
/* Use inside ereport: adds the hint if there is something near. */
extern int opres_nearest_hint(const OpresNearest *nearest);

#endif
