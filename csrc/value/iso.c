/* ISO 8601: reading what PostgreSQL, SQLite and Python write, and writing it (see temporal.h).
 *
 * Read: YYYY-MM-DD, YYYYMMDD, YYYY-Www-D; then 'T' or a space and HH, HH:MM, HH:MM:SS[.f…] (or
 * without colons); then Z or +HH, +HHMM, +HH:MM, +HH:MM:SS. Digits after the sixth of a fraction
 * are dropped, as Python does. The first function of each pair is the hot path: it fails without
 * a word, and the caller asks the second one why. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "value/temporal.h"

typedef struct cursor {
  const char *at, *end;
} cursor;

static inline bool digit(char c) { return (unsigned char)(c - '0') < 10; }

static inline bool two(cursor *c, int *out)
{
  if (c->end - c->at < 2 || !digit(c->at[0]) || !digit(c->at[1])) return false;
  *out = (c->at[0] - '0') * 10 + (c->at[1] - '0');
  c->at += 2;
  return true;
}

static inline bool accept(cursor *c, char wanted)
{
  if (c->at == c->end || *c->at != wanted) return false;
  c->at++;
  return true;
}

static bool fail(am_error *err, const char *noun, const char *text, size_t size, const char *reason)
{
  const int shown = size > 60 ? 60 : (int)size;
  return am_error_set(err, AM_ERR_ARGUMENT, "'%.*s%s' is not a %s: %s", shown, text,
                      size > 60 ? "..." : "", noun, reason);
}

/* Adds "'text' is not a date:" before what the range checks said. */
static bool fail_range(am_error *err, am_error *cause, const char *noun, const char *text,
                       size_t size)
{
  fail(err, noun, text, size, cause->message != NULL ? cause->message : "out of range");
  am_error_clear(cause);
  return false;
}

static const char date_form[] = "expected YYYY-MM-DD in the years 0001 to 9999";
static const char time_form[] = "expected HH:MM[:SS[.ffffff]][+HH[:MM[:SS]]]";

/* The week with 4 January is the first one of its year. */
static bool read_week_date(cursor *c, int year, bool dashed, am_date *out, am_error *why)
{
  int week, weekday = 1;
  if (!two(c, &week)) return false;
  if (c->at < c->end && (dashed ? *c->at == '-' : digit(*c->at))) {
    if (dashed) c->at++;
    if (c->at == c->end || !digit(*c->at)) return false;
    weekday = *c->at++ - '0';
  }
  int64_t monday = am_date_to_days((am_date){(int16_t)year, 1, 4});
  monday -= am_date_weekday((am_date){(int16_t)year, 1, 4});
  if (year < 1 || week < 1 || week > 53 || weekday < 1 || weekday > 7 ||
      !am_date_from_days(monday + (week - 1) * 7 + weekday - 1, out))
    return am_error_set(why, AM_ERR_ARGUMENT, "there is no such week or weekday");
  int y, w, d;
  am_date_isocalendar(*out, &y, &w, &d);
  if (y != year) return am_error_set(why, AM_ERR_ARGUMENT, "year %d has no week 53", year);
  return true;
}

static bool read_date(cursor *c, am_date *out, am_error *why)
{
  int high, low, month, day;
  if (!two(c, &high) || !two(c, &low)) return false;
  bool dashed = accept(c, '-');
  if (accept(c, 'W')) return read_week_date(c, high * 100 + low, dashed, out, why);
  if (!two(c, &month) || (dashed && !accept(c, '-')) || !two(c, &day)) return false;
  return am_date_make(high * 100 + low, month, day, out, why);
}

static bool read_fraction(cursor *c, int *out_micros)
{
  static const int power[7] = {1000000, 100000, 10000, 1000, 100, 10, 1};
  int value = 0, seen = 0;
  const char *first = c->at;
  for (; c->at < c->end && digit(*c->at); c->at++)
    if (seen < 6) {
      value = value * 10 + (*c->at - '0');
      seen++;
    }
  *out_micros = value * power[seen];
  return c->at > first;
}

