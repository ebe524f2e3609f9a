/*
 * fuzz_note.c - libFuzzer: any bytes as a signed note, a verifier key, a signing key and a checkpoint. What is taken has one form:
 * it prints as the bytes it was read from. What is refused says why. A note by a key of our own holds as long as nobody touched it.
 */
#include "note.h"
#include "promise.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The lines of a note put together again are the note. */
static void
check_note(const char *bytes, size_t length)
{
	OpresNote note;
	const char *why = NULL;
	size_t at;

	if (!opres_note_parse(bytes, length, &note, &why))
	{
		PROMISE(why != NULL && why[0] != '\0');
		return;
	}
	PROMISE(note.text == bytes && note.text_length > 0 && note.text[note.text_length - 1] == '\n');
	PROMISE(note.count > 0 && note.count <= OPRES_NOTE_SIGNATURES && bytes[note.text_length] == '\n');
	at = note.text_length + 1;
	for (int i = 0; i < note.count; i++)
	{
		const OpresNoteSignature *signature = &note.signatures[i];

		PROMISE(memcmp(bytes + at, "\xE2\x80\x94 ", 4) == 0 && signature->name == bytes + at + 4);
		PROMISE(signature->name_length > 0 && signature->name[signature->name_length] == ' ');
		PROMISE(signature->base64 == signature->name + signature->name_length + 1 && signature->base64_length >= 8);
		PROMISE(signature->base64[signature->base64_length] == '\n');
		at = (size_t) (signature->base64 + signature->base64_length + 1 - bytes);
	}
	PROMISE(at == length);
}

static void
check_key(const char *bytes, size_t length)
{
	OpresKey key;
	OpresSigner signer;
	char printed[OPRES_KEY_TEXT];
	const char *why = NULL;

	if (opres_key_parse(bytes, length, &key, &why))
	{
		opres_key_print(&key, printed);
		PROMISE(strlen(printed) == length && memcmp(printed, bytes, length) == 0);
	}
	else
		PROMISE(why != NULL && why[0] != '\0');
	if (opres_signer_parse(bytes, length, &signer, &why))
	{
		PROMISE(opres_signer_print(&signer, printed));
		PROMISE(strlen(printed) == length && memcmp(printed, bytes, length) == 0);
		opres_signer_free(&signer);
	}
}

static void
check_checkpoint(const char *bytes, size_t length)
{
	OpresCheckpoint checkpoint;
	char printed[OPRES_CHECKPOINT_MAX];
	const char *why = NULL;

	if (opres_checkpoint_parse(bytes, length, &checkpoint, &why))
		PROMISE(opres_checkpoint_print(&checkpoint, printed) == length && memcmp(printed, bytes, length) == 0);
	else
		PROMISE(why != NULL && why[0] != '\0');
}

static void
check_signing(const char *bytes, size_t length)
{
	static OpresSigner signer;
	OpresNote note;
	const char *why;
	char *made;

	if (!signer.secret)
		PROMISE(opres_signer_new("fuzz.example/witness", &signer, &why));
	made = opres_note_sign(&signer, bytes, length);
	if (!made)
		return;
	PROMISE(opres_note_parse(made, strlen(made), &note, &why) && note.text_length == length &&
			memcmp(note.text, bytes, length) == 0);
	PROMISE(opres_note_check(&note, &signer.key) == OPRES_NOTE_HOLDS);
	made[length ? (size_t) (uint8_t) bytes[0] % length : 0] ^= 1;
	PROMISE(!opres_note_parse(made, strlen(made), &note, &why) || opres_note_check(&note, &signer.key) != OPRES_NOTE_HOLDS);
	free(made);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *bytes = (const char *) data;

	check_note(bytes, size);
	check_key(bytes, size);
	check_checkpoint(bytes, size);
	check_signing(bytes, size);
	return 0;
}
