/*
 * check.h - what the engine's test programs share: count, say what failed, close with "N passed, M failed".
 *
 * A program is one test_*.c here, linked with all of src/engine; its main ends with `return check_done();`. It prints failures
 * and the closing line only, and ends non-zero if anything failed or nothing was checked.
 */
#ifndef OPRES_TEST_CHECK_H
#define OPRES_TEST_CHECK_H

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static int check_passed;
static int check_failed;

/* CHECK(condition): as such. CHECK_INT, CHECK_NEAR, CHECK_TEXT: got, expected; both are printed when they differ. */
#define CHECK(condition) check_that((condition), __FILE__, __LINE__, #condition)
#define CHECK_INT(got, expected) check_int((long long) (got), (long long) (expected), __FILE__, __LINE__, #got)
#define CHECK_NEAR(got, expected) check_near((got), (expected), __FILE__, __LINE__, #got)
#define CHECK_TEXT(got, expected) check_text((got), (expected), __FILE__, __LINE__, #got)

static inline bool
check_that(bool holds, const char *file, int line, const char *what)
{
	if (holds)
		check_passed++;
	else
	{
		check_failed++;
		printf("%s:%d: not so: %s\n", file, line, what);
	}
	return holds;
}

static inline bool
check_int(long long got, long long expected, const char *file, int line, const char *what)
{
	if (got != expected)
		printf("%s:%d: %s: got %lld, expected %lld\n", file, line, what, got, expected);
	if (got == expected)
		check_passed++;
	else
		check_failed++;
	return got == expected;
}

static inline bool
check_near(double got, double expected, const char *file, int line, const char *what)
{
	bool near = fabs(got - expected) <= 1e-9;

	if (!near)
		printf("%s:%d: %s: got %.17g, expected %.17g\n", file, line, what, got, expected);
	if (near)
		check_passed++;
	else
		check_failed++;
	return near;
}

static inline bool
check_text(const char *got, const char *expected, const char *file, int line, const char *what)
{
	bool same = got != NULL && strcmp(got, expected) == 0;

	if (!same)
		printf("%s:%d: %s: got \"%s\", expected \"%s\"\n", file, line, what, got ? got : "(null)", expected);
	if (same)
		check_passed++;
	else
		check_failed++;
	return same;
}

static inline int
check_done(void)
{
	printf("%d passed, %d failed\n", check_passed, check_failed);
	return check_failed == 0 && check_passed > 0 ? 0 : 1;
}

#endif
