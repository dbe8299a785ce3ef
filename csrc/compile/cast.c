/* CAST, CASE, EXTRACT. */
#include <string.h>

#include "compile/bind.h"
#include "compile/expr.h"

void am_put_cast(am_compiler *c, am_node *element, am_node *type, am_ctx ctx)
{
  am_cast_node *cast = (am_cast_node *)am_node_new(AM_NODE_CAST);
  if (cast == NULL) {
    am_compile_keep(c, NULL);
    return;
  }
  cast->element = am_node_ref(element);
  cast->to_type = am_node_ref(type);
  cast->node.type = am_node_ref(type);
  am_compile_node(c, am_compile_keep(c, am_node_seal(&cast->node)), ctx);
}

void am_visit_cast(am_compiler *c, am_node *node, am_ctx ctx)
{
  am_cast_node *cast = (am_cast_node *)node;
  if (cast->safe && !(am_dialect_caps(c->dialect) & AM_DIALECT_STRING)) {
    am_compile_fail(c, AM_ERR_UNSUPPORTED_COMPILATION,
                    "The \"%s\" dialect does not support TRY_CAST", c->dialect->name);
    return;
  }
  am_put(c, cast->safe ? "TRY_CAST(" : "CAST(");
  am_compile_node(c, cast->element, ctx);
  am_put(c, " AS ");
  am_strbuf text = AM_STRBUF_INIT; /* a collation of the type is said of the whole CAST */
  am_strbuf *out = am_compile_output(c, &text);
  am_put_type(c, cast->to_type, ctx);
  am_compile_output(c, out);
  const char *type = text.text != NULL ? text.text : "", *collate = strstr(type, " COLLATE ");
  am_strbuf_add(c->out, type, collate != NULL ? (size_t)(collate - type) : text.size);
  am_put(c, ")");
  if (collate != NULL) am_put(c, collate);
  am_strbuf_deinit(&text);
}

void am_visit_type_coerce(am_compiler *c, am_node *node, am_ctx ctx)
{
  am_compile_node(c, ((am_type_coerce_node *)node)->element, ctx);
}

void am_visit_case(am_compiler *c, am_node *node, am_ctx ctx)
{
  am_case_node *expr = (am_case_node *)node;
  am_put(c, "CASE");
  if (expr->value != NULL) {
    am_put(c, " ");
    am_compile_node(c, expr->value, ctx);
  }
  for (size_t i = 0; i + 1 < am_list_count(expr->whens); i += 2) {
    am_put(c, " WHEN ");
    am_compile_node(c, expr->whens->items[i], ctx);
    if (expr->value != NULL) am_bind_loosen(c, expr->whens->items[i]);
    am_put(c, " THEN ");
    am_compile_node(c, expr->whens->items[i + 1], ctx);
    am_bind_loosen(c, expr->whens->items[i + 1]);
  }
  if (expr->else_ != NULL) {
    am_put(c, " ELSE ");
    am_compile_node(c, expr->else_, ctx);
    am_bind_loosen(c, expr->else_);
  }
  am_put(c, " END");
}

void am_visit_extract(am_compiler *c, am_node *node, am_ctx ctx)
{
  am_extract_node *extract = (am_extract_node *)node;
  am_put(c, "EXTRACT(");
  bool mysql_name =
      am_dialect_is(c->dialect, "mysql") && am_name_is(extract->field, "milliseconds");
  am_put_sql_text(c, extract->field->text, extract->field->size - (mysql_name ? 1 : 0));
  am_put(c, " FROM ");
  am_compile_node(c, extract->element, ctx);
  am_put(c, ")");
}
