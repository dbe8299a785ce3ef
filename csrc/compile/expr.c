/* Plain expressions: parameters, constants, operators, lists. Operators with a form of their own
 * are in oper.c. */
#include "compile/expr.h"

#include <string.h>

#include "compile/bind.h"

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

static void put_custom_text(am_compiler *c, const am_node *custom)
{
  const am_name *text = ((const am_custom_op_node *)custom)->text;
  am_put(c, " ");
  am_put_sql_text(c, text->text, text->size);
  am_put(c, " ");
}

void am_visit_clause_list(am_compiler *c, am_node *node, am_ctx ctx)
{
  am_clause_list_node *list = (am_clause_list_node *)node;
  am_operator op = (am_operator)list->op;
  if (op == AM_OP_CONCAT && am_dialect_is(c->dialect, "mysql")) {
    am_put(c, "concat(");
    am_compile_list(c, list->items, ", ", ctx);
    am_put(c, ")");
    return;
  }
  if (op != AM_OP_COMMA) ctx.flags |= AM_CTX_IN_OPERATOR;
  am_compile_list(c, list->items, am_dialect_operator_text(c->dialect, op), ctx);
}

void am_put_sides(am_compiler *c, am_binary_node *binary, const char *text, am_ctx ctx)
{
  am_compile_node(c, binary->left, ctx);
  am_put(c, text);
  am_compile_node(c, binary->right, ctx);
}

void am_put_binary(am_compiler *c, am_binary_node *binary, const char *text, bool eager, am_ctx ctx)
{
  bool wrap = eager && (ctx.flags & AM_CTX_IN_OPERATOR);
  ctx.flags |= AM_CTX_IN_OPERATOR;
  if (wrap) am_put(c, "(");
  am_put_sides(c, binary, text, ctx);
  if (wrap) am_put(c, ")");
}

void am_visit_custom_op(am_compiler *c, am_binary_node *binary, am_ctx ctx)
{
  int64_t flags = ((am_custom_op_node *)binary->custom)->flags;
  bool wrap = (flags & AM_OPF_EAGER) && (ctx.flags & AM_CTX_IN_OPERATOR);
  ctx.flags |= AM_CTX_IN_OPERATOR;
  if (wrap) am_put(c, "(");
  am_compile_node(c, binary->left, ctx);
  put_custom_text(c, binary->custom);
  am_compile_node(c, binary->right, ctx);
  if (wrap) am_put(c, ")");
}

static bool is_untyped(const am_node *operand)
{
  return am_type_kind_of(operand->type) == AM_TYPE_NULLTYPE;
}

void am_visit_binary(am_compiler *c, am_node *node, am_ctx ctx)
{
  am_binary_node *binary = (am_binary_node *)node;
  am_operator op = (am_operator)binary->op;
  if (binary->options == AM_BINARY_AGAINST && !am_dialect_is(c->dialect, "mysql")) {
    am_compile_fail(c, AM_ERR_UNSUPPORTED_COMPILATION,
                    "The \"%s\" dialect cannot render MySQL's match(); a column's match() is a "
                    "search in its database's own way",
                    c->dialect->name);
    return;
  }
  am_visit_operator visit = am_dialect_operator(c->dialect, op);
  if (visit != NULL) visit(c, binary, ctx);
  else am_put_binary(c, binary, am_dialect_operator_text(c->dialect, op), false, ctx);
  if ((op == AM_OP_IS || op == AM_OP_IS_NOT) && binary->right->tag == AM_NODE_NULL)
    am_bind_null_test(c, binary->left);
  if (binary->left->tag != AM_NODE_BIND && is_untyped(binary->left))
    am_bind_loosen(c, binary->right);
  else if (binary->right->tag != AM_NODE_BIND && is_untyped(binary->right))
    am_bind_loosen(c, binary->left);
}

