/*
 * text.c - how the types report text they cannot read (see text.h).
 */
#include "types/text.h"

#include "mb/pg_wchar.h"

int
opres_scan_character(const OpresScan *scan)
{
	return pg_mbstrlen_with_len(scan->text, (int) scan->position) + 1;
}
