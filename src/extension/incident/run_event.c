/*
 * run_event.c - events of runs: from a row to the machine's form, and into the table and the audit trail.
 */
#include "incident/run.h"

#include "audit/append.h"
#include "catalog/pg_type.h"
#include "common/rows.h"
#include "common/statement.h"
#include "lib/stringinfo.h"
#include "map/document.h"
#include "utils/builtins.h"
#include "utils/datetime.h"
#include "utils/json.h"
#include "utils/memutils.h"
#include "webhook/publish.h"

static const char *const kinds[] = {
	[OPRES_EVENT_BEGIN] = "begin",   [OPRES_EVENT_SUCCESS] = "success",   [OPRES_EVENT_FAILURE] = "failure",
	[OPRES_EVENT_DECIDE] = "decide", [OPRES_EVENT_APPROVE] = "approve",   [OPRES_EVENT_REJECT] = "reject",
	[OPRES_EVENT_OMIT] = "omit",     [OPRES_EVENT_OVERRIDE] = "override", [OPRES_EVENT_RETRY] = "retry",
	[OPRES_EVENT_EXPIRE] = "expire", [OPRES_EVENT_WAKE] = "wake",         [OPRES_EVENT_SET] = "set",
	[OPRES_EVENT_ABORT] = "abort"
};

/* Whether something was handed in as evidence: an empty text, list or object is none. */
bool
opres_evidence_given(const Jsonb *evidence)
{
	JsonbContainer *root;
	JsonbValue scalar;

	if (evidence == NULL)
		return false;
	root = (JsonbContainer *) &evidence->root;
	if (!JB_ROOT_IS_SCALAR(evidence))
		return JsonContainerSize(root) > 0;
	if (!JsonbExtractScalar(root, &scalar) || scalar.type == jbvNull)
		return false;
	return scalar.type != jbvString || scalar.val.string.len > 0;
}

/* A JSON value as the text the machine has it as; NULL for null. */
static char *
value_text(const JsonbValue *value)
{
	switch (value->type)
	{
		case jbvNull:
			return NULL;
		case jbvString:
			return pnstrdup(value->val.string.val, value->val.string.len);
		case jbvBool:
			return pstrdup(value->val.boolean ? "true" : "false");
		case jbvNumeric:
			return DatumGetCString(DirectFunctionCall1(numeric_out, NumericGetDatum(value->val.numeric)));
		default:
			return JsonbToCString(NULL, value->val.binary.data, value->val.binary.len);
	}
}

static bool
wanted_variable(const OpresCompiled *compiled, int32 step, int32 variable)
{
	const OpresVariable *v = &compiled->playbook.variables[variable];
	const OpresStep *s;

	if (step == OPRES_NO_STEP)
		return v->scope == 0 && v->external;
	s = &compiled->playbook.steps[step];
	for (int32 i = 0; i < s->out_count; i++)
		if (s->out_variables[i] == variable)
			return true;
	return false;
}

int32
opres_find_variable(const OpresLiveRun *live, int32 step, const char *name, int length)
{
	const OpresCompiled *compiled = live->compiled;
	OpresNearest nearest;

	opres_nearest_begin(&nearest, name, length);
	for (int32 i = 0; i < compiled->playbook.variable_count; i++)
	{
		const char *mine = compiled->variables[i].name;

		if (!wanted_variable(compiled, step, i))
			continue;
		if ((int) strlen(mine) == length && memcmp(mine, name, length) == 0)
			return i;
		opres_nearest_offer(&nearest, mine, (int) strlen(mine));
	}
	ereport(ERROR, (errcode(ERRCODE_UNDEFINED_OBJECT),
					step == OPRES_NO_STEP
						? errmsg("the playbook has no external variable %s", opres_quoted(name, length))
						: errmsg("step %s does not ask for a value of %s", opres_step_said(live, step), opres_quoted(name, length)),
					opres_nearest_hint(&nearest)));
}

