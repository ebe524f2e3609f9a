/*
 * copy_line.c - see copy_line.h.
 */
#include "copy_line.h"

#include <string.h>

void
opres_layout_default(OpresLayout *layout)
{
	layout->count = OPRES_COLUMNS;
	for (int i = 0; i < OPRES_COLUMNS; i++)
		layout->columns[i] = (int16_t) i;
}

static bool
has(const OpresLayout *layout, int column)
{
	for (int i = 0; i < layout->count; i++)
		if (layout->columns[i] == column)
			return true;
	return false;
}

bool
opres_layout_add(OpresLayout *layout, const char *name, size_t length)
{
	int column = opres_column_find(name, length);

	if (layout->count == OPRES_LINE_COLUMNS || (column >= 0 && has(layout, column)))
		return false;
	layout->columns[layout->count++] = (int16_t) column;
	return true;
}

int
opres_layout_missing(const OpresLayout *layout)
{
	for (int i = 0; i < OPRES_COLUMNS; i++)
		if (opres_column_needed((OpresColumn) i) && !has(layout, i))
			return i;
	return -1;
}

static bool
is_octal(char c)
{
	return c >= '0' && c <= '7';
}

static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char) (c | 0x20);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The byte an escape stands for; *from is behind the backslash, and moves behind the escape. */
static char
unescape(const char **from, const char *end)
{
	char c = *(*from)++;
	int value;

	if (is_octal(c))
	{
		value = c - '0';
		for (int i = 0; i < 2 && *from < end && is_octal(**from); i++)
			value = value << 3 | (*(*from)++ - '0');
		return (char) value;
	}
	if (c == 'x' && *from < end && hex_digit(**from) >= 0)
	{
		value = 0;
		for (int i = 0; i < 2 && *from < end; i++)
		{
			int digit = hex_digit(**from);

			if (digit < 0)
				break;
			value = value * 16 + digit;
			++*from;
		}
		return (char) value;
	}
	switch (c)
	{
		case 'b':
			return '\b';
		case 'f':
			return '\f';
		case 'n':
			return '\n';
		case 'r':
			return '\r';
		case 't':
			return '\t';
		case 'v':
			return '\v';
		default:
			return c;
	}
}

static bool
read_value(char *bytes, size_t length, OpresValue *value)
{
	const char *from, *end = bytes + length;
	char *to;

	*value = (OpresValue){ bytes, length, length == 2 && bytes[0] == '\\' && bytes[1] == 'N' };
	to = value->null ? NULL : memchr(bytes, '\\', length);
	if (!to)
		return true;
	from = to;
	while (from < end)
	{
		const char *next;
		size_t plain;

		if (++from == end)
			return false;
		*to++ = unescape(&from, end);
		next = memchr(from, '\\', (size_t) (end - from));
		plain = (size_t) ((next ? next : end) - from);
		memmove(to, from, plain);
		to += plain;
		from += plain;
	}
	value->length = (size_t) (to - bytes);
	return true;
}

bool
opres_copy_split(const OpresLayout *layout, char *line, size_t length, OpresValue values[OPRES_COLUMNS])
{
	char *from = line, *end = line + length;

	values[OPRES_COLUMN_SUBTREES] = (OpresValue){ NULL, 0, true };
	for (int i = 0; i < layout->count; i++)
	{
		char *tab = memchr(from, '\t', (size_t) (end - from));
		int column = layout->columns[i];

		if ((tab == NULL) != (i == layout->count - 1))
			return false;
		if (column >= 0 && opres_column_needed((OpresColumn) column) &&
			!read_value(from, (size_t) ((tab ? tab : end) - from), &values[column]))
			return false;
		from = tab ? tab + 1 : end;
	}
	return true;
}
