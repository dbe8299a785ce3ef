/* A metamethod for `..` that leaves the caller's stack where it is.
 *
 * Lua 5.4.0 to 5.4.4 keep a pointer into the stack while they evaluate `a .. b .. c`; when the
 * metamethod of a part makes the stack grow (or the collector makes it shrink), the pointer is left
 * dangling and the interpreter crashes. So the function runs on a stack of its own, and the
 * collector rests meanwhile. Other Lua versions call the function itself.
 *
 * The second stack belongs to the closure; nothing else is allocated here.
 */
#include "bind/bind.h"

#if LUA_VERSION_NUM == 504

/* The result, or the error, comes back by value: nothing here keeps a place on either stack. */
static int run_elsewhere(lua_State *L)
{
  int count = lua_gettop(L);
  lua_State *other = lua_tothread(L, lua_upvalueindex(2));
  if (other == L || lua_gettop(other) != 0) {
    other = lua_newthread(L); /* a `..` inside of a `..` */
    lua_insert(L, 1);
  }
  int running = lua_gc(L, LUA_GCISRUNNING);
  if (running) lua_gc(L, LUA_GCSTOP);
  lua_pushvalue(L, lua_upvalueindex(1));
  lua_insert(L, -count - 1);
  lua_xmove(L, other, count + 1);
  int status = lua_pcall(other, count, 1, 0);
  lua_xmove(other, L, 1);
  if (running) lua_gc(L, LUA_GCRESTART);
  return status == LUA_OK ? 1 : lua_error(L);
}

static int concat_guard(lua_State *L)
{
  am_check_type(L, 1, LUA_TFUNCTION);
  lua_settop(L, 1);
  lua_newthread(L);
  lua_pushcclosure(L, run_elsewhere, 2);
  return 1;
}

#else

static int concat_guard(lua_State *L)
{
  am_check_type(L, 1, LUA_TFUNCTION);
  lua_settop(L, 1);
  return 1;
}

#endif

void am_bind_concat(lua_State *L)
{
  lua_pushcfunction(L, concat_guard);
  lua_setfield(L, -2, "concat_guard");
}
