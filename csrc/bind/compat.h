/* Lua 5.4, 5.3, 5.1 and LuaJIT under one roof: the only place that knows the differences.
 * The dialect of this project is Lua 5.3's API; what is missing elsewhere is supplied here. */
#ifndef AM_BIND_COMPAT_H
#define AM_BIND_COMPAT_H

#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* Lua's headers do not say that it never returns. */
int(lua_error)(lua_State *L) __attribute__((noreturn));

#if LUA_VERSION_NUM < 502
#define lua_rawlen(L, i) lua_objlen((L), (i))
static inline int am_absindex(lua_State *L, int i)
{
  return (i > 0 || i <= LUA_REGISTRYINDEX) ? i : lua_gettop(L) + i + 1;
}
#define lua_absindex(L, i) am_absindex((L), (i))
static inline void am_rawgetp(lua_State *L, int i, const void *p)
{
  i = lua_absindex(L, i);
  lua_pushlightuserdata(L, (void *)(uintptr_t)p);
  lua_rawget(L, i);
}
static inline void am_rawsetp(lua_State *L, int i, const void *p)
{
  i = lua_absindex(L, i);
  lua_pushlightuserdata(L, (void *)(uintptr_t)p);
  lua_insert(L, -2);
  lua_rawset(L, i);
}
#define lua_rawgetp(L, i, p) am_rawgetp((L), (i), (p))
#define lua_rawsetp(L, i, p) am_rawsetp((L), (i), (p))
/* User values: the environment table of the userdata. */
#define am_getuservalue(L, i) lua_getfenv((L), (i))
#define am_setuservalue(L, i) lua_setfenv((L), (i))
static inline void am_setfuncs(lua_State *L, const luaL_Reg *list)
{
  for (; list->name != NULL; list++) {
    lua_pushcfunction(L, list->func);
    lua_setfield(L, -2, list->name);
  }
}
#define LUA_OK 0
#else
#define am_setfuncs(L, list) luaL_setfuncs((L), (list), 0)
#if LUA_VERSION_NUM >= 504
#define am_getuservalue(L, i) lua_getiuservalue((L), (i), 1)
#define am_setuservalue(L, i) lua_setiuservalue((L), (i), 1)
#else
#define am_getuservalue(L, i) lua_getuservalue((L), (i))
#define am_setuservalue(L, i) lua_setuservalue((L), (i))
#endif
#endif

#if LUA_VERSION_NUM >= 504
#define am_newuserdata(L, size) lua_newuserdatauv((L), (size), 1)
#else
#define am_newuserdata(L, size) lua_newuserdata((L), (size))
#endif

/* Calls function(data) protected, without any allocation before it is: LUA_OK, or an error that is
 * left on the stack. */
static inline int am_protect(lua_State *L, lua_CFunction function, void *data)
{
#if LUA_VERSION_NUM >= 502
  if (!lua_checkstack(L, 4)) {
    lua_pushnil(L);
    return LUA_ERRMEM;
  }
  lua_pushcfunction(L, function);
  lua_pushlightuserdata(L, data);
  return lua_pcall(L, 1, 0, 0);
#else
  return lua_cpcall(L, function, data);
#endif
}

#if LUA_VERSION_NUM >= 503
/* A C function can end with the call of a Lua function that waits. */
#define AM_CAN_LEAVE 1
static inline int am_after_leaving(lua_State *L, int status, lua_KContext context)
{
  (void)status;
  (void)context;
  return lua_gettop(L);
}
/* Calls the function on top with all that lies below it: the end of a C function, which returns
 * what this returns. */
static inline int am_leave_to(lua_State *L)
{
  lua_insert(L, 1);
  lua_callk(L, lua_gettop(L) - 1, LUA_MULTRET, 0, am_after_leaving);
  return lua_gettop(L);
}
#endif

/* Whole numbers up to 2^53 are exact as doubles, which all numbers are to Lua 5.1 and LuaJIT. */
#define AM_EXACT_DOUBLE 9007199254740992.0

/* True if the value is a number that is an exact 64-bit integer; out gets it. A Lua 5.1 number
 * counts as an integer when it has no fraction and lies within +-2^53. */
static inline bool am_tointegerx(lua_State *L, int i, int64_t *out)
{
#if LUA_VERSION_NUM >= 503
  if (!lua_isinteger(L, i)) return false;
  *out = (int64_t)lua_tointeger(L, i);
  return true;
#else
  if (lua_type(L, i) != LUA_TNUMBER) return false;
  double d = lua_tonumber(L, i);
  if (d < -AM_EXACT_DOUBLE || d > AM_EXACT_DOUBLE || d != (double)(int64_t)d) return false;
  *out = (int64_t)d;
  return true;
#endif
}

/* Pushes a 64-bit integer exactly: a Lua integer on 5.3+; on 5.1 and LuaJIT a number up to 2^53,
 * beyond that the boxed form made by bind/int64.c. */
void am_push_int64(lua_State *L, int64_t value);
/* Reads an integer in any of these forms (boxed ones included). */
bool am_to_int64(lua_State *L, int i, int64_t *out);

#endif
