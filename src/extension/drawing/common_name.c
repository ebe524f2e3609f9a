/*
 * common_name.c - what several names have in common (see common_name.h).
 */
#include "drawing/common_name.h"

#include <ctype.h>

#include "drawing/text.h"
#include "mb/pg_wchar.h"

#define FEWEST_COLUMNS 4 /* two kanji, four letters */

static bool
is_word_byte(char byte)
{
	return isalpha((unsigned char) byte) && !IS_HIGHBIT_SET(byte);
}

static bool
is_continuation(char byte)
{
	return ((unsigned char) byte & 0xc0) == 0x80;
}

/* Bytes all names begin with, not ending within a character or a word. */
static int
shared_beginning(const char *const *names, int count)
{
	int length = 0;
	bool good;

	while (names[0][length] != '\0')
	{
		int i = 1;

		while (i < count && names[i][length] == names[0][length])
			i++;
		if (i < count)
			break;
		length++;
	}
	do
	{
		good = true;
		for (int i = 0; i < count; i++)
			good &= !is_continuation(names[i][length]) &&
					!(length > 0 && is_word_byte(names[i][length - 1]) && is_word_byte(names[i][length]));
	} while (!good && length-- > 0);
	return Max(length, 0);
}

static int
shared_end(const char *const *names, int count)
{
	int length = 0;
	int lengths[OPRES_MOST_NAMES];
	bool good;

	for (int i = 0; i < count; i++)
		lengths[i] = strlen(names[i]);
	for (;; length++)
	{
		int i = 0;

		while (i < count && length < lengths[i] && names[i][lengths[i] - length - 1] == names[0][lengths[0] - length - 1])
			i++;
		if (i < count)
			break;
	}
	do
	{
		good = true;
		for (int i = 0; i < count; i++)
		{
			const char *at = names[i] + lengths[i] - length;

			good &= !is_continuation(*at) && !(at > names[i] && is_word_byte(at[-1]) && is_word_byte(*at));
		}
	} while (!good && length-- > 0);
	return Max(length, 0);
}

/* What binds a common part to the rest, in UTF-8. */
static const char *const separators[] = { " ", "-", "/", ",", ":", "(", ")", "_", "（", "）", "・", "、", "：", "　", "第" };

/* Length of the separator that text begins with, 0 = none. */
static int
separator_at(const char *text)
{
	for (int i = 0; i < lengthof(separators); i++)
		if (strncmp(text, separators[i], strlen(separators[i])) == 0)
			return strlen(separators[i]);
	return 0;
}

/* Length of the separator that the first `length` bytes end with, 0 = none. */
static int
separator_before(const char *text, int length)
{
	for (int i = 0; i < lengthof(separators); i++)
	{
		int size = strlen(separators[i]);

		if (size <= length && memcmp(text + length - size, separators[i], size) == 0)
			return size;
	}
	return 0;
}

static bool
is_closing(const char *separator)
{
	return strncmp(separator, ")", 1) == 0 || strncmp(separator, "）", 3) == 0;
}

/* Without separators at the ends; a closing bracket stays if its opening one does. */
static char *
trimmed(const char *text, int length)
{
	int size;

	while (length > 0 && (size = separator_at(text)) > 0 && size <= length)
	{
		text += size;
		length -= size;
	}
	while (length > 0 && (size = separator_before(text, length)) > 0)
	{
		char *left = pnstrdup(text, length);

		if (is_closing(text + length - size) && (strchr(left, '(') != NULL || strstr(left, "（") != NULL))
			break;
		length -= size;
	}
	return pnstrdup(text, length);
}

static bool
is_enough(const char *shared)
{
	return opres_draw_columns(shared) >= FEWEST_COLUMNS;
}

char *
opres_common_name(const char *const *names, int count, const char **rest)
{
	int length = shared_beginning(names, count);
	char *shared = trimmed(names[0], length);
	bool at_end = !is_enough(shared);

	if (at_end)
	{
		length = shared_end(names, count);
		shared = trimmed(names[0] + strlen(names[0]) - length, length);
		if (islower((unsigned char) shared[0]))
			shared[0] = toupper((unsigned char) shared[0]);
	}
	for (int i = 0; i < count; i++)
	{
		int whole = strlen(names[i]);

		rest[i] = at_end ? trimmed(names[i], whole - length) : trimmed(names[i] + length, whole - length);
		if (rest[i][0] == '\0' || !is_enough(shared))
			rest[i] = names[i];
	}
	return is_enough(shared) ? shared : NULL;
}
