/*
 * label.h - HTML labels: the words of a node, the heading and the legend as table rows.
 */
#ifndef OPRES_DRAWING_LABEL_H
#define OPRES_DRAWING_LABEL_H

#include "drawing/canvas.h"
#include "drawing/sheet.h"

/* Label, shape and colours of a node of the detail sheet. */
extern void opres_label_node(OpresCanvas *canvas, Agnode_t *drawn, const OpresSheet *sheet, const OpresSheetNode *node);
/* Title, the other language's title, verdict and note, as the label of a graph. */
extern void opres_label_heading(OpresCanvas *canvas, Agraph_t *group, const OpresSheet *sheet);
/* Two rows: asked language bold, the other grey. */
extern void opres_label_layer(OpresCanvas *canvas, Agraph_t *group, OpresLang lang, OpresPair title);
extern void opres_label_legend(OpresCanvas *canvas, Agraph_t *group, const OpresSheet *sheet);
extern void opres_label_summary_legend(OpresCanvas *canvas, Agraph_t *group, const OpresSheet *sheet);

/* One piece of text in a font, appended. bold, colour and size as given; text is escaped here. */
extern void opres_label_text(StringInfo out, const char *text, int size, const char *colour, bool bold);
extern char *opres_class_list(const char *first, const char *second, const char *third);

#endif
