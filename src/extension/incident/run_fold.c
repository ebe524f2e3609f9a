/*
 * run_fold.c - an event into a live run: the machine decides, and beside it is remembered what the machine has no use for.
 */
#include "incident/run.h"

#include "miscadmin.h"

int32
opres_run_person(OpresLiveRun *live, const char *person)
{
	for (int32 i = 0; i < live->person_count; i++)
		if (strcmp(live->persons[i], person) == 0)
			return i;
	if (live->person_count == live->person_room)
	{
		live->person_room = live->person_room * 2 + 8;
		live->persons = live->persons == NULL ? MemoryContextAlloc(live->context, sizeof(char *) * live->person_room)
											  : repalloc(live->persons, sizeof(char *) * live->person_room);
	}
	live->persons[live->person_count] = MemoryContextStrdup(live->context, person);
	return live->person_count++;
}

static void
remember_login(OpresLiveRun *live, int32 person, const char *login)
{
	for (int32 i = 0; i < live->done_by_count; i++)
		if (live->done_by[i].person == person && strcmp(live->done_by[i].login, login) == 0)
			return;
	if (live->done_by_count == live->done_by_room)
	{
		live->done_by_room = live->done_by_room * 2 + 8;
		live->done_by = live->done_by == NULL ? MemoryContextAlloc(live->context, sizeof(OpresDoneBy) * live->done_by_room)
											  : repalloc(live->done_by, sizeof(OpresDoneBy) * live->done_by_room);
	}
	live->done_by[live->done_by_count++] = (OpresDoneBy){ person, MemoryContextStrdup(live->context, login) };
}

/* When and with what a step was last done: the machine knows only when that was recorded. */
static void
remember_act(OpresLiveRun *live, const OpresEventRow *row)
{
	JsonbValue reference;

	if (row->step == OPRES_NO_STEP || (strcmp(row->kind, "success") != 0 && strcmp(row->kind, "override") != 0))
		return;
	if (strcmp(row->kind, "success") == 0)
		remember_login(live, opres_run_person(live, row->person), row->login);
	live->acted_at[row->step] = row->occurred_at;
	live->references[row->step] = NULL;
	if (row->evidence != NULL && JB_ROOT_IS_OBJECT(row->evidence) &&
		getKeyJsonValueFromContainer(&row->evidence->root, "reference", 9, &reference) != NULL && reference.type == jbvString)
	{
		char *text = MemoryContextAllocZero(live->context, reference.val.string.len + 1);

		memcpy(text, reference.val.string.val, reference.val.string.len);
		live->references[row->step] = text;
	}
}

bool
opres_run_try(OpresLiveRun *live, const OpresEventRow *row, OpresRefusal *refusal, int32 *detail)
{
	OpresRunEvent event;
	OpresStatus status;

	*refusal = OPRES_REFUSED_NOT;
	if (opres_event_to_machine(live, row, &event))
	{
		status = opres_run_apply(live->run, &event, refusal, detail);
		if (status != OPRES_OK)
		{
			live->stamp = 0;
			CHECK_FOR_INTERRUPTS();
			ereport(ERROR, (errcode(ERRCODE_OUT_OF_MEMORY), errmsg("out of memory while playing run " INT64_FORMAT, live->id)));
		}
	}
	if (*refusal != OPRES_REFUSED_NOT)
		return false;
	remember_act(live, row);
	/* Annotations may come later: what ends a run is an event of the machine. */
	if (live->ended_at == OPRES_NO_TIME && opres_run_state(live->run) > OPRES_RUN_ACTIVE)
		live->ended_at = row->recorded_at;
	live->events = row->number;
	live->last_at = row->recorded_at;
	return true;
}

void
opres_run_fold(OpresLiveRun *live, const OpresEventRow *row)
{
	OpresRefusal refusal;
	int32 detail = -1;

	if (!opres_run_try(live, row, &refusal, &detail))
		opres_refuse(live, row, refusal, detail);
}
