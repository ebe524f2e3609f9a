/*
 * compile_step.c - one step: what the machine needs of it, and what people are told.
 */
#include "playbook/compile.h"

#include "duration.h"
#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"

typedef struct Step
{
	OpresCompile *compile;
	const OpresPlace *place;
	const OpresLocalStep *local;
	int32_t number;
	JsonbContainer *json;
	JsonbContainer *extension;
	JsonbContainer *texts;
} Step;

/* Flow */

static int32_t
follows(const Step *step, const char *key)
{
	char *id = opres_json_text(step->json, key);

	return id == NULL ? OPRES_NO_STEP : opres_place_step(step->place, id)->number;
}

static void
read_branches(const Step *step, OpresStep *out)
{
	char **ids;
	char **literals;
	int count = opres_step_branches(step->json, step->local->type, &ids, &literals);
	int32_t *branches = opres_keep_array(step->compile, Max(count, 1), sizeof(int32_t));
	const char **cases = literals == NULL ? NULL : opres_keep_array(step->compile, count, sizeof(char *));

	for (int i = 0; i < count; i++)
	{
		if (ids[i] == NULL)
			opres_cannot_compile(step->place, "step \"%s\" has a branch that is none", step->local->id);
		branches[i] = opres_place_step(step->place, ids[i])->number;
		if (cases != NULL)
			cases[i] = opres_keep_text(step->compile, literals[i]);
	}
	if (step->local->inner != NULL)
		branches[count++] = step->local->inner->first->number;
	out->branch_count = count;
	out->branches = branches;
	out->cases = cases;
}

/* Conditions */

static int32_t
find_variable(void *ctx, const char *name, size_t length, OpresVariableType *type)
{
	const Step *step = ctx;
	int32_t variable = opres_step_variable(step->compile, step->number, name, length);

	if (variable >= 0)
		*type = step->compile->variables[variable].type;
	return variable;
}

/* What is none of the grammar is a question to a person. */
static OpresCondition *
read_condition(Step *step, const char *text)
{
	OpresCondition *condition;
	const char *warning;
	int32_t where;
	OpresError error;
	OpresStatus status =
		opres_condition_parse(&step->compile->arena, text, find_variable, step, &condition, &warning, &where, &error);

	if (status == OPRES_OK)
		return condition;
	if (status != OPRES_INVALID)
		ereport(ERROR, (errcode(ERRCODE_OUT_OF_MEMORY), errmsg("out of memory")));
	return NULL;
}

static int32_t
read_switch(const Step *step)
{
	char *text = opres_json_text(step->json, "switch");
	size_t length = text == NULL ? 0 : strlen(text);

	if (length > 6 && strcmp(text + length - 6, ":value") == 0)
		length -= 6;
	return length == 0 ? -1 : opres_step_variable(step->compile, step->number, text, length);
}

/* What an action asks for */

static void
read_approvals(const Step *step, OpresStep *out)
{
	JsonbContainer *array = opres_json_array(step->extension, "approvals");
	int count = opres_json_count(array);
	OpresApprovalRule *approvals = opres_keep_array(step->compile, count, sizeof(OpresApprovalRule));

	for (int i = 0; i < count; i++)
	{
		JsonbContainer *object = opres_json_item_object(array, i);
		char *role = opres_json_text(object, "role");

		if (role == NULL)
			opres_cannot_compile(step->place, "step \"%s\" asks for an approval by nobody", step->local->id);
		approvals[i].role = opres_compile_role(step->compile, role);
		approvals[i].count = (int32_t) Min(opres_json_integer(object, "count", 1), INT32_MAX);
	}
	out->approval_count = count;
	out->approvals = approvals;
}

static const int32_t *
read_facts(const Step *step, const char *key, int32_t *count)
{
	JsonbContainer *array = opres_json_array(step->extension, key);
	int32_t *facts = opres_keep_array(step->compile, opres_json_count(array), sizeof(int32_t));

	*count = 0;
	for (int i = 0; i < opres_json_count(array); i++)
	{
		char *code = opres_json_item_text(array, i);
		int32_t fact = code == NULL ? -1 : opres_compile_fact(step->compile, code);

		if (fact < 0)
			opres_cannot_compile(step->place, "step \"%s\" has a fact that is none", step->local->id);
		facts[(*count)++] = fact;
	}
	return facts;
}

