/* Schema items: what the numbers in their nodes mean, and the look-ups between them.
 *
 * METADATA owns its tables and sequences, a table owns columns, constraints, indexes and (in `adopted`) whatever
 * else hangs on it: column schemas, foreign keys, expressions of defaults. All of them are one family (sql/node.h) that
 * lives as long as anything of it is held. Pointers within the family are WEAK.
 *
 * A metadata finds tables and sequences by key ("schema.name") in a map of its own, kept in its field `index`.
 */
#ifndef AM_SCHEMA_SCHEMA_H
#define AM_SCHEMA_SCHEMA_H

#include "sql/node.h"

enum { /* am_table_node.kind */
  AM_TABLE_LIGHT = 0, /* table("x") */
  AM_TABLE_SCHEMA = 1
};

enum { /* am_column_schema_node.autoincrement */
  AM_AUTOINCREMENT_FALSE = 0,
  AM_AUTOINCREMENT_TRUE = 1,
  AM_AUTOINCREMENT_AUTO = 2,
  AM_AUTOINCREMENT_IGNORE_FK = 3
};

typedef enum am_constraint_kind { /* am_constraint_node.kind */
  AM_CONSTRAINT_PRIMARY_KEY,
  AM_CONSTRAINT_FOREIGN_KEY,
  AM_CONSTRAINT_UNIQUE,
  AM_CONSTRAINT_CHECK,
  AM_CONSTRAINT_EXCLUDE,
  AM_CONSTRAINT_OTHER
} am_constraint_kind;

enum { /* am_constraint_node.options, am_index_node.flags, am_foreign_key_node.options */
  AM_ITEM_CONV = 1,         /* the name is final: conventions leave it alone, long ones are shortened */
  AM_ITEM_TYPE_BOUND = 2,   /* CHECK of a Boolean or Enum: only where the type is not native */
  AM_ITEM_USE_ALTER = 4,
  AM_ITEM_IMPLICIT = 8,     /* made from a column's flag */
  AM_ITEM_NO_NAME = 16,     /* never gets a name by convention (None by the author's wish) */
  AM_ITEM_LINK_TO_NAME = 32,
  AM_ITEM_COLUMN_LEVEL = 64, /* CHECK given inside a Column: stands in its definition */
  AM_ITEM_NO_PK_COLUMNS = 128, /* implicit_returning and friends of a PK; reserved */
  AM_ITEM_INLINE_SKIP = 256 /* left out of CREATE TABLE: added by ALTER (create_all) */
};

enum { /* deferrable */
  AM_DEFERRABLE_UNSET = 0,
  AM_DEFERRABLE_TRUE = 1,
  AM_DEFERRABLE_FALSE = 2
};

typedef enum am_default_kind { /* am_default_node.kind */
  AM_DEFAULT_VALUE,      /* `value` */
  AM_DEFAULT_CALLABLE,   /* `callable` */
  AM_DEFAULT_EXPRESSION, /* `arg` */
  AM_DEFAULT_SEQUENCE,   /* `arg` is a SEQUENCE */
  AM_DEFAULT_FETCHED,    /* the server makes it; nothing is known about how */
  AM_DEFAULT_SERVER      /* DEFAULT clause: `arg` is an expression, or `value` a text */
} am_default_kind;

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
/* Takes it out of the list; its memory stays with the family. False if it was not there. */
bool am_metadata_remove_table(am_metadata_node *metadata, am_table_node *table);
bool am_metadata_remove_sequence(am_metadata_node *metadata, am_sequence_node *sequence);
/* Takes a member out of one of the table's OWNED lists; its memory stays with the family. */
bool am_table_drop_member(am_table_node *table, am_list **list, am_node *member);
/* `fresh` takes the place of `old`. */
bool am_table_replace_column(am_table_node *table, am_column_node *old, am_column_node *fresh);
/* "schema.name" or "name", appended. */
void am_schema_key(const am_name *schema, const am_name *name, am_strbuf *out);

/* The column of an OWNED list by key or by name; NULL if there is none. */
am_column_node *am_column_by_key(const am_list *columns, const char *key, size_t size);
am_column_node *am_column_by_name(const am_list *columns, const char *name, size_t size);
static inline const am_name *am_column_key(const am_column_node *column)
{
  return column->key_name != NULL ? column->key_name : column->name;
}
static inline am_column_schema_node *am_column_schema(const am_column_node *column)
{
  return (am_column_schema_node *)column->schema;
}

/* The column that a foreign key refers to, looked up by name when it is not known yet. NULL with *err set
 * (NoReferencedTableError, NoReferencedColumnError) when it does not exist. */
am_column_node *am_foreign_key_column(am_foreign_key_node *key, am_error *err);
/* "schema.table" that it refers to, also while the table is missing. False when nothing is known. */
bool am_foreign_key_table_key(const am_foreign_key_node *key, am_strbuf *out);

/* The column that the database numbers by itself, or NULL; errors of autoincrement=True go into *err. */
am_column_node *am_table_autoincrement(am_table_node *table, am_error *err);

#endif
