/* A row as text: what print shows, and a key that is equal for equal rows; see row.h. */
#include "bind/row.h"
#include "bind/value.h"

#include <stdio.h>
#include <string.h>

/* "(1, 'x', None)" */
int am_row_tostring(lua_State *L)
{
  const am_row *row = am_row_check(L, 1);
  size_t count = row->shape->count;
  luaL_checkstack(L, 16, "tostring(row)");
  lua_pushliteral(L, "(");
  for (size_t i = 0; i < count; i++) {
    bool bytes = row->cells != NULL && row->shape->columns[i].decode == NULL &&
                 row->cells[row->shape->columns[i].source].cls == AM_CELL_BLOB;
    am_row_push_column(L, row, 1, i);
    am_push_repr(L, lua_gettop(L), bytes);
    lua_remove(L, -2);
    lua_pushstring(L, i + 1 < count ? ", " : count == 1 ? "," : "");
    lua_concat(L, 3);
  }
  lua_pushliteral(L, ")");
  lua_concat(L, 2);
  return 1;
}

/* One value as part of a key that is equal exactly for equal values. */
static void add_key_part(lua_State *L, luaL_Buffer *out, int index)
{
  size_t size;
  char head[40];
  int type = lua_type(L, index);
  if (type == LUA_TSTRING) {
    const char *text = lua_tolstring(L, index, &size);
    snprintf(head, sizeof head, "s%zu:", size);
    luaL_addstring(out, head);
    luaL_addlstring(out, text, size);
    return;
  }
  if (type == LUA_TNUMBER) snprintf(head, sizeof head, "n%.17g;", lua_tonumber(L, index));
  else if (type == LUA_TBOOLEAN) snprintf(head, sizeof head, "b%d;", lua_toboolean(L, index));
  else if (type == LUA_TNIL) snprintf(head, sizeof head, "-;");
  else snprintf(head, sizeof head, "p%p;", lua_topointer(L, index));
  luaL_addstring(out, head);
}

/* row:_key() → string that is the same for rows with the same values; objects count by identity,
 * except userdata with __eq (values such as decimals), which count by text. */
int am_row_key(lua_State *L)
{
  const am_row *row = am_row_check(L, 1);
  size_t count = row->shape->count;
  luaL_checkstack(L, (int)count + 16, "row key");
  int base = lua_gettop(L);
  for (size_t i = 0; i < count; i++) {
    am_row_push_column(L, row, 1, i);
    int type = lua_type(L, -1);
    if (type != LUA_TUSERDATA && type != 10 && type != LUA_TTABLE) continue;
    bool value = type == 10; /* a boxed integer of LuaJIT */
    if (!value && luaL_getmetafield(L, -1, "__eq")) {
      lua_pop(L, 1);
      value = type == LUA_TUSERDATA;
    }
    if (!value) continue;
    lua_getglobal(L, "tostring");
    lua_insert(L, -2);
    lua_call(L, 1, 1);
  }
  luaL_Buffer out;
  luaL_buffinit(L, &out);
  for (size_t i = 0; i < count; i++) add_key_part(L, &out, base + 1 + (int)i);
  luaL_pushresult(&out);
  return 1;
}
