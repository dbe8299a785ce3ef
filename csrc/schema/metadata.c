/* Tables and sequences by key, columns by name; see schema.h. */
#include <string.h>

#include "base/alloc.h"
#include "base/map.h"
#include "schema/schema.h"

typedef struct catalog { /* held in am_metadata_node.index */
  am_foreign base;
  am_map tables, sequences; /* key → node, borrowed */
} catalog;

static void release(am_foreign *self)
{
  catalog *index = (catalog *)self;
  am_map_deinit(&index->tables);
  am_map_deinit(&index->sequences);
  am_free(index);
}

static catalog *catalog_of(am_metadata_node *metadata)
{
  if (metadata->index != NULL) return (catalog *)metadata->index;
  catalog *index = am_calloc(sizeof *index);
  if (index == NULL) return NULL;
  index->base.refs = 1;
  index->base.release = release;
  am_map_init_text(&index->tables);
  am_map_init_text(&index->sequences);
  metadata->index = &index->base;
  return index;
}

void am_schema_key(const am_name *schema, const am_name *name, am_strbuf *out)
{
  if (schema != NULL) {
    am_strbuf_add(out, schema->text, schema->size);
    am_strbuf_putc(out, '.');
  }
  if (name != NULL) am_strbuf_add(out, name->text, name->size);
}

am_table_node *am_metadata_table(const am_metadata_node *metadata, const char *key, size_t size)
{
  intptr_t found;
  const catalog *index = (const catalog *)metadata->index;
  if (index == NULL || !am_map_get_text(&index->tables, key, size, &found)) return NULL;
  return (am_table_node *)found;
}

am_sequence_node *am_metadata_sequence(const am_metadata_node *metadata, const char *key,
                                       size_t size)
{
  intptr_t found;
  const catalog *index = (const catalog *)metadata->index;
  if (index == NULL || !am_map_get_text(&index->sequences, key, size, &found)) return NULL;
  return (am_sequence_node *)found;
}

/* The foreign keys of `table` that refer to `column`, which has just come into their family. */
static void settle_keys(const am_table_node *table, am_node *column)
{
  for (size_t i = 0; i < am_list_count(table->adopted); i++) {
    am_node *key = table->adopted->items[i];
    if (key->tag == AM_NODE_FOREIGN_KEY && key->owner == &table->node &&
        ((am_foreign_key_node *)key)->target == column)
      am_node_settle(key, column);
  }
}

static void settle_column(const am_metadata_node *metadata, am_node *column)
{
  if (!(column->flags & AM_NODE_AWAITED)) return;
  const am_node *own = column->owner;
  for (size_t i = 0; i < am_list_count(metadata->tables); i++)
    if (metadata->tables->items[i] != own)
      settle_keys((am_table_node *)metadata->tables->items[i], column);
}

/* Puts a member into its list and into the map: into both or into none. */
static bool enter(am_metadata_node *metadata, am_list **list, am_node *member, am_map *map,
                  const am_name *schema, const am_name *name)
{
  am_strbuf key = AM_STRBUF_INIT;
  am_schema_key(schema, name, &key);
  bool ok = !am_strbuf_failed(&key) && am_map_set_text(map, key.text, key.size, (intptr_t)member);
  if (ok && !am_node_own(&metadata->node, list, member)) {
    am_map_remove_text(map, key.text, key.size);
    ok = false;
  }
  am_strbuf_deinit(&key);
  return ok;
}

bool am_metadata_add_table(am_metadata_node *metadata, am_table_node *table)
{
  catalog *index = catalog_of(metadata);
  if (index == NULL ||
      !enter(metadata, &metadata->tables, &table->node, &index->tables, table->schema, table->name))
    return false;
  table->metadata = &metadata->node;
  for (size_t i = 0; i < am_list_count(table->columns); i++)
    settle_column(metadata, table->columns->items[i]);
  return true;
}

bool am_metadata_add_sequence(am_metadata_node *metadata, am_sequence_node *sequence)
{
  catalog *index = catalog_of(metadata);
  if (index == NULL || !enter(metadata, &metadata->sequences, &sequence->node, &index->sequences,
                              sequence->schema, sequence->name))
    return false;
  sequence->metadata = &metadata->node;
  return true;
}

am_column_node *am_column_by_key(const am_list *columns, const char *key, size_t size)
{
  for (size_t i = 0; i < am_list_count(columns); i++) {
    am_column_node *column = (am_column_node *)columns->items[i];
    const am_name *name = am_column_lookup_key(column);
    if (name != NULL && name->size == size && memcmp(name->text, key, size) == 0) return column;
  }
  return NULL;
}

am_column_node *am_column_by_name(const am_list *columns, const char *name, size_t size)
{
  for (size_t i = 0; i < am_list_count(columns); i++) {
    am_column_node *column = (am_column_node *)columns->items[i];
    if (column->name != NULL && column->name->size == size &&
        memcmp(column->name->text, name, size) == 0)
      return column;
  }
  return NULL;
}

/* --- columns of wide tables --------------------------------------------------------- */

#define INDEX_FROM 12 /* a shorter list is searched faster */

