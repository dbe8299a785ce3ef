/* PostgreSQL behind the driver door: connections, through libpq's asynchronous calls only.
 *
 * Stands below the engine and above libpq. The only things that may block are name resolution in
 * PQconnectStartParams (pass hostaddr to avoid it) and cancel, which opens a connection of its own
 * (cancel_start does that on a thread).
 * The descriptor handed out is a dup of libpq's socket: libpq may close and reopen its own under
 * the same number while connecting, and a reactor must not be fooled by that.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "driver/postgresql_private.h"

extern const am_driver am_driver_postgresql;

static am__pg_conn *self(am_dbconn *conn) { return (am__pg_conn *)conn; }

/* Makes conn->fd a dup of the socket that libpq uses now; the number stays. */
static bool follow_socket(am__pg_conn *conn, am_error *err)
{
  int socket = PQsocket(conn->pg);
  struct stat now;
  if (socket < 0) return true; /* between two hosts */
  if (fstat(socket, &now) != 0) goto failed;
  if (conn->fd >= 0 && now.st_dev == conn->fd_device && now.st_ino == conn->fd_inode) return true;
  if (conn->fd < 0) conn->fd = fcntl(socket, F_DUPFD_CLOEXEC, 3);
  else if (dup3(socket, conn->fd, O_CLOEXEC) < 0) goto failed;
  if (conn->fd < 0) goto failed;
  conn->fd_device = now.st_dev;
  conn->fd_inode = now.st_ino;
  return true;
failed:
  return am_error_set(err, AM_ERR_OPERATIONAL, "cannot watch the connection: %s", strerror(errno));
}

static void on_notice(void *context, const PGresult *result)
{
  am__pg_conn *conn = context;
  if (conn->notice == NULL) return;
  const char *severity = PQresultErrorField(result, PG_DIAG_SEVERITY_NONLOCALIZED);
  const char *message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
  if (severity == NULL) severity = "WARNING"; /* made by libpq */
  if (message == NULL) message = PQresultErrorMessage(result);
  conn->notice(conn->notice_context, severity, message);
}

static void conn_free(am__pg_conn *conn)
{
  am__pg_cache_deinit(&conn->cache);
  if (conn->cancel != NULL) PQfreeCancel(conn->cancel);
  if (conn->pg != NULL) PQfinish(conn->pg);
  if (conn->fd >= 0) close(conn->fd);
  am_free(conn);
}

static am_dbconn *conn_open(const am_option *list, size_t count, am_error *err)
{
  am__pg_options options;
  if (!am__pg_options_read(&options, list, count, err)) return NULL;
  am__pg_conn *conn = am_calloc(sizeof *conn);
  if (conn == NULL) {
    am_error_memory(err);
    goto free_options;
  }
  conn->base.driver = &am_driver_postgresql;
  conn->fd = -1;
  atomic_init(&conn->cancelled, false);
  if (!am__pg_cache_init(&conn->cache, options.kept_statements, err)) goto free_conn;
  conn->pg = PQconnectStartParams(options.keywords, options.values, 0);
  if (conn->pg == NULL) {
    am_error_memory(err);
    goto free_conn;
  }
  PQsetNoticeReceiver(conn->pg, on_notice, conn);
  if (PQstatus(conn->pg) == CONNECTION_BAD) {
    am__pg_error_conn(conn, err);
    goto free_conn;
  }
  if (!follow_socket(conn, err)) goto free_conn;
  am_free(options.keywords);
  return &conn->base;
free_conn:
  conn_free(conn);
free_options:
  am_free(options.keywords);
  return NULL;
}

static bool is_set(am__pg_conn *conn, const char *name, const char *start)
{
  const char *value = PQparameterStatus(conn->pg, name);
  return value == NULL || strncmp(value, start, strlen(start)) == 0;
}

/* Dates and intervals are read as text in these styles. Servers have them by default. */
static const char *session_settings(am__pg_conn *conn)
{
  bool iso = is_set(conn, "DateStyle", "ISO");
  bool postgres = is_set(conn, "IntervalStyle", "postgres");
  bool exact = PQserverVersion(conn->pg) >= 120000;
  if (iso && postgres && exact) return NULL;
  return exact ? "SET datestyle TO 'ISO'; SET intervalstyle TO 'postgres'"
               : "SET datestyle TO 'ISO'; SET intervalstyle TO 'postgres'; "
                 "SET extra_float_digits TO 3";
}

/* The server is there; settings of the session are one more statement to wait for. */
static am_step finish_connect(am__pg_conn *conn, am_error *err)
{
  conn->cancel = PQgetCancel(conn->pg);
  if (conn->cancel == NULL) {
    am_error_memory(err);
    return AM_STEP_ERROR;
  }
  if (PQsetnonblocking(conn->pg, 1) != 0) return am__pg_error_conn(conn, err);
  const char *settings = session_settings(conn);
  if (settings == NULL) {
    conn->connected = true;
    return AM_STEP_DONE;
  }
  conn->setting_up = true;
  if (!PQsendQuery(conn->pg, settings)) return am__pg_error_conn(conn, err);
  if (!am__pg_flush(conn, err)) return AM_STEP_ERROR;
  return am__pg_wait(conn);
}

