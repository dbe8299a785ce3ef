/* The hot loop: result rows become objects.
 *
 * A populate program says, for one compiled statement, which columns make which entity: where its
 * key is, which slot takes which column through which decoder, and which entity hangs on which
 * (joined eager loading). It is made once (core.populate_program) and run over the driver's own
 * rows (core.populate): identity look-up by the bare key, then values straight into the array part
 * of the object. No row object, no name look-up, no allocation of C's own per row.
 *
 * An object (object.h) that is in the identity map already keeps what it has: only slots that are
 * not loaded are filled, unless the run says populate_existing.
 *
 * Measured (2 cores, Lua 5.4.4, 3 columns): see bench/, orm_load_100k.
 */
#include <string.h>

#include "bind/collector.h"
#include "bind/execute.h"
#include "bind/object.h"
#include "bind/populate_run.h"

/* The identity map of a class: that of the entity, unless classes have maps of their own. Leaves it
 * on the stack and answers true, or answers false when it is the entity's. */
static bool push_own_map(pop_run *run, int e, int number)
{
  if (!run->own_maps[e]) return false;
  lua_rawgeti(run->L, am__pop_fixed(e, OF_MAPS), number + 1);
  return true;
}

static void push_cell_value(pop_run *run, const pop_column *column)
{
  lua_State *L = run->L;
  const am_cell *cell = &run->row[column->source];
  if (column->decode != NULL) column->decode(L, cell, column->context);
  else am_push_cell(L, cell);
  if (column->lua_decoder == 0) return;
  lua_rawgeti(L, FUNCTIONS, column->lua_decoder);
  lua_insert(L, -2);
  lua_call(L, 1, 1);
}

/* Pushes the identity key of the entity's row; false (nothing pushed) if the row has no such
 * entity. */
static bool push_key(pop_run *run, const pop_entity *entity)
{
  const pop_column *keys = &run->program->columns[entity->key_first];
  int nulls = 0;
  for (int i = 0; i < entity->key_count; i++)
    if (run->row[keys[i].source].cls == AM_CELL_NULL) nulls++;
  if (nulls == entity->key_count || (nulls > 0 && !entity->partial_keys)) return false;
  for (int i = 0; i < entity->key_count; i++) push_cell_value(run, &keys[i]);
  am_identity_key(run->L, entity->key_count, run->has_token ? TOKEN : 0);
  return true;
}

/* The discriminator on top has no class: the function of the run raises. The key is below it. */
static void unknown_class(pop_run *run, int e)
{
  lua_State *L = run->L;
  lua_pushvalue(L, am__pop_fixed(e, OF_UNKNOWN));
  if (lua_isfunction(L, -1)) {
    lua_pushvalue(L, -2);
    lua_pushvalue(L, -4);
    lua_call(L, 2, 0);
  }
  am_raisef(L, AM_ERR_INVALID_REQUEST, "No such polymorphic_identity is defined");
}

/* Number of the concrete class of this row, 0-based. A row of another part of the hierarchy is
 * refused as one of no known class is. */
static int class_of(pop_run *run, int e)
{
  lua_State *L = run->L;
  const pop_entity *entity = &run->program->entities[e];
  if (entity->discriminator < 0) return 0;
  push_cell_value(run, &run->program->columns[entity->discriminator]);
  if (lua_isnil(L, -1)) unknown_class(run, e);
  lua_pushvalue(L, -1);
  lua_rawget(L, am__pop_fixed(e, OF_IDENTS));
  int number = (int)lua_tointeger(L, -1) - 1;
  if (number < 0) {
    lua_pop(L, 1);
    unknown_class(run, e);
  }
  lua_pop(L, 2);
  return number;
}

/* The plain cases stand apart: they are nine in ten, and each look at the decoder costs. */
static inline void set_slot(pop_run *run, int object, const pop_column *column)
{
  lua_State *L = run->L;
  const am_cell *cell = &run->row[column->source];
  if (column->plain && cell->cls == AM_CELL_TEXT) {
    lua_pushlstring(L, cell->u.bytes, cell->size);
#if LUA_VERSION_NUM >= 503
  } else if (column->plain && cell->cls == AM_CELL_INT) {
    lua_pushinteger(L, cell->u.integer);
#endif
  } else if (column->plain) {
    if (cell->cls == AM_CELL_NULL) lua_pushlightuserdata(L, NULL);
    else am_push_cell(L, cell);
  } else {
    push_cell_value(run, column);
    if (lua_isnil(L, -1)) {
      lua_pop(L, 1);
      lua_pushlightuserdata(L, NULL);
    }
  }
  lua_rawseti(L, object, column->slot);
}

