/*
 * verify_report.c - see verify_report.h. What is known about the notes is summed up first (Standing); then the words.
 */
#include "verify_report.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base64.h"
#include "words.h"

#define NOTES_SHOWN 20
#define BREAKS_SHOWN 5

typedef struct Standing
{
	size_t agree, fail;
	const OpresKeptNote *highest; /* that agrees */
	const OpresKeptNote *differs; /* the smallest with another root that no note which agrees covers */
	const OpresKeptNote *below;   /* the highest that agrees, of those below it */
	const OpresKeptNote *beyond;  /* the smallest that speaks of entries that are not there */
	size_t origins;               /* different ones, of notes that were compared */
	bool checked;                 /* signatures, with pinned keys */
} Standing;

/* Does a note that agrees vouch for all entries this one speaks of? */
static bool
covered(const Standing *standing, const OpresKeptNote *note)
{
	return standing->highest && standing->highest->checkpoint.size >= note->checkpoint.size;
}

/* Notes stand by size. */
static void
take_standing(const OpresKept *kept, Standing *standing)
{
	memset(standing, 0, sizeof *standing);
	standing->checked = kept->key_count > 0;
	for (size_t i = 0; i < kept->count; i++)
	{
		const OpresKeptNote *note = &kept->notes[i];

		if (note->state == OPRES_NOTE_AGREES)
		{
			standing->agree++;
			standing->highest = note;
			standing->differs = NULL;
			continue;
		}
		standing->fail++;
		if (note->state == OPRES_NOTE_DIFFERS && !standing->differs && !covered(standing, note))
		{
			standing->differs = note;
			standing->below = standing->highest;
		}
		if (note->state == OPRES_NOTE_BEYOND && !standing->beyond)
			standing->beyond = note;
	}
}

static void
say_problem(const OpresProblem *problem, bool lines)
{
	const char *column = opres_column_name(problem->column);

	if (problem->kind == OPRES_PROBLEM_MISSING && problem->last > problem->number)
		opres_say(stdout, "  entries %" PRId64 " to %" PRId64 ": ", "  %" PRId64 "番から%" PRId64 "番までの記録: ", problem->number,
				  problem->last);
	else if (problem->number > 0)
		opres_say(stdout, "  entry %" PRId64 ": ", "  %" PRId64 "番の記録: ", problem->number);
	else
		opres_say(stdout, "  a row without a number: ", "  番号を読み取れない行: ");
	switch (problem->kind)
	{
		case OPRES_PROBLEM_MISSING:
			opres_say(stdout, "missing", "ありません");
			break;
		case OPRES_PROBLEM_ILLEGIBLE:
			opres_say(stdout, "cannot be read", "読み取れません");
			break;
		case OPRES_PROBLEM_MALFORMED:
			opres_say(stdout, "column %s holds what no entry can hold", "列 %s の値が記録としてありえない値です", column);
			break;
		case OPRES_PROBLEM_DOUBLE:
			opres_say(stdout, "there is more than one row of this number", "同じ番号の行が複数あります");
			break;
		case OPRES_PROBLEM_CONTENT:
			opres_say(
				stdout, "reason and content are not those that were recorded (they and the salt do not give the content hash)",
				"理由または内容が記録時のものと異なります（salt・reason・content から計算した値が content_hash と一致しません）");
			break;
		case OPRES_PROBLEM_TOO_LONG:
			opres_say(stdout, "longer than an entry can be", "記録としてありえない長さです");
			break;
		case OPRES_PROBLEM_LEAF:
			opres_say(stdout, "it is not as it was recorded (its columns do not give the leaf hash)",
					  "記録時のものと異なります（各列から計算した値が leaf_hash と一致しません）");
			break;
		case OPRES_PROBLEM_UNLINKED:
			opres_say(
				stdout,
				"it does not go on from the entry before (previous_hash is not that entry's leaf hash): one of the two was changed",
				"直前の記録から連続していません（previous_hash "
				"が直前の記録の葉ハッシュと一致しません）。どちらかが変更されています");
			break;
		case OPRES_PROBLEM_ERASED:
			opres_say(stdout, "reason and content are gone, and no later entry says that they were erased",
					  "理由と内容が消えていますが、消去の記録（audit.erase）が後にありません");
			break;
	}
	if (problem->line > 0 && lines)
		opres_say(stdout, " (line %" PRIu64 " of the dump)", "（ダンプの %" PRIu64 " 行目）", problem->line);
	(void) putchar('\n');
}

