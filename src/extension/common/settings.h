/*
 * settings.h - the settings (GUCs), defined in module.c.
 */
#ifndef OPRES_SETTINGS_H
#define OPRES_SETTINGS_H

extern int opres_max_events;      /* events of one run, 0 = no limit */
extern int opres_max_memory;      /* kB of one run, 0 = no limit */
extern int opres_max_drawn_nodes; /* nodes of one drawing */
extern int opres_max_drawn_edges; /* edges of one drawing */

#endif