static void fill_all(pop_run *run, int object, const pop_class *cls)
{
  const pop_column *column = &run->program->columns[cls->first];
  for (int i = 0; i < cls->count; i++) set_slot(run, object, &column[i]);
}

/* Slots that are not loaded; true if there were any. */
static bool fill_missing(pop_run *run, int object, const pop_class *cls)
{
  lua_State *L = run->L;
  const pop_column *column = &run->program->columns[cls->first];
  bool any = false;
  for (int i = 0; i < cls->count; i++) {
    lua_rawgeti(L, object, column[i].slot);
    bool missing = lua_isnil(L, -1);
    lua_pop(L, 1);
    if (!missing) continue;
    set_slot(run, object, &column[i]);
    any = true;
  }
  return any;
}

/* In the list of refreshed objects: object → the slots of it that are empty now and will be filled.
 */
static void note_missing(pop_run *run, int e, int object, const pop_class *cls)
{
  lua_State *L = run->L;
  const pop_column *column = &run->program->columns[cls->first];
  lua_pushvalue(L, object); /* the first row says what it lacked */
  lua_rawget(L, am__pop_fixed(e, OF_REFRESHED));
  bool known = !lua_isnil(L, -1);
  lua_pop(L, 1);
  if (known) return;
  lua_pushvalue(L, object);
  lua_newtable(L);
  int count = 0;
  for (int i = 0; i < cls->count; i++) {
    lua_rawgeti(L, object, column[i].slot);
    bool missing = lua_isnil(L, -1);
    lua_pop(L, 1);
    if (!missing) continue;
    lua_pushinteger(L, column[i].slot);
    lua_rawseti(L, -2, ++count);
  }
  lua_rawset(L, am__pop_fixed(e, OF_REFRESHED));
}

/* Appends the object to one of the entity's lists. */
static void note(pop_run *run, int e, int what, int object)
{
  lua_pushvalue(run->L, object);
  lua_rawseti(run->L, am__pop_fixed(e, what), ++run->listed[e][what - OF_CREATED]);
}

/* The objects made for this row go into the one list of all that are new, where somebody asks. */
static void note_created(pop_run *run)
{
  const pop_program *program = run->program;
  for (int i = 0; i < program->entity_count; i++) {
    int e = program->told[i];
    if (run->fresh[e] && (program->entities[e].track & TRACK_NEW))
      note(run, program->created_of, OF_CREATED, run->objects + e);
  }
}

/* Does the entity's object stand above it in this row, too? Then it is told of there. */
static bool stands_above(const pop_run *run, int e, const void *address)
{
  const pop_entity *entities = run->program->entities;
  for (int at = entities[e].parent; at >= 0; at = entities[at].parent)
    if (lua_topointer(run->L, run->objects + at) == address) return true;
  return false;
}

/* All objects of this row that somebody is told of, new or not, in the order of telling. */
static void note_told(pop_run *run)
{
  lua_State *L = run->L;
  const pop_program *program = run->program;
  for (int i = 0; i < program->entity_count; i++) {
    int e = program->told[i], object = run->objects + e;
    if (program->entities[e].track == 0 || lua_isnil(L, object)) continue;
    const void *address = lua_topointer(L, object);
    if (address == run->told_last[e] || stands_above(run, e, address)) continue;
    run->told_last[e] = address;
    lua_pushvalue(L, object);
    lua_rawseti(L, TOLD, ++run->told_count);
  }
}

/* Pushes a new object of the entity's only class under a key that is a small whole number, without
 * a value moved on the stack. The class is at the index `class_at`. */
static void push_numbered(pop_run *run, int e, int key, int class_at)
{
  lua_State *L = run->L;
  const pop_entity *entity = &run->program->entities[e];
  const pop_class *cls = &run->program->classes[entity->class_first];
  lua_createtable(L, cls->array_size, 0);
  int object = lua_gettop(L);
  run->has_new = true;
  lua_pushvalue(L, am__pop_fixed(e, OF_CONTEXT));
  lua_rawseti(L, object, AM_CONTEXT_SLOT);
  lua_pushinteger(L, key);
  lua_rawseti(L, object, AM_KEY_SLOT);
  fill_all(run, object, cls);
  lua_pushvalue(L, class_at);
  lua_setmetatable(L, object);
  lua_pushvalue(L, object);
  lua_rawseti(L, am__pop_fixed(e, OF_MAP), key);
}

