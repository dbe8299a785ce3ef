/* Waits: by descriptor (a list per descriptor), by deadline (a binary heap), and those that are
 * over (a queue); see reactor.h. Arrays are indexed by token - 1 and by descriptor.
 */
#include "engine/reactor.h"

#include <errno.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/process.h"
#include "engine/clock.h"

enum { NONE = UINT32_MAX, EVENTS_AT_ONCE = 128, MOST_SECONDS = 1000000 };

typedef struct wait_entry {
  int fd;
  unsigned events;
  double deadline;  /* infinity: none */
  uint32_t heap_at; /* NONE: not in the heap */
  uint32_t next;    /* in the list of its descriptor, in the queue, or in the free list */
  uint64_t number;  /* order of birth: equal deadlines end in it */
  bool over, ready, removed;
} wait_entry;

typedef struct watch {
  uint32_t first; /* waits for this descriptor, NONE: nobody */
  unsigned kept;  /* events for which it is armed for good, 0: it is not */
  uint64_t owner; /* whose it was then */
} watch;

struct am_reactor {
  am_poller *poller;
  pid_t pid;
  wait_entry *waits;
  uint32_t wait_count, wait_capacity, free_first;
  watch *watches;
  size_t watch_count;
  uint32_t *heap; /* room for wait_capacity */
  uint32_t heap_count;
  uint32_t over_first, over_last;
  uint32_t waiting;
  uint64_t born;
};

am_reactor *am_reactor_new(const am_poller_kind *kind, am_error *err)
{
  am_reactor *reactor = am_calloc(sizeof *reactor);
  if (reactor == NULL) {
    am_error_memory(err);
    return NULL;
  }
  reactor->poller = kind->open();
  if (reactor->poller == NULL) {
    if (errno == ENOMEM) am_error_memory(err);
    else
      am_error_set(err, AM_ERR_OPERATIONAL, "the reactor cannot open its %s: %s", kind->name,
                   strerror(errno));
    am_free(reactor);
    return NULL;
  }
  reactor->pid = am_process();
  reactor->free_first = reactor->over_first = reactor->over_last = NONE;
  return reactor;
}

void am_reactor_free(am_reactor *reactor)
{
  if (reactor == NULL) return;
  reactor->poller->kind->close(reactor->poller);
  am_free(reactor->waits);
  am_free(reactor->watches);
  am_free(reactor->heap);
  am_free(reactor);
}

/* --- the heap of deadlines --- */

static bool is_before(const am_reactor *reactor, uint32_t a, uint32_t b)
{
  const wait_entry *x = &reactor->waits[a], *y = &reactor->waits[b];
  return x->deadline < y->deadline || (x->deadline == y->deadline && x->number < y->number);
}

static void heap_put(am_reactor *reactor, uint32_t at, uint32_t index)
{
  reactor->heap[at] = index;
  reactor->waits[index].heap_at = at;
}

static void heap_up(am_reactor *reactor, uint32_t at)
{
  uint32_t index = reactor->heap[at];
  while (at > 0) {
    uint32_t parent = (at - 1) / 2;
    if (!is_before(reactor, index, reactor->heap[parent])) break;
    heap_put(reactor, at, reactor->heap[parent]);
    at = parent;
  }
  heap_put(reactor, at, index);
}

static void heap_down(am_reactor *reactor, uint32_t at)
{
  uint32_t index = reactor->heap[at];
  for (;;) {
    uint32_t child = 2 * at + 1;
    if (child >= reactor->heap_count) break;
    if (child + 1 < reactor->heap_count &&
        is_before(reactor, reactor->heap[child + 1], reactor->heap[child]))
      child++;
    if (!is_before(reactor, reactor->heap[child], index)) break;
    heap_put(reactor, at, reactor->heap[child]);
    at = child;
  }
  heap_put(reactor, at, index);
}

static void heap_remove(am_reactor *reactor, uint32_t index)
{
  uint32_t at = reactor->waits[index].heap_at;
  if (at == NONE) return;
  reactor->waits[index].heap_at = NONE;
  uint32_t last = reactor->heap[--reactor->heap_count];
  if (last == index) return;
  heap_put(reactor, at, last);
  heap_up(reactor, at);
  heap_down(reactor, reactor->waits[last].heap_at);
}

/* --- entries --- */

static bool grow(am_reactor *reactor)
{
  uint32_t capacity = reactor->wait_capacity == 0 ? 64 : reactor->wait_capacity * 2;
  wait_entry *waits = am_realloc(reactor->waits, capacity * sizeof *waits);
  if (waits == NULL) return false;
  reactor->waits = waits;
  uint32_t *heap = am_realloc(reactor->heap, capacity * sizeof *heap);
  if (heap == NULL) return false;
  reactor->heap = heap;
  reactor->wait_capacity = capacity;
  return true;
}

