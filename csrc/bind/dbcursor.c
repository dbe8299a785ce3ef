/* The userdata "alchemoon.cursor": one statement at a time on a driver connection; see dbconn.h.
 *
 * start/step/fetch never wait; execute and the fetches after it block by poll(2). The user value
 * is the connection's table, which anchors the connection.
 */
#include <string.h>

#include "base/alloc.h"
#include "bind/dbconn.h"

static const struct {
  const char *name;
  unsigned hint;
} hint_names[] = {
#define AM_HINT(id, name, oid, array_oid) {name, AM_HINT_##id},
#include "driver/hints.def"
#undef AM_HINT
};

const char am_class_cursor[] = "alchemoon.cursor";

am_cursor_box *am_cursor_new(lua_State *L, int conn_index)
{
  conn_index = lua_absindex(L, conn_index);
  am_dbconn_box *conn = lua_touserdata(L, conn_index);
  am_cursor_box *box = am_newuserdata(L, sizeof *box);
  memset(box, 0, sizeof *box);
  box->mark = am_class_cursor;
  am_params_init(&box->params);
  am_set_class(L, am_class_cursor);
  am_getuservalue(L, conn_index);
  am_setuservalue(L, -2);
  am_error err = AM_ERROR_INIT;
  box->cursor = conn->conn->driver->cursor(conn->conn, &err);
  if (box->cursor == NULL) am_raise(L, &err);
  box->conn = conn;
  box->next = conn->cursors;
  if (conn->cursors != NULL) conn->cursors->prev = box;
  conn->cursors = box;
  return box;
}

am_cursor_box *am_cursor_check(lua_State *L, int arg, bool check_open)
{
  am_cursor_box *box = am_check_marked(L, arg, am_class_cursor);
  if (check_open && box->cursor == NULL) am_raisef(L, AM_ERR_INTERFACE, "the cursor is closed");
  return box;
}

void am_cursor_close(am_cursor_box *box)
{
  if (box->cursor != NULL) {
    box->conn->conn->driver->cursor_close(box->cursor);
    if (box->prev != NULL) box->prev->next = box->next;
    else box->conn->cursors = box->next;
    if (box->next != NULL) box->next->prev = box->prev;
  }
  box->cursor = NULL;
  box->conn = NULL;
  box->next = box->prev = NULL;
  box->step = AM_STEP_DONE;
  am_params_deinit(&box->params);
  am_vec_deinit(&box->binds);
  am_free(box->prelude);
  box->prelude = NULL;
  am_free(box->row);
  box->row = NULL;
  box->row_capacity = 0;
}

/* Notes what the driver answered; at the first rows makes room for one. */
static am_step note(am_cursor_box *box, am_step step, am_error *err)
{
  const am_column_info *columns;
  box->step = step;
  if (step == AM_STEP_ROWS && box->column_count == 0) {
    size_t count = box->conn->conn->driver->columns(box->cursor, &columns);
    box->column_count = count;
    if (count > box->row_capacity) {
      am_cell *row = am_realloc(box->row, count * sizeof *row);
      if (row == NULL) {
        am_error_memory(err);
        box->step = AM_STEP_DONE;
        return AM_STEP_ERROR;
      }
      box->row = row;
      box->row_capacity = count;
    }
  }
  if (step == AM_STEP_ERROR || step == AM_STEP_DONE) {
    box->step = AM_STEP_DONE;
    am_params_clear(&box->params);
  }
  return step;
}

bool am_cursor_is_immediate(const am_cursor_box *box) { return box->conn->conn->immediate; }

am_step am_cursor_start(am_cursor_box *box, const am_query *query, am_error *err)
{
  am_query full = *query;
  if (full.cells == NULL) full.cells = box->params.cells;
  full.deadline = box->deadline;
  full.prelude = box->prelude;
  box->deadline = 0;
  box->column_count = 0;
  box->blocking = false;
  am_step step = AM_STEP_ERROR;
  if (am_dbconn_is_ours(box->conn->conn, err))
    step = box->conn->conn->driver->start(box->cursor, &full, err);
  step = note(box, step, err);
  if (box->prelude != NULL) {
    am_free(box->prelude);
    box->prelude = NULL;
  }
  return step;
}

am_step am_cursor_step(am_cursor_box *box, am_error *err)
{
  if (!am_dbconn_is_ours(box->conn->conn, err)) return note(box, AM_STEP_ERROR, err);
  return note(box, box->conn->conn->driver->step(box->cursor, err), err);
}

