/*
 * run_words.c - words for the steps of a run (run_words.h).
 */
#include "incident/run_words.h"

#include "common/rows.h"
#include "lib/stringinfo.h"
#include "utils/builtins.h"

typedef struct Word
{
	const char *code, *in[2];
} Word;

static const Word phases[] = { { "triage", { "triage", "初動対応" } },
							   { "analysis", { "analysis", "分析" } },
							   { "coordination", { "coordination", "連携・広報" } },
							   { "containment", { "containment", "封じ込め" } },
							   { "eradication", { "eradication", "根絶" } },
							   { "recovery", { "recovery", "復旧" } },
							   { "sign_off", { "sign_off", "業務再開判断" } },
							   { "review", { "review", "事後検証" } } };
static const Word turns[] = { { "ready", { "ready", "着手可" } },
							  { "waiting", { "waiting", "待ち" } },
							  { "question", { "question", "要判断" } },
							  { "submitted", { "submitted", "承認待ち" } },
							  { "held", { "held", "中断" } } };
static const Word states[] = { { "idle", { "its turn has not come", "未着手（順番前）" } },
							   { "reached", { "reached", "着手待ち" } },
							   { "submitted", { "submitted", "承認待ち" } },
							   { "running", { "running", "実施中" } },
							   { "done", { "done", "完了" } },
							   { "failed", { "failed", "失敗" } },
							   { "held", { "held", "中断" } },
							   { "skipped", { "left out", "対象外" } },
							   { "cancelled", { "cancelled", "取消" } } };
static const Word anchors[] = { { "timeout", { "timeout", "制限時間" } },
								{ "occurrence", { "occurrence", "発生" } },
								{ "detection", { "detection", "検知" } },
								{ "recognition", { "recognition", "認識" } },
								{ "classification", { "classification", "区分決定" } },
								{ "tolerance_breach", { "tolerance breach", "耐性度超過" } },
								{ "start", { "start", "対応開始" } } };

static const char *
word(const Word *words, int count, const char *code, OpresLang lang)
{
	for (int i = 0; i < count; i++)
		if (strcmp(words[i].code, code) == 0)
			return opres_our_words(words[i].in[lang]);
	return code;
}

const char *
opres_phase_word(const char *phase, OpresLang lang)
{
	return phase == NULL ? NULL : word(phases, lengthof(phases), phase, lang);
}

const char *
opres_role_word(const OpresCompiled *compiled, int32 role, OpresLang lang)
{
	const OpresRoleInfo *info;

	if (role < 0)
		return NULL;
	info = &compiled->roles[role];
	return lang == OPRES_JA && info->name.in[lang] != NULL ? info->name.in[lang] : info->code;
}

const char *
opres_doer_word(const OpresCompiled *compiled, const OpresStepInfo *step, OpresLang lang)
{
	return step->role >= 0 ? opres_role_word(compiled, step->role, lang) : step->agent.in[lang];
}

const char *
opres_turn_word(const char *turn, OpresLang lang)
{
	return word(turns, lengthof(turns), turn, lang);
}

const char *
opres_step_state_word(const char *state, OpresLang lang)
{
	return word(states, lengthof(states), state, lang);
}

/* submission:REPORT and step:ID name what they hang on. */
const char *
opres_anchor_word(const OpresLiveRun *live, const char *due_by, OpresLang lang)
{
	const OpresCompiled *compiled = live->compiled;

	if (due_by == NULL)
		return NULL;
	if (strncmp(due_by, "submission:", 11) == 0)
		for (int32 i = 0; i < compiled->report_count; i++)
			if (strcmp(compiled->reports[i].code, due_by + 11) == 0)
				return psprintf(lang == OPRES_JA ? opres_our_words("「%s」提出") : "submission of %s",
								compiled->reports[i].report.in[lang] != NULL ? compiled->reports[i].report.in[lang] : due_by + 11);
	if (strncmp(due_by, "step:", 5) == 0)
		for (int32 i = 0; i < compiled->playbook.step_count; i++)
			if (strcmp(compiled->steps[i].reference, due_by + 5) == 0)
				return psprintf(lang == OPRES_JA ? opres_our_words("%s実施") : "step %s", opres_step_said(live, i));
	return word(anchors, lengthof(anchors), due_by, lang);
}

