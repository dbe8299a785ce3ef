/* Columns of FROM elements; see from.h. */
#include "sql/from.h"

#include <string.h>

#include "base/alloc.h"

static const am_list empty = {1, 0};

bool am_is_from(const am_node *node)
{
  switch (node->tag) {
    case AM_NODE_TABLE:
    case AM_NODE_ALIAS:
    case AM_NODE_JOIN:
    case AM_NODE_VALUES:
    case AM_NODE_FROM_GROUPING: return true;
    default: return false;
  }
}

bool am_is_select(const am_node *node)
{
  return node->tag == AM_NODE_SELECT || node->tag == AM_NODE_COMPOUND ||
         node->tag == AM_NODE_TEXTUAL_SELECT || node->tag == AM_NODE_SELECT_GROUPING;
}

bool am_returns_rows(const am_node *node)
{
  return am_is_from(node) || am_is_select(node) || node->tag == AM_NODE_INSERT ||
         node->tag == AM_NODE_UPDATE || node->tag == AM_NODE_DELETE;
}

/* --- what is selected ------------------------------------------------------------------ */

static bool push(am_vec *out, am_node *node, am_error *err)
{
  am_vec_push(out, node);
  return !out->failed || am_error_memory(err);
}

bool am_column_is_omitted(const am_node *column)
{
  if (column->tag != AM_NODE_COLUMN) return false;
  const am_node *table = ((const am_column_node *)column)->table;
  if (table == NULL || table->tag != AM_NODE_TABLE)
    return false; /* a subquery shows what it holds */
  const am_node *facts = ((const am_column_node *)column)->schema;
  return facts != NULL && ((const am_column_schema_node *)facts)->omit;
}

bool am_expand_columns(const am_list *raw, am_vec *out, am_error *err)
{
  for (size_t i = 0; i < am_list_count(raw); i++) {
    am_node *node = raw->items[i];
    am_list *mapped = NULL;
    if (node->tag == AM_NODE_ORM_ENTITY) {
      mapped = ((am_orm_entity_node *)node)->columns;
      node = ((am_orm_entity_node *)node)->from;
    }
    if (mapped != NULL) {
      if (!am_expand_columns(mapped, out, err)) return false;
    } else if (node->tag == AM_NODE_ORM_BUNDLE) {
      if (!am_expand_columns(((am_orm_bundle_node *)node)->columns, out, err)) return false;
    } else if (am_is_from(node)) {
      const am_list *columns = am_from_columns(node, err);
      if (columns == NULL) return false;
      for (size_t k = 0; k < columns->count; k++)
        if (!am_column_is_omitted(columns->items[k]) && !push(out, columns->items[k], err))
          return false;
    } else if (!push(out, node, err)) {
      return false;
    }
  }
  return true;
}

bool am_selected_columns(am_node *statement, am_vec *out, am_error *err)
{
  switch (statement->tag) {
    case AM_NODE_SELECT: return am_expand_columns(((am_select_node *)statement)->columns, out, err);
    case AM_NODE_COMPOUND: {
      am_list *selects = ((am_compound_node *)statement)->selects;
      return am_list_count(selects) == 0 || am_selected_columns(selects->items[0], out, err);
    }
    case AM_NODE_SELECT_GROUPING:
      return am_selected_columns(((am_select_grouping_node *)statement)->element, out, err);
    case AM_NODE_TEXTUAL_SELECT:
      return am_expand_columns(((am_textual_select_node *)statement)->columns, out, err);
    case AM_NODE_INSERT:
      return am_expand_columns(((am_insert_node *)statement)->returning, out, err);
    case AM_NODE_UPDATE:
      return am_expand_columns(((am_update_node *)statement)->returning, out, err);
    case AM_NODE_DELETE:
      return am_expand_columns(((am_delete_node *)statement)->returning, out, err);
    default: {
      const am_list *columns = am_from_columns(statement, err);
      if (columns == NULL) return false;
      for (size_t i = 0; i < columns->count; i++)
        if (!push(out, columns->items[i], err)) return false;
      return true;
    }
  }
}

