/*
 * dump_command.c - psql commands in a dump. What counts is \connect, as pg_dump -C and pg_dumpall write it: NAME, "NAME", or
 * -reuse-previous=on "dbname='NAME'" where the name is an odd one.
 */
#include "dump_parts.h"

#include <string.h>

/* In double quotes, doubled inside, or up to a blank. */
static void
argument(const char *from, char *to, size_t room)
{
	bool quoted = *from == '"';
	size_t used = 0;

	for (from += quoted; *from && *from != '\r' && used < room - 1 && (quoted || *from != ' '); from++)
	{
		if (*from == '"' && *++from != '"')
			break;
		to[used++] = *from;
	}
	to[used] = '\0';
}

/* The value in dbname='VALUE', with backslash escapes. */
static void
connection_name(const char *string, char *name, size_t room)
{
	const char *from = strstr(string, "dbname=");
	size_t used = 0;
	bool quoted;

	if (from)
	{
		from += strlen("dbname=");
		quoted = *from == '\'';
		for (from += quoted; *from && *from != (quoted ? '\'' : ' ') && used < room - 1; from++)
		{
			if (*from == '\\' && from[1])
				from++;
			name[used++] = *from;
		}
	}
	name[used] = '\0';
}

void
opres_dump_command(const char *command, char database[OPRES_DATABASE_MAX])
{
	static const char connect[] = "connect ", reuse[] = "-reuse-previous=on ";
	char string[OPRES_COMMAND_ROOM];

	if (strncmp(command, connect, sizeof connect - 1) != 0)
		return;
	command += sizeof connect - 1;
	if (strncmp(command, reuse, sizeof reuse - 1) != 0)
	{
		argument(command, database, OPRES_DATABASE_MAX);
		return;
	}
	argument(command + sizeof reuse - 1, string, sizeof string);
	connection_name(string, database, OPRES_DATABASE_MAX);
}
