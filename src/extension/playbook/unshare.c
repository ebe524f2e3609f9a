/*
 * unshare.c - copies steps that several branches have in common (unshare.h).
 *
 * A step in a group of regions is an instance: regions are the main one, the exception, and the branches of constructs, of which
 * those of one if or switch are a group, for they may share. The first group that comes to a step keeps its id. A construct that is
 * copied has branches of its own, so what is inside is copied with it.
 */
#include "playbook/unshare.h"

#include "map/names.h"
#include "miscadmin.h"
#include "playbook/compile.h"
#include "playbook/json.h"

/* Scopes of names: a group, or one of these. */
#define OF_ALL (-1)  /* who came first; the entry's `next` counts the copies */
#define OF_ENDS (-2) /* an end belongs to every region */

typedef struct Instance
{
	char *id, *name;
	JsonbContainer *json;
	OpresStepType type;
	int32 group, branch_group; /* of its first branch */
} Instance;

typedef struct Region
{
	char *first;
	int32 group;
} Region;

typedef struct Unshare
{
	OpresPlace place; /* for messages of what reads steps */
	JsonbContainer *workflow;
	OpresNames *names;
	Instance *instances;
	int count, room;
	Region *regions;
	int region_count, region_room;
	int32 groups;
	bool copied;
} Unshare;

static bool
together(const Instance *instance)
{
	return instance->type == OPRES_STEP_IF || instance->type == OPRES_STEP_SWITCH;
}

static int32
branch_group(const Instance *instance, int branch)
{
	return instance->branch_group + (together(instance) ? 0 : branch);
}

static void
add_region(Unshare *u, char *first, int32 group)
{
	if (u->region_count == u->region_room)
	{
		u->region_room = u->region_room * 2 + 16;
		u->regions =
			u->regions == NULL ? palloc(sizeof(Region) * u->region_room) : repalloc(u->regions, sizeof(Region) * u->region_room);
	}
	u->regions[u->region_count++] = (Region){ first, group };
}

static char *
name_for(Unshare *u, char *id)
{
	OpresName *first = opres_names_find(u->names, OF_ALL, id, (int32) strlen(id));

	if (first == NULL)
	{
		(void) opres_names_take(u->names, OF_ALL, id, (int32) strlen(id), 0);
		opres_names_find(u->names, OF_ALL, id, (int32) strlen(id))->next = 1;
		return id;
	}
	u->copied = true;
	return psprintf("%s#%d", id, ++first->next);
}

/* The instance of a step in a group; *added: it is new. NULL if there is no such step: whoever reads the document says so. */
static Instance *
instance_of(Unshare *u, char *id, int32 group, bool *added)
{
	JsonbContainer *json = id != NULL ? opres_json_object(u->workflow, id) : NULL;
	OpresStepType type;
	OpresName *found;

	*added = false;
	if (json == NULL)
		return NULL;
	type = opres_step_type(&u->place, id, opres_json_text(json, "type"));
	if (type == OPRES_STEP_END)
		group = OF_ENDS;
	found = opres_names_find(u->names, group, id, (int32) strlen(id));
	if (found != NULL)
		return &u->instances[found->index];
	if (u->count == OPRES_PLAYBOOK_STEPS)
		ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
						errmsg("playbook \"%s\" has more than %d steps", u->place.pin.id, OPRES_PLAYBOOK_STEPS),
						errdetail("Steps that branches of several constructs have in common count for each of them.")));
	if (u->count == u->room)
	{
		u->room = u->room * 2 + 64;
		u->instances =
			u->instances == NULL ? palloc(sizeof(Instance) * u->room) : repalloc(u->instances, sizeof(Instance) * u->room);
	}
	*added = true;
	(void) opres_names_take(u->names, group, id, (int32) strlen(id), u->count);
	u->instances[u->count] = (Instance){ .id = id, .name = name_for(u, id), .json = json, .type = type, .group = group };
	return &u->instances[u->count++];
}

static void
add_branches(Unshare *u, Instance *instance)
{
	char **ids, **literals;
	int count = opres_step_branches(instance->json, instance->type, &ids, &literals);

	instance->branch_group = u->groups;
	u->groups += together(instance) ? (count > 0) : count;
	for (int i = 0; i < count; i++)
		if (ids[i] != NULL)
			add_region(u, ids[i], branch_group(instance, i));
}

static const char *const follows[] = { "on_completion", "on_success", "on_failure" };

/* Along what follows what; branches are regions of their own, for later. */
static void
walk_region(Unshare *u, char *first, int32 group)
{
	char **stack = palloc(sizeof(char *) * 4);
	int depth = 0, room = 4;

	stack[depth++] = first;
	while (depth > 0)
	{
		bool added;
		Instance *instance = instance_of(u, stack[--depth], group, &added);

		CHECK_FOR_INTERRUPTS();
		if (!added)
			continue;
		add_branches(u, instance);
		if (depth + lengthof(follows) > room)
		{
			room *= 2;
			stack = repalloc(stack, sizeof(char *) * room);
		}
		for (int i = lengthof(follows) - 1; i >= 0; i--)
			stack[depth++] = opres_json_text(instance->json, follows[i]);
	}
	pfree(stack);
}

/* A region, and those of the branches in it, as they are met. */
static void
walk_all(Unshare *u, char *first, int32 group)
{
	int next = u->region_count;

	walk_region(u, first, group);
	for (; next < u->region_count; next++)
		walk_region(u, u->regions[next].first, u->regions[next].group);
}

