/*
 * compile.c - a stored playbook becomes what the engine runs (compiled.h).
 *
 * Phases: the playbooks are put in their places and their steps numbered (compile_flow.c); then what all of them declare, roles,
 * facts, reports, variables; then step by step what the machine needs and what people are told. What is declared comes first
 * because steps refer to it, and playbooks to each other's.
 */
#include "playbook/compile.h"

#include "map/map_cache.h"
#include "utils/memutils.h"

static void
compile_playbooks(OpresCompile *compile)
{
	OpresPlaybook *playbook = &compile->compiled->playbook;
	int32_t *exceptions = opres_keep_array(compile, compile->place_count, sizeof(int32_t));
	int32_t *override_roles = opres_keep_array(compile, compile->place_count, sizeof(int32_t));

	for (int i = 0; i < compile->place_count; i++)
	{
		const OpresPlace *place = compile->places[i];
		char *role = opres_json_text(place->extension, "override_role");

		exceptions[i] = place->exception == NULL ? OPRES_NO_STEP : place->exception->number;
		override_roles[i] = role == NULL ? -1 : opres_compile_role(compile, role);
	}
	playbook->exceptions = exceptions;
	playbook->override_roles = override_roles;
	playbook->playbook_count = compile->place_count;
	playbook->start = compile->places[0]->first->number;
}

static void
compile_steps(OpresCompile *compile)
{
	OpresStep *steps = opres_keep_array(compile, compile->step_count, sizeof(OpresStep));
	OpresStepInfo *infos = opres_keep_array(compile, compile->step_count, sizeof(OpresStepInfo));

	for (int32_t i = 0; i < compile->step_count; i++)
		opres_compile_step(compile, i, &steps[i], &infos[i]);
	compile->compiled->playbook.steps = steps;
	compile->compiled->playbook.step_count = compile->step_count;
	compile->compiled->steps = infos;
}

static void
compile_heading(OpresCompile *compile)
{
	const OpresPlace *outermost = compile->places[0];
	JsonbContainer *texts = opres_json_object(outermost->extension, "texts");
	char *attack_type = opres_json_text(outermost->extension, "attack_type");

	compile->compiled->id = opres_keep_text(compile, outermost->pin.id);
	compile->compiled->modified = outermost->pin.modified;
	compile->compiled->name = opres_words_with(compile, opres_json_text(outermost->root, "name"), texts, "name");
	compile->compiled->attack_type = opres_keep_text(compile, attack_type);
}

static void
finish(OpresCompile *compile)
{
	OpresCompiled *compiled = compile->compiled;

	compiled->playbook.variables = compile->variables;
	compiled->variables = compile->variable_infos;
	compiled->facts = compile->facts;
	compiled->fact_codes = compile->fact_codes;
	compiled->roles = compile->roles;
	compiled->reports = compile->reports;
}

OpresCompiled *
opres_compile_playbook(const OpresPin *playbook, OpresPlaybookFind find, void *ctx, MemoryContext context)
{
	MemoryContext scratch = AllocSetContextCreate(CurrentMemoryContext, "compiling a playbook", ALLOCSET_DEFAULT_SIZES);
	MemoryContext before = MemoryContextSwitchTo(scratch);
	OpresCompile *compile = palloc0(sizeof(OpresCompile));
	OpresCompiled *compiled = MemoryContextAllocZero(context, sizeof(OpresCompiled));

	compile->keep = context;
	compile->compiled = compiled;
	compile->find = find;
	compile->find_ctx = ctx;
	compile->env = opres_pg_env(context);
	opres_arena_init(&compile->arena, &compile->env, 0);
	opres_compile_places(compile, playbook);
	for (int i = 0; i < compile->place_count; i++)
		opres_compile_vocabulary(compile, compile->places[i]);
	for (int i = 0; i < compile->place_count; i++)
		opres_compile_report_deadlines(compile, compile->places[i]);
	opres_compile_variables(compile);
	compile_playbooks(compile);
	compile_steps(compile);
	compile_heading(compile);
	finish(compile);
	MemoryContextSwitchTo(before);
	MemoryContextDelete(scratch);
	return compiled;
}
