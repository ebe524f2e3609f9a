/*
 * frame.h - what both sheets have around them.
 */
#ifndef OPRES_DRAWING_FRAME_H
#define OPRES_DRAWING_FRAME_H

#include "drawing/canvas.h"
#include "drawing/sheet.h"

/* Declares every attribute used in a drawing with its default. */
extern void opres_frame_defaults(OpresCanvas *canvas);
/* The borderless cluster around everything; its label is the heading. */
extern Agraph_t *opres_frame_draw(OpresCanvas *canvas, const OpresSheet *sheet);
/* Says that there is nothing to draw: dot leaves out a cluster without a node, heading and all. */
extern void opres_frame_empty(OpresCanvas *canvas, Agraph_t *frame, const OpresSheet *sheet);

#endif
