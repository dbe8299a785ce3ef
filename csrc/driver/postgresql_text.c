/* Binary date, time, interval, numeric and uuid values as the texts that the server prints for them
 * (ISO date style, "postgres" interval style); timestamps with time zone always in UTC. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "driver/postgresql_private.h"

static const int64_t DAY = 86400000000LL;
static const int64_t EPOCH_DAYS = 10957; /* 2000-01-01, counted from 1970-01-01 */

/* Days since 1970-01-01 ↔ year, month, day of the Gregorian calendar. Years are counted from
 * March, so that the leap day is the last of its year; 400 years are a cycle of 146097 days. */
static void date_of_days(int64_t days, int64_t *year, int *month, int *day)
{
  days += 719468; /* 0000-03-01 */
  int64_t cycle = (days >= 0 ? days : days - 146096) / 146097;
  int64_t in_cycle = days - cycle * 146097;
  int64_t y = (in_cycle - in_cycle / 1460 + in_cycle / 36524 - in_cycle / 146096) / 365;
  int64_t in_year = in_cycle - (365 * y + y / 4 - y / 100);
  int64_t m = (5 * in_year + 2) / 153;
  *day = (int)(in_year - (153 * m + 2) / 5 + 1);
  *month = (int)(m < 10 ? m + 3 : m - 9);
  *year = y + cycle * 400 + (*month <= 2);
}

static int64_t days_of_date(int64_t year, int month, int day)
{
  year -= month <= 2;
  int64_t cycle = (year >= 0 ? year : year - 399) / 400;
  int64_t y = year - cycle * 400;
  int64_t in_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  return cycle * 146097 + y * 365 + y / 4 - y / 100 + in_year - 719468;
}

/* Writes YYYY-MM-DD; true if the year is before Christ, which is said at the very end. */
static bool put_date(am_strbuf *out, int64_t days)
{
  int64_t year;
  int month, day;
  date_of_days(days, &year, &month, &day);
  bool before = year <= 0;
  if (before) year = 1 - year;
  am_strbuf_printf(out, "%04lld-%02d-%02d", (long long)year, month, day);
  return before;
}

/* A fraction of a second without trailing zeros. */
static void put_fraction(am_strbuf *out, int64_t micros)
{
  if (micros == 0) return;
  int digits = 6;
  while (micros % 10 == 0) {
    micros /= 10;
    digits--;
  }
  am_strbuf_printf(out, ".%0*lld", digits, (long long)micros);
}

/* HH:MM:SS[.ffffff]; hours may have more digits. */
static void put_clock(am_strbuf *out, int64_t micros)
{
  int64_t seconds = micros / 1000000;
  am_strbuf_printf(out, "%02lld:%02d:%02d", (long long)(seconds / 3600), (int)(seconds / 60 % 60),
                   (int)(seconds % 60));
  put_fraction(out, micros % 1000000);
}

static void put_timestamp(am_strbuf *out, int64_t micros, const char *zone)
{
  if (micros == INT64_MAX || micros == INT64_MIN) {
    am_strbuf_puts(out, micros > 0 ? "infinity" : "-infinity");
    return;
  }
  int64_t days = micros / DAY, rest = micros % DAY;
  if (rest < 0) {
    rest += DAY;
    days--;
  }
  bool before = put_date(out, days + EPOCH_DAYS);
  am_strbuf_putc(out, ' ');
  put_clock(out, rest);
  am_strbuf_puts(out, zone);
  if (before) am_strbuf_puts(out, " BC");
}

static bool date_text(am_strbuf *out, const char *bytes, int size)
{
  int32_t days = (int32_t)am__pg_bits(bytes, size);
  if (size != 4) return false;
  if (days == INT32_MAX || days == INT32_MIN)
    am_strbuf_puts(out, days > 0 ? "infinity" : "-infinity");
  else if (put_date(out, days + EPOCH_DAYS)) am_strbuf_puts(out, " BC");
  return true;
}

static bool timetz_text(am_strbuf *out, const char *bytes, int size)
{
  if (size != 12) return false;
  int32_t west = (int32_t)am__pg_bits(bytes + 8, 4); /* the wire counts seconds west */
  if (west < -86400 || west > 86400) return false;
  int offset = abs(west);
  put_clock(out, (int64_t)am__pg_bits(bytes, 8));
  am_strbuf_printf(out, "%c%02d:%02d", west > 0 ? '-' : '+', offset / 3600, offset / 60 % 60);
  if (offset % 60 != 0) am_strbuf_printf(out, ":%02d", offset % 60);
  return true;
}

/* One part of an interval: "-1 years", with a plus sign behind a negative part. */
static void put_part(am_strbuf *out, int64_t value, const char *unit, bool *negative)
{
  if (value == 0) return;
  am_strbuf_printf(out, "%s%s%lld %s%s", out->size > 0 ? " " : "",
                   *negative && value > 0 ? "+" : "", (long long)value, unit,
                   value == 1 ? "" : "s");
  *negative = value < 0;
}

