/* What a SELECT lists in FROM: elements of its columns, its conditions and select_from(), joins put
 * in their places, without those that an enclosing SELECT provides (correlation). */
#include <string.h>

#include "compile/join.h"
#include "compile/select.h"

static void add_distinct(am_vec *out, const am_vec *found)
{
  for (size_t i = 0; i < found->count; i++) am_vec_push_unique(out, found->items[i]);
}

/* FROM elements of a columns clause and of WHERE. */
static void froms_of_clauses(const am_list *columns, const am_select_node *select, am_vec *out)
{
  for (size_t i = 0; i < am_list_count(columns); i++) am_from_objects(columns->items[i], out);
  for (size_t i = 0; i < am_list_count(select->where); i++)
    am_from_objects(select->where->items[i], out);
}

/* Too many candidates and none at all want different remedies. */
static void no_left_side(am_compiler *c, bool several, am_node *right)
{
  if (several) {
    am_compile_fail(
        c, AM_ERR_INVALID_REQUEST,
        "Can't determine which FROM clause to join from, there are multiple FROMS which can "
        "join to this entity. Please use the .select_from() method to establish an explicit "
        "left side, as well as providing an explicit ON clause if not present already to "
        "help resolve the ambiguity.");
    return;
  }
  am_strbuf text = AM_STRBUF_INIT;
  am_from_describe(right, &text);
  am_compile_fail(
      c, AM_ERR_INVALID_REQUEST,
      "Don't know how to join to %s. Please use the .select_from() method to establish an "
      "explicit left side, as well as providing an explicit ON clause if not present "
      "already to help resolve the ambiguity.",
      text.text != NULL ? text.text : "");
  am_strbuf_deinit(&text);
}

/* Puts one join into the list: around the element that is its left side, or beside them. */
static void place_join(am_compiler *c, const am_list *columns, am_select_node *select,
                       am_join_spec_node *spec, am_vec *froms)
{
  am_node *left = spec->left;
  size_t at = froms->count;
  if (spec->target->tag == AM_NODE_ORM_ATTR || spec->target->tag == AM_NODE_ORM_ENTITY) {
    am_compile_fail(c, AM_ERR_COMPILE, "a join of entities must be lowered before it is compiled");
    return;
  }
  if (left == NULL) {
    am_vec candidates = AM_VEC_INIT, fits = AM_VEC_INIT;
    if (froms->count > 0) {
      for (size_t i = 0; i < froms->count; i++) am_vec_push(&candidates, froms->items[i]);
    } else {
      am_vec found = AM_VEC_INIT;
      froms_of_clauses(columns, select, &found);
      add_distinct(&candidates, &found);
      candidates.failed |= found.failed;
      am_vec_deinit(&found);
    }
    if (candidates.failed) am_error_memory(c->err);
    am_join_left_sides(&candidates, spec->target, spec->onclause, &fits, c->err);
    if (fits.count == 1) left = fits.items[0];
    else if (!am_compile_failed(c)) no_left_side(c, fits.count > 1, spec->target);
    am_vec_deinit(&candidates);
    am_vec_deinit(&fits);
    if (left == NULL) return;
    for (size_t i = 0; i < froms->count; i++)
      if (froms->items[i] == left) at = i;
  } else {
    for (size_t i = froms->count; i-- > 0;) {
      if (!am_from_derived(froms->items[i], left) && froms->items[i] != left) continue;
      at = i;
    }
    if (at < froms->count) left = froms->items[at];
  }
  am_node *join = am_join_new(left, spec->target, spec->onclause, spec->outer, spec->full, c->err);
  if (join == NULL || am_compile_keep(c, join) == NULL) return;
  if (at < froms->count) froms->items[at] = join;
  else am_vec_push(froms, join);
}

/* The joins of `of`: the statement itself, or what it was before with_only_columns(). */
static void place_joins(am_compiler *c, am_select_node *of, am_select_node *select, am_vec *froms)
{
  for (size_t i = 0; i < am_list_count(of->joins) && !am_compile_failed(c); i++)
    place_join(c, of->columns, select, (am_join_spec_node *)of->joins->items[i], froms);
}

static void check_self(am_compiler *c, am_select_node *select, const am_vec *froms)
{
  for (size_t i = 0; i < froms->count; i++) {
    am_node *from = froms->items[i];
    if (from->tag == AM_NODE_ALIAS && ((am_alias_node *)from)->element == &select->node)
      am_compile_fail(c, AM_ERR_INVALID_REQUEST, "select() construct refers to itself as a FROM");
  }
}

