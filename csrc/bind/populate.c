/* The hot loop: result rows become objects.
 *
 * A populate program says, for one compiled statement, which columns make which entity: where its key is, which slot
 * takes which column through which decoder, and which entity hangs on which (joined eager loading). It is made once
 * (core.populate_program) and run over the driver's own rows (core.populate): identity look-up by the bare key, then
 * values straight into the array part of the object. No row object, no name look-up, no allocation of C's own
 * per row.
 *
 * An object is { [1] = context, [2] = identity key, [3 ..] = slots }; NULL is the NULL light userdata, nil is "not
 * loaded" (lua/alchemoon/orm/README.md). An object that is in the identity map already keeps what it
 * has: only slots that are not loaded are filled, unless the run says populate_existing.
 *
 * Measured (2 cores, Lua 5.4.4, 3 columns): see bench/, orm_load_100k.
 */
#include <stdio.h>

#include "base/alloc.h"
#include "bind/row.h"
#include "bind/value.h"

#define CLASS "alchemoon.populate"
#define MAX_ENTITIES 100
#define CONTEXT_SLOT 1
#define KEY_SLOT 2

typedef enum entity_kind { ENTITY_ROOT, ENTITY_SCALAR, ENTITY_COLLECTION, ENTITY_VALUE } entity_kind;

typedef struct pop_column {
  int slot;
  int source;
  am_decode_fn decode; /* NULL: plain */
  void *context;
  int lua_decoder; /* index in the anchor's `functions`, 0: none */
} pop_column;

/* One concrete class that a row may become. */
typedef struct pop_class {
  int first, count; /* its columns in program->columns */
  int array_size;
} pop_class;

typedef struct pop_entity {
  entity_kind kind;
  int parent;      /* index of the entity that it hangs on, -1 */
  int parent_slot; /* where it hangs */
  int key_first, key_count; /* in program->columns */
  bool partial_keys;        /* a composite key may contain NULL */
  bool track;               /* collect new objects for Lua (events, eager loaders) */
  int discriminator;        /* in program->columns, -1: not polymorphic */
  int class_first, class_count;
} pop_entity;

typedef struct pop_program {
  int entity_count, class_count, column_count;
  int collections; /* how many collection entities: more than one can repeat members */
  pop_entity *entities;
  pop_class *classes;
  pop_column *columns;
} pop_program;

/* --- making a program ------------------------------------------------------------- */

static int program_gc(lua_State *L)
{
  pop_program *program = lua_touserdata(L, 1);
  am_free(program->entities);
  am_free(program->classes);
  am_free(program->columns);
  memset(program, 0, sizeof *program);
  return 0;
}

static int int_field(lua_State *L, int table, const char *name, int absent)
{
  lua_getfield(L, table, name);
  int value = lua_isnil(L, -1) ? absent : (int)lua_tointeger(L, -1);
  lua_pop(L, 1);
  return value;
}

static bool bool_field(lua_State *L, int table, const char *name)
{
  lua_getfield(L, table, name);
  bool value = lua_toboolean(L, -1);
  lua_pop(L, 1);
  return value;
}

static void *grown(lua_State *L, void *items, int count, size_t size)
{
  void *more = am_realloc(items, (size_t)(count + 1) * size);
  if (more == NULL) luaL_error(L, "not enough memory");
  return more;
}

/* Adds the column { slot, source, decoder } at the top of the stack; pops it. `functions` holds Lua decoders and
 * keeps C ones alive. */
