/* Driver connections and cursors as Lua userdata, and parameters as typed cells.
 *
 * `alchemoon.dbconn` and `alchemoon.cursor` are thin boxes around am_dbconn and am_cursor. They
 * serve as the raw driver connection (conn.raw) and as the handles through which other files of
 * bind/ run compiled statements: take the box, fill box->params with cells, am_cursor_start, and
 * fetch rows with box->conn->conn->driver->fetch or am_cursor_row.
 *
 * Ownership: a connection box owns its am_dbconn unless it was given as borrowed; a cursor box
 * owns its am_cursor and anchors its connection. Closing goes in any order and twice. The boxes of
 * the open cursors hang in a list at their connection: when that goes, they are closed first.
 */
#ifndef AM_BIND_DBCONN_H
#define AM_BIND_DBCONN_H

#include "base/arena.h"
#include "base/vec.h"
#include "bind/bind.h"
#include "driver/driver.h"

#define AM_CLASS_DBCONN "alchemoon.dbconn"
extern const char am_class_cursor[];

/* Parameters being collected: cells, and the bytes that they point to. */
typedef struct am_params {
  am_cell *cells;
  size_t count, capacity;
  am_arena bytes;
  bool borrows; /* added strings are not copied: the cells are cleared before any Lua runs that
                   could let them go */
} am_params;

typedef struct am_notice am_notice;
typedef struct am_cursor_box am_cursor_box;

typedef struct am_dbconn_box {
  am_dbconn *conn; /* NULL: closed or taken away */
  am_cursor_box *cursors;
  am_notice *first_notice, *last_notice;
  size_t notice_count;
  bool owned;       /* closing the box closes the connection */
  bool has_handler; /* on_notice was called with a function */
} am_dbconn_box;

struct am_cursor_box {
  const char *mark;    /* am_class_cursor */
  am_cursor *cursor;   /* NULL: closed */
  am_dbconn_box *conn; /* NULL: closed */
  am_cursor_box *next, *prev;
  am_params params;
  am_vec binds; /* of the statement that quick_select looks at; room that stays */
  am_cell *row; /* room for one row */
  size_t row_capacity;
  size_t column_count; /* of the running result; valid from the first ROWS on */
  double deadline;     /* for the next start, 0: none */
  char *prelude;       /* for the next start, NULL: none */
  am_step step;        /* what the last start or step answered; DONE after an error */
  bool blocking;       /* started by execute: fetching waits by poll */
};

/* --- connections --- */

/* Pushes an empty box; give it a connection with am_dbconn_give. */
am_dbconn_box *am_dbconn_new(lua_State *L);
/* The box holds the connection from now on. `owned`: closing or collecting the box closes it. */
void am_dbconn_give(am_dbconn_box *box, am_dbconn *take_conn, bool owned);
/* Closes the cursors and takes the connection out of the box, which is closed afterwards. */
am_dbconn *am_dbconn_take(am_dbconn_box *box);
/* The same, and closes the connection if the box owns it. */
void am_dbconn_close(am_dbconn_box *box);
/* The box at `arg`; raises if it is something else or (check_open) closed. */
am_dbconn_box *am_dbconn_check(lua_State *L, int arg, bool check_open);
/* Hands queued notices to the on_notice function of the connection at `index`. Calls Lua. */
void am_dbconn_deliver_notices(lua_State *L, int index);
/* Waits by poll(2) for what `step` asks for. seconds < 0: without limit. False when time ran out.
 * */
bool am_dbconn_wait(am_dbconn *conn, am_step step, double seconds);
/* False in the child of a fork, where the connection is its parent's; the error says so. */
bool am_dbconn_is_ours(const am_dbconn *conn, am_error *err);
/* "done", "rows", "read", "write" or "rw". */
const char *am_step_word(am_step step);

/* --- cursors --- */

/* Pushes a new cursor box on the connection at `conn_index`. Raises on failure. */
am_cursor_box *am_cursor_new(lua_State *L, int conn_index);
am_cursor_box *am_cursor_check(lua_State *L, int arg, bool check_open);
/* Does start use up the parameters of a statement that changes something? */
bool am_cursor_is_immediate(const am_cursor_box *box);
/* Starts box->params.cells (or query->cells if set) as the query says. */
am_step am_cursor_start(am_cursor_box *box, const am_query *query, am_error *err);
am_step am_cursor_step(am_cursor_box *box, am_error *err);
/* Next row into box->row: 1 row; 0 none at hand (look at box->step: DONE or a wait); -1 error.
 * With `wait` it polls until there is one. */
int am_cursor_row(am_cursor_box *box, bool wait, am_error *err);
void am_cursor_close(am_cursor_box *box);

/* --- values --- */

void am_params_init(am_params *params);
void am_params_deinit(am_params *params);
/* Forgets the cells; keeps some memory. */
void am_params_clear(am_params *params);
/* Room for so many more cells at once; false when memory runs out. */
bool am_params_reserve(am_params *params, size_t more);
/* One more cell, NULL class; NULL when memory runs out. The pointer is valid until the next add. */
am_cell *am_params_add(am_params *params);
/* Sets class and a copy of the bytes; false when memory runs out. */
bool am_params_set_bytes(am_params *params, am_cell *cell, am_cell_class cls, const char *bytes,
                         size_t size);
/* Adds the Lua value at `index`: nil and NULL, boolean, number, int64 cdata, string (TEXT, or BLOB
 * if hinted BYTEA, or EXACT if hinted as anything else), or an object with __tostring (EXACT).
 * Calls __tostring; raises ProgrammingError for what cannot be bound and when memory runs out. */
void am_params_add_value(lua_State *L, am_params *params, int index, unsigned hint);
/* Pushes the value of a result cell: NULL is nil, EXACT is its text. */
void am_push_cell(lua_State *L, const am_cell *cell);

#endif