bool am_is_condition(const am_node *node)
{
  switch (node->tag) {
    case AM_NODE_BINARY: {
      const am_binary_node *binary = (const am_binary_node *)node;
      unsigned flags = am_operator_flags((am_operator)binary->op);
      if (binary->op == AM_OP_CUSTOM)
        flags = (unsigned)((const am_custom_op_node *)binary->custom)->flags;
      return flags & (AM_OPF_BOOLEAN | AM_OPF_COMPARISON);
    }
    case AM_NODE_CLAUSE_LIST: {
      const am_clause_list_node *list = (const am_clause_list_node *)node;
      return am_operator_flags((am_operator)list->op) & AM_OPF_BOOLEAN;
    }
    case AM_NODE_GROUPING: return am_is_condition(((const am_grouping_node *)node)->element);
    case AM_NODE_LABEL: return am_is_condition(((const am_label_node *)node)->element);
    case AM_NODE_UNARY: {
      const am_unary_node *unary = (const am_unary_node *)node;
      if (unary->op == AM_OP_IS_TRUE || unary->op == AM_OP_IS_FALSE)
        return am_is_condition(unary->element);
      return unary->op == AM_OP_INV;
    }
    case AM_NODE_EXISTS: return true;
    default: return false;
  }
}

static void put_truth(am_compiler *c, am_unary_node *unary, am_ctx ctx)
{
  bool native = am_dialect_caps(c->dialect) & AM_DIALECT_NATIVE_BOOLEAN;
  bool plain = native || am_is_condition(unary->element);
  bool truth = unary->op == AM_OP_IS_TRUE;
  if (plain && !truth) am_put(c, "NOT ");
  am_compile_node(c, unary->element, ctx);
  if (!plain) am_put(c, truth ? " = 1" : " = 0");
}

void am_visit_unary(am_compiler *c, am_node *node, am_ctx ctx)
{
  am_unary_node *unary = (am_unary_node *)node;
  am_operator op = (am_operator)unary->op;
  if (op == AM_OP_IS_TRUE || op == AM_OP_IS_FALSE) {
    put_truth(c, unary, ctx);
    return;
  }
  if (op == AM_OP_CUSTOM) {
    const am_name *text = ((am_custom_op_node *)unary->custom)->text;
    am_put_sql_text(c, text->text, text->size);
    am_put(c, " ");
  } else if (op != AM_OP_NONE) {
    am_put(c, am_dialect_operator_text(c->dialect, op));
  }
  am_compile_node(c, unary->element, ctx);
  if (unary->modifier != AM_OP_NONE)
    am_put(c, am_dialect_operator_text(c->dialect, (am_operator)unary->modifier));
}

void am_visit_tuple(am_compiler *c, am_node *node, am_ctx ctx)
{
  am_put(c, "(");
  am_compile_list(c, ((am_tuple_node *)node)->items, ", ", ctx);
  am_put(c, ")");
}

void am_visit_collation(am_compiler *c, am_node *node, am_ctx ctx)
{
  (void)ctx;
  am_put_identifier(c, ((am_collation_node *)node)->name);
}

void am_visit_slice(am_compiler *c, am_node *node, am_ctx ctx)
{
  am_slice_node *slice = (am_slice_node *)node;
  am_compile_node(c, slice->start, ctx);
  am_put(c, ":");
  am_compile_node(c, slice->stop, ctx);
}

void am_visit_array(am_compiler *c, am_node *node, am_ctx ctx)
{
  am_array_node *array = (am_array_node *)node;
  if (!am_compile_knows_postgresql(c, "ARRAY[]")) return;
  am_put(c, "ARRAY[");
  am_compile_list(c, array->items, ", ", ctx);
  am_put(c, "]");
  if (am_list_count(array->items) > 0 || am_type_kind_of(node->type) != AM_TYPE_ARRAY) return;
  am_type_node *type = (am_type_node *)node->type;
  if (am_type_kind_of(type->item) == AM_TYPE_NULLTYPE) return;
  am_put(c, "::");
  if (am_dialect_is(c->dialect, "postgresql")) {
    am_put_type(c, node->type, ctx);
    return;
  }
  am_put_type(c, type->item, ctx); /* str() of a statement, which knows no arrays by itself */
  for (int64_t i = 0; i < type->length || i == 0; i++) am_put(c, "[]");
}
