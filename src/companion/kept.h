/*
 * kept.h - the notes that were kept outside the database: read from files and folders, their signatures checked with the pinned
 * keys, and, when the trail is through, compared with it.
 */
#ifndef OPRES_KEPT_H
#define OPRES_KEPT_H

#include "note.h"
#include "tree.h"

typedef enum OpresNoteState
{
	OPRES_NOTE_AGREES,    /* its root is that of the trail; also before it is compared */
	OPRES_NOTE_ILLEGIBLE, /* no note, or none of a trail: why says what is wrong */
	OPRES_NOTE_NO_KEY,    /* no signature by a pinned key */
	OPRES_NOTE_BAD,       /* a signature that names a pinned key, and is wrong */
	OPRES_NOTE_BEYOND,    /* speaks of more entries than there are */
	OPRES_NOTE_GAP,       /* cannot be compared: entries before are missing */
	OPRES_NOTE_DIFFERS    /* another root */
} OpresNoteState;

typedef struct OpresKeptNote
{
	char *file;
	OpresNoteState state;
	const char *why;
	OpresCheckpoint checkpoint; /* unless illegible */
} OpresKeptNote;

typedef struct OpresKept
{
	OpresKeptNote *notes; /* by size after opres_kept_sort */
	size_t count, room;
	OpresKey *keys;
	size_t key_count;
	char **breaks; /* files in which a witness says that it accepted a trail that contradicts */
	size_t break_count;
} OpresKept;

void opres_kept_free(OpresKept *kept);
/* A verifier key, or @FILE with one in each line (empty lines and lines with # at the beginning aside). Complains when it fails. */
bool opres_kept_key(OpresKept *kept, const char *argument);
/* A file, or a folder: a witness's, or one with *.note files. All keys must have been added. Complains when it fails; a file that
 * is no note does not. */
bool opres_kept_notes(OpresKept *kept, const char *path);
/* Smallest first; those that cannot be read, before. */
void opres_kept_sort(OpresKept *kept);
/* Makes the tree remember the roots it will be asked for. False if there is no memory. */
bool opres_kept_want(const OpresKept *kept, OpresTree *tree);
/* False if libcrypto refuses. */
bool opres_kept_compare(OpresKept *kept, OpresTree *tree);

#endif
