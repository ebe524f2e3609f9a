/*
 * base64.c - OpenSSL's own decoder takes blanks, line ends and stray bits; two texts for one signature would be two notes.
 */
#include "base64.h"

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

size_t
opres_base64_encode(const uint8_t *bytes, size_t length, char *text)
{
	size_t used = 0;

	for (size_t i = 0; i < length; i += 3)
	{
		size_t left = length - i;
		uint32_t group = (uint32_t) bytes[i] << 16;

		if (left > 1)
			group |= (uint32_t) bytes[i + 1] << 8;
		if (left > 2)
			group |= bytes[i + 2];
		text[used++] = alphabet[group >> 18];
		text[used++] = alphabet[(group >> 12) & 63];
		text[used++] = left > 1 ? alphabet[(group >> 6) & 63] : '=';
		text[used++] = left > 2 ? alphabet[group & 63] : '=';
	}
	text[used] = '\0';
	return used;
}

static int
digit(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* Four characters, of which the last `padding` are '='; false if they are not canonical. */
static bool
decode_group(const char *text, int padding, uint32_t *group)
{
	*group = 0;
	for (int i = 0; i < 4; i++)
	{
		int value = i < 4 - padding ? digit(text[i]) : 0;

		if (value < 0)
			return false;
		*group = *group << 6 | (uint32_t) value;
	}
	return (*group & ((1U << (8 * padding)) - 1)) == 0;
}

bool
opres_base64_decode(const char *text, size_t length, uint8_t *bytes, size_t room, size_t *count)
{
	size_t used = 0;

	if (length % 4 != 0)
		return false;
	for (size_t i = 0; i < length; i += 4)
	{
		int padding = 0;
		uint32_t group;

		if (i + 4 == length && text[i + 3] == '=')
			padding = text[i + 2] == '=' ? 2 : 1;
		if (!decode_group(text + i, padding, &group))
			return false;
		for (int part = 0; part < 3 - padding; part++, used++)
		{
			if (!bytes)
				continue;
			if (used >= room)
				return false;
			bytes[used] = (uint8_t) (group >> (16 - 8 * part));
		}
	}
	*count = used;
	return true;
}
