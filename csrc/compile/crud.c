/* Columns and values of INSERT and UPDATE; see crud.h. */
#include "compile/crud_private.h"

#include <stdarg.h>
#include <string.h>

#include "base/alloc.h"
#include "base/nearest.h"
#include "compile/bind.h"
#include "schema/schema.h"
#include "sql/from.h"

void am_crud_init(am_crud *crud) { memset(crud, 0, sizeof *crud); }

void am_crud_deinit(am_crud *crud)
{
  am_free(crud->items);
  am_vec_deinit(&crud->select_extra);
  am_crud_init(crud);
}

void am__crud_add(am_compiler *c, am_crud *crud, am_node *column, am_node *value)
{
  if (crud->count == crud->capacity) {
    size_t capacity = crud->capacity == 0 ? 16 : crud->capacity * 2;
    am_crud_item *items = am_realloc(crud->items, capacity * sizeof *items);
    if (items == NULL) {
      am_error_memory(c->err);
      return;
    }
    crud->items = items;
    crud->capacity = capacity;
  }
  crud->items[crud->count].column = column;
  crud->items[crud->count++].value = value;
}

am_node *am_table_autoincrement(am_node *table)
{
  if (table->tag != AM_NODE_TABLE) return NULL;
  if (((am_table_node *)table)->primary_key != NULL) { /* else a light table */
    am_error ignored = AM_ERROR_INIT;
    am_column_node *column = am_schema_autoincrement((am_table_node *)table, &ignored);
    am_error_clear(&ignored);
    return (am_node *)column;
  }
  am_list *columns = ((am_table_node *)table)->columns;
  am_node *candidate = NULL;
  size_t keys = 0;
  for (size_t i = 0; i < am_list_count(columns); i++) {
    am_column_schema_node *schema = am_column_schema(columns->items[i]);
    if (schema == NULL || !schema->primary_key) continue;
    keys++;
    if (schema->autoincrement == AM_AUTOINCREMENT_YES) return columns->items[i];
    if (schema->autoincrement == AM_AUTOINCREMENT_NO) continue;
    if (am_type_affinity(am_type_kind_of(columns->items[i]->type)) != AM_AFFINITY_INTEGER) continue;
    am_default_node *def = (am_default_node *)schema->default_;
    bool optional_sequence = false;
    if (def != NULL && def->kind == AM_DEFAULT_SEQUENCE && def->arg != NULL)
      optional_sequence = ((am_sequence_node *)def->arg)->optional != 0;
    if (def != NULL && !optional_sequence) continue;
    if (schema->server_default != NULL && schema->identity == NULL) continue;
    if (am_list_count(schema->foreign_keys) > 0 &&
        schema->autoincrement != AM_AUTOINCREMENT_IGNORE_FK)
      continue;
    candidate = columns->items[i];
  }
  return keys == 1 ? candidate : NULL;
}

/* --- binds made here ------------------------------------------------------------- */

static am_node *make_bind(am_compiler *c, am_node *column, am_name *name, int64_t options)
{
  am_bind_node *bind = (am_bind_node *)am_node_new(AM_NODE_BIND);
  if (bind != NULL) {
    bind->name = am_name_ref(name);
    bind->options = options;
    bind->node.type = am_node_ref(column->type);
  }
  return am_compile_keep(c, am_node_seal((am_node *)bind));
}

am_node *am__crud_required(am_compiler *c, am_node *column)
{
  return make_bind(c, column, am_column_key(column), AM_BIND_REQUIRED | AM_BIND_FROM_NAMES);
}

void am__crud_note(am_compiler *c, am_list **list, am_node *node)
{
  am_list *longer = am_list_append(*list, node);
  if (longer == NULL) {
    am_error_memory(c->err);
    return;
  }
  am_list_unref(*list);
  *list = longer;
}

void am__crud_note_once(am_compiler *c, am_list **list, am_node *node)
{
  if (!am_list_has(*list, node)) am__crud_note(c, list, node);
}

