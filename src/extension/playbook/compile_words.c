/*
 * compile_words.c - what playbooks call things: words in two languages, roles, facts, reports and their deadlines.
 *
 * Things of the same code are one thing in all playbooks of a compiled one. Its words are those of the first that has any, and
 * the outer playbook comes first.
 */
#include "playbook/compile.h"

#include "playbook/times.h"

char *
opres_keep_text(OpresCompile *compile, const char *text)
{
	return text == NULL ? NULL : MemoryContextStrdup(compile->keep, text);
}

void *
opres_keep_array(OpresCompile *compile, size_t count, size_t size)
{
	return MemoryContextAllocZero(compile->keep, mul_size(Max(count, 1), size));
}

OpresWords
opres_words_keep(OpresCompile *compile, char *english, char *japanese)
{
	OpresWords words = { { NULL, NULL } };

	words.in[OPRES_EN] = opres_keep_text(compile, english != NULL ? english : japanese);
	words.in[OPRES_JA] = japanese == NULL || english == NULL ? words.in[OPRES_EN] : opres_keep_text(compile, japanese);
	return words;
}

OpresWords
opres_words_of(OpresCompile *compile, JsonbContainer *object, const char *key)
{
	JsonbContainer *languages = opres_json_object(object, key);

	if (languages == NULL)
		return opres_words_keep(compile, opres_json_text(object, key), NULL);
	return opres_words_keep(compile, opres_json_text(languages, "en"), opres_json_text(languages, "ja"));
}

OpresWords
opres_words_with(OpresCompile *compile, char *english, JsonbContainer *texts, const char *key)
{
	char *better = opres_json_text(opres_json_object(texts, "en"), key);

	return opres_words_keep(compile, better != NULL ? better : english, opres_json_text(opres_json_object(texts, "ja"), key));
}

/* Room for one more in an array of keep. */
static void *
grow(OpresCompile *compile, void *items, int count, int *room, size_t size)
{
	if (items != NULL && count < *room)
		return items;
	*room = items == NULL ? 8 : 2 * *room;
	return items == NULL ? MemoryContextAlloc(compile->keep, *room * size) : repalloc(items, *room * size);
}

int32_t
opres_compile_role(OpresCompile *compile, const char *code)
{
	OpresCompiled *compiled = compile->compiled;

	for (int32_t i = 0; i < compiled->role_count; i++)
		if (strcmp(compile->roles[i].code, code) == 0)
			return i;
	compile->roles = grow(compile, compile->roles, compiled->role_count, &compile->role_room, sizeof(OpresRoleInfo));
	compile->roles[compiled->role_count] = (OpresRoleInfo){ .code = opres_keep_text(compile, code) };
	return compiled->role_count++;
}

int32_t
opres_compile_fact(OpresCompile *compile, const char *code)
{
	int32_t *count = &compile->compiled->playbook.fact_count;
	int room = compile->fact_room;

	for (int32_t i = 0; i < *count; i++)
		if (strcmp(compile->fact_codes[i], code) == 0)
			return i;
	compile->facts = grow(compile, compile->facts, *count, &room, sizeof(OpresWords));
	compile->fact_codes = grow(compile, compile->fact_codes, *count, &compile->fact_room, sizeof(char *));
	compile->facts[*count] = (OpresWords){ { NULL, NULL } };
	compile->fact_codes[*count] = opres_keep_text(compile, code);
	return (*count)++;
}

int32_t
opres_compile_report(const OpresCompile *compile, const char *code)
{
	for (int32_t i = 0; i < compile->compiled->report_count; i++)
		if (strcmp(compile->reports[i].code, code) == 0)
			return i;
	return -1;
}

int32_t *
opres_compile_roles(OpresCompile *compile, JsonbContainer *object, const char *key, int *count)
{
	JsonbContainer *codes = opres_json_array(object, key);
	int32_t *roles = opres_keep_array(compile, opres_json_count(codes), sizeof(int32_t));

	*count = 0;
	for (int i = 0; i < opres_json_count(codes); i++)
	{
		char *code = opres_json_item_text(codes, i);

		if (code != NULL)
			roles[(*count)++] = opres_compile_role(compile, code);
	}
	return roles;
}

static void
compile_agents(OpresCompile *compile, const OpresPlace *place)
{
	OpresMembers members;

	opres_members_begin(&members, opres_json_object(place->root, "agent_definitions"));
	while (opres_members_next(&members))
	{
		JsonbContainer *agent = opres_value_object(&members.value);
		JsonbContainer *extension = opres_extension_of(agent, "agent_target_extensions");
		char *code = opres_json_text(extension, "role");
		int32_t role;
		int count;
		int32_t *deputies;

		if (code == NULL)
			continue;
		role = opres_compile_role(compile, code);
		/* Compiling deputies may move the array of roles. */
		deputies = opres_compile_roles(compile, extension, "deputies", &count);
		if (compile->roles[role].name.in[0] == NULL)
			compile->roles[role].name =
				opres_words_with(compile, opres_json_text(agent, "name"), opres_json_object(extension, "texts"), "name");
		if (compile->roles[role].deputy_count == 0)
		{
			compile->roles[role].deputies = deputies;
			compile->roles[role].deputy_count = count;
		}
	}
}

