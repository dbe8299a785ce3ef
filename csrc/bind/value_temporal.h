/* What the classes of dates, times and moments share (value_temporal.c). */
#ifndef AM_BIND_VALUE_TEMPORAL_H
#define AM_BIND_VALUE_TEMPORAL_H

#include "bind/value.h"

/* The eight fields in Python's argument order; their numbers are the field ids, too. */
enum {
  AM_FIELD_YEAR,
  AM_FIELD_MONTH,
  AM_FIELD_DAY,
  AM_FIELD_HOUR,
  AM_FIELD_MINUTE,
  AM_FIELD_SECOND,
  AM_FIELD_MICROSECOND,
  AM_FIELD_TZOFFSET,
  AM_FIELD_COUNT
};

/* Reads constructor arguments from stack slot `from`: `count` fields starting at field `first`,
 * of which `required` must be there, positional, then an optional table of named ones. Missing
 * ones are 0 (tzoffset: AM_NO_OFFSET). Raises. */
void am_time_arguments(lua_State *L, const char *what, int from, int first, int count, int required,
                       int64_t *values);
/* Reads the table of :replace{...} at slot 2 over values. */
void am_time_replace(lua_State *L, const char *what, int first, int count, int64_t *values);
/* Raises err with the call written before it: "am.date(2026, 13, 1): month 13 is not in 1..12". */
int am_time_refuse(lua_State *L, const char *what, const int64_t *values, int count, am_error *err);

const char *am_check_text(lua_State *L, int arg, const char *what, size_t *out_size);
int64_t am_check_whole(lua_State *L, int arg, const char *what);
/* A number of seconds since the epoch; raises if there is no number. */
bool am_check_epoch(lua_State *L, int arg, int32_t tzoffset, am_datetime *out, am_error *err);
/* An offset in seconds: a number, a timedelta, an options table with tzoffset, or nothing. */
int32_t am_check_offset(lua_State *L, int arg, const char *what);

/* Each pushes one result for a method and returns 1. */
int am_push_strftime(lua_State *L, am_datetime moment);  /* format in slot 2 */
int am_push_timetuple(lua_State *L, am_datetime moment); /* as os.date "*t" */
int am_push_weekday(lua_State *L, am_date date, int first);
int am_push_isocalendar(lua_State *L, am_date date); /* three results */
int am_push_ordinal(lua_State *L, am_date date);
int am_push_utcoffset(lua_State *L, am_time time);
int am_push_tzname(lua_State *L, am_time time);

void am_push_date_field(lua_State *L, am_date date, int id);
void am_push_time_field(lua_State *L, am_time time, int id);
am_timespec am_check_timespec(lua_State *L, int arg);

#endif
