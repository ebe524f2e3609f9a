/*
 * row.c - what the columns of a row mean. Everything here comes from outside and is believed in nothing: a text that PostgreSQL
 * would not have written for its column makes the row malformed.
 */
#include "row.h"

#include <string.h>

#include "note.h"

static const char *const names[OPRES_COLUMNS] = { "entry",       "previous_hash", "at",      "login",        "session_role",
												  "acting_role", "action",        "subject", "content_hash", "leaf_hash",
												  "subtrees",    "salt",          "reason",  "content" };

const char *
opres_column_name(OpresColumn column)
{
	return names[column];
}

int
opres_column_find(const char *name, size_t length)
{
	for (int i = 0; i < OPRES_COLUMNS; i++)
		if (strlen(names[i]) == length && memcmp(names[i], name, length) == 0)
			return i;
	return -1;
}

bool
opres_column_needed(OpresColumn column)
{
	return column != OPRES_COLUMN_SUBTREES;
}

/* Of a hexadecimal digit one more than its value, of anything else 0. One less of that has bits above the fourth: or-ed together,
 * bytes that are no digits show at the end. */
static const uint8_t hex_values[256] = {
	['0'] = 1,  ['1'] = 2,  ['2'] = 3,  ['3'] = 4,  ['4'] = 5,  ['5'] = 6,  ['6'] = 7,  ['7'] = 8,
	['8'] = 9,  ['9'] = 10, ['a'] = 11, ['b'] = 12, ['c'] = 13, ['d'] = 14, ['e'] = 15, ['f'] = 16,
	['A'] = 11, ['B'] = 12, ['C'] = 13, ['D'] = 14, ['E'] = 15, ['F'] = 16
};

static bool
decode_hex(OpresValue *value)
{
	size_t digits = value->length - 2;
	const uint8_t *from = (const uint8_t *) value->bytes + 2;
	unsigned all = 0;

	if (digits % 2 != 0)
		return false;
	for (size_t i = 0; i < digits / 2; i++)
	{
		unsigned high = hex_values[from[2 * i]] - 1U, low = hex_values[from[2 * i + 1]] - 1U;

		all |= high | low;
		value->bytes[i] = (char) (high << 4 | low);
	}
	value->length = digits / 2;
	return all < 16;
}

/* Printable bytes as they are, a backslash doubled, others as three octal digits. */
static bool
decode_escape(OpresValue *value)
{
	const char *from = value->bytes, *end = from + value->length;
	char *to = value->bytes;

	while (from < end)
	{
		if (*from != '\\')
			*to++ = *from++;
		else if (end - from >= 2 && from[1] == '\\')
		{
			*to++ = '\\';
			from += 2;
		}
		else if (end - from >= 4 && from[1] >= '0' && from[1] <= '3' && from[2] >= '0' && from[2] <= '7' && from[3] >= '0' &&
				 from[3] <= '7')
		{
			*to++ = (char) ((from[1] - '0') << 6 | (from[2] - '0') << 3 | (from[3] - '0'));
			from += 4;
		}
		else
			return false;
	}
	value->length = (size_t) (to - value->bytes);
	return true;
}

bool
opres_bytea_decode(OpresValue *value)
{
	if (value->length >= 2 && value->bytes[0] == '\\' && value->bytes[1] == 'x')
		return decode_hex(value);
	return decode_escape(value);
}

/* A bytea of so many bytes. */
static bool
read_bytes(OpresValue *value, uint8_t *bytes, size_t count)
{
	if (value->null || !opres_bytea_decode(value) || value->length != count)
		return false;
	memcpy(bytes, value->bytes, count);
	return true;
}

/* False if it is NULL and may not be, or longer than PostgreSQL lets a value be. */
static bool
read_text(const OpresValue *value, bool may_be_null, OpresField *field)
{
	if (value->null)
	{
		*field = (OpresField){ NULL, -1 };
		return may_be_null;
	}
	*field = (OpresField){ value->bytes, (int32_t) value->length };
	return value->length <= INT32_MAX;
}

static bool
read_number(const OpresValue *value, int64_t *number)
{
	uint64_t parsed;

	if (value->null || !opres_decimal_parse(value->bytes, value->length, INT64_MAX, &parsed) || parsed == 0)
		return false;
	*number = (int64_t) parsed;
	return true;
}

static bool
read_salt(OpresValue values[OPRES_COLUMNS], OpresRow *row)
{
	row->erased = values[OPRES_COLUMN_SALT].null;
	return row->erased || read_bytes(&values[OPRES_COLUMN_SALT], row->salt, OPRES_SALT_BYTES);
}

static bool
read_previous(OpresValue *value, OpresRow *row)
{
	row->entry.previous = value->null ? NULL : &row->previous_hash;
	return value->null == (row->entry.number == 1) &&
		   (value->null || read_bytes(value, row->previous_hash.bytes, OPRES_HASH_BYTES));
}

static bool
read_column(OpresValue values[OPRES_COLUMNS], OpresColumn column, OpresRow *row)
{
	OpresValue *value = &values[column];
	OpresAuditEntry *entry = &row->entry;

	switch (column)
	{
		case OPRES_COLUMN_ENTRY:
			return row->has_number;
		case OPRES_COLUMN_PREVIOUS_HASH:
			return read_previous(value, row);
		case OPRES_COLUMN_AT:
			return !value->null && opres_timestamp_parse(value->bytes, value->length, &entry->at);
		case OPRES_COLUMN_LOGIN:
			return read_text(value, true, &entry->login);
		case OPRES_COLUMN_SESSION_ROLE:
			return read_text(value, false, &entry->session_role);
		case OPRES_COLUMN_ACTING_ROLE:
			return read_text(value, false, &entry->acting_role);
		case OPRES_COLUMN_ACTION:
			return read_text(value, false, &entry->action);
		case OPRES_COLUMN_SUBJECT:
			return read_text(value, true, &entry->subject);
		case OPRES_COLUMN_CONTENT_HASH:
			return read_bytes(value, entry->content_hash.bytes, OPRES_HASH_BYTES);
		case OPRES_COLUMN_LEAF_HASH:
			return read_bytes(value, row->leaf_hash.bytes, OPRES_HASH_BYTES);
		case OPRES_COLUMN_SUBTREES:
			return true;
		case OPRES_COLUMN_SALT:
			return read_salt(values, row);
		case OPRES_COLUMN_REASON:
			return read_text(value, true, &row->reason) && !(row->erased && !value->null);
		case OPRES_COLUMN_CONTENT:
			return read_text(value, true, &row->content) && !(row->erased && !value->null);
	}
	return false;
}

void
opres_row_read(OpresValue values[OPRES_COLUMNS], uint64_t line, OpresRow *row)
{
	row->line = line;
	row->malformed = -1;
	row->has_number = read_number(&values[OPRES_COLUMN_ENTRY], &row->entry.number);
	for (int i = 0; i < OPRES_COLUMNS && row->malformed < 0; i++)
		if (!read_column(values, (OpresColumn) i, row))
			row->malformed = i;
}

void
opres_row_illegible(uint64_t line, OpresRow *row)
{
	row->line = line;
	row->malformed = OPRES_COLUMN_ENTRY;
	row->has_number = false;
}
