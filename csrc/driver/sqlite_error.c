/* SQLite's result codes as error classes, as Python's sqlite3 module sorts them; the message is
 * SQLite's own, with a cause behind it where that is known and helps. */
#include "driver/sqlite_private.h"

static am_error_class class_of(int rc)
{
  switch (rc & 0xff) {
    case SQLITE_INTERNAL:
    case SQLITE_NOTFOUND: return AM_ERR_INTERNAL;
    case SQLITE_NOMEM: return AM_ERR_MEMORY;
    case SQLITE_ERROR:
    case SQLITE_PERM:
    case SQLITE_ABORT:
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_READONLY:
    case SQLITE_INTERRUPT:
    case SQLITE_IOERR:
    case SQLITE_FULL:
    case SQLITE_CANTOPEN:
    case SQLITE_PROTOCOL:
    case SQLITE_EMPTY:
    case SQLITE_SCHEMA: return AM_ERR_OPERATIONAL;
    case SQLITE_TOOBIG: return AM_ERR_DATA;
    case SQLITE_CONSTRAINT:
    case SQLITE_MISMATCH: return AM_ERR_INTEGRITY;
    case SQLITE_MISUSE:
    case SQLITE_RANGE: return AM_ERR_INTERFACE;
    default: return AM_ERR_DATABASE;
  }
}

/* What SQLite's message leaves out: causes that a program can do something about. */
static const char *cause_of(int rc)
{
  switch (rc) {
    case SQLITE_READONLY_DBMOVED: return "its file was moved, replaced or deleted; connect again";
    case SQLITE_READONLY_DIRECTORY: return "no journal can be made in its folder";
    case SQLITE_READONLY_ROLLBACK:
    case SQLITE_READONLY_RECOVERY: return "what a crash left has to be written back first";
    case SQLITE_READONLY_CANTINIT: return "its shared memory (-shm) cannot be written";
    case SQLITE_BUSY_SNAPSHOT:
      return "another connection wrote since this transaction first read; roll back, try again";
    default: return NULL;
  }
}

am_step am__sqlite_error(am__sqlite_conn *conn, int rc, am_error *err)
{
  am_error_class cls = class_of(rc);
  if (cls == AM_ERR_MEMORY) {
    am_error_memory(err);
    return AM_STEP_ERROR;
  }
  const char *message = sqlite3_errmsg(conn->db);
  /* The busy handler gave up because of a cancel, not because the lock took too long. */
  if ((rc & 0xff) == SQLITE_BUSY &&
      (atomic_load(&conn->cancelled) || am__sqlite_deadline_passed(conn))) {
    rc = SQLITE_INTERRUPT;
    message = sqlite3_errstr(rc);
  }
  const char *cause = cause_of(rc);
  am_error_set(err, cls, cause != NULL ? "%s (%s)" : "%s", message, cause);
  if (err->code == 0) err->code = rc;
  return AM_STEP_ERROR;
}
