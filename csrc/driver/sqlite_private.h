/* What the files of the SQLite driver share; the door is driver.h.
 *
 * Ownership: the connection owns the kept statements; a cursor borrows one while it runs and gives
 * it back reset. A shape (the columns of a statement) is counted, because a finished cursor still
 * answers for its columns after its statement went to somebody else. One thread at a time uses a
 * connection (its own thread while a job is under way, sqlite_worker.c); only `cancelled` is
 * touched from others.
 */
#ifndef AM_DRIVER_SQLITE_PRIVATE_H
#define AM_DRIVER_SQLITE_PRIVATE_H

#include <locale.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <time.h>

#include "base/arena.h"
#include "base/lru.h"
#include "driver/driver.h"

/* What the first word of a statement says about it. */
typedef enum am__sqlite_kind {
  AM__SQLITE_OTHER,   /* DDL, COMMIT, PRAGMA ...: other cursors' rows are fetched first */
  AM__SQLITE_PASSIVE, /* SELECT, BEGIN, SAVEPOINT, EXPLAIN: leaves other cursors alone */
  AM__SQLITE_CHANGE,  /* INSERT, UPDATE, DELETE, REPLACE, WITH ... of these: counts rows */
} am__sqlite_kind;

typedef struct am__sqlite_shape {
  size_t refs;
  size_t count;
  am_column_info columns[]; /* the names stand behind the array */
} am__sqlite_shape;

typedef struct am__sqlite_rowid am__sqlite_rowid;

typedef struct am__sqlite_entry am__sqlite_entry;
struct am__sqlite_entry {
  am_lru_entry use; /* first: an entry of the connection's cache */
  sqlite3_stmt *stmt;
  am__sqlite_rowid *rowid; /* of an INSERT that returns a key, else NULL */
  am__sqlite_shape *shape; /* NULL until first run, or without columns */
  int reprepared;          /* SQLite's count when the shape was made */
  int param_count;
  am__sqlite_kind kind;
  bool readonly;
  bool running;  /* a cursor has it */
  bool measured; /* was timed by `auto` */
  bool slow;     /* the last time it was worth a thread */
  bool kept;     /* in the cache */
  uint64_t id;
  size_t sql_size;
};

typedef struct am__sqlite_cursor am__sqlite_cursor;
typedef struct am__sqlite_worker am__sqlite_worker;

/* Where statements run. */
typedef enum am__sqlite_execution {
  AM__SQLITE_DIRECT, /* in the caller */
  AM__SQLITE_THREAD, /* on the connection's thread */
  AM__SQLITE_AUTO,   /* there when they are worth it */
} am__sqlite_execution;

typedef struct am__sqlite_options {
  char *file;     /* path or URI, owned */
  char *pragmas;  /* SQL text, owned; NULL = none */
  double timeout; /* seconds to wait for a lock */
  long kept_statements;
  bool uri;
  am__sqlite_execution execution;
} am__sqlite_options;

typedef struct am__sqlite_conn {
  am_dbconn base;
  sqlite3 *db; /* NULL until connected */
  am__sqlite_options options;
  am_lru cache;              /* of am__sqlite_entry */
  am__sqlite_cursor *active; /* cursors whose statement is not finished */
  locale_t utf8;             /* for REGEXP; 0 = the system has none */
  sqlite3_stmt *cookies[2];  /* tell the schema's version, of main and temp; NULL until needed */
  struct timespec busy_since;
  double deadline;           /* of the statement that runs now, 0: none */
  bool watches_clock;        /* the progress handler is set, since the first deadline */
  am__sqlite_worker *worker; /* NULL until the first job */
  unsigned jobs;             /* submitted and not taken */
  am__sqlite_cursor *closed; /* by `later`: closed while the job of another one was under way */
  bool tentative;            /* what runs has somewhere to go: it does not wait for locks */
  bool over_budget;          /* it was stopped because its time was up */
  double budget_until;       /* on the monotonic clock, 0: no limit */
  atomic_bool cancelled;
} am__sqlite_conn;

typedef enum am__sqlite_cursor_state {
  AM__SQLITE_IDLE, /* nothing under way; the summary is valid */
  AM__SQLITE_AT,   /* the statement stands on a row that was not handed out */
  AM__SQLITE_PAST, /* the row it stands on was handed out */
  AM__SQLITE_KEPT, /* rows are in memory; with `entry`: more of them are to be had */
} am__sqlite_cursor_state;