int64_t am_label_style_of(const am_node *statement)
{
  switch (statement->tag) {
    case AM_NODE_SELECT: return ((const am_select_node *)statement)->label_style;
    case AM_NODE_COMPOUND: {
      const am_compound_node *compound = (const am_compound_node *)statement;
      if (compound->label_style != AM_LABEL_STYLE_DISAMBIGUATE_ONLY ||
          am_list_count(compound->selects) == 0)
        return compound->label_style;
      return am_label_style_of(compound->selects->items[0]);
    }
    case AM_NODE_SELECT_GROUPING:
      return am_label_style_of(((const am_select_grouping_node *)statement)->element);
    default: return AM_LABEL_STYLE_DISAMBIGUATE_ONLY;
  }
}

/* --- making columns ---------------------------------------------------------------------- */

typedef struct maker {
  am_node *from;
  am_list **columns;
  am_arena arena;
  am_error *err;
} maker;

static am_list *proxies_of(am_node *column, am_node *also)
{
  am_list *proxies = am_list_new(also != NULL ? 2 : 1);
  if (proxies == NULL) return NULL;
  proxies->items[0] = am_node_ref(column);
  if (also != NULL) proxies->items[1] = am_node_ref(also);
  return proxies;
}

/* Adds a column of the FROM element that stands for `of`. name: none to take the name of the column
 * it is for. */
static bool add_proxy(maker *m, am_node *of, am_label name, am_label key, bool truncatable,
                      am_list *also)
{
  am_node *source = am_label_plain(of), *labelled = NULL;
  if (source->tag == AM_NODE_LABEL) {
    labelled = source;
    if (name.text == NULL) name = am_label_own_name(&m->arena, source);
    source = am_label_plain(((am_label_node *)source)->element);
    truncatable = (name.flags & AM_NAME_TRUNCATABLE) != 0;
  }
  am_column_node *column = (am_column_node *)am_node_new(AM_NODE_COLUMN);
  if (column == NULL) return am_error_memory(m->err);
  am_column_node *original = source->tag == AM_NODE_COLUMN ? (am_column_node *)source : NULL;
  am_label own = am_label_own_name(&m->arena, source);
  if (original != NULL && labelled == NULL) {
    column->literal = original->literal && (name.text == NULL || am_label_equal(name, own));
    if (name.text == NULL) name = own;
  }
  if (name.text == NULL) name = am_label_anon(&m->arena, source);
  if (truncatable) name.flags |= AM_NAME_TRUNCATABLE;
  column->name = am_label_name_new(name);
  if (original != NULL) column->schema = am_node_ref(original->schema);
  if (key.text != NULL && !am_label_equal(key, name)) column->key_name = am_label_name_new(key);
  column->proxies = also != NULL ? am_list_ref(also) : proxies_of(source, labelled);
  column->table = m->from;
  column->position = (int64_t)am_list_count(*m->columns);
  am_node *type = labelled != NULL && labelled->type != NULL ? labelled->type : of->type;
  column->node.type = am_node_ref(type != NULL ? type : source->type);
  if (column->name == NULL || column->proxies == NULL) {
    am_node_unref(&column->node);
    return am_error_memory(m->err);
  }
  am_node_seal(&column->node);
  return am_node_own_new(m->from, m->columns, &column->node) || am_error_memory(m->err);
}

/* Of a FROM element or a list of columns: the same names and keys. */
static bool add_same(maker *m, const am_list *columns)
{
  for (size_t i = 0; i < am_list_count(columns); i++) {
    am_label key = am_label_proxy_key(&m->arena, columns->items[i]);
    am_label none = {NULL, 0, 0, 0};
    if (columns->items[i]->tag == AM_NODE_TEXT) continue;
    if (!add_proxy(m, columns->items[i], none, key, false, NULL)) return false;
  }
  return true;
}

