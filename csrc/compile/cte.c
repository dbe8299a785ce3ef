/* Common table expressions: their texts are made where they are first met and written where the
 * statement that they belong to begins; see cte.h. */
#include <string.h>

#include "compile/dml.h"
#include "compile/select.h"

/* A CTE that was met. `text` is NULL for an alias of a CTE, and while the text is being made. */
typedef struct entry {
  am_alias_node *cte;
  am_node *reference; /* the CTE that it restates, or itself */
  const char *name;   /* final name */
  const char *text;   /* "name AS (SELECT ...)", with bind marks */
  size_t size;
  unsigned level; /* 1: written at the very front */
  bool nest_here; /* add_cte(..., {nest_here = true}) */
  bool dropped;   /* written already, or restated by another one */
} entry;

/* --- frames ------------------------------------------------------------------------------- */

void am_cte_enter(am_compiler *c, am_node *statement, am_list *own, am_ctx ctx, am_cte_scope *scope)
{
  memset(scope, 0, sizeof *scope);
  scope->start = c->out->size;
  am_frame *frame = &scope->frame;
  frame->outer = c->frame;
  frame->statement = statement;
  frame->level = c->frame != NULL ? c->frame->level + 1 : 1;
  c->frame = frame;
  if (own != NULL) am_cte_independent(c, own, ctx);
}

void am_cte_leave(am_compiler *c, am_cte_scope *scope, am_ctx ctx)
{
  am_frame *frame = &scope->frame;
  am_tag tag = (am_tag)frame->statement->tag;
  bool embedded = tag == AM_NODE_SELECT && (ctx.flags & (AM_CTX_COMPOUND | AM_CTX_INSERT_SELECT));
  if (!embedded || frame->outer == NULL)
    am_cte_write(c, scope->start, tag == AM_NODE_COMPOUND || tag == AM_NODE_INSERT);
  am_vec_deinit(&frame->own);
  c->frame = frame->outer;
}

void am_cte_dml_froms(am_compiler *c, am_node *table, am_vec *froms, am_ctx ctx)
{
  am_frame *frame = c->frame;
  (void)ctx;
  am_vec_push(&frame->own, table);
  for (size_t i = 0; i < froms->count; i++) am_vec_push_unique(&frame->own, froms->items[i]);
  if (frame->own.failed) am_error_memory(c->err);
  frame->correlate_froms = frame->asfrom_froms = &frame->own;
  bool update = frame->statement->tag == AM_NODE_UPDATE;
  am_list *where = update ? ((am_update_node *)frame->statement)->where
                          : ((am_delete_node *)frame->statement)->where;
  am_lint_froms(c, &frame->own, where, update ? "UPDATE" : "DELETE");
}

/* --- writing -------------------------------------------------------------------------------- */

static bool is_due(const entry *e, unsigned level, bool following)
{
  if (e->dropped || e->text == NULL) return false;
  if (level <= 1) return true;
  bool nesting = (e->cte->options & AM_ALIAS_NESTING) || e->nest_here;
  return nesting && (e->level == level || (following && e->level == level + 1));
}

void am_cte_write(am_compiler *c, size_t at, bool following)
{
  unsigned level = c->frame->level;
  bool recursive = false, any = false;
  for (size_t i = 0; i < c->ctes.count; i++) {
    entry *e = c->ctes.items[i];
    if (!is_due(e, level, following)) continue;
    any = true;
    recursive |= (e->cte->options & AM_ALIAS_RECURSIVE) != 0;
  }
  if (!any || am_compile_failed(c)) return;
  am_strbuf text = AM_STRBUF_INIT;
  am_strbuf_puts(&text, recursive ? "WITH RECURSIVE " : "WITH ");
  bool first = true;
  for (size_t i = 0; i < c->ctes.count; i++) {
    entry *e = c->ctes.items[i];
    if (!is_due(e, level, following)) continue;
    if (!first) am_strbuf_puts(&text, ", \n");
    first = false;
    am_strbuf_add(&text, e->text, e->size);
    e->dropped = true;
  }
  am_strbuf_puts(&text, "\n ");
  if (am_strbuf_failed(&text)) am_error_memory(c->err);
  else am_strbuf_insert(c->out, at, text.text, text.size);
  am_strbuf_deinit(&text);
}

/* --- meeting a CTE
 * ----------------------------------------------------------------------------- */

static am_node *reference_of(const am_alias_node *cte)
{
  return cte->restates != NULL ? cte->restates : (am_node *)(uintptr_t)&cte->node;
}

