/* The built-in reactor's waits, with both pollers. */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"
#include "engine/clock.h"
#include "engine/reactor.h"

static const char *const kinds[] = {"epoll", "poll"};

static am_reactor *make(const char *kind)
{
  am_error err = AM_ERROR_INIT;
  const am_poller_kind *found = am_poller_find(kind);
  if (found == NULL) return NULL;
  return am_reactor_new(found, &err);
}

static uint32_t add(am_reactor *reactor, int fd, unsigned events, double seconds)
{
  am_error err = AM_ERROR_INIT;
  uint32_t token = am_reactor_add(reactor, fd, events, seconds, 0, &err);
  am_error_clear(&err);
  return token;
}

static uint32_t next(am_reactor *reactor, double seconds, bool *out_ready)
{
  am_error err = AM_ERROR_INIT;
  uint32_t token = am_reactor_next(reactor, out_ready);
  if (token != 0) return token;
  CHECK(am_reactor_poll(reactor, seconds, &err));
  return am_reactor_next(reactor, out_ready);
}

TEST(timers_end_in_order)
{
  for (int k = 0; k < 2; k++) {
    am_reactor *reactor = make(kinds[k]);
    uint32_t tokens[60];
    bool ready;
    /* Between which two moments each is due: on a busy machine adding them takes a while. */
    double early[60], late[60];
    for (int i = 0; i < 60; i++) {
      double seconds = (double)((i * 7) % 60) / 500;
      early[i] = am_clock_monotonic() + seconds;
      tokens[i] = add(reactor, -1, 0, seconds);
      late[i] = am_clock_monotonic() + seconds;
    }
    for (int i = 0; i < 60; i += 3) am_reactor_remove(reactor, tokens[i]);
    CHECK_EQUAL(am_reactor_waiting(reactor), 40);
    int got = 0;
    double last = 0;
    while (am_reactor_waiting(reactor) > 0) {
      uint32_t token = next(reactor, 1, &ready);
      if (token == 0) continue;
      int i = 0;
      while (tokens[i] != token || i % 3 == 0) i++;
      CHECK(late[i] >= last);
      if (early[i] > last) last = early[i];
      CHECK(!ready);
      got++;
    }
    CHECK_EQUAL(got, 40);
    am_reactor_free(reactor);
  }
}

TEST(equal_deadlines_keep_their_order)
{
  am_reactor *reactor = make(NULL);
  bool ready;
  for (int i = 0; i < 50; i++) add(reactor, -1, 0, 0);
  for (uint32_t i = 1; i <= 50; i++) CHECK_EQUAL(next(reactor, 1, &ready), i);
  am_reactor_free(reactor);
}

TEST(descriptors_wake_those_who_asked)
{
  for (int k = 0; k < 2; k++) {
    am_reactor *reactor = make(kinds[k]);
    int ends[2];
    bool ready;
    CHECK(pipe(ends) == 0);
    uint32_t reader = add(reactor, ends[0], AM_POLL_READ, 0.001);
    CHECK_EQUAL(next(reactor, 1, &ready), reader);
    CHECK(!ready);
    uint32_t first = add(reactor, ends[0], AM_POLL_READ, 5);
    uint32_t second = add(reactor, ends[0], AM_POLL_READ, -1);
    uint32_t writer = add(reactor, ends[1], AM_POLL_WRITE, 5);
    CHECK_EQUAL(next(reactor, 1, &ready), writer);
    CHECK(ready);
    CHECK_EQUAL(next(reactor, 0, &ready), 0);
    CHECK(write(ends[1], "x", 1) == 1);
    CHECK_EQUAL(next(reactor, 1, &ready), first);
    CHECK_EQUAL(next(reactor, 1, &ready), second);
    CHECK(ready);
    uint32_t gone = add(reactor, ends[0], AM_POLL_READ, -1);
    am_reactor_remove(reactor, gone);
    CHECK_EQUAL(next(reactor, 0, &ready), 0);
    close(ends[1]);
    CHECK(add(reactor, ends[0], AM_POLL_READ, -1) != 0);
    CHECK(next(reactor, 1, &ready) != 0);
    CHECK_EQUAL(am_reactor_waiting(reactor), 0);
    close(ends[0]);
    CHECK_EQUAL(add(reactor, ends[0], AM_POLL_READ, -1), 0);
    am_reactor_free(reactor);
  }
}

TEST(one_of_two_directions_stays_armed)
{
  for (int k = 0; k < 2; k++) {
    am_reactor *reactor = make(kinds[k]);
    int ends[2];
    bool ready;
    CHECK(pipe(ends) == 0);
    /* The reading end never becomes writable: the second wait must survive the first one's end. */
    uint32_t never = add(reactor, ends[0], AM_POLL_WRITE, 0.02);
    uint32_t soon = add(reactor, ends[0], AM_POLL_READ, 5);
    CHECK(write(ends[1], "x", 1) == 1);
    CHECK_EQUAL(next(reactor, 1, &ready), soon);
    CHECK_EQUAL(next(reactor, 1, &ready), never);
    CHECK(!ready);
    close(ends[0]);
    close(ends[1]);
    am_reactor_free(reactor);
  }
}

