/* Many rows as a few arrays: INSERT ... SELECT ... FROM unnest($1, $2, ...) on PostgreSQL.
 *
 * One prepared statement takes any number of rows, which costs a quarter of a statement per row
 * (4 µs against 15, measured on PostgreSQL 15 over its unix socket). The rows are first filled as
 * cells, row by row, then each column becomes one parameter: an array in wire form (network
 * order): number of dimensions, has NULLs, OID of the elements, length, lower bound, then length
 * and bytes of each element.
 *
 * The cells may borrow their strings from Lua: the arrays are complete before anything is pushed.
 */
#include <endian.h>

#include "bind/execute.h"

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

/* What all rows share in one column. */
typedef struct column_plan {
  int cls; /* NULL is at home everywhere, integers among reals */
  unsigned hint;
  size_t size; /* of the array */
} column_plan;

enum { HEAD_SIZE = 20, LENGTH_SIZE = 4 };

/* The class for cells of two classes, -1: none. */
static int common_class(int cls, int other)
{
  if (cls == AM_CELL_NULL || cls == other) return other;
  bool numbers = (cls == AM_CELL_INT && other == AM_CELL_REAL) ||
                 (cls == AM_CELL_REAL && other == AM_CELL_INT);
  return numbers ? AM_CELL_REAL : -1;
}

static bool has_nul(const am_cell *cell)
{
  return cell->cls != AM_CELL_BLOB && memchr(cell->u.bytes, '\0', cell->size) != NULL;
}

/* False if the column cannot become an array: values of several classes, what the server would have
 * to infer (unnest cannot), more than the server takes, or texts with NUL, which cannot be sent:
 * the driver words that error. */
static bool plan_column(const am_params *params, size_t width, size_t column, column_plan *out)
{
  size_t bytes = 0, values = 0, rows = params->count / width;
  out->cls = AM_CELL_NULL;
  out->hint = AM_HINT_NONE;
  for (size_t i = column; i < params->count; i += width) {
    const am_cell *cell = &params->cells[i];
    if (cell->hint != AM_HINT_NONE) out->hint = cell->hint;
    if (cell->cls == AM_CELL_NULL) continue;
    if (cell->cls != out->cls) out->cls = common_class(out->cls, cell->cls);
    if (out->cls < 0) return false;
    values++;
    if (cell->cls != AM_CELL_TEXT && cell->cls != AM_CELL_EXACT && cell->cls != AM_CELL_BLOB)
      continue;
    if (has_nul(cell)) return false;
    bytes += cell->size;
  }
  if (out->cls == AM_CELL_INT || out->cls == AM_CELL_REAL) bytes = values * 8;
  else if (out->cls == AM_CELL_BOOL) bytes = values;
  out->size = HEAD_SIZE + rows * LENGTH_SIZE + bytes;
  bool untyped =
      out->hint == AM_HINT_NONE &&
      (out->cls == AM_CELL_TEXT || out->cls == AM_CELL_EXACT || out->cls == AM_CELL_NULL);
  return !untyped && !(out->hint & AM_HINT_ARRAY) && out->size < MOST_BYTES;
}

static char *put_int32(char *at, uint32_t value)
{
  value = htobe32(value);
  memcpy(at, &value, sizeof value);
  return at + sizeof value;
}

static char *put_int64(char *at, uint64_t value)
{
  value = htobe64(value);
  memcpy(at, &value, sizeof value);
  return at + sizeof value;
}

/* An element in the wire form of arrays: size, then the bytes. */
static char *put_element(char *at, const am_cell *cell, int cls)
{
  uint64_t bits;
  double real;
  if (cell->cls == AM_CELL_NULL) return put_int32(at, UINT32_MAX);
  switch (cls) {
    case AM_CELL_INT: return put_int64(put_int32(at, 8), (uint64_t)cell->u.integer);
    case AM_CELL_REAL:
      real = cell->cls == AM_CELL_INT ? (double)cell->u.integer : cell->u.real;
      memcpy(&bits, &real, sizeof bits);
      return put_int64(put_int32(at, 8), bits);
    case AM_CELL_BOOL:
      at = put_int32(at, 1);
      *at = cell->u.integer ? '\1' : '\0';
      return at + 1;
    default:
      at = put_int32(at, (uint32_t)cell->size);
      if (cell->size > 0) memcpy(at, cell->u.bytes, cell->size);
      return at + cell->size;
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

/* The array of one column, in the parameters' memory; false when there is no more. */
static bool make_array(am_params *params, size_t width, size_t column, const column_plan *plan,
                       am_cell *out)
{
  char *bytes = am_arena_alloc(&params->bytes, plan->size), *at = bytes;
  if (bytes == NULL) return false;
  at = put_int32(at, 1);
  at = put_int32(at, 1);
  at = put_int32(at, element_oid(plan->cls));
  at = put_int32(at, (uint32_t)(params->count / width));
  at = put_int32(at, 1);
  for (size_t i = column; i < params->count; i += width)
    at = put_element(at, &params->cells[i], plan->cls);
  out->cls = AM_CELL_BLOB;
  out->hint = (uint16_t)array_hint(plan->cls);
  out->size = plan->size;
  out->u.bytes = bytes;
  return true;
}

/* The cells of all rows become one array per column: 1; 0 if they cannot, -1 without memory. */
static int make_arrays(am_params *params, size_t width, column_plan *plans, am_cell *columns)
{
  for (size_t column = 0; column < width; column++)
    if (!plan_column(params, width, column, &plans[column])) return 0;
  for (size_t column = 0; column < width; column++)
    if (!make_array(params, width, column, &plans[column], &columns[column])) return -1;
  memcpy(params->cells, columns, width * sizeof *columns);
  params->count = width;
  params->borrows = false;
  return 1;
}

static void push_plan(lua_State *L, const column_plan *plan)
{
  bool text =
      plan->hint == AM_HINT_NONE || plan->hint == AM_HINT_VARCHAR || plan->hint == AM_HINT_TEXT;
  bool cast = !text && (plan->cls == AM_CELL_EXACT || plan->cls == AM_CELL_TEXT ||
                        plan->cls == AM_CELL_NULL);
  lua_createtable(L, 2, 0);
  lua_pushstring(L, hint_names[array_hint(plan->cls) & ~(unsigned)AM_HINT_ARRAY].name);
  lua_rawseti(L, -2, 1);
  if (cast) lua_pushstring(L, hint_names[plan->hint].name);
  else lua_pushboolean(L, 0);
  lua_rawseti(L, -2, 2);
}

int am_push_arrays(lua_State *L, am_params *params, size_t width)
{
  int made = 0;
  column_plan *plans = NULL;
  if (width > 0 && params->count >= width) {
    plans = am_arena_alloc(&params->bytes, width * (sizeof *plans + sizeof(am_cell)));
    made = plans != NULL ? make_arrays(params, width, plans, (am_cell *)(plans + width)) : -1;
  }
  if (made <= 0) {
    am_params_clear(params);
    return made < 0 ? am_raise_memory(L) : 0;
  }
  lua_createtable(L, (int)width, 0);
  for (size_t column = 0; column < width; column++) {
    push_plan(L, &plans[column]);
    lua_rawseti(L, -2, (int)column + 1);
  }
  return 1;
}
