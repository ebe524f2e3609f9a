/*
 * document_rows.c - the walk through a whole document: nodes first, then what refers to them. Every object is checked and its
 * row put into a tuplestore (which goes to disk beyond work_mem); nothing is written to a table before all is known to be right.
 *
 * The rows, the table of node codes and the like live in the caller's memory context; what one row needs is given back after it.
 */
#include "map/document.h"

#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/memutils.h"

#include "map/map_cache.h"

/* In the order of OpresKind, which is that of opres.node_kind (a test compares them). */
static const char *const kinds[] = {
	"operation", "process", "people", "system", "data", "facility", "network", "third_party", NULL
};

static const OpresField node_fields[] = {
	{ .name = "code", .type = OPRES_FIELD_CODE, .required = true },
	{ .name = "kind", .type = OPRES_FIELD_CHOICE, .required = true, .choices = kinds },
	{ .name = "name", .type = OPRES_FIELD_TEXT },
	{ .name = "names", .type = OPRES_FIELD_NAMES, .has_default = true },
	{ .name = "owner", .type = OPRES_FIELD_TEXT },
	{ .name = "location", .type = OPRES_FIELD_TEXT },
	{ .name = "country", .type = OPRES_FIELD_TEXT },
	{ .name = "restart", .type = OPRES_FIELD_DURATION, .has_default = true },
	{ .name = "unavailability", .type = OPRES_FIELD_NUMBER, .high = 1 },
	{ .name = "rto", .type = OPRES_FIELD_DURATION },
	{ .name = "rpo", .type = OPRES_FIELD_DURATION },
	{ .name = "mtpd", .type = OPRES_FIELD_DURATION },
	{ .name = "reviewed_on", .type = OPRES_FIELD_DATE },
	{ .name = "reviewed_by", .type = OPRES_FIELD_TEXT },
	{ .name = "attributes", .type = OPRES_FIELD_OBJECT, .has_default = true },
};
static const OpresShape node_shape = { "node", "code and kind", node_fields, lengthof(node_fields) };
enum
{
	NODE_CODE = 0,
	NODE_KIND = 1,
	NODE_UNAVAILABILITY = 8
};

static const OpresField document_fields[] = {
	{ .name = "nodes", .type = OPRES_FIELD_ARRAY },      { .name = "requirements", .type = OPRES_FIELD_ARRAY },
	{ .name = "tolerances", .type = OPRES_FIELD_ARRAY }, { .name = "calendars", .type = OPRES_FIELD_ARRAY },
	{ .name = "scenarios", .type = OPRES_FIELD_ARRAY },
};
static const OpresShape document_shape = { "map document", "nothing", document_fields, lengthof(document_fields) };
enum
{
	DOCUMENT_NODES,
	DOCUMENT_REQUIREMENTS,
	DOCUMENT_TOLERANCES,
	DOCUMENT_CALENDARS,
	DOCUMENT_SCENARIOS
};

void
opres_rows_begin(OpresWalk *walk, OpresPart part, const char *name, const char *const *parents, const OpresShape *shape)
{
	OpresRows *rows = &walk->rows[part];
	int parent_count = 0;
	int columns = 0;

	while (parents != NULL && parents[parent_count] != NULL)
		parent_count++;
	for (int i = 0; i < shape->count; i++)
		columns += shape->fields[i].type != OPRES_FIELD_ARRAY;
	rows->desc = CreateTemplateTupleDesc(parent_count + columns);
	for (int i = 0; i < parent_count; i++)
		/* cppcheck-suppress nullPointer -- parent_count > 0: it is not NULL */
		TupleDescInitEntry(rows->desc, i + 1, parents[i], TEXTOID, -1, 0);
	columns = parent_count;
	for (int i = 0; i < shape->count; i++)
		if (shape->fields[i].type != OPRES_FIELD_ARRAY)
			TupleDescInitEntry(rows->desc, ++columns, shape->fields[i].name, opres_field_column_type(shape->fields[i].type), -1, 0);
	rows->name = pstrdup(name);
	rows->store = tuplestore_begin_heap(false, false, work_mem);
}

void
opres_rows_put(OpresWalk *walk, OpresPart part, const Datum *values, const bool *nulls)
{
	OpresRows *rows = &walk->rows[part];

	tuplestore_putvalues(rows->store, rows->desc, (Datum *) values, (bool *) nulls);
	rows->count++;
}

static int
kind_index(const JsonbValue *raw)
{
	int i = 0;

	while (strlen(kinds[i]) != (size_t) raw->val.string.len || memcmp(kinds[i], raw->val.string.val, raw->val.string.len) != 0)
		i++;
	return i;
}

static void
take_node(OpresWalk *walk, const OpresElements *nodes, const JsonbValue *raw)
{
	const char *code = raw[NODE_CODE].val.string.val;
	int length = raw[NODE_CODE].val.string.len;
	int index = nodes->path.index;
	OpresName *taken = opres_names_take(walk->nodes, 0, code, length, index);
	OpresPath place = opres_path_key(&nodes->path, "code");

	if (taken != NULL)
		ereport(ERROR, (errcode(ERRCODE_UNIQUE_VIOLATION),
						errmsg("%s: node %s appears twice", opres_path_text(&place), opres_quoted(code, length)),
						errdetail("It is at %s[%d] already.", opres_path_text(&nodes->array), taken->index)));
	walk->node_code[index] = (OpresNameKey){ 0, length, code };
	walk->node_kind[index] = kind_index(&raw[NODE_KIND]);
}