/* A column of a compound stands for the columns of all its SELECTs. */
static am_list *compound_proxies(maker *m, am_compound_node *compound, size_t index)
{
  size_t count = am_list_count(compound->selects);
  am_list *proxies = am_list_new(count);
  for (size_t i = 0; proxies != NULL && i < count; i++) {
    am_vec columns = AM_VEC_INIT;
    if (am_selected_columns(compound->selects->items[i], &columns, m->err) && index < columns.count)
      proxies->items[i] = am_node_ref(am_label_plain(columns.items[index]));
    else proxies->items[i] = am_node_ref(am_label_plain(compound->selects->items[i]));
    am_vec_deinit(&columns);
  }
  return proxies;
}

/* A label that the author gave keeps its name. Asked before the first column is made: a list that
 * is half made would be taken for the whole one the next time. */
static bool check_renamed(maker *m, const am_named *names, size_t count)
{
  for (size_t i = 0; i < count; i++) {
    am_node *plain = am_label_plain(names[i].node);
    const am_name *own = plain->tag == AM_NODE_LABEL ? ((am_label_node *)plain)->name : NULL;
    if (own == NULL || own->flags || !(names[i].required.flags & AM_NAME_SYMBOLIC)) continue;
    return am_error_set(m->err, AM_ERR_INVALID_REQUEST,
                        "Label name %s is being renamed to an anonymous label due to "
                        "disambiguation which is not supported right now.  Please use unique "
                        "names for explicit labels.",
                        own->text);
  }
  return true;
}

/* The columns of a subquery bear the names that its SELECT would render. */
static bool add_selected(maker *m, am_node *statement)
{
  am_vec columns = AM_VEC_INIT;
  bool ok = am_selected_columns(statement, &columns, m->err);
  int64_t style = am_label_style_of(statement);
  while (statement->tag == AM_NODE_SELECT_GROUPING)
    statement = ((am_select_grouping_node *)statement)->element;
  am_compound_node *compound =
      statement->tag == AM_NODE_COMPOUND ? (am_compound_node *)statement : NULL;
  am_named *names = ok ? am_select_names(&m->arena, &columns, style, false) : NULL;
  if (ok && names == NULL && columns.count > 0) ok = am_error_memory(m->err);
  if (ok) ok = check_renamed(m, names, columns.count);
  for (size_t i = 0; ok && i < columns.count; i++) {
    if (names[i].node->tag == AM_NODE_TEXT) continue;
    am_list *also = compound != NULL ? compound_proxies(m, compound, i) : NULL;
    am_label key = names[i].key;
    if (am_label_is_own(names[i].node)) key.text = NULL;
    ok = add_proxy(m, names[i].node, names[i].required, key, true, also);
    am_list_unref(also);
  }
  am_vec_deinit(&columns);
  return ok;
}

/* The value of a function in FROM that was given no columns: one column with a made-up name. */
static bool add_function_value(maker *m, am_function_node *function)
{
  am_label_node *label = (am_label_node *)am_node_new(AM_NODE_LABEL);
  if (label == NULL) return am_error_memory(m->err);
  label->stem = am_name_ref(function->name);
  label->element = am_node_ref(&function->node);
  label->node.type = am_node_ref(function->node.type);
  am_node_seal(&label->node);
  am_label none = {NULL, 0, 0, 0};
  bool ok = add_proxy(m, &label->node, none, am_label_of(function->name), true, NULL);
  am_node_unref(&label->node);
  return ok;
}

static bool make_alias_columns(maker *m, am_alias_node *alias)
{
  am_node *element = alias->element;
  if (alias->templates != NULL) return add_same(m, alias->templates);
  if (element == NULL) return true;
  while (element->tag == AM_NODE_FROM_GROUPING)
    element = ((am_from_grouping_node *)element)->element;
  if (element->tag == AM_NODE_TEXTUAL_SELECT)
    return add_same(m, ((am_textual_select_node *)element)->columns);
  if (am_is_from(element)) {
    const am_list *columns = am_from_columns(element, m->err);
    return columns != NULL && add_same(m, columns);
  }
  if (element->tag == AM_NODE_FUNCTION) return add_function_value(m, (am_function_node *)element);
  return !am_returns_rows(element) || add_selected(m, element);
}

