/*
 * find_step.c - the step a person means.
 */
#include "playbook/compiled.h"

#include "common/json_path.h"

/* As many characters of a UUID, after the type, tell a step. */
#define SHORTEST_BEGINNING 8

/* Behind the type: the UUID of the step itself; NULL if there is none. */
static const char *
uuid_of(const char *reference)
{
	const char *last = strrchr(reference, '/');
	const char *dashes = strstr(last == NULL ? reference : last + 1, "--");

	return dashes == NULL ? NULL : dashes + 2;
}

/* The beginning of the reference, from its type on or from its UUID on. */
static bool
begins_so(const char *reference, const char *said)
{
	size_t length = strlen(said);
	const char *uuid = uuid_of(reference);

	if (uuid == NULL)
		return false;
	if (strncmp(uuid, said, length) == 0)
		return length >= SHORTEST_BEGINNING;
	return strncmp(reference, said, length) == 0 && length >= (size_t) (uuid - reference) + SHORTEST_BEGINNING;
}

static void
refuse(const OpresCompiled *compiled, const char *said)
{
	OpresNearest nearest;

	opres_nearest_begin(&nearest, said, strlen(said));
	for (int32_t i = 0; i < compiled->playbook.step_count; i++)
	{
		const OpresStepInfo *step = &compiled->steps[i];

		if (step->code != NULL)
			opres_nearest_offer(&nearest, step->code, strlen(step->code));
		opres_nearest_offer(&nearest, step->reference, strlen(step->reference));
	}
	ereport(ERROR,
			(errcode(ERRCODE_UNDEFINED_OBJECT), errmsg("there is no step %s", opres_quoted(said, strlen(said))),
			 errdetail("The playbook is \"%s\". A step is named by its code, its id, or the beginning of its id.", compiled->id),
			 nearest.best != NULL ? opres_nearest_hint(&nearest) : errhint("opres.todo lists the steps of a run.")));
}

int32_t
opres_find_step(const OpresCompiled *compiled, const char *said)
{
	int32_t found = OPRES_NO_STEP;

	for (int32_t i = 0; i < compiled->playbook.step_count; i++)
	{
		const OpresStepInfo *step = &compiled->steps[i];

		if (strcmp(step->reference, said) == 0 || (step->code != NULL && strcmp(step->code, said) == 0))
			return i;
	}
	for (int32_t i = 0; i < compiled->playbook.step_count; i++)
	{
		if (!begins_so(compiled->steps[i].reference, said))
			continue;
		if (found != OPRES_NO_STEP)
			ereport(ERROR, (errcode(ERRCODE_AMBIGUOUS_PARAMETER),
							errmsg("more than one step begins with %s", opres_quoted(said, strlen(said))),
							errdetail("Two of them are \"%s\" and \"%s\".", compiled->steps[found].reference,
									  compiled->steps[i].reference)));
		found = i;
	}
	if (found == OPRES_NO_STEP)
		refuse(compiled, said);
	return found;
}
