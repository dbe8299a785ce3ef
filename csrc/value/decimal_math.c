/* Arithmetic on decimals: every operation is exact and then rounds once (see decimal.h).
 *
 * Two ways lead to a result: coefficients of at most 18 digits whose exact result fits 128 bits are
 * handled at once; all others go through am__number. Both end in the context's range check. */
#include "value/decimal.h"

#include <string.h>

#include "value/decimal_internal.h"

#define PRECISION AM_DECIMAL_PRECISION
#define ETINY AM__DECIMAL_ETINY

typedef unsigned __int128 u128;

bool am__decimal_invalid(am_error *err, const char *what, const char *remedy)
{
  return am_error_set(err, AM_ERR_ARGUMENT, "invalid decimal operation: %s; %s", what, remedy);
}

static bool fail_zero(am_error *err)
{
  return am_error_set(err, AM_ERR_ARGUMENT,
                      "decimal division by zero; test the divisor with :is_zero() first");
}

static bool fail_overflow(am_error *err)
{
  return am_error_set(err, AM_ERR_ARGUMENT,
                      "decimal overflow: the result's exponent is beyond %d; scale the operands",
                      AM_DECIMAL_EMAX);
}

bool am__decimal_put_special(am_decimal_result *out, am_decimal_kind kind, bool negative)
{
  out->value.exponent = 0;
  out->value.count = 0;
  out->value.kind = kind;
  out->value.negative = negative;
  return true;
}

bool am__decimal_put_zero(am_decimal_result *out, bool negative, int64_t exponent)
{
  am__decimal_put_special(out, AM_DECIMAL_FINITE, negative);
  if (exponent < ETINY) exponent = ETINY;
  if (exponent > AM_DECIMAL_EMAX) exponent = AM_DECIMAL_EMAX;
  out->value.exponent = (int32_t)exponent;
  return true;
}

static void put_limbs(am_decimal_result *out, bool negative, am__natural n, int64_t exponent)
{
  am_decimal *d = &out->value;
  d->exponent = (int32_t)exponent;
  d->count = (uint32_t)n.count & 0xfffffffu;
  d->kind = AM_DECIMAL_FINITE;
  d->negative = negative;
  memcpy(d->limb, n.limb, n.count * sizeof *n.limb);
}

static bool rounds_up(am_rounding rounding, am__tail tail, bool odd, bool negative)
{
  switch (rounding) {
    case AM_ROUND_HALF_EVEN: return tail == AM__TAIL_ABOVE_HALF || (tail == AM__TAIL_HALF && odd);
    case AM_ROUND_HALF_UP: return tail >= AM__TAIL_HALF;
    case AM_ROUND_HALF_DOWN: return tail == AM__TAIL_ABOVE_HALF;
    case AM_ROUND_UP: return tail != AM__TAIL_ZERO;
    case AM_ROUND_CEILING: return tail != AM__TAIL_ZERO && !negative;
    case AM_ROUND_FLOOR: return tail != AM__TAIL_ZERO && negative;
    case AM_ROUND_DOWN: break;
  }
  return false;
}

static bool cut_rounded(am__number *n, size_t k, am_rounding rounding, bool negative)
{
  am__tail tail = am__number_cut(n, k);
  if (!rounds_up(rounding, tail, am__natural_is_odd(am__number_view(n)), negative)) return true;
  return am__number_increment(n, 1);
}

bool am__decimal_finish(am_decimal_result *out, bool negative, am__number *n, int64_t exponent,
                        am_error *err)
{
  if (n->count == 0) return am__decimal_put_zero(out, negative, exponent);
  int64_t digits = (int64_t)am__natural_digits(am__number_view(n)), cut = digits - PRECISION;
  if (cut < ETINY - exponent) cut = ETINY - exponent;
  if (cut > 0) {
    size_t k = cut > digits + 1 ? (size_t)digits + 1 : (size_t)cut;
    if (!cut_rounded(n, k, AM_ROUND_HALF_EVEN, negative)) return am_error_memory(err);
    exponent += cut;
    if (n->count == 0) return am__decimal_put_zero(out, negative, exponent);
    digits = (int64_t)am__natural_digits(am__number_view(n));
    if (digits > PRECISION) { /* 99…9 became 100…0 */
      am__number_cut(n, 1);
      exponent++;
      digits--;
    }
  }
  if (exponent + digits - 1 > AM_DECIMAL_EMAX) return fail_overflow(err);
  put_limbs(out, negative, am__number_view(n), exponent);
  return true;
}

