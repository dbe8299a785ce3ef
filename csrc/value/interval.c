/* PostgreSQL's interval text ↔ durations (see temporal.h).
 *
 * Read are all four output styles of the server and what people type:
 *   1 year 2 mons -3 days +04:05:06.5      postgres
 *   @ 1 day 2 hours 3 mins ago             postgres_verbose
 *   P1Y2M3DT4H5M6.5S                       iso_8601
 *   +1-2 -3 +4:05:06                       sql_standard
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "value/temporal.h"

#define DAY AM_DAY_MICROS
#define HOUR INT64_C(3600000000)
#define MINUTE INT64_C(60000000)
#define SECOND INT64_C(1000000)

typedef struct reader {
  const char *at, *end;
  am_timedelta_sum sum;
  bool negative_days; /* days without unit had a minus, which counts for an unsigned clock, too */
} reader;

/* A number as "digits[.digits]": exact in whole and micro-parts of its unit. */
typedef struct number {
  int64_t whole;
  int64_t micros; /* fraction, in millionths */
  bool negative, signed_;
} number;

static bool digit(char c) { return c >= '0' && c <= '9'; }

static void skip_space(reader *r)
{
  while (r->at < r->end && (*r->at == ' ' || *r->at == '\t')) r->at++;
}

/* Sign, whole part and microseconds apart: a double would lose digits. */
static bool read_number(reader *r, number *out)
{
  number n = {0, 0, false, false};
  if (r->at < r->end && (*r->at == '-' || *r->at == '+')) {
    n.negative = *r->at++ == '-';
    n.signed_ = true;
  }
  int seen = 0;
  for (; r->at < r->end && digit(*r->at); r->at++, seen++) {
    if (n.whole > INT64_C(100000000000000)) return false;
    n.whole = n.whole * 10 + (*r->at - '0');
  }
  if (r->at < r->end && *r->at == '.') {
    int64_t unit = 100000;
    for (r->at++; r->at < r->end && digit(*r->at); r->at++, seen++, unit /= 10)
      n.micros += (*r->at - '0') * unit;
  }
  *out = n;
  return seen > 0;
}

/* Adds n units; the fraction is exact for units that are whole seconds or micros. */
static void add(reader *r, number n, int64_t unit_micros)
{
  int64_t sign = n.negative ? -1 : 1;
  am_timedelta_sum_int(&r->sum, sign * n.whole, unit_micros);
  if (n.micros == 0) return;
  if (unit_micros % 1000000 == 0)
    am_timedelta_sum_int(&r->sum, sign * n.micros, unit_micros / 1000000);
  else am_timedelta_sum_double(&r->sum, (double)(sign * n.micros) / 1e6, unit_micros);
}

static const struct unit {
  const char *name;
  int64_t micros;
} units[] = {{"microsecond", 1},
             {"us", 1},
             {"usec", 1},
             {"usecond", 1},
             {"millisecond", 1000},
             {"ms", 1000},
             {"msec", 1000},
             {"msecond", 1000},
             {"second", SECOND},
             {"sec", SECOND},
             {"s", SECOND},
             {"minute", MINUTE},
             {"min", MINUTE},
             {"m", MINUTE},
             {"hour", HOUR},
             {"hr", HOUR},
             {"h", HOUR},
             {"day", DAY},
             {"d", DAY},
             {"week", 7 * DAY},
             {"w", 7 * DAY},
             {"month", 30 * DAY},
             {"mon", 30 * DAY},
             {"year", 365 * DAY},
             {"yr", 365 * DAY},
             {"y", 365 * DAY},
             {"decade", 3650 * DAY},
             {"century", 36500 * DAY},
             {"centurie", 36500 * DAY},
             {NULL, 0}};

static int64_t unit_named(const char *name, size_t size)
{
  for (int plural = 0; plural < 2; plural++) {
    for (const struct unit *u = units; u->name != NULL; u++) {
      size_t i = 0;
      while (i < size && u->name[i] != '\0' && (name[i] | 0x20) == u->name[i]) i++;
      if (i == size && u->name[i] == '\0') return u->micros;
    }
    if (size < 2 || (name[size - 1] | 0x20) != 's') break;
    size--;
  }
  return 0;
}

/* n, already read, is followed by ':': hours:minutes[:seconds]. */
static bool read_clock(reader *r, number hours)
{
  number minutes, seconds = {0, 0, false, false};
  r->at++;
  if (!read_number(r, &minutes) || minutes.signed_) return false;
  bool more = r->at < r->end && *r->at == ':';
  if (more) {
    if (minutes.micros != 0) return false;
    r->at++;
    if (!read_number(r, &seconds) || seconds.signed_) return false;
  }
  if (minutes.whole > 59 || seconds.whole > 60 || hours.micros != 0) return false;
  if (r->negative_days && !hours.signed_) hours.negative = true;
  minutes.negative = seconds.negative = hours.negative;
  add(r, hours, HOUR);
  add(r, minutes, MINUTE);
  add(r, seconds, SECOND);
  return true;
}

