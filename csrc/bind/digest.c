/* core.md5(text) → 32 hexadecimal digits: short names for long texts. Nothing that is secret. */
#include "base/md5.h"

#include "bind/bind.h"

static int digest_md5(lua_State *L)
{
  size_t size;
  char hex[33];
  const char *text = am_check_string(L, 1, &size);
  am_md5_hex(text, size, hex);
  lua_pushlstring(L, hex, 32);
  return 1;
}

void am_bind_digest(lua_State *L)
{
  lua_pushcfunction(L, digest_md5);
  lua_setfield(L, -2, "md5");
}
