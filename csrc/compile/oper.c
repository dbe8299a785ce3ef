/* Operators with a form of their own, as the default dialect writes them. */
#include <string.h>

#include "compile/expr.h"

const am_name *am_modifier_text(const am_binary_node *binary, size_t field)
{
  if (binary->modifiers == NULL) return NULL;
  am_node *word = NULL;
  memcpy(&word, (const char *)binary->modifiers + field, sizeof word);
  return word != NULL ? ((am_word_node *)word)->name : NULL;
}

int64_t am_modifier_options(const am_binary_node *binary)
{
  return binary->modifiers != NULL ? ((am_op_modifiers_node *)binary->modifiers)->options : 0;
}

bool am_is_symmetric(const am_binary_node *binary)
{
  return binary->modifiers != NULL && ((am_op_modifiers_node *)binary->modifiers)->symmetric != 0;
}

void am_put_operand(am_compiler *c, am_node *operand, am_operator against, am_ctx ctx)
{
  am_node *grouped = am_compile_keep(c, am_node_self_group(operand, against, NULL));
  am_compile_node(c, grouped, ctx);
}

void am_put_escape(am_compiler *c, const am_binary_node *binary)
{
  const am_name *escape = AM_MODIFIER(binary, escape);
  if (escape == NULL) return;
  am_put(c, " ESCAPE ");
  am_put_quoted_text(c, escape->text, escape->size);
}

void am_put_call(am_compiler *c, const char *name, am_binary_node *binary, am_ctx ctx)
{
  am_put(c, name);
  am_put(c, "(");
  am_compile_node(c, binary->left, ctx);
  am_put(c, ", ");
  am_compile_node(c, binary->right, ctx);
  am_put(c, ")");
}

void am_put_subscript(am_compiler *c, am_binary_node *binary, am_ctx ctx)
{
  am_compile_node(c, binary->left, ctx);
  am_put(c, "[");
  am_compile_node(c, binary->right, ctx);
  am_put(c, "]");
}

void am_visit_like(am_compiler *c, am_binary_node *binary, am_ctx ctx)
{
  am_put_sides(c, binary, binary->op == AM_OP_LIKE ? " LIKE " : " NOT LIKE ", ctx);
  am_put_escape(c, binary);
}

/* Where there is no ILIKE, both sides are folded. */
void am_visit_ilike(am_compiler *c, am_binary_node *binary, am_ctx ctx)
{
  am_put(c, "lower(");
  am_compile_node(c, binary->left, ctx);
  am_put(c, binary->op == AM_OP_ILIKE ? ") LIKE lower(" : ") NOT LIKE lower(");
  am_compile_node(c, binary->right, ctx);
  am_put(c, ")");
  am_put_escape(c, binary);
}

unsigned am_substring_form(am_operator op)
{
  switch (op) {
    case AM_OP_CONTAINS: return AM_SUB_BEFORE | AM_SUB_AFTER;
    case AM_OP_NOT_CONTAINS: return AM_SUB_BEFORE | AM_SUB_AFTER | AM_SUB_NOT;
    case AM_OP_ICONTAINS: return AM_SUB_BEFORE | AM_SUB_AFTER | AM_SUB_FOLD;
    case AM_OP_NOT_ICONTAINS: return AM_SUB_BEFORE | AM_SUB_AFTER | AM_SUB_NOT | AM_SUB_FOLD;
    case AM_OP_STARTSWITH: return AM_SUB_AFTER;
    case AM_OP_NOT_STARTSWITH: return AM_SUB_AFTER | AM_SUB_NOT;
    case AM_OP_ISTARTSWITH: return AM_SUB_AFTER | AM_SUB_FOLD;
    case AM_OP_NOT_ISTARTSWITH: return AM_SUB_AFTER | AM_SUB_NOT | AM_SUB_FOLD;
    case AM_OP_ENDSWITH: return AM_SUB_BEFORE;
    case AM_OP_NOT_ENDSWITH: return AM_SUB_BEFORE | AM_SUB_NOT;
    case AM_OP_IENDSWITH: return AM_SUB_BEFORE | AM_SUB_FOLD;
    case AM_OP_NOT_IENDSWITH: return AM_SUB_BEFORE | AM_SUB_NOT | AM_SUB_FOLD;
    default: return 0;
  }
}

/* The texts that a pattern is put together from, if it is: they join the percent signs, without
 * parentheses. */
static const am_node *concatenation(const am_node *pattern)
{
  if (pattern->tag == AM_NODE_GROUPING) pattern = ((const am_grouping_node *)pattern)->element;
  bool joined =
      (pattern->tag == AM_NODE_BINARY && ((const am_binary_node *)pattern)->op == AM_OP_CONCAT) ||
      (pattern->tag == AM_NODE_CLAUSE_LIST &&
       ((const am_clause_list_node *)pattern)->op == AM_OP_CONCAT);
  return joined && am_affinity_of(pattern->type) == AM_AFFINITY_STRING ? pattern : NULL;
}

static void put_concatenation(am_compiler *c, const am_node *joined, const char *join, am_ctx ctx)
{
  if (joined->tag == AM_NODE_CLAUSE_LIST) {
    am_compile_list(c, ((const am_clause_list_node *)joined)->items, join, ctx);
    return;
  }
  am_put_sides(c, (am_binary_node *)(uintptr_t)joined, join, ctx);
}

