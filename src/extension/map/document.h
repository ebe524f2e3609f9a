/*
 * document.h - reading the map's JSON document: objects against a list of known keys, values.
 *
 * Shared by the document_*.c files. Everything is allocated in the current memory context; strings of JsonbValues point into
 * the document itself. Every error names the place by its JSON path, such as $.requirements[3].members[1].node.
 */
#ifndef OPRES_DOCUMENT_H
#define OPRES_DOCUMENT_H

#include "common/compat.h"
#include "common/json_path.h"
#include "utils/jsonb.h"
#include "utils/tuplestore.h"

#include "map/names.h"

typedef enum OpresFieldType
{
	OPRES_FIELD_CODE,
	OPRES_FIELD_TEXT,
	OPRES_FIELD_CHOICE, /* one of `choices` */
	OPRES_FIELD_NUMBER, /* float8 from low to high */
	OPRES_FIELD_FLAG,
	OPRES_FIELD_DURATION,
	OPRES_FIELD_DATE,
	OPRES_FIELD_MOMENT,       /* timestamptz, offset required */
	OPRES_FIELD_NAMES,        /* object: language tag -> string */
	OPRES_FIELD_OBJECT,       /* any object */
	OPRES_FIELD_TOLERANCE,    /* checked by the input function of opres.impact_tolerance, kept as its canonical text */
	OPRES_FIELD_DISTRIBUTION, /* the same for opres.duration_distribution */
	OPRES_FIELD_ARRAY         /* no column; the walk goes into it */
} OpresFieldType;

typedef struct OpresField
{
	const char *name;
	OpresFieldType type;
	bool required;
	bool has_default; /* absent = the default below (or 0, false, {}); else absent = NULL */
	bool above_low;   /* low itself is refused */
	double low;       /* numbers: the range */
	double high;
	double default_number;
	const char *default_text;
	const char *const *choices; /* NULL-terminated */
} OpresField;

/* A kind of object of the document. */
typedef struct OpresShape
{
	const char *what;  /* "node", "requirement", ... for messages */
	const char *needs; /* the required keys, for messages */
	const OpresField *fields;
	int count;
} OpresShape;

#define OPRES_MAX_FIELDS 16

/* Checks the keys of an object; raw[i] = value of field i, jbvNull if it is absent or null. */
extern void opres_read_object(const OpresPath *path, const JsonbValue *value, const OpresShape *shape, JsonbValue *raw);
/* Checks one value and turns it into a column; absent values become the default or NULL. */
extern Datum opres_read_field(const OpresPath *object, const OpresField *field, const JsonbValue *raw, bool *isnull);
/* All columns of an object; arrays are left out. Returns the number of columns. */
extern int opres_read_columns(const OpresPath *object, const OpresShape *shape, const JsonbValue *raw, Datum *values, bool *nulls);
extern Datum opres_read_date(const OpresPath *path, const JsonbValue *value);
extern Oid opres_field_column_type(OpresFieldType type);

extern bool opres_is_object(const JsonbValue *value);
/* Throws: PATH: expected ..., found ... */
extern void opres_wrong_type(const OpresPath *path, const char *expected, const JsonbValue *value, const char *hint)
	pg_attribute_noreturn();

/* Walking an array (the array itself if key is NULL). value and path are those of the current element. */
typedef struct OpresElements
{
	JsonbIterator *iterator;
	OpresPath array;
	OpresPath path;
	JsonbValue value;
	int count;
} OpresElements;

extern void opres_elements_begin(OpresElements *elements, const OpresPath *object, const char *key, const JsonbValue *raw);
extern bool opres_elements_next(OpresElements *elements);

/* What the tables and the document take for a code or a name of a requirement: 1 to 200 bytes, no control character, no blank
   at either end. Returns NULL if it is one, else what is wrong. */
#define OPRES_CODE_BYTES 200
extern const char *opres_code_problem(const char *text, int length);

/* The rows of a checked document, one tuplestore per table. */
typedef enum OpresPart
{
	OPRES_PART_NODE,
	OPRES_PART_REQUIREMENT,
	OPRES_PART_MEMBER,
	OPRES_PART_TOLERANCE,
	OPRES_PART_CALENDAR_DAY,
	OPRES_PART_SCENARIO,
	OPRES_PART_SHOCK
} OpresPart;
#define OPRES_PARTS 7

typedef struct OpresRows
{
	char *name; /* under which the statements of load_map see the rows: new_node, ... */
	TupleDesc desc;
	Tuplestorestate *store;
	int64 count;
} OpresRows;

/* The state of the walk through a document. */
typedef struct OpresWalk
{
	OpresPath root;
	OpresRows *rows;            /* OPRES_PARTS */
	MemoryContext context;      /* for what lives as long as the walk */
	MemoryContext row;          /* for one element of a top-level array; reset after it */
	MemoryContext subrow;       /* for one element inside of that */
	OpresNames *nodes;          /* index = position in the array */
	const struct OpresMap *map; /* the nodes of a what-if: those of the compiled map; else NULL */
	OpresNameKey *node_code;
	uint8 *node_kind; /* position in the list of kinds: 0 = operation, 1 = process */
	int node_count;
	OpresNames *calendars;
	OpresNameKey *calendar_code;
	int calendar_count;
} OpresWalk;

/* Checks the whole document, throws at the first thing wrong. Returns OPRES_PARTS sets of rows. */
extern OpresRows *opres_document_rows(Jsonb *document);

/* Checks a what-if's array of shocks against a compiled map, $ being the array. Returns the rows of OPRES_PART_SHOCK. */
extern OpresRows *opres_document_shocks(Jsonb *shocks, const struct OpresMap *map);

extern void opres_walk_requirements(OpresWalk *walk, const JsonbValue *raw);
extern void opres_walk_tolerances(OpresWalk *walk, const JsonbValue *raw);
extern void opres_walk_calendars(OpresWalk *walk, const JsonbValue *raw);
extern void opres_walk_scenarios(OpresWalk *walk, const JsonbValue *raw);

/* The columns of a part: `parents` (text, NULL-terminated) and then those of the shape. */
extern void opres_rows_begin(OpresWalk *walk, OpresPart part, const char *name, const char *const *parents,
							 const OpresShape *shape);
extern void opres_rows_put(OpresWalk *walk, OpresPart part, const Datum *values, const bool *nulls);
/* The position of the node that is named there; throws if there is none. */
extern int opres_walk_node(OpresWalk *walk, const OpresPath *object, const OpresField *field, const JsonbValue *raw);

#endif
