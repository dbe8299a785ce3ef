/* The two calls that every query begins with, select() and where(), and `t.c`: in C because they
 * are hot. Whatever they do not know they leave to Lua by answering nil. */
#include <string.h>

#include "base/arena.h"
#include "bind/node.h"
#include "sql/from.h"
#include "sql/operator.h"

/* May stand in a columns clause as it is. */
static bool is_column(const am_node *node)
{
  switch (node->tag) {
    case AM_NODE_COLUMN:
    case AM_NODE_TABLE:
    case AM_NODE_ALIAS:
    case AM_NODE_JOIN:
    case AM_NODE_VALUES:
    case AM_NODE_LABEL:
    case AM_NODE_FUNCTION:
    case AM_NODE_BINARY:
    case AM_NODE_UNARY:
    case AM_NODE_BIND:
    case AM_NODE_CAST:
    case AM_NODE_TEXT:
    case AM_NODE_SCALAR_SELECT:
    case AM_NODE_EXISTS:
    case AM_NODE_ORM_ENTITY:
    case AM_NODE_ORM_ATTR: return true;
    default: return false;
  }
}

/* select(...) → SELECT, or nil if an argument is anything but a plain node */
static int select_new(lua_State *L)
{
  int count = lua_gettop(L);
  for (int i = 1; i <= count; i++) {
    am_node *node = am_test_node(L, i);
    if (node == NULL || !is_column(node)) {
      lua_pushnil(L);
      return 1;
    }
  }
  am_node **face = am_push_empty_face(L, AM_NODE_SELECT);
  am_node *select = *face = am_node_new(AM_NODE_SELECT);
  if (select == NULL) return am_raise_memory(L);
  if (count == 0) {
    am_node_seal(select);
    return 1;
  }
  am_list *columns = am_list_new((size_t)count);
  if (columns == NULL) return am_raise_memory(L);
  for (int i = 0; i < count; i++) columns->items[i] = am_node_ref(am_test_node(L, i + 1));
  ((am_select_node *)select)->columns = columns;
  am_seal_face(L, select);
  return 1;
}

/* A copy of the SELECT at index 1 on top of the stack. */
static am_select_node *push_copy(lua_State *L, am_node *self)
{
  am_node **face = am_push_empty_face(L, AM_NODE_SELECT);
  *face = am_node_copy(self);
  if (*face == NULL) am_raise_memory(L);
  return (am_select_node *)*face;
}

/* May stand in WHERE as it is. */
static bool is_condition(const am_node *node)
{
  switch (node->tag) {
    case AM_NODE_BINARY:
    case AM_NODE_UNARY:
    case AM_NODE_EXISTS:
    case AM_NODE_COLUMN:
    case AM_NODE_FUNCTION:
    case AM_NODE_GROUPING:
    case AM_NODE_TRUE:
    case AM_NODE_FALSE:
    case AM_NODE_TEXT: return true;
    case AM_NODE_CLAUSE_LIST: return ((const am_clause_list_node *)node)->op != AM_OP_COMMA;
    case AM_NODE_ORM_ATTR: return ((const am_orm_attr_node *)node)->column != NULL;
    default: return false;
  }
}

/* select_where(select, condition) → SELECT with one more condition, or nil */
static int select_where(lua_State *L)
{
  am_node *self = am_test_node(L, 1), *condition = am_test_node(L, 2);
  if (self == NULL || self->tag != AM_NODE_SELECT || condition == NULL ||
      !is_condition(condition)) {
    lua_pushnil(L);
    return 1;
  }
  am_select_node *copy = push_copy(L, self);
  am_list *longer = am_list_append(copy->where, condition);
  if (longer == NULL) return am_raise_memory(L);
  am_list_unref(copy->where);
  copy->where = longer;
  am_seal_face(L, &copy->node);
  return 1;
}

/* Calls upvalue 1, the general function, with the arguments at hand if the quick one answered
 * nil. */
