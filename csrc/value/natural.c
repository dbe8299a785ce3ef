/* Arithmetic on natural numbers in base 10^9 (see natural.h). Schoolbook algorithms: the numbers
 * of a database rarely have more than five limbs. */
#include "value/natural.h"

#include <string.h>

#include "base/alloc.h"

const uint32_t am__power_of_ten[10] = {1u,      10u,      100u,      1000u,      10000u,
                                       100000u, 1000000u, 10000000u, 100000000u, 1000000000u};

void am__number_init(am__number *n)
{
  n->limb = n->own;
  n->count = 0;
  n->capacity = AM__NUMBER_OWN;
}

void am__number_deinit(am__number *n)
{
  if (n->limb != n->own) am_free(n->limb);
  am__number_init(n);
}

static bool reserve(am__number *n, size_t capacity)
{
  if (capacity <= n->capacity) return true;
  bool heap = n->limb != n->own;
  uint32_t *limb = am_realloc(heap ? n->limb : NULL, capacity * sizeof *limb);
  if (limb == NULL) return false;
  if (!heap) memcpy(limb, n->own, n->count * sizeof *limb);
  n->limb = limb;
  n->capacity = capacity;
  return true;
}

static void trim(am__number *n)
{
  while (n->count > 0 && n->limb[n->count - 1] == 0) n->count--;
}

size_t am__natural_digits(am__natural a)
{
  if (a.count == 0) return 0;
  uint32_t top = a.limb[a.count - 1];
  size_t digits = 1;
  while (digits < 9 && top >= am__power_of_ten[digits]) digits++;
  return (a.count - 1) * AM__LIMB_DIGITS + digits;
}

int am__natural_compare(am__natural a, am__natural b)
{
  if (a.count != b.count) return a.count < b.count ? -1 : 1;
  for (size_t i = a.count; i-- > 0;)
    if (a.limb[i] != b.limb[i]) return a.limb[i] < b.limb[i] ? -1 : 1;
  return 0;
}

bool am__natural_is_odd(am__natural a) { return a.count > 0 && (a.limb[0] & 1) != 0; }

bool am__number_set(am__number *out, am__natural a)
{
  if (!reserve(out, a.count)) return false;
  if (a.count > 0) memcpy(out->limb, a.limb, a.count * sizeof *a.limb);
  out->count = a.count;
  return true;
}

bool am__number_set_u64(am__number *out, uint64_t value)
{
  out->count = 0;
  for (; value != 0; value /= AM__LIMB_BASE)
    out->limb[out->count++] = (uint32_t)(value % AM__LIMB_BASE);
  return true;
}

bool am__number_add(am__number *out, am__natural a, am__natural b)
{
  if (a.count < b.count) {
    am__natural swap = a;
    a = b;
    b = swap;
  }
  if (!reserve(out, a.count + 1)) return false;
  uint32_t carry = 0;
  for (size_t i = 0; i < a.count; i++) {
    uint32_t sum = a.limb[i] + (i < b.count ? b.limb[i] : 0) + carry;
    carry = sum >= AM__LIMB_BASE;
    out->limb[i] = carry ? sum - AM__LIMB_BASE : sum;
  }
  out->limb[a.count] = carry;
  out->count = a.count + 1;
  trim(out);
  return true;
}

bool am__number_subtract(am__number *out, am__natural a, am__natural b)
{
  if (!reserve(out, a.count)) return false;
  uint32_t borrow = 0;
  for (size_t i = 0; i < a.count; i++) {
    uint32_t less = (i < b.count ? b.limb[i] : 0) + borrow;
    borrow = a.limb[i] < less;
    out->limb[i] = a.limb[i] + (borrow ? AM__LIMB_BASE : 0) - less;
  }
  out->count = a.count;
  trim(out);
  return true;
}

bool am__number_multiply(am__number *out, am__natural a, am__natural b)
{
  size_t count = a.count + b.count;
  if (!reserve(out, count)) return false;
  if (count > 0) memset(out->limb, 0, count * sizeof *out->limb);
  for (size_t i = 0; i < a.count; i++) {
    uint64_t carry = 0;
    for (size_t j = 0; j < b.count; j++) {
      uint64_t t = (uint64_t)a.limb[i] * b.limb[j] + out->limb[i + j] + carry;
      carry = t / AM__LIMB_BASE;
      out->limb[i + j] = (uint32_t)(t - carry * AM__LIMB_BASE);
    }
    out->limb[i + b.count] = (uint32_t)carry;
  }
  out->count = count;
  trim(out);
  return true;
}

static uint32_t multiply_small(uint32_t *limb, size_t count, uint32_t factor)
{
  uint64_t carry = 0;
  for (size_t i = 0; i < count; i++) {
    uint64_t t = (uint64_t)limb[i] * factor + carry;
    carry = t / AM__LIMB_BASE;
    limb[i] = (uint32_t)(t - carry * AM__LIMB_BASE);
  }
  return (uint32_t)carry;
}

static uint32_t divide_small(uint32_t *limb, size_t count, uint32_t divisor)
{
  uint64_t rest = 0;
  for (size_t i = count; i-- > 0;) {
    uint64_t t = rest * AM__LIMB_BASE + limb[i];
    limb[i] = (uint32_t)(t / divisor);
    rest = t % divisor;
  }
  return (uint32_t)rest;
}

/* One digit of the long division: u[0..n] -= q * v[0..n-1], with q found by estimation from the
 * two top limbs and corrected at most twice. Returns q. */
