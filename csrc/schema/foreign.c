/* What a foreign key refers to; see schema.h.
 *
 * A foreign key is given as "table.column", "schema.table.column" or, with just a table, as
 * "table" (the column is then the one named as its own column). Names are looked up when they are
 * needed first, so that tables may be declared in any order. */
#include <string.h>

#include "schema/schema.h"

typedef struct parts {
  const char *schema, *table, *column; /* NULL if absent; not terminated */
  size_t schema_size, table_size, column_size;
} parts;

/* "a.b.c": the last word is the column, the one before it the table, the rest the schema. */
static void split(const am_name *spec, parts *out)
{
  memset(out, 0, sizeof *out);
  const char *text = spec->text, *end = text + spec->size;
  const char *last = end;
  while (last > text && last[-1] != '.') last--;
  if (last == text) { /* no dot: a table */
    out->table = text;
    out->table_size = spec->size;
    return;
  }
  out->column = last;
  out->column_size = (size_t)(end - last);
  const char *middle = last - 1, *start = middle;
  while (start > text && start[-1] != '.') start--;
  out->table = start;
  out->table_size = (size_t)(middle - start);
  if (start > text) {
    out->schema = text;
    out->schema_size = (size_t)(start - 1 - text);
  }
}

static am_table_node *parent_table(const am_foreign_key_node *key)
{
  am_column_node *parent = (am_column_node *)key->parent;
  return parent != NULL ? (am_table_node *)parent->table : NULL;
}

static void put_table_key(const am_foreign_key_node *key, const parts *spec, am_strbuf *out)
{
  am_table_node *table = parent_table(key);
  am_metadata_node *metadata = table != NULL ? (am_metadata_node *)table->metadata : NULL;
  if (spec->schema != NULL) {
    am_strbuf_add(out, spec->schema, spec->schema_size);
    am_strbuf_putc(out, '.');
  } else if (metadata != NULL && metadata->schema != NULL) {
    am_strbuf_add(out, metadata->schema->text, metadata->schema->size);
    am_strbuf_putc(out, '.');
  }
  am_strbuf_add(out, spec->table, spec->table_size);
}

bool am_foreign_key_table_key(const am_foreign_key_node *key, am_strbuf *out)
{
  const am_node *column = key->column != NULL ? key->column : key->target;
  if (column != NULL && column->tag == AM_NODE_COLUMN) {
    const am_table_node *table = (const am_table_node *)((const am_column_node *)column)->table;
    if (table == NULL || table->node.tag != AM_NODE_TABLE) return false;
    am_schema_key(table->schema, table->name, out);
    return true;
  }
  if (key->spec == NULL) return false;
  parts spec;
  split(key->spec, &spec);
  put_table_key(key, &spec, out);
  return true;
}

/* A Column was given: once both are of one family the counted reference becomes a plain pointer. */
static am_column_node *column_of_target(am_foreign_key_node *key, am_error *err)
{
  am_column_node *column = (am_column_node *)key->target;
  if (column->table == NULL) {
    am_error_set(err, AM_ERR_INVALID_REQUEST,
                 "this ForeignKey's target column '%s' is not yet "
                 "associated with a Table",
                 column->name != NULL ? column->name->text : "");
    return NULL;
  }
  if (am_node_root(&column->node) == am_node_root(&key->node)) {
    am_slot empty = {NULL};
    key->column = &column->node;
    column->table->flags |= AM_NODE_TARGETED;
    int field = am_node_field(AM_NODE_FOREIGN_KEY, "target");
    am_node_set_slot(&key->node, (size_t)field, empty);
  }
  return column;
}

am_column_node *am_foreign_key_column(am_foreign_key_node *key, am_error *err)
{
  if (key->column != NULL) return (am_column_node *)key->column;
  if (key->target != NULL) return column_of_target(key, err);
  am_table_node *own = parent_table(key);
  am_column_node *parent = (am_column_node *)key->parent;
  if (own == NULL || own->metadata == NULL || key->spec == NULL) {
    am_error_set(err, AM_ERR_INVALID_REQUEST,
                 "this ForeignKey object does not yet have a parent Column associated with it.");
    return NULL;
  }
  parts spec;
  split(key->spec, &spec);
  am_strbuf table_key = AM_STRBUF_INIT;
  put_table_key(key, &spec, &table_key);
  if (am_strbuf_failed(&table_key)) {
    am_error_memory(err);
    return NULL;
  }
  am_table_node *table =
      am_metadata_table((am_metadata_node *)own->metadata, table_key.text, table_key.size);
  am_column_node *found = NULL;
  if (table == NULL) {
    am_error_set(err, AM_ERR_NO_REFERENCED_TABLE,
                 "Foreign key associated with column '%s.%s' could not find table '%s' with which "
                 "to generate a foreign key to target column '%.*s'",
                 own->name->text, parent->name->text, table_key.text,
                 spec.column != NULL ? (int)spec.column_size : 3,
                 spec.column != NULL ? spec.column : "nil");
  } else {
    const am_name *own_key = am_column_lookup_key(parent);
    const char *name = spec.column != NULL ? spec.column : own_key->text;
    size_t size = spec.column != NULL ? spec.column_size : own_key->size;
    found = am_table_column(table, name, size, key->options & AM_ITEM_LINK_TO_NAME);
    if (found == NULL)
      am_error_set(err, AM_ERR_NO_REFERENCED_COLUMN,
                   "Could not initialize target column for ForeignKey '%s' on table '%s': table "
                   "'%s' has no column named '%.*s'",
                   key->spec->text, own->name->text, table->name->text, (int)size, name);
  }
  am_strbuf_deinit(&table_key);
  return found;
}
