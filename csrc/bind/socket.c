/* Stream sockets that never block, for clients written in Lua (lua/alchemoon/cache/resp.lua).
 *
 * Every call returns at once; "again" means: wait for the descriptor (engine/wait.lua) and call
 * again. The descriptor belongs to the userdata, which closes it when it is collected at the
 * latest.
 */
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/process.h"
#include "bind/bind.h"

static const char socket_class[] = "alchemoon.core.socket";

typedef struct {
  int fd;
  pid_t pid; /* of the process that opened it */
} socket_box;

static socket_box *new_box(lua_State *L)
{
  socket_box *box = am_newuserdata(L, sizeof *box);
  box->fd = -1;
  box->pid = am_process();
  luaL_getmetatable(L, socket_class);
  lua_setmetatable(L, -2);
  return box;
}

static int fail(lua_State *L, const char *what)
{
  lua_pushnil(L);
  lua_pushfstring(L, "%s: %s", what, strerror(errno));
  return 2;
}

static int start(lua_State *L, socket_box *box, const struct sockaddr *address, socklen_t size)
{
  box->fd = socket(address->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (box->fd < 0) return fail(L, "socket");
  if (address->sa_family != AF_UNIX) {
    int one = 1;
    setsockopt(box->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  }
  if (connect(box->fd, address, size) == 0) return 1;
  if (errno != EINPROGRESS && errno != EAGAIN) return fail(L, "connect");
  lua_pushliteral(L, "again");
  return 2;
}

/* socket_unix(path) → socket, or socket and "again" while it connects, or nil and a message */
static int socket_unix(lua_State *L)
{
  size_t size;
  const char *path = am_check_string(L, 1, &size);
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  if (size >= sizeof address.sun_path)
    return am_raisef(L, AM_ERR_ARGUMENT, "socket: the path is too long");
  memcpy(address.sun_path, path, size + 1);
  return start(L, new_box(L), (struct sockaddr *)&address, sizeof address);
}

/* socket_tcp(host, port) → the same. The name is looked up before anything else, and that blocks:
 * give an address where it matters. */
static int socket_tcp(lua_State *L)
{
  const char *host = am_check_string(L, 1, NULL), *port = am_check_string(L, 2, NULL);
  struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_ADDRCONFIG}, *list = NULL;
  struct sockaddr_storage address;
  socket_box *box = new_box(L);
  int rc = getaddrinfo(host, port, &hints, &list);
  if (rc != 0) {
    lua_pushnil(L);
    lua_pushfstring(L, "%s: %s", host, gai_strerror(rc));
    return 2;
  }
  socklen_t size = list->ai_addrlen;
  memcpy(&address, list->ai_addr, size);
  freeaddrinfo(list);
  return start(L, box, (struct sockaddr *)&address, size);
}

/* socket_idle(seconds) → a socket-like thing whose descriptor is never ready (to sleep on), or with
 * `seconds` becomes readable after them */
static int socket_idle(lua_State *L)
{
  bool limited = !lua_isnoneornil(L, 1);
  double seconds = limited ? am_check_number(L, 1) : 0;
  socket_box *box = new_box(L);
  if (!limited) {
    box->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    return box->fd < 0 ? fail(L, "eventfd") : 1;
  }
  if (seconds < 1e-9) seconds = 1e-9; /* zero would mean never */
  if (seconds > 1e9) seconds = 1e9;
  struct itimerspec at = {
      .it_value = {(time_t)seconds, (long)((seconds - (double)(time_t)seconds) * 1e9)}};
  box->fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
  if (box->fd < 0 || timerfd_settime(box->fd, 0, &at, NULL) != 0) return fail(L, "timerfd");
  return 1;
}

static socket_box *check(lua_State *L)
{
  socket_box *box = am_check_class(L, 1, socket_class);
  if (box->fd < 0) am_raisef(L, AM_ERR_INVALID_REQUEST, "the socket is closed");
  return box;
}

/* socket:fd() → descriptor; -1 when closed */
static int socket_fd(lua_State *L)
{
  socket_box *box = am_check_class(L, 1, socket_class);
  lua_pushinteger(L, box->fd);
  return 1;
}

/* socket:usable() → is it open, and opened by this process? */
static int socket_usable(lua_State *L)
{
  socket_box *box = am_check_class(L, 1, socket_class);
  lua_pushboolean(L, box->fd >= 0 && box->pid == am_process());
  return 1;
}

/* socket:connected() → true, or nil and why not, once it became writable */
static int socket_connected(lua_State *L)
{
  socket_box *box = check(L);
  int error = 0;
  socklen_t size = sizeof error;
  if (getsockopt(box->fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0) error = errno;
  errno = error;
  if (error != 0) return fail(L, "connect");
  lua_pushboolean(L, 1);
  return 1;
}

/* socket:send(text, from) → position of the first byte that was not sent, or "again", or nil and a
 * message */
static int socket_send(lua_State *L)
{
  socket_box *box = check(L);
  size_t size, from = (size_t)am_opt_integer(L, 3, 1) - 1;
  const char *text = am_check_string(L, 2, &size);
  if (from > size) return am_refuse_argument(L, 3, "a position in the text");
  ssize_t sent = send(box->fd, text + from, size - from, MSG_NOSIGNAL);
  if (sent < 0 && (errno == EAGAIN || errno == EINTR)) lua_pushliteral(L, "again");
  else if (sent < 0) return fail(L, "send");
  else lua_pushinteger(L, (lua_Integer)(from + (size_t)sent + 1));
  return 1;
}

/* socket:receive() → bytes ("" at the end of the stream), or nil and "again" or a message */
static int socket_receive(lua_State *L)
{
  char buffer[16384];
  socket_box *box = check(L);
  ssize_t got = recv(box->fd, buffer, sizeof buffer, 0);
  if (got >= 0) {
    lua_pushlstring(L, buffer, (size_t)got);
    return 1;
  }
  if (errno != EAGAIN && errno != EINTR) return fail(L, "recv");
  lua_pushnil(L);
  lua_pushliteral(L, "again");
  return 2;
}

static int socket_close(lua_State *L)
{
  socket_box *box = am_check_class(L, 1, socket_class);
  if (box->fd >= 0) close(box->fd);
  box->fd = -1;
  return 0;
}

void am_bind_socket(lua_State *L)
{
  static const luaL_Reg meta[] = {
      {"__gc", socket_close},
      {NULL, NULL},
  };
  static const luaL_Reg methods[] = {
      {"fd", socket_fd},     {"usable", socket_usable},   {"connected", socket_connected},
      {"send", socket_send}, {"receive", socket_receive}, {"close", socket_close},
      {NULL, NULL},
  };
  static const luaL_Reg functions[] = {
      {"socket_unix", socket_unix},
      {"socket_tcp", socket_tcp},
      {"socket_idle", socket_idle},
      {NULL, NULL},
  };
  am_new_class(L, socket_class, meta, methods);
  lua_pop(L, 1);
  am_setfuncs(L, functions);
}
