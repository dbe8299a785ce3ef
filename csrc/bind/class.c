/* Userdata classes: metatables by name, checked access. */
#include "bind/bind.h"

void am_new_class(lua_State *L, const char *name, const luaL_Reg *metamethods,
                  const luaL_Reg *methods)
{
  if (!luaL_newmetatable(L, name)) return;
  lua_pushstring(L, name);
  lua_setfield(L, -2, "__name");
  if (metamethods != NULL) am_setfuncs(L, metamethods);
  if (methods != NULL) {
    lua_newtable(L);
    am_setfuncs(L, methods);
    lua_setfield(L, -2, "__index");
  }
}

/* Pushes the metatable of that name. The address of the name is the key of a second entry, because
 * a look-up by text would hash it on every call. */
static void push_class(lua_State *L, const char *name)
{
  lua_rawgetp(L, LUA_REGISTRYINDEX, name);
  if (!lua_isnil(L, -1)) return;
  lua_pop(L, 1);
  luaL_getmetatable(L, name);
  lua_pushvalue(L, -1);
  lua_rawsetp(L, LUA_REGISTRYINDEX, name);
}

void am_set_class(lua_State *L, const char *name)
{
  push_class(L, name);
  lua_setmetatable(L, -2);
}

void *am_test_class(lua_State *L, int index, const char *name)
{
  void *block = lua_touserdata(L, index);
  if (block == NULL || !lua_getmetatable(L, index)) return NULL;
  push_class(L, name);
  bool same = lua_rawequal(L, -1, -2);
  lua_pop(L, 2);
  return same ? block : NULL;
}

void *am_check_class(lua_State *L, int arg, const char *name)
{
  void *block = am_test_class(L, arg, name);
  if (block == NULL) am_refuse_class(L, arg, name);
  return block;
}

void *am_test_marked(lua_State *L, int index, const char *name)
{
  const char **block = lua_touserdata(L, index);
  if (block == NULL || lua_rawlen(L, index) < sizeof *block)
    return NULL; /* a light one has no length */
  return *block == name ? block : NULL;
}

void *am_check_marked(lua_State *L, int arg, const char *name)
{
  void *block = am_test_marked(L, arg, name);
  if (block == NULL) am_refuse_class(L, arg, name);
  return block;
}

/* __index of a class of nodes (sql/class.lua); upvalues: methods, properties, missing(self,
 * key). */
static int class_member(lua_State *L)
{
  lua_settop(L, 2);
  lua_pushvalue(L, 2);
  lua_gettable(L, lua_upvalueindex(1));
  if (!lua_isnil(L, -1)) return 1;
  lua_pop(L, 1);
  lua_pushvalue(L, 2);
  lua_gettable(L, lua_upvalueindex(2));
  if (lua_toboolean(L, -1)) {
    lua_pushvalue(L, 1);
    lua_call(L, 1, 1);
    return 1;
  }
  lua_settop(L, 2);
  lua_pushvalue(L, lua_upvalueindex(3));
  lua_insert(L, 1);
  lua_call(L, 2, 1);
  return 1;
}

/* class_index(methods, properties, missing) → __index: a method, a property's value, or
 * missing(self, key) */
static int class_index(lua_State *L)
{
  am_check_type(L, 1, LUA_TTABLE);
  am_check_type(L, 2, LUA_TTABLE);
  am_check_type(L, 3, LUA_TFUNCTION);
  lua_settop(L, 3);
  lua_pushcclosure(L, class_member, 3);
  return 1;
}

void am_bind_class(lua_State *L)
{
  lua_pushcfunction(L, class_index);
  lua_setfield(L, -2, "class_index");
}
