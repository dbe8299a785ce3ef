/* text() and text().columns(). */
#include "sql/text.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "compile/bind.h"
#include "compile/select.h"

/* Of two binds of one name the first counts. */
static void index_binds(am_compiler *c, const am_text_node *text, am_map *out_by_name)
{
  am_map_init_text(out_by_name);
  for (size_t i = am_list_count(text->binds); i > 0; i--) {
    am_node *bind = text->binds->items[i - 1];
    const am_name *name = ((am_bind_node *)bind)->name;
    if (name != NULL && !am_map_set_text(out_by_name, name->text, name->size, (intptr_t)bind))
      am_error_memory(c->err);
  }
}

/* Does "IS NULL" or "IS NOT NULL" follow? */
static bool is_null_test(const char *at, const char *end)
{
  static const char *const words[] = {"is", "not", "null"};
  for (size_t i = 0; i < 3; i++) {
    const char *start = at;
    while (start < end && isspace((unsigned char)*start)) start++;
    size_t size = strlen(words[i]);
    bool found =
        start > at && (size_t)(end - start) >= size && strncasecmp(start, words[i], size) == 0;
    if (found) at = start + size;
    else if (i != 1) return false;
  }
  return true;
}

void am_visit_text(am_compiler *c, am_node *node, am_ctx ctx)
{
  am_text_node *text = (am_text_node *)node;
  const char *begin = text->text->text, *at = begin, *end = begin + text->text->size;
  if (c->frame == NULL) c->result->is_text = true;
  am_text_part part;
  am_map by_name;
  index_binds(c, text, &by_name);
  ctx.flags &= ~(unsigned)(AM_CTX_NEED_RESULT_MAP | AM_CTX_TOPLEVEL);
  while (am_text_next(&at, begin, end, &part)) {
    intptr_t bind = 0;
    if (part.is_bind && am_map_get_text(&by_name, part.text, part.size, &bind)) {
      am_compile_node(c, (am_node *)bind, ctx);
      if (is_null_test(at, end)) am_bind_null_test(c, (am_node *)bind);
    } else
      am_put_sql_text(c, part.is_bind ? part.text - 1 : part.text,
                      part.size + (part.is_bind ? 1 : 0));
  }
  am_map_deinit(&by_name);
}

void am_visit_textual_select(am_compiler *c, am_node *node, am_ctx ctx)
{
  am_textual_select_node *select = (am_textual_select_node *)node;
  am_frame *outer = c->frame;
  bool later = (ctx.flags & AM_CTX_COMPOUND_LATER) != 0;
  bool map = outer == NULL || (outer->need_result_map && !later);
  if (outer == NULL) c->result->is_text = true;
  if (outer != NULL && (ctx.flags & AM_CTX_COMPOUND) && !later)
    outer->compound_columns = am_list_count(select->columns);
  am_cte_scope scope;
  am_cte_enter(c, node, select->ctes, ctx, &scope);
  if (map) {
    c->result->columns_ordered = select->positional;
    for (size_t i = 0; i < am_list_count(select->columns); i++) {
      am_node *column = am_label_plain(select->columns->items[i]);
      am_label name = am_resolve(c, "colident", am_label_own_name(&c->scratch, column));
      if (name.text == NULL) name = am_label_text("");
      am_add_result(c, name.text, name.text, column->type, &column, 1);
    }
  }
  am_ctx inner = ctx;
  inner.flags &= ~(unsigned)(AM_CTX_AS_FROM | AM_CTX_LATERAL | AM_CTX_COMPOUND |
                             AM_CTX_COMPOUND_LATER | AM_CTX_TOPLEVEL | AM_CTX_SUBQUERY);
  am_compile_node(c, select->element, inner);
  am_cte_leave(c, &scope, ctx);
}
