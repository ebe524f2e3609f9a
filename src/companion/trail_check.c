/*
 * trail_check.c - see trail_check.h.
 *
 * Each row is checked by itself: its content hash from its content, its leaf from that and its fields. The previous hash, which the
 * leaf has inside, is taken as the row says and must then be the stored leaf hash of the entry before, which must be the
 * recomputed one: so nothing stored is believed, rows may come in any order, and one changed row is one problem, not a problem
 * of all after it.
 */
#include "trail_check.h"

#include <stdlib.h>
#include <string.h>

#include "note.h"

static void unlinked(void *ctx, int64_t number);

bool
opres_trail_check_init(OpresTrailCheck *check)
{
	memset(check, 0, sizeof *check);
	check->tree = opres_tree_new(unlinked, check);
	return check->tree != NULL;
}

void
opres_trail_check_free(OpresTrailCheck *check)
{
	opres_tree_free(check->tree);
	free(check->erased.numbers);
	free(check->erasures.numbers);
	memset(check, 0, sizeof *check);
}

/* Keeps the problems of the lowest numbers, in their order. */
static void
add_problem(OpresTrailCheck *check, OpresProblem problem)
{
	int place = check->kept;

	check->problem_count++;
	while (place > 0 && check->problems[place - 1].number > problem.number)
		place--;
	if (place == OPRES_PROBLEMS_KEPT)
		return;
	if (check->kept < OPRES_PROBLEMS_KEPT)
		check->kept++;
	memmove(&check->problems[place + 1], &check->problems[place], (size_t) (check->kept - 1 - place) * sizeof problem);
	check->problems[place] = problem;
}

static void
unlinked(void *ctx, int64_t number)
{
	add_problem(ctx, (OpresProblem){ .kind = OPRES_PROBLEM_UNLINKED, .number = number, .last = number });
}

static void
missing(void *ctx, int64_t first, int64_t last)
{
	add_problem(ctx, (OpresProblem){ .kind = OPRES_PROBLEM_MISSING, .number = first, .last = last });
}

static void
row_problem(OpresTrailCheck *check, const OpresRow *row, OpresProblemKind kind)
{
	int64_t number = row->has_number ? row->entry.number : 0;

	add_problem(check, (OpresProblem){ kind, number, number, row->line, row->malformed >= 0 ? (OpresColumn) row->malformed : 0 });
}

static bool
add_number(OpresNumbers *numbers, int64_t number)
{
	if (numbers->count == numbers->room)
	{
		size_t room = numbers->room ? numbers->room * 2 : 64;
		int64_t *grown = realloc(numbers->numbers, room * sizeof *grown);

		if (!grown)
			return false;
		numbers->numbers = grown;
		numbers->room = room;
	}
	numbers->numbers[numbers->count++] = number;
	return true;
}

static bool
field_is(OpresField field, const char *text)
{
	return field.length == (int32_t) strlen(text) && memcmp(field.bytes, text, (size_t) field.length) == 0;
}

/* The entry that this one says was erased; only an earlier one counts. */
static bool
erases(const OpresAuditEntry *entry, int64_t *number)
{
	static const char begin[] = "entry ";
	size_t length = sizeof begin - 1;
	uint64_t parsed;

	if (!field_is(entry->action, "audit.erase") || entry->subject.length <= (int32_t) length ||
		memcmp(entry->subject.bytes, begin, length) != 0 ||
		!opres_decimal_parse(entry->subject.bytes + length, (size_t) entry->subject.length - length, INT64_MAX, &parsed))
		return false;
	*number = (int64_t) parsed;
	return *number > 0 && *number < entry->number;
}

static bool
follow_erasures(OpresTrailCheck *check, const OpresRow *row)
{
	int64_t number;

	if (row->erased && !add_number(&check->erased, row->entry.number))
		return false;
	return !erases(&row->entry, &number) || add_number(&check->erasures, number);
}

