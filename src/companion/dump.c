/*
 * dump.c - reads what pg_dump writes: finds the rows of our table among everything else a dump may hold.
 *
 * Rows come as COPY blocks (a line each) or, with --inserts, as INSERT statements. A row that cannot be read is handed on as
 * malformed: what is wrong with the table's data is the verifier's business, what is wrong with the dump ends the reading.
 */
#include "dump_parts.h"

#include <string.h>

/* pg_dump's own formats, and what dumps are compressed with: recognised by their first bytes. */
#define MAGIC_BYTES 262
#define TAR_MAGIC_AT 257

bool
opres_dump_init(OpresDump *dump, OpresReadBytes read, void *ctx, const char *wanted)
{
	memset(dump, 0, sizeof *dump);
	dump->wanted = wanted;
	return opres_script_init(&dump->script, read, ctx);
}

void
opres_dump_free(OpresDump *dump)
{
	opres_script_free(&dump->script);
}

static unsigned long long
line_number(const OpresDump *dump)
{
	return (unsigned long long) dump->script.reader.lines + 1;
}

/* Says what the reader met; false if it met nothing but the end. */
static bool
reader_failed(OpresDump *dump)
{
	const OpresReader *reader = &dump->script.reader;

	switch (reader->error)
	{
		case OPRES_READER_FINE:
			return false;
		case OPRES_READER_ERRNO:
			(void) opres_refuse(&dump->failure, "the dump cannot be read: %s", "ダンプを読み込めません: %s",
								strerror(reader->error_number));
			break;
		case OPRES_READER_MEMORY:
			(void) opres_refuse(&dump->failure, "line %llu of the dump: not enough memory for it",
								"ダンプの %llu 行目: メモリが不足しています", line_number(dump));
			break;
		case OPRES_READER_LONG:
			(void) opres_refuse(&dump->failure, "line %llu of the dump is longer than 1 GiB: pg_dump writes no such line",
								"ダンプの %llu 行目が 1 GiB を超えています（pg_dump の出力ではありません）", line_number(dump));
			break;
	}
	return true;
}

bool
opres_dump_script_failed(OpresDump *dump)
{
	if (reader_failed(dump))
		return true;
	switch (dump->script.error)
	{
		case OPRES_SCRIPT_FINE:
			return false;
		case OPRES_SCRIPT_READER:
		case OPRES_SCRIPT_CUT:
			(void) opres_refuse(&dump->failure, "the dump breaks off at line %llu, inside a string, a name or a comment",
								"ダンプが %llu 行目の途中（文字列、名前またはコメントの中）で切れています", line_number(dump));
			break;
		case OPRES_SCRIPT_LONG:
			(void) opres_refuse(&dump->failure, "line %llu of the dump: a text longer than pg_dump writes",
								"ダンプの %llu 行目: 長すぎる文字列があります（pg_dump の出力ではありません）", line_number(dump));
			break;
		case OPRES_SCRIPT_MEMORY:
			(void) opres_refuse(&dump->failure, "line %llu of the dump: not enough memory for it",
								"ダンプの %llu 行目: メモリが不足しています", line_number(dump));
			break;
	}
	return true;
}

bool
opres_dump_broken_off(OpresDump *dump)
{
	if (reader_failed(dump))
		return false;
	return opres_refuse(&dump->failure, "the dump breaks off at line %llu, inside the data of opres.audit_entry",
						"ダンプが %llu 行目、opres.audit_entry のデータの途中で切れています", line_number(dump));
}

static bool
begins_with(const OpresReader *reader, size_t at, const char *magic, size_t length)
{
	return reader->end >= at + length && memcmp(reader->bytes + at, magic, length) == 0;
}

