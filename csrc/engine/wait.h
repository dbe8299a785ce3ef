/* Clocks, and the one place where the core blocks on a descriptor: poll(2) for plain scripts. */
#ifndef AM_ENGINE_WAIT_H
#define AM_ENGINE_WAIT_H

#include <stdbool.h>

/* Seconds since an arbitrary point, never set back. */
double am_clock_monotonic(void);
/* Seconds since 1970. */
double am_clock_real(void);
/* Waits until `fd` is ready for reading and/or writing. A negative time means for ever. Returns 1
 * ready, 0 time over, -1 interrupted by a signal handler. */
int am_wait_fd(int fd, bool read, bool write, double seconds);
/* Sleeps; used by retry loops of plain scripts. */
void am_sleep(double seconds);

#endif