static void add_column(lua_State *L, pop_program *program, int functions)
{
  int spec = lua_gettop(L);
  if (!lua_istable(L, spec)) am_raisef(L, AM_ERR_ARGUMENT, "populate: a column must be a table");
  program->columns =
      grown(L, program->columns, program->column_count, sizeof *program->columns);
  pop_column *column = &program->columns[program->column_count++];
  memset(column, 0, sizeof *column);
  column->slot = int_field(L, spec, "slot", 0);
  column->source = int_field(L, spec, "source", 1) - 1;
  lua_getfield(L, spec, "decoder");
  int decoder = lua_gettop(L), c_part = decoder, lua_part = decoder;
  if (lua_istable(L, decoder)) {
    lua_rawgeti(L, decoder, 1);
    lua_rawgeti(L, decoder, 2);
    c_part = decoder + 1;
    lua_part = decoder + 2;
  }
  if (lua_touserdata(L, c_part) != NULL) {
    const am_decoder *c = lua_touserdata(L, c_part);
    column->decode = c->decode;
    column->context = c->context;
  }
  if (lua_isfunction(L, lua_part)) {
    column->lua_decoder = (int)lua_rawlen(L, functions) + 1;
    lua_pushvalue(L, lua_part);
    lua_rawseti(L, functions, column->lua_decoder);
  }
  if (lua_toboolean(L, decoder)) { /* anchors */
    lua_pushvalue(L, decoder);
    lua_rawseti(L, functions, -program->column_count);
  }
  lua_settop(L, spec - 1);
}

/* Adds all columns of the list `name` of the table at `spec`; returns how many. */
static int add_columns(lua_State *L, pop_program *program, int spec, const char *name, int functions)
{
  lua_getfield(L, spec, name);
  int list = lua_gettop(L), count = lua_istable(L, list) ? (int)lua_rawlen(L, list) : 0;
  for (int i = 1; i <= count; i++) {
    lua_rawgeti(L, list, i);
    add_column(L, program, functions);
  }
  lua_settop(L, list - 1);
  return count;
}

static void add_class(lua_State *L, pop_program *program, int spec, int functions)
{
  int first = program->column_count;
  int count = add_columns(L, program, spec, "columns", functions);
  program->classes = grown(L, program->classes, program->class_count, sizeof *program->classes);
  pop_class *cls = &program->classes[program->class_count++];
  cls->first = first;
  cls->count = count;
  cls->array_size = int_field(L, spec, "array_size", KEY_SLOT + count);
}

static entity_kind kind_field(lua_State *L, int spec)
{
  lua_getfield(L, spec, "kind");
  const char *kind = lua_tostring(L, -1);
  entity_kind found = ENTITY_ROOT;
  if (kind != NULL && strcmp(kind, "scalar") == 0) found = ENTITY_SCALAR;
  else if (kind != NULL && strcmp(kind, "collection") == 0) found = ENTITY_COLLECTION;
  else if (kind != NULL && strcmp(kind, "value") == 0) found = ENTITY_VALUE;
  lua_pop(L, 1);
  return found;
}

/* The entity spec at the top of the stack; pops it. */
static void add_entity(lua_State *L, pop_program *program, int functions)
{
  int spec = lua_gettop(L);
  pop_entity entity = {0};
  entity.kind = kind_field(L, spec);
  entity.parent = int_field(L, spec, "parent", 0) - 1;
  entity.parent_slot = int_field(L, spec, "parent_slot", 0);
  entity.partial_keys = bool_field(L, spec, "partial_keys");
  entity.track = bool_field(L, spec, "track");
  entity.key_first = program->column_count;
  entity.key_count = add_columns(L, program, spec, "keys", functions);
  entity.discriminator = -1;
  lua_getfield(L, spec, "discriminator");
  if (lua_istable(L, -1)) {
    entity.discriminator = program->column_count;
    add_column(L, program, functions);
  } else {
    lua_pop(L, 1);
  }
  entity.class_first = program->class_count;
  lua_getfield(L, spec, "classes");
  int classes = lua_gettop(L);
  entity.class_count = lua_istable(L, classes) ? (int)lua_rawlen(L, classes) : 0;
  for (int i = 1; i <= entity.class_count; i++) {
    lua_rawgeti(L, classes, i);
    add_class(L, program, lua_gettop(L), functions);
    lua_pop(L, 1);
  }
  if (entity.kind == ENTITY_COLLECTION) program->collections++;
  if (entity.parent >= program->entity_count)
    am_raisef(L, AM_ERR_ARGUMENT, "populate: an entity must come after its parent");
  program->entities =
      grown(L, program->entities, program->entity_count, sizeof *program->entities);
  program->entities[program->entity_count++] = entity;
  lua_settop(L, spec - 1);
}

