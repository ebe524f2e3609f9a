/*
 * compile_flow.c - putting playbooks in their places and numbering their steps.
 *
 * A step's number is its place in the flow, for people read steps in that order: a step comes after everything that leads to it,
 * the branches of a construct in their order, then what follows success, then what follows failure; the steps of a playbook that is
 * put in place of a playbook action come right after it; a playbook's exception region comes last. That is the reverse of the order
 * in which a walk in depth leaves the steps, if it goes to what shall come last first. (jsonb does not keep the document's order.)
 */
#include "playbook/compile.h"

#include "miscadmin.h"
#include "playbook/times.h"
#include "playbook/unshare.h"

typedef struct Frame
{
	OpresLocalStep *step;
	int next;
	int count;
	OpresLocalStep **successors; /* what shall come last first */
} Frame;

void
opres_cannot_compile(const OpresPlace *place, const char *format, ...)
{
	va_list arguments;
	char text[200];

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	ereport(ERROR, (errcode(ERRCODE_DATA_CORRUPTED), errmsg("playbook \"%s\" cannot be run: %s", place->pin.id, text),
					errhint("opres.check_playbook says what is wrong with a playbook.")));
}

OpresStepType
opres_step_type(const OpresPlace *place, const char *id, const char *type)
{
	static const char *const names[] = { "start",    "end",          "action",          "playbook-action",
										 "parallel", "if-condition", "while-condition", "switch-condition" };

	for (int i = 0; type != NULL && i < lengthof(names); i++)
		if (strcmp(type, names[i]) == 0)
			return (OpresStepType) i;
	opres_cannot_compile(place, "step \"%s\" is of no known type", id);
}

JsonbContainer *
opres_extension_of(JsonbContainer *object, const char *key)
{
	return opres_json_object(opres_json_object(object, key), OPRES_EXTENSION_ID);
}

/* jsonb's order of keys */
static int
compare_id(const char *a, int a_length, const char *b, int b_length)
{
	return a_length != b_length ? a_length - b_length : memcmp(a, b, a_length);
}