static void
compile_facts(OpresCompile *compile, const OpresPlace *place)
{
	OpresMembers members;
	JsonbContainer *facts = opres_json_object(place->extension, "facts");

	opres_members_begin(&members, facts);
	while (opres_members_next(&members))
	{
		char *code = opres_value_text(&members.key);
		int32_t fact = opres_compile_fact(compile, code);

		if (compile->facts[fact].in[0] == NULL)
			compile->facts[fact] = opres_words_of(compile, facts, code);
	}
}

static void
compile_reports(OpresCompile *compile, const OpresPlace *place)
{
	OpresMembers members;

	opres_members_begin(&members, opres_json_object(place->extension, "reports"));
	while (opres_members_next(&members))
	{
		JsonbContainer *object = opres_value_object(&members.value);
		char *code = opres_value_text(&members.key);
		char *kind = opres_json_text(object, "kind");
		int32_t *count = &compile->compiled->report_count;

		if (opres_compile_report(compile, code) >= 0)
			continue;
		compile->reports = grow(compile, compile->reports, *count, &compile->report_room, sizeof(OpresReportInfo));
		compile->reports[(*count)++] = (OpresReportInfo){
			.code = opres_keep_text(compile, code),
			.authority = opres_words_of(compile, object, "authority"),
			.report = opres_words_of(compile, object, "report"),
			.form = opres_words_of(compile, object, "form"),
			.note = opres_words_of(compile, object, "note"),
			.kind = opres_keep_text(compile, kind == NULL ? "other" : kind),
			.source = opres_keep_text(compile, opres_json_text(object, "source")),
			.confirmed = opres_json_flag(object, "confirmed", false),
			.deadline_count = -1, /* not compiled yet */
		};
	}
}

void
opres_compile_vocabulary(OpresCompile *compile, const OpresPlace *place)
{
	compile_agents(compile, place);
	compile_facts(compile, place);
	compile_reports(compile, place);
}

static OpresAnchor
anchor(OpresCompile *compile, const OpresPlace *place, const char *said, int32_t *of)
{
	static const struct
	{
		const char *name;
		OpresAnchor anchor;
	} anchors[] = {
		{ "occurrence", OPRES_ANCHOR_OCCURRENCE },
		{ "detection", OPRES_ANCHOR_DETECTION },
		{ "recognition", OPRES_ANCHOR_RECOGNITION },
		{ "classification", OPRES_ANCHOR_CLASSIFICATION },
		{ "start", OPRES_ANCHOR_START },
		{ "tolerance_breach", OPRES_ANCHOR_TOLERANCE_BREACH },
	};

	*of = -1;
	for (int i = 0; i < lengthof(anchors); i++)
		if (strcmp(said, anchors[i].name) == 0)
			return anchors[i].anchor;
	if (strncmp(said, "submission:", 11) == 0)
	{
		*of = opres_compile_report(compile, said + 11);
		if (*of >= 0)
			return OPRES_ANCHOR_SUBMISSION;
	}
	else if (strncmp(said, "step:", 5) == 0)
	{
		*of = opres_place_step(place, said + 5)->number;
		if (*of != OPRES_NO_STEP)
			return OPRES_ANCHOR_STEP;
	}
	opres_cannot_compile(place, "\"%s\" is nothing a deadline can count from", said);
}

int
opres_compile_deadlines(OpresCompile *compile, const OpresPlace *place, JsonbContainer *object, const OpresDeadline **deadlines)
{
	JsonbContainer *array = opres_json_array(object, "deadlines");
	int count = opres_json_count(array);
	OpresDeadline *kept = opres_keep_array(compile, count, sizeof(OpresDeadline));

	for (int i = 0; i < count; i++)
	{
		JsonbContainer *deadline = opres_json_item_object(array, i);
		char *said = opres_json_text(deadline, "anchor");
		char *after = opres_json_text(deadline, "after");
		char *before = opres_json_text(deadline, "before");

		if (said == NULL || (after == NULL) == (before == NULL) ||
			!opres_iso_duration(after != NULL ? after : before, &kept[i].offset))
			opres_cannot_compile(place, "it has a deadline that is none");
		if (before != NULL)
			kept[i].offset = (Interval){ -kept[i].offset.time, -kept[i].offset.day, -kept[i].offset.month };
		kept[i].said = opres_keep_text(compile, said);
		kept[i].anchor = anchor(compile, place, said, &kept[i].of);
	}
	*deadlines = kept;
	return count;
}

void
opres_compile_report_deadlines(OpresCompile *compile, const OpresPlace *place)
{
	OpresMembers members;

	opres_members_begin(&members, opres_json_object(place->extension, "reports"));
	while (opres_members_next(&members))
	{
		OpresReportInfo *report = &compile->reports[opres_compile_report(compile, opres_value_text(&members.key))];

		if (report->deadline_count < 0)
			report->deadline_count =
				opres_compile_deadlines(compile, place, opres_value_object(&members.value), &report->deadlines);
	}
}
