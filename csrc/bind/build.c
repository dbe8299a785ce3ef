/* Expressions built from Lua in one call: operands are put in parentheses here, so that the Lua
 * side of an operator stays short. The forms with a table of fields (core.node) remain for
 * everything rare. */
#include "base/alloc.h"
#include "bind/node.h"
#include "compile/bind.h"
#include "sql/operator.h"
#include "sql/type.h"

static am_node *type_at(lua_State *L, int index)
{
  return lua_isnoneornil(L, index) ? NULL : am_check_node(L, index);
}

/* The face takes the node before anything else can fail: a half-filled node is freed by the
 * collector. */
static am_node *anchored(lua_State *L, am_tag tag)
{
  am_node **face = am_push_empty_face(L, tag);
  *face = am_node_new(tag);
  if (*face == NULL) am_raise_memory(L);
  return *face;
}

static am_node *counted(lua_State *L, am_node *take_node)
{
  if (take_node == NULL) am_raise_memory(L);
  return take_node;
}

/* binary(left, right, op, negate, type [, modifiers [, custom [, options]]]) */
static int build_binary(lua_State *L)
{
  am_node *left = am_check_node(L, 1), *right = am_check_node(L, 2);
  am_operator op = (am_operator)am_check_integer(L, 3);
  am_node *custom = type_at(L, 7);
  lua_Integer negate = am_opt_integer(L, 4, 0), options = am_opt_integer(L, 8, 0);
  am_node *type = type_at(L, 5), *modifiers = type_at(L, 6);
  am_binary_node *binary = (am_binary_node *)anchored(L, AM_NODE_BINARY);
  binary->left = counted(L, am_node_self_group(left, op, custom));
  binary->right = counted(L, am_node_self_group(right, op, custom));
  binary->op = op;
  binary->negate = negate;
  binary->options = options;
  binary->node.type = am_node_ref(type);
  binary->modifiers = am_node_ref(modifiers);
  binary->custom = am_node_ref(custom);
  am_seal_face(L, &binary->node);
  return 1;
}

/* unary(element, op, modifier, type [, options [, custom]]); the element stands as operand of op or
 * modifier */
static int build_unary(lua_State *L)
{
  am_node *element = am_check_node(L, 1);
  am_operator op = (am_operator)am_check_integer(L, 2);
  am_operator modifier = (am_operator)am_check_integer(L, 3);
  am_node *type = type_at(L, 4);
  lua_Integer options = am_opt_integer(L, 5, 0);
  am_node *custom = type_at(L, 6);
  am_unary_node *unary = (am_unary_node *)anchored(L, AM_NODE_UNARY);
  unary->element =
      counted(L, am_node_self_group(element, op != AM_OP_NONE ? op : modifier, custom));
  unary->op = op;
  unary->modifier = modifier;
  unary->options = options;
  unary->custom = am_node_ref(custom);
  unary->node.type = am_node_ref(type);
  am_seal_face(L, &unary->node);
  return 1;
}

/* Pushes the node at `index` as operand of op: itself, or the copy or group made of it. */
static void push_grouped(lua_State *L, int index, am_operator op, const am_node *custom)
{
  am_node *node = am_check_node(L, index);
  am_node *grouped = counted(L, am_node_self_group(node, op, custom));
  am_tag tag = (am_tag)grouped->tag;
  bool same = grouped == node;
  am_node_unref(grouped);
  if (same) {
    lua_pushvalue(L, index);
  } else if (tag == AM_NODE_LABEL) {
    am_push_new_node(L, am_node_self_group(node, op, custom));
  } else { /* made once more, now that its face is there to free it */
    am_node **slot = am_push_empty_face(L, tag);
    *slot = counted(L, am_node_self_group(node, op, custom));
    am_settle_face(L);
  }
}

/* self_group(node, op [, custom]) → the node as operand of the operator, in parentheses if it
 * must */
