/*
 * kept.c - see kept.h. A note that cannot be read or whose signature is wrong stays in the list: it is evidence too, and the report
 * names it.
 */
#include "kept.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "file.h"
#include "words.h"

#define KEY_FILE_MAX (1 << 20)

void
opres_kept_free(OpresKept *kept)
{
	for (size_t i = 0; i < kept->count; i++)
		free(kept->notes[i].file);
	for (size_t i = 0; i < kept->break_count; i++)
		free(kept->breaks[i]);
	free(kept->notes);
	free(kept->keys);
	free(kept->breaks);
	*kept = (OpresKept){ 0 };
}

static bool
no_memory(void)
{
	opres_complain("not enough memory", "メモリが不足しています");
	return false;
}

static bool
cannot_read(const char *path)
{
	const char *reason = strerror(errno);

	opres_complain("\"%s\" cannot be read: %s", "「%s」を読み込めません: %s", opres_shown_path(path), reason);
	return false;
}

static bool
add_key(OpresKept *kept, const char *text, size_t length)
{
	OpresKey *grown = realloc(kept->keys, (kept->key_count + 1) * sizeof *grown);
	const char *why;

	if (!grown)
		return no_memory();
	kept->keys = grown;
	if (opres_key_parse(text, length, &grown[kept->key_count], &why))
	{
		kept->key_count++;
		return true;
	}
	opres_complain("\"%s\" is no verifier key: %s", "「%s」は検証鍵ではありません: %s", opres_shown_bytes(text, length), why);
	return false;
}

static bool
add_keys_of_file(OpresKept *kept, const char *path)
{
	size_t length, before = kept->key_count;
	char *bytes, *line, *end;
	bool fine = true;

	if (!opres_file_read(AT_FDCWD, path, KEY_FILE_MAX, &bytes, &length))
		return cannot_read(path);
	for (line = bytes; fine && line < bytes + length; line = end + 1)
	{
		size_t count;

		end = memchr(line, '\n', (size_t) (bytes + length - line));
		if (!end)
			end = bytes + length;
		count = (size_t) (end - line);
		if (count > 0 && line[count - 1] == '\r')
			count--;
		if (count > 0 && line[0] != '#')
			fine = add_key(kept, line, count);
	}
	free(bytes);
	if (fine && kept->key_count == before)
	{
		opres_complain("there is no verifier key in %s", "%s に検証鍵がありません", opres_shown_path(path));
		fine = false;
	}
	return fine;
}

bool
opres_kept_key(OpresKept *kept, const char *argument)
{
	return argument[0] == '@' ? add_keys_of_file(kept, argument + 1) : add_key(kept, argument, strlen(argument));
}

/* With no key pinned nothing is checked. One signature that holds is enough, one that is wrong too much. */
static bool
check_signatures(const OpresKept *kept, const OpresNote *note, OpresNoteState *state)
{
	bool holds = kept->key_count == 0, forged = false;

	for (size_t i = 0; i < kept->key_count; i++)
	{
		OpresNoteCheck check = opres_note_check(note, &kept->keys[i]);

		if (check == OPRES_NOTE_FAILED)
		{
			opres_complain("libcrypto cannot check signatures", "libcrypto で署名を検証できません");
			return false;
		}
		holds = holds || check == OPRES_NOTE_HOLDS;
		forged = forged || check == OPRES_NOTE_FORGED;
	}
	*state = forged ? OPRES_NOTE_BAD : holds ? OPRES_NOTE_AGREES : OPRES_NOTE_NO_KEY;
	return true;
}

static bool
read_note(const OpresKept *kept, const char *bytes, size_t length, OpresKeptNote *kept_note)
{
	OpresNote *note = malloc(sizeof *note);
	OpresOrigin origin;
	bool fine = true;

	if (!note)
		return no_memory();
	if (!opres_note_parse(bytes, length, note, &kept_note->why) ||
		!opres_checkpoint_parse(note->text, note->text_length, &kept_note->checkpoint, &kept_note->why))
		kept_note->state = OPRES_NOTE_ILLEGIBLE;
	else if (!opres_origin_parse(kept_note->checkpoint.origin, &origin))
	{
		kept_note->state = OPRES_NOTE_ILLEGIBLE;
		kept_note->why = opres_word("its first line is not the origin of an audit trail of opres",
									"1行目が opres の監査証跡の起点（origin）ではありません");
	}
	else
		fine = check_signatures(kept, note, &kept_note->state);
	free(note);
	return fine;
}

