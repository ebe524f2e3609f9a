/*
 * note.h - C2SP signed notes: a text, an empty line, and signatures over the text. And the checkpoint that is the text of ours.
 */
#ifndef OPRES_NOTE_H
#define OPRES_NOTE_H

#include "key.h"
#include "sha256.h"

#define OPRES_NOTE_MAX (1 << 20) /* bytes of a whole note */
#define OPRES_NOTE_SIGNATURES 100

/* A signature line, in the bytes of the note. */
typedef struct OpresNoteSignature
{
	const char *name;
	size_t name_length;
	uint32_t key_id;
	const char *base64; /* of key id and signature; canonical */
	size_t base64_length;
} OpresNoteSignature;

/* A note in the caller's bytes, which must live as long. */
typedef struct OpresNote
{
	const char *text; /* not ended by a zero */
	size_t text_length;
	int count;
	OpresNoteSignature signatures[OPRES_NOTE_SIGNATURES];
} OpresNote;

/* Takes all bytes as one note. On failure *why says what is wrong, in the language spoken. Nothing is known of the text until
 * opres_note_check has said that a signature holds. */
bool opres_note_parse(const char *bytes, size_t length, OpresNote *note, const char **why);

typedef enum OpresNoteCheck
{
	OPRES_NOTE_HOLDS,
	OPRES_NOTE_UNSIGNED, /* no signature by this key */
	OPRES_NOTE_FORGED,   /* one that names this key, and is wrong */
	OPRES_NOTE_FAILED    /* libcrypto could not tell */
} OpresNoteCheck;

OpresNoteCheck opres_note_check(const OpresNote *note, const OpresKey *key);

/* Signs a text (UTF-8, ended by a line feed). The note is malloc'ed and ended by a zero; NULL if there is no memory, libcrypto
 * refuses or the text cannot be one. */
char *opres_note_sign(const OpresSigner *signer, const char *text, size_t length);

#define OPRES_ORIGIN_MAX 100 /* bytes */
#define OPRES_CHECKPOINT_MAX 200

/* Which trail, in which incarnation (audit-format.md). */
typedef struct OpresOrigin
{
	uint64_t cluster;
	uint32_t database;
	uint32_t timeline;
} OpresOrigin;

typedef struct OpresCheckpoint
{
	char origin[OPRES_ORIGIN_MAX + 1];
	uint64_t size; /* below 2^63 */
	OpresHash root;
} OpresCheckpoint;

/* Exactly three lines: origin (visible ASCII), size, root. */
bool opres_checkpoint_parse(const char *text, size_t length, OpresCheckpoint *checkpoint, const char **why);
/* Returns the length. */
size_t opres_checkpoint_print(const OpresCheckpoint *checkpoint, char text[OPRES_CHECKPOINT_MAX]);
/* An origin of ours: opres/CLUSTER/DATABASE/TIMELINE, each a decimal number in its one form. */
bool opres_origin_parse(const char *origin, OpresOrigin *parsed);
/* A decimal number without leading zeros, not above limit. */
bool opres_decimal_parse(const char *text, size_t length, uint64_t limit, uint64_t *value);

#endif
