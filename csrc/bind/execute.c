/* From a statement and its parameters to the driver's cells.
 *
 * extract(node) gives the statement's cache key; execute_one and execute_many fill the cells of a
 * cursor and start it. A value comes from what was given at execution (by name), from the statement
 * at hand (by index of extraction: the compiled form may come from an equal statement), or from the
 * compiler. */
#include "bind/execute.h"

#include "bind/codec.h"
#include "bind/row.h"
#include "compile/crud.h"

/* extract(node) → key, a string of 16 bytes */
static int extract(lua_State *L)
{
  am_node *node = am_check_node(L, 1);
  am_vec binds = AM_VEC_INIT;
  am_key key;
  bool ok = am_node_extract(node, &binds, &key);
  am_vec_deinit(&binds);
  if (!ok) return am_raise_memory(L);
  lua_pushlstring(L, (const char *)&key, sizeof key);
  return 1;
}

/* extract_binds(node) → its binds as a list, in the order in which values are found again */
static int extract_binds(lua_State *L)
{
  am_node *node = am_check_node(L, 1);
  am_vec binds = AM_VEC_INIT;
  am_key key;
  bool ok = am_node_extract(node, &binds, &key); /* first for their number only: the userdata */
  size_t count = binds.count;                    /* may raise, and the vector would be lost */
  am_vec_deinit(&binds);
  if (!ok) return am_raise_memory(L);
  void **items = lua_newuserdata(L, (count + 1) * sizeof *items);
  ok = am_node_extract(node, &binds, &key);
  if (ok && count > 0) memcpy(items, binds.items, count * sizeof *items);
  am_vec_deinit(&binds);
  if (!ok) return am_raise_memory(L);
  lua_createtable(L, (int)count, 0);
  for (size_t i = 0; i < count; i++) {
    am_push_node(L, items[i]);
    lua_rawseti(L, -2, (int)i + 1);
  }
  return 1;
}

typedef struct source {
  lua_State *L;
  am_compiled *compiled;
  am_node *node; /* the statement at hand */
  int keys;      /* stack: list of bind keys as Lua strings */
  int given;     /* stack: table of given values, 0 if none */
  int row;       /* number of the parameter set, from 0; -1: the only one */
  int expanded;  /* stack: table bind index → list of values, for post-compile binds; 0 if none */
  am_params *params;
} source;

/* Puts the binds of a statement into the cursor's list, which is lost to nobody if Lua raises. */
static am_key extract_binds_of(lua_State *L, am_cursor_box *box, am_node *node)
{
  am_key key;
  box->binds.count = 0;
  box->binds.failed = false;
  if (!am_node_extract(node, &box->binds, &key)) am_raise_memory(L);
  return key;
}

/* The statement's own binds by order of extraction, in the cursor's list; none if it is the one
 * that was compiled. */
static const am_vec *own_binds(const source *from, am_cursor_box *box)
{
  if (from->node == NULL || from->node == from->compiled->statement) box->binds.count = 0;
  else extract_binds_of(from->L, box, from->node);
  return &box->binds;
}

static am_node *bind_of(const am_compiled_bind *entry, const am_vec *binds)
{
  if (entry->extract < 0 || (size_t)entry->extract >= binds->count) return entry->bind;
  return binds->items[entry->extract];
}

/* Raises with the short code that this error has in SQLAlchemy's documentation. */
static void raise_missing(lua_State *L, const char *name, int row)
{
  am_error err = AM_ERROR_INIT;
  if (row < 0)
    am_error_set(&err, AM_ERR_INVALID_REQUEST, "A value is required for bind parameter '%s'", name);
  else
    am_error_set(&err, AM_ERR_INVALID_REQUEST,
                 "A value is required for bind parameter '%s', in parameter group %d", name, row);
  am_push_error(L, &err);
  if (lua_istable(L, -1)) {
    lua_pushliteral(L, "cd3x");
    lua_setfield(L, -2, "code");
  }
  lua_error(L);
}

/* Pushes the value of a bind: given by key, else its own, else that of its callable; was it that?
 */