static am_step read_settings(am__pg_conn *conn, am_error *err)
{
  if (conn->unflushed && !am__pg_flush(conn, err)) return AM_STEP_ERROR;
  if (!PQconsumeInput(conn->pg)) return am__pg_error_conn(conn, err);
  while (!PQisBusy(conn->pg)) {
    PGresult *result = PQgetResult(conn->pg);
    if (result == NULL) {
      if (err->cls != AM_ERR_NONE) return AM_STEP_ERROR;
      conn->setting_up = false;
      conn->connected = true;
      return AM_STEP_DONE;
    }
    if (PQresultStatus(result) != PGRES_COMMAND_OK) am__pg_error_result(conn, result, err);
    PQclear(result);
  }
  return am__pg_wait(conn);
}

static am_step conn_connect(am_dbconn *base, am_error *err)
{
  am__pg_conn *conn = self(base);
  if (conn->connected) return AM_STEP_DONE;
  if (conn->setting_up) return read_settings(conn, err);
  if (!conn->watched) { /* libpq wants its socket to be writable before the first poll */
    conn->watched = true;
    return AM_STEP_WRITE;
  }
  PostgresPollingStatusType status = PQconnectPoll(conn->pg);
  if (status == PGRES_POLLING_FAILED) return am__pg_error_conn(conn, err);
  if (!follow_socket(conn, err)) return AM_STEP_ERROR;
  if (status == PGRES_POLLING_OK) return finish_connect(conn, err);
  return status == PGRES_POLLING_WRITING ? AM_STEP_WRITE : AM_STEP_READ;
}

static void conn_close(am_dbconn *base, bool forked)
{
  if (base == NULL) return;
  am__pg_conn *conn = self(base);
  if (forked && PQsocket(conn->pg) >= 0) {
    /* The parent's connection must not see a Terminate message: it goes nowhere. */
    int nowhere = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (nowhere >= 0) {
      dup2(nowhere, PQsocket(conn->pg));
      close(nowhere);
    } else { /* no descriptor left */
      close(PQsocket(conn->pg));
    }
  }
  if (!forked && conn->connected) am__pg_cancel_abandoned(conn);
  conn_free(conn);
}

static int conn_fd(am_dbconn *base) { return self(base)->fd; }

static am_tx_status conn_tx_status(am_dbconn *base)
{
  if (self(base)->broken) return AM_TX_UNKNOWN;
  switch (PQtransactionStatus(self(base)->pg)) {
    case PQTRANS_IDLE: return AM_TX_IDLE;
    case PQTRANS_ACTIVE: return AM_TX_ACTIVE;
    case PQTRANS_INTRANS: return AM_TX_OPEN;
    case PQTRANS_INERROR: return AM_TX_FAILED;
    default: return AM_TX_UNKNOWN;
  }
}

static void *conn_native(am_dbconn *base) { return self(base)->pg; }

static int conn_server_version(am_dbconn *base) { return PQserverVersion(self(base)->pg); }

static bool conn_cancel(am_dbconn *base, am_error *err)
{
  char problem[256] = "";
  PGcancel *cancel = self(base)->cancel;
  if (cancel == NULL) return am_error_set(err, AM_ERR_INTERFACE, "the connection is not open");
  /* Between Parse and Execute the server has nothing to cancel: the driver looks there itself. */
  atomic_store(&self(base)->cancelled, true);
  if (PQcancel(cancel, problem, sizeof problem)) return true;
  return am_error_set(err, AM_ERR_OPERATIONAL, "the statement could not be cancelled: %s", problem);
}

static void conn_set_notice(am_dbconn *base, am_notice_fn fn, void *context)
{
  self(base)->notice = fn;
  self(base)->notice_context = context;
}

const am_driver am_driver_postgresql = {
    .abi = AM_DRIVER_ABI,
    .name = "postgresql",
    .open = conn_open,
    .connect = conn_connect,
    .close = conn_close,
    .fd = conn_fd,
    .tx_status = conn_tx_status,
    .native = conn_native,
    .server_version = conn_server_version,
    .cancel = conn_cancel,
    .cancel_start = am__pg_cancel_start,
    .set_notice = conn_set_notice,
    .cursor = am__pg_cursor_new,
    .start = am__pg_cursor_start,
    .step = am__pg_cursor_step,
    .fetch = am__pg_cursor_fetch,
    .columns = am__pg_cursor_columns,
    .summary = am__pg_cursor_summary,
    .cursor_close = am__pg_cursor_close,
};
