/*
 * code.c - what a code (natural key) and a set of names look like: one rule for the tables' checks and for the document.
 */
#include "map/document.h"

#include "utils/builtins.h"

/* Length of the UTF-8 character at text if it may neither begin nor end a code: blanks that a reader does not see. */
static int
blank_length(const char *text, int length)
{
	const unsigned char *c = (const unsigned char *) text;

	if (length >= 1 && c[0] == ' ')
		return 1;
	if (length >= 2 && c[0] == 0xC2 && c[1] == 0xA0) /* no-break space */
		return 2;
	if (length >= 3 && c[0] == 0xE3 && c[1] == 0x80 && c[2] == 0x80) /* ideographic space */
		return 3;
	return 0;
}

static bool
has_control(const char *text, int length)
{
	const unsigned char *c = (const unsigned char *) text;

	for (int i = 0; i < length; i++)
	{
		if (c[i] < 0x20 || c[i] == 0x7F)
			return true;
		if (i + 1 < length && c[i] == 0xC2 && c[i + 1] < 0xA0) /* U+0080 to U+009F */
			return true;
		if (i + 2 < length && c[i] == 0xE2 && c[i + 1] == 0x80 && (c[i + 2] == 0xA8 || c[i + 2] == 0xA9)) /* line ends */
			return true;
	}
	return false;
}

const char *
opres_code_problem(const char *text, int length)
{
	if (length == 0)
		return "is empty";
	if (length > OPRES_CODE_BYTES)
		return "is longer than 200 bytes";
	if (has_control(text, length))
		return "contains a control character";
	if (blank_length(text, length) > 0)
		return "begins with a blank";
	for (int width = 1; width <= 3 && width <= length; width++)
		if (blank_length(text + length - width, width) == width)
			return "ends with a blank";
	return NULL;
}

OPRES_FUNCTION(opres_is_code);
Datum
opres_is_code(PG_FUNCTION_ARGS)
{
	text *code = PG_GETARG_TEXT_PP(0);

	PG_RETURN_BOOL(opres_code_problem(VARDATA_ANY(code), VARSIZE_ANY_EXHDR(code)) == NULL);
}
