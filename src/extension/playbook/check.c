/*
 * check.c - the check of a playbook as a whole, and opres.check_playbook (check.h).
 */
#include "playbook/check.h"

#include "common/rows.h"
#include "map/map_cache.h"
#include "mb/pg_wchar.h"
#include "playbook/document_text.h"
#include "playbook/find_playbook.h"
#include "playbook/times.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

/* A longer path is cut: nobody can read it, and the audit trail has no room for it. */
#define PATH_BYTES 500

/* A document with more problems than this of one severity is not listed to the end. */
#define KEPT 500

static const char *
clip(char *path)
{
	int length = strlen(path);

	if (length <= PATH_BYTES)
		return path;
	return psprintf("%.*s...", pg_mbcliplen(path, length, PATH_BYTES), path);
}

void
opres_problem(OpresCheck *check, const OpresPath *path, OpresProblem problem, const OpresNearest *nearest, const char *first,
			  const char *second, const char *third)
{
	bool error = opres_problem_is_error(problem);
	List **list = error ? &check->errors : &check->warnings;
	OpresFinding *finding;

	if ((error ? check->error_count++ : check->warning_count++) >= KEPT)
		return;
	finding = palloc(sizeof(OpresFinding));
	finding->problem = problem;
	finding->error = error;
	finding->path = clip(opres_path_text(path));
	finding->said = opres_problem_said(check->lang, problem, first, second, third);
	if (nearest != NULL && nearest->best != NULL)
		finding->advice = psprintf(check->lang == OPRES_JA ? "%sではありませんか。" : "Perhaps you meant %s.",
								   opres_quoted(nearest->best, nearest->best_length));
	else
		finding->advice = opres_problem_advice(check->lang, problem, first, second, third);
	*list = lappend(*list, finding);
}

void
opres_steps_begin(OpresCheck *check, OpresStepWalk *walk)
{
	opres_members_begin(&walk->members, check->workflow);
	walk->workflow = opres_path_key(&check->path, "workflow");
}

bool
opres_steps_next(OpresStepWalk *walk)
{
	while (opres_members_next(&walk->members))
	{
		const JsonbValue *key = &walk->members.key;

		walk->json = opres_value_object(&walk->members.value);
		if (walk->json == NULL)
			continue;
		walk->id = opres_value_text(key);
		walk->type = opres_json_text(walk->json, "type");
		if (walk->type == NULL)
			walk->type = "";
		walk->path = (OpresPath){ &walk->workflow, walk->id, key->val.string.len, 0 };
		return true;
	}
	return false;
}

static OpresPin
find_inner(void *ctx, const char *id, TimestampTz version)
{
	OpresPin pin = opres_playbook_version(id, version);

	if (pin.document == NULL)
		elog(ERROR, "playbook \"%s\" is gone", id);
	return pin;
}

/* The engine has the last word. What the passes let through and it does not would be a fault of theirs. */
static void
check_engine(OpresCheck *check, Jsonb *document)
{
	OpresPin pin = { opres_json_text(check->root, "id"), opres_read_timestamp(opres_json_text(check->root, "modified")), document };
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "checking a playbook", ALLOCSET_DEFAULT_SIZES);
	OpresCompiled *compiled = opres_compile_playbook(&pin, find_inner, NULL, context);
	OpresEnv env = opres_pg_env(context);
	OpresPath place = opres_path_key(&check->path, "workflow");
	OpresPath step;
	OpresArena scratch;
	OpresError error;
	OpresStatus status;

	opres_arena_init(&scratch, &env, 0);
	status = opres_playbook_check(&compiled->playbook, &scratch, &error);
	if (status == OPRES_INVALID)
	{
		if (error.node >= 0)
			step = opres_path_key(&place, compiled->steps[error.node].reference);
		opres_problem(check, error.node >= 0 ? &step : &place, OPRES_PROBLEM_ENGINE, NULL, error.message, NULL, NULL);
	}
	else if (status != OPRES_OK)
		ereport(ERROR, (errcode(ERRCODE_OUT_OF_MEMORY), errmsg("out of memory")));
	MemoryContextDelete(context);
}

