/* New objects whose attributes are all plain columns: from the program's table of values into a row
 * with its class.
 *
 * It stands under the class's constructor (lua/alchemoon/orm/instance.lua), which takes it on the
 * Luas that interpret: one call instead of a step of `next` and two table accesses per attribute.
 * Nothing here runs user code. */
#include "bind/bind.h"

enum { VALUES = 1, CLASS, WRITE_SLOT, SLOT_COUNT, OBJECT, KEY, VALUE, SLOT };

/* instance_make(values, class, write_slot, slot_count) → the object; nil if `values` is no table or
 * has a key that is no plain column. write_slot: name → slot of what may be written as it is. */
static int instance_make(lua_State *L)
{
  if (!lua_istable(L, VALUES)) return 0;
  am_check_type(L, WRITE_SLOT, LUA_TTABLE);
  lua_settop(L, SLOT_COUNT);
  lua_createtable(L, (int)lua_tointeger(L, SLOT_COUNT), 0);
  lua_pushnil(L);
  while (lua_next(L, VALUES) != 0) {
    lua_pushvalue(L, KEY);
    lua_rawget(L, WRITE_SLOT);
    int slot = (int)lua_tointeger(L, SLOT);
    if (slot == 0) return 0;
    lua_settop(L, VALUE);
    lua_rawseti(L, OBJECT, slot);
  }
  lua_pushvalue(L, CLASS);
  lua_setmetatable(L, OBJECT);
  return 1;
}

void am_bind_instance(lua_State *L)
{
  lua_pushcfunction(L, instance_make);
  lua_setfield(L, -2, "instance_make");
}
