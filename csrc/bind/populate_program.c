/* Making populate programs from their Lua description. */
#include <string.h>

#include "base/alloc.h"
#include "bind/populate.h"

static int program_gc(lua_State *L)
{
  pop_program *program = lua_touserdata(L, 1);
  am_free(program->entities);
  am_free(program->classes);
  am_free(program->columns);
  am_free(program->told);
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

static void *grown(lua_State *L, void *items, int count, size_t size)
{
  void *more = am_realloc(items, (size_t)(count + 1) * size);
  if (more == NULL) am_raise_memory(L);
  return more;
}

/* Adds the column { slot, source, decoder } at the top of the stack; pops it. `functions` holds Lua
 * decoders and keeps C ones alive. */
static void add_column(lua_State *L, pop_program *program, int functions)
{
  int spec = lua_gettop(L);
  if (!lua_istable(L, spec)) am_raisef(L, AM_ERR_ARGUMENT, "populate: a column must be a table");
  program->columns = grown(L, program->columns, program->column_count, sizeof *program->columns);
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
  column->plain = column->decode == NULL && column->lua_decoder == 0;
  if (lua_toboolean(L, decoder)) { /* anchors */
    lua_pushvalue(L, decoder);
    lua_rawseti(L, functions, -program->column_count);
  }
  lua_settop(L, spec - 1);
}

/* Adds all columns of the list `name` of the table at `spec`; returns how many. */
static int add_columns(lua_State *L, pop_program *program, int spec, const char *name,
                       int functions)
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
  cls->array_size = int_field(L, spec, "array_size", 2 + count);
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
  entity.partial_keys = am_is_set(L, spec, "partial_keys");
  if (am_is_set(L, spec, "track_new")) entity.track |= TRACK_NEW;
  if (am_is_set(L, spec, "track_refreshed")) entity.track |= TRACK_REFRESHED;
  if (am_is_set(L, spec, "track_all")) entity.track |= TRACK_ALL;
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
  program->entities = grown(L, program->entities, program->entity_count, sizeof *program->entities);
  program->entities[program->entity_count++] = entity;
  lua_settop(L, spec - 1);
}

/* What hangs on `parent` (-1: the roots), each after what hangs on it in turn; returns how many
 * there are so far. */
static int order_below(pop_program *program, int parent, int count)
{
  for (int e = 0; e < program->entity_count; e++) {
    if (program->entities[e].parent != parent) continue;
    count = order_below(program, e, count);
    program->told[count++] = e;
  }
  return count;
}

/* Who takes the new objects, and in which order. */
static void settle_telling(lua_State *L, pop_program *program)
{
  program->created_of = -1;
  for (int e = program->entity_count - 1; e >= 0; e--)
    if (program->entities[e].track & TRACK_NEW) program->created_of = e;
  if (program->created_of < 0) return;
  program->told = grown(L, NULL, program->entity_count - 1, sizeof *program->told);
  order_below(program, -1, 0);
}

/* populate_program{ entity, ... } → program. entity: { kind = "root"|"scalar"|"collection"|"value",
 * parent = index, parent_slot =, keys = { {source =, decoder =} ... }, partial_keys =, track_new =,
 * track_refreshed =, track_all =, discriminator = {source, decoder}, classes = { { columns =
 * { {slot =, source =, decoder =} ... }, array_size = } ... } }; a "value" has one key: the column
 * itself. source counts from 1. */
int am_populate_program(lua_State *L)
{
  am_check_type(L, 1, LUA_TTABLE);
  lua_settop(L, 1);
  pop_program *program = am_newuserdata(L, sizeof *program);
  memset(program, 0, sizeof *program);
  luaL_getmetatable(L, AM_CLASS_POPULATE);
  lua_setmetatable(L, 2);
  lua_newtable(L);
  lua_pushvalue(L, 3);
  am_setuservalue(L, 2);
  int count = (int)lua_rawlen(L, 1);
  if (count > AM_POP_MAX_ENTITIES)
    am_raisef(L, AM_ERR_INVALID_REQUEST, "a statement may load at most %d entities, not %d",
              AM_POP_MAX_ENTITIES, count);
  for (int i = 1; i <= count; i++) {
    lua_rawgeti(L, 1, i);
    add_entity(L, program, 3);
  }
  settle_telling(L, program);
  lua_settop(L, 2);
  return 1;
}

static const luaL_Reg metamethods[] = {
    {"__gc", program_gc},
    {NULL, NULL},
};

void am_populate_class(lua_State *L)
{
  am_new_class(L, AM_CLASS_POPULATE, metamethods, NULL);
  lua_pop(L, 1);
}
