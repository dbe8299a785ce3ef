/* Pool and leases with a driver that only counts. */
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/alloc.h"
#include "check.h"
#include "engine/pool.h"

static atomic_int open_count, forked_closes;

static void close_conn(am_dbconn *conn, bool forked)
{
  if (conn == NULL) return;
  atomic_fetch_sub(&open_count, 1);
  if (forked) atomic_fetch_add(&forked_closes, 1);
  am_free(conn);
}

static const am_driver counting = {.abi = AM_DRIVER_ABI, .name = "counting", .close = close_conn};

static am_dbconn *open_conn(void)
{
  am_dbconn *conn = am_calloc(sizeof *conn);
  if (conn == NULL) return NULL;
  conn->driver = &counting;
  atomic_fetch_add(&open_count, 1);
  return conn;
}

static am_pool *make(am_pool_kind kind, int size, int overflow)
{
  am_pool_options options = {kind, false, size, overflow, -1};
  am_error err = AM_ERROR_INIT;
  return am_pool_new(&options, &err);
}

static am_lease *checkout(am_pool *pool)
{
  am_error err = AM_ERROR_INIT;
  am_lease *lease = am_pool_checkout(pool, &err);
  am_error_clear(&err);
  return lease;
}

/* Checkout, opening when asked to. */
static am_lease *get(am_pool *pool, am_dbconn **out_conn)
{
  am_lease *lease = checkout(pool);
  if (lease == NULL) return NULL;
  if (am_lease_poll(lease) == AM_LEASE_CREATE) {
    *out_conn = open_conn();
    am_lease_opened(lease);
  } else {
    *out_conn = am_lease_take(lease);
  }
  return lease;
}

static void give(am_lease *lease, am_dbconn *conn)
{
  if (!am_lease_return(lease, conn)) close_conn(conn, false);
  am_lease_free(lease);
}

static am_pool_counts counts(am_pool *pool)
{
  am_pool_counts result;
  am_pool_count(pool, &result);
  return result;
}

TEST(keeps_size_and_closes_overflow)
{
  am_pool *pool = make(AM_POOL_QUEUE, 1, 1);
  am_dbconn *c1, *c2;
  am_lease *l1 = get(pool, &c1), *l2 = get(pool, &c2), *l3 = checkout(pool);
  CHECK_EQUAL(am_lease_poll(l3), AM_LEASE_WAIT);
  CHECK_EQUAL(counts(pool).checkedout, 2);
  CHECK_EQUAL(counts(pool).overflow, 1);
  CHECK(!am_lease_wait(l3, 0.01));
  give(l1, c1);
  CHECK_EQUAL(am_lease_poll(l3), AM_LEASE_READY);
  am_dbconn *c3 = am_lease_take(l3);
  CHECK(c3 == c1);
  give(l2, c2);
  give(l3, c3);
  CHECK_EQUAL(counts(pool).checkedin, 1);
  CHECK_EQUAL(counts(pool).checkedout, 0);
  CHECK_EQUAL(counts(pool).overflow, 0);
  CHECK_EQUAL(open_count, 1);
  am_pool_unref(pool);
  CHECK_EQUAL(open_count, 0);
}

TEST(order_of_idle_connections)
{
  for (int lifo = 0; lifo < 2; lifo++) {
    am_pool_options options = {AM_POOL_QUEUE, lifo, 3, 0, -1};
    am_error err = AM_ERROR_INIT;
    am_pool *pool = am_pool_new(&options, &err);
    am_dbconn *c1, *c2, *c3;
    am_lease *l1 = get(pool, &c1), *l2 = get(pool, &c2);
    give(l1, c1);
    give(l2, c2);
    am_lease *l3 = get(pool, &c3);
    CHECK(c3 == (lifo ? c2 : c1));
    give(l3, c3);
    am_pool_unref(pool);
  }
}

