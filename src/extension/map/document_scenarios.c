/*
 * document_scenarios.c - the calendars, tolerances and scenarios of a document.
 */
#include "map/document.h"

#include "common/interval.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "map/map_cache.h"
#include "tolerance.h"

static const OpresField tolerance_fields[] = {
	{ .name = "operation", .type = OPRES_FIELD_CODE, .required = true },
	{ .name = "tolerance", .type = OPRES_FIELD_TOLERANCE, .required = true },
};
static const OpresShape tolerance_shape = { "tolerance", "operation and tolerance", tolerance_fields, lengthof(tolerance_fields) };
enum
{
	TOLERANCE_OPERATION = 0,
	TOLERANCE_TEXT = 1
};

static const OpresField calendar_fields[] = {
	{ .name = "code", .type = OPRES_FIELD_CODE, .required = true },
	{ .name = "days", .type = OPRES_FIELD_ARRAY, .required = true },
};
static const OpresShape calendar_shape = { "calendar", "code and days", calendar_fields, lengthof(calendar_fields) };
enum
{
	CALENDAR_CODE = 0,
	CALENDAR_DAYS = 1
};
static const char *const day_parents[] = { "calendar", NULL };
static const OpresField day_fields[] = { { .name = "day", .type = OPRES_FIELD_DATE } };
static const OpresShape day_shape = { "day", "nothing", day_fields, lengthof(day_fields) };

static const OpresField scenario_fields[] = {
	{ .name = "code", .type = OPRES_FIELD_CODE, .required = true },
	{ .name = "name", .type = OPRES_FIELD_TEXT },
	{ .name = "names", .type = OPRES_FIELD_NAMES, .has_default = true },
	{ .name = "start", .type = OPRES_FIELD_MOMENT },
	{ .name = "shocks", .type = OPRES_FIELD_ARRAY },
};
static const OpresShape scenario_shape = { "scenario", "code", scenario_fields, lengthof(scenario_fields) };
enum
{
	SCENARIO_CODE = 0,
	SCENARIO_SHOCKS = 4
};

static const char *const shock_parents[] = { "scenario", NULL };
static const OpresField shock_fields[] = {
	{ .name = "code", .type = OPRES_FIELD_CODE },
	{ .name = "node", .type = OPRES_FIELD_CODE, .required = true },
	{ .name = "onset", .type = OPRES_FIELD_DURATION, .has_default = true },
	{ .name = "level", .type = OPRES_FIELD_NUMBER, .high = 1, .has_default = true },
	{ .name = "duration", .type = OPRES_FIELD_DURATION },
	{ .name = "data_loss", .type = OPRES_FIELD_DURATION },
	{ .name = "probability", .type = OPRES_FIELD_NUMBER, .high = 1, .has_default = true, .default_number = 1 },
	{ .name = "duration_distribution", .type = OPRES_FIELD_DISTRIBUTION },
	{ .name = "common_cause", .type = OPRES_FIELD_CODE },
};
static const OpresShape shock_shape = { "shock", "node", shock_fields, lengthof(shock_fields) };
enum
{
	SHOCK_CODE = 0,
	SHOCK_NODE = 1,
	SHOCK_DURATION = 4,
	SHOCK_DATA_LOSS = 5,
	SHOCK_PROBABILITY = 6,
	SHOCK_CAUSE = 8
};

