/* Days, months and years; microseconds; comparison and arithmetic of dates, times and moments
 * (see temporal.h). */
#include "value/temporal.h"

#include <stdlib.h>

static bool is_leap(int year) { return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0); }

int am_days_in_month(int year, int month)
{
  static const uint8_t days[13] = {0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return month == 2 && is_leap(year) ? 29 : days[month];
}

static bool out_of_range(am_error *err, const char *field, int64_t value, int64_t low, int64_t high)
{
  return am_error_set(err, AM_ERR_ARGUMENT, "%s %lld is not in %lld..%lld", field, (long long)value,
                      (long long)low, (long long)high);
}

bool am_date_make(int64_t year, int64_t month, int64_t day, am_date *out, am_error *err)
{
  if (year < AM_MIN_YEAR || year > AM_MAX_YEAR)
    return out_of_range(err, "year", year, AM_MIN_YEAR, AM_MAX_YEAR);
  if (month < 1 || month > 12) return out_of_range(err, "month", month, 1, 12);
  int last = am_days_in_month((int)year, (int)month);
  if (day < 1 || day > last) return out_of_range(err, "day", day, 1, last);
  *out = (am_date){(int16_t)year, (uint8_t)month, (uint8_t)day};
  return true;
}

bool am_tzoffset_check(int64_t tzoffset, am_error *err)
{
  if (tzoffset == AM_NO_OFFSET || (tzoffset > -86400 && tzoffset < 86400)) return true;
  return out_of_range(err, "tzoffset", tzoffset, -86399, 86399);
}

bool am_time_make(int64_t hour, int64_t minute, int64_t second, int64_t microsecond,
                  int64_t tzoffset, am_time *out, am_error *err)
{
  if (hour < 0 || hour > 23) return out_of_range(err, "hour", hour, 0, 23);
  if (minute < 0 || minute > 59) return out_of_range(err, "minute", minute, 0, 59);
  if (second < 0 || second > 59) return out_of_range(err, "second", second, 0, 59);
  if (microsecond < 0 || microsecond > 999999)
    return out_of_range(err, "microsecond", microsecond, 0, 999999);
  if (!am_tzoffset_check(tzoffset, err)) return false;
  *out = (am_time){(int32_t)microsecond, (int32_t)tzoffset, (uint8_t)hour, (uint8_t)minute,
                   (uint8_t)second};
  return true;
}

/* Years count from March, so that the leap day is a year's last; 400 years are 146097 days. */
int64_t am_date_to_days(am_date date)
{
  int year = date.year - (date.month <= 2), shifted = (date.month + 9) % 12;
  int day_of_year = (153 * shifted + 2) / 5 + date.day - 1;
  return (int64_t)year * 365 + year / 4 - year / 100 + year / 400 + day_of_year - 719468;
}

#define FIRST_DAY (-719162) /* 0001-01-01 */
#define LAST_DAY 2932896    /* 9999-12-31 */

bool am_date_from_days(int64_t days, am_date *out)
{
  if (days < FIRST_DAY || days > LAST_DAY) return false;
  int since = (int)days + 719468, cycle = since / 146097, in_cycle = since % 146097;
  int in_year = in_cycle - in_cycle / 1460 + in_cycle / 36524 - in_cycle / 146096;
  int year_of_cycle = in_year / 365;
  int day = in_cycle - (365 * year_of_cycle + year_of_cycle / 4 - year_of_cycle / 100);
  int shifted = (5 * day + 2) / 153, month = shifted < 10 ? shifted + 3 : shifted - 9;
  out->year = (int16_t)(cycle * 400 + year_of_cycle + (month <= 2));
  out->month = (uint8_t)month;
  out->day = (uint8_t)(day - (153 * shifted + 2) / 5 + 1);
  return true;
}

int am_date_weekday(am_date date)
{
  return (int)((am_date_to_days(date) + 719162) % 7); /* 0001-01-01 was a Monday */
}

int am_date_yearday(am_date date)
{
  return (int)(am_date_to_days(date) - am_date_to_days((am_date){date.year, 1, 1})) + 1;
}

/* Monday of the ISO week 1 of that year: the week that holds 4 January. */
static int64_t first_monday(int year)
{
  int64_t days = am_date_to_days((am_date){(int16_t)year, 1, 4});
  return days - (days + 719162) % 7;
}

void am_date_isocalendar(am_date date, int *out_year, int *out_week, int *out_weekday)
{
  int64_t days = am_date_to_days(date);
  int year = date.year;
  if (year > AM_MIN_YEAR && days < first_monday(year)) year--;
  else if (days >= first_monday(year + 1)) year++;
  *out_year = year;
  *out_week = (int)((days - first_monday(year)) / 7) + 1;
  *out_weekday = am_date_weekday(date) + 1;
}

int am_date_compare(am_date a, am_date b)
{
  int x = a.year * 512 + a.month * 32 + a.day, y = b.year * 512 + b.month * 32 + b.day;
  return (x > y) - (x < y);
}

int64_t am_time_to_micros(am_time time)
{
  return ((int64_t)time.hour * 3600 + time.minute * 60 + time.second) * 1000000 + time.microsecond;
}

void am_time_from_micros(int64_t micros, int32_t tzoffset, am_time *out)
{
  int seconds = (int)(micros / 1000000);
  *out = (am_time){(int32_t)(micros % 1000000), tzoffset, (uint8_t)(seconds / 3600),
                   (uint8_t)(seconds / 60 % 60), (uint8_t)(seconds % 60)};
}

int64_t am_datetime_to_micros(am_datetime moment)
{
  return am_date_to_days(moment.date) * AM_DAY_MICROS + am_time_to_micros(moment.time);
}

bool am_datetime_from_micros(int64_t micros, int32_t tzoffset, am_datetime *out)
{
  int64_t days = micros / AM_DAY_MICROS, rest = micros % AM_DAY_MICROS;
  if (rest < 0) {
    rest += AM_DAY_MICROS;
    days--;
  }
  if (!am_date_from_days(days, &out->date)) return false;
  am_time_from_micros(rest, tzoffset, &out->time);
  return true;
}

static int64_t offset_micros(am_time time)
{
  return time.tzoffset == AM_NO_OFFSET ? 0 : (int64_t)time.tzoffset * 1000000;
}

int64_t am_datetime_to_utc_micros(am_datetime moment)
{
  return am_datetime_to_micros(moment) - offset_micros(moment.time);
}

static bool is_aware(am_time time) { return time.tzoffset != AM_NO_OFFSET; }

static bool refuse_mixed(am_error *err, const char *noun, const char *verb)
{
  return am_error_set(err, AM_ERR_ARGUMENT,
                      "cannot %s a %s without tzoffset and one with it; "
                      "give both an offset with :replace{ tzoffset = seconds }",
                      verb, noun);
}

bool am_time_equal(am_time a, am_time b)
{
  return is_aware(a) == is_aware(b) &&
         am_time_to_micros(a) - offset_micros(a) == am_time_to_micros(b) - offset_micros(b);
}

bool am_time_compare(am_time a, am_time b, int *out_order, am_error *err)
{
  if (is_aware(a) != is_aware(b)) return refuse_mixed(err, "time", "compare");
  int64_t x = am_time_to_micros(a) - offset_micros(a), y = am_time_to_micros(b) - offset_micros(b);
  *out_order = (x > y) - (x < y);
  return true;
}

bool am_datetime_equal(am_datetime a, am_datetime b)
{
  return is_aware(a.time) == is_aware(b.time) &&
         am_datetime_to_utc_micros(a) == am_datetime_to_utc_micros(b);
}

bool am_datetime_compare(am_datetime a, am_datetime b, int *out_order, am_error *err)
{
  if (is_aware(a.time) != is_aware(b.time)) return refuse_mixed(err, "datetime", "compare");
  int64_t x = am_datetime_to_utc_micros(a), y = am_datetime_to_utc_micros(b);
  *out_order = (x > y) - (x < y);
  return true;
}

static bool beyond_calendar(am_error *err)
{
  return am_error_set(err, AM_ERR_ARGUMENT,
                      "the result lies outside the years %d to %d; use a smaller timedelta",
                      AM_MIN_YEAR, AM_MAX_YEAR);
}

bool am_date_add(am_date date, am_timedelta delta, int sign, am_date *out, am_error *err)
{
  int64_t days = sign < 0 ? -(int64_t)delta.days : delta.days;
  return am_date_from_days(am_date_to_days(date) + days, out) || beyond_calendar(err);
}

bool am_datetime_add(am_datetime moment, am_timedelta delta, int sign, am_datetime *out,
                     am_error *err)
{
  if (abs(delta.days) > 4000000) return beyond_calendar(err);
  int64_t micros =
      delta.days * AM_DAY_MICROS + (int64_t)delta.seconds * 1000000 + delta.microseconds;
  micros = am_datetime_to_micros(moment) + (sign < 0 ? -micros : micros);
  return am_datetime_from_micros(micros, moment.time.tzoffset, out) || beyond_calendar(err);
}

bool am_datetime_difference(am_datetime a, am_datetime b, am_timedelta *out, am_error *err)
{
  if (is_aware(a.time) != is_aware(b.time)) return refuse_mixed(err, "datetime", "subtract");
  return am_timedelta_from_micros(
      (am_micros)am_datetime_to_utc_micros(a) - am_datetime_to_utc_micros(b), out, err);
}

bool am_datetime_shift_zone(am_datetime moment, int32_t tzoffset, am_datetime *out, am_error *err)
{
  if (!is_aware(moment.time)) moment.time.tzoffset = am_datetime_local_offset(moment);
  int64_t micros = am_datetime_to_utc_micros(moment) + (int64_t)tzoffset * 1000000;
  return am_datetime_from_micros(micros, tzoffset, out) || beyond_calendar(err);
}
