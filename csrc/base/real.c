/* Floating point numbers as text; stands on the C library alone and owns nothing. */
#include <locale.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/real.h"

static bool has_point(const char *locale_point) { return strcmp(locale_point, ".") == 0; }

void am_real_point(char *text)
{
  const char *own = localeconv()->decimal_point;
  if (has_point(own)) return;
  char *at = strstr(text, own);
  if (at == NULL) return;
  size_t size = strlen(own);
  *at = '.';
  memmove(at + 1, at + size, strlen(at + size) + 1);
}

void am_real_print(double value, int digits, char out[AM_REAL_TEXT])
{
  for (; digits <= 17; digits++) {
    snprintf(out, AM_REAL_TEXT, "%.*g", digits, value);
    if (strtod(out, NULL) == value) break;
  }
  am_real_point(out);
}

void am_real_spell(double value, int digits, char out[AM_REAL_TEXT])
{
  if (isfinite(value)) am_real_print(value, digits, out);
  else
    snprintf(out, AM_REAL_TEXT, "%s", isnan(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity");
}

double am_real_read(const char *text, char **out_end)
{
  if (has_point(localeconv()->decimal_point)) return strtod(text, out_end);
  locale_t plain = newlocale(LC_ALL_MASK, "C", (locale_t)0);
  double value = plain != (locale_t)0 ? strtod_l(text, out_end, plain) : strtod(text, out_end);
  if (plain != (locale_t)0) freelocale(plain);
  return value;
}
