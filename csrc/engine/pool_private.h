/* The pool's structs, shared by the files of this room only. All fields are guarded by `mutex`
 * unless they are constant or atomic. */
#ifndef AM_ENGINE_POOL_PRIVATE_H
#define AM_ENGINE_POOL_PRIVATE_H

#include <pthread.h>
#include <stdatomic.h>
#include <sys/types.h>

#include "engine/pool.h"

#define AM__FD_CACHE 32

/* One connection as the pool knows it. */
typedef struct am__record {
  uint64_t id;
  am_dbconn *conn; /* owned while idle; NULL: another is to be opened */
  double opened_at;
  uint64_t generation;
  bool soft_invalid;
  bool dirty;
  unsigned leases;         /* shared kinds: how many hold it */
  struct am__record *next; /* idle list, oldest return first */
  struct am__record *prev;
} am__record;

struct am_lease {
  am_pool *pool;      /* a reference */
  am__record *record; /* owned while the lease counts; NULL in WAIT */
  am_lease_state state;
  uint64_t epoch;
  pid_t pid;
  int fd; /* eventfd, -1 until asked for */
  am_lease *next_waiting;
  am_lease *prev_waiting;
};

struct am_pool {
  pthread_mutex_t mutex;
  pthread_cond_t granted; /* some waiter left WAIT */
  am_pool_options options;
  atomic_int refs;
  _Atomic pid_t pid;
  char *name; /* shared pools, else NULL */
  char *key;
  am_pool *next_shared;

  am__record *idle_first;
  am__record *idle_last;
  int idle_count;
  int total;
  am_lease *wait_first;
  am_lease *wait_last;
  int wait_count;
  am__record *shared; /* the one record of STATIC and SINGLETON */
  bool shared_open;
  bool shared_opening;
  uint64_t generation;
  uint64_t epoch;
  uint64_t next_id;
  uint64_t lost;
  int fds[AM__FD_CACHE]; /* eventfds for reuse, drained */
  int fd_count;
};

/* Locks the pool; in a child after fork it first forgets all that belongs to the parent. */
void am__pool_lock(am_pool *pool);
void am__pool_unlock(am_pool *pool);
/* A slot became free: the first waiter may open a connection. */
void am__pool_grant_slot(am_pool *pool);
/* Puts an idle connection into the hands of the first waiter, or on the idle list. */
void am__pool_put_record(am_pool *pool, am__record *record);
void am__pool_unlink_waiter(am_pool *pool, am_lease *lease);
/* Makes the lease's descriptor readable. */
void am__pool_signal(am_lease *lease);
/* The lease leaves the queue in this state. */
void am__pool_wake(am_pool *pool, am_lease *lease, am_lease_state state);
am__record *am__pool_new_record(am_pool *pool);
am__record *am__pool_pop_idle(am_pool *pool);
/* The last reference is gone: closes what is idle and frees the pool. */
void am__pool_destroy(am_pool *pool);

#endif
