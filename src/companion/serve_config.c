/*
 * serve_config.c - the settings of `opres serve`: an option, else the environment, else the configuration file, else a default.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "companion.h"
#include "file.h"
#include "serve.h"
#include "witness_server.h"
#include "words.h"

typedef struct Setting
{
	const char *name; /* as an option and in the file; in the environment OPRES_ and capitals */
	size_t offset;
	bool number;
	int least, most;
	const char *standard;
} Setting;

#define TEXT(name, member, standard)                                                                                               \
	{                                                                                                                              \
		name, offsetof(OpresServeConfig, member), false, 0, 0, standard                                                            \
	}
#define NUMBER(name, member, least, most, standard)                                                                                \
	{                                                                                                                              \
		name, offsetof(OpresServeConfig, member), true, least, most, standard                                                      \
	}

static const Setting settings[] = {
	TEXT("listen", listen, "127.0.0.1"),
	NUMBER("port", port, 0, 65535, "8480"),
	TEXT("dbname", dbname, NULL),
	TEXT("tls-cert", tls_cert, NULL),
	TEXT("tls-key", tls_key, NULL),
	NUMBER("http-threads", http_threads, 1, 64, "2"),
	NUMBER("db-connections", db_connections, 1, 256, "4"),
	NUMBER("max-connections", max_connections, 1, 100000, "12000"),
	NUMBER("max-body", max_body, 1024, 16777216, "262144"),
	NUMBER("max-queue", max_queue, 1, 100000, "1000"),
	NUMBER("per-sender", per_sender, 1, 100000, "500"),
	NUMBER("idle-timeout", idle_timeout, 1, 3600, "75"),
	NUMBER("request-timeout", request_timeout, 1, 3600, "30"),
	NUMBER("deliveries", deliveries, 0, 1000, "32"),
	NUMBER("delivery-timeout", delivery_timeout, 1, 300, "15"),
	NUMBER("poll", poll, 1, 3600, "5"),
	NUMBER("timer", timer, 0, 3600, "15"),
	TEXT("allow-hosts", allow_hosts, NULL),
	TEXT("ca-file", ca_file, NULL),
	TEXT("worker", worker, NULL),
};
#define SETTINGS (sizeof settings / sizeof settings[0])

