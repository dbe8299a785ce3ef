/* Many rows as a few arrays: INSERT ... SELECT ... FROM unnest($1, $2, ...) on PostgreSQL.
 *
 * One prepared statement takes any number of rows, which costs a quarter of a statement per row
 * (4 µs against 15, measured on PostgreSQL 15 over its unix socket). The rows are first filled as
 * cells, row by row, then each column becomes one parameter: an array in wire form (network
 * order): number of dimensions, has NULLs, OID of the elements, length, lower bound, then length
 * and bytes of each element. */
#include <stdio.h>

#include "bind/codec.h"
#include "bind/dbconn.h"

enum { MOST_BYTES = 0x3fffffff }; /* the server takes no value of a gigabyte or more */

#define OIDS_BOOL 16
#define OIDS_BYTEA 17
#define OIDS_INT8 20
#define OIDS_TEXT 25
#define OIDS_FLOAT8 701

static const struct {
  const char *name;
} hint_names[] = {
#define AM_HINT(id, name, oid, array_oid) {name},
#include "driver/hints.def"
#undef AM_HINT
};

/* The class that all rows share in one column; NULL is at home everywhere, integers among reals. */
static int column_class(const am_params *params, size_t width, size_t column, unsigned *out_hint)
{
  int cls = AM_CELL_NULL;
  *out_hint = AM_HINT_NONE;
  for (size_t i = column; i < params->count; i += width) {
    const am_cell *cell = &params->cells[i];
    if (cell->hint != AM_HINT_NONE) *out_hint = cell->hint;
    if (cell->cls == AM_CELL_NULL || cell->cls == cls) continue;
    bool numbers = (cls == AM_CELL_INT && cell->cls == AM_CELL_REAL) ||
                   (cls == AM_CELL_REAL && cell->cls == AM_CELL_INT);
    if (cls == AM_CELL_NULL) cls = cell->cls;
    else if (numbers) cls = AM_CELL_REAL;
    else return -1;
  }
  return cls;
}

static void put_int32(am_strbuf *out, uint32_t value)
{
  unsigned char bytes[4] = {(unsigned char)(value >> 24), (unsigned char)(value >> 16),
                            (unsigned char)(value >> 8), (unsigned char)value};
  am_strbuf_add(out, (const char *)bytes, 4);
}

static void put_int64(am_strbuf *out, uint64_t value)
{
  put_int32(out, (uint32_t)(value >> 32));
  put_int32(out, (uint32_t)value);
}

static void put_element(am_strbuf *out, const am_cell *cell, int cls)
{
  uint64_t bits;
  double real;
  if (cell->cls == AM_CELL_NULL) {
    put_int32(out, UINT32_MAX);
    return;
  }
  switch (cls) {
    case AM_CELL_INT:
      put_int32(out, 8);
      put_int64(out, (uint64_t)cell->u.integer);
      break;
    case AM_CELL_REAL:
      real = cell->cls == AM_CELL_INT ? (double)cell->u.integer : cell->u.real;
      memcpy(&bits, &real, sizeof bits);
      put_int32(out, 8);
      put_int64(out, bits);
      break;
    case AM_CELL_BOOL:
      put_int32(out, 1);
      am_strbuf_putc(out, cell->u.integer ? '\1' : '\0');
      break;
    default: put_int32(out, (uint32_t)cell->size); am_strbuf_add(out, cell->u.bytes, cell->size);
  }
}

static uint32_t element_oid(int cls)
{
  switch (cls) {
    case AM_CELL_INT: return OIDS_INT8;
    case AM_CELL_REAL: return OIDS_FLOAT8;
    case AM_CELL_BOOL: return OIDS_BOOL;
    case AM_CELL_BLOB: return OIDS_BYTEA;
    default: return OIDS_TEXT;
  }
}

static unsigned array_hint(int cls)
{
  switch (cls) {
    case AM_CELL_INT: return AM_HINT_INT8 | AM_HINT_ARRAY;
    case AM_CELL_REAL: return AM_HINT_FLOAT8 | AM_HINT_ARRAY;
    case AM_CELL_BOOL: return AM_HINT_BOOL | AM_HINT_ARRAY;
    case AM_CELL_BLOB: return AM_HINT_BYTEA | AM_HINT_ARRAY;
    default: return AM_HINT_TEXT | AM_HINT_ARRAY;
  }
}

/* Texts with NUL cannot be sent: the driver words that error, so such a batch goes row by row. */
static bool has_nul(const am_params *params, size_t width, size_t column)
{
  for (size_t i = column; i < params->count; i += width) {
    const am_cell *cell = &params->cells[i];
    if (cell->cls != AM_CELL_TEXT && cell->cls != AM_CELL_EXACT) continue;
    if (memchr(cell->u.bytes, '\0', cell->size) != NULL) return true;
  }
  return false;
}

/* params_transpose(cursor, width) → list of { element type for unnest, cast or false } per column,
 * or nil if the rows cannot become arrays. The cursor holds the cells of all rows; afterwards one
 * array per column. */
static int params_transpose(lua_State *L)
{
  am_params *params = &am_cursor_check(L, 1, true)->params;
  size_t width = (size_t)am_check_integer(L, 2), rows = width > 0 ? params->count / width : 0;
  if (rows == 0) return 0;
  lua_settop(L, 2);
  am_cell *columns = lua_newuserdata(L, width * sizeof *columns);
  lua_createtable(L, (int)width, 0);
  for (size_t column = 0; column < width; column++) {
    unsigned hint;
    int cls = column_class(params, width, column, &hint);
    if (cls < 0 || (hint & AM_HINT_ARRAY) || has_nul(params, width, column)) return 0;
    bool untyped = hint == AM_HINT_NONE &&
                   (cls == AM_CELL_TEXT || cls == AM_CELL_EXACT || cls == AM_CELL_NULL);
    if (untyped) return 0; /* what the server would infer, unnest cannot */
    am_strbuf bytes = AM_STRBUF_INIT;
    put_int32(&bytes, 1);
    put_int32(&bytes, 1);
    put_int32(&bytes, element_oid(cls));
    put_int32(&bytes, (uint32_t)rows);
    put_int32(&bytes, 1);
    for (size_t row = 0; row < rows; row++)
      put_element(&bytes, &params->cells[row * width + column], cls);
    am_cell *cell = &columns[column];
    bool ok = !am_strbuf_failed(&bytes) && bytes.size < MOST_BYTES &&
              am_params_set_bytes(params, cell, AM_CELL_BLOB, bytes.text, bytes.size);
    am_strbuf_deinit(&bytes);
    if (!ok) return am_raise_memory(L);
    cell->hint = (uint16_t)array_hint(cls);
    lua_createtable(L, 2, 0);
    lua_pushstring(L, hint_names[cell->hint & ~AM_HINT_ARRAY].name);
    lua_rawseti(L, -2, 1);
    bool cast = hint != AM_HINT_NONE && hint != AM_HINT_VARCHAR && hint != AM_HINT_TEXT &&
                (cls == AM_CELL_EXACT || cls == AM_CELL_TEXT || cls == AM_CELL_NULL);
    if (cast) lua_pushstring(L, hint_names[hint].name);
    else lua_pushboolean(L, 0);
    lua_rawseti(L, -2, 2);
    lua_rawseti(L, 4, (int)column + 1);
  }
  memcpy(params->cells, columns, width * sizeof *columns);
  params->count = width;
  return 1;
}

static const luaL_Reg functions[] = {
    {"params_transpose", params_transpose},
    {NULL, NULL},
};

void am_bind_unnest(lua_State *L) { am_setfuncs(L, functions); }
