/*
 * wire.c - receiving binary values (see wire.h). The server's own pq_getmsg functions complain without saying of what.
 */
#include "types/wire.h"

#include "libpq/pqformat.h"

void
opres_wire_invalid(const char *type, const char *detail)
{
	ereport(ERROR, (errcode(ERRCODE_INVALID_BINARY_REPRESENTATION), errmsg("invalid binary %s", type),
					errdetail("It breaks a rule: %s.", detail)));
}

void
opres_wire_need(StringInfo message, int bytes, const char *type)
{
	if (message->len - message->cursor < bytes)
		opres_wire_invalid(type, "the value ends too early");
}

void
opres_wire_version(StringInfo message, const char *type)
{
	opres_wire_need(message, 1, type);
	if (pq_getmsgbyte(message) != OPRES_WIRE_VERSION)
		opres_wire_invalid(type, "its version is not known here");
}

const char *
opres_wire_string(StringInfo message, const char *type)
{
	if (memchr(message->data + message->cursor, '\0', message->len - message->cursor) == NULL)
		opres_wire_invalid(type, "a name does not end");
	return pq_getmsgstring(message);
}

void
opres_wire_end(StringInfo message, const char *type)
{
	if (message->cursor != message->len)
		opres_wire_invalid(type, "something follows the value");
}
