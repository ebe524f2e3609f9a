/*
 * playbook_sheet.c - what is printed of a playbook, in which order: what it is, who does what, the steps at a glance, the steps in
 * the order of work, reports to authorities, where the rules stand, and a chronology to fill in.
 */
#include <string.h>

#include "playbook_form.h"
#include "playbook_say.h"

#define CHRONOLOGY_ROWS 10

static void
field(OpresSheet *sheet, const char *en, const char *ja, const char *text)
{
	if (text && text[0])
		sheet->form->field(sheet, opres_word(en, ja), text);
}

static void
recovery_target(OpresSheet *sheet, OpresPaper *paper)
{
	json_t *target = opres_paper_object(paper->extension, "recovery_target");
	const char *within = opres_paper_string(target, "within"), *note = opres_say_pair(json_object_get(target, "note"));
	double level = opres_paper_number(target, "level", -1);
	const char *said = NULL;

	if (within)
		said = opres_paper_say(paper, "within %s", "%s以内", opres_say_iso_duration(paper, within));
	if (level >= 0)
		said = opres_paper_join(paper, said, opres_word(", ", "、"),
								opres_paper_say(paper, "to %.0f %% of the usual level", "平常の%.0f%%の水準", level * 100));
	field(sheet, "To be recovered", "目標復旧時間・水準", said);
	field(sheet, "About this target", "目標の考え方", note);
}

static void
introduction(OpresSheet *sheet, OpresPaper *paper)
{
	const char *description = opres_say_member(paper->root, paper->extension, "description");
	const char *override = opres_paper_string(paper->extension, "override_role");

	if (opres_paper_flag(paper->root, "revoked", false))
		sheet->form->warning(
			sheet, opres_word("This version is revoked: do not use it.", "この版は失効しています。使用しないでください。"));
	if (description)
		sheet->form->text(sheet, description);
	field(sheet, "Attack type", "攻撃類型", opres_paper_string(paper->extension, "attack_type"));
	field(sheet, "Version of", "版（更新日時）", opres_paper_string(paper->root, "modified"));
	field(sheet, "Valid from", "有効期間の始期", opres_paper_string(paper->root, "valid_from"));
	field(sheet, "Valid until", "有効期間の終期", opres_paper_string(paper->root, "valid_until"));
	recovery_target(sheet, paper);
	if (override)
		field(sheet, "May pass a step by judgement, on record", "判断により対応項目を省略できる者（記録を要する）",
			  opres_say_role(paper, override));
	field(sheet, "Id", "識別子", opres_paper_string(paper->root, "id"));
	field(sheet, "Printed from", "印刷元", paper->source);
	field(sheet, "SHA-256 of it", "同SHA-256", paper->sha256);
}

static void
incident(OpresSheet *sheet)
{
	const char *const which[] = { opres_word("incident", "インシデント番号"), opres_word("head", "指揮者"),
								  opres_word("begun at", "開始日時") };
	const char *const times[] = { opres_word("occurrence", "発生日時"), opres_word("detection", "検知日時"),
								  opres_word("recognition", "認識日時"), opres_word("classification", "区分決定日時"),
								  opres_word("first breach of a tolerance", "最初の耐性度超過（見込み）") };

	sheet->form->heading(sheet, opres_word("This incident", "本件"));
	sheet->form->blanks(sheet, NULL, which, 3);
	sheet->form->blanks(sheet, opres_word("Times that deadlines count from", "期限の起算点"), times, 5);
}

static void
roles(OpresSheet *sheet, OpresPaper *paper)
{
	const char *const columns[] = { opres_word("role", "役割"), opres_word("deputies, in this order", "代行順位"),
									opres_word("name", "氏名"), opres_word("phone", "電話") };
	json_t *agents = opres_paper_object(paper->root, "agent_definitions"), *agent;
	const char *id;

	if (json_object_size(agents) == 0)
		return;
	sheet->form->heading(sheet, opres_word("Who", "体制"));
	sheet->form->table(sheet, columns, 4);
	json_object_foreach(agents, id, agent)
	{
		json_t *extension = opres_paper_extension(agent, "agent_target_extensions");
		const char *role = opres_paper_string(extension, "role"), *name = opres_say_agent(paper, id);
		const char *deputies = opres_say_roles(paper, opres_paper_array(extension, "deputies"));
		const char *const cells[] = { role ? opres_paper_say(paper, "%s (%s)", "%s（%s）", name, role) : name,
									  deputies ? deputies : "-", NULL, NULL };

		sheet->form->row(sheet, cells, 0);
	}
	sheet->form->table_end(sheet);
}

/* One row of the table of steps. */
static void
glance(OpresSheet *sheet, OpresPaper *paper, int32_t number)
{
	const OpresPaperStep *step = &paper->steps[number];
	const char *by = opres_say_agent(paper, opres_paper_string(step->json, "agent")),
			   *due = opres_say_deadlines(paper, opres_paper_array(step->extension, "deadlines")),
			   *report = opres_paper_string(step->extension, "report");

	if (!due && report)
		due = opres_say_report_due(paper, report);
	const char *const cells[] = { opres_say_step(paper, number, true), by ? by : "-", due ? due : "-" };
	sheet->form->row(sheet, cells, step->number);
}

