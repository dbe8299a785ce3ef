/* Lua values as parameter cells, result cells as Lua values; see dbconn.h. The cells live in a
 * userdata (a cursor box), so nothing is lost when a conversion raises. */
#include "base/alloc.h"
#include "bind/dbconn.h"

void am_params_init(am_params *params)
{
  params->cells = NULL;
  params->count = params->capacity = 0;
  params->borrows = false;
  am_arena_init(&params->bytes, 4000);
}

void am_params_deinit(am_params *params)
{
  am_free(params->cells);
  am_arena_deinit(&params->bytes);
  am_params_init(params);
}

void am_params_clear(am_params *params)
{
  params->count = 0;
  params->borrows = false;
  if (params->capacity > 4096) am_params_deinit(params); /* a big batch does not stay */
  else am_arena_reset(&params->bytes);
}

bool am_params_reserve(am_params *params, size_t more)
{
  if (params->capacity - params->count >= more) return true;
  size_t capacity = params->capacity == 0 ? 16 : params->capacity * 2;
  if (capacity < params->count + more) capacity = params->count + more;
  if (capacity > SIZE_MAX / sizeof(am_cell)) return false;
  am_cell *cells = am_realloc(params->cells, capacity * sizeof *cells);
  if (cells == NULL) return false;
  params->cells = cells;
  params->capacity = capacity;
  return true;
}

am_cell *am_params_add(am_params *params)
{
  if (params->count == params->capacity && !am_params_reserve(params, 1)) return NULL;
  am_cell *cell = &params->cells[params->count++];
  cell->cls = AM_CELL_NULL;
  cell->hint = AM_HINT_NONE;
  cell->size = 0;
  cell->u.integer = 0;
  return cell;
}

bool am_params_set_bytes(am_params *params, am_cell *cell, am_cell_class cls, const char *bytes,
                         size_t size)
{
  char *copy = am_arena_memdup(&params->bytes, bytes, size);
  if (copy == NULL) return false;
  cell->cls = (uint8_t)cls;
  cell->u.bytes = copy;
  cell->size = size;
  return true;
}

static int raise_memory(lua_State *L)
{
  am_error err = AM_ERROR_INIT;
  am_error_memory(&err);
  return am_raise(L, &err);
}

static am_cell_class string_class(unsigned hint)
{
  switch (hint) {
    case AM_HINT_NONE:
    case AM_HINT_TEXT:
    case AM_HINT_VARCHAR: return AM_CELL_TEXT;
    case AM_HINT_BYTEA: return AM_CELL_BLOB;
    default: return AM_CELL_EXACT;
  }
}

static void add_string(lua_State *L, am_params *params, am_cell *cell, int index, am_cell_class cls)
{
  if (params->borrows) {
    cell->cls = (uint8_t)cls;
    cell->u.bytes = lua_tolstring(L, index, &cell->size);
    return;
  }
  size_t size;
  const char *bytes = lua_tolstring(L, index, &size);
  if (!am_params_set_bytes(params, cell, cls, bytes, size)) raise_memory(L);
}

/* Anything that is not a plain value: an int64 cdata, or an object that prints itself. */
static void add_object(lua_State *L, am_params *params, am_cell *cell, int index)
{
  int64_t integer;
  if (am_to_int64(L, index, &integer)) {
    cell->cls = AM_CELL_INT;
    cell->u.integer = integer;
    return;
  }
  if (!luaL_callmeta(L, index, "__tostring"))
    am_raisef(L, AM_ERR_PROGRAMMING, "a parameter of type %s cannot be bound",
              luaL_typename(L, index));
  if (lua_type(L, -1) != LUA_TSTRING)
    am_raisef(L, AM_ERR_PROGRAMMING, "__tostring of a parameter did not give a string");
  add_string(L, params, cell, -1, AM_CELL_EXACT);
  lua_pop(L, 1);
}

void am_params_add_value(lua_State *L, am_params *params, int index, unsigned hint)
{
  am_cell *cell = am_params_add(params);
  if (cell == NULL) raise_memory(L);
  cell->hint = (uint16_t)hint;
  switch (lua_type(L, index)) {
    case LUA_TNIL: break;
    case LUA_TBOOLEAN:
      cell->cls = AM_CELL_BOOL;
      cell->u.integer = lua_toboolean(L, index);
      break;
    case LUA_TNUMBER:
      if (am_tointegerx(L, index, &cell->u.integer)) {
        cell->cls = AM_CELL_INT;
      } else {
        cell->cls = AM_CELL_REAL;
        cell->u.real = lua_tonumber(L, index);
      }
      break;
    case LUA_TSTRING: add_string(L, params, cell, index, string_class(hint)); break;
    case LUA_TLIGHTUSERDATA:
      if (lua_touserdata(L, index) == NULL) break;
      am_raisef(L, AM_ERR_PROGRAMMING, "a light userdata cannot be bound as a parameter");
      break;
    default: add_object(L, params, cell, lua_absindex(L, index));
  }
}

void am_push_cell(lua_State *L, const am_cell *cell)
{
  switch (cell->cls) {
    case AM_CELL_INT: am_push_int64(L, cell->u.integer); break;
    case AM_CELL_REAL: lua_pushnumber(L, (lua_Number)cell->u.real); break;
    case AM_CELL_BOOL: lua_pushboolean(L, cell->u.integer != 0); break;
    case AM_CELL_TEXT:
    case AM_CELL_BLOB:
    case AM_CELL_EXACT: lua_pushlstring(L, cell->u.bytes, cell->size); break;
    default: lua_pushnil(L);
  }
}
