/*
 * settings.h - the settings (GUCs), defined in module.c.
 */
#ifndef OPRES_SETTINGS_H
#define OPRES_SETTINGS_H

#include "common/compat.h"

extern int opres_max_events;       /* events of one run, 0 = no limit */
extern int opres_max_memory;       /* kB of one run, 0 = no limit */
extern int opres_max_drawn_nodes;  /* nodes of one drawing */
extern int opres_max_drawn_edges;  /* edges of one drawing */
extern char *opres_reason_setting; /* opres.reason as set, "" if it is not; ask opres_reason (audit/append.h) */
extern bool opres_require_reason;  /* map edits need a reason */
extern int opres_ratify_within;    /* minutes within which an approval by telephone must be confirmed */

/* A playbook is loaded only with a valid signature by a trusted key. */
extern bool opres_require_playbook_signature;

#endif