static int build_self_group(lua_State *L)
{
  push_grouped(L, 1, (am_operator)am_check_integer(L, 2), type_at(L, 3));
  return 1;
}

/* as_boolean(node, truth) */
static int build_as_boolean(lua_State *L)
{
  am_node *node = am_check_node(L, 1);
  am_node **slot = am_push_empty_face(L, AM_NODE_UNARY);
  *slot = counted(L, am_node_as_boolean(node, lua_toboolean(L, 2)));
  am_settle_face(L);
  return 1;
}

/* clause_list(items, op, type [, grouped_items [, custom]]): items become operands of op unless
 * grouped_items is false */
static int build_clause_list(lua_State *L)
{
  am_check_type(L, 1, LUA_TTABLE);
  am_operator op = (am_operator)am_check_integer(L, 2);
  am_node *type = type_at(L, 3), *custom = type_at(L, 5);
  bool group = lua_isnoneornil(L, 4) || lua_toboolean(L, 4);
  size_t count = lua_rawlen(L, 1);
  for (size_t i = 1; i <= count; i++) {
    lua_rawgeti(L, 1, (int)i);
    am_check_node(L, -1);
    lua_pop(L, 1);
  }
  am_clause_list_node *list = (am_clause_list_node *)anchored(L, AM_NODE_CLAUSE_LIST);
  list->items = am_list_new(count);
  if (list->items == NULL) am_raise_memory(L);
  for (size_t i = 0; i < count; i++) {
    lua_rawgeti(L, 1, (int)i + 1);
    am_node *item = am_test_node(L, -1);
    list->items->items[i] =
        group ? counted(L, am_node_self_group(item, op, custom)) : am_node_ref(item);
    lua_pop(L, 1);
  }
  list->op = op;
  list->group = 1;
  list->custom = am_node_ref(custom);
  list->node.type = am_node_ref(type);
  am_seal_face(L, &list->node);
  return 1;
}

static am_node *node_in(lua_State *L, int table, size_t index)
{
  lua_rawgeti(L, table, (int)index + 1);
  am_node *node = am_test_node(L, -1);
  lua_pop(L, 1);
  return node;
}

static bool is_list_of(const am_node *node, am_operator op)
{
  return node->tag == AM_NODE_CLAUSE_LIST && ((const am_clause_list_node *)node)->op == op;
}

/* Which items of a conjunction count: those that are not its neutral constant; the absorbing one
 * alone. */
typedef struct kept_items {
  size_t count, first, last;
} kept_items;

static kept_items keep_items(lua_State *L, am_operator op, size_t count)
{
  am_tag neutral = op == AM_OP_AND ? AM_NODE_TRUE : AM_NODE_FALSE;
  am_tag absorbing = op == AM_OP_AND ? AM_NODE_FALSE : AM_NODE_TRUE;
  kept_items kept = {0, 0, 0};
  for (size_t i = 0; i < count; i++) {
    am_node *item = node_in(L, 1, i);
    if (item->tag == absorbing) return (kept_items){1, i, i};
    if (item->tag == neutral || am_is_no_condition(item)) continue;
    if (kept.count++ == 0) kept.first = i;
    kept.last = i;
  }
  if (kept.count == 0) return (kept_items){1, count - 1, count - 1};
  return kept;
}

/* The operands, nested lists of the same operator flattened; into `list`, or counted when it is
 * NULL. */
static size_t flatten(lua_State *L, am_operator op, kept_items kept, am_list *list)
{
  am_tag neutral = op == AM_OP_AND ? AM_NODE_TRUE : AM_NODE_FALSE;
  size_t count = 0;
  for (size_t i = kept.first; i <= kept.last; i++) {
    am_node *item = node_in(L, 1, i);
    if (item->tag == neutral || am_is_no_condition(item)) continue;
    if (!is_list_of(item, op)) {
      if (list != NULL) list->items[count] = counted(L, am_node_self_group(item, op, NULL));
      count++;
      continue;
    }
    const am_list *inner = ((am_clause_list_node *)item)->items;
    for (size_t k = 0; k < am_list_count(inner); k++, count++)
      if (list != NULL) list->items[count] = am_node_ref(inner->items[k]);
  }
  return count;
}

