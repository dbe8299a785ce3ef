/* Schema items and the look-ups between them; what the numbers in their nodes mean stands in
 * sql/enums.def.
 *
 * METADATA owns its tables and sequences, a table owns columns, constraints, indexes and (in
 * `adopted`) whatever
 * else hangs on it: column schemas, foreign keys, expressions of defaults. All of them are one
 * family (sql/node.h) that
 * lives as long as anything of it is held. Pointers within the family are WEAK.
 *
 * A metadata finds tables and sequences by key ("schema.name") in a map of its own, kept in its
 * field `index`.
 */
#ifndef AM_SCHEMA_SCHEMA_H
#define AM_SCHEMA_SCHEMA_H

#include "sql/node.h"

typedef enum am_ddl_kind {
#define AM_DDL(id, name, visit) AM_DDL_##id,
#include "schema/ddl.def"
#undef AM_DDL
  AM_DDL_COUNT
} am_ddl_kind;

/* The table or sequence with that key, or NULL. */
am_table_node *am_metadata_table(const am_metadata_node *metadata, const char *key, size_t size);
am_sequence_node *am_metadata_sequence(const am_metadata_node *metadata, const char *key,
                                       size_t size);
/* Makes `table` a member, findable by `schema.name`. False when memory runs out. */
bool am_metadata_add_table(am_metadata_node *metadata, am_table_node *table);
bool am_metadata_add_sequence(am_metadata_node *metadata, am_sequence_node *sequence);
/* Takes it out of the list, if it is there; it is freed when nothing refers to it any more.
 * False without memory. */
bool am_metadata_remove_table(am_metadata_node *metadata, am_table_node *table);
bool am_metadata_remove_sequence(am_metadata_node *metadata, am_sequence_node *sequence);
/* The column, its facts and its foreign keys join the family, and what they refer to in it is
 * not counted any more. Even
 * when memory runs out (false) no cycle of counts is left. With `old`, the column takes its
 * place. */
bool am_table_adopt_column(am_table_node *table, am_column_node *column, am_column_node *old);
/* The same for a constraint or an index, which is appended to `list`. */
bool am_table_adopt_item(am_table_node *table, am_list **list, am_node *item);
/* Takes a member out of one of the table's OWNED lists; its memory stays with the family. */
bool am_table_drop_member(am_table_node *table, am_list **list, am_node *member);
/* "schema.name" or "name", appended. */
void am_schema_key(const am_name *schema, const am_name *name, am_strbuf *out);

/* The column of an OWNED list by key or by name; NULL if there is none. */
am_column_node *am_column_by_key(const am_list *columns, const char *key, size_t size);
am_column_node *am_column_by_name(const am_list *columns, const char *name, size_t size);
/* The same for a table, fast also when it is wide. */
am_column_node *am_table_column(am_table_node *table, const char *name, size_t size, bool by_name);
static inline const am_name *am_column_lookup_key(const am_column_node *column)
{
  return column->key_name != NULL ? column->key_name : column->name;
}
static inline am_column_schema_node *am_column_facts(const am_column_node *column)
{
  return (am_column_schema_node *)column->schema;
}

/* The column that a foreign key refers to, looked up by name when it is not known yet. NULL
 * with *err set
 * (NoReferencedTableError, NoReferencedColumnError) when it does not exist. */
am_column_node *am_foreign_key_column(am_foreign_key_node *key, am_error *err);
/* "schema.table" that it refers to, also while the table is missing. False when nothing is
 * known. */
bool am_foreign_key_table_key(const am_foreign_key_node *key, am_strbuf *out);

/* The column that the database numbers by itself, or NULL; errors of autoincrement=true go into
 * *err. */
am_column_node *am_schema_autoincrement(am_table_node *table, am_error *err);

#endif
