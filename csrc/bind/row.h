/* Result rows: shapes, rows and row sets (bind/shape.c, row.c, row_text.c, rowset.c).
 *
 * A shape says what the columns of a result are called, by which keys they are found and how their
 * cells become Lua values; it is made once per statement. A row set holds packed rows: cells and
 * bytes copied from the driver into a few Lua-owned chunks. A row is a small userdata that points
 * into a chunk and decodes on access; its user value is a table { shape, chunk }. A row made from
 * Lua values has the table { [0] = shape, value, value, ... } instead and no cells.
 *
 * Invariant: whoever holds a row keeps its chunk and shape alive, and nothing else.
 */
#ifndef AM_BIND_ROW_H
#define AM_BIND_ROW_H

#include "bind/dbconn.h"

#define AM_CLASS_ROW "alchemoon.Row"
extern const char am_class_shape[];

/* Pushes exactly one value for a cell of any class, NULL included. May raise; must not wait. */
typedef void (*am_decode_fn)(lua_State *L, const am_cell *cell, void *context);

/* What a type hands to a shape as a light userdata (a static constant), or at the start of a
 * userdata of its own. */
typedef struct am_decoder {
  am_decode_fn decode;
  void *context;
} am_decoder;

typedef struct am_shape_column {
  const char *label; /* bytes of the interned Lua string, compared by address first */
  size_t label_size;
  am_decode_fn decode; /* NULL: the plain value */
  void *context;
  uint16_t source;  /* position in the packed row */
  bool lua_decoder; /* a Lua function in the anchor's `decoders` comes after decode */
  bool ambiguous;   /* another column has the same label */
  bool nameless;    /* it has no label: found by its position or by what was selected */
} am_shape_column;

/* The user value is the anchor: { [i] = label, keys = key → position or false, decoders = i →
 * function, fallback = function(key) → position or nil, columns = i → column object }. */
typedef struct am_shape {
  const char *mark; /* am_class_shape */
  size_t count;
  size_t width; /* cells of a packed row; count, or more for a selection of columns */
  bool plain;   /* no decoder at all */
  am_shape_column columns[];
} am_shape;

typedef struct am_row {
  uint64_t magic;
  const am_cell *cells; /* NULL: values are in the user value */
  const am_shape *shape;
} am_row;

const am_shape *am_shape_check(lua_State *L, int arg);
/* Pushes a row; the table at `env` becomes its user value. `metatable` is an absolute index. */
void am_row_push(lua_State *L, const am_shape *shape, const am_cell *cells, int env, int metatable);
/* Pushes column i (0-based) of packed cells. `env` is the row's user value, for Lua decoders. */
void am_row_push_value(lua_State *L, const am_shape *shape, const am_cell *cells, size_t i,
                       int env);

/* The row at `arg`; raises for anything else. */
const am_row *am_row_check(lua_State *L, int arg);
/* Pushes column i (0-based) of the row at `index` (absolute). */
void am_row_push_column(lua_State *L, const am_row *row, int index, size_t i);
/* tostring(row), row:_key() (row_text.c). */
int am_row_tostring(lua_State *L);
int am_row_key(lua_State *L);

/* What follows a start, see cursor_collect (rowset.c): pushes the row set, nil or false.
 * `shape_at`: stack index of the shape, 0 if there is none. */
void am_cursor_collect(lua_State *L, am_cursor_box *box, int shape_at, bool streams, bool checked,
                       am_summary *out_summary);

#endif
