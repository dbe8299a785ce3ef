/* What the classes of dates, times and moments share: arguments in Python's order, formatting,
 * fields (see value_temporal.h). */
#include "bind/value_temporal.h"

#include <stdio.h>
#include <stdlib.h>

static const char *const names[AM_FIELD_COUNT] = {"year",   "month",  "day",         "hour",
                                                  "minute", "second", "microsecond", "tzoffset"};

static bool is_options(lua_State *L, int index) { return lua_type(L, index) == LUA_TTABLE; }

void am_time_arguments(lua_State *L, const char *what, int from, int first, int count, int required,
                       int64_t *values)
{
  int top = lua_gettop(L), given = 0;
  for (int i = 0; i < count; i++) values[i] = first + i == AM_FIELD_TZOFFSET ? AM_NO_OFFSET : 0;
  unsigned seen = 0;
  for (int slot = from; slot <= top && given < count; slot++, given++) {
    if (is_options(L, slot)) break;
    if (lua_isnil(L, slot)) continue;
    seen |= 1u << given;
    if (!am_to_whole(L, slot, &values[given]))
      am_raisef(L, AM_ERR_ARGUMENT, "%s: %s must be a whole number, got %s", what,
                names[first + given], luaL_typename(L, slot));
  }
  int rest = from + given;
  if (rest <= top && is_options(L, rest)) {
    unsigned named;
    am_value_read_named(L, rest, what, names + first, count, values, &named);
    if ((seen & named) != 0)
      for (int i = 0; i < count; i++)
        if ((seen & named) >> i & 1)
          am_raisef(L, AM_ERR_ARGUMENT, "%s: %s is given twice, by position and by name", what,
                    names[first + i]);
    seen |= named;
    rest++;
  }
  if (rest <= top)
    am_raisef(L, AM_ERR_ARGUMENT, "%s: too many arguments; it takes %s to %s and an options table",
              what, names[first], names[first + count - 1]);
  for (int i = 0; i < required; i++)
    if (!(seen >> i & 1))
      am_raisef(L, AM_ERR_ARGUMENT, "%s: %s is missing; write %s(%s...)", what, names[first + i],
                what, first == AM_FIELD_YEAR ? "year, month, day" : "hour, minute");
}

void am_time_replace(lua_State *L, const char *what, int first, int count, int64_t *values)
{
  unsigned seen;
  if (lua_gettop(L) != 2 || !is_options(L, 2))
    am_raisef(L, AM_ERR_ARGUMENT, "%s: expected one table such as { %s = ... }", what,
              names[first]);
  am_value_read_named(L, 2, what, names + first, count, values, &seen);
}

int am_time_refuse(lua_State *L, const char *what, const int64_t *values, int count, am_error *err)
{
  char text[200];
  size_t size = 0;
  for (int i = 0; i < count && size < sizeof text - 24; i++)
    size += (size_t)snprintf(text + size, sizeof text - size, "%s%lld", i > 0 ? ", " : "",
                             (long long)values[i]);
  text[size] = '\0';
  am_error full = AM_ERROR_INIT;
  am_error_set(&full, AM_ERR_ARGUMENT, "%s(%s): %s", what, text,
               err->message != NULL ? err->message : "out of range");
  am_error_clear(err);
  return am_raise(L, &full);
}

const char *am_check_text(lua_State *L, int arg, const char *what, size_t *out_size)
{
  if (lua_type(L, arg) != LUA_TSTRING)
    am_raisef(L, AM_ERR_ARGUMENT, "%s: expected a string, got %s", what, luaL_typename(L, arg));
  return lua_tolstring(L, arg, out_size);
}

int64_t am_check_whole(lua_State *L, int arg, const char *what)
{
  int64_t whole = 0;
  if (!am_to_whole(L, arg, &whole))
    am_raisef(L, AM_ERR_ARGUMENT, "%s: argument #%d must be a whole number, got %s", what, arg,
              luaL_typename(L, arg));
  return whole;
}

bool am_check_epoch(lua_State *L, int arg, int32_t tzoffset, am_datetime *out, am_error *err)
{
  int64_t whole;
  if (am_to_int64(L, arg, &whole)) return am_datetime_from_timestamp(whole, 0, tzoffset, out, err);
  if (lua_type(L, arg) != LUA_TNUMBER)
    am_raisef(L, AM_ERR_ARGUMENT, "fromtimestamp: expected a number of seconds, got %s",
              luaL_typename(L, arg));
  return am_datetime_from_double((double)lua_tonumber(L, arg), tzoffset, out, err);
}