/* Values by the names of variables: those a step asks for, or the playbook's external ones. */
static void
read_values(OpresLiveRun *live, int32 step, Jsonb *values, OpresRunEvent *event)
{
	JsonbIterator *iterator;
	JsonbValue key, value;
	OpresAssignment *assignments;

	if (values == NULL)
		return;
	if (!JB_ROOT_IS_OBJECT(values))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("values: expected an object"),
						errdetail("Expected the names of variables and their values, as in {\"__hosts__\": 3}.")));
	assignments = palloc0(sizeof(OpresAssignment) * (JB_ROOT_COUNT(values) + 1));
	iterator = JsonbIteratorInit(&values->root);
	(void) JsonbIteratorNext(&iterator, &key, true);
	while (JsonbIteratorNext(&iterator, &key, true) == WJB_KEY)
	{
		JsonbIteratorNext(&iterator, &value, true);
		assignments[event->assignment_count++] =
			(OpresAssignment){ opres_find_variable(live, step, key.val.string.val, key.val.string.len), value_text(&value) };
	}
	event->assignments = assignments;
}

static int32
role_index(const OpresCompiled *compiled, const char *code)
{
	for (int32 i = 0; i < compiled->role_count; i++)
		if (strcmp(compiled->roles[i].code, code) == 0)
			return i;
	return -1;
}

static bool
holds(const OpresEventRow *row, const char *code)
{
	for (int i = 0; i < row->role_count; i++)
		if (strcmp(row->roles[i], code) == 0)
			return true;
	return false;
}

/* The playbook's roles a person has: those she holds, and those of which she holds a deputy. */
static void
read_roles(const OpresCompiled *compiled, const OpresEventRow *row, OpresRunEvent *event)
{
	int32 *roles = palloc(sizeof(int32) * (compiled->role_count + 1));

	event->roles = roles;
	for (int32 i = 0; i < compiled->role_count && row->role_count > 0; i++)
	{
		const OpresRoleInfo *role = &compiled->roles[i];
		bool has = holds(row, role->code);

		for (int32 d = 0; d < role->deputy_count && !has; d++)
			has = holds(row, compiled->roles[role->deputies[d]].code);
		if (has)
			roles[event->role_count++] = i;
	}
}

/* The branch that is chosen; -1 if there is none of that name. */
static int32
choice_index(const OpresStep *step, const char *choice)
{
	if (step->type == OPRES_STEP_SWITCH)
	{
		for (int32 i = 0; i < step->branch_count; i++)
			if (strcmp(step->cases[i] != NULL ? step->cases[i] : "default", choice) == 0)
				return i;
		return strcmp(choice, "default") == 0 ? step->branch_count : -1;
	}
	if (strcmp(choice, "true") == 0)
		return 0;
	if (strcmp(choice, "false") == 0)
		return 1; /* of an if or while without a second branch that is branch_count: none */
	return -1;
}

bool
opres_event_to_machine(OpresLiveRun *live, const OpresEventRow *row, OpresRunEvent *event)
{
	int kind = 0;
	MemoryContext old;

	while (kind < lengthof(kinds) && strcmp(kinds[kind], row->kind) != 0)
		kind++;
	if (kind == lengthof(kinds))
		return false;
	old = MemoryContextSwitchTo(live->context);
	*event = (OpresRunEvent){ .kind = (OpresEventKind) kind, .at = row->recorded_at, .step = row->step };
	event->person = row->person != NULL ? opres_run_person(live, row->person) : -1;
	event->heard_by = row->heard_by != NULL ? opres_run_person(live, row->heard_by) : -1;
	event->role = row->role != NULL ? role_index(live->compiled, row->role) : -1;
	event->choice = row->choice != NULL ? choice_index(&live->compiled->playbook.steps[row->step], row->choice) : -1;
	event->evidence = opres_evidence_given(row->evidence);
	read_roles(live->compiled, row, event);
	read_values(live, row->step, row->values, event);
	MemoryContextSwitchTo(old);
	return true;
}

