/* Decimals: parsing, printing, conversion, comparison (see decimal.h). Arithmetic is in
 * decimal_math.c. */
#include "value/decimal.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "value/decimal_internal.h"
#include "value/literal_internal.h"

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

static bool word_is(const char *p, const char *end, const char *word)
{
  for (; *word != '\0'; word++, p++)
    if (p == end || (*p | 0x20) != *word) return false;
  return p == end;
}

/* The digits of [*p, end) with at most one point, into scan; false if there is none. */
static bool scan_digits(const char **p, const char *end, am_decimal_scan *scan, int64_t *fraction)
{
  const char *at = *p, *first = NULL;
  size_t seen = 0, count = 0;
  bool point = false;
  *fraction = 0;
  for (; at < end; at++) {
    if (*at == '.' && !point) {
      point = true;
      continue;
    }
    if (!is_digit(*at)) break;
    seen++;
    if (point) ++*fraction;
    if (first == NULL && *at != '0') first = at;
    if (first != NULL) count++;
  }
  scan->digits = first != NULL ? first : at;
  scan->end = at;
  scan->digit_count = count;
  *p = at;
  return seen > 0;
}

static bool scan_exponent(const char *p, const char *end, int64_t *out)
{
  bool negative = false;
  if (p < end && (*p == '+' || *p == '-')) negative = *p++ == '-';
  if (p == end) return false;
  int64_t value = 0;
  for (; p < end; p++) {
    if (!is_digit(*p)) return false;
    if (value < INT32_MAX) value = value * 10 + (*p - '0');
  }
  *out = negative ? -value : value;
  return true;
}

bool am_decimal_scan_text(const char *text, size_t size, am_decimal_scan *out_scan)
{
  const char *p = text, *end = text + size;
  while (p < end && am__literal_is_space(*p)) p++;
  while (end > p && am__literal_is_space(end[-1])) end--;
  am_decimal_scan scan = {NULL, NULL, 0, 0, AM_DECIMAL_FINITE, false};
  if (p < end && (*p == '+' || *p == '-')) scan.negative = *p++ == '-';
  int64_t fraction, exponent = 0;
  if (!scan_digits(&p, end, &scan, &fraction)) {
    if (word_is(p, end, "nan")) scan.kind = AM_DECIMAL_NAN;
    else if (word_is(p, end, "inf") || word_is(p, end, "infinity")) scan.kind = AM_DECIMAL_INFINITE;
    else return false;
    *out_scan = scan;
    return true;
  }
  if (p < end && ((*p | 0x20) != 'e' || !scan_exponent(p + 1, end, &exponent))) return false;
  exponent -= fraction;
  int64_t adjusted = exponent + (int64_t)scan.digit_count;
  if (exponent < -AM_DECIMAL_EXPONENT_LIMIT || exponent > AM_DECIMAL_EXPONENT_LIMIT ||
      adjusted > AM_DECIMAL_EXPONENT_LIMIT)
    return false;
  scan.exponent = (int32_t)exponent;
  *out_scan = scan;
  return true;
}

static size_t limbs_for(size_t digits) { return (digits + AM__LIMB_DIGITS - 1) / AM__LIMB_DIGITS; }

size_t am_decimal_scan_size(const am_decimal_scan *scan)
{
  return AM_DECIMAL_SIZE(limbs_for(scan->digit_count));
}

void am_decimal_scan_fill(const am_decimal_scan *scan, am_decimal *out)
{
  size_t count = limbs_for(scan->digit_count);
  out->exponent = scan->exponent;
  out->count = (uint32_t)count & 0xfffffffu;
  out->kind = scan->kind;
  out->negative = scan->negative;
  size_t left = scan->digit_count; /* digits still to come; limb boundaries count from the end */
  const char *p = scan->digits;
  for (size_t i = count; i-- > 0;) {
    uint32_t limb = 0;
    for (size_t take = left - i * AM__LIMB_DIGITS; take > 0; p++) {
      if (*p == '.') continue;
      limb = limb * 10 + (uint32_t)(*p - '0');
      take--;
      left--;
    }
    out->limb[i] = limb;
  }
}

size_t am_decimal_size(const am_decimal *d) { return AM_DECIMAL_SIZE(d->count); }

void am_decimal_from_int64(int64_t value, am_decimal_result *out)
{
  uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
  am_decimal *d = &out->value;
  d->exponent = 0;
  d->kind = AM_DECIMAL_FINITE;
  d->negative = value < 0;
  uint32_t *limb = d->limb, count = 0;
  for (; rest != 0; rest /= AM__LIMB_BASE) limb[count++] = (uint32_t)(rest % AM__LIMB_BASE);
  d->count = count & 0xfffffffu;
}

size_t am_decimal_digits(const am_decimal *d)
{
  return d->count == 0 ? 1 : am__natural_digits(am__decimal_coefficient(d));
}

int64_t am_decimal_adjusted(const am_decimal *d)
{
  return (int64_t)d->exponent + (int64_t)am_decimal_digits(d) - 1;
}

