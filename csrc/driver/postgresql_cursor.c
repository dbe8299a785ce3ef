/* Cursors of the PostgreSQL driver: who has the connection, and handing out rows. */
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "driver/postgresql_private.h"

static am__pg_cursor *self(am_cursor *cursor) { return (am__pg_cursor *)cursor; }

am_cursor *am__pg_cursor_new(am_dbconn *conn, am_error *err)
{
  am__pg_cursor *cursor = am_calloc(sizeof *cursor);
  if (cursor == NULL) {
    am_error_memory(err);
    return NULL;
  }
  cursor->base.conn = conn;
  am__pg_params_init(&cursor->params);
  am_arena_init(&cursor->kept.arena, 16384);
  am_arena_init(&cursor->scratch, 1000);
  return &cursor->base;
}

void am__pg_cursor_set_shape(am__pg_cursor *cursor, am__pg_shape *shape)
{
  shape->refs++;
  am__pg_shape_unref(cursor->shape);
  cursor->shape = shape;
  cursor->summary.returns_rows = shape->count > 0;
}

/* Forgets the last statement; if it still runs, what comes of it is discarded. */
static void clear(am__pg_cursor *cursor)
{
  if (cursor->phase != AM__PG_IDLE) am__pg_run_abandon(cursor);
  am__pg_result_free(cursor->result);
  cursor->result = NULL;
  cursor->row = 0;
  if (cursor->kept.arena.blocks != NULL) am__pg_rows_clear(&cursor->kept);
  am__pg_shape_unref(cursor->shape);
  cursor->shape = NULL;
  am_error_clear(&cursor->late);
  am_error_clear(&cursor->failure);
  am_free(cursor->sql);
  am_free(cursor->prelude);
  am_free(cursor->began);
  cursor->sql = cursor->prelude = cursor->began = NULL;
  am_summary none = {-1, 0, false};
  cursor->summary = none;
  cursor->sent = cursor->answered = 0;
  cursor->keeping = cursor->copy_out = cursor->retried = false;
}

static bool is_wait(am_step step)
{
  return step == AM_STEP_READ || step == AM_STEP_WRITE || step == AM_STEP_READ_WRITE;
}

/* Makes the connection free for this cursor and begins. The one that has it is driven to its end,
 * its rows kept, its error told by its own next step. */
static am_step begin_when_free(am__pg_cursor *cursor, am_error *err)
{
  am__pg_conn *conn = am__pg_conn_of(cursor);
  if (conn->broken) {
    cursor->phase = AM__PG_IDLE;
    return am__pg_error_lost(conn, err);
  }
  while (conn->discarding || conn->current != NULL) {
    am_step step;
    if (conn->discarding) {
      step = am__pg_discard(conn, err);
      if (step == AM_STEP_ERROR) {
        cursor->phase = AM__PG_IDLE;
        return step;
      }
    } else {
      am__pg_cursor *other = conn->current;
      other->keeping = true;
      step = am__pg_run(other, &other->late);
    }
    if (is_wait(step)) return step;
  }
  return am__pg_run_begin(cursor, err);
}

am_step am__pg_cursor_start(am_cursor *base, const am_query *query, am_error *err)
{
  am__pg_cursor *cursor = self(base);
  am__pg_conn *conn = am__pg_conn_of(cursor);
  clear(cursor);
  if (!conn->connected) {
    am_error_set(err, AM_ERR_INTERFACE, "the connection is not open");
    return AM_STEP_ERROR;
  }
  if (memchr(query->sql, '\0', query->sql_size) != NULL) {
    am_error_set(err, AM_ERR_PROGRAMMING, "the statement contains a NUL byte");
    return AM_STEP_ERROR;
  }
  if (query->prelude != NULL && (cursor->prelude = am_strdup(query->prelude)) == NULL) {
    am_error_memory(err);
    return AM_STEP_ERROR;
  }
  cursor->query = *query;
  cursor->streaming = (query->flags & AM_QUERY_STREAM) != 0;
  cursor->phase = AM__PG_QUEUED;
  am_step step = begin_when_free(cursor, err);
  if (cursor->phase != AM__PG_QUEUED && cursor->phase != AM__PG_PRELUDE) return step;
  cursor->sql = am_memdup(query->sql, query->sql_size);
  if (cursor->sql == NULL) {
    am_error_memory(err);
    cursor->phase = AM__PG_IDLE;
    return AM_STEP_ERROR;
  }
  cursor->query.sql = cursor->sql;
  return step;
}

