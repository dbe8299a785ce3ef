/* What users may pass where a date, time, datetime, timedelta or decimal is wanted (see value.h).
 * Nothing here calls a metamethod or raises, except am_value_read_named. */
#include "bind/value.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/real.h"

static bool fail_kind(lua_State *L, int index, const char *noun, const char *remedy, am_error *err)
{
  am_value_kind kind = am_value_kind_at(L, index);
  const char *type = luaL_typename(L, index);
  if (kind != AM_VALUE_NONE)
    return am_error_set(err, AM_ERR_ARGUMENT, "an am.%s is not a %s; pass %s",
                        am_value_kind_name(kind), noun, remedy);
  if (am_is_null(L, index)) type = "null";
  return am_error_set(err, AM_ERR_ARGUMENT, "a %s is not a %s; pass %s", type, noun, remedy);
}

/* Adds what could have been passed to an error that says what was wrong. */
static bool add_remedy(am_error *err, const char *remedy)
{
  if (err->message == NULL) return false;
  am_error full = AM_ERROR_INIT;
  am_error_set(&full, AM_ERR_ARGUMENT, "%s; pass %s", err->message, remedy);
  am_error_clear(err);
  *err = full;
  return false;
}

static const char date_remedy[] =
    "an am.date, 'YYYY-MM-DD', an os.date(\"*t\") table or an epoch number";
static const char time_remedy[] =
    "an am.time, 'HH:MM:SS[.ffffff]', an os.date(\"*t\") table or an epoch number";
static const char datetime_remedy[] =
    "an am.datetime, 'YYYY-MM-DD HH:MM:SS[.ffffff]', an os.date(\"*t\") table or an epoch number";
static const char interval_remedy[] =
    "an am.timedelta, '1 day 02:03:04.5', a table like { days = 1 } or a number of seconds";

/* t[name] (or t[other]) as a whole number, `missing` if there is none. */
static bool read_field(lua_State *L, int table, const char *name, const char *other,
                       int64_t missing, int64_t *out, am_error *err)
{
  for (int turn = 0; turn < 2; turn++) {
    const char *key = turn == 0 ? name : other;
    if (key == NULL) break;
    lua_pushstring(L, key);
    lua_rawget(L, table);
    if (lua_isnil(L, -1)) {
      lua_pop(L, 1);
      continue;
    }
    bool ok = am_to_whole(L, -1, out);
    lua_pop(L, 1);
    return ok || am_error_set(err, AM_ERR_ARGUMENT, "field '%s' is not a whole number", key);
  }
  if (missing == INT64_MIN)
    return am_error_set(err, AM_ERR_ARGUMENT, "the table has no field '%s'", name);
  *out = missing;
  return true;
}

static bool read_date_table(lua_State *L, int t, am_date *out, am_error *err)
{
  int64_t year, month, day;
  return read_field(L, t, "year", NULL, INT64_MIN, &year, err) &&
         read_field(L, t, "month", NULL, INT64_MIN, &month, err) &&
         read_field(L, t, "day", NULL, INT64_MIN, &day, err) &&
         am_date_make(year, month, day, out, err);
}

static bool read_time_table(lua_State *L, int t, bool need_hour, am_time *out, am_error *err)
{
  int64_t hour, minute, second, micros, offset;
  return read_field(L, t, "hour", NULL, need_hour ? INT64_MIN : 0, &hour, err) &&
         read_field(L, t, "min", "minute", 0, &minute, err) &&
         read_field(L, t, "sec", "second", 0, &second, err) &&
         read_field(L, t, "microsecond", NULL, 0, &micros, err) &&
         read_field(L, t, "tzoffset", NULL, AM_NO_OFFSET, &offset, err) &&
         am_time_make(hour, minute, second, micros, offset, out, err);
}

static bool read_epoch(lua_State *L, int index, int32_t tzoffset, am_datetime *out, am_error *err)
{
  int64_t whole;
  if (am_to_int64(L, index, &whole))
    return am_datetime_from_timestamp(whole, 0, tzoffset, out, err);
  return am_datetime_from_double((double)lua_tonumber(L, index), tzoffset, out, err);
}

