/* Clocks; see clock.h. */
#include "engine/clock.h"

#include <time.h>

static double read_clock(clockid_t id)
{
  struct timespec now;
  clock_gettime(id, &now);
  return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

double am_clock_monotonic(void) { return read_clock(CLOCK_MONOTONIC); }
double am_clock_real(void) { return read_clock(CLOCK_REALTIME); }
