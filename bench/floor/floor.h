/* What the two floor modules share: the Lua versions' differences and nothing else.
 *
 * The floor is the least that a C module for Lua can do for a workload: one name-keyed
 * table per row, no types beyond the database's own, no tracking, no identity map. It is a
 * yardstick, not a library: errors raise plain strings and the API covers the bench only.
 */
#ifndef BENCH_FLOOR_H
#define BENCH_FLOOR_H

#include <lauxlib.h>
#include <lua.h>

#if LUA_VERSION_NUM < 502
#define floor_rawlen lua_objlen
#define floor_setfuncs(L, funcs) luaL_register(L, NULL, funcs)
static inline int floor_isinteger(lua_State *L, int index)
{
  return lua_type(L, index) == LUA_TNUMBER;
}
#else
#define floor_rawlen lua_rawlen
#define floor_setfuncs(L, funcs) luaL_setfuncs(L, funcs, 0)
#define floor_isinteger lua_isinteger
#endif

/* Creates the metatable `name` with `methods` as its __index and `gc`; the stack stays as it
 * was. */
static inline void floor_class(lua_State *L, const char *name, const luaL_Reg *methods,
                               lua_CFunction gc)
{
  luaL_newmetatable(L, name);
  lua_newtable(L);
  floor_setfuncs(L, methods);
  lua_setfield(L, -2, "__index");
  lua_pushcfunction(L, gc);
  lua_setfield(L, -2, "__gc");
  lua_pop(L, 1);
}

#endif
