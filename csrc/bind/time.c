/* am.time: the userdata of times of day. */
#include "bind/value_temporal.h"

static const am_time *self(lua_State *L) { return am_value_check(L, 1, AM_VALUE_TIME); }

/* am.time(hour, minute, second, microsecond, tzoffset), all optional, or a table of them. */
static int construct(lua_State *L)
{
  int64_t v[5];
  am_time_arguments(L, "am.time", 2, AM_FIELD_HOUR, 5, 0, v);
  am_time time;
  am_error err = AM_ERROR_INIT;
  if (!am_time_make(v[0], v[1], v[2], v[3], v[4], &time, &err))
    return am_time_refuse(L, "am.time", v, v[4] == AM_NO_OFFSET ? 4 : 5, &err);
  am_push_time(L, time);
  return 1;
}

static int parse(lua_State *L)
{
  size_t size;
  const char *text = am_check_text(L, 1, "am.time.parse", &size);
  am_error err = AM_ERROR_INIT;
  return am_push_time_text(L, text, size, &err) ? 1 : am_raise(L, &err);
}

/* t:isoformat(timespec) */
static int method_isoformat(lua_State *L)
{
  char text[AM_TEMPORAL_TEXT];
  lua_pushlstring(L, text, am_time_print(*self(L), am_check_timespec(L, 2), text));
  return 1;
}

static int meta_tostring(lua_State *L)
{
  lua_settop(L, 1);
  return method_isoformat(L);
}

static int meta_eq(lua_State *L)
{
  const am_time *a = am_test_time(L, 1), *b = am_test_time(L, 2);
  lua_pushboolean(L, a != NULL && b != NULL && am_time_equal(*a, *b));
  return 1;
}

static int order(lua_State *L, const char *event)
{
  const am_time *a = am_test_time(L, 1), *b = am_test_time(L, 2);
  am_error err = AM_ERROR_INIT;
  int result = 0;
  if (a == NULL || b == NULL) am_value_delegate(L, event, "compare");
  else if (!am_time_compare(*a, *b, &result, &err)) am_raise(L, &err);
  return result;
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

static int refuse_add(lua_State *L) { return am_value_delegate(L, "__add", "add"); }
static int refuse_sub(lua_State *L) { return am_value_delegate(L, "__sub", "subtract"); }

static int replace(lua_State *L)
{
  am_time t = *self(L);
  int64_t v[5] = {t.hour, t.minute, t.second, t.microsecond, t.tzoffset};
  am_time_replace(L, "am.time:replace", AM_FIELD_HOUR, 5, v);
  am_error err = AM_ERROR_INIT;
  if (!am_time_make(v[0], v[1], v[2], v[3], v[4], &t, &err)) return am_raise(L, &err);
  am_push_time(L, t);
  return 1;
}

static int method_strftime(lua_State *L)
{
  return am_push_strftime(L, (am_datetime){{1900, 1, 1}, *self(L)});
}

static int method_utcoffset(lua_State *L) { return am_push_utcoffset(L, *self(L)); }
static int method_tzname(lua_State *L) { return am_push_tzname(L, *self(L)); }

static void get_field(lua_State *L, const void *block, int id)
{
  am_push_time_field(L, *(const am_time *)block, id);
}

static const luaL_Reg metamethods[] = {
    {"__add", refuse_add}, {"__sub", refuse_sub},         {"__eq", meta_eq}, {"__lt", meta_lt},
    {"__le", meta_le},     {"__tostring", meta_tostring}, {NULL, NULL},
};

static const luaL_Reg methods[] = {
    {"isoformat", method_isoformat}, {"replace", replace},      {"strftime", method_strftime},
    {"utcoffset", method_utcoffset}, {"tzname", method_tzname}, {NULL, NULL},
};

static const am_value_field fields[] = {
    {"hour", AM_FIELD_HOUR},         {"minute", AM_FIELD_MINUTE},
    {"second", AM_FIELD_SECOND},     {"microsecond", AM_FIELD_MICROSECOND},
    {"tzoffset", AM_FIELD_TZOFFSET}, {NULL, 0}};

static const luaL_Reg statics[] = {
    {"parse", parse},
    {"fromisoformat", parse},
    {NULL, NULL},
};

static const am_value_class time_class = {AM_VALUE_TIME, metamethods, methods,  fields,
                                          construct,     statics,     get_field};

void am_bind_time(lua_State *L) { am_value_class_make(L, &time_class); }
