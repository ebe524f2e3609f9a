/*
 * names.h - which names of a document are taken: a hash table from (scope, text) to the index of what bears it.
 *
 * Scope tells apart names that need only be unique within something: requirements within their node, shocks within their
 * scenario. Texts are not copied, they must outlive the table; the table lives in the memory context it was made in.
 */
#ifndef OPRES_NAMES_H
#define OPRES_NAMES_H

#include "common/compat.h"

typedef struct OpresNameKey
{
	int32 scope;
	int32 length;
	const char *text;
} OpresNameKey;

typedef struct OpresName
{
	OpresNameKey key;
	int32 index; /* what bears the name: the caller's numbering */
	int32 next;  /* the next number to try when it is taken as a default name */
	uint32 hash;
	char status;
} OpresName;

typedef struct opres_names_hash OpresNames;

extern OpresNames *opres_names_make(uint32 expected);
/* NULL if nobody has it. The entry is valid until the next name is taken. */
extern OpresName *opres_names_find(OpresNames *names, int32 scope, const char *text, int32 length);
/* Takes a name. Returns NULL, or the entry of the one who has it already. */
extern OpresName *opres_names_take(OpresNames *names, int32 scope, const char *text, int32 length, int32 index);
/* Takes `base` cut to what a code may be, or, if that is taken, with " (2)", " (3)", ... behind it. The text is allocated in the
   current memory context. */
extern OpresNameKey opres_names_take_free(OpresNames *names, int32 scope, const char *base, int32 length, int32 index);

#endif
