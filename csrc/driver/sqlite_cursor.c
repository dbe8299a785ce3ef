/* Running a statement on SQLite: bind, step, hand out rows.
 *
 * A SELECT is stepped while its rows are fetched, so a result of any size needs one row of memory.
 * A statement that changes something and returns rows (RETURNING) is run to its end at
 * start, rows kept, so that its effect does not depend on who fetches.
 * Invariant: before a statement that may disturb readers (a change, DDL, COMMIT, ROLLBACK), the
 * rest of every other open result of the connection is fetched into memory, unless that result
 * streams.
 */
#include <string.h>

#include "base/alloc.h"
#include "driver/sqlite_private.h"

enum { STREAM_BATCH = 500 }; /* rows of a stream that the thread fetches at once */

static am__sqlite_cursor *self(am_cursor *cursor) { return (am__sqlite_cursor *)cursor; }

am_cursor *am__sqlite_cursor_new(am_dbconn *conn, am_error *err)
{
  am__sqlite_cursor *cursor = am_calloc(sizeof *cursor);
  if (cursor == NULL) {
    am_error_memory(err);
    return NULL;
  }
  cursor->base.conn = conn;
  return &cursor->base;
}

static void attach(am__sqlite_cursor *cursor, am__sqlite_entry *entry)
{
  am__sqlite_conn *conn = am__sqlite_conn_of(cursor);
  cursor->entry = entry;
  cursor->prev = NULL;
  cursor->next = conn->active;
  if (conn->active != NULL) conn->active->prev = cursor;
  conn->active = cursor;
}

/* Gives the statement back; columns, summary and kept rows stay. */
static void detach(am__sqlite_cursor *cursor)
{
  if (cursor->entry == NULL) return;
  am__sqlite_conn *conn = am__sqlite_conn_of(cursor);
  if (cursor->prev != NULL) cursor->prev->next = cursor->next;
  else conn->active = cursor->next;
  if (cursor->next != NULL) cursor->next->prev = cursor->prev;
  am__sqlite_entry_release(cursor->entry);
  cursor->entry = NULL;
}

static void clear(am__sqlite_cursor *cursor)
{
  detach(cursor);
  am__sqlite_shape_unref(cursor->shape);
  cursor->shape = NULL;
  am__sqlite_rows_clear(&cursor->rows);
  am_error_clear(&cursor->late);
  cursor->state = AM__SQLITE_IDLE;
  am_summary none = {-1, 0, false};
  cursor->summary = none;
}

static am_step fail(am__sqlite_cursor *cursor, int rc, am_error *err)
{
  am__sqlite_error(am__sqlite_conn_of(cursor), rc, err);
  if (cursor->batch != NULL) am__sqlite_entry_release(cursor->batch);
  cursor->batch = NULL;
  clear(cursor);
  return AM_STEP_ERROR;
}

static am_step fail_memory(am__sqlite_cursor *cursor, am_error *err)
{
  am_error_memory(err);
  clear(cursor);
  return AM_STEP_ERROR;
}

static int bind_cell(sqlite3_stmt *stmt, int index, const am_cell *cell)
{
  const char *bytes = cell->u.bytes;
  switch (cell->cls) {
    case AM_CELL_INT:
    case AM_CELL_BOOL: return sqlite3_bind_int64(stmt, index, cell->u.integer);
    case AM_CELL_REAL: return sqlite3_bind_double(stmt, index, cell->u.real);
    case AM_CELL_TEXT:
    case AM_CELL_EXACT:
      if (bytes == NULL) bytes = "";
      return sqlite3_bind_text64(stmt, index, bytes, cell->size, SQLITE_STATIC, SQLITE_UTF8);
    case AM_CELL_BLOB:
      if (bytes == NULL) bytes = "";
      return sqlite3_bind_blob64(stmt, index, bytes, cell->size, SQLITE_STATIC);
    default: return sqlite3_bind_null(stmt, index);
  }
}

static int bind_row(sqlite3_stmt *stmt, const am_cell *cells, size_t count)
{
  int rc = SQLITE_OK;
  for (size_t i = 0; i < count && rc == SQLITE_OK; i++) rc = bind_cell(stmt, (int)i + 1, &cells[i]);
  return rc;
}

