/*
 * reader.c - see reader.h.
 */
#include "reader.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_ROOM ((size_t) 1 << 18)

bool
opres_reader_init(OpresReader *reader, OpresReadBytes read, void *ctx)
{
	*reader = (OpresReader){ .read = read, .ctx = ctx, .bytes = malloc(FIRST_ROOM), .room = FIRST_ROOM };
	return reader->bytes != NULL;
}

void
opres_reader_free(OpresReader *reader)
{
	free(reader->bytes);
	reader->bytes = NULL;
}

static bool
fail(OpresReader *reader, OpresReaderError error)
{
	reader->error = error;
	return false;
}

static bool
make_room(OpresReader *reader)
{
	char *grown;

	if (reader->at > 0)
	{
		memmove(reader->bytes, reader->bytes + reader->at, reader->end - reader->at);
		reader->before += reader->at;
		reader->end -= reader->at;
		reader->at = 0;
	}
	if (reader->end < reader->room)
		return true;
	if (reader->room >= OPRES_LINE_MAX)
		return fail(reader, OPRES_READER_LONG);
	grown = realloc(reader->bytes, reader->room * 2);
	if (!grown)
		return fail(reader, OPRES_READER_MEMORY);
	reader->bytes = grown;
	reader->room *= 2;
	return true;
}

bool
opres_reader_more(OpresReader *reader)
{
	ssize_t count;

	if (reader->ended || reader->error || !make_room(reader))
		return false;
	do
		count = reader->read(reader->ctx, reader->bytes + reader->end, reader->room - reader->end);
	while (count < 0 && errno == EINTR);
	if (count < 0)
	{
		reader->error_number = errno;
		return fail(reader, OPRES_READER_ERRNO);
	}
	if (count == 0)
		reader->ended = true;
	reader->end += (size_t) count;
	return count > 0;
}

bool
opres_reader_line(OpresReader *reader, char **line, size_t *length)
{
	size_t searched = 0;
	const char *feed;

	for (;;)
	{
		size_t held = reader->end - reader->at;

		feed = memchr(reader->bytes + reader->at + searched, '\n', held - searched);
		if (feed)
			break;
		searched = held;
		if (!opres_reader_more(reader))
			return false;
	}
	*line = reader->bytes + reader->at;
	*length = (size_t) (feed - *line);
	reader->at += *length + 1;
	reader->lines++;
	if (*length > 0 && (*line)[*length - 1] == '\r')
		--*length;
	return true;
}

bool
opres_reader_skip_line(OpresReader *reader, char *begin, size_t room, size_t *length)
{
	*length = 0;
	for (;;)
	{
		size_t held = reader->end - reader->at;
		const char *from = reader->bytes + reader->at, *feed = memchr(from, '\n', held);
		size_t count = feed ? (size_t) (feed - from) : held;

		if (*length < room)
			memcpy(begin + *length, from, count < room - *length ? count : room - *length);
		*length += count;
		reader->at += count;
		if (feed)
		{
			reader->at++;
			reader->lines++;
			return true;
		}
		if (!opres_reader_more(reader))
			return false;
	}
}
