/*
 * keyfile.h - the file with the witness's signing key: one line, readable by its owner alone.
 */
#ifndef OPRES_KEYFILE_H
#define OPRES_KEYFILE_H

#include "key.h"

/* Complain when they fail. The file must be new. */
bool opres_keyfile_create(const char *path, const OpresSigner *signer);
/* Refuses a file that others than its owner may read or write, or that belongs to somebody else (root's is fine). */
bool opres_keyfile_read(const char *path, OpresSigner *signer);
/* No core dump, no debugger: before a key is read. */
void opres_keyfile_seal(void);

#endif
