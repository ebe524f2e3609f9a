/*
 * scan.c - the cursor over the texts of the types, and exact decimal numbers (see scan.h). Allocates nothing.
 */
#include "scan.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Longer numbers carry nothing a double could hold; the limit lets them be copied to the stack. */
#define LONGEST_NUMBER 64

void
opres_scan_init(OpresScan *scan, const char *text, size_t length)
{
	memset(scan, 0, sizeof(*scan));
	scan->text = text;
	scan->length = length;
}

bool
opres_scan_fail(OpresScan *scan, size_t position, const char *message)
{
	if (scan->message == NULL)
	{
		scan->message = message;
		scan->position = position;
	}
	return false;
}

bool
opres_scan_range(OpresScan *scan, size_t position, const char *message)
{
	if (scan->message == NULL)
		scan->out_of_range = true;
	return opres_scan_fail(scan, position, message);
}

bool
opres_is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

bool
opres_is_digit(char c)
{
	return c >= '0' && c <= '9';
}

bool
opres_is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool
opres_same_word(const char *text, size_t length, const char *word)
{
	if (length != strlen(word))
		return false;
	for (size_t i = 0; i < length; i++)
	{
		char c = text[i];

		if (c >= 'A' && c <= 'Z')
			c = (char) (c + ('a' - 'A'));
		if (c != word[i])
			return false;
	}
	return true;
}

void
opres_scan_blanks(OpresScan *scan)
{
	while (scan->at < scan->length && opres_is_blank(scan->text[scan->at]))
		scan->at++;
}

bool
opres_scan_end(OpresScan *scan)
{
	opres_scan_blanks(scan);
	return scan->at == scan->length;
}

bool
opres_scan_char(OpresScan *scan, char c)
{
	size_t before = scan->at;

	opres_scan_blanks(scan);
	if (scan->at < scan->length && scan->text[scan->at] == c)
	{
		scan->at++;
		return true;
	}
	scan->at = before;
	return false;
}

bool
opres_scan_word(OpresScan *scan, const char *word)
{
	size_t before = scan->at;
	size_t from;

	opres_scan_blanks(scan);
	from = scan->at;
	while (scan->at < scan->length && opres_is_letter(scan->text[scan->at]))
		scan->at++;
	if (opres_same_word(scan->text + from, scan->at - from, word))
		return true;
	scan->at = before;
	return false;
}

static size_t
skip_digits(const OpresScan *scan, size_t at)
{
	while (at < scan->length && opres_is_digit(scan->text[at]))
		at++;
	return at;
}

/* An exponent is taken only with its digits: in "1e" the number ends before the e. */
static size_t
skip_exponent(const OpresScan *scan, size_t at)
{
	size_t digits = at + 1;

	if (at >= scan->length || (scan->text[at] != 'e' && scan->text[at] != 'E'))
		return at;
	if (digits < scan->length && (scan->text[digits] == '-' || scan->text[digits] == '+'))
		digits++;
	return skip_digits(scan, digits) > digits ? skip_digits(scan, digits) : at;
}

bool
opres_scan_number(OpresScan *scan, int shift, double *value)
{
	char copy[LONGEST_NUMBER + 16];
	size_t from;
	size_t mantissa;
	size_t end;
	long exponent = 0;

	opres_scan_blanks(scan);
	from = scan->at;
	end = skip_digits(scan, from);
	if (end == from)
		return opres_scan_fail(scan, from, "a number is missing");
	if (end < scan->length && scan->text[end] == '.')
	{
		if (skip_digits(scan, end + 1) == end + 1)
			return opres_scan_fail(scan, end + 1, "a digit is missing after the decimal point");
		end = skip_digits(scan, end + 1);
	}
	mantissa = end;
	end = skip_exponent(scan, end);
	if (end - from > LONGEST_NUMBER)
		return opres_scan_fail(scan, from, "the number has too many digits");

	/* The shift goes into the exponent before strtod rounds: 99.5 % is the double nearest to 0.995, not 99.5 / 100. */
	memcpy(copy, scan->text + from, end - from);
	copy[end - from] = '\0';
	if (end > mantissa)
		exponent = strtol(copy + (mantissa - from) + 1, NULL, 10);
	if (exponent < -9999 || exponent > 9999)
		return opres_scan_range(scan, from, "the number is out of range");
	snprintf(copy + (mantissa - from), sizeof(copy) - (mantissa - from), "e%ld", exponent + shift);
	*value = strtod(copy, NULL);
	if (!isfinite(*value))
		return opres_scan_range(scan, from, "the number is out of range");
	scan->at = end;
	return true;
}

bool
opres_scan_percent(OpresScan *scan, double *level)
{
	size_t from;

	opres_scan_blanks(scan);
	from = scan->at;
	if (!opres_scan_number(scan, -2, level))
		return false;
	if (!opres_scan_char(scan, '%'))
		return opres_scan_fail(scan, scan->at, "a level is written as a percentage; the % is missing");
	if (*level > 1)
		return opres_scan_range(scan, from, "the level is above 100%");
	if (*level <= OPRES_EPSILON)
		return opres_scan_range(scan, from, "the level must be above 0%");
	return true;
}

int
opres_print_number(double value, char text[OPRES_NUMBER_TEXT])
{
	int length = 0;

	for (int digits = 15; digits <= 17; digits++)
	{
		length = snprintf(text, OPRES_NUMBER_TEXT, "%.*g", digits, value);
		if (strtod(text, NULL) == value)
			break;
	}
	return length;
}

int
opres_print_percent(double level, char text[OPRES_NUMBER_TEXT])
{
	char number[OPRES_NUMBER_TEXT];
	char digits[OPRES_NUMBER_TEXT];
	int count = 1;
	int point; /* how many of the digits stand before the decimal point */
	int length;

	/* Move the point in the digits that read back: multiplying by 100 would round. */
	for (int precision = 14; precision <= 16; precision++)
	{
		snprintf(number, sizeof(number), "%.*e", precision, level);
		if (strtod(number, NULL) == level)
			break;
	}
	point = (int) strtol(strchr(number, 'e') + 1, NULL, 10) + 3;
	digits[0] = number[0];
	for (const char *c = number + 2; *c != 'e'; c++)
		digits[count++] = *c;
	while (count > 1 && count > point && digits[count - 1] == '0')
		count--;

	if (point <= 0)
		length = snprintf(text, OPRES_NUMBER_TEXT, "0.%.*s%.*s%%", -point, "00000000", count, digits);
	else if (count <= point)
		length = snprintf(text, OPRES_NUMBER_TEXT, "%.*s%%", count, digits);
	else
		length = snprintf(text, OPRES_NUMBER_TEXT, "%.*s.%.*s%%", point, digits, count - point, digits + point);
	return length;
}
