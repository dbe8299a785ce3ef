/* Connections and cursors as userdata (bind/dbconn.c): what the other files of bind/ need of them.
 *
 * A connection userdata owns its am_dbconn; the pool takes it out when the connection is checked in and
 * puts it into a fresh userdata when it is checked out, because a pool may serve several Lua states. */
#ifndef AM_BIND_DBCONN_H
#define AM_BIND_DBCONN_H

#include "bind/compat.h"
#include "driver/driver.h"

/* The connection or cursor inside the userdata at `arg`; raises if it is none or closed. */
am_dbconn *am_check_dbconn(lua_State *L, int arg);
am_cursor *am_check_cursor(lua_State *L, int arg);
/* Takes the connection out: its cursors are closed and the userdata is closed from then on, without
 * closing the connection itself. NULL if it was closed already. */
am_dbconn *am_take_dbconn(lua_State *L, int arg);
/* Pushes a connection userdata that is still closed ... */
void am_new_dbconn(lua_State *L);
/* ... and fills it. Cannot fail. */
void am_set_dbconn(lua_State *L, int arg, am_dbconn *take_conn);

#endif
