/* Checked arguments (see argument.h). A refused call looks up its own name: the C function that
 * runs is searched among the methods of its receiver, then in the tables that hold functions. That
 * is slow and happens only when an error is raised. */
#include "bind/argument.h"

#include "bind/bind.h"

/* "cursor" of "alchemoon.cursor". */
static const char *noun_of(const char *class_name)
{
  const char *dot = class_name != NULL ? strrchr(class_name, '.') : NULL;
  return dot != NULL ? dot + 1 : class_name != NULL ? class_name : "object";
}

/* Pushes the key of the table at `index` whose value is the function at `function`; false, and
 * nothing pushed, if there is none. */
static bool push_key_of(lua_State *L, int index, int function)
{
  if (!lua_istable(L, index)) return false;
  index = lua_absindex(L, index);
  lua_pushnil(L);
  while (lua_next(L, index)) {
    bool found = lua_type(L, -2) == LUA_TSTRING && lua_rawequal(L, -1, function);
    lua_pop(L, 1);
    if (found) return true;
  }
  return false;
}

/* The same among the methods of a metatable: its __index, or what that function has for upvalues.
 */
static bool push_method_name(lua_State *L, int metatable, int function)
{
  lua_pushliteral(L, "__index");
  lua_rawget(L, metatable);
  int at = lua_gettop(L);
  bool found = push_key_of(L, at, function);
  if (lua_type(L, at) == LUA_TFUNCTION)
    for (int i = 1; !found && lua_getupvalue(L, at, i) != NULL; i++) {
      found = push_key_of(L, at + 1, function);
      if (!found) lua_settop(L, at);
    }
  if (found) lua_replace(L, at);
  lua_settop(L, found ? at : at - 1);
  return found;
}

/* Pushes "fetchmany" and "cursor:fetchmany" for a method of that metatable. */
static bool push_method(lua_State *L, int metatable, int function)
{
  if (!push_method_name(L, metatable, function)) return false;
  lua_pushliteral(L, "__name");
  lua_rawget(L, metatable);
  lua_pushfstring(L, "%s:%s", noun_of(lua_tostring(L, -1)), lua_tostring(L, -2));
  lua_remove(L, -2);
  return true;
}

/* Pushes "am.name" or "core.name" for a function of these modules. */
static bool push_function(lua_State *L, int function)
{
  static const char *const modules[][2] = {{"alchemoon", "am"}, {"alchemoon.core", "core"}};
  lua_getfield(L, LUA_REGISTRYINDEX, "_LOADED");
  int loaded = lua_gettop(L);
  for (size_t i = 0; i < sizeof modules / sizeof *modules; i++) {
    lua_settop(L, loaded);
    lua_pushstring(L, modules[i][0]);
    if (!lua_istable(L, loaded)) break;
    lua_rawget(L, loaded);
    if (!push_key_of(L, loaded + 1, function)) continue;
    lua_pushfstring(L, "%s.%s", modules[i][1], lua_tostring(L, -1));
    return true;
  }
  return false;
}

/* Pushes the C function that Lua is calling; its index. */
static int push_running(lua_State *L)
{
  lua_Debug ar;
  if (!lua_getstack(L, 0, &ar) || !lua_getinfo(L, "f", &ar)) lua_pushnil(L);
  return lua_gettop(L);
}

int am_refuse_argument(lua_State *L, int arg, const char *expected)
{
  luaL_checkstack(L, 20, NULL);
  const char *got = luaL_typename(L, arg);
  int function = push_running(L);
  if (lua_getmetatable(L, 1) && push_method(L, lua_gettop(L), function)) arg--;
  else if (!push_function(L, function))
    am_raisef(L, AM_ERR_ARGUMENT, "argument #%d: expected %s, got %s", arg, expected, got);
  am_raisef(L, AM_ERR_ARGUMENT, "%s: argument #%d: expected %s, got %s", lua_tostring(L, -1), arg,
            expected, got);
}

int am_refuse_class(lua_State *L, int arg, const char *name)
{
  luaL_checkstack(L, 20, NULL);
  int function = push_running(L);
  luaL_getmetatable(L, name);
  if (arg == 1 && lua_istable(L, -1) && push_method(L, lua_gettop(L), function))
    am_raisef(L, AM_ERR_ARGUMENT, "%s() is a method: call it with a colon, %s(...)",
              lua_tostring(L, -2), lua_tostring(L, -1));
  lua_settop(L, function);
  lua_pushfstring(L, "a %s", noun_of(name));
  am_refuse_argument(L, arg, lua_tostring(L, -1));
}

lua_Number am_check_number(lua_State *L, int arg)
{
  lua_Number number = lua_tonumber(L, arg);
  if (number == 0 && !lua_isnumber(L, arg)) am_refuse_argument(L, arg, "number");
  return number;
}

lua_Integer am_check_integer(lua_State *L, int arg)
{
#if LUA_VERSION_NUM >= 503
  int exact;
  lua_Integer integer = lua_tointegerx(L, arg, &exact);
  if (!exact) am_refuse_argument(L, arg, "a whole number");
#else
  lua_Integer integer = lua_tointeger(L, arg);
  if (integer == 0 && !lua_isnumber(L, arg)) am_refuse_argument(L, arg, "a whole number");
#endif
  return integer;
}

const char *am_check_string(lua_State *L, int arg, size_t *out_size)
{
  const char *text = lua_tolstring(L, arg, out_size);
  if (text == NULL) am_refuse_argument(L, arg, "string");
  return text;
}

lua_Number am_opt_number(lua_State *L, int arg, lua_Number absent)
{
  return lua_isnoneornil(L, arg) ? absent : am_check_number(L, arg);
}

lua_Integer am_opt_integer(lua_State *L, int arg, lua_Integer absent)
{
  return lua_isnoneornil(L, arg) ? absent : am_check_integer(L, arg);
}

const char *am_opt_string(lua_State *L, int arg, const char *absent)
{
  return lua_isnoneornil(L, arg) ? absent : am_check_string(L, arg, NULL);
}
