/*
 * playbook_paper.c - see playbook_paper.h.
 */
#include "playbook_paper.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "sha256.h"

#define EXTENSION "extension-definition--7c9b1f0e-3b0a-4c55-9d57-2f6f0a4e8b13"
#define MOST_STEPS 10000

json_t *
opres_paper_object(const json_t *object, const char *key)
{
	json_t *value = json_object_get(object, key);

	return json_is_object(value) ? value : NULL;
}

json_t *
opres_paper_array(const json_t *object, const char *key)
{
	json_t *value = json_object_get(object, key);

	return json_is_array(value) ? value : NULL;
}

const char *
opres_paper_string(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

double
opres_paper_number(const json_t *object, const char *key, double missing)
{
	json_t *value = json_object_get(object, key);

	return json_is_number(value) ? json_number_value(value) : missing;
}

bool
opres_paper_flag(const json_t *object, const char *key, bool missing)
{
	json_t *value = json_object_get(object, key);

	return json_is_boolean(value) ? json_is_true(value) : missing;
}

const char *
opres_paper_element(const json_t *array, size_t index)
{
	return json_string_value(json_array_get(array, index));
}

json_t *
opres_paper_extension(const json_t *object, const char *key)
{
	return opres_paper_object(opres_paper_object(object, key), EXTENSION);
}

__attribute__((format(printf, 2, 0))) static const char *
keep(OpresPaper *paper, const char *format, va_list args)
{
	va_list again;
	int length;
	char *text = NULL;

	va_copy(again, args);
	length = vsnprintf(NULL, 0, format, args);
	if (length >= 0)
		text = opres_arena_array(&paper->arena, (size_t) length + 1, 1);
	if (text)
		(void) vsnprintf(text, (size_t) length + 1, format, again);
	va_end(again);
	if (text)
		return text;
	paper->failed = true;
	return "";
}

const char *
opres_paper_keep(OpresPaper *paper, const char *format, ...)
{
	const char *text;
	va_list args;

	va_start(args, format);
	text = keep(paper, format, args);
	va_end(args);
	return text;
}

const char *
opres_paper_say(OpresPaper *paper, const char *en, const char *ja, ...)
{
	const char *text;
	va_list args;

	va_start(args, ja);
	text = keep(paper, opres_words_japanese() ? ja : en, args);
	va_end(args);
	return text;
}

static OpresPaperKind
kind_of(const char *type)
{
	static const char *const types[] = { "start",    "end",          "action",          "playbook-action",
										 "parallel", "if-condition", "while-condition", "switch-condition" };

	for (int i = 0; type && i < (int) (sizeof types / sizeof types[0]); i++)
		if (strcmp(type, types[i]) == 0)
			return (OpresPaperKind) i;
	return OPRES_PAPER_OTHER;
}

static int
by_id(const void *a, const void *b)
{
	return strcmp(((const OpresPaperStep *) a)->id, ((const OpresPaperStep *) b)->id);
}

int32_t
opres_paper_find(const OpresPaper *paper, const char *id)
{
	const OpresPaperStep wanted = { .id = id };
	const OpresPaperStep *found = NULL;

	if (id && paper->step_count > 0)
		found = bsearch(&wanted, paper->steps, (size_t) paper->step_count, sizeof wanted, by_id);
	return found ? (int32_t) (found - paper->steps) : OPRES_PAPER_NO_STEP;
}

static bool
gather_steps(OpresPaper *paper, OpresFailure *failure)
{
	size_t count = json_object_size(paper->workflow);
	const char *id;
	json_t *json;

	if (count > MOST_STEPS)
		return opres_refuse(failure, "more than %d steps", "ステップが%d件を超えています", MOST_STEPS);
	paper->steps = opres_arena_array(&paper->arena, count + 1, sizeof *paper->steps);
	if (!paper->steps)
		return opres_refuse(failure, "not enough memory", "メモリが不足しています");
	json_object_foreach(paper->workflow, id, json)
	{
		if (json_is_object(json))
			paper->steps[paper->step_count++] = (OpresPaperStep){
				.id = id,
				.json = json,
				.extension = opres_paper_extension(json, "step_extensions"),
				.kind = kind_of(opres_paper_string(json, "type")),
			};
	}
	qsort(paper->steps, (size_t) paper->step_count, sizeof *paper->steps, by_id);
	return true;
}

static bool
write_hash(OpresPaper *paper, const char *bytes, size_t length)
{
	OpresHash hash;

	if (!opres_sha256(&(OpresPart){ bytes, length }, 1, &hash))
		return false;
	for (int i = 0; i < OPRES_HASH_BYTES; i++)
		(void) sprintf(paper->sha256 + (size_t) 2 * (size_t) i, "%02x", (unsigned) hash.bytes[i]);
	return true;
}

/* One document, or one from a bundle is no matter of ours: a playbook is an object whose type says so, or that has a workflow. */
static bool
read_document(OpresPaper *paper, const char *bytes, size_t length, OpresFailure *failure)
{
	json_error_t error;

	paper->root = json_loadb(bytes, length, 0, &error);
	if (!paper->root)
		return opres_refuse(failure, "line %d, column %d: %s", "%d行%d桁: %s", error.line, error.column, opres_shown(error.text));
	paper->workflow = opres_paper_object(paper->root, "workflow");
	paper->extension = opres_paper_extension(paper->root, "playbook_extensions");
	if (!paper->workflow)
		return opres_refuse(failure, "no playbook: it has no object \"workflow\"",
							"プレイブックではありません（オブジェクト workflow がありません）");
	return true;
}

bool
opres_paper_open(OpresPaper *paper, const char *source, const char *bytes, size_t length, OpresFailure *failure)
{
	memset(paper, 0, sizeof *paper);
	opres_arena_init(&paper->arena, &opres_malloc_env, 0);
	paper->source = source;
	if (!read_document(paper, bytes, length, failure) || !gather_steps(paper, failure))
		return false;
	if (!write_hash(paper, bytes, length))
		return opres_refuse(failure, "libcrypto refuses SHA-256", "libcrypto で SHA-256 が使えません");
	if (!opres_paper_lay_out(paper))
		return opres_refuse(failure, "branches within one another too deep, or not enough memory",
							"分岐の入れ子が深すぎるか、メモリが不足しています");
	return true;
}

void
opres_paper_close(OpresPaper *paper)
{
	json_decref(paper->root);
	json_decref(paper->deadlines);
	opres_arena_free(&paper->arena);
}