static void
say_problems(const OpresTrailCheck *check, bool lines)
{
	for (int i = 0; i < check->kept; i++)
		say_problem(&check->problems[i], lines);
	if (check->problem_count > (uint64_t) check->kept)
		opres_say(stdout, "  and %" PRIu64 " more\n", "  ほか %" PRIu64 " 件\n", check->problem_count - (uint64_t) check->kept);
}

/* Where the change lies, told from the notes around it. */
static void
say_difference(const OpresKeptNote *note, const Standing *standing)
{
	if (standing->highest && covered(standing, note))
		opres_say(stdout, "its root is of another trail: these entries are those of %s",
				  "ルートが別の証跡のものです（これらの記録は %s と一致します）", opres_shown_path(standing->highest->file));
	else if (standing->differs)
		opres_say(stdout, "its root is not that of these entries: the change lies in entries %" PRIu64 " to %" PRIu64,
				  "ルートが記録と一致しません。変更は %" PRIu64 "番から%" PRIu64 "番までの間にあります",
				  standing->below ? standing->below->checkpoint.size + 1 : 1, standing->differs->checkpoint.size);
}

static void
say_note(const OpresKeptNote *note, const Standing *standing, int64_t last)
{
	if (note->state == OPRES_NOTE_ILLEGIBLE)
		opres_say(stdout, "  note %s: ", "  ノート %s: ", opres_shown_path(note->file));
	else
		opres_say(stdout, "  note %s (%" PRIu64 " entries): ", "  ノート %s（%" PRIu64 " 件）: ", opres_shown_path(note->file),
				  note->checkpoint.size);
	switch (note->state)
	{
		case OPRES_NOTE_AGREES:
			break;
		case OPRES_NOTE_ILLEGIBLE:
			opres_say(stdout, "it is no signed checkpoint: %s", "署名済みチェックポイントではありません: %s", note->why);
			break;
		case OPRES_NOTE_NO_KEY:
			opres_say(stdout, "it has no signature by a pinned key", "指定された鍵による署名がありません");
			break;
		case OPRES_NOTE_BAD:
			opres_say(stdout, "its signature is wrong", "署名が正しくありません");
			break;
		case OPRES_NOTE_BEYOND:
			opres_say(stdout, "the trail ends at entry %" PRId64 ": what came after is cut off",
					  "証跡は %" PRId64 "番で終わっています。以降が切り捨てられています", last);
			break;
		case OPRES_NOTE_GAP:
			opres_say(stdout, "cannot be compared, entries are missing", "記録が欠けているため照合できません");
			break;
		case OPRES_NOTE_DIFFERS:
			say_difference(note, standing);
			break;
	}
	(void) putchar('\n');
}

static void
say_failed_notes(const OpresKept *kept, const Standing *standing, int64_t last)
{
	size_t shown = 0;

	for (size_t i = 0; i < kept->count && shown < NOTES_SHOWN; i++)
		if (kept->notes[i].state != OPRES_NOTE_AGREES)
		{
			say_note(&kept->notes[i], standing, last);
			shown++;
		}
	if (standing->fail > shown)
		opres_say(stdout, "  and %zu more notes\n", "  ほかノート %zu 件\n", standing->fail - shown);
}

/* The one that is most exactly known. */
static void
say_first_bad(const OpresTrailCheck *check, const Standing *standing)
{
	uint64_t number = 0, from;

	for (int i = 0; i < check->kept && number == 0; i++)
		number = (uint64_t) check->problems[i].number;
	if (standing->differs && (number == 0 || standing->differs->checkpoint.size < number))
	{
		number = standing->differs->checkpoint.size;
		from = standing->below ? standing->below->checkpoint.size + 1 : 1;
		if (from < number)
		{
			opres_say(stdout, "first bad entry: between %" PRIu64 " and %" PRIu64 "\n",
					  "最初の不正な記録: %" PRIu64 "番から%" PRIu64 "番までの間\n", from, number);
			return;
		}
	}
	else if (number == 0 && standing->beyond)
		number = (uint64_t) opres_tree_last(check->tree) + 1;
	if (number > 0)
		opres_say(stdout, "first bad entry: %" PRIu64 "\n", "最初の不正な記録: %" PRIu64 "番\n", number);
}

