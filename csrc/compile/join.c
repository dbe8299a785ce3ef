/* Joins; see join.h. */
#include "compile/join.h"

#include <string.h>

#include "base/alloc.h"
#include "schema/schema.h"
#include "sql/operator.h"
#include "sql/type.h"

/* One foreign key constraint that links two FROM elements: pairs of (referred, referring)
 * columns. */
typedef struct link {
  const am_node *constraint;
  am_vec pairs; /* referred, referring, referred, ... */
} link;

typedef struct links {
  link *items;
  size_t count;
  am_error *err;
} links;

static void links_deinit(links *all)
{
  for (size_t i = 0; i < all->count; i++) am_vec_deinit(&all->items[i].pairs);
  am_free(all->items);
}

/* Pairs of one constraint belong together: with several constraints the join is ambiguous. */
static void add_pair(links *all, const am_node *constraint, am_node *referred, am_node *referring)
{
  size_t at = 0;
  while (at < all->count && all->items[at].constraint != constraint) at++;
  if (at == all->count) {
    link *items = am_realloc(all->items, (at + 1) * sizeof *items);
    if (items == NULL) {
      am_error_memory(all->err);
      return;
    }
    all->items = items;
    all->count++;
    items[at] = (link){constraint, AM_VEC_INIT};
  }
  am_vec_push(&all->items[at].pairs, referred);
  am_vec_push(&all->items[at].pairs, referring);
  if (all->items[at].pairs.failed) am_error_memory(all->err);
}

/* Is a table of that key ("schema.name") among what `from` is made of? */
static bool has_table(am_node *from, const am_strbuf *key)
{
  if (from->tag == AM_NODE_TABLE) {
    am_table_node *table = (am_table_node *)from;
    am_strbuf own = AM_STRBUF_INIT;
    am_schema_key(table->schema, table->name, &own);
    bool same = own.size == key->size && own.size > 0 && memcmp(own.text, key->text, own.size) == 0;
    am_strbuf_deinit(&own);
    return same;
  }
  if (from->tag == AM_NODE_JOIN)
    return has_table(((am_join_node *)from)->left, key) ||
           has_table(((am_join_node *)from)->right, key);
  if (from->tag == AM_NODE_ALIAS) {
    am_node *element = ((am_alias_node *)from)->element;
    return element != NULL && am_is_from(element) && has_table(element, key);
  }
  return false;
}

/* The column that a key refers to. A key to a missing table is of no interest here, unless that
 * table is the very one that is being joined to. */
static am_node *referred_column(links *all, am_foreign_key_node *key, am_node *to)
{
  am_error missing = AM_ERROR_INIT;
  am_column_node *column = am_foreign_key_column(key, &missing);
  if (column != NULL) return &column->node;
  am_strbuf table = AM_STRBUF_INIT;
  bool other =
      missing.cls != AM_ERR_NO_REFERENCED_TABLE && missing.cls != AM_ERR_NO_REFERENCED_COLUMN;
  bool wanted = other || (am_foreign_key_table_key(key, &table) && has_table(to, &table));
  if (missing.message == NULL || am_strbuf_failed(&table)) am_error_memory(all->err);
  else if (wanted) am_error_set(all->err, missing.cls, "%s", missing.message);
  am_strbuf_deinit(&table);
  am_error_clear(&missing);
  return NULL;
}

/* Foreign keys of `from` that refer to columns of `to`. */
static void scan(links *all, am_node *from, am_node *to)
{
  const am_list *columns = am_from_columns(from, all->err);
  for (size_t i = 0; columns != NULL && i < columns->count; i++) {
    am_column_node *column = (am_column_node *)columns->items[i];
    am_column_schema_node *facts = (am_column_schema_node *)column->schema;
    for (size_t k = 0; facts != NULL && k < am_list_count(facts->foreign_keys); k++) {
      am_foreign_key_node *key = (am_foreign_key_node *)facts->foreign_keys->items[k];
      am_node *target = referred_column(all, key, to);
      if (target == NULL) continue;
      am_node *here = am_corresponding_column(to, target, false, all->err);
      if (here != NULL)
        add_pair(all, key->constraint != NULL ? key->constraint : &key->node, here, &column->node);
    }
  }
}

