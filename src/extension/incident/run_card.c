/*
 * run_card.c - opres.instructions: all that is to be known of a step of a run, on one sheet of text.
 */
#include "incident/run_words.h"

#include <ctype.h>

#include "common/statement.h"
#include "lib/stringinfo.h"
#include "utils/builtins.h"

OPRES_FUNCTION(opres_instructions);

typedef struct Card
{
	const OpresLiveRun *live;
	int32 step;
	OpresLang lang;
	StringInfoData out;
} Card;

#define SAY(card, en, ja) ((card)->lang == OPRES_JA ? opres_our_words(ja) : (en))

static void
line(Card *card, const char *head, const char *value)
{
	if (value != NULL)
		appendStringInfo(&card->out, "%s%s%s\n", head, SAY(card, ": ", "："), value);
}

static void
head(Card *card, const OpresStepInfo *info)
{
	const OpresActivation *a = opres_run_step(card->live->run, card->step);
	const char *name = info->name.in[card->lang], *turn = opres_step_turn(card->live, card->step, GetCurrentTimestamp());

	appendStringInfo(&card->out, "%s %s\n", opres_step_said(card->live, card->step), name != NULL ? name : "");
	if (info->description.in[card->lang] != NULL)
		appendStringInfo(&card->out, "%s\n", info->description.in[card->lang]);
	appendStringInfoChar(&card->out, '\n');
	line(card, SAY(card, "phase", "局面"), opres_phase_word(info->phase, card->lang));
	line(card, SAY(card, "done by", "実施"), opres_doer_word(card->live->compiled, info, card->lang));
	line(card, SAY(card, "accountable", "責任者"), opres_role_word(card->live->compiled, info->accountable, card->lang));
	for (int32 i = 0; i < info->deputy_count; i++)
		line(card, SAY(card, "deputy", "代行"), opres_role_word(card->live->compiled, info->deputies[i], card->lang));
	for (int32 i = 0; i < info->target_count; i++)
		line(card, SAY(card, "done to", "対象"), info->targets[i].in[card->lang]);
	line(card, SAY(card, "state", "状態"),
		 turn != NULL ? opres_turn_word(turn, card->lang) : opres_step_state_word(opres_step_state_name(a->state), card->lang));
}

/* The value of a variable that the step sees, its own before its playbook's; NULL = not known, or none of that name. */
static const char *
value_seen(const Card *card, const char *name, int length)
{
	const OpresCompiled *compiled = card->live->compiled;
	const OpresPlaybook *playbook = &compiled->playbook;
	const char *value = NULL;

	for (int32 i = 0; i < playbook->variable_count; i++)
	{
		bool own = playbook->variables[i].scope == -1 - card->step;

		if (!own && playbook->variables[i].scope != playbook->steps[card->step].playbook)
			continue;
		if (strncmp(compiled->variables[i].name, name, length) != 0 || compiled->variables[i].name[length] != '\0')
			continue;
		value = opres_run_value(card->live->run, i);
		if (own)
			break;
	}
	return value;
}

/* CACAO's __name__:value in a command stands for the value; it stays where that is not known yet. */
static void
command(Card *card, const char *text)
{
	for (const char *mark; (mark = strstr(text, "__:value")) != NULL; text = mark + strlen("__:value"))
	{
		const char *name = mark, *value;

		while (name > text && (isalnum((unsigned char) name[-1]) || strchr("_-.", name[-1]) != NULL))
			name--;
		value = value_seen(card, name, (int) (mark + 2 - name));
		appendBinaryStringInfo(&card->out, text, (int) (name - text));
		if (value != NULL)
			appendStringInfoString(&card->out, value);
		else
			appendBinaryStringInfo(&card->out, name, (int) (mark + strlen("__:value") - name));
	}
	appendStringInfo(&card->out, "%s\n", text);
}

static void
commands(Card *card, const OpresStepInfo *info)
{
	if (info->command_count > 0)
		appendStringInfo(&card->out, "\n%s\n", SAY(card, "What to do:", "実施事項："));
	for (int32 i = 0; i < info->command_count; i++)
	{
		bool manual = strcmp(info->command_types[i], "manual") == 0;

		appendStringInfo(&card->out, "  %d. ", i + 1);
		/* Never executed by us: shown, and attested by a person. */
		if (!manual)
			appendStringInfo(&card->out, "[%s] ", info->command_types[i]);
		command(card, info->commands[i].in[card->lang] != NULL ? info->commands[i].in[card->lang] : "");
	}
}

static void
list(Card *card, const char *head, Datum items)
{
	Datum *elements;
	int count;

	deconstruct_array(DatumGetArrayTypeP(items), TEXTOID, -1, false, TYPALIGN_INT, &elements, NULL, &count);
	for (int i = 0; i < count; i++)
		line(card, head, TextDatumGetCString(elements[i]));
}

static void
form(Card *card)
{
	const OpresCompiled *compiled = card->live->compiled;
	const OpresStep *step = &compiled->playbook.steps[card->step];

	for (int32 i = 0; i < step->out_count; i++)
	{
		const OpresVariableInfo *info = &compiled->variables[step->out_variables[i]];
		const char *description = info->description.in[card->lang];

		OpresVariableType type = compiled->playbook.variables[step->out_variables[i]].type;

		line(card, SAY(card, "to be filled in", "入力項目"),
			 psprintf(SAY(card, "%s (%s) %s", "%s（%s）%s"), info->name,
					  type == OPRES_VAR_BOOL ? SAY(card, "true / false", "true：はい／false：いいえ")
											 : opres_variable_type_names[type],
					  description != NULL ? description : ""));
	}
}

