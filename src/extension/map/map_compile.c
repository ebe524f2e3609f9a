/*
 * map_compile.c - reads the map tables by scan, in bulk, and builds the compiled map (model.h).
 *
 * Nodes first: sorted by code (C collation = byte order), so that a node's index is the rank of its code. Then requirements,
 * sorted by owner and name, then members. Codes are looked up in a hash table; a member row mostly belongs to the requirement
 * of the row before it, which is tried first.
 *
 * Memory: what the map keeps goes to the caller's context, everything else to a context of its own that is gone at the end.
 */
#include "map/map_compile.h"
#include "map/map_scan.h"

#include "catalog/namespace.h"
#include "catalog/pg_enum.h"
#include "catalog/pg_type.h"
#include "common/hashfn.h"
#include "miscadmin.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/syscache.h"
#include "utils/typcache.h"

const char *const opres_kind_names[OPRES_KINDS] = { "operation", "process",  "people",  "system",
													"data",      "facility", "network", "third_party" };

/* A code in the hash table of nodes. */
typedef struct CodeEntry
{
	OpresText key;
	int32 node;
	uint32 hash;
	char status;
} CodeEntry;

#define SH_PREFIX codes
#define SH_ELEMENT_TYPE CodeEntry
#define SH_KEY_TYPE OpresText
#define SH_KEY key
#define SH_HASH_KEY(table, k) hash_bytes((const unsigned char *) (k).text, (k).length)
#define SH_EQUAL(table, a, b) ((a).length == (b).length && memcmp((a).text, (b).text, (a).length) == 0)
#define SH_STORE_HASH
#define SH_GET_HASH(table, entry) (entry)->hash
#define SH_SCOPE static inline
#define SH_DECLARE
#define SH_DEFINE
#include "lib/simplehash.h"

typedef struct NodeRow
{
	const char *code;
	OpresTime restart;
	uint8 kind;
} NodeRow;

typedef struct RequirementRow
{
	OpresRequirement requirement;
	const char *name;
} RequirementRow;

typedef struct ToleranceRow
{
	int32 node;
	struct varlena *value;
} ToleranceRow;

/* Rows gathered in the temporary context; `items` grows by doubling, beyond 1 GB if need be. */
typedef struct Rows
{
	void *items;
	int32 count;
	int32 capacity;
	Size size;
} Rows;

typedef struct Compile
{
	OpresMap *map;
	int64 revision;
	bool past;
	MemoryContext keep;
	char *pool; /* strings kept, laid end to end */
	Size pool_left;
	codes_hash *codes;
	Rows nodes;
	Rows requirements;
	Rows members;
	Rows tolerances;
	int32 *order;             /* requirement rows by owner and name */
	int32 *owner;             /* in that order, like everything below */
	int32 *first_requirement; /* per node + 1 */
} Compile;

static void *
add_row(Rows *rows)
{
	if (rows->count == rows->capacity)
	{
		Size capacity = rows->capacity == 0 ? 1024 : (Size) rows->capacity * 2;

		if (capacity > INT32_MAX)
			capacity = INT32_MAX;
		if (rows->count == (int32) capacity)
			ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED), errmsg("map has more than %d rows in one table", INT32_MAX)));
		if (rows->items == NULL)
			rows->items = MemoryContextAllocHuge(CurrentMemoryContext, capacity * rows->size);
		else
			rows->items = repalloc_huge(rows->items, capacity * rows->size);
		rows->capacity = (int32) capacity;
	}
	return memset((char *) rows->items + (Size) rows->count++ * rows->size, 0, rows->size);
}

static const char *
keep_text(Compile *compile, const char *text, Size length)
{
	char *copy;

	if (compile->pool_left < length + 1)
	{
		compile->pool_left = Max((Size) 65536, length + 1);
		compile->pool = MemoryContextAlloc(compile->keep, compile->pool_left);
	}
	copy = compile->pool;
	memcpy(copy, text, length);
	copy[length] = '\0';
	compile->pool += length + 1;
	compile->pool_left -= length + 1;
	return copy;
}

static int32
find_code(const Compile *compile, OpresText key, const char *table)
{
	CodeEntry *entry = codes_lookup(compile->codes, key);

	if (entry == NULL)
		ereport(ERROR, (errcode(ERRCODE_DATA_CORRUPTED),
						errmsg("table opres.%s names node \"%.*s\", which does not exist", table, key.length, key.text)));
	return entry->node;
}

