/* The poller on Linux: epoll, with EPOLLONESHOT or level-triggered.
 *
 * A disarmed descriptor stays registered, so that arming it again is one system call. A descriptor
 * that was closed and opened anew under the same number is unknown to the kernel: ENOENT, and it is
 * added afresh.
 */
#include "engine/poller.h"

#ifdef __linux__
#include <errno.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/alloc.h"

enum { BATCH = 128 };

typedef struct epoll_poller {
  am_poller base;
  int epoll;
} epoll_poller;

static am_poller *epoll_open(void)
{
  epoll_poller *poller = am_calloc(sizeof *poller);
  if (poller == NULL) {
    errno = ENOMEM;
    return NULL;
  }
  poller->base.kind = &am_poller_epoll;
  poller->epoll = epoll_create1(EPOLL_CLOEXEC);
  if (poller->epoll >= 0) return &poller->base;
  am_free(poller);
  return NULL;
}

static void epoll_close(am_poller *base)
{
  epoll_poller *poller = (epoll_poller *)base;
  close(poller->epoll);
  am_free(poller);
}

static am_arm epoll_arm(am_poller *base, int fd, unsigned events, bool for_good)
{
  epoll_poller *poller = (epoll_poller *)base;
  struct epoll_event event = {.events = for_good ? 0 : EPOLLONESHOT, .data.fd = fd};
  if (events & AM_POLL_READ) event.events |= EPOLLIN | EPOLLRDHUP;
  if (events & AM_POLL_WRITE) event.events |= EPOLLOUT;
  if (epoll_ctl(poller->epoll, EPOLL_CTL_MOD, fd, &event) == 0) return AM_ARM_OK;
  if (errno == ENOENT && epoll_ctl(poller->epoll, EPOLL_CTL_ADD, fd, &event) == 0) return AM_ARM_OK;
  return errno == EPERM ? AM_ARM_ALWAYS : AM_ARM_FAILED;
}

static void epoll_disarm(am_poller *base, int fd)
{
  struct epoll_event unused = {0};
  epoll_ctl(((epoll_poller *)base)->epoll, EPOLL_CTL_DEL, fd, &unused);
}

static int epoll_fd(am_poller *base) { return ((epoll_poller *)base)->epoll; }

static int epoll_wait_for(am_poller *base, int milliseconds, am_poll_event *out_events,
                          size_t capacity)
{
  struct epoll_event list[BATCH];
  int most = capacity < BATCH ? (int)capacity : BATCH;
  int count = epoll_wait(((epoll_poller *)base)->epoll, list, most, milliseconds);
  for (int i = 0; i < count; i++) {
    unsigned events = 0;
    if (list[i].events & (EPOLLIN | EPOLLRDHUP)) events |= AM_POLL_READ;
    if (list[i].events & EPOLLOUT) events |= AM_POLL_WRITE;
    if (list[i].events & (EPOLLERR | EPOLLHUP)) events |= AM_POLL_READ | AM_POLL_WRITE;
    out_events[i].fd = list[i].data.fd;
    out_events[i].events = events;
  }
  return count;
}

const am_poller_kind am_poller_epoll = {
    .name = "epoll",
    .keeps = true,
    .open = epoll_open,
    .close = epoll_close,
    .arm = epoll_arm,
    .disarm = epoll_disarm,
    .fd = epoll_fd,
    .wait = epoll_wait_for,
};
#else
typedef int am__poller_epoll_is_absent; /* an empty translation unit is not C */
#endif
