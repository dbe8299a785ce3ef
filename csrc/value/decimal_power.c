/* Square root and whole powers of decimals (see decimal.h). */
#include "value/decimal_internal.h"

/* Integer square root of c by Newton's steps from above, into n, starting at 10^start. */
static bool integer_root(am__number *n, am__natural c, size_t start)
{
  am__number quotient, remainder, sum, half;
  am__number_init(&quotient), am__number_init(&remainder);
  am__number_init(&sum), am__number_init(&half);
  static const uint32_t two = 2;
  bool ok = am__number_set_u64(n, 1) && am__number_scale(n, start), done = false;
  while (ok && !done) {
    ok = am__number_divide(&quotient, &remainder, c, am__number_view(n));
    if (!ok) break;
    done = am__natural_compare(am__number_view(n), am__number_view(&quotient)) <= 0;
    if (done) break;
    ok = am__number_add(&sum, am__number_view(n), am__number_view(&quotient)) &&
         am__number_divide(&half, &remainder, am__number_view(&sum), (am__natural){&two, 1}) &&
         am__number_set(n, am__number_view(&half));
  }
  am__number_deinit(&quotient), am__number_deinit(&remainder);
  am__number_deinit(&sum), am__number_deinit(&half);
  return ok;
}

/* The root of an integer with twice the digits; what is left over only tells of exactness. */
static bool root_finite(const am_decimal *a, am_decimal_result *out, am_error *err)
{
  const int64_t precision = AM_DECIMAL_PRECISION + 1;
  int64_t digits = (int64_t)am_decimal_digits(a);
  bool odd = (a->exponent & 1) != 0;
  int64_t exponent = (a->exponent - (odd ? 1 : 0)) / 2;
  int64_t shift = precision - (odd ? digits / 2 + 1 : (digits + 1) / 2);
  am__number c, n, square;
  am__number_init(&c), am__number_init(&n), am__number_init(&square);
  bool ok = am__number_set(&c, am__decimal_coefficient(a)) && am__number_scale(&c, odd ? 1 : 0);
  bool exact = true;
  if (ok && shift >= 0) ok = am__number_scale(&c, (size_t)shift * 2);
  else if (ok) exact = am__number_cut(&c, (size_t)-shift * 2) == AM__TAIL_ZERO;
  exponent -= shift;
  ok = ok && integer_root(&n, am__number_view(&c), (size_t)precision) &&
       am__number_multiply(&square, am__number_view(&n), am__number_view(&n));
  exact = exact && am__natural_compare(am__number_view(&square), am__number_view(&c)) == 0;
  if (ok && exact) {
    if (shift >= 0) am__number_cut(&n, (size_t)shift);
    else ok = am__number_scale(&n, (size_t)-shift);
    exponent += shift;
  } else if (ok && n.limb[0] % 5 == 0) {
    ok = am__number_increment(&n, 1);
  }
  ok = ok ? am__decimal_finish(out, false, &n, exponent, err) : am_error_memory(err);
  am__number_deinit(&c), am__number_deinit(&n), am__number_deinit(&square);
  return ok;
}

bool am_decimal_sqrt(const am_decimal *a, am_decimal_result *out, am_error *err)
{
  if (a->kind == AM_DECIMAL_NAN) return am__decimal_put_special(out, AM_DECIMAL_NAN, a->negative);
  if (am_decimal_is_zero(a))
    return am__decimal_put_zero(out, a->negative, (a->exponent - (a->exponent & 1)) / 2);
  if (a->negative)
    return am__decimal_invalid(err, "a negative number has no square root", "take :abs() first");
  if (a->kind == AM_DECIMAL_INFINITE)
    return am__decimal_put_special(out, AM_DECIMAL_INFINITE, false);
  return root_finite(a, out, err);
}

/* One factor of a power: coefficient and exponent, cut to `digits` (the error stays far below the
 * last digit that is kept). */
typedef struct factor {
  am__number n;
  int64_t exponent;
} factor;

static bool multiply_factor(factor *into, const factor *by, size_t digits)
{
  am__number product;
  am__number_init(&product);
  bool ok = am__number_multiply(&product, am__number_view(&into->n), am__number_view(&by->n));
  into->exponent += by->exponent;
  size_t size = am__natural_digits(am__number_view(&product));
  if (ok && size > digits) {
    if (am__number_cut(&product, size - digits) >= AM__TAIL_HALF)
      ok = am__number_increment(&product, 1);
    into->exponent += (int64_t)(size - digits);
  }
  ok = ok && am__number_set(&into->n, am__number_view(&product));
  am__number_deinit(&product);
  return ok;
}

