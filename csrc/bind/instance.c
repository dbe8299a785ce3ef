/* The plain columns of a new object: from the program's table of attributes into the slots.
 *
 * It stands under the class's constructor (lua/alchemoon/orm/instance.lua), which takes it on the Luas that interpret:
 * one call instead of a step of `next` and two table accesses per attribute. Nothing here runs user code. */
#include "bind/bind.h"

/* instance_fill(object, write_slot, values) → the first key that is no plain column, nil if all were. write_slot: name
 * → slot of what may be written as it is; the object has no metatable yet. */
static int instance_fill(lua_State *L)
{
  for (int i = 1; i <= 3; i++) luaL_checktype(L, i, LUA_TTABLE);
  lua_settop(L, 3);
  lua_pushnil(L);
  while (lua_next(L, 3) != 0) { /* key, value */
    lua_pushvalue(L, 4);
    lua_rawget(L, 2);
    int slot = (int)lua_tointeger(L, 6);
    lua_settop(L, 5);
    if (slot == 0) {
      lua_settop(L, 4);
      return 1;
    }
    lua_rawseti(L, 1, slot);
  }
  return 0;
}

void am_bind_instance(lua_State *L)
{
  lua_pushcfunction(L, instance_fill);
  lua_setfield(L, -2, "instance_fill");
}