static int or_general(lua_State *L, int count)
{
  if (!lua_isnil(L, -1)) return 1;
  lua_settop(L, count);
  lua_pushvalue(L, lua_upvalueindex(1));
  lua_insert(L, 1);
  lua_call(L, count, 1);
  return 1;
}

static int select_or_general(lua_State *L)
{
  int count = lua_gettop(L);
  select_new(L);
  return or_general(L, count);
}

static int where_or_general(lua_State *L)
{
  int count = lua_gettop(L);
  if (count == 2) select_where(L);
  else lua_pushnil(L);
  return or_general(L, count);
}

/* select_function(general), where_method(general) → functions that do the usual themselves */
static int select_function(lua_State *L)
{
  am_check_type(L, 1, LUA_TFUNCTION);
  lua_settop(L, 1);
  lua_pushcclosure(L, select_or_general, 1);
  return 1;
}

static int where_method(lua_State *L)
{
  am_check_type(L, 1, LUA_TFUNCTION);
  lua_settop(L, 1);
  lua_pushcclosure(L, where_or_general, 1);
  return 1;
}

/* May stand in ORDER BY as it is: no label, whose name would be meant, and nothing to be put in
 * parentheses. */
static bool is_order(const am_node *node)
{
  if (node->tag == AM_NODE_UNARY) {
    const am_unary_node *unary = (const am_unary_node *)node;
    if (unary->modifier != AM_OP_DESC && unary->modifier != AM_OP_ASC) return false;
    node = unary->element;
  }
  return node->tag == AM_NODE_COLUMN ||
         (node->tag == AM_NODE_ORM_ATTR && ((const am_orm_attr_node *)node)->column != NULL &&
          ((const am_orm_attr_node *)node)->column->tag != AM_NODE_LABEL);
}

/* select_order_by(select, item) → SELECT, or nil */
static int select_order_by(lua_State *L)
{
  am_node *self = am_test_node(L, 1), *item = am_test_node(L, 2);
  if (self == NULL || self->tag != AM_NODE_SELECT || item == NULL || !is_order(item)) {
    lua_pushnil(L);
    return 1;
  }
  am_select_node *copy = push_copy(L, self);
  am_list *longer = am_list_append(copy->order_by, item);
  if (longer == NULL) return am_raise_memory(L);
  am_list_unref(copy->order_by);
  copy->order_by = longer;
  am_seal_face(L, &copy->node);
  return 1;
}

static am_node *new_limit(int64_t number, am_node *type)
{
  am_bind_node *bind = (am_bind_node *)am_node_new(AM_NODE_BIND);
  am_bound *value = am_bound_new(AM_BOUND_INT);
  if (bind == NULL || value == NULL) {
    am_node_unref((am_node *)bind);
    am_bound_unref(value);
    return NULL;
  }
  value->u.integer = number;
  bind->value = value;
  bind->options = AM_BIND_UNIQUE;
  bind->node.type = am_node_ref(type);
  return am_node_seal(&bind->node);
}

/* select_limit(select, number, is_offset, integer type) → SELECT, or nil */
static int select_limit(lua_State *L)
{
  am_node *self = am_test_node(L, 1), *type = am_test_node(L, 4);
  int64_t number;
  if (self == NULL || self->tag != AM_NODE_SELECT || type == NULL ||
      lua_type(L, 2) != LUA_TNUMBER || !am_to_int64(L, 2, &number)) {
    lua_pushnil(L);
    return 1;
  }
  am_select_node *copy = push_copy(L, self);
  am_node *bind = new_limit(number, type);
  if (bind == NULL) return am_raise_memory(L);
  am_node **slot = lua_toboolean(L, 3) ? &copy->offset : &copy->limit;
  am_node_unref(*slot);
  *slot = bind;
  if (slot == &copy->limit) { /* LIMIT takes the place of FETCH */
    am_node_unref(copy->fetch);
    copy->fetch = NULL;
    copy->fetch_options = 0;
  }
  am_seal_face(L, &copy->node);
  return 1;
}

/* --- t.c ------------------------------------------------------------------------------------- */

#define COLLECTION "alchemoon.columns"

typedef struct collection {
  am_node *from; /* counted */
} collection;