/* As the server writes it: the decoder reads one spelling for both formats. */
static bool interval_text(am_strbuf *out, const char *bytes, int size)
{
  if (size != 16) return false;
  int64_t micros = (int64_t)am__pg_bits(bytes, 8);
  int32_t days = (int32_t)am__pg_bits(bytes + 8, 4);
  int32_t months = (int32_t)am__pg_bits(bytes + 12, 4);
  bool negative = false;
  put_part(out, months / 12, "year", &negative);
  put_part(out, months % 12, "mon", &negative);
  put_part(out, days, "day", &negative);
  if (micros == 0 && out->size > 0) return true;
  if (out->size > 0) am_strbuf_putc(out, ' ');
  if (micros < 0) am_strbuf_putc(out, '-');
  else if (negative) am_strbuf_putc(out, '+');
  uint64_t amount = micros < 0 ? 0 - (uint64_t)micros : (uint64_t)micros;
  put_clock(out, (int64_t)(amount > INT64_MAX ? INT64_MAX : amount));
  return true;
}

/* Groups of four decimal digits; `weight` is the power of 10000 of the first one. */
static bool numeric_text(am_strbuf *out, const char *bytes, int size)
{
  if (size < 8) return false;
  int count = (int)am__pg_bits(bytes, 2);
  int weight = (int16_t)am__pg_bits(bytes + 2, 2);
  unsigned sign = (unsigned)am__pg_bits(bytes + 4, 2);
  int scale = (int)am__pg_bits(bytes + 6, 2);
  if (size != 8 + 2 * count) return false;
  if (sign == 0xC000 || sign == 0xD000 || sign == 0xF000) {
    am_strbuf_puts(out, sign == 0xC000 ? "NaN" : sign == 0xD000 ? "Infinity" : "-Infinity");
    return true;
  }
  if (sign == 0x4000) am_strbuf_putc(out, '-');
  if (weight < 0) am_strbuf_putc(out, '0');
  for (int i = 0; i <= weight; i++)
    am_strbuf_printf(out, i == 0 ? "%d" : "%04d",
                     i < count ? (int)am__pg_bits(bytes + 8 + 2 * i, 2) : 0);
  if (scale == 0) return true;
  am_strbuf_putc(out, '.');
  size_t end = out->size + (size_t)scale;
  for (int i = weight + 1; out->size < end && !am_strbuf_failed(out); i++)
    am_strbuf_printf(out, "%04d", i >= 0 && i < count ? (int)am__pg_bits(bytes + 8 + 2 * i, 2) : 0);
  if (!am_strbuf_failed(out)) am_strbuf_truncate(out, end);
  return true;
}

static bool uuid_text(am_strbuf *out, const char *bytes, int size)
{
  if (size != 16) return false;
  for (int i = 0; i < 16; i++) {
    if (i == 4 || i == 6 || i == 8 || i == 10) am_strbuf_putc(out, '-');
    am_strbuf_printf(out, "%02x", (unsigned char)bytes[i]);
  }
  return true;
}

bool am__pg_text_of(am_strbuf *out, am__pg_decoder decoder, const char *bytes, int size)
{
  switch (decoder) {
    case AM__PG_UUID: return uuid_text(out, bytes, size);
    case AM__PG_DATE: return date_text(out, bytes, size);
    case AM__PG_TIME:
      if (size == 8) put_clock(out, (int64_t)am__pg_bits(bytes, 8));
      return size == 8;
    case AM__PG_TIMETZ: return timetz_text(out, bytes, size);
    case AM__PG_TIMESTAMP:
    case AM__PG_TIMESTAMPTZ:
      if (size != 8) return false;
      put_timestamp(out, (int64_t)am__pg_bits(bytes, 8),
                    decoder == AM__PG_TIMESTAMPTZ ? "+00:00" : "");
      return true;
    case AM__PG_INTERVAL: return interval_text(out, bytes, size);
    case AM__PG_NUMERIC: return numeric_text(out, bytes, size);
    default: return false;
  }
}

bool am__pg_text_to_utc(am_strbuf *out, const char *text)
{
  long long year;
  int month, day, hour, minute, second, used = 0;
  if (sscanf(text, "%lld-%2d-%2d %2d:%2d:%2d%n", &year, &month, &day, &hour, &minute, &second,
             &used) != 6 ||
      year < 0 || year > 300000) /* the server's last year is 294276 */
    return false;
  const char *at = text + used;
  int64_t micros = 0;
  if (*at == '.') {
    int64_t unit = 100000;
    for (at++; *at >= '0' && *at <= '9'; at++, unit /= 10) micros += (*at - '0') * unit;
  }
  if (*at != '+' && *at != '-') return false;
  int sign = *at++ == '-' ? -1 : 1;
  int zone_hour = 0, zone_minute = 0, zone_second = 0;
  if (sscanf(at, "%2d:%2d:%2d", &zone_hour, &zone_minute, &zone_second) < 1) return false;
  if (strstr(at, " BC") != NULL) year = 1 - year;
  int64_t seconds = hour * 3600LL + minute * 60 + second;
  seconds -= sign * (zone_hour * 3600LL + zone_minute * 60 + zone_second);
  put_timestamp(out,
                (days_of_date(year, month, day) - EPOCH_DAYS) * DAY + seconds * 1000000 + micros,
                "+00:00");
  return true;
}
