/*
 * playbook_form.h - the form a printed playbook takes: lines of text, or HTML. What is said in which order is playbook_sheet.c's.
 *
 * All texts may be from outside: a form writes them so that they can do nothing (control characters and those that turn the
 * direction of writing are shown as \uXXXX, HTML is escaped), and takes line feeds as ends of lines only where it says so.
 */
#ifndef OPRES_PLAYBOOK_FORM_H
#define OPRES_PLAYBOOK_FORM_H

#include <stdio.h>

#include "playbook_paper.h"

/* Columns of a line of text, wide characters counted as two. */
#define OPRES_FORM_COLUMNS 100

typedef struct OpresSheet OpresSheet;

typedef struct OpresForm
{
	void (*begin)(OpresSheet *sheet, const char *title); /* once, before everything */
	void (*end)(OpresSheet *sheet);
	void (*playbook)(OpresSheet *sheet, const char *title); /* begins a playbook, on a page of its own */
	void (*playbook_end)(OpresSheet *sheet);
	void (*heading)(OpresSheet *sheet, const char *text);
	void (*text)(OpresSheet *sheet, const char *text); /* line feeds are kept */
	void (*warning)(OpresSheet *sheet, const char *text);
	void (*field)(OpresSheet *sheet, const char *label, const char *text);
	void (*blanks)(OpresSheet *sheet, const char *label, const char *const *names,
				   int count); /* lines to write on; label may be NULL */
	void (*ask)(OpresSheet *sheet, const char *text, const char *const *choices, int count); /* no choices: a line to write on */
	void (*list)(OpresSheet *sheet, bool begin);                                             /* things to tick begin, end */
	void (*tick)(OpresSheet *sheet, const char *text);
	void (*code)(OpresSheet *sheet, const char *text); /* as it is; line feeds are kept */
	void (*step)(OpresSheet *sheet, int32_t number, const char *label, const char *name, const char *notes);
	void (*step_end)(OpresSheet *sheet);
	void (*branch)(OpresSheet *sheet, const char *text);
	void (*branch_end)(OpresSheet *sheet);
	void (*jump)(OpresSheet *sheet, const char *text, int32_t number); /* number of the step it leads to; 0 = none */
	void (*table)(OpresSheet *sheet, const char *const *columns, int count);
	void (*row)(OpresSheet *sheet, const char *const *cells,
				int32_t number); /* NULL = to be filled in; the first is a step's: number */
	void (*table_end)(OpresSheet *sheet);
} OpresForm;

struct OpresSheet
{
	const OpresForm *form;
	FILE *out;
	OpresArena *arena;
	int playbook; /* 1, 2, ... */
	int depth;    /* branches */
	bool in_step;
	const char *const *columns;
	int column_count;
};

extern const OpresForm opres_form_text, opres_form_html;

/* playbook_sheet.c: one playbook on a sheet. */
void opres_sheet_print(OpresSheet *sheet, OpresPaper *paper);
/* playbook_step.c: a step of it. */
void opres_sheet_step(OpresSheet *sheet, OpresPaper *paper, int32_t step);

/* playbook_clean.c: a text that can do nothing to a terminal or a reader; without `lines` line feeds are blanks. Of the arena; ""
 * when memory is out. */
const char *opres_clean(OpresArena *arena, const char *text, bool lines);
/* Columns of a character. In Japanese whatever some terminals show wide counts as wide. */
int opres_columns(uint32_t character);
/* Bytes of the text that go on a line of so many columns, and where the next line begins. At least one character, if there is one.
 */
size_t opres_break_line(const char *text, int columns, size_t *next);

#endif
