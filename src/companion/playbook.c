/*
 * playbook.c - `opres playbook`: playbooks as checklists on paper, for the day the database is down too. Options, and the way from
 * files or a database to the sheets.
 *
 * All are read before the first is printed: paper that lacks the last playbooks would not be noticed.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "companion.h"
#include "file.h"
#include "playbook_form.h"
#include "playbook_server.h"
#include "witness_server.h"
#include "words.h"

#define MOST_BYTES ((size_t) 64 * 1024 * 1024)

void
opres_companion_playbook_help(void)
{
	opres_say(
		stdout,
		"Usage: opres playbook [--format text|html] FILE ...\n"
		"       opres playbook [--format text|html] [--dbname CONNINFO] --id ID[@MODIFIED] ... | --all\n"
		"\n"
		"Prints playbooks (CACAO 2.0) as checklists to work with on paper: who, the steps in the order of work with boxes to\n"
		"tick, deadlines, approvals with lines to sign on, reports to authorities. From files no database is needed.\n"
		"\n"
		"  --format text|html    lines of at most 100 columns (this if nothing is said), or a page to print from a browser\n"
		"  --id ID[@MODIFIED]    a playbook of the database: its latest version, or that one; repeatable\n"
		"  --all                 the latest version of every playbook of the database that is not revoked; from a database the\n"
		"                        deadlines of reports are those that opres.set_report_deadline has set\n"
		"  -d, --dbname CONNINFO libpq's string, URI or name (else libpq's environment); needs the access reader\n"
		"  --lang en|ja          language of the checklist; texts a playbook lacks in it come in the other one\n"
		"\n"
		"Exit status: 0 printed. 2 wrong usage, or a playbook could not be read: nothing is printed then.\n",
		"使い方: opres playbook [--format text|html] ファイル ...\n"
		"        opres playbook [--format text|html] [--dbname 接続文字列] --id 識別子[@更新日時] ... | --all\n"
		"\n"
		"プレイブック（CACAO 2.0）を紙で使うチェックリストとして印刷用に出力します（体制、実施順の対応項目とチェック欄、\n"
		"期限、承認の署名欄、当局等への報告）。ファイルからの出力にデータベースは不要です。\n"
		"\n"
		"  --format text|html     1行100桁以内のテキスト（省略時）、またはブラウザから印刷するHTML\n"
		"  --id 識別子[@更新日時]  データベースのプレイブック（最新版または指定の版）。複数指定可\n"
		"  --all                  データベースの全プレイブックの最新版（失効したものを除く）。データベースから出力する場合、\n"
		"                         報告期限は opres.set_report_deadline による自行の定めを用いる\n"
		"  -d, --dbname 接続文字列 libpq の接続文字列、URI または名前（省略時は libpq の環境変数）。opres.playbook の SELECT "
		"権限が必要\n"
		"  --lang en|ja           チェックリストの言語（その言語がない文は他方の言語で出力）\n"
		"\n"
		"終了ステータス: 0 出力した、2 使い方の誤り、または読み込めないプレイブックがある（何も出力しない）。\n");
}

typedef struct Options
{
	const OpresForm *form;
	const char *dbname;
	const char **ids;
	int id_count;
	bool all;
} Options;

/* What is to be printed. Papers point into the documents of results and into options. */
typedef struct Pile
{
	OpresPaper *papers;
	int count;
} Pile;

static bool
misused(const char *en, const char *ja, const char *what)
{
	opres_complain("%s%s (opres playbook --help says more)", "%s%s（opres playbook --help に説明があります）", opres_word(en, ja),
				   opres_shown(what));
	return false;
}

enum
{
	FORMAT = 'f',
	ID = 'i',
	ALL = 'a',
	DBNAME = 'd'
};

static const struct option long_options[] = {
	{ "format", required_argument, NULL, FORMAT },
	{ "id", required_argument, NULL, ID },
	{ "all", no_argument, NULL, ALL },
	{ "dbname", required_argument, NULL, DBNAME },
	{ NULL, 0, NULL, 0 },
};

static bool
set_format(Options *options)
{
	if (strcmp(optarg, "text") == 0)
		options->form = &opres_form_text;
	else if (strcmp(optarg, "html") == 0)
		options->form = &opres_form_html;
	else
		return misused("--format takes text or html, not ", "--format には text か html を指定してください: ", optarg);
	return true;
}

static bool
set_option(Options *options, int option)
{
	switch (option)
	{
		case FORMAT:
			return set_format(options);
		case ID:
			options->ids[options->id_count++] = optarg;
			return true;
		case ALL:
			options->all = true;
			return true;
		default:
			if (options->dbname)
				return misused("given twice: ", "2回指定されています: ", "--dbname");
			options->dbname = optarg;
			return opres_server_conninfo_valid(optarg);
	}
}

