/* am.timedelta: the userdata of durations. */
#include "bind/value.h"

static const am_timedelta *self(lua_State *L) { return am_value_check(L, 1, AM_VALUE_TIMEDELTA); }

static int push_delta(lua_State *L, bool ok, am_timedelta delta, am_error *err)
{
  if (!ok) return am_raise(L, err);
  am_push_timedelta(L, delta);
  return 1;
}

enum { PART_COUNT = 7 };
static const char *const part_names[PART_COUNT] = {
    "days", "seconds", "microseconds", "milliseconds", "minutes", "hours", "weeks"};
static const int64_t part_micros[PART_COUNT] = {
    AM_DAY_MICROS, 1000000, 1, 1000, 60000000, INT64_C(3600000000), 7 * AM_DAY_MICROS};

static void add_part(lua_State *L, int index, int part, am_timedelta_sum *sum)
{
  int64_t whole;
  if (am_to_int64(L, index, &whole)) am_timedelta_sum_int(sum, whole, part_micros[part]);
  else if (lua_type(L, index) == LUA_TNUMBER)
    am_timedelta_sum_double(sum, (double)lua_tonumber(L, index), part_micros[part]);
  else
    am_raisef(L, AM_ERR_ARGUMENT, "am.timedelta: %s must be a number, got %s", part_names[part],
              luaL_typename(L, index));
}

static void add_named(lua_State *L, int index, am_timedelta_sum *sum)
{
  lua_pushnil(L);
  while (lua_next(L, index)) {
    const char *key = lua_type(L, -2) == LUA_TSTRING ? lua_tostring(L, -2) : "";
    int part = 0;
    while (part < PART_COUNT && strcmp(key, part_names[part]) != 0) part++;
    if (part == PART_COUNT) {
      const char *nearest = am_nearest_name(key, part_names, PART_COUNT);
      am_raisef(L, AM_ERR_ARGUMENT, "am.timedelta: unknown option '%s'; did you mean '%s'?", key,
                nearest != NULL ? nearest : "days");
    }
    add_part(L, -1, part, sum);
    lua_pop(L, 1);
  }
}

/* am.timedelta{ days =, hours =, ... } or am.timedelta(days, seconds, microseconds, ...) */
static int construct(lua_State *L)
{
  am_timedelta_sum sum = {0, 0, false};
  am_timedelta delta = {0};
  am_error err = AM_ERROR_INIT;
  int top = lua_gettop(L);
  for (int i = 2; i <= top; i++) {
    if (lua_type(L, i) == LUA_TTABLE && i == top) add_named(L, i, &sum);
    else if (i - 2 >= PART_COUNT)
      return am_raisef(L, AM_ERR_ARGUMENT,
                       "am.timedelta: too many arguments; name them in a table");
    else if (!lua_isnil(L, i)) add_part(L, i, i - 2, &sum);
  }
  return push_delta(L, am_timedelta_sum_finish(&sum, &delta, &err), delta, &err);
}

/* am.timedelta.parse(text): PostgreSQL's interval in any of its styles. */
static int parse(lua_State *L)
{
  am_error err = AM_ERROR_INIT;
  if (lua_type(L, 1) != LUA_TSTRING)
    return am_raisef(L, AM_ERR_ARGUMENT, "am.timedelta.parse: expected a string, got %s",
                     luaL_typename(L, 1));
  size_t size;
  const char *text = lua_tolstring(L, 1, &size);
  return am_push_interval_text(L, text, size, &err) ? 1 : am_raise(L, &err);
}

static int meta_tostring(lua_State *L)
{
  char text[AM_TEMPORAL_TEXT];
  lua_pushlstring(L, text, am_timedelta_print(*self(L), text));
  return 1;
}

static int method_interval(lua_State *L)
{
  char text[AM_TEMPORAL_TEXT];
  lua_pushlstring(L, text, am_interval_print(*self(L), text));
  return 1;
}

/* timedelta +- timedelta; a date or datetime on the other side does the work itself. */
static int sum(lua_State *L, int sign, const char *event, const char *verb)
{
  const am_timedelta *a = am_test_timedelta(L, 1), *b = am_test_timedelta(L, 2);
  am_value_kind other = am_value_kind_at(L, a == NULL ? 1 : 2);
  if (a != NULL && b != NULL) {
    am_timedelta delta = {0};
    am_error err = AM_ERROR_INIT;
    return push_delta(L, am_timedelta_add(*a, *b, sign, &delta, &err), delta, &err);
  }
  if (sign > 0 && (other == AM_VALUE_DATE || other == AM_VALUE_DATETIME) &&
      luaL_getmetafield(L, a == NULL ? 1 : 2, event)) {
    lua_pushvalue(L, 1);
    lua_pushvalue(L, 2);
    lua_call(L, 2, 1);
    return 1;
  }
  return am_value_delegate(L, event, verb);
}

static int meta_add(lua_State *L) { return sum(L, 1, "__add", "add"); }
static int meta_sub(lua_State *L) { return sum(L, -1, "__sub", "subtract"); }

