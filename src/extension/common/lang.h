/*
 * lang.h - the languages of output: en and ja.
 */
#ifndef OPRES_LANG_H
#define OPRES_LANG_H

#include "common/compat.h"

/* Reads a `lang` argument; anything but en and ja is an error that names the choices. */
extern bool opres_lang_is_ja(const text *lang);

#endif
