/* Clocks of the engine. */
#ifndef AM_ENGINE_CLOCK_H
#define AM_ENGINE_CLOCK_H

/* Seconds since an arbitrary point, never set back. */
double am_clock_monotonic(void);
/* Seconds since 1970. */
double am_clock_real(void);

#endif