static void
approvals(Card *card)
{
	const OpresCompiled *compiled = card->live->compiled;
	const OpresStep *step = &compiled->playbook.steps[card->step];

	for (int32 i = 0; i < step->approval_count; i++)
		line(card, SAY(card, "approval needed", "必要な承認"),
			 psprintf(SAY(card, "%s, %d person(s), none of those who do it", "%s %d名（実施者を除く）"),
					  opres_role_word(compiled, step->approvals[i].role, card->lang), step->approvals[i].count));
}

static void
facts(Card *card, const char *head, int32 count, const int32 *numbers)
{
	const OpresCompiled *compiled = card->live->compiled;

	for (int32 i = 0; i < count; i++)
		line(card, head,
			 psprintf("%s%s",
					  compiled->facts[numbers[i]].in[card->lang] != NULL ? compiled->facts[numbers[i]].in[card->lang]
																		 : compiled->fact_codes[numbers[i]],
					  opres_run_fact(card->live->run, numbers[i]) ? SAY(card, " (established)", "（確認済み）") : ""));
}

/* As it may be typed: with a place for all that is asked for. */
static void
say_success(Card *card)
{
	const OpresCompiled *compiled = card->live->compiled;
	const OpresStep *step = &compiled->playbook.steps[card->step];

	appendStringInfoString(&card->out, "'success'");
	if (step->evidence)
		appendStringInfoString(&card->out, ", evidence => '{\"file\": \"...\"}'");
	for (int32 i = 0; i < step->out_count; i++)
		appendStringInfo(&card->out, "%s\"%s\": ...", i == 0 ? ", \"values\" => '{" : ", ",
						 compiled->variables[step->out_variables[i]].name);
	appendStringInfoString(&card->out, step->out_count > 0 ? "}'" : "");
}

static void
answer(Card *card)
{
	const char *turn = opres_step_turn(card->live, card->step, GetCurrentTimestamp());
	const char *said = opres_step_said(card->live, card->step);

	if (turn == NULL || strcmp(turn, "waiting") == 0)
		return;
	appendStringInfo(&card->out, "\n%sSELECT opres.%s(" INT64_FORMAT ", '%s'", SAY(card, "To record it: ", "記録方法："),
					 strcmp(turn, "submitted") == 0 ? "approve" : "advance", card->live->id, said);
	if (strcmp(turn, "ready") == 0)
	{
		appendStringInfoString(&card->out, ", ");
		say_success(card);
	}
	else if (strcmp(turn, "submitted") != 0)
		appendStringInfo(&card->out, ", '%s'", strcmp(turn, "question") == 0 ? "..." : "retry");
	appendStringInfoString(&card->out, ");\n");
}

Datum
opres_instructions(PG_FUNCTION_ARGS)
{
	Card card = { .lang = opres_lang(PG_GETARG_TEXT_PP(2)) };
	MemoryContext caller = CurrentMemoryContext;
	const OpresStepInfo *info;
	const OpresStepRow *row;
	const OpresStep *step;
	const char *turn;
	text *result;

	SPI_connect();
	initStringInfo(&card.out);
	card.live = opres_run_open(PG_GETARG_INT64(0), OPRES_TO_LOOK);
	card.step = opres_find_step(card.live->compiled, text_to_cstring(PG_GETARG_TEXT_PP(1)));
	info = &card.live->compiled->steps[card.step];
	step = &card.live->compiled->playbook.steps[card.step];
	row = &card.live->steps[card.step];
	head(&card, info);
	if (row->due_at != OPRES_NO_TIME)
		line(&card, SAY(&card, "due", "期限"),
			 psprintf(SAY(&card, "%s (%s)", "%s（%s）"), opres_say_moment(card.live, row->due_at),
					  opres_anchor_word(card.live, row->due_by, card.lang)));
	commands(&card, info);
	appendStringInfoChar(&card.out, '\n');
	line(&card,
		 step->evidence ? SAY(&card, "evidence (required)", "証跡（必須）")
						: SAY(&card, "evidence (if there is any)", "証跡（任意）"),
		 info->evidence.in[card.lang]);
	form(&card);
	approvals(&card);
	facts(&card, SAY(&card, "requires", "前提"), step->requires_count, step->requires_facts);
	facts(&card, SAY(&card, "establishes", "確定する事項"), step->establishes_count, step->establishes_facts);
	line(&card, SAY(&card, "condition", "条件"), info->condition);
	turn = opres_step_turn(card.live, card.step, GetCurrentTimestamp());
	if (turn != NULL)
		list(&card, SAY(&card, "waits for", "待ち"), opres_waits_for(card.live, card.step, turn, card.lang, GetCurrentTimestamp()));
	answer(&card);
	MemoryContextSwitchTo(caller);
	result = cstring_to_text(card.out.data);
	SPI_finish();
	PG_RETURN_TEXT_P(result);
}
