/* The frame of the plain C tests.
 *
 * A test file is a program: functions written with TEST, listed in its RUN. A failed CHECK
 * prints where and what and fails its test; the others go on. Allocation passes through check.c
 * (the linker wraps malloc and friends), so a test can let the n-th allocation fail and see what
 * stays alive.
 */
#ifndef AM_SPEC_CHECK_H
#define AM_SPEC_CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

typedef struct check_test {
  const char *name;
  void (*run)(void);
} check_test;

/* Runs the tests, prints the summary line that tools/run_spec reads. The program's exit code. */
int check_main(const check_test *tests, size_t count);
/* Marks the running test as failed. */
void check_fail(const char *file, int line, const char *what);
void check_equal(const char *file, int line, long long got, long long expected, const char *what);
void check_text(const char *file, int line, const char *got, const char *expected);

/* The n-th allocation from now fails (1 = the next); 0 switches faults off. */
void check_fail_at(long n);
/* True if the fault set by check_fail_at has happened. */
bool check_failed_once(void);
/* Blocks allocated and not yet freed. */
long check_alive(void);

#define CHECK(condition) ((condition) ? (void)0 : check_fail(__FILE__, __LINE__, #condition))
#define CHECK_EQUAL(got, expected) \
  check_equal(__FILE__, __LINE__, (long long)(got), (long long)(expected), #got)
#define CHECK_TEXT(got, expected) check_text(__FILE__, __LINE__, (got), (expected))

/* Repeats a block with the first, second, ... allocation failing until none fails:
 *   EACH_FAULT { ... code that must survive ... }
 * Nothing may be alive afterwards that was not before. */
#define EACH_FAULT                                                                            \
  for (long fault_ = 1, before_ = check_alive(); fault_ > 0 && (check_fail_at(fault_), true); \
       CHECK_EQUAL(check_alive(), before_), fault_ = check_failed_once() ? fault_ + 1 : 0,    \
            check_fail_at(0))

#define TEST(name) static void name(void)
#define RUN(...)                                              \
  int main(void)                                              \
  {                                                           \
    static const check_test tests[] = {__VA_ARGS__};          \
    return check_main(tests, sizeof tests / sizeof tests[0]); \
  }

#endif
