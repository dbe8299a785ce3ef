/* Decimals in PostgreSQL's binary form: base 10^4 digits with a weight (see decimal.h). The scale
 * keeps trailing zeros, so that binary and text results are the same value. */
#include <string.h>

#include "value/decimal_internal.h"

#define SIGN_NEGATIVE 0x4000
#define SIGN_NAN 0xC000
#define SIGN_INFINITE 0xD000
#define SIGN_MINUS_INFINITE 0xF000

static int read16(const unsigned char *p) { return p[0] << 8 | p[1]; }

bool am_decimal_wire_read(const unsigned char *bytes, size_t size, am_decimal_wire *out_wire)
{
  if (size < 8) return false;
  int count = read16(bytes), sign = read16(bytes + 4);
  if (size != 8 + (size_t)count * 2) return false;
  am_decimal_wire wire = {bytes + 8,
                          count,
                          (int16_t)read16(bytes + 2),
                          read16(bytes + 6),
                          AM_DECIMAL_FINITE,
                          sign == SIGN_NEGATIVE};
  if (sign == SIGN_NAN) wire.kind = AM_DECIMAL_NAN;
  else if (sign == SIGN_INFINITE || sign == SIGN_MINUS_INFINITE) {
    wire.kind = AM_DECIMAL_INFINITE;
    wire.negative = sign == SIGN_MINUS_INFINITE;
  } else if (sign != 0 && sign != SIGN_NEGATIVE) {
    return false;
  }
  if (wire.scale > 0x3fff) return false;
  for (int i = 0; i < count; i++)
    if (read16(wire.digits + 2 * i) > 9999) return false;
  *out_wire = wire;
  return true;
}

/* Decimal digits from the first wire digit down to the scale, leading zeros included. */
static int64_t wire_digits(const am_decimal_wire *wire)
{
  return ((int64_t)wire->weight + 1) * 4 + wire->scale;
}

/* Digit at `position` (0 = the units, negative = after the point). */
static uint32_t wire_digit_at(const am_decimal_wire *wire, int64_t position)
{
  int64_t power = position >= 0 ? position / 4 : -((3 - position) / 4);
  int64_t index = wire->weight - power;
  if (index < 0 || index >= wire->count) return 0;
  static const int divisor[4] = {1, 10, 100, 1000};
  return (uint32_t)(read16(wire->digits + 2 * index) / divisor[position - power * 4] % 10);
}

static size_t wire_limbs(const am_decimal_wire *wire)
{
  if (wire->kind != AM_DECIMAL_FINITE || wire->count == 0) return 0;
  int64_t digits = wire_digits(wire);
  return digits <= 0 ? 0 : ((size_t)digits + AM__LIMB_DIGITS - 1) / AM__LIMB_DIGITS;
}

size_t am_decimal_wire_size(const am_decimal_wire *wire)
{
  return AM_DECIMAL_SIZE(wire_limbs(wire));
}

void am_decimal_wire_fill(const am_decimal_wire *wire, am_decimal *out)
{
  size_t count = wire_limbs(wire);
  bool finite = wire->kind == AM_DECIMAL_FINITE;
  out->exponent = finite ? -wire->scale : 0;
  out->kind = wire->kind;
  out->negative = wire->negative;
  for (size_t i = 0; i < count; i++) {
    uint32_t limb = 0;
    int64_t lowest = (int64_t)i * AM__LIMB_DIGITS - wire->scale;
    for (int k = AM__LIMB_DIGITS; k-- > 0;) limb = limb * 10 + wire_digit_at(wire, lowest + k);
    out->limb[i] = limb;
  }
  while (count > 0 && out->limb[count - 1] == 0) count--;
  out->count = (uint32_t)count & 0xfffffffu;
}

static void write16(am_strbuf *out, int value)
{
  char bytes[2] = {(char)(value >> 8 & 0xff), (char)(value & 0xff)};
  am_strbuf_add(out, bytes, 2);
}

static uint32_t decimal_digit_at(const am_decimal *d, int64_t position)
{
  int64_t index = position - d->exponent;
  if (index < 0 || index >= (int64_t)d->count * AM__LIMB_DIGITS) return 0;
  return d->limb[index / AM__LIMB_DIGITS] / am__power_of_ten[index % AM__LIMB_DIGITS] % 10;
}

bool am_decimal_wire_print(const am_decimal *d, am_strbuf *out)
{
  if (d->kind != AM_DECIMAL_FINITE) {
    write16(out, 0), write16(out, 0);
    write16(out, d->kind == AM_DECIMAL_NAN ? SIGN_NAN
                 : d->negative             ? SIGN_MINUS_INFINITE
                                           : SIGN_INFINITE);
    write16(out, 0);
    return true;
  }
  int64_t scale = d->exponent < 0 ? -(int64_t)d->exponent : 0;
  if (scale > 0x3fff) return false;
  int64_t top = d->count == 0 ? 0 : am_decimal_adjusted(d);
  int64_t weight = top >= 0 ? top / 4 : -((3 - top) / 4);
  if (weight > 0x7fff) return false;
  int64_t lowest = d->exponent >= 0 ? 0 : -((3 + scale) / 4); /* power of the last digit */
  int64_t count = d->count == 0 ? 0 : weight - lowest + 1;
  if (count < 0) count = 0;
  write16(out, (int)count), write16(out, d->count == 0 ? 0 : (int)weight);
  write16(out, d->negative && d->count > 0 ? SIGN_NEGATIVE : 0), write16(out, (int)scale);
  for (int64_t power = weight; power > weight - count; power--) {
    int value = 0;
    for (int k = 3; k >= 0; k--) value = value * 10 + (int)decimal_digit_at(d, power * 4 + k);
    write16(out, value);
  }
  return true;
}
