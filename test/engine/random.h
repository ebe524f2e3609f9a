/*
 * random.h - what the engine's random tests share: a seeded generator (splitmix64, Steele et al. 2014) and the seed, from the
 * environment variable OPRES_SEED if it is set. A failure is repeated by setting it to the seed printed.
 */
#ifndef OPRES_TEST_RANDOM_H
#define OPRES_TEST_RANDOM_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

static uint64_t random_state;

static inline uint64_t
random_seed(uint64_t otherwise)
{
	const char *given = getenv("OPRES_SEED");

	random_state = given != NULL ? strtoull(given, NULL, 10) : otherwise;
	printf("seed %llu\n", (unsigned long long) random_state);
	return random_state;
}

static inline uint64_t
random_bits(void)
{
	uint64_t z = (random_state += UINT64_C(0x9E3779B97F4A7C15));

	z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
	return z ^ (z >> 31);
}

/* 0 .. count - 1 */
static inline int
random_below(int count)
{
	return (int) (random_bits() % (uint64_t) count);
}

/* True once in `times`. */
static inline int
random_once_in(int times)
{
	return random_below(times) == 0;
}

#endif
