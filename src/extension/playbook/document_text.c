/*
 * document_text.c - the text of a playbook's document becomes jsonb (document_text.h).
 *
 * PostgreSQL's JSON parser is run twice: once with actions of ours, which remember where the parser is and which keys it has seen,
 * and once by jsonb's input function.
 */
#include "playbook/document_text.h"

#include "common/hashfn.h"
#include "common/jsonapi.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/builtins.h"
#include "utils/hsearch.h"

/* Where the parser is: one per object or array that is open. */
typedef struct Level
{
	struct Level *outer;
	uint64 object; /* its number; 0 = an array */
	OpresPath path;
} Level;

typedef struct Parse
{
	OpresCheck *check;
	Level *level;
	OpresPath next; /* of the value that comes */
	uint64 objects;
	HTAB *keys;
} Parse;

typedef struct SeenKey
{
	uint64 object;
	const char *key;
} SeenKey;

static uint32
hash_seen(const void *key, Size size)
{
	const SeenKey *seen = key;

	return hash_combine(DatumGetUInt32(hash_any((const unsigned char *) seen->key, strlen(seen->key))),
						DatumGetUInt32(hash_uint32((uint32) seen->object)));
}

static int
compare_seen(const void *one, const void *other, Size size)
{
	const SeenKey *a = one;
	const SeenKey *b = other;

	return a->object == b->object && strcmp(a->key, b->key) == 0 ? 0 : 1;
}

static void
open_level(Parse *parse, uint64 object)
{
	Level *level = palloc(sizeof(Level));

	level->outer = parse->level;
	level->object = object;
	level->path = parse->next;
	parse->level = level;
	parse->next = (OpresPath){ &level->path, NULL, 0, -1 };
}

static void
close_level(Parse *parse)
{
	parse->next = parse->level->path;
	parse->level = parse->level->outer;
}

static OPRES_JSON_ACTION
object_start(void *state)
{
	Parse *parse = state;

	open_level(parse, ++parse->objects);
	OPRES_JSON_ACTION_DONE;
}

static OPRES_JSON_ACTION
object_end(void *state)
{
	close_level(state);
	OPRES_JSON_ACTION_DONE;
}

static OPRES_JSON_ACTION
array_start(void *state)
{
	open_level(state, 0);
	OPRES_JSON_ACTION_DONE;
}

static OPRES_JSON_ACTION
array_end(void *state)
{
	close_level(state);
	OPRES_JSON_ACTION_DONE;
}

static OPRES_JSON_ACTION
element_start(void *state, bool isnull)
{
	Parse *parse = state;

	parse->next = (OpresPath){ &parse->level->path, NULL, 0, parse->next.index + 1 };
	OPRES_JSON_ACTION_DONE;
}

static OPRES_JSON_ACTION
field_start(void *state, char *name, bool isnull)
{
	Parse *parse = state;
	SeenKey seen = { parse->level->object, name };
	bool found;

	CHECK_FOR_INTERRUPTS();
	parse->next = (OpresPath){ &parse->level->path, name, strlen(name), 0 };
	(void) hash_search(parse->keys, &seen, HASH_ENTER, &found);
	if (found)
		opres_problem(parse->check, &parse->next, OPRES_PROBLEM_TWICE, NULL, NULL, NULL, NULL);
	OPRES_JSON_ACTION_DONE;
}

static HTAB *
make_keys(void)
{
	HASHCTL control = {
		.keysize = sizeof(SeenKey),
		.entrysize = sizeof(SeenKey),
		.hash = hash_seen,
		.match = compare_seen,
		.hcxt = CurrentMemoryContext,
	};

	return hash_create("keys of a document", 256, &control, HASH_ELEM | HASH_FUNCTION | HASH_COMPARE | HASH_CONTEXT);
}

static void
no_json(OpresCheck *check, JsonLexContext *lex, JsonParseErrorType error)
{
	char *line = psprintf(check->lang == OPRES_JA ? "%d行目を確認してください。" : "Look at line %d.", lex->line_number);

	char *detail = json_errdetail(error, lex);
	size_t length = strlen(detail);

	if (length > 0 && detail[length - 1] == '.')
		detail = pnstrdup(detail, length - 1);
	opres_problem(check, &check->path, OPRES_PROBLEM_JSON, NULL, detail, line, NULL);
}

Jsonb *
opres_document_parse(const text *document, OpresCheck *check)
{
	char *string = text_to_cstring(document);
	JsonLexContext *lex = OPRES_JSON_LEX_CONTEXT(string, strlen(string), GetDatabaseEncoding());
	Parse parse = { .check = check, .next = check->path, .keys = make_keys() };
	JsonSemAction actions = {
		.semstate = &parse,
		.object_start = object_start,
		.object_end = object_end,
		.array_start = array_start,
		.array_end = array_end,
		.object_field_start = field_start,
		.array_element_start = element_start,
	};
	JsonParseErrorType error = pg_parse_json(lex, &actions);

	if (error != JSON_SUCCESS)
		no_json(check, lex, error);
	hash_destroy(parse.keys);
	return check->error_count > 0 ? NULL : DatumGetJsonbP(DirectFunctionCall1(jsonb_in, CStringGetDatum(string)));
}
