/* Functions, windows, filters. */
#include <string.h>
#include <strings.h>

#include "compile/bind.h"
#include "compile/expr.h"

void am_put_arguments(am_compiler *c, am_function_node *function, am_ctx ctx)
{
  am_put(c, "(");
  am_compile_list(c, function->clauses, ", ", ctx);
  am_put(c, ")");
}

typedef struct spelling {
  const char *name, *text;
} spelling;

/* Known functions that are not written as they are called. */
static const spelling spellings[] = {
    {"current_date", "CURRENT_DATE"},
    {"current_time", "CURRENT_TIME"},
    {"current_timestamp", "CURRENT_TIMESTAMP"},
    {"current_user", "CURRENT_USER"},
    {"localtime", "LOCALTIME"},
    {"localtimestamp", "LOCALTIMESTAMP"},
    {"session_user", "SESSION_USER"},
    {"sysdate", "sysdate"},
    {"user", "USER"},
    {"cube", "CUBE"},
    {"rollup", "ROLLUP"},
    {"grouping_sets", "GROUPING SETS"},
    {"random", "random"},
    {"coalesce", "coalesce"},
};

static const am_function_rule *find_rule(const am_dialect *dialect, const char *name)
{
  for (; dialect != NULL; dialect = dialect->parent)
    for (const am_function_rule *rule = dialect->functions; rule != NULL && rule->name != NULL;
         rule++)
      if (strcasecmp(rule->name, name) == 0) return rule;
  return NULL;
}

/* Names of functions are quoted only for illegal characters or when the author says so: they are
 * not matched with reserved words. */
