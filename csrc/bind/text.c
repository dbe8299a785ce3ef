/* Texts that C has made become strings of Lua, and nothing is left in C if Lua has no memory for
 * them. */
#include "base/strbuf.h"
#include "bind/bind.h"

enum { SMALL = 512 };

static const char text_key = 0;

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
  if (fits) lua_pushlstring(L, small, size);
  else lua_rawgetp(L, LUA_REGISTRYINDEX, &text_key);
}