void
opres_companion_serve_help(void)
{
	opres_say(
		stdout,
		"Usage: opres serve [--config FILE] [--OPTION VALUE ...]\n"
		"\n"
		"Hands signed webhooks to the database and events of the database to the systems that subscribed. It holds no secret: its\n"
		"role needs the access courier and nothing else (opres.grant_access). Several may run side by side.\n"
		"\n"
		"  --config FILE           lines NAME = VALUE with the names below; # begins a comment\n"
		"  --listen ADDRESS        (127.0.0.1) to listen on; --port N (8480), 0 = any free one\n"
		"  --dbname CONNINFO       the server, as libpq tells it (else PGHOST, PGDATABASE, ...); no password here\n"
		"  --tls-cert, --tls-key FILE   serve HTTPS oneself; without: HTTP, for a reverse proxy in front\n"
		"  --db-connections N      (4) to the database, for webhooks; --http-threads N (2)\n"
		"  --max-connections N     (12000); --max-body BYTES (262144); --max-queue N (1000); --per-sender N (500) of them\n"
		"  --idle-timeout SECONDS  (75) without a byte; --request-timeout SECONDS (30) for a request as a whole\n"
		"  --deliveries N          (32) messages under way at a time; 0 = send none\n"
		"  --delivery-timeout SECONDS  (15); --poll SECONDS (5) between looks into the outbox if nobody notifies\n"
		"  --timer SECONDS         (15) between questions what time has brought about; 0 = never\n"
		"  --allow-hosts LIST      send to these only: host,*.example.com,...\n"
		"  --ca-file FILE          authorities that receivers' certificates are checked against (else the system's)\n"
		"  --worker NAME           our name among several (host:process)\n"
		"\n"
		"Each may stand in the environment too: OPRES_LISTEN, OPRES_MAX_BODY, ... Options come first, then the environment, then "
		"the\n"
		"file. POST /webhook/SENDER takes webhooks; GET /healthz and /metrics (Prometheus) tell how it is. The log is on stderr.\n"
		"SIGTERM ends it when what is under way is finished.\n"
		"\n"
		"Exit status: 0 asked to stop; 2 it could not start.\n",
		"使い方: opres serve [--config ファイル] [--オプション 値 ...]\n"
		"\n"
		"署名付きWebhookをデータベースに渡し、データベースの事象を購読先システムに届けます。秘密情報は保持しません。接続ロールに必"
		"要な\n"
		"権限は courier のみです（opres.grant_access）。複数を並行して動かせます。\n"
		"\n"
		"  --config ファイル       「名前 = 値」の行。名前は下記のとおり。# 以降は注釈\n"
		"  --listen アドレス       待受アドレス（127.0.0.1）。--port 番号（8480）、0 は空いている番号\n"
		"  --dbname 接続文字列     libpq形式の接続先（省略時は PGHOST、PGDATABASE など）。パスワードは指定不可\n"
		"  --tls-cert、--tls-key ファイル  自らHTTPSで待ち受ける。省略時はHTTP（前段にリバースプロキシ）\n"
		"  --db-connections 数     Webhook用のデータベース接続（4）。--http-threads 数（2）\n"
		"  --max-connections 数    （12000）。--max-body バイト（262144）。--max-queue 数（1000）。--per-sender 数（うち500）\n"
		"  --idle-timeout 秒       無通信（75）。--request-timeout 秒 1要求全体（30）\n"
		"  --deliveries 数         同時に配信する件数（32）。0 は配信しない\n"
		"  --delivery-timeout 秒   （15）。--poll 秒 通知がない場合の確認間隔（5）\n"
		"  --timer 秒              期限超過等の確認間隔（15）。0 は確認しない\n"
		"  --allow-hosts 一覧      配信先をこれらに限る: host,*.example.com,...\n"
		"  --ca-file ファイル      配信先の証明書を検証する認証局（省略時はシステムのもの）\n"
		"  --worker 名前           複数を動かす場合の識別名（ホスト:プロセス）\n"
		"\n"
		"いずれも環境変数（OPRES_LISTEN、OPRES_MAX_BODY "
		"など）でも指定できます。優先順位はオプション、環境変数、ファイルの順です。\n"
		"POST /webhook/送信元 で受け付け、GET /healthz と /metrics（Prometheus形式）で状態を返します。ログは標準エラー出力です。\n"
		"SIGTERM を受けると、処理中のものを終えてから終了します。\n"
		"\n"
		"終了ステータス: 0 停止の指示による、2 開始できない。\n");
}

static const Setting *
find(const char *name, size_t length)
{
	for (size_t i = 0; i < SETTINGS; i++)
		if (strlen(settings[i].name) == length && strncmp(settings[i].name, name, length) == 0)
			return &settings[i];
	return NULL;
}

static bool
set(OpresServeConfig *config, const Setting *setting, const char *value, const char *where)
{
	char *member = (char *) config + setting->offset, *end;
	long number;

	if (!setting->number)
	{
		free(*(char **) member);
		*(char **) member = strdup(value);
		return *(char **) member != NULL;
	}
	errno = 0;
	number = strtol(value, &end, 10);
	if (*value == '\0' || *end != '\0' || errno != 0 || number < setting->least || number > setting->most)
	{
		opres_complain("%s: %s takes a number from %d to %d", "%s: %s には %d から %d までの数を指定してください", where,
					   setting->name, setting->least, setting->most);
		return false;
	}
	*(int *) member = (int) number;
	return true;
}

static char *
trimmed(char *text)
{
	char *end;

	while (*text == ' ' || *text == '\t')
		text++;
	end = text + strlen(text);
	while (end > text && strchr(" \t\r", end[-1]) != NULL)
		*--end = '\0';
	return text;
}

static bool
read_line(OpresServeConfig *config, char *line, const char *path, int number)
{
	char where[64], *equals, *name;
	const Setting *setting;

	(void) snprintf(where, sizeof where, "line %d", number);
	line[strcspn(line, "#")] = '\0';
	name = trimmed(line);
	if (*name == '\0')
		return true;
	equals = strchr(name, '=');
	if (equals == NULL)
	{
		opres_complain("%s, line %d: expected NAME = VALUE", "%s の%d行目: 「名前 = 値」としてください", opres_shown_path(path),
					   number);
		return false;
	}
	*equals = '\0';
	setting = find(trimmed(name), strlen(trimmed(name)));
	if (setting == NULL)
	{
		opres_complain("%s, line %d: there is no setting %s", "%s の%d行目: %s という設定はありません", opres_shown_path(path),
					   number, opres_shown(name));
		return false;
	}
	return set(config, setting, trimmed(equals + 1), where);
}

