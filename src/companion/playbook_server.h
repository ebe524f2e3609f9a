/*
 * playbook_server.h - playbooks from a database.
 */
#ifndef OPRES_PLAYBOOK_SERVER_H
#define OPRES_PLAYBOOK_SERVER_H

#include <libpq-fe.h>
#include <stdbool.h>

#include "words.h"

/* Connects; needs SELECT on opres.playbook and opres.report_deadline. NULL after a failure. */
PGconn *opres_playbooks_connect(const char *conninfo, OpresFailure *failure);

/*
 * Rows (document, what to call it, deadlines of reports that the institution has set, as JSON: report -> {anchor, after}): of one
 * playbook, "ID" for its latest version or "ID@MODIFIED" for that one; with NULL the latest version of every playbook, revoked ones
 * left out. NULL after a failure, and if there is none.
 */
PGresult *opres_playbooks_fetch(PGconn *connection, const char *which, OpresFailure *failure);

#endif