/* False, with what to do, if this is no plain dump. */
static bool
check_format(OpresDump *dump)
{
	OpresReader *reader = &dump->script.reader;

	while (reader->end < MAGIC_BYTES && opres_reader_more(reader))
		;
	if (reader_failed(dump))
		return false;
	if (begins_with(reader, 0, "PGDMP", 5) || begins_with(reader, TAR_MAGIC_AT, "ustar", 5))
		return opres_refuse(
			&dump->failure,
			"this is a dump in custom or tar format: make it plain with pg_restore -f - FILE | opres verify --dump -",
			"custom 形式または tar 形式のダンプです。pg_restore -f - ファイル | opres verify --dump - としてください");
	if (begins_with(reader, 0, "\x1f\x8b", 2) || begins_with(reader, 0, "\x28\xb5\x2f\xfd", 4) ||
		begins_with(reader, 0, "\x04\x22\x4d\x18", 4) ||
		begins_with(reader, 0,
					"\xfd"
					"7zXZ",
					5) ||
		begins_with(reader, 0, "BZh", 3))
		return opres_refuse(&dump->failure, "this is compressed: unpack it, as in zcat FILE | opres verify --dump -",
							"圧縮されたファイルです。zcat ファイル | opres verify --dump - のように展開してください");
	if (begins_with(reader, 0, "\xef\xbb\xbf", 3))
		reader->at += 3;
	return true;
}

/* Our table, behind COPY or INSERT INTO; goes one token beyond the name. */
static bool
is_our_table(OpresScript *script)
{
	bool ours = opres_script_is_name(script, "opres");

	if (script->token != OPRES_TOKEN_WORD && script->token != OPRES_TOKEN_NAME)
		return false;
	if (opres_script_next(script) != OPRES_TOKEN_SIGN || script->sign != '.')
		return false;
	(void) opres_script_next(script);
	ours = ours && opres_script_is_name(script, "audit_entry");
	(void) opres_script_next(script);
	return ours;
}

/* A list of columns, if one stands here; goes one token beyond it. */
static bool
read_columns(OpresDump *dump)
{
	OpresScript *script = &dump->script;
	int missing;

	if (!opres_script_is_sign(script, '('))
	{
		opres_layout_default(&dump->layout);
		return true;
	}
	dump->layout.count = 0;
	do
	{
		OpresToken token = opres_script_next(script);

		if ((token != OPRES_TOKEN_WORD && token != OPRES_TOKEN_NAME) ||
			!opres_layout_add(&dump->layout, script->name, script->name_length))
			return opres_refuse(&dump->failure, "line %llu of the dump: this list of columns of opres.audit_entry makes no sense",
								"ダンプの %llu 行目: opres.audit_entry の列リストが不正です", line_number(dump));
	} while (opres_script_next(script) == OPRES_TOKEN_SIGN && script->sign == ',');
	if (!opres_script_is_sign(script, ')'))
		return opres_refuse(&dump->failure, "line %llu of the dump: this list of columns of opres.audit_entry makes no sense",
							"ダンプの %llu 行目: opres.audit_entry の列リストが不正です", line_number(dump));
	missing = opres_layout_missing(&dump->layout);
	if (missing >= 0)
		return opres_refuse(&dump->failure, "line %llu of the dump: opres.audit_entry has no column %s there",
							"ダンプの %llu 行目: opres.audit_entry の列 %s がありません", line_number(dump),
							opres_column_name((OpresColumn) missing));
	(void) opres_script_next(script);
	return true;
}

static bool
is_utf8(const char *encoding)
{
	return !encoding[0] || strcmp(encoding, "utf8") == 0 || strcmp(encoding, "unicode") == 0;
}

/* The table's data stand here. *take: they are of the database that is asked for. False if they can't be. */
static bool
enter_table(OpresDump *dump, bool *take)
{
	*take = !dump->wanted || strcmp(dump->wanted, dump->database) == 0;
	if (!*take)
		return true;
	if (dump->found && strcmp(dump->found_in, dump->database) != 0)
		return opres_refuse(&dump->failure,
							"the dump holds several databases with an audit trail (%s, %s): choose one with --database NAME",
							"ダンプに監査証跡を持つデータベースが複数あります（%s、%s）。--database 名前 で選んでください",
							opres_shown(dump->found_in), opres_shown(dump->database));
	if (!is_utf8(dump->encoding))
		return opres_refuse(&dump->failure, "the dump is encoded in %s: make it again with pg_dump --encoding=UTF8",
							"ダンプの文字コードが %s です。pg_dump --encoding=UTF8 で作り直してください",
							opres_shown(dump->encoding));
	dump->found = true;
	memcpy(dump->found_in, dump->database, sizeof dump->found_in);
	return true;
}

