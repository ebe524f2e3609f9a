/*
 * run_act.c - what people do in a run: advance, approve, reject, override, set_values, abort_run, and time's part, tick.
 *
 * All are SECURITY DEFINER: the tables are the extension's alone. Each locks the run's row first, so that of two who act at the
 * same time the second sees what the first has done, and is told so if it was the same.
 */
#include "incident/run.h"

#include "audit/append.h"
#include "catalog/pg_type.h"
#include "common/settings.h"
#include "common/statement.h"
#include "incident/acting.h"
#include "map/document.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/snapmgr.h"

OPRES_FUNCTION(opres_advance);
OPRES_FUNCTION(opres_approve);
OPRES_FUNCTION(opres_reject);
OPRES_FUNCTION(opres_override);
OPRES_FUNCTION(opres_set_values);
OPRES_FUNCTION(opres_abort_run);

/* As they are now: at REPEATABLE READ too nobody acts in a role that was taken from her. */
static void
read_held_roles(OpresEventRow *row)
{
	Datum *items;
	int count;

	PushActiveSnapshot(GetLatestSnapshot());
	deconstruct_array(DatumGetArrayTypeP(opres_roles_of_person(row->person, GetCurrentTimestamp())), TEXTOID, -1, false,
					  TYPALIGN_INT, &items, NULL, &count);
	row->roles = palloc(sizeof(char *) * (count + 1));
	row->role_count = count;
	for (int i = 0; i < count; i++)
		row->roles[i] = TextDatumGetCString(items[i]);
	PopActiveSnapshot();
}

void
opres_event_by_caller(OpresEventRow *row)
{
	PushActiveSnapshot(GetLatestSnapshot());
	row->person = opres_acting_person_code();
	PopActiveSnapshot();
	row->login = opres_acting_login_name();
	read_held_roles(row);
}

void
opres_event_by_person(OpresEventRow *row, const char *said)
{
	static OpresStatement statement =
		OPRES_SQL("SELECT code FROM opres.person WHERE code OPERATOR(pg_catalog.=) $1 UNION ALL"
				  " SELECT person FROM opres.person_login WHERE login OPERATOR(pg_catalog.=) $1::name",
				  TEXTOID);
	Datum values[1] = { CStringGetTextDatum(said) };

	if (opres_statement(&statement, values, NULL, false) == 0)
		ereport(ERROR, (errcode(ERRCODE_UNDEFINED_OBJECT),
						errmsg("nobody has the code or login %s", opres_quoted(said, (int) strlen(said))),
						errhint("A registrar enters people: opres.save_person.")));
	row->person = opres_column_text(0, 1);
	row->login = opres_acting_login_name();
	read_held_roles(row);
}

/* Of anything that is recorded: the year 2000, PostgreSQL's epoch. */
#define OPRES_EARLIEST INT64CONST(0)

static void
check_occurred(TimestampTz occurred_at, TimestampTz now)
{
	if (TIMESTAMP_NOT_FINITE(occurred_at) || occurred_at > now)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("occurred_at lies in the future: %s", timestamptz_to_str(occurred_at)),
						errdetail("Expected when it was done, at the latest now.")));
	if (occurred_at < OPRES_EARLIEST)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("occurred_at is too long ago: %s", timestamptz_to_str(occurred_at)),
						errdetail("Expected a time after the year 2000.")));
}

/* Number and time of the next event; 0 as occurred_at means now. */
static void
stamp_event(OpresLiveRun *live, OpresEventRow *row)
{
	TimestampTz now = GetCurrentTimestamp();

	row->number = live->events + 1;
	row->recorded_at = Max(now, live->last_at);
	if (row->occurred_at == OPRES_NO_TIME)
		row->occurred_at = row->recorded_at;
	check_occurred(row->occurred_at, row->recorded_at);
}

void
opres_run_act(OpresLiveRun *live, OpresEventRow *row, const char *reason)
{
	stamp_event(live, row);
	opres_run_fold(live, row);
	opres_event_record(live, row, reason);
}

static bool
is_construct(OpresStepType type)
{
	return type != OPRES_STEP_ACTION && type != OPRES_STEP_START && type != OPRES_STEP_END;
}

/* What time does is nobody's act: no person, no roles. */
static bool
try_of_time(OpresLiveRun *live, const char *kind, int32 step)
{
	OpresEventRow row = { .kind = kind, .step = step, .occurred_at = OPRES_NO_TIME };
	OpresRefusal refusal;
	int32 detail;

	row.login = opres_acting_login_name();
	stamp_event(live, &row);
	if (!opres_run_try(live, &row, &refusal, &detail))
		return false;
	opres_event_record(live, &row, NULL);
	return true;
}

