/* FROM elements for Lua: columns, correspondence, joins, binds in texts. */
#include <string.h>

#include "base/arena.h"
#include "bind/node.h"
#include "compile/join.h"
#include "schema/schema.h"
#include "sql/adapt.h"
#include "sql/from.h"
#include "sql/text.h"

static void raise_if(lua_State *L, am_error *err)
{
  if (err->cls != AM_ERR_NONE) am_raise(L, err);
}

/* What a function needs besides: freed by the collector, so that nothing is lost when Lua raises an
 * error. */
#define SCRATCH "alchemoon.from.scratch"

typedef struct scratch {
  am_arena arena;
  am_vec nodes;
  am_vec counted; /* nodes with a reference to be given back */
} scratch;

static void scratch_deinit(scratch *self)
{
  am_arena_deinit(&self->arena);
  am_vec_deinit(&self->nodes);
  for (size_t i = 0; i < self->counted.count; i++) am_node_unref(self->counted.items[i]);
  am_vec_deinit(&self->counted);
}

static int scratch_gc(lua_State *L)
{
  scratch *self = lua_touserdata(L, 1);
  scratch_deinit(self);
  return 0;
}

static scratch *push_scratch(lua_State *L)
{
  scratch *self = lua_newuserdata(L, sizeof *self);
  am_arena_init(&self->arena, 1024);
  am_vec_init(&self->nodes);
  am_vec_init(&self->counted);
  luaL_getmetatable(L, SCRATCH);
  lua_setmetatable(L, -2);
  return self;
}

/* Pushes the nodes as a list, after a look at the error. The scratch is emptied. */
static int push_found(lua_State *L, scratch *work, const am_vec *nodes, am_error *err)
{
  if (nodes->failed) am_error_memory(err);
  if (err->cls != AM_ERR_NONE) return am_raise(L, err);
  lua_createtable(L, (int)nodes->count, 0);
  for (size_t i = 0; i < nodes->count; i++) {
    am_push_node(L, nodes->items[i]);
    lua_rawseti(L, -2, (int)i + 1);
  }
  scratch_deinit(work);
  return 1;
}

static void push_label(lua_State *L, am_label label)
{
  if (label.text == NULL) lua_pushboolean(L, false);
  else lua_pushlstring(L, label.text, label.size);
}

/* from_columns(from) → list of columns, list of their keys */
static int from_columns(lua_State *L)
{
  am_node *from = am_check_node(L, 1);
  am_error err = AM_ERROR_INIT;
  const am_list *columns = am_from_columns(from, &err);
  if (columns == NULL) return am_raise(L, &err);
  lua_settop(L, 1);
  scratch *work = push_scratch(L);
  lua_createtable(L, (int)columns->count, 0);
  lua_createtable(L, (int)columns->count, 0);
  for (size_t i = 0; i < columns->count; i++) {
    am_push_node(L, columns->items[i]);
    lua_rawseti(L, 3, (int)i + 1);
    am_label key = am_from_key(&work->arena, from, columns, i);
    if (key.text == NULL) return am_raise_memory(L);
    push_label(L, key);
    lua_rawseti(L, 4, (int)i + 1);
  }
  scratch_deinit(work);
  return 2;
}

/* from_column(from, key) → column or nil */
static int from_column(lua_State *L)
{
  am_node *from = am_check_node(L, 1);
  size_t size;
  const char *key = am_check_string(L, 2, &size);
  am_error err = AM_ERROR_INIT;
  am_node *column = from->tag == AM_NODE_TABLE /* wide tables have an index */
                        ? (am_node *)am_table_column((am_table_node *)from, key, size, false)
                        : am_from_column(from, key, size, &err);
  raise_if(L, &err);
  am_push_node(L, column);
  return 1;
}

/* selected_columns(statement) → list of expressions */
static int selected_columns(lua_State *L)
{
  am_node *statement = am_check_node(L, 1);
  scratch *work = push_scratch(L);
  am_error err = AM_ERROR_INIT;
  am_selected_columns(statement, &work->nodes, &err);
  return push_found(L, work, &work->nodes, &err);
}

