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
  lua_createtable(L, (int)columns->count, 0);
  for (size_t i = 0; i < columns->count; i++) {
    am_push_node(L, columns->items[i]);
    lua_rawseti(L, -2, (int)i + 1);
  }
  lua_createtable(L, (int)columns->count, 0);
  for (size_t i = 0; i < columns->count; i++) {
    am_arena arena;
    am_arena_init(&arena, 256);
    am_label key = am_from_key(&arena, from, columns, i);
    char text[512]; /* Lua may raise: nothing may hang on the arena then */
    size_t size = key.size < sizeof text ? key.size : sizeof text;
    if (key.text != NULL) memcpy(text, key.text, size);
    am_arena_deinit(&arena);
    lua_pushlstring(L, text, key.text != NULL ? size : 0);
    lua_rawseti(L, -2, (int)i + 1);
  }
  return 2;
}

/* from_column(from, key) → column or nil */
static int from_column(lua_State *L)
{
  am_node *from = am_check_node(L, 1);
  size_t size;
  const char *key = luaL_checklstring(L, 2, &size);
  am_error err = AM_ERROR_INIT;
  am_node *column = from->tag == AM_NODE_TABLE /* wide tables have an index */
                        ? (am_node *)am_table_column((am_table_node *)from, key, size, false)
                        : am_from_column(from, key, size, &err);
  raise_if(L, &err);
  am_push_node(L, column);
  return 1;
}

static int push_vec(lua_State *L, am_vec *vec, am_error *err)
{
  if (vec->failed) am_error_memory(err);
  if (err->cls != AM_ERR_NONE) {
    am_vec_deinit(vec);
    return am_raise(L, err);
  }
  void **items = lua_newuserdata(L, (vec->count + 1) * sizeof *items); /* survives a raised error */
  size_t count = vec->count;
  if (count > 0) memcpy(items, vec->items, count * sizeof *items);
  am_vec_deinit(vec);
  lua_createtable(L, (int)count, 0);
  for (size_t i = 0; i < count; i++) {
    am_push_node(L, items[i]);
    lua_rawseti(L, -2, (int)i + 1);
  }
  return 1;
}

/* selected_columns(statement) → list of expressions */
static int selected_columns(lua_State *L)
{
  am_vec columns = AM_VEC_INIT;
  am_error err = AM_ERROR_INIT;
  am_selected_columns(am_check_node(L, 1), &columns, &err);
  return push_vec(L, &columns, &err);
}

/* selected_keys(statement) → the keys of these columns in `.selected_columns`; false for text */
static int selected_keys(lua_State *L)
{
  am_node *statement = am_check_node(L, 1);
  am_vec columns = AM_VEC_INIT;
  am_arena arena;
  am_error err = AM_ERROR_INIT;
  am_arena_init(&arena, 1024);
  lua_newtable(L);
  am_selected_columns(statement, &columns, &err);
  am_named *names = am_select_names(&arena, &columns, am_label_style_of(statement), false);
  am_strbuf all = AM_STRBUF_INIT; /* "1key\0" or "0\0" each */
  for (size_t i = 0; names != NULL && i < columns.count; i++) {
    am_label key = names[i].key;
    am_strbuf_putc(&all, key.text != NULL ? '1' : '0');
    if (key.text != NULL) am_strbuf_add(&all, key.text, key.size);
    am_strbuf_putc(&all, '\0');
  }
  if (names == NULL || am_strbuf_failed(&all)) am_error_memory(&err);
  size_t count = columns.count;
  am_vec_deinit(&columns);
  am_arena_deinit(&arena);
  if (err.cls != AM_ERR_NONE) {
    am_strbuf_deinit(&all);
    return am_raise(L, &err);
  }
  char *texts = lua_newuserdata(L, all.size + 1);
  if (all.size > 0) memcpy(texts, all.text, all.size);
  am_strbuf_deinit(&all);
  for (size_t i = 0; i < count; i++) {
    push_label(L, *texts == '1' ? am_label_text(texts + 1) : am_label_text(NULL));
    lua_rawseti(L, 2, (int)i + 1);
    texts += strlen(texts) + 1;
  }
  lua_settop(L, 2);
  return 1;
}

