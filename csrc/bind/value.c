/* The ground of all value classes: kinds, metatables, fields, operators that meet foreign operands
 * (see value.h). */
#include "bind/value.h"

#include <float.h>
#include <stdio.h>

#include "base/real.h"

/* The addresses are the tags: metatable[1] and the registry key of the metatable. */
static const char tags[AM_VALUE_KIND_COUNT];

static const char *const kind_names[AM_VALUE_KIND_COUNT] = {"value", "decimal",  "date",
                                                            "time",  "datetime", "timedelta"};

const char *am_value_kind_name(am_value_kind kind) { return kind_names[kind]; }

am_value_kind am_value_kind_at(lua_State *L, int index)
{
  if (lua_type(L, index) != LUA_TUSERDATA || !lua_getmetatable(L, index)) return AM_VALUE_NONE;
  lua_rawgeti(L, -1, 1);
  const char *tag = lua_touserdata(L, -1);
  lua_pop(L, 2);
  if (tag <= tags || tag >= tags + AM_VALUE_KIND_COUNT) return AM_VALUE_NONE;
  return (am_value_kind)(tag - tags);
}

void *am_value_new(lua_State *L, am_value_kind kind, size_t size)
{
#if LUA_VERSION_NUM >= 504
  void *block = lua_newuserdatauv(L, size, 0);
#else
  void *block = lua_newuserdata(L, size);
#endif
  lua_rawgetp(L, LUA_REGISTRYINDEX, &tags[kind]);
  lua_setmetatable(L, -2);
  return block;
}

static const void *test(lua_State *L, int index, am_value_kind kind)
{
  return am_value_kind_at(L, index) == kind ? lua_touserdata(L, index) : NULL;
}

const void *am_value_check(lua_State *L, int arg, am_value_kind kind)
{
  const void *block = test(L, arg, kind);
  if (block == NULL)
    am_raisef(L, AM_ERR_ARGUMENT, "argument #%d: expected an am.%s, got %s; call methods with ':'",
              arg, kind_names[kind], luaL_typename(L, arg));
  return block;
}

const am_decimal *am_test_decimal(lua_State *L, int i) { return test(L, i, AM_VALUE_DECIMAL); }
const am_date *am_test_date(lua_State *L, int i) { return test(L, i, AM_VALUE_DATE); }
const am_time *am_test_time(lua_State *L, int i) { return test(L, i, AM_VALUE_TIME); }
const am_datetime *am_test_datetime(lua_State *L, int i) { return test(L, i, AM_VALUE_DATETIME); }
const am_timedelta *am_test_timedelta(lua_State *L, int i)
{
  return test(L, i, AM_VALUE_TIMEDELTA);
}

void am_push_decimal(lua_State *L, const am_decimal *d)
{
  size_t size = am_decimal_size(d);
  memcpy(am_value_new(L, AM_VALUE_DECIMAL, size), d, size);
}

void am_push_date(lua_State *L, am_date date)
{
  *(am_date *)am_value_new(L, AM_VALUE_DATE, sizeof date) = date;
}

void am_push_time(lua_State *L, am_time time)
{
  *(am_time *)am_value_new(L, AM_VALUE_TIME, sizeof time) = time;
}

void am_push_datetime(lua_State *L, am_datetime moment)
{
  *(am_datetime *)am_value_new(L, AM_VALUE_DATETIME, sizeof moment) = moment;
}

void am_push_timedelta(lua_State *L, am_timedelta delta)
{
  *(am_timedelta *)am_value_new(L, AM_VALUE_TIMEDELTA, sizeof delta) = delta;
}

bool am_push_decimal_text(lua_State *L, const char *text, size_t size, am_error *err)
{
  am_decimal_scan scan;
  if (!am_decimal_scan_text(text, size, &scan))
    return am_error_set(err, AM_ERR_ARGUMENT,
                        "'%.*s' is not a decimal: expected a form like '-12.50' or '1.5E+3'",
                        size > 60 ? 60 : (int)size, text);
  am_decimal_scan_fill(&scan, am_value_new(L, AM_VALUE_DECIMAL, am_decimal_scan_size(&scan)));
  return true;
}

bool am_push_date_text(lua_State *L, const char *text, size_t size, am_error *err)
{
  am_date date;
  if (!am_date_parse(text, size, &date, err)) return false;
  am_push_date(L, date);
  return true;
}

