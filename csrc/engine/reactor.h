/* The built-in reactor without Lua: who waits for what, and until when.
 *
 * A wait is for a descriptor, for a moment, or for whichever comes first. am_reactor_add makes one
 * and gives its token; am_reactor_poll sleeps until some are over; am_reactor_next hands them out,
 * descriptors first, then those whose time is over, each in the order in which they ended. Several
 * waits may be for one descriptor.
 *
 * Invariant: a token is valid from add until next or remove hands it back; it is never given to
 * another wait in between. Not thread-safe: a reactor belongs to one Lua state.
 */
#ifndef AM_ENGINE_REACTOR_H
#define AM_ENGINE_REACTOR_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "engine/poller.h"

typedef struct am_reactor am_reactor;

am_reactor *am_reactor_new(const am_poller_kind *kind, am_error *err);
void am_reactor_free(am_reactor *reactor);
/* A wait for `events` of `fd` (-1: for the time only), at most `seconds` (< 0: no limit). The token
 * (from 1, small), or 0 on failure. `owner` (0: unknown) names what the descriptor belongs to, as
 * no other thing ever will be: while the same owner waits for the same events again and again, the
 * kernel is told once. */
uint32_t am_reactor_add(am_reactor *reactor, int fd, unsigned events, double seconds,
                        uint64_t owner, am_error *err);
/* Ends a wait that nobody is interested in any more. */
void am_reactor_remove(am_reactor *reactor, uint32_t token);
/* The descriptor is about to be closed: all who wait for it are told that it is ready. */
void am_reactor_forget(am_reactor *reactor, int fd);
/* Sleeps until a wait is over, at most `seconds` (< 0: no limit; 0: only looks). A signal may end
 * it early. */
bool am_reactor_poll(am_reactor *reactor, double seconds, am_error *err);
/* The next wait that is over: its token, or 0. *out_ready: the descriptor is ready; else time ran
 * out. */
uint32_t am_reactor_next(am_reactor *reactor, bool *out_ready);
/* How many next will hand out now. */
uint32_t am_reactor_over(const am_reactor *reactor);
/* Waits that were not handed out yet. */
uint32_t am_reactor_waiting(const am_reactor *reactor);
/* Readable while a descriptor that somebody waits for is ready (timers do not show), for other
 * event loops; -1: this kind has none. */
int am_reactor_fd(const am_reactor *reactor);
const char *am_reactor_kind(const am_reactor *reactor);

#endif