void am_select_froms(am_compiler *c, am_select_node *select, am_vec *out)
{
  am_vec given = AM_VEC_INIT, all = AM_VEC_INIT, hidden = AM_VEC_INIT, found = AM_VEC_INIT;
  for (size_t i = 0; i < am_list_count(select->froms); i++)
    am_vec_push(&given, select->froms->items[i]);
  for (size_t i = 0; i < am_list_count(select->memoized); i++)
    place_joins(c, (am_select_node *)select->memoized->items[i], select, &given);
  place_joins(c, select, select, &given);
  froms_of_clauses(select->columns, select, &found);
  add_distinct(&all, &given);
  add_distinct(&all, &found);
  check_self(c, select, &all);
  for (size_t i = 0; i < all.count; i++) am_from_hidden(all.items[i], &hidden);
  for (size_t i = 0; i < all.count; i++)
    if (!am_vec_contains(&hidden, all.items[i])) am_vec_push(out, all.items[i]);
  if (given.failed || all.failed || hidden.failed || found.failed || out->failed)
    am_error_memory(c->err);
  am_vec_deinit(&given);
  am_vec_deinit(&all);
  am_vec_deinit(&hidden);
  am_vec_deinit(&found);
}

/* --- correlation ---------------------------------------------------------------------------- */

static bool listed(const am_list *list, const am_node *node)
{
  for (size_t i = 0; i < am_list_count(list); i++) {
    const am_node *item = list->items[i];
    if (item == node) return true;
    if (item->tag == AM_NODE_ORM_ENTITY && ((const am_orm_entity_node *)item)->from == node)
      return true;
  }
  return false;
}

typedef struct correlation {
  am_select_node *select;
  const am_vec *outer;    /* what the enclosing statements list; NULL: nothing */
  const am_vec *excluded; /* of these, what does not count; NULL: nothing */
  const am_vec *implicit; /* what is left out without being asked; NULL: nothing */
} correlation;

static bool provided(const correlation *co, am_node *from)
{
  if (co->outer == NULL || !am_vec_contains(co->outer, from)) return false;
  return co->excluded == NULL || !am_vec_contains(co->excluded, from);
}

static bool left_out(const correlation *co, am_node *from)
{
  am_select_node *select = co->select;
  if (!provided(co, from)) return false;
  if (listed(select->correlate, from)) return true;
  return (select->correlate_mode & AM_CORRELATE_EXCEPT) != 0 &&
         !listed(select->correlate_except, from);
}

void am_select_display_froms(am_compiler *c, am_select_node *select, am_vec *all, am_vec *froms,
                             am_ctx ctx)
{
  correlation co = {select, NULL, NULL, NULL};
  if (c->frame != NULL) {
    co.outer = c->frame->correlate_froms;
    bool in_from = (ctx.flags & AM_CTX_AS_FROM) && !(ctx.flags & AM_CTX_LATERAL);
    if (in_from) co.excluded = c->frame->asfrom_froms;
    else co.implicit = c->frame->asfrom_froms;
  }
  for (size_t i = 0; i < all->count; i++)
    if (!left_out(&co, all->items[i])) am_vec_push(froms, all->items[i]);
  if (froms->failed) am_error_memory(c->err);
  bool automatic = select->correlate_mode == AM_CORRELATE_AUTO;
  if (!automatic || co.implicit == NULL || co.implicit->count == 0 || froms->count <= 1) return;
  size_t kept = 0;
  for (size_t i = 0; i < froms->count; i++)
    if (!am_vec_contains(co.implicit, froms->items[i])) froms->items[kept++] = froms->items[i];
  froms->count = kept;
  if (kept == 0)
    am_compile_fail(c, AM_ERR_INVALID_REQUEST,
                    "Select statement returned no FROM clauses due to auto-correlation; specify "
                    "correlate(<tables>) to control correlation manually.");
}

bool am_select_final_froms(am_node *select, am_vec *out, am_error *err)
{
  am_compiler c;
  memset(&c, 0, sizeof c);
  c.err = err;
  am_vec_init(&c.made);
  am_vec froms = AM_VEC_INIT;
  am_select_froms(&c, (am_select_node *)select, &froms);
  for (size_t i = 0; i < froms.count; i++) {
    am_vec_push(out, froms.items[i]);
    if (!out->failed) am_node_ref(froms.items[i]);
  }
  am_vec_deinit(&froms);
  for (size_t i = 0; i < c.made.count; i++) am_node_unref(c.made.items[i]);
  am_vec_deinit(&c.made);
  return err->cls == AM_ERR_NONE;
}

bool am_table_is_ambiguous(am_compiler *c, const am_table_node *table)
{
  const am_frame *frame = c->frame;
  while (frame != NULL && !frame->has_schemas) frame = frame->outer;
  if (frame == NULL || table->schema != NULL || frame->asfrom_froms == NULL) return false;
  for (size_t i = 0; i < frame->asfrom_froms->count; i++) {
    const am_node *from = frame->asfrom_froms->items[i];
    if (from->tag != AM_NODE_TABLE || ((const am_table_node *)from)->schema == NULL) continue;
    if (am_name_equal(((const am_table_node *)from)->name, table->name)) return true;
  }
  return false;
}