static OpresLocalStep *
find_local(const OpresPlace *place, const char *id)
{
	int length = strlen(id);
	int low = 0;
	int high = place->step_count;

	while (low < high)
	{
		int middle = low + (high - low) / 2;
		OpresLocalStep *step = &place->steps[middle];
		int order = compare_id(step->id, step->id_length, id, length);

		if (order == 0)
			return step;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

OpresLocalStep *
opres_place_step(const OpresPlace *place, const char *id)
{
	OpresLocalStep *step = find_local(place, id);

	if (step == NULL)
		opres_cannot_compile(place, "there is no step \"%s\"", id);
	return step;
}

static int
switch_branches(JsonbContainer *json, char ***ids, char ***literals)
{
	OpresMembers members;
	JsonbContainer *cases = opres_json_object(json, "cases");
	int count = opres_json_count(cases);
	char *otherwise = NULL;
	int filled = 0;

	*ids = palloc0(sizeof(char *) * (count + 1));
	*literals = palloc0(sizeof(char *) * (count + 1));
	opres_members_begin(&members, cases);
	while (opres_members_next(&members))
	{
		char *literal = opres_value_text(&members.key);

		if (strcmp(literal, "default") == 0)
			otherwise = opres_value_text(&members.value);
		else
		{
			(*ids)[filled] = opres_value_text(&members.value);
			(*literals)[filled++] = literal;
		}
	}
	if (otherwise != NULL)
		(*ids)[filled++] = otherwise;
	return filled;
}

int
opres_step_branches(JsonbContainer *json, OpresStepType type, char ***ids, char ***literals)
{
	int count = 0;

	*literals = NULL;
	if (type == OPRES_STEP_SWITCH)
		return switch_branches(json, ids, literals);
	if (type == OPRES_STEP_PARALLEL)
	{
		JsonbContainer *next = opres_json_array(json, "next_steps");

		*ids = palloc(sizeof(char *) * (opres_json_count(next) + 1));
		for (int i = 0; i < opres_json_count(next); i++)
			(*ids)[count++] = opres_json_item_text(next, i);
		return count;
	}
	*ids = palloc(sizeof(char *) * 2);
	if (type != OPRES_STEP_IF && type != OPRES_STEP_WHILE)
		return 0;
	(*ids)[count++] = opres_json_text(json, "on_true");
	if (type == OPRES_STEP_IF && ((*ids)[1] = opres_json_text(json, "on_false")) != NULL)
		count++;
	return count;
}

static void
add_successor(const OpresPlace *place, Frame *frame, const char *id)
{
	if (id != NULL)
		frame->successors[frame->count++] = opres_place_step(place, id);
}

static void
enter(const OpresPlace *place, Frame *frame, OpresLocalStep *step)
{
	char **branches;
	char **literals;
	int count = opres_step_branches(step->json, step->type, &branches, &literals);

	step->seen = true;
	*frame = (Frame){ .step = step, .successors = palloc(sizeof(OpresLocalStep *) * (count + 3)) };
	add_successor(place, frame, opres_json_text(step->json, "on_failure"));
	add_successor(place, frame, opres_json_text(step->json, "on_success"));
	add_successor(place, frame, opres_json_text(step->json, "on_completion"));
	for (int i = count - 1; i >= 0; i--)
		add_successor(place, frame, branches[i]);
}

/* Appends what can be reached from there and was not yet; no more frames than steps, for each is entered once. */
static void
walk(OpresPlace *place, OpresLocalStep *from)
{
	Frame *frames = palloc(sizeof(Frame) * (place->step_count + 1));
	int begin = place->order_count;
	int depth = 0;

	if (from == NULL || from->seen)
		return;
	enter(place, &frames[depth++], from);
	while (depth > 0)
	{
		Frame *top = &frames[depth - 1];

		CHECK_FOR_INTERRUPTS();
		if (top->next == top->count)
		{
			place->order[place->order_count++] = top->step;
			depth--;
		}
		else if (!top->successors[top->next++]->seen)
			enter(place, &frames[depth++], top->successors[top->next - 1]);
	}
	for (int low = begin, high = place->order_count - 1; low < high; low++, high--)
	{
		OpresLocalStep *step = place->order[low];

		place->order[low] = place->order[high];
		place->order[high] = step;
	}
}

static void
read_steps(OpresPlace *place)
{
	OpresMembers members;
	JsonbContainer *workflow = opres_json_object(place->root, "workflow");

	place->steps = palloc0(sizeof(OpresLocalStep) * (opres_json_count(workflow) + 1));
	place->order = palloc0(sizeof(OpresLocalStep *) * (opres_json_count(workflow) + 1));
	opres_members_begin(&members, workflow);
	while (opres_members_next(&members))
	{
		OpresLocalStep *step = &place->steps[place->step_count++];

		step->id = opres_value_text(&members.key);
		step->id_length = members.key.val.string.len;
		step->json = opres_value_object(&members.value);
		step->type = opres_step_type(place, step->id, opres_json_text(step->json, "type"));
		step->number = OPRES_NO_STEP;
	}
}

static void
read_flow(OpresPlace *place)
{
	char *start = opres_json_text(place->root, "workflow_start");
	char *exception = opres_json_text(place->root, "workflow_exception");

	if (start == NULL)
		opres_cannot_compile(place, "it has no start");
	place->first = opres_place_step(place, start);
	if (place->outer != NULL)
	{
		char *next = opres_json_text(place->first->json, "on_completion");

		if (next == NULL)
			opres_cannot_compile(place, "nothing follows its start");
		place->first = opres_place_step(place, next);
	}
	walk(place, place->first);
	if (exception == NULL)
		return;
	place->exception = opres_place_step(place, exception);
	/* Some name an end step: there is nothing to be done then. It may be the end of all. */
	if (place->exception->type == OPRES_STEP_END)
		place->exception = NULL;
	else
		walk(place, place->exception);
}

static OpresPlace *
add_place(OpresCompile *compile, const OpresPin *pin, OpresPlace *outer, const char *prefix, const char *code_prefix)
{
	OpresPlace *place = palloc0(sizeof(OpresPlace));

	place->outer = outer;
	place->pin = *pin;
	place->prefix = prefix;
	place->code_prefix = code_prefix;
	place->root = &opres_unshared(pin->document)->root;
	place->extension = opres_extension_of(place->root, "playbook_extensions");
	place->index = compile->place_count;
	if (compile->place_count == compile->place_room)
	{
		compile->place_room = compile->place_room == 0 ? 8 : 2 * compile->place_room;
		compile->places = compile->places == NULL ? palloc(sizeof(OpresPlace *) * compile->place_room)
												  : repalloc(compile->places, sizeof(OpresPlace *) * compile->place_room);
	}
	compile->places[compile->place_count++] = place;
	read_steps(place);
	read_flow(place);
	return place;
}

/* The version found already for the same wish, else what `find` says. */
static OpresPin
find_playbook(OpresCompile *compile, const char *id, TimestampTz version)
{
	for (int i = 1; i < compile->place_count; i++)
	{
		const OpresPlace *place = compile->places[i];

		if (place->asked_version == version && strcmp(place->pin.id, id) == 0)
			return place->pin;
	}
	return compile->find(compile->find_ctx, id, version);
}

static void
check_nesting(const OpresPlace *outer, const char *id)
{
	int depth = 1;

	for (const OpresPlace *place = outer; place != NULL; place = place->outer, depth++)
		if (strcmp(place->pin.id, id) == 0)
			ereport(ERROR, (errcode(ERRCODE_INVALID_RECURSION), errmsg("playbook \"%s\" is part of itself", id),
							errdetail("Playbook \"%s\" has a playbook action that comes back to it.", outer->pin.id)));
	if (depth > OPRES_PLAYBOOK_DEPTH)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED), errmsg("more than %d playbooks within one another", OPRES_PLAYBOOK_DEPTH),
				 errdetail("The innermost is \"%s\".", id)));
}

