/* Visitors of INSERT, UPDATE, DELETE, for the dialects' tables, and what dialects call back. */
#ifndef AM_COMPILE_DML_H
#define AM_COMPILE_DML_H

#include "compile/compile.h"

void am_visit_insert(am_compiler *c, am_node *node, am_ctx ctx);
void am_visit_update(am_compiler *c, am_node *node, am_ctx ctx);
void am_visit_delete(am_compiler *c, am_node *node, am_ctx ctx);
void am_visit_values_of(am_compiler *c, am_node *node, am_ctx ctx);
void am_visit_default_marker(am_compiler *c, am_node *node, am_ctx ctx);

/* Prefixes for this dialect, each followed by a space. */
void am_put_hints(am_compiler *c, am_list *hints, am_ctx ctx);
/* RETURNING of the statement: the author's columns or, without any, those the compiler wants
 * back. */
void am_put_returning(am_compiler *c, am_node *statement, am_list *columns, am_ctx ctx);
void am_put_on_conflict(am_compiler *c, am_insert_node *insert, am_ctx ctx);
/* FROM elements of the WHERE clause and values other than the target: out gets borrowed nodes. */
void am_dml_extra_froms(am_compiler *c, am_node *table, am_list *where, am_list *values,
                        am_vec *out);

/* hooks of MySQL and PostgreSQL */
void am_update_from(am_compiler *c, am_vec *froms, am_ctx ctx);

#endif