bool am_read_date(lua_State *L, int index, am_date *out, am_error *err)
{
  index = lua_absindex(L, index);
  const am_date *date = am_test_date(L, index);
  if (date != NULL) {
    *out = *date;
    return true;
  }
  const am_datetime *moment = am_test_datetime(L, index);
  if (moment != NULL) {
    *out = moment->date;
    return true;
  }
  size_t size;
  am_datetime local;
  switch (lua_type(L, index)) {
    case LUA_TSTRING: {
      const char *text = lua_tolstring(L, index, &size);
      return am_date_parse(text, size, out, err) || add_remedy(err, date_remedy);
    }
    case LUA_TNUMBER:
      if (!read_epoch(L, index, AM_NO_OFFSET, &local, err)) return add_remedy(err, date_remedy);
      *out = local.date;
      return true;
    case LUA_TTABLE: return read_date_table(L, index, out, err) || add_remedy(err, date_remedy);
    default: return fail_kind(L, index, "date", date_remedy, err);
  }
}

bool am_read_time(lua_State *L, int index, am_time *out, am_error *err)
{
  index = lua_absindex(L, index);
  const am_time *time = am_test_time(L, index);
  if (time != NULL) {
    *out = *time;
    return true;
  }
  size_t size;
  am_datetime local;
  switch (lua_type(L, index)) {
    case LUA_TSTRING: {
      const char *text = lua_tolstring(L, index, &size);
      return am_time_parse(text, size, out, err) || add_remedy(err, time_remedy);
    }
    case LUA_TNUMBER:
      if (!read_epoch(L, index, AM_NO_OFFSET, &local, err)) return add_remedy(err, time_remedy);
      *out = local.time;
      return true;
    case LUA_TTABLE:
      return read_time_table(L, index, true, out, err) || add_remedy(err, time_remedy);
    default: return fail_kind(L, index, "time", time_remedy, err);
  }
}

bool am_read_datetime(lua_State *L, int index, bool with_zone, am_datetime *out, am_error *err)
{
  index = lua_absindex(L, index);
  const am_datetime *moment = am_test_datetime(L, index);
  if (moment != NULL) {
    *out = *moment;
    return true;
  }
  const am_date *date = am_test_date(L, index);
  if (date != NULL) {
    *out = (am_datetime){*date, {0, AM_NO_OFFSET, 0, 0, 0}};
    return true;
  }
  size_t size;
  switch (lua_type(L, index)) {
    case LUA_TSTRING: {
      const char *text = lua_tolstring(L, index, &size);
      return am_datetime_parse(text, size, out, err) || add_remedy(err, datetime_remedy);
    }
    case LUA_TNUMBER:
      return read_epoch(L, index, with_zone ? 0 : AM_NO_OFFSET, out, err) ||
             add_remedy(err, datetime_remedy);
    case LUA_TTABLE:
      return (read_date_table(L, index, &out->date, err) &&
              read_time_table(L, index, false, &out->time, err)) ||
             add_remedy(err, datetime_remedy);
    default: return fail_kind(L, index, "datetime", datetime_remedy, err);
  }
}

static bool add_part(lua_State *L, int index, int64_t unit_micros, am_timedelta_sum *sum)
{
  int64_t whole;
  if (am_to_int64(L, index, &whole)) am_timedelta_sum_int(sum, whole, unit_micros);
  else if (lua_type(L, index) == LUA_TNUMBER)
    am_timedelta_sum_double(sum, (double)lua_tonumber(L, index), unit_micros);
  else return false;
  return true;
}

/* A name that is none of these would be lost in silence, so all are counted. */
static bool read_delta_table(lua_State *L, int table, am_timedelta *out, am_error *err)
{
  static const struct {
    const char *name;
    int64_t micros;
  } parts[] = {{"days", AM_DAY_MICROS},     {"seconds", 1000000},  {"microseconds", 1},
               {"milliseconds", 1000},      {"minutes", 60000000}, {"hours", INT64_C(3600000000)},
               {"weeks", 7 * AM_DAY_MICROS}};
  am_timedelta_sum sum = {0, 0, false};
  int found = 0, total = 0;
  for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
    lua_pushstring(L, parts[i].name);
    lua_rawget(L, table);
    bool ok = lua_isnil(L, -1) || add_part(L, -1, parts[i].micros, &sum);
    found += !lua_isnil(L, -1);
    lua_pop(L, 1);
    if (!ok) return am_error_set(err, AM_ERR_ARGUMENT, "field '%s' is not a number", parts[i].name);
  }
  lua_pushnil(L);
  for (; lua_next(L, table); total++) lua_pop(L, 1);
  if (found == 0 || found != total)
    return am_error_set(err, AM_ERR_ARGUMENT,
                        "the table has other fields than days, seconds, microseconds, "
                        "milliseconds, minutes, hours, weeks");
  return am_timedelta_sum_finish(&sum, out, err);
}

