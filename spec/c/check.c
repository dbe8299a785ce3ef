/* The frame of the plain C tests and their allocator; see check.h. */
#include "check.h"

#include <stdatomic.h>
#include <stdlib.h>

static bool failed;
static long fail_at;
static bool happened;
static atomic_long alive; /* some tests have threads */

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *block, size_t size);
void __real_free(void *block);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *block, size_t size);
void __wrap_free(void *block);

static bool must_fail(void)
{
  if (fail_at == 0 || --fail_at != 0) return false;
  happened = true;
  return true;
}

static void *counted(void *block)
{
  if (block != NULL) alive++;
  return block;
}

void *__wrap_malloc(size_t size) { return must_fail() ? NULL : counted(__real_malloc(size)); }

void *__wrap_calloc(size_t count, size_t size)
{
  return must_fail() ? NULL : counted(__real_calloc(count, size));
}

void *__wrap_realloc(void *block, size_t size)
{
  if (must_fail()) return NULL;
  void *fresh = __real_realloc(block, size);
  if (block == NULL) counted(fresh);
  return fresh;
}

void __wrap_free(void *block)
{
  if (block != NULL) alive--;
  __real_free(block);
}

void check_fail_at(long n)
{
  fail_at = n;
  happened = false;
}

bool check_failed_once(void) { return happened; }
long check_alive(void) { return alive; }

void check_fail(const char *file, int line, const char *what)
{
  failed = true;
  printf("%s:%d: %s\n", file, line, what);
}

void check_equal(const char *file, int line, long long got, long long expected, const char *what)
{
  if (got == expected) return;
  failed = true;
  printf("%s:%d: %s is %lld, expected %lld\n", file, line, what, got, expected);
}

void check_text(const char *file, int line, const char *got, const char *expected)
{
  if (got != NULL && strcmp(got, expected) == 0) return;
  failed = true;
  if (got == NULL) got = "(null)";
  printf("%s:%d: got \"%s\", expected \"%s\"\n", file, line, got, expected);
}

int check_main(const check_test *tests, size_t count)
{
  int failures = 0;
  for (size_t i = 0; i < count; i++) {
    failed = false;
    long before = alive;
    tests[i].run();
    check_fail_at(0);
    check_equal(tests[i].name, 0, alive, before, "blocks alive");
    if (!failed) continue;
    failures++;
    printf("Failure -> %s\n", tests[i].name);
  }
  printf("%d successes / %d failures / 0 errors / 0 pending : 0 seconds\n", (int)count - failures,
         failures);
  return failures > 0;
}
