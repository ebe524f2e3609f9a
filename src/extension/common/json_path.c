/*
 * json_path.c - where in a document something is, and what was probably meant (json_path.h).
 *
 * Paths are only made when something is about to be said.
 */
#include "common/json_path.h"

#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
#include "utils/json.h"
#include "utils/varlena.h"

/* Longer strings are cut in messages. */
#define QUOTED_BYTES 80
/* The server's Levenshtein function takes no longer strings. */
#define LEVENSHTEIN_CHARS 255

OpresPath
opres_path_key(const OpresPath *parent, const char *key)
{
	OpresPath path = { parent, key, strlen(key), 0 };

	return path;
}

char *
opres_quoted(const char *text, int length)
{
	StringInfoData out;
	int shown = length <= QUOTED_BYTES ? length : pg_mbcliplen(text, length, QUOTED_BYTES);

	initStringInfo(&out);
	escape_json(&out, pnstrdup(text, shown));
	if (shown < length)
	{
		out.len--; /* the closing quote */
		appendStringInfoString(&out, "...\"");
	}
	return out.data;
}

static bool
is_plain_key(const char *key, int length)
{
	if (length == 0 || length > QUOTED_BYTES)
		return false;
	for (int i = 0; i < length; i++)
	{
		char c = key[i];

		if (!(c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (i > 0 && c >= '0' && c <= '9')))
			return false;
	}
	return true;
}

static void
append_path(StringInfo out, const OpresPath *path)
{
	if (path->parent == NULL)
	{
		appendStringInfoChar(out, '$');
		return;
	}
	append_path(out, path->parent);
	if (path->key == NULL)
		appendStringInfo(out, "[%d]", path->index);
	else if (is_plain_key(path->key, path->key_length))
		appendStringInfo(out, ".%.*s", path->key_length, path->key);
	else
		appendStringInfo(out, ".%s", opres_quoted(path->key, path->key_length));
}

char *
opres_path_text(const OpresPath *path)
{
	StringInfoData out;

	initStringInfo(&out);
	append_path(&out, path);
	return out.data;
}

void
opres_nearest_begin(OpresNearest *nearest, const char *word, int length)
{
	nearest->word = word;
	nearest->word_length = length;
	nearest->best = NULL;
	nearest->best_length = 0;
	/* Up to a third of the letters may be wrong, but at least one and never more than four. */
	nearest->distance = Min(Max(length / 3, 1), 4) + 1;
}

void
opres_nearest_offer(OpresNearest *nearest, const char *candidate, int length)
{
	int distance;

	if (Max(nearest->word_length, length) > LEVENSHTEIN_CHARS || nearest->distance <= 1)
		return;
	distance =
		varstr_levenshtein_less_equal(nearest->word, nearest->word_length, candidate, length, 1, 1, 1, nearest->distance - 1, true);
	if (distance >= nearest->distance)
		return;
	nearest->distance = distance;
	nearest->best = candidate;
	nearest->best_length = length;
}

int
opres_nearest_hint(const OpresNearest *nearest)
{
	if (nearest->best != NULL)
		errhint("Perhaps you meant %s.", opres_quoted(nearest->best, nearest->best_length));
	return 0;
}
