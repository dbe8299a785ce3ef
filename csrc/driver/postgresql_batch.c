/* executemany: one execution per row of parameters through libpq's pipeline mode.
 *
 * Rows are sent while answers are read, else both sides would fill their buffers and stop. There is
 * one synchronisation point at the end: after the first error the server skips the rest, and the
 * connection is sound again behind that point. Outside a transaction the whole batch is one.
 */
#include <stdlib.h>
#include <string.h>

#include "driver/postgresql_private.h"

enum {
  FLUSH_EVERY = 16 * 1024,   /* bytes handed to libpq between two looks at the socket */
  SEND_AT_ONCE = 256 * 1024, /* in one step, so that an event loop gets its turn */
};

am_step am__pg_batch_begin(am__pg_cursor *cursor, am_error *err)
{
  am__pg_conn *conn = am__pg_conn_of(cursor);
  const am__pg_params *params = &cursor->params;
  conn->sync_sent = false;
  cursor->sent = cursor->answered = 0;
  cursor->pipeline_step = 0;
  cursor->phase = AM__PG_BATCH;
  bool ok = PQenterPipelineMode(conn->pg);
  /* Without a kept statement the unnamed one serves, for the length of the pipeline. */
  if (ok && cursor->entry == NULL)
    ok = PQsendPrepare(conn->pg, "", cursor->query.sql, (int)params->count, params->oids);
  if (!ok) {
    am__pg_error_conn(conn, &cursor->failure);
    if (PQpipelineStatus(conn->pg) != PQ_PIPELINE_OFF && !PQexitPipelineMode(conn->pg))
      am__pg_error_lost(conn, &cursor->failure);
    return am__pg_run_end(cursor, err);
  }
  return am__pg_batch(cursor, err);
}

static bool send_row(am__pg_cursor *cursor)
{
  am__pg_conn *conn = am__pg_conn_of(cursor);
  am__pg_params *params = &cursor->params;
  const am__pg_entry *entry = cursor->entry;
  const am_cell *cells = cursor->query.cells + cursor->sent * cursor->query.cell_count;
  if (!am__pg_params_encode(params, cells, &cursor->failure)) return false;
  if (!PQsendQueryPrepared(conn->pg, entry != NULL ? entry->name : "", (int)params->count,
                           params->values, params->lengths, params->formats,
                           entry != NULL && entry->shape->binary)) {
    am__pg_error_conn(conn, &cursor->failure);
    return false;
  }
  cursor->sent++;
  return true;
}

static size_t row_size(const am__pg_params *params)
{
  size_t size = 40 + 8 * params->count;
  for (size_t i = 0; i < params->count; i++) size += (size_t)params->lengths[i];
  return size;
}

bool am__pg_batch_give_up(am__pg_cursor *cursor)
{
  am__pg_conn *conn = am__pg_conn_of(cursor);
  bool ok = true;
  /* Rows that were sent already must not be committed by the end of the pipeline; there is no
   * message for that, but any error does it. */
  if (cursor->phase == AM__PG_BATCH && cursor->sent > 0)
    ok = PQsendQueryParams(conn->pg, "batch given up by the client", 0, NULL, NULL, NULL, NULL, 0);
  if (ok) ok = PQpipelineSync(conn->pg);
  if (ok) conn->sync_sent = true;
  return ok;
}

/* Sends rows until the socket is full, the turn is over or all are sent. */
static void send_rows(am__pg_cursor *cursor)
{
  am__pg_conn *conn = am__pg_conn_of(cursor);
  size_t since_flush = 0, total = 0;
  while (cursor->sent < cursor->query.row_count && total < SEND_AT_ONCE && !conn->unflushed &&
         cursor->failure.cls == AM_ERR_NONE && send_row(cursor)) {
    size_t size = row_size(&cursor->params);
    since_flush += size;
    total += size;
    if (since_flush < FLUSH_EVERY) continue;
    since_flush = 0;
    if (!am__pg_flush(conn, &cursor->failure)) return;
  }
  bool failed = cursor->failure.cls != AM_ERR_NONE;
  if ((failed || cursor->sent == cursor->query.row_count) && PQstatus(conn->pg) == CONNECTION_OK) {
    bool ok = failed ? am__pg_batch_give_up(cursor) : PQpipelineSync(conn->pg) != 0;
    if (ok) conn->sync_sent = true;
    else am__pg_error_lost(conn, &cursor->failure);
  }
  am__pg_flush(conn, &cursor->failure);
}

/* Answers of a batch come one by one; those after a failure are aborted and say nothing. */
static void take_answer(am__pg_cursor *cursor, const PGresult *result)
{
  const char *count;
  switch (PQresultStatus(result)) {
    case PGRES_TUPLES_OK:
      if (cursor->shape == NULL) {
        am__pg_shape *shape = am__pg_shape_new(result);
        if (shape == NULL) {
          am_error_memory(&cursor->failure);
          return;
        }
        shape->binary = PQbinaryTuples(result) != 0;
        am__pg_cursor_set_shape(cursor, shape);
        am__pg_shape_unref(shape);
      }
      for (int row = 0; row < PQntuples(result) && PQnfields(result) > 0; row++)
        if (!am__pg_rows_add(&cursor->kept, result, row)) {
          am_error_memory(&cursor->failure);
          return;
        }
      /* fall through */
    case PGRES_COMMAND_OK:
      if (cursor->entry == NULL && cursor->pipeline_step++ == 0) return; /* the unnamed Parse */
      cursor->answered++;
      count = PQcmdTuples((PGresult *)(uintptr_t)result);
      if (count[0] == '\0') return;
      if (cursor->summary.row_count < 0) cursor->summary.row_count = 0;
      cursor->summary.row_count += strtoll(count, NULL, 10);
      return;
    case PGRES_PIPELINE_ABORTED: return;
    default: am__pg_run_failed(cursor, result);
  }
}

am_step am__pg_batch(am__pg_cursor *cursor, am_error *err)
{
  am__pg_conn *conn = am__pg_conn_of(cursor);
  if (!conn->sync_sent) send_rows(cursor);
  if (conn->broken) return am__pg_run_end(cursor, err);
  int nothing = 0;
  while (nothing < 2 && !PQisBusy(conn->pg)) {
    PGresult *result = PQgetResult(conn->pg);
    if (result == NULL) { /* the end of one answer; twice: nothing more is under way */
      nothing++;
      continue;
    }
    nothing = 0;
    bool end = PQresultStatus(result) == PGRES_PIPELINE_SYNC;
    if (!end) take_answer(cursor, result);
    PQclear(result);
    if (end) {
      if (!PQexitPipelineMode(conn->pg)) am__pg_error_lost(conn, &cursor->failure);
      return am__pg_run_end(cursor, err);
    }
  }
  if (PQstatus(conn->pg) == CONNECTION_BAD) am__pg_error_lost(conn, &cursor->failure);
  else if (!conn->sync_sent && cursor->failure.cls != AM_ERR_NONE) send_rows(cursor);
  if (conn->broken) return am__pg_run_end(cursor, err);
  /* Rows are left to send: the socket is asked for room as well. */
  return conn->sync_sent ? am__pg_wait(conn) : AM_STEP_READ_WRITE;
}