static uint8
kind_of(Oid value)
{
	static Oid known[OPRES_KINDS];
	HeapTuple tuple;

	for (int i = 0; i < OPRES_KINDS; i++)
		if (known[i] == value)
			return (uint8) i;
	tuple = SearchSysCache1(ENUMOID, ObjectIdGetDatum(value));
	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for enum value %u", value);
	for (int i = 0; i < OPRES_KINDS; i++)
		if (strcmp(NameStr(((Form_pg_enum) GETSTRUCT(tuple))->enumlabel), opres_kind_names[i]) == 0)
		{
			ReleaseSysCache(tuple);
			known[i] = value;
			return (uint8) i;
		}
	elog(ERROR, "unknown node kind \"%s\"", NameStr(((Form_pg_enum) GETSTRUCT(tuple))->enumlabel));
}

static const char *const node_columns[] = { "code", "kind", "restart", NULL };

static void
take_node(void *state, const OpresRowScan *scan)
{
	Compile *compile = state;
	NodeRow *row = add_row(&compile->nodes);
	OpresText code = opres_row_text(scan, 0);
	bool isnull;

	row->code = keep_text(compile, code.text, code.length);
	row->kind = kind_of(DatumGetObjectId(opres_row_column(scan, 1, &isnull)));
	row->restart = opres_row_time(scan, 2, "restart");
}

static int
compare_nodes(const void *a, const void *b)
{
	CHECK_FOR_INTERRUPTS(); /* sorting a million codes takes a while */
	return strcmp(((const NodeRow *) a)->code, ((const NodeRow *) b)->code);
}

static void
read_nodes(Compile *compile)
{
	NodeRow *rows;
	uint8 *kind;

	opres_scan_tables(compile->revision, compile->past, OPRES_TABLE_NODE, node_columns, take_node, compile);
	rows = compile->nodes.items;
	if (compile->nodes.count > 0)
		qsort(rows, compile->nodes.count, sizeof(NodeRow), compare_nodes);
	compile->codes = codes_create(CurrentMemoryContext, (uint32) compile->nodes.count + 1, NULL);
	compile->map->code = MemoryContextAllocHuge(compile->keep, ((Size) compile->nodes.count + 1) * sizeof(char *));
	kind = MemoryContextAllocHuge(compile->keep, (Size) compile->nodes.count + 1);
	for (int32 i = 0; i < compile->nodes.count; i++)
	{
		OpresText key = { rows[i].code, (int32) strlen(rows[i].code) };
		bool found;

		CHECK_FOR_INTERRUPTS();
		codes_insert(compile->codes, key, &found)->node = i;
		if (found)
			ereport(ERROR, (errcode(ERRCODE_DATA_CORRUPTED), errmsg("node \"%s\" is there twice", rows[i].code)));
		compile->map->code[i] = rows[i].code;
		kind[i] = rows[i].kind;
	}
	compile->map->kind = kind;
}

static int
compare_name(OpresText name, const char *other)
{
	int order = strncmp(name.text, other, name.length);

	return order != 0 ? order : (other[name.length] == '\0' ? 0 : -1);
}

static const char *const requirement_columns[] = { "node",   "name",   "mode",       "needed", "needed_for",
												   "impact", "buffer", "switchover", NULL };

static void
take_requirement(void *state, const OpresRowScan *scan)
{
	Compile *compile = state;
	RequirementRow *row = add_row(&compile->requirements);
	OpresText node = opres_row_text(scan, 0);
	OpresText name = opres_row_text(scan, 1);

	row->name = keep_text(compile, name.text, name.length);
	/* Mostly of the same node as the row before. */
	if (compile->requirements.count > 1 && compare_name(node, compile->map->code[(row - 1)->requirement.owner]) == 0)
		row->requirement.owner = (row - 1)->requirement.owner;
	else
		row->requirement.owner = find_code(compile, node, "requirement");
	row->requirement.mode = opres_row_text(scan, 2).text[0] == 'p' ? OPRES_POOL : OPRES_QUORUM;
	row->requirement.needed = opres_row_number(scan, 3);
	row->requirement.for_start = opres_row_text(scan, 4).text[0] == 's';
	row->requirement.impact = opres_row_number(scan, 5);
	row->requirement.buffer = opres_row_time(scan, 6, "buffer");
	row->requirement.switchover = opres_row_time(scan, 7, "switchover");
}

static int
compare_requirements(const void *a, const void *b, void *rows)
{
	const RequirementRow *x = (const RequirementRow *) rows + *(const int32 *) a;
	const RequirementRow *y = (const RequirementRow *) rows + *(const int32 *) b;

	return strcmp(x->name, y->name);
}