static bool
in_phase(const OpresPaper *paper, const OpresFlow *item, const char *phase)
{
	const OpresPaperStep *step = item->kind == OPRES_FLOW_STEP ? &paper->steps[item->step] : NULL;
	const char *its = step ? opres_paper_string(step->extension, "phase") : NULL;

	return its && (step->kind == OPRES_PAPER_ACTION || step->kind == OPRES_PAPER_PLAYBOOK) && strcmp(its, phase) == 0;
}

/* By phase: the steps below are in the order of work, in which phases mix. */
static void
at_a_glance(OpresSheet *sheet, OpresPaper *paper)
{
	const char *columns[] = { NULL, opres_word("by", "実施"), opres_word("due", "期限") };
	bool any = false;

	for (int phase = 0; phase < OPRES_PHASES; phase++)
	{
		bool begun = false;

		for (int32_t i = 0; i < paper->flow_count; i++)
		{
			if (!in_phase(paper, &paper->flow[i], opres_phases[phase]))
				continue;
			if (!any)
				sheet->form->heading(sheet, opres_word("At a glance, by phase", "局面別一覧"));
			columns[0] = opres_say_phase(opres_phases[phase]);
			if (!begun)
			{
				sheet->form->field(sheet, opres_word("Phase", "局面"), columns[0]);
				sheet->form->table(sheet, columns, 3);
			}
			any = begun = true;
			glance(sheet, paper, paper->flow[i].step);
		}
		if (begun)
			sheet->form->table_end(sheet);
	}
}

/* "If so (Q-01 An incident?)": what opens a branch. */
static const char *
branch_title(OpresPaper *paper, const OpresFlow *item)
{
	const char *step = opres_say_step(paper, item->step, true), *label = opres_say_step(paper, item->step, false);

	switch (item->kind)
	{
		case OPRES_FLOW_TRUE:
			return opres_paper_say(paper, "IF YES: %s", "もし「はい」なら（%s）", step);
		case OPRES_FLOW_FALSE:
			return opres_paper_say(paper, "IF NO: %s", "もし「いいえ」なら（%s）", step);
		case OPRES_FLOW_BESIDE:
			return opres_paper_say(paper, "AT THE SAME TIME, %d of %d (%s)", "同時並行 %d／%d（%s）", (int) item->index,
								   (int) item->count, label);
		case OPRES_FLOW_ROUND:
			return opres_paper_say(paper, "AS LONG AS YES, again and again: %s", "「はい」である間、繰り返す（%s）", step);
		case OPRES_FLOW_CASE:
			return opres_paper_say(paper, "IN CASE OF “%s” (%s)", "「%s」の場合（%s）",
								   opres_say_case(&paper->steps[item->step], item->text), label);
		case OPRES_FLOW_OTHERWISE:
			return opres_paper_say(paper, "IN ANY OTHER CASE (%s)", "その他の場合（%s）", label);
		default:
			return opres_paper_say(paper, "IF IT FAILS (%s)", "もし%sが完了できないなら", label);
	}
}

static const char *
after_title(OpresPaper *paper, int32_t step)
{
	const char *label = opres_say_step(paper, step, false);

	if (paper->steps[step].kind == OPRES_PAPER_PARALLEL)
		return opres_paper_say(paper, "When all of %s is done:", "%sの全てが完了したら：", label);
	return opres_paper_say(paper, "After %s, in any case:", "%sの後（いずれの場合も）：", label);
}

static void
flow(OpresSheet *sheet, OpresPaper *paper, int32_t begin, int32_t end)
{
	for (int32_t i = begin; i < end; i++)
	{
		const OpresFlow *item = &paper->flow[i];

		switch (item->kind)
		{
			case OPRES_FLOW_STEP:
				opres_sheet_step(sheet, paper, item->step);
				break;
			case OPRES_FLOW_CLOSE:
				sheet->form->branch_end(sheet);
				break;
			case OPRES_FLOW_AFTER:
				sheet->form->jump(sheet, after_title(paper, item->step), 0);
				break;
			case OPRES_FLOW_JUMP:
				sheet->form->jump(sheet,
								  opres_paper_say(paper, "Go on with %s", "%sへ進む", opres_say_step(paper, item->step, true)),
								  paper->steps[item->step].number);
				break;
			case OPRES_FLOW_MISSING:
				sheet->form->warning(sheet,
									 opres_paper_say(paper, "Here the playbook goes on with a step that it does not have: %s",
													 "次のステップがプレイブックにありません：%s", item->text));
				break;
			default:
				sheet->form->branch(sheet, branch_title(paper, item));
				break;
		}
	}
}