static void
walk_days(OpresWalk *walk, const OpresElements *calendar, const JsonbValue *raw)
{
	OpresPath place = opres_path_key(&calendar->path, "days");
	OpresElements days;
	OpresNames *taken_days;
	Datum values[2];
	bool nulls[2] = { false };

	opres_elements_begin(&days, &calendar->path, "days", &raw[CALENDAR_DAYS]);
	if (days.count == 0)
		ereport(ERROR, (errcode(ERRCODE_CHECK_VIOLATION), errmsg("%s: no day", opres_path_text(&place)),
						errdetail("A calendar is the set of its days; expected at least one date.")));
	taken_days = opres_names_make(days.count);
	values[0] = PointerGetDatum(cstring_to_text_with_len(raw[CALENDAR_CODE].val.string.val, raw[CALENDAR_CODE].val.string.len));
	while (opres_elements_next(&days))
	{
		MemoryContext old = MemoryContextSwitchTo(walk->subrow);
		const JsonbValue *day = &days.value;
		OpresName *taken;

		values[1] = opres_read_date(&days.path, day);
		/* A date has one text only (document_value.c), so equal dates are equal texts. */
		taken = opres_names_take(taken_days, 0, day->val.string.val, day->val.string.len, days.path.index);
		if (taken != NULL)
			ereport(ERROR, (errcode(ERRCODE_UNIQUE_VIOLATION),
							errmsg("%s: %s appears twice", opres_path_text(&days.path),
								   opres_quoted(day->val.string.val, day->val.string.len)),
							errdetail("It is at %s[%d] already.", opres_path_text(&days.array), taken->index)));
		opres_rows_put(walk, OPRES_PART_CALENDAR_DAY, values, nulls);
		MemoryContextSwitchTo(old);
		MemoryContextReset(walk->subrow);
	}
}

/* Takes the code of a calendar or scenario. */
static void
take_code(OpresNames *names, const OpresElements *elements, const char *what, const JsonbValue *code)
{
	OpresName *taken = opres_names_take(names, 0, code->val.string.val, code->val.string.len, elements->path.index);
	OpresPath place = opres_path_key(&elements->path, "code");

	if (taken != NULL)
		ereport(ERROR, (errcode(ERRCODE_UNIQUE_VIOLATION),
						errmsg("%s: %s %s appears twice", opres_path_text(&place), what,
							   opres_quoted(code->val.string.val, code->val.string.len)),
						errdetail("It is at %s[%d] already.", opres_path_text(&elements->array), taken->index)));
}

void
opres_walk_calendars(OpresWalk *walk, const JsonbValue *raw_calendars)
{
	OpresElements calendars;
	JsonbValue raw[OPRES_MAX_FIELDS];
	bool isnull;

	opres_rows_begin(walk, OPRES_PART_CALENDAR_DAY, "new_calendar_day", day_parents, &day_shape);
	opres_elements_begin(&calendars, &walk->root, "calendars", raw_calendars);
	walk->calendars = opres_names_make(calendars.count);
	walk->calendar_count = calendars.count;
	walk->calendar_code = MemoryContextAllocHuge(CurrentMemoryContext, Max(calendars.count, 1) * sizeof(OpresNameKey));
	while (opres_elements_next(&calendars))
	{
		MemoryContext old = MemoryContextSwitchTo(walk->row);

		opres_read_object(&calendars.path, &calendars.value, &calendar_shape, raw);
		opres_read_field(&calendars.path, &calendar_fields[CALENDAR_CODE], &raw[CALENDAR_CODE], &isnull);
		take_code(walk->calendars, &calendars, "calendar", &raw[CALENDAR_CODE]);
		walk->calendar_code[calendars.path.index] =
			(OpresNameKey){ 0, raw[CALENDAR_CODE].val.string.len, raw[CALENDAR_CODE].val.string.val };
		walk_days(walk, &calendars, raw);
		MemoryContextSwitchTo(old);
		MemoryContextReset(walk->row);
	}
}

/* calendar = NULL: the tolerance names none there. */
static void
check_calendar(const OpresWalk *walk, const OpresPath *place, const char *calendar)
{
	OpresNearest nearest;

	if (calendar == NULL || opres_names_find(walk->calendars, 0, calendar, strlen(calendar)) != NULL)
		return;
	opres_nearest_begin(&nearest, calendar, strlen(calendar));
	for (int i = 0; i < walk->calendar_count; i++)
		opres_nearest_offer(&nearest, walk->calendar_code[i].text, walk->calendar_code[i].length);
	ereport(ERROR, (errcode(ERRCODE_FOREIGN_KEY_VIOLATION),
					errmsg("%s: no calendar has the code %s", opres_path_text(place), opres_quoted(calendar, strlen(calendar))),
					errdetail("Expected the code of a calendar in $.calendars."), opres_nearest_hint(&nearest)));
}