/* selected_keys(statement) → the keys of these columns in `.selected_columns`; false for text */
static int selected_keys(lua_State *L)
{
  am_node *statement = am_check_node(L, 1);
  scratch *work = push_scratch(L);
  am_error err = AM_ERROR_INIT;
  am_named *names = NULL;
  if (am_selected_columns(statement, &work->nodes, &err)) {
    names = am_select_names(&work->arena, &work->nodes, am_label_style_of(statement), false);
    if (names == NULL || work->nodes.failed) am_error_memory(&err);
  }
  if (err.cls != AM_ERR_NONE) return am_raise(L, &err);
  lua_createtable(L, (int)work->nodes.count, 0);
  for (size_t i = 0; i < work->nodes.count; i++) {
    push_label(L, names[i].key);
    lua_rawseti(L, -2, (int)i + 1);
  }
  scratch_deinit(work);
  return 1;
}

/* corresponding_column(from, column [, require_embedded]) → column or nil */
static int corresponding_column(lua_State *L)
{
  am_error err = AM_ERROR_INIT;
  am_node *column =
      am_corresponding_column(am_check_node(L, 1), am_check_node(L, 2), lua_toboolean(L, 3), &err);
  raise_if(L, &err);
  am_push_node(L, column);
  return 1;
}

static int shares_lineage(lua_State *L)
{
  lua_pushboolean(L, am_shares_lineage(am_check_node(L, 1), am_check_node(L, 2)));
  return 1;
}

/* from_objects(node) → FROM elements that it brings along */
static int from_objects(lua_State *L)
{
  am_node *node = am_check_node(L, 1);
  scratch *work = push_scratch(L);
  am_error err = AM_ERROR_INIT;
  am_from_objects(node, &work->nodes);
  size_t kept = 0;
  for (size_t i = 0; i < work->nodes.count; i++) {
    size_t k = 0;
    while (k < kept && work->nodes.items[k] != work->nodes.items[i]) k++;
    if (k == kept) work->nodes.items[kept++] = work->nodes.items[i];
  }
  work->nodes.count = kept;
  return push_found(L, work, &work->nodes, &err);
}

/* from_hidden(from) → what stands inside a join */
static int from_hidden(lua_State *L)
{
  am_node *from = am_check_node(L, 1);
  scratch *work = push_scratch(L);
  am_error err = AM_ERROR_INIT;
  am_from_hidden(from, &work->nodes);
  return push_found(L, work, &work->nodes, &err);
}

static int from_derived(lua_State *L)
{
  lua_pushboolean(L, am_from_derived(am_check_node(L, 1), am_check_node(L, 2)));
  return 1;
}

/* from_description(from) → text for messages */
static int from_description(lua_State *L)
{
  am_node *from = am_check_node(L, 1);
  scratch *work = push_scratch(L);
  am_strbuf text = AM_STRBUF_INIT;
  am_from_describe(from, &text);
  char *copy = NULL;
  if (!am_strbuf_failed(&text))
    copy = am_arena_memdup(&work->arena, text.text != NULL ? text.text : "", text.size);
  size_t size = text.size;
  am_strbuf_deinit(&text);
  if (copy == NULL) return am_raise_memory(L);
  lua_pushlstring(L, copy, size);
  scratch_deinit(work);
  return 1;
}

/* join(left, right, onclause or nil, outer, full) → JOIN */
static int join(lua_State *L)
{
  am_node *left = am_check_node(L, 1), *right = am_check_node(L, 2);
  am_node *onclause = lua_isnoneornil(L, 3) ? NULL : am_check_node(L, 3);
  am_error err = AM_ERROR_INIT;
  am_node *node =
      am_join_new(left, right, onclause, lua_toboolean(L, 4), lua_toboolean(L, 5), &err);
  if (node == NULL) return am_raise(L, &err);
  am_push_new_node(L, node);
  return 1;
}

/* join_left_sides(list of FROM elements, right, onclause or nil) → indexes of those to which
 * `right` can be joined */
static int join_left_sides(lua_State *L)
{
  am_check_type(L, 1, LUA_TTABLE);
  am_node *right = am_check_node(L, 2);
  am_node *onclause = lua_isnoneornil(L, 3) ? NULL : am_check_node(L, 3);
  int count = (int)lua_rawlen(L, 1);
  for (int i = 1; i <= count; i++) { /* may raise: before anything is allocated */
    lua_rawgeti(L, 1, i);
    am_check_node(L, -1);
    lua_pop(L, 1);
  }
  void **items = lua_newuserdata(L, ((size_t)count + 1) * sizeof *items);
  am_vec candidates = AM_VEC_INIT, found = AM_VEC_INIT;
  for (int i = 1; i <= count; i++) {
    lua_rawgeti(L, 1, i);
    am_vec_push(&candidates, am_test_node(L, -1));
    lua_pop(L, 1);
  }
  am_error err = AM_ERROR_INIT;
  am_join_left_sides(&candidates, right, onclause, &found, &err);
  if (candidates.failed || found.failed) am_error_memory(&err);
  size_t size = found.count < (size_t)count ? found.count : (size_t)count;
  if (size > 0) memcpy(items, found.items, size * sizeof *items);
  am_vec_deinit(&candidates);
  am_vec_deinit(&found);
  raise_if(L, &err);
  lua_newtable(L);
  int filled = 0;
  for (int i = 1; i <= count; i++) {
    lua_rawgeti(L, 1, i);
    void *node = am_test_node(L, -1);
    lua_pop(L, 1);
    bool fits = false;
    for (size_t k = 0; k < size; k++) fits |= items[k] == node;
    if (!fits) continue;
    lua_pushinteger(L, i);
    lua_rawseti(L, -2, ++filled);
  }
  return 1;
}