/* The key is on top; leaves the new object in its place. */
static void create(pop_run *run, int e, int number)
{
  lua_State *L = run->L;
  const pop_entity *entity = &run->program->entities[e];
  const pop_class *cls = &run->program->classes[entity->class_first + number];
  lua_createtable(L, cls->array_size, 0);
  int object = lua_gettop(L);
  run->fresh[e] = run->has_new = true;
  lua_pushvalue(L, am__pop_fixed(e, OF_CONTEXT));
  lua_rawseti(L, object, AM_CONTEXT_SLOT);
  lua_pushvalue(L, object - 1);
  lua_rawseti(L, object, AM_KEY_SLOT);
  fill_all(run, object, cls);
  lua_rawgeti(L, am__pop_fixed(e, OF_CLASSES), number + 1);
  lua_setmetatable(L, object);
  int map = push_own_map(run, e, number) ? lua_gettop(L) : am__pop_fixed(e, OF_MAP);
  lua_pushvalue(L, object - 1);
  lua_pushvalue(L, object);
  lua_rawset(L, map);
  lua_settop(L, object);
  lua_remove(L, object - 1);
}

/* An object that is in the identity map already: it is on top. */
static void update(pop_run *run, int e, int number)
{
  lua_State *L = run->L;
  const pop_entity *entity = &run->program->entities[e];
  int object = lua_gettop(L);
  const void *address = lua_topointer(L, object);
  bool repeated = address == run->last[e];
  if (repeated && !run->populate_existing) return;
  const pop_class *cls = &run->program->classes[entity->class_first + number];
  bool filled = true, tracked = !repeated && (entity->track & TRACK_REFRESHED);
  if (run->populate_existing) {
    fill_all(run, object, cls);
  } else {
    if (tracked) note_missing(run, e, object, cls);
    filled = fill_missing(run, object, cls);
  }
  if (filled && tracked) note(run, e, OF_REFRESHED, object);
}

/* The object at `index` is the row's; one that the row before had as well is not listed again. */
static void list_once(pop_run *run, int e, int index)
{
  const void *address = lua_topointer(run->L, index);
  if (address == run->last[e]) return;
  run->last[e] = address;
  if (run->program->entities[e].track & TRACK_ALL) note(run, e, OF_ALL, index);
}

/* The object on top goes to its place. */
static void place(pop_run *run, int e)
{
  list_once(run, e, lua_gettop(run->L));
  lua_replace(run->L, run->objects + e);
}

/* The row is for an object that is known, whatever its key: a refresh. The first row counts: a
 * union of concrete tables may hold the key more than once. */
static void load_fixed(pop_run *run, int e)
{
  lua_State *L = run->L;
  const pop_entity *entity = &run->program->entities[e];
  lua_pushvalue(L, am__pop_fixed(e, OF_FIXED));
  int object = lua_gettop(L), number = 0;
  am_check_type(L, object, LUA_TTABLE);
  if (entity->class_count > 1) { /* its own class, not what the row says */
    lua_getmetatable(L, object);
    for (int i = 1; i <= entity->class_count; i++) {
      lua_rawgeti(L, am__pop_fixed(e, OF_CLASSES), i);
      if (lua_rawequal(L, -1, object + 1)) number = i - 1;
      lua_pop(L, 1);
    }
    lua_pop(L, 1);
  }
  if (run->last[e] == NULL) {
    fill_all(run, object, &run->program->classes[entity->class_first + number]);
    if (entity->track & TRACK_REFRESHED) note(run, e, OF_REFRESHED, object);
  }
  place(run, e);
}

/* Is the key of the row one whole number of 32 bits, as most are? Then a map takes it without a
 * push. */
static bool is_small_key(const pop_run *run, int e, int *out_key)
{
  if (!run->numbered[e]) return false;
  const pop_entity *entity = &run->program->entities[e];
  const am_cell *cell = &run->row[run->program->columns[entity->key_first].source];
  if (cell->cls != AM_CELL_INT || cell->u.integer < INT32_MIN || cell->u.integer > INT32_MAX)
    return false;
  *out_key = (int)cell->u.integer;
  return true;
}

/* Refuses a row that is no object of an entity which has one class only. */
static void check_class(pop_run *run, int e, int key)
{
  if (run->program->entities[e].discriminator < 0) return;
  lua_pushinteger(run->L, key);
  class_of(run, e);
  lua_pop(run->L, 1);
}

