/* Leases: one checkout each, from the queue to the return; see pool.h. */
#include <errno.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/process.h"
#include "engine/clock.h"
#include "engine/pool_private.h"

static bool shares(const am_pool *pool)
{
  return pool->options.kind == AM_POOL_STATIC || pool->options.kind == AM_POOL_SINGLETON;
}

static bool may_grow(const am_pool *pool)
{
  const am_pool_options *options = &pool->options;
  return options->kind == AM_POOL_NULL || options->max_overflow < 0 ||
         pool->total < options->size + options->max_overflow;
}

static void enqueue(am_pool *pool, am_lease *lease)
{
  lease->state = AM_LEASE_WAIT;
  lease->prev_waiting = pool->wait_last;
  if (lease->prev_waiting != NULL) lease->prev_waiting->next_waiting = lease;
  else pool->wait_first = lease;
  pool->wait_last = lease;
  pool->wait_count++;
}

static bool begin_own(am_pool *pool, am_lease *lease)
{
  lease->record = am__pool_pop_idle(pool);
  if (lease->record != NULL) {
    lease->state = lease->record->conn != NULL ? AM_LEASE_READY : AM_LEASE_CREATE;
    return true;
  }
  if (!may_grow(pool)) {
    enqueue(pool, lease);
    return true;
  }
  lease->record = am__pool_new_record(pool);
  if (lease->record == NULL) return false;
  pool->total++;
  lease->state = AM_LEASE_CREATE;
  return true;
}

/* Joins the one connection; the first to come opens it. */
static void join_shared(am_pool *pool, am_lease *lease)
{
  lease->record = pool->shared;
  pool->shared->leases++;
  if (pool->shared_open) lease->state = AM_LEASE_READY;
  else {
    pool->shared_opening = true;
    lease->state = AM_LEASE_CREATE;
  }
}

static bool begin_shared(am_pool *pool, am_lease *lease)
{
  if (pool->shared == NULL) {
    pool->shared = am__pool_new_record(pool);
    if (pool->shared == NULL) return false;
    pool->total++;
  }
  if (pool->shared_opening) enqueue(pool, lease);
  else join_shared(pool, lease);
  return true;
}

am_lease *am_pool_checkout(am_pool *pool, am_error *err)
{
  am_lease *lease = am_calloc(sizeof *lease);
  if (lease == NULL) goto no_memory;
  am__pool_lock(pool);
  lease->fd = -1;
  lease->pid = am_process();
  lease->epoch = pool->epoch;
  bool ok = shares(pool) ? begin_shared(pool, lease) : begin_own(pool, lease);
  am__pool_unlock(pool);
  if (!ok) goto no_memory;
  lease->pool = pool;
  atomic_fetch_add(&pool->refs, 1);
  return lease;

no_memory:
  am_free(lease);
  am_error_memory(err);
  return NULL;
}

bool am_lease_forked(const am_lease *lease) { return lease->pid != am_process(); }

bool am_lease_outdated(am_lease *lease)
{
  am__pool_lock(lease->pool);
  bool outdated = lease->epoch != lease->pool->epoch;
  am__pool_unlock(lease->pool);
  return outdated;
}

am_lease_state am_lease_poll(am_lease *lease)
{
  if (am_lease_forked(lease) && lease->state == AM_LEASE_WAIT) return AM_LEASE_OVER;
  am__pool_lock(lease->pool);
  am_lease_state state = lease->state;
  am__pool_unlock(lease->pool);
  return state;
}

int am_lease_fd(am_lease *lease, am_error *err)
{
  am_pool *pool = lease->pool;
  am__pool_lock(pool);
  if (lease->fd < 0) {
    if (pool->fd_count > 0) lease->fd = pool->fds[--pool->fd_count];
    else lease->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (lease->fd >= 0 && lease->state != AM_LEASE_WAIT) am__pool_signal(lease);
  }
  int fd = lease->fd;
  am__pool_unlock(pool);
  if (fd < 0)
    am_error_set(err, AM_ERR_OPERATIONAL, "no descriptor for waiting on the pool (errno %d)",
                 errno);
  return fd;
}

