/* luaopen_alchemoon_core: one table that holds what every file of bind/ offers. */
#include "bind/bind.h"

__attribute__((visibility("default"))) int luaopen_alchemoon_core(lua_State *L);

int luaopen_alchemoon_core(lua_State *L)
{
  lua_newtable(L);
#define AM_BIND(noun) am_bind_##noun(L);
#include "bind/binds.def"
#undef AM_BIND
  return 1;
}
