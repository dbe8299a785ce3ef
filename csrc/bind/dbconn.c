/* The userdata "alchemoon.dbconn": a driver connection in Lua's hands; see dbconn.h.
 *
 * dbconn_open makes one; connect is stepped until "done". Everything here returns at once, except
 * the sugar for scripts and listeners (execute, commit, rollback), which blocks by poll(2).
 * The user value is a table: [1] the userdata itself (cursors share the table as their anchor), [2]
 * the notice function.
 */
#include "bind/dbconn.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "engine/clock.h"
#include "engine/null_driver.h"

enum { NOTICES_KEPT = 50 }; /* without a handler, the last ones can still be read */

struct am_notice {
  am_notice *next;
  char *severity, *message;
};

const char *am_step_word(am_step step)
{
  switch (step) {
    case AM_STEP_DONE: return "done";
    case AM_STEP_ROWS: return "rows";
    case AM_STEP_READ: return "read";
    case AM_STEP_WRITE: return "write";
    case AM_STEP_READ_WRITE: return "rw";
    default: return "error";
  }
}

static void drop_first_notice(am_dbconn_box *box)
{
  am_notice *notice = box->first_notice;
  box->first_notice = notice->next;
  if (box->first_notice == NULL) box->last_notice = NULL;
  box->notice_count--;
  am_free(notice->severity);
  am_free(notice->message);
  am_free(notice);
}

/* Called by the driver inside a step. Without memory the notice is lost, not the statement. */
static void on_notice(void *context, const char *severity, const char *message)
{
  am_dbconn_box *box = context;
  am_notice *notice = am_calloc(sizeof *notice);
  if (notice == NULL) return;
  notice->severity = am_strdup(severity);
  notice->message = am_strdup(message);
  if (notice->severity == NULL || notice->message == NULL) {
    am_free(notice->severity);
    am_free(notice->message);
    am_free(notice);
    return;
  }
  if (box->last_notice != NULL) box->last_notice->next = notice;
  else box->first_notice = notice;
  box->last_notice = notice;
  box->notice_count++;
  if (!box->has_handler && box->notice_count > NOTICES_KEPT) drop_first_notice(box);
}

am_dbconn_box *am_dbconn_new(lua_State *L)
{
  am_dbconn_box *box = am_newuserdata(L, sizeof *box);
  memset(box, 0, sizeof *box);
  luaL_getmetatable(L, AM_CLASS_DBCONN);
  lua_setmetatable(L, -2);
  lua_createtable(L, 2, 0);
  lua_pushvalue(L, -2);
  lua_rawseti(L, -2, 1);
  am_setuservalue(L, -2);
  return box;
}

void am_dbconn_give(am_dbconn_box *box, am_dbconn *take_conn, bool owned)
{
  box->conn = take_conn;
  box->owned = owned;
  take_conn->driver->set_notice(take_conn, on_notice, box);
}

am_dbconn *am_dbconn_take(am_dbconn_box *box)
{
  am_dbconn *conn = box->conn;
  while (box->cursors != NULL) am_cursor_close(box->cursors);
  while (box->first_notice != NULL) drop_first_notice(box);
  box->conn = NULL;
  if (conn != NULL) conn->driver->set_notice(conn, NULL, NULL);
  return conn;
}

bool am_dbconn_is_ours(const am_dbconn *conn, am_error *err)
{
  if (!am_dbconn_forked(conn)) return true;
  return am_error_set(err, AM_ERR_INTERFACE,
                      "This connection belongs to the parent process; after a fork use a new one");
}

void am_dbconn_close(am_dbconn_box *box)
{
  bool owned = box->owned;
  am_dbconn *conn = am_dbconn_take(box);
  if (conn != NULL && owned) conn->driver->close(conn, am_dbconn_forked(conn));
}

am_dbconn_box *am_dbconn_check(lua_State *L, int arg, bool check_open)
{
  am_dbconn_box *box = am_check_class(L, arg, AM_CLASS_DBCONN);
  if (check_open && box->conn == NULL) am_raisef(L, AM_ERR_INTERFACE, "the connection is closed");
  return box;
}

void am_dbconn_deliver_notices(lua_State *L, int index)
{
  am_dbconn_box *box = lua_touserdata(L, index);
  if (box->first_notice == NULL || !box->has_handler) return;
  index = lua_absindex(L, index);
  while (box->first_notice != NULL) {
    am_getuservalue(L, index);
    lua_rawgeti(L, -1, 2);
    lua_remove(L, -2);
    lua_pushstring(L, box->first_notice->severity);
    lua_pushstring(L, box->first_notice->message);
    drop_first_notice(box);
    lua_call(L, 2, 0);
  }
}

/* Options as they come from Lua, in a userdata so that nothing is lost when something raises. */
typedef struct option_list {
  size_t count;
  am_option options[];
} option_list;