/* The same for a coefficient below 10^38, which needs no rounding unless it is subnormal. */
static bool finish_small(am_decimal_result *out, bool negative, u128 n, int64_t exponent,
                         am_error *err)
{
  if (n == 0) return am__decimal_put_zero(out, negative, exponent);
  if (exponent < ETINY || exponent > AM_DECIMAL_EMAX - PRECISION) {
    am__number big;
    am__number_init(&big);
    for (; n != 0; n /= AM__LIMB_BASE) big.limb[big.count++] = (uint32_t)(n % AM__LIMB_BASE);
    return am__decimal_finish(out, negative, &big, exponent, err);
  }
  am_decimal *d = &out->value;
  uint32_t *limb = d->limb, count = 0;
  while (n >> 64 != 0) {
    limb[count++] = (uint32_t)(n % AM__LIMB_BASE);
    n /= AM__LIMB_BASE;
  }
  for (uint64_t rest = (uint64_t)n; rest != 0; rest /= AM__LIMB_BASE)
    limb[count++] = (uint32_t)(rest % AM__LIMB_BASE);
  d->exponent = (int32_t)exponent;
  d->count = count & 0xfffffffu;
  d->kind = AM_DECIMAL_FINITE;
  d->negative = negative;
  return true;
}

/* Coefficients of at most 18 digits. */
static bool is_small(const am_decimal *d) { return d->kind == AM_DECIMAL_FINITE && d->count <= 2; }

static uint64_t small_value(const am_decimal *d)
{
  if (d->count == 0) return 0;
  return d->limb[0] + (d->count == 2 ? (uint64_t)d->limb[1] * AM__LIMB_BASE : 0);
}

static u128 scaled(uint64_t value, int64_t k)
{
  u128 result = value;
  for (; k >= AM__LIMB_DIGITS; k -= AM__LIMB_DIGITS) result *= AM__LIMB_BASE;
  return result * am__power_of_ten[k];
}

/* value * 10^exponent as a number, to be added to others. */
static bool load(am__number *n, am__natural value, size_t shift, am_error *err)
{
  if (am__number_set(n, value) && am__number_scale(n, shift)) return true;
  return am_error_memory(err);
}

static bool round_copy(const am_decimal *a, bool negative, am_decimal_result *out, am_error *err)
{
  if (a->kind != AM_DECIMAL_FINITE) return am__decimal_put_special(out, a->kind, negative);
  am__number n;
  am__number_init(&n);
  bool ok = load(&n, am__decimal_coefficient(a), 0, err) &&
            am__decimal_finish(out, negative, &n, a->exponent, err);
  am__number_deinit(&n);
  return ok;
}

/* |a| * 10^.. +- |b| * 10^..: `low` has the smaller exponent, `high` is shifted up to it. */
static bool add_finite(const am_decimal *a, const am_decimal *b, bool negative_b,
                       am_decimal_result *out, am_error *err)
{
  const am_decimal *high = a->exponent >= b->exponent ? a : b, *low = high == a ? b : a;
  bool high_negative = high == a ? a->negative : negative_b;
  bool low_negative = low == a ? a->negative : negative_b;
  static const uint32_t one = 1;
  am__natural low_value = am__decimal_coefficient(low);
  int64_t low_exponent = low->exponent;
  /* What lies far below the last digit that the result can have only matters as "a little more". */
  int64_t floor_exponent = (int64_t)am_decimal_digits(high) - PRECISION - 2;
  floor_exponent = high->exponent + (floor_exponent < -1 ? floor_exponent : -1);
  if (am_decimal_adjusted(low) < floor_exponent) {
    low_value = (am__natural){&one, 1};
    low_exponent = floor_exponent;
  }
  am__number x, sum;
  am__number_init(&x), am__number_init(&sum);
  bool ok = load(&x, am__decimal_coefficient(high), (size_t)(high->exponent - low_exponent), err);
  bool negative = high_negative;
  if (ok && high_negative == low_negative) {
    ok = am__number_add(&sum, am__number_view(&x), low_value) || am_error_memory(err);
  } else if (ok) {
    int order = am__natural_compare(am__number_view(&x), low_value);
    am__natural big = order >= 0 ? am__number_view(&x) : low_value;
    am__natural little = order >= 0 ? low_value : am__number_view(&x);
    negative = order > 0 ? high_negative : order < 0 ? low_negative : false;
    ok = am__number_subtract(&sum, big, little) || am_error_memory(err);
  }
  ok = ok && am__decimal_finish(out, negative, &sum, low_exponent, err);
  am__number_deinit(&x), am__number_deinit(&sum);
  return ok;
}

