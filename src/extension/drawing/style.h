/*
 * style.h - the look: shape, tint and line by kind, colour, glyph and border by state, what the layers are.
 *
 * A state is told three times, by colour, by a glyph and by the border, so that it is read in grey and by the colour-blind.
 */
#ifndef OPRES_DRAWING_STYLE_H
#define OPRES_DRAWING_STYLE_H

#include "drawing/sheet.h"

#define OPRES_FONT "Noto Sans CJK JP,Yu Gothic,Meiryo,sans-serif"
#define OPRES_RED "#A4133C"
#define OPRES_DARK_RED "#5C0A22"
#define OPRES_AMBER "#F5A623"
#define OPRES_GREEN "#007A5A"
#define OPRES_INK "#111111"
#define OPRES_GREY "#666666"
#define OPRES_PALE "#CFD3D6"
#define OPRES_EDGE "#9AA0A6"

#define OPRES_LAYERS 7

typedef struct OpresKindStyle
{
	const char *shape;
	const char *style;
	const char *margin;
	const char *fill;
	const char *line;
	int layer;
} OpresKindStyle;

typedef struct OpresStateStyle
{
	const char *class;
	const char *glyph; /* "" = none */
	const char *fill;  /* NULL = the kind's */
	const char *line;  /* NULL = the kind's */
	const char *ink;
	const char *faint;  /* the second language */
	const char *border; /* a style to add */
	const char *penwidth;
} OpresStateStyle;

extern const OpresKindStyle *opres_kind_style(OpresKind kind);
extern const OpresStateStyle *opres_state_style(OpresState state);

#endif