static bool push_value(source *from, size_t index, am_node *node)
{
  lua_State *L = from->L;
  am_bind_node *bind = (am_bind_node *)node;
  if (from->given != 0) {
    lua_rawgeti(L, from->keys, (int)index + 1);
    lua_rawget(L, from->given);
    if (!lua_isnil(L, -1)) return false;
    lua_pop(L, 1);
  }
  if (bind->callable != NULL) {
    am_push_held(L, bind->callable);
    lua_call(L, 0, 1);
    return true;
  }
  if (bind->value != NULL && bind->value->kind != AM_BOUND_NONE) {
    am_push_bound(L, bind->value);
  } else {
    const char *name = from->compiled->binds[index].name->text;
    raise_missing(L, name, from->row);
  }
  return false;
}

static bool is_scalar(const am_bound *value)
{
  return value != NULL && value->kind != AM_BOUND_NONE && value->kind != AM_BOUND_FOREIGN;
}

/* The texts among the last cells lose their type: the server finds it by their place. */
static void drop_text_types(am_params *params, size_t first)
{
  for (size_t i = first; i < params->count; i++)
    if (params->cells[i].hint == AM_HINT_VARCHAR || params->cells[i].hint == AM_HINT_TEXT)
      params->cells[i].hint = AM_HINT_NONE;
}

/* Of the last cells, texts and NULLs of unknown type are texts. */
static void add_text_types(am_params *params, size_t first)
{
  for (size_t i = first; i < params->count; i++) {
    am_cell *cell = &params->cells[i];
    if (cell->hint == AM_HINT_NONE && (cell->cls == AM_CELL_TEXT || cell->cls == AM_CELL_NULL))
      cell->hint = AM_HINT_TEXT;
  }
}

/* A value that its type must encode; an expanding bind has one for each element. */
static void add_typed(source *from, size_t index, const am_vec *binds)
{
  lua_State *L = from->L;
  const am_compiled_bind *entry = &from->compiled->binds[index];
  const am_dialect *dialect = from->compiled->dialect;
  if (entry->flags & AM_CBIND_POST_COMPILE) {
    if (from->expanded == 0) return;
    lua_rawgeti(L, from->expanded, (int)index + 1);
    int list = lua_gettop(L);
    int count = lua_istable(L, list) ? (int)lua_rawlen(L, list) : 0;
    for (int i = 1; i <= count; i++) {
      lua_rawgeti(L, list, i);
      am_codec_encode(L, from->params, list + 1, entry->type, dialect);
      lua_pop(L, 1);
    }
    lua_pop(L, 1);
    return;
  }
  if (from->given == 0) { /* the common case: no detour through Lua */
    am_bind_node *bind = (am_bind_node *)bind_of(entry, binds);
    if (bind->callable == NULL && is_scalar(bind->value)) {
      am_codec_encode_bound(L, from->params, bind->value, entry->type, dialect);
      return;
    }
  }
  push_value(from, index, bind_of(entry, binds));
  am_codec_encode(L, from->params, lua_gettop(L), entry->type, dialect);
  lua_pop(L, 1);
}

static void add_position(source *from, size_t index, const am_vec *binds)
{
  size_t first = from->params->count;
  add_typed(from, index, binds);
  unsigned flags = from->compiled->binds[index].flags;
  if (flags & AM_CBIND_UNTYPED) drop_text_types(from->params, first);
  if (flags & AM_CBIND_NULL_TEST) add_text_types(from->params, first);
}

static void fill_positions(source *from, const am_vec *binds)
{
  const am_compiled *compiled = from->compiled;
  bool numbered = compiled->paramstyle == AM_PARAM_NUMERIC && from->expanded != 0;
  if (!numbered) {
    for (size_t i = 0; i < compiled->position_count; i++)
      add_position(from, compiled->positions[i], binds);
    return;
  }
  for (int pass = 1; pass <= 2; pass++)
    for (size_t i = 0; i < compiled->position_count; i++) {
      uint32_t index = compiled->positions[i]; /* $n: lists are numbered behind the others */
      bool later = (compiled->binds[index].flags & AM_CBIND_POST_COMPILE) != 0;
      if (later == (pass == 2)) add_position(from, index, binds);
    }
}

