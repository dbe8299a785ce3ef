/* Clocks and poll(2); see wait.h. */
#include "engine/wait.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stddef.h>
#include <time.h>

static double read_clock(clockid_t id)
{
  struct timespec now;
  clock_gettime(id, &now);
  return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

double am_clock_monotonic(void) { return read_clock(CLOCK_MONOTONIC); }
double am_clock_real(void) { return read_clock(CLOCK_REALTIME); }

int am_wait_fd(int fd, bool read, bool write, double seconds)
{
  struct pollfd item = {fd, 0, 0};
  if (read) item.events |= POLLIN;
  if (write) item.events |= POLLOUT;
  int limit = -1;
  if (seconds >= 0) {
    double millis = seconds * 1000.0;
    limit = millis >= (double)INT_MAX ? INT_MAX : (int)millis;
    if ((double)limit < millis && limit < INT_MAX) limit++; /* never early */
  }
  int ready = poll(&item, 1, limit);
  if (ready < 0) return errno == EINTR ? -1 : 1; /* a bad descriptor shows at the next step */
  return ready > 0;
}

void am_sleep(double seconds)
{
  if (seconds <= 0) return;
  struct timespec span = {(time_t)seconds, (long)((seconds - (double)(time_t)seconds) * 1e9)};
  while (nanosleep(&span, &span) != 0 && errno == EINTR) {
  }
}
