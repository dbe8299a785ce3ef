/* The order in which a flush writes modified objects: by their keys, so that two programs that
 * write the same rows lock them in the same order.
 *
 * A session's modified objects come out of a hash table in any order. Their keys are mostly whole
 * numbers of a narrow range: then each object has a place by its key, and nothing is compared. */
#include <stdlib.h>
#include <string.h>

#include "bind/bind.h"
#include "bind/object.h"

typedef struct sort_item {
  double number;
  const char *text; /* NULL: a number */
  size_t size;
  int index; /* in the list, from 1 */
} sort_item;

static int compare_items(const void *a, const void *b)
{
  const sort_item *x = a, *y = b;
  if (x->text == NULL || y->text == NULL) {
    if (x->number != y->number) return x->number < y->number ? -1 : 1;
    return x->index - y->index;
  }
  int order = memcmp(x->text, y->text, x->size < y->size ? x->size : y->size);
  if (order != 0) return order;
  if (x->size != y->size) return x->size < y->size ? -1 : 1;
  return x->index - y->index;
}

/* Reads the key of each object of the list at 1; false if one is no number or string, or of another
 * kind than the first one's. The objects hold their keys, so texts stay where they are. */
static bool read_keys(lua_State *L, sort_item *items, int count)
{
  int kind = LUA_TNONE;
  for (int i = 0; i < count; i++) {
    lua_rawgeti(L, 1, i + 1);
    if (!lua_istable(L, -1)) am_raisef(L, AM_ERR_ARGUMENT, "orm_sort: objects expected");
    lua_rawgeti(L, -1, AM_KEY_SLOT);
    int own = lua_type(L, -1);
    if (i == 0) kind = own;
    if (own != kind || (own != LUA_TNUMBER && own != LUA_TSTRING)) return false;
    items[i].index = i + 1;
    items[i].text = NULL;
    if (own == LUA_TSTRING) items[i].text = lua_tolstring(L, -1, &items[i].size);
    else items[i].number = lua_tonumber(L, -1);
    lua_pop(L, 2);
  }
  return true;
}

static bool is_sorted(const sort_item *items, int count)
{
  for (int i = 1; i < count; i++)
    if (compare_items(&items[i - 1], &items[i]) > 0) return false;
  return true;
}

/* Can the keys be places in a table of a few times their number? Then its size and where it
 * begins. */
static bool is_narrow(const sort_item *items, int count, double *out_least, size_t *out_size)
{
  if (items[0].text != NULL) return false;
  double least = items[0].number, most = least;
  for (int i = 0; i < count; i++) {
    double number = items[i].number;
    if (!(number > -AM_EXACT_DOUBLE && number < AM_EXACT_DOUBLE) ||
        number != (double)(int64_t)number)
      return false;
    if (number < least) least = number;
    if (number > most) most = number;
  }
  if (most - least >= 8.0 * count) return false;
  *out_least = least;
  *out_size = (size_t)(most - least) + 1;
  return true;
}

/* Puts each item's index into the place of its key; false if two have the same. */
static bool place_items(const sort_item *items, int count, double least, int *places)
{
  for (int i = 0; i < count; i++) {
    int *place = &places[(size_t)(items[i].number - least)];
    if (*place != 0) return false;
    *place = items[i].index;
  }
  return true;
}

/* Appends object `index` of the list at 1 to the list on top. */
static void take(lua_State *L, int index, int *at)
{
  lua_rawgeti(L, 1, index);
  lua_rawseti(L, -2, ++*at);
}

/* orm_sort(list) → the objects by their keys, in the same list if it is in order already; false if
 * the keys are of different types: they are left to Lua. Numbers beyond 2^53 that are equal as
 * doubles stay in their order. */
static int orm_sort(lua_State *L)
{
  am_check_type(L, 1, LUA_TTABLE);
  lua_settop(L, 1);
  int count = (int)lua_rawlen(L, 1), at = 0;
  sort_item *items = lua_newuserdata(L, (size_t)(count + 1) * sizeof *items);
  if (!read_keys(L, items, count)) {
    lua_pushboolean(L, false);
    return 1;
  }
  if (is_sorted(items, count)) {
    lua_settop(L, 1);
    return 1;
  }
  double least;
  size_t size;
  int *places = NULL;
  if (is_narrow(items, count, &least, &size)) {
    places = lua_newuserdata(L, size * sizeof *places);
    memset(places, 0, size * sizeof *places);
    if (!place_items(items, count, least, places)) places = NULL;
  }
  if (places == NULL) qsort(items, (size_t)count, sizeof *items, compare_items);
  lua_createtable(L, count, 0);
  if (places == NULL) {
    for (int i = 0; i < count; i++) take(L, items[i].index, &at);
  } else {
    for (size_t i = 0; i < size; i++)
      if (places[i] != 0) take(L, places[i], &at);
  }
  return 1;
}

/* orm_list(set) → the keys of the set as a list */
static int orm_list(lua_State *L)
{
  am_check_type(L, 1, LUA_TTABLE);
  lua_settop(L, 1);
  lua_newtable(L);
  int count = 0;
  lua_pushnil(L);
  while (lua_next(L, 1) != 0) {
    lua_pop(L, 1);
    lua_pushvalue(L, -1);
    lua_rawseti(L, 2, ++count);
  }
  return 1;
}

void am_bind_order(lua_State *L)
{
  lua_pushcfunction(L, orm_sort);
  lua_setfield(L, -2, "orm_sort");
  lua_pushcfunction(L, orm_list);
  lua_setfield(L, -2, "orm_list");
}
