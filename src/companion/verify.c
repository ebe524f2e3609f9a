/*
 * verify.c - `opres verify`: the audit trail recomputed from its content, outside the server. Options, and the way from a source of
 * rows through the checks to the report.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "companion.h"
#include "dump.h"
#include "kept.h"
#include "progress.h"
#include "server_rows.h"
#include "trail_check.h"
#include "verify_report.h"
#include "witness_server.h"
#include "words.h"

/* Rows between two looks at the clock. */
#define PROGRESS_EVERY 2048

void
opres_companion_verify_help(void)
{
	opres_say(
		stdout,
		"Usage: opres verify [--dump FILE | --dbname CONNINFO] [--notes FILE|DIR] [--key VKEY] [OPTION ...]\n"
		"\n"
		"Recomputes the audit trail from its content. Trusts no hash in the table and no function of the server.\n"
		"\n"
		"  --dump FILE          a plain dump (pg_dump, pg_dumpall, pg_restore -f -); - is standard input\n"
		"  --database NAME      the database, in a dump of several\n"
		"  --dbname CONNINFO    read the table over a connection (libpq's string, URI or name; default: libpq's environment);\n"
		"                       needs USAGE on schema opres and SELECT on opres.audit_entry\n"
		"  --notes FILE|DIR     a signed checkpoint that was kept, a witness's folder, or a folder of *.note files; repeatable\n"
		"  --key VKEY|@FILE     the witness's verifier key, got from elsewhere than the notes; repeatable\n"
		"  --require-anchor     status 3 unless a note with a checked signature vouches for entries\n"
		"  --lang en|ja, --progress, --quiet\n"
		"\n"
		"The verdict is on standard output; its first word is intact, broken or unanchored.\n"
		"Exit status: 0 intact, and all notes hold. 1 broken: the trail was changed or damaged, or a note does not hold.\n"
		"2 nothing can be said: wrong usage, or something cannot be read. 3 unanchored (with --require-anchor only).\n",
		"使い方: opres verify [--dump ファイル | --dbname 接続文字列] [--notes ファイル|ディレクトリ] [--key 検証鍵] [オプション "
		"...]\n"
		"\n"
		"監査証跡を記録の内容から再計算して検証します。テーブル内のハッシュ値やサーバの関数は信頼しません。\n"
		"\n"
		"  --dump ファイル        プレーン形式のダンプ（pg_dump、pg_dumpall、pg_restore -f -）。- は標準入力\n"
		"  --database 名前        複数データベースのダンプで対象とするデータベース\n"
		"  --dbname 接続文字列    接続してテーブルを読む（libpq の接続文字列、URI または名前。省略時は libpq の環境変数）。\n"
		"                         スキーマ opres の USAGE 権限と opres.audit_entry の SELECT 権限が必要\n"
		"  --notes ファイル|ディレクトリ  保管した署名済みチェックポイント（ノート）、witness の保管場所、*.note のある\n"
		"                         ディレクトリ。複数指定可\n"
		"  --key 検証鍵|@ファイル  witness の検証鍵（ノートとは別の経路で入手したもの）。複数指定可\n"
		"  --require-anchor       署名を検証したノートによる裏付けがなければステータス 3\n"
		"  --lang en|ja、--progress、--quiet\n"
		"\n"
		"判定は標準出力に出力されます。最初の語は intact（異常なし）、broken（不正あり）、unanchored（裏付けなし）のいずれか。\n"
		"終了ステータス: 0 異常なし（ノートもすべて成立）、1 証跡の改変・損傷、または成り立たないノートあり、\n"
		"2 判定できない（使い方の誤り、読み込み不可）、3 裏付けなし（--require-anchor 指定時のみ）。\n");
}

typedef struct Options
{
	const char *dump, *database, *dbname;
	bool require_anchor;
} Options;

/* Rows from somewhere. */
typedef struct Source
{
	OpresNext (*next)(void *rows, OpresRow *row);
	void *rows;
	const OpresFailure *failure;
	OpresProgress *progress;
	bool lines;
} Source;

/* A dump and how much of it is read: also where no rows of ours are. */
typedef struct File
{
	int file;
	uint64_t bytes;
	OpresProgress progress;
} File;

