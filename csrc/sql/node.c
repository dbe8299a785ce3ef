/* Life of nodes: made, copied, owned by tables, freed; see node.h. */
#include "sql/node.h"

#include <stdatomic.h>
#include <string.h>

#include "base/alloc.h"

#define F(kind, field) {#field, AM_FIELD_##kind},
#define AM_NODE(tag, name, ...) \
  static const am_field fields_##name[] = {__VA_ARGS__{NULL, AM_FIELD_INT}};
#include "sql/nodes.def"
#undef AM_NODE
#undef F

#define F(kind, field) +(AM_FIELD_##kind == AM_FIELD_OWNED)
#define AM_NODE(tag, name, ...) \
  {#name, fields_##name, sizeof fields_##name / sizeof fields_##name[0] - 1, (0 __VA_ARGS__) > 0},
const am_node_info am_node_infos[AM_NODE_COUNT] = {
#include "sql/nodes.def"
};
#undef AM_NODE
#undef F

/* Serial numbers: epochs of walks and identities of schema items. Process-wide, because nodes of
 * several Lua states may be walked at the same time on several threads and a number must never be
 * met twice. */
static _Atomic uint64_t serial;

uint64_t am_node_epoch(void)
{
  return (atomic_fetch_add_explicit(&serial, 1, memory_order_relaxed) + 1) << 24;
}

int am_node_field(am_tag tag, const char *name)
{
  const am_node_info *info = &am_node_infos[tag];
  for (size_t i = 0; i < info->field_count; i++)
    if (strcmp(info->fields[i].name, name) == 0) return (int)i;
  return -1;
}

static size_t node_size(size_t tag)
{
  return sizeof(am_node) + am_node_infos[tag].field_count * sizeof(am_slot);
}

am_node *am_node_new(am_tag tag)
{
  am_node *node = am_small_calloc(node_size(tag));
  if (node == NULL) return NULL;
  node->refs = 1;
  node->tag = (uint16_t)tag;
  return node;
}

am_node *am_node_root(am_node *node)
{
  while (node->owner != NULL) node = node->owner;
  return node;
}

am_node *am_node_ref(am_node *node)
{
  for (am_node *at = node; at != NULL; at = at->owner) at->refs++;
  return node;
}

static void node_free(am_node *node);

static void slot_release(am_slot *slot, am_field_kind kind)
{
  switch (kind) {
    case AM_FIELD_NODE: am_node_unref(slot->node); break;
    case AM_FIELD_LIST: am_list_unref(slot->list); break;
    case AM_FIELD_NAME: am_name_unref(slot->name); break;
    case AM_FIELD_VALUE: am_bound_unref(slot->value); break;
    case AM_FIELD_FOREIGN:
    case AM_FIELD_AUX: am_foreign_unref(slot->foreign); break;
    case AM_FIELD_OWNED:
    case AM_FIELD_INT:
    case AM_FIELD_WEAK: break;
  }
}

/* Whether a reference to `node` is counted at a root that is being freed: nothing to undo then. */
static bool in_dying_family(am_node *node)
{
  for (; node != NULL; node = node->owner)
    if (node->flags & AM_NODE_DYING) return true;
  return false;
}

/* Applies `act` to every member of the OWNED lists, deepest first. */
static void each_member(am_node *node, void (*act)(am_node *member))
{
  const am_node_info *info = &am_node_infos[node->tag];
  if (!info->owns) return;
  am_slot *slots = am_node_slots(node);
  for (size_t i = 0; i < info->field_count; i++) {
    if (info->fields[i].kind != AM_FIELD_OWNED) continue;
    for (size_t k = 0; k < am_list_count(slots[i].list); k++) {
      am_node *member = slots[i].list->items[k];
      if (member == NULL || member->owner != node) continue;
      each_member(member, act);
      act(member);
    }
  }
}

/* The nearest node that both belong to; NULL for strangers. */
static am_node *common_owner(am_node *x, am_node *y)
{
  for (; x != NULL; x = x->owner)
    for (am_node *at = y; at != NULL; at = at->owner)
      if (at == x) return x;
  return NULL;
}

static void free_removed(am_node *node);

/* Gives back a reference that is counted below `top` only (top NULL: up to the root). */
static void drop_reference(am_node *node, const am_node *top)
{
  if (node == NULL || in_dying_family(node)) return;
  am_node *removed = NULL, *root = NULL;
  for (am_node *at = node; at != top; at = at->owner) {
    at->refs--;
    root = at;
    if ((at->flags & AM_NODE_REMOVED) && at->refs == 0) removed = at;
  }
  if (top == NULL && root->refs == 0) node_free(root);
  else if (removed != NULL) free_removed(removed);
}

/* Lets go of what an internal member refers to within its family. */
static void release_internal(am_node *table, am_slot *slot, am_field_kind kind)
{
  if (kind == AM_FIELD_NODE) {
    am_node *top = slot->node != NULL ? common_owner(table, slot->node) : NULL;
    if (top == NULL) return;
    drop_reference(slot->node, top);
    slot->node = NULL;
  } else if (kind == AM_FIELD_LIST) {
    for (size_t i = 0; i < am_list_count(slot->list); i++) {
      am_node *item = slot->list->items[i];
      am_node *top = item != NULL ? common_owner(table, item) : NULL;
      if (top == NULL) continue;
      drop_reference(item, top);
      slot->list->items[i] = NULL;
    }
  }
}

static am_node *table_of(am_node *member)
{
  return member->tag == AM_NODE_TABLE ? member : member->owner;
}

static void release_slots(am_node *node)
{
  const am_node_info *info = &am_node_infos[node->tag];
  am_slot *slots = am_node_slots(node);
  if ((node->flags & AM_NODE_INTERNAL) && table_of(node) != NULL)
    for (size_t i = 0; i < info->field_count; i++)
      release_internal(table_of(node), &slots[i], info->fields[i].kind);
  for (size_t i = 0, count = am_node_slot_limit(node); i < count; i++)
    if (slots[i].integer != 0) slot_release(&slots[i], info->fields[i].kind);
  am_node_unref(node->type);
}

static void free_memory(am_node *node)
{
  const am_node_info *info = &am_node_infos[node->tag];
  am_slot *slots = am_node_slots(node);
  for (size_t i = 0; info->owns && i < info->field_count; i++)
    if (info->fields[i].kind == AM_FIELD_OWNED) am_free(slots[i].list);
  am_small_free(node, node_size(node->tag));
}

/* A join lists columns of its sides, which go before it does. */
static void forget_borrowed(am_node *node)
{
  const am_node_info *info = &am_node_infos[node->tag];
  am_slot *slots = am_node_slots(node);
  for (size_t i = 0; i < info->field_count; i++) {
    am_list *list = info->fields[i].kind == AM_FIELD_OWNED ? slots[i].list : NULL;
    size_t kept = 0;
    for (size_t k = 0; k < am_list_count(list); k++)
      if (list->items[k] != NULL && list->items[k]->owner == node)
        list->items[kept++] = list->items[k];
    if (list != NULL) list->count = (uint32_t)kept;
  }
}

/* Two rounds: all references of the family are let go while every member is still readable, then
 * the memory goes. */
static void node_free(am_node *node)
{
  node->flags |= AM_NODE_DYING;
  if (node->tag == AM_NODE_JOIN) forget_borrowed(node);
  each_member(node, release_slots);
  release_slots(node);
  each_member(node, free_memory);
  free_memory(node);
}

/* A member that was taken out (AM_NODE_REMOVED) goes alone once nothing refers to it. */
static void free_removed(am_node *node)
{
  am_node *owner = node->owner;
  const am_node_info *info = &am_node_infos[owner->tag];
  am_slot *slots = am_node_slots(owner);
  for (size_t i = 0; i < info->field_count; i++) {
    am_list *list = info->fields[i].kind == AM_FIELD_OWNED ? slots[i].list : NULL;
    for (size_t k = am_list_count(list); k > 0; k--) {
      if (list->items[k - 1] != node) continue;
      memmove(&list->items[k - 1], &list->items[k], (list->count - k) * sizeof list->items[0]);
      list->count--;
    }
  }
  node_free(node);
}

void am_node_unref(am_node *node) { drop_reference(node, NULL); }

void am_node_removed(am_node *member)
{
  member->flags |= AM_NODE_REMOVED;
  if (member->refs == 0 && !in_dying_family(member)) free_removed(member);
}

/* Lists of internal members hold uncounted references: a copy needs a list of its own. */
static am_list *copy_list(const am_node *node, am_list *list)
{
  if (!(node->flags & AM_NODE_INTERNAL)) return am_list_ref(list);
  am_list *own = am_list_new(list->count);
  for (size_t i = 0; own != NULL && i < list->count; i++)
    own->items[i] = am_node_ref(list->items[i]);
  return own;
}

am_node *am_node_copy(const am_node *node)
{
  const am_node_info *info = &am_node_infos[node->tag];
  am_node *copy = am_node_new((am_tag)node->tag);
  if (copy == NULL) return NULL;
  copy->type = am_node_ref(node->type);
  const am_slot *from = am_node_slots(node);
  am_slot *to = am_node_slots(copy);
  for (size_t i = 0, count = am_node_slot_limit(node); i < count; i++) {
    if (from[i].integer == 0) continue; /* most slots are empty: 0 and NULL alike */
    switch (info->fields[i].kind) {
      case AM_FIELD_NODE: to[i].node = am_node_ref(from[i].node); break;
      case AM_FIELD_LIST: to[i].list = copy_list(node, from[i].list); break;
      case AM_FIELD_NAME: to[i].name = am_name_ref(from[i].name); break;
      case AM_FIELD_VALUE: to[i].value = am_bound_ref(from[i].value); break;
      case AM_FIELD_FOREIGN:
      case AM_FIELD_AUX: to[i].foreign = am_foreign_ref(from[i].foreign); break;
      case AM_FIELD_INT: to[i].integer = from[i].integer; break;
      case AM_FIELD_WEAK: to[i].node = from[i].node; break;
      case AM_FIELD_OWNED: break;
    }
  }
  return copy;
}

void am_node_adopt(am_node *owner, am_node *member)
{
  member->owner = owner;
  for (; owner != NULL; owner = owner->owner) owner->refs += member->refs;
}

bool am_node_own(am_node *owner, am_list **list, am_node *member)
{
  size_t count = am_list_count(*list);
  am_list *longer = am_realloc(*list, sizeof **list + (count + 1) * sizeof(am_node *));
  if (longer == NULL) return false;
  longer->refs = 1;
  longer->count = (uint32_t)(count + 1);
  longer->items[count] = member;
  *list = longer;
  if (member->owner == NULL) am_node_adopt(owner, member);
  return true;
}

bool am_node_own_new(am_node *owner, am_list **list, am_node *take_member)
{
  if (take_member == NULL) return false;
  if (!am_node_own(owner, list, take_member)) {
    am_node_unref(take_member);
    return false;
  }
  for (am_node *at = take_member; at != NULL; at = at->owner) at->refs--;
  return true;
}

/* Does the tree below `node` refer to a member of the family of `root`? */
static bool refers_to(am_node *node, void *root);

static bool refers_not(am_node *node, void *root) { return !refers_to(node, root); }

static bool refers_to(am_node *node, void *root)
{
  if (am_node_root(node) == root) return true;
  if (node->flags & AM_NODE_MUTABLE) return false;
  if (node->tag == AM_NODE_COLUMN) return false; /* of another family */
  return !am_node_children(node, refers_not, root);
}

static am_node *internal_copy(am_node *table, am_node *node);

/* The node that should stand in a slot of a family member, with the right kind of reference. */
static bool internal_slot(am_node *table, am_node **slot)
{
  am_node *node = *slot, *root = am_node_root(table);
  if (node == NULL) return true;
  if (am_node_root(node) == root) { /* counted below what both belong to, and no longer above */
    for (am_node *at = common_owner(table, node); at != NULL; at = at->owner) at->refs--;
    return true;
  }
  if (node->tag == AM_NODE_COLUMN && node->owner == NULL) node->flags |= AM_NODE_AWAITED;
  if (!refers_to(node, root)) return true;
  *slot = internal_copy(table, node); /* NULL without memory: a cycle of counts would be worse */
  am_node_unref(node);
  return *slot != NULL;
}

/* Goes through all slots even when one of them failed. */
static bool internal_slots(am_node *table, am_node *member)
{
  const am_node_info *info = &am_node_infos[member->tag];
  am_slot *slots = am_node_slots(member);
  bool ok = true;
  for (size_t i = 0; i < info->field_count; i++) {
    if (info->fields[i].kind == AM_FIELD_NODE) ok &= internal_slot(table, &slots[i].node);
    if (info->fields[i].kind != AM_FIELD_LIST || slots[i].list == NULL) continue;
    if (slots[i].list->refs > 1) { /* shared with other nodes: take a list of our own */
      am_list *own = am_list_new(slots[i].list->count);
      for (size_t k = 0; own != NULL && k < own->count; k++)
        own->items[k] = am_node_ref(slots[i].list->items[k]);
      am_list_unref(slots[i].list);
      slots[i].list = own;
      ok &= own != NULL;
    }
    for (size_t k = 0; k < am_list_count(slots[i].list); k++)
      ok &= internal_slot(table, &slots[i].list->items[k]);
  }
  return ok;
}

void am_node_settle(am_node *member, am_node *column)
{
  for (am_node *at = common_owner(table_of(member), column); at != NULL; at = at->owner) at->refs--;
}

static am_node *internal_copy(am_node *table, am_node *node)
{
  am_node *copy = am_node_copy(node);
  if (copy == NULL) return NULL;
  if (!am_node_own_new(table, &((am_table_node *)table)->adopted, copy)) return NULL;
  copy->flags |= AM_NODE_INTERNAL;
  if (!internal_slots(table, copy)) return NULL;
  return am_node_seal(copy);
}

bool am_node_internalise(am_node *table, am_node *member)
{
  if (member->flags & AM_NODE_INTERNAL) return true;
  member->flags |= AM_NODE_INTERNAL;
  return internal_slots(table, member);
}

bool am_node_set_slot(am_node *node, size_t field, am_slot take_value)
{
  am_node *table = table_of(node);
  am_field_kind kind = am_node_infos[node->tag].fields[field].kind;
  am_slot *slot = &am_node_slots(node)[field];
  bool internal = (node->flags & AM_NODE_INTERNAL) != 0 && table != NULL;
  am_slot former = *slot;
  if (internal) release_internal(table, &former, kind);
  slot_release(&former, kind);
  *slot = take_value;
  if (!internal) return true;
  if (kind == AM_FIELD_NODE) return internal_slot(table, &slot->node);
  if (kind != AM_FIELD_LIST) return true;
  bool ok = true;
  for (size_t i = 0; i < am_list_count(slot->list); i++)
    ok &= internal_slot(table, &slot->list->items[i]);
  return ok;
}
