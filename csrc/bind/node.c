/* Nodes read and made from Lua by the names of their fields. What shows them to Lua is a face
 * (bind/face.c). */
#include "bind/node.h"

#include <stdio.h>

#include "base/alloc.h"

/* --- reading fields from Lua ----------------------------------------------------- */

am_name *am_name_from(lua_State *L, int index)
{
  int quote = 0;
  size_t size;
  if (lua_isnoneornil(L, index)) return NULL;
  index = lua_absindex(L, index);
  if (lua_type(L, index) == LUA_TTABLE) {
    lua_getfield(L, index, "quote");
    if (!lua_isnil(L, -1)) quote = lua_toboolean(L, -1) ? 1 : 2;
    lua_pop(L, 1);
    lua_rawgeti(L, index, 1);
    const char *text = lua_tolstring(L, -1, &size);
    if (text == NULL) am_raisef(L, AM_ERR_ARGUMENT, "a quoted name needs its text at [1]");
    am_name *name = am_name_new(text, size, quote);
    lua_pop(L, 1);
    if (name == NULL) am_raise_memory(L);
    return name;
  }
  if (lua_type(L, index) != LUA_TSTRING && lua_type(L, index) != LUA_TNUMBER)
    am_raisef(L, AM_ERR_ARGUMENT, "a name must be a string, got %s", luaL_typename(L, index));
  lua_pushvalue(L, index);
  const char *text = lua_tolstring(L, -1, &size);
  am_name *name = am_name_new(text, size, 0);
  lua_pop(L, 1);
  if (name == NULL) am_raise_memory(L);
  return name;
}

/* A list from a Lua table; checks all items first so that an error leaks nothing. */
static am_list *list_from(lua_State *L, int index, const char *field)
{
  if (lua_isnoneornil(L, index)) return NULL;
  if (lua_type(L, index) != LUA_TTABLE)
    am_raisef(L, AM_ERR_ARGUMENT, "field \"%s\": a list is needed, got %s", field,
              luaL_typename(L, index));
  size_t count = lua_rawlen(L, index);
  for (size_t i = 1; i <= count; i++) {
    lua_rawgeti(L, index, (int)i);
    if (am_test_node(L, -1) == NULL)
      am_raisef(L, AM_ERR_ARGUMENT, "field \"%s\": item %zu is no SQL expression but %s", field, i,
                luaL_typename(L, -1));
    lua_pop(L, 1);
  }
  if (count == 0) return NULL;
  am_list *list = am_list_new(count);
  if (list == NULL) am_raise_memory(L);
  for (size_t i = 0; i < count; i++) {
    lua_rawgeti(L, index, (int)i + 1);
    list->items[i] = am_node_ref(am_test_node(L, -1));
    lua_pop(L, 1);
  }
  return list;
}

static int64_t integer_from(lua_State *L, int index, const char *field)
{
  int64_t value = 0;
  if (lua_isboolean(L, index)) return lua_toboolean(L, index);
  if (!lua_isnoneornil(L, index) && !am_to_int64(L, index, &value))
    am_raisef(L, AM_ERR_ARGUMENT, "field \"%s\": an integer is needed, got %s", field,
              luaL_typename(L, index));
  return value;
}

/* Converts the value at `index` for a field; a reference is returned in the slot. May raise. */
static am_slot slot_from(lua_State *L, int index, const am_field *field)
{
  am_slot slot = {NULL};
  index = lua_absindex(L, index);
  switch (field->kind) {
    case AM_FIELD_NODE:
    case AM_FIELD_WEAK:
      if (lua_isnoneornil(L, index)) break;
      slot.node = am_test_node(L, index);
      if (slot.node == NULL)
        am_raisef(L, AM_ERR_ARGUMENT, "field \"%s\": an SQL expression is needed, got %s",
                  field->name, luaL_typename(L, index));
      if (field->kind == AM_FIELD_NODE) am_node_ref(slot.node);
      break;
    case AM_FIELD_LIST: slot.list = list_from(L, index, field->name); break;
    case AM_FIELD_NAME: slot.name = am_name_from(L, index); break;
    case AM_FIELD_INT: slot.integer = integer_from(L, index, field->name); break;
    case AM_FIELD_VALUE:
      slot.value = am_bound_from(L, index);
      if (slot.value == NULL) am_raise_memory(L);
      break;
    case AM_FIELD_FOREIGN:
    case AM_FIELD_AUX:
      if (lua_isnoneornil(L, index)) break;
      lua_pushvalue(L, index);
      slot.foreign = am_hold(L);
      if (slot.foreign == NULL) am_raise_memory(L);
      break;
    case AM_FIELD_OWNED:
      am_raisef(L, AM_ERR_ARGUMENT, "field \"%s\" is filled with core.node_own", field->name);
      break;
  }
  return slot;
}

