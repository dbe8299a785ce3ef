/* The operating system, with faults: stands between a process and libc, counts the calls of one function and lets
 * the n-th one fail as the system would: no descriptor left, no thread, a disk that cannot be read or written, a
 * connection reset.
 *
 * It has to be there before libc (LD_PRELOAD, see support/system_faults.lua); calls inside libc itself are not seen.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <lauxlib.h>
#include <lua.h>

static char armed[32];  /* the function whose calls are counted */
static atomic_int left; /* until the one that fails; 0: none will */

/* The programs that ours starts are left alone. */
__attribute__((constructor)) static void leave_children_alone(void) { unsetenv("LD_PRELOAD"); }

static bool due(const char *name, int problem)
{
  if (atomic_load(&left) == 0 || strcmp(name, armed) != 0 || atomic_fetch_sub(&left, 1) != 1) return false;
  errno = problem;
  return true;
}

/* Memory is refused twice, because Lua 5.4 collects and asks again. libc's names of its own are used, because dlsym()
 * takes memory. */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *block, size_t size);
static _Thread_local bool again;

static bool starves(void)
{
  bool was_due = again;
  again = due("malloc", ENOMEM);
  if (was_due) errno = ENOMEM;
  return was_due || again;
}

void *malloc(size_t size) { return starves() ? NULL : __libc_malloc(size); }
void *calloc(size_t count, size_t size) { return starves() ? NULL : __libc_calloc(count, size); }
void *realloc(void *block, size_t size) { return size > 0 && starves() ? NULL : __libc_realloc(block, size); }

/* `real` is what libc has under that name. */
#define REAL(type, name, params)                                                                   \
  static type(*real) params;                                                                       \
  if (real == NULL) *(void **)&real = dlsym(RTLD_NEXT, #name)

#define WRAP(type, name, params, args, problem)                                                    \
  type name params                                                                                 \
  {                                                                                                \
    REAL(type, name, params);                                                                      \
    return due(#name, problem) ? (type)-1 : real args;                                             \
  }

WRAP(int, eventfd, (unsigned value, int flags), (value, flags), EMFILE)
WRAP(int, epoll_create1, (int flags), (flags), EMFILE)
WRAP(int, epoll_ctl, (int epoll, int op, int fd, struct epoll_event *event), (epoll, op, fd, event),
     ENOSPC)
WRAP(int, epoll_wait, (int epoll, struct epoll_event *events, int count, int limit),
     (epoll, events, count, limit), EINTR) /* nothing else happens to it */
WRAP(int, socket, (int domain, int type, int protocol), (domain, type, protocol), EMFILE)
WRAP(int, connect, (int fd, const struct sockaddr *address, socklen_t size), (fd, address, size),
     ECONNREFUSED)
WRAP(int, dup3, (int from, int to, int flags), (from, to, flags), EBUSY)
WRAP(int, fstat, (int fd, struct stat *out), (fd, out), EIO)
WRAP(int, fstat64, (int fd, struct stat64 *out), (fd, out), EIO)
WRAP(int, poll, (struct pollfd * list, nfds_t count, int limit), (list, count, limit), ENOMEM)
WRAP(ssize_t, getrandom, (void *bytes, size_t size, unsigned flags), (bytes, size, flags), EPERM)
WRAP(ssize_t, pread64, (int fd, void *bytes, size_t size, off64_t at), (fd, bytes, size, at), EIO)
WRAP(ssize_t, pwrite64, (int fd, const void *bytes, size_t size, off64_t at),
     (fd, bytes, size, at), ENOSPC)
WRAP(int, fdatasync, (int fd), (fd), EIO)
WRAP(int, fsync, (int fd), (fd), EIO)
WRAP(int, ftruncate64, (int fd, off64_t size), (fd, size), EIO)
WRAP(int, unlink, (const char *path), (path), EACCES)

/* A reset connection stays so, for both directions. */
#define WRAP_STREAM(name, bytes_type)                                                              \
  ssize_t name(int fd, bytes_type bytes, size_t size, int flags)                                   \
  {                                                                                                \
    REAL(ssize_t, name, (int, bytes_type, size_t, int));                                           \
    if (!due(#name, 0)) return real(fd, bytes, size, flags);                                       \
    shutdown(fd, SHUT_RDWR);                                                                       \
    errno = ECONNRESET;                                                                            \
    return -1;                                                                                     \
  }
WRAP_STREAM(send, const void *)
WRAP_STREAM(recv, void *)

int pthread_create(pthread_t *thread, const pthread_attr_t *attr, void *(*run)(void *), void *context)
{
  REAL(int, pthread_create, (pthread_t *, const pthread_attr_t *, void *(*)(void *), void *));
  return due("pthread_create", 0) ? EAGAIN : real(thread, attr, run, context);
}

#define WRAP_FCNTL(name)                                                                           \
  int name(int fd, int command, ...)                                                               \
  {                                                                                                \
    REAL(int, name, (int, int, ...));                                                              \
    va_list args;                                                                                  \
    va_start(args, command);                                                                       \
    void *arg = va_arg(args, void *);                                                              \
    va_end(args);                                                                                  \
    if (command == F_DUPFD_CLOEXEC && due(#name, EMFILE)) return -1;                               \
    return real(fd, command, arg);                                                                 \
  }
WRAP_FCNTL(fcntl)
WRAP_FCNTL(fcntl64)

#define WRAP_OPEN(name)                                                                            \
  int name(const char *path, int flags, ...)                                                       \
  {                                                                                                \
    REAL(int, name, (const char *, int, ...));                                                     \
    va_list args;                                                                                  \
    va_start(args, flags);                                                                         \
    mode_t mode = (flags & O_CREAT) != 0 ? va_arg(args, mode_t) : 0;                               \
    va_end(args);                                                                                  \
    return due(#name, EMFILE) ? -1 : real(path, flags, mode);                                      \
  }
WRAP_OPEN(open)
WRAP_OPEN(open64)

/* --- to Lua --- */

/* arm(function, n): its n-th call from now on fails. */
static int l_arm(lua_State *L)
{
  snprintf(armed, sizeof armed, "%s", luaL_checkstring(L, 1));
  atomic_store(&left, (int)luaL_checkinteger(L, 2));
  return 0;
}

/* disarm() → how many calls were left until the one that fails: 0 if it has failed. */
static int l_disarm(lua_State *L)
{
  again = false;
  lua_pushinteger(L, atomic_exchange(&left, 0));
  return 1;
}

int luaopen_system_faults(lua_State *L);
int luaopen_system_faults(lua_State *L)
{
  lua_newtable(L);
  lua_pushcfunction(L, l_arm);
  lua_setfield(L, -2, "arm");
  lua_pushcfunction(L, l_disarm);
  lua_setfield(L, -2, "disarm");
  return 1;
}
