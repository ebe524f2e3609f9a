/*
 * lang.c - the languages of output (lang.h).
 */
#include "common/lang.h"

#include "utils/builtins.h"

bool
opres_lang_is_ja(const text *lang)
{
	char *name = text_to_cstring(lang);

	if (strcmp(name, "ja") == 0)
		return true;
	if (strcmp(name, "en") == 0)
		return false;
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("unknown language \"%s\"", name), errdetail("Expected en or ja.")));
}