/* The statement reached its end: takes what SQLite counted. */
static void count_changes(am__sqlite_cursor *cursor)
{
  sqlite3 *db = am__sqlite_conn_of(cursor)->db;
  if (cursor->entry->kind != AM__SQLITE_CHANGE) return;
  if (cursor->summary.row_count < 0) cursor->summary.row_count = 0;
  cursor->summary.row_count += sqlite3_changes(db);
  cursor->summary.last_row_id = sqlite3_last_insert_rowid(db);
}

static bool take_shape(am__sqlite_cursor *cursor, am_error *err)
{
  if (!am__sqlite_entry_shape(cursor->entry, err)) return false;
  am__sqlite_shape *shape = cursor->entry->shape;
  if (shape == cursor->shape) return true;
  am__sqlite_shape_unref(cursor->shape);
  cursor->shape = shape;
  if (shape != NULL) shape->refs++;
  cursor->summary.returns_rows = shape != NULL;
  return true;
}

/* Fetches the rest of a result into memory and gives its statement back. */
static void keep_rest(am__sqlite_cursor *cursor)
{
  sqlite3_stmt *stmt = cursor->entry->stmt;
  size_t count = cursor->shape->count;
  bool enough = true;
  int rc = cursor->state == AM__SQLITE_AT ? SQLITE_ROW : sqlite3_step(stmt);
  while (rc == SQLITE_ROW && (enough = am__sqlite_rows_add(&cursor->rows, stmt, count)))
    rc = sqlite3_step(stmt);
  if (!enough) am_error_memory(&cursor->late);
  else if (rc != SQLITE_DONE) am__sqlite_error(am__sqlite_conn_of(cursor), rc, &cursor->late);
  detach(cursor);
  cursor->state = AM__SQLITE_KEPT;
}

static void keep_others(am__sqlite_conn *conn, const am__sqlite_cursor *starting)
{
  am__sqlite_cursor *cursor = conn->active;
  while (cursor != NULL) {
    am__sqlite_cursor *next = cursor->next;
    if (cursor != starting && !cursor->stream) keep_rest(cursor);
    cursor = next;
  }
}

/* Runs as many rows as fit into the query's batch text and returns how many that were. One run of a
 * statement costs SQLite as much as several rows do. A constraint that fails takes the whole batch
 * back: its rows are left to be run one by one, so that those before the bad one stay, as they
 * should. Not outside a transaction, where each row has its own, and not if the failure did more
 * than take the batch back (ON CONFLICT ROLLBACK, FAIL): that is *out_rc. */
static size_t run_batches(am__sqlite_cursor *cursor, const am_query *query, int *out_rc)
{
  am__sqlite_conn *conn = am__sqlite_conn_of(cursor);
  size_t done = 0;
  *out_rc = SQLITE_OK;
  if (query->batch_rows < 2 || query->row_count < query->batch_rows ||
      sqlite3_get_autocommit(conn->db))
    return 0;
  am_query batch = {.sql = query->batch_sql, .sql_size = query->batch_sql_size};
  am_error ignored = AM_ERROR_INIT;
  am__sqlite_entry *entry = am__sqlite_entry_take(conn, &batch, &ignored);
  am_error_clear(&ignored);
  if (entry == NULL) return 0; /* more parameters than this library takes, say */
  size_t cells = query->batch_rows * query->cell_count;
  while (query->row_count - done >= query->batch_rows && (size_t)entry->param_count == cells) {
    int rc = bind_row(entry->stmt, query->cells + done * query->cell_count, cells);
    if (rc == SQLITE_OK) rc = sqlite3_step(entry->stmt);
    if (rc != SQLITE_DONE) {
      bool taken_back = (rc & 0xff) == SQLITE_CONSTRAINT && !sqlite3_get_autocommit(conn->db) &&
                        sqlite3_changes(conn->db) == 0;
      if (!taken_back) *out_rc = rc;
      break;
    }
    count_changes(cursor);
    sqlite3_reset(entry->stmt);
    done += query->batch_rows;
  }
  if (*out_rc == SQLITE_OK) am__sqlite_entry_release(entry);
  else cursor->batch = entry; /* released when the error has been read */
  return done;
}

/* The statement has run to its end. */
static am_step finish_whole(am__sqlite_cursor *cursor)
{
  detach(cursor);
  if (cursor->rows.first == NULL) return AM_STEP_DONE;
  cursor->state = AM__SQLITE_KEPT;
  return AM_STEP_ROWS;
}

/* Runs an INSERT for rows of parameters without its RETURNING; the keys become the result's rows
 * (sqlite_rowid.c). */
