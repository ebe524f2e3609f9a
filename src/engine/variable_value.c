/*
 * variable_value.c - what a text must be to be a value of one of CACAO's variable types ("Variables" in workflow-semantics.md).
 * Allocates nothing.
 */
#include "condition.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#include "decimal.h"
#include "scan.h"

/* clang-format off */
const char *const opres_variable_type_names[OPRES_VARIABLE_TYPES] = {
	"bool", "dictionary", "float", "hexstring", "integer", "ipv4-addr", "ipv6-addr", "long", "mac-addr", "hash", "md5-hash",
	"sha256-hash", "string", "uri", "uuid",
};
/* clang-format on */

static bool
is_hex(char c)
{
	return opres_is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static bool
all_hex(const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++)
	{
		if (!is_hex(text[i]))
			return false;
	}
	return true;
}

/* Sign and digits only, and between the two limits. */
static bool
is_integer(const char *value, const char *least, const char *greatest)
{
	size_t length = strlen(value);
	OpresDecimal number;
	OpresDecimal low;
	OpresDecimal high;

	if (strspn(value, "+-0123456789") != length || !opres_decimal_read(value, length, &number))
		return false;
	return opres_decimal_read(least, strlen(least), &low) && opres_decimal_read(greatest, strlen(greatest), &high) &&
		   opres_decimal_compare(&number, &low) >= 0 && opres_decimal_compare(&number, &high) <= 0;
}

static bool
is_address(int family, const char *value)
{
	struct in6_addr room;

	return inet_pton(family, value, &room) == 1;
}

/* Six octets, all colons or all hyphens between. */
static bool
is_mac(const char *value)
{
	if (strlen(value) != 17 || (value[2] != ':' && value[2] != '-'))
		return false;
	for (size_t i = 0; i < 17; i++)
	{
		if (i % 3 == 2 ? value[i] != value[2] : !is_hex(value[i]))
			return false;
	}
	return true;
}

/* Hexadecimal, as long as MD5, SHA-1, or a SHA-2 or SHA-3 of 224, 256, 384 or 512 bits. */
static bool
is_hash(const char *value)
{
	static const size_t lengths[] = { 32, 40, 56, 64, 96, 128 };
	size_t length = strlen(value);

	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++)
	{
		if (length == lengths[i])
			return all_hex(value, length);
	}
	return false;
}

/* Of any version: a nil or a not yet defined one is as good a name as another. */
static bool
is_uuid(const char *value)
{
	if (strlen(value) != 36)
		return false;
	for (size_t i = 0; i < 36; i++)
	{
		if (i == 8 || i == 13 || i == 18 || i == 23 ? value[i] != '-' : !is_hex(value[i]))
			return false;
	}
	return true;
}

static bool
is_unreserved_or_delimiter(char c)
{
	return opres_is_letter(c) || opres_is_digit(c) || (c != '\0' && strchr("-._~!$&'()*+,;=", c) != NULL);
}

/* Every character unreserved, a sub-delimiter, percent-encoded or one of `more` (RFC 3986, 2.1 to 2.3). */
static bool
uri_part(const char *text, size_t length, const char *more)
{
	for (size_t i = 0; i < length; i++)
	{
		if (text[i] == '%' && length - i > 2 && is_hex(text[i + 1]) && is_hex(text[i + 2]))
			i += 2;
		else if (!is_unreserved_or_delimiter(text[i]) && strchr(more, text[i]) == NULL)
			return false;
	}
	return true;
}

/* Between [ and ]: an IPv6 address, or what a later version may be. */
static bool
uri_literal_address(const char *text, size_t length)
{
	char copy[INET6_ADDRSTRLEN];
	size_t digits = 1;

	if (length > 0 && (text[0] == 'v' || text[0] == 'V'))
	{
		while (digits < length && is_hex(text[digits]))
			digits++;
		return digits > 1 && length - digits > 1 && text[digits] == '.' && memchr(text, '%', length) == NULL &&
			   uri_part(text + digits + 1, length - digits - 1, ":");
	}
	if (length >= sizeof(copy))
		return false;
	memcpy(copy, text, length);
	copy[length] = '\0';
	return is_address(AF_INET6, copy);
}

/* [userinfo "@"] host [":" port] */
static bool
uri_authority(const char *text, size_t length)
{
	const char *at = memchr(text, '@', length);
	const char *end = text + length;
	const char *host_end;

	if (at != NULL)
	{
		if (!uri_part(text, (size_t) (at - text), ":"))
			return false;
		text = at + 1;
	}
	if (text < end && *text == '[')
	{
		host_end = memchr(text, ']', (size_t) (end - text));
		if (host_end == NULL || !uri_literal_address(text + 1, (size_t) (host_end - text) - 1))
			return false;
		host_end++;
	}
	else
	{
		host_end = memchr(text, ':', (size_t) (end - text));
		if (host_end == NULL)
			host_end = end;
		if (!uri_part(text, (size_t) (host_end - text), ""))
			return false;
	}
	if (host_end == end)
		return true;
	return *host_end == ':' && strspn(host_end + 1, "0123456789") >= (size_t) (end - host_end) - 1;
}

/* A URI with its scheme, part by part; not what a scheme asks besides. */
static bool
is_uri(const char *value)
{
	size_t scheme = 0;
	size_t length;

	while (opres_is_letter(value[scheme]) ||
		   (scheme > 0 && value[scheme] != '\0' && strchr("0123456789+-.", value[scheme]) != NULL))
		scheme++;
	if (scheme == 0 || value[scheme] != ':')
		return false;
	value += scheme + 1;
	if (value[0] == '/' && value[1] == '/')
	{
		value += 2;
		length = strcspn(value, "/?#");
		if (!uri_authority(value, length))
			return false;
		value += length;
	}
	length = strcspn(value, "?#");
	if (!uri_part(value, length, ":@/"))
		return false;
	value += length;
	if (*value == '?')
	{
		length = strcspn(value + 1, "#");
		if (!uri_part(value + 1, length, ":@/?"))
			return false;
		value += length + 1;
	}
	return *value == '\0' || uri_part(value + 1, strlen(value + 1), ":@/?");
}

bool
opres_variable_value_valid(OpresVariableType type, const char *value)
{
	size_t length = strlen(value);
	OpresDecimal number;

	switch (type)
	{
		case OPRES_VAR_BOOL:
			return strcmp(value, "true") == 0 || strcmp(value, "false") == 0;
		case OPRES_VAR_FLOAT:
			return opres_decimal_read(value, length, &number);
		case OPRES_VAR_INTEGER:
			return is_integer(value, "-2147483648", "2147483647");
		case OPRES_VAR_LONG:
			return is_integer(value, "-9223372036854775808", "9223372036854775807");
		case OPRES_VAR_HEXSTRING:
			return length % 2 == 0 && all_hex(value, length);
		case OPRES_VAR_IPV4_ADDR:
			return is_address(AF_INET, value);
		case OPRES_VAR_IPV6_ADDR:
			return is_address(AF_INET6, value);
		case OPRES_VAR_MAC_ADDR:
			return is_mac(value);
		case OPRES_VAR_HASH:
			return is_hash(value);
		case OPRES_VAR_MD5_HASH:
			return length == 32 && all_hex(value, length);
		case OPRES_VAR_SHA256_HASH:
			return length == 64 && all_hex(value, length);
		case OPRES_VAR_URI:
			return is_uri(value);
		case OPRES_VAR_UUID:
			return is_uuid(value);
		case OPRES_VAR_DICTIONARY:
		case OPRES_VAR_STRING:
			return true;
	}
	return false;
}