/* populate_program{ entity, ... } → program. entity: { kind = "root"|"scalar"|"collection"|"value", parent = index,
 * parent_slot =, keys = { {source =, decoder =} ... }, partial_keys =, track =, discriminator = {source, decoder},
 * classes = { { columns = { {slot =, source =, decoder =} ... }, array_size = } ... } }; a "value" has one key: the
 * column itself. source counts from 1. */
static int populate_program(lua_State *L)
{
  luaL_checktype(L, 1, LUA_TTABLE);
  lua_settop(L, 1);
  pop_program *program = am_newuserdata(L, sizeof *program);
  memset(program, 0, sizeof *program);
  luaL_getmetatable(L, CLASS);
  lua_setmetatable(L, 2);
  lua_newtable(L);
  lua_pushvalue(L, 3);
  am_setuservalue(L, 2);
  int count = (int)lua_rawlen(L, 1);
  if (count > MAX_ENTITIES)
    am_raisef(L, AM_ERR_INVALID_REQUEST, "a statement may load at most %d entities, not %d",
              MAX_ENTITIES, count);
  for (int i = 1; i <= count; i++) {
    lua_rawgeti(L, 1, i);
    add_entity(L, program, 3);
  }
  lua_settop(L, 2);
  return 1;
}

/* --- keys ---------------------------------------------------------------------------- */

/* Appends a part of a composite key: a letter for the type, then the value so that no two differ alike. */
static void encode_part(lua_State *L, int index, am_strbuf *out)
{
  int64_t integer;
  size_t size;
  if (am_to_int64(L, index, &integer)) {
    am_strbuf_printf(out, "i%lld;", (long long)integer);
  } else if (lua_type(L, index) == LUA_TSTRING) {
    const char *text = lua_tolstring(L, index, &size);
    am_strbuf_printf(out, "s%zu:", size);
    am_strbuf_add(out, text, size);
  } else if (lua_type(L, index) == LUA_TNUMBER) {
    am_strbuf_printf(out, "d%.17g;", (double)lua_tonumber(L, index));
  } else if (lua_type(L, index) == LUA_TBOOLEAN) {
    am_strbuf_puts(out, lua_toboolean(L, index) ? "t;" : "f;");
  } else if (lua_isnil(L, index) || lua_islightuserdata(L, index)) {
    am_strbuf_puts(out, "n;");
  } else {
    am_strbuf_puts(out, "v");
    if (!am_value_key(L, index, out)) am_strbuf_printf(out, "%p", lua_topointer(L, index));
    am_strbuf_putc(out, ';');
  }
}

/* Replaces the `count` values on top by the identity key: a bare number, string or boolean for one column, else a
 * string that starts with NUL. */
static void make_key(lua_State *L, int count)
{
  int type = lua_type(L, -1);
  if (count == 1 && (type == LUA_TSTRING || type == LUA_TNUMBER || type == LUA_TBOOLEAN)) return;
  am_strbuf text = AM_STRBUF_INIT;
  am_strbuf_putc(&text, '\0');
  for (int i = count; i >= 1; i--) encode_part(L, lua_gettop(L) - i + 1, &text);
  lua_pop(L, count);
  bool ok = !am_strbuf_failed(&text);
  if (ok) lua_pushlstring(L, text.text, text.size);
  am_strbuf_deinit(&text);
  if (!ok) luaL_error(L, "not enough memory");
}

/* identity_key(value, ...) → the key under which an object with this primary key stands in an identity map */
static int identity_key(lua_State *L)
{
  int count = lua_gettop(L);
  if (count == 0) am_raisef(L, AM_ERR_ARGUMENT, "identity_key: a primary key value is needed");
  make_key(L, count);
  return 1;
}

/* --- running ---------------------------------------------------------------------------- */

/* Stack during a run: fixed indexes, then one object (or nil) per entity. */
enum { PROGRAM = 1, CURSOR, RUN, FUNCTIONS, RESULT, SEEN, ENTITIES };
/* per entity, below ENTITIES: class or list of classes, identity map, context, created list, ident → class
 * number */