static void push_list(lua_State *L, const am_list *list)
{
  size_t count = am_list_count(list);
  lua_createtable(L, (int)count, 0);
  for (size_t i = 0; i < count; i++) {
    am_push_node(L, list->items[i]);
    lua_rawseti(L, -2, (int)i + 1);
  }
}

static void push_name(lua_State *L, const am_name *name)
{
  if (name == NULL) lua_pushnil(L);
  else lua_pushlstring(L, name->text, name->size);
}

static void push_slot(lua_State *L, const am_slot *slot, am_field_kind kind)
{
  switch (kind) {
    case AM_FIELD_NODE:
    case AM_FIELD_WEAK: am_push_node(L, slot->node); break;
    case AM_FIELD_LIST:
    case AM_FIELD_OWNED: push_list(L, slot->list); break;
    case AM_FIELD_NAME: push_name(L, slot->name); break;
    case AM_FIELD_INT: am_push_int64(L, slot->integer); break;
    case AM_FIELD_VALUE: am_push_bound(L, slot->value); break;
    case AM_FIELD_FOREIGN:
    case AM_FIELD_AUX: am_push_held(L, slot->foreign); break;
  }
}

static size_t field_at(lua_State *L, const am_node *node, int index)
{
  const char *name = am_check_string(L, index, NULL);
  int field = am_node_field((am_tag)node->tag, name);
  if (field < 0)
    am_raisef(L, AM_ERR_ARGUMENT,
              "\"%s\" was called for a \"%s\", which has none; methods are called with a colon",
              name, am_node_info_of((am_tag)node->tag)->name);
  return (size_t)field;
}

/* Exchanges the slots named by the table at `fields` in an unsealed node held by a face. */
static void fill(lua_State *L, am_node *node, int fields)
{
  am_slot *slots = am_node_slots(node);
  fields = lua_absindex(L, fields);
  lua_pushnil(L);
  while (lua_next(L, fields)) {
    size_t at = field_at(L, node, -2);
    const am_field *field = &am_node_info_of((am_tag)node->tag)->fields[at];
    bool unset = lua_isboolean(L, -1) && !lua_toboolean(L, -1) && field->kind != AM_FIELD_INT &&
                 field->kind != AM_FIELD_VALUE;
    if (unset) { /* false clears: nil cannot stand in a table */
      lua_pop(L, 1);
      lua_pushnil(L);
    }
    am_slot fresh = slot_from(L, -1, field);
    am_slot old = slots[at];
    slots[at] = fresh;
    switch (field->kind) {
      case AM_FIELD_NODE: am_node_unref(old.node); break;
      case AM_FIELD_LIST: am_list_unref(old.list); break;
      case AM_FIELD_NAME: am_name_unref(old.name); break;
      case AM_FIELD_VALUE: am_bound_unref(old.value); break;
      case AM_FIELD_FOREIGN:
      case AM_FIELD_AUX: am_foreign_unref(old.foreign); break;
      default: break;
    }
    lua_pop(L, 1);
  }
}

void am_check_depth(lua_State *L, const am_node *node)
{
  if (node->depth > AM_NODE_MAX_DEPTH)
    am_raisef(
        L, AM_ERR_ARGUMENT,
        "the expression is nested more than %d levels deep; build wide lists with and_(), or_() "
        "or in_() instead of nesting",
        AM_NODE_MAX_DEPTH);
}