/* An alias of a CTE has it as its element. */
static am_alias_node *aliased_cte(const am_alias_node *cte)
{
  am_node *element = cte->element;
  if (element->tag != AM_NODE_ALIAS || ((am_alias_node *)element)->kind != AM_ALIAS_CTE)
    return NULL;
  return (am_alias_node *)element;
}

static entry *find_reference(am_compiler *c, const am_node *reference)
{
  for (size_t i = c->ctes.count; i-- > 0;) {
    entry *e = c->ctes.items[i];
    if (!e->dropped && e->reference == reference) return e;
  }
  return NULL;
}

static entry *find_name(am_compiler *c, unsigned level, const char *name)
{
  for (size_t i = c->ctes.count; i-- > 0;) {
    entry *e = c->ctes.items[i];
    if (!e->dropped && e->level == level && strcmp(e->name, name) == 0) return e;
  }
  return NULL;
}

static const char *cte_name(am_compiler *c, am_alias_node *cte, uint8_t *out_quote)
{
  am_label label = am_resolve(c, "alias", am_label_from(&c->scratch, &cte->node));
  if (out_quote != NULL) *out_quote = label.quote;
  return label.text != NULL ? label.text : "";
}

static void put_name(am_compiler *c, am_alias_node *cte)
{
  uint8_t quote = 0;
  const char *name = cte_name(c, cte, &quote);
  am_put_identifier_text(c, name, strlen(name), quote);
}

/* "(a, b)" behind the name of a recursive one, or of VALUES */
static void put_column_names(am_compiler *c, am_alias_node *cte)
{
  bool values = cte->element->tag == AM_NODE_VALUES;
  if (!(cte->options & AM_ALIAS_RECURSIVE) && !values) return;
  am_vec columns = AM_VEC_INIT;
  am_selected_columns(cte->element, &columns, c->err);
  am_named *names = am_select_names(&c->scratch, &columns, am_label_style_of(cte->element), true);
  am_put(c, "(");
  bool first = true;
  for (size_t i = 0; names != NULL && i < columns.count; i++) {
    if (names[i].repeated) continue;
    if (!first) am_put(c, ", ");
    first = false;
    am_put_label(c, "colident", names[i].fallback.text != NULL ? names[i].fallback : names[i].key);
  }
  am_put(c, ")");
  am_vec_deinit(&columns);
}

static void put_body(am_compiler *c, am_alias_node *cte, am_ctx ctx)
{
  am_put(c, " AS ");
  am_put_hints(c, cte->prefixes, ctx);
  am_put(c, "\n(");
  am_ctx inner = ctx;
  inner.flags |= AM_CTX_AS_FROM | AM_CTX_SUBQUERY;
  am_compile_node(c, cte->element, inner);
  am_put(c, ")");
  if (cte->suffixes == NULL) return;
  am_put(c, " ");
  am_put_hints(c, cte->suffixes, ctx);
}

/* Rendered where it is met first, but put out at the head of the statement. */
static void make_text(am_compiler *c, entry *e, am_ctx ctx)
{
  am_strbuf text = AM_STRBUF_INIT;
  am_strbuf *outer = am_compile_output(c, &text);
  am_node *visiting = c->visiting_cte;
  c->visiting_cte = &e->cte->node;
  put_name(c, e->cte);
  put_column_names(c, e->cte);
  ctx.flags &= ~(unsigned)(AM_CTX_LATERAL | AM_CTX_COMPOUND | AM_CTX_COMPOUND_LATER |
                           AM_CTX_INSERT_SELECT | AM_CTX_NO_TABLE | AM_CTX_COLUMNS_CLAUSE |
                           AM_CTX_LABEL_CLAUSE | AM_CTX_NEED_RESULT_MAP);
  put_body(c, e->cte, ctx);
  c->visiting_cte = visiting;
  am_compile_output(c, outer);
  if (am_strbuf_failed(&text) || text.text == NULL) am_error_memory(c->err);
  else {
    e->text = am_arena_memdup(&c->scratch, text.text, text.size);
    e->size = text.size;
    if (e->text == NULL) am_error_memory(c->err);
  }
  am_strbuf_deinit(&text);
  for (size_t i = 0; i < c->ctes.count; i++) /* order is that in which texts are finished */
    if (c->ctes.items[i] == e) am_vec_remove_at(&c->ctes, i);
  am_vec_push(&c->ctes, e);
  if (c->ctes.failed) am_error_memory(c->err);
}

