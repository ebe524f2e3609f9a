/*
 * companion.h - the program `opres` that stands beside the server: its subcommands and how they end.
 */
#ifndef OPRES_COMPANION_H
#define OPRES_COMPANION_H

/* Exit statuses, for scripts; the manual page and --help repeat them. */
typedef enum OpresExit
{
	OPRES_EXIT_OK = 0,     /* intact; witnessed; printed */
	OPRES_EXIT_BROKEN = 1, /* the trail is damaged, or contradicts what was kept of it */
	OPRES_EXIT_CANNOT = 2, /* wrong usage, or something could not be read: nothing is said about the trail */
	OPRES_EXIT_UNANCHORED =
		3, /* verify --require-anchor: intact, but no kept note with a checked signature vouches for any of it */
} OpresExit;

/*
 * Subcommands: argv[0] is their own name. They return an OpresExit. The options that all have in common are taken out of argv
 * before, by main: --lang (words.h), --progress and --quiet (progress.h), --help and --version.
 */
int opres_companion_verify(int argc, char **argv);
int opres_companion_witness(int argc, char **argv);
int opres_companion_playbook(int argc, char **argv);
int opres_companion_serve(int argc, char **argv);

/* What --help shows, on stdout. */
void opres_companion_verify_help(void);
void opres_companion_witness_help(void);
void opres_companion_playbook_help(void);
void opres_companion_serve_help(void);

#endif
