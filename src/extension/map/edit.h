/*
 * edit.h - what the cache of compiled maps must ask before it trusts a stamp.
 */
#ifndef OPRES_EDIT_H
#define OPRES_EDIT_H

#include "common/compat.h"
#include "utils/uuid.h"

/*
 * To be called with the stamp read from map_head under the active snapshot (NULL = no row), each time before a compiled map is
 * looked up under that stamp or made to be kept. Says whether that is allowed. It is not when this transaction is editing the map
 * and the active snapshot does not see all of it (a cursor opened before the edit, a statement still under way, a savepoint rolled
 * back to): then compile for this call alone. If it is, the next edit of this transaction takes a fresh stamp.
 */
extern bool opres_edit_stamp_seen(const pg_uuid_t *stamp);

/* Once, when the library is loaded: the callbacks that forget a transaction at its end. */
extern void opres_edit_init(void);

#endif
