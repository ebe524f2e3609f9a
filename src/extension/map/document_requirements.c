/*
 * document_requirements.c - the requirements of a document and their members.
 *
 * Two passes: names that are given are taken first, so that a default name (the members' codes) can avoid all of them.
 */
#include "map/document.h"

#include <math.h>

#include "base.h"
#include "lib/stringinfo.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

static const char *const modes[] = { "quorum", "pool", NULL };
static const char *const purposes[] = { "run", "start", NULL };

static const OpresField requirement_fields[] = {
	{ .name = "node", .type = OPRES_FIELD_CODE, .required = true },
	{ .name = "name", .type = OPRES_FIELD_CODE },
	{ .name = "mode", .type = OPRES_FIELD_CHOICE, .choices = modes, .has_default = true, .default_text = "quorum" },
	{ .name = "needed", .type = OPRES_FIELD_NUMBER, .above_low = true, .high = INFINITY },
	{ .name = "needed_for", .type = OPRES_FIELD_CHOICE, .choices = purposes, .has_default = true, .default_text = "run" },
	{ .name = "impact", .type = OPRES_FIELD_NUMBER, .above_low = true, .high = 1, .has_default = true, .default_number = 1 },
	{ .name = "buffer", .type = OPRES_FIELD_DURATION, .has_default = true },
	{ .name = "switchover", .type = OPRES_FIELD_DURATION, .has_default = true },
	{ .name = "switchover_failure", .type = OPRES_FIELD_NUMBER, .high = 1, .has_default = true },
	{ .name = "members", .type = OPRES_FIELD_ARRAY, .required = true },
};
static const OpresShape requirement_shape = { "requirement", "node and members", requirement_fields, lengthof(requirement_fields) };
enum
{
	REQUIREMENT_NODE = 0,
	REQUIREMENT_NAME = 1,
	REQUIREMENT_MODE = 2,
	REQUIREMENT_NEEDED = 3,
	REQUIREMENT_MEMBERS = 9
};

static const char *const member_parents[] = { "owner", "requirement", NULL };
static const OpresField member_fields[] = {
	{ .name = "node", .type = OPRES_FIELD_CODE, .required = true },
	{ .name = "capacity",
	  .type = OPRES_FIELD_NUMBER,
	  .above_low = true,
	  .high = INFINITY,
	  .has_default = true,
	  .default_number = 1 },
	{ .name = "standby", .type = OPRES_FIELD_FLAG, .has_default = true },
	{ .name = "replica_lag", .type = OPRES_FIELD_DURATION, .has_default = true },
};
static const OpresShape member_shape = { "member", "node", member_fields, lengthof(member_fields) };
enum
{
	MEMBER_OWNER_COLUMN = 0,
	MEMBER_REQUIREMENT_COLUMN = 1,
	MEMBER_FIRST_COLUMN = 2,
	MEMBER_NODE = 0,
	MEMBER_CAPACITY = 1,
	MEMBER_STANDBY = 2
};

typedef struct Requirements
{
	OpresWalk *walk;
	OpresNames *names; /* scope = the node */
	int *seen_in;      /* per node: the requirement that had it as a member last, -1 = none */
	int *seen_at;      /* and at which place */
} Requirements;

/* The requirement at hand. */
typedef struct Requirement
{
	const OpresPath *path;
	JsonbValue raw[OPRES_MAX_FIELDS];
	Datum values[OPRES_MAX_FIELDS];
	bool nulls[OPRES_MAX_FIELDS];
	int owner;
	int active_count;
	double active_capacity;
} Requirement;

static void
take_given_names(Requirements *all, const JsonbValue *raw_requirements)
{
	OpresElements elements;
	JsonbValue raw[OPRES_MAX_FIELDS];

	opres_elements_begin(&elements, &all->walk->root, "requirements", raw_requirements);
	all->names = opres_names_make(elements.count);
	while (opres_elements_next(&elements))
	{
		MemoryContext old = MemoryContextSwitchTo(all->walk->row);
		JsonbValue *name = &raw[REQUIREMENT_NAME];
		OpresName *taken = NULL;
		int owner;
		bool isnull;

		opres_read_object(&elements.path, &elements.value, &requirement_shape, raw);
		owner = opres_walk_node(all->walk, &elements.path, &requirement_fields[REQUIREMENT_NODE], &raw[REQUIREMENT_NODE]);
		opres_read_field(&elements.path, &requirement_fields[REQUIREMENT_NAME], name, &isnull);
		MemoryContextSwitchTo(old);
		if (!isnull)
			taken = opres_names_take(all->names, owner, name->val.string.val, name->val.string.len, elements.path.index);
		if (taken != NULL)
		{
			OpresPath place = opres_path_key(&elements.path, "name");

			ereport(ERROR, (errcode(ERRCODE_UNIQUE_VIOLATION),
							errmsg("%s: requirement %s appears twice in its node", opres_path_text(&place),
								   opres_quoted(name->val.string.val, name->val.string.len)),
							errdetail("It is at %s[%d] already.", opres_path_text(&elements.array), taken->index)));
		}
		MemoryContextReset(all->walk->row);
	}
}