/* Orders by owner with a counting sort (there are millions), and within an owner by name. The rows stay, only numbers move. */
static void
sort_requirements(Compile *compile)
{
	Size nodes = (Size) compile->nodes.count;
	Size count = (Size) compile->requirements.count;
	RequirementRow *rows = compile->requirements.items;
	int32 *first = MemoryContextAllocExtended(CurrentMemoryContext, (nodes + 2) * sizeof(int32), MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
	int32 *order = MemoryContextAllocHuge(CurrentMemoryContext, (count + 1) * sizeof(int32));

	for (Size i = 0; i < count; i++)
		first[rows[i].requirement.owner + 2]++;
	for (Size node = 0; node < nodes; node++)
		first[node + 2] += first[node + 1];
	for (Size i = 0; i < count; i++)
		order[first[rows[i].requirement.owner + 1]++] = (int32) i;
	for (Size node = 0; node < nodes; node++)
	{
		CHECK_FOR_INTERRUPTS();
		if (first[node + 1] - first[node] > 1)
			qsort_arg(order + first[node], first[node + 1] - first[node], sizeof(int32), compare_requirements, rows);
	}
	compile->first_requirement = first;
	compile->order = order;
}

static void
read_requirements(Compile *compile)
{
	Size count;
	const RequirementRow *rows;

	opres_scan_tables(compile->revision, compile->past, OPRES_TABLE_REQUIREMENT, requirement_columns, take_requirement, compile);
	sort_requirements(compile);
	count = (Size) compile->requirements.count;
	rows = compile->requirements.items;
	compile->map->requirement_name = MemoryContextAllocHuge(compile->keep, (count + 1) * sizeof(char *));
	compile->owner = MemoryContextAllocHuge(CurrentMemoryContext, (count + 1) * sizeof(int32));
	for (Size i = 0; i < count; i++)
	{
		compile->map->requirement_name[i] = rows[compile->order[i]].name;
		compile->owner[i] = rows[compile->order[i]].requirement.owner;
	}
}

static int32
find_requirement(const Compile *compile, OpresText node, OpresText name)
{
	int32 owner = find_code(compile, node, "requirement_member");
	int32 low = compile->first_requirement[owner];
	int32 high = compile->first_requirement[owner + 1];

	while (low < high)
	{
		int32 middle = low + (high - low) / 2;
		int order = compare_name(name, compile->map->requirement_name[middle]);

		if (order == 0)
			return middle;
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	ereport(ERROR, (errcode(ERRCODE_DATA_CORRUPTED),
					errmsg("table opres.requirement_member names requirement \"%.*s\" of node \"%.*s\", which does not exist",
						   name.length, name.text, node.length, node.text)));
}

static const char *const member_columns[] = { "node", "requirement", "member", "capacity", "standby", "replica_lag", NULL };

static void
take_member(void *state, const OpresRowScan *scan)
{
	Compile *compile = state;
	OpresMemberInput *row = add_row(&compile->members);
	OpresText node = opres_row_text(scan, 0);
	OpresText name = opres_row_text(scan, 1);
	bool isnull;

	row->requirement = -1;
	if (compile->members.count > 1)
	{
		/* Mostly a member of the same requirement as the row before. */
		int32 before = (row - 1)->requirement;

		if (compare_name(node, compile->map->code[compile->owner[before]]) == 0 &&
			compare_name(name, compile->map->requirement_name[before]) == 0)
			row->requirement = before;
	}
	if (row->requirement < 0)
		row->requirement = find_requirement(compile, node, name);
	row->node = find_code(compile, opres_row_text(scan, 2), "requirement_member");
	row->capacity = opres_row_number(scan, 3);
	row->standby = DatumGetBool(opres_row_column(scan, 4, &isnull));
	row->replica_lag = opres_row_time(scan, 5, "replica lag");
}

static const char *const tolerance_columns[] = { "operation", "tolerance", NULL };

static void
take_tolerance(void *state, const OpresRowScan *scan)
{
	Compile *compile = state;
	ToleranceRow *row = add_row(&compile->tolerances);
	MemoryContext before = MemoryContextSwitchTo(compile->keep);
	bool isnull;

	row->value = PG_DETOAST_DATUM_COPY(opres_row_column(scan, 1, &isnull));
	MemoryContextSwitchTo(before);
	row->node = find_code(compile, opres_row_text(scan, 0), "tolerance");
}

static int
compare_tolerances(const void *a, const void *b, void *compare)
{
	const ToleranceRow *x = a;
	const ToleranceRow *y = b;

	if (x->node != y->node)
		return x->node < y->node ? -1 : 1;
	return DatumGetInt32(FunctionCall2Coll(compare, InvalidOid, PointerGetDatum(x->value), PointerGetDatum(y->value)));
}

static void
read_tolerances(Compile *compile)
{
	Oid type = GetSysCacheOid2(TYPENAMENSP, Anum_pg_type_oid, CStringGetDatum("impact_tolerance"),
							   ObjectIdGetDatum(get_namespace_oid("opres", false)));
	TypeCacheEntry *cache = lookup_type_cache(type, TYPECACHE_CMP_PROC_FINFO);
	ToleranceRow *rows;
	int32 *node;
	int32 count;

	opres_scan_tables(compile->revision, compile->past, OPRES_TABLE_TOLERANCE, tolerance_columns, take_tolerance, compile);
	rows = compile->tolerances.items;
	count = compile->tolerances.count;
	if (count > 0)
		qsort_arg(rows, count, sizeof(ToleranceRow), compare_tolerances, &cache->cmp_proc_finfo);
	node = MemoryContextAllocHuge(compile->keep, ((Size) count + 1) * sizeof(int32));
	compile->map->tolerance = MemoryContextAllocHuge(compile->keep, ((Size) count + 1) * sizeof(struct varlena *));
	for (int32 i = 0; i < count; i++)
	{
		node[i] = rows[i].node;
		compile->map->tolerance[i] = rows[i].value;
	}
	compile->map->tolerance_node = node;
	compile->map->tolerance_count = count;
}

static void
refuse_requirement(const Compile *compile, int32 requirement, const OpresError *error)
{
	ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
					errmsg("requirement \"%s\" of node \"%s\" cannot be used: %s", compile->map->requirement_name[requirement],
						   compile->map->code[compile->owner[requirement]], error->message),
					errhint("opres.check_map() lists everything an analysis cannot run on.")));
}

