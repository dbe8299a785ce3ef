/* Visitors of plain expressions, for the dialects' tables. */
#ifndef AM_COMPILE_EXPR_H
#define AM_COMPILE_EXPR_H

#include "compile/compile.h"

void am_visit_bind(am_compiler *c, am_node *node, am_ctx ctx);
void am_visit_null(am_compiler *c, am_node *node, am_ctx ctx);
void am_visit_true(am_compiler *c, am_node *node, am_ctx ctx);
void am_visit_false(am_compiler *c, am_node *node, am_ctx ctx);
void am_visit_grouping(am_compiler *c, am_node *node, am_ctx ctx);
void am_visit_clause_list(am_compiler *c, am_node *node, am_ctx ctx);
void am_visit_binary(am_compiler *c, am_node *node, am_ctx ctx);

#endif
