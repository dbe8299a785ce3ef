/* Schema items for Lua: membership of families, look-ups by key, what a foreign key means. */
#include "schema/schema.h"
#include "bind/node.h"

static am_node *check(lua_State *L, int index, am_tag tag, const char *what)
{
  am_node *node = am_test_node(L, index);
  if (node == NULL || node->tag != tag)
    am_raisef(L, AM_ERR_ARGUMENT, "argument #%d: expected %s, got %s", index, what,
              luaL_typename(L, index));
  return node;
}

#define CHECK(name, wanted, index) ((am_##name##_node *)check(L, index, AM_NODE_##wanted, #name))

/* The OWNED (or LIST) slot named by argument `index`. */
static am_list **list_slot(lua_State *L, am_node *node, int index)
{
  const char *name = am_check_string(L, index, NULL);
  int field = am_node_field((am_tag)node->tag, name);
  am_field_kind kind =
      field < 0 ? AM_FIELD_INT : am_node_info_of((am_tag)node->tag)->fields[field].kind;
  if (kind != AM_FIELD_OWNED && kind != AM_FIELD_LIST)
    am_raisef(L, AM_ERR_ARGUMENT, "node \"%s\" has no list \"%s\"",
              am_node_info_of((am_tag)node->tag)->name, name);
  return &am_node_slots(node)[field].list;
}

/* list_count(node, field) */
static int list_count(lua_State *L)
{
  lua_pushinteger(L, (lua_Integer)am_list_count(*list_slot(L, am_check_node(L, 1), 2)));
  return 1;
}

/* list_item(node, field, i) → the i-th item, from 1, or nil */
static int list_item(lua_State *L)
{
  const am_list *list = *list_slot(L, am_check_node(L, 1), 2);
  lua_Integer i = am_check_integer(L, 3);
  if (i < 1 || (size_t)i > am_list_count(list)) lua_pushnil(L);
  else am_push_node(L, list->items[i - 1]);
  return 1;
}

/* column_find(from, key [, by_name]) → column or nil. For anything with OWNED columns. */
static int column_find(lua_State *L)
{
  am_node *from = am_check_node(L, 1);
  size_t size;
  const char *key = am_check_string(L, 2, &size);
  if (from->tag == AM_NODE_TABLE) {
    am_push_node(L,
                 (am_node *)am_table_column((am_table_node *)from, key, size, lua_toboolean(L, 3)));
    return 1;
  }
  int field = am_node_field((am_tag)from->tag, "columns");
  if (field < 0) return 0;
  const am_list *columns = am_node_slots(from)[field].list;
  am_column_node *column = lua_toboolean(L, 3) ? am_column_by_name(columns, key, size)
                                               : am_column_by_key(columns, key, size);
  am_push_node(L, (am_node *)column);
  return 1;
}

static int metadata_table(lua_State *L)
{
  size_t size;
  am_metadata_node *metadata = CHECK(metadata, METADATA, 1);
  const char *key = am_check_string(L, 2, &size);
  am_push_node(L, (am_node *)am_metadata_table(metadata, key, size));
  return 1;
}

static int metadata_sequence(lua_State *L)
{
  size_t size;
  am_metadata_node *metadata = CHECK(metadata, METADATA, 1);
  const char *key = am_check_string(L, 2, &size);
  am_push_node(L, (am_node *)am_metadata_sequence(metadata, key, size));
  return 1;
}

/* metadata_add(metadata, table or sequence) */
static int metadata_add(lua_State *L)
{
  am_metadata_node *metadata = CHECK(metadata, METADATA, 1);
  am_node *member = am_check_node(L, 2);
  bool ok = member->tag == AM_NODE_TABLE
                ? am_metadata_add_table(metadata, (am_table_node *)member)
                : am_metadata_add_sequence(metadata, CHECK(sequence, SEQUENCE, 2));
  if (!ok) am_raise_memory(L);
  return 0;
}

/* metadata_remove(metadata, table or sequence) */
static int metadata_remove(lua_State *L)
{
  am_metadata_node *metadata = CHECK(metadata, METADATA, 1);
  am_node *member = am_check_node(L, 2);
  bool ok = member->tag == AM_NODE_TABLE
                ? am_metadata_remove_table(metadata, (am_table_node *)member)
                : am_metadata_remove_sequence(metadata, CHECK(sequence, SEQUENCE, 2));
  if (!ok) am_raise_memory(L);
  return 0;
}

