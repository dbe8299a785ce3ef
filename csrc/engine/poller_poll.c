/* The poller everywhere else: poll(2) over a dense list of armed descriptors. */
#include "engine/poller.h"

#include <errno.h>
#include <poll.h>
#include <string.h>

#include "base/alloc.h"

typedef struct list_poller {
  am_poller base;
  struct pollfd *list; /* the armed ones */
  size_t count, capacity;
  size_t turn; /* where the next report begins, so that nobody starves */
} list_poller;

static am_poller *list_open(void)
{
  list_poller *poller = am_calloc(sizeof *poller);
  if (poller == NULL) {
    errno = ENOMEM;
    return NULL;
  }
  poller->base.kind = &am_poller_poll;
  return &poller->base;
}

static void list_close(am_poller *base)
{
  list_poller *poller = (list_poller *)base;
  am_free(poller->list);
  am_free(poller);
}

static size_t find(const list_poller *poller, int fd)
{
  size_t i = 0;
  while (i < poller->count && poller->list[i].fd != fd) i++;
  return i;
}

static am_arm list_arm(am_poller *base, int fd, unsigned events, bool for_good)
{
  (void)for_good;
  list_poller *poller = (list_poller *)base;
  size_t i = find(poller, fd);
  if (i == poller->count && poller->count == poller->capacity) {
    size_t capacity = poller->capacity == 0 ? 16 : poller->capacity * 2;
    struct pollfd *list = am_realloc(poller->list, capacity * sizeof *list);
    if (list == NULL) {
      errno = ENOMEM;
      return AM_ARM_FAILED;
    }
    poller->list = list;
    poller->capacity = capacity;
  }
  struct pollfd entry = {fd, 0, 0};
  if (events & AM_POLL_READ) entry.events |= POLLIN;
  if (events & AM_POLL_WRITE) entry.events |= POLLOUT;
  if (poll(&entry, 1, 0) == 1 && entry.revents & POLLNVAL) {
    errno = EBADF;
    return AM_ARM_FAILED;
  }
  entry.revents = 0;
  poller->list[i] = entry;
  if (i == poller->count) poller->count++;
  return AM_ARM_OK;
}

static void list_disarm(am_poller *base, int fd)
{
  list_poller *poller = (list_poller *)base;
  size_t i = find(poller, fd);
  if (i < poller->count) poller->list[i] = poller->list[--poller->count];
}

static int list_fd(am_poller *base)
{
  (void)base;
  return -1;
}

/* Begins elsewhere each time, so that a busy descriptor at the front starves no other. */
static int list_wait(am_poller *base, int milliseconds, am_poll_event *out_events, size_t capacity)
{
  list_poller *poller = (list_poller *)base;
  int rc = poll(poller->list, (nfds_t)poller->count, milliseconds);
  if (rc < 0) return -1;
  size_t reported = 0, first = poller->turn++;
  for (size_t n = 0; n < poller->count && reported < capacity; n++) {
    struct pollfd *entry = &poller->list[(first + n) % poller->count];
    if (entry->revents == 0) continue;
    unsigned events = 0;
    if (entry->revents & POLLIN) events |= AM_POLL_READ;
    if (entry->revents & POLLOUT) events |= AM_POLL_WRITE;
    if (entry->revents & (POLLERR | POLLHUP | POLLNVAL)) events |= AM_POLL_READ | AM_POLL_WRITE;
    out_events[reported].fd = entry->fd;
    out_events[reported++].events = events;
  }
  for (size_t i = 0; i < reported; i++) list_disarm(base, out_events[i].fd);
  return (int)reported;
}

const am_poller_kind am_poller_poll = {
    .name = "poll",
    .keeps = false,
    .open = list_open,
    .close = list_close,
    .arm = list_arm,
    .disarm = list_disarm,
    .fd = list_fd,
    .wait = list_wait,
};

const am_poller_kind *am_poller_find(const char *name)
{
#ifdef __linux__
  if (name == NULL || strcmp(name, "epoll") == 0) return &am_poller_epoll;
#endif
  if (name == NULL || strcmp(name, "poll") == 0) return &am_poller_poll;
  return NULL;
}
