/* MySQL: operators, casts and functions. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "dialect/oper.h"

void am_mysql_true(am_compiler *c, am_node *node, am_ctx ctx)
{
  (void)node, (void)ctx;
  am_put(c, "true");
}

void am_mysql_false(am_compiler *c, am_node *node, am_ctx ctx)
{
  (void)node, (void)ctx;
  am_put(c, "false");
}

void am_mysql_concat(am_compiler *c, am_binary_node *binary, am_ctx ctx)
{
  am_put_call(c, "concat", binary, ctx);
}

void am_mysql_truediv(am_compiler *c, am_binary_node *binary, am_ctx ctx)
{
  am_put_sides(c, binary, " / ", ctx);
}

void am_mysql_match(am_compiler *c, am_binary_node *binary, am_ctx ctx)
{
  int64_t options =
      am_modifier_options(binary); /* 1: not boolean, 2: natural language, 4: expansion */
  bool boolean = !(options & 1), natural = options & 2, expansion = options & 4;
  if (boolean && (natural || expansion)) {
    am_compile_fail(c, AM_ERR_COMPILE,
                    "Invalid MySQL match flags: in_boolean_mode=true, in_natural_language_mode=%s, "
                    "with_query_expansion=%s",
                    natural ? "true" : "false", expansion ? "true" : "false");
    return;
  }
  am_put(c, "MATCH (");
  am_compile_node(c, binary->left, ctx);
  am_put(c, ") AGAINST (");
  am_compile_node(c, binary->right, ctx);
  if (boolean) am_put(c, " IN BOOLEAN MODE");
  if (natural) am_put(c, " IN NATURAL LANGUAGE MODE");
  if (expansion) am_put(c, " WITH QUERY EXPANSION");
  am_put(c, ")");
}

void am_mysql_regexp(am_compiler *c, am_binary_node *binary, am_ctx ctx)
{
  const am_name *flags = AM_MODIFIER(binary, flags);
  bool negated = binary->op == AM_OP_NOT_REGEXP_MATCH;
  if (flags == NULL) {
    am_put_binary(c, binary, negated ? " NOT REGEXP " : " REGEXP ", false, ctx);
    return;
  }
  am_put(c, negated ? "NOT REGEXP_LIKE(" : "REGEXP_LIKE(");
  am_compile_node(c, binary->left, ctx);
  am_put(c, ", ");
  am_compile_node(c, binary->right, ctx);
  am_put(c, ", ");
  am_put_quoted_text(c, flags->text, flags->size);
  am_put(c, ")");
}

/* MariaDB takes flags inside the pattern. */
void am_mariadb_regexp(am_compiler *c, am_binary_node *binary, am_ctx ctx)
{
  const am_name *flags = AM_MODIFIER(binary, flags);
  bool negated = binary->op == AM_OP_NOT_REGEXP_MATCH;
  if (flags == NULL) {
    am_put_binary(c, binary, negated ? " NOT REGEXP " : " REGEXP ", false, ctx);
    return;
  }
  am_compile_node(c, binary->left, ctx);
  am_put(c, negated ? " NOT REGEXP CONCAT('(?', " : " REGEXP CONCAT('(?', ");
  am_put_quoted_text(c, flags->text, flags->size);
  am_put(c, ", ')', ");
  am_compile_node(c, binary->right, ctx);
  am_put(c, ")");
}

void am_mariadb_regexp_replace(am_compiler *c, am_binary_node *binary, am_ctx ctx)
{
  const am_name *flags = AM_MODIFIER(binary, flags);
  am_clause_list_node *list = (am_clause_list_node *)binary->right;
  if (flags == NULL || list->node.tag != AM_NODE_CLAUSE_LIST || am_list_count(list->items) != 2) {
    am_visit_regexp_replace(c, binary, ctx);
    return;
  }
  am_put(c, "REGEXP_REPLACE(");
  am_compile_node(c, binary->left, ctx);
  am_put(c, ", CONCAT('(?', ");
  am_put_quoted_text(c, flags->text, flags->size);
  am_put(c, ", ')', ");
  am_compile_node(c, list->items->items[0], ctx);
  am_put(c, "), ");
  am_compile_node(c, list->items->items[1], ctx);
  am_put(c, ")");
}

void am_mysql_is_distinct(am_compiler *c, am_binary_node *binary, am_ctx ctx)
{
  bool negate = binary->op == AM_OP_IS_DISTINCT_FROM;
  ctx.flags &= ~(unsigned)AM_CTX_IN_OPERATOR;
  if (negate) am_put(c, "NOT (");
  am_put_sides(c, binary, " <=> ", ctx);
  if (negate) am_put(c, ")");
}

static void put_extract(am_compiler *c, am_binary_node *binary, am_ctx ctx)
{
  am_put_call(c, "JSON_EXTRACT", binary, ctx);
}

/* JSON's null is not SQL's NULL: an element read as a plain value goes through CASE. */
void am_mysql_json_getitem(am_compiler *c, am_binary_node *binary, am_ctx ctx)
{
  am_node *type = binary->node.type;
  am_affinity affinity = am_affinity_of(type);
  if (affinity == AM_AFFINITY_JSON) {
    put_extract(c, binary, ctx);
    return;
  }
  am_put(c, "CASE ");
  put_extract(c, binary, ctx);
  am_put(c, " WHEN 'null' THEN NULL ");
  if (affinity == AM_AFFINITY_BOOLEAN) {
    am_put(c, "WHEN true THEN true ELSE false END");
    return;
  }
  const am_type_node *own = (const am_type_node *)type;
  bool exact = affinity == AM_AFFINITY_NUMERIC && own->precision >= 0 && own->scale >= 0;
  am_put(c, "ELSE ");
  if (affinity == AM_AFFINITY_STRING) am_put(c, "JSON_UNQUOTE(");
  if (affinity == AM_AFFINITY_INTEGER || exact) am_put(c, "CAST(");
  put_extract(c, binary, ctx);
  if (affinity == AM_AFFINITY_INTEGER) am_put(c, " AS SIGNED INTEGER)");
  else if (exact) am_putf(c, " AS DECIMAL(%" PRId64 ", %" PRId64 "))", own->precision, own->scale);
  else if (affinity == AM_AFFINITY_NUMERIC) am_put(c, "+0.0000000000000000000000");
  else if (affinity == AM_AFFINITY_STRING) am_put(c, ")");
  am_put(c, " END");
}

/* --- functions ------------------------------------------------------------------------- */

static void put_random(am_compiler *c, am_function_node *function, am_ctx ctx)
{
  am_put(c, "rand");
  am_put_arguments(c, function, ctx);
}

static void put_rollup(am_compiler *c, am_function_node *function, am_ctx ctx)
{
  am_compile_list(c, function->clauses, ", ", ctx);
  am_put(c, " WITH ROLLUP");
}

static void put_sysdate(am_compiler *c, am_function_node *function, am_ctx ctx)
{
  (void)function, (void)ctx;
  am_put(c, "SYSDATE()");
}

static void put_aggregate_strings(am_compiler *c, am_function_node *function, am_ctx ctx)
{
  am_put(c, "group_concat(");
  am_compile_list(c, function->clauses, " SEPARATOR ", ctx);
  am_put(c, ")");
}

const am_function_rule am_mysql_functions[] = {
    {"random", put_random},
    {"rollup", put_rollup},
    {"sysdate", put_sysdate},
    {"aggregate_strings", put_aggregate_strings},
    {NULL, NULL},
};