static uint32_t divide_step(uint32_t *u, const uint32_t *v, size_t n)
{
  const uint64_t base = AM__LIMB_BASE;
  uint64_t top = u[n] * base + u[n - 1];
  uint64_t q = top / v[n - 1], r = top % v[n - 1];
  while (q >= base || q * v[n - 2] > r * base + u[n - 2]) {
    q--;
    r += v[n - 1];
    if (r >= base) break;
  }
  uint64_t carry = 0;
  int64_t borrow = 0;
  for (size_t i = 0; i < n; i++) {
    uint64_t p = q * v[i] + carry;
    carry = p / base;
    int64_t t = (int64_t)u[i] - (int64_t)(p - carry * base) - borrow;
    borrow = t < 0;
    u[i] = (uint32_t)(t < 0 ? t + (int64_t)base : t);
  }
  int64_t t = (int64_t)u[n] - (int64_t)carry - borrow;
  if (t >= 0) {
    u[n] = (uint32_t)t;
    return (uint32_t)q;
  }
  uint32_t back = 0; /* estimated one too many: add v again */
  for (size_t i = 0; i < n; i++) {
    uint32_t sum = u[i] + v[i] + back;
    back = sum >= AM__LIMB_BASE;
    u[i] = back ? sum - AM__LIMB_BASE : sum;
  }
  u[n] = (uint32_t)(t + back);
  return (uint32_t)(q - 1);
}

bool am__number_divide(am__number *quotient, am__number *remainder, am__natural a, am__natural b)
{
  if (am__natural_compare(a, b) < 0) {
    quotient->count = 0;
    return am__number_set(remainder, a);
  }
  if (b.count == 1) {
    if (!am__number_set(quotient, a)) return false;
    uint32_t rest = divide_small(quotient->limb, quotient->count, b.limb[0]);
    trim(quotient);
    return am__number_set_u64(remainder, rest);
  }
  am__number v;
  am__number_init(&v);
  size_t n = b.count, m = a.count - n;
  bool ok = am__number_set(&v, b) && reserve(remainder, a.count + 1) && reserve(quotient, m + 1);
  if (ok) {
    /* Normalised so that the divisor's top limb is at least half the base. */
    uint32_t factor = AM__LIMB_BASE / (b.limb[n - 1] + 1);
    uint32_t *u = remainder->limb;
    memcpy(u, a.limb, a.count * sizeof *u);
    u[a.count] = multiply_small(u, a.count, factor);
    multiply_small(v.limb, n, factor);
    for (size_t j = m + 1; j-- > 0;) quotient->limb[j] = divide_step(u + j, v.limb, n);
    divide_small(u, n, factor);
    quotient->count = m + 1;
    remainder->count = n;
    trim(quotient);
    trim(remainder);
  }
  am__number_deinit(&v);
  return ok;
}

bool am__number_scale(am__number *n, size_t k)
{
  if (n->count == 0 || k == 0) return true;
  size_t whole = k / AM__LIMB_DIGITS, part = k % AM__LIMB_DIGITS;
  if (!reserve(n, n->count + whole + 1)) return false;
  if (part > 0) {
    uint32_t carry = multiply_small(n->limb, n->count, am__power_of_ten[part]);
    if (carry != 0) n->limb[n->count++] = carry;
  }
  if (whole > 0) {
    memmove(n->limb + whole, n->limb, n->count * sizeof *n->limb);
    memset(n->limb, 0, whole * sizeof *n->limb);
    n->count += whole;
  }
  return true;
}

static bool any_nonzero(const uint32_t *limb, size_t count)
{
  for (size_t i = 0; i < count; i++)
    if (limb[i] != 0) return true;
  return false;
}

static am__tail classify(uint32_t rest, uint32_t half, bool below)
{
  if (rest > half) return AM__TAIL_ABOVE_HALF;
  if (rest == half) return below ? AM__TAIL_ABOVE_HALF : AM__TAIL_HALF;
  return rest != 0 || below ? AM__TAIL_BELOW_HALF : AM__TAIL_ZERO;
}

am__tail am__number_cut(am__number *n, size_t k)
{
  if (n->count == 0 || k == 0) return AM__TAIL_ZERO;
  size_t whole = k / AM__LIMB_DIGITS, part = k % AM__LIMB_DIGITS;
  if (whole > n->count) {
    n->count = 0;
    return AM__TAIL_BELOW_HALF;
  }
  am__tail tail;
  if (part == 0) {
    tail = classify(n->limb[whole - 1], AM__LIMB_BASE / 2, any_nonzero(n->limb, whole - 1));
  } else {
    uint32_t power = am__power_of_ten[part];
    uint32_t rest = divide_small(n->limb + whole, n->count - whole, power);
    tail = classify(rest, power / 2, any_nonzero(n->limb, whole));
  }
  n->count -= whole;
  memmove(n->limb, n->limb + whole, n->count * sizeof *n->limb);
  trim(n);
  return tail;
}

bool am__number_increment(am__number *n, uint32_t small)
{
  if (!reserve(n, n->count + 1)) return false;
  for (size_t i = 0; small != 0; i++) {
    if (i == n->count) n->limb[n->count++] = 0;
    uint32_t sum = n->limb[i] + small;
    small = sum >= AM__LIMB_BASE;
    n->limb[i] = small ? sum - AM__LIMB_BASE : sum;
  }
  return true;
}
