/* PostgreSQL's composite texts as Lua tables, for the type processors of other files. */
#ifndef AM_BIND_PGTEXT_H
#define AM_BIND_PGTEXT_H

#include "bind/bind.h"
#include "value/array.h"
#include "value/hstore.h"

/* Pushes the value of one array element; on failure pushes nothing and fills err. */
typedef bool am_cell_decode(lua_State *L, const char *text, size_t size, void *context,
                            am_error *err);

/* Pushes the list (nested for more dimensions, null for NULL) that an array literal denotes. On
 * failure nothing is pushed. `text` must stay valid: it is anchored by the caller. */
bool am_push_array(lua_State *L, const char *text, size_t size, char delimiter,
                   am_cell_decode *decode, void *context, am_error *err);
/* Pushes the table of an hstore text; NULL values are null. */
bool am_push_hstore(lua_State *L, const char *text, size_t size, am_error *err);
/* Appends the literal text of a table of strings, numbers, booleans and nulls, keys sorted. */
bool am_read_hstore(lua_State *L, int index, am_strbuf *out, am_error *err);
/* Appends what the server reads as that value: strings as they are, numbers, booleans, our
 * values. */
bool am_read_cell(lua_State *L, int index, am_strbuf *out, am_error *err);

#endif