/* The side of a join that a further join looks at first. */
static am_node *last_joined(am_node *from)
{
  return from->tag == AM_NODE_JOIN ? ((am_join_node *)from)->right : NULL;
}

static void find_links(links *all, am_node *left, am_node *right)
{
  am_node *sides[2] = {last_joined(left), left};
  for (int i = 0; i < 2 && all->count == 0; i++) {
    if (sides[i] == NULL) continue;
    scan(all, right, sides[i]);
    if (sides[i] != right) scan(all, sides[i], right);
  }
}

static bool same_pairs(const link *x, const link *y)
{
  if (x->pairs.count != y->pairs.count) return false;
  for (size_t i = 0; i < x->pairs.count; i++)
    if (x->pairs.items[i] != y->pairs.items[i]) return false;
  return true;
}

/* An alias without a name that is no subquery and no CTE: what it is an alias of, else NULL. */
static am_node *aliased_element(am_node *from)
{
  if (from->tag != AM_NODE_ALIAS) return NULL;
  const am_alias_node *alias = (const am_alias_node *)from;
  if (alias->kind == AM_ALIAS_SUBQUERY || alias->kind == AM_ALIAS_CTE) return NULL;
  return alias->element;
}

void am_from_describe(am_node *from, am_strbuf *out)
{
  am_arena arena;
  am_arena_init(&arena, 256);
  if (from->tag == AM_NODE_JOIN) {
    am_strbuf_puts(out, "Join object on ");
    am_from_describe(((am_join_node *)from)->left, out);
    am_strbuf_puts(out, " and ");
    am_from_describe(((am_join_node *)from)->right, out);
  } else if (from->tag == AM_NODE_FROM_GROUPING) {
    am_from_describe(((am_from_grouping_node *)from)->element, out);
  } else {
    am_label label = am_label_from(&arena, from);
    am_node *element = label.flags & AM_NAME_SYMBOLIC ? aliased_element(from) : NULL;
    if (element != NULL) {
      am_strbuf_puts(out, "Anonymous alias of ");
      am_from_describe(element, out);
    } else if ((label.flags & AM_NAME_SYMBOLIC) || from->tag == AM_NODE_SELECT ||
               from->tag == AM_NODE_COMPOUND) {
      am_strbuf_puts(out, "anon_1");
    } else if (from->tag == AM_NODE_FUNCTION) {
      am_strbuf_puts(out, ((am_function_node *)from)->name->text);
    } else {
      am_strbuf_puts(out,
                     label.text != NULL ? label.text : am_node_info_of((am_tag)from->tag)->name);
    }
  }
  am_arena_deinit(&arena);
}

static void describe_both(am_node *left, am_node *right, am_error_class cls, const char *format,
                          am_error *err)
{
  am_strbuf x = AM_STRBUF_INIT, y = AM_STRBUF_INIT;
  am_from_describe(left, &x);
  am_from_describe(right, &y);
  am_strbuf text = AM_STRBUF_INIT;
  if (am_strbuf_failed(&x) || am_strbuf_failed(&y)) am_error_memory(err);
  else if (cls == AM_ERR_NO_FOREIGN_KEYS)
    am_error_set(err, cls, "Can't find any foreign key relationships between '%s' and '%s'.%s",
                 x.text, y.text, format);
  else
    am_error_set(
        err, cls,
        "Can't determine join between '%s' and '%s'; tables have more than one foreign key "
        "constraint relationship between them. Please specify the 'onclause' of this join "
        "explicitly.",
        x.text, y.text);
  am_strbuf_deinit(&text);
  am_strbuf_deinit(&x);
  am_strbuf_deinit(&y);
}