bool am_push_time_text(lua_State *L, const char *text, size_t size, am_error *err)
{
  am_time time;
  if (!am_time_parse(text, size, &time, err)) return false;
  am_push_time(L, time);
  return true;
}

bool am_push_datetime_text(lua_State *L, const char *text, size_t size, am_error *err)
{
  am_datetime moment;
  if (!am_datetime_parse(text, size, &moment, err)) return false;
  am_push_datetime(L, moment);
  return true;
}

bool am_push_interval_text(lua_State *L, const char *text, size_t size, am_error *err)
{
  am_timedelta delta;
  if (!am_interval_parse(text, size, &delta, err)) return false;
  am_push_timedelta(L, delta);
  return true;
}

bool am_value_text(lua_State *L, int index, am_strbuf *out)
{
  am_value_kind kind = am_value_kind_at(L, index);
  const void *block = lua_touserdata(L, index);
  char text[AM_TEMPORAL_TEXT];
  size_t size = 0;
  switch (kind) {
    case AM_VALUE_DECIMAL: am_decimal_print(block, out); return true;
    case AM_VALUE_DATE: size = am_date_print(*(const am_date *)block, text); break;
    case AM_VALUE_TIME:
      size = am_time_print(*(const am_time *)block, AM_TIMESPEC_AUTO, text);
      break;
    case AM_VALUE_DATETIME:
      size = am_datetime_print(*(const am_datetime *)block, ' ', AM_TIMESPEC_AUTO, text);
      break;
    case AM_VALUE_TIMEDELTA: size = am_interval_print(*(const am_timedelta *)block, text); break;
    case AM_VALUE_NONE:
    case AM_VALUE_KIND_COUNT: return false;
  }
  am_strbuf_add(out, text, size);
  return true;
}

bool am_value_key(lua_State *L, int index, am_strbuf *out)
{
  am_value_kind kind = am_value_kind_at(L, index);
  const void *block = lua_touserdata(L, index);
  char text[AM_TEMPORAL_TEXT];
  switch (kind) {
    case AM_VALUE_DECIMAL: am_decimal_print_key(block, out); return true;
    case AM_VALUE_DATE:
      am_strbuf_add(out, text, am_date_print(*(const am_date *)block, text));
      return true;
    case AM_VALUE_TIME: {
      am_time time = *(const am_time *)block;
      bool aware = time.tzoffset != AM_NO_OFFSET;
      int64_t micros = am_time_to_micros(time) - (aware ? (int64_t)time.tzoffset * 1000000 : 0);
      am_strbuf_printf(out, "%lld%s", (long long)micros, aware ? "Z" : "");
      return true;
    }
    case AM_VALUE_DATETIME: {
      am_datetime moment = *(const am_datetime *)block;
      am_strbuf_printf(out, "%lld%s", (long long)am_datetime_to_utc_micros(moment),
                       moment.time.tzoffset != AM_NO_OFFSET ? "Z" : "");
      return true;
    }
    case AM_VALUE_TIMEDELTA:
      am_strbuf_add(out, text, am_timedelta_print(*(const am_timedelta *)block, text));
      return true;
    case AM_VALUE_NONE:
    case AM_VALUE_KIND_COUNT: break;
  }
  return false;
}

bool am_to_whole(lua_State *L, int index, int64_t *out)
{
  if (am_to_int64(L, index, out)) return true;
  if (lua_type(L, index) != LUA_TNUMBER) return false;
  double d = (double)lua_tonumber(L, index);
  if (!(d >= -AM_EXACT_DOUBLE && d <= AM_EXACT_DOUBLE) || d != (double)(int64_t)d) return false;
  *out = (int64_t)d;
  return true;
}

/* ---- operators ---- */

static bool call_foreign(lua_State *L, int operand, const char *event)
{
  int type = lua_type(L, operand);
  if (type != LUA_TTABLE && type != LUA_TUSERDATA) return false;
  if (am_value_kind_at(L, operand) != AM_VALUE_NONE) return false;
  if (!luaL_getmetafield(L, operand, event)) return false;
  lua_pushvalue(L, 1);
  lua_pushvalue(L, 2);
  lua_call(L, 2, 1);
  return true;
}

static const char *operand_name(lua_State *L, int index)
{
  am_value_kind kind = am_value_kind_at(L, index);
  if (kind != AM_VALUE_NONE) return kind_names[kind];
#if LUA_VERSION_NUM >= 503
  if (lua_type(L, index) == LUA_TNUMBER) return lua_isinteger(L, index) ? "integer" : "float";
#endif
  return luaL_typename(L, index);
}