/* Rows kept in memory, first in first out. */
typedef struct am__sqlite_row am__sqlite_row;
struct am__sqlite_row {
  am__sqlite_row *next;
  am_cell cells[];
};
typedef struct am__sqlite_rows {
  am_arena arena;
  am__sqlite_row *first, *last;
  char *spare; /* memory for `spare_count` rows of one column, not yet in the list */
  size_t spare_count;
  bool ready; /* the arena is initialised */
} am__sqlite_rows;

struct am__sqlite_cursor {
  am_cursor base;
  am__sqlite_entry *entry;        /* while the statement runs */
  am__sqlite_entry *batch;        /* its text for many rows, between a failure and its report */
  am__sqlite_shape *shape;        /* columns of the last result */
  am__sqlite_cursor *next, *prev; /* in conn->active, while entry is set */
  am__sqlite_rows rows;
  am_error late; /* met while the rest was fetched into memory; raised when that is used up */
  am_summary summary;
  double deadline; /* of the statement, 0: none */
  double started;  /* when `auto` began it in the caller, 0: it did not */
  am__sqlite_cursor_state state;
  bool stream;
  am__sqlite_cursor *later; /* see conn->closed */
  bool
      has_job; /* was given to the thread, and its outcome not taken; the caller's, unlike these: */
  bool job_done; /* guarded by the worker's mutex, as what follows */
  am_step job_step;
  am_error job_error;
};

static inline am__sqlite_conn *am__sqlite_conn_of(const am__sqlite_cursor *cursor)
{
  return (am__sqlite_conn *)cursor->base.conn;
}

/* sqlite_pragmas.c */
const char *am__sqlite_pragma_name(size_t index); /* NULL: there are no more */
bool am__sqlite_is_pragma(const char *name);
/* Is the value one that SQLite would understand? What is not known here is left to it. */
bool am__sqlite_check_pragma(const char *name, const char *value, am_error *err);

/* sqlite_options.c */
bool am__sqlite_options_read(am__sqlite_options *options, const am_option *list, size_t count,
                             am_error *err);
void am__sqlite_options_deinit(am__sqlite_options *options);

/* sqlite_deadline.c */
/* Seconds of the monotonic clock. */
double am__sqlite_now(void);
/* The statement that runs next must end by then (0: no limit). */
void am__sqlite_deadline_set(am__sqlite_conn *conn, double deadline);
bool am__sqlite_deadline_passed(const am__sqlite_conn *conn);
/* What runs has to end now: it was cancelled, or its time is up. */
bool am__sqlite_stop_wanted(am__sqlite_conn *conn);
/* From now on deadlines, budgets and cancels are looked for while statements run. */
void am__sqlite_deadline_watch(am__sqlite_conn *conn);

/* sqlite_error.c: fills `err` from the connection's last error. Always returns AM_STEP_ERROR. */
am_step am__sqlite_error(am__sqlite_conn *conn, int rc, am_error *err);

/* sqlite_cache.c */
void am__sqlite_cache_deinit(am_lru *cache);
/* A statement for the query, marked as running. NULL with an error set, or without one if the text
 * holds no statement. */
am__sqlite_entry *am__sqlite_entry_take(am__sqlite_conn *conn, const am_query *query,
                                        am_error *err);
/* Resets it and gives it back. */
void am__sqlite_entry_release(am__sqlite_entry *entry);
/* Brings entry->shape up to date (after the first step of a run); false: no memory. */
bool am__sqlite_entry_shape(am__sqlite_entry *entry, am_error *err);
void am__sqlite_shape_unref(am__sqlite_shape *shape);
/* True if nothing but white space, comments and semicolons is left. */
bool am__sqlite_blank(const char *sql);

/* sqlite_cursor.c */
am_cursor *am__sqlite_cursor_new(am_dbconn *conn, am_error *err);
am_step am__sqlite_cursor_start(am_cursor *cursor, const am_query *query, am_error *err);
am_step am__sqlite_cursor_step(am_cursor *cursor, am_error *err);
int am__sqlite_cursor_fetch(am_cursor *cursor, am_cell *cells, am_error *err);
size_t am__sqlite_cursor_columns(am_cursor *cursor, const am_column_info **out_columns);
void am__sqlite_cursor_summary(am_cursor *cursor, am_summary *out_summary);
void am__sqlite_cursor_close(am_cursor *cursor);
/* Frees cursors that were closed while the handle was not to be had. */
void am__sqlite_cursor_free_closed(am__sqlite_conn *conn);
/* Runs the query in this thread, with its entry (NULL: takes one). */
am_step am__sqlite_cursor_run(am__sqlite_cursor *cursor, am__sqlite_entry *entry,
                              const am_query *query, am_error *err);
