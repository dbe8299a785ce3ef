/* Names of expressions; see label.h. The rules are those of SQLAlchemy 2.0's ColumnElement and its
 * heirs. */
#include "sql/label.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "sql/from.h"

static const am_label none = {NULL, 0, 0, 0};

am_label am_label_of(const am_name *name)
{
  if (name == NULL) return none;
  am_label label = {name->text, name->size, name->quote, name->flags};
  return label;
}

am_label am_label_text(const char *text)
{
  am_label label = {text, text != NULL ? strlen(text) : 0, 0, 0};
  return label;
}

bool am_label_equal(am_label x, am_label y)
{
  if (x.text == NULL || y.text == NULL) return x.text == y.text;
  return x.size == y.size && memcmp(x.text, y.text, x.size) == 0;
}

am_name *am_label_name_new(am_label label)
{
  am_name *name = am_name_new(label.text, label.size, label.quote);
  if (name == NULL) return NULL;
  name->flags = label.flags;
  if (!(label.flags & AM_NAME_SYMBOLIC)) return name;
  am_key key = am_key_seed(label.quote + 16);
  for (size_t i = 0; i < label.size; i++) {
    if (label.text[i] == AM_LABEL_BEGIN) /* the address stays out of the key */
      while (i < label.size && label.text[i] != ' ') i++;
    key = am_key_mix(key, (unsigned char)label.text[i]);
  }
  name->key = key;
  return name;
}

static am_label join(am_arena *arena, am_label x, const char *between, am_label y)
{
  size_t middle = strlen(between);
  char *text = am_arena_alloc(arena, x.size + middle + y.size + 1);
  if (text == NULL) return none;
  memcpy(text, x.text, x.size);
  memcpy(text + x.size, between, middle);
  memcpy(text + x.size + middle, y.text, y.size);
  text[x.size + middle + y.size] = '\0';
  uint8_t symbolic = (uint8_t)((x.flags | y.flags) & AM_NAME_SYMBOLIC);
  am_label label = {text, x.size + middle + y.size, 0, symbolic};
  return label;
}

size_t am_label_tidy(char *text, size_t size)
{
  size_t kept = 0;
  bool run = false;
  for (size_t i = 0; i < size; i++) {
    bool odd = text[i] != '\0' && strchr("%() $", text[i]) != NULL;
    if (!odd) text[kept++] = text[i];
    else if (!run) text[kept++] = '_';
    run = odd;
  }
  return kept;
}

/* The same for the stem of a symbolic name, which begins behind the space after the number. */
static size_t tidy_stem(char *text, size_t size)
{
  char *space = memchr(text, ' ', size);
  if (space == NULL) return size;
  size_t head = (size_t)(space - text) + 1;
  return head + am_label_tidy(text + head, size - head);
}

am_label am_label_anon_of(am_arena *arena, am_node *node, am_label seed, unsigned repetition)
{
  static const char part[] = "\2%llx%s %.*s\3";
  char number[16] = "";
  if (repetition > 0) snprintf(number, sizeof number, ".%x", repetition);
  if (seed.text == NULL) seed = am_label_text("anon");
  bool enclosed = (seed.flags & AM_NAME_SYMBOLIC) != 0;
  char *text = am_arena_alloc(arena, seed.size + 48);
  if (text == NULL) return none;
  size_t size = 0;
  if (enclosed) { /* a numbered name gets one more number behind it */
    memcpy(text, seed.text, seed.size);
    size = seed.size;
    if (repetition > 0) text[size++] = '_';
  }
  char stem[8] = "";
  const char *body = enclosed ? stem : seed.text;
  size_t body_size = enclosed ? 0 : seed.size;
  size += (size_t)snprintf(text + size, seed.size + 46, part, (unsigned long long)(uintptr_t)node,
                           number, (int)body_size, body);
  if (!enclosed && repetition > 0) {
    text[size - 1] = '_';
    text[size++] = AM_LABEL_END;
  }
  if (!enclosed) size = tidy_stem(text, size);
  text[size] = '\0';
  am_label label = {text, size, 0, AM_NAME_TRUNCATABLE | AM_NAME_SYMBOLIC};
  return label;
}

