/*
 * script.c - see script.h. The rules are those of PostgreSQL's lexer and of psql's, as far as they say where a token and where a
 * statement ends. Nothing is kept in memory but what the caller asked for.
 */
#include "script.h"

#include <stdlib.h>
#include <string.h>

bool
opres_script_init(OpresScript *script, OpresReadBytes read, void *ctx)
{
	*script = (OpresScript){ .error = OPRES_SCRIPT_FINE };
	return opres_reader_init(&script->reader, read, ctx);
}

void
opres_script_free(OpresScript *script)
{
	opres_reader_free(&script->reader);
	free(script->text);
	script->text = NULL;
}

static OpresToken
fail(OpresScript *script, OpresScriptError error)
{
	if (!script->error)
		script->error = error;
	return OPRES_TOKEN_END;
}

/* The end, where there may be none. */
static OpresToken
cut(OpresScript *script)
{
	return fail(script, script->reader.error ? OPRES_SCRIPT_READER : OPRES_SCRIPT_CUT);
}

static bool
grow(OpresScript *script)
{
	size_t room = script->text_room ? script->text_room * 2 : 4096;
	char *grown;

	if (script->text_length >= OPRES_LINE_MAX)
		return fail(script, OPRES_SCRIPT_LONG);
	grown = realloc(script->text, room);
	if (!grown)
		return fail(script, OPRES_SCRIPT_MEMORY);
	script->text = grown;
	script->text_room = room;
	return true;
}

static bool
keep(OpresScript *script, int c)
{
	if (!script->keep)
		return true;
	if (script->text_length == script->text_room && !grow(script))
		return false;
	script->text[script->text_length++] = (char) c;
	return true;
}

static bool
is_blank(int c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v';
}

static bool
is_digit(int c)
{
	return c >= '0' && c <= '9';
}

static bool
begins_word(int c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c >= 0x80;
}

static bool
in_word(int c)
{
	return begins_word(c) || is_digit(c) || c == '$';
}

static void
add_to_name(OpresScript *script, int c)
{
	if (script->name_length < OPRES_NAME_ROOM - 1)
	{
		script->name[script->name_length] = (char) c;
		script->name[script->name_length + 1] = '\0';
	}
	script->name_length++;
}

static void
clear_name(OpresScript *script)
{
	script->name_length = 0;
	script->name[0] = '\0';
}

/* At the second dash. */
static void
skip_line_comment(OpresScript *script)
{
	static const char last[] = "- PostgreSQL database dump complete";
	char begin[sizeof last - 1];
	size_t length;

	(void) opres_reader_skip_line(&script->reader, begin, sizeof begin, &length);
	if (length >= sizeof begin && memcmp(begin, last, sizeof begin) == 0)
		script->complete = true;
}

/* Behind the opening of a comment; they nest. */
static bool
skip_comment(OpresScript *script)
{
	int64_t depth = 1;
	int before = 0;

	while (depth > 0)
	{
		int c = opres_reader_take(&script->reader);

		if (c < 0)
			return cut(script);
		if (before == '/' && c == '*')
		{
			depth++;
			c = 0;
		}
		else if (before == '*' && c == '/')
		{
			depth--;
			c = 0;
		}
		before = c;
	}
	return true;
}

static int
octal_or_hex(OpresScript *script, int value, int base, int digits)
{
	for (int i = 0; i < digits; i++)
	{
		int c = opres_reader_peek(&script->reader);
		int lower = c | 0x20;
		int digit = is_digit(c) ? c - '0' : lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : base;

		if (digit >= base)
			break;
		value = value * base + digit;
		(void) opres_reader_take(&script->reader);
	}
	return value & 0xFF;
}

