/*
 * scheme.h - how senders of webhooks sign: which headers, over what, in which letters.
 *
 * Standard Webhooks, GitHub's and Slack's are given; the generic one is what a sender's options say. Texts are palloc'd in the
 * current memory context, or constants.
 */
#ifndef OPRES_SCHEME_H
#define OPRES_SCHEME_H

#include "common/compat.h"
#include "utils/jsonb.h"

typedef struct OpresScheme
{
	const char *signature_header;
	const char *prefix;                  /* that stands before the signature */
	bool list;                           /* several "VERSION,SIGNATURE" with spaces between: Standard Webhooks */
	bool base64;                         /* else hexadecimal */
	bool form;                           /* the body may be a form whose field "payload" is the message: Slack */
	bool raw_secret;                     /* "whsec_" at the beginning of a secret is part of it */
	const char *content;                 /* what is signed: {id}, {timestamp} and {body}, the body last, and what stands between */
	const char *id_header, *time_header; /* NULL if there is none in `content` */
	int64 ticks;                         /* of timestamps, in a second */
} OpresScheme;

/* A scheme by its name and a sender's options; an error says what is wrong with the options. */
extern OpresScheme opres_scheme(const char *name, Jsonb *options);

typedef struct OpresSecret
{
	bool ed25519; /* a public key of 32 bytes, for signatures v1a; else a secret of HMAC-SHA256 */
	const uint8 *bytes;
	size_t length;
} OpresSecret;

/* The headers of a request, {"name": "value"}, names in any case. */
typedef struct OpresHeader
{
	const char *name, *value;
	int name_length, value_length;
} OpresHeader;

typedef struct OpresHeaders
{
	OpresHeader *header;
	int count;
} OpresHeaders;

/* False unless it is an object of texts. The headers point into `object`. */
extern bool opres_headers_read(Jsonb *object, OpresHeaders *headers);
/* The value of a header, NULL if it is not there, or more than once. A copy. */
extern char *opres_header(const OpresHeaders *headers, const char *name);

typedef struct OpresRequest
{
	OpresHeaders headers;
	const char *body;
	size_t length;
	int64 now; /* seconds since 1970 */
} OpresRequest;

/*
 * Whether a request bears a signature of a scheme by one of these secrets, of a time no further from now than `tolerance` seconds.
 * What names the message is then in *id: its id if that is signed; else the hash of its body: an id that is not signed is
 * anybody's to change.
 */
extern bool opres_scheme_check(const OpresScheme *scheme, const OpresRequest *request, int64 tolerance, const OpresSecret *secrets,
							   int count, char **id);
/* Whether a request has the headers of a scheme. */
extern bool opres_scheme_fits(const OpresScheme *scheme, const OpresHeaders *headers);

/* SHA-256 of what a message says. */
#define OPRES_CONTENT_BYTES 32
extern void opres_message_hash(const void *content, size_t length, uint8 hash[OPRES_CONTENT_BYTES]);

#endif
