/*
 * unshare.h - steps that branches of several constructs have in common.
 *
 * CACAO lets any step lead to any other; a run needs to know whose a step is (workflow-semantics.md). Branches that lead to the
 * same steps are understood as branches that each have their own: all but the first get copies, ID#2, ID#3, ...
 */
#ifndef OPRES_UNSHARE_H
#define OPRES_UNSHARE_H

#include "common/compat.h"
#include "utils/jsonb.h"

/* The document with every such step copied; the document itself if there is none. Throws if it grows beyond OPRES_PLAYBOOK_STEPS.
 */
extern Jsonb *opres_unshared(Jsonb *document);

#endif
