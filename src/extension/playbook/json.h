/*
 * json.h - reading members of JSON objects, where whatever is missing or of another type is simply not there.
 *
 * For documents that were checked (check.c says what is wrong with one). Containers may be NULL: nothing is in them. Texts are
 * copied into the current memory context.
 */
#ifndef OPRES_JSON_H
#define OPRES_JSON_H

#include "common/compat.h"
#include "utils/jsonb.h"

/* False if there is none, or it is null. */
extern bool opres_json_get(JsonbContainer *object, const char *key, JsonbValue *value);
extern JsonbContainer *opres_json_object(JsonbContainer *object, const char *key);
extern JsonbContainer *opres_json_array(JsonbContainer *object, const char *key);
extern char *opres_json_text(JsonbContainer *object, const char *key);
extern bool opres_json_flag(JsonbContainer *object, const char *key, bool otherwise);
extern int64 opres_json_integer(JsonbContainer *object, const char *key, int64 otherwise);

/* 0 of NULL. */
extern int opres_json_count(JsonbContainer *array);
extern JsonbContainer *opres_json_item_object(JsonbContainer *array, int index);
extern char *opres_json_item_text(JsonbContainer *array, int index);

extern JsonbContainer *opres_value_object(const JsonbValue *value);
extern char *opres_value_text(const JsonbValue *value);

/* The members of an object, in jsonb's order: shorter keys first, those of the same length by their bytes. */
typedef struct OpresMembers
{
	JsonbIterator *iterator;
	JsonbValue key;
	JsonbValue value;
} OpresMembers;

extern void opres_members_begin(OpresMembers *members, JsonbContainer *object);
extern bool opres_members_next(OpresMembers *members);

/*
 * Base64 of RFC 4648, section 4: padded, nothing between. NULL if it is none; the bytes are palloc'd, a zero byte after them.
 */
extern char *opres_base64_decode(const char *text, size_t length, size_t *size);

/*
 * The first character that makes a text look like another on a screen, 0 = none: control characters but tabs and ends of lines,
 * and those that turn the direction of writing until further notice.
 */
extern int opres_deceiving_character(const char *text, int length);

#endif