void
opres_run_wake(OpresLiveRun *live)
{
	const OpresPlaybook *playbook = &live->compiled->playbook;

	for (int32 i = 0; i < playbook->step_count; i++)
		if (is_construct(playbook->steps[i].type) && opres_run_step(live->run, i)->state == OPRES_STEP_REACHED &&
			try_of_time(live, "wake", i))
			i = -1; /* what it has reached may be ready too */
}

static bool
expire_one(OpresLiveRun *live, TimestampTz now)
{
	const OpresPlaybook *playbook = &live->compiled->playbook;

	for (int32 i = 0; i < playbook->step_count; i++)
	{
		const OpresActivation *a = opres_run_step(live->run, i);
		bool open = a->state == OPRES_STEP_REACHED || a->state == OPRES_STEP_SUBMITTED || a->state == OPRES_STEP_RUNNING;

		if (open && a->due != OPRES_NEVER && a->due <= now && try_of_time(live, "expire", i))
			return true;
	}
	return false;
}

int32
opres_run_tick(OpresLiveRun *live)
{
	int32 before = live->events;

	do
		opres_run_wake(live);
	while (expire_one(live, GetCurrentTimestamp()));
	return live->events - before;
}

/* Arguments */

static char *
text_argument(FunctionCallInfo fcinfo, int n)
{
	return PG_ARGISNULL(n) ? NULL : text_to_cstring(PG_GETARG_TEXT_PP(n));
}

static char *
needed_text(FunctionCallInfo fcinfo, int n, const char *name)
{
	char *value = text_argument(fcinfo, n);

	if (value == NULL || *value == '\0')
		ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("%s is missing", name)));
	return value;
}

static OpresLiveRun *
open_argument(FunctionCallInfo fcinfo)
{
	OpresLiveRun *live;

	if (PG_ARGISNULL(0))
		ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("run is missing"), errhint("opres.runs lists the runs.")));
	live = opres_run_open(PG_GETARG_INT64(0), OPRES_TO_CHANGE);
	opres_run_wake(live);
	return live;
}

static void
rest_of_arguments(FunctionCallInfo fcinfo, int note, int evidence, int occurred_at, OpresEventRow *row)
{
	row->note = text_argument(fcinfo, note);
	row->evidence = PG_ARGISNULL(evidence) ? NULL : PG_GETARG_JSONB_P_COPY(evidence);
	row->occurred_at = PG_ARGISNULL(occurred_at) ? OPRES_NO_TIME : PG_GETARG_TIMESTAMPTZ(occurred_at);
}

/* advance */

static const struct
{
	const char *outcome, *kind;
} outcomes[] = { { "success", "success" }, { "done", "success" }, { "failure", "failure" }, { "failed", "failure" },
				 { "omit", "omit" },       { "skipped", "omit" }, { "retry", "retry" } };

/* What an outcome means depends on the step: a case of a switch may be called anything. */
static void
read_outcome(const OpresLiveRun *live, const char *outcome, OpresEventRow *row)
{
	const OpresStep *step = &live->compiled->playbook.steps[row->step];
	bool question = step->type == OPRES_STEP_IF || step->type == OPRES_STEP_WHILE || step->type == OPRES_STEP_SWITCH;
	bool held = opres_run_step(live->run, row->step)->state == OPRES_STEP_HELD;

	if (question && !(held && strcmp(outcome, "retry") == 0))
	{
		row->kind = "decide";
		row->choice = step->type == OPRES_STEP_SWITCH ? outcome
					  : strcmp(outcome, "yes") == 0   ? "true"
					  : strcmp(outcome, "no") == 0    ? "false"
													  : outcome;
		return;
	}
	for (int i = 0; i < lengthof(outcomes); i++)
		if (strcmp(outcomes[i].outcome, outcome) == 0)
			row->kind = outcomes[i].kind;
	if (row->kind == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("step %s cannot end in %s", opres_step_said(live, row->step), opres_quoted(outcome, (int) strlen(outcome))),
				 errdetail("Expected success, failure, omit (of an optional step) or retry (of a held one).")));
}