enum
{
	DUMP = 'f',
	DATABASE = 'D',
	DBNAME = 'd',
	NOTES = 'n',
	KEY = 'k',
	REQUIRE_ANCHOR = 'a'
};

static const struct option long_options[] = {
	{ "dump", required_argument, NULL, DUMP },
	{ "database", required_argument, NULL, DATABASE },
	{ "dbname", required_argument, NULL, DBNAME },
	{ "notes", required_argument, NULL, NOTES },
	{ "key", required_argument, NULL, KEY },
	{ "require-anchor", no_argument, NULL, REQUIRE_ANCHOR },
	{ NULL, 0, NULL, 0 },
};

static bool
misused(const char *en, const char *ja, const char *what)
{
	opres_complain("%s%s (opres verify --help says more)", "%s%s（opres verify --help に説明があります）", opres_word(en, ja),
				   opres_shown(what));
	return false;
}

static bool
set_once(const char **value, const char *name)
{
	if (*value)
		return misused("given twice: ", "2回指定されています: ", name);
	*value = optarg;
	return true;
}

static bool
set_option(Options *options, OpresKept *kept, int option)
{
	switch (option)
	{
		case DUMP:
			return set_once(&options->dump, "--dump");
		case DATABASE:
			return set_once(&options->database, "--database");
		case DBNAME:
			return set_once(&options->dbname, "--dbname") && opres_server_conninfo_valid(optarg);
		case KEY:
			return opres_kept_key(kept, optarg);
		case REQUIRE_ANCHOR:
			options->require_anchor = true;
			break;
		default:
			break;
	}
	return true;
}

/* Keys first: notes are checked when they are read. Notes are left to the second way through. */
static bool
parse_options(int argc, char **argv, bool notes, Options *options, OpresKept *kept)
{
	int option;

	optind = 1;
	opterr = 0;
	while ((option = getopt_long(argc, argv, "+:d:", long_options, NULL)) != -1)
	{
		if (option == ':')
			return misused("a value is missing after ", "値がありません: ", argv[optind - 1]);
		if (option == '?')
			return misused("there is no option ", "このオプションはありません: ", argv[optind - 1]);
		if (notes && option == NOTES && !opres_kept_notes(kept, optarg))
			return false;
		if (!notes && !set_option(options, kept, option))
			return false;
	}
	if (optind < argc)
		return misused("too much: ", "余分な引数です: ", argv[optind]);
	if (options->dump && options->dbname)
		return misused("either a dump or a connection, not both: ", "ダンプと接続の両方は指定できません: ", "--dump, --dbname");
	if (options->database && !options->dump)
		return misused("only with --dump: ", "--dump と共に指定してください: ", "--database");
	return true;
}

static bool
cannot(const char *what)
{
	opres_complain("%s", "%s", what);
	return false;
}

static bool
check_failed(const OpresTrailCheck *check)
{
	if (check->disorder)
		return cannot(
			opres_word("the rows are in too great a disorder to be held in memory: dump the table again from an ordered copy",
					   "行の並びがばらばらで、メモリに保持しきれません。順に並べ直した表からダンプしてください"));
	return cannot(
		opres_word("not enough memory, or libcrypto refuses SHA-256", "メモリが不足しているか、libcrypto で SHA-256 が使えません"));
}

/* All rows through the check. *complete: to the end. False if nothing can be said about the trail. */
static bool
check_rows(Source *source, OpresTrailCheck *check, bool *complete)
{
	OpresRow row;
	OpresNext next;
	bool fine = true;

	while ((next = source->next(source->rows, &row)) == OPRES_NEXT_ROW && (fine = opres_trail_check_row(check, &row)))
		if (check->rows % PROGRESS_EVERY == 0 && source->progress->unit == OPRES_UNIT_ENTRIES)
			opres_progress_at(source->progress, check->rows);
	opres_progress_end(source->progress);
	*complete = next == OPRES_NEXT_END;
	if (!fine)
		return check_failed(check);
	if (next == OPRES_NEXT_FAILED)
		(void) cannot(source->failure->text);
	return *complete || check->problem_count > 0;
}

