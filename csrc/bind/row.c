/* Rows: a small userdata that points into packed cells (or stands for a list of Lua values) and
 * decodes on access; see row.h.
 *
 * Labels win over methods; positions count from 1, negative ones from the end. What the metamethods
 * do not find in C (methods, column objects, errors) is looked up in the row's anchors.
 */
#include "bind/row.h"

#include <stddef.h>
#include <stdlib.h>

#define ROW_MAGIC UINT64_C(0x9d1f3a6be4c85027)

#if UINTPTR_MAX > 0xffffffffu
/* What lua/alchemoon/engine/row_jit.lua knows about rows and cells. */
_Static_assert(offsetof(am_row, cells) == 8 && offsetof(am_row, shape) == 16,
               "row_jit.lua: am_row");
_Static_assert(offsetof(am_cell, cls) == 0 && offsetof(am_cell, size) == 8 &&
                   offsetof(am_cell, u) == 16 && sizeof(am_cell) == 24,
               "row_jit.lua: am_cell");
_Static_assert(AM_CELL_NULL == 0 && AM_CELL_INT == 1 && AM_CELL_REAL == 2 && AM_CELL_TEXT == 3 &&
                   AM_CELL_BLOB == 4 && AM_CELL_BOOL == 5 && AM_CELL_EXACT == 6,
               "row_jit.lua: classes of cells");
#endif

/* The row at `arg`. As every metamethod may be called with anything, the type is always checked: by
 * size and a number that no other userdata begins with, which costs half of comparing
 * metatables. */
static const am_row *check_row(lua_State *L, int arg)
{
  const am_row *row = lua_touserdata(L, arg);
  if (row != NULL && lua_rawlen(L, arg) == sizeof *row && row->magic == ROW_MAGIC) return row;
  am_raisef(L, AM_ERR_ARGUMENT, "expected a Row, got %s", luaL_typename(L, arg));
  return NULL;
}

const am_row *am_row_check(lua_State *L, int arg) { return check_row(L, arg); }

void am_row_push(lua_State *L, const am_shape *shape, const am_cell *cells, int env, int metatable)
{
  am_row *row = am_newuserdata(L, sizeof *row);
  row->magic = ROW_MAGIC;
  row->cells = cells;
  row->shape = shape;
  lua_pushvalue(L, env);
  am_setuservalue(L, -2);
  lua_pushvalue(L, metatable);
  lua_setmetatable(L, -2);
}

/* Value on top → what the column's Lua decoder makes of it. */
static void run_lua_decoder(lua_State *L, size_t i, int env)
{
  lua_rawgeti(L, env, 1);
  am_getuservalue(L, -1);
  lua_getfield(L, -1, "decoders");
  lua_rawgeti(L, -1, (int)i + 1);
  lua_insert(L, -5);
  lua_pop(L, 3);
  lua_call(L, 1, 1);
}

void am_row_push_value(lua_State *L, const am_shape *shape, const am_cell *cells, size_t i, int env)
{
  const am_shape_column *column = &shape->columns[i];
  const am_cell *cell = &cells[column->source];
  if (column->decode == NULL) am_push_cell(L, cell);
  else column->decode(L, cell, column->context);
  if (column->lua_decoder) run_lua_decoder(L, i, env);
}

/* The table of a row's values that Lua functions decoded, which stands in its environment (on top
 * of the stack) as long as the row lives. Pushes it; the row is at `index`. */
static void push_decoded(lua_State *L, int index, int env)
{
  lua_getfield(L, env, "decoded");
  if (lua_isnil(L, -1)) {
    lua_pop(L, 1);
    lua_newtable(L);
    lua_createtable(L, 0, 1);
    lua_pushliteral(L, "k");
    lua_setfield(L, -2, "__mode");
    lua_setmetatable(L, -2);
    lua_pushvalue(L, -1);
    lua_setfield(L, env, "decoded");
  }
  lua_pushvalue(L, index);
  lua_rawget(L, -2);
  if (lua_isnil(L, -1)) {
    lua_pop(L, 1);
    lua_newtable(L);
    lua_pushvalue(L, index);
    lua_pushvalue(L, -2);
    lua_rawset(L, -4);
  }
  lua_remove(L, -2);
}

