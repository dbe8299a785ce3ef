/* Error records become Lua error objects here, and nowhere else.
 *
 * lua/alchemoon/exc.lua registers a maker function(class_name, message, sqlstate, code, disconnect)
 * that returns the object; until it has, errors are plain strings. */
#include <stdarg.h>

#include "bind/bind.h"

static const char maker_key = 0;
static const char message_key = 0;

/* Runs protected: Lua may have no memory for the message, which must not be lost to C then. */
static int keep_message(lua_State *L)
{
  const am_error *err = lua_touserdata(L, 1);
  lua_pushstring(L, err->message != NULL ? err->message : "");
  lua_rawsetp(L, LUA_REGISTRYINDEX, &message_key);
  return 0;
}

void am_push_error(lua_State *L, am_error *err)
{
  int status = err->cls == AM_ERR_MEMORY ? LUA_ERRMEM : am_protect(L, keep_message, err);
  if (status != LUA_OK && err->cls != AM_ERR_MEMORY) lua_pop(L, 1);
  am_error plain = *err;
  am_error_clear(err); /* nothing of C's is left whatever raises from here on */
  if (status != LUA_OK) {
    lua_pushliteral(L, "not enough memory");
    return;
  }
  lua_rawgetp(L, LUA_REGISTRYINDEX, &maker_key);
  bool made = lua_isfunction(L, -1);
  if (!made) lua_pop(L, 1);
  else lua_pushstring(L, am_error_class_name(plain.cls));
  lua_rawgetp(L, LUA_REGISTRYINDEX, &message_key);
  if (!made) return;
  if (plain.sqlstate[0] != '\0') lua_pushstring(L, plain.sqlstate);
  else lua_pushnil(L);
  lua_pushinteger(L, plain.code);
  lua_pushboolean(L, plain.disconnect);
  lua_call(L, 5, 1);
}

int am_raise(lua_State *L, am_error *err)
{
  am_push_error(L, err);
  lua_error(L);
}

int am_raisef(lua_State *L, am_error_class cls, const char *format, ...)
{
  am_error err = AM_ERROR_INIT;
  va_list args;
  va_start(args, format);
  am_error_set_v(&err, cls, format, args);
  va_end(args);
  am_raise(L, &err);
}

int am_raise_memory(lua_State *L)
{
  lua_settop(L, 0); /* the stack may be full */
  lua_pushliteral(L, "not enough memory");
  lua_error(L);
}

static int set_error_maker(lua_State *L)
{
  am_check_type(L, 1, LUA_TFUNCTION);
  lua_settop(L, 1);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &maker_key);
  return 0;
}

/* error_classes() → { {name, parent name}, ... } in declaration order, parents first. */
static int error_classes(lua_State *L)
{
  lua_newtable(L);
  for (int cls = 1; cls < AM_ERR_COUNT; cls++) {
    lua_createtable(L, 2, 0);
    lua_pushstring(L, am_error_class_name((am_error_class)cls));
    lua_rawseti(L, -2, 1);
    lua_pushstring(L, am_error_class_name(am_error_class_parent((am_error_class)cls)));
    lua_rawseti(L, -2, 2);
    lua_rawseti(L, -2, cls);
  }
  return 1;
}

static const luaL_Reg functions[] = {
    {"set_error_maker", set_error_maker},
    {"error_classes", error_classes},
    {NULL, NULL},
};

void am_bind_error(lua_State *L) { am_setfuncs(L, functions); }
