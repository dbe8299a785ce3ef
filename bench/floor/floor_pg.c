/* The PostgreSQL floor: libpq with prepared statements and binary results.
 *
 *   conn = floor_pg.open(conninfo)       conn:exec(sql)   conn:close()
 *   stmt = conn:prepare(sql)             the statement must not outlive its connection
 *   stmt:all(p1, ...)  -> list of rows   stmt:one(p1, ...) -> row or nil
 *   stmt:each(list, id_key, field, ...)  ONE execution for the whole list: each field travels as an
 *                                        array parameter (int8[] or text[], by the first row), for
 *                                        statements that read FROM unnest($1, $2 ...). id_key (or
 *                                        false) receives column 1 of the row that comes back.
 * Parameters are int8 or text; results int2, int4, int8, float8, bool or text.
 */
#include "floor.h"

#include <libpq-fe.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define CONN "bench.floor.pg.conn"
#define STMT "bench.floor.pg.stmt"
#define MAX_COLUMNS 64

enum {
  OID_BOOL = 16,
  OID_INT8 = 20,
  OID_INT2 = 21,
  OID_INT4 = 23,
  OID_TEXT = 25,
  OID_FLOAT8 = 701,
};

typedef struct conn {
  PGconn *pg;
  unsigned statements;
} conn;
typedef struct stmt {
  PGconn *pg;
  char name[16];
} stmt;

static int fail(lua_State *L, PGresult *res, PGconn *pg)
{
  lua_pushstring(L, PQerrorMessage(pg));
  PQclear(res);
  return luaL_error(L, "postgresql: %s", lua_tostring(L, -1));
}

static int conn_open(lua_State *L)
{
  const char *info = luaL_checkstring(L, 1);
  conn *c = lua_newuserdata(L, sizeof *c);
  *c = (conn){NULL, 0};
  luaL_getmetatable(L, CONN);
  lua_setmetatable(L, -2);
  c->pg = PQconnectdb(info);
  if (PQstatus(c->pg) != CONNECTION_OK) return fail(L, NULL, c->pg);
  return 1;
}

static int conn_gc(lua_State *L)
{
  conn *c = luaL_checkudata(L, 1, CONN);
  PQfinish(c->pg);
  c->pg = NULL;
  return 0;
}

static int conn_exec(lua_State *L)
{
  conn *c = luaL_checkudata(L, 1, CONN);
  PGresult *res = PQexec(c->pg, luaL_checkstring(L, 2));
  ExecStatusType status = PQresultStatus(res);
  if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) return fail(L, res, c->pg);
  PQclear(res);
  return 0;
}

static int conn_prepare(lua_State *L)
{
  conn *c = luaL_checkudata(L, 1, CONN);
  const char *sql = luaL_checkstring(L, 2);
  stmt *s = lua_newuserdata(L, sizeof *s);
  s->pg = c->pg;
  snprintf(s->name, sizeof s->name, "f%u", ++c->statements);
  luaL_getmetatable(L, STMT);
  lua_setmetatable(L, -2);
  PGresult *res = PQprepare(c->pg, s->name, sql, 0, NULL);
  if (PQresultStatus(res) != PGRES_COMMAND_OK) return fail(L, res, c->pg);
  PQclear(res);
  return 1;
}

static int stmt_gc(lua_State *L)
{
  (void)luaL_checkudata(L, 1, STMT); /* the server forgets it with the connection */
  return 0;
}

static void put32(char *out, uint32_t value)
{
  out[0] = (char)(value >> 24);
  out[1] = (char)(value >> 16);
  out[2] = (char)(value >> 8);
  out[3] = (char)value;
}

static void put64(char *out, uint64_t value)
{
  put32(out, (uint32_t)(value >> 32));
  put32(out + 4, (uint32_t)value);
}

static uint64_t get_be(const char *in, int size)
{
  uint64_t value = 0;
  for (int i = 0; i < size; i++) value = value << 8 | (unsigned char)in[i];
  return value;
}

static void push_value(lua_State *L, const PGresult *res, int row, int column, Oid type)
{
  const char *bytes = PQgetvalue(res, row, column);
  int size = PQgetlength(res, row, column);
  if (size == 0 && PQgetisnull(res, row, column)) {
    lua_pushnil(L);
    return;
  }
  switch (type) {
    case OID_INT2: lua_pushinteger(L, (int16_t)get_be(bytes, 2)); break;
    case OID_INT4: lua_pushinteger(L, (int32_t)get_be(bytes, 4)); break;
    case OID_INT8: lua_pushinteger(L, (lua_Integer)(int64_t)get_be(bytes, 8)); break;
    case OID_BOOL: lua_pushboolean(L, bytes[0]); break;
    case OID_FLOAT8: {
      uint64_t bits = get_be(bytes, 8);
      double number;
      memcpy(&number, &bits, sizeof number);
      lua_pushnumber(L, number);
      break;
    }
    default: lua_pushlstring(L, bytes, (size_t)size);
  }
}