am_name *am__crud_name(am_compiler *c, const char *format, ...)
{
  am_strbuf text = AM_STRBUF_INIT;
  va_list args;
  va_start(args, format);
  am_strbuf_vprintf(&text, format, args);
  va_end(args);
  am_name *name = am_strbuf_failed(&text) ? NULL : am_name_new(text.text, text.size, 0);
  am_strbuf_deinit(&text);
  if (name == NULL) am_error_memory(c->err);
  return name;
}

/* A default that runs before the statement: the executor puts its result under the bind's key. A
 * plain value needs no such run: it is the bind's value. */
am_node *am__crud_prefetch(am_compiler *c, am_node *column, am_name *name, am_default_node *def)
{
  am_node *bind;
  if (def != NULL && def->kind == AM_DEFAULT_SCALAR) {
    am_bind_node *plain = (am_bind_node *)am_node_new(AM_NODE_BIND);
    if (plain != NULL) {
      plain->name = am_name_ref(name);
      plain->options = AM_BIND_FROM_NAMES | AM_BIND_PREFETCH;
      plain->value = am_bound_ref(def->value);
      plain->node.type = am_node_ref(column->type);
    }
    return am_compile_keep(c, am_node_seal((am_node *)plain));
  }
  bind = make_bind(c, column, name, AM_BIND_FROM_NAMES);
  am_pair_node *pair = (am_pair_node *)am_node_new(AM_NODE_PAIR);
  if (pair != NULL) {
    pair->key = am_node_ref(column);
    pair->value = am_node_ref(bind);
  }
  am_node *kept = am_compile_keep(c, am_node_seal((am_node *)pair));
  if (kept != NULL) am__crud_note(c, &c->result->prefetch, kept);
  return bind;
}

/* --- what was given ----------------------------------------------------------------- */

bool am__crud_pair_is_for(const am__given *from, const am_pair_node *pair, am_node *column)
{
  am_name *key = am_column_key(column);
  if (pair->key == column) return true;
  if (pair->key->tag == AM_NODE_WORD) return am_name_equal(((am_word_node *)pair->key)->name, key);
  if (pair->key->tag == AM_NODE_ORM_ATTR) return ((am_orm_attr_node *)pair->key)->column == column;
  if (pair->key->tag != AM_NODE_COLUMN) return false;
  const am_node *table = ((const am_column_node *)pair->key)->table;
  if (table != NULL && from->froms != NULL && am_vec_contains(from->froms, table)) return false;
  return am_name_equal(am_column_key(pair->key), key);
}

am_pair_node *am__crud_find(am__given *from, am_node *column)
{
  for (size_t i = 0; i < am_list_count(from->values); i++) {
    am_pair_node *pair = (am_pair_node *)from->values->items[i];
    if (!am__crud_pair_is_for(from, pair, column)) continue;
    am_vec_push_unique(&from->consumed, pair);
    return pair;
  }
  return NULL;
}

bool am__crud_has_key(const am__given *from, am_node *column)
{
  am_name *key = am_column_key(column);
  for (size_t i = 0; i < am_list_count(from->keys); i++)
    if (am_name_equal(((am_word_node *)from->keys->items[i])->name, key)) return true;
  return false;
}

static const char *key_text(am_node *key)
{
  if (key->tag == AM_NODE_WORD) return ((am_word_node *)key)->name->text;
  if (key->tag == AM_NODE_COLUMN) return am_column_key(key)->text;
  return am_node_info_of((am_tag)key->tag)->name;
}

const am_list *am__crud_columns(am_node *table)
{
  if (table->tag == AM_NODE_TABLE) return ((am_table_node *)table)->columns;
  am_error ignored = AM_ERROR_INIT;
  const am_list *columns = am_from_columns(table, &ignored);
  am_error_clear(&ignored);
  return columns;
}

