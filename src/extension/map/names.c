/*
 * names.c - which names of a document are taken (see names.h).
 */
#include "map/names.h"

#include "common/hashfn.h"
#include "mb/pg_wchar.h"

#include "map/document.h"

static inline uint32
key_hash(OpresNameKey key)
{
	return hash_combine(hash_bytes((const unsigned char *) key.text, key.length), murmurhash32((uint32) key.scope));
}

static inline bool
key_equal(OpresNameKey a, OpresNameKey b)
{
	return a.scope == b.scope && a.length == b.length && memcmp(a.text, b.text, a.length) == 0;
}

#define SH_PREFIX opres_names
#define SH_ELEMENT_TYPE OpresName
#define SH_KEY_TYPE OpresNameKey
#define SH_KEY key
#define SH_HASH_KEY(table, key) key_hash(key)
#define SH_EQUAL(table, a, b) key_equal(a, b)
#define SH_STORE_HASH
#define SH_GET_HASH(table, entry) (entry)->hash
#define SH_SCOPE static inline
#define SH_DECLARE
#define SH_DEFINE
#include "lib/simplehash.h"

OpresNames *
opres_names_make(uint32 expected)
{
	return opres_names_create(CurrentMemoryContext, Max(expected, 16), NULL);
}

OpresName *
opres_names_find(OpresNames *names, int32 scope, const char *text, int32 length)
{
	return opres_names_lookup(names, (OpresNameKey){ scope, length, text });
}

OpresName *
opres_names_take(OpresNames *names, int32 scope, const char *text, int32 length, int32 index)
{
	bool found;
	OpresName *name = opres_names_insert(names, (OpresNameKey){ scope, length, text }, &found);

	if (found)
		return name;
	name->index = index;
	name->next = 2;
	return NULL;
}

/* base cut so that a suffix of that length still fits, at a character's end, without a blank there. */
static int
cut_length(const char *base, int length, int suffix)
{
	if (length > OPRES_CODE_BYTES - suffix)
		length = pg_mbcliplen(base, length, OPRES_CODE_BYTES - suffix);
	while (length > 0 && opres_code_problem(base, length) != NULL)
		length = pg_mbcliplen(base, length, length - 1);
	return length;
}

OpresNameKey
opres_names_take_free(OpresNames *names, int32 scope, const char *base, int32 length, int32 index)
{
	OpresNameKey key = { scope, cut_length(base, length, 0), base };
	OpresName *taken = opres_names_take(names, scope, key.text, key.length, index);
	int32 number = taken != NULL ? taken->next : 0;

	while (taken != NULL)
	{
		char suffix[16];
		int suffix_length = snprintf(suffix, sizeof(suffix), " (%d)", number++);

		key.text = psprintf("%.*s%s", cut_length(base, length, suffix_length), base, suffix);
		key.length = strlen(key.text);
		taken = opres_names_take(names, scope, key.text, key.length, index);
	}
	if (number > 0)
		opres_names_find(names, scope, base, cut_length(base, length, 0))->next = number;
	return key;
}