/* Writing */

static void
push_text(JsonbParseState **state, JsonbIteratorToken token, const char *text)
{
	JsonbValue value = { .type = jbvString };

	value.val.string.val = (char *) text;
	value.val.string.len = (int) strlen(text);
	(void) pushJsonbValue(state, token, &value);
}

static const char *
renamed(Unshare *u, char *id, int32 group)
{
	bool added;
	const Instance *instance = instance_of(u, id, group, &added);

	return instance != NULL ? instance->name : id;
}

static bool
is_follow(const JsonbValue *key)
{
	for (int i = 0; i < lengthof(follows); i++)
		if (key->val.string.len == (int) strlen(follows[i]) && memcmp(key->val.string.val, follows[i], key->val.string.len) == 0)
			return true;
	return false;
}

static bool
is_key(const JsonbValue *key, const char *name)
{
	return key->val.string.len == (int) strlen(name) && memcmp(key->val.string.val, name, key->val.string.len) == 0;
}

static void
push_next_steps(Unshare *u, JsonbParseState **state, const Instance *instance, JsonbContainer *array)
{
	(void) pushJsonbValue(state, WJB_BEGIN_ARRAY, NULL);
	for (int i = 0; i < opres_json_count(array); i++)
		push_text(state, WJB_ELEM, renamed(u, opres_json_item_text(array, i), branch_group(instance, i)));
	(void) pushJsonbValue(state, WJB_END_ARRAY, NULL);
}

static void
push_cases(Unshare *u, JsonbParseState **state, const Instance *instance, JsonbContainer *cases)
{
	OpresMembers members;

	(void) pushJsonbValue(state, WJB_BEGIN_OBJECT, NULL);
	opres_members_begin(&members, cases);
	while (opres_members_next(&members))
	{
		(void) pushJsonbValue(state, WJB_KEY, &members.key);
		push_text(state, WJB_VALUE, renamed(u, opres_value_text(&members.value), branch_group(instance, 0)));
	}
	(void) pushJsonbValue(state, WJB_END_OBJECT, NULL);
}

static void
push_member(Unshare *u, JsonbParseState **state, const Instance *instance, OpresMembers *members)
{
	JsonbContainer *inside = members->value.type == jbvBinary ? members->value.val.binary.data : NULL;
	bool text = members->value.type == jbvString;

	(void) pushJsonbValue(state, WJB_KEY, &members->key);
	if (text && is_follow(&members->key))
		push_text(state, WJB_VALUE, renamed(u, opres_value_text(&members->value), instance->group));
	else if (text && instance->type != OPRES_STEP_ACTION && (is_key(&members->key, "on_true") || is_key(&members->key, "on_false")))
		push_text(state, WJB_VALUE, renamed(u, opres_value_text(&members->value), branch_group(instance, 0)));
	else if (inside != NULL && instance->type == OPRES_STEP_PARALLEL && is_key(&members->key, "next_steps"))
		push_next_steps(u, state, instance, inside);
	else if (inside != NULL && instance->type == OPRES_STEP_SWITCH && is_key(&members->key, "cases"))
		push_cases(u, state, instance, inside);
	else
		(void) pushJsonbValue(state, WJB_VALUE, &members->value);
}

static void
push_workflow(Unshare *u, JsonbParseState **state)
{
	OpresMembers members;

	(void) pushJsonbValue(state, WJB_BEGIN_OBJECT, NULL);
	for (int i = 0; i < u->count; i++)
	{
		/* By value: a step nobody has come to would be added by asking for its name. */
		const Instance instance = u->instances[i];

		push_text(state, WJB_KEY, instance.name);
		(void) pushJsonbValue(state, WJB_BEGIN_OBJECT, NULL);
		opres_members_begin(&members, instance.json);
		while (opres_members_next(&members))
			push_member(u, state, &instance, &members);
		(void) pushJsonbValue(state, WJB_END_OBJECT, NULL);
	}
	(void) pushJsonbValue(state, WJB_END_OBJECT, NULL);
}

static Jsonb *
write_document(Unshare *u, Jsonb *document, int32 exception_group)
{
	JsonbParseState *state = NULL;
	OpresMembers members;

	(void) pushJsonbValue(&state, WJB_BEGIN_OBJECT, NULL);
	opres_members_begin(&members, &document->root);
	while (opres_members_next(&members))
	{
		(void) pushJsonbValue(&state, WJB_KEY, &members.key);
		if (is_key(&members.key, "workflow"))
			push_workflow(u, &state);
		else if (is_key(&members.key, "workflow_exception") && members.value.type == jbvString)
			push_text(&state, WJB_VALUE, renamed(u, opres_value_text(&members.value), exception_group));
		else
			(void) pushJsonbValue(&state, WJB_VALUE, &members.value);
	}
	return JsonbValueToJsonb(pushJsonbValue(&state, WJB_END_OBJECT, NULL));
}

Jsonb *
opres_unshared(Jsonb *document)
{
	Unshare u = { .workflow = opres_json_object(&document->root, "workflow") };
	char *start = opres_json_text(&document->root, "workflow_start");
	char *exception = opres_json_text(&document->root, "workflow_exception");
	int32 exception_group;

	u.place.pin.id = opres_json_text(&document->root, "id");
	u.names = opres_names_make(256);
	walk_all(&u, start, u.groups++);
	exception_group = u.groups++;
	if (exception != NULL)
		walk_all(&u, exception, exception_group);
	return u.copied ? write_document(&u, document, exception_group) : document;
}
