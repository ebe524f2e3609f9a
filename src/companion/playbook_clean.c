/*
 * playbook_clean.c - text from outside for paper: made harmless, measured in columns, broken into lines.
 *
 * Japanese has no blanks between words: a line may end at any wide character, but none begins with a closing mark or ends with an
 * opening one (the kinsoku rules, JIS X 4051).
 */
#include <string.h>

#include "playbook_form.h"
#include "utf8.h"

typedef struct Range
{
	uint32_t first, last;
} Range;

static bool
in_ranges(uint32_t c, const Range *ranges, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (c >= ranges[i].first && c <= ranges[i].last)
			return true;
	return false;
}

/* Characters that are not shown, turn the direction of writing or end a line. U+200C and U+200D join letters, and stay. */
static bool
is_unsafe(uint32_t c)
{
	static const Range ranges[] = {
		{ 0x00, 0x1F },     { 0x7F, 0x9F },     { 0x061C, 0x061C }, { 0x180E, 0x180E }, { 0x200B, 0x200B },   { 0x200E, 0x200F },
		{ 0x2028, 0x202E }, { 0x2060, 0x206F }, { 0xFEFF, 0xFEFF }, { 0xFFF9, 0xFFFC }, { 0xE0000, 0xE007F }, { 0xFFFE, 0xFFFF },
	};

	return in_ranges(c, ranges, sizeof ranges / sizeof ranges[0]);
}

static char *
clean_character(char *to, const char *from, size_t size, uint32_t c, bool lines)
{
	if (size == 0)
		return to + sprintf(to, "\\x%02x", (unsigned) (uint8_t) from[0]);
	if (c == '\t' || c == '\r' || c == '\n')
	{
		*to = c == '\n' && lines ? '\n' : ' ';
		return to + 1;
	}
	if (is_unsafe(c))
		return to + sprintf(to, "\\u%04x", (unsigned) c);
	memcpy(to, from, size);
	return to + size;
}

const char *
opres_clean(OpresArena *arena, const char *text, bool lines)
{
	size_t length = strlen(text);
	/* The longest: one byte as \u001b. */
	char *clean = opres_arena_array(arena, length * 6 + 1, 1), *to = clean;

	if (!clean)
		return "";
	for (size_t i = 0; i < length;)
	{
		uint32_t c = 0;
		size_t size = opres_utf8_next(text + i, length - i, &c);

		if (c == '\r' && text[i + 1] == '\n')
		{
			i++;
			continue;
		}
		to = clean_character(to, text + i, size, c, lines);
		i += size ? size : 1;
	}
	*to = '\0';
	return clean;
}

static bool
is_wide(uint32_t c)
{
	/* Unicode's East_Asian_Width W and F, in whole blocks: where a block is mixed, a line ends a little early. */
	static const Range ranges[] = {
		{ 0x1100, 0x115F }, { 0x231A, 0x231B },   { 0x2329, 0x232A },   { 0x23E9, 0x23F3 },   { 0x25FD, 0x25FE },
		{ 0x2600, 0x27BF }, { 0x2B00, 0x2BFF },   { 0x2E80, 0x303E },   { 0x3040, 0xA4CF },   { 0xA960, 0xA97F },
		{ 0xAC00, 0xD7A3 }, { 0xF900, 0xFAFF },   { 0xFE10, 0xFE19 },   { 0xFE30, 0xFE6F },   { 0xFF01, 0xFF60 },
		{ 0xFFE0, 0xFFE6 }, { 0x16FE0, 0x1B2FF }, { 0x1D300, 0x1D37F }, { 0x1F000, 0x1FAFF }, { 0x20000, 0x3FFFD },
	};

	return in_ranges(c, ranges, sizeof ranges / sizeof ranges[0]);
}

int
opres_columns(uint32_t c)
{
	/* Half-width katakana. The ambiguous characters are among the rest: Greek, Cyrillic, arrows, circled digits. */
	bool narrow = c < 0xA1 || (c >= 0xFF61 && c <= 0xFFDC) || (c >= 0xFFE8 && c <= 0xFFEE);

	return is_wide(c) || (opres_words_japanese() && !narrow) ? 2 : 1;
}

static bool
is_in(const char *set, const char *character, size_t size)
{
	char wanted[5] = "";

	memcpy(wanted, character, size);
	return strstr(set, wanted) != NULL;
}

/* Whether a line may end between two characters that stand side by side. */
static bool
may_break(const char *before, size_t before_size, uint32_t before_code, const char *after, size_t after_size, uint32_t after_code)
{
	static const char no_begin[] =
		"、。，．・：；？！）」』】〕〉》｝］ー々〜～％ぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮヵヶ,.;:?!)]}%";
	static const char no_end[] = "（「『【〔〈《｛［([{";

	if (after_code == ' ' || before_code == ' ')
		return true;
	if (!is_wide(before_code) && !is_wide(after_code))
		return false;
	return !is_in(no_begin, after, after_size) && !is_in(no_end, before, before_size);
}

size_t
opres_break_line(const char *text, int columns, size_t *next)
{
	size_t length = strlen(text), at = 0, last = 0, size = 0;
	uint32_t before = 0;
	int used = 0;

	while (at < length)
	{
		uint32_t c = 0;
		size_t here = opres_utf8_next(text + at, length - at, &c);

		if (here == 0 || c == '\n')
			break;
		if (at > 0 && may_break(text + at - size, size, before, text + at, here, c))
			last = at;
		used += opres_columns(c);
		if (used > columns && c != ' ' && at > 0)
		{
			at = last > 0 ? last : at;
			break;
		}
		before = c;
		size = here;
		at += here;
	}
	*next = at;
	while (text[*next] == ' ')
		(*next)++;
	if (text[*next] == '\n')
		(*next)++;
	while (at > 0 && text[at - 1] == ' ')
		at--;
	return at;
}
