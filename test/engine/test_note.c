/*
 * test_note.c - the companion's signed notes, keys and checkpoints. The published examples are those of Go's
 * golang.org/x/mod/sumdb/note and of C2SP tlog-checkpoint; the key pair and signature "TEST 2" is RFC 8032's, section 7.1.
 */
#include <ctype.h>
#include <stdlib.h>

#include "base64.h"
#include "check.h"
#include "note.h"
#include "utf8.h"

static const char published_key[] = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
static const char published_note[] =
	"This is an example message.\n\n"
	"— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuw"
	"HjG1Yu72IneyaQM=\n";
static const char published_checkpoint[] = "example.com/behind-the-sofa\n20852163\n"
										   "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n"
										   "— example.com/behind-the-sofa "
										   "Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMc"
										   "TOAYQ8=\n";
static const char published_cosignature[] =
	"— witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3"
	"b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==\n";

static bool
parses(const char *bytes, size_t length, OpresNote *note)
{
	const char *why = NULL;
	bool ok = opres_note_parse(bytes, length, note, &why);

	CHECK(ok == (why == NULL));
	return ok;
}

static bool
text_parses(const char *text)
{
	OpresNote note;

	return parses(text, strlen(text), &note);
}

static bool
key_parses(const char *text, OpresKey *key)
{
	const char *why = NULL;
	bool ok = opres_key_parse(text, strlen(text), key, &why);

	CHECK(ok == (why == NULL));
	return ok;
}

static OpresNoteCheck
check_bytes(const char *bytes, size_t length, const OpresKey *key)
{
	OpresNote note;

	return parses(bytes, length, &note) ? opres_note_check(&note, key) : OPRES_NOTE_UNSIGNED;
}

static void
test_base64(void)
{
	static const struct
	{
		const char *text;
		int count; /* -1: refused */
	} cases[] = { { "", 0 },       { "Zg==", 1 },   { "Zm8=", 2 },        { "Zm9v", 3 },  { "Zm9vYg==", 4 }, { "Zh==", -1 },
				  { "Zm9=", -1 },  { "Zg=", -1 },   { "Zg", -1 },         { "Z===", -1 }, { "====", -1 },    { "Zg==Zg==", -1 },
				  { " Zg=", -1 },  { "Zg=\n", -1 }, { "Zm9v\n", -1 },     { "Zm-_", -1 }, { "Zm9v\0", 3 },   { "=m9v", -1 },
				  { "Zm9vZ", -1 }, { "Z m9v", -1 }, { "\xC3\xA9m9", -1 }, { "Zg=A", -1 } };
	uint8_t bytes[64], all[256];
	char text[OPRES_BASE64_TEXT(256)];
	size_t count;

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
	{
		bool ok = opres_base64_decode(cases[i].text, strlen(cases[i].text), bytes, sizeof bytes, &count);

		CHECK_INT(ok ? (int) count : -1, cases[i].count);
		if (ok)
		{
			(void) opres_base64_encode(bytes, count, text);
			CHECK_TEXT(text, cases[i].text);
		}
	}
	CHECK(!opres_base64_decode("Zm9v", 4, bytes, 2, &count));
	for (size_t i = 0; i < sizeof all; i++)
		all[i] = (uint8_t) (i * 167);
	for (size_t length = 0; length <= sizeof all; length++)
	{
		uint8_t again[sizeof all];

		CHECK_INT(opres_base64_encode(all, length, text), OPRES_BASE64_TEXT(length) - 1);
		CHECK(opres_base64_decode(text, strlen(text), again, sizeof again, &count) && count == length &&
			  memcmp(again, all, length) == 0);
	}
}

