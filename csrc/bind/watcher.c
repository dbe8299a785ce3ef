/* The watching thread as a userdata: core.watcher_new(folder). Collecting it ends the thread. */
#include "engine/watcher.h"

#include <errno.h>

#include "bind/bind.h"

static const char watcher_class[] = "alchemoon.core.watcher";

static am_watcher *check(lua_State *L)
{
  am_watcher **box = am_check_class(L, 1, watcher_class);
  if (*box == NULL) am_raisef(L, AM_ERR_INVALID_REQUEST, "the watcher is closed");
  return *box;
}

static int watcher_new(lua_State *L)
{
  const char *folder = am_check_string(L, 1, NULL);
  am_watcher **box = am_newuserdata(L, sizeof *box);
  *box = NULL;
  luaL_getmetatable(L, watcher_class);
  lua_setmetatable(L, -2);
  am_error err = AM_ERROR_INIT;
  *box = am_watcher_new(folder, &err);
  if (*box == NULL) return am_raise(L, &err);
  return 1;
}

static int watcher_close(lua_State *L)
{
  am_watcher **box = am_check_class(L, 1, watcher_class);
  am_watcher *watcher = *box;
  *box = NULL;
  am_watcher_free(watcher);
  return 0;
}

static int watcher_path(lua_State *L)
{
  lua_pushstring(L, am_watcher_path(check(L)));
  return 1;
}

static int watcher_is_mine(lua_State *L)
{
  lua_pushboolean(L, am_watcher_is_mine(check(L)));
  return 1;
}

/* watcher:arm(fd, "r" | "w" | "rw", token) → true, or false: always ready */
static int watcher_arm(lua_State *L)
{
  am_watcher *watcher = check(L);
  int fd = (int)am_check_integer(L, 2);
  const char *mode = am_check_string(L, 3, NULL);
  uint32_t token = (uint32_t)am_check_number(L, 4);
  unsigned events = (strchr(mode, 'r') != NULL ? AM_POLL_READ : 0) |
                    (strchr(mode, 'w') != NULL ? AM_POLL_WRITE : 0);
  am_arm armed = am_watcher_arm(watcher, fd, events, token);
  if (armed == AM_ARM_FAILED)
    return am_raisef(L, AM_ERR_OPERATIONAL, "cannot wait for descriptor %d: %s", fd,
                     strerror(errno));
  lua_pushboolean(L, armed == AM_ARM_OK);
  return 1;
}

static int watcher_disarm(lua_State *L)
{
  am_watcher_disarm(check(L), (int)am_check_integer(L, 2));
  return 0;
}

static int watcher_wake(lua_State *L)
{
  am_watcher_wake(check(L));
  return 0;
}

/* watcher_tokens(bytes) → list of tokens, number of bytes used */
static int watcher_tokens(lua_State *L)
{
  size_t size;
  const char *bytes = am_check_string(L, 1, &size);
  size_t count = size / sizeof(uint32_t);
  lua_createtable(L, (int)count, 0);
  for (size_t i = 0; i < count; i++) {
    uint32_t token;
    memcpy(&token, bytes + i * sizeof token, sizeof token);
    lua_pushnumber(L, (lua_Number)token);
    lua_rawseti(L, -2, (int)i + 1);
  }
  lua_pushinteger(L, (lua_Integer)(count * sizeof(uint32_t)));
  return 2;
}

void am_bind_watcher(lua_State *L)
{
  static const luaL_Reg meta[] = {
      {"__gc", watcher_close},
      {NULL, NULL},
  };
  static const luaL_Reg methods[] = {
      {"path", watcher_path}, {"is_mine", watcher_is_mine},
      {"arm", watcher_arm},   {"disarm", watcher_disarm},
      {"wake", watcher_wake}, {"close", watcher_close},
      {NULL, NULL},
  };
  am_new_class(L, watcher_class, meta, methods);
  lua_pop(L, 1);
  lua_pushcfunction(L, watcher_new);
  lua_setfield(L, -2, "watcher_new");
  lua_pushcfunction(L, watcher_tokens);
  lua_setfield(L, -2, "watcher_tokens");
}
