/* The SQLite floor: prepared statements, rows as name-keyed tables.
 *
 *   conn = floor_sqlite.open(path)      conn:exec(sql)   conn:close()
 *   stmt = conn:prepare(sql)            the database stays open until its last statement is gone
 *   stmt:all(p1, ...)  -> list of rows  stmt:one(p1, ...) -> row or nil
 *   stmt:each(list, id_key, field, ...) runs once per table of the list, binding its fields;
 *                                       id_key (or false) receives the new rowid
 * Column names are pushed once per call and copied per row; nothing else is done per row.
 */
#include "floor.h"

#include <sqlite3.h>

#define CONN "bench.floor.sqlite.conn"
#define STMT "bench.floor.sqlite.stmt"
#define MAX_COLUMNS 64

typedef struct conn {
  sqlite3 *db;
} conn;
typedef struct stmt {
  sqlite3_stmt *stmt;
  sqlite3 *db;
} stmt;

static int fail(lua_State *L, sqlite3 *db)
{
  return luaL_error(L, "sqlite: %s", sqlite3_errmsg(db));
}

static int conn_open(lua_State *L)
{
  const char *path = luaL_checkstring(L, 1);
  conn *c = lua_newuserdata(L, sizeof *c);
  c->db = NULL;
  luaL_getmetatable(L, CONN);
  lua_setmetatable(L, -2);
  if (sqlite3_open(path, &c->db) != SQLITE_OK) return fail(L, c->db);
  return 1;
}

static int conn_gc(lua_State *L)
{
  conn *c = luaL_checkudata(L, 1, CONN);
  if (c->db) sqlite3_close_v2(c->db);
  c->db = NULL;
  return 0;
}

static int conn_exec(lua_State *L)
{
  conn *c = luaL_checkudata(L, 1, CONN);
  int rc = sqlite3_exec(c->db, luaL_checkstring(L, 2), NULL, NULL, NULL);
  if (rc != SQLITE_OK) return fail(L, c->db);
  return 0;
}

static int conn_prepare(lua_State *L)
{
  conn *c = luaL_checkudata(L, 1, CONN);
  const char *sql = luaL_checkstring(L, 2);
  stmt *s = lua_newuserdata(L, sizeof *s);
  s->stmt = NULL;
  s->db = c->db;
  luaL_getmetatable(L, STMT);
  lua_setmetatable(L, -2);
  if (sqlite3_prepare_v2(c->db, sql, -1, &s->stmt, NULL) != SQLITE_OK) return fail(L, c->db);
  return 1;
}

static int stmt_gc(lua_State *L)
{
  stmt *s = luaL_checkudata(L, 1, STMT);
  sqlite3_finalize(s->stmt);
  s->stmt = NULL;
  return 0;
}

static void bind(lua_State *L, sqlite3_stmt *st, int position, int index)
{
  switch (lua_type(L, index)) {
    case LUA_TNUMBER:
      if (floor_isinteger(L, index)) sqlite3_bind_int64(st, position, lua_tointeger(L, index));
      else sqlite3_bind_double(st, position, lua_tonumber(L, index));
      break;
    case LUA_TSTRING: {
      size_t size;
      const char *text = lua_tolstring(L, index, &size);
      /* static: the text stays alive on the stack or in its row until the step is over */
      sqlite3_bind_text(st, position, text, (int)size, SQLITE_STATIC);
      break;
    }
    default: sqlite3_bind_null(st, position);
  }
}

static void push_value(lua_State *L, sqlite3_stmt *st, int column)
{
  switch (sqlite3_column_type(st, column)) {
    case SQLITE_INTEGER: lua_pushinteger(L, sqlite3_column_int64(st, column)); break;
    case SQLITE_FLOAT: lua_pushnumber(L, sqlite3_column_double(st, column)); break;
    case SQLITE_NULL: lua_pushnil(L); break;
    default: {
      const char *text = (const char *)sqlite3_column_text(st, column);
      lua_pushlstring(L, text, (size_t)sqlite3_column_bytes(st, column));
    }
  }
}

