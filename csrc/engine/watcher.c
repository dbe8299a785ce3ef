/* The helper thread of an event loop that cannot wait for descriptors; see watcher.h.
 *
 * Owner of the descriptors: `link` is the thread's alone; the epoll descriptor is armed from the
 * loop's thread, which the kernel allows at any time; `control` is an eventfd that both know.
 */
#include "engine/watcher.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/process.h"

enum { BATCH = 64, STACK_SIZE = 64 * 1024, CONTROL = 0 };

struct am_watcher {
  pthread_t thread;
  pid_t pid;
  int epoll, control, listener, link;
  atomic_bool stop, wake;
  bool has_thread, has_folder, has_socket;
  char folder[90];
  struct sockaddr_un address;
};

/* --- the thread --- */

static void remove_path(am_watcher *watcher)
{
  if (watcher->has_socket) unlink(watcher->address.sun_path);
  if (watcher->has_folder) rmdir(watcher->folder);
  watcher->has_socket = watcher->has_folder = false;
}

/* Waits for `events` of fd. False: the thread is to end. */
static bool wait_for(am_watcher *watcher, int fd, short events)
{
  while (!atomic_load(&watcher->stop)) {
    struct pollfd list[2] = {{fd, events, 0}, {watcher->control, POLLIN, 0}};
    if (poll(list, 2, -1) < 0 && errno != EINTR) return false;
    if (list[0].revents != 0) return !atomic_load(&watcher->stop);
    if (list[1].revents != 0 && !atomic_load(&watcher->stop)) {
      /* A wake while nobody listens: it is kept for later. */
      uint64_t count;
      if (read(watcher->control, &count, sizeof count) == (ssize_t)sizeof count)
        atomic_store(&watcher->wake, true);
    }
  }
  return false;
}

