/* value/decimal: allocation failures of arithmetic; the values are in spec/value/decimal_spec.lua
 */
#include "value/decimal.h"

#include <stdlib.h>

#include "check.h"

static am_decimal *parse(const char *text)
{
  am_decimal_scan scan;
  CHECK(am_decimal_scan_text(text, strlen(text), &scan));
  am_decimal *d = malloc(am_decimal_scan_size(&scan));
  am_decimal_scan_fill(&scan, d);
  return d;
}

TEST(long_operands_survive_every_failed_allocation)
{
  char text[2001];
  memset(text, '7', 2000);
  text[2000] = '\0';
  am_decimal *a = parse(text), *b = parse("3E-900");
  am_decimal_binary *const operations[] = {am_decimal_add, am_decimal_multiply, am_decimal_divide};
  for (int i = 0; i < 3; i++) EACH_FAULT
    {
      am_decimal_result result;
      am_error err = AM_ERROR_INIT;
      bool ok = operations[i](a, b, &result, &err);
      CHECK(ok || err.cls == AM_ERR_MEMORY);
      am_error_clear(&err);
    }
  free(a), free(b);
}

RUN({"long_operands_survive_every_failed_allocation",
     long_operands_survive_every_failed_allocation})