static bool
say_root(const OpresTrailCheck *check)
{
	char text[OPRES_BASE64_TEXT(OPRES_HASH_BYTES)];
	OpresHash root;
	OpresTreeRoot known = opres_tree_root_of(check->tree, (uint64_t) opres_tree_last(check->tree), &root);

	if (known == OPRES_ROOT_FAILED)
		return false;
	if (known == OPRES_ROOT_KNOWN)
	{
		(void) opres_base64_encode(root.bytes, sizeof root.bytes, text);
		opres_say(stdout, "root of %" PRId64 " entries: %s\n", "%" PRId64 "件のルート: %s\n", opres_tree_last(check->tree), text);
	}
	return true;
}

static void
say_time(const OpresTrailCheck *check)
{
	char first[OPRES_TIMESTAMP_TEXT], last[OPRES_TIMESTAMP_TEXT];

	if (!check->has_at)
		return;
	opres_timestamp_print(check->first_at, first);
	opres_timestamp_print(check->last_at, last);
	opres_say(stdout, "time: %s to %s\n", "日時: %s から %s まで\n", first, last);
}

static int
compare_origins(const void *a, const void *b)
{
	const OpresKeptNote *const *left = a, *const *right = b;
	int order = strcmp((*left)->checkpoint.origin, (*right)->checkpoint.origin);

	if (order != 0)
		return order;
	return (*left)->checkpoint.size < (*right)->checkpoint.size ? -1 : (*left)->checkpoint.size > (*right)->checkpoint.size;
}

/* If the notes that agree are of several incarnations: which, and up to where. */
static void
say_incarnations(const OpresKept *kept, size_t agree)
{
	const OpresKeptNote **notes = calloc(agree ? agree : 1, sizeof(const OpresKeptNote *));
	size_t count = 0, first = 0;

	if (!notes)
		return;
	for (size_t i = 0; i < kept->count; i++)
		if (kept->notes[i].state == OPRES_NOTE_AGREES)
			notes[count++] = &kept->notes[i];
	qsort(notes, count, sizeof notes[0], compare_origins);
	if (count > 0 && strcmp(notes[0]->checkpoint.origin, notes[count - 1]->checkpoint.origin) != 0)
		for (size_t i = 0; i < count; i++)
			if (i + 1 == count || strcmp(notes[i]->checkpoint.origin, notes[i + 1]->checkpoint.origin) != 0)
			{
				opres_say(stdout, "incarnation %s: notes: %zu, the last of size %" PRIu64 "\n",
						  "系統 %s: ノート %zu 件、最後は %" PRIu64 " 件時点\n", notes[i]->checkpoint.origin, i + 1 - first,
						  notes[i]->checkpoint.size);
				first = i + 1;
			}
	free(notes);
}

static void
say_notes(const OpresKept *kept, const Standing *standing)
{
	if (kept->count == 0)
	{
		opres_say(stdout, "notes: none given. Nothing from outside the database vouches for these entries\n",
				  "ノート: 指定なし。データベースの外からこれらの記録を裏付けるものはありません\n");
		return;
	}
	opres_say(stdout, "notes: %zu of %zu agree\n", "ノート: %2$zu 件中 %1$zu 件が一致\n", standing->agree, kept->count);
	if (!standing->checked)
		opres_say(stdout, "signatures: NOT CHECKED, no --key was given. Whoever could write the notes could make them fit\n",
				  "署名: 未検証（--key の指定なし）。ノートを書き換えられる者は、記録に合わせて作ることができます\n");
	else
		opres_say(stdout, "signatures: checked, pinned keys: %zu\n", "署名: 検証済み（指定された鍵 %zu 個）\n", kept->key_count);
	say_incarnations(kept, standing->agree);
}

static void
say_breaks(const OpresKept *kept)
{
	if (kept->break_count > 0)
		opres_say(stdout, "remark: a witness was told to accept a trail that contradicted its notes (times: %zu); it says why in\n",
				  "注記: 保管済みのノートと矛盾する証跡の受け入れが証人（witness）に %zu "
				  "回指示されています。理由は次のファイルにあります\n",
				  kept->break_count);
	for (size_t i = 0; i < kept->break_count && i < BREAKS_SHOWN; i++)
		opres_say(stdout, "  %s\n", "  %s\n", opres_shown_path(kept->breaks[i]));
}

