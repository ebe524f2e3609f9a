/*
 * checkpoint.c - the text of a checkpoint, in its one form: a text that parses is the text that its value prints.
 */
#include <inttypes.h>
#include <string.h>

#include "base64.h"
#include "note.h"
#include "words.h"

#define HASH_TEXT (OPRES_BASE64_TEXT(OPRES_HASH_BYTES) - 1)

bool
opres_decimal_parse(const char *text, size_t length, uint64_t limit, uint64_t *value)
{
	uint64_t sum = 0;

	if (length == 0 || length > 20 || (text[0] == '0' && length > 1))
		return false;
	for (size_t i = 0; i < length; i++)
	{
		unsigned digit = (unsigned) (uint8_t) text[i] - '0';

		if (digit > 9 || sum > limit / 10 || sum * 10 > limit - digit)
			return false;
		sum = sum * 10 + digit;
	}
	*value = sum;
	return true;
}

/* Takes a line off the front; its length without the line feed, false if there is none. */
static bool
take_line(const char **text, size_t *length, const char **line, size_t *line_length)
{
	const char *end = memchr(*text, '\n', *length);

	if (!end)
		return false;
	*line = *text;
	*line_length = (size_t) (end - *text);
	*text = end + 1;
	*length -= *line_length + 1;
	return true;
}

static bool
parse_origin(const char *line, size_t length, char origin[OPRES_ORIGIN_MAX + 1])
{
	if (length == 0 || length > OPRES_ORIGIN_MAX)
		return false;
	for (size_t i = 0; i < length; i++)
		if (line[i] <= ' ' || line[i] > '~')
			return false;
	memcpy(origin, line, length);
	origin[length] = '\0';
	return true;
}

static bool
parse_root(const char *line, size_t length, OpresHash *root)
{
	size_t count;

	return length == HASH_TEXT && opres_base64_decode(line, length, root->bytes, sizeof root->bytes, &count) &&
		   count == sizeof root->bytes;
}

bool
opres_checkpoint_parse(const char *text, size_t length, OpresCheckpoint *checkpoint, const char **why)
{
	const char *line[3];
	size_t line_length[3];

	memset(checkpoint, 0, sizeof *checkpoint);
	for (int i = 0; i < 3; i++)
		if (!take_line(&text, &length, &line[i], &line_length[i]))
		{
			*why = opres_word("has fewer than three lines", "3行ありません");
			return false;
		}
	if (length > 0)
		*why = opres_word("has more than three lines", "3行を超えています");
	else if (!parse_origin(line[0], line_length[0], checkpoint->origin))
		*why = opres_word("has an origin that is not valid", "起点(origin)が正しくありません");
	else if (!opres_decimal_parse(line[1], line_length[1], INT64_MAX, &checkpoint->size))
		*why = opres_word("has a size that is not a decimal number", "件数が10進数ではありません");
	else if (!parse_root(line[2], line_length[2], &checkpoint->root))
		*why =
			opres_word("has a root that is not 32 bytes in canonical base64", "ルートが正規のBASE64による32バイトではありません");
	else
		return true;
	return false;
}

size_t
opres_checkpoint_print(const OpresCheckpoint *checkpoint, char text[OPRES_CHECKPOINT_MAX])
{
	char root[HASH_TEXT + 1];

	(void) opres_base64_encode(checkpoint->root.bytes, sizeof checkpoint->root.bytes, root);
	return (size_t) snprintf(text, OPRES_CHECKPOINT_MAX, "%s\n%" PRIu64 "\n%s\n", checkpoint->origin, checkpoint->size, root);
}

bool
opres_origin_parse(const char *origin, OpresOrigin *parsed)
{
	static const char prefix[] = "opres/";
	const char *database, *timeline;
	uint64_t oid, tli;

	if (strncmp(origin, prefix, sizeof prefix - 1) != 0)
		return false;
	origin += sizeof prefix - 1;
	database = strchr(origin, '/');
	timeline = database ? strchr(database + 1, '/') : NULL;
	if (!timeline || !opres_decimal_parse(origin, (size_t) (database - origin), UINT64_MAX, &parsed->cluster) ||
		!opres_decimal_parse(database + 1, (size_t) (timeline - database - 1), UINT32_MAX, &oid) ||
		!opres_decimal_parse(timeline + 1, strlen(timeline + 1), UINT32_MAX, &tli))
		return false;
	parsed->database = (uint32_t) oid;
	parsed->timeline = (uint32_t) tli;
	return true;
}