static am_step run_plain(am__sqlite_cursor *cursor, sqlite3_stmt *plain, const am_query *query,
                         size_t first, size_t rounds, am_error *err)
{
  const am_cell *cells = query->cells + first * query->cell_count;
  if (!take_shape(cursor, err)) return fail_memory(cursor, err);
  for (size_t i = first; i < rounds; i++, cells += query->cell_count) {
    int rc = bind_row(plain, cells, query->cell_count);
    if (rc == SQLITE_OK && !am__sqlite_rowid_watch(cursor)) return fail_memory(cursor, err);
    if (rc == SQLITE_OK) rc = sqlite3_step(plain);
    am__sqlite_rowid_unwatch(cursor);
    if (rc != SQLITE_DONE) return fail(cursor, rc, err);
    count_changes(cursor);
    sqlite3_reset(plain);
  }
  return finish_whole(cursor);
}

/* The statement without RETURNING for the row at hand and those behind it, if there is one. Asked
 * for the first row, and for the second, when the first has begun the transaction. */
static sqlite3_stmt *plain_from(am__sqlite_cursor *cursor, size_t row, size_t rounds)
{
  am__sqlite_entry *entry = cursor->entry;
  if (entry->rowid == NULL || row > 1) return NULL;
  return am__sqlite_rowid_plain(am__sqlite_conn_of(cursor), entry, rounds - row);
}

/* Runs the statement to its end for every row of parameters; rows that it returns are kept. */
static am_step run_whole(am__sqlite_cursor *cursor, const am_query *query, am_error *err)
{
  sqlite3_stmt *stmt = cursor->entry->stmt, *plain = NULL;
  size_t rounds = query->row_count > 1 ? query->row_count : 1;
  int batch_rc = SQLITE_OK;
  size_t done = query->batch_sql != NULL ? run_batches(cursor, query, &batch_rc) : 0;
  if (batch_rc != SQLITE_OK) return fail(cursor, batch_rc, err);
  const am_cell *cells = query->cells + done * query->cell_count;
  for (size_t i = done; i < rounds; i++, cells += query->cell_count) {
    if ((plain = plain_from(cursor, i, rounds)) != NULL)
      return run_plain(cursor, plain, query, i, rounds, err);
    int rc = bind_row(stmt, cells, query->cell_count);
    if (rc == SQLITE_OK) rc = sqlite3_step(stmt);
    if (i == done && (rc == SQLITE_ROW || rc == SQLITE_DONE) && !take_shape(cursor, err))
      return fail_memory(cursor, err);
    while (rc == SQLITE_ROW) {
      if (!am__sqlite_rows_add(&cursor->rows, stmt, cursor->shape->count))
        return fail_memory(cursor, err);
      rc = sqlite3_step(stmt);
    }
    if (rc != SQLITE_DONE) return fail(cursor, rc, err);
    count_changes(cursor);
    sqlite3_reset(stmt);
  }
  return finish_whole(cursor);
}

/* One step of a statement whose rows are fetched as they come. */
static am_step advance(am__sqlite_cursor *cursor, am_error *err)
{
  am__sqlite_conn_of(cursor)->deadline = cursor->deadline;
  int rc = sqlite3_step(cursor->entry->stmt);
  if (rc == SQLITE_ROW) {
    cursor->state = AM__SQLITE_AT;
    return AM_STEP_ROWS;
  }
  if (rc != SQLITE_DONE) return fail(cursor, rc, err);
  cursor->state = AM__SQLITE_IDLE;
  return AM_STEP_DONE;
}

static am_step run_lazily(am__sqlite_cursor *cursor, const am_query *query, am_error *err)
{
  int rc = bind_row(cursor->entry->stmt, query->cells, query->cell_count);
  if (rc != SQLITE_OK) return fail(cursor, rc, err);
  am_step step = advance(cursor, err);
  if (step == AM_STEP_ERROR) return step;
  /* Only now are the columns certain: the first step prepares anew after a schema change. */
  if (!take_shape(cursor, err)) return fail_memory(cursor, err);
  if (step == AM_STEP_DONE) {
    count_changes(cursor);
    detach(cursor);
  }
  return step;
}

