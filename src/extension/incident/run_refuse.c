/*
 * run_refuse.c - why an event of a run is refused, in words: what is wrong, what was expected, what helps.
 */
#include "incident/run.h"

#include "lib/stringinfo.h"
#include "map/document.h"

#define STEP(live, row) opres_step_said(live, (row)->step)
#define FUNCTION_HINT "SELECT * FROM opres.todo(" INT64_FORMAT ") says what may be done now."

const char *
opres_step_said(const OpresLiveRun *live, int32 step)
{
	const OpresStepInfo *info = &live->compiled->steps[step];

	return info->code != NULL ? info->code : info->reference;
}

static const OpresStep *
step_of(const OpresLiveRun *live, const OpresEventRow *row)
{
	return &live->compiled->playbook.steps[row->step];
}

static char *
choices(const OpresLiveRun *live, const OpresEventRow *row)
{
	const OpresStep *step = step_of(live, row);
	StringInfoData out;

	if (step->type != OPRES_STEP_SWITCH)
		return pstrdup("true or false");
	initStringInfo(&out);
	for (int32 i = 0; i < step->branch_count; i++)
		if (step->cases[i] != NULL)
			appendStringInfo(&out, "%s, ", step->cases[i]);
	appendStringInfoString(&out, "default");
	return out.data;
}

static char *
who_did(const OpresLiveRun *live, int32 step)
{
	const OpresActivation *a = opres_run_step(live->run, step);
	StringInfoData out;

	initStringInfo(&out);
	for (int32 i = 0; i < a->doer_count; i++)
		appendStringInfo(&out, "%s%s", i > 0 ? ", " : " by ", live->persons[a->doers[i]]);
	return out.data;
}

static void
refuse_state(const OpresLiveRun *live, const OpresEventRow *row)
{
	const OpresActivation *a = opres_run_step(live->run, row->step);
	bool ended = a->state == OPRES_STEP_DONE || a->state == OPRES_STEP_FAILED;

	ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
					errmsg("step %s is %s", STEP(live, row),
						   a->state == OPRES_STEP_IDLE ? "not reached" : opres_step_state_name(a->state)),
					ended ? errdetail("It was %s at %s%s.", opres_step_state_name(a->state), timestamptz_to_str(a->ended_at),
									  who_did(live, row->step))
						  : errdetail("\"%s\" is not possible then.", row->kind),
					errhint(FUNCTION_HINT, live->id)));
}

static void
refuse_type(const OpresLiveRun *live, const OpresEventRow *row)
{
	OpresStepType type = step_of(live, row)->type;
	bool question = type == OPRES_STEP_IF || type == OPRES_STEP_WHILE || type == OPRES_STEP_SWITCH;

	if (strcmp(row->kind, "omit") == 0 && type == OPRES_STEP_ACTION)
		ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE), errmsg("step %s may not be left out", STEP(live, row)),
						errdetail("It is mandatory."), errhint("The authority may pass it: opres.override.")));
	ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					errmsg("step %s is a step of type %s", STEP(live, row), live->compiled->steps[row->step].type),
					question                    ? errdetail("Expected an answer: %s.", choices(live, row))
					: type == OPRES_STEP_ACTION ? errdetail("Expected success, failure, omit or retry.")
												: errdetail("Nobody ends it by hand: it ends with the steps inside it."),
					errhint(FUNCTION_HINT, live->id)));
}

static void
refuse_fact(const OpresLiveRun *live, const OpresEventRow *row, int32 fact)
{
	const OpresPlaybook *playbook = &live->compiled->playbook;
	StringInfoData from;

	initStringInfo(&from);
	for (int32 i = 0; i < playbook->step_count; i++)
		for (int32 f = 0; f < playbook->steps[i].establishes_count; f++)
			if (playbook->steps[i].establishes_facts[f] == fact)
				appendStringInfo(&from, "%s%s", from.len > 0 ? ", " : "", opres_step_said(live, i));
	ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
					errmsg("step %s requires a fact that is not established: %s", STEP(live, row),
						   live->compiled->facts[fact].in[OPRES_EN]),
					errdetail("It is established by step %s.", from.data),
					errhint("The authority may pass the step nevertheless: opres.override.")));
}

static void
refuse_approvals(const OpresLiveRun *live, const OpresEventRow *row)
{
	const OpresStep *step = step_of(live, row);
	StringInfoData roles;

	initStringInfo(&roles);
	if (strcmp(row->kind, "override") == 0)
	{
		if (row->role != NULL)
			appendStringInfo(&roles, "Only who holds the role %s may.", row->role);
		else
			appendStringInfoString(&roles, "The playbook names no authority for it.");
	}
	else if (step->approval_count == 0)
		ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE), errmsg("step %s asks for no approval", STEP(live, row)),
						errhint(FUNCTION_HINT, live->id)));
	for (int32 i = 0; i < step->approval_count && strcmp(row->kind, "override") != 0; i++)
		appendStringInfo(&roles, "%s%d by %s", i == 0 ? "It asks for approvals: " : ", ", step->approvals[i].count,
						 live->compiled->roles[step->approvals[i].role].code);
	if (step->approval_count > 0 && strcmp(row->kind, "override") != 0)
		appendStringInfoChar(&roles, '.');
	ereport(ERROR,
			(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE), errmsg("%s may not %s step %s", row->person, row->kind, STEP(live, row)),
			 errdetail("%s", roles.data), errhint("Who holds which role is in opres.role_holder; a registrar adds to it.")));
}

