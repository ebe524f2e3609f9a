/*
 * find_playbook.h - loaded playbooks: by id and version, by what a person says; whether a run may begin with one.
 *
 * None of these asks for a privilege: who calls them has decided that the caller may. Results are palloc'd.
 */
#ifndef OPRES_FIND_PLAYBOOK_H
#define OPRES_FIND_PLAYBOOK_H

#include "playbook/compiled.h"

/* A version; modified 0 = the newest. document NULL: there is none. */
extern OpresPin opres_playbook_version(const char *id, TimestampTz modified);

/*
 * The playbook a person means: its id, `id@modified`, or the attack type or the name of one whose newest version has it. Without a
 * version it is the newest. Throws with the nearest ones, if there is none or more than one.
 */
extern OpresPin opres_find_playbook(const char *said);

/* Throws if no run may begin with this version now: revoked (it, or a newer version), not valid yet, or no longer. */
extern void opres_playbook_startable(const OpresPin *pin, TimestampTz now);

#endif
