/* The process that runs; see process.h. */
#include "base/process.h"

#include <unistd.h>

/* glibc forgets a handler when its module is unloaded; others may call it then */
#if defined(__GLIBC__)
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

static pthread_once_t once = PTHREAD_ONCE_INIT;
static _Atomic bool watched; /* a fork is told */
static _Atomic int known;    /* 0: not asked yet */

static void forked(void) { atomic_store(&known, (int)getpid()); }
static void watch(void) { atomic_store(&watched, pthread_atfork(NULL, NULL, forked) == 0); }

pid_t am_process(void)
{
  int pid = atomic_load_explicit(&known, memory_order_relaxed);
  if (pid != 0) return (pid_t)pid;
  pthread_once(&once, watch);
  if (atomic_load(&watched)) atomic_store(&known, (int)getpid());
  return getpid();
}

#else

pid_t am_process(void) { return getpid(); }

#endif