bool am_lease_wait(am_lease *lease, double seconds)
{
  am_pool *pool = lease->pool;
  double until = am_clock_monotonic() + (seconds < 0 ? 0 : seconds);
  struct timespec deadline = {(time_t)until, (long)((until - (double)(time_t)until) * 1e9)};
  am__pool_lock(pool);
  int status = 0;
  while (lease->state == AM_LEASE_WAIT && status != ETIMEDOUT)
    status = pthread_cond_timedwait(&pool->granted, &pool->mutex, &deadline);
  bool granted = lease->state != AM_LEASE_WAIT;
  am__pool_unlock(pool);
  return granted;
}

am_stale am_lease_stale(am_lease *lease)
{
  am_pool *pool = lease->pool;
  am__pool_lock(pool);
  am__record *record = lease->record;
  double recycle = pool->options.recycle_seconds;
  am_stale stale = AM_STALE_NO;
  if (record != NULL && lease->epoch == pool->epoch && (!shares(pool) || record->leases == 1)) {
    if (record->generation != pool->generation) stale = AM_STALE_INVALID;
    else if (record->soft_invalid) stale = AM_STALE_SOFT;
    else if (recycle >= 0 && am_clock_monotonic() - record->opened_at > recycle)
      stale = AM_STALE_RECYCLE;
    else if (record->dirty) stale = AM_STALE_DIRTY;
    record->dirty = false;
  }
  am__pool_unlock(pool);
  return stale;
}

am_dbconn *am_lease_take(am_lease *lease)
{
  am__pool_lock(lease->pool);
  am_dbconn *conn = NULL;
  if (lease->record != NULL) {
    conn = lease->record->conn;
    lease->record->conn = NULL;
  }
  am__pool_unlock(lease->pool);
  return conn;
}

void am_lease_opened(am_lease *lease)
{
  am_pool *pool = lease->pool;
  am__pool_lock(pool);
  am__record *record = lease->record;
  if (record != NULL) {
    record->id = ++pool->next_id;
    record->opened_at = am_clock_monotonic();
    record->generation = pool->generation;
    record->soft_invalid = record->dirty = false;
    lease->state = AM_LEASE_READY;
    if (record == pool->shared) {
      pool->shared_open = true;
      pool->shared_opening = false;
      am_lease *waiter;
      while ((waiter = pool->wait_first) != NULL) {
        am__pool_unlink_waiter(pool, waiter);
        join_shared(pool, waiter);
        am__pool_wake(pool, waiter, waiter->state);
      }
    }
  }
  am__pool_unlock(pool);
}

uint64_t am_lease_record_id(const am_lease *lease)
{
  return lease->record != NULL ? lease->record->id : 0;
}

void am_lease_soft_invalidate(am_lease *lease)
{
  am__pool_lock(lease->pool);
  if (lease->record != NULL) lease->record->soft_invalid = true;
  am__pool_unlock(lease->pool);
}

void am_lease_invalidate_pool(am_lease *lease)
{
  am_pool *pool = lease->pool;
  am__pool_lock(pool);
  if (lease->record != NULL && lease->epoch == pool->epoch &&
      lease->record->generation == pool->generation)
    pool->generation++;
  am__pool_unlock(pool);
}

unsigned am_lease_sharers(am_lease *lease)
{
  am__pool_lock(lease->pool);
  unsigned count = lease->record != NULL && shares(lease->pool) ? lease->record->leases : 1;
  am__pool_unlock(lease->pool);
  return count;
}

/* The record leaves the lease. Returns it if it still counts in the pool; else it is freed, and a
 * connection that the holder never took goes into *out_orphan. */
static am__record *part(am_pool *pool, am_lease *lease, am_dbconn **out_orphan)
{
  am__record *record = lease->record;
  lease->record = NULL;
  lease->state = AM_LEASE_OVER;
  if (record == NULL) return NULL;
  if (shares(pool)) {
    record->leases--;
    if (record == pool->shared) return record;
    if (record->leases > 0) return NULL; /* the others of that epoch still use it */
  } else if (lease->epoch == pool->epoch && !am_lease_forked(lease)) {
    return record;
  }
  *out_orphan = record->conn;
  am_free(record);
  return NULL;
}