static void
test_utf8(void)
{
	static const char *const bad[] = { "\x80",
									   "\xC0\x80",
									   "\xC1\xBF",
									   "\xC3",
									   "\xC3(",
									   "\xE0\x80\x80",
									   "\xED\xA0\x80",
									   "\xF0\x80\x80\x80",
									   "\xF4\x90\x80\x80",
									   "\xF8\x88\x80\x80\x80",
									   "\xFF",
									   "\xE2\x80" };
	uint32_t c;

	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		CHECK_INT(opres_utf8_next(bad[i], strlen(bad[i]), &c), 0);
	CHECK(opres_utf8_next("\xE2\x80\x94", 3, &c) == 3 && c == 0x2014);
	CHECK(opres_utf8_next("\xF4\x8F\xBF\xBF", 4, &c) == 4 && c == 0x10FFFF);
	CHECK(opres_utf8_next("\0", 1, &c) == 1 && c == 0);
	CHECK_INT(opres_utf8_next("", 0, &c), 0);
}

static void
test_published(void)
{
	OpresKey key;
	OpresNote note;
	OpresCheckpoint checkpoint;
	char text[OPRES_KEY_TEXT], both[1024], again[OPRES_CHECKPOINT_MAX];
	const char *why;

	CHECK(key_parses(published_key, &key));
	CHECK_TEXT(key.name, "example.com/foo");
	CHECK_INT(key.id, 0x530d903a);
	opres_key_print(&key, text);
	CHECK_TEXT(text, published_key);
	CHECK(parses(published_note, strlen(published_note), &note));
	CHECK_INT(note.count, 1);
	CHECK(note.text_length == 28 && memcmp(note.text, "This is an example message.\n", 28) == 0);
	CHECK_INT(opres_note_check(&note, &key), OPRES_NOTE_HOLDS);

	(void) snprintf(both, sizeof both, "%s%s", published_checkpoint, published_cosignature);
	CHECK(parses(both, strlen(both), &note));
	CHECK_INT(note.count, 2);
	CHECK_INT(note.signatures[0].key_id, 0x033de0ae);
	CHECK_INT(note.signatures[1].key_id, 0x8d66cf3f);
	CHECK_INT(opres_note_check(&note, &key), OPRES_NOTE_UNSIGNED);
	if (!CHECK(opres_checkpoint_parse(note.text, note.text_length, &checkpoint, &why)))
		return;
	CHECK_TEXT(checkpoint.origin, "example.com/behind-the-sofa");
	CHECK_INT(checkpoint.size, 20852163);
	CHECK_INT(checkpoint.root.bytes[0], 0x0A);
	CHECK_INT(opres_checkpoint_print(&checkpoint, again), note.text_length);
	CHECK(memcmp(again, note.text, note.text_length) == 0);
}

/* No byte of a note can be changed, left out or put in and the note still holds; nor a bit of the key. */
static void
test_mutations(void)
{
	OpresKey key, other;
	char bytes[512], text[OPRES_KEY_TEXT];
	size_t length = strlen(published_note);

	if (!CHECK(key_parses(published_key, &key)))
		return;
	for (size_t i = 0; i < length; i++)
	{
		for (int value = 0; value < 256; value++)
		{
			memcpy(bytes, published_note, length);
			bytes[i] = (char) value;
			if (value != (int) (uint8_t) published_note[i])
				CHECK(check_bytes(bytes, length, &key) != OPRES_NOTE_HOLDS);
		}
		memcpy(bytes, published_note, i);
		memcpy(bytes + i, published_note + i + 1, length - i - 1);
		CHECK(check_bytes(bytes, length - 1, &key) != OPRES_NOTE_HOLDS);
		memcpy(bytes + i + 1, published_note + i, length - i);
		bytes[i] = '\n';
		CHECK(check_bytes(bytes, length + 1, &key) != OPRES_NOTE_HOLDS);
		CHECK(check_bytes(published_note, i, &key) != OPRES_NOTE_HOLDS);
	}
	for (int bit = 0; bit < 8 * OPRES_KEY_BYTES; bit++)
	{
		other = key;
		other.public_key[bit / 8] ^= (uint8_t) (1 << (bit % 8));
		CHECK(check_bytes(published_note, length, &other) != OPRES_NOTE_HOLDS);
	}
	for (size_t i = 0; i < strlen(published_key); i++)
	{
		memcpy(text, published_key, sizeof published_key);
		text[i] = text[i] == 'x' ? 'y' : 'x';
		CHECK(!key_parses(text, &other));
	}
}