static bool
add_note(OpresKept *kept, const char *path)
{
	OpresKeptNote *note;
	char *bytes;
	size_t length;
	bool fine;

	if (kept->count == kept->room)
	{
		size_t room = kept->room ? kept->room * 2 : 64;
		OpresKeptNote *grown = realloc(kept->notes, room * sizeof *grown);

		if (!grown)
			return no_memory();
		kept->notes = grown;
		kept->room = room;
	}
	note = &kept->notes[kept->count];
	memset(note, 0, sizeof *note);
	if (!opres_file_read(AT_FDCWD, path, OPRES_NOTE_MAX, &bytes, &length))
		return cannot_read(path);
	note->file = strdup(path);
	fine = note->file ? read_note(kept, bytes, length, note) : no_memory();
	free(bytes);
	if (fine)
		kept->count++;
	else
		free(note->file);
	return fine;
}

static bool
add_break(OpresKept *kept, const char *path)
{
	char **grown = realloc(kept->breaks, (kept->break_count + 1) * sizeof *grown);

	if (!grown)
		return no_memory();
	kept->breaks = grown;
	grown[kept->break_count] = strdup(path);
	if (!grown[kept->break_count])
		return no_memory();
	kept->break_count++;
	return true;
}

static bool
ends_with(const char *text, const char *end)
{
	size_t length = strlen(text), count = strlen(end);

	return length > count && strcmp(text + length - count, end) == 0;
}

static char *
path_in(const char *folder, const char *name)
{
	size_t length = strlen(folder), room = length + strlen(name) + 2;
	char *path = malloc(room);

	if (path)
		(void) snprintf(path, room, "%s%s%s", folder, length > 0 && folder[length - 1] != '/' ? "/" : "", name);
	return path;
}

static bool
add_file_of_folder(OpresKept *kept, const char *folder, const char *name)
{
	bool note = ends_with(name, ".note"), fine;
	char *path;

	if (!note && !ends_with(name, ".break"))
		return true;
	path = path_in(folder, name);
	if (!path)
		return no_memory();
	fine = note ? add_note(kept, path) : add_break(kept, path);
	free(path);
	return fine;
}

static bool
add_folder(OpresKept *kept, const char *folder)
{
	DIR *dir = opendir(folder);
	size_t before = kept->count;
	const struct dirent *entry;
	bool fine = true;

	if (!dir)
		return cannot_read(folder);
	while (fine && (errno = 0, entry = readdir(dir)) != NULL)
		fine = add_file_of_folder(kept, folder, entry->d_name);
	if (fine && errno != 0)
		fine = cannot_read(folder);
	(void) closedir(dir);
	if (fine && kept->count == before)
	{
		opres_complain("there is no *.note in %s", "%s に *.note がありません", opres_shown_path(folder));
		fine = false;
	}
	return fine;
}

static bool
is_folder(const char *path)
{
	struct stat status;

	return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

bool
opres_kept_notes(OpresKept *kept, const char *path)
{
	char *notes;
	bool fine;

	if (!is_folder(path))
		return add_note(kept, path);
	/* A witness keeps them one level down. */
	notes = path_in(path, "notes");
	if (!notes)
		return no_memory();
	fine = add_folder(kept, is_folder(notes) ? notes : path);
	free(notes);
	return fine;
}

static int
compare_notes(const void *a, const void *b)
{
	const OpresKeptNote *left = a, *right = b;

	if (left->checkpoint.size != right->checkpoint.size)
		return left->checkpoint.size < right->checkpoint.size ? -1 : 1;
	return strcmp(left->file, right->file);
}

void
opres_kept_sort(OpresKept *kept)
{
	if (kept->count > 1)
		qsort(kept->notes, kept->count, sizeof *kept->notes, compare_notes);
}

bool
opres_kept_want(const OpresKept *kept, OpresTree *tree)
{
	for (size_t i = 0; i < kept->count; i++)
		if (kept->notes[i].state == OPRES_NOTE_AGREES && !opres_tree_want(tree, kept->notes[i].checkpoint.size))
			return no_memory();
	return true;
}

bool
opres_kept_compare(OpresKept *kept, OpresTree *tree)
{
	for (size_t i = 0; i < kept->count; i++)
	{
		OpresKeptNote *note = &kept->notes[i];
		OpresHash root;

		if (note->state != OPRES_NOTE_AGREES)
			continue;
		switch (opres_tree_root_of(tree, note->checkpoint.size, &root))
		{
			case OPRES_ROOT_KNOWN:
				if (!opres_hash_equal(&root, &note->checkpoint.root))
					note->state = OPRES_NOTE_DIFFERS;
				break;
			case OPRES_ROOT_BEYOND:
				note->state = OPRES_NOTE_BEYOND;
				break;
			case OPRES_ROOT_GAP:
				note->state = OPRES_NOTE_GAP;
				break;
			case OPRES_ROOT_FAILED:
				return false;
		}
	}
	return true;
}
