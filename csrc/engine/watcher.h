/* A thread that waits for descriptors on behalf of an event loop that cannot: nginx.
 *
 * The loop arms a descriptor under a token; when it is ready the thread writes the token (4 bytes,
 * native order) to a unix stream socket, of which the loop holds the other end. It connects to the
 * path once; only the own process is let in, and the path is removed at that moment. Token 0 is
 * written by am_watcher_wake, to bring the reader to its senses.
 *
 * The thread touches nothing but its descriptors: no Lua, no allocation, all signals blocked. It
 * ends with am_watcher_free, or when the other end is closed. A watcher belongs to the process that
 * made it; in a child of a fork there is no thread, and am_watcher_is_mine says so.
 */
#ifndef AM_ENGINE_WATCHER_H
#define AM_ENGINE_WATCHER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "engine/poller.h"

typedef struct am_watcher am_watcher;

/* Makes the socket in a private folder below `folder` and starts the thread. */
am_watcher *am_watcher_new(const char *folder, am_error *err);
/* Ends the thread, waits for its end and closes everything. NULL is allowed. */
void am_watcher_free(am_watcher *watcher);
/* Where to connect. */
const char *am_watcher_path(const am_watcher *watcher);
bool am_watcher_is_mine(const am_watcher *watcher);
/* Reports `token` (not 0) once, when one of the events happens; replaces what the descriptor was
 * armed for. ALWAYS: there is nothing to wait for. */
am_arm am_watcher_arm(am_watcher *watcher, int fd, unsigned events, uint32_t token);
/* A report may be under way nevertheless. */
void am_watcher_disarm(am_watcher *watcher, int fd);
void am_watcher_wake(am_watcher *watcher);

#endif
