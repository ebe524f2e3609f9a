/*
 * serve_metrics.c - what `opres serve` tells of itself: its log, and numbers in the text format of Prometheus.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "serve.h"

OpresServeCounts opres_serve_counts;
atomic_bool opres_serve_stopping;

/* Upper ends of the buckets of durations, in microseconds; the last is without end. */
static const uint64_t ends[] = { 500, 1000, 2000, 5000, 10000, 20000, 50000, 100000, 500000, 2000000, 10000000 };
#define BUCKETS (sizeof ends / sizeof ends[0])

uint64_t
opres_serve_now(void)
{
	struct timespec now;

	(void) clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t) now.tv_sec * 1000000 + (uint64_t) now.tv_nsec / 1000;
}

void
opres_serve_log(const char *level, const char *event, const char *format, ...)
{
	char line[1024], at[32];
	struct timespec now;
	struct tm utc;
	va_list arguments;
	int length;

	(void) clock_gettime(CLOCK_REALTIME, &now);
	(void) gmtime_r(&now.tv_sec, &utc);
	(void) strftime(at, sizeof at, "%Y-%m-%dT%H:%M:%S", &utc);
	length = snprintf(line, sizeof line, "time=%s.%03ldZ level=%s event=%s ", at, now.tv_nsec / 1000000, level, event);
	va_start(arguments, format);
	length += vsnprintf(line + length, sizeof line - (size_t) length, format, arguments);
	va_end(arguments);
	if (length > (int) sizeof line - 2)
		length = (int) sizeof line - 2;
	line[length] = '\n';
	/* One write: lines of several threads do not mix. */
	(void) fwrite(line, 1, (size_t) length + 1, stderr);
}

const char *
opres_serve_safe(const char *text, char *room, size_t size)
{
	size_t length = 0;

	for (; length < size - 1 && text[length] != '\0'; length++)
	{
		char c = text[length];
		bool safe = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || strchr("._-:/", c) != NULL;

		room[length] = safe ? c : '_';
	}
	room[length] = '\0';
	return room;
}

void
opres_serve_answered(int status, uint64_t micros)
{
	size_t bucket = 0;

	if (status >= 0 && status < 600)
		atomic_fetch_add(&opres_serve_counts.requests[status], 1);
	while (bucket < BUCKETS && micros > ends[bucket])
		bucket++;
	atomic_fetch_add(&opres_serve_counts.buckets[bucket], 1);
	atomic_fetch_add(&opres_serve_counts.micros, micros);
}

static void
gauge(FILE *out, const char *name, const char *type, const char *help, long long value)
{
	(void) fprintf(out, "# HELP opres_%s %s\n# TYPE opres_%s %s\nopres_%s %lld\n", name, help, name, type, name, value);
}

static void
durations(FILE *out)
{
	unsigned long long sum = 0;

	(void) fputs("# HELP opres_webhook_duration_seconds From the last byte of a request to its answer.\n"
				 "# TYPE opres_webhook_duration_seconds histogram\n",
				 out);
	for (size_t i = 0; i < BUCKETS; i++)
	{
		sum += atomic_load(&opres_serve_counts.buckets[i]);
		(void) fprintf(out, "opres_webhook_duration_seconds_bucket{le=\"%g\"} %llu\n", (double) ends[i] / 1e6, sum);
	}
	sum += atomic_load(&opres_serve_counts.buckets[BUCKETS]);
	(void) fprintf(out, "opres_webhook_duration_seconds_bucket{le=\"+Inf\"} %llu\n", sum);
	(void) fprintf(out, "opres_webhook_duration_seconds_sum %g\nopres_webhook_duration_seconds_count %llu\n",
				   (double) atomic_load(&opres_serve_counts.micros) / 1e6, sum);
}

char *
opres_serve_metrics(void)
{
	OpresServeCounts *c = &opres_serve_counts;
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	if (out == NULL)
		return NULL;
	(void) fputs("# HELP opres_webhook_requests_total Requests answered, by status.\n# TYPE opres_webhook_requests_total counter\n",
				 out);
	for (int i = 100; i < 600; i++)
		if (atomic_load(&c->requests[i]) > 0)
			(void) fprintf(out, "opres_webhook_requests_total{status=\"%d\"} %llu\n", i,
						   (unsigned long long) atomic_load(&c->requests[i]));
	durations(out);
	gauge(out, "webhook_queue", "gauge", "Requests that wait for the database.", atomic_load(&c->queued));
	gauge(out, "connections", "gauge", "Connections that are open.", atomic_load(&c->connections));
	gauge(out, "connections_cut_total", "counter", "Connections cut because a request took too long.",
		  (long long) atomic_load(&c->cut));
	gauge(out, "database_up", "gauge", "1 if the last attempt to reach the database was successful.", atomic_load(&c->database));
	gauge(out, "deliveries_total", "counter", "Messages delivered.", (long long) atomic_load(&c->delivered));
	gauge(out, "delivery_failures_total", "counter", "Attempts that failed.", (long long) atomic_load(&c->failed));
	gauge(out, "deliveries_dead_total", "counter", "Messages given up by this program.", (long long) atomic_load(&c->dead));
	gauge(out, "events_raised_total", "counter", "Events of time (overdue, tolerances) raised by this program.",
		  (long long) atomic_load(&c->raised));
	gauge(out, "outbox_pending", "gauge", "Messages not delivered yet.", atomic_load(&c->pending));
	gauge(out, "outbox_dead", "gauge", "Messages given up.", atomic_load(&c->dead_now));
	gauge(out, "outbox_oldest_seconds", "gauge", "Age of the oldest message not delivered.", atomic_load(&c->oldest));
	if (fclose(out) != 0)
	{
		free(text);
		return NULL;
	}
	return text;
}