/* Stack: cursor, compiled, node, keys. Fills one row. */
static void fill_row(lua_State *L, am_cursor_box *box, int row, int given, int expanded)
{
  source from = {L,           am_check_compiled(L, 2), am_test_node(L, 3), 4, given, row, expanded,
                 &box->params};
  luaL_checkstack(L, 12, NULL);
  fill_positions(&from, own_binds(&from, box));
}

am_query am_query_of(lua_State *L, const am_compiled *compiled, int sql)
{
  am_query query = {
      .sql = compiled->sql, .sql_size = compiled->sql_size, .id = compiled->id, .row_count = 1};
  if (sql != 0 && lua_type(L, sql) == LUA_TSTRING) {
    query.sql = lua_tolstring(L, sql, &query.sql_size);
    query.id = 0;
  }
  return query;
}

int am_start_filled(lua_State *L, am_cursor_box *box, am_query *query)
{
  am_error err = AM_ERROR_INIT;
  query->cells = box->params.cells;
  am_step step = am_cursor_start(box, query, &err);
  if (box->params.borrows) am_params_clear(&box->params);
  if (err.cls != AM_ERR_NONE) return am_raise(L, &err);
  lua_pushstring(L, am_step_word(step));
  return 1;
}

void am_execute_value(lua_State *L, am_cursor_box *box, const am_compiled *compiled, int value)
{
  if (compiled->position_count != 1)
    am_raisef(L, AM_ERR_ARGUMENT, "a statement with one parameter is needed");
  am_params_clear(&box->params);
  am_codec_encode(L, &box->params, value, compiled->binds[compiled->positions[0]].type,
                  compiled->dialect);
  am_query query = am_query_of(L, compiled, 0);
  query.cell_count = box->params.count;
  query.cells = box->params.cells;
  am_error err = AM_ERROR_INIT;
  am_cursor_start(box, &query, &err);
  box->blocking = true; /* whoever takes the rows waits for them */
  if (err.cls != AM_ERR_NONE) am_raise(L, &err);
}

/* execute_one(cursor, compiled, node, keys, given or nil, expanded or nil, sql or nil, flags) →
 * step. Fills the parameters and starts; sql nil: the compiled text. */
static int execute_one(lua_State *L)
{
  am_cursor_box *box = am_cursor_check(L, 1, true);
  const am_compiled *compiled = am_check_compiled(L, 2);
  am_check_type(L, 4, LUA_TTABLE);
  lua_settop(L, 8);
  am_params_clear(&box->params);
  fill_row(L, box, -1, lua_istable(L, 5) ? 5 : 0, lua_istable(L, 6) ? 6 : 0);
  am_query query = am_query_of(L, compiled, 7);
  query.cell_count = box->params.count;
  query.flags = (unsigned)lua_tointeger(L, 8);
  return am_start_filled(L, box, &query);
}

/* quick_key(statement) → its key, or nil: only for SELECTs without execution options */
static int quick_key(lua_State *L)
{
  am_node *node = am_check_node(L, 1);
  if (node->tag != AM_NODE_SELECT || ((am_select_node *)node)->execution_options != NULL) return 0;
  return extract(L);
}

/* Pushes what the table at `entries` has for the key of the statement, whose binds go into the
 * cursor's list. */
static void push_entry(lua_State *L, am_cursor_box *box, am_node *node, int entries)
{
  am_key key = extract_binds_of(L, box, node);
  lua_pushlstring(L, (const char *)&key, sizeof key);
  lua_rawget(L, entries);
}

/* Starts the statement with the cells that are filled and waits for its first rows or its end. */
static void start_blocking(lua_State *L, am_cursor_box *box, const am_compiled *compiled)
{
  am_query query = am_query_of(L, compiled, 0);
  query.cell_count = box->params.count;
  am_error err = AM_ERROR_INIT;
  am_step step = am_cursor_start(box, &query, &err);
  box->blocking = true;
  while (step == AM_STEP_READ || step == AM_STEP_WRITE || step == AM_STEP_READ_WRITE) {
    am_dbconn_wait(box->conn->conn, step, -1);
    step = am_cursor_step(box, &err);
  }
  if (step == AM_STEP_ERROR) am_raise(L, &err);
}