/* "; did you mean 'name'?", or nothing. */
static void put_hint(am_strbuf *out, const char *wrong, am_node *table)
{
  const am_list *columns = am__crud_columns(table);
  am_vec names = AM_VEC_INIT;
  for (size_t i = 0; i < am_list_count(columns); i++)
    am_vec_push(&names, (void *)(uintptr_t)am_column_key(columns->items[i])->text);
  const char *near = am_nearest_name(wrong, (const char *const *)names.items, names.count);
  if (near != NULL) am_strbuf_printf(out, "; did you mean '%s'?", near);
  am_vec_deinit(&names);
}

/* Values for which there is no column: "Unconsumed column names: a, b", sorted. */
void am__crud_check_consumed(am_compiler *c, am__given *from, am_node *table)
{
  am_vec rest = AM_VEC_INIT;
  for (size_t i = 0; i < am_list_count(from->values); i++) {
    am_pair_node *pair = (am_pair_node *)from->values->items[i];
    if (am_vec_contains(&from->consumed, pair)) continue;
    const char *text = key_text(pair->key);
    am_vec_push(&rest, (void *)(uintptr_t)text);
    for (size_t k = rest.count; k-- > 1 && strcmp(rest.items[k - 1], text) > 0;) {
      rest.items[k] = rest.items[k - 1];
      rest.items[k - 1] = (void *)(uintptr_t)text;
    }
  }
  if (rest.count > 0) {
    am_strbuf names = AM_STRBUF_INIT;
    for (size_t i = 0; i < rest.count; i++) {
      if (i > 0) am_strbuf_puts(&names, ", ");
      am_strbuf_puts(&names, rest.items[i]);
    }
    if (rest.count == 1) put_hint(&names, rest.items[0], table);
    am_compile_fail(c, AM_ERR_COMPILE, "Unconsumed column names: %s",
                    names.text != NULL ? names.text : "");
    am_strbuf_deinit(&names);
  }
  am_vec_deinit(&rest);
}

void am__crud_all_columns(am_compiler *c, am_node *table, am_crud *out)
{
  const am_list *columns = am__crud_columns(table);
  out->from_all_columns = true;
  for (size_t i = 0; i < am_list_count(columns); i++)
    if (!am_column_is_omitted(columns->items[i]))
      am__crud_add(c, out, columns->items[i], am__crud_required(c, columns->items[i]));
}

/* --- INSERT -------------------------------------------------------------------------- */

typedef struct insert_plan {
  am_insert_node *insert;
  bool need_keys;          /* the caller wants inserted_primary_key */
  bool implicit_returning; /* ... and gets it by RETURNING */
  bool lastrowid;          /* ... or by the last row id */
  bool return_defaults;
  am_node *autoincrement;
} insert_plan;

/* How new keys come back: by RETURNING, by the last row's number, or not at all. */
static void plan_insert(am_compiler *c, am_insert_node *insert, am_ctx ctx, insert_plan *plan)
{
  unsigned caps = am_dialect_caps(c->dialect);
  bool many = c->options->for_executemany;
  bool many_rows = insert->rows != NULL;
  plan->insert = insert;
  plan->return_defaults = (insert->return_options & AM_RETURN_DEFAULTS) != 0;
  plan->autoincrement = am_table_autoincrement(insert->table);
  plan->need_keys = (ctx.flags & AM_CTX_TOPLEVEL) && !insert->inline_ && !c->options->inline_ &&
                    (!many || plan->return_defaults) && insert->returning == NULL && !many_rows &&
                    insert->from_select == NULL;
  plan->lastrowid =
      plan->need_keys && (caps & AM_DIALECT_POSTFETCH_LASTROWID) && plan->autoincrement != NULL;
  plan->implicit_returning =
      plan->need_keys && (caps & AM_DIALECT_INSERT_RETURNING) &&
      am__crud_may_return(insert->table) && (!plan->lastrowid || plan->return_defaults) &&
      !(insert->on_conflict != NULL && (caps & AM_DIALECT_NO_CONFLICT_RETURNING));
  if (plan->implicit_returning) plan->lastrowid = false;
}

static bool sequence_fires(am_compiler *c, am_default_node *def)
{
  unsigned caps = am_dialect_caps(c->dialect);
  if (!(caps & AM_DIALECT_SEQUENCES)) return false;
  bool optional = def->arg != NULL && ((am_sequence_node *)def->arg)->optional;
  return !optional || !(caps & AM_DIALECT_SEQUENCES_OPTIONAL);
}