/* The same as load_entity for such a key. A joined row often has the object of the row before. */
static void load_numbered(pop_run *run, int e, int key)
{
  lua_State *L = run->L;
  int object = run->objects + e;
  bool same = run->last_key[e] == key && !lua_isnil(L, object);
  if (same && !run->populate_existing) return;
  run->last_key[e] = key;
  check_class(run, e, key);
  lua_rawgeti(L, am__pop_fixed(e, OF_MAP), key);
  if (lua_isnil(L, -1)) {
    lua_pop(L, 1);
    push_numbered(run, e, key, am__pop_fixed(e, OF_CLASS));
    lua_replace(L, object);
    run->fresh[e] = true;
    list_once(run, e, object);
  } else {
    update(run, e, 0);
    place(run, e);
  }
}

/* Leaves the entity's object, or nil, in its place on the stack. */
static void load_entity(pop_run *run, int e)
{
  lua_State *L = run->L;
  const pop_entity *entity = &run->program->entities[e];
  run->fresh[e] = false;
  if (entity->kind == ENTITY_VALUE) {
    push_cell_value(run, &run->program->columns[entity->key_first]);
    lua_replace(L, run->objects + e);
    return;
  }
  if (entity->key_count == 0) {
    load_fixed(run, e);
    return;
  }
  bool parent_absent = entity->parent >= 0 && lua_isnil(L, run->objects + entity->parent);
  int number = 0;
  if (!parent_absent && is_small_key(run, e, &number)) {
    load_numbered(run, e, number);
    return;
  }
  run->last_key[e] = NO_KEY;
  if (parent_absent || !push_key(run, entity)) {
    lua_pushnil(L);
    lua_replace(L, run->objects + e);
    return;
  }
  number = class_of(run, e);
  lua_pushvalue(L, -1);
  if (push_own_map(run, e, number)) {
    lua_insert(L, -2);
    lua_rawget(L, -2);
    lua_remove(L, -2);
  } else {
    lua_rawget(L, am__pop_fixed(e, OF_MAP));
  }
  if (lua_isnil(L, -1)) {
    lua_pop(L, 1);
    create(run, e, number);
  } else {
    lua_remove(L, -2);
    update(run, e, number);
  }
  place(run, e);
}

static void one_row(pop_run *run)
{
  const pop_program *program = run->program;
  for (int e = 0; e < program->entity_count; e++) {
    load_entity(run, e);
    if (program->entities[e].kind == ENTITY_SCALAR ||
        program->entities[e].kind == ENTITY_COLLECTION)
      am__pop_attach(run, e);
  }
  if (program->created_of >= 0) note_created(run);
  if (run->tells) note_told(run);
  am__pop_result(run);
}

/* Is every row one object of one class with a plain key, and nothing else asked of it? */
static bool is_simple(const pop_run *run)
{
  const pop_entity *root = run->program->entities;
  return run->program->entity_count == 1 && root->kind == ENTITY_ROOT && run->numbered[0] &&
         root->track == 0 && !run->tuples && !run->unique && !run->grouped && !run->first_only;
}

/* The same as one_row for such a row: a new object goes straight into map and result. */
static void simple_row(pop_run *run)
{
  lua_State *L = run->L;
  int key;
  if (!is_small_key(run, 0, &key)) {
    one_row(run);
    return;
  }
  check_class(run, 0, key);
  lua_rawgeti(L, am__pop_fixed(0, OF_MAP), key);
  if (lua_isnil(L, -1)) {
    lua_pop(L, 1);
    push_numbered(run, 0, key, am__pop_fixed(0, OF_CLASS));
    lua_rawseti(L, RESULT, ++run->result_count);
  } else {
    update(run, 0, 0);
    place(run, 0);
    am__pop_result(run);
  }
}

static void push_run_field(lua_State *L, int table, const char *name, bool make)
{
  lua_getfield(L, table, name);
  if (lua_isnil(L, -1) && make) {
    lua_pop(L, 1);
    lua_newtable(L);
    lua_pushvalue(L, -1);
    lua_setfield(L, table, name);
  }
}

/* Pushes a field of an entity's table; with `make` a table is put there if it is empty. */
static void push_entity_field(lua_State *L, int table, int what, bool make)
{
  lua_rawgeti(L, table, what);
  if (!make || lua_istable(L, -1)) return;
  lua_pop(L, 1);
  lua_newtable(L);
  lua_pushvalue(L, -1);
  lua_rawseti(L, table, what);
}

