/*
 * main.c - the program `opres`: picks the subcommand, and takes the options out that all subcommands have.
 */
#include <signal.h>
#include <string.h>

#include "companion.h"
#include "progress.h"
#include "words.h"

typedef struct Subcommand
{
	const char *name;
	int (*run)(int argc, char **argv);
	void (*help)(void);
} Subcommand;

static const Subcommand subcommands[] = {
	{ "verify", opres_companion_verify, opres_companion_verify_help },
	{ "witness", opres_companion_witness, opres_companion_witness_help },
	{ "playbook", opres_companion_playbook, opres_companion_playbook_help },
	{ "serve", opres_companion_serve, opres_companion_serve_help },
};

typedef struct Common
{
	bool help, version;
	bool failed;
} Common;

static void
help(void)
{
	opres_say(stdout,
			  "Usage: opres COMMAND [OPTION ...]\n"
			  "\n"
			  "  verify    check the audit trail in a dump or over a connection, without trusting the server\n"
			  "  witness   keep signed checkpoints of the audit trail outside the database\n"
			  "  playbook  print playbooks as checklists on paper\n"
			  "  serve     take signed webhooks to the database, tell other systems of its events\n"
			  "\n"
			  "  opres COMMAND --help    says more\n"
			  "  --lang en|ja            language of messages (else LC_ALL, LC_MESSAGES, LANG)\n"
			  "  --version\n",
			  "使い方: opres コマンド [オプション ...]\n"
			  "\n"
			  "  verify    監査証跡をダンプまたは接続から検証する（サーバを信頼しない）\n"
			  "  witness   監査証跡の署名済みチェックポイントをデータベースの外に保管する\n"
			  "  playbook  プレイブックを紙のチェックリストとして出力する\n"
			  "  serve     署名付きWebhookをデータベースに渡し、事象を他システムに通知する\n"
			  "\n"
			  "  opres コマンド --help   詳しい説明\n"
			  "  --lang en|ja            表示言語（省略時は LC_ALL、LC_MESSAGES、LANG）\n"
			  "  --version\n");
}

static void
set_lang(Common *common, const char *lang)
{
	if (lang && opres_words_lang(lang))
		return;
	opres_complain("--lang takes en or ja", "--lang には en か ja を指定してください");
	common->failed = true;
}

/* Takes the common options out of argv, up to "--"; returns how many arguments are left. */
static int
take_common(int argc, char **argv, Common *common)
{
	int kept = 1;

	for (int i = 1; i < argc; i++)
	{
		if (strcmp(argv[i], "--") == 0)
		{
			while (i < argc)
				argv[kept++] = argv[i++];
			break;
		}
		if (strcmp(argv[i], "--lang") == 0)
		{
			set_lang(common, i + 1 < argc ? argv[i + 1] : NULL);
			i++;
		}
		else if (strncmp(argv[i], "--lang=", 7) == 0)
			set_lang(common, argv[i] + 7);
		else if (strcmp(argv[i], "--progress") == 0)
			opres_progress_mode(OPRES_PROGRESS_ALWAYS);
		else if (strcmp(argv[i], "--quiet") == 0 || strcmp(argv[i], "-q") == 0)
			opres_progress_mode(OPRES_PROGRESS_NEVER);
		else if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
			common->help = true;
		else if (strcmp(argv[i], "--version") == 0)
			common->version = true;
		else
			argv[kept++] = argv[i];
	}
	argv[kept] = NULL;
	return kept;
}

static int
run(int argc, char **argv, const Common *common)
{
	if (common->version)
	{
		(void) puts("opres " OPRES_VERSION);
		return OPRES_EXIT_OK;
	}
	if (argc < 2)
	{
		if (common->help)
		{
			help();
			return OPRES_EXIT_OK;
		}
		opres_complain(
			"a command is missing: verify, witness, playbook or serve (opres --help says more)",
			"コマンドがありません: verify、witness、playbook、serve のいずれかを指定してください（opres --help に説明があります）");
		return OPRES_EXIT_CANNOT;
	}
	for (size_t i = 0; i < sizeof subcommands / sizeof subcommands[0]; i++)
		if (strcmp(argv[1], subcommands[i].name) == 0)
		{
			if (!common->help)
				return subcommands[i].run(argc - 1, argv + 1);
			subcommands[i].help();
			return OPRES_EXIT_OK;
		}
	opres_complain("there is no command %s: verify, witness, playbook or serve (opres --help says more)",
				   "%s というコマンドはありません: verify、witness、playbook、serve のいずれかを指定してください（opres --help "
				   "に説明があります）",
				   opres_shown(argv[1]));
	return OPRES_EXIT_CANNOT;
}

int
main(int argc, char **argv)
{
	Common common = { 0 };
	int status;

	/* A reader of our output that goes away is seen as an error of the write, and so in the exit status. */
	(void) signal(SIGPIPE, SIG_IGN);
	opres_words_init();
	if (argc < 1)
		return OPRES_EXIT_CANNOT;
	argc = take_common(argc, argv, &common);
	status = common.failed ? OPRES_EXIT_CANNOT : run(argc, argv, &common);
	return opres_words_written() ? status : OPRES_EXIT_CANNOT;
}
