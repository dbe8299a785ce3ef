/* SELECT under way: frames, correlation, label references. Private to the files of compile/ that
 * render statements. */
#ifndef AM_COMPILE_SELECT_H
#define AM_COMPILE_SELECT_H

#include "compile/compile.h"
#include "compile/cte.h"
#include "sql/from.h"

/* Visitors. */
void am_visit_select(am_compiler *c, am_node *node, am_ctx ctx);
void am_visit_compound(am_compiler *c, am_node *node, am_ctx ctx);
void am_visit_select_grouping(am_compiler *c, am_node *node, am_ctx ctx);
void am_visit_scalar_select(am_compiler *c, am_node *node, am_ctx ctx);
void am_visit_exists(am_compiler *c, am_node *node, am_ctx ctx);
void am_visit_textual_select(am_compiler *c, am_node *node, am_ctx ctx);
void am_visit_text(am_compiler *c, am_node *node, am_ctx ctx);
void am_visit_column(am_compiler *c, am_node *node, am_ctx ctx);
void am_visit_label(am_compiler *c, am_node *node, am_ctx ctx);
void am_visit_label_reference(am_compiler *c, am_node *node, am_ctx ctx);
void am_visit_table(am_compiler *c, am_node *node, am_ctx ctx);
void am_visit_alias(am_compiler *c, am_node *node, am_ctx ctx);
void am_visit_cte(am_compiler *c, am_node *node, am_ctx ctx);
void am_visit_join(am_compiler *c, am_node *node, am_ctx ctx);
void am_visit_values(am_compiler *c, am_node *node, am_ctx ctx);
void am_visit_from_grouping(am_compiler *c, am_node *node, am_ctx ctx);

/* The FROM elements of a SELECT as they are to be displayed; its joins are built. */
void am_select_froms(am_compiler *c, am_select_node *select, am_vec *out);
void am_select_display_froms(am_compiler *c, am_select_node *select, am_vec *all, am_vec *froms,
                             am_ctx ctx);

/* One column of a columns clause (or of RETURNING): text, label, place in the result map. */
typedef struct am_column_use {
  const am_named *name;
  bool result_map;
  bool as_from;         /* within a subquery in FROM */
  bool type_expression; /* the type may put an expression around it */
} am_column_use;
void am_put_select_column(am_compiler *c, const am_column_use *use, am_ctx ctx);

/* The made-up name of such a table; see am_table_is_ambiguous. */
void am_put_ambiguous(am_compiler *c, const am_table_node *table);

/* Limits and locks. */
void am_put_limits(am_compiler *c, am_node *statement, am_ctx ctx);
void am_put_fetch(am_compiler *c, am_node *statement, am_ctx ctx);
typedef struct am_limits {
  am_node *limit, *offset, *fetch;
  int64_t fetch_options;
} am_limits;
am_limits am_limits_of(const am_node *statement);

/* dialects' clauses */
void am_limit_clause_default(am_compiler *c, am_node *statement, am_ctx ctx);
void am_limit_clause_sqlite(am_compiler *c, am_node *statement, am_ctx ctx);
void am_limit_clause_postgresql(am_compiler *c, am_node *statement, am_ctx ctx);
void am_limit_clause_mysql(am_compiler *c, am_node *statement, am_ctx ctx);
void am_dml_limit_mysql(am_compiler *c, am_node *statement, am_ctx ctx); /* of UPDATE and DELETE */
void am_for_update_default(am_compiler *c, am_node *statement, am_ctx ctx);
void am_for_update_none(am_compiler *c, am_node *statement, am_ctx ctx);
void am_for_update_postgresql(am_compiler *c, am_node *statement, am_ctx ctx);
void am_for_update_mysql(am_compiler *c, am_node *statement, am_ctx ctx);
void am_precolumns_default(am_compiler *c, am_node *statement, am_ctx ctx);
void am_precolumns_postgresql(am_compiler *c, am_node *statement, am_ctx ctx);

void am_put_order_by(am_compiler *c, am_list *order_by, am_ctx ctx);
void am_put_group_by(am_compiler *c, am_list *group_by, am_ctx ctx);

/* names */
void am_put_label(am_compiler *c, const char *kind, am_label label); /* truncated, quoted */
am_label am_resolve(am_compiler *c, const char *kind, am_label label);

#endif
