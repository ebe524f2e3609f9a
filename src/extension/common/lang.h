/*
 * lang.h - the languages of output: en and ja.
 */
#ifndef OPRES_LANG_H
#define OPRES_LANG_H

#include "common/compat.h"

#include "base.h"

typedef enum OpresLang
{
	OPRES_EN,
	OPRES_JA
} OpresLang;

/* Reads a `lang` argument; anything but en and ja is an error that names the choices. */
extern OpresLang opres_lang(const text *lang);

/* A text of this library, which is UTF-8, in the encoding of the database, in which the rest of a sentence is. */
extern const char *opres_our_words(const char *utf8) __attribute__((format_arg(1)));

/* "2 h 30 min", "2時間30分": for people, at most three units. */
extern char *opres_say_duration(OpresLang lang, OpresTime time);

#endif
