/* Statements on a thread of the connection, so that an event loop goes on meanwhile.
 *
 * Option `execution`: "direct" runs everything in the caller, "thread" everything on the thread,
 * "auto" what is not known to be quick: reads get BUDGET seconds in the caller and move to the
 * thread if that was not enough or a lock is in the way; changes and commits go there until they
 * were measured and found quick. A statement remembers (am__sqlite_entry).
 *
 * Invariant: the handle is used by one thread at a time. A job owns it from submit until `job_done`
 * of its cursor; everybody else settles first. The mutex orders their memory. The thread is started
 * with the first job, blocks all signals and ends with the connection. A child of a fork has no
 * thread, and the mutex may be locked for good there: it touches neither.
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/alloc.h"
#include "driver/sqlite_private.h"

enum { STACK_SIZE = 512 * 1024, INTERRUPT_EVERY_MS = 5 };

/* Seconds of a read in the caller: what the others may be kept waiting, once per statement. The
 * timers of the event loops are no finer, and it is a fiftieth of a tick of 50 ms. */
static const double BUDGET = 0.001;

/* Seconds from which a statement is worth the thread. The trip to it costs 20 to 40 microseconds
 * (bench/waiting/sqlite.lua): about a tenth of this. */
static const double SLOW_FROM = 0.0003;

struct am__sqlite_worker {
  am__sqlite_conn *conn;
  pthread_t thread;
  pthread_mutex_t mutex;
  pthread_cond_t changed;    /* by the monotonic clock */
  int event;                 /* readable when a job has ended */
  am__sqlite_cursor *cursor; /* of the job that is due or runs; NULL: none */
  am_query query;            /* unless sql == NULL: the rest of a stream is wanted */
  char *sql, *batch_sql;
  bool quit;
};

static void free_texts(am__sqlite_worker *worker)
{
  am_free(worker->sql);
  am_free(worker->batch_sql);
  worker->sql = worker->batch_sql = NULL;
}

/* The texts of a query are the caller's only until it is told to wait. */
static bool copy_texts(am__sqlite_worker *worker, const am_query *query, am_error *err)
{
  if (query == NULL) return true;
  worker->sql = am_memdup(query->sql, query->sql_size);
  if (query->batch_sql != NULL)
    worker->batch_sql = am_memdup(query->batch_sql, query->batch_sql_size);
  if (worker->sql == NULL || (query->batch_sql != NULL && worker->batch_sql == NULL)) {
    free_texts(worker);
    return am_error_memory(err);
  }
  worker->query = *query;
  worker->query.sql = worker->sql;
  worker->query.batch_sql = worker->batch_sql;
  return true;
}

static void run_job(am__sqlite_worker *worker)
{
  am__sqlite_cursor *cursor = worker->cursor;
  am_error err = AM_ERROR_INIT;
  const am_query *query = worker->sql != NULL ? &worker->query : NULL;
  am_step step = am__sqlite_cursor_collect(cursor, query, &err);
  pthread_mutex_lock(&worker->mutex);
  cursor->job_step = step;
  cursor->job_error = err;
  cursor->job_done = true;
  worker->cursor = NULL;
  free_texts(worker);
  uint64_t one = 1;
  ssize_t written = write(worker->event, &one, sizeof one);
  (void)written; /* it fails only when it is readable already */
  pthread_cond_broadcast(&worker->changed);
}

static void *run_thread(void *context)
{
  am__sqlite_worker *worker = context;
  pthread_mutex_lock(&worker->mutex);
  while (!worker->quit) {
    if (worker->cursor == NULL) {
      pthread_cond_wait(&worker->changed, &worker->mutex);
      continue;
    }
    pthread_mutex_unlock(&worker->mutex);
    run_job(worker); /* comes back with the mutex */
  }
  pthread_mutex_unlock(&worker->mutex);
  return NULL;
}

static int spawn(am__sqlite_worker *worker)
{
  pthread_attr_t attr;
  sigset_t all, before;
  pthread_attr_init(&attr);
  pthread_attr_setstacksize(&attr, STACK_SIZE);
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  int rc = pthread_create(&worker->thread, &attr, run_thread, worker);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  pthread_attr_destroy(&attr);
  return rc;
}

