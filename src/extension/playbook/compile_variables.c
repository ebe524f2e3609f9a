/*
 * compile_variables.c - variables of playbooks and of steps, and what a playbook action hands in and takes back.
 */
#include "playbook/compile.h"

static OpresVariableType
variable_type(const OpresPlace *place, const char *name, const char *type)
{
	for (int i = 0; type != NULL && i < OPRES_VARIABLE_TYPES; i++)
		if (strcmp(type, opres_variable_type_names[i]) == 0)
			return (OpresVariableType) i;
	opres_cannot_compile(place, "variable \"%s\" is of no known type", name);
}

static void
add_variable(OpresCompile *compile, const OpresPlace *place, int32_t scope, const char *name, JsonbContainer *json,
			 OpresWords words)
{
	int32_t *count = &compile->compiled->playbook.variable_count;

	if (*count == compile->variable_room)
	{
		int room = compile->variable_room == 0 ? 16 : 2 * compile->variable_room;
		OpresVariable *variables = opres_keep_array(compile, room, sizeof(OpresVariable));
		OpresVariableInfo *infos = opres_keep_array(compile, room, sizeof(OpresVariableInfo));

		if (*count > 0)
		{
			memcpy(variables, compile->variables, sizeof(OpresVariable) * *count);
			memcpy(infos, compile->variable_infos, sizeof(OpresVariableInfo) * *count);
			pfree(compile->variables);
			pfree(compile->variable_infos);
		}
		compile->variables = variables;
		compile->variable_infos = infos;
		compile->variable_room = room;
	}
	compile->variables[*count] = (OpresVariable){
		.type = variable_type(place, name, opres_json_text(json, "type")),
		.constant = opres_json_flag(json, "constant", false),
		.external = opres_json_flag(json, "external", false),
		.scope = scope,
		.initial = opres_keep_text(compile, opres_json_text(json, "value")),
		.in_from = -1,
		.out_to = -1,
	};
	compile->variable_infos[*count] = (OpresVariableInfo){ opres_keep_text(compile, name), words };
	(*count)++;
}

static void
add_variables(OpresCompile *compile, const OpresPlace *place, int32_t scope, JsonbContainer *object, JsonbContainer *texts)
{
	OpresMembers members;
	JsonbContainer *english = opres_json_object(opres_json_object(texts, "en"), "variables");
	JsonbContainer *japanese = opres_json_object(opres_json_object(texts, "ja"), "variables");

	opres_members_begin(&members, object);
	while (opres_members_next(&members))
	{
		char *name = opres_value_text(&members.key);
		JsonbContainer *json = opres_value_object(&members.value);
		char *said = opres_json_text(english, name);
		OpresWords words =
			opres_words_keep(compile, said != NULL ? said : opres_json_text(json, "description"), opres_json_text(japanese, name));

		add_variable(compile, place, scope, name, json, words);
	}
}

static int32_t
find_between(const OpresCompile *compile, int32_t begin, int32_t end, const char *name, size_t length)
{
	for (int32_t i = begin; i < end; i++)
	{
		const char *candidate = compile->variable_infos[i].name;

		if (strncmp(candidate, name, length) == 0 && candidate[length] == '\0')
			return i;
	}
	return -1;
}

int32_t
opres_place_variable(const OpresCompile *compile, const OpresPlace *place, const char *name, size_t length)
{
	return find_between(compile, place->variables_begin, place->variables_end, name, length);
}

int32_t
opres_step_variable(const OpresCompile *compile, int32_t step, const char *name, size_t length)
{
	int32_t own = find_between(compile, compile->step_variables_begin[step], compile->step_variables_end[step], name, length);

	return own >= 0 ? own : opres_place_variable(compile, compile->step_places[step], name, length);
}

/* A variable of the step and the one of the same name of the playbook that is put in its place. */
static OpresVariable *
find_pair(OpresCompile *compile, int32_t step, const char *name, int32_t *outer)
{
	const OpresPlace *inner = compile->locals[step]->inner;
	int32_t own = opres_place_variable(compile, inner, name, strlen(name));

	*outer = opres_step_variable(compile, step, name, strlen(name));
	if (*outer < 0)
		opres_cannot_compile(compile->step_places[step], "step \"%s\" does not know the variable \"%s\"", compile->locals[step]->id,
							 name);
	if (own < 0)
		ereport(ERROR, (errcode(ERRCODE_UNDEFINED_OBJECT), errmsg("playbook \"%s\" has no variable \"%s\"", inner->pin.id, name),
						errdetail("Step \"%s\" of playbook \"%s\" hands it in or takes it back.", compile->locals[step]->id,
								  compile->step_places[step]->pin.id)));
	return &compile->variables[own];
}

static void
join_variables(OpresCompile *compile, int32_t step)
{
	JsonbContainer *json = compile->locals[step]->json;
	JsonbContainer *in = opres_json_array(json, "in_args");
	JsonbContainer *out = opres_json_array(json, "out_args");
	int32_t outer;

	for (int i = 0; i < opres_json_count(in); i++)
	{
		OpresVariable *variable = find_pair(compile, step, opres_json_item_text(in, i), &outer);

		variable->in_from = outer;
	}
	for (int i = 0; i < opres_json_count(out); i++)
	{
		OpresVariable *variable = find_pair(compile, step, opres_json_item_text(out, i), &outer);

		variable->out_to = outer;
	}
}

void
opres_compile_variables(OpresCompile *compile)
{
	int32_t *count = &compile->compiled->playbook.variable_count;

	for (int i = 0; i < compile->place_count; i++)
	{
		OpresPlace *place = compile->places[i];

		place->variables_begin = *count;
		add_variables(compile, place, place->index, opres_json_object(place->root, "playbook_variables"),
					  opres_json_object(place->extension, "texts"));
		place->variables_end = *count;
	}
	compile->step_variables_begin = palloc(sizeof(int32_t) * (compile->step_count + 1));
	compile->step_variables_end = palloc(sizeof(int32_t) * (compile->step_count + 1));
	for (int32_t i = 0; i < compile->step_count; i++)
	{
		JsonbContainer *json = compile->locals[i]->json;

		compile->step_variables_begin[i] = *count;
		add_variables(compile, compile->step_places[i], -1 - i, opres_json_object(json, "step_variables"),
					  opres_json_object(opres_extension_of(json, "step_extensions"), "texts"));
		compile->step_variables_end[i] = *count;
	}
	for (int32_t i = 0; i < compile->step_count; i++)
		if (compile->locals[i]->type == OPRES_STEP_PLAYBOOK_ACTION)
			join_variables(compile, i);
}