am_node *am__crud_next_value(am_compiler *c, am_node *sequence)
{
  am_next_value_node *next = (am_next_value_node *)am_node_new(AM_NODE_NEXT_VALUE);
  if (next != NULL) next->sequence = am_node_ref(sequence);
  return am_compile_keep(c, am_node_seal((am_node *)next));
}

bool am__crud_is_named(const am_list *named, const am_node *column)
{
  for (size_t i = 0; i < am_list_count(named); i++)
    if (named->items[i] == column) return true;
  return am_list_count(named) == 0;
}

/* Does return_defaults() bring this column back? */
static bool comes_back(const insert_plan *plan, const am_node *column)
{
  return plan->return_defaults && plan->implicit_returning &&
         am__crud_is_named(plan->insert->return_columns, column);
}

static void fetch_after(am_compiler *c, const insert_plan *plan, am_node *column, bool key)
{
  if (comes_back(plan, column)) am__crud_note(c, &c->result->returned, column);
  else if (!key) am__crud_note(c, &c->result->postfetch, column);
}

/* A primary key column without a value, when keys come back by RETURNING. */
static void key_by_returning(am_compiler *c, insert_plan *plan, am_node *column, am_crud *out)
{
  am_column_schema_node *schema = am_column_schema(column);
  am_default_node *def = (am_default_node *)schema->default_;
  if (def != NULL && def->kind == AM_DEFAULT_SEQUENCE) {
    if (sequence_fires(c, def)) am__crud_add(c, out, column, am__crud_next_value(c, def->arg));
    am__crud_note(c, &c->result->returned, column);
  } else if (def != NULL && def->kind == AM_DEFAULT_SQL) {
    am__crud_add(c, out, column, def->arg);
    am__crud_note(c, &c->result->returned, column);
  } else if (def != NULL) {
    am__crud_add(c, out, column, am__crud_prefetch(c, column, am_column_key(column), def));
  } else if (column == plan->autoincrement || schema->server_default != NULL ||
             schema->identity != NULL) {
    am__crud_note(c, &c->result->returned, column);
  }
}

/* ... and when they do not: what has a default runs before. */
static void key_before(am_compiler *c, insert_plan *plan, am_node *column, am_crud *out)
{
  am_column_schema_node *schema = am_column_schema(column);
  am_default_node *def = (am_default_node *)schema->default_;
  unsigned caps = am_dialect_caps(c->dialect);
  bool numbered = column == plan->autoincrement && (caps & AM_DIALECT_SEQUENCES) &&
                  !(caps & AM_DIALECT_POSTFETCH_LASTROWID); /* by a sequence of the column's own */
  if ((def != NULL && (def->kind != AM_DEFAULT_SEQUENCE || sequence_fires(c, def))) || numbered)
    am__crud_add(c, out, column, am__crud_prefetch(c, column, am_column_key(column), def));
}

static void default_of(am_compiler *c, insert_plan *plan, am_node *column, am_crud *out)
{
  am_column_schema_node *schema = am_column_schema(column);
  am_default_node *def = (am_default_node *)schema->default_;
  switch (def->kind) {
    case AM_DEFAULT_SEQUENCE:
      if (!sequence_fires(c, def)) break;
      am__crud_add(c, out, column, am__crud_next_value(c, def->arg));
      fetch_after(c, plan, column, schema->primary_key);
      break;
    case AM_DEFAULT_SQL:
      am__crud_add(c, out, column, def->arg);
      fetch_after(c, plan, column, schema->primary_key);
      break;
    default: am__crud_add(c, out, column, am__crud_prefetch(c, column, am_column_key(column), def));
  }
}

/* A number that was given may be NULL, and SQLite then makes one: it comes back with what else
 * does. */
