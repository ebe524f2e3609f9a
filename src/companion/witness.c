/*
 * witness.c - `opres witness`.
 */
#include "companion.h"
#include "words.h"

void
opres_companion_witness_help(void)
{
	opres_say(stdout, "Usage: opres witness [OPTION ...]\n", "使い方: opres witness [オプション ...]\n");
}

int
opres_companion_witness(int argc, char **argv)
{
	opres_complain("witness arrives with its first commit", "witness は次のコミットで入ります");
	return OPRES_EXIT_CANNOT;
}
