/* INSERT: INTO, columns, VALUES or SELECT, ON CONFLICT, RETURNING. */
#include <string.h>

#include "compile/crud.h"
#include "compile/crud_private.h"
#include "compile/cte.h"
#include "compile/dml.h"

void am_put_hints(am_compiler *c, am_list *hints, am_ctx ctx)
{
  for (size_t i = 0; i < am_list_count(hints); i++) {
    am_hint_node *hint = (am_hint_node *)hints->items[i];
    if (hint->dialect != NULL && !am_name_is(hint->dialect, "*") &&
        !am_dialect_is(c->dialect, hint->dialect->text))
      continue;
    am_compile_node(c, hint->text, ctx);
    am_put(c, " ");
  }
}

static bool supports(am_compiler *c, unsigned cap)
{
  return (am_dialect_caps(c->dialect) & (cap | AM_DIALECT_STRING)) != 0;
}

/* What the dialect cannot do is refused before a text exists. */
static void check_supported(am_compiler *c, const am_crud *crud, const am_insert_node *insert)
{
  if (insert->rows != NULL && !supports(c, AM_DIALECT_MULTIVALUES))
    am_compile_fail(c, AM_ERR_COMPILE,
                    "The '%s' dialect with current database version settings does not support "
                    "in-place multirow inserts.",
                    c->dialect->name);
  if (insert->rows != NULL && insert->sort_by_parameter_order)
    am_compile_fail(c, AM_ERR_COMPILE,
                    "RETURNING cannot be deterministically sorted when using an INSERT which "
                    "includes multi-row values().");
  if (crud->count == 0 && insert->from_select == NULL && !supports(c, AM_DIALECT_DEFAULT_VALUES) &&
      !supports(c, AM_DIALECT_EMPTY_INSERT))
    am_compile_fail(
        c, AM_ERR_COMPILE,
        "The '%s' dialect with current database version settings does not support empty "
        "inserts.",
        c->dialect->name);
}

static void put_columns(am_compiler *c, const am_crud *crud)
{
  am_put(c, " (");
  for (size_t i = 0; i < crud->count; i++) {
    am_node *column = crud->items[i].column;
    if (i > 0) am_put(c, ", ");
    am_put_identifier(c, column->tag == AM_NODE_WORD ? ((am_word_node *)column)->name
                                                     : ((am_column_node *)column)->name);
  }
  am_put(c, ")");
}

/* Only a plain SELECT can take the defaults as further columns. */
static void refuse_defaults(am_compiler *c, const am_crud *crud)
{
  am_strbuf names = AM_STRBUF_INIT;
  for (size_t i = crud->count - crud->select_extra.count; i < crud->count; i++) {
    if (names.size > 0) am_strbuf_puts(&names, ", ");
    am_strbuf_puts(&names, "'");
    am_strbuf_puts(&names, am_column_key(crud->items[i].column)->text);
    am_strbuf_puts(&names, "'");
  }
  am_compile_fail(
      c, AM_ERR_COMPILE,
      "Can't extend statement for INSERT..FROM SELECT to include additional "
      "default-holding column(s) %s.  Convert the selectable to a subquery() first, or "
      "pass { include_defaults = false } to Insert:from_select() to skip these columns.",
      names.text != NULL ? names.text : "");
  am_strbuf_deinit(&names);
}

/* The SELECT of INSERT ... SELECT, with the defaults of columns that were not named. */
static void put_select(am_compiler *c, am_insert_node *insert, am_crud *crud, am_ctx ctx)
{
  am_node *select = insert->from_select;
  am_put(c, " ");
  if (crud->select_extra.count > 0 && select->tag != AM_NODE_SELECT) {
    refuse_defaults(c, crud);
    return;
  }
  if (crud->select_extra.count > 0) {
    am_select_node *copy = (am_select_node *)am_compile_keep(c, am_node_copy(select));
    for (size_t i = 0; copy != NULL && i < crud->select_extra.count; i++) {
      am_list *longer = am_list_append(copy->columns, crud->select_extra.items[i]);
      if (longer == NULL) am_error_memory(c->err);
      else am_list_unref(copy->columns), copy->columns = longer;
    }
    select = am_node_seal((am_node *)copy);
  }
  ctx.flags &= ~(unsigned)AM_CTX_TOPLEVEL;
  ctx.flags |= AM_CTX_INSERT_SELECT; /* its CTEs are the INSERT's */
  size_t start = c->out->size;
  am_compile_node(c, select, ctx);
  if (am_dialect_caps(c->dialect) & AM_DIALECT_CTE_FOLLOWS_INSERT) am_cte_write(c, start, true);
}

/* Where the single row of VALUES stands in the text. */
typedef struct row_span {
  size_t begin, end;
} row_span;

static void put_values(am_compiler *c, am_insert_node *insert, am_crud *crud, row_span *out_span,
                       am_ctx ctx)
{
  am_put(c, " VALUES (");
  out_span->begin = c->out->size;
  for (size_t i = 0; i < crud->count; i++) {
    if (i > 0) am_put(c, ", ");
    am_crud_put_value(c, &crud->items[i], ctx);
  }
  out_span->end = c->out->size;
  am_put(c, ")");
  if (insert->rows != NULL) am_crud_rows(c, insert, crud, ctx);
}

