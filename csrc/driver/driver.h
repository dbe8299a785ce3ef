/* The door between the engine and a database: one struct of functions.
 *
 * Every call returns at once. An operation is started (connect, start) and then
 * stepped each time the descriptor is ready, until it answers DONE, ROWS or ERROR;
 * READ, WRITE and READ_WRITE mean "wait for that on am_driver.fd and step again".
 * SQLite answers everything without ever asking to wait. No function here knows Lua.
 *
 * Values cross the door in seven storage classes (am_cell). Whatever is richer
 * (dates, JSON, UUIDs, arrays) travels as EXACT text in the database's ISO or literal
 * spelling and is turned into a value by a type processor above.
 *
 * A connection serves one thread at a time; the pool sees to that. Several cursors
 * may be open on one connection: a driver whose protocol has only one result under way
 * (PostgreSQL) keeps the remaining rows of the older cursor in memory before it starts
 * the next statement.
 */
#ifndef AM_DRIVER_DRIVER_H
#define AM_DRIVER_DRIVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/process.h"

#define AM_DRIVER_ABI 5

typedef enum am_cell_class {
  AM_CELL_NULL,
  AM_CELL_INT,
  AM_CELL_REAL,
  AM_CELL_TEXT,  /* UTF-8 text that is meant as text */
  AM_CELL_BLOB,  /* bytes */
  AM_CELL_BOOL,  /* u.integer is 0 or 1 */
  AM_CELL_EXACT, /* text form of something richer: numeric, date, json, uuid, array ... */
} am_cell_class;

typedef enum am_hint {
#define AM_HINT(id, name, oid, array_oid) AM_HINT_##id,
#include "driver/hints.def"
#undef AM_HINT
  AM_HINT_COUNT
} am_hint;

/* Added to a hint: the parameter is an array of that type, in array literal text, or (class BLOB)
 * in the wire form of the database. */
#define AM_HINT_ARRAY 0x100

/* One value. As a parameter the bytes are borrowed for the duration of the start call and
 * of all steps of that statement (the caller keeps them alive until DONE, ERROR or close). As
 * a result the bytes are borrowed from the driver until the next fetch or step. */
typedef struct am_cell {
  uint8_t cls;   /* am_cell_class */
  uint16_t hint; /* am_hint, parameters only */
  size_t size;   /* bytes of TEXT, BLOB, EXACT */
  union {
    int64_t integer;
    double real;
    const char *bytes; /* not necessarily NUL-terminated */
  } u;
} am_cell;

typedef enum am_step {
  AM_STEP_DONE,       /* finished; the summary is valid */
  AM_STEP_ROWS,       /* rows can be fetched */
  AM_STEP_READ,       /* wait until readable, then step */
  AM_STEP_WRITE,      /* wait until writable, then step */
  AM_STEP_READ_WRITE, /* wait until either, then step */
  AM_STEP_ERROR,      /* the am_error is filled */
} am_step;

typedef struct am_option {
  const char *name;
  const char *value;
} am_option;

enum {
  AM_QUERY_STREAM = 1,     /* rows one batch at a time, memory constant */
  AM_QUERY_NO_PREPARE = 2, /* leave no named prepared statement at the server */
  AM_QUERY_SCRIPT = 4,     /* several statements in one text, no parameters, results dropped */
};

typedef struct am_query {
  const char *sql; /* NUL-terminated UTF-8, borrowed for the start call only */
  size_t sql_size;
  uint64_t id;          /* same id = same text, the key of kept statements; 0 = look at the text */
  const am_cell *cells; /* row_count rows of cell_count parameters */
  size_t cell_count;
  size_t row_count; /* 0 and 1: once; more: the statement runs once per row (executemany) */
  unsigned flags;
  const char *prelude; /* NULL, or a command without parameters and rows (BEGIN) to be run first;
                          borrowed for the start call. Its error is the statement's. It is for
                          drivers that wait: in the same trip to the server where that can be */
  /* For an INSERT with row_count > 1: a text that takes batch_rows rows at once and does what as
   * many single runs do. A driver may use it where that is faster; NULL: there is none. */
  const char *batch_sql;
  size_t batch_sql_size, batch_rows;
  double deadline; /* on the monotonic clock, 0: none. For drivers that run the statement inside
                      start, step and fetch: they end it with an error after that */
} am_query;

typedef struct am_column_info {
  const char *name;      /* borrowed from the cursor */
  uint32_t type_oid;     /* PostgreSQL OID, 0 elsewhere */
  const char *decl_type; /* declared type where the database tells (SQLite), else NULL */
} am_column_info;