/* Column i of a row, which Lua decodes: once, so that a table is the same one at each access. */
static void push_once(lua_State *L, const am_row *row, int index, size_t i)
{
  int top = lua_gettop(L);
  am_getuservalue(L, index);
  push_decoded(L, index, top + 1);
  lua_rawgeti(L, top + 2, (int)i + 1);
  if (lua_isnil(L, -1)) {
    lua_pop(L, 1);
    am_row_push_value(L, row->shape, row->cells, i, top + 1);
    if (lua_isnil(L, -1)) lua_pushlightuserdata(L, NULL);
    else lua_pushvalue(L, -1);
    lua_rawseti(L, top + 2, (int)i + 1);
  } else if (lua_islightuserdata(L, -1) && lua_touserdata(L, -1) == NULL) {
    lua_pop(L, 1);
    lua_pushnil(L);
  }
  lua_replace(L, top + 1);
  lua_settop(L, top + 1);
}

/* Pushes column i of a row that is at `index` (absolute). */
static void push_value(lua_State *L, const am_row *row, int index, size_t i)
{
  const am_shape_column *column = &row->shape->columns[i];
  if (row->cells != NULL && !column->lua_decoder) {
    const am_cell *cell = &row->cells[column->source];
    if (column->decode != NULL) column->decode(L, cell, column->context);
    else if (cell->cls == AM_CELL_TEXT) lua_pushlstring(L, cell->u.bytes, cell->size);
    else am_push_cell(L, cell);
    return;
  }
  if (row->cells != NULL) {
    push_once(L, row, index, i);
    return;
  }
  am_getuservalue(L, index);
  lua_rawgeti(L, -1, column->source + 1);
  lua_remove(L, -2);
  if (lua_touserdata(L, -1) == NULL && lua_islightuserdata(L, -1)) {
    lua_pop(L, 1);
    lua_pushnil(L);
  }
}

void am_row_push_column(lua_State *L, const am_row *row, int index, size_t i)
{
  push_value(L, row, index, i);
}

static void push_shape(lua_State *L, const am_row *row, int row_index)
{
  am_getuservalue(L, row_index);
  lua_rawgeti(L, -1, row->cells != NULL ? 1 : 0);
  lua_remove(L, -2);
}

static void push_anchor(lua_State *L, const am_row *row, int row_index)
{
  push_shape(L, row, row_index);
  am_getuservalue(L, -1);
  lua_remove(L, -2);
}

static int raise_unknown(lua_State *L, int key)
{
  key = lua_absindex(L, key);
  lua_getglobal(L, "tostring");
  lua_pushvalue(L, key);
  lua_call(L, 1, 1);
  const char *text = lua_tostring(L, -1);
  return am_raisef(L, AM_ERR_NO_SUCH_COLUMN, "Could not locate column in row for column '%s'",
                   text != NULL ? text : "?");
}

/* Pushes what the anchor's fallback finds for the key at stack index 2, if there is one. */
static void ask_fallback(lua_State *L, int anchor)
{
  lua_getfield(L, anchor, "fallback");
  if (!lua_isfunction(L, -1)) return;
  lua_pushvalue(L, 2);
  lua_call(L, 1, 1);
}

/* Position (0-based) of the key at stack index 2 by the anchors; -1: not there. Other names of a
 * column than its label are asked for with `any_name` only: methods win over them. */
static int look_up(lua_State *L, const am_row *row, int row_index, bool any_name)
{
  int top = lua_gettop(L);
  push_anchor(L, row, row_index);
  int anchor = lua_gettop(L);
  lua_getfield(L, anchor, "keys");
  lua_pushvalue(L, 2);
  lua_rawget(L, -2);
  if (lua_isnil(L, -1) && (any_name || lua_type(L, 2) != LUA_TSTRING)) ask_fallback(L, anchor);
  if (lua_isboolean(L, -1)) {
    lua_getglobal(L, "tostring");
    lua_pushvalue(L, 2);
    lua_call(L, 1, 1);
    am_raisef(L, AM_ERR_INVALID_REQUEST,
              "Ambiguous column name '%s' in result set column descriptions", lua_tostring(L, -1));
  }
  int position = lua_isnumber(L, -1) ? (int)lua_tointeger(L, -1) - 1 : -1;
  lua_settop(L, top);
  return position;
}

static int index_number(lua_State *L, const am_row *row)
{
  int64_t position;
  int64_t count = (int64_t)row->shape->count;
  if (!am_tointegerx(L, 2, &position)) return raise_unknown(L, 2);
  int64_t at = position < 0 ? count + position : position - 1;
  if (position == 0 || at < 0 || at >= count)
    return am_raisef(L, AM_ERR_NO_SUCH_COLUMN,
                     "row index %lld is out of range: the row has %d column%s", (long long)position,
                     (int)count, count == 1 ? "" : "s");
  push_value(L, row, 1, (size_t)at);
  return 1;
}