static void set_type(lua_State *L, am_node *node, int index)
{
  am_node *type = am_test_node(L, index);
  if (type == NULL) return;
  am_node_ref(type);
  am_node_unref(node->type);
  node->type = type;
}

/* Nodes around an element mean nothing without it, and the compiler relies on it. It is missing
 * when a method was called with a dot: stmt.subquery(). */
static void check_element(lua_State *L, am_node *node)
{
  switch ((am_tag)node->tag) {
    case AM_NODE_ALIAS:
    case AM_NODE_SCALAR_SELECT:
    case AM_NODE_EXISTS:
    case AM_NODE_SELECT_GROUPING:
    case AM_NODE_FROM_GROUPING:
    case AM_NODE_TEXTUAL_SELECT:
    case AM_NODE_GROUPING:
    case AM_NODE_CAST:
    case AM_NODE_TYPE_COERCE:
    case AM_NODE_OVER:
    case AM_NODE_WITHIN_GROUP:
    case AM_NODE_FUNC_FILTER:
    case AM_NODE_AGGREGATE_ORDER_BY: break;
    default: return;
  }
  if (am_node_slots(node)[0].node == NULL)
    am_raisef(L, AM_ERR_ARGUMENT,
              "an SQL element is missing; methods are called with a colon: stmt:subquery(), not "
              "stmt.subquery()");
}

/* The new node whose face is on top of the stack, with the fields at 2 and the type at 3. */
static int completed(lua_State *L, am_node *node)
{
  if (node == NULL) am_raise_memory(L);
  if (lua_istable(L, 2)) fill(L, node, 2);
  check_element(L, node);
  set_type(L, node, 3);
  am_seal_face(L, node);
  if (am_node_has_one_face(node)) am_set_only_face(L, node);
  return 1;
}

/* node(tag, fields [, type]) → node. A field with value false (not INT, VALUE) is left empty. */
static int node_make(lua_State *L)
{
  lua_Integer tag = am_check_integer(L, 1);
  if (tag < 0 || tag >= AM_NODE_COUNT)
    am_raisef(L, AM_ERR_ARGUMENT, "unknown node tag %d", (int)tag);
  lua_settop(L, 3);
  am_node **place = am_push_empty_face(L, (am_tag)tag);
  *place = am_node_new((am_tag)tag);
  return completed(L, *place);
}

/* node_with(node, fields [, type]) → a copy with these fields exchanged (false clears). */
static int node_with(lua_State *L)
{
  am_node *node = am_check_node(L, 1);
  lua_settop(L, 3);
  am_node **place = am_push_empty_face(L, (am_tag)node->tag);
  *place = am_node_copy(node);
  return completed(L, *place);
}

/* node_append(node, field, item, ...) → a copy whose list has the items at its end. */
static int node_append(lua_State *L)
{
  am_node *node = am_check_node(L, 1);
  size_t at = field_at(L, node, 2);
  if (am_node_info_of((am_tag)node->tag)->fields[at].kind != AM_FIELD_LIST)
    am_raisef(L, AM_ERR_ARGUMENT, "field \"%s\" is no list", lua_tostring(L, 2));
  int last = lua_gettop(L);
  for (int i = 3; i <= last; i++) am_check_node(L, i);
  am_node **place = am_push_empty_face(L, (am_tag)node->tag);
  am_node *copy = *place = am_node_copy(node);
  if (copy == NULL) am_raise_memory(L);
  am_slot *slot = &am_node_slots(copy)[at];
  size_t count = am_list_count(slot->list), more = (size_t)(last - 2);
  am_list *longer = am_list_new(count + more);
  if (longer == NULL) am_raise_memory(L);
  for (size_t i = 0; i < count; i++) longer->items[i] = am_node_ref(slot->list->items[i]);
  for (size_t i = 0; i < more; i++)
    longer->items[count + i] = am_node_ref(am_test_node(L, (int)i + 3));
  am_list_unref(slot->list);
  slot->list = longer;
  am_seal_face(L, copy);
  return 1;
}