/* "Z", "+hh", "+hhmm", "+hh:mm" and seconds, which time zones of the past have. */
static bool read_offset(cursor *c, int32_t *out_offset)
{
  *out_offset = AM_NO_OFFSET;
  if (c->at == c->end) return true;
  if (accept(c, 'Z') || accept(c, 'z')) {
    *out_offset = 0;
    return true;
  }
  bool negative = *c->at == '-';
  int hour, minute = 0, second = 0;
  if (!accept(c, '+') && !accept(c, '-')) return false;
  if (!two(c, &hour)) return false;
  if (c->at < c->end) {
    bool colon = accept(c, ':');
    if (!two(c, &minute)) return false;
    if (c->at < c->end && ((colon && !accept(c, ':')) || !two(c, &second))) return false;
  }
  if (hour > 23 || minute > 59 || second > 59) return false;
  int offset = hour * 3600 + minute * 60 + second;
  *out_offset = negative ? -offset : offset;
  return true;
}

static bool read_time(cursor *c, am_time *out, am_error *why)
{
  int hour, minute = 0, second = 0, micros = 0;
  int32_t offset;
  if (!two(c, &hour)) return false;
  bool colon = accept(c, ':');
  if (colon || (c->at < c->end && digit(*c->at))) {
    if (!two(c, &minute)) return false;
    if (colon ? accept(c, ':') : (c->at < c->end && digit(*c->at))) {
      if (!two(c, &second)) return false;
      if ((accept(c, '.') || accept(c, ',')) && !read_fraction(c, &micros)) return false;
    }
  }
  if (!read_offset(c, &offset)) return false;
  return am_time_make(hour, minute, second, micros, offset, out, why);
}

static bool special_word(const char *text, size_t size)
{
  return (size == 8 && memcmp(text, "infinity", 8) == 0) ||
         (size == 9 && memcmp(text, "-infinity", 9) == 0) ||
         (size > 3 && memcmp(text + size - 3, " BC", 3) == 0);
}

static const char *unusual(const char *text, size_t size, const char *usual)
{
  return special_word(text, size)
             ? "only the years 1 to 9999 have a value here; select it cast to text"
             : usual;
}

bool am_date_parse(const char *text, size_t size, am_date *out, am_error *err)
{
  cursor c = {text, text + size};
  am_error why = AM_ERROR_INIT;
  am_date date;
  if (read_date(&c, &date, &why) && c.at == c.end) {
    *out = date;
    return true;
  }
  if (why.cls != AM_ERR_NONE) return fail_range(err, &why, "date", text, size);
  return fail(err, "date", text, size, unusual(text, size, date_form));
}

bool am_time_parse(const char *text, size_t size, am_time *out, am_error *err)
{
  cursor c = {text, text + size};
  am_error why = AM_ERROR_INIT;
  am_time time;
  accept(&c, 'T');
  if (read_time(&c, &time, &why) && c.at == c.end) {
    *out = time;
    return true;
  }
  if (why.cls != AM_ERR_NONE) return fail_range(err, &why, "time", text, size);
  return fail(err, "time", text, size, time_form);
}

bool am_datetime_parse(const char *text, size_t size, am_datetime *out, am_error *err)
{
  cursor c = {text, text + size};
  am_error why = AM_ERROR_INIT;
  am_datetime moment = {{1, 1, 1}, {0, AM_NO_OFFSET, 0, 0, 0}};
  const char *form = unusual(text, size, date_form);
  if (read_date(&c, &moment.date, &why)) {
    bool ok = c.at == c.end;
    if (!ok && (accept(&c, ' ') || accept(&c, 'T') || accept(&c, 't')))
      ok = read_time(&c, &moment.time, &why) && c.at == c.end;
    if (ok) {
      *out = moment;
      return true;
    }
    form = unusual(text, size, time_form);
  }
  if (why.cls != AM_ERR_NONE) return fail_range(err, &why, "datetime", text, size);
  return fail(err, "datetime", text, size, form);
}

static inline char *put2(char *at, int value)
{
  at[0] = (char)('0' + value / 10);
  at[1] = (char)('0' + value % 10);
  return at + 2;
}

static char *put_date(char *at, am_date date)
{
  at = put2(put2(at, date.year / 100), date.year % 100);
  *at++ = '-';
  at = put2(at, date.month);
  *at++ = '-';
  return put2(at, date.day);
}