/* conjunction(items, op, type): AND or OR of the items; constants fold, one item stands alone */
static int build_conjunction(lua_State *L)
{
  am_check_type(L, 1, LUA_TTABLE);
  am_operator op = (am_operator)am_check_integer(L, 2);
  am_node *type = type_at(L, 3);
  size_t count = lua_rawlen(L, 1);
  for (size_t i = 1; i <= count; i++) {
    lua_rawgeti(L, 1, (int)i);
    am_check_node(L, -1);
    lua_pop(L, 1);
  }
  if (count == 0) am_raisef(L, AM_ERR_ARGUMENT, "a conjunction needs at least one item");
  kept_items kept = keep_items(L, op, count);
  if (kept.count == 1) {
    lua_rawgeti(L, 1, (int)kept.first + 1);
    push_grouped(L, lua_gettop(L), AM_OP_AS_BOOL, NULL);
    return 1;
  }
  am_clause_list_node *list = (am_clause_list_node *)anchored(L, AM_NODE_CLAUSE_LIST);
  list->items = am_list_new(flatten(L, op, kept, NULL));
  if (list->items == NULL) am_raise_memory(L);
  flatten(L, op, kept, list->items);
  list->op = op;
  list->group = 1;
  list->node.type = am_node_ref(type);
  am_seal_face(L, &list->node);
  return 1;
}

/* bind(name, value, options, type [, expand_op]) → BIND; name nil: "param" */
static int build_bind(lua_State *L)
{
  am_node *type = type_at(L, 4);
  lua_Integer options = am_opt_integer(L, 3, 0), expand_op = am_opt_integer(L, 5, 0);
  am_bind_node *bind = (am_bind_node *)anchored(L, AM_NODE_BIND);
  bind->name = am_name_from(L, 1);
  bind->options = options;
  bind->node.type = am_node_ref(type);
  if (options & AM_BIND_REQUIRED) bind->value = am_bound_new(AM_BOUND_NONE);
  else bind->value = am_bound_from(L, 2);
  if (bind->value == NULL) am_raise_memory(L);
  bind->expand_op = expand_op;
  am_seal_face(L, &bind->node);
  return 1;
}

/* The name under which literals compared with this expression are bound. */
static am_name *literal_name(am_node *node)
{
  if (node->tag == AM_NODE_ORM_ATTR) node = ((am_orm_attr_node *)node)->column;
  if (node != NULL && node->tag == AM_NODE_ANNOTATED) node = ((am_annotated_node *)node)->element;
  if (node == NULL) return NULL;
  if (node->tag == AM_NODE_COLUMN) {
    am_column_node *column = (am_column_node *)node;
    bool made_up = column->name != NULL && (column->name->flags & AM_NAME_SYMBOLIC);
    if (made_up && column->schema == NULL) return NULL;
    return column->key_name != NULL ? column->key_name : column->name;
  }
  if (node->tag == AM_NODE_VALUES_OF) return literal_name(((am_values_of_node *)node)->column);
  if (node->tag == AM_NODE_FUNCTION) {
    am_function_node *function = (am_function_node *)node;
    return function->options & AM_FUNCTION_PLAIN_BINDS ? NULL : function->name;
  }
  if (node->tag == AM_NODE_CUSTOM_COLUMN) {
    am_custom_column_node *column = (am_custom_column_node *)node;
    return column->clause ? column->name : NULL;
  }
  return NULL;
}

/* literal_name(node) → the name, or nil */
static int build_literal_name(lua_State *L)
{
  am_name *name = literal_name(am_check_node(L, 1));
  if (name == NULL) lua_pushnil(L);
  else lua_pushlstring(L, name->text, name->size);
  return 1;
}

