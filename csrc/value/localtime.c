/* Where moments meet the machine's clock and time zone (see temporal.h). */
#include <math.h>
#include <time.h>

#include "value/temporal.h"

/* Local time at `utc` (seconds since the epoch) read as if it were UTC. */
static int64_t local_seconds(int64_t utc)
{
  time_t t = (time_t)utc;
  struct tm tm;
  if (localtime_r(&t, &tm) == NULL) return utc;
  return utc + tm.tm_gmtoff;
}

/* The inverse. Of a time that occurs twice the first is meant; one that never occurs is taken
 * with the offset before the gap. */
static int64_t utc_seconds(int64_t local)
{
  const int64_t day = 86400;
  int64_t offset = local_seconds(local) - local, guess = local - offset, other;
  int64_t back = local_seconds(guess);
  if (back == local) { /* found one; is there an earlier one? */
    int64_t earlier = guess - day;
    other = local_seconds(earlier) - earlier;
    if (other == offset) return guess;
  } else {
    other = back - guess;
  }
  int64_t second = local - other;
  if (local_seconds(second) == local) return second;
  if (back == local) return guess;
  return guess > second ? guess : second;
}

static int64_t floor_seconds(int64_t micros) { return micros / 1000000 - (micros % 1000000 < 0); }

int32_t am_datetime_local_offset(am_datetime naive)
{
  int64_t local = floor_seconds(am_datetime_to_micros(naive));
  return (int32_t)(local - utc_seconds(local));
}

double am_datetime_timestamp(am_datetime moment)
{
  int64_t micros = am_datetime_to_utc_micros(moment);
  if (moment.time.tzoffset != AM_NO_OFFSET) return (double)((long double)micros / 1e6L);
  int64_t local = floor_seconds(micros);
  return (double)utc_seconds(local) + (double)(micros - local * 1000000) / 1e6;
}

static bool beyond(am_error *err)
{
  return am_error_set(err, AM_ERR_ARGUMENT,
                      "the timestamp lies outside the years %d to %d; it counts seconds since 1970",
                      AM_MIN_YEAR, AM_MAX_YEAR);
}

bool am_datetime_from_timestamp(int64_t seconds, int64_t micros, int32_t tzoffset, am_datetime *out,
                                am_error *err)
{
  const int64_t limit = INT64_C(400000000000); /* well beyond year 9999 */
  if (seconds < -limit || seconds > limit) return beyond(err);
  seconds = tzoffset == AM_NO_OFFSET ? local_seconds(seconds) : seconds + tzoffset;
  return am_datetime_from_micros(seconds * 1000000 + micros, tzoffset, out) || beyond(err);
}

bool am_datetime_from_double(double seconds, int32_t tzoffset, am_datetime *out, am_error *err)
{
  if (!(seconds > -4e11 && seconds < 4e11)) return beyond(err); /* NaN, too */
  double whole, micros = nearbyint(modf(seconds, &whole) * 1e6);
  if (micros < 0) {
    micros += 1e6;
    whole--;
  } else if (micros >= 1e6) {
    micros -= 1e6;
    whole++;
  }
  return am_datetime_from_timestamp((int64_t)whole, (int64_t)micros, tzoffset, out, err);
}

bool am_datetime_now(int32_t tzoffset, am_datetime *out, am_error *err)
{
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  return am_datetime_from_timestamp(now.tv_sec, now.tv_nsec / 1000, tzoffset, out, err);
}
