/*
 * extension_objects.c - the form of our own extension of CACAO (playbooks/extension.md).
 */
#include "playbook/check_rules.h"

#define REQUIRED true
#define OPTIONAL false

static const OpresRule said = { .kind = OPRES_RULE_TEXT, .needs_one = true };
static const OpresRule flag = { .kind = OPRES_RULE_FLAG };
static const OpresRule code = { .kind = OPRES_RULE_CODE };
static const OpresRule attack_type = { .kind = OPRES_RULE_KIND_CODE };
static const OpresRule codes = { .kind = OPRES_RULE_LIST, .of = &code, .ours = true };
static const OpresRule step_code = { .kind = OPRES_RULE_STEP_CODE };
static const OpresRule duration = { .kind = OPRES_RULE_DURATION };
static const OpresRule words = { .kind = OPRES_RULE_MAP, .key = OPRES_KEY_LANGUAGE, .of = &said, .needs_one = true };
static const OpresRule clauses = { .kind = OPRES_RULE_LIST, .of = &said, .ours = true };

static const OpresMember deadline_members[] = {
	{ "anchor", REQUIRED, &said },
	{ "after", OPTIONAL, &duration },
	{ "before", OPTIONAL, &duration },
	{ 0 },
};
static const OpresKind deadline_kind = { .what = { "a deadline", "期限" }, .members = deadline_members };
static const OpresRule deadline = { .kind = OPRES_RULE_OBJECT, .object = &deadline_kind };
static const OpresRule deadlines = { .kind = OPRES_RULE_LIST, .of = &deadline };

/* Of a playbook */

static const OpresRule level = { .kind = OPRES_RULE_NUMBER, .low = 0, .high = 1 };
static const OpresMember recovery_target_members[] = {
	{ "within", REQUIRED, &duration },
	{ "level", OPTIONAL, &level },
	{ "note", OPTIONAL, &words },
	{ 0 },
};
static const OpresKind recovery_target_kind = { .what = { "a recovery target", "復旧目標" }, .members = recovery_target_members };
static const OpresRule recovery_target = { .kind = OPRES_RULE_OBJECT, .object = &recovery_target_kind };

static const char *const report_kinds[] = { "first", "follow_up", "final", "other", NULL };
static const OpresRule report_kind_word = { .kind = OPRES_RULE_CHOICE, .words = report_kinds };
static const OpresMember report_members[] = {
	{ "authority", REQUIRED, &words }, { "report", REQUIRED, &words },        { "kind", REQUIRED, &report_kind_word },
	{ "form", OPTIONAL, &words },      { "deadlines", OPTIONAL, &deadlines }, { "confirmed", REQUIRED, &flag },
	{ "source", OPTIONAL, &code },     { "note", OPTIONAL, &words },          { 0 },
};
static const OpresKind report_kind = { .what = { "a report", "報告" }, .members = report_members };
static const OpresRule report = { .kind = OPRES_RULE_OBJECT, .object = &report_kind };
static const OpresRule reports = { .kind = OPRES_RULE_MAP, .key = OPRES_KEY_CODE, .of = &report };

static const OpresMember source_members[] = { { "title", REQUIRED, &words }, { "note", OPTIONAL, &words }, { 0 } };
static const OpresKind source_kind = { .what = { "a source", "出典" }, .members = source_members };
static const OpresRule source = { .kind = OPRES_RULE_OBJECT, .object = &source_kind };
static const OpresRule sources = { .kind = OPRES_RULE_MAP, .key = OPRES_KEY_CODE, .of = &source };

static const OpresRule facts = { .kind = OPRES_RULE_MAP, .key = OPRES_KEY_CODE, .of = &words };
static const OpresRule language = { .kind = OPRES_RULE_TEXT, .needs_one = true };
static const OpresRule languages = { .kind = OPRES_RULE_LIST, .of = &language, .ours = true };

static const OpresRule variable_texts = { .kind = OPRES_RULE_MAP, .key = OPRES_KEY_VARIABLE, .of = &said };
static const OpresMember playbook_text_members[] = {
	{ "name", OPTIONAL, &said },
	{ "description", OPTIONAL, &said },
	{ "variables", OPTIONAL, &variable_texts },
	{ 0 },
};
static const OpresKind playbook_text_kind = { .what = { "the texts of a playbook", "プレイブックの文言" },
											  .members = playbook_text_members };
static const OpresRule playbook_text = { .kind = OPRES_RULE_OBJECT, .object = &playbook_text_kind };
static const OpresRule playbook_texts = { .kind = OPRES_RULE_MAP, .key = OPRES_KEY_LANGUAGE, .of = &playbook_text };

static const OpresMember playbook_members[] = {
	{ "attack_type", OPTIONAL, &attack_type },
	{ "languages", OPTIONAL, &languages },
	{ "recovery_target", OPTIONAL, &recovery_target },
	{ "override_role", OPTIONAL, &code },
	{ "facts", OPTIONAL, &facts },
	{ "reports", OPTIONAL, &reports },
	{ "sources", OPTIONAL, &sources },
	{ "clauses", OPTIONAL, &clauses },
	{ "texts", OPTIONAL, &playbook_texts },
	{ 0 },
};
const OpresKind opres_our_playbook_kind = { .what = { "our extension of a playbook", "プレイブックの拡張" },
											.members = playbook_members };