/* Rows without values that are to go together name one column after all: DEFAULT VALUES makes one
 * row. SQLite has no word for the default; there it has to be the number, of which NULL makes one.
 */
static const char *default_word(const am_compiler *c, const am_insert_node *insert)
{
  unsigned caps = am_dialect_caps(c->dialect);
  const am_list *columns = am__crud_columns(insert->table);
  if (!c->options->for_executemany || insert->from_select != NULL || am_list_count(columns) == 0)
    return NULL;
  if (caps & AM_DIALECT_DEFAULT_WORD) return "DEFAULT";
  if (!(caps & AM_DIALECT_DEFAULT_VALUES)) return NULL;
  return columns->items[0] == am_table_autoincrement(insert->table) ? "NULL" : NULL;
}

static void put_default_row(am_compiler *c, const am_insert_node *insert, const char *word,
                            row_span *out_span)
{
  const am_node *first = am__crud_columns(insert->table)->items[0];
  am_put(c, " (");
  am_put_identifier(c, ((const am_column_node *)first)->name);
  am_put(c, ") VALUES (");
  out_span->begin = c->out->size;
  am_put(c, word);
  out_span->end = c->out->size;
  am_put(c, ")");
}

static void put_target(am_compiler *c, am_insert_node *insert, am_ctx ctx)
{
  am_put(c, "INSERT ");
  am_put_hints(c, insert->prefixes, ctx);
  am_put(c, "INTO ");
  ctx.flags = (ctx.flags & ~(unsigned)AM_CTX_TOPLEVEL) | AM_CTX_AS_FROM;
  am_put_table_only(c, insert->table, insert->hints);
  am_compile_node(c, insert->table, ctx);
  am_put_table_hints(c, insert->table, insert->hints);
}

/* The values, or what stands for none, with a blank before. `defaults`: there are none. */
static void put_row(am_compiler *c, am_insert_node *insert, am_crud *crud, bool defaults,
                    row_span *out_span, am_ctx ctx)
{
  const char *word = defaults ? default_word(c, insert) : NULL;
  if (!defaults) put_values(c, insert, crud, out_span, ctx);
  else if (word != NULL) put_default_row(c, insert, word, out_span);
  else am_put(c, " DEFAULT VALUES");
}

static void append(am_compiler *c, am_strbuf *take_text)
{
  if (am_strbuf_failed(take_text)) am_error_memory(c->err);
  else if (take_text->size > 0) am_strbuf_add(c->out, take_text->text, take_text->size);
  am_strbuf_deinit(take_text);
}

/* The executor puts more rows where the first one stands, unless the user has a text of his own
 * around it: nobody knows where in that it is. */
static void note_span(am_compiler *c, const row_span *span, size_t shift)
{
  bool own = c->options->overridden != NULL && c->options->overridden[AM_NODE_INSERT];
  bool none = own || span->end == 0;
  c->result->values_begin = none ? 0 : span->begin + shift;
  c->result->values_end = none ? 0 : span->end + shift;
}

/* Parameters are numbered as SQLAlchemy does: values, CTEs, RETURNING, SELECT, ON CONFLICT; so the
 * first are written aside. */
void am_visit_insert(am_compiler *c, am_node *node, am_ctx ctx)
{
  am_insert_node *insert = (am_insert_node *)node;
  bool top = (ctx.flags & AM_CTX_TOPLEVEL) != 0;
  if (top) c->result->is_insert = true;
  am_cte_scope scope;
  am_cte_enter(c, node, NULL, ctx, &scope);
  am_crud crud;
  am_crud_init(&crud);
  am_crud_insert(c, insert, ctx, &crud);
  check_supported(c, &crud, insert);
  bool defaults =
      crud.count == 0 && ((am_dialect_caps(c->dialect) & AM_DIALECT_DEFAULT_VALUES) != 0 ||
                          default_word(c, insert) != NULL);
  am_strbuf row = AM_STRBUF_INIT, returning = AM_STRBUF_INIT;
  row_span span = {0, 0};
  am_strbuf *outer = am_compile_output(c, &row);
  if (insert->from_select == NULL) put_row(c, insert, &crud, defaults, &span, ctx);
  am_compile_output(c, outer);
  am_cte_independent(c, insert->ctes, ctx);
  am_compile_output(c, &returning);
  am_put_returning(c, node, insert->returning, ctx);
  am_compile_output(c, outer);
  put_target(c, insert, ctx);
  if (!defaults) put_columns(c, &crud);
  if (insert->from_select != NULL) put_select(c, insert, &crud, ctx);
  size_t shift = c->out->size;
  append(c, &row);
  if (insert->on_conflict != NULL) am_put_on_conflict(c, insert, ctx);
  append(c, &returning);
  size_t before = c->out->size;
  am_cte_leave(c, &scope, ctx);
  if (top) note_span(c, &span, shift + c->out->size - before);
  am_crud_deinit(&crud);
}
