/*
 * file.c - see file.h.
 */
#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define NEW_NAME "new"

/* Closes, and keeps the errno of what went wrong before. */
static void
close_quietly(int file)
{
	int saved = errno;

	(void) close(file);
	errno = saved;
}

static bool
read_all(int file, char *bytes, size_t room, size_t *length)
{
	*length = 0;
	while (*length < room)
	{
		ssize_t got = read(file, bytes + *length, room - *length);

		if (got == 0)
			return true;
		if (got > 0)
			*length += (size_t) got;
		else if (errno != EINTR)
			return false;
	}
	errno = EFBIG;
	return false;
}

bool
opres_file_read(int dir, const char *name, size_t limit, char **bytes, size_t *length)
{
	/* O_NONBLOCK: a FIFO under that name must not hold us up. */
	int file = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat status;
	bool ok = false;

	*bytes = NULL;
	if (file < 0)
		return false;
	if (fstat(file, &status) != 0)
		;
	else if (!S_ISREG(status.st_mode))
		errno = S_ISDIR(status.st_mode) ? EISDIR : EINVAL;
	else
	{
		/* A byte more: a file of just the limit is read to its end. */
		*bytes = malloc(limit + 1);
		ok = *bytes && read_all(file, *bytes, limit + 1, length);
	}
	close_quietly(file);
	if (!ok)
	{
		int saved = errno;

		free(*bytes);
		*bytes = NULL;
		errno = saved;
	}
	return ok;
}

bool
opres_file_put(int file, const char *bytes, size_t length)
{
	while (length > 0)
	{
		ssize_t written = write(file, bytes, length);

		if (written >= 0)
		{
			bytes += written;
			length -= (size_t) written;
		}
		else if (errno != EINTR)
			return false;
	}
	return fsync(file) == 0;
}

bool
opres_file_write(int dir, const char *name, const char *bytes, size_t length)
{
	int file = openat(dir, NEW_NAME, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY, 0644);

	if (file < 0)
		return false;
	if (!opres_file_put(file, bytes, length))
	{
		close_quietly(file);
		return false;
	}
	return close(file) == 0 && renameat(dir, NEW_NAME, dir, name) == 0 && fsync(dir) == 0;
}