static bool in_range(const factor *f)
{
  return f->exponent < 4 * (int64_t)AM_DECIMAL_EMAX && f->exponent > -4 * (int64_t)AM_DECIMAL_EMAX;
}

/* Squares are cut to some digits more than the context has, so that errors stay below them. */
static bool power_finite(const am_decimal *a, int64_t n, am_decimal_result *out, am_error *err)
{
  uint64_t left = n < 0 ? 0 - (uint64_t)n : (uint64_t)n;
  const size_t digits = AM_DECIMAL_PRECISION + 24;
  factor result, square;
  am__number_init(&result.n), am__number_init(&square.n);
  am__number_set_u64(&result.n, 1);
  result.exponent = 0;
  square.exponent = a->exponent;
  bool ok = am__number_set(&square.n, am__decimal_coefficient(a)), fits = true;
  while (ok && left != 0 && fits) {
    if (left & 1) ok = multiply_factor(&result, &square, digits);
    left >>= 1;
    if (left != 0) ok = ok && multiply_factor(&square, &square, digits);
    fits = in_range(&result) && in_range(&square);
  }
  bool negative = a->negative && (n & 1) != 0;
  if (!ok) {
    am_error_memory(err);
  } else if (!fits) {
    bool tiny = (am_decimal_adjusted(a) < 0) != (n < 0);
    ok = tiny ? am__decimal_put_zero(out, negative, AM__DECIMAL_ETINY)
              : am_error_set(
                    err, AM_ERR_ARGUMENT,
                    "decimal overflow: the power's exponent is beyond %d; use smaller operands",
                    AM_DECIMAL_EMAX);
  } else if (n >= 0) {
    ok = am__decimal_finish(out, negative, &result.n, result.exponent, err);
  } else {
    am__number top, quotient, rest;
    am__number_init(&top), am__number_init(&quotient), am__number_init(&rest);
    size_t size = am__natural_digits(am__number_view(&result.n)), shift = size + digits;
    ok = am__number_set_u64(&top, 1) && am__number_scale(&top, shift) &&
         am__number_divide(&quotient, &rest, am__number_view(&top), am__number_view(&result.n));
    int64_t exponent = -result.exponent - (int64_t)shift;
    if (ok && rest.count > 0 && quotient.limb[0] % 5 == 0) ok = am__number_increment(&quotient, 1);
    else
      while (ok && rest.count == 0 && exponent < 0 && quotient.limb[0] % 10 == 0) {
        am__number_cut(&quotient, 1);
        exponent++;
      }
    ok = ok ? am__decimal_finish(out, negative, &quotient, exponent, err) : am_error_memory(err);
    am__number_deinit(&top), am__number_deinit(&quotient), am__number_deinit(&rest);
  }
  am__number_deinit(&result.n), am__number_deinit(&square.n);
  return ok;
}

bool am_decimal_power(const am_decimal *a, const am_decimal *b, am_decimal_result *out,
                      am_error *err)
{
  if (a->kind == AM_DECIMAL_NAN || b->kind == AM_DECIMAL_NAN)
    return am__decimal_put_special(out, AM_DECIMAL_NAN, false);
  int64_t n;
  if (!am_decimal_to_int64(b, &n))
    return am__decimal_invalid(err, "the power of a decimal must be a whole number of 64 bits",
                               "use :sqrt(), or numbers through :tonumber()");
  if (n == 0 && am_decimal_is_zero(a))
    return am__decimal_invalid(err, "zero to the power of zero", "test with :is_zero() first");
  bool negative = a->negative && (n & 1) != 0;
  if (n == 0) {
    am_decimal_from_int64(1, out);
    return true;
  }
  if (a->kind == AM_DECIMAL_INFINITE || a->count == 0) {
    bool infinite = (a->kind == AM_DECIMAL_INFINITE) == (n > 0);
    return infinite ? am__decimal_put_special(out, AM_DECIMAL_INFINITE, negative)
                    : am__decimal_put_zero(out, negative, 0);
  }
  return power_finite(a, n, out, err);
}
