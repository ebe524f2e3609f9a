/*
 * scheme.c - signatures of webhooks (scheme.h).
 *
 * What a sender can choose is only ever compared: signatures, as text, with the one we make ourselves, in constant time. So there
 * is no decoding that might let two texts pass for one signature.
 */
#include "webhook/scheme.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "lib/stringinfo.h"
#include "playbook/json.h"
#include "sha256.h"
#include "utils/builtins.h"
#include "webhook/hmac.h"

#define ED25519_KEY_BYTES 32
#define ED25519_SIGNATURE_BYTES 64
/* Ed25519 signatures looked at: each costs some 100 us. */
#define MOST_ED25519 8
#define LONGEST_ID 256
/* Digits of a timestamp, in milliseconds until the year 33658. */
#define LONGEST_TIME 15

static const OpresScheme standard = { .signature_header = "webhook-signature",
									  .prefix = "v1,",
									  .list = true,
									  .base64 = true,
									  .content = "{id}.{timestamp}.{body}",
									  .id_header = "webhook-id",
									  .time_header = "webhook-timestamp",
									  .ticks = 1 };
static const OpresScheme github = {
	.signature_header = "x-hub-signature-256", .prefix = "sha256=", .content = "{body}", .raw_secret = true, .ticks = 1
};
static const OpresScheme slack = { .signature_header = "x-slack-signature",
								   .prefix = "v0=",
								   .form = true,
								   .raw_secret = true,
								   .content = "v0:{timestamp}:{body}",
								   .time_header = "x-slack-request-timestamp",
								   .ticks = 1 };

/* Options of the generic scheme */

static void
bad_option(const char *option, const char *expected)
{
	ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("options of the sender: %s", option),
					errdetail("Expected %s.", expected)));
}