static bool number_comes_back(const am_compiler *c, const insert_plan *plan, const am_node *column)
{
  return column == plan->autoincrement && plan->implicit_returning &&
         (am_dialect_caps(c->dialect) & AM_DIALECT_POSTFETCH_LASTROWID) != 0;
}

/* A value that the statement has wins over defaults; what the server makes is asked back. */
static void insert_column(am_compiler *c, insert_plan *plan, am__given *from, am_node *column,
                          am_crud *out)
{
  am_column_schema_node *schema = am_column_schema(column);
  am_pair_node *pair = am__crud_find(from, column);
  if (pair != NULL || am__crud_has_key(from, column)) {
    am_node *value = pair != NULL ? pair->value : am__crud_required(c, column);
    if (value != NULL)
      value = am__crud_own_name(c, value, column, plan->insert->rows != NULL ? 0 : -1);
    if (value == NULL) return; /* out of memory, which the compiler remembers */
    am__crud_add(c, out, column, value);
    /* an SQL expression for a key or default must be fetched to be known */
    bool plain = value->tag == AM_NODE_BIND;
    if (pair == NULL && number_comes_back(c, plan, column)) {
      am__crud_note(c, &c->result->returned, column);
    } else if (schema != NULL && !plain) {
      if ((plan->implicit_returning && schema->primary_key) || comes_back(plan, column))
        am__crud_note(c, &c->result->returned, column);
      else if (!schema->primary_key) am__crud_note(c, &c->result->postfetch, column);
    }
    return;
  }
  if (schema == NULL) return;
  if (schema->primary_key && !schema->nullable && schema->default_ == NULL &&
      schema->server_default == NULL && schema->identity == NULL && schema->computed == NULL &&
      column != plan->autoincrement)
    am__crud_note(c, &c->result->unexpected, column);
  if (schema->primary_key && plan->need_keys &&
      (plan->implicit_returning || !plan->lastrowid || column != plan->autoincrement)) {
    if (plan->implicit_returning) key_by_returning(c, plan, column, out);
    else key_before(c, plan, column, out);
  } else if (schema->default_ != NULL) {
    default_of(c, plan, column, out);
  } else if (schema->server_default != NULL || schema->computed != NULL ||
             schema->identity != NULL) {
    fetch_after(c, plan, column, schema->primary_key);
  } else if (comes_back(plan, column)) {
    am__crud_note(c, &c->result->returned, column);
  }
}

static bool stands_in_parentheses(const am_node *value);

static am_node *in_parentheses(am_compiler *c, am_node *value)
{
  if (!stands_in_parentheses(value)) return value;
  am_grouping_node *group = (am_grouping_node *)am_node_new(AM_NODE_GROUPING);
  if (group != NULL) {
    group->element = am_node_ref(value);
    group->node.type = value->type != NULL ? am_node_ref(value->type) : NULL;
  }
  return am_compile_keep(c, am_node_seal((am_node *)group));
}

/* Columns that are not named get their defaults as columns of the SELECT. */
static void from_select_columns(am_compiler *c, am_insert_node *insert, am_crud *out)
{
  const am_list *columns = am__crud_columns(insert->table);
  for (size_t n = 0; n < am_list_count(insert->names); n++) {
    am_node *name = insert->names->items[n];
    am_node *found = name->tag == AM_NODE_COLUMN ? name : NULL;
    for (size_t i = 0; i < am_list_count(columns) && found == NULL; i++)
      if (am_name_equal(am_column_key(columns->items[i]), ((am_word_node *)name)->name))
        found = columns->items[i];
    am__crud_add(c, out, found != NULL ? found : name, NULL);
  }
  if (!insert->include_defaults) return;
  size_t named = out->count;
  for (size_t i = 0; i < am_list_count(columns); i++) {
    am_column_schema_node *schema = am_column_schema(columns->items[i]);
    am_default_node *def = schema != NULL ? (am_default_node *)schema->default_ : NULL;
    bool named_already = false;
    for (size_t k = 0; k < named && !named_already; k++)
      named_already = out->items[k].column == columns->items[i];
    if (named_already || def == NULL) continue;
    am_node *value;
    if (def->kind == AM_DEFAULT_SEQUENCE) {
      if (!sequence_fires(c, def)) continue;
      value = am__crud_next_value(c, def->arg);
    } else if (def->kind == AM_DEFAULT_SQL) {
      value = in_parentheses(c, def->arg);
    } else {
      value = am__crud_prefetch(c, columns->items[i], am_column_key(columns->items[i]), def);
    }
    am__crud_add(c, out, columns->items[i], NULL);
    am_vec_push(&out->select_extra, value);
  }
}