/* Values may stand among the evidence, under the names of the variables the step asks for. */
static Jsonb *
values_from_evidence(const OpresLiveRun *live, int32 step, Jsonb *evidence)
{
	const OpresStep *s = &live->compiled->playbook.steps[step];
	JsonbParseState *state = NULL;
	JsonbValue *result;
	bool any = false;

	if (evidence == NULL || !JB_ROOT_IS_OBJECT(evidence))
		return NULL;
	pushJsonbValue(&state, WJB_BEGIN_OBJECT, NULL);
	for (int32 i = 0; i < s->out_count; i++)
	{
		const char *name = live->compiled->variables[s->out_variables[i]].name;
		JsonbValue key = { .type = jbvString }, value;

		if (getKeyJsonValueFromContainer(&evidence->root, name, (int) strlen(name), &value) == NULL)
			continue;
		key.val.string.val = (char *) name;
		key.val.string.len = (int) strlen(name);
		pushJsonbValue(&state, WJB_KEY, &key);
		pushJsonbValue(&state, WJB_VALUE, &value);
		any = true;
	}
	result = pushJsonbValue(&state, WJB_END_OBJECT, NULL);
	return any ? JsonbValueToJsonb(result) : NULL;
}

/* Why something was left out is asked in every review. */
static void
check_omission(const OpresLiveRun *live, const OpresEventRow *row)
{
	if (strcmp(row->kind, "omit") == 0 && (row->note == NULL || strspn(row->note, " \t\n") == strlen(row->note)))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("leaving out step %s needs a note", opres_step_said(live, row->step)),
						errhint("Say why, as in: opres.advance(" INT64_FORMAT ", '%s', 'omit', '...').", live->id,
								opres_step_said(live, row->step))));
}

/* Approvals are worth nothing if the doer can come back as somebody else. */
static void
check_known(const OpresLiveRun *live, const OpresEventRow *row)
{
	if (row->person[0] == '@' && live->compiled->playbook.steps[row->step].approval_count > 0 && strcmp(row->kind, "success") == 0)
		ereport(ERROR, (errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
						errmsg("login %s is nobody's: step %s asks for approvals by others than who does it", row->person + 1,
							   opres_step_said(live, row->step)),
						errhint("A registrar says whose login it is: opres.save_person.")));
}

/* The last step of a round of a loop is idle, or reached again, as soon as it is done: for who did it, it is done. */
static const char *
outcome_of(const OpresLiveRun *live, const OpresEventRow *row)
{
	OpresStepState state = opres_run_step(live->run, row->step)->state;
	bool ends = strcmp(row->kind, "success") == 0 || strcmp(row->kind, "approve") == 0 || strcmp(row->kind, "override") == 0;

	return opres_step_state_name(ends && (state == OPRES_STEP_IDLE || state == OPRES_STEP_REACHED) ? OPRES_STEP_DONE : state);
}

static Datum
finish(OpresLiveRun *live, const OpresEventRow *row)
{
	const char *state;

	opres_run_close(live, false);
	state = row->step == OPRES_NO_STEP ? NULL : outcome_of(live, row);
	SPI_finish();
	return state != NULL ? CStringGetTextDatum(state) : (Datum) 0;
}

Datum
opres_advance(PG_FUNCTION_ARGS)
{
	OpresEventRow row = { 0 };
	OpresLiveRun *live;
	char *outcome;

	SPI_connect();
	live = open_argument(fcinfo);
	row.step = opres_find_step(live->compiled, needed_text(fcinfo, 1, "step"));
	outcome = needed_text(fcinfo, 2, "outcome");
	rest_of_arguments(fcinfo, 3, 4, 5, &row);
	read_outcome(live, outcome, &row);
	if (strcmp(row.kind, "success") == 0 || strcmp(row.kind, "failure") == 0)
		row.values = !PG_ARGISNULL(6) ? PG_GETARG_JSONB_P_COPY(6) : values_from_evidence(live, row.step, row.evidence);
	opres_event_by_caller(&row);
	check_known(live, &row);
	opres_run_act(live, &row, NULL);
	/* Last: that a step may not be left out at all is said first. */
	check_omission(live, &row);
	return finish(live, &row);
}

/* approve, reject */

/* What she said by telephone she confirms by approving it herself; how many such approvals there were. */
static uint64
ratify(OpresLiveRun *live, OpresEventRow *row)
{
	static OpresStatement update = OPRES_SQL(
		"UPDATE opres.run_ratification AS q SET ratified_at = $4 FROM opres.run_event AS e"
		" WHERE q.run OPERATOR(pg_catalog.=) $1 AND q.person OPERATOR(pg_catalog.=) $2 AND q.ratified_at IS NULL AND q.disputed_at "
		"IS NULL"
		" AND e.run OPERATOR(pg_catalog.=) q.run AND e.number OPERATOR(pg_catalog.=) q.event AND e.step OPERATOR(pg_catalog.=) $3",
		INT8OID, TEXTOID, TEXTOID, TIMESTAMPTZOID);
	Datum values[4] = { Int64GetDatum(live->id), CStringGetTextDatum(row->person),
						CStringGetTextDatum(live->compiled->steps[row->step].reference),
						TimestampTzGetDatum(GetCurrentTimestamp()) };

	return opres_statement(&update, values, NULL, false);
}