static void
follow_time(OpresTrailCheck *check, int64_t at)
{
	if (!check->has_at || at < check->first_at)
		check->first_at = at;
	if (!check->has_at || at > check->last_at)
		check->last_at = at;
	check->has_at = true;
}

/* The leaf recomputed from the content, and what is wrong with the row; at most one thing, the first. */
static bool
check_fields(OpresTrailCheck *check, const OpresRow *row, OpresHash *leaf)
{
	OpresAuditEntry entry = row->entry;
	bool content_fits = true;

	if (!row->erased)
	{
		if (!opres_content_hash(row->salt, row->reason, row->content, &entry.content_hash))
			return false;
		content_fits = opres_hash_equal(&entry.content_hash, &row->entry.content_hash);
	}
	if (opres_entry_size(&entry) >= OPRES_ENTRY_LIMIT)
	{
		*leaf = row->leaf_hash;
		row_problem(check, row, OPRES_PROBLEM_TOO_LONG);
		return true;
	}
	if (!opres_entry_leaf(&entry, leaf))
		return false;
	if (!content_fits)
		row_problem(check, row, OPRES_PROBLEM_CONTENT);
	else if (!opres_hash_equal(leaf, &row->leaf_hash))
		row_problem(check, row, OPRES_PROBLEM_LEAF);
	return true;
}

bool
opres_trail_check_row(OpresTrailCheck *check, const OpresRow *row)
{
	OpresHash leaf = { { 0 } };
	OpresLink previous = { .known = false }, stored = { .known = false };

	check->rows++;
	if (!row->has_number)
	{
		row_problem(check, row, OPRES_PROBLEM_ILLEGIBLE);
		return true;
	}
	if (row->malformed >= 0)
		row_problem(check, row, OPRES_PROBLEM_MALFORMED);
	else
	{
		if (!check_fields(check, row, &leaf) || !follow_erasures(check, row))
			return false;
		follow_time(check, row->entry.at);
		previous = (OpresLink){ row->entry.previous != NULL, row->previous_hash };
		stored = (OpresLink){ true, row->leaf_hash };
	}
	switch (opres_tree_add(check->tree, row->entry.number, &leaf, &previous, &stored))
	{
		case OPRES_TREE_ADDED:
			return true;
		case OPRES_TREE_DOUBLE:
			row_problem(check, row, OPRES_PROBLEM_DOUBLE);
			return true;
		case OPRES_TREE_DISORDER:
			check->disorder = true;
			return false;
		case OPRES_TREE_FAILED:
			break;
	}
	return false;
}

static int
compare_numbers(const void *a, const void *b)
{
	int64_t left = *(const int64_t *) a, right = *(const int64_t *) b;

	return left < right ? -1 : left > right;
}

static void
sort(OpresNumbers *numbers)
{
	if (numbers->count > 1)
		qsort(numbers->numbers, numbers->count, sizeof *numbers->numbers, compare_numbers);
}

/* Both lists side by side; a number may stand in either several times. */
static void
match_erasures(OpresTrailCheck *check)
{
	const OpresNumbers *gone = &check->erased, *said = &check->erasures;
	size_t i = 0, j = 0;

	while (i < gone->count || j < said->count)
	{
		int64_t number = i < gone->count ? gone->numbers[i] : INT64_MAX;
		bool is_gone, is_said;

		if (j < said->count && said->numbers[j] < number)
			number = said->numbers[j];
		is_gone = i < gone->count && gone->numbers[i] == number;
		is_said = j < said->count && said->numbers[j] == number;
		if (is_gone && !is_said)
			add_problem(check, (OpresProblem){ .kind = OPRES_PROBLEM_ERASED, .number = number, .last = number });
		if (is_said && !is_gone)
			check->uncovered++;
		while (i < gone->count && gone->numbers[i] == number)
			i++;
		while (j < said->count && said->numbers[j] == number)
			j++;
	}
}

void
opres_trail_check_end(OpresTrailCheck *check)
{
	sort(&check->erased);
	sort(&check->erasures);
	match_erasures(check);
	opres_tree_gaps(check->tree, missing, check);
}