am_node *am_label_plain(am_node *node)
{
  while (node != NULL) {
    if (node->tag == AM_NODE_ORM_ATTR) node = ((am_orm_attr_node *)node)->column;
    else if (node->tag == AM_NODE_ANNOTATED) node = ((am_annotated_node *)node)->element;
    else break;
  }
  return node;
}

bool am_node_is_named_column(const am_node *node)
{
  if (node->tag == AM_NODE_CUSTOM_COLUMN)
    return ((const am_custom_column_node *)node)->name != NULL;
  return node->tag == AM_NODE_COLUMN || node->tag == AM_NODE_LABEL;
}

bool am_from_is_named(const am_node *from)
{
  switch (from->tag) {
    case AM_NODE_TABLE:
    case AM_NODE_ALIAS:
    case AM_NODE_ORM_ENTITY: return true;
    case AM_NODE_VALUES:
      return ((const am_values_node *)from)->name != NULL ||
             (((const am_values_node *)from)->options & AM_VALUES_NAMED);
    default: return false;
  }
}

/* Anonymous aliases are numbered behind the name of what they are of. */
static am_label alias_name(am_arena *arena, am_alias_node *alias)
{
  if (alias->name != NULL) return am_label_of(alias->name);
  am_node *element = alias->element;
  am_label seed = am_label_of(alias->stem);
  if (seed.text == NULL && element != NULL && alias->kind != AM_ALIAS_CTE) {
    if (element->tag == AM_NODE_TABLE) seed = am_label_of(((am_table_node *)element)->name);
    else if (element->tag == AM_NODE_ALIAS) seed = am_label_of(((am_alias_node *)element)->name);
    else if (element->tag == AM_NODE_VALUES) seed = am_label_of(((am_values_node *)element)->name);
  }
  while (alias->restates != NULL)
    alias = (am_alias_node *)alias->restates; /* one CTE, one number */
  return am_label_anon_of(arena, &alias->node, seed, 0);
}

am_label am_label_from(am_arena *arena, am_node *from)
{
  switch (from->tag) {
    case AM_NODE_TABLE: return am_label_of(((am_table_node *)from)->name);
    case AM_NODE_ALIAS: return alias_name(arena, (am_alias_node *)from);
    case AM_NODE_VALUES: {
      am_values_node *values = (am_values_node *)from;
      if (values->name != NULL) return am_label_of(values->name);
      if (!(values->options & AM_VALUES_NAMED)) return none;
      return am_label_anon_of(arena, from, am_label_text("anon"), 0);
    }
    default: return none;
  }
}

/* CAST, TYPE_COERCE and truth values lend themselves the name of what they wrap. */
static am_node *wrapped(am_node *node)
{
  switch (node->tag) {
    case AM_NODE_CAST: return am_label_plain(((am_cast_node *)node)->element);
    case AM_NODE_TYPE_COERCE: return am_label_plain(((am_type_coerce_node *)node)->element);
    case AM_NODE_UNARY: {
      am_unary_node *unary = (am_unary_node *)node;
      return unary->wraps_column ? am_label_plain(unary->element) : NULL;
    }
    default: return NULL;
  }
}

am_label am_label_own_name(am_arena *arena, am_node *node)
{
  node = am_label_plain(node);
  switch (node->tag) {
    case AM_NODE_COLUMN: {
      am_column_node *column = (am_column_node *)node;
      if (column->source != NULL && column->source->tag == AM_NODE_ALIAS)
        return am_label_from(arena, column->source);
      return am_label_of(column->name);
    }
    case AM_NODE_LABEL: {
      am_label_node *label = (am_label_node *)node;
      if (label->name != NULL) return am_label_of(label->name);
      am_label seed = am_label_of(label->stem);
      if (seed.text == NULL && label->element != NULL)
        seed = am_label_own_name(arena, label->element);
      return am_label_anon_of(arena, node, seed, 0);
    }
    case AM_NODE_FUNCTION: return am_label_of(((am_function_node *)node)->name);
    case AM_NODE_CUSTOM_COLUMN: return am_label_of(((am_custom_column_node *)node)->name);
    case AM_NODE_NEXT_VALUE: return am_label_text("next_value");
    case AM_NODE_GROUPING: return am_label_own_name(arena, ((am_grouping_node *)node)->element);
    case AM_NODE_VALUES_OF: return am_label_own_name(arena, ((am_values_of_node *)node)->column);
    default: return none;
  }
}

