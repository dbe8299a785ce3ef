/* PostgreSQL: operators and functions. */
#include <string.h>

#include "dialect/oper.h"

void am_pg_ilike(am_compiler *c, am_binary_node *binary, am_ctx ctx)
{
  am_put_sides(c, binary, binary->op == AM_OP_ILIKE ? " ILIKE " : " NOT ILIKE ", ctx);
  am_put_escape(c, binary);
}

/* icontains and its like: ILIKE does the folding. */
void am_pg_substring(am_compiler *c, am_binary_node *binary, am_ctx ctx)
{
  unsigned form = am_substring_form((am_operator)binary->op);
  am_compile_node(c, binary->left, ctx);
  am_put(c, form & AM_SUB_NOT ? " NOT" : "");
  am_put(c, form & AM_SUB_FOLD ? " ILIKE " : " LIKE ");
  am_put_pattern(c, binary, false, ctx);
  am_put_escape(c, binary);
}

void am_pg_match(am_compiler *c, am_binary_node *binary, am_ctx ctx)
{
  const am_name *config = AM_MODIFIER(binary, flags);
  am_compile_node(c, binary->left, ctx);
  am_put(c, " @@ plainto_tsquery(");
  if (config != NULL) {
    am_put_quoted_text(c, config->text, config->size);
    am_put(c, ", ");
  }
  am_compile_node(c, binary->right, ctx);
  am_put(c, ")");
}

void am_pg_regexp(am_compiler *c, am_binary_node *binary, am_ctx ctx)
{
  const am_name *flags = AM_MODIFIER(binary, flags);
  bool negated = binary->op == AM_OP_NOT_REGEXP_MATCH;
  if (flags == NULL || am_name_is(flags, "i")) {
    am_put_binary(c, binary,
                  flags == NULL ? (negated ? " !~ " : " ~ ")
                  : negated     ? " !~* "
                                : " ~* ",
                  false, ctx);
    return;
  }
  am_compile_node(c, binary->left, ctx);
  am_put(c, negated ? " !~ CONCAT('(?', " : " ~ CONCAT('(?', ");
  am_put_quoted_text(c, flags->text, flags->size);
  am_put(c, ", ')', ");
  am_compile_node(c, binary->right, ctx);
  am_put(c, ")");
}

/* An element read as something else than JSON is taken as text and cast. */
void am_pg_json_getitem(am_compiler *c, am_binary_node *binary, am_ctx ctx)
{
  bool cast = ctx.flags & AM_CTX_CAST_APPLIED;
  ctx.flags &= ~(unsigned)AM_CTX_CAST_APPLIED;
  bool path = binary->op == AM_OP_JSON_PATH_GETITEM;
  if (!cast && am_affinity_of(binary->node.type) != AM_AFFINITY_JSON) {
    am_ctx inner = ctx;
    inner.flags |= AM_CTX_CAST_APPLIED;
    am_put(c, "CAST(");
    am_pg_json_getitem(c, binary, inner);
    am_put(c, " AS ");
    am_put_type(c, binary->node.type, ctx);
    am_put(c, ")");
    return;
  }
  bool subscript =
      !cast && !path && am_type_kind_of(am_type_here(c, binary->left->type)) == AM_TYPE_JSONB;
  if (subscript) {
    bool grouped = binary->left->tag == AM_NODE_FUNCTION || binary->left->tag == AM_NODE_CAST;
    ctx.flags &= ~(unsigned)AM_CTX_IN_OPERATOR;
    am_put(c, grouped ? "(" : "");
    am_compile_node(c, binary->left, ctx);
    am_put(c, grouped ? ")[" : "[");
    am_compile_node(c, binary->right, ctx);
    am_put(c, "]");
    return;
  }
  am_put_binary(c, binary, path ? (cast ? " #>> " : " #> ") : cast ? " ->> " : " -> ", true, ctx);
}

static void put_aggregate_strings(am_compiler *c, am_function_node *function, am_ctx ctx)
{
  am_put(c, "string_agg");
  am_put_arguments(c, function, ctx);
}

/* SUBSTRING(text FROM start [FOR length]) */
static void put_substring(am_compiler *c, am_function_node *function, am_ctx ctx)
{
  size_t count = am_list_count(function->clauses);
  am_put(c, "SUBSTRING(");
  for (size_t i = 0; i < count && i < 3; i++) {
    if (i > 0) am_put(c, i == 1 ? " FROM " : " FOR ");
    am_compile_node(c, function->clauses->items[i], ctx);
  }
  am_put(c, ")");
}

const am_function_rule am_pg_functions[] = {
    {"aggregate_strings", put_aggregate_strings},
    {"substring", put_substring},
    {NULL, NULL},
};