/* quick_select(cursor, entries, statement) → entry, row set, rows affected. The whole of a SELECT
 * in one call, for a connection that may block. `entries` has by key what was compiled: a table
 * whose [1] is the compiled form and [2] the shape, if the short way is open to it. Answers false
 * and the entry if these are missing, nothing if there is no entry, no plain SELECT or no open
 * transaction. */
static int quick_select(lua_State *L)
{
  enum { ENTRIES = 2, NODE, ENTRY, COMPILED, SHAPE };
  am_cursor_box *box = am_cursor_check(L, 1, true);
  am_node *node = am_test_node(L, NODE);
  am_dbconn *conn = box->conn->conn;
  if (node == NULL || node->tag != AM_NODE_SELECT ||
      ((am_select_node *)node)->execution_options != NULL ||
      conn->driver->tx_status(conn) != AM_TX_OPEN)
    return 0;
  am_check_type(L, ENTRIES, LUA_TTABLE);
  lua_settop(L, NODE);
  push_entry(L, box, node, ENTRIES);
  if (!lua_istable(L, ENTRY)) return 0;
  lua_rawgeti(L, ENTRY, 1);
  lua_rawgeti(L, ENTRY, 2);
  if (lua_isnil(L, COMPILED)) {
    lua_pushboolean(L, 0);
    lua_pushvalue(L, ENTRY);
    return 2;
  }
  am_compiled *compiled = am_check_compiled(L, COMPILED);
  source from = {L, compiled, node, 0, 0, -1, 0, &box->params};
  am_params_clear(&box->params);
  luaL_checkstack(L, 12, NULL);
  fill_positions(&from, &box->binds);
  start_blocking(L, box, compiled);
  am_summary summary = {-1, 0, false};
  am_cursor_collect(L, box, SHAPE, false, true, &summary);
  if (!lua_isuserdata(L, -1))
    am_raisef(L, AM_ERR_INVALID_REQUEST,
              "the result of the statement has other columns than expected");
  lua_pushvalue(L, ENTRY);
  lua_insert(L, -2);
  am_push_int64(L, summary.row_count);
  return 3;
}

#define SCRATCH 13 /* stack: the row at hand */

/* One position of a statement that runs for many rows: what does not depend on the row. */
typedef struct slot {
  uint32_t index; /* of the bind */
  unsigned hint;
  bool plain; /* strings and numbers are bound as they are */
} slot;

/* Pushes a userdata with the slots of all positions. */
static slot *push_slots(lua_State *L, const am_compiled *compiled)
{
  slot *slots = lua_newuserdata(L, (compiled->position_count + 1) * sizeof *slots);
  for (size_t i = 0; i < compiled->position_count; i++) {
    slots[i].index = compiled->positions[i];
    const am_compiled_bind *bind = &compiled->binds[slots[i].index];
    slots[i].plain =
        am_codec_is_plain(bind->type, compiled->dialect, &slots[i].hint) &&
        !(bind->flags & (AM_CBIND_POST_COMPILE | AM_CBIND_UNTYPED | AM_CBIND_NULL_TEST));
  }
  return slots;
}

/* Adds the value of the row at SCRATCH whose key is on top, if it can be bound as it is. The value
 * takes the key's place. */
static bool add_plain(source *from, const slot *at)
{
  lua_State *L = from->L;
  lua_rawget(L, SCRATCH);
  int type = lua_type(L, -1);
  bool plain = type == LUA_TSTRING || type == LUA_TNUMBER ||
               (type == LUA_TLIGHTUSERDATA && lua_touserdata(L, -1) == NULL);
  if (plain) am_params_add_value(L, from->params, -1, at->hint);
  return plain;
}

/* Fills all rows without a copy of their strings, if every value can be bound as it is: then no Lua
 * runs that could let one of them go. False: nothing is filled. */