/* a + b, where negative_b replaces b's sign. */
static bool add_signed(const am_decimal *a, const am_decimal *b, bool negative_b,
                       am_decimal_result *out, am_error *err)
{
  int64_t gap = (int64_t)a->exponent - b->exponent;
  if (is_small(a) && is_small(b) && gap >= -18 && gap <= 18 && a->count + b->count > 0) {
    u128 x = scaled(small_value(a), gap > 0 ? gap : 0);
    u128 y = scaled(small_value(b), gap < 0 ? -gap : 0);
    int64_t exponent = gap > 0 ? b->exponent : a->exponent;
    if (a->negative == negative_b) return finish_small(out, negative_b, x + y, exponent, err);
    if (x == y) return am__decimal_put_zero(out, false, exponent);
    return x > y ? finish_small(out, a->negative, x - y, exponent, err)
                 : finish_small(out, negative_b, y - x, exponent, err);
  }
  if (a->kind == AM_DECIMAL_NAN || b->kind == AM_DECIMAL_NAN)
    return am__decimal_put_special(out, AM_DECIMAL_NAN,
                                   a->kind == AM_DECIMAL_NAN ? a->negative : b->negative);
  if (a->kind == AM_DECIMAL_INFINITE) {
    if (b->kind == AM_DECIMAL_INFINITE && a->negative != negative_b)
      return am__decimal_invalid(err, "Infinity minus Infinity", "test with :is_infinite() first");
    return am__decimal_put_special(out, AM_DECIMAL_INFINITE, a->negative);
  }
  if (b->kind == AM_DECIMAL_INFINITE)
    return am__decimal_put_special(out, AM_DECIMAL_INFINITE, negative_b);
  int64_t exponent = gap > 0 ? b->exponent : a->exponent;
  if (a->count == 0 && b->count == 0)
    return am__decimal_put_zero(out, a->negative && negative_b, exponent);
  if (a->count == 0 || b->count == 0) {
    const am_decimal *x = a->count == 0 ? b : a;
    bool negative = a->count == 0 ? negative_b : a->negative;
    int64_t least = (int64_t)x->exponent - PRECISION - 1;
    if (exponent < least) exponent = least;
    am__number n;
    am__number_init(&n);
    bool ok = load(&n, am__decimal_coefficient(x), (size_t)(x->exponent - exponent), err) &&
              am__decimal_finish(out, negative, &n, exponent, err);
    am__number_deinit(&n);
    return ok;
  }
  return add_finite(a, b, negative_b, out, err);
}

bool am_decimal_add(const am_decimal *a, const am_decimal *b, am_decimal_result *out, am_error *err)
{
  return add_signed(a, b, b->negative, out, err);
}

bool am_decimal_subtract(const am_decimal *a, const am_decimal *b, am_decimal_result *out,
                         am_error *err)
{
  return add_signed(a, b, b->kind == AM_DECIMAL_NAN ? b->negative : !b->negative, out, err);
}

/* NaN operands give NaN: true if out has been filled with it. */
static bool take_nan(const am_decimal *a, const am_decimal *b, am_decimal_result *out)
{
  if (a->kind == AM_DECIMAL_NAN) return am__decimal_put_special(out, AM_DECIMAL_NAN, a->negative);
  if (b->kind == AM_DECIMAL_NAN) return am__decimal_put_special(out, AM_DECIMAL_NAN, b->negative);
  return false;
}

bool am_decimal_multiply(const am_decimal *a, const am_decimal *b, am_decimal_result *out,
                         am_error *err)
{
  bool negative = a->negative != b->negative;
  int64_t exponent = (int64_t)a->exponent + b->exponent;
  if (is_small(a) && is_small(b))
    return finish_small(out, negative, (u128)small_value(a) * small_value(b), exponent, err);
  if (take_nan(a, b, out)) return true;
  if (a->kind == AM_DECIMAL_INFINITE || b->kind == AM_DECIMAL_INFINITE) {
    if (am_decimal_is_zero(a) || am_decimal_is_zero(b))
      return am__decimal_invalid(err, "zero times Infinity", "test with :is_infinite() first");
    return am__decimal_put_special(out, AM_DECIMAL_INFINITE, negative);
  }
  am__number n;
  am__number_init(&n);
  bool ok = am__number_multiply(&n, am__decimal_coefficient(a), am__decimal_coefficient(b)) ||
            am_error_memory(err);
  ok = ok && am__decimal_finish(out, negative, &n, exponent, err);
  am__number_deinit(&n);
  return ok;
}