am_label am_label_non_anon(am_arena *arena, am_node *node)
{
  node = am_label_plain(node);
  return am_node_is_named_column(node) ? am_label_own_name(arena, node) : none;
}

am_label am_label_anon(am_arena *arena, am_node *node)
{
  node = am_label_plain(node);
  am_node *inner = wrapped(node);
  if (inner != NULL && inner->tag != AM_NODE_TEXT) {
    am_label name = am_label_non_anon(arena, inner);
    return name.text != NULL ? name : am_label_anon(arena, inner);
  }
  return am_label_anon_of(arena, node, am_label_own_name(arena, node), 0);
}

static const am_orm_attr_node *hybrid_of(const am_node *node)
{
  if (node == NULL || node->tag != AM_NODE_ORM_ATTR) return NULL;
  const am_orm_attr_node *attr = (const am_orm_attr_node *)node;
  return attr->kind == AM_ORM_ATTR_HYBRID && attr->column != NULL ? attr : NULL;
}

bool am_label_is_own(const am_node *node)
{
  if (hybrid_of(node) == NULL) return false;
  const am_node *plain = am_label_plain((am_node *)(uintptr_t)node);
  return plain->tag == AM_NODE_LABEL ||
         (plain->tag == AM_NODE_COLUMN && ((const am_column_node *)plain)->literal);
}

am_label am_label_hybrid(am_node *node)
{
  const am_orm_attr_node *attr = hybrid_of(node);
  if (attr == NULL) return none;
  switch (am_label_plain(node)->tag) {
    case AM_NODE_COLUMN:
    case AM_NODE_CUSTOM_COLUMN:
    case AM_NODE_LABEL:
    case AM_NODE_FUNCTION:
    case AM_NODE_NULL:
    case AM_NODE_TEXT: return none;
    default: return am_label_of(attr->name);
  }
}

/* The name of an attribute is its key; that of an aliased class only for plain columns and hybrids.
 */
static am_label attribute_key(am_node *node)
{
  if (node == NULL || node->tag != AM_NODE_ORM_ATTR) return none;
  const am_orm_attr_node *attr = (const am_orm_attr_node *)node;
  const am_node *plain = am_label_plain(node);
  if (plain == NULL || attr->name == NULL) return none;
  if (hybrid_of(node) != NULL) return am_label_of(attr->name);
  const am_orm_entity_node *entity = (const am_orm_entity_node *)attr->entity;
  if (plain->tag != AM_NODE_COLUMN && plain->tag != AM_NODE_LABEL) return none;
  if (plain->tag != AM_NODE_COLUMN && entity != NULL && entity->aliased) return none;
  return am_label_of(attr->name);
}

am_label am_label_proxy_key(am_arena *arena, am_node *node)
{
  am_label own = attribute_key(node);
  if (own.text != NULL) return own;
  node = am_label_plain(node);
  am_node *inner = wrapped(node);
  if (inner != NULL && inner->tag != AM_NODE_TEXT) return am_label_proxy_key(arena, inner);
  am_label key = none;
  if (node->tag == AM_NODE_COLUMN) {
    am_column_node *column = (am_column_node *)node;
    if (column->key_name != NULL) return am_label_of(column->key_name);
    key = am_label_own_name(arena, node);
  } else if (node->tag == AM_NODE_LABEL || node->tag == AM_NODE_FUNCTION ||
             node->tag == AM_NODE_NEXT_VALUE || node->tag == AM_NODE_CUSTOM_COLUMN) {
    key = am_label_own_name(arena, node);
  } else if (node->tag == AM_NODE_BIND) {
    am_bind_node *bind = (am_bind_node *)node;
    if (!(bind->options & AM_BIND_UNIQUE)) key = am_label_of(bind->name);
  }
  return key.flags & AM_NAME_SYMBOLIC ? none : key;
}

