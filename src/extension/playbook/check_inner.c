/*
 * check_inner.c - the playbooks that playbook actions begin: loaded, not coming back to this one, not too deep, and with the
 * variables that are handed over.
 *
 * What is loaded later may break what is said here; a run looks at it again when it begins (compile_flow.c).
 */
#include "playbook/check.h"

#include "miscadmin.h"
#include "playbook/find_playbook.h"
#include "playbook/times.h"

/* A playbook and those around it. */
typedef struct Nesting
{
	const struct Nesting *outer;
	const char *id;
	int depth;
} Nesting;

typedef struct Found
{
	TimestampTz asked; /* version; 0 = the newest */
	OpresPin pin;
} Found;

typedef struct Inner
{
	OpresCheck *check;
	const OpresPath *path; /* of the playbook action of the playbook under check */
	List *found;
	int steps; /* of all playbooks at all their places: never far more than there may be, for then nothing more is looked at */
} Inner;

static char *
chain_text(const Nesting *nesting, const char *last)
{
	return nesting == NULL ? pstrdup(last) : chain_text(nesting->outer, psprintf("%s, %s", nesting->id, last));
}

static TimestampTz
version_of(JsonbContainer *step)
{
	char *text = opres_json_text(step, "playbook_version");
	TimestampTz version;

	return text != NULL && opres_timestamp_parse(text, strlen(text), &version) == OPRES_TIME_GOOD ? version : 0;
}

static const OpresPin *
find(Inner *inner, const char *id, TimestampTz version)
{
	ListCell *cell;
	Found *found;

	foreach (cell, inner->found)
	{
		found = lfirst(cell);
		if (found->asked == version && strcmp(found->pin.id, id) == 0)
			return &found->pin;
	}
	found = palloc(sizeof(Found));
	*found = (Found){ version, opres_playbook_version(id, version) };
	inner->found = lappend(inner->found, found);
	if (found->pin.document != NULL)
		inner->check->inner = lappend(inner->check->inner, &found->pin);
	return &found->pin;
}

static void look_into(Inner *inner, const OpresPin *pin, const Nesting *nesting);

/* A playbook action of the playbook `nesting`: NULL if there is nothing to look at. */
static const OpresPin *
look_at(Inner *inner, JsonbContainer *step, const Nesting *nesting)
{
	char *id = opres_json_text(step, "playbook_id");
	const OpresPin *pin;

	if (id == NULL || inner->steps > OPRES_PLAYBOOK_STEPS)
		return NULL;
	for (const Nesting *outer = nesting; outer != NULL; outer = outer->outer)
		if (strcmp(outer->id, id) == 0)
		{
			opres_problem(inner->check, inner->path, OPRES_PROBLEM_RECURSION, NULL, chain_text(nesting, id), NULL, NULL);
			return NULL;
		}
	if (nesting->depth == OPRES_PLAYBOOK_DEPTH)
	{
		opres_problem(inner->check, inner->path, OPRES_PROBLEM_DEPTH, NULL, psprintf("%d", OPRES_PLAYBOOK_DEPTH),
					  chain_text(nesting, id), NULL);
		return NULL;
	}
	pin = find(inner, id, version_of(step));
	if (pin->document == NULL)
	{
		inner->check->inner_missing = true;
		opres_problem(inner->check, inner->path, OPRES_PROBLEM_NOT_LOADED, NULL, id, NULL, NULL);
		return NULL;
	}
	look_into(inner, pin, nesting);
	return pin;
}

static void
look_into(Inner *inner, const OpresPin *pin, const Nesting *nesting)
{
	JsonbContainer *workflow = opres_json_object(&pin->document->root, "workflow");
	Nesting own = { nesting, pin->id, nesting->depth + 1 };
	OpresMembers members;

	inner->steps += opres_json_count(workflow);
	if (inner->steps > OPRES_PLAYBOOK_STEPS)
	{
		opres_problem(inner->check, inner->path, OPRES_PROBLEM_TOO_MANY, NULL, psprintf("%d", inner->steps),
					  psprintf("%d", OPRES_PLAYBOOK_STEPS), NULL);
		return;
	}
	opres_members_begin(&members, workflow);
	while (opres_members_next(&members))
	{
		JsonbContainer *step = opres_value_object(&members.value);
		char *type = opres_json_text(step, "type");

		if (type != NULL && strcmp(type, "playbook-action") == 0)
			(void) look_at(inner, step, &own);
	}
}