/* row._mapping, row._fields and row._t are values, not methods. */
static bool is_property(const char *name)
{
  static const char *const names[] = {"_mapping", "_fields", "_t"};
  for (size_t i = 0; i < 3; i++)
    if (name != NULL && strcmp(name, names[i]) == 0) return true;
  return false;
}

/* row[key]; upvalue 1 is the table of methods. Labels are interned, so a comparison of pointers
 * finds nearly all of them. */
static int row_index(lua_State *L)
{
  const am_row *row = check_row(L, 1);
  const am_shape *shape = row->shape;
  int type = lua_type(L, 2);
  if (type == LUA_TNUMBER) return index_number(L, row);
  if (type == LUA_TSTRING) {
    const char *label = lua_tostring(L, 2);
    for (size_t i = 0; i < shape->count; i++) {
      if (shape->columns[i].label != label || shape->columns[i].ambiguous) continue;
      push_value(L, row, 1, i);
      return 1;
    }
  }
  int position = look_up(L, row, 1, false);
  if (position < 0) {
    lua_pushvalue(L, 2);
    lua_rawget(L, lua_upvalueindex(1));
    if (lua_isnil(L, -1)) position = look_up(L, row, 1, true);
  }
  if (position >= 0 && (size_t)position < shape->count) {
    push_value(L, row, 1, (size_t)position);
    return 1;
  }
  if (lua_isnil(L, -1)) return raise_unknown(L, 2);
  if (type != LUA_TSTRING || !is_property(lua_tostring(L, 2))) return 1;
  lua_pushvalue(L, 1);
  lua_call(L, 1, 1);
  return 1;
}

static int row_newindex(lua_State *L)
{
  return am_raisef(L, AM_ERR_INVALID_REQUEST, "Row objects are read-only");
}

static int row_len(lua_State *L)
{
  lua_pushinteger(L, (lua_Integer)check_row(L, 1)->shape->count);
  return 1;
}

static int row_unpack(lua_State *L)
{
  const am_row *row = check_row(L, 1);
  luaL_checkstack(L, (int)row->shape->count + 8, "row:unpack");
  for (size_t i = 0; i < row->shape->count; i++) push_value(L, row, 1, i);
  return (int)row->shape->count;
}

/* next of pairs(row): label, value in the order of the columns; the position is an upvalue. */
static int row_next(lua_State *L)
{
  const am_row *row = lua_touserdata(L, lua_upvalueindex(1));
  size_t i = (size_t)lua_tointeger(L, lua_upvalueindex(2));
  while (i < row->shape->count && row->shape->columns[i].nameless) i++;
  if (i >= row->shape->count) return 0;
  lua_pushinteger(L, (lua_Integer)i + 1);
  lua_replace(L, lua_upvalueindex(2));
  lua_pushlstring(L, row->shape->columns[i].label, row->shape->columns[i].label_size);
  push_value(L, row, lua_upvalueindex(1), i);
  return 2;
}

static int row_pairs(lua_State *L)
{
  check_row(L, 1);
  lua_pushvalue(L, 1);
  lua_pushinteger(L, 0);
  lua_pushcclosure(L, row_next, 2);
  return 1;
}

/* core.row_dict(row) → label → value; NULL is absent, so are labels that lead to no column */
static int row_dict(lua_State *L)
{
  const am_row *row = check_row(L, 1);
  lua_createtable(L, 0, (int)row->shape->count);
  for (size_t i = 0; i < row->shape->count; i++) {
    if (row->shape->columns[i].nameless || row->shape->columns[i].ambiguous) continue;
    lua_pushlstring(L, row->shape->columns[i].label, row->shape->columns[i].label_size);
    push_value(L, row, 1, i);
    lua_rawset(L, -3);
  }
  return 1;
}

/* row:as_dict() → the same; an error when several columns have one label */
static int row_as_dict(lua_State *L)
{
  const am_row *row = check_row(L, 1);
  for (size_t i = 0; i < row->shape->count; i++) {
    if (!row->shape->columns[i].ambiguous || row->shape->columns[i].nameless) continue;
    lua_settop(L, 1);
    lua_pushlstring(L, row->shape->columns[i].label, row->shape->columns[i].label_size);
    look_up(L, row, 1, false);
  }
  lua_settop(L, 1);
  return row_dict(L);
}

