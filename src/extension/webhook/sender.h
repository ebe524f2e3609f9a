/*
 * sender.h - senders of webhooks: how they sign, whom they speak for, what they may do.
 *
 * Everything is a copy in the current memory context. No privilege is asked for: secrets are for nobody else to read.
 */
#ifndef OPRES_SENDER_H
#define OPRES_SENDER_H

#include "common/compat.h"
#include "datatype/timestamp.h"
#include "nodes/pg_list.h"
#include "utils/array.h"
#include "webhook/scheme.h"

typedef struct OpresSender
{
	char *name;
	OpresScheme scheme;
	int64 tolerance; /* seconds */
	char *person;    /* NULL: those of webhook_identity */
	char *role;      /* that the person must hold; NULL: none */
	ArrayType *actions;
	ArrayType *incidents, *attack_types; /* NULL: all */
	OpresSecret *secrets;                /* those that are valid now */
	int secret_count;
} OpresSender;

/* The sender of a name, or all (NULL): those that are enabled, by name. */
extern List *opres_senders(const char *name);

/* Whom a user of the sender's system is; NULL if nobody. */
extern char *opres_sender_user(const OpresSender *sender, const char *user);
/* Whether there is such a person, not erased. */
extern bool opres_person_is_there(const char *person);

#endif