bool am_read_timedelta(lua_State *L, int index, am_timedelta *out, am_error *err)
{
  index = lua_absindex(L, index);
  const am_timedelta *delta = am_test_timedelta(L, index);
  if (delta != NULL) {
    *out = *delta;
    return true;
  }
  am_timedelta_sum sum = {0, 0, false};
  if (add_part(L, index, 1000000, &sum))
    return am_timedelta_sum_finish(&sum, out, err) || add_remedy(err, interval_remedy);
  if (lua_type(L, index) == LUA_TSTRING) {
    size_t size;
    const char *text = lua_tolstring(L, index, &size);
    return am_interval_parse(text, size, out, err);
  }
  if (lua_type(L, index) == LUA_TTABLE)
    return read_delta_table(L, index, out, err) || add_remedy(err, interval_remedy);
  return fail_kind(L, index, "timedelta", interval_remedy, err);
}

bool am_read_decimal_text(lua_State *L, int index, am_strbuf *out, am_error *err)
{
  const am_decimal *d = am_test_decimal(L, index);
  int64_t whole;
  if (d != NULL) {
    am_decimal_print(d, out);
  } else if (am_to_int64(L, index, &whole)) {
    am_strbuf_printf(out, "%lld", (long long)whole);
  } else if (lua_type(L, index) == LUA_TNUMBER) {
    double number = (double)lua_tonumber(L, index);
    char text[AM_REAL_TEXT];
    am_real_spell(number, DBL_DIG, text);
    am_strbuf_puts(out, text);
  } else if (lua_type(L, index) == LUA_TSTRING) {
    size_t size;
    const char *text = lua_tolstring(L, index, &size);
    am_decimal_scan scan;
    if (!am_decimal_scan_text(text, size, &scan))
      return am_error_set(err, AM_ERR_ARGUMENT,
                          "'%.*s' is not a decimal; pass an am.decimal, a number or digits",
                          size > 60 ? 60 : (int)size, text);
    am_strbuf_add(out, text, size);
  } else {
    return fail_kind(L, index, "decimal", "an am.decimal, a number or a string of digits", err);
  }
  return !am_strbuf_failed(out) || am_error_memory(err);
}

/* ---- named arguments ---- */

static int find_name(const char *key, const char *const *names, int count)
{
  for (int i = 0; i < count; i++)
    if (strcmp(key, names[i]) == 0) return i;
  return -1;
}

void am_value_read_named(lua_State *L, int index, const char *what, const char *const *names,
                         int count, int64_t *values, unsigned *out_seen)
{
  index = lua_absindex(L, index);
  *out_seen = 0;
  lua_pushnil(L);
  while (lua_next(L, index)) {
    const char *key = lua_type(L, -2) == LUA_TSTRING ? lua_tostring(L, -2) : NULL;
    int i = key != NULL ? find_name(key, names, count) : -1;
    if (i < 0) {
      const char *nearest = key != NULL ? am_nearest_name(key, names, (size_t)count) : NULL;
      if (nearest != NULL)
        am_raisef(L, AM_ERR_ARGUMENT, "%s: unknown option '%s'; did you mean '%s'?", what, key,
                  nearest);
      am_raisef(L, AM_ERR_ARGUMENT, "%s: unknown option %s%s%s; the last one is '%s'", what,
                key ? "'" : "", key ? key : luaL_typename(L, -2), key ? "'" : "", names[count - 1]);
    }
    bool zone = strcmp(names[i], "tzoffset") == 0;
    if (zone && ((lua_isboolean(L, -1) && !lua_toboolean(L, -1)) || am_is_null(L, -1)))
      values[i] = AM_NO_OFFSET;
    else if (!am_to_whole(L, -1, &values[i]))
      am_raisef(L, AM_ERR_ARGUMENT, "%s: option '%s' must be a whole number, got %s", what,
                names[i], luaL_typename(L, -1));
    *out_seen |= 1u << i;
    lua_pop(L, 1);
  }
}