typedef struct column_index { /* held in am_table_node.index */
  am_foreign base;
  const am_table_node *table;
  size_t count; /* of columns when it was made: any change makes it anew */
  am_map keys, names;
} column_index;

static void release_columns(am_foreign *self)
{
  column_index *index = (column_index *)self;
  am_map_deinit(&index->keys);
  am_map_deinit(&index->names);
  am_free(index);
}

static bool add_column(column_index *index, am_column_node *column)
{
  const am_name *key = am_column_lookup_key(column), *name = column->name;
  return key != NULL && name != NULL &&
         am_map_set_text(&index->keys, key->text, key->size, (intptr_t)column) &&
         am_map_set_text(&index->names, name->text, name->size, (intptr_t)column);
}

/* The index brought up to date; NULL when there is no memory for it (then one searches). */
static column_index *index_of_columns(am_table_node *table)
{
  column_index *index = (column_index *)table->index;
  size_t count = am_list_count(table->columns);
  if (index != NULL && (index->table != table || index->count > count)) {
    am_foreign_unref(table->index);
    table->index = NULL;
    index = NULL;
  }
  if (index == NULL) {
    index = am_calloc(sizeof *index);
    if (index == NULL) return NULL;
    index->base.refs = 1;
    index->base.release = release_columns;
    index->table = table;
    am_map_init_text(&index->keys);
    am_map_init_text(&index->names);
    table->index = &index->base;
  }
  while (index->count < count) {
    if (!add_column(index, (am_column_node *)table->columns->items[index->count])) return NULL;
    index->count++;
  }
  return index;
}

am_column_node *am_table_column(am_table_node *table, const char *name, size_t size, bool by_name)
{
  column_index *index = NULL;
  intptr_t found;
  if (am_list_count(table->columns) >= INDEX_FROM) index = index_of_columns(table);
  if (index == NULL)
    return by_name ? am_column_by_name(table->columns, name, size)
                   : am_column_by_key(table->columns, name, size);
  bool known = am_map_get_text(by_name ? &index->names : &index->keys, name, size, &found);
  return known ? (am_column_node *)found : NULL;
}

/* After a column was replaced or taken out. */
static void forget_index(am_table_node *table)
{
  am_foreign_unref(table->index);
  table->index = NULL;
}

/* --- leaving a list ----------------------------------------------------------------- */

/* Moves the item at `at` of one OWNED list into another, which keeps its memory with the family. */
static bool move_owned(am_node *owner, am_list **from, size_t at, am_list **to)
{
  am_node *member = (*from)->items[at];
  if (!am_node_own(owner, to, member)) return false;
  am_list *list = *from;
  memmove(&list->items[at], &list->items[at + 1], (list->count - at - 1) * sizeof list->items[0]);
  list->count--;
  return true;
}

static bool index_of(const am_list *list, const am_node *node, size_t *out_at)
{
  for (size_t i = 0; i < am_list_count(list); i++)
    if (list->items[i] == node) {
      *out_at = i;
      return true;
    }
  return false;
}

/* A foreign key that was given a Column points to it without a name: it gets the name now. */
static bool name_pointer(am_foreign_key_node *key, const am_table_node *target)
{
  if (key->spec != NULL) return true;
  am_strbuf spec = AM_STRBUF_INIT;
  am_schema_key(target->schema, target->name, &spec);
  am_strbuf_printf(&spec, ".%s", am_column_lookup_key((am_column_node *)key->column)->text);
  if (!am_strbuf_failed(&spec)) key->spec = am_name_new(spec.text, spec.size, 0);
  am_strbuf_deinit(&spec);
  return key->spec != NULL;
}

static bool drop_pointer(am_foreign_key_node *key, const am_table_node *target)
{
  (void)target;
  key->column = NULL;
  return true;
}

/* Calls `change` for each foreign key that points to a column of the table, until one fails. */
static bool each_pointer(const am_list *tables, const am_table_node *target,
                         bool (*change)(am_foreign_key_node *key, const am_table_node *target))
{
  for (size_t i = 0; i < am_list_count(tables); i++) {
    if (tables->items[i]->tag != AM_NODE_TABLE) continue;
    const am_list *constraints = ((am_table_node *)tables->items[i])->constraints;
    for (size_t k = 0; k < am_list_count(constraints); k++) {
      const am_constraint_node *constraint = (am_constraint_node *)constraints->items[k];
      if (constraint->kind != AM_CONSTRAINT_FOREIGN_KEY) continue;
      for (size_t n = 0; n < am_list_count(constraint->elements); n++) {
        am_foreign_key_node *key = (am_foreign_key_node *)constraint->elements->items[n];
        const am_column_node *column = (am_column_node *)key->column;
        if (column != NULL && column->table == &target->node && !change(key, target)) return false;
      }
    }
  }
  return true;
}

/* Takes a member out of its list and out of the map; the key comes first, because nothing may
 * fail afterwards. */