/* A playbook of another specification has everything wrong: only that is said. */
static bool
is_other_specification(OpresCheck *check)
{
	OpresPath path = opres_path_key(&check->path, "spec_version");
	char *version = opres_json_text(check->root, "spec_version");

	if (version == NULL || strcmp(version, "cacao-2.0") == 0)
		return false;
	opres_problem(check, &path, OPRES_PROBLEM_SPECIFICATION, NULL, opres_quoted(version, strlen(version)), NULL, NULL);
	return true;
}

OpresCheck *
opres_check_playbook_document(Jsonb *document, OpresLang lang)
{
	OpresCheck *check = palloc0(sizeof(OpresCheck));

	/* What is said mixes our words, which are in UTF-8, with the document's: elsewhere only English fits. */
	check->lang = GetDatabaseEncoding() == PG_UTF8 ? lang : OPRES_EN;
	check->root = &document->root;
	if (!JB_ROOT_IS_OBJECT(document))
	{
		opres_problem(check, &check->path, OPRES_PROBLEM_TYPE, NULL, check->lang == OPRES_JA ? "オブジェクト" : "an object",
					  check->lang == OPRES_JA ? "それ以外の値" : "something else", NULL);
		return check;
	}
	if (is_other_specification(check))
		return check;
	check->workflow = opres_json_object(check->root, "workflow");
	opres_check_shape(check);
	opres_check_values(check);
	opres_check_references(check);
	opres_check_flow(check);
	opres_check_variables(check);
	opres_check_inner(check);
	opres_check_extension(check);
	opres_check_deadlines(check);
	opres_check_languages(check);
	if (check->error_count == 0 && !check->inner_missing)
		check_engine(check, document);
	return check;
}

/* opres.check_playbook */

static void
put(OpresOutput *output, OpresLang lang, const OpresFinding *finding)
{
	Datum values[4] = {
		CStringGetTextDatum(finding->error ? "error" : "warning"),
		CStringGetTextDatum(finding->path),
		CStringGetTextDatum(opres_sentence(lang, finding->said)),
		CStringGetTextDatum(finding->advice),
	};
	bool nulls[4] = { false };

	opres_output_row(output, values, nulls);
}

static void
put_all(OpresOutput *output, const OpresCheck *check, const List *findings, int64 count, bool error)
{
	ListCell *cell;

	foreach (cell, findings)
		put(output, check->lang, lfirst(cell));
	if (count > list_length(findings))
	{
		char *more = psprintf(INT64_FORMAT, count - list_length(findings));
		OpresFinding rest = { OPRES_PROBLEM_MORE, error, "$", opres_problem_said(check->lang, OPRES_PROBLEM_MORE, more, NULL, NULL),
							  opres_problem_advice(check->lang, OPRES_PROBLEM_MORE, more, NULL, NULL) };

		put(output, check->lang, &rest);
	}
}

static void
put_findings(FunctionCallInfo fcinfo, const OpresCheck *check)
{
	OpresOutput output = opres_output_begin(fcinfo);

	put_all(&output, check, check->errors, check->error_count, true);
	put_all(&output, check, check->warnings, check->warning_count, false);
}

OPRES_FUNCTION(opres_check_playbook_jsonb);
Datum
opres_check_playbook_jsonb(PG_FUNCTION_ARGS)
{
	put_findings(fcinfo, opres_check_playbook_document(PG_GETARG_JSONB_P(0), opres_lang(PG_GETARG_TEXT_PP(1))));
	return (Datum) 0;
}

OPRES_FUNCTION(opres_check_playbook);
Datum
opres_check_playbook(PG_FUNCTION_ARGS)
{
	OpresLang lang = opres_lang(PG_GETARG_TEXT_PP(1));
	OpresCheck broken = { .lang = lang };
	Jsonb *document = opres_document_parse(PG_GETARG_TEXT_PP(0), &broken);

	put_findings(fcinfo, document == NULL ? &broken : opres_check_playbook_document(document, lang));
	return (Datum) 0;
}
