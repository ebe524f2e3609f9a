/*
 * state.c - see state.h.
 */
#include "state.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "file.h"
#include "words.h"

#define STATE_TEXT "opres witness state v1\n"
#define BREAK_TEXT "opres witness break v1\n"
#define KEPT_TEXT_MAX (OPRES_CHECKPOINT_MAX + 64)
#define SIZE_DIGITS 20

typedef enum FileKind
{
	KIND_NOTE,
	KIND_BREAK
} FileKind;

static const char *const suffixes[] = { ".note", ".break" };

/* A place in the order of what was kept. */
typedef struct Place
{
	unsigned line;
	uint64_t size;
} Place;

/* A file in notes. */
typedef struct Found
{
	bool any;
	Place place;
	FileKind kind;
} Found;

typedef struct Kept
{
	unsigned line;
	OpresCheckpoint checkpoint;
} Kept;

static bool
damaged(const OpresState *state, const char *name, const char *why)
{
	opres_complain("state %s is damaged: %s %s", "保管場所 %s が壊れています: %s %s", opres_shown(state->path), opres_shown(name),
				   why);
	return false;
}

static bool
cannot(const OpresState *state, const char *name)
{
	const char *reason = strerror(errno);

	opres_complain("state %s: %s: %s", "保管場所 %s: %s: %s", opres_shown(state->path), opres_shown(name), reason);
	return false;
}

static int
compare_places(Place a, Place b)
{
	if (a.line != b.line)
		return a.line < b.line ? -1 : 1;
	return a.size == b.size ? 0 : a.size < b.size ? -1 : 1;
}

static Place
place_of(const Kept *kept)
{
	return (Place){ kept->line, kept->checkpoint.size };
}

static void
print_name(Place place, FileKind kind, char name[OPRES_NOTE_NAME])
{
	if (place.line == 1)
		(void) snprintf(name, OPRES_NOTE_NAME, "%020" PRIu64 "%s", place.size, suffixes[kind]);
	else
		(void) snprintf(name, OPRES_NOTE_NAME, "%020" PRIu64 "-%u%s", place.size, place.line, suffixes[kind]);
}

/* A name that print_name makes; others are not ours. */
static bool
parse_name(const char *name, Place *place, FileKind *kind)
{
	const char *dot = strrchr(name, '.');
	char printed[OPRES_NOTE_NAME];
	size_t zeros = 0;
	uint64_t line = 1;

	if (!dot || dot - name < SIZE_DIGITS)
		return false;
	*kind = strcmp(dot, suffixes[KIND_BREAK]) == 0 ? KIND_BREAK : KIND_NOTE;
	while (zeros < SIZE_DIGITS - 1 && name[zeros] == '0')
		zeros++;
	if (!opres_decimal_parse(name + zeros, SIZE_DIGITS - zeros, INT64_MAX, &place->size))
		return false;
	if (name[SIZE_DIGITS] == '-' &&
		(!opres_decimal_parse(name + SIZE_DIGITS + 1, (size_t) (dot - name) - SIZE_DIGITS - 1, UINT32_MAX, &line) || line == 0))
		return false;
	place->line = (unsigned) line;
	print_name(*place, *kind, printed);
	return strcmp(printed, name) == 0;
}

/* "ORIGIN SIZE ROOT\n" */
static void
print_checkpoint_line(const OpresCheckpoint *checkpoint, char text[OPRES_CHECKPOINT_MAX])
{
	size_t length = opres_checkpoint_print(checkpoint, text);

	for (size_t i = 0; i + 1 < length; i++)
		if (text[i] == '\n')
			text[i] = ' ';
}

static bool
parse_checkpoint_line(const char *text, size_t length, OpresCheckpoint *checkpoint)
{
	char lines[OPRES_CHECKPOINT_MAX];
	const char *why;

	if (length >= sizeof lines)
		return false;
	for (size_t i = 0; i < length; i++)
		lines[i] = text[i];
	for (size_t i = 0; i < length; i++)
		if (lines[i] == ' ')
			lines[i] = '\n';
	return opres_checkpoint_parse(lines, length, checkpoint, &why);
}

/* The line in a text that begins with a word and a space: what follows, with its line feed. */
static const char *
find_line(const OpresNote *note, const char *word, size_t *length)
{
	size_t size = strlen(word);
	const char *at = note->text, *end = note->text + note->text_length;

	while (at < end)
	{
		const char *next = (const char *) memchr(at, '\n', (size_t) (end - at)) + 1;

		if ((size_t) (next - at) > size + 1 && memcmp(at, word, size) == 0 && at[size] == ' ')
		{
			*length = (size_t) (next - at) - size - 1;
			return at + size + 1;
		}
		at = next;
	}
	return NULL;
}

