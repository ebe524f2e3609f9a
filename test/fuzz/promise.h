/*
 * promise.h - PROMISE(condition): what a fuzzer holds the code under test to. A broken one ends the program, which libFuzzer
 * reports.
 */
#ifndef OPRES_FUZZ_PROMISE_H
#define OPRES_FUZZ_PROMISE_H

#include <stdio.h>
#include <stdlib.h>

#define PROMISE(condition)                                                                                                         \
	do                                                                                                                             \
	{                                                                                                                              \
		if (!(condition))                                                                                                          \
		{                                                                                                                          \
			fprintf(stderr, "%s:%d: broken promise: %s\n", __FILE__, __LINE__, #condition);                                        \
			abort();                                                                                                               \
		}                                                                                                                          \
	} while (0)

#endif
