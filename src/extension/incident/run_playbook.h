/*
 * run_playbook.h - compiled playbooks of runs, kept between calls.
 */
#ifndef OPRES_RUN_PLAYBOOK_H
#define OPRES_RUN_PLAYBOOK_H

#include "playbook/compiled.h"

typedef struct OpresRunPlaybook
{
	OpresCompiled *compiled;
	MemoryContext context;
	char *key; /* what it was made from: the run's playbook and its pins, with their hashes; "" = not to be found again */
	int used;  /* by how many live runs, which count themselves */
	uint64 last_used;
} OpresRunPlaybook;

/* Live runs are fewer than playbooks are kept, so there is always a place. */
#define OPRES_LIVE_RUNS 8
#define OPRES_RUN_PLAYBOOKS 16

/* The playbook of a run and those inside it, in the versions the run was begun with. SPI is connected. Throws if one is missing, or
   if the machine would not take them. */
extern OpresRunPlaybook *opres_run_playbook(const char *id, TimestampTz modified, Jsonb *pins);

/*
 * Deletes what is not kept any more. Somebody else's trigger on our tables may ask for runs in the middle of a change: what is
 * being changed (in_use) then has to last until the change is through. In a transaction in which that has happened, playbooks stay
 * too.
 */
extern void opres_run_drop_context(MemoryContext context, bool in_use);

#endif
