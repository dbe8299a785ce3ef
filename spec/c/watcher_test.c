/* The watching thread: tokens through the socket, its path, its end. */
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"
#include "engine/watcher.h"

static int dial(const am_watcher *watcher)
{
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  snprintf(address.sun_path, sizeof address.sun_path, "%s", am_watcher_path(watcher));
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (connect(fd, (struct sockaddr *)&address, sizeof address) == 0) return fd;
  close(fd);
  return -1;
}

static am_watcher *make(void)
{
  am_error err = AM_ERROR_INIT;
  am_watcher *watcher = am_watcher_new("/tmp", &err);
  am_error_clear(&err);
  return watcher;
}

/* The next token within two seconds, UINT32_MAX if there is none. */
static uint32_t token_from(int link, int milliseconds)
{
  struct pollfd entry = {link, POLLIN, 0};
  uint32_t token = UINT32_MAX;
  if (poll(&entry, 1, milliseconds) == 1 && read(link, &token, sizeof token) != sizeof token)
    return UINT32_MAX;
  return token;
}

TEST(reports_each_descriptor_once)
{
  am_watcher *watcher = make();
  int link = dial(watcher), ends[2];
  CHECK(pipe(ends) == 0);
  CHECK_EQUAL(am_watcher_arm(watcher, ends[0], AM_POLL_READ, 7), AM_ARM_OK);
  CHECK_EQUAL(am_watcher_arm(watcher, ends[1], AM_POLL_WRITE, 8), AM_ARM_OK);
  CHECK_EQUAL(token_from(link, 2000), 8);
  CHECK_EQUAL(token_from(link, 10), UINT32_MAX);
  CHECK(write(ends[1], "x", 1) == 1);
  CHECK_EQUAL(token_from(link, 2000), 7);
  CHECK_EQUAL(token_from(link, 10), UINT32_MAX);
  CHECK_EQUAL(am_watcher_arm(watcher, ends[0], AM_POLL_READ, 4000000000u), AM_ARM_OK);
  CHECK_EQUAL(token_from(link, 2000), 4000000000u);
  am_watcher_arm(watcher, ends[1], AM_POLL_READ, 9);
  am_watcher_disarm(watcher, ends[1]);
  close(ends[0]);
  CHECK_EQUAL(token_from(link, 10), UINT32_MAX);
  CHECK_EQUAL(am_watcher_arm(watcher, ends[0], AM_POLL_READ, 10), AM_ARM_FAILED);
  am_watcher_wake(watcher);
  CHECK_EQUAL(token_from(link, 2000), 0);
  am_watcher_free(watcher);
  CHECK_EQUAL(read(link, ends, 1), 0);
  close(link);
  close(ends[1]);
}

TEST(what_came_before_the_connect_is_not_lost)
{
  am_watcher *watcher = make();
  int ends[2];
  CHECK(pipe(ends) == 0);
  am_watcher_arm(watcher, ends[1], AM_POLL_WRITE, 3);
  am_watcher_wake(watcher);
  usleep(20000);
  int link = dial(watcher);
  uint32_t first = token_from(link, 2000), second = token_from(link, 2000);
  CHECK((first == 0 && second == 3) || (first == 3 && second == 0));
  close(link);
  am_watcher_free(watcher);
  close(ends[0]);
  close(ends[1]);
}

TEST(the_path_goes_with_the_connect)
{
  am_watcher *watcher = make();
  char path[200];
  snprintf(path, sizeof path, "%s", am_watcher_path(watcher));
  CHECK(access(path, F_OK) == 0);
  int link = dial(watcher);
  am_watcher_wake(watcher);
  CHECK_EQUAL(token_from(link, 2000), 0);
  CHECK(access(path, F_OK) != 0);
  CHECK_EQUAL(dial(watcher), -1);
  am_watcher_free(watcher);
  close(link);
  watcher = make();
  snprintf(path, sizeof path, "%s", am_watcher_path(watcher));
  am_watcher_free(watcher); /* nobody ever connected */
  CHECK(access(path, F_OK) != 0);
}

TEST(other_processes_are_not_let_in)
{
  am_watcher *watcher = make();
  pid_t child = fork();
  if (child == 0) {
    int link = dial(watcher);
    char byte;
    /* The connect succeeds, the thread hangs up. */
    bool refused = link >= 0 && read(link, &byte, 1) <= 0 && !am_watcher_is_mine(watcher);
    am_watcher_free(watcher);
    _exit(refused ? 0 : 1);
  }
  int status = 1;
  waitpid(child, &status, 0);
  CHECK_EQUAL(status, 0);
  int link = dial(watcher);
  am_watcher_wake(watcher);
  CHECK_EQUAL(token_from(link, 2000), 0);
  close(link);
  am_watcher_free(watcher);
}

TEST(thousands_of_tokens_arrive)
{
  enum { COUNT = 2000 };
  am_watcher *watcher = make();
  int link = dial(watcher), ends[2], size = 4096;
  setsockopt(link, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
  CHECK(pipe(ends) == 0);
  long sum = 0, expected = 0;
  for (uint32_t i = 1; i <= COUNT; i++) {
    am_watcher_arm(watcher, ends[1], AM_POLL_WRITE, i);
    sum += token_from(link, 2000);
    expected += i;
  }
  CHECK_EQUAL(sum, expected);
  close(link); /* the thread ends by itself */
  am_watcher_arm(watcher, ends[1], AM_POLL_WRITE, 1);
  am_watcher_free(watcher);
  close(ends[0]);
  close(ends[1]);
}

TEST(a_bad_folder_is_an_error)
{
  am_error err = AM_ERROR_INIT;
  CHECK(am_watcher_new("/no/such/folder", &err) == NULL);
  CHECK_EQUAL(err.cls, AM_ERR_OPERATIONAL);
  am_error_clear(&err);
  EACH_FAULT am_watcher_free(make());
}

RUN({"reports each descriptor once", reports_each_descriptor_once},
    {"what came before the connect is not lost", what_came_before_the_connect_is_not_lost},
    {"the path goes with the connect", the_path_goes_with_the_connect},
    {"other processes are not let in", other_processes_are_not_let_in},
    {"thousands of tokens arrive", thousands_of_tokens_arrive},
    {"a bad folder is an error", a_bad_folder_is_an_error})