int am_value_delegate(lua_State *L, const char *event, const char *verb)
{
  if (call_foreign(L, 1, event) || call_foreign(L, 2, event)) return 1;
  bool decimal = am_test_decimal(L, 1) != NULL || am_test_decimal(L, 2) != NULL;
  return am_raisef(L, AM_ERR_ARGUMENT, "cannot %s %s and %s; %s", verb, operand_name(L, 1),
                   operand_name(L, 2),
                   decimal ? "decimals mix with integers only: make the other one exact with "
                             "am.decimal(\"...\")"
                           : "convert one of them first");
}

static int call_metamethod(lua_State *L, const char *event, bool swap, bool negate)
{
  lua_settop(L, 2);
  if (!luaL_getmetafield(L, 1, event))
    return am_raisef(L, AM_ERR_ARGUMENT,
                     "comparisons of values are methods: call them with a colon, value:eq(other)");
  lua_pushvalue(L, swap ? 2 : 1);
  lua_pushvalue(L, swap ? 1 : 2);
  lua_call(L, 2, 1);
  lua_pushboolean(L, lua_toboolean(L, -1) != negate);
  return 1;
}

static int method_eq(lua_State *L) { return call_metamethod(L, "__eq", false, false); }
static int method_ne(lua_State *L) { return call_metamethod(L, "__eq", false, true); }
static int method_lt(lua_State *L) { return call_metamethod(L, "__lt", false, false); }
static int method_le(lua_State *L) { return call_metamethod(L, "__le", false, false); }
static int method_gt(lua_State *L) { return call_metamethod(L, "__lt", true, false); }
static int method_ge(lua_State *L) { return call_metamethod(L, "__le", true, false); }

const luaL_Reg am_value_comparisons[] = {
    {"eq", method_eq}, {"ne", method_ne}, {"lt", method_lt}, {"le", method_le},
    {"gt", method_gt}, {"ge", method_ge}, {NULL, NULL},
};

/* ---- classes ---- */

static const char missing_key = 0; /* its address: what answers for names that nobody has */

/* set_value_missing(fn): fn(value, name, members) answers for a name that a value has not. */
static int set_value_missing(lua_State *L)
{
  am_check_type(L, 1, LUA_TFUNCTION);
  lua_settop(L, 1);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &missing_key);
  return 0;
}

static int answer_missing(lua_State *L)
{
  lua_rawgetp(L, LUA_REGISTRYINDEX, &missing_key);
  if (lua_isnil(L, -1)) return 1;
  lua_pushvalue(L, 1);
  lua_pushvalue(L, 2);
  lua_pushvalue(L, lua_upvalueindex(1));
  lua_call(L, 3, 1);
  return 1;
}

/* __index: upvalue 1 maps names to functions and to field ids, 2 is the class, 3 the metatable. */
static int index_value(lua_State *L)
{
  lua_settop(L, 2);
  lua_pushvalue(L, 2);
  lua_rawget(L, lua_upvalueindex(1));
  if (lua_isnil(L, 3)) return answer_missing(L);
  if (lua_type(L, 3) != LUA_TNUMBER) return 1;
  int id = (int)lua_tointeger(L, 3);
  if (!lua_getmetatable(L, 1) || !lua_rawequal(L, -1, lua_upvalueindex(3))) return 0;
  const am_value_class *cls = lua_touserdata(L, lua_upvalueindex(2));
  cls->get(L, lua_touserdata(L, 1), id);
  return 1;
}

static int refuse_write(lua_State *L)
{
  am_value_kind kind = am_value_kind_at(L, 1);
  return am_raisef(L, AM_ERR_ARGUMENT,
                   "am.%s values are immutable; make a new one, with :replace{...} where it exists",
                   kind_names[kind]);
}

