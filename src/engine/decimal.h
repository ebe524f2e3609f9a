/*
 * decimal.h - numbers as they are written in decimal, compared exactly: no double and no 64 bits between the text and the answer.
 */
#ifndef OPRES_DECIMAL_H
#define OPRES_DECIMAL_H

#include "base.h"

#define OPRES_DECIMAL_EXPONENT 9999 /* largest exponent understood, either way */

/* A view of the text it was read from, which must stay. */
typedef struct OpresDecimal
{
	int sign;          /* -1, 0, 1 */
	const char *first; /* first digit that is not 0; digits and perhaps a point go on to `end` */
	const char *end;
	int64_t top; /* power of ten of that digit */
} OpresDecimal;

/* The whole text: [sign] digits ["." digits] or [sign] "." digits, then [e [sign] digits]. False if it is anything else. */
bool opres_decimal_read(const char *text, size_t length, OpresDecimal *number);
/* Below, equal to or above 0, as a is smaller than, equal to or greater than b. */
int opres_decimal_compare(const OpresDecimal *a, const OpresDecimal *b);

#endif
