/*
 * guard.h - what keeps opres.audit_entry from being changed by SQL.
 */
#ifndef OPRES_GUARD_H
#define OPRES_GUARD_H

#include "common/compat.h"

#include "common/lang.h"
#include "utils/relcache.h"

/* What is missing of the guard, or was added to the table's triggers: for people, as part of a sentence; NULL if nothing. */
extern const char *opres_guard_missing(Relation table, OpresLang lang);

#endif