static void
json_text(StringInfo out, const char *name, const char *value)
{
	if (value == NULL)
		return;
	appendStringInfo(out, ", \"%s\": ", name);
	escape_json(out, value);
}

static void
json_time(StringInfo out, const char *name, TimestampTz value)
{
	char text[MAXDATELEN + 1];
	int utc = 0;

	JsonEncodeDateTime(text, TimestampTzGetDatum(value), TIMESTAMPTZOID, &utc);
	json_text(out, name, text);
}

static void
json_value(StringInfo out, const char *name, const Jsonb *value)
{
	if (value != NULL)
		appendStringInfo(out, ", \"%s\": %s", name, JsonbToCString(NULL, (JsonbContainer *) &value->root, VARSIZE(value)));
}

/* What the audit trail keeps of an event: the whole row. check_runs compares the two. */
static char *
content(const OpresLiveRun *live, const OpresEventRow *row)
{
	StringInfoData out;

	initStringInfo(&out);
	appendStringInfo(&out, "{\"run\": " INT64_FORMAT ", \"number\": %d", live->id, row->number);
	json_text(&out, "kind", row->kind);
	json_text(&out, "step", row->step == OPRES_NO_STEP ? NULL : live->compiled->steps[row->step].reference);
	json_time(&out, "occurred_at", row->occurred_at);
	json_time(&out, "recorded_at", row->recorded_at);
	json_text(&out, "person", row->person);
	json_text(&out, "login", row->login);
	if (row->roles != NULL)
	{
		appendStringInfoString(&out, ", \"roles\": [");
		for (int i = 0; i < row->role_count; i++)
		{
			appendStringInfoString(&out, i > 0 ? ", " : "");
			escape_json(&out, row->roles[i]);
		}
		appendStringInfoChar(&out, ']');
	}
	json_text(&out, "role", row->role);
	json_text(&out, "heard_by", row->heard_by);
	json_text(&out, "choice", row->choice);
	json_value(&out, "values", row->values);
	json_value(&out, "evidence", row->evidence);
	json_text(&out, "note", row->note);
	appendStringInfoChar(&out, '}');
	return out.data;
}

/* What the systems that subscribed are told: no notes, values and evidence, in which there may be personal data. */
static char *
told(const OpresLiveRun *live, const OpresEventRow *row)
{
	StringInfoData out;

	initStringInfo(&out);
	appendStringInfo(&out, "{\"run\": " INT64_FORMAT ", \"number\": %d", live->id, row->number);
	if (row->step != OPRES_NO_STEP)
	{
		json_text(&out, "step", live->compiled->steps[row->step].reference);
		json_text(&out, "code", live->compiled->steps[row->step].code);
		json_text(&out, "name", live->compiled->steps[row->step].name.in[OPRES_EN]);
		json_text(&out, "phase", live->compiled->steps[row->step].phase);
		json_text(&out, "step_state", opres_step_state_name(opres_run_step(live->run, row->step)->state));
	}
	json_text(&out, "run_state", opres_run_state_name(live));
	json_time(&out, "occurred_at", row->occurred_at);
	json_time(&out, "recorded_at", row->recorded_at);
	json_text(&out, "person", row->person);
	json_text(&out, "role", row->role);
	json_text(&out, "choice", row->choice);
	appendStringInfoChar(&out, '}');
	return out.data;
}

static Datum
roles_array(const OpresEventRow *row, bool *isnull)
{
	Datum *items = palloc(sizeof(Datum) * (row->role_count + 1));

	*isnull = row->roles == NULL;
	if (*isnull)
		return (Datum) 0;
	for (int i = 0; i < row->role_count; i++)
		items[i] = CStringGetTextDatum(row->roles[i]);
	return PointerGetDatum(construct_array(items, row->role_count, TEXTOID, -1, false, TYPALIGN_INT));
}

