/* Which column of a FROM element stands for a given one; see from.h.
 *
 * Two columns correspond when their proxy sets (the column and all that it stands for) meet; the
 * largest meeting wins, then the nearest column. */
#include "sql/from.h"

void am_proxy_set(am_node *column, am_vec *out)
{
  column = am_label_plain(column);
  if (!am_vec_push_unique(out, column)) return;
  if (column->tag == AM_NODE_LABEL) {
    am_proxy_set(((am_label_node *)column)->element, out);
  } else if (column->tag == AM_NODE_GROUPING) {
    am_proxy_set(((am_grouping_node *)column)->element, out);
  } else if (column->tag == AM_NODE_COLUMN) {
    const am_list *proxies = ((am_column_node *)column)->proxies;
    for (size_t i = 0; i < am_list_count(proxies); i++) am_proxy_set(proxies->items[i], out);
  }
}

/* Is `wanted` in the proxy set of `column`? */
static bool stands_for(am_node *column, const am_node *wanted)
{
  column = am_label_plain(column);
  if (column == wanted) return true;
  if (column->tag == AM_NODE_LABEL) return stands_for(((am_label_node *)column)->element, wanted);
  if (column->tag == AM_NODE_GROUPING)
    return stands_for(((am_grouping_node *)column)->element, wanted);
  if (column->tag != AM_NODE_COLUMN) return false;
  const am_list *proxies = ((am_column_node *)column)->proxies;
  for (size_t i = 0; i < am_list_count(proxies); i++)
    if (stands_for(proxies->items[i], wanted)) return true;
  return false;
}

bool am_shares_lineage(am_node *x, am_node *y)
{
  x = am_label_plain(x);
  if (stands_for(y, x)) return true;
  if (x->tag == AM_NODE_LABEL) return am_shares_lineage(((am_label_node *)x)->element, y);
  if (x->tag == AM_NODE_GROUPING) return am_shares_lineage(((am_grouping_node *)x)->element, y);
  if (x->tag != AM_NODE_COLUMN) return false;
  const am_list *proxies = ((am_column_node *)x)->proxies;
  for (size_t i = 0; i < am_list_count(proxies); i++)
    if (am_shares_lineage(proxies->items[i], y)) return true;
  return false;
}

static void intersect(const am_vec *x, const am_vec *y, am_vec *out)
{
  for (size_t i = 0; i < x->count; i++)
    if (am_vec_contains(y, x->items[i])) am_vec_push(out, x->items[i]);
}

static bool same_set(const am_vec *x, const am_vec *y)
{
  if (x->count != y->count) return false;
  for (size_t i = 0; i < x->count; i++)
    if (!am_vec_contains(y, x->items[i])) return false;
  return true;
}

/* How far a column is from `root`; columns of later SELECTs of a compound count more. */
static size_t distance(am_node *column, am_node *root, size_t weight)
{
  column = am_label_plain(column);
  size_t sum = am_shares_lineage(column, root) ? weight : 0;
  if (column->tag != AM_NODE_COLUMN) return sum;
  am_column_node *node = (am_column_node *)column;
  am_node *table = node->table;
  bool compound = table != NULL && table->tag == AM_NODE_ALIAS &&
                  ((am_alias_node *)table)->element != NULL &&
                  ((am_alias_node *)table)->element->tag == AM_NODE_COMPOUND;
  for (size_t i = 0; i < am_list_count(node->proxies); i++)
    sum += distance(node->proxies->items[i], root, compound ? i + 1 : 1);
  return sum;
}

typedef struct search {
  am_node *column;
  bool require_embedded;
  am_vec target; /* proxy set of the column */
  am_node *best;
  am_vec best_common;
  bool failed;
} search;

static bool embedded(const am_vec *expanded, const am_vec *target)
{
  for (size_t i = 0; i < target->count; i++)
    if (!am_vec_contains(expanded, target->items[i])) return false;
  return true;
}

/* The larger common set wins; of equal ones that of the column which is nearer. */
static void consider(search *s, am_node *candidate)
{
  am_vec expanded = AM_VEC_INIT, common = AM_VEC_INIT;
  am_proxy_set(candidate, &expanded);
  intersect(&s->target, &expanded, &common);
  bool fits = common.count > 0 && (!s->require_embedded || embedded(&expanded, &s->target));
  s->failed |= expanded.failed || common.failed;
  am_vec_deinit(&expanded);
  bool better = false;
  if (fits && s->best == NULL) better = true;
  else if (fits && common.count > s->best_common.count) better = true;
  else if (fits && same_set(&common, &s->best_common))
    better = distance(candidate, s->column, 1) < distance(s->best, s->column, 1);
  if (!better) {
    am_vec_deinit(&common);
    return;
  }
  am_vec_deinit(&s->best_common);
  s->best = candidate;
  s->best_common = common;
}

/* The plain case, without a search: a column of an alias, or of the table that is aliased. */
static am_node *column_of_alias(am_alias_node *alias, am_column_node *column, am_error *err)
{
  am_node *table = column->table;
  if (table == &alias->node) return &column->node;
  if (table == NULL || table != alias->element || table->tag != AM_NODE_TABLE) return NULL;
  const am_list *list = am_from_columns(&alias->node, err);
  size_t at = (size_t)column->position;
  if (list == NULL || at >= list->count) return NULL;
  am_column_node *copy = (am_column_node *)list->items[at];
  bool stands = am_list_count(copy->proxies) == 1 && copy->proxies->items[0] == &column->node;
  return stands ? &copy->node : NULL;
}

am_node *am_corresponding_column(am_node *from, am_node *column, bool require_embedded,
                                 am_error *err)
{
  am_vec columns = AM_VEC_INIT;
  column = am_label_plain(column);
  am_node *answer = NULL;
  if (column == NULL) return NULL; /* a relationship's attribute has none */
  if (from->tag == AM_NODE_ALIAS && column->tag == AM_NODE_COLUMN) {
    answer = column_of_alias((am_alias_node *)from, (am_column_node *)column, err);
    if (answer != NULL) return answer;
  }
  if (!am_selected_columns(from, &columns, err)) {
    am_vec_deinit(&columns);
    return NULL;
  }
  if (am_vec_contains(&columns, column)) {
    am_vec_deinit(&columns);
    return column;
  }
  search s = {column, require_embedded, AM_VEC_INIT, NULL, AM_VEC_INIT, false};
  am_proxy_set(column, &s.target);
  for (size_t i = 0; i < columns.count; i++) consider(&s, columns.items[i]);
  if (columns.failed || s.target.failed || s.failed) am_error_memory(err);
  else answer = s.best;
  am_vec_deinit(&s.target);
  am_vec_deinit(&s.best_common);
  am_vec_deinit(&columns);
  return answer;
}
