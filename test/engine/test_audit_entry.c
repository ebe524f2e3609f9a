/*
 * test_audit_entry.c - an entry of the audit trail as bytes and as a leaf: bytes written by hand after audit-format.md, limits, and
 * random entries against an encoder of its own kind.
 *
 * Entries are encoded into blocks of their exact size, and texts are handed over in such blocks, so that AddressSanitizer sees a
 * byte too many.
 */
#include "audit_entry.h"
#include "check.h"
#include "merkle.h"
#include "random.h"

#include <limits.h>
#include <openssl/sha.h>

#define HEAD_BYTES 111 /* of an entry that is not the first: what stands before the texts */
#define NULL_FIELD ((OpresField){ NULL, -1 })
#define COUNT_OF(array) ((int) (sizeof(array) / sizeof(array[0])))

static OpresField
text(const char *bytes)
{
	return (OpresField){ bytes, (int32_t) strlen(bytes) };
}

static OpresHash
filled(uint8_t byte)
{
	OpresHash hash;

	memset(hash.bytes, byte, sizeof(hash.bytes));
	return hash;
}

/* The entry is these bytes, and its leaf the hash of 0x00 and them. */
static void
check_entry(const OpresAuditEntry *entry, const void *expected, size_t length)
{
	uint8_t *bytes = malloc(length);
	uint8_t *prefixed = malloc(1 + length);
	OpresHash leaf, hash;

	CHECK_INT(opres_entry_size(entry), length);
	if (opres_entry_size(entry) == length)
	{
		opres_entry_encode(entry, bytes);
		CHECK(memcmp(bytes, expected, length) == 0);
	}
	prefixed[0] = 0x00;
	memcpy(prefixed + 1, expected, length);
	SHA256(prefixed, 1 + length, hash.bytes);
	CHECK(opres_entry_leaf(entry, &leaf) && opres_hash_equal(&leaf, &hash));
	free(prefixed);
	free(bytes);
}

#define TIMES_4(s) s s s s
#define BYTES_32(s) TIMES_4(s s s s s s s s)
#define HASH_11 BYTES_32("\x11")
#define HASH_C0 BYTES_32("\xc0")
#define HASH_C1 BYTES_32("\xc1")

/* Entry 1: nothing before it, a background worker, no subject. 2026-11-21 00:00:00 UTC is 1,795,219,200 s = 0x660be0ab5c000 us. */
static void
test_first_entry(void)
{
	static const char expected[] = "opres entry v1\n"
								   "\0\0\0\x08"
								   "\0\0\0\0\0\0\0\x01"
								   "\xff\xff\xff\xff" /* no entry before */
								   "\0\0\0\x08"
								   "\x00\x06\x60\xbe\x0a\xb5\xc0\x00"
								   "\0\0\0\x20" HASH_C0 /* content */
								   "\xff\xff\xff\xff"   /* login */
								   "\0\0\0\x05"
								   "batch"
								   "\0\0\0\x03"
								   "ops"
								   "\0\0\0\x0c"
								   "map.revision"
								   "\xff\xff\xff\xff"; /* subject */
	OpresAuditEntry entry = { .number = 1,
							  .at = INT64_C(1795219200) * 1000000,
							  .content_hash = filled(0xc0),
							  .login = NULL_FIELD,
							  .session_role = text("batch"),
							  .acting_role = text("ops"),
							  .action = text("map.revision"),
							  .subject = NULL_FIELD };

	check_entry(&entry, expected, sizeof(expected) - 1);
}

/* Entry 2: the hash before, a time before 1970, an empty text, which is not NULL, and Japanese. */
static void
test_second_entry(void)
{
	static const char expected[] = "opres entry v1\n"
								   "\0\0\0\x08"
								   "\0\0\0\0\0\0\0\x02"
								   "\0\0\0\x20" HASH_11 /* the entry before */
								   "\0\0\0\x08"
								   "\xff\xff\xff\xff\xff\xff\xff\xff"
								   "\0\0\0\x20" HASH_C1 "\0\0\0\x00" /* login */
								   "\0\0\0\x06"
								   "\xe7\x9b\xa3\xe6\x9f\xbb"
								   "\0\0\0\x01"
								   "x"
								   "\0\0\0\x0b"
								   "map.approve"
								   "\0\0\0\x15"
								   "\xe5\x8b\x98\xe5\xae\x9a\xe7\xb3\xbb\xe3\x82\xb7\xe3\x82\xb9\xe3\x83\x86\xe3\x83\xa0";
	OpresHash previous = filled(0x11);
	OpresAuditEntry entry = { .number = 2,
							  .previous = &previous,
							  .at = -1,
							  .content_hash = filled(0xc1),
							  .login = { NULL, 0 },
							  .session_role = text("監査"),
							  .acting_role = text("x"),
							  .action = text("map.approve"),
							  .subject = text("勘定系システム") };

	check_entry(&entry, expected, sizeof(expected) - 1);
}