void am_value_class_make(lua_State *L, const am_value_class *cls)
{
  const char *name = kind_names[cls->kind];
  lua_newtable(L); /* the metatable */
  lua_pushlightuserdata(L, (void *)(uintptr_t)&tags[cls->kind]);
  lua_rawseti(L, -2, 1);
  lua_pushfstring(L, "am.%s", name);
  lua_setfield(L, -2, "__name");
  am_setfuncs(L, cls->metamethods);
  lua_pushcfunction(L, refuse_write);
  lua_setfield(L, -2, "__newindex");
  lua_newtable(L); /* members */
  am_setfuncs(L, am_value_comparisons);
  am_setfuncs(L, cls->methods);
  for (const am_value_field *f = cls->fields; f->name != NULL; f++) {
    lua_pushinteger(L, f->id);
    lua_setfield(L, -2, f->name);
  }
  lua_pushlightuserdata(L, (void *)(uintptr_t)cls);
  lua_pushvalue(L, -3);
  lua_pushcclosure(L, index_value, 3);
  lua_setfield(L, -2, "__index");
  lua_rawsetp(L, LUA_REGISTRYINDEX, &tags[cls->kind]);

  lua_newtable(L); /* the class table */
  am_setfuncs(L, cls->statics);
  lua_createtable(L, 0, 1);
  lua_pushcfunction(L, cls->constructor);
  lua_setfield(L, -2, "__call");
  lua_setmetatable(L, -2);
  lua_setfield(L, -2, name);
}

/* value_kind(v) → "decimal", "date", ... or nil. */
static int value_kind(lua_State *L)
{
  am_value_kind kind = am_value_kind_at(L, 1);
  if (kind == AM_VALUE_NONE) return 0;
  lua_pushstring(L, kind_names[kind]);
  return 1;
}

/* to_date(v), to_time(v), to_datetime(v, with_zone), to_timedelta(v): anything a user may pass. */
static int to_date(lua_State *L)
{
  am_date date = {0};
  am_error err = AM_ERROR_INIT;
  if (!am_read_date(L, 1, &date, &err)) return am_raise(L, &err);
  am_push_date(L, date);
  return 1;
}

static int to_time(lua_State *L)
{
  am_time time = {0};
  am_error err = AM_ERROR_INIT;
  if (!am_read_time(L, 1, &time, &err)) return am_raise(L, &err);
  am_push_time(L, time);
  return 1;
}

static int to_datetime(lua_State *L)
{
  am_datetime moment = {0};
  am_error err = AM_ERROR_INIT;
  if (!am_read_datetime(L, 1, lua_toboolean(L, 2), &moment, &err)) return am_raise(L, &err);
  am_push_datetime(L, moment);
  return 1;
}

static int to_timedelta(lua_State *L)
{
  am_timedelta delta = {0};
  am_error err = AM_ERROR_INIT;
  if (!am_read_timedelta(L, 1, &delta, &err)) return am_raise(L, &err);
  am_push_timedelta(L, delta);
  return 1;
}

static int push_written(lua_State *L, am_strbuf *text)
{
  if (am_strbuf_failed(text)) return am_raise_memory(L);
  lua_pushlstring(L, text->text != NULL ? text->text : "", text->size);
  return 1;
}

/* decimal_text(v): digits of a decimal, integer, number or numeric string. */
static int decimal_text(lua_State *L)
{
  am_strbuf *text = am_new_strbuf(L);
  am_error err = AM_ERROR_INIT;
  return am_read_decimal_text(L, 1, text, &err) ? push_written(L, text) : am_raise(L, &err);
}

/* real_text(number) → its shortest text that reads back as the same number, with a point in every
 * locale */
static int real_text(lua_State *L)
{
  char text[AM_REAL_TEXT];
  am_real_print((double)am_check_number(L, 1), DBL_DIG, text);
  lua_pushstring(L, text);
  return 1;
}

/* value_text(v), value_key(v): nil if v is none of ours. */
static int value_text(lua_State *L)
{
  am_strbuf *text = am_new_strbuf(L);
  return am_value_text(L, 1, text) ? push_written(L, text) : 0;
}

static int value_key(lua_State *L)
{
  am_strbuf *text = am_new_strbuf(L);
  return am_value_key(L, 1, text) ? push_written(L, text) : 0;
}

static const luaL_Reg functions[] = {
    {"value_kind", value_kind},
    {"value_text", value_text},
    {"value_key", value_key},
    {"real_text", real_text},
    {"decimal_text", decimal_text},
    {"to_date", to_date},
    {"to_time", to_time},
    {"to_datetime", to_datetime},
    {"to_timedelta", to_timedelta},
    {"set_value_missing", set_value_missing},
    {NULL, NULL},
};

void am_bind_value(lua_State *L) { am_setfuncs(L, functions); }
