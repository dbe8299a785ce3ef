/* A driver without a database: every statement succeeds at once and finds nothing.
 *
 * It stands where sqlite.c or postgresql.c would (driver/driver.h), so that what the library itself
 * costs can be measured, and what it sends can be looked at, without a server. The connection
 * option "columns" (names, separated by commas) says which columns a SELECT has. A connection owns
 * its names; cursors borrow them.
 */
#include "engine/null_driver.h"

#include <string.h>

#include "base/alloc.h"

enum { MOST_COLUMNS = 64 };

typedef struct null_conn {
  am_dbconn base;
  bool in_transaction;
  size_t column_count;
  am_column_info columns[MOST_COLUMNS];
  char *names;
} null_conn;

typedef struct null_cursor {
  am_cursor base;
  bool returns_rows;
} null_cursor;

static null_conn *self(am_dbconn *base) { return (null_conn *)base; }

static void conn_close(am_dbconn *base, bool forked)
{
  (void)forked;
  if (base == NULL) return;
  am_free(self(base)->names);
  am_free(base);
}

static bool read_columns(null_conn *conn, const char *list, am_error *err)
{
  conn->names = am_strdup(list);
  if (conn->names == NULL) return am_error_memory(err);
  for (char *name = conn->names; name != NULL && *name != '\0';) {
    if (conn->column_count == MOST_COLUMNS)
      return am_error_set(err, AM_ERR_ARGUMENT, "null driver: more than %d columns", MOST_COLUMNS);
    char *comma = strchr(name, ',');
    if (comma != NULL) *comma = '\0';
    conn->columns[conn->column_count++].name = name;
    name = comma != NULL ? comma + 1 : NULL;
  }
  return true;
}

static am_dbconn *conn_open(const am_option *options, size_t count, am_error *err)
{
  null_conn *conn = am_calloc(sizeof *conn);
  if (conn == NULL) {
    am_error_memory(err);
    return NULL;
  }
  conn->base.driver = &am_driver_null;
  for (size_t i = 0; i < count; i++) {
    if (strcmp(options[i].name, "columns") != 0) continue;
    if (!read_columns(conn, options[i].value, err)) {
      conn_close(&conn->base, false);
      return NULL;
    }
  }
  return &conn->base;
}

static am_step conn_connect(am_dbconn *base, am_error *err)
{
  (void)base;
  (void)err;
  return AM_STEP_DONE;
}

static int conn_fd(am_dbconn *base)
{
  (void)base;
  return -1;
}

static am_tx_status conn_tx_status(am_dbconn *base)
{
  return self(base)->in_transaction ? AM_TX_OPEN : AM_TX_IDLE;
}

static void *conn_native(am_dbconn *base)
{
  (void)base;
  return NULL;
}

static int conn_server_version(am_dbconn *base)
{
  (void)base;
  return 3040001; /* as SQLite numbers its versions: dialects look at it */
}

static bool conn_cancel(am_dbconn *base, am_error *err)
{
  (void)base;
  (void)err;
  return true;
}

static int conn_cancel_start(am_dbconn *base, am_error *err)
{
  (void)base;
  (void)err;
  return -1;
}

static void conn_set_notice(am_dbconn *base, am_notice_fn fn, void *context)
{
  (void)base;
  (void)fn;
  (void)context;
}

static am_cursor *cursor_new(am_dbconn *base, am_error *err)
{
  null_cursor *cursor = am_calloc(sizeof *cursor);
  if (cursor == NULL) {
    am_error_memory(err);
    return NULL;
  }
  cursor->base.conn = base;
  return &cursor->base;
}

static am_step cursor_start(am_cursor *base, const am_query *query, am_error *err)
{
  (void)err;
  null_conn *conn = self(base->conn);
  if (strncmp(query->sql, "BEGIN", 5) == 0) conn->in_transaction = true;
  if (strcmp(query->sql, "COMMIT") == 0 || strcmp(query->sql, "ROLLBACK") == 0)
    conn->in_transaction = false;
  ((null_cursor *)base)->returns_rows =
      conn->column_count > 0 && strncmp(query->sql, "SELECT", 6) == 0;
  return AM_STEP_DONE;
}

static am_step cursor_step(am_cursor *base, am_error *err)
{
  (void)base;
  (void)err;
  return AM_STEP_DONE;
}

static int cursor_fetch(am_cursor *base, am_cell *cells, am_error *err)
{
  (void)base;
  (void)cells;
  (void)err;
  return 0;
}

static size_t cursor_columns(am_cursor *base, const am_column_info **out_columns)
{
  null_conn *conn = self(base->conn);
  *out_columns = conn->columns;
  return ((null_cursor *)base)->returns_rows ? conn->column_count : 0;
}

static void cursor_summary(am_cursor *base, am_summary *out_summary)
{
  am_summary summary = {0, 0, ((null_cursor *)base)->returns_rows};
  *out_summary = summary;
}

static void cursor_close(am_cursor *base) { am_free(base); }

const am_driver am_driver_null = {
    .abi = AM_DRIVER_ABI,
    .name = "null",
    .open = conn_open,
    .connect = conn_connect,
    .close = conn_close,
    .fd = conn_fd,
    .tx_status = conn_tx_status,
    .native = conn_native,
    .server_version = conn_server_version,
    .cancel = conn_cancel,
    .cancel_start = conn_cancel_start,
    .set_notice = conn_set_notice,
    .cursor = cursor_new,
    .start = cursor_start,
    .step = cursor_step,
    .fetch = cursor_fetch,
    .columns = cursor_columns,
    .summary = cursor_summary,
    .cursor_close = cursor_close,
};