static void
steps(OpresSheet *sheet, OpresPaper *paper)
{
	sheet->form->heading(sheet, opres_word("Steps, in the order of work", "対応項目（実施順）"));
	flow(sheet, paper, 0, paper->main_end);
	if (paper->exception_end > paper->main_end)
	{
		sheet->form->heading(sheet, opres_word("If a step fails, and nothing is said there of what then",
											   "対応項目が完了できず、その後の定めがない場合"));
		flow(sheet, paper, paper->main_end, paper->exception_end);
	}
	if (paper->flow_count > paper->exception_end)
	{
		sheet->form->heading(sheet, opres_word("Steps that nothing leads to", "どこからも到達しない対応項目"));
		sheet->form->warning(sheet, opres_word("The playbook does not say when these are to be done.",
											   "プレイブックに実施の契機が定められていません。"));
		flow(sheet, paper, paper->exception_end, paper->flow_count);
	}
}

/* The steps that submit a report. */
static const char *
submitting(OpresPaper *paper, const char *code)
{
	const char *said = NULL;

	for (int32_t i = 0; i < paper->flow_count; i++)
	{
		const OpresPaperStep *step = paper->flow[i].kind == OPRES_FLOW_STEP ? &paper->steps[paper->flow[i].step] : NULL;
		const char *report = step ? opres_paper_string(step->extension, "report") : NULL;

		if (report && strcmp(report, code) == 0)
			said = opres_paper_join(paper, said, ", ", step->label);
	}
	return said ? said : "-";
}

static const char *
report_due(OpresPaper *paper, const json_t *report, const char *code)
{
	const char *due = opres_say_report_due(paper, code), *note = opres_say_pair(json_object_get(report, "note"));

	/* What it says of how the playbook came by its deadline is of no use then. */
	if (opres_paper_object(paper->deadlines, code))
		return due;
	return note ? opres_paper_say(paper, "%s. %s", "%s。%s", due, note) : due;
}

/* What it is, and on which form. */
static const char *
report_name(OpresPaper *paper, const json_t *report, const char *code)
{
	const char *name = opres_say_pair(json_object_get(report, "report")), *form = opres_say_pair(json_object_get(report, "form"));
	const char *said = opres_paper_say(paper, "%s (%s)", "%s（%s）", name ? name : code, code);

	return form ? opres_paper_say(paper, "%s. Form: %s", "%s。様式：%s", said, form) : said;
}

static void
reports(OpresSheet *sheet, OpresPaper *paper)
{
	const char *const columns[] = { opres_word("report", "報告"),
									opres_word("to", "提出先"),
									opres_word("due", "期限"),
									opres_word("step", "項目"),
									opres_word("submitted at", "提出日時"),
									opres_word("reference", "受付番号等") };
	json_t *all = opres_paper_object(paper->extension, "reports"), *report;
	const char *code;

	if (json_object_size(all) == 0)
		return;
	sheet->form->heading(sheet, opres_word("Reports to authorities", "当局等への報告"));
	sheet->form->table(sheet, columns, 6);
	json_object_foreach(all, code, report)
	{
		const char *to = opres_say_pair(json_object_get(report, "authority"));
		const char *const cells[] = { report_name(paper, report, code), to ? to : "-", report_due(paper, report, code),
									  submitting(paper, code),          NULL,          NULL };

		sheet->form->row(sheet, cells, 0);
	}
	sheet->form->table_end(sheet);
}

static void
sources(OpresSheet *sheet, OpresPaper *paper)
{
	const char *const columns[] = { opres_word("source", "出典"), opres_word("how far confirmed", "確認状況") };
	json_t *all = opres_paper_object(paper->extension, "sources"), *source;
	const char *code;

	if (json_object_size(all) == 0)
		return;
	sheet->form->heading(sheet, opres_word("Where the rules stand", "出典"));
	sheet->form->table(sheet, columns, 2);
	json_object_foreach(all, code, source)
	{
		const char *title = opres_say_pair(json_object_get(source, "title")),
				   *note = opres_say_pair(json_object_get(source, "note"));
		const char *const cells[] = { title ? title : code, note ? note : "-" };

		sheet->form->row(sheet, cells, 0);
	}
	sheet->form->table_end(sheet);
}

static void
chronology(OpresSheet *sheet)
{
	const char *const columns[] = { opres_word("time", "日時"), opres_word("who", "誰が"), opres_word("what", "内容") };
	const char *const cells[] = { NULL, NULL, NULL };

	sheet->form->heading(sheet, opres_word("Chronology", "時系列（クロノロ）"));
	sheet->form->text(sheet, opres_word("Enter it in the system when that is back, with the times from here.",
										"システム復旧後、本表の日時により登録する。"));
	sheet->form->table(sheet, columns, 3);
	for (int i = 0; i < CHRONOLOGY_ROWS; i++)
		sheet->form->row(sheet, cells, 0);
	sheet->form->table_end(sheet);
}

void
opres_sheet_print(OpresSheet *sheet, OpresPaper *paper)
{
	const char *name = opres_say_member(paper->root, paper->extension, "name");

	sheet->arena = &paper->arena;
	sheet->playbook++;
	sheet->form->playbook(sheet, name ? name : opres_word("Playbook without a name", "名称のないプレイブック"));
	introduction(sheet, paper);
	incident(sheet);
	roles(sheet, paper);
	at_a_glance(sheet, paper);
	steps(sheet, paper);
	reports(sheet, paper);
	sources(sheet, paper);
	chronology(sheet);
	sheet->form->playbook_end(sheet);
}