/* Of a step */

static const OpresRule priority = { .kind = OPRES_RULE_WHOLE, .low = 1, .high = 5 };
static const OpresRule rounds = { .kind = OPRES_RULE_WHOLE, .low = 1, .high = 1000000 };
static const OpresRule persons = { .kind = OPRES_RULE_WHOLE, .low = 1, .high = 1000 };
static const OpresRule phase = { .kind = OPRES_RULE_CHOICE, .words = opres_phases };

static const OpresMember approval_members[] = { { "role", REQUIRED, &code }, { "count", OPTIONAL, &persons }, { 0 } };
static const OpresKind approval_kind = { .what = { "an approval", "承認" }, .members = approval_members };
static const OpresRule approval = { .kind = OPRES_RULE_OBJECT, .object = &approval_kind };
static const OpresRule approvals = { .kind = OPRES_RULE_LIST, .of = &approval };

static const OpresMember evidence_members[] = { { "required", OPTIONAL, &flag }, { "what", OPTIONAL, &words }, { 0 } };
static const OpresKind evidence_kind = { .what = { "evidence", "証跡" }, .members = evidence_members };
static const OpresRule evidence = { .kind = OPRES_RULE_OBJECT, .object = &evidence_kind };

static const OpresRule command_texts = { .kind = OPRES_RULE_LIST, .of = &said };
static const OpresRule case_texts = { .kind = OPRES_RULE_MAP, .of = &said };
static const OpresMember step_text_members[] = {
	{ "name", OPTIONAL, &said },        { "description", OPTIONAL, &said }, { "commands", OPTIONAL, &command_texts },
	{ "cases", OPTIONAL, &case_texts }, { "evidence", OPTIONAL, &said },    { 0 },
};
static const OpresKind step_text_kind = { .what = { "the texts of a step", "ステップの文言" }, .members = step_text_members };
static const OpresRule step_text = { .kind = OPRES_RULE_OBJECT, .object = &step_text_kind };
static const OpresRule step_texts = { .kind = OPRES_RULE_MAP, .key = OPRES_KEY_LANGUAGE, .of = &step_text };

#define STEP_MEMBERS                                                                                                               \
	{ "code", OPTIONAL, &step_code }, { "phase", OPTIONAL, &phase }, { "requires", OPTIONAL, &codes },                             \
		{ "establishes", OPTIONAL, &codes }, { "override_role", OPTIONAL, &code }, { "clauses", OPTIONAL, &clauses },              \
	{                                                                                                                              \
		"texts", OPTIONAL, &step_texts                                                                                             \
	}

static const OpresMember bare_members[] = { { "texts", OPTIONAL, &step_texts }, { 0 } };
static const OpresMember construct_members[] = { STEP_MEMBERS, { 0 } };
static const OpresMember while_members[] = { STEP_MEMBERS, { "round_limit", OPTIONAL, &rounds }, { 0 } };
static const OpresMember action_members[] = {
	STEP_MEMBERS,
	{ "accountable", OPTIONAL, &code },
	{ "deputies", OPTIONAL, &codes },
	{ "priority", OPTIONAL, &priority },
	{ "mandatory", OPTIONAL, &flag },
	{ "approvals", OPTIONAL, &approvals },
	{ "evidence", OPTIONAL, &evidence },
	{ "deadlines", OPTIONAL, &deadlines },
	{ "report", OPTIONAL, &code },
	{ 0 },
};
const OpresKind opres_our_bare_step_kind = { .what = { "our extension of a start or end step", "start・endステップの拡張" },
											 .members = bare_members };
const OpresKind opres_our_action_kind = { .what = { "our extension of an action step", "actionステップの拡張" },
										  .members = action_members };
const OpresKind opres_our_construct_kind = { .what = { "our extension of a step", "ステップの拡張" },
											 .members = construct_members };
const OpresKind opres_our_while_kind = { .what = { "our extension of a while-condition step", "while-conditionステップの拡張" },
										 .members = while_members };

/* Of an agent */

static const OpresMember agent_text_members[] = { { "name", OPTIONAL, &said }, { "description", OPTIONAL, &said }, { 0 } };
static const OpresKind agent_text_kind = { .what = { "the texts of an agent", "エージェントの文言" },
										   .members = agent_text_members };
static const OpresRule agent_text = { .kind = OPRES_RULE_OBJECT, .object = &agent_text_kind };
static const OpresRule agent_texts = { .kind = OPRES_RULE_MAP, .key = OPRES_KEY_LANGUAGE, .of = &agent_text };
static const OpresMember agent_members[] = {
	{ "role", REQUIRED, &code },
	{ "deputies", OPTIONAL, &codes },
	{ "texts", OPTIONAL, &agent_texts },
	{ 0 },
};
const OpresKind opres_our_agent_kind = { .what = { "our extension of an agent", "エージェントの拡張" }, .members = agent_members };