/* join_condition(left, right) → expression */
static int join_condition(lua_State *L)
{
  am_error err = AM_ERROR_INIT;
  am_node *condition = am_join_condition(am_check_node(L, 1), am_check_node(L, 2), &err);
  if (condition == NULL) return am_raise(L, &err);
  am_push_new_node(L, condition);
  return 1;
}

/* text_names(text) → names of its binds, each once */
static int text_names(lua_State *L)
{
  size_t size;
  const char *begin = am_check_string(L, 1, &size), *at = begin;
  am_text_part part;
  lua_newtable(L);
  lua_newtable(L);
  int count = 0;
  while (am_text_next(&at, begin, begin + size, &part)) {
    if (!part.is_bind) continue;
    lua_pushlstring(L, part.text, part.size);
    lua_pushvalue(L, -1);
    lua_rawget(L, 3);
    bool known = !lua_isnil(L, -1);
    lua_pop(L, 1);
    if (known) {
      lua_pop(L, 1);
      continue;
    }
    lua_pushvalue(L, -1);
    lua_pushboolean(L, true);
    lua_rawset(L, 3);
    lua_rawseti(L, 2, ++count);
  }
  lua_settop(L, 2);
  return 1;
}

/* select_froms(select) → FROM elements as they will be listed, before correlation */
static int select_froms(lua_State *L)
{
  am_node *select = am_check_node(L, 1);
  if (select->tag != AM_NODE_SELECT) am_raisef(L, AM_ERR_ARGUMENT, "a SELECT is needed");
  scratch *work = push_scratch(L);
  am_error err = AM_ERROR_INIT;
  am_select_final_froms(select, &work->counted, &err);
  return push_found(L, work, &work->counted, &err);
}

/* adapt(node, from [, {equivalents = {column → list}, names = bool}]) → node with columns of what
 * `from` is made of exchanged for those of `from` */
static int adapt(lua_State *L)
{
  am_node *node = am_check_node(L, 1), *from = am_check_node(L, 2);
  am_error err = AM_ERROR_INIT;
  bool by_name = lua_istable(L, 3) && am_is_set(L, 3, "names");
  am_node *fresh = am_node_adapt(node, from, by_name, &err);
  if (fresh == NULL) return am_raise(L, &err);
  am_push_new_node(L, fresh);
  return 1;
}

/* replace_from(node, old, new) → node in which a FROM element and its columns are exchanged */
static int replace_from(lua_State *L)
{
  am_error err = AM_ERROR_INIT;
  am_node *fresh =
      am_node_replace_from(am_check_node(L, 1), am_check_node(L, 2), am_check_node(L, 3), &err);
  if (fresh == NULL) return am_raise(L, &err);
  am_push_new_node(L, fresh);
  return 1;
}

static const luaL_Reg functions[] = {
    {"from_columns", from_columns},
    {"from_column", from_column},
    {"selected_columns", selected_columns},
    {"selected_keys", selected_keys},
    {"corresponding_column", corresponding_column},
    {"shares_lineage", shares_lineage},
    {"from_objects", from_objects},
    {"from_hidden", from_hidden},
    {"from_derived", from_derived},
    {"from_description", from_description},
    {"join", join},
    {"join_left_sides", join_left_sides},
    {"join_condition", join_condition},
    {"text_names", text_names},
    {"select_froms", select_froms},
    {"adapt", adapt},
    {"replace_from", replace_from},
    {NULL, NULL},
};

static const luaL_Reg scratch_metamethods[] = {
    {"__gc", scratch_gc},
    {NULL, NULL},
};

void am_bind_from(lua_State *L)
{
  am_new_class(L, SCRATCH, scratch_metamethods, NULL);
  lua_pop(L, 1);
  am_setfuncs(L, functions);
}