/* ---- limits ---- */

/* An entry of that size in all; the subject is as long as it takes. */
static OpresAuditEntry
entry_of_size(size_t size, const OpresHash *previous, char *room)
{
	OpresAuditEntry entry = { .number = INT64_MAX, .previous = previous, .at = INT64_MIN, .content_hash = filled(7) };

	entry.login = NULL_FIELD;
	entry.session_role = entry.acting_role = text("r");
	entry.action = text("a");
	entry.subject = (OpresField){ room, (int32_t) (size - HEAD_BYTES - 5 * 4 - 3) };
	memset(room, 's', entry.subject.length);
	return entry;
}

static void
test_limit(void)
{
	char *room = malloc(OPRES_ENTRY_LIMIT);
	uint8_t *bytes = malloc(OPRES_ENTRY_LIMIT - 1);
	OpresHash previous = filled(9), leaf, hash;
	OpresAuditEntry entry = entry_of_size(OPRES_ENTRY_LIMIT - 1, &previous, room);
	OpresPart part = { bytes, OPRES_ENTRY_LIMIT - 1 };

	CHECK_INT(opres_entry_size(&entry), 65535);
	opres_entry_encode(&entry, bytes);
	CHECK(opres_entry_leaf(&entry, &leaf) && opres_leaf_hash(&part, 1, &hash) && opres_hash_equal(&leaf, &hash));
	entry = entry_of_size(OPRES_ENTRY_LIMIT, &previous, room);
	CHECK_INT(opres_entry_size(&entry), 65536);
	CHECK(!opres_entry_leaf(&entry, &leaf));
	free(bytes);
	free(room);
}

/* Lengths alone decide: not a byte of these texts is there. */
static void
test_too_long(void)
{
	OpresField longest = { "", INT32_MAX };
	OpresAuditEntry entry = {
		.number = 1, .login = longest, .session_role = longest, .acting_role = longest, .action = longest, .subject = longest
	};
	OpresHash leaf;

	CHECK_INT(opres_entry_size(&entry), HEAD_BYTES - OPRES_HASH_BYTES + 5 * (4 + (long long) INT32_MAX));
	CHECK(!opres_entry_leaf(&entry, &leaf));
}

/* ---- content ---- */

static void
check_content(const char *salt, OpresField reason, OpresField content, const void *bytes, size_t length)
{
	OpresHash hash, expected;

	SHA256(bytes, length, expected.bytes);
	CHECK(opres_content_hash((const uint8_t *) salt, reason, content, &hash) && opres_hash_equal(&hash, &expected));
}

#define SALT "0123456789abcdef"
#define CONTENT "opres content v1\n"
#define CHECK_CONTENT(reason, content, expected) check_content(SALT, reason, content, expected, sizeof(expected) - 1)

