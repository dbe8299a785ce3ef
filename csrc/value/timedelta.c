/* Durations: normalised days, seconds and microseconds with exact arithmetic (see temporal.h). */
#include <math.h>
#include <stdio.h>

#include "value/temporal.h"

am_micros am_timedelta_to_micros(am_timedelta delta)
{
  return (am_micros)delta.days * AM_DAY_MICROS + (int64_t)delta.seconds * 1000000 +
         delta.microseconds;
}

static bool too_long(am_error *err)
{
  return am_error_set(err, AM_ERR_ARGUMENT,
                      "the timedelta exceeds %d days; use a number of days instead",
                      AM_TIMEDELTA_MAX_DAYS);
}

bool am_timedelta_from_micros(am_micros micros, am_timedelta *out, am_error *err)
{
  am_micros days = micros / AM_DAY_MICROS;
  int64_t rest = (int64_t)(micros % AM_DAY_MICROS);
  if (rest < 0) {
    rest += AM_DAY_MICROS;
    days--;
  }
  if (days < -AM_TIMEDELTA_MAX_DAYS || days > AM_TIMEDELTA_MAX_DAYS) return too_long(err);
  *out = (am_timedelta){(int32_t)days, (int32_t)(rest / 1000000), (int32_t)(rest % 1000000)};
  return true;
}

int am_timedelta_compare(am_timedelta a, am_timedelta b)
{
  if (a.days != b.days) return a.days < b.days ? -1 : 1;
  if (a.seconds != b.seconds) return a.seconds < b.seconds ? -1 : 1;
  return (a.microseconds > b.microseconds) - (a.microseconds < b.microseconds);
}

double am_timedelta_seconds(am_timedelta delta)
{
  am_micros micros = am_timedelta_to_micros(delta);
  if (micros > -(INT64_C(1) << 53) && micros < INT64_C(1) << 53)
    return (double)micros / 1e6; /* exact operands, one rounding */
  return (double)((long double)micros / 1e6L);
}

bool am_timedelta_add(am_timedelta a, am_timedelta b, int sign, am_timedelta *out, am_error *err)
{
  am_micros x = am_timedelta_to_micros(a), y = am_timedelta_to_micros(b);
  return am_timedelta_from_micros(sign < 0 ? x - y : x + y, out, err);
}

/* n / d rounded half to even; d > 0. */
static am_micros divide_even(am_micros n, am_micros d)
{
  am_micros q = n / d, r = n % d;
  if (r < 0) {
    r += d;
    q--;
  }
  am_micros twice = r - (d - r);
  return q + (twice > 0 || (twice == 0 && (q & 1) != 0));
}

static bool not_a_factor(am_error *err, double x)
{
  return am_error_set(err, AM_ERR_ARGUMENT,
                      "a timedelta cannot be multiplied or divided by %g; use a finite number", x);
}

static bool divide_zero(am_error *err)
{
  return am_error_set(err, AM_ERR_ARGUMENT,
                      "timedelta division by zero; test the divisor before dividing");
}

/* x = *out_odd * 2^*out_power with an odd or zero mantissa. */
static void split_double(double x, int64_t *out_odd, int *out_power)
{
  int64_t mantissa = (int64_t)ldexp(frexp(x, out_power), 53);
  *out_power -= 53;
  for (; mantissa != 0 && (mantissa & 1) == 0; mantissa /= 2) ++*out_power;
  *out_odd = mantissa;
}

#define LIMIT_BITS 68 /* more than the microseconds of the longest duration have */

/* |n| needs no more than `bits` bits. */
static bool fits(am_micros n, int bits)
{
  am_micros limit = (am_micros)1 << bits;
  return n < limit && n > -limit;
}

bool am_timedelta_multiply(am_timedelta a, double factor, am_timedelta *out, am_error *err)
{
  if (!isfinite(factor)) return not_a_factor(err, factor);
  int64_t odd;
  int power;
  split_double(factor, &odd, &power);
  am_micros product = am_timedelta_to_micros(a) * odd;
  if (product == 0 || power < -125) product = 0;
  else if (power < 0) product = divide_even(product, (am_micros)1 << -power);
  else
    for (; power > 0; power--) {
      if (!fits(product, LIMIT_BITS)) return too_long(err);
      product *= 2;
    }
  return am_timedelta_from_micros(product, out, err);
}

bool am_timedelta_multiply_int(am_timedelta a, int64_t factor, am_timedelta *out, am_error *err)
{
  am_micros micros = am_timedelta_to_micros(a);
  if (factor != 0 && !fits(micros, 62) && (factor > (1 << 20) || factor < -(1 << 20)))
    return too_long(err);
  return am_timedelta_from_micros(micros * factor, out, err);
}

