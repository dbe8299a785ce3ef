/* Starting compiled statements, for the files of bind/ that fill a cursor's cells themselves. */
#ifndef AM_BIND_EXECUTE_H
#define AM_BIND_EXECUTE_H

#include "bind/compile.h"
#include "bind/dbconn.h"

/* One run of a compiled statement, or of the text at the stack index `sql` if there is one (0: none
 * is looked for). Cells and flags are the caller's to set. */
am_query am_query_of(lua_State *L, const am_compiled *compiled, int sql);
/* Starts the query with the cells that the box holds and pushes the step's word. Raises. */
int am_start_filled(lua_State *L, am_cursor_box *box, am_query *query);
/* Starts a compiled statement that has one parameter with the value at `value`. Raises. */
void am_execute_value(lua_State *L, am_cursor_box *box, const am_compiled *compiled, int value);
/* The cells of many rows, `width` each, become one array per column for unnest (unnest.c): pushes a
 * list of { element type, cast or false } per column and answers 1, or 0 if they cannot; then the
 * cells are gone. Raises. */
int am_push_arrays(lua_State *L, am_params *params, size_t width);

#endif
