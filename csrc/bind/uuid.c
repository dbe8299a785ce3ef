/* UUIDs for Lua: there they are texts of 36 characters, or 16 bytes in a string. */
#include "value/uuid.h"

#include "bind/bind.h"

static int push_uuid(lua_State *L, bool ok, const unsigned char *bytes, am_error *err)
{
  if (!ok) return am_raise(L, err);
  char text[AM_UUID_TEXT];
  lua_pushlstring(L, text, am_uuid_print(bytes, text));
  return 1;
}

static bool read_uuid(lua_State *L, unsigned char *bytes, am_error *err)
{
  size_t size;
  if (lua_type(L, 1) != LUA_TSTRING)
    return am_error_set(err, AM_ERR_ARGUMENT, "a UUID is a string, got %s", luaL_typename(L, 1));
  const char *text = lua_tolstring(L, 1, &size);
  return am_uuid_parse(text, size, bytes, err);
}

static int uuid4(lua_State *L)
{
  unsigned char bytes[16];
  am_error err = AM_ERROR_INIT;
  return push_uuid(L, am_uuid_make4(bytes, &err), bytes, &err);
}

static int uuid7(lua_State *L)
{
  unsigned char bytes[16];
  am_error err = AM_ERROR_INIT;
  return push_uuid(L, am_uuid_make7(bytes, &err), bytes, &err);
}

/* uuid(text) → canonical text. */
static int uuid(lua_State *L)
{
  unsigned char bytes[16];
  am_error err = AM_ERROR_INIT;
  return push_uuid(L, read_uuid(L, bytes, &err), bytes, &err);
}

static int uuid_to_bytes(lua_State *L)
{
  unsigned char bytes[16];
  am_error err = AM_ERROR_INIT;
  if (!read_uuid(L, bytes, &err)) return am_raise(L, &err);
  lua_pushlstring(L, (const char *)bytes, sizeof bytes);
  return 1;
}

static int uuid_from_bytes(lua_State *L)
{
  size_t size;
  const char *bytes = am_check_string(L, 1, &size);
  if (size != 16) return am_raisef(L, AM_ERR_ARGUMENT, "a UUID has 16 bytes, got %d", (int)size);
  return push_uuid(L, true, (const unsigned char *)bytes, NULL);
}

static const luaL_Reg functions[] = {
    {"uuid", uuid},
    {"uuid4", uuid4},
    {"uuid7", uuid7},
    {"uuid_to_bytes", uuid_to_bytes},
    {"uuid_from_bytes", uuid_from_bytes},
    {NULL, NULL},
};

void am_bind_uuid(lua_State *L) { am_setfuncs(L, functions); }
