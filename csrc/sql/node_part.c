/* What stands in the slots of nodes: lists of nodes, names, values from Lua and values bound; see
 * node.h. */
#include "sql/node.h"

#include <string.h>

#include "base/alloc.h"

am_list *am_list_new(size_t count)
{
  am_list *list = am_small_calloc(sizeof *list + count * sizeof(am_node *));
  if (list == NULL) return NULL;
  list->refs = 1;
  list->count = (uint32_t)count;
  return list;
}

am_list *am_list_ref(am_list *list)
{
  if (list != NULL) list->refs++;
  return list;
}

void am_list_unref(am_list *list)
{
  if (list == NULL || --list->refs > 0) return;
  for (uint32_t i = 0; i < list->count; i++) am_node_unref(list->items[i]);
  am_small_free(list, sizeof *list + list->count * sizeof(am_node *));
}

am_list *am_list_append(const am_list *list, am_node *item)
{
  size_t count = am_list_count(list);
  am_list *longer = am_list_new(count + 1);
  if (longer == NULL) return NULL;
  for (size_t i = 0; i < count; i++) longer->items[i] = am_node_ref(list->items[i]);
  longer->items[count] = am_node_ref(item);
  return longer;
}

am_name *am_name_new(const char *text, size_t size, int quote)
{
  am_name *name = am_alloc(sizeof *name + size + 1);
  if (name == NULL) return NULL;
  name->refs = 1;
  name->size = (uint32_t)size;
  name->quote = (uint8_t)quote;
  name->flags = 0;
  name->key = am_key_bytes(am_key_seed((uint64_t)quote), text, size);
  if (size > 0) memcpy(name->text, text, size);
  name->text[size] = '\0';
  return name;
}

am_name *am_name_ref(am_name *name)
{
  if (name != NULL) name->refs++;
  return name;
}

void am_name_unref(am_name *name)
{
  if (name != NULL && --name->refs == 0) am_free(name);
}

bool am_name_equal(const am_name *x, const am_name *y)
{
  if (x == NULL || y == NULL) return x == y;
  return x->size == y->size && memcmp(x->text, y->text, x->size) == 0;
}

bool am_name_is(const am_name *name, const char *text)
{
  return name != NULL && strcmp(name->text, text) == 0;
}

am_foreign *am_foreign_ref(am_foreign *foreign)
{
  if (foreign != NULL) foreign->refs++;
  return foreign;
}

void am_foreign_unref(am_foreign *foreign)
{
  if (foreign != NULL && --foreign->refs == 0) foreign->release(foreign);
}

am_bound *am_bound_new(am_bound_kind kind)
{
  am_bound *bound = am_small_calloc(sizeof *bound);
  if (bound == NULL) return NULL;
  bound->refs = 1;
  bound->kind = (uint8_t)kind;
  return bound;
}

am_bound *am_bound_text(const char *text, size_t size)
{
  am_bound *bound = am_small_calloc(sizeof *bound + size + 1);
  if (bound == NULL) return NULL;
  bound->refs = 1;
  bound->kind = AM_BOUND_TEXT;
  bound->size = size;
  if (size > 0) memcpy(bound->text, text, size);
  bound->text[size] = '\0';
  return bound;
}

am_bound *am_bound_ref(am_bound *bound)
{
  if (bound != NULL) bound->refs++;
  return bound;
}

void am_bound_unref(am_bound *bound)
{
  if (bound == NULL || --bound->refs > 0) return;
  if (bound->kind == AM_BOUND_FOREIGN) am_foreign_unref(bound->u.foreign);
  am_small_free(bound, sizeof *bound + (bound->kind == AM_BOUND_TEXT ? bound->size + 1 : 0));
}