/* What is handed over stands under the same name in both. */
static void
check_handed(OpresCheck *check, const OpresStepWalk *walk, const OpresPin *pin, const char *member)
{
	OpresPath path = opres_path_key(&walk->path, member);
	JsonbContainer *array = opres_json_array(walk->json, member);
	JsonbContainer *inside = opres_json_object(&pin->document->root, "playbook_variables");

	for (int i = 0; i < opres_json_count(array); i++)
	{
		OpresPath place = { &path, NULL, 0, i };
		char *name = opres_json_item_text(array, i);
		JsonbContainer *theirs = name == NULL ? NULL : opres_json_object(inside, name);
		JsonbContainer *mine = name == NULL ? NULL : opres_json_object(opres_json_object(walk->json, "step_variables"), name);
		char *their_type = opres_json_text(theirs, "type");
		char *my_type;

		if (name == NULL)
			continue;
		if (mine == NULL)
			mine = opres_json_object(opres_json_object(check->root, "playbook_variables"), name);
		my_type = opres_json_text(mine, "type");
		if (theirs == NULL)
			opres_problem(check, &place, OPRES_PROBLEM_INNER_VARIABLE, NULL, name, pin->id, NULL);
		else if (my_type != NULL && their_type != NULL && strcmp(my_type, their_type) != 0)
			opres_problem(check, &place, OPRES_PROBLEM_INNER_TYPE, NULL, name, pin->id, NULL);
		else if (strcmp(member, "in_args") == 0 &&
				 (!opres_json_flag(theirs, "external", false) || opres_json_flag(theirs, "constant", false)))
			opres_problem(check, &place, OPRES_PROBLEM_INNER_HANDS_IN, NULL, name, pin->id, NULL);
	}
}

void
opres_check_inner(OpresCheck *check)
{
	char *id = opres_json_text(check->root, "id");
	Nesting outermost = { NULL, id == NULL ? "" : id, 1 };
	Inner inner = { .check = check, .steps = opres_json_count(check->workflow) };
	OpresStepWalk walk;

	opres_steps_begin(check, &walk);
	while (opres_steps_next(&walk))
	{
		OpresPath path = opres_path_key(&walk.path, "playbook_id");
		const OpresPin *pin;

		if (strcmp(walk.type, "playbook-action") != 0)
			continue;
		inner.path = &path;
		pin = look_at(&inner, walk.json, &outermost);
		if (pin == NULL)
			continue;
		if (opres_json_flag(&pin->document->root, "revoked", false))
			opres_problem(check, &path, OPRES_PROBLEM_INNER_REVOKED, NULL, pin->id, NULL, NULL);
		check_handed(check, &walk, pin, "in_args");
		check_handed(check, &walk, pin, "out_args");
	}
}

static bool
establishes(JsonbContainer *root, const char *fact)
{
	OpresMembers members;

	opres_members_begin(&members, opres_json_object(root, "workflow"));
	while (opres_members_next(&members))
	{
		JsonbContainer *array =
			opres_json_array(opres_extension_of(opres_value_object(&members.value), "step_extensions"), "establishes");

		for (int i = 0; i < opres_json_count(array); i++)
		{
			char *own = opres_json_item_text(array, i);

			if (own != NULL && strcmp(own, fact) == 0)
				return true;
		}
	}
	return false;
}

OpresTruth
opres_inner_establishes(OpresCheck *check, const char *fact)
{
	ListCell *cell;

	foreach (cell, check->inner)
		if (establishes(&((OpresPin *) lfirst(cell))->document->root, fact))
			return OPRES_TRUE;
	return check->inner_missing ? OPRES_UNKNOWN : OPRES_FALSE;
}