/* Statement by statement; rows are dropped, as a script has no result. */
static am_step run_script(am__sqlite_cursor *cursor, const am_query *query, am_error *err)
{
  am__sqlite_conn *conn = am__sqlite_conn_of(cursor);
  keep_others(conn, cursor);
  const char *sql = query->sql;
  while (!am__sqlite_blank(sql)) {
    sqlite3_stmt *stmt = NULL;
    int rc = sqlite3_prepare_v2(conn->db, sql, -1, &stmt, &sql);
    if (rc == SQLITE_OK && stmt != NULL) {
      do rc = sqlite3_step(stmt);
      while (rc == SQLITE_ROW);
      if (rc == SQLITE_DONE) rc = SQLITE_OK;
    }
    if (rc != SQLITE_OK) am__sqlite_error(conn, rc, err);
    sqlite3_finalize(stmt);
    if (rc != SQLITE_OK) return AM_STEP_ERROR;
  }
  return AM_STEP_DONE;
}

static bool check_parameters(const am__sqlite_entry *entry, const am_query *query, am_error *err)
{
  if ((size_t)entry->param_count != query->cell_count)
    return am_error_set(err, AM_ERR_PROGRAMMING,
                        "Incorrect number of parameters: the statement takes %d, %zu given",
                        entry->param_count, query->cell_count);
  if (query->row_count > 1 && entry->kind != AM__SQLITE_CHANGE)
    return am_error_set(err, AM_ERR_PROGRAMMING, "executemany() can only execute DML statements.");
  return true;
}

am_step am__sqlite_cursor_start(am_cursor *base, const am_query *query, am_error *err)
{
  am__sqlite_cursor *cursor = self(base);
  am__sqlite_conn *conn = am__sqlite_conn_of(cursor);
  am__sqlite_worker_abandon(cursor);
  am__sqlite_worker_settle(conn);
  am__sqlite_cursor_free_closed(conn);
  clear(cursor);
  if (conn->db == NULL) {
    am_error_set(err, AM_ERR_INTERFACE, "the connection is not open");
    return AM_STEP_ERROR;
  }
  atomic_store_explicit(&conn->cancelled, false, memory_order_relaxed);
  cursor->deadline = query->deadline;
  cursor->started = 0;
  am__sqlite_deadline_set(conn, query->deadline);
  if (conn->options.execution != AM__SQLITE_DIRECT)
    return am__sqlite_worker_start(cursor, query, err);
  return am__sqlite_cursor_run(cursor, NULL, query, err);
}

am_step am__sqlite_cursor_run(am__sqlite_cursor *cursor, am__sqlite_entry *entry,
                              const am_query *query, am_error *err)
{
  am__sqlite_conn *conn = am__sqlite_conn_of(cursor);
  if (query->flags & AM_QUERY_SCRIPT) return run_script(cursor, query, err);
  if (entry == NULL) entry = am__sqlite_entry_take(conn, query, err);
  if (entry == NULL) return err->cls == AM_ERR_NONE ? AM_STEP_DONE : AM_STEP_ERROR;
  attach(cursor, entry);
  cursor->stream = (query->flags & AM_QUERY_STREAM) != 0;
  if (!check_parameters(entry, query, err)) {
    clear(cursor);
    return AM_STEP_ERROR;
  }
  if (entry->kind != AM__SQLITE_PASSIVE && cursor->next != NULL) keep_others(conn, cursor);
  if (entry->readonly && query->row_count <= 1) return run_lazily(cursor, query, err);
  return run_whole(cursor, query, err);
}

/* Rows into memory until the statement ends, or `most` of them are there. */
static am_step collect(am__sqlite_cursor *cursor, size_t most, am_error *err)
{
  size_t count = cursor->shape->count;
  am__sqlite_rows_clear(&cursor->rows);
  while (most-- > 0) {
    if (cursor->state == AM__SQLITE_PAST) {
      am_step step = advance(cursor, err);
      if (step == AM_STEP_ERROR) return step;
      if (step == AM_STEP_DONE) {
        detach(cursor);
        break;
      }
    }
    if (!am__sqlite_rows_add(&cursor->rows, cursor->entry->stmt, count))
      return fail_memory(cursor, err);
    cursor->state = AM__SQLITE_PAST;
  }
  if (cursor->rows.first == NULL) return AM_STEP_DONE;
  cursor->state = AM__SQLITE_KEPT;
  return AM_STEP_ROWS;
}

