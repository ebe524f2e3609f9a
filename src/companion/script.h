/*
 * script.h - an SQL script as psql reads it, token by token: what looks like a statement inside a string, a comment, a quoted name
 * or the body of a function is none.
 */
#ifndef OPRES_SCRIPT_H
#define OPRES_SCRIPT_H

#include "reader.h"

typedef enum OpresToken
{
	OPRES_TOKEN_END,     /* of the script, or an error: failed tells which */
	OPRES_TOKEN_WORD,    /* a keyword or name, in small letters */
	OPRES_TOKEN_NAME,    /* "a quoted name" */
	OPRES_TOKEN_STRING,  /* a string or a number */
	OPRES_TOKEN_SIGN,    /* one character */
	OPRES_TOKEN_COMMAND, /* \command with the rest of its line */
} OpresToken;

typedef enum OpresScriptError
{
	OPRES_SCRIPT_FINE,
	OPRES_SCRIPT_READER, /* the reader's error */
	OPRES_SCRIPT_CUT,    /* the script ends inside a string, a comment or a quoted name */
	OPRES_SCRIPT_LONG,   /* a text that is to be kept has more than OPRES_LINE_MAX bytes */
	OPRES_SCRIPT_MEMORY
} OpresScriptError;

/* Of a statement: only the body of a routine may hold semicolons. */
typedef enum OpresPlace
{
	OPRES_PLACE_START,
	OPRES_PLACE_CREATE,  /* CREATE, CREATE OR REPLACE */
	OPRES_PLACE_ROUTINE, /* the same, and FUNCTION or PROCEDURE */
	OPRES_PLACE_OTHER
} OpresPlace;

/* Names are cut off by PostgreSQL at 63 bytes. */
#define OPRES_NAME_ROOM 64
#define OPRES_COMMAND_ROOM 1024

typedef struct OpresScript
{
	OpresReader reader;
	OpresScriptError error;
	bool escapes_always; /* standard_conforming_strings is off */

	/* The token. */
	OpresToken token;
	char sign;
	char name[OPRES_NAME_ROOM]; /* of words and quoted names, ended by a zero, cut off */
	size_t name_length;         /* not cut off */

	/* Without its backslash, ended by a zero, cut off. */
	char command[OPRES_COMMAND_ROOM];

	/* Strings are appended here if keep is set; whoever sets it empties it. */
	bool keep;
	char *text;
	size_t text_length, text_room;
	size_t token_start; /* of the present token in text */

	/* pg_dump's last line was seen; whoever wants to know sets it back. */
	bool complete;

	/* Where in a statement we are. */
	OpresPlace place;
	int64_t parens, begins; /* open ones */
} OpresScript;

bool opres_script_init(OpresScript *script, OpresReadBytes read, void *ctx);
void opres_script_free(OpresScript *script);

/* The next token, also in script->token. */
OpresToken opres_script_next(OpresScript *script);
/* True if the token is this word; unquoted. */
bool opres_script_is_word(const OpresScript *script, const char *word);
/* True if the token is a name, quoted or not. */
bool opres_script_is_name(const OpresScript *script, const char *name);
bool opres_script_is_sign(const OpresScript *script, char sign);
/* True if the token is the semicolon that ends the statement. */
bool opres_script_at_end(const OpresScript *script);
/* Goes on to the end of the statement whose token we are at; the script's end also ends it. */
void opres_script_finish(OpresScript *script);
/* The text of the token that was kept; valid until the next. */
const char *opres_script_text(const OpresScript *script, size_t *length);

#endif