static void
check_calendars(const OpresWalk *walk, const OpresPath *place, const char *canonical)
{
	OpresScan scan;
	OpresTolerance tolerance;
	char names[OPRES_TOLERANCE_NAMES];

	opres_scan_init(&scan, canonical, strlen(canonical));
	if (!opres_tolerance_scan(&scan, &tolerance, names))
		elog(ERROR, "the tolerance \"%s\" does not read back: %s", canonical, scan.message);
	check_calendar(walk, place, tolerance.calendar);
	check_calendar(walk, place, tolerance.except_calendar);
}

static void
read_tolerance(OpresWalk *walk, const OpresElements *tolerances, OpresNames *taken_tolerances)
{
	JsonbValue raw[OPRES_MAX_FIELDS];
	Datum values[OPRES_MAX_FIELDS];
	bool nulls[OPRES_MAX_FIELDS];
	OpresPath operation = opres_path_key(&tolerances->path, "operation");
	OpresPath place = opres_path_key(&tolerances->path, "tolerance");
	OpresName *taken;
	char *canonical;
	int node;

	opres_read_object(&tolerances->path, &tolerances->value, &tolerance_shape, raw);
	node = opres_walk_node(walk, &tolerances->path, &tolerance_fields[TOLERANCE_OPERATION], &raw[TOLERANCE_OPERATION]);
	if (walk->node_kind[node] != OPRES_OPERATION)
		ereport(ERROR, (errcode(ERRCODE_CHECK_VIOLATION),
						errmsg("%s: node %s is no operation", opres_path_text(&operation),
							   opres_quoted(walk->node_code[node].text, walk->node_code[node].length)),
						errdetail("Only nodes of kind operation have tolerances.")));
	opres_read_columns(&tolerances->path, &tolerance_shape, raw, values, nulls);
	canonical = MemoryContextStrdup(walk->context, TextDatumGetCString(values[TOLERANCE_TEXT]));
	check_calendars(walk, &place, canonical);
	taken = opres_names_take(taken_tolerances, node, canonical, strlen(canonical), tolerances->path.index);
	if (taken != NULL)
		ereport(ERROR, (errcode(ERRCODE_UNIQUE_VIOLATION),
						errmsg("%s: the operation has the tolerance %s twice", opres_path_text(&place),
							   opres_quoted(canonical, strlen(canonical))),
						errdetail("It is at %s[%d] already.", opres_path_text(&tolerances->array), taken->index)));
	opres_rows_put(walk, OPRES_PART_TOLERANCE, values, nulls);
}

void
opres_walk_tolerances(OpresWalk *walk, const JsonbValue *raw)
{
	OpresElements tolerances;
	OpresNames *taken_tolerances;

	opres_rows_begin(walk, OPRES_PART_TOLERANCE, "new_tolerance", NULL, &tolerance_shape);
	opres_elements_begin(&tolerances, &walk->root, "tolerances", raw);
	taken_tolerances = opres_names_make(tolerances.count);
	while (opres_elements_next(&tolerances))
	{
		MemoryContext old = MemoryContextSwitchTo(walk->row);

		read_tolerance(walk, &tolerances, taken_tolerances);
		MemoryContextSwitchTo(old);
		MemoryContextReset(walk->row);
	}
}

/* The scenario at hand and what its shocks have taken. */
typedef struct Scenario
{
	OpresWalk *walk;
	const OpresPath *path;
	JsonbValue raw[OPRES_MAX_FIELDS];
	Datum values[OPRES_MAX_FIELDS];
	bool nulls[OPRES_MAX_FIELDS];
	OpresNames *codes;
	OpresNames *causes;    /* index = the first shock of the cause */
	double *probabilities; /* per shock */
} Scenario;