static bool
is_header_name(const char *name)
{
	for (const char *c = name; *c != '\0'; c++)
		if (!((*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') || (*c >= '0' && *c <= '9') || *c == '-' || *c == '_'))
			return false;
	return *name != '\0' && strlen(name) <= 100;
}

static const char *
header_option(JsonbContainer *options, const char *option)
{
	const char *name = opres_json_text(options, option);

	if (name == NULL || !is_header_name(name))
		bad_option(option, "the name of a header");
	return name;
}

static const char *
choice_option(JsonbContainer *options, const char *option, const char *otherwise, const char * or)
{
	JsonbValue value;
	const char *said = opres_json_text(options, option);

	if (!opres_json_get(options, option, &value))
		return otherwise;
	if (said == NULL || (strcmp(said, otherwise) != 0 && strcmp(said, or) != 0))
		bad_option(option, psprintf("%s or %s", otherwise, or));
	return said;
}

/* A place in the template, which is there once at most. */
static const char *
place_in(const char *content, const char *place)
{
	const char *at = strstr(content, place);

	if (at != NULL && strstr(at + 1, place) != NULL)
		bad_option("content", "each of {id}, {timestamp} and {body} once");
	return at;
}

/*
 * What is signed must say by itself where the id and the time end, lest a part of one be taken for the other: after each something
 * stands that it cannot contain. The body comes last: it may contain anything.
 */
static void
check_content(const char *content)
{
	const char *id = place_in(content, "{id}"), *at = place_in(content, "{timestamp}"), *body = place_in(content, "{body}");

	for (const char *brace = strchr(content, '{'); brace != NULL; brace = strchr(brace + 1, '{'))
		if (brace != id && brace != at && brace != body)
			bad_option("content", "no braces but {id}, {timestamp} and {body}");
	if (body == NULL || body[strlen("{body}")] != '\0')
		bad_option("content", "{body} at the end");
	if (id != NULL && strchr(".:|\n ", id[strlen("{id}")]) == NULL)
		bad_option("content", "a stop, colon, bar, blank or line feed after {id}");
	if (at != NULL && strchr(".:|\n ", at[strlen("{timestamp}")]) == NULL)
		bad_option("content", "a stop, colon, bar, blank or line feed after {timestamp}");
}

static void
check_known_options(JsonbContainer *options)
{
	static const char *const known[] = { "signature_header", "prefix",           "encoding",      "content",
										 "id_header",        "timestamp_header", "timestamp_unit" };
	OpresMembers members;

	opres_members_begin(&members, options);
	while (opres_members_next(&members))
	{
		bool found = false;

		for (int i = 0; i < lengthof(known) && !found; i++)
			found = members.key.val.string.len == (int) strlen(known[i]) &&
					memcmp(members.key.val.string.val, known[i], members.key.val.string.len) == 0;
		if (!found)
			bad_option(pnstrdup(members.key.val.string.val, members.key.val.string.len),
					   "signature_header, prefix, encoding, content, id_header, timestamp_header, timestamp_unit");
	}
}

static OpresScheme
generic(JsonbContainer *options)
{
	OpresScheme scheme = { .prefix = "", .content = "{body}" };
	JsonbValue value;

	check_known_options(options);
	scheme.signature_header = header_option(options, "signature_header");
	scheme.base64 = strcmp(choice_option(options, "encoding", "hex", "base64"), "base64") == 0;
	scheme.ticks = strcmp(choice_option(options, "timestamp_unit", "s", "ms"), "ms") == 0 ? 1000 : 1;
	if (opres_json_get(options, "prefix", &value) && (scheme.prefix = opres_json_text(options, "prefix")) == NULL)
		bad_option("prefix", "a text");
	if (opres_json_get(options, "content", &value) && (scheme.content = opres_json_text(options, "content")) == NULL)
		bad_option("content", "a text");
	check_content(scheme.content);
	if (strstr(scheme.content, "{id}") != NULL)
		scheme.id_header = header_option(options, "id_header");
	if (strstr(scheme.content, "{timestamp}") != NULL)
		scheme.time_header = header_option(options, "timestamp_header");
	return scheme;
}

OpresScheme
opres_scheme(const char *name, Jsonb *options)
{
	if (strcmp(name, "generic") == 0)
		return generic(&options->root);
	if (JB_ROOT_COUNT(options) > 0)
		bad_option("not of this scheme", "none: options are of the scheme generic");
	return strcmp(name, "standard") == 0 ? standard : strcmp(name, "github") == 0 ? github : slack;
}

/* Headers */

bool
opres_headers_read(Jsonb *object, OpresHeaders *headers)
{
	OpresMembers members;

	if (!JB_ROOT_IS_OBJECT(object))
		return false;
	headers->count = 0;
	headers->header = palloc(sizeof(OpresHeader) * (JB_ROOT_COUNT(object) + 1));
	opres_members_begin(&members, &object->root);
	while (opres_members_next(&members))
	{
		if (members.value.type != jbvString)
			return false;
		headers->header[headers->count++] = (OpresHeader){ .name = members.key.val.string.val,
														   .name_length = members.key.val.string.len,
														   .value = members.value.val.string.val,
														   .value_length = members.value.val.string.len };
	}
	return true;
}

char *
opres_header(const OpresHeaders *headers, const char *name)
{
	int length = (int) strlen(name);
	const OpresHeader *found = NULL;

	for (int i = 0; i < headers->count; i++)
	{
		const OpresHeader *header = &headers->header[i];

		if (header->name_length != length || pg_strncasecmp(header->name, name, length) != 0)
			continue;
		if (found != NULL)
			return NULL; /* in another case once more: whom to believe? */
		found = header;
	}
	return found != NULL ? pnstrdup(found->value, found->value_length) : NULL;
}

bool
opres_scheme_fits(const OpresScheme *scheme, const OpresHeaders *headers)
{
	return opres_header(headers, scheme->signature_header) != NULL;
}

/* Checking */

/* Printable, not too long, and without what might end it in what is signed. */
static bool
is_id(const char *id, char end)
{
	size_t length = strlen(id);

	for (const char *c = id; *c != '\0'; c++)
		if (*c <= ' ' || *c > '~' || *c == '.' || *c == end)
			return false;
	return length > 0 && length <= LONGEST_ID;
}

/* Whole seconds (or milliseconds) since 1970, nothing else. */
static bool
is_in_time(const char *text, const OpresScheme *scheme, int64 now, int64 tolerance)
{
	int64 at = 0;

	if (*text == '\0' || strlen(text) > LONGEST_TIME)
		return false;
	for (const char *c = text; *c != '\0'; c++)
	{
		if (*c < '0' || *c > '9')
			return false;
		at = at * 10 + (*c - '0');
	}
	at /= scheme->ticks;
	return at >= now - tolerance && at <= now + tolerance;
}

static void
append_place(StringInfo content, const char *place, size_t length, const char *id, const char *at)
{
	if (strncmp(place, "{id}", length) == 0)
		appendStringInfoString(content, id);
	else if (strncmp(place, "{timestamp}", length) == 0)
		appendStringInfoString(content, at);
}

/* What is signed: the template filled in. */
static StringInfoData
signed_content(const OpresScheme *scheme, const OpresRequest *request, const char *id, const char *at)
{
	StringInfoData content;
	const char *rest = scheme->content;

	initStringInfo(&content);
	while (*rest != '\0')
	{
		const char *end = *rest == '{' ? strchr(rest, '}') : NULL;

		if (end == NULL)
		{
			appendStringInfoChar(&content, *rest++);
			continue;
		}
		if (strcmp(rest, "{body}") == 0)
			appendBinaryStringInfo(&content, request->body, (int) request->length);
		else
			append_place(&content, rest, (size_t) (end + 1 - rest), id, at);
		rest = end + 1;
	}
	return content;
}

/* The signature that the sender would make, as text. */
static char *
signature_text(const OpresScheme *scheme, const OpresSecret *secret, const StringInfoData *content)
{
	uint8 mac[OPRES_HMAC_BYTES];
	char *text = palloc0(2 * OPRES_HMAC_BYTES + 1);

	opres_hmac_sha256(secret->bytes, secret->length, content->data, content->len, mac);
	if (scheme->base64)
		EVP_EncodeBlock((uint8 *) text, mac, sizeof(mac));
	else
		hex_encode((char *) mac, sizeof(mac), text);
	return text;
}

/* In a time that does not tell how much of it is right. Hexadecimal digits may be capital letters. */
static bool
is_signature(const char *given, size_t given_length, const char *prefix, const char *right)
{
	size_t prefix_length = strlen(prefix), length = strlen(right);

	return given_length == prefix_length + length && memcmp(given, prefix, prefix_length) == 0 &&
		   CRYPTO_memcmp(given + prefix_length, right, length) == 0;
}

static bool
is_ed25519_signature(const char *given, size_t given_length, const OpresSecret *key, const StringInfoData *content)
{
	size_t length;
	char *signature;
	EVP_PKEY *public_key;
	EVP_MD_CTX *context;
	bool good;

	if (given_length < 4 || memcmp(given, "v1a,", 4) != 0)
		return false;
	signature = opres_base64_decode(given + 4, given_length - 4, &length);
	if (signature == NULL || length != ED25519_SIGNATURE_BYTES || key->length != ED25519_KEY_BYTES)
		return false;
	public_key = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, key->bytes, key->length);
	context = EVP_MD_CTX_new();
	good = public_key != NULL && context != NULL && EVP_DigestVerifyInit(context, NULL, NULL, NULL, public_key) == 1 &&
		   EVP_DigestVerify(context, (const uint8 *) signature, length, (const uint8 *) content->data, content->len) == 1;
	EVP_MD_CTX_free(context);
	EVP_PKEY_free(public_key);
	return good;
}

/* One of several signatures of one of several secrets: while keys are changed, two of each are about. */
static bool
is_signed(const OpresScheme *scheme, const char *header, const OpresSecret *secret, const StringInfoData *content)
{
	char *right = secret->ed25519 ? NULL : signature_text(scheme, secret, content);
	int looked_at = 0;

	if (!scheme->list)
		return right != NULL && is_signature(header, strlen(header), scheme->prefix, right);
	for (const char *token = header; *token != '\0';)
	{
		size_t length = strcspn(token, " ");

		if (right != NULL ? is_signature(token, length, scheme->prefix, right)
						  : looked_at++ < MOST_ED25519 && is_ed25519_signature(token, length, secret, content))
			return true;
		token += length + (token[length] == ' ');
	}
	return false;
}

void
opres_message_hash(const void *content, size_t length, uint8 hash[OPRES_CONTENT_BYTES])
{
	OpresPart part = { content, length };
	OpresHash made;

	if (!opres_sha256(&part, 1, &made))
		ereport(ERROR, (errcode(ERRCODE_INTERNAL_ERROR), errmsg("libcrypto could not compute a SHA-256")));
	memcpy(hash, made.bytes, OPRES_CONTENT_BYTES);
}

static char *
body_name(const OpresRequest *request)
{
	char digits[2 * OPRES_CONTENT_BYTES + 1] = "";
	uint8 hash[OPRES_CONTENT_BYTES];

	opres_message_hash(request->body, request->length, hash);
	hex_encode((char *) hash, OPRES_CONTENT_BYTES, digits);
	return psprintf("body.%s", digits);
}

bool
opres_scheme_check(const OpresScheme *scheme, const OpresRequest *request, int64 tolerance, const OpresSecret *secrets, int count,
				   char **id)
{
	char *signature = opres_header(&request->headers, scheme->signature_header);
	char *name = NULL, *at = NULL;
	StringInfoData content;

	if (signature == NULL)
		return false;
	if (scheme->id_header != NULL)
	{
		name = opres_header(&request->headers, scheme->id_header);
		if (name == NULL || !is_id(name, strstr(scheme->content, "{id}")[strlen("{id}")]))
			return false;
	}
	if (scheme->time_header != NULL)
	{
		at = opres_header(&request->headers, scheme->time_header);
		if (at == NULL || !is_in_time(at, scheme, request->now, tolerance))
			return false;
	}
	if (!scheme->base64)
		for (char *c = signature + Min(strlen(signature), strlen(scheme->prefix)); *c != '\0'; c++)
			*c = (char) pg_ascii_tolower((unsigned char) *c);
	content = signed_content(scheme, request, name, at);
	for (int i = 0; i < count; i++)
		if (is_signed(scheme, signature, &secrets[i], &content))
		{
			*id = name != NULL ? name : body_name(request);
			return true;
		}
	return false;
}