/* row:_fields() → list of labels */
static int row_fields(lua_State *L)
{
  const am_row *row = check_row(L, 1);
  lua_createtable(L, (int)row->shape->count, 0);
  int count = 0;
  for (size_t i = 0; i < row->shape->count; i++) {
    if (row->shape->columns[i].nameless) continue;
    lua_pushlstring(L, row->shape->columns[i].label, row->shape->columns[i].label_size);
    lua_rawseti(L, -2, ++count);
  }
  return 1;
}

static int row_self(lua_State *L)
{
  check_row(L, 1);
  lua_settop(L, 1);
  return 1;
}

static bool equal_values(lua_State *L, int a, int b)
{
#if LUA_VERSION_NUM >= 502
  return lua_compare(L, a, b, LUA_OPEQ);
#else
  return lua_equal(L, a, b);
#endif
}

static bool less_values(lua_State *L, int a, int b)
{
#if LUA_VERSION_NUM >= 502
  return lua_compare(L, a, b, LUA_OPLT);
#else
  return lua_lessthan(L, a, b);
#endif
}

/* row:count(value) */
static int row_count(lua_State *L)
{
  const am_row *row = check_row(L, 1);
  int count = 0;
  am_check_any(L, 2);
  for (size_t i = 0; i < row->shape->count; i++) {
    push_value(L, row, 1, i);
    count += equal_values(L, 2, -1);
    lua_pop(L, 1);
  }
  lua_pushinteger(L, count);
  return 1;
}

/* row:index(value) → position of the first column with that value */
static int row_find(lua_State *L)
{
  const am_row *row = check_row(L, 1);
  am_check_any(L, 2);
  for (size_t i = 0; i < row->shape->count; i++) {
    push_value(L, row, 1, i);
    if (equal_values(L, 2, -1)) {
      lua_pushinteger(L, (lua_Integer)i + 1);
      return 1;
    }
    lua_pop(L, 1);
  }
  return am_raisef(L, AM_ERR_ARGUMENT, "row:index(x): x is not in the row");
}

/* Pushes values of both rows until two differ: 0 all the same, 1 differ (both on the stack). */
static int first_difference(lua_State *L, const am_row *x, const am_row *y)
{
  size_t count = x->shape->count < y->shape->count ? x->shape->count : y->shape->count;
  for (size_t i = 0; i < count; i++) {
    push_value(L, x, 1, i);
    push_value(L, y, 2, i);
    if (!equal_values(L, -2, -1)) return 1;
    lua_pop(L, 2);
  }
  return 0;
}

static int row_eq(lua_State *L)
{
  const am_row *x = check_row(L, 1);
  if (am_test_class(L, 2, AM_CLASS_ROW) == NULL) {
    lua_pushboolean(L, 0);
    return 1;
  }
  const am_row *y = check_row(L, 2);
  lua_pushboolean(L, x->shape->count == y->shape->count && !first_difference(L, x, y));
  return 1;
}

static int row_lt(lua_State *L)
{
  const am_row *x = check_row(L, 1), *y = check_row(L, 2);
  bool less =
      first_difference(L, x, y) ? less_values(L, -2, -1) : x->shape->count < y->shape->count;
  lua_pushboolean(L, less);
  return 1;
}

static int row_le(lua_State *L)
{
  const am_row *x = check_row(L, 1), *y = check_row(L, 2);
  bool less =
      first_difference(L, x, y) ? less_values(L, -2, -1) : x->shape->count <= y->shape->count;
  lua_pushboolean(L, less);
  return 1;
}

/* row(shape, values) → row of Lua values; takes the list, whose [0] becomes the shape */
static int row_new(lua_State *L)
{
  const am_shape *shape = am_shape_check(L, 1);
  am_check_type(L, 2, LUA_TTABLE);
  lua_settop(L, 2);
  lua_pushvalue(L, 1);
  lua_rawseti(L, 2, 0);
  luaL_getmetatable(L, AM_CLASS_ROW);
  am_row_push(L, shape, NULL, 2, 3);
  return 1;
}

