/* Plain expressions: columns, binds, operators, lists. */
#include "compile/expr.h"

#include <string.h>

#include "compile/compile.h"

void am_visit_bind(am_compiler *c, am_node *node, am_ctx ctx) { am_put_bind(c, node, ctx); }

void am_visit_null(am_compiler *c, am_node *node, am_ctx ctx)
{
  (void)node, (void)ctx;
  am_put(c, "NULL");
}

void am_visit_true(am_compiler *c, am_node *node, am_ctx ctx)
{
  (void)node, (void)ctx;
  am_put(c, am_dialect_caps(c->dialect) & AM_DIALECT_NATIVE_BOOLEAN ? "true" : "1");
}

void am_visit_false(am_compiler *c, am_node *node, am_ctx ctx)
{
  (void)node, (void)ctx;
  am_put(c, am_dialect_caps(c->dialect) & AM_DIALECT_NATIVE_BOOLEAN ? "false" : "0");
}

void am_visit_grouping(am_compiler *c, am_node *node, am_ctx ctx)
{
  am_put(c, "(");
  am_compile_node(c, ((am_grouping_node *)node)->element, ctx);
  am_put(c, ")");
}

void am_visit_clause_list(am_compiler *c, am_node *node, am_ctx ctx)
{
  am_clause_list_node *list = (am_clause_list_node *)node;
  am_compile_list(c, list->items, am_dialect_operator_text(c->dialect, (am_operator)list->op), ctx);
}

void am_visit_binary(am_compiler *c, am_node *node, am_ctx ctx)
{
  am_binary_node *binary = (am_binary_node *)node;
  am_operator op = (am_operator)binary->op;
  am_visit_operator visit = am_dialect_operator(c->dialect, op);
  if (visit != NULL) {
    visit(c, binary, ctx);
    return;
  }
  am_compile_node(c, binary->left, ctx);
  if (op == AM_OP_CUSTOM) {
    const am_name *text = AM_AS(custom_op, CUSTOM_OP, binary->custom)->text;
    am_put(c, " ");
    am_put_author_text(c, text->text, text->size);
    am_put(c, " ");
  } else {
    am_put(c, am_dialect_operator_text(c->dialect, op));
  }
  am_compile_node(c, binary->right, ctx);
}
