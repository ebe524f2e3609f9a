/*
 * progress.h - a line on stderr that says how far a long work is: bar, rate, time left. It is shown if stderr is a terminal (or
 * always with --progress, never with --quiet), after the first half second, a few times a second.
 */
#ifndef OPRES_PROGRESS_H
#define OPRES_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

typedef enum OpresProgressMode
{
	OPRES_PROGRESS_AUTO,
	OPRES_PROGRESS_ALWAYS,
	OPRES_PROGRESS_NEVER
} OpresProgressMode;

typedef enum OpresUnit
{
	OPRES_UNIT_BYTES,
	OPRES_UNIT_ENTRIES
} OpresUnit;

typedef struct OpresProgress
{
	const char *what; /* a few words, in the language spoken */
	OpresUnit unit;
	uint64_t total; /* 0: not known */
	uint64_t done;
	struct timespec started, shown;
} OpresProgress;

void opres_progress_mode(OpresProgressMode mode);
/* --quiet was given: nothing is said that is no complaint. */
bool opres_progress_quiet(void);

/* total 0: not known. `what` must live as long as the work. */
void opres_progress_start(OpresProgress *progress, const char *what, OpresUnit unit, uint64_t total);
/* Cheap, but reads the clock: call it every thousand entries or so. */
void opres_progress_at(OpresProgress *progress, uint64_t done);
/* Takes the line away. */
void opres_progress_end(OpresProgress *progress);
/* Takes a line away that stands on the terminal, if one does, before something else is written there. */
void opres_progress_clear(void);

#endif
