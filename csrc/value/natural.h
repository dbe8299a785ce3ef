/* Natural numbers of any length in base 10^9: the digits beneath decimals.
 *
 * Private to value/ (am__). A number is a little-endian array of limbs below 10^9 without leading
 * zero limbs; zero has no limbs. am__natural views borrowed limbs; am__number owns its limbs,
 * which lie in the struct itself up to AM__NUMBER_OWN limbs and on the heap beyond. Every
 * function that may need memory returns false when there is none; the number stays valid. */
#ifndef AM_VALUE_NATURAL_H
#define AM_VALUE_NATURAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define AM__LIMB_BASE 1000000000u
#define AM__LIMB_DIGITS 9
#define AM__NUMBER_OWN 24

typedef struct am__natural {
  const uint32_t *limb;
  size_t count;
} am__natural;

typedef struct am__number {
  uint32_t *limb;
  size_t count;
  size_t capacity;
  uint32_t own[AM__NUMBER_OWN];
} am__number;

/* What division by a power of ten cut off, compared with half a unit. */
typedef enum am__tail {
  AM__TAIL_ZERO,
  AM__TAIL_BELOW_HALF,
  AM__TAIL_HALF,
  AM__TAIL_ABOVE_HALF
} am__tail;

/* 10^k for k in 0..9. */
extern const uint32_t am__power_of_ten[10];

void am__number_init(am__number *n);
void am__number_deinit(am__number *n);
static inline am__natural am__number_view(const am__number *n)
{
  return (am__natural){n->limb, n->count};
}

size_t am__natural_digits(am__natural a); /* decimal digits; 0 for zero */
int am__natural_compare(am__natural a, am__natural b);
bool am__natural_is_odd(am__natural a);

bool am__number_set(am__number *out, am__natural a);
bool am__number_set_u64(am__number *out, uint64_t value);
/* out must be another number than the operands. */
bool am__number_add(am__number *out, am__natural a, am__natural b);
bool am__number_subtract(am__number *out, am__natural a, am__natural b); /* a >= b */
bool am__number_multiply(am__number *out, am__natural a, am__natural b);
bool am__number_divide(am__number *quotient, am__number *remainder, am__natural a, am__natural b);
/* n = n * 10^k. */
bool am__number_scale(am__number *n, size_t k);
/* n = n div 10^k; tells what was cut off. */
am__tail am__number_cut(am__number *n, size_t k);
/* n = n + small. */
bool am__number_increment(am__number *n, uint32_t small);

#endif