void am_put_pattern(am_compiler *c, am_binary_node *binary, bool lower, am_ctx ctx)
{
  unsigned form = am_substring_form((am_operator)binary->op);
  bool mysql = am_dialect_is(c->dialect, "mysql");
  const char *percent = am_doubles_percent(c) ? "'%%'" : "'%'", *join = mysql ? ", " : " || ";
  if (mysql) am_put(c, "concat(");
  if (form & AM_SUB_BEFORE) {
    am_put(c, percent);
    am_put(c, join);
  }
  if (!mysql) ctx.flags |= AM_CTX_IN_OPERATOR;
  const am_node *joined = lower ? NULL : concatenation(binary->right);
  if (lower) {
    am_put(c, "lower(");
    am_compile_node(c, binary->right, ctx);
    am_put(c, ")");
  } else if (joined != NULL) {
    put_concatenation(c, joined, join, ctx);
  } else {
    am_put_operand(c, binary->right, AM_OP_CONCAT, ctx);
  }
  if (form & AM_SUB_AFTER) {
    am_put(c, join);
    am_put(c, percent);
  }
  if (mysql) am_put(c, ")");
}

void am_visit_substring(am_compiler *c, am_binary_node *binary, am_ctx ctx)
{
  unsigned form = am_substring_form((am_operator)binary->op);
  bool lower = form & AM_SUB_FOLD;
  if (lower) am_put(c, "lower(");
  am_compile_node(c, binary->left, ctx);
  if (lower) am_put(c, ")");
  am_put(c, form & AM_SUB_NOT ? " NOT LIKE " : " LIKE ");
  am_put_pattern(c, binary, lower, ctx);
  am_put_escape(c, binary);
}

/* In parentheses because an empty list becomes "x NOT IN (NULL) OR (1 = 1)". */
void am_visit_not_in(am_compiler *c, am_binary_node *binary, am_ctx ctx)
{
  am_put(c, "(");
  am_put_binary(c, binary, am_dialect_operator_text(c->dialect, AM_OP_NOT_IN), false, ctx);
  am_put(c, ")");
}

void am_visit_between(am_compiler *c, am_binary_node *binary, am_ctx ctx)
{
  bool symmetric = am_is_symmetric(binary), negated = binary->op == AM_OP_NOT_BETWEEN;
  const char *text = negated ? (symmetric ? " NOT BETWEEN SYMMETRIC " : " NOT BETWEEN ")
                             : (symmetric ? " BETWEEN SYMMETRIC " : " BETWEEN ");
  am_put_binary(c, binary, text, false, ctx);
}

void am_visit_not_match(am_compiler *c, am_binary_node *binary, am_ctx ctx)
{
  am_put(c, "NOT ");
  am_binary_node *positive = (am_binary_node *)am_node_copy(&binary->node);
  if (am_compile_keep(c, &positive->node) == NULL) return;
  positive->op = AM_OP_MATCH;
  am_visit_binary(c, &positive->node, ctx);
}

static am_node *numeric_type(am_compiler *c)
{
  am_type_node *type = (am_type_node *)am_node_new(AM_NODE_TYPE);
  if (type == NULL) return am_compile_keep(c, NULL);
  type->kind = AM_TYPE_NUMERIC;
  type->length = type->precision = type->scale = -1;
  return am_compile_keep(c, am_node_seal(&type->node));
}

/* Most databases divide integers to an integer; the divisor is cast so that the quotient is
 * exact. */
void am_visit_truediv(am_compiler *c, am_binary_node *binary, am_ctx ctx)
{
  am_compile_node(c, binary->left, ctx);
  am_put(c, " / ");
  am_node *type = binary->right->type;
  if (am_affinity_of(type) != AM_AFFINITY_NUMERIC) type = numeric_type(c);
  am_put_cast(c, binary->right, type, ctx);
}

void am_visit_floordiv(am_compiler *c, am_binary_node *binary, am_ctx ctx)
{
  bool whole = am_affinity_of(binary->right->type) == AM_AFFINITY_INTEGER &&
               am_affinity_of(binary->left->type) == AM_AFFINITY_INTEGER &&
               !am_dialect_is(c->dialect, "mysql");
  if (!whole) am_put(c, "FLOOR(");
  am_put_sides(c, binary, " / ", ctx);
  if (!whole) am_put(c, ")");
}

void am_visit_mod(am_compiler *c, am_binary_node *binary, am_ctx ctx)
{
  am_put_sides(c, binary, am_doubles_percent(c) ? " %% " : " % ", ctx);
}

void am_visit_regexp_replace(am_compiler *c, am_binary_node *binary, am_ctx ctx)
{
  const am_name *flags = AM_MODIFIER(binary, flags);
  am_put(c, "REGEXP_REPLACE(");
  am_compile_node(c, binary->left, ctx);
  am_put(c, ", ");
  am_compile_node(c, binary->right, ctx);
  if (flags != NULL) {
    am_put(c, ", ");
    am_put_quoted_text(c, flags->text, flags->size);
  }
  am_put(c, ")");
}

void am_visit_no_regexp(am_compiler *c, am_binary_node *binary, am_ctx ctx)
{
  (void)ctx;
  bool replace = binary->op == AM_OP_REGEXP_REPLACE;
  am_compile_fail(c, AM_ERR_COMPILE, "%s dialect does not support regular expression%s",
                  c->dialect->name, replace ? " replacements" : "s");
}

void am_visit_no_getitem(am_compiler *c, am_binary_node *binary, am_ctx ctx)
{
  (void)ctx;
  am_compile_fail(c, AM_ERR_UNSUPPORTED_COMPILATION,
                  "The \"%s\" dialect cannot render the operator \"%s\"", c->dialect->name,
                  am_operator_name((am_operator)binary->op));
}