static bool leave(am_metadata_node *metadata, am_list **list, am_node *member, am_map *map,
                  const am_name *schema, const am_name *name)
{
  size_t at;
  if (!index_of(*list, member, &at)) return true;
  am_strbuf key = AM_STRBUF_INIT;
  am_schema_key(schema, name, &key);
  intptr_t known;
  bool ok = !am_strbuf_failed(&key) && move_owned(&metadata->node, list, at, &metadata->removed);
  if (ok && am_map_get_text(map, key.text, key.size, &known) && known == (intptr_t)member)
    am_map_remove_text(map, key.text, key.size);
  am_strbuf_deinit(&key);
  return ok;
}

bool am_metadata_remove_table(am_metadata_node *metadata, am_table_node *table)
{
  catalog *index = catalog_of(metadata);
  if (index == NULL) return false;
  bool targeted = (table->node.flags & AM_NODE_TARGETED) != 0;
  /* Names first: afterwards nothing may fail. A key with name and column goes by its column. */
  if (targeted && !(each_pointer(metadata->tables, table, name_pointer) &&
                    each_pointer(metadata->removed, table, name_pointer)))
    return false;
  if (!leave(metadata, &metadata->tables, &table->node, &index->tables, table->schema, table->name))
    return false;
  if (targeted) {
    each_pointer(metadata->tables, table, drop_pointer);
    each_pointer(metadata->removed, table, drop_pointer);
  }
  if (table->node.owner == &metadata->node) am_node_removed(&table->node);
  return true;
}

bool am_metadata_remove_sequence(am_metadata_node *metadata, am_sequence_node *sequence)
{
  catalog *index = catalog_of(metadata);
  if (index == NULL || !leave(metadata, &metadata->sequences, &sequence->node, &index->sequences,
                              sequence->schema, sequence->name))
    return false;
  if (sequence->node.owner == &metadata->node) am_node_removed(&sequence->node);
  return true;
}

bool am_table_drop_member(am_table_node *table, am_list **list, am_node *member)
{
  size_t at;
  forget_index(table);
  return index_of(*list, member, &at) && move_owned(&table->node, list, at, &table->adopted);
}

/* --- joining a table ------------------------------------------------------------------ */

/* `fresh` has been appended: it moves to the place of `old`, which stays with the family. */
static bool take_place(am_table_node *table, am_column_node *old)
{
  size_t at;
  am_list *list = table->columns;
  if (!index_of(list, &old->node, &at)) return false;
  am_node *fresh = list->items[list->count - 1];
  memmove(&list->items[at + 1], &list->items[at], (list->count - 1 - at) * sizeof list->items[0]);
  list->items[at] = fresh;
  return move_owned(&table->node, &table->columns, at + 1, &table->adopted);
}

/* A foreign key that cannot join must not go on holding a column of the family. */
static bool own_key(am_table_node *table, am_node *key)
{
  if (am_node_own(&table->node, &table->adopted, key)) return true;
  am_slot empty = {NULL};
  am_node_set_slot(key, (size_t)am_node_field(AM_NODE_FOREIGN_KEY, "target"), empty);
  return false;
}

bool am_table_adopt_column(am_table_node *table, am_column_node *column, am_column_node *old)
{
  forget_index(table);
  if (!am_node_own(&table->node, &table->columns, &column->node)) return false;
  bool ok = old == NULL || take_place(table, old);
  column->table = &table->node;
  if (column->node.flags & AM_NODE_AWAITED) {
    settle_keys(table, &column->node);
    if (table->node.owner != NULL)
      settle_column((am_metadata_node *)table->node.owner, &column->node);
  }
  size_t at = table->columns->count - 1;
  index_of(table->columns, &column->node, &at);
  column->position = (int64_t)at;
  am_column_schema_node *facts = am_column_facts(column);
  if (facts != NULL && !am_node_own(&table->node, &table->adopted, &facts->node)) {
    column->schema = NULL; /* outside the family it could refer back into it */
    am_node_unref(&facts->node);
    facts = NULL;
    ok = false;
  }
  const am_list *keys = facts != NULL ? facts->foreign_keys : NULL;
  for (size_t i = 0; i < am_list_count(keys); i++) ok &= own_key(table, keys->items[i]);
  ok &= am_node_internalise(&table->node, &column->node);
  if (facts != NULL) ok &= am_node_internalise(&table->node, &facts->node);
  for (size_t i = 0; i < am_list_count(keys); i++)
    if (keys->items[i]->owner != NULL) ok &= am_node_internalise(&table->node, keys->items[i]);
  am_node_seal(&column->node);
  return ok;
}

bool am_table_adopt_item(am_table_node *table, am_list **list, am_node *item)
{
  if (!am_node_own(&table->node, list, item)) return false;
  bool ok = true;
  if (item->tag == AM_NODE_INDEX) {
    ((am_index_node *)item)->table = &table->node;
  } else {
    am_constraint_node *constraint = (am_constraint_node *)item;
    constraint->table = &table->node;
    for (size_t i = 0; i < am_list_count(constraint->elements); i++) {
      am_node *key = constraint->elements->items[i];
      if (key->tag != AM_NODE_FOREIGN_KEY || key->owner != NULL) continue;
      ok &= own_key(table, key);
      if (key->owner != NULL) ok &= am_node_internalise(&table->node, key);
    }
  }
  return am_node_internalise(&table->node, item) && ok;
}
