/*
 * text.c - users' words made safe for a drawing (see text.h).
 *
 * Why so strict: libcgraph writes attributes with quotes escaped and nothing else, so a backslash at the end of a name would
 * swallow the closing quote; HTML labels are written as they are; an XML reader refuses control characters; an override of the
 * writing direction in one name would turn the words behind it round.
 */
#include "drawing/text.h"

#include <ctype.h>
#include <limits.h>

#include "mb/pg_wchar.h"

/* Code points that may never reach a drawing: not XML, or invisible and able to change how their neighbours are read. */
static bool
is_forbidden(pg_wchar point)
{
	return point < 0x20 || (point >= 0x7f && point <= 0x9f) || (point >= 0x202a && point <= 0x202e) ||
		   (point >= 0x2066 && point <= 0x2069) || point == 0x200e || point == 0x200f || point == 0x061c || point == 0xfeff ||
		   (point >= 0xd800 && point <= 0xdfff) || (point & 0xfffe) == 0xfffe || point > 0x10ffff;
}

static bool
is_blank(pg_wchar point)
{
	return point == ' ' || (point >= 0x09 && point <= 0x0d) || point == 0x85 || point == 0xa0 || point == 0x2028 ||
		   point == 0x2029 || point == 0x3000;
}

/* Length of the valid UTF-8 character at text, 0 if there is none. */
static int
valid_length(const unsigned char *text, int left)
{
	int length = pg_utf_mblen(text);

	return length <= left && pg_utf8_islegal(text, length) ? length : 0;
}

char *
opres_draw_clean(const char *text)
{
	/* Bytes of a database without encoding are taken for UTF-8; what is none becomes a replacement character below. */
	bool convert = GetDatabaseEncoding() != PG_SQL_ASCII;
	const unsigned char *in = (const unsigned char *) (convert ? pg_server_to_any(text, strlen(text), PG_UTF8) : text);
	int left = strlen((const char *) in);
	StringInfoData out;
	bool blank = false;

	initStringInfo(&out);
	while (left > 0)
	{
		int length = valid_length(in, left);
		pg_wchar point = length > 0 ? utf8_to_unicode(in) : 0xfffd;

		if (is_blank(point))
			blank = out.len > 0;
		else if (!is_forbidden(point))
		{
			if (blank)
				appendStringInfoChar(&out, ' ');
			blank = false;
			if (length > 0)
				appendBinaryStringInfo(&out, (const char *) in, length);
			else
				appendStringInfoString(&out, "\357\277\275");
		}
		in += Max(length, 1);
		left -= Max(length, 1);
	}
	return out.data;
}

int
opres_draw_columns(const char *clean)
{
	int columns = 0;

	for (; *clean; clean += pg_utf_mblen((const unsigned char *) clean))
		columns += Max(pg_encoding_dsplen(PG_UTF8, clean), 0);
	return columns;
}

/* Bytes of the longest beginning that fits. */
static int
fitting(const char *clean, int columns)
{
	const char *at = clean;

	while (*at)
	{
		columns -= Max(pg_encoding_dsplen(PG_UTF8, at), 0);
		if (columns < 0)
			break;
		at += pg_utf_mblen((const unsigned char *) at);
	}
	return at - clean;
}

char *
opres_draw_clip(const char *clean, int columns)
{
	int length;

	if (opres_draw_columns(clean) <= columns)
		return pstrdup(clean);
	length = fitting(clean, columns - 1);
	while (length > 0 && clean[length - 1] == ' ')
		length--;
	return psprintf("%.*s\342\200\246", length, clean);
}

/* What a character is, as far as breaking a line before or after it goes. */
typedef enum Script
{
	SCRIPT_LATIN, /* words and everything else that is not to be torn apart */
	SCRIPT_BLANK,
	SCRIPT_DOT, /* a middle dot, slash or hyphen: break behind it */
	SCRIPT_KANA,
	SCRIPT_KANJI,
	SCRIPT_SMALL, /* kana that must not begin a line */
	SCRIPT_OPEN,  /* must not end a line */
	SCRIPT_CLOSE  /* must not begin a line */
} Script;

static Script
script_of(pg_wchar point)
{
	if (point == ' ')
		return SCRIPT_BLANK;
	if (point == 0x30fb || point == '/' || point == '-' || point == 0xff0f)
		return SCRIPT_DOT;
	if (point == '(' || point == 0xff08 || point == 0x300c)
		return SCRIPT_OPEN;
	if (point == ')' || point == 0xff09 || point == 0x300d || point == 0x3001 || point == 0x3002)
		return SCRIPT_CLOSE;
	if (point == 0x30fc || point == 0x30a1 || point == 0x30a3 || point == 0x30a5 || point == 0x30a7 || point == 0x30a9 ||
		point == 0x30c3 || point == 0x30e3 || point == 0x30e5 || point == 0x30e7)
		return SCRIPT_SMALL;
	if (point >= 0x3040 && point <= 0x30ff)
		return SCRIPT_KANA;
	if ((point >= 0x3400 && point <= 0x9fff) || (point >= 0xff00 && point <= 0xff60))
		return SCRIPT_KANJI;
	return SCRIPT_LATIN;
}