static am_node *boolean_type(void)
{
  am_type_node *type = (am_type_node *)am_node_new(AM_NODE_TYPE);
  if (type == NULL) return NULL;
  type->kind = AM_TYPE_BOOLEAN;
  type->length = type->precision = type->scale = -1;
  return am_node_seal(&type->node);
}

am_node *am_equal_new(am_node *left, am_node *right)
{
  am_binary_node *binary = (am_binary_node *)am_node_new(AM_NODE_BINARY);
  if (binary == NULL) return NULL;
  binary->left = am_node_self_group(left, AM_OP_EQ, NULL);
  binary->right = am_node_self_group(right, AM_OP_EQ, NULL);
  binary->op = AM_OP_EQ;
  binary->negate = AM_OP_NE;
  binary->node.type = boolean_type();
  if (binary->left == NULL || binary->right == NULL || binary->node.type == NULL) {
    am_node_unref(&binary->node);
    return NULL;
  }
  return am_node_seal(&binary->node);
}

static am_node *and_of(am_list *take_items)
{
  am_clause_list_node *list = (am_clause_list_node *)am_node_new(AM_NODE_CLAUSE_LIST);
  if (list == NULL) {
    am_list_unref(take_items);
    return NULL;
  }
  list->op = AM_OP_AND;
  list->group = 1;
  list->items = take_items;
  list->node.type = boolean_type();
  if (list->node.type != NULL) return am_node_seal(&list->node);
  am_node_unref(&list->node);
  return NULL;
}

/* A key of several columns is joined by AND. */
static am_node *condition_of(const link *found, am_error *err)
{
  am_list *parts = am_list_new(found->pairs.count / 2);
  bool ok = parts != NULL;
  for (size_t i = 0; ok && i < parts->count; i++) {
    parts->items[i] = am_equal_new(found->pairs.items[2 * i], found->pairs.items[2 * i + 1]);
    ok = parts->items[i] != NULL;
  }
  am_node *condition = NULL;
  if (ok && parts->count > 1) {
    condition = and_of(am_list_ref(parts));
    ok = condition != NULL;
  } else if (ok) {
    condition = am_node_ref(parts->items[0]);
  }
  if (!ok) am_error_memory(err);
  am_list_unref(parts);
  return condition;
}

am_node *am_join_condition(am_node *left, am_node *right, am_error *err)
{
  links all = {NULL, 0, err};
  find_links(&all, left, right);
  bool same = true;
  for (size_t i = 1; i < all.count; i++) same = same && same_pairs(&all.items[0], &all.items[i]);
  am_node *condition = NULL;
  if (err->cls != AM_ERR_NONE) condition = NULL;
  else if (all.count == 0)
    describe_both(left, right, AM_ERR_NO_FOREIGN_KEYS,
                  right->tag == AM_NODE_FROM_GROUPING
                      ? " Perhaps you meant to convert the right side to a subquery using alias()?"
                      : "",
                  err);
  else if (!same) describe_both(left, right, AM_ERR_AMBIGUOUS_FOREIGN_KEYS, "", err);
  else condition = condition_of(&all.items[0], err);
  links_deinit(&all);
  return condition;
}

am_node *am_join_new(am_node *left, am_node *right, am_node *onclause, int64_t outer, int64_t full,
                     am_error *err)
{
  am_join_node *join = (am_join_node *)am_node_new(AM_NODE_JOIN);
  if (join == NULL) {
    am_error_memory(err);
    return NULL;
  }
  if (right->tag == AM_NODE_JOIN) { /* nested joins stand in parentheses */
    am_from_grouping_node *group = (am_from_grouping_node *)am_node_new(AM_NODE_FROM_GROUPING);
    if (group != NULL) group->element = am_node_ref(right);
    join->right = am_node_seal((am_node *)group);
  } else {
    join->right = am_node_ref(right);
  }
  join->left = am_node_ref(left);
  join->onclause = onclause != NULL      ? am_node_self_group(onclause, AM_OP_AS_BOOL, NULL)
                   : join->right != NULL ? am_join_condition(left, join->right, err)
                                         : NULL;
  join->outer = outer;
  join->full = full;
  if (join->onclause != NULL && join->right != NULL) return am_node_seal(&join->node);
  am_error_memory(err); /* no effect when the reason is known */
  am_node_unref(&join->node);
  return NULL;
}