static void
test_content(void)
{
	OpresHash one, other;

	CHECK_CONTENT(NULL_FIELD, NULL_FIELD, SALT CONTENT "\xff\xff\xff\xff\xff\xff\xff\xff");
	CHECK_CONTENT(text(""), NULL_FIELD, SALT CONTENT "\0\0\0\0\xff\xff\xff\xff");
	CHECK_CONTENT(NULL_FIELD, text(""), SALT CONTENT "\xff\xff\xff\xff\0\0\0\0");
	CHECK_CONTENT(text("quarterly review"), text("{\"n\": 1e2}"),
				  SALT CONTENT "\0\0\0\x10"
							   "quarterly review"
							   "\0\0\0\x0a"
							   "{\"n\": 1e2}");
	CHECK_CONTENT(text("監査"), NULL_FIELD,
				  SALT CONTENT "\0\0\0\x06"
							   "\xe7\x9b\xa3\xe6\x9f\xbb"
							   "\xff\xff\xff\xff");
	CHECK(opres_content_hash((const uint8_t *) SALT, text("a"), text("b"), &one));
	CHECK(opres_content_hash((const uint8_t *) "1123456789abcdef", text("a"), text("b"), &other) &&
		  !opres_hash_equal(&one, &other));
	CHECK(opres_content_hash((const uint8_t *) SALT, text("ab"), text(""), &other) && !opres_hash_equal(&one, &other));
	CHECK(opres_content_hash((const uint8_t *) SALT, text("b"), text("a"), &other) && !opres_hash_equal(&one, &other));
}

/* Content is not bound by the entry's limit. */
static void
test_long_content(void)
{
	const int32_t length = 3000000;
	const char head[] = SALT CONTENT "\xff\xff\xff\xff\x00\x2d\xc6\xc0";
	char *bytes = malloc(sizeof(head) - 1 + length);

	memcpy(bytes, head, sizeof(head) - 1);
	memset(bytes + sizeof(head) - 1, 'z', length);
	check_content(SALT, NULL_FIELD, (OpresField){ bytes + sizeof(head) - 1, length }, bytes, sizeof(head) - 1 + length);
	free(bytes);
}

/* ---- random entries, printed field by field ---- */

static void
print_number(FILE *out, uint64_t number, int bytes)
{
	while (bytes > 0)
		fputc((int) (number >> 8 * --bytes & 0xff), out);
}

static void
print_field(FILE *out, OpresField field)
{
	print_number(out, field.length == -1 ? 0xffffffff : (uint64_t) field.length, 4);
	if (field.length > 0)
		fwrite(field.bytes, 1, field.length, out);
}

static void
print_entry(FILE *out, const OpresAuditEntry *entry)
{
	fputs("opres entry v1\n", out);
	print_number(out, 8, 4);
	print_number(out, (uint64_t) entry->number, 8);
	print_field(out, entry->previous == NULL ? NULL_FIELD : (OpresField){ (const char *) entry->previous->bytes, 32 });
	print_number(out, 8, 4);
	print_number(out, (uint64_t) entry->at, 8);
	print_field(out, (OpresField){ (const char *) entry->content_hash.bytes, 32 });
	print_field(out, entry->login);
	print_field(out, entry->session_role);
	print_field(out, entry->acting_role);
	print_field(out, entry->action);
	print_field(out, entry->subject);
}

/* In a block of its exact size, to be freed. */
static OpresField
random_field(void)
{
	int32_t length = random_once_in(4) ? -1 : random_below(random_once_in(10) ? 3000 : 40);
	char *bytes = length < 0 ? NULL : malloc(length);

	for (int32_t i = 0; i < length; i++)
		bytes[i] = (char) random_bits();
	return (OpresField){ bytes, length };
}

static void
check_random_entry(void)
{
	OpresHash previous = filled((uint8_t) random_bits());
	OpresField fields[5];
	OpresAuditEntry entry = { .number = (int64_t) (random_bits() >> 1 >> random_below(63)),
							  .previous = random_once_in(5) ? NULL : &previous,
							  .at = (int64_t) random_bits(),
							  .content_hash = filled((uint8_t) random_bits()) };
	char *expected;
	size_t length;
	FILE *out = open_memstream(&expected, &length);

	for (int i = 0; i < COUNT_OF(fields); i++)
		fields[i] = random_field();
	entry.login = fields[0];
	entry.session_role = fields[1];
	entry.acting_role = fields[2];
	entry.action = fields[3];
	entry.subject = fields[4];
	print_entry(out, &entry);
	fclose(out);
	check_entry(&entry, expected, length);
	free(expected);
	for (int i = 0; i < COUNT_OF(fields); i++)
		free((char *) fields[i].bytes);
}

int
main(void)
{
	random_seed(1);
	test_first_entry();
	test_second_entry();
	test_limit();
	test_too_long();
	test_content();
	test_long_content();
	for (int i = 0; i < 3000; i++)
		check_random_entry();
	return check_done();
}