/* The thread waits by the monotonic clock, which nobody sets. */
static bool start_worker(am__sqlite_conn *conn, am_error *err)
{
  am__sqlite_worker *worker = am_calloc(sizeof *worker);
  if (worker == NULL) return am_error_memory(err);
  worker->conn = conn;
  worker->event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  pthread_condattr_t attr;
  pthread_condattr_init(&attr);
  pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
  pthread_cond_init(&worker->changed, &attr);
  pthread_condattr_destroy(&attr);
  pthread_mutex_init(&worker->mutex, NULL);
  int problem = worker->event < 0 ? errno : spawn(worker);
  if (problem == 0) {
    conn->worker = worker;
    return true;
  }
  if (worker->event >= 0) close(worker->event);
  pthread_mutex_destroy(&worker->mutex);
  pthread_cond_destroy(&worker->changed);
  am_free(worker);
  return am_error_set(err, AM_ERR_OPERATIONAL, "no thread for SQLite: %s", strerror(problem));
}

void am__sqlite_worker_free(am__sqlite_conn *conn, bool forked)
{
  am__sqlite_worker *worker = conn->worker;
  if (worker == NULL) return;
  conn->worker = NULL;
  if (!forked) {
    pthread_mutex_lock(&worker->mutex);
    worker->quit = true;
    pthread_cond_broadcast(&worker->changed);
    pthread_mutex_unlock(&worker->mutex);
    pthread_join(worker->thread, NULL);
    pthread_mutex_destroy(&worker->mutex);
    pthread_cond_destroy(&worker->changed);
  }
  close(worker->event);
  free_texts(worker);
  am_free(worker);
}

int am__sqlite_worker_fd(am__sqlite_conn *conn)
{
  am__sqlite_worker *worker = conn->worker;
  if (worker == NULL || am_dbconn_forked(&conn->base)) return -1;
  pthread_mutex_lock(&worker->mutex);
  bool busy = worker->cursor != NULL || conn->jobs > 0;
  pthread_mutex_unlock(&worker->mutex);
  return busy || conn->options.execution == AM__SQLITE_THREAD ? worker->event : -1;
}

am_step am__sqlite_worker_submit(am__sqlite_cursor *cursor, const am_query *query, am_error *err)
{
  am__sqlite_conn *conn = am__sqlite_conn_of(cursor);
  am__sqlite_worker *worker = conn->worker;
  if (worker == NULL && !start_worker(conn, err)) return AM_STEP_ERROR;
  worker = conn->worker;
  if (!copy_texts(worker, query, err)) return AM_STEP_ERROR;
  am__sqlite_deadline_watch(conn); /* while nothing runs */
  pthread_mutex_lock(&worker->mutex);
  worker->cursor = cursor;
  cursor->has_job = true;
  cursor->job_done = false;
  conn->jobs++;
  pthread_cond_broadcast(&worker->changed);
  pthread_mutex_unlock(&worker->mutex);
  return AM_STEP_READ;
}

bool am__sqlite_worker_busy(am__sqlite_conn *conn)
{
  am__sqlite_worker *worker = conn->worker;
  if (worker == NULL || conn->jobs == 0 || am_dbconn_forked(&conn->base)) return false;
  pthread_mutex_lock(&worker->mutex);
  bool busy = worker->cursor != NULL;
  pthread_mutex_unlock(&worker->mutex);
  return busy;
}

void am__sqlite_worker_settle(am__sqlite_conn *conn)
{
  am__sqlite_worker *worker = conn->worker;
  if (worker == NULL || conn->jobs == 0 || am_dbconn_forked(&conn->base)) return;
  pthread_mutex_lock(&worker->mutex);
  while (worker->cursor != NULL) pthread_cond_wait(&worker->changed, &worker->mutex);
  pthread_mutex_unlock(&worker->mutex);
}

/* The job's result goes to the caller; with the mutex. */
static am_step take(am__sqlite_cursor *cursor, am_error *err)
{
  uint64_t count;
  am__sqlite_conn *conn = am__sqlite_conn_of(cursor);
  cursor->has_job = false;
  if (--conn->jobs == 0) {
    ssize_t got = read(conn->worker->event, &count, sizeof count);
    (void)got;
  }
  *err = cursor->job_error;
  memset(&cursor->job_error, 0, sizeof cursor->job_error);
  return cursor->job_step;
}

