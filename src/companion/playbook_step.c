/*
 * playbook_step.c - what is printed of a step: what to do, who, until when, what must be there before, what proves it, who
 * approves.
 */
#include <stdlib.h>
#include <string.h>

#include "base64.h"
#include "playbook_form.h"
#include "playbook_say.h"
#include "utf8.h"

/* More is not for people: an attachment. */
#define MOST_COMMAND_BYTES 20000

typedef struct Step
{
	OpresSheet *sheet;
	OpresPaper *paper;
	const OpresPaperStep *it;
} Step;

static void
field(const Step *step, const char *en, const char *ja, const char *text)
{
	if (text && text[0])
		step->sheet->form->field(step->sheet, opres_word(en, ja), text);
}

static bool
is_action(const Step *step)
{
	return step->it->kind == OPRES_PAPER_ACTION || step->it->kind == OPRES_PAPER_PLAYBOOK || step->it->kind == OPRES_PAPER_OTHER;
}

/* Under the name: phase, priority, whether it may be left out. */
static const char *
notes(const Step *step)
{
	const char *between = opres_word(", ", "・"), *said = NULL, *phase = opres_paper_string(step->it->extension, "phase");
	double priority = opres_paper_number(step->it->extension, "priority", 0);

	if (phase)
		said = opres_paper_say(step->paper, "phase: %s", "局面：%s", opres_say_phase(phase));
	if (priority >= 1 && priority <= 5)
		said = opres_paper_join(step->paper, said, between, opres_paper_say(step->paper, "priority %.0f", "優先度%.0f", priority));
	if (!opres_paper_flag(step->it->extension, "mandatory", true))
		said = opres_paper_join(step->paper, said, between,
								opres_word("may be left out, with a note why", "省略可（理由を記録すること）"));
	return said;
}

static void
people(const Step *step)
{
	const char *accountable = opres_paper_string(step->it->extension, "accountable");
	json_t *deputies = opres_paper_array(step->it->extension, "deputies");
	json_t *targets = opres_paper_array(step->it->json, "targets");
	const char *said = NULL;

	field(step, "By", "実施", opres_say_agent(step->paper, opres_paper_string(step->it->json, "agent")));
	if (accountable)
		field(step, "Answers for it", "責任者", opres_say_role(step->paper, accountable));
	if (!deputies && accountable)
		deputies = opres_paper_deputies(step->paper, accountable);
	field(step, "Deputies, in this order", "代行順位", opres_say_roles(step->paper, deputies));
	for (size_t i = 0; i < json_array_size(targets); i++)
	{
		const char *id = opres_paper_element(targets, i);
		json_t *target = id ? opres_paper_object(opres_paper_object(step->paper->root, "target_definitions"), id) : NULL;
		const char *name = opres_paper_string(target, "name");

		if (id)
			said = opres_paper_join(step->paper, said, ", ", name ? name : id);
	}
	field(step, "Done to", "対象", said);
}

static void
times(const Step *step)
{
	double timeout = opres_paper_number(step->it->json, "timeout", 0), delay = opres_paper_number(step->it->json, "delay", 0);

	field(step, "Due", "期限", opres_say_deadlines(step->paper, opres_paper_array(step->it->extension, "deadlines")));
	if (delay > 0)
		field(step, "Not before", "着手",
			  opres_paper_say(step->paper, "%s after its turn has come", "順番到来から%s経過後",
							  opres_say_milliseconds(step->paper, delay)));
	if (timeout > 0)
		field(step, "Counts as failed after", "失敗とみなす時間", opres_say_milliseconds(step->paper, timeout));
}

static void
facts(const Step *step)
{
	field(step, "Not before this holds", "着手の前提",
		  opres_say_facts(step->paper, opres_paper_array(step->it->extension, "requires"), true));
	field(step, "When done, this holds", "完了により成立",
		  opres_say_facts(step->paper, opres_paper_array(step->it->extension, "establishes"), false));
}

/* Base64 that is text; NULL if it is not. */
static const char *
decoded(OpresPaper *paper, const char *base64)
{
	size_t length = strlen(base64), count = 0, at = 0, size;
	char *text;
	uint32_t c;

	if (length > MOST_COMMAND_BYTES || !opres_base64_decode(base64, length, NULL, SIZE_MAX, &count))
		return NULL;
	text = opres_arena_array(&paper->arena, count + 1, 1);
	if (!text || !opres_base64_decode(base64, length, (uint8_t *) text, count, &count))
		return NULL;
	while (at < count && (size = opres_utf8_next(text + at, count - at, &c)) > 0 && c != 0)
		at += size;
	return at == count ? text : NULL;
}

