/* Dates, times, moments and durations: what DATE, TIME, TIMESTAMP and INTERVAL columns hold.
 *
 * The calendar is the proleptic Gregorian one, years 1 to 9999; the resolution is one
 * microsecond. A time or moment is naive (tzoffset = AM_NO_OFFSET) or carries its offset from UTC
 * in seconds. Behaviour is that of Python's datetime module. Invariant: values are plain structs,
 * valid whenever a function here has filled them; a duration is normalised (0 <= seconds < 86400,
 * 0 <= microseconds < 10^6), so that equal durations are equal field by field. */
#ifndef AM_VALUE_TEMPORAL_H
#define AM_VALUE_TEMPORAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/strbuf.h"

#define AM_NO_OFFSET INT32_MIN
#define AM_MIN_YEAR 1
#define AM_MAX_YEAR 9999
#define AM_DAY_MICROS INT64_C(86400000000)
#define AM_TIMEDELTA_MAX_DAYS 999999999

typedef struct am_date {
  int16_t year;
  uint8_t month, day;
} am_date;

typedef struct am_time {
  int32_t microsecond;
  int32_t tzoffset; /* seconds east of UTC, or AM_NO_OFFSET */
  uint8_t hour, minute, second;
} am_time;

typedef struct am_datetime {
  am_date date;
  am_time time;
} am_datetime;

typedef struct am_timedelta {
  int32_t days, seconds, microseconds;
} am_timedelta;

/* Checked construction: an AM_ERR_ARGUMENT names the field that is out of range. */
bool am_date_make(int64_t year, int64_t month, int64_t day, am_date *out, am_error *err);
bool am_time_make(int64_t hour, int64_t minute, int64_t second, int64_t microsecond,
                  int64_t tzoffset, am_time *out, am_error *err);
bool am_tzoffset_check(int64_t tzoffset, am_error *err);

/* The calendar (calendar.c). Day numbers count from 1970-01-01. */
int am_days_in_month(int year, int month);
int64_t am_date_to_days(am_date date);
bool am_date_from_days(int64_t days, am_date *out); /* false outside the years 1..9999 */
int am_date_weekday(am_date date);                  /* Monday is 0 */
int am_date_yearday(am_date date);                  /* 1 January is 1 */
void am_date_isocalendar(am_date date, int *out_year, int *out_week, int *out_weekday);
int am_date_compare(am_date a, am_date b);

/* Microseconds since midnight; of the written fields since 1970-01-01 00:00, offset ignored. */
int64_t am_time_to_micros(am_time time);
void am_time_from_micros(int64_t micros, int32_t tzoffset, am_time *out);
int64_t am_datetime_to_micros(am_datetime moment);
bool am_datetime_from_micros(int64_t micros, int32_t tzoffset, am_datetime *out);
/* The moment itself: microseconds since the epoch in UTC; naive values count as UTC. */
int64_t am_datetime_to_utc_micros(am_datetime moment);

/* Ordering refuses to mix naive and aware values; equality says false. */
bool am_time_equal(am_time a, am_time b);
bool am_time_compare(am_time a, am_time b, int *out_order, am_error *err);
bool am_datetime_equal(am_datetime a, am_datetime b);
bool am_datetime_compare(am_datetime a, am_datetime b, int *out_order, am_error *err);

bool am_date_add(am_date date, am_timedelta delta, int sign, am_date *out, am_error *err);
bool am_datetime_add(am_datetime moment, am_timedelta delta, int sign, am_datetime *out,
                     am_error *err);
bool am_datetime_difference(am_datetime a, am_datetime b, am_timedelta *out, am_error *err);
/* The same moment written with another offset. */
bool am_datetime_shift_zone(am_datetime moment, int32_t tzoffset, am_datetime *out, am_error *err);