static bool has_illegal(const am_name *name)
{
  if (name->size == 0) return true;
  if ((name->text[0] >= '0' && name->text[0] <= '9') || name->text[0] == '$') return true;
  for (size_t i = 0; i < name->size; i++) {
    char ch = name->text[i];
    bool legal = (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') || (ch >= '0' && ch <= '9') ||
                 ch == '_' || ch == '$';
    if (!legal) return true;
  }
  return false;
}

static void put_name(am_compiler *c, const am_name *name)
{
  if (name->quote == 1 || (name->quote == 0 && has_illegal(name)))
    am_put_identifier_text(c, name->text, name->size,
                           name->quote == 1 || has_illegal(name) ? 1 : 0);
  else am_put_author_text(c, name->text, name->size);
}

/* PostgreSQL's functions that take anything: nothing tells the server what a parameter without a
 * type is. */
static bool takes_anything(const am_name *name)
{
  static const char *const names[] = {
      "array_agg",
      "concat",
      "concat_ws",
      "count",
      "first_value",
      "format",
      "json_agg",
      "json_build_array",
      "json_build_object",
      "json_object_agg",
      "jsonb_agg",
      "jsonb_build_array",
      "jsonb_build_object",
      "jsonb_object_agg",
      "last_value",
      "mode",
      "nth_value",
      "num_nonnulls",
      "num_nulls",
      "percentile_disc",
      "pg_collation_for",
      "pg_column_size",
      "pg_typeof",
      "row",
      "to_json",
      "to_jsonb",
  };
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (strcasecmp(names[i], name->text) == 0) return true;
  return false;
}

static void loosen_arguments(am_compiler *c, const am_function_node *function)
{
  if (!(function->node.flags & AM_NODE_HAS_BIND) || takes_anything(function->name)) return;
  for (size_t i = 0; i < am_list_count(function->clauses); i++)
    am_bind_loosen(c, function->clauses->items[i]);
}

static const char *known_spelling(const am_function_node *function)
{
  if (function->generic == 0) return NULL;
  for (size_t i = 0; i < sizeof spellings / sizeof *spellings; i++)
    if (strcmp(spellings[i].name, function->name->text) == 0) return spellings[i].text;
  return NULL;
}

void am_visit_function(am_compiler *c, am_node *node, am_ctx ctx)
{
  am_function_node *function = (am_function_node *)node;
  ctx.flags &= ~(unsigned)AM_CTX_NEED_RESULT_MAP;
  if (function->name == NULL) { /* a class of the user's own, without a name */
    am_put_arguments(c, function, ctx);
    return;
  }
  const am_function_rule *rule = find_rule(c->dialect, function->name->text);
  if (rule != NULL) {
    rule->put(c, function, ctx);
  } else {
    for (size_t i = 0; i < am_list_count(function->packages); i++) {
      put_name(c, ((am_word_node *)function->packages->items[i])->name);
      am_put(c, ".");
    }
    const char *known = known_spelling(function);
    if (known != NULL) am_put(c, known);
    else put_name(c, function->name);
    bool bare = function->generic == AM_FUNC_ANSI && am_list_count(function->clauses) == 0;
    if (!bare) am_put_arguments(c, function, ctx);
  }
  loosen_arguments(c, function);
  if (function->options & AM_FUNCTION_WITH_ORDINALITY) am_put(c, " WITH ORDINALITY");
}

void am_visit_function_as_binary(am_compiler *c, am_node *node, am_ctx ctx)
{
  am_compile_node(c, ((am_function_as_binary_node *)node)->function, ctx);
}

/* --- windows --------------------------------------------------------------------------- */

static void put_bound(am_compiler *c, int64_t kind, am_node *count, bool lower, am_ctx ctx)
{
  switch (kind) {
    case AM_FRAME_UNBOUNDED:
      am_put(c, lower ? "UNBOUNDED PRECEDING" : "UNBOUNDED FOLLOWING");
      break;
    case AM_FRAME_CURRENT: am_put(c, "CURRENT ROW"); break;
    default:
      am_compile_node(c, count, ctx);
      am_put(c, kind == AM_FRAME_PRECEDING ? " PRECEDING" : " FOLLOWING");
  }
}

static void put_frame(am_compiler *c, const char *unit, am_node *node, am_ctx ctx)
{
  am_frame_node *frame = (am_frame_node *)node;
  am_put(c, unit);
  am_put(c, " BETWEEN ");
  put_bound(c, frame->lower_kind, frame->lower, true, ctx);
  am_put(c, " AND ");
  put_bound(c, frame->upper_kind, frame->upper, false, ctx);
}

/* The frame of a window; it is compiled before PARTITION BY and ORDER BY, for so SQLAlchemy numbers
 * its parameters. */
static am_strbuf frame_text(am_compiler *c, const am_over_node *over, am_ctx ctx)
{
  am_strbuf text = AM_STRBUF_INIT;
  am_strbuf *outer = am_compile_output(c, &text);
  if (over->range != NULL) put_frame(c, "RANGE", over->range, ctx);
  else if (over->rows != NULL) put_frame(c, "ROWS", over->rows, ctx);
  else if (over->groups != NULL) put_frame(c, "GROUPS", over->groups, ctx);
  am_compile_output(c, outer);
  if (am_strbuf_failed(&text)) am_error_memory(c->err);
  return text;
}

void am_visit_over(am_compiler *c, am_node *node, am_ctx ctx)
{
  am_over_node *over = (am_over_node *)node;
  ctx.flags &= ~(unsigned)AM_CTX_NEED_RESULT_MAP;
  am_compile_node(c, over->element, ctx);
  am_strbuf frame = frame_text(c, over, ctx);
  am_put(c, " OVER (");
  bool more = false;
  if (am_list_count(over->partition_by) > 0) {
    am_put(c, "PARTITION BY ");
    am_compile_list(c, over->partition_by, ", ", ctx);
    more = true;
  }
  if (am_list_count(over->order_by) > 0) {
    am_put(c, more ? " ORDER BY " : "ORDER BY ");
    am_compile_list(c, over->order_by, ", ", ctx);
    more = true;
  }
  if (frame.size > 0) {
    if (more) am_put(c, " ");
    am_put(c, frame.text);
  }
  am_strbuf_deinit(&frame);
  am_put(c, ")");
}

void am_visit_within_group(am_compiler *c, am_node *node, am_ctx ctx)
{
  am_within_group_node *group = (am_within_group_node *)node;
  ctx.flags &= ~(unsigned)AM_CTX_NEED_RESULT_MAP;
  am_compile_node(c, group->element, ctx);
  am_put(c, " WITHIN GROUP (ORDER BY ");
  am_compile_list(c, group->order_by, ", ", ctx);
  am_put(c, ")");
}

void am_visit_func_filter(am_compiler *c, am_node *node, am_ctx ctx)
{
  am_func_filter_node *filter = (am_func_filter_node *)node;
  ctx.flags &= ~(unsigned)AM_CTX_NEED_RESULT_MAP;
  am_compile_node(c, filter->element, ctx);
  am_put(c, " FILTER (WHERE ");
  am_compile_node(c, filter->criterion, ctx);
  am_put(c, ")");
}

void am_visit_aggregate_order_by(am_compiler *c, am_node *node, am_ctx ctx)
{
  am_aggregate_order_by_node *aggregate = (am_aggregate_order_by_node *)node;
  if (!am_compile_knows_postgresql(c, "ORDER BY inside an aggregate")) return;
  am_compile_node(c, aggregate->element, ctx);
  am_put(c, " ORDER BY ");
  am_compile_list(c, aggregate->order_by, ", ", ctx);
}
