/*
 * wire.h - receiving binary values: whatever comes, an error names the type.
 */
#ifndef OPRES_WIRE_H
#define OPRES_WIRE_H

#include "common/compat.h"
#include "lib/stringinfo.h"

/* The version byte every value begins with, on the wire and on disk. */
#define OPRES_WIRE_VERSION 1

extern _Noreturn void opres_wire_invalid(const char *type, const char *detail);
/* Errors unless that many bytes are still to come. */
extern void opres_wire_need(StringInfo message, int bytes, const char *type);
/* Takes the version byte. */
extern void opres_wire_version(StringInfo message, const char *type);
/* Takes a NUL-terminated string. */
extern const char *opres_wire_string(StringInfo message, const char *type);
/* Errors if anything is left. */
extern void opres_wire_end(StringInfo message, const char *type);

#endif
