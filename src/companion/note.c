/*
 * note.c - signed notes read strictly: what two readers could take for two things is refused.
 */
#include "note.h"

#include <stdlib.h>
#include <string.h>

#include "base64.h"
#include "utf8.h"
#include "words.h"

#define DASH "\xE2\x80\x94 " /* em dash, space: begins a signature line */
#define DASH_BYTES (sizeof DASH - 1)
#define KEY_ID_BYTES 4

static bool
refuse(const char **why, const char *reason)
{
	*why = reason;
	return false;
}

/* UTF-8 without control characters other than line feeds. */
static bool
is_text(const char *bytes, size_t length)
{
	for (size_t i = 0; i < length;)
	{
		uint32_t c;
		size_t size = opres_utf8_next(bytes + i, length - i, &c);

		if (size == 0 || (c < ' ' && c != '\n'))
			return false;
		i += size;
	}
	return true;
}

/* Where the last empty line begins, the text's own line feed not counted: text is [0, this), signatures from this + 1. 0: none. */
static size_t
find_signatures(const char *bytes, size_t length)
{
	for (size_t i = length; i-- > 1;)
		if (bytes[i] == '\n' && bytes[i - 1] == '\n')
			return i;
	return 0;
}

/* The first four bytes that canonical base64 stands for; false if it isn't or nothing follows them. */
static bool
read_key_id(const char *base64, size_t length, uint32_t *id)
{
	uint8_t first[6];
	size_t count;

	if (!opres_base64_decode(base64, length, NULL, 0, &count) || count <= KEY_ID_BYTES)
		return false;
	(void) opres_base64_decode(base64, 8, first, sizeof first, &count);
	*id = (uint32_t) first[0] << 24 | (uint32_t) first[1] << 16 | (uint32_t) first[2] << 8 | first[3];
	return true;
}

/* A signature line without its line feed. */
static bool
parse_signature(const char *line, size_t length, OpresNoteSignature *signature)
{
	const char *space;

	if (length < DASH_BYTES || memcmp(line, DASH, DASH_BYTES) != 0)
		return false;
	signature->name = line + DASH_BYTES;
	space = memchr(signature->name, ' ', length - DASH_BYTES);
	if (!space)
		return false;
	signature->name_length = (size_t) (space - signature->name);
	signature->base64 = space + 1;
	signature->base64_length = (size_t) (line + length - signature->base64);
	return opres_key_name_valid(signature->name, signature->name_length) &&
		   read_key_id(signature->base64, signature->base64_length, &signature->key_id);
}

bool
opres_note_parse(const char *bytes, size_t length, OpresNote *note, const char **why)
{
	size_t empty, at;

	if (length > OPRES_NOTE_MAX)
		return refuse(why, opres_word("is longer than 1 MiB", "1 MiBを超えています"));
	if (!is_text(bytes, length))
		return refuse(why, opres_word("is not UTF-8, or holds control characters", "UTF-8でないか、制御文字を含んでいます"));
	empty = find_signatures(bytes, length);
	if (empty == 0 || empty + 1 == length)
		return refuse(why, opres_word("has no signatures after an empty line", "空行の後に署名がありません"));
	if (bytes[length - 1] != '\n')
		return refuse(why, opres_word("does not end with a line feed", "末尾が改行ではありません"));
	note->text = bytes;
	note->text_length = empty;
	note->count = 0;
	for (at = empty + 1; at < length;)
	{
		size_t line = (size_t) ((const char *) memchr(bytes + at, '\n', length - at) - (bytes + at));

		if (note->count == OPRES_NOTE_SIGNATURES)
			return refuse(why, opres_word("has more than 100 signatures", "署名が100個を超えています"));
		if (!parse_signature(bytes + at, line, &note->signatures[note->count]))
			return refuse(why, opres_word("has a signature line that is not well-formed", "署名行の形式が正しくありません"));
		note->count++;
		at += line + 1;
	}
	return true;
}

static OpresNoteCheck
check_signature(const OpresNote *note, const OpresNoteSignature *signature, const OpresKey *key)
{
	uint8_t bytes[KEY_ID_BYTES + OPRES_SIGNATURE_BYTES];
	size_t count;

	if (!opres_base64_decode(signature->base64, signature->base64_length, bytes, sizeof bytes, &count) || count != sizeof bytes)
		return OPRES_NOTE_FORGED;
	switch (opres_key_check(key, note->text, note->text_length, bytes + KEY_ID_BYTES))
	{
		case OPRES_SIGNATURE_HOLDS:
			return OPRES_NOTE_HOLDS;
		case OPRES_SIGNATURE_WRONG:
			return OPRES_NOTE_FORGED;
		case OPRES_SIGNATURE_FAILED:
			break;
	}
	return OPRES_NOTE_FAILED;
}

OpresNoteCheck
opres_note_check(const OpresNote *note, const OpresKey *key)
{
	OpresNoteCheck check = OPRES_NOTE_UNSIGNED;
	size_t name_length = strlen(key->name);

	for (int i = 0; i < note->count; i++)
	{
		const OpresNoteSignature *signature = &note->signatures[i];

		if (signature->key_id != key->id || signature->name_length != name_length ||
			memcmp(signature->name, key->name, name_length) != 0)
			continue;
		check = check_signature(note, signature, key);
		if (check != OPRES_NOTE_HOLDS)
			break;
	}
	return check;
}

char *
opres_note_sign(const OpresSigner *signer, const char *text, size_t length)
{
	uint8_t bytes[KEY_ID_BYTES + OPRES_SIGNATURE_BYTES];
	char base64[OPRES_BASE64_TEXT(sizeof bytes)];
	uint32_t id = signer->key.id;
	size_t room = length + 1 + DASH_BYTES + strlen(signer->key.name) + 1 + sizeof base64 + 1;
	char *note;

	if (length == 0 || length > OPRES_NOTE_MAX / 2 || text[length - 1] != '\n' || !is_text(text, length))
		return NULL;
	for (int i = 0; i < KEY_ID_BYTES; i++)
		bytes[i] = (uint8_t) (id >> (24 - 8 * i));
	if (!opres_signer_sign(signer, text, length, bytes + KEY_ID_BYTES))
		return NULL;
	(void) opres_base64_encode(bytes, sizeof bytes, base64);
	note = malloc(room);
	if (!note)
		return NULL;
	memcpy(note, text, length);
	(void) snprintf(note + length, room - length, "\n" DASH "%s %s\n", signer->key.name, base64);
	return note;
}