void am_crud_insert(am_compiler *c, am_insert_node *insert, am_ctx ctx, am_crud *out)
{
  if (insert->from_select != NULL) {
    from_select_columns(c, insert, out);
    return;
  }
  am__given from = {insert->values, c->options->column_keys, c->options->has_column_keys, NULL,
                    AM_VEC_INIT};
  if (insert->rows != NULL) from.values = ((am_tuple_node *)insert->rows->items[0])->items;
  if (!(ctx.flags & AM_CTX_TOPLEVEL)) {
    from.has_keys = false;
    from.keys = NULL;
  }
  insert_plan plan;
  plan_insert(c, insert, ctx, &plan);
  if (am_list_count(from.values) == 0 && !from.has_keys && insert->rows == NULL && !insert->names &&
      !insert->has_values) {
    am__crud_all_columns(c, insert->table, out);
    return;
  }
  const am_list *columns = am__crud_columns(insert->table);
  bool also = plan.return_defaults && plan.implicit_returning && insert->return_also != NULL;
  for (size_t i = 0; i < am_list_count(columns); i++) {
    insert_column(c, &plan, &from, columns->items[i], out);
    if (also && am_list_has(insert->return_also, columns->items[i]))
      am__crud_note_once(c, &c->result->returned, columns->items[i]);
  }
  for (size_t i = 0; also && i < insert->return_also->count; i++) /* expressions */
    am__crud_note_once(c, &c->result->returned, insert->return_also->items[i]);
  am__crud_check_consumed(c, &from, insert->table);
  am_vec_deinit(&from.consumed);
}

static void value_missing(am_compiler *c, am_node *column)
{
  am_label table = am_label_from(&c->scratch, ((am_column_node *)column)->table);
  am_compile_fail(c, AM_ERR_COMPILE,
                  "INSERT value for column %s.%s is explicitly rendered as a boundparameter in the "
                  "VALUES clause; a Lua-side value or SQL expression is required",
                  table.text != NULL ? table.text : "?", am_column_key(column)->text);
}

/* The value of `column` in row `row`; a default that runs in Lua runs once per row under a name of
 * its own. */
static am_node *row_value(am_compiler *c, am_tuple_node *row, size_t number,
                          const am_crud_item *first)
{
  am__given from = {row->items, NULL, false, NULL, AM_VEC_INIT};
  am_pair_node *pair = am__crud_find(&from, first->column);
  am_vec_deinit(&from.consumed);
  if (pair != NULL) return pair->value;
  am_column_schema_node *schema = am_column_schema(first->column);
  if (schema == NULL || schema->default_ == NULL) {
    value_missing(c, first->column);
    return NULL;
  }
  am_default_node *def = (am_default_node *)schema->default_;
  /* not the first row's value, which it may have been given */
  if (def->kind == AM_DEFAULT_SQL) return def->arg;
  if (def->kind == AM_DEFAULT_SEQUENCE) return am__crud_next_value(c, def->arg);
  am_name *own = am__crud_name(c, "%s_m%zu", am_column_key(first->column)->text, number);
  if (own == NULL) return NULL;
  am_node *bind = am__crud_prefetch(c, first->column, own, def);
  am_name_unref(own);
  return bind;
}

void am_crud_rows(am_compiler *c, am_insert_node *insert, const am_crud *first, am_ctx ctx)
{
  for (size_t r = 1; r < am_list_count(insert->rows) && !am_compile_failed(c); r++) {
    am_put(c, ", (");
    for (size_t i = 0; i < first->count; i++) {
      am_crud_item item = {first->items[i].column, NULL};
      item.value = row_value(c, (am_tuple_node *)insert->rows->items[r], r, &first->items[i]);
      if (i > 0) am_put(c, ", ");
      if (item.value != NULL) am_crud_put_value(c, &item, ctx);
    }
    am_put(c, ")");
  }
}