static bool
parse_options(int argc, char **argv, Options *options)
{
	bool server;
	int option;

	optind = 1;
	opterr = 0;
	while ((option = getopt_long(argc, argv, ":d:", long_options, NULL)) != -1)
	{
		if (option == ':')
			return misused("a value is missing after ", "値がありません: ", argv[optind - 1]);
		if (option == '?')
			return misused("there is no option ", "このオプションはありません: ", argv[optind - 1]);
		if (!set_option(options, option))
			return false;
	}
	server = options->id_count > 0 || options->all;
	if (optind == argc && !server)
		return misused("a file is missing, or ", "ファイルの指定がありません。または: ", "--id, --all");
	if (optind < argc && (server || options->dbname))
		return misused("either files or a database, not both: ", "ファイルとデータベースの両方は指定できません: ", argv[optind]);
	if (options->id_count > 0 && options->all)
		return misused("either --id or --all, not both: ", "--id と --all の両方は指定できません: ", options->ids[0]);
	return true;
}

static bool
cannot(const char *source, const OpresFailure *failure)
{
	opres_complain("%s: %s", "%s: %s", opres_shown_path(source), failure->text);
	return false;
}

static bool
add(Pile *pile, const char *source, const char *bytes, size_t length)
{
	OpresFailure failure;

	return opres_paper_open(&pile->papers[pile->count++], source, bytes, length, &failure) || cannot(source, &failure);
}

static bool
add_file(Pile *pile, const char *name)
{
	OpresFailure failure;
	size_t length;
	char *bytes;
	bool added;

	if (!opres_file_read(AT_FDCWD, name, MOST_BYTES, &bytes, &length))
	{
		(void) opres_refuse(&failure, "cannot be read: %s", "読み込めません: %s", strerror(errno));
		return cannot(name, &failure);
	}
	added = add(pile, name, bytes, length);
	free(bytes);
	return added;
}

static bool
make_room(Pile *pile, int more)
{
	OpresPaper *papers = realloc(pile->papers, (size_t) (pile->count + more) * sizeof *papers);

	if (papers)
		pile->papers = papers;
	else
		opres_complain("not enough memory", "メモリが不足しています");
	return papers != NULL;
}

static bool
add_result(Pile *pile, const PGresult *result)
{
	int count = PQntuples(result);

	if (!make_room(pile, count))
		return false;
	for (int i = 0; i < count; i++)
	{
		OpresPaper *paper = &pile->papers[pile->count];

		if (!add(pile, PQgetvalue(result, i, 1), PQgetvalue(result, i, 0), (size_t) PQgetlength(result, i, 0)))
			return false;
		paper->deadlines = json_loads(PQgetvalue(result, i, 2), 0, NULL);
		/* The result goes. */
		paper->source = opres_paper_keep(paper, "%s", PQgetvalue(result, i, 1));
	}
	return true;
}

static bool
add_from_server(Pile *pile, PGconn *connection, const char *which)
{
	OpresFailure failure;
	PGresult *result = opres_playbooks_fetch(connection, which, &failure);
	bool added;

	if (!result)
	{
		opres_complain("%s", "%s", failure.text);
		return false;
	}
	added = add_result(pile, result);
	PQclear(result);
	return added;
}

static bool
gather_from_server(Pile *pile, const Options *options)
{
	OpresFailure failure;
	PGconn *connection = opres_playbooks_connect(options->dbname, &failure);
	bool good = true;

	if (!connection)
	{
		opres_complain("%s", "%s", failure.text);
		return false;
	}
	if (options->all)
		good = add_from_server(pile, connection, NULL);
	for (int i = 0; good && i < options->id_count; i++)
		good = add_from_server(pile, connection, options->ids[i]);
	PQfinish(connection);
	return good;
}

static bool
gather_files(Pile *pile, char *const *names, int count)
{
	if (!make_room(pile, count))
		return false;
	for (int i = 0; i < count; i++)
		if (!add_file(pile, names[i]))
			return false;
	return true;
}

static bool
print(const Pile *pile, const OpresForm *form)
{
	OpresSheet sheet = { .form = form, .out = stdout };
	const char *title = pile->count == 1 ? opres_paper_string(pile->papers[0].root, "name") : NULL;
	bool failed = false;

	sheet.arena = &pile->papers[0].arena;
	form->begin(&sheet, title ? title : opres_word("Playbooks", "プレイブック"));
	for (int i = 0; i < pile->count; i++)
	{
		opres_sheet_print(&sheet, &pile->papers[i]);
		failed |= pile->papers[i].failed || pile->papers[i].arena.status != OPRES_OK;
	}
	form->end(&sheet);
	if (failed)
		opres_complain("not enough memory: what is printed is not complete", "メモリが不足しています。出力は不完全です");
	return !failed;
}

int
opres_companion_playbook(int argc, char **argv)
{
	Options options = { .form = &opres_form_text, .ids = calloc((size_t) argc + 1, sizeof(char *)) };
	Pile pile = { 0 };
	bool good = false;

	if (!options.ids)
		opres_complain("not enough memory", "メモリが不足しています");
	else if (parse_options(argc, argv, &options))
		good = (optind < argc ? gather_files(&pile, argv + optind, argc - optind) : gather_from_server(&pile, &options)) &&
			   print(&pile, options.form);
	for (int i = 0; i < pile.count; i++)
		opres_paper_close(&pile.papers[i]);
	free(pile.papers);
	free(options.ids);
	return good ? OPRES_EXIT_OK : OPRES_EXIT_CANNOT;
}