/* node_get(node, field) → the field's value (a list as a new Lua list). */
static int node_get(lua_State *L)
{
  am_node *node = am_check_node(L, 1);
  size_t at = field_at(L, node, 2);
  push_slot(L, &am_node_slots(node)[at], am_node_info_of((am_tag)node->tag)->fields[at].kind);
  return 1;
}

/* node_quote(node, field) → nil (as needed), true or false: the quoting wish of a name. */
static int node_quote(lua_State *L)
{
  am_node *node = am_check_node(L, 1);
  size_t at = field_at(L, node, 2);
  const am_name *name = am_node_slots(node)[at].name;
  if (am_node_info_of((am_tag)node->tag)->fields[at].kind != AM_FIELD_NAME || name == NULL ||
      name->quote == 0)
    lua_pushnil(L);
  else lua_pushboolean(L, name->quote == 1);
  return 1;
}

/* node_set(node, field, value): schema items, and entities, whose mapper may get more columns. */
static int node_set(lua_State *L)
{
  am_node *node = am_check_node(L, 1);
  size_t at = field_at(L, node, 2);
  if (!(node->flags & AM_NODE_MUTABLE) && node->tag != AM_NODE_COLUMN &&
      node->tag != AM_NODE_ORM_ENTITY)
    am_raisef(L, AM_ERR_ARGUMENT, "a \"%s\" is immutable",
              am_node_info_of((am_tag)node->tag)->name);
  am_slot value = slot_from(L, 3, &am_node_info_of((am_tag)node->tag)->fields[at]);
  if (!am_node_set_slot(node, at, value)) am_raise_memory(L);
  return 0;
}

/* node_set_type(node, type): schema columns, whose type may be found late (foreign keys). */
static int node_set_type(lua_State *L)
{
  am_node *node = am_check_node(L, 1);
  set_type(L, node, 2);
  return 0;
}

/* node_reseal(column): computes the key again after the table of a column became known. */
static int node_reseal(lua_State *L)
{
  am_node *node = am_check_node(L, 1);
  am_node_seal(node);
  return 0;
}

/* node_own(owner, field, member): appends to an OWNED list; the member joins the family. */
static int node_own(lua_State *L)
{
  am_node *owner = am_check_node(L, 1);
  size_t at = field_at(L, owner, 2);
  am_node *member = am_check_node(L, 3);
  if (am_node_info_of((am_tag)owner->tag)->fields[at].kind != AM_FIELD_OWNED)
    am_raisef(L, AM_ERR_ARGUMENT, "field \"%s\" owns nothing", lua_tostring(L, 2));
  if (!am_node_own(owner, &am_node_slots(owner)[at].list, member)) am_raise_memory(L);
  return 0;
}

/* node_internalise(table, member): see am_node_internalise. */
static int node_internalise(lua_State *L)
{
  if (!am_node_internalise(am_check_node(L, 1), am_check_node(L, 2))) am_raise_memory(L);
  return 0;
}

static int node_type(lua_State *L)
{
  am_push_node(L, am_check_node(L, 1)->type);
  return 1;
}

/* node_tag(value) → tag number, or nil for anything that is no node. */
static int node_tag(lua_State *L)
{
  am_node *node = am_test_node(L, 1);
  if (node == NULL) lua_pushnil(L);
  else lua_pushinteger(L, node->tag);
  return 1;
}

/* node_flags(node) → has_bind, has_anon, has_orm */
static int node_flags(lua_State *L)
{
  am_node *node = am_check_node(L, 1);
  lua_pushboolean(L, node->flags & AM_NODE_HAS_BIND);
  lua_pushboolean(L, node->flags & AM_NODE_HAS_ANON);
  lua_pushboolean(L, node->flags & AM_NODE_HAS_ORM);
  return 3;
}