static bool borrow_rows(source *from, const slot *slots, int first, int last)
{
  lua_State *L = from->L;
  int count = (int)from->compiled->position_count, keys = lua_gettop(L);
  if (!lua_checkstack(L, 2 * count + 4)) return false;
  for (int i = 0; i < count; i++) {
    if (!slots[i].plain) return false;
    lua_rawgeti(L, from->keys, (int)slots[i].index + 1);
  }
  from->params->borrows = true;
  bool plain = true;
  for (int row = first; row <= last && plain; row++) {
    lua_rawgeti(L, 5, row);
    lua_replace(L, SCRATCH);
    plain = lua_istable(L, SCRATCH);
    for (int i = 0; i < count && plain; i++) {
      lua_pushvalue(L, keys + 1 + i);
      plain = add_plain(from, &slots[i]);
    }
    lua_settop(L, keys + count);
  }
  lua_settop(L, keys);
  if (!plain) am_params_clear(from->params);
  return plain;
}

/* Values that can be bound as they are take the short way. */
static void copy_rows(source *from, const slot *slots, const am_vec *binds, int first, int last)
{
  lua_State *L = from->L;
  size_t count = from->compiled->position_count;
  for (int row = first; row <= last; row++) {
    lua_rawgeti(L, 5, row);
    lua_replace(L, SCRATCH);
    if (!lua_istable(L, SCRATCH))
      am_raisef(L, AM_ERR_ARGUMENT, "parameter set %d of a list must be a table, got %s", row,
                luaL_typename(L, SCRATCH));
    from->row = row - 1;
    for (size_t i = 0; i < count; i++) {
      bool done = false;
      if (slots[i].plain) {
        lua_rawgeti(L, from->keys, (int)slots[i].index + 1);
        done = add_plain(from, &slots[i]);
        lua_pop(L, 1);
      }
      if (!done) add_position(from, slots[i].index, binds);
    }
  }
}

/* `borrow`: the cells are used up before any Lua runs. */
static void fill_rows(lua_State *L, am_cursor_box *box, int first, int last, bool borrow)
{
  am_params_clear(&box->params);
  source from = {L, am_check_compiled(L, 2), am_test_node(L, 3), 4, SCRATCH, 0, 0, &box->params};
  size_t count = from.compiled->position_count;
  luaL_checkstack(L, 12, NULL);
  const am_vec *binds = own_binds(&from, box);
  const slot *slots = push_slots(L, from.compiled);
  if (last >= first && !am_params_reserve(from.params, (size_t)(last - first + 1) * count))
    am_raise_memory(L);
  if (!borrow || !borrow_rows(&from, slots, first, last))
    copy_rows(&from, slots, binds, first, last);
  lua_pop(L, 1);
}

/* params_arrays(cursor, compiled, node, keys, rows, first, last) → list of { element type for
 * unnest, cast or false } per column: the cells are one array per column; nothing if the rows
 * cannot become arrays. */
static int params_arrays(lua_State *L)
{
  am_cursor_box *box = am_cursor_check(L, 1, true);
  am_check_type(L, 4, LUA_TTABLE);
  am_check_type(L, 5, LUA_TTABLE);
  int first = (int)am_check_integer(L, 6), last = (int)am_check_integer(L, 7);
  lua_settop(L, SCRATCH);
  fill_rows(L, box, first, last, true);
  return am_push_arrays(L, &box->params, am_check_compiled(L, 2)->position_count);
}

/* start_filled(cursor, sql, flags, id) → step: the cells that the cursor holds, as one row */
static int cursor_start_filled(lua_State *L)
{
  am_cursor_box *box = am_cursor_check(L, 1, true);
  am_query query = {0};
  query.sql = am_check_string(L, 2, &query.sql_size);
  query.flags = (unsigned)am_opt_integer(L, 3, 0);
  query.cell_count = box->params.count;
  query.row_count = 1;
  return am_start_filled(L, box, &query);
}

/* execute_many(cursor, compiled, node, keys, rows, first, last, sql or nil, flags, repeat [, batch
 * text, its rows]) → step. One set of cells per row of rows[first..last]; the driver runs the
 * statement once per row, or (repeat 0) the text takes all rows at once (VALUES (..), (..)). The
 * batch text is what am_query says. */