static bool
read_config_file(OpresServeConfig *config, const char *path)
{
	char *bytes, *next;
	size_t length;
	int number = 0;
	bool fine = true;

	if (!opres_file_read(-100 /* AT_FDCWD */, path, 1 << 20, &bytes, &length))
	{
		opres_complain("cannot read %s: %s", "%s を読めません: %s", opres_shown_path(path), strerror(errno));
		return false;
	}
	next = realloc(bytes, length + 1);
	if (next == NULL)
	{
		free(bytes);
		return false;
	}
	bytes = next;
	bytes[length] = '\0';
	while (fine && next != NULL)
	{
		char *line = strsep(&next, "\n");

		fine = read_line(config, line, path, ++number);
	}
	free(bytes);
	return fine;
}

static bool
read_environment(OpresServeConfig *config)
{
	for (size_t i = 0; i < SETTINGS; i++)
	{
		char name[64] = "OPRES_";
		const char *value;
		size_t at = strlen(name);

		for (const char *c = settings[i].name; *c != '\0'; c++)
			name[at++] = (char) (*c == '-' ? '_' : *c - 'a' + 'A');
		name[at] = '\0';
		value = getenv(name);
		if (value != NULL && !set(config, &settings[i], value, name))
			return false;
	}
	return true;
}

static bool
usage(const char *argument)
{
	opres_complain("%s: opres serve --help says which options there are", "%s: オプションは opres serve --help を参照してください",
				   opres_shown(argument));
	return false;
}

/* --NAME VALUE and --NAME=VALUE. With pick NULL all but --config are set, else --config's value is found. */
static bool
read_options(int argc, char **argv, OpresServeConfig *config, const char **pick)
{
	for (int i = 1; i < argc; i++)
	{
		const char *name = argv[i] + 2, *equals = strchr(argv[i], '='), *value;
		size_t length = equals != NULL ? (size_t) (equals - name) : strlen(argv[i]) > 2 ? strlen(name) : 0;
		const Setting *setting;

		if (strncmp(argv[i], "--", 2) != 0 || length == 0)
			return usage(argv[i]);
		value = equals != NULL ? equals + 1 : argv[i + 1];
		if (value == NULL)
			return usage(argv[i]);
		i += equals == NULL;
		setting = find(name, length);
		if (setting == NULL && !(length == 6 && strncmp(name, "config", 6) == 0))
			return usage(name);
		if (setting == NULL && pick != NULL)
			*pick = value;
		if (setting != NULL && pick == NULL && !set(config, setting, value, setting->name))
			return false;
	}
	return true;
}

static bool
set_worker(OpresServeConfig *config)
{
	char host[64], name[128];

	if (config->worker != NULL)
		return true;
	if (gethostname(host, sizeof host) != 0)
		(void) snprintf(host, sizeof host, "host");
	host[sizeof host - 1] = '\0';
	(void) snprintf(name, sizeof name, "%s:%ld", host, (long) getpid());
	config->worker = strdup(name);
	return config->worker != NULL;
}

static bool
consistent(const OpresServeConfig *config)
{
	if ((config->tls_cert == NULL) != (config->tls_key == NULL))
	{
		opres_complain("--tls-cert and --tls-key go together", "--tls-cert と --tls-key は併せて指定してください");
		return false;
	}
	return config->dbname == NULL || opres_server_conninfo_valid(config->dbname);
}

bool
opres_serve_config(int argc, char **argv, OpresServeConfig *config)
{
	const char *file = getenv("OPRES_CONFIG");

	memset(config, 0, sizeof *config);
	for (size_t i = 0; i < SETTINGS; i++)
		if (settings[i].standard != NULL && !set(config, &settings[i], settings[i].standard, settings[i].name))
			return false;
	return read_options(argc, argv, config, &file) && (file == NULL || read_config_file(config, file)) &&
		   read_environment(config) && read_options(argc, argv, config, NULL) && set_worker(config) && consistent(config);
}

void
opres_serve_config_free(OpresServeConfig *config)
{
	for (size_t i = 0; i < SETTINGS; i++)
		if (!settings[i].number)
			free(*(char **) ((char *) config + settings[i].offset));
}
