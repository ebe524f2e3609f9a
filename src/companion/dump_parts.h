/*
 * dump_parts.h - what the files of the dump reader share: dump.c (statements), dump_insert.c (INSERT), dump_command.c (\connect).
 */
#ifndef OPRES_DUMP_PARTS_H
#define OPRES_DUMP_PARTS_H

#include "dump.h"

/* Says in dump->failure what the script met; false if it met nothing but the end. */
bool opres_dump_script_failed(OpresDump *dump);
/* Says that the dump ends inside our data. Returns false. */
bool opres_dump_broken_off(OpresDump *dump);
/* In an INSERT of ours, behind VALUES or a row: the next row, or the statement's end. */
OpresNext opres_dump_insert_row(OpresDump *dump, OpresRow *row);
/* If the psql command is a \connect: which database it goes to. */
void opres_dump_command(const char *command, char database[OPRES_DATABASE_MAX]);

#endif