static entry *add_entry(am_compiler *c, am_alias_node *cte, const char *name, unsigned level,
                        bool nest_here)
{
  entry *e = am_arena_calloc(&c->scratch, sizeof *e);
  if (e == NULL) {
    am_error_memory(c->err);
    return NULL;
  }
  *e = (entry){cte, reference_of(cte), name, NULL, 0, level, nest_here, false};
  am_vec_push(&c->ctes, e);
  if (c->ctes.failed) am_error_memory(c->err);
  return e;
}

/* nest_here moves a CTE that was met before to the statement under way. */
static void move_here(am_compiler *c, entry *e)
{
  if (e->nest_here)
    am_compile_fail(c, AM_ERR_COMPILE, "CTE is stated as 'nest_here' in more than one location");
  e->nest_here = true;
  e->level = c->frame->level;
}

/* Are these copies of one CTE, as adaptation makes them: of one shape, with the very same binds?
 * Two of one shape that the user made apart are an oversight: only one of them could have the name.
 */
static bool same_copy(am_compiler *c, am_node *x, am_node *y)
{
  if (((x->flags | y->flags) & AM_NODE_REBUILT) == 0) return false;
  am_vec first = AM_VEC_INIT, second = AM_VEC_INIT;
  am_key key = {0, 0}, other = {0, 0};
  if (!am_node_extract(x, &first, &key) || !am_node_extract(y, &second, &other))
    am_error_memory(c->err);
  bool same = am_key_equal(key, other) && first.count == second.count;
  for (size_t i = 0; same && i < first.count; i++) same = first.items[i] == second.items[i];
  am_vec_deinit(&first);
  am_vec_deinit(&second);
  return same;
}

/* Notes the CTE and makes its text unless it is known. Returns whether it was new. */
static bool meet(am_compiler *c, am_alias_node *cte, bool nest_here, am_ctx ctx, bool *out_embedded)
{
  const char *name = cte_name(c, cte, NULL);
  bool nesting = nest_here || (cte->options & AM_ALIAS_NESTING);
  entry *known = find_reference(c, reference_of(cte));
  unsigned level = nesting ? c->frame->level : 1;
  if (known != NULL) {
    if (nest_here) move_here(c, known);
    level = known->level;
  } else {
    known = find_name(c, level, name);
  }
  if (known != NULL) {
    *out_embedded = c->visiting_cte == &known->cte->node;
    if (known->cte == cte || known->cte->restates == &cte->node) return false;
    if (cte->restates == &known->cte->node) known->dropped = true; /* this one says more */
    else if (same_copy(c, &known->cte->node, &cte->node)) {
      return false;
    } else {
      am_compile_fail(c, AM_ERR_COMPILE, "Multiple, unrelated CTEs found with the same name: '%s'",
                      name);
      return false;
    }
  }
  entry *e = add_entry(c, cte, name, level, nest_here);
  if (e == NULL) return false;
  am_alias_node *original = aliased_cte(cte);
  bool embedded;
  if (original != NULL) meet(c, original, false, ctx, &embedded);
  else make_text(c, e, ctx);
  return true;
}

void am_visit_cte(am_compiler *c, am_node *node, am_ctx ctx)
{
  am_alias_node *cte = (am_alias_node *)node;
  bool as_from = (ctx.flags & AM_CTX_AS_FROM) != 0, embedded = false;
  if (c->frame == NULL) { /* a CTE printed by itself */
    am_compile_node(c, cte->element, ctx);
    return;
  }
  bool fresh = meet(c, cte, false, ctx, &embedded);
  if (!as_from) return;
  am_alias_node *original = aliased_cte(cte);
  if (original == NULL || (!fresh && embedded)) {
    put_name(c, cte);
    return;
  }
  put_name(c, original);
  am_put(c, " AS ");
  put_name(c, cte);
}

void am_cte_independent(am_compiler *c, am_list *own, am_ctx ctx)
{
  ctx.flags &= ~(unsigned)(AM_CTX_AS_FROM | AM_CTX_TOPLEVEL);
  for (size_t i = 0; i < am_list_count(own); i++) {
    am_node *item = own->items[i];
    bool nest_here = item->tag == AM_NODE_PAIR, embedded;
    if (nest_here) item = ((am_pair_node *)item)->key;
    if (item->tag == AM_NODE_ALIAS) meet(c, (am_alias_node *)item, nest_here, ctx, &embedded);
  }
}
