/* A list against a copy of it: whether the same items stand in the same places
 * (lua/alchemoon/orm/raw_list.lua, on the Luas that interpret). No metamethod is asked. */
#include "bind/bind.h"
#include "bind/compat.h"

enum { LIST = 1, COPY };

/* list_copy(list) → its items as a plain list */
static int list_copy(lua_State *L)
{
  am_check_type(L, LIST, LUA_TTABLE);
  lua_settop(L, LIST);
  int count = (int)lua_rawlen(L, LIST);
  lua_createtable(L, count, 0);
  for (int i = 1; i <= count; i++) {
    lua_rawgeti(L, LIST, i);
    lua_rawseti(L, COPY, i);
  }
  return 1;
}

/* list_in_step(list, copy) → true if both hold the same items in the same places */
static int list_in_step(lua_State *L)
{
  am_check_type(L, LIST, LUA_TTABLE);
  am_check_type(L, COPY, LUA_TTABLE);
  lua_settop(L, COPY);
  int count = (int)lua_rawlen(L, COPY);
  bool same = true;
  for (int i = 1; i <= count && same; i++) {
    lua_rawgeti(L, LIST, i);
    lua_rawgeti(L, COPY, i);
    same = lua_rawequal(L, -1, -2);
    lua_settop(L, COPY);
  }
  lua_rawgeti(L, LIST, count + 1);
  lua_pushboolean(L, same && lua_isnil(L, -1));
  return 1;
}

void am_bind_raw_list(lua_State *L)
{
  lua_pushcfunction(L, list_copy);
  lua_setfield(L, -2, "list_copy");
  lua_pushcfunction(L, list_in_step);
  lua_setfield(L, -2, "list_in_step");
}