/* A text of ours (state, break): its line and the checkpoint that stands under `word`. */
static bool
parse_kept(const OpresNote *note, const char *heading, const char *word, Kept *kept)
{
	size_t heading_length = strlen(heading), length;
	const char *text;
	uint64_t line;

	if (note->text_length < heading_length || memcmp(note->text, heading, heading_length) != 0)
		return false;
	text = find_line(note, "line", &length);
	if (!text || !opres_decimal_parse(text, length - 1, UINT32_MAX, &line) || line == 0)
		return false;
	kept->line = (unsigned) line;
	text = find_line(note, word, &length);
	return text && parse_checkpoint_line(text, length, &kept->checkpoint);
}

/* The bytes belong to the caller, also when it fails. */
static bool
read_signed(const OpresState *state, int dir, const char *name, char **bytes, OpresNote *note)
{
	const char *why;
	size_t length;

	if (!opres_file_read(dir, name, OPRES_NOTE_MAX, bytes, &length))
		return cannot(state, name);
	if (!opres_note_parse(*bytes, length, note, &why))
		return damaged(state, name, why);
	switch (opres_note_check(note, &state->signer->key))
	{
		case OPRES_NOTE_HOLDS:
			return true;
		case OPRES_NOTE_UNSIGNED:
			return damaged(state, name, opres_word("is not signed by this key", "この鍵で署名されていません"));
		case OPRES_NOTE_FORGED:
			return damaged(state, name, opres_word("has a wrong signature by this key", "この鍵の署名が正しくありません"));
		case OPRES_NOTE_FAILED:
			break;
	}
	return damaged(state, name, opres_word("cannot be checked by libcrypto", "libcryptoで検証できません"));
}

/* DIR/state; nothing is found in a folder that has none. */
static bool
read_state(const OpresState *state, Kept *kept, bool *found)
{
	OpresNote note;
	char *bytes = NULL;
	bool ok;

	*found = faccessat(state->dir, "state", F_OK, 0) == 0;
	if (!*found)
		return errno == ENOENT || cannot(state, "state");
	ok = read_signed(state, state->dir, "state", &bytes, &note);
	if (ok && !parse_kept(&note, STATE_TEXT, "kept", kept))
		ok = damaged(state, "state", opres_word("is not well-formed", "の形式が正しくありません"));
	free(bytes);
	return ok;
}

