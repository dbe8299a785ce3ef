/* URLs as immutable userdata: core.url_parse(text), core.url_create(fields), core.url_methods
 * (filled by lua/alchemoon/engine/url.lua). The am_url lives inside the userdata, which is made
 * empty first, so that nothing leaks when a later step raises. */
#include "bind/bind.h"

#include "base/alloc.h"
#include "engine/url.h"

static const char class_name[] = "alchemoon.URL";

static am_url *new_url(lua_State *L)
{
  am_url *url = am_newuserdata(L, sizeof *url);
  am_url_init(url);
  luaL_getmetatable(L, class_name);
  lua_setmetatable(L, -2);
  return url;
}

static am_url *check_url(lua_State *L, int arg) { return am_check_class(L, arg, class_name); }

static int url_gc(lua_State *L)
{
  am_url_deinit(check_url(L, 1));
  return 0;
}

/* url_parse(text) → URL */
static int url_parse(lua_State *L)
{
  size_t size;
  if (lua_type(L, 1) != LUA_TSTRING)
    return am_raisef(L, AM_ERR_ARGUMENT, "Expected string or URL object, got %s",
                     luaL_typename(L, 1));
  const char *text = lua_tolstring(L, 1, &size);
  am_url *url = new_url(L);
  am_error err = AM_ERROR_INIT;
  if (!am_url_parse(url, text, size, &err)) return am_raise(L, &err);
  return 1;
}

static void set_field(lua_State *L, int table, const char *name, am_url_text *field)
{
  lua_getfield(L, table, name);
  if (!lua_isnil(L, -1)) {
    if (lua_type(L, -1) != LUA_TSTRING)
      am_raisef(L, AM_ERR_ARGUMENT, "URL: %s must be a string, got %s", name, luaL_typename(L, -1));
    size_t size;
    const char *bytes = lua_tolstring(L, -1, &size);
    am_error err = AM_ERROR_INIT;
    if (!am_url_set(field, bytes, size, &err)) am_raise(L, &err);
  }
  lua_pop(L, 1);
}

static void add_value(lua_State *L, am_url *url, int key, int value)
{
  size_t key_size, value_size;
  if (lua_type(L, key) != LUA_TSTRING || lua_type(L, value) != LUA_TSTRING)
    am_raisef(L, AM_ERR_ARGUMENT,
              "URL: values of the query table must be strings or lists of strings");
  const char *key_bytes = lua_tolstring(L, key, &key_size);
  const char *value_bytes = lua_tolstring(L, value, &value_size);
  am_error err = AM_ERROR_INIT;
  if (!am_url_add_query(url, key_bytes, key_size, value_bytes, value_size, &err)) am_raise(L, &err);
}

/* The query table on top of the stack: key → string or list of strings. */
static void set_query(lua_State *L, am_url *url)
{
  if (!lua_istable(L, -1))
    am_raisef(L, AM_ERR_ARGUMENT, "URL: query must be a table, got %s", luaL_typename(L, -1));
  int table = lua_gettop(L);
  for (lua_pushnil(L); lua_next(L, table) != 0; lua_pop(L, 1)) {
    int key = lua_gettop(L) - 1, value = key + 1;
    if (!lua_istable(L, value)) {
      add_value(L, url, key, value);
      continue;
    }
    size_t count = lua_rawlen(L, value);
    for (size_t i = 1; i <= count; i++) {
      lua_rawgeti(L, value, (int)i);
      add_value(L, url, key, lua_gettop(L));
      lua_pop(L, 1);
    }
  }
}

/* url_create{ drivername =, username =, password =, host =, port =, database =, query = } → URL */
static int url_create(lua_State *L)
{
  am_check_type(L, 1, LUA_TTABLE);
  lua_settop(L, 1);
  am_url *url = new_url(L);
  set_field(L, 1, "drivername", &url->drivername);
  if (url->drivername.bytes == NULL)
    return am_raisef(L, AM_ERR_ARGUMENT, "URL: drivername is required");
  set_field(L, 1, "username", &url->username);
  set_field(L, 1, "password", &url->password);
  set_field(L, 1, "host", &url->host);
  set_field(L, 1, "database", &url->database);
  lua_getfield(L, 1, "port");
  if (!lua_isnil(L, -1)) {
    int64_t port;
    if (!am_tointegerx(L, -1, &port) || port < 0 || port > 65535)
      return am_raisef(L, AM_ERR_ARGUMENT, "URL: port must be an integer from 0 to 65535");
    url->port = (int)port;
  }
  lua_getfield(L, 1, "query");
  if (!lua_isnil(L, -1)) set_query(L, url);
  lua_settop(L, 2);
  return 1;
}

static void push_text(lua_State *L, const am_url_text *text)
{
  if (text->bytes == NULL) lua_pushnil(L);
  else lua_pushlstring(L, text->bytes, text->size);
}

/* A key that comes once gives a string, one that comes several times a list; `normalized`: always a
 * list. */
