/* Where the objects of a row go: into attributes of their parents (joined eager loading), groups
 * and the result.
 *
 * A row repeats what other rows have brought already, and a collection takes a member once. An
 * object that this very row has made is in no collection yet, so it is appended without a question;
 * for any other a set of the collection's members is kept from the first time that one comes. Lists
 * are made with room for as many as the list before has: they are often alike, and a list that
 * grows is counted and copied at each power of two. */
#include "bind/populate_run.h"

#define MOST_EXPECTED 32

static int expected(size_t count) { return count < MOST_EXPECTED ? (int)count : MOST_EXPECTED; }

/* --- eager attributes ------------------------------------------------------------------------ */

/* Has the parent's class the attribute? A sibling of its class may use the slot for another. */
static bool is_owner(pop_run *run, int e, int parent)
{
  lua_State *L = run->L;
  int owners = am__pop_fixed(e, OF_OWNERS);
  if (!lua_istable(L, owners)) return true;
  lua_getmetatable(L, parent);
  lua_rawget(L, owners);
  bool found = lua_toboolean(L, -1);
  lua_pop(L, 1);
  return found;
}

/* Is the attribute of this parent ours to fill? Decided at the parent's first row of this run and
 * kept in the entity's `seen` table: parent → collection, true for a scalar, or false. Leaves that
 * value on the stack, but for a scalar's first row the integer 1. */
static void push_seen(pop_run *run, int e, int parent)
{
  lua_State *L = run->L;
  const pop_entity *entity = &run->program->entities[e];
  lua_pushvalue(L, parent);
  lua_rawget(L, am__pop_fixed(e, OF_SEEN));
  if (!lua_isnil(L, -1)) return;
  lua_pop(L, 1);
  lua_rawgeti(L, parent, entity->parent_slot);
  bool ours = lua_isnil(L, -1) || run->populate_existing;
  lua_pop(L, 1);
  ours = ours && is_owner(run, e, parent);
  if (!ours) lua_pushboolean(L, 0);
  else if (entity->kind == ENTITY_SCALAR) lua_pushboolean(L, 1);
  else if (lua_istable(L,
                       am__pop_fixed(e, OF_COLLECTION))) { /* a plain list, with its owner at [0] */
    lua_createtable(L, run->expected[e], 1);
    lua_pushvalue(L, parent);
    lua_rawseti(L, -2, 0);
    lua_pushvalue(L, am__pop_fixed(e, OF_COLLECTION));
    lua_setmetatable(L, -2);
    lua_pushvalue(L, -1);
    lua_rawseti(L, parent, entity->parent_slot);
  } else { /* Lua makes the collection of what is in `seen` */
    lua_createtable(L, run->expected[e], 0);
  }
  lua_pushvalue(L, parent);
  lua_pushvalue(L, -2);
  lua_rawset(L, am__pop_fixed(e, OF_SEEN));
  if (!ours || entity->kind != ENTITY_SCALAR) return;
  lua_pop(L, 1);
  lua_pushinteger(L, 1);
}

/* The same value into OF_OPENED; the rows of a parent mostly follow one another. A parent is held
 * by `seen`, so its address is no other's. */
static void open_attribute(pop_run *run, int e, int parent)
{
  lua_State *L = run->L;
  int opened = am__pop_fixed(e, OF_OPENED);
  const void *address = lua_topointer(L, parent);
  if (address == run->opened_for[e]) return;
  if (lua_istable(L, opened)) run->expected[e] = expected(lua_rawlen(L, opened));
  push_seen(run, e, parent);
  lua_replace(L, opened);
  run->opened_for[e] = address;
}

/* Puts `object` into the set that the table `sets` keeps for `owner`; true if it was not there. */
static bool in_set(lua_State *L, int sets, int owner, int object)
{
  lua_pushvalue(L, owner);
  lua_rawget(L, sets);
  if (lua_isnil(L, -1)) {
    lua_pop(L, 1);
    lua_newtable(L);
    lua_pushvalue(L, owner);
    lua_pushvalue(L, -2);
    lua_rawset(L, sets);
  }
  lua_pushvalue(L, object);
  lua_rawget(L, -2);
  bool fresh = lua_isnil(L, -1);
  lua_pop(L, 1);
  if (fresh) {
    lua_pushvalue(L, object);
    lua_pushboolean(L, 1);
    lua_rawset(L, -3);
  }
  lua_pop(L, 1);
  return fresh;
}

/* May the entity's object be appended to the collection `opened`? */
static bool is_new_member(pop_run *run, int e, int opened, int object)
{
  lua_State *L = run->L;
  int sets = am__pop_fixed(e, OF_SEEN);
  if (!run->sets[e]) {
    if (run->fresh[e]) return true;
    run->sets[e] = true;
  }
  lua_pushvalue(L, opened);
  lua_rawget(L, sets);
  bool has_set = !lua_isnil(L, -1);
  lua_pop(L, 1);
  if (!has_set) {
    if (run->fresh[e]) return true;
    int count = (int)lua_rawlen(L, opened);
    for (int i = 1; i <= count; i++) {
      lua_rawgeti(L, opened, i);
      in_set(L, sets, opened, lua_gettop(L));
      lua_pop(L, 1);
    }
  }
  return in_set(L, sets, opened, object);
}

/* The first row of a parent says what its scalar is. One more object than that is not taken, but
 * counted at `seen`[true], so that somebody can be told. */