TEST(a_failed_open_frees_the_slot_for_the_first_waiter)
{
  am_pool *pool = make(AM_POOL_QUEUE, 1, 0);
  am_lease *l1 = checkout(pool), *l2 = checkout(pool), *l3 = checkout(pool);
  am_error err = AM_ERROR_INIT;
  struct pollfd item = {am_lease_fd(l2, &err), POLLIN, 0};
  CHECK_EQUAL(poll(&item, 1, 0), 0);
  am_lease_drop(l1, false);
  am_lease_free(l1);
  CHECK_EQUAL(poll(&item, 1, 0), 1);
  CHECK_EQUAL(am_lease_poll(l2), AM_LEASE_CREATE);
  CHECK_EQUAL(am_lease_poll(l3), AM_LEASE_WAIT);
  am_lease_free(l2); /* vanished with its permission */
  CHECK_EQUAL(am_lease_poll(l3), AM_LEASE_CREATE);
  am_lease_free(l3);
  CHECK_EQUAL(counts(pool).checkedout, 0);
  CHECK_EQUAL(counts(pool).lost, 2);
  am_pool_unref(pool);
}

TEST(a_waiter_that_died_passes_the_connection_on)
{
  am_pool *pool = make(AM_POOL_QUEUE, 1, 0);
  am_dbconn *c1;
  am_lease *l1 = get(pool, &c1), *l2 = checkout(pool), *l3 = checkout(pool), *l4 = checkout(pool);
  am_lease_free(l3); /* dies in the queue */
  give(l1, c1);
  CHECK_EQUAL(am_lease_poll(l2), AM_LEASE_READY);
  am_lease_free(l2); /* dies after it was served */
  CHECK_EQUAL(am_lease_poll(l4), AM_LEASE_READY);
  give(l4, am_lease_take(l4));
  CHECK_EQUAL(counts(pool).checkedin, 1);
  CHECK_EQUAL(counts(pool).lost, 0);
  am_pool_unref(pool);
  CHECK_EQUAL(open_count, 0);
}

TEST(staleness)
{
  am_pool *pool = make(AM_POOL_QUEUE, 2, 0);
  am_dbconn *c1, *c2;
  am_lease *l1 = get(pool, &c1), *l2 = get(pool, &c2);
  CHECK_EQUAL(am_lease_stale(l1), AM_STALE_NO);
  am_lease_soft_invalidate(l1);
  give(l1, c1);
  l1 = get(pool, &c1);
  CHECK_EQUAL(am_lease_stale(l1), AM_STALE_SOFT);
  uint64_t id = am_lease_record_id(l1);
  am_lease_opened(l1);
  CHECK(am_lease_record_id(l1) != id);
  CHECK_EQUAL(am_lease_stale(l1), AM_STALE_NO);
  am_lease_invalidate_pool(l2);
  CHECK_EQUAL(am_lease_stale(l1), AM_STALE_INVALID);
  am_lease_opened(l1);
  am_lease_invalidate_pool(l2); /* older than the last invalidation: no effect */
  CHECK_EQUAL(am_lease_stale(l1), AM_STALE_NO);
  give(l1, c1);
  give(l2, c2);
  am_pool_unref(pool);

  am_pool_options options = {AM_POOL_QUEUE, false, 1, 0, 0.0};
  am_error err = AM_ERROR_INIT;
  pool = am_pool_new(&options, &err);
  l1 = get(pool, &c1);
  give(l1, c1);
  usleep(1000);
  l1 = get(pool, &c1);
  CHECK_EQUAL(am_lease_stale(l1), AM_STALE_RECYCLE);
  give(l1, c1);
  am_pool_unref(pool);
  CHECK_EQUAL(open_count, 0);
}

TEST(dispose_starts_anew)
{
  am_pool *pool = make(AM_POOL_QUEUE, 1, 1);
  am_dbconn *c1, *c2;
  am_lease *l1 = get(pool, &c1), *l2 = get(pool, &c2), *waiter = checkout(pool);
  give(l1, c1);
  am_lease_free(waiter);
  uint64_t id;
  am_pool_dispose(pool);
  am_dbconn *idle = am_pool_take_idle(pool, &id);
  CHECK(idle == c1);
  close_conn(idle, false);
  CHECK(am_pool_take_idle(pool, &id) == NULL);
  CHECK_EQUAL(counts(pool).checkedout, 0);
  give(l2, c2); /* of the old epoch: not kept */
  CHECK_EQUAL(counts(pool).checkedin, 0);
  CHECK_EQUAL(open_count, 0);
  am_pool_unref(pool);
}

