/*
 * compare.h - the seven comparison functions of a type, made from one that compares two arguments.
 */
#ifndef OPRES_COMPARE_H
#define OPRES_COMPARE_H

#include "common/compat.h"

#define OPRES_COMPARISON(symbol, returned)                                                                                         \
	OPRES_FUNCTION(symbol);                                                                                                        \
	Datum symbol(PG_FUNCTION_ARGS)                                                                                                 \
	{                                                                                                                              \
		returned;                                                                                                                  \
	}                                                                                                                              \
	extern int opres_function_needs_semicolon

/* compare: int compare(FunctionCallInfo), below, at or above 0. */
#define OPRES_COMPARISONS(type, compare)                                                                                           \
	OPRES_COMPARISON(opres_##type##_eq, PG_RETURN_BOOL(compare(fcinfo) == 0));                                                     \
	OPRES_COMPARISON(opres_##type##_ne, PG_RETURN_BOOL(compare(fcinfo) != 0));                                                     \
	OPRES_COMPARISON(opres_##type##_lt, PG_RETURN_BOOL(compare(fcinfo) < 0));                                                      \
	OPRES_COMPARISON(opres_##type##_le, PG_RETURN_BOOL(compare(fcinfo) <= 0));                                                     \
	OPRES_COMPARISON(opres_##type##_ge, PG_RETURN_BOOL(compare(fcinfo) >= 0));                                                     \
	OPRES_COMPARISON(opres_##type##_gt, PG_RETURN_BOOL(compare(fcinfo) > 0));                                                      \
	OPRES_COMPARISON(opres_##type##_cmp, PG_RETURN_INT32(compare(fcinfo)))

#endif