static void push_row(lua_State *L, sqlite3_stmt *st, int count, int names)
{
  lua_createtable(L, 0, count);
  for (int i = 0; i < count; i++) {
    lua_pushvalue(L, names + i);
    push_value(L, st, i);
    lua_rawset(L, -3);
  }
}

/* Binds arguments 2.. and pushes the column names; returns their number. */
static int start(lua_State *L, sqlite3_stmt *st, int *names)
{
  int top = lua_gettop(L), count = sqlite3_column_count(st);
  for (int i = 2; i <= top; i++) bind(L, st, i - 1, i);
  luaL_argcheck(L, count <= MAX_COLUMNS, 1, "too many columns");
  luaL_checkstack(L, MAX_COLUMNS + 8, NULL);
  for (int i = 0; i < count; i++) lua_pushstring(L, sqlite3_column_name(st, i));
  *names = top + 1;
  return count;
}

static int stmt_all(lua_State *L)
{
  stmt *s = luaL_checkudata(L, 1, STMT);
  int names, rc, count = start(L, s->stmt, &names), n = 0;
  lua_newtable(L);
  while ((rc = sqlite3_step(s->stmt)) == SQLITE_ROW) {
    push_row(L, s->stmt, count, names);
    lua_rawseti(L, -2, ++n);
  }
  sqlite3_reset(s->stmt);
  if (rc != SQLITE_DONE) return fail(L, s->db);
  return 1;
}

static int stmt_one(lua_State *L)
{
  stmt *s = luaL_checkudata(L, 1, STMT);
  int names, count = start(L, s->stmt, &names), rc = sqlite3_step(s->stmt);
  if (rc == SQLITE_ROW) push_row(L, s->stmt, count, names);
  else lua_pushnil(L);
  sqlite3_reset(s->stmt);
  if (rc != SQLITE_ROW && rc != SQLITE_DONE) return fail(L, s->db);
  return 1;
}

static int stmt_each(lua_State *L)
{
  stmt *s = luaL_checkudata(L, 1, STMT);
  int fields = lua_gettop(L) - 3, with_id = lua_toboolean(L, 3);
  luaL_checktype(L, 2, LUA_TTABLE);
  int rows = (int)floor_rawlen(L, 2);
  for (int r = 1; r <= rows; r++) {
    lua_rawgeti(L, 2, r);
    for (int f = 0; f < fields; f++) {
      lua_pushvalue(L, 4 + f);
      lua_rawget(L, -2);
      bind(L, s->stmt, f + 1, -1);
      lua_pop(L, 1);
    }
    int rc = sqlite3_step(s->stmt);
    sqlite3_reset(s->stmt);
    if (rc != SQLITE_DONE) return fail(L, s->db);
    if (with_id) {
      lua_pushvalue(L, 3);
      lua_pushinteger(L, sqlite3_last_insert_rowid(s->db));
      lua_rawset(L, -3);
    }
    lua_pop(L, 1);
  }
  return 0;
}

int luaopen_floor_sqlite(lua_State *L);
int luaopen_floor_sqlite(lua_State *L)
{
  static const luaL_Reg conn_methods[] = {
      {"exec", conn_exec}, {"prepare", conn_prepare}, {"close", conn_gc}, {NULL, NULL}};
  static const luaL_Reg stmt_methods[] = {
      {"all", stmt_all}, {"one", stmt_one}, {"each", stmt_each}, {"close", stmt_gc}, {NULL, NULL}};
  floor_class(L, CONN, conn_methods, conn_gc);
  floor_class(L, STMT, stmt_methods, stmt_gc);
  lua_newtable(L);
  lua_pushcfunction(L, conn_open);
  lua_setfield(L, -2, "open");
  return 1;
}