#define TORN_WORD 60 /* a line that ends within a word, or is cut off: worth one line more */

/* How bad it is to break a line between two characters, in columns out of balance. */
static int
break_cost(Script before, Script after)
{
	if (after == SCRIPT_CLOSE || after == SCRIPT_SMALL || before == SCRIPT_OPEN)
		return TORN_WORD;
	if (before == SCRIPT_SMALL)
		before = SCRIPT_KANA;
	if (before == SCRIPT_BLANK || after == SCRIPT_BLANK || before == SCRIPT_DOT || after == SCRIPT_OPEN)
		return 0;
	if (before == SCRIPT_LATIN && after == SCRIPT_LATIN)
		return TORN_WORD;
	return before == after ? 8 : 1;
}

/* Where the first of `lines` lines had best end, in bytes; *cost says how good that is. */
static int
best_break(const char *clean, int columns, int lines, int *cost)
{
	int total = opres_draw_columns(clean);
	int target = Min((total + lines - 1) / lines, columns);
	int best = fitting(clean, columns);
	int column = 0;
	Script before = SCRIPT_OPEN;

	*cost = INT_MAX;
	for (const char *at = clean; *at && column <= columns; at += pg_utf_mblen((const unsigned char *) at))
	{
		Script here = script_of(utf8_to_unicode((const unsigned char *) at));
		int overflow = Max(total - column - (lines - 1) * columns, 0);
		int here_cost = abs(column - target) + break_cost(before, here) + (overflow > 0 ? TORN_WORD + overflow : 0);

		if (at > clean && here_cost < *cost)
		{
			best = at - clean;
			*cost = here_cost;
		}
		column += Max(pg_encoding_dsplen(PG_UTF8, at), 0);
		before = here;
	}
	return best;
}

/* Breaks into exactly `lines` lines; returns the worst cost of a break. */
static int
wrap_into(const char *clean, int columns, int lines, char **out)
{
	int worst = 0;

	for (int i = 0; i < lines - 1; i++)
	{
		int cost;
		int length = best_break(clean, columns, lines - i, &cost);

		worst = Max(worst, cost);
		out[i] = pnstrdup(clean, length);
		while (length > 0 && out[i][length - 1] == ' ')
			out[i][--length] = '\0';
		clean += strlen(out[i]);
		while (*clean == ' ')
			clean++;
	}
	out[lines - 1] = opres_draw_clip(clean, columns);
	return opres_draw_columns(clean) > columns ? INT_MAX : worst;
}

int
opres_draw_wrap(const char *clean, int columns, int most, char **lines)
{
	int least = Min((opres_draw_columns(clean) + columns - 1) / columns, most);
	int best = Max(least, 1);
	int best_cost = INT_MAX;

	for (int count = Max(least, 1); count <= most && best_cost >= TORN_WORD; count++)
	{
		int cost = wrap_into(clean, columns, count, lines);

		if (cost < best_cost)
		{
			best = count;
			best_cost = cost;
		}
	}
	wrap_into(clean, columns, best, lines);
	return best;
}

void
opres_draw_xml(StringInfo out, const char *clean)
{
	for (; *clean; clean++)
		switch (*clean)
		{
			case '&':
				appendStringInfoString(out, "&amp;");
				break;
			case '<':
				appendStringInfoString(out, "&lt;");
				break;
			case '>':
				appendStringInfoString(out, "&gt;");
				break;
			case '"':
				appendStringInfoString(out, "&quot;");
				break;
			case '\'':
				appendStringInfoString(out, "&#39;");
				break;
			case '\\':
				appendStringInfoString(out, "\\\\");
				break;
			case '\n':
				appendStringInfoString(out, "&#10;");
				break;
			default:
				appendStringInfoChar(out, *clean);
		}
}

char *
opres_draw_plain(const char *text)
{
	StringInfoData out;

	initStringInfo(&out);
	for (int length; *text; text += length)
	{
		const char *escaped = *text == '\\' ? "\\\\" : *text == '\n' ? "\\n" : *text == '&' ? "&amp;" : NULL;

		length = pg_utf_mblen((const unsigned char *) text);
		if (out.len + Max(length, 5) > OPRES_DRAW_LONGEST)
			break;
		if (escaped != NULL)
			appendStringInfoString(&out, escaped);
		else
			appendBinaryStringInfo(&out, text, length);
	}
	return out.data;
}

char *
opres_draw_id(const char *prefix, const char *code)
{
	StringInfoData out;

	initStringInfo(&out);
	appendStringInfo(&out, "%s-", prefix);
	for (; *code; code++)
	{
		unsigned char byte = *code;

		if (IS_HIGHBIT_SET(byte) || isalnum(byte) || byte == '.' || byte == '-' || byte == '_')
			appendStringInfoChar(&out, byte);
		else
			appendStringInfo(&out, ":%02X", byte);
	}
	return out.data;
}

char *
opres_draw_href(const char *address)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~/?#=&%+,:@";
	static const char scheme[] = "https://";
	size_t length = strlen(address);

	if (length > 1000 || strncmp(address, scheme, strlen(scheme)) != 0 || length == strlen(scheme) ||
		strspn(address, allowed) != length)
		return NULL;
	return pstrdup(address);
}
