/*
 * progress.c - the progress line. At most one stands on the terminal at a time; for one thread.
 */
#include "progress.h"

#include <stdio.h>
#include <unistd.h>

#include "words.h"

#define FIRST_AFTER 0.5
#define AGAIN_AFTER 0.2
#define BAR_CELLS 30

static OpresProgressMode mode = OPRES_PROGRESS_AUTO;
static bool standing;

void
opres_progress_mode(OpresProgressMode wanted)
{
	mode = wanted;
}

bool
opres_progress_quiet(void)
{
	return mode == OPRES_PROGRESS_NEVER;
}

static bool
wanted_here(void)
{
	return mode == OPRES_PROGRESS_ALWAYS || (mode == OPRES_PROGRESS_AUTO && isatty(STDERR_FILENO));
}

static double
seconds(const struct timespec *from, const struct timespec *to)
{
	return (double) (to->tv_sec - from->tv_sec) + (double) (to->tv_nsec - from->tv_nsec) / 1e9;
}

void
opres_progress_start(OpresProgress *progress, const char *what, OpresUnit unit, uint64_t total)
{
	*progress = (OpresProgress){ .what = what, .unit = unit, .total = total };
	(void) clock_gettime(CLOCK_MONOTONIC, &progress->started);
	progress->shown = progress->started;
}

/* An amount with its unit: "12.3 MB", "1,234,567" would need a locale, so "1.23 M". */
static void
amount(char *text, size_t room, double value, OpresUnit unit)
{
	static const char *const steps[] = { "", "k", "M", "G", "T", "P", "E" };
	int step = 0;

	while (value >= 1000 && step < 6)
	{
		value /= 1000;
		step++;
	}
	(void) snprintf(text, room, "%.*f %s%s", step ? 1 : 0, value, steps[step], unit == OPRES_UNIT_BYTES ? "B" : "");
}

static void
show(const OpresProgress *progress, double elapsed)
{
	char done[32], rate[32];
	double per_second = elapsed > 0 ? (double) progress->done / elapsed : 0;
	/* The source may have grown since its total was taken. */
	double part = progress->total ? (double) progress->done / (double) progress->total : 0;

	amount(done, sizeof done, (double) progress->done, progress->unit);
	amount(rate, sizeof rate, per_second, progress->unit);
	(void) fprintf(stderr, "\r\033[K%s ", progress->what);
	if (progress->total)
	{
		int cells = part >= 1 ? BAR_CELLS : (int) (part * BAR_CELLS);

		(void) fputc('[', stderr);
		for (int i = 0; i < BAR_CELLS; i++)
			(void) fputc(i < cells ? '#' : '.', stderr);
		(void) fprintf(stderr, "] %3d%% ", part >= 1 ? 100 : (int) (part * 100));
	}
	(void) fprintf(stderr, "%s, %s/s", done, rate);
	if (progress->total && part > 0 && part < 1)
	{
		double left = elapsed / part * (1 - part);

		if (left < 100 * 3600)
			opres_say(stderr, ", %02d:%02d:%02d left", "、残り %02d:%02d:%02d", (int) (left / 3600), (int) (left / 60) % 60,
					  (int) left % 60);
	}
	(void) fflush(stderr);
	standing = true;
}

void
opres_progress_at(OpresProgress *progress, uint64_t done)
{
	struct timespec now;
	double elapsed;

	progress->done = done;
	if (!wanted_here())
		return;
	(void) clock_gettime(CLOCK_MONOTONIC, &now);
	elapsed = seconds(&progress->started, &now);
	if (elapsed < FIRST_AFTER || seconds(&progress->shown, &now) < AGAIN_AFTER)
		return;
	progress->shown = now;
	show(progress, elapsed);
}

void
opres_progress_end(OpresProgress *progress)
{
	progress->total = 0;
	opres_progress_clear();
}

void
opres_progress_clear(void)
{
	if (!standing)
		return;
	standing = false;
	(void) fputs("\r\033[K", stderr);
	(void) fflush(stderr);
}