enum { OF_CLASSES, OF_MAP, OF_CONTEXT, OF_CREATED, OF_IDENTS, OF_COLLECTION, OF_SEEN, OF_COUNT };

typedef struct pop_run {
  lua_State *L;
  const pop_program *program;
  const am_cell *row;
  size_t width;
  int objects;  /* stack index of the first entity's object */
  bool populate_existing;
  bool tuples;  /* several results per row: a list each */
  bool unique;
  int result_count;
  const void *last_root;
  bool fresh[MAX_ENTITIES];         /* made by this row */
  bool open[MAX_ENTITIES];          /* the parent's attribute is ours to fill */
  const void *last_parent[MAX_ENTITIES];
  int created_count[MAX_ENTITIES];
} pop_run;

static int fixed(int entity, int what) { return ENTITIES + entity * OF_COUNT + what; }

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

/* Pushes the identity key of the entity's row; false (nothing pushed) if the row has no such entity. */
static bool push_key(pop_run *run, const pop_entity *entity)
{
  const pop_column *keys = &run->program->columns[entity->key_first];
  int nulls = 0;
  for (int i = 0; i < entity->key_count; i++)
    if (run->row[keys[i].source].cls == AM_CELL_NULL) nulls++;
  if (nulls == entity->key_count || (nulls > 0 && !entity->partial_keys)) return false;
  for (int i = 0; i < entity->key_count; i++) push_cell_value(run, &keys[i]);
  make_key(run->L, entity->key_count);
  return true;
}

/* Number of the concrete class of this row, 0-based. */
static int class_of(pop_run *run, int e)
{
  lua_State *L = run->L;
  const pop_entity *entity = &run->program->entities[e];
  if (entity->discriminator < 0) return 0;
  push_cell_value(run, &run->program->columns[entity->discriminator]);
  if (lua_isnil(L, -1)) {
    lua_pop(L, 1);
    return 0;
  }
  lua_pushvalue(L, -1);
  lua_rawget(L, fixed(e, OF_IDENTS));
  if (lua_isnil(L, -1)) {
    lua_pop(L, 1);
    lua_getglobal(L, "tostring");
    lua_insert(L, -2);
    lua_call(L, 1, 1);
    am_raisef(L, AM_ERR_INVALID_REQUEST,
              "Row with identity key can't be loaded into an object; the polymorphic discriminator "
              "column refers to '%s', for which no mapped class is defined",
              lua_tostring(L, -1));
  }
  int number = (int)lua_tointeger(L, -1) - 1;
  lua_pop(L, 2);
  return number;
}

