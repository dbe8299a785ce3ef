/* A network that misbehaves: forwards TCP connections to a unix socket.
 *
 *   proxy SOCKET CUT CHUNK PAUSE     prints its port, ends with its standard input
 *
 * CUT: a connection is reset when exactly so many bytes of the server have come over it (0: never).
 * Below zero it falls silent instead, without an end, in both directions: -1 at once, -n after n
 * bytes of the server. CHUNK and PAUSE: at most so many bytes of the server every so many
 * milliseconds (0 0: all at once).
 */
#include <arpa/inet.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { MOST = 256, BLOCK = 65536 };

typedef struct pair {
  int client, server;
  long passed;     /* bytes of the server */
  double not_before; /* of its next chunk */
} pair;

static pair pairs[MOST];
static int pair_count;
static long cut, chunk;
static double pause_seconds;

static double now(void)
{
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void drop(int i, int reset)
{
  struct linger at_once = {1, 0};
  if (reset) setsockopt(pairs[i].client, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  close(pairs[i].client);
  if (pairs[i].server >= 0) close(pairs[i].server);
  pairs[i] = pairs[--pair_count];
}

static void accept_one(int listener, const char *path)
{
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  int client = accept(listener, NULL, NULL), server = -1;
  if (client < 0 || pair_count == MOST) return;
  if (cut != -1) {
    server = socket(AF_UNIX, SOCK_STREAM, 0);
    strncpy(address.sun_path, path, sizeof address.sun_path - 1);
    if (connect(server, (struct sockaddr *)&address, sizeof address) != 0) exit(1);
  }
  pair fresh = {client, server, 0, 0};
  pairs[pair_count++] = fresh;
}

/* Moves what is there; 0: the connection has ended. */
static int move(int from, int to, long most)
{
  static char bytes[BLOCK];
  ssize_t got = read(from, bytes, most > 0 && most < BLOCK ? (size_t)most : BLOCK);
  for (ssize_t sent = 0; sent < got;) {
    ssize_t n = send(to, bytes + sent, (size_t)(got - sent), MSG_NOSIGNAL);
    if (n <= 0) return 0;
    sent += n;
  }
  return got > 0 ? (int)got : 0;
}

static int silent(const pair *p) { return p->server < 0 || (cut < 0 && p->passed >= -cut); }

static void serve(int i)
{
  pair *p = &pairs[i];
  struct pollfd both[2] = {{p->client, POLLIN, 0}, {silent(p) ? -1 : p->server, POLLIN, 0}};
  if (p->not_before > now()) both[1].events = 0;
  poll(both, 2, 0);
  if (both[0].revents != 0 && (silent(p) || !move(p->client, p->server, 0))) {
    char byte;
    if (silent(p) && read(p->client, &byte, 1) > 0) return; /* swallowed */
    drop(i, 0);
    return;
  }
  if (both[1].revents == 0 || silent(p)) return;
  long most = chunk > 0 ? chunk : BLOCK, limit = cut < 0 ? -cut : cut;
  if (limit > 0 && limit - p->passed < most) most = limit - p->passed;
  int moved = move(p->server, p->client, most);
  p->passed += moved;
  p->not_before = now() + pause_seconds;
  if (moved == 0) drop(i, 0);
  else if (cut > 0 && p->passed >= cut) drop(i, 1);
}

int main(int argc, char **argv)
{
  struct sockaddr_in address = {.sin_family = AF_INET};
  socklen_t size = sizeof address;
  if (argc != 5) return 2;
  cut = atol(argv[2]);
  chunk = atol(argv[3]);
  pause_seconds = atof(argv[4]) / 1000;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  int listener = socket(AF_INET, SOCK_STREAM, 0);
  if (bind(listener, (struct sockaddr *)&address, size) != 0 || listen(listener, 128) != 0) return 1;
  getsockname(listener, (struct sockaddr *)&address, &size);
  printf("%d\n", ntohs(address.sin_port));
  fclose(stdout);
  for (;;) {
    struct pollfd list[2 + 2 * MOST] = {{listener, POLLIN, 0}, {STDIN_FILENO, POLLIN, 0}};
    nfds_t count = 2;
    for (int i = 0; i < pair_count; i++) {
      struct pollfd client = {pairs[i].client, POLLIN, 0}, server = {pairs[i].server, POLLIN, 0};
      list[count++] = client;
      if (!silent(&pairs[i]) && pairs[i].not_before <= now()) list[count++] = server;
    }
    poll(list, count, pause_seconds > 0 ? 1 : -1);
    if (list[1].revents != 0) return 0;
    if (list[0].revents != 0) accept_one(listener, argv[1]);
    for (int i = pair_count - 1; i >= 0; i--) serve(i);
  }
}
