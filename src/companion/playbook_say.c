/*
 * playbook_say.c - see playbook_say.h.
 */
#include "playbook_say.h"

#include <string.h>

const char *const opres_phases[OPRES_PHASES] = { "triage",      "analysis", "coordination", "containment",
												 "eradication", "recovery", "sign_off",     "review" };

const char *
opres_say_phase(const char *phase)
{
	static const char *const words[OPRES_PHASES][2] = {
		{ "triage", "初動対応" },  { "analysis", "分析" }, { "coordination", "連携・広報" }, { "containment", "封じ込め" },
		{ "eradication", "根絶" }, { "recovery", "復旧" }, { "sign-off", "業務再開判断" },   { "review", "事後検証" },
	};

	for (int i = 0; phase && i < OPRES_PHASES; i++)
		if (strcmp(phase, opres_phases[i]) == 0)
			return opres_word(words[i][0], words[i][1]);
	return phase;
}

const char *
opres_paper_join(OpresPaper *paper, const char *joined, const char *between, const char *text)
{
	return joined ? opres_paper_keep(paper, "%s%s%s", joined, between, text) : text;
}

/* Between the items of a list. */
static const char *
comma(void)
{
	return opres_word("; ", "、");
}

const char *
opres_say_pair(const json_t *pair)
{
	const char *en = opres_paper_string(pair, "en"), *ja = opres_paper_string(pair, "ja");

	if (json_is_string(pair))
		return json_string_value(pair);
	if (opres_words_japanese())
		return ja ? ja : en;
	return en ? en : ja;
}

const char *
opres_say_member(const json_t *object, const json_t *extension, const char *member)
{
	json_t *texts = opres_paper_object(opres_paper_object(extension, "texts"), opres_word("en", "ja"));
	const char *said = opres_paper_string(texts, member);

	return said ? said : opres_paper_string(object, member);
}

const char *
opres_say_step(OpresPaper *paper, int32_t step, bool name)
{
	const OpresPaperStep *it = &paper->steps[step];
	const char *label = it->label ? it->label : it->id, *said = opres_say_member(it->json, it->extension, "name");

	return name && said ? opres_paper_keep(paper, "%s %s", label, said) : label;
}

typedef struct Unit
{
	const char *one, *many, *ja;
} Unit;

enum
{
	YEARS,
	MONTHS,
	WEEKS,
	DAYS,
	HOURS,
	MINUTES,
	SECONDS
};

static const Unit units[] = {
	{ "year", "years", "年" },   { "month", "months", "か月" }, { "week", "weeks", "週間" },   { "day", "days", "日" },
	{ "hour", "hours", "時間" }, { "minute", "minutes", "分" }, { "second", "seconds", "秒" },
};

static const char *
say_unit(OpresPaper *paper, const char *said, long count, int unit)
{
	const char *one = opres_words_japanese()
						  ? opres_paper_keep(paper, "%ld%s", count, units[unit].ja)
						  : opres_paper_keep(paper, "%ld %s", count, count == 1 ? units[unit].one : units[unit].many);

	return opres_paper_join(paper, said, opres_word(" ", ""), one);
}

static int
unit_of(char letter, bool time)
{
	static const char letters[] = "YMWDHMS";

	for (int i = time ? HOURS : YEARS; i <= (time ? SECONDS : DAYS); i++)
		if (letters[i] == letter)
			return i;
	return -1;
}

const char *
opres_say_iso_duration(OpresPaper *paper, const char *duration)
{
	const char *said = NULL, *at = duration;
	bool time = false;

	if (at[0] != 'P' || !at[1])
		return duration;
	at++;
	while (*at)
	{
		long count = 0;
		int digits = 0, unit;

		if (*at == 'T' && !time)
		{
			time = true;
			at++;
		}
		for (; *at >= '0' && *at <= '9' && digits < 9; digits++)
			count = count * 10 + (*at++ - '0');
		unit = *at ? unit_of(*at, time) : -1;
		if (digits == 0 || unit < 0)
			return duration;
		if (count > 0)
			said = say_unit(paper, said, count, unit);
		at++;
	}
	return said ? said : "";
}

const char *
opres_say_milliseconds(OpresPaper *paper, double milliseconds)
{
	static const long seconds[] = { 604800, 86400, 3600, 60, 1 };
	const char *said = NULL;
	long left = milliseconds > 0 && milliseconds < 1e15 ? (long) (milliseconds / 1000) : 0;

	for (int i = 1; i < 5; i++)
	{
		if (left / seconds[i] > 0)
			said = say_unit(paper, said, left / seconds[i], WEEKS + i);
		left %= seconds[i];
	}
	return said ? said : opres_paper_say(paper, "%.0f milliseconds", "%.0fミリ秒", milliseconds);
}