static void
take_shock_codes(Scenario *scenario, const char *key)
{
	OpresElements shocks;
	JsonbValue raw[OPRES_MAX_FIELDS];
	bool isnull;

	opres_elements_begin(&shocks, scenario->path, key, &scenario->raw[SCENARIO_SHOCKS]);
	scenario->codes = opres_names_make(shocks.count);
	scenario->causes = opres_names_make(16);
	scenario->probabilities = MemoryContextAllocHuge(CurrentMemoryContext, Max(shocks.count, 1) * sizeof(double));
	while (opres_elements_next(&shocks))
	{
		opres_read_object(&shocks.path, &shocks.value, &shock_shape, raw);
		opres_read_field(&shocks.path, &shock_fields[SHOCK_CODE], &raw[SHOCK_CODE], &isnull);
		if (!isnull)
			take_code(scenario->codes, &shocks, "shock", &raw[SHOCK_CODE]);
	}
}

static void
check_duration(const OpresPath *path, const Datum *values, const bool *nulls)
{
	OpresPath place = opres_path_key(path, "duration");

	if (!nulls[SHOCK_DURATION] && nulls[SHOCK_DATA_LOSS] &&
		opres_interval_to_time(DatumGetIntervalP(values[SHOCK_DURATION]), "duration") == 0)
		ereport(ERROR, (errcode(ERRCODE_CHECK_VIOLATION),
						errmsg("%s: a shock without duration and without data_loss", opres_path_text(&place)),
						errdetail("\"0\" is only for shocks that lose data."),
						errhint("Leave the duration out if the shock lasts until further notice.")));
}

static void
check_cause(Scenario *scenario, const OpresElements *shocks, const JsonbValue *cause, double probability)
{
	OpresPath place = opres_path_key(&shocks->path, "probability");
	OpresName *first;

	scenario->probabilities[shocks->path.index] = probability;
	if (cause->type == jbvNull)
		return;
	first = opres_names_take(scenario->causes, 0, cause->val.string.val, cause->val.string.len, shocks->path.index);
	if (first != NULL && scenario->probabilities[first->index] != probability)
		ereport(ERROR, (errcode(ERRCODE_CHECK_VIOLATION),
						errmsg("%s: %g differs from the other shocks of the common cause %s", opres_path_text(&place), probability,
							   opres_quoted(cause->val.string.val, cause->val.string.len)),
						errdetail("Shocks of one cause happen together; %s[%d] has %g.", opres_path_text(&shocks->array),
								  first->index, scenario->probabilities[first->index])));
}

static void
walk_shock(Scenario *scenario, const OpresElements *shocks)
{
	OpresWalk *walk = scenario->walk;
	JsonbValue raw[OPRES_MAX_FIELDS];
	Datum values[OPRES_MAX_FIELDS];
	bool nulls[OPRES_MAX_FIELDS] = { false };
	Datum *columns = values + 1;

	values[0] = scenario->values[SCENARIO_CODE];
	opres_read_object(&shocks->path, &shocks->value, &shock_shape, raw);
	opres_read_columns(&shocks->path, &shock_shape, raw, columns, nulls + 1);
	opres_walk_node(walk, &shocks->path, &shock_fields[SHOCK_NODE], &raw[SHOCK_NODE]);
	check_duration(&shocks->path, columns, nulls + 1);
	check_cause(scenario, shocks, &raw[SHOCK_CAUSE], DatumGetFloat8(columns[SHOCK_PROBABILITY]));
	if (raw[SHOCK_CODE].type == jbvNull)
	{
		MemoryContext old = MemoryContextSwitchTo(walk->row); /* the table of codes keeps the text until the scenario is done */
		OpresNameKey code = opres_names_take_free(scenario->codes, 0, raw[SHOCK_NODE].val.string.val,
												  raw[SHOCK_NODE].val.string.len, shocks->path.index);

		MemoryContextSwitchTo(old);
		columns[SHOCK_CODE] = PointerGetDatum(cstring_to_text_with_len(code.text, code.length));
		nulls[1 + SHOCK_CODE] = false;
	}
	opres_rows_put(walk, OPRES_PART_SHOCK, values, nulls);
}

