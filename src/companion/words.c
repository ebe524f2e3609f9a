/*
 * words.c - which language is spoken, and text from outside made safe to show. Owns its buffers; for one thread.
 */
#include "words.h"

#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "progress.h"

static bool japanese;

void
opres_words_init(void)
{
	static const char *const names[] = { "LC_ALL", "LC_MESSAGES", "LANG" };

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
	{
		const char *value = getenv(names[i]);

		if (value && value[0])
		{
			japanese = strncmp(value, "ja", 2) == 0 && (!value[2] || strchr("_.@", value[2]));
			return;
		}
	}
}

bool
opres_words_lang(const char *lang)
{
	japanese = strcmp(lang, "ja") == 0;
	return japanese || strcmp(lang, "en") == 0;
}

bool
opres_words_japanese(void)
{
	return japanese;
}

const char *
opres_word(const char *en, const char *ja)
{
	return japanese ? ja : en;
}

void
opres_say(FILE *stream, const char *en, const char *ja, ...)
{
	va_list args;

	va_start(args, ja);
	(void) vfprintf(stream, japanese ? ja : en, args);
	va_end(args);
}

void
opres_complain(const char *en, const char *ja, ...)
{
	va_list args;

	opres_progress_clear();
	va_start(args, ja);
	(void) fputs("opres: ", stderr);
	(void) vfprintf(stderr, japanese ? ja : en, args);
	(void) fputc('\n', stderr);
	va_end(args);
}

/* Bytes of the well-formed UTF-8 character at the beginning, 0 if it is none or a control character (C0, DEL, C1). */
static size_t
printable(const uint8_t *bytes, size_t length)
{
	uint8_t first = bytes[0];
	size_t size = first < 0x80 ? 1 : first < 0xC2 ? 0 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : first < 0xF5 ? 4 : 0;

	if (size == 0 || size > length || first < 0x20 || first == 0x7F || (first == 0xC2 && bytes[1] < 0xA0))
		return 0;
	for (size_t i = 1; i < size; i++)
		if ((bytes[i] & 0xC0) != 0x80)
			return 0;
	if ((first == 0xE0 && bytes[1] < 0xA0) || (first == 0xED && bytes[1] > 0x9F) || (first == 0xF0 && bytes[1] < 0x90) ||
		(first == 0xF4 && bytes[1] > 0x8F))
		return 0;
	/* Marks that turn the direction of what follows, or end a line. */
	if (first == 0xE2 && ((bytes[1] == 0x80 && (bytes[2] >= 0xA8 && bytes[2] <= 0xAE)) ||
						  (bytes[1] == 0x81 && (bytes[2] >= 0xA6 && bytes[2] <= 0xA9))))
		return 0;
	return size;
}

/* Room for four bytes a character and "..." at the end. */
static const char *
show(const char *bytes, size_t length, int most, char *buffer)
{
	size_t used = 0, i = 0;

	for (int shown = 0; i < length && shown < most; shown++)
	{
		size_t size = printable((const uint8_t *) bytes + i, length - i);

		if (size)
		{
			memcpy(buffer + used, bytes + i, size);
			used += size;
			i += size;
		}
		else
			used += (size_t) sprintf(buffer + used, "\\x%02x", (unsigned) (uint8_t) bytes[i++]);
	}
	memcpy(buffer + used, i < length ? "..." : "", i < length ? 4 : 1);
	return buffer;
}

const char *
opres_shown_bytes(const char *bytes, size_t length)
{
	static char buffers[8][256];
	static unsigned turn;

	return show(bytes, length, 60, buffers[turn++ % 8]);
}

const char *
opres_shown_message(const char *text)
{
	static char line[1024], buffer[1280];
	size_t length = 0;

	for (; *text && length < sizeof line; text++)
	{
		if (*text != '\n' && *text != '\t')
			line[length++] = *text;
		else if (length > 0 && line[length - 1] != ' ')
			line[length++] = ' ';
	}
	while (length > 0 && line[length - 1] == ' ')
		length--;
	return show(line, length, 300, buffer);
}

const char *
opres_shown(const char *text)
{
	return opres_shown_bytes(text, strlen(text));
}

bool
opres_words_written(void)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return true;
	opres_complain("cannot write to standard output: %s", "標準出力に書き込めません: %s", strerror(errno));
	return false;
}