static int execute_many(lua_State *L)
{
  am_cursor_box *box = am_cursor_check(L, 1, true);
  const am_compiled *compiled = am_check_compiled(L, 2);
  am_check_type(L, 4, LUA_TTABLE);
  am_check_type(L, 5, LUA_TTABLE);
  int first = (int)am_check_integer(L, 6), last = (int)am_check_integer(L, 7);
  lua_settop(L, SCRATCH);
  bool repeat = lua_toboolean(L, 10);
  fill_rows(L, box, first, last, am_cursor_is_immediate(box));
  am_query query = am_query_of(L, compiled, 8);
  size_t rows = last >= first ? (size_t)(last - first + 1) : 0;
  query.row_count = repeat ? rows : 1;
  query.cell_count = repeat && rows > 0 ? box->params.count / rows : box->params.count;
  query.flags = (unsigned)lua_tointeger(L, 9);
  if (repeat && lua_type(L, 11) == LUA_TSTRING) {
    query.batch_sql = lua_tolstring(L, 11, &query.batch_sql_size);
    query.batch_rows = (size_t)lua_tointeger(L, 12);
  }
  return am_start_filled(L, box, &query);
}

/* params_value(compiled, node, keys, given, index) → the Lua value of bind `index` (from 1), did
 * its callable give it; for expansion and for showing parameters. */
static int params_value(lua_State *L)
{
  source from = {L, am_check_compiled(L, 1), am_test_node(L, 2), 3, 0, -1, 0, NULL};
  am_check_type(L, 3, LUA_TTABLE);
  if (lua_istable(L, 4)) from.given = 4;
  size_t index = (size_t)am_check_integer(L, 5) - 1;
  if (index >= from.compiled->bind_count) am_raisef(L, AM_ERR_ARGUMENT, "no bind %zu", index + 1);
  am_vec binds = AM_VEC_INIT;
  am_key key;
  bool ok = from.node == NULL || am_node_extract(from.node, &binds, &key);
  am_node *bind = bind_of(&from.compiled->binds[index], &binds);
  am_vec_deinit(&binds);
  if (!ok) return am_raise_memory(L);
  lua_pushboolean(L, push_value(&from, index, bind));
  return 2;
}

/* odd_set(list) → number and type name of the first element that is no plain table; nothing if all
 * are */
static int odd_set(lua_State *L)
{
  am_check_type(L, 1, LUA_TTABLE);
  int count = (int)lua_rawlen(L, 1);
  for (int i = 1; i <= count; i++) {
    lua_rawgeti(L, 1, i);
    if (!lua_istable(L, 2) || lua_getmetatable(L, 2)) {
      lua_pushinteger(L, i);
      lua_pushstring(L, luaL_typename(L, 2));
      return 2;
    }
    lua_settop(L, 1);
  }
  return 0;
}

/* values_text(compiled) → text with marks before, of and behind the row of VALUES; nothing if there
 * is none. */
static int values_text(lua_State *L)
{
  am_compiled *compiled = am_check_compiled(L, 1);
  if (compiled->values_end == 0) return 0;
  lua_pushlstring(L, compiled->marked, compiled->values_begin);
  lua_pushlstring(L, compiled->marked + compiled->values_begin,
                  compiled->values_end - compiled->values_begin);
  lua_pushlstring(L, compiled->marked + compiled->values_end,
                  compiled->marked_size - compiled->values_end);
  return 3;
}

/* autoincrement_column(table) → the column that the database numbers by itself, or nil */
static int autoincrement_column(lua_State *L)
{
  am_push_node(L, am_table_autoincrement(am_check_node(L, 1)));
  return 1;
}

static const luaL_Reg functions[] = {
    {"extract", extract},
    {"extract_binds", extract_binds},
    {"autoincrement_column", autoincrement_column},
    {"execute_one", execute_one},
    {"execute_many", execute_many},
    {"quick_key", quick_key},
    {"quick_select", quick_select},
    {"params_arrays", params_arrays},
    {"start_filled", cursor_start_filled},
    {"params_value", params_value},
    {"odd_set", odd_set},
    {"values_text", values_text},
    {NULL, NULL},
};

void am_bind_execute(lua_State *L) { am_setfuncs(L, functions); }