static am_node *check_collection(lua_State *L, int index)
{
  return ((collection *)am_check_class(L, index, COLLECTION))->from;
}

/* collection(from) → the `.c` of a FROM element */
static int collection_new(lua_State *L)
{
  am_node *from = am_check_node(L, 1);
  collection *self = lua_newuserdata(L, sizeof *self);
  self->from = NULL;
  luaL_getmetatable(L, COLLECTION);
  lua_setmetatable(L, -2);
  self->from = am_node_ref(from);
  return 1;
}

static int collection_gc(lua_State *L)
{
  collection *self = lua_touserdata(L, 1);
  am_node_unref(self->from);
  self->from = NULL;
  return 0;
}

/* collection_from(value) → its FROM element, or nil for any other value */
static int collection_from(lua_State *L)
{
  collection *self = am_test_class(L, 1, COLLECTION);
  if (self == NULL) lua_pushnil(L);
  else am_push_node(L, self->from);
  return 1;
}

/* A name is a column, a number the n-th column; all else is asked of the Lua function in upvalue
 * 1. */
static int collection_index(lua_State *L)
{
  collection *self = lua_touserdata(L, 1);
  int type = lua_type(L, 2);
  am_error err = AM_ERROR_INIT;
  am_node *column = NULL;
  if (type == LUA_TSTRING) {
    size_t size;
    const char *key = lua_tolstring(L, 2, &size);
    column = am_from_column(self->from, key, size, &err);
  } else if (type == LUA_TNUMBER) {
    const am_list *columns = am_from_columns(self->from, &err);
    lua_Integer at = lua_tointeger(L, 2);
    if (columns != NULL && at >= 1 && (size_t)at <= columns->count) column = columns->items[at - 1];
  }
  if (err.cls != AM_ERR_NONE) return am_raise(L, &err);
  if (column != NULL) {
    am_push_node(L, column);
    return 1;
  }
  if (type == LUA_TNUMBER) return 0;
  lua_pushvalue(L, lua_upvalueindex(1));
  lua_insert(L, 1);
  lua_call(L, 2, 1);
  return 1;
}

static int collection_count(lua_State *L)
{
  am_error err = AM_ERROR_INIT;
  const am_list *columns = am_from_columns(check_collection(L, 1), &err);
  if (columns == NULL) return am_raise(L, &err);
  lua_pushinteger(L, (lua_Integer)columns->count);
  return 1;
}

static int collection_eq(lua_State *L)
{
  collection *x = am_test_class(L, 1, COLLECTION), *y = am_test_class(L, 2, COLLECTION);
  lua_pushboolean(L, x != NULL && y != NULL && x->from == y->from);
  return 1;
}

/* set_collection_methods(missing, metamethods): missing(collection, key) is asked for what is no
 * column */
static int set_collection_methods(lua_State *L)
{
  am_check_type(L, 1, LUA_TFUNCTION);
  am_check_type(L, 2, LUA_TTABLE);
  luaL_getmetatable(L, COLLECTION);
  lua_pushvalue(L, 1);
  lua_pushcclosure(L, collection_index, 1);
  lua_setfield(L, -2, "__index");
  lua_pushnil(L);
  while (lua_next(L, 2)) {
    lua_pushvalue(L, -2);
    lua_insert(L, -2);
    lua_settable(L, 3);
  }
  return 0;
}

static const luaL_Reg metamethods[] = {
    {"__gc", collection_gc},
    {"__len", collection_count},
    {"__eq", collection_eq},
    {NULL, NULL},
};

static const luaL_Reg functions[] = {
    {"select_function", select_function},
    {"where_method", where_method},
    {"select_order_by", select_order_by},
    {"select_limit", select_limit},
    {"collection", collection_new},
    {"collection_from", collection_from},
    {"set_collection_methods", set_collection_methods},
    {NULL, NULL},
};

void am_bind_select(lua_State *L)
{
  am_new_class(L, COLLECTION, metamethods, NULL);
  lua_pop(L, 1);
  am_setfuncs(L, functions);
}
