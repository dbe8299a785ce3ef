/* Exact 64-bit integers on every Lua.
 *
 * Lua 5.3+ has them. LuaJIT has int64_t cdata, which C code cannot build or read through the API:
 * lua/alchemoon/int64.lua registers two FFI functions, box(high, low) and split(value), and this
 * file calls them for values beyond 2^53 only. */
#include "bind/bind.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

/* The exact integer at argument 1: a number, a boxed one, or digits. */
static int64_t check_int64(lua_State *L)
{
  int64_t value = 0;
  const char *text = lua_type(L, 1) == LUA_TSTRING ? lua_tostring(L, 1) : NULL;
  if (text != NULL) {
    char *end;
    errno = 0;
    value = strtoll(text, &end, 10);
    bool all = end != text && *end == '\0' && (size_t)(end - text) == lua_rawlen(L, 1);
    if (!all || errno != 0)
      am_raisef(L, AM_ERR_ARGUMENT,
                "am.int64('%.40s'): not an integer from -2^63 to 2^63-1; pass its digits", text);
    return value;
  }
  if (am_to_int64(L, 1, &value)) return value;
#if LUA_VERSION_NUM >= 503
  if (lua_type(L, 1) == LUA_TNUMBER) {
    double d = (double)lua_tonumber(L, 1);
    if (d >= -0x1p63 && d < 0x1p63 && d == (double)(int64_t)d) return (int64_t)d;
  }
#endif
  const char *shown = lua_type(L, 1) == LUA_TNUMBER ? lua_tostring(L, 1) : luaL_typename(L, 1);
  am_raisef(L, AM_ERR_ARGUMENT,
            "am.int64(%s): not an exact integer; pass decimal digits as a string", shown);
  return 0;
}

static int int64_new(lua_State *L)
{
  am_push_int64(L, check_int64(L));
  return 1;
}

static int int64_digits(lua_State *L)
{
  char digits[24];
  snprintf(digits, sizeof digits, "%lld", (long long)check_int64(L));
  lua_pushstring(L, digits);
  return 1;
}

static const luaL_Reg functions[] = {
    {"int64", int64_new},
    {"int64_digits", int64_digits},
    {NULL, NULL},
};

#if LUA_VERSION_NUM >= 503
void am_push_int64(lua_State *L, int64_t value) { lua_pushinteger(L, (lua_Integer)value); }

bool am_to_int64(lua_State *L, int i, int64_t *out) { return am_tointegerx(L, i, out); }

void am_bind_int64(lua_State *L) { am_setfuncs(L, functions); }
#else
static const char box_key = 0;
static const char split_key = 0;

void am_push_int64(lua_State *L, int64_t value)
{
  if (value >= -(int64_t)AM_EXACT_DOUBLE && value <= (int64_t)AM_EXACT_DOUBLE) {
    lua_pushnumber(L, (lua_Number)value);
    return;
  }
  lua_rawgetp(L, LUA_REGISTRYINDEX, &box_key);
  if (!lua_isfunction(L, -1)) { /* plain 5.1: there is no exact form, the text keeps the digits */
    lua_pop(L, 1);
    char digits[24];
    snprintf(digits, sizeof digits, "%lld", (long long)value);
    lua_pushstring(L, digits);
    return;
  }
  lua_pushnumber(L, (lua_Number)(int32_t)(value >> 32));
  lua_pushnumber(L, (lua_Number)(uint32_t)value);
  lua_call(L, 2, 1);
}

bool am_to_int64(lua_State *L, int i, int64_t *out)
{
  if (am_tointegerx(L, i, out)) return true;
  if (lua_type(L, i) != 10) return false; /* LUA_TCDATA of LuaJIT */
  i = lua_absindex(L, i);
  lua_rawgetp(L, LUA_REGISTRYINDEX, &split_key);
  if (!lua_isfunction(L, -1)) {
    lua_pop(L, 1);
    return false;
  }
  lua_pushvalue(L, i);
  lua_call(L, 1, 2);
  bool ok = lua_isnumber(L, -1) && lua_isnumber(L, -2);
  if (ok)
    *out = (int64_t)(((uint64_t)(uint32_t)(int64_t)lua_tonumber(L, -2) << 32) |
                     (uint32_t)(int64_t)lua_tonumber(L, -1));
  lua_pop(L, 2);
  return ok;
}

/* set_int64_box(box, split): box(high, low) → cdata, split(cdata) → high, low or nil. */
static int set_int64_box(lua_State *L)
{
  lua_settop(L, 2);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &split_key);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &box_key);
  return 0;
}

void am_bind_int64(lua_State *L)
{
  am_setfuncs(L, functions);
  lua_pushcfunction(L, set_int64_box);
  lua_setfield(L, -2, "set_int64_box");
}
#endif