am_step am__sqlite_worker_take(am__sqlite_cursor *cursor, am_error *err)
{
  am__sqlite_worker *worker = am__sqlite_conn_of(cursor)->worker;
  am_step step = AM_STEP_READ;
  pthread_mutex_lock(&worker->mutex);
  if (cursor->job_done) step = take(cursor, err);
  pthread_mutex_unlock(&worker->mutex);
  return step;
}

void am__sqlite_worker_abandon(am__sqlite_cursor *cursor)
{
  am__sqlite_conn *conn = am__sqlite_conn_of(cursor);
  if (!cursor->has_job || am_dbconn_forked(&conn->base)) return;
  am__sqlite_worker *worker = conn->worker;
  pthread_mutex_lock(&worker->mutex);
  /* An interrupt counts for what runs at the moment: it is repeated until the job has ended. */
  while (!cursor->job_done) {
    struct timespec until;
    if (worker->cursor == cursor) {
      atomic_store(&conn->cancelled, true);
      sqlite3_interrupt(conn->db);
    }
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += INTERRUPT_EVERY_MS * 1000000L;
    if (until.tv_nsec >= 1000000000L) {
      until.tv_sec++;
      until.tv_nsec -= 1000000000L;
    }
    pthread_cond_timedwait(&worker->changed, &worker->mutex, &until);
  }
  am_error err = AM_ERROR_INIT;
  take(cursor, &err);
  pthread_mutex_unlock(&worker->mutex);
  am_error_clear(&err);
}

/* --- auto --- */

void am__sqlite_worker_measured(am__sqlite_entry *entry, double seconds)
{
  entry->measured = true;
  entry->slow = seconds >= SLOW_FROM;
}

static bool is_quick(const am__sqlite_entry *entry)
{
  if (entry->slow) return false;
  return entry->measured || (entry->readonly && entry->kind == AM__SQLITE_PASSIVE);
}

/* True if the statement did nothing but meet a lock, or was stopped because its time was up. */
static bool was_stopped(const am__sqlite_conn *conn, const am_error *err)
{
  int code = err->code & 0xff;
  if (err->cls != AM_ERR_OPERATIONAL || atomic_load(&conn->cancelled)) return false;
  return code == SQLITE_BUSY || (code == SQLITE_INTERRUPT && conn->over_budget);
}

am_step am__sqlite_worker_start(am__sqlite_cursor *cursor, const am_query *query, am_error *err)
{
  am__sqlite_conn *conn = am__sqlite_conn_of(cursor);
  /* Of many rows some may be in when a lock comes in the way: that is not done twice. */
  if (conn->options.execution == AM__SQLITE_THREAD || (query->flags & AM_QUERY_SCRIPT) != 0 ||
      query->row_count > 1)
    return am__sqlite_worker_submit(cursor, query, err);
  double start = am__sqlite_now();
  conn->tentative = true;
  conn->over_budget = false;
  am__sqlite_entry *entry = am__sqlite_entry_take(conn, query, err);
  bool quick = entry != NULL && is_quick(entry);
  bool read_only = quick && entry->readonly && entry->kind == AM__SQLITE_PASSIVE;
  if (entry == NULL && (err->code & 0xff) != SQLITE_BUSY) {
    conn->tentative = false;
    return err->cls == AM_ERR_NONE ? AM_STEP_DONE : AM_STEP_ERROR;
  }
  am_step step = AM_STEP_ERROR;
  if (quick) {
    conn->budget_until = read_only ? start + BUDGET : 0;
    if (read_only) am__sqlite_deadline_watch(conn);
    bool kept = entry->kept;
    cursor->started = start;
    step = am__sqlite_cursor_run(cursor, entry, query, err);
    conn->budget_until = 0;
    if (kept) am__sqlite_worker_measured(entry, am__sqlite_now() - start);
  } else if (entry != NULL) {
    am__sqlite_entry_release(entry);
  }
  conn->tentative = false;
  if (quick && (step != AM_STEP_ERROR || !was_stopped(conn, err))) return step;
  am_error_clear(err);
  conn->over_budget = false;
  cursor->started = 0;
  return am__sqlite_worker_submit(cursor, query, err);
}
