/* MD5 (RFC 1321), for the short suffix of names that are too long: databases created by other
 * tools carry it. */
#ifndef AM_BASE_MD5_H
#define AM_BASE_MD5_H

#include <stddef.h>

/* 32 lower-case hexadecimal digits and NUL. */
void am_md5_hex(const char *bytes, size_t size, char out_text[33]);

#endif
