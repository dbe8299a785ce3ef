/* Waiting on one descriptor by poll(2), for scripts without an event loop. */
#include <errno.h>
#include <math.h>
#include <poll.h>
#include <time.h>

#include "bind/dbconn.h"

static double now(void)
{
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* True when ready (or in an error state, which the next step will find), false when time ran out.
 * A signal ends the wait if `signals` is set, as if it were ready. */
static bool poll_one(int fd, short events, double seconds, bool signals)
{
  struct pollfd entry = {fd, events, 0};
  double deadline = seconds < 0 ? 0 : now() + seconds;
  for (;;) {
    double left = seconds < 0 ? -1 : deadline - now();
    if (seconds >= 0 && left < 0) left = 0;
    int limit = seconds < 0 ? -1 : left > 1e6 ? 1000000000 : (int)ceil(left * 1000);
    int rc = poll(&entry, 1, limit);
    if (rc > 0) return true;
    if (rc == 0 && left <= 1e6) return false;
    if (rc < 0 && (signals || errno != EINTR) && errno != EAGAIN) return true;
  }
}

bool am_dbconn_wait(am_dbconn *conn, am_step step, double seconds)
{
  short events = step == AM_STEP_WRITE        ? POLLOUT
                 : step == AM_STEP_READ_WRITE ? POLLIN | POLLOUT
                                              : POLLIN;
  return poll_one(conn->driver->fd(conn), events, seconds, false);
}

/* poll(fd, "r" | "w" | "rw" (or "read", "write"), seconds or nil) → true, or false when time ran
 * out. After a signal it says true, that Lua may see to it (the interpreter's Ctrl-C is a hook):
 * whoever waits looks whether there is something, and waits again. */
static int lua_poll(lua_State *L)
{
  int fd = (int)am_check_integer(L, 1);
  const char *mode = am_check_string(L, 2, NULL);
  double seconds = am_opt_number(L, 3, -1);
  short events = 0;
  if (strcmp(mode, "rw") == 0) events = POLLIN | POLLOUT;
  else if (mode[0] == 'r') events = POLLIN;
  else if (mode[0] == 'w') events = POLLOUT;
  if (fd < 0 || events == 0)
    return am_raisef(L, AM_ERR_ARGUMENT, "poll: nothing to wait for (fd %d, mode '%s')", fd, mode);
  lua_pushboolean(L, poll_one(fd, events, seconds, true));
  return 1;
}

void am_bind_poll(lua_State *L)
{
  lua_pushcfunction(L, lua_poll);
  lua_setfield(L, -2, "poll");
}