/* What is entered from paper at night has the wrong day or year easily: not refused, for the times of the incident may be wrong. Of
 * a second nothing is made: some systems know none smaller. */
static void
doubt_occurred(const OpresLiveRun *live, const OpresEventRow *row)
{
	TimestampTz detected = live->anchors[OPRES_ANCHOR_DETECTION], begun = live->anchors[OPRES_ANCHOR_OCCURRENCE];
	TimestampTz done = row->step == OPRES_NO_STEP ? OPRES_NO_TIME : live->acted_at[row->step];

	if (begun == OPRES_NO_TIME || (detected != OPRES_NO_TIME && detected < begun))
		begun = detected;
	if (begun != OPRES_NO_TIME && row->occurred_at < begun - USECS_PER_SEC)
		ereport(WARNING, (errmsg("occurred_at, %s, lies before the incident", timestamptz_to_str(row->occurred_at)),
						  errdetail("As far as known, the incident began at %s.", timestamptz_to_str(begun)),
						  errhint("A time entered wrongly is put right by a note: opres.annotate_run.")));
	else if (strcmp(row->kind, "approve") == 0 && done != OPRES_NO_TIME && row->occurred_at < done - USECS_PER_SEC)
		ereport(WARNING, (errmsg("occurred_at, %s, lies before what is approved", timestamptz_to_str(row->occurred_at)),
						  errdetail("Step %s was done at %s.", opres_step_said(live, row->step), timestamptz_to_str(done)),
						  errhint("A time entered wrongly is put right by a note: opres.annotate_run.")));
}

void
opres_event_record(OpresLiveRun *live, const OpresEventRow *row, const char *reason)
{
	static OpresStatement insert = OPRES_SQL(
		"INSERT INTO opres.run_event (run, number, kind, step, occurred_at, recorded_at, person, login, roles, role, heard_by,"
		" choice, \"values\", evidence, note) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)",
		INT8OID, INT4OID, TEXTOID, TEXTOID, TIMESTAMPTZOID, TIMESTAMPTZOID, TEXTOID, TEXTOID, TEXTARRAYOID, TEXTOID, TEXTOID,
		TEXTOID, JSONBOID, JSONBOID, TEXTOID);
	OpresActor actor = opres_actor();
	bool nulls[15] = { false };
	Datum values[15];

	doubt_occurred(live, row);
	values[0] = Int64GetDatum(live->id);
	values[1] = Int32GetDatum(row->number);
	values[2] = CStringGetTextDatum(row->kind);
	values[3] = opres_text_or_null(row->step == OPRES_NO_STEP ? NULL : live->compiled->steps[row->step].reference, &nulls[3]);
	values[4] = TimestampTzGetDatum(row->occurred_at);
	values[5] = TimestampTzGetDatum(row->recorded_at);
	values[6] = opres_text_or_null(row->person, &nulls[6]);
	values[7] = CStringGetTextDatum(row->login);
	values[8] = roles_array(row, &nulls[8]);
	values[9] = opres_text_or_null(row->role, &nulls[9]);
	values[10] = opres_text_or_null(row->heard_by, &nulls[10]);
	values[11] = opres_text_or_null(row->choice, &nulls[11]);
	nulls[12] = row->values == NULL;
	values[12] = PointerGetDatum(row->values);
	nulls[13] = row->evidence == NULL;
	values[13] = PointerGetDatum(row->evidence);
	values[14] = opres_text_or_null(row->note, &nulls[14]);
	opres_statement(&insert, values, nulls, false);
	if (opres_anybody_listens())
		opres_publish(psprintf("run.%s", row->kind), live->incident, told(live, row));
	opres_audit_append(&actor, psprintf("run.%s", row->kind), psprintf("run " INT64_FORMAT " event %d", live->id, row->number),
					   reason != NULL ? reason : row->note, content(live, row));
}