static char *put_offset(char *at, int32_t offset, bool colon)
{
  if (offset == AM_NO_OFFSET) return at;
  *at++ = offset < 0 ? '-' : '+';
  if (offset < 0) offset = -offset;
  at = put2(at, offset / 3600);
  if (colon) *at++ = ':';
  at = put2(at, offset / 60 % 60);
  if (offset % 60 == 0) return at;
  if (colon) *at++ = ':';
  return put2(at, offset % 60);
}

static char *put_micros(char *at, int micros)
{
  return put2(put2(put2(at, micros / 10000), micros / 100 % 100), micros % 100);
}

static char *put_time(char *at, am_time time, am_timespec spec)
{
  if (spec == AM_TIMESPEC_AUTO)
    spec = time.microsecond != 0 ? AM_TIMESPEC_MICROSECONDS : AM_TIMESPEC_SECONDS;
  at = put2(at, time.hour);
  if (spec >= AM_TIMESPEC_MINUTES) {
    *at++ = ':';
    at = put2(at, time.minute);
  }
  if (spec >= AM_TIMESPEC_SECONDS) {
    *at++ = ':';
    at = put2(at, time.second);
  }
  if (spec >= AM_TIMESPEC_MILLISECONDS) {
    *at++ = '.';
    at = put_micros(at, time.microsecond);
    if (spec == AM_TIMESPEC_MILLISECONDS) at -= 3;
  }
  return put_offset(at, time.tzoffset, true);
}

static size_t finish(char *out, char *at)
{
  *at = '\0';
  return (size_t)(at - out);
}

size_t am_date_print(am_date date, char *out) { return finish(out, put_date(out, date)); }

size_t am_time_print(am_time time, am_timespec spec, char *out)
{
  return finish(out, put_time(out, time, spec));
}

size_t am_datetime_print(am_datetime moment, char separator, am_timespec spec, char *out)
{
  char *at = put_date(out, moment.date);
  *at++ = separator;
  return finish(out, put_time(at, moment.time, spec));
}

static void add_zone_name(int32_t offset, am_strbuf *out)
{
  if (offset == AM_NO_OFFSET) return;
  am_strbuf_puts(out, "UTC");
  char text[16];
  if (offset != 0) am_strbuf_add(out, text, (size_t)(put_offset(text, offset, true) - text));
}

/* One conversion, everything but %f, %z and %Z, through strftime(3). */
static void add_conversion(const struct tm *tm, const char *from, size_t size, am_strbuf *out)
{
  char conversion[8], text[256];
  memcpy(conversion, from, size);
  conversion[size] = '\0';
  am_strbuf_add(out, text, strftime(text, sizeof text, conversion, tm));
}

bool am_datetime_format(am_datetime moment, const char *format, size_t size, am_strbuf *out)
{
  struct tm tm = {0};
  tm.tm_year = moment.date.year - 1900, tm.tm_mon = moment.date.month - 1;
  tm.tm_mday = moment.date.day, tm.tm_hour = moment.time.hour, tm.tm_min = moment.time.minute;
  tm.tm_sec = moment.time.second, tm.tm_isdst = -1;
  tm.tm_wday = (am_date_weekday(moment.date) + 1) % 7;
  tm.tm_yday = am_date_yearday(moment.date) - 1;
  char text[16];
  for (size_t i = 0; i < size; i++) {
    if (format[i] != '%' || i + 1 == size) {
      am_strbuf_putc(out, format[i]);
      continue;
    }
    size_t from = i++;
    while (i + 1 < size && i - from < 5 && strchr("-_0^#EO:", format[i]) != NULL) i++;
    if (format[i] == 'f')
      am_strbuf_add(out, text, (size_t)(put_micros(text, moment.time.microsecond) - text));
    else if (format[i] == 'z')
      am_strbuf_add(out, text,
                    (size_t)(put_offset(text, moment.time.tzoffset, i - from > 1) - text));
    else if (format[i] == 'Z') add_zone_name(moment.time.tzoffset, out);
    else if (format[i] == '\0') am_strbuf_putc(out, '%'), i--;
    else add_conversion(&tm, format + from, i - from + 1, out);
  }
  return !am_strbuf_failed(out);
}
