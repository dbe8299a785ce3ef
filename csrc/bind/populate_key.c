/* Identity keys: how the primary key of an object is written in an identity map. */
#include <stdlib.h>
#include <string.h>

#include "bind/populate.h"

/* Appends a part of a composite key: a letter for the type, then the value so that no two differ
 * alike. */
static void encode_part(lua_State *L, int index, am_strbuf *out)
{
  int64_t integer;
  size_t size;
  if (am_to_int64(L, index, &integer)) {
    am_strbuf_printf(out, "i%lld;", (long long)integer);
  } else if (lua_type(L, index) == LUA_TSTRING) {
    const char *text = lua_tolstring(L, index, &size);
    am_strbuf_printf(out, "s%zu:", size);
    am_strbuf_add(out, text, size);
  } else if (lua_type(L, index) == LUA_TNUMBER) {
    am_strbuf_printf(out, "d%.17g;", (double)lua_tonumber(L, index));
  } else if (lua_type(L, index) == LUA_TBOOLEAN) {
    am_strbuf_puts(out, lua_toboolean(L, index) ? "t;" : "f;");
  } else if (lua_isnil(L, index) || lua_islightuserdata(L, index)) {
    am_strbuf_puts(out, "n;");
  } else {
    am_strbuf_puts(out, "v");
    if (!am_value_key(L, index, out)) am_strbuf_printf(out, "%p", lua_topointer(L, index));
    am_strbuf_putc(out, ';');
  }
}

void am_identity_key(lua_State *L, int count, int token)
{
  int type = lua_type(L, -1);
  int64_t integer;
  if (count == 1 && token == 0) {
    if (type == LUA_TSTRING || type == LUA_TNUMBER || type == LUA_TBOOLEAN) return;
    if (am_to_int64(L, -1, &integer) && integer > -(int64_t)AM_EXACT_DOUBLE &&
        integer < (int64_t)AM_EXACT_DOUBLE) {
      lua_pop(L, 1);
      lua_pushinteger(L, (lua_Integer)integer);
      return;
    }
  }
  am_strbuf text = AM_STRBUF_INIT;
  am_strbuf_putc(&text, '\0');
  if (token != 0) {
    am_strbuf_putc(&text, '@');
    encode_part(L, token, &text);
  }
  for (int i = count; i >= 1; i--) encode_part(L, lua_gettop(L) - i + 1, &text);
  lua_pop(L, count);
  am_push_strbuf(L, &text);
}

/* identity_key(value, ...) → the key under which an object with this primary key stands in an
 * identity map */
int am_identity_key_lua(lua_State *L)
{
  int count = lua_gettop(L);
  if (count == 0) am_raisef(L, AM_ERR_ARGUMENT, "identity_key: a primary key value is needed");
  am_identity_key(L, count, 0);
  return 1;
}

/* identity_key_with_token(token, value, ...) → the same for an object of one shard */
int am_identity_key_with_token(lua_State *L)
{
  int count = lua_gettop(L) - 1;
  if (count < 1) am_raisef(L, AM_ERR_ARGUMENT, "identity_key: a primary key value is needed");
  am_identity_key(L, count, lua_isnil(L, 1) ? 0 : 1);
  return 1;
}

/* identity_token(key) → the token of a key that identity_key_with_token made (a string or an
 * integer), else nil */
int am_identity_token(lua_State *L)
{
  size_t size;
  char *stop = NULL;
  const char *at = lua_type(L, 1) == LUA_TSTRING ? lua_tolstring(L, 1, &size) : NULL;
  if (at == NULL || size < 3 || at[0] != '\0' || at[1] != '@') return 0;
  if (at[2] == 'i') {
    am_push_int64(L, strtoll(at + 3, NULL, 10));
    return 1;
  }
  if (at[2] != 's') return 0;
  size_t length = strtoul(at + 3, &stop, 10);
  if (length > size - (size_t)(stop + 1 - at)) return 0;
  lua_pushlstring(L, stop + 1, length);
  return 1;
}

/* identity_values(key) → the primary key values as a list, or nil if the key holds values of no
 * plain kind */
int am_identity_values(lua_State *L)
{
  size_t size;
  lua_newtable(L);
  const char *at = lua_type(L, 1) == LUA_TSTRING ? lua_tolstring(L, 1, &size) : NULL;
  if (at == NULL || size == 0 || *at != '\0') {
    lua_pushvalue(L, 1);
    lua_rawseti(L, 2, 1);
    return 1;
  }
  const char *end = at + size;
  int count = 0;
  bool token = ++at < end && *at == '@';
  if (token) at++;
  while (at < end) {
    char kind = *at++;
    char *stop = NULL;
    if (kind == 'i') {
      am_push_int64(L, strtoll(at, &stop, 10));
      at = stop + 1;
    } else if (kind == 'd') {
      lua_pushnumber(L, strtod(at, &stop));
      at = stop + 1;
    } else if (kind == 's') {
      size_t length = strtoul(at, &stop, 10);
      lua_pushlstring(L, stop + 1, length);
      at = stop + 1 + length;
    } else if (kind == 't' || kind == 'f') {
      lua_pushboolean(L, kind == 't');
      at++;
    } else if (kind == 'n') {
      lua_pushlightuserdata(L, NULL);
      at++;
    } else {
      lua_pushnil(L);
      return 1;
    }
    if (token) lua_pop(L, 1); /* the identity token stands first */
    else lua_rawseti(L, 2, ++count);
    token = false;
  }
  return 1;
}