static void
read_out_args(const Step *step, OpresStep *out)
{
	JsonbContainer *array = opres_json_array(step->json, "out_args");
	int32_t *variables = opres_keep_array(step->compile, opres_json_count(array), sizeof(int32_t));

	for (int i = 0; i < opres_json_count(array); i++)
	{
		char *name = opres_json_item_text(array, i);
		int32_t variable = name == NULL ? -1 : opres_step_variable(step->compile, step->number, name, strlen(name));

		if (variable < 0)
			opres_cannot_compile(step->place, "step \"%s\" asks for the value of an unknown variable", step->local->id);
		variables[i] = variable;
	}
	out->out_count = opres_json_count(array);
	out->out_variables = variables;
}

static OpresTime
milliseconds(const Step *step, const char *key)
{
	int64 value = opres_json_integer(step->json, key, 0);

	if (value < 0 || value > OPRES_LONGEST_DURATION / 1000)
		opres_cannot_compile(step->place, "step \"%s\" has a %s out of range", step->local->id, key);
	return value * 1000;
}

static int32_t
read_role(const Step *step, const char *key)
{
	char *code = opres_json_text(step->extension, key);

	return code == NULL ? -1 : opres_compile_role(step->compile, code);
}

static void
compile_machine(Step *step, OpresStep *out)
{
	/* A start and an end are done at once, whatever stands there. */
	bool at_once = step->local->type == OPRES_STEP_START || step->local->type == OPRES_STEP_END;
	OpresTime timeout = at_once ? 0 : milliseconds(step, "timeout");
	char *condition = opres_json_text(step->json, "condition");
	bool is_action = step->local->type == OPRES_STEP_ACTION;

	out->type = step->local->type;
	out->playbook = step->place->index;
	out->on_completion = follows(step, "on_completion");
	out->on_success = follows(step, "on_success");
	out->on_failure = follows(step, "on_failure");
	read_branches(step, out);
	out->switch_variable = out->type == OPRES_STEP_SWITCH ? read_switch(step) : -1;
	if ((out->type == OPRES_STEP_IF || out->type == OPRES_STEP_WHILE) && condition != NULL)
		out->condition = read_condition(step, condition);
	out->round_limit = 0;
	if (out->type == OPRES_STEP_WHILE)
		out->round_limit = (int32_t) Min(opres_json_integer(step->extension, "round_limit", OPRES_DEFAULT_ROUNDS), INT32_MAX);
	out->delay = at_once ? 0 : milliseconds(step, "delay");
	/* CACAO allows a timeout of 0; no step could be done in that time. */
	out->timeout = timeout == 0 ? OPRES_NEVER : timeout;
	out->evidence = is_action && opres_json_flag(opres_json_object(step->extension, "evidence"), "required", false);
	out->optional = is_action && !opres_json_flag(step->extension, "mandatory", true);
	if (is_action)
	{
		read_approvals(step, out);
		read_out_args(step, out);
	}
	out->requires_facts = read_facts(step, "requires", &out->requires_count);
	out->establishes_facts = read_facts(step, "establishes", &out->establishes_count);
	out->override_role = read_role(step, "override_role");
}

/* Commands */

/* What was base64; as it stands if it is no text, or none that shows as it is. */
static char *
decoded(char *base64)
{
	size_t size;
	char *bytes = base64 == NULL ? NULL : opres_base64_decode(base64, strlen(base64), &size);

	if (bytes == NULL || strlen(bytes) != size || !pg_verify_mbstr(GetDatabaseEncoding(), bytes, (int) size, true) ||
		opres_deceiving_character(bytes, (int) size) != 0)
		return base64;
	return bytes;
}

