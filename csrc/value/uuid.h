/* UUIDs: text in any common spelling ↔ 16 bytes, and new ones of version 4 (random) and 7 (by
 * time).
 *
 * In Lua a UUID is its canonical text, 36 lower-case characters. */
#ifndef AM_VALUE_UUID_H
#define AM_VALUE_UUID_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

#define AM_UUID_TEXT 37 /* canonical text with its NUL */

/* Accepts hyphens anywhere between digits or none, braces, "urn:uuid:", either case. */
bool am_uuid_parse(const char *text, size_t size, unsigned char out[16], am_error *err);
/* The canonical text; returns its size. */
size_t am_uuid_print(const unsigned char bytes[16], char out[AM_UUID_TEXT]);
/* The same without hyphens. */
size_t am_uuid_print_digits(const unsigned char bytes[16], char out[AM_UUID_TEXT]);
bool am_uuid_make4(unsigned char out[16], am_error *err);
/* Sorts by time of making: milliseconds, then 12 bits of their fraction, then randomness. */
bool am_uuid_make7(unsigned char out[16], am_error *err);

#endif