static int compare_options(const void *a, const void *b)
{
  return strcmp(((const am_option *)a)->name, ((const am_option *)b)->name);
}

/* Pushes a table that anchors the texts, and the list; sorted by name. */
static option_list *read_options(lua_State *L, int index)
{
  size_t count = 0;
  for (lua_pushnil(L); lua_next(L, index); lua_pop(L, 1)) count++;
  lua_newtable(L);
  int anchor = lua_gettop(L);
  option_list *list = am_newuserdata(L, sizeof *list + count * sizeof *list->options);
  list->count = 0;
  lua_pushnil(L);
  while (lua_next(L, index)) {
    if (lua_type(L, -2) != LUA_TSTRING)
      am_raisef(L, AM_ERR_ARGUMENT, "a connection option's name must be a string");
    const char *name = lua_tostring(L, -2);
    int type = lua_type(L, -1);
    if (type == LUA_TBOOLEAN) {
      lua_pushstring(L, lua_toboolean(L, -1) ? "true" : "false");
    } else if (type == LUA_TNUMBER || type == LUA_TSTRING) {
      int64_t integer;
      char digits[32];
      if (type == LUA_TNUMBER && am_tointegerx(L, -1, &integer)) {
        snprintf(digits, sizeof digits, "%lld", (long long)integer);
        lua_pushstring(L, digits);
      } else {
        lua_pushvalue(L, -1);
      }
    } else {
      am_raisef(L, AM_ERR_ARGUMENT, "connection option '%s': a %s is not a value", name,
                luaL_typename(L, -1));
    }
    list->options[list->count].name = name;
    list->options[list->count].value = lua_tostring(L, -1);
    if (strlen(list->options[list->count].value) != lua_rawlen(L, -1))
      am_raisef(L, AM_ERR_ARGUMENT, "connection option '%s' contains a NUL byte", name);
    lua_rawseti(L, anchor, (int)++list->count);
    lua_pop(L, 1);
  }
  qsort(list->options, list->count, sizeof *list->options, compare_options);
  return list;
}

/* dbconn_open(driver, { name = value, ... }) → connection that has to be stepped with connect() */
static int dbconn_open(lua_State *L)
{
  const am_driver *driver = lua_type(L, 1) == LUA_TLIGHTUSERDATA ? lua_touserdata(L, 1) : NULL;
  if (driver == NULL) return am_raisef(L, AM_ERR_ARGUMENT, "argument #1: expected a driver");
  if (driver->abi != AM_DRIVER_ABI)
    return am_raisef(L, AM_ERR_ARGUMENT, "driver %s was built for another version (%d, need %d)",
                     driver->name, driver->abi, AM_DRIVER_ABI);
  lua_settop(L, 2);
  if (lua_isnil(L, 2)) {
    lua_newtable(L);
    lua_replace(L, 2);
  }
  if (!lua_istable(L, 2)) return am_raisef(L, AM_ERR_ARGUMENT, "argument #2: expected a table");
  am_dbconn_box *box = am_dbconn_new(L);
  const option_list *list = read_options(L, 2);
  am_error err = AM_ERROR_INIT;
  am_dbconn *conn = driver->open(list->options, list->count, &err);
  if (conn == NULL) return am_raise(L, &err);
  conn->born = (uint64_t)(am_clock_monotonic() * 1e6);
  conn->process = am_process();
  am_dbconn_give(box, conn, true);
  lua_pushvalue(L, 3);
  return 1;
}

static int conn_connect(lua_State *L)
{
  am_dbconn_box *box = am_dbconn_check(L, 1, true);
  am_error err = AM_ERROR_INIT;
  am_step step = box->conn->driver->connect(box->conn, &err);
  if (step == AM_STEP_ERROR) am_push_error(L, &err);
  else lua_pushstring(L, am_step_word(step));
  am_dbconn_deliver_notices(L, 1);
  return step == AM_STEP_ERROR ? lua_error(L) : 1;
}

/* conn:fd() → descriptor, when it was opened: together they name one connection */
static int conn_fd(lua_State *L)
{
  am_dbconn_box *box = am_dbconn_check(L, 1, true);
  lua_pushinteger(L, box->conn->driver->fd(box->conn));
  lua_pushnumber(L, (lua_Number)box->conn->born);
  return 2;
}

static int conn_tx_status(lua_State *L)
{
  static const char *const words[] = {"idle", "active", "open", "failed", "unknown"};
  am_dbconn_box *box = am_dbconn_check(L, 1, false);
  am_tx_status status = box->conn != NULL ? box->conn->driver->tx_status(box->conn) : AM_TX_UNKNOWN;
  lua_pushstring(L, words[status]);
  return 1;
}

static int conn_server_version(lua_State *L)
{
  am_dbconn_box *box = am_dbconn_check(L, 1, true);
  lua_pushinteger(L, box->conn->driver->server_version(box->conn));
  return 1;
}

