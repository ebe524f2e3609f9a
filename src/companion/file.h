/*
 * file.h - small files: read whole, written so that after a crash there is the old file or the new one, never a part.
 */
#ifndef OPRES_FILE_H
#define OPRES_FILE_H

#include <stdbool.h>
#include <stddef.h>

/* dir: an open folder or AT_FDCWD. Functions set errno when they fail. */

/* Regular files only, at most limit bytes (else EFBIG). *bytes is malloc'ed. */
bool opres_file_read(int dir, const char *name, size_t limit, char **bytes, size_t *length);
/* On disk, under its name, when it returns. Takes the place of a file of that name. For one writer at a time: it goes through NAME
 * "new" in the same folder. */
bool opres_file_write(int dir, const char *name, const char *bytes, size_t length);
/* Writes all of it and makes it durable. */
bool opres_file_put(int file, const char *bytes, size_t length);

#endif