/* Data of a COPY that is not ours, up to its end. */
static bool
skip_copy(OpresDump *dump)
{
	char begin[3];
	size_t length;

	while (opres_reader_skip_line(&dump->script.reader, begin, sizeof begin, &length))
		if (length >= 2 && begin[0] == '\\' && begin[1] == '.' && (length == 2 || (length == 3 && begin[2] == '\r')))
			return true;
	if (reader_failed(dump))
		return false;
	return opres_refuse(&dump->failure, "the dump breaks off at line %llu, inside the data of a table",
						"ダンプが %llu 行目、テーブルデータの途中で切れています", line_number(dump));
}

/* Behind COPY; false on failure. */
static bool
read_copy(OpresDump *dump)
{
	OpresScript *script = &dump->script;
	bool ours, take = false, from_stdin = false;
	char begin[1];
	size_t length;

	(void) opres_script_next(script);
	ours = is_our_table(script);
	if (ours && !read_columns(dump))
	{
		(void) opres_dump_script_failed(dump);
		return false;
	}
	while (script->token != OPRES_TOKEN_END && !opres_script_at_end(script))
	{
		bool from = opres_script_is_word(script, "from");

		if (from_stdin && ours)
			return opres_refuse(&dump->failure, "line %llu of the dump: COPY with options, which pg_dump does not write",
								"ダンプの %llu 行目: オプション付きの COPY です（pg_dump の出力ではありません）",
								line_number(dump));
		(void) opres_script_next(script);
		if (from && script->parens == 0 && opres_script_is_word(script, "stdin"))
		{
			from_stdin = true;
			(void) opres_script_next(script);
		}
	}
	if (script->token == OPRES_TOKEN_END || !from_stdin)
		return !opres_dump_script_failed(dump);
	(void) opres_reader_skip_line(&script->reader, begin, 0, &length);
	if (!ours)
		return skip_copy(dump);
	if (!enter_table(dump, &take))
		return false;
	if (!take)
		return skip_copy(dump);
	dump->state = OPRES_DUMP_COPY;
	return true;
}

/* Behind INSERT; false on failure. */
static bool
read_insert(OpresDump *dump)
{
	OpresScript *script = &dump->script;
	bool take;

	(void) opres_script_next(script);
	if (!opres_script_is_word(script, "into"))
		return true;
	(void) opres_script_next(script);
	if (!is_our_table(script))
		return true;
	if (!enter_table(dump, &take))
		return false;
	if (!take)
		return true;
	if (!read_columns(dump))
	{
		(void) opres_dump_script_failed(dump);
		return false;
	}
	while (script->token != OPRES_TOKEN_END && !opres_script_at_end(script) && !opres_script_is_word(script, "values"))
		(void) opres_script_next(script);
	if (!opres_script_is_word(script, "values"))
		return opres_refuse(&dump->failure, "line %llu of the dump: an INSERT without VALUES, which pg_dump does not write",
							"ダンプの %llu 行目: VALUES のない INSERT です（pg_dump の出力ではありません）", line_number(dump));
	dump->state = OPRES_DUMP_INSERT;
	return true;
}