/* A join lists the columns of its sides; they are not copied. */
static bool list_join_columns(maker *m, am_node *side)
{
  const am_list *columns = am_from_columns(side, m->err);
  for (size_t i = 0; columns != NULL && i < columns->count; i++)
    if (!am_node_own(m->from, m->columns, columns->items[i])) return am_error_memory(m->err);
  return columns != NULL;
}

const am_list *am_from_columns(am_node *from, am_error *err)
{
  maker m = {.from = from, .err = err};
  bool ok = true;
  switch (from->tag) {
    case AM_NODE_TABLE: m.columns = &((am_table_node *)from)->columns; break;
    case AM_NODE_ALIAS: m.columns = &((am_alias_node *)from)->columns; break;
    case AM_NODE_JOIN: m.columns = &((am_join_node *)from)->columns; break;
    case AM_NODE_VALUES: m.columns = &((am_values_node *)from)->columns; break;
    case AM_NODE_FROM_GROUPING:
      return am_from_columns(((am_from_grouping_node *)from)->element, err);
    case AM_NODE_ORM_ENTITY: return am_from_columns(((am_orm_entity_node *)from)->from, err);
    default: return &empty;
  }
  if (*m.columns != NULL) return *m.columns;
  am_arena_init(&m.arena, 1024);
  if (from->tag == AM_NODE_ALIAS) ok = make_alias_columns(&m, (am_alias_node *)from);
  else if (from->tag == AM_NODE_VALUES) ok = add_same(&m, ((am_values_node *)from)->templates);
  else if (from->tag == AM_NODE_JOIN)
    ok = list_join_columns(&m, ((am_join_node *)from)->left) &&
         list_join_columns(&m, ((am_join_node *)from)->right);
  if (m.arena.failed) ok = am_error_memory(err);
  am_arena_deinit(&m.arena);
  if (!ok) return NULL;
  return *m.columns != NULL ? *m.columns : &empty;
}

/* --- keys ------------------------------------------------------------------------------------ */

am_label am_from_key(am_arena *arena, am_node *from, const am_list *columns, size_t index)
{
  while (from->tag == AM_NODE_FROM_GROUPING) from = ((am_from_grouping_node *)from)->element;
  if (from->tag == AM_NODE_JOIN) return am_label_tq_key(arena, columns->items[index], NULL);
  am_column_node *column = (am_column_node *)columns->items[index];
  return am_label_of(column->key_name != NULL ? column->key_name : column->name);
}

static bool is_key(const am_column_node *column, const char *key, size_t size)
{
  const am_name *own = column->key_name != NULL ? column->key_name : column->name;
  return own != NULL && own->size == size && memcmp(own->text, key, size) == 0;
}

am_node *am_from_column(am_node *from, const char *key, size_t size, am_error *err)
{
  const am_list *columns = am_from_columns(from, err);
  while (from->tag == AM_NODE_FROM_GROUPING) from = ((am_from_grouping_node *)from)->element;
  if (from->tag != AM_NODE_JOIN) {
    for (size_t i = 0; columns != NULL && i < columns->count; i++)
      if (is_key((am_column_node *)columns->items[i], key, size)) return columns->items[i];
    return NULL;
  }
  am_arena arena; /* the columns of a join go by the names of their tables */
  am_arena_init(&arena, 512);
  am_node *found = NULL;
  for (size_t i = 0; columns != NULL && found == NULL && i < columns->count; i++) {
    am_label label = am_from_key(&arena, from, columns, i);
    if (label.size == size && label.text != NULL && memcmp(label.text, key, size) == 0)
      found = columns->items[i];
  }
  if (arena.failed) am_error_memory(err);
  am_arena_deinit(&arena);
  return found;
}

/* --- what a node brings into FROM
 * --------------------------------------------------------------- */

/* Calls `act` for every FROM element that a node brings along, until it answers false. */
typedef struct from_walk {
  bool (*act)(am_node *from, void *context);
  void *context;
} from_walk;

