/* One statement on the wire: sent, its results read, never waiting.
 *
 *   begin ─→ PREPARE (unless kept or direct) ─→ RESULT or BATCH ─→ end
 *
 * A prelude (BEGIN) goes out with what is sent first, in libpq's pipeline mode, so that it costs no
 * trip of its own; where that cannot be (scripts, streams, commands, batches) phase PRELUDE comes
 * in front.
 * PREPARE asks the server to describe the result, because libpq takes one format for all columns:
 * binary when every column can be read so, else text. Statements that are not queries (DDL, SET,
 * COMMIT ...) go directly and are not kept.
 * A kept statement that the server no longer has or no longer accepts (DISCARD in a function,
 * changed columns, a type that was dropped and made again) is prepared anew once, if no transaction
 * was hurt by the attempt; one that the statement itself began is begun again. What the connection
 * itself drops or alters renews all that it keeps.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "driver/postgresql_private.h"

enum { DROPS_PER_PREPARE = 8 };

/* So many times NULL from PQgetResult in a pipeline: one ends an answer, two say that none is due.
 */
enum { NOTHING_MORE = 2 };

am_step am__pg_wait(const am__pg_conn *conn)
{
  return conn->unflushed ? AM_STEP_READ_WRITE : AM_STEP_READ;
}

bool am__pg_flush(am__pg_conn *conn, am_error *err)
{
  int rc = PQflush(conn->pg);
  conn->unflushed = rc == 1;
  if (rc >= 0) return true;
  am__pg_error_lost(conn, err);
  return false;
}

/* --- beginning --- */

static const char *skip_blank(const char *sql)
{
  for (;;) {
    sql += strspn(sql, " \t\r\n\f(");
    if (sql[0] == '-' && sql[1] == '-') {
      sql += strcspn(sql, "\n");
    } else if (sql[0] == '/' && sql[1] == '*') {
      const char *end = strstr(sql + 2, "*/");
      sql = end != NULL ? end + 2 : sql + strlen(sql);
    } else {
      return sql;
    }
  }
}

