/* SQLite behind the driver door: connections.
 *
 * Stands below the engine and above sqlite3; cursors are in sqlite_cursor.c, kept statements in
 * sqlite_cache.c, the thread on which statements may run in sqlite_worker.c. Connecting finishes at
 * once; a lock is waited for inside (busy handler) up to the `timeout` option.
 * Invariant: the driver never begins or ends a transaction by itself.
 */
#include <errno.h>
#include <string.h>

#include "base/alloc.h"
#include "driver/sqlite_private.h"

extern const am_driver am_driver_sqlite;

static am__sqlite_conn *self(am_dbconn *conn) { return (am__sqlite_conn *)conn; }

/* Nothing is opened yet: connecting may wait, which is a step of its own. */
static am_dbconn *conn_open(const am_option *options, size_t count, am_error *err)
{
  am__sqlite_conn *conn = am_calloc(sizeof *conn);
  if (conn == NULL) {
    am_error_memory(err);
    return NULL;
  }
  conn->base.driver = &am_driver_sqlite;
  atomic_init(&conn->cancelled, false);
  if (!am__sqlite_options_read(&conn->options, options, count, err)) goto free_conn;
  if (!am_lru_init(&conn->cache, conn->options.kept_statements, err)) goto free_options;
  conn->base.immediate = conn->options.execution == AM__SQLITE_DIRECT;
  return &conn->base;
free_options:
  am__sqlite_options_deinit(&conn->options);
free_conn:
  am_free(conn);
  return NULL;
}

/* Called by SQLite while a lock is held by somebody else; 0 gives up. Replaces
 * sqlite3_busy_timeout, which cannot be cancelled. */
static int on_busy(void *context, int count)
{
  am__sqlite_conn *conn = context;
  struct timespec now;
  if (conn->tentative) return 0;
  clock_gettime(CLOCK_MONOTONIC, &now);
  if (count == 0) conn->busy_since = now;
  double waited = (double)(now.tv_sec - conn->busy_since.tv_sec) +
                  (double)(now.tv_nsec - conn->busy_since.tv_nsec) * 1e-9;
  double left = conn->options.timeout - waited;
  if (left <= 0 || atomic_load(&conn->cancelled) || am__sqlite_deadline_passed(conn)) return 0;
  double nap = count < 5 ? 0.001 * (double)(1 << count) : 0.04;
  if (nap > left) nap = left;
  struct timespec pause = {0, (long)(nap * 1e9)};
  nanosleep(&pause, NULL);
  return 1;
}

/* SQLite does not say which file it cannot open, nor why. A URI's parameters may hold what is
 * nobody's business. */
static void connect_failed(am__sqlite_conn *conn, int rc, am_error *err)
{
  const char *file = conn->options.file;
  int size = (int)(conn->options.uri ? strcspn(file, "?") : strlen(file));
  int cause = sqlite3_system_errno(conn->db);
  if ((rc & 0xff) == SQLITE_CANTOPEN)
    am_error_set(err, AM_ERR_OPERATIONAL, cause != 0 ? "%s: %.*s (%s)" : "%s: %.*s",
                 sqlite3_errmsg(conn->db), size, file, strerror(cause));
  am__sqlite_error(conn, rc, err);
}

/* PRAGMAs of the options run here, so that no statement sees the connection without them. */
static am_step conn_connect(am_dbconn *base, am_error *err)
{
  am__sqlite_conn *conn = self(base);
  if (conn->db != NULL) return AM_STEP_DONE;
  am__sqlite_fork_watch();
  int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX |
              (conn->options.uri ? SQLITE_OPEN_URI : 0);
  int rc = sqlite3_open_v2(conn->options.file, &conn->db, flags, NULL);
  if (conn->db == NULL) {
    am_error_memory(err);
    return AM_STEP_ERROR;
  }
  sqlite3_extended_result_codes(conn->db, 1);
  if (rc == SQLITE_OK) rc = sqlite3_busy_handler(conn->db, on_busy, conn);
  if (rc == SQLITE_OK) rc = am__sqlite_functions_add(conn);
  if (rc == SQLITE_OK && conn->options.pragmas != NULL)
    rc = sqlite3_exec(conn->db, conn->options.pragmas, NULL, NULL, NULL);
  if (rc == SQLITE_OK) return AM_STEP_DONE;
  connect_failed(conn, rc, err);
  sqlite3_close_v2(conn->db);
  conn->db = NULL;
  return AM_STEP_ERROR;
}

static void conn_close(am_dbconn *base, bool forked)
{
  if (base == NULL) return;
  am__sqlite_conn *conn = self(base);
  bool left = am__sqlite_is_left(conn); /* with SQLite's memory and descriptors */
  am__sqlite_worker_free(conn, forked);
  if (!left) {
    am__sqlite_cursor_free_closed(conn);
    am__sqlite_cache_deinit(&conn->cache);
    for (int i = 0; i < 2; i++) sqlite3_finalize(conn->cookies[i]);
    sqlite3_close_v2(conn->db);
    if (conn->utf8 != (locale_t)0) freelocale(conn->utf8);
  }
  am__sqlite_options_deinit(&conn->options);
  am_free(conn);
}

static int conn_fd(am_dbconn *conn) { return am__sqlite_worker_fd(self(conn)); }

static am_tx_status conn_tx_status(am_dbconn *base)
{
  sqlite3 *db = self(base)->db;
  if (db == NULL || am_dbconn_forked(base)) return AM_TX_UNKNOWN;
  am__sqlite_worker_settle(self(base));
  return sqlite3_get_autocommit(db) ? AM_TX_IDLE : AM_TX_OPEN;
}

static void *conn_native(am_dbconn *base) { return self(base)->db; }

static int conn_server_version(am_dbconn *base)
{
  (void)base;
  return sqlite3_libversion_number();
}

static bool conn_cancel(am_dbconn *base, am_error *err)
{
  am__sqlite_conn *conn = self(base);
  if (conn->db == NULL) return am_error_set(err, AM_ERR_INTERFACE, "the connection is not open");
  atomic_store(&conn->cancelled, true);
  sqlite3_interrupt(conn->db);
  return true;
}

/* cancel never blocks here. */
static int conn_cancel_start(am_dbconn *base, am_error *err)
{
  conn_cancel(base, err);
  return -1;
}

static void conn_set_notice(am_dbconn *conn, am_notice_fn fn, void *context)
{
  /* SQLite sends no notices. */
  (void)conn;
  (void)fn;
  (void)context;
}

const am_driver am_driver_sqlite = {
    .abi = AM_DRIVER_ABI,
    .name = "sqlite",
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
    .cursor = am__sqlite_cursor_new,
    .start = am__sqlite_cursor_start,
    .step = am__sqlite_cursor_step,
    .fetch = am__sqlite_cursor_fetch,
    .columns = am__sqlite_cursor_columns,
    .summary = am__sqlite_cursor_summary,
    .cursor_close = am__sqlite_cursor_close,
};