/* A FROM element is reported as a whole: what it is made of is its own affair. */
static bool each_from(am_node *node, void *walk)
{
  const from_walk *run = walk;
  switch (node->tag) {
    case AM_NODE_COLUMN: {
      am_column_node *column = (am_column_node *)node;
      if (column->source != NULL) return each_from(column->source, walk);
      return column->table == NULL || run->act(column->table, run->context);
    }
    case AM_NODE_TABLE:
    case AM_NODE_ALIAS:
    case AM_NODE_VALUES:
    case AM_NODE_SELECT:
    case AM_NODE_COMPOUND:
    case AM_NODE_TEXTUAL_SELECT: return run->act(node, run->context);
    case AM_NODE_JOIN:
      return run->act(node, run->context) && each_from(((am_join_node *)node)->left, walk) &&
             each_from(((am_join_node *)node)->right, walk);
    case AM_NODE_BIND:
    case AM_NODE_TEXT:
    case AM_NODE_SCALAR_SELECT:
    case AM_NODE_EXISTS:
    case AM_NODE_TYPE: return true;
    case AM_NODE_ORM_ATTR: /* relationships have no column */
      return ((am_orm_attr_node *)node)->column == NULL ||
             each_from(((am_orm_attr_node *)node)->column, walk);
    case AM_NODE_ORM_ENTITY: return each_from(((am_orm_entity_node *)node)->from, walk);
    default: return am_node_children(node, each_from, walk);
  }
}

static bool push_from(am_node *from, void *out)
{
  am_vec_push(out, from);
  return true;
}

void am_from_objects(am_node *node, am_vec *out)
{
  from_walk walk = {push_from, out};
  each_from(node, &walk);
}

void am_from_hidden(am_node *from, am_vec *out)
{
  while (from->tag == AM_NODE_FROM_GROUPING) from = ((am_from_grouping_node *)from)->element;
  if (from->tag != AM_NODE_JOIN) return;
  am_from_objects(((am_join_node *)from)->left, out);
  am_from_objects(((am_join_node *)from)->right, out);
}

static bool is_underived(am_node *from, void *other) { return !am_from_derived(from, other); }

static bool list_derived(const am_list *list, const am_node *other)
{
  from_walk walk = {is_underived, (void *)(uintptr_t)other};
  for (size_t i = 0; i < am_list_count(list); i++)
    if (!each_from(list->items[i], &walk)) return true;
  return false;
}

static bool select_derived(am_select_node *select, const am_node *other)
{
  for (size_t i = 0; i < am_list_count(select->froms); i++)
    if (am_from_derived(select->froms->items[i], other)) return true;
  for (size_t i = 0; i < am_list_count(select->joins); i++)
    if (am_from_derived(((am_join_spec_node *)select->joins->items[i])->target, other)) return true;
  return list_derived(select->columns, other) || list_derived(select->where, other);
}

bool am_from_derived(am_node *from, const am_node *other)
{
  if (from == other) return true;
  switch (from->tag) {
    case AM_NODE_ALIAS: {
      am_alias_node *alias = (am_alias_node *)from;
      return alias->element != NULL && am_from_derived(alias->element, other);
    }
    case AM_NODE_JOIN:
      return am_from_derived(((am_join_node *)from)->left, other) ||
             am_from_derived(((am_join_node *)from)->right, other);
    case AM_NODE_FROM_GROUPING:
      return am_from_derived(((am_from_grouping_node *)from)->element, other);
    case AM_NODE_SELECT_GROUPING:
      return am_from_derived(((am_select_grouping_node *)from)->element, other);
    case AM_NODE_SELECT: return select_derived((am_select_node *)from, other);
    case AM_NODE_COMPOUND: {
      am_list *selects = ((am_compound_node *)from)->selects;
      for (size_t i = 0; i < am_list_count(selects); i++)
        if (am_from_derived(selects->items[i], other)) return true;
      return false;
    }
    default: return false;
  }
}
