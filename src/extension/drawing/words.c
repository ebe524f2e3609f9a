/*
 * words.c - the words and numbers of a drawing in English and Japanese (see words.h).
 */
#include "drawing/words.h"

static const OpresPair words[OPRES_WORDS] = {
	[OPRES_WORD_TOLERANCE] = { { "tolerance", "耐性度" } },
	[OPRES_WORD_RECOVERY] = { { "recovery", "復旧見込" } },
	[OPRES_WORD_CUT_OFF] = { { "cut-off", "取引時限" } },
	[OPRES_WORD_DATA_LOSS] = { { "data loss", "データ損失" } },
	[OPRES_WORD_IN_TOTAL] = { { "in total", "累計" } },
	[OPRES_WORD_SPOF] = { { "SPOF", "単一障害点" } },
	[OPRES_WORD_STANDBY] = { { "standby", "待機系" } },
	[OPRES_WORD_LEGEND] = { { "Legend", "凡例" } },
	[OPRES_WORD_NO_SUBSTITUTE] = { { "no substitute", "代替なし" } },
	[OPRES_WORD_REDUNDANT] = { { "redundant, k of n needed", "冗長：nつ中kつで継続" } },
	[OPRES_WORD_DEPENDS] = { { "A depends on B", "AはBに依存" } },
	[OPRES_WORD_OPTIONAL] = { { "A goes on without B alone", "Bのみの停止なら継続可" } },
	[OPRES_WORD_RESTART] = { { "needed to restart", "再開にのみ必要" } },
	[OPRES_WORD_TO_SPOF] = { { "dependency on a SPOF", "単一障害点への依存" } },
	[OPRES_WORD_PATH] = { { "failure path", "停止の波及経路" } },
	[OPRES_WORD_EMPTY] = { { "nothing to draw", "描く対象がありません" } },
	[OPRES_WORD_LEFT_OUT] = { { "left out", "省略" } },
	[OPRES_WORD_BAR] = { { "bar = expected recovery, black line = tolerance", "横棒＝復旧見込、黒線＝耐性度" } },
	[OPRES_WORD_WORST_FIRST] = { { "worst first", "左上から危険な順" } },
	[OPRES_WORD_OWNER] = { { "Owner", "所管" } },
	[OPRES_WORD_LOCATION] = { { "Location", "所在地" } },
	[OPRES_WORD_WEAK_POINT] = { { "Weak point", "弱点" } },
	[OPRES_WORD_HITS] = { { "Operations hit", "影響する業務" } },
	[OPRES_WORD_LOWEST] = { { "lowest level", "最低水準" } },
	[OPRES_WORD_NOT_BACK] = { { "not within 30 days", "30日以内に復旧せず" } },
	[OPRES_WORD_SWITCHOVER] = { { "switchover", "切替" } },
	[OPRES_WORD_INDIRECT] = { { "through what is not drawn", "省略した要素を経由" } },
};

static const OpresPair layers[] = {
	{ { "Critical operations", "重要な業務" } },
	{ { "Processes", "業務プロセス" } },
	{ { "People", "人員" } },
	{ { "Systems", "システム" } },
	{ { "Data & networks", "データ・ネットワーク" } },
	{ { "Third parties", "サードパーティ" } },
	{ { "Facilities", "設備・拠点" } },
};

static const OpresPair kinds[] = {
	[OPRES_OPERATION] = { { "critical operation", "重要な業務" } },
	[OPRES_PROCESS] = { { "process", "業務プロセス" } },
	[OPRES_PEOPLE] = { { "people", "人員" } },
	[OPRES_SYSTEM] = { { "system", "システム" } },
	[OPRES_DATA] = { { "data", "データ" } },
	[OPRES_NETWORK] = { { "network", "ネットワーク" } },
	[OPRES_THIRD_PARTY] = { { "third party", "サードパーティ" } },
	[OPRES_FACILITY] = { { "facility", "設備" } },
};

static const OpresPair states[] = {
	[OPRES_PLAIN] = { { NULL, NULL } },
	[OPRES_UNTOUCHED] = { { "Not affected", "影響なし" } },
	[OPRES_AT_RISK] = { { "At risk", "余裕なし" } },
	[OPRES_DEGRADED] = { { "Degraded", "低下" } },
	[OPRES_FAILED] = { { "Failed", "停止" } },
};

static const OpresPair cards[] = {
	[OPRES_CARD_PLAIN] = { { NULL, NULL } },
	[OPRES_CARD_WITHIN] = { { "Within", "範囲内" } },
	[OPRES_CARD_UNLIMITED] = { { "No tolerance set", "耐性度未設定" } },
	[OPRES_CARD_UNDECIDED] = { { "Not decided", "判定不能" } },
	[OPRES_CARD_NARROW] = { { "Little margin", "余裕わずか" } },
	[OPRES_CARD_OVER] = { { "Over tolerance", "超過" } },
};

OpresPair
opres_word(OpresWord word)
{
	return words[word];
}

OpresPair
opres_layer_word(int layer)
{
	return layers[layer];
}

OpresPair
opres_kind_word(OpresKind kind)
{
	return kinds[kind];
}

OpresPair
opres_state_word(OpresState state)
{
	return states[state];
}

OpresPair
opres_card_word(OpresCardState state)
{
	return cards[state];
}

const char *
opres_say(OpresLang lang, OpresPair pair)
{
	return pair.in[lang] != NULL ? pair.in[lang] : pair.in[!lang] != NULL ? pair.in[!lang] : "";
}

const char *
opres_say_other(OpresLang lang, OpresPair pair)
{
	if (pair.in[lang] == NULL || pair.in[!lang] == NULL || strcmp(pair.in[0], pair.in[1]) == 0)
		return NULL;
	return pair.in[!lang];
}

char *
opres_say_both(OpresLang lang, OpresPair pair)
{
	const char *other = opres_say_other(lang, pair);

	return other == NULL ? pstrdup(opres_say(lang, pair)) : psprintf("%s %s", opres_say(lang, pair), other);
}

char *
opres_say_level(double level)
{
	return psprintf("%.4g%%", level * 100);
}

char *
opres_say_limit(OpresLang lang, OpresTime limit, double level)
{
	char *time = opres_say_duration(lang, limit);

	if (level >= 1)
		return time;
	return lang == OPRES_JA ? psprintf("%s以内に%s", time, opres_say_level(level))
							: psprintf("%s within %s", opres_say_level(level), time);
}
