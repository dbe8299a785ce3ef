/* Texts that C makes for Lua: buffers that the collector frees, and strings that leave nothing
 * behind in C if Lua has no memory for them. */
#include "base/strbuf.h"
#include "bind/bind.h"

enum { SMALL = 512 };

static const char text_key = 0;

static int collect_strbuf(lua_State *L)
{
  am_strbuf_deinit(lua_touserdata(L, 1));
  return 0;
}

am_strbuf *am_new_strbuf(lua_State *L)
{
  static const luaL_Reg metamethods[] = {
      {"__gc", collect_strbuf},
      {NULL, NULL},
  };
  am_strbuf *buf = am_newuserdata(L, sizeof *buf);
  am_strbuf_init(buf);
  am_new_class(L, "alchemoon.strbuf", metamethods, NULL);
  lua_setmetatable(L, -2);
  return buf;
}

/* Runs protected: the string stands in the registry afterwards. */
static int keep_text(lua_State *L)
{
  const am_strbuf *text = lua_touserdata(L, 1);
  lua_pushlstring(L, text->text, text->size);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &text_key);
  return 0;
}

void am_push_strbuf(lua_State *L, am_strbuf *take_text)
{
  char small[SMALL];
  size_t size = take_text->size;
  bool fits = size <= SMALL, ok = !am_strbuf_failed(take_text);
  if (ok && fits && size > 0) memcpy(small, take_text->text, size);
  if (ok && !fits) ok = am_protect(L, keep_text, take_text) == LUA_OK;
  am_strbuf_deinit(take_text);
  if (!ok) am_raise_memory(L);
  if (fits) {
    lua_pushlstring(L, small, size);
    return;
  }
  lua_rawgetp(L, LUA_REGISTRYINDEX, &text_key);
  lua_pushnil(L); /* the registry would keep a long text until the next one comes */
  lua_rawsetp(L, LUA_REGISTRYINDEX, &text_key);
}