static uint32_t take_entry(am_reactor *reactor)
{
  uint32_t index = reactor->free_first;
  if (index != NONE) {
    reactor->free_first = reactor->waits[index].next;
    return index;
  }
  if (reactor->wait_count == reactor->wait_capacity && !grow(reactor)) return NONE;
  return reactor->wait_count++;
}

static void free_entry(am_reactor *reactor, uint32_t index)
{
  reactor->waits[index].next = reactor->free_first;
  reactor->free_first = index;
}

static watch *watch_of(am_reactor *reactor, int fd)
{
  size_t count = (size_t)fd + 1;
  if (count <= reactor->watch_count) return &reactor->watches[fd];
  size_t capacity = reactor->watch_count == 0 ? 64 : reactor->watch_count;
  while (capacity < count) capacity *= 2;
  watch *watches = am_realloc(reactor->watches, capacity * sizeof *watches);
  if (watches == NULL) return NULL;
  watch nobody = {NONE, 0, 0};
  for (size_t i = reactor->watch_count; i < capacity; i++) watches[i] = nobody;
  reactor->watches = watches;
  reactor->watch_count = capacity;
  return &watches[fd];
}

static void unlink_from_watch(am_reactor *reactor, uint32_t index)
{
  int fd = reactor->waits[index].fd;
  if (fd < 0) return;
  uint32_t *link = &reactor->watches[fd].first;
  while (*link != index) link = &reactor->waits[*link].next;
  *link = reactor->waits[index].next;
}

static void finish(am_reactor *reactor, uint32_t index, bool ready)
{
  wait_entry *entry = &reactor->waits[index];
  heap_remove(reactor, index);
  entry->over = true;
  entry->ready = ready;
  entry->next = NONE;
  if (reactor->over_last != NONE) reactor->waits[reactor->over_last].next = index;
  else reactor->over_first = index;
  reactor->over_last = index;
}

static unsigned wanted(const am_reactor *reactor, int fd)
{
  unsigned events = 0;
  for (uint32_t i = reactor->watches[fd].first; i != NONE; i = reactor->waits[i].next)
    events |= reactor->waits[i].events;
  return events;
}

static am_arm arm(am_reactor *reactor, int fd, uint64_t owner)
{
  watch *of = &reactor->watches[fd];
  unsigned events = wanted(reactor, fd);
  bool for_good = owner != 0 && reactor->poller->kind->keeps;
  if (for_good && of->kept == events && of->owner == owner) return AM_ARM_OK;
  am_arm armed = reactor->poller->kind->arm(reactor->poller, fd, events, for_good);
  of->kept = for_good && armed == AM_ARM_OK ? events : 0;
  of->owner = owner;
  return armed;
}

static void disarm(am_reactor *reactor, int fd)
{
  reactor->watches[fd].kept = 0;
  reactor->poller->kind->disarm(reactor->poller, fd);
}

/* Those who wait for one of these events are done; the others are armed again. A descriptor that is
 * armed for good and has something to say to nobody is disarmed. */
static void wake(am_reactor *reactor, int fd, unsigned events)
{
  if ((size_t)fd >= reactor->watch_count) return;
  watch *of = &reactor->watches[fd];
  uint32_t *link = &of->first;
  if (*link == NONE && of->kept != 0) disarm(reactor, fd);
  while (*link != NONE) {
    uint32_t index = *link;
    wait_entry *entry = &reactor->waits[index];
    if ((entry->events & events) == 0) {
      link = &entry->next;
      continue;
    }
    *link = entry->next;
    finish(reactor, index, true);
  }
  if (of->first == NONE) return;
  /* It cannot fail as it did not before; if it did, the waiters had better look than wait. */
  if (arm(reactor, fd, 0) != AM_ARM_OK) wake(reactor, fd, AM_POLL_READ | AM_POLL_WRITE);
}

/* --- the door --- */

static uint32_t refuse(am_reactor *reactor, uint32_t index, am_error *err)
{
  int fd = reactor->waits[index].fd, problem = errno;
  unlink_from_watch(reactor, index);
  free_entry(reactor, index);
  if (problem == ENOMEM) am_error_memory(err);
  else
    am_error_set(err, AM_ERR_OPERATIONAL, "the reactor cannot wait for descriptor %d: %s", fd,
                 strerror(problem));
  return 0;
}