static void push_query(lua_State *L, const am_url *url, bool normalized)
{
  lua_newtable(L);
  for (size_t i = 0; i < url->query_count; i++) {
    const am_url_pair *pair = &url->query[i];
    push_text(L, &pair->key);
    lua_pushvalue(L, -1);
    lua_rawget(L, -3); /* table, key, present value */
    if (lua_isnil(L, -1)) {
      lua_pop(L, 1);
      if (normalized) lua_createtable(L, 1, 0);
      push_text(L, &pair->value);
      if (normalized) lua_rawseti(L, -2, 1);
      lua_rawset(L, -3);
      continue;
    }
    if (!lua_istable(L, -1)) {
      lua_createtable(L, 2, 0);
      lua_insert(L, -2);
      lua_rawseti(L, -2, 1);
      lua_pushvalue(L, -2);
      lua_pushvalue(L, -2);
      lua_rawset(L, -5);
    }
    push_text(L, &pair->value);
    lua_rawseti(L, -2, (int)lua_rawlen(L, -2) + 1);
    lua_pop(L, 2);
  }
}

/* Field or method; upvalue 1 is the table of methods. */
static int url_index(lua_State *L)
{
  am_url *url = check_url(L, 1);
  const char *name = lua_type(L, 2) == LUA_TSTRING ? lua_tostring(L, 2) : "";
  if (strcmp(name, "drivername") == 0) push_text(L, &url->drivername);
  else if (strcmp(name, "username") == 0) push_text(L, &url->username);
  else if (strcmp(name, "password") == 0) push_text(L, &url->password);
  else if (strcmp(name, "host") == 0) push_text(L, &url->host);
  else if (strcmp(name, "database") == 0) push_text(L, &url->database);
  else if (strcmp(name, "query") == 0) push_query(L, url, false);
  else if (strcmp(name, "normalized_query") == 0) push_query(L, url, true);
  else if (strcmp(name, "port") == 0) {
    if (url->port >= 0) lua_pushinteger(L, url->port);
    else lua_pushnil(L);
  } else {
    lua_settop(L, 2);
    lua_gettable(L, lua_upvalueindex(1)); /* which refuses names that nobody knows */
  }
  return 1;
}

static int url_newindex(lua_State *L)
{
  return am_raisef(L, AM_ERR_ARGUMENT, "URL objects are immutable; use url:set{...}");
}

/* The password is part of the text, which must be freed even if Lua raises. */
static int render(lua_State *L, bool hide)
{
  am_url *url = check_url(L, 1);
  am_error err = AM_ERROR_INIT;
  char *text;
  size_t size;
  /* The text goes into a userdata's care before Lua may raise for want of memory. */
  char **box = am_newuserdata(L, sizeof *box);
  *box = NULL;
  luaL_getmetatable(L, "alchemoon.url.text");
  lua_setmetatable(L, -2);
  if (!am_url_render(url, hide, &text, &size, &err)) return am_raise(L, &err);
  *box = text;
  lua_pushlstring(L, text, size);
  *box = NULL;
  am_free(text);
  return 1;
}

static int text_gc(lua_State *L)
{
  char **box = am_check_class(L, 1, "alchemoon.url.text");
  am_free(*box);
  *box = NULL;
  return 0;
}

/* url_render(url, hide_password) → text */
static int url_render(lua_State *L) { return render(L, lua_toboolean(L, 2)); }

static int url_tostring(lua_State *L) { return render(L, true); }

static int url_eq(lua_State *L)
{
  am_url *x = am_test_class(L, 1, class_name), *y = am_test_class(L, 2, class_name);
  lua_pushboolean(L, x != NULL && y != NULL && am_url_equal(x, y));
  return 1;
}

static int is_url(lua_State *L)
{
  lua_pushboolean(L, am_test_class(L, 1, class_name) != NULL);
  return 1;
}

static const luaL_Reg text_meta[] = {
    {"__gc", text_gc},
    {NULL, NULL},
};
static const luaL_Reg url_meta[] = {
    {"__gc", url_gc}, {"__newindex", url_newindex}, {"__tostring", url_tostring}, {"__eq", url_eq},
    {NULL, NULL},
};
static const luaL_Reg functions[] = {
    {"url_parse", url_parse},
    {"url_create", url_create},
    {"url_render", url_render},
    {"is_url", is_url},
    {NULL, NULL},
};

void am_bind_url(lua_State *L)
{
  am_setfuncs(L, functions);
  am_new_class(L, "alchemoon.url.text", text_meta, NULL);
  lua_pop(L, 1);
  am_new_class(L, class_name, url_meta, NULL);
  lua_newtable(L);
  lua_pushvalue(L, -1);
  lua_setfield(L, -4, "url_methods");
  lua_pushcclosure(L, url_index, 1);
  lua_setfield(L, -2, "__index");
  lua_pop(L, 1);
}
