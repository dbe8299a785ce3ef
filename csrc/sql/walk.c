/* Rebuilding and printing of trees; see node.h. */
#include "base/map.h"
#include "sql/from.h"
#include "sql/node.h"

typedef struct rebuild {
  am_replace_fn replace;
  void *context;
  am_map done; /* old node → new node (counted) */
  bool failed;
} rebuild;

static am_node *rebuild_node(rebuild *run, am_node *node); /* borrowed from run->done */

/* A list with replaced items, the same list if nothing changed; counted. */
static am_list *rebuild_list(rebuild *run, am_list *list)
{
  am_list *fresh = NULL;
  for (size_t i = 0; i < am_list_count(list); i++) {
    am_node *item = list->items[i];
    am_node *other = item != NULL ? rebuild_node(run, item) : NULL;
    if (run->failed) break;
    if (other == item && fresh == NULL) continue;
    if (fresh == NULL) {
      fresh = am_list_new(list->count);
      if (fresh == NULL) {
        run->failed = true;
        break;
      }
      for (size_t k = 0; k < i; k++) fresh->items[k] = am_node_ref(list->items[k]);
    }
    fresh->items[i] = am_node_ref(other);
  }
  return fresh != NULL ? fresh : am_list_ref(list);
}

/* A sealed copy with rebuilt children, or the node itself when no child changed; counted. */
static am_node *rebuild_children(rebuild *run, am_node *node)
{
  const am_node_info *info = am_node_info_of((am_tag)node->tag);
  am_node *copy = am_node_copy(node);
  if (copy == NULL) {
    run->failed = true;
    return NULL;
  }
  am_slot *slots = am_node_slots(copy);
  bool changed = false;
  for (size_t i = 0; i < info->field_count && !run->failed; i++) {
    if (info->fields[i].kind == AM_FIELD_NODE && slots[i].node != NULL) {
      am_node *other = rebuild_node(run, slots[i].node);
      if (run->failed || other == slots[i].node) continue;
      changed = true;
      am_node_ref(other);
      am_node_unref(slots[i].node);
      slots[i].node = other;
    } else if (info->fields[i].kind == AM_FIELD_LIST && slots[i].list != NULL) {
      am_list *other = rebuild_list(run, slots[i].list);
      changed |= other != slots[i].list;
      am_list_unref(slots[i].list);
      slots[i].list = other;
    }
  }
  if (run->failed || !changed) {
    am_node_unref(copy);
    return run->failed ? NULL : am_node_ref(node);
  }
  copy->flags |= AM_NODE_REBUILT;
  return am_node_seal(copy);
}

/* A column of an alias that was rebuilt becomes the column of the new one. Borrowed. */
static am_node *rebuild_column(rebuild *run, am_node *node)
{
  am_column_node *column = (am_column_node *)node;
  am_node *table = column->table;
  if (table == NULL || (table->tag != AM_NODE_ALIAS && table->tag != AM_NODE_VALUES)) return node;
  if (run->replace(table, run->context) != NULL) return node;
  am_node *other = rebuild_node(run, table);
  if (run->failed || other == table || other->tag != table->tag) return node;
  am_error err = AM_ERROR_INIT;
  const am_list *columns = am_from_columns(other, &err);
  run->failed = columns == NULL;
  am_error_clear(&err);
  if (columns == NULL || (size_t)column->position >= columns->count) return node;
  return columns->items[column->position];
}

static am_node *rebuild_node(rebuild *run, am_node *node)
{
  intptr_t known;
  if (am_map_get_pointer(&run->done, node, &known)) return (am_node *)known;
  am_node *answer = run->replace(node, run->context);
  am_node *fresh;
  if (answer != NULL) fresh = am_node_ref(answer);
  else if (node->tag == AM_NODE_COLUMN) fresh = am_node_ref(rebuild_column(run, node));
  else if (node->flags & AM_NODE_MUTABLE) fresh = am_node_ref(node);
  else fresh = rebuild_children(run, node);
  if (fresh == NULL || run->failed) {
    am_node_unref(fresh);
    return NULL;
  }
  if (!am_map_set_pointer(&run->done, node, (intptr_t)fresh)) {
    am_node_unref(fresh);
    run->failed = true;
    return NULL;
  }
  return fresh;
}

am_node *am_node_replace(am_node *node, am_replace_fn replace, void *context)
{
  rebuild run = {.replace = replace, .context = context};
  am_map_init_pointer(&run.done);
  am_node *result = am_node_ref(rebuild_node(&run, node));
  for (size_t i = 0; i < run.done.count; i++) am_node_unref((am_node *)run.done.entries[i].value);
  am_map_deinit(&run.done);
  return result;
}

static void dump(const am_node *node, am_strbuf *out, int level);

static void dump_slot(const am_slot *slot, const am_field *field, am_strbuf *out, int level)
{
  switch (field->kind) {
    case AM_FIELD_INT:
      if (slot->integer != 0)
        am_strbuf_printf(out, " %s=%lld", field->name, (long long)slot->integer);
      break;
    case AM_FIELD_NAME:
      if (slot->name != NULL) am_strbuf_printf(out, " %s=\"%s\"", field->name, slot->name->text);
      break;
    case AM_FIELD_NODE:
      if (slot->node == NULL) break;
      am_strbuf_printf(out, "\n%*s%s:", level * 2 + 2, "", field->name);
      dump(slot->node, out, level + 1);
      break;
    case AM_FIELD_LIST:
    case AM_FIELD_OWNED:
      for (size_t i = 0; i < am_list_count(slot->list); i++) {
        am_strbuf_printf(out, "\n%*s%s[%zu]:", level * 2 + 2, "", field->name, i + 1);
        if (slot->list->items[i] != NULL) dump(slot->list->items[i], out, level + 1);
      }
      break;
    case AM_FIELD_VALUE:
    case AM_FIELD_FOREIGN:
    case AM_FIELD_AUX:
    case AM_FIELD_WEAK: break;
  }
}

static void dump(const am_node *node, am_strbuf *out, int level)
{
  const am_node_info *info = am_node_info_of((am_tag)node->tag);
  const am_slot *slots = am_node_slots(node);
  am_strbuf_printf(out, " %s", info->name);
  if (level > 40) {
    am_strbuf_puts(out, " ...");
    return;
  }
  for (int pass = 0; pass < 2; pass++) /* scalars on the node's own line, then children */
    for (size_t i = 0; i < info->field_count; i++) {
      am_field_kind kind = info->fields[i].kind;
      bool scalar = kind == AM_FIELD_INT || kind == AM_FIELD_NAME;
      if (scalar == (pass == 0)) dump_slot(&slots[i], &info->fields[i], out, level);
    }
}

void am_node_dump(const am_node *node, am_strbuf *out)
{
  am_strbuf_puts(out, "-");
  dump(node, out, 0);
  am_strbuf_putc(out, '\n');
}