int32_t am_check_offset(lua_State *L, int arg, const char *what)
{
  int64_t offset = AM_NO_OFFSET;
  const am_timedelta *delta = am_test_timedelta(L, arg);
  unsigned seen;
  if (lua_isnoneornil(L, arg)) return AM_NO_OFFSET;
  if (delta != NULL && delta->microseconds == 0)
    offset = (int64_t)delta->days * 86400 + delta->seconds;
  else if (is_options(L, arg))
    am_value_read_named(L, arg, what, names + AM_FIELD_TZOFFSET, 1, &offset, &seen);
  else if (!am_to_whole(L, arg, &offset))
    am_raisef(L, AM_ERR_ARGUMENT, "%s: tzoffset must be a number of seconds, got %s", what,
              luaL_typename(L, arg));
  am_error err = AM_ERROR_INIT;
  if (!am_tzoffset_check(offset, &err)) am_raise(L, &err);
  return (int32_t)offset;
}

int am_push_strftime(lua_State *L, am_datetime moment)
{
  size_t size;
  const char *format = am_check_text(L, 2, "strftime", &size);
  am_strbuf text = AM_STRBUF_INIT;
  if (!am_datetime_format(moment, format, size, &text)) {
    am_strbuf_deinit(&text);
    return am_raise_memory(L);
  }
  am_push_strbuf(L, &text);
  return 1;
}

static void set_int(lua_State *L, const char *name, int value)
{
  lua_pushinteger(L, value);
  lua_setfield(L, -2, name);
}

int am_push_timetuple(lua_State *L, am_datetime moment)
{
  lua_createtable(L, 0, 9);
  set_int(L, "year", moment.date.year);
  set_int(L, "month", moment.date.month);
  set_int(L, "day", moment.date.day);
  set_int(L, "hour", moment.time.hour);
  set_int(L, "min", moment.time.minute);
  set_int(L, "sec", moment.time.second);
  set_int(L, "wday", (am_date_weekday(moment.date) + 1) % 7 + 1);
  set_int(L, "yday", am_date_yearday(moment.date));
  return 1;
}

int am_push_weekday(lua_State *L, am_date date, int first)
{
  lua_pushinteger(L, am_date_weekday(date) + first);
  return 1;
}

int am_push_isocalendar(lua_State *L, am_date date)
{
  int year, week, weekday;
  am_date_isocalendar(date, &year, &week, &weekday);
  lua_pushinteger(L, year);
  lua_pushinteger(L, week);
  lua_pushinteger(L, weekday);
  return 3;
}

int am_push_ordinal(lua_State *L, am_date date)
{
  lua_pushinteger(L, (lua_Integer)(am_date_to_days(date) + 719163));
  return 1;
}

int am_push_utcoffset(lua_State *L, am_time time)
{
  if (time.tzoffset == AM_NO_OFFSET) return 0;
  int days = time.tzoffset < 0 ? -1 : 0; /* an offset is less than a day */
  am_push_timedelta(L, (am_timedelta){days, time.tzoffset - days * 86400, 0});
  return 1;
}

int am_push_tzname(lua_State *L, am_time time)
{
  if (time.tzoffset == AM_NO_OFFSET) return 0;
  am_strbuf text = AM_STRBUF_INIT;
  if (!am_datetime_format((am_datetime){{1970, 1, 1}, time}, "%Z", 2, &text)) {
    am_strbuf_deinit(&text);
    return am_raise_memory(L);
  }
  am_push_strbuf(L, &text);
  return 1;
}

void am_push_date_field(lua_State *L, am_date date, int id)
{
  lua_pushinteger(L, id == AM_FIELD_YEAR    ? date.year
                     : id == AM_FIELD_MONTH ? date.month
                                            : date.day);
}

void am_push_time_field(lua_State *L, am_time time, int id)
{
  switch (id) {
    case AM_FIELD_HOUR: lua_pushinteger(L, time.hour); break;
    case AM_FIELD_MINUTE: lua_pushinteger(L, time.minute); break;
    case AM_FIELD_SECOND: lua_pushinteger(L, time.second); break;
    case AM_FIELD_MICROSECOND: lua_pushinteger(L, time.microsecond); break;
    default:
      if (time.tzoffset == AM_NO_OFFSET) lua_pushnil(L);
      else lua_pushinteger(L, time.tzoffset);
  }
}

am_timespec am_check_timespec(lua_State *L, int arg)
{
  static const char *const specs[] = {"auto",    "hours",        "minutes",
                                      "seconds", "milliseconds", "microseconds"};
  if (lua_isnoneornil(L, arg)) return AM_TIMESPEC_AUTO;
  const char *name = lua_tostring(L, arg);
  for (int i = 0; name != NULL && i < 6; i++)
    if (strcmp(name, specs[i]) == 0) return (am_timespec)i;
  am_raisef(
      L, AM_ERR_ARGUMENT,
      "unknown timespec '%s'; use auto, hours, minutes, seconds, milliseconds or microseconds",
      name != NULL ? name : luaL_typename(L, arg));
  return AM_TIMESPEC_AUTO;
}