/* A member of a command, or the same in base64. */
static const char *
command_text(const Step *step, const json_t *command, const char *key)
{
	const char *text = opres_paper_string(command, key), *base64;

	if (text)
		return text;
	base64 = opres_paper_string(command, opres_paper_keep(step->paper, "%s_b64", key));
	if (!base64)
		return NULL;
	text = decoded(step->paper, base64);
	return text ? text
				: opres_paper_say(step->paper, "(%zu characters of base64: no text; see the playbook)",
								  "（base64で%zu文字。文字列ではないため元のプレイブックを参照）", strlen(base64));
}

static void
code(const Step *step, const json_t *command, const char *key)
{
	const char *text = command_text(step, command, key);

	if (text && text[0])
		step->sheet->form->code(step->sheet, text);
}

static const char *
translated_command(const Step *step, size_t index)
{
	json_t *texts = opres_paper_object(opres_paper_object(step->it->extension, "texts"), opres_word("en", "ja"));

	return opres_paper_element(opres_paper_array(texts, "commands"), index);
}

static void
command(const Step *step, const json_t *json, size_t index)
{
	const char *type = opres_paper_string(json, "type"), *translated = translated_command(step, index);
	const char *text = command_text(step, json, "command"), *description = opres_paper_string(json, "description");
	bool manual = !type || strcmp(type, "manual") == 0;
	const char *said = translated ? translated : manual ? text : description;

	step->sheet->form->list(step->sheet, true);
	if (manual)
		step->sheet->form->tick(step->sheet, said ? said : opres_word("(nothing is written)", "（記載なし）"));
	else
		step->sheet->form->tick(step->sheet, opres_paper_say(step->paper, "Run (%s): %s", "実行（%s）：%s", type,
															 said ? said : opres_word("the following", "次のとおり")));
	step->sheet->form->list(step->sheet, false);
	if (!manual && text && text[0])
		step->sheet->form->code(step->sheet, text);
	code(step, json, "content");
}

static void
commands(const Step *step)
{
	json_t *all = opres_paper_array(step->it->json, "commands");

	for (size_t i = 0; i < json_array_size(all); i++)
		command(step, json_array_get(all, i), i);
	if (step->it->kind == OPRES_PAPER_PLAYBOOK)
	{
		field(step, "Work through the playbook", "次の手順書による", opres_paper_string(step->it->json, "playbook_id"));
		field(step, "Version", "版", opres_paper_string(step->it->json, "playbook_version"));
	}
}

static bool
is_bool(const Step *step, const char *name)
{
	json_t *own = opres_paper_object(opres_paper_object(step->it->json, "step_variables"), name);
	json_t *variable = own ? own : opres_paper_object(opres_paper_object(step->paper->root, "playbook_variables"), name);
	const char *type = opres_paper_string(variable, "type");

	return type && strcmp(type, "bool") == 0;
}

static void
ask_yes_or_no(const Step *step, const char *question)
{
	const char *const choices[] = { opres_word("yes", "はい"), opres_word("no", "いいえ") };

	step->sheet->form->ask(step->sheet, question, choices, 2);
}

/* What the step finds out. */
static void
answers(const Step *step)
{
	json_t *names = opres_paper_array(step->it->json, "out_args");

	for (size_t i = 0; i < json_array_size(names); i++)
	{
		const char *name = opres_paper_element(names, i),
				   *said = name ? opres_say_variable(step->paper, step->it->json, name) : NULL;

		if (!name)
			continue;
		said = opres_paper_say(step->paper, "To fill in: %s", "記入：%s", said);
		if (is_bool(step, name))
			ask_yes_or_no(step, said);
		else
			step->sheet->form->ask(step->sheet, said, NULL, 0);
	}
}

static void
ask_case(const Step *step)
{
	json_t *cases = opres_paper_object(step->it->json, "cases"), *first;
	const char *variable = opres_paper_string(step->it->json, "switch"), *literal, **choices;
	int count = 0;

	choices = opres_arena_array(&step->paper->arena, json_object_size(cases) + 1, sizeof *choices);
	if (!choices)
	{
		step->paper->failed = true;
		return;
	}
	json_object_foreach(cases, literal, first) choices[count++] =
		strcmp(literal, "default") == 0 ? opres_word("anything else", "その他") : opres_say_case(step->it, literal);
	variable = variable ? opres_say_variable(step->paper, step->it->json, opres_say_condition(step->paper, variable)) : "?";
	step->sheet->form->ask(step->sheet, opres_paper_say(step->paper, "Which: %s", "区分：%s", variable), choices, count);
}

