/* Keys of nodes: a node is sealed with one that its whole tree has made; see node.h.
 *
 * Values of binds, and which of several anonymous things is which, are no part of a key. Extraction
 * walks a finished tree for them: the binds in their order, and a key that tells anonymous things
 * apart. */
#include "sql/node.h"

static void inherit(am_node *node, const am_node *child)
{
  node->flags |= child->flags & AM_NODE_INHERITED;
  if (child->depth >= node->depth) node->depth = child->depth + 1;
}

static am_key mix_list(am_node *node, am_key key, const am_list *list, uint64_t field)
{
  size_t count = am_list_count(list);
  key = am_key_mix2(key, count, field);
  for (size_t i = 0; i < count; i++) {
    if (list->items[i] == NULL) continue;
    key = am_key_join(key, list->items[i]->key);
    inherit(node, list->items[i]);
  }
  return key;
}

/* Folds in a key and the number of the field in which it stands. */
static am_key mix_member(am_key key, am_key member, uint64_t field)
{
  return am_key_mix2(key, member.a + field * 0x9fb21c651e98df25u, member.b);
}

/* Notes that a slot holds a Lua value: not that of a mapper, which its entities do not outlive. */
static void note_foreign(am_node *node, const am_slot *slot, am_field_kind kind)
{
  if (node->tag == AM_NODE_ORM_ENTITY || node->tag == AM_NODE_ORM_ATTR) return;
  if (kind != AM_FIELD_VALUE || slot->value->kind == AM_BOUND_FOREIGN)
    node->flags |= AM_NODE_HAS_FOREIGN;
}

/* The slot is not empty. */
static am_key mix_slot(am_node *node, am_key key, const am_slot *slot, am_field_kind kind,
                       uint64_t field)
{
  switch (kind) {
    case AM_FIELD_NODE: inherit(node, slot->node); return mix_member(key, slot->node->key, field);
    case AM_FIELD_LIST:
    case AM_FIELD_OWNED: return mix_list(node, key, slot->list, field);
    case AM_FIELD_NAME: return mix_member(key, slot->name->key, field);
    case AM_FIELD_INT: return am_key_mix2(key, (uint64_t)slot->integer, field);
    case AM_FIELD_FOREIGN:
      note_foreign(node, slot, kind);
      return am_key_mix2(key, slot->foreign->identity, field);
    case AM_FIELD_AUX:
    case AM_FIELD_VALUE: note_foreign(node, slot, kind); break;
    case AM_FIELD_WEAK: break; /* only that there is one */
  }
  return am_key_mix(key, field);
}

static bool is_schema_item(const am_node *node)
{
  switch (node->tag) {
    case AM_NODE_TABLE: return ((const am_table_node *)node)->kind != 0;
    case AM_NODE_METADATA:
    case AM_NODE_CONSTRAINT:
    case AM_NODE_FOREIGN_KEY:
    case AM_NODE_INDEX:
    case AM_NODE_SEQUENCE:
    case AM_NODE_COLUMN_SCHEMA: return true;
    default: return false;
  }
}

/* Things that are told apart by identity within one statement. */
static bool is_identity(const am_node *node)
{
  switch (node->tag) {
    case AM_NODE_BIND:
    case AM_NODE_ALIAS:
    case AM_NODE_VALUES: return true;
    case AM_NODE_LABEL: return ((const am_label_node *)node)->name == NULL;
    default: return false;
  }
}

/* A Query's SELECT is lowered even if all that it selects is of tables. */
static bool is_query(const am_node *node)
{
  return node->tag == AM_NODE_SELECT &&
         ((const am_select_node *)node)->label_style == AM_LABEL_STYLE_LEGACY_ORM;
}

am_node *am_node_seal(am_node *node)
{
  if (node == NULL) return NULL;
  node->flags |= AM_NODE_SEALED;
  if (is_schema_item(node)) {
    node->flags |= AM_NODE_MUTABLE;
    node->key = am_key_mix(am_key_seed(node->tag), am_node_epoch());
    return node;
  }
  const am_node_info *info = am_node_info_of((am_tag)node->tag);
  const am_slot *slots = am_node_slots(node);
  am_key key = am_key_seed(node->tag);
  if (node->type != NULL) key = am_key_join(key, node->type->key);
  size_t filled = 0;
  for (size_t i = 0; i < info->field_count; i++) {
    if (slots[i].integer == 0) continue; /* empty, whatever its kind */
    key = mix_slot(node, key, &slots[i], info->fields[i].kind, i);
    filled = i + 1;
  }
  if (node->tag == AM_NODE_SELECT) node->filled = (uint32_t)filled;
  if (node->tag == AM_NODE_COLUMN) {
    const am_node *table = ((const am_column_node *)node)->table;
    if (table != NULL) {
      key = am_key_join(key, table->key);
      node->flags |= table->flags & (AM_NODE_HAS_ANON | AM_NODE_HAS_BIND | AM_NODE_HAS_ORM);
    }
  }
  if (node->tag == AM_NODE_BIND) node->flags |= AM_NODE_HAS_BIND;
  else if (is_identity(node)) node->flags |= AM_NODE_HAS_ANON;
  bool of_orm = node->tag >= AM_NODE_ORM_ENTITY && node->tag <= AM_NODE_ORM_BUNDLE;
  if (of_orm || is_query(node)) node->flags |= AM_NODE_HAS_ORM;
  node->key = key;
  return node;
}

bool am_node_children(const am_node *node, am_visit_fn visit, void *context)
{
  const am_node_info *info = am_node_info_of((am_tag)node->tag);
  const am_slot *slots = am_node_slots(node);
  for (size_t i = 0, count = am_node_slot_limit(node); i < count; i++) {
    if (slots[i].integer == 0) continue; /* most are empty, whatever their kind */
    if (info->fields[i].kind == AM_FIELD_NODE) {
      if (!visit(slots[i].node, context)) return false;
    } else if (info->fields[i].kind == AM_FIELD_LIST) {
      const am_list *list = slots[i].list;
      for (size_t k = 0; k < list->count; k++)
        if (list->items[k] != NULL && !visit(list->items[k], context)) return false;
    }
  }
  return true;
}

typedef struct extraction {
  uint64_t epoch;
  uint64_t count;
  am_key key;
  am_vec *binds;
} extraction;

/* A thing that is met again counts as its number, so that equal shapes have equal keys. */
static bool extract(am_node *node, void *context)
{
  extraction *walk = context;
  if (!(node->flags & (AM_NODE_HAS_BIND | AM_NODE_HAS_ANON))) return true;
  if (is_identity(node)) {
    if ((node->mark & ~(uint64_t)0xffffff) == walk->epoch) {
      walk->key = am_key_mix(walk->key, (node->mark & 0xffffff) + 1);
      return true;
    }
    node->mark = walk->epoch | (walk->count++ & 0xffffff);
    walk->key = am_key_mix(walk->key, 0);
    if (node->tag == AM_NODE_BIND) am_vec_push(walk->binds, node);
  } else if (node->tag == AM_NODE_COLUMN) {
    am_node *table = ((am_column_node *)node)->table;
    return table == NULL || extract(table, walk);
  }
  return am_node_children(node, extract, walk);
}

bool am_node_extract(am_node *node, am_vec *out_binds, am_key *out_key)
{
  extraction walk = {am_node_epoch(), 0, node->key, out_binds};
  extract(node, &walk);
  *out_key = walk.key;
  return !out_binds->failed;
}
