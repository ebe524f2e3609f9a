/*
 * scan.h - reading and writing the small texts of the types: a cursor over text that remembers where and why it failed, and
 * decimal numbers that read back exactly.
 *
 * The text need not be NUL-terminated. Numbers go through strtod and snprintf: LC_NUMERIC must be "C", as it always is in the
 * server.
 */
#ifndef OPRES_SCAN_H
#define OPRES_SCAN_H

#include "base.h"

typedef struct OpresScan
{
	const char *text;
	size_t length;
	size_t at;           /* byte offset of what comes next */
	const char *message; /* why it failed: static text, a fact, lower case; NULL = it has not */
	size_t position;     /* where it failed */
	bool out_of_range;   /* well-formed, but the value is not allowed */
} OpresScan;

#define OPRES_NUMBER_TEXT 32 /* room for any printed number */

void opres_scan_init(OpresScan *scan, const char *text, size_t length);
/* Both note the first failure and return false. */
bool opres_scan_fail(OpresScan *scan, size_t position, const char *message);
bool opres_scan_range(OpresScan *scan, size_t position, const char *message);

bool opres_is_blank(char c);
bool opres_is_digit(char c);
bool opres_is_letter(char c);
/* Length bytes at text spell the lower-case word, whatever their case. */
bool opres_same_word(const char *text, size_t length, const char *word);

void opres_scan_blanks(OpresScan *scan);
/* Blanks, then: is that all? */
bool opres_scan_end(OpresScan *scan);
/* Blanks, then this character: taken if it is there, else nothing moves. */
bool opres_scan_char(OpresScan *scan, char c);
/* Blanks, then a word of letters: taken if it is this one (lower case here, any case there), else nothing moves. */
bool opres_scan_word(OpresScan *scan, const char *word);
/* Blanks, then a decimal number without sign, times ten to the `shift`, correctly rounded. */
bool opres_scan_number(OpresScan *scan, int shift, double *value);
/* The duration that fills the text from here to `end`; moves there (in duration.c). */
bool opres_scan_duration(OpresScan *scan, size_t end, OpresTime *value);
/* Blanks, then a level as a percentage in (0, 100 %], as a share. */
bool opres_scan_percent(OpresScan *scan, double *level);

/* The shortest decimal that reads back as this finite number; returns its length. */
int opres_print_number(double value, char text[OPRES_NUMBER_TEXT]);
/* A level as a percentage that reads back as the same level: "99.5%". */
int opres_print_percent(double level, char text[OPRES_NUMBER_TEXT]);

#endif