/* The decision that a construct asks for. */
static void
decision(const Step *step)
{
	const char *condition = opres_paper_string(step->it->json, "condition");
	bool loop = step->it->kind == OPRES_PAPER_WHILE;

	if (step->it->kind == OPRES_PAPER_SWITCH)
		ask_case(step);
	if (step->it->kind != OPRES_PAPER_IF && !loop)
		return;
	if (condition)
	{
		ask_yes_or_no(step, opres_paper_say(step->paper, "Is it so? %s", "条件：%s", opres_say_condition(step->paper, condition)));
		field(step, "Where", "条件中の項目", opres_say_meaning(step->paper, step->it->json, condition));
	}
	if (loop)
		field(step, "Ask again after each round; at most", "1巡ごとに再判定。上限",
			  opres_paper_say(step->paper, "%.0f rounds", "%.0f巡", opres_paper_number(step->it->extension, "round_limit", 10)));
}

static void
evidence(const Step *step)
{
	json_t *json = opres_paper_object(step->it->extension, "evidence");
	const char *what = opres_say_pair(json_object_get(json, "what"));
	const char *const names[] = { opres_word("kept at", "保管場所・文書番号") };

	if (!what)
		what = opres_say_member(NULL, step->it->extension, "evidence");
	if (!what && !opres_paper_flag(json, "required", false))
		return;
	if (opres_paper_flag(json, "required", false))
		field(step, "What proves it (required)", "証跡（必須）", what ? what : "-");
	else
		field(step, "What proves it", "証跡", what);
	step->sheet->form->blanks(step->sheet, NULL, names, 1);
}

static void
report(const Step *step)
{
	const char *code = opres_paper_string(step->it->extension, "report");
	json_t *json = code ? opres_paper_object(opres_paper_object(step->paper->extension, "reports"), code) : NULL;
	const char *authority = opres_say_pair(json_object_get(json, "authority")),
			   *name = opres_say_pair(json_object_get(json, "report"));
	const char *const names[] = { opres_word("submitted at", "提出日時"), opres_word("reference", "受付番号等") };

	if (!code)
		return;
	field(step, "Submits the report", "提出する報告",
		  opres_paper_say(step->paper, "%s to %s (%s)", "%2$s宛 %1$s（%3$s）", name ? name : code, authority ? authority : "?",
						  code));
	field(step, "Report due", "報告期限", opres_say_report_due(step->paper, code));
	step->sheet->form->blanks(step->sheet, NULL, names, 2);
}

static void
approvals(const Step *step)
{
	json_t *all = opres_paper_array(step->it->extension, "approvals");
	const char *const names[] = { opres_word("name", "氏名"), opres_word("time", "日時"), opres_word("signature", "署名") };

	for (size_t i = 0; i < json_array_size(all); i++)
	{
		json_t *one = json_array_get(all, i);
		const char *role = opres_paper_string(one, "role");
		int count = (int) opres_paper_number(one, "count", 1);

		for (int k = 0; role && k < count && k < 10; k++)
			step->sheet->form->blanks(step->sheet,
									  opres_paper_say(step->paper, "Approved by %s (never who did it)", "承認：%s（実施者以外）",
													  opres_say_role(step->paper, role)),
									  names, 3);
	}
}

static void
clauses(const Step *step)
{
	json_t *all = opres_paper_array(step->it->extension, "clauses");
	const char *said = NULL;

	for (size_t i = 0; i < json_array_size(all); i++)
		if (opres_paper_element(all, i))
			said = opres_paper_join(step->paper, said, ", ", opres_paper_element(all, i));
	field(step, "Answers to", "根拠", said);
}

static void
done(const Step *step)
{
	const char *const act[] = { opres_word("done by", "実施者"), opres_word("time", "日時"),
								opres_word("done / failed", "完了・不可") };
	const char *const decide[] = { opres_word("decided by", "判断者"), opres_word("time", "日時") };
	const char *override = opres_paper_string(step->it->extension, "override_role");

	if (override)
		field(step, "May pass this by judgement, on record", "判断により省略できる者（記録を要する）",
			  opres_say_role(step->paper, override));
	clauses(step);
	if (is_action(step))
		step->sheet->form->blanks(step->sheet, NULL, act, 3);
	else if (step->it->kind != OPRES_PAPER_PARALLEL)
		step->sheet->form->blanks(step->sheet, NULL, decide, 2);
}

void
opres_sheet_step(OpresSheet *sheet, OpresPaper *paper, int32_t number)
{
	const Step step = { sheet, paper, &paper->steps[number] };
	const char *name = opres_say_member(step.it->json, step.it->extension, "name");
	const char *description = opres_say_member(step.it->json, step.it->extension, "description");

	sheet->form->step(sheet, step.it->number, step.it->label, name ? name : step.it->id, notes(&step));
	if (description)
		sheet->form->text(sheet, description);
	if (step.it->kind == OPRES_PAPER_OTHER)
		field(&step, "Type", "種別", opres_paper_string(step.it->json, "type"));
	people(&step);
	times(&step);
	facts(&step);
	commands(&step);
	answers(&step);
	decision(&step);
	evidence(&step);
	report(&step);
	approvals(&step);
	done(&step);
	sheet->form->step_end(sheet);
}