static int
compare_codes(const void *a, const void *b)
{
	const OpresNameKey *left = a;
	const OpresNameKey *right = b;
	int result = memcmp(left->text, right->text, Min(left->length, right->length));

	return result != 0 ? result : (left->length > right->length) - (left->length < right->length);
}

/* The codes of the members in byte order, joined by +; long ones are cut when the name is taken. */
static Datum
default_name(Requirements *all, const Requirement *requirement)
{
	OpresElements members;
	OpresNameKey *codes;
	OpresNameKey name;
	StringInfoData joined;
	MemoryContext old;
	bool isnull;

	opres_elements_begin(&members, requirement->path, "members", &requirement->raw[REQUIREMENT_MEMBERS]);
	codes = MemoryContextAllocHuge(CurrentMemoryContext, Max(members.count, 1) * sizeof(OpresNameKey));
	while (opres_elements_next(&members))
	{
		JsonbValue raw[OPRES_MAX_FIELDS];
		JsonbValue *code = &raw[MEMBER_NODE];

		opres_read_object(&members.path, &members.value, &member_shape, raw);
		opres_read_field(&members.path, &member_fields[MEMBER_NODE], code, &isnull);
		codes[members.path.index] = (OpresNameKey){ 0, code->val.string.len, code->val.string.val };
	}
	qsort(codes, members.count, sizeof(OpresNameKey), compare_codes);
	initStringInfo(&joined);
	for (int i = 0; i < members.count && joined.len <= OPRES_CODE_BYTES; i++)
		appendStringInfo(&joined, "%s%.*s", i > 0 ? "+" : "", codes[i].length, codes[i].text);
	old = MemoryContextSwitchTo(all->walk->context); /* the table of names keeps the text */
	name = opres_names_take_free(all->names, requirement->owner, pnstrdup(joined.data, joined.len), joined.len,
								 requirement->path->index);
	MemoryContextSwitchTo(old);
	return PointerGetDatum(cstring_to_text_with_len(name.text, name.length));
}

static void
check_member_node(Requirements *all, const Requirement *requirement, const OpresElements *members, const OpresNameKey *code,
				  int node)
{
	OpresPath place = opres_path_key(&members->path, "node");

	if (node == requirement->owner)
		ereport(ERROR, (errcode(ERRCODE_CHECK_VIOLATION),
						errmsg("%s: node %s cannot need itself", opres_path_text(&place), opres_quoted(code->text, code->length))));
	if (all->seen_in[node] == requirement->path->index)
		ereport(ERROR, (errcode(ERRCODE_UNIQUE_VIOLATION),
						errmsg("%s: member %s appears twice", opres_path_text(&place), opres_quoted(code->text, code->length)),
						errdetail("It is at %s[%d] already.", opres_path_text(&members->array), all->seen_at[node])));
	all->seen_in[node] = requirement->path->index;
	all->seen_at[node] = members->path.index;
}

static void
walk_members(Requirements *all, Requirement *requirement)
{
	OpresWalk *walk = all->walk;
	OpresElements members;
	JsonbValue raw[OPRES_MAX_FIELDS];
	Datum values[OPRES_MAX_FIELDS];
	bool nulls[OPRES_MAX_FIELDS] = { false };

	values[MEMBER_OWNER_COLUMN] = requirement->values[REQUIREMENT_NODE];
	values[MEMBER_REQUIREMENT_COLUMN] = requirement->values[REQUIREMENT_NAME];
	opres_elements_begin(&members, requirement->path, "members", &requirement->raw[REQUIREMENT_MEMBERS]);
	while (opres_elements_next(&members))
	{
		MemoryContext old = MemoryContextSwitchTo(walk->subrow);
		int node;

		opres_read_object(&members.path, &members.value, &member_shape, raw);
		node = opres_walk_node(walk, &members.path, &member_fields[MEMBER_NODE], &raw[MEMBER_NODE]);
		check_member_node(all, requirement, &members, &walk->node_code[node], node);
		opres_read_columns(&members.path, &member_shape, raw, values + MEMBER_FIRST_COLUMN, nulls + MEMBER_FIRST_COLUMN);
		if (!DatumGetBool(values[MEMBER_FIRST_COLUMN + MEMBER_STANDBY]))
		{
			requirement->active_count++;
			requirement->active_capacity += DatumGetFloat8(values[MEMBER_FIRST_COLUMN + MEMBER_CAPACITY]);
		}
		opres_rows_put(walk, OPRES_PART_MEMBER, values, nulls);
		MemoryContextSwitchTo(old);
		MemoryContextReset(walk->subrow);
	}
}

