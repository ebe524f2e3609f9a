/*
 * lang.c - the languages of output (lang.h).
 */
#include "common/lang.h"

#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"

OpresLang
opres_lang(const text *lang)
{
	char *name = text_to_cstring(lang);

	if (strcmp(name, "ja") == 0)
		return OPRES_JA;
	if (strcmp(name, "en") == 0)
		return OPRES_EN;
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("unknown language \"%s\"", name), errdetail("Expected en or ja.")));
}

const char *
opres_our_words(const char *utf8)
{
	return pg_any_to_server(utf8, (int) strlen(utf8), PG_UTF8);
}

char *
opres_say_duration(OpresLang lang, OpresTime time)
{
	static const struct
	{
		OpresTime length;
		const char *unit[2];
	} units[] = {
		{ INT64CONST(86400000000), { "d", "日" } }, { INT64CONST(3600000000), { "h", "時間" } },
		{ INT64CONST(60000000), { "min", "分" } },  { INT64CONST(1000000), { "s", "秒" } },
		{ INT64CONST(1000), { "ms", "ミリ秒" } },   { 1, { "us", "マイクロ秒" } },
	};
	StringInfoData out;
	int parts = 0;

	initStringInfo(&out);
	/* Three units say as much as anybody reads; days are told in hours up to two of them. */
	for (int i = time < 2 * units[0].length ? 1 : 0; i < lengthof(units) && parts < 3; i++)
	{
		OpresTime count = time / units[i].length;

		if (count == 0)
			continue;
		if (lang == OPRES_EN && parts > 0)
			appendStringInfoChar(&out, ' ');
		appendStringInfo(&out, INT64_FORMAT "%s%s", count, lang == OPRES_EN ? " " : "", units[i].unit[lang]);
		time -= count * units[i].length;
		parts++;
	}
	if (parts == 0)
		appendStringInfoString(&out, lang == OPRES_EN ? "0 min" : "0分");
	return out.data;
}