/* How far notes vouch for the entries, and for which they do not. */
static void
say_anchor(const OpresTrailCheck *check, const Standing *standing)
{
	uint64_t anchored = standing->highest ? standing->highest->checkpoint.size : 0;
	uint64_t last = (uint64_t) opres_tree_last(check->tree);

	if (anchored > 0 && standing->checked)
		opres_say(stdout, "anchored: whole up to entry %" PRIu64 ", by note %s (%s)\n",
				  "裏付け: %" PRIu64 "番までの記録は完全です（ノート %s、%s）\n", anchored,
				  opres_shown_path(standing->highest->file), standing->highest->checkpoint.origin);
	else if (anchored > 0)
		opres_say(stdout, "agrees: up to entry %" PRIu64 ", with note %s (%s), whose signature was not checked\n",
				  "一致: %" PRIu64 "番まで、署名未検証のノート %s（%s）と一致します\n", anchored,
				  opres_shown_path(standing->highest->file), standing->highest->checkpoint.origin);
	if (last > anchored)
		opres_say(stdout,
				  "not anchored: entries %" PRIu64 " to %" PRIu64
				  ". Nothing is proven of them against whoever has power over the database\n",
				  "裏付けなし: %" PRIu64 "番から%" PRIu64
				  "番まで。データベースの管理権限を持つ者による改変の有無は確認できません\n",
				  anchored + 1, last);
}

static void
say_erasures(const OpresTrailCheck *check)
{
	if (check->erased.count > 0)
		opres_say(stdout, "erased: %zu, on record; without reason and content\n", "消去済み: 理由と内容のない記録が %zu 件\n",
				  check->erased.count);
	if (check->uncovered > 0)
		opres_say(stdout, "remark: recorded as erased, and there all the same: %" PRIu64 "\n",
				  "注記: 消去と記録されながら消去されていない記録が %" PRIu64 " 件\n", check->uncovered);
}

static void
say_broken(const OpresVerdict *verdict, const Standing *standing)
{
	const OpresTrailCheck *check = verdict->check;

	opres_say(stdout, "broken: problems in the trail: %" PRIu64 ", notes that do not hold: %zu\n",
			  "broken: 不正あり。証跡の問題 %" PRIu64 " 件、成り立たないノート %zu 件\n", check->problem_count, standing->fail);
	if (!verdict->complete)
		opres_say(stdout, "the trail was not read to its end\n", "証跡を最後まで読み込めていません\n");
	say_first_bad(check, standing);
	say_problems(check, verdict->lines);
	if (verdict->complete)
		say_failed_notes(verdict->kept, standing, opres_tree_last(check->tree));
}

OpresExit
opres_verify_report(const OpresVerdict *verdict)
{
	const OpresTrailCheck *check = verdict->check;
	OpresExit status = OPRES_EXIT_OK;
	Standing standing;

	take_standing(verdict->kept, &standing);
	if (check->problem_count > 0 || standing.fail > 0)
		status = OPRES_EXIT_BROKEN;
	else if (verdict->require_anchor && (!standing.checked || !standing.highest || standing.highest->checkpoint.size == 0))
		status = OPRES_EXIT_UNANCHORED;
	if (status == OPRES_EXIT_BROKEN)
		say_broken(verdict, &standing);
	else if (status == OPRES_EXIT_UNANCHORED)
		opres_say(stdout, "unanchored: %" PRIu64 " entries, consistent, but no note with a checked signature vouches for any\n",
				  "unanchored: %" PRIu64 " 件。内部の矛盾はありませんが、署名を検証したノートによる裏付けがありません\n",
				  check->rows);
	else
		opres_say(stdout, "intact: %" PRIu64 " entries\n", "intact: 異常なし。%" PRIu64 " 件\n", check->rows);
	if (!verdict->complete)
		return status;
	/* Of rows that cannot be read there is none. */
	if (check->problem_count == 0 && !say_root(check))
		return OPRES_EXIT_CANNOT;
	say_time(check);
	say_erasures(check);
	say_notes(verdict->kept, &standing);
	say_breaks(verdict->kept);
	say_anchor(check, &standing);
	return status;
}
