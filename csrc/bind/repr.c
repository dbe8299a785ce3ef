/* A Lua value as text that a reader knows from Python: 'x', None, [1, 2], {'a': True}. Rows, echo
 * and error messages show values so. */
#include <float.h>
#include <stdio.h>
#include <string.h>

#include "base/real.h"
#include "bind/value.h"

#define DEEPEST 20 /* lists within lists; a list that holds itself ends here */

/* Text as Python's repr of a string shows it, on top of the stack. */
static void push_quoted(lua_State *L, const char *text, size_t size, bool bytes)
{
  luaL_Buffer out;
  char quote = '\'';
  if (memchr(text, '\'', size) != NULL && memchr(text, '"', size) == NULL) quote = '"';
  luaL_buffinit(L, &out);
  if (bytes) luaL_addchar(&out, 'b');
  luaL_addchar(&out, quote);
  for (size_t i = 0; i < size; i++) {
    unsigned char c = (unsigned char)text[i];
    char escape[8];
    if (c == (unsigned char)quote || c == '\\') {
      luaL_addchar(&out, '\\');
      luaL_addchar(&out, (char)c);
    } else if (c == '\n') {
      luaL_addstring(&out, "\\n");
    } else if (c == '\r') {
      luaL_addstring(&out, "\\r");
    } else if (c == '\t') {
      luaL_addstring(&out, "\\t");
    } else if (c < 32 || c == 127 || (bytes && c > 127)) {
      snprintf(escape, sizeof escape, "\\x%02x", c);
      luaL_addstring(&out, escape);
    } else {
      luaL_addchar(&out, (char)c);
    }
  }
  luaL_addchar(&out, quote);
  luaL_pushresult(&out);
}

static void push_number(lua_State *L, int index)
{
  int64_t integer;
  char number[AM_REAL_TEXT];
  if (am_tointegerx(L, index, &integer)) {
    snprintf(number, sizeof number, "%lld", (long long)integer);
  } else {
    am_real_print(lua_tonumber(L, index), DBL_DIG, number);
    if (strpbrk(number, ".eni") == NULL) strcat(number, ".0");
  }
  lua_pushstring(L, number);
}

/* A table that is its contents: without metatable, or an array of JSON. */
static bool is_data(lua_State *L, int index)
{
  if (!lua_getmetatable(L, index)) return true;
  lua_pushliteral(L, "is_json_array");
  lua_rawget(L, -2); /* an object's class refuses names that it does not know */
  bool is_array = lua_toboolean(L, -1);
  lua_pop(L, 2);
  return is_array;
}

static void push_value(lua_State *L, int index, bool bytes, int depth);

/* Puts the text on top behind what the table at `parts` has. */
static void add_part(lua_State *L, int parts)
{
  lua_rawseti(L, parts, (int)lua_rawlen(L, parts) + 1);
}

static void push_joined(lua_State *L, int parts, const char *open, const char *close)
{
  luaL_Buffer out;
  luaL_buffinit(L, &out);
  luaL_addstring(&out, open);
  for (int i = 1, count = (int)lua_rawlen(L, parts); i <= count; i++) {
    if (i > 1) luaL_addstring(&out, ", ");
    lua_rawgeti(L, parts, i);
    luaL_addvalue(&out);
  }
  luaL_addstring(&out, close);
  luaL_pushresult(&out);
}

static void push_list(lua_State *L, int index, int depth)
{
  lua_newtable(L);
  int parts = lua_gettop(L);
  for (int i = 1, count = (int)lua_rawlen(L, index); i <= count; i++) {
    lua_rawgeti(L, index, i);
    push_value(L, lua_gettop(L), false, depth + 1);
    lua_remove(L, -2);
    add_part(L, parts);
  }
  push_joined(L, parts, "[", "]");
  lua_remove(L, parts);
}

/* Keys in the order of their texts: that of a table differs from run to run. */
static void push_map(lua_State *L, int index, int depth)
{
  lua_newtable(L);
  int parts = lua_gettop(L);
  lua_pushnil(L);
  while (lua_next(L, index)) {
    push_value(L, parts + 1, false, depth + 1);
    lua_pushliteral(L, ": ");
    push_value(L, parts + 2, false, depth + 1);
    lua_concat(L, 3);
    add_part(L, parts);
    lua_pop(L, 1);
  }
  lua_getglobal(L, "table");
  lua_getfield(L, -1, "sort");
  lua_pushvalue(L, parts);
  lua_call(L, 1, 0);
  lua_pop(L, 1);
  push_joined(L, parts, "{", "}");
  lua_remove(L, parts);
}

static void push_table(lua_State *L, int index, int depth)
{
  luaL_checkstack(L, 16, "repr");
  lua_pushnil(L);
  bool empty = !lua_next(L, index);
  if (!empty) lua_pop(L, 2);
  bool plain = !lua_getmetatable(L, index);
  if (!plain) lua_pop(L, 1);
  if (depth >= DEEPEST) lua_pushliteral(L, "...");
  else if (lua_rawlen(L, index) > 0 || (empty && !plain)) push_list(L, index, depth);
  else push_map(L, index, depth);
}

static void push_value(lua_State *L, int index, bool bytes, int depth)
{
  size_t size;
  switch (lua_type(L, index)) {
    case LUA_TNIL: lua_pushliteral(L, "None"); return;
    case LUA_TBOOLEAN: lua_pushstring(L, lua_toboolean(L, index) ? "True" : "False"); return;
    case LUA_TNUMBER: push_number(L, index); return;
    case LUA_TSTRING: {
      const char *text = lua_tolstring(L, index, &size);
      push_quoted(L, text, size, bytes);
      return;
    }
    case LUA_TLIGHTUSERDATA:
      if (lua_touserdata(L, index) != NULL) break;
      lua_pushliteral(L, "None");
      return;
    case LUA_TTABLE:
      if (!is_data(L, index)) break;
      push_table(L, index, depth);
      return;
    default: break;
  }
  lua_getglobal(L, "tostring");
  lua_pushvalue(L, index);
  lua_call(L, 1, 1);
}

void am_push_repr(lua_State *L, int index, bool bytes) { push_value(L, index, bytes, 0); }

/* repr(value) → its text; raises what a __tostring raises */
static int repr(lua_State *L)
{
  am_check_any(L, 1);
  lua_settop(L, 1);
  am_push_repr(L, 1, false);
  return 1;
}

void am_bind_repr(lua_State *L)
{
  lua_pushcfunction(L, repr);
  lua_setfield(L, -2, "repr");
}
