/* Where calls come from, as errors and warnings tell it. Lua's debug library says the same, but a
 * sandbox leaves it out, and a table for every level is dear. */
#include <limits.h>

#include "bind/bind.h"

/* stack_line(level [, coroutine]) → short source, line (-1 in C), source, function of the level,
 * counted as debug.getinfo counts; nothing if there is no such level */
static int stack_line(lua_State *L)
{
  lua_Integer level = am_check_integer(L, 1);
  lua_State *of = lua_isthread(L, 2) ? lua_tothread(L, 2) : L;
  lua_Debug frame;
  if (level < 0 || level > INT_MAX || !lua_getstack(of, (int)level, &frame)) return 0;
  if (!lua_checkstack(of, 1)) return am_raise_memory(L);
  lua_getinfo(of, "Slf", &frame);
  if (of != L) lua_xmove(of, L, 1);
  lua_pushstring(L, frame.short_src);
  lua_pushinteger(L, frame.currentline);
  lua_pushstring(L, frame.source);
  lua_pushvalue(L, -4);
  return 4;
}

/* function_line(function) → short source, the line where it begins */
static int function_line(lua_State *L)
{
  am_check_type(L, 1, LUA_TFUNCTION);
  lua_Debug facts;
  lua_pushvalue(L, 1);
  lua_getinfo(L, ">S", &facts);
  lua_pushstring(L, facts.short_src);
  lua_pushinteger(L, facts.linedefined);
  return 2;
}

static const luaL_Reg functions[] = {
    {"stack_line", stack_line},
    {"function_line", function_line},
    {NULL, NULL},
};

void am_bind_stack(lua_State *L) { am_setfuncs(L, functions); }