uint32_t am_reactor_add(am_reactor *reactor, int fd, unsigned events, double seconds,
                        uint64_t owner, am_error *err)
{
  if (reactor->pid != am_process()) {
    am_error_set(err, AM_ERR_INVALID_REQUEST,
                 "the reactor belongs to the parent process; make a new one after fork");
    return 0;
  }
  watch *of = fd >= 0 ? watch_of(reactor, fd) : NULL;
  uint32_t index = fd >= 0 && of == NULL ? NONE : take_entry(reactor);
  if (index == NONE) {
    am_error_memory(err);
    return 0;
  }
  wait_entry *entry = &reactor->waits[index];
  wait_entry fresh = {fd, events, INFINITY, NONE, NONE, reactor->born++, false, false, false};
  *entry = fresh;
  bool always = false;
  if (fd >= 0) {
    uint32_t *link = &of->first;
    while (*link != NONE) link = &reactor->waits[*link].next;
    *link = index;
    am_arm armed = arm(reactor, fd, owner);
    if (armed == AM_ARM_FAILED) return refuse(reactor, index, err);
    always = armed == AM_ARM_ALWAYS;
  }
  reactor->waiting++;
  if (seconds >= 0 && seconds < MOST_SECONDS * 1000.0) {
    entry->deadline = am_clock_monotonic() + seconds;
    reactor->heap[reactor->heap_count] = index;
    heap_up(reactor, reactor->heap_count++);
  }
  if (always) wake(reactor, fd, AM_POLL_READ | AM_POLL_WRITE);
  return index + 1;
}

static void leave_watch(am_reactor *reactor, uint32_t index)
{
  int fd = reactor->waits[index].fd;
  unlink_from_watch(reactor, index);
  if (fd >= 0 && reactor->watches[fd].first == NONE && reactor->pid == am_process())
    disarm(reactor, fd);
}

void am_reactor_remove(am_reactor *reactor, uint32_t token)
{
  uint32_t index = token - 1;
  wait_entry *entry = &reactor->waits[index];
  reactor->waiting--;
  if (entry->over) {
    entry->removed = true; /* next frees it */
    return;
  }
  leave_watch(reactor, index);
  heap_remove(reactor, index);
  free_entry(reactor, index);
}

void am_reactor_forget(am_reactor *reactor, int fd)
{
  if (fd < 0 || (size_t)fd >= reactor->watch_count || reactor->pid != am_process()) return;
  disarm(reactor, fd);
  wake(reactor, fd, AM_POLL_READ | AM_POLL_WRITE);
}

static void expire(am_reactor *reactor)
{
  if (reactor->heap_count == 0) return;
  double now = am_clock_monotonic();
  while (reactor->heap_count > 0) {
    uint32_t index = reactor->heap[0];
    if (reactor->waits[index].deadline > now) return;
    leave_watch(reactor, index);
    finish(reactor, index, false);
  }
}

static int milliseconds(const am_reactor *reactor, double seconds)
{
  if (reactor->over_first != NONE) return 0;
  double limit = seconds < 0 ? INFINITY : seconds;
  if (reactor->heap_count > 0) {
    double left = reactor->waits[reactor->heap[0]].deadline - am_clock_monotonic();
    if (left < limit) limit = left;
  }
  if (limit <= 0) return 0;
  if (limit > MOST_SECONDS) return seconds < 0 && isinf(limit) ? -1 : MOST_SECONDS * 1000;
  return (int)ceil(limit * 1000);
}

bool am_reactor_poll(am_reactor *reactor, double seconds, am_error *err)
{
  am_poll_event events[EVENTS_AT_ONCE];
  if (reactor->pid != am_process())
    return am_error_set(err, AM_ERR_INVALID_REQUEST,
                        "the reactor belongs to the parent process; make a new one after fork");
  if (reactor->waiting == 0 && seconds < 0) return true; /* for ever for nobody */
  int limit = milliseconds(reactor, seconds);
  int count = reactor->poller->kind->wait(reactor->poller, limit, events, EVENTS_AT_ONCE);
  if (count < 0 && errno != EINTR)
    return am_error_set(err, AM_ERR_OPERATIONAL, "the reactor cannot wait: %s", strerror(errno));
  for (int i = 0; i < count; i++) wake(reactor, events[i].fd, events[i].events);
  expire(reactor);
  return true;
}

uint32_t am_reactor_over(const am_reactor *reactor)
{
  uint32_t count = 0;
  for (uint32_t i = reactor->over_first; i != NONE; i = reactor->waits[i].next)
    if (!reactor->waits[i].removed) count++;
  return count;
}

uint32_t am_reactor_next(am_reactor *reactor, bool *out_ready)
{
  while (reactor->over_first != NONE) {
    uint32_t index = reactor->over_first;
    wait_entry *entry = &reactor->waits[index];
    reactor->over_first = entry->next;
    if (reactor->over_first == NONE) reactor->over_last = NONE;
    bool removed = entry->removed;
    if (!removed) reactor->waiting--;
    *out_ready = entry->ready;
    free_entry(reactor, index);
    if (!removed) return index + 1;
  }
  return 0;
}

uint32_t am_reactor_waiting(const am_reactor *reactor) { return reactor->waiting; }

const char *am_reactor_kind(const am_reactor *reactor) { return reactor->poller->kind->name; }

int am_reactor_fd(const am_reactor *reactor) { return reactor->poller->kind->fd(reactor->poller); }
