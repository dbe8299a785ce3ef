/* The built-in reactor's waits as a userdata: core.reactor_new(). Coroutines are the business of
 * lua/alchemoon/reactor/; here they are numbers.
 */
#include "engine/reactor.h"

#include "bind/bind.h"

static const char reactor_class[] = "alchemoon.core.reactor";

static am_reactor *check(lua_State *L)
{
  am_reactor **box = am_check_class(L, 1, reactor_class);
  if (*box == NULL) am_raisef(L, AM_ERR_INVALID_REQUEST, "the reactor is closed");
  return *box;
}

/* reactor_new("epoll" | "poll" | nil) → reactor */
static int reactor_new(lua_State *L)
{
  const char *name = am_opt_string(L, 1, NULL);
  const am_poller_kind *kind = am_poller_find(name);
  if (kind == NULL) return am_raisef(L, AM_ERR_ARGUMENT, "there is no poller '%s' here", name);
  am_reactor **box = am_newuserdata(L, sizeof *box);
  *box = NULL;
  luaL_getmetatable(L, reactor_class);
  lua_setmetatable(L, -2);
  am_error err = AM_ERROR_INIT;
  *box = am_reactor_new(kind, &err);
  if (*box == NULL) return am_raise(L, &err);
  return 1;
}

static int reactor_close(lua_State *L)
{
  am_reactor **box = am_check_class(L, 1, reactor_class);
  am_reactor *reactor = *box;
  *box = NULL;
  am_reactor_free(reactor);
  return 0;
}

/* reactor:add(fd or -1, "r" | "w" | "rw", seconds or nil, owner or nil) → token; `owner`: the
 * second result of a connection's fd() */
static int reactor_add(lua_State *L)
{
  am_reactor *reactor = check(L);
  int fd = (int)am_check_integer(L, 2);
  unsigned events = 0;
  if (fd >= 0) {
    for (const char *mode = am_check_string(L, 3, NULL); *mode != '\0'; mode++) {
      if (*mode == 'r') events |= AM_POLL_READ;
      if (*mode == 'w') events |= AM_POLL_WRITE;
    }
    if (events == 0)
      return am_raisef(L, AM_ERR_ARGUMENT, "a wait is for 'r', 'w' or 'rw', not for '%s'",
                       lua_tostring(L, 3));
  }
  am_error err = AM_ERROR_INIT;
  uint64_t owner = (uint64_t)lua_tonumber(L, 5);
  uint32_t token = am_reactor_add(reactor, fd, events, am_opt_number(L, 4, -1), owner, &err);
  if (token == 0) return am_raise(L, &err);
  lua_pushinteger(L, (lua_Integer)token);
  return 1;
}

/* reactor:remove(token): a token that add gave and neither next nor remove took back */
static int reactor_remove(lua_State *L)
{
  am_reactor_remove(check(L), (uint32_t)am_check_integer(L, 2));
  return 0;
}

static int reactor_forget(lua_State *L)
{
  am_reactor_forget(check(L), (int)am_check_integer(L, 2));
  return 0;
}

static int push_next(lua_State *L, am_reactor *reactor)
{
  bool ready;
  uint32_t token = am_reactor_next(reactor, &ready);
  if (token == 0) return 0;
  lua_pushinteger(L, (lua_Integer)token);
  lua_pushboolean(L, ready);
  return 2;
}

/* reactor:poll(seconds or nil) → what next answers, and how many there are with it */
static int reactor_poll(lua_State *L)
{
  am_reactor *reactor = check(L);
  am_error err = AM_ERROR_INIT;
  if (!am_reactor_poll(reactor, am_opt_number(L, 2, -1), &err)) return am_raise(L, &err);
  uint32_t count = am_reactor_over(reactor);
  if (push_next(L, reactor) == 0) return 0;
  lua_pushinteger(L, (lua_Integer)count);
  return 3;
}

/* reactor:next() → token, ready; or nothing */
static int reactor_next(lua_State *L) { return push_next(L, check(L)); }

static int reactor_waiting(lua_State *L)
{
  lua_pushinteger(L, (lua_Integer)am_reactor_waiting(check(L)));
  return 1;
}

/* reactor:fd() → descriptor, or nothing */
static int reactor_fd(lua_State *L)
{
  int fd = am_reactor_fd(check(L));
  if (fd < 0) return 0;
  lua_pushinteger(L, fd);
  return 1;
}

static int reactor_kind(lua_State *L)
{
  lua_pushstring(L, am_reactor_kind(check(L)));
  return 1;
}

/* yieldable(coroutine or nil) → may the caller be suspended, and is it that coroutine? (nginx's Lua
 * lacks coroutine.isyieldable; PUC Lua 5.1 cannot yield across pcall, without which nothing here
 * works.) */
static int yieldable(lua_State *L)
{
  if (lua_gettop(L) > 0 && lua_tothread(L, 1) != L) {
    lua_pushboolean(L, 0);
    return 1;
  }
#if LUA_VERSION_NUM >= 503 || __has_include(<luajit.h>)
  lua_pushboolean(L, lua_isyieldable(L));
#else
  lua_pushboolean(L, 0);
#endif
  return 1;
}

void am_bind_reactor(lua_State *L)
{
  static const luaL_Reg meta[] = {
      {"__gc", reactor_close},
      {NULL, NULL},
  };
  static const luaL_Reg methods[] = {
      {"add", reactor_add},   {"remove", reactor_remove}, {"forget", reactor_forget},
      {"poll", reactor_poll}, {"next", reactor_next},     {"waiting", reactor_waiting},
      {"kind", reactor_kind}, {"close", reactor_close},   {"fd", reactor_fd},
      {NULL, NULL},
  };
  am_new_class(L, reactor_class, meta, methods);
  lua_pop(L, 1);
  lua_pushcfunction(L, reactor_new);
  lua_setfield(L, -2, "reactor_new");
  lua_pushcfunction(L, yieldable);
  lua_setfield(L, -2, "yieldable");
}