static OpresExit
verify_source(Source *source, const Options *options, OpresKept *kept)
{
	OpresTrailCheck check;
	OpresVerdict verdict = { &check, kept, .lines = source->lines, .require_anchor = options->require_anchor };
	OpresExit status = OPRES_EXIT_CANNOT;

	if (!opres_trail_check_init(&check))
	{
		(void) check_failed(&check);
		return status;
	}
	if (opres_kept_want(kept, check.tree) && check_rows(source, &check, &verdict.complete))
	{
		bool fine = true;

		if (verdict.complete)
		{
			opres_trail_check_end(&check);
			fine = opres_kept_compare(kept, check.tree);
		}
		if (fine)
			status = opres_verify_report(&verdict);
		else
			(void) check_failed(&check);
	}
	opres_trail_check_free(&check);
	return status;
}

static const char *
verifying(void)
{
	return opres_word("verifying", "検証中");
}

static ssize_t
read_file(void *ctx, void *bytes, size_t room)
{
	File *file = ctx;
	ssize_t count = read(file->file, bytes, room);

	if (count > 0)
	{
		file->bytes += (uint64_t) count;
		opres_progress_at(&file->progress, file->bytes);
	}
	return count;
}

static OpresNext
next_of_dump(void *rows, OpresRow *row)
{
	return opres_dump_next(rows, row);
}

static OpresNext
next_of_server(void *rows, OpresRow *row)
{
	return opres_server_rows_next(rows, row);
}

static OpresExit
verify_dump(const Options *options, OpresKept *kept, int descriptor)
{
	OpresDump dump;
	File file = { .file = descriptor };
	struct stat status = { 0 };
	Source source = { .next = next_of_dump, .rows = &dump, .failure = &dump.failure, .progress = &file.progress, .lines = true };
	OpresExit verdict = OPRES_EXIT_CANNOT;

	if (fstat(descriptor, &status) == 0 && S_ISDIR(status.st_mode))
	{
		(void) cannot(opres_word(
			"this is a folder, a dump in directory format: make it plain with pg_restore -f - DIR | opres verify --dump -",
			"ディレクトリ形式のダンプです。pg_restore -f - ディレクトリ | opres verify --dump - としてください"));
		return verdict;
	}
	opres_progress_start(&file.progress, verifying(), OPRES_UNIT_BYTES,
						 S_ISREG(status.st_mode) && status.st_size > 0 ? (uint64_t) status.st_size : 0);
	if (opres_dump_init(&dump, read_file, &file, options->database))
		verdict = verify_source(&source, options, kept);
	else
		(void) cannot(opres_word("not enough memory", "メモリが不足しています"));
	opres_dump_free(&dump);
	return verdict;
}

static OpresExit
open_dump(const Options *options, OpresKept *kept)
{
	OpresExit verdict;
	int file;

	if (strcmp(options->dump, "-") == 0)
		return verify_dump(options, kept, STDIN_FILENO);
	file = open(options->dump, O_RDONLY | O_CLOEXEC);
	if (file < 0)
	{
		const char *reason = strerror(errno);

		opres_complain("\"%s\" cannot be read: %s", "「%s」を読み込めません: %s", opres_shown_path(options->dump), reason);
		return OPRES_EXIT_CANNOT;
	}
	verdict = verify_dump(options, kept, file);
	(void) close(file);
	return verdict;
}

static OpresExit
verify_server(const Options *options, OpresKept *kept)
{
	OpresServerRows rows;
	OpresProgress progress;
	Source source = { .next = next_of_server, .rows = &rows, .failure = &rows.failure, .progress = &progress };
	OpresExit verdict = OPRES_EXIT_CANNOT;

	if (opres_server_rows_open(&rows, options->dbname))
	{
		opres_progress_start(&progress, verifying(), OPRES_UNIT_ENTRIES, rows.expected);
		verdict = verify_source(&source, options, kept);
	}
	else
		(void) cannot(rows.failure.text);
	opres_server_rows_close(&rows);
	return verdict;
}

int
opres_companion_verify(int argc, char **argv)
{
	Options options = { 0 };
	OpresKept kept = { 0 };
	OpresExit verdict = OPRES_EXIT_CANNOT;

	if (parse_options(argc, argv, false, &options, &kept) && parse_options(argc, argv, true, &options, &kept))
	{
		opres_kept_sort(&kept);
		verdict = options.dump ? open_dump(&options, &kept) : verify_server(&options, &kept);
	}
	opres_kept_free(&kept);
	return verdict;
}
