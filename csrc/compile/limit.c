/* LIMIT, OFFSET, FETCH, FOR UPDATE per dialect. */
#include "compile/select.h"

am_limits am_limits_of(const am_node *statement)
{
  am_limits limits = {NULL, NULL, NULL, 0};
  if (statement->tag == AM_NODE_SELECT) {
    const am_select_node *select = (const am_select_node *)statement;
    limits = (am_limits){select->limit, select->offset, select->fetch, select->fetch_options};
  } else if (statement->tag == AM_NODE_COMPOUND) {
    const am_compound_node *compound = (const am_compound_node *)statement;
    limits =
        (am_limits){compound->limit, compound->offset, compound->fetch, compound->fetch_options};
  }
  return limits;
}

/* PostgreSQL wants parentheses around anything that is no plain number. */
void am_put_fetch(am_compiler *c, am_node *statement, am_ctx ctx)
{
  am_limits limits = am_limits_of(statement);
  bool grouped = am_dialect_is(c->dialect, "postgresql");
  if (limits.offset != NULL) {
    am_put(c, grouped ? "\n OFFSET (" : "\n OFFSET ");
    am_compile_node(c, limits.offset, ctx);
    am_put(c, grouped ? ") ROWS" : " ROWS");
  }
  am_put(c, grouped ? "\n FETCH FIRST (" : "\n FETCH FIRST ");
  am_compile_node(c, limits.fetch, ctx);
  if (grouped) am_put(c, ")");
  if (limits.fetch_options & AM_FETCH_PERCENT) am_put(c, " PERCENT");
  am_put(c, limits.fetch_options & AM_FETCH_WITH_TIES ? " ROWS WITH TIES" : " ROWS ONLY");
}

void am_put_limits(am_compiler *c, am_node *statement, am_ctx ctx)
{
  am_limits limits = am_limits_of(statement);
  if (limits.fetch != NULL) am_put_fetch(c, statement, ctx);
  else if (limits.limit != NULL || limits.offset != NULL)
    AM_DIALECT_CLAUSE(c, limit_clause)(c, statement, ctx);
}

static void put_limit(am_compiler *c, const char *keyword, am_node *limit, am_ctx ctx)
{
  if (limit == NULL) return;
  am_put(c, keyword);
  am_compile_node(c, limit, ctx);
}

void am_limit_clause_default(am_compiler *c, am_node *statement, am_ctx ctx)
{
  am_limits limits = am_limits_of(statement);
  put_limit(c, "\n LIMIT ", limits.limit, ctx);
  if (limits.limit == NULL) am_put(c, "\n LIMIT -1");
  put_limit(c, " OFFSET ", limits.offset, ctx);
}

void am_limit_clause_postgresql(am_compiler *c, am_node *statement, am_ctx ctx)
{
  am_limits limits = am_limits_of(statement);
  put_limit(c, " \n LIMIT ", limits.limit, ctx);
  if (limits.limit == NULL) am_put(c, "\n LIMIT ALL");
  put_limit(c, " OFFSET ", limits.offset, ctx);
}

/* A bind made here, for a number that the author did not give. */
static am_node *number_bind(am_compiler *c, int64_t value)
{
  am_bind_node *bind = (am_bind_node *)am_node_new(AM_NODE_BIND);
  am_type_node *type = (am_type_node *)am_node_new(AM_NODE_TYPE);
  if (bind == NULL || type == NULL) {
    am_node_unref((am_node *)bind);
    am_node_unref((am_node *)type);
    am_error_memory(c->err);
    return NULL;
  }
  type->kind = AM_TYPE_INTEGER;
  type->length = type->precision = type->scale = -1;
  bind->node.type = am_node_seal(&type->node);
  bind->options = AM_BIND_UNIQUE;
  bind->value = am_bound_new(AM_BOUND_INT);
  if (bind->value != NULL) bind->value->u.integer = value;
  else am_error_memory(c->err);
  return am_compile_keep(c, am_node_seal(&bind->node));
}

/* OFFSET cannot stand without LIMIT; both are always written, so that the text is the same for all
 * pages. */
