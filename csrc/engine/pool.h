/* The connection pool: who may use which connection, and who waits.
 *
 * The pool opens and closes nothing on the wire that could wait. It hands out leases. A checkout
 * answers at once: READY (a connection), CREATE (permission to open one) or WAIT (the lease stands
 * in a queue, first come first served). A waiter polls its lease again after it was woken: through
 * am_lease_fd (a descriptor that becomes readable, for reactors and for other threads) or by
 * am_lease_wait, the one call that blocks, for plain scripts.
 *
 * Invariants: a connection belongs either to the pool (idle) or to the holder of one lease; every
 * lease ends exactly once, in am_lease_return, am_lease_drop or am_lease_free; `total` counts idle
 * records plus leases that have a connection or permission to open one. An idle record may be
 * empty: its connection was invalidated or detached, and whoever gets it next opens another. Leases
 * from before a dispose or from another process are of an older epoch: they are not counted and
 * their connections not kept. All functions may be called from any thread; one lease is used by one
 * thread at a time.
 *
 * STATIC and SINGLETON share one connection among all leases. It stays with whoever drives the pool
 * (one Lua state); the pool only counts leases and says when it must be opened.
 */
#ifndef AM_ENGINE_POOL_H
#define AM_ENGINE_POOL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "driver/driver.h"

typedef enum am_pool_kind {
  AM_POOL_QUEUE,
  AM_POOL_NULL,
  AM_POOL_STATIC,
  AM_POOL_SINGLETON
} am_pool_kind;

typedef struct am_pool_options {
  am_pool_kind kind;
  bool use_lifo;
  int size;               /* connections kept; 0: no limit */
  int max_overflow;       /* further ones while all are out; -1: no limit */
  double recycle_seconds; /* older connections are replaced at checkout; < 0: never */
} am_pool_options;

typedef enum am_lease_state {
  AM_LEASE_READY,  /* has a connection (perhaps a stale one: ask am_lease_stale) */
  AM_LEASE_CREATE, /* may open one, then am_lease_opened */
  AM_LEASE_WAIT,   /* in the queue */
  AM_LEASE_OVER
} am_lease_state;

typedef enum am_stale {
  AM_STALE_NO,
  AM_STALE_RECYCLE, /* older than recycle_seconds */
  AM_STALE_INVALID, /* the pool was invalidated after it was opened */
  AM_STALE_SOFT,    /* soft invalidation */
  AM_STALE_DIRTY    /* a shared connection whose last holder vanished: roll back before use */
} am_stale;

typedef struct am_pool_counts {
  int size;
  int checkedin;
  int checkedout;
  int overflow; /* connections beyond size; negative while there are fewer */
  int waiting;
  uint64_t lost; /* leases whose holder vanished */
} am_pool_counts;

typedef struct am_pool am_pool;
typedef struct am_lease am_lease;

am_pool *am_pool_new(const am_pool_options *options, am_error *err);
/* The pool of that name in this process, made on first use. `key` (the URL) and options must be the
 * same for all who share it. */
am_pool *am_pool_shared(const char *name, const char *key, const am_pool_options *options,
                        am_error *err);
/* Drops a reference; the last one closes idle connections. NULL is allowed. */
void am_pool_unref(am_pool *pool);
void am_pool_count(am_pool *pool, am_pool_counts *out_counts);
/* Connections opened before now are not used again. */
void am_pool_invalidate(am_pool *pool);
/* Starts a new epoch: what is out now is not taken back. The idle connections come out one by one
 * through am_pool_take_idle and are the caller's to close. */
void am_pool_dispose(am_pool *pool);
am_dbconn *am_pool_take_idle(am_pool *pool, uint64_t *out_record_id);

/* A new lease in one of the first three states, or NULL. */
am_lease *am_pool_checkout(am_pool *pool, am_error *err);
am_lease_state am_lease_poll(am_lease *lease);
/* Readable once the lease is no longer in WAIT; -1 on failure. The lease owns it. */
int am_lease_fd(am_lease *lease, am_error *err);
/* Blocks until the lease left WAIT or the time is over; false: still waiting. */
bool am_lease_wait(am_lease *lease, double seconds);
/* Must the connection of a READY lease be replaced (or cleaned: AM_STALE_DIRTY, told once)? */
am_stale am_lease_stale(am_lease *lease);
/* Takes the connection out of a READY lease; NULL for shared connections. */
am_dbconn *am_lease_take(am_lease *lease);
/* The holder opened a (new) connection for this lease: age and generation start now. */
void am_lease_opened(am_lease *lease);
/* The connection's number: the same as long as the lease's connection is the same one. */
uint64_t am_lease_record_id(const am_lease *lease);
/* True when the pool was disposed of since: it will not take the connection back. */
bool am_lease_outdated(am_lease *lease);
/* True when this process only inherited the lease through fork: close the connection silently. */
bool am_lease_forked(const am_lease *lease);
/* The connection shall be replaced at its next checkout. */
void am_lease_soft_invalidate(am_lease *lease);
/* All connections as old as this lease's shall be replaced at their next checkout. */
void am_lease_invalidate_pool(am_lease *lease);
/* How many leases share this lease's connection (1 for a queue). */
unsigned am_lease_sharers(am_lease *lease);
/* Ends the lease and gives the connection back. True: the pool took it; false: the caller closes
 * it. */
bool am_lease_return(am_lease *lease, am_dbconn *take_conn);
/* Ends the lease; its connection stays with the caller, who closes it (invalidate, detach, failure
 * to open). With `keep_record` the record goes back empty; true if the pool kept it. */
bool am_lease_drop(am_lease *lease, bool keep_record);
/* Releases the memory, ending the lease first if it has not ended: its holder vanished. */
void am_lease_free(am_lease *lease);

#endif
