/* Cancelling without blocking: core.cancel_start(connection). The userdata owns the descriptor that
 * tells when the request has gone out.
 */
#include <unistd.h>

#include "bind/dbconn.h"

static const char request_class[] = "alchemoon.core.cancel";

static int *check(lua_State *L) { return am_check_class(L, 1, request_class); }

/* cancel_start(connection) → request, or nothing when it has gone out already */
static int cancel_start(lua_State *L)
{
  am_dbconn_box *box = am_dbconn_check(L, 1, true);
  int *fd = am_newuserdata(L, sizeof *fd);
  *fd = -1;
  luaL_getmetatable(L, request_class);
  lua_setmetatable(L, -2);
  am_error err = AM_ERROR_INIT;
  if (!am_dbconn_is_ours(box->conn, &err)) return am_raise(L, &err);
  *fd = box->conn->driver->cancel_start(box->conn, &err);
  if (*fd >= 0) return 1;
  return err.cls != AM_ERR_NONE ? am_raise(L, &err) : 0;
}

static int request_fd(lua_State *L)
{
  lua_pushinteger(L, *check(L));
  return 1;
}

/* request:outcome() → nil: still under way; true: it went out; false: it failed. Told once. */
static int request_outcome(lua_State *L)
{
  uint64_t outcome;
  int *fd = check(L);
  if (*fd < 0 || read(*fd, &outcome, sizeof outcome) != (ssize_t)sizeof outcome) return 0;
  lua_pushboolean(L, outcome == AM_CANCEL_SENT);
  return 1;
}

static int request_close(lua_State *L)
{
  int *fd = check(L);
  if (*fd >= 0) close(*fd);
  *fd = -1;
  return 0;
}

void am_bind_cancel(lua_State *L)
{
  static const luaL_Reg meta[] = {
      {"__gc", request_close},
      {NULL, NULL},
  };
  static const luaL_Reg methods[] = {
      {"fd", request_fd},
      {"outcome", request_outcome},
      {"close", request_close},
      {NULL, NULL},
  };
  am_new_class(L, request_class, meta, methods);
  lua_pop(L, 1);
  lua_pushcfunction(L, cancel_start);
  lua_setfield(L, -2, "cancel_start");
}