static int meta_mul(lua_State *L)
{
  int at = am_test_timedelta(L, 1) != NULL ? 1 : 2;
  const am_timedelta *a = am_test_timedelta(L, at);
  am_timedelta delta = {0};
  am_error err = AM_ERROR_INIT;
  int64_t whole;
  if (am_to_int64(L, 3 - at, &whole))
    return push_delta(L, am_timedelta_multiply_int(*a, whole, &delta, &err), delta, &err);
  if (lua_type(L, 3 - at) != LUA_TNUMBER) return am_value_delegate(L, "__mul", "multiply");
  double factor = (double)lua_tonumber(L, 3 - at);
  return push_delta(L, am_timedelta_multiply(*a, factor, &delta, &err), delta, &err);
}

/* timedelta / number → timedelta; timedelta / timedelta → number. */
static int meta_div(lua_State *L)
{
  const am_timedelta *a = am_test_timedelta(L, 1), *b = am_test_timedelta(L, 2);
  am_timedelta delta = {0};
  am_error err = AM_ERROR_INIT;
  int64_t whole;
  if (a == NULL) return am_value_delegate(L, "__div", "divide");
  if (am_to_int64(L, 2, &whole))
    return push_delta(L, am_timedelta_divide_int(*a, whole, &delta, &err), delta, &err);
  if (lua_type(L, 2) == LUA_TNUMBER)
    return push_delta(L, am_timedelta_divide(*a, (double)lua_tonumber(L, 2), &delta, &err), delta,
                      &err);
  if (b == NULL) return am_value_delegate(L, "__div", "divide");
  am_micros d = am_timedelta_to_micros(*b);
  if (d == 0)
    return am_raisef(L, AM_ERR_ARGUMENT,
                     "timedelta division by zero; test the divisor before dividing");
  lua_pushnumber(L, (lua_Number)((long double)am_timedelta_to_micros(*a) / (long double)d));
  return 1;
}

/* timedelta // integer → timedelta; timedelta // timedelta → integer; both round down. */
static int meta_idiv(lua_State *L)
{
  const am_timedelta *a = am_test_timedelta(L, 1), *b = am_test_timedelta(L, 2);
  am_timedelta delta = {0};
  am_error err = AM_ERROR_INIT;
  int64_t whole;
  if (a == NULL) return am_value_delegate(L, "__idiv", "divide");
  if (am_to_int64(L, 2, &whole))
    return push_delta(L, am_timedelta_floor_int(*a, whole, &delta, &err), delta, &err);
  if (b == NULL) return am_value_delegate(L, "__idiv", "divide");
  if (!am_timedelta_floor(*a, *b, &whole, &err)) return am_raise(L, &err);
  am_push_int64(L, whole);
  return 1;
}

static int meta_mod(lua_State *L)
{
  const am_timedelta *a = am_test_timedelta(L, 1), *b = am_test_timedelta(L, 2);
  am_timedelta delta = {0};
  am_error err = AM_ERROR_INIT;
  if (a == NULL || b == NULL) return am_value_delegate(L, "__mod", "take the remainder of");
  return push_delta(L, am_timedelta_modulo(*a, *b, &delta, &err), delta, &err);
}

static int negate(lua_State *L)
{
  am_timedelta none = {0, 0, 0}, delta = {0};
  am_error err = AM_ERROR_INIT;
  return push_delta(L, am_timedelta_add(none, *self(L), -1, &delta, &err), delta, &err);
}

static int method_abs(lua_State *L)
{
  if (self(L)->days < 0) return negate(L);
  lua_settop(L, 1);
  return 1;
}

static int meta_eq(lua_State *L)
{
  const am_timedelta *a = am_test_timedelta(L, 1), *b = am_test_timedelta(L, 2);
  lua_pushboolean(L, a != NULL && b != NULL && am_timedelta_compare(*a, *b) == 0);
  return 1;
}

static int order(lua_State *L, const char *event)
{
  const am_timedelta *a = am_test_timedelta(L, 1), *b = am_test_timedelta(L, 2);
  if (a == NULL || b == NULL) return am_value_delegate(L, event, "compare");
  return am_timedelta_compare(*a, *b);
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

static int method_total_seconds(lua_State *L)
{
  lua_pushnumber(L, (lua_Number)am_timedelta_seconds(*self(L)));
  return 1;
}

static void get_field(lua_State *L, const void *block, int id)
{
  const am_timedelta *t = block;
  lua_pushinteger(L, id == 0 ? t->days : id == 1 ? t->seconds : t->microseconds);
}

static const luaL_Reg metamethods[] = {
    {"__add", meta_add},
    {"__sub", meta_sub},
    {"__mul", meta_mul},
    {"__div", meta_div},
    {"__mod", meta_mod},
    {"__idiv", meta_idiv},
    {"__unm", negate},
    {"__eq", meta_eq},
    {"__lt", meta_lt},
    {"__le", meta_le},
    {"__tostring", meta_tostring},
    {NULL, NULL},
};

static const luaL_Reg methods[] = {
    {"total_seconds", method_total_seconds}, {"abs", method_abs}, {"floordiv", meta_idiv},
    {"to_interval", method_interval},        {NULL, NULL},
};

static const am_value_field fields[] = {
    {"days", 0}, {"seconds", 1}, {"microseconds", 2}, {NULL, 0}};

static const luaL_Reg statics[] = {
    {"parse", parse},
    {NULL, NULL},
};

static const am_value_class timedelta_class = {AM_VALUE_TIMEDELTA, metamethods, methods,  fields,
                                               construct,          statics,     get_field};

void am_bind_timedelta(lua_State *L) { am_value_class_make(L, &timedelta_class); }