void am_limit_clause_sqlite(am_compiler *c, am_node *statement, am_ctx ctx)
{
  am_limits limits = am_limits_of(statement);
  if (limits.limit == NULL) limits.limit = number_bind(c, -1);
  put_limit(c, "\n LIMIT ", limits.limit, ctx);
  if (limits.offset == NULL) limits.offset = number_bind(c, 0);
  put_limit(c, " OFFSET ", limits.offset, ctx);
}

void am_dml_limit_mysql(am_compiler *c, am_node *statement, am_ctx ctx)
{
  am_node *limit = statement->tag == AM_NODE_UPDATE ? ((am_update_node *)statement)->limit
                                                    : ((am_delete_node *)statement)->limit;
  put_limit(c, " LIMIT ", limit, ctx);
}

void am_limit_clause_mysql(am_compiler *c, am_node *statement, am_ctx ctx)
{
  am_limits limits = am_limits_of(statement);
  am_put(c, " \n LIMIT ");
  if (limits.offset != NULL) {
    am_compile_node(c, limits.offset, ctx);
    am_put(c, ", ");
  }
  if (limits.limit != NULL) am_compile_node(c, limits.limit, ctx);
  else am_put(c, "18446744073709551615"); /* "all", says the manual */
}

/* --- FOR UPDATE ------------------------------------------------------------------------------ */

static am_for_update_node *for_update_of(am_node *statement)
{
  return (am_for_update_node *)((am_select_node *)statement)->for_update;
}

void am_for_update_default(am_compiler *c, am_node *statement, am_ctx ctx)
{
  (void)statement, (void)ctx;
  am_put(c, " FOR UPDATE");
}

void am_for_update_none(am_compiler *c, am_node *statement, am_ctx ctx)
{
  (void)c, (void)statement, (void)ctx; /* SQLite locks the whole file anyway */
}

/* FOR UPDATE OF names tables; columns stand for theirs. */
static void collect_tables(am_node *node, am_vec *out)
{
  node = am_label_plain(node);
  switch (node->tag) {
    case AM_NODE_COLUMN:
      if (((am_column_node *)node)->table == NULL) am_vec_push_unique(out, node);
      else collect_tables(((am_column_node *)node)->table, out);
      return;
    case AM_NODE_JOIN:
      collect_tables(((am_join_node *)node)->right, out); /* the right one is named first */
      collect_tables(((am_join_node *)node)->left, out);
      return;
    case AM_NODE_FROM_GROUPING:
      collect_tables(((am_from_grouping_node *)node)->element, out);
      return;
    case AM_NODE_ORM_ENTITY: collect_tables(((am_orm_entity_node *)node)->from, out); return;
    default: am_vec_push_unique(out, node);
  }
}

static void put_lock_options(am_compiler *c, const am_for_update_node *lock, bool tables)
{
  if (tables && lock->of != NULL) {
    am_vec of = AM_VEC_INIT;
    for (size_t i = 0; i < am_list_count(lock->of); i++) collect_tables(lock->of->items[i], &of);
    am_put(c, " OF ");
    for (size_t i = 0; i < of.count; i++) {
      if (i > 0) am_put(c, ", ");
      am_node *item = of.items[i];
      if (item->tag == AM_NODE_TEXT || item->tag == AM_NODE_COLUMN)
        am_compile_node(c, item, (am_ctx){0});
      else am_put_label(c, "alias", am_label_from(&c->scratch, item));
    }
    if (of.failed) am_error_memory(c->err);
    am_vec_deinit(&of);
  }
  if (lock->nowait) am_put(c, " NOWAIT");
  if (lock->skip_locked) am_put(c, " SKIP LOCKED");
}

void am_for_update_postgresql(am_compiler *c, am_node *statement, am_ctx ctx)
{
  am_for_update_node *lock = for_update_of(statement);
  (void)ctx;
  if (lock->read) am_put(c, lock->key_share ? " FOR KEY SHARE" : " FOR SHARE");
  else am_put(c, lock->key_share ? " FOR NO KEY UPDATE" : " FOR UPDATE");
  put_lock_options(c, lock, true);
}

void am_for_update_mysql(am_compiler *c, am_node *statement, am_ctx ctx)
{
  am_for_update_node *lock = for_update_of(statement);
  (void)ctx;
  am_put(c, lock->read ? " LOCK IN SHARE MODE" : " FOR UPDATE");
  put_lock_options(c, lock, false);
}