static void
ask_ratification(const OpresLiveRun *live, const OpresEventRow *row)
{
	static OpresStatement insert =
		OPRES_SQL("INSERT INTO opres.run_ratification (run, event, person, due_at) VALUES ($1, $2, $3, $4)", INT8OID, INT4OID,
				  TEXTOID, TIMESTAMPTZOID);
	Datum values[4] = { Int64GetDatum(live->id), Int32GetDatum(row->number), CStringGetTextDatum(row->person),
						TimestampTzGetDatum(row->recorded_at + (int64) opres_ratify_within * USECS_PER_MINUTE) };

	opres_statement(&insert, values, NULL, false);
}

static int
weight(OpresRefusal refusal)
{
	return refusal == OPRES_REFUSED_ROLE ? 0 : refusal == OPRES_REFUSED_TWICE ? 1 : 2;
}

static bool
is_doer(const OpresLiveRun *live, const OpresEventRow *row)
{
	const OpresActivation *a = opres_run_step(live->run, row->step);

	for (int32 i = 0; i < a->doer_count && a->state == OPRES_STEP_SUBMITTED; i++)
		if (strcmp(live->persons[a->doers[i]], row->person) == 0)
			return true;
	return false;
}

static bool
holds(const OpresEventRow *row, const char *role)
{
	for (int i = 0; i < row->role_count; i++)
		if (strcmp(row->roles[i], role) == 0)
			return true;
	return false;
}

/*
 * Whether the caller's login has done it, as whomever it was hers then: a login that becomes another person's in the middle of a
 * run does not become another pair of eyes. One that is nobody's acts for many (SET ROLE), who may be as many persons.
 */
static bool
done_by_login(const OpresLiveRun *live, const OpresEventRow *row)
{
	const OpresActivation *a = opres_run_step(live->run, row->step);

	if (a->state != OPRES_STEP_SUBMITTED || !opres_login_is_somebodys())
		return false;
	for (int32 i = 0; i < live->done_by_count; i++)
		for (int32 d = 0; d < a->doer_count && strcmp(live->done_by[i].login, row->login) == 0; d++)
			if (a->doers[d] == live->done_by[i].person)
				return true;
	return false;
}

/*
 * In a role she holds, if there is one in which it is allowed; else as a deputy: who speaks for her own role must not use up the
 * place of the one whose deputy she is. If it is allowed in none, the refusal that says most.
 */
static void
judge(OpresLiveRun *live, OpresEventRow *row, const char *reason)
{
	const OpresStep *step = &live->compiled->playbook.steps[row->step];
	OpresRefusal worst = OPRES_REFUSED_ROLE;
	int32 worst_detail = -1;

	stamp_event(live, row);
	if (done_by_login(live, row))
		opres_refuse(live, row, OPRES_REFUSED_DOER, -1);
	for (int32 i = 0; i < 2 * step->approval_count; i++)
	{
		bool deputy = i >= step->approval_count;
		OpresRefusal refusal;
		int32 detail = -1;

		row->role = live->compiled->roles[step->approvals[i % step->approval_count].role].code;
		if (holds(row, row->role) == deputy)
			continue;
		if (opres_run_try(live, row, &refusal, &detail))
		{
			opres_event_record(live, row, reason);
			return;
		}
		if (weight(refusal) > weight(worst))
		{
			worst = refusal;
			worst_detail = detail;
		}
	}
	/* Of all that speaks against her, this says most. */
	if (worst == OPRES_REFUSED_ROLE && is_doer(live, row))
		worst = OPRES_REFUSED_DOER;
	opres_refuse(live, row, worst, worst_detail);
}

/* The caller says it, or she heard it from the one on whose behalf she enters it. */
static void
read_speaker(OpresEventRow *row, const char *on_behalf_of)
{
	const char *caller;

	opres_event_by_caller(row);
	caller = row->person;
	if (on_behalf_of == NULL)
		return;
	if (caller[0] == '@')
		ereport(ERROR, (errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
						errmsg("login %s is nobody's: who heard it must be on record", caller + 1),
						errhint("A registrar says whose login it is: opres.save_person.")));
	opres_event_by_person(row, on_behalf_of);
	row->heard_by = caller;
	if (strcmp(row->person, caller) == 0)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("on_behalf_of is the caller herself"),
						errhint("Leave it out: it is for what another said by telephone.")));
}