/* The digits of the coefficient from limb `lowest` upwards; returns their number. */
static size_t put_digits(const am_decimal *d, size_t lowest, char *at)
{
  if (d->count == 0) {
    *at = '0';
    return 1;
  }
  char first[12];
  size_t size = (size_t)snprintf(first, sizeof first, "%u", (unsigned)d->limb[d->count - 1]);
  memcpy(at, first, size);
  for (size_t i = d->count - 1; i-- > lowest; size += AM__LIMB_DIGITS) {
    uint32_t limb = d->limb[i];
    for (int k = AM__LIMB_DIGITS; k-- > 0; limb /= 10)
      at[size + (size_t)k] = (char)('0' + limb % 10);
  }
  return size;
}

static bool print_special(const am_decimal *d, am_strbuf *out)
{
  if (d->kind == AM_DECIMAL_FINITE) return false;
  if (d->negative) am_strbuf_putc(out, '-');
  am_strbuf_puts(out, d->kind == AM_DECIMAL_NAN ? "NaN" : "Infinity");
  return true;
}

static void put_zeros(am_strbuf *out, int64_t count)
{
  while (count-- > 0) am_strbuf_putc(out, '0');
}

/* `size` digits with the point after `place` of them. */
static void put_pointed(am_strbuf *out, const char *digits, int64_t size, int64_t place)
{
  if (place <= 0) {
    am_strbuf_puts(out, "0");
    if (size > 0) am_strbuf_putc(out, '.');
    put_zeros(out, -place);
    am_strbuf_add(out, digits, (size_t)size);
  } else if (place >= size) {
    am_strbuf_add(out, digits, (size_t)size);
    put_zeros(out, place - size);
  } else {
    am_strbuf_add(out, digits, (size_t)place);
    am_strbuf_putc(out, '.');
    am_strbuf_add(out, digits + place, (size_t)(size - place));
  }
}

static void print_finite(const am_decimal *d, am_strbuf *out, bool plain)
{
  char room[128], *digits = room, *heap = NULL;
  size_t most = (size_t)d->count * AM__LIMB_DIGITS + 1;
  if (most > sizeof room) {
    digits = heap = am_alloc(most);
    if (heap == NULL) {
      out->failed = true;
      return;
    }
  }
  int64_t size = (int64_t)put_digits(d, 0, digits), left = d->exponent + size;
  if (d->negative) am_strbuf_putc(out, '-');
  if (plain) {
    if (d->exponent > 0 && d->count == 0) am_strbuf_putc(out, '0');
    else put_pointed(out, digits, size, left);
  } else if (d->exponent <= 0 && left > -6) {
    put_pointed(out, digits, size, left);
  } else {
    put_pointed(out, digits, size, 1);
    if (left != 1) am_strbuf_printf(out, "E%+lld", (long long)(left - 1));
  }
  am_free(heap);
}

void am_decimal_print(const am_decimal *d, am_strbuf *out)
{
  if (!print_special(d, out)) print_finite(d, out, false);
}

void am_decimal_print_plain(const am_decimal *d, am_strbuf *out)
{
  if (!print_special(d, out)) print_finite(d, out, true);
}

void am_decimal_print_key(const am_decimal *d, am_strbuf *out)
{
  if (print_special(d, out)) return;
  if (d->count == 0) {
    am_strbuf_putc(out, '0');
    return;
  }
  char room[128], *digits = room, *heap = NULL;
  size_t most = (size_t)d->count * AM__LIMB_DIGITS + 1;
  if (most > sizeof room) {
    digits = heap = am_alloc(most);
    if (heap == NULL) {
      out->failed = true;
      return;
    }
  }
  size_t size = put_digits(d, 0, digits);
  int64_t exponent = d->exponent;
  for (; size > 1 && digits[size - 1] == '0'; size--) exponent++;
  if (d->negative) am_strbuf_putc(out, '-');
  am_strbuf_add(out, digits, size);
  am_strbuf_printf(out, "E%lld", (long long)exponent);
  am_free(heap);
}

/* The coefficient as an integer if it is below 2^63. */
static bool small_coefficient(const am_decimal *d, uint64_t *out)
{
  if (d->count > 3) return false;
  unsigned __int128 value = 0;
  for (size_t i = d->count; i-- > 0;) value = value * AM__LIMB_BASE + d->limb[i];
  if (value > (unsigned __int128)INT64_MAX + 1) return false;
  *out = (uint64_t)value;
  return true;
}

