/* What PostgreSQL's texts of arrays, hstore and numbers have in common; private to value/ (am__).
 */
#ifndef AM_VALUE_LITERAL_INTERNAL_H
#define AM_VALUE_LITERAL_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>

/* White space as the server sees it, whatever the locale of the program. */
static inline bool am__literal_is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

/* The first place in [at, end) that is no white space. */
static inline const char *am__literal_after_space(const char *at, const char *end)
{
  while (at < end && am__literal_is_space(*at)) at++;
  return at;
}

/* An unquoted NULL, in upper or lower case, is no text. */
static inline bool am__literal_is_null(const char *p, size_t size)
{
  return size == 4 && (p[0] | 0x20) == 'n' && (p[1] | 0x20) == 'u' && (p[2] | 0x20) == 'l' &&
         (p[3] | 0x20) == 'l';
}

#endif