static void
test_note_form(void)
{
	static const char *const good[] = { "a\n\n— n AAAAAAA=\n", "\n\n— n AAAAAAA=\n", "a\n\nb\n\n— n AAAAAAA=\n— n AAAAAAA=\n",
										"a\n\n— \xC3\xA9/ö AAAAAAA=\n" };
	static const char *const bad[] = { "",
									   "\n",
									   "\n\n",
									   "a\n",
									   "a\n\n",
									   "a\n\nb\n",
									   "a\n\n— n AAAAAAA=",
									   "a\n— n AAAAAAA=\n",
									   "a\n\n— n AAAAAAA=\n\n",
									   "a\n\n— n  AAAAAAA=\n",
									   "a\n\n—  AAAAAAA=\n",
									   "a\n\n— n+m AAAAAAA=\n",
									   "a\n\n— n\xC2\xA0m AAAAAAA=\n",
									   "a\n\n— n\xE3\x80\x80m AAAAAAA=\n",
									   "a\n\n— n AAAAAAA= \n",
									   "a\n\n— n AAAAAAB=\n",
									   "a\n\n— n AAAAAA==\n",
									   "a\n\n— n \n",
									   "a\n\n— n\n",
									   "a\n\n- n AAAAAAA=\n",
									   "a\n\n— n AAAAAAA=\r\n",
									   "a\tb\n\n— n AAAAAAA=\n",
									   "a\xFF\n\n— n AAAAAAA=\n" };
	char many[4096] = "a\n\n";
	char *large = malloc(OPRES_NOTE_MAX + 64);

	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
		CHECK(text_parses(good[i]) || (printf("refused: %s\n", good[i]), false));
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		CHECK(!text_parses(bad[i]) || (printf("taken: %s\n", bad[i]), false));
	for (int i = 0; i < OPRES_NOTE_SIGNATURES; i++)
		(void) strcat(many, "— n AAAAAAA=\n");
	CHECK(text_parses(many));
	(void) strcat(many, "— n AAAAAAA=\n");
	CHECK(!text_parses(many));
	if (!CHECK(large != NULL))
		return;
	memset(large, 'a', OPRES_NOTE_MAX);
	(void) strcpy(large + OPRES_NOTE_MAX - strlen(good[0]), good[0]);
	CHECK(text_parses(large));
	memset(large, 'a', OPRES_NOTE_MAX);
	(void) strcpy(large + OPRES_NOTE_MAX - strlen(good[0]) + 1, good[0]);
	CHECK(!text_parses(large));
	free(large);
}