static void attach_scalar(pop_run *run, int e, int parent, int object)
{
  lua_State *L = run->L;
  int slot = run->program->entities[e].parent_slot, opened = am__pop_fixed(e, OF_OPENED);
  if (lua_isnumber(L, opened)) {
    lua_pushboolean(L, 1);
    lua_replace(L, opened);
    if (lua_isnil(L, object)) lua_pushlightuserdata(L, NULL);
    else lua_pushvalue(L, object);
    lua_rawseti(L, parent, slot);
    return;
  }
  if (lua_isnil(L, object)) return;
  lua_rawgeti(L, parent, slot);
  bool same = lua_rawequal(L, -1, object);
  lua_pop(L, 1);
  if (same) return;
  lua_pushboolean(L, 1);
  lua_pushboolean(L, 1);
  lua_rawget(L, am__pop_fixed(e, OF_SEEN));
  lua_Integer count = lua_tointeger(L, -1);
  lua_pop(L, 1);
  lua_pushinteger(L, count + 1);
  lua_rawset(L, am__pop_fixed(e, OF_SEEN));
}

void am__pop_attach(pop_run *run, int e)
{
  lua_State *L = run->L;
  const pop_entity *entity = &run->program->entities[e];
  int parent = run->objects + entity->parent, object = run->objects + e;
  if (lua_isnil(L, parent)) return;
  open_attribute(run, e, parent);
  int opened = am__pop_fixed(e, OF_OPENED);
  if (!lua_toboolean(L, opened)) return;
  if (entity->kind == ENTITY_SCALAR) {
    attach_scalar(run, e, parent, object);
  } else if (!lua_isnil(L, object) && is_new_member(run, e, opened, object)) {
    lua_pushvalue(L, object);
    lua_rawseti(L, opened, (int)lua_rawlen(L, opened) + 1);
  }
}

/* --- results
 * ------------------------------------------------------------------------------------ */

/* Appends the object of the row to the list under the key that the row's plain values make:
 * run.groups. */
static void add_to_group(pop_run *run)
{
  lua_State *L = run->L;
  const pop_program *program = run->program;
  int root = -1, values = 0;
  for (int e = 0; e < program->entity_count; e++) {
    if (program->entities[e].kind == ENTITY_ROOT) root = e;
    if (program->entities[e].kind != ENTITY_VALUE) continue;
    lua_pushvalue(L, run->objects + e);
    values++;
  }
  if (root < 0 || lua_isnil(L, run->objects + root)) {
    lua_pop(L, values);
    return;
  }
  if (values == 1 && lua_isnil(L, -1)) { /* no key: nobody's */
    lua_pop(L, 1);
    return;
  }
  am_identity_key(L, values, 0);
  lua_pushvalue(L, -1);
  lua_rawget(L, GROUPS);
  if (lua_isnil(L, -1)) {
    lua_pop(L, 1);
    lua_createtable(L, expected((size_t)run->group_size), run->owned ? 1 : 0);
    lua_pushvalue(L, -2);
    lua_pushvalue(L, -2);
    lua_rawset(L, GROUPS);
  }
  int list = lua_gettop(L), count = (int)lua_rawlen(L, list);
  bool known = false;
  if (count > 0 && program->collections > 0) { /* rows repeat their root */
    lua_rawgeti(L, list, count);
    known = lua_rawequal(L, -1, run->objects + root);
    lua_pop(L, 1);
    if (!known) known = !in_set(L, SEEN, list, run->objects + root);
  } else if (program->collections > 0) {
    in_set(L, SEEN, list, run->objects + root);
  }
  if (!known) {
    lua_pushvalue(L, run->objects + root);
    lua_rawseti(L, list, ++count);
  }
  run->group_size = count;
  lua_settop(L, list - 2);
}

void am__pop_result(pop_run *run)
{
  lua_State *L = run->L;
  if (run->grouped) {
    add_to_group(run);
    return;
  }
  if (run->first_only) {
    if (run->result_count++ > 0) return;
    lua_pushvalue(L, run->objects);
    lua_replace(L, RESULT);
    return;
  }
  if (!run->tuples) {
    const void *root = lua_topointer(L, run->objects);
    if (run->unique) { /* a joined row repeats its root */
      if (root != NULL && root == run->last_root) return;
      run->last_root = root;
      lua_pushvalue(L, run->objects);
      if (!lua_isnil(L, -1)) {
        lua_rawget(L, SEEN);
        bool known = !lua_isnil(L, -1);
        lua_pop(L, 1);
        if (known) return;
        lua_pushvalue(L, run->objects);
        lua_pushboolean(L, 1);
        lua_rawset(L, SEEN);
      } else {
        lua_pop(L, 1);
      }
    }
    if (lua_isnil(L, run->objects)) lua_pushlightuserdata(L, NULL);
    else lua_pushvalue(L, run->objects);
  } else {
    lua_newtable(L);
    int n = 0;
    for (int e = 0; e < run->program->entity_count; e++) {
      entity_kind kind = run->program->entities[e].kind;
      if (kind != ENTITY_ROOT && kind != ENTITY_VALUE) continue;
      lua_pushvalue(L, run->objects + e);
      lua_rawseti(L, -2, ++n);
    }
  }
  lua_rawseti(L, RESULT, ++run->result_count);
}