/* Behind a backslash in a string with escapes. */
static int
escaped(OpresScript *script)
{
	int c = opres_reader_take(&script->reader);

	if (c >= '0' && c <= '7')
		return octal_or_hex(script, c - '0', 8, 2);
	switch (c)
	{
		case 'b':
			return '\b';
		case 'f':
			return '\f';
		case 'n':
			return '\n';
		case 'r':
			return '\r';
		case 't':
			return '\t';
		case 'x':
			return octal_or_hex(script, 0, 16, 2);
		default:
			return c;
	}
}

/* Behind the opening quote. */
static OpresToken
string(OpresScript *script, bool escapes)
{
	for (;;)
	{
		int c = opres_reader_take(&script->reader);

		if (c == '\'')
		{
			if (opres_reader_peek(&script->reader) != '\'')
				return OPRES_TOKEN_STRING;
			(void) opres_reader_take(&script->reader);
		}
		else if (c == '\\' && escapes)
			c = escaped(script);
		if (c < 0)
			return cut(script);
		if (!keep(script, c))
			return OPRES_TOKEN_END;
	}
}

static OpresToken
quoted_name(OpresScript *script)
{
	clear_name(script);
	for (;;)
	{
		int c = opres_reader_take(&script->reader);

		if (c < 0)
			return cut(script);
		if (c == '"')
		{
			if (opres_reader_peek(&script->reader) != '"')
				return OPRES_TOKEN_NAME;
			(void) opres_reader_take(&script->reader);
		}
		add_to_name(script, c);
	}
}

/* Behind the first dollar; $1 is no quote. */
static OpresToken
dollar(OpresScript *script)
{
	size_t matched = 0;
	bool matching = false;
	int c = opres_reader_peek(&script->reader);

	clear_name(script);
	while (in_word(c) && c != '$' && !(script->name_length == 0 && is_digit(c)))
	{
		add_to_name(script, opres_reader_take(&script->reader));
		c = opres_reader_peek(&script->reader);
	}
	if (c != '$')
	{
		script->sign = '$';
		return OPRES_TOKEN_SIGN;
	}
	(void) opres_reader_take(&script->reader);
	if (script->name_length >= OPRES_NAME_ROOM)
		return fail(script, OPRES_SCRIPT_LONG);
	for (;;)
	{
		c = opres_reader_take(&script->reader);
		if (c < 0)
			return cut(script);
		if (c == '$')
		{
			if (matching && matched == script->name_length)
				return OPRES_TOKEN_STRING;
			matching = true;
			matched = 0;
		}
		else if (matching && matched < script->name_length && (char) c == script->name[matched])
			matched++;
		else
			matching = false;
	}
}

/* CREATE [OR REPLACE] FUNCTION and PROCEDURE may have a body without quotes: BEGIN ATOMIC ... END, where CASE has an END too. */
static void
follow_statement(OpresScript *script)
{
	switch (script->place)
	{
		case OPRES_PLACE_START:
			script->place = opres_script_is_word(script, "create") ? OPRES_PLACE_CREATE : OPRES_PLACE_OTHER;
			break;
		case OPRES_PLACE_CREATE:
			if (opres_script_is_word(script, "function") || opres_script_is_word(script, "procedure"))
				script->place = OPRES_PLACE_ROUTINE;
			else if (!opres_script_is_word(script, "or") && !opres_script_is_word(script, "replace"))
				script->place = OPRES_PLACE_OTHER;
			break;
		case OPRES_PLACE_ROUTINE:
			if (script->parens == 0 &&
				(opres_script_is_word(script, "begin") || (script->begins > 0 && opres_script_is_word(script, "case"))))
				script->begins++;
			else if (script->parens == 0 && script->begins > 0 && opres_script_is_word(script, "end"))
				script->begins--;
			break;
		case OPRES_PLACE_OTHER:
			break;
	}
}

