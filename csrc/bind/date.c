/* am.date: the userdata of calendar days. */
#include <stdio.h>

#include "bind/value_temporal.h"

static const am_date *self(lua_State *L) { return am_value_check(L, 1, AM_VALUE_DATE); }

static int push_date(lua_State *L, bool ok, am_date date, am_error *err)
{
  if (!ok) return am_raise(L, err);
  am_push_date(L, date);
  return 1;
}

/* am.date(year, month, day) or am.date{ year =, month =, day = } */
static int construct(lua_State *L)
{
  int64_t v[3];
  am_time_arguments(L, "am.date", 2, 0, 3, 3, v);
  am_date date = {0};
  am_error err = AM_ERROR_INIT;
  if (am_date_make(v[0], v[1], v[2], &date, &err)) return push_date(L, true, date, &err);
  return am_time_refuse(L, "am.date", v, 3, &err);
}

static int parse(lua_State *L)
{
  size_t size;
  const char *text = am_check_text(L, 1, "am.date.parse", &size);
  am_error err = AM_ERROR_INIT;
  return am_push_date_text(L, text, size, &err) ? 1 : am_raise(L, &err);
}

static int today(lua_State *L)
{
  am_datetime now = {0};
  am_error err = AM_ERROR_INIT;
  return push_date(L, am_datetime_now(AM_NO_OFFSET, &now, &err), now.date, &err);
}

static int fromtimestamp(lua_State *L)
{
  am_datetime moment = {0};
  am_error err = AM_ERROR_INIT;
  bool ok = am_check_epoch(L, 1, AM_NO_OFFSET, &moment, &err);
  return push_date(L, ok, moment.date, &err);
}

/* Day 1 is 0001-01-01. */
static int fromordinal(lua_State *L)
{
  int64_t ordinal = am_check_whole(L, 1, "am.date.fromordinal");
  am_date date = {0};
  am_error err = AM_ERROR_INIT;
  bool ok = ordinal < 4000000 && am_date_from_days(ordinal - 719163, &date);
  if (!ok)
    am_error_set(&err, AM_ERR_ARGUMENT, "ordinal %lld is not in 1..3652059", (long long)ordinal);
  return push_date(L, ok, date, &err);
}

static int fromisocalendar(lua_State *L)
{
  int64_t year = am_check_whole(L, 1, "am.date.fromisocalendar");
  int64_t week = am_check_whole(L, 2, "am.date.fromisocalendar");
  int64_t day = am_check_whole(L, 3, "am.date.fromisocalendar");
  char text[24];
  am_error err = AM_ERROR_INIT;
  if (year < 1 || year > 9999 || week < 1 || week > 53 || day < 1 || day > 7)
    return am_raisef(L, AM_ERR_ARGUMENT,
                     "am.date.fromisocalendar: year, week or weekday out of range "
                     "(1..9999, 1..53, 1..7)");
  snprintf(text, sizeof text, "%04d-W%02d-%d", (int)year, (int)week, (int)day);
  return am_push_date_text(L, text, strlen(text), &err) ? 1 : am_raise(L, &err);
}

static int meta_tostring(lua_State *L)
{
  char text[AM_TEMPORAL_TEXT];
  lua_pushlstring(L, text, am_date_print(*self(L), text));
  return 1;
}

static int shift(lua_State *L, int date_at, int delta_at, int sign)
{
  am_date result = {0};
  am_error err = AM_ERROR_INIT;
  bool ok =
      am_date_add(*am_test_date(L, date_at), *am_test_timedelta(L, delta_at), sign, &result, &err);
  return push_date(L, ok, result, &err);
}

static int meta_add(lua_State *L)
{
  am_value_kind a = am_value_kind_at(L, 1), b = am_value_kind_at(L, 2);
  if (a == AM_VALUE_DATE && b == AM_VALUE_TIMEDELTA) return shift(L, 1, 2, 1);
  if (a == AM_VALUE_TIMEDELTA && b == AM_VALUE_DATE) return shift(L, 2, 1, 1);
  return am_value_delegate(L, "__add", "add");
}

