/* Decimals: text and arithmetic. */
#include "fuzz.h"
#include "value/decimal.h"

static am_decimal *read_text(const char *text, size_t size)
{
  am_decimal_scan scan;
  if (!am_decimal_scan_text(text, size, &scan)) return NULL;
  am_decimal *value = am_alloc(am_decimal_scan_size(&scan));
  am_decimal_scan_fill(&scan, value);
  return value;
}

static void calculate(const am_decimal *a, const am_decimal *b)
{
  static am_decimal_binary *const operators[] = {
      am_decimal_add,    am_decimal_subtract,       am_decimal_multiply,
      am_decimal_divide, am_decimal_divide_integer, am_decimal_remainder};
  am_decimal_result out;
  am_error err = AM_ERROR_INIT;
  for (size_t i = 0; i < sizeof operators / sizeof *operators; i++) {
    (void)operators[i](a, b, &out, &err);
    am_error_clear(&err);
  }
  (void)am_decimal_sqrt(a, &out, &err);
  am_error_clear(&err);
  (void)am_decimal_normalize(a, &out, &err);
  am_error_clear(&err);
  (void)am_decimal_quantize(a, -2, AM_ROUND_HALF_EVEN, &out, &err);
  am_error_clear(&err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  const char *text = (const char *)data;
  const char *half = memchr(text, ' ', size);
  size_t first = half != NULL ? (size_t)(half - text) : size;
  am_decimal *a = read_text(text, first);
  am_decimal *b = half != NULL ? read_text(half + 1, size - first - 1) : NULL;
  if (a != NULL) {
    am_strbuf out = AM_STRBUF_INIT;
    am_decimal_print(a, &out);
    am_decimal *again = read_text(out.text, out.size);
    MUST(again != NULL);
    MUST(a->kind == AM_DECIMAL_NAN || am_decimal_equal(a, again));
    am_strbuf_deinit(&out);
    am_free(again);
    (void)am_decimal_to_double(a);
    if (b != NULL) calculate(a, b);
  }
  am_free(a);
  am_free(b);
  return 0;
}
