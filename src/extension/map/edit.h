/*
 * edit.h - what the cache of compiled maps must know about edits.
 */
#ifndef OPRES_EDIT_H
#define OPRES_EDIT_H

#include "common/compat.h"

/*
 * The second part of the key of a compiled map, beside the stamp read from map_head (or map_revision) under the active snapshot.
 * The stamp names what is committed; the generation is this backend's own count of what a stamp does not tell: its own edits before
 * they are committed, their undoing by a rollback, rows restored from a dump by anybody.
 *
 * Take it before reading any row. 0 = what the active snapshot shows goes by no name (a cursor older than an edit of this
 * transaction, a restore seen in part): neither use a kept map nor keep the one compiled.
 */
extern uint64 opres_edit_generation(void);

/* Once, when the library is loaded. */
extern void opres_edit_init(void);

#endif
