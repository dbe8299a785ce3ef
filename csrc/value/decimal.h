/* Exact decimals: what NUMERIC columns hold, with the arithmetic of Python's decimal module.
 *
 * A decimal is sign, coefficient and exponent; "1.10" is 110E-2 and keeps its zero. Parsing is
 * exact for any length; arithmetic rounds once to AM_DECIMAL_PRECISION digits, half to even. NaN
 * and infinities are values; what Python's default context traps (division by zero, invalid
 * operation, overflow) is an AM_ERR_ARGUMENT. Invariant: a decimal is one block without pointers,
 * immutable once filled; the caller owns it. The coefficient is little-endian in base 10^9
 * without leading zero limbs; zero has none. */
#ifndef AM_VALUE_DECIMAL_H
#define AM_VALUE_DECIMAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/strbuf.h"

#define AM_DECIMAL_PRECISION 38
#define AM_DECIMAL_EMAX 999999 /* adjusted exponents that results of arithmetic may have */
#define AM_DECIMAL_EMIN (-999999)
#define AM_DECIMAL_EXPONENT_LIMIT 99999999 /* beyond this a text is refused */

typedef enum am_decimal_kind {
  AM_DECIMAL_FINITE,
  AM_DECIMAL_INFINITE,
  AM_DECIMAL_NAN
} am_decimal_kind;

typedef struct am_decimal {
  int32_t exponent;
  uint32_t count : 28; /* limbs */
  uint32_t kind : 3;
  uint32_t negative : 1;
  uint32_t limb[];
} am_decimal;

#define AM_DECIMAL_SIZE(count) (sizeof(am_decimal) + (count) * sizeof(uint32_t))

/* Room for every result of arithmetic: 38 digits are five limbs. */
typedef union am_decimal_result {
  am_decimal value;
  uint32_t words[2 + 5];
} am_decimal_result;

typedef enum am_rounding {
  AM_ROUND_HALF_EVEN,
  AM_ROUND_HALF_UP,
  AM_ROUND_HALF_DOWN,
  AM_ROUND_UP,
  AM_ROUND_DOWN,
  AM_ROUND_CEILING,
  AM_ROUND_FLOOR
} am_rounding;

/* A text recognised as a decimal, not yet stored: scan, allocate am_decimal_scan_size, fill. */
typedef struct am_decimal_scan {
  const char *digits; /* first significant digit, borrowed; may contain one '.' */
  const char *end;
  size_t digit_count; /* significant digits */
  int32_t exponent;
  am_decimal_kind kind;
  bool negative;
} am_decimal_scan;

/* False (no error record) if the text is not a decimal or its exponent is out of range. */
bool am_decimal_scan_text(const char *text, size_t size, am_decimal_scan *out_scan);
size_t am_decimal_scan_size(const am_decimal_scan *scan);
void am_decimal_scan_fill(const am_decimal_scan *scan, am_decimal *out);

size_t am_decimal_size(const am_decimal *d);
void am_decimal_from_int64(int64_t value, am_decimal_result *out);

/* Python's str(): scientific notation where the exponent is positive or far below zero. */
void am_decimal_print(const am_decimal *d, am_strbuf *out);
/* Never an exponent: format(d, "f"). */
void am_decimal_print_plain(const am_decimal *d, am_strbuf *out);
/* The same text for equal values (1, 1.0 and 1E+0 alike): for keys. */
void am_decimal_print_key(const am_decimal *d, am_strbuf *out);

double am_decimal_to_double(const am_decimal *d); /* nearest; NaN and infinities map */
/* False if the value is not a whole number within 64 bits. */
bool am_decimal_to_int64(const am_decimal *d, int64_t *out_value);
/* The same after truncation towards zero. */
bool am_decimal_truncate_to_int64(const am_decimal *d, int64_t *out_value);

static inline bool am_decimal_is_zero(const am_decimal *d)
{
  return d->kind == AM_DECIMAL_FINITE && d->count == 0;
}
size_t am_decimal_digits(const am_decimal *d);    /* of the coefficient; 1 for zero */
int64_t am_decimal_adjusted(const am_decimal *d); /* exponent of the first digit */

/* NaN equals nothing. */
bool am_decimal_equal(const am_decimal *a, const am_decimal *b);
/* -1, 0, 1 in out_order; fails if one of them is NaN. */
bool am_decimal_compare(const am_decimal *a, const am_decimal *b, int *out_order, am_error *err);

typedef bool am_decimal_binary(const am_decimal *a, const am_decimal *b, am_decimal_result *out,
                               am_error *err);
am_decimal_binary am_decimal_add, am_decimal_subtract, am_decimal_multiply, am_decimal_divide;
am_decimal_binary am_decimal_divide_integer; /* Python's //: truncates */
am_decimal_binary am_decimal_remainder;      /* Python's %: sign of the dividend */
am_decimal_binary am_decimal_power;          /* whole exponents only */
bool am_decimal_sqrt(const am_decimal *a, am_decimal_result *out, am_error *err);
/* Rounds to the context: Python's +a; negate: -a. */
bool am_decimal_plus(const am_decimal *a, bool negate, am_decimal_result *out, am_error *err);
bool am_decimal_abs(const am_decimal *a, am_decimal_result *out, am_error *err);
/* The value with that exponent; fails if it then needs more digits than the precision. */
bool am_decimal_quantize(const am_decimal *a, int32_t exponent, am_rounding rounding,
                         am_decimal_result *out, am_error *err);
/* Without trailing zeros. */
bool am_decimal_normalize(const am_decimal *a, am_decimal_result *out, am_error *err);

#endif
