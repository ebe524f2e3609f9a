/*
 * copy_line.h - a line of COPY ... TO in text format, taken apart into values.
 */
#ifndef OPRES_COPY_LINE_H
#define OPRES_COPY_LINE_H

#include "row.h"

/* A table has no more. */
#define OPRES_LINE_COLUMNS 1600

/* Which column of ours stands where in a line; -1: none of ours. */
typedef struct OpresLayout
{
	int count;
	int16_t columns[OPRES_LINE_COLUMNS];
} OpresLayout;

/* All columns, in the order of the table. */
void opres_layout_default(OpresLayout *layout);
/* Adds a column; false if there are too many, or it is there already. */
bool opres_layout_add(OpresLayout *layout, const char *name, size_t length);
/* The first needed column that is not in it, -1 if all are. */
int opres_layout_missing(const OpresLayout *layout);

/* Undoes the escapes where they stand. False if the line has another number of values or an escape at its end without a letter. */
bool opres_copy_split(const OpresLayout *layout, char *line, size_t length, OpresValue values[OPRES_COLUMNS]);

#endif