/* table_drop(table, field, member) → was it there? It leaves the list, not the family. */
static int table_drop(lua_State *L)
{
  am_table_node *table = CHECK(table, TABLE, 1);
  am_list **list = list_slot(L, &table->node, 2);
  lua_pushboolean(L, am_table_drop_member(table, list, am_check_node(L, 3)));
  return 1;
}

/* table_adopt_column(table, column [, old]) */
static int table_adopt_column(lua_State *L)
{
  am_table_node *table = CHECK(table, TABLE, 1);
  am_column_node *column = CHECK(column, COLUMN, 2);
  am_column_node *old = lua_isnoneornil(L, 3) ? NULL : CHECK(column, COLUMN, 3);
  if (!am_table_adopt_column(table, column, old)) am_raise_memory(L);
  return 0;
}

/* table_adopt_item(table, field, constraint or index) */
static int table_adopt_item(lua_State *L)
{
  am_table_node *table = CHECK(table, TABLE, 1);
  am_list **list = list_slot(L, &table->node, 2);
  am_node *item = am_check_node(L, 3);
  if (!am_table_adopt_item(table, list, item)) am_raise_memory(L);
  return 0;
}

/* foreign_key_column(key [, quiet]) → the column referred to; raises unless quiet. */
static int foreign_key_column(lua_State *L)
{
  am_error err = AM_ERROR_INIT;
  am_column_node *column = am_foreign_key_column(CHECK(foreign_key, FOREIGN_KEY, 1), &err);
  if (column == NULL && !lua_toboolean(L, 2)) return am_raise(L, &err);
  am_error_clear(&err);
  am_push_node(L, (am_node *)column);
  return 1;
}

/* foreign_key_table_key(key) → "schema.table", or nil */
static int foreign_key_table_key(lua_State *L)
{
  am_foreign_key_node *key = CHECK(foreign_key, FOREIGN_KEY, 1);
  am_strbuf text = AM_STRBUF_INIT;
  bool known = am_foreign_key_table_key(key, &text);
  if (known || am_strbuf_failed(&text)) {
    am_push_strbuf(L, &text);
    return 1;
  }
  am_strbuf_deinit(&text);
  return 0;
}

/* table_autoincrement(table) → column or nil */
static int table_autoincrement(lua_State *L)
{
  am_error err = AM_ERROR_INIT;
  am_column_node *column = am_schema_autoincrement(CHECK(table, TABLE, 1), &err);
  if (err.cls != AM_ERR_NONE) return am_raise(L, &err);
  am_push_node(L, (am_node *)column);
  return 1;
}

/* same_family(a, b) → do they live and die together? */
static int same_family(lua_State *L)
{
  am_node *x = am_check_node(L, 1), *y = am_check_node(L, 2);
  while (x->owner != NULL) x = x->owner;
  while (y->owner != NULL) y = y->owner;
  lua_pushboolean(L, x == y);
  return 1;
}

/* family_refs(node) → count at the root of its family, for specs */
static int family_refs(lua_State *L)
{
  am_node *node = am_check_node(L, 1);
  while (node->owner != NULL) node = node->owner;
  lua_pushinteger(L, (lua_Integer)node->refs);
  return 1;
}

static const luaL_Reg functions[] = {
    {"list_count", list_count},
    {"list_item", list_item},
    {"column_find", column_find},
    {"metadata_table", metadata_table},
    {"metadata_sequence", metadata_sequence},
    {"metadata_add", metadata_add},
    {"metadata_remove", metadata_remove},
    {"table_drop", table_drop},
    {"table_adopt_column", table_adopt_column},
    {"table_adopt_item", table_adopt_item},
    {"foreign_key_column", foreign_key_column},
    {"foreign_key_table_key", foreign_key_table_key},
    {"table_autoincrement", table_autoincrement},
    {"same_family", same_family},
    {"family_refs", family_refs},
    {NULL, NULL},
};

void am_bind_schema(lua_State *L)
{
  am_setfuncs(L, functions);
  lua_newtable(L); /* core.ddl_kinds: id → number */
#define AM_DDL(id, name, visit)    \
  lua_pushinteger(L, AM_DDL_##id); \
  lua_setfield(L, -2, #id);
#include "schema/ddl.def"
#undef AM_DDL
  lua_setfield(L, -2, "ddl_kinds");
}