static void number_steps(OpresCompile *compile, OpresPlace *place);

static void
put_inner(OpresCompile *compile, OpresPlace *outer, OpresLocalStep *step)
{
	char *id = opres_json_text(step->json, "playbook_id");
	char *version = opres_json_text(step->json, "playbook_version");
	char *code = opres_json_text(opres_extension_of(step->json, "step_extensions"), "code");
	TimestampTz asked = version == NULL ? 0 : opres_read_timestamp(version);
	OpresPin pin;

	if (id == NULL)
		opres_cannot_compile(outer, "step \"%s\" names no playbook", step->id);
	check_nesting(outer, id);
	pin = find_playbook(compile, id, asked);
	step->inner = add_place(compile, &pin, outer, psprintf("%s%s/", outer->prefix, step->id),
							code == NULL || outer->code_prefix == NULL ? NULL : psprintf("%s%s/", outer->code_prefix, code));
	step->inner->asked_version = asked;
	number_steps(compile, step->inner);
}

static void
number_steps(OpresCompile *compile, OpresPlace *place)
{
	for (int i = 0; i < place->order_count; i++)
	{
		OpresLocalStep *step = place->order[i];

		if (compile->step_count == OPRES_PLAYBOOK_STEPS)
			ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
							errmsg("playbook \"%s\" has more than %d steps, those of the playbooks in it included",
								   compile->places[0]->pin.id, OPRES_PLAYBOOK_STEPS)));
		if (compile->step_count == compile->step_room)
		{
			compile->step_room *= 2;
			compile->locals = repalloc(compile->locals, sizeof(OpresLocalStep *) * compile->step_room);
			compile->step_places = repalloc(compile->step_places, sizeof(OpresPlace *) * compile->step_room);
		}
		step->number = compile->step_count++;
		compile->locals[step->number] = step;
		compile->step_places[step->number] = place;
		if (step->type == OPRES_STEP_PLAYBOOK_ACTION)
			put_inner(compile, place, step);
	}
}

void
opres_compile_places(OpresCompile *compile, const OpresPin *playbook)
{
	compile->step_room = 64;
	compile->locals = palloc(sizeof(OpresLocalStep *) * compile->step_room);
	compile->step_places = palloc(sizeof(OpresPlace *) * compile->step_room);
	number_steps(compile, add_place(compile, playbook, NULL, "", ""));
}