/* "years-months" of the SQL standard. */
static bool read_months(reader *r, number years)
{
  number months;
  r->at++;
  if (!read_number(r, &months) || months.signed_ || months.micros != 0 || years.micros != 0 ||
      months.whole > 11)
    return false;
  months.negative = years.negative;
  add(r, years, 365 * DAY);
  add(r, months, 30 * DAY);
  return true;
}

/* "3 days", "04:05:06", "1-2" (years and months): what follows the number tells. */
static bool read_item(reader *r)
{
  number n;
  if (!read_number(r, &n)) return false;
  if (r->at < r->end && *r->at == ':') return read_clock(r, n);
  if (r->at < r->end && *r->at == '-') return read_months(r, n);
  skip_space(r);
  const char *name = r->at;
  while (r->at < r->end && ((*r->at | 0x20) >= 'a' && (*r->at | 0x20) <= 'z')) r->at++;
  if (r->at == name) {
    /* A bare number: days of the SQL standard before a clock, seconds at the end. */
    r->negative_days = n.negative;
    add(r, n, r->at == r->end ? SECOND : DAY);
    return true;
  }
  int64_t unit = unit_named(name, (size_t)(r->at - name));
  if (unit == 0) return false;
  add(r, n, unit);
  return true;
}

/* intervalstyle iso_8601: "P1Y2M3DT4H5M6S". M is a month or a minute, as T tells. */
static bool read_iso(reader *r)
{
  static const char date_units[] = "YMWD", time_units[] = "HMS";
  static const int64_t date_micros[] = {365 * DAY, 30 * DAY, 7 * DAY, DAY};
  static const int64_t time_micros[] = {HOUR, MINUTE, SECOND};
  bool in_time = false, any = false;
  for (r->at++; r->at < r->end; any = true) {
    if (*r->at == 'T' && !in_time) {
      in_time = true;
      r->at++;
      if (r->at == r->end) return false;
    }
    number n;
    if (!read_number(r, &n) || r->at == r->end) return false;
    const char *names = in_time ? time_units : date_units, *found = strchr(names, *r->at);
    if (*r->at == '\0' || found == NULL) return false;
    add(r, n, (in_time ? time_micros : date_micros)[found - names]);
    r->at++;
  }
  return any;
}

static bool read_words(reader *r, bool *out_ago)
{
  if (r->at < r->end && *r->at == '@') r->at++;
  bool any = false;
  for (skip_space(r); r->at < r->end; skip_space(r), any = true) {
    if (any && r->end - r->at == 3 && strncmp(r->at, "ago", 3) == 0) {
      *out_ago = true;
      return true;
    }
    if (!read_item(r)) return false;
  }
  return any;
}

bool am_interval_parse(const char *text, size_t size, am_timedelta *out, am_error *err)
{
  reader r = {text, text + size, {0, 0, false}, false};
  bool ago = false;
  skip_space(&r);
  while (r.end > r.at && r.end[-1] == ' ') r.end--;
  bool ok = r.at < r.end && (*r.at == 'P' ? read_iso(&r) : read_words(&r, &ago));
  if (!ok)
    return am_error_set(err, AM_ERR_ARGUMENT,
                        "'%.*s' is not an interval: expected a form like '1 day 02:03:04.5' "
                        "or 'P1DT2H'",
                        size > 60 ? 60 : (int)size, text);
  if (ago) {
    r.sum.whole = -r.sum.whole;
    r.sum.rest = -r.sum.rest;
  }
  return am_timedelta_sum_finish(&r.sum, out, err);
}

size_t am_interval_print(am_timedelta delta, char *out)
{
  size_t size = 0;
  if (delta.days != 0)
    size = (size_t)snprintf(out, AM_TEMPORAL_TEXT, "%d day%s ", (int)delta.days,
                            delta.days == 1 ? "" : "s");
  /* The clock is never negative here; the sign says so aloud, as the server does. */
  size += (size_t)snprintf(out + size, AM_TEMPORAL_TEXT - size, "%s%02d:%02d:%02d",
                           delta.days < 0 ? "+" : "", (int)(delta.seconds / 3600),
                           (int)(delta.seconds / 60 % 60), (int)(delta.seconds % 60));
  if (delta.microseconds != 0) {
    size += (size_t)snprintf(out + size, AM_TEMPORAL_TEXT - size, ".%06d", (int)delta.microseconds);
    while (out[size - 1] == '0') size--;
    out[size] = '\0';
  }
  return size;
}