/* row_select(row, shape) → the same row seen through a selected shape */
static int row_select(lua_State *L)
{
  const am_row *row = am_check_class(L, 1, AM_CLASS_ROW);
  const am_shape *shape = am_shape_check(L, 2);
  if (shape->width != row->shape->width)
    return am_raisef(L, AM_ERR_ARGUMENT, "row_select: the shape does not belong to the row");
  lua_settop(L, 2);
  am_getuservalue(L, 1);
  lua_newtable(L);
  lua_pushvalue(L, 2);
  lua_rawseti(L, 4, row->cells != NULL ? 1 : 0);
  if (row->cells != NULL) {
    lua_rawgeti(L, 3, 2);
    lua_rawseti(L, 4, 2);
  } else {
    for (size_t i = 1; i <= shape->width; i++) {
      lua_rawgeti(L, 3, (int)i);
      lua_rawseti(L, 4, (int)i);
    }
  }
  luaL_getmetatable(L, AM_CLASS_ROW);
  am_row_push(L, shape, row->cells, 4, 5);
  return 1;
}

/* row_plain(row) → table: label or position → place of the cell, for the columns whose cell is the
 * value itself. Kept with the shape. For lua/alchemoon/engine/row_jit.lua, which reads such cells
 * where they lie. */
static int row_plain(lua_State *L)
{
  const am_shape *shape = check_row(L, 1)->shape;
  lua_settop(L, 1);
  push_anchor(L, lua_touserdata(L, 1), 1);
  lua_getfield(L, 2, "plain");
  if (lua_istable(L, 3)) return 1;
  lua_settop(L, 2);
  lua_newtable(L);
  for (size_t i = 0; i < shape->count; i++) {
    const am_shape_column *column = &shape->columns[i];
    if (column->decode != NULL || column->lua_decoder) continue;
    lua_pushinteger(L, column->source);
    lua_rawseti(L, 3, (int)i + 1);
    lua_pushinteger(L, column->source);
    lua_rawseti(L, 3, (int)i - (int)shape->count);
    if (column->ambiguous) continue;
    lua_pushlstring(L, column->label, column->label_size);
    lua_pushinteger(L, column->source);
    lua_rawset(L, 3);
  }
  lua_pushvalue(L, 3);
  lua_setfield(L, 2, "plain");
  return 1;
}

/* row_metatable() → the metatable of rows */
static int row_metatable(lua_State *L)
{
  luaL_getmetatable(L, AM_CLASS_ROW);
  return 1;
}

/* row_shape(row) → shape */
static int row_shape(lua_State *L)
{
  push_shape(L, am_check_class(L, 1, AM_CLASS_ROW), 1);
  return 1;
}

static int is_row(lua_State *L)
{
  lua_pushboolean(L, am_test_class(L, 1, AM_CLASS_ROW) != NULL);
  return 1;
}

/* Every function gets the methods as upvalue. */
static void add_all(lua_State *L, const luaL_Reg *list, int target, int methods)
{
  for (; list->name != NULL; list++) {
    lua_pushvalue(L, methods);
    lua_pushcclosure(L, list->func, 1);
    lua_setfield(L, target, list->name);
  }
}

void am_bind_row(lua_State *L)
{
  static const luaL_Reg metamethods[] = {
      {"__index", row_index}, {"__newindex", row_newindex},
      {"__len", row_len},     {"__pairs", row_pairs},
      {"__eq", row_eq},       {"__lt", row_lt},
      {"__le", row_le},       {"__tostring", am_row_tostring},
      {NULL, NULL},
  };
  static const luaL_Reg methods[] = {
      {"unpack", row_unpack},  {"as_dict", row_as_dict}, {"_asdict", row_as_dict},
      {"_fields", row_fields}, {"keys", row_fields},     {"count", row_count},
      {"index", row_find},     {"tuple", row_self},      {"_tuple", row_self},
      {"_t", row_self},        {"_key", am_row_key},     {NULL, NULL},
  };
  static const luaL_Reg functions[] = {
      {"row", row_new},
      {"row_select", row_select},
      {"row_shape", row_shape},
      {"row_plain", row_plain},
      {"row_metatable", row_metatable},
      {"row_dict", row_dict},
      {"is_row", is_row},
      {NULL, NULL},
  };
  am_setfuncs(L, functions);
  int core = lua_gettop(L);
  am_new_class(L, AM_CLASS_ROW, NULL, NULL);
  lua_newtable(L);
  add_all(L, methods, core + 2, core + 2);
  add_all(L, metamethods, core + 1, core + 2);
  lua_pushvalue(L, core + 2);
  lua_setfield(L, core, "row_methods");
  lua_pushlightuserdata(L, NULL);
  lua_setfield(L, core, "null");
  lua_settop(L, core);
}