static void
append_headers(StringInfo out, JsonbContainer *headers)
{
	OpresMembers members;

	opres_members_begin(&members, headers);
	while (opres_members_next(&members))
	{
		JsonbContainer *values = members.value.type == jbvBinary && JsonContainerIsArray(members.value.val.binary.data)
									 ? members.value.val.binary.data
									 : NULL;

		for (int i = 0; i < opres_json_count(values); i++)
		{
			char *value = opres_json_item_text(values, i);

			if (value != NULL)
				appendStringInfo(out, "\n%s: %s", opres_value_text(&members.key), value);
		}
	}
}

/* Everything a person needs to do what the command says; an HTTP request as it goes over the line. */
static char *
command_text(JsonbContainer *command)
{
	StringInfoData out;
	char *text = opres_json_text(command, "command");
	char *content = opres_json_text(command, "content");

	initStringInfo(&out);
	appendStringInfoString(&out, text != NULL ? text : "");
	if (text == NULL && (text = decoded(opres_json_text(command, "command_b64"))) != NULL)
		appendStringInfoString(&out, text);
	append_headers(&out, opres_json_object(command, "headers"));
	if (content == NULL)
		content = decoded(opres_json_text(command, "content_b64"));
	if (content != NULL)
		appendStringInfo(&out, "%s%s", out.len > 0 ? "\n\n" : "", content);
	return out.data;
}

static void
compile_commands(const Step *step, OpresStepInfo *info)
{
	JsonbContainer *commands = opres_json_array(step->json, "commands");
	JsonbContainer *english = opres_json_array(opres_json_object(step->texts, "en"), "commands");
	JsonbContainer *japanese = opres_json_array(opres_json_object(step->texts, "ja"), "commands");
	int count = opres_json_count(commands);
	OpresWords *words = opres_keep_array(step->compile, count, sizeof(OpresWords));
	const char **types = opres_keep_array(step->compile, count, sizeof(char *));

	for (int i = 0; i < count; i++)
	{
		JsonbContainer *command = opres_json_item_object(commands, i);
		char *text = opres_json_item_text(english, i);
		char *type = opres_json_text(command, "type");

		words[i] = opres_words_keep(step->compile, text != NULL ? text : command_text(command), opres_json_item_text(japanese, i));
		types[i] = opres_keep_text(step->compile, type == NULL ? "manual" : type);
	}
	info->command_count = count;
	info->commands = words;
	info->command_types = types;
}

/* What people are told */

static void
compile_cases(const Step *step, const OpresStep *machine, OpresStepInfo *info)
{
	JsonbContainer *english = opres_json_object(opres_json_object(step->texts, "en"), "cases");
	JsonbContainer *japanese = opres_json_object(opres_json_object(step->texts, "ja"), "cases");
	OpresWords *labels;

	if (machine->type != OPRES_STEP_SWITCH)
		return;
	labels = opres_keep_array(step->compile, machine->branch_count, sizeof(OpresWords));
	for (int i = 0; i < machine->branch_count; i++)
	{
		const char *literal = machine->cases[i] != NULL ? machine->cases[i] : "default";
		char *said = opres_json_text(english, literal);

		labels[i] = opres_words_keep(step->compile, said != NULL ? said : pstrdup(literal), opres_json_text(japanese, literal));
	}
	info->case_labels = labels;
}

static void
compile_clauses(const Step *step, OpresStepInfo *info)
{
	JsonbContainer *array = opres_json_array(step->extension, "clauses");
	const char **clauses = opres_keep_array(step->compile, opres_json_count(array), sizeof(char *));

	for (int i = 0; i < opres_json_count(array); i++)
	{
		char *clause = opres_json_item_text(array, i);

		if (clause != NULL)
			clauses[info->clause_count++] = opres_keep_text(step->compile, clause);
	}
	info->clauses = clauses;
}

/* What an agent or a target is called, as `key` of the playbook defines it; its id where it says no name. */
static OpresWords
called(const Step *step, const char *key, const char *id)
{
	JsonbContainer *object = opres_json_object(opres_json_object(step->place->root, key), id);
	char *name = opres_json_text(object, "name");

	return opres_words_with(step->compile, name != NULL ? name : unconstify(char *, id),
							opres_json_object(opres_extension_of(object, "agent_target_extensions"), "texts"), "name");
}