static const char *
say_submission(OpresPaper *paper, const char *code)
{
	json_t *report = opres_paper_object(opres_paper_object(paper->extension, "reports"), code);
	const char *name = opres_say_pair(json_object_get(report, "report"));

	return opres_paper_say(paper, "submission of %s (%s)", "%s（%s）の提出", name ? name : code, code);
}

/* What a deadline counts from. */
static const char *
say_anchor(OpresPaper *paper, const char *anchor)
{
	static const char *const words[][3] = {
		{ "occurrence", "occurrence", "発生" },
		{ "detection", "detection", "検知" },
		{ "recognition", "recognition", "認識" },
		{ "classification", "classification", "区分決定" },
		{ "tolerance_breach", "the first breach of a tolerance", "最初の耐性度超過" },
		{ "start", "the start of this playbook", "対応開始" },
	};
	int32_t step;

	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
		if (strcmp(anchor, words[i][0]) == 0)
			return opres_word(words[i][1], words[i][2]);
	if (strncmp(anchor, "submission:", 11) == 0)
		return say_submission(paper, anchor + 11);
	step = strncmp(anchor, "step:", 5) == 0 ? opres_paper_find(paper, anchor + 5) : OPRES_PAPER_NO_STEP;
	if (step == OPRES_PAPER_NO_STEP)
		return anchor;
	return opres_paper_say(paper, "%s is done", "%sの完了", opres_say_step(paper, step, false));
}

static const char *
say_deadline(OpresPaper *paper, const json_t *deadline)
{
	const char *anchor = opres_paper_string(deadline, "anchor"), *after = opres_paper_string(deadline, "after"),
			   *before = opres_paper_string(deadline, "before"), *time;
	bool step = anchor && strncmp(anchor, "step:", 5) == 0;

	if (!anchor || (!after && !before))
		return NULL;
	time = opres_say_iso_duration(paper, before ? before : after);
	anchor = say_anchor(paper, anchor);
	if (!time[0] && step)
		return opres_paper_say(paper, "as soon as %s", "%s後直ちに", anchor);
	if (!time[0])
		return opres_paper_say(paper, "at once upon %s", "%s後直ちに", anchor);
	if (before)
		return opres_paper_say(paper, "at the latest %2$s before %1$s", "%1$sの%2$s前まで", anchor, time);
	if (step)
		return opres_paper_say(paper, "within %2$s, counted from when %1$s", "%1$sから%2$s以内", anchor, time);
	return opres_paper_say(paper, "within %2$s of %1$s", "%1$sから%2$s以内", anchor, time);
}

const char *
opres_say_deadlines(OpresPaper *paper, const json_t *deadlines)
{
	const char *said = NULL;
	size_t count = 0;

	for (size_t i = 0; i < json_array_size(deadlines); i++)
	{
		const char *one = say_deadline(paper, json_array_get(deadlines, i));

		if (one)
		{
			said = opres_paper_join(paper, said, opres_word("; or ", "、又は"), one);
			count++;
		}
	}
	return count > 1 ? opres_paper_say(paper, "%s (whichever is earliest)", "%s（いずれか早い時点）", said) : said;
}

const char *
opres_say_report_due(OpresPaper *paper, const char *report)
{
	json_t *json = opres_paper_object(opres_paper_object(paper->extension, "reports"), report);
	const char *set = say_deadline(paper, opres_paper_object(paper->deadlines, report)),
			   *due = opres_say_deadlines(paper, opres_paper_array(json, "deadlines"));

	if (set)
		return opres_paper_say(paper, "%s (set by the institution)", "%s（自行の定め）", set);
	due = due ? due : opres_word("no deadline", "期限の定めなし");
	if (opres_paper_flag(json, "confirmed", false))
		return due;
	return opres_paper_say(paper, "%s (NOT CONFIRMED by a rule: what your institution has set counts)",
						   "%s（規定による確認は未了：自行の定めがある場合はそれによる）", due);
}

/* The agent whose role it is. */
static json_t *
find_role(const OpresPaper *paper, const char *role, json_t **extension)
{
	const char *id;
	json_t *agent;

	json_object_foreach(opres_paper_object(paper->root, "agent_definitions"), id, agent)
	{
		const char *code;

		*extension = opres_paper_extension(agent, "agent_target_extensions");
		code = opres_paper_string(*extension, "role");
		if (code && role && strcmp(code, role) == 0)
			return agent;
	}
	*extension = NULL;
	return NULL;
}

const char *
opres_say_role(OpresPaper *paper, const char *role)
{
	json_t *extension, *agent = find_role(paper, role, &extension);
	const char *name = opres_say_member(agent, extension, "name");

	return name ? name : role;
}

