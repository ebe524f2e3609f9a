/*
 * decimal.c - exact comparison of decimal numbers (see decimal.h). Allocates nothing; time is linear in the texts.
 */
#include "decimal.h"

#include "scan.h"

static size_t
skip_digits(const char *text, size_t length, size_t at)
{
	while (at < length && opres_is_digit(text[at]))
		at++;
	return at;
}

/* Behind the e. An exponent may have leading zeros; it is cut off where it is too large, and then refused. */
static bool
read_exponent(const char *text, size_t length, size_t at, int64_t *exponent)
{
	bool negative = at < length && text[at] == '-';

	if (at < length && (text[at] == '-' || text[at] == '+'))
		at++;
	if (at == length || skip_digits(text, length, at) != length)
		return false;
	for (; at < length && *exponent <= OPRES_DECIMAL_EXPONENT; at++)
		*exponent = *exponent * 10 + (text[at] - '0');
	if (*exponent > OPRES_DECIMAL_EXPONENT)
		return false;
	if (negative)
		*exponent = -*exponent;
	return true;
}

bool
opres_decimal_read(const char *text, size_t length, OpresDecimal *number)
{
	bool negative = length > 0 && text[0] == '-';
	size_t from = length > 0 && (text[0] == '-' || text[0] == '+') ? 1 : 0;
	size_t point = skip_digits(text, length, from);
	size_t end = point;
	size_t first = from;
	int64_t exponent = 0;

	if (end < length && text[end] == '.')
	{
		end = skip_digits(text, length, point + 1);
		if (end == point + 1)
			return false;
	}
	if (end == from)
		return false;
	if (end < length && ((text[end] != 'e' && text[end] != 'E') || !read_exponent(text, length, end + 1, &exponent)))
		return false;

	while (first < end && (text[first] == '0' || text[first] == '.'))
		first++;
	number->sign = first == end ? 0 : negative ? -1 : 1;
	number->first = text + first;
	number->end = text + end;
	number->top = (first < point ? (int64_t) (point - first) - 1 : -(int64_t) (first - point)) + exponent;
	return true;
}

/* The digit at *at, which moves on past it and past a point; 0 behind the last. */
static char
next_digit(const char **at, const char *end)
{
	if (*at < end && **at == '.')
		(*at)++;
	return *at < end ? *(*at)++ : '0';
}

int
opres_decimal_compare(const OpresDecimal *a, const OpresDecimal *b)
{
	const char *at_a = a->first;
	const char *at_b = b->first;

	if (a->sign != b->sign)
		return a->sign - b->sign;
	if (a->sign == 0)
		return 0;
	if (a->top != b->top)
		return a->top > b->top ? a->sign : -a->sign;
	while (at_a < a->end || at_b < b->end)
	{
		char digit_a = next_digit(&at_a, a->end);
		char digit_b = next_digit(&at_b, b->end);

		if (digit_a != digit_b)
			return digit_a > digit_b ? a->sign : -a->sign;
	}
	return 0;
}
