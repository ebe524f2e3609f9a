/*
 * test_serve_address.c - where messages may go: every block of the IANA special-purpose address registries (as of 2026), first and
 * last address and their neighbours; names against patterns.
 */
#include <netinet/in.h>

#include "check.h"
#include "serve_address.h"

static void
refused(const char *address)
{
	if (!CHECK(opres_address_text_private(address)))
		printf("  %s\n", address);
}

static void
reached(const char *address)
{
	if (!CHECK(!opres_address_text_private(address)))
		printf("  %s\n", address);
}

/* First, last; one before, one after; NULL where the neighbour is in another block. */
static const char *const v4_blocks[][4] = {
	{ "0.0.0.0", "0.255.255.255", NULL, "1.0.0.0" },
	{ "10.0.0.0", "10.255.255.255", "9.255.255.255", "11.0.0.0" },
	{ "100.64.0.0", "100.127.255.255", "100.63.255.255", "100.128.0.0" },
	{ "127.0.0.0", "127.255.255.255", "126.255.255.255", "128.0.0.0" },
	{ "169.254.0.0", "169.254.255.255", "169.253.255.255", "169.255.0.0" },
	{ "172.16.0.0", "172.31.255.255", "172.15.255.255", "172.32.0.0" },
	{ "192.0.0.0", "192.0.0.255", "191.255.255.255", "192.0.1.0" },
	{ "192.0.2.0", "192.0.2.255", "192.0.1.255", "192.0.3.0" },
	{ "192.88.99.0", "192.88.99.255", "192.88.98.255", "192.88.100.0" },
	{ "192.168.0.0", "192.168.255.255", "192.167.255.255", "192.169.0.0" },
	{ "198.18.0.0", "198.19.255.255", "198.17.255.255", "198.20.0.0" },
	{ "198.51.100.0", "198.51.100.255", "198.51.99.255", "198.51.101.0" },
	{ "203.0.113.0", "203.0.113.255", "203.0.112.255", "203.0.114.0" },
	{ "224.0.0.0", "239.255.255.255", "223.255.255.255", NULL },
	{ "240.0.0.0", "255.255.255.255", NULL, NULL },
};

static const char *const v6_blocks[][4] = {
	{ "::", "::", NULL, NULL },
	{ "::1", "::1", NULL, NULL },
	{ "64:ff9b:1::", "64:ff9b:1:ffff:ffff:ffff:ffff:ffff", NULL, NULL },
	{ "100::", "100::ffff:ffff:ffff:ffff", NULL, NULL },
	{ "2001::", "2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff", "2000:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "2001:200::" },
	{ "2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", "2001:db7:ffff::", "2001:db9::" },
	{ "3fff::", "3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff", "3ffe:ffff::", "3fff:1000::" },
	{ "4000::", "5eff::", "3fff:ffff::", NULL },
	{ "5f00::", "5f00:ffff::", NULL, NULL },
	{ "fc00::", "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", NULL, NULL },
	{ "fe80::", "febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff", NULL, NULL },
	{ "fec0::", "feff::", NULL, NULL },
	{ "ff00::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", NULL, NULL },
};

static void
test_block(const char *const block[4])
{
	refused(block[0]);
	refused(block[1]);
	if (block[2])
		reached(block[2]);
	if (block[3])
		reached(block[3]);
}

static void
test_addresses(void)
{
	static const char *const open[] = { "8.8.8.8", "1.1.1.1", "192.31.196.1", "2000::", "2606:4700::1111", "2a00::1" };
	static const char *const none[] = { "", "localhost", "127.1", "0x7f.0.0.1", "::1%lo", "[::1]", "1.2.3.4.5", "1.2.3.4 " };

	for (size_t i = 0; i < sizeof v4_blocks / sizeof v4_blocks[0]; i++)
		test_block(v4_blocks[i]);
	for (size_t i = 0; i < sizeof v6_blocks / sizeof v6_blocks[0]; i++)
		test_block(v6_blocks[i]);
	for (size_t i = 0; i < sizeof open / sizeof open[0]; i++)
		reached(open[i]);
	for (size_t i = 0; i < sizeof none / sizeof none[0]; i++)
		refused(none[i]);
}

/* Every IPv4 address in the clothes of IPv6 is what it is: mapped, NAT64, 6to4. */
static void
test_embedded(void)
{
	static const char *const closed[] = { "127.0.0.1", "10.1.2.3", "169.254.169.254", "192.168.0.1", "224.0.0.1" };
	static const char *const closed_6to4[] = { "2002:7f00:1::", "2002:a01:203::", "2002:a9fe:a9fe::", "2002:c0a8:1::1",
											   "2002:e000:1::" };
	char text[64];

	for (size_t i = 0; i < sizeof closed / sizeof closed[0]; i++)
	{
		(void) snprintf(text, sizeof text, "::ffff:%s", closed[i]);
		refused(text);
		(void) snprintf(text, sizeof text, "64:ff9b::%s", closed[i]);
		refused(text);
		(void) snprintf(text, sizeof text, "::%s", closed[i]);
		refused(text);
		refused(closed_6to4[i]);
	}
	reached("::ffff:8.8.8.8");
	reached("64:ff9b::8.8.8.8");
	reached("2002:808:808::1");
	refused("::8.8.8.8");
}

static void
test_families(void)
{
	struct sockaddr local = { .sa_family = AF_UNIX }, none = { .sa_family = AF_UNSPEC };

	CHECK(opres_address_private(&local));
	CHECK(opres_address_private(&none));
}

static void
test_hosts(void)
{
	const char *patterns = " hooks.example.com, *.chat.example,10.0.0.1\t[::1] ,, *.  *";

	CHECK(opres_host_allowed("anything", NULL));
	CHECK(!opres_host_allowed("anything", ""));
	CHECK(!opres_host_allowed("anything", " , "));
	CHECK(opres_host_allowed("hooks.example.com", patterns));
	CHECK(opres_host_allowed("HOOKS.Example.COM", patterns));
	CHECK(!opres_host_allowed("hooks.example.co", patterns));
	CHECK(!opres_host_allowed("hooks.example.com.", patterns));
	CHECK(!opres_host_allowed("hooks.example.com.evil.example", patterns));
	CHECK(!opres_host_allowed("xhooks.example.com", patterns));
	CHECK(opres_host_allowed("a.chat.example", patterns));
	CHECK(opres_host_allowed("a.b.Chat.example", patterns));
	CHECK(!opres_host_allowed("chat.example", patterns));
	CHECK(!opres_host_allowed(".chat.example", patterns));
	CHECK(!opres_host_allowed("achat.example", patterns));
	CHECK(opres_host_allowed("10.0.0.1", patterns));
	CHECK(!opres_host_allowed("10.0.0.10", patterns));
	CHECK(opres_host_allowed("[::1]", patterns));
	CHECK(!opres_host_allowed("", patterns));
	CHECK(!opres_host_allowed("other.example", patterns));
}

int
main(void)
{
	test_addresses();
	test_embedded();
	test_families();
	test_hosts();
	return check_done();
}