static void
walk_scenario(Scenario *scenario, OpresNames *codes, const OpresElements *scenarios)
{
	OpresElements shocks;

	opres_read_object(&scenarios->path, &scenarios->value, &scenario_shape, scenario->raw);
	opres_read_columns(&scenarios->path, &scenario_shape, scenario->raw, scenario->values, scenario->nulls);
	take_code(codes, scenarios, "scenario", &scenario->raw[SCENARIO_CODE]);
	opres_rows_put(scenario->walk, OPRES_PART_SCENARIO, scenario->values, scenario->nulls);
	take_shock_codes(scenario, "shocks");
	opres_elements_begin(&shocks, &scenarios->path, "shocks", &scenario->raw[SCENARIO_SHOCKS]);
	while (opres_elements_next(&shocks))
	{
		MemoryContext old = MemoryContextSwitchTo(scenario->walk->subrow);

		walk_shock(scenario, &shocks);
		MemoryContextSwitchTo(old);
		MemoryContextReset(scenario->walk->subrow);
	}
}

void
opres_walk_scenarios(OpresWalk *walk, const JsonbValue *raw)
{
	OpresElements scenarios;
	OpresNames *codes;

	opres_rows_begin(walk, OPRES_PART_SCENARIO, "new_scenario", NULL, &scenario_shape);
	opres_rows_begin(walk, OPRES_PART_SHOCK, "new_shock", shock_parents, &shock_shape);
	opres_elements_begin(&scenarios, &walk->root, "scenarios", raw);
	codes = opres_names_make(scenarios.count);
	while (opres_elements_next(&scenarios))
	{
		MemoryContext old = MemoryContextSwitchTo(walk->row);
		Scenario scenario = { .walk = walk, .path = &scenarios.path };

		walk_scenario(&scenario, codes, &scenarios);
		MemoryContextSwitchTo(old);
		MemoryContextReset(walk->row);
	}
}

OpresRows *
opres_document_shocks(Jsonb *shocks, const OpresMap *map)
{
	OpresWalk *walk = palloc0(sizeof(OpresWalk));
	Scenario scenario = { .walk = walk, .path = &walk->root };
	JsonbValue *array = &scenario.raw[SCENARIO_SHOCKS];
	OpresElements elements;

	walk->map = map;
	walk->context = CurrentMemoryContext;
	walk->rows = palloc0(OPRES_PARTS * sizeof(OpresRows));
	walk->row = AllocSetContextCreate(CurrentMemoryContext, "opres shocks", ALLOCSET_DEFAULT_SIZES);
	walk->subrow = AllocSetContextCreate(CurrentMemoryContext, "opres shock", ALLOCSET_DEFAULT_SIZES);
	JsonbToJsonbValue(shocks, array);
	if (JB_ROOT_IS_SCALAR(shocks))
		JsonbExtractScalar(&shocks->root, array);
	if (array->type == jbvNull)
		opres_wrong_type(&walk->root, "an array of shocks", array, NULL);
	scenario.values[SCENARIO_CODE] = PointerGetDatum(cstring_to_text("")); /* no scenario: the column is not read */
	opres_rows_begin(walk, OPRES_PART_SHOCK, "new_shock", shock_parents, &shock_shape);
	take_shock_codes(&scenario, NULL);
	opres_elements_begin(&elements, scenario.path, NULL, array);
	while (opres_elements_next(&elements))
		walk_shock(&scenario, &elements);
	return &walk->rows[OPRES_PART_SHOCK];
}