static bool begins_with(const char *sql, const char *const *words)
{
  for (; *words != NULL; words++) {
    size_t size = strlen(*words);
    char next = strncasecmp(sql, *words, size) == 0 ? sql[size] : '_';
    if (next != '_' &&
        strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", next) == NULL)
      return true;
    if (next == '\0') return true;
  }
  return false;
}

/* Queries are worth keeping; everything else runs as it is. */
static bool is_query(const char *sql)
{
  static const char *const words[] = {"select", "insert", "update", "delete",
                                      "with",   "values", "merge",  NULL};
  return begins_with(sql, words);
}

/* Commands without result and parameters, for which the simple protocol is the shortest way. */
static bool is_control(const char *sql)
{
  static const char *const words[] = {"begin",   "commit", "rollback", "savepoint",
                                      "release", "start",  NULL};
  return begins_with(sql, words) && strchr(sql, ';') == NULL;
}

/* libpq refused to send: the error of the connection, and it is free again. */
static am_step refuse(am__pg_cursor *cursor, am_error *err)
{
  am__pg_conn *conn = am__pg_conn_of(cursor);
  am__pg_error_conn(conn, &cursor->failure);
  if (PQpipelineStatus(conn->pg) != PQ_PIPELINE_OFF && PQstatus(conn->pg) == CONNECTION_OK) {
    am_error failure = cursor->failure;
    memset(&cursor->failure, 0, sizeof cursor->failure);
    am__pg_run_abandon(cursor);
    cursor->failure = failure;
  }
  return am__pg_run_end(cursor, err);
}

static am_step sent(am__pg_cursor *cursor, am__pg_phase phase, am_error *err)
{
  cursor->phase = phase;
  if (!am__pg_flush(am__pg_conn_of(cursor), &cursor->failure)) return am__pg_run_end(cursor, err);
  return am__pg_wait(am__pg_conn_of(cursor));
}

/* Can the prelude and the statement travel together? */
static bool takes_prelude(const am__pg_cursor *cursor)
{
  const am_query *query = &cursor->query;
  return !cursor->streaming && !cursor->retried && query->row_count <= 1 &&
         (query->flags & AM_QUERY_SCRIPT) == 0 && is_query(skip_blank(query->sql));
}

static bool send_prelude(am__pg_cursor *cursor)
{
  PGconn *pg = am__pg_conn_of(cursor)->pg;
  am__pg_conn_of(cursor)->sync_sent = false;
  return PQenterPipelineMode(pg) &&
         PQsendQueryParams(pg, cursor->prelude, 0, NULL, NULL, NULL, NULL, 0);
}

/* True if the prelude is out of the way. */
static bool take_prelude(am__pg_cursor *cursor, const PGresult *result)
{
  if (cursor->prelude == NULL) return true;
  if (PQresultStatus(result) != PGRES_COMMAND_OK) am__pg_run_failed(cursor, result);
  am_free(cursor->began);
  cursor->began = cursor->prelude;
  cursor->prelude = NULL;
  return false;
}

/* Prepare, describe and old statements' DEALLOCATE in one journey; none in a failed transaction. */
static am_step begin_prepare(am__pg_cursor *cursor, am_error *err)
{
  am__pg_conn *conn = am__pg_conn_of(cursor);
  am__pg_entry *entry = cursor->entry;
  bool healthy = PQtransactionStatus(conn->pg) != PQTRANS_INERROR;
  size_t drops = healthy ? conn->cache.dropped_count : 0;
  if (drops > DROPS_PER_PREPARE) drops = DROPS_PER_PREPARE;
  conn->sync_sent = false;
  cursor->pipeline_step = 0;
  bool ok = (cursor->prelude != NULL ? send_prelude(cursor) : PQenterPipelineMode(conn->pg)) &&
            PQsendPrepare(conn->pg, entry->name, entry->sql, (int)entry->oid_count, entry->oids) &&
            PQsendDescribePrepared(conn->pg, entry->name);
  for (size_t i = 0; i < drops && ok; i++)
    ok = PQsendQueryParams(conn->pg, conn->cache.dropped[i], 0, NULL, NULL, NULL, NULL, 0);
  ok = ok && PQpipelineSync(conn->pg);
  if (!ok) return refuse(cursor, err);
  conn->sync_sent = true;
  return sent(cursor, AM__PG_PREPARE, err);
}

static am_step result_begun(am__pg_cursor *cursor, bool ok, am_error *err)
{
  am__pg_conn *conn = am__pg_conn_of(cursor);
  if (ok && PQpipelineStatus(conn->pg) != PQ_PIPELINE_OFF)
    ok = conn->sync_sent = PQpipelineSync(conn->pg) != 0;
  if (!ok) return refuse(cursor, err);
  if (cursor->streaming) PQsetSingleRowMode(conn->pg);
  return sent(cursor, AM__PG_RESULT, err);
}

am_step am__pg_run_execute(am__pg_cursor *cursor, am_error *err)
{
  const am__pg_params *params = &cursor->params;
  const am__pg_entry *entry = cursor->entry;
  if (atomic_load(&am__pg_conn_of(cursor)->cancelled)) {
    am_error_set(&cursor->failure, AM_ERR_OPERATIONAL, "canceling statement due to user request");
    if (cursor->failure.cls == AM_ERR_OPERATIONAL) memcpy(cursor->failure.sqlstate, "57014", 6);
    return am__pg_run_end(cursor, err);
  }
  if (cursor->query.row_count > 1) return am__pg_batch_begin(cursor, err);
  if (!am__pg_params_encode(&cursor->params, cursor->query.cells, &cursor->failure))
    return am__pg_run_end(cursor, err);
  bool ok =
      (cursor->prelude == NULL || send_prelude(cursor)) &&
      PQsendQueryPrepared(am__pg_conn_of(cursor)->pg, entry->name, (int)params->count,
                          params->values, params->lengths, params->formats, entry->shape->binary);
  return result_begun(cursor, ok, err);
}

/* Without a kept statement: one message for everything, results as text. */
static am_step send_directly(am__pg_cursor *cursor, am_error *err)
{
  am__pg_conn *conn = am__pg_conn_of(cursor);
  const am_query *query = &cursor->query;
  const am__pg_params *params = &cursor->params;
  if (query->row_count > 1) return am__pg_batch_begin(cursor, err);
  if (query->cell_count == 0 && is_control(skip_blank(query->sql)))
    return result_begun(cursor, PQsendQuery(conn->pg, query->sql), err);
  if (!am__pg_params_encode(&cursor->params, query->cells, &cursor->failure))
    return am__pg_run_end(cursor, err);
  bool ok = (cursor->prelude == NULL || send_prelude(cursor)) &&
            PQsendQueryParams(conn->pg, query->sql, (int)params->count, params->oids,
                              params->values, params->lengths, params->formats, 0);
  return result_begun(cursor, ok, err);
}

am_step am__pg_run_begin(am__pg_cursor *cursor, am_error *err)
{
  am__pg_conn *conn = am__pg_conn_of(cursor);
  const am_query *query = &cursor->query;
  conn->current = cursor;
  cursor->phase = AM__PG_RESULT;
  if (!cursor->retried) atomic_store(&conn->cancelled, false);
  if (cursor->prelude != NULL && !takes_prelude(cursor)) {
    if (!PQsendQuery(conn->pg, cursor->prelude)) return refuse(cursor, err);
    return sent(cursor, AM__PG_PRELUDE, err);
  }
  if (query->flags & AM_QUERY_SCRIPT) {
    cursor->streaming = false;
    return result_begun(cursor, PQsendQuery(conn->pg, query->sql), err);
  }
  if (!am__pg_params_plan(&cursor->params, query, &cursor->failure))
    return am__pg_run_end(cursor, err);
  bool keeping = conn->cache.entries.limit > 0 && (query->flags & AM_QUERY_NO_PREPARE) == 0 &&
                 is_query(skip_blank(query->sql));
  if (!keeping) return send_directly(cursor, err);
  cursor->entry = am__pg_entry_take(&conn->cache, query, &cursor->params, &cursor->failure);
  if (cursor->entry == NULL) return am__pg_run_end(cursor, err);
  if (!cursor->entry->prepared) return begin_prepare(cursor, err);
  return am__pg_run_execute(cursor, err);
}

/* --- ending --- */

void am__pg_run_failed(am__pg_cursor *cursor, const PGresult *result)
{
  am__pg_conn *conn = am__pg_conn_of(cursor);
  if (cursor->failure.cls != AM_ERR_NONE) return;
  am__pg_error_result(conn, result, &cursor->failure);
  am__pg_entry *entry = cursor->entry;
  if (entry == NULL || cursor->failure.cls == AM_ERR_MEMORY) return;
  const char *state = cursor->failure.sqlstate;
  const char *source = PQresultErrorField(result, PG_DIAG_SOURCE_FUNCTION);
  if (strcmp(state, "26000") == 0) am__pg_entry_drop(&conn->cache, entry, false);
  else if ((strcmp(state, "0A000") == 0 && source != NULL &&
            strcmp(source, "RevalidateCachedQuery") == 0) ||
           strcmp(state, "XX000") == 0) /* "cache lookup failed": a parameter's type is gone */
    am__pg_cache_renew(&conn->cache);   /* the others may speak of the same */
}

static void release_entry(am__pg_cursor *cursor)
{
  am__pg_entry *entry = cursor->entry;
  if (entry == NULL) return;
  cursor->entry = NULL;
  if (!entry->prepared) am__pg_entry_drop(&am__pg_conn_of(cursor)->cache, entry, false);
  am__pg_entry_release(entry);
}

/* True if no transaction was open, or only the one that this statement began, which then ends and
 * begins anew in front of it. */
static bool may_begin_again(am__pg_cursor *cursor)
{
  static const char end[] = "ROLLBACK;";
  PGTransactionStatusType status = PQtransactionStatus(am__pg_conn_of(cursor)->pg);
  if (status != PQTRANS_INERROR || cursor->began == NULL) return status == PQTRANS_IDLE;
  size_t size = strlen(cursor->began) + 1;
  char *prelude = am_alloc(sizeof end - 1 + size);
  if (prelude == NULL) return false;
  memcpy(prelude, end, sizeof end - 1);
  memcpy(prelude + sizeof end - 1, cursor->began, size);
  am_free(cursor->prelude);
  cursor->prelude = prelude;
  return true;
}

/* True if the statement is to be tried once more: its plan was dropped (see above), nothing came
 * of it and no transaction suffered. The text moves to the cursor, because the entry goes. */
static bool may_retry(am__pg_cursor *cursor)
{
  am__pg_entry *entry = cursor->entry;
  if (cursor->failure.cls == AM_ERR_NONE || cursor->retried || entry == NULL || !entry->dead ||
      cursor->answered > 0 || cursor->result != NULL || cursor->kept.first != NULL ||
      !may_begin_again(cursor))
    return false;
  if (cursor->sql == NULL) {
    cursor->sql = entry->sql;
    entry->sql = NULL;
  }
  cursor->query.sql = cursor->sql;
  return true;
}

am_step am__pg_run_end(am__pg_cursor *cursor, am_error *err)
{
  am__pg_conn *conn = am__pg_conn_of(cursor);
  bool again = may_retry(cursor);
  release_entry(cursor);
  if (again) {
    am_error_clear(&cursor->failure);
    cursor->retried = true;
    return am__pg_run_begin(cursor, err);
  }
  if (conn->current == cursor) conn->current = NULL;
  cursor->phase = AM__PG_IDLE;
  am_free(cursor->sql);
  am_free(cursor->prelude);
  am_free(cursor->began);
  cursor->sql = cursor->prelude = cursor->began = NULL;
  if (cursor->failure.cls != AM_ERR_NONE) {
    if (PQstatus(conn->pg) == CONNECTION_BAD) cursor->failure.disconnect = true;
    *err = cursor->failure;
    memset(&cursor->failure, 0, sizeof cursor->failure);
    return AM_STEP_ERROR;
  }
  bool rows = cursor->kept.first != NULL ||
              (cursor->result != NULL && cursor->row < PQntuples(cursor->result));
  return rows ? AM_STEP_ROWS : AM_STEP_DONE;
}

void am__pg_run_abandon(am__pg_cursor *cursor)
{
  am__pg_conn *conn = am__pg_conn_of(cursor);
  if (cursor->phase != AM__PG_IDLE && cursor->phase != AM__PG_QUEUED && conn->current == cursor) {
    bool pipeline = PQpipelineStatus(conn->pg) != PQ_PIPELINE_OFF;
    if (pipeline && !conn->sync_sent && !am__pg_batch_give_up(cursor)) conn->broken = true;
    int rest = PQflush(conn->pg);
    conn->unflushed = rest == 1;
    if (rest < 0) conn->broken = true;
    conn->discarding = PQstatus(conn->pg) == CONNECTION_OK && !conn->broken;
  }
  release_entry(cursor);
  if (conn->current == cursor) conn->current = NULL;
  cursor->phase = AM__PG_IDLE;
  am_error_clear(&cursor->failure);
}

/* --- reading --- */

/* COPY is not offered: refuses to send, throws away what comes. False: more is on its way. */
static bool end_copy(am__pg_conn *conn, const PGresult *result)
{
  if (result != NULL && PQresultStatus(result) == PGRES_COPY_IN)
    PQputCopyEnd(conn->pg, "COPY FROM STDIN is not supported here");
  if (result != NULL && PQresultStatus(result) != PGRES_COPY_OUT) return true;
  char *line;
  int size;
  while ((size = PQgetCopyData(conn->pg, &line, 1)) > 0) PQfreemem(line);
  return size != 0;
}

/* A command that is no query: are the statements kept so far still about the same tables and types?
 * Not after DROP and ALTER, nor when a transaction that made something is rolled back. */
static void note_definition(am__pg_conn *conn, const char *tag)
{
  bool makes = strncmp(tag, "CREATE ", 7) == 0;
  bool changes = strncmp(tag, "DROP ", 5) == 0 || strncmp(tag, "ALTER ", 6) == 0;
  if (changes || (conn->defining && strcmp(tag, "ROLLBACK") == 0)) am__pg_cache_renew(&conn->cache);
  if (makes || changes) conn->defining = true;
  else if (strcmp(tag, "COMMIT") == 0 || strcmp(tag, "ROLLBACK") == 0) conn->defining = false;
}

static void note_command(am__pg_cursor *cursor, PGresult *result)
{
  am__pg_conn *conn = am__pg_conn_of(cursor);
  const char *count = PQcmdTuples(result);
  if (count[0] != '\0') {
    if (cursor->summary.row_count < 0) cursor->summary.row_count = 0;
    cursor->summary.row_count += strtoll(count, NULL, 10);
  }
  const char *tag = PQcmdStatus(result);
  if (cursor->entry == NULL) note_definition(conn, tag);
  if (tag[0] == 'D' && (strcmp(tag, "DISCARD ALL") == 0 || strcmp(tag, "DEALLOCATE ALL") == 0))
    am__pg_cache_forget(&conn->cache);
}

static bool note_shape(am__pg_cursor *cursor, const PGresult *result)
{
  if (cursor->shape != NULL) return true;
  am__pg_entry *entry = cursor->entry;
  if (entry != NULL && entry->shape != NULL && (int)entry->shape->count == PQnfields(result)) {
    am__pg_cursor_set_shape(cursor, entry->shape);
    return true;
  }
  am__pg_shape *shape = am__pg_shape_new(result);
  if (shape == NULL) return am_error_memory(&cursor->failure);
  shape->binary = PQbinaryTuples(result) != 0;
  am__pg_cursor_set_shape(cursor, shape);
  am__pg_shape_unref(shape);
  return true;
}

/* Takes a result with rows. True if it now belongs to the cursor. */
static bool take_rows(am__pg_cursor *cursor, PGresult *result)
{
  bool single = PQresultStatus(result) == PGRES_SINGLE_TUPLE;
  if (!single) note_command(cursor, result);
  if (cursor->query.flags & AM_QUERY_SCRIPT || cursor->failure.cls != AM_ERR_NONE) return false;
  if (!note_shape(cursor, result)) return false;
  if (PQnfields(result) == 0 || PQntuples(result) == 0) return false;
  if (single && cursor->keeping) {
    if (!am__pg_rows_add(&cursor->kept, result, 0)) am_error_memory(&cursor->failure);
    return false;
  }
  am__pg_result_free(cursor->result);
  cursor->result = result;
  cursor->row = 0;
  return true;
}

/* Looks at one result of phase RESULT; consumes it. */
static void take_result(am__pg_cursor *cursor, PGresult *result)
{
  bool taken = false;
  switch (PQresultStatus(result)) {
    case PGRES_TUPLES_OK:
    case PGRES_SINGLE_TUPLE: taken = take_rows(cursor, result); break;
    case PGRES_COMMAND_OK: note_command(cursor, result); break;
    case PGRES_EMPTY_QUERY: break;
    case PGRES_COPY_IN:
    case PGRES_COPY_OUT:
    case PGRES_COPY_BOTH:
      am_error_set(&cursor->failure, AM_ERR_NOT_SUPPORTED,
                   "COPY FROM STDIN and COPY TO STDOUT are not supported");
      cursor->copy_out = !end_copy(am__pg_conn_of(cursor), result);
      break;
    default: am__pg_run_failed(cursor, result);
  }
  if (!taken) PQclear(result);
}

static am_step read_results(am__pg_cursor *cursor, am_error *err)
{
  am__pg_conn *conn = am__pg_conn_of(cursor);
  for (;;) {
    if (cursor->copy_out) {
      if (!end_copy(conn, NULL)) return am__pg_wait(conn);
      cursor->copy_out = false;
    }
    if (PQisBusy(conn->pg)) return am__pg_wait(conn);
    PGresult *result = PQgetResult(conn->pg);
    if (result == NULL) return am__pg_run_end(cursor, err);
    bool single = PQresultStatus(result) == PGRES_SINGLE_TUPLE;
    take_result(cursor, result);
    if (single && !cursor->keeping && cursor->failure.cls == AM_ERR_NONE) return AM_STEP_ROWS;
  }
}

/* Phase RESULT with a prelude in front: a pipeline of the two. */
static am_step read_both(am__pg_cursor *cursor, am_error *err)
{
  am__pg_conn *conn = am__pg_conn_of(cursor);
  int nothing = 0;
  while (nothing < NOTHING_MORE) {
    if (PQisBusy(conn->pg)) return am__pg_wait(conn);
    PGresult *result = PQgetResult(conn->pg);
    nothing = result == NULL ? nothing + 1 : 0;
    if (result == NULL) continue; /* the end of one command's answer */
    if (PQresultStatus(result) == PGRES_PIPELINE_SYNC) {
      PQclear(result);
      if (!PQexitPipelineMode(conn->pg)) break;
      return am__pg_run_end(cursor, err);
    }
    if (take_prelude(cursor, result)) take_result(cursor, result);
    else PQclear(result);
  }
  am__pg_error_lost(conn, &cursor->failure);
  return am__pg_run_end(cursor, err);
}

/* The prelude by itself, by the simple protocol. */
static am_step read_prelude(am__pg_cursor *cursor, am_error *err)
{
  am__pg_conn *conn = am__pg_conn_of(cursor);
  for (;;) {
    if (PQisBusy(conn->pg)) return am__pg_wait(conn);
    PGresult *result = PQgetResult(conn->pg);
    if (result == NULL) break;
    if (take_prelude(cursor, result) && PQresultStatus(result) != PGRES_COMMAND_OK)
      am__pg_run_failed(cursor, result); /* the BEGIN of a transaction that begins again */
    PQclear(result);
  }
  if (cursor->failure.cls != AM_ERR_NONE || cursor->prelude != NULL) {
    if (cursor->prelude != NULL) am__pg_error_conn(conn, &cursor->failure);
    return am__pg_run_end(cursor, err);
  }
  return am__pg_run_begin(cursor, err);
}

static void drop_told(am__pg_cache *cache)
{
  if (cache->dropped_count == 0) return;
  cache->dropped_count--;
  memmove(cache->dropped, cache->dropped + 1, cache->dropped_count * sizeof *cache->dropped);
}

/* One answer of the PREPARE pipeline: Parse, Describe, then the DEALLOCATEs. */
static void take_prepared(am__pg_cursor *cursor, const PGresult *result)
{
  am__pg_conn *conn = am__pg_conn_of(cursor);
  am__pg_entry *entry = cursor->entry;
  ExecStatusType status = PQresultStatus(result);
  size_t step = cursor->pipeline_step++;
  if (step >= 2) drop_told(&conn->cache);
  if (status == PGRES_COMMAND_OK && step == 0) {
    entry->prepared = true;
  } else if (status == PGRES_COMMAND_OK && step == 1) {
    entry->shape = am__pg_shape_new(result);
    if (entry->shape == NULL) am_error_memory(&cursor->failure);
  } else if (status == PGRES_FATAL_ERROR || status == PGRES_BAD_RESPONSE) {
    /* A DEALLOCATE of something unknown harms nobody outside a transaction. */
    if (step < 2 || PQstatus(conn->pg) == CONNECTION_BAD ||
        PQtransactionStatus(conn->pg) == PQTRANS_INERROR)
      am__pg_run_failed(cursor, result);
  }
}

/* To be called again after each wait: it goes on with the next answer. */
static am_step read_prepared(am__pg_cursor *cursor, am_error *err)
{
  am__pg_conn *conn = am__pg_conn_of(cursor);
  int nothing = 0;
  while (nothing < NOTHING_MORE) {
    if (PQisBusy(conn->pg)) return am__pg_wait(conn);
    PGresult *result = PQgetResult(conn->pg);
    nothing = result == NULL ? nothing + 1 : 0;
    if (result == NULL) continue; /* the end of one command's answer */
    bool end = PQresultStatus(result) == PGRES_PIPELINE_SYNC;
    if (!end && take_prelude(cursor, result)) take_prepared(cursor, result);
    PQclear(result);
    if (!end) continue;
    if (!PQexitPipelineMode(conn->pg)) break;
    if (cursor->failure.cls == AM_ERR_NONE) return am__pg_run_execute(cursor, err);
    if (cursor->entry->prepared) am__pg_entry_drop(&conn->cache, cursor->entry, true);
    return am__pg_run_end(cursor, err);
  }
  am__pg_error_lost(conn, &cursor->failure);
  return am__pg_run_end(cursor, err);
}

/* The socket is closed, or cannot be read. The server may have said why before that; else the
 * reason is what libpq knows now, for each further call adds its own failure to that. */
static am_step lost(am__pg_cursor *cursor, am_error *err)
{
  am__pg_conn *conn = am__pg_conn_of(cursor);
  am_error reason = AM_ERROR_INIT;
  am__pg_error_lost(conn, &reason);
  for (int nothing = 0; nothing <= NOTHING_MORE;) {
    PGresult *result = PQisBusy(conn->pg) ? NULL : PQgetResult(conn->pg);
    if (result == NULL) {
      nothing++;
      continue;
    }
    nothing = 0;
    ExecStatusType status = PQresultStatus(result);
    if (status == PGRES_FATAL_ERROR && PQresultErrorField(result, PG_DIAG_SQLSTATE) != NULL)
      am__pg_run_failed(cursor, result);
    PQclear(result);
    if (status == PGRES_COPY_IN || status == PGRES_COPY_OUT || status == PGRES_COPY_BOTH) break;
  }
  if (cursor->failure.cls == AM_ERR_NONE) cursor->failure = reason;
  else am_error_clear(&reason);
  cursor->failure.disconnect = true;
  return am__pg_run_end(cursor, err);
}

am_step am__pg_run_arrived(am__pg_cursor *cursor, am_error *err)
{
  const am__pg_conn *conn = am__pg_conn_of(cursor);
  switch (cursor->phase) {
    case AM__PG_PREPARE: return read_prepared(cursor, err);
    case AM__PG_RESULT:
      if (PQpipelineStatus(conn->pg) != PQ_PIPELINE_OFF) return read_both(cursor, err);
      return read_results(cursor, err);
    case AM__PG_PRELUDE: return read_prelude(cursor, err);
    case AM__PG_BATCH: return am__pg_batch(cursor, err);
    default: return AM_STEP_DONE;
  }
}

/* The end of a pipeline for which libpq has no memory is read, but never told (libpq 14 to 18): who
 * waits for it waits for ever. Nothing but its message says so. */
static bool is_starved(const am__pg_conn *conn)
{
  return strstr(PQerrorMessage(conn->pg), "out of memory") != NULL;
}

am_step am__pg_run(am__pg_cursor *cursor, am_error *err)
{
  am__pg_conn *conn = am__pg_conn_of(cursor);
  if (conn->unflushed && !am__pg_flush(conn, &cursor->failure)) return lost(cursor, err);
  if (!PQconsumeInput(conn->pg)) return lost(cursor, err);
  am_step step = am__pg_run_arrived(cursor, err);
  bool waits = step == AM_STEP_READ || step == AM_STEP_READ_WRITE;
  return waits && is_starved(conn) ? lost(cursor, err) : step;
}

am_step am__pg_discard(am__pg_conn *conn, am_error *err)
{
  bool pipeline = PQpipelineStatus(conn->pg) != PQ_PIPELINE_OFF;
  if (conn->unflushed && !am__pg_flush(conn, err)) goto gone;
  if (!PQconsumeInput(conn->pg)) goto gone;
  for (int nothing = 0;;) {
    if (PQisBusy(conn->pg) && is_starved(conn)) goto gone;
    if (PQisBusy(conn->pg)) return am__pg_wait(conn);
    PGresult *result = PQgetResult(conn->pg);
    if (result == NULL && (++nothing == NOTHING_MORE || PQstatus(conn->pg) == CONNECTION_BAD))
      goto gone;
    if (result == NULL && pipeline) continue;
    if (result == NULL) break;
    nothing = 0;
    ExecStatusType status = PQresultStatus(result);
    bool more = (status == PGRES_COPY_IN || status == PGRES_COPY_OUT) && !end_copy(conn, result);
    PQclear(result);
    if (more) return am__pg_wait(conn);
    if (status == PGRES_PIPELINE_SYNC) {
      if (!PQexitPipelineMode(conn->pg)) goto gone;
      break;
    }
  }
  conn->discarding = false;
  return AM_STEP_DONE;
gone:
  conn->discarding = false;
  return am__pg_error_lost(conn, err);
}