am_node *am__crud_renamed(am_compiler *c, am_bind_node *bind, am_name *name)
{
  am_bind_node *copy = (am_bind_node *)am_node_copy(&bind->node);
  if (copy != NULL) {
    am_name_unref(copy->name);
    copy->name = name != NULL ? am_name_ref(name) : NULL;
    if (name == NULL) copy->options = (copy->options & ~AM_BIND_FROM_NAMES) | AM_BIND_UNIQUE;
    else copy->options = (copy->options & ~AM_BIND_UNIQUE) | AM_BIND_FROM_NAMES;
  }
  return am_bind_keep_copy(c, (am_node *)copy, &bind->node);
}

am_node *am__crud_own_name(am_compiler *c, am_node *value, am_node *column, long row)
{
  if (value->tag != AM_NODE_BIND || c->visiting_cte != NULL) return value;
  const int64_t options = ((am_bind_node *)value)->options;
  if (!(options & AM_BIND_UNIQUE) || (options & AM_BIND_NAMELESS)) return value;
  if (row > 0 && (options & AM_BIND_LITERAL_EXECUTE)) return value; /* as SQLAlchemy: not there */
  am_name *key = am_column_key(column);
  am_name *name = row < 0 ? am_name_ref(key) : am__crud_name(c, "%s_m%ld", key->text, row);
  am_node *named = name != NULL ? am__crud_renamed(c, (am_bind_node *)value, name) : NULL;
  am_name_unref(name);
  return named;
}

/* Inside a CTE a value is not named after its column: parameters do not reach it, and statements
 * joined by CTEs may write columns of one name. */
static am_node *nameless_bind(am_compiler *c, am_bind_node *bind)
{
  if (!(bind->options & AM_BIND_FROM_NAMES) || (bind->options & AM_BIND_REQUIRED))
    return &bind->node;
  return am__crud_renamed(c, bind, NULL);
}

static bool stands_in_parentheses(const am_node *value)
{
  switch (value->tag) {
    case AM_NODE_BINARY:
    case AM_NODE_UNARY:
    case AM_NODE_SELECT:
    case AM_NODE_COMPOUND:
    case AM_NODE_EXISTS:
    case AM_NODE_FUNC_FILTER: return true;
    case AM_NODE_CLAUSE_LIST: return ((const am_clause_list_node *)value)->group;
    case AM_NODE_TYPE_COERCE:
      return stands_in_parentheses(((const am_type_coerce_node *)value)->element);
    case AM_NODE_LABEL: return stands_in_parentheses(((const am_label_node *)value)->element);
    case AM_NODE_ANNOTATED:
      return stands_in_parentheses(((const am_annotated_node *)value)->element);
    case AM_NODE_ORM_ATTR: { /* a hybrid, or a property that is an expression */
      const am_node *column = ((const am_orm_attr_node *)value)->column;
      return column != NULL && stands_in_parentheses(column);
    }
    default: return false;
  }
}

void am_crud_put_value(am_compiler *c, const am_crud_item *item, am_ctx ctx)
{
  am_node *value = item->value;
  if (value == NULL) return; /* a default that could not be made: the compiler remembers it */
  ctx.flags &= ~(unsigned)AM_CTX_TOPLEVEL;
  if (value->tag == AM_NODE_BIND) {
    if (c->visiting_cte != NULL) value = nameless_bind(c, (am_bind_node *)value);
    am_node *column = item->column->tag == AM_NODE_COLUMN ? item->column : NULL;
    if (value != NULL) am_compile_column_bind(c, value, column, ctx);
    return;
  }
  bool group = stands_in_parentheses(value);
  if (group) am_put(c, "(");
  am_compile_node(c, value, ctx);
  if (group) am_put(c, ")");
}