/* Runs the statement with arguments 2.. as parameters. The result belongs to the caller. */
static PGresult *run(lua_State *L, stmt *s)
{
  const char *values[MAX_COLUMNS];
  char ints[MAX_COLUMNS][24];
  int count = lua_gettop(L) - 1;
  luaL_argcheck(L, count <= MAX_COLUMNS, 1, "too many parameters");
  for (int i = 0; i < count; i++) {
    if (lua_type(L, i + 2) == LUA_TNUMBER) {
      snprintf(ints[i], sizeof ints[i], "%lld", (long long)lua_tointeger(L, i + 2));
      values[i] = ints[i];
    } else {
      values[i] = lua_tostring(L, i + 2);
    }
  }
  PGresult *res = PQexecPrepared(s->pg, s->name, count, values, NULL, NULL, 1);
  ExecStatusType status = PQresultStatus(res);
  if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK) fail(L, res, s->pg);
  return res;
}

static int push_names(lua_State *L, const PGresult *res, Oid *types)
{
  int count = PQnfields(res);
  luaL_checkstack(L, MAX_COLUMNS + 8, NULL);
  for (int i = 0; i < count && i < MAX_COLUMNS; i++) {
    lua_pushstring(L, PQfname(res, i));
    types[i] = PQftype(res, i);
  }
  return count < MAX_COLUMNS ? count : MAX_COLUMNS;
}

static void push_row(lua_State *L, const PGresult *res, int row, int count, int names,
                     const Oid *types)
{
  lua_createtable(L, 0, count);
  for (int i = 0; i < count; i++) {
    lua_pushvalue(L, names + i);
    push_value(L, res, row, i, types[i]);
    lua_rawset(L, -3);
  }
}

static int stmt_all(lua_State *L)
{
  Oid types[MAX_COLUMNS];
  PGresult *res = run(L, luaL_checkudata(L, 1, STMT));
  int names = lua_gettop(L) + 1, count = push_names(L, res, types), rows = PQntuples(res);
  lua_createtable(L, rows, 0);
  for (int r = 0; r < rows; r++) {
    push_row(L, res, r, count, names, types);
    lua_rawseti(L, -2, r + 1);
  }
  PQclear(res);
  return 1;
}

static int stmt_one(lua_State *L)
{
  Oid types[MAX_COLUMNS];
  PGresult *res = run(L, luaL_checkudata(L, 1, STMT));
  int names = lua_gettop(L) + 1, count = push_names(L, res, types);
  if (PQntuples(res) > 0) push_row(L, res, 0, count, names, types);
  else lua_pushnil(L);
  PQclear(res);
  return 1;
}

/* Pushes a userdata with the binary array of one field of all rows of the list at index 2. */
static char *push_array(lua_State *L, int field, int rows, int *out_size)
{
  size_t size = 20, text_size;
  int is_text = 0;
  for (int r = 1; r <= rows; r++) { /* first pass: the size */
    lua_rawgeti(L, 2, r);
    lua_pushvalue(L, field);
    lua_rawget(L, -2);
    if (r == 1) is_text = lua_type(L, -1) == LUA_TSTRING;
    if (is_text) luaL_checklstring(L, -1, &text_size);
    size += 4 + (is_text ? text_size : 8);
    lua_pop(L, 2);
  }
  char *array = lua_newuserdata(L, size), *at = array + 20;
  put32(array, 1);
  put32(array + 4, 0);
  put32(array + 8, is_text ? OID_TEXT : OID_INT8);
  put32(array + 12, (uint32_t)rows);
  put32(array + 16, 1);
  for (int r = 1; r <= rows; r++) {
    lua_rawgeti(L, 2, r);
    lua_pushvalue(L, field);
    lua_rawget(L, -2);
    if (is_text) {
      const char *text = lua_tolstring(L, -1, &text_size);
      put32(at, (uint32_t)text_size);
      memcpy(at + 4, text, text_size);
      at += 4 + text_size;
    } else {
      put32(at, 8);
      put64(at + 4, (uint64_t)lua_tointeger(L, -1));
      at += 12;
    }
    lua_pop(L, 2);
  }
  *out_size = (int)size;
  return array;
}

static int stmt_each(lua_State *L)
{
  stmt *s = luaL_checkudata(L, 1, STMT);
  const char *values[MAX_COLUMNS];
  int sizes[MAX_COLUMNS], formats[MAX_COLUMNS];
  int fields = lua_gettop(L) - 3;
  luaL_checktype(L, 2, LUA_TTABLE);
  luaL_argcheck(L, fields <= MAX_COLUMNS, 1, "too many fields");
  luaL_checkstack(L, MAX_COLUMNS + 8, NULL);
  int rows = (int)floor_rawlen(L, 2);
  for (int f = 0; f < fields; f++) {
    values[f] = push_array(L, 4 + f, rows, &sizes[f]);
    formats[f] = 1;
  }
  PGresult *res = PQexecPrepared(s->pg, s->name, fields, values, sizes, formats, 1);
  ExecStatusType status = PQresultStatus(res);
  if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK) return fail(L, res, s->pg);
  if (lua_toboolean(L, 3)) {
    if (PQntuples(res) != rows) return fail(L, res, s->pg);
    Oid type = PQftype(res, 0);
    for (int r = 0; r < rows; r++) {
      lua_rawgeti(L, 2, r + 1);
      lua_pushvalue(L, 3);
      push_value(L, res, r, 0, type);
      lua_rawset(L, -3);
      lua_pop(L, 1);
    }
  }
  PQclear(res);
  return 0;
}

int luaopen_floor_pg(lua_State *L);
int luaopen_floor_pg(lua_State *L)
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