/* RFC 8032, section 7.1, TEST 2: secret key, public key, message 0x72, signature. */
static void
test_signer(void)
{
	static const char seed[] = "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb";
	static const char public[] = "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c";
	static const char signature[] = "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
									"085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00";
	uint8_t typed[1 + OPRES_KEY_BYTES] = { 1 }, made[OPRES_SIGNATURE_BYTES];
	char base64[64], text[OPRES_KEY_TEXT], printed[OPRES_KEY_TEXT], hex[2 * OPRES_SIGNATURE_BYTES + 1];
	OpresSigner signer, other;
	OpresKey key = { "rfc8032.example", 0, { 0 } };
	const char *why = NULL;

	for (int i = 0; i < OPRES_KEY_BYTES; i++)
	{
		unsigned value;

		CHECK(sscanf(public + 2 * i, "%2x", &value) == 1);
		key.public_key[i] = (uint8_t) value;
		CHECK(sscanf(seed + 2 * i, "%2x", &value) == 1);
		typed[1 + i] = (uint8_t) value;
	}
	(void) opres_base64_encode(typed, sizeof typed, base64);
	/* The id of that name and key, by another implementation of SHA-256 (coreutils). */
	(void) snprintf(text, sizeof text, "PRIVATE+KEY+rfc8032.example+%s+%s", "c74135b2", base64);
	if (!CHECK(opres_signer_parse(text, strlen(text), &signer, &why)))
	{
		printf("%s\n", why);
		return;
	}
	CHECK(memcmp(signer.key.public_key, key.public_key, OPRES_KEY_BYTES) == 0);
	CHECK(opres_signer_print(&signer, printed));
	CHECK_TEXT(printed, text);
	CHECK(opres_signer_sign(&signer, "\x72", 1, made));
	for (int i = 0; i < OPRES_SIGNATURE_BYTES; i++)
		(void) sprintf(hex + 2 * i, "%02x", made[i]);
	CHECK_TEXT(hex, signature);
	CHECK_INT(opres_key_check(&signer.key, "\x72", 1, made), OPRES_SIGNATURE_HOLDS);
	CHECK_INT(opres_key_check(&signer.key, "\x73", 1, made), OPRES_SIGNATURE_WRONG);
	for (size_t i = 0; i < strlen(text); i++)
	{
		char changed[OPRES_KEY_TEXT];

		(void) strcpy(changed, text);
		changed[i] = changed[i] == 'x' ? 'y' : 'x';
		CHECK(!opres_signer_parse(changed, strlen(changed), &other, &why) && other.secret == NULL);
		CHECK(!opres_signer_parse(text, i, &other, &why));
	}
	opres_signer_free(&signer);
}

static void
test_round_trip(void)
{
	static const char text[] = "opres/1/2/3\n5\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";
	static const char *const bad_names[] = { "", "a b", "a+b", "a\nb", "a\tb", "\xFF", "a\xE2\x80\x83", "\xE3\x80\x80" };
	OpresSigner signer, second;
	OpresNote note;
	OpresKey key;
	char printed[OPRES_KEY_TEXT], longest[OPRES_KEY_NAME_MAX + 2], both[1024];
	char *made, *others;
	const char *why;

	for (size_t i = 0; i < sizeof bad_names / sizeof bad_names[0]; i++)
		CHECK(!opres_signer_new(bad_names[i], &signer, &why));
	memset(longest, 'n', sizeof longest);
	longest[OPRES_KEY_NAME_MAX + 1] = '\0';
	CHECK(!opres_signer_new(longest, &signer, &why));
	longest[OPRES_KEY_NAME_MAX] = '\0';
	if (!CHECK(opres_signer_new(longest, &signer, &why)) || !CHECK(opres_signer_new(longest, &second, &why)))
		return;
	CHECK(memcmp(signer.key.public_key, second.key.public_key, OPRES_KEY_BYTES) != 0);
	opres_key_print(&signer.key, printed);
	CHECK(key_parses(printed, &key) && memcmp(&key, &signer.key, sizeof key) == 0);
	made = opres_note_sign(&signer, text, strlen(text));
	others = opres_note_sign(&second, text, strlen(text));
	if (CHECK(made != NULL && others != NULL))
	{
		CHECK_INT(check_bytes(made, strlen(made), &signer.key), OPRES_NOTE_HOLDS);
		CHECK_INT(check_bytes(made, strlen(made), &second.key), OPRES_NOTE_UNSIGNED);
		/* Both signatures under one text: each key finds its own. */
		(void) snprintf(both, sizeof both, "%s%s", made, strstr(others, "\n\n") + 2);
		CHECK_INT(check_bytes(both, strlen(both), &signer.key), OPRES_NOTE_HOLDS);
		CHECK_INT(check_bytes(both, strlen(both), &second.key), OPRES_NOTE_HOLDS);
		/* A good signature does not make up for a wrong one by the same key. */
		both[0] = 'O';
		CHECK_INT(check_bytes(both, strlen(both), &second.key), OPRES_NOTE_FORGED);
		CHECK(parses(both, strlen(both), &note));
	}
	CHECK(opres_note_sign(&signer, "no line feed", 12) == NULL && opres_note_sign(&signer, "a\tb\n", 4) == NULL &&
		  opres_note_sign(&signer, "", 0) == NULL);
	free(made);
	free(others);
	opres_signer_free(&signer);
	opres_signer_free(&second);
}

