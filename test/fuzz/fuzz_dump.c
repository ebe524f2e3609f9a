/*
 * fuzz_dump.c - libFuzzer: any bytes as a dump. How they come in (at once, or in pieces) makes no difference to what is read from
 * them; whoever fails says why; every row can be checked. The first byte chooses what stands before them: nothing, or what begins
 * our table's data, which would be found by chance only.
 */
#include "dump.h"
#include "promise.h"
#include "trail_check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const beginnings[] = {
	"",
	"COPY opres.audit_entry FROM stdin;\n",
	"COPY opres.audit_entry (entry, previous_hash, at, login, session_role, acting_role, action, subject, content_hash, leaf_hash, "
	"salt, reason, content) FROM stdin;\n1\t\\N\t2026-11-21 06:00:00+00\t",
	"INSERT INTO opres.audit_entry VALUES (1, NULL, '2026-11-21 06:00:00+09:18:59', ",
	"\\connect ",
	"COPY opres.audit_entry FROM stdin;\n1\t\\N\t2026-11-21 06:00:00+00\ta\tb\tc\td\te\t"
	"\\\\x0000000000000000000000000000000000000000000000000000000000000000\t"
	"\\\\x0000000000000000000000000000000000000000000000000000000000000000\t\\N\t\\N\t\\N\t\\N\n",
};

/* Two stretches of bytes, given out in pieces. */
typedef struct Pieces
{
	const char *bytes[2];
	size_t length[2];
	size_t piece;
	int part;
} Pieces;

static ssize_t
read_piece(void *ctx, void *to, size_t room)
{
	Pieces *pieces = ctx;
	size_t count;

	while (pieces->part < 2 && pieces->length[pieces->part] == 0)
		pieces->part++;
	if (pieces->part == 2)
		return 0;
	count = pieces->length[pieces->part];
	count = count < pieces->piece ? count : pieces->piece;
	count = count < room ? count : room;
	memcpy(to, pieces->bytes[pieces->part], count);
	pieces->bytes[pieces->part] += count;
	pieces->length[pieces->part] -= count;
	return (ssize_t) count;
}

/* What was read, in short. */
typedef struct Summary
{
	OpresNext end;
	uint64_t rows, problems, bytes, lines;
	int64_t last;
	char failure[sizeof(OpresFailure)];
} Summary;

static void
add_field(Summary *summary, OpresField field)
{
	PROMISE(field.length >= -1);
	for (int32_t i = 0; i < field.length; i++)
		summary->bytes = summary->bytes * 31 + (uint8_t) field.bytes[i];
}

static void
add_row(Summary *summary, const OpresRow *row)
{
	summary->lines += row->line;
	if (row->malformed >= 0)
	{
		PROMISE(row->malformed < OPRES_COLUMNS);
		return;
	}
	PROMISE(row->has_number && row->entry.number > 0 && (row->entry.number == 1) == (row->entry.previous == NULL));
	add_field(summary, row->entry.login);
	add_field(summary, row->entry.session_role);
	add_field(summary, row->entry.acting_role);
	add_field(summary, row->entry.action);
	add_field(summary, row->entry.subject);
	add_field(summary, row->reason);
	add_field(summary, row->content);
}

static Summary
read_dump(Pieces pieces)
{
	Summary summary;
	OpresDump *dump = malloc(sizeof *dump);
	OpresTrailCheck check;
	OpresRow row;

	memset(&summary, 0, sizeof summary);
	PROMISE(dump != NULL && opres_dump_init(dump, read_piece, &pieces, NULL) && opres_trail_check_init(&check));
	while ((summary.end = opres_dump_next(dump, &row)) == OPRES_NEXT_ROW)
	{
		add_row(&summary, &row);
		PROMISE(opres_trail_check_row(&check, &row));
	}
	PROMISE((summary.end == OPRES_NEXT_FAILED) == (dump->failure.text[0] != '\0'));
	opres_trail_check_end(&check);
	summary.rows = check.rows;
	summary.problems = check.problem_count;
	summary.last = opres_tree_last(check.tree);
	memcpy(summary.failure, dump->failure.text, sizeof summary.failure);
	opres_trail_check_free(&check);
	opres_dump_free(dump);
	free(dump);
	return summary;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	Pieces pieces;
	Summary whole, parts;

	if (size < 2)
		return 0;
	pieces = (Pieces){ .bytes = { beginnings[data[0] % (sizeof beginnings / sizeof beginnings[0])], (const char *) data + 2 } };
	pieces.length[0] = strlen(pieces.bytes[0]);
	pieces.length[1] = size - 2;
	pieces.piece = SIZE_MAX;
	whole = read_dump(pieces);
	pieces.piece = data[1] % 16 + 1;
	parts = read_dump(pieces);
	PROMISE(whole.end == parts.end && whole.rows == parts.rows && whole.problems == parts.problems && whole.bytes == parts.bytes);
	PROMISE(whole.lines == parts.lines && whole.last == parts.last && strcmp(whole.failure, parts.failure) == 0);
	return 0;
}
