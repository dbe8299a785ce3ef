/* The allocator of the core and its fault switch; see alloc.h. */
#include "base/alloc.h"

#include <stdlib.h>
#include <string.h>

#ifdef AM_FAULTS
/* lint: fault builds only, per thread */
static _Thread_local long fail_at;
/* lint: the same */
static _Thread_local long alive;

static int must_fail(void)
{
  if (fail_at == 0) return 0;
  return --fail_at == 0;
}

void am_alloc_fail_at(long n) { fail_at = n; }
bool am_alloc_fault_pending(void) { return fail_at > 0; }
long am_alloc_alive(void) { return alive; }
#define COUNT(delta) (alive += (delta))
#else
#define must_fail() 0
#define COUNT(delta) ((void)0)
void am_alloc_fail_at(long n) { (void)n; }
bool am_alloc_fault_pending(void) { return false; }
long am_alloc_alive(void) { return 0; }
#endif

void *am_alloc(size_t size)
{
  void *block = must_fail() ? NULL : malloc(size ? size : 1);
  if (block != NULL) COUNT(1);
  return block;
}

void *am_calloc(size_t size)
{
  void *block = must_fail() ? NULL : calloc(1, size ? size : 1);
  if (block != NULL) COUNT(1);
  return block;
}

void *am_realloc(void *block, size_t size)
{
  void *fresh = must_fail() ? NULL : realloc(block, size ? size : 1);
  if (fresh != NULL && block == NULL) COUNT(1);
  return fresh;
}

void am_free(void *block)
{
  if (block == NULL) return;
  COUNT(-1);
  free(block);
}

char *am_memdup(const char *bytes, size_t size)
{
  char *copy = am_alloc(size + 1);
  if (copy == NULL) return NULL;
  if (size > 0) memcpy(copy, bytes, size);
  copy[size] = '\0';
  return copy;
}

char *am_strdup(const char *text) { return am_memdup(text, strlen(text)); }
