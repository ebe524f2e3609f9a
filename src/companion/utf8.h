/*
 * utf8.h - one character of UTF-8, strictly.
 */
#ifndef OPRES_UTF8_H
#define OPRES_UTF8_H

#include <stddef.h>
#include <stdint.h>

/* Bytes of the character at the beginning; 0 if it is not well formed (overlong, a surrogate, beyond U+10FFFF, cut off). */
size_t opres_utf8_next(const char *bytes, size_t length, uint32_t *character);

#endif
