/* Waiting for many descriptors at once.
 *
 * A poller knows descriptors only; who waits for them and until when is the reactor's business
 * (reactor.c). A descriptor is armed for events: once, and then the event that it reports disarms
 * it; or for good, and then it reports as long as it is ready. Whoever closes an armed descriptor
 * disarms it first.
 */
#ifndef AM_ENGINE_POLLER_H
#define AM_ENGINE_POLLER_H

#include <stdbool.h>
#include <stddef.h>

enum { AM_POLL_READ = 1, AM_POLL_WRITE = 2 };

typedef struct am_poller am_poller; /* each kind begins its own struct with am_poller */

typedef struct am_poll_event {
  int fd;
  unsigned events; /* READ and WRITE both when the descriptor is in an error state */
} am_poll_event;

typedef enum am_arm {
  AM_ARM_OK,
  AM_ARM_ALWAYS, /* a kind of descriptor that is always ready (regular file) */
  AM_ARM_FAILED  /* errno says why */
} am_arm;

typedef struct am_poller_kind {
  const char *name;
  am_poller *(*open)(void); /* NULL: errno says why */
  void (*close)(am_poller *poller);
  bool keeps; /* can arm for good */
  /* Replaces what the descriptor was armed for. */
  am_arm (*arm)(am_poller *poller, int fd, unsigned events, bool for_good);
  void (*disarm)(am_poller *poller, int fd);
  /* Readable while one of the armed descriptors is ready; -1: there is no such thing. */
  int (*fd)(am_poller *poller);
  /* Blocks up to `milliseconds` (-1: no limit). Number of events, or -1 with errno. */
  int (*wait)(am_poller *poller, int milliseconds, am_poll_event *out_events, size_t capacity);
} am_poller_kind;

struct am_poller {
  const am_poller_kind *kind;
};

#ifdef __linux__
extern const am_poller_kind am_poller_epoll;
#endif
extern const am_poller_kind am_poller_poll;

/* The kind of that name, the best one for NULL; NULL if it is unknown here. */
const am_poller_kind *am_poller_find(const char *name);

#endif
