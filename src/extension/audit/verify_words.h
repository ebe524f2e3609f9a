/*
 * verify_words.h - what verify_audit says.
 */
#ifndef OPRES_VERIFY_WORDS_H
#define OPRES_VERIFY_WORDS_H

#include "common/lang.h"

typedef enum OpresAuditProblem
{
	OPRES_AUDIT_GAP,
	OPRES_AUDIT_DOUBLED,
	OPRES_AUDIT_MALFORMED,
	OPRES_AUDIT_CONTENT,
	OPRES_AUDIT_ERASED,
	OPRES_AUDIT_ENTRY,
	OPRES_AUDIT_CHAIN,
	OPRES_AUDIT_SUBTREES,
	OPRES_AUDIT_INDEX,
	OPRES_AUDIT_PROTECTION
} OpresAuditProblem;

/* The same word in every language, for programs. */
extern const char *opres_audit_problem(OpresAuditProblem problem);

/* For people. last: of a gap, the last entry that is missing; said: of a malformed entry or missing protection, what is wrong. */
extern char *opres_audit_detail(OpresLang lang, OpresAuditProblem problem, int64 entry, int64 last, const char *said);

#endif
