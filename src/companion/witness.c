/*
 * witness.c - `opres witness`: its subcommands and their options.
 */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "companion.h"
#include "duration.h"
#include "keyfile.h"
#include "progress.h"
#include "utf8.h"
#include "witness.h"
#include "words.h"

void
opres_companion_witness_help(void)
{
	opres_say(
		stdout,
		"Usage: opres witness [run] --key FILE --state DIR [--dbname CONNINFO] [--init] [--interval DURATION]\n"
		"       opres witness accept --key FILE --state DIR --reason TEXT [--dbname CONNINFO]\n"
		"       opres witness keygen --name NAME --key FILE\n"
		"       opres witness vkey --key FILE\n"
		"\n"
		"Keeps checkpoints of the audit trail outside the database, signed with a key the database has not. A checkpoint is\n"
		"signed only if the server proves that all kept before is a beginning of the trail now.\n"
		"\n"
		"  --key FILE           the signing key; only its owner may be able to read it\n"
		"  --state DIR          what is kept: the last checkpoint, and signed notes in DIR/notes\n"
		"  --dbname CONNINFO    the server, as libpq tells it (else PGHOST, PGDATABASE, ...); no password here\n"
		"  --init               begin: there is nothing kept yet, and the trail is taken as it is now\n"
		"  --interval DURATION  go on for ever, e.g. 1min; without it: one round\n"
		"  --name NAME          of the new key, e.g. example.com/witness; keygen prints the verifier key\n"
		"  --reason TEXT        accept: why the trail does not go on from what was kept; a new line of notes begins\n"
		"  --quiet              say nothing but complaints\n"
		"  --lang en|ja\n"
		"\n"
		"Exit status: 0 signed, or nothing new; 1 REFUSED: the trail contradicts what was kept, or is damaged; 2 nothing could\n"
		"be said of the trail (usage, key, state, server).\n",
		"使い方: opres witness [run] --key ファイル --state ディレクトリ [--dbname 接続文字列] [--init] [--interval 間隔]\n"
		"        opres witness accept --key ファイル --state ディレクトリ --reason 理由 [--dbname 接続文字列]\n"
		"        opres witness keygen --name 名前 --key ファイル\n"
		"        opres witness vkey --key ファイル\n"
		"\n"
		"監査証跡のチェックポイントを、データベースが持たない鍵で署名し、データベースの外に保管します。保管済みの内容が\n"
		"現在の証跡の先頭部分であることをサーバが証明した場合に限り、署名します。\n"
		"\n"
		"  --key ファイル         署名鍵。所有者だけが読めること\n"
		"  --state ディレクトリ   保管場所。最後のチェックポイントと、notes に署名済みノート\n"
		"  --dbname 接続文字列    libpq形式の接続先（省略時は PGHOST、PGDATABASE など）。パスワードは指定不可\n"
		"  --init                 初回: 保管済みの内容がないため、現在の証跡をそのまま受け入れる\n"
		"  --interval 間隔        繰り返し実行する（例: 1min）。省略時は1回だけ\n"
		"  --name 名前            新しい鍵の名前（例: example.com/witness）。keygen は検証鍵を出力する\n"
		"  --reason 理由          accept: 証跡が保管済みの内容から連続しない理由。新しいノート系列を始める\n"
		"  --quiet                警告とエラー以外を表示しない\n"
		"  --lang en|ja\n"
		"\n"
		"終了ステータス: 0 署名した、または変化なし、1 拒否（証跡が保管済みの内容と矛盾、または損傷）、\n"
		"2 証跡について判断できない（使い方、鍵、保管場所、サーバ）。\n");
}

typedef struct Options
{
	const char *key, *state, *dbname, *name, *reason, *interval;
	bool init, once;
} Options;

typedef struct Verb
{
	const char *name;
	const char *needs;    /* letters of `options` that must be given, */
	const char *may_have; /* and that may */
	int (*run)(const Options *options);
} Verb;

enum
{
	KEY = 'k',
	STATE = 's',
	DBNAME = 'd',
	NAME = 'n',
	REASON = 'r',
	INTERVAL = 'i',
	INIT = 'I',
	ONCE = 'o'
};