/* The newest file in notes. */
static bool
find_newest(const OpresState *state, Found *newest)
{
	int copy = openat(state->notes, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *folder = copy >= 0 ? fdopendir(copy) : NULL;
	const struct dirent *entry;
	int failed;

	*newest = (Found){ false };
	if (!folder)
	{
		(void) cannot(state, "notes");
		if (copy >= 0)
			(void) close(copy);
		return false;
	}
	while (errno = 0, (entry = readdir(folder)) != NULL)
	{
		Found file = { .any = true };

		if (parse_name(entry->d_name, &file.place, &file.kind) && (!newest->any || compare_places(file.place, newest->place) >= 0))
			*newest = file;
	}
	failed = errno;
	(void) closedir(folder);
	errno = failed;
	return failed == 0 || cannot(state, "notes");
}

/* A note or break; it must be what its name says. */
static bool
read_found(const OpresState *state, const Found *file, Kept *kept)
{
	char name[OPRES_NOTE_NAME], *bytes = NULL;
	const char *why = opres_word("is not well-formed", "の形式が正しくありません");
	OpresNote note;
	bool ok;

	print_name(file->place, file->kind, name);
	ok = read_signed(state, state->notes, name, &bytes, &note);
	kept->line = file->place.line;
	if (ok && !(file->kind == KIND_BREAK ? parse_kept(&note, BREAK_TEXT, "accepted", kept)
										 : opres_checkpoint_parse(note.text, note.text_length, &kept->checkpoint, &why)))
		ok = damaged(state, name, why);
	if (ok && compare_places(file->place, place_of(kept)) != 0)
		ok = damaged(state, name, opres_word("is not what its name says", "の内容がファイル名と一致しません"));
	free(bytes);
	return ok;
}

/* Signs a text, looks at it with a reader's eyes, and writes it. */
static bool
write_signed(const OpresState *state, int dir, const char *name, const char *text)
{
	char *bytes = opres_note_sign(state->signer, text, strlen(text));
	const char *why;
	OpresNote note;
	bool ok;

	if (!bytes || !opres_note_parse(bytes, strlen(bytes), &note, &why) ||
		opres_note_check(&note, &state->signer->key) != OPRES_NOTE_HOLDS)
	{
		opres_complain("libcrypto could not sign", "libcryptoで署名できませんでした");
		free(bytes);
		return false;
	}
	ok = opres_file_write(dir, name, bytes, strlen(bytes)) || cannot(state, name);
	free(bytes);
	return ok;
}

static bool
write_state(const OpresState *state, const Kept *kept)
{
	char text[KEPT_TEXT_MAX], line[OPRES_CHECKPOINT_MAX];

	print_checkpoint_line(&kept->checkpoint, line);
	(void) snprintf(text, sizeof text, STATE_TEXT "line %u\nkept %s", kept->line, line);
	return write_signed(state, state->dir, "state", text);
}

/* Unless it is there: what stands there is checked when it is the newest, and never written over. */
static bool
write_note(const OpresState *state, const Kept *kept, char name[OPRES_NOTE_NAME])
{
	char text[OPRES_CHECKPOINT_MAX];

	print_name(place_of(kept), KIND_NOTE, name);
	if (faccessat(state->notes, name, F_OK, 0) == 0)
		return true;
	(void) opres_checkpoint_print(&kept->checkpoint, text);
	return write_signed(state, state->notes, name, text);
}

static bool
same_checkpoint(const OpresCheckpoint *a, const OpresCheckpoint *b)
{
	return a->size == b->size && opres_hash_equal(&a->root, &b->root) && strcmp(a->origin, b->origin) == 0;
}

/* The newest file is newer than the state (order > 0), or of the same place. */
static bool
adopt(const OpresState *state, const Found *file, int order, Kept *kept)
{
	Kept newest;

	if (!read_found(state, file, &newest))
		return false;
	if (order == 0 && !same_checkpoint(&kept->checkpoint, &newest.checkpoint))
		return damaged(state, "state", opres_word("contradicts the newest note", "が最新のノートと矛盾しています"));
	*kept = newest;
	return order == 0 || write_state(state, &newest);
}

/* The newest of the state and the files in notes; what a crash left undone is done. */
static bool
load(OpresState *state)
{
	Kept kept;
	Found newest;
	char name[OPRES_NOTE_NAME];
	bool in_state;
	int order;

	if (!read_state(state, &kept, &in_state) || !find_newest(state, &newest))
		return false;
	state->begun = in_state || newest.any;
	if (!state->begun)
		return true;
	order = !newest.any ? -1 : !in_state ? 1 : compare_places(newest.place, place_of(&kept));
	if (order >= 0 && !adopt(state, &newest, order, &kept))
		return false;
	state->line = kept.line;
	state->last = kept.checkpoint;
	return write_note(state, &kept, name);
}

static int
open_folder(int dir, const char *name, bool create)
{
	int folder;

	if (create && mkdirat(dir, name, 0777) != 0 && errno != EEXIST)
		return -1;
	folder = openat(dir, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return folder;
}

static bool
take_lock(OpresState *state)
{
	state->lock = openat(state->dir, "lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
	if (state->lock < 0)
		return cannot(state, "lock");
	if (flock(state->lock, LOCK_EX | LOCK_NB) == 0)
		return true;
	if (errno != EWOULDBLOCK)
		return cannot(state, "lock");
	opres_complain("state %s: another witness is at work on it", "保管場所 %s は別のwitnessが使用中です", opres_shown(state->path));
	return false;
}

bool
opres_state_open(OpresState *state, const char *path, bool create, const OpresSigner *signer)
{
	*state = (OpresState){ .dir = -1, .notes = -1, .lock = -1, .path = path, .signer = signer };
	state->dir = open_folder(AT_FDCWD, path, create);
	if (state->dir < 0)
	{
		opres_complain("state %s: %s", "保管場所 %s: %s", opres_shown(path), strerror(errno));
		return false;
	}
	if (take_lock(state))
	{
		state->notes = open_folder(state->dir, "notes", true);
		if (state->notes < 0)
			(void) cannot(state, "notes");
		else if (load(state))
			return true;
	}
	opres_state_close(state);
	return false;
}

void
opres_state_close(OpresState *state)
{
	if (state->notes >= 0)
		(void) close(state->notes);
	if (state->lock >= 0)
		(void) close(state->lock);
	if (state->dir >= 0)
		(void) close(state->dir);
	state->dir = state->notes = state->lock = -1;
}

bool
opres_state_keep(OpresState *state, const OpresCheckpoint *now, bool new_line, char name[OPRES_NOTE_NAME])
{
	Kept kept = { state->line + (new_line || !state->begun ? 1 : 0), *now };

	if (!write_state(state, &kept) || !write_note(state, &kept, name))
		return false;
	state->begun = true;
	state->line = kept.line;
	state->last = *now;
	return true;
}

bool
opres_state_break(OpresState *state, const OpresCheckpoint *now, const char *reason, char name[OPRES_NOTE_NAME])
{
	char text[KEPT_TEXT_MAX * 2 + OPRES_REASON_MAX], old[OPRES_CHECKPOINT_MAX], new[OPRES_CHECKPOINT_MAX], at[32];
	Kept kept = { state->line + 1, *now };
	time_t seconds = time(NULL);
	struct tm utc;

	print_checkpoint_line(&state->last, old);
	print_checkpoint_line(now, new);
	if (!gmtime_r(&seconds, &utc))
		return cannot(state, "time");
	(void) strftime(at, sizeof at, "%Y-%m-%dT%H:%M:%SZ", &utc);
	(void) snprintf(text, sizeof text, BREAK_TEXT "line %u\nkept %saccepted %sat %s\nreason %s\n", kept.line, old, new, at, reason);
	print_name(place_of(&kept), KIND_BREAK, name);
	return write_signed(state, state->notes, name, text) && opres_state_keep(state, now, true, name);
}

void
opres_state_agreed(const OpresState *state)
{
	if (utimensat(state->dir, "state", NULL, 0) != 0)
		(void) cannot(state, "state");
}