static bool has_key(am_arena *arena, am_node *table, am_label label)
{
  am_error err = AM_ERROR_INIT;
  bool found = am_from_column(table, label.text, label.size, &err) != NULL;
  arena->failed |= err.cls != AM_ERR_NONE;
  am_error_clear(&err);
  return found;
}

/* A label must not be the name of another column of the table: then it gets a number. */
static am_label unlike_columns(am_arena *arena, am_node *table, am_label label)
{
  if (label.flags & AM_NAME_SYMBOLIC || !has_key(arena, table, label)) return label;
  char *text = am_arena_alloc(arena, label.size + 16);
  if (text == NULL) return label;
  memcpy(text, label.text, label.size);
  size_t size = label.size;
  label.text = text;
  for (unsigned counter = 1;; counter++) {
    label.size = size + (size_t)snprintf(text + size, 16, "_%u", counter);
    if (!has_key(arena, table, label)) return label;
  }
}

/* Has the table a column whose key begins with `prefix`? */
static bool begins_a_key(am_arena *arena, am_node *table, am_label prefix)
{
  am_error err = AM_ERROR_INIT;
  const am_list *columns = am_from_columns(table, &err);
  arena->failed |= columns == NULL;
  am_error_clear(&err);
  for (size_t i = 0; columns != NULL && i < columns->count; i++) {
    am_label key = am_from_key(arena, table, columns, i);
    if (key.size > prefix.size && memcmp(key.text, prefix.text, prefix.size) == 0) return true;
  }
  return false;
}

/* "schema_table_column"; points in a schema's name would not be one word. */
static am_label with_table(am_arena *arena, am_column_node *column, am_label name,
                           am_label_memo *memo)
{
  if (column->literal || name.text == NULL) return none;
  am_node *table = column->table;
  if (table == NULL || !am_from_is_named(table)) return name;
  am_label label = am_label_from(arena, table);
  uint8_t quote = name.quote != 0 ? name.quote : label.quote;
  if (table->tag == AM_NODE_TABLE && ((am_table_node *)table)->schema != NULL) {
    am_label schema = am_label_of(((am_table_node *)table)->schema);
    char *text = am_arena_memdup(arena, schema.text, schema.size);
    if (text == NULL) return none;
    for (char *at = text; *at != '\0'; at++)
      if (*at == '.') *at = '_';
    schema.text = text;
    label = join(arena, schema, "_", label);
  }
  am_label prefix = join(arena, label, "_", am_label_text(""));
  label = join(arena, prefix, "", name);
  if (label.text == NULL) return none;
  if (memo != NULL && memo->table != table && prefix.text != NULL &&
      !begins_a_key(arena, table, prefix))
    memo->table = table;
  if (memo == NULL || memo->table != table) label = unlike_columns(arena, table, label);
  label.quote = quote;
  label.flags |= AM_NAME_TRUNCATABLE;
  return label;
}

am_label am_label_tq(am_arena *arena, am_node *node, am_label_memo *memo)
{
  node = am_label_plain(node);
  am_node *inner = wrapped(node);
  if (inner != NULL) return am_label_tq(arena, inner, memo);
  if (node->tag == AM_NODE_COLUMN)
    return with_table(arena, (am_column_node *)node, am_label_own_name(arena, node), memo);
  if (node->tag == AM_NODE_LABEL) return am_label_own_name(arena, node);
  if (node->tag == AM_NODE_GROUPING) {
    am_label label = am_label_tq(arena, ((am_grouping_node *)node)->element, memo);
    return label.text != NULL ? label : am_label_anon(arena, node);
  }
  return none;
}

