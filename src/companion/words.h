/*
 * words.h - messages in English and Japanese, side by side where they are said. Both formats are checked by the compiler; where the
 * order of words differs, Japanese takes the arguments by position (%2$s).
 */
#ifndef OPRES_WORDS_H
#define OPRES_WORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* The language of the environment: Japanese if LC_ALL, else LC_MESSAGES, else LANG begins with "ja". */
void opres_words_init(void);
/* "en" or "ja"; false if it is neither. */
bool opres_words_lang(const char *lang);
bool opres_words_japanese(void);
/* Whichever of the two is spoken. */
const char *opres_word(const char *en, const char *ja);

__attribute__((format(printf, 2, 4), format(printf, 3, 4))) void opres_say(FILE *stream, const char *en, const char *ja, ...);

/* To stderr, with "opres: " before and a line feed after; takes a progress bar away first. */
__attribute__((format(printf, 1, 3), format(printf, 2, 3))) void opres_complain(const char *en, const char *ja, ...);

/* What went wrong, for a caller to show. */
typedef struct OpresFailure
{
	char text[1024];
} OpresFailure;

/* Writes the text, which says it all. Returns false, for callers that do the same. */
__attribute__((format(printf, 2, 4), format(printf, 3, 4))) bool opres_refuse(OpresFailure *failure, const char *en, const char *ja,
																			  ...);

/*
 * Text from outside, made safe for a terminal: control characters and bytes that are no UTF-8 as \xNN, cut off at about 60
 * characters. Returns one of a few buffers in turn: for use as an argument of opres_say, at most eight in a call.
 */
const char *opres_shown(const char *text);
const char *opres_shown_bytes(const char *bytes, size_t length);
/* The same for a path, which is of use only if it is whole: at most 1000 characters. Two buffers. */
const char *opres_shown_path(const char *path);
/* The same for a server's message of several lines: at most about 300 characters, line ends as spaces. One buffer. */
const char *opres_shown_message(const char *text);

/* False, after a complaint, if what was written to stdout did not reach it. */
bool opres_words_written(void);

#endif