static void close_orphan(const am_lease *lease, am_dbconn *conn)
{
  if (conn != NULL) conn->driver->close(conn, am_lease_forked(lease));
}

/* The shared connection is gone; the first waiter may open it anew. */
static void lose_shared(am_pool *pool)
{
  pool->shared_open = pool->shared_opening = false;
  am_lease *waiter = pool->wait_first;
  if (waiter == NULL) return;
  am__pool_unlink_waiter(pool, waiter);
  join_shared(pool, waiter);
  am__pool_wake(pool, waiter, waiter->state);
}

/* Puts the record back with this connection or, empty, without one; false: there is no room and it
 * is gone. */
static bool put_back(am_pool *pool, am__record *record, am_dbconn *conn)
{
  int size = pool->options.size;
  bool room = pool->options.kind == AM_POOL_QUEUE && (size == 0 || pool->idle_count < size);
  if (room || pool->wait_first != NULL) {
    record->conn = conn;
    am__pool_put_record(pool, record);
    return true;
  }
  am_free(record);
  pool->total--;
  return false;
}

bool am_lease_return(am_lease *lease, am_dbconn *take_conn)
{
  am_pool *pool = lease->pool;
  am_dbconn *orphan = NULL;
  am__pool_lock(pool);
  am__record *record = part(pool, lease, &orphan);
  bool kept = false;
  if (record != NULL && shares(pool)) {
    kept = pool->shared_open;
  } else if (record != NULL) {
    kept = put_back(pool, record, take_conn);
  }
  am__pool_unlock(pool);
  close_orphan(lease, orphan);
  return kept;
}

bool am_lease_drop(am_lease *lease, bool keep_record)
{
  am_pool *pool = lease->pool;
  am_dbconn *orphan = NULL;
  am__pool_lock(pool);
  am__record *record = part(pool, lease, &orphan);
  bool kept = false;
  if (record != NULL && shares(pool)) {
    lose_shared(pool);
  } else if (record != NULL && record->conn != NULL) { /* never taken: as good as before */
    am__pool_put_record(pool, record);
  } else if (record != NULL && keep_record) {
    record->soft_invalid = false;
    kept = put_back(pool, record, NULL);
  } else if (record != NULL) {
    am_free(record);
    pool->total--;
    am__pool_grant_slot(pool);
  }
  am__pool_unlock(pool);
  close_orphan(lease, orphan);
  return kept;
}

/* The holder vanished without returning the lease. */
static void lose(am_pool *pool, am_lease *lease, am_dbconn **out_orphan)
{
  am_lease_state state = lease->state;
  if (state == AM_LEASE_WAIT) {
    if (!am_lease_forked(lease)) am__pool_unlink_waiter(pool, lease);
    lease->state = AM_LEASE_OVER;
    return;
  }
  am__record *record = part(pool, lease, out_orphan);
  if (record == NULL) return;
  if (shares(pool)) {
    if (state == AM_LEASE_CREATE) lose_shared(pool);
    else if (record->leases == 0) record->dirty = true;
    pool->lost++;
  } else if (record->conn != NULL) { /* granted, but the waiter died before it looked */
    am__pool_put_record(pool, record);
  } else {
    am_free(record);
    pool->total--;
    pool->lost++;
    am__pool_grant_slot(pool);
  }
}

void am_lease_free(am_lease *lease)
{
  if (lease == NULL) return;
  am_pool *pool = lease->pool;
  am_dbconn *orphan = NULL;
  am__pool_lock(pool);
  if (lease->state != AM_LEASE_OVER) lose(pool, lease, &orphan);
  if (lease->fd >= 0) {
    uint64_t count;
    ssize_t got = read(lease->fd, &count, sizeof count); /* drains it; empty is fine */
    (void)got;
    if (pool->fd_count < AM__FD_CACHE && !am_lease_forked(lease))
      pool->fds[pool->fd_count++] = lease->fd;
    else close(lease->fd);
  }
  am__pool_unlock(pool);
  close_orphan(lease, orphan);
  am_free(lease);
  am_pool_unref(pool);
}
