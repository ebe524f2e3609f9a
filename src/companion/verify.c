/*
 * verify.c - `opres verify`: the audit trail recomputed from its content, outside the server.
 */
#include "companion.h"
#include "words.h"

void
opres_companion_verify_help(void)
{
	opres_say(stdout, "Usage: opres verify [OPTION ...]\n", "使い方: opres verify [オプション ...]\n");
}

int
opres_companion_verify(int argc, char **argv)
{
	opres_complain("verify arrives with its first commit", "verify は次のコミットで入ります");
	return OPRES_EXIT_CANNOT;
}