static void
compile_targets(const Step *step, OpresStepInfo *info)
{
	JsonbContainer *ids = opres_json_array(step->json, "targets");
	OpresWords *targets = opres_keep_array(step->compile, opres_json_count(ids), sizeof(OpresWords));

	for (int i = 0; i < opres_json_count(ids); i++)
	{
		char *id = opres_json_item_text(ids, i);

		if (id != NULL)
			targets[info->target_count++] = called(step, "target_definitions", id);
	}
	info->targets = targets;
}

/* Who does it: the role of its agent, whose deputies are the step's unless it names others. */
static void
compile_people(const Step *step, OpresStepInfo *info)
{
	char *agent = opres_json_text(step->json, "agent");
	JsonbContainer *object =
		agent == NULL ? NULL : opres_json_object(opres_json_object(step->place->root, "agent_definitions"), agent);
	char *role = opres_json_text(opres_extension_of(object, "agent_target_extensions"), "role");

	info->role = role == NULL ? -1 : opres_compile_role(step->compile, role);
	if (agent != NULL)
		info->agent = called(step, "agent_definitions", agent);
	info->accountable = read_role(step, "accountable");
	info->deputies = opres_compile_roles(step->compile, step->extension, "deputies", &info->deputy_count);
	if (info->deputy_count == 0 && info->role >= 0)
	{
		info->deputies = step->compile->roles[info->role].deputies;
		info->deputy_count = step->compile->roles[info->role].deputy_count;
	}
}

/* The words for evidence: its own, else those of the step's texts. */
static OpresWords
evidence_words(const Step *step)
{
	JsonbContainer *evidence = opres_json_object(step->extension, "evidence");
	JsonbContainer *what = opres_json_object(evidence, "what");
	char *english = what == NULL ? opres_json_text(evidence, "what") : opres_json_text(what, "en");
	char *japanese = opres_json_text(what, "ja");

	if (japanese == NULL)
		japanese = opres_json_text(opres_json_object(step->texts, "ja"), "evidence");
	if (english == NULL)
		english = opres_json_text(opres_json_object(step->texts, "en"), "evidence");
	return opres_words_keep(step->compile, english, japanese);
}

static void
compile_info(const Step *step, const OpresStep *machine, OpresStepInfo *info)
{
	OpresCompile *compile = step->compile;
	char *code = opres_json_text(step->extension, "code");
	char *report = opres_json_text(step->extension, "report");
	const char *copy = strchr(step->local->id, '#'); /* unshare.h */

	info->reference = opres_keep_text(compile, psprintf("%s%s", step->place->prefix, step->local->id));
	if (code != NULL && step->place->code_prefix != NULL)
		info->code = opres_keep_text(compile, psprintf("%s%s%s", step->place->code_prefix, code, copy != NULL ? copy : ""));
	info->type = opres_keep_text(compile, opres_json_text(step->json, "type"));
	info->name = opres_words_with(compile, opres_json_text(step->json, "name"), step->texts, "name");
	info->description = opres_words_with(compile, opres_json_text(step->json, "description"), step->texts, "description");
	info->phase = opres_keep_text(compile, opres_json_text(step->extension, "phase"));
	compile_people(step, info);
	compile_targets(step, info);
	info->priority = (int) opres_json_integer(step->extension, "priority", OPRES_DEFAULT_PRIORITY);
	info->mandatory = !machine->optional;
	info->report = report == NULL ? -1 : opres_compile_report(compile, report);
	info->evidence = evidence_words(step);
	info->deadline_count = opres_compile_deadlines(compile, step->place, step->extension, &info->deadlines);
	compile_commands(step, info);
	info->condition = opres_keep_text(compile, opres_json_text(step->json, "condition"));
	compile_cases(step, machine, info);
	compile_clauses(step, info);
}

void
opres_compile_step(OpresCompile *compile, int32_t number, OpresStep *step, OpresStepInfo *info)
{
	const OpresLocalStep *local = compile->locals[number];
	JsonbContainer *extension = opres_extension_of(local->json, "step_extensions");
	Step state = {
		compile, compile->step_places[number], local, number, local->json, extension, opres_json_object(extension, "texts"),
	};

	compile_machine(&state, step);
	compile_info(&state, step, info);
}
