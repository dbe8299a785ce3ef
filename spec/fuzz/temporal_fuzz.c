/* ISO dates, times, datetimes and PostgreSQL intervals; the first byte chooses. */
#include "value/temporal.h"
#include "fuzz.h"

static void date(const char *text, size_t size, am_error *err)
{
  am_date value, again;
  char out[AM_TEMPORAL_TEXT];
  if (!am_date_parse(text, size, &value, err)) return;
  MUST(am_date_parse(out, am_date_print(value, out), &again, err));
  MUST(am_date_compare(value, again) == 0);
}

static void clock_time(const char *text, size_t size, am_error *err)
{
  am_time value, again;
  char out[AM_TEMPORAL_TEXT];
  if (!am_time_parse(text, size, &value, err)) return;
  MUST(am_time_parse(out, am_time_print(value, AM_TIMESPEC_AUTO, out), &again, err));
  MUST(am_time_equal(value, again));
}

static void datetime(const char *text, size_t size, am_error *err)
{
  am_datetime value, again;
  char out[AM_TEMPORAL_TEXT];
  if (!am_datetime_parse(text, size, &value, err)) return;
  size_t length = am_datetime_print(value, 'T', AM_TIMESPEC_AUTO, out);
  MUST(am_datetime_parse(out, length, &again, err));
  MUST(am_datetime_equal(value, again));
}

static void interval(const char *text, size_t size, am_error *err)
{
  am_timedelta value, again;
  char out[AM_TEMPORAL_TEXT];
  if (!am_interval_parse(text, size, &value, err)) return;
  MUST(am_interval_parse(out, am_interval_print(value, out), &again, err));
  MUST(am_timedelta_compare(value, again) == 0);
  MUST(am_timedelta_print(value, out) < sizeof out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  static void (*const readers[])(const char *, size_t, am_error *) = {date, clock_time, datetime,
                                                                       interval};
  am_error err = AM_ERROR_INIT;
  if (size == 0) return 0;
  char *copy = am_memdup((const char *)data + 1, size - 1); /* its end is guarded */
  readers[data[0] % 4](copy, size - 1, &err);
  am_free(copy);
  am_error_clear(&err);
  return 0;
}