const char *
opres_say_roles(OpresPaper *paper, const json_t *roles)
{
	const char *said = NULL;

	for (size_t i = 0; i < json_array_size(roles); i++)
		if (opres_paper_element(roles, i))
			said = opres_paper_join(paper, said, opres_word(", ", "、"), opres_say_role(paper, opres_paper_element(roles, i)));
	return said;
}

json_t *
opres_paper_deputies(const OpresPaper *paper, const char *role)
{
	json_t *extension;

	(void) find_role(paper, role, &extension);
	return opres_paper_array(extension, "deputies");
}

const char *
opres_say_agent(OpresPaper *paper, const char *id)
{
	json_t *agent = id ? opres_paper_object(opres_paper_object(paper->root, "agent_definitions"), id) : NULL;
	const char *name = opres_say_member(agent, opres_paper_extension(agent, "agent_target_extensions"), "name");

	return name ? name : id;
}

/* The labels of the steps that establish a fact. */
static const char *
say_establishing(OpresPaper *paper, const char *fact)
{
	const char *said = NULL;

	for (int32_t i = 0; i < paper->flow_count; i++)
	{
		const OpresPaperStep *step = &paper->steps[paper->flow[i].step < 0 ? 0 : paper->flow[i].step];
		json_t *facts = opres_paper_array(step->extension, "establishes");

		if (paper->flow[i].kind != OPRES_FLOW_STEP)
			continue;
		for (size_t k = 0; k < json_array_size(facts); k++)
			if (opres_paper_element(facts, k) && strcmp(opres_paper_element(facts, k), fact) == 0)
				said = opres_paper_join(paper, said, ", ", step->label);
	}
	return said;
}

const char *
opres_say_facts(OpresPaper *paper, const json_t *facts, bool who)
{
	json_t *words = opres_paper_object(paper->extension, "facts");
	const char *said = NULL;

	for (size_t i = 0; i < json_array_size(facts); i++)
	{
		const char *code = opres_paper_element(facts, i), *fact = code ? opres_say_pair(json_object_get(words, code)) : NULL,
				   *steps = who && code ? say_establishing(paper, code) : NULL;

		if (!code)
			continue;
		fact = fact ? fact : code;
		if (steps)
			fact = opres_paper_say(paper, "%s (%s)", "%s（%s）", fact, steps);
		said = opres_paper_join(paper, said, comma(), fact);
	}
	return said;
}

const char *
opres_say_variable(OpresPaper *paper, const json_t *step, const char *name)
{
	json_t *own = opres_paper_object(opres_paper_object(step, "step_variables"), name);
	json_t *variable = own ? own : opres_paper_object(opres_paper_object(paper->root, "playbook_variables"), name);
	json_t *texts = opres_paper_object(opres_paper_object(paper->extension, "texts"), opres_word("en", "ja"));
	const char *said = own ? NULL : opres_paper_string(opres_paper_object(texts, "variables"), name);

	said = said ? said : opres_paper_string(variable, "description");
	return said ? said : name;
}

const char *
opres_say_condition(OpresPaper *paper, const char *condition)
{
	const char *said = "", *mark;

	while ((mark = strstr(condition, "__:value")) != NULL)
	{
		said = opres_paper_keep(paper, "%s%.*s__", said, (int) (mark - condition), condition);
		condition = mark + strlen("__:value");
	}
	return opres_paper_keep(paper, "%s%s", said, condition);
}

/* The end of a variable's name that begins here with two underscores; NULL if it is none. */
static const char *
variable_end(const char *name)
{
	const char *end = strstr(name + 2, "__");

	return end && strcspn(name, " '\"=<>!()") >= (size_t) (end - name) ? end + 2 : NULL;
}

const char *
opres_say_meaning(OpresPaper *paper, const json_t *step, const char *condition)
{
	const char *said = NULL, *end;

	for (const char *at = strstr(condition, "__"); at; at = strstr(end, "__"))
	{
		const char *name, *meaning;

		end = variable_end(at);
		if (!end)
			break;
		name = opres_paper_keep(paper, "%.*s", (int) (end - at), at);
		meaning = opres_say_variable(paper, step, name);
		if (strcmp(meaning, name) != 0)
			said = opres_paper_join(paper, said, comma(), opres_paper_say(paper, "%s: %s", "%s：%s", name, meaning));
	}
	return said;
}

const char *
opres_say_case(const OpresPaperStep *step, const char *literal)
{
	json_t *texts = opres_paper_object(step->extension, "texts");
	json_t *own = opres_paper_object(opres_paper_object(texts, opres_word("en", "ja")), "cases");
	const char *said = opres_paper_string(own, literal);

	said = said ? said : opres_paper_string(opres_paper_object(opres_paper_object(texts, "en"), "cases"), literal);
	return said ? said : literal;
}
