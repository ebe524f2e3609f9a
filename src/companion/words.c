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
#include "utf8.h"

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

bool
opres_refuse(OpresFailure *failure, const char *en, const char *ja, ...)
{
	va_list args;

	va_start(args, ja);
	(void) vsnprintf(failure->text, sizeof failure->text, japanese ? ja : en, args);
	va_end(args);
	return false;
}

/* Bytes of the character at the beginning; 0 if it is none, a control character, or one that ends a line or turns the direction. */
static size_t
printable(const char *bytes, size_t length)
{
	uint32_t c;
	size_t size = opres_utf8_next(bytes, length, &c);

	if (size == 0 || c < 0x20 || (c >= 0x7F && c < 0xA0) || (c >= 0x200E && c <= 0x200F) || (c >= 0x2028 && c <= 0x202E) ||
		(c >= 0x2066 && c <= 0x2069))
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
		size_t size = printable(bytes + i, length - i);

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
opres_shown_path(const char *path)
{
	static char buffers[2][4 * 1000 + 4];
	static unsigned turn;

	return show(path, strlen(path), 1000, buffers[turn++ % 2]);
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