/* --- implicit left sides
 * ------------------------------------------------------------------------- */

static bool can_join(am_node *left, am_node *right, am_error *err)
{
  links all = {NULL, 0, err};
  find_links(&all, left, right);
  bool can = all.count > 0;
  links_deinit(&all);
  return can;
}

static bool push_columns_of(am_node *node, void *context)
{
  if (node->tag == AM_NODE_COLUMN) {
    am_vec_push_unique(context, node);
    return true;
  }
  if (node->tag == AM_NODE_ORM_ATTR)
    return push_columns_of(((am_orm_attr_node *)node)->column, context);
  return am_node_children(node, push_columns_of, context);
}

/* Do all columns of the ON clause belong to `left` or `right`? */
static bool covers(am_node *left, am_node *right, const am_vec *columns, am_error *err)
{
  const am_list *x = am_from_columns(left, err), *y = am_from_columns(right, err);
  for (size_t i = 0; x != NULL && y != NULL && i < columns->count; i++) {
    bool found = false;
    for (size_t k = 0; k < x->count && !found; k++) found = x->items[k] == columns->items[i];
    for (size_t k = 0; k < y->count && !found; k++) found = y->items[k] == columns->items[i];
    if (!found) return false;
  }
  return x != NULL && y != NULL;
}

typedef struct left_search {
  am_node *onclause;
  am_vec right;   /* FROM elements of the right side */
  am_vec columns; /* of the ON clause, when there are several candidates */
  bool resolve, failed;
  am_error *err;
} left_search;

static bool fits(const left_search *s, am_node *left)
{
  for (size_t i = 0; i < s->right.count; i++) {
    am_node *right = s->right.items[i];
    if (right == left) continue;
    if (s->resolve ? covers(left, right, &s->columns, s->err)
                   : s->onclause != NULL || can_join(left, right, s->err))
      return true;
  }
  return false;
}

/* When several could be meant: those that no other candidate has as a part. */
static bool drop_hidden(const am_vec *candidates, am_vec *found)
{
  am_vec hidden = AM_VEC_INIT;
  for (size_t i = 0; i < candidates->count; i++) am_from_hidden(candidates->items[i], &hidden);
  size_t kept = 0;
  for (size_t i = 0; i < found->count; i++)
    if (!am_vec_contains(&hidden, found->items[i])) found->items[kept++] = found->items[i];
  found->count = kept;
  bool ok = !hidden.failed;
  am_vec_deinit(&hidden);
  return ok;
}

void am_join_left_sides(const am_vec *candidates, am_node *right, am_node *onclause, am_vec *out,
                        am_error *err)
{
  left_search s = {onclause, AM_VEC_INIT, AM_VEC_INIT, false, false, err};
  am_from_objects(right, &s.right);
  if (candidates->count > 1 && onclause != NULL) {
    s.resolve = true;
    push_columns_of(onclause, &s.columns);
  }
  for (size_t i = 0; i < candidates->count; i++)
    if (fits(&s, candidates->items[i])) am_vec_push(out, candidates->items[i]);
  if (out->count > 1) s.failed = !drop_hidden(candidates, out);
  if (out->count == 0 && onclause != NULL)
    for (size_t i = 0; i < candidates->count; i++) am_vec_push(out, candidates->items[i]);
  if (out->failed || s.right.failed || s.columns.failed || s.failed) am_error_memory(err);
  am_vec_deinit(&s.right);
  am_vec_deinit(&s.columns);
}