/* Does a plain value of this Lua type take the type of what it is compared with? */
static bool takes_type(lua_State *L, int index, am_node *type)
{
  am_type_kind kind = am_type_kind_of(type);
  if (kind == AM_TYPE_DECORATOR || kind == AM_TYPE_USERDEFINED) return false;
  am_affinity affinity = am_type_affinity(kind);
  int64_t integer;
  switch (lua_type(L, index)) {
    case LUA_TNUMBER: return affinity == AM_AFFINITY_INTEGER && am_tointegerx(L, index, &integer);
    case LUA_TSTRING: return affinity == AM_AFFINITY_STRING;
    default: return false;
  }
}

/* compare(left, value, op, negate, type) → "left op :bind", or nil when `value` is no plain literal
 * of the type of `left` and needs the general way */
static int build_compare(lua_State *L)
{
  am_node *left = am_check_node(L, 1);
  if (!takes_type(L, 2, left->type) || left->tag == AM_NODE_UNARY) {
    lua_pushnil(L);
    return 1;
  }
  am_operator op = (am_operator)lua_tointeger(L, 3);
  am_node *type = am_test_node(L, 5);
  am_binary_node *binary = (am_binary_node *)anchored(L, AM_NODE_BINARY);
  binary->left = counted(L, am_node_self_group(left, op, NULL));
  am_bind_node *bind = (am_bind_node *)am_node_new(AM_NODE_BIND);
  binary->right = counted(L, (am_node *)bind);
  bind->name = am_name_ref(literal_name(left));
  bind->options = AM_BIND_UNIQUE;
  bind->node.type = am_node_ref(left->type);
  bind->value = am_bound_from(L, 2);
  if (bind->value == NULL) am_raise_memory(L);
  am_node_seal(&bind->node);
  binary->op = op;
  binary->negate = lua_tointeger(L, 4);
  binary->node.type = am_node_ref(type);
  am_seal_face(L, &binary->node);
  return 1;
}

/* The comparison as a method (self, value): the general function of upvalue 4 does what compare
 * cannot. */
static int comparison(lua_State *L)
{
  lua_settop(L, 2);
  for (int i = 1; i <= 3; i++) lua_pushvalue(L, lua_upvalueindex(i));
  if (am_test_node(L, 1) != NULL) build_compare(L);
  else lua_pushnil(L);
  if (!lua_isnil(L, -1)) return 1;
  lua_settop(L, 2);
  lua_pushvalue(L, lua_upvalueindex(4));
  lua_insert(L, 1);
  lua_call(L, 2, 1);
  return 1;
}

/* comparison(op, negate, type, general) → method */
static int build_comparison(lua_State *L)
{
  am_check_type(L, 4, LUA_TFUNCTION);
  lua_settop(L, 4);
  lua_pushcclosure(L, comparison, 4);
  return 1;
}

static am_node *literal_bind(lua_State *L, am_node *left, int value, am_node *type, int64_t options,
                             am_operator expand_op)
{
  am_bind_node *bind = (am_bind_node *)anchored(L, AM_NODE_BIND);
  bind->name = am_name_ref(literal_name(left));
  bind->options = AM_BIND_UNIQUE | options;
  bind->expand_op = expand_op;
  bind->node.type = am_node_ref(type);
  bind->value = am_bound_from(L, value);
  if (bind->value == NULL) am_raise_memory(L);
  am_seal_face(L, &bind->node);
  return &bind->node;
}

/* in_list(left, list, op, negate, type) → "left IN (...)" for a list of numbers or texts of the
 * type of `left`; nil for anything else */
