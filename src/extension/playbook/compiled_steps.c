/*
 * compiled_steps.c - a loaded playbook, step by step, as a run would have it (opres.playbook_steps).
 */
#include "playbook/compiled.h"

#include "catalog/pg_type.h"
#include "common/rows.h"
#include "playbook/find_playbook.h"
#include "utils/array.h"
#include "utils/builtins.h"

static OpresPin
find_loaded(void *ctx, const char *id, TimestampTz version)
{
	OpresPin pin = opres_playbook_version(id, version);

	if (pin.document == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 version == 0 ? errmsg("playbook \"%s\" is not loaded", id)
							  : errmsg("playbook \"%s\" is not loaded in the version of %s", id, timestamptz_to_str(version)),
				 errdetail("Playbook \"%s\" has a step that begins it.", (const char *) ctx),
				 errhint("Load it with opres.load_playbook.")));
	return pin;
}

/* Positions count from 1. */
static Datum
position_or_null(int32_t step, bool *isnull)
{
	*isnull = step == OPRES_NO_STEP;
	return Int32GetDatum(step + 1);
}

static Datum
positions(const int32_t *steps, int count)
{
	Datum *values = palloc(sizeof(Datum) * (count + 1));

	for (int i = 0; i < count; i++)
		values[i] = Int32GetDatum(steps[i] + 1);
	return PointerGetDatum(construct_array(values, count, INT4OID, sizeof(int32), true, TYPALIGN_INT));
}

static void
put_step(OpresOutput *output, const OpresCompiled *compiled, int32_t number, OpresLang lang)
{
	const OpresStep *step = &compiled->playbook.steps[number];
	const OpresStepInfo *info = &compiled->steps[number];
	Datum values[12];
	bool nulls[12] = { false };

	values[0] = Int32GetDatum(number + 1);
	values[1] = CStringGetTextDatum(info->reference);
	values[2] = opres_text_or_null(info->code, &nulls[2]);
	values[3] = CStringGetTextDatum(info->type);
	values[4] = opres_text_or_null(info->phase, &nulls[4]);
	values[5] = opres_text_or_null(info->name.in[lang], &nulls[5]);
	values[6] = opres_text_or_null(info->role < 0 ? NULL : compiled->roles[info->role].code, &nulls[6]);
	values[7] = BoolGetDatum(info->mandatory);
	values[8] = positions(step->branches, step->branch_count);
	values[9] = position_or_null(step->on_success != OPRES_NO_STEP ? step->on_success : step->on_completion, &nulls[9]);
	values[10] = position_or_null(step->on_failure, &nulls[10]);
	values[11] = opres_text_or_null(info->description.in[lang], &nulls[11]);
	opres_output_row(output, values, nulls);
}

OPRES_FUNCTION(opres_playbook_steps);
Datum
opres_playbook_steps(PG_FUNCTION_ARGS)
{
	OpresLang lang = opres_lang(PG_GETARG_TEXT_PP(1));
	OpresPin pin = opres_find_playbook(text_to_cstring(PG_GETARG_TEXT_PP(0)));
	OpresCompiled *compiled = opres_compile_playbook(&pin, find_loaded, unconstify(char *, pin.id), CurrentMemoryContext);
	OpresOutput output = opres_output_begin(fcinfo);

	for (int32_t i = 0; i < compiled->playbook.step_count; i++)
		put_step(&output, compiled, i, lang);
	return (Datum) 0;
}