static void
test_checkpoint_form(void)
{
#define ROOT "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I="
	static const char *const good[] = { "a\n0\n" ROOT "\n", "opres/1/2/3\n9223372036854775807\n" ROOT "\n" };
	static const char *const bad[] = { "",
									   "a\n0\n" ROOT,
									   "a\n0\n" ROOT "\nb\n",
									   "a\n0\n" ROOT "\n\n",
									   "\n0\n" ROOT "\n",
									   "a b\n0\n" ROOT "\n",
									   "a\xC3\xA9\n0\n" ROOT "\n",
									   "a\n00\n" ROOT "\n",
									   "a\n01\n" ROOT "\n",
									   "a\n-1\n" ROOT "\n",
									   "a\n+1\n" ROOT "\n",
									   "a\n 1\n" ROOT "\n",
									   "a\n1 \n" ROOT "\n",
									   "a\n\n" ROOT "\n",
									   "a\n0x1\n" ROOT "\n",
									   "a\n9223372036854775808\n" ROOT "\n",
									   "a\n18446744073709551617\n" ROOT "\n",
									   "a\n100000000000000000000\n" ROOT "\n",
									   "a\n0\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2J=\n",
									   "a\n0\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxqw==\n",
									   "a\n0\n\n" };
	static const char *const bad_origins[] = { "opres/1/2",
											   "opres/1/2/3/4",
											   "opres/1/2/",
											   "opres//2/3",
											   "opres/01/2/3",
											   "opres/1/4294967296/3",
											   "opres/18446744073709551616/2/3",
											   "Opres/1/2/3",
											   "opres/1/2/-3",
											   "" };
	OpresCheckpoint checkpoint;
	OpresOrigin origin;
	char printed[OPRES_CHECKPOINT_MAX], longest[256];
	const char *why;

	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
		if (CHECK(opres_checkpoint_parse(good[i], strlen(good[i]), &checkpoint, &why)))
		{
			(void) opres_checkpoint_print(&checkpoint, printed);
			CHECK_TEXT(printed, good[i]);
		}
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		CHECK(!opres_checkpoint_parse(bad[i], strlen(bad[i]), &checkpoint, &why) || (printf("taken: %s\n", bad[i]), false));
	memset(longest, 'o', OPRES_ORIGIN_MAX);
	(void) strcpy(longest + OPRES_ORIGIN_MAX, "\n9223372036854775807\n" ROOT "\n");
	CHECK(opres_checkpoint_parse(longest, strlen(longest), &checkpoint, &why));
	CHECK_INT(opres_checkpoint_print(&checkpoint, printed), strlen(longest));
	CHECK_TEXT(printed, longest);
	memset(longest, 'o', OPRES_ORIGIN_MAX + 1);
	(void) strcpy(longest + OPRES_ORIGIN_MAX + 1, "\n1\n" ROOT "\n");
	CHECK(!opres_checkpoint_parse(longest, strlen(longest), &checkpoint, &why));
	CHECK(opres_origin_parse("opres/18446744073709551615/4294967295/1", &origin) && origin.cluster == UINT64_MAX &&
		  origin.database == UINT32_MAX && origin.timeline == 1);
	for (size_t i = 0; i < sizeof bad_origins / sizeof bad_origins[0]; i++)
		CHECK(!opres_origin_parse(bad_origins[i], &origin) || (printf("taken: %s\n", bad_origins[i]), false));
}

int
main(void)
{
	test_base64();
	test_utf8();
	test_published();
	test_mutations();
	test_note_form();
	test_signer();
	test_round_trip();
	test_checkpoint_form();
	return check_done();
}
