/*
 * rows.h - the words of the map that the compiled map does not hold, read through SPI for the nodes that are drawn.
 *
 * Texts are cleaned and palloc'd in the caller's context. Rows are read with the caller's rights and snapshot.
 */
#ifndef OPRES_DRAWING_ROWS_H
#define OPRES_DRAWING_ROWS_H

#include "drawing/sheet.h"

typedef struct OpresNodeText
{
	int32 node;
	OpresPair title; /* the code where there is no name */
	const char *owner;
	const char *location;
	const char *href;
} OpresNodeText;

/* The words of the nodes, which are sorted by index; the same order in the result. revision 0 = current. */
extern OpresNodeText *opres_rows_nodes(const OpresMap *map, int64 revision, const int32 *nodes, int32 count);
extern OpresPair opres_rows_title(const OpresMap *map, int64 revision, int32 node);
extern OpresPair opres_rows_scenario(const OpresMap *map, int64 revision, const char *code);
/* The label of the revision, NULL if it has none. */
extern const char *opres_rows_label(const OpresMap *map);
/* A code as words. */
extern const char *opres_code_text(const OpresMap *map, int32 node);

#endif
