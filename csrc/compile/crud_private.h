/* What the files that choose columns and values share; for compile/crud*.c alone. See crud.h. */
#ifndef AM_COMPILE_CRUD_PRIVATE_H
#define AM_COMPILE_CRUD_PRIVATE_H

#include "compile/crud.h"

/* What a statement and its execution give. */
typedef struct am__given {
  am_list *values; /* PAIRs of the statement */
  am_list *keys;   /* WORDs from execution */
  bool has_keys;
  const am_vec *froms; /* other tables of an UPDATE: their columns are not the target's */
  am_vec consumed;     /* PAIRs that found their column */
} am__given;

void am__crud_add(am_compiler *c, am_crud *crud, am_node *column, am_node *value);
void am__crud_note(am_compiler *c, am_list **list, am_node *node);
void am__crud_note_once(am_compiler *c, am_list **list, am_node *node);
/* A name for a parameter of one's own; NULL, with the error set, without memory. */
am_name *am__crud_name(am_compiler *c, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* A default that runs before the statement, as a bind of that name. */
am_node *am__crud_prefetch(am_compiler *c, am_node *column, am_name *name, am_default_node *def);
am_node *am__crud_required(am_compiler *c, am_node *column);
am_node *am__crud_next_value(am_compiler *c, am_node *sequence);
bool am__crud_pair_is_for(const am__given *from, const am_pair_node *pair, am_node *column);
/* The pair for a column, noted as consumed; NULL without one. */
am_pair_node *am__crud_find(am__given *from, am_node *column);
bool am__crud_has_key(const am__given *from, am_node *column);
/* May values come back by a RETURNING that the author did not write? Not where
 * Table{implicit_returning=false}. */
static inline bool am__crud_may_return(const am_node *table)
{
  return table->tag != AM_NODE_TABLE || !((const am_table_node *)table)->no_returning;
}

/* Is the column among those that return_defaults() names? All are, if it names none. */
bool am__crud_is_named(const am_list *named, const am_node *column);
void am__crud_check_consumed(am_compiler *c, am__given *from, am_node *table);
/* Columns of a table, an alias or a CTE. */
const am_list *am__crud_columns(am_node *table);
/* Neither values nor names were given: a bind per column. */
void am__crud_all_columns(am_compiler *c, am_node *table, am_crud *out);
/* The same bind under another name (NULL: anonymous); its value is still found at execution. */
am_node *am__crud_renamed(am_compiler *c, am_bind_node *bind, am_name *name);
/* A parameter that is like no other is called after its column (of row `row`, if not negative),
 * but not inside a CTE; other values as they are. */
am_node *am__crud_own_name(am_compiler *c, am_node *value, am_node *column, long row);

#endif