static bool has_row(const am__pg_cursor *cursor)
{
  return (cursor->result != NULL && cursor->row < PQntuples(cursor->result)) ||
         cursor->kept.first != NULL;
}

am_step am__pg_cursor_step(am_cursor *base, am_error *err)
{
  am__pg_cursor *cursor = self(base);
  if (cursor->phase == AM__PG_QUEUED) return begin_when_free(cursor, err);
  if (cursor->streaming || cursor->phase == AM__PG_IDLE)
    if (has_row(cursor)) return AM_STEP_ROWS;
  if (cursor->phase != AM__PG_IDLE) return am__pg_run(cursor, err);
  if (cursor->late.cls == AM_ERR_NONE) return AM_STEP_DONE;
  *err = cursor->late;
  memset(&cursor->late, 0, sizeof cursor->late);
  return AM_STEP_ERROR;
}

static bool decode(am__pg_cursor *cursor, size_t column, const char *bytes, int size, am_cell *cell,
                   am_error *err)
{
  const am__pg_shape *shape = cursor->shape;
  if (size >= 0 &&
      shape->decoders[column] == AM__PG_TEXT) { /* most columns, the same in both formats */
    cell->cls = AM_CELL_TEXT;
    cell->u.bytes = bytes;
    cell->size = (size_t)size;
    return true;
  }
  return am__pg_decode(&cursor->scratch, shape->decoders[column], shape->binary, bytes, size, cell,
                       err);
}

static int fetch_result(am__pg_cursor *cursor, am_cell *cells, am_error *err)
{
  const PGresult *result = cursor->result;
  int row = cursor->row++;
  for (size_t i = 0; i < cursor->shape->count; i++) {
    int size = PQgetlength(result, row, (int)i);
    if (size == 0 && PQgetisnull(result, row, (int)i)) size = -1; /* the length of NULL is 0 */
    if (!decode(cursor, i, PQgetvalue(result, row, (int)i), size, &cells[i], err)) return -1;
  }
  return 1;
}

static int fetch_kept(am__pg_cursor *cursor, am_cell *cells, am_error *err)
{
  am__pg_row *row = cursor->kept.first;
  cursor->kept.first = row->next;
  if (row->next == NULL) cursor->kept.last = NULL;
  const char *bytes = row->bytes;
  for (size_t i = 0; i < cursor->shape->count; i++) {
    int size = row->lengths[i];
    if (!decode(cursor, i, bytes, size, &cells[i], err)) return -1;
    if (size >= 0) bytes += size + 1;
  }
  return 1;
}

int am__pg_cursor_fetch(am_cursor *base, am_cell *cells, am_error *err)
{
  am__pg_cursor *cursor = self(base);
  if (cursor->scratch.used > 0) am_arena_reset(&cursor->scratch);
  if (cursor->result != NULL && cursor->row < PQntuples(cursor->result))
    return fetch_result(cursor, cells, err);
  am__pg_result_free(cursor->result);
  cursor->result = NULL;
  cursor->row = 0;
  if (cursor->kept.first != NULL) return fetch_kept(cursor, cells, err);
  if (!cursor->streaming || cursor->phase != AM__PG_RESULT) return 0;
  am_step step = am__pg_run_arrived(cursor, err);
  if (step == AM_STEP_ERROR) return -1;
  return step == AM_STEP_ROWS ? fetch_result(cursor, cells, err) : 0;
}

size_t am__pg_cursor_columns(am_cursor *base, const am_column_info **out_columns)
{
  const am__pg_shape *shape = self(base)->shape;
  *out_columns = shape != NULL ? shape->columns : NULL;
  return shape != NULL ? shape->count : 0;
}

void am__pg_cursor_summary(am_cursor *base, am_summary *out_summary)
{
  *out_summary = self(base)->summary;
}

void am__pg_cursor_close(am_cursor *base)
{
  if (base == NULL) return;
  am__pg_cursor *cursor = self(base);
  am__pg_conn *conn = am__pg_conn_of(cursor);
  /* In a forked child nothing may be sent, not even the end of a pipeline. */
  if (cursor->phase != AM__PG_IDLE && am_dbconn_forked(&conn->base)) {
    if (conn->current == cursor) conn->current = NULL;
    if (cursor->entry != NULL) am__pg_entry_release(cursor->entry);
    cursor->entry = NULL;
    cursor->phase = AM__PG_IDLE;
  }
  clear(cursor);
  am__pg_params_deinit(&cursor->params);
  am_arena_deinit(&cursor->kept.arena);
  am_arena_deinit(&cursor->scratch);
  am_free(cursor);
}