/* Local time (localtime.c); a naive moment is local time. */
double am_datetime_timestamp(am_datetime moment);
/* Offset of local time at that naive moment. */
int32_t am_datetime_local_offset(am_datetime naive);
/* From seconds + micros since the epoch; tzoffset AM_NO_OFFSET gives naive local time. */
bool am_datetime_from_timestamp(int64_t seconds, int64_t micros, int32_t tzoffset, am_datetime *out,
                                am_error *err);
/* From a number of seconds, rounded to the microsecond, half to even. */
bool am_datetime_from_double(double seconds, int32_t tzoffset, am_datetime *out, am_error *err);
bool am_datetime_now(int32_t tzoffset, am_datetime *out, am_error *err);

/* ISO 8601 as PostgreSQL, SQLite and Python write it (iso.c). The error names the reason. */
bool am_date_parse(const char *text, size_t size, am_date *out, am_error *err);
bool am_time_parse(const char *text, size_t size, am_time *out, am_error *err);
bool am_datetime_parse(const char *text, size_t size, am_datetime *out, am_error *err);

typedef enum am_timespec {
  AM_TIMESPEC_AUTO, /* microseconds only if there are any */
  AM_TIMESPEC_HOURS,
  AM_TIMESPEC_MINUTES,
  AM_TIMESPEC_SECONDS,
  AM_TIMESPEC_MILLISECONDS,
  AM_TIMESPEC_MICROSECONDS
} am_timespec;
/* Each writes into `out`, which has room for AM_TEMPORAL_TEXT bytes, and returns the size. */
#define AM_TEMPORAL_TEXT 48
size_t am_date_print(am_date date, char *out);
size_t am_time_print(am_time time, am_timespec spec, char *out);
size_t am_datetime_print(am_datetime moment, char separator, am_timespec spec, char *out);
/* strftime(3) with Python's %f, %z and %Z; false if memory ran out. */
bool am_datetime_format(am_datetime moment, const char *format, size_t size, am_strbuf *out);

/* Durations (timedelta.c). */
typedef __int128 am_micros;
am_micros am_timedelta_to_micros(am_timedelta delta);
bool am_timedelta_from_micros(am_micros micros, am_timedelta *out, am_error *err);
int am_timedelta_compare(am_timedelta a, am_timedelta b);
double am_timedelta_seconds(am_timedelta delta);
bool am_timedelta_add(am_timedelta a, am_timedelta b, int sign, am_timedelta *out, am_error *err);
bool am_timedelta_multiply(am_timedelta a, double factor, am_timedelta *out, am_error *err);
bool am_timedelta_multiply_int(am_timedelta a, int64_t factor, am_timedelta *out, am_error *err);
bool am_timedelta_divide(am_timedelta a, double divisor, am_timedelta *out, am_error *err);
bool am_timedelta_divide_int(am_timedelta a, int64_t divisor, am_timedelta *out, am_error *err);
bool am_timedelta_floor_int(am_timedelta a, int64_t divisor, am_timedelta *out, am_error *err);
bool am_timedelta_floor(am_timedelta a, am_timedelta b, int64_t *out, am_error *err);
bool am_timedelta_modulo(am_timedelta a, am_timedelta b, am_timedelta *out, am_error *err);
size_t am_timedelta_print(am_timedelta delta, char *out); /* Python's str() */

/* A sum of parts, whole or fractional; rounds once, at the end, half to even. */
typedef struct am_timedelta_sum {
  am_micros whole;
  double rest; /* fractions of microseconds */
  bool overflow;
} am_timedelta_sum;
void am_timedelta_sum_int(am_timedelta_sum *sum, int64_t count, int64_t unit_micros);
void am_timedelta_sum_double(am_timedelta_sum *sum, double count, int64_t unit_micros);
bool am_timedelta_sum_finish(am_timedelta_sum *sum, am_timedelta *out, am_error *err);

/* PostgreSQL's interval (interval.c): all four styles are read, the "postgres" style is written.
 * Years count 365 days and months 30. */
bool am_interval_parse(const char *text, size_t size, am_timedelta *out, am_error *err);
size_t am_interval_print(am_timedelta delta, char *out);

#endif