static const struct option long_options[] = {
	{ "key", required_argument, NULL, KEY },
	{ "state", required_argument, NULL, STATE },
	{ "dbname", required_argument, NULL, DBNAME },
	{ "name", required_argument, NULL, NAME },
	{ "reason", required_argument, NULL, REASON },
	{ "interval", required_argument, NULL, INTERVAL },
	{ "init", no_argument, NULL, INIT },
	{ "once", no_argument, NULL, ONCE },
	{ NULL, 0, NULL, 0 },
};

static int
print_vkey(const OpresSigner *signer)
{
	char text[OPRES_KEY_TEXT];

	opres_key_print(&signer->key, text);
	(void) puts(text);
	return OPRES_EXIT_OK;
}

static int
run_keygen(const Options *options)
{
	OpresSigner signer;
	const char *why;
	int status = OPRES_EXIT_CANNOT;

	opres_keyfile_seal();
	if (!opres_signer_new(options->name, &signer, &why))
	{
		opres_complain("%s", "%s", why);
		return status;
	}
	if (opres_keyfile_create(options->key, &signer))
		status = print_vkey(&signer);
	opres_signer_free(&signer);
	return status;
}

static int
run_vkey(const Options *options)
{
	OpresSigner signer;
	int status;

	opres_keyfile_seal();
	if (!opres_keyfile_read(options->key, &signer))
		return OPRES_EXIT_CANNOT;
	status = print_vkey(&signer);
	opres_signer_free(&signer);
	return status;
}

/* A line of text without control characters. */
static bool
reason_valid(const char *reason)
{
	size_t length = strlen(reason);
	bool blank = true;

	for (size_t i = 0; i < length;)
	{
		uint32_t c;
		size_t size = opres_utf8_next(reason + i, length - i, &c);

		if (size == 0 || c < ' ' || (c >= 0x7F && c < 0xA0))
			return false;
		if (c != ' ' && c != 0x3000)
			blank = false;
		i += size;
	}
	return !blank && length <= OPRES_REASON_MAX;
}

static bool
parse_interval(const char *text, OpresTime *interval)
{
	const char *why;
	size_t position;

	if (opres_duration_parse(text, strlen(text), interval, &why, &position) && *interval >= 1000000)
		return true;
	opres_complain("--interval takes a duration of a second or more, e.g. 1min",
				   "--interval には1秒以上の間隔を指定してください（例: 1min）");
	return false;
}

static int
run_round(OpresState *state, const Options *options)
{
	OpresRound round;
	int status = opres_witness_round(state, options->dbname, &round);

	if (status == OPRES_EXIT_OK && round.unchanged && !opres_progress_quiet())
		opres_say(stdout, "unchanged: %" PRIu64 " entries, nothing new to sign\n",
				  "変化なし: %" PRIu64 "件、新たな署名はありません\n", state->last.size);
	return status;
}

static bool
nothing_kept(const Options *options)
{
	opres_complain("state %s holds nothing yet: begin with --init, which takes the trail as it is now",
				   "保管場所 %s にはまだ何もありません: --init で開始してください（現在の証跡をそのまま受け入れます）",
				   opres_shown(options->state));
	return false;
}

/* --init begins what is not there, everything else goes on with what is. */
static bool
check_begun(const OpresState *state, const Options *options)
{
	if (state->begun != options->init)
		return true;
	if (!state->begun)
		return nothing_kept(options);
	opres_complain("state %s has begun already: leave --init out", "保管場所 %s は開始済みです: --init を外してください",
				   opres_shown(options->state));
	return false;
}

/* A folder that is not there is made by --init alone: a wrong path must not look like a beginning. */
static bool
open_state(OpresState *state, const Options *options, const OpresSigner *signer)
{
	if (!options->init && access(options->state, F_OK) != 0 && errno == ENOENT)
		return nothing_kept(options);
	if (!opres_state_open(state, options->state, options->init, signer))
		return false;
	if (check_begun(state, options))
		return true;
	opres_state_close(state);
	return false;
}

/* Opens key and state for what is to be done with them. */
static int
with_state(const Options *options, int (*work)(OpresState *state, const Options *options))
{
	OpresSigner signer;
	OpresState state;
	int status = OPRES_EXIT_CANNOT;

	opres_keyfile_seal();
	if ((options->dbname && !opres_server_conninfo_valid(options->dbname)) || !opres_keyfile_read(options->key, &signer))
		return status;
	if (open_state(&state, options, &signer))
	{
		status = work(&state, options);
		opres_state_close(&state);
	}
	opres_signer_free(&signer);
	return status;
}