int am_cursor_row(am_cursor_box *box, bool wait, am_error *err)
{
  const am_driver *driver = box->conn->conn->driver;
  if (box->step != AM_STEP_DONE && !am_dbconn_is_ours(box->conn->conn, err)) {
    note(box, AM_STEP_ERROR, err);
    return -1;
  }
  for (;;) {
    if (box->step == AM_STEP_DONE) return 0;
    if (box->step == AM_STEP_ROWS) {
      int rc = driver->fetch(box->cursor, box->row, err);
      if (rc < 0) note(box, AM_STEP_ERROR, err);
      if (rc != 0) return rc;
    } else if (wait) {
      am_dbconn_wait(box->conn->conn, box->step, -1);
    } else {
      return 0;
    }
    if (am_cursor_step(box, err) == AM_STEP_ERROR) return -1;
    if (!wait && box->step != AM_STEP_ROWS) return 0;
  }
}

/* --- Lua --- */

static unsigned read_hint(lua_State *L, int index)
{
  size_t size;
  const char *name = am_check_string(L, index, &size);
  unsigned array = 0;
  if (size > 2 && strcmp(name + size - 2, "[]") == 0) {
    array = AM_HINT_ARRAY;
    size -= 2;
  }
  for (size_t i = 0; i < sizeof hint_names / sizeof *hint_names; i++)
    if (strlen(hint_names[i].name) == size && memcmp(hint_names[i].name, name, size) == 0)
      return hint_names[i].hint | array;
  am_raisef(L, AM_ERR_ARGUMENT, "unknown parameter hint '%s'", name);
  return 0;
}

static size_t list_size(lua_State *L, int index)
{
  lua_getfield(L, index, "n");
  int64_t n;
  bool given = am_tointegerx(L, -1, &n) && n >= 0;
  lua_pop(L, 1);
  return given ? (size_t)n : lua_rawlen(L, index);
}

static void read_row(lua_State *L, am_params *params, int index, int hints)
{
  size_t count = list_size(L, index);
  for (size_t i = 1; i <= count; i++) {
    unsigned hint = 0;
    if (hints != 0) {
      lua_rawgeti(L, hints, (int)i);
      if (!lua_isnil(L, -1)) hint = read_hint(L, -1);
      lua_pop(L, 1);
    }
    lua_rawgeti(L, index, (int)i);
    am_params_add_value(L, params, -1, hint);
    lua_pop(L, 1);
  }
}

/* True if the list holds rows: its first element is a table without metatable. */
static bool is_many(lua_State *L, int index)
{
  int top = lua_gettop(L);
  lua_rawgeti(L, index, 1);
  bool many = lua_istable(L, -1) && !lua_getmetatable(L, -1);
  lua_settop(L, top);
  return many;
}

/* One row or many; all of them must have the same number of values. */
static void read_params(lua_State *L, am_cursor_box *box, int index, int hints, am_query *query)
{
  am_params_clear(&box->params);
  if (lua_isnoneornil(L, index)) return;
  if (!lua_istable(L, index))
    am_raisef(L, AM_ERR_ARGUMENT, "parameters must be a list, got %s", luaL_typename(L, index));
  if (!is_many(L, index)) {
    read_row(L, &box->params, index, hints);
    query->cell_count = box->params.count;
    query->row_count = 1;
    return;
  }
  query->row_count = lua_rawlen(L, index);
  for (size_t i = 1; i <= query->row_count; i++) {
    size_t before = box->params.count;
    lua_rawgeti(L, index, (int)i);
    if (!lua_istable(L, -1))
      am_raisef(L, AM_ERR_ARGUMENT, "parameter row %d is a %s", (int)i, luaL_typename(L, -1));
    read_row(L, &box->params, lua_gettop(L), hints);
    lua_pop(L, 1);
    size_t count = box->params.count - before;
    if (i == 1) query->cell_count = count;
    else if (count != query->cell_count)
      am_raisef(L, AM_ERR_PROGRAMMING, "parameter row %d has %d values, the first one has %d",
                (int)i, (int)count, (int)query->cell_count);
  }
}

static unsigned read_flag(lua_State *L, int index, const char *name, unsigned flag)
{
  return am_is_set(L, index, name) ? flag : 0;
}

/* (cursor, sql, params, options): options is a number of flags or { stream, no_prepare, script,
 * hints = { "int4", "text[]", ... } }. */
static am_step start(lua_State *L, am_cursor_box *box, am_error *err)
{
  lua_settop(L, 4);
  am_query query = {0};
  query.sql = am_check_string(L, 2, &query.sql_size);
  int hints = 0;
  if (lua_istable(L, 4)) {
    query.flags = read_flag(L, 4, "stream", AM_QUERY_STREAM) |
                  read_flag(L, 4, "no_prepare", AM_QUERY_NO_PREPARE) |
                  read_flag(L, 4, "script", AM_QUERY_SCRIPT);
    lua_getfield(L, 4, "hints");
    if (lua_istable(L, -1)) hints = 5;
  } else if (!lua_isnil(L, 4)) {
    query.flags = (unsigned)am_check_integer(L, 4);
  }
  read_params(L, box, 3, hints, &query);
  return am_cursor_start(box, &query, err);
}