/* The same and fetches the rows into memory, all, or of a stream the first ones; without a query
 * the next ones of a stream. */
am_step am__sqlite_cursor_collect(am__sqlite_cursor *cursor, const am_query *query, am_error *err);

/* sqlite_fork.c */
/* To be called before the first connection is opened: forks are told. */
void am__sqlite_fork_watch(void);
/* In the child of a fork: is the handle not to be touched, not even to close it? */
bool am__sqlite_is_left(am__sqlite_conn *conn);

/* sqlite_worker.c */
/* Runs the query here or on the thread, as the option says. READ: wait for the descriptor and
 * step. */
am_step am__sqlite_worker_start(am__sqlite_cursor *cursor, const am_query *query, am_error *err);
/* Gives the query, or (NULL) the fetching of more rows, to the thread. */
am_step am__sqlite_worker_submit(am__sqlite_cursor *cursor, const am_query *query, am_error *err);
/* What came of the job of the cursor; READ while it is under way. */
am_step am__sqlite_worker_take(am__sqlite_cursor *cursor, am_error *err);
/* Interrupts the job of the cursor, waits for its end and forgets it. */
void am__sqlite_worker_abandon(am__sqlite_cursor *cursor);
/* Waits until no job is under way: the handle is the caller's. */
void am__sqlite_worker_settle(am__sqlite_conn *conn);
/* Is a job under way? */
bool am__sqlite_worker_busy(am__sqlite_conn *conn);
/* The descriptor to wait on; -1: nothing is to be waited for. */
int am__sqlite_worker_fd(am__sqlite_conn *conn);
void am__sqlite_worker_free(am__sqlite_conn *conn, bool forked);
/* How long the statement took. */
void am__sqlite_worker_measured(am__sqlite_entry *entry, double seconds);

/* sqlite_rows.c */
/* Copies the statement's current row to the end; false: no memory. */
bool am__sqlite_rows_add(am__sqlite_rows *rows, sqlite3_stmt *stmt, size_t count);
/* Makes room for so many rows of one integer; false: no memory. */
bool am__sqlite_rows_reserve(am__sqlite_rows *rows, size_t count);
/* Adds such a row, for which room was made. */
void am__sqlite_rows_add_key(am__sqlite_rows *rows, int64_t key);
/* Removes the first row; false if there is none. The bytes live until the next clear. */
bool am__sqlite_rows_pop(am__sqlite_rows *rows, size_t count, am_cell *cells);
void am__sqlite_rows_clear(am__sqlite_rows *rows);
void am__sqlite_rows_deinit(am__sqlite_rows *rows);
/* Decodes the statement's current row; false: no memory. */
bool am__sqlite_row_read(sqlite3_stmt *stmt, size_t count, am_cell *cells);

/* sqlite_rowid.c */
/* What can be known from the text; NULL: it is no INSERT of rows that returns one column, or there
 * is no memory. */
am__sqlite_rowid *am__sqlite_rowid_parse(const char *sql, size_t size);
void am__sqlite_rowid_free(am__sqlite_rowid *rowid);
/* Ends a run that failed. */
void am__sqlite_rowid_reset(am__sqlite_rowid *rowid);
/* The INSERT without RETURNING, to be run so often, if what it would return can be told without;
 * else NULL. */
sqlite3_stmt *am__sqlite_rowid_plain(am__sqlite_conn *conn, am__sqlite_entry *entry, size_t runs);
/* From now on the keys of inserted rows go to the cursor's rows; false: no memory. */
bool am__sqlite_rowid_watch(am__sqlite_cursor *cursor);
void am__sqlite_rowid_unwatch(am__sqlite_cursor *cursor);

/* sqlite_function.c: REGEXP and, where the library lacks them, mathematical functions. */
int am__sqlite_functions_add(am__sqlite_conn *conn);
/* sqlite_regexp.c */
int am__sqlite_regexp_add(am__sqlite_conn *conn);

#endif