/* quotient = a*10^up div b*10^down, remainder with it; up and down are not negative. */
static bool divide_scaled(const am_decimal *a, int64_t up, const am_decimal *b, int64_t down,
                          am__number *quotient, am__number *remainder, am_error *err)
{
  am__number x, y;
  am__number_init(&x), am__number_init(&y);
  bool ok = load(&x, am__decimal_coefficient(a), (size_t)up, err) &&
            load(&y, am__decimal_coefficient(b), (size_t)down, err) &&
            (am__number_divide(quotient, remainder, am__number_view(&x), am__number_view(&y)) ||
             am_error_memory(err));
  am__number_deinit(&x), am__number_deinit(&y);
  return ok;
}

/* One digit more than the context has, and the knowledge that there is a rest, round rightly. */
static bool divide_finite(const am_decimal *a, const am_decimal *b, am_decimal_result *out,
                          am_error *err)
{
  bool negative = a->negative != b->negative;
  int64_t ideal = (int64_t)a->exponent - b->exponent;
  if (a->count == 0) return am__decimal_put_zero(out, negative, ideal);
  int64_t shift = (int64_t)am_decimal_digits(b) - (int64_t)am_decimal_digits(a) + PRECISION + 1;
  int64_t exponent = ideal - shift;
  am__number quotient, remainder;
  am__number_init(&quotient), am__number_init(&remainder);
  bool ok = divide_scaled(a, shift > 0 ? shift : 0, b, shift < 0 ? -shift : 0, &quotient,
                          &remainder, err);
  if (ok && remainder.count > 0) {
    /* Inexact: a last digit of 0 or 5 gets a 1 added, so that rounding sees the rest. */
    if (quotient.limb[0] % 5 == 0) ok = am__number_increment(&quotient, 1) || am_error_memory(err);
  } else if (ok) {
    /* Exact: give back zeros until the exponent is the one of integer division. */
    for (; exponent + AM__LIMB_DIGITS <= ideal && quotient.limb[0] == 0;
         exponent += AM__LIMB_DIGITS)
      am__number_cut(&quotient, AM__LIMB_DIGITS);
    for (; exponent < ideal && quotient.limb[0] % 10 == 0; exponent++) am__number_cut(&quotient, 1);
  }
  ok = ok && am__decimal_finish(out, negative, &quotient, exponent, err);
  am__number_deinit(&quotient), am__number_deinit(&remainder);
  return ok;
}

bool am_decimal_divide(const am_decimal *a, const am_decimal *b, am_decimal_result *out,
                       am_error *err)
{
  if (take_nan(a, b, out)) return true;
  bool negative = a->negative != b->negative;
  if (a->kind == AM_DECIMAL_INFINITE) {
    if (b->kind == AM_DECIMAL_INFINITE)
      return am__decimal_invalid(err, "Infinity divided by Infinity",
                                 "test with :is_infinite() first");
    return am__decimal_put_special(out, AM_DECIMAL_INFINITE, negative);
  }
  if (b->kind == AM_DECIMAL_INFINITE) return am__decimal_put_zero(out, negative, ETINY);
  if (b->count == 0) return fail_zero(err);
  return divide_finite(a, b, out, err);
}

/* What // and % share. Exactly one of quotient and remainder is wanted; finite b, not zero. */
static bool divide_whole(const am_decimal *a, const am_decimal *b, bool want_quotient,
                         am_decimal_result *out, am_error *err)
{
  bool negative = a->negative != b->negative;
  int64_t ideal = a->exponent < b->exponent ? a->exponent : b->exponent;
  int64_t gap = am_decimal_adjusted(a) - am_decimal_adjusted(b);
  am__number quotient, remainder;
  am__number_init(&quotient), am__number_init(&remainder);
  bool ok;
  if (a->count == 0 || gap <= -2) { /* |a| < |b|: nothing to divide */
    ok = load(&remainder, am__decimal_coefficient(a),
              a->count == 0 ? 0 : (size_t)(a->exponent - ideal), err);
  } else if (gap > PRECISION) {
    ok = am__decimal_invalid(err, "the integer quotient has more digits than the precision of 38",
                             "divide smaller numbers");
  } else {
    ok = divide_scaled(a, a->exponent - ideal, b, b->exponent - ideal, &quotient, &remainder, err);
    if (ok && am__natural_digits(am__number_view(&quotient)) > PRECISION)
      ok = am__decimal_invalid(err, "the integer quotient has more digits than the precision of 38",
                               "divide smaller numbers");
  }
  if (ok)
    ok = want_quotient ? am__decimal_finish(out, negative, &quotient, 0, err)
                       : am__decimal_finish(out, a->negative, &remainder, ideal, err);
  am__number_deinit(&quotient), am__number_deinit(&remainder);
  return ok;
}