static void
build_model(Compile *compile)
{
	OpresEnv *env = MemoryContextAlloc(compile->keep, sizeof(OpresEnv));
	OpresArena *arena = MemoryContextAlloc(compile->keep, sizeof(OpresArena));
	OpresEnv scratch_env = opres_pg_env(CurrentMemoryContext);
	OpresArena scratch;
	OpresError error = { 0 };
	OpresTime *restart = MemoryContextAllocHuge(CurrentMemoryContext, ((Size) compile->nodes.count + 1) * sizeof(OpresTime));
	OpresRequirement *requirements =
		MemoryContextAllocHuge(CurrentMemoryContext, ((Size) compile->requirements.count + 1) * sizeof(OpresRequirement));
	int32_t bad = -1;
	OpresStatus status;

	*env = opres_pg_env(compile->keep);
	opres_arena_init(arena, env, 0);
	opres_arena_init(&scratch, &scratch_env, 0);
	for (int32 i = 0; i < compile->nodes.count; i++)
		restart[i] = ((const NodeRow *) compile->nodes.items)[i].restart;
	for (int32 i = 0; i < compile->requirements.count; i++)
		requirements[i] = ((const RequirementRow *) compile->requirements.items)[compile->order[i]].requirement;
	status = opres_model_build(arena, &scratch, compile->nodes.count, restart, compile->requirements.count, requirements,
							   compile->members.count, compile->members.items, &compile->map->model, &bad, &error);
	if (status == OPRES_INVALID && bad >= 0)
		refuse_requirement(compile, bad, &error);
	opres_report(compile->map, status, &error);
	if (!opres_scratch_init(arena, &compile->map->model, &compile->map->scratch))
		opres_report(compile->map, arena->status, &error);
}

void
opres_map_compile(OpresMap *map, int64 revision, bool past)
{
	MemoryContext keep = CurrentMemoryContext;
	MemoryContext work = AllocSetContextCreate(keep, "opres map compile", ALLOCSET_DEFAULT_SIZES);
	Compile compile = { .map = map, .revision = revision, .past = past, .keep = keep };

	compile.nodes.size = sizeof(NodeRow);
	compile.requirements.size = sizeof(RequirementRow);
	compile.members.size = sizeof(OpresMemberInput);
	compile.tolerances.size = sizeof(ToleranceRow);
	MemoryContextSwitchTo(work);
	read_nodes(&compile);
	read_requirements(&compile);
	opres_scan_tables(revision, past, OPRES_TABLE_MEMBER, member_columns, take_member, &compile);
	read_tolerances(&compile);
	build_model(&compile);
	MemoryContextSwitchTo(keep);
	MemoryContextDelete(work);
	map->revision = revision;
	map->bytes = MemoryContextMemAllocated(keep, true);
}