/* corresponding_column(from, column [, require_embedded]) → column or nil */
static int corresponding_column(lua_State *L)
{
  am_error err = AM_ERROR_INIT;
  am_node *column = am_corresponding_column(am_check_node(L, 1), am_check_node(L, 2),
                                            lua_toboolean(L, 3), &err);
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
  am_vec found = AM_VEC_INIT, distinct = AM_VEC_INIT;
  am_error err = AM_ERROR_INIT;
  am_from_objects(am_check_node(L, 1), &found);
  for (size_t i = 0; i < found.count; i++) am_vec_push_unique(&distinct, found.items[i]);
  distinct.failed |= found.failed;
  am_vec_deinit(&found);
  return push_vec(L, &distinct, &err);
}

static int from_hidden(lua_State *L)
{
  am_vec found = AM_VEC_INIT;
  am_error err = AM_ERROR_INIT;
  am_from_hidden(am_check_node(L, 1), &found);
  return push_vec(L, &found, &err);
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
  am_strbuf text = AM_STRBUF_INIT;
  am_from_describe(from, &text);
  bool ok = !am_strbuf_failed(&text);
  if (ok) lua_pushlstring(L, text.text != NULL ? text.text : "", text.size);
  am_strbuf_deinit(&text);
  return ok ? 1 : luaL_error(L, "not enough memory");
}

/* join(left, right, onclause or nil, outer, full) → JOIN */
static int join(lua_State *L)
{
  am_node *left = am_check_node(L, 1), *right = am_check_node(L, 2);
  am_node *onclause = lua_isnoneornil(L, 3) ? NULL : am_check_node(L, 3);
  am_error err = AM_ERROR_INIT;
  am_node *node = am_join_new(left, right, onclause, lua_toboolean(L, 4), lua_toboolean(L, 5), &err);
  if (node == NULL) return am_raise(L, &err);
  am_push_new_node(L, node);
  return 1;
}

/* join_left_sides(list of FROM elements, right, onclause or nil) → indexes of those to which `right` can be joined */
static int join_left_sides(lua_State *L)
{
  luaL_checktype(L, 1, LUA_TTABLE);
  am_node *right = am_check_node(L, 2);
  am_node *onclause = lua_isnoneornil(L, 3) ? NULL : am_check_node(L, 3);
  int count = (int)lua_rawlen(L, 1);
  for (int i = 1; i <= count; i++) { /* may raise: before anything is allocated */
    lua_rawgeti(L, 1, i);
    am_check_node(L, -1);
    lua_pop(L, 1);
  }
  am_vec candidates = AM_VEC_INIT, found = AM_VEC_INIT;
  for (int i = 1; i <= count; i++) {
    lua_rawgeti(L, 1, i);
    am_vec_push(&candidates, am_test_node(L, -1));
    lua_pop(L, 1);
  }
  am_error err = AM_ERROR_INIT;
  am_join_left_sides(&candidates, right, onclause, &found, &err);
  if (candidates.failed || found.failed) am_error_memory(&err);
  size_t size = found.count;
  void **items = size > 0 ? lua_newuserdata(L, size * sizeof *items) : NULL;
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
  const char *begin = luaL_checklstring(L, 1, &size), *at = begin;
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
  am_vec froms = AM_VEC_INIT;
  am_error err = AM_ERROR_INIT;
  am_select_final_froms(select, &froms, &err);
  for (size_t i = 0; i < froms.count && err.cls != AM_ERR_NONE; i++) am_node_unref(froms.items[i]);
  int result = push_vec(L, &froms, &err);
  for (size_t i = 1; i <= lua_rawlen(L, -1); i++) { /* the list holds them now */
    lua_rawgeti(L, -1, (int)i);
    am_node_unref(am_test_node(L, -1));
    lua_pop(L, 1);
  }
  return result;
}

/* adapt(node, from [, {equivalents = {column → list}, names = bool}]) → node with columns of what `from` is made of
 * exchanged for those of `from` */
static int adapt(lua_State *L)
{
  am_node *node = am_check_node(L, 1), *from = am_check_node(L, 2);
  am_error err = AM_ERROR_INIT;
  bool by_name = false;
  if (lua_istable(L, 3)) {
    lua_getfield(L, 3, "names");
    by_name = lua_toboolean(L, -1);
    lua_pop(L, 1);
  }
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

static const luaL_Reg functions[] = {{"from_columns", from_columns},
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
                                     {NULL, NULL}};

void am_bind_from(lua_State *L) { am_setfuncs(L, functions); }
