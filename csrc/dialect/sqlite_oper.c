/* SQLite: operators and functions. */
#include <string.h>
#include <strings.h>

#include "dialect/oper.h"

void am_sqlite_truediv(am_compiler *c, am_binary_node *binary, am_ctx ctx)
{
  am_compile_node(c, binary->left, ctx);
  am_put(c, " / (");
  am_compile_node(c, binary->right, ctx);
  am_put(c, " + 0.0)");
}

/* There is no exclusive or: (a | b) - (a & b). */
void am_sqlite_xor(am_compiler *c, am_binary_node *binary, am_ctx ctx)
{
  am_put(c, "((");
  am_put_binary(c, binary, " | ", false, ctx);
  am_put(c, ") - (");
  am_put_binary(c, binary, " & ", false, ctx);
  am_put(c, "))");
}

void am_sqlite_is_distinct(am_compiler *c, am_binary_node *binary, am_ctx ctx)
{
  ctx.flags &= ~(unsigned)AM_CTX_IN_OPERATOR;
  am_put_sides(c, binary, binary->op == AM_OP_IS_DISTINCT_FROM ? " IS NOT " : " IS ", ctx);
}

void am_sqlite_regexp(am_compiler *c, am_binary_node *binary, am_ctx ctx)
{
  am_put_binary(c, binary, binary->op == AM_OP_REGEXP_MATCH ? " REGEXP " : " NOT REGEXP ", false,
                ctx);
}

void am_sqlite_json_getitem(am_compiler *c, am_binary_node *binary, am_ctx ctx)
{
  bool json = am_affinity_of(binary->node.type) == AM_AFFINITY_JSON;
  if (json) am_put(c, "JSON_QUOTE(");
  am_put_call(c, "JSON_EXTRACT", binary, ctx);
  if (json) am_put(c, ")");
}

typedef struct part {
  const char *field, *format;
} part;

static const part parts[] = {{"month", "%m"}, {"day", "%d"}, {"year", "%Y"},   {"second", "%S"},
                             {"hour", "%H"},  {"doy", "%j"}, {"minute", "%M"}, {"epoch", "%s"},
                             {"dow", "%w"},   {"week", "%W"}};

void am_sqlite_extract(am_compiler *c, am_node *node, am_ctx ctx)
{
  am_extract_node *extract = (am_extract_node *)node;
  for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
    if (strcmp(parts[i].field, extract->field->text) != 0) continue;
    am_put(c, "CAST(STRFTIME('");
    am_put_sql_text(c, parts[i].format, strlen(parts[i].format));
    am_put(c, "', ");
    am_compile_node(c, extract->element, ctx);
    am_put(c, ") AS INTEGER)");
    return;
  }
  am_compile_fail(c, AM_ERR_COMPILE, "%s is not a valid extract argument.", extract->field->text);
}

static void put_now(am_compiler *c, am_function_node *function, am_ctx ctx)
{
  (void)function, (void)ctx;
  am_put(c, "CURRENT_TIMESTAMP");
}

static void put_localtimestamp(am_compiler *c, am_function_node *function, am_ctx ctx)
{
  (void)function, (void)ctx;
  am_put(c, "DATETIME(CURRENT_TIMESTAMP, 'localtime')");
}

static void put_char_length(am_compiler *c, am_function_node *function, am_ctx ctx)
{
  am_put(c, "length");
  am_put_arguments(c, function, ctx);
}

static void put_aggregate_strings(am_compiler *c, am_function_node *function, am_ctx ctx)
{
  am_put(c, "group_concat");
  am_put_arguments(c, function, ctx);
}

const am_function_rule am_sqlite_functions[] = {
    {"now", put_now},
    {"localtimestamp", put_localtimestamp},
    {"char_length", put_char_length},
    {"aggregate_strings", put_aggregate_strings},
    {NULL, NULL},
};

void am_sqlite_type_text(am_compiler *c, am_node *type, am_ctx ctx)
{
  am_type_text_default(c, type, ctx);
}
