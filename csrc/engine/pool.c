/* Pools: making, counting, invalidating, the idle list and the queue of waiters; see pool.h. Leases
 * are in lease.c, pools shared by name in pool_shared.c. */
#include "engine/pool.h"

#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/process.h"
#include "engine/clock.h"
#include "engine/pool_private.h"

static void init_sync(am_pool *pool)
{
  pthread_condattr_t attr;
  pthread_condattr_init(&attr);
  pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
  pthread_mutex_init(&pool->mutex, NULL);
  pthread_cond_init(&pool->granted, &attr);
  pthread_condattr_destroy(&attr);
}

am_pool *am_pool_new(const am_pool_options *options, am_error *err)
{
  am_pool *pool = am_calloc(sizeof *pool);
  if (pool == NULL) {
    am_error_memory(err);
    return NULL;
  }
  init_sync(pool);
  pool->options = *options;
  if (pool->options.size == 0) pool->options.max_overflow = -1;
  atomic_init(&pool->refs, 1);
  atomic_init(&pool->pid, am_process());
  return pool;
}

static void close_conn(am_dbconn *conn, bool forked)
{
  if (conn != NULL) conn->driver->close(conn, forked);
}

static am__record *pop_idle(am_pool *pool, bool newest)
{
  am__record *record = newest ? pool->idle_last : pool->idle_first;
  if (record == NULL) return NULL;
  if (record->prev != NULL) record->prev->next = record->next;
  else pool->idle_first = record->next;
  if (record->next != NULL) record->next->prev = record->prev;
  else pool->idle_last = record->prev;
  record->next = record->prev = NULL;
  pool->idle_count--;
  return record;
}

static void close_idle(am_pool *pool, bool forked)
{
  am__record *record;
  while ((record = pop_idle(pool, false)) != NULL) {
    close_conn(record->conn, forked);
    am_free(record);
  }
}

static void close_fds(am_pool *pool)
{
  while (pool->fd_count > 0) close(pool->fds[--pool->fd_count]);
}

/* Starts a new epoch; the idle list must be empty. */
static void forget_leases(am_pool *pool)
{
  pool->total = pool->idle_count;
  pool->epoch++;
  pool->generation++;
  pool->shared = NULL; /* its leases own it now, the last one frees it */
  pool->shared_open = pool->shared_opening = false;
}

/* The child of a fork: the mutex may have been held by a thread that does not exist here, and the
 * connections are the parent's. */
static void after_fork(am_pool *pool)
{
  init_sync(pool);
  close_idle(pool, true);
  close_fds(pool);
  pool->wait_first = pool->wait_last = NULL;
  pool->wait_count = 0;
  am__record *shared = pool->shared;
  forget_leases(pool);
  if (shared != NULL && shared->leases == 0) am_free(shared);
}

void am__pool_lock(am_pool *pool)
{
  pid_t known = atomic_load(&pool->pid), pid = am_process();
  if (known != pid && atomic_compare_exchange_strong(&pool->pid, &known, pid)) after_fork(pool);
  pthread_mutex_lock(&pool->mutex);
}

void am__pool_unlock(am_pool *pool) { pthread_mutex_unlock(&pool->mutex); }

void am__pool_destroy(am_pool *pool)
{
  close_idle(pool, atomic_load(&pool->pid) != am_process());
  close_fds(pool);
  if (pool->shared != NULL) am_free(pool->shared);
  pthread_cond_destroy(&pool->granted);
  pthread_mutex_destroy(&pool->mutex);
  am_free(pool->name);
  am_free(pool->key);
  am_free(pool);
}

void am_pool_count(am_pool *pool, am_pool_counts *out_counts)
{
  am__pool_lock(pool);
  out_counts->size = pool->options.size;
  out_counts->checkedin = pool->idle_count;
  out_counts->checkedout = pool->total - pool->idle_count;
  out_counts->overflow = pool->total - pool->options.size;
  out_counts->waiting = pool->wait_count;
  out_counts->lost = pool->lost;
  if (pool->shared != NULL) {
    out_counts->checkedin = pool->shared_open && pool->shared->leases == 0;
    out_counts->checkedout = (int)pool->shared->leases;
  }
  am__pool_unlock(pool);
}

void am_pool_invalidate(am_pool *pool)
{
  am__pool_lock(pool);
  pool->generation++;
  am__pool_unlock(pool);
}

void am_pool_dispose(am_pool *pool)
{
  am__pool_lock(pool);
  am__record *shared = pool->shared;
  forget_leases(pool);
  if (shared != NULL && shared->leases == 0) am_free(shared);
  int limit = pool->options.size + pool->options.max_overflow;
  while (pool->wait_first != NULL && pool->total < limit) am__pool_grant_slot(pool);
  am__pool_unlock(pool);
}

am_dbconn *am_pool_take_idle(am_pool *pool, uint64_t *out_record_id)
{
  am_dbconn *conn = NULL;
  am__record *record;
  am__pool_lock(pool);
  while (conn == NULL && (record = pop_idle(pool, false)) != NULL) { /* empty ones just go */
    conn = record->conn;
    *out_record_id = record->id;
    am_free(record);
    pool->total--;
    am__pool_grant_slot(pool);
  }
  am__pool_unlock(pool);
  return conn;
}

am__record *am__pool_new_record(am_pool *pool)
{
  am__record *record = am_calloc(sizeof *record);
  if (record == NULL) return NULL;
  record->id = ++pool->next_id;
  record->generation = pool->generation;
  record->opened_at = am_clock_monotonic();
  return record;
}

void am__pool_unlink_waiter(am_pool *pool, am_lease *lease)
{
  if (lease->prev_waiting != NULL) lease->prev_waiting->next_waiting = lease->next_waiting;
  else pool->wait_first = lease->next_waiting;
  if (lease->next_waiting != NULL) lease->next_waiting->prev_waiting = lease->prev_waiting;
  else pool->wait_last = lease->prev_waiting;
  lease->next_waiting = lease->prev_waiting = NULL;
  pool->wait_count--;
}

void am__pool_signal(am_lease *lease)
{
  uint64_t one = 1;
  if (lease->fd < 0) return;
  ssize_t written = write(lease->fd, &one, sizeof one);
  (void)written; /* an eventfd takes a 1 unless it is readable already */
}

void am__pool_wake(am_pool *pool, am_lease *lease, am_lease_state state)
{
  lease->state = state;
  lease->epoch = pool->epoch;
  am__pool_signal(lease);
  pthread_cond_broadcast(&pool->granted);
}

void am__pool_grant_slot(am_pool *pool)
{
  am_lease *lease = pool->wait_first;
  if (lease == NULL) return;
  am__record *record = am__pool_new_record(pool);
  if (record == NULL) return; /* the waiter's time runs out, or the next return serves it */
  am__pool_unlink_waiter(pool, lease);
  lease->record = record;
  pool->total++;
  am__pool_wake(pool, lease, AM_LEASE_CREATE);
}

void am__pool_put_record(am_pool *pool, am__record *record)
{
  am_lease *lease = pool->wait_first;
  if (lease != NULL) {
    am__pool_unlink_waiter(pool, lease);
    lease->record = record;
    am__pool_wake(pool, lease, record->conn != NULL ? AM_LEASE_READY : AM_LEASE_CREATE);
    return;
  }
  record->prev = pool->idle_last;
  if (record->prev != NULL) record->prev->next = record;
  else pool->idle_first = record;
  pool->idle_last = record;
  pool->idle_count++;
}

am__record *am__pool_pop_idle(am_pool *pool) { return pop_idle(pool, pool->options.use_lifo); }