TEST(a_record_stays_without_its_connection)
{
  am_pool *pool = make(AM_POOL_QUEUE, 1, 0);
  am_dbconn *conn;
  am_lease *l1 = get(pool, &conn), *l2 = checkout(pool);
  uint64_t id = am_lease_record_id(l1);
  CHECK(am_lease_drop(l1, true));
  am_lease_free(l1);
  close_conn(conn, false);
  CHECK_EQUAL(am_lease_poll(l2), AM_LEASE_CREATE); /* who waited opens another */
  CHECK(am_lease_record_id(l2) == id);
  CHECK(am_lease_drop(l2, true));
  am_lease_free(l2);
  CHECK_EQUAL(counts(pool).checkedin, 1);
  CHECK_EQUAL(counts(pool).overflow, 0);
  CHECK(am_pool_take_idle(pool, &id) == NULL);
  CHECK_EQUAL(counts(pool).overflow, -1);
  CHECK_EQUAL(open_count, 0);
  am_pool_unref(pool);
}

TEST(a_connection_that_was_never_taken_is_not_lost)
{
  am_pool *pool = make(AM_POOL_QUEUE, 2, 0);
  am_dbconn *c1, *c2;
  am_lease *l1 = get(pool, &c1), *l2 = get(pool, &c2);
  give(l1, c1);
  give(l2, c2);
  l1 = checkout(pool);
  CHECK_EQUAL(am_lease_poll(l1), AM_LEASE_READY);
  am_lease_drop(l1, false);
  am_lease_free(l1);
  CHECK_EQUAL(counts(pool).checkedin, 2);
  l1 = checkout(pool);
  l2 = checkout(pool);
  am_pool_dispose(pool);
  am_lease_drop(l1, false);
  am_lease_free(l1);
  am_lease_free(l2);
  CHECK_EQUAL(open_count, 0);
  am_pool_unref(pool);
}

TEST(null_pool_keeps_nothing)
{
  am_pool *pool = make(AM_POOL_NULL, 0, 0);
  am_dbconn *c1, *c2;
  am_lease *l1 = get(pool, &c1), *l2 = get(pool, &c2);
  CHECK_EQUAL(counts(pool).checkedout, 2);
  give(l1, c1);
  give(l2, c2);
  CHECK_EQUAL(open_count, 0);
  am_pool_unref(pool);
}

TEST(shared_connection)
{
  am_pool *pool = make(AM_POOL_STATIC, 1, 0);
  am_lease *l1 = checkout(pool), *l2 = checkout(pool);
  CHECK_EQUAL(am_lease_poll(l1), AM_LEASE_CREATE);
  CHECK_EQUAL(am_lease_poll(l2), AM_LEASE_WAIT);
  am_lease_opened(l1);
  CHECK_EQUAL(am_lease_poll(l2), AM_LEASE_READY);
  CHECK_EQUAL(am_lease_sharers(l1), 2);
  CHECK_EQUAL(am_lease_record_id(l1), am_lease_record_id(l2));
  CHECK(am_lease_return(l1, NULL));
  am_lease_free(l1);
  am_lease_free(l2); /* vanished */
  l1 = checkout(pool);
  CHECK_EQUAL(am_lease_poll(l1), AM_LEASE_READY);
  CHECK_EQUAL(am_lease_stale(l1), AM_STALE_DIRTY);
  CHECK_EQUAL(am_lease_stale(l1), AM_STALE_NO);
  am_lease_drop(l1, false);
  am_lease_free(l1);
  l1 = checkout(pool);
  CHECK_EQUAL(am_lease_poll(l1), AM_LEASE_CREATE);
  am_pool_dispose(pool);
  am_lease_opened(l1);
  CHECK(!am_lease_return(l1, NULL));
  am_lease_free(l1);
  am_pool_unref(pool);
}

TEST(a_child_leaves_the_parents_connections_alone)
{
  am_pool *pool = make(AM_POOL_QUEUE, 2, 0);
  am_dbconn *c1, *c2;
  am_lease *l1 = get(pool, &c1), *l2 = get(pool, &c2);
  give(l1, c1);
  pid_t child = fork();
  if (child == 0) {
    am_dbconn *mine;
    am_lease *lease = get(pool, &mine);
    bool ok = forked_closes == 1 && counts(pool).checkedout == 1 && am_lease_forked(l2) &&
              !am_lease_return(l2, c2);
    am_lease_free(l2);
    give(lease, mine);
    ok = ok && counts(pool).checkedin == 1;
    _exit(ok ? 0 : 1);
  }
  int status = -1;
  waitpid(child, &status, 0);
  CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  give(l2, c2);
  CHECK_EQUAL(counts(pool).checkedin, 2);
  am_pool_unref(pool);
  CHECK_EQUAL(open_count, 0);
}