static void
check_needed(const Requirement *requirement)
{
	OpresPath members = opres_path_key(requirement->path, "members");
	OpresPath place = opres_path_key(requirement->path, "needed");
	double needed;
	const char *mode;

	if (requirement->active_count == 0)
		ereport(ERROR, (errcode(ERRCODE_CHECK_VIOLATION), errmsg("%s: no active member", opres_path_text(&members)),
						errdetail("A requirement needs at least one member that is not standby.")));
	if (requirement->nulls[REQUIREMENT_NEEDED])
		return;
	needed = DatumGetFloat8(requirement->values[REQUIREMENT_NEEDED]);
	mode = TextDatumGetCString(requirement->values[REQUIREMENT_MODE]);
	if (strcmp(mode, "pool") == 0)
	{
		if (requirement->active_capacity < needed * (1 - OPRES_EPSILON))
			ereport(ERROR, (errcode(ERRCODE_CHECK_VIOLATION),
							errmsg("%s: %g needed of an active capacity of %g", opres_path_text(&place), needed,
								   requirement->active_capacity),
							errdetail("A pool can need at most the capacity of its active members; standby ones do not count.")));
	}
	else if (needed != floor(needed))
		ereport(ERROR, (errcode(ERRCODE_CHECK_VIOLATION), errmsg("%s: %g is not a whole number", opres_path_text(&place), needed),
						errdetail("A quorum counts members."), errhint("Only in mode \"pool\" may it be a fraction.")));
	else if (needed > requirement->active_count)
		ereport(ERROR, (errcode(ERRCODE_CHECK_VIOLATION),
						errmsg("%s: %g needed of %d active members", opres_path_text(&place), needed, requirement->active_count),
						errdetail("A quorum can need at most its active members; standby ones do not count.")));
}

static void
walk_requirement(Requirements *all, const OpresElements *elements)
{
	Requirement requirement = { .path = &elements->path };

	opres_read_object(&elements->path, &elements->value, &requirement_shape, requirement.raw);
	requirement.owner =
		opres_walk_node(all->walk, &elements->path, &requirement_fields[REQUIREMENT_NODE], &requirement.raw[REQUIREMENT_NODE]);
	opres_read_columns(&elements->path, &requirement_shape, requirement.raw, requirement.values, requirement.nulls);
	if (requirement.nulls[REQUIREMENT_NAME])
	{
		requirement.values[REQUIREMENT_NAME] = default_name(all, &requirement);
		requirement.nulls[REQUIREMENT_NAME] = false;
	}
	walk_members(all, &requirement);
	check_needed(&requirement);
	opres_rows_put(all->walk, OPRES_PART_REQUIREMENT, requirement.values, requirement.nulls);
}

static int *
per_node(const OpresWalk *walk)
{
	int *numbers = MemoryContextAllocHuge(CurrentMemoryContext, Max(walk->node_count, 1) * sizeof(int));

	for (int i = 0; i < walk->node_count; i++)
		numbers[i] = -1;
	return numbers;
}

void
opres_walk_requirements(OpresWalk *walk, const JsonbValue *raw)
{
	Requirements all = { walk, NULL, per_node(walk), per_node(walk) };
	OpresElements elements;

	opres_rows_begin(walk, OPRES_PART_REQUIREMENT, "new_requirement", NULL, &requirement_shape);
	opres_rows_begin(walk, OPRES_PART_MEMBER, "new_member", member_parents, &member_shape);
	take_given_names(&all, raw);
	opres_elements_begin(&elements, &walk->root, "requirements", raw);
	while (opres_elements_next(&elements))
	{
		MemoryContext old = MemoryContextSwitchTo(walk->row);

		walk_requirement(&all, &elements);
		MemoryContextSwitchTo(old);
		MemoryContextReset(walk->row);
	}
}
