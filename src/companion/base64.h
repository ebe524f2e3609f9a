/*
 * base64.h - base 64 of RFC 4648, section 4, in its one canonical form: padded, the bits left over zero, nothing else between.
 */
#ifndef OPRES_BASE64_H
#define OPRES_BASE64_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Room for the text of so many bytes, with the zero at its end. */
#define OPRES_BASE64_TEXT(bytes) (((bytes) + 2) / 3 * 4 + 1)

/* Writes OPRES_BASE64_TEXT(length) characters; returns their number without the zero. */
size_t opres_base64_encode(const uint8_t *bytes, size_t length, char *text);
/* False if the text is not canonical or stands for more bytes than there is room for. bytes may be NULL: then it only measures. */
bool opres_base64_decode(const char *text, size_t length, uint8_t *bytes, size_t room, size_t *count);

#endif