static void
check_unavailability(const OpresWalk *walk, const OpresElements *nodes, const JsonbValue *raw)
{
	OpresPath place = opres_path_key(&nodes->path, "unavailability");
	int kind = walk->node_kind[nodes->path.index];

	if (raw[NODE_UNAVAILABILITY].type != jbvNull && kind <= OPRES_PROCESS)
		ereport(ERROR,
				(errcode(ERRCODE_CHECK_VIOLATION), errmsg("%s: not for nodes of kind %s", opres_path_text(&place), kinds[kind]),
				 errdetail("Only resources fail by themselves; an operation or process fails with what it needs.")));
}

static void
walk_nodes(OpresWalk *walk, const JsonbValue *raw_nodes)
{
	OpresElements nodes;
	JsonbValue raw[OPRES_MAX_FIELDS];
	Datum values[OPRES_MAX_FIELDS];
	bool nulls[OPRES_MAX_FIELDS];

	opres_rows_begin(walk, OPRES_PART_NODE, "new_node", NULL, &node_shape);
	opres_elements_begin(&nodes, &walk->root, "nodes", raw_nodes);
	walk->node_count = nodes.count;
	walk->nodes = opres_names_make(nodes.count);
	walk->node_code = MemoryContextAllocHuge(CurrentMemoryContext, Max(nodes.count, 1) * sizeof(OpresNameKey));
	walk->node_kind = MemoryContextAllocHuge(CurrentMemoryContext, Max(nodes.count, 1));
	while (opres_elements_next(&nodes))
	{
		MemoryContext old = MemoryContextSwitchTo(walk->row);

		opres_read_object(&nodes.path, &nodes.value, &node_shape, raw);
		opres_read_columns(&nodes.path, &node_shape, raw, values, nulls);
		take_node(walk, &nodes, raw);
		check_unavailability(walk, &nodes, raw);
		opres_rows_put(walk, OPRES_PART_NODE, values, nulls);
		MemoryContextSwitchTo(old);
		MemoryContextReset(walk->row);
	}
}

int
opres_walk_node(OpresWalk *walk, const OpresPath *object, const OpresField *field, const JsonbValue *raw)
{
	OpresPath place = opres_path_key(object, field->name);
	OpresName *name;
	OpresNearest nearest;

	if (raw->type != jbvString)
		opres_wrong_type(&place, "the code of a node", raw, NULL);
	if (walk->map != NULL)
		return opres_map_node_at(walk->map, pnstrdup(raw->val.string.val, raw->val.string.len), opres_path_text(&place));
	name = opres_names_find(walk->nodes, 0, raw->val.string.val, raw->val.string.len);
	if (name != NULL)
		return name->index;
	opres_nearest_begin(&nearest, raw->val.string.val, raw->val.string.len);
	for (int i = 0; i < walk->node_count; i++)
		opres_nearest_offer(&nearest, walk->node_code[i].text, walk->node_code[i].length);
	ereport(ERROR,
			(errcode(ERRCODE_FOREIGN_KEY_VIOLATION),
			 errmsg("%s: no node has the code %s", opres_path_text(&place), opres_quoted(raw->val.string.val, raw->val.string.len)),
			 errdetail("Expected the code of a node in $.nodes."), opres_nearest_hint(&nearest)));
}

OpresRows *
opres_document_rows(Jsonb *document)
{
	OpresWalk *walk = palloc0(sizeof(OpresWalk));
	JsonbValue raw[OPRES_MAX_FIELDS];
	JsonbValue root;

	walk->context = CurrentMemoryContext;
	walk->rows = palloc0(OPRES_PARTS * sizeof(OpresRows));
	walk->row = AllocSetContextCreate(CurrentMemoryContext, "opres document row", ALLOCSET_DEFAULT_SIZES);
	walk->subrow = AllocSetContextCreate(CurrentMemoryContext, "opres document subrow", ALLOCSET_DEFAULT_SIZES);
	JsonbToJsonbValue(document, &root);
	if (JB_ROOT_IS_SCALAR(document))
		JsonbExtractScalar(&document->root, &root);
	opres_read_object(&walk->root, &root, &document_shape, raw);
	walk_nodes(walk, &raw[DOCUMENT_NODES]);
	opres_walk_requirements(walk, &raw[DOCUMENT_REQUIREMENTS]);
	opres_walk_calendars(walk, &raw[DOCUMENT_CALENDARS]);
	opres_walk_tolerances(walk, &raw[DOCUMENT_TOLERANCES]);
	opres_walk_scenarios(walk, &raw[DOCUMENT_SCENARIOS]);
	MemoryContextDelete(walk->subrow);
	MemoryContextDelete(walk->row);
	return walk->rows;
}