am_label am_label_tq_key(am_arena *arena, am_node *node, am_label_memo *memo)
{
  am_label key = attribute_key(node);
  node = am_label_plain(node);
  if (key.text != NULL && node->tag == AM_NODE_COLUMN) {
    if (am_label_equal(key, am_label_own_name(arena, node))) return am_label_tq(arena, node, memo);
    return with_table(arena, (am_column_node *)node, key, memo);
  }
  if (key.text != NULL) return key;
  if (node->tag == AM_NODE_COLUMN) {
    key = am_label_proxy_key(arena, node);
    if (key.text != NULL && !am_label_equal(key, am_label_own_name(arena, node)))
      return with_table(arena, (am_column_node *)node, key, memo);
    return am_label_tq(arena, node, memo);
  }
  if (node->tag == AM_NODE_LABEL) return am_label_own_name(arena, node);
  return am_label_proxy_key(arena, node);
}

am_label am_label_dedupe_tq(am_arena *arena, am_node *node, unsigned repetition)
{
  am_label seed = am_label_tq(arena, node, NULL);
  return am_label_anon_of(arena, am_label_plain(node), seed, repetition);
}

am_label am_label_dedupe(am_arena *arena, am_node *node, unsigned repetition)
{
  node = am_label_plain(node);
  am_node *inner = wrapped(node);
  am_label name;
  if (inner != NULL) {
    name = am_label_non_anon(arena, inner);
    if (name.text != NULL) { /* the underscore alone tells these from the names they repeat */
      name = join(arena, name, "_", am_label_text(""));
      return am_label_anon_of(arena, node, name, 0);
    }
    return am_label_dedupe_tq(arena, node, repetition);
  }
  name = am_label_own_name(arena, node);
  if (name.text == NULL) return am_label_dedupe_tq(arena, node, repetition);
  return am_label_anon_of(arena, node, name, repetition);
}

/* --- resolving ------------------------------------------------------------------------ */

const char *am_label_number(am_arena *arena, const char *part, size_t size, am_map *names,
                            am_map *counts)
{
  intptr_t known;
  if (am_map_get_text(names, part, size, &known)) return (const char *)known;
  const char *stem = memchr(part, ' ', size);
  if (stem == NULL) return NULL;
  stem++;
  size_t stem_size = size - (size_t)(stem - part);
  intptr_t number = 1;
  am_map_get_text(counts, stem, stem_size, &number);
  char *text = am_arena_alloc(arena, stem_size + 24);
  if (text == NULL) return NULL;
  memcpy(text, stem, stem_size);
  snprintf(text + stem_size, 24, "_%lld", (long long)number);
  if (!am_map_set_text(counts, stem, stem_size, number + 1) ||
      !am_map_set_text(names, part, size, (intptr_t)text))
    return NULL;
  return text;
}

am_label am_label_resolve(am_arena *arena, am_label label, am_map *names, am_map *counts)
{
  if (!(label.flags & AM_NAME_SYMBOLIC)) return label;
  am_strbuf out = AM_STRBUF_INIT;
  const char *at = label.text, *end = label.text + label.size;
  am_label failed = none;
  while (at < end) {
    if (*at != AM_LABEL_BEGIN) {
      am_strbuf_putc(&out, *at++);
      continue;
    }
    const char *stop = memchr(at, AM_LABEL_END, (size_t)(end - at));
    const char *name = stop == NULL
                           ? NULL
                           : am_label_number(arena, at + 1, (size_t)(stop - at - 1), names, counts);
    if (name == NULL) {
      am_strbuf_deinit(&out);
      return failed;
    }
    am_strbuf_puts(&out, name);
    at = stop + 1;
  }
  am_label resolved = {am_strbuf_failed(&out) ? NULL : am_arena_memdup(arena, out.text, out.size),
                       out.size, label.quote, label.flags & ~AM_NAME_SYMBOLIC & 0xff};
  am_strbuf_deinit(&out);
  return resolved.text != NULL ? resolved : failed;
}