static int meta_sub(lua_State *L)
{
  am_value_kind a = am_value_kind_at(L, 1), b = am_value_kind_at(L, 2);
  if (a == AM_VALUE_DATE && b == AM_VALUE_TIMEDELTA) return shift(L, 1, 2, -1);
  if (a == AM_VALUE_DATE && b == AM_VALUE_DATE) {
    int64_t days = am_date_to_days(*am_test_date(L, 1)) - am_date_to_days(*am_test_date(L, 2));
    am_push_timedelta(L, (am_timedelta){(int32_t)days, 0, 0});
    return 1;
  }
  return am_value_delegate(L, "__sub", "subtract");
}

static int meta_eq(lua_State *L)
{
  const am_date *a = am_test_date(L, 1), *b = am_test_date(L, 2);
  lua_pushboolean(L, a != NULL && b != NULL && am_date_compare(*a, *b) == 0);
  return 1;
}

static int order(lua_State *L, const char *event)
{
  const am_date *a = am_test_date(L, 1), *b = am_test_date(L, 2);
  if (a == NULL || b == NULL) return am_value_delegate(L, event, "compare");
  return am_date_compare(*a, *b);
}

static int meta_lt(lua_State *L)
{
  lua_pushboolean(L, order(L, "__lt") < 0);
  return 1;
}

static int meta_le(lua_State *L)
{
  lua_pushboolean(L, order(L, "__le") <= 0);
  return 1;
}

static int replace(lua_State *L)
{
  am_date d = *self(L);
  int64_t v[3] = {d.year, d.month, d.day};
  am_time_replace(L, "am.date:replace", 0, 3, v);
  am_error err = AM_ERROR_INIT;
  return push_date(L, am_date_make(v[0], v[1], v[2], &d, &err), d, &err);
}

static am_datetime midnight(lua_State *L)
{
  return (am_datetime){*self(L), {0, AM_NO_OFFSET, 0, 0, 0}};
}

static int method_timestamp(lua_State *L)
{
  lua_pushnumber(L, (lua_Number)am_datetime_timestamp(midnight(L)));
  return 1;
}

static int method_strftime(lua_State *L) { return am_push_strftime(L, midnight(L)); }
static int method_timetuple(lua_State *L) { return am_push_timetuple(L, midnight(L)); }
static int method_weekday(lua_State *L) { return am_push_weekday(L, *self(L), 0); }
static int method_isoweekday(lua_State *L) { return am_push_weekday(L, *self(L), 1); }
static int method_isocalendar(lua_State *L) { return am_push_isocalendar(L, *self(L)); }
static int method_toordinal(lua_State *L) { return am_push_ordinal(L, *self(L)); }

static void get_field(lua_State *L, const void *block, int id)
{
  const am_date *d = block;
  am_push_date_field(L, *d, id);
}

static const luaL_Reg metamethods[] = {
    {"__add", meta_add}, {"__sub", meta_sub},           {"__eq", meta_eq}, {"__lt", meta_lt},
    {"__le", meta_le},   {"__tostring", meta_tostring}, {NULL, NULL},
};

static const luaL_Reg methods[] = {
    {"isoformat", meta_tostring},      {"replace", replace},
    {"timestamp", method_timestamp},   {"strftime", method_strftime},
    {"timetuple", method_timetuple},   {"weekday", method_weekday},
    {"isoweekday", method_isoweekday}, {"isocalendar", method_isocalendar},
    {"toordinal", method_toordinal},   {NULL, NULL},
};

static const am_value_field fields[] = {{"year", 0}, {"month", 1}, {"day", 2}, {NULL, 0}};

static const luaL_Reg statics[] = {
    {"parse", parse},
    {"fromisoformat", parse},
    {"today", today},
    {"fromtimestamp", fromtimestamp},
    {"fromordinal", fromordinal},
    {"fromisocalendar", fromisocalendar},
    {NULL, NULL},
};

static const am_value_class date_class = {AM_VALUE_DATE, metamethods, methods,  fields,
                                          construct,     statics,     get_field};

void am_bind_date(lua_State *L) { am_value_class_make(L, &date_class); }