/* Hands out notices and raises if there is an error. The connection is on the cursor's user value.
 * */
static void finish(lua_State *L, am_cursor_box *box, am_error *err)
{
  bool failed = err->cls != AM_ERR_NONE;
  if (failed) am_push_error(L, err);
  if (box->conn != NULL && box->conn->first_notice != NULL && box->conn->has_handler) {
    am_getuservalue(L, 1);
    lua_rawgeti(L, -1, 1);
    am_dbconn_deliver_notices(L, -1);
    lua_pop(L, 2);
  }
  if (failed) lua_error(L);
}

/* cursor:deadline(seconds on the monotonic clock): the next statement must end by then, where the
 * driver runs it inside its calls */
static int cursor_deadline(lua_State *L)
{
  am_cursor_check(L, 1, true)->deadline = am_check_number(L, 2);
  return 0;
}

/* cursor:prelude(sql or nil): a command to be run in front of the next statement */
static int cursor_prelude(lua_State *L)
{
  am_cursor_box *box = am_cursor_check(L, 1, true);
  const char *sql = am_opt_string(L, 2, NULL);
  am_free(box->prelude);
  box->prelude = NULL;
  if (sql == NULL) return 0;
  box->prelude = am_strdup(sql);
  if (box->prelude != NULL) return 0;
  am_error err = AM_ERROR_INIT;
  am_error_memory(&err);
  return am_raise(L, &err);
}

static int cursor_start(lua_State *L)
{
  am_cursor_box *box = am_cursor_check(L, 1, true);
  am_error err = AM_ERROR_INIT;
  am_step step = start(L, box, &err);
  finish(L, box, &err);
  lua_pushstring(L, am_step_word(step));
  return 1;
}

static int cursor_step(lua_State *L)
{
  am_cursor_box *box = am_cursor_check(L, 1, true);
  am_error err = AM_ERROR_INIT;
  am_step step = am_cursor_step(box, &err);
  finish(L, box, &err);
  lua_pushstring(L, am_step_word(step));
  return 1;
}

/* cursor:execute(sql, params, options) → cursor: runs to the first rows or to the end; blocks */
static int cursor_execute(lua_State *L)
{
  am_cursor_box *box = am_cursor_check(L, 1, true);
  am_error err = AM_ERROR_INIT;
  am_step step = start(L, box, &err);
  box->blocking = true;
  while (step == AM_STEP_READ || step == AM_STEP_WRITE || step == AM_STEP_READ_WRITE) {
    am_dbconn_wait(box->conn->conn, step, -1);
    step = am_cursor_step(box, &err);
  }
  finish(L, box, &err);
  lua_pushvalue(L, 1);
  return 1;
}

/* cursor:executemany(...): the same; a function of its own, which an error can name */
static int cursor_executemany(lua_State *L) { return cursor_execute(L); }

static void push_row(lua_State *L, const am_cursor_box *box)
{
  lua_createtable(L, (int)box->column_count, 0);
  for (size_t i = 0; i < box->column_count; i++) {
    if (box->row[i].cls == AM_CELL_NULL) continue;
    am_push_cell(L, &box->row[i]);
    lua_rawseti(L, -2, (int)i + 1);
  }
}

/* cursor:fetchone() → list (NULL is nil), or nil: no more rows, or (after start) none at hand */
static int cursor_fetchone(lua_State *L)
{
  am_cursor_box *box = am_cursor_check(L, 1, true);
  am_error err = AM_ERROR_INIT;
  int rc = am_cursor_row(box, box->blocking, &err);
  if (rc <= 0) finish(L, box, &err);
  if (rc > 0) push_row(L, box);
  else lua_pushnil(L);
  return 1;
}

static int fetch_many(lua_State *L, int limit)
{
  am_cursor_box *box = am_cursor_check(L, 1, true);
  lua_newtable(L);
  am_error err = AM_ERROR_INIT;
  for (int i = 1; i <= limit && am_cursor_row(box, box->blocking, &err) > 0; i++) {
    push_row(L, box);
    lua_rawseti(L, -2, i);
  }
  finish(L, box, &err);
  lua_pushstring(L, am_step_word(box->step));
  return 2;
}

/* cursor:fetchmany(n) → list of rows, step word */
static int cursor_fetchmany(lua_State *L) { return fetch_many(L, (int)am_opt_integer(L, 2, 1)); }

