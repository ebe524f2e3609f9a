/*
 * serve_address.c - where messages may go: hosts by their names, addresses by what they are. Some addresses must not be reached
 * from inside a bank unless allowed: those of its own networks and machines, whatever a name resolves to. Sources: the IANA
 * special-purpose address registries (RFC 6890 and its followers).
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "serve_address.h"

typedef struct Block
{
	uint32_t address;
	int bits;
} Block;

/* 0/8, 10/8, 100.64/10, 127/8, 169.254/16, 172.16/12, 192.0.0/24, 192.0.2/24, 192.88.99/24, 192.168/16, 198.18/15, 198.51.100/24,
 * 203.0.113/24, 224/4, 240/4 */
static const Block blocks[] = { { 0x00000000, 8 },  { 0x0a000000, 8 },  { 0x64400000, 10 }, { 0x7f000000, 8 },  { 0xa9fe0000, 16 },
								{ 0xac100000, 12 }, { 0xc0000000, 24 }, { 0xc0000200, 24 }, { 0xc0586300, 24 }, { 0xc0a80000, 16 },
								{ 0xc6120000, 15 }, { 0xc6336400, 24 }, { 0xcb007100, 24 }, { 0xe0000000, 4 },  { 0xf0000000, 4 } };

static bool
private_v4(uint32_t address)
{
	for (size_t i = 0; i < sizeof blocks / sizeof blocks[0]; i++)
		if (((address ^ blocks[i].address) >> (32 - blocks[i].bits)) == 0)
			return true;
	return false;
}

static uint32_t
v4_at(const uint8_t *bytes)
{
	return (uint32_t) bytes[0] << 24 | (uint32_t) bytes[1] << 16 | (uint32_t) bytes[2] << 8 | bytes[3];
}

/* Only 2000::/3 is global unicast; and in it, what leads to an IPv4 address is judged by that. */
static bool
private_v6(const uint8_t *b)
{
	static const uint8_t mapped[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };
	static const uint8_t nat64[12] = { 0, 0x64, 0xff, 0x9b };

	if (memcmp(b, mapped, sizeof mapped) == 0 || memcmp(b, nat64, sizeof nat64) == 0)
		return private_v4(v4_at(b + 12));
	if ((b[0] & 0xe0) != 0x20)
		return true;
	if (b[0] == 0x20 && b[1] == 0x02) /* 6to4 */
		return private_v4(v4_at(b + 2));
	/* 2001::/23 (Teredo, ORCHID, benchmarking), 2001:db8::/32, 3fff::/20 (documentation) */
	return (b[0] == 0x20 && b[1] == 0x01 && (b[2] < 2 || (b[2] == 0x0d && b[3] == 0xb8))) ||
		   (b[0] == 0x3f && b[1] == 0xff && b[2] < 0x10);
}

bool
opres_address_private(const struct sockaddr *address)
{
	if (address->sa_family == AF_INET)
		return private_v4(ntohl(((const struct sockaddr_in *) address)->sin_addr.s_addr));
	if (address->sa_family == AF_INET6)
		return private_v6(((const struct sockaddr_in6 *) address)->sin6_addr.s6_addr);
	return true;
}

bool
opres_address_text_private(const char *text)
{
	struct sockaddr_in v4 = { .sin_family = AF_INET };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6 };

	if (inet_pton(AF_INET, text, &v4.sin_addr) == 1)
		return opres_address_private((const struct sockaddr *) &v4);
	if (inet_pton(AF_INET6, text, &v6.sin6_addr) == 1)
		return opres_address_private((const struct sockaddr *) &v6);
	return true;
}

/* "*.example.com" is every name below example.com, not itself. */
static bool
host_matches(const char *host, const char *pattern, size_t length)
{
	size_t host_length = strlen(host);

	if (length > 2 && strncmp(pattern, "*.", 2) == 0)
		return host_length > length - 1 && strncasecmp(host + host_length - (length - 1), pattern + 1, length - 1) == 0;
	return length > 0 && host_length == length && strncasecmp(host, pattern, length) == 0;
}

bool
opres_host_allowed(const char *host, const char *patterns)
{
	static const char between[] = ", \t";

	if (patterns == NULL)
		return true;
	for (const char *at = patterns + strspn(patterns, between); *at != '\0'; at += strspn(at, between))
	{
		size_t length = strcspn(at, between);

		if (host_matches(host, at, length))
			return true;
		at += length;
	}
	return false;
}