TEST(shared_by_name)
{
  am_pool_options options = {AM_POOL_QUEUE, false, 2, 0, -1};
  am_error err = AM_ERROR_INIT;
  am_pool *a = am_pool_shared("main", "url", &options, &err);
  am_pool *b = am_pool_shared("main", "url", &options, &err);
  CHECK(a != NULL && a == b);
  CHECK(am_pool_shared("main", "other url", &options, &err) == NULL);
  CHECK_EQUAL(err.cls, AM_ERR_ARGUMENT);
  am_error_clear(&err);
  options.size = 3;
  CHECK(am_pool_shared("main", "url", &options, &err) == NULL);
  am_error_clear(&err);
  am_pool_unref(a);
  am_pool_unref(b);
  a = am_pool_shared("main", "other url", &options, &err); /* the name is free again */
  CHECK(a != NULL);
  am_pool_unref(a);
}

static atomic_int inside, most_inside, served;

static void *worker(void *arg)
{
  am_pool *pool = arg;
  for (int i = 0; i < 300; i++) {
    am_lease *lease = checkout(pool);
    while (am_lease_poll(lease) == AM_LEASE_WAIT) am_lease_wait(lease, 5);
    am_dbconn *conn = NULL;
    if (am_lease_poll(lease) == AM_LEASE_READY) conn = am_lease_take(lease);
    if (conn == NULL || am_lease_stale(lease) != AM_STALE_NO) {
      close_conn(conn, false);
      conn = open_conn();
      am_lease_opened(lease);
    }
    int now = atomic_fetch_add(&inside, 1) + 1, most = most_inside;
    while (now > most && !atomic_compare_exchange_weak(&most_inside, &most, now)) {
    }
    atomic_fetch_add(&served, 1);
    atomic_fetch_sub(&inside, 1);
    if (i % 50 == 7) am_lease_invalidate_pool(lease);
    if (i % 10 == 3) {
      am_lease_drop(lease, false);
      close_conn(conn, false);
    } else if (!am_lease_return(lease, conn)) {
      close_conn(conn, false);
    }
    am_lease_free(lease);
  }
  return NULL;
}

TEST(threads)
{
  am_pool *pool = make(AM_POOL_QUEUE, 2, 1);
  pthread_t threads[8];
  for (int i = 0; i < 8; i++) pthread_create(&threads[i], NULL, worker, pool);
  for (int i = 0; i < 8; i++) pthread_join(threads[i], NULL);
  CHECK_EQUAL(served, 2400);
  CHECK(most_inside <= 3);
  CHECK_EQUAL(counts(pool).checkedout, 0);
  CHECK(counts(pool).checkedin <= 2);
  am_pool_unref(pool);
  CHECK_EQUAL(open_count, 0);
}

TEST(survives_lack_of_memory)
{
  EACH_FAULT
  {
    am_pool *pool = make(AM_POOL_QUEUE, 1, 0);
    if (pool != NULL) {
      am_dbconn *conn = NULL;
      am_lease *lease = get(pool, &conn);
      if (lease != NULL) give(lease, conn);
      CHECK_EQUAL(counts(pool).checkedout, 0);
      am_pool_unref(pool);
    }
  }
  CHECK_EQUAL(open_count, 0);
}

RUN({"keeps size and closes overflow", keeps_size_and_closes_overflow},
    {"order of idle connections", order_of_idle_connections},
    {"a failed open frees the slot", a_failed_open_frees_the_slot_for_the_first_waiter},
    {"a waiter that died passes the connection on", a_waiter_that_died_passes_the_connection_on},
    {"staleness", staleness}, {"dispose starts anew", dispose_starts_anew},
    {"a record stays without its connection", a_record_stays_without_its_connection},
    {"a connection never taken is not lost", a_connection_that_was_never_taken_is_not_lost},
    {"null pool keeps nothing", null_pool_keeps_nothing}, {"shared connection", shared_connection},
    {"a child leaves the parent's connections alone", a_child_leaves_the_parents_connections_alone},
    {"shared by name", shared_by_name}, {"threads", threads},
    {"survives lack of memory", survives_lack_of_memory})
