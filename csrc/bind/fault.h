/* The fault switches of one shared object, as Lua functions.
 *
 * The core and every driver have an allocator of their own (base/ is linked into each), so each
 * registers itself in one table: core.faults[module] = { fail_at =, pending =, alive = }. The table
 * exists in AM_FAULTS builds only; otherwise registering does nothing. */
#ifndef AM_BIND_FAULT_H
#define AM_BIND_FAULT_H

#include "base/alloc.h"
#include "bind/compat.h"

#ifdef AM_FAULTS
static inline int am_fault_fail_at(lua_State *L)
{
  am_alloc_fail_at((long)luaL_checkinteger(L, 1));
  return 0;
}

static inline int am_fault_pending(lua_State *L)
{
  lua_pushboolean(L, am_alloc_fault_pending());
  return 1;
}

static inline int am_fault_alive(lua_State *L)
{
  lua_pushinteger(L, (lua_Integer)am_alloc_alive());
  return 1;
}

/* Pushes the table of all modules, making it on first use. */
static inline void am_fault_table(lua_State *L)
{
  lua_getfield(L, LUA_REGISTRYINDEX, "alchemoon.faults");
  if (lua_istable(L, -1)) return;
  lua_pop(L, 1);
  lua_newtable(L);
  lua_pushvalue(L, -1);
  lua_setfield(L, LUA_REGISTRYINDEX, "alchemoon.faults");
}

static inline void am_fault_register(lua_State *L, const char *module)
{
  static const luaL_Reg functions[] = {
      {"fail_at", am_fault_fail_at},
      {"pending", am_fault_pending},
      {"alive", am_fault_alive},
      {NULL, NULL},
  };
  am_fault_table(L);
  lua_newtable(L);
  am_setfuncs(L, functions);
  lua_setfield(L, -2, module);
  lua_pop(L, 1);
}
#else
static inline void am_fault_register(lua_State *L, const char *module)
{
  (void)L;
  (void)module;
}
#endif

#endif