static OpresToken
word(OpresScript *script)
{
	clear_name(script);
	while (in_word(opres_reader_peek(&script->reader)))
	{
		int c = opres_reader_take(&script->reader);

		add_to_name(script, c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
	}
	if (script->name_length == 1 && script->name[0] == 'e' && opres_reader_peek(&script->reader) == '\'')
	{
		(void) opres_reader_take(&script->reader);
		return string(script, true);
	}
	script->token = OPRES_TOKEN_WORD;
	follow_statement(script);
	return OPRES_TOKEN_WORD;
}

static OpresToken
number(OpresScript *script)
{
	int c;

	while (is_digit(c = opres_reader_peek(&script->reader)) || c == '.')
		if (!keep(script, opres_reader_take(&script->reader)))
			return OPRES_TOKEN_END;
	return OPRES_TOKEN_STRING;
}

static OpresToken
command(OpresScript *script)
{
	size_t used = 0;
	int c;

	while ((c = opres_reader_peek(&script->reader)) >= 0 && c != '\n')
	{
		(void) opres_reader_take(&script->reader);
		if (used < sizeof script->command - 1)
			script->command[used++] = (char) c;
	}
	script->command[used] = '\0';
	return OPRES_TOKEN_COMMAND;
}

static OpresToken
sign(OpresScript *script, int c)
{
	script->sign = (char) c;
	if (c == '(')
		script->parens++;
	else if (c == ')' && script->parens > 0)
		script->parens--;
	return OPRES_TOKEN_SIGN;
}

/* The token that begins with this character, which is taken; a blank or a comment has none. */
static bool
begin_token(OpresScript *script, int c)
{
	int next = opres_reader_peek(&script->reader);

	if (is_blank(c))
		return false;
	if (c == '-' && next == '-')
		skip_line_comment(script);
	else if (c == '/' && next == '*')
	{
		(void) opres_reader_take(&script->reader);
		script->token = OPRES_TOKEN_END;
		return !skip_comment(script);
	}
	else
	{
		script->token = c == '\''   ? string(script, script->escapes_always)
						: c == '"'  ? quoted_name(script)
						: c == '$'  ? dollar(script)
						: c == '\\' ? command(script)
									: sign(script, c);
		return true;
	}
	return false;
}

OpresToken
opres_script_next(OpresScript *script)
{
	int c;

	if (opres_script_at_end(script))
	{
		script->place = OPRES_PLACE_START;
		script->parens = script->begins = 0;
	}
	script->token_start = script->text_length;
	do
	{
		c = opres_reader_peek(&script->reader);
		if (script->error || c < 0)
		{
			if (script->reader.error)
				(void) fail(script, OPRES_SCRIPT_READER);
			return script->token = OPRES_TOKEN_END;
		}
		if (begins_word(c))
			return script->token = word(script);
		if (is_digit(c))
			return script->token = number(script);
		(void) opres_reader_take(&script->reader);
	} while (!begin_token(script, c));
	return script->token;
}

bool
opres_script_is_word(const OpresScript *script, const char *word)
{
	return script->token == OPRES_TOKEN_WORD && strcmp(script->name, word) == 0;
}

bool
opres_script_is_name(const OpresScript *script, const char *name)
{
	return (script->token == OPRES_TOKEN_WORD || script->token == OPRES_TOKEN_NAME) && script->name_length == strlen(name) &&
		   strcmp(script->name, name) == 0;
}

bool
opres_script_is_sign(const OpresScript *script, char sign)
{
	return script->token == OPRES_TOKEN_SIGN && script->sign == sign;
}

bool
opres_script_at_end(const OpresScript *script)
{
	return opres_script_is_sign(script, ';') && script->parens == 0 && script->begins == 0;
}

void
opres_script_finish(OpresScript *script)
{
	script->keep = false;
	while (script->token != OPRES_TOKEN_END && !opres_script_at_end(script))
		(void) opres_script_next(script);
}

const char *
opres_script_text(const OpresScript *script, size_t *length)
{
	*length = script->text_length - script->token_start;
	return script->text ? script->text + script->token_start : "";
}
