/* Twins among the parameters of a SELECT, and the text in which they are one; see twin.h. */
#include "compile/twin.h"

#include <string.h>

#include "base/alloc.h"

/* --- finding them ------------------------------------------------------------------------ */

typedef struct search {
  am_compiler *c;
  const am_node *wanted; /* the expression of GROUP BY, ORDER BY or DISTINCT ON */
  const am_vec *binds;   /* its parameters, in the order of the walk */
} search;

static bool collect_binds(am_node *node, void *context)
{
  am_vec *binds = context;
  if (!(node->flags & AM_NODE_HAS_BIND)) return true;
  if (node->tag != AM_NODE_BIND) return am_node_children(node, collect_binds, binds);
  am_vec_push(binds, node);
  return !binds->failed;
}

/* The compiled bind of a node; NULL for one that is not in the text, or that a function gives: it
 * would have to be called to be compared. */
static am_compiled_bind *compiled_bind(const am_compiler *c, const am_node *node, size_t *out_index)
{
  intptr_t index;
  if (((const am_bind_node *)node)->callable != NULL) return NULL;
  if (!am_map_get_pointer(&c->bind_nodes, node, &index)) return NULL;
  *out_index = (size_t)index;
  return &c->result->binds[index];
}

/* Puts two parameters into one group. */
static void unite(am_compiler *c, const am_node *x, const am_node *y)
{
  size_t first = 0, second = 0;
  am_compiled_bind *one = compiled_bind(c, x, &first), *other = compiled_bind(c, y, &second);
  if (one == NULL || other == NULL || one == other) return;
  if (one->twins == 0 && other->twins == 0) one->twins = (uint32_t)first + 1;
  if (one->twins == 0) one->twins = other->twins;
  if (other->twins == 0) other->twins = one->twins;
  uint32_t group = one->twins, former = other->twins;
  for (size_t i = 0; former != group && i < c->result->bind_count; i++)
    if (c->result->binds[i].twins == former) c->result->binds[i].twins = group;
}

/* Visits what may hold the wanted expression. */
static bool match(am_node *node, void *context)
{
  search *run = context;
  if (!(node->flags & AM_NODE_HAS_BIND)) return true;
  if (node->tag == AM_NODE_BIND || !am_key_equal(node->key, run->wanted->key))
    return am_node_children(node, match, run);
  am_vec binds = AM_VEC_INIT;
  collect_binds(node, &binds);
  if (binds.failed) am_error_memory(run->c->err);
  for (size_t i = 0; i < binds.count && binds.count == run->binds->count; i++)
    unite(run->c, run->binds->items[i], binds.items[i]);
  am_vec_deinit(&binds);
  return true;
}

static void match_list(search *run, const am_list *list)
{
  for (size_t i = 0; i < am_list_count(list); i++) match(list->items[i], run);
}

/* The bare expression: without label, direction and parentheses. */
static const am_node *bare(const am_node *node)
{
  for (;;) {
    const am_node *inner = NULL;
    if (node->tag == AM_NODE_LABEL) inner = ((const am_label_node *)node)->element;
    else if (node->tag == AM_NODE_GROUPING) inner = ((const am_grouping_node *)node)->element;
    else if (node->tag == AM_NODE_LABEL_REFERENCE)
      inner = ((const am_label_reference_node *)node)->element;
    else if (node->tag == AM_NODE_UNARY && ((const am_unary_node *)node)->modifier != 0)
      inner = ((const am_unary_node *)node)->element;
    if (inner == NULL) return node;
    node = inner;
  }
}

typedef struct places {
  const am_select_node *select;
  const am_vec *columns;
  bool having_too; /* HAVING and ORDER BY must know the expression, too */
} places;

static void match_places(am_compiler *c, const am_node *wanted, const places *where);

/* ROLLUP (a, b), GROUPING SETS ((a), (b)): what counts are the arguments. */
static void match_members(am_compiler *c, const am_list *list, const places *where)
{
  for (size_t i = 0; i < am_list_count(list); i++) match_places(c, list->items[i], where);
}

static void match_places(am_compiler *c, const am_node *wanted, const places *where)
{
  wanted = bare(wanted);
  if (!(wanted->flags & AM_NODE_HAS_BIND) || wanted->tag == AM_NODE_BIND) return;
  am_vec binds = AM_VEC_INIT;
  collect_binds((am_node *)(uintptr_t)wanted, &binds);
  if (binds.failed) am_error_memory(c->err);
  search run = {c, wanted, &binds};
  for (size_t i = 0; i < where->columns->count; i++) match(where->columns->items[i], &run);
  match_list(&run, where->select->distinct_on);
  if (where->having_too) {
    match_list(&run, where->select->having);
    match_list(&run, where->select->order_by);
  }
  am_vec_deinit(&binds);
  if (wanted->tag == AM_NODE_FUNCTION)
    match_members(c, ((const am_function_node *)wanted)->clauses, where);
  else if (wanted->tag == AM_NODE_TUPLE)
    match_members(c, ((const am_tuple_node *)wanted)->items, where);
  else if (wanted->tag == AM_NODE_CLAUSE_LIST)
    match_members(c, ((const am_clause_list_node *)wanted)->items, where);
}

void am_twins_note(am_compiler *c, const am_select_node *select, const am_vec *columns)
{
  if (c->result->paramstyle != AM_PARAM_NUMERIC || c->result->bind_count < 2) return;
  places where = {select, columns, true};
  match_members(c, select->group_by, &where);
  if (!select->distinct) return;
  where.having_too = false;
  match_members(c, select->order_by, &where);
}

/* --- making them one ----------------------------------------------------------------------- */

/* The text with marks, where the mark of every bind is that of the one it is the same as. */
static char *merged_marks(const am_compiled *compiled, const uint32_t *same_as)
{
  char *text = am_alloc(compiled->marked_size + 1);
  if (text == NULL) return NULL;
  memcpy(text, compiled->marked, compiled->marked_size);
  text[compiled->marked_size] = '\0';
  for (char *at = text, *end = text + compiled->marked_size; at < end; at++) {
    if (*at != AM_MARK || at[1] == 'x') continue;
    am_mark_write(at + 1, same_as[am_mark_read(at + 1)]);
  }
  return text;
}

am_compiled *am_compiled_merge(am_compiled *compiled, const uint32_t *same_as, am_error *err)
{
  am_compiled *merged = am_alloc(sizeof *merged);
  if (merged == NULL) {
    am_error_memory(err);
    return NULL;
  }
  *merged = *compiled;
  merged->refs = 1;
  merged->id = am_compiled_next_id();
  merged->merged_from = am_compiled_ref(compiled);
  merged->sql = NULL;
  merged->positions = NULL;
  merged->marked = merged_marks(compiled, same_as);
  merged->binds = am_alloc(compiled->bind_count * sizeof *merged->binds);
  if (merged->binds != NULL)
    memcpy(merged->binds, compiled->binds, compiled->bind_count * sizeof *merged->binds);
  for (size_t i = 0; merged->binds != NULL && i < compiled->bind_count; i++)
    if (same_as[i] != i) merged->binds[same_as[i]].loose += compiled->binds[i].loose;
  if (merged->marked != NULL && merged->binds != NULL && am_compiled_finish(merged, err))
    return merged;
  am_error_memory(err);
  am_compiled_unref(merged);
  return NULL;
}