Datum
opres_approve(PG_FUNCTION_ARGS)
{
	OpresEventRow row = { .kind = "approve" };
	OpresLiveRun *live;
	char *on_behalf_of;
	uint64 ratified = 0;
	Datum state;

	SPI_connect();
	if (PG_ARGISNULL(0))
		ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("run is missing"), errhint("opres.runs lists the runs.")));
	live = opres_run_open(PG_GETARG_INT64(0), OPRES_TO_CHANGE);
	row.step = opres_find_step(live->compiled, needed_text(fcinfo, 1, "step"));
	on_behalf_of = text_argument(fcinfo, 3);
	rest_of_arguments(fcinfo, 2, 4, 5, &row);
	read_speaker(&row, on_behalf_of);
	if (on_behalf_of == NULL)
		ratified = ratify(live, &row);
	if (ratified > 0)
	{
		row.kind = "ratify";
		opres_run_act(live, &row, NULL);
	}
	else
		judge(live, &row, NULL);
	if (on_behalf_of != NULL)
		ask_ratification(live, &row);
	state = finish(live, &row);
	return ratified > 0 ? CStringGetTextDatum("ratified") : state;
}

Datum
opres_reject(PG_FUNCTION_ARGS)
{
	OpresEventRow row = { .kind = "reject" };
	OpresLiveRun *live;

	SPI_connect();
	live = open_argument(fcinfo);
	row.step = opres_find_step(live->compiled, needed_text(fcinfo, 1, "step"));
	row.note = opres_reason(text_argument(fcinfo, 2), "rejecting what was submitted");
	row.occurred_at = PG_ARGISNULL(4) ? OPRES_NO_TIME : PG_GETARG_TIMESTAMPTZ(4);
	read_speaker(&row, text_argument(fcinfo, 3));
	judge(live, &row, row.note);
	return finish(live, &row);
}

Datum
opres_override(PG_FUNCTION_ARGS)
{
	OpresEventRow row = { .kind = "override" };
	const OpresPlaybook *playbook;
	const OpresStep *step;
	OpresLiveRun *live;
	int32 role;

	SPI_connect();
	live = open_argument(fcinfo);
	playbook = &live->compiled->playbook;
	row.step = opres_find_step(live->compiled, needed_text(fcinfo, 1, "step"));
	row.note = opres_reason(text_argument(fcinfo, 2), "overriding a step");
	row.occurred_at = PG_ARGISNULL(3) ? OPRES_NO_TIME : PG_GETARG_TIMESTAMPTZ(3);
	step = &playbook->steps[row.step];
	role = step->override_role >= 0 ? step->override_role : playbook->override_roles[step->playbook];
	row.role = role >= 0 ? live->compiled->roles[role].code : NULL;
	opres_event_by_caller(&row);
	opres_run_act(live, &row, row.note);
	return finish(live, &row);
}

Datum
opres_set_values(PG_FUNCTION_ARGS)
{
	OpresEventRow row = { .kind = "set", .step = OPRES_NO_STEP, .occurred_at = OPRES_NO_TIME };
	OpresLiveRun *live;

	SPI_connect();
	live = open_argument(fcinfo);
	if (PG_ARGISNULL(1))
		ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("values is missing")));
	row.values = PG_GETARG_JSONB_P_COPY(1);
	row.note = text_argument(fcinfo, 2);
	row.occurred_at = PG_ARGISNULL(3) ? OPRES_NO_TIME : PG_GETARG_TIMESTAMPTZ(3);
	opres_event_by_caller(&row);
	opres_run_act(live, &row, NULL);
	opres_run_wake(live);
	(void) finish(live, &row);
	PG_RETURN_VOID();
}

Datum
opres_abort_run(PG_FUNCTION_ARGS)
{
	OpresEventRow row = { .kind = "abort", .step = OPRES_NO_STEP, .occurred_at = OPRES_NO_TIME };
	OpresLiveRun *live;

	SPI_connect();
	live = open_argument(fcinfo);
	row.note = opres_reason(text_argument(fcinfo, 1), "aborting a run");
	row.occurred_at = PG_ARGISNULL(2) ? OPRES_NO_TIME : PG_GETARG_TIMESTAMPTZ(2);
	opres_event_by_caller(&row);
	opres_run_act(live, &row, row.note);
	(void) finish(live, &row);
	PG_RETURN_VOID();
}