bool am_timedelta_divide(am_timedelta a, double divisor, am_timedelta *out, am_error *err)
{
  if (!isfinite(divisor)) return not_a_factor(err, divisor);
  if (divisor == 0) return divide_zero(err);
  int64_t odd;
  int power;
  split_double(divisor, &odd, &power);
  am_micros n = am_timedelta_to_micros(a);
  if (odd < 0) {
    odd = -odd;
    n = -n;
  }
  if (power >= 0) {
    am_micros d = odd;
    for (; power > 0 && fits(d, 100); power--) d *= 2;
    return am_timedelta_from_micros(power > 0 ? 0 : divide_even(n, d), out, err);
  }
  /* n * 2^k / odd, one binary digit at a time: the quotient may need them all. */
  am_micros q = n / odd, r = n % odd;
  if (r < 0) {
    r += odd;
    q--;
  }
  for (; power < 0; power++) {
    if (!fits(q, LIMIT_BITS)) return too_long(err);
    q = q * 2 + (2 * r >= odd);
    r = 2 * r % odd;
  }
  q += 2 * r > odd || (2 * r == odd && (q & 1) != 0);
  return am_timedelta_from_micros(q, out, err);
}

bool am_timedelta_divide_int(am_timedelta a, int64_t divisor, am_timedelta *out, am_error *err)
{
  if (divisor == 0) return divide_zero(err);
  am_micros n = am_timedelta_to_micros(a), d = divisor;
  return am_timedelta_from_micros(d < 0 ? divide_even(-n, -d) : divide_even(n, d), out, err);
}

static am_micros divide_floor(am_micros n, am_micros d)
{
  am_micros q = n / d;
  return q - (n % d != 0 && (n < 0) != (d < 0));
}

bool am_timedelta_floor_int(am_timedelta a, int64_t divisor, am_timedelta *out, am_error *err)
{
  if (divisor == 0) return divide_zero(err);
  return am_timedelta_from_micros(divide_floor(am_timedelta_to_micros(a), divisor), out, err);
}

bool am_timedelta_floor(am_timedelta a, am_timedelta b, int64_t *out, am_error *err)
{
  am_micros d = am_timedelta_to_micros(b);
  if (d == 0) return divide_zero(err);
  am_micros q = divide_floor(am_timedelta_to_micros(a), d);
  if (!fits(q, 63)) return too_long(err);
  *out = (int64_t)q;
  return true;
}

bool am_timedelta_modulo(am_timedelta a, am_timedelta b, am_timedelta *out, am_error *err)
{
  am_micros n = am_timedelta_to_micros(a), d = am_timedelta_to_micros(b);
  if (d == 0) return divide_zero(err);
  return am_timedelta_from_micros(n - divide_floor(n, d) * d, out, err);
}

size_t am_timedelta_print(am_timedelta delta, char *out)
{
  size_t size = 0;
  if (delta.days != 0)
    size = (size_t)snprintf(out, AM_TEMPORAL_TEXT, "%d day%s, ", (int)delta.days,
                            delta.days == 1 || delta.days == -1 ? "" : "s");
  size += (size_t)snprintf(out + size, AM_TEMPORAL_TEXT - size, "%d:%02d:%02d",
                           (int)(delta.seconds / 3600), (int)(delta.seconds / 60 % 60),
                           (int)(delta.seconds % 60));
  if (delta.microseconds != 0)
    size += (size_t)snprintf(out + size, AM_TEMPORAL_TEXT - size, ".%06d", (int)delta.microseconds);
  return size;
}

void am_timedelta_sum_int(am_timedelta_sum *sum, int64_t count, int64_t unit_micros)
{
  sum->whole += (am_micros)count * unit_micros;
  if (!fits(sum->whole, 110)) sum->overflow = true;
}

void am_timedelta_sum_double(am_timedelta_sum *sum, double count, int64_t unit_micros)
{
  if (!(count > -9e15 && count < 9e15)) {
    sum->overflow = true;
    return;
  }
  double whole, rest_whole, rest = modf(count, &whole);
  am_timedelta_sum_int(sum, (int64_t)whole, unit_micros);
  rest = modf(rest * (double)unit_micros, &rest_whole);
  sum->whole += (int64_t)rest_whole;
  sum->rest += rest;
}

bool am_timedelta_sum_finish(am_timedelta_sum *sum, am_timedelta *out, am_error *err)
{
  if (sum->overflow) return too_long(err);
  double rounded = round(sum->rest);
  if (fabs(rounded - sum->rest) == 0.5) { /* half: towards the even total */
    int odd = (int)(sum->whole & 1);
    rounded = 2.0 * round((sum->rest + odd) * 0.5) - odd;
  }
  return am_timedelta_from_micros(sum->whole + (int64_t)rounded, out, err);
}
