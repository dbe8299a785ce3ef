/* Text as code points, by RFC 3629. */
#ifndef AM_BASE_UTF8_H
#define AM_BASE_UTF8_H

#include <stddef.h>
#include <stdint.h>

/* Bytes of the character at `text` (before `end`), with its code point; 0 if what stands there is
 * no UTF-8: a stray byte, a character cut off, one written longer than it needs, a surrogate. */
size_t am_utf8_read(const char *text, const char *end, uint32_t *out_code);

#endif
