/*
 * text.h - users' words made safe for a drawing: everything between a column of the map and a DOT attribute.
 *
 * Words are UTF-8 here whatever the database's encoding. All results are palloc'd in the current context. The order is always the
 * same: opres_draw_clean first (no control characters, valid UTF-8, no space at the ends), then clip or wrap to what a reader
 * takes in, then the escape of the place it goes to (XML inside an HTML label, plain elsewhere).
 */
#ifndef OPRES_DRAWING_TEXT_H
#define OPRES_DRAWING_TEXT_H

#include "common/compat.h"
#include "lib/stringinfo.h"

/* Longest plain attribute in bytes: agwrite's buffer overflows when more than 4,095 characters all want an escape. */
#define OPRES_DRAW_LONGEST 4000

/* From the database's encoding to valid UTF-8: white space becomes one blank, control and bidirectional-override characters go,
   the ends are trimmed. */
extern char *opres_draw_clean(const char *text);
/* At most that many columns (a wide character takes two), the rest replaced by an ellipsis. */
extern char *opres_draw_clip(const char *clean, int columns);
/* Lines of at most that many columns, at most `most` of them, the last one clipped; returns how many. */
extern int opres_draw_wrap(const char *clean, int columns, int most, char **lines);
extern int opres_draw_columns(const char *clean);

/* Text or attribute value inside an HTML label, appended: XML escapes, and backslashes doubled, for Graphviz replaces \N, \G and
   the like even there. */
extern void opres_draw_xml(StringInfo out, const char *clean);
/* A plain attribute or a name: backslashes doubled, '\n' written as such, '&' as an entity (dot writes a name that looks like one
   as it is, and the SVG is broken), cut at OPRES_DRAW_LONGEST bytes. */
extern char *opres_draw_plain(const char *text);
/* An XML id: prefix-code; what an id may not hold becomes :XX. */
extern char *opres_draw_id(const char *prefix, const char *code);
/* The address if it is https and made of unsuspicious characters, else NULL. */
extern char *opres_draw_href(const char *address);

#endif