double am_decimal_to_double(const am_decimal *d)
{
  static const double power[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                 1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
  if (d->kind == AM_DECIMAL_NAN) return NAN;
  if (d->kind == AM_DECIMAL_INFINITE) return d->negative ? -INFINITY : INFINITY;
  uint64_t whole;
  if (small_coefficient(d, &whole) && whole <= 9007199254740992ull && d->exponent >= -22 &&
      d->exponent <= 22) { /* both operands are exact, hence one correct rounding */
    double value = (double)whole;
    value = d->exponent < 0 ? value / power[-d->exponent] : value * power[d->exponent];
    return d->negative ? -value : value;
  }
  /* Without a point, so that the locale cannot matter. A double is decided by its first 770 digits
   * and by whether anything follows them. */
  enum { SHOWN = 88 };
  char text[SHOWN * AM__LIMB_DIGITS + 24];
  size_t lowest = d->count > SHOWN ? d->count - SHOWN : 0;
  size_t size = put_digits(d, lowest, text);
  int64_t exponent = d->exponent + (int64_t)lowest * AM__LIMB_DIGITS;
  for (size_t i = 0; i < lowest; i++)
    if (d->limb[i] != 0) {
      text[size++] = '1';
      exponent--;
      break;
    }
  snprintf(text + size, sizeof text - size, "E%lld", (long long)exponent);
  double value = strtod(text, NULL);
  return d->negative ? -value : value;
}

/* From the greatest limb on, so that a fraction is seen before the value is complete. */
static bool to_int64(const am_decimal *d, bool truncate, int64_t *out_value)
{
  if (d->kind != AM_DECIMAL_FINITE) return false;
  if (d->count == 0) {
    *out_value = 0;
    return true;
  }
  if (am_decimal_adjusted(d) > 18) return false;
  unsigned __int128 value = 0;
  size_t skip = 0; /* whole limbs below the point */
  int32_t exponent = d->exponent;
  for (; exponent <= -AM__LIMB_DIGITS && skip < d->count; exponent += AM__LIMB_DIGITS)
    if (d->limb[skip++] != 0 && !truncate) return false;
  for (size_t i = d->count; i-- > skip;) value = value * AM__LIMB_BASE + d->limb[i];
  for (; exponent < 0 && value != 0; exponent++) {
    if (value % 10 != 0 && !truncate) return false;
    value /= 10;
  }
  for (; exponent > 0; exponent--) value *= 10;
  if (value > (unsigned __int128)INT64_MAX + (d->negative ? 1 : 0)) return false;
  *out_value = d->negative ? (int64_t)(0 - (uint64_t)value) : (int64_t)value;
  return true;
}

bool am_decimal_to_int64(const am_decimal *d, int64_t *out_value)
{
  return to_int64(d, false, out_value);
}

bool am_decimal_truncate_to_int64(const am_decimal *d, int64_t *out_value)
{
  return to_int64(d, true, out_value);
}

/* The i-th decimal digit counted from the first. */
static int digit_at(const am_decimal *d, size_t digits, size_t i)
{
  if (i >= digits) return 0;
  size_t from_end = digits - 1 - i;
  return (int)(d->limb[from_end / AM__LIMB_DIGITS] / am__power_of_ten[from_end % AM__LIMB_DIGITS] %
               10);
}

/* Order of the absolute values; both finite. */
static int compare_absolute(const am_decimal *a, const am_decimal *b)
{
  if (a->count == 0 || b->count == 0) return (a->count != 0) - (b->count != 0);
  if (a->exponent == b->exponent)
    return am__natural_compare(am__decimal_coefficient(a), am__decimal_coefficient(b));
  int64_t top_a = am_decimal_adjusted(a), top_b = am_decimal_adjusted(b);
  if (top_a != top_b) return top_a < top_b ? -1 : 1;
  size_t size_a = am_decimal_digits(a), size_b = am_decimal_digits(b);
  size_t most = size_a > size_b ? size_a : size_b;
  for (size_t i = 0; i < most; i++) {
    int order = digit_at(a, size_a, i) - digit_at(b, size_b, i);
    if (order != 0) return order < 0 ? -1 : 1;
  }
  return 0;
}

static int compare_numbers(const am_decimal *a, const am_decimal *b)
{
  if (am_decimal_is_zero(a) && am_decimal_is_zero(b)) return 0;
  if (am_decimal_is_zero(a)) return b->negative ? 1 : -1;
  if (am_decimal_is_zero(b)) return a->negative ? -1 : 1;
  if (a->negative != b->negative) return a->negative ? -1 : 1;
  int order;
  if (a->kind == AM_DECIMAL_INFINITE || b->kind == AM_DECIMAL_INFINITE)
    order = (a->kind == AM_DECIMAL_INFINITE) - (b->kind == AM_DECIMAL_INFINITE);
  else order = compare_absolute(a, b);
  return a->negative ? -order : order;
}

bool am_decimal_equal(const am_decimal *a, const am_decimal *b)
{
  if (a->kind == AM_DECIMAL_NAN || b->kind == AM_DECIMAL_NAN) return false;
  return compare_numbers(a, b) == 0;
}

bool am_decimal_compare(const am_decimal *a, const am_decimal *b, int *out_order, am_error *err)
{
  if (a->kind == AM_DECIMAL_NAN || b->kind == AM_DECIMAL_NAN)
    return am_error_set(err, AM_ERR_ARGUMENT,
                        "NaN cannot be ordered; test decimals with :is_nan() before comparing");
  *out_order = compare_numbers(a, b);
  return true;
}