static void
refuse_doer(const OpresLiveRun *live, const OpresEventRow *row)
{
	ereport(ERROR, (errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
					errmsg("who has done step %s may not %s it, nor pass on what another says of it", STEP(live, row), row->kind),
					errdetail("It was done%s.", who_did(live, row->step))));
}

static void
refuse_twice(const OpresLiveRun *live, const OpresEventRow *row)
{
	const OpresActivation *a = opres_run_step(live->run, row->step);
	bool herself = false;

	for (int32 i = 0; i < a->approval_count; i++)
		herself = herself || strcmp(live->persons[a->approvals[i].person], row->person) == 0;
	ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
					herself ? errmsg("%s has approved step %s already", row->person, STEP(live, row))
							: errmsg("step %s has the approvals it needs in the roles of %s", STEP(live, row), row->person),
					errhint(FUNCTION_HINT, live->id)));
}

static void
refuse_value(const OpresLiveRun *live, const OpresEventRow *row, int32 variable, bool missing)
{
	const OpresVariable *v = &live->compiled->playbook.variables[variable];
	const char *name = live->compiled->variables[variable].name;

	if (missing)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("step %s asks for a value of %s", STEP(live, row), name),
						errdetail("Expected a value of type %s.", opres_variable_type_names[v->type]),
						errhint("Give it as in: opres.advance(..., \"values\" => '{\"%s\": ...}').", name)));
	ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), v->constant ? errmsg("%s is a constant", name)
																		  : errmsg("the value given for %s is not one of type %s",
																				   name, opres_variable_type_names[v->type])));
}

static void
refuse_evidence(const OpresLiveRun *live, const OpresEventRow *row)
{
	const char *what = live->compiled->steps[row->step].evidence.in[OPRES_EN];

	ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("step %s asks for evidence", STEP(live, row)),
					what != NULL ? errdetail("What: %s", what) : 0,
					errhint("Say where it is kept, as in: opres.advance(..., evidence => '{\"file\": \"...\"}').")));
}

static void
refuse_over(const OpresLiveRun *live)
{
	ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
					errmsg("run " INT64_FORMAT " is %s", live->id,
						   opres_run_state(live->run) == OPRES_RUN_COMPLETED ? "completed" : "aborted"),
					errdetail("It ended at %s.", timestamptz_to_str(live->ended_at)),
					errhint("What became known later can be added to its record: opres.annotate_run.")));
}

void
opres_refuse(OpresLiveRun *live, const OpresEventRow *row, OpresRefusal refusal, int32 detail)
{
	switch (refusal)
	{
		case OPRES_REFUSED_OVER:
			refuse_over(live);
			break;
		case OPRES_REFUSED_STATE:
			refuse_state(live, row);
			break;
		case OPRES_REFUSED_TYPE:
			refuse_type(live, row);
			break;
		case OPRES_REFUSED_NOT_YET:
			ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
							errmsg("step %s may not be begun before %s", STEP(live, row),
								   timestamptz_to_str(opres_run_step(live->run, row->step)->not_before))));
			break;
		case OPRES_REFUSED_FACT:
			refuse_fact(live, row, detail);
			break;
		case OPRES_REFUSED_VALUE:
		case OPRES_REFUSED_VALUE_MISSING:
			refuse_value(live, row, detail, refusal == OPRES_REFUSED_VALUE_MISSING);
			break;
		case OPRES_REFUSED_EVIDENCE:
			refuse_evidence(live, row);
			break;
		case OPRES_REFUSED_ROLE:
			refuse_approvals(live, row);
			break;
		case OPRES_REFUSED_DOER:
			refuse_doer(live, row);
			break;
		case OPRES_REFUSED_TWICE:
			refuse_twice(live, row);
			break;
		case OPRES_REFUSED_CHOICE:
			ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
							row->choice != NULL ? errmsg("step %s cannot be answered by %s now", STEP(live, row),
														 opres_quoted(row->choice, (int) strlen(row->choice)))
												: errmsg("step %s cannot run now", STEP(live, row)),
							errdetail("Expected %s, while the answer is open.", choices(live, row))));
			break;
		default:
			elog(ERROR, "run " INT64_FORMAT ": event %d (%s) is refused (%d)", live->id, row->number, row->kind, refusal);
	}
	pg_unreachable();
}