static int
watch(OpresState *state, const Options *options)
{
	OpresTime interval = 0;

	return parse_interval(options->interval, &interval) ? opres_witness_watch(state, options->dbname, interval) : OPRES_EXIT_CANNOT;
}

static int
accept_break(OpresState *state, const Options *options)
{
	return opres_witness_accept(state, options->dbname, options->reason);
}

static int
run_run(const Options *options)
{
	if (options->once && options->interval)
	{
		opres_complain("--once and --interval are not for together", "--once と --interval は同時に指定できません");
		return OPRES_EXIT_CANNOT;
	}
	return with_state(options, options->interval ? watch : run_round);
}

static int
run_accept(const Options *options)
{
	if (reason_valid(options->reason))
		return with_state(options, accept_break);
	opres_complain("--reason takes a line of text, at most 1000 bytes", "--reason には1行の文（1000バイト以内）を指定してください");
	return OPRES_EXIT_CANNOT;
}

static const Verb verbs[] = {
	{ "run", "ks", "dIio", run_run },
	{ "accept", "ksr", "d", run_accept },
	{ "keygen", "kn", "", run_keygen },
	{ "vkey", "k", "", run_vkey },
};

static void
set_option(Options *options, int option)
{
	switch (option)
	{
		case KEY:
			options->key = optarg;
			break;
		case STATE:
			options->state = optarg;
			break;
		case DBNAME:
			options->dbname = optarg;
			break;
		case NAME:
			options->name = optarg;
			break;
		case REASON:
			options->reason = optarg;
			break;
		case INTERVAL:
			options->interval = optarg;
			break;
		case INIT:
			options->init = true;
			break;
		default:
			options->once = true;
			break;
	}
}

static const char *
option_name(int letter)
{
	const struct option *option = long_options;

	while (option->name && option->val != letter)
		option++;
	return option->name ? option->name : "";
}

static bool
misused(const char *en, const char *ja, const char *what)
{
	opres_complain("%s%s (opres witness --help says more)", "%s%s（opres witness --help に説明があります）", opres_word(en, ja),
				   opres_shown(what));
	return false;
}

static bool
parse_options(int argc, char **argv, const Verb *verb, Options *options)
{
	char given[16] = "";
	size_t count = 0;
	int option;

	opterr = 0;
	while ((option = getopt_long(argc, argv, "+:d:", long_options, NULL)) != -1)
	{
		if (option == ':')
			return misused("a value is missing after ", "値がありません: ", argv[optind - 1]);
		if (option == '?')
			return misused("there is no option ", "このオプションはありません: ", argv[optind - 1]);
		if (strchr(given, option))
			return misused("given twice: --", "2回指定されています: --", option_name(option));
		if (!strchr(verb->needs, option) && !strchr(verb->may_have, option))
			return misused("not an option of this command: --", "このコマンドのオプションではありません: --", option_name(option));
		given[count++] = (char) option;
		set_option(options, option);
	}
	if (optind < argc)
		return misused("too much: ", "余分な引数です: ", argv[optind]);
	for (const char *need = verb->needs; *need; need++)
		if (!strchr(given, *need))
			return misused("missing: --", "指定がありません: --", option_name(*need));
	return true;
}

int
opres_companion_witness(int argc, char **argv)
{
	const Verb *verb = &verbs[0];
	Options options = { 0 };

	if (argc > 1 && argv[1][0] != '-')
	{
		size_t i = 0;

		while (i < sizeof verbs / sizeof verbs[0] && strcmp(verbs[i].name, argv[1]) != 0)
			i++;
		if (i == sizeof verbs / sizeof verbs[0])
		{
			(void) misused("there is no command witness ", "このコマンドはありません: witness ", argv[1]);
			return OPRES_EXIT_CANNOT;
		}
		verb = &verbs[i];
		argv++;
		argc--;
	}
	return parse_options(argc, argv, verb, &options) ? verb->run(&options) : OPRES_EXIT_CANNOT;
}