/* Puts what the run's entity tables say on the stack, in the order of OF_*. Lists are made only if
 * they are used. */
static void push_entity_fields(pop_run *run, int e)
{
  lua_State *L = run->L;
  const pop_entity *entity = &run->program->entities[e];
  lua_rawgeti(L, RUN, e + 1);
  int table = lua_gettop(L);
  if (entity->kind == ENTITY_VALUE) {
    lua_settop(L, table - 1 + OF_COUNT);
  } else {
    am_check_type(L, table, LUA_TTABLE);
    bool hangs = entity->kind == ENTITY_SCALAR || entity->kind == ENTITY_COLLECTION;
    for (int what = OF_CLASSES; what < OF_FIELDS; what++) {
      bool make = false;
      if (what == OF_CREATED) make = e == run->program->created_of;
      else if (what == OF_REFRESHED) make = (entity->track & TRACK_REFRESHED) != 0;
      else if (what == OF_ALL) make = (entity->track & TRACK_ALL) != 0;
      else if (what == OF_SEEN) make = hangs;
      push_entity_field(L, table, what, make);
    }
    run->sets[e] = false;
    if (hangs) { /* a run that goes on may have made some */
      lua_pushnil(L);
      run->sets[e] = lua_next(L, table + OF_SEEN) != 0;
    }
    lua_settop(L, table - 1 + OF_COUNT); /* C's own begin as nil */
    am_check_type(L, table + OF_CLASSES, LUA_TTABLE);
    am_check_type(L, table + OF_MAP, LUA_TTABLE);
    run->own_maps[e] = lua_toboolean(L, table + OF_MAPS);
    run->numbered[e] = entity->key_count == 1 && entity->class_count == 1 && !run->own_maps[e] &&
                       !run->has_token && run->program->columns[entity->key_first].plain;
    if (run->numbered[e]) {
      lua_rawgeti(L, table + OF_CLASSES, 1);
      lua_replace(L, table + OF_CLASS);
    }
    run->last_key[e] = NO_KEY;
    run->opened_for[e] = run->told_last[e] = NULL;
    run->expected[e] = 0;
    for (int i = 0; i < 3; i++)
      run->listed[e][i] =
          lua_istable(L, table + OF_CREATED + i) ? (int)lua_rawlen(L, table + OF_CREATED + i) : 0;
  }
}

/* How many results the run will have, as far as the driver knows: PostgreSQL's, which has all rows
 * already. */
static int expected_results(const pop_run *run, am_cursor_box *cursor, lua_Integer limit)
{
  am_summary summary = {-1, 0, false};
  if (run->unique || run->grouped || cursor->step != AM_STEP_ROWS) return 0;
  cursor->conn->conn->driver->summary(cursor->cursor, &summary);
  int64_t count = limit > 0 && limit < summary.row_count ? limit : summary.row_count;
  return count > 0 && count < INT32_MAX / 32 ? (int)count : 0;
}

/* Prepares the stack for a run: program, cursor and run are at their places. first_only: the result
 * is the first root itself instead of a list, and the run has none of the fields beside its
 * entities. */
static void begin_run(lua_State *L, pop_run *run, const pop_program *program, bool first_only)
{
  luaL_checkstack(L, ENTITIES + program->entity_count * (OF_COUNT + 1) + 40, NULL);
  memset(run, 0, offsetof(pop_run, last));
  memset(run->last, 0, sizeof *run->last * (size_t)program->entity_count);
  run->L = L;
  run->program = program;
  run->first_only = first_only;
  am_getuservalue(L, PROGRAM);
  if (first_only) { /* a plain run: it has no fields */
    for (int i = RESULT; i < ENTITIES; i++) lua_pushnil(L);
  } else {
    run->populate_existing = am_is_set(L, RUN, "populate_existing");
    run->tuples = am_is_set(L, RUN, "tuples");
    run->unique = am_is_set(L, RUN, "unique");
    lua_newtable(L);
    push_run_field(L, RUN, "roots_seen", run->unique || program->collections > 0);
    lua_getfield(L, RUN, "token");
    run->has_token = !lua_isnil(L, TOKEN);
    lua_getfield(L, RUN, "groups");
    run->grouped = lua_istable(L, GROUPS);
    run->owned = run->grouped && am_is_set(L, RUN, "owned");
    lua_getfield(L, RUN, "told");
    run->tells = program->created_of >= 0 && lua_istable(L, TOLD);
    run->told_count = run->tells ? (int)lua_rawlen(L, TOLD) : 0;
  }
  for (int e = 0; e < program->entity_count; e++) push_entity_fields(run, e);
  run->objects = lua_gettop(L) + 1;
  for (int e = 0; e < program->entity_count; e++) lua_pushnil(L);
}