char *
opres_say_moment(const OpresLiveRun *live, TimestampTz at)
{
	Datum local = DirectFunctionCall2(timestamptz_zone, CStringGetTextDatum(live->time_zone), TimestampTzGetDatum(at));
	struct pg_tm tm;
	fsec_t fsec;

	if (timestamp2tm(DatumGetTimestamp(local), NULL, &tm, &fsec, NULL, NULL) != 0)
		return pstrdup(timestamptz_to_str(at));
	return psprintf("%04d-%02d-%02d %02d:%02d", tm.tm_year, tm.tm_mon, tm.tm_mday, tm.tm_hour, tm.tm_min);
}

/* What a step waits for */

typedef struct Waits
{
	const char **items;
	int count;
} Waits;

static void
add(Waits *waits, const char *item)
{
	waits->items[waits->count++] = item;
}

static void
wait_facts(const OpresLiveRun *live, int32 step, OpresLang lang, Waits *waits)
{
	const OpresStep *s = &live->compiled->playbook.steps[step];

	for (int32 i = 0; i < s->requires_count; i++)
	{
		int32 fact = s->requires_facts[i];
		const char *said = live->compiled->facts[fact].in[lang];

		if (!opres_run_fact(live->run, fact))
			add(waits, said != NULL ? said : live->compiled->fact_codes[fact]);
	}
}

static void
wait_approvals(const OpresLiveRun *live, int32 step, OpresLang lang, Waits *waits)
{
	const OpresStep *s = &live->compiled->playbook.steps[step];
	const OpresActivation *a = opres_run_step(live->run, step);

	for (int32 i = 0; i < s->approval_count; i++)
	{
		const char *role = opres_role_word(live->compiled, s->approvals[i].role, lang);
		int32 given = 0;

		for (int32 g = 0; g < a->approval_count; g++)
			given += a->approvals[g].role == s->approvals[i].role;
		if (given < s->approvals[i].count)
			add(waits, psprintf(lang == OPRES_JA ? "承認：%s（%d名中%d名済み）" : "approval by %s (%d needed, %d given)", role,
								s->approvals[i].count, given));
	}
}

static void
wait_answer(const OpresLiveRun *live, int32 step, OpresLang lang, Waits *waits)
{
	const OpresStep *s = &live->compiled->playbook.steps[step];
	const OpresStepInfo *info = &live->compiled->steps[step];
	StringInfoData out;

	if (s->type != OPRES_STEP_SWITCH)
	{
		add(waits, lang == OPRES_JA ? "回答：true（はい）／ false（いいえ）" : "an answer: true / false");
		return;
	}
	initStringInfo(&out);
	appendStringInfoString(&out, lang == OPRES_JA ? "回答：" : "an answer: ");
	for (int32 i = 0; i < s->branch_count; i++)
	{
		const char *label = info->case_labels[i].in[lang], *answer = s->cases[i] != NULL ? s->cases[i] : "default";

		appendStringInfo(&out, "%s%s", i > 0 ? " / " : "", answer);
		if (label != NULL && strcmp(label, answer) != 0)
			appendStringInfo(&out, lang == OPRES_JA ? "（%s）" : " (%s)", label);
	}
	add(waits, out.data);
}

Datum
opres_waits_for(const OpresLiveRun *live, int32 step, const char *turn, OpresLang lang, TimestampTz now)
{
	const OpresStep *s = &live->compiled->playbook.steps[step];
	const OpresActivation *a = opres_run_step(live->run, step);
	Waits waits = { palloc(sizeof(char *) * (s->requires_count + s->approval_count + 2)), 0 };

	if (strcmp(turn, "waiting") == 0)
	{
		if (a->not_before > now)
			add(&waits, psprintf(lang == OPRES_JA ? "%s以降" : "not before %s", opres_say_moment(live, a->not_before)));
		wait_facts(live, step, lang, &waits);
	}
	else if (strcmp(turn, "submitted") == 0)
		wait_approvals(live, step, lang, &waits);
	else if (strcmp(turn, "question") == 0)
		wait_answer(live, step, lang, &waits);
	else if (strcmp(turn, "held") == 0)
		add(&waits,
			lang == OPRES_JA ? "再実施（retry）または判断権限者による続行（override）" : "retry, or override by the authority");
	return opres_text_array(waits.items, waits.count);
}

Datum
opres_form(const OpresLiveRun *live, int32 step)
{
	const OpresStep *s = &live->compiled->playbook.steps[step];
	const char **names = palloc(sizeof(char *) * (s->out_count + 1));

	for (int32 i = 0; i < s->out_count; i++)
		names[i] = live->compiled->variables[s->out_variables[i]].name;
	return opres_text_array(names, s->out_count);
}