/* node_key(node) → the structural key as 32 hexadecimal digits */
static int node_key(lua_State *L)
{
  am_node *node = am_check_node(L, 1);
  char text[40];
  snprintf(text, sizeof text, "%016llx%016llx", (unsigned long long)node->key.a,
           (unsigned long long)node->key.b);
  lua_pushstring(L, text);
  return 1;
}

static int node_dump(lua_State *L)
{
  am_strbuf text = AM_STRBUF_INIT;
  am_node_dump(am_check_node(L, 1), &text);
  am_push_strbuf(L, &text);
  return 1;
}

/* Its address is the registry's key of { function, answer, answer ... }: answers are anchored until
 * the walk ends. */
typedef struct replacing {
  lua_State *L;
  am_node *node;
  am_node *answer;
  bool failed;
} replacing;

/* Runs protected, for the walk owns nodes that Lua knows nothing of: asks the function about one
 * node. */
static int ask_for_replacement(lua_State *L)
{
  replacing *run = lua_touserdata(L, 1);
  lua_rawgetp(L, LUA_REGISTRYINDEX, run);
  lua_rawgeti(L, 2, 1);
  am_push_node(L, run->node);
  lua_call(L, 1, 1);
  run->answer = am_test_node(L, -1);
  if (run->answer != NULL) lua_rawseti(L, 2, (int)lua_rawlen(L, 2) + 1);
  return 0;
}

static am_node *replace_by_lua(am_node *node, void *context)
{
  replacing *run = context;
  if (run->failed) return node;
  run->node = node;
  run->answer = NULL;
  if (am_protect(run->L, ask_for_replacement, run) == LUA_OK) return run->answer;
  run->failed = true; /* the error object stays on top of the stack */
  return node;
}

/* node_replace(node, function(node) → node or nil) → rebuilt node; see am_node_replace. */
static int node_replace(lua_State *L)
{
  am_node *node = am_check_node(L, 1);
  am_check_type(L, 2, LUA_TFUNCTION);
  lua_settop(L, 2);
  replacing run = {.L = L};
  lua_newtable(L);
  lua_insert(L, 2);
  lua_rawseti(L, 2, 1);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &run);
  am_node *fresh = am_node_replace(node, replace_by_lua, &run);
  lua_pushnil(L);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &run);
  if (run.failed) {
    am_node_unref(fresh);
    return lua_error(L);
  }
  am_push_new_node(L, fresh);
  return 1;
}

static bool push_child(am_node *child, void *context)
{
  lua_State *L = context;
  am_push_node(L, child);
  lua_rawseti(L, -2, (int)lua_rawlen(L, -2) + 1);
  return true;
}

/* node_children(node) → list */
static int node_children(lua_State *L)
{
  am_node *node = am_check_node(L, 1);
  lua_newtable(L);
  am_node_children(node, push_child, L);
  return 1;
}

static const luaL_Reg functions[] = {
    {"node", node_make},
    {"node_with", node_with},
    {"node_append", node_append},
    {"node_get", node_get},
    {"node_quote", node_quote},
    {"node_set", node_set},
    {"node_set_type", node_set_type},
    {"node_reseal", node_reseal},
    {"node_own", node_own},
    {"node_internalise", node_internalise},
    {"node_type", node_type},
    {"node_tag", node_tag},
    {"node_flags", node_flags},
    {"node_key", node_key},
    {"node_dump", node_dump},
    {"node_replace", node_replace},
    {"node_children", node_children},
    {NULL, NULL},
};

void am_bind_nodes(lua_State *L)
{
  am_setfuncs(L, functions);
  lua_newtable(L); /* core.tags: upper-case name → number */
#define AM_NODE(tag, name, ...)      \
  lua_pushinteger(L, AM_NODE_##tag); \
  lua_setfield(L, -2, #tag);
#include "sql/nodes.def"
#undef AM_NODE
  lua_setfield(L, -2, "tags");
  lua_newtable(L); /* core.enums: name → number */
#define AM_ENUM(name, value)   \
  lua_pushinteger(L, (value)); \
  lua_setfield(L, -2, #name);
#include "sql/enums.def"
#undef AM_ENUM
  lua_setfield(L, -2, "enums");
}
