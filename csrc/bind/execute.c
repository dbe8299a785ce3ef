/* From a statement and its parameters to the driver's cells.
 *
 * extract(node) gives the statement's cache key and remembers its binds; params_single and params_many fill the
 * cells of a cursor from: values given at execution (by name), values of the statement at hand (by index of
 * extraction: the compiled form may come from an equal statement), values made by the compiler. */
#include "base/alloc.h"
#include "bind/codec.h"
#include "bind/compile.h"

/* extract(node) → key (string of 16 bytes), list of bind nodes or nil */
static int extract(lua_State *L)
{
  am_node *node = am_check_node(L, 1);
  am_vec binds = AM_VEC_INIT;
  am_key key;
  bool ok = am_node_extract(node, &binds, &key);
  if (!ok) {
    am_vec_deinit(&binds);
    return luaL_error(L, "not enough memory");
  }
  lua_pushlstring(L, (const char *)&key, sizeof key);
  am_vec_deinit(&binds);
  return 1;
}

typedef struct source {
  lua_State *L;
  am_compiled *compiled;
  am_node *node;   /* the statement at hand */
  int keys;        /* stack: list of bind keys as Lua strings */
  int given;       /* stack: table of given values, 0 if none */
  int expanded;    /* stack: table bind index → list of values, for post-compile binds; 0 if none */
  am_params *params;
} source;

/* The statement's own binds by order of extraction. */
static void find_binds(source *from, am_vec *binds)
{
  am_key key;
  am_vec_init(binds);
  if (from->node != NULL && from->node != from->compiled->statement)
    am_node_extract(from->node, binds, &key);
}

static am_node *bind_of(const am_compiled_bind *entry, const am_vec *binds)
{
  if (entry->extract < 0 || (size_t)entry->extract >= binds->count) return entry->bind;
  return binds->items[entry->extract];
}

/* Pushes the value of a bind: given by key, else its own, else that of its callable. */
static void push_value(source *from, size_t index, am_node *node)
{
  lua_State *L = from->L;
  am_bind_node *bind = (am_bind_node *)node;
  if (from->given != 0) {
    lua_rawgeti(L, from->keys, (int)index + 1);
    lua_rawget(L, from->given);
    if (!lua_isnil(L, -1)) return;
    lua_pop(L, 1);
  }
  if (bind->callable != NULL) {
    am_push_held(L, bind->callable);
    lua_call(L, 0, 1);
  } else if (bind->value != NULL && bind->value->kind != AM_BOUND_NONE) {
    am_push_bound(L, bind->value);
  } else {
    am_raisef(L, AM_ERR_INVALID_REQUEST, "A value is required for bind parameter '%s'",
              from->compiled->binds[index].name->text);
  }
}

static bool is_scalar(const am_bound *value)
{
  return value != NULL && value->kind != AM_BOUND_NONE && value->kind != AM_BOUND_FOREIGN;
}

static void add_position(source *from, size_t index, const am_vec *binds)
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
    if (is_scalar(bind->value)) {
      am_codec_encode_bound(L, from->params, bind->value, entry->type, dialect);
      return;
    }
  }
  push_value(from, index, bind_of(entry, binds));
  am_codec_encode(L, from->params, lua_gettop(L), entry->type, dialect);
  lua_pop(L, 1);
}

/* params_fill(cursor, compiled, node, keys, given or nil, expanded or nil) → count of cells added.
 * Appends one row of cells to the cursor's parameters. */
static int params_fill(lua_State *L)
{
  am_cursor_box *box = am_cursor_check(L, 1, true);
  source from = {L, am_check_compiled(L, 2), am_test_node(L, 3), 4, 0, 0, &box->params};
  luaL_checktype(L, 4, LUA_TTABLE);
  lua_settop(L, 6);
  luaL_checkstack(L, 12, NULL);
  if (lua_istable(L, 5)) from.given = 5;
  if (lua_istable(L, 6)) from.expanded = 6;
  /* the vector of borrowed binds lives in a userdata, so that an error frees it */
  am_vec binds;
  find_binds(&from, &binds);
  am_node **kept = lua_newuserdata(L, (binds.count + 1) * sizeof *kept);
  for (size_t i = 0; i < binds.count; i++) kept[i] = binds.items[i];
  am_vec view = {(void **)kept, binds.count, binds.count, false};
  am_vec_deinit(&binds);
  size_t before = box->params.count;
  for (size_t i = 0; i < from.compiled->position_count; i++)
    add_position(&from, from.compiled->positions[i], &view);
  lua_pushinteger(L, (lua_Integer)(box->params.count - before));
  return 1;
}

/* params_rows(cursor, compiled, node, keys, rows, first, last): the same for rows[first..last]. */
static int params_rows(lua_State *L)
{
  am_cursor_box *box = am_cursor_check(L, 1, true);
  source from = {L, am_check_compiled(L, 2), am_test_node(L, 3), 4, 8, 0, &box->params};
  luaL_checktype(L, 4, LUA_TTABLE);
  luaL_checktype(L, 5, LUA_TTABLE);
  int first = (int)luaL_checkinteger(L, 6), last = (int)luaL_checkinteger(L, 7);
  lua_settop(L, 8);
  luaL_checkstack(L, 12, NULL);
  am_vec none = AM_VEC_INIT;
  for (int row = first; row <= last; row++) {
    lua_rawgeti(L, 5, row);
    lua_replace(L, 8);
    if (!lua_istable(L, 8))
      am_raisef(L, AM_ERR_ARGUMENT, "parameter set %d of a list must be a table, got %s", row,
                luaL_typename(L, 8));
    for (size_t i = 0; i < from.compiled->position_count; i++)
      add_position(&from, from.compiled->positions[i], &none);
  }
  return 0;
}

/* params_clear(cursor) */
static int params_clear(lua_State *L)
{
  am_params_clear(&am_cursor_check(L, 1, true)->params);
  return 0;
}

/* params_value(compiled, node, keys, given, index) → the Lua value of bind `index` (from 1); for expansion and
 * for showing parameters. */
static int params_value(lua_State *L)
{
  source from = {L, am_check_compiled(L, 1), am_test_node(L, 2), 3, 0, 0, NULL};
  luaL_checktype(L, 3, LUA_TTABLE);
  if (lua_istable(L, 4)) from.given = 4;
  size_t index = (size_t)luaL_checkinteger(L, 5) - 1;
  if (index >= from.compiled->bind_count)
    am_raisef(L, AM_ERR_ARGUMENT, "no bind %zu", index + 1);
  am_vec binds;
  find_binds(&from, &binds);
  const am_compiled_bind *entry = &from.compiled->binds[index];
  am_node *bind = bind_of(entry, &binds);
  am_vec_deinit(&binds);
  push_value(&from, index, bind);
  return 1;
}

static const luaL_Reg functions[] = {{"extract", extract},           {"params_fill", params_fill},
                                     {"params_rows", params_rows},   {"params_clear", params_clear},
                                     {"params_value", params_value}, {NULL, NULL}};

void am_bind_execute(lua_State *L) { am_setfuncs(L, functions); }
