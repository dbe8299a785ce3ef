/* Is everything in FROM connected? Elements that no join and no comparison connects multiply each
 * other's rows, which is rarely meant: the compiled statement then carries a warning, which the
 * engine gives out (enable_from_linting).
 *
 * Elements are joined into groups (each points to another of its group, the last to itself). A FROM
 * element that an enclosing statement lists may connect two of this one, so it takes part without
 * being asked for itself. */
#include <inttypes.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "compile/select.h"

typedef struct element {
  am_node *from;
  size_t next; /* towards the end of its group */
  bool listed; /* stands in this FROM */
} element;

typedef struct lint {
  am_compiler *c;
  element *elements; /* owned */
  size_t count, capacity;
} lint;

static bool grow(lint *l)
{
  if (l->count < l->capacity) return true;
  size_t capacity = l->capacity == 0 ? 8 : l->capacity * 2;
  element *elements = am_realloc(l->elements, capacity * sizeof *elements);
  if (elements == NULL) {
    am_error_memory(l->c->err);
    return false;
  }
  l->elements = elements;
  l->capacity = capacity;
  return true;
}

/* The index of an element, which is added if it is new. False without memory. */
static bool find(lint *l, am_node *from, size_t *out_index)
{
  for (*out_index = 0; *out_index < l->count; ++*out_index)
    if (l->elements[*out_index].from == from) return true;
  if (!grow(l)) return false;
  l->elements[l->count] = (element){from, l->count, false};
  l->count++;
  return true;
}

static size_t group_of(const lint *l, size_t index)
{
  while (l->elements[index].next != index) index = l->elements[index].next;
  return index;
}

/* Everything on the left with everything on the right. */
static void connect(lint *l, am_node *left, am_node *right)
{
  am_vec lefts = AM_VEC_INIT, rights = AM_VEC_INIT;
  am_from_objects(left, &lefts);
  am_from_objects(right, &rights);
  if (lefts.failed || rights.failed) am_error_memory(l->c->err);
  size_t first, index;
  if (lefts.count > 0 && rights.count > 0 && !am_compile_failed(l->c) &&
      find(l, lefts.items[0], &first)) {
    first = group_of(l, first);
    for (size_t side = 0; side < 2; side++) {
      const am_vec *froms = side == 0 ? &lefts : &rights;
      for (size_t i = 0; i < froms->count && find(l, froms->items[i], &index); i++)
        l->elements[group_of(l, index)].next = first;
    }
  }
  am_vec_deinit(&lefts);
  am_vec_deinit(&rights);
}

/* The comparisons in a condition; statements within it are looked at by themselves. */
static bool read_condition(am_node *node, void *context)
{
  lint *l = context;
  switch (node->tag) {
    case AM_NODE_SELECT:
    case AM_NODE_COMPOUND:
    case AM_NODE_TEXTUAL_SELECT:
    case AM_NODE_COLUMN:
    case AM_NODE_TABLE:
    case AM_NODE_ALIAS:
    case AM_NODE_TYPE: return true;
    case AM_NODE_BINARY: {
      am_binary_node *binary = (am_binary_node *)node;
      if (am_operator_flags((am_operator)binary->op) & AM_OPF_COMPARISON)
        connect(l, binary->left, binary->right);
      break;
    }
    default: break;
  }
  return !am_compile_failed(l->c) && am_node_children(node, read_condition, l);
}

/* Elements of FROM, and which of them conditions connect. */
static void list_from(lint *l, am_node *from)
{
  while (from->tag == AM_NODE_FROM_GROUPING) from = ((am_from_grouping_node *)from)->element;
  if (from->tag == AM_NODE_JOIN) {
    am_join_node *join = (am_join_node *)from;
    list_from(l, join->left);
    list_from(l, join->right);
    connect(l, join->left, join->right);
    if (join->onclause != NULL) read_condition(join->onclause, l);
    return;
  }
  if (from->tag == AM_NODE_ALIAS) {
    const am_alias_node *alias = (const am_alias_node *)from;
    /* what refers to the elements beside it is connected with them */
    if (alias->kind == AM_ALIAS_LATERAL ||
        (alias->options & (AM_ALIAS_JOINS_IMPLICITLY | AM_ALIAS_IS_LATERAL)))
      return;
  } else if (from->tag != AM_NODE_TABLE && from->tag != AM_NODE_VALUES) {
    return;
  }
  size_t index;
  if (find(l, from, &index)) l->elements[index].listed = true;
}

static void put_name(lint *l, am_strbuf *text, am_node *from)
{
  am_label name = am_resolve(l->c, "alias", am_label_from(&l->c->scratch, from));
  am_strbuf_putc(text, '"');
  if (from->tag == AM_NODE_TABLE && ((am_table_node *)from)->schema != NULL)
    am_strbuf_printf(text, "%s.", ((am_table_node *)from)->schema->text);
  am_strbuf_puts(text, name.text != NULL ? name.text : "");
  am_strbuf_putc(text, '"');
}

/* What is not connected with the first element. */
static void report(lint *l, const char *verb)
{
  am_strbuf text = AM_STRBUF_INIT;
  size_t first = l->count, others = 0;
  am_strbuf_printf(&text, "%s statement has a cartesian product between FROM element(s) ", verb);
  for (size_t i = 0; i < l->count; i++) {
    if (!l->elements[i].listed) continue;
    if (first == l->count) first = i;
    if (group_of(l, i) == group_of(l, first)) continue;
    if (others++ > 0) am_strbuf_puts(&text, ", ");
    put_name(l, &text, l->elements[i].from);
  }
  if (others > 0) {
    am_strbuf_puts(&text, " and FROM element ");
    put_name(l, &text, l->elements[first].from);
    am_strbuf_puts(&text, ".  Apply join condition(s) between each element to resolve.");
    size_t size;
    l->c->result->lint = am_strbuf_take(&text, &size);
    if (l->c->result->lint == NULL) am_error_memory(l->c->err);
  }
  am_strbuf_deinit(&text);
}

void am_lint_froms(am_compiler *c, const am_vec *froms, am_list *where, const char *verb)
{
  if (!c->options->lint || c->result->lint != NULL || am_compile_failed(c)) return;
  if (froms->count < 2) return; /* a join alone connects what it joins */
  lint l = {c, NULL, 0, 0};
  for (size_t i = 0; i < froms->count; i++) list_from(&l, froms->items[i]);
  for (size_t i = 0; i < am_list_count(where); i++) read_condition(where->items[i], &l);
  if (!am_compile_failed(c)) report(&l, verb);
  am_free(l.elements);
}
