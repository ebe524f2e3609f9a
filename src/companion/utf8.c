/*
 * utf8.c - see utf8.h.
 */
#include "utf8.h"

size_t
opres_utf8_next(const char *bytes, size_t length, uint32_t *character)
{
	static const uint32_t smallest[] = { 0, 0, 0x80, 0x800, 0x10000 };
	uint8_t first = length ? (uint8_t) bytes[0] : 0xFF;
	size_t size = first < 0x80 ? 1 : first < 0xC0 ? 0 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : first < 0xF8 ? 4 : 0;
	uint32_t value;

	if (size == 0 || size > length)
		return 0;
	value = size == 1 ? first : first & (0x7FU >> size);
	for (size_t i = 1; i < size; i++)
	{
		uint8_t next = (uint8_t) bytes[i];

		if ((next & 0xC0) != 0x80)
			return 0;
		value = value << 6 | (next & 0x3FU);
	}
	if (value < smallest[size] || value > 0x10FFFF || (value >= 0xD800 && value <= 0xDFFF))
		return 0;
	*character = value;
	return size;
}