static void set_slot(pop_run *run, int object, const pop_column *column)
{
  lua_State *L = run->L;
  if (run->row[column->source].cls == AM_CELL_NULL && column->decode == NULL &&
      column->lua_decoder == 0) {
    lua_pushlightuserdata(L, NULL);
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

static void note_created(pop_run *run, int e, int object)
{
  lua_pushvalue(run->L, object);
  lua_rawseti(run->L, fixed(e, OF_CREATED), ++run->created_count[e]);
}

/* The key is on top; leaves the new object in its place. */
static void create(pop_run *run, int e, int number)
{
  lua_State *L = run->L;
  const pop_entity *entity = &run->program->entities[e];
  const pop_class *cls = &run->program->classes[entity->class_first + number];
  lua_createtable(L, cls->array_size, 0);
  int object = lua_gettop(L);
  lua_pushvalue(L, fixed(e, OF_CONTEXT));
  lua_rawseti(L, object, CONTEXT_SLOT);
  lua_pushvalue(L, object - 1);
  lua_rawseti(L, object, KEY_SLOT);
  fill_all(run, object, cls);
  lua_rawgeti(L, fixed(e, OF_CLASSES), number + 1);
  lua_setmetatable(L, object);
  lua_pushvalue(L, object - 1);
  lua_pushvalue(L, object);
  lua_rawset(L, fixed(e, OF_MAP));
  if (entity->track) note_created(run, e, object);
  lua_remove(L, object - 1);
  run->fresh[e] = true;
}

/* Leaves the entity's object, or nil, in its place on the stack. */
static void load_entity(pop_run *run, int e)
{
  lua_State *L = run->L;
  const pop_entity *entity = &run->program->entities[e];
  int place = run->objects + e;
  run->fresh[e] = false;
  if (entity->kind == ENTITY_VALUE) {
    push_cell_value(run, &run->program->columns[entity->key_first]);
    lua_replace(L, place);
    return;
  }
  bool parent_absent = entity->parent >= 0 && lua_isnil(L, run->objects + entity->parent);
  if (parent_absent || !push_key(run, entity)) {
    lua_pushnil(L);
    lua_replace(L, place);
    return;
  }
  lua_pushvalue(L, -1);
  lua_rawget(L, fixed(e, OF_MAP));
  if (lua_isnil(L, -1)) {
    lua_pop(L, 1);
    create(run, e, class_of(run, e));
  } else {
    lua_remove(L, -2);
    int object = lua_gettop(L);
    const pop_class *cls = &run->program->classes[entity->class_first];
    if (entity->class_count > 1) cls += class_of(run, e);
    if (run->populate_existing) fill_all(run, object, cls);
    else fill_missing(run, object, cls);
  }
  lua_replace(L, place);
}

/* --- eager attributes ------------------------------------------------------------------------ */

/* Is the attribute of this parent ours to fill? Decided at the parent's first row of this run and kept in the entity's
 * `seen` table: parent → collection, or false. Leaves that value on the stack. */
static void push_opened(pop_run *run, int e, int parent)
{
  lua_State *L = run->L;
  const pop_entity *entity = &run->program->entities[e];
  lua_pushvalue(L, parent);
  lua_rawget(L, fixed(e, OF_SEEN));
  if (!lua_isnil(L, -1)) return;
  lua_pop(L, 1);
  lua_rawgeti(L, parent, entity->parent_slot);
  bool ours = lua_isnil(L, -1) || run->populate_existing;
  lua_pop(L, 1);
  if (!ours) lua_pushboolean(L, 0);
  else if (entity->kind == ENTITY_SCALAR) lua_pushboolean(L, 1);
  else {
    lua_newtable(L); /* the collection, with its owner at [0] */
    lua_pushvalue(L, parent);
    lua_rawseti(L, -2, 0);
    lua_pushvalue(L, fixed(e, OF_COLLECTION));
    lua_setmetatable(L, -2);
    lua_pushvalue(L, -1);
    lua_rawseti(L, parent, entity->parent_slot);
  }
  lua_pushvalue(L, parent);
  lua_pushvalue(L, -2);
  lua_rawset(L, fixed(e, OF_SEEN));
}

/* With several collections in one statement, rows repeat members: `seen` also maps a collection to the set of its
 * members. True if the member at `object` is new in the collection at `collection`. */
static bool new_member(pop_run *run, int e, int collection, int object)
{
  lua_State *L = run->L;
  lua_pushvalue(L, collection);
  lua_rawget(L, fixed(e, OF_SEEN));
  if (lua_isnil(L, -1)) {
    lua_pop(L, 1);
    lua_newtable(L);
    lua_pushvalue(L, collection);
    lua_pushvalue(L, -2);
    lua_rawset(L, fixed(e, OF_SEEN));
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

static void attach(pop_run *run, int e)
{
  lua_State *L = run->L;
  const pop_entity *entity = &run->program->entities[e];
  int parent = run->objects + entity->parent, object = run->objects + e;
  if (lua_isnil(L, parent)) return;
  push_opened(run, e, parent);
  int opened = lua_gettop(L);
  if (lua_toboolean(L, opened)) {
    if (entity->kind == ENTITY_SCALAR) {
      if (lua_isnil(L, object)) lua_pushlightuserdata(L, NULL);
      else lua_pushvalue(L, object);
      lua_rawseti(L, parent, entity->parent_slot);
    } else if (!lua_isnil(L, object) && new_member(run, e, opened, object)) {
      lua_pushvalue(L, object);
      lua_rawseti(L, opened, (int)lua_rawlen(L, opened) + 1);
    }
  }
  lua_settop(L, opened - 1);
}

/* --- results ------------------------------------------------------------------------------------ */

static void push_result(pop_run *run)
{
  lua_State *L = run->L;
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

static void one_row(pop_run *run)
{
  const pop_program *program = run->program;
  for (int e = 0; e < program->entity_count; e++) {
    load_entity(run, e);
    if (program->entities[e].kind == ENTITY_SCALAR || program->entities[e].kind == ENTITY_COLLECTION)
      attach(run, e);
  }
  push_result(run);
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

/* Puts what the run's entity tables say on the stack, in the order of OF_*. */
static void push_entity_fields(pop_run *run, int e)
{
  lua_State *L = run->L;
  lua_rawgeti(L, RUN, e + 1);
  int table = lua_gettop(L);
  if (run->program->entities[e].kind == ENTITY_VALUE) {
    for (int i = 0; i < OF_COUNT; i++) lua_pushnil(L);
  } else {
    luaL_checktype(L, table, LUA_TTABLE);
    push_run_field(L, table, "classes", false);
    push_run_field(L, table, "map", false);
    push_run_field(L, table, "context", false);
    push_run_field(L, table, "created", true);
    push_run_field(L, table, "idents", false);
    push_run_field(L, table, "collection", false);
    push_run_field(L, table, "seen", true);
    luaL_checktype(L, table + 1 + OF_CLASSES, LUA_TTABLE);
    luaL_checktype(L, table + 1 + OF_MAP, LUA_TTABLE);
    run->created_count[e] = (int)lua_rawlen(L, table + 1 + OF_CREATED);
  }
  lua_remove(L, table);
}

/* populate(program, cursor, run [, limit]) → results, state: state is "done", "rows" (limit reached) or what to wait
 * for ("read", "write", "rw"); call again with the same run to go on. run[e] = { classes = list, map = identity map,
 * context = table, idents = { discriminator value → class number }, collection = metatable }; run.tuples,
 * run.unique, run.populate_existing. After the run, run[e].created lists the new objects of tracked entities. */
static int populate(lua_State *L)
{
  const pop_program *program = am_check_class(L, PROGRAM, CLASS);
  am_cursor_box *cursor = am_cursor_check(L, CURSOR, true);
  luaL_checktype(L, RUN, LUA_TTABLE);
  lua_Integer limit = luaL_optinteger(L, 4, 0);
  lua_settop(L, RUN);
  luaL_checkstack(L, ENTITIES + program->entity_count * (OF_COUNT + 1) + 40, NULL);
  pop_run run;
  memset(&run, 0, sizeof run);
  run.L = L;
  run.program = program;
  run.populate_existing = bool_field(L, RUN, "populate_existing");
  run.tuples = bool_field(L, RUN, "tuples");
  run.unique = bool_field(L, RUN, "unique");
  am_getuservalue(L, PROGRAM);
  lua_newtable(L);
  push_run_field(L, RUN, "roots_seen", true);
  for (int e = 0; e < program->entity_count; e++) push_entity_fields(&run, e);
  run.objects = lua_gettop(L) + 1;
  for (int e = 0; e < program->entity_count; e++) lua_pushnil(L);
  int got = 1, rows = 0;
  am_error err = AM_ERROR_INIT;
  while (limit == 0 || rows < limit) {
    got = am_cursor_row(cursor, cursor->blocking, &err);
    if (got <= 0) break;
    run.row = cursor->row;
    one_row(&run);
    rows++;
  }
  if (got < 0) return am_raise(L, &err);
  lua_pushvalue(L, RESULT);
  if (got > 0) lua_pushliteral(L, "rows");
  else lua_pushstring(L, am_step_word(cursor->step));
  return 2;
}

static const luaL_Reg metamethods[] = {{"__gc", program_gc}, {NULL, NULL}};
static const luaL_Reg functions[] = {{"populate_program", populate_program},
                                     {"populate", populate},
                                     {"identity_key", identity_key},
                                     {NULL, NULL}};

void am_bind_populate(lua_State *L)
{
  am_new_class(L, CLASS, metamethods, NULL);
  lua_pop(L, 1);
  am_setfuncs(L, functions);
}