static int build_in_list(lua_State *L)
{
  am_node *left = am_check_node(L, 1);
  lua_settop(L, 5);
  size_t count = lua_type(L, 2) == LUA_TTABLE ? lua_rawlen(L, 2) : 0;
  bool plain = count > 0 && left->tag != AM_NODE_TUPLE && left->tag != AM_NODE_UNARY;
  for (size_t i = 1; plain && i <= count; i++) {
    lua_rawgeti(L, 2, (int)i);
    plain = takes_type(L, -1, left->type);
    lua_pop(L, 1);
  }
  if (plain && lua_getmetatable(L, 2)) plain = false;
  if (!plain) {
    lua_pushnil(L);
    return 1;
  }
  am_operator op = (am_operator)lua_tointeger(L, 3);
  lua_createtable(L, (int)count, 0); /* a list of our own: the author may change his */
  for (size_t i = 1; i <= count; i++) {
    lua_rawgeti(L, 2, (int)i);
    lua_rawseti(L, -2, (int)i);
  }
  am_node *right = literal_bind(L, left, lua_gettop(L), left->type, AM_BIND_EXPANDING, op);
  am_binary_node *binary = (am_binary_node *)anchored(L, AM_NODE_BINARY);
  binary->left = counted(L, am_node_self_group(left, op, NULL));
  binary->right = am_node_ref(right);
  binary->op = op;
  binary->negate = lua_tointeger(L, 4);
  binary->node.type = am_node_ref(am_test_node(L, 5));
  am_seal_face(L, &binary->node);
  return 1;
}

/* Texts that `+` joins. */
static bool joins(am_type_kind kind)
{
  switch (kind) {
    case AM_TYPE_STRING:
    case AM_TYPE_TEXT_:
    case AM_TYPE_UNICODE:
    case AM_TYPE_UNICODETEXT:
    case AM_TYPE_SQL_VARCHAR:
    case AM_TYPE_SQL_TEXT:
    case AM_TYPE_SQL_CHAR: return true;
    default: return false;
  }
}

/* arithmetic(column, value, op) → "column op :bind" where the type of the column remains; nil: the
 * general way */
static int build_arithmetic(lua_State *L)
{
  am_node *left = am_check_node(L, 1);
  am_operator op = (am_operator)lua_tointeger(L, 3);
  am_type_kind kind = am_type_kind_of(left->type);
  const am_node *plain = left->tag == AM_NODE_ORM_ATTR ? ((am_orm_attr_node *)left)->column : left;
  bool column = plain != NULL && plain->tag == AM_NODE_COLUMN; /* a hybrid may need parentheses */
  bool number = am_type_affinity(kind) == AM_AFFINITY_INTEGER &&
                (op == AM_OP_ADD || op == AM_OP_SUB || op == AM_OP_MUL);
  bool text = joins(kind) && (op == AM_OP_ADD || op == AM_OP_CONCAT);
  if (!column || !(number || text) || !takes_type(L, 2, left->type)) {
    lua_pushnil(L);
    return 1;
  }
  if (text) op = AM_OP_CONCAT;
  am_node *right = literal_bind(L, left, 2, left->type, 0, AM_OP_NONE);
  am_binary_node *binary = (am_binary_node *)anchored(L, AM_NODE_BINARY);
  binary->left = am_node_ref(left);
  binary->right = am_node_ref(right);
  binary->op = op;
  binary->node.type = am_node_ref(left->type);
  am_seal_face(L, &binary->node);
  return 1;
}

static const luaL_Reg functions[] = {
    {"binary", build_binary},
    {"unary", build_unary},
    {"as_boolean", build_as_boolean},
    {"self_group", build_self_group},
    {"clause_list", build_clause_list},
    {"conjunction", build_conjunction},
    {"bind", build_bind},
    {"literal_name", build_literal_name},
    {"comparison", build_comparison},
    {"in_list", build_in_list},
    {"arithmetic", build_arithmetic},
    {NULL, NULL},
};

void am_bind_build(lua_State *L) { am_setfuncs(L, functions); }
