/*
 * verify_words.c - what verify_audit says (verify_words.h).
 */
#include "audit/verify_words.h"

/* Sentences with something in them are put together below. */
static const struct
{
	const char *word;
	const char *sentence[2];
} words[] = {
	[OPRES_AUDIT_GAP] = { "gap", { NULL, NULL } },
	[OPRES_AUDIT_DOUBLED] = { "doubled entry",
							  { "There is more than one row with this number.", "同じ番号の記録が複数あります。" } },
	[OPRES_AUDIT_MALFORMED] = { "malformed entry", { NULL, NULL } },
	[OPRES_AUDIT_CONTENT] = { "content changed",
							  { "Its reason or content is not what was recorded: salt, reason and content do not give "
								"content_hash.",
								"理由または内容が記録時のものと異なります（salt・reason・content "
								"から計算したハッシュ値が content_hash と一致しません）。" } },
	[OPRES_AUDIT_ERASED] = { "content missing",
							 { "Its reason and content were erased, and no later entry (audit.erase) records that.",
							   "理由と内容が消去されていますが、その消去の記録（audit.erase）がありません。" } },
	[OPRES_AUDIT_ENTRY] = { "entry changed",
							{ "It is not what was recorded: its columns do not give leaf_hash.",
							  "記録時のものと異なります（各列の値から計算したハッシュ値が leaf_hash と一致しません）。" } },
	[OPRES_AUDIT_CHAIN] = { "chain broken",
							{ "The entry before is not the one that this was written after: it does not give previous_hash.",
							  "直前の記録が、この記録の作成時のものと異なります（直前の記録から計算したハッシュ値が "
							  "previous_hash と一致しません）。" } },
	[OPRES_AUDIT_SUBTREES] = { "subtrees changed",
							   { "The hashes kept with it for roots and proofs are wrong: checkpoints and proofs made with them do "
								 "not hold.",
								 "検証用ハッシュ値（subtrees）が正しくありません。これを用いたチェックポイントと証明は成立しません"
								 "。" } },
	[OPRES_AUDIT_INDEX] = { "index damaged",
							{ "The index of the primary key does not lead to this row in its place.",
							  "主キーの索引からこの行に正しく到達できません。" } },
	[OPRES_AUDIT_PROTECTION] = { "protection missing", { NULL, NULL } },
};

const char *
opres_audit_problem(OpresAuditProblem problem)
{
	return words[problem].word;
}

char *
opres_audit_detail(OpresLang lang, OpresAuditProblem problem, int64 entry, int64 last, const char *said)
{
	bool ja = lang == OPRES_JA;

	switch (problem)
	{
		case OPRES_AUDIT_GAP:
			if (entry == last)
				return pstrdup(ja ? "この番号の記録がありません。" : "There is no entry of this number.");
			return psprintf(ja ? "%lld番から%lld番までの記録がありません。" : "There are no entries %lld to %lld.",
							(long long) entry, (long long) last);
		case OPRES_AUDIT_MALFORMED:
			return psprintf(ja ? "監査証跡の記録として読み取れません（%s）。" : "It cannot be read as an entry: %s.", said);
		case OPRES_AUDIT_PROTECTION:
			return psprintf(ja ? "監査証跡の表の保護に不備があります（%s）。" : "The table is not protected as it should be: %s.",
							said);
		default:
			return pstrdup(words[problem].sentence[lang]);
	}
}