/* Behind SET. */
static void
read_set(OpresDump *dump)
{
	OpresScript *script = &dump->script;
	bool encoding, strings;
	char value[OPRES_NAME_ROOM];
	size_t length = 0, used = 0;

	(void) opres_script_next(script);
	encoding = opres_script_is_word(script, "client_encoding");
	strings = opres_script_is_word(script, "standard_conforming_strings");
	if (!encoding && !strings)
		return;
	(void) opres_script_next(script);
	script->keep = true;
	script->text_length = 0;
	(void) opres_script_next(script);
	if (script->token == OPRES_TOKEN_STRING)
	{
		const char *text = opres_script_text(script, &length);

		/* UTF8, UTF-8, utf8 are one. */
		for (size_t i = 0; i < length && used < sizeof value - 1; i++)
			if (text[i] != '-')
				value[used++] = (char) (text[i] >= 'A' && text[i] <= 'Z' ? text[i] | 0x20 : text[i]);
	}
	else if (script->token == OPRES_TOKEN_WORD)
		while (used < script->name_length && used < sizeof value - 1)
		{
			value[used] = script->name[used];
			used++;
		}
	value[used] = '\0';
	if (encoding)
		memcpy(dump->encoding, value, used + 1);
	else
		script->escapes_always = strcmp(value, "off") == 0 || strcmp(value, "false") == 0;
}

/* One statement or command, unless data of ours begin; false on failure or at the end. */
static bool
read_statement(OpresDump *dump)
{
	OpresScript *script = &dump->script;
	bool fine = true;

	switch (opres_script_next(script))
	{
		case OPRES_TOKEN_END:
			return false;
		case OPRES_TOKEN_COMMAND:
			opres_dump_command(script->command, dump->database);
			return true;
		case OPRES_TOKEN_WORD:
			if (opres_script_is_word(script, "copy"))
				fine = read_copy(dump);
			else if (opres_script_is_word(script, "insert"))
				fine = read_insert(dump);
			else if (opres_script_is_word(script, "set"))
				read_set(dump);
			break;
		default:
			break;
	}
	if (fine && dump->state == OPRES_DUMP_STATEMENTS)
		opres_script_finish(script);
	return fine;
}

/* A line of a COPY of ours: a row, or the end of the block. */
static OpresNext
copy_row(OpresDump *dump, OpresRow *row)
{
	OpresValue values[OPRES_COLUMNS];
	char *line;
	size_t length;

	if (!opres_reader_line(&dump->script.reader, &line, &length))
	{
		(void) opres_dump_broken_off(dump);
		return OPRES_NEXT_FAILED;
	}
	if (length == 2 && line[0] == '\\' && line[1] == '.')
	{
		dump->state = OPRES_DUMP_STATEMENTS;
		return OPRES_NEXT_END;
	}
	if (opres_copy_split(&dump->layout, line, length, values))
		opres_row_read(values, dump->script.reader.lines, row);
	else
		opres_row_illegible(dump->script.reader.lines, row);
	return OPRES_NEXT_ROW;
}

/* The script is read to its end. */
static OpresNext
end(OpresDump *dump)
{
	if (dump->failure.text[0] || opres_dump_script_failed(dump))
		return OPRES_NEXT_FAILED;
	if (!dump->found && dump->wanted)
		(void) opres_refuse(&dump->failure, "the dump has no data of opres.audit_entry in a database %s",
							"ダンプにデータベース %s の opres.audit_entry のデータがありません", opres_shown(dump->wanted));
	else if (!dump->found)
		(void) opres_refuse(&dump->failure, "the dump has no data of opres.audit_entry",
							"ダンプに opres.audit_entry のデータがありません");
	else if (dump->inserted && !dump->script.complete)
		(void) opres_refuse(&dump->failure, "the dump breaks off: its last line, \"PostgreSQL database dump complete\", is missing",
							"ダンプが途中で切れています（最終行 \"PostgreSQL database dump complete\" がありません）");
	else
		return OPRES_NEXT_END;
	return OPRES_NEXT_FAILED;
}

OpresNext
opres_dump_next(OpresDump *dump, OpresRow *row)
{
	OpresNext next;

	if (!dump->begun)
	{
		dump->begun = true;
		if (!check_format(dump))
			return OPRES_NEXT_FAILED;
	}
	for (;;)
	{
		if (dump->state == OPRES_DUMP_STATEMENTS)
		{
			if (!read_statement(dump))
				return end(dump);
			continue;
		}
		next = dump->state == OPRES_DUMP_COPY ? copy_row(dump, row) : opres_dump_insert_row(dump, row);
		if (next != OPRES_NEXT_END)
			return next;
	}
}
