/*
 * serve_headers.c - the headers of a request, as JSON for the database.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "serve_http.h"
#include "utf8.h"

#define HEADERS_MAX 100

typedef struct Headers
{
	FILE *out;
	int count;
	bool bad;
	const char *names[HEADERS_MAX];
} Headers;

/* A JSON string; bytes that are no UTF-8 make the request malformed. */
static void
put_string(Headers *headers, const char *text, size_t length, bool lower)
{
	(void) fputc('"', headers->out);
	for (size_t at = 0; at < length && !headers->bad;)
	{
		uint32_t character;
		size_t bytes = opres_utf8_next(text + at, length - at, &character);

		if (bytes == 0 || character == 0)
			headers->bad = true;
		else if (bytes == 1 && (character < 0x20 || character == '"' || character == '\\' || character == 0x7f))
			(void) fprintf(headers->out, "\\u%04x", character);
		else if (bytes == 1)
			(void) fputc(lower && character >= 'A' && character <= 'Z' ? (int) character + 32 : (int) character, headers->out);
		else
			(void) fwrite(text + at, 1, bytes, headers->out);
		at += bytes > 0 ? bytes : 1;
	}
	(void) fputc('"', headers->out);
}

/* Lists that proxies and browsers make longer by a header of the same name; no signature is in them. */
static bool
may_come_twice(const char *name)
{
	static const char *const names[] = { "accept", "accept-charset", "accept-encoding", "accept-language", "cache-control",
										 "cookie", "forwarded",      "pragma",          "traceparent",     "tracestate",
										 "via" };

	if (strncasecmp(name, "x-forwarded-", 12) == 0)
		return true;
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		if (strcasecmp(names[i], name) == 0)
			return true;
	return false;
}

static bool
is_there(const Headers *headers, const char *name)
{
	for (int i = 0; i < headers->count; i++)
		if (strcasecmp(headers->names[i], name) == 0)
			return true;
	return false;
}

/* Of two of a name, who checks the signature might take one and who checked before us the other: malformed. */
static enum MHD_Result
put_header(void *ctx, enum MHD_ValueKind kind, const char *name, const char *value)
{
	Headers *headers = ctx;
	bool again = is_there(headers, name);

	(void) kind;
	if (again && may_come_twice(name))
		return MHD_YES;
	if (again || headers->count == HEADERS_MAX)
		headers->bad = true;
	if (headers->bad)
		return MHD_NO;
	headers->names[headers->count++] = name;
	(void) fputs(", ", headers->out);
	put_string(headers, name, strlen(name), true);
	(void) fputs(": ", headers->out);
	put_string(headers, value != NULL ? value : "", value != NULL ? strlen(value) : 0, false);
	return MHD_YES;
}

char *
opres_http_headers(struct MHD_Connection *connection, const char *path)
{
	Headers headers = { 0 };
	char *json = NULL;
	size_t size = 0;

	headers.out = open_memstream(&json, &size);
	if (headers.out == NULL)
		return NULL;
	(void) fputs("{\":path\": ", headers.out);
	put_string(&headers, path, strlen(path), false);
	(void) MHD_get_connection_values(connection, MHD_HEADER_KIND, put_header, &headers);
	(void) fputc('}', headers.out);
	if (fclose(headers.out) != 0 || headers.bad)
	{
		free(json);
		return NULL;
	}
	return json;
}

typedef struct Framing
{
	int lengths, encodings;
	bool bad;
} Framing;

static enum MHD_Result
look_at_framing(void *ctx, enum MHD_ValueKind kind, const char *name, const char *value)
{
	Framing *framing = ctx;

	(void) kind;
	if (strcasecmp(name, "Content-Length") == 0)
	{
		framing->lengths++;
		framing->bad |= value == NULL || *value == '\0' || value[strspn(value, "0123456789")] != '\0';
	}
	else if (strcasecmp(name, "Transfer-Encoding") == 0)
	{
		framing->encodings++;
		framing->bad |= value == NULL || strcasecmp(value, "chunked") != 0;
	}
	return MHD_YES;
}

bool
opres_http_framed(struct MHD_Connection *connection)
{
	Framing framing = { 0 };

	(void) MHD_get_connection_values(connection, MHD_HEADER_KIND, look_at_framing, &framing);
	return !framing.bad && framing.lengths + framing.encodings <= 1;
}