typedef struct am_summary {
  int64_t row_count;   /* rows affected; for executemany the sum; -1 unknown */
  int64_t last_row_id; /* SQLite's rowid of the last insert, else 0 */
  bool returns_rows;
} am_summary;

typedef enum am_tx_status {
  AM_TX_IDLE,
  AM_TX_ACTIVE, /* a statement is under way */
  AM_TX_OPEN,   /* in a transaction */
  AM_TX_FAILED, /* in a transaction that can only be rolled back */
  AM_TX_UNKNOWN /* the connection is gone */
} am_tx_status;

typedef struct am_dbconn am_dbconn; /* each driver begins its own struct with am_dbconn */
typedef struct am_cursor am_cursor; /* likewise */
typedef struct am_driver am_driver;

struct am_dbconn {
  const am_driver *driver;
  uint64_t born;  /* microseconds on the monotonic clock, set by whoever opened it: with its
                     descriptor it tells one connection from every other */
  pid_t process;  /* of whoever opened it, set likewise */
  bool immediate; /* set by the driver: start runs what changes something to its end, and does not
                     look at the parameters' bytes afterwards */
};
struct am_cursor {
  am_dbconn *conn;
};

/* In the child of a fork: the other end is the parent's, and no thread of it came along. Nothing
 * may be sent or waited for. */
static inline bool am_dbconn_forked(const am_dbconn *conn) { return conn->process != am_process(); }

/* What the descriptor of cancel_start reports: an 8-byte counter of this value. */
enum { AM_CANCEL_SENT = 1, AM_CANCEL_FAILED = 2 };

typedef void (*am_notice_fn)(void *context, const char *severity, const char *message);

struct am_driver {
  int abi; /* AM_DRIVER_ABI */
  const char *name;

  /* Allocates a connection from options and begins to connect. NULL on failure. */
  am_dbconn *(*open)(const am_option *options, size_t count, am_error *err);
  /* Continues connecting. DONE: the connection is usable. */
  am_step (*connect)(am_dbconn *conn, am_error *err);
  /* Releases everything. `forked` is true in a child that inherited the connection: nothing may be
   * sent to the server then. Never fails; NULL is allowed. Open cursors must be closed before. */
  void (*close)(am_dbconn *conn, bool forked);
  /* Descriptor to wait on, -1 if the driver never waits. The driver owns it; it stays the same
   * number for the life of the connection (a dup), so that a reactor may keep it registered. */
  int (*fd)(am_dbconn *conn);
  am_tx_status (*tx_status)(am_dbconn *conn);
  /* Native handle (PGconn *, sqlite3 *). */
  void *(*native)(am_dbconn *conn);
  /* Server version as one number: PostgreSQL 150004, SQLite 3040001. */
  int (*server_version)(am_dbconn *conn);
  /* From any thread: asks the database to give up the running statement. The statement then ends
   * with an error at its next step. May block briefly; true if the request went out. */
  bool (*cancel)(am_dbconn *conn, am_error *err);
  /* The same without ever blocking. A descriptor that becomes readable when the request has gone
   * out or failed (read AM_CANCEL_SENT or AM_CANCEL_FAILED from it); it is the caller's to close,
   * and the connection may be closed before. -1: it failed (`err` is set) or has gone out already.
   * Until it is known to have gone out, the connection must not start another statement: that
   * would be hit. */
  int (*cancel_start)(am_dbconn *conn, am_error *err);
  void (*set_notice)(am_dbconn *conn, am_notice_fn fn, void *context);

  am_cursor *(*cursor)(am_dbconn *conn, am_error *err);
  am_step (*start)(am_cursor *cursor, const am_query *query, am_error *err);
  am_step (*step)(am_cursor *cursor, am_error *err);
  /* Next row of those at hand into cells[0..columns-1]: 1 row, 0 none at hand (step again),
   * -1 error. */
  int (*fetch)(am_cursor *cursor, am_cell *cells, am_error *err);
  /* Columns of the result; count is 0 for a statement without rows. Valid after the first ROWS or
   * DONE until the cursor starts again. */
  size_t (*columns)(am_cursor *cursor, const am_column_info **out_columns);
  void (*summary)(am_cursor *cursor, am_summary *out_summary);
  /* Ends the statement if it still runs (rest of the result is dropped) and frees the cursor. */
  void (*cursor_close)(am_cursor *cursor);
};

#endif
