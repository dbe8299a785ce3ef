/* What the files of decimals share; private to value/ (am__). */
#ifndef AM_VALUE_DECIMAL_INTERNAL_H
#define AM_VALUE_DECIMAL_INTERNAL_H

#include "value/decimal.h"
#include "value/natural.h"

/* The least exponent a subnormal result may have. */
#define AM__DECIMAL_ETINY (AM_DECIMAL_EMIN - AM_DECIMAL_PRECISION + 1)

static inline am__natural am__decimal_coefficient(const am_decimal *d)
{
  return (am__natural){d->limb, d->count};
}

/* Rounds n * 10^exponent to the context and stores it; n is scratch afterwards. */
bool am__decimal_finish(am_decimal_result *out, bool negative, am__number *n, int64_t exponent,
                        am_error *err);
/* Both return true. */
bool am__decimal_put_special(am_decimal_result *out, am_decimal_kind kind, bool negative);
bool am__decimal_put_zero(am_decimal_result *out, bool negative, int64_t exponent);
bool am__decimal_invalid(am_error *err, const char *what, const char *remedy);

#endif
