/*
 * reader.h - bytes from a file or a pipe, through one buffer that grows only for a line that does not fit, up to a limit.
 */
#ifndef OPRES_READER_H
#define OPRES_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* A value of PostgreSQL is below 1 GiB; a line may hold several, but nothing of ours comes near. */
#define OPRES_LINE_MAX ((size_t) 1 << 30)

/* As read(2): 0 at the end, -1 with errno. */
typedef ssize_t (*OpresReadBytes)(void *ctx, void *bytes, size_t room);

typedef enum OpresReaderError
{
	OPRES_READER_FINE,
	OPRES_READER_ERRNO, /* read failed: error_number */
	OPRES_READER_MEMORY,
	OPRES_READER_LONG /* a line of more than OPRES_LINE_MAX bytes */
} OpresReaderError;

typedef struct OpresReader
{
	OpresReadBytes read;
	void *ctx;
	char *bytes;
	size_t room;
	size_t at, end;  /* what is read and not yet taken */
	uint64_t before; /* bytes of the source before bytes[0] */
	uint64_t lines;  /* line feeds taken */
	bool ended;
	OpresReaderError error;
	int error_number;
} OpresReader;

/* False if there is no memory. */
bool opres_reader_init(OpresReader *reader, OpresReadBytes read, void *ctx);
void opres_reader_free(OpresReader *reader);

/* Reads on; what is not taken moves to the front of the buffer, which grows if it is full. False at the end and on error. */
bool opres_reader_more(OpresReader *reader);

/* How many bytes of the source are taken. */
static inline uint64_t
opres_reader_offset(const OpresReader *reader)
{
	return reader->before + reader->at;
}

/* The next byte without taking it; -1 at the end and on error. */
static inline int
opres_reader_peek(OpresReader *reader)
{
	return reader->at < reader->end || opres_reader_more(reader) ? (unsigned char) reader->bytes[reader->at] : -1;
}

/* Takes it. */
static inline int
opres_reader_take(OpresReader *reader)
{
	int c = opres_reader_peek(reader);

	if (c >= 0)
		reader->at++;
	if (c == '\n')
		reader->lines++;
	return c;
}

/* Takes a line; it is without its line feed or carriage return and line feed, and stays where it is until the next call of any
 * function here. False if there is no line feed any more, or on error. */
bool opres_reader_line(OpresReader *reader, char **line, size_t *length);
/* Passes over the rest of the line; false if there is no line feed any more. *begin gets the first bytes of it, as many as there is
 * room for; *length how many bytes the line has in all. */
bool opres_reader_skip_line(OpresReader *reader, char *begin, size_t room, size_t *length);

#endif
