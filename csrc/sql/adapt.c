/* Adaptation; see adapt.h. */
#include "sql/adapt.h"

typedef struct adaption {
  am_node *from;
  am_node *old; /* NULL: whatever `from` is derived from */
  bool by_name;
  am_error *err;
} adaption;

static am_node *adapted_column(adaption *run, am_node *node)
{
  am_column_node *column = (am_column_node *)node;
  if (run->old != NULL && column->table != run->old) return NULL;
  am_node *fresh = am_corresponding_column(run->from, node, true, run->err);
  if (fresh == NULL && run->old != NULL)
    fresh = am_corresponding_column(run->from, node, false, run->err);
  if (fresh == NULL && run->by_name && column->name != NULL)
    fresh = am_from_column(run->from, column->name->text, column->name->size, run->err);
  return fresh;
}

static am_node *adapt_one(am_node *node, void *context)
{
  adaption *run = context;
  if (run->err->cls != AM_ERR_NONE) return node;
  if (node->tag == AM_NODE_COLUMN) return adapted_column(run, node);
  if (node->tag == AM_NODE_ORM_ATTR) return NULL;
  if (!am_is_from(node)) return NULL;
  if (run->old != NULL) return node == run->old ? run->from : NULL;
  if (am_from_derived(run->from, node)) return run->from;
  bool alias_of_table = node->tag == AM_NODE_ALIAS && ((am_alias_node *)node)->element != NULL &&
                        ((am_alias_node *)node)->element->tag == AM_NODE_TABLE;
  return alias_of_table ? node : NULL;
}

static am_node *run_adaption(am_node *node, adaption *run)
{
  am_node *fresh = am_node_replace(node, adapt_one, run);
  if (fresh == NULL) am_error_memory(run->err);
  if (run->err->cls == AM_ERR_NONE) return fresh;
  am_node_unref(fresh);
  return NULL;
}

am_node *am_node_adapt(am_node *node, am_node *from, bool by_name, am_error *err)
{
  adaption run = {from, NULL, by_name, err};
  return run_adaption(node, &run);
}

am_node *am_node_replace_from(am_node *node, am_node *old, am_node *fresh, am_error *err)
{
  adaption run = {fresh, old, false, err};
  return run_adaption(node, &run);
}
