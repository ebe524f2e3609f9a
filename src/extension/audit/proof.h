/*
 * proof.h - what roots and proofs of the trail's tree have in common.
 */
#ifndef OPRES_PROOF_H
#define OPRES_PROOF_H

#include "audit/trail.h"

/* An error unless the trail has that many entries or more, under its snapshot. */
extern void opres_require_entries(OpresTrail *trail, int64 size);
/* An error if false: hashes for a root or a proof could not be had. */
extern void opres_require_hashes(bool had);

#endif
