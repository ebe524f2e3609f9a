/*
 * audit_entry.c - an entry of the audit trail as bytes and as a leaf.
 *
 * An entry is laid out once, as a list of parts: the beginning, which always has the same length, then a length and a text for each
 * field. Size, bytes and leaf are told from that list, and nothing is allocated: the texts stay where they are.
 */
#include "audit_entry.h"

#include "merkle.h"

#include <string.h>

#define ENTRY_TAG "opres entry v1\n"
#define CONTENT_TAG "opres content v1\n"
#define TAG_BYTES(tag) (sizeof(tag) - 1)

#define LENGTH_BYTES 4
#define NULL_LENGTH UINT32_MAX /* -1 */
#define NUMBER_FIELD_BYTES (LENGTH_BYTES + 8)
#define HASH_FIELD_BYTES (LENGTH_BYTES + OPRES_HASH_BYTES)
#define HEAD_BYTES (TAG_BYTES(ENTRY_TAG) + 2 * NUMBER_FIELD_BYTES + 2 * HASH_FIELD_BYTES)
#define TEXT_FIELDS 5

/* Refers to itself and to the entry's texts: not to be copied. */
typedef struct Layout
{
	uint8_t head[HEAD_BYTES];
	uint8_t lengths[TEXT_FIELDS][LENGTH_BYTES];
	OpresPart parts[1 + 2 * TEXT_FIELDS];
	int count;
} Layout;

static uint8_t *
put_big_endian(uint8_t *to, uint64_t value, int bytes)
{
	for (int i = bytes - 1; i >= 0; i--)
		*to++ = (uint8_t) (value >> (8 * i));
	return to;
}

static uint8_t *
put_number_field(uint8_t *to, int64_t value)
{
	to = put_big_endian(to, 8, LENGTH_BYTES);
	return put_big_endian(to, (uint64_t) value, 8);
}

static uint8_t *
put_hash_field(uint8_t *to, const OpresHash *hash)
{
	if (hash == NULL)
		return put_big_endian(to, NULL_LENGTH, LENGTH_BYTES);
	to = put_big_endian(to, OPRES_HASH_BYTES, LENGTH_BYTES);
	memcpy(to, hash->bytes, OPRES_HASH_BYTES);
	return to + OPRES_HASH_BYTES;
}

static int
add_part(OpresPart *parts, int count, const void *bytes, size_t length)
{
	parts[count] = (OpresPart){ bytes, length };
	return count + 1;
}

/* Adds at most two parts; prefix gets the length and must live as long as they do. */
static int
add_field(OpresPart *parts, int count, OpresField field, uint8_t prefix[LENGTH_BYTES])
{
	put_big_endian(prefix, field.length < 0 ? NULL_LENGTH : (uint32_t) field.length, LENGTH_BYTES);
	count = add_part(parts, count, prefix, LENGTH_BYTES);
	if (field.length > 0)
		count = add_part(parts, count, field.bytes, (size_t) field.length);
	return count;
}

static void
lay_out(const OpresAuditEntry *entry, Layout *layout)
{
	const OpresField texts[TEXT_FIELDS] = { entry->login, entry->session_role, entry->acting_role, entry->action, entry->subject };
	uint8_t *to = layout->head;

	memcpy(to, ENTRY_TAG, TAG_BYTES(ENTRY_TAG));
	to = put_number_field(to + TAG_BYTES(ENTRY_TAG), entry->number);
	to = put_hash_field(to, entry->previous);
	to = put_number_field(to, entry->at);
	to = put_hash_field(to, &entry->content_hash);
	layout->count = add_part(layout->parts, 0, layout->head, (size_t) (to - layout->head));
	for (int i = 0; i < TEXT_FIELDS; i++)
		layout->count = add_field(layout->parts, layout->count, texts[i], layout->lengths[i]);
}

static size_t
layout_size(const Layout *layout)
{
	size_t size = 0;

	for (int i = 0; i < layout->count; i++)
	{
		/* Five texts of 2 GiB are more than a 32-bit size holds. */
		if (layout->parts[i].length > SIZE_MAX - size)
			return SIZE_MAX;
		size += layout->parts[i].length;
	}
	return size;
}

size_t
opres_entry_size(const OpresAuditEntry *entry)
{
	Layout layout;

	lay_out(entry, &layout);
	return layout_size(&layout);
}

void
opres_entry_encode(const OpresAuditEntry *entry, uint8_t *bytes)
{
	Layout layout;

	lay_out(entry, &layout);
	for (int i = 0; i < layout.count; i++)
	{
		memcpy(bytes, layout.parts[i].bytes, layout.parts[i].length);
		bytes += layout.parts[i].length;
	}
}

bool
opres_entry_leaf(const OpresAuditEntry *entry, OpresHash *leaf)
{
	Layout layout;

	lay_out(entry, &layout);
	return layout_size(&layout) < OPRES_ENTRY_LIMIT && opres_leaf_hash(layout.parts, layout.count, leaf);
}

bool
opres_content_hash(const uint8_t *salt, OpresField reason, OpresField content, OpresHash *hash)
{
	OpresPart parts[2 + 2 * 2];
	uint8_t lengths[2][LENGTH_BYTES];
	int count = 0;

	count = add_part(parts, count, salt, OPRES_SALT_BYTES);
	count = add_part(parts, count, CONTENT_TAG, TAG_BYTES(CONTENT_TAG));
	count = add_field(parts, count, reason, lengths[0]);
	count = add_field(parts, count, content, lengths[1]);
	return opres_sha256(parts, count, hash);
}