static int conn_native(lua_State *L)
{
  am_dbconn_box *box = am_dbconn_check(L, 1, true);
  lua_pushlightuserdata(L, box->conn->driver->native(box->conn));
  return 1;
}

static int conn_cancel(lua_State *L)
{
  am_dbconn_box *box = am_dbconn_check(L, 1, true);
  am_error err = AM_ERROR_INIT;
  if (!am_dbconn_is_ours(box->conn, &err) || !box->conn->driver->cancel(box->conn, &err))
    return am_raise(L, &err);
  return 0;
}

static int conn_close(lua_State *L)
{
  am_dbconn_close(am_dbconn_check(L, 1, false));
  return 0;
}

static int conn_closed(lua_State *L)
{
  lua_pushboolean(L, am_dbconn_check(L, 1, false)->conn == NULL);
  return 1;
}

/* conn:on_notice(fn or nil): fn(severity, message) is called after the step that brought it */
static int conn_on_notice(lua_State *L)
{
  am_dbconn_box *box = am_dbconn_check(L, 1, false);
  lua_settop(L, 2);
  if (!lua_isnil(L, 2) && !lua_isfunction(L, 2))
    return am_raisef(L, AM_ERR_ARGUMENT, "argument #1: expected a function");
  box->has_handler = !lua_isnil(L, 2);
  am_getuservalue(L, 1);
  lua_pushvalue(L, 2);
  lua_rawseti(L, -2, 2);
  return 0;
}

/* conn:notices() → { { severity =, message = }, ... }, and forgets them */
static int conn_notices(lua_State *L)
{
  am_dbconn_box *box = am_dbconn_check(L, 1, false);
  lua_newtable(L);
  for (int i = 1; box->first_notice != NULL; i++) {
    lua_createtable(L, 0, 2);
    lua_pushstring(L, box->first_notice->severity);
    lua_setfield(L, -2, "severity");
    lua_pushstring(L, box->first_notice->message);
    lua_setfield(L, -2, "message");
    drop_first_notice(box);
    lua_rawseti(L, -2, i);
  }
  return 1;
}

static int conn_cursor(lua_State *L)
{
  am_dbconn_check(L, 1, true);
  am_cursor_new(L, 1);
  return 1;
}

/* conn:execute(sql, params, options) → cursor; blocks. */
static int conn_execute(lua_State *L)
{
  am_dbconn_check(L, 1, true);
  lua_settop(L, 4);
  am_cursor_new(L, 1);
  lua_getfield(L, -1, "execute");
  lua_pushvalue(L, 5);
  for (int i = 2; i <= 4; i++) lua_pushvalue(L, i);
  lua_call(L, 4, 1);
  return 1;
}

/* Sends COMMIT or ROLLBACK if a transaction is open; blocks. */
static int end_transaction(lua_State *L, const char *sql)
{
  am_dbconn_box *box = am_dbconn_check(L, 1, true);
  am_tx_status status = box->conn->driver->tx_status(box->conn);
  if (status == AM_TX_IDLE) return 0;
  lua_settop(L, 1);
  lua_pushstring(L, sql);
  conn_execute(L);
  return 0;
}

static int conn_commit(lua_State *L) { return end_transaction(L, "COMMIT"); }
static int conn_rollback(lua_State *L) { return end_transaction(L, "ROLLBACK"); }

static int conn_tostring(lua_State *L)
{
  am_dbconn_box *box = am_dbconn_check(L, 1, false);
  lua_pushfstring(L, "dbconn (%s): %p", box->conn ? box->conn->driver->name : "closed",
                  (void *)box);
  return 1;
}

void am_bind_dbconn(lua_State *L)
{
  static const luaL_Reg metamethods[] = {
      {"__gc", conn_close},
      {"__close", conn_close},
      {"__tostring", conn_tostring},
      {NULL, NULL},
  };
  static const luaL_Reg methods[] = {
      {"connect", conn_connect},
      {"fd", conn_fd},
      {"tx_status", conn_tx_status},
      {"server_version", conn_server_version},
      {"native", conn_native},
      {"cancel", conn_cancel},
      {"close", conn_close},
      {"closed", conn_closed},
      {"on_notice", conn_on_notice},
      {"notices", conn_notices},
      {"cursor", conn_cursor},
      {"execute", conn_execute},
      {"commit", conn_commit},
      {"rollback", conn_rollback},
      {NULL, NULL},
  };
  am_new_class(L, AM_CLASS_DBCONN, metamethods, methods);
  lua_pop(L, 1);
  lua_pushcfunction(L, dbconn_open);
  lua_setfield(L, -2, "dbconn_open");
  lua_pushlightuserdata(L, (void *)&am_driver_null);
  lua_setfield(L, -2, "null_driver");
}