/* Takes rows, at most `limit` of them unless it is 0; true if there may be more at once. */
static bool take_rows(pop_run *run, am_cursor_box *cursor, lua_Integer limit)
{
  lua_State *L = run->L;
  int got = 1, rows = 0;
  am_collector *making = &run->making;
  am_error err = AM_ERROR_INIT;
  void (*take)(pop_run *) = is_simple(run) ? simple_row : one_row;
  while (limit == 0 || rows < limit) {
    got = am_cursor_row(cursor, cursor->blocking, &err);
    if (got <= 0) break;
    run->row = cursor->row;
    take(run);
    if (++rows % 1000 == 0) {
      if (making->begun_at == 0) am_collector_begin(L, making);
      else am_collector_rest(L, making);
    }
  }
  am_collector_end(L, making);
  if (got < 0) am_raise(L, &err);
  return got > 0;
}

/* populate(program, cursor, run [, limit]) → results, state, has_new: state is "done", "rows"
 * (limit reached) or what to wait for ("read", "write", "rw"); call again with the same run to go
 * on; has_new: were objects made? run[e] is a list in the order of OF_*: classes (list), identity
 * map, context, lists of tracked objects (made here: new, refreshed, all; the first entity that
 * asks for new objects has those of all entities, row by row), discriminator value → class number,
 * metatable of a plain collection, parent → collection (made here), the object to fill (for an
 * entity without keys), identity maps by class or nothing, function(discriminator) that raises, set
 * of the parent classes that have the attribute or nothing if all have it. run.tuples, run.unique,
 * run.populate_existing, run.token, run.groups (table: objects are listed there under the key of
 * the row's plain values), run.owned (these lists become collections), run.told (a list
 * of all objects that somebody is told of, row by row). */
static int populate(lua_State *L)
{
  const pop_program *program = am_check_class(L, PROGRAM, AM_CLASS_POPULATE);
  am_cursor_box *cursor = am_cursor_check(L, CURSOR, true);
  am_check_type(L, RUN, LUA_TTABLE);
  lua_Integer limit = am_opt_integer(L, 4, 0);
  lua_settop(L, RUN);
  pop_run run;
  begin_run(L, &run, program, false);
  int expected = expected_results(&run, cursor, limit);
  if (expected > 0) {
    am_collector_begin(L, &run.making);
    lua_createtable(L, expected, 0);
    lua_replace(L, RESULT);
  }
  bool more = take_rows(&run, cursor, limit);
  lua_pushvalue(L, RESULT);
  lua_pushstring(L, more ? "rows" : am_step_word(cursor->step));
  lua_pushboolean(L, run.has_new);
  return 3;
}

/* load_one(program, cursor, run, compiled, value) → object or nil; false for a value that is
 * neither number nor string. A statement with one parameter is started and its first root returned.
 */
static int load_one(lua_State *L)
{
  const pop_program *program = am_check_class(L, PROGRAM, AM_CLASS_POPULATE);
  am_cursor_box *cursor = am_cursor_check(L, CURSOR, true);
  am_check_type(L, RUN, LUA_TTABLE);
  if (lua_type(L, 5) != LUA_TNUMBER && lua_type(L, 5) != LUA_TSTRING) {
    lua_pushboolean(L, false);
    return 1;
  }
  am_execute_value(L, cursor, am_check_compiled(L, 4), 5);
  lua_settop(L, RUN);
  pop_run run;
  begin_run(L, &run, program, true);
  take_rows(&run, cursor, 0);
  lua_pushvalue(L, RESULT);
  return 1;
}

static const luaL_Reg functions[] = {
    {"populate_program", am_populate_program},
    {"populate", populate},
    {"load_one", load_one},
    {"identity_key", am_identity_key_lua},
    {"identity_token", am_identity_token},
    {"identity_values", am_identity_values},
    {"identity_key_with_token", am_identity_key_with_token},
    {NULL, NULL},
};

void am_bind_populate(lua_State *L)
{
  am_populate_class(L);
  am_setfuncs(L, functions);
}