/* cursor:fetchall() → list of rows (after start: those at hand), step word */
static int cursor_fetchall(lua_State *L) { return fetch_many(L, INT32_MAX); }

/* cursor:columns() → { { name =, type_oid =, decl_type = }, ... } */
static int cursor_columns(lua_State *L)
{
  am_cursor_box *box = am_cursor_check(L, 1, true);
  const am_column_info *columns;
  size_t count = box->conn->conn->driver->columns(box->cursor, &columns);
  lua_createtable(L, (int)count, 0);
  for (size_t i = 0; i < count; i++) {
    lua_createtable(L, 0, 3);
    lua_pushstring(L, columns[i].name);
    lua_setfield(L, -2, "name");
    lua_pushinteger(L, (lua_Integer)columns[i].type_oid);
    lua_setfield(L, -2, "type_oid");
    lua_pushstring(L, columns[i].decl_type);
    lua_setfield(L, -2, "decl_type");
    lua_rawseti(L, -2, (int)i + 1);
  }
  return 1;
}

static void read_summary(am_cursor_box *box, am_summary *out)
{
  box->conn->conn->driver->summary(box->cursor, out);
}

/* cursor:summary() → { row_count =, last_row_id =, returns_rows = } */
static int cursor_summary(lua_State *L)
{
  am_summary summary;
  read_summary(am_cursor_check(L, 1, true), &summary);
  lua_createtable(L, 0, 3);
  am_push_int64(L, summary.row_count);
  lua_setfield(L, -2, "row_count");
  am_push_int64(L, summary.last_row_id);
  lua_setfield(L, -2, "last_row_id");
  lua_pushboolean(L, summary.returns_rows);
  lua_setfield(L, -2, "returns_rows");
  return 1;
}

static int cursor_close(lua_State *L)
{
  am_cursor_close(am_cursor_check(L, 1, false));
  return 0;
}

static int cursor_closed(lua_State *L)
{
  lua_pushboolean(L, am_cursor_check(L, 1, false)->cursor == NULL);
  return 1;
}

/* { { name }, ... }, or nil for a statement without rows. */
static int push_description(lua_State *L, am_cursor_box *box)
{
  const am_column_info *columns;
  size_t count = box->conn->conn->driver->columns(box->cursor, &columns);
  if (count == 0) {
    lua_pushnil(L);
    return 1;
  }
  lua_createtable(L, (int)count, 0);
  for (size_t i = 0; i < count; i++) {
    lua_createtable(L, 1, 0);
    lua_pushstring(L, columns[i].name);
    lua_rawseti(L, -2, 1);
    lua_rawseti(L, -2, (int)i + 1);
  }
  return 1;
}

/* Methods first, then the fields of Python's cursors: rowcount, lastrowid, description. */
static int cursor_index(lua_State *L)
{
  lua_settop(L, 2);
  lua_pushvalue(L, 2);
  lua_rawget(L, lua_upvalueindex(1));
  if (!lua_isnil(L, -1) || lua_type(L, 2) != LUA_TSTRING) return 1;
  am_cursor_box *box = am_cursor_check(L, 1, false);
  const char *key = lua_tostring(L, 2);
  if (strcmp(key, "description") == 0 && box->cursor != NULL) return push_description(L, box);
  bool count = strcmp(key, "rowcount") == 0;
  if (!count && strcmp(key, "lastrowid") != 0) return 1;
  am_summary summary = {-1, 0, false};
  if (box->cursor != NULL) read_summary(box, &summary);
  if (count || summary.last_row_id != 0)
    am_push_int64(L, count ? summary.row_count : summary.last_row_id);
  else lua_pushnil(L);
  return 1;
}

void am_bind_dbcursor(lua_State *L)
{
  static const luaL_Reg metamethods[] = {
      {"__gc", cursor_close},
      {"__close", cursor_close},
      {NULL, NULL},
  };
  static const luaL_Reg methods[] = {
      {"start", cursor_start},       {"step", cursor_step},
      {"execute", cursor_execute},   {"executemany", cursor_executemany},
      {"fetchone", cursor_fetchone}, {"fetchmany", cursor_fetchmany},
      {"fetchall", cursor_fetchall}, {"columns", cursor_columns},
      {"summary", cursor_summary},   {"close", cursor_close},
      {"closed", cursor_closed},     {"deadline", cursor_deadline},
      {"prelude", cursor_prelude},   {NULL, NULL},
  };
  am_new_class(L, am_class_cursor, metamethods, NULL);
  lua_newtable(L);
  am_setfuncs(L, methods);
  lua_pushcclosure(L, cursor_index, 1);
  lua_setfield(L, -2, "__index");
  lua_pop(L, 1);
}