am_step am__sqlite_cursor_collect(am__sqlite_cursor *cursor, const am_query *query, am_error *err)
{
  am_step step = AM_STEP_ROWS;
  double start = am__sqlite_now();
  if (query == NULL) {
    cursor->state = AM__SQLITE_PAST;
    return collect(cursor, STREAM_BATCH, err);
  }
  am__sqlite_conn *conn = am__sqlite_conn_of(cursor);
  bool script = (query->flags & AM_QUERY_SCRIPT) != 0;
  am__sqlite_entry *entry = script ? NULL : am__sqlite_entry_take(conn, query, err);
  if (entry == NULL && !script) return err->cls == AM_ERR_NONE ? AM_STEP_DONE : AM_STEP_ERROR;
  bool kept = entry != NULL && entry->kept;
  step = am__sqlite_cursor_run(cursor, entry, query, err);
  if (step == AM_STEP_ROWS && cursor->state == AM__SQLITE_AT)
    step = collect(cursor, cursor->stream ? STREAM_BATCH : SIZE_MAX, err);
  if (kept) am__sqlite_worker_measured(entry, am__sqlite_now() - start);
  return step;
}

am_step am__sqlite_cursor_step(am_cursor *base, am_error *err)
{
  am__sqlite_cursor *cursor = self(base);
  if (cursor->has_job) return am__sqlite_worker_take(cursor, err);
  switch (cursor->state) {
    case AM__SQLITE_AT: return AM_STEP_ROWS;
    case AM__SQLITE_PAST: {
      am_step step = advance(cursor, err);
      if (step == AM_STEP_DONE) detach(cursor);
      return step;
    }
    case AM__SQLITE_KEPT:
      if (cursor->rows.first != NULL) return AM_STEP_ROWS;
      if (cursor->entry != NULL) return am__sqlite_worker_submit(cursor, NULL, err);
      cursor->state = AM__SQLITE_IDLE;
      if (cursor->late.cls == AM_ERR_NONE) return AM_STEP_DONE;
      *err = cursor->late;
      memset(&cursor->late, 0, sizeof cursor->late);
      return AM_STEP_ERROR;
    default: return AM_STEP_DONE;
  }
}

int am__sqlite_cursor_fetch(am_cursor *base, am_cell *cells, am_error *err)
{
  am__sqlite_cursor *cursor = self(base);
  if (cursor->state == AM__SQLITE_PAST) {
    am_step step = advance(cursor, err);
    if (step == AM_STEP_ERROR) return -1;
    if (step == AM_STEP_DONE) {
      if (cursor->started > 0 && cursor->entry->kept)
        am__sqlite_worker_measured(cursor->entry, am__sqlite_now() - cursor->started);
      detach(cursor);
      return 0;
    }
  }
  if (cursor->state == AM__SQLITE_AT) {
    if (am__sqlite_row_read(cursor->entry->stmt, cursor->shape->count, cells)) {
      cursor->state = AM__SQLITE_PAST;
      return 1;
    }
    fail_memory(cursor, err);
    return -1;
  }
  if (cursor->state == AM__SQLITE_KEPT)
    return am__sqlite_rows_pop(&cursor->rows, cursor->shape->count, cells) ? 1 : 0;
  return 0;
}

size_t am__sqlite_cursor_columns(am_cursor *base, const am_column_info **out_columns)
{
  am__sqlite_shape *shape = self(base)->shape;
  *out_columns = shape != NULL ? shape->columns : NULL;
  return shape != NULL ? shape->count : 0;
}

void am__sqlite_cursor_summary(am_cursor *base, am_summary *out_summary)
{
  *out_summary = self(base)->summary;
}

static void free_cursor(am__sqlite_cursor *cursor)
{
  clear(cursor);
  am__sqlite_rows_deinit(&cursor->rows);
  am_free(cursor);
}

void am__sqlite_cursor_free_closed(am__sqlite_conn *conn)
{
  while (conn->closed != NULL) {
    am__sqlite_cursor *cursor = conn->closed;
    conn->closed = cursor->later;
    free_cursor(cursor);
  }
}

void am__sqlite_cursor_close(am_cursor *base)
{
  if (base == NULL) return;
  am__sqlite_cursor *cursor = self(base);
  am__sqlite_conn *conn = am__sqlite_conn_of(cursor);
  if (am__sqlite_is_left(conn)) {
    cursor->entry = NULL;
    if (!cursor->has_job) free_cursor(cursor);
    return;
  }
  am__sqlite_worker_abandon(cursor);
  if (cursor->entry != NULL && am__sqlite_worker_busy(conn)) {
    cursor->later = conn->closed;
    conn->closed = cursor;
  } else {
    free_cursor(cursor);
  }
}