bool am_decimal_divide_integer(const am_decimal *a, const am_decimal *b, am_decimal_result *out,
                               am_error *err)
{
  if (take_nan(a, b, out)) return true;
  bool negative = a->negative != b->negative;
  if (a->kind == AM_DECIMAL_INFINITE) {
    if (b->kind == AM_DECIMAL_INFINITE)
      return am__decimal_invalid(err, "Infinity // Infinity", "test with :is_infinite() first");
    return am__decimal_put_special(out, AM_DECIMAL_INFINITE, negative);
  }
  if (b->kind == AM_DECIMAL_INFINITE) return am__decimal_put_zero(out, negative, 0);
  if (b->count == 0) return fail_zero(err);
  return divide_whole(a, b, true, out, err);
}

bool am_decimal_remainder(const am_decimal *a, const am_decimal *b, am_decimal_result *out,
                          am_error *err)
{
  if (take_nan(a, b, out)) return true;
  if (a->kind == AM_DECIMAL_INFINITE)
    return am__decimal_invalid(err, "Infinity has no remainder", "test with :is_infinite() first");
  if (b->kind == AM_DECIMAL_INFINITE) return round_copy(a, a->negative, out, err);
  if (b->count == 0) return fail_zero(err);
  return divide_whole(a, b, false, out, err);
}

bool am_decimal_plus(const am_decimal *a, bool negate, am_decimal_result *out, am_error *err)
{
  bool negative = a->kind == AM_DECIMAL_NAN ? a->negative
                  : am_decimal_is_zero(a)   ? false
                                            : a->negative != negate;
  return round_copy(a, negative, out, err);
}

bool am_decimal_abs(const am_decimal *a, am_decimal_result *out, am_error *err)
{
  return round_copy(a, a->kind == AM_DECIMAL_NAN ? a->negative : false, out, err);
}

bool am_decimal_quantize(const am_decimal *a, int32_t exponent, am_rounding rounding,
                         am_decimal_result *out, am_error *err)
{
  if (a->kind == AM_DECIMAL_NAN) return am__decimal_put_special(out, AM_DECIMAL_NAN, a->negative);
  if (a->kind == AM_DECIMAL_INFINITE)
    return am__decimal_invalid(err, "Infinity cannot be rounded to digits",
                               "test with :is_infinite()");
  if (exponent < ETINY || exponent > AM_DECIMAL_EMAX)
    return am__decimal_invalid(err, "the exponent to round to is out of range",
                               "use a smaller one");
  if (a->count == 0) return am__decimal_put_zero(out, a->negative, exponent);
  int64_t shift = (int64_t)a->exponent - exponent;
  if (am_decimal_adjusted(a) - exponent + 1 > PRECISION)
    return am__decimal_invalid(err, "the rounded value needs more than 38 digits",
                               "keep fewer digits");
  am__number n;
  am__number_init(&n);
  bool ok = load(&n, am__decimal_coefficient(a), shift > 0 ? (size_t)shift : 0, err);
  if (ok && shift < 0) {
    size_t digits = am_decimal_digits(a);
    size_t k = (size_t)-shift > digits + 1 ? digits + 1 : (size_t)-shift;
    ok = cut_rounded(&n, k, rounding, a->negative) || am_error_memory(err);
  }
  if (ok && am__natural_digits(am__number_view(&n)) > PRECISION)
    ok = am__decimal_invalid(err, "the rounded value needs more than 38 digits",
                             "keep fewer digits");
  ok = ok && am__decimal_finish(out, a->negative, &n, exponent, err);
  am__number_deinit(&n);
  return ok;
}

bool am_decimal_normalize(const am_decimal *a, am_decimal_result *out, am_error *err)
{
  am_decimal_result rounded;
  if (!round_copy(a, a->negative, &rounded, err)) return false;
  const am_decimal *d = &rounded.value;
  if (d->kind != AM_DECIMAL_FINITE) return am__decimal_put_special(out, d->kind, d->negative);
  if (d->count == 0) return am__decimal_put_zero(out, d->negative, 0);
  am__number n;
  am__number_init(&n);
  am__number_set(&n, am__decimal_coefficient(d)); /* five limbs at most: fits the struct */
  int64_t exponent = d->exponent;
  for (; n.limb[0] % 10 == 0 && exponent < AM_DECIMAL_EMAX; exponent++) am__number_cut(&n, 1);
  return am__decimal_finish(out, d->negative, &n, exponent, err);
}