/* Lets the one connection in that comes from this process. */
static bool accept_link(am_watcher *watcher)
{
  while (wait_for(watcher, watcher->listener, POLLIN)) {
    struct ucred peer = {0};
    socklen_t size = sizeof peer;
    int link = accept4(watcher->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (link < 0) continue;
    if (getsockopt(link, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 && peer.pid == watcher->pid) {
      watcher->link = link;
      remove_path(watcher);
      return true;
    }
    close(link);
  }
  return false;
}

static bool send_tokens(am_watcher *watcher, const uint32_t *tokens, size_t count)
{
  const char *bytes = (const char *)tokens;
  size_t size = count * sizeof *tokens;
  while (size > 0) {
    ssize_t sent = send(watcher->link, bytes, size, MSG_NOSIGNAL);
    if (sent > 0) {
      bytes += sent;
      size -= (size_t)sent;
    } else if (sent < 0 && errno != EAGAIN && errno != EINTR) {
      return false;
    } else if (!wait_for(watcher, watcher->link, POLLOUT)) {
      return false;
    }
  }
  return true;
}

static bool pass_on(am_watcher *watcher)
{
  struct epoll_event list[BATCH];
  uint32_t tokens[BATCH + 1];
  size_t count = 0;
  int ready = epoll_wait(watcher->epoll, list, BATCH, atomic_load(&watcher->wake) ? 0 : -1);
  if (ready < 0 && errno != EINTR) return false;
  for (int i = 0; i < ready; i++) {
    uint64_t drained;
    if (list[i].data.u64 != CONTROL) tokens[count++] = (uint32_t)list[i].data.u64;
    else if (read(watcher->control, &drained, sizeof drained) == (ssize_t)sizeof drained)
      atomic_store(&watcher->wake, true);
  }
  if (atomic_load(&watcher->stop)) return false;
  if (atomic_exchange(&watcher->wake, false)) tokens[count++] = 0;
  return send_tokens(watcher, tokens, count);
}

static void *run(void *context)
{
  am_watcher *watcher = context;
  if (accept_link(watcher))
    while (pass_on(watcher)) continue;
  if (watcher->link >= 0) close(watcher->link);
  watcher->link = -1;
  return NULL;
}

/* --- the loop's side --- */

/* In a folder that only this user may enter: a name in /tmp alone could be taken. */
static bool make_socket(am_watcher *watcher, const char *folder)
{
  struct sockaddr_un *address = &watcher->address;
  int size = snprintf(watcher->folder, sizeof watcher->folder, "%s/alchemoon-XXXXXX", folder);
  if (size < 0 || size >= (int)sizeof watcher->folder) {
    errno = ENAMETOOLONG;
    return false;
  }
  if (mkdtemp(watcher->folder) == NULL) return false;
  watcher->has_folder = true;
  address->sun_family = AF_UNIX;
  snprintf(address->sun_path, sizeof address->sun_path, "%s/watcher", watcher->folder);
  watcher->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (watcher->listener < 0) return false;
  if (bind(watcher->listener, (struct sockaddr *)address, sizeof *address) != 0) return false;
  watcher->has_socket = true;
  return listen(watcher->listener, 1) == 0;
}

static bool make_epoll(am_watcher *watcher)
{
  struct epoll_event event = {.events = EPOLLIN, .data.u64 = CONTROL};
  watcher->epoll = epoll_create1(EPOLL_CLOEXEC);
  watcher->control = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  return watcher->epoll >= 0 && watcher->control >= 0 &&
         epoll_ctl(watcher->epoll, EPOLL_CTL_ADD, watcher->control, &event) == 0;
}

static bool start_thread(am_watcher *watcher)
{
  pthread_attr_t attr;
  sigset_t all, before;
  pthread_attr_init(&attr);
  pthread_attr_setstacksize(&attr, STACK_SIZE);
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  int problem = pthread_create(&watcher->thread, &attr, run, watcher);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  pthread_attr_destroy(&attr);
  errno = problem;
  watcher->has_thread = problem == 0;
  return watcher->has_thread;
}

am_watcher *am_watcher_new(const char *folder, am_error *err)
{
  am_watcher *watcher = am_calloc(sizeof *watcher);
  if (watcher == NULL) {
    am_error_memory(err);
    return NULL;
  }
  watcher->pid = am_process();
  watcher->epoll = watcher->control = watcher->listener = watcher->link = -1;
  atomic_init(&watcher->stop, false);
  atomic_init(&watcher->wake, false);
  if (make_epoll(watcher) && make_socket(watcher, folder) && start_thread(watcher)) return watcher;
  am_error_set(err, AM_ERR_OPERATIONAL, "the thread that watches descriptors cannot start: %s",
               strerror(errno));
  am_watcher_free(watcher);
  return NULL;
}

static void close_if_open(int fd)
{
  if (fd >= 0) close(fd);
}

void am_watcher_free(am_watcher *watcher)
{
  if (watcher == NULL) return;
  if (am_watcher_is_mine(watcher)) {
    if (watcher->has_thread) {
      atomic_store(&watcher->stop, true);
      am_watcher_wake(watcher);
      pthread_join(watcher->thread, NULL);
    }
    remove_path(watcher);
  }
  close_if_open(watcher->link); /* of a child: the parent's thread has its own */
  close_if_open(watcher->listener);
  close_if_open(watcher->control);
  close_if_open(watcher->epoll);
  am_free(watcher);
}

const char *am_watcher_path(const am_watcher *watcher) { return watcher->address.sun_path; }

bool am_watcher_is_mine(const am_watcher *watcher) { return watcher->pid == am_process(); }

am_arm am_watcher_arm(am_watcher *watcher, int fd, unsigned events, uint32_t token)
{
  struct epoll_event event = {.events = EPOLLONESHOT, .data.u64 = token};
  if (events & AM_POLL_READ) event.events |= EPOLLIN | EPOLLRDHUP;
  if (events & AM_POLL_WRITE) event.events |= EPOLLOUT;
  if (epoll_ctl(watcher->epoll, EPOLL_CTL_MOD, fd, &event) == 0) return AM_ARM_OK;
  if (errno == ENOENT && epoll_ctl(watcher->epoll, EPOLL_CTL_ADD, fd, &event) == 0)
    return AM_ARM_OK;
  return errno == EPERM ? AM_ARM_ALWAYS : AM_ARM_FAILED;
}

void am_watcher_disarm(am_watcher *watcher, int fd)
{
  struct epoll_event unused = {0};
  epoll_ctl(watcher->epoll, EPOLL_CTL_DEL, fd, &unused);
}

void am_watcher_wake(am_watcher *watcher)
{
  uint64_t one = 1;
  ssize_t written = write(watcher->control, &one, sizeof one);
  (void)written; /* full means that a wake is under way */
}