TEST(files_are_always_ready)
{
  for (int k = 0; k < 2; k++) {
    am_reactor *reactor = make(kinds[k]);
    bool ready = false;
    int fd = open("/proc/self/exe", O_RDONLY);
    uint32_t token = add(reactor, fd, AM_POLL_READ, -1);
    CHECK_EQUAL(next(reactor, 1, &ready), token);
    CHECK(ready);
    close(fd);
    am_reactor_free(reactor);
  }
}

TEST(forget_wakes)
{
  am_reactor *reactor = make(NULL);
  int ends[2];
  bool ready = false;
  CHECK(pipe(ends) == 0);
  uint32_t token = add(reactor, ends[0], AM_POLL_READ, -1);
  am_reactor_forget(reactor, ends[0]);
  am_reactor_forget(reactor, 4000);
  CHECK_EQUAL(next(reactor, 0, &ready), token);
  uint32_t second = add(reactor, ends[0], AM_POLL_READ, -1);
  am_reactor_forget(reactor, ends[0]);
  am_reactor_remove(reactor, second); /* over, but nobody wants to hear of it */
  CHECK_EQUAL(next(reactor, 0, &ready), 0);
  close(ends[0]);
  close(ends[1]);
  am_reactor_free(reactor);
}

static uint32_t add_owned(am_reactor *reactor, int fd, uint64_t owner)
{
  am_error err = AM_ERROR_INIT;
  uint32_t token = am_reactor_add(reactor, fd, AM_POLL_READ, -1, owner, &err);
  am_error_clear(&err);
  return token;
}

TEST(an_owner_stays_armed)
{
  for (int k = 0; k < 2; k++) {
    am_reactor *reactor = make(kinds[k]);
    int ends[2], other[2];
    bool ready;
    char byte;
    CHECK(pipe(ends) == 0);
    for (int i = 0; i < 3; i++) {
      CHECK(write(ends[1], "x", 1) == 1);
      CHECK_EQUAL(next(reactor, 0, &ready), 0); /* nobody asks: also when it was armed before */
      uint32_t token = add_owned(reactor, ends[0], 7);
      CHECK_EQUAL(next(reactor, 1, &ready), token);
      CHECK(read(ends[0], &byte, 1) == 1);
    }
    /* Closed behind our back, and the number given to something else: an owner of its own. */
    CHECK(pipe(other) == 0);
    CHECK(dup2(other[0], ends[0]) == ends[0]);
    uint32_t token = add_owned(reactor, ends[0], 8);
    CHECK_EQUAL(next(reactor, 0.01, &ready), 0);
    CHECK(write(other[1], "x", 1) == 1);
    CHECK_EQUAL(next(reactor, 1, &ready), token);
    int all[] = {ends[0], ends[1], other[0], other[1]};
    for (int i = 0; i < 4; i++) close(all[i]);
    am_reactor_free(reactor);
  }
}

TEST(a_child_is_refused)
{
  am_reactor *reactor = make(NULL);
  pid_t child = fork();
  if (child == 0) {
    am_error err = AM_ERROR_INIT;
    bool refused = add(reactor, -1, 0, 0) == 0 && !am_reactor_poll(reactor, 0, &err);
    am_error_clear(&err);
    _exit(refused ? 0 : 1);
  }
  int status = 1;
  waitpid(child, &status, 0);
  CHECK_EQUAL(status, 0);
  am_reactor_free(reactor);
}

TEST(faults_unwind)
{
  for (int k = 0; k < 2; k++) {
    EACH_FAULT
    {
      am_reactor *reactor = make(kinds[k]);
      if (reactor != NULL) {
        int ends[2];
        CHECK(pipe(ends) == 0);
        for (int i = 0; i < 70; i++) add(reactor, i % 2 == 0 ? ends[0] : -1, AM_POLL_READ, 10);
        uint32_t token = add(reactor, ends[1], AM_POLL_WRITE, -1);
        bool ready;
        if (token != 0) CHECK_EQUAL(next(reactor, 1, &ready), token);
        close(ends[0]);
        close(ends[1]);
      }
      am_reactor_free(reactor);
    }
  }
}

RUN({"timers end in order", timers_end_in_order},
    {"equal deadlines keep their order", equal_deadlines_keep_their_order},
    {"descriptors wake those who asked", descriptors_wake_those_who_asked},
    {"one of two directions stays armed", one_of_two_directions_stays_armed},
    {"files are always ready", files_are_always_ready}, {"forget wakes", forget_wakes},
    {"an owner stays armed", an_owner_stays_armed}, {"a child is refused", a_child_is_refused},
    {"faults unwind", faults_unwind})
