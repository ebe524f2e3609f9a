/*
 * state.h - what a witness keeps: a folder of its own, beside the database and out of its reach.
 *
 *     DIR/lock                          held (flock) by the one witness that works on it
 *     DIR/state                         the last checkpoint, in a text the witness has signed
 *     DIR/notes/SIZE.note               signed checkpoints; SIZE has 20 digits
 *     DIR/notes/SIZE-LINE.note          the same, from the second line on
 *     DIR/notes/SIZE-LINE.break         why a line does not go on from the line before, in a text the witness has signed
 *
 * A line is a row of notes of one origin, in which sizes grow. A new one begins when the trail goes on in another incarnation, or
 * when a person accepted that it does not go on (a break). Nothing is ever deleted or written anew.
 *
 * The order of writing makes a crash harmless: break, state, note, each durable before the next. So a note that somebody may have
 * seen is never forgotten, and what a crash left out is done again from what came before: Ed25519 signs a text in one way only. The
 * last checkpoint is the newest of the state and of all files in notes; so a state that was lost or is old does no harm.
 */
#ifndef OPRES_STATE_H
#define OPRES_STATE_H

#include "note.h"

#define OPRES_NOTE_NAME 48
#define OPRES_REASON_MAX 1000 /* bytes */

typedef struct OpresState
{
	int dir, notes, lock;
	const char *path;
	const OpresSigner *signer;
	bool begun;    /* there is a last checkpoint */
	unsigned line; /* from 1 */
	OpresCheckpoint last;
} OpresState;

/* Takes the lock and reads what was kept. create: makes the folders. Complains when it fails: then there is nothing to close. */
bool opres_state_open(OpresState *state, const char *path, bool create, const OpresSigner *signer);
void opres_state_close(OpresState *state);

/* Signs and keeps a checkpoint, in the present line or as the first of a new one; name gets that of the note. Complains when it
 * fails; then the state is not to be used any more: what is on disk may be ahead of it. */
bool opres_state_keep(OpresState *state, const OpresCheckpoint *now, bool new_line, char name[OPRES_NOTE_NAME]);
/* The same for one that contradicts what was kept, as the beginning of a new line. The reason: one line of text. */
bool opres_state_break(OpresState *state, const OpresCheckpoint *now, const char *reason, char name[OPRES_NOTE_NAME]);
/* The trail was compared with the last checkpoint and agrees: seen from outside by the state file's time. */
void opres_state_agreed(const OpresState *state);

#endif
